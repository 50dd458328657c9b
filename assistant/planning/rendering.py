"""A plan in words and as plain data, by the names of its fields. Pure.

Whatever is open says so with the question; proposals are marked as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain.cases import Case, Problem
from assistant.domain.plan import (
    TO_BE_CONFIRMED,
    CauseKind,
    Entry,
    Field,
    Plan,
    Source,
    to_be_confirmed,
)
from assistant.planning.house_rules import Suggested
from assistant.planning.reading import title_of

NAMES = {
    Field.FINDING_ID: "Finding",
    Field.SOURCE: "Source",
    Field.REQUIREMENT: "Requirement",
    Field.OBJECTIVE_EVIDENCE: "Objective evidence",
    Field.STATEMENT: "Statement of nonconformity",
    Field.GRADE: "Grade",
    Field.RISK: "Risk or effect",
    Field.CONTAINMENT: "Containment",
    Field.CORRECTION: "Correction",
    Field.CONSEQUENCES: "Consequences dealt with",
    Field.EXTENT: "Extent (similar and potential cases)",
    Field.CAUSE_ANALYSIS: "Cause analysis",
    Field.ROOT_CAUSE: "Root cause",
    Field.ACTIONS: "Corrective actions",
    Field.ISMS_CHANGES: "Changes to the ISMS",
    Field.CLOSURE_EVIDENCE: "Evidence for closure",
    Field.EFFECTIVENESS: "Check of effectiveness",
    Field.APPROVAL: "Approval of the plan",
    Field.CB_ACCEPTANCE: "Acceptance by the certification body",
    Field.CLOSURE: "Closure and effectiveness decisions",
    Field.HISTORY: "History",
}
SOURCES = {
    Source.CERTIFICATION_BODY: "certification body",
    Source.INTERNAL: "internal audit",
    Source.CUSTOMER: "customer",
    Source.REGULATOR: "regulator",
    Source.INCIDENT: "incident",
    Source.SELF: "self-assessment",
}
KINDS = {
    CauseKind.HAPPENED: "Why it happened",
    CauseKind.UNDETECTED: "Why it was not detected",
    CauseKind.ALLOWED: "Why the system allowed it",
}
DUE_FIELDS = {
    "containment": Field.CONTAINMENT,
    "plan": Field.APPROVAL,
    "action": Field.ACTIONS,
    "effectiveness": Field.EFFECTIVENESS,
}
"""The field that a suggested date is for: a plan is due when it is to be approved and handed in."""


def confirm(*questions: str) -> str:
    """Mark what is open."""
    asked = " ".join(one.strip() for one in questions if one.strip())
    return f"{TO_BE_CONFIRMED}: {asked}" if asked else TO_BE_CONFIRMED


def entry_text(entry: Entry) -> str:
    """Write a field: what is known, what is proposed, what is open."""
    parts = [entry.text] if entry.filled else []
    notes = [one for one in entry.proposed if one.startswith(("Note:", "The finding says only"))]
    proposals = [one for one in entry.proposed if one not in notes]
    if entry.open or not entry.filled:
        parts.append(confirm(*entry.open))
    parts.extend(notes)
    if proposals:
        parts.append("Proposed, not confirmed: " + "; ".join(proposals))
    return "\n".join(parts)


def requirement_text(plan: Plan) -> str:
    """Write the requirement with the own rule, the SoA and what is related."""
    need = plan.requirement
    parts = []
    if need.ids:
        sure = "" if need.confirmed else " (read from the finding's words)"
        parts.append(", ".join(title_of(one) for one in need.ids) + sure)
        parts.append(f"In own words: {need.rule}")
    if need.own_rule:
        parts.append(f"Own rule: {need.own_rule}")
    if need.soa:
        parts.append(need.soa)
    if need.related and need.ids:
        parts.append(f"Related: {', '.join(title_of(one) for one in need.related)}")
    if need.note:
        parts.append(f"Note: {need.note}")
    if need.open or not need.ids:
        parts.append(confirm(*need.open))
    return "\n".join(parts)


def root_cause_text(plan: Plan) -> str:
    """Write the causes by the question that they answer."""
    known = [one for one in plan.causes if not one.proposed]
    parts = []
    for kind in CauseKind:
        for one in known:
            if one.kind is kind:
                shown = (
                    f" (shown by: {one.evidence})"
                    if one.evidence and one.evidence not in one.text
                    else ""
                )
                parts.append(f"{KINDS[kind]} ({one.id}): {one.text}{shown}")
    entry = plan.entry(Field.ROOT_CAUSE)
    if entry.open or not known:
        parts.append(confirm(*entry.open))
    proposed = [one for one in plan.causes if one.proposed]
    if proposed and not known:
        listed = "; ".join(f"{one.id} {one.text}" for one in proposed)
        parts.append(f"Proposed, not confirmed: {listed}")
    return "\n".join(parts)


def effectiveness_text(plan: Plan) -> str:
    """Write the check of effectiveness with whatever is missing of it."""
    check, entry = plan.effectiveness, plan.entry(Field.EFFECTIVENESS)
    parts = [check.text] if check.text else []
    if check.due and check.due.isoformat() not in check.text:
        parts.append(f"Review on {check.due.isoformat()}")
    if check.reviewer and check.reviewer not in check.text:
        parts.append(f"Reviewer: {check.reviewer}")
    if entry.open or not check.text:
        parts.append(confirm(*entry.open))
    if entry.proposed:
        parts.append("Proposed, not confirmed: " + "; ".join(entry.proposed))
    return "\n".join(parts)


def actions_data(plan: Plan, case: Case | None = None) -> list[dict[str, Any]]:
    """Give the actions by the names of their fields."""
    causes = {one.id: one for one in plan.causes}
    if not plan.actions:
        return [_nothing_yet(plan)]
    return [
        {
            "id": one.id,
            "what": f"Proposed, not confirmed: {one.what}" if one.proposed else one.what,
            "done_when": one.done_when or TO_BE_CONFIRMED,
            "owner": one.owner or TO_BE_CONFIRMED,
            "due": one.due.isoformat() if one.due else TO_BE_CONFIRMED,
            "cause": [f"{each}: {causes[each].text}" for each in one.causes if each in causes]
            or [TO_BE_CONFIRMED],
            "resources": one.resources or TO_BE_CONFIRMED,
            "status": case.status_of(one.id) if case else ("proposed" if one.proposed else "open"),
        }
        for one in plan.actions
    ]


def _nothing_yet(plan: Plan) -> dict[str, Any]:
    """Stand in for the actions where none is known or proposed."""
    return {
        "id": "A1",
        "what": confirm(*plan.entry(Field.ACTIONS).open),
        "done_when": TO_BE_CONFIRMED,
        "owner": TO_BE_CONFIRMED,
        "due": TO_BE_CONFIRMED,
        "cause": [TO_BE_CONFIRMED],
        "resources": TO_BE_CONFIRMED,
        "status": "open",
    }


def field_text(plan: Plan, field: Field, case: Case | None = None) -> str:
    """Write one field of a plan."""
    match field:
        case Field.FINDING_ID:
            return plan.finding.id
        case Field.SOURCE:
            return source_text(plan)
        case Field.REQUIREMENT:
            return requirement_text(plan)
        case Field.GRADE:
            grade = plan.grade
            return (
                grade.value
                if grade
                else confirm(
                    "Which grade did whoever raised the finding give it?",
                    *(f"Read in its text: {one}." for one in plan.entry(field).proposed),
                )
            )
        case Field.ROOT_CAUSE:
            return root_cause_text(plan)
        case Field.EFFECTIVENESS:
            return effectiveness_text(plan)
        case Field.APPROVAL:
            return approval_text(case)
        case Field.CB_ACCEPTANCE:
            return cb_text(plan, case)
        case Field.CLOSURE:
            return closure_text(case)
        case Field.ACTIONS:
            return entry_text(plan.entry(field)) if not plan.actions else ""
        case _:
            return entry_text(plan.entry(field))


def source_text(plan: Plan) -> str:
    """Write where the finding comes from."""
    finding = plan.finding
    day = (
        finding.audit_date.isoformat()
        if finding.audit_date
        else confirm("On which day was it raised?")
    )
    parts = [SOURCES[finding.source], day]
    if finding.audit:
        parts.append(finding.audit)
    if finding.auditor:
        parts.append(f"raised by {finding.auditor}")
    return ", ".join(parts)


def approval_text(case: Case | None) -> str:
    """Write who approved which content."""
    approval = case.approval if case else None
    if approval is None:
        return confirm("Who approves the plan? It is recorded when a named person does so.")
    self_ = "; self-approval" if approval.self_approved else ""
    overrides = "".join(
        f"\nAccepted all the same: {code}: {why}" for code, why in approval.overrides
    )
    return (
        f"{approval.by} ({approval.role.value.replace('_', ' ')}), "
        f"{approval.at.date().isoformat()}{self_}; "
        f"content SHA-256 {approval.content_hash}{overrides}"
    )


def cb_text(plan: Plan, case: Case | None) -> str:
    """Write what the certification body decided."""
    if plan.finding.source is not Source.CERTIFICATION_BODY:
        return "Not applicable: the finding is not from a certification body."
    decision = case.cb_decision if case else None
    if decision is None:
        due = f" Its answer is due on {plan.finding.due.isoformat()}." if plan.finding.due else ""
        return confirm("Has the certification body accepted the plan: who, when, on what?") + due
    return f"{decision.result} by {decision.by}, {decision.at.date().isoformat()}, on {decision.opened}"


def closure_text(case: Case | None) -> str:
    """Write the decisions on closure and on effectiveness, apart."""
    parts = []
    if case and case.verification:
        judged = case.verification
        parts.append(
            f"Evidence verified by {judged.by}, {judged.at.date().isoformat()}: {judged.opened}; "
            f"{judged.result}"
        )
    if case and case.effect:
        judged = case.effect
        parts.append(
            f"Effectiveness {judged.result}, judged by {judged.by}, "
            f"{judged.at.date().isoformat()}: {judged.opened}"
        )
    if not parts:
        return confirm(
            "Closure and effectiveness are decided apart, by someone other than the action owners."
        )
    return "\n".join(parts)


def history_lines(case: Case | None) -> list[str]:
    """Write the history of a case, a line a step."""
    if case is None:
        return []
    lines: list[str] = []
    times = 1
    for one in case.events:
        details = "".join(f", {name} {value}" for name, value in one.details if value)
        reason = f" — {one.reason}" if one.reason else ""
        line = f"{one.at.date().isoformat()} {one.by}: {one.what}{details}{reason}"
        if lines and lines[-1].removesuffix(f" ({times} times)") == line:
            times += 1  # the replies of one sitting are one line
            lines[-1] = f"{line} ({times} times)"
            continue
        times = 1
        lines.append(line)
    return lines


def plan_data(plan: Plan, case: Case | None = None) -> dict[str, Any]:
    """Give a plan as data by the names of its fields."""
    data: dict[str, Any] = {"id": plan.id, "title": plan.title, "drafted_by": plan.drafted_by}
    for field in Field:
        if field is Field.ACTIONS:
            data["actions"] = actions_data(plan, case)
            data["actions_open"] = list(plan.entry(field).open)
        elif field is Field.HISTORY:
            data["history"] = history_lines(case)
        else:
            data[field.value] = field_text(plan, field, case)
    data["finding_text"] = plan.finding.text
    data["causes"] = [
        {
            "id": one.id,
            "kind": one.kind.value,
            "text": one.text,
            "evidence": one.evidence or TO_BE_CONFIRMED,
            "category": one.category,
            "proposed": one.proposed,
        }
        for one in plan.causes
    ]
    check = plan.effectiveness
    data["effectiveness_parts"] = {
        "measure": check.measure or TO_BE_CONFIRMED,
        "threshold": check.threshold or TO_BE_CONFIRMED,
        "sample": check.sample or TO_BE_CONFIRMED,
        "period": check.period or TO_BE_CONFIRMED,
        "due": check.due.isoformat() if check.due else TO_BE_CONFIRMED,
        "reviewer": check.reviewer or TO_BE_CONFIRMED,
    }
    data["said"] = [
        {
            "text": one.text,
            "by": one.by,
            "at": one.at.isoformat(),
            "field": one.field.value if one.field else None,
        }
        for one in plan.said
    ]
    data["links"] = list(plan.links)
    data["repeat_of"] = plan.finding.repeat_of
    data["content_hash"] = plan.content_hash
    return data


def problems_data(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Give problems as data."""
    return [
        {
            "code": one.code,
            "field": one.field.value,
            "severity": one.severity,
            "message": one.message,
            "clause": one.clause,
        }
        for one in problems
    ]


def suggested_data(found: Sequence[Suggested]) -> dict[str, str]:
    """Give suggested dates by the field that they are for; they fill none."""
    return {DUE_FIELDS[one.kind].value: one.day.isoformat() for one in found}


def open_fields(plan: Plan) -> list[str]:
    """Name the fields in which something is to be confirmed."""
    return [one.value for one in to_be_confirmed(plan)]
