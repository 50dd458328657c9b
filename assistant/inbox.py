"""The inbox and outbox of a door: what came in is never lost, what goes out goes out once.

Kept in the records beside the turns. An event is written down under its own key before the door
acknowledges it; a worker leases it, and another takes it over when the lease runs out. What is posted
for it has a key too, with the places where its parts stand, so that whoever takes over carries on
instead of posting again. Texts leave the inbox as soon as an event is done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from assistant.store import Records

_schema = sa.MetaData()
_events = sa.Table(
    "inbox_events",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("door", sa.String),
    sa.Column("team", sa.String),
    sa.Column("event", sa.String),
    sa.Column("kind", sa.String),
    sa.Column("key", sa.String),
    sa.Column("lane", sa.String),
    sa.Column("position", sa.String),
    sa.Column("body", sa.Text),
    sa.Column("state", sa.String),
    sa.Column("received_at", sa.String),
    sa.Column("not_before", sa.String),
    sa.Column("attempts", sa.Integer),
    sa.Column("worker", sa.String),
    sa.Column("leased_until", sa.String),
    sa.Column("done_at", sa.String),
    sa.Column("outcome", sa.Text),
)
_posts = sa.Table(
    "outbox_posts",
    _schema,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("door", sa.String),
    sa.Column("channel", sa.String),
    sa.Column("thread", sa.String),
    sa.Column("person", sa.String),
    sa.Column("visible", sa.Boolean),
    sa.Column("audience", sa.String),
    sa.Column("turn", sa.String),
    sa.Column("state", sa.String),
    sa.Column("parts", sa.JSON),
    sa.Column("made_at", sa.String),
    sa.Column("sent_at", sa.String),
)
_places = sa.Table(
    "door_places",
    _schema,
    sa.Column("door", sa.String, primary_key=True),
    sa.Column("team", sa.String, primary_key=True),
    sa.Column("channel", sa.String, primary_key=True),
    sa.Column("thread", sa.String, primary_key=True),
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("conversation", sa.String),
    sa.Column("at", sa.String),
)
_people = sa.Table(
    "door_people",
    _schema,
    sa.Column("door", sa.String, primary_key=True),
    sa.Column("team", sa.String, primary_key=True),
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("account", sa.String),
    sa.Column("bound_at", sa.String),
)


class EventState(StrEnum):
    """How far an event has come."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    """Given up; the outcome says why."""


_OPEN = (EventState.WAITING.value, EventState.WORKING.value)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came in at a door."""

    team: str
    event: str
    """The sender's own id of it: sent again, it is the same event."""
    kind: str
    key: str
    """What it is about, such as a message; two events about one message have the same."""
    lane: str
    """Events of one lane are worked one after the other."""
    position: str
    """Place in the lane; sorts as text."""
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event that a worker has leased."""

    id: int
    team: str
    kind: str
    key: str
    lane: str
    position: str
    body: Mapping[str, Any]
    attempts: int
    """How often it was begun, this time included."""
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted for one event."""

    key: str
    channel: str
    thread: str | None
    person: str
    visible: bool
    """Whether others than the person can see it."""
    audience: str | None
    """Digest of the rights of those who could see it when it was answered."""
    turn: str | None
    sent: bool
    parts: tuple[str, ...]
    """Where its messages stand, in order; more than one for a long answer."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person's conversation is held at a door."""

    team: str
    channel: str
    thread: str
    person: str
    conversation: str


class Inbox:
    """Events, posts, places and people of one door."""

    def __init__(self, records: Records, door: str) -> None:
        """Use the tables beside the conversations."""
        self._records = records
        self._door = door

    # Events

    def put(self, arrival: Arrival, at: datetime) -> bool:
        """Write an event down; False if it is there already. On disk when this returns."""
        with self._records.writing() as connection:
            done = connection.execute(
                insert(_events)
                .values(
                    door=self._door,
                    team=arrival.team,
                    event=arrival.event,
                    kind=arrival.kind,
                    key=arrival.key,
                    lane=arrival.lane,
                    position=arrival.position,
                    body=json.dumps(arrival.body, ensure_ascii=False),
                    state=EventState.WAITING.value,
                    received_at=_time(at),
                    not_before=_time(at),
                    attempts=0,
                )
                .on_conflict_do_nothing()
            )
            return done.rowcount > 0

    def claim(self, worker: str, at: datetime, lease: timedelta) -> Event | None:
        """Lease the oldest event that may be worked now, the first of its lane; None: there is none.

        An event whose lease ran out may be taken by anybody."""
        earlier = _events.alias()
        blocked = (
            sa.exists()
            .where(earlier.c.door == self._door)
            .where(earlier.c.lane == _events.c.lane)
            .where(earlier.c.state.in_(_OPEN))
            .where(
                sa.or_(
                    earlier.c.position < _events.c.position,
                    sa.and_(earlier.c.position == _events.c.position, earlier.c.id < _events.c.id),
                    # Whatever came out of order: one at a time in a lane.
                    sa.and_(
                        earlier.c.id != _events.c.id,
                        earlier.c.state == EventState.WORKING.value,
                        earlier.c.leased_until > _time(at),
                    ),
                )
            )
        )
        free = sa.or_(
            _events.c.state == EventState.WAITING.value,
            sa.and_(
                _events.c.state == EventState.WORKING.value, _events.c.leased_until <= _time(at)
            ),
        )
        query = (
            sa.select(_events)
            .where(_events.c.door == self._door, free, _events.c.not_before <= _time(at), ~blocked)
            .order_by(_events.c.received_at, _events.c.id)
            .limit(1)
        )
        with (
            self._records.reading() as connection
        ):  # most looks find nothing: take no lock for them
            if connection.execute(query).first() is None:
                return None
        with self._records.writing() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            connection.execute(
                sa.update(_events)
                .where(_events.c.id == row.id)
                .values(
                    state=EventState.WORKING.value,
                    worker=worker,
                    attempts=row.attempts + 1,
                    leased_until=_time(at + lease),
                )
            )
            return Event(
                id=row.id,
                team=row.team,
                kind=row.kind,
                key=row.key,
                lane=row.lane,
                position=row.position,
                body=json.loads(row.body or "{}"),
                attempts=row.attempts + 1,
                received_at=datetime.fromisoformat(row.received_at),
            )

    def renew(self, event: int, worker: str, until: datetime) -> bool:
        """Keep the lease of an event; False where somebody else has it now."""
        with self._records.writing() as connection:
            done = connection.execute(
                sa.update(_events)
                .where(_events.c.id == event, _events.c.worker == worker)
                .where(_events.c.state == EventState.WORKING.value)
                .values(leased_until=_time(until))
            )
            return done.rowcount > 0

    def done(
        self,
        event: int,
        worker: str,
        at: datetime,
        outcome: str,
        state: EventState = EventState.DONE,
    ) -> bool:
        """End an event and forget its text; False where somebody else has it now."""
        with self._records.writing() as connection:
            done = connection.execute(
                sa.update(_events)
                .where(_events.c.id == event, _events.c.worker == worker)
                .values(state=state.value, done_at=_time(at), outcome=outcome, body=None)
            )
            return done.rowcount > 0

    def later(self, event: int, worker: str, not_before: datetime, *, counts: bool) -> None:
        """Give an event back to be worked later; `counts` says whether this was an attempt."""
        with self._records.writing() as connection:
            connection.execute(
                sa.update(_events)
                .where(_events.c.id == event, _events.c.worker == worker)
                .values(
                    state=EventState.WAITING.value,
                    not_before=_time(not_before),
                    worker=None,
                    leased_until=None,
                    attempts=_events.c.attempts - (0 if counts else 1),
                )
            )

    def rewrite(self, key: str, kinds: tuple[str, ...], body: Mapping[str, Any] | None) -> bool:
        """Change the body of an event about `key` that nobody has begun; None drops the event.

        False where there is no such event any more."""
        with self._records.writing() as connection:
            waiting = (
                sa.update(_events)
                .where(_events.c.door == self._door, _events.c.key == key)
                .where(_events.c.kind.in_(kinds))
                .where(_events.c.state == EventState.WAITING.value, _events.c.attempts == 0)
            )
            change = (
                waiting.values(state=EventState.DONE.value, outcome="withdrawn", body=None)
                if body is None
                else waiting.values(body=json.dumps(body, ensure_ascii=False))
            )
            return connection.execute(change).rowcount > 0

    def seen(self, key: str, kind: str) -> bool:
        """Tell whether an event of a kind about `key` ever came in, as far as is remembered."""
        query = sa.select(sa.func.count()).where(
            _events.c.door == self._door, _events.c.key == key, _events.c.kind == kind
        )
        with self._records.reading() as connection:
            return bool(connection.execute(query).scalar())

    def counted(self) -> Mapping[str, int]:
        """Count the events by state."""
        query = (
            sa.select(_events.c.state, sa.func.count())
            .where(_events.c.door == self._door)
            .group_by(_events.c.state)
        )
        with self._records.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def forget(self, before: datetime) -> int:
        """Take out events that were done before a time; senders repeat none that old."""
        with self._records.writing() as connection:
            done = connection.execute(
                sa.delete(_events)
                .where(_events.c.door == self._door, _events.c.done_at < _time(before))
                .where(_events.c.state.in_([EventState.DONE.value, EventState.FAILED.value]))
            )
            return done.rowcount

    # Posts

    def reserve(
        self,
        key: str,
        at: datetime,
        *,
        channel: str,
        thread: str | None,
        person: str,
        visible: bool,
        audience: str | None,
    ) -> Post:
        """Note where something will be posted, before it is; the same key gives what is there."""
        with self._records.writing() as connection:
            connection.execute(
                insert(_posts)
                .values(
                    key=self._own(key),
                    door=self._door,
                    channel=channel,
                    thread=thread,
                    person=person,
                    visible=visible,
                    audience=audience,
                    state="open",
                    parts=[],
                    made_at=_time(at),
                )
                .on_conflict_do_nothing()
            )
            found = self._post(connection, key)
        if found is None:
            raise ValueError(f"the post {key!r} vanished while it was written")
        return found

    def post(self, key: str) -> Post | None:
        """Give what was posted under a key."""
        with self._records.reading() as connection:
            return self._post(connection, key)

    def amend(self, key: str, at: datetime, **values: Any) -> Post:
        """Change what is known of a post: channel, thread, visible, audience, turn, parts, sent."""
        if values.pop("sent", False):
            values |= {"state": "sent", "sent_at": _time(at)}
        if "parts" in values:
            values["parts"] = list(values["parts"])
        with self._records.writing() as connection:
            connection.execute(
                sa.update(_posts).where(_posts.c.key == self._own(key)).values(**values)
            )
            found = self._post(connection, key)
        if found is None:
            raise ValueError(f"there is no post {key!r}")
        return found

    def standing_in(self, channel: str) -> frozenset[str]:
        """Give the places of all messages that are known to stand in a channel."""
        query = sa.select(_posts.c.parts).where(
            _posts.c.door == self._door, _posts.c.channel == channel
        )
        with self._records.reading() as connection:
            return frozenset(
                one for parts in connection.execute(query).scalars() for one in parts or ()
            )

    # Places

    def place(self, team: str, channel: str, thread: str, person: str) -> str | None:
        """Give the conversation that a person has in a thread."""
        query = sa.select(_places.c.conversation).where(
            _places.c.door == self._door,
            _places.c.team == team,
            _places.c.channel == channel,
            _places.c.thread == thread,
            _places.c.person == person,
        )
        with self._records.reading() as connection:
            found: str | None = connection.execute(query).scalar()
            return found

    def settle(self, place: Place, at: datetime) -> str:
        """Keep which conversation a person has in a thread; the first one stays."""
        with self._records.writing() as connection:
            connection.execute(
                insert(_places)
                .values(
                    door=self._door,
                    team=place.team,
                    channel=place.channel,
                    thread=place.thread,
                    person=place.person,
                    conversation=place.conversation,
                    at=_time(at),
                )
                .on_conflict_do_nothing()
            )
        return self.place(place.team, place.channel, place.thread, place.person) or ""

    def places_of(self, conversation: str) -> tuple[Place, ...]:
        """Give where a conversation is held, the first place first."""
        query = (
            sa.select(_places)
            .where(_places.c.door == self._door, _places.c.conversation == conversation)
            .order_by(_places.c.at)
        )
        with self._records.reading() as connection:
            return tuple(
                Place(row.team, row.channel, row.thread, row.person, row.conversation)
                for row in connection.execute(query)
            )

    # People

    def account(self, team: str, person: str) -> str | None:
        """Give the account that a person of the door was bound to."""
        query = sa.select(_people.c.account).where(
            _people.c.door == self._door, _people.c.team == team, _people.c.person == person
        )
        with self._records.reading() as connection:
            found: str | None = connection.execute(query).scalar()
            return found

    def bind(self, team: str, person: str, account: str, at: datetime) -> str | None:
        """Bind a person to an account, once and for all; None where somebody else has the account.

        Who is bound already stays bound as they are, whatever their address says now."""
        with self._records.writing() as connection:
            done = connection.execute(
                insert(_people)
                .values(
                    door=self._door, team=team, person=person, account=account, bound_at=_time(at)
                )
                .on_conflict_do_nothing()
            )
            if done.rowcount:
                self._records.note(
                    connection, at, "assistant", "person.bound", account, door=self._door
                )
        return self.account(team, person)

    def bound(self, team: str) -> Mapping[str, str]:
        """Give the accounts of all people who are bound."""
        query = sa.select(_people.c.person, _people.c.account).where(
            _people.c.door == self._door, _people.c.team == team
        )
        with self._records.reading() as connection:
            return {row.person: row.account for row in connection.execute(query)}

    # ------------------------------------------------------------------------------------------

    def _own(self, key: str) -> str:
        return f"{self._door}:{key}"

    def _post(self, connection: sa.Connection, key: str) -> Post | None:
        row = connection.execute(
            sa.select(_posts).where(_posts.c.key == self._own(key))
        ).one_or_none()
        if row is None:
            return None
        return Post(
            key=key,
            channel=row.channel,
            thread=row.thread,
            person=row.person,
            visible=row.visible,
            audience=row.audience,
            turn=row.turn,
            sent=row.state == "sent",
            parts=tuple(row.parts),
            made_at=datetime.fromisoformat(row.made_at),
        )


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be recorded")
    # Always with a fraction, so that times sort as text.
    return at.isoformat(timespec="microseconds")
