"""What an exported plan says, part by part, before it takes the form of a file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.domain.cases import Case, Problem
from assistant.domain.plan import TO_BE_CONFIRMED, Field, Grade, Source
from assistant.planning import rendering
from assistant.planning.organisation import place_of

Block = tuple[str, str]
"""(name of a field, what it says) pairs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A numbered part of a document."""

    title: str
    fields: tuple[Block, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionLine:
    """An action as a row of a table."""

    id: str
    what: str
    cause: str
    owner: str
    due: str
    done_when: str
    resources: str
    status: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan as it is laid out."""

    id: str
    title: str
    facts: tuple[Block, ...]
    """The head: finding, source, grade, state."""
    finding: str
    """Verbatim."""
    parts: tuple[Part, ...]
    actions: tuple[ActionLine, ...]
    signatures: tuple[tuple[str, str, str], ...]
    """(what is signed, name and role, date) rows."""
    sources: tuple[str, ...]
    history: tuple[str, ...]
    warnings: tuple[str, ...]
    """What the check by rules holds against it; once it is approved, `accepted` says what remains."""
    accepted: tuple[str, ...]
    """Warnings that the approver accepted, with the reason."""
    content_hash: str


_PARTS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    ("Nonconformity", (Field.REQUIREMENT, Field.OBJECTIVE_EVIDENCE, Field.STATEMENT, Field.RISK)),
    (
        "Containment, correction and extent",
        (Field.CONTAINMENT, Field.CORRECTION, Field.CONSEQUENCES, Field.EXTENT),
    ),
    ("Causes", (Field.CAUSE_ANALYSIS, Field.ROOT_CAUSE)),
    ("Corrective actions", (Field.ACTIONS,)),
    ("Changes to the ISMS", (Field.ISMS_CHANGES,)),
    ("Evidence and effectiveness", (Field.CLOSURE_EVIDENCE, Field.EFFECTIVENESS)),
    ("Decisions", (Field.APPROVAL, Field.CB_ACCEPTANCE, Field.CLOSURE)),
)


def page_of(case: Case, today: date, problems: Sequence[Problem] = ()) -> PlanPage:
    """Lay a plan out for a document."""
    plan = case.plan
    finding = plan.finding
    facts: list[Block] = [
        ("Plan", f"{plan.id}, version {case.version}"),
        ("Finding", finding.id),
        ("Source", rendering.source_text(plan)),
        ("Grade", finding.grade.value if finding.grade else TO_BE_CONFIRMED),
        ("State", case.shown_state(today)),
    ]
    if finding.due:
        facts.append(("Answer due", finding.due.isoformat()))
    if finding.repeat_of:
        facts.append(("Repeat of", finding.repeat_of))
    if case.disputed:
        facts.append(("Disputed", case.disputed))
    if plan.links:
        facts.append(("Linked to", ", ".join(plan.links)))
    parts = tuple(
        Part(
            title,
            tuple(
                (rendering.NAMES[field], rendering.field_text(plan, field, case))
                for field in fields
                if field is not Field.ACTIONS or not plan.actions
            ),
        )
        for title, fields in _PARTS
    )
    return PlanPage(
        id=plan.id,
        title=plan.title,
        facts=tuple(facts),
        finding=finding.text.strip(),
        parts=parts,
        actions=tuple(
            ActionLine(
                id=one["id"],
                what=one["what"],
                cause=", ".join(each.split(":")[0] for each in one["cause"]),
                owner=one["owner"],
                due=_dates(case, one["id"], one["due"]),
                done_when=one["done_when"],
                resources=one["resources"],
                status=one["status"],
            )
            for one in rendering.actions_data(plan, case)
        ),
        signatures=_signatures(case),
        sources=tuple(
            f"[{number}] {place_of(one)}: “{' '.join(one.quote.split())[:300]}”"
            for number, one in enumerate(plan.citations, 1)
        ),
        history=tuple(rendering.history_lines(case)),
        warnings=()
        if case.approval
        else tuple(
            f"{rendering.NAMES[one.field]}: {one.message} ({one.clause})" for one in problems
        ),
        accepted=_accepted(case, problems),
        content_hash=plan.content_hash,
    )


def _dates(case: Case, action: str, due: str) -> str:
    """Write a date with the older ones that were extended."""
    granted = [one for one in case.extensions if one.target == action and one.granted_at]
    if not granted:
        return due
    old = ", ".join(one.old.isoformat() for one in granted)
    return f"{granted[-1].new.isoformat()} (extended from {old})"


def _signatures(case: Case) -> tuple[tuple[str, str, str], ...]:
    """Give the rows to sign; what is decided is filled in, the rest stays open."""
    plan = case.plan
    rows = [_drafted(case)]
    approval = case.approval
    what = "Approved by top management or its delegate" if plan.grade is Grade.MAJOR else "Approved"
    rows.append(
        (
            what,
            f"{approval.by} ({approval.role.value.replace('_', ' ')})",
            approval.at.date().isoformat(),
        )
        if approval
        else (what, TO_BE_CONFIRMED, TO_BE_CONFIRMED)
    )
    if plan.finding.source is Source.CERTIFICATION_BODY:
        decision = case.cb_decision
        rows.append(
            (
                "Certification body",
                f"{decision.by}: {decision.result}",
                decision.at.date().isoformat(),
            )
            if decision
            else ("Certification body", TO_BE_CONFIRMED, TO_BE_CONFIRMED)
        )
    for name, judged in (
        ("Implementation verified", case.verification),
        ("Effectiveness judged", case.effect),
    ):
        rows.append(
            (name, f"{judged.by}: {judged.result}", judged.at.date().isoformat())
            if judged
            else (name, TO_BE_CONFIRMED, TO_BE_CONFIRMED)
        )
    return tuple(rows)


def _accepted(case: Case, problems: Sequence[Problem]) -> tuple[str, ...]:
    if case.approval is None:
        return ()
    said = {one.code: one.message for one in problems}
    return tuple(f"{said.get(code, code)} Reason: {why}" for code, why in case.approval.overrides)


def _drafted(case: Case) -> tuple[str, str, str]:
    first = case.events[0] if case.events else None
    if first is None:
        return ("Drafted", f"{case.plan.drafted_by}", TO_BE_CONFIRMED)
    return ("Drafted", f"{case.plan.drafted_by} with {first.by}", first.at.date().isoformat())
