"""Read registers: XLSX workbooks and CSV files, as grids and as one block for each row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from knowledge import registers
from knowledge.parsing.cells import shown
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.facts import find_facts
from knowledge.parsing.limits import Limits
from knowledge.parsing.plain import decode
from knowledge.parsing.tables import GridCell, row_text, table_blocks
from knowledge.parsing.workbook import read_workbook
from knowledge.passages import Block, BlockKind, Cell, ParsedDocument, Sheet

_DELIMITERS = (",", ";", "\t", "|")
_FIELD_CHARACTERS = 1_000_000


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read a workbook or a CSV file. Raises `DocumentError` if it is too large or damaged."""
    suffix = PurePosixPath(source).suffix.casefold()
    if suffix in (".csv", ".tsv"):
        return _read_csv(data, source, limits, tabs=suffix == ".tsv")
    book = read_workbook(data, source, limits)
    notes = list(book.notes)
    blocks: list[Block] = []
    for sheet in book.sheets:
        if not sheet.hidden:
            blocks.extend(_sheet_blocks(sheet, first_table=len(blocks)))
    notes.extend(_hidden_notes(book.sheets))
    if len(blocks) > limits.blocks:
        raise DocumentError(source, "too_large", "has too many rows; split the workbook")
    facts = find_facts(
        source,
        blocks,
        metadata=book.properties,
        header_lines=book.header_lines,
        footer_lines=book.footer_lines,
    )
    return ParsedDocument(
        facts=facts, blocks=tuple(blocks), notes=tuple(notes), sheets=tuple(book.sheets)
    )


def _hidden_notes(sheets: Sequence[Sheet]) -> Iterator[str]:
    hidden = [sheet.name for sheet in sheets if sheet.hidden]
    if hidden:
        yield f"hidden sheets left out: {', '.join(hidden)}"
    for sheet in sheets:
        if sheet.hidden:
            continue
        rows = sum(bool(row) and all(cell.hidden for cell in row) for row in sheet.rows)
        columns = sum(all(row[i].hidden for row in sheet.rows) for i in range(_width(sheet)))
        if rows:
            yield f"{rows} hidden row{'s' if rows > 1 else ''} left out of {sheet.name}"
        if columns and rows < len(sheet.rows):
            yield f"{columns} hidden column{'s' if columns > 1 else ''} left out of {sheet.name}"


def _width(sheet: Sheet) -> int:
    return max((len(row) for row in sheet.rows), default=0)


def _read_csv(data: bytes, source: str, limits: Limits, *, tabs: bool) -> ParsedDocument:
    text = decode(data)
    delimiter = "\t" if tabs else None
    declared = re.match(r"sep=(.)\n", text)
    if declared:
        delimiter, text = declared.group(1), text[declared.end() :]
    delimiter = delimiter or _delimiter(text)
    rows: list[tuple[Cell, ...]] = []
    cells = 0
    csv.field_size_limit(_FIELD_CHARACTERS)
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            cells += len(record)
            if cells > limits.cells:
                raise DocumentError(
                    source, "too_large", f"has more than {limits.cells:,} cells; split the file"
                )
            rows.append(tuple(Cell(value.strip() or None) for value in record))
    except csv.Error as error:
        raise DocumentError(source, "corrupt", f"is not a readable CSV file: {error}") from error
    width = _table_width(rows)
    while rows and not any(cell.value for cell in rows[-1]):
        rows.pop()
    padded = tuple(row + (Cell(),) * (width - len(row)) for row in rows)
    name = PurePosixPath(source.replace("\\", "/")).stem
    sheet = Sheet(name, padded)
    blocks = tuple(_sheet_blocks(sheet, first_table=0))[1:]
    long = sum(len(row) > width for row in rows)
    notes = (f"{long} rows have more cells than the header",) if long else ()
    return ParsedDocument(
        facts=find_facts(source, blocks), blocks=blocks, notes=notes, sheets=(sheet,)
    )


def _table_width(rows: Sequence[Sequence[Cell]]) -> int:
    """Return the width that most rows have; longer rows are rows with an unquoted delimiter."""
    widths = [len(row) for row in rows if any(cell.value for cell in row)]
    return max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the lines into the same number of cells most often."""
    sample = text[:50_000].splitlines()[:60]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        if usual < 2:
            continue
        score = widths.count(usual) / len(widths) + min(usual, 30) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best


# From a grid to blocks.


def _sheet_blocks(sheet: Sheet, *, first_table: int) -> Iterator[Block]:
    """Yield a heading for the sheet, its title lines, and one block for each row of its tables."""
    yield Block(BlockKind.HEADING, sheet.name, level=1, sheet=sheet.name)
    rows = [[("" if cell.hidden else shown(cell)) for cell in row] for row in sheet.rows]
    table_number = first_table
    while rows:
        table = registers.find_table(rows)
        if table is None or not _is_record_table(table):
            yield from _notes_of(rows, table_number)
            return
        yield from _title_lines(rows[: table.header_row], sheet.name)
        end = _table_end(rows, table)
        yield from _rows_of(rows[table.first_row : end], table, sheet.name, table_number)
        table_number += 1
        rows = rows[end:]


def _is_record_table(table: registers.Table) -> bool:
    named = [name for name in table.header if name]
    return (
        table.key_column is not None
        or len(named) >= 3
        or (len(named) == 2 and any(registers.role_of(name) for name in named))
    )


def _table_end(rows: Sequence[Sequence[str]], table: registers.Table) -> int:
    """Return where the next table of the sheet begins: after a gap, with a header of its own."""
    gap = False
    for index in range(table.first_row, len(rows)):
        filled = any(cell for cell in rows[index])
        if filled and gap and registers.starts_table(rows, index):
            return index
        gap = not filled
    return len(rows)


def _title_lines(rows: Sequence[Sequence[str]], sheet: str) -> Iterator[Block]:
    for row in rows:
        cells = [cell for cell in row if cell]
        if not cells:
            continue
        pair = len(cells) == 2 and len(cells[0]) <= 40
        text = f"{cells[0].rstrip(':')}: {cells[1]}" if pair else " | ".join(cells)
        yield Block(BlockKind.PARAGRAPH, text, sheet=sheet)


def _rows_of(
    rows: Sequence[Sequence[str]], table: registers.Table, sheet: str, number: int
) -> Iterator[Block]:
    for row in rows:
        if not any(row) or registers.is_header_again(row, table.header):
            continue
        if registers.is_theme(row, table.header):
            yield _theme(row, sheet)
            continue
        cells, header = _trimmed(row, table.header)
        key = None
        if not registers.is_total(row):
            key = registers.record(table.header, row, table.key_column).key
        yield Block(
            BlockKind.TABLE_ROW,
            row_text(header, cells),
            table=number,
            header=header,
            cells=cells,
            row=key,
            sheet=sheet,
        )


def _theme(row: Sequence[str], sheet: str) -> Block:
    text = next(cell for cell in row if cell)
    if len(text) <= 120:
        return Block(BlockKind.HEADING, " ".join(text.split()), level=2, sheet=sheet)
    return Block(BlockKind.PARAGRAPH, text, sheet=sheet)


def _trimmed(row: Sequence[str], header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Drop the columns that have neither a header nor a cell in this row."""
    width = max(len(row), len(header))
    names = [header[i] if i < len(header) else "" for i in range(width)]
    values = [row[i] if i < len(row) else "" for i in range(width)]
    kept = [i for i in range(width) if names[i] or values[i]]
    return tuple(values[i] for i in kept), tuple(names[i] for i in kept)


def _notes_of(rows: Sequence[Sequence[str]], table: int) -> Iterator[Block]:
    """Yield the blocks of a sheet without records: a cover page, keys and values, or notes."""
    filled = [[cell for cell in row if cell] for row in rows]
    pairs = [row for row in filled if len(row) == 2]
    if len(pairs) >= 2:
        grid = [[GridCell(cell) for cell in row] for row in pairs]
        found = table_blocks(grid, table=table)
        if found and all(not block.header for block in found):
            by_row = iter(replace(block, sheet=None) for block in found)
            for row in filled:
                if len(row) == 2:
                    block = next(by_row, None)
                    if block is not None:
                        yield block
                elif row:
                    yield Block(BlockKind.PARAGRAPH, " | ".join(row))
            return
    for row in filled:
        if len(row) == 2 and len(row[0]) <= 40:
            yield Block(BlockKind.PARAGRAPH, f"{row[0].rstrip(':')}: {row[1]}")
        elif row:
            yield Block(BlockKind.PARAGRAPH, " | ".join(row))
