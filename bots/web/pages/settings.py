"""Settings and health: oneself and one's tokens; for admins people, the model, and how all is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bots.web.admission import ENTER, PEOPLE, TOKENS, field
from bots.web.door import Door, Visitor, door_of
from bots.web.health import health
from bots.web.subjects import Action, Subject, name_of
from bots.web.trouble import Trouble, not_there

router = APIRouter(include_in_schema=False)
_DAYS = (1, 365)


@router.get("/settings")
async def settings(request: Request, who: Visitor = ENTER) -> Response:
    """Show who one is, one's tokens, and what one's role may see."""
    door = door_of(request)
    return door.page(
        request,
        "settings.html",
        who,
        **await door.do(lambda: _data(door, who.subject)),
        secret=None,
    )


@router.post("/settings/tokens")
async def make_token(request: Request, who: Visitor = TOKENS) -> Response:
    """Make a token of one's own and show it, once."""
    door = door_of(request)
    if who.by_token:
        raise Trouble(403, "A token cannot make tokens.", next="Sign in with a browser.")
    label = " ".join((await field(request, "label", most=80)).split())
    said = await field(request, "days", most=4)
    days = int(said) if said.isdigit() else 0
    if not _DAYS[0] <= days <= _DAYS[1]:
        raise Trouble(422, "A token counts for 1 to 365 days.", next="Choose a number of days.")
    secret, _ = door.store.make_token(who.subject.id, label, days, door.now())
    data = await door.do(lambda: _data(door, who.subject))
    return door.page(request, "settings.html", who, **data, secret=secret)


@router.post("/settings/tokens/{token}/withdraw")
async def withdraw(request: Request, token: str, who: Visitor = TOKENS) -> Response:
    """Withdraw a token of one's own."""
    door = door_of(request)
    if not door.store.withdraw_token(token, who.subject.id, door.now()):
        raise not_there()
    return RedirectResponse("/settings", status_code=303)


@router.post("/settings/people/suspend")
async def suspend(request: Request, who: Visitor = PEOPLE) -> Response:
    """Lock a person out at once, for every credential, or let them in again."""
    door = door_of(request)
    person = await field(request, "person", most=400)
    wanted = (await field(request, "suspended", most=1)) == "1"
    if person == who.subject.id:
        raise Trouble(409, "You cannot lock yourself out.", next="Ask another admin.")
    if not door.store.suspend(person, wanted):
        raise not_there()
    return RedirectResponse("/settings", status_code=303)


def _data(door: Door, subject: Subject) -> dict[str, Any]:
    people = door.store.people() if subject.may(Action.PEOPLE) else ()
    return {
        "roles": name_of(subject.roles),
        "groups": sorted(subject.groups),
        "tokens": door.store.tokens(subject.id) if subject.may(Action.TOKENS) else None,
        "people": [(one, name_of(one.roles)) for one in people],
        "health": health(door) if subject.may(Action.HEALTH) else None,
        "now": door.now(),
    }
