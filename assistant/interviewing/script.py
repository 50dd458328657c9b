"""An interview played from a script, and its outcome as data.

The same script on the same day over the same library gives the same data, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    field_validator,
)

from assistant.domain.interview import (
    Delegated,
    Delegation,
    Event,
    Evidence,
    EvidenceKind,
    InterviewState,
    Judgement,
    Opened,
    Respondent,
    Shown,
    UnitState,
    apply,
    fold,
)
from assistant.interviewing import conversation, pausing
from assistant.interviewing.judging import judge
from assistant.interviewing.known import NOTHING, Known
from assistant.interviewing.understanding import ClaimReader
from knowledge.demands import chosen
from knowledge.demands import unit as unit_of

LONGEST_REPLY = 8_000
"""Characters; a longer text is a document and is uploaded."""
_MOST = 200
"""Replies after which a script is stopped, whatever it says."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScriptRespondent(_Model):
    """Who answers."""

    name: Annotated[StrictStr, Field(min_length=1)]
    role: StrictStr = ""
    groups: list[StrictStr] = ["everyone"]


class ScriptEvent(_Model):
    """Something that happens beside the conversation, after so many turns."""

    after: Annotated[StrictInt, Field(ge=0)]
    do: Literal["pause", "resume", "upload", "delegate"]


def _as_written(value: object) -> object:
    """Give back what YAML made of a bare word: "No", a clause number, a day."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


Said = Annotated[
    StrictStr, BeforeValidator(_as_written), Field(min_length=1, max_length=LONGEST_REPLY)
]


UnitName = Annotated[StrictStr, BeforeValidator(_as_written)]


class Script(_Model):
    """What a scripted respondent says, one turn after the other, whatever is asked."""

    id: Annotated[StrictStr, BeforeValidator(_as_written)]
    units: Annotated[list[UnitName], Field(min_length=1)]
    respondent: ScriptRespondent
    turns: list[Said]
    if_asked_more: Said | None = None
    """Said when the turns are used up; without it the respondent stops."""
    events: list[ScriptEvent] = []

    @field_validator("units")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            if not chosen(name):
                raise ValueError(f"{name!r} is no clause unit or control")
        return names

    def plan(self) -> tuple[str, ...]:
        """Give the ids of the units in the order of asking, each once."""
        return tuple(dict.fromkeys(one for name in self.units for one in chosen(name)))


class ClaimOut(_Model):
    text: str
    kind: Literal["is", "planned", "should", "denied", "unknown"]
    said: str


class DemandOut(_Model):
    id: str
    met: Literal["yes", "partly", "no", "unknown"]


class EvidenceOut(_Model):
    ref: str
    kind: str
    date: str | None
    seen: StrictBool


class RequestOut(_Model):
    item: str
    from_: str | None = Field(serialization_alias="from")
    due: str | None


class ContradictionOut(_Model):
    a: str
    b: str


class UnitOut(_Model):
    """One unit's outcome."""

    unit: str
    verdict: Literal["conforms", "partial", "gap", "not_applicable", "not_assessed"]
    basis: str
    confidence: str
    reason: str
    demands: list[DemandOut]
    missing: list[str]
    claims: list[ClaimOut]
    evidence: list[EvidenceOut]
    evidence_requests: list[RequestOut]
    contradictions: list[ContradictionOut]
    severity_candidate: Literal["major", "minor", "ofi"] | None
    maturity: Annotated[int, Field(ge=0, le=5)] | None
    delegated_to: str | None
    followups: int
    flags: list[str]


class LineOut(_Model):
    role: Literal["assistant", "respondent"]
    text: str


class Outcome(_Model):
    """What an interview came to."""

    units: list[UnitOut]
    parking_lot: list[str]
    paused: bool
    transcript: list[LineOut]

    def data(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return self.model_dump(mode="json", by_alias=True)


def play(
    script: Script,
    known: Known = NOTHING,
    *,
    today: date,
    claim_reader: ClaimReader | None = None,
) -> tuple[Event, ...]:
    """Let the scripted respondent answer until the interview or the script ends."""
    respondent = Respondent(
        script.respondent.name, script.respondent.role, tuple(script.respondent.groups)
    )
    events = list(
        conversation.begin(Opened(script.id, respondent, script.plan()), known, today=today)
    )
    state = fold(events)

    def happen(new: tuple[Event, ...]) -> None:
        nonlocal state
        for one in new:
            events.append(one)
            state = apply(state, one)

    waiting = sorted(script.events, key=lambda one: one.after)
    said = 0
    while said < _MOST and not state.ended:
        for event in [one for one in waiting if one.after <= said]:
            waiting.remove(event)
            happen(_beside(state, event, known, today))
        text = _next_words(script, said, state)
        if text is None:
            break
        said += 1
        happen(
            conversation.answer(
                state, text, f"{script.id}:{said}", known, today=today, claim_reader=claim_reader
            )
        )
    for event in waiting:
        happen(_beside(state, event, known, today))
    happen(pausing.finish(state, known, today=today, reason="the script ended"))
    return tuple(events)


def _next_words(script: Script, said: int, state: InterviewState) -> str | None:
    if said < len(script.turns):
        return script.turns[said]
    asked = state.asked
    if state.paused or asked is None or not asked.question:
        return None
    return script.if_asked_more


def _beside(
    state: InterviewState, event: ScriptEvent, known: Known, today: date
) -> tuple[Event, ...]:
    """Do what a script lets happen beside the conversation."""
    if event.do == "pause":
        return pausing.pause(state, known, today=today)
    if event.do == "resume":
        return pausing.resume(state, known, today=today)
    if state.current is None:
        return ()
    own = state.unit(state.current)
    demand = state.asked.demand if state.asked else None
    if event.do == "delegate":
        return (Delegated(own.id, Delegation("a colleague", demand if own.answered else None)),)
    return (Shown(own.id, _uploaded(own, demand, today)),)


def _uploaded(own: UnitState, demand: str | None, today: date) -> Evidence:
    """Take the item that was asked for as handed in, with the day that was last named for it."""
    unit = unit_of(own.id)
    request = own.requests[-1] if own.requests else None
    wanted = (request.demand if request else None) or demand or (unit.core[0].id if unit else "")
    named = [one.when for one in own.claims if wanted in one.demands and one.when is not None]
    item = unit.demand(wanted) if unit else None
    return Evidence(
        ref=request.item if request else f"upload: {item.evidence[0] if item else wanted}",
        kind=EvidenceKind.RECORD if item and item.shows == "operation" else EvidenceKind.DOCUMENT,
        date=max(named, default=None),
        seen=True,
        demands=(wanted,),
        by="upload",
    )


def outcome(state: InterviewState, today: date) -> Outcome:
    """Give what an interview came to, unit by unit in the order of the plan."""
    more = [one.id for one in state.units if one.id not in state.plan]
    return Outcome(
        units=[_unit_out(state.unit(one), today) for one in (*state.plan, *more) if unit_of(one)],
        parking_lot=list(state.parking_lot),
        paused=state.paused,
        transcript=[LineOut(role=_role(one.role), text=one.text) for one in state.transcript],
    )


def _role(role: str) -> Literal["assistant", "respondent"]:
    return "assistant" if role == "assistant" else "respondent"


def judgement_of(own: UnitState, today: date) -> Judgement:
    """Give the proposed verdict, or "not assessed" with what is known so far."""
    if own.proposal is not None:
        return own.proposal
    unit = unit_of(own.id)
    assert unit is not None  # noqa: S101  asked for planned and known units only
    open_ = replace(own, skipped=True)
    found = judge(unit, open_, today, final=False)
    bare = UnitState(own.id, asked=own.asked, delegations=own.delegations, skipped=own.skipped)
    reason = judge(unit, bare, today, final=False, stopped=True).reason
    return Judgement(
        found.verdict,
        found.basis,
        found.confidence,
        reason,
        found.demands,
        found.missing,
        None,
        None,
    )


def _unit_out(own: UnitState, today: date) -> UnitOut:
    judged = judgement_of(own, today)
    return UnitOut(
        unit=own.id,
        verdict=judged.verdict.value,
        basis=judged.basis,
        confidence=judged.confidence,
        reason=judged.reason,
        demands=[DemandOut(id=one.id, met=one.met.value) for one in judged.demands],
        missing=list(judged.missing),
        claims=[ClaimOut(text=one.text, kind=one.kind.value, said=one.said) for one in own.claims],
        evidence=[
            EvidenceOut(
                ref=one.ref,
                kind=one.kind.value,
                date=one.date.isoformat() if one.date else None,
                seen=one.seen,
            )
            for one in own.evidence
        ],
        evidence_requests=[
            RequestOut(
                item=one.item, from_=one.source, due=one.due.isoformat() if one.due else None
            )
            for one in own.requests
        ],
        contradictions=[ContradictionOut(a=one.a, b=one.b) for one in own.contradictions],
        severity_candidate=judged.severity.value if judged.severity else None,
        maturity=judged.maturity,
        delegated_to=own.delegations[-1].to if own.delegations else None,
        followups=own.followups,
        flags=list(own.flags),
    )
