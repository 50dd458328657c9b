"""`annexa demo`: the packaged sample organisation, indexed and asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only
from bots.cli.serve import PORT, announce

DAY = date(2026, 11, 23)
"""The sample's dates are told from this day; on another, other things would be overdue."""
DEFAULT = "annexa-workspace"
QUESTIONS = (
    "How long are backups kept?",
    "Is A.8.24 applicable to us, and why?",
    "May I use a USB stick?",
)


@click.command(short_help="Try Annexa on an invented organisation.")
@click.option("--serve", "serving", is_flag=True, help="Open the web chat afterwards.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65_535))
@options(*WORKS)
@invoked
def demo(run: Invocation, serving: bool, port: int) -> int:
    """Index the sample organisation that comes with Annexa and answer three questions."""
    owners_only(run, "demo")
    from assistant.settings import SettingsError
    from bots.cli.workspace import make, show_report, sync

    folder = sample()
    run = replace(run, today=run.today or DAY)
    place = run.settings().workspace
    make(place, (folder / "access.yaml").read_text(encoding="utf-8"))
    with run.advisor() as advisor:
        held = advisor.library.snapshot().state.get("folder")
        if held is not None and Path(held) != folder.resolve():
            raise SettingsError(
                f"the workspace {place} holds the documents of {held}. Nothing was changed. Name "
                "another for the demo: annexa demo --workspace annexa-workspace-demo"
            )
        if not run.as_json:
            screen.say(
                f"An invented organisation, Tarnbrook Software Ltd, on the day {run.today}. "
                f"Workspace: {place}"
            )
        report = sync(advisor.library, folder)
        answers = []
        if not run.as_json:
            show_report(replace(report, skipped=()))  # its own access.yaml
        for question in QUESTIONS:
            answer = advisor.ask(question, reader=run.reader())
            if run.as_json:
                from bots.cli.lines import AskOut

                answers.append(AskOut.of(question, answer, 0.0).model_dump(mode="json"))
                continue
            from bots.cli.answers import show_answer

            screen.show()
            screen.rule(question)
            show_answer(answer, advisor.view(run.reader()))
    if run.as_json:
        screen.data(answers)
    else:
        _say_what_next(place, run.today or DAY)
    if serving:
        _open_the_door(run, port)
    return 1 if report.failures else 0


def sample() -> Path:
    """Give the folder of the packaged sample organisation."""
    import knowledge

    return Path(knowledge.__file__).parent / "sample"


def _open_the_door(run: Invocation, port: int) -> None:
    """Serve the web chat on the sample until Ctrl-C; on any port where the usual one is taken."""
    from bots.web.serving import free_port, serve

    with run.advisor() as advisor:
        serve(advisor, host="127.0.0.1", port=free_port(port), ready=announce)


def _say_what_next(place: Path, day: date) -> None:
    where = f"--today {day}" if place == Path(DEFAULT) else f"--workspace {place} --today {day}"
    screen.heading("Go on")
    for line in (  # one line each, to be copied
        f'annexa ask {where} "how soon is the account of a leaver disabled?"',
        f"annexa review {where}",
        "annexa index --workspace my-workspace FOLDER",
    ):
        click.echo(line)
