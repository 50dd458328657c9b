"""Which column holds what: header rows found, headers looked up, contents checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from knowledge.passages import Cell, Sheet
from knowledge.soa import values
from knowledge.soa.headers import Proposal, header_key, is_synonym, not_ours, proposals
from knowledge.soa.identifiers import best_title, is_title, old_ids, place_of, written_id
from knowledge.soa.model import Applicability, ColumnMapping, Field, Question

_MOST_ROWS = 3000
"""A sheet with more filled rows is a register of another kind."""
_LOOKED_AT = 400
"""Rows of a sheet whose cells vote on what a column is."""
_HEADER_REACH = 12
"""Rows above the first control in which the header is looked for."""
_FEWEST_CONTROLS = 3
"""A sheet with fewer controls in one column is not looked at further."""
_MANY = frozenset(
    {
        Field.POLICY_REFS, Field.EVIDENCE_REFS, Field.RISK_REFS, Field.OBLIGATION_REFS,
        Field.OLD_2013_IDS, Field.REASON_LEGAL, Field.REASON_CONTRACT, Field.REASON_BUSINESS,
        Field.REASON_RISK, Field.IMPLEMENTATION_NOTE, Field.DESCRIPTION,
    }
)  # fmt: skip
"""Fields that several columns may fill together."""
_DECISIONS = frozenset({Field.APPLICABLE, Field.APPLICABLE_MARK, Field.EXCLUDED_MARK})
_YES_HEADERS = frozenset(
    map(values.fold_key, ("yes", "y", "ja", "oui", "sí", "applicable", "included", "anwendbar"))
)
_NO_HEADERS = frozenset(
    map(
        values.fold_key,
        ("no", "n", "nein", "non", "not applicable", "n/a", "excluded", "nicht anwendbar"),
    )
)


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column below the header, in the rows that name a control."""

    cells: tuple[Cell, ...]

    @property
    def texts(self) -> list[str]:
        """Return the texts that are there."""
        return [text for cell in self.cells if (text := values.cell_text(cell))]

    def share(self, fits: Callable[[Cell], bool]) -> float:
        """Return the share of the filled cells that fit; 0 if none is filled."""
        filled = [cell for cell in self.cells if values.cell_text(cell)]
        return sum(map(fits, filled)) / len(filled) if filled else 0.0


def _is_applicability(cell: Cell) -> bool:
    return values.applicability(values.cell_text(cell)).meaning is not None


def _is_only_mark(cell: Cell) -> bool:
    return values.is_mark(values.cell_text(cell))


def _decides(cell: Cell) -> bool:
    meaning = values.applicability(values.cell_text(cell)).meaning
    return meaning in (Applicability.YES, Applicability.NO)


def is_status(cell: Cell) -> bool:
    """Tell whether the cell reads as an implementation status or as one still open."""
    text = values.cell_text(cell)
    if values.status(cell).meaning is not None:
        return True
    return values.is_open(text) or values.fold_key(text) in values.COLOUR_WORDS


def _is_day(cell: Cell) -> bool:
    text = values.cell_text(cell)
    return (
        values.day(cell, day_first=True) is not None
        or values.is_open(text)
        or values.is_nothing(text)
        or bool(re.search(r"\b(q[1-4]|h[12]|20\d\d)\b", text.casefold()))
    )


def _has_fills(column: Column) -> bool:
    return sum(1 for cell in column.cells if cell.fill) > len(column.cells) / 2


def _fits_status(column: Column) -> bool:
    if column.share(is_status) >= 0.5:
        return True
    numbers = column.share(lambda cell: isinstance(cell.value, int | float))
    return not column.texts or numbers >= 0.5 or _has_fills(column)


def _fits_title(column: Column) -> bool:
    texts = column.texts
    if not texts:
        return True
    ids = column.share(lambda cell: written_id(cell).is_id and not written_id(cell).rest)
    worded = column.share(lambda cell: bool(re.search(r"[^\W\d_]{3}", values.cell_text(cell))))
    short = sum(len(text) for text in texts) / len(texts) < 160
    return ids < 0.5 and worded >= 0.5 and short and len(set(texts)) > len(texts) / 2


def _fits_theme(column: Column) -> bool:
    texts = column.texts
    return not texts or len(set(texts)) <= max(4, min(60, len(texts) // 2))


_FITS: Mapping[Field, Callable[[Column], bool]] = {
    Field.CONTROL_ID: lambda c: (
        c.share(lambda cell: written_id(cell).is_id) >= 0.5
    ),
    Field.TITLE: _fits_title,
    Field.THEME: _fits_theme,
    Field.APPLICABLE: lambda c: not c.texts or c.share(_is_applicability) >= 0.5,
    Field.IMPLEMENTATION_STATUS: _fits_status,
    **dict.fromkeys(
        (Field.JUSTIFICATION, Field.JUSTIFICATION_INCLUSION, Field.JUSTIFICATION_EXCLUSION),
        lambda c: not c.texts or c.share(_is_only_mark) < 0.8,
    ),
    Field.TARGET_DATE: lambda c: not c.texts or c.share(_is_day) >= 0.5,
    Field.LAST_REVIEW: lambda c: not c.texts or c.share(_is_day) >= 0.5,
    Field.NEXT_REVIEW: lambda c: not c.texts or c.share(_is_day) >= 0.5,
    Field.MATURITY: lambda c: (
        not c.texts or c.share(lambda cell: values.maturity(cell) is not None) >= 0.5
    ),
    Field.OLD_2013_IDS: lambda c: (
        not c.texts or c.share(lambda cell: bool(old_ids(values.cell_text(cell)))) >= 0.3
        or c.share(lambda cell: values.fold_key(values.cell_text(cell)) in {"new", "neu", ""}) > 0.3
    ),
    **dict.fromkeys(
        (Field.REASON_LEGAL, Field.REASON_CONTRACT, Field.REASON_BUSINESS, Field.REASON_RISK),
        lambda c: not c.texts or c.share(_is_only_mark) == 1.0,
    ),
    **dict.fromkeys(
        (Field.APPLICABLE_MARK, Field.EXCLUDED_MARK), lambda c: c.share(_is_only_mark) == 1.0
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table of controls in one sheet. Rows count from 0; `headers` are as written."""

    sheet: Sheet
    header_rows: tuple[int, ...]
    headers: tuple[str, ...]
    columns: tuple[ColumnMapping, ...]
    key: int
    """The column by which controls were recognised: ids, or titles."""
    by_title: bool
    questions: tuple[Question, ...] = ()

    @property
    def first(self) -> int:
        """Return the first row below the header."""
        return max(self.header_rows, default=-1) + 1

    def columns_of(self, wanted: Field) -> tuple[int, ...]:
        """Return the columns that hold a field."""
        return tuple(each.column for each in self.columns if each.field == wanted)

    def has(self, *wanted: Field) -> bool:
        """Tell whether any of the fields has a column."""
        return any(each.field in wanted for each in self.columns)

    @property
    def decides(self) -> bool:
        """Tell whether a column says which controls apply."""
        return self.has(*_DECISIONS)

    @property
    def may_decide(self) -> bool:
        """Tell whether a column may say which controls apply, once a person has confirmed it."""
        return any(question.code == "column_unclear" for question in self.questions)


@dataclass(frozen=True, slots=True)
class _Key:
    column: int
    rows: tuple[int, ...]
    by_title: bool


def find_table(sheet: Sheet, chosen: Mapping[int, Field | None] | None = None) -> Table | None:
    """Find the table of controls in a sheet, or None.

    `chosen` are a person's answers: column from 0 → field, or None to keep it as an extra.
    """
    filled = sum(1 for row in sheet.rows if any(cell.value is not None for cell in row))
    key = _key_column(sheet) if filled <= _MOST_ROWS else None
    if key is None:
        return None
    header_rows = _header_rows(sheet, key)
    headers = _headers(sheet, header_rows)
    columns, questions = _map(sheet, key, headers, chosen or {})
    return Table(sheet, header_rows, headers, columns, key.column, key.by_title, questions)


def _key_column(sheet: Sheet) -> _Key | None:
    """Return the column that names most controls, by id or, failing that, by title."""
    ids: dict[int, list[int]] = {}
    titles: dict[int, list[int]] = {}
    for number, row in enumerate(sheet.rows):
        for column, cell in enumerate(row):
            if cell.value is None:
                continue
            text = values.cell_text(cell)
            if len(text) > 240:
                continue
            if _may_be_id(cell, text) and written_id(cell).is_id:
                ids.setdefault(column, []).append(number)
            elif isinstance(cell.value, str) and is_title(text):
                titles.setdefault(column, []).append(number)
    best_id = _fullest(sheet, ids, by_title=False)
    best_title_column = _fullest(sheet, titles, by_title=True)
    if best_id and best_title_column:
        different = len({_first_reading(sheet, row, best_id.column) for row in best_id.rows})
        if len(best_title_column.rows) > 1.5 * different or _is_days(sheet, best_id):
            return best_title_column
    return best_id or best_title_column


def _first_reading(sheet: Sheet, row: int, column: int) -> tuple[str, ...]:
    written = written_id(_cell(sheet, row, column))
    return written.candidates or written.old or (written.unknown or "",)


def _is_days(sheet: Sheet, key: _Key) -> bool:
    """Tell whether a column holds real dates: mostly dates, and not in the order of controls."""
    cells = [_cell(sheet, row, key.column) for row in key.rows]
    if sum(map(_is_real_day, cells)) < 0.8 * len(cells):
        return False
    places = [min(map(_place, written_id(cell).candidates), default=0) for cell in cells]
    rising = sum(1 for a, b in pairwise(places) if a < b)
    return rising < 0.8 * (len(places) - 1)


def _place(control_id: str) -> int:
    return place_of(control_id) or 0


def _may_be_id(cell: Cell, text: str) -> bool:
    return not isinstance(cell.value, str) or bool(re.search(r"\d", text[:40]))


def _fullest(sheet: Sheet, found: Mapping[int, list[int]], *, by_title: bool) -> _Key | None:
    keys = [
        _Key(column, tuple(rows), by_title)
        for column, rows in found.items()
        if len(rows) >= _FEWEST_CONTROLS
    ]
    if not keys:
        return None
    if by_title:
        return max(keys, key=lambda key: (len(key.rows), -key.column))
    return max(keys, key=lambda key: _id_rank(sheet, key))


def _id_rank(sheet: Sheet, key: _Key) -> tuple[float, int, int]:
    """Rank an id column: different ids of 2022, then of 2013; dates count little."""
    written = [written_id(_cell(sheet, row, key.column)) for row in key.rows]
    new = {each.candidates for each in written if each.candidates}
    old = {each.old for each in written if each.old and not each.candidates}
    dated = sum(1 for row in key.rows if _is_real_day(_cell(sheet, row, key.column)))
    different = len(new) + 0.5 * len(old) - 0.9 * min(dated, len(new))
    return (different, len(key.rows), -key.column)


def _is_real_day(cell: Cell) -> bool:
    return values.day(cell) is not None


def _cell(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row]
    return cells[column] if column < len(cells) else Cell()


def _row_texts(sheet: Sheet, row: int) -> list[str]:
    return [values.cell_text(cell) for cell in sheet.rows[row]]


def _header_rows(sheet: Sheet, key: _Key) -> tuple[int, ...]:
    """Return the rows of the header: the one with most known headers, and one beside it."""
    first = _first_control(key)
    reach = range(max(0, first - _HEADER_REACH), first)
    scored = [(_known_headers(_row_texts(sheet, row)), row) for row in reach]
    best, at = max(scored, default=(0, -1))
    if best < 2:
        return ()
    if at + 1 < first and _is_second_row(sheet, at, at + 1, key):
        return (at, at + 1)
    if at > 0 and _is_first_row(sheet, at - 1, at):
        return (at - 1, at)
    return (at,)


def _first_control(key: _Key) -> int:
    """Return the first row that starts a run of controls, past a lone number in a title block."""
    for row, following in zip(key.rows, key.rows[1:], strict=False):
        if following - row <= 3:
            return row
    return key.rows[0]


def _known_headers(texts: Sequence[str]) -> int:
    labels = [text for text in texts if text and len(text) <= 120]
    return len({p[0].field for label in labels if (p := proposals(label))})


def _is_second_row(sheet: Sheet, upper: int, lower: int, key: _Key) -> bool:
    """Tell whether a row under the header continues it: labels under merged or empty cells."""
    above, below = _row_texts(sheet, upper), _row_texts(sheet, lower)
    filled = [c for c, text in enumerate(below) if text]
    if not filled or any(len(below[c]) > 60 or is_title(below[c]) for c in filled):
        return False
    if below[key.column : key.column + 1] and below[key.column]:
        same_label = below[key.column] == (above[key.column : key.column + 1] or [""])[0]
        if not same_label and not proposals(below[key.column]):
            return False
    new = [c for c in filled if c >= len(above) or not above[c]]
    known = [c for c in filled if _label_known(below[c])]
    return (bool(new) and len(new) >= len(filled) / 2 and len(filled) > 1) or len(known) >= 2


def _label_known(text: str) -> bool:
    key = values.fold_key(text)
    return bool(proposals(text)) or key in _YES_HEADERS or key in _NO_HEADERS


def _is_first_row(sheet: Sheet, upper: int, lower: int) -> bool:
    """Tell whether the row over the header groups its columns or names those it leaves empty."""
    above, below = _row_texts(sheet, upper), _row_texts(sheet, lower)
    filled = [c for c, text in enumerate(above) if text]
    if not filled or any(len(above[c]) > 80 for c in filled):
        return False
    fills_gap = any((c >= len(below) or not below[c]) and proposals(above[c]) for c in filled)
    groups = len(filled) >= 2 and any(
        proposals(above[c])
        and any(sheet.rows[upper][n].merged for n in (c, c + 1) if n < len(above))
        for c in filled
    )
    return fills_gap or groups


def _headers(sheet: Sheet, header_rows: Sequence[int]) -> tuple[str, ...]:
    """Return the label of every column; two rows of labels are joined with " / "."""
    width = max((len(row) for row in sheet.rows), default=0)
    if not header_rows:
        return ("",) * width
    lines = [_row_texts(sheet, row) for row in header_rows]
    if len(lines) == 1:
        return tuple(text for text, _ in zip_longest(lines[0], range(width), fillvalue=""))
    upper, lower = (line + [""] * (width - len(line)) for line in lines)
    labels, group = [], ""
    for column in range(width):
        if upper[column]:
            group = upper[column]
        elif not lower[column]:
            group = ""
        parts = [
            part for part in (group if lower[column] else upper[column], lower[column]) if part
        ]
        labels.append(" / ".join(dict.fromkeys(parts)))
    return tuple(labels)


def _map(
    sheet: Sheet, key: _Key, headers: Sequence[str], chosen: Mapping[int, Field | None]
) -> tuple[tuple[ColumnMapping, ...], tuple[Question, ...]]:
    contents = _contents(sheet, key, len(headers))
    mapped: list[ColumnMapping] = []
    for column, (header, content) in enumerate(zip(headers, contents, strict=True)):
        if column in chosen:
            mapped.append(
                ColumnMapping(sheet.name, column, header, chosen[column], 1.0, "a person chose it")
            )
        elif header or content.texts:
            mapped.append(_map_column(sheet, key, column, header, content))
    mapped = _pair_of_marks(mapped, contents)
    columns, questions = _one_column_each(sheet, mapped, contents, chosen)
    return columns, (*questions, *_unrecognised(sheet, columns, contents, chosen))


def _contents(sheet: Sheet, key: _Key, width: int) -> list[Column]:
    rows = key.rows[:_LOOKED_AT]
    return [Column(tuple(_cell(sheet, row, c) for row in rows)) for c in range(width)]


def _map_column(
    sheet: Sheet, key: _Key, column: int, header: str, content: Column
) -> ColumnMapping:
    def mapping(field: Field | None, confidence: float, why: str) -> ColumnMapping:
        return ColumnMapping(sheet.name, column, header, field, confidence, why)

    if column == key.column and not key.by_title:
        return mapping(Field.CONTROL_ID, 1.0, "its cells are control ids")
    if column == key.column:
        return mapping(Field.TITLE, 1.0, "its cells are control titles")
    if (
        _FITS[Field.OLD_2013_IDS](content)
        and content.share(lambda cell: bool(old_ids(values.cell_text(cell)))) > 0.5
    ):
        return mapping(Field.OLD_2013_IDS, 0.9, "its cells are ids of the edition of 2013")
    veto = not_ours(header)
    if veto and not is_synonym(header):
        return mapping(None, 1.0, veto)
    if _is_title_column(content):
        return mapping(Field.TITLE, 1.0, "its cells are control titles")
    found = _status_first(_proposed(header))
    for proposal in found:
        if proposal.field is Field.CONTROL_ID:
            continue  # the key column is the only one
        fits = _FITS.get(proposal.field)
        if fits is None or fits(content):
            why = f'the header says "{proposal.synonym}"'
            if fits is not None and content.texts:
                why += " and the cells agree"
            return mapping(proposal.field, proposal.confidence, why)
    if found:
        return mapping(None, 0.5, f'the cells do not look like "{found[0].field}"')
    return mapping(None, 0.5, "no field has such a header")


def _status_first(found: Sequence[Proposal]) -> Sequence[Proposal]:
    """Try a plain "status" as the implementation's before it counts as the decision."""
    if found and {each.synonym for each in found} <= {"status", "control status"}:
        return sorted(found, key=lambda each: each.field is not Field.IMPLEMENTATION_STATUS)
    return found


def _is_title_column(content: Column) -> bool:
    return content.share(lambda cell: best_title(values.cell_text(cell))[1] >= 95) >= 0.5


def _proposed(header: str) -> tuple[Proposal, ...]:
    """Propose fields for a label; of a label in two rows the whole counts first, then the lower."""
    found = list(proposals(header.replace(" / ", " ")) if " / " in header else proposals(header))
    if " / " in header:
        lower = proposals(header.rsplit(" / ", 1)[1])
        exact = [each for each in found if each.confidence == 1.0]
        found = [*exact, *lower, *(each for each in found if each not in exact)]
    return tuple(found)


def _pair_of_marks(
    mapped: Sequence[ColumnMapping], contents: Sequence[Column]
) -> list[ColumnMapping]:
    """Recognise two columns to mark, one for yes and one for no."""
    marks = _FITS[Field.APPLICABLE_MARK]
    yes = [m for m in mapped if _last_label(m.header) in _YES_HEADERS and marks(contents[m.column])]
    no = [
        m
        for m in mapped
        if _last_label(m.header) in _NO_HEADERS
        and (marks(contents[m.column]) or not contents[m.column].texts)
    ]
    if len(yes) != 1 or len(no) != 1:
        return list(mapped)
    fields = {yes[0].column: Field.APPLICABLE_MARK, no[0].column: Field.EXCLUDED_MARK}
    why = "two columns are marked, one for applicable and one for not"
    return [
        ColumnMapping(m.sheet, m.column, m.header, fields[m.column], 0.9, why)
        if m.column in fields
        else m
        for m in mapped
    ]


def _last_label(header: str) -> str:
    return values.fold_key(header.rsplit(" / ", 1)[-1])


def _one_column_each(
    sheet: Sheet,
    mapped: Sequence[ColumnMapping],
    contents: Sequence[Column],
    chosen: Mapping[int, Field | None],
) -> tuple[tuple[ColumnMapping, ...], tuple[Question, ...]]:
    """Give every single-valued field one column; ask where two fill it and differ."""
    result = {m.column: m for m in mapped}
    questions: list[Question] = []
    for wanted in Field:
        rivals = [m for m in mapped if m.field == wanted]
        if len(rivals) < 2 or wanted in _MANY:
            continue
        rivals.sort(key=lambda m: (m.column in chosen, bool(contents[m.column].texts),
                                   m.confidence, len(header_key(m.header).split()), -m.column),
                    reverse=True)  # fmt: skip
        winner, losers = rivals[0], rivals[1:]
        disputed = [
            m
            for m in losers
            if winner.column not in chosen and _differ(wanted, contents, winner, m)
        ]
        if disputed:
            questions.append(_which_column(sheet, wanted, [winner, *disputed]))
        for m in losers:
            why = f'"{winner.header}" was taken as {wanted} instead'
            result[m.column] = ColumnMapping(m.sheet, m.column, m.header, None, 0.5, why)
    return tuple(result[column] for column in sorted(result)), tuple(questions)


def _differ(
    wanted: Field, contents: Sequence[Column], one: ColumnMapping, other: ColumnMapping
) -> bool:
    """Tell whether two columns for one field say different things in any row."""
    if wanted in (Field.TITLE, Field.THEME):
        return False
    return any(
        _meaning(wanted, a) != _meaning(wanted, b)
        for a, b in zip(contents[one.column].cells, contents[other.column].cells, strict=True)
        if values.cell_text(b)
    )


def _meaning(wanted: Field, cell: Cell) -> object:
    text = values.cell_text(cell)
    if wanted is Field.APPLICABLE:
        return values.applicability(text).meaning or text
    if wanted is Field.IMPLEMENTATION_STATUS:
        return values.status(cell).meaning or text
    return values.day(cell) or values.fold_key(text)


def _unrecognised(
    sheet: Sheet,
    columns: Sequence[ColumnMapping],
    contents: Sequence[Column],
    chosen: Mapping[int, Field | None],
) -> list[Question]:
    """Ask about a column that seems to hold the decision or the status but does not say so."""
    taken = {m.field for m in columns}
    asked: list[Question] = []
    unknown = [m for m in columns if m.field is None and m.column not in chosen and m.header]
    unknown = [m for m in unknown if not not_ours(m.header)]
    if not taken & _DECISIONS:
        status = [m for m in columns if m.field is Field.IMPLEMENTATION_STATUS]
        asked += [
            _which_meaning(sheet, m, "the decision whether a control applies, or something else")
            for m in unknown
            if contents[m.column].share(_decides) >= 0.9
        ]
        asked += [
            _which_meaning(
                sheet, m, "the decision whether a control applies, or its implementation status"
            )
            for m in status
            if m.column not in chosen
            and header_key(m.header) in ("status", "control status", "state", "estado", "statut")
            and contents[m.column].share(_decides) == 1.0
        ]
    if Field.IMPLEMENTATION_STATUS not in taken:
        asked += [
            _which_meaning(sheet, m, "the implementation status, or something else")
            for m in unknown
            if contents[m.column].share(_is_state) >= 0.9
        ]
    return asked


def _is_state(cell: Cell) -> bool:
    return values.status(cell).meaning is not None and not _is_applicability(cell)


def _which_meaning(sheet: Sheet, column: ColumnMapping, choice: str) -> Question:
    texts = list(dict.fromkeys(values.cell_text(row[column.column]) for row in sheet.rows
                               if column.column < len(row)))  # fmt: skip
    shown = ", ".join(f'"{text}"' for text in texts if text and text != column.header)
    return Question(
        "column_unclear",
        f'Sheet "{sheet.name}": the column "{column.header}" says {shown[:80]}. Is that {choice}?',
        options=(column.header,),
    )


def _which_column(sheet: Sheet, wanted: Field, rivals: Sequence[ColumnMapping]) -> Question:
    names = " and ".join(f'"{m.header}"' for m in rivals)
    meaning = wanted.value.replace("_", " ")
    return Question(
        "two_columns",
        f'Sheet "{sheet.name}": {names} both look like the {meaning} and differ in some rows. '
        f"Which of them is it?",
        options=tuple(m.header for m in rivals),
    )
