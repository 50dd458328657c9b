"""`annexa chat`: a conversation in the terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.answers import Streamed, show_grounds, show_text, show_what_next
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.advisor import Advisor
    from assistant.domain.conversation import Conversation, Turn
    from knowledge.passages import Reader

_HELP = """\
Ask a question, or use one of these:
  1, 2, 3 …          open the source with that number
  /person [WORDS]    pass the last question, or WORDS, on to a responsible person
  /up, /down REASON  say whether the last answer was good
  /day YYYY-MM-DD    ask about the rules in force on that day; /day alone: today
  /new, /list        begin another conversation; list the earlier ones
  /help, /quit"""


@click.command(short_help="Talk with the advisor.")
@click.option("--resume", metavar="ID", help="Go on with this conversation; its beginning will do.")
@click.option("--as-of", type=DAY, help="Ask about the rules in force on this day.")
@options(*WORKS, *READS)
@invoked
def chat(run: Invocation, *, resume: str | None, as_of: date | None) -> int:
    """Have a conversation: questions, follow-ups, sources that open.

    Every turn is kept before its answer is shown; leave at any time and go on with --resume.
    """
    if run.as_json:
        raise click.UsageError("a conversation has no --json; use `annexa ask --json`.")
    with run.advisor() as advisor:
        talk = _Talk(advisor, run.reader(), as_of)
        talk.begin(resume)
        while (said := _read()) is not None:
            if said and not talk.hear(said):
                break
    return 0


@dataclass(slots=True)
class _Talk:
    """A conversation at the keyboard."""

    advisor: Advisor
    reader: Reader
    as_of: date | None
    conversation: Conversation | None = None
    last: Turn | None = None
    _doors: dict[str, str] = field(default_factory=dict)

    def begin(self, resume: str | None) -> None:
        """Say who answers, and go on where the conversation stopped."""
        models = self.advisor.models
        screen.say(
            f"Annexa answers with {', '.join(models)}; every sentence is checked against its source."
            if models
            else "Annexa answers with quotes put together by rules; no language model is set."
        )
        screen.say("/help says what else there is.", style="dim")
        if resume is None:
            return
        self.conversation = self.advisor.find_conversation(resume, reader=self.reader)
        screen.heading(self.conversation.title or "Conversation")
        for turn in self.advisor.turns(self.conversation.id, reader=self.reader):
            screen.say()
            screen.say(f"you> {turn.question or '(erased)'}", style="bold")
            if turn.answer is None and turn.question is not None:
                screen.note("This question was not answered yet; here is its answer.")
                self._ask(turn.question, turn.key)
            elif turn.answer is not None:
                if turn.by:
                    screen.say(f"Answered by {turn.by}:", style="bold")
                show_text(turn.answer.text)
                self.last = turn

    def hear(self, said: str) -> bool:
        """Do what was said; False ends the conversation."""
        if said.isdigit():
            self._open(int(said))
        elif said.startswith("/"):
            word, _, rest = said[1:].partition(" ")
            return self._command(word.casefold(), rest.strip())
        else:
            self._ask(said, None)
        return True

    def _command(self, word: str, rest: str) -> bool:
        if word in {"quit", "exit", "q"}:
            return False
        if word in {"up", "down"}:
            self._feedback(word == "up", rest)
        elif word == "person":
            self._pass_on(rest)
        elif word == "new":
            self.conversation = self.last = None
            screen.say("A new conversation.", style="dim")
        elif word == "list":
            self._list()
        elif word == "day":
            self._day(rest)
        else:
            screen.say(_HELP)
        return True

    def _ask(self, question: str, key: str | None) -> None:
        if self.conversation is None:
            self.conversation = self.advisor.start(reader=self.reader, door="cli", title=question)
            screen.note(f"annexa chat --resume {self.conversation.id[:8]}")
        screen.say()
        turn = self.advisor.take_turn(
            self.conversation.id,
            question,
            reader=self.reader,
            key=key,
            as_of=self.as_of,
            listen=Streamed(),
        )
        self.last = turn
        if turn.answer is not None:
            show_grounds(turn.answer, self.advisor.view(self.reader, as_of=self.as_of))
            show_what_next(turn, in_chat=True)

    def _open(self, number: int) -> None:
        answer = self.last.answer if self.last else None
        if answer is None or not 1 <= number <= len(answer.citations):
            screen.say("There is no source with that number in the last answer.")
            return
        from bots.cli.questions import show_source

        show_source(self.advisor.view(self.reader), answer.citations[number - 1].passage)

    def _feedback(self, good: bool, reason: str) -> None:
        if self.last is None:
            screen.say("There is no answer yet.")
            return
        self.advisor.rate(self.last.id, good, reason or None, reader=self.reader)
        screen.say("Kept with the answer. Thank you.")

    def _pass_on(self, words: str) -> None:
        proposed = self.last.answer.proposal if self.last and self.last.answer else None
        text = words or proposed or (self.last.question if self.last else None)
        if not text:
            screen.say("Say what should be asked: /person WORDS")
            return
        screen.say(f"To a responsible person: “{text}”")
        named = bool(self.reader.id) and _yes("Give your name with it?")
        if not _yes("Send it?"):
            screen.say("Nothing was sent.")
            return
        question = self.advisor.ask_a_person(
            text,
            reader=self.reader,
            door="cli",
            turn=self.last.id if self.last else None,
            named=named,
        )
        screen.say(f"Sent as {question.id}. The answer will come back to this conversation.")

    def _list(self) -> None:
        for one in self.advisor.conversations(reader=self.reader):
            screen.say(f"{one.id[:8]}  {one.changed_at:%Y-%m-%d %H:%M}  {one.title}")

    def _day(self, day: str) -> None:
        try:
            self.as_of = date.fromisoformat(day) if day else None
        except ValueError:
            screen.say("A day is written YYYY-MM-DD.")
            return
        screen.say(f"Rules in force on {self.as_of or 'the present day'}.", style="dim")


def _read() -> str | None:
    """Read what is said; None at the end of the input."""
    try:
        if sys.stdin.isatty():
            import readline  # noqa: F401  arrow keys and history

            return input("\nyou> ").strip()
        line = sys.stdin.readline()
    except (EOFError, KeyboardInterrupt):
        return None
    return line.strip() if line else None


def _yes(question: str) -> bool:
    if not sys.stdin.isatty():
        click.echo(f"{question} [y/N] ", nl=False)
        return sys.stdin.readline().strip().casefold() in {"y", "yes"}
    return click.confirm(question)
