"""The files of the sample organisation hold the given facts and nothing that competes."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from docx import Document
from docx.text.paragraph import Paragraph
from openpyxl import load_workbook

from knowledge.text import fold

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "knowledge" / "sample"
FIXTURE: dict[str, Any] = yaml.safe_load((HERE / "fixture.yaml").read_text(encoding="utf-8"))
DOCUMENTS: list[dict[str, Any]] = FIXTURE["documents"]
RULES = [(d["file"], section, rule) for d in DOCUMENTS for section, rule in d["rules"].items()]
SUFFIXES = {".docx", ".pdf", ".html", ".md"}

HEADING = re.compile(r"(?:#+ )?(?P<number>\d+(?:\.\d+)*) (?=[A-Z])")
PERIOD = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty)"
    r"(?: working| calendar)? (?:second|minute|hour|day|week|month|quarter|year)s?\b"
    r"|\b(?:every|each|per|once a) (?:day|week|month|quarter|year)\b"
    r"|\b(?:daily|weekly|monthly|quarterly|yearly|annual|annually)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Line:
    text: str
    number: str | None = None
    """Section number if the line is a numbered heading."""


def lines_of(path: Path) -> list[Line]:
    """Read a file as paragraphs (PDF: printed lines) without help from the product's parsers."""
    read = {".docx": _docx, ".pdf": _pdf, ".html": _html, ".md": _markdown}[path.suffix]
    return [line for line in read(path) if line.text]


def sections_of(path: Path) -> dict[str, list[str]]:
    """Gather the paragraphs below each numbered heading."""
    found: dict[str, list[str]] = {}
    current = found.setdefault("", [])
    for line in lines_of(path):
        if line.number:
            current = found.setdefault(line.number, [])
        else:
            current.append(line.text)
    return found


def text_of(path: Path) -> str:
    """Give the whole text of a file, folded."""
    return fold("\n".join(line.text for line in lines_of(path)))


def _typed(text: str) -> str | None:
    match = HEADING.match(text)
    return match["number"] if match else None


def _docx(path: Path) -> Iterator[Line]:
    document = Document(str(path))
    counts = [0, 0]
    for item in document.iter_inner_content():
        if not isinstance(item, Paragraph):
            yield from (Line(" | ".join(cell.text for cell in row.cells)) for row in item.rows)
            continue
        style = item.style
        assert style is not None
        is_heading = style.name.startswith("Heading")
        is_bold = bool(item.runs) and bool(item.runs[0].bold)
        number = _typed(item.text) if is_heading or is_bold else None
        if is_heading and style.element.pPr.numPr is not None and not number:
            level = int(style.name[-1])
            counts = [counts[0] + 1, 0] if level == 1 else [counts[0], counts[1] + 1]
            number = ".".join(map(str, counts[:level]))
        yield Line(item.text, number)


def _pdf(path: Path) -> Iterator[Line]:
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            foot = page.height - 60
            for box in _boxes(page, 60, foot):
                for line in page.crop(box).extract_text_lines(return_chars=True):
                    bold = "Bold" in line["chars"][0]["fontname"]
                    yield Line(line["text"], _typed(line["text"]) if bold else None)
            yield Line(page.crop((0, foot, page.width, page.height)).extract_text())


def _boxes(page: Any, top: float, foot: float) -> list[tuple[float, float, float, float]]:
    """Split a page into columns from its first section on, if no word crosses the middle there."""
    words = page.extract_words(extra_attrs=["fontname"])
    starts = [w["top"] for w in words if w["text"] == "1" and "Bold" in w["fontname"]]
    start = min(starts, default=top + 1) - 1
    middle = page.width / 2
    if any(w["x0"] < middle < w["x1"] and start < w["top"] < foot for w in words):
        return [(0, top, page.width, foot)]
    columns = [(0, start, middle, foot), (middle, start, page.width, foot)]
    return [(0, top, page.width, start), *columns] if start > top else columns


def _html(path: Path) -> Iterator[Line]:
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for tag in soup.find_all(["h1", "h2", "h3", "p", "li", "tr", "dt", "dd"]):
        assert isinstance(tag, Tag)
        text = fold(tag.get_text(" "))
        yield Line(text, _typed(text) if tag.name in {"h2", "h3"} else None)


def _markdown(path: Path) -> Iterator[Line]:
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        text = fold(block)
        yield Line(text, _typed(text) if text.startswith("#") else None)


def all_texts() -> dict[str, str]:
    """Give the folded text of every document file by its path in the sample."""
    return {
        path.relative_to(SAMPLE).as_posix(): text_of(path)
        for path in sorted(SAMPLE.rglob("*"))
        if path.suffix in SUFFIXES
    }


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return all_texts()


@pytest.fixture(scope="module")
def sections() -> dict[str, dict[str, list[str]]]:
    return {d["file"]: sections_of(SAMPLE / d["file"]) for d in DOCUMENTS}


@pytest.fixture(scope="module")
def soa() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    sheet = load_workbook(SAMPLE / FIXTURE["soa"]["file"]).worksheets[0]
    grid = [[_plain(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    top = next(i for i, row in enumerate(grid) if row[0] == "Control")
    block = {row[0]: row[2] for row in grid[1:top] if row[0]}
    rows = [dict(zip(grid[top], row, strict=True)) for row in grid[top + 1 :]]
    return block, {row["Control"]: row for row in rows}


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.parametrize(("file", "section", "rule"), RULES)
def test_every_given_rule_stands_in_its_section(
    sections: dict[str, dict[str, list[str]]], file: str, section: str, rule: str
) -> None:
    paragraphs = [fold(paragraph) for paragraph in sections[file][section]]
    if file.endswith(".pdf"):
        assert fold(" ".join(paragraphs)).startswith(fold(rule))
    else:
        assert fold(rule) in paragraphs


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d["id"])
def test_every_document_states_its_own_facts(
    texts: dict[str, str], document: dict[str, Any]
) -> None:
    missing = [fact for fact in document["facts"] if fact not in texts[document["file"]]]
    assert missing == []


def test_the_certificate_record_states_the_given_facts(texts: dict[str, str]) -> None:
    certificate = FIXTURE["certificate"]
    assert [f for f in certificate["facts"] if f not in texts[certificate["file"]]] == []


def test_the_documents_have_a_credible_length(texts: dict[str, str]) -> None:
    words = {name: len(text.split()) for name, text in texts.items()}
    words.pop(FIXTURE["certificate"]["file"])
    assert {name: n for name, n in words.items() if not 550 <= n <= 1800} == {}


def test_no_period_is_named_besides_the_given_rules(texts: dict[str, str]) -> None:
    given = {document["file"]: document["rules"].values() for document in DOCUMENTS}
    strays = {}
    for name, text in texts.items():
        rest = text
        for rule in given.get(name, ()):
            rest = rest.replace(fold(rule), "")
        if found := PERIOD.findall(rest):
            strays[name] = found
    assert strays == {}


def test_no_person_is_named_besides_the_given_ones(texts: dict[str, str]) -> None:
    named = re.compile(
        r"(?:Lead|Manager|Engineering|CEO|COO|Officer),? \(?([A-Z][a-z]+ [A-Z][a-z]+)"
    )
    found = {name for text in texts.values() for name in named.findall(text)}
    assert found <= set(FIXTURE["persons"])


def test_nobody_is_named_to_approve_plans_for_minors(texts: dict[str, str]) -> None:
    text = texts["procedures/PRO-09_Nonconformity_and_Corrective_Action.md"]
    approvals = [s for s in re.split(r"(?<=\.) ", text) if re.search(r"\bapprov", s.lower())]
    assert not [s for s in approvals if "minor" in s]


def test_restricted_content_stands_nowhere_else() -> None:
    outside = [p for p in SAMPLE.rglob("*") if p.is_file() and p.parent.name != "restricted"]
    readable = "\n".join(text_of(p) for p in outside if p.suffix in SUFFIXES)
    readable += "\n".join(p.read_text(encoding="utf-8") for p in outside if p.suffix == ".csv")
    assert not re.search(r"heron|payroll|MEM-0", readable, re.IGNORECASE)


def test_the_access_template_restricts_the_folder_and_marks_the_brochure() -> None:
    access = yaml.safe_load((SAMPLE / "access.yaml").read_text(encoding="utf-8"))
    assert access["rules"] == [{"path": "restricted/**", "read": ["management"]}]
    assert access["status"] == {"suppliers/EXT-07_CloudSpark_brochure.pdf": "external"}
    assert all((SAMPLE / name).is_file() for name in access["status"])


def test_the_formats_are_mixed() -> None:
    kinds = Counter(path.suffix for path in SAMPLE.rglob("*"))
    assert kinds[".docx"] >= 4
    assert kinds[".pdf"] >= 3
    assert kinds[".html"] >= 2
    assert kinds[".md"] >= 4


def test_the_soa_has_the_given_title_block(soa: tuple[dict[str, Any], Any]) -> None:
    block, _ = soa
    assert block == {
        **FIXTURE["soa"]["header"],
        "Scope": FIXTURE["organisation"]["scope"],
        "Classification": "Internal",
    }


def test_the_soa_has_the_given_counts(soa: tuple[Any, dict[str, dict[str, Any]]]) -> None:
    rows = soa[1].values()
    given = FIXTURE["soa"]
    assert len(rows) == 93
    assert Counter(row["Theme"] for row in rows) == given["themes"]
    assert Counter(row["Applicable"] for row in rows) == given["applicable"]
    assert Counter(row["Implementation status"] for row in rows) == given["statuses"]


def test_the_soa_lists_the_controls_in_the_order_of_annex_a(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    sizes = {5: 37, 6: 8, 7: 14, 8: 34}
    assert list(soa[1]) == [f"A.{s}.{i}" for s, n in sizes.items() for i in range(1, n + 1)]


@pytest.mark.parametrize("control", FIXTURE["soa"]["overrides"])
def test_every_override_of_the_soa_holds(
    soa: tuple[Any, dict[str, dict[str, Any]]], control: str
) -> None:
    given = FIXTURE["soa"]["overrides"][control]
    assert {name: soa[1][control][name] for name in given} == given


def test_every_included_control_has_a_reason_of_its_own(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    included = [row for row in soa[1].values() if row["Applicable"] == "Yes"]
    reasons = [row["Justification for inclusion"] for row in included]
    kind = re.compile(r"(?:R-(?:0[1-9]|[123]\d|40)|Law|Contract|Business need): \w.{20,}")
    assert [reason for reason in reasons if not kind.fullmatch(reason)] == []
    assert len(set(reasons)) == len(reasons)
    assert not any(row["Justification for exclusion"] for row in included)


def test_every_implemented_control_has_fresh_evidence_except_the_planted_one(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    today = FIXTURE["reference_date"]
    bare = []
    for control, row in soa[1].items():
        dates = re.findall(r"\d{4}-\d\d-\d\d$", row["Evidence"] or "")
        fresh = dates and today - timedelta(365) <= date.fromisoformat(dates[0]) <= today
        if row["Implementation status"] == "Implemented" and not fresh:
            bare.append(control)
    assert bare == ["A.5.23"]


def test_every_row_has_an_owner_in_office_except_the_planted_one(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    office = re.compile(rf"[A-Z][\w ]+ \((?:{'|'.join(FIXTURE['persons'])})\)")
    assert [c for c, row in soa[1].items() if not office.fullmatch(row["Owner"])] == ["A.7.4"]


def test_every_row_was_reviewed_on_the_day_of_approval(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    assert {row["Last review"] for row in soa[1].values()} == {FIXTURE["soa"]["last_review"]}


def test_policy_references_point_to_approved_documents(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    approved = {d["id"] for d in DOCUMENTS if {"Approved", "approved"} & set(d["facts"])}
    cited = {
        reference.split()[0]
        for row in soa[1].values()
        for reference in (row["Policy reference"] or "").split("; ")
        if reference
    }
    assert cited <= approved


def test_controls_that_a_document_claims_are_referred_to_it(
    soa: tuple[Any, dict[str, dict[str, Any]]],
) -> None:
    claimed = {
        (control, document["id"])
        for document in DOCUMENTS
        if document["id"] != "EXT-07"
        for fact in document["facts"]
        for control in re.findall(r"A\.\d+\.\d+", fact)
    }
    rows = soa[1]
    assert {(c, d) for c, d in claimed if d not in (rows[c]["Policy reference"] or "")} == set()


def test_the_register_holds_the_three_corrective_actions() -> None:
    given = FIXTURE["corrective_actions"]
    with (SAMPLE / given["file"]).open(encoding="utf-8", newline="") as file:
        rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]
    assert rows == given["rows"]


def test_the_builder_reproduces_the_built_files(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, HERE / "build_sample.py", "--out", tmp_path], check=True, timeout=60
    )
    built = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {p.suffix for p in built} == {".docx", ".pdf", ".xlsx"}
    for path in built:
        committed = SAMPLE / path.relative_to(tmp_path)
        if path.suffix == ".xlsx":
            assert _cells(path) == _cells(committed)
        else:
            assert lines_of(path) == lines_of(committed)


def _cells(path: Path) -> list[tuple[Any, ...]]:
    return [row for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True)]
