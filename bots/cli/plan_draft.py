"""`annexa plan draft` and `annexa plan new`: the drafting conversation, from files or at the keyboard."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.planning.conversation import Talk

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Draft a plan from files.")
@click.option("--finding", "finding_file", metavar="FINDING.yaml", type=_FILE, required=True)
@click.option("--answers", "answers_file", metavar="ANSWERS.yaml", type=_FILE, help="What the lead says.")
@options(*WORKS, *READS)
@invoked
def draft(run: Invocation, finding_file: Path, answers_file: Path | None) -> None:
    """Hold the drafting conversation from a script and print the draft.

    Without --answers nothing is known: the draft shows what would be asked. Nothing is saved; use
    `annexa plan new --finding FINDING.yaml` for that.
    """
    from assistant.planning.planner import draft_data
    from assistant.planning.scripted import play
    from bots.cli.lines import CitationOut
    from bots.cli.plan_files import AnswersIn, FindingIn, read_file
    from bots.cli.planners import opened

    finding = read_file(finding_file, FindingIn).finding()
    answers = (read_file(answers_file, AnswersIn) if answers_file else AnswersIn()).answers()
    with opened(run) as desk:
        talk = desk.planner.begin(f"CAP-{finding.id}", finding)
        talk = play(talk, answers, by=run.user or "lead", at=at_midnight(desk.today))
        data = draft_data(talk, desk.planner, lambda one: CitationOut.of(one).model_dump(mode="json"))
    if run.as_json:
        screen.data(data)
        return
    _show_talk(talk)
    from bots.cli.plan_screen import show_plan

    show_plan(talk.plan, None)


def at_midnight(day: object) -> datetime:
    """Give the moment that a scripted day stands for, so that the same script gives the same text."""
    from datetime import date

    assert isinstance(day, date)
    return datetime.combine(day, time(), tzinfo=UTC)


def _show_talk(talk: Talk) -> None:
    for turn in talk.turns:
        screen.say(turn.text)
        screen.say(f"  > {turn.reply}", style="bold")
        screen.say()
