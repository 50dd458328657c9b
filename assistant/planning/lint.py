"""What an auditor would hold against a plan, field by field, with the reason and the clause. Pure.

Severities: "fail" is an automatic fail, which nobody can override; "error" must be mended before the
plan is proposed; "warning" is accepted with a reason or mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.domain.casework import Case, Problem
from assistant.domain.plan import (
    Action,
    CauseKind,
    Field,
    Grade,
    Plan,
    Source,
    filled_fields,
    required_fields,
    same_person,
)
from assistant.planning.patterns import mechanisms_in, unit_of
from assistant.planning.replies import method_in, wish_refused
from assistant.planning.smells import (
    Smell,
    action_smells,
    backdates,
    cause_smells,
    effect_smells,
    harms,
    restates,
    strength,
)

_CLAUSE = {
    Field.REQUIREMENT: "10.2 f, 17021-1 9.4.8",
    Field.OBJECTIVE_EVIDENCE: "17021-1 9.4.8",
    Field.STATEMENT: "17021-1 9.4.8",
    Field.GRADE: "17021-1 3.12, 3.13",
    Field.RISK: "10.2 b",
    Field.CONTAINMENT: "10.2 a 1",
    Field.CORRECTION: "10.2 a 1",
    Field.CONSEQUENCES: "10.2 a 2",
    Field.EXTENT: "10.2 b 3",
    Field.CAUSE_ANALYSIS: "10.2 b 2",
    Field.ROOT_CAUSE: "10.2 b 2",
    Field.ACTIONS: "10.2 c",
    Field.ISMS_CHANGES: "10.2 e",
    Field.CLOSURE_EVIDENCE: "10.2 g",
    Field.EFFECTIVENESS: "10.2 d",
}


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


def lint(plan: Plan, around: Surroundings = NOTHING_KNOWN) -> tuple[Problem, ...]:
    """List what is wrong with a plan, the gravest first within each field."""
    found = [
        *_required(plan),
        *_requirement(plan, around),
        *_facts(plan),
        *_putting_right(plan),
        *_causes(plan, around),
        *_actions(plan),
        *_links(plan),
        *_changes(plan, around),
        *_evidence(plan),
        *_effect(plan),
        *_dates(plan),
        *_false_records(plan),
        *_refused(around),
        *_recurrence(plan, around),
        *_shared(plan, around),
    ]
    order = {field: place for place, field in enumerate(Field)}
    grave = {"fail": 0, "error": 1, "warning": 2}
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda one: (order[one.field], grave[one.severity])))


def lint_case(case: Case, around: Surroundings = NOTHING_KNOWN) -> tuple[Problem, ...]:
    """List what is wrong with a plan at its present step: only what can still be mended there."""
    return lint(case.plan, around)


def _required(plan: Plan) -> Iterator[Problem]:
    filled = filled_fields(plan)
    required = required_fields(plan.grade)
    for field in Field:
        if field in required and field not in filled:
            grade = f"a {plan.grade.value}" if plan.grade else "a plan"
            yield Problem(
                "required", field, "error", f"{field.value} is open; {grade} needs it.", _CLAUSE.get(field, "10.2")
            )


def _requirement(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    need = plan.requirement
    for unit in need.ids:
        if unit_of(unit) is None:
            yield Problem(
                "requirement_unknown",
                Field.REQUIREMENT,
                "fail",
                f"{unit} is no clause or control of the edition of 2022.",
                "17021-1 9.4.8",
            )
        if unit in around.excluded:
            yield Problem(
                "excluded_control",
                Field.REQUIREMENT,
                "error",
                f"The Statement of Applicability excludes {unit}: the finding is then on 6.1.3 "
                "(justification of the exclusion), not on the control.",
                "6.1.3 d",
            )
    if need.ids and not need.confirmed:
        yield Problem(
            "requirement_read",
            Field.REQUIREMENT,
            "warning",
            f"{', '.join(need.ids)} was read from the finding's words; have it confirmed.",
            "17021-1 9.4.8",
        )


_OPINION = re.compile(
    r"\b(careless\w*|sloppy|lazy|incompetent|obviously|clearly (does|did|do) not care|bad attitude|unprofessional|"
    r"negligent\w*|stupid\w*|schlampig\w*|unfähig\w*)\b",
    re.IGNORECASE,
)


def _facts(plan: Plan) -> Iterator[Problem]:
    for field in (Field.OBJECTIVE_EVIDENCE, Field.STATEMENT):
        if match := _OPINION.search(plan.entry(field).text):
            yield Problem(
                "opinion", field, "warning", f"'{match.group()}' is an opinion; say what was seen.", "17021-1 9.4.8"
            )
    evidence = plan.entry(Field.OBJECTIVE_EVIDENCE)
    if evidence.filled and not re.search(r"\d|\b(none|all|no|one|two|three)\b", evidence.text, re.I):
        yield Problem(
            "evidence_uncounted",
            Field.OBJECTIVE_EVIDENCE,
            "warning",
            "The evidence has no figures: how many were looked at, how many failed, of how many?",
            "17021-1 9.4.8",
        )


_PREVENTS = re.compile(
    r"\b(in (the )?future|from now on|so that it (does|will) not|prevent\w*|introduce\w*|new process|künftig|zukünftig|"
    r"going forward)\b",
    re.IGNORECASE,
)
_CHECKED_ONLY = re.compile(r"\b(check\w*|look\w*|verif\w*|review\w*|geprüft)\b", re.IGNORECASE)


def _putting_right(plan: Plan) -> Iterator[Problem]:
    correction, containment = plan.entry(Field.CORRECTION), plan.entry(Field.CONTAINMENT)
    if match := _PREVENTS.search(correction.text):
        yield Problem(
            "correction_mixed",
            Field.CORRECTION,
            "warning",
            f"'{match.group()}' speaks of prevention: the correction puts the case right, the "
            "corrective action removes its cause. Keep them apart.",
            "10.2 a, c",
        )
    if correction.filled and containment.filled and correction.text == containment.text:
        yield Problem(
            "containment_is_correction",
            Field.CONTAINMENT,
            "warning",
            "Containment and correction say the same: what limited the harm, and what put it right?",
            "10.2 a 1",
        )
    extent = plan.entry(Field.EXTENT)
    if extent.filled and not re.search(r"\d|\b(none|all|zero|every|alle|kein\w*)\b", extent.text, re.I):
        what = "'checked' is no result" if _CHECKED_ONLY.search(extent.text) else "there are no figures"
        yield Problem(
            "extent_vague",
            Field.EXTENT,
            "warning",
            f"The extent is vague, {what}: where was looked, how many, with which result?",
            "10.2 b 3",
        )


def _causes(plan: Plan, around: Surroundings) -> Iterator[Problem]:
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
        smell.code, Field.ROOT_CAUSE, severity, f"{name}“{_short(text)}” — {smell.message}", smell.clause
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


def _actions(plan: Plan) -> Iterator[Problem]:
    correction = plan.entry(Field.CORRECTION).text
    taken = [one for one in plan.actions if not one.proposed]
    for action in taken:
        for smell in action_smells(action.what, action.owner):
            severity = "warning" if smell.code in {"owner_unnamed", "policy_only"} else "error"
            yield Problem(
                smell.code,
                Field.ACTIONS,
                severity,
                f"{action.id}: “{_short(action.what)}” — {smell.message}",
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
                "action_not_smart", Field.ACTIONS, "error", f"{action.id} has no {missing}.", "10.2 c, 6.2"
            )
        if not action.resources:
            yield Problem(
                "action_no_means", Field.ACTIONS, "warning", f"{action.id} names no resources.", "10.2 c, 7.1"
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


def _links(plan: Plan) -> Iterator[Problem]:
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
                f"No action removes {cause.id}: “{_short(cause.text)}”.",
                "10.2 c",
            )
    for action in taken:
        if causes and not set(action.causes) & known:
            yield Problem(
                "action_without_cause",
                Field.ACTIONS,
                "error",
                f"{action.id} answers no cause: “{_short(action.what)}”.",
                "10.2 c",
            )


_CHANGES = {
    "risk assessment": r"\brisk|risiko",
    "Statement of Applicability": r"\bSoA\b|applicability|anwendbarkeit",
    "policy": r"polic|procedure|richtlinie|verfahren|standard",
    "objectives": r"objective|ziel",
    "training": r"train|competen|awareness|schul",
}


def unjudged_changes(text: str) -> tuple[str, ...]:
    """Name the parts of the ISMS that a text does not judge."""
    return tuple(name for name, words in _CHANGES.items() if not re.search(words, text, re.I))


def _changes(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    entry = plan.entry(Field.ISMS_CHANGES)
    open_ = unjudged_changes(entry.text) if entry.filled else ()
    if open_:
        yield Problem(
            "changes_unjudged",
            Field.ISMS_CHANGES,
            "warning",
            f"Not judged: {', '.join(open_)}. Each needs a yes or no with a reason.",
            "10.2 e",
        )
    for unit in plan.requirement.ids:
        if unit in around.said_implemented:
            yield Problem(
                "soa_contradicts",
                Field.ISMS_CHANGES,
                "warning",
                f"The Statement of Applicability calls {unit} implemented; the finding shows otherwise.",
                "6.1.3 d",
            )


def _evidence(plan: Plan) -> Iterator[Problem]:
    entry = plan.entry(Field.CLOSURE_EVIDENCE)
    if entry.filled and len(entry.text.split()) < 4:
        yield Problem(
            "closure_vague",
            Field.CLOSURE_EVIDENCE,
            "warning",
            "Name each record: what, who provides it, when, where it is kept.",
            "10.2 g",
        )


def _effect(plan: Plan) -> Iterator[Problem]:
    check = plan.effectiveness
    text = check.text or " ".join((check.measure, check.threshold))
    for smell in effect_smells(text):
        yield Problem(
            smell.code, Field.EFFECTIVENESS, "error", f"“{_short(text)}” — {smell.message}", smell.clause
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
            f"The review on {check.due.isoformat()} is not after the last action ({last.isoformat()}); "
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


def _dates(plan: Plan) -> Iterator[Problem]:
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
                    f"{action.id} is due on {action.due.isoformat()}, but {name} on {day.isoformat()}.",
                    "17021-1 9.6.3.2",
                )
        raised = plan.finding.audit_date
        if raised and action.due < raised:
            yield Problem(
                "due_before_finding",
                Field.ACTIONS,
                "warning",
                f"{action.id} is due on {action.due.isoformat()}, before the finding of {raised.isoformat()}.",
                "10.2 c",
            )
    check = plan.effectiveness.due
    if plan.expiry and check and check > plan.expiry:
        yield Problem(
            "effect_after_expiry",
            Field.EFFECTIVENESS,
            "warning",
            f"Effectiveness is judged on {check.isoformat()}, after {plan.expiry.isoformat()}, when the "
            "certificate or contract ends.",
            "17021-1 9.6.3.2",
        )


def _false_records(plan: Plan) -> Iterator[Problem]:
    texts: list[tuple[Field, str]] = [(name, entry.text) for name, entry in plan.entries]
    texts += [(Field.ACTIONS, one.what) for one in plan.actions if not one.proposed]
    for field, text in texts:
        if field in {Field.OBJECTIVE_EVIDENCE, Field.STATEMENT}:
            continue
        if words := backdates(text):
            yield Problem(
                "backdating",
                field,
                "fail",
                f"“{words}”: records of the past must not be made up. Note honestly what is missing.",
                "7.5.3, 10.2 g",
            )
        if words := harms(text):
            yield Problem(
                "harmful",
                field,
                "fail",
                f"“{words}” would weaken another control or break law without saying so. Name the "
                "risk, who accepts it and what compensates, or choose another way.",
                "6.1.3, A.5.31",
            )
    for field in (Field.APPROVAL, Field.CB_ACCEPTANCE, Field.CLOSURE):
        if plan.entry(field).filled:
            yield Problem(
                "approval_claimed",
                field,
                "fail",
                "Approval, acceptance and closure are recorded by named people when they happen, "
                "not written into a draft.",
                "10.2 f, g",
            )


def _recurrence(plan: Plan, around: Surroundings) -> Iterator[Problem]:
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
            f"Similar: {one.id} “{_short(one.title)}” ({one.state or 'state unknown'}). {advice}",
            "10.2 b 3",
        )


def _refused(around: Surroundings) -> Iterator[Problem]:
    """Report wishes that were turned down, so that nobody thinks they were granted."""
    for field, text in around.unaccepted:
        if words := backdates(text):
            yield Problem(
                "backdating",
                field,
                "error",
                f"Said and not taken: “{_short(text)}” — “{words}” would make a false record of the past.",
                "7.5.3, 10.2 g",
            )
        elif field not in {Field.ROOT_CAUSE, Field.CAUSE_ANALYSIS} and wish_refused(text):
            yield Problem(
                "wish_refused",
                field,
                "error",
                f"Said and not taken: “{_short(text)}” — {wish_refused(text)}",
                "10.2 f, g",
            )


def _shared(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    for other, text in around.others:
        for cause in plan.causes:
            if not cause.proposed and other not in plan.links and restates(cause.text, text):
                yield Problem(
                    "shared_cause",
                    Field.ROOT_CAUSE,
                    "warning",
                    f"{other} has a cause like {cause.id}: “{_short(text)}”. If it is one cause, link "
                    "both plans; each finding keeps its own.",
                    "10.2 b 3",
                )


def is_cb(plan: Plan) -> bool:
    """Tell whether a certification body waits for the answer."""
    return plan.finding.source is Source.CERTIFICATION_BODY


def weak_causes(texts: Sequence[str], finding: str) -> tuple[Smell, ...]:
    """Give what is weak about each of several causes."""
    return tuple(smell for text in texts for smell in cause_smells(text, finding))


def names_condition(text: str) -> bool:
    """Tell whether a cause names a condition of the system."""
    return bool(mechanisms_in(text))


def _short(text: str, most: int = 90) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"
