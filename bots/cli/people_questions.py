"""`annexa questions`: questions that were passed on to people, and their answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.kept import Kept, kept, new_id, now
from bots.cli.options import DAY, READS, WORKS, Groups, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.domain.conversation import PersonQuestion

_STATES = ("open", "answered", "closed")


@click.group(short_help="Ask a person, and answer what was asked.")
@options(*WORKS, *READS)
def questions() -> None:
    """Pass questions on to a responsible person, and answer them.

    The workspace's owner answers, and people in a group that `leads` in annexa.toml names. An answer
    becomes a dated entry of the library, with an owner and a day on which it expires.
    """


@questions.command("list", short_help="List the questions.")
@click.option("--state", type=click.Choice(_STATES), help="Only questions in this state.")
@options(*WORKS, *READS)
@invoked
def list_(run: Invocation, state: str | None) -> int:
    """List the questions: all for whoever answers them, your own otherwise."""
    from assistant.domain.conversation import QuestionState

    with kept(run) as here:
        wanted = None if state is None else QuestionState(state)
        found = here.referring().queue(here.reader, wanted)
        if run.as_json:
            screen.data([_data(one, here) for one in found])
            return 0
        if not found:
            screen.say("No questions.")
        for one in found:
            line = screen.words(one.id, style="cyan")
            line.append(f"  {one.state.value}  ", style="yellow")
            line.append(screen.plain(one.text or "(erased)"), style="bold")
            line.append(f"\n      {_about(one, here)}", style="dim")
            screen.show(line)
    return 0


@questions.command(short_help="Show a question and its answer.")
@click.argument("question", metavar="Q-ID")
@options(*WORKS, *READS)
@invoked
def show(run: Invocation, question: str) -> int:
    """Show a question and, where there is one, its answer."""
    with kept(run) as here:
        found = here.referring().question(question, here.reader)
        if found is None:
            raise click.ClickException(
                f"there is no question {screen.plain(question)!r} here. `annexa questions list` "
                "gives the ids."
            )
        _print(run, found, here)
    return 0


@questions.command(short_help="Pass a question on to a person.")
@click.argument("text", required=False)
@click.option(
    "--turn", metavar="ID", help="Bring the answer back to the conversation of this turn."
)
@click.option("--named", is_flag=True, help="Let whoever answers see your name.")
@options(*WORKS, *READS)
@invoked
def ask(run: Invocation, text: str | None, turn: str | None, named: bool) -> int:
    """Pass TEXT on to a person; with --turn and no TEXT, the question of that turn.

    Your name is not passed on unless you say --named.
    """
    if text is None and turn is None:
        raise click.UsageError("write the question, or name the turn that asked it with --turn.")
    with kept(run) as here:
        asked = None if turn is None else here.turn(turn)
        said = text if text is not None else (asked.question if asked else None) or ""
        done = here.referring().ask(
            said,
            here.reader,
            now(),
            door="cli",
            turn=asked.id if asked else None,
            place=new_id(),
            named=named,
        )
        _print(run, done, here)
    return 0


@questions.command(short_help="Answer a question.")
@click.argument("question", metavar="Q-ID")
@click.option("--text", required=True, help="The answer.")
@click.option("--source", required=True, help="What it rests on: a document, a record, a decision.")
@click.option("--expires", required=True, type=DAY, help="The last day on which it may be used.")
@click.option("--by", required=True, metavar="NAME", help="Who answers and owns the entry.")
@click.option("--read", type=Groups(), help="Groups that may read it. [default: everyone]")
@options(*WORKS, *READS)
@invoked
def answer(
    run: Invocation,
    *,
    question: str,
    text: str,
    source: str,
    expires: date,
    by: str,
    read: frozenset[str] | None,
) -> int:
    """Answer a question. The answer goes back to where it was asked, and into the library.

    Answering again replaces the answer. A restricted document that --source names keeps the entry
    from being read by more people than the document.
    """
    from assistant.domain.conversation import HumanAnswer

    with kept(run) as here:
        moment = now()
        human = HumanAnswer(
            text=text,
            by=by,
            # The day is the one that rules use here, which may be another one in UTC.
            at=datetime.combine(here.settings.today, time(moment.hour, moment.minute), tzinfo=UTC),
            source=source,
            expires=expires,
            read=None if read is None else tuple(sorted(read)),
        )
        done = here.referring().answer(question, human, here.reader, moment, turn_id=new_id())
        _print(run, done, here)
    return 0


@questions.command(short_help="Close a question, or withdraw its answer.")
@click.argument("question", metavar="Q-ID")
@click.option("--because", required=True, metavar="TEXT", help="Why.")
@options(*WORKS, *READS)
@invoked
def close(run: Invocation, question: str, because: str) -> int:
    """Close a question without an answer; an answer that it has leaves the library."""
    with kept(run) as here:
        done = here.referring().close(question, because, here.reader, now())
        _print(run, done, here)
    return 0


def _print(run: Invocation, one: PersonQuestion, here: Kept) -> None:
    if run.as_json:
        screen.data(_data(one, here))
        return
    readable = _answer_readable(one, here)
    answer = one.answer if readable else None
    screen.say(one.text or "(erased)", style="bold")
    screen.show(
        screen.facts(
            [
                ("question", one.id),
                ("state", one.state.value),
                ("asked on", f"{one.asked_at:%Y-%m-%d}"),
                ("asked by", one.asked_by),
                ("turn", one.turn[:8] if one.turn else None),
                ("closed because", one.closed_because),
                ("answered by", answer.by if answer else None),
                ("rests on", answer.source if answer else None),
                ("expires", answer.expires if answer else None),
                ("read by", ", ".join(answer.read) if answer and answer.read else None),
            ]
        )
    )
    if answer is not None:
        screen.say()
        screen.indented(answer.text, 2)
    elif one.answer is not None:
        screen.say("The answer may not be read here.", style="yellow")


def _data(one: PersonQuestion, here: Kept) -> dict[str, Any]:
    answer = one.answer if _answer_readable(one, here) else None
    return {
        "id": one.id,
        "state": one.state.value,
        "text": one.text,
        "asked_at": one.asked_at.isoformat(),
        "asked_by": one.asked_by,
        "door": one.door,
        "turn": one.turn,
        "closed_because": one.closed_because,
        "answer": None
        if answer is None
        else {
            "text": answer.text,
            "by": answer.by,
            "at": answer.at.isoformat(),
            "source": answer.source,
            "expires": answer.expires,
            "read": None if answer.read is None else list(answer.read),
        },
    }


def _answer_readable(one: PersonQuestion, here: Kept) -> bool:
    """Tell whether the reader may read a question's answer, as the library has it now."""
    if one.answer is None:
        return False
    if here.reader.owner:
        return True
    return any(
        document.source == f"answer:{one.id}"
        and here.library.access().may_read(here.reader, document)
        for document in here.library.documents()
    )


def _about(one: PersonQuestion, here: Kept) -> str:
    parts = [f"asked on {one.asked_at:%Y-%m-%d}"]
    if one.asked_by:
        parts.append(f"by {screen.plain(one.asked_by)}")
    if one.answer is not None and _answer_readable(one, here):
        parts.append(f"answered by {screen.plain(one.answer.by)}, expires {one.answer.expires}")
    return " · ".join(parts)
