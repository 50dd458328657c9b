"""The next question about a unit: the weakest part, in words that were not used before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.domain.interview import (
    Asked,
    ClaimKind,
    Contradiction,
    DemandState,
    InterviewState,
    Met,
    UnitState,
)
from assistant.interviewing.judging import FOLLOW_UPS, UNKNOWNS, fitting
from assistant.interviewing.known import DocumentRule, Known
from assistant.interviewing.matching import matches
from knowledge.demands import LONGEST_QUESTION, Demand, Unit

_ASKED_ABOUT = frozenset({"answers", "document"})
"""Contradictions that the respondent can resolve; one question for each demand."""
QUICK_FOLLOW_UPS = 1
"""Follow-ups per unit in a quick interview."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what it asks about and why it is asked now."""

    text: str
    demand: str | None
    style: str
    before: str = ""
    """What is said before it: a quote, an acknowledgement."""

    @property
    def whole(self) -> str:
        """Give what is said, question included."""
        return f"{self.before} {self.text}".strip()


def opening(unit: Unit, state: InterviewState, known: Known) -> Question:
    """Open a unit: with what a document says, else with the unit's open question."""
    rule = _telling_rule(unit, known)
    if rule is not None:
        return Question(
            fresh(
                state,
                "What does that look like in practice, when was the last time, and where is it "
                "recorded?",
                f"How is that done in practice ({unit.title}), when last, and with which record?",
                f"For {unit.title}: how is this lived, when was it done last, and what shows it?",
            ),
            rule.demand,
            "open",
            f"Your {rule.label} says: “{rule.quote}”",
        )
    done = state.unit(unit.id)
    if done.claims:  # something was said about it in advance
        for demand in weakest(unit, done, ()):
            return Question(fresh(state, *wordings(unit, demand)), demand.id, "open")
    return Question(fresh(state, unit.opening, *wordings(unit, unit.core[0])), None, "open")


def _telling_rule(unit: Unit, known: Known) -> DocumentRule | None:
    rules = [one for one in known.unit(unit.id).rules if one.period is not None]
    return rules[0] if rules else None


def next_question(
    unit: Unit,
    state: InterviewState,
    demands: tuple[DemandState, ...],
    heard: str,
    *,
    passes_on: bool = False,
) -> Question | None:
    """Choose the next question about a unit, or None where it can be settled.

    `heard` is the reply just given; `passes_on` says that a provider or department does it."""
    own = state.unit(unit.id)
    limit = QUICK_FOLLOW_UPS if state.depth == "quick" else FOLLOW_UPS
    if own.followups >= limit or own.unknowns >= UNKNOWNS:
        return None
    if (clash := _unasked_contradiction(own)) is not None:
        return _which_is_right(clash, state)
    if called := _called_for(unit, own, state, heard):
        return called
    met = {one.id: one.met for one in demands}
    by_id = {one.id: one for one in unit.demands}
    lost = [one for one in unit.core if met[one.id] is Met.NO]
    if lost:
        return _today(lost[0], own, state)
    if passes_on and "who_checks" not in own.styles:
        return _who_checks(unit, own, state, met)
    open_core = [one for one in unit.core if met[one.id] is Met.UNKNOWN and _may_ask(own, one)]
    if open_core:
        return _about(unit, open_core[0], state)
    if part := _core_without_proof(unit, own, state, met):
        return part
    if rhythm := _last_time(unit, own, state, met):
        return rhythm
    if _cannot_conform(own, met) and state.depth != "full":
        return None
    for demand in weakest(unit, own, demands):
        if met[demand.id] is Met.UNKNOWN and _may_ask(own, demand):
            return _about(unit, demand, state)
    return _undated(own, state, by_id, met) or _last_piece(unit, own, state, met)


def _may_ask(own: UnitState, demand: Demand) -> bool:
    """A demand is asked about twice at most, and never once it is with a colleague."""
    return own.asked_demands.count(demand.id) < 2 and own.delegation(demand.id) is None


def weakest(unit: Unit, own: UnitState, demands: tuple[DemandState, ...]) -> Iterator[Demand]:
    """Yield demands in the order of asking: core first, then those that the unit's probes are about."""
    met = {one.id: one.met for one in demands}
    probed = [demand for demand, _ in _probes(unit)]
    order = [
        *unit.core,
        *(one for name in probed if (one := unit.demand(name)) and not one.core),
        *(one for one in unit.demands if not one.core and one.id not in probed),
    ]
    claimed = {name for claim in own.claims for name in claim.demands}
    yield from (
        one
        for one in order
        if met.get(one.id, Met.UNKNOWN) is Met.UNKNOWN and one.id not in claimed
    )
    yield from (one for one in order if one.id in claimed and met.get(one.id) is not Met.YES)


@lru_cache(maxsize=256)
def _probes(unit: Unit) -> tuple[tuple[str, str], ...]:
    """Say which demand each probe of a unit is about."""
    found = []
    for probe in unit.probes:
        ranked = sorted(matches(unit, probe), key=lambda one: (-one.strength, one.demand))
        if ranked and ranked[0].strength > 0.3:
            found.append((ranked[0].demand, probe))
    return tuple(found)


def wordings(unit: Unit, demand: Demand) -> tuple[str, ...]:
    """Give the ways to ask about a demand, the best first; enough that none is used twice."""
    about = demand.text[0].lower() + demand.text[1:]
    probes = [_as_question(probe) for name, probe in _probes(unit) if name == demand.id]
    return (
        demand.ask,
        *probes,
        "Take the most recent case: who did what, when, and what is left of it "
        f"({demand.evidence[0]})?",
        _short(
            f"How would I see for myself that {about}?",
            f"What would show me this: {demand.evidence[0]}?",
        ),
        f"What can you tell me about this in your own words: {demand.evidence[0]}?",
    )


@lru_cache(maxsize=256)
def opening_demand(unit: Unit) -> Demand:
    """Say which demand a unit's opening is mostly about; the first core one where it is open."""
    ranked = sorted(matches(unit, unit.opening), key=lambda one: -one.strength)
    best = unit.demand(ranked[0].demand) if ranked and ranked[0].strength >= 0.5 else None
    return best or unit.core[0]


def _as_question(probe: str) -> str:
    return probe if probe.endswith("?") else f"{probe.rstrip('.')}: what would I see?"


def _short(text: str, otherwise: str) -> str:
    return text if len(text.split()) <= LONGEST_QUESTION else otherwise


def fresh(state: InterviewState, *ways: str) -> str:
    """Give the first way of asking that was not used yet; numbered words if all were."""
    used = {one.casefold() for one in state.questions}
    for way in ways:
        if way.casefold() not in used:
            return way
    last = ways[-1].rstrip("?")
    for count in range(2, 100):
        way = f"{last} (asked another way, {count})?"
        if way.casefold() not in used:
            return way
    return ways[-1]


def _about(unit: Unit, demand: Demand, state: InterviewState) -> Question:
    return Question(fresh(state, *wordings(unit, demand)), demand.id, "follow_up")


def _unasked_contradiction(own: UnitState) -> Contradiction | None:
    asked = sum(one == "contradiction" for one in own.styles)
    first = {one.demand: one for one in reversed(own.contradictions) if one.where in _ASKED_ABOUT}
    open_ = [one for one in own.contradictions if first.get(one.demand) is one]
    return open_[asked] if asked < len(open_) else None


def _which_is_right(clash: Contradiction, state: InterviewState) -> Question:
    first, second = _cut(clash.a), _cut(clash.b)
    if clash.where == "answers":
        said = f"You said “{first}”, and also “{second}”."
    else:
        said = f"{first} And you said “{second}”."
    return Question(
        fresh(
            state,
            "Which of the two is right?",
            "Which one holds in practice?",
            "How do these two go together?",
            f"Which is so: “{second}” or the other?",
        ),
        clash.demand,
        "contradiction",
        said,
    )


def _cut(text: str, words: int = 24) -> str:
    parts = text.split()
    return text if len(parts) <= words else " ".join(parts[:words]) + " …"


def _called_for(unit: Unit, own: UnitState, state: InterviewState, heard: str) -> Question | None:
    for one in unit.asked_when:
        match = re.search(one.pattern, heard, re.IGNORECASE)
        if match:
            named = next((value for value in match.groupdict().values() if value), "This")
            text = one.ask.format(named=named)
            if text not in state.questions:
                before, _, ask = text.rpartition(". ")
                return Question(ask, one.demand, "follow_up", f"{before}." if before else "")
    return None


def _today(demand: Demand, own: UnitState, state: InterviewState) -> Question | None:
    """A plan is no practice: ask once what there is today. A plain denial needs no more."""
    claims = [one for one in own.claims if demand.id in one.demands]
    planned = any(one.kind is ClaimKind.PLANNED for one in claims)
    if not planned or "today" in own.styles:
        return None
    return Question(
        fresh(
            state,
            "What is in place today, who does it, and since when?",
            f"Until then, what is done today about this: {demand.evidence[0]}?",
        ),
        demand.id,
        "today",
        "A plan is noted as a plan.",
    )


def _who_checks(unit: Unit, own: UnitState, state: InterviewState, met: dict[str, Met]) -> Question:
    demand = next((one for one in unit.core if met[one.id] is not Met.YES), unit.core[0])
    return Question(
        fresh(
            state,
            "Who on your side checks that, when was the last time, and what is kept of it?",
            f"Who in your own organisation answers for this ({unit.title}), and what do they look at?",
        ),
        demand.id,
        "who_checks",
    )


def _core_without_proof(
    unit: Unit, own: UnitState, state: InterviewState, met: dict[str, Met]
) -> Question | None:
    """Ask to be shown what carries the unit, unless something was named, offered or refused."""
    for demand in unit.core:
        if met[demand.id] is not Met.PARTLY or fitting(demand, own.evidence):
            continue
        if own.delegation(demand.id) is not None:
            continue
        claims = [one for one in own.claims if demand.id in one.demands]
        if not claims:
            continue  # shown by the answer to another demand
        loose = all(one.vague or one.hedged for one in claims)
        if loose and demand.id not in own.asked_demands:
            return _about(unit, demand, state)
        spoken = any(one.demand == demand.id for one in own.requests)
        if spoken or {"show_me", "last_time"} & set(own.styles) or "evidence_refused" in own.flags:
            continue
        return Question(
            fresh(
                state,
                f"May I see something of it (say, {demand.evidence[0]}), with its date and "
                "where it is kept?",
                f"What can be shown for that ({demand.evidence[-1]}), and which date does it carry?",
            ),
            demand.id,
            "show_me",
        )
    return None


def _cannot_conform(own: UnitState, met: dict[str, Met]) -> bool:
    """Tell whether nothing that could still be said would make the unit conform."""
    if any(one is Met.NO for one in met.values()):
        return True
    return any(one.where == "answers" for one in own.contradictions)


def _last_time(
    unit: Unit, own: UnitState, state: InterviewState, met: dict[str, Met]
) -> Question | None:
    """A frequency is only a rule until the last time is known."""
    for demand in unit.demands:
        claims = [one for one in own.claims if demand.id in one.demands]
        told = any(one.when for one in claims) or fitting(demand, own.evidence)
        if met[demand.id] is not Met.PARTLY or told or not any(one.period for one in claims):
            continue
        if demand.id in own.asked_demands and "last_time" in own.styles:
            continue
        if "evidence_refused" in own.flags:
            continue
        said = next(one.said for one in claims if one.period)
        return Question(
            fresh(
                state,
                "When was the last time, and where is it recorded?",
                f"When was it last done ({demand.evidence[0]}), and what is kept of it?",
                *wordings(unit, demand),
            ),
            demand.id,
            "last_time",
            f"You said “{_cut(said, 12).rstrip('.')}”.",
        )
    return None


def _last_piece(
    unit: Unit, own: UnitState, state: InterviewState, met: dict[str, Met]
) -> Question | None:
    """Somebody who shows things is asked for the one piece that keeps the unit from conforming."""
    if not own.evidence or own.styles.count("show_me") >= 2 or "evidence_refused" in own.flags:
        return None
    for demand in unit.demands:
        claims = [one for one in own.claims if demand.id in one.demands]
        if met[demand.id] is not Met.PARTLY or not claims or any(one.part for one in claims):
            continue
        if any(one.demand == demand.id for one in own.requests) or own.delegation(demand.id):
            continue
        if demand.id in own.asked_demands and "show_me" in own.styles:
            continue
        return Question(
            fresh(
                state,
                f"Which record shows that it was done ({demand.evidence[0]}), and of which date?",
                f"May I see {demand.evidence[-1]}, with its date?",
                *wordings(unit, demand),
            ),
            demand.id,
            "show_me",
        )
    return None


def _undated(
    own: UnitState, state: InterviewState, by_id: dict[str, Demand], met: dict[str, Met]
) -> Question | None:
    for one in own.evidence:
        if one.date is None and any(met.get(name) is Met.PARTLY for name in one.demands):
            text = f"Which date does {one.ref} carry?"
            if text not in state.questions:
                return Question(text, one.demands[0], "date")
    return None


def spoken(question: Question, unit: str, *, followup: bool, before: str = "") -> Asked:
    """Make the event of a question being asked."""
    text = f"{before} {question.whole}".strip()
    return Asked(text, question.text, unit, question.demand, question.style, followup)
