"""One turn of an interview as it is worked out: events are added, and the state follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from assistant.domain.interview import (
    Asked,
    Claim,
    ClaimKind,
    Contradicted,
    Contradiction,
    DemandState,
    Event,
    EvidenceRequest,
    Flagged,
    InterviewState,
    Judgement,
    Met,
    Proposed,
    Requested,
    Severity,
    UnitState,
    Verdict,
    apply,
)
from assistant.interviewing import asking, exclusions, phrases
from assistant.interviewing.asking import Question
from assistant.interviewing.judging import demand_states, fitting, judge
from assistant.interviewing.known import Known
from knowledge.demands import Unit
from knowledge.demands import unit as unit_of

DUE = timedelta(days=14)
"""How long somebody has to bring evidence unless a day is agreed."""


class Turn:
    """Adds events one after the other; `state` is always the fold so far."""

    def __init__(self, state: InterviewState, known: Known, today: date) -> None:
        """Begin a turn on `state`."""
        self.state = state
        self.known = known
        self.today = today
        self.events: list[Event] = []
        self.said: list[str] = []
        """What is said before the next question."""

    def add(self, *events: Event) -> None:
        """Let something happen."""
        for event in events:
            self.events.append(event)
            self.state = apply(self.state, event)

    def say(self, text: str) -> None:
        """Say something before the next question."""
        if text and text not in self.said:
            self.said.append(text)

    def unit(self, name: str) -> Unit | None:
        """Give a unit, with no more of it than was handed to this respondent."""
        found = unit_of(name)
        part = {demand for one, demand in self.state.parts if one == name}
        if found is None or not part:
            return found
        kept = tuple(
            one.model_copy(update={"core": True}) for one in found.demands if one.id in part
        )
        return replace(found, demands=kept, opening=kept[0].ask, probes=()) if kept else found

    def own(self, unit: Unit | str) -> UnitState:
        """Give a unit's state as it is now."""
        return self.state.unit(unit if isinstance(unit, str) else unit.id)

    def ask(self, question: Question, unit: Unit, *, followup: bool) -> None:
        """Ask, with all that was to be said before."""
        self.add(asking.spoken(question, unit.id, followup=followup, before=" ".join(self.said)))
        self.said.clear()

    def interim(self, unit: Unit) -> tuple[DemandState, ...]:
        """Say how far each demand is met before the unit is through."""
        return demand_states(unit, self.own(unit), self.today, final=False)

    def go_on(self, unit: Unit, heard: str = "", *, passes_on: bool = False) -> None:
        """Ask on about a unit, or settle it and open the next."""
        question = asking.next_question(
            unit, self.state, self.interim(unit), heard, passes_on=passes_on
        )
        if question is not None:
            self.ask(question, unit, followup=True)
            return
        self.settle(unit)
        self.open_next()

    def settle(self, unit: Unit, *, stopped: bool = False) -> None:
        """Propose a verdict, with requests for what is claimed and not shown."""
        self._against_the_soa(unit)
        self._request_what_lacks(unit)
        judgement = judge(unit, self.own(unit), self.today, stopped=stopped)
        before = self.own(unit).proposal
        self.add(Proposed(unit.id, judgement))
        if before is None or before.verdict is not judgement.verdict:
            self.say(phrases.say_back(self.own(unit), judgement))
        if judgement.verdict is Verdict.GAP:
            self._derive(unit, judgement)

    def open_next(self) -> None:
        """Open the next unit of the plan, or close with the last summary."""
        following = next((one for one in self.state.plan if not self._is_done(one)), None)
        known = self.unit(following) if following else None
        if known is None:
            self.add(
                Asked(
                    text=" ".join([*self.said, "Those were all units. " + _LAST]).strip(),
                    question="",
                    unit=None,
                    style="end",
                )
            )
            self.said.clear()
            return
        test = exclusions.to_test(known, self.state, self.known)
        if test is not None:
            self.ask(test, known, followup=False)
            return
        self.ask(asking.opening(known, self.state, self.known), known, followup=False)

    def _is_done(self, unit_id: str) -> bool:
        own = self.state.unit(unit_id)
        return own.settled or own.delegation(None) is not None

    def _request_what_lacks(self, unit: Unit) -> None:
        own = self.own(unit)
        for one, demand in zip(self.interim(unit), unit.demands, strict=True):
            if one.met is not Met.PARTLY or fitting(demand, own.evidence):
                continue
            if any(request.demand == demand.id for request in own.requests):
                continue
            if demand.id not in {name for claim in own.claims for name in claim.demands}:
                continue  # only shown by another demand's answer
            source = self.state.respondent.name or None
            self.add(
                Requested(
                    unit.id,
                    EvidenceRequest(demand.evidence[0], source, self.today + DUE, demand.id),
                )
            )

    def _against_the_soa(self, unit: Unit) -> None:
        """A denied core against "implemented" in the SoA is a contradiction to show."""
        fact = self.known.unit(unit.id).soa
        if fact is None or fact.status != "implemented" or fact.applicable != "yes":
            return
        for one, demand in zip(self.interim(unit), unit.demands, strict=True):
            if demand.core and one.met is Met.NO:
                said = f"SoA {fact.version}, {fact.row}: implemented".replace("SoA ,", "SoA,")
                self.add(Contradicted(unit.id, Contradiction(said, one.why, "soa", None)))
                return

    def _derive(self, unit: Unit, judgement: Judgement) -> None:
        """A missing core leaves other units without a footing: a gap there too, to be confirmed."""
        core = {one.id for one in unit.core}
        lost = next(
            (one for one in judgement.demands if one.id in core and one.met is Met.NO), None
        )
        if lost is None:
            return
        for name in unit.derives:
            other = unit_of(name)
            if other is None or self.own(name).asked or self.own(name).settled:
                continue
            self.add(Flagged(name, "derived"), Flagged(name, "to_be_confirmed"))
            self.add(Proposed(name, _derived(other, unit, lost)))
            self.say(
                f"By the same answer {phrases.unit_title(name)} is a gap too, to be confirmed."
            )


_LAST = "Is that a fair summary, or did I get something wrong?"


def _derived(other: Unit, unit: Unit, lost: DemandState) -> Judgement:
    return Judgement(
        verdict=Verdict.GAP,
        basis="claim",
        confidence="low",
        reason=f'Follows from the answer to {unit.id}: "{lost.why}" To be confirmed.',
        demands=tuple(
            DemandState(one.id, Met.NO if one.core else Met.UNKNOWN, lost.why if one.core else "")
            for one in other.demands
        ),
        missing=tuple(f"not in place: {one.text[0].lower()}{one.text[1:]}" for one in other.core),
        severity=Severity.MAJOR if other.is_clause else Severity.MINOR,
        maturity=0,
    )


def firm(claims: Sequence[Claim]) -> bool:
    """Tell whether anything is said to be so."""
    return any(one.kind is ClaimKind.IS for one in claims)
