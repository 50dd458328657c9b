"""The rows of one table of controls: what each says, and what nobody but a person can tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from knowledge.controls import register
from knowledge.passages import Cell
from knowledge.soa import values
from knowledge.soa.grid import hidden_columns, unmerged
from knowledge.soa.headers import header_key
from knowledge.soa.identifiers import (
    SAME_TITLE,
    Settled,
    Written,
    best_title,
    old_ids,
    own_id,
    place_of,
    settle,
    title_key,
    written_id,
)
from knowledge.soa.legend import Legend
from knowledge.soa.mapping import Table
from knowledge.soa.model import (
    Answers,
    Applicability,
    ColumnMapping,
    Edition,
    Field,
    Implementation,
    Place,
    Question,
    Reason,
    Skipped,
    SoaRow,
    Source,
)
from knowledge.soa.tables import REASON_COLUMNS

_THEME_WORDS = re.compile(
    r"\b(organi[sz]ational|people|physical|technological|technical) controls?\b"
    r"|\b(organisatorische|personenbezogene|physische|technologische|technische) (massnahmen"
    r"|controls)"
    r"|\b(organisationnelles?|humaines?|physiques?|technologiques?|organizativos|de personas"
    r"|fisicos"
    r"|tecnologicos)\b|\bmesures\b|\bcontroles\b"
)
_TOTAL = re.compile(
    r"^(grand |sub ?)?(total|totals|sum|count|average|summe|gesamt|anzahl|totaux|totales"
    r"|number of controls|controls (total|in total)|total .{0,40})\b"
)
_DECISION_FIELDS = (
    Field.APPLICABLE,
    Field.APPLICABLE_MARK,
    Field.EXCLUDED_MARK,
    Field.IMPLEMENTATION_STATUS,
    Field.JUSTIFICATION,
    Field.JUSTIFICATION_INCLUSION,
    Field.JUSTIFICATION_EXCLUSION,
    Field.REASON_LEGAL,
    Field.REASON_CONTRACT,
    Field.REASON_BUSINESS,
    Field.REASON_RISK,
)
_DAYS = frozenset({Field.TARGET_DATE, Field.LAST_REVIEW, Field.NEXT_REVIEW})


@dataclass
class _Asked:
    """Values that a column holds and nobody can read, with the rows that hold them."""

    code: str
    header: str
    choices: str
    found: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))


class TableReading:
    """Reads the rows of one table and collects what it could not read."""

    def __init__(self, table: Table, answers: Answers, legend: Legend, edition_2013: bool) -> None:
        self.table = table
        self.rows: list[SoaRow] = []
        self.skipped: list[Skipped] = []
        self.last = table.first
        self._answers = answers
        self._legend = legend
        self._edition_2013 = edition_2013
        self._grid, self._merged, self._continued = unmerged(table)
        self._hidden_columns = hidden_columns(table.sheet)
        self._asked: dict[str, _Asked] = {}
        self._doubts: list[Question] = []
        self._notes: dict[str, list[int]] = defaultdict(list)
        self._day_first = {
            column.column: values.slashed_order(self._column_texts(column.column))
            for column in table.columns
        }
        self._x_means_no = self._mixes_ticks_and_x()
        self._trusted = self._overflowing()

    def read(self) -> None:
        """Read every row below the header, in order."""
        numbers = [n for n in range(self.table.first, len(self._grid)) if any(self._texts(n))]
        if not numbers:
            return
        written = [self._written(number) for number in numbers]
        titles = [self._title(n, w) for n, w in zip(numbers, written, strict=True)]
        apart = {
            n: reason
            for n, w, t in zip(numbers, written, titles, strict=True)
            if (reason := self._no_control(n, w, t))
        }
        kept = [
            (n, w, t) for n, w, t in zip(numbers, written, titles, strict=True) if n not in apart
        ]
        self.last = max((n for n, w, _ in kept if w.is_id), default=self.table.first)
        choices = settle([w for _, w, _ in kept], [t for _, _, t in kept])
        settled = {n: choice for (n, _, _), choice in zip(kept, choices, strict=True)}
        self._ask_again(kept, settled)
        position = {n: (w, t) for n, w, t in kept}
        for number in range(numbers[0], numbers[-1] + 1):
            if number in position:
                w, t = position[number]
                self._take(number, w, t, settled[number])
            else:
                self._skip(number, apart.get(number, "empty row"))

    def _ask_again(
        self, kept: Sequence[tuple[int, Written, str]], settled: Mapping[int, Settled]
    ) -> None:
        for number, written, _ in kept:
            choice = settled[number]
            place = self._place(number)
            if choice.doubt and place not in self._answers.ids:
                self._doubts.append(
                    Question(
                        "id_not_settled",
                        f'{at(place)}: "{written.text}" does not settle which control it is: '
                        f"{choice.doubt}. Which one?",
                        (place,),
                        written.candidates,
                    )
                )
            elif written.lossy and choice.how in ("title", "order", "title and order"):
                self._notes[f"ids kept as numbers or dates were told apart by {choice.how}"].append(
                    number
                )

    # which control

    def _written(self, number: int) -> Written:
        cell = self._cell(number, self.table.key)
        if self.table.by_title:
            text = values.cell_text(cell)
            found, likeness = best_title(text) if text else (None, 0.0)
            if found and likeness >= SAME_TITLE:
                return Written("", (found,), rest=text)
            return Written("", rest=text)
        written = written_id(cell)
        if not written.text:
            title = self._text(number, Field.TITLE)
            found, likeness = best_title(title) if title else (None, 0.0)
            if found and likeness >= SAME_TITLE:
                self._notes["the id is missing; the title says which control it is"].append(number)
                return Written("", (found,))
        return written

    def _title(self, number: int, written: Written) -> str:
        if self.table.by_title:
            return written.rest
        title = self._text(number, Field.TITLE)
        if title and written.rest and not written_id(Cell(title)).is_id:
            return title
        alone = written_id(Cell(title))
        if alone.is_id and alone.rest:
            return alone.rest
        return title or written.rest

    def _no_control(self, number: int, written: Written, title: str) -> str | None:
        """Say why a row is not a control, or None."""
        place = self._place(number)
        if place in self._answers.ids:
            return None if self._answers.ids[place] else "left out by a person"
        if number in self._continued:
            return f"continues row {self._continued[number] + 1}"
        texts = self._texts(number)
        if self._repeats_header(texts):
            return "header repeated"
        decided = self._decided(number)
        first = next(text for text in texts if text)
        if not written.is_id and _TOTAL.match(values.fold_key(first)):
            return "total"
        if self._is_clause(title, written):
            return "a clause of the standard, not a control"
        if not decided and self._is_heading(written, texts):
            return "heading"
        if written.is_id:
            return None
        own = own_id(written.text) if not self.table.by_title else None
        if own and (title or decided) and sum(1 for text in texts if text) >= 3:
            return None
        if decided and title and sum(1 for text in texts if text) >= 3:
            self._doubts.append(
                Question(
                    "unknown_control",
                    f'{at(place)}: "{title}" has no control id, and no Annex A control has this '
                    "title. Which control is it, or what id does your own control have?",
                    (place,),
                )
            )
            return "no control id"
        return "no control id or title"

    def _decided(self, number: int) -> bool:
        return any(self._text(number, each) for each in _DECISION_FIELDS)

    def _is_clause(self, title: str, written: Written) -> bool:
        if title and title_key(title) in _clause_titles():
            return True
        number = re.fullmatch(r"(?:clause\s*)?(?:4|9|10)\.\d(?:\.\d)?\.?", written.text, re.I)
        return bool(number) and not written.is_id

    def _is_heading(self, written: Written, texts: Sequence[str]) -> bool:
        filled = [text for text in texts if text]
        joined = values.fold_key(" ".join(dict.fromkeys(filled)))
        if _THEME_WORDS.search(joined) and (
            not written.is_id
            or _THEME_WORDS.search(values.fold_key(written.rest or " ".join(filled[1:2])))
        ):
            return True
        group = re.fullmatch(r"(?:annex\s*)?a?[\s.]*\d{1,2}(?:\.\d{1,2})?\.?(?:\s.*)?", filled[0],
                             re.IGNORECASE | re.DOTALL)  # fmt: skip
        if self._edition_2013 and group and not written.old:
            return True
        return bool(group) and not written.is_id and len(filled) <= 3

    def _repeats_header(self, texts: Sequence[str]) -> bool:
        labels = [(c, header) for c, header in enumerate(self.table.headers) if header]
        same = [
            c
            for c, header in labels
            if c < len(texts) and texts[c] and header_key(texts[c]) == header_key(header)
        ]
        return len(same) >= 2 and len(same) >= 0.6 * sum(1 for text in texts if text)

    def _take(self, number: int, written: Written, title: str, choice: Settled) -> None:
        place = self._place(number)
        answered = self._answers.ids.get(place)
        if answered:
            named = written_id(Cell(answered))
            choice = Settled((named.candidates or named.old or (answered,))[0])
            written = replace(named, text=written.text, candidates=named.candidates[:1])
        if choice.control_id is None and not written.old and written.unknown and not answered:
            self._doubts.append(
                Question(
                    "unknown_id",
                    f'{at(place)}: "{written.text}" is no control of Annex A. Is it a mistyped id '
                    "or a control of your own?",
                    (place,),
                )
            )
        if number in self._trusted and self._trusted[number] + 1 < len(self.table.headers):
            header = self.table.headers[self._trusted[number]]
            self._notes["there is a cell beyond the header, as after an unquoted comma; the cells "
                        f'after "{header}" are kept as text only'].append(number)  # fmt: skip
        self.rows.append(self._row(number, written, title, _identity(written, choice)))

    # what the row says

    def _row(self, number: int, written: Written, title: str, identity: _Identity) -> SoaRow:
        control_id, edition, source = identity.control_id, identity.edition, identity.source
        inclusion, exclusion, single = self._justifications(number)
        status, status_rest = self._status(number)
        reasons = tuple(
            reason for each, reason in REASON_COLUMNS.items() if any(self._texts_of(number, each))
        )
        applicable, rest = self._applicable(number, reasons, inclusion, exclusion, status)
        single = single or rest or None
        if applicable is Applicability.YES:
            inclusion = inclusion or single
        elif applicable is Applicability.NO:
            exclusion = exclusion or single
        old = [o for t in self._texts_of(number, Field.OLD_2013_IDS) for o in old_ids(t)]
        place = place_of(control_id)
        theme = self._text(number, Field.THEME) or None
        notes = [t for t in self._texts_of(number, Field.IMPLEMENTATION_NOTE) if t]
        return SoaRow(
            control_id=control_id,
            title=title,
            applicable=applicable,
            implementation_status=status,
            id_as_written=written.text,
            edition=edition,
            source=source,
            targets=register().targets_2013(control_id) if edition is Edition.E2013 else (),
            old_2013_ids=tuple(
                dict.fromkeys([*(written.old if edition is not Edition.E2013 else ()), *old])
            ),
            theme=theme or (register().controls[place].theme if place is not None else None),
            justification_inclusion=inclusion,
            justification_exclusion=exclusion,
            reasons=reasons,
            implementation_note="\n".join(notes) or status_rest or None,
            policy_refs=self._references(number, Field.POLICY_REFS),
            evidence_refs=self._references(number, Field.EVIDENCE_REFS),
            owner=self._something(number, Field.OWNER),
            target_date=self._day(number, Field.TARGET_DATE),
            last_review=self._day(number, Field.LAST_REVIEW),
            next_review=self._day(number, Field.NEXT_REVIEW),
            risk_refs=tuple(
                dict.fromkeys(
                    ref
                    for text in self._texts_of(number, Field.RISK_REFS)
                    for ref in values.risk_references(text)
                )
            ),
            obligation_refs=self._references(number, Field.OBLIGATION_REFS),
            maturity=self._maturity(number),
            extras=self._extras(number),
            cells=self._cells(number),
            sheet=self.table.sheet.name,
            row=number + 1,
            hidden=self._is_hidden(number),
        )

    def _justifications(self, number: int) -> tuple[str | None, str | None, str | None]:
        return (
            self._something(number, Field.JUSTIFICATION_INCLUSION),
            self._something(number, Field.JUSTIFICATION_EXCLUSION),
            self._something(number, Field.JUSTIFICATION),
        )

    def _applicable(
        self,
        number: int,
        reasons: Sequence[Reason],
        inclusion: str | None,
        exclusion: str | None,
        status: Implementation | None,
    ) -> tuple[Applicability, str]:
        if self.table.has(Field.APPLICABLE_MARK):
            return self._marked(number), ""
        excluded = bool(self._text(number, Field.EXCLUDED_MARK))
        columns = self.table.columns_of(Field.APPLICABLE)
        if columns:
            found, rest = self._read_applicable(number, columns[0], exclusion, status)
            if excluded and found is Applicability.YES:
                self._ask_twice(number)
                return Applicability.UNDECIDED, rest
            return (Applicability.NO if excluded else found), rest
        if self.table.has(Field.EXCLUDED_MARK):
            return (Applicability.NO if excluded else Applicability.YES), ""
        if status is Implementation.NOT_APPLICABLE:
            return Applicability.NO, ""
        if self.table.has(*REASON_COLUMNS):
            chosen = Applicability.NO if exclusion else Applicability.UNDECIDED
            return (Applicability.YES if reasons else chosen), ""
        if inclusion and not exclusion:
            return Applicability.YES, ""
        if exclusion and not inclusion:
            return Applicability.NO, ""
        return (Applicability.YES if status else Applicability.UNDECIDED), ""

    def _marked(self, number: int) -> Applicability:
        yes = bool(self._text(number, Field.APPLICABLE_MARK))
        no = bool(self._text(number, Field.EXCLUDED_MARK))
        if yes and no:
            self._ask_twice(number)
        if yes == no:
            return Applicability.UNDECIDED
        return Applicability.YES if yes else Applicability.NO

    def _ask_twice(self, number: int) -> None:
        self._ask("unknown_applicable", "applicable", "yes and no", number, "yes, no or undecided")

    def _read_applicable(
        self, number: int, column: int, exclusion: str | None, status: Implementation | None
    ) -> tuple[Applicability, str]:
        text = values.cell_text(self._cell(number, column))
        if text in self._answers.applicable:
            return self._answers.applicable[text], ""
        if not text and self._only_marks(column):
            if exclusion or status is Implementation.NOT_APPLICABLE:
                self._notes["not marked as applicable and given a reason for exclusion: taken as "
                            "excluded"].append(number)  # fmt: skip
                return Applicability.NO, ""
            return Applicability.UNDECIDED, ""
        understood = values.applicability(text)
        ambiguous = self._x_means_no and text.casefold() == "x"
        if understood.meaning is None or ambiguous:
            self._ask("unknown_applicable", self.table.headers[column], text, number,
                      "yes, no or undecided")  # fmt: skip
            return Applicability.UNDECIDED, ""
        if understood.rest:
            self._notes["what follows yes or no in the cell was taken as the reason"].append(number)
        return understood.meaning, understood.rest

    def _only_marks(self, column: int) -> bool:
        texts = [t for t in self._column_texts(column) if t]
        return bool(texts) and all(t.casefold() == "x" or values.is_tick(t) for t in texts)

    def _mixes_ticks_and_x(self) -> bool:
        texts = [
            t
            for column in self.table.columns_of(Field.APPLICABLE)
            for t in self._column_texts(column)
        ]
        has_x = any(t.casefold() == "x" for t in texts)
        others = any(t and t.casefold() != "x" and values.is_mark(t) for t in texts)
        return has_x and others

    def _status(self, number: int) -> tuple[Implementation | None, str]:
        columns = self.table.columns_of(Field.IMPLEMENTATION_STATUS)
        if not columns:
            return None, ""
        column = columns[0]
        cell = self._cell(number, column)
        text = values.cell_text(cell)
        if text in self._answers.status:
            return self._answers.status[text], ""
        if not text:
            return self._status_by_colour(number, column, cell), ""
        legend = self._legend.meaning(text)
        if legend is not None:
            return legend, ""
        scaled = self._scaled(cell, column)
        dated = bool(self._text(number, Field.TARGET_DATE))
        understood = values.status(scaled, dated=dated)
        if understood.meaning is not None:
            return understood.meaning, understood.rest
        if text.casefold() == "x" and self._only_marks(column):
            return Implementation.IMPLEMENTED, ""
        if values.is_open(text) or values.is_nothing(text):
            return None, ""
        self._ask("unknown_status", self.table.headers[column], text, number,
                  "implemented, partial, planned, not implemented or not applicable")  # fmt: skip
        return None, ""

    def _scaled(self, cell: Cell, column: int) -> Cell:
        """Read plain numbers as percentages or as yes and no where the header says so."""
        if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
            return self._scaled_text(cell, column)
        if cell.number_format and "%" in cell.number_format:
            return cell
        return self._scaled_number(cell, float(cell.value), column)

    def _scaled_text(self, cell: Cell, column: int) -> Cell:
        text = values.cell_text(cell)
        if isinstance(cell.value, str) and re.fullmatch(r"\d{1,3}(?:[.,]\d+)?", text):
            return self._scaled_number(cell, float(text.replace(",", ".")), column)
        return cell

    def _scaled_number(self, cell: Cell, number: float, column: int) -> Cell:
        header = self.table.headers[column]
        numbers = [n for t in self._column_texts(column) if (n := _number(t)) is not None]
        if re.search(r"%|percent|prozent|grad|pourcentage|porcentaje|complete", header, re.I):
            whole = max(numbers, default=0) > 1
            if (number if whole else number * 100) <= 100:
                return Cell(f"{number if whole else number * 100:g}%")
        if set(numbers) <= {0.0, 1.0} and re.search(
            r"implement|umgesetzt|place|œuvre", header, re.I
        ):
            return Cell("yes" if number else "no")
        return cell

    def _status_by_colour(self, number: int, column: int, cell: Cell) -> Implementation | None:
        """Read a colour where a legend explains it; ask where it seems to be all there is."""
        if not cell.fill or any(self._column_texts(column)):
            return None
        if cell.fill == self._cell(number, self.table.key).fill:
            return None
        colour = f"#{cell.fill}"
        if colour in self._answers.status:
            return self._answers.status[colour]
        meaning = self._legend.colour(cell.fill)
        if meaning is not None:
            self._notes["the status was read from the colour by the workbook's legend"].append(
                number
            )
            return meaning
        self._ask("status_by_colour", self.table.headers[column], colour, number,
                  "implemented, partial, planned, not implemented or not applicable")  # fmt: skip
        return None

    def _maturity(self, number: int) -> int | None:
        columns = self.table.columns_of(Field.MATURITY)
        return values.maturity(self._cell(number, columns[0])) if columns else None

    def _day(self, number: int, wanted: Field) -> date | None:
        columns = self.table.columns_of(wanted)
        if not columns:
            return None
        cell = self._cell(number, columns[0])
        found = values.day(cell, day_first=self._day_first.get(columns[0]))
        text = values.cell_text(cell)
        if found is None and not values.is_nothing(text) and not values.is_open(text):
            self._notes[f'"{self.table.headers[columns[0]]}" is not a day that can be read and is '
                        "kept as text"].append(number)  # fmt: skip
        return found

    def _references(self, number: int, wanted: Field) -> tuple[str, ...]:
        found = (ref for text in self._texts_of(number, wanted) for ref in values.references(text))
        return tuple(dict.fromkeys(found))

    def _something(self, number: int, wanted: Field) -> str | None:
        text = self._text(number, wanted)
        return None if values.is_nothing(text) else text

    def _extras(self, number: int) -> tuple[tuple[str, str], ...]:
        return tuple(
            (column.header, text)
            for column in self._shown_columns()
            if column.field in (None, Field.DESCRIPTION)
            and (text := values.cell_text(self._cell(number, column.column)))
        )

    def _cells(self, number: int) -> tuple[tuple[str, str], ...]:
        return tuple(
            (column.header, values.cell_text(self._cell(number, column.column)))
            for column in self._shown_columns()
        )

    def _shown_columns(self) -> list[ColumnMapping]:
        return [c for c in self.table.columns if c.column not in self._hidden_columns]

    # what is asked and noted

    def _ask(self, code: str, header: str, text: str, number: int, choices: str) -> None:
        asked = self._asked.setdefault(f"{code}:{header}", _Asked(code, header, choices))
        asked.found[text].append(self._place(number))

    def questions(self) -> list[Question]:
        """Return what a person must settle: ids first, then values."""
        found = list(self._doubts)
        for asked in self._asked.values():
            for text, places in asked.found.items():
                found.append(
                    Question(
                        asked.code,
                        f'Sheet "{self.table.sheet.name}": column "{asked.header}" says "{text}" '
                        f"in {rows_named(place.row for place in places)}. "
                        f"Does it mean {asked.choices}?",
                        tuple(places),
                    )
                )
        return found

    def notes(self) -> list[str]:
        """Return what was done on purpose, with the rows."""
        name = self.table.sheet.name
        found = [
            f'Sheet "{name}", {rows_named(n + 1 for n in numbers)}: {text}.'
            for text, numbers in self._notes.items()
        ]
        hidden = [row.row for row in self.rows if row.hidden]
        if hidden:
            found.append(f'Sheet "{name}": {rows_named(hidden)} are hidden and were read.')
        if self._merged:
            headers = ", ".join(f'"{header}"' for header in self._merged)
            found.append(f'Sheet "{name}": merged cells were taken for all their rows ({headers}).')
        if self._hidden_headers():
            headers = ", ".join(f'"{header}"' for header in self._hidden_headers())
            found.append(f'Sheet "{name}": hidden columns are never quoted ({headers}).')
        if self.table.has(Field.EXCLUDED_MARK) and not self.table.has(
            Field.APPLICABLE, Field.APPLICABLE_MARK
        ):
            found.append(f'Sheet "{name}": rows not marked as excluded were taken as applicable.')
        if not self.table.decides:
            found.append(f'Sheet "{name}": no column says which controls apply; '
                f"{self._decided_by()}.")  # fmt: skip
        return found

    def _hidden_headers(self) -> list[str]:
        columns = (c for c in self.table.columns if c.column in self._hidden_columns)
        return [column.header for column in columns if column.header]

    def _decided_by(self) -> str:
        if self.table.has(*REASON_COLUMNS):
            return "it was taken from the columns of reasons"
        if self.table.has(Field.JUSTIFICATION_INCLUSION, Field.JUSTIFICATION_EXCLUSION):
            return "it was taken from the justifications"
        if self.table.has(Field.IMPLEMENTATION_STATUS):
            return "it was taken from the status"
        return "all are undecided"

    def _skip(self, number: int, reason: str) -> None:
        self.skipped.append(Skipped(self.table.sheet.name, number + 1, reason))

    # cells

    def _place(self, number: int) -> Place:
        return Place(self.table.sheet.name, number + 1)

    def _cell(self, number: int, column: int) -> Cell:
        row = self._grid[number]
        return row[column] if column < len(row) else Cell()

    def _texts(self, number: int) -> list[str]:
        return [values.cell_text(cell) for cell in self._grid[number]]

    def _texts_of(self, number: int, wanted: Field) -> list[str]:
        return [
            values.cell_text(self._cell(number, column))
            for column in self.table.columns_of(wanted)
            if column <= self._trusted.get(number, column)
        ]

    def _text(self, number: int, wanted: Field) -> str:
        return next((text for text in self._texts_of(number, wanted) if text), "")

    def _column_texts(self, column: int) -> list[str]:
        return [
            values.cell_text(self._cell(number, column))
            for number in range(self.table.first, len(self._grid))
            if values.cell_text(self._cell(number, self.table.key))
        ]

    def _overflowing(self) -> dict[int, int]:
        """Find rows with a cell beyond the header, and the last column that still makes sense.

        An unquoted comma in a CSV file pushes the rest of its row to the right; past the last cell
        that can be checked, nothing says where.
        """
        bare = [c for c, header in enumerate(self.table.headers) if not header]
        rows = range(self.table.first, len(self._grid))
        filled = {c: [n for n in rows if values.cell_text(self._cell(n, c))] for c in bare}
        strays = {
            n for c, found in filled.items() if 0 < len(found) < 0.2 * len(rows) for n in found
        }
        if not self.table.header_rows or not bare or bare[-1] + 1 < len(self.table.headers):
            return {}
        return {n: self._last_checked(n) for n in sorted(strays)}

    def _last_checked(self, number: int) -> int:
        last = self.table.key
        for column in self.table.columns:
            cell = self._cell(number, column.column)
            if column.field is Field.APPLICABLE:
                fits = values.applicability(values.cell_text(cell)).meaning is not None
            elif column.field is Field.IMPLEMENTATION_STATUS:
                fits = values.status(cell).meaning is not None
            else:
                fits = column.field in _DAYS and values.day(cell) is not None
            last = max(last, column.column) if fits else last
        return last

    def _is_hidden(self, number: int) -> bool:
        cells = [
            cell
            for column, cell in enumerate(self.table.sheet.rows[number])
            if column not in self._hidden_columns and cell.value is not None
        ]
        return bool(cells) and all(cell.hidden for cell in cells)


@dataclass(frozen=True, slots=True)
class _Identity:
    control_id: str
    edition: Edition | None
    source: Source


@cache
def _clause_titles() -> frozenset[str]:
    return frozenset(title_key(clause.title) for clause in register().clauses)


def _identity(written: Written, choice: Settled) -> _Identity:
    if choice.control_id and place_of(choice.control_id) is not None:
        return _Identity(choice.control_id, Edition.E2022, Source.ANNEX_A)
    if written.old:
        return _Identity(written.old[0], Edition.E2013, Source.ANNEX_A)
    if choice.control_id:
        return _Identity(choice.control_id, None, Source.CUSTOM)
    if written.unknown:
        return _Identity(written.unknown, None, Source.UNKNOWN)
    return _Identity(written.text.strip(), None, Source.CUSTOM)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def at(place: Place) -> str:
    """Name a place as a person finds it."""
    return f'sheet "{place.sheet}" row {place.row}'


def rows_named(numbers: Iterable[int]) -> str:
    """Name rows from 1, the first eight of them."""
    found = list(dict.fromkeys(numbers))
    shown = ", ".join(map(str, found[:8])) + (", …" if len(found) > 8 else "")
    return f"row {shown}" if len(found) == 1 else f"rows {shown}"
