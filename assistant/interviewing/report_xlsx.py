"""The report as a workbook: one row for each unit, action, request and score, with the pictures."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from assistant.interviewing.report import LIMITS, Report
from assistant.interviewing.report_pictures import COLOURS, heat_map, radar
from knowledge.demands import units

_LONGEST = 32_000
_HEAD = PatternFill("solid", fgColor="1F2937")
_VERDICTS = ("conforms", "partial", "gap", "not_applicable", "not_assessed")


def xlsx(report: Report) -> bytes:
    """Write the report as XLSX."""
    book = Workbook()
    _cover(book.active, report)
    _sheet(book, "Units", _UNIT_HEAD, _unit_rows(report))
    _sheet(
        book,
        "Actions",
        ("#", "Units", "Action", "Owner role", "Effort", "After", "Earliest start", "Quick win"),
        [
            (
                one.number,
                ", ".join(one.units),
                one.action,
                one.owner,
                one.effort,
                ", ".join(map(str, one.depends_on)),
                one.earliest,
                "yes" if one.quick_win else "",
            )
            for one in report.roadmap
        ],
    )
    _sheet(
        book,
        "Gaps",
        (
            "Unit",
            "Title",
            "Verdict",
            "Severity",
            "Weight",
            "Exposure",
            "Why",
            "Dependency",
            "Waiting",
            "Rank",
            "Effort",
        ),
        [
            (
                one.unit,
                one.title,
                one.verdict,
                one.severity,
                one.severity_weight,
                one.exposure,
                one.exposure_because,
                one.dependency,
                ", ".join(one.waiting),
                one.rank,
                one.effort,
            )
            for one in report.gaps
        ],
    )
    _sheet(
        book,
        "Evidence requests",
        ("Item", "For", "From", "By", "Status"),
        [(one.item, one.unit, one.source, one.due, one.status) for one in report.requests],
    )
    _sheet(
        book,
        "Scores",
        (
            "",
            *(one.replace("_", " ") for one in _VERDICTS),
            "assessed",
            "applicable",
            "score",
            "maturity",
        ),
        [
            (
                one.name,
                *(one.counts[name] for name in _VERDICTS),
                one.assessed,
                one.applicable,
                one.share if one.share is not None else "no percentage",
                one.maturity if one.maturity is not None else "",
            )
            for one in (*report.groups, report.overall)
        ],
    )
    for row in book["Scores"].iter_rows(min_row=2, min_col=9, max_col=9):
        row[0].number_format = "0 %"
    pictures = book.create_sheet("Pictures")
    for place, picture in (("A1", heat_map(report.groups)), ("A32", radar(report.groups))):
        image = Image(io.BytesIO(picture))
        image.width, image.height = round(image.width * 0.55), round(image.height * 0.55)
        pictures.add_image(image, place)
    book.properties.creator = report.setup.lead
    book.properties.title = f"Gap assessment {report.name}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_UNIT_HEAD = (
    "Unit",
    "Title",
    "Group",
    "Verdict",
    "Proposed",
    "Decided by",
    "Decision reason",
    "Basis",
    "Confidence",
    "Severity candidate",
    "Maturity",
    "Reason",
    "Open",
    "Evidence",
    "Quotes",
    "Respondents",
)


def _unit_rows(report: Report) -> Iterable[tuple[object, ...]]:
    known = units()
    for one in report.results:
        judged = one.proposed
        yield (
            one.unit,
            known[one.unit].title,
            known[one.unit].group,
            one.verdict.value,
            judged.verdict.value,
            one.decided.by if one.decided else "",
            one.decided.reason if one.decided else "",
            judged.basis,
            judged.confidence,
            judged.severity.value if judged.severity else "",
            judged.maturity if judged.maturity is not None else "",
            judged.reason,
            "\n".join(judged.missing) if one.quotes else "",
            "\n".join(f"{item.ref} {item.date or ''}".strip() for item in one.evidence),
            "\n".join(f"{name}: {said.strip()}" for name, said in one.quotes),
            ", ".join(one.respondents),
        )


def _cover(sheet: Any, report: Report) -> None:
    sheet.title = "Summary"
    setup = report.setup
    rows = [
        ("Gap assessment", report.name),
        ("Organisation", setup.organisation),
        ("Scope", setup.scope),
        ("Criteria", setup.edition),
        ("Report of", report.on.isoformat()),
        ("Assessor", setup.lead),
        ("Respondents", ", ".join(name for name, _, _ in report.respondents)),
        ("Limits", LIMITS),
        ("", ""),
        *(("", line) for line in report.summary()),
        ("", ""),
        *((f"{one.stage}: {one.state}", "\n".join(one.blocking)) for one in report.readiness),
    ]
    for row in rows:
        sheet.append([_safe(one) for one in row])
    _as_text(sheet)
    for row in sheet.iter_rows():
        row[0].font = Font(bold=True)
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 100


def _sheet(book: Any, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    sheet = book.create_sheet(title)
    sheet.append(list(head))
    for row in rows:
        sheet.append([_safe(one) for one in row])
    _as_text(sheet)
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = _HEAD
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for column, name in enumerate(head, 1):
        widest = max(
            (len(str(row[column - 1].value or "")) for row in sheet.iter_rows()), default=8
        )
        sheet.column_dimensions[get_column_letter(column)].width = min(
            60, max(len(name) + 3, widest + 2)
        )
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.value in COLOURS and head[cell.column - 1] == "Verdict":
                cell.fill = PatternFill("solid", fgColor=COLOURS[cell.value].lstrip("#").upper())
                cell.font = Font(color="FFFFFF")


def _safe(value: object) -> object:
    """Take out what a cell cannot hold."""
    if isinstance(value, str):
        return "".join(one for one in value if one in "\n\t" or ord(one) >= 32)[:_LONGEST]
    return value


def _as_text(sheet: Any) -> None:
    """Whatever a cell begins with: what people said is text and never a formula."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"
