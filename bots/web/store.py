"""What the web door keeps for itself: people, sessions, tokens, one-time links, uploads.

`web.db` in the workspace. It holds no answer and no question, and may be deleted: everybody signs in
again and waiting uploads must be sent again. Secrets stand in it as SHA-256 digests only.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bots.web.subjects import Role, Subject
from knowledge.errors import WorkspaceError

FILE = "web.db"
TOKEN = "annexa_"  # noqa: S105  the beginning of every token, so that scanners can find one
OWNER_ID = "owner"
_STEPS = (
    """
    CREATE TABLE people (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, groups TEXT NOT NULL,
      suspended INTEGER NOT NULL DEFAULT 0, seen_at TEXT NOT NULL);
    CREATE TABLE sessions (
      digest TEXT PRIMARY KEY, person TEXT NOT NULL, csrf TEXT NOT NULL,
      made_at TEXT NOT NULL, used_at TEXT NOT NULL);
    CREATE TABLE tokens (
      id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, person TEXT NOT NULL, label TEXT NOT NULL,
      made_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT, withdrawn_at TEXT);
    CREATE TABLE links (
      digest TEXT PRIMARY KEY, person TEXT NOT NULL, expires_at TEXT NOT NULL);
    CREATE TABLE flows (
      digest TEXT PRIMARY KEY, verifier TEXT NOT NULL, nonce TEXT NOT NULL, goal TEXT NOT NULL,
      expires_at TEXT NOT NULL);
    CREATE TABLE uploads (
      id TEXT PRIMARY KEY, person TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
      content TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, title TEXT, at TEXT NOT NULL,
      decided_by TEXT, decided_at TEXT, filed_as TEXT);
    """,
)
"""What brings the file from version n to version n + 1."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    subject: Subject
    csrf: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it can be shown: never the secret itself."""

    id: str
    person: str
    label: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who came through this door once."""

    id: str
    name: str
    roles: frozenset[Role]
    groups: frozenset[str]
    suspended: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent, and what became of it."""

    id: str
    person: str
    name: str
    size: int
    content: str
    """SHA-256 of its bytes, and its name in the quarantine."""
    state: str
    """ "waiting", "unreadable", "approved" or "refused"."""
    reason: str | None
    title: str | None
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    filed_as: str | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that is under way at the provider."""

    verifier: str
    nonce: str
    goal: str


class WebStore:
    """The door's own file. Every method is one transaction; threads may share it."""

    def __init__(self, workspace: Path, *, idle: timedelta, absolute: timedelta) -> None:
        """Open the file, making or migrating it. Raises WorkspaceError."""
        self._path = workspace / FILE
        self._idle, self._absolute = idle, absolute
        self._lock = threading.Lock()
        try:
            if not self._path.exists():
                os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._database = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA secure_delete=ON")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise WorkspaceError(
                f"{FILE} in the workspace cannot be opened ({error}). Nobody was let in. If it is "
                "damaged, delete it: everybody then signs in again."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # People and their sessions

    def know(
        self,
        person: str,
        name: str,
        roles: frozenset[Role],
        groups: frozenset[str],
        at: datetime,
    ) -> None:
        """Keep who a person is as of now; what they lost they have lost for every credential."""
        with self._writing() as database:
            database.execute(
                "INSERT INTO people (id, name, roles, groups, seen_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, "
                "groups = excluded.groups, seen_at = excluded.seen_at",
                (person, name, _dump(roles), _dump(groups), _time(at)),
            )

    def people(self) -> tuple[Person, ...]:
        """Give everybody who came here, the last seen first."""
        rows = self._all("SELECT * FROM people ORDER BY seen_at DESC, id")
        return tuple(
            Person(
                row["id"],
                row["name"],
                _roles(row["roles"]),
                frozenset(json.loads(row["groups"])),
                bool(row["suspended"]),
                _read(row["seen_at"]),
            )
            for row in rows
        )

    def suspend(self, person: str, suspended: bool) -> bool:
        """Lock a person out, or let them in again; False where nobody is known by that id."""
        with self._writing() as database:
            done = database.execute(
                "UPDATE people SET suspended = ? WHERE id = ?", (int(suspended), person)
            )
            if suspended:
                database.execute("DELETE FROM sessions WHERE person = ?", (person,))
            return bool(done.rowcount)

    def sign_in(self, person: str, at: datetime) -> tuple[str, str]:
        """Begin a session and give (its secret, its CSRF token)."""
        secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._writing() as database:
            database.execute(
                "DELETE FROM sessions WHERE made_at < ?", (_time(at - self._absolute),)
            )
            database.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (digest(secret), person, csrf, _time(at), _time(at)),
            )
        return secret, csrf

    def session(self, secret: str, at: datetime) -> Session | None:
        """Give a session that has neither idled nor aged out, and whose person is let in."""
        row = self._one(
            "SELECT s.*, p.name, p.roles, p.groups, p.suspended FROM sessions s "
            "JOIN people p ON p.id = s.person WHERE s.digest = ?",
            digest(secret),
        )
        if row is None or row["suspended"]:
            return None
        made, used = _read(row["made_at"]), _read(row["used_at"])
        if at - used > self._idle or at - made > self._absolute:
            self.sign_out(secret)
            return None
        if at - used > timedelta(seconds=30):
            with self._writing() as database:
                database.execute(
                    "UPDATE sessions SET used_at = ? WHERE digest = ?", (_time(at), digest(secret))
                )
        return Session(_subject(row, row["person"]), row["csrf"])

    def sign_out(self, secret: str) -> None:
        """End a session."""
        with self._writing() as database:
            database.execute("DELETE FROM sessions WHERE digest = ?", (digest(secret),))

    def sign_out_everywhere(self, person: str) -> None:
        """End all sessions of a person."""
        with self._writing() as database:
            database.execute("DELETE FROM sessions WHERE person = ?", (person,))

    # Tokens

    def make_token(self, person: str, label: str, days: int, at: datetime) -> tuple[str, Token]:
        """Make a token and give its secret, which is never shown again."""
        secret = TOKEN + secrets.token_urlsafe(32)
        token = Token(
            secrets.token_hex(8), person, label, at, at + timedelta(days=days), None, None
        )
        with self._writing() as database:
            database.execute(
                "INSERT INTO tokens (id, digest, person, label, made_at, expires_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (token.id, digest(secret), person, label, _time(at), _time(token.expires_at)),
            )
        return secret, token

    def token(self, secret: str, at: datetime) -> Subject | None:
        """Give whose token this is, where it counts and its person is let in."""
        if not secret.startswith(TOKEN):
            return None
        row = self._one(
            "SELECT t.*, p.name, p.roles, p.groups, p.suspended FROM tokens t "
            "JOIN people p ON p.id = t.person WHERE t.digest = ? AND t.withdrawn_at IS NULL",
            digest(secret),
        )
        if row is None or row["suspended"] or _read(row["expires_at"]) <= at:
            return None
        used = row["used_at"]
        if used is None or at - _read(used) > timedelta(minutes=1):
            with self._writing() as database:
                database.execute(
                    "UPDATE tokens SET used_at = ? WHERE id = ?", (_time(at), row["id"])
                )
        return _subject(row, row["person"])

    def tokens(self, person: str) -> tuple[Token, ...]:
        """Give the tokens of a person, the newest first."""
        rows = self._all("SELECT * FROM tokens WHERE person = ? ORDER BY made_at DESC", person)
        return tuple(
            Token(
                row["id"],
                row["person"],
                row["label"],
                _read(row["made_at"]),
                _read(row["expires_at"]),
                _maybe(row["used_at"]),
                _maybe(row["withdrawn_at"]),
            )
            for row in rows
        )

    def withdraw_token(self, token_id: str, person: str, at: datetime) -> bool:
        """Withdraw a token of a person's own; False where there is none."""
        with self._writing() as database:
            done = database.execute(
                "UPDATE tokens SET withdrawn_at = ? WHERE id = ? AND person = ? "
                "AND withdrawn_at IS NULL",
                (_time(at), token_id, person),
            )
            return bool(done.rowcount)

    # One-time links and sign-ins under way

    def make_link(self, person: str, at: datetime, minutes: int) -> str:
        """Make the secret of a link that signs `person` in once."""
        secret = secrets.token_urlsafe(32)
        with self._writing() as database:
            database.execute("DELETE FROM links WHERE expires_at < ?", (_time(at),))
            database.execute(
                "INSERT INTO links VALUES (?, ?, ?)",
                (digest(secret), person, _time(at + timedelta(minutes=minutes))),
            )
        return secret

    def use_link(self, secret: str, at: datetime) -> str | None:
        """Use a link up and give whom it signs in; None where it is old, used or unknown."""
        row = self._take("links", secret)
        return row["person"] if row is not None and _read(row["expires_at"]) > at else None

    def begin_flow(self, state: str, flow: Flow, at: datetime) -> None:
        """Keep a sign-in at the provider under its state, for ten minutes."""
        with self._writing() as database:
            database.execute("DELETE FROM flows WHERE expires_at < ?", (_time(at),))
            database.execute(
                "INSERT INTO flows VALUES (?, ?, ?, ?, ?)",
                (
                    digest(state),
                    flow.verifier,
                    flow.nonce,
                    flow.goal,
                    _time(at + timedelta(minutes=10)),
                ),
            )

    def end_flow(self, state: str, at: datetime) -> Flow | None:
        """Take a sign-in by its state, once."""
        row = self._take("flows", state)
        if row is None or _read(row["expires_at"]) <= at:
            return None
        return Flow(row["verifier"], row["nonce"], row["goal"])

    # Uploads

    def add_upload(self, upload: Upload) -> None:
        """Keep a file that was sent."""
        with self._writing() as database:
            database.execute(
                "INSERT INTO uploads (id, person, name, size, content, state, reason, title, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    upload.id,
                    upload.person,
                    upload.name,
                    upload.size,
                    upload.content,
                    upload.state,
                    upload.reason,
                    upload.title,
                    _time(upload.at),
                ),
            )

    def uploads(self, person: str | None = None) -> tuple[Upload, ...]:
        """Give the uploads of a person, or all of them, the newest first."""
        if person is None:
            rows = self._all("SELECT * FROM uploads ORDER BY at DESC, id")
        else:
            rows = self._all("SELECT * FROM uploads WHERE person = ? ORDER BY at DESC, id", person)
        return tuple(_upload(row) for row in rows)

    def upload(self, upload_id: str) -> Upload | None:
        """Give an upload by id."""
        row = self._one("SELECT * FROM uploads WHERE id = ?", upload_id)
        return None if row is None else _upload(row)

    def decide_upload(
        self,
        upload_id: str,
        state: str,
        by: str,
        at: datetime,
        *,
        reason: str | None = None,
        filed_as: str | None = None,
    ) -> bool:
        """Settle a waiting upload; False where somebody else was faster."""
        with self._writing() as database:
            done = database.execute(
                "UPDATE uploads SET state = ?, decided_by = ?, decided_at = ?, reason = ?, "
                "filed_as = ? WHERE id = ? AND state = 'waiting'",
                (state, by, _time(at), reason, filed_as, upload_id),
            )
            return bool(done.rowcount)

    # Inside

    def _migrate(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_STEPS):
            raise sqlite3.DatabaseError("it was made by a newer Annexa")
        for number, step in enumerate(_STEPS[version:], version + 1):
            self._database.executescript(
                f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT;"
            )

    def _take(self, table: str, secret: str) -> sqlite3.Row | None:
        with self._writing() as database:
            found: list[sqlite3.Row] = database.execute(
                f"DELETE FROM {table} WHERE digest = ? RETURNING *",  # noqa: S608  our own names
                (digest(secret),),
            ).fetchall()
        return found[0] if found else None

    def _one(self, query: str, *values: object) -> sqlite3.Row | None:
        found = self._all(query, *values)
        return found[0] if found else None

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def digest(secret: str) -> str:
    """Give what is kept of a secret; it has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _subject(row: sqlite3.Row, person: str) -> Subject:
    return Subject(person, row["name"], _roles(row["roles"]), frozenset(json.loads(row["groups"])))


def _upload(row: sqlite3.Row) -> Upload:
    values: dict[str, Any] = dict(row)
    return Upload(
        **values | {"at": _read(values["at"]), "decided_at": _maybe(values["decided_at"])}
    )


def _roles(text: str) -> frozenset[Role]:
    return frozenset(Role(one) for one in json.loads(text))


def _dump(names: frozenset[Any]) -> str:
    return json.dumps(sorted(str(one) for one in names))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _read(text)
