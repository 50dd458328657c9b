"""What one check looks at: the statement, the day, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.controls import Control, control_order, register
from knowledge.passages import Sheet
from knowledge.soa.linting.surroundings import NOTHING, Surroundings
from knowledge.soa.model import (
    Applicability,
    Edition,
    Implementation,
    Place,
    Soa,
    SoaHeader,
    SoaRow,
    Source,
)

OPEN = (Implementation.PARTIAL, Implementation.PLANNED, Implementation.NOT_IMPLEMENTED)
"""Statuses of work that is not finished."""


@dataclass(frozen=True, slots=True)
class Case:
    """A statement with everything that a check may look at."""

    soa: Soa
    today: date
    around: Surroundings = NOTHING
    sheets: tuple[Sheet, ...] = ()
    """The workbook as it is, where it is at hand."""
    review_months: int = 12

    @property
    def header(self) -> SoaHeader:
        """Give what the workbook says of itself."""
        return self.soa.header

    @property
    def rows(self) -> tuple[SoaRow, ...]:
        """Give all rows in the sheet's order."""
        return self.soa.rows

    @property
    def included(self) -> tuple[SoaRow, ...]:
        """Give the rows of controls that apply."""
        return tuple(row for row in self.rows if row.applicable is Applicability.YES)

    @property
    def excluded(self) -> tuple[SoaRow, ...]:
        """Give the rows of controls that do not apply."""
        return tuple(row for row in self.rows if row.applicable is Applicability.NO)

    @property
    def annex(self) -> tuple[SoaRow, ...]:
        """Give the rows that stand for controls of Annex A; own controls are left out."""
        return tuple(row for row in self.rows if row.source is not Source.CUSTOM)

    @property
    def is_2013(self) -> bool:
        """Tell whether most ids belong to the edition of 2013."""
        old = sum(1 for row in self.rows if row.edition is Edition.E2013)
        return old > len(self.annex) / 2

    def decided(self, control_id: str) -> Applicability | None:
        """Give the decision on a control, None where it has no row."""
        row = self.soa.row(control_id)
        return row.applicable if row else None

    def uses(self, name: str) -> bool:
        """Tell whether the statement keeps a field at all: any row fills it."""
        return any(getattr(row, name) for row in self.rows)


def control_of(row: SoaRow) -> Control | None:
    """Give the Annex A control of the edition of 2022 that a row is about."""
    return register().control(row.control_id) if row.edition is Edition.E2022 else None


def ids(rows: Iterable[SoaRow]) -> tuple[str, ...]:
    """Give the rows' control ids, each once, in the order of Annex A."""
    found = dict.fromkeys(row.control_id for row in rows)
    return tuple(sorted(found, key=lambda one: (control_order(one), one)))


def places(rows: Iterable[SoaRow]) -> tuple[Place, ...]:
    """Give where the rows stand."""
    return tuple(row.place for row in rows)


def listed(names: Sequence[str], most: int = 12) -> str:
    """Name things in one line, the rest as a number."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def months_before(day: date, months: int) -> date:
    """Give the day some months earlier, the last of its month where there is none such."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, 28)
