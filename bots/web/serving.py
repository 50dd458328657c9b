"""Serving the door: on this machine with a one-time link, or for an organisation with its provider."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn

from assistant.advisor import Advisor
from assistant.settings import Settings
from bots.web.app import LOOPBACK, create_app, open_door
from bots.web.config import WebConfig, read_config
from bots.web.door import absolute, idle
from bots.web.store import OWNER_ID, WebStore
from knowledge.errors import WorkspaceError

PORT = 8737
_LINK_MINUTES = 12 * 60


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the door is to be found."""

    address: str
    link: str | None
    """Signs the workspace's owner in, once; None: people sign in with their provider."""


def serve(advisor: Advisor, *, host: str, port: int, ready: Callable[[Listening], None]) -> None:
    """Serve until the process is asked to end; `ready` is told once where. Raises WorkspaceError."""
    config = read_config(advisor.settings.workspace)
    _check(config, host)
    taken = _bind(host, port)
    bound = int(taken.getsockname()[1])
    door = open_door(advisor, config, hosts=_hosts(config))
    try:
        here = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        link = None
        if host in {"127.0.0.1", "localhost", "::1"} and config.public_url is None:
            link = f"{here}/enter/{door.store.make_link(OWNER_ID, door.now(), _LINK_MINUTES)}"
        ready(Listening(config.public_url or here, link))
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(door),
                log_level="warning",
                access_log=False,  # addresses hold ids, and the link a secret
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=10,
                limit_concurrency=4_000,
            )
        )
        server.run(sockets=[taken])
    finally:
        door.close()
        door.store.close()
        taken.close()


def new_link(settings: Settings, address: str, now: Callable[[], object]) -> str:
    """Make another one-time link for a door that is being served."""
    config = read_config(settings.workspace)
    store = WebStore(settings.workspace, idle=idle(config), absolute=absolute(config))
    try:
        return f"{address}/enter/{store.make_link(OWNER_ID, now(), 15)}"  # type: ignore[arg-type]
    finally:
        store.close()


def free_port(wanted: int) -> int:
    """Give `wanted` where it is free at this machine's own address, else 0 for any."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


def _check(config: WebConfig, host: str) -> None:
    """Refuse to open the door to a network without knowing who comes. Raises WorkspaceError."""
    if config.oidc is not None and config.public_url is None:
        raise WorkspaceError(
            "web.toml: [oidc] needs public_url, the address at which people reach Annexa. Nothing "
            "was served."
        )
    if f"[{host}]" in LOOPBACK or host in LOOPBACK:
        return
    if config.oidc is None or not config.secure:
        raise WorkspaceError(
            f"Annexa is not served at {host}: beyond this machine it needs [oidc] and an https "
            "public_url in web.toml, and a proxy that speaks https in front (docs/web.md). Nothing "
            "was served."
        )


def _hosts(config: WebConfig) -> frozenset[str] | None:
    if config.public_url is None:
        return LOOPBACK
    return LOOPBACK | {str(urlsplit(config.public_url).hostname)}


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise WorkspaceError(
            f"port {port} at {host} cannot be used ({error.strerror}). Nothing was served. Choose "
            "another with --port, or 0 for any."
        ) from error
    return taken
