"""One PDF page: the text that a person sees, as lines in reading order, and its ruled tables."""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pdfplumber.page
from pdfminer.layout import LTChar, LTItem
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfplumber.page import PDFPageAggregatorWithMarkedContent

from knowledge.parsing.pdf_forms import form_characters
from knowledge.parsing.tables import GridCell

_INVISIBLE_MODES: Final = frozenset({3, 7})
_TINY: Final = 2.0
"""Points. Nobody reads smaller print."""
_WHITE: Final = 0.97
_SPACE: Final = 0.17
"""Of the font size: a wider gap between characters is a space."""
_BOLD: Final = re.compile(r"bold|black|heavy|semibold|demi|-bd|,bd", re.IGNORECASE)
_UNKNOWN_GLYPH: Final = re.compile(r"\(cid:\d+\)")
_HYPHENS: Final = ("-", "\u2010", "\u00ad")
_LIGATURES: Final = {
    code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)
}
_UNSEEN: Final = dict.fromkeys((*range(32), 0x7F, 0xFEFF, *range(0xE0000, 0xE0080)))
_TIDY: Final = {**_UNSEEN, **_LIGATURES, 0xA0: " "}
_MOST_EDGES: Final = 4_000
_MOST_SHAPES: Final = 2_000

Char = dict[str, Any]
Box = tuple[float, float, float, float]
"""x0, top, x1, bottom in points from the upper left corner of the page."""


@dataclass(slots=True)
class Line:
    """A piece of text on one baseline; a whole line, or its part in one column."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    baseline: float
    size: float
    bold: bool
    artifact: bool = False
    """Marked by the writing program as page furniture."""
    page: int = 0
    column: int = 0
    """Lines of one column of one page share it."""
    first_width: float = 0.0
    """Width of the first word."""
    first_character: float = 0.0
    """Width of the first character."""
    table: Table | None = None
    """The table that stands here instead of text."""

    @property
    def hyphenated(self) -> bool:
        """Whether a word is split at the end."""
        return self.text.endswith(_HYPHENS) and self.text[-2:-1].isalpha()


@dataclass(slots=True)
class Table:
    """A table."""

    box: Box
    rows: list[list[GridCell]]
    edges: tuple[float, ...]
    """Left edges of the columns."""
    lines: list[Line]
    """Its text as lines, to compare with the page headers."""
    ruled: bool = True
    """Whether lines show its cells."""


@dataclass(slots=True)
class PageText:
    """What was seen on a page."""

    number: int
    width: float
    height: float
    rows: list[list[Line]] = field(default_factory=list)
    """Pieces of text by baseline from the top, each row from the left."""
    tables: list[Table] = field(default_factory=list)
    hidden: int = 0
    """Characters that a person does not see."""
    watermark: str = ""
    has_pictures: bool = False
    through_ocr: bool = False


class _Device(PDFPageAggregatorWithMarkedContent):
    """Marks characters that are drawn in an invisible mode."""

    _mode = 0

    def render_string(self, textstate: Any, *arguments: Any, **named: Any) -> Any:
        self._mode = textstate.render
        return super().render_string(textstate, *arguments, **named)

    def render_char(self, *arguments: Any, **named: Any) -> float:
        width: float = super().render_char(*arguments, **named)
        if self._mode in _INVISIBLE_MODES and self.cur_item._objs:
            char: Any = self.cur_item._objs[-1]
            char.tag = "Invisible"
        return width


class SeenPage(pdfplumber.page.Page):
    """A page whose invisible characters carry the tag "Invisible"."""

    @property
    def layout(self) -> Any:
        if not hasattr(self, "_layout"):
            device = _Device(self.pdf.rsrcmgr, pageno=self.page_number, laparams=None)
            PDFPageInterpreter(self.pdf.rsrcmgr, device).process_page(self.page_obj)
            self._layout = device.get_result()
        return self._layout

    def process_object(self, obj: LTItem) -> Char:
        """Describe a thing on the page; a character only by what is used here.

        Most things are characters, and their full description takes most of the time.
        """
        if not isinstance(obj, LTChar):
            described: Char = super().process_object(obj)
            return described
        left, upper = self.mediabox[:2]
        top = float(self.height - obj.y1 + upper)
        colour = obj.graphicstate.ncolor
        return {
            "object_type": "char",
            "page_number": self.page_number,
            "text": obj.get_text(),
            "x0": obj.x0 + left,
            "x1": obj.x1 + left,
            "y0": obj.y0,
            "y1": obj.y1,
            "top": top,
            "bottom": top + obj.y1 - obj.y0,
            "doctop": top,
            "width": obj.width,
            "height": obj.height,
            "size": obj.size,
            "fontname": str(obj.fontname),
            "upright": obj.upright,
            "matrix": obj.matrix,
            "tag": getattr(obj, "tag", None),
            "non_stroking_color": colour if isinstance(colour, tuple) else (colour,),
        }


def see(page: SeenPage) -> PageText:
    """Collect the visible text and the tables of `page`."""
    seen = PageText(page.page_number, float(page.width), float(page.height))
    images = [_box(image) for image in page.images]
    seen.has_pictures = bool(images)
    chars = _visible(page, images, seen)
    chars += form_characters(page, chars)
    tables = list(_tables(page, chars))
    inside = {id(char) for table, used in tables for char in used}
    seen.tables = [table for table, _ in tables]
    seen.rows = rows_of([char for char in chars if id(char) not in inside])
    return seen


def _box(thing: Char) -> Box:
    return (thing["x0"], thing["top"], thing["x1"], thing["bottom"])


def _covers(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _visible(page: SeenPage, images: list[Box], seen: PageText) -> list[Char]:
    bounds = page.cropbox if page.cropbox else page.bbox
    area = seen.width * seen.height or 1.0
    scanned = any((box[2] - box[0]) * (box[3] - box[1]) > 0.5 * area for box in images)
    grounds: list[Box] | None = None
    kept: list[Char] = []
    rotated: list[Char] = []
    for char in page.chars:
        x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
        blank = not char["text"].strip()
        if char.get("tag") == "Invisible":
            # Text over a scanned picture is what OCR has read in it.
            if not scanned:
                seen.hidden += not blank
                continue
            seen.through_ocr = True
        elif _is_white(char["non_stroking_color"]):
            if grounds is None:
                grounds = [*images, *_coloured(page)]
            if not any(_covers(ground, x, y) for ground in grounds):
                seen.hidden += not blank
                continue
        if char["size"] < _TINY or not _covers(bounds, x, y):
            seen.hidden += not blank
        elif _is_turned(char):
            rotated.append(char)
        else:
            kept.append(char)
    seen.watermark = "".join(char["text"] for char in rotated[:200]).strip()
    return kept


def _is_turned(char: Char) -> bool:
    """Tell whether a character runs in another direction than from left to right."""
    across, up = char["matrix"][:2]
    return not char["upright"] or abs(up) > 0.05 * abs(across) or across <= 0


def _is_white(colour: Any) -> bool:
    if not isinstance(colour, tuple) or not colour:
        return False
    if any(not isinstance(part, int | float) for part in colour):
        return False
    if len(colour) == 4:
        return all(part <= 1 - _WHITE for part in colour)
    return all(part >= _WHITE for part in colour)


def _coloured(page: SeenPage) -> list[Box]:
    """Give the filled shapes on which white text can be seen."""
    shapes = [*page.rects, *page.curves][:_MOST_SHAPES]
    return [
        _box(shape)
        for shape in shapes
        if shape.get("fill") and not _is_white(_as_tuple(shape.get("non_stroking_color")))
    ]


def _as_tuple(colour: Any) -> Any:
    return (colour,) if isinstance(colour, int | float) else colour


def rows_of(chars: Iterable[Char]) -> list[list[Line]]:
    """Group characters by baseline, and each row into pieces between wide gaps."""
    rows: list[list[Char]] = []
    base = size = 0.0
    for char in sorted(chars, key=_baseline):
        here = _baseline(char)
        # Twice the smaller size at most: large print takes in no lines beside it.
        reach = min(max(size, char["size"]), 2 * min(size, char["size"]))
        if rows and here - base <= 0.4 * reach:
            rows[-1].append(char)
        else:
            rows.append([char])
            base, size = here, char["size"]
    lines = [list(_pieces(row)) for row in rows]
    return [row for row in lines if row]


def _baseline(char: Char) -> float:
    # The matrix gives the baseline; `bottom` depends on the font's own descent.
    return float(char["bottom"]) if char["size"] <= 0 else float(char["top"] + 0.8 * char["size"])


def _pieces(row: list[Char]) -> Iterator[Line]:
    row.sort(key=lambda char: char["x0"])
    piece: list[Char] = []
    blank = False
    for char in row:
        if not char["text"].strip():
            blank = True
            continue
        char["after_blank"], blank = blank, False
        if piece:
            before = piece[-1]
            if (
                char["text"] == before["text"]
                and abs(char["x0"] - before["x0"]) < 0.1 * char["size"]
            ):
                continue  # drawn twice to look bold
            if char["x0"] - before["x1"] > max(0.8 * char["size"], 7.0):
                yield _line(piece)
                piece = []
        piece.append(char)
    if piece:
        yield _line(piece)


def _line(chars: list[Char]) -> Line:
    words: list[list[Char]] = []
    for char in chars:
        wide = bool(words) and char["x0"] - words[-1][-1]["x1"] > _SPACE * char["size"]
        if not words or wide or char["after_blank"]:
            words.append([])
        words[-1].append(char)
    text = " ".join(tidy("".join(char["text"] for char in word)) for word in words)
    bold = sum(_BOLD.search(char["fontname"]) is not None for char in chars)
    return Line(
        text=text.strip(),
        x0=chars[0]["x0"],
        x1=max(char["x1"] for char in chars),
        top=min(char["top"] for char in chars),
        bottom=max(char["bottom"] for char in chars),
        baseline=statistics.median(_baseline(char) for char in chars),
        size=statistics.median(char["size"] for char in chars),
        bold=bold > 0.9 * len(chars),
        artifact=all(char.get("tag") == "Artifact" for char in chars),
        page=chars[0]["page_number"],
        first_width=words[0][-1]["x1"] - words[0][0]["x0"],
        first_character=words[0][0]["x1"] - words[0][0]["x0"],
    )


def tidy(text: str) -> str:
    """Replace ligatures by their letters and drop what has no shape.

    A glyph without a known character that stands alone is nearly always a bullet.
    """
    if _UNKNOWN_GLYPH.fullmatch(text):
        return "•"
    return _UNKNOWN_GLYPH.sub("", text).translate(_TIDY)


_COMPOUND: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")


def compounds_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that are written with a hyphen within a line: "multi-factor"."""
    return frozenset(word.casefold() for text in texts for word in _COMPOUND.findall(text))


def joined(lines: Sequence[str], compounds: frozenset[str] = frozenset()) -> str:
    """Join the lines of a paragraph; a word split at a line's end becomes whole.

    The hyphen stays if it belongs to the word, as one of `compounds` shows.
    """
    text = ""
    for line in lines:
        if not text:
            text = line
        elif text.endswith(_HYPHENS) and text[-2:-1].isalpha() and line[:1].isalpha():
            kept = len(text) - (not _keeps_hyphen(text, line, compounds))
            text = text[:kept] + line
        else:
            text = f"{text} {line}"
    return text.replace("\u00ad", "").strip()


def _keeps_hyphen(before: str, after: str, compounds: frozenset[str]) -> bool:
    if before[-1] == "\u00ad":
        return False
    end = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*[-\u2010]$", before)
    start = re.match(r"[^\W\d_]+(?:-[^\W\d_]+)*", after)
    if end is None or start is None:
        return False
    return f"{end.group()[:-1]}-{start.group()}".casefold() in compounds


def _tables(page: SeenPage, chars: list[Char]) -> Iterator[tuple[Table, list[Char]]]:
    if len(page.edges) > _MOST_EDGES:
        return
    coloured = _coloured(page)
    tables = page.find_tables()
    known = _words_outside([found.bbox for found in tables], chars) if tables else frozenset()
    for found in tables:
        x0, top, x1, bottom = found.bbox
        inside = [
            char
            for char in chars
            if _covers(
                (x0 - 1, top - 1, x1 + 1, bottom + 1),
                (char["x0"] + char["x1"]) / 2,
                (char["top"] + char["bottom"]) / 2,
            )
        ]
        boxes = [list(row.cells) for row in found.rows]
        columns = max((len(row) for row in boxes), default=0)
        if len(boxes) < 1 or columns < 2:
            continue
        rows = _grid(boxes, inside, coloured, known)
        filled = sum(bool(cell.text) for row in rows for cell in row)
        if filled < 2 or (len(rows) < 2 and columns not in {2, 4, 6}):
            continue
        edges = tuple(sorted({round(cell[0]) for row in boxes for cell in row if cell}))
        lines = [line for row in rows_of(inside) for line in row]
        yield Table((x0, top, x1, bottom), rows, edges, lines), inside


def _words_outside(tables: list[Box], chars: list[Char]) -> frozenset[str]:
    """Return the words that the page uses in its running text, where no cell cuts them."""
    outside = [
        char
        for char in chars
        if not any(
            _covers(box, (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
            for box in tables
        )
    ]
    lines = (line for row in rows_of(outside) for line in row)
    return frozenset(_bare(word) for line in lines for word in line.text.split())


def _bare(word: str) -> str:
    return word.strip(".,;:()[]\"'“”‘’").casefold()


def _grid(
    boxes: list[list[Box | None]],
    chars: list[Char],
    coloured: list[Box],
    known: frozenset[str],
) -> list[list[GridCell]]:
    lefts = sorted({round(cell[0], 1) for row in boxes for cell in row if cell})
    written = {box: _lines_in(box, chars) for row in boxes for box in row if box}
    known |= {word for box, lines in written.items() for word in _intact_words(lines, box)}
    above: dict[int, tuple[float, GridCell]] = {}
    rows: list[list[GridCell]] = []
    for row in boxes:
        top = min((cell[1] for cell in row if cell), default=0.0)
        cells: list[GridCell] = []
        for at, box in enumerate(row):
            if box is None:
                until, cell = above.get(at, (0.0, GridCell()))
                cells.append(cell if until > top + 2 else GridCell())
                continue
            span = max(1, sum(box[0] - 1 <= left < box[2] - 1 for left in lefts))
            cell = _cell(box, written[box], coloured, span, known)
            above[at] = (box[3], cell)
            cells.append(cell)
        rows.append(cells)
    return rows


def _lines_in(box: Box, chars: list[Char]) -> list[Line]:
    inside = [
        char
        for char in chars
        if _covers(box, (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
    ]
    return [line for row in rows_of(inside) for line in row]


def _cell(
    box: Box, lines: list[Line], coloured: list[Box], span: int, known: frozenset[str]
) -> GridCell:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    ground = any(
        _covers(shape, x, y) and shape[3] - shape[1] < 3 * (box[3] - box[1]) for shape in coloured
    )
    return GridCell(
        joined(_whole_words(lines, box, known)),
        strong=bool(lines) and (ground or all(line.bold for line in lines)),
        span=span,
    )


_NARROW: Final = 22
"""Characters: only a cell with less room cuts words that are too long for it."""
_SHORT: Final = 3
_WHOLE: Final = frozenset(
    "a and are as at be by for from has it its no not of only per than that the "
    "their to was when with within without "
    "minute minutes hour hours day days week weeks month months quarter year years times "
    "user users data access level system systems risk risks team office staff "
    "am auf aus bei bis das dem den der des die ein eine für im ist mit nach nicht nur oder und "
    "von vor zu zum zur "
    "au aux de des du la le les ou par pour sur "
    "dag dagen een het jaar maanden met naar niet of op per uur van voor weken".split()
)
"""Words that stand alone so often that they are hardly the rest of a cut word, as "or" may be."""


def _whole_words(lines: list[Line], box: Box, known: frozenset[str]) -> list[str]:
    """Give the lines of a cell, with the words joined that the narrow cell has cut.

    A program cuts a word without a hyphen only if it is wider than the cell; the line before is
    then full to the last character. `known` are words of the page, which are left alone.
    """
    texts: list[str] = []
    room = _room(lines, box)
    for before, line in zip((None, *lines), lines, strict=False):
        if before is not None and texts and _is_cut(before, line, room, texts[-1], known):
            texts[-1] += line.text
        else:
            texts.append(line.text)
    return texts


def _room(lines: list[Line], box: Box) -> float:
    """Return the width for text in a cell, which keeps as far from the right as from the left."""
    return box[2] - box[0] - 2 * max(0.0, min((line.x0 for line in lines), default=0.0) - box[0])


def _is_full(before: Line, line: Line, room: float) -> bool:
    """Tell whether not even the first character of `line` would have fitted before it."""
    usual = (before.x1 - before.x0) / max(1, len(before.text))
    return room <= _NARROW * usual and room - (before.x1 - before.x0) < line.first_character


def _intact_words(lines: list[Line], box: Box) -> Iterator[str]:
    """Yield the words of a cell that stand whole on their lines."""
    room = _room(lines, box)
    starts_cut = False
    for at, line in enumerate(lines):
        words = line.text.split()
        ends_cut = at + 1 < len(lines) and _is_full(line, lines[at + 1], room)
        yield from map(_bare, words[starts_cut : len(words) - ends_cut])
        starts_cut = ends_cut


def _is_cut(before: Line, line: Line, room: float, text: str, known: frozenset[str]) -> bool:
    """Tell whether `line` goes on with the word at the end of `text`, which ends with `before`."""
    start, end = text.split()[-1:], line.text.split()[:1]
    if not start or not end or not (start[0][-1].isalpha() and end[0][0].islower()):
        return False
    usual = (before.x1 - before.x0) / max(1, len(before.text))
    too_wide = len(start[0]) * usual + line.first_width > room
    if not too_wide or not _is_full(before, line, room):
        return False
    one, other = _bare(start[0]), _bare(end[0])
    if one + other in known:
        return True
    if other in _WHOLE:
        return False
    return one not in known and not (len(other) > _SHORT and other in known)
