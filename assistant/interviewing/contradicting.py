"""Contradictions: an answer against an earlier one, against a document, against the SoA."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from assistant.domain.interview import Claim, ClaimKind, Contradiction, UnitState
from assistant.interviewing.known import DocumentRule, UnitKnown


def found(
    own: UnitState, new: Sequence[Claim], known: UnitKnown, today: date
) -> tuple[Contradiction, ...]:
    """Find what the claims just made contradict. Claims that were corrected count no more."""
    clashes: list[Contradiction] = []
    earlier = [one for one in own.claims if one not in new]
    for claim in new:
        for demand in claim.demands:
            clashes.extend(_of_claim(claim, demand, earlier, new, today))
    for demand in dict.fromkeys(name for one in new for name in one.demands):
        clashes.extend(_with_rules(own, demand, known.rules, new, today))
    told = {one.demand for one in own.contradictions}
    fresh: list[Contradiction] = []
    for one in clashes:
        if one.demand not in told:
            told.add(one.demand)
            fresh.append(one)
    return tuple(fresh)


def _of_claim(
    claim: Claim, demand: str, earlier: Sequence[Claim], new: Sequence[Claim], today: date
) -> Iterable[Contradiction]:
    others = [one for one in earlier if demand in one.demands]
    for other in others:
        if _rhythm_broken(other, claim, [*others, *new], today) or _denied_later(other, claim):
            yield Contradiction(_words(other, earlier), _words(claim, new), "answers", demand)
            return


def _words(claim: Claim, around: Sequence[Claim]) -> str:
    """Quote a claim; the denial that goes with it in the same reply stands behind."""
    reply = claim.id.split(".")[0]
    more = [
        one.said
        for one in around
        if one.id.split(".")[0] == reply
        and one is not claim
        and one.kind is ClaimKind.DENIED
        and set(one.demands) & set(claim.demands)
    ]
    return " ".join([claim.said.strip(), *more])


def _rhythm_broken(rule: Claim, case: Claim, around: Sequence[Claim], today: date) -> bool:
    """ "Every quarter" does not go with "one, in spring"."""
    if rule.kind is not ClaimKind.IS or not rule.period or case.kind is not ClaimKind.IS:
        return False
    if case.period and case.period > 1.5 * rule.period:
        return True
    if case.once:
        return True
    return case.when is not None and _gap_too_long(rule.period, [*around, case], today)


def _gap_too_long(period: float, claims: Sequence[Claim], today: date) -> bool:
    """Tell whether two times that were named, or the last and today, lie too far apart."""
    days = sorted({one.when for one in claims if one.when is not None and one.kind is ClaimKind.IS})
    if not days:
        return False
    longest = max(later - sooner for sooner, later in zip(days, [*days[1:], today], strict=True))
    return longest > timedelta(seconds=1.5 * period)


def _denied_later(first: Claim, second: Claim) -> bool:
    """A plain statement and a plain denial of the same demand in two replies."""
    kinds = {first.kind, second.kind}
    if kinds != {ClaimKind.IS, ClaimKind.DENIED} or first.part or second.part:
        return False
    stated = first if first.kind is ClaimKind.IS else second
    denied = second if stated is first else first
    firm = bool(stated.period or stated.when) and not stated.hedged
    return firm and not denied.hedged and first.id.split(".")[0] != second.id.split(".")[0]


def _with_rules(
    own: UnitState, demand: str, rules: Sequence[DocumentRule], new: Sequence[Claim], today: date
) -> Iterable[Contradiction]:
    """Hold answers against what a document in force demands."""
    for rule in rules:
        if rule.demand != demand or rule.period is None:
            continue
        told = [one for one in own.claims if demand in one.demands and one.kind is ClaimKind.IS]
        claims = [*told, *(one for one in new if one not in told and demand in one.demands)]
        slower = next(
            (one for one in claims if one.period and one.period > 1.5 * rule.period), None
        )
        late = next((one for one in reversed(claims) if one.when), None)
        never = next(
            (one for one in new if one.kind is ClaimKind.DENIED and demand in one.demands), None
        )
        case = (
            slower
            or (late if late and _gap_too_long(rule.period, claims, today) else None)
            or never
        )
        if case is not None:
            yield Contradiction(
                f"Your {rule.label} says: “{rule.quote}”", case.said, "document", demand
            )
            return
