"""Conversations, questions to people, feedback, replay and the audit log at the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SUPPORT = str(Path(__file__).parent.parent / "support")
if _SUPPORT not in sys.path:
    sys.path.insert(0, _SUPPORT)

from turns_made import AT, answer, trace  # noqa: E402

from assistant.store import Records  # noqa: E402
from knowledge.passages import OWNER, Reader  # noqa: E402

BEN = ("--user", "ben")
BOARD = ("--user", "mia", "--groups", "board")
ANSWERED = (
    *("questions", "answer", "Q-1", "--text", "Visitor logs are kept for 90 days."),
    *("--source", "decision", "--expires", "2026-12-31", "--by", "Bo Lead"),
)
Said = Callable[[str, Reader], str]


@pytest.fixture
def talked(own_annexa) -> Said:
    """Record a turn that cites the first passage of a document, and give its id."""

    def say(source: str, reader: Reader) -> str:
        found = json.loads(own_annexa("search", "ledger walnut badge", "-k", "50", "--json").out)
        passage = next(one["passage"] for one in found["results"] if one["source"] == source)
        documents = json.loads(own_annexa("documents", "--json").out)
        assert source in {one["source"] for one in documents}
        records = Records.open(own_annexa.workspace)
        name = reader.id or "owner"
        records.start(f"c0-{name}", reader, "cli", "About Walnut", AT)
        turn = records.begin(f"ab-{name}", f"c0-{name}", "k", "What of it?", None, AT)
        told = answer("It is Operation Walnut. [1]", source=source, passage=passage)
        records.finish(turn.id, told, trace("It is Walnut.", source=source, passage=passage), AT)
        records.close()
        return turn.id

    return say


def _data(outcome: Any) -> Any:
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_conversations_are_listed_shown_renamed_exported_and_deleted(own_annexa, talked, tmp_path):
    talked("policies/backup.md", OWNER)
    assert "About Walnut" in own_annexa("conversations", "list").out
    shown = own_annexa("conversations", "show", "c0-o")
    assert "Operation Walnut" in shown.out
    assert "What of it?" in shown.out
    assert (
        _data(own_annexa("conversations", "rename", "c0", "Backups", "--json"))["title"]
        == "Backups"
    )
    for name in ("talk.md", "talk.json"):
        out = tmp_path / name
        assert own_annexa("conversations", "export", "c0", "--out", out).code == 0
        assert "Operation Walnut" in out.read_text(encoding="utf-8")
        assert own_annexa("conversations", "export", "c0", "--out", out).code == 2  # is there
    assert json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"][0]["withheld"] is False
    assert _data(own_annexa("conversations", "delete", "c0", "--yes", "--json"))["turns"] == 1
    assert own_annexa("conversations", "show", "c0").code == 1
    assert _data(own_annexa("conversations", "list", "--json")) == []
    assert own_annexa("audit", "verify").code == 0


def test_a_foreign_conversation_and_a_missing_one_look_the_same(own_annexa, talked):
    turn = talked("policies/backup.md", OWNER)
    for command in (
        ("conversations", "show"),
        ("conversations", "export"),
        ("conversations", "delete", "--yes"),
    ):
        foreign = own_annexa(*command, "c0-owner", *BEN)
        missing = own_annexa(*command, "nothing!", *BEN)
        assert foreign.code == missing.code == 1
        assert foreign.err.replace("c0-owner", "X") == missing.err.replace("nothing!", "X")
    for command in (("replay",), ("feedback", "up")):
        foreign = own_annexa(command[0], turn, *command[1:], *BEN)
        missing = own_annexa(command[0], "nothing!", *command[1:], *BEN)
        assert foreign.code == missing.code == 1
        assert foreign.err.replace(turn, "X") == missing.err.replace("nothing!", "X")


def test_an_answer_whose_source_may_no_longer_be_read_is_withheld_everywhere(
    own_annexa, talked, tmp_path
):
    turn = talked("board/merger.md", Reader("ben", frozenset({"board"})))
    board, out = (*BEN, "--groups", "board"), tmp_path / "talk.json"
    assert "Walnut." in own_annexa("replay", turn, *board).out
    own_annexa("conversations", "export", "c0", "--out", out, *BEN)
    said = [out.read_text(encoding="utf-8")]
    for as_json in ((), ("--json",)):
        said.append(own_annexa("conversations", "show", "c0", *BEN, *as_json).out)
        said.append(own_annexa("replay", turn, *BEN, *as_json).out)
    for text in said:
        assert "What of it?" in text
        assert "Operation Walnut" not in text
        assert "It is Walnut" not in text
        assert "merger" not in text.casefold()
    assert "withheld" in said[1]
    passage = _data(own_annexa("replay", turn, *BEN, "--json"))["trace"]["passages"][0]
    assert set(passage) == {"id", "now"}


def test_replay_shows_how_an_answer_came_about(own_annexa, talked):
    turn = talked("policies/backup.md", OWNER)
    own_annexa("feedback", turn, "down", "--reason", "too short")
    data = _data(own_annexa("replay", "ab", "--json"))
    found = data["trace"]
    assert (data["turn"], found["model"], found["groups"]) == (turn, "openai:some-model", ["it"])
    assert found["prompts"] == {"answering": "cd" * 32}
    assert found["passages"][0]["now"] == "unchanged, in a document that changed"
    assert found["passages"][0]["content_hash"] == "ab" * 32
    assert found["checks"][0]["reasons"] == ["number"]
    assert data["sent"][0]["host"] == "127.0.0.1:9"
    assert data["feedback"][0]["reason"] == "too short"
    assert data["audit"][0]["action"] == "turn.asked"
    said = own_annexa("replay", "ab").out
    for part in ("openai:some-model", "cdcdcd", "✗ number", "127.0.0.1:9", "too short", "4,321"):
        assert part in said


def test_a_question_goes_to_a_person_and_its_answer_into_the_library(own_annexa):
    asked = _data(own_annexa("questions", "ask", "How long are visitor logs kept?", *BEN, "--json"))
    assert (asked["id"], asked["asked_by"]) == ("Q-1", None)
    assert _data(own_annexa("questions", "list", "--json"))[0]["asked_by"] is None
    assert own_annexa(*ANSWERED).code == 0
    said = _data(own_annexa("search", "visitor logs kept", "--json", "--user", "eve"))
    assert said["results"][0]["source"] == "answer:Q-1"
    assert own_annexa("index", own_annexa.folder).code == 0
    assert "Bo Lead" in own_annexa("documents", "--json").out
    told = own_annexa("conversations", "show", "", *BEN)
    assert told.code == 1
    [conversation] = _data(own_annexa("conversations", "list", *BEN, "--json"))
    told = own_annexa("conversations", "show", conversation["id"][:6], *BEN)
    assert "90 days" in told.out
    assert "Bo Lead" in told.out
    assert own_annexa("questions", "close", "Q-1", "--because", "wrong").code == 0
    assert "Bo Lead" not in own_annexa("documents", "--json").out
    assert own_annexa("audit", "verify").code == 0


def test_only_a_lead_answers(own_annexa):
    (own_annexa.workspace / "annexa.toml").write_text('[people]\nleads = ["board"]\n')
    own_annexa("questions", "ask", "How long?", "--named", *BEN)
    assert own_annexa(*ANSWERED, *BEN).code == 1
    assert own_annexa(*ANSWERED, "--user", "eve").code == 1
    assert own_annexa(*ANSWERED, *BOARD).code == 0
    assert "ben" in own_annexa("questions", "show", "Q-1", *BOARD).out


def test_the_audit_log_is_checked_against_a_noted_head(own_annexa, talked, tmp_path):
    talked("policies/backup.md", OWNER)
    head = own_annexa("audit", "head").out.strip()
    assert own_annexa("audit", "verify", "--head", head).code == 0
    number, _, digest = head.partition(":")
    report = own_annexa("audit", "verify", "--head", f"{int(number) + 5}:{digest}", "--json")
    assert report.code == 1
    assert json.loads(report.out)["bad"] == int(number) + 1
    out = tmp_path / "audit.jsonl"
    assert own_annexa("audit", "export", "--out", out).code == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, int(number) + 1))
    assert "Walnut" not in out.read_text(encoding="utf-8")
    assert own_annexa("audit", "verify", *BEN).code == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ("questions", "ask"),
        ("questions", "answer", "Q-1", "--text", "x"),
        ("questions", "close", "Q-1"),
        ("feedback", "x", "sideways"),
        ("audit", "verify", "--head", "7"),
        ("conversations", "export", "x", "--out", "talk.pdf"),
        ("conversations", "rename", "x", " "),
    ],
)
def test_a_command_that_is_not_written_right_ends_with_2(annexa, wrong):
    assert annexa(*wrong).code == 2


def test_records_that_cannot_be_used_end_with_3(own_annexa):
    (own_annexa.workspace / "records.db").write_bytes(b"no database" * 1000)
    outcome = own_annexa("conversations", "list")
    assert outcome.code == 3
    assert "backup" in outcome.err
