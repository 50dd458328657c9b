"""An OpenAI-compatible server on 127.0.0.1 that answers by a script, and fails on purpose.

The real client of langchain-openai talks to it through `base_url`. A script is a list of steps (the
last one repeats) or a function from a request to a step. A step says something, calls tools, or is
one of `FAULTS` by its name.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


@dataclass(frozen=True)
class Request:
    """What came in, without the key."""

    number: int
    """From 1."""
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def tools(self) -> list[str]:
        return [one["function"]["name"] for one in self.body.get("tools", [])]

    @property
    def text(self) -> str:
        """All that it holds, as one text."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Step:
    """One reply, and how it goes wrong."""

    text: str | None = None
    calls: tuple[tuple[str, str], ...] = ()
    """(tool, arguments as they are sent)."""
    fault: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    finish: str | None = None
    ids: tuple[str, ...] = ()
    """Ids of the calls; empty: each its own."""
    pause_s: float = 0.0
    """Before each piece of a stream."""
    piece: int = 24
    """Characters in a piece of a stream."""
    twice: bool = False
    """Every piece of the stream is sent twice."""


def says(text: str, **how: Any) -> Step:
    """Reply with text."""
    return Step(text=text, **how)


def calls(tool: str, args: dict[str, Any] | str, *more: tuple[str, Any], **how: Any) -> Step:
    """Call one or several tools; arguments that are a string are sent as they are."""
    given = [(tool, args), *more]
    return Step(
        calls=tuple(
            (name, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False))
            for name, one in given
        ),
        **how,
    )


def fault(name: str, then: Step | None = None, **options: Any) -> Step:
    """Fail by the name of the fault; `then` is the reply that it spoils, where it needs one."""
    if name not in FAULTS:
        raise ValueError(f"no fault is called {name!r}")
    return replace(
        then or says("The key is kept by the owner of the asset."), fault=name, options=options
    )


Script = Sequence[Step] | Callable[[Request], Step]


class ScriptedServer:
    """The server; use it as a context manager."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.wrong: list[str] = []
        """Faults of a script itself."""
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", 0), _Handler)
        self._http.scripted = self
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)

    def next_step(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Step:
        with self._lock:
            kept = {
                name.casefold(): value
                for name, value in headers.items()
                if name.casefold() not in SECRET_HEADERS
            }
            request = Request(len(self.requests) + 1, path, kept, body)
            self.requests.append(request)
        if callable(self.script):
            return self.script(request)
        return self.script[min(request.number, len(self.script)) - 1]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    scripted: ScriptedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.plain(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            body = {}
        scripted = self.server.scripted
        try:
            step = scripted.next_step(self.path, dict(self.headers.items()), body)
        except Exception as error:  # noqa: BLE001  a script's fault must not look like a fault
            scripted.wrong.append(f"{type(error).__name__}: {error}")
            self.plain(418, {"error": {"message": "the script failed", "type": "script"}})
            return
        play = FAULTS[step.fault] if step.fault else Handler.reply
        try:
            play(self, step, bool(body.get("stream")))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # What is sent -------------------------------------------------------------------------------

    def plain(
        self,
        status: int,
        payload: Any,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send one whole body."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def error(self, status: int, message: str, code: str | None = None, **more: Any) -> None:
        """Send an error as OpenAI writes it."""
        said = {"message": message, "type": code or "error", "code": code, "param": None}
        self.plain(status, {"error": said}, **more)

    def reply(self, step: Step, stream: bool) -> None:
        """Send the reply of a step as it should be."""
        if stream:
            self.events(_pieces(step), step)
        else:
            self.plain(200, _completion(step))

    def begin_stream(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def events(
        self, payloads: Iterator[dict[str, Any]], step: Step, kind: str = "text/event-stream"
    ) -> None:
        """Send a whole stream."""
        self.begin_stream(kind)
        for one in payloads:
            if step.pause_s and self.server.scripted.closing.wait(step.pause_s):
                return
            for _ in range(2 if step.twice else 1):
                self.chunk(_event(one))
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def body_of(self, step: Step, stream: bool) -> bytes:
        """Give the bytes of a whole reply, to be cut."""
        if not stream:
            return json.dumps(_completion(step)).encode()
        return b"".join(map(_event, _pieces(step))) + b"data: [DONE]\n\n"

    def until(self, step: Step, stream: bool, marked: float) -> None:
        """Begin a reply and send a part of it: as many bytes as "at" says, or that share of it."""
        data = self.body_of(step, stream)
        at = int(step.options.get("at", len(data) * marked))
        if stream:
            self.begin_stream()
        else:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
        if at > 0:
            self.chunk(data[:at])

    def wait(self) -> None:
        """Hang until the client has gone or the server ends."""
        self.connection.settimeout(0.05)
        closing = self.server.scripted.closing
        while not closing.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.close_connection = True

    def reset(self) -> None:
        """Break the connection off without a farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


Handler = _Handler
Play = Callable[[_Handler, Step, bool], None]


def _event(payload: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def _ids(step: Step) -> list[str]:
    return list(step.ids) or [f"call_{time.monotonic_ns()}_{n}" for n in range(len(step.calls))]


def _usage(step: Step) -> dict[str, int]:
    said = len(step.text or "") + sum(len(args) for _, args in step.calls)
    return {"prompt_tokens": 100, "completion_tokens": said // 4, "total_tokens": 100 + said // 4}


def _finish(step: Step) -> str:
    return step.finish or ("tool_calls" if step.calls else "stop")


def _completion(step: Step) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text}
    if step.calls:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": args}}
            for id_, (name, args) in zip(_ids(step), step.calls, strict=True)
        ]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(step)}],
        "usage": _usage(step),
    }


def _pieces(step: Step) -> Iterator[dict[str, Any]]:
    """Cut a reply into the pieces of a stream: arguments of tools in fragments, use at the end."""

    def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    yield piece({"role": "assistant", "content": ""})
    for part in _cut(step.text or "", step.piece):
        yield piece({"content": part})
    for index, (id_, (name, args)) in enumerate(zip(_ids(step), step.calls, strict=True)):
        first = {"index": index, "id": id_, "type": "function"}
        yield piece({"tool_calls": [{**first, "function": {"name": name, "arguments": ""}}]})
        for part in _cut(args, step.piece):
            yield piece({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield piece({}, _finish(step))
    yield {**piece({}), "choices": [], "usage": _usage(step)}


def _cut(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


# Faults ------------------------------------------------------------------------------------------

FAULTS: dict[str, Play] = {}


def _fault(play: Play) -> Play:
    FAULTS[play.__name__.lstrip("_")] = play
    return play


def _status(name: str, status: int, message: str, code: str | None = None) -> None:
    def play(handler: _Handler, step: Step, stream: bool) -> None:
        handler.error(status, message, code)

    FAULTS[name] = play


_status("unauthorized", 401, "Incorrect API key provided: sk-abc123.", "invalid_api_key")
_status("forbidden", 403, "You have no access to this model.", "permission_denied")
_status("unknown_model", 404, "The model does not exist.", "model_not_found")
_status(
    "too_long",
    400,
    "This model's maximum context length is 8192 tokens.",
    "context_length_exceeded",
)
_status("bad_request", 400, "Unsupported parameter: 'tools'.", "invalid_request_error")
_status("rate_limited", 429, "Slow down.", "rate_limit_exceeded")
_status("quota", 429, "You exceeded your current quota.", "insufficient_quota")
_status("server_error", 500, "The server had an error.", "server_error")
_status("bad_gateway", 502, "Bad gateway.")
_status("unavailable", 503, "The engine is overloaded.")
_status("overloaded", 529, "Overloaded.", "overloaded_error")


@_fault
def rate_limited_seconds(handler: _Handler, step: Step, stream: bool) -> None:
    wait = str(step.options.get("wait", 1))
    handler.error(429, "Slow down.", "rate_limit_exceeded", headers={"retry-after": wait})


@_fault
def rate_limited_date(handler: _Handler, step: Step, stream: bool) -> None:
    at = datetime.now(UTC) + timedelta(seconds=step.options.get("wait", 60))
    value = format_datetime(at, usegmt=True)
    handler.error(429, "Slow down.", "rate_limit_exceeded", headers={"retry-after": value})


@_fault
def hang_before_first_byte(handler: _Handler, step: Step, stream: bool) -> None:
    handler.wait()


@_fault
def hang_in_stream(handler: _Handler, step: Step, stream: bool) -> None:
    handler.until(step, stream, 0.5)
    handler.wait()


@_fault
def slow_drip(handler: _Handler, step: Step, stream: bool) -> None:
    pause = step.options.get("pause_s", 0.2)
    if not stream:
        handler.server.scripted.closing.wait(pause * 10)
    handler.reply(replace(step, pause_s=pause, piece=step.options.get("piece", 4)), stream)


@_fault
def reset_before_headers(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reset()


@_fault
def reset_in_stream(handler: _Handler, step: Step, stream: bool) -> None:
    handler.until(step, stream, 0.5)
    time.sleep(0.02)  # what was sent shall arrive before the reset does
    handler.reset()


@_fault
def reset_in_arguments(handler: _Handler, step: Step, stream: bool) -> None:
    _as_call(step, reset_in_stream)(handler, step, stream)


@_fault
def ends_in_stream(handler: _Handler, step: Step, stream: bool) -> None:
    """The stream ends politely in its middle, without a reason to finish."""
    if not stream:
        handler.plain(200, _completion(replace(step, text=None, calls=())))
        return
    events = list(map(_event, _pieces(step)))
    handler.begin_stream()
    handler.chunk(b"".join(events[: max(2, len(events) // 2)]))
    handler.chunk(b"")


@_fault
def error_in_stream(handler: _Handler, step: Step, stream: bool) -> None:
    said = {"error": {"message": "The server had an error.", "type": "server_error"}}
    if not stream:
        handler.plain(200, said)
        return
    first = next(_pieces(step))
    handler.events(iter([first, said]), step)


@_fault
def empty_body(handler: _Handler, step: Step, stream: bool) -> None:
    handler.plain(200, b"", kind="text/event-stream" if stream else "application/json")


@_fault
def empty_choices(handler: _Handler, step: Step, stream: bool) -> None:
    if stream:
        handler.events(iter([{**next(_pieces(step)), "choices": []}]), step)
    else:
        handler.plain(200, {**_completion(step), "choices": []})


@_fault
def null_content(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(Step(text=None), stream)


@_fault
def truncated_json(handler: _Handler, step: Step, stream: bool) -> None:
    """Half of one JSON text, declared as whole."""
    half = handler.body_of(replace(step), stream=False)[:-40]
    if stream:
        handler.begin_stream()
        handler.chunk(b"data: " + half + b"\n\n")
        handler.chunk(b"")
    else:
        handler.plain(200, half)


@_fault
def html(handler: _Handler, step: Step, stream: bool) -> None:
    page = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
    handler.plain(200, page, kind="text/html; charset=utf-8")


@_fault
def not_utf8(handler: _Handler, step: Step, stream: bool) -> None:
    data = handler.body_of(step, stream).replace(b"The", b"\xff\xfe\xe9", 1)
    handler.plain(200, data, kind="text/event-stream" if stream else "application/json")


@_fault
def wrong_content_type(handler: _Handler, step: Step, stream: bool) -> None:
    """A good reply that is declared as something else."""
    handler.plain(200, handler.body_of(step, stream), kind="text/plain")


@_fault
def length(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(replace(step, finish="length"), stream)


@_fault
def content_filter(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(replace(step, text="", calls=(), finish="content_filter"), stream)


def _reply_tool(step: Step) -> str:
    return str(step.options.get("tool", "Reply"))


def _as_call(step: Step, play: Play) -> Play:
    def played(handler: _Handler, _: Step, stream: bool) -> None:
        args = {"found": True, "statements": [{"text": step.text or "", "passages": ["p1"]}]}
        told = step if step.calls else calls(_reply_tool(step), args)
        play(handler, replace(told, options=step.options), stream)

    return played


@_fault
def wrong_schema(handler: _Handler, step: Step, stream: bool) -> None:
    args = {"found": "perhaps", "statements": {"text": 7}, "confidence": 1.0}
    handler.reply(calls(_reply_tool(step), args), stream)


@_fault
def broken_arguments(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(calls(_reply_tool(step), '{"found": true, "statements": ["'), stream)


@_fault
def unknown_tool(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(calls(str(step.options.get("tool", "delete_everything")), {"sure": True}), stream)


@_fault
def loop(handler: _Handler, step: Step, stream: bool) -> None:
    """The same look-up, whatever was found."""
    args = step.options.get("args", {"query": "password"})
    handler.reply(calls(str(step.options.get("tool", "search")), args), stream)


@_fault
def huge_arguments(handler: _Handler, step: Step, stream: bool) -> None:
    args = {"found": True, "statements": [{"text": "x" * 1_000_000, "passages": ["p1"]}]}
    size = step.options.get("piece", 20_000)
    handler.reply(calls(_reply_tool(step), args, piece=size), stream)


@_fault
def huge_text(handler: _Handler, step: Step, stream: bool) -> None:
    size = step.options.get("piece", 50_000)
    handler.reply(says("All is well. " * 400_000, piece=size), stream)


@_fault
def duplicated_chunks(handler: _Handler, step: Step, stream: bool) -> None:
    handler.reply(replace(step, twice=True), stream)


@_fault
def same_call_id(handler: _Handler, step: Step, stream: bool) -> None:
    tool, args = step.options.get("tool", "search"), step.options.get("args", {"query": "password"})
    handler.reply(calls(tool, args, (tool, args), ids=("call_1", "call_1")), stream)


@_fault
def redirect(handler: _Handler, step: Step, stream: bool) -> None:
    to = step.options.get("to", "http://localhost:9/v1/chat/completions")
    handler.plain(step.options.get("status", 307), {}, headers={"location": to})


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(b" " * 20_000_000, compresslevel=1)


@_fault
def compressed_bomb(handler: _Handler, step: Step, stream: bool) -> None:
    data = _bomb()
    kind = "text/event-stream" if stream else "application/json"
    handler.plain(200, data, kind=kind, headers={"content-encoding": "gzip"})


@_fault
def other_language(handler: _Handler, step: Step, stream: bool) -> None:
    text = "密码由资产所有者保管，每九十天更换一次。"
    if step.calls:
        args = {"found": True, "statements": [{"text": text, "passages": ["p1"]}]}
        handler.reply(calls(_reply_tool(step), args), stream)
    else:
        handler.reply(says(text, piece=4), stream)


# Faults of the connection itself -----------------------------------------------------------------


def closed_url() -> str:
    """Give an address of this machine where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@contextmanager
def hanging_url() -> Iterator[str]:
    """Give an address where a connection is never made: its queue is full."""
    waiting: list[socket.socket] = []
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        try:
            for _ in range(4):
                one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                one.setblocking(False)
                waiting.append(one)
                one.connect_ex(listener.getsockname())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            for one in waiting:
                one.close()
