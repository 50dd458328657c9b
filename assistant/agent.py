"""One turn of the language model: LangChain's `create_agent` with tools that read, or propose.

The model ends with one structured reply. Its sentences are handed on one by one while they stream
in, unchecked: whoever listens must check each before anybody sees it (`assistant.conversing`).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.desk import Desk
from assistant.domain.claims import Claim
from assistant.llm import ModelProblem, ProblemKind, problem_of
from knowledge.text import sentences

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage

MOST_STATEMENTS = 24
MOST_STREAMED = 200_000
"""Characters that a model may send in one turn, its arguments included."""
LONGEST_ARGUMENT = 4_000
_LATE_MARK = re.compile(r"([.!?])\s*((?:\[\s*p\d+(?:\s*[,;]\s*p\d+)*\s*\]\s*)+)", re.IGNORECASE)
"""Marks that stand after the full stop of the sentence that they belong to."""
_MARK = re.compile(r"\[\s*(p\d+(?:\s*[,;]\s*p\d+)*)\s*\]", re.IGNORECASE)


class Statement(BaseModel):
    """One sentence of the answer."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(description="One plain sentence, without links, markup or ids of passages.")
    passages: list[str] = Field(description='Ids of the passages it stands on, such as ["p3"].')


class Reply(BaseModel):
    """End the turn with your reply to the person."""

    model_config = ConfigDict(extra="forbid")
    found: bool = Field(description="Whether the passages answer what was asked.")
    statements: list[Statement] = Field(
        default_factory=list, description="The answer first, then what the person needs beside it."
    )
    clarify: str | None = Field(
        default=None, description="One short question back, only if the meaning is not settled."
    )


@dataclass(frozen=True, slots=True)
class LookingUp:
    """The model uses a tool."""

    tool: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A sentence that the model wants to say; not checked."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Opened:
    """The model has said whether anything answers; not checked."""

    found: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The model's turn is over."""

    found: bool
    clarify: str | None


Event = LookingUp | Opened | Proposed | Finished


@dataclass(slots=True)
class Agent:
    """A language model at a desk. One object serves one turn."""

    model: BaseChatModel
    desk: Desk
    system: str
    patience: Any
    """Middleware that carries out the calls: retries, deadline, breaker, record."""
    steps: int = 6
    """Calls to the model in one run."""
    _messages: list[AnyMessage] = field(default_factory=list)

    def answer(self, question: str) -> Iterator[Event]:
        """Let the model answer. Raises ModelProblem when it cannot."""
        from langchain_core.messages import HumanMessage  # noqa: PLC0415  slow to import

        self._messages = [HumanMessage(question)]
        return self._run()

    def correct(self, reasons: str) -> Iterator[Event]:
        """Let the model correct the sentences that were not accepted. Raises ModelProblem."""
        from langchain_core.messages import HumanMessage  # noqa: PLC0415

        self._messages.append(HumanMessage(reasons))
        return self._run()

    def _run(self) -> Iterator[Event]:
        from langchain.agents import create_agent  # noqa: PLC0415
        from langchain.agents.middleware import ModelCallLimitMiddleware  # noqa: PLC0415
        from langchain.agents.structured_output import ToolStrategy  # noqa: PLC0415

        reading = _Reading(self.desk)
        final: dict[str, Any] = {}
        try:
            graph: Any = create_agent(
                self.model,
                _tools(self.desk),
                system_prompt=self.system,
                middleware=[
                    ModelCallLimitMiddleware(run_limit=self.steps, exit_behavior="error"),
                    self.patience,
                ],
                response_format=ToolStrategy(Reply),
            )
            for mode, data in graph.stream(
                {"messages": self._messages},
                {"recursion_limit": 4 * self.steps + 10},
                stream_mode=["messages", "updates", "values"],
            ):
                if mode == "values":
                    final = data
                elif mode == "messages":
                    yield from reading.take(data[0])
                else:
                    yield from _look_ups(data)
        except ModelProblem:
            raise
        except Exception as error:  # noqa: BLE001  every failure becomes a known one
            raise problem_of(error) from None  # its text may hold what a provider was sent
        self._messages = list(final.get("messages", self._messages))
        yield from reading.end(final.get("structured_response"), self._messages)


class _Arguments(BaseModel):
    """What a tool takes; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")


class _Search(_Arguments):
    """Search what the asker may read. Use a policy's words: "removable media encryption".

    kind narrows it: the organisation's documents, its registers, its Statement of
    Applicability (soa), or Annexa's guidance on the standard."""

    query: str
    kind: Literal["all", "documents", "registers", "soa", "guidance"] = "all"


class _ReadPassage(_Arguments):
    """Read a passage, given by its id such as p3, with what stands before and after it."""

    passage: str


class _ControlOrClause(_Arguments):
    """Get guidance on an Annex A control or a clause, by id (A.8.13, 9.2) or by title.

    Ids of the 2013 edition are understood."""

    name: str


class _SoaRow(_Arguments):
    """Get a control's row in the Statement of Applicability: applicable or not, and why."""

    control: str


class _Crosswalk(_Arguments):
    """Find what overlaps: a requirement of NIST CSF, SOC 2, GDPR, PCI DSS, or a control."""

    reference: str


class _ListDocuments(_Arguments):
    """List documents with version, owner, approval and review dates, the fitting first."""

    about: str = ""


class _ProposeQuestion(_Arguments):
    """Prepare a question to a responsible person. The asker decides whether it is sent."""

    question: str


def _tools(desk: Desk) -> list[Any]:
    """Describe the desk's look-ups to the model. None of them takes who is asking.

    What they take is written down once, since reading it from functions in every turn takes longer
    than the turn's rules and is not safe in threads."""
    from langchain_core.tools import StructuredTool  # noqa: PLC0415  slow to import

    look_ups: tuple[tuple[str, type[_Arguments], Callable[..., str]], ...] = (
        ("search", _Search, desk.search),
        ("read_passage", _ReadPassage, desk.read),
        ("control_or_clause", _ControlOrClause, desk.unit),
        ("soa_row", _SoaRow, desk.soa),
        ("crosswalk", _Crosswalk, desk.crosswalk),
        ("list_documents", _ListDocuments, desk.documents),
        ("propose_question", _ProposeQuestion, desk.propose),
    )
    return [
        StructuredTool(
            name=name,
            description=inspect.cleandoc(takes.__doc__ or ""),
            args_schema=takes,
            func=_bounded(look_up, takes),
        )
        for name, takes, look_up in look_ups
    ]


def _bounded(look_up: Callable[..., str], takes: type[_Arguments]) -> Callable[..., str]:
    """Cut what a model hands to a look-up, whose arguments stand in the order of `takes`."""

    def cut(**given: str) -> str:
        return look_up(
            *(given[one][:LONGEST_ARGUMENT] for one in takes.model_fields if one in given)
        )

    return cut


def _look_ups(update: dict[str, Any]) -> Iterator[LookingUp]:
    for change in update.values():
        for message in (change or {}).get("messages", []) if isinstance(change, dict) else []:
            for call in getattr(message, "tool_calls", None) or []:
                if call["name"] != Reply.__name__:
                    yield LookingUp(call["name"])


@dataclass(slots=True)
class _Reading:
    """Reads a reply while it streams in, and hands on each sentence once it is whole."""

    desk: Desk
    _streamed: int = 0
    _message: str | None = None
    _call: int | str | None = None
    _arguments: str = ""
    _given: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    _opened: bool = False

    def take(self, chunk: Any) -> Iterator[Event]:
        """Take a piece of a message from the stream. Raises ModelProblem if it never ends."""
        pieces = getattr(chunk, "tool_call_chunks", None)
        if pieces is None:
            return
        text = chunk.content if isinstance(chunk.content, str) else ""
        self._streamed += len(text) + sum(len(one.get("args") or "") for one in pieces)
        if self._streamed > MOST_STREAMED:
            raise ModelProblem(
                ProblemKind.TOO_LARGE, "The language model sent far more than an answer."
            )
        for piece in pieces:
            if piece.get("name") == Reply.__name__:  # a new reply, perhaps a second try
                self._message, self._call, self._arguments = chunk.id, piece.get("index"), ""
            if (chunk.id, piece.get("index")) == (self._message, self._call):
                self._arguments += piece.get("args") or ""
        if pieces and self._arguments:
            yield from self._whole_sentences()

    def end(self, reply: object, messages: Sequence[Any]) -> Iterator[Event]:
        """Hand on what the stream did not, from the reply as the framework validated it."""
        if not isinstance(reply, Reply):
            reply = _from_text(messages[-1] if messages else None)
        if not self._opened:
            yield Opened(reply.found)
        for statement in reply.statements[:MOST_STATEMENTS]:
            yield from self._hand_on(statement.text, statement.passages)
        yield Finished(reply.found, reply.clarify)

    def _whole_sentences(self) -> Iterator[Event]:
        from langchain_core.utils.json import parse_partial_json  # noqa: PLC0415

        try:
            so_far = parse_partial_json(self._arguments)
        except (ValueError, RecursionError):
            return
        if not isinstance(so_far, dict) or not isinstance(so_far.get("found"), bool):
            return  # whether anything answers must be known before its sentences are shown
        # A key may be cut: only once another key has begun, the value of `found` is whole.
        if len(so_far) > 1 and not self._opened:
            self._opened = True
            yield Opened(so_far["found"])
        given = so_far.get("statements")
        if not isinstance(given, list):
            return
        whole = given if _is_json(self._arguments) else given[:-1]
        for one in whole[:MOST_STATEMENTS]:
            if isinstance(one, dict) and isinstance(one.get("text"), str):
                yield from self._hand_on(one["text"], one.get("passages"))

    def _hand_on(self, text: str, passages: object) -> Iterator[Event]:
        handles = passages if isinstance(passages, list) else []
        ids = tuple(
            dict.fromkeys(self.desk.resolve(one) for one in handles if isinstance(one, str))
        )
        if (text, ids) not in self._given:
            self._given.append((text, ids))
            yield Proposed(Claim(text, ids))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _from_text(message: Any) -> Reply:
    """Read a reply that a model wrote as text with ids in brackets, where it used no tool.

    Raises ModelProblem if it wrote nothing."""
    text = getattr(message, "text", "") if getattr(message, "type", "") == "ai" else ""
    text = str(text).strip()
    if not text:
        raise ModelProblem(ProblemKind.EMPTY, "The language model sent an empty reply.")
    found: list[Statement] = []
    for sentence in sentences(_LATE_MARK.sub(r" \2\1 ", text[:MOST_STREAMED]))[:MOST_STATEMENTS]:
        handles = [one for mark in _MARK.findall(sentence) for one in re.split(r"\s*[,;]\s*", mark)]
        found.append(Statement(text=_MARK.sub("", sentence).strip(), passages=handles))
    return Reply(found=True, statements=found)
