"""Plans in the records: nothing is lost, doubled or overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from plans_made import AT, DRAFTER, PLANNER, finding_of, whole_case

from assistant.domain import casework
from assistant.domain.plan import Entry, Field
from assistant.planning.conversation import reply
from assistant.planning.register import RegisterEntry
from assistant.planning.store import PlanStore
from assistant.store import NotAgreed, Records, UnknownRecord


@pytest.fixture
def records(tmp_path) -> Iterator[Records]:
    opened = Records.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def store(records) -> PlanStore:
    return PlanStore(records)


def made(plan_id: str):
    case = whole_case()
    return replace(case, plan=replace(case.plan, id=plan_id))


def keep(store: PlanStore, key: str = "one"):
    return store.create(made, key=key, by=DRAFTER.name, at=AT)


def changed(case, text: str):
    plan = case.plan.with_entry(Field.EXTENT, Entry(text=text))
    return casework.revise(case, plan, by=DRAFTER.name, at=AT)


def test_plans_are_numbered_within_the_year(store) -> None:
    assert [keep(store, key).case.plan.id for key in ("a", "b")] == ["CAP-2026-001", "CAP-2026-002"]


def test_the_same_key_is_the_same_plan_and_the_same_step(store) -> None:
    first = keep(store)
    assert keep(store) == first
    case = changed(first.case, "All 3 checked")
    once = store.save(case, 1, key="k", by=DRAFTER.name, at=AT, action="edit")
    again = store.save(case, 1, key="k", by=DRAFTER.name, at=AT, action="edit")
    assert once == again
    assert [one.revision for one in store.revisions(first.case.plan.id)] == [1, 2]


def test_a_step_on_an_old_revision_is_refused(store) -> None:
    first = keep(store)
    store.save(changed(first.case, "All 3"), 1, key="k", by=DRAFTER.name, at=AT, action="edit")
    with pytest.raises(NotAgreed, match="changed meanwhile"):
        store.save(changed(first.case, "All 4"), 1, key="l", by=DRAFTER.name, at=AT, action="edit")


def test_a_plan_comes_back_as_it_was_kept(store) -> None:
    first = keep(store)
    assert store.get("CAP-2026-001") == first
    assert store.get("F-1") == first
    with pytest.raises(UnknownRecord):
        store.get("CAP-2020-001")


def test_every_step_is_in_the_audit_chain_without_texts(store, records) -> None:
    keep(store)
    entries = [one for one in records.entries() if one.subject == "CAP-2026-001"]
    assert [one.action for one in entries] == ["plan.drafted"]
    assert "FIN" not in str(entries)
    assert records.verify().ok


def test_a_revision_cannot_be_changed_or_deleted(store, records) -> None:
    keep(store)
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        records.writing() as connection,
    ):
        connection.execute(sa.text("UPDATE plan_revisions SET state = 'effective'"))
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        records.writing() as connection,
    ):
        connection.execute(sa.text("DELETE FROM plan_revisions"))


def test_a_reply_keeps_conversation_and_draft_together(store) -> None:
    talk = PLANNER.begin("CAP", finding_of("W2"))
    kept = store.create(
        lambda plan_id: casework.begin(replace(talk.plan, id=plan_id), by="Mara", at=AT),
        key="k",
        by="Mara",
        at=AT,
    )
    talk = reply(replace(talk, plan=kept.case.plan), "yes", by="Mara", at=AT)
    case = casework.revise(kept.case, talk.plan, by="Mara", at=AT)
    after = store.save_with_talk(case, 1, talk, key="r1", by="Mara", at=AT)
    assert store.save_with_talk(case, 1, talk, key="r1", by="Mara", at=AT) == after
    assert store.talk(kept.case.plan.id) == talk
    assert store.get(kept.case.plan.id).case.plan == talk.plan


def test_importing_the_same_register_twice_changes_nothing(store) -> None:
    entry = RegisterEntry("CAR-1", "CAR-1", "audit", None, "7.2", "t", "minor", "", "open", "")
    assert store.take_entries((entry,), "r.csv", by="Mara", at=AT) == (1, 0)
    assert store.take_entries((entry,), "r.csv", by="Mara", at=AT) == (0, 0)
    assert store.take_entries((replace(entry, state="closed"),), "r.csv", by="Mara", at=AT) == (
        0,
        1,
    )
    assert store.entries() == (replace(entry, state="closed"),)
