"""The inbox and outbox of a door: once in, once leased, once out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.inbox import Arrival, EventState, Inbox, Place
from assistant.store import Records

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    records = Records.open(tmp_path)
    yield Inbox(records, "slack")
    records.close()


def arrival(event: str, lane: str = "L1", position: str = "1", **body: str) -> Arrival:
    return Arrival("T1", event, "question", f"key-{event}", lane, position, body)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_an_event_comes_in_once_however_often_it_is_sent(inbox: Inbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda _: inbox.put(arrival("E1"), AT), range(16)))
    assert sorted(new) == [False] * 15 + [True]
    assert inbox.put(replace(arrival("E1"), team="T2"), AT)


def test_an_event_is_leased_to_one_worker(inbox: Inbox) -> None:
    for number in range(5):
        inbox.put(arrival(f"E{number}", lane=f"L{number}"), AT)
    start = threading.Barrier(10)

    def claim(number: int) -> int | None:
        start.wait()
        found = inbox.claim(f"w{number}", after(1), LEASE)
        return found.id if found else None

    with ThreadPoolExecutor(10) as pool:
        taken = [one for one in pool.map(claim, range(10)) if one is not None]
    assert sorted(taken) == [1, 2, 3, 4, 5]


def test_a_lease_that_ran_out_is_taken_over_and_its_first_holder_changes_nothing(
    inbox: Inbox,
) -> None:
    inbox.put(arrival("E1", text="words"), AT)
    first = inbox.claim("w1", AT, LEASE)
    assert first is not None
    assert inbox.claim("w2", after(29), LEASE) is None
    second = inbox.claim("w2", after(31), LEASE)
    assert second is not None
    assert (second.attempts, second.body) == (2, {"text": "words"})
    assert not inbox.renew(first.id, "w1", after(90))
    assert not inbox.done(first.id, "w1", after(32), "answered")
    assert inbox.done(first.id, "w2", after(33), "answered")
    assert inbox.counted() == {"done": 1}


def test_a_renewed_lease_holds(inbox: Inbox) -> None:
    inbox.put(arrival("E1"), AT)
    event = inbox.claim("w1", AT, LEASE)
    assert event is not None
    assert inbox.renew(event.id, "w1", after(60))
    assert inbox.claim("w2", after(45), LEASE) is None


def test_a_lane_is_worked_in_the_order_of_its_positions_and_others_do_not_wait(
    inbox: Inbox,
) -> None:
    inbox.put(arrival("late", position="2"), AT)
    inbox.put(arrival("early", position="1"), after(1))
    inbox.put(arrival("other", lane="L2"), after(2))
    first = inbox.claim("w1", after(3), LEASE)
    second = inbox.claim("w2", after(3), LEASE)
    assert first is not None
    assert second is not None
    assert (first.key, second.key) == ("key-early", "key-other")
    inbox.later(first.id, "w1", after(60), counts=True)
    assert inbox.claim("w1", after(5), LEASE) is None  # its lane waits with it
    again = inbox.claim("w1", after(61), LEASE)
    assert again is not None
    assert (again.key, again.attempts) == ("key-early", 2)


def test_what_slack_put_off_is_no_attempt(inbox: Inbox) -> None:
    inbox.put(arrival("E1"), AT)
    event = inbox.claim("w1", AT, LEASE)
    assert event is not None
    inbox.later(event.id, "w1", after(5), counts=False)
    again = inbox.claim("w1", after(5), LEASE)
    assert again is not None
    assert again.attempts == 1


def test_a_message_can_be_changed_or_withdrawn_until_somebody_begins(inbox: Inbox) -> None:
    inbox.put(arrival("E1", text="old"), AT)
    assert inbox.rewrite("key-E1", ("question",), {"text": "new"})
    event = inbox.claim("w1", AT, LEASE)
    assert event is not None
    assert event.body == {"text": "new"}
    assert not inbox.rewrite("key-E1", ("question",), None)
    inbox.put(arrival("E2", lane="L2"), AT)
    assert inbox.rewrite("key-E2", ("question",), None)
    assert inbox.claim("w2", AT, LEASE) is None


def test_texts_go_with_the_work_and_keys_go_later(inbox: Inbox) -> None:
    inbox.put(arrival("E1", text="secret words"), AT)
    event = inbox.claim("w1", AT, LEASE)
    assert event is not None
    inbox.done(event.id, "w1", after(1), "gone", EventState.FAILED)
    assert inbox.forget(after(1)) == 0
    assert not inbox.put(arrival("E1"), after(2))
    assert inbox.forget(after(2)) == 1
    assert not inbox.seen("key-E1", "question")


def test_a_post_is_reserved_once_and_remembers_its_parts(inbox: Inbox) -> None:
    def reserve(channel: str) -> str:
        return inbox.reserve(
            "k", AT, channel=channel, thread="1", person="U1", visible=True, audience="a"
        ).channel

    assert (reserve("C1"), reserve("C2")) == ("C1", "C1")
    post = inbox.amend("k", AT, parts=["1.1", "1.2"], turn="t")
    assert (post.parts, post.turn, post.sent) == (("1.1", "1.2"), "t", False)
    assert inbox.amend("k", AT, sent=True).sent
    assert inbox.standing_in("C1") == {"1.1", "1.2"}


def test_a_place_keeps_its_first_conversation(inbox: Inbox) -> None:
    place = Place("T1", "C1", "1.1", "U1", "c1")
    assert inbox.settle(place, AT) == "c1"
    assert inbox.settle(replace(place, conversation="c2"), AT) == "c1"
    assert inbox.place("T1", "C1", "1.1", "U2") is None
    assert inbox.places_of("c1") == (place,)


def test_a_person_is_bound_once_and_an_account_to_one_person(inbox: Inbox) -> None:
    assert inbox.bind("T1", "U1", "ana@example.com", AT) == "ana@example.com"
    assert inbox.bind("T1", "U1", "lead@example.com", AT) == "ana@example.com"
    assert inbox.bind("T1", "U2", "ana@example.com", AT) is None
    assert inbox.bound("T1") == {"U1": "ana@example.com"}


def test_doors_do_not_see_each_others_events(tmp_path: Path) -> None:
    records = Records.open(tmp_path)
    Inbox(records, "other").put(arrival("E1"), AT)
    assert Inbox(records, "slack").claim("w", AT, LEASE) is None
    records.close()
