"""`annexa conversations` and `annexa feedback`: what was asked before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.kept import Kept, kept, now
from bots.cli.options import READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.domain.conversation import Conversation
    from assistant.replaying import Recalled

WITHHELD = (
    "The answer is withheld: a source of it may no longer be read here, or is no longer in the "
    "library. Ask again for what may be read today."
)
_ERASED = "The texts of this turn were erased."
_PENDING = "There is no answer yet; `annexa chat` with --resume gives it."


@click.group(short_help="List, show, export and delete conversations.")
@options(*WORKS, *READS)
def conversations() -> None:
    """Show and manage your own conversations. An ID may be written by its beginning."""


@conversations.command("list", short_help="List your conversations.")
@options(*WORKS, *READS)
@invoked
def list_(run: Invocation) -> int:
    """List your conversations, the last one first."""
    with kept(run) as here:
        found = here.records.conversations(here.reader)
    if run.as_json:
        screen.data([_head(one) for one in found])
        return 0
    if not found:
        screen.say("No conversations yet. Begin one with `annexa chat`.")
    for one in found:
        line = screen.words(one.id[:8], style="cyan")
        line.append(f"  {screen.plain(one.title)}", style="bold")
        line.append(
            f"\n          {one.changed_at:%Y-%m-%d %H:%M} UTC · "
            f"{screen.count(one.turns, 'turn')} · {one.door}",
            style="dim",
        )
        screen.show(line)
    return 0


@conversations.command(short_help="Show a conversation.")
@click.argument("conversation", metavar="ID")
@options(*WORKS, *READS)
@invoked
def show(run: Invocation, conversation: str) -> int:
    """Show a conversation with the rights of today.

    An answer of which a source may no longer be read is withheld.
    """
    with kept(run) as here:
        found = here.conversation(conversation)
        turns = _recalled(here, found)
        if run.as_json:
            screen.data(_data(found, turns))
        else:
            from rich.markdown import Markdown

            screen.show(Markdown(screen.plain(_markdown(found, turns)), hyperlinks=False))
    return 0


@conversations.command(short_help="Write a conversation to a file.")
@click.argument("conversation", metavar="ID")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="FILE.md or FILE.json; an existing file is not overwritten. [default: print it]",
)
@options(*WORKS, *READS)
@invoked
def export(run: Invocation, conversation: str, out: Path | None) -> int:
    """Write a conversation as Markdown or JSON, with its sources and the rights of today."""
    if out is not None and out.suffix.casefold() not in {".md", ".json"}:
        raise click.UsageError("--out needs a name that ends in .md or .json.")
    as_json = run.as_json if out is None else out.suffix.casefold() == ".json"
    with kept(run) as here:
        found = here.conversation(conversation)
        turns = _recalled(here, found)
    if out is None:
        if as_json:
            screen.data(_data(found, turns))
        else:
            click.echo(screen.plain(_markdown(found, turns)))
        return 0
    text = (
        json.dumps(_data(found, turns), ensure_ascii=False, indent=2, default=str)
        if as_json
        else _markdown(found, turns)
    )
    write_new(out, text + "\n")
    screen.note(f"Wrote {out}.")
    return 0


@conversations.command(short_help="Delete a conversation.")
@click.argument("conversation", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options(*WORKS, *READS)
@invoked
def delete(run: Invocation, conversation: str, yes: bool) -> int:
    """Erase the texts of a conversation for good.

    Ids, digests, the audit log and the record of what was sent where remain.
    """
    with kept(run) as here:
        found = here.conversation(conversation)
        if not yes:
            click.confirm(
                f"Erase {screen.plain(found.title)!r} with "
                f"{screen.count(found.turns, 'turn')} for good?",
                abort=True,
                err=True,
            )
        erased = here.records.erase_conversation(found.id, here.reader, now())
    if run.as_json:
        screen.data({"conversation": found.id, "turns": erased.turns, "swept": erased.swept})
    else:
        screen.say(f"Erased {screen.count(erased.turns, 'turn')}.")
        if not erased.swept:
            screen.note("Another process is reading; the last traces go when it ends.")
    return 0


@conversations.command(short_help="Give a conversation another title.")
@click.argument("conversation", metavar="ID")
@click.argument("title")
@options(*WORKS, *READS)
@invoked
def rename(run: Invocation, conversation: str, title: str) -> int:
    """Give a conversation another TITLE."""
    wanted = " ".join(title.split())
    if not wanted or len(wanted) > 200:
        raise click.UsageError("a title has 1 to 200 characters.")
    with kept(run) as here:
        found = here.conversation(conversation)
        renamed = here.records.rename(found.id, here.reader, wanted, now())
    if run.as_json:
        screen.data(_head(renamed))
    else:
        screen.say(f"{renamed.id[:8]}  {renamed.title}")
    return 0


@click.command(short_help="Say whether an answer was good.")
@click.argument("turn")
@click.argument("thumb", type=click.Choice(["up", "down"]))
@click.option("--reason", metavar="TEXT", help="What was good or bad.")
@options(*WORKS, *READS)
@invoked
def feedback(run: Invocation, turn: str, thumb: str, reason: str | None) -> int:
    """Keep a thumb on the answer of TURN, beside its trace. The last one counts."""
    with kept(run) as here:
        found = here.turn(turn)
        kept_one = here.records.feedback(
            found.id, here.reader, thumb == "up", (reason or "").strip() or None, now()
        )
    if run.as_json:
        screen.data(
            {
                "turn": kept_one.turn,
                "good": kept_one.good,
                "reason": kept_one.reason,
                "at": kept_one.at.isoformat(),
            }
        )
    else:
        screen.say(f"Noted for turn {found.id[:8]}: {thumb}.")
    return 0


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises UsageError where it is."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise click.UsageError(f"{path} is there already; name another file.") from error


def _recalled(here: Kept, conversation: Conversation) -> list[Recalled]:
    from assistant.replaying import recall

    here.referring()  # an answer of a person can only be read once it is in the library
    view = here.view()
    turns = here.records.turns(conversation.id, here.reader)
    return [recall(turn, view) for turn in turns]


def _head(one: Conversation) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "door": one.door,
        "started_at": one.started_at.isoformat(),
        "changed_at": one.changed_at.isoformat(),
        "turns": one.turns,
    }


def _data(conversation: Conversation, turns: list[Recalled]) -> dict[str, Any]:
    from bots.cli.lines import AskOut

    out = []
    for one in turns:
        turn = one.turn
        said = None if turn.answer is None else AskOut.of(None, turn.answer, 0.0)
        out.append(
            {
                "turn": turn.id,
                "ordinal": turn.ordinal,
                "state": turn.state.value,
                "asked_at": turn.asked_at.isoformat(),
                "question": turn.question,
                "as_of": turn.as_of,
                "answered_at": turn.answered_at.isoformat() if turn.answered_at else None,
                "by": turn.by,
                "withheld": one.withheld,
                "answer": None
                if said is None
                else said.model_dump(mode="json", exclude={"id", "latency_s"}),
            }
        )
    return _head(conversation) | {"turns": out}


def _markdown(conversation: Conversation, turns: list[Recalled]) -> str:
    lines = [f"# {conversation.title or 'Conversation'}", ""]
    lines += [f"Begun on {conversation.started_at:%Y-%m-%d} · {conversation.id}", ""]
    for one in turns:
        turn = one.turn
        lines += [f"## {turn.ordinal}. {turn.question or _ERASED}", ""]
        asked = f"{turn.asked_at:%Y-%m-%d %H:%M} UTC · turn {turn.id[:8]}"
        if turn.as_of:
            asked += f" · rules of {turn.as_of}"
        lines += [f"*{asked}*", ""]
        if turn.by:
            lines += [f"*Answered by {turn.by}*", ""]
        if one.withheld:
            lines += [f"*{WITHHELD}*", ""]
        elif turn.answer is not None:
            lines += [turn.answer.text, ""]
            lines += [line for notice in turn.answer.notices for line in (f"*{notice}*", "")]
            lines += [_source(number, c) for number, c in enumerate(turn.answer.citations, 1)]
            lines.append("")
        elif turn.question is not None:
            lines += [f"*{_PENDING}*", ""]
    return "\n".join(lines).rstrip()


def _source(number: int, citation: Any) -> str:
    place = " · ".join(
        str(part)
        for part in (
            citation.document,
            citation.identifier,
            f"version {citation.version}" if citation.version else None,
            citation.section,
            f"page {citation.page}" if citation.page else None,
            f"row {citation.row}" if citation.row else None,
            citation.source,
            citation.passage,
        )
        if part
    )
    quote = " ".join(citation.quote.split())
    return f"{number}. {place}: “{quote}”"
