"""What is exported reads back equal, whatever stands in it; differences are exact."""

from __future__ import annotations

import csv
import io
from datetime import date
from zipfile import ZipFile

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.controls import register
from knowledge.parsing.limits import Limits
from knowledge.parsing.sheet import read as parse_sheet
from knowledge.passages import Cell, Sheet
from knowledge.soa import Applicability, Edition, Implementation, Soa, SoaHeader, SoaRow, read_soa
from knowledge.soa.differing import ChangeKind, accepted, content_hash, difference
from knowledge.soa.exporting import from_data, to_csv, to_data, to_xlsx

CONTROLS = register().controls
TEXT = st.text(
    alphabet=st.characters(
        codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp")
    ),
    max_size=40,
)
SPICED = st.one_of(
    TEXT,
    st.sampled_from(
        ["=1+1", "+49 30 1", "-", "- a dash", "@SUM(A1)", "'=quoted", "''=twice", "N/A", "yes", "X",
         "5.10", "A.5.1", "2026-01-31", "01/02/2026", "#REF!", "R-1, R-2", "POL-01; POL-02", "50 %",
         "1e5", "TRUE", "Total", "a\nb", "a | b", "Requirement", "not applicable", "tbd", "0012"]
    ),
)  # fmt: skip
HEADERS = ("Applicable", "Justification for inclusion", "Justification for exclusion", "Status",
           "Policies", "Evidence", "Owner", "Due date", "Last review", "Risk ID", "Maturity",
           "Remarks", "Old ref", "Legal", "Room", "Notes to the board", "Cost (EUR)")  # fmt: skip


def read_xlsx(data: bytes) -> Soa:
    return read_soa(parse_sheet(data, "soa.xlsx", Limits()).sheets).soa("soa.xlsx")


def read_csv(text: str) -> Soa:
    return read_soa(parse_sheet(text.encode(), "soa.csv", Limits()).sheets).soa("soa.csv")


@st.composite
def workbooks(draw: st.DrawFn) -> Sheet:
    """A sheet of random columns with the id and title of random controls."""
    start = draw(st.integers(0, 60))
    chosen = CONTROLS[start : start + draw(st.integers(5, 12))]
    headers = draw(st.lists(st.sampled_from(HEADERS), unique=True, min_size=2))
    if "Applicable" not in headers:
        headers.insert(0, "Applicable")
    rows: list[list[object]] = [["Control ID", "Control", *headers]]
    for control in chosen:
        cells: list[object] = []
        for header in headers:
            if header == "Applicable":
                cells.append(draw(st.sampled_from(["Yes", "No", "", "tbd", "yes: by law"])))
            elif header == "Status":
                cells.append(draw(st.sampled_from(["Implemented", "Planned", "", "50 %", "no"])))
            elif header in ("Due date", "Last review"):
                cells.append(
                    draw(st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)) | SPICED)
                )
            else:
                cells.append(draw(st.none() | SPICED))
        rows.append([control.id, control.title, *cells])
    return Sheet("SoA", tuple(tuple(Cell(v or None) for v in row) for row in rows))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(workbooks())
def test_whatever_was_read_is_read_again_from_its_export(sheet: Sheet):
    soa = read_soa([sheet]).soa("any.xlsx")
    if len(soa.rows) < 5:
        return
    assert not difference(soa, read_xlsx(to_xlsx(soa)))
    assert not difference(soa, read_csv(to_csv(soa)))
    assert from_data(to_data(soa)) == soa


@settings(max_examples=60, deadline=None)
@given(st.lists(SPICED, min_size=5, max_size=5), SPICED)
def test_no_exported_text_can_run_as_a_formula(texts: list[str], title: str):
    rows = tuple(
        SoaRow(control.id, title or "t", Applicability.YES, justification_inclusion=text,
               extras=(("Kept", text),))
        for control, text in zip(CONTROLS, texts, strict=False)
    )  # fmt: skip
    soa = Soa(SoaHeader(title="=HYPERLINK(1)"), rows, "x")
    with ZipFile(io.BytesIO(to_xlsx(soa))) as book:
        for number in (1, 2):
            assert b"<f>" not in book.read(f"xl/worksheets/sheet{number}.xml")
    for line in csv.reader(io.StringIO(to_csv(soa), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def statement(**changes: object) -> Soa:
    rows = tuple(
        SoaRow(c.id, c.title, Applicability.YES, Implementation.IMPLEMENTED, owner="Ada Park")
        for c in CONTROLS[:6]
    )
    return Soa(SoaHeader(organisation="Tarn", version="1.0"), rows, "a.xlsx")


def changed(soa: Soa, control: str, **fields: object) -> Soa:
    from dataclasses import replace

    rows = tuple(
        replace(row, **fields) if row.control_id == control else row  # type: ignore[arg-type]
        for row in soa.rows
    )
    return replace(soa, rows=rows)


def test_a_difference_names_control_field_and_both_values():
    before = statement()
    found = difference(before, changed(before, "A.5.3", owner="Ben Ito"))
    assert [(r.control, r.kind) for r in found.rows] == [("A.5.3", ChangeKind.CHANGED)]
    assert [(f.field, f.before, f.after) for f in found.rows[0].fields] == [
        ("owner", "Ada Park", "Ben Ito")
    ]


def test_only_accepted_rows_change():
    before = statement()
    after = changed(changed(before, "A.5.3", owner="Ben"), "A.5.4", owner="Ben")
    taken = accepted(before, after, {"A.5.4"})
    assert [r.control for r in difference(before, taken).rows] == ["A.5.4"]
    assert accepted(before, after, None) == after


def test_the_hash_follows_what_is_said_and_not_where_it_stands():
    before = statement()
    assert content_hash(changed(before, "A.5.3", row=99)) == content_hash(before)
    assert content_hash(changed(before, "A.5.3", owner="Ben")) != content_hash(before)


def test_the_export_has_a_filter_a_frozen_header_and_lists_to_choose_from():
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(statement())))["SoA"]
    assert sheet.auto_filter.ref
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    kinds = {rule.type for rule in sheet.data_validations.dataValidation}
    assert kinds == {"list", "date"}


def test_what_the_statement_says_of_itself_comes_back():
    header = SoaHeader(title="SoA of Tarn", organisation="Tarn", identifier="SOA-1", version="2.1",
                       scope="Hosting in Leeds, and support", approved=date(2026, 3, 1),
                       approver="Ada Park (COO)", classification="Internal",
                       next_review=date(2027, 3, 1), edition=Edition.E2022)  # fmt: skip
    soa = Soa(header, statement().rows, "a.xlsx")
    assert difference(soa, read_xlsx(to_xlsx(soa))).header == ()


def test_columns_that_no_field_fits_are_exported_again():
    before = changed(statement(), "A.5.3", extras=(("Status", "reviewed"), ("", "no header")))
    again = read_xlsx(to_xlsx(before)).row("A.5.3")
    assert again is not None
    assert again.extras == (("Status", "reviewed"), ("(no header)", "no header"))
    assert again.implementation_status is Implementation.IMPLEMENTED
