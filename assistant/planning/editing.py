"""Changing a field of a plan by its name, in a person's words. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from assistant.domain.plan import Cause, CauseKind, Entry, Field, Grade, Plan, Said
from assistant.planning.filling import graded, lacks
from assistant.planning.filling_actions import propose_actions
from assistant.planning.patterns import rule_in_own_words
from assistant.planning.reading import named_units
from assistant.planning.said_actions import actions_in, link
from assistant.planning.said_causes import causes_in
from assistant.planning.said_checks import effectiveness_in

_ACTION_PARTS = {"what", "owner", "due", "done_when", "resources", "causes"}
_CHECK_PARTS = {"measure", "threshold", "sample", "period", "due", "reviewer"}
_BY_EVENTS = {Field.APPROVAL, Field.CB_ACCEPTANCE, Field.CLOSURE, Field.HISTORY}


class NotEditable(Exception):  # noqa: N818  a refusal, not a fault
    """A field that cannot be changed so; the text says what can."""


def edited(plan: Plan, name: str, value: str, *, by: str, at: datetime) -> Plan:
    """Give the plan with a field changed; what was said is kept with who and when."""
    value = value.strip()
    if not value:
        raise NotEditable("An empty value says nothing; write what is known or TO BE CONFIRMED.")
    head, _, rest = name.partition(".")
    plan = replace(plan, said=(*plan.said, Said(value, by, at, _field(head))))
    match head:
        case "actions":
            return _action(plan, rest, value)
        case "causes" | "root_cause":
            return _cause(plan, rest or "add", value)
        case "effectiveness":
            return _check(plan, rest, value)
        case "requirement":
            return _requirement(plan, value)
        case "grade":
            return _grade(plan, value)
        case "repeat_of":
            return replace(plan, finding=replace(plan.finding, repeat_of=value))
        case "links":
            return replace(plan, links=tuple(dict.fromkeys((*plan.links, value))))
        case "due":
            return replace(plan, finding=replace(plan.finding, due=_day(value)))
        case "audit_date":
            return replace(plan, finding=replace(plan.finding, audit_date=_day(value)))
        case "expiry":
            return replace(plan, expiry=_day(value), expiry_said=f"entered by {by}")
        case "title":
            return replace(plan, title=value)
    field = _field(head)
    if field is None or field in _BY_EVENTS or field in {Field.FINDING_ID, Field.SOURCE}:
        raise NotEditable(_why_not(head, field))
    entry = Entry(text=value, said=(len(plan.said) - 1,))
    plan = plan.with_entry(field, entry)
    return plan.with_entry(field, replace(entry, open=lacks(plan, field, None)))


def _why_not(name: str, field: Field | None) -> str:
    if field in _BY_EVENTS:
        return (
            f"{name} is filled by what happens to the plan (approve, cb-accepted, verify, "
            "effective), not by hand."
        )
    if field is not None:
        return f"{name} is fixed: it names the finding itself."
    known = ", ".join(one.value for one in Field)
    return f"There is no field {name!r}. Fields: {known}, due, expiry, links, repeat_of, title."


def _field(name: str) -> Field | None:
    return next((one for one in Field if one.value == name), None)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise NotEditable(f"A day is written YYYY-MM-DD, not {value!r}.") from error


def _grade(plan: Plan, value: str) -> Plan:
    if value not in {one.value for one in Grade}:
        raise NotEditable("A grade is major, minor or ofi.")
    return graded(plan, Grade(value))


def _requirement(plan: Plan, value: str) -> Plan:
    ids = named_units(value) or named_units(f"clause {value}")
    if not ids:
        raise NotEditable("Name a clause or control by its number, such as A.5.18 or 9.2.")
    rule = " ".join(rule_in_own_words(one) for one in ids[:2])
    need = replace(
        plan.requirement, ids=ids, confirmed=True, rule=rule, note="", candidates=(), open=()
    )
    return replace(plan, requirement=need)


def _action(plan: Plan, path: str, value: str) -> Plan:
    if path in {"", "add"}:
        numbers = [int(one.id[1:]) for one in plan.actions if one.id[1:].isdigit()]
        fresh = link(actions_in(value, first=max(numbers, default=0) + 1), _known(plan))
        kept = tuple(one for one in plan.actions if not one.proposed)
        return propose_actions(replace(plan, actions=(*kept, *fresh)), None)
    action_id, _, part = path.partition(".")
    if action_id not in {one.id for one in plan.actions}:
        raise NotEditable(f"There is no action {action_id}. `actions.add` adds one.")
    if part == "remove":
        return replace(plan, actions=tuple(one for one in plan.actions if one.id != action_id))
    if part not in _ACTION_PARTS:
        raise NotEditable(
            f"An action has {', '.join(sorted(_ACTION_PARTS))}; `remove` takes it out."
        )
    changed: object = value
    if part == "due":
        changed = _day(value)
    elif part == "causes":
        changed = tuple(re.findall(r"C\d+", value))
    out = tuple(
        replace(one, **{part: changed}, proposed=False) if one.id == action_id else one  # type: ignore[arg-type]
        for one in plan.actions
    )
    return _without_stale(replace(plan, actions=out))


def _without_stale(plan: Plan) -> Plan:
    """Drop the open questions on actions; the linter asks for what is missing still."""
    return plan.with_entry(Field.ACTIONS, Entry())


def _known(plan: Plan) -> list[Cause]:
    return [one for one in plan.causes if not one.proposed]


def _cause(plan: Plan, path: str, value: str) -> Plan:
    known = _known(plan)
    head, _, part = path.partition(".")
    kinds = {one.value: one for one in CauseKind}
    if head == "add" or head in kinds:
        fresh = causes_in(value, kinds.get(head), first=len(known) + 1)
        if not fresh:
            raise NotEditable("That names no cause; say which condition let it happen.")
        changed = replace(plan, causes=(*known, *fresh))
        return propose_actions(changed.with_entry(Field.ROOT_CAUSE, Entry()), None)
    if head not in {one.id for one in known}:
        raise NotEditable(
            f"There is no cause {head}. `causes.happened`, `causes.undetected` and "
            f"`causes.allowed` add one."
        )
    if part == "remove":
        return replace(plan, causes=tuple(one for one in known if one.id != head))
    if part not in {"text", "evidence", "category"}:
        raise NotEditable("A cause has text, evidence, category; `remove` takes it out.")
    out = tuple(replace(one, **{part: value}) if one.id == head else one for one in known)  # type: ignore[arg-type]
    return replace(plan, causes=out)


def _check(plan: Plan, part: str, value: str) -> Plan:
    if not part:
        read = effectiveness_in(value)
        plan = replace(plan, effectiveness=read)
    elif part in _CHECK_PARTS:
        changed: object = _day(value) if part == "due" else value
        plan = replace(plan, effectiveness=replace(plan.effectiveness, **{part: changed}))  # type: ignore[arg-type]
    else:
        raise NotEditable(f"The check of effectiveness has {', '.join(sorted(_CHECK_PARTS))}.")
    open_ = lacks(plan, Field.EFFECTIVENESS, None)
    return plan.with_entry(Field.EFFECTIVENESS, Entry(text=plan.effectiveness.text, open=open_))
