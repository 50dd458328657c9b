"""A statement as a file that people can work in: XLSX, CSV or JSON. What is exported reads back equal.

No text can run as a formula: in a workbook every text is stored as text and marked so, in CSV an
apostrophe stands before what would start one.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import TypeAdapter

from knowledge.soa.columns import (
    APPLICABLE_WORDS,
    STATUS_WORDS,
    ExportColumn,
    columns_for,
    extras_for,
    extras_of,
    guarded,
    text_of,
    unguarded,
)
from knowledge.soa.differing import TITLE
from knowledge.soa.model import Edition, Field, Soa, SoaHeader, SoaRow, row_data, row_from_data

_FORM = 1
_HEADER = TypeAdapter(SoaHeader)
_DAYS = frozenset({Field.TARGET_DATE, Field.LAST_REVIEW, Field.NEXT_REVIEW})
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ud800-\udfff]|[\ufffe\uffff]")
_MOST = 32_000
"""Characters that fit a cell, with room for marks."""
_INK, _PAPER = "1F3A5F", "FFFFFF"
_LINE = Side(style="thin", color="C9D1DA")
_KEPT_WIDTH = 24
_LABELS: tuple[tuple[str, str], ...] = (
    ("Organisation", "organisation"),
    ("Scope", "scope"),
    ("Document ID", "identifier"),
    ("Version", "version"),
    ("Date", "date"),
    ("Approved on", "approved"),
    ("Approved by", "approver"),
    ("Author", "author"),
    ("Standard", "edition"),
    ("Classification", "classification"),
    ("Next review", "next_review"),
)


def to_xlsx(soa: Soa) -> bytes:
    """Give the statement as a workbook: filters, a frozen header, lists to choose from, print set-up."""
    book = Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet)  # noqa: S101  a new workbook has one
    cover.title = "Statement"
    _write_header(cover, soa.header)
    sheet = book.create_sheet("SoA")
    top = 1  # a header in the first row can be frozen without the facts above it
    columns, kept = columns_for(soa.rows), extras_for(soa.rows)
    width = len(columns) + len(kept)
    _write_names(sheet, top, columns, [name for name, _ in kept])
    for number, row in enumerate(soa.rows, top + 1):
        _write_row(sheet, number, row, columns, kept)
    last = top + max(len(soa.rows), 1)
    sheet.freeze_panes = f"C{top + 1}"
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(width)}{last}"
    _validate(sheet, columns, top + 1, last)
    _colour(sheet, columns, top + 1, last)
    _set_up_page(sheet, top, soa.header)
    book.properties.title = soa.header.title or TITLE
    book.properties.creator = soa.header.organisation or "Annexa"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_csv(soa: Soa) -> str:
    """Give the rows as CSV with a header; the statement's own header has no place in it."""
    columns, kept = columns_for(soa.rows), extras_for(soa.rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*(c.header for c in columns), *(guarded(name) for name, _ in kept)])
    for row in soa.rows:
        extras = dict(extras_of(row))
        texts = [text_of(row, column) for column in columns] + [extras.get(k, "") for k in kept]
        writer.writerow([guarded(_plain(text)) for text in texts])
    return out.getvalue()


def to_data(soa: Soa) -> dict[str, Any]:
    """Give the whole statement as plain data; `from_data` gives the same statement back."""
    return {
        "form": _FORM,
        "source": soa.source,
        "version": soa.version,
        "header": _HEADER.dump_python(soa.header, mode="json"),
        "rows": [row_data(row) for row in soa.rows],
    }


def from_data(data: dict[str, Any]) -> Soa:
    """Give the statement that `to_data` wrote down. Raises ValueError for another form."""
    if data.get("form") != _FORM:
        raise ValueError(f"this statement is in form {data.get('form')!r}, not {_FORM}")
    return Soa(
        header=_HEADER.validate_python(data["header"]),
        rows=tuple(row_from_data(row) for row in data["rows"]),
        source=data["source"],
        version=data["version"],
    )


def to_json(soa: Soa) -> str:
    """Give the statement as JSON text."""
    return json.dumps(to_data(soa), ensure_ascii=False, indent=2) + "\n"


def _plain(text: str) -> str:
    return _ILLEGAL.sub("", text)[:_MOST]


def _write_text(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    """Write a text that stays a text: never a formula, a number or a date."""
    cell = sheet.cell(row, column)
    # A text that itself starts with an apostrophe gets a second one, which reading takes away.
    plain = _plain(text)
    cell.value = f"'{plain}" if unguarded(plain) != plain else plain
    cell.data_type = "s"
    cell.quotePrefix = plain != "" and not plain[0].isalnum()
    cell.number_format = "@"
    return cell


def _write_header(sheet: Worksheet, header: SoaHeader) -> None:
    """Write what the statement says of itself on a sheet of its own."""
    title = _write_text(sheet, 1, 1, header.title or TITLE)
    title.font = Font(bold=True, size=16, color=_INK)
    number = 2
    for label, name in _LABELS:
        value = getattr(header, name)
        if value is None:
            continue
        _write_text(sheet, number, 1, label).font = Font(bold=True, color=_INK)
        if isinstance(value, date):
            cell = sheet.cell(number, 2, value)
            cell.number_format = "yyyy-mm-dd"
            cell.alignment = Alignment(horizontal="left")
        elif isinstance(value, Edition):
            _write_text(sheet, number, 2, f"ISO/IEC 27001:{value.value}")
        else:
            cell = _write_text(sheet, number, 2, str(value))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        number += 1
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["B"].width = 90


def _write_names(
    sheet: Worksheet, top: int, columns: Sequence[ExportColumn], kept: Sequence[str]
) -> None:
    widths = [column.width for column in columns] + [_KEPT_WIDTH] * len(kept)
    names = [column.header for column in columns] + list(kept)
    for at, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = _write_text(sheet, top, at, name)
        cell.font = Font(bold=True, color=_PAPER)
        cell.fill = PatternFill("solid", fgColor=_INK)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.row_dimensions[top].height = 32


def _write_row(
    sheet: Worksheet,
    number: int,
    row: SoaRow,
    columns: Sequence[ExportColumn],
    kept: Sequence[tuple[str, int]],
) -> None:
    extras = dict(extras_of(row))
    for at, column in enumerate(columns, 1):
        value = getattr(row, column.field.value, None)
        cell: Any
        if column.field in _DAYS and isinstance(value, date):
            cell = sheet.cell(number, at, value)
            cell.number_format = "yyyy-mm-dd"
        elif column.field is Field.MATURITY and isinstance(value, int):
            cell = sheet.cell(number, at, value)
        elif text := text_of(row, column):
            cell = _write_text(sheet, number, at, text)
        else:
            cell = sheet.cell(number, at)
        _dress(cell)
    for at, key in enumerate(kept, len(columns) + 1):
        text = extras.get(key, "")
        _dress(_write_text(sheet, number, at, text) if text else sheet.cell(number, at))


def _dress(cell: Any) -> None:
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.border = Border(bottom=_LINE)


def _validate(sheet: Worksheet, columns: Sequence[ExportColumn], first: int, last: int) -> None:
    lists = {
        Field.APPLICABLE: list(APPLICABLE_WORDS.values()),
        Field.IMPLEMENTATION_STATUS: list(STATUS_WORDS.values()),
    }
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        rule = None
        if column.field in lists:
            words = ",".join(lists[column.field])
            rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
            rule.error = f"Choose one of: {words.replace(',', ', ')}."
        elif column.field in _DAYS:
            rule = DataValidation(type="date", operator="greaterThan", formula1="36526",
                                  allow_blank=True)  # fmt: skip
            rule.error = "Enter a day, such as 2026-03-31."
        elif column.field is Field.MATURITY:
            rule = DataValidation(type="whole", operator="between", formula1="0", formula2="5",
                                  allow_blank=True)  # fmt: skip
            rule.error = "Enter a whole number from 0 to 5."
        if rule is not None:
            rule.errorTitle = column.header
            sheet.add_data_validation(rule)
            rule.add(f"{letter}{first}:{letter}{last}")


def _colour(sheet: Worksheet, columns: Sequence[ExportColumn], first: int, last: int) -> None:
    """Tint what is not in place by rule, so that the tint follows the word and no cell has it."""
    tints = {
        Field.IMPLEMENTATION_STATUS: (
            ("Partially implemented", "FFF1CC"),
            ("Planned", "FFE3D0"),
            ("Not implemented", "F8D3D3"),
        ),
        Field.APPLICABLE: (("No", "E6E9ED"), ("TBD", "F8D3D3")),
    }
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        for word, tint in tints.get(column.field, ()):
            fill = PatternFill("solid", bgColor=tint)
            formula = f'${letter}{first}="{word}"'
            rule = FormulaRule(formula=[formula], fill=fill)  # type: ignore[no-untyped-call]
            sheet.conditional_formatting.add(f"{letter}{first}:{letter}{last}", rule)


def _set_up_page(sheet: Worksheet, top: int, header: SoaHeader) -> None:
    page: Any = sheet  # its parts exist in every sheet made here, which their types do not say
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.left.text = _footer(header)
    page.oddFooter.right.text = "&P / &N"
    if header.classification:
        page.oddFooter.center.text = header.classification.replace("&", "&&")
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6


def _footer(header: SoaHeader) -> str:
    named = " ".join(filter(None, (TITLE, header.version and f"version {header.version}")))
    return named.replace("&", "&&")
