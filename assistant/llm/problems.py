"""What can go wrong with a language model, told to a person without a key, a question or a reply."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType


class ProblemKind(StrEnum):
    """Why a model did not answer."""

    SETTING = "setting"
    """The model's name or address cannot be used."""
    PACKAGE_MISSING = "package_missing"
    KEY_MISSING = "key_missing"
    KEY_REJECTED = "key_rejected"
    NOT_ALLOWED = "not_allowed"
    MODEL_UNKNOWN = "model_unknown"
    REQUEST_REFUSED = "request_refused"
    """The provider does not understand the request, for instance because of its tools."""
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    REDIRECTED = "redirected"
    SERVER = "server_error"
    INTERRUPTED = "interrupted"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    MALFORMED = "malformed"
    CONTEXT_TOO_LONG = "context_too_long"
    TOO_LARGE = "too_large"
    LOOP = "loop"
    """The model went on using tools and came to no reply."""
    RESTING = "resting"
    """The model is left alone for a while after failures in a row."""
    OTHER = "other"
    """Nothing that is known: perhaps a fault of this program."""


_SAID: Mapping[ProblemKind, str] = MappingProxyType(
    {
        ProblemKind.SETTING: "It is not set up in a way that can be used.",
        ProblemKind.PACKAGE_MISSING: "A package that it needs is not installed.",
        ProblemKind.KEY_MISSING: "No key for it is set.",
        ProblemKind.KEY_REJECTED: "The provider rejected the key. Check that it is right and valid.",
        ProblemKind.NOT_ALLOWED: "The provider does not allow this model for this key.",
        ProblemKind.MODEL_UNKNOWN: "The provider knows no model of this name at this address.",
        ProblemKind.REQUEST_REFUSED: "The provider refused the request; the model may not be able "
        "to use tools.",
        ProblemKind.RATE_LIMITED: "The provider asks for a pause: too many requests.",
        ProblemKind.QUOTA: "The provider's quota or credit is used up.",
        ProblemKind.TIMEOUT: "It gave no answer in time.",
        ProblemKind.UNREACHABLE: "It cannot be reached at its address.",
        ProblemKind.REDIRECTED: "Its address redirects elsewhere, which is not followed. Set the "
        "address that is meant.",
        ProblemKind.SERVER: "The provider reports a fault of its own.",
        ProblemKind.INTERRUPTED: "The connection broke off before the reply was whole.",
        ProblemKind.EMPTY: "It sent an empty reply.",
        ProblemKind.TRUNCATED: "Its reply was cut off at the length allowed.",
        ProblemKind.FILTERED: "The provider's content filter held the reply back.",
        ProblemKind.MALFORMED: "It sent a reply that cannot be read.",
        ProblemKind.CONTEXT_TOO_LONG: "The question with its passages is too long for it.",
        ProblemKind.TOO_LARGE: "It sent far more than an answer.",
        ProblemKind.LOOP: "It went on looking things up and came to no reply.",
        ProblemKind.RESTING: "It failed several times in a row and is left alone for a while.",
        ProblemKind.OTHER: "It failed in a way that is not known.",
    }
)

RETRYABLE = frozenset(
    {
        ProblemKind.RATE_LIMITED,
        ProblemKind.TIMEOUT,
        ProblemKind.UNREACHABLE,
        ProblemKind.SERVER,
        ProblemKind.INTERRUPTED,
        ProblemKind.EMPTY,
        ProblemKind.MALFORMED,
    }
)
"""Kinds that may be gone at the next try."""


class ModelProblem(Exception):  # noqa: N818  a person reads of it as a problem, not as an error
    """A model did not answer; the text is for a person and says what to do where that is known."""

    def __init__(
        self, kind: ProblemKind, message: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message or _SAID[kind])
        self.kind = kind
        self.retry_after_s = retry_after_s
        """How long the provider asks to wait."""


def problem_of(error: BaseException, *, now: datetime | None = None) -> ModelProblem:
    """Tell what an error of a provider, of its client or of LangChain means.

    Errors are known by their names and statuses, so that no provider's package is imported; `now`
    is what a Retry-After that is a date counts from."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, ModelProblem):
            return one
    for one in chain:
        kind = _by_content(one) or _by_status(one)
        if kind is not None:
            return ModelProblem(kind, retry_after_s=_retry_after(one, now))
    names = {name.__name__ for one in chain for name in type(one).__mro__}
    for kind, known in _BY_NAME:
        if known & names:
            return ModelProblem(kind)
    if _NOTHING_CAME.search(str(error)):
        return ModelProblem(ProblemKind.EMPTY)
    if _from_a_reply(error):
        return ModelProblem(ProblemKind.MALFORMED)
    if "APIError" in names:  # the provider told of an error while it streamed
        return ModelProblem(ProblemKind.INTERRUPTED)
    return ModelProblem(
        ProblemKind.OTHER, f"It failed in a way that is not known ({type(error).__name__})."
    )


_BY_NAME: Sequence[tuple[ProblemKind, frozenset[str]]] = tuple(
    (kind, frozenset(names.split()))
    for kind, names in (
        (ProblemKind.CONTEXT_TOO_LONG, "ContextOverflowError"),
        (ProblemKind.LOOP, "ModelCallLimitExceededError GraphRecursionError"),
        (ProblemKind.TRUNCATED, "LengthFinishReasonError"),
        (ProblemKind.FILTERED, "ContentFilterFinishReasonError ModelRefusalError"),
        (ProblemKind.UNREACHABLE, "ConnectError ConnectTimeout gaierror ConnectionRefusedError"),
        (ProblemKind.MALFORMED, "DecodingError JSONDecodeError UnicodeDecodeError"),
        (ProblemKind.TIMEOUT, "TimeoutException APITimeoutError ModelTimeoutError TimeoutError"),
        (
            ProblemKind.INTERRUPTED,
            "ReadError WriteError RemoteProtocolError ConnectionResetError BrokenPipeError "
            "ConnectionAbortedError IncompleteRead",
        ),
        (
            ProblemKind.UNREACHABLE,
            "APIConnectionError ModelConnectionError NetworkError ConnectionError SSLError "
            "UnsupportedProtocol InvalidURL",
        ),
        (ProblemKind.KEY_MISSING, "CredentialsError"),
        (ProblemKind.PACKAGE_MISSING, "ImportError"),
        (
            ProblemKind.MALFORMED,
            "APIResponseValidationError OutputParserException StructuredOutputError",
        ),
    )
)
"""In this order: a cause that says more comes before one that says less."""

_CONTEXT = re.compile(
    r"context_length_exceeded|context window|context length|maximum context|prompt is too long|"
    r"input tokens exceed|too many tokens",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"insufficient_quota|billing_hard_limit|credit balance|payment", re.IGNORECASE)
_FILTER = re.compile(r"content_filter|content_policy|responsible_ai", re.IGNORECASE)
_NOTHING_CAME = re.compile(r"No generations? (?:found in stream|chunks)|No data received from")
"""What LangChain says of a stream without a piece."""
_OF_PROVIDERS = frozenset(
    "openai anthropic ollama langchain_openai langchain_anthropic langchain_ollama langchain_core "
    "httpx httpx2 pydantic json codecs".split()
)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what caused it."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen and len(seen) < 20:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _by_content(error: BaseException) -> ProblemKind | None:
    """Read the provider's own code of what is wrong; only from errors that providers send."""
    if not hasattr(error, "status_code") and not hasattr(error, "body"):
        return None
    said = f"{getattr(error, 'code', '')} {getattr(error, 'type', '')} {error}"
    for kind, pattern in (
        (ProblemKind.QUOTA, _QUOTA),
        (ProblemKind.FILTERED, _FILTER),
        (ProblemKind.CONTEXT_TOO_LONG, _CONTEXT),
    ):
        if pattern.search(said):
            return kind
    return None


def _by_status(error: BaseException) -> ProblemKind | None:
    status = getattr(error, "status_code", None)
    if not isinstance(status, int) or status < 300:
        return None
    known = {
        401: ProblemKind.KEY_REJECTED,
        402: ProblemKind.QUOTA,
        403: ProblemKind.NOT_ALLOWED,
        404: ProblemKind.MODEL_UNKNOWN,
        408: ProblemKind.TIMEOUT,
        409: ProblemKind.SERVER,
        413: ProblemKind.CONTEXT_TOO_LONG,
        425: ProblemKind.SERVER,
        429: ProblemKind.RATE_LIMITED,
    }
    if status in known:
        return known[status]
    if status < 400:
        return ProblemKind.REDIRECTED
    return ProblemKind.REQUEST_REFUSED if status < 500 else ProblemKind.SERVER


def _retry_after(error: BaseException, now: datetime | None) -> float | None:
    """Read Retry-After: seconds, milliseconds in a header of its own, or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None:
        return None
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = str(headers.get(name) or "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
            return float(value) * unit
    try:
        day = email.utils.parsedate_to_datetime(str(headers.get("retry-after") or ""))
    except ValueError:
        return None
    day = day if day.tzinfo else day.replace(tzinfo=UTC)
    return max(0.0, (day - (now or datetime.now(UTC))).total_seconds())


def _from_a_reply(error: BaseException) -> bool:
    """Tell whether an error arose while a provider's package was reading a reply."""
    if not isinstance(error, ValueError | TypeError | KeyError | AttributeError | IndexError):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(name).split(".", 1)[0] in _OF_PROVIDERS
