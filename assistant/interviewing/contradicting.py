"""Contradictions: an answer against an earlier one, against a document, against the SoA."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from assistant.domain.interview import Claim, ClaimKind, Contradiction, UnitState
from assistant.interviewing.known import DocumentRule, UnitKnown

_UNIVERSAL = re.compile(
    r"\b(?:all|(?:every|each)(?! (?:other |second )?(?:day|week|month|quarter|year|"
    r"night|morning|evening|spring|summer|autumn|winter|\d))|always|everyone|"
    r"everybody|everything|no exceptions?|"
    r"without exception|never|immer|alle|jede[rsnm]?|"
    r"ausnahmslos)\b",
    re.IGNORECASE,
)


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
    told = {(one.demand, one.where) for one in own.contradictions}
    fresh: list[Contradiction] = []
    for one in clashes:
        if (one.demand, one.where) not in told:
            told.add((one.demand, one.where))
            fresh.append(one)
    return tuple(fresh)


def _of_claim(
    claim: Claim, demand: str, earlier: Sequence[Claim], new: Sequence[Claim], today: date
) -> Iterable[Contradiction]:
    others = [one for one in earlier if demand in one.demands]
    for other in others:
        case = _breaking(other, claim, [*others, *new], today)
        if case is None and _denied_later(other, claim):
            case = claim
        if case is not None:
            around = new if case in new else earlier
            yield Contradiction(_words(other, earlier), _words(case, around), "answers", demand)
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


def _breaking(rule: Claim, case: Claim, around: Sequence[Claim], today: date) -> Claim | None:
    """Give the claim that breaks a rhythm: "every quarter" does not go with "one, in spring"."""
    if rule.kind is not ClaimKind.IS or not rule.period or case.kind is not ClaimKind.IS:
        return None
    if case.once or (case.period and case.period > 1.5 * rule.period):
        return case
    return _before_a_gap(rule.period, [*around, case], today) if case.when else None


def _before_a_gap(period: float, claims: Sequence[Claim], today: date) -> Claim | None:
    """Give the claim after whose day nothing happened for too long, up to the next or today."""
    dated = sorted(
        ((one.when, at) for at, one in enumerate(claims) if one.when and one.kind is ClaimKind.IS)
    )
    if not dated:
        return None
    for (day, at), following in zip(dated, [*(when for when, _ in dated[1:]), today], strict=True):
        if following - day > timedelta(seconds=1.5 * period):
            return claims[at]
    return None


def _denied_later(first: Claim, second: Claim) -> bool:
    """A plain statement and a plain denial of the same demand in two replies."""
    kinds = {first.kind, second.kind}
    if kinds != {ClaimKind.IS, ClaimKind.DENIED} or first.part or second.part:
        return False
    stated = first if first.kind is ClaimKind.IS else second
    denied = second if stated is first else first
    universal = not stated.loose and bool(_UNIVERSAL.search(stated.said))
    dated = bool(stated.period or stated.when) and not denied.loose
    firm = (universal or dated) and not stated.hedged
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
        late = _before_a_gap(rule.period, claims, today)
        never = next(
            (one for one in new if one.kind is ClaimKind.DENIED and demand in one.demands), None
        )
        case = slower or late or never
        if case is not None:
            yield Contradiction(
                f"Your {rule.label} says: “{rule.quote}”", case.said, "document", demand
            )
            return
