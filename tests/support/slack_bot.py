"""The Slack door on a small organisation and a Slack of its own, and what people do there."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hand_made import document, passages
from slack_fake import BOT, TEAM, SlackFake
from slack_messages import preview
from slack_sdk.signature import SignatureVerifier
from small_house import HOUSE, advisor_of, build

from assistant.advisor import Advisor
from assistant.store import Records
from bots.slack.door import Door
from bots.slack.http import application

SECRET = "a-signing-secret"  # noqa: S105
GROUPS = {"board": ("S0BOARD",), "ops": ("S0OPS",)}
OPS = document("ops/runbook.md", title="Operations Runbook", identifier="OPS-01", read=("ops",))
SHARED = document("ops/both.md", title="Cable Standard", identifier="CAB-01", read=("board", "ops"))
SLACK_HOUSE = (
    *HOUSE,
    (OPS, passages(OPS, ("1 Pager", "The pager codeword of the operators is Hazelnut."))),
    (SHARED, passages(SHARED, ("1 Colour", "Every backbone cable carries the Pistachio mark."))),
)
LEADS = '[people]\nleads = ["board"]\n'


_made: list[Path] = []


def house(place: Path) -> Path:
    """Make the organisation's workspace; the first one is copied for all others of a run."""
    if not _made:
        first = Path(tempfile.mkdtemp(prefix="annexa-slack-")) / "workspace"
        atexit.register(shutil.rmtree, first.parent, ignore_errors=True)
        build(first, SLACK_HOUSE)
        (first / "annexa.toml").write_text(LEADS, encoding="utf-8")
        Records.open(first).close()
        _made.append(first)
    shutil.copytree(_made[0], place)
    return place


@dataclass
class Bot:
    """A door, its Slack, and the hands of people."""

    slack: SlackFake
    door: Door
    advisor: Advisor
    ids: itertools.count[int]

    # What people do

    def message(
        self, user: str, text: str, channel: str, thread: str | None = None
    ) -> dict[str, Any]:
        return {
            "type": "message",
            "user": user,
            "text": text,
            "channel": channel,
            "ts": self.slack.next_ts(),
            **({"thread_ts": thread} if thread else {}),
            "channel_type": "im" if channel.startswith("D") else "channel",
        }

    def mention(
        self, user: str, text: str, channel: str, thread: str | None = None
    ) -> dict[str, Any]:
        said = self.message(user, f"<@{BOT}> {text}", channel, thread)
        return {**said, "type": "app_mention"}

    def envelope(self, event: dict[str, Any], event_id: str | None = None) -> dict[str, Any]:
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": event_id or f"Ev{next(self.ids)}",
            "event_time": int(time.time()),
            "event": event,
        }

    async def send(self, event: dict[str, Any], event_id: str | None = None) -> int:
        """Deliver an event over HTTP, signed as Slack signs."""
        body = json.dumps(self.envelope(event, event_id))
        status, _ = await self.post(body, "application/json")
        return status

    async def press(self, user: str, action: dict[str, Any], **more: Any) -> tuple[int, str]:
        return await self.act(
            {"type": "block_actions", "user": {"id": user}, "actions": [action], **more}
        )

    async def submit(self, user: str, view: dict[str, Any], **values: Any) -> tuple[int, str]:
        state = {block: {"value": value} for block, value in values.items()}
        return await self.act(
            {
                "type": "view_submission",
                "user": {"id": user},
                "view": {**view, "id": "V1", "state": {"values": state}},
            }
        )

    async def act(self, payload: dict[str, Any]) -> tuple[int, str]:
        whole = {"team": {"id": TEAM}, "api_app_id": "A1", "trigger_id": "1.2.3", **payload}
        return await self.post(
            urlencode({"payload": json.dumps(whole)}), "application/x-www-form-urlencoded"
        )

    async def command(self, user: str, text: str, trigger: str | None = None) -> tuple[int, str]:
        form = {
            "command": "/annexa",
            "text": text,
            "team_id": TEAM,
            "user_id": user,
            "channel_id": "C0ANY",
            "trigger_id": trigger or f"trigger.{next(self.ids)}",
            "response_url": "http://127.0.0.1:9/none",
            "api_app_id": "A1",
        }
        return await self.post(urlencode(form), "application/x-www-form-urlencoded")

    async def post(
        self, body: str, kind: str, *, secret: str = SECRET, at: float | None = None
    ) -> tuple[int, str]:
        """Put a signed request to the door's application, as a server does."""
        stamp = str(int(at or time.time()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
        headers = [
            (b"content-type", kind.encode()),
            (b"x-slack-request-timestamp", stamp.encode()),
            (b"x-slack-signature", signature.encode()),
        ]
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/slack/events",
            "raw_path": b"/slack/events",
            "query_string": b"",
            "root_path": "",
            "scheme": "https",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("bot.test", 443),
        }
        coming = iter([{"type": "http.request", "body": body.encode(), "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(coming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await application(self.door)(scope, receive, send)
        text = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
        return int(sent[0]["status"]), text.decode()

    # What people see

    async def answers(
        self, number: int, channel: str | None = None, seconds: float = 15.0
    ) -> list[Any]:
        """Wait until so many messages of the assistant stand and nothing is left to do."""
        await self.slack.until(
            lambda: (
                len(self.slack.standing(channel)) >= number
                and not any(one.streaming for one in self.slack.standing(channel))
            ),
            seconds,
        )
        await self.quiet(seconds)
        return self.slack.standing(channel)

    async def quiet(self, seconds: float = 15.0) -> None:
        """Wait until every event is done."""
        end = time.monotonic() + seconds
        while True:
            counted = await asyncio.to_thread(self.door.inbox.counted)
            if not counted.get("waiting") and not counted.get("working"):
                return
            assert time.monotonic() < end, f"still at work: {counted}"
            await asyncio.sleep(0.02)

    def seen(self, message: Any) -> str:
        return preview(message.text if not _in_blocks(message) else "", message.blocks)


def _in_blocks(message: Any) -> bool:
    """Tell whether `text` is only what a notification shows."""
    return any(one["type"] == "markdown" for one in message.blocks)


@asynccontextmanager
async def bot_on(
    workspace: Path,
    *,
    slack: SlackFake | None = None,
    advisor: Advisor | None = None,
    lease: float = 30.0,
    **more: Any,
) -> AsyncIterator[Bot]:
    """Open the door on a workspace; the given Slack or advisor stays open afterwards."""
    own = slack is None
    at = slack or populated(await SlackFake().start())
    there = advisor or advisor_of(workspace)
    door = await Door.open(
        there,
        token="xoxb-1",  # noqa: S106
        signing_secret=SECRET,
        base_url=at.base_url,
        groups=GROUPS,
        lease=timedelta(seconds=lease),
        remember_s=more.pop("remember_s", 0.0),
        **more,
    )
    await door.start()
    try:
        yield Bot(at, door, there, itertools.count(1))
    finally:
        await door.close()
        if advisor is None:
            there.close()
        if own:
            await at.stop()


def populated(slack: SlackFake) -> SlackFake:
    """Put people, groups and channels into a Slack."""
    for user in ("UANA", "UBEN", "ULEAD", "UOPS"):
        slack.person(user)
    slack.person("UGUEST", is_restricted=True)
    slack.person("USTRANGER", team_id="T0OTHER", is_stranger=True)
    slack.person("UNOMAIL", email=None)
    slack.groups.update({"S0BOARD": ["ULEAD"], "S0OPS": ["UOPS"]})
    slack.channel("C0PUBLIC", "UANA", "UBEN", "ULEAD", private=False)
    slack.channel("C0OPEN", "ULEAD", private=False)
    slack.channel("C0BOARD", "ULEAD")
    slack.person("UOTHERBOT", email=None, is_bot=True)
    slack.channel("C0BOTS", "ULEAD", "UOTHERBOT")
    slack.channel("C0MIXED", "ULEAD", "UOPS")
    slack.channel("C0GUEST", "ULEAD", "UGUEST")
    slack.channel("C0SHARED", "ULEAD", ext=True)
    for user in ("UANA", "UBEN", "ULEAD", "UOPS"):
        slack.direct(user)
    return slack
