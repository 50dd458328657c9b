"""The life of a plan: who may do what and when, and that no order of steps gets around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from plans_made import AT, CHIEF, DRAFTER, LEAD, OTHER, OWNER, whole_case

from assistant.domain import casework
from assistant.domain.cases import CLOSED, Case, Person, Problem, Refused, Role, State
from assistant.domain.plan import Entry, Field, Grade, Source, owned_by, same_person

NOBODY = Person("Jo Stranger")
AUDITOR = Person("Ines Kaya", frozenset({Role.CERTIFICATION_BODY}))
PEOPLE = (LEAD, CHIEF, OWNER, OTHER, DRAFTER, NOBODY, AUDITOR)
CB = Source.CERTIFICATION_BODY
WARNING = Problem(
    "soa_contradicts", Field.ISMS_CHANGES, "warning", "the SoA says otherwise", "6.1.3 d"
)
LATER = date(2028, 1, 1)


def proposed(case: Case) -> Case:
    return casework.propose(case, by=DRAFTER, at=AT, problems=())


def approved(case: Case) -> Case:
    by = CHIEF if case.plan.grade is Grade.MAJOR else LEAD
    return casework.approve(proposed(case), by=by, at=AT, shown=case.plan.content_hash, problems=())


def accepted(case: Case) -> Case:
    sent = casework.submit(approved(case), by=LEAD, at=AT)
    return casework.cb_decides(
        sent, by=LEAD, at=AT, accepted=True, who="Ines Kaya", on="mail of 1 December"
    )


def implemented(case: Case) -> Case:
    case = casework.report(case, by=OWNER, at=AT, action="A1", status="started")
    case = casework.start(case, by=OWNER, at=AT)
    for action in ("A1", "A2"):
        case = casework.report(
            case, by=OWNER, at=AT, action=action, status="done", evidence="ticket SD-9"
        )
    return casework.implemented(case, by=OWNER, at=AT, on=date(2027, 2, 1))


def verified(case: Case, by: Person = OTHER) -> Case:
    return casework.verify(implemented(case), by=by, at=AT, opened="ticket SD-9", result="sound")


def test_a_minor_goes_from_draft_to_effective() -> None:
    case = verified(approved(whole_case()))
    case = casework.judge_effective(
        case, by=OTHER, at=AT, today=LATER, data="16 of 16 reviewed, report R-2", met=True
    )
    assert case.state is State.EFFECTIVE
    assert [one.after for one in case.events][-1] is State.EFFECTIVE


def test_a_plan_with_an_open_field_is_not_proposed() -> None:
    case = whole_case()
    case = replace(case, plan=case.plan.with_entry(Field.EXTENT, Entry()))
    with pytest.raises(Refused, match="extent"):
        proposed(case)


def test_a_minor_may_leave_containment_open_and_a_major_may_not() -> None:
    minor, major = whole_case(), whole_case(Grade.MAJOR)
    assert proposed(replace(minor, plan=minor.plan.with_entry(Field.CONTAINMENT, Entry())))
    with pytest.raises(Refused, match="containment"):
        proposed(replace(major, plan=major.plan.with_entry(Field.CONTAINMENT, Entry())))


def test_a_cause_without_an_action_is_not_proposed() -> None:
    case = whole_case()
    actions = tuple(replace(one, causes=("C1",)) for one in case.plan.actions)
    with pytest.raises(Refused, match="C2, C3"):
        proposed(replace(case, plan=replace(case.plan, actions=actions)))


def test_an_automatic_fail_cannot_be_overridden() -> None:
    fail = Problem("human_error", Field.ROOT_CAUSE, "fail", "a person is blamed", "10.2 b")
    case = proposed(whole_case())
    with pytest.raises(Refused, match="cannot be overridden"):
        casework.approve(
            case,
            by=LEAD,
            at=AT,
            shown=case.plan.content_hash,
            problems=(fail,),
            overrides={"human_error": "so it is"},
        )


def test_whoever_changed_the_plan_last_cannot_approve_it() -> None:
    case = casework.begin(whole_case().plan, by=LEAD.name, at=AT)
    case = casework.propose(case, by=LEAD, at=AT, problems=())
    with pytest.raises(Refused, match="last changed"):
        casework.approve(case, by=LEAD, at=AT, shown=case.plan.content_hash, problems=())


def test_self_approval_is_a_setting_and_is_printed() -> None:
    case = casework.begin(whole_case().plan, by=LEAD.name, at=AT)
    case = casework.propose(case, by=LEAD, at=AT, problems=())
    case = casework.approve(
        case, by=LEAD, at=AT, shown=case.plan.content_hash, problems=(), self_approval=True
    )
    assert case.approval
    assert case.approval.self_approved
    assert "self-approval" in case.events[-1].what


def test_a_major_is_approved_by_top_management_alone() -> None:
    case = proposed(whole_case(Grade.MAJOR))
    with pytest.raises(Refused, match="top management"):
        casework.approve(case, by=LEAD, at=AT, shown=case.plan.content_hash, problems=())
    assert casework.approve(case, by=CHIEF, at=AT, shown=case.plan.content_hash, problems=())


def test_an_approval_holds_for_the_content_that_was_shown_alone() -> None:
    case = proposed(whole_case())
    with pytest.raises(Refused, match="not what was shown"):
        casework.approve(case, by=LEAD, at=AT, shown="0" * 64, problems=())


def test_a_warning_is_accepted_with_a_reason_or_not_at_all() -> None:
    case = proposed(whole_case())
    shown = case.plan.content_hash
    with pytest.raises(Refused, match="soa_contradicts"):
        casework.approve(case, by=LEAD, at=AT, shown=shown, problems=(WARNING,))
    case = casework.approve(
        case,
        by=LEAD,
        at=AT,
        shown=shown,
        problems=(WARNING,),
        overrides={"soa_contradicts": "SoA v2.5"},
    )
    assert case.approval
    assert case.approval.overrides == (("soa_contradicts", "SoA v2.5"),)


def test_any_change_voids_the_approval() -> None:
    case = approved(whole_case())
    changed = case.plan.with_entry(Field.EXTENT, Entry(text="All 20 systems checked, 2 more."))
    case = casework.revise(case, changed, by=DRAFTER.name, at=AT)
    assert case.state is State.DRAFT
    assert case.approval is None
    assert case.version == 2
    assert case.events[-1].what == "approval voided by a change"


def test_the_finding_itself_is_never_changed() -> None:
    case = whole_case()
    other = replace(case.plan, finding=replace(case.plan.finding, text="something milder"))
    with pytest.raises(Refused, match="never changed"):
        casework.revise(case, other, by=DRAFTER.name, at=AT)


def test_a_finding_of_a_certification_body_cannot_skip_its_acceptance() -> None:
    case = approved(whole_case(source=CB))
    case = casework.report(case, by=OWNER, at=AT, action="A1", status="started")
    with pytest.raises(Refused, match="acceptance"):
        casework.start(case, by=OWNER, at=AT)


def test_an_acceptance_needs_a_name_and_a_document() -> None:
    sent = casework.submit(approved(whole_case(source=CB)), by=LEAD, at=AT)
    with pytest.raises(Refused, match="name and a document"):
        casework.cb_decides(sent, by=LEAD, at=AT, accepted=True, who="", on="")


def test_a_plan_that_came_back_begins_a_new_version() -> None:
    sent = casework.submit(approved(whole_case(source=CB)), by=LEAD, at=AT)
    back = casework.cb_decides(
        sent, by=LEAD, at=AT, accepted=False, who="Ines Kaya", on="mail", reason="extent too small"
    )
    assert back.state is State.CB_RETURNED
    again = casework.return_to_draft(back, by=LEAD, at=AT)
    assert (again.state, again.version) == (State.DRAFT, 2)


def test_done_needs_evidence() -> None:
    case = approved(whole_case())
    with pytest.raises(Refused, match="evidence"):
        casework.report(case, by=OWNER, at=AT, action="A1", status="done")


def test_nobody_verifies_their_own_action() -> None:
    case = implemented(approved(whole_case()))
    with pytest.raises(Refused, match="own action"):
        casework.verify(case, by=OWNER, at=AT, opened="ticket", result="sound")


def test_a_major_of_a_certification_body_is_verified_by_it() -> None:
    case = implemented(accepted(whole_case(Grade.MAJOR, CB)))
    with pytest.raises(Refused, match="certification body"):
        casework.verify(case, by=OTHER, at=AT, opened="ticket", result="sound")
    assert casework.verify(case, by=AUDITOR, at=AT, opened="ticket", result="sound")


def test_effect_is_not_judged_before_its_day() -> None:
    case = verified(approved(whole_case()))
    assert case.shown_state(date(2027, 3, 1)) == "implemented, effectiveness pending"
    with pytest.raises(Refused, match="not reached"):
        casework.judge_effective(
            case, by=OTHER, at=AT, today=date(2027, 3, 1), data="16 of 16", met=True
        )


def test_effect_is_not_judged_without_data() -> None:
    with pytest.raises(Refused, match="with data"):
        casework.judge_effective(
            verified(approved(whole_case())), by=OTHER, at=AT, today=LATER, data=" ", met=True
        )


def test_a_reopened_plan_needs_a_new_analysis() -> None:
    case = casework.judge_effective(
        verified(approved(whole_case())),
        by=OTHER,
        at=AT,
        today=LATER,
        data="9 of 16",
        met=False,
        reason="tasks were not generated for new systems",
    )
    assert (case.state, case.version) == (State.DRAFT, 2)
    with pytest.raises(Refused, match="new analysis"):
        casework.propose(case, by=DRAFTER, at=AT, problems=())


def test_an_extension_keeps_the_old_date_and_needs_somebody_else() -> None:
    case = approved(whole_case())
    case = casework.request_extension(
        case, by=LEAD, at=AT, target="A1", new=date(2027, 3, 1), reason="tool comes later"
    )
    with pytest.raises(Refused, match="someone other"):
        casework.grant_extension(case, by=LEAD, at=AT, target="A1")
    second = Person("Uma Roy", frozenset({Role.ISMS_LEAD}))
    case = casework.grant_extension(case, by=second, at=AT, target="A1")
    assert case.due_of("A1") == date(2027, 3, 1)
    assert case.extensions[0].old == date(2027, 1, 15)
    assert case.approval


def test_a_withdrawn_plan_stays_with_its_reason() -> None:
    case = casework.withdraw(whole_case(), by=LEAD, at=AT, reason="the auditor took it back")
    assert case.state is State.WITHDRAWN
    assert case.events[-1].reason == "the auditor took it back"
    with pytest.raises(Refused):
        casework.withdraw(case, by=LEAD, at=AT, reason="again")


def test_every_step_has_a_named_person() -> None:
    with pytest.raises(Refused, match="named person"):
        casework.withdraw(whole_case(), by=Person(" ", LEAD.roles), at=AT, reason="x")


class Life(RuleBasedStateMachine):
    """Anybody tries any step in any order; what comes out must have passed every guard."""

    def __init__(self) -> None:
        super().__init__()
        self.case = whole_case()
        self.today = date(2026, 11, 25)

    def attempt(self, step, *arguments, **named) -> None:
        before = self.case
        try:
            self.case = step(self.case, *arguments, at=AT, **named)
        except Refused:
            assert self.case == before

    @rule(grade=st.sampled_from([Grade.MAJOR, Grade.MINOR]), source=st.sampled_from(list(Source)))
    @precondition(lambda self: len(self.case.events) == 1)
    def choose(self, grade, source) -> None:
        self.case = whole_case(grade, source)

    @rule(days=st.integers(0, 400))
    def wait(self, days) -> None:
        self.today += timedelta(days=days)

    @rule(times=st.integers(1, 4))
    def go_on(self, times) -> None:
        """Take the right next steps, so that deep states are reached too."""
        for _ in range(times):
            case, top = self.case, self.case.plan.grade is Grade.MAJOR
            right = {
                State.DRAFT: lambda: self.attempt(casework.propose, by=DRAFTER, problems=()),
                State.PROPOSED: lambda case=case, top=top: self.attempt(
                    casework.approve,
                    by=CHIEF if top else LEAD,
                    shown=case.plan.content_hash,
                    problems=(),
                ),
                State.APPROVED: self._begin,
                State.SUBMITTED_TO_CB: lambda: self.cb_decides(LEAD, True),
                State.CB_ACCEPTED: self._begin,
                State.CB_RETURNED: lambda: self.move(LEAD, casework.return_to_draft),
                State.IN_PROGRESS: self._finish,
                State.IMPLEMENTED: lambda: [self.verify(one, "SD-1") for one in (OTHER, AUDITOR)],
                State.VERIFIED: lambda: self.judge(OTHER, True, "16 of 16"),
            }
            right.get(case.state, lambda: None)()

    def _begin(self) -> None:
        self.attempt(casework.submit, by=LEAD)
        self.report(OWNER, "A1", "started", "")
        self.move(OWNER, casework.start)

    def _finish(self) -> None:
        for action in ("A1", "A2"):
            self.report(OWNER, action, "done", "SD-1")
        self.implemented(OWNER)

    @rule(who=st.sampled_from(PEOPLE))
    def propose(self, who) -> None:
        self.attempt(casework.propose, by=who, problems=())

    @rule(who=st.sampled_from(PEOPLE), right=st.booleans(), own=st.just(False))
    def approve(self, who, right, own) -> None:
        shown = self.case.plan.content_hash if right else "f" * 64
        self.attempt(
            casework.approve,
            by=who,
            shown=shown,
            problems=(WARNING,),
            overrides={"soa_contradicts": "known"},
            self_approval=own,
        )

    @rule(
        who=st.sampled_from(PEOPLE), text=st.sampled_from(["All 3 checked.", "All 5 checked.", ""])
    )
    def change(self, who, text) -> None:
        plan = self.case.plan.with_entry(Field.EXTENT, Entry(text=text))
        self.attempt(casework.revise, plan, by=who.name)

    @rule(who=st.sampled_from(PEOPLE))
    def change_causes(self, who) -> None:
        plan = self.case.plan
        first = replace(plan.causes[0], text=plan.causes[0].text + " again")
        self.attempt(casework.revise, replace(plan, causes=(first, *plan.causes[1:])), by=who.name)

    @rule(who=st.sampled_from(PEOPLE))
    def submit(self, who) -> None:
        self.attempt(casework.submit, by=who)

    @rule(who=st.sampled_from(PEOPLE), yes=st.booleans())
    def cb_decides(self, who, yes) -> None:
        self.attempt(
            casework.cb_decides, by=who, accepted=yes, who="Ines Kaya", on="mail", reason="r"
        )

    @rule(
        who=st.sampled_from(PEOPLE),
        action=st.sampled_from(["A1", "A2", "A9"]),
        status=st.sampled_from(["started", "done"]),
        evidence=st.sampled_from(["", "SD-1"]),
    )
    def report(self, who, action, status, evidence) -> None:
        self.attempt(casework.report, by=who, action=action, status=status, evidence=evidence)

    @rule(
        who=st.sampled_from(PEOPLE),
        step=st.sampled_from([casework.start, casework.return_to_draft]),
    )
    def move(self, who, step) -> None:
        self.attempt(step, by=who)

    @rule(who=st.sampled_from(PEOPLE))
    def implemented(self, who) -> None:
        self.attempt(casework.implemented, by=who, on=self.today)

    @rule(who=st.sampled_from(PEOPLE), opened=st.sampled_from(["", "SD-1"]))
    def verify(self, who, opened) -> None:
        self.attempt(casework.verify, by=who, opened=opened, result="sound")

    @rule(who=st.sampled_from(PEOPLE), met=st.booleans(), data=st.sampled_from(["", "16 of 16"]))
    def judge(self, who, met, data) -> None:
        self.attempt(
            casework.judge_effective, by=who, today=self.today, data=data, met=met, reason="r"
        )

    @rule(who=st.sampled_from(PEOPLE), reason=st.sampled_from(["", "merged"]))
    def reject(self, who, reason) -> None:
        self.attempt(casework.reject, by=who, reason=reason)

    @rule(
        who=st.sampled_from(PEOPLE),
        which=st.sampled_from(["A1", "effectiveness"]),
        days=st.integers(1, 90),
    )
    def extend(self, who, which, days) -> None:
        old = self.case.due_of(which)
        if old:
            self.attempt(
                casework.request_extension,
                by=who,
                target=which,
                new=old + timedelta(days=days),
                reason="late",
            )
        self.attempt(casework.grant_extension, by=who, target=which)

    @invariant()
    def an_approval_is_of_this_content(self) -> None:
        case = self.case
        relied = {
            State.APPROVED,
            State.SUBMITTED_TO_CB,
            State.CB_ACCEPTED,
            State.IN_PROGRESS,
            State.IMPLEMENTED,
            State.VERIFIED,
            State.EFFECTIVE,
        }
        if case.state in relied:
            assert case.approval
            assert case.approval.content_hash == case.plan.content_hash
            assert not same_person(case.approval.by, case.changed_by)
            if case.plan.grade is Grade.MAJOR:
                assert case.approval.role is Role.TOP_MANAGEMENT
            else:
                assert not owned_by(case.plan.actions, case.approval.by)

    @invariant()
    def work_waits_for_the_certification_body(self) -> None:
        case = self.case
        if (
            case.state in {State.IN_PROGRESS, State.IMPLEMENTED, State.VERIFIED, State.EFFECTIVE}
            and case.plan.finding.source is CB
        ):
            assert case.cb_decision
            assert case.cb_decision.result == "accepted"

    @invariant()
    def what_is_implemented_has_evidence(self) -> None:
        case = self.case
        if case.state in {State.IMPLEMENTED, State.VERIFIED, State.EFFECTIVE}:
            for action in case.plan.actions:
                last = [one for one in case.progress if one.action == action.id][-1]
                assert last.status == "done"
                assert last.evidence

    @invariant()
    def verifiers_own_no_action(self) -> None:
        for judged in (self.case.verification, self.case.effect):
            if judged:
                assert not owned_by(self.case.plan.actions, judged.by)
                assert judged.opened

    @invariant()
    def what_is_effective_was_judged_in_time(self) -> None:
        case = self.case
        if case.state is State.EFFECTIVE:
            assert case.verification
            assert case.effect
            assert case.effect.result == "met"
            due = case.due_of("effectiveness")
            assert due
            assert self.today >= due

    @invariant()
    def history_only_grows_and_names_people(self) -> None:
        assert all(one.by.strip() for one in self.case.events)
        assert self.case.events[-1].after is self.case.state or self.case.state not in CLOSED

    @invariant()
    def old_dates_stay(self) -> None:
        for one in self.case.extensions:
            assert one.old < one.new


TestNoOrderOfStepsBreaksAGuard = Life.TestCase
TestNoOrderOfStepsBreaksAGuard.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
