"""The catalogue is one SQLite file that is written whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hand_made import document, passages, row
from sqlalchemy import event

from knowledge import migrations
from knowledge.catalog import Catalog, Changes, Entry, Failure
from knowledge.errors import WorkspaceError
from knowledge.passages import Document, Origin, Status


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "annexa.db"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    opened = Catalog(path, busy_timeout_s=0.2)
    yield opened
    opened.close()


def _entry(owner: Document, *texts: str, soa: dict[str, Any] | None = None) -> Entry:
    made = tuple(passages(owner, *texts))
    return Entry(owner, "1", made, tuple("word" for _ in made), soa)


def _sql(path: Path, command: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(command).fetchall()
    finally:
        connection.close()


def test_a_new_file_is_made_by_the_migrations(catalog: Catalog, path: Path) -> None:
    assert _sql(path, "SELECT version_num FROM alembic_version") == [(migrations.HEAD,)]
    assert catalog.generation() == 0
    assert catalog.snapshot().documents == ()


def test_the_migrations_make_the_tables_that_the_catalogue_reads(
    catalog: Catalog, path: Path
) -> None:
    from knowledge.catalog import _schema

    inspector = sa.inspect(sa.create_engine(f"sqlite:///{path}"))
    for table in _schema.sorted_tables:
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        assert columns == {column.name for column in table.columns}


def test_an_existing_file_is_opened_as_it_is(catalog: Catalog, path: Path) -> None:
    catalog.publish(Changes(put=[_entry(document("a.md"), "Doors are locked.")]))
    catalog.close()
    again = Catalog(path)
    assert again.generation() == 1
    assert [one.source for one in again.snapshot().documents] == ["a.md"]
    again.close()


def test_a_database_of_a_newer_version_is_refused(catalog: Catalog, path: Path) -> None:
    catalog.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(WorkspaceError, match=r"newer Annexa.*Nothing was changed"):
        Catalog(path)


def test_a_damaged_file_is_refused_with_what_to_do(path: Path) -> None:
    path.write_bytes(b"this is no database" * 400)
    with pytest.raises(WorkspaceError, match=r"annexa\.db cannot be opened.*backup"):
        Catalog(path)


def test_what_was_reported_done_survives_a_power_cut(catalog: Catalog) -> None:
    with catalog._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_writing_takes_the_lock_at_once(catalog: Catalog) -> None:
    said: list[str] = []
    event.listen(
        catalog._engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: said.append(statement),
    )
    catalog.set_state({"a": "b"})
    assert said[0] == "BEGIN IMMEDIATE"
    said.clear()
    catalog.generation()
    assert said[0] == "BEGIN"


def test_documents_come_back_as_they_were_put(catalog: Catalog) -> None:
    one = document(
        "a.md", identifier="POL-01", version="1.0", status=Status.RETIRED, read=("hr",),
        supersedes=("X v1",), controls=("A.5.15",), found_in=(("owner", "header"),),
    )  # fmt: skip
    entry = _entry(one, "Doors are locked.", "Über uns: 日本.", soa={"pending": False})
    catalog.publish(Changes(put=[entry], failures=[Failure("b.md", "h", "1", "empty", "empty")]))
    assert catalog.snapshot().documents == (one,)
    assert catalog.passages_of(one.id, "a.md") == entry.passages
    assert catalog.soa(one.id) == {"pending": False}
    assert catalog.snapshot().failures == (Failure("b.md", "h", "1", "empty", "empty"),)


def test_publishing_again_replaces_a_documents_passages(catalog: Catalog) -> None:
    one = document("a.md")
    catalog.publish(Changes(put=[_entry(one, "First.", "Second.")]))
    assert catalog.publish(Changes(put=[_entry(one, "Third.")])) == 2
    assert [passage.text for passage in catalog.passages_of(one.id, "a.md")] == ["Third."]
    catalog.publish(Changes(remove=[one.id]))
    assert list(catalog.all_terms()) == []


def test_documents_may_change_places_in_one_run(catalog: Catalog) -> None:
    a, b = document("a.md", id="1"), document("b.md", id="2")
    catalog.publish(Changes(put=[_entry(a, "A."), _entry(b, "B.")]))
    swapped = [document("b.md", id="1"), document("a.md", id="2")]
    catalog.publish(Changes(put=[_entry(one, "Text.") for one in swapped]))
    assert {one.id: one.source for one in catalog.snapshot().documents} == {
        "1": "b.md",
        "2": "a.md",
    }


def test_a_run_that_fails_half_way_changes_nothing(catalog: Catalog) -> None:
    catalog.publish(Changes(put=[_entry(document("a.md"), "Doors are locked.")]))
    before = catalog.snapshot()
    twice = [_entry(document("same.md", id=one), "Text.") for one in ("1", "2")]
    with pytest.raises(sa.exc.IntegrityError):
        catalog.publish(Changes(put=twice, remove=[before.documents[0].id]))
    assert catalog.snapshot() == before


def test_a_full_disk_leaves_the_old_state_and_says_so(catalog: Catalog) -> None:
    one = document("a.md")
    catalog.publish(Changes(put=[_entry(one, "Doors are locked.")]))
    before = catalog.snapshot()

    def full(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(catalog._engine, "connect", full)
    catalog._engine.dispose()
    long = _entry(document("long.md"), *("word " * 2000 for _ in range(40)))
    with pytest.raises(WorkspaceError, match=r"full.*as it was before.*Make room"):
        catalog.publish(Changes(put=[long], remove=[one.id]))
    assert catalog.snapshot() == before
    assert [passage.text for passage in catalog.passages_of(one.id, "a.md")] == [
        "Doors are locked."
    ]
    event.remove(catalog._engine, "connect", full)
    catalog._engine.dispose()
    assert catalog.publish(Changes(put=[long], remove=[one.id])) == 2


def test_a_database_that_another_process_holds_is_waited_for_and_then_reported(
    catalog: Catalog, path: Path
) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorkspaceError, match=r"locked.*other process"):
        catalog.set_state({"a": "b"})
    assert catalog.generation() == 0
    holder.execute("ROLLBACK")
    holder.close()
    catalog.set_state({"a": "b"})


def test_readers_go_on_while_a_run_is_published(catalog: Catalog, path: Path) -> None:
    catalog.publish(Changes(put=[_entry(document("a.md"), "Doors are locked.")]))
    with catalog._writing() as connection:
        connection.execute(sa.text("DELETE FROM documents"))
        seen: list[int] = []
        other = Catalog(path)
        thread = threading.Thread(target=lambda: seen.append(len(other.snapshot().documents)))
        thread.start()
        thread.join(10)
        other.close()
    assert seen == [1]


def test_many_processes_may_open_a_new_workspace_at_once(path: Path) -> None:
    code = (
        "from pathlib import Path; from knowledge.catalog import Catalog; "
        f"Catalog(Path({str(path)!r}))"
    )
    root = Path(__file__).parent.parent.parent
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    errors = [one.communicate(timeout=120)[1] for one in started]
    assert errors == [b"", b"", b""]


def test_rows_are_found_by_key_in_readable_documents_only(catalog: Catalog) -> None:
    open_soa = document("soa.xlsx", origin=Origin.SOA)
    secret = document("secret.xlsx", origin=Origin.SOA)
    entries = [
        Entry(owner, "1", (row(owner, 0, "A.8.13", "Id: A.8.13"),), ("word",))
        for owner in (open_soa, secret)
    ]
    catalog.publish(Changes(put=entries))
    found = catalog.rows_keyed("a.8.13", {open_soa.id: open_soa.source})
    assert [one.document for one in found] == [open_soa.id]


def test_passages_of_a_document_that_is_not_named_are_left_out(catalog: Catalog) -> None:
    one = document("a.md")
    entry = _entry(one, *(f"Rule {at}." for at in range(1200)))
    catalog.publish(Changes(put=[entry]))
    ids = [passage.id for passage in entry.passages]
    assert len(catalog.passages(ids, {one.id: "a.md"})) == 1200
    assert catalog.passages(ids, {}) == {}
