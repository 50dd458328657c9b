"""What an auditor would hold against the causes of a plan. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.domain.cases import Problem
from assistant.domain.plan import (
    CauseKind,
    Field,
    Grade,
    Plan,
)
from assistant.planning.said_causes import method_in
from assistant.planning.smells import (
    Smell,
    cause_smells,
    restates,
)


@dataclass(frozen=True, slots=True)
class Similar:
    """An earlier finding in the register that this one resembles."""

    id: str
    title: str
    state: str
    same_requirement: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan is held against besides itself."""

    similar: tuple[Similar, ...] = ()
    excluded: frozenset[str] = frozenset()
    """Controls that the Statement of Applicability declares not applicable."""
    said_implemented: frozenset[str] = frozenset()
    """Controls that the Statement of Applicability calls implemented."""
    others: tuple[tuple[str, str], ...] = ()
    """(id of another open plan, a cause of it) pairs."""
    unaccepted: tuple[tuple[Field, str], ...] = ()
    """What people said for a field that was not taken into it."""


NOTHING_KNOWN = Surroundings()


def problems_of_causes(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    causes = [one for one in plan.causes if not one.proposed]
    finding = f"{plan.finding.text} {plan.entry(Field.STATEMENT).text}"
    for cause in causes:
        for smell in cause_smells(cause.text, finding):
            yield _of_cause(smell, cause.text, cause.id, taken=True)
    for field, text in around.unaccepted:
        if field in {Field.ROOT_CAUSE, Field.CAUSE_ANALYSIS}:
            for smell in cause_smells(text, finding):
                yield _of_cause(smell, text, "", taken=False)
    kinds = {one.kind for one in causes}
    if causes and CauseKind.UNDETECTED not in kinds:
        yield Problem(
            "detection_skipped",
            Field.ROOT_CAUSE,
            "error" if plan.grade is Grade.MAJOR else "warning",
            "The causes say why it happened and not why nobody noticed. Which check was missing?",
            "10.2 b, 9.1",
        )
    if causes and CauseKind.HAPPENED not in kinds and CauseKind.ALLOWED not in kinds:
        yield Problem(
            "occurrence_skipped",
            Field.ROOT_CAUSE,
            "error",
            "The causes say why nobody noticed and not why it happened.",
            "10.2 b",
        )
    if plan.grade is Grade.MAJOR:
        yield from _major_analysis(plan, kinds)


def _of_cause(smell: Smell, text: str, cause: str, *, taken: bool) -> Problem:
    name = f"{cause}: " if cause else "Said and not taken as root cause: "
    severity = "fail" if smell.personal and taken else "error"
    return Problem(
        smell.code,
        Field.ROOT_CAUSE,
        severity,
        f"{name}“{shortened(text)}” — {smell.message}",
        smell.clause,
    )


def _major_analysis(plan: Plan, kinds: set[CauseKind]) -> Iterator[Problem]:
    causes = [one for one in plan.causes if not one.proposed]
    analysis = plan.entry(Field.CAUSE_ANALYSIS)
    if causes and CauseKind.ALLOWED not in kinds:
        yield Problem(
            "system_skipped",
            Field.ROOT_CAUSE,
            "warning",
            "For a major also say why the system allowed it.",
            "10.2 b",
        )
    if analysis.filled and not method_in(analysis.text):
        yield Problem(
            "method_unnamed",
            Field.CAUSE_ANALYSIS,
            "warning",
            "Name the method of the analysis (whys, fishbone, timeline) and who took part.",
            "10.2 b 2",
        )
    if bare := [one.id for one in causes if not one.evidence]:
        yield Problem(
            "cause_unevidenced",
            Field.CAUSE_ANALYSIS,
            "warning",
            f"Nothing shows {', '.join(bare)} yet: which record or interview does?",
            "10.2 b 2",
        )


def recurrences(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    for one in around.similar:
        if not one.same_requirement or one.id in {plan.id, plan.finding.id}:
            continue
        repeat = plan.finding.repeat_of == one.id
        closed = re.search(r"closed|effective|implemented|done", one.state, re.I)
        advice = (
            "Was the earlier cause the right one? A minor that is found again is a candidate for a "
            "major; whoever raised it decides."
            if closed or repeat
            else "Do both have one cause? Then link the plans instead of merging them."
        )
        yield Problem(
            "recurrence",
            Field.ROOT_CAUSE,
            "warning",
            f"Similar: {one.id} “{shortened(one.title)}” ({one.state or 'state unknown'}). "
            f"{advice}",
            "10.2 b 3",
        )


def shared_causes(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    for other, text in around.others:
        for cause in plan.causes:
            if not cause.proposed and other not in plan.links and restates(cause.text, text):
                yield Problem(
                    "shared_cause",
                    Field.ROOT_CAUSE,
                    "warning",
                    f"{other} has a cause like {cause.id}: “{shortened(text)}”. If it is one "
                    f"cause, link "
                    "both plans; each finding keeps its own.",
                    "10.2 b 3",
                )


def shortened(text: str, most: int = 90) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"
