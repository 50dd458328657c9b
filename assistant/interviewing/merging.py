"""Several interviews about one unit → one proposal, or a conflict that nobody may smooth over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.domain.assessment import AssessmentState, UnitResult
from assistant.domain.interview import (
    ClaimKind,
    Contradiction,
    Evidence,
    InterviewState,
    Judgement,
    Met,
    UnitState,
    Verdict,
)
from assistant.interviewing.judging import demand_states, fitting, is_current, judge
from knowledge.demands import Demand, Unit, units


def results(
    assessment: AssessmentState, interviews: Sequence[InterviewState], today: date
) -> tuple[UnitResult, ...]:
    """Give every unit of the assessment's plan, in its order."""
    plan = assessment.setup.units if assessment.setup else ()
    more = [one.id for state in interviews for one in state.units if one.id not in plan]
    known = units()
    names = [one for one in dict.fromkeys([*plan, *more]) if one in known]
    return tuple(result(known[one], assessment, interviews, today) for one in names)


def result(
    unit: Unit, assessment: AssessmentState, interviews: Sequence[InterviewState], today: date
) -> UnitResult:
    """Put together what was said and shown about one unit."""
    spoken = [
        (state, own)
        for state in interviews
        if (own := state.unit(unit.id)).claims or own.evidence or own.asked or own.proposal
    ]
    added = tuple(one.evidence for one in assessment.added if one.unit == unit.id)
    together = _together(unit.id, [own for _, own in spoken], added)
    clash = _conflict(unit, spoken, together, today)
    proposed = _proposed(unit, spoken, together, added, today)
    routed = ""
    if clash is not None:
        demand = unit.demand(clash.demand or "") or unit.core[0]
        routed = f"Please show the last case ({demand.evidence[0]}): {demand.ask}"
        proposed = replace(
            proposed,
            verdict=Verdict.NOT_ASSESSED,
            reason="Two respondents contradict each other; the verdict is withheld until it is shown.",
            severity=None,
            maturity=None,
            confidence="low",
        )
    return UnitResult(
        unit=unit.id,
        proposed=proposed,
        respondents=tuple(dict.fromkeys(state.respondent.name for state, _ in spoken)),
        conflict=clash,
        routed=routed,
        decided=assessment.decision(unit.id),
        quotes=tuple(
            (state.respondent.name, one.said) for state, own in spoken for one in own.claims
        ),
        evidence=together.evidence,
    )


def _together(unit: str, states: Sequence[UnitState], added: tuple[Evidence, ...]) -> UnitState:
    if not states:
        return UnitState(unit, evidence=added, answered=bool(added))
    first = states[0]
    return replace(
        first,
        asked=any(one.asked for one in states),
        answered=any(one.answered for one in states) or bool(added),
        claims=tuple(claim for one in states for claim in one.claims),
        evidence=(*(item for one in states for item in one.evidence), *added),
        requests=tuple(request for one in states for request in one.requests),
        contradictions=tuple(clash for one in states for clash in one.contradictions),
        delegations=tuple(one for state in states for one in state.delegations),
        asked_demands=tuple(name for one in states for name in one.asked_demands),
        followups=max(one.followups for one in states),
        unknowns=min(one.unknowns for one in states),
        flags=tuple(dict.fromkeys(flag for one in states for flag in one.flags)),
        skipped=all(one.skipped for one in states),
        exclusion=next((one.exclusion for one in states if one.exclusion), None),
        exclusion_reason=next((one.exclusion_reason for one in states if one.exclusion), ""),
        proposal=None,
    )


def _proposed(
    unit: Unit,
    spoken: Sequence[tuple[InterviewState, UnitState]],
    together: UnitState,
    added: tuple[Evidence, ...],
    today: date,
) -> Judgement:
    settled = [own.proposal for _, own in spoken if own.proposal is not None]
    if len(settled) == 1 and len(spoken) == 1 and not added:
        return settled[0]
    if not settled and spoken and not added:
        open_ = replace(together, skipped=True)
        found = judge(unit, open_, today, final=False)
        return replace(found, reason="Not through yet.", severity=None, maturity=None)
    if together.claims or together.evidence or settled:
        derived = next((one for one in settled if "To be confirmed" in one.reason), None)
        if derived is not None and not together.claims and not together.evidence:
            return derived
        found = judge(unit, together, today)
        return _surer(found, spoken)
    return judge(unit, together, today, stopped=True)


def _surer(found: Judgement, spoken: Sequence[tuple[InterviewState, UnitState]]) -> Judgement:
    """Two consistent claims by independent people raise confidence to medium, not the verdict."""
    names = {state.respondent.name for state, own in spoken if own.claims}
    if len(names) > 1 and found.confidence == "low" and found.verdict is not Verdict.NOT_ASSESSED:
        return replace(found, confidence="medium")
    return found


def _conflict(
    unit: Unit,
    spoken: Sequence[tuple[InterviewState, UnitState]],
    together: UnitState,
    today: date,
) -> Contradiction | None:
    """Find a demand that one respondent says is met and another that it is not, with nothing shown."""
    for demand in unit.demands:
        if any(is_current(one, today) for one in fitting(demand, together.evidence)):
            continue  # evidence wins over talk
        says = _words(unit, demand, spoken, today, {Met.YES, Met.PARTLY})
        denies = _words(unit, demand, spoken, today, {Met.NO})
        for name, words in says:
            other = next((pair for pair in denies if pair[0] != name), None)
            if other is not None:
                return Contradiction(
                    f"{name}: {words}", f"{other[0]}: {other[1]}", "respondents", demand.id
                )
    return None


def _words(
    unit: Unit,
    demand: Demand,
    spoken: Sequence[tuple[InterviewState, UnitState]],
    today: date,
    wanted: set[Met],
) -> list[tuple[str, str]]:
    found = []
    for state, own in spoken:
        claims = [one for one in own.claims if demand.id in one.demands]
        if not any(
            one.kind in {ClaimKind.IS, ClaimKind.DENIED, ClaimKind.PLANNED} for one in claims
        ):
            continue
        met = next(one for one in demand_states(unit, own, today) if one.id == demand.id)
        if met.met in wanted:
            found.append((state.respondent.name, met.why))
    return found
