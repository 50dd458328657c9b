"""The register of corrective actions: one entry a plan, its views, and what is due. Pure.

An entry comes from a plan that is worked here, or from a register that was imported; an imported
entry keeps the words of its source and passes no gate of the plans.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from assistant.domain.cases import CLOSED, Case, Role, State
from assistant.domain.plan import Field, Grade
from assistant.planning.house_rules import HouseRules, defaults
from assistant.planning.patterns import unit_of
from assistant.planning.rendering import SOURCES, open_fields
from knowledge.controls import Control


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """A line of the register. What is unknown is None or empty."""

    id: str
    finding_id: str
    source: str
    raised: date | None
    requirement: str
    title: str
    grade: str
    risk: str
    state: str
    owner: str
    containment_date: str = ""
    plan_due: date | None = None
    action_due: date | None = None
    implemented_on: date | None = None
    effectiveness_due: date | None = None
    effectiveness_result: str = ""
    days_open: int | None = None
    days_overdue: int = 0
    extensions: int = 0
    repeat_of: str = ""
    cb_status: str = ""
    evidence_count: int = 0
    root_cause_category: str = ""
    escalated: bool = False
    closed_on: date | None = None
    imported_from: str = ""


COLUMNS: tuple[str, ...] = tuple(
    one.name for one in fields(RegisterEntry) if one.name not in {"closed_on", "imported_from"}
)
"""The columns of an export, in their order."""
HEADERS: tuple[str, ...] = tuple("date" if one == "raised" else one for one in COLUMNS)
"""Their headers."""
_OPEN_WORDS = re.compile(
    r"\b(closed|effective|done|completed|withdrawn|cancelled|geschlossen|erledigt)\b", re.I
)
_PENDING = re.compile(r"pending|verified|implemented", re.I)


def is_open(entry: RegisterEntry) -> bool:
    """Tell whether an entry still waits for something."""
    if _PENDING.search(entry.state):
        return True
    return not _OPEN_WORDS.search(entry.state) and entry.closed_on is None


def entry_of(case: Case, rules: HouseRules, today: date) -> RegisterEntry:
    """Give the line of a plan on a day."""
    plan = case.plan
    finding = plan.finding
    actions = [one for one in plan.actions if not one.proposed]
    due_days = {one.id: case.due_of(one.id) for one in actions}
    open_days = [
        day for action, day in due_days.items() if day and case.status_of(action) != "done"
    ]
    closed = next((one.at.date() for one in case.events[::-1] if one.after in CLOSED), None)
    last = max((day for day in due_days.values() if day), default=None)
    next_due = _next_due(case, open_days)
    overdue = (today - next_due).days if next_due and next_due < today and closed is None else 0
    return RegisterEntry(
        id=plan.id,
        finding_id=finding.id,
        source=SOURCES[finding.source],
        raised=finding.audit_date,
        requirement=", ".join(plan.requirement.ids),
        title=plan.title,
        grade=finding.grade.value if finding.grade else "",
        risk=" ".join(plan.entry(Field.RISK).text.split()),
        state=case.shown_state(today),
        owner="; ".join(plan.owners),
        containment_date=_first_day(plan.entry(Field.CONTAINMENT).text),
        plan_due=finding.due,
        action_due=min(open_days) if open_days else last,
        implemented_on=case.implemented_on,
        effectiveness_due=case.due_of("effectiveness"),
        effectiveness_result=case.effect.result if case.effect else "",
        days_open=((closed or today) - finding.audit_date).days if finding.audit_date else None,
        days_overdue=overdue,
        extensions=sum(1 for one in case.extensions if one.granted_at),
        repeat_of=finding.repeat_of or "",
        cb_status=case.cb_decision.result if case.cb_decision else "",
        evidence_count=sum(1 for one in case.progress if one.evidence),
        root_cause_category="; ".join(
            dict.fromkeys(one.category for one in plan.causes if one.category and not one.proposed)
        ),
        escalated=is_escalated(finding.grade.value if finding.grade else "", overdue, rules),
        closed_on=closed,
    )


def _next_due(case: Case, open_days: Sequence[date]) -> date | None:
    """Give the day that a plan waits for at its present step."""
    if case.state in {State.DRAFT, State.PROPOSED, State.CB_RETURNED}:
        return case.plan.finding.due
    if case.state in {State.IMPLEMENTED, State.VERIFIED}:
        return case.due_of("effectiveness")
    return min(open_days) if open_days else None


def _first_day(text: str) -> str:
    match = re.search(r"\d{4}-\d\d-\d\d", text)
    return match.group() if match else ""


def is_escalated(grade: str, days_overdue: int, rules: HouseRules) -> bool:
    """Tell whether a plan is so late that it goes to management."""
    limits = {**defaults().escalate_after, **rules.escalate_after}
    limit = limits.get(grade)
    return limit is not None and days_overdue > limit


def dated(entry: RegisterEntry, rules: HouseRules, today: date) -> RegisterEntry:
    """Bring the computed columns of an imported entry to a day."""
    if not is_open(entry):
        days = (
            (entry.closed_on - entry.raised).days
            if entry.closed_on and entry.raised
            else entry.days_open
        )
        return replace(entry, days_open=days)
    pending = _PENDING.search(entry.state)
    due = entry.effectiveness_due if pending else entry.action_due or entry.plan_due
    late = (today - due).days if due and due < today else 0
    return replace(
        entry,
        days_open=(today - entry.raised).days if entry.raised else None,
        days_overdue=late,
        escalated=is_escalated(entry.grade, late, rules),
    )


# Views


def open_by_grade(entries: Iterable[RegisterEntry]) -> Mapping[str, int]:
    """Count open entries by grade."""
    counted = Counter(one.grade or "not graded" for one in entries if is_open(one))
    return dict(sorted(counted.items()))


def overdue(entries: Iterable[RegisterEntry]) -> tuple[RegisterEntry, ...]:
    """Give what is late, the latest first."""
    late = [one for one in entries if is_open(one) and one.days_overdue > 0]
    return tuple(sorted(late, key=lambda one: -one.days_overdue))


def next_day(entry: RegisterEntry) -> date | None:
    """Give the day that an entry waits for."""
    if _PENDING.search(entry.state):
        return entry.effectiveness_due
    return entry.action_due or entry.plan_due


def due_soon(
    entries: Iterable[RegisterEntry], today: date, days: int = 30
) -> tuple[RegisterEntry, ...]:
    """Give what is due within some days, the nearest first."""
    found = [
        (day, one)
        for one in entries
        if is_open(one) and (day := next_day(one)) and 0 <= (day - today).days <= days
    ]
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def effectiveness_pending(entries: Iterable[RegisterEntry]) -> tuple[RegisterEntry, ...]:
    """Give what is implemented and not yet shown to be effective."""
    return tuple(one for one in entries if is_open(one) and _PENDING.search(one.state))


def repeats(entries: Iterable[RegisterEntry]) -> tuple[RegisterEntry, ...]:
    """Give what was found before."""
    return tuple(one for one in entries if one.repeat_of)


def grouped(entries: Iterable[RegisterEntry], by: str) -> Mapping[str, int]:
    """Count open entries by "clause", "theme" or "cause"."""
    counted: Counter[str] = Counter()
    for one in entries:
        if is_open(one):
            counted.update(_groups(one, by))
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _groups(entry: RegisterEntry, by: str) -> tuple[str, ...]:
    ids = tuple(one.strip() for one in entry.requirement.split(",") if one.strip())
    if by == "cause":
        return tuple(one for one in entry.root_cause_category.split("; ") if one) or ("unknown",)
    if by == "theme":
        units = [unit_of(one) for one in ids]
        themes = [
            unit.theme if isinstance(unit, Control) else "clauses 4 to 10" for unit in units if unit
        ]
        return tuple(dict.fromkeys(themes)) or ("unknown",)
    return ids[:1] or ("unknown",)


AGES = ((0, 30, "0-30"), (31, 60, "31-60"), (61, 90, "61-90"), (91, None, ">90"))


def ageing(entries: Iterable[RegisterEntry]) -> Mapping[str, int]:
    """Count open entries by their days since the finding."""
    counted = {name: 0 for _, _, name in AGES}
    for one in entries:
        if is_open(one) and one.days_open is not None:
            name = next(
                name
                for low, high, name in AGES
                if one.days_open <= (high if high is not None else one.days_open)
            )
            counted[name] += 1
    return counted


def mean_days_to_close(entries: Iterable[RegisterEntry]) -> Mapping[str, float]:
    """Give the mean days from finding to closure by grade."""
    closed: dict[str, list[int]] = {}
    for one in entries:
        if one.closed_on and one.raised and not is_open(one):
            closed.setdefault(one.grade or "not graded", []).append(
                (one.closed_on - one.raised).days
            )
    return {grade: round(sum(days) / len(days), 1) for grade, days in sorted(closed.items())}


# Reminders


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that a person should be told; a door delivers it."""

    plan: str
    to: str
    about: str
    due: date | None
    days: int
    """Days until it is due; negative: late by so many."""
    escalate: bool = False


def reminders(
    cases: Sequence[Case], rules: HouseRules, today: date, ahead: int = 14
) -> tuple[Reminder, ...]:
    """Say who has to be reminded of what, the most urgent first."""
    found = [
        one
        for case in cases
        if case.state not in CLOSED
        for one in _reminders(case, rules, today, ahead)
    ]
    return tuple(sorted(found, key=lambda one: (one.days, one.plan)))


def _reminders(case: Case, rules: HouseRules, today: date, ahead: int) -> Iterable[Reminder]:
    plan = case.plan
    lead = ", ".join(rules.holders(Role.ISMS_LEAD)) or "ISMS lead (nobody is entered)"
    grade = plan.grade.value if plan.grade else ""

    def remind(to: str, about: str, due: date) -> Iterable[Reminder]:
        days = (due - today).days
        if days <= ahead:
            yield Reminder(plan.id, to, about, due, days, is_escalated(grade, -days, rules))

    if case.state in {State.DRAFT, State.CB_RETURNED} and plan.finding.due:
        left = open_fields(plan)
        yield from remind(
            case.changed_by or lead, f"plan is due; open: {', '.join(left)}", plan.finding.due
        )
    if case.state is State.PROPOSED:
        top = plan.grade is Grade.MAJOR
        holders = rules.holders(Role.TOP_MANAGEMENT if top else Role.ISMS_LEAD)
        who = (
            ", ".join(holders)
            or ("top management" if top else "ISMS lead") + " (nobody is entered)"
        )
        yield from remind(who, "plan waits for approval", plan.finding.due or today)
    if case.state in {State.APPROVED, State.CB_ACCEPTED, State.IN_PROGRESS}:
        for action in plan.actions:
            due = case.due_of(action.id)
            if due and case.status_of(action.id) != "done":
                yield from remind(action.owner, f"{action.id}: {action.what}", due)
    if case.state in {State.IMPLEMENTED, State.VERIFIED}:
        due = case.due_of("effectiveness")
        if due:
            yield from remind(
                plan.effectiveness.reviewer or lead, "effectiveness is to be judged with data", due
            )
    for wanted in case.extensions:
        if wanted.granted_at is None:
            yield Reminder(
                plan.id,
                lead,
                f"{wanted.requested_by} asks to extend {wanted.target} from "
                f"{wanted.old.isoformat()} to "
                f"{wanted.new.isoformat()}: {wanted.reason}",
                wanted.old,
                (wanted.old - today).days,
            )
