"""Which of a workbook's sheets hold the Statement of Applicability, told by their shape."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.passages import Cell, Sheet
from knowledge.soa import values
from knowledge.soa.cover import names_soa
from knowledge.soa.headers import header_key
from knowledge.soa.identifiers import SAME_TITLE, best_title, own_id, written_id
from knowledge.soa.mapping import Table, find_table
from knowledge.soa.model import Answers, Field, Question, Reason

_ENOUGH = 30
"""Different controls that make a table an SoA by itself."""
_ENOUGH_IF_NAMED = 5
"""Different controls that suffice if the workbook calls itself an SoA."""
_NEARLY_ALL = 80
"""Different controls that, each with a decision, leave no doubt."""
_FOREIGN = re.compile(
    r"\b(likelihood|impact|threat|vulnerabilit\w*|asset|treatment|finding|question|auditor|audit"
    r"|check|checklist|test|non ?conformit\w*|corrective|correction|root cause|action"
    r"|recommendation"
    r"|gap|severity|incident|priority|budget|interviewee|frage|feststellung|abweichung|bedrohung"
    r"|eintrittswahrscheinlichkeit|schaden\w*|massnahmenplan)\b"
)
REASON_COLUMNS = {
    Field.REASON_LEGAL: Reason.LEGAL,
    Field.REASON_CONTRACT: Reason.CONTRACT,
    Field.REASON_BUSINESS: Reason.BUSINESS,
    Field.REASON_RISK: Reason.RISK,
}


@dataclass(frozen=True, slots=True)
class _Shape:
    table: Table
    controls: frozenset[str]
    named: bool


def soa_tables(sheets: Sequence[Sheet], answers: Answers) -> list[Table]:
    """Return the tables that make up the SoA, in the order of the sheets, or none."""
    shapes: list[_Shape] = []
    chosen: dict[str, dict[int, Field | None]] = defaultdict(dict)
    for (name, column), wanted in answers.columns.items():
        chosen[name][column] = wanted
    workbook_named = any(_sheet_named(sheet) for sheet in sheets)
    for sheet in sheets:
        if answers.sheets is not None and sheet.name not in answers.sheets:
            continue
        table = find_table(sheet, chosen.get(sheet.name))
        if table is None:
            continue
        shape = _shape(table, workbook_named)
        if answers.sheets is not None or _is_soa(shape):
            shapes.append(shape)
    if answers.sheets is None and any(shape.table.decides for shape in shapes):
        shapes = [shape for shape in shapes if shape.table.decides]
    controls = frozenset().union(*(shape.controls for shape in shapes))
    enough = _ENOUGH_IF_NAMED if workbook_named or answers.sheets else _ENOUGH
    return [shape.table for shape in shapes] if len(controls) >= enough else []


def _sheet_named(sheet: Sheet) -> bool:
    """Tell whether a sheet calls itself an SoA, in its name or in a title cell."""
    if names_soa(sheet.name):
        return True
    texts = (values.cell_text(cell) for row in sheet.rows[:8] for cell in row)
    return any(names_soa(text) and len(text) <= 160 for text in texts)


def _shape(table: Table, named: bool) -> _Shape:
    ids: list[str] = []
    for number in range(table.first, len(table.sheet.rows)):
        found = _named_control(table, number)
        if found:
            ids.append(found)
    return _Shape(table, frozenset(ids), named)


def _named_control(table: Table, number: int) -> str | None:
    row = table.sheet.rows[number]
    cell = row[table.key] if table.key < len(row) else Cell()
    if table.by_title:
        text = values.cell_text(cell)
        found, likeness = best_title(text) if text else (None, 0.0)
        return found if likeness >= SAME_TITLE else None
    written = written_id(cell)
    if len(written.candidates) > 1:
        return f"{written.candidates[0]}@{number}"
    return next(iter((*written.candidates, *written.old)), None)


def _is_soa(shape: _Shape) -> bool:
    """Tell whether a table has the shape: one row a control, and a decision on each."""
    table = shape.table
    if not table.header_rows or len(shape.controls) < 3 or not _is_key(shape):
        return False
    reasoned = table.has(
        Field.JUSTIFICATION,
        Field.JUSTIFICATION_INCLUSION,
        Field.JUSTIFICATION_EXCLUSION,
        *REASON_COLUMNS,
    )
    status = _has_content(table, Field.IMPLEMENTATION_STATUS)
    if not shape.named and _is_foreign(table, reasoned=reasoned):
        return False
    if table.decides:
        return reasoned or status or shape.named or len(shape.controls) >= _NEARLY_ALL
    if shape.named:
        return (status or reasoned) and not _has_other_key(table)
    return reasoned and (status or table.may_decide) and not _has_other_key(table)


def _is_key(shape: _Shape) -> bool:
    """Tell whether the controls are what the rows are about: each once, in most rows."""
    table = shape.table
    named = filled = 0
    for number in range(table.first, len(table.sheet.rows)):
        texts = [text for cell in table.sheet.rows[number] if (text := values.cell_text(cell))]
        found = _named_control(table, number)
        named += found is not None
        filled += len(texts) >= 3 and (found is not None or not _key_is_own(table, number))
        if found and not table.by_title and _several_ids(table, number):
            named -= 1
    return named > 0 and len(shape.controls) >= 0.7 * named and named >= 0.6 * filled


def _key_is_own(table: Table, number: int) -> bool:
    row = table.sheet.rows[number]
    return bool(own_id(values.cell_text(row[table.key]))) if table.key < len(row) else False


def _several_ids(table: Table, number: int) -> bool:
    """Tell whether an id cell names several controls of one edition, as a mention does."""
    text = values.cell_text(table.sheet.rows[number][table.key])
    found = re.findall(r"(?<![\d.])\d{1,2}\.\d{1,2}(?![\d.])", text)
    return len(set(found)) > 1


def _has_content(table: Table, wanted: Field) -> bool:
    return any(
        values.cell_text(row[column])
        for column in table.columns_of(wanted)
        for row in table.sheet.rows[table.first :]
        if column < len(row)
    ) or any(
        row[column].fill
        for column in table.columns_of(wanted)
        for row in table.sheet.rows[table.first :]
        if column < len(row)
    )


def _is_foreign(table: Table, *, reasoned: bool) -> bool:
    found = {
        match[0] for header in table.headers for match in _FOREIGN.finditer(header_key(header))
    }
    return len(found) >= (3 if reasoned else 2) or (
        bool(found) and not reasoned and not table.decides
    )


def _has_other_key(table: Table) -> bool:
    """Tell whether a column left of the controls names the rows: R-001, RTP-7, CAR-2026-004."""
    for column in range(table.key):
        texts = [
            text
            for row in table.sheet.rows[table.first :]
            if column < len(row) and (text := values.cell_text(row[column]))
        ]
        named = [text for text in texts if re.fullmatch(r"[A-Za-z]{1,8}[-_ .]?\d[\w\-.]*", text)]
        if len(texts) >= 3 and len(named) >= 0.8 * len(texts) and len(set(texts)) == len(texts):
            return True
    return False


def without_rivals(
    tables: list[Table],
) -> tuple[list[Table], list[Question], list[str]]:
    """Keep one of the sheets that list the same controls; ask which, unless one is hidden."""
    kept: list[Table] = []
    questions: list[Question] = []
    notes: list[str] = []
    for table in sorted(tables, key=lambda t: t.sheet.hidden):
        controls = _plain_controls(table)
        rival = next((k for k in kept if _overlap(controls, _plain_controls(k)) > 0.5), None)
        if rival is None:
            kept.append(table)
        elif table.sheet.hidden and not rival.sheet.hidden:
            notes.append(f'The hidden sheet "{table.sheet.name}" lists the same controls and was '
                         "left out.")  # fmt: skip
        else:
            names = (rival.sheet.name, table.sheet.name)
            questions.append(
                Question(
                    "two_sheets",
                    f'The sheets "{names[0]}" and "{names[1]}" list the same controls. '
                    "Which is the Statement of Applicability?",
                    options=names,
                )
            )
    order = [table.sheet.name for table in tables]
    kept.sort(key=lambda t: order.index(t.sheet.name))
    notes += [
        f'The sheet "{table.sheet.name}" is hidden and was read.'
        for table in kept
        if table.sheet.hidden
    ]
    return kept, questions, notes


def _plain_controls(table: Table) -> frozenset[str]:
    return frozenset(
        found.split("@")[0]
        for number in range(table.first, len(table.sheet.rows))
        if (found := _named_control(table, number))
    )


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def mostly_2013(tables: Iterable[Table]) -> bool:
    """Tell whether most ids belong to the edition of 2013."""
    counts: Counter[bool] = Counter()
    for table in tables:
        for found in _plain_controls(table):
            counts[found.count(".") == 3] += 1
    return counts[True] > counts[False]
