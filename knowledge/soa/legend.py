"""What a workbook's own legend says its colours, symbols and words mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.passages import Cell, Sheet
from knowledge.soa import values
from knowledge.soa.mapping import Table
from knowledge.soa.model import Implementation

_PAIR = re.compile(r"([^\s:=→,;/|()][^:=→,;/|()\n]{0,24}?)\s*(?:=|:|→|\s[-–—]\s)\s*([^,;|/()\n]+)")


@dataclass(frozen=True, slots=True)
class Legend:
    """Meanings by word or symbol, and by colour (RRGGBB)."""

    words: Mapping[str, Implementation] = field(default_factory=dict)
    colours: Mapping[str, Implementation] = field(default_factory=dict)

    def meaning(self, text: str) -> Implementation | None:
        """Return what the legend says a status text means."""
        return self.words.get(_key(text))

    def colour(self, fill: str) -> Implementation | None:
        """Return what the legend says a colour means."""
        return self.colours.get(fill.upper())


def read_legend(sheets: Sequence[Sheet], tables: Sequence[Table]) -> Legend:
    """Read explanations outside the tables' rows: "G = implemented", or a coloured word.

    Two explanations of one mark that differ leave it unexplained.
    """
    words: dict[str, set[Implementation]] = {}
    colours: dict[str, set[Implementation]] = {}
    for sheet in sheets:
        for cells in _outside(sheet, tables):
            for column, cell in enumerate(cells):
                following = cells[column + 1] if column + 1 < len(cells) else Cell()
                for key, meaning in _words(cell, following):
                    words.setdefault(key, set()).add(meaning)
                coloured = _coloured(cell, following)
                if coloured and cell.fill:
                    colours.setdefault(cell.fill.upper(), set()).add(coloured)
    return Legend(_single(words), _single(colours))


def _outside(sheet: Sheet, tables: Sequence[Table]) -> list[tuple[Cell, ...]]:
    table = next((each for each in tables if each.sheet is sheet), None)
    if table is None:
        return list(sheet.rows) if len(sheet.rows) <= 80 else []
    above = list(sheet.rows[: min(table.header_rows, default=0)])
    below = [
        row
        for row in sheet.rows[table.first :]
        if table.key >= len(row) or row[table.key].value is None
    ]
    width = len(table.headers)
    beside = [row[width:] for row in sheet.rows[table.first :] if len(row) > width]
    return [*above, *below, *beside]


def _words(cell: Cell, following: Cell) -> list[tuple[str, Implementation]]:
    if not isinstance(cell.value, str) or len(cell.value) > 400:
        return []
    found = [
        (_key(match[1]), meaning)
        for match in _PAIR.finditer(cell.value)
        if (meaning := values.status_word(match[2].strip()))
    ]
    short = cell.value.strip()
    if not found and _is_sign(short) and isinstance(following.value, str):
        meaning = values.status_word(following.value)
        if meaning:
            found.append((_key(short), meaning))
    return [(key, meaning) for key, meaning in found if key and not values.status_word(key)]


def _is_sign(text: str) -> bool:
    return 0 < len(text) <= 2 or values.fold_key(text) in values.COLOUR_WORDS


def _coloured(cell: Cell, following: Cell) -> Implementation | None:
    if not cell.fill:
        return None
    own = values.cell_text(cell)
    if own:
        return values.status_word(own)
    return values.status_word(values.cell_text(following)) if values.cell_text(following) else None


def _single(found: Mapping[str, set[Implementation]]) -> dict[str, Implementation]:
    return {key: next(iter(each)) for key, each in found.items() if len(each) == 1}


def _key(text: str) -> str:
    return values.fold_key(text) or text.strip()
