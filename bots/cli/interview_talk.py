"""`annexa interview start` and `resume`: the conversation at the keyboard."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.interviewers import Room, opened
from bots.cli.options import READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.interviewing.assessing import Sitting

_BREAK_AFTER_MINUTES = 45


@click.command(short_help="Answer an interview.")
@click.argument("interview", required=False)
@click.option("--assessment", "-a", metavar="ID", help="The assessment. [default: the last]")
@click.option("--say", multiple=True, metavar="TEXT", help="Answer without a dialogue; repeatable.")
@click.option("--key", metavar="KEY", help="The same reply with the same key is taken once.")
@options(*WORKS, *READS)
@invoked
def start(
    run: Invocation,
    *,
    interview: str | None,
    assessment: str | None,
    say: tuple[str, ...],
    key: str | None,
) -> int:
    """Begin or go on with the INTERVIEW of a respondent (id or name).

    Every reply is kept before the next question is shown. "stop" pauses, Ctrl-D leaves; nothing is
    lost either way.
    """
    with opened(run) as room:
        stream = room.interview(interview, assessment)
        sitting = room.assessments.begin(stream)
        return _talk(run, room, sitting, say, key)


@click.command(short_help="Go on with a paused interview.")
@click.argument("interview", required=False)
@click.option("--assessment", "-a", metavar="ID", help="The assessment. [default: the last]")
@options(*WORKS, *READS)
@invoked
def resume(run: Invocation, *, interview: str | None, assessment: str | None) -> int:
    """Take a paused INTERVIEW up where it was left, and hear what changed since."""
    with opened(run) as room:
        sitting = room.assessments.resume(room.interview(interview, assessment))
        return _talk(run, room, sitting, (), None)


def _talk(
    run: Invocation, room: Room, sitting: Sitting, say: tuple[str, ...], key: str | None
) -> int:
    for number, text in enumerate(say, 1):
        own = f"{key}:{number}" if key else uuid.uuid4().hex
        sitting = room.assessments.answer(sitting.stream, text, own)
    if run.as_json:
        screen.data(_data(sitting))
        return 0
    _show(sitting)
    if say or (not sys.stdin.isatty() and not _has_input()):
        return 0
    from datetime import UTC, datetime

    begun = datetime.now(UTC)
    while not sitting.state.ended and not sitting.state.paused:
        reply = _read()
        if reply is None:
            sitting = room.assessments.pause(sitting.stream)
            _show(sitting)
            break
        if not reply:
            continue
        sitting = room.assessments.answer(sitting.stream, reply, uuid.uuid4().hex)
        _show(sitting)
        if (datetime.now(UTC) - begun).total_seconds() > 60 * _BREAK_AFTER_MINUTES:
            screen.note("That was three quarters of an hour; say “stop” for a break.")
            begun = datetime.now(UTC)
    return 0


def _has_input() -> bool:
    return not sys.stdin.closed and sys.stdin.readable()


def _read() -> str | None:
    """Read a reply; None at the end of input. Lines that end in a backslash go on."""
    lines: list[str] = []
    while True:
        try:
            line = input("> " if not lines else "… ")
        except EOFError:
            return " ".join(lines) if lines else None
        if line.endswith("\\"):
            lines.append(line[:-1])
            continue
        lines.append(line)
        return " ".join(lines).strip()


def _show(sitting: Sitting) -> None:
    asked = sitting.state.asked
    if asked is None:
        return
    lead = asked.text.removesuffix(asked.question).strip() if asked.question else asked.text
    screen.say()
    if lead:
        screen.say(lead.replace("**", ""), style="dim" if asked.question else None)
    if asked.question:
        done = sum(one.settled for one in sitting.state.units if one.id in sitting.state.plan)
        screen.say()
        screen.say(
            f"[{done + 1} of {len(sitting.state.plan)}, {asked.unit}] {asked.question}",
            style="bold",
        )


def _data(sitting: Sitting) -> dict[str, object]:
    asked = sitting.state.asked
    return {
        "interview": sitting.stream,
        "said": sitting.says,
        "question": asked.question if asked else "",
        "unit": asked.unit if asked else None,
        "replies": sitting.state.replies,
        "paused": sitting.state.paused,
        "ended": sitting.state.ended,
    }
