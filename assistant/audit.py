"""The audit chain: an append-only list of what was done, in which every entry seals the one before.

An entry is written in the transaction of what it records. Its hash is HMAC-SHA256 over the hash
before it and its own canonical JSON, with a key that lies beside the database: nobody without the
key can change, swap, insert or take out an entry unseen. Only a cut tail looks whole by itself; a
*head* ("SEQ:HASH") that was noted elsewhere shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from assistant.domain.conversation import AuditEntry
from knowledge.errors import LibraryError

KEY_FILE = "audit.key"
_KEY_BYTES = 32
_FIRST = "0" * 64
"""What the first entry has before it."""

_audit = sa.Table(
    "audit",
    sa.MetaData(),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("actor", sa.String),
    sa.Column("action", sa.String),
    sa.Column("subject", sa.String),
    sa.Column("details", sa.Text),
    sa.Column("previous", sa.String),
    sa.Column("hash", sa.String),
)


class AuditError(LibraryError):
    """The audit chain cannot be continued or checked; the operator can act."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain at some time: note it elsewhere, and a cut tail shows."""

    sequence: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read "SEQ:HASH". Raises ValueError."""
        match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip().lower())
        if match is None:
            raise ValueError(
                "a head is written SEQ:HASH, as `annexa audit head` prints it: a number, a colon "
                "and 64 hexadecimal digits"
            )
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Report:
    """What checking a chain found."""

    count: int
    """Entries that were found whole, from the first."""
    head: Head
    bad: int | None = None
    """The first sequence number that is not as it was written."""
    why: str | None = None
    unlike: tuple[str, ...] = ()
    """Ids of records that are not as the chain says they were written."""

    @property
    def ok(self) -> bool:
        """Tell whether all is as it was written."""
        return self.bad is None and not self.unlike


class Chain:
    """Appends to the audit chain and checks it; holds the key and nothing else."""

    def __init__(self, key: bytes) -> None:
        """Use `key`; see `open_key`."""
        self._key = key

    def append(
        self,
        connection: sa.Connection,
        *,
        at: datetime,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, str | int | None] | None = None,
    ) -> AuditEntry:
        """Add an entry inside the caller's transaction, which must hold the write lock.

        Details are ids, counts and digests; those that are None are left out."""
        last = connection.execute(
            sa.select(_audit.c.sequence, _audit.c.hash).order_by(_audit.c.sequence.desc()).limit(1)
        ).one_or_none()
        pairs = tuple(
            sorted(
                (name, str(value)) for name, value in (details or {}).items() if value is not None
            )
        )
        entry = AuditEntry(
            sequence=1 if last is None else last.sequence + 1,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            details=pairs,
            previous=_FIRST if last is None else last.hash,
        )
        row = {
            "sequence": entry.sequence,
            "at": at.astimezone(UTC).isoformat(),
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": json.dumps(pairs, ensure_ascii=False, separators=(",", ":")),
            "previous": entry.previous,
        }
        sealed = self._seal(row)
        connection.execute(sa.insert(_audit).values(**row, hash=sealed))
        return AuditEntry(entry.sequence, at, actor, action, subject, pairs, entry.previous, sealed)

    def verify(self, connection: sa.Connection, anchor: Head | None = None) -> Report:
        """Check every entry from the first; `anchor` is a head that was noted elsewhere."""
        head, count = Head(0, _FIRST), 0
        anchored = anchor is None or anchor.sequence == 0
        for row in _rows(connection):
            wrong = self._fault(row, head)
            if wrong is None and anchor is not None and row["sequence"] == anchor.sequence:
                anchored = True
                if row["hash"] != anchor.hash:
                    wrong = "it is not the entry that the noted head names: the chain was rewritten"
            if wrong is not None:
                return Report(count, head, head.sequence + 1, wrong)
            head, count = Head(int(str(row["sequence"])), str(row["hash"])), count + 1
        if not anchored and anchor is not None:
            missing = anchor.sequence - head.sequence
            return Report(
                count,
                head,
                head.sequence + 1,
                f"the noted head names entry {anchor.sequence}, but the chain ends before it: "
                f"{missing} cut off",
            )
        return Report(count, head)

    def _fault(self, row: Mapping[str, object], head: Head) -> str | None:
        """Say what is wrong with an entry that should follow `head`."""
        if row["sequence"] != head.sequence + 1:
            return f"the number {row['sequence']} stands where {head.sequence + 1} should be"
        if row["previous"] != head.hash:
            return "it does not continue the entry before it"
        if not hmac.compare_digest(self._seal(row).encode(), str(row["hash"]).encode()):
            return "it was changed after it was written, or written with another key"
        return None

    def _seal(self, row: Mapping[str, object]) -> str:
        """Hash an entry together with the hash before it; everything in the row but the hash."""
        body = json.dumps(
            {name: row[name] for name in sorted(row) if name != "hash"},
            ensure_ascii=True,
            separators=(",", ":"),
            default=repr,  # a value of another type was put there by somebody else: never equal
        )
        message = str(row["previous"]).encode("utf-8", "surrogatepass") + body.encode("ascii")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def entries(connection: sa.Connection, subject: str | None = None) -> Iterator[AuditEntry]:
    """Yield entries in order, all of them or those about `subject`."""
    query = sa.select(_audit).order_by(_audit.c.sequence)
    if subject is not None:
        query = query.where(_audit.c.subject == subject)
    for row in connection.execute(query):
        yield AuditEntry(
            sequence=row.sequence,
            at=datetime.fromisoformat(row.at),
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            details=tuple((str(name), str(value)) for name, value in json.loads(row.details)),
            previous=row.previous,
            hash=row.hash,
        )


def head_of(connection: sa.Connection) -> Head:
    """Give the last entry's number and hash; 0 and zeros where nothing was recorded."""
    last = connection.execute(
        sa.select(_audit.c.sequence, _audit.c.hash).order_by(_audit.c.sequence.desc()).limit(1)
    ).one_or_none()
    return Head(0, _FIRST) if last is None else Head(last.sequence, last.hash)


def export_lines(found: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield entries as lines of JSON, with all that whoever has the key needs to check them."""
    for entry in found:
        yield json.dumps(
            {
                "sequence": entry.sequence,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "details": dict(entry.details),
                "previous": entry.previous,
                "hash": entry.hash,
            },
            ensure_ascii=False,
        )


def digest(text: str | None, salt: str) -> str | None:
    """Give the SHA-256 of `salt` and `text`; None for no text.

    The salt is erased with the text: a digest that stays behind then proves nothing about what a
    short text may have been."""
    if text is None:
        return None
    return hashlib.sha256(f"{salt}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def open_key(workspace: Path, *, started: bool) -> bytes:
    """Read the chain's key, making it once where no chain was `started`.

    Raises AuditError where it is missing or not a key: another key would break the chain."""
    path = workspace / KEY_FILE
    try:
        if not path.exists() and not started:
            _make_key(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise AuditError(
            f"{KEY_FILE} is missing from the workspace, so the audit chain can be neither continued "
            "nor checked. Nothing was changed. Put it back from a backup."
        ) from error
    except OSError as error:
        raise AuditError(
            f"{KEY_FILE} cannot be used ({error.strerror}). Nothing was changed. Let this account "
            "read and write the workspace, then run the command again."
        ) from error
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise AuditError(
            f"{KEY_FILE} does not hold a key. Nothing was changed. Put it back from a backup."
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all; where another process was first, theirs stays."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(_KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            try:
                os.link(part, path)
            except FileExistsError:
                raise
            except OSError:  # a disk without links; the caller's write lock keeps others away
                os.rename(part, path)
    finally:
        part.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _rows(connection: sa.Connection) -> Iterator[Mapping[str, object]]:
    # Values as they are stored: a column's type would hide what somebody put there by hand.
    query = sa.text(
        "SELECT sequence, at, actor, action, subject, details, previous, hash FROM audit "
        "ORDER BY sequence"
    )
    for row in connection.execution_options(stream_results=True).execute(query):
        yield {str(name): value for name, value in row._mapping.items()}
