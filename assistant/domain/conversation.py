"""Conversations, their turns, and what is kept to show how an answer came about. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from assistant.domain.answer import Answer


@dataclass(frozen=True, slots=True)
class Status:
    """What is being done, while a person waits: "search", "read_passage", "checking"."""

    what: str


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of an answer's Markdown, checked and final."""

    text: str


class TurnState(StrEnum):
    """How far a turn has come."""

    ASKED = "asked"
    """The question is kept; its answer is not there yet."""
    ANSWERED = "answered"
    ERASED = "erased"
    """The texts were erased on request; ids and hashes remain."""


@dataclass(frozen=True, slots=True)
class PassageUse:
    """A passage that was given to whoever answered, as it was then."""

    id: str
    source: str
    document: str
    version: str | None
    content_hash: str
    """Of the document."""
    standing: str
    cited: bool
    read: tuple[str, ...] | None = None
    """Groups that could read it; None: everyone."""


@dataclass(frozen=True, slots=True)
class Check:
    """What code found about one statement of a model."""

    statement: str
    passages: tuple[str, ...]
    accepted: bool
    round: int
    """0: the first reply; 1: after the reasons were given."""
    reasons: tuple[str, ...] = ()
    """Codes of `assistant.domain.claims.Reason`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a language model: what left the machine, and what came back."""

    model: str
    """As configured, such as "openai:gpt-5"."""
    host: str | None
    """Where it went; None: unknown to this program."""
    at: datetime
    seconds: float
    passages: tuple[str, ...]
    """Ids of all passages whose text it held."""
    sent_characters: int
    prompt_tokens: int | None = None
    reply_tokens: int | None = None
    problem: str | None = None
    """Code of what went wrong, or None."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything needed to replay how an answer came about."""

    generation: int
    """The run of the library that answered."""
    today: date
    as_of: date | None
    reader: str | None
    groups: tuple[str, ...]
    owner: bool
    by_rules: str
    """Kind of the answer that the rules gave."""
    model: str | None = None
    """The model whose words are shown; None: the rules answered."""
    prompts: tuple[tuple[str, str], ...] = ()
    """(name, SHA-256) of every prompt file that was used."""
    passages: tuple[PassageUse, ...] = ()
    checks: tuple[Check, ...] = ()
    calls: tuple[Call, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    id: str
    conversation: str
    ordinal: int
    """From 1."""
    key: str
    """Given by the door; the same key is the same turn, however often it is sent."""
    state: TurnState
    asked_at: datetime
    """UTC, aware; so is every time here."""
    question: str | None
    """None once erased."""
    as_of: date | None = None
    answered_at: datetime | None = None
    answer: Answer | None = None
    trace: Trace | None = None
    by: str | None = None
    """The person who answered, where it was not the assistant."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one person at one door."""

    id: str
    owner: str | None
    """The reader's id; None: the workspace's owner."""
    door: str
    """"cli", "web" or "slack"."""
    title: str
    started_at: datetime
    changed_at: datetime
    turns: int = 0


class QuestionState(StrEnum):
    """How far a question to a person has come."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    """Closed without an answer, with a reason."""


@dataclass(frozen=True, slots=True)
class HumanAnswer:
    """What a responsible person said, as it enters the library."""

    text: str
    by: str
    """The named person who answers and owns the entry."""
    at: datetime
    source: str
    """What it rests on, in the person's words: a document, a record, "decision of the board"."""
    expires: date
    """The last day on which it may be used; it must be confirmed or withdrawn then."""
    read: tuple[str, ...] | None = None
    """Groups that may read it; None: everyone."""


@dataclass(frozen=True, slots=True)
class PersonQuestion:
    """A question that was passed on to a person."""

    id: str
    """Such as "Q-7"."""
    text: str | None
    state: QuestionState
    asked_at: datetime
    asked_by: str | None
    """Only where the asker agreed to be named."""
    door: str
    conversation: str | None
    """Where the answer goes back to."""
    turn: str | None
    answer: HumanAnswer | None = None
    closed_because: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on an answer."""

    turn: str
    by: str | None
    good: bool
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of the audit chain. It holds ids and hashes, never texts."""

    sequence: int
    """From 1, without gaps."""
    at: datetime
    actor: str
    action: str
    """Such as "turn.answered"."""
    subject: str
    """Id of what it is about."""
    details: tuple[tuple[str, str], ...] = field(default=())
    """Names and ids, counts or SHA-256 digests; sorted by name."""
    previous: str = ""
    hash: str = ""
