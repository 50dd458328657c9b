"""Interviews: claims, evidence, verdicts, the events of one conversation, and its state. Pure.

An *interview* is one respondent's conversation about some units of an assessment. All that happens
is an append-only list of events; the state is a fold over it, so that replaying any prefix gives
the state as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Verdict(StrEnum):
    CONFORMS = "conforms"
    PARTIAL = "partial"
    GAP = "gap"
    NOT_APPLICABLE = "not_applicable"
    """Controls only, by the Statement of Applicability."""
    NOT_ASSESSED = "not_assessed"
    """Not asked, skipped, delegated and open, or stopped; counts neither way."""


class ClaimKind(StrEnum):
    """What a sentence says about the world, never more than its words say."""

    IS = "is"
    PLANNED = "planned"
    SHOULD = "should"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Met(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    DOCUMENT = "document"
    """Shows a rule or a design: policy, plan, standard, contract."""
    RECORD = "record"
    """Shows that something happened: ticket, minutes, list, log."""
    LINK = "link"
    OBSERVATION = "observation"


class Severity(StrEnum):
    """What a finding might be graded as; an auditor decides."""

    MAJOR = "major"
    MINOR = "minor"
    OFI = "ofi"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a respondent said, tied to the words that say it."""

    id: str
    """Number of the reply and of the clause in it: "3.2"."""
    text: str
    """What is claimed, as short as it can be said with the respondent's words."""
    kind: ClaimKind
    said: str
    """The words, verbatim."""
    demands: tuple[str, ...] = ()
    """Demands that the words speak to."""
    hedged: bool = False
    """Said with "I think", "probably" or the like."""
    vague: bool = False
    """Names no one, no time and no figure."""
    loose: bool = False
    """Tied to its demands by the question alone, by none of its own words."""
    part: bool = False
    """Holds for a part only: "two of five systems", "only for new ones"."""
    period: float | None = None
    """Seconds between two times, where a frequency is claimed."""
    when: dt.date | None = None
    """When it last happened, as far as the words tell."""
    once: bool = False
    """Says that it happened a single time."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A thing that shows something: what was registered or seen, never its content."""

    ref: str
    kind: EvidenceKind
    date: dt.date | None
    seen: bool
    """Found in the library, opened or uploaded; False: registered by its name or number."""
    demands: tuple[str, ...] = ()
    by: str = ""
    note: str = ""
    """What a person should know of it: "names 2 of 5 systems"."""


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    item: str
    source: str | None
    """From whom: a name or role."""
    due: dt.date | None
    demand: str | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that cannot both hold, in the words that say them."""

    a: str
    b: str
    where: str = "answers"
    """"answers", "document", "soa" or "respondents"."""
    demand: str | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    to: str
    demand: str | None
    """None: the whole unit."""
    due: dt.date | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class DemandState:
    id: str
    met: Met
    why: str
    """The words or the evidence that decided."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A proposed verdict and everything that led to it. Same inputs, same judgement."""

    verdict: Verdict
    basis: str
    """"claim", "document", "record", "observation", or two of them: "document + record"."""
    confidence: str
    reason: str
    demands: tuple[DemandState, ...]
    missing: tuple[str, ...]
    severity: Severity | None
    maturity: int | None


@dataclass(frozen=True, slots=True)
class Respondent:
    name: str
    role: str = ""
    groups: tuple[str, ...] = ()


# Events: what can happen in one interview ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """An interview was begun; its units are in the order of asking."""

    assessment: str
    respondent: Respondent
    units: tuple[str, ...]
    depth: str = "standard"
    demands: tuple[tuple[str, str], ...] = ()
    """(unit, demand) pairs where only a part of a unit was delegated to the respondent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The assistant spoke; `question` is the one question in `text`, if there is any."""

    text: str
    question: str = ""
    unit: str | None = None
    demand: str | None = None
    style: str = "open"
    """open, follow_up, again, show_me, contradiction, today, who_checks, test, exclusion, end,
    paused."""
    followup: bool = False


@dataclass(frozen=True, slots=True)
class Replied:
    """The respondent spoke. Secrets are masked before this is made."""

    text: str
    key: str
    """Given by the door; the same key is the same reply, however often it is sent."""


@dataclass(frozen=True, slots=True)
class Claimed:
    unit: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Corrected:
    """A claim turned out to be meant otherwise."""

    unit: str
    claim: str
    kind: ClaimKind


@dataclass(frozen=True, slots=True)
class Shown:
    unit: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Requested:
    """Evidence was asked for; a second request for the same item replaces the first."""

    unit: str
    request: EvidenceRequest


@dataclass(frozen=True, slots=True)
class Contradicted:
    unit: str
    contradiction: Contradiction


@dataclass(frozen=True, slots=True)
class Delegated:
    """A unit or one demand of it goes to a colleague; a second time for the same one sets the day."""

    unit: str
    delegation: Delegation


@dataclass(frozen=True, slots=True)
class Excluded:
    """How "not applicable" was dealt with: proposed, refused, kept, provisional or wrong."""

    unit: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flagged:
    unit: str | None
    flag: str


@dataclass(frozen=True, slots=True)
class Parked:
    text: str


@dataclass(frozen=True, slots=True)
class DidNotKnow:
    unit: str


@dataclass(frozen=True, slots=True)
class Skipped:
    unit: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A unit was settled, or settled anew after more was said."""

    unit: str
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Confirmed:
    unit: str


@dataclass(frozen=True, slots=True)
class Disagreed:
    """The respondent sees it otherwise; both views stay."""

    unit: str
    words: str


@dataclass(frozen=True, slots=True)
class Paused:
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    changed: tuple[str, ...] = ()
    """What changed in the library since, in one line each."""


@dataclass(frozen=True, slots=True)
class Ended:
    reason: str


Event = (
    Opened
    | Asked
    | Replied
    | Claimed
    | Corrected
    | Shown
    | Requested
    | Contradicted
    | Delegated
    | Excluded
    | Flagged
    | Parked
    | DidNotKnow
    | Skipped
    | Proposed
    | Confirmed
    | Disagreed
    | Paused
    | Resumed
    | Ended
)


# State: the fold ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitState:
    """All that is known about one unit from one interview."""

    id: str
    asked: bool = False
    answered: bool = False
    """Something of substance was said to it."""
    claims: tuple[Claim, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    requests: tuple[EvidenceRequest, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    asked_demands: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    followups: int = 0
    unknowns: int = 0
    """How often the respondent did not know."""
    flags: tuple[str, ...] = ()
    exclusion: str | None = None
    exclusion_reason: str = ""
    skipped: bool = False
    proposal: Judgement | None = None
    confirmed: bool = False
    disagreement: str | None = None

    @property
    def settled(self) -> bool:
        """Tell whether the conversation is through with the unit."""
        return self.proposal is not None or self.skipped

    def delegation(self, demand: str | None) -> Delegation | None:
        """Give the delegation of a demand, or of the whole unit (None)."""
        return next((one for one in self.delegations if one.demand == demand), None)


@dataclass(frozen=True, slots=True)
class Line:
    role: str
    """"assistant" or "respondent"."""
    text: str


@dataclass(frozen=True, slots=True)
class InterviewState:
    """One interview as its events make it."""

    assessment: str = ""
    respondent: Respondent = field(default_factory=lambda: Respondent(""))
    depth: str = "standard"
    plan: tuple[str, ...] = ()
    """Units in the order of asking; `units` may hold others that something was said about."""
    units: tuple[UnitState, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    current: str | None = None
    """The unit that the last question was about."""
    asked: Asked | None = None
    transcript: tuple[Line, ...] = ()
    questions: tuple[str, ...] = ()
    """Every question in its words, so that none is asked twice."""
    keys: tuple[str, ...] = ()
    parking_lot: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    paused: bool = False
    ended: bool = False
    replies: int = 0
    short: int = 0
    """Very short replies in a row."""

    def unit(self, unit_id: str) -> UnitState:
        """Give a unit's state; an empty one for a unit that is not planned."""
        return next((one for one in self.units if one.id == unit_id), UnitState(unit_id))

    @property
    def last_settled(self) -> UnitState | None:
        """Give the unit whose verdict was proposed last and is neither confirmed nor disputed."""
        if self.asked is None or self.current is None:
            return None
        order = [one.id for one in self.units]
        before = order[: order.index(self.current)] if self.current in order else order
        found = [self.unit(one) for one in before if self.unit(one).proposal is not None]
        return found[-1] if found else None


def fold(events: Iterable[Event]) -> InterviewState:
    """Replay events from the first."""
    state = InterviewState()
    for event in events:
        state = apply(state, event)
    return state


SHORT = 3
"""Words up to which a reply is very short."""


def apply(state: InterviewState, event: Event) -> InterviewState:
    """Give the state after one more event."""
    match event:
        case Opened():
            return replace(
                state,
                assessment=event.assessment,
                respondent=event.respondent,
                depth=event.depth,
                plan=event.units,
                units=tuple(UnitState(one) for one in event.units),
                parts=event.demands,
            )
        case Asked():
            return _asked(state, event)
        case Replied():
            short = state.short + 1 if len(event.text.split()) <= SHORT else 0
            return replace(
                state,
                transcript=(*state.transcript, Line("respondent", event.text)),
                keys=(*state.keys, event.key),
                replies=state.replies + 1,
                short=short,
            )
        case Parked():
            return replace(state, parking_lot=(*state.parking_lot, event.text))
        case Paused():
            return replace(state, paused=True)
        case Resumed():
            return replace(state, paused=False)
        case Ended():
            return replace(state, ended=True)
        case Flagged(unit=None):
            return replace(state, flags=(*state.flags, event.flag))
        case _:
            return _with_unit(state, event)


def _asked(state: InterviewState, event: Asked) -> InterviewState:
    state = replace(
        state,
        asked=event,
        transcript=(*state.transcript, Line("assistant", event.text)),
        questions=(*state.questions, event.question) if event.question else state.questions,
        current=event.unit if event.unit else state.current,
    )
    if event.unit is None or not event.question:
        return state
    old = state.unit(event.unit)
    return _put(
        state,
        replace(
            old,
            asked=True,
            followups=old.followups + event.followup,
            asked_demands=(*old.asked_demands, event.demand) if event.demand else old.asked_demands,
            styles=(*old.styles, event.style),
        ),
    )


def _with_unit(state: InterviewState, event: Event) -> InterviewState:
    old = state.unit(getattr(event, "unit", "") or "")
    new = old
    match event:
        case Claimed():
            new = replace(old, claims=(*old.claims, event.claim), answered=True)
        case Corrected():
            new = replace(
                old,
                claims=tuple(
                    replace(one, kind=event.kind) if one.id == event.claim else one
                    for one in old.claims
                ),
            )
        case Shown():
            kept = tuple(one for one in old.evidence if one.ref != event.evidence.ref)
            new = replace(old, evidence=(*kept, event.evidence), answered=True)
        case Requested():
            requests = [one for one in old.requests if one.item != event.request.item]
            new = replace(old, requests=(*requests, event.request))
        case Contradicted():
            if event.contradiction not in old.contradictions:
                new = replace(old, contradictions=(*old.contradictions, event.contradiction))
        case Delegated():
            delegations = [one for one in old.delegations if one.demand != event.delegation.demand]
            new = replace(old, delegations=(*delegations, event.delegation))
        case Excluded():
            new = replace(old, exclusion=event.outcome, exclusion_reason=event.reason)
        case Flagged():
            if event.flag not in old.flags:
                new = replace(old, flags=(*old.flags, event.flag))
        case DidNotKnow():
            new = replace(old, unknowns=old.unknowns + 1)
        case Skipped():
            new = replace(old, skipped=True)
        case Proposed():
            new = replace(old, proposal=event.judgement, confirmed=False)
        case Confirmed():
            new = replace(old, confirmed=True)
        case Disagreed():
            new = replace(old, disagreement=event.words)
    return _put(state, new)


def _put(state: InterviewState, unit: UnitState) -> InterviewState:
    if any(one.id == unit.id for one in state.units):
        kept = tuple(unit if one.id == unit.id else one for one in state.units)
        return replace(state, units=kept)
    return replace(state, units=(*state.units, unit))
