"""The truth about the library: one SQLite database, reached through SQLAlchemy.

Writing happens in one `BEGIN IMMEDIATE` transaction per run (`publish`), so that a reader sees the
library before a run or after it and never in between. WAL lets readers go on meanwhile;
`synchronous=FULL` makes what was reported done survive a power cut.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy import event

from knowledge import migrations
from knowledge.errors import WorkspaceError
from knowledge.passages import Document, Facts, Locator, Origin, Passage, Span

_FACTS = TypeAdapter(Facts)

_schema = sa.MetaData()
_documents = sa.Table(
    "documents",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source", sa.String),
    sa.Column("origin", sa.String),
    sa.Column("content_hash", sa.String),
    sa.Column("reading", sa.String),
    sa.Column("facts", sa.JSON),
    sa.Column("read", sa.JSON(none_as_null=True)),
    sa.Column("notes", sa.JSON),
    sa.Column("soa", sa.JSON(none_as_null=True)),
)
_passages = sa.Table(
    "passages",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("document_id", sa.String),
    sa.Column("ordinal", sa.Integer),
    sa.Column("text", sa.Text),
    sa.Column("search_text", sa.Text),
    sa.Column("terms", sa.Text),
    sa.Column("locator", sa.JSON),
    sa.Column("spans", sa.JSON),
    sa.Column("controls", sa.JSON),
    sa.Column("row_key", sa.String),
)
_failures = sa.Table(
    "failures",
    _schema,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("content_hash", sa.String),
    sa.Column("reading", sa.String),
    sa.Column("code", sa.String),
    sa.Column("message", sa.Text),
)
_decisions = sa.Table(
    "soa_decisions",
    _schema,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("content_hash", sa.String),
    sa.Column("decision", sa.JSON),
    sa.Column("decided_by", sa.String),
    sa.Column("decided_on", sa.String),
)
_state = sa.Table(
    "state",
    _schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    source: str
    content_hash: str
    reading: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with all that is stored of it, ready to publish.

    `reading` names the version of the code that read it; `soa` is the Statement of Applicability as
    plain JSON, or the questions that stand in its way."""

    document: Document
    reading: str
    passages: tuple[Passage, ...]
    terms: tuple[str, ...]
    soa: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one run changes; published in one transaction or not at all."""

    put: Sequence[Entry] = ()
    remove: Sequence[str] = ()
    failures: Sequence[Failure] | None = None
    """The whole new list of failures; None leaves the old one."""
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue at one moment, without the passages' texts."""

    generation: int
    documents: tuple[Document, ...]
    readings: Mapping[str, str]
    failures: tuple[Failure, ...]
    state: Mapping[str, str]


class Catalog:
    """Documents, passages, failures and state in one SQLite file."""

    def __init__(self, path: Path, *, busy_timeout_s: float = 30.0) -> None:
        """Open `path`, making or migrating it. Raises WorkspaceError with what to do."""
        self._path = path
        self._engine = sa.create_engine(
            f"sqlite:///{path}", connect_args={"timeout": busy_timeout_s}
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        try:
            self._migrate()
        except sa.exc.DatabaseError as error:
            raise WorkspaceError(
                f"{path.name} cannot be opened: {error.orig}. Nothing was changed. If the file is "
                "damaged, restore it from a backup, or move it away and run `annexa index` again."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def generation(self) -> int:
        """Give the number of the last published run; it grows with every change."""
        with self._reading() as connection:
            value = connection.execute(
                sa.select(_state.c.value).where(_state.c.name == "generation")
            ).scalar_one_or_none()
        return int(value or 0)

    def snapshot(self) -> Snapshot:
        """Read everything but passages in one transaction."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(
                    _documents.c.id,
                    _documents.c.source,
                    _documents.c.origin,
                    _documents.c.content_hash,
                    _documents.c.reading,
                    _documents.c.facts,
                    _documents.c.read,
                    _documents.c.notes,
                ).order_by(_documents.c.id)
            ).all()
            failures = connection.execute(sa.select(_failures).order_by(_failures.c.source)).all()
            state = {row.name: row.value for row in connection.execute(sa.select(_state))}
        documents = tuple(
            Document(
                id=row.id,
                source=row.source,
                origin=Origin(row.origin),
                facts=_FACTS.validate_python(row.facts),
                content_hash=row.content_hash,
                read=None if row.read is None else tuple(row.read),
                notes=tuple(row.notes),
            )
            for row in rows
        )
        return Snapshot(
            generation=int(state.get("generation", 0)),
            documents=documents,
            readings={row.id: row.reading for row in rows},
            failures=tuple(Failure(*row) for row in failures),
            state=state,
        )

    def soa(self, document_id: str) -> Mapping[str, Any] | None:
        """Give the stored Statement of Applicability of a document as plain JSON."""
        with self._reading() as connection:
            found = connection.execute(
                sa.select(_documents.c.soa).where(_documents.c.id == document_id)
            ).scalar_one_or_none()
        return dict(found) if found else None

    def soas(self) -> dict[str, Mapping[str, Any]]:
        """Give what is stored of every Statement of Applicability, by source."""
        query = sa.select(_documents.c.source, _documents.c.soa).where(
            _documents.c.soa.is_not(sa.null())
        )
        with self._reading() as connection:
            return {
                row.source: dict(row.soa) for row in connection.execute(query.order_by("source"))
            }

    def passages(self, ids: Sequence[str], sources: Mapping[str, str]) -> dict[str, Passage]:
        """Give the passages with these ids; `sources` maps document ids to sources.

        A passage that is gone, or whose document is not in `sources`, is left out."""
        found: dict[str, Passage] = {}
        with self._reading() as connection:
            for start in range(0, len(ids), 500):
                part = list(ids[start : start + 500])
                query = sa.select(_passages).where(_passages.c.id.in_(part))
                for row in connection.execute(query):
                    if row.document_id in sources:
                        found[row.id] = _passage(row, sources[row.document_id])
        return found

    def passages_of(self, document_id: str, source: str) -> tuple[Passage, ...]:
        """Give a document's passages in reading order."""
        query = (
            sa.select(_passages)
            .where(_passages.c.document_id == document_id)
            .order_by(_passages.c.ordinal)
        )
        with self._reading() as connection:
            return tuple(_passage(row, source) for row in connection.execute(query))

    def rows_keyed(self, key: str, sources: Mapping[str, str]) -> tuple[Passage, ...]:
        """Give the SoA and register rows with this key, ignoring case, in documents of `sources`."""
        query = sa.select(_passages).where(
            _passages.c.row_key > "",  # lets the index pass over all that is no row
            sa.func.lower(_passages.c.row_key) == key.lower(),
        )
        with self._reading() as connection:
            found = [row for row in connection.execute(query) if row.document_id in sources]
        # Sorted here: asked for an order, SQLite reads all passages in that order instead.
        found.sort(key=lambda row: (row.document_id, row.ordinal))
        return tuple(_passage(row, sources[row.document_id]) for row in found)

    def all_terms(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield (passage id, document id, terms, search text) in the order of the caches."""
        query = sa.select(
            _passages.c.id, _passages.c.document_id, _passages.c.terms, _passages.c.search_text
        ).order_by(_passages.c.document_id, _passages.c.ordinal)
        with self._reading() as connection:
            for row in connection.execute(query):
                yield row.id, row.document_id, row.terms, row.search_text

    def decisions(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Give what people settled about SoA files: source → (content hash, decision)."""
        with self._reading() as connection:
            return {
                row.source: (row.content_hash, dict(row.decision))
                for row in connection.execute(sa.select(_decisions))
            }

    def decide(
        self, source: str, content_hash: str, decision: Mapping[str, Any], by: str, on: str
    ) -> None:
        """Keep what a person settled about an SoA file."""
        with self._writing() as connection:
            connection.execute(sa.delete(_decisions).where(_decisions.c.source == source))
            connection.execute(
                sa.insert(_decisions).values(
                    source=source,
                    content_hash=content_hash,
                    decision=dict(decision),
                    decided_by=by,
                    decided_on=on,
                )
            )

    def set_state(self, values: Mapping[str, str]) -> None:
        """Keep settings that are no change of the library."""
        with self._writing() as connection:
            _put_state(connection, values)

    def publish(self, changes: Changes) -> int:
        """Apply a run's changes in one transaction and give the new generation."""
        with self._writing() as connection:
            gone = [*changes.remove, *(entry.document.id for entry in changes.put)]
            for start in range(0, len(gone), 500):
                part = gone[start : start + 500]
                connection.execute(sa.delete(_passages).where(_passages.c.document_id.in_(part)))
                connection.execute(sa.delete(_documents).where(_documents.c.id.in_(part)))
            for entry in changes.put:
                connection.execute(sa.insert(_documents).values(**_document_row(entry)))
                rows = list(_passage_rows(entry))
                if rows:
                    connection.execute(sa.insert(_passages), rows)
            if changes.failures is not None:
                connection.execute(sa.delete(_failures))
                if changes.failures:
                    connection.execute(
                        sa.insert(_failures),
                        [
                            {
                                "source": one.source,
                                "content_hash": one.content_hash,
                                "reading": one.reading,
                                "code": one.code,
                                "message": one.message,
                            }
                            for one in changes.failures
                        ],
                    )
            current = connection.execute(
                sa.select(_state.c.value).where(_state.c.name == "generation")
            ).scalar_one_or_none()
            generation = int(current or 0) + 1
            _put_state(connection, {**changes.state, "generation": str(generation)})
        return generation

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """One transaction that takes the write lock at once: a later upgrade would fail."""
        try:
            with (
                self._engine.connect().execution_options(annexa_write=True) as connection,
                connection.begin(),
            ):
                yield connection
        except sa.exc.OperationalError as error:
            raise WorkspaceError(
                f"the library could not be written ({error.orig}). It is as it was before this "
                "run. Make room or wait for the other process, then run the command again."
            ) from error

    def _migrate(self) -> None:
        with self._engine.connect() as connection:
            present = sa.inspect(connection).has_table("alembic_version")
            version = (
                connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
                if present
                else None
            )
        if version == migrations.HEAD:
            return
        if version is not None and version > migrations.HEAD:
            raise WorkspaceError(
                f"this workspace was made by a newer Annexa (database {version}, this one knows "
                f"{migrations.HEAD}). Nothing was changed. Update Annexa."
            )
        from alembic import command  # noqa: PLC0415  only a new or older workspace needs it
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        with (
            self._engine.connect().execution_options(annexa_write=True) as connection,
            connection.begin(),
        ):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # The driver must not open transactions on its own: `_begin` says how they start.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("annexa_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _put_state(connection: sa.Connection, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        connection.execute(sa.delete(_state).where(_state.c.name == name))
        connection.execute(sa.insert(_state).values(name=name, value=value))


def _document_row(entry: Entry) -> dict[str, Any]:
    document = entry.document
    return {
        "id": document.id,
        "source": document.source,
        "origin": document.origin.value,
        "content_hash": document.content_hash,
        "reading": entry.reading,
        "facts": _FACTS.dump_python(document.facts, mode="json"),
        "read": None if document.read is None else list(document.read),
        "notes": list(document.notes),
        "soa": None if entry.soa is None else json.loads(json.dumps(entry.soa)),
    }


def _passage_rows(entry: Entry) -> Iterable[dict[str, Any]]:
    for passage, terms in zip(entry.passages, entry.terms, strict=True):
        locator = passage.locator
        yield {
            "id": passage.id,
            "document_id": entry.document.id,
            "ordinal": passage.ordinal,
            "text": passage.text,
            "search_text": passage.search_text,
            "terms": terms,
            "locator": {
                "heading_path": list(locator.heading_path),
                "section": locator.section,
                "page": locator.page,
            },
            "spans": [[one.start, one.end, one.section, one.page] for one in passage.spans],
            "controls": list(passage.controls),
            "row_key": locator.row,
        }


def _passage(row: Any, source: str) -> Passage:
    return Passage(
        id=row.id,
        document=row.document_id,
        ordinal=row.ordinal,
        text=row.text,
        search_text=row.search_text,
        locator=Locator(
            source=source,
            heading_path=tuple(row.locator["heading_path"]),
            section=row.locator["section"],
            page=row.locator["page"],
            row=row.row_key,
        ),
        spans=tuple(Span(*one) for one in row.spans),
        controls=tuple(row.controls),
    )
