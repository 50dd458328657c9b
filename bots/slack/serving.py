"""Running the door by itself, over Socket Mode or HTTP, until somebody stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from assistant.advisor import Advisor
from assistant.settings import Slack
from bots.slack.door import Door
from bots.slack.socket_mode import connect


@asynccontextmanager
async def opened(advisor: Advisor, slack: Slack) -> AsyncIterator[Door]:
    """Open the door with its workers; with an app token, over Socket Mode.

    Beside web pages, mount `bots.slack.http.application` of the door. Raises SlackError."""
    door = await Door.open(
        advisor,
        token=slack.bot_token.get_secret_value() if slack.bot_token else "",
        signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else None,
        base_url=slack.api_url,
        groups=slack.groups,
    )
    await door.start()
    try:
        if slack.app_token is None:
            yield door
            return
        handler = await connect(door, slack.app_token.get_secret_value())
        try:
            yield door
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]
    finally:
        await door.close()


async def serve(
    advisor: Advisor,
    slack: Slack,
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer until the process is told to stop; what is being answered is finished first."""
    if port is not None:
        await _serve_http(advisor, slack.model_copy(update={"app_token": None}), host, port, ready)
        return
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # where the system has no such signals
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
    async with opened(advisor, slack):
        ready()
        await stop.wait()


async def _serve_http(
    advisor: Advisor, slack: Slack, host: str, port: int, ready: Callable[[], None]
) -> None:
    import uvicorn  # noqa: PLC0415  Socket Mode does without

    from bots.slack.http import application  # noqa: PLC0415

    async with opened(advisor, slack) as door:
        config = uvicorn.Config(application(door), host=host, port=port, log_level="warning")
        ready()
        await uvicorn.Server(config).serve()
