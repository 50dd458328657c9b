"""What goes with a verdict: confidence, the grade that a finding might get, the maturity level."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.domain.interview import (
    ClaimKind,
    DemandState,
    EvidenceKind,
    Met,
    Severity,
    UnitState,
    Verdict,
)
from knowledge.demands import Unit

_WIDE = re.compile(
    r"\b(?:privileged|admin\w*|root|domain|all (?:systems|servers|customers|"
    r"accounts)|several (?:systems|sites)|"
    r"everyone|everybody|production|every system|alle systeme|customer data|personal data)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b\d+(?:[.,]\d+)?\s*(?:%|percent|minutes?|hours?|days?|seconds?)|\b\d+ (?:out "
    r")?of (?:the )?\d+\b|"
    r"\b(?:trend|kpi|target|rto|against|versus|compared)\b",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\b(?:improved|since then|reduced from|as a result|changed (?:it|the \w+) "
    r"(?:after|because)|lessons?)\b",
    re.IGNORECASE,
)


def confidence(verdict: Verdict, state: UnitState, demands: Sequence[DemandState]) -> str:
    """Say low, medium or high: evidence makes sure, an admission is believed, a claim is a claim."""
    if verdict is Verdict.NOT_ASSESSED:
        return "low"
    if verdict is Verdict.NOT_APPLICABLE:
        return "medium" if state.exclusion == "kept" else "low"
    if verdict is Verdict.CONFORMS:
        sure = state.confirmed or any(one.seen or one.by for one in state.evidence)
        return "high" if sure else "medium"
    if verdict is Verdict.GAP:
        plain = any(one.kind is ClaimKind.DENIED and not one.hedged for one in state.claims)
        return "medium" if plain else "low"
    if any(one.date for one in state.evidence):
        return "medium"
    return "low"


def severity(
    unit: Unit, state: UnitState, verdict: Verdict, demands: Sequence[DemandState]
) -> Severity | None:
    """Say what a finding might be graded as; the grade is always a person's decision."""
    if verdict in {Verdict.CONFORMS, Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED}:
        return None
    if verdict is Verdict.GAP:
        if unit.is_clause:
            return Severity.MAJOR
        wide = unit.id == "A.8.2" or any(
            _WIDE.search(one.said) for one in state.claims if one.kind is ClaimKind.DENIED
        )
        return Severity.MAJOR if wide else Severity.MINOR
    broken = any(one.met is Met.NO for one in demands) or state.contradictions
    return Severity.MINOR if broken else Severity.OFI


def maturity(
    state: UnitState, verdict: Verdict, demands: Sequence[DemandState], basis: str
) -> int | None:
    """Give a level from 0 to 5 under the caps: gap 1, claim only 2, partial 3; conforms from 3."""
    if verdict in {Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED}:
        return None
    says = [one for one in state.claims if one.kind is ClaimKind.IS]
    if verdict is Verdict.GAP:
        return 1 if says and any(one.met in {Met.YES, Met.PARTLY} for one in demands) else 0
    if verdict is Verdict.CONFORMS:
        measured = any(_FIGURES.search(one.said) for one in says)
        better = any(_BETTER.search(one.said) for one in says)
        return 5 if measured and better else 4 if measured else 3
    if basis == "claim":
        settled = any(one.period or (not one.vague and not one.hedged) for one in says)
        return 2 if settled else 1
    documented = any(one.kind is EvidenceKind.DOCUMENT for one in state.evidence)
    shown = sum(one.met is Met.YES for one in demands)
    return 3 if shown * 2 >= len(demands) and (documented or shown == len(demands)) else 2
