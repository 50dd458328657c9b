"""Checking a statement against all that the reader may see, with the waivers that people gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.controlling.surroundings import surroundings
from knowledge.passages import Sheet
from knowledge.soa.linting import Defect, Waived, Waiver, lint, waive
from knowledge.soa.model import Soa
from knowledge.view import View


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and against what it was made."""

    source: str
    rows: int
    day: date
    found: Waived
    compared: bool
    """Whether the other documents were compared with, too."""

    @property
    def open(self) -> tuple[Defect, ...]:
        """Give the defects that nobody waived."""
        return self.found.open


def check(
    soa: Soa,
    *,
    today: date,
    view: View | None = None,
    sheets: Sequence[Sheet] = (),
    waivers: Iterable[Waiver] = (),
    review_months: int = 12,
) -> Checked:
    """Check a statement; with a view also against the documents and registers in it."""
    found = (
        lint(soa, today=today, sheets=sheets, review_months=review_months)
        if view is None
        else lint(
            soa,
            today=today,
            surroundings=surroundings(view),
            sheets=sheets,
            review_months=review_months,
        )
    )
    waived = waive(found, waivers)
    return Checked(soa.source, len(soa.rows), today, waived, view is not None)
