"""What a person is told when something cannot be done: what happened, what was kept, what next."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "Nothing was changed."


@dataclass
class Trouble(Exception):  # noqa: N818  what happened, for a person to be told
    """Something that a person is told instead of what they asked for."""

    status: int
    what: str
    kept: str = NOTHING
    next: str = ""
    wait: float = 0.0
    """Seconds until it is worth trying again; 0: not said."""


class SignInFirst(Exception):  # noqa: N818  what happened, for a person to be told
    """Nobody is signed in."""


def not_there() -> Trouble:
    """Say that there is no such thing; a foreign one looks the same."""
    return Trouble(
        404,
        "There is nothing at this address that you may see.",
        next="It may have been deleted, or belong to somebody else. Go back and choose again.",
    )


def not_allowed() -> Trouble:
    """Say that a role is missing."""
    return Trouble(
        403,
        "Your role here does not allow this.",
        next="Whoever sees to people at Annexa in your organisation can give you another role.",
    )


def too_many(wait: float) -> Trouble:
    """Say that somebody asks too fast."""
    return Trouble(
        429,
        "That was too much at once.",
        next=f"Wait {max(1, round(wait))} s and try again.",
        wait=wait,
    )


def not_from_here() -> Trouble:
    """Say that a form did not come from our own pages."""
    return Trouble(
        403,
        "This form was not sent from an open page of yours, or the page is too old.",
        next="Reload the page and send it again.",
    )
