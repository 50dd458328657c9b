"""Read PDF files.

A PDF file says where each character stands and nothing of what it is. Lines, columns, paragraphs,
headings and lists are found from the looks of the whole document. What a person does not see
(invisible, tiny, white or off the page) is left out, and a note tells so.
"""

from __future__ import annotations

import io
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, Final

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFNoOutlines, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage

from knowledge.parsing import facts, progress, sections
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import Limits
from knowledge.parsing.pdf_furniture import remove_furniture
from knowledge.parsing.pdf_page import Line, PageText, SeenPage, Table, compounds_in, joined, see
from knowledge.parsing.pdf_tables import BULLET, RUNNING_TEXT, take_aligned_tables
from knowledge.parsing.sections import Draft
from knowledge.parsing.tables import looks_headed, pair_blocks, row_text, table_blocks
from knowledge.passages import Block, BlockKind, ParsedDocument
from knowledge.text import fold

_LEADERS: Final = re.compile(r"(?:[.…·_]\s?){4,}\s*(?:\d{1,4}|[ivxl]{1,5})$")
_PAGE_AT_END: Final = re.compile(r"\s\d{1,4}$")
_CONTENTS: Final = re.compile(
    r"(?:\d{1,2}\.?\s+)?(?:(?:table of )?contents|inhalt(?:sverzeichnis)?|inhoud(?:sopgave)?|"
    r"sommaire|table des matières|índice|indice)$",
    re.IGNORECASE,
)
_ENDS_SENTENCE: Final = re.compile(r"[.!?:;][)\"'”’\]]*$")
_BIGGER: Final = 1.12
_UNSAID: Final = re.compile(r"\(?(?:anonymous|unspecified|untitled)\)?", re.IGNORECASE)
_FEW_CHARACTERS: Final = 12
_MOST_BOOKMARKS: Final = 5_000


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read the PDF file in `data`. Raises `DocumentError`."""
    with _opened(data, source) as pdf:
        pages = list(_pages(pdf, source, limits))
        bookmarks = _bookmarks(pdf)
        metadata = _metadata(pdf)
    if all(_is_picture(page) or not _characters(page) for page in pages):
        raise _nothing_read(pages, source)
    headers, footers = remove_furniture(pages)
    for page in pages:
        take_aligned_tables(page, _text_gutter(page))
    lines = _without_contents([line for page in pages for line in _ordered(page)])
    story = _Story(lines)
    drafts = story.drafts()
    _mark_headings(drafts, story.sizes, bookmarks)
    blocks = [draft.block() for draft in drafts]
    if not blocks:
        raise _nothing_read(pages, source)
    headers.extend(_watermarks(pages))
    return ParsedDocument(
        facts=facts.find_facts(
            source, blocks, metadata=metadata, header_lines=headers, footer_lines=footers
        ),
        blocks=tuple(blocks),
        notes=tuple(_notes(pages)),
    )


def _opened(data: bytes, source: str) -> Any:
    try:
        return pdfplumber.open(io.BytesIO(data), raise_unicode_errors=False)
    except Exception as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError):
            raise DocumentError(
                source, "encrypted", "is protected with a password; save a copy without one"
            ) from None
        if isinstance(error, MemoryError | RecursionError):
            raise
        raise _damaged(source) from None


def _too_long(source: str, limits: Limits) -> DocumentError:
    return DocumentError(
        source, "too_large", f"has more than {limits.pages} pages; split it into several files"
    )


def _damaged(source: str) -> DocumentError:
    return DocumentError(
        source, "corrupt", "is damaged and cannot be read; save it again and replace the file"
    )


def _pages(pdf: Any, source: str, limits: Limits) -> Iterator[PageText]:
    try:
        found = list(islice(PDFPage.create_pages(pdf.doc), limits.pages + 1))
        if len(found) > limits.pages:
            raise _too_long(source, limits)  # noqa: TRY301 - passes below
        for number, page_object in enumerate(found, 1):
            page = SeenPage(pdf, page_object, number)
            yield see(page)
            page.close()
            progress.page_done(number)
    except (DocumentError, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise _damaged(source) from error
    if not found:
        raise _damaged(source)


def _nothing_read(pages: list[PageText], source: str) -> DocumentError:
    if any(page.has_pictures for page in pages):
        return DocumentError(
            source,
            "scanned",
            "is a scanned PDF: its pages are pictures without text; run OCR first",
        )
    return DocumentError(source, "empty", "holds no text")


def _characters(page: PageText) -> int:
    lines = [line for row in page.rows for line in row]
    lines.extend(line for table in page.tables for line in table.lines)
    return sum(len(line.text) for line in lines)


def _is_picture(page: PageText) -> bool:
    return page.has_pictures and _characters(page) < _FEW_CHARACTERS


def _notes(pages: list[PageText]) -> Iterator[str]:
    pictures = [str(page.number) for page in pages if _is_picture(page)]
    if pictures:
        yield (
            f"{len(pictures)} of {len(pages)} pages are pictures without text and were not read "
            f"(page {', '.join(pictures[:20])}); run OCR to read them"
        )
    hidden = sum(page.hidden for page in pages)
    if hidden:
        yield f"{hidden} characters of invisible text left out"
    if any(page.through_ocr for page in pages):
        yield "text of scanned pages is taken from an OCR layer and may hold reading errors"


def _watermarks(pages: list[PageText]) -> list[str]:
    """Give rotated text such as DRAFT that stands across most pages."""
    counts = Counter(page.watermark for page in pages if 0 < len(page.watermark) <= 40)
    return [text for text, count in counts.items() if count * 2 >= len(pages)]


def _metadata(pdf: Any) -> dict[str, str]:
    found = {
        str(key).lower(): value.strip()
        for key, value in pdf.metadata.items()
        if isinstance(value, str) and value.strip() and not _UNSAID.fullmatch(value.strip())
    }
    title = re.sub(r"^Microsoft (?:Word|Excel|PowerPoint) - ", "", found.get("title", ""))
    if re.fullmatch(r"|untitled|title|document\d*|.*\.\w{2,4}", title, re.I):
        found.pop("title", None)
    else:
        found["title"] = title
    return found


def _bookmarks(pdf: Any) -> dict[str, int]:
    """Give the level of each bookmark by its folded title."""
    found: dict[str, int] = {}
    try:
        for level, title, *_ in islice(pdf.doc.get_outlines(), _MOST_BOOKMARKS):
            if isinstance(title, str) and title.strip():
                found.setdefault(fold(title).casefold(), min(int(level), 9))
    except (PDFNoOutlines, RecursionError, KeyError, TypeError, ValueError, AttributeError):
        return found
    return found


def _ordered(page: PageText) -> Iterator[Line]:
    """Give the lines and tables of a page in reading order, columns one after the other."""
    pieces = [line for row in page.rows for line in row]
    for table in page.tables:
        x0, top, x1, bottom = table.box
        pieces.append(
            Line("", x0, x1, top, bottom, bottom, 0.0, False, page=page.number, table=table)
        )
    for columns, column in enumerate(_columns(pieces, 0), 1):
        for line in _whole_lines(column):
            line.page, line.column = page.number, page.number * 1000 + columns
            yield line


def _whole_lines(pieces: list[Line]) -> Iterator[Line]:
    """Join the pieces on one baseline of one column."""
    row: list[Line] = []
    for piece in sorted(pieces, key=lambda piece: piece.top if piece.table else piece.baseline):
        apart = (
            not row
            or piece.table is not None
            or row[-1].table is not None
            or piece.baseline - row[0].baseline > 0.4 * max(piece.size, row[0].size)
        )
        if apart and row:
            yield _one_line(row)
            row = []
        row.append(piece)
    if row:
        yield _one_line(row)


def _one_line(row: list[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    row.sort(key=lambda piece: piece.x0)
    first = max(row, key=lambda piece: len(piece.text))
    return Line(
        text=" ".join(piece.text for piece in row),
        x0=row[0].x0,
        x1=row[-1].x1,
        top=min(piece.top for piece in row),
        bottom=max(piece.bottom for piece in row),
        baseline=first.baseline,
        size=first.size,
        bold=all(piece.bold for piece in row),
        page=row[0].page,
        first_width=row[0].first_width,
    )


def _columns(pieces: list[Line], depth: int) -> Iterator[list[Line]]:
    """Split pieces into columns in reading order; full-width text divides the columns."""
    gutter = _gutter(pieces) if depth < 3 else None
    if gutter is None:
        if pieces:
            yield pieces
        return
    left: list[Line] = []
    right: list[Line] = []
    across: list[Line] = []
    for piece in sorted(pieces, key=lambda piece: piece.top):
        crosses = piece.x0 < gutter - 2 and piece.x1 > gutter + 2
        if crosses or _heads_columns(piece, pieces, gutter):
            for side in (left, right):
                if side:
                    yield from _columns(side, depth + 1)
            left, right = [], []
            across.append(piece)
            continue
        if across:
            yield across
            across = []
        (left if piece.x1 <= gutter + 2 else right).append(piece)
    for side in (across, left, right):
        if side:
            yield from _columns(side, depth + 1)


def _heads_columns(piece: Line, pieces: list[Line], gutter: float) -> bool:
    """Tell whether a short line at the left stands above both columns, like a heading."""
    if piece.x1 > gutter or piece.table is not None:
        return False
    others = [other for other in pieces if other.x0 >= gutter - 2]
    beside = any(
        other.top < piece.bottom + 0.4 * piece.size and other.bottom > piece.top - 0.4 * piece.size
        for other in others
    )
    if beside:
        return False
    above = any(other.bottom <= piece.top for other in others)
    below = any(other.top >= piece.bottom for other in others)
    usual = statistics.median(other.size for other in others)
    return above and below and (piece.bold or piece.size > 1.08 * usual)


def _text_gutter(page: PageText) -> float | None:
    """Return the gutter of a page whose left column holds lines too long for a table's."""
    pieces = [piece for row in page.rows for piece in row]
    gutter = _gutter(pieces)
    if gutter is None:
        return None
    left = [len(piece.text) for piece in _without_bullets(pieces) if piece.x1 <= gutter]
    return gutter if statistics.median(left) >= RUNNING_TEXT else None


def _without_bullets(pieces: list[Line]) -> list[Line]:
    return [piece for piece in pieces if not BULLET.fullmatch(piece.text)]


def _gutter(pieces: list[Line]) -> float | None:
    """Find the x of the white band between two columns of running text."""
    texts = [piece for piece in pieces if piece.table is None]
    if len(texts) < 8:
        return None
    left, right = min(piece.x0 for piece in texts), max(piece.x1 for piece in texts)
    width = right - left
    best: tuple[int, float] | None = None
    run: list[float] = []
    low = left + 0.25 * width
    steps = [low + step * 2.0 for step in range(int(0.5 * width / 2.0) + 1)]
    crossings = [sum(piece.x0 < x < piece.x1 for piece in texts) for x in steps]
    fewest = min(crossings, default=0)
    for x, count in zip(steps, crossings, strict=True):
        if count <= fewest:
            run.append(x)
        if run and (count > fewest or x == steps[-1]):
            if best is None or len(run) > best[0]:
                best = (len(run), run[len(run) // 2])
            run = []
    if best is None or best[0] < 3:
        return None
    gutter = best[1]
    return gutter if _are_columns(texts, gutter, fewest) else None


def _are_columns(texts: list[Line], gutter: float, crossing: int) -> bool:
    written = _without_bullets(texts)
    left = [piece for piece in written if piece.x1 <= gutter]
    right = [piece for piece in written if piece.x0 >= gutter]
    if min(len(left), len(right)) < 4 or crossing > 0.5 * len(texts):
        return False
    span = max(piece.x1 for piece in texts) - min(piece.x0 for piece in texts)
    for side in (left, right):
        room = max(piece.x1 for piece in side) - min(piece.x0 for piece in side)
        usual = statistics.median(piece.x1 - piece.x0 for piece in side)
        characters = statistics.median(len(piece.text) for piece in side)
        if room < 0.25 * span or usual < 0.55 * room or characters < 18:
            return False
    return True


def _without_contents(lines: list[Line]) -> list[Line]:
    """Drop the table of contents: lines that lead to a page number, and their heading."""
    led = sum(_LEADERS.search(line.text) is not None for line in lines)
    kept: list[Line] = []
    inside = False
    for at, line in enumerate(lines):
        ahead = [other.text for other in lines[at + 1 : at + 4]]
        if _CONTENTS.match(line.text) and any(
            _LEADERS.search(text) or _PAGE_AT_END.search(text) for text in ahead
        ):
            inside = True
            continue
        if inside and _PAGE_AT_END.search(line.text) and line.table is None:
            continue
        if led >= 3 and _LEADERS.search(line.text):
            continue
        inside = False
        kept.append(line)
    return kept


class _Sizes:
    """The usual font size, line distance and right edges of a document."""

    def __init__(self, lines: list[Line]) -> None:
        weights: Counter[float] = Counter()
        for line in lines:
            weights[_size_class(line.size)] += len(line.text)
        self.body = max(weights, key=lambda size: weights[size]) if weights else 10.0
        self._edges: dict[int, float] = defaultdict(float)
        for line in lines:
            if line.table is None:
                self._edges[line.column] = max(self._edges[line.column], line.x1)
        steps = sorted(
            (below.baseline - above.baseline) / above.size
            for above, below in pairwise(lines)
            if above.column == below.column
            and above.size > 0
            and abs(above.size - below.size) < 0.6
            and 0.9 < (below.baseline - above.baseline) / above.size < 2.2
        )
        self.step = steps[len(steps) // 4] if steps else 1.2

    def has_room(self, line: Line, following: Line) -> bool:
        """Tell whether the next line's first word had room on `line`: the break is meant."""
        edge = self._edges[line.column]
        return line.x1 + following.first_width + 0.5 * line.size < edge - 1.0

    def is_far(self, above: Line, below: Line) -> bool:
        """Tell whether there is more white between two lines than inside a paragraph."""
        size = max(above.size, below.size)
        return below.baseline - above.baseline > 1.22 * self.step * size + 0.5


def _size_class(size: float) -> float:
    return round(size * 2) / 2


class _Story:
    """Joins the lines of a document to paragraphs, list items and tables."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self.sizes = _Sizes([line for line in lines if line.table is None])
        self._compounds = compounds_in(line.text for line in lines)
        self._drafts: list[Draft] = []
        self._open: list[Line] = []
        self._opened_as = BlockKind.PARAGRAPH
        self._number: str | None = None
        self._last_number: str | None = None
        self._indents: list[float] = []
        self._tables = 0
        self._last_table: tuple[Table, int, tuple[str, ...]] | None = None

    def drafts(self) -> list[Draft]:
        """Give the drafts in reading order."""
        for line in self._lines:
            if line.table is not None:
                self._close()
                self._add_table(line.table, line.page)
                continue
            if not line.text:
                continue
            if not self._open or self._begins(line, self._open[-1]):
                self._close()
                self._begin(line)
            else:
                self._open.append(line)
        self._close()
        return self._drafts

    def _begins(self, line: Line, above: Line) -> bool:
        """Tell whether `line` begins something new after `above`."""
        if abs(line.size - above.size) > 0.12 * above.size or line.bold != above.bold:
            return not self._goes_on_in_bold(line, above)
        if self._is_marked(line, above):
            return True
        small = line.text[:1].islower()
        if line.column != above.column:
            if above.hyphenated or small:
                return False
            return bool(_ENDS_SENTENCE.search(above.text)) or self.sizes.has_room(above, line)
        if self.sizes.is_far(above, line):
            return True
        if small:
            return False
        if self._opened_as is BlockKind.LIST_ITEM and line.x0 < self._open[0].x0 - 1:
            return True
        if self.sizes.has_room(above, line) and not above.hyphenated:
            return True
        indented = line.x0 > above.x0 + 0.8 * line.size and len(self._open) > 1
        return indented and _ENDS_SENTENCE.search(above.text) is not None

    def _goes_on_in_bold(self, line: Line, above: Line) -> bool:
        """Tell whether a paragraph only changes its weight at a line's end."""
        return (
            line.column == above.column
            and abs(line.size - above.size) <= 0.12 * above.size
            and not self.sizes.is_far(above, line)
            and line.text[:1].islower()
            and not self.sizes.has_room(above, line)
        )

    def _is_marked(self, line: Line, above: Line) -> bool:
        if sections.bullet_length(line.text):
            return not (
                line.text[0] in "-–—"
                and not self.sizes.has_room(above, line)
                and self._opened_as is not BlockKind.LIST_ITEM
            )
        found = sections.typed_number(line.text)
        apart = self.sizes.has_room(above, line) or self.sizes.is_far(above, line)
        ended = _ENDS_SENTENCE.search(above.text) is not None
        if found is not None:
            return apart or (ended and sections.is_next(found[0], self._last_number))
        return sections.has_list_label(line.text) and (apart or ended)

    def _begin(self, line: Line) -> None:
        self._open = [line]
        found = sections.typed_number(line.text)
        self._number = None
        if found is not None:
            self._opened_as, self._number = BlockKind.PARAGRAPH, found[0]
            self._last_number = found[0]
        elif sections.bullet_length(line.text) or sections.has_list_label(line.text):
            self._opened_as = BlockKind.LIST_ITEM
        else:
            self._opened_as = BlockKind.PARAGRAPH

    def _close(self) -> None:
        if not self._open:
            return
        text = joined([line.text for line in self._open], self._compounds)
        first = self._open[0]
        level = 0
        if self._opened_as is BlockKind.LIST_ITEM:
            text = text[sections.bullet_length(text) :]
            level = self._depth(first.x0)
        else:
            self._indents = []
        if text:
            self._drafts.append(
                Draft(
                    self._opened_as,
                    text,
                    level=level,
                    number=self._number,
                    page=first.page,
                    bold=all(line.bold for line in self._open),
                    size=_size_class(statistics.median(line.size for line in self._open)),
                )
            )
        self._open = []

    def _depth(self, x0: float) -> int:
        """Give the depth of a list item by the indents of the items above it."""
        while self._indents and self._indents[-1] > x0 + 3:
            self._indents.pop()
        if not self._indents or x0 > self._indents[-1] + 3:
            self._indents.append(x0)
        return len(self._indents)

    def _add_table(self, table: Table, page: int) -> None:
        header: tuple[str, ...] = ()
        last = self._last_table
        goes_on = (
            last is not None
            and page == last[1] + 1
            and _same_edges(last[0].edges, table.edges)
            and bool(self._drafts)
            and self._drafts[-1].row is not None
        )
        if last is not None and goes_on:
            header = last[2]
        else:
            self._tables += 1
        if goes_on:
            self._finish_row(table)
        blocks = _table_blocks(table, self._tables, page, header)
        rows = [block for block in blocks if block.kind is BlockKind.TABLE_ROW]
        if rows:
            header = header or next((block.header for block in rows if block.header), ())
            self._last_table = (table, page, header)
        for block in blocks:
            self._drafts.append(Draft(block.kind, block.text, fixed=True, row=block))

    def _finish_row(self, table: Table) -> None:
        """Give the rest of a row that a page break has split to the row above."""
        above = self._drafts[-1].row
        if above is None or len(table.rows) < 2:
            return
        texts = [[cell.text for cell in row] for row in table.rows[:2]]
        at = int(texts[0] == list(above.header))
        first = texts[at]
        if first[0] or len(above.cells) != len(first) or len(table.rows) < at + 2:
            return
        cells = tuple(joined([a, b]) for a, b in zip(above.cells, first, strict=True))
        text = row_text(above.header, cells)
        self._drafts[-1].row = replace(above, cells=cells, text=text)
        self._drafts[-1].text = text
        table.rows.pop(at)


def _table_blocks(table: Table, ordinal: int, page: int, header: tuple[str, ...]) -> list[Block]:
    header_rows = None
    if not table.ruled and not header:
        headed = looks_headed(table.rows)
        if not headed and len(table.edges) == 2:
            return pair_blocks(table.rows, table=ordinal, page=page)
        header_rows = 1 if headed else 0
    return table_blocks(
        table.rows, table=ordinal, page=page, header=header, header_rows=header_rows
    )


def _same_edges(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= 3 for a, b in zip(one, other, strict=True))


def _mark_headings(drafts: list[Draft], sizes: _Sizes, bookmarks: dict[str, int]) -> None:
    """Turn paragraphs into headings by bookmark, by size, by number and by weight."""
    by_look: list[Draft] = []
    for at, draft in enumerate(drafts):
        if draft.kind is not BlockKind.PARAGRAPH or draft.fixed:
            continue
        level = bookmarks.get(fold(draft.text).casefold())
        if level is not None and len(draft.text) <= 200:
            draft.kind, draft.level, draft.fixed = BlockKind.HEADING, level, True
            continue
        title = sections.is_title_like(draft.text)
        following = drafts[at + 1] if at + 1 < len(drafts) else None
        alone = draft.bold and following is not None and not following.bold
        if title and (draft.size >= _BIGGER * sizes.body or (alone and draft.number is None)):
            draft.kind = BlockKind.HEADING
            by_look.append(draft)
    looks = sorted({(draft.size, draft.bold) for draft in by_look}, reverse=True)
    numbered: dict[tuple[float, bool], int] = {}
    for draft in by_look:
        if draft.number:
            numbered.setdefault((draft.size, draft.bold), sections.depth(draft.number))
    for draft in by_look:
        look = (draft.size, draft.bold)
        draft.level = (
            sections.depth(draft.number)
            if draft.number
            else numbered.get(look, min(looks.index(look) + 1, 6))
        )
    sections.promote_headings(drafts)
