"""Mock audits: the same engine asks as an auditor would, scores three things, and keeps nothing.

Nothing that is said here becomes evidence or a verdict; it is practice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.domain.interview import (
    ClaimKind,
    InterviewState,
    Met,
    Opened,
    Respondent,
    UnitState,
    apply,
    fold,
)
from assistant.interviewing import conversation
from assistant.interviewing.judging import demand_states, is_current, judge
from assistant.interviewing.known import Known
from knowledge.demands import Unit, units

SAID = (
    "This is practice: a certification auditor would ask like this. Nothing you say is kept, and "
    "nothing of it counts as evidence."
)


@dataclass(frozen=True, slots=True)
class Marks:
    """How an answer would have stood, from 0 to 5 each."""

    unit: str
    answer: int
    """Concrete, to the point, and for all that was asked."""
    evidence: int
    """Named, dated, current, and of the kind that shows it."""
    consistency: int
    """With the documents, the SoA and what was said before."""
    verdict: str
    next_question: str
    """What an auditor would ask next."""
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Practice:
    """A mock audit in progress; held in memory only."""

    state: InterviewState
    known: Known
    today: date

    @property
    def says(self) -> str:
        """Give what the auditor said last."""
        return self.state.asked.text if self.state.asked else ""


def begin(plan: Sequence[str], name: str, known: Known, today: date) -> Practice:
    """Begin a mock audit on some units."""
    opened = Opened("mock", Respondent(name), tuple(plan), "full")
    return Practice(fold(conversation.begin(opened, known, today=today)), known, today)


def answer(practice: Practice, reply: str) -> Practice:
    """Take a reply; the next question is in `says`."""
    state = practice.state
    key = f"mock:{state.replies + 1}"
    for event in conversation.answer(state, reply, key, practice.known, today=practice.today):
        state = apply(state, event)
    return Practice(state, practice.known, practice.today)


def marks(practice: Practice) -> tuple[Marks, ...]:
    """Score every unit that something was said about."""
    known = units()
    return tuple(
        _marks(known[own.id], own, practice.today)
        for own in practice.state.units
        if own.id in known and (own.claims or own.evidence)
    )


def _marks(unit: Unit, own: UnitState, today: date) -> Marks:
    states = demand_states(unit, own, today)
    open_ = [
        one for one, state in zip(unit.demands, states, strict=True) if state.met is not Met.YES
    ]
    judged = judge(unit, own, today)
    return Marks(
        unit=unit.id,
        answer=_of_answer(own, [one.met for one in states]),
        evidence=_of_evidence(own, today),
        consistency=max(0, 5 - 3 * len(own.contradictions)),
        verdict=judged.verdict.value,
        next_question=open_[0].ask if open_ else "May I take a second sample of my own choosing?",
        advice=tuple(f"Have ready: {one.evidence[0]}." for one in open_[:3]),
    )


def _of_answer(own: UnitState, met: Sequence[Met]) -> int:
    spoken = sum(one in {Met.YES, Met.PARTLY} for one in met) / len(met)
    says = [one for one in own.claims if one.kind is ClaimKind.IS]
    firm = sum(not one.vague and not one.hedged for one in says) / len(says) if says else 0.0
    return round(5 * (0.6 * spoken + 0.4 * firm))


def _of_evidence(own: UnitState, today: date) -> int:
    if not own.evidence:
        return 1 if own.requests else 0
    current = sum(is_current(one, today) for one in own.evidence)
    return min(5, 2 + current) if current else 2
