"""Coming in and going out: the one-time link, the provider's log-in, signing out."""

from __future__ import annotations

import hmac
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bots.web.admission import ENTER, cookie_name, limit_strangers, set_cookie
from bots.web.config import own_groups
from bots.web.door import Door, Visitor, absolute, door_of
from bots.web.oidc import OidcError, Provider
from bots.web.store import OWNER_ID, Flow, digest
from bots.web.subjects import Role
from bots.web.trouble import Trouble

router = APIRouter(include_in_schema=False)


@router.get("/enter")
async def enter(request: Request) -> Response:
    """Say how to sign in."""
    door = door_of(request)
    return door.page(request, "enter.html", None, oidc=door.config.oidc)


@router.get("/enter/{secret}")
async def enter_with_link(request: Request, secret: str) -> Response:
    """Sign in with a link that was printed on the terminal; it works once."""
    door = door_of(request)
    limit_strangers(request, door)
    person = door.store.use_link(secret, door.now())
    if person is None:
        raise Trouble(
            403,
            "This link was used already, or is too old.",
            kept="Nobody was signed in.",
            next="Run `annexa serve --link` on the machine that serves this page for a new one.",
        )
    if person == OWNER_ID:
        name = door.advisor.settings.organisation or "Owner of this workspace"
        door.store.know(person, name, frozenset({Role.OWNER}), frozenset(), door.now())
    return _signed_in(door, request, person, "/")


@router.get("/sign-in")
async def sign_in(request: Request) -> Response:
    """Send somebody to the provider that knows them."""
    door = door_of(request)
    limit_strangers(request, door)
    provider = _provider(door)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        address = await provider.address(_callback(door, request), state, nonce, verifier)
    except OidcError as error:
        raise _not_signed_in(str(error)) from error
    door.store.begin_flow(state, Flow(verifier, nonce, "/"), door.now())
    response = RedirectResponse(address, status_code=303)
    # The state is bound to this browser: nobody can have somebody else finish their own log-in.
    set_cookie(door, response, _flow_cookie(door), digest(state), seconds=600)
    return response


@router.get("/sign-in/done")
async def signed_in(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Come back from the provider."""
    door = door_of(request)
    limit_strangers(request, door)
    provider = _provider(door)
    mine = request.cookies.get(_flow_cookie(door), "")
    flow = door.store.end_flow(state, door.now()) if state else None
    if flow is None or not hmac.compare_digest(mine.encode(), digest(state).encode()):
        raise _not_signed_in("this log-in was not begun here, or took too long")
    if error or not code:
        raise _not_signed_in("the provider did not let you in")
    try:
        claims = await provider.claims(_callback(door, request), code, flow)
    except OidcError as problem:
        raise _not_signed_in(str(problem)) from problem
    oidc = provider.oidc
    person = claims.get(oidc.id_claim)
    if not isinstance(person, str) or not person.strip() or person == OWNER_ID:
        raise _not_signed_in(f"the provider gave no usable {oidc.id_claim}")
    if oidc.id_claim == "email" and claims.get("email_verified") is False:
        raise _not_signed_in("the provider did not verify your address")
    groups = own_groups(claims.get(oidc.groups_claim))
    roles = door.config.roles_of(groups, door.advisor.settings.leads)
    name = claims.get("name") or claims.get("email") or person
    door.store.know(person, str(name)[:120], roles, groups, door.now())
    response = _signed_in(door, request, person, flow.goal)
    response.delete_cookie(_flow_cookie(door), path="/")
    return response


@router.post("/sign-out")
async def sign_out(request: Request, who: Visitor = ENTER) -> Response:
    """End this session, or all of one's own."""
    door = door_of(request)
    form = await request.form()
    secret = request.cookies.get(cookie_name(door))
    if form.get("everywhere"):
        door.store.sign_out_everywhere(who.subject.id)
    elif secret:
        door.store.sign_out(secret)
    response = RedirectResponse("/enter", status_code=303)
    response.delete_cookie(cookie_name(door), path="/", secure=door.config.secure, httponly=True)
    return response


def _signed_in(door: Door, request: Request, person: str, goal: str) -> Response:
    """Begin a fresh session; whatever cookie came with the request is no longer one."""
    old = request.cookies.get(cookie_name(door))
    if old:
        door.store.sign_out(old)
    secret, _ = door.store.sign_in(person, door.now())
    response = RedirectResponse(goal, status_code=303)
    seconds = int(absolute(door.config).total_seconds())
    set_cookie(door, response, cookie_name(door), secret, seconds=seconds)
    return response


def _provider(door: Door) -> Provider:
    if door.config.oidc is None:
        raise Trouble(
            404,
            "No provider is set up that could sign you in.",
            next="Whoever runs Annexa names one in web.toml (see docs/web.md).",
        )
    return Provider(door.config.oidc)


def _callback(door: Door, request: Request) -> str:
    base = door.config.public_url or f"http://{request.headers.get('host', '')}"
    return f"{base}/sign-in/done"


def _flow_cookie(door: Door) -> str:
    return "__Host-annexa-sign-in" if door.config.secure else "annexa-sign-in"


def _not_signed_in(why: str) -> Trouble:
    return Trouble(
        403,
        f"You could not be signed in: {why}.",
        kept="Nobody was signed in.",
        next="Start again from the page where you sign in.",
    )
