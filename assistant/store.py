"""The records: conversations, answers with their traces, feedback, questions to people.

One SQLite file, `records.db` in the workspace, which nothing can rebuild. What a method reports done
is on the disk (`synchronous=FULL`), and every write adds to the audit chain in its own transaction.
Texts stand in rows that can be erased; ids, digests and the record of what was sent where remain.
Times and ids are arguments; times are aware.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import event

from assistant import audit, migrations
from assistant.audit import Chain, Head, Report
from assistant.domain.answer import Answer
from assistant.domain.conversation import (
    AuditEntry,
    Call,
    Conversation,
    Feedback,
    HumanAnswer,
    PersonQuestion,
    QuestionState,
    Trace,
    Turn,
    TurnState,
)
from knowledge.errors import LibraryError
from knowledge.passages import Reader

FILE = "records.db"
_FORM = 1
"""Version of the stored form of answers and traces."""

_schema = sa.MetaData()
_conversations = sa.Table(
    "conversations",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("owner", sa.String),
    sa.Column("door", sa.String),
    sa.Column("title", sa.Text),
    sa.Column("started_at", sa.String),
    sa.Column("changed_at", sa.String),
    sa.Column("erased_at", sa.String),
)
_turns = sa.Table(
    "turns",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("conversation", sa.String),
    sa.Column("ordinal", sa.Integer),
    sa.Column("key", sa.String),
    sa.Column("state", sa.String),
    sa.Column("asked_at", sa.String),
    sa.Column("question", sa.Text),
    sa.Column("as_of", sa.String),
    sa.Column("answered_at", sa.String),
    sa.Column("answer", sa.Text),
    sa.Column("trace", sa.Text),
    sa.Column("by", sa.String),
    sa.Column("salt", sa.String),
)
_calls = sa.Table(
    "calls",
    _schema,
    sa.Column("turn", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("model", sa.String),
    sa.Column("host", sa.String),
    sa.Column("at", sa.String),
    sa.Column("seconds", sa.Float),
    sa.Column("passages", sa.JSON),
    sa.Column("sent_characters", sa.Integer),
    sa.Column("prompt_tokens", sa.Integer),
    sa.Column("reply_tokens", sa.Integer),
    sa.Column("problem", sa.String),
)
_feedback = sa.Table(
    "feedback",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("turn", sa.String),
    sa.Column("by", sa.String),
    sa.Column("good", sa.Boolean),
    sa.Column("reason", sa.Text),
    sa.Column("at", sa.String),
)
_questions = sa.Table(
    "person_questions",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("state", sa.String),
    sa.Column("asked_at", sa.String),
    sa.Column("asked_by", sa.String),
    sa.Column("door", sa.String),
    sa.Column("conversation", sa.String),
    sa.Column("turn", sa.String),
    sa.Column("closed_because", sa.Text),
    sa.Column("salt", sa.String),
)
_answers = sa.Table(
    "person_answers",
    _schema,
    sa.Column("question", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("by", sa.String),
    sa.Column("at", sa.String),
    sa.Column("source", sa.Text),
    sa.Column("expires", sa.String),
    sa.Column("read", sa.JSON(none_as_null=True)),
)
_deliveries = sa.Table(
    "deliveries",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("door", sa.String),
    sa.Column("conversation", sa.String),
    sa.Column("turn", sa.String),
    sa.Column("question", sa.Integer),
    sa.Column("made_at", sa.String),
    sa.Column("delivered_at", sa.String),
)


class RecordsError(LibraryError):
    """The records cannot be read or written; the operator can act."""


class UnknownRecord(RecordsError):  # noqa: N818  a fact about what was asked for
    """There is no such record for this reader; a foreign one looks the same."""


class NotAgreed(RecordsError):  # noqa: N818  a refusal, not a fault
    """What was asked for contradicts what is recorded; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer of a person that must still reach the conversation where it was asked."""

    id: int
    door: str
    conversation: str
    turn: str
    question: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Egress:
    """What was sent to a language model for a turn; it holds no text."""

    turn: str
    call: Call


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    turns: int
    swept: bool
    """False while another process reads: the database's log is emptied when that ends."""


Value = TypeVar("Value")


class _Stored(BaseModel, Generic[Value]):
    """A noun as JSON, with the version of its form."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    form: int
    value: Value


class Records:
    """Everything that was asked and answered in one workspace."""

    def __init__(self, workspace: Path, *, busy_timeout_s: float = 30.0) -> None:
        """Open the records of an existing workspace; use `Records.open`."""
        path = workspace / FILE
        _make_private(path)
        self._engine = sa.create_engine(
            f"sqlite:///{path}", connect_args={"timeout": busy_timeout_s}
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        with _explained():
            self._migrate()
            self._chain = self._open_chain(workspace)

    @classmethod
    def open(cls, workspace: Path) -> Records:
        """Open the records in `workspace`, making them the first time.

        Raises RecordsError or AuditError, which say what happened, what was kept and what to do."""
        if not workspace.is_dir():
            raise RecordsError(
                f"there is no workspace at {workspace}. Run `annexa init` or name one with "
                "--workspace."
            )
        return cls(workspace)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # For stores of other records in the same file

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction that reads one state of the file."""
        return self._reading()

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction that holds the write lock and is kept whole or not at all."""
        return self._writing()

    def note(
        self,
        connection: sa.Connection,
        at: datetime,
        actor: str,
        action: str,
        subject: str,
        **details: str | int | None,
    ) -> None:
        """Add to the audit chain inside an open transaction: ids, counts and digests, no texts."""
        self._note(connection, at, actor, action, subject, **details)

    # Conversations

    def start(
        self, conversation_id: str, reader: Reader, door: str, title: str, at: datetime
    ) -> Conversation:
        """Begin a conversation of `reader`; the same id and reader again give the same one."""
        owner = owner_of(reader)
        with self._writing() as connection:
            there = _row(connection, _conversations, conversation_id)
            if there is not None:
                if there.owner != owner or there.erased_at is not None:
                    raise _unknown("conversation", conversation_id)
                return _conversation(connection, there)
            connection.execute(
                sa.insert(_conversations).values(
                    id=conversation_id,
                    owner=owner,
                    door=door,
                    title=title,
                    started_at=_time(at),
                    changed_at=_time(at),
                )
            )
            self._note(
                connection, at, _actor(owner), "conversation.started", conversation_id, door=door
            )
            return Conversation(conversation_id, owner, door, title, _utc(at), _utc(at))

    def conversations(self, reader: Reader) -> tuple[Conversation, ...]:
        """Give the reader's own conversations, the last changed first."""
        if not _has_own(reader):
            return ()
        query = (
            sa.select(_conversations)
            .where(
                _conversations.c.owner.is_(None)
                if reader.owner
                else _conversations.c.owner == reader.id
            )
            .where(_conversations.c.erased_at.is_(None))
            .order_by(_conversations.c.changed_at.desc(), _conversations.c.id)
        )
        with self._reading() as connection:
            return tuple(_conversation(connection, row) for row in connection.execute(query).all())

    def conversation(self, conversation_id: str, reader: Reader) -> Conversation | None:
        """Give one of the reader's own conversations; None for a foreign, unknown or erased one."""
        with self._reading() as connection:
            row = _own_conversation(connection, conversation_id, reader)
            return None if row is None else _conversation(connection, row)

    def rename(
        self, conversation_id: str, reader: Reader, title: str, at: datetime
    ) -> Conversation:
        """Give one of the reader's conversations another title."""
        with self._writing() as connection:
            row = _own_conversation(connection, conversation_id, reader)
            if row is None:
                raise _unknown("conversation", conversation_id)
            connection.execute(
                sa.update(_conversations)
                .where(_conversations.c.id == conversation_id)
                .values(title=title)
            )
            self._note(
                connection,
                at,
                actor_of(reader),
                "conversation.renamed",
                conversation_id,
                characters=len(title),
            )
            return replace(_conversation(connection, row), title=title)

    # Turns

    def turns(self, conversation_id: str, reader: Reader) -> tuple[Turn, ...]:
        """Give the turns of one of the reader's conversations, in order."""
        with self._reading() as connection:
            if _own_conversation(connection, conversation_id, reader) is None:
                return ()
            return _turns_where(connection, _turns.c.conversation == conversation_id)

    def pending(self, conversation_id: str, reader: Reader) -> tuple[Turn, ...]:
        """Give the turns of a conversation whose answer is not there yet."""
        return tuple(
            turn for turn in self.turns(conversation_id, reader) if turn.state is TurnState.ASKED
        )

    def turn(self, turn_id: str, reader: Reader) -> Turn | None:
        """Give a turn of the reader's own, or any turn to the workspace's owner."""
        with self._reading() as connection:
            found = _turns_where(connection, _turns.c.id == turn_id, _may_see(reader))
        return found[0] if found else None

    def turns_like(self, prefix: str, reader: Reader, *, most: int = 5) -> tuple[Turn, ...]:
        """Give up to `most` turns that the reader may see whose ids start so; the exact id alone
        where there is one."""
        if not prefix:
            return ()
        exact = self.turn(prefix, reader)
        if exact is not None:
            return (exact,)
        with self._reading() as connection:
            return _turns_where(
                connection,
                _turns.c.id.startswith(prefix, autoescape=True),
                _may_see(reader),
                most=most,
            )

    def answered(self) -> tuple[Turn, ...]:
        """Give every answered turn of everybody, the first one first; for the owner's eyes."""
        with self._reading() as connection:
            found = _turns_where(connection, _turns.c.state == TurnState.ANSWERED.value)
        return tuple(sorted(found, key=lambda turn: (turn.asked_at, turn.id)))

    def begin(
        self,
        turn_id: str,
        conversation_id: str,
        key: str,
        question: str,
        as_of: date | None,
        at: datetime,
    ) -> Turn:
        """Keep a question before it is answered.

        The same key in a conversation gives the turn that is there, whatever its state. Raises
        NotAgreed where that turn asks something else, UnknownRecord for no such conversation. The
        caller has looked whose conversation it is (`conversation`)."""
        with self._writing() as connection:
            conversation = _row(connection, _conversations, conversation_id)
            if conversation is None:
                raise _unknown("conversation", conversation_id)
            there = _turns_where(
                connection, _turns.c.conversation == conversation_id, _turns.c.key == key
            )
            if there:
                return _same(there[0], question, as_of)
            if conversation.erased_at is not None:
                raise _unknown("conversation", conversation_id)
            turn = Turn(
                id=turn_id,
                conversation=conversation_id,
                ordinal=_next_ordinal(connection, conversation_id),
                key=key,
                state=TurnState.ASKED,
                asked_at=_utc(at),
                question=question,
                as_of=as_of,
            )
            salt = _insert_turn(connection, turn)
            _touch(connection, conversation_id, at)
            self._note(
                connection,
                at,
                _actor(conversation.owner),
                "turn.asked",
                turn_id,
                conversation=conversation_id,
                ordinal=turn.ordinal,
                question=audit.digest(question, salt),
                characters=len(question),
                as_of=as_of.isoformat() if as_of else None,
            )
            return turn

    def finish(self, turn_id: str, answer: Answer, trace: Trace, at: datetime) -> Turn:
        """Keep a turn's answer, its trace and what was sent to models, all or nothing.

        A turn that is answered already stays as it is and is given back."""
        with self._writing() as connection:
            found = _turns_where(connection, _turns.c.id == turn_id)
            if not found:
                raise _unknown("turn", turn_id)
            if found[0].state is TurnState.ANSWERED:
                return found[0]
            if found[0].state is TurnState.ERASED:
                # What left the machine is on record even where the question was erased meanwhile.
                self._keep_calls(connection, turn_id, trace.calls)
                return found[0]
            row = _row(connection, _turns, turn_id)
            said, how = _dump(Answer, answer), _dump(Trace, trace)
            connection.execute(
                sa.update(_turns)
                .where(_turns.c.id == turn_id)
                .values(
                    state=TurnState.ANSWERED.value, answered_at=_time(at), answer=said, trace=how
                )
            )
            _touch(connection, found[0].conversation, at)
            self._keep_calls(connection, turn_id, trace.calls)
            self._note(
                connection,
                at,
                "assistant",
                "turn.answered",
                turn_id,
                kind=answer.kind.value,
                answer=audit.digest(said, row.salt),
                trace=audit.digest(how, row.salt),
                citations=len(answer.citations),
                generation=trace.generation,
                model=answer.model,
                calls=len(trace.calls),
            )
            return replace(
                found[0],
                state=TurnState.ANSWERED,
                answered_at=_utc(at),
                answer=answer,
                trace=trace,
            )

    def egress(self, turn_id: str | None = None) -> tuple[Egress, ...]:
        """Give what was sent to language models, for one turn or ever, in order of time."""
        query = sa.select(_calls).order_by(_calls.c.at, _calls.c.turn, _calls.c.number)
        if turn_id is not None:
            query = query.where(_calls.c.turn == turn_id)
        with self._reading() as connection:
            return tuple(
                Egress(
                    row.turn,
                    Call(
                        model=row.model,
                        host=row.host,
                        at=datetime.fromisoformat(row.at),
                        seconds=row.seconds,
                        passages=tuple(row.passages),
                        sent_characters=row.sent_characters,
                        prompt_tokens=row.prompt_tokens,
                        reply_tokens=row.reply_tokens,
                        problem=row.problem,
                    ),
                )
                for row in connection.execute(query)
            )

    def feedback(
        self, turn_id: str, reader: Reader, good: bool, reason: str | None, at: datetime
    ) -> Feedback:
        """Keep a thumb on an answer that the reader may see; a person's last one counts."""
        by = owner_of(reader)
        with self._writing() as connection:
            found = _turns_where(connection, _turns.c.id == turn_id, _may_see(reader))
            if not found:
                raise _unknown("turn", turn_id)
            if found[0].state is not TurnState.ANSWERED:
                raise NotAgreed(f"turn {turn_id} has no answer to judge. Nothing was changed.")
            last = [one for one in _judgements(connection, turn_id) if one.by == by]
            if last and (last[0].good, last[0].reason) == (good, reason):
                return last[0]
            connection.execute(
                sa.insert(_feedback).values(
                    turn=turn_id, by=by, good=good, reason=reason, at=_time(at)
                )
            )
            self._note(
                connection,
                at,
                _actor(by),
                "turn.judged",
                turn_id,
                good=str(good).lower(),
                reason=audit.digest(reason, _row(connection, _turns, turn_id).salt or ""),
            )
            return Feedback(turn_id, by, good, reason, _utc(at))

    def judgements(self, turn_id: str) -> tuple[Feedback, ...]:
        """Give the feedback on a turn: the last of each person."""
        with self._reading() as connection:
            return _judgements(connection, turn_id)

    # Erasing

    def erase_conversation(self, conversation_id: str, reader: Reader, at: datetime) -> Erased:
        """Erase the texts of a conversation: the reader's own, or any for the workspace's owner.

        Ids, digests, the audit chain and the record of what was sent where remain. A question that
        was passed on from it and is still open is erased and closed; one that a person answered is
        the organisation's entry, and only forgets where it came from."""
        with self._writing() as connection:
            row = _row(connection, _conversations, conversation_id)
            if row is None or not (reader.owner or (_has_own(reader) and row.owner == reader.id)):
                raise _unknown("conversation", conversation_id)
            turns = self._erase(connection, conversation_id, actor_of(reader), at)
        return Erased(turns, self._sweep())

    def erase_person(self, user_id: str, at: datetime, *, actor: str = "owner") -> Erased:
        """Erase everything that a person wrote or was told, and their name from open questions."""
        with self._writing() as connection:
            own = connection.execute(
                sa.select(_conversations.c.id)
                .where(_conversations.c.owner == user_id, _conversations.c.erased_at.is_(None))
                .order_by(_conversations.c.started_at, _conversations.c.id)
            ).scalars()
            turns = sum(self._erase(connection, one, actor, at) for one in own.all())
            connection.execute(
                sa.update(_feedback).where(_feedback.c.by == user_id).values(reason=None)
            )
            connection.execute(
                sa.update(_questions)
                .where(
                    _questions.c.asked_by == user_id,
                    _questions.c.state == QuestionState.OPEN.value,
                )
                .values(
                    text=None,
                    salt=None,
                    state=QuestionState.CLOSED.value,
                    closed_because="the person who asked was erased",
                )
            )
            connection.execute(
                sa.update(_questions).where(_questions.c.asked_by == user_id).values(asked_by=None)
            )
            self._note(connection, at, actor, "person.erased", user_id, turns=turns)
        return Erased(turns, self._sweep())

    # Questions to people

    def put_question(
        self,
        text: str,
        at: datetime,
        *,
        asked_by: str | None,
        door: str,
        conversation: str | None = None,
        turn: str | None = None,
        actor: str = "owner",
    ) -> PersonQuestion:
        """Pass a question on to a person. A turn is passed on once: again gives the same question.

        `asked_by` is the asker's id where they agreed to be named; `actor` is for the audit chain,
        and is left out of it otherwise."""
        with self._writing() as connection:
            if turn is not None:
                found = _row(connection, _turns, turn)
                if found is None or (conversation and found.conversation != conversation):
                    raise _unknown("turn", turn)
                conversation = found.conversation
                there = _questions_where(connection, _questions.c.turn == turn)
                if there:
                    return there[0]
            number = 1 + (
                connection.execute(sa.select(sa.func.max(_questions.c.number))).scalar() or 0
            )
            salt = _salt()
            connection.execute(
                sa.insert(_questions).values(
                    number=number,
                    text=text,
                    state=QuestionState.OPEN.value,
                    asked_at=_time(at),
                    asked_by=asked_by,
                    door=door,
                    conversation=conversation,
                    turn=turn,
                    salt=salt,
                )
            )
            self._note(
                connection,
                at,
                actor if asked_by is not None else "somebody",
                "question.put",
                f"Q-{number}",
                door=door,
                text=audit.digest(text, salt),
            )
            return _question(connection, number)

    def questions(self, state: QuestionState | None = None) -> tuple[PersonQuestion, ...]:
        """Give the questions that were passed on, the oldest first."""
        with self._reading() as connection:
            if state is None:
                return _questions_where(connection)
            return _questions_where(connection, _questions.c.state == state.value)

    def question(self, question_id: str) -> PersonQuestion | None:
        """Give a question by its id, such as "Q-7"."""
        number = _number(question_id)
        if number is None:
            return None
        with self._reading() as connection:
            found = _questions_where(connection, _questions.c.number == number)
        return found[0] if found else None

    def question_owner(self, question_id: str) -> tuple[bool, str | None]:
        """Give (known, id) of the person whose conversation a question came from.

        It decides who may follow a question without a name; it is never shown."""
        query = (
            sa.select(_conversations.c.owner)
            .join(_questions, _questions.c.conversation == _conversations.c.id)
            .where(_questions.c.number == (_number(question_id) or 0))
        )
        with self._reading() as connection:
            found = connection.execute(query).all()
        return (True, found[0].owner) if found else (False, None)

    def answers(self, question_id: str) -> tuple[HumanAnswer, ...]:
        """Give all answers to a question, the first one first; the last one counts."""
        with self._reading() as connection:
            return _human_answers(connection, _number(question_id) or 0)

    def answer_question(
        self,
        question_id: str,
        human: HumanAnswer,
        shown: Answer,
        turn_id: str,
        at: datetime,
        *,
        actor: str = "owner",
    ) -> PersonQuestion:
        """Keep a person's answer, and where the question came from a conversation append `shown` to
        it as turn `turn_id` and note that it must be delivered, all or nothing.

        The same answer again changes nothing; another one takes its place. A closed question is
        opened by being answered."""
        with self._writing() as connection:
            number = _number(question_id) or 0
            found = _questions_where(connection, _questions.c.number == number)
            if not found:
                raise _unknown("question", question_id)
            question = found[0]
            if question.text is None:
                raise NotAgreed(f"{question_id} was erased and cannot be answered.")
            before = _human_answers(connection, number)
            if (
                question.state is QuestionState.ANSWERED
                and before
                and _says_the_same(before[-1], human)
            ):
                return question
            version = len(before) + 1
            connection.execute(
                sa.insert(_answers).values(
                    question=number,
                    version=version,
                    text=human.text,
                    by=human.by,
                    at=_time(human.at),
                    source=human.source,
                    expires=human.expires.isoformat(),
                    read=None if human.read is None else list(human.read),
                )
            )
            connection.execute(
                sa.update(_questions)
                .where(_questions.c.number == number)
                .values(state=QuestionState.ANSWERED.value, closed_because=None)
            )
            salt = _question_salt(connection, number)
            self._note(
                connection,
                at,
                actor,
                "question.answered",
                question.id,
                version=version,
                answer=audit.digest(human.text, salt),
                source=audit.digest(human.source, salt),
                expires=human.expires.isoformat(),
                read=None if human.read is None else ",".join(human.read),
            )
            self._send_back(connection, question, human, shown, turn_id, version, at)
            return _question(connection, number)

    def close_question(
        self, question_id: str, because: str, at: datetime, *, actor: str = "owner"
    ) -> PersonQuestion:
        """Close a question without an answer, or withdraw the answer that it has."""
        with self._writing() as connection:
            number = _number(question_id) or 0
            found = _questions_where(connection, _questions.c.number == number)
            if not found:
                raise _unknown("question", question_id)
            if found[0].state is QuestionState.CLOSED:
                return found[0]
            connection.execute(
                sa.update(_questions)
                .where(_questions.c.number == number)
                .values(state=QuestionState.CLOSED.value, closed_because=because)
            )
            self._note(
                connection,
                at,
                actor,
                "question.closed",
                found[0].id,
                because=audit.digest(because, _question_salt(connection, number)),
                was=found[0].state.value,
            )
            return _question(connection, number)

    def deliveries(self, door: str) -> tuple[Delivery, ...]:
        """Give the answers of people that a door must still bring back, the oldest first."""
        query = (
            sa.select(_deliveries)
            .where(_deliveries.c.door == door, _deliveries.c.delivered_at.is_(None))
            .order_by(_deliveries.c.id)
        )
        with self._reading() as connection:
            return tuple(
                Delivery(
                    row.id,
                    row.door,
                    row.conversation,
                    row.turn,
                    f"Q-{row.question}",
                    datetime.fromisoformat(row.made_at),
                )
                for row in connection.execute(query)
            )

    def delivered(self, delivery_id: int, at: datetime) -> None:
        """Note that an answer reached its conversation."""
        with self._writing() as connection:
            done = connection.execute(
                sa.update(_deliveries)
                .where(_deliveries.c.id == delivery_id, _deliveries.c.delivered_at.is_(None))
                .values(delivered_at=_time(at))
            )
            if done.rowcount:
                turn = connection.execute(
                    sa.select(_deliveries.c.turn).where(_deliveries.c.id == delivery_id)
                ).scalar_one()
                self._note(
                    connection, at, "assistant", "turn.delivered", turn, delivery=delivery_id
                )

    # The audit chain

    def head(self) -> Head:
        """Give the last entry of the audit chain, to be noted elsewhere."""
        with self._reading() as connection:
            return audit.head_of(connection)

    def verify(self, anchor: Head | None = None) -> Report:
        """Check the whole chain, and whether turns and answers are still what it says of them."""
        with self._reading() as connection:
            report = self._chain.verify(connection, anchor)
            if report.bad is not None:
                return report
            return replace(report, unlike=tuple(_unlike(connection)))

    def entries(self, subject: str | None = None) -> tuple[AuditEntry, ...]:
        """Give the entries of the chain, all or those about one id."""
        with self._reading() as connection:
            return tuple(audit.entries(connection, subject))

    # Inside

    def _keep_calls(self, connection: sa.Connection, turn_id: str, calls: Sequence[Call]) -> None:
        there = connection.execute(
            sa.select(sa.func.count()).select_from(_calls).where(_calls.c.turn == turn_id)
        ).scalar_one()
        if there:
            return
        for number, call in enumerate(calls, 1):
            connection.execute(
                sa.insert(_calls).values(
                    turn=turn_id,
                    number=number,
                    model=call.model,
                    host=call.host,
                    at=_time(call.at),
                    seconds=call.seconds,
                    passages=list(call.passages),
                    sent_characters=call.sent_characters,
                    prompt_tokens=call.prompt_tokens,
                    reply_tokens=call.reply_tokens,
                    problem=call.problem,
                )
            )
            self._note(
                connection,
                call.at,
                "assistant",
                "model.called",
                turn_id,
                number=number,
                model=call.model,
                host=call.host,
                passages=len(call.passages),
                characters=call.sent_characters,
                problem=call.problem,
            )

    def _send_back(
        self,
        connection: sa.Connection,
        question: PersonQuestion,
        human: HumanAnswer,
        shown: Answer,
        turn_id: str,
        version: int,
        at: datetime,
    ) -> None:
        """Append the answer to the conversation where the question was asked, to be delivered."""
        if question.conversation is None:
            return
        conversation = _row(connection, _conversations, question.conversation)
        if conversation is None or conversation.erased_at is not None:
            return
        turn = Turn(
            id=turn_id,
            conversation=conversation.id,
            ordinal=_next_ordinal(connection, conversation.id),
            key=f"{question.id}/{version}",
            state=TurnState.ANSWERED,
            asked_at=question.asked_at,
            question=question.text,
            answered_at=_utc(at),
            answer=shown,
            by=human.by,
        )
        salt = _insert_turn(connection, turn)
        _touch(connection, conversation.id, at)
        connection.execute(
            sa.insert(_deliveries).values(
                door=conversation.door,
                conversation=conversation.id,
                turn=turn_id,
                question=_number(question.id),
                made_at=_time(at),
            )
        )
        self._note(
            connection,
            at,
            "assistant",
            "turn.answered",
            turn_id,
            question=audit.digest(question.text, salt),
            kind=shown.kind.value,
            answer=audit.digest(_dump(Answer, shown), salt),
            person_question=question.id,
        )

    def _erase(
        self, connection: sa.Connection, conversation_id: str, actor: str, at: datetime
    ) -> int:
        """Take the texts out of a conversation and give the number of its turns."""
        turns = _turns_where(connection, _turns.c.conversation == conversation_id)
        for turn in turns:
            connection.execute(
                sa.update(_turns)
                .where(_turns.c.id == turn.id)
                .values(
                    state=TurnState.ERASED.value,
                    question=None,
                    answer=None,
                    salt=None,
                    trace=None if turn.trace is None else _dump(Trace, _wordless(turn.trace)),
                )
            )
            connection.execute(
                sa.update(_feedback).where(_feedback.c.turn == turn.id).values(reason=None)
            )
        asked_here = _questions.c.conversation == conversation_id
        connection.execute(
            sa.update(_questions)
            .where(asked_here, _questions.c.state == QuestionState.OPEN.value)
            .values(
                text=None,
                salt=None,
                state=QuestionState.CLOSED.value,
                closed_because="the conversation where it was asked was erased",
            )
        )
        never_answered = ~sa.exists().where(_answers.c.question == _questions.c.number)
        connection.execute(
            sa.update(_questions).where(asked_here, never_answered).values(text=None, salt=None)
        )
        connection.execute(
            sa.update(_questions)
            .where(asked_here)
            .values(asked_by=None, conversation=None, turn=None)
        )
        connection.execute(
            sa.delete(_deliveries).where(_deliveries.c.conversation == conversation_id)
        )
        connection.execute(
            sa.update(_conversations)
            .where(_conversations.c.id == conversation_id)
            .values(title=None, erased_at=_time(at))
        )
        self._note(connection, at, actor, "conversation.erased", conversation_id, turns=len(turns))
        return len(turns)

    def _sweep(self) -> bool:
        """Empty the database's log, where erased texts would stay on until it is written over."""
        with _explained(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]  # type: ignore[union-attr]
        return not busy

    def _note(
        self,
        connection: sa.Connection,
        at: datetime,
        actor: str,
        action: str,
        subject: str,
        **details: str | int | None,
    ) -> None:
        self._chain.append(
            connection, at=_utc(at), actor=actor, action=action, subject=subject, details=details
        )

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """One transaction that takes the write lock at once: a later upgrade would fail."""
        with (
            _explained(),
            self._engine.connect().execution_options(annexa_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def _open_chain(self, workspace: Path) -> Chain:
        with suppress(FileNotFoundError):
            if (workspace / audit.KEY_FILE).stat().st_size:
                return Chain(audit.open_key(workspace, started=True))
        with self._writing() as connection:  # the lock keeps other processes from making one too
            started = audit.head_of(connection).sequence > 0
            return Chain(audit.open_key(workspace, started=started))

    def _migrate(self) -> None:
        if self._version() == migrations.HEAD:
            return
        from alembic import command  # noqa: PLC0415  only new or older records need it
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        with (
            self._engine.connect().execution_options(annexa_write=True) as connection,
            connection.begin(),
        ):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _version(self) -> str | None:
        with self._engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            ).scalar()
        if version is not None and version > migrations.HEAD:
            raise RecordsError(
                f"{FILE} was made by a newer Annexa (records {version}, this one knows "
                f"{migrations.HEAD}). Nothing was changed. Update Annexa."
            )
        return version


def owner_of(reader: Reader) -> str | None:
    """Give the id under which a reader's conversations are kept; None is the workspace's owner.

    Raises NotAgreed for somebody without a name, who could not find them again."""
    if reader.owner:
        return None
    if reader.id is None:
        raise NotAgreed("a conversation is kept for a person; name one with --user ID.")
    return reader.id


def actor_of(reader: Reader) -> str:
    """Name a reader in the audit chain."""
    return _actor(owner_of(reader))


def _actor(owner: str | None) -> str:
    return "owner" if owner is None else f"person:{owner}"


def _has_own(reader: Reader) -> bool:
    return reader.owner or reader.id is not None


# The file


def _make_private(path: Path) -> None:
    """Make the file readable for this account alone, before anything is in it."""
    with suppress(FileExistsError):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise
        except OSError as error:
            raise RecordsError(
                f"{FILE} cannot be made in the workspace ({error.strerror}). Nothing was changed. "
                "Let this account write the workspace, then run the command again."
            ) from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # The driver must not open transactions on its own: `_begin` says how they start.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is erased is overwritten, not only unlinked
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("annexa_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


_KEPT = "Nothing of this step was kept; everything that was confirmed before is still there."
_PROBLEMS: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Make room, then do it again."),
    sqlite3.SQLITE_READONLY: (
        f"{FILE} may only be read",
        "Let this account write the workspace, then do it again.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        f"{FILE} cannot be opened",
        "Let this account read and write the workspace, then do it again.",
    ),
    sqlite3.SQLITE_PERM: (
        f"{FILE} may not be used by this account",
        "Let this account read and write the workspace, then do it again.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process holds {FILE}",
        "Wait for it or end it, then do it again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        f"another process holds {FILE}",
        "Wait for it or end it, then do it again.",
    ),
    sqlite3.SQLITE_IOERR: ("the disk failed", "Check the disk, then do it again."),
    sqlite3.SQLITE_CORRUPT: (
        f"{FILE} is damaged",
        "Put it and audit.key back from a backup, or move both away to begin anew.",
    ),
    sqlite3.SQLITE_NOTADB: (
        f"{FILE} is damaged",
        "Put it and audit.key back from a backup, or move both away to begin anew.",
    ),
}


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the database says about its file into what a person can do."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        known = None if code is None else _PROBLEMS.get(code & 0xFF)
        if known is None:
            raise
        what, then = known
        raise RecordsError(f"{what} ({error.orig}). {_KEPT} {then}") from error


# Rows and nouns


def _time(at: datetime) -> str:
    return _utc(at).isoformat()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be recorded")
    return at.astimezone(UTC)


def _maybe_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _salt() -> str:
    return secrets.token_hex(16)


def _dump(kind: type[Value], value: Value) -> str:
    return _Stored[kind](form=_FORM, value=value).model_dump_json()  # type: ignore[valid-type]


def _load(kind: type[Value], text: str | None) -> Value | None:
    if text is None:
        return None
    try:
        stored = _Stored[kind].model_validate_json(text)  # type: ignore[valid-type]
    except ValidationError as error:
        raise RecordsError(
            f"a stored {kind.__name__.lower()} cannot be read: it was made by a newer Annexa, or "
            f"{FILE} was changed by hand. Nothing was changed. Update Annexa, or run "
            "`annexa audit verify`."
        ) from error
    value: Value = stored.value
    return value


def _row(connection: sa.Connection, table: sa.Table, row_id: str) -> Any:
    return connection.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()


def _own_conversation(connection: sa.Connection, conversation_id: str, reader: Reader) -> Any:
    row = _row(connection, _conversations, conversation_id)
    if row is None or row.erased_at is not None or not _has_own(reader):
        return None
    return row if row.owner == owner_of(reader) else None


def _conversation(connection: sa.Connection, row: Any) -> Conversation:
    turns = connection.execute(
        sa.select(sa.func.count()).select_from(_turns).where(_turns.c.conversation == row.id)
    ).scalar_one()
    return Conversation(
        id=row.id,
        owner=row.owner,
        door=row.door,
        title=row.title or "",
        started_at=datetime.fromisoformat(row.started_at),
        changed_at=datetime.fromisoformat(row.changed_at),
        turns=turns,
    )


def _touch(connection: sa.Connection, conversation_id: str, at: datetime) -> None:
    connection.execute(
        sa.update(_conversations)
        .where(_conversations.c.id == conversation_id)
        .values(changed_at=_time(at))
    )


def _may_see(reader: Reader) -> sa.ColumnElement[bool]:
    """Give the condition on turns that the reader may see."""
    if reader.owner:
        return sa.true()
    if reader.id is None:
        return sa.false()
    own = sa.select(_conversations.c.id).where(_conversations.c.owner == reader.id)
    return _turns.c.conversation.in_(own)


def _turns_where(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], most: int | None = None
) -> tuple[Turn, ...]:
    query = sa.select(_turns).where(*conditions).order_by(_turns.c.conversation, _turns.c.ordinal)
    return tuple(_turn(row) for row in connection.execute(query.limit(most)))


def _turn(row: Any) -> Turn:
    return Turn(
        id=row.id,
        conversation=row.conversation,
        ordinal=row.ordinal,
        key=row.key,
        state=TurnState(row.state),
        asked_at=datetime.fromisoformat(row.asked_at),
        question=row.question,
        as_of=None if row.as_of is None else date.fromisoformat(row.as_of),
        answered_at=_maybe_time(row.answered_at),
        answer=_load(Answer, row.answer),
        trace=_load(Trace, row.trace),
        by=row.by,
    )


def _insert_turn(connection: sa.Connection, turn: Turn) -> str:
    """Insert a turn and give the salt of its digests."""
    salt = _salt()
    connection.execute(
        sa.insert(_turns).values(
            id=turn.id,
            conversation=turn.conversation,
            ordinal=turn.ordinal,
            key=turn.key,
            state=turn.state.value,
            asked_at=_time(turn.asked_at),
            question=turn.question,
            as_of=turn.as_of.isoformat() if turn.as_of else None,
            answered_at=_time(turn.answered_at) if turn.answered_at else None,
            answer=None if turn.answer is None else _dump(Answer, turn.answer),
            by=turn.by,
            salt=salt,
        )
    )
    return salt


def _next_ordinal(connection: sa.Connection, conversation_id: str) -> int:
    last = connection.execute(
        sa.select(sa.func.max(_turns.c.ordinal)).where(_turns.c.conversation == conversation_id)
    ).scalar()
    return 1 + (last or 0)


def _same(turn: Turn, question: str, as_of: date | None) -> Turn:
    """Give the turn that a key named before. Raises NotAgreed where it asked something else."""
    if turn.state is not TurnState.ERASED and (turn.question, turn.as_of) != (question, as_of):
        raise NotAgreed(
            f"the key {turn.key!r} was used for another question in this conversation. Nothing was "
            "changed. Send a new question with a new key."
        )
    return turn


def _wordless(trace: Trace) -> Trace:
    """Take everything out of a trace that repeats what was said."""
    return replace(
        trace,
        checks=tuple(replace(one, statement="") for one in trace.checks),
        notes=(),
    )


def _judgements(connection: sa.Connection, turn_id: str) -> tuple[Feedback, ...]:
    query = sa.select(_feedback).where(_feedback.c.turn == turn_id).order_by(_feedback.c.id)
    last = {
        row.by: Feedback(row.turn, row.by, row.good, row.reason, datetime.fromisoformat(row.at))
        for row in connection.execute(query)
    }
    return tuple(last.values())


def _number(question_id: str) -> int | None:
    """Read the number of "Q-7"."""
    prefix, _, digits = question_id.strip().upper().partition("-")
    return int(digits) if prefix == "Q" and digits.isdecimal() and len(digits) < 10 else None


def _questions_where(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool]
) -> tuple[PersonQuestion, ...]:
    query = sa.select(_questions).where(*conditions).order_by(_questions.c.number)
    found = []
    for row in connection.execute(query).all():
        answers = _human_answers(connection, row.number)
        found.append(
            PersonQuestion(
                id=f"Q-{row.number}",
                text=row.text,
                state=QuestionState(row.state),
                asked_at=datetime.fromisoformat(row.asked_at),
                asked_by=row.asked_by,
                door=row.door,
                conversation=row.conversation,
                turn=row.turn,
                answer=answers[-1] if answers else None,
                closed_because=row.closed_because,
            )
        )
    return tuple(found)


def _question(connection: sa.Connection, number: int) -> PersonQuestion:
    return _questions_where(connection, _questions.c.number == number)[0]


def _question_salt(connection: sa.Connection, number: int) -> str:
    return (
        connection.execute(
            sa.select(_questions.c.salt).where(_questions.c.number == number)
        ).scalar_one()
        or ""
    )


def _human_answers(connection: sa.Connection, number: int) -> tuple[HumanAnswer, ...]:
    query = sa.select(_answers).where(_answers.c.question == number).order_by(_answers.c.version)
    return tuple(
        HumanAnswer(
            text=row.text,
            by=row.by,
            at=datetime.fromisoformat(row.at),
            source=row.source,
            expires=date.fromisoformat(row.expires),
            read=None if row.read is None else tuple(row.read),
        )
        for row in connection.execute(query)
    )


def _says_the_same(one: HumanAnswer, other: HumanAnswer) -> bool:
    return replace(one, at=other.at) == other


def _unlike(connection: sa.Connection) -> Iterator[str]:
    """Yield ids of turns and questions whose texts are not those that the chain knows."""
    written: dict[tuple[str, str], dict[str, str]] = {}
    erased: set[str] = set()
    for entry in audit.entries(connection):
        if entry.action in {"turn.asked", "turn.answered"}:
            written.setdefault((entry.subject, "turn"), {}).update(entry.details)
        elif entry.action == "question.put":
            written[entry.subject, "question"] = dict(entry.details)
        elif entry.action == "question.answered":
            details = dict(entry.details)
            written[entry.subject, f"answer {details['version']}"] = details
        elif entry.action == "conversation.erased":
            erased.add(entry.subject)
    for row in connection.execute(sa.select(_turns).order_by(_turns.c.id)):
        said = written.pop((row.id, "turn"), None)
        if said is None:
            yield row.id
        elif row.state == TurnState.ERASED.value and row.conversation in erased:
            continue
        else:
            texts = {"question": row.question, "answer": row.answer, "trace": row.trace}
            if any(
                audit.digest(text, row.salt or "") != said.get(name) for name, text in texts.items()
            ):
                yield row.id
    salts: dict[int, str | None] = {}
    for row in connection.execute(sa.select(_questions).order_by(_questions.c.number)):
        salts[row.number] = row.salt
        said = written.pop((f"Q-{row.number}", "question"), None)
        if said is None or (
            row.text is not None and audit.digest(row.text, row.salt or "") != said.get("text")
        ):
            yield f"Q-{row.number}"
    for row in connection.execute(sa.select(_answers)):
        said = written.pop((f"Q-{row.question}", f"answer {row.version}"), None)
        salt = salts.get(row.question) or ""
        if said is None or (
            audit.digest(row.text, salt) != said.get("answer")
            or audit.digest(row.source, salt) != said.get("source")
            or row.expires != said.get("expires")
            or (None if row.read is None else ",".join(row.read)) != said.get("read")
        ):
            yield f"Q-{row.question}"
    yield from sorted({subject for subject, _ in written})  # what the chain knows and is gone


def _unknown(what: str, which: str) -> UnknownRecord:
    return UnknownRecord(f"there is no {what} {which!r} here. Nothing was changed.")
