"""The plans of a workspace, kept in the records beside the audit chain.

Every step of a plan adds a revision; none is ever changed or deleted. A key given by the caller makes
a step happen once, however often it is tried, and a revision that somebody else added meanwhile stops
it. What a method reports done is on the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from assistant.domain.cases import Case
from assistant.planning.conversation import Talk
from assistant.planning.register import RegisterEntry
from assistant.store import NotAgreed, Records, RecordsError, UnknownRecord

_schema = sa.MetaData()
_plans = sa.Table(
    "plans",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("year", sa.Integer),
    sa.Column("number", sa.Integer),
    sa.Column("finding", sa.String),
    sa.Column("made_at", sa.String),
    sa.Column("key", sa.String),
)
_revisions = sa.Table(
    "plan_revisions",
    _schema,
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("key", sa.String),
    sa.Column("at", sa.String),
    sa.Column("by", sa.String),
    sa.Column("action", sa.String),
    sa.Column("state", sa.String),
    sa.Column("content_hash", sa.String),
    sa.Column("body", sa.Text),
)
_talks = sa.Table(
    "plan_talks",
    _schema,
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("turns", sa.Integer),
    sa.Column("at", sa.String),
    sa.Column("body", sa.Text),
)
_entries = sa.Table(
    "plan_entries",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source", sa.String),
    sa.Column("at", sa.String),
    sa.Column("by", sa.String),
    sa.Column("body", sa.Text),
)
_CASES: TypeAdapter[Case] = TypeAdapter(Case)
_TALKS: TypeAdapter[Talk] = TypeAdapter(Talk)
_ENTRIES: TypeAdapter[RegisterEntry] = TypeAdapter(RegisterEntry)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan as it stands in the records."""

    case: Case
    revision: int
    """From 1; the next step must name it."""


class PlanStore:
    """Keeps plans and the conversations that draft them."""

    def __init__(self, records: Records) -> None:
        """Keep plans in `records`."""
        self._records = records

    def create(self, make: Callable[[str], Case], *, key: str, by: str, at: datetime) -> Kept:
        """Keep a new plan under the next free id of the year; the same key gives the same plan.

        `make` gets the id and gives the case."""
        with self._records.writing() as connection:
            there = connection.execute(sa.select(_plans.c.id).where(_plans.c.key == key)).scalar()
            if there is not None:
                return _latest(connection, str(there))
            year = at.astimezone(UTC).year
            last = connection.execute(
                sa.select(sa.func.max(_plans.c.number)).where(_plans.c.year == year)
            ).scalar()
            number = (last or 0) + 1
            plan_id = f"CAP-{year}-{number:03d}"
            case = make(plan_id)
            connection.execute(
                sa.insert(_plans).values(
                    id=plan_id,
                    year=year,
                    number=number,
                    finding=case.plan.finding.id,
                    made_at=_time(at),
                    key=key,
                )
            )
            return self._add(connection, case, 1, key, by, at, "drafted")

    def save(
        self, case: Case, revision: int, *, key: str, by: str, at: datetime, action: str
    ) -> Kept:
        """Keep the next revision of a plan whose latest is `revision`.

        The same key gives what was kept under it. Raises NotAgreed where somebody else was faster."""
        with self._records.writing() as connection:
            plan_id = case.plan.id
            there = _under(connection, plan_id, key)
            if there is not None:
                return there
            latest = _latest(connection, plan_id)
            if latest.revision != revision:
                raise _overtaken(plan_id, latest.revision, revision)
            return self._add(connection, case, revision + 1, key, by, at, action)

    def get(self, plan_id: str) -> Kept:
        """Give a plan by its id, or by its finding's where one plan alone has it."""
        with self._records.reading() as connection:
            ids = connection.execute(
                sa.select(_plans.c.id).where(
                    sa.or_(_plans.c.id == plan_id, _plans.c.finding == plan_id)
                )
            ).scalars()
            found = list(ids)
            if plan_id in found:
                found = [plan_id]
            if len(found) != 1:
                why = f"; {', '.join(found)} answer that finding" if found else ""
                raise UnknownRecord(
                    f"there is no plan {plan_id}{why}. `annexa plan list` shows all."
                )
            return _latest(connection, found[0])

    def all(self) -> tuple[Kept, ...]:
        """Give every plan as it stands, in the order in which they were made."""
        with self._records.reading() as connection:
            ids = connection.execute(
                sa.select(_plans.c.id).order_by(_plans.c.year, _plans.c.number)
            )
            return tuple(_latest(connection, str(one)) for one in ids.scalars())

    def revisions(self, plan_id: str) -> tuple[Kept, ...]:
        """Give every revision of a plan, the first first."""
        with self._records.reading() as connection:
            rows = connection.execute(
                sa.select(_revisions)
                .where(_revisions.c.plan == plan_id)
                .order_by(_revisions.c.revision)
            )
            return tuple(Kept(_read(_CASES, row.body), row.revision) for row in rows)

    def keep_talk(self, plan_id: str, talk: Talk, *, at: datetime) -> None:
        """Keep a drafting conversation after a reply; an older state never replaces a newer one."""
        with self._records.writing() as connection:
            self._put_talk(connection, plan_id, talk, at)

    def save_with_talk(
        self, case: Case, revision: int, talk: Talk, *, key: str, by: str, at: datetime
    ) -> Kept:
        """Keep a reply: the conversation and the draft that follows from it, both or neither.

        The same key gives what was kept under it. Raises NotAgreed where somebody else was faster."""
        with self._records.writing() as connection:
            there = _under(connection, case.plan.id, key)
            if there is not None:
                return there
            latest = _latest(connection, case.plan.id)
            if latest.revision != revision:
                raise _overtaken(case.plan.id, latest.revision, revision)
            self._put_talk(connection, case.plan.id, talk, at)
            return self._add(connection, case, revision + 1, key, by, at, "drafted on")

    def _put_talk(self, connection: sa.Connection, plan_id: str, talk: Talk, at: datetime) -> None:
        body = _TALKS.dump_json(talk).decode("utf-8")
        turns = connection.execute(
            sa.select(_talks.c.turns).where(_talks.c.plan == plan_id)
        ).scalar()
        values = {"turns": len(talk.turns), "at": _time(at), "body": body}
        if turns is None:
            connection.execute(sa.insert(_talks).values(plan=plan_id, **values))
        elif len(talk.turns) >= turns:
            connection.execute(sa.update(_talks).where(_talks.c.plan == plan_id).values(**values))
        else:
            return
        self._records.note(
            connection,
            at,
            "owner",
            "plan.replied",
            plan_id,
            turns=len(talk.turns),
            digest=_sha(body),
        )

    def talk(self, plan_id: str) -> Talk | None:
        """Give the drafting conversation of a plan as far as it has come."""
        with self._records.reading() as connection:
            body = connection.execute(
                sa.select(_talks.c.body).where(_talks.c.plan == plan_id)
            ).scalar()
        return None if body is None else _read(_TALKS, str(body))

    def take_entries(
        self, entries: tuple[RegisterEntry, ...], source: str, *, by: str, at: datetime
    ) -> tuple[int, int]:
        """Keep the entries of a register that was imported; give how many are new and changed.

        The same file again changes nothing."""
        new = changed = 0
        with self._records.writing() as connection:
            for entry in entries:
                body = _ENTRIES.dump_json(entry).decode("utf-8")
                old = connection.execute(
                    sa.select(_entries.c.body).where(_entries.c.id == entry.id)
                ).scalar()
                values = {"source": source, "at": _time(at), "by": by, "body": body}
                if old is None:
                    new += 1
                    connection.execute(sa.insert(_entries).values(id=entry.id, **values))
                elif old != body:
                    changed += 1
                    connection.execute(
                        sa.update(_entries).where(_entries.c.id == entry.id).values(**values)
                    )
            if new or changed:
                self._records.note(
                    connection,
                    at,
                    f"person:{by}",
                    "plan.register_imported",
                    source,
                    new=new,
                    changed=changed,
                )
        return new, changed

    def entries(self) -> tuple[RegisterEntry, ...]:
        """Give the entries that were imported."""
        with self._records.reading() as connection:
            bodies = connection.execute(
                sa.select(_entries.c.body).order_by(_entries.c.id)
            ).scalars()
            return tuple(_read(_ENTRIES, str(one)) for one in bodies)

    def _add(
        self,
        connection: sa.Connection,
        case: Case,
        revision: int,
        key: str,
        by: str,
        at: datetime,
        action: str,
    ) -> Kept:
        body = _CASES.dump_json(case).decode("utf-8")
        connection.execute(
            sa.insert(_revisions).values(
                plan=case.plan.id,
                revision=revision,
                key=key,
                at=_time(at),
                by=by,
                action=action,
                state=case.state.value,
                content_hash=case.plan.content_hash,
                body=body,
            )
        )
        self._records.note(
            connection,
            at,
            f"person:{by}",
            f"plan.{action.replace(' ', '_')}",
            case.plan.id,
            revision=revision,
            state=case.state.value,
            content=case.plan.content_hash,
            digest=_sha(body),
        )
        return Kept(case, revision)


def _under(connection: sa.Connection, plan_id: str, key: str) -> Kept | None:
    row = connection.execute(
        sa.select(_revisions).where(_revisions.c.plan == plan_id, _revisions.c.key == key)
    ).one_or_none()
    return Kept(_read(_CASES, row.body), row.revision) if row else None


def _overtaken(plan_id: str, latest: int, revision: int) -> NotAgreed:
    return NotAgreed(
        f"{plan_id} was changed meanwhile (revision {latest}, you had {revision}). Nothing was "
        f"kept "
        "of this step. Look at it again, then repeat it."
    )


def _latest(connection: sa.Connection, plan_id: str) -> Kept:
    row = connection.execute(
        sa.select(_revisions)
        .where(_revisions.c.plan == plan_id)
        .order_by(_revisions.c.revision.desc())
        .limit(1)
    ).one()
    return Kept(_read(_CASES, row.body), row.revision)


def _read(adapter: TypeAdapter[Value], body: str) -> Value:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise RecordsError(
            "a plan in records.db has a form that this Annexa does not know. Nothing was changed. "
            "Update Annexa."
        ) from error


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be recorded")
    return at.astimezone(UTC).isoformat()
