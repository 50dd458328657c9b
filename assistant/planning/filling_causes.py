"""Putting causes into a plan, and pushing back those that are none. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.domain.plan import (
    Cause,
    CauseKind,
    Entry,
    Field,
    Grade,
    Plan,
)
from assistant.planning.filling import lacks
from assistant.planning.patterns import mechanisms_in
from assistant.planning.said_causes import causes_in
from assistant.planning.smells import cause_smells, restates


def causes(
    plan: Plan, said: str, kind: CauseKind | None, finding: str, *, chain: bool
) -> tuple[Plan, tuple[str, ...]]:
    """Take the causes that are conditions of the system; give the plan and those that are not."""
    known = [one for one in plan.causes if not one.proposed]
    read = causes_in(said, kind)
    weak = tuple(one.text for one in read if _is_weak(one.text, finding, chain))
    good = [
        one
        for one in read
        if one.text not in weak
        and not _is_chatter(one)
        and not (kind is None and _restated(one, finding))
    ]
    if chain:
        good = [one for one in good if mechanisms_in(one.text)]
    fresh = [one for one in good if not any(restates(one.text, other.text) for other in known)]
    if not chain and kind is None:
        # The root cause in a person's words replaces what was read out of the chain for the same kind.
        kinds = {one.kind for one in good}
        known = [one for one in known if one.kind not in kinds]
        fresh = good
    merged = [replace(one, id=f"C{place}") for place, one in enumerate((*known, *fresh), 1)][:6]
    plan = replace(plan, causes=tuple(merged) or tuple(one for one in plan.causes if one.proposed))
    plan = _chain(plan, said, weak) if chain else _proved(plan)
    return _root_entry(plan), weak


_LINKS = frozenset({"restates_finding", "no_condition"})
"""What a link of a chain may be, and a root cause may not."""


def _is_weak(text: str, finding: str, chain: bool) -> bool:
    smells = cause_smells(text, finding)
    return any(not chain or one.code not in _LINKS for one in smells)


_CHATTER = re.compile(
    r"\W*(i|you know|my|look|honestly|anyway|frankly|ich|mein\w*|ehrlich)\b", re.IGNORECASE
)


def _is_chatter(cause: Cause) -> bool:
    """Leave out what the speaker says of themselves and no condition of the system."""
    return not mechanisms_in(cause.text) and bool(_CHATTER.match(cause.text))


def _restated(cause: Cause, finding: str) -> bool:
    return not mechanisms_in(cause.text) and restates(cause.text, finding)


def _chain(plan: Plan, said: str, weak: tuple[str, ...]) -> Plan:
    """Keep the chain of whys, without what blames a person: that stays with who said it."""
    entry = plan.entry(Field.CAUSE_ANALYSIS)
    text = said
    for one in weak:
        text = text.replace(one, "")
    text = re.sub(r"^[\s;,.:-]+|[\s;,:-]+$", "", text)
    if len(text.split()) < 3:
        return plan
    text = f"{entry.text}\n{text}" if entry.filled else text
    plan = plan.with_entry(
        Field.CAUSE_ANALYSIS, Entry(text=text, said=(*entry.said, len(plan.said) - 1))
    )
    open_ = lacks(plan, Field.CAUSE_ANALYSIS, None)
    return plan.with_entry(
        Field.CAUSE_ANALYSIS, replace(plan.entry(Field.CAUSE_ANALYSIS), open=open_)
    )


def _proved(plan: Plan) -> Plan:
    """Where the chain was left open, the causes themselves are the short form of the analysis."""
    entry = plan.entry(Field.CAUSE_ANALYSIS)
    known = [one for one in plan.causes if not one.proposed]
    if entry.filled or not known or plan.grade is Grade.MAJOR:
        return plan
    steps = "; ".join(f"why {_asked[one.kind]}? {one.text}" for one in known)
    return plan.with_entry(
        Field.CAUSE_ANALYSIS, Entry(text=f"Why chain, short form: {steps}.", open=_unshown(known))
    )


_asked = {
    CauseKind.HAPPENED: "did it happen",
    CauseKind.UNDETECTED: "was it not noticed",
    CauseKind.ALLOWED: "was it allowed",
}


def _unshown(known: list[Cause]) -> tuple[str, ...]:
    bare = [one.id for one in known if not one.evidence]
    return (f"What shows {', '.join(bare)} (record, interview)?",) if bare else ()


def _root_entry(plan: Plan) -> Plan:
    known = [one for one in plan.causes if not one.proposed]
    if not known:
        return plan
    kinds = {one.kind for one in known}
    old = plan.entry(Field.ROOT_CAUSE).open
    open_: list[str] = []
    if CauseKind.HAPPENED not in kinds and CauseKind.ALLOWED not in kinds:
        open_ += [one for one in old if one.startswith("Why did it happen")] or [
            "Why did it happen?"
        ]
    if CauseKind.UNDETECTED not in kinds:
        open_ += [one for one in old if one.startswith("Why was it not noticed")] or [
            "Why was it not noticed?"
        ]
    if plan.grade is Grade.MAJOR and CauseKind.ALLOWED not in kinds:
        open_ += [one for one in old if one.startswith("Why was it allowed")] or [
            "Why did the system allow it?"
        ]
    return plan.with_entry(Field.ROOT_CAUSE, Entry(open=tuple(open_)))
