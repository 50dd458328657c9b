"""What Slack sends → what a person wants. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assistant.inbox import Arrival

_LONGEST = 6_000
"""Characters of a question; what is longer is cut."""
_SPOKEN = frozenset({None, "thread_broadcast", "file_share", "me_message"})
"""Subtypes of messages that people write."""
_ANGLED = re.compile(r"<([^<>]*)>")
_THANKS = re.compile(
    r"(?:(?:ok(?:ay)?|great|perfect|super|prima|many|vielen|besten|lieben|herzlichen|got it|cool|nice"
    r"|alles klar|verstanden|top|passt|yes|no|ja|nein)[\s,.!]*)*"
    r"(?:thanks?|thank you|thx|ty|cheers|danke(?:\s*(?:schön|dir|ihnen))?|dank|merci)?"
    r"(?:\s+(?:a lot|so much|very much|you|sehr))?[\s.!,:)🙏👍]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a person asked in Slack."""

    team: str
    person: str
    channel: str
    ts: str
    """Of the message; Slack's id of it in the channel."""
    thread: str | None
    """The message that the thread hangs on, or None outside threads."""
    text: str
    private: bool
    """Asked where only the person and the assistant are."""
    how: str
    """"mention", "message", "reply", "command" or "shortcut"."""
    home: str | None = None
    """The person's own team where it is another one."""

    @property
    def root(self) -> str:
        """Give the message that answers hang on."""
        return self.thread or self.ts

    @property
    def key(self) -> str:
        """Name the message among all messages."""
        return message_key(self.team, self.channel, self.ts)


@dataclass(frozen=True, slots=True)
class Edited:
    """A message has other words now."""

    question: Question
    at: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message is gone."""

    team: str
    channel: str
    ts: str
    thread: str | None

    @property
    def key(self) -> str:
        """Name the message among all messages."""
        return message_key(self.team, self.channel, self.ts)


Meant = Question | Edited | Deleted


def message_key(team: str, channel: str, ts: str) -> str:
    """Name a message among all messages of all teams."""
    return f"{team}/{channel}/{ts}"


def read_event(body: Mapping[str, Any], bot: str) -> Meant | None:
    """Understand an event of the Events API; None where it is not for us.

    A reply without a mention comes back with `how="reply"`: whoever knows the thread decides."""
    event = body.get("event") or {}
    team = str(body.get("team_id") or event.get("team") or "")
    kind, subtype = event.get("type"), event.get("subtype")
    if kind == "message" and subtype == "message_changed":
        now = event.get("message") or {}
        if now.get("subtype") == "tombstone":  # deleted, with a thread that hangs on it
            return Deleted(team, str(event.get("channel")), str(now.get("ts")), None)
        return _edited(event, team, bot)
    if kind == "message" and subtype == "message_deleted":
        before = event.get("previous_message") or {}
        ts = str(event.get("deleted_ts") or before.get("ts") or "")
        return Deleted(team, str(event.get("channel")), ts, before.get("thread_ts"))
    if kind not in {"message", "app_mention"} or subtype not in _SPOKEN:
        return None
    if event.get("bot_id") or not event.get("user") or event["user"] == bot:
        return None
    private = event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D")
    mentioned = f"<@{bot}>" in str(event.get("text", ""))
    if kind == "message" and not private and (mentioned or not event.get("thread_ts")):
        return None  # a mention comes as an event of its own
    how = "mention" if kind == "app_mention" else "message" if private else "reply"
    return _question(event, team, str(event["channel"]), bot, private, how)


def read_command(body: Mapping[str, Any]) -> Question:
    """Understand a slash command."""
    return Question(
        team=str(body["team_id"]),
        person=str(body["user_id"]),
        channel=str(body["channel_id"]),
        ts=str(body["trigger_id"]),
        thread=None,
        text=plain_words(str(body.get("text") or ""), ""),
        private=True,
        how="command",
    )


def read_shortcut(body: Mapping[str, Any], bot: str) -> Question:
    """Understand the shortcut on a message: its words are the question."""
    message = body.get("message") or {}
    return Question(
        team=str(body["team"]["id"]),
        person=str(body["user"]["id"]),
        channel=str(body["channel"]["id"]),
        ts=str(body["trigger_id"]),
        thread=None,
        text=plain_words(str(message.get("text") or ""), bot),
        private=True,
        how="shortcut",
    )


def plain_words(text: str, bot: str) -> str:
    """Give the words of a message as a person reads them, without a mention of the assistant."""

    def said(match: re.Match[str]) -> str:
        inside = match[1]
        target, _, label = inside.partition("|")
        if target == f"@{bot}":
            return ""
        if label:
            return f"#{label}" if target.startswith("#") else label
        if target.startswith("@"):
            return "a colleague"
        if target.startswith(("!", "#")):
            return ""
        return target.removeprefix("mailto:")

    words = html.unescape(_ANGLED.sub(said, text))
    return "\n".join(" ".join(line.split()) for line in words.split("\n")).strip()[:_LONGEST]


def is_for_others(text: str, bot: str) -> bool:
    """Tell whether a reply in a thread speaks to another person, or only says thanks."""
    others = [one for one in re.findall(r"<@([A-Z0-9]+)", text) if one != bot]
    return bool(others) or is_thanks(plain_words(text, bot))


def is_thanks(words: str) -> bool:
    """Tell whether a message only thanks or nods."""
    return _THANKS.fullmatch(words.strip()) is not None


def arrival(meant: Meant, event: str) -> Arrival:
    """Give what is written into the inbox."""
    match meant:
        case Question():
            lane = f"{meant.team}/{meant.channel}/{meant.root}"
            if meant.how in {"command", "shortcut"}:
                lane = f"{meant.team}/{meant.person}"
            return Arrival(meant.team, event, "question", meant.key, lane, meant.ts, asdict(meant))
        case Edited(question, at):
            lane = f"{question.team}/{question.channel}/{question.root}"
            body = {"question": asdict(question), "at": at}
            return Arrival(question.team, event, "edited", question.key, lane, at, body)
        case Deleted():
            lane = f"{meant.team}/{meant.channel}/{meant.thread or meant.ts}"
            return Arrival(
                meant.team, event, "deleted", meant.key, lane, f"{meant.ts}~", asdict(meant)
            )


def _question(
    event: Mapping[str, Any], team: str, channel: str, bot: str, private: bool, how: str
) -> Question:
    thread = event.get("thread_ts")
    home = event.get("user_team") or event.get("team")
    text = str(event.get("text") or "")
    return Question(
        team=team,
        person=str(event["user"]),
        channel=channel,
        ts=str(event["ts"]),
        thread=str(thread) if thread and thread != event["ts"] else None,
        text=text if how == "reply" else plain_words(text, bot),
        private=private,
        how=how,
        home=str(home) if home and home != team else None,
    )


def _edited(event: Mapping[str, Any], team: str, bot: str) -> Edited | None:
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if now.get("bot_id") or not now.get("user") or now.get("text") == before.get("text"):
        return None  # a preview was added, or it is our own
    channel = str(event.get("channel"))
    private = event.get("channel_type") == "im" or channel.startswith("D")
    how = "message" if private else "mention"
    at = str((now.get("edited") or {}).get("ts") or event.get("event_ts") or event.get("ts"))
    return Edited(_question(now, team, channel, bot, private, how), at)
