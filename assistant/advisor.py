"""The advisor: the one object that every door talks to, and the place where it is put together."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property

from assistant.answering import Answering, day_asked
from assistant.conversing import Asked, Considered, Conversing, Listen, Past, deaf
from assistant.domain.answer import Answer, Kind, Message
from assistant.domain.conversation import Conversation, PersonQuestion, Turn, TurnState
from assistant.llm import ModelLine, model_lines
from assistant.referring import Referring
from assistant.replaying import may_read
from assistant.settings import Settings
from assistant.store import Records, RecordsError, UnknownRecord
from knowledge.embedding import CrossEncoder, Embedder, open_cross_encoder
from knowledge.library import Library
from knowledge.passages import Reader
from knowledge.view import View

_TRIES = 3
"""How often a question is asked anew when the library changes while it is answered."""
_TITLE = 80


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


class NotKept(RecordsError):  # noqa: N818  a person reads of it beside the answer
    """A turn was answered and could not be kept; asked again with its key, it is answered anew."""

    def __init__(self, answer: Answer, error: RecordsError) -> None:
        """Carry the answer past what went wrong."""
        super().__init__(str(error))
        self.answer = answer


class Advisor:
    """Answers questions over one workspace's library."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        lines: Sequence[ModelLine] = (),
        *,
        now: Callable[[], datetime] = _now,
        clock: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        """Put an advisor on `library`; use `open_advisor`.

        `lines` are the language models in the order in which they are tried."""
        self.library = library
        self.settings = settings
        self._conversing = Conversing(
            lines, settings.model_seconds, settings.model_steps, clock, now
        )
        self._now = now
        self._new_id = new_id
        self._relevance: CrossEncoder | None = None

    # One question -------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        reader: Reader,
        history: Sequence[Message] = (),
        as_of: date | None = None,
        listen: Listen = deaf,
    ) -> Answer:
        """Answer `question` from what `reader` may read, and keep nothing of it.

        `as_of` asks for the rules in force on an earlier day; a question can name one as well.
        `listen` hears the answer's Markdown piece by piece, each checked and final."""
        asked = Asked(question, tuple(history), _past_of(history))
        return self._consider(asked, reader, as_of, listen).answer

    def _consider(
        self, asked: Asked, reader: Reader, as_of: date | None, listen: Listen
    ) -> Considered:
        begun = self._conversing.clock()
        as_of = as_of or day_asked(asked.text, self.settings.today)
        for _ in range(_TRIES):
            view = self.view(reader, as_of=as_of)
            answer = Answering(view, self.relevance).answer(asked.text, asked.history)
            if self.library.generation() == view.generation:
                break  # else a run was published meanwhile: its texts and facts must not mix
        return self._conversing.answer(
            asked, answer, view, lambda: self.view(reader, as_of=as_of), listen, begun=begun
        )

    def view(self, reader: Reader, *, as_of: date | None = None) -> View:
        """Give the library as `reader` may see it on the advisor's day."""
        return self.library.view(reader, today=self.settings.today, as_of=as_of)

    def relevance(self) -> CrossEncoder:
        """Give the model that judges whether a text answers a question, loading it once."""
        if self._relevance is None:
            self._relevance = open_cross_encoder()
        return self._relevance

    # Conversations ------------------------------------------------------------------------------

    @cached_property
    def records(self) -> Records:
        """Conversations, questions to people, feedback and the audit log of the workspace."""
        return Records.open(self.settings.workspace)

    @property
    def models(self) -> tuple[str, ...]:
        """Name the language models in the order in which they are tried; none: rules answer."""
        return tuple(line.spec.name for line in self._conversing.lines)

    def start(self, *, reader: Reader, door: str, title: str = "") -> Conversation:
        """Begin a conversation of `reader` at `door` ("cli", "web", "slack")."""
        return self.records.start(
            self._new_id(), reader, door, " ".join(title.split())[:_TITLE], self._now()
        )

    def take_turn(
        self,
        conversation: str,
        question: str,
        *,
        reader: Reader,
        key: str | None = None,
        as_of: date | None = None,
        listen: Listen = deaf,
    ) -> Turn:
        """Answer `question` in a conversation and keep the turn before it is given back.

        The same `key` is the same turn: sent again, after whatever went wrong, it is answered once
        and its answer comes back. Raises RecordsError for a conversation that is not the reader's.
        """
        known = self._own(conversation, reader)
        turn = self.records.begin(
            self._new_id(), known.id, key or self._new_id(), question, as_of, self._now()
        )
        if turn.state is not TurnState.ASKED or turn.question is None:
            return turn
        before = [one for one in self.records.turns(known.id, reader) if one.ordinal < turn.ordinal]
        past = self._readable(before, reader)
        asked = Asked(turn.question, _messages(past), past)
        considered = self._consider(asked, reader, turn.as_of, listen)
        try:
            return self.records.finish(turn.id, considered.answer, considered.trace, self._now())
        except RecordsError as error:
            raise NotKept(considered.answer, error) from error

    def conversations(self, *, reader: Reader) -> tuple[Conversation, ...]:
        """Give the reader's own conversations, the last changed first."""
        return self.records.conversations(reader)

    def find_conversation(self, beginning: str, *, reader: Reader) -> Conversation:
        """Give the reader's conversation whose id begins so.

        Raises UnknownRecord where there is none, or more than one."""
        found = [one for one in self.conversations(reader=reader) if one.id.startswith(beginning)]
        if len(found) != 1:
            number = "more than one" if found else "no"
            raise UnknownRecord(
                f"there is {number} conversation of yours that begins with {beginning!r}. "
                "`annexa conversations list` names them."
            )
        return found[0]

    def turns(self, conversation: str, *, reader: Reader) -> tuple[Turn, ...]:
        """Give the turns of one of the reader's conversations as the reader may see them now.

        An answer whose sources may not be read any more is withheld."""
        turns = self.records.turns(self._own(conversation, reader).id, reader)
        view = self.view(reader)
        return tuple(
            _withheld(turn) if turn.answer and not may_read(turn.answer, view) else turn
            for turn in turns
        )

    def rate(self, turn: str, good: bool, reason: str | None, *, reader: Reader) -> None:
        """Keep a thumb on one of the reader's answers."""
        self.records.feedback(turn, reader, good, reason, self._now())

    @property
    def referring(self) -> Referring:
        """The queue of questions to people."""
        return Referring(self.records, self.library, frozenset(self.settings.leads))

    def ask_a_person(
        self, text: str, *, reader: Reader, door: str, turn: str | None, named: bool
    ) -> PersonQuestion:
        """Pass a question on to a responsible person; the answer comes back to its conversation."""
        return self.referring.ask(
            text, reader, self._now(), door=door, turn=turn, place=self._new_id(), named=named
        )

    def _own(self, conversation: str, reader: Reader) -> Conversation:
        known = self.records.conversation(conversation, reader)
        if known is None:
            raise UnknownRecord(f"there is no conversation {conversation!r} of yours.")
        return known

    def _readable(self, turns: Sequence[Turn], reader: Reader) -> tuple[Past, ...]:
        """Give the turns whose sources the reader may still read: a right taken away counts now."""
        view = self.view(reader)
        past = []
        for turn in turns:
            if turn.answer and turn.question is not None and may_read(turn.answer, view):
                sources = dict.fromkeys(
                    " ".join(p for p in (one.document, one.version, one.section or one.row) if p)
                    for one in turn.answer.citations
                )
                cited = tuple(one.passage for one in turn.answer.citations)
                past.append(Past(turn.question, turn.answer.text, tuple(sources), cited))
        return tuple(past)

    def close(self) -> None:
        """Let go of the workspace."""
        if "records" in self.__dict__:
            self.records.close()
        self.library.close()


def _withheld(turn: Turn) -> Turn:
    text = "(This answer stands on sources that you may not read any more, or that are gone.)"
    return replace(turn, answer=Answer(Kind.ERROR, text), trace=None)


def _messages(past: Sequence[Past]) -> tuple[Message, ...]:
    return tuple(
        message
        for one in past
        for message in (Message("user", one.question), Message("assistant", one.answer))
    )


def _past_of(history: Sequence[Message]) -> tuple[Past, ...]:
    """Pair the messages of a conversation that was kept elsewhere."""
    past: list[Past] = []
    for message in history:
        if message.role == "user":
            past.append(Past(message.text, ""))
        elif past and not past[-1].answer:
            past[-1] = Past(past[-1].question, message.text)
    return tuple(past)


def open_advisor(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    lines: Sequence[ModelLine] | None = None,
    now: Callable[[], datetime] = _now,
    clock: Callable[[], float] = time.monotonic,
) -> Advisor:
    """Open the advisor on the workspace in `settings`; the composition root of every door.

    `lines` stands in for the language models of the settings."""
    library = Library.open(settings.workspace, embedder or settings.embedder)
    chosen = model_lines(settings, clock=clock, now=now) if lines is None else lines
    return Advisor(library, settings, chosen, now=now, clock=clock)
