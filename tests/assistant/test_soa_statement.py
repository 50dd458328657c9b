"""The statement's versions: recorded, edited, approved for one content, exported, and answering."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hand_made import HashEmbedder, InProcessParser, few_guidance_documents

from assistant.controlling.impact import impact, quoted_in_answers, quoted_in_plans
from assistant.controlling.statement import (
    approve,
    catch_up,
    content,
    edit,
    readable,
    standing,
    take,
    to_export,
)
from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import PassageUse, Trace
from assistant.domain.plan import Finding, Plan, Source
from assistant.soa_store import How, SoaStore
from assistant.store import NotAgreed, Records, UnknownRecord
from knowledge import syncing
from knowledge.controls import register
from knowledge.library import Library
from knowledge.passages import OWNER, Citation, Origin, Reader
from knowledge.soa import Field
from knowledge.soa.differing import difference
from knowledge.soa.exporting import to_xlsx
from knowledge.soa.linting import lint
from knowledge.view import View

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POLICY = """\
---
title: Backup Policy
identifier: POL-20
version: "2.0"
status: approved
approved: 2026-01-10
owner: Head of IT
---
# Backup Policy

## 1 Keeping (A.8.13)

Backups of the ledger must be kept for 47 days. Restores are tested every quarter.
"""


def statement(**owners: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Statement of Applicability"])
    writer.writerow(["Version", "1.0"])
    writer.writerow(["Approved by", "Ada Park"])
    writer.writerow(["Approved on", "2026-02-01"])
    writer.writerow([])
    writer.writerow(["Control ID", "Control", "Applicable", "Justification", "Status", "Policy",
                     "Owner"])  # fmt: skip
    for control in register().controls:
        owner = owners.get(control.id.replace(".", "_"), "Ada Park")
        writer.writerow([control.id, control.title, "Yes", f"Because of {control.title}",
                         "Implemented", "POL-20" if control.id == "A.8.13" else "", owner])  # fmt: skip
    return out.getvalue()


@dataclass
class House:
    """A workspace with its folder, and what is opened on it."""

    folder: Path
    library: Library
    records: Records

    @property
    def store(self) -> SoaStore:
        return SoaStore(self.records)

    def view(self, reader: Reader = OWNER) -> View:
        return self.library.view(reader, today=TODAY)

    def write(self, name: str, data: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        self.library.sync(self.folder)

    def caught_up(self) -> SoaStore:
        catch_up(self.library, self.view(), self.store, NOW)
        return self.store


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(syncing, "Parser", InProcessParser)
    monkeypatch.setattr(syncing, "guidance_documents", few_guidance_documents)
    library = Library.open(tmp_path / "workspace", HashEmbedder(), create=True)
    made = House(tmp_path / "documents", library, Records.open(tmp_path / "workspace"))
    made.folder.mkdir()
    (made.folder / "backup.md").write_text(POLICY, encoding="utf-8")
    made.write("soa.csv", statement())
    yield made
    made.records.close()
    library.close()


def test_an_indexed_file_is_recorded_once_with_its_hash(house: House):
    house.caught_up()
    (version,) = house.caught_up().versions()
    assert version.how is How.INDEXED
    document = house.view().soa_document()
    assert document is not None
    assert version.file_hash == document.content_hash


def test_a_changed_file_is_another_version(house: House):
    house.caught_up()
    house.write("soa.csv", statement(A_5_7="Ben Ito"))
    store = house.caught_up()
    assert [one.number for one in store.versions()] == [1, 2]
    changed = difference(store.content(1), store.content(2)).rows
    assert [row.control for row in changed] == ["A.5.7"]


def test_an_edit_is_a_version_that_does_not_answer_before_it_is_indexed(house: House):
    store = house.caught_up()
    edit(store, "A.5.7", {Field.OWNER: "Ben Ito"}, by="Cleo", why="Ada left", at=NOW)
    row = house.view().soa().row("A.5.7")  # type: ignore[union-attr]
    assert row is not None
    assert row.owner == "Ada Park"
    state = standing(house.library, house.view(), store)
    assert "does not count yet" in state.said
    assert [change.control for change in state.ahead.rows] == ["A.5.7"]


def test_an_exported_version_answers_once_it_is_indexed(house: House):
    store = house.caught_up()
    version, _ = edit(store, "A.5.7", {Field.OWNER: "Ben Ito"}, by="Cleo", why="Ada left", at=NOW)
    approve(store, 2, version.hash[:12], by="Dan", label="1.1", day=TODAY, at=NOW)
    house.write("soa_1.1.xlsx", to_xlsx(to_export(store, 2)))
    store = house.caught_up()
    row = house.view().soa().row("A.5.7")  # type: ignore[union-attr]
    assert row is not None
    assert row.owner == "Ben Ito"
    state = standing(house.library, house.view(), store)
    assert not state.ahead
    assert "It says what Dan approved" in state.said


def test_an_edit_that_changes_nothing_is_refused(house: House):
    store = house.caught_up()
    with pytest.raises(NotAgreed, match="already"):
        edit(store, "A.5.7", {Field.OWNER: "Ada Park"}, by="Cleo", why="?", at=NOW)


def test_an_approval_is_bound_to_what_was_shown(house: House):
    store = house.caught_up()
    with pytest.raises(NotAgreed, match="not what version 1 says"):
        approve(store, 1, "0" * 64, by="Dan", label=None, day=TODAY, at=NOW)
    assert store.version(1).approval is None


def test_an_approval_ends_when_another_content_follows(house: House):
    store = house.caught_up()
    approve(store, 1, store.version(1).hash, by="Dan", label=None, day=TODAY, at=NOW)
    edit(store, "A.5.7", {Field.OWNER: "Ben Ito"}, by="Cleo", why="Ada left", at=NOW)
    approval = store.version(1).approval
    assert approval is not None
    assert not approval.holds
    assert to_export(store, 2).header.approver is None


def test_only_the_last_version_can_be_approved(house: House):
    store = house.caught_up()
    edit(store, "A.5.7", {Field.OWNER: "Ben Ito"}, by="Cleo", why="Ada left", at=NOW)
    with pytest.raises(NotAgreed, match="not the last one"):
        approve(store, 1, store.version(1).hash, by="Dan", label=None, day=TODAY, at=NOW)


def test_rows_of_a_file_are_taken_one_by_one(house: House):
    store = house.caught_up()
    house.write("soa.csv", statement(A_5_7="Ben Ito", A_5_8="Eve Lim"))
    new = house.view().soa()
    assert new is not None
    version, changes = take(store, new, {"A.5.8"}, by="Cleo", at=NOW, file_hash="f" * 64)
    assert (version.how, version.file_hash) == (How.ACCEPTED, None)
    assert [row.control for row in changes.rows] == ["A.5.8"]
    owner = store.content(version.number).row("A.5.7")
    assert owner is not None
    assert owner.owner == "Ada Park"


def test_a_version_made_meanwhile_is_not_overwritten(house: House):
    store = house.caught_up()
    from assistant.soa_store import NewVersion

    new = NewVersion(store.content(1), How.EDITED, "Cleo")
    store.add(new, NOW, after=1)
    with pytest.raises(NotAgreed, match="meanwhile"):
        store.add(new, NOW, after=1)


def test_every_step_stands_in_the_audit_chain(house: House):
    store = house.caught_up()
    version, _ = edit(store, "A.5.7", {Field.OWNER: "Ben Ito"}, by="Cleo", why="Ada left", at=NOW)
    approve(store, 2, version.hash, by="Dan", label=None, day=TODAY, at=NOW)
    soa = store.content(2)
    store.waive(lint(soa, today=TODAY)[:1], "known", "Dan", TODAY, NOW)
    actions = [entry.action for entry in house.records.entries()]
    assert actions == ["soa.version", "soa.version", "soa.approved", "soa.waived"]
    assert house.records.verify().ok
    assert "Ben Ito" not in str(house.records.entries())


def test_a_content_that_was_changed_in_the_file_of_records_shows(house: House):
    store = house.caught_up()
    assert store.unlike() == ()
    with sqlite3.connect(house.library.workspace / "records.db") as connection:
        connection.execute("UPDATE soa_versions SET content = replace(content, 'Ada', 'Eve')")
    connection.close()
    assert store.unlike() == (1,)


def test_a_version_of_a_file_without_the_right_looks_like_none(house: House):
    store = house.caught_up()
    access = 'rules:\n  - {path: "soa.csv", read: [management]}\n'
    (house.library.workspace / "access.yaml").write_text(access, encoding="utf-8")
    ana, lead = Reader(id="ana"), Reader(id="lead", groups=frozenset({"management"}))
    assert readable(house.library, store, ana) == ()
    with pytest.raises(UnknownRecord):
        content(house.library, store, 1, ana)
    assert content(house.library, store, 1, lead).rows


def _answered(house: House, quote: str) -> None:
    document = next(d for d in house.view().documents if d.source == "backup.md")
    passage = house.view().passages_of(document.id)[0]
    house.records.start("c1", OWNER, "cli", "t", NOW)
    house.records.begin("t1", "c1", "k1", "How long are backups kept?", None, NOW)
    at = Citation(Origin.DOCUMENT, "backup.md", "Backup Policy", quote, passage.id, "POL-20", "2.0")
    use = PassageUse(passage.id, "backup.md", document.id, "2.0", document.content_hash,
                     "in force", cited=True)  # fmt: skip
    trace = Trace(1, TODAY, None, None, (), True, "answer", passages=(use,))
    house.records.finish("t1", Answer(Kind.ANSWER, quote, (at,)), trace, NOW)


def _touched(house: House) -> list[tuple[str, str, str | None]]:
    found = impact(house.view(), [lambda: quoted_in_answers(house.records)])
    return [(q.quoting.id, q.state.value, q.now.quote if q.now else None) for q in found.quotes]


QUOTE = "Backups of the ledger must be kept for 47 days."


def test_an_answer_whose_quote_stands_is_left_alone(house: House):
    _answered(house, QUOTE)
    house.write("backup.md", POLICY.replace("every quarter", "every month"))
    assert _touched(house) == []


def test_an_answer_whose_quote_changed_is_named_with_what_is_said_now(house: House):
    _answered(house, QUOTE)
    house.write("backup.md", POLICY.replace("47 days", "60 days").replace('"2.0"', '"2.1"'))
    assert _touched(house) == [("t1", "changed", "Backups of the ledger must be kept for 60 days.")]


def test_an_answer_whose_document_is_gone_is_named(house: House):
    _answered(house, QUOTE)
    (house.folder / "backup.md").unlink()
    house.library.sync(house.folder)
    assert _touched(house) == [("t1", "gone", None)]


def test_rows_that_refer_to_a_document_newer_than_their_review_are_named(house: House):
    newer = POLICY.replace("2026-01-10", "2026-06-10")
    house.write("backup.md", newer)
    found = impact(house.view(), [])
    assert [(one.row.control_id, one.document) for one in found.rows] == [("A.8.13", "backup.md")]


def test_a_new_version_beside_the_old_names_the_rows_whose_rules_changed(house: House):
    newer = POLICY.replace("2026-01-10", "2026-06-10").replace('"2.0"', '"3.0"')
    house.write("backup_v3.md", newer.replace("47 days", "60 days"))
    (row,) = impact(house.view(), []).rows
    assert [change.values for change in row.changes] == [("47 days", "60 days")]


def test_a_plan_whose_quote_changed_is_named(house: House):
    at = Citation(Origin.DOCUMENT, "backup.md", "Backup Policy", QUOTE, "p", "POL-20", "2.0")
    finding = Finding("F-1", "Restores were not tested", Source.INTERNAL)
    plan = Plan("CAP-1", finding, citations=(at,))
    house.write("backup.md", POLICY.replace("47 days", "60 days"))
    found = impact(house.view(), [lambda: quoted_in_plans([plan])])
    assert [(one.quoting.kind, one.quoting.id) for one in found.quotes] == [("plan", "CAP-1")]
