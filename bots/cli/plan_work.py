"""`annexa plan show, lint, edit` and the steps of a plan's life, each by a named person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.options import DAY, WORKS, Invocation, invoked, options
from bots.cli.plan_screen import show_plan, show_problems
from bots.cli.planners import Desk, opened

if TYPE_CHECKING:
    from assistant.domain.cases import Case, Person
    from assistant.planning.store import Kept

BY = click.option("--as", "person", metavar="PERSON", required=True, help="Who does this, by name.")
KEY = click.option(
    "--key", metavar="KEY", help="The same key is the same step, however often it is sent."
)
REASON = click.option("--reason", metavar="TEXT", default="", help="Why; it stays in the history.")
PLAN = click.argument("plan_id", metavar="PLAN")


def now(desk: Desk) -> datetime:
    """Give the moment of a step: the time of day now, on the day that rules use."""
    return datetime.combine(desk.today, datetime.now(UTC).time(), tzinfo=UTC)


@click.command(short_help="Show a plan.")
@PLAN
@options(*WORKS)
@invoked
def show(run: Invocation, plan_id: str) -> None:
    """Show a plan with its state, history and what may follow."""
    from assistant.domain.casework import next_steps
    from assistant.planning import rendering

    with opened(run, records=True) as desk:
        kept = desk.plans.get(plan_id)
        case = kept.case
        suggested = desk.planner.suggestions(case.plan, desk.background(case))
        if run.as_json:
            data = rendering.plan_data(case.plan, case)
            data |= {
                "state": case.state.value,
                "shown_state": case.shown_state(desk.today),
                "version": case.version,
                "revision": kept.revision,
                "suggested_due": rendering.suggested_data(suggested),
                "to_be_confirmed": rendering.open_fields(case.plan),
                "next": list(next_steps(case)),
            }
            screen.data(data)
            return
        screen.say(
            f"State: {case.shown_state(desk.today)}, version {case.version}, revision "
            f"{kept.revision}"
        )
        if case.disputed:
            screen.say(f"Disputed: {case.disputed}", style="yellow")
        for one in suggested:
            screen.say(
                f"Suggested date for {one.kind}: {one.day.isoformat()} — {one.why}", style="dim"
            )
        show_plan(case.plan, case)
        screen.say(f"May follow: {', '.join(next_steps(case)) or 'nothing'}")


@click.command(short_help="Say what an auditor would hold against a plan.")
@PLAN
@options(*WORKS)
@invoked
def lint(run: Invocation, plan_id: str) -> int:
    """List every weakness by field, with reason and clause. Ends with 1 if it cannot be proposed."""
    from assistant.planning import rendering

    with opened(run, records=True) as desk:
        case = desk.plans.get(plan_id).case
        problems = desk.lint(case)
    if run.as_json:
        screen.data(rendering.problems_data(problems))
    else:
        show_problems(problems)
    return int(any(one.severity in {"fail", "error"} for one in problems))


@click.command(short_help="Change a field of a plan.")
@PLAN
@click.argument("field")
@click.argument("value")
@BY
@KEY
@REASON
@options(*WORKS)
@invoked
def edit(
    run: Invocation, plan_id: str, field: str, value: str, person: str, key: str | None, reason: str
) -> None:
    """Change FIELD to VALUE. An approval falls with any change.

    FIELD is a field such as extent, or a part: actions.A1.owner, actions.A1.due, actions.add,
    actions.A2.remove, causes.C1.evidence, causes.add, effectiveness.due, repeat_of, links, grade.
    """
    from assistant.domain.casework import revise
    from assistant.planning.editing import edited

    def step(case: Case, who: Person, at: datetime, desk: Desk) -> Case:
        return revise(
            case,
            edited(case.plan, field, value, by=who.name, at=at),
            by=who.name,
            at=at,
            reason=reason or f"{field} changed",
        )

    _move(run, plan_id, person, key, f"edit {field}", step)


Step = Callable[["Case", "Person", datetime, Desk], "Case"]


def _move(
    run: Invocation, plan_id: str, person: str, key: str | None, action: str, step: Step
) -> None:
    """Do one step of a plan and keep it; what the rules refuse ends with a sentence."""
    from assistant.domain.cases import Refused
    from assistant.planning.editing import NotEditable

    with opened(run, records=True) as desk:
        kept = desk.plans.get(plan_id)
        who = desk.rules.person(person)
        at = now(desk)
        try:
            case = step(kept.case, who, at, desk)
        except (Refused, NotEditable) as error:
            raise click.ClickException(f"{error} Nothing was changed.") from error
        if case == kept.case:
            screen.say("Nothing changed.")
            return
        after = desk.plans.save(
            case, kept.revision, key=key or uuid.uuid4().hex, by=who.name, at=at, action=action
        )
    _say(run, after, desk.today)


def _say(run: Invocation, kept: Kept, today: date) -> None:
    case = kept.case
    if run.as_json:
        screen.data(
            {
                "id": case.plan.id,
                "state": case.state.value,
                "revision": kept.revision,
                "version": case.version,
                "content_hash": case.plan.content_hash,
            }
        )
        return
    screen.say(f"{case.plan.id}: {case.shown_state(today)} (revision {kept.revision})")
    if case.events:
        screen.say(f"  {case.events[-1].what}", style="dim")


def _command(name: str, help_: str, *extra: Any) -> Callable[[Callable[..., Step]], click.Command]:
    """Make a command of a step: the plan, the person, and what the step needs besides."""

    def make(build: Callable[..., Step]) -> click.Command:
        @click.command(name, short_help=help_, help=f"{help_}\n\n{build.__doc__ or ''}")
        @invoked
        def command(
            run: Invocation, plan_id: str, person: str, key: str | None, **named: Any
        ) -> None:
            _move(run, plan_id, person, key, name, build(**named))

        decorated: Any = command
        for one in reversed((PLAN, BY, KEY, *extra, *WORKS)):
            decorated = one(decorated)
        return decorated  # type: ignore[no-any-return]

    return make


@_command("propose", "Hand a draft in for approval.")
def propose() -> Step:
    """Every field that the grade asks for must be filled, every cause must have an action."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.propose(
        case, by=who, at=at, problems=desk.lint(case)
    )


@_command(
    "approve",
    "Approve exactly the content that was shown.",
    click.option(
        "--hash",
        "shown",
        metavar="SHA256",
        required=True,
        help="As `plan show` prints it; its first 12 digits will do.",
    ),
    click.option(
        "--accept",
        "accepted",
        metavar="CODE=WHY",
        multiple=True,
        help="Accept a warning with a reason.",
    ),
)
def approve(shown: str, accepted: tuple[str, ...]) -> Step:
    """Whoever last changed the content cannot approve it; a major is approved by top management."""
    from assistant.domain import casework

    overrides = dict(one.partition("=")[::2] for one in accepted)

    def step(case: Case, who: Person, at: datetime, desk: Desk) -> Case:
        problems = desk.lint(case)
        whole = case.plan.content_hash
        same = len(shown) >= 12 and whole.startswith(shown.casefold())
        if missing := [
            one for one in problems if one.severity == "warning" and one.code not in overrides
        ]:
            show_problems(missing)
        return casework.approve(
            case,
            by=who,
            at=at,
            shown=whole if same else shown,
            problems=problems,
            overrides=overrides,
            self_approval=desk.rules.self_approval,
        )

    return step


@_command("reject", "Send a proposed plan back with a reason.", REASON)
def reject(reason: str) -> Step:
    """The plan is a draft again."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.reject(case, by=who, at=at, reason=reason)


@_command("submit", "Record that an approved plan went to the certification body.")
def submit() -> Step:
    """Only for findings of a certification body."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.submit(case, by=who, at=at)


_WHO = click.option(
    "--who", metavar="NAME", required=True, help="Who of the certification body decided."
)
_ON = click.option(
    "--on", "document", metavar="TEXT", required=True, help="On what: letter, mail, date."
)


@_command("cb-accepted", "Record the acceptance by the certification body.", _WHO, _ON)
def cb_accepted(who: str, document: str) -> Step:
    """An acceptance is a fact with a name and a document."""
    from assistant.domain import casework

    return lambda case, person, at, desk: casework.cb_decides(
        case, by=person, at=at, accepted=True, who=who, on=document
    )


@_command("cb-returned", "Record that the certification body returned the plan.", _WHO, _ON, REASON)
def cb_returned(who: str, document: str, reason: str) -> Step:
    """Changing the plan then begins a new version."""
    from assistant.domain import casework

    return lambda case, person, at, desk: casework.cb_decides(
        case, by=person, at=at, accepted=False, who=who, on=document, reason=reason
    )


_ACTION = click.option("--action", metavar="A1", required=True, help="Which action.")
_EVIDENCE = click.option(
    "--evidence", metavar="TEXT", default="", help="What shows it, and where it is kept."
)


@_command(
    "report",
    "Report an action as started or done.",
    _ACTION,
    click.option("--status", type=click.Choice(["started", "done"]), required=True),
    _EVIDENCE,
)
def report(action: str, status: str, evidence: str) -> Step:
    """The first action that is started begins the work; done needs evidence."""
    from assistant.domain import casework

    def step(case: Case, who: Person, at: datetime, desk: Desk) -> Case:
        return casework.report(case, by=who, at=at, action=action, status=status, evidence=evidence)

    return step


@_command("start", "Begin the work after approval and acceptance.")
def start() -> Step:
    """At least one action has been reported as started."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.start(case, by=who, at=at)


@_command("implemented", "Report that every action is done with evidence.")
def implemented() -> Step:
    """By an owner of an action."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.implemented(case, by=who, at=at, on=desk.today)


@_command(
    "verify",
    "Judge the evidence of implementation.",
    click.option("--opened", metavar="TEXT", required=True, help="Which evidence was opened."),
    click.option("--result", metavar="TEXT", required=True, help="How it was judged."),
)
def verify(opened: str, result: str) -> Step:
    """By somebody who owns none of the actions; a major of a certification body by that body."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.verify(
        case, by=who, at=at, opened=opened, result=result
    )


_DATA = click.option(
    "--data", metavar="TEXT", required=True, help="The figures, and where they stand."
)


@_command("effective", "Judge that the criterion is met, and close.", _DATA)
def effective(data: str) -> Step:
    """Not before the review date, and with data."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.judge_effective(
        case, by=who, at=at, today=desk.today, data=data, met=True
    )


@_command("reopen", "Judge that the criterion is not met, and reopen.", _DATA, REASON)
def reopen(data: str, reason: str) -> Step:
    """The causes need a new analysis; the earlier one stays in the history."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.judge_effective(
        case, by=who, at=at, today=desk.today, data=data, met=False, reason=reason
    )


@_command("withdraw", "Withdraw a plan; nothing is deleted.", REASON)
def withdraw(reason: str) -> Step:
    """For a finding that was disproved or merged."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.withdraw(case, by=who, at=at, reason=reason)


@_command("dispute", "Record that the finding is disputed.", REASON)
def dispute(reason: str) -> Step:
    """The grade and the plan stay as they are meanwhile."""
    from assistant.domain import casework

    return lambda case, who, at, desk: casework.dispute(case, by=who, at=at, reason=reason)


@_command(
    "extend",
    "Ask for a later date, or grant it.",
    click.option("--target", metavar="A1", required=True, help="An action, or effectiveness."),
    click.option("--to", "day", type=DAY, help="The new date that is asked for."),
    click.option("--grant", is_flag=True, help="Grant what was asked for."),
    REASON,
)
def extend(target: str, day: date | None, grant: bool, reason: str) -> Step:
    """The old date stays visible beside the new one."""
    from assistant.domain import casework

    if grant == (day is not None):
        raise click.UsageError("give --to DAY to ask for an extension, or --grant to grant it.")

    def step(case: Case, who: Person, at: datetime, desk: Desk) -> Case:
        if day is None:
            return casework.grant_extension(case, by=who, at=at, target=target)
        return casework.request_extension(
            case, by=who, at=at, target=target, new=day, reason=reason
        )

    return step


STEPS: tuple[click.Command, ...] = (
    propose,
    approve,
    reject,
    submit,
    cb_accepted,
    cb_returned,
    report,
    start,
    implemented,
    verify,
    effective,
    reopen,
    withdraw,
    extend,
    dispute,
)
