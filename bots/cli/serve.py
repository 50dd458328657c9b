"""`annexa serve`: the web door, on this machine or for an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from bots.web.serving import Listening

PORT = 8737


@click.command(short_help="Open the web chat.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--link", "only_link", is_flag=True, help="Print a new link for a running server.")
@options(*WORKS)
@invoked
def serve(run: Invocation, host: str, port: int, only_link: bool) -> int:
    """Serve the web chat until Ctrl-C, and print a link that signs the owner in, once.

    On this machine no more is needed. For an organisation, `web.toml` in the workspace names its
    OpenID Connect provider, the roles and the public address (docs/web.md)."""
    owners_only(run, "serve")
    if only_link:
        from bots.cli.kept import now
        from bots.web.serving import new_link

        click.echo(new_link(run.settings(), f"http://{host}:{port}", now))
        return 0
    with run.advisor() as advisor:
        from bots.web.serving import serve as open_the_door

        open_the_door(advisor, host=host, port=port, ready=announce)
    return 0


def announce(found: Listening) -> None:
    """Say where the door is."""
    screen.heading("Annexa is open")
    if found.link is None:
        click.echo(found.address)
    else:
        screen.say("This link signs you in, once:")
        click.echo(found.link)
    screen.note("Ctrl-C ends it.")
