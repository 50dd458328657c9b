"""The life of a plan: its states, who may move it, and what is kept of every step. Pure.

A `Case` is a plan with everything that happened to it. Every function gives a new case or raises
`Refused`; time and people are arguments. The assistant is nobody here: it drafts, and no step asks
for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from assistant.domain.cases import (
    CLOSED,
    Approval,
    Case,
    Event,
    Extension,
    Judgement,
    Person,
    Problem,
    Progress,
    Refused,
    Role,
    State,
)
from assistant.domain.plan import (
    Field,
    Grade,
    Plan,
    Source,
    filled_fields,
    owned_by,
    required_fields,
    same_person,
)

_Step = tuple[State, State]
STEPS: Mapping[_Step, str] = {
    (State.DRAFT, State.PROPOSED): "propose",
    (State.PROPOSED, State.APPROVED): "approve",
    (State.PROPOSED, State.DRAFT): "reject",
    (State.APPROVED, State.SUBMITTED_TO_CB): "submit",
    (State.SUBMITTED_TO_CB, State.CB_ACCEPTED): "record acceptance",
    (State.SUBMITTED_TO_CB, State.CB_RETURNED): "record return",
    (State.APPROVED, State.IN_PROGRESS): "start",
    (State.CB_ACCEPTED, State.IN_PROGRESS): "start",
    (State.IN_PROGRESS, State.IMPLEMENTED): "report implemented",
    (State.IMPLEMENTED, State.VERIFIED): "verify",
    (State.VERIFIED, State.EFFECTIVE): "judge effective",
    (State.VERIFIED, State.DRAFT): "reopen",
}
"""Every step there is, besides withdrawing and changing the content."""


def begin(plan: Plan, *, by: str, at: datetime) -> Case:
    """Open a case for a new plan that `by` had drafted."""
    case = Case(plan=plan, changed_by=by)
    return _note(case, by, at, "drafted", State.DRAFT)


def revise(case: Case, plan: Plan, *, by: str, at: datetime, reason: str = "") -> Case:
    """Change the content. An approval or a proposal falls with it, and the state is draft again."""
    if case.state in CLOSED:
        raise Refused("A closed plan is not changed; a repeat is a new finding with `repeat_of`.")
    if not by.strip():
        raise Refused("Say who changes the plan: --as PERSON.")
    if plan.finding.id != case.plan.finding.id or plan.finding.text != case.plan.finding.text:
        raise Refused("The finding itself is never changed; its text is the auditor's.")
    if plan.content_hash == case.plan.content_hash:
        return case
    what = "approval voided by a change" if case.approval else "changed"
    fresh = case.state not in {State.DRAFT, State.PROPOSED}
    changed = replace(
        case,
        plan=plan,
        state=State.DRAFT,
        version=case.version + 1 if fresh else case.version,
        changed_by=by,
        approval=None,
        cb_decision=None if fresh else case.cb_decision,
        verification=None,
        effect=None,
        implemented_on=None if fresh else case.implemented_on,
    )
    return _note(changed, by, at, what, case.state, reason=reason)


def propose(case: Case, *, by: Person, at: datetime, problems: tuple[Problem, ...]) -> Case:
    """Hand a draft in for approval."""
    _expect(case, State.DRAFT, State.PROPOSED)
    plan = case.plan
    missing = required_fields(plan.grade) - filled_fields(plan)
    if plan.grade is None:
        raise Refused(
            "The grade is open: whoever raised the finding gives it, never the assistant."
        )
    if missing:
        names = ", ".join(field.value for field in Field if field in missing)
        raise Refused(f"These fields are open and required for a {plan.grade.value}: {names}.")
    if plan.grade is not Grade.OFI:
        _linked(plan)
    if plan.reopened_from and plan.causes_hash == plan.reopened_from:
        raise Refused("The plan was reopened: the causes that did not hold need a new analysis.")
    grave = [one for one in problems if one.severity in {"fail", "error"}]
    if grave:
        said = " ".join(f"[{one.code}] {one.message}" for one in grave[:3])
        raise Refused(f"The plan cannot be proposed: {said}")
    if not (
        same_person(by.name, case.changed_by)
        or owned_by(plan.actions, by.name)
        or Role.ISMS_LEAD in by.roles
    ):
        raise Refused("A plan is proposed by whoever drafted it or owns one of its actions.")
    return _note(replace(case, state=State.PROPOSED), by.name, at, "proposed", case.state)


def _linked(plan: Plan) -> None:
    """Refuse causes without an action and actions without a cause."""
    taken = [one for one in plan.actions if not one.proposed]
    known = {one.id for one in plan.causes if not one.proposed}
    answered = {cause for one in taken for cause in one.causes}
    if bare := sorted(known - answered):
        raise Refused(f"No action answers {', '.join(bare)}. Every cause needs one.")
    if orphans := [one.id for one in taken if not set(one.causes) & known]:
        raise Refused(f"{', '.join(orphans)} answers no cause. Name the cause or take it out.")


def approve(
    case: Case,
    *,
    by: Person,
    at: datetime,
    shown: str,
    problems: tuple[Problem, ...],
    overrides: Mapping[str, str] | None = None,
    self_approval: bool = False,
) -> Case:
    """Approve exactly the content whose hash is `shown`.

    `problems` are those that were shown with it; each is accepted with a reason or not at all."""
    _expect(case, State.PROPOSED, State.APPROVED)
    plan = case.plan
    if shown != plan.content_hash:
        raise Refused(
            "The plan is not what was shown: it was changed meanwhile. Look at it again, then "
            "approve."
        )
    role = _approving_role(plan, by)
    own = same_person(by.name, case.changed_by)
    if own and not self_approval:
        raise Refused("Whoever last changed the content cannot approve it.")
    if plan.grade is Grade.MINOR and owned_by(plan.actions, by.name) and not self_approval:
        raise Refused("A minor is approved by an ISMS lead who owns none of its actions.")
    if fails := [one.code for one in problems if one.severity in {"fail", "error"}]:
        raise Refused(f"{', '.join(fails)} cannot be overridden; the plan has to be mended.")
    given = {code: why.strip() for code, why in (overrides or {}).items() if why.strip()}
    if unexplained := sorted({one.code for one in problems} - set(given)):
        raise Refused(f"Say why each warning is accepted: {', '.join(unexplained)}.")
    self_approved = own or bool(owned_by(plan.actions, by.name) and plan.grade is Grade.MINOR)
    approval = Approval(
        by.name, role, at, shown, tuple(sorted(given.items())), self_approved=self_approved
    )
    what = "approved (self-approval)" if approval.self_approved else "approved"
    moved = replace(case, state=State.APPROVED, approval=approval)
    return _note(moved, by.name, at, what, case.state)


def _approving_role(plan: Plan, by: Person) -> Role:
    if plan.grade is Grade.MAJOR:
        if Role.TOP_MANAGEMENT not in by.roles:
            raise Refused("A plan for a major is approved by top management or its delegate.")
        return Role.TOP_MANAGEMENT
    if Role.ISMS_LEAD in by.roles:
        return Role.ISMS_LEAD
    if Role.TOP_MANAGEMENT in by.roles:
        return Role.TOP_MANAGEMENT
    raise Refused("A plan is approved by the ISMS lead.")


def reject(case: Case, *, by: Person, at: datetime, reason: str) -> Case:
    """Send a proposed plan back with a reason."""
    _expect(case, State.PROPOSED, State.DRAFT)
    _approving_role(case.plan, by)
    return _note(
        replace(case, state=State.DRAFT), by.name, at, "rejected", case.state, reason=_why(reason)
    )


def submit(case: Case, *, by: Person, at: datetime) -> Case:
    """Record that an approved plan went to the certification body."""
    _expect(case, State.APPROVED, State.SUBMITTED_TO_CB)
    _lead(by)
    if case.plan.finding.source is not Source.CERTIFICATION_BODY:
        raise Refused("Only findings of a certification body are submitted to it.")
    return _note(
        replace(case, state=State.SUBMITTED_TO_CB), by.name, at, "submitted to the CB", case.state
    )


def cb_decides(
    case: Case, *, by: Person, at: datetime, accepted: bool, who: str, on: str, reason: str = ""
) -> Case:
    """Record what the certification body said: `who` said it, and `on` what (letter, mail, date)."""
    after = State.CB_ACCEPTED if accepted else State.CB_RETURNED
    _expect(case, State.SUBMITTED_TO_CB, after)
    _lead(by)
    if not who.strip() or not on.strip():
        raise Refused("An acceptance is a fact with a name and a document: say who and on what.")
    if not accepted:
        reason = _why(reason)
    decision = Judgement(who, at, on, "accepted" if accepted else "returned")
    what = "accepted by the CB" if accepted else "returned by the CB"
    moved = replace(case, state=after, cb_decision=decision)
    return _note(moved, by.name, at, what, case.state, reason=reason, details=(("who", who),))


def start(case: Case, *, by: Person, at: datetime) -> Case:
    """Begin the work; containment and correction may have begun long before."""
    if case.state is State.APPROVED and case.plan.finding.source is Source.CERTIFICATION_BODY:
        raise Refused("A finding of a certification body waits for its acceptance first.")
    _expect(case, case.state, State.IN_PROGRESS)
    _still_approved(case)
    _owner(case, by)
    if not any(case.status_of(one.id) != "open" for one in case.plan.actions):
        raise Refused("No action has been started: report the first one, then start.")
    return _note(replace(case, state=State.IN_PROGRESS), by.name, at, "work started", case.state)


def report(
    case: Case, *, by: Person, at: datetime, action: str, status: str, evidence: str = ""
) -> Case:
    """Record that an action was started or done; done needs evidence."""
    if case.state not in {State.APPROVED, State.CB_ACCEPTED, State.IN_PROGRESS}:
        raise Refused("Work on actions is reported between approval and implementation.")
    chosen = next((one for one in case.plan.actions if one.id == action), None)
    if chosen is None:
        raise Refused(f"There is no action {action}.")
    if not (owned_by([chosen], by.name) or Role.ISMS_LEAD in by.roles):
        raise Refused(f"{action} is reported by its owner, {chosen.owner or 'who is not named'}.")
    if status not in {"started", "done"}:
        raise Refused("An action is started or done.")
    if status == "done" and not evidence.strip():
        raise Refused("Done needs evidence: what shows it, and where is it kept?")
    made = Progress(action, status, by.name, at, evidence.strip())
    moved = replace(case, progress=(*case.progress, made))
    return _note(
        moved, by.name, at, f"{action} {status}", case.state, details=(("evidence", evidence),)
    )


def implemented(case: Case, *, by: Person, at: datetime, on: date) -> Case:
    """Report that every action is done with evidence."""
    _expect(case, State.IN_PROGRESS, State.IMPLEMENTED)
    _still_approved(case)
    _owner(case, by)
    open_ = [one.id for one in case.plan.actions if not _done(case, one.id)]
    if open_:
        raise Refused(f"{', '.join(open_)} is not done with evidence.")
    moved = replace(case, state=State.IMPLEMENTED, implemented_on=on)
    return _note(moved, by.name, at, "implemented", case.state)


def _done(case: Case, action: str) -> bool:
    last = next((one for one in reversed(case.progress) if one.action == action), None)
    return last is not None and last.status == "done" and bool(last.evidence)


def verify(case: Case, *, by: Person, at: datetime, opened: str, result: str) -> Case:
    """Judge the evidence of implementation; `opened` names what was opened."""
    _expect(case, State.IMPLEMENTED, State.VERIFIED)
    _still_approved(case)
    _independent(case, by)
    major_cb = (
        case.plan.grade is Grade.MAJOR and case.plan.finding.source is Source.CERTIFICATION_BODY
    )
    if major_cb and Role.CERTIFICATION_BODY not in by.roles:
        raise Refused("A major of a certification body is verified by the certification body.")
    if not opened.strip() or not result.strip():
        raise Refused("Say which evidence was opened and how it was judged.")
    judged = Judgement(by.name, at, opened.strip(), result.strip())
    moved = replace(case, state=State.VERIFIED, verification=judged)
    return _note(moved, by.name, at, "verified", case.state)


def judge_effective(
    case: Case, *, by: Person, at: datetime, today: date, data: str, met: bool, reason: str = ""
) -> Case:
    """Judge effectiveness with data, not before its date; a criterion that is not met reopens."""
    after = State.EFFECTIVE if met else State.DRAFT
    _expect(case, State.VERIFIED, after)
    _still_approved(case)
    _independent(case, by)
    if not data.strip():
        raise Refused("Effectiveness is judged with data: give the figures and where they stand.")
    due = case.due_of("effectiveness")
    if met and (due is None or today < due):
        when = due.isoformat() if due else "a date that is still open"
        raise Refused(f"The review date ({when}) is not reached: the cause may still be there.")
    judged = Judgement(by.name, at, data.strip(), "met" if met else "not met")
    if met:
        moved = replace(case, state=State.EFFECTIVE, effect=judged)
        return _note(moved, by.name, at, "effective", case.state)
    moved = replace(
        case,
        plan=replace(case.plan, reopened_from=case.plan.causes_hash),
        state=State.DRAFT,
        version=case.version + 1,
        approval=None,
        cb_decision=None,
        verification=None,
        effect=None,
        implemented_on=None,
        progress=(),
    )
    details = (("data", data.strip()), ("earlier", case.plan.content_hash))
    return _note(
        moved,
        by.name,
        at,
        "reopened: not effective",
        case.state,
        reason=_why(reason),
        details=details,
    )


def withdraw(case: Case, *, by: Person, at: datetime, reason: str) -> Case:
    """Withdraw an open plan, such as when the finding was disproved or merged; nothing is deleted."""
    if case.state in CLOSED:
        raise Refused("The plan is closed already.")
    _lead(by)
    moved = replace(case, state=State.WITHDRAWN)
    return _note(moved, by.name, at, "withdrawn", case.state, reason=_why(reason))


def return_to_draft(case: Case, *, by: Person, at: datetime) -> Case:
    """Begin a new version of a plan that the certification body returned."""
    if case.state is not State.CB_RETURNED:
        raise Refused("Only a plan that the CB returned begins a new version this way.")
    moved = replace(case, state=State.DRAFT, version=case.version + 1, approval=None)
    return _note(moved, by.name, at, "new version after the CB's return", case.state)


def request_extension(
    case: Case, *, by: Person, at: datetime, target: str, new: date, reason: str
) -> Case:
    """Ask for a later date for an action or for "effectiveness"."""
    if case.state in CLOSED:
        raise Refused("The plan is closed; its dates stand.")
    old = case.due_of(target)
    if old is None:
        raise Refused(f"{target} has no date that could be extended.")
    if new <= old:
        raise Refused(f"The new date must be after {old.isoformat()}.")
    wanted = Extension(target, old, new, _why(reason), by.name, at)
    moved = replace(case, extensions=(*case.extensions, wanted))
    details = (("old", old.isoformat()), ("new", new.isoformat()))
    what = f"extension of {target} requested"
    return _note(moved, by.name, at, what, case.state, reason=reason, details=details)


def grant_extension(case: Case, *, by: Person, at: datetime, target: str) -> Case:
    """Grant the last request for `target`; the old date stays visible."""
    _lead(by)
    if case.state in CLOSED:
        raise Refused("The plan is closed; its dates stand.")
    waiting = [
        place
        for place, one in enumerate(case.extensions)
        if one.target == target and one.granted_at is None
    ]
    if not waiting:
        raise Refused(f"Nobody asked for an extension of {target}.")
    one = case.extensions[waiting[-1]]
    if same_person(one.requested_by, by.name):
        raise Refused("An extension is granted by someone other than who asked for it.")
    granted = replace(one, granted_by=by.name, granted_at=at)
    kept = list(case.extensions)
    kept[waiting[-1]] = granted
    details = (("old", one.old.isoformat()), ("new", one.new.isoformat()))
    moved = replace(case, extensions=tuple(kept))
    what = f"extension of {target} granted"
    return _note(moved, by.name, at, what, case.state, reason=one.reason, details=details)


def dispute(case: Case, *, by: Person, at: datetime, reason: str) -> Case:
    """Record that the finding is disputed with whoever raised it; the grade and the plan stay."""
    if case.state in CLOSED:
        raise Refused("The plan is closed.")
    moved = replace(case, disputed=_why(reason))
    return _note(moved, by.name, at, "disputed", case.state, reason=reason)


def _expect(case: Case, before: State, after: State) -> None:
    if case.state is not before or (before, after) not in STEPS:
        raise Refused(
            f"A plan that is {case.state.value} cannot become {after.value}. Possible now: "
            f"{', '.join(next_steps(case)) or 'nothing'}."
        )


def next_steps(case: Case) -> tuple[str, ...]:
    """Name the states that may follow, whoever is asked to decide."""
    if case.state is State.CB_RETURNED:
        return (State.DRAFT.value, State.WITHDRAWN.value)
    after = [to.value for (before, to) in STEPS if before is case.state]
    if case.state is State.APPROVED:
        is_cb = case.plan.finding.source is Source.CERTIFICATION_BODY
        after = [State.SUBMITTED_TO_CB.value if is_cb else State.IN_PROGRESS.value]
    return (*after, *(() if case.state in CLOSED else (State.WITHDRAWN.value,)))


def _still_approved(case: Case) -> None:
    if case.approval is None or case.approval.content_hash != case.plan.content_hash:
        raise Refused("The content is not the one that was approved.")


def _lead(by: Person) -> None:
    if Role.ISMS_LEAD not in by.roles:
        raise Refused(f"This is done by an ISMS lead; {by.name} is not entered as one.")


def _owner(case: Case, by: Person) -> None:
    if not owned_by(case.plan.actions, by.name):
        raise Refused(f"This is done by an action owner; {by.name} owns no action of the plan.")


def _independent(case: Case, by: Person) -> None:
    if owned_by(case.plan.actions, by.name):
        raise Refused("Nobody verifies their own action: the verifier must not own one.")


def _why(reason: str) -> str:
    if not reason.strip():
        raise Refused("Give a reason; it stays in the history.")
    return reason.strip()


def _note(
    case: Case,
    by: str,
    at: datetime,
    what: str,
    before: State,
    *,
    reason: str = "",
    details: tuple[tuple[str, str], ...] = (),
) -> Case:
    if not by.strip():
        raise Refused("Say who does this: a step has a named person.")
    event = Event(at, by, what, before, case.state, reason.strip(), case.plan.content_hash, details)
    return replace(case, events=(*case.events, event))
