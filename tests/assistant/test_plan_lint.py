"""Every smell is named with its field, its reason and its clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from plans_made import whole_plan, with_action, with_cause

from assistant.domain.plan import CauseKind, Entry, Field, Grade, Source
from assistant.planning.lint import lint
from assistant.planning.lint_causes import Similar, Surroundings
from assistant.planning.patterns import mechanisms, patterns, unit_of
from assistant.planning.smells import action_smells, cause_smells, harms


def codes(plan, around=None) -> set[str]:
    return {one.code for one in (lint(plan, around) if around else lint(plan))}


def test_a_whole_plan_has_nothing_against_it() -> None:
    assert codes(whole_plan()) == set()
    assert codes(whole_plan(Grade.MAJOR, Source.CERTIFICATION_BODY)) == set()


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("The admin forgot", "human_error"),
        ("Human error of the service desk", "human_error"),
        ("Internal audit forgotten due to workload", "human_error"),
        ("Backup administrator was on leave", "human_error"),
        ("An oversight by the reviewer", "human_error"),
        ("Menschliches Versagen", "human_error"),
        ("Der Administrator hat es vergessen", "human_error"),
        ("Reviews were not held because reviews of FIN are missing", "restates_finding"),
        ("There was no procedure", "missing_document"),
        ("Staff need training", "training_reflex"),
        ("Lack of awareness", "training_reflex"),
        ("No resources", "no_resources"),
        ("Keine Zeit", "no_resources"),
        ("The supplier did not tell us", "blames_outside"),
        ("The system does not support it", "tool_blamed"),
        ("The auditor misread the record", "auditor_wrong"),
    ],
)
def test_a_weak_cause_is_named(cause, code) -> None:
    found = {one.code: one for one in lint(with_cause(whole_plan(), cause))}
    assert code in found
    assert found[code].field is Field.ROOT_CAUSE
    assert "—" in found[code].message
    assert found[code].clause


@pytest.mark.parametrize(
    "cause",
    [
        "Review tasks are tied to one person and there is no deputy",
        "HR's leaver list is sent only once a week, so IT cannot meet 24 hours",
        "Restore tests are owned by nobody after the move to the new tool",
        "The SoA is edited by hand once a year and new suppliers do not trigger a look at it",
        "The form accepts free numbers",
        "If somebody forgets the review, no check catches it and nobody compares records",
        "The needed competence was never defined when ownership moved to business units",
        "Supplier contracts have no clause on deletion and we do not review it",
    ],
)
def test_a_condition_of_the_system_is_no_smell(cause) -> None:
    assert cause_smells(cause, "2 of 4 reviews of FIN are missing") == ()


def test_blame_is_an_automatic_fail_once_it_is_taken() -> None:
    problem = next(
        one
        for one in lint(with_cause(whole_plan(), "The admin forgot"))
        if one.code == "human_error"
    )
    assert problem.severity == "fail"


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("Remind staff by mail", "reminder"),
        ("Reviewers will be more careful", "reminder"),
        ("Update the access policy", "policy_only"),
        ("SoA corrected", "policy_only"),
        ("Reviews are held ongoing", "vague_date"),
        ("Fix the job ASAP", "vague_date"),
        ("Send training to all", "training_unmeasured"),
        ("Lena Fox reviewed FIN, record REV-1", "action_repeats_correction"),
    ],
)
def test_a_weak_action_is_named(what, code) -> None:
    assert code in codes(with_action(whole_plan(), what=what))


@pytest.mark.parametrize("owner", ["IT", "the security team", "everyone", "HR department", "alle"])
def test_a_team_is_no_owner(owner) -> None:
    assert "owner_team" in {one.code for one in action_smells("Automate the review", owner)}


@pytest.mark.parametrize("owner", ["IT Manager", "CISO", "Head of Engineering"])
def test_a_role_without_a_person_is_named(owner) -> None:
    assert "owner_unnamed" in {one.code for one in action_smells("Automate the review", owner)}


@pytest.mark.parametrize("owner", ["Ravi Menon", "IT Manager (Ravi Menon)", "Lena Fox, HR Lead"])
def test_a_person_is_an_owner(owner) -> None:
    assert not action_smells("Automate the review", owner)


def test_a_training_with_a_measure_is_no_smell() -> None:
    assert not action_smells("Briefing with a scored exercise, pass 80 %")


@pytest.mark.parametrize(
    ("part", "value", "wanted"),
    [("owner", "", "owner"), ("due", None, "due date"), ("done_when", "", "definition of done")],
)
def test_an_action_that_is_not_smart_is_named(part, value, wanted) -> None:
    found = [
        one
        for one in lint(with_action(whole_plan(), **{part: value}))
        if one.code == "action_not_smart"
    ]
    assert wanted in found[0].message


def test_causes_and_actions_must_answer_each_other() -> None:
    plan = whole_plan()
    assert "cause_without_action" in codes(with_action(plan, causes=("C1",)))
    assert "action_without_cause" in codes(with_action(plan, causes=()))


def test_a_plan_that_skips_detection_is_named() -> None:
    plan = whole_plan()
    kept = tuple(one for one in plan.causes if one.kind is not CauseKind.UNDETECTED)
    assert "detection_skipped" in codes(replace(plan, causes=kept))


def test_a_major_with_training_alone_is_weak() -> None:
    plan = whole_plan(Grade.MAJOR)
    actions = tuple(
        replace(one, what="Training with a test for all, pass 80 %") for one in plan.actions
    )
    assert "actions_weak" in codes(replace(plan, actions=actions))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("No further findings at the next audit", "effect_empty"),
        ("The document is published", "effect_empty"),
        ("It works better than before", "effect_unmeasurable"),
    ],
)
def test_an_empty_criterion_is_named(text, code) -> None:
    plan = whole_plan()
    assert code in codes(replace(plan, effectiveness=replace(plan.effectiveness, text=text)))


def test_the_reviewer_owns_no_action_and_comes_after_the_last() -> None:
    plan = whole_plan()
    check = plan.effectiveness
    assert "reviewer_is_owner" in codes(
        replace(plan, effectiveness=replace(check, reviewer="Ravi Menon"))
    )
    assert "effect_too_early" in codes(
        replace(plan, effectiveness=replace(check, due=date(2027, 1, 20)))
    )


def test_a_date_after_the_certificate_ends_is_warned_of() -> None:
    found = codes(replace(whole_plan(), expiry=date(2027, 1, 20)))
    assert {"due_after_expiry", "effect_after_expiry"} <= found


@pytest.mark.parametrize(
    "text",
    [
        "Q2 and Q3 reviews were completed retroactively",
        "The minutes were back-dated to March",
        "The missing records are filled in: we sign the missed quarters",
        "Die Protokolle wurden rückdatiert",
    ],
)
def test_a_false_record_is_an_automatic_fail(text) -> None:
    plan = whole_plan().with_entry(Field.CORRECTION, Entry(text=text))
    assert "backdating" in {one.code for one in lint(plan) if one.severity == "fail"}


def test_saying_that_nothing_is_dated_back_is_no_fail() -> None:
    plan = whole_plan().with_entry(
        Field.CORRECTION,
        Entry(text="FIN was reviewed on 2026-11-03; the records are not back-dated."),
    )
    assert "backdating" not in codes(plan)


@pytest.mark.parametrize(
    "what",
    [
        "Disable multi-factor authentication for the review team",
        "Delete the old logs so that the gap does not show",
        "Share the administrator account among reviewers",
        "Dismiss the administrator",
    ],
)
def test_an_action_that_harms_is_an_automatic_fail(what) -> None:
    assert "harmful" in {
        one.code for one in lint(with_action(whole_plan(), what=what)) if one.severity == "fail"
    }


def test_harm_that_is_owned_up_to_is_left_to_people() -> None:
    assert harms("Disable the logging of debug data; risk accepted by the risk owner") is None


def test_an_unknown_requirement_is_an_automatic_fail() -> None:
    plan = whole_plan()
    plan = replace(plan, requirement=replace(plan.requirement, ids=("A.5.99",)))
    assert "requirement_unknown" in {one.code for one in lint(plan) if one.severity == "fail"}


def test_an_excluded_control_leads_to_the_justification() -> None:
    around = Surroundings(excluded=frozenset({"A.5.18"}))
    found = next(one for one in lint(whole_plan(), around) if one.code == "excluded_control")
    assert "6.1.3" in found.message


def test_an_approval_in_words_is_an_automatic_fail() -> None:
    plan = whole_plan().with_entry(Field.CB_ACCEPTANCE, Entry(text="The auditor accepted it."))
    assert "approval_claimed" in codes(plan)


def test_a_finding_that_was_there_before_is_a_recurrence() -> None:
    around = Surroundings(similar=(Similar("CAR-2025-004", "Reviews missing", "closed"),))
    found = next(one for one in lint(whole_plan(), around) if one.code == "recurrence")
    assert "candidate for a major" in found.message


def test_a_shared_cause_is_proposed_as_a_link_and_not_merged() -> None:
    around = Surroundings(others=(("CAP-2026-002", "review tasks are held per person"),))
    found = next(one for one in lint(whole_plan(), around) if one.code == "shared_cause")
    assert "link" in found.message


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (Field.EXTENT, "Other systems were checked.", "extent_vague"),
        (
            Field.CORRECTION,
            "A new process is introduced so that it does not happen again.",
            "correction_mixed",
        ),
        (Field.CLOSURE_EVIDENCE, "Records", "closure_vague"),
        (Field.ISMS_CHANGES, "The policy changes.", "changes_unjudged"),
        (Field.OBJECTIVE_EVIDENCE, "The careless admin left 3 accounts open", "opinion"),
    ],
)
def test_a_weak_field_is_named(field, text, code) -> None:
    assert code in codes(whole_plan().with_entry(field, Entry(text=text)))


def test_a_field_that_is_open_is_required_by_grade() -> None:
    plan = whole_plan(Grade.MAJOR).with_entry(Field.CONTAINMENT, Entry())
    assert ("required", Field.CONTAINMENT) in {(one.code, one.field) for one in lint(plan)}
    minor = whole_plan().with_entry(Field.CONTAINMENT, Entry())
    assert "required" not in codes(minor)


def test_the_kinds_of_finding_name_units_and_mechanisms_that_exist() -> None:
    known = {one.id for one in mechanisms()}
    for one in patterns():
        assert all(unit_of(unit) for unit in (*one.units, *one.related)), one.id
        assert {each for action in one.actions for each in action.removes} <= known, one.id
        assert not [
            each
            for action in one.actions
            for each in action_smells(action.what)
            if each.code != "policy_only"
        ], one.id
