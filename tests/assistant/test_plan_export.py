"""Exports: a document to send, a workbook in which nothing runs, and a manifest that holds."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from openpyxl import load_workbook
from plans_made import whole_case

from assistant.domain.plan import Entry, Field, Grade, Source
from assistant.export.bundle import FORMATS, export_plans
from assistant.export.content import page_of
from assistant.export.document import TemplateError, word_document
from assistant.export.texts import markdown, register_csv
from assistant.planning.house_rules import HouseRules
from assistant.planning.register import entry_of

TODAY = date(2026, 11, 25)
EVIL = '=HYPERLINK("http://evil.test","click")'


def case_with(text: str):
    case = whole_case(Grade.MAJOR, Source.CERTIFICATION_BODY)
    plan = case.plan.with_entry(Field.RISK, Entry(text=text))
    return replace(case, plan=replace(plan, title=text))


def exported(tmp_path, case, **how):
    entries = [entry_of(case, HouseRules(), TODAY)]
    return export_plans(
        tmp_path, [case], entries, [()], formats=how.pop("formats", FORMATS), today=TODAY,
        organisation="Example Ltd", **how,
    )  # fmt: skip


def words_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([one.text for one in document.paragraphs] + cells)


def test_the_document_holds_every_field_and_marks_what_is_open() -> None:
    case = whole_case(Grade.MAJOR, Source.CERTIFICATION_BODY)
    text = words_of(word_document([page_of(case, TODAY)], title="t", organisation="Example Ltd"))
    for part in (
        "For system FIN 2 of 4",
        "Root cause",
        "Generate review tasks",
        "Ravi Menon (IT Manager)",
        "TO BE CONFIRMED",
    ):
        assert part in text
    assert case.plan.content_hash in text


def test_the_organisation_s_own_template_is_kept(tmp_path) -> None:
    own = Document()
    own.add_paragraph("Form QF-17 of Example Ltd")
    own.save(str(tmp_path / "own.docx"))
    content = word_document(
        [page_of(whole_case(), TODAY)], title="t", organisation=None, template=tmp_path / "own.docx"
    )
    text = words_of(content)
    assert text.startswith("Form QF-17 of Example Ltd")
    assert "Corrective action plan" in text


def test_a_template_that_is_no_document_stops_before_anything_is_written(tmp_path) -> None:
    (tmp_path / "own.docx").write_text("no", encoding="ascii")
    with pytest.raises(TemplateError, match="Nothing was written"):
        exported(tmp_path / "out", whole_case(), template=tmp_path / "own.docx")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [EVIL, "+1+1", "-2", "@SUM(A1)", "\t=1+1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_workbook_is_a_formula(tmp_path, text) -> None:
    exported(tmp_path, case_with(text), formats=("xlsx",))
    book = load_workbook(tmp_path / "CAP-2026-001.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds
    with zipfile.ZipFile(tmp_path / "CAP-2026-001.xlsx") as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name]
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_no_cell_of_a_csv_begins_a_formula() -> None:
    text = register_csv([entry_of(case_with(EVIL), HouseRules(), TODAY)])
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [one for one in cells if one[:1] in "=+-@\t" and one]


def test_markdown_does_not_let_texts_become_markup() -> None:
    text = markdown(
        page_of(case_with("<script>alert(1)</script> [x](http://evil.test) | *y*"), TODAY)
    )
    assert "<script>" not in text
    assert "[x](" not in text


def test_the_manifest_names_files_contents_and_sources(tmp_path) -> None:
    case = whole_case()
    written = exported(tmp_path, case)
    manifest = json.loads((tmp_path / "CAP-2026-001.manifest.json").read_text("utf-8"))
    assert {one["name"] for one in manifest["files"]} == {one.name for one in written} - {
        "CAP-2026-001.manifest.json"
    }
    for one in manifest["files"]:
        assert hashlib.sha256((tmp_path / one["name"]).read_bytes()).hexdigest() == one["sha256"]
    assert manifest["plans"][0]["content_sha256"] == case.plan.content_hash


def test_an_audit_is_one_document_of_all_its_plans(tmp_path) -> None:
    first, second = whole_case(), whole_case(Grade.MAJOR)
    second = replace(second, plan=replace(second.plan, id="CAP-2026-002"))
    export_plans(
        tmp_path, [first, second], [], [(), ()], formats=("docx",), today=TODAY, organisation=None,
        audit="Surveillance 2026",
    )  # fmt: skip
    text = words_of((tmp_path / "Surveillance-2026.docx").read_bytes())
    assert "CAP-2026-001" in text
    assert "CAP-2026-002" in text
