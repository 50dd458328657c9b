"""Putting a message where it belongs, once, whatever happens on the way.

Before anything is posted its key is in the outbox; every message carries the key. A try that follows
another one first looks in Slack for what the other left there. Writing is never repeated blindly: only
a refusal for too many calls is, since Slack did nothing then.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_chat_stream import AsyncChatStream
from slack_sdk.web.async_client import AsyncWebClient

from assistant.domain.conversation import Piece, Status
from assistant.inbox import Inbox, Post
from bots.slack.rendering import PART_BYTES, Message, Part, defuse

METADATA = "annexa_answer"
_STREAM_BUFFER = 384
_log = logging.getLogger(__name__)

SHUT_OUT = frozenset(
    "invalid_auth token_revoked token_expired account_inactive not_authed no_permission "
    "missing_scope team_access_not_granted ekm_access_denied".split()
)
"""Slack does not let the assistant in; an administrator must act."""
GONE = frozenset(
    "channel_not_found not_in_channel is_archived thread_not_found message_not_found "
    "cannot_reply_to_message restricted_action restricted_action_thread_locked user_not_in_channel "
    "cant_update_message restricted_action_read_only_channel cannot_dm_bot user_not_found "
    "user_disabled messages_tab_disabled".split()
)
"""There is no such place to post to any more."""
_UNSURE = frozenset(
    "internal_error fatal_error service_unavailable request_timeout team_added_to_org".split()
)


class Unsure(Exception):  # noqa: N818  a state of knowledge
    """Slack may or may not have done what was asked."""


class ShutOut(Exception):  # noqa: N818
    """Slack refuses the token."""


class Gone(Exception):  # noqa: N818
    """The place to post to is no more."""


class Busy(Exception):  # noqa: N818
    """Slack asks to be left alone for a while."""

    def __init__(self, seconds: float) -> None:
        """Say for how long."""
        super().__init__(f"for {seconds:.0f} s")
        self.seconds = seconds


def web_client(token: str, base_url: str, *, writes: bool = False) -> AsyncWebClient:
    """Give a client that waits when Slack asks for it; one that only reads also tries again."""
    client = AsyncWebClient(token=token, base_url=base_url, timeout=10)
    client.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=3)]
    if not writes:
        client.retry_handlers += [
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ]
    return client


def understood(error: Exception) -> Exception:
    """Say what an error of a call to Slack means for what was to be posted."""
    if isinstance(error, SlackApiError):
        response = error.response
        data = response.data if hasattr(response, "data") else response
        code = data.get("error") if isinstance(data, dict) else None
        if getattr(response, "status_code", 200) == 429 or code in {"ratelimited", "rate_limited"}:
            headers = getattr(response, "headers", None) or {}
            return Busy(float(headers.get("Retry-After", 5)))
        if code in SHUT_OUT:
            return ShutOut(str(code))
        if code in GONE:
            return Gone(str(code))
        if code in _UNSURE or getattr(response, "status_code", 200) >= 500 or code is None:
            return Unsure(str(code))
        return error
    if isinstance(error, (OSError, asyncio.TimeoutError)) or "aiohttp" in type(error).__module__:
        return Unsure(type(error).__name__)
    return error


@dataclass(slots=True)
class Poster:
    """Posts, changes and takes away messages of the assistant."""

    writing: AsyncWebClient
    """Repeats nothing but what Slack refused for too many calls."""
    reading: AsyncWebClient
    """For what may be done twice."""
    inbox: Inbox
    bot: str
    now: Callable[[], datetime]

    async def deliver(self, post: Post, message: Message, *, again: bool) -> Post:
        """Bring the messages of a post to what `message` says, and note that it is done.

        `again` says that an earlier try may have left something. Raises Unsure, ShutOut, Gone or
        Busy; what was done until then is noted."""
        parts = list(post.parts)
        left = await self.left_behind(post) if again else {}
        for number, part in enumerate(message.parts):
            there = parts[number] if number < len(parts) else left.get(number)
            if there is not None:
                if again and post.thread is not None:  # it may be a stream that nobody ended
                    await self.close_stream(post.channel, there)
                await self._update(post, there, part, number)
            else:
                there = await self._post(post, part, number)
            if number >= len(parts):
                parts.append(there)
                post = await self._amend(post, parts=parts)
        for surplus in parts[len(message.parts) :]:
            await self.take_away(post.channel, surplus)
        return await self._amend(post, parts=parts[: len(message.parts)], sent=True)

    async def take_away(self, channel: str, ts: str) -> None:
        """Delete a message of the assistant; one that is gone is fine."""
        try:
            await self.reading.chat_delete(channel=channel, ts=ts)
        except Exception as error:
            meant = understood(error)
            if not isinstance(meant, Gone):
                raise meant from error

    async def whisper(self, channel: str, person: str, thread: str | None, text: str) -> None:
        """Say something that only one person sees and that is gone with the next start; at best."""
        try:
            await self.writing.chat_postEphemeral(
                channel=channel, user=person, thread_ts=thread, text=text
            )
        except Exception as error:  # noqa: BLE001  the answer itself is there
            _log.info("a note could not be shown: %s", type(error).__name__)

    async def direct(self, person: str) -> str:
        """Give the channel of direct messages with a person."""
        try:
            opened = await self.reading.conversations_open(users=person)
        except Exception as error:
            raise understood(error) from error
        return str(opened["channel"]["id"])

    def stream(self, post: Post, team: str, allowed: Callable[[], Awaitable[bool]]) -> Streamed:
        """Begin to show an answer while it comes in."""
        return Streamed(self, post, team, allowed)

    # ------------------------------------------------------------------------------------------

    async def _amend(self, post: Post, **values: Any) -> Post:
        return await asyncio.to_thread(self.inbox.amend, post.key, self.now(), **values)

    async def _post(self, post: Post, part: Part, number: int) -> str:
        try:
            done = await self.writing.chat_postMessage(
                channel=post.channel,
                thread_ts=post.thread,
                blocks=part.blocks,
                text=part.text,
                metadata=metadata_of(post.key, number),
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            raise understood(error) from error
        return str(done["ts"])

    async def _update(self, post: Post, ts: str, part: Part, number: int) -> None:
        try:
            await self.reading.chat_update(
                channel=post.channel,
                ts=ts,
                blocks=part.blocks,
                text=part.text,
                metadata=metadata_of(post.key, number),
            )
        except Exception as error:
            raise understood(error) from error

    async def left_behind(self, post: Post) -> Mapping[int, str]:
        """Find in Slack what an earlier try posted without living to note it: part → message.

        A message of ours in the thread that is in no note is a stream that was begun there: one
        lane has one worker at a time."""
        since = f"{post.made_at.timestamp() - 60:.6f}"
        try:
            messages = await self._messages(post, since)
        except Exception as error:
            meant = understood(error)
            if isinstance(meant, Gone):
                return {}
            raise meant from error
        noted = await asyncio.to_thread(self.inbox.standing_in, post.channel)
        found: dict[int, str] = {}
        orphans = []
        name = _name(post.key)
        for message in messages:
            if message.get("user") != self.bot or message.get("ts") in noted:
                continue
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == METADATA and payload.get("key") == name:
                found[int(payload.get("part", 0))] = str(message["ts"])
            elif not metadata.get("event_type") and post.thread is not None:
                orphans.append(str(message["ts"]))
        for ts in sorted(orphans):
            await self.close_stream(post.channel, ts)
            found[next(n for n in count(len(post.parts)) if n not in found)] = ts
        return found

    async def _messages(self, post: Post, since: str) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        cursor = None
        while True:
            if post.thread is not None:
                page = await self.reading.conversations_replies(
                    channel=post.channel,
                    ts=post.thread,
                    oldest=since,
                    limit=200,
                    cursor=cursor,
                    include_all_metadata=True,
                )
            else:
                page = await self.reading.conversations_history(
                    channel=post.channel,
                    oldest=since,
                    limit=200,
                    cursor=cursor,
                    include_all_metadata=True,
                )
            found += list(page["messages"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found

    async def close_stream(self, channel: str, ts: str) -> None:
        """End a stream that nobody writes to any more; one that has ended is fine."""
        try:
            await self.reading.chat_stopStream(channel=channel, ts=ts)
        except Exception as error:
            meant = understood(error)
            if isinstance(meant, (Unsure, ShutOut, Busy)):
                raise meant from error
            _log.debug("a stream that was left behind had ended")


@dataclass(slots=True)
class Streamed:
    """An answer that is shown while it comes in. What goes wrong here is mended afterwards."""

    poster: Poster
    post: Post
    team: str
    allowed: Callable[[], Awaitable[bool]]
    """Asked once, before the first word is shown."""
    parts: list[str] = field(default_factory=list)
    alive: bool = True
    _said: str = ""
    """All that came in."""
    _sent: int = 0
    """How many characters of the harmless text were handed over, in this and earlier messages."""
    _in_part: int = 0
    _stream: AsyncChatStream | None = None
    _begun: bool = False
    _failed: Exception | None = None
    _queue: asyncio.Queue[Piece | Status | None] = field(default_factory=asyncio.Queue)

    def hear(self, heard: Piece | Status | None) -> None:
        """Take in what the advisor says; None: that was all. To be called in the event loop."""
        self._queue.put_nowait(heard)

    async def run(self) -> None:
        """Show what comes in until it ends. Raises nothing: the answer is posted whole at the end."""
        while (heard := await self._queue.get()) is not None:
            if not isinstance(heard, Piece) or not self.alive:
                continue
            self._said += heard.text
            try:
                if not self._begun:
                    self._begun = True
                    if not await self.allowed():
                        self.alive = False
                        continue
                said = self._said.lstrip()
                await self._show(defuse(said[: _last_space(said)]))
            except Exception as error:  # noqa: BLE001  whatever it is, the answer is posted whole
                self._give_up(error)

    async def finish(self, answer: str, below: Sequence[Mapping[str, Any]]) -> bool:
        """Show the rest of an answer and what stands below it; False where it must be posted whole.

        Raises ShutOut, Busy or Unsure where Slack gave no message that could be put right."""
        whole = defuse(answer.strip())
        if not self.alive or not self._begun or defuse(self._said.strip()) != whole:
            return await self._abandon()
        try:
            await self._show(whole)
            await self._end(below)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return await self._abandon()
        return True

    # ------------------------------------------------------------------------------------------

    async def _show(self, text: str) -> None:
        rest = text[self._sent :]
        while rest:
            room = PART_BYTES - self._in_part
            piece = rest.encode()[:room].decode(errors="ignore")
            if len(piece) < len(rest):
                at = max(piece.rfind("\n"), piece.rfind(" "))
                piece = piece[:at] if at > 0 else ("" if self._in_part else piece)
            await self._append(piece)
            self._sent += len(piece)
            rest = rest[len(piece) :]
            if rest:
                await self._end(())

    async def _append(self, text: str) -> None:
        if not text:
            return
        if self._stream is None:
            self._stream = await self.poster.writing.chat_stream(
                channel=self.post.channel,
                thread_ts=self.post.thread or "",
                recipient_team_id=self.team,
                recipient_user_id=self.post.person,
                buffer_size=_STREAM_BUFFER,
            )
        self._in_part += len(text.encode())
        await self._stream.append(markdown_text=text)
        await self._note()

    async def _end(self, below: Sequence[Mapping[str, Any]]) -> None:
        stream = self._stream
        if stream is None:
            return
        number = len(self.parts) - (1 if stream.ts else 0)
        try:
            await stream.stop(
                blocks=[dict(one) for one in below] or None,
                metadata=metadata_of(self.post.key, max(0, number)),
            )
        finally:
            await self._note()
        self._stream, self._in_part = None, 0

    async def _note(self) -> None:
        """Note where the message stands as soon as Slack has said so."""
        ts = self._stream.ts if self._stream is not None else None
        if ts is not None and ts not in self.parts:
            self.parts.append(ts)
            self.post = await asyncio.to_thread(
                self.poster.inbox.amend, self.post.key, self.poster.now(), parts=self.parts
            )

    def _give_up(self, error: Exception) -> None:
        self.alive = False
        meant = understood(error)
        _log.info("a stream ended early: %s", meant)
        if isinstance(meant, (ShutOut, Busy, Unsure)) and (
            self._stream is None or self._stream.ts is None
        ):
            self._failed = meant

    async def _abandon(self) -> bool:
        """Leave the message to be put right; where there is none, say whether there may be one."""
        if self._failed is not None:
            raise self._failed
        if self._stream is not None and self._stream.ts is not None:
            await self.poster.close_stream(self.post.channel, self._stream.ts)
        return False


def metadata_of(key: str, part: int) -> dict[str, Any]:
    """Give what a message carries so that it is known again; it holds no text."""
    return {"event_type": METADATA, "event_payload": {"key": _name(key), "part": part}}


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _last_space(text: str) -> int:
    """Find where a text can be cut without cutting a word."""
    return max(text.rfind(" "), text.rfind("\n"), 0)
