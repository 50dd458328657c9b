"""The columns in which a statement leaves the house, and how they are known again when it returns.

A sheet whose header begins with these columns in this order was exported here; it is then read by
them alone and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.passages import Cell, Sheet
from knowledge.soa.model import (
    Answers,
    Applicability,
    Field,
    Implementation,
    Reason,
    SoaRow,
)
from knowledge.soa.values import cell_text

NO_HEADER = "(no header)"
"""Stands above a kept column that had no header."""
_HEADER_REACH = 30
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export. An optional one is left out where no row fills it."""

    header: str
    field: Field
    width: int
    optional: bool = False
    reason: Reason | None = None


COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn("Control ID", Field.CONTROL_ID, 11),
    ExportColumn("Control title", Field.TITLE, 32),
    ExportColumn("Theme", Field.THEME, 15, optional=True),
    ExportColumn("Applicable", Field.APPLICABLE, 11),
    ExportColumn("Reason for inclusion", Field.JUSTIFICATION_INCLUSION, 40),
    ExportColumn("Reason for exclusion", Field.JUSTIFICATION_EXCLUSION, 32),
    ExportColumn("Chosen by law", Field.REASON_LEGAL, 9, True, Reason.LEGAL),
    ExportColumn("Chosen by contract", Field.REASON_CONTRACT, 9, True, Reason.CONTRACT),
    ExportColumn("Chosen by business need", Field.REASON_BUSINESS, 9, True, Reason.BUSINESS),
    ExportColumn("Chosen by risk assessment", Field.REASON_RISK, 11, True, Reason.RISK),
    ExportColumn("Risks treated", Field.RISK_REFS, 12),
    ExportColumn("Obligations", Field.OBLIGATION_REFS, 18, optional=True),
    ExportColumn("Implementation status", Field.IMPLEMENTATION_STATUS, 15),
    ExportColumn("How it is implemented", Field.IMPLEMENTATION_NOTE, 40),
    ExportColumn("Policies and procedures", Field.POLICY_REFS, 20),
    ExportColumn("Evidence", Field.EVIDENCE_REFS, 30),
    ExportColumn("Owner", Field.OWNER, 20),
    ExportColumn("Target date", Field.TARGET_DATE, 12),
    ExportColumn("Last review", Field.LAST_REVIEW, 12),
    ExportColumn("Next review", Field.NEXT_REVIEW, 12),
    ExportColumn("Maturity (0 to 5)", Field.MATURITY, 10, optional=True),
    ExportColumn("Controls of 2013", Field.OLD_2013_IDS, 14, optional=True),
)
APPLICABLE_WORDS: dict[Applicability, str] = {
    Applicability.YES: "Yes",
    Applicability.NO: "No",
    Applicability.UNDECIDED: "TBD",
}
STATUS_WORDS: dict[Implementation, str] = {
    Implementation.IMPLEMENTED: "Implemented",
    Implementation.PARTIAL: "Partially implemented",
    Implementation.PLANNED: "Planned",
    Implementation.NOT_IMPLEMENTED: "Not implemented",
    Implementation.NOT_APPLICABLE: "Not applicable",
}


def columns_for(rows: Sequence[SoaRow]) -> tuple[ExportColumn, ...]:
    """Give the columns that an export of these rows has."""
    return tuple(
        column
        for column in COLUMNS
        if not column.optional or any(text_of(row, column) for row in rows)
    )


def extras_for(rows: Sequence[SoaRow]) -> tuple[tuple[str, int], ...]:
    """Give the kept columns as (header, occurrence), in the order in which they are met."""
    found: dict[tuple[str, int], None] = {}
    for row in rows:
        found.update(dict.fromkeys(key for key, _ in extras_of(row)))
    return tuple(found)


def extras_of(row: SoaRow) -> list[tuple[tuple[str, int], str]]:
    """Give a row's kept cells as ((header, occurrence), text)."""
    seen: dict[str, int] = {}
    found = []
    for header, text in row.extras:
        name = header or NO_HEADER
        seen[name] = seen.get(name, 0) + 1
        found.append(((name, seen[name]), text))
    return found


def text_of(row: SoaRow, column: ExportColumn) -> str:
    """Give what a cell of an export says; dates as YYYY-MM-DD, lists a line each."""
    if column.reason is not None:
        return "X" if column.reason in row.reasons else ""
    if column.field is Field.APPLICABLE:
        return APPLICABLE_WORDS[row.applicable]
    if column.field is Field.IMPLEMENTATION_STATUS:
        status = row.implementation_status
        return STATUS_WORDS[status] if status else ""
    value = getattr(row, column.field.value)
    if value is None:
        return ""
    if isinstance(value, tuple):
        return (", " if column.field is Field.OLD_2013_IDS else "\n").join(value)
    return str(value)


def with_cells(row: SoaRow) -> SoaRow:
    """Give the row with the cells that an export of it shows, for quoting what nobody typed."""
    cells = [(column.header, text_of(row, column)) for column in columns_for([row])]
    cells += [(header, text) for (header, _), text in extras_of(row)]
    return replace(row, cells=tuple(cells))


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet program would run as a formula."""
    return f"'{text}" if _may_run(text) else text


def unguarded(text: str) -> str:
    """Take the apostrophe away again that `guarded` has put there."""
    return text[1:] if text.startswith("'") and _may_run(text[1:]) else text


def starts_a_formula(text: str) -> bool:
    """Tell whether a text begins as a formula does."""
    return text.startswith(_STARTS_A_FORMULA)


def _may_run(text: str) -> bool:
    return starts_a_formula(text.lstrip("'"))


def own_exports(sheets: Sequence[Sheet], answers: Answers) -> tuple[tuple[Sheet, ...], Answers]:
    """Read sheets that were exported here by their own columns; a person's answers come first."""
    changed: list[Sheet] = []
    columns: dict[tuple[str, int], Field | None] = {}
    for sheet in sheets:
        fields = _signature(sheet)
        if fields is None:
            changed.append(sheet)
            continue
        width = max(len(row) for row in sheet.rows)
        columns |= {
            (sheet.name, at): fields[at] if at < len(fields) else None for at in range(width)
        }
        changed.append(replace(sheet, rows=tuple(tuple(map(_unguarded, r)) for r in sheet.rows)))
    if not columns:
        return tuple(sheets), answers
    return tuple(changed), replace(answers, columns={**columns, **answers.columns})


def _unguarded(cell: Cell) -> Cell:
    if isinstance(cell.value, str) and cell.value.startswith("'"):
        return replace(cell, value=unguarded(cell.value))
    return cell


def _signature(sheet: Sheet) -> tuple[Field, ...] | None:
    """Give the fields of a sheet's first columns if its header is one of an export, else None."""
    for row in sheet.rows[:_HEADER_REACH]:
        texts = [cell_text(cell) for cell in row]
        if texts and texts[0] == COLUMNS[0].header:
            fields: list[Field] = []
            for column in COLUMNS:
                if len(fields) < len(texts) and texts[len(fields)] == column.header:
                    fields.append(column.field)
                elif not column.optional:
                    break
            else:
                return tuple(fields)
    return None
