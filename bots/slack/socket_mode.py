"""Slack over Socket Mode: the assistant calls Slack, so that it needs no address of its own."""

from __future__ import annotations

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bots.slack.door import Door


async def connect(door: Door, app_token: str) -> AsyncSocketModeHandler:
    """Open the connection; it is opened again whenever Slack or the network ends it."""
    handler = AsyncSocketModeHandler(door.bolt, app_token=app_token, ping_interval=5)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    return handler
