"""Where assessments and interviews are kept: events, added in one transaction with the audit chain.

A stream is one assessment ("G-1") or one interview of it ("G-1/dana"). All events of a reply are
added at once or not at all, and only behind the state that its maker saw.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from assistant.domain import assessment as assessments
from assistant.domain import interview as interviews
from assistant.store import NotAgreed, Records, RecordsError

_events = sa.Table(
    "interview_events",
    sa.MetaData(),
    sa.Column("stream", sa.String, primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("by", sa.String),
    sa.Column("kind", sa.String),
    sa.Column("data", sa.Text),
)
_KINDS: dict[str, TypeAdapter[Any]] = {
    f"{family}.{kind.__name__}": TypeAdapter(kind)
    for family, union in (("interview", interviews.Event), ("assessment", assessments.Event))
    for kind in union.__args__
}
AnyEvent = interviews.Event | assessments.Event
Kept = TypeVar("Kept", interviews.Event, assessments.Event)


class InterviewStore:
    """Streams of events in one workspace's records."""

    def __init__(self, records: Records) -> None:
        """Keep them in `records`."""
        self._records = records

    def streams(self) -> tuple[str, ...]:
        """Give the names of all streams, assessments and interviews, in the order of their making."""
        query = (
            sa.select(_events.c.stream)
            .where(_events.c.sequence == 1)
            .order_by(_events.c.at, _events.c.stream)
        )
        with self._records.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def interview(self, stream: str) -> tuple[interviews.Event, ...]:
        """Give an interview's events; none where there is no such interview."""
        return tuple(self._load(stream, "interview"))

    def assessment(self, stream: str) -> tuple[assessments.Event, ...]:
        """Give an assessment's events; none where there is no such assessment."""
        return tuple(self._load(stream, "assessment"))

    def times(self, stream: str) -> tuple[tuple[datetime, str], ...]:
        """Give when and by whom each event of a stream was added."""
        query = (
            sa.select(_events.c.at, _events.c.by)
            .where(_events.c.stream == stream)
            .order_by(_events.c.sequence)
        )
        with self._records.reading() as connection:
            return tuple(
                (datetime.fromisoformat(row.at), row.by) for row in connection.execute(query)
            )

    def append(
        self, stream: str, events: Sequence[AnyEvent], *, after: int, by: str, at: datetime
    ) -> None:
        """Add events behind the `after` that their maker saw. Raises NotAgreed where more came.

        What is added is on the disk when this returns."""
        if not events:
            return
        when = at.astimezone(UTC).isoformat()
        with self._records.writing() as connection:
            there = connection.execute(
                sa.select(sa.func.max(_events.c.sequence)).where(_events.c.stream == stream)
            ).scalar()
            if (there or 0) != after:
                raise NotAgreed(
                    f"{stream} went on elsewhere meanwhile. Nothing of this was kept. "
                    "Look at it again with `annexa interview status`, then repeat it."
                )
            digest = hashlib.sha256()
            for at_, event in enumerate(events, after + 1):
                kind, data = encode(event)
                digest.update(data.encode("utf-8", "surrogatepass"))
                connection.execute(
                    sa.insert(_events).values(
                        stream=stream, sequence=at_, at=when, by=by, kind=kind, data=data
                    )
                )
            self._records.note(
                connection,
                at,
                by,
                "interview.events",
                stream,
                first=after + 1,
                count=len(events),
                content=digest.hexdigest(),
            )

    def _load(self, stream: str, family: str) -> list[Any]:
        query = (
            sa.select(_events.c.kind, _events.c.data)
            .where(_events.c.stream == stream, _events.c.kind.startswith(f"{family}."))
            .order_by(_events.c.sequence)
        )
        with self._records.reading() as connection:
            return [decode(row.kind, row.data) for row in connection.execute(query)]


def encode(event: AnyEvent) -> tuple[str, str]:
    """Give an event's kind and its data as JSON."""
    family = "interview" if isinstance(event, interviews.Event) else "assessment"
    kind = f"{family}.{type(event).__name__}"
    raw = _KINDS[kind].dump_python(event, mode="json")
    return kind, json.dumps(raw, ensure_ascii=False, separators=(",", ":"))


def decode(kind: str, data: str) -> AnyEvent:
    """Read an event back. Raises RecordsError where it is of a form that is not known here."""
    adapter = _KINDS.get(kind)
    if adapter is None:
        raise RecordsError(
            f"an event of the kind {kind!r} was kept by a newer Annexa. Nothing was changed. "
            "Update Annexa."
        )
    try:
        event: AnyEvent = adapter.validate_json(data)
    except ValidationError as error:
        raise RecordsError(
            f"an event of the kind {kind!r} cannot be read ({error.error_count()} fields). "
            "Nothing was changed. Update Annexa, or put records.db back from a backup."
        ) from error
    return event
