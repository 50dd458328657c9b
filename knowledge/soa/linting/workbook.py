"""What the spreadsheet itself hides or breaks. S39."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.passages import Cell, Sheet
from knowledge.soa.linting.case import Case, listed, places
from knowledge.soa.linting.model import Confidence, Defect, defect
from knowledge.soa.mapping import Table, find_table
from knowledge.soa.model import Place, SoaRow
from knowledge.soa.values import cell_text

ERROR_VALUE = re.compile(
    r"#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|BEZUG!|WERT!|NV)"
)
FORMULA_LIKE = re.compile(
    r"^\s*(?:=\s*[\w@('\"+-]|@\s*[A-Za-z]+\s*\(|[+-]\s*(?:[A-Za-z]+\d+\b|[A-Za-z.]+\(|cmd\||\d+\s*[-+*/]))"
    r"|^\s*[=+@-].{0,40}\|'[^!]*'!",
    re.IGNORECASE,
)
_WHY_HIDDEN = "What is hidden is still handed out, and often out of date."


def workbook(case: Case) -> Iterator[Defect]:
    """Yield what a spreadsheet program would hide, break or execute."""
    for row in case.rows:
        yield from _cells(row)
    hidden = [row for row in case.rows if row.hidden]
    if hidden:
        yield defect(
            "S39",
            f"Hidden rows hold controls: {listed([row.control_id for row in hidden])}.",
            "Show the rows, or delete what no longer counts.",
            _WHY_HIDDEN,
            controls=tuple(row.control_id for row in hidden),
            rows=places(hidden),
        )
    used = {row.sheet for row in case.rows}
    for sheet in case.sheets:
        yield from _sheet(sheet, used)


def _cells(row: SoaRow) -> Iterator[Defect]:
    for header, text in row.cells:
        quote = f"{header}: {text}" if header else text
        broken = ERROR_VALUE.search(text)
        if broken and len(text) <= 2 * len(broken.group()):
            yield defect(
                "S39",
                f"{row.control_id}: the cell shows the formula error {broken.group()}.",
                "Mend the formula, or write the value.",
                "The value that stood there is lost.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quote,
            )
        elif FORMULA_LIKE.search(text):
            yield defect(
                "S39",
                f"{row.control_id}: a text that a spreadsheet program may run as a formula.",
                "Was it typed on purpose? Put an apostrophe before it, or reword it.",
                "Opened elsewhere, such a text can run commands or send data out.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quote,
                confidence=Confidence.LIKELY,
            )


def _sheet(sheet: Sheet, used: set[str]) -> Iterator[Defect]:
    if sheet.hidden:
        filled = sum(1 for cells in sheet.rows if any(cell.value is not None for cell in cells))
        if filled:
            yield defect(
                "S39",
                f"The sheet “{sheet.name}” is hidden and has {filled} rows.",
                "Show the sheet, or delete it.",
                _WHY_HIDDEN,
                quote=sheet.name,
            )
        return
    if sheet.name not in used:
        return
    table = find_table(sheet)
    if table is None:
        return
    yield from _merged(sheet, table)
    yield from _hidden_columns(sheet, table)


def _merged(sheet: Sheet, table: Table) -> Iterator[Defect]:
    """Find merged cells that leave a row without a value of its own; theme columns are meant so."""
    lost: list[Place] = []
    headers: list[str] = []
    for column, header in enumerate(table.headers):
        numbers = [
            number
            for number in range(table.first, len(sheet.rows))
            if _lost(_at(sheet, number, column)) and cell_text(_at(sheet, number, table.key))
        ]
        theme = any(c.column == column and c.field == "theme" for c in table.columns)
        if numbers and not theme and header:
            headers.append(header)
            lost += [Place(sheet.name, number + 1) for number in numbers]
    if lost:
        yield defect(
            "S39",
            f"Merged cells leave rows without a value of their own in “{listed(headers)}”.",
            "Unmerge them and fill in each row.",
            "Sorting, filtering and exporting lose what is merged.",
            rows=tuple(dict.fromkeys(lost)),
            quote=listed(headers),
        )


def _lost(cell: Cell) -> bool:
    return cell.merged and cell.value is None


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row]
    return cells[column] if column < len(cells) else Cell()


def _hidden_columns(sheet: Sheet, table: Table) -> Iterator[Defect]:
    hidden = [
        header
        for column, header in enumerate(table.headers)
        if header
        and all(_at(sheet, n, column).hidden for n in range(len(sheet.rows)))
        and not all(cell.hidden for cells in sheet.rows for cell in cells)
    ]
    if hidden:
        yield defect(
            "S39",
            f"Hidden columns: {listed(hidden)}.",
            "Show them, or delete them before the statement leaves the house.",
            _WHY_HIDDEN,
            quote=listed(hidden),
        )
