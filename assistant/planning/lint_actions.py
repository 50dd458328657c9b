"""What an auditor would hold against actions, their dates and the check of their effect. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.domain.cases import Problem
from assistant.domain.plan import (
    Action,
    Field,
    Grade,
    Plan,
    same_person,
)
from assistant.planning.lint_causes import shortened
from assistant.planning.smells import (
    action_smells,
    effect_smells,
    restates,
    strength,
)


def problems_of_actions(plan: Plan) -> Iterator[Problem]:
    correction = plan.entry(Field.CORRECTION).text
    taken = [one for one in plan.actions if not one.proposed]
    for action in taken:
        for smell in action_smells(action.what, action.owner):
            severity = "warning" if smell.code in {"owner_unnamed", "policy_only"} else "error"
            yield Problem(
                smell.code,
                Field.ACTIONS,
                severity,
                f"{action.id}: “{shortened(action.what)}” — {smell.message}",
                smell.clause,
            )
        if correction and restates(action.what, correction):
            yield Problem(
                "action_repeats_correction",
                Field.ACTIONS,
                "error",
                f"{action.id} repeats the correction; it does not remove a cause.",
                "10.2 c",
            )
        for missing in _not_smart(action):
            yield Problem(
                "action_not_smart",
                Field.ACTIONS,
                "error",
                f"{action.id} has no {missing}.",
                "10.2 c, 6.2",
            )
        if not action.resources:
            yield Problem(
                "action_no_means",
                Field.ACTIONS,
                "warning",
                f"{action.id} names no resources.",
                "10.2 c, 7.1",
            )
    if plan.grade is Grade.MAJOR and taken and min(strength(one.what) for one in taken) >= 5:
        yield Problem(
            "actions_weak",
            Field.ACTIONS,
            "error",
            "Training and reminders alone do not carry a major: remove, force, automate or check.",
            "10.2 c",
        )
    if plan.grade is Grade.MINOR and taken and min(strength(one.what) for one in taken) >= 5:
        yield Problem(
            "actions_weak",
            Field.ACTIONS,
            "warning",
            "All actions are training or reminders, the weakest there are.",
            "10.2 c",
        )


def _not_smart(action: Action) -> Iterator[str]:
    if not action.owner:
        yield "owner"
    if action.due is None:
        yield "due date"
    if not action.done_when:
        yield "definition of done"


def problems_of_links(plan: Plan) -> Iterator[Problem]:
    taken = [one for one in plan.actions if not one.proposed]
    causes = [one for one in plan.causes if not one.proposed]
    known = {one.id for one in causes}
    answered = {cause for one in taken for cause in one.causes}
    for cause in causes:
        if taken and cause.id not in answered:
            yield Problem(
                "cause_without_action",
                Field.ACTIONS,
                "error",
                f"No action removes {cause.id}: “{shortened(cause.text)}”.",
                "10.2 c",
            )
    for action in taken:
        if causes and not set(action.causes) & known:
            yield Problem(
                "action_without_cause",
                Field.ACTIONS,
                "error",
                f"{action.id} answers no cause: “{shortened(action.what)}”.",
                "10.2 c",
            )


def problems_of_effect(plan: Plan) -> Iterator[Problem]:
    check = plan.effectiveness
    text = check.text or " ".join((check.measure, check.threshold))
    for smell in effect_smells(text):
        yield Problem(
            smell.code,
            Field.EFFECTIVENESS,
            "error",
            f"“{shortened(text)}” — {smell.message}",
            smell.clause,
        )
    taken = [one for one in plan.actions if not one.proposed]
    owners = [one.owner for one in taken if one.owner]
    if check.reviewer and any(same_person(check.reviewer, one) for one in owners):
        yield Problem(
            "reviewer_is_owner",
            Field.EFFECTIVENESS,
            "error",
            f"{check.reviewer} owns an action and cannot judge its effect.",
            "10.2 d, 9.2.2",
        )
    last = max((one.due for one in taken if one.due), default=None)
    if check.due and last and check.due <= last:
        yield Problem(
            "effect_too_early",
            Field.EFFECTIVENESS,
            "error",
            f"The review on {check.due.isoformat()} is not after the last action "
            f"({last.isoformat()}); "
            "it needs enough cycles to show anything.",
            "10.2 d",
        )
    if text.strip() and not effect_smells(text):
        wanted = {
            "threshold": check.threshold,
            "sample": check.sample,
            "period": check.period,
            "date": check.due,
            "reviewer": check.reviewer,
        }
        if missing := [name for name, value in wanted.items() if not value]:
            yield Problem(
                "effect_incomplete",
                Field.EFFECTIVENESS,
                "warning",
                f"The check of effectiveness has no {', '.join(missing)}.",
                "10.2 d",
            )


def problems_of_dates(plan: Plan) -> Iterator[Problem]:
    limits: list[tuple[str, date]] = []
    if plan.expiry:
        limits.append(("the certificate or contract ends", plan.expiry))
    for action in plan.actions:
        if action.due is None or action.proposed:
            continue
        for name, day in limits:
            if action.due > day:
                yield Problem(
                    "due_after_expiry",
                    Field.ACTIONS,
                    "error" if plan.grade is Grade.MAJOR else "warning",
                    f"{action.id} is due on {action.due.isoformat()}, but {name} on "
                    f"{day.isoformat()}.",
                    "17021-1 9.6.3.2",
                )
        raised = plan.finding.audit_date
        if raised and action.due < raised:
            yield Problem(
                "due_before_finding",
                Field.ACTIONS,
                "warning",
                f"{action.id} is due on {action.due.isoformat()}, before the finding of "
                f"{raised.isoformat()}.",
                "10.2 c",
            )
    check = plan.effectiveness.due
    if plan.expiry and check and check > plan.expiry:
        yield Problem(
            "effect_after_expiry",
            Field.EFFECTIVENESS,
            "warning",
            f"Effectiveness is judged on {check.isoformat()}, after {plan.expiry.isoformat()}, "
            f"when the "
            "certificate or contract ends.",
            "17021-1 9.6.3.2",
        )
