"""Verdicts by rules from claims and evidence: the same inputs give the same verdict, always.

The assistant proposes what comes out here; a named assessor decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from assistant.domain.interview import (
    Claim,
    ClaimKind,
    Contradiction,
    DemandState,
    Evidence,
    EvidenceKind,
    Judgement,
    Met,
    UnitState,
    Verdict,
)
from assistant.interviewing.grading import confidence, maturity, severity
from assistant.interviewing.language import is_scoped, limits
from assistant.interviewing.matching import matches
from knowledge.demands import Demand, Unit

REVIEW_PERIOD = timedelta(days=365)
"""Evidence older than this shows how things were."""
FOLLOW_UPS = 4
"""Questions after the opening before a unit is settled on what is known."""
UNKNOWNS = 2
"""How often "I don't know" ends a unit."""


def judge(
    unit: Unit, state: UnitState, today: date, *, final: bool = True, stopped: bool = False
) -> Judgement:
    """Set the verdict on a unit from what was said and shown.

    `final`: no more will be asked; until then a core demand that nothing was said about stays
    unknown. `stopped`: the respondent left before the unit was through."""
    demands = demand_states(unit, state, today, final=final)
    verdict = _verdict(unit, state, demands, today, final=final, stopped=stopped)
    missing = _missing(unit, state, demands, today)
    basis = _basis(state)
    return Judgement(
        verdict=verdict,
        basis=basis,
        confidence=confidence(verdict, state, demands),
        reason=_reason(unit, state, demands, verdict, missing),
        demands=demands,
        missing=missing if verdict is not Verdict.NOT_APPLICABLE else (),
        severity=severity(unit, state, verdict, demands),
        maturity=maturity(state, verdict, demands, basis),
    )


def demand_states(
    unit: Unit, state: UnitState, today: date, *, final: bool = True
) -> tuple[DemandState, ...]:
    """Say of each demand whether it is met, and the words or evidence that decide it."""
    found = {one.id: _of_demand(unit, one, state, today, final=final) for one in unit.demands}
    for demand in unit.demands:
        shown = found[demand.id]
        if shown.met not in {Met.YES, Met.PARTLY}:
            continue
        for other in demand.implies:
            if other in found and found[other].met is Met.UNKNOWN:
                found[other] = DemandState(other, shown.met, shown.why)
    for demand in unit.demands:  # a denial of what rests on another says that the other is there
        if found[demand.id].met is Met.NO:
            for other in demand.implies:
                if found[other].met is Met.UNKNOWN:
                    found[other] = DemandState(other, Met.PARTLY, found[demand.id].why)
    return tuple(found.values())


def _of_demand(
    unit: Unit, demand: Demand, state: UnitState, today: date, *, final: bool
) -> DemandState:
    claims = [one for one in state.claims if demand.id in one.demands]
    evidence = fitting(demand, state.evidence)
    denied = [one for one in claims if one.kind is ClaimKind.DENIED]
    says = [one for one in claims if _affirms(one, demand)]
    if denied:
        return _denied(unit, demand, denied, says, evidence, today)
    against = [
        one
        for one in state.contradictions
        if one.demand == demand.id and one.where != "respondents"
    ]
    if says or evidence:
        why = evidence[0].ref if evidence else says[-1].said
        if (
            _is_shown(demand, state, says, evidence, today)
            and not against
            and not _is_left_open(demand, state, evidence, today)
        ):
            return DemandState(demand.id, Met.YES, why)
        return DemandState(demand.id, Met.PARTLY, why)
    if planned := [one for one in claims if one.kind is ClaimKind.PLANNED]:
        return DemandState(demand.id, Met.NO, planned[-1].said)
    if wished := [one for one in claims if one.kind is ClaimKind.SHOULD]:
        asked = final and demand.id in state.asked_demands
        return DemandState(demand.id, Met.NO if asked else Met.UNKNOWN, wished[-1].said)
    return DemandState(demand.id, Met.UNKNOWN, "")


def _is_left_open(
    demand: Demand, state: UnitState, evidence: Sequence[Evidence], today: date
) -> bool:
    """Tell whether the respondent does not know, or points to somebody else, and nothing shows it."""
    doubted = (one for one in state.claims if one.kind is ClaimKind.UNKNOWN and one.part)
    if any(demand.id in one.demands for one in doubted):
        return True  # doubt about what was shown, said against the summary
    if any(is_current(one, today) for one in evidence):
        return False
    unsure = any(one.kind is ClaimKind.UNKNOWN and demand.id in one.demands for one in state.claims)
    return unsure or state.delegation(demand.id) is not None


def _affirms(claim: Claim, demand: Demand) -> bool:
    """A rule that says "must" is itself the design; for a practice it shows nothing."""
    if claim.kind is ClaimKind.IS:
        return True
    return claim.kind is ClaimKind.SHOULD and demand.shows == "design"


def _denied(
    unit: Unit,
    demand: Demand,
    denied: Sequence[Claim],
    says: Sequence[Claim],
    evidence: Sequence[Evidence],
    today: date,
) -> DemandState:
    why = denied[-1].said
    named = any(
        one.negations
        for claim in denied
        for one in matches(unit, claim.said)
        if one.demand == demand.id
    )
    firm = [one for one in says if not one.vague and not one.hedged and not one.loose]
    shown = [one for one in evidence if is_current(one, today)]
    if all(is_scoped(one.said) for one in denied) and (says or shown):
        return DemandState(demand.id, Met.PARTLY, why)
    if any(one.part for one in denied) and not named and (says or shown):
        return DemandState(demand.id, Met.PARTLY, why)
    if shown or (firm and not named):
        return DemandState(demand.id, Met.PARTLY, why)
    return DemandState(demand.id, Met.NO, why)


def _is_shown(
    demand: Demand,
    state: UnitState,
    says: Sequence[Claim],
    evidence: Sequence[Evidence],
    today: date,
) -> bool:
    """Tell whether a demand is met and not only claimed, and for all it covers."""
    planned = [
        one
        for one in state.claims
        if one.kind is ClaimKind.PLANNED and one.part and demand.id in one.demands
    ]
    if any(one.part for one in (*says, *planned)):
        return False
    evidence = [one for one in evidence if not _is_doubtful(one, state)]
    current = [one for one in evidence if is_current(one, today)]
    if demand.shows == "operation":
        current = [one for one in current if one.kind is not EvidenceKind.DOCUMENT]
    if current:
        return True
    elsewhere = [
        one for one in state.evidence if is_current(one, today) and not _is_doubtful(one, state)
    ]
    if demand.shows == "operation":
        elsewhere = [one for one in elsewhere if one.kind is not EvidenceKind.DOCUMENT]
    firm = [
        one
        for one in says
        if not one.vague and not one.hedged and not one.loose and one.kind is ClaimKind.IS
    ]
    return bool(elsewhere and firm)


def _is_doubtful(evidence: Evidence, state: UnitState) -> bool:
    """Tell whether a thing that nobody has seen was only named with a hedge: "OPS-771, I think"."""
    if evidence.seen or evidence.by:
        return False
    ref = evidence.ref.split(" v")[0]
    naming = [one for one in state.claims if ref in one.said]
    return bool(naming) and all(one.hedged for one in naming)


def fitting(demand: Demand, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Give the evidence that is tied to a demand."""
    return tuple(one for one in evidence if demand.id in one.demands)


def is_current(evidence: Evidence, today: date) -> bool:
    """Tell whether evidence is dated and not older than the review period."""
    return evidence.date is not None and today - REVIEW_PERIOD <= evidence.date <= today


def _verdict(
    unit: Unit,
    state: UnitState,
    demands: Sequence[DemandState],
    today: date,
    *,
    final: bool,
    stopped: bool,
) -> Verdict:
    met = {one.id: one.met for one in demands}
    if state.exclusion in {"kept", "provisional"}:
        return Verdict.NOT_APPLICABLE
    if state.skipped or "sensitive" in state.flags:
        return Verdict.NOT_ASSESSED
    core = [met[one.id] for one in unit.core]
    if Met.NO in core:
        return Verdict.GAP
    if all(one is Met.YES for one in met.values()) and _has_proof(unit, state, today):
        return Verdict.CONFORMS
    if any(one in {Met.YES, Met.PARTLY} for one in met.values()):
        return Verdict.PARTIAL
    if stopped or state.delegation(None) or not state.asked:
        return Verdict.NOT_ASSESSED
    if final and any(one is Met.NO for one in met.values()):
        return Verdict.GAP  # what was said is that things are missing, and nothing that is there
    return _nothing(state, final=final)


def _nothing(state: UnitState, *, final: bool) -> Verdict:
    """Judge a unit whose core nobody spoke to: a gap only once the follow-ups are used up."""
    if state.unknowns >= UNKNOWNS or not final or state.exclusion:
        return Verdict.NOT_ASSESSED
    return Verdict.GAP if state.followups >= FOLLOW_UPS else Verdict.NOT_ASSESSED


def _has_proof(unit: Unit, state: UnitState, today: date) -> bool:
    """One fitting, dated piece; where something has to be done, a record of its being done."""
    current = [one for one in state.evidence if is_current(one, today)]
    if any(one.shows == "operation" for one in unit.demands):
        current = [one for one in current if one.kind is not EvidenceKind.DOCUMENT]
    return bool(current)


def _basis(state: UnitState) -> str:
    kinds = {one.kind for one in state.evidence}
    found = [
        name
        for name, wanted in (
            ("document", {EvidenceKind.DOCUMENT}),
            ("record", {EvidenceKind.RECORD, EvidenceKind.LINK}),
            ("observation", {EvidenceKind.OBSERVATION}),
        )
        if kinds & wanted
    ]
    return " + ".join(found) or "claim"


def _missing(
    unit: Unit, state: UnitState, demands: Sequence[DemandState], today: date
) -> tuple[str, ...]:
    """Name what is open of each demand, in the demand's own words."""
    found: list[str] = []
    for demand, one in zip(unit.demands, demands, strict=True):
        if one.met is Met.YES:
            continue
        handed = state.delegation(demand.id)
        if handed is not None:
            found.append(f"with {handed.to}: {_lower(demand.text)}")
        elif one.met is Met.NO:
            found.append(f"not in place: {_lower(demand.text)}")
        elif one.met is Met.UNKNOWN:
            found.append(f"not known: {_lower(demand.text)}")
        else:
            found.append(f"{_what_lacks(demand, state, today)}: {_lower(demand.text)}")
    return tuple(found)


def _what_lacks(demand: Demand, state: UnitState, today: date) -> str:
    evidence = fitting(demand, state.evidence)
    claims = [one for one in state.claims if demand.id in one.demands]
    if any(one.demand == demand.id for one in state.contradictions):
        return "contradicted"
    if any(one.part for one in claims):
        return "for a part only"
    if any(one.kind is ClaimKind.DENIED for one in claims):
        return "partly not in place"
    if not evidence:
        return f"no evidence yet ({demand.evidence[0]})"
    if all(one.date is None for one in evidence):
        return "evidence without a date"
    if not any(is_current(one, today) for one in evidence):
        return "evidence older than twelve months"
    if all(_is_doubtful(one, state) for one in evidence):
        return f"evidence named with a hedge and not seen ({evidence[0].ref})"
    return f"shown by a document only, no record of it being done ({demand.evidence[0]})"


def _reason(
    unit: Unit,
    state: UnitState,
    demands: Sequence[DemandState],
    verdict: Verdict,
    missing: Sequence[str],
) -> str:
    by_id = {one.id: one for one in demands}
    if verdict is Verdict.NOT_APPLICABLE:
        return state.exclusion_reason
    if verdict is Verdict.NOT_ASSESSED:
        return _why_not_assessed(state)
    if verdict is Verdict.CONFORMS:
        shown = ", ".join(_evidence_words(one) for one in state.evidence[:3])
        return f"All demands are met, shown by {shown}."
    if verdict is Verdict.GAP:
        lost = next((one for one in unit.core if by_id[one.id].met is Met.NO), None)
        if lost is None:
            return "After all follow-ups nothing was said or shown that meets the core demand."
        return (
            f"The core demand is not met ({_lower(lost.text)}): "
            f'"{by_id[lost.id].why}"{_aside(state)}'
        )
    first = missing[0] if missing else "evidence"
    have = [one for one in demands if one.met in {Met.YES, Met.PARTLY}]
    against = next((one for one in state.contradictions), None)
    if against is not None:
        return f"Partly in place, and contradicted: {quoted(against)}"
    are = "is" if len(have) == 1 else "are"
    return (
        f"{len(have)} of {len(demands)} demands {are} at least partly in place; {first}."
        f"{_limit_words(state)}"
    )


def _limit_words(state: UnitState) -> str:
    """Say back what a respondent left out of the whole, in the words that said it."""
    said = next(
        (
            one.said.strip(" .,")
            for one in reversed(state.claims)
            if one.demands and (one.part or limits(one.said))
        ),
        None,
    )
    return f" Not for the whole: “{said}”." if said else ""


def _why_not_assessed(state: UnitState) -> str:
    if "sensitive" in state.flags:
        return "Stopped after a sensitive disclosure; it belongs in the reporting channel."
    if state.skipped:
        return "Skipped by the respondent."
    if handed := state.delegation(None):
        when = f", due {handed.due.isoformat()}" if handed.due else ""
        return f"Delegated to {handed.to} and open{when}."
    if state.exclusion == "proposed":
        return "The respondent proposes an exclusion; nothing was said about what is in place."
    if state.unknowns >= UNKNOWNS:
        return "The respondent does not know; somebody who knows has to be asked."
    return "Not answered yet." if state.asked else "Not asked yet."


def quoted(one: Contradiction) -> str:
    """Set both sides side by side."""
    return f'"{one.a}" against "{one.b}"'


def _aside(state: UnitState) -> str:
    return ", and the answers contradict each other." if state.contradictions else "."


def _evidence_words(one: Evidence) -> str:
    return f"{one.ref} ({one.date.isoformat()})" if one.date else one.ref


def _lower(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if first.isupper() and len(first) > 1 else text[0].lower() + text[1:]
