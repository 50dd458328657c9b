"""Build the binary files of the sample organisation from their texts.

    python tests/sample/build_sample.py [--out FOLDER]

The texts stand in `text/*.md` (front matter, then headings, paragraphs, lists and tables) and the
rows of the Statement of Applicability in `soa.yaml`. The Markdown, HTML and CSV files of the sample
are their own source. Two runs give the same bytes as long as the libraries stay the same: no clock
is read, and every date inside a file is fixed.
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    KeepTogether,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "knowledge" / "sample"
ORGANISATION = "Tarnbrook Software Ltd"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BLUE = "17324D"
PALE = "E8EEF4"


@dataclass(frozen=True)
class Heading:
    level: int
    number: str
    """Printed number such as "4.3"; empty for an unnumbered heading."""
    text: str

    @property
    def printed(self) -> str:
        """Join number and text as a document with typed numbers shows them."""
        return f"{self.number} {self.text}".strip()


@dataclass(frozen=True)
class Prose:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Prose | Bullets | Grid


@dataclass(frozen=True)
class Text:
    """One document: its facts and its parts in reading order."""

    file: str
    layout: str
    id: str
    title: str
    version: str
    classification: str
    control: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    banner: str = ""

    @property
    def running_head(self) -> str:
        """Name the document in one line for the head of each page."""
        return f"{ORGANISATION}  |  {self.id} {self.title}"

    @property
    def running_foot(self) -> str:
        """Give version and classification in one line for the foot of each page."""
        return f"{self.id} v{self.version}  |  Classification: {self.classification}"


def read_text(path: Path) -> Text:
    """Read one source text."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    facts: dict[str, Any] = yaml.safe_load(head)
    control = tuple((str(name), str(value)) for name, value in facts.pop("control").items())
    return Text(**facts, control=control, parts=tuple(_parts(body)))


def _parts(body: str) -> Iterator[Part]:
    for block in re.split(r"\n\s*\n|\n(?=#)|(?<=\n)(?=- )(?<!- )", body.strip()):
        yield from _parts_of_block([line for line in block.splitlines() if line.strip()])


def _parts_of_block(lines: list[str]) -> Iterator[Part]:
    if lines and (match := re.fullmatch(r"(#{1,2}) (?:(\d+(?:\.\d+)*) )?(.+)", lines[0])):
        yield Heading(len(match[1]), match[2] or "", match[3])
        lines = lines[1:]
    if not lines:
        return
    if lines[0].startswith("|"):
        cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        yield Grid(cells[0], tuple(cells[2:]))
    elif lines[0].startswith("- "):
        yield Bullets(tuple(line.removeprefix("- ") for line in lines))
    else:
        for line in lines:
            yield Prose(line)


def fixed_zip(data: bytes) -> bytes:
    """Rewrite an Office file so that its entries and properties carry no time of building."""
    out = io.BytesIO()
    stamp = EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            fixed = zipfile.ZipInfo(entry.filename, EPOCH.timetuple()[:6])
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o644 << 16
            new.writestr(fixed, content)
    return out.getvalue()


# Word


def build_docx(text: Text, heading: Callable[[DocxDocument, Heading], None]) -> bytes:
    """Lay out `text` as a Word document; `heading` writes the headings in the layout's own way."""
    document = Document()
    _set_properties(document, text)
    _set_styles(document)
    _write_head_and_foot(document, text)
    document.add_paragraph(text.title, style="Title")
    if text.banner:
        run = document.add_paragraph().add_run(text.banner)
        run.bold = True
        run.font.color.rgb = RGBColor(0xB0, 0x1E, 0x1E)
    _add_docx_table(document, None, text.control, (1 / 3, 2 / 3))
    for part in text.parts:
        if isinstance(part, Heading):
            heading(document, part)
        elif isinstance(part, Prose):
            document.add_paragraph(part.text)
        elif isinstance(part, Bullets):
            for item in part.items:
                document.add_paragraph(item, style="List Bullet")
        else:
            _add_docx_table(document, part.header, part.rows, _shares(part))
    data = io.BytesIO()
    document.save(data)
    return fixed_zip(data.getvalue())


def _set_properties(document: DocxDocument, text: Text) -> None:
    properties = document.core_properties
    properties.title = text.title
    properties.subject = text.id
    properties.author = ORGANISATION
    properties.last_modified_by = ORGANISATION
    properties.comments = ""
    properties.revision = 1
    properties.created = properties.modified = EPOCH


def _set_styles(document: DocxDocument) -> None:
    for name, size, before in (
        ("Normal", 10.5, 0),
        ("Title", 20, 0),
        ("Heading 1", 13.5, 14),
        ("Heading 2", 11.5, 10),
    ):
        style: Any = document.styles[name]
        style.font.size = Pt(size)
        style.font.name = "Calibri"
        # Office prefers the theme's font to the named one unless the references are removed.
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{attribute}"), None)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(6 if name in {"Normal", "Title"} else 4)
        if name != "Normal":
            style.font.color.rgb = RGBColor.from_string(BLUE)
    document.styles["Normal"].paragraph_format.line_spacing = 1.1


def _write_head_and_foot(document: DocxDocument, text: Text) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Pt(A4[0]), Pt(A4[1])
    section.left_margin = section.right_margin = Pt(68)
    section.top_margin = section.bottom_margin = Pt(68)
    grey = RGBColor(0x60, 0x60, 0x60)
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph, content in ((head, text.running_head), (foot, text.running_foot)):
        run = paragraph.add_run(content)
        run.font.size, run.font.color.rgb = Pt(8.5), grey
    # The Footer style has a stop in the middle and one at the right.
    run = foot.add_run("\t\tPage ")
    run.font.size, run.font.color.rgb = Pt(8.5), grey
    foot._p.append(
        parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:rPr><w:sz w:val="17"/></w:rPr>'
            "<w:t>1</w:t></w:r></w:fldSimple>"
        )
    )


def _shares(grid: Grid) -> tuple[float, ...]:
    """Share the width of a table by the longest cell of each column, within reason."""
    columns = zip(grid.header, *grid.rows, strict=True)
    longest = [min(max(14, *(len(cell) for cell in column)), 45) for column in columns]
    return tuple(length / sum(longest) for length in longest)


def _add_docx_table(
    document: DocxDocument,
    header: tuple[str, ...] | None,
    rows: tuple[tuple[str, ...], ...],
    shares: tuple[float, ...],
) -> None:
    lines = ([header] if header else []) + list(rows)
    table = document.add_table(rows=len(lines), cols=len(lines[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for j, share in enumerate(shares):
        table.columns[j].width = Pt(458 * share)
    for i, line in enumerate(lines):
        table.rows[i]._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        for j, content in enumerate(line):
            cell = table.cell(i, j)
            cell.width = Pt(458 * shares[j])
            spacing = cell.paragraphs[0].paragraph_format
            spacing.space_before = spacing.space_after = Pt(2)
            spacing.keep_with_next = i + 1 < len(lines)
            run = cell.paragraphs[0].add_run(content)
            run.font.size = Pt(9.5)
            if (header and i == 0) or (not header and j == 0):
                run.bold = True
                shade = f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{PALE}"/>'
                cell._tc.get_or_add_tcPr().append(parse_xml(shade))
    gap = document.add_paragraph().paragraph_format
    gap.line_spacing, gap.space_after = Pt(8), Pt(0)


def styled_heading(document: DocxDocument, heading: Heading) -> None:
    """Write a heading by style with its number typed in front of it."""
    document.add_paragraph(heading.printed, style=f"Heading {heading.level}")


def bold_heading(document: DocxDocument, heading: Heading) -> None:
    """Write a heading as older documents have it: a bold paragraph without a heading style."""
    paragraph = document.add_paragraph()
    run = paragraph.add_run(heading.printed)
    run.bold = True
    run.font.size = Pt(13 if heading.level == 1 else 11)
    paragraph.paragraph_format.keep_with_next = True


@dataclass
class WordNumbering:
    """Headings numbered by Word itself; Word's count must give the numbers of the source."""

    counts: tuple[int, int] = (0, 0)
    linked: bool = False

    def __call__(self, document: DocxDocument, heading: Heading) -> None:
        if not self.linked:
            _link_numbering(document)
            self.linked = True
        paragraph = document.add_paragraph(heading.text, style=f"Heading {heading.level}")
        if not heading.number:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_numId().val = 0
            return
        first, second = self.counts
        self.counts = (first + 1, 0) if heading.level == 1 else (first, second + 1)
        counted = ".".join(str(count) for count in self.counts[: heading.level])
        if counted != heading.number:
            raise ValueError(f"Word would number “{heading.printed}” as {counted}; mend the text")


_ABSTRACT = 90


def _link_numbering(document: DocxDocument) -> None:
    """Tie a multilevel list to the heading styles, as Word's own list gallery does."""
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'<w:pStyle w:val="Heading{level + 1}"/><w:lvlText w:val="{pattern}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="567" w:hanging="567"/></w:pPr></w:lvl>'
        for level, pattern in enumerate(("%1", "%1.%2"))
    )
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_ABSTRACT}">'
        f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    # The schema wants every abstractNum before the first num.
    numbering.insert(list(numbering).index(numbering.find(qn("w:num"))), abstract)
    numbering.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{_ABSTRACT}">'
            f'<w:abstractNumId w:val="{_ABSTRACT}"/></w:num>'
        )
    )
    for level in (0, 1):
        style: Any = document.styles[f"Heading {level + 1}"]
        properties = style.element.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = _ABSTRACT


# PDF

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13.6, spaceAfter=6)
_ITEM = ParagraphStyle("item", parent=_BODY, spaceAfter=2)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=9, leading=11.5, spaceAfter=0)
_TITLE = ParagraphStyle(
    "title",
    parent=_BODY,
    fontName="Helvetica-Bold",
    fontSize=20,
    leading=24,
    spaceAfter=8,
    textColor=colors.HexColor(f"#{BLUE}"),
)
_HEADINGS = {
    1: ParagraphStyle("h1", parent=_TITLE, fontSize=13, leading=16, spaceBefore=12, spaceAfter=5),
    2: ParagraphStyle("h2", parent=_TITLE, fontSize=11, leading=14, spaceBefore=8, spaceAfter=4),
}


def build_pdf(text: Text, columns: int, head: str, lead: ParagraphStyle = _TITLE) -> bytes:
    """Lay out `text` as a PDF whose title and facts span the page above one or two columns."""
    data = io.BytesIO()
    left, right, top, bottom, gap = 22 * mm, 22 * mm, 26 * mm, 24 * mm, 8 * mm
    width = A4[0] - left - right
    column = (width - gap * (columns - 1)) / columns
    height = A4[1] - top - bottom
    front: list[Flowable] = [Paragraph(escape(text.title), lead)]
    if columns > 1 or text.layout == "pdf-plain":
        front += [_pdf_table(None, text.control, (0.3, 0.7), width), Spacer(1, 8)]
    taken = sum(
        piece.wrap(width, height)[1] + piece.getSpaceAfter() + piece.getSpaceBefore()
        for piece in front
    )
    taken += 4

    def frames(free: float) -> list[Frame]:
        return [
            Frame(left + i * (column + gap), bottom, column, free, 0, 0, 0, 0)
            for i in range(columns)
        ]

    decorate = partial(_decorate, text=text, head=head, left=left, right=right)
    template = BaseDocTemplate(
        data,
        pagesize=A4,
        invariant=1,
        title=text.title,
        author=ORGANISATION if text.id != "EXT-07" else "CloudSpark",
        subject=text.id,
    )
    first = [Frame(left, A4[1] - top - taken, width, taken, 0, 0, 0, 0), *frames(height - taken)]
    template.addPageTemplates(
        [
            PageTemplate("first", first, onPage=decorate),
            PageTemplate("later", frames(height), onPage=decorate),
        ]
    )
    body = list(_pdf_parts(text, column))
    template.build([NextPageTemplate("later"), *front, FrameBreak(), *body])
    return data.getvalue()


def _decorate(
    canvas: Canvas, template: Any, *, text: Text, head: str, left: float, right: float
) -> None:
    canvas.saveState()
    canvas.setFillColor(colors.HexColor("#606060"))
    canvas.setStrokeColor(colors.HexColor("#B8C4D0"))
    canvas.setFont("Helvetica", 8.5)
    canvas.drawString(left, A4[1] - 15 * mm, head)
    canvas.line(left, A4[1] - 17 * mm, A4[0] - right, A4[1] - 17 * mm)
    canvas.line(left, 17 * mm, A4[0] - right, 17 * mm)
    if text.banner:
        canvas.setFont("Helvetica-Bold", 8.5)
        canvas.drawString(left, 13 * mm, text.banner)
    else:
        canvas.drawString(left, 13 * mm, text.running_foot)
    canvas.drawRightString(A4[0] - right, 13 * mm, f"Page {template.page}")
    canvas.restoreState()


def _pdf_parts(text: Text, width: float) -> Iterator[Flowable]:
    held: list[Flowable] = []
    for part in text.parts:
        if isinstance(part, Heading):
            held.append(Paragraph(escape(part.printed), _HEADINGS[part.level]))
            continue
        flowable = _pdf_part(part, width)
        # A heading keeps company with what follows it, so that none ends a column alone.
        yield KeepTogether([*held, flowable]) if held else flowable
        held = []


def _pdf_part(part: Prose | Bullets | Grid, width: float) -> Flowable:
    if isinstance(part, Prose):
        return Paragraph(escape(part.text), _BODY)
    if isinstance(part, Bullets):
        items = [ListItem(Paragraph(escape(item), _ITEM)) for item in part.items]
        return ListFlowable(items, bulletType="bullet", start="•", leftIndent=12, bulletFontSize=9)
    return _pdf_table(part.header, part.rows, _shares(part), width)


def _pdf_table(
    header: tuple[str, ...] | None,
    rows: tuple[tuple[str, ...], ...],
    shares: tuple[float, ...],
    width: float,
) -> Table:
    bold = ParagraphStyle("bold", parent=_SMALL, fontName="Helvetica-Bold")
    lines = [[Paragraph(escape(cell), bold) for cell in header]] if header else []
    for row in rows:
        first = _SMALL if header else bold
        styles = [first, *[_SMALL] * (len(row) - 1)]
        lines.append([Paragraph(escape(c), s) for c, s in zip(row, styles, strict=True)])
    shaded = ((0, 0), (-1, 0)) if header else ((0, 0), (0, -1))
    return Table(
        lines,
        colWidths=[width * share for share in shares],
        repeatRows=1 if header else 0,
        spaceAfter=6,
        style=TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#B8C4D0")),
                ("BACKGROUND", *shaded, colors.HexColor(f"#{PALE}")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        ),
    )


def _build_brochure(text: Text) -> bytes:
    lead = ParagraphStyle(
        "lead", parent=_TITLE, fontSize=26, leading=31, textColor=colors.HexColor("#C2410C")
    )
    return build_pdf(text, 1, "CloudSpark  |  Brighter storage for growing teams", lead)


# Workbook

_COLUMNS = (
    ("Control", 9, "id"),
    ("Control title", 34, "title"),
    ("Theme", 14, "theme"),
    ("Applicable", 11, "applicable"),
    ("Justification for inclusion", 52, "justification_inclusion"),
    ("Justification for exclusion", 34, "justification_exclusion"),
    ("Implementation status", 17, "status"),
    ("Policy reference", 16, "policies"),
    ("Evidence", 44, "evidence"),
    ("Owner", 30, "owner"),
    ("Target date", 12, "target_date"),
    ("Last review", 12, "last_review"),
    ("Notes", 40, "notes"),
)


def build_soa(soa: dict[str, Any]) -> bytes:
    """Write the Statement of Applicability with its title block above the header of the table."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "SoA"
    sheet.append(["Statement of Applicability"])
    sheet["A1"].font = Font(size=16, bold=True, color=BLUE)
    for name, value in soa["header"]:
        sheet.append([name, None, value])
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
        sheet.cell(sheet.max_row, 3).alignment = Alignment(horizontal="left")
        if isinstance(value, date):
            sheet.cell(sheet.max_row, 3).number_format = "yyyy-mm-dd"
    sheet.append([])
    sheet.append([name for name, _, _ in _COLUMNS])
    header = sheet.max_row
    for row in soa["rows"]:
        sheet.append([_soa_cell(row, field, soa["last_review"]) for _, _, field in _COLUMNS])
    _format_soa(sheet, header)
    book.properties.creator = ORGANISATION
    book.properties.title = "Statement of Applicability"
    book.properties.created = book.properties.modified = EPOCH.replace(tzinfo=None)
    data = io.BytesIO()
    book.save(data)
    return fixed_zip(data.getvalue())


def _soa_cell(row: dict[str, Any], field: str, last_review: date) -> str | date | None:
    if field == "applicable":
        return "Yes" if row.get("applicable", True) else "No"
    if field == "last_review":
        return last_review
    default = "Implemented" if field == "status" else None
    value: str | date | None = row.get(field, default)
    return value


def _format_soa(sheet: Worksheet, header: int) -> None:
    side = Side(style="thin", color="B8C4D0")
    for j, (_, width, _) in enumerate(_COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(j)].width = width
        cell = sheet.cell(header, j)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=BLUE)
    for line in sheet.iter_rows(min_row=header):
        for each in line:
            each.alignment = Alignment(wrap_text=True, vertical="top")
            each.border = Border(left=side, right=side, top=side, bottom=side)
            if isinstance(each.value, date):
                each.number_format = "yyyy-mm-dd"
    sheet.freeze_panes = f"C{header + 1}"
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(_COLUMNS))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{header}:{header}"


LAYOUTS: dict[str, Callable[[Text], bytes]] = {
    "docx-styled": lambda text: build_docx(text, styled_heading),
    "docx-numbered": lambda text: build_docx(text, WordNumbering()),
    "docx-bold": lambda text: build_docx(text, bold_heading),
    "pdf-plain": lambda text: build_pdf(text, 1, text.running_head),
    "pdf-columns": lambda text: build_pdf(text, 2, text.running_head),
    "pdf-brochure": _build_brochure,
}
SOA_FILE = "registers/Statement_of_Applicability_v2.4.xlsx"


def build(out: Path) -> list[str]:
    """Write every built file below `out` and return their paths relative to it."""
    files = {
        text.file: LAYOUTS[text.layout](text)
        for text in map(read_text, sorted((HERE / "text").glob("*.md")))
    }
    files[SOA_FILE] = build_soa(yaml.safe_load((HERE / "soa.yaml").read_text(encoding="utf-8")))
    for name, data in files.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return sorted(files)


def main() -> None:
    """Build the sample organisation from the command line."""
    parser = argparse.ArgumentParser(description="Build the sample organisation's binary files.")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="folder to write to")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
