"""A plan as a Word document that one would send to a certification body.

The look comes from a template: the one built here, or the organisation's own DOCX, whose styles,
header, footer and first pages are kept.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from assistant.domain.plan import TO_BE_CONFIRMED
from assistant.export.content import ActionLine, PlanPage

_INK = RGBColor(0x1F, 0x2D, 0x3D)
_QUIET = RGBColor(0x5B, 0x67, 0x70)
_OPEN = RGBColor(0xA1, 0x4A, 0x00)
_SHADE = "E9EDF1"
_LINE = "B8C1C9"
_ACTIONS = (
    ("No.", 1.0),
    ("Action and definition of done", 6.4),
    ("Cause", 1.5),
    ("Owner", 3.0),
    ("Due", 2.9),
    ("Resources, status", 2.7),
)


class TemplateError(Exception):
    """The organisation's template cannot be used; the text says why and what to do."""


def word_document(
    pages: Sequence[PlanPage], *, title: str, organisation: str | None, template: Path | None = None
) -> bytes:
    """Write plans into one document, each from a new page. Raises TemplateError."""
    document = _opened(template)
    own = template is not None
    if not own:
        _plain_style(document)
        _running_lines(document, title, organisation)
    document.core_properties.title = title
    document.core_properties.author = organisation or ""
    document.core_properties.comments = ""
    for number, page in enumerate(pages):
        if number:
            document.add_page_break()  # type: ignore[no-untyped-call]
        _plan(document, page)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _opened(template: Path | None) -> WordDocument:
    if template is None:
        return Document()
    try:
        return Document(str(template))
    except Exception as error:  # python-docx raises whatever zip and XML raise
        raise TemplateError(
            f"the template {template.name} cannot be read as a Word document "
            f"({type(error).__name__}). "
            "Nothing was written. Save it as .docx, or leave `template` out of plans.yaml."
        ) from error


def _plain_style(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.orientation = WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(1.75)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(1.8)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10)
    normal.paragraph_format.space_after = Pt(4)
    normal.paragraph_format.line_spacing = 1.08
    for name, size, before in (("Title", 20, 0), ("Heading 1", 13, 14), ("Heading 2", 10.5, 8)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold = "Calibri", Pt(size), True
        style.font.color.rgb = _INK
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(3)
        style.paragraph_format.keep_with_next = True
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
    border = document.styles["Title"].element.find(f".//{qn('w:pBdr')}")
    if border is not None:
        border.getparent().remove(border)


def _running_lines(document: WordDocument, title: str, organisation: str | None) -> None:
    section = document.sections[0]
    head = section.header.paragraphs[0]
    _quiet(head, " · ".join(filter(None, (organisation, title))))
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _quiet(foot, "Page ")
    _number(foot, "PAGE")
    _quiet(foot, " of ")
    _number(foot, "NUMPAGES")


def _quiet(paragraph: Paragraph, text: str, size: float = 8) -> None:
    run = paragraph.add_run(_safe(text))
    run.font.size, run.font.color.rgb = Pt(size), _QUIET


def _number(paragraph: Paragraph, code: str) -> None:
    run = paragraph.add_run()
    run.font.size, run.font.color.rgb = Pt(8), _QUIET
    for kind, text in (("begin", None), (None, code), ("end", None)):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = text
        run._r.append(element)


def _plan(document: WordDocument, page: PlanPage) -> None:
    document.add_paragraph("Corrective action plan", style=_style(document, "Title"))
    _subtitle(document, page.title)
    _facts(document, page.facts)
    document.add_paragraph("1  Finding as raised", style=_style(document, "Heading 1"))
    _quote(document, page.finding)
    for number, part in enumerate(page.parts, 2):
        document.add_paragraph(f"{number}  {part.title}", style=_style(document, "Heading 1"))
        if part.title == "Corrective actions" and page.actions:
            _actions(document, page.actions)
        if part.title == "Decisions":
            _signatures(document, page.signatures)
            for line in page.accepted:
                _words(document, f"Accepted all the same: {line}")
            continue
        for name, text in part.fields:
            if name != part.title:
                document.add_paragraph(name, style=_style(document, "Heading 2"))
            _words(document, text)
    _annex(document, "Open points of the check by rules", page.warnings)
    _annex(document, "Sources", page.sources)
    _annex(document, "History", page.history)
    _quiet(document.add_paragraph(), f"Content SHA-256 {page.content_hash}", 7.5)


def _style(document: WordDocument, name: str) -> str | None:
    """Give a style where the template has it; its own default else."""
    return name if name in {one.name for one in document.styles} else None


def _subtitle(document: WordDocument, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(8)
    run = paragraph.add_run(_safe(text))
    run.font.size, run.font.color.rgb = Pt(12), _QUIET


def _facts(document: WordDocument, facts: Sequence[tuple[str, str]]) -> None:
    table = document.add_table(rows=0, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    for name, value in facts:
        cells = table.add_row().cells
        _shade(cells[0])
        _fill(cells[0], name, bold=True)
        _fill(cells[1], value)
    _widths(table, (3.2, 14.3))
    _borders(table)


def _quote(document: WordDocument, text: str) -> None:
    for piece in re.split(r"\n\s*\n", text):
        if piece.strip():
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.left_indent = Cm(0.6)
            run = paragraph.add_run(_safe(" ".join(piece.split())))
            run.italic = True


def _words(document: WordDocument, text: str) -> None:
    for line in text.split("\n"):
        if line.strip():
            _marked(document.add_paragraph(), line.strip())


_PROPOSED = re.compile(
    r"^(Proposed, not confirmed:|Note:|In own words:|Own rule:|Related:|Review on|Reviewer:|"
    r"Why it [\w ]+ \(C\d+\):|Why the [\w ]+ \(C\d+\):)"
)


def _marked(paragraph: Paragraph, text: str, size: float | None = None) -> None:
    """Write a line; what is open or proposed stands out."""
    label = _PROPOSED.match(text)
    if text.startswith(TO_BE_CONFIRMED):
        lead = paragraph.add_run(TO_BE_CONFIRMED)
        lead.bold, lead.font.color.rgb = True, _OPEN
        rest = paragraph.add_run(_safe(text[len(TO_BE_CONFIRMED) :]))
        rest.font.color.rgb = _OPEN
        runs = (lead, rest)
    elif label:
        lead = paragraph.add_run(_safe(label.group()))
        lead.bold = True
        rest = paragraph.add_run(_safe(text[label.end() :]))
        if text.startswith("Proposed"):
            rest.italic = True
        runs = (lead, rest)
    else:
        runs = (paragraph.add_run(_safe(text)), paragraph.add_run(""))
    if size is not None:
        for run in runs:
            run.font.size = Pt(size)


def _actions(document: WordDocument, actions: Sequence[ActionLine]) -> None:
    table = document.add_table(rows=1, cols=len(_ACTIONS))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    for cell, (name, _) in zip(table.rows[0].cells, _ACTIONS, strict=True):
        _shade(cell)
        _fill(cell, name, bold=True, size=9)
    _repeat_header(table)
    for one in actions:
        cells = table.add_row().cells
        _fill(cells[0], one.id, bold=True, size=9)
        _fill(cells[1], f"{one.what}\nDone when {one.done_when}", size=9)
        _fill(cells[2], one.cause, size=9)
        _fill(cells[3], one.owner, size=9)
        _fill(cells[4], one.due, size=9)
        _fill(cells[5], f"{one.resources}\n{one.status}", size=9)
        _keep_together(table.rows[-1]._tr)
    _widths(table, [width for _, width in _ACTIONS])
    _borders(table)


def _signatures(document: WordDocument, rows: Sequence[tuple[str, str, str]]) -> None:
    table = document.add_table(rows=1, cols=4)
    for cell, name in zip(
        table.rows[0].cells, ("Decision", "By", "Date", "Signature"), strict=True
    ):
        _shade(cell)
        _fill(cell, name, bold=True, size=9)
    for what, who, when in rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, (what, who, when, ""), strict=True):
            _fill(cell, text, size=9)
        _keep_together(table.rows[-1]._tr)
    for row in table.rows[:-1]:  # a table to sign stays on one page
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    _widths(table, (4.6, 5.3, 3.8, 3.8))
    _borders(table)


def _annex(document: WordDocument, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    document.add_paragraph(title, style=_style(document, "Heading 1"))
    for line in lines:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        run = paragraph.add_run(_safe(line))
        run.font.size = Pt(8.5)


def _fill(cell: _Cell, text: str, *, bold: bool = False, size: float = 10) -> None:
    """Write into a cell, a paragraph a line."""
    first = True
    for line in text.split("\n"):
        paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
        first = False
        paragraph.paragraph_format.space_after = Pt(1)
        if bold:
            run = paragraph.add_run(_safe(line))
            run.bold, run.font.size = True, Pt(size)
        else:
            _marked(paragraph, line, size)


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), _SHADE)
    cell._tc.get_or_add_tcPr().append(shade)


def _widths(table: Table, widths: Sequence[float]) -> None:
    table.autofit = False
    # Some programs go by the grid, some by the cells.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)


def _borders(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _repeat_header(table: Table) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)


def _keep_together(row: object) -> None:
    mark = OxmlElement("w:cantSplit")
    row.get_or_add_trPr().append(mark)  # type: ignore[attr-defined]


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _safe(text: str) -> str:
    """Take out what no XML may hold."""
    return _CONTROL.sub("", text)
