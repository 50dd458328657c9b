"""`annexa interview run`: an interview with a scripted respondent, its outcome as data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.interviewers import documents_of
from bots.cli.options import WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.interviewing.script import Outcome

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Interview a scripted respondent.")
@click.option("--script", "script_file", metavar="SCRIPT.yaml", type=_FILE, required=True)
@options(*WORKS)
@invoked
def run(run: Invocation, script_file: Path) -> int:
    """Play an interview from a script and print what it comes to.

    Documents in the workspace that the respondent's groups may read are read first; without an
    index the interview goes by answers alone. Nothing is kept.
    """
    from assistant.domain.interview import Respondent, fold
    from assistant.interviewing.script import Script, outcome, play
    from bots.cli.plan_files import read_file

    script = read_file(script_file, Script)
    today = run.settings().today
    said = script.respondent
    respondent = Respondent(said.name, said.role, tuple(said.groups))
    events = play(script, documents_of(run, respondent, script.plan()), today=today)
    found = outcome(fold(events), today)
    if run.as_json:
        screen.data(found.data())
    else:
        _show(found)
    return 0


def _show(found: Outcome) -> None:
    for line in found.transcript:
        if line.role == "assistant":
            screen.say(line.text.replace("**", ""))
        else:
            screen.say(f"  > {line.text}", style="bold")
        screen.say()
    for unit in found.units:
        screen.say(f"{unit.unit}: {unit.verdict.replace('_', ' ')}. {unit.reason}")
    if found.paused:
        screen.say("The interview is paused.")
