"""A table's cells without merged ranges: every row complete, continued rows joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge.passages import Cell, Sheet
from knowledge.soa import values
from knowledge.soa.mapping import Table
from knowledge.soa.model import Field

_ADDED = frozenset(
    {
        Field.POLICY_REFS,
        Field.EVIDENCE_REFS,
        Field.RISK_REFS,
        Field.OBLIGATION_REFS,
        Field.IMPLEMENTATION_NOTE,
    }
)
"""Fields that a row without an id may add to the control above it."""


def unmerged(table: Table) -> tuple[list[list[Cell]], list[str], dict[int, int]]:
    """Give every cell of a range merged downwards its value.

    Return the grid, the headers of the columns where it happened, and the rows that only continue
    a control above because its id is merged over them; their texts are added to that row.
    """
    grid = [list(row) for row in table.sheet.rows]
    touched: set[int] = set()
    continued: dict[int, int] = {}
    above: dict[int, tuple[int, Cell]] = {}
    for number in range(table.first, len(grid)):
        sideways = False
        filled: set[int] = set()
        for column, cell in enumerate(grid[number]):
            if not cell.merged:
                above.pop(column, None)
                sideways = False
            elif cell.value is not None:
                above[column] = (number, cell)
                sideways = True
            elif column in above and not sideways:
                grid[number][column] = replace(cell, value=above[column][1].value)
                filled.add(column)
            else:
                above.pop(column, None)
        if table.key in filled:
            continued[number] = above[table.key][0]
        elif (
            number > table.first
            and _only_adds(table, grid[number])
            and (number - 1 in continued or _text(grid[number - 1], table.key))
        ):
            continued[number] = continued.get(number - 1, number - 1)
        if number in continued:
            _continue(grid, number, continued[number], filled)
        touched |= filled
    headers = [table.headers[c] for c in sorted(touched) if c < len(table.headers)]
    return grid, headers, continued


def _only_adds(table: Table, cells: Sequence[Cell]) -> bool:
    filled = {column for column, cell in enumerate(cells) if values.cell_text(cell)}
    adding = {column.column for column in table.columns if column.field in _ADDED}
    return bool(filled) and filled <= adding


def _continue(grid: list[list[Cell]], number: int, origin: int, filled: set[int]) -> None:
    for column, cell in enumerate(grid[number]):
        text = values.cell_text(cell)
        if column in filled or not text or column >= len(grid[origin]):
            continue
        before = values.cell_text(grid[origin][column])
        if text not in before.split("\n"):
            value = f"{before}\n{text}" if before else cell.value
            grid[origin][column] = replace(grid[origin][column], value=value)


def _text(cells: Sequence[Cell], column: int) -> str:
    return values.cell_text(cells[column]) if column < len(cells) else ""


def hidden_columns(sheet: Sheet) -> frozenset[int]:
    """Return the columns of which no cell is shown."""
    shown: set[int] = set()
    width = max((len(row) for row in sheet.rows), default=0)
    for row in sheet.rows:
        shown.update(column for column, cell in enumerate(row) if not cell.hidden)
    return frozenset(set(range(width)) - shown)
