"""Slack over HTTP: one small application to be mounted beside the web pages, or served alone."""

from __future__ import annotations

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bots.slack.door import Door, SlackError

PATH = "/slack/events"
"""What the app's settings in Slack name as the address of events, commands and interactivity."""


def application(door: Door) -> Starlette:
    """Give the application that answers Slack's signed requests at `PATH`.

    Raises SlackError without a signing secret: anybody could speak as Slack then."""
    if not door.signed:
        raise SlackError(
            "requests over HTTP cannot be checked without SLACK_SIGNING_SECRET. Nothing was opened. "
            "Set it, or use Socket Mode."
        )
    handler = AsyncSlackRequestHandler(door.bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route(PATH, events, methods=["POST"])])
