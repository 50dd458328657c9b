"""Page headers and footers: taken out of the text, kept for the document's facts.

A row at the top or bottom of a page is furniture if its words stand at the same height on many
pages (the page's own number may change), if the writing program marked it so, or if it is a page
number alone. From the page's edge inwards, the first row that is none of this ends the furniture,
so that a label that happens to recur in the text stays.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from knowledge.parsing.pdf_page import Line, PageText, Table
from knowledge.parsing.tables import side_lines, table_blocks

_MARGIN: Final = 0.2
"""Part of the page's height, at the top and at the bottom, where furniture may stand."""
_EDGE: Final = 0.12
"""Part of the page's height where a number alone is the page's number."""
_SHEET_EDGE: Final = 0.09
"""Part of the page's height where the lines of an only page may be its header or footer."""
_MOST_LINES: Final = 3
_APART: Final = 1.1
"""Times the font size: white between such lines and the text."""
_SAME_HEIGHT: Final = 4.0
"""Points."""
_MOST_PAGES: Final = 0.4
_MOST_PLACES: Final = 4
_PAGE_NUMBER: Final = re.compile(
    r"(?:page|seite|pagina|página|side|sida|p\.|s\.)?\s*[-–|]?\s*\d{1,4}\s*"
    r"(?:[-–|/]|of|von|de|van|av|af)?\s*\d{0,4}\s*[-–|]?",
    re.IGNORECASE,
)
_PAGE_OF: Final = re.compile(r"\b(?:page|seite|pagina|página|side|sida|p\.)\s*\d+", re.IGNORECASE)
_NUMBER_AT_END: Final = re.compile(r"^(\d{1,4})\s|\s(\d{1,4})$")

Row = list[Line]
Unit = Row | Table
Key = tuple[str, int]


def remove_furniture(pages: list[PageText]) -> tuple[list[str], list[str]]:
    """Take page headers and footers out of `pages`; give the lines of both, each once."""
    known = _Known(pages)
    headers: list[str] = []
    footers: list[str] = []
    alone = len(pages) == 1
    for page in pages:
        units: list[Unit] = [*page.rows, *page.tables]
        units.sort(key=_top)
        top = _from_edge(units, page, known)
        bottom = _from_edge(units[len(top) :][::-1], page, known)
        if alone:
            top = top or _set_apart(units, page)
            bottom = bottom or _set_apart(units[len(top) :][::-1], page)
        for unit in top:
            _say(unit, headers)
        for unit in reversed(bottom):
            _say(unit, footers)
        gone = {id(unit) for unit in (*top, *bottom)}
        page.rows = [row for row in page.rows if id(row) not in gone]
        page.tables = [table for table in page.tables if id(table) not in gone]
    return _different(headers), _different(footers)


class _Known:
    """The rows that recur in the margins of a document."""

    def __init__(self, pages: list[PageText]) -> None:
        counts: Counter[Key] = Counter()
        for page in pages:
            counts.update({key for row in _margin_rows(page) for key in _keys(row, page, 1)})
        enough = max(2, round(_MOST_PAGES * len(pages)))
        self._keys = {key for key, count in counts.items() if count >= enough}
        self._counting = _counting_rows(pages)

    def holds(self, row: Row, page: PageText) -> bool:
        """Tell whether a row of `page` is furniture."""
        if not _in_margin(row, page):
            return False
        if all(line.artifact for line in row) or id(row) in self._counting:
            return True
        edge = _EDGE * page.height
        outside = row[0].bottom < edge or row[0].top > page.height - edge
        if outside and _PAGE_NUMBER.fullmatch(_text(row)):
            return True
        return not self._keys.isdisjoint(_keys(row, page, 0))


def _keys(row: Row, page: PageText, reach: int) -> Iterator[Key]:
    """Give a row's words and height, as written and without the page's number."""
    text = _text(row)
    height = round(row[0].baseline / _SAME_HEIGHT)
    places = islice(re.finditer(rf"\b{page.number}\b", text), _MOST_PLACES)
    forms = {text, *(f"{text[: place.start()]}#{text[place.end() :]}" for place in places)}
    for words in forms:
        for step in range(-reach, reach + 1):
            yield words, height + step


def _counting_rows(pages: list[PageText]) -> set[int]:
    """Find the first and last rows of pages that hold the page's number next to other words.

    Such a row is furniture even if its words change from chapter to chapter.
    """
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for page in pages:
        for row in {id(row): row for row in (*page.rows[:1], *page.rows[-1:])}.values():
            match = _NUMBER_AT_END.search(_text(row))
            if match and _in_margin(row, page):
                offset = int(match[1] or match[2]) - page.number
                found[offset, round(row[0].baseline / _SAME_HEIGHT)].append(id(row))
    enough = max(3, round(0.3 * len(pages)))
    return {row for rows in found.values() if len(rows) >= enough for row in rows}


def _margin_rows(page: PageText) -> Iterator[Row]:
    rows = [*page.rows, *([line] for table in page.tables for line in table.lines)]
    yield from (row for row in rows if _in_margin(row, page))


def _from_edge(units: list[Unit], page: PageText, known: _Known) -> list[Unit]:
    """Give the units that are furniture, as far as they follow each other from the edge."""
    found: list[Unit] = []
    for unit in units:
        rows = [[line] for line in unit.lines] if isinstance(unit, Table) else [unit]
        if not all(known.holds(row, page) for row in rows):
            break
        found.append(unit)
    return found


def _set_apart(units: list[Unit], page: PageText) -> list[Unit]:
    """Give the lines in the margin of a document's only page, where nothing can recur.

    They are no larger than the text, and more white than between lines parts them from it.
    """
    usual = statistics.median_low([row[0].size for row in page.rows]) if page.rows else 0.0
    edge = _SHEET_EDGE * page.height
    for count, (unit, following) in enumerate(pairwise(units[: _MOST_LINES + 1]), 1):
        if isinstance(unit, Table) or unit[0].size > 1.05 * usual:
            break
        if not (unit[0].bottom < edge or unit[0].top > page.height - edge):
            break
        top, bottom = _reach(following)
        white = max(top - unit[0].bottom, unit[0].top - bottom)
        if white > _APART * unit[0].size:
            return units[:count]
    return []


def _reach(unit: Unit) -> tuple[float, float]:
    if isinstance(unit, Table):
        return unit.box[1], unit.box[3]
    return unit[0].top, unit[0].bottom


def _say(unit: Unit, into: list[str]) -> None:
    if isinstance(unit, Table):
        blocks = table_blocks(unit.rows, table=0)
        lines = [line for block in blocks for line in side_lines(block)]
    else:
        lines = [line.text for line in unit]
    into.extend(line for line in lines if line not in into)


def _different(lines: list[str]) -> list[str]:
    """Keep one of the lines that differ by their page number only."""
    kept: dict[str, str] = {}
    for line in lines:
        kept.setdefault(_PAGE_OF.sub("#", line), line)
    return list(kept.values())


def _in_margin(row: Row, page: PageText) -> bool:
    return row[0].bottom < _MARGIN * page.height or row[0].top > (1 - _MARGIN) * page.height


def _top(unit: Unit) -> float:
    return unit.box[1] if isinstance(unit, Table) else unit[0].top


def _text(row: Row) -> str:
    return " ".join(line.text for line in row)
