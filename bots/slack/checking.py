"""Whether Slack will let the door do its work: tokens, scopes, and groups that exist."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from assistant.settings import Slack
from bots.slack.manifest import SCOPES
from bots.slack.people import UNREACHABLE
from bots.slack.posting import web_client


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about the app in Slack."""

    team: str | None = None
    missing: tuple[str, ...] = ()
    """Scopes that the bot token lacks."""
    unknown: tuple[str, ...] = ()
    """Ids of user groups that are named in the settings and not in Slack."""
    socket: str | None = None
    """Why no connection can be opened, or None."""
    problem: str | None = None
    """Why nothing else could be found out."""


def check(slack: Slack) -> Found:
    """Ask Slack who the tokens are and what they may do; nothing is posted."""
    return asyncio.run(_check(slack))


async def _check(slack: Slack) -> Found:
    token = slack.bot_token.get_secret_value() if slack.bot_token else ""
    client = web_client(token, slack.api_url)
    try:
        me = await client.auth_test()
    except UNREACHABLE as error:
        return Found(problem=_said(error))
    allowed = {
        one.strip()
        for name, value in me.headers.items()
        if name.casefold() == "x-oauth-scopes"
        for one in str(value).split(",")
    }
    missing = tuple(one for one in SCOPES if allowed and one not in allowed)
    unknown = await _unknown_groups(client, slack.groups)
    socket = None
    if slack.app_token is not None:
        try:
            await client.apps_connections_open(app_token=slack.app_token.get_secret_value())
        except UNREACHABLE as error:
            socket = _said(error)
    return Found(str(me.get("team") or me["team_id"]), missing, unknown, socket)


async def _unknown_groups(
    client: AsyncWebClient, groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    if not groups:
        return ()
    try:
        there = {str(one["id"]) for one in (await client.usergroups_list())["usergroups"]}
    except UNREACHABLE:
        return ()
    return tuple(one for ids in groups.values() for one in ids if one not in there)


def _said(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return f"Slack says {error.response['error']}"
    return f"Slack cannot be reached ({type(error).__name__})"
