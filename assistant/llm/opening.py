"""Opening a language model so that it goes to its host and nowhere else, and ends in time."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assistant.llm.problems import ModelProblem, ProblemKind
from assistant.llm.specs import ModelSpec
from assistant.settings import Settings, forbid_tracing

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MOST_BYTES = 8_000_000
"""Of one response. A long answer with the wrapping of its stream is well below 2 MB."""
OLLAMA_CONTEXT = 16_384
"""Tokens that Ollama shall keep in mind; its own default silently forgets the oldest passages."""


def open_model(spec: ModelSpec, settings: Settings) -> BaseChatModel:
    """Open a model. Raises ModelProblem where its package or key is missing.

    It never retries by itself, follows no redirect, takes no compressed body, and reports its use
    of tokens; `Patience` adds the time of a turn."""
    _no_eavesdropping()
    if importlib.util.find_spec(f"langchain_{spec.provider}") is None:
        raise ModelProblem(
            ProblemKind.PACKAGE_MISSING,
            f"The package for {spec.provider} models is not installed: "
            f"pip install 'annexa[{spec.provider}]'",
        )
    _key_is_there(spec, settings)
    from langchain.chat_models import init_chat_model  # noqa: PLC0415  slow to import

    options = {
        "openai": _openai_options,
        "anthropic": _anthropic_options,
        "ollama": _ollama_options,
    }[spec.provider](spec, settings)
    try:
        model: BaseChatModel = init_chat_model(spec.model, model_provider=spec.provider, **options)
    except Exception as error:
        raise ModelProblem(
            ProblemKind.SETTING, f"{spec.name} cannot be opened ({type(error).__name__})."
        ) from error
    if spec.provider == "anthropic":  # it takes no client of ours
        made: Any = model
        _guard(made._client._client, settings)
    return model


def close_model(model: BaseChatModel) -> None:
    """Close the connections of a model that is not needed any more."""
    for name in ("root_client", "_client"):  # langchain-openai, langchain-ollama
        if type(model).__module__.startswith("langchain_anthropic"):
            continue  # its connections are shared by all of its models
        client = getattr(getattr(model, name, None), "_client", None)
        if client is not None:
            client.close()


def _key_is_there(spec: ModelSpec, settings: Settings) -> None:
    places = settings.providers
    missing = {
        # A server of one's own often needs no key.
        "openai": places.openai_key is None and spec.host == "api.openai.com",
        "anthropic": places.anthropic_key is None,
    }
    if missing.get(spec.provider):
        variable = f"{spec.provider.upper()}_API_KEY"
        raise ModelProblem(ProblemKind.KEY_MISSING, f"{variable} is not set.")


def _openai_options(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    import openai  # noqa: PLC0415

    client = openai.DefaultHttpxClient(trust_env=not spec.local)
    _guard(client, settings)
    places = settings.providers
    return {
        "base_url": places.openai_url,
        "api_key": places.openai_key or "none",
        "max_retries": 0,
        "timeout": settings.silence_seconds,
        "max_tokens": settings.reply_tokens,
        "stream_usage": True,
        "http_client": client,
        # Only OpenAI itself is sure to have its newer API.
        "use_responses_api": None if spec.host == "api.openai.com" else False,
    }


def _anthropic_options(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    places = settings.providers
    return {
        "base_url": places.anthropic_url,
        "api_key": places.anthropic_key,
        "max_retries": 0,
        "timeout": settings.silence_seconds,
        "max_tokens": settings.reply_tokens,
        "stream_usage": True,
    }


def _ollama_options(spec: ModelSpec, settings: Settings) -> dict[str, Any]:
    request, response = _hooks(settings)
    return {
        "base_url": settings.providers.ollama_url,
        "num_predict": settings.reply_tokens,
        "num_ctx": max(OLLAMA_CONTEXT, 3 * settings.reply_tokens),
        "temperature": 0,
        "sync_client_kwargs": {
            "timeout": settings.silence_seconds,
            "follow_redirects": False,
            "trust_env": not spec.local,
            "event_hooks": {"request": [request], "response": [response]},
        },
    }


def _no_eavesdropping() -> None:
    """Turn off what would send or log questions: LangSmith's tracing, the clients' debug logs."""
    forbid_tracing()
    import langsmith  # noqa: PLC0415

    langsmith.configure(enabled=False)
    for name in ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the call that this thread is making may take, on `clock`."""

    first_byte: float
    whole: float
    clock: Callable[[], float]

    def left(self, *, begun: bool) -> float:
        return (self.whole if begun else self.first_byte) - self.clock()


_LIMITS: ContextVar[Limits | None] = ContextVar("_LIMITS", default=None)


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    token = _LIMITS.set(limits)
    try:
        yield
    finally:
        _LIMITS.reset(token)


def _guard(client: Any, settings: Settings) -> None:
    """Let an httpx client (of either generation) send and take only what it should."""
    request, response = _hooks(settings)
    client.follow_redirects = False
    client.event_hooks = {"request": [request], "response": [response]}


def _hooks(settings: Settings) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    def before(request: Any) -> None:
        limits = _LIMITS.get()
        left = limits.left(begun=False) if limits else settings.silence_seconds
        if left <= 0:
            raise ModelProblem(ProblemKind.TIMEOUT)
        silence = min(settings.silence_seconds, left)
        connect = min(settings.connect_seconds, left)
        request.headers["accept-encoding"] = "identity"
        request.extensions = {
            **request.extensions,
            "timeout": {"connect": connect, "read": silence, "write": silence, "pool": connect},
        }

    def after(response: Any) -> None:
        if 300 <= response.status_code < 400:
            raise ModelProblem(ProblemKind.REDIRECTED)
        # What was asked for uncompressed and comes compressed could unfold without end.
        if response.headers.get("content-encoding", "identity").casefold() != "identity":
            raise ModelProblem(
                ProblemKind.MALFORMED, "It sent a compressed reply, which was not asked for."
            )
        kind = response.headers.get("content-type", "").casefold()
        if response.status_code < 300 and "html" in kind:
            raise ModelProblem(
                ProblemKind.MALFORMED,
                "Its address answers with a web page. Check the address in the settings.",
            )
        response.stream = _limited(response, _LIMITS.get())

    return before, after


def _limited(response: Any, limits: Limits | None) -> Any:
    """Wrap the body of a response: it ends with the turn's time and at `MOST_BYTES`."""
    library = sys.modules[type(response).__module__.split(".", 1)[0]]  # httpx or httpx2
    return _limited_stream(library.SyncByteStream)(response.stream, limits)


@lru_cache(maxsize=2)
def _limited_stream(base: Any) -> Any:
    class LimitedStream(base):  # type: ignore[misc]
        def __init__(self, stream: Any, limits: Limits | None) -> None:
            self._stream, self._limits = stream, limits

        def __iter__(self) -> Iterator[bytes]:
            taken = 0
            for piece in self._stream:
                taken += len(piece)
                if taken > MOST_BYTES:
                    raise ModelProblem(ProblemKind.TOO_LARGE)
                if self._limits is not None and self._limits.left(begun=True) <= 0:
                    raise ModelProblem(ProblemKind.TIMEOUT)
                yield piece

        def close(self) -> None:
            self._stream.close()

    return LimitedStream
