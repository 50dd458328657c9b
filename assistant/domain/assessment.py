"""Assessments: what is assessed for whom, the decisions of named people, and the state. Pure.

An assessment holds the interviews of many respondents. Interviews propose; the assessor decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from assistant.domain.interview import Contradiction, Evidence, Judgement, Respondent, Verdict


@dataclass(frozen=True, slots=True)
class SetUp:
    """An assessment was set up."""

    organisation: str
    scope: str
    units: tuple[str, ...]
    lead: str
    """The assessor: the one person whose word makes a verdict."""
    edition: str = "ISO/IEC 27001:2022 with Amendment 1:2024"
    purpose: str = "first certification"
    soa_version: str = ""
    depth: str = "standard"
    """quick, standard or full."""
    language: str = "en"
    stage1: date | None = None
    stage2: date | None = None
    previous: str | None = None
    """Id of the assessment that this one is compared with."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A respondent got an interview; `demands` narrows a delegated unit to its part."""

    interview: str
    respondent: Respondent
    units: tuple[str, ...]
    demands: tuple[tuple[str, str], ...] = ()
    because: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The assessor set a verdict. Where it differs from the proposal, the reason is kept with both."""

    unit: str
    verdict: Verdict
    proposed: Verdict
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """Evidence was brought outside an interview."""

    unit: str
    evidence: Evidence
    by: str


@dataclass(frozen=True, slots=True)
class Rated:
    """How exposed a unit is, from 1 to 3: linked risks, incidents, obligations, contracts."""

    unit: str
    exposure: int
    because: str
    by: str


@dataclass(frozen=True, slots=True)
class Closed:
    by: str


Event = SetUp | Invited | Decided | Added | Rated | Closed


@dataclass(frozen=True, slots=True)
class AssessmentState:
    """One assessment as its events make it."""

    setup: SetUp | None = None
    invited: tuple[Invited, ...] = ()
    decisions: tuple[Decided, ...] = ()
    """All of them, the latest of a unit last."""
    added: tuple[Added, ...] = ()
    rated: tuple[Rated, ...] = ()
    closed: bool = False

    def decision(self, unit: str) -> Decided | None:
        """Give the decision that holds for a unit."""
        return next((one for one in reversed(self.decisions) if one.unit == unit), None)

    def exposure(self, unit: str) -> tuple[int, str]:
        """Give how exposed a unit is and why; 1 where nobody said."""
        found = next((one for one in reversed(self.rated) if one.unit == unit), None)
        return (found.exposure, found.because) if found else (1, "no linked risk was named")


def fold(events: Iterable[Event]) -> AssessmentState:
    """Replay an assessment's events from the first."""
    state = AssessmentState()
    for event in events:
        state = apply(state, event)
    return state


def apply(state: AssessmentState, event: Event) -> AssessmentState:
    """Give the state after one more event."""
    match event:
        case SetUp():
            return replace(state, setup=event)
        case Invited():
            return replace(state, invited=(*state.invited, event))
        case Decided():
            return replace(state, decisions=(*state.decisions, event))
        case Added():
            return replace(state, added=(*state.added, event))
        case Rated():
            return replace(state, rated=(*state.rated, event))
        case Closed():
            return replace(state, closed=True)


@dataclass(frozen=True, slots=True)
class UnitResult:
    """One unit of an assessment: what all interviews came to, and what was decided."""

    unit: str
    proposed: Judgement
    respondents: tuple[str, ...] = ()
    conflict: Contradiction | None = None
    """Two respondents said what cannot both be so: no verdict is proposed."""
    routed: str = ""
    """The question that would settle a conflict, for both."""
    decided: Decided | None = None
    quotes: tuple[tuple[str, str], ...] = ()
    """(respondent, words) pairs."""
    evidence: tuple[Evidence, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """Give the verdict that counts: the decision, else the proposal."""
        return self.decided.verdict if self.decided else self.proposed.verdict
