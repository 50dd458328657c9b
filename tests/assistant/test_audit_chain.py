"""The audit chain shows every change of it; only a cut tail needs a head that was noted elsewhere."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from turns_made import AT, answer, human, trace

from assistant.audit import (
    KEY_FILE,
    AuditError,
    Chain,
    Head,
    Report,
    digest,
    export_lines,
    open_key,
)
from assistant.store import FILE, Records
from knowledge.passages import OWNER

ROWS = 200
COLUMNS = ("sequence", "at", "actor", "action", "subject", "details", "previous", "hash")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose chain has 200 entries."""
    place = tmp_path_factory.mktemp("chain")
    records = Records.open(place)
    key = open_key(place, started=True)
    with records._writing() as connection:
        for at in range(ROWS):
            Chain(key).append(
                connection,
                at=AT,
                actor="owner",
                action="turn.asked",
                subject=f"t{at}",
                details={"question": digest(f"question {at}", "salt"), "characters": at},
            )
    records.close()
    return place


@pytest.fixture
def rows(written: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(written / FILE)) as raw:
        return raw.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY sequence").fetchall()  # noqa: S608


@pytest.fixture
def verify(written: Path) -> Callable[..., Report]:
    """Check rows as somebody with a way around the triggers would leave them."""
    chain = Chain(open_key(written, started=True))
    engine = sa.create_engine("sqlite://")

    def check(rows: list[tuple[object, ...]], anchor: Head | None = None) -> Report:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS audit")
            connection.exec_driver_sql(f"CREATE TABLE audit ({', '.join(COLUMNS)})")
            for row in rows:
                connection.exec_driver_sql("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            return chain.verify(connection, anchor)

    return check


def _head(rows: list[tuple[object, ...]], at: int = -1) -> Head:
    return Head(int(str(rows[at][0])), str(rows[at][7]))


def test_an_undisturbed_chain_is_whole(verify, rows):
    report = verify(rows, _head(rows))
    assert (report.ok, report.count, report.head) == (True, ROWS, _head(rows))
    assert verify(rows, _head(rows, 50)).ok


def test_one_flipped_bit_in_any_row_is_found(verify, rows):
    for at in range(ROWS):
        column = at % len(COLUMNS)
        value = rows[at][column]
        text = str(value)
        place = (7 * at) % len(text)
        flipped = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        row = list(rows[at])
        row[column] = int(flipped) if isinstance(value, int) and flipped.isdecimal() else flipped
        report = verify([*rows[:at], tuple(row), *rows[at + 1 :]])
        assert not report.ok
        assert report.bad is not None
        # A changed number moves the entry, and may be missed earlier than where it stood.
        assert report.bad == at + 1 or (column == 0 and report.bad <= at + 1)


@pytest.mark.parametrize("column", range(len(COLUMNS)))
def test_a_change_of_any_column_is_found(verify, rows, column):
    row = list(rows[100])
    row[column] = None
    assert verify([*rows[:100], tuple(row), *rows[101:]]).bad is not None


@pytest.mark.parametrize("at", [0, 1, 100, ROWS - 2])
def test_a_deleted_entry_is_found(verify, rows, at):
    assert verify(rows[:at] + rows[at + 1 :]).bad == at + 1


@pytest.mark.parametrize("at", [0, 100, ROWS - 2])
def test_swapped_entries_are_found(verify, rows, at):
    numbered = [rows[at + 1], rows[at]]
    swapped = [(rows[at + i][0], *row[1:]) for i, row in enumerate(numbered)]
    assert verify([*rows[:at], *swapped, *rows[at + 2 :]]).bad == at + 1


@pytest.mark.parametrize("at", [0, 100, ROWS])
def test_an_inserted_entry_is_found(verify, rows, at):
    invented = (at + 1, *rows[50][1:])
    later = [(int(str(row[0])) + 1, *row[1:]) for row in rows[at:]]
    assert verify([*rows[:at], invented, *later]).bad == at + 1


def test_a_cut_tail_is_found_by_a_head_that_was_noted(verify, rows):
    anchor = _head(rows)
    for kept in (0, 1, 150, ROWS - 1):
        report = verify(rows[:kept], anchor)
        assert report.bad == kept + 1
        assert f"{ROWS - kept} cut off" in str(report.why)
        assert verify(rows[:kept]).ok


def test_a_chain_written_anew_with_the_key_is_found_by_a_head_that_was_noted(verify, rows, written):
    anchor = _head(rows, 99)
    chain = Chain(open_key(written, started=True))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE audit ({', '.join(COLUMNS)})")
        for _ in range(ROWS):
            chain.append(connection, at=AT, actor="x", action="x", subject="x")
        forged = [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM audit")]
    assert verify(forged).ok
    assert verify(forged, anchor).bad == 100


def test_another_key_is_found(rows, tmp_path):
    Records.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        raw.commit()
    records = Records.open(tmp_path)
    assert records.verify().bad == 1
    records.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2",
        "INSERT INTO audit VALUES (999, '', '', '', '', '', '', '')",
        "INSERT INTO audit VALUES (NULL, '', '', '', '', '', '', '')",
    ],
)
def test_the_database_refuses_to_change_the_chain(written, statement):
    with closing(sqlite3.connect(written / FILE)) as raw, pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)


@pytest.mark.parametrize(
    "text", ["", "7", "7:abc", f"x:{'0' * 64}", f"7:{'g' * 64}", "-1:" + "0" * 64]
)
def test_a_head_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="SEQ:HASH"):
        Head.parse(text)


def test_a_head_reads_as_it_is_written(rows):
    assert Head.parse(str(_head(rows))) == _head(rows)


def test_an_exported_entry_holds_what_is_needed_to_check_it(written, rows):
    records = Records.open(written)
    lines = [json.loads(line) for line in export_lines(records.entries())]
    records.close()
    assert len(lines) == ROWS
    assert list(lines[3]) == list(COLUMNS)
    assert lines[3]["hash"] == lines[4]["previous"]


def test_whoever_has_the_key_can_check_an_export_without_this_program(written):
    records = Records.open(written)
    lines = [json.loads(line) for line in export_lines(records.entries())]
    records.close()
    key = bytes.fromhex((written / KEY_FILE).read_text().strip())
    for line in lines:
        sealed = line.pop("hash")
        pairs = sorted(line["details"].items())
        line["details"] = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
        body = json.dumps(line, sort_keys=True, separators=(",", ":"))
        message = (line["previous"] + body).encode("ascii")
        assert hmac.new(key, message, "sha256").hexdigest() == sealed


# Beside the records


@pytest.fixture
def used(tmp_path):
    """A workspace in which a question was asked, answered, and passed on to a person."""
    records = Records.open(tmp_path)
    records.start("c", OWNER, "cli", "Title words", AT)
    records.begin("t", "c", "k", "Question words?", None, AT)
    records.finish("t", answer("Answer words."), trace("Statement words."), AT)
    records.feedback("t", OWNER, False, "Reason words.", AT)
    records.put_question("Person words?", AT, asked_by=None, door="cli", turn="t")
    records.answer_question("Q-1", human("Human words."), answer("Human words."), "h", AT)
    records.close()
    return tmp_path


def test_the_chain_holds_no_text(used):
    records = Records.open(used)
    said = "\n".join(export_lines(records.entries()))
    records.close()
    assert "words" not in said
    assert said.count("\n") >= 7


@pytest.mark.parametrize(
    ("statement", "unlike"),
    [
        ("UPDATE turns SET question = 'Another?' WHERE id = 't'", ("t",)),
        ("UPDATE turns SET answer = replace(answer, 'Answer', 'Forged') WHERE id = 't'", ("t",)),
        ("UPDATE turns SET trace = replace(trace, 'number', 'nothing') WHERE id = 't'", ("t",)),
        ("UPDATE turns SET answer = replace(answer, 'Human', 'Forged') WHERE id = 'h'", ("h",)),
        ("UPDATE turns SET state = 'erased', question = NULL WHERE id = 't'", ("t",)),
        ("UPDATE person_questions SET text = 'Another?'", ("Q-1",)),
        ("UPDATE person_answers SET text = 'Forged.'", ("Q-1",)),
        ("UPDATE person_answers SET expires = '2099-01-01'", ("Q-1",)),
        ("DELETE FROM turns WHERE id = 'h'", ("h",)),
        ("DELETE FROM person_answers", ("Q-1",)),
        (
            "INSERT INTO turns SELECT 'new', conversation, 9, 'new', state, asked_at, question, "
            "as_of, answered_at, answer, trace, by, salt FROM turns WHERE id = 't'",
            ("new",),
        ),
    ],
)
def test_a_record_changed_behind_the_chain_is_found(used, statement, unlike):
    with closing(sqlite3.connect(used / FILE)) as raw:
        raw.execute(statement)
        raw.commit()
    records = Records.open(used)
    report = records.verify()
    records.close()
    assert report.bad is None
    assert report.unlike == unlike
    assert not report.ok


def test_a_tail_cut_off_without_its_turns_shows_by_itself(used):
    with closing(sqlite3.connect(used / FILE)) as raw:
        raw.execute("DROP TRIGGER audit_refuses_delete")
        raw.execute("DELETE FROM audit WHERE sequence > 2")
        raw.commit()
    records = Records.open(used)
    report = records.verify()
    records.close()
    assert report.bad is None
    assert set(report.unlike) == {"h", "t", "Q-1"}


def test_a_missing_key_is_named_and_never_replaced(used):
    (used / KEY_FILE).unlink()
    with pytest.raises(AuditError, match=r"missing.*backup"):
        Records.open(used)
    assert not (used / KEY_FILE).exists()


@pytest.mark.parametrize("content", ["", "no key", "ab" * 16])
def test_a_key_that_is_none_is_named(used, content):
    (used / KEY_FILE).write_text(content)
    with pytest.raises(AuditError, match="does not hold a key"):
        Records.open(used)


def test_a_digest_without_its_salt_says_nothing_about_a_text():
    assert digest("yes", "one") != digest("yes", "another")
    assert digest(None, "one") is None
