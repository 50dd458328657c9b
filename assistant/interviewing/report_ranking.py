"""What to do first: gaps ranked by factors that are shown, a roadmap in sequence, readiness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.domain.assessment import AssessmentState, UnitResult
from assistant.domain.interview import Met, Severity, Verdict
from assistant.interviewing.report_scores import majors
from knowledge.demands import units

_WEIGHT = {Severity.MAJOR: 3, Severity.MINOR: 2, Severity.OFI: 1}
_WAIT_ON: Mapping[str, tuple[str, ...]] = {
    "4.1": ("4.3", "6.1.1"), "4.2": ("4.3", "6.1.1"), "4.3": ("6.1.2", "8.2"),
    "5.1": ("5.2", "7.1"), "5.3": ("6.1.2", "9.3.1"), "6.1.2": ("6.1.3", "8.2"),
    "6.1.3": ("8.3", "6.2"), "8.2": ("6.1.3", "8.3"), "8.3": ("9.1",), "6.2": ("9.1",),
    "9.1": ("9.3.2",), "9.2.1": ("9.2.2", "9.3.2"), "9.2.2": ("9.3.2",), "9.3.1": ("9.3.2", "9.3.3"),
    "10.2": ("9.3.2",), "A.5.9": ("A.5.12", "A.8.8"), "A.5.12": ("A.5.13", "A.8.12"),
    "A.5.15": ("A.5.18", "A.8.2", "A.8.3"), "A.5.16": ("A.5.18",), "A.5.19": ("A.5.20", "A.5.22"),
    "A.5.24": ("A.5.26", "A.5.27"), "A.8.13": ("A.5.30",), "A.8.15": ("A.8.16",),
    "A.8.25": ("A.8.28", "A.8.29"),
}  # fmt: skip
"""What waits on a unit: whoever lacks the first cannot do the others well."""
_SEQUENCE = (
    "4.3", "4.1", "4.2", "5.3", "5.1", "5.2", "6.1.2", "8.2", "6.1.3", "6.1.1", "6.2", "8.3", "A",
    "7", "8.1", "6.3", "4.4", "9.1", "9.2.1", "9.2.2", "9.3.1", "9.3.2", "9.3.3", "10.2", "10.1",
)  # fmt: skip
"""Scope and roles first, then risk, treatment and controls, then measuring, auditing, reviewing."""
_LARGE = frozenset(
    "A.8.22 A.8.14 A.8.16 A.8.15 A.5.23 A.8.25 A.8.31 A.5.30 A.5.12 A.8.12 6.1.2 6.1.3 8.2 8.3".split()
)
_DAYS = {"S": 2, "M": 10, "L": 40, "XL": 80}
_OWNERS = {
    "4": "ISMS lead", "5": "top management", "6": "ISMS lead", "7": "ISMS lead", "8": "ISMS lead",
    "9": "ISMS lead", "10": "ISMS lead", "A.5": "security lead", "A.6": "HR with the security lead",
    "A.7": "facility management", "A.8": "IT operations",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """One open unit with the factors that rank it."""

    unit: str
    title: str
    verdict: str
    severity: str
    severity_weight: int
    exposure: int
    exposure_because: str
    dependency: float
    waiting: tuple[str, ...]
    effort: str
    rank: float
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """One item of the roadmap."""

    number: int
    units: tuple[str, ...]
    action: str
    owner: str
    """A role; the assessment names no person for it."""
    effort: str
    """S up to 2 days, M 10, L 40, XL more."""
    depends_on: tuple[int, ...]
    earliest: date
    quick_win: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a certification audit makes sense; never a promise to pass."""

    stage: str
    state: str
    """ready, ready with conditions, not ready, or cannot tell."""
    blocking: tuple[str, ...]


def gaps(results: Sequence[UnitResult], assessment: AssessmentState) -> tuple[Gap, ...]:
    """Rank open units: severity x exposure x dependency, the smaller effort first among equals."""
    open_ones = {one.unit for one in results if one.verdict in {Verdict.GAP, Verdict.PARTIAL}}
    found = [_gap(one, assessment, open_ones) for one in results if one.unit in open_ones]
    order = ("S", "M", "L", "XL")
    return tuple(sorted(found, key=lambda one: (-one.rank, order.index(one.effort), one.unit)))


def _gap(result: UnitResult, assessment: AssessmentState, open_ones: set[str]) -> Gap:
    severity = result.proposed.severity or (
        Severity.MINOR if result.verdict is Verdict.GAP else Severity.OFI
    )
    exposure, because = assessment.exposure(result.unit)
    waiting = tuple(one for one in _WAIT_ON.get(result.unit, ()) if one in open_ones)
    dependency = min(1.5, 1.0 + 0.25 * len(waiting))
    return Gap(
        unit=result.unit,
        title=units()[result.unit].title,
        verdict=result.verdict.value,
        severity=severity.value,
        severity_weight=_WEIGHT[severity],
        exposure=exposure,
        exposure_because=because,
        dependency=dependency,
        waiting=waiting,
        effort=effort(result),
        rank=round(_WEIGHT[severity] * exposure * dependency, 2),
        reason=result.proposed.reason,
    )


def effort(result: UnitResult) -> str:
    """Guess the effort: what only lacks evidence is small; what is not there is larger."""
    lost = sum(one.met is Met.NO for one in result.proposed.demands)
    unknown = sum(one.met is Met.UNKNOWN for one in result.proposed.demands)
    if not lost and not unknown:
        return "S"
    if result.verdict is Verdict.GAP:
        return "L" if result.unit in _LARGE else "M"
    return "M" if lost else "S"


def roadmap(found: Sequence[Gap], today: date) -> tuple[Step, ...]:
    """Put open units into the order in which they can be done, with what each waits on."""
    ordered = sorted(found, key=lambda one: (_place(one.unit), -one.rank, one.unit))
    numbers = {one.unit: at for at, one in enumerate(ordered, 1)}
    steps: list[Step] = []
    ends: dict[int, date] = {}
    for gap in ordered:
        number = numbers[gap.unit]
        before = tuple(
            sorted(
                numbers[other]
                for other, waiting in _WAIT_ON.items()
                if gap.unit in waiting and other in numbers and numbers[other] < number
            )
        )
        start = max((ends[one] for one in before), default=today)
        ends[number] = start + timedelta(days=round(1.4 * _DAYS[gap.effort]))
        unit = units()[gap.unit]
        steps.append(
            Step(
                number=number,
                units=(gap.unit,),
                action=_action(gap),
                owner=_OWNERS[unit.group],
                effort=gap.effort,
                depends_on=before,
                earliest=start,
                quick_win=gap.effort == "S" and not before,
            )
        )
    return tuple(steps)


def _place(unit: str) -> int:
    for at, name in enumerate(_SEQUENCE):
        if unit == name or unit.startswith(name + "."):
            return at
    return len(_SEQUENCE)


def _action(gap: Gap) -> str:
    if gap.effort == "S" and gap.verdict == Verdict.PARTIAL.value:
        return (
            f"Show what is claimed for {gap.title.lower()}: collect the evidence that was "
            "requested."
        )
    verb = "Put in place" if gap.verdict == Verdict.GAP.value else "Complete"
    return f"{verb}: {gap.title.lower()}."


_STAGE_1 = {
    "4.3": "the scope", "5.2": "the policy", "6.1.2": "the risk assessment process",
    "6.1.3": "treatment, plan and Statement of Applicability", "6.2": "the objectives",
}  # fmt: skip
_BEGUN = {"9.2.1": "the internal audit", "9.3.1": "the management review"}
_DONE = {
    "8.2": "risk assessment",
    "8.3": "risk treatment",
    "9.2.1": "a full internal audit",
    "9.3.1": "a management review",
}


def readiness(results: Sequence[UnitResult]) -> tuple[Readiness, Readiness]:
    """Judge Stage 1 and Stage 2 from the verdicts, with what stands in the way."""
    by_unit = {one.unit: one for one in results}
    first = _stage_1(by_unit)
    return first, _stage_2(by_unit, first)


def _stage_1(by_unit: Mapping[str, UnitResult]) -> Readiness:
    blocking: list[str] = []
    conditions: list[str] = []
    blind: list[str] = []
    for name, what in {**_STAGE_1, **_BEGUN}.items():
        result = by_unit.get(name)
        if result is None or result.verdict is Verdict.NOT_ASSESSED:
            blind.append(f"{name}: {what} was not assessed")
        elif result.verdict is Verdict.GAP:
            blocking.append(f"{name}: {what}: {result.proposed.reason}")
        elif result.verdict is Verdict.PARTIAL:
            conditions.append(f"{name}: {what}: {result.proposed.reason}")
    return Readiness(
        "Stage 1", _state(blocking, conditions, blind), (*blocking, *conditions, *blind)
    )


def _stage_2(by_unit: Mapping[str, UnitResult], first: Readiness) -> Readiness:
    blocking = [f"Stage 1 is {first.state}"] if first.state != "ready" else []
    conditions: list[str] = []
    blind: list[str] = []
    blocking.extend(
        f"{one.unit}: major candidate: {one.proposed.reason}" for one in majors(by_unit.values())
    )
    for name, what in _DONE.items():
        result = by_unit.get(name)
        if result is None or result.verdict is Verdict.NOT_ASSESSED:
            blind.append(f"{name}: {what} was not assessed")
        elif result.verdict is not Verdict.CONFORMS:
            conditions.append(f"{name}: {what} is not shown to be done")
    controls = [one for name, one in by_unit.items() if name.startswith("A.")]
    lost = [one.unit for one in controls if one.verdict is Verdict.GAP]
    if lost:
        blocking.append(f"controls that are a gap: {', '.join(lost)}")
    if not controls:
        blind.append("no control was assessed")
    state = "not ready" if first.state == "not ready" else _state(blocking, conditions, blind)
    if first.state == "cannot tell" and not lost and not majors(by_unit.values()):
        state = "cannot tell"
    conditions.append(
        "Records need time: two to three months of operation before Stage 2 are usual."
    )
    return Readiness("Stage 2", state, (*blocking, *conditions, *blind))


def _state(blocking: Sequence[str], conditions: Sequence[str], blind: Sequence[str]) -> str:
    if blocking:
        return "not ready"
    if blind:
        return "cannot tell"
    return "ready with conditions" if conditions else "ready"
