"""`annexa plan draft`, `new` and `resume`: the drafting conversation, from files or at the keyboard."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options, owners_only
from bots.cli.plan_screen import show_plan
from bots.cli.planners import Desk, opened

if TYPE_CHECKING:
    from assistant.domain.plan import Finding
    from assistant.planning.conversation import Talk
    from assistant.planning.importing import Taken

_FILE = click.Path(path_type=Path, dir_okay=False)
_SOURCES = click.Choice(
    ["internal", "certification_body", "customer", "regulator", "incident", "self"]
)


@click.command(short_help="Draft a plan from files, without keeping it.")
@click.option("--finding", "finding_file", metavar="FINDING.yaml", type=_FILE, required=True)
@click.option(
    "--answers", "answers_file", metavar="ANSWERS.yaml", type=_FILE, help="What the lead says."
)
@options(*WORKS, *READS)
@invoked
def draft(run: Invocation, finding_file: Path, answers_file: Path | None) -> None:
    """Hold the drafting conversation from a script and print the draft.

    Without --answers nothing is known: the draft shows what would be asked. Nothing is kept; use
    `annexa plan new --finding FINDING.yaml` for that.
    """
    from assistant.planning.planner import draft_data
    from assistant.planning.scripted import play
    from bots.cli.lines import CitationOut
    from bots.cli.plan_files import AnswersIn, FindingIn, read_file

    finding = read_file(finding_file, FindingIn).finding()
    answers = (read_file(answers_file, AnswersIn) if answers_file else AnswersIn()).answers()
    with opened(run) as desk:
        talk = desk.planner.begin(f"CAP-{finding.id}", finding)
        talk = play(talk, answers, by=run.user or "lead", at=_midnight(desk.today))
        data = draft_data(
            talk, desk.planner, lambda one: CitationOut.of(one).model_dump(mode="json")
        )
    if run.as_json:
        screen.data(data)
        return
    for turn in talk.turns:
        screen.say(turn.text)
        screen.indented(f"> {turn.reply}", 2, "bold")
        screen.say()
    show_plan(talk.plan, None)


def _midnight(day: date) -> datetime:
    """Give the moment that a scripted day stands for, so that a script always gives the same text."""
    return datetime.combine(day, time(), tzinfo=UTC)


@click.command(short_help="Draft a plan in a conversation.")
@click.option(
    "--finding", "finding_file", metavar="FINDING.yaml", type=_FILE, help="The finding as a file."
)
@click.option(
    "--text",
    metavar="TEXT",
    help="The finding as the auditor wrote it; else it is read from the keyboard.",
)
@click.option(
    "--report",
    metavar="FILE",
    type=_FILE,
    help="An audit report (DOCX, PDF, XLSX, text) with findings.",
)
@click.option(
    "--from-interview",
    "unit",
    metavar="UNIT",
    help="A gap of the last assessment, by clause or control, such as A.8.8.",
)
@click.option("--source", type=_SOURCES, default="internal", show_default=True)
@click.option("--date", "day", type=DAY, help="The day on which it was raised.")
@click.option("--as", "person", metavar="PERSON", required=True, help="Who answers, by name.")
@options(*WORKS)
@invoked
def new(
    run: Invocation,
    finding_file: Path | None,
    text: str | None,
    report: Path | None,
    unit: str | None,
    source: str,
    day: date | None,
    person: str,
) -> None:
    """Take findings in and draft a plan for each in a conversation.

    Leave with an empty line or Ctrl-D; `annexa plan resume PLAN` goes on where you stopped. Several
    findings of one report become several plans.
    """
    if unit is not None:
        if finding_file or text or report:
            raise click.UsageError("give one of --finding, --text, --report and --from-interview.")
        taken = [_gap(run, unit, source, day)]
    else:
        taken = _findings(finding_file, text, report, source, day)
    with opened(run, records=True) as desk:
        ids = [_begin(desk, finding, person) for finding in taken]
        if len(ids) > 1:
            screen.say(
                f"{len(ids)} plans begun: {', '.join(ids)}. `annexa plan resume PLAN` goes on "
                f"with each."
            )
        if ids:
            _hold(desk, ids[0], person)


@click.command(short_help="Go on with a draft where it was left.")
@click.argument("plan_id", metavar="PLAN")
@click.option("--as", "person", metavar="PERSON", required=True, help="Who answers, by name.")
@click.option(
    "--say",
    "replies",
    metavar="TEXT",
    multiple=True,
    help="Reply to the open question, then to the next.",
)
@options(*WORKS)
@invoked
def resume(run: Invocation, plan_id: str, person: str, replies: tuple[str, ...]) -> None:
    """Ask the next question of a draft; with --say answer without a keyboard."""
    with opened(run, records=True) as desk:
        found = desk.plans.get(plan_id).case.plan.id
        if not replies:
            _hold(desk, found, person)
            return
        for said in replies:
            talk = _answer(desk, found, said, person)
        _show_question(talk)


def _findings(
    finding_file: Path | None, text: str | None, report: Path | None, source: str, day: date | None
) -> list[Finding]:
    from assistant.domain.plan import Source
    from assistant.planning.importing import read_pasted, read_report
    from bots.cli.plan_files import FindingIn, read_file

    if sum(one is not None for one in (finding_file, text, report)) > 1:
        raise click.UsageError("give one of --finding, --text and --report.")
    if finding_file is not None:
        return [read_file(finding_file, FindingIn).finding()]
    if report is not None:
        taken = read_report(report, Source(source), audit_date=day)
        if not taken:
            raise click.ClickException(
                f"{report} holds no finding that I recognise. Paste it with --text."
            )
        return _chosen(taken)
    if text is None:
        if sys.stdin.isatty():
            screen.say("Paste the finding; end with Ctrl-D on a line of its own.", style="dim")
        text = sys.stdin.read()
    if not text.strip():
        raise click.UsageError("there is no finding; give its text.")
    return _chosen(read_pasted(text, Source(source), audit_date=day))


def _gap(run: Invocation, unit: str, source: str, day: date | None) -> Finding:
    """Take a gap of the last assessment as a finding; an assessment gives no grade."""
    from assistant.domain.plan import Finding, Source
    from assistant.interviewing.report import finding_of
    from assistant.interviewing.reporting import report_of
    from bots.cli.interviewers import opened as opened_interviews
    from knowledge.demands import chosen

    owners_only(run, "plan")
    with opened_interviews(run) as room:
        name = room.chosen(None)
        made = report_of(room.assessments, name, room.today)
    wanted = chosen(unit)
    if not wanted or all(one.unit != wanted[0] for one in made.results):
        known = ", ".join(one.unit for one in made.results) or "none"
        raise click.UsageError(f"{unit!r} is no unit of {name}; it has {known}.")
    return Finding(
        id=f"{name}-{wanted[0]}",
        text=_as_raised(finding_of(made, wanted[0]), wanted[0]),
        source=Source(source),
        audit_date=day or made.on,
        audit=f"Gap assessment {name}",
    )


def _as_raised(text: str, unit: str) -> str:
    """Name the clause as one, and leave out what is merely unknown: that is no finding yet."""
    lines = [one for one in text.split("\n") if not one.startswith("Open: not known")]
    named = "" if unit.startswith("A.") else "Clause "
    return named + "\n".join(lines)


def _chosen(taken: tuple[Taken, ...]) -> list[Finding]:
    for one in taken:
        grade = one.finding.grade.value if one.finding.grade else "no grade"
        screen.say(
            f"{one.finding.id} ({grade}, {one.place}): {' '.join(one.finding.text.split())[:160]}"
        )
    return [one.finding for one in taken]


def _begin(desk: Desk, finding: Finding, person: str) -> str:
    """Keep a new draft; the same finding given twice is one plan."""
    from assistant.domain.casework import begin

    at = datetime.combine(desk.today, datetime.now(UTC).time(), tzinfo=UTC)
    talk = desk.planner.begin("CAP", finding, desk.register())
    key = hashlib.sha256(f"{finding.id}\n{finding.text}".encode()).hexdigest()
    kept = desk.plans.create(
        lambda plan_id: begin(replace(talk.plan, id=plan_id), by=person, at=at),
        key=key,
        by=person,
        at=at,
    )
    plan_id = kept.case.plan.id
    if desk.plans.talk(plan_id) is None:
        desk.plans.keep_talk(plan_id, replace(talk, plan=kept.case.plan), at=at)
    return plan_id


def _hold(desk: Desk, plan_id: str, person: str) -> None:
    """Ask and answer until nothing is left to ask or the person leaves."""
    talk = desk.plans.talk(plan_id)
    if talk is None:
        raise click.ClickException(
            f"{plan_id} has no conversation to go on with; change it with `annexa plan edit`."
        )
    while talk.question is not None:
        _show_question(talk)
        if not sys.stdin.isatty():
            screen.note(f'Answer with `annexa plan resume {plan_id} --as "{person}" --say TEXT`.')
            return
        try:
            said = click.prompt(">", default="", show_default=False, prompt_suffix=" ")
        except click.Abort:
            said = ""
        if not said.strip():
            screen.note(f'Left; `annexa plan resume {plan_id} --as "{person}"` goes on here.')
            return
        talk = _answer(desk, plan_id, said, person)
    _show_question(talk)
    show_plan(talk.plan, None)


def _answer(desk: Desk, plan_id: str, said: str, person: str) -> Talk:
    """Take a reply and keep both the conversation and the draft before anything is shown."""
    from assistant.domain.cases import State
    from assistant.domain.casework import revise
    from assistant.planning.conversation import reply

    talk = desk.plans.talk(plan_id)
    kept = desk.plans.get(plan_id)
    if talk is None or talk.question is None:
        raise click.ClickException(
            f"nothing is asked about {plan_id} any more; use `annexa plan edit`."
        )
    if kept.case.state is not State.DRAFT:
        raise click.ClickException(
            f"{plan_id} is {kept.case.state.value}; only a draft is talked about."
        )
    at = datetime.combine(desk.today, datetime.now(UTC).time(), tzinfo=UTC)
    # What was edited by hand meanwhile is the plan; the conversation goes on from it.
    talk = reply(replace(talk, plan=kept.case.plan), said, by=person, at=at)
    case = revise(kept.case, talk.plan, by=person, at=at, reason="drafting conversation")
    key = f"reply-{len(talk.turns)}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    desk.plans.save_with_talk(case, kept.revision, talk, key=key, by=person, at=at)
    return talk


def _show_question(talk: Talk) -> None:
    from assistant.planning.conversation import spoken

    screen.say()
    screen.say(spoken(talk))
