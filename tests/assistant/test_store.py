"""What the records promise: nothing lost, nothing doubled, nobody else's, and erased is erased."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from turns_made import AT, answer, human, trace

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import QuestionState, TurnState
from assistant.store import FILE, NotAgreed, Records, RecordsError, UnknownRecord
from knowledge.passages import OWNER, PUBLIC, Reader

ANA, BEN = Reader("ana", frozenset({"it"})), Reader("ben")
ROOT = Path(__file__).parents[2]
LATER = AT + timedelta(minutes=5)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(tmp_path)
    opened.start("c1", ANA, "cli", "Backups", AT)
    yield opened
    opened.close()


def _answered(records: Records, at: int = 1) -> str:
    turn = records.begin(f"t{at}", "c1", f"k{at}", f"Question {at}?", None, AT)
    return records.finish(turn.id, answer(), trace(), LATER).id


def _count(records: Records) -> int:
    return records.head().sequence


# Turns


def test_a_turn_comes_back_as_it_was_recorded(records):
    begun = records.begin("t1", "c1", "k1", "How long?", date(2026, 5, 1), AT)
    assert begun.state is TurnState.ASKED
    done = records.finish("t1", answer(), trace(), LATER)
    assert done == replace(
        begun, state=TurnState.ANSWERED, answered_at=LATER, answer=answer(), trace=trace()
    )
    assert records.turn("t1", ANA) == done
    assert records.turns("c1", ANA) == (done,)


def test_records_are_there_after_opening_anew(records, tmp_path):
    done = _answered(records)
    records.close()
    again = Records.open(tmp_path)
    assert again.turn(done, ANA).answer == answer()
    assert again.verify().ok
    again.close()


def test_the_same_key_gives_the_turn_that_is_there(records):
    first = records.begin("t1", "c1", "k", "How long?", None, AT)
    entries = _count(records)
    assert records.begin("t2", "c1", "k", "How long?", None, LATER) == first
    done = records.finish("t1", answer(), trace(), LATER)
    assert records.begin("t3", "c1", "k", "How long?", None, LATER) == done
    assert len(records.turns("c1", ANA)) == 1
    assert _count(records) == entries + 2  # the answer and its call to a model, nothing else


def test_a_key_used_for_another_question_is_refused(records):
    records.begin("t1", "c1", "k", "How long?", None, AT)
    with pytest.raises(NotAgreed, match="another question"):
        records.begin("t2", "c1", "k", "Who?", None, AT)
    with pytest.raises(NotAgreed, match="another question"):
        records.begin("t2", "c1", "k", "How long?", date(2020, 1, 1), AT)


def test_finishing_twice_keeps_the_first_answer(records):
    done = _answered(records)
    entries = _count(records)
    assert records.finish(done, answer("Another."), trace(), LATER).answer == answer()
    assert _count(records) == entries
    assert len(records.egress(done)) == 1


def test_what_has_no_answer_yet_is_pending(records):
    _answered(records, 1)
    begun = records.begin("t2", "c1", "k2", "And now?", None, AT)
    assert records.pending("c1", ANA) == (begun,)
    assert begun.ordinal == 2


def test_a_turn_of_an_unknown_conversation_is_refused(records):
    with pytest.raises(UnknownRecord):
        records.begin("t1", "nowhere", "k", "How long?", None, AT)


def test_a_time_without_a_zone_is_refused(records):
    with pytest.raises(ValueError, match="zone"):
        records.begin("t1", "c1", "k", "How long?", None, datetime(2026, 1, 1))  # noqa: DTZ001
    assert records.turns("c1", ANA) == ()


def test_what_was_sent_to_a_model_is_kept_without_text(records):
    done = _answered(records)
    [egress] = records.egress()
    assert egress.turn == done
    assert egress.call == trace().calls[0]


def test_the_last_thumb_of_a_person_counts(records):
    done = _answered(records)
    records.feedback(done, ANA, True, None, AT)
    records.feedback(done, ANA, False, "too long", LATER)
    records.feedback(done, OWNER, True, None, LATER)
    assert [(one.by, one.good) for one in records.judgements(done)] == [
        ("ana", False),
        (None, True),
    ]


def test_a_question_without_an_answer_cannot_be_judged(records):
    records.begin("t1", "c1", "k", "How long?", None, AT)
    with pytest.raises(NotAgreed):
        records.feedback("t1", ANA, True, None, AT)


# Whose


def test_people_see_their_own_conversations_alone(records):
    records.start("c2", BEN, "cli", "Visitors", LATER)
    records.start("c3", OWNER, "web", "All", LATER)
    assert [one.id for one in records.conversations(ANA)] == ["c1"]
    assert [one.id for one in records.conversations(BEN)] == ["c2"]
    assert [one.id for one in records.conversations(OWNER)] == ["c3"]
    assert records.conversations(PUBLIC) == ()


def test_a_foreign_id_behaves_like_an_unknown_one(records):
    done = _answered(records)
    assert records.conversation("c1", BEN) is records.conversation("nowhere", BEN) is None
    assert records.turns("c1", BEN) == records.turns("nowhere", BEN) == ()
    assert records.turn(done, BEN) is records.turn("nothing", BEN) is None
    assert records.turns_like(done[:1], BEN) == ()
    said = []
    for which in ("c1", "nowhere"):
        for refused in (
            lambda which=which: records.rename(which, BEN, "Mine", AT),
            lambda which=which: records.erase_conversation(which, BEN, AT),
            lambda which=which: (
                records.start(which, BEN, "cli", "Mine", AT)
                if which == "c1"
                else records.rename(which, BEN, "Mine", AT)
            ),
        ):
            with pytest.raises(UnknownRecord) as caught:
                refused()
            said.append(str(caught.value).replace(which, "X"))
    assert len(set(said)) == 1
    with pytest.raises(UnknownRecord):
        records.feedback(done, BEN, True, None, AT)


def test_the_owner_sees_every_turn(records):
    assert records.turn(_answered(records), OWNER) is not None


def test_somebody_without_a_name_has_no_conversation(records):
    with pytest.raises(NotAgreed, match="--user"):
        records.start("c9", PUBLIC, "cli", "x", AT)


def test_a_turn_is_found_by_the_beginning_of_its_id(records):
    for turn in ("ab1", "ab2", "abc", "abcd"):
        records.begin(turn, "c1", turn, turn, None, AT)
    assert [one.id for one in records.turns_like("ab1", ANA)] == ["ab1"]
    assert [one.id for one in records.turns_like("abc", ANA)] == ["abc"]
    assert len(records.turns_like("ab", ANA)) == 4
    assert records.turns_like("%", ANA) == records.turns_like("", ANA) == ()


# Erasing

WORDS = (
    "zebraquestion zebraanswer zebraquote zebrastatement zebranote zebrareason zebratitle zebraperson"
).split()


def _with_secrets(records: Records, turns: int) -> None:
    records.rename("c1", ANA, "zebratitle", AT)
    for at in range(turns):
        filler = "x" * (37 * at % 9000)
        records.begin(f"t{at}", "c1", f"k{at}", f"zebraquestion {filler}", None, AT)
        told = answer(f"zebraanswer {filler} zebraquote")
        records.finish(f"t{at}", told, trace(f"zebrastatement {filler} zebranote"), AT)
        records.feedback(f"t{at}", ANA, False, f"zebrareason {at}", AT)
    records.put_question("zebraperson", AT, asked_by="ana", door="cli", turn="t0")


def _left(place: Path) -> list[str]:
    raw = b"".join(path.read_bytes() for path in place.iterdir())
    return [word for word in WORDS if word.encode() in raw]


def test_an_erased_conversation_leaves_no_text_in_the_files(records, tmp_path):
    _with_secrets(records, 60)
    assert _left(tmp_path) == WORDS
    erased = records.erase_conversation("c1", ANA, LATER)
    assert (erased.turns, erased.swept) == (60, True)
    assert _left(tmp_path) == []
    turn = records.turn("t7", OWNER)
    assert (turn.state, turn.question, turn.answer) == (TurnState.ERASED, None, None)
    assert turn.trace.passages[0].content_hash == trace().passages[0].content_hash
    assert len(records.egress()) == 60
    assert records.conversations(ANA) == ()
    assert records.conversation("c1", ANA) is None
    assert records.question("Q-1").text is None
    assert records.verify().ok


def test_an_erased_person_leaves_no_text_in_the_files(records, tmp_path):
    _with_secrets(records, 5)
    records.start("c2", BEN, "cli", "Visitors", AT)
    records.begin("b1", "c2", "k", "What of visitors?", None, AT)
    records.put_question("zebraperson again", AT, asked_by="ana", door="cli")
    assert records.erase_person("ana", LATER).turns == 5
    assert _left(tmp_path) == []
    assert records.turn("b1", BEN).question == "What of visitors?"
    assert records.verify().ok


def test_an_erased_conversation_takes_no_more_turns_and_answers(records):
    records.begin("t1", "c1", "k1", "zebraquestion", None, AT)
    records.erase_conversation("c1", OWNER, AT)
    assert records.begin("t2", "c1", "k1", "zebraquestion", None, AT).state is TurnState.ERASED
    with pytest.raises(UnknownRecord):
        records.begin("t3", "c1", "k3", "More?", None, AT)
    assert records.finish("t1", answer("zebraanswer"), trace(), AT).answer is None
    assert len(records.egress("t1")) == 1  # what left the machine stays known
    assert records.verify().ok


# Questions to people


def test_a_turn_is_passed_on_once(records):
    _answered(records)
    first = records.put_question("Who?", AT, asked_by=None, door="cli", turn="t1")
    assert records.put_question("Who?", LATER, asked_by=None, door="cli", turn="t1") == first
    assert records.put_question("Else?", AT, asked_by=None, door="cli").id == "Q-2"
    assert [one.id for one in records.questions()] == ["Q-1", "Q-2"]


def test_a_persons_answer_comes_back_to_its_conversation_once(records):
    _answered(records)
    records.put_question("Who?", AT, asked_by=None, door="cli", turn="t1")
    shown = Answer(Kind.ANSWER, "Bo says so.")
    for turn in ("h1", "h2"):
        done = records.answer_question("Q-1", human(), shown, turn, LATER)
    assert (done.state, done.answer) == (QuestionState.ANSWERED, human())
    assert [one.id for one in records.turns("c1", ANA)] == ["t1", "h1"]
    back = records.turn("h1", ANA)
    assert (back.by, back.answer, back.question) == ("Bo Lead", shown, "Who?")
    [delivery] = records.deliveries("cli")
    assert (delivery.turn, delivery.question) == ("h1", "Q-1")
    assert records.deliveries("web") == ()
    records.delivered(delivery.id, LATER)
    entries = _count(records)
    records.delivered(delivery.id, LATER)
    assert records.deliveries("cli") == ()
    assert _count(records) == entries
    assert records.verify().ok


def test_another_answer_takes_the_place_of_the_first(records):
    records.put_question("Who?", AT, asked_by=None, door="cli")
    records.answer_question("Q-1", human(), answer(), "h1", AT)
    records.answer_question("Q-1", human("Now 60 days."), answer(), "h2", AT)
    assert records.question("Q-1").answer.text == "Now 60 days."
    assert len(records.answers("Q-1")) == 2


def test_a_closed_question_keeps_its_reason(records):
    records.put_question("Who?", AT, asked_by=None, door="cli")
    closed = records.close_question("q-1", "asked elsewhere", LATER)
    assert (closed.state, closed.closed_because) == (QuestionState.CLOSED, "asked elsewhere")
    assert records.questions(QuestionState.OPEN) == ()


@pytest.mark.parametrize("wrong", ["Q-9", "Q-", "7", "Q-x", "", "Q-99999999999999"])
def test_an_unknown_question_is_unknown(records, wrong):
    assert records.question(wrong) is None
    with pytest.raises(UnknownRecord):
        records.close_question(wrong, "because", AT)


# The file


def test_two_processes_with_the_same_keys_make_every_turn_once(tmp_path):
    run = [sys.executable, str(ROOT / "tests/support/turns_made.py"), str(tmp_path), "0", "30"]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/support'}", "PATH": ""}
    both = [subprocess.Popen(run, stdout=subprocess.DEVNULL, env=environment) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    records = Records.open(tmp_path)
    turns = records.turns("c", OWNER)
    assert [turn.ordinal for turn in turns] == list(range(1, 31))
    assert [turn.key for turn in turns] == [f"key{at}" for at in range(30)]
    assert len(records.egress()) == 30
    # One start, and per turn a question, an answer and a call.
    assert records.verify().ok
    assert _count(records) == 1 + 3 * 30
    records.close()


def test_the_files_are_for_this_account_alone(records, tmp_path):
    for name in (FILE, "audit.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def _pragma(records: Records, pragma: str) -> None:
    """Set a pragma on every connection from now on."""
    records._engine.dispose()
    sa.event.listen(
        records._engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}")
    )


def test_a_full_disk_keeps_what_was_confirmed_and_says_so(records, tmp_path):
    _answered(records, 1)
    _pragma(records, "max_page_count=1")  # SQLite takes the pages there are for the least
    with pytest.raises(RecordsError, match=r"disk is full.*still there.*Make room"):
        records.begin("t2", "c1", "k2", "x" * 400_000, None, AT)
    records.close()
    again = Records.open(tmp_path)
    assert again.turn("t1", ANA).answer == answer()
    assert again.verify().ok
    _answered(again, 99)
    again.close()


def test_a_file_that_may_only_be_read_is_named(records):
    _answered(records)
    _pragma(records, "query_only=ON")
    with pytest.raises(RecordsError, match=r"only be read.*still there"):
        records.begin("t2", "c1", "k2", "More?", None, AT)
    assert records.turn("t1", ANA).answer == answer()


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(RecordsError, match=r"cannot be opened.*read and write the workspace"):
        Records.open(tmp_path)


def test_a_damaged_file_is_named(records, tmp_path):
    records.close()
    (tmp_path / FILE).write_bytes(b"no database at all" * 400)
    with pytest.raises(RecordsError, match=r"damaged.*backup"):
        Records.open(tmp_path)


def test_records_of_a_newer_annexa_are_left_alone(records, tmp_path):
    records.close()
    with sqlite3.connect(tmp_path / FILE) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(RecordsError, match="newer Annexa"):
        Records.open(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecordsError, match="annexa init"):
        Records.open(tmp_path / "nowhere")


def test_what_is_reported_done_is_on_the_disk(records):
    with records._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
