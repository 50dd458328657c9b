"""Plans and the register as a workbook in which no cell can be a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.content import PlanPage
from assistant.planning.register import COLUMNS, HEADERS, RegisterEntry

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST = 32_000
_HEAD = PatternFill("solid", fgColor="E9EDF1")


def register_workbook(entries: Sequence[RegisterEntry]) -> bytes:
    """Write the register, a line an entry."""
    book = Workbook()
    sheet = _first(book, "Register")
    _table(sheet, HEADERS, ([getattr(one, name) for name in COLUMNS] for one in entries))
    return _saved(book)


def plans_workbook(pages: Sequence[PlanPage], entries: Sequence[RegisterEntry]) -> bytes:
    """Write plans: the register, a sheet of fields and a sheet of actions."""
    book = Workbook()
    sheet = _first(book, "Register")
    _table(sheet, HEADERS, ([getattr(one, name) for name in COLUMNS] for one in entries))
    fields = book.create_sheet("Plans")
    _table(
        fields,
        ("plan", "field", "text"),
        (
            [page.id, name, text]
            for page in pages
            for name, text in (
                *page.facts,
                ("Finding as raised", page.finding),
                *(pair for part in page.parts for pair in part.fields),
                ("Content SHA-256", page.content_hash),
            )
        ),
    )
    actions = book.create_sheet("Actions")
    _table(
        actions,
        ("plan", "action", "what", "cause", "owner", "due", "done_when", "resources", "status"),
        (
            [
                page.id,
                one.id,
                one.what,
                one.cause,
                one.owner,
                one.due,
                one.done_when,
                one.resources,
                one.status,
            ]
            for page in pages
            for one in page.actions
        ),
    )
    return _saved(book)


def _first(book: Workbook, title: str) -> Worksheet:
    """Begin with one sheet of this name."""
    for sheet in list(book.worksheets):
        book.remove(sheet)
    made: Worksheet = book.create_sheet(title)
    return made


def _table(sheet: Worksheet, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    widths = [len(name) + 2 for name in headers]
    for column, name in enumerate(headers, 1):
        head = sheet.cell(1, column, name)
        head.font, head.fill = Font(bold=True), _HEAD
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value=plain_cell(value))
            if isinstance(cell.value, str):
                cell.data_type = "s"  # whatever it begins with: text, never a formula
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            longest = max((len(line) for line in str(value or "").split("\n")), default=0)
            widths[column - 1] = max(widths[column - 1], min(longest + 2, 60))
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def plain_cell(value: object) -> str | int | float | date | None:
    """Give a value that a sheet shows and never runs."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | date):
        return value
    return _CONTROL.sub("", str(value))[:_LONGEST]


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
