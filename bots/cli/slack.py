"""`annexa slack`: answer in Slack until stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.group(short_help="Answer in Slack.", invoke_without_command=True)
@click.option(
    "--port", type=int, help="Let Slack call over HTTP at this port, without Socket Mode."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@options(*WORKS)
@click.pass_context
def slack(context: click.Context, port: int | None, host: str) -> int | None:
    """Answer questions in Slack until stopped; docs/slack.md shows how to set it up.

    The tokens come from SLACK_BOT_TOKEN and SLACK_APP_TOKEN; with --port from SLACK_BOT_TOKEN and
    SLACK_SIGNING_SECRET.
    """
    if context.invoked_subcommand is not None:
        return None
    run = Invocation.of(context)
    owners_only(run, "slack")
    return _answer(run, port, host)


@slack.command(short_help="Describe the app for Slack.")
@click.option("--http", metavar="URL", help="Where Slack reaches it, instead of Socket Mode.")
@options(*WORKS)
@invoked
def manifest(run: Invocation, http: str | None) -> int:
    """Print the app's manifest, to be pasted where Slack makes an app from one."""
    from bots.slack.manifest import manifest as described

    owners_only(run, "slack manifest")
    screen.data(described(http))
    return 0


def _answer(run: Invocation, port: int | None, host: str) -> int:
    import asyncio
    import logging

    settings = run.settings()
    _check_tokens(settings, over_http=port is not None)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    with run.advisor() as advisor:
        from bots.slack.serving import serve

        ready = "over HTTP" if port is not None else "over Socket Mode"
        asyncio.run(
            serve(
                advisor,
                settings.slack,
                port=port,
                host=host,
                ready=lambda: screen.note(f"answering in Slack {ready}; stop with Ctrl+C"),
            )
        )
    return 0


def _check_tokens(settings: Settings, *, over_http: bool) -> None:
    from assistant.settings import SettingsError

    slack_ = settings.slack
    second = "SLACK_SIGNING_SECRET" if over_http else "SLACK_APP_TOKEN"
    there = slack_.signing_secret if over_http else slack_.app_token
    missing = [
        name
        for name, value in (("SLACK_BOT_TOKEN", slack_.bot_token), (second, there))
        if value is None
    ]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} must be set; docs/slack.md shows where they come from"
        )
