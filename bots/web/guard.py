"""What stands before every route: the host's name, the size of what is sent, the headers of answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
_BODY = 128 * 1024
"""Bytes of a form or of JSON; uploads have a limit of their own."""


class TooLarge(Exception):  # noqa: N818  what happened, for a person to be told
    """More was sent than is taken."""


class Guard:
    """An ASGI layer around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Callable[[], frozenset[str] | None],
        secure: bool,
        upload_bytes: int,
        count: Callable[[str, str, int, float], None],
    ) -> None:
        """Guard `app`; `hosts` gives the names by which it may be called, None: any.

        `count` hears of each answer: its route's pattern, method, status, seconds to its start."""
        self._app = app
        self._hosts = hosts
        self._upload_bytes = upload_bytes
        self._count = count
        self._headers = dict(_HEADERS)
        if secure:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not meant for this door, and let the rest through with our headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        started = False
        begun = time.monotonic()

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._count(route, method, message["status"], time.monotonic() - begun)
                given = {name.lower() for name, _ in message.get("headers", ())}
                message["headers"] = [
                    *message.get("headers", ()),
                    *((name, value) for name, value in self._headers.items() if name not in given),
                ]
            await send(message)

        hosts = self._hosts()
        name = _host(headers.get(b"host", b"").decode("latin-1"))
        if hosts is not None and name not in hosts:
            # Another name for this address is a page elsewhere that had its name moved here.
            await _refuse(send_guarded, 421, "This door does not answer to that name.")
            return
        most = self._upload_bytes if scope["path"] == "/library/uploads" else _BODY
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            await _refuse(send_guarded, 413, f"More was sent than the {most:,} bytes taken here.")
            return
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge
            return message

        try:
            await self._app(scope, receive_counted, send_guarded)
        except TooLarge:
            if not started:
                await _refuse(send_guarded, 413, f"More was sent than the {most:,} bytes taken.")


def _host(header: str) -> str:
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0].casefold()


async def _refuse(send: Send, status: int, what: str) -> None:
    body = json.dumps({"error": {"what": what, "kept": "Nothing was kept.", "next": ""}}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
