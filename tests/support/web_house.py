"""The web door on a small organisation: in this process for requests, on a port for a browser."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.testclient import TestClient

from assistant.advisor import Advisor
from bots.web.app import create_app, open_door
from bots.web.config import WebConfig
from bots.web.door import Door
from bots.web.subjects import Role

HOST = "127.0.0.1"
BASE = f"http://{HOST}"
ROLES = (Role.STAFF, Role.LEAD, Role.AUDITOR, Role.ADMIN, Role.OWNER)


@dataclass
class Clock:
    """The time, as a test sets it."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class House:
    """A door and the requests that come to it."""

    door: Door
    clock: Clock
    client: TestClient

    def know(self, person: str, *roles: Role, groups: tuple[str, ...] = ()) -> None:
        self.door.store.know(
            person,
            person.title(),
            frozenset(roles or (Role.STAFF,)),
            frozenset(groups),
            self.clock(),
        )

    def visit(self, person: str, *roles: Role, groups: tuple[str, ...] = ()) -> Visit:
        """Sign a person in with a browser of their own."""
        if roles or groups or person not in {one.id for one in self.door.store.people()}:
            self.know(person, *roles, groups=groups)
        secret, csrf = self.door.store.sign_in(person, self.clock())
        return Visit(self.client, {"cookie": f"annexa={secret}"}, csrf, secret)

    def token(self, person: str, days: int = 30) -> Visit:
        secret, _ = self.door.store.make_token(person, "a test", days, self.clock())
        return Visit(self.client, {"authorization": f"Bearer {secret}"}, "", secret)


@dataclass
class Visit:
    """Requests with one credential."""

    client: TestClient
    headers: dict[str, str]
    csrf: str
    secret: str

    def get(self, address: str, **more: str) -> Any:
        return self.client.get(address, headers=self.headers | more, follow_redirects=False)

    def send(self, method: str, address: str, **how: Any) -> Any:
        headers = self.headers | {"origin": BASE} | how.pop("headers", {})
        if self.csrf:
            headers.setdefault("x-annexa-csrf", self.csrf)
        return self.client.request(method, address, headers=headers, follow_redirects=False, **how)

    def post(self, address: str, data: dict[str, Any] | None = None, **how: Any) -> Any:
        return self.send("POST", address, data={"csrf": self.csrf} | (data or {}), **how)

    def ask(self, question: str, **data: str) -> tuple[str, str]:
        """Ask without script, and give (conversation, turn)."""
        response = self.post("/chat", {"question": question} | data)
        assert response.status_code == 303, response.text
        found = re.fullmatch(r"/c/(\w+)#turn-(\w+)", response.headers["location"])
        assert found
        return found[1], found[2]


@contextmanager
def house(advisor: Advisor, config: WebConfig | None = None) -> Iterator[House]:
    """Open the door for requests in this process."""
    clock = Clock()
    door = open_door(advisor, config or WebConfig(), hosts=frozenset({HOST}))
    door.now = clock
    client = TestClient(create_app(door), base_url=BASE, raise_server_exceptions=False)
    try:
        with client:
            yield House(door, clock, client)
    finally:
        door.close()
        door.store.close()


@contextmanager
def served(advisor: Advisor, config: WebConfig | None = None) -> Iterator[tuple[str, Door]]:
    """Serve the door on a port of this machine; gives its address."""
    door = open_door(advisor, config or WebConfig(), hosts=frozenset({HOST}))
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(door), host=HOST, port=0, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://{HOST}:{port}", door
    finally:
        server.should_exit = True
        thread.join(20)
        door.close()
        door.store.close()


def chromium() -> str | None:
    """Find the browser of this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return None


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--headless"]


def copy_of(place: Path, target: Path) -> Path:
    """Copy an indexed organisation that a test may change."""
    shutil.copytree(place, target)
    return target
