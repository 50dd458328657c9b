"""Who is at the door: one way for every credential, and what a form must carry to be believed.

A credential is either a session's cookie or one bearer token in the Authorization header. Whatever it
is, the person behind it is looked up anew, so that a role taken away or a suspension counts at once.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import Response

from bots.web.door import Door, Visitor, door_of
from bots.web.subjects import Action, authorize
from bots.web.trouble import SignInFirst, Trouble, not_from_here, too_many

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = "bearer "
HEADER = "x-annexa-csrf"
FIELD = "csrf"


def cookie_name(door: Door) -> str:
    """Name the session's cookie; over https it is bound to this very host."""
    return "__Host-annexa" if door.config.secure else "annexa"


def set_cookie(door: Door, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Set one of our cookies: for this host, for no script, and not sent from pages elsewhere."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=door.config.secure,
        httponly=True,
        samesite="lax",
    )


def visitor(action: Action) -> Any:
    """Let in whoever may do `action`; for a route's signature."""

    async def admit(request: Request) -> AsyncIterator[Visitor]:
        try:
            yield await _admitted(request, action)
        finally:
            await request.close()  # files that a form brought

    return Depends(admit)


async def _admitted(request: Request, action: Action) -> Visitor:
    door = door_of(request)
    found = identify(request, door)
    wait = door.limits.wait("request", found.subject.id, door.config.requests_per_minute)
    if wait:
        raise too_many(wait)
    if request.method not in _SAFE and not found.by_token:
        await _believe(request, door, found)
    authorize(found.subject, action)
    return found


def identify(request: Request, door: Door) -> Visitor:
    """Say who this is. Raises SignInFirst; a wrong token is not made up for by a cookie."""
    header = request.headers.get("authorization")
    if header is not None:
        subject = None
        if header[: len(_BEARER)].casefold() == _BEARER:
            subject = door.store.token(header[len(_BEARER) :].strip(), door.now())
        if subject is None:
            limit_strangers(request, door)
            raise SignInFirst
        return Visitor(subject, by_token=True)
    secret = request.cookies.get(cookie_name(door))
    session = door.store.session(secret, door.now()) if secret else None
    if session is None:
        raise SignInFirst
    return Visitor(session.subject, session.csrf)


def limit_strangers(request: Request, door: Door, per_minute: int = 30) -> None:
    """Slow down whoever tries credentials from one address. Raises Trouble."""
    host = request.client.host if request.client else "?"
    wait = door.limits.wait("stranger", host, per_minute)
    if wait:
        raise too_many(wait)


def origin_of(request: Request, door: Door) -> str:
    """Give the origin of our own pages."""
    return door.config.public_url or f"http://{request.headers.get('host', '')}"


async def _believe(request: Request, door: Door, found: Visitor) -> None:
    """Check that a change was asked for on one of our own pages. Raises Trouble."""
    if request.headers.get("origin") != origin_of(request, door):
        raise not_from_here()
    given = request.headers.get(HEADER)
    if given is None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            raise not_from_here()
        value = (await form_of(request)).get(FIELD)
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), found.csrf.encode()):
        raise not_from_here()


async def form_of(request: Request) -> Any:
    """Read a form, once."""
    return await request.form(max_files=20, max_fields=60, max_part_size=64 * 1024)


async def field(request: Request, name: str, *, most: int, needed: bool = True) -> str:
    """Give a field of a form as text. Raises Trouble where it is missing or too long."""
    value = (await form_of(request)).get(name)
    text = value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    if needed and not text:
        raise Trouble(422, f"“{name}” was left empty.", next="Fill it in and send it again.")
    if len(text) > most:
        raise Trouble(
            422,
            f"“{name}” has {len(text):,} characters; {most:,} is the limit.",
            next="Shorten it and send it again.",
        )
    return text


ENTER = visitor(Action.ENTER)
READ = visitor(Action.READ)
ASK = visitor(Action.ASK)
FOLLOW = visitor(Action.FOLLOW)
ANSWER = visitor(Action.ANSWER)
UPLOAD = visitor(Action.UPLOAD)
DECIDE = visitor(Action.DECIDE)
PLANS = visitor(Action.PLANS)
PLAN = visitor(Action.PLAN)
AUDIT = visitor(Action.AUDIT)
TOKENS = visitor(Action.TOKENS)
PEOPLE = visitor(Action.PEOPLE)
HEALTH = visitor(Action.HEALTH)
