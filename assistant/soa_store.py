"""The statement's versions, approvals and waivers, kept in the records beside the audit chain.

A version is never changed: an edit, an import and an accepted difference each add one. An approval is
bound to the hash of the content that was shown, and ends when another version follows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from assistant.store import NotAgreed, Records, UnknownRecord
from knowledge.soa.differing import content_hash
from knowledge.soa.exporting import from_data, to_data
from knowledge.soa.linting import Defect, Waiver
from knowledge.soa.model import Soa

_schema = sa.MetaData()
_versions = sa.Table(
    "soa_versions",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("by", sa.String),
    sa.Column("how", sa.String),
    sa.Column("source", sa.String),
    sa.Column("file_hash", sa.String),
    sa.Column("parent", sa.Integer),
    sa.Column("hash", sa.String),
    sa.Column("note", sa.Text),
    sa.Column("content", sa.Text),
    sa.Column("read", sa.JSON(none_as_null=True)),
)
_approvals = sa.Table(
    "soa_approvals",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("hash", sa.String),
    sa.Column("by", sa.String),
    sa.Column("at", sa.String),
    sa.Column("day", sa.String),
    sa.Column("label", sa.String),
    sa.Column("voided_at", sa.String),
    sa.Column("voided_because", sa.Text),
)
_waivers = sa.Table(
    "soa_waivers",
    _schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String),
    sa.Column("fingerprint", sa.String),
    sa.Column("controls", sa.JSON),
    sa.Column("reason", sa.Text),
    sa.Column("by", sa.String),
    sa.Column("at", sa.String),
    sa.Column("day", sa.String),
    sa.Column("withdrawn_at", sa.String),
    sa.Column("withdrawn_by", sa.String),
)


class How(StrEnum):
    """How a version came about."""

    INDEXED = "indexed"
    """The file was read with the folder."""
    IMPORTED = "imported"
    """A person took the file as shown."""
    ACCEPTED = "accepted"
    """A person took some rows of a file."""
    EDITED = "edited"
    """A person changed a row here."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word for exactly one content."""

    version: int
    hash: str
    by: str
    day: date
    at: datetime
    label: str | None = None
    """The version that the statement calls itself from then on, such as "2.5"."""
    voided_at: datetime | None = None
    voided_because: str | None = None

    @property
    def holds(self) -> bool:
        """Tell whether it still counts."""
        return self.voided_at is None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the statement as it was taken, edited or accepted."""

    number: int
    at: datetime
    by: str
    how: How
    source: str
    """Path of the file that it came from, relative to the indexed folder."""
    file_hash: str | None
    """SHA-256 of that file; None where only rows of it were taken or edited."""
    parent: int | None
    hash: str
    """Of what it says; see `knowledge.soa.differing.content_hash`."""
    note: str | None
    read: tuple[str, ...] | None = None
    """Groups that may read the file; None: everyone."""
    approval: Approval | None = None
    """The last one, whether it holds or not."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What `SoaStore.add` is to keep."""

    soa: Soa
    how: How
    by: str
    note: str | None = None
    file_hash: str | None = None
    parent: int | None = None
    read: tuple[str, ...] | None = None


class SoaStore:
    """Versions, approvals and waivers of the statement in one workspace's records."""

    def __init__(self, records: Records) -> None:
        """Keep them in `records`."""
        self._records = records

    def versions(self) -> tuple[Version, ...]:
        """Give all versions, the first one first, without their contents."""
        with self._records.reading() as connection:
            return _all(connection)

    def version(self, number: int) -> Version:
        """Give one version. Raises UnknownRecord."""
        found = next((one for one in self.versions() if one.number == number), None)
        if found is None:
            raise UnknownRecord(f"there is no version {number} of the statement.")
        return found

    def content(self, number: int) -> Soa:
        """Give what a version says. Raises UnknownRecord."""
        query = sa.select(_versions.c.content).where(_versions.c.number == number)
        with self._records.reading() as connection:
            text = connection.execute(query).scalar_one_or_none()
        if text is None:
            raise UnknownRecord(f"there is no version {number} of the statement.")
        return from_data(json.loads(text))

    def unlike(self) -> tuple[int, ...]:
        """Give the versions whose content is not what the audit chain says was recorded."""
        sealed = {
            entry.subject: dict(entry.details).get("content")
            for entry in self._records.entries()
            if entry.action == "soa.version"
        }
        return tuple(
            one.number
            for one in self.versions()
            if not one.hash
            == sealed.get(_subject(one.number))
            == content_hash(self.content(one.number))
        )

    def add(self, new: NewVersion, at: datetime, *, after: int | None) -> Version:
        """Keep a version; `after` is the last one that its maker saw.

        An approval of what it follows ends in the same transaction. Raises NotAgreed where another
        version came between, so that nobody's edit is lost unseen."""
        digest = content_hash(new.soa)
        with self._records.writing() as connection:
            there = _all(connection)
            last = there[-1].number if there else None
            if last != after:
                raise NotAgreed(
                    f"version {last} of the statement was made meanwhile. Nothing was changed. "
                    "Look at it with `annexa soa history`, then do it again."
                )
            number = (last or 0) + 1
            connection.execute(
                sa.insert(_versions).values(
                    number=number,
                    at=_time(at),
                    by=new.by,
                    how=new.how.value,
                    source=new.soa.source,
                    file_hash=new.file_hash,
                    parent=new.parent if new.parent is not None else last,
                    hash=digest,
                    note=new.note,
                    content=json.dumps(to_data(new.soa), ensure_ascii=False),
                    read=list(new.read) if new.read is not None else None,
                )
            )
            self._records.note(
                connection,
                at,
                new.by,
                "soa.version",
                _subject(number),
                how=new.how.value,
                content=digest,
                file=new.file_hash,
                rows=len(new.soa.rows),
            )
            self._void(connection, digest, number, at)
            return _all(connection)[-1]

    def approve(
        self, number: int, shown: str, by: str, day: date, at: datetime, label: str | None
    ) -> Approval:
        """Keep a person's approval of the content whose hash was `shown`.

        Raises NotAgreed if that is not the last version or not its content."""
        with self._records.writing() as connection:
            there = _all(connection)
            version = next((one for one in there if one.number == number), None)
            if version is None:
                raise UnknownRecord(f"there is no version {number} of the statement.")
            if version.number != there[-1].number:
                raise NotAgreed(
                    f"version {number} is not the last one; {there[-1].number} is. Nothing was "
                    "changed. Look at the last one and approve that."
                )
            if version.hash != shown:
                raise NotAgreed(
                    f"what was shown ({shown[:12]}) is not what version {number} says "
                    f"({version.hash[:12]}). Nothing was changed. Look at it again."
                )
            if version.approval is not None and version.approval.holds:
                raise NotAgreed(
                    f"version {number} is approved by {version.approval.by} on "
                    f"{version.approval.day}. Nothing was changed."
                )
            connection.execute(
                sa.insert(_approvals).values(
                    version=number, hash=shown, by=by, at=_time(at), day=day.isoformat(),
                    label=label,
                )
            )  # fmt: skip
            self._records.note(
                connection, at, by, "soa.approved", _subject(number), content=shown, label=label
            )
            approval = _all(connection)[-1].approval
            assert approval is not None  # noqa: S101  just written
            return approval

    def waivers(self) -> tuple[Waiver, ...]:
        """Give the waivers that were not withdrawn, the first one first."""
        query = sa.select(_waivers).where(_waivers.c.withdrawn_at.is_(None)).order_by(_waivers.c.id)
        with self._records.reading() as connection:
            return tuple(
                Waiver(
                    code=row.code,
                    fingerprint=row.fingerprint,
                    controls=tuple(row.controls),
                    reason=row.reason,
                    by=row.by,
                    on=date.fromisoformat(row.day),
                )
                for row in connection.execute(query)
            )

    def waive(
        self, defects: Sequence[Defect], reason: str, by: str, day: date, at: datetime
    ) -> tuple[Waiver, ...]:
        """Keep a person's reason why defects may stay."""
        with self._records.writing() as connection:
            for one in defects:
                connection.execute(
                    sa.delete(_waivers).where(
                        _waivers.c.code == one.code,
                        _waivers.c.fingerprint == one.fingerprint,
                        _waivers.c.withdrawn_at.is_(None),
                    )
                )
                connection.execute(
                    sa.insert(_waivers).values(
                        code=one.code,
                        fingerprint=one.fingerprint,
                        controls=list(one.controls),
                        reason=reason,
                        by=by,
                        at=_time(at),
                        day=day.isoformat(),
                    )
                )
                self._records.note(
                    connection, at, by, "soa.waived", f"{one.code}:{one.fingerprint}"
                )
        return tuple(
            Waiver(one.code, one.fingerprint, one.controls, reason, by, day) for one in defects
        )

    def withdraw(self, fingerprint: str, by: str, at: datetime) -> int:
        """Take waivers back by fingerprint, and give their number."""
        with self._records.writing() as connection:
            done = connection.execute(
                sa.update(_waivers)
                .where(_waivers.c.fingerprint == fingerprint, _waivers.c.withdrawn_at.is_(None))
                .values(withdrawn_at=_time(at), withdrawn_by=by)
            )
            if done.rowcount:
                self._records.note(connection, at, by, "soa.waiver_withdrawn", fingerprint)
            return done.rowcount

    def _void(self, connection: sa.Connection, digest: str, number: int, at: datetime) -> None:
        """End approvals of another content."""
        open_ones = connection.execute(
            sa.select(_approvals).where(
                _approvals.c.voided_at.is_(None), _approvals.c.hash != digest
            )
        ).all()
        for row in open_ones:
            because = f"version {number} says something else"
            connection.execute(
                sa.update(_approvals)
                .where(_approvals.c.id == row.id)
                .values(voided_at=_time(at), voided_because=because)
            )
            self._records.note(
                connection, at, "assistant", "soa.approval_ended", _subject(row.version),
                by_version=number,
            )  # fmt: skip


def _all(connection: sa.Connection) -> tuple[Version, ...]:
    approvals: dict[int, Approval] = {}
    for row in connection.execute(sa.select(_approvals).order_by(_approvals.c.id)):
        approvals[row.version] = Approval(
            version=row.version,
            hash=row.hash,
            by=row.by,
            day=date.fromisoformat(row.day),
            at=datetime.fromisoformat(row.at),
            label=row.label,
            voided_at=datetime.fromisoformat(row.voided_at) if row.voided_at else None,
            voided_because=row.voided_because,
        )
    query = sa.select(*(c for c in _versions.c if c.name != "content")).order_by(_versions.c.number)
    return tuple(
        _version(row._mapping, approvals.get(row.number)) for row in connection.execute(query)
    )


def _version(row: Any, approval: Approval | None) -> Version:
    return Version(
        number=row["number"],
        at=datetime.fromisoformat(row["at"]),
        by=row["by"],
        how=How(row["how"]),
        source=row["source"],
        file_hash=row["file_hash"],
        parent=row["parent"],
        hash=row["hash"],
        note=row["note"],
        read=tuple(row["read"]) if row["read"] is not None else None,
        approval=approval,
    )


def _subject(number: int) -> str:
    return f"soa:{number}"


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be recorded")
    return at.astimezone(UTC).isoformat()
