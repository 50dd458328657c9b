"""All checks of a statement in one pass, and the defects that a person has waived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from knowledge.passages import Sheet
from knowledge.soa.linting.around import around
from knowledge.soa.linting.case import Case, listed
from knowledge.soa.linting.decisions import decisions
from knowledge.soa.linting.model import Defect, Severity
from knowledge.soa.linting.structure import structure
from knowledge.soa.linting.surroundings import NOTHING, Surroundings
from knowledge.soa.linting.upkeep import upkeep
from knowledge.soa.linting.workbook import workbook
from knowledge.soa.model import Soa

_CHECKS = (structure, decisions, upkeep, around, workbook)
_ORDER = tuple(Severity)
_MANY = 8
"""More rows with the same fault than this are one defect."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word that a defect may stay, bound to what the defect rested on."""

    code: str
    fingerprint: str
    controls: tuple[str, ...]
    reason: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Waived:
    """What is left to look at, what was waived, and waivers whose ground has changed."""

    open: tuple[Defect, ...]
    waived: tuple[tuple[Defect, Waiver], ...]
    lapsed: tuple[Waiver, ...]


def lint(
    soa: Soa,
    *,
    today: date,
    surroundings: Surroundings = NOTHING,
    sheets: Sequence[Sheet] = (),
    review_months: int = 12,
) -> tuple[Defect, ...]:
    """Check a statement and give its defects, worst first, then by code and row. Pure.

    `surroundings` are facts from other documents; `sheets` is the workbook itself, where it is at
    hand, for what only a spreadsheet can hide. `review_months` is how old evidence and reviews may
    be. Nothing is repaired."""
    case = Case(soa, today, surroundings, tuple(sheets), review_months)
    found = _gathered([one for check in _CHECKS for one in check(case)])
    at = {row.place: number for number, row in enumerate(soa.rows)}
    found.sort(
        key=lambda one: (
            _ORDER.index(one.severity),
            one.code,
            min((at.get(place, len(at)) for place in one.rows), default=-1),
            one.what,
        )
    )
    return tuple(found)


def _gathered(found: Sequence[Defect]) -> list[Defect]:
    """Make one defect of many with the same fault, so that a page of them hides no other."""
    alike: dict[tuple[str, str, str], list[Defect]] = defaultdict(list)
    for one in found:
        alike[one.code, one.do, one.why].append(one)
    return [
        one
        for group in alike.values()
        for one in ([_together(group)] if len(group) > _MANY else group)
    ]


def _together(group: Sequence[Defect]) -> Defect:
    controls = tuple(dict.fromkeys(c for one in group for c in one.controls))
    more = listed(controls[len(group[0].controls) :])
    return replace(
        group[0],
        what=f"{group[0].what} The same fault is in {len(group) - 1} more rows: {more}.",
        controls=controls,
        rows=tuple(dict.fromkeys(place for one in group for place in one.rows)),
        spots=tuple(spot for one in group for spot in one.spots)[:_SHOWN],
    )


def waive(defects: Iterable[Defect], waivers: Iterable[Waiver]) -> Waived:
    """Set apart what people waived. A waiver counts as long as its defect is the very same."""
    by_print = {(waiver.code, waiver.fingerprint): waiver for waiver in waivers}
    left: list[Defect] = []
    waived: list[tuple[Defect, Waiver]] = []
    for one in defects:
        waiver = by_print.get((one.code, one.fingerprint))
        if waiver is None:
            left.append(one)
        else:
            waived.append((one, waiver))
    used = {(waiver.code, waiver.fingerprint) for _, waiver in waived}
    lapsed = tuple(waiver for key, waiver in by_print.items() if key not in used)
    return Waived(tuple(left), tuple(waived), lapsed)
