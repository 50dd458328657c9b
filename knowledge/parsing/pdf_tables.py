"""Tables without ruled lines: short pieces of text that stand in columns over several rows."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from knowledge.parsing.pdf_page import Line, PageText, Table, joined
from knowledge.parsing.tables import GridCell

_FEWEST_ROWS: Final = 3
_GAP: Final = 6.0
"""Points of white between two columns."""
_LABEL: Final = re.compile(r"[\W\d_]{1,8}|\(?[a-zA-Z]{1,4}[.)]|[A-Z]?[\d.]{1,9}\)?")
BULLET: Final = re.compile(r"[•◦▪●○■□‣⁃*–—-]|\(?[a-z0-9]{1,2}[.)]")
_BULLET_GAP: Final = 30.0
_PAGE: Final = re.compile(r"\d{1,4}")
RUNNING_TEXT: Final = 28
"""Characters: a left column of longer pieces is a column of text."""

Row = list[Line]


def take_aligned_tables(page: PageText, gutter: float | None = None) -> None:
    """Move the rows of such tables from the text of `page` to its tables.

    `gutter` is the x of the white between two columns of running text, which no table crosses.
    """
    kept: list[Row] = []
    for rows in _sides(page.rows, gutter):
        labelled = [_with_labels(row) for row in rows]
        at = 0
        while at < len(rows):
            run = _run(labelled, at)
            if run and _is_table(run):
                page.tables.append(_table(run))
                at += len(run)
            else:
                kept.append(rows[at])
                at += 1
    page.rows = kept


def _with_labels(row: Row) -> Row:
    """Join a bullet with the text that it stands before: it is no column of its own."""
    joined_row: Row = []
    for piece in row:
        before = joined_row[-1] if joined_row else None
        if before and BULLET.fullmatch(before.text) and piece.x0 - before.x1 < _BULLET_GAP:
            joined_row[-1] = replace(piece, text=f"{before.text} {piece.text}", x0=before.x0)
        else:
            joined_row.append(piece)
    return joined_row


def _sides(rows: list[Row], gutter: float | None) -> Iterator[list[Row]]:
    """Give the rows of each column of the page; a row across both ends the columns above it."""
    if gutter is None:
        yield rows
        return
    left: list[Row] = []
    right: list[Row] = []
    for row in rows:
        if any(piece.x0 < gutter < piece.x1 for piece in row):
            yield from (left, right, [row])
            left, right = [], []
            continue
        for side, part in (
            (left, [piece for piece in row if piece.x1 <= gutter]),
            (right, [piece for piece in row if piece.x0 >= gutter]),
        ):
            if part:
                side.append(part)
    yield from (left, right)


class _Columns:
    """Disjoint intervals of x that widen with each row."""

    def __init__(self, row: Row) -> None:
        self.spans = [(piece.x0, piece.x1) for piece in row]

    def places(self, row: Row) -> list[int] | None:
        """Give the column of each piece; None if the row does not fit."""
        spans = list(self.spans)
        found: list[int] = []
        for piece in row:
            over = [
                at
                for at, (x0, x1) in enumerate(spans)
                if piece.x0 < x1 + _GAP and piece.x1 > x0 - _GAP
            ]
            if len(over) != 1 or over[0] in found:
                return None
            found.append(over[0])
            x0, x1 = spans[over[0]]
            spans[over[0]] = (min(x0, piece.x0), max(x1, piece.x1))
        if any(right[0] - left[1] < _GAP for left, right in pairwise(spans)):
            return None
        self.spans = spans
        return found


def _run(rows: list[Row], start: int) -> list[tuple[Row, list[int]]]:
    """Collect the rows from `start` on that keep to the columns of the first one."""
    first = rows[start]
    if len(first) < 2:
        return []
    columns = _Columns(first)
    run = [(first, list(range(len(first))))]
    for row in rows[start + 1 :]:
        above = run[-1][0][0]
        if row[0].baseline - above.baseline > 3.0 * max(above.size, row[0].size):
            break
        if abs(row[0].size - above.size) > 0.2 * above.size:
            break
        places = columns.places(row)
        if places is None:
            break
        run.append((row, places))
    # A last line alone in the first column is the text that follows.
    while run and len(run[-1][0]) == 1 and run[-1][1] == [0]:
        run.pop()
    return run


def _is_table(run: list[tuple[Row, list[int]]]) -> bool:
    full = [row for row, _ in run if len(row) >= 2]
    if len(full) < _FEWEST_ROWS or len(full) < 0.5 * len(run):
        return False
    columns = max(len(row) for row in full)
    firsts = [row[0].text for row in full]
    lasts = [row[-1].text for row in full]
    if sum(text[:1].islower() for text in firsts[1:]) > 0.4 * len(firsts):
        return False  # lines that go on: columns of running text
    if columns == 2:
        if all(_LABEL.fullmatch(text) for text in firsts):
            return False  # a list whose labels stand apart from its text
        if all(_PAGE.fullmatch(text) for text in lasts):
            return False  # a table of contents
        return statistics.median(len(text) for text in firsts) < RUNNING_TEXT
    return statistics.median(len(piece.text) for row in full for piece in row) < RUNNING_TEXT


def _table(run: list[tuple[Row, list[int]]]) -> Table:
    columns = 1 + max(place for _, places in run for place in places)
    pieces = [piece for row, _ in run for piece in row]
    return Table(
        box=(
            min(piece.x0 for piece in pieces),
            min(piece.top for piece in pieces),
            max(piece.x1 for piece in pieces),
            max(piece.bottom for piece in pieces),
        ),
        rows=[_cells(group, columns) for group in _groups(run)],
        edges=tuple(
            min(
                piece.x0
                for row, places in run
                for piece, place in zip(row, places, strict=True)
                if place == column
            )
            for column in range(columns)
        ),
        lines=pieces,
        ruled=False,
    )


def _groups(
    run: list[tuple[Row, list[int]]],
) -> Iterator[list[tuple[Row, list[int]]]]:
    """Put the lines together that are one row: wrapped lines stand closer than rows do."""
    gaps = [below[0][0].baseline - above[0][0].baseline for above, below in pairwise(run)]
    least = min(gaps, default=0.0)
    rows_stand_apart = sum(gap > 1.25 * least for gap in gaps) >= 2
    group = [run[0]]
    for gap, line in zip(gaps, run[1:], strict=True):
        wrapped = rows_stand_apart and gap <= min(1.15 * least, 1.3 * line[0][0].size)
        if wrapped or 0 not in line[1]:
            group.append(line)
        else:
            yield group
            group = [line]
    yield group


def _cells(group: list[tuple[Row, list[int]]], columns: int) -> list[GridCell]:
    cells: list[list[Line]] = [[] for _ in range(columns)]
    for row, places in group:
        for piece, place in zip(row, places, strict=True):
            cells[place].append(piece)
    return [
        GridCell(
            joined([piece.text for piece in pieces]),
            strong=bool(pieces) and all(piece.bold for piece in pieces),
        )
        for pieces in cells
    ]
