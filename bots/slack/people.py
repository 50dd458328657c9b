"""Who somebody in Slack is, what they may read, and who else would see an answer.

Rights come from the user groups that the settings name, for people whose verified address Slack knows.
Whatever cannot be looked up counts as no right at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from assistant.inbox import Inbox
from knowledge.passages import Reader

REMEMBER_S = 300.0
"""How long groups and people are remembered; the events about them end it earlier."""
_PAGE = 200
_log = logging.getLogger(__name__)

Groups = frozenset[str]
NO_GROUPS: Groups = frozenset()
EVERYBODY = frozenset({NO_GROUPS})
"""An audience of people about whom nothing is known."""
Value = TypeVar("Value")
UNREACHABLE = (SlackClientError, ClientError, OSError, asyncio.TimeoutError)
"""What a call to Slack can raise when Slack or the way to it is the cause."""


@dataclass(frozen=True, slots=True)
class Known:
    """A person who asks."""

    reader: Reader
    certain: bool = True
    """False where Slack did not say who or in which groups the person is."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who sees what is posted in a channel, by the groups that they are in."""

    rights: frozenset[Groups] = EVERYBODY

    @property
    def digest(self) -> str:
        """Name these rights; the same rights have the same name."""
        text = "\n".join(sorted(",".join(sorted(one)) for one in self.rights))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_asker(self, reader: Reader) -> Reader:
        """Give a reader who sees only what all of them may read."""
        return Reader(
            id=reader.id,
            groups=reader.groups,
            audience=tuple(sorted(self.rights, key=sorted)),
        )


@dataclass(slots=True)
class _Remembered:
    value: Any
    until: float


@dataclass(slots=True)
class Directory:
    """People, groups and channels of one Slack workspace."""

    client: AsyncWebClient
    inbox: Inbox
    team: str
    bot: str
    """Slack's id of the assistant itself."""
    groups: Mapping[str, tuple[str, ...]]
    """Group of `access.yaml` → ids of the Slack user groups whose members are in it."""
    now: Callable[[], datetime]
    remember_s: float = REMEMBER_S
    _kept: dict[str, _Remembered] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def forget(self) -> None:
        """Look everything up again: somebody or some group changed."""
        self._kept.clear()

    async def known(self, person: str, home: str | None = None) -> Known:
        """Say who a person is. People whom Slack does not vouch for read what is open to everyone."""
        nobody = Reader(id=f"slack:{home or self.team}:{person}")
        if home is not None and home != self.team:
            return Known(nobody)
        try:
            record = await self._once(f"person:{person}", lambda: self._person(person))
            groups = await self._memberships()
        except UNREACHABLE as error:
            _log.warning("who %s is could not be looked up: %s", person, type(error).__name__)
            account = await asyncio.to_thread(self.inbox.account, self.team, person)
            return Known(Reader(id=account) if account else nobody, certain=False)
        address = _address(record, self.team)
        if address is None:
            return Known(nobody)
        account = await asyncio.to_thread(self.inbox.bind, self.team, person, address, self.now())
        if account is None:
            return Known(nobody)
        return Known(Reader(id=account, groups=groups.get(person, NO_GROUPS)))

    async def audience(self, channel: str) -> Audience:
        """Say who sees a channel at this moment; in doubt, people with no rights at all."""
        try:
            about = (await self.client.conversations_info(channel=channel))["channel"]
            if _open_to_strangers(about):
                return Audience()
            members = await self._members(channel)
            people = await self._once("people", self._people)
            groups = await self._memberships()
            taken = await asyncio.to_thread(self.inbox.bound, self.team)
        except UNREACHABLE as error:
            _log.warning("who sees %s could not be looked up: %s", channel, type(error).__name__)
            return Audience()
        except (KeyError, TypeError):
            _log.warning("Slack said of %s what cannot be understood", channel)
            return Audience()
        owners = {account: person for person, account in taken.items()}
        rights = set()
        for one in members:
            if one == self.bot:
                continue
            address = _address(people.get(one, {}), self.team)
            vouched = address is not None and (
                one in taken or owners.get(address.casefold(), one) == one
            )
            rights.add(groups.get(one, NO_GROUPS) if vouched else NO_GROUPS)
        return Audience(frozenset(rights) or EVERYBODY)

    # ------------------------------------------------------------------------------------------

    async def _person(self, person: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await self.client.users_info(user=person))["user"]
        return found

    async def _people(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            str(one["id"]): one
            for page in await self._pages(
                lambda cursor: self.client.users_list(limit=_PAGE, cursor=cursor), "members"
            )
            for one in page
        }

    async def _members(self, channel: str) -> list[str]:
        pages = await self._pages(
            lambda cursor: self.client.conversations_members(
                channel=channel, limit=_PAGE, cursor=cursor
            ),
            "members",
        )
        return [str(one) for page in pages for one in page]

    async def _memberships(self) -> Mapping[str, Groups]:
        """Give each person's groups."""
        if not self.groups:
            return {}
        return await self._once("groups", self._read_memberships)

    async def _read_memberships(self) -> Mapping[str, Groups]:
        answer = await self.client.usergroups_list(include_users=True)
        inside = {
            str(one["id"]): [str(user) for user in one.get("users") or ()]
            for one in answer["usergroups"]
            if not one.get("date_delete")
        }
        found: dict[str, set[str]] = {}
        for name, ids in self.groups.items():
            for one in ids:
                for user in inside.get(one, ()):
                    found.setdefault(user, set()).add(name)
        return {user: frozenset(names) for user, names in found.items()}

    async def _pages(
        self, ask: Callable[[str | None], Awaitable[Any]], what: str
    ) -> list[list[Any]]:
        pages, cursor = [], None
        while True:
            answer = await ask(cursor)
            pages.append(list(answer[what]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return pages

    async def _once(self, name: str, look_up: Callable[[], Awaitable[Value]]) -> Value:
        """Look something up unless it was looked up a short while ago."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name)
            if kept is not None and kept.until > time.monotonic():
                value: Value = kept.value
                return value
            found = await look_up()
            if self.remember_s > 0:
                self._kept[name] = _Remembered(found, time.monotonic() + self.remember_s)
            return found


def _address(record: Mapping[str, Any], team: str) -> str | None:
    """Give a person's address if Slack has verified it and they belong to the organisation."""
    outside = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")
    if not record or any(record.get(one) for one in outside):
        return None
    if record.get("team_id") not in {None, team} or not record.get("is_email_confirmed"):
        return None
    address = str((record.get("profile") or {}).get("email") or "").strip().casefold()
    return address if "@" in address else None


def _open_to_strangers(channel: Mapping[str, Any]) -> bool:
    """Tell whether people whom the list of members does not name can read a channel."""
    if not (channel.get("is_private") or channel.get("is_mpim")):
        return True
    shared = ("is_ext_shared", "is_pending_ext_shared", "is_shared", "is_org_shared")
    return any(channel.get(one) for one in shared)
