"""A Slack on this machine: Web API, response addresses and Socket Mode, with what Slack remembers.

It keeps channels, people, groups and messages; posts carry their time and whoever could see them. It
refuses what Slack documents as too large or malformed, and does what a test tells it: refuse, break
off after doing the work, expire a stream.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from slack_messages import problems_of

TEAM, BOT, BOT_ID = "T0HOME", "U0ANNEXA", "B0ANNEXA"
Params = dict[str, Any]


@dataclass
class Call:
    """One call to the Web API."""

    method: str
    params: Params
    at: float
    error: str | None = None


@dataclass
class Fault:
    """What to do instead of answering: a status, an error, or silence after the work was done."""

    status: int = 200
    error: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    """Do what was asked and then break off."""


@dataclass
class Message:
    """A message as it stands in a channel."""

    channel: str
    ts: str
    thread: str | None
    user: str
    text: str
    blocks: list[Params]
    metadata: Params | None = None
    streaming: bool = False
    deleted: bool = False
    seen_by: frozenset[str] = frozenset()
    """Members of the channel when words were last added."""

    @property
    def words(self) -> str:
        """Give all that can be read in it."""
        return self.text + "\n" + json.dumps(self.blocks, ensure_ascii=False)


@dataclass
class Channel:
    """A channel and its members."""

    id: str
    members: list[str] = field(default_factory=list)
    private: bool = True
    ext_shared: bool = False
    im: bool = False


class SlackFake:
    """One Slack workspace."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.people: dict[str, Params] = {}
        self.groups: dict[str, list[str]] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[tuple[str, str], Message] = {}
        self.whispers: list[Call] = []
        self.acks: dict[str, Params] = {}
        self.connections = 0
        self.sockets: list[web.WebSocketResponse] = []
        self.on_post: Callable[[Message], None] = lambda _: None
        self.problems: list[str] = []
        self.revoked = False
        self.streams_known = True
        self.scopes = "chat:write"
        self._ts = itertools.count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.person(BOT, email=None, is_bot=True)

    # The workspace ----------------------------------------------------------------------------

    def person(self, user: str, email: str | None = "", **flags: Any) -> str:
        address = f"{user.casefold()}@example.com" if email == "" else email
        self.people[user] = {
            "id": user,
            "team_id": TEAM,
            "is_email_confirmed": address is not None,
            "profile": {"email": address, "real_name": user},
            **flags,
        }
        return user

    def channel(self, name: str, *members: str, private: bool = True, ext: bool = False) -> str:
        self.channels[name] = Channel(name, [*members, BOT], private, ext)
        return name

    def direct(self, user: str) -> str:
        name = f"D{user}"
        self.channels.setdefault(name, Channel(name, [user, BOT], True, False, True))
        return name

    def standing(self, channel: str | None = None) -> list[Message]:
        """Give the assistant's messages that stand, in the order of their posting."""
        return [
            one
            for one in self.messages.values()
            if one.user == BOT and not one.deleted and channel in {None, one.channel}
        ]

    def of(self, method: str) -> list[Call]:
        return [one for one in self.calls if one.method == method]

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, deque()).extend(faults)

    def expire_streams(self) -> None:
        for one in self.messages.values():
            one.streaming = False

    async def until(self, holds: Callable[[], Any], seconds: float = 10.0) -> Any:
        async with self._changed:
            end = time.monotonic() + seconds
            while not (found := holds()):
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"did not come: {[one.method for one in self.calls][-12:]}"
                    )
                try:
                    await asyncio.wait_for(self._changed.wait(), min(left, 0.2))
                except TimeoutError:
                    continue
            return found

    # Life ---------------------------------------------------------------------------------------

    async def start(self) -> SlackFake:
        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        for one in list(self.sockets):
            await one.close()
        if self._runner:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    # Web API ------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = dict(request.query)
        if request.content_type == "application/json":
            params.update(await request.json())
        elif request.can_read_body:
            params.update(dict(await request.post()))
        for name, value in params.items():
            if isinstance(value, str) and value[:1] in "[{":
                try:
                    params[name] = json.loads(value)
                except ValueError:
                    continue
        call = Call(method, params, time.monotonic())
        fault = self._fault(method)
        body: Params = {"ok": False, "error": fault.error} if fault else {}
        if fault is None or fault.after:
            body = self._answer(method, params)
        call.error = None if body.get("ok") else str(body.get("error"))
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
        if fault and fault.after:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)
        if fault:
            return web.json_response(body, status=fault.status, headers=fault.headers)
        return web.json_response(
            body, headers={"x-oauth-scopes": self.scopes} if self.scopes else {}
        )

    def _fault(self, method: str) -> Fault | None:
        waiting = self.faults.get(method)
        if waiting:
            return waiting.popleft()
        return Fault(error="token_revoked") if self.revoked else None

    def _answer(self, method: str, p: Params) -> Params:
        known = getattr(self, "_" + method.replace(".", "_"), None)
        found = problems_of(method, p)
        if found:
            self.problems.extend(f"{method}: {one}" for one in found)
            return {"ok": False, "error": "invalid_blocks"}
        result: Params = known(p) if known else {"ok": True}
        return result

    def _auth_test(self, p: Params) -> Params:
        return {"ok": True, "team_id": TEAM, "user_id": BOT, "bot_id": BOT_ID, "team": "home"}

    def _apps_connections_open(self, p: Params) -> Params:
        self.connections += 1
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link"}

    def _users_info(self, p: Params) -> Params:
        found = self.people.get(p["user"])
        return {"ok": True, "user": found} if found else {"ok": False, "error": "user_not_found"}

    def _users_list(self, p: Params) -> Params:
        return self._page([dict(one) for one in self.people.values()], p, "members")

    def _usergroups_list(self, p: Params) -> Params:
        groups = [
            {"id": name, "handle": name, "users": users, "date_delete": 0}
            for name, users in self.groups.items()
        ]
        return {"ok": True, "usergroups": groups}

    def _conversations_info(self, p: Params) -> Params:
        found = self.channels.get(p["channel"])
        if found is None:
            return {"ok": False, "error": "channel_not_found"}
        about = {
            "id": found.id,
            "is_private": found.private,
            "is_ext_shared": found.ext_shared,
            "is_im": found.im,
        }
        return {"ok": True, "channel": about}

    def _conversations_members(self, p: Params) -> Params:
        return self._page(list(self.channels[p["channel"]].members), p, "members")

    def _conversations_open(self, p: Params) -> Params:
        return {"ok": True, "channel": {"id": self.direct(p["users"])}}

    def _page(self, every: list[Any], p: Params, name: str) -> Params:
        start, size = int(p.get("cursor") or 0), int(p.get("limit") or 100)
        more = str(start + size) if start + size < len(every) else ""
        return {
            "ok": True,
            name: every[start : start + size],
            "response_metadata": {"next_cursor": more},
        }

    def _conversations_replies(self, p: Params) -> Params:
        return self._history(p, p["ts"])

    def _conversations_history(self, p: Params) -> Params:
        return self._history(p, None)

    def _history(self, p: Params, thread: str | None) -> Params:
        found = [
            {
                "ts": one.ts,
                "user": one.user,
                "thread_ts": one.thread,
                "text": one.text,
                **({"metadata": one.metadata} if one.metadata else {}),
            }
            for one in self.messages.values()
            if one.channel == p["channel"] and one.thread == thread and not one.deleted
        ]
        return self._page(found, p, "messages")

    def next_ts(self) -> str:
        return f"{int(time.time())}.{next(self._ts):06d}"

    def _written(self, one: Message) -> None:
        one.seen_by = frozenset(self.channels[one.channel].members) - {BOT}
        self.on_post(one)

    def _chat_postMessage(self, p: Params) -> Params:  # noqa: N802  Slack's names
        if p["channel"] not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        one = Message(
            p["channel"],
            self.next_ts(),
            p.get("thread_ts") or None,
            BOT,
            p.get("text") or "",
            p.get("blocks") or [],
            p.get("metadata"),
        )
        self.messages[one.channel, one.ts] = one
        self._written(one)
        return {"ok": True, "channel": one.channel, "ts": one.ts}

    def _chat_postEphemeral(self, p: Params) -> Params:  # noqa: N802
        self.whispers.append(Call("chat.postEphemeral", p, time.monotonic()))
        return {"ok": True, "message_ts": self.next_ts()}

    def _chat_update(self, p: Params) -> Params:
        one = self.messages.get((p["channel"], p["ts"]))
        if one is None or one.deleted:
            return {"ok": False, "error": "message_not_found"}
        one.text, one.blocks = p.get("text") or "", p.get("blocks") or []
        one.metadata = p.get("metadata") or one.metadata
        self._written(one)
        return {"ok": True, "channel": one.channel, "ts": one.ts}

    def _chat_delete(self, p: Params) -> Params:
        one = self.messages.get((p["channel"], p["ts"]))
        if one is None or one.deleted:
            return {"ok": False, "error": "message_not_found"}
        one.deleted = True
        return {"ok": True}

    def _chat_startStream(self, p: Params) -> Params:  # noqa: N802
        if not self.streams_known:
            return {"ok": False, "error": "unknown_method"}
        if not p.get("thread_ts"):
            return {"ok": False, "error": "invalid_arguments"}
        channel = self.channels[p["channel"]]
        recipient = p.get("recipient_user_id") and p.get("recipient_team_id")
        if not channel.im and not recipient:
            return {"ok": False, "error": "missing_recipient_user_id"}
        one = Message(channel.id, self.next_ts(), p["thread_ts"], BOT, "", [], None, True)
        self.messages[one.channel, one.ts] = one
        self._append(one, p)
        return {"ok": True, "channel": one.channel, "ts": one.ts}

    def _append(self, one: Message, p: Params) -> None:
        one.text += p.get("markdown_text") or ""
        one.text += "".join(
            chunk["text"] for chunk in p.get("chunks") or [] if chunk["type"] == "markdown_text"
        )
        if len(one.text.encode()) > 10_600:
            self.problems.append(f"stream of {len(one.text.encode())} bytes")
        self._written(one)

    def _chat_appendStream(self, p: Params) -> Params:  # noqa: N802
        one = self.messages.get((p["channel"], p["ts"]))
        if one is None or not one.streaming:
            return {"ok": False, "error": "message_not_in_streaming_state"}
        self._append(one, p)
        return {"ok": True, "ts": one.ts}

    def _chat_stopStream(self, p: Params) -> Params:  # noqa: N802
        one = self.messages.get((p["channel"], p["ts"]))
        if one is None or not one.streaming:
            return {"ok": False, "error": "message_not_in_streaming_state"}
        one.blocks, one.metadata, one.streaming = p.get("blocks") or [], p.get("metadata"), False
        self._append(one, p)
        return {"ok": True, "ts": one.ts}

    # Socket Mode ----------------------------------------------------------------------------------

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {}})
        async with self._changed:
            self.sockets.append(socket)
            self._changed.notify_all()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    said = json.loads(message.data)
                    if "envelope_id" in said:
                        async with self._changed:
                            self.acks[said["envelope_id"]] = {**said, "at": time.monotonic()}
                            self._changed.notify_all()
        finally:
            self.sockets.remove(socket)
        return socket

    async def push(self, kind: str, payload: Params, envelope: str, **more: Any) -> None:
        """Send an envelope over the open connection."""
        await self.until(lambda: self.sockets)
        await self.sockets[-1].send_json(
            {"type": kind, "envelope_id": envelope, "payload": payload, **more}
        )
