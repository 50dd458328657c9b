"""`annexa interview report` and `mock`: the documents of an assessment, and practice for an audit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.interviewers import documents_of, opened
from bots.cli.options import READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.interviewing.report import Report

_FORMATS = ("html", "docx", "xlsx", "json")


@click.command(short_help="Write the report.")
@click.option("--assessment", "-a", metavar="ID", help="[default: the last one]")
@click.option("--out", "folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(_FORMATS), help="[default: all four]"
)
@click.option("--finding", "unit", metavar="UNIT", help="Print one gap as the text of a finding.")
@options(*WORKS, *READS)
@invoked
def report(
    run: Invocation,
    *,
    assessment: str | None,
    folder: Path | None,
    formats: tuple[str, ...],
    unit: str | None,
) -> int:
    """Write the report of an assessment as HTML, DOCX, XLSX and JSON.

    Without --out its summary is printed. `--finding UNIT` gives the text that `annexa plan new`
    takes as a finding.
    """
    from assistant.interviewing.report import data, finding_of
    from assistant.interviewing.reporting import report_of

    with opened(run) as room:
        name = room.chosen(assessment)
        made = report_of(room.assessments, name, room.today)
    if unit is not None:
        from knowledge.demands import chosen

        wanted = chosen(unit)
        if not wanted or all(one.unit != wanted[0] for one in made.results):
            raise click.UsageError(f"{unit!r} is no unit of {name}.")
        screen.say(finding_of(made, wanted[0]))
        return 0
    if folder is not None:
        _write(made, name, folder, formats or _FORMATS)
    if run.as_json:
        screen.data(data(made))
        return 0
    screen.heading(f"Gap assessment {name}")
    for line in made.summary():
        screen.say(f"  {line}")
    return 0


def _write(made: Report, name: str, folder: Path, formats: tuple[str, ...]) -> None:
    from assistant.interviewing.reporting import written

    folder.mkdir(parents=True, exist_ok=True)
    for kind in formats:
        path = folder / f"{name}.{kind}"
        path.write_bytes(written(made, kind))
        screen.note(f"written: {path}")


@click.command(short_help="Practise for an audit.")
@click.argument("units")
@click.option("--say", multiple=True, metavar="TEXT", help="Answer without a dialogue; repeatable.")
@options(*WORKS, *READS)
@invoked
def mock(run: Invocation, *, units: str, say: tuple[str, ...]) -> int:
    """Be asked about UNITS as a certification auditor would; nothing is kept.

    At the end the answers get marks for themselves, their evidence and their consistency.
    """
    from assistant.domain.interview import Respondent
    from assistant.interviewing import mock as practising
    from bots.cli.interview_desk import read_units

    plan = read_units(units)
    name = run.user or "you"
    known = documents_of(run, Respondent(name, "", tuple(run.groups or ())), plan)
    practice = practising.begin(plan, name, known, run.settings().today)
    if not run.as_json:
        screen.say(practising.SAID)
    replies = iter(say) if say else iter(_typed, None)
    while not practice.state.ended:
        if not run.as_json:
            screen.say()
            screen.say(practice.says.replace("**", ""), style="bold")
        reply = next(replies, None)
        if reply is None:
            break
        if say and not run.as_json:
            screen.say(f"  > {reply}")
        practice = practising.answer(practice, reply)
    found = practising.marks(practice)
    if run.as_json:
        from dataclasses import asdict

        screen.data({"marks": [asdict(one) for one in found]})
        return 0
    screen.say()
    for one in found:
        screen.heading(
            f"{one.unit}: answer {one.answer}, evidence {one.evidence}, consistency "
            f"{one.consistency} (of 5)"
        )
        screen.say(f"  On this an auditor might say: {one.verdict.replace('_', ' ')}.")
        screen.say(f"  Next an auditor would ask: {one.next_question}")
        for text in one.advice:
            screen.say(f"  {text}")
    screen.say("Nothing of this was kept.")
    return 0


def _typed() -> str | None:
    try:
        return input("> ")
    except EOFError:
        sys.stdout.write("\n")
        return None
