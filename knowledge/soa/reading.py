"""A workbook's sheets → a Statement of Applicability, or the questions that stand in its way.

Nothing is guessed silently: what follows from the sheet is taken and noted, what does not is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from knowledge.controls import register
from knowledge.passages import Sheet
from knowledge.soa.columns import own_exports
from knowledge.soa.cover import cover_rows, read_header
from knowledge.soa.identifiers import OTHER_TITLE, SAME_TITLE, best_title, place_of, title_likeness
from knowledge.soa.legend import read_legend
from knowledge.soa.mapping import Table, find_table
from knowledge.soa.model import Answers, Edition, Question, SoaReading, SoaRow
from knowledge.soa.rows import TableReading, at
from knowledge.soa.tables import mostly_2013, soa_tables, without_rivals

_RUN_GAP = 6
"""Rows of a shifted column whose neighbours' titles are alike may lie between two that differ."""


def looks_like_soa(sheets: Sequence[Sheet]) -> bool:
    """Tell by shape whether the sheets hold a Statement of Applicability."""
    return bool(soa_tables(sheets, Answers()))


def read_soa(sheets: Sequence[Sheet], answers: Answers | None = None) -> SoaReading:
    """Read the SoA out of a workbook's sheets, with a person's answers if there are any."""
    sheets, answers = own_exports(sheets, answers or Answers())
    tables = soa_tables(sheets, answers)
    if not tables:
        return SoaReading(questions=(_no_table(sheets),))
    tables, which_sheet, notes = without_rivals(tables)
    edition_2013 = mostly_2013(tables)
    legend = read_legend(sheets, tables)
    readings = [TableReading(table, answers, legend, edition_2013) for table in tables]
    for each in readings:
        each.read()
    rows = tuple(row for each in readings for row in each.rows)
    questions = [*which_sheet]
    questions += [q for table in tables for q in table.questions]
    questions += [q for each in readings for q in each.questions()]
    doubted = {place for q in questions if q.code == "id_not_settled" for place in q.rows}
    questions += _across(
        [row for row in rows if row.place not in doubted], edition_2013=edition_2013
    )
    notes += [note for each in readings for note in each.notes()]
    notes += _count_notes(rows)
    return SoaReading(
        mapping=tuple(column for table in tables for column in table.columns),
        header=read_header(_header_parts(sheets, tables, readings)),
        rows=rows,
        questions=tuple(questions),
        skipped=tuple(skip for each in readings for skip in each.skipped),
        notes=tuple(notes),
        edition=_edition(rows),
    )


def _no_table(sheets: Sequence[Sheet]) -> Question:
    names = ", ".join(f'"{sheet.name}"' for sheet in sheets) or "none"
    return Question(
        "no_table",
        "No sheet has a row for each control with a column that says whether it applies "
        f"(sheets: {names}). Which sheet is it, and which columns hold the id and the decision?",
        options=tuple(sheet.name for sheet in sheets),
    )


def _header_parts(
    sheets: Sequence[Sheet], tables: Sequence[Table], readings: Sequence[TableReading]
) -> list[tuple[Sheet, Sequence[int]]]:
    above: list[tuple[Sheet, Sequence[int]]] = [
        (table.sheet, range(min(table.header_rows, default=0))) for table in tables
    ]
    names = {table.sheet.name for table in tables}
    covers: list[tuple[Sheet, Sequence[int]]] = [
        (sheet, rows)
        for sheet, rows in cover_rows(sheets)
        if sheet.name not in names and find_table(sheet) is None
    ]
    below: list[tuple[Sheet, Sequence[int]]] = [
        (each.table.sheet, range(each.last + 1, len(each.table.sheet.rows))) for each in readings
    ]
    return above + covers + below


def _across(rows: Sequence[SoaRow], *, edition_2013: bool) -> list[Question]:
    return [*_duplicates(rows), *_mixed(rows, edition_2013=edition_2013), *_shifted(rows)]


def _duplicates(rows: Sequence[SoaRow]) -> list[Question]:
    by_id: dict[str, list[SoaRow]] = defaultdict(list)
    for row in rows:
        by_id[row.control_id].append(row)
    return [
        Question(
            "duplicate_id",
            f"{control_id} has {len(same)} rows: {', '.join(at(row.place) for row in same)}. "
            "Which one counts, or which id is mistyped?",
            tuple(row.place for row in same),
        )
        for control_id, same in by_id.items()
        if len(same) > 1
    ]


def _mixed(rows: Sequence[SoaRow], *, edition_2013: bool) -> list[Question]:
    minority = Edition.E2022 if edition_2013 else Edition.E2013
    main = Edition.E2013 if edition_2013 else Edition.E2022
    odd = [row for row in rows if row.edition is minority]
    if not odd or all(row.edition is not main for row in rows):
        return []
    ids = ", ".join(row.control_id for row in odd[:5]) + (", …" if len(odd) > 5 else "")
    return [
        Question(
            "mixed_editions",
            f"Most ids belong to the edition of {main.value}, {len(odd)} to that of "
            f"{minority.value} ({ids}). Which edition is this Statement of Applicability for?",
            tuple(row.place for row in odd),
        )
    ]


def _shifted(rows: Sequence[SoaRow]) -> list[Question]:
    """Ask about ids whose title is clearly another control's; a run of them is one question."""
    wrong: list[tuple[int, SoaRow, str]] = []
    for index, row in enumerate(rows):
        if row.edition is not Edition.E2022 or not row.title or row.control_id == "":
            continue
        other, likeness = best_title(row.title)
        own = title_likeness(row.title, row.control_id)
        clearly_other = likeness >= SAME_TITLE and (own < OTHER_TITLE or own + 3 < likeness == 100)
        if other and other != row.control_id and clearly_other:
            wrong.append((index, row, other))
    return [_disagreement(run) for run in _runs(wrong)]


def _runs(
    wrong: Sequence[tuple[int, SoaRow, str]],
) -> list[list[tuple[int, SoaRow, str]]]:
    runs: list[list[tuple[int, SoaRow, str]]] = []
    for each in wrong:
        if (
            runs
            and each[0] - runs[-1][-1][0] <= _RUN_GAP
            and _offset(each) == _offset(runs[-1][-1])
        ):
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _offset(each: tuple[int, SoaRow, str]) -> int:
    return (place_of(each[2]) or 0) - (place_of(each[1].control_id) or 0)


def _disagreement(run: Sequence[tuple[int, SoaRow, str]]) -> Question:
    _, first, other = run[0]
    places = tuple(row.place for _, row, _ in run)
    if len(run) < 3:
        named = "; ".join(
            f'{at(row.place)}: {row.control_id} has the title of {title} ("{row.title}")'
            for _, row, title in run
        )
        return Question("id_title_disagree", f"{named}. Is the id right or the title?", places)
    return Question(
        "id_title_disagree",
        f"From {at(first.place)} on, {len(run)} rows have the title of another control "
        f'({first.control_id} has that of {other}, "{first.title}"): a column seems shifted by '
        f"{abs(_offset(run[0]))}. Are the ids right or the titles?",
        places,
    )


def _edition(rows: Sequence[SoaRow]) -> Edition | None:
    editions = {row.edition for row in rows if row.edition is not None}
    return editions.pop() if len(editions) == 1 else None


def _count_notes(rows: Sequence[SoaRow]) -> list[str]:
    present = {row.control_id for row in rows if row.edition is Edition.E2022}
    missing = [control.id for control in register().controls if control.id not in present]
    if not present or not missing or len(missing) > 60:
        return []
    shown = ", ".join(missing[:10]) + (", …" if len(missing) > 10 else "")
    return [f"{len(missing)} of {len(register().controls)} controls have no row: {shown}."]
