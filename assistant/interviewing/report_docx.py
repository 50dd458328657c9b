"""The report as a Word document, with its pictures."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from assistant.domain.assessment import UnitResult
from assistant.interviewing.report import LIMITS, Report
from assistant.interviewing.report_pictures import heat_map, radar
from assistant.interviewing.report_scores import Score
from knowledge.demands import units

_SOFT = RGBColor(0x6B, 0x72, 0x80)
_VERDICTS = ("conforms", "partial", "gap", "not_applicable", "not_assessed")


def docx(report: Report) -> bytes:
    """Write the report as DOCX."""
    document = Document()
    _dress(document, report)
    _cover(document, report)
    document.add_heading("Summary", 1)
    _bullets(document, report.summary())
    document.add_heading("Scores", 1)
    _scores(document, (*report.groups, report.overall))
    document.add_picture(io.BytesIO(heat_map(report.groups)), width=Cm(15.5))
    document.add_picture(io.BytesIO(radar(report.groups)), width=Cm(12))
    document.add_heading("First gaps", 1)
    _table(
        document,
        ("Unit", "Title", "Verdict", "Factors", "Rank", "Effort"),
        [
            (
                one.unit,
                one.title,
                one.verdict,
                f"{one.severity} {one.severity_weight} × exposure {one.exposure} × dependency "
                f"{one.dependency:g}",
                f"{one.rank:g}",
                one.effort,
            )
            for one in report.gaps[:15]
        ],
        (1.6, 5.2, 2.0, 4.8, 1.3, 1.4),
    )
    document.add_heading("Roadmap", 1)
    _table(
        document,
        ("#", "Unit", "Action", "Owner role", "Effort", "After", "Earliest"),
        [
            (
                str(one.number),
                ", ".join(one.units),
                one.action + (" (quick win)" if one.quick_win else ""),
                one.owner,
                one.effort,
                ", ".join(map(str, one.depends_on)) or "–",
                one.earliest.isoformat(),
            )
            for one in report.roadmap
        ],
        (0.9, 1.6, 6.0, 2.8, 1.3, 1.4, 2.3),
    )
    document.add_heading("Readiness", 1)
    for one in report.readiness:
        document.add_heading(f"{one.stage}: {one.state}", 2)
        _bullets(document, one.blocking)
    _soft(document, "No promise to pass: a certification body decides.")
    _lists(document, report)
    document.add_heading("Annex: every unit", 1)
    for result in report.results:
        _unit(document, result)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _dress(document: Any, report: Report) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name = "Calibri"
    style.font.size = Pt(10.5)
    for level, size in ((1, 15), (2, 12), (3, 11)):
        heading = document.styles[f"Heading {level}"]
        heading.font.size = Pt(size)
        heading.font.color.rgb = RGBColor(0x1F, 0x29, 0x37)
        heading.font.name = "Calibri"
    core = document.core_properties
    core.title = f"Gap assessment {report.name}"
    core.author = report.setup.lead
    core.created = core.modified = datetime.combine(report.on, time(), tzinfo=UTC).replace(
        tzinfo=None
    )


def _cover(document: Any, report: Report) -> None:
    document.add_heading(f"Gap assessment {report.name}", 0)
    setup = report.setup
    since, until = report.period
    pairs = (
        ("Organisation", setup.organisation or "not named"),
        ("Scope", setup.scope or "not stated"),
        ("Criteria", setup.edition),
        ("Purpose", setup.purpose),
        ("Interviews", f"{since} to {until}" if since else "none yet"),
        ("Report of", report.on.isoformat()),
        ("Assessor", setup.lead),
        ("Respondents", ", ".join(name for name, _, _ in report.respondents) or "none yet"),
        ("Coverage", f"{report.overall.assessed} of {report.overall.applicable} applicable units"),
    )
    _table(document, ("", ""), pairs, (3.5, 13.0), titled=False)
    _soft(document, LIMITS)


def _scores(document: Any, scores: Sequence[Score]) -> None:
    _table(
        document,
        ("", "conf.", "part.", "gap", "n/a", "not ass.", "Score", "Mat."),
        [
            (
                one.name,
                *(str(one.counts[name]) for name in _VERDICTS),
                one.shown,
                "" if one.maturity is None else str(one.maturity),
            )
            for one in scores
        ],
        (4.0, 1.3, 1.3, 1.2, 1.2, 1.6, 4.6, 1.3),
    )
    _soft(
        document,
        "Score: conforms 1, partial 0.5, gap 0, divided by the assessed applicable units. Below 60 % "
        "coverage there is no percentage. A maturity level is no measure of conformity.",
    )


def _lists(document: Any, report: Report) -> None:
    document.add_heading("Evidence requests", 1)
    _table(
        document,
        ("Item", "For", "From", "By", "Status"),
        [(one.item, one.unit, one.source, one.due, one.status) for one in report.requests],
        (6.4, 1.6, 3.6, 2.3, 2.5),
    )
    document.add_heading("Conflicts and open questions", 1)
    _bullets(
        document,
        [
            f"{one.unit}: {one.conflict.a} / {one.conflict.b}. Ask both: {one.routed}"
            for one in report.conflicts
            if one.conflict
        ],
    )
    _bullets(
        document,
        [f"{unit}: with {to}{f', due {due}' if due else ''}" for unit, to, due in report.delegated],
    )
    if report.parking_lot:
        document.add_heading("Parking lot", 2)
        _bullets(document, report.parking_lot)
    if report.changes:
        document.add_heading(f"What moved since {report.setup.previous}", 1)
        _table(
            document,
            ("Unit", "Before", "Now"),
            [(one.unit, one.before, one.now) for one in report.changes],
            (3.0, 4.0, 4.0),
        )


def _unit(document: Any, one: UnitResult) -> None:
    judged = one.proposed
    verdict = one.verdict.value.replace("_", " ")
    document.add_heading(f"{one.unit} {units()[one.unit].title}: {verdict}", 3)
    document.add_paragraph(judged.reason)
    if one.decided:
        document.add_paragraph(
            f"Decided by {one.decided.by}; proposed was {judged.verdict.value.replace('_', ' ')}"
            f". {one.decided.reason}"
        )
    if one.quotes or one.evidence:
        facts = [f"basis {judged.basis}", f"confidence {judged.confidence}"]
        if judged.severity:
            facts.append(f"{judged.severity.value} candidate")
        if judged.maturity is not None:
            facts.append(f"maturity {judged.maturity}")
        _soft(document, ", ".join(facts))
    for name, said in one.quotes:
        paragraph = document.add_paragraph(style="Quote")
        paragraph.add_run(f"“{said.strip()}”  {name}")
    if one.evidence:
        _bullets(
            document,
            [
                f"{item.ref} ({item.kind.value}, {item.date.isoformat() if item.date else 'no date'}"
                f", {'seen' if item.seen else 'registered'}) {item.note}".strip()
                for item in one.evidence
            ],
        )
    if judged.missing and one.quotes:
        _bullets(document, [f"Open: {text}" for text in judged.missing])


def _bullets(document: Any, lines: Iterable[str]) -> None:
    listed = list(lines)
    for line in listed:
        document.add_paragraph(line, style="List Bullet").paragraph_format.space_after = Pt(2)
    if not listed:
        _soft(document, "None.")


def _soft(document: Any, text: str) -> None:
    run = document.add_paragraph().add_run(text)
    run.font.color.rgb = _SOFT
    run.font.size = Pt(9)


def _table(
    document: Any,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    widths: Sequence[float],
    *,
    titled: bool = True,
) -> None:
    listed = list(rows)
    if not listed:
        _soft(document, "None.")
        return
    table = document.add_table(rows=0, cols=len(head))
    table.style = "Light List Accent 1" if titled else "Normal Table"
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    if titled:
        _row(table, head, widths, bold=True)
        _repeat(table.rows[0])
    for row in listed:
        _row(table, row, widths)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _row(table: Any, cells: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
    row = table.add_row()
    for cell, text, width in zip(row.cells, cells, widths, strict=True):
        cell.width = Cm(width)
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        run = paragraph.add_run(text.replace("_", " ") if text in _VERDICTS else text)
        run.font.size = Pt(9)
        run.bold = bold


def _repeat(row: Any) -> None:
    """Let the head stand on every page that the table reaches."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
