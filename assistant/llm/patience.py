"""Calling a language model with patience that ends: retries, a deadline, a breaker, a record."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assistant.domain.conversation import Call
from assistant.llm.opening import Limits, close_model, open_model, within
from assistant.llm.problems import RETRYABLE, ModelProblem, ProblemKind, problem_of
from assistant.llm.specs import ModelSpec, may_read, spec_of
from assistant.settings import Settings
from knowledge.passages import Document, Origin

if TYPE_CHECKING:
    from langchain.agents.middleware import ModelRequest, ModelResponse
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

MOST_CHARACTERS = 200_000
"""Of one reply, the arguments of its tools included."""
RETRIES = 2
_BACKOFF_S = 0.4
_USEFUL_S = 1.0
"""A try that has less time than this is not begun."""
_FOR_FALLBACK = 0.4
"""Part of a turn's time that is kept for a second model while the first has sent nothing."""
_LONGEST_HOLD_S = 300.0

_ALIVE = frozenset(
    {
        ProblemKind.TRUNCATED,
        ProblemKind.FILTERED,
        ProblemKind.CONTEXT_TOO_LONG,
        ProblemKind.TOO_LARGE,
        ProblemKind.LOOP,
        ProblemKind.REQUEST_REFUSED,
    }
)
"""Kinds that concern one question and show that the provider itself works."""


class Breaker:
    """Leaves a model alone after failures in a row, and lets one call try it again later."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        failures: int = 5,
        rest_s: float = 30.0,
    ) -> None:
        self._clock, self._most, self._rest_s = clock, failures, rest_s
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = float("-inf")
        self._probe_until = float("-inf")

    def admit(self) -> float:
        """Give 0 if a call may be made now, else how many seconds to wait.

        A call that is admitted as the probe keeps others out until it reports, or for another rest
        if it never does."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return self._closed_until - now
            if self._failed < self._most:
                return 0.0
            if now < self._probe_until:
                return self._probe_until - now
            self._probe_until = now + self._rest_s
            return 0.0

    def succeeded(self) -> None:
        """Report that the provider works."""
        with self._lock:
            self._failed = 0
            self._closed_until = self._probe_until = float("-inf")

    def failed(self) -> None:
        """Report a failure; the fifth in a row, or that of the probe, begins a rest."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._closed_until = max(self._closed_until, self._clock() + self._rest_s)
                self._probe_until = float("-inf")

    def hold(self, seconds: float) -> None:
        """Make no call for as long as the provider asked for, five minutes at most."""
        with self._lock:
            self._closed_until = max(
                self._closed_until, self._clock() + min(seconds, _LONGEST_HOLD_S)
            )


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class ModelLine:
    """A configured model with what is remembered about it from turn to turn."""

    spec: ModelSpec
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now
    kept_s: float = 0.0
    """Seconds of a turn that are kept for the next model while this one has sent nothing."""
    breaker: Breaker = field(default_factory=Breaker)
    _model: BaseChatModel | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> BaseChatModel:
        """Open the model, once. Raises ModelProblem where its package or key is missing."""
        with self._lock:
            if self._model is None:
                self._model = open_model(self.spec, self.settings)
            return self._model

    def close(self) -> None:
        """Close its connections; it may be opened again."""
        with self._lock:
            if self._model is not None:
                close_model(self._model)
                self._model = None

    def may_read(self, document: Document) -> bool:
        """Tell whether a document's text may be sent to this model; Annexa's own guidance may."""
        return document.origin is Origin.GUIDANCE or may_read(
            self.spec, document.facts.classification, self.settings.privacy
        )


def model_lines(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = _utc_now,
) -> list[ModelLine]:
    """Give the configured models in the order in which they are asked.

    Raises ModelProblem where a name cannot be used."""
    names = [one for one in (settings.model, settings.fallback_model) if one]
    specs = [spec_of(name, settings) for name in dict.fromkeys(names)]
    return [
        ModelLine(
            spec,
            settings,
            clock,
            now,
            _FOR_FALLBACK * settings.model_seconds if place < len(specs) - 1 else 0.0,
            Breaker(clock),
        )
        for place, spec in enumerate(specs)
    ]


class Patience:
    """Middleware that carries out an agent's calls to one model. One object serves one turn.

    A call that fails is tried again while that can help and there is time. Each try is handed to
    `record`, with the passages that `passages` names when it is made."""

    def __new__(cls, *_: Any, **__: Any) -> Patience:
        """Make the object of a class that LangChain knows; it is slow to import before."""
        made: Patience = object.__new__(_middleware())
        return made

    def __init__(
        self,
        line: ModelLine,
        until: float,
        passages: Callable[[], tuple[str, ...]],
        record: Callable[[Call], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Carry out calls until `until`, a moment on the line's clock."""
        self._line, self._until, self._sleep = line, until, sleep
        self._passages, self._record = passages, record
        self._running: tuple[datetime, float, tuple[str, ...], int] | None = None
        self._begun_s = line.clock()
        self.tools: Sequence[Any] = ()

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Carry out one call with its retries. Raises ModelProblem when it is given up."""
        retries = 0
        while True:
            try:
                return self._try(request, handler)
            except ModelProblem as problem:
                pause = self._pause(problem, retries)
                if pause is None:
                    raise
            retries += 1
            self._sleep(pause)

    def unfinished(self) -> tuple[Call, ...]:
        """Give the call that has not come back, for the record of a turn that ends before it."""
        running = self._running
        if running is None:
            return ()
        return (self._call(running, ProblemKind.TIMEOUT, None),)

    def _try(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        line = self._line
        if self._until - line.clock() <= 0:
            raise ModelProblem(ProblemKind.TIMEOUT)
        wait = line.breaker.admit()
        if wait > 0:
            raise ModelProblem(ProblemKind.RESTING, retry_after_s=wait)
        self._running = running = (
            line.now(),
            line.clock(),
            self._passages(),
            _characters(request.system_message, request.messages),
        )
        problem: ModelProblem | None = None
        reply: BaseMessage | None = None
        try:
            with within(Limits(self._first_byte_until(), self._until, line.clock)):
                response = handler(request)
            reply = _reply_of(response)
            problem = _problem_in(reply, known=_is_known(request.model))
        except Exception as error:  # noqa: BLE001  told apart by problem_of
            problem = problem_of(error, now=line.now())
        finally:
            self._running = None
            self._record(self._call(running, problem.kind if problem else None, reply))
        self._tell_breaker(problem)
        if problem is not None:
            raise problem from None  # what the provider wrote may hold a key or a question
        return response

    def _first_byte_until(self) -> float:
        """While another model waits, a silent one does not get the whole turn."""
        return self._until - min(self._line.kept_s, max(0.0, self._until - self._begun_s) / 2)

    def _pause(self, problem: ModelProblem, retries: int) -> float | None:
        """Say how long to wait before the next try; None: do not try again."""
        if problem.kind not in RETRYABLE or retries >= RETRIES:
            return None
        if problem.retry_after_s is not None:
            pause = problem.retry_after_s
        else:
            pause = _BACKOFF_S * 2**retries * random.uniform(0.5, 1.5)  # noqa: S311  no secret
        at = self._line.clock() + pause + _USEFUL_S
        return pause if at < self._first_byte_until() else None

    def _tell_breaker(self, problem: ModelProblem | None) -> None:
        breaker = self._line.breaker
        if problem is None or problem.kind in _ALIVE:
            breaker.succeeded()
            return
        if problem.kind is ProblemKind.OTHER:
            return  # perhaps a fault of this program
        breaker.failed()
        if problem.retry_after_s is not None:
            at = self._line.clock() + problem.retry_after_s + _USEFUL_S
            if at >= self._first_byte_until():
                breaker.hold(problem.retry_after_s)

    def _call(
        self,
        running: tuple[datetime, float, tuple[str, ...], int],
        problem: ProblemKind | None,
        reply: BaseMessage | None,
    ) -> Call:
        at, started, passages, characters = running
        usage = getattr(reply, "usage_metadata", None) or {}
        return Call(
            model=self._line.spec.name,
            host=self._line.spec.host,
            at=at,
            seconds=round(self._line.clock() - started, 3),
            passages=passages,
            sent_characters=characters,
            prompt_tokens=usage.get("input_tokens"),
            reply_tokens=usage.get("output_tokens"),
            problem=problem.value if problem else None,
        )


@lru_cache(maxsize=1)
def _middleware() -> type[Any]:
    from langchain.agents.middleware import AgentMiddleware  # noqa: PLC0415  slow to import

    return type(Patience.__name__, (Patience, AgentMiddleware), {})


def _characters(system: BaseMessage | None, messages: Sequence[BaseMessage]) -> int:
    """Count the characters of text that a request holds."""
    total = 0
    for one in (system, *messages) if system is not None else messages:
        total += len(one.text) + sum(
            len(str(call.get("args", ""))) for call in getattr(one, "tool_calls", ())
        )
    return total


def _reply_of(response: ModelResponse[Any]) -> BaseMessage | None:
    """Find the model's own message in what a call gave."""
    return next((one for one in response.result if one.type == "ai"), None)


def _is_known(model: object) -> bool:
    """Tell whether a provider's package made a model, which then says why each reply ended."""
    return type(model).__module__.startswith("langchain_")


def _problem_in(reply: BaseMessage | None, *, known: bool) -> ModelProblem | None:
    """Find what is wrong with a reply that arrived without an error."""
    if reply is None:
        return ModelProblem(ProblemKind.EMPTY)
    calls = getattr(reply, "tool_calls", ())
    unreadable = getattr(reply, "invalid_tool_calls", ())
    size = len(reply.text) + sum(len(str(one.get("args") or "")) for one in (*calls, *unreadable))
    reason = _why_finished(reply.response_metadata)
    if size > MOST_CHARACTERS:
        return ModelProblem(ProblemKind.TOO_LARGE)
    if reason in {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}:
        return ModelProblem(ProblemKind.TRUNCATED)
    if reason in {"content_filter", "refusal"} or reply.additional_kwargs.get("refusal"):
        return ModelProblem(ProblemKind.FILTERED)
    if not (reply.text.strip() or calls or unreadable):
        return ModelProblem(ProblemKind.EMPTY)
    if reason is None and known:  # the stream ended before the reply did
        return ModelProblem(ProblemKind.INTERRUPTED)
    return ModelProblem(ProblemKind.MALFORMED) if unreadable and not calls else None


def _why_finished(metadata: dict[str, Any]) -> str | None:
    """Read why a reply ended, by any provider's name for it; None where nothing says."""
    cut = metadata.get("incomplete_details")
    if isinstance(cut, dict) and cut.get("reason"):
        return str(cut["reason"])
    named = [
        one for one in ("finish_reason", "stop_reason", "done_reason", "status") if one in metadata
    ]
    if named:
        return str(metadata[named[0]] or "stop")
    return None
