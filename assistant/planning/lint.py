"""What an auditor would hold against a plan, field by field, with the reason and the clause. Pure.

Severities: "fail" is an automatic fail, which nobody can override; "error" must be mended before the
plan is proposed; "warning" is accepted with a reason or mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.domain.cases import Case, Problem
from assistant.domain.plan import (
    Field,
    Plan,
    Source,
    filled_fields,
    required_fields,
)
from assistant.planning.lint_actions import (
    problems_of_actions,
    problems_of_dates,
    problems_of_effect,
    problems_of_links,
)
from assistant.planning.lint_causes import (
    NOTHING_KNOWN,
    Surroundings,
    problems_of_causes,
    recurrences,
    shared_causes,
    shortened,
)
from assistant.planning.patterns import mechanisms_in, unit_of
from assistant.planning.replies import wish_refused
from assistant.planning.smells import (
    Smell,
    backdates,
    cause_smells,
    harms,
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


def lint(plan: Plan, around: Surroundings = NOTHING_KNOWN) -> tuple[Problem, ...]:
    """List what is wrong with a plan, the gravest first within each field."""
    found = [
        *_required(plan),
        *_requirement(plan, around),
        *_facts(plan),
        *_putting_right(plan),
        *problems_of_causes(plan, around),
        *problems_of_actions(plan),
        *problems_of_links(plan),
        *_changes(plan, around),
        *_evidence(plan),
        *problems_of_effect(plan),
        *problems_of_dates(plan),
        *_false_records(plan),
        *_refused(around),
        *recurrences(plan, around),
        *shared_causes(plan, around),
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
                "required",
                field,
                "error",
                f"{field.value} is open; {grade} needs it.",
                _CLAUSE.get(field, "10.2"),
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
    r"\b(careless\w*|sloppy|lazy|incompetent|obviously|clearly (does|did|do) not care|"
    r"bad attitude|unprofessional|"
    r"negligent\w*|stupid\w*|schlampig\w*|unfähig\w*)\b",
    re.IGNORECASE,
)


def _facts(plan: Plan) -> Iterator[Problem]:
    for field in (Field.OBJECTIVE_EVIDENCE, Field.STATEMENT):
        if match := _OPINION.search(plan.entry(field).text):
            yield Problem(
                "opinion",
                field,
                "warning",
                f"'{match.group()}' is an opinion; say what was seen.",
                "17021-1 9.4.8",
            )
    evidence = plan.entry(Field.OBJECTIVE_EVIDENCE)
    if evidence.filled and not re.search(
        r"\d|\b(none|all|no|one|two|three)\b", evidence.text, re.I
    ):
        yield Problem(
            "evidence_uncounted",
            Field.OBJECTIVE_EVIDENCE,
            "warning",
            "The evidence has no figures: how many were looked at, how many failed, of how many?",
            "17021-1 9.4.8",
        )


_PREVENTS = re.compile(
    r"\b(in (the )?future|from now on|so that it (does|will) not|prevent\w*|introduce\w*|"
    r"new process|künftig|zukünftig|"
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
            "Containment and correction say the same: what limited the harm, and what put it "
            "right?",
            "10.2 a 1",
        )
    extent = plan.entry(Field.EXTENT)
    if extent.filled and not re.search(
        r"\d|\b(none|all|zero|every|alle|kein\w*)\b", extent.text, re.I
    ):
        what = (
            "'checked' is no result"
            if _CHECKED_ONLY.search(extent.text)
            else "there are no figures"
        )
        yield Problem(
            "extent_vague",
            Field.EXTENT,
            "warning",
            f"The extent is vague, {what}: where was looked, how many, with which result?",
            "10.2 b 3",
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
                f"The Statement of Applicability calls {unit} implemented; the finding shows "
                f"otherwise.",
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
                f"“{words}”: records of the past must not be made up. Note honestly what is "
                f"missing.",
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


def _refused(around: Surroundings) -> Iterator[Problem]:
    """Report wishes that were turned down, so that nobody thinks they were granted."""
    for field, text in around.unaccepted:
        if words := backdates(text):
            yield Problem(
                "backdating",
                field,
                "error",
                f"Said and not taken: “{shortened(text)}” — “{words}” would make a false record "
                f"of the past.",
                "7.5.3, 10.2 g",
            )
        elif field not in {Field.ROOT_CAUSE, Field.CAUSE_ANALYSIS} and wish_refused(text):
            yield Problem(
                "wish_refused",
                field,
                "error",
                f"Said and not taken: “{shortened(text)}” — {wish_refused(text)}",
                "10.2 f, g",
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
