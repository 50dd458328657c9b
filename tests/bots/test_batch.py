"""Questions and searches in bulk, as `docs/formats.md` promises them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from bots.cli.lines import SCHEMAS, schema_text

SCHEMA_FOLDER = Path(__file__).parents[2] / "bots" / "schemas"


def _schema(name: str) -> Draft202012Validator:
    text = (SCHEMA_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=FormatChecker())


@pytest.fixture
def bulk(annexa, tmp_path):
    """Run a batch of lines and give (exit code, output lines, what was said)."""

    def run(command: str, lines: Sequence[dict[str, Any] | str | bytes]):
        raw = [
            one
            if isinstance(one, bytes)
            else (one if isinstance(one, str) else json.dumps(one)).encode()
            for one in lines
        ]
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_bytes(b"\n".join(raw) + b"\n")
        outcome = annexa(command, "--batch", source, "--out", out)
        answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        for answer in answers:
            _schema(f"{command}-out").validate(answer)
        return outcome.code, answers, outcome.err

    return run


def test_answers_come_in_order_and_a_bad_line_stays_alone(bulk):
    code, answers, said = bulk(
        "ask",
        [
            {"id": "a", "question": "How long are backups of the ledger kept?"},
            {"id": "b", "question": "How long?", "grops": ["x"]},
            "{not json",
            '["a list"]',
            b"\xff\xfe",
            {
                "id": 7,
                "question": "How long are backups of the ledger kept?",
                "as_of": "2026-05-01",
            },
            {"question": "no id"},
        ],
    )
    assert code == 1
    assert [one["id"] for one in answers] == ["a", "b", None, None, None, 7, None]
    kinds = [one["kind"] for one in answers]
    assert kinds[0] == kinds[5] == "answer"
    assert [kinds[at] for at in (1, 2, 3, 4, 6)] == ["error"] * 5
    assert "line 2" in answers[1]["answer"]
    assert "'grops'" in answers[1]["answer"]
    assert "'id'" in answers[6]["answer"]
    assert "line 3" in said
    assert answers[0]["citations"][0]["source"] == "policies/backup.md"
    assert answers[0]["refused"] is False


def test_a_good_batch_ends_with_0_and_repeats_itself(bulk):
    lines = [
        {"id": str(n), "question": "How long are backups of the ledger kept?"} for n in range(2)
    ]
    code, first, _ = bulk("ask", lines)
    _, second, _ = bulk("ask", lines)
    for answer in (*first, *second):
        assert answer.pop("latency_s") >= 0
    assert code == 0
    assert first == second


def test_a_line_without_groups_reads_as_everyone_and_a_name_is_in_no_group(bulk):
    asked = {"question": "Which name does the merger carry?"}
    _, answers, _ = bulk(
        "ask",
        [
            {"id": 1, **asked},
            {"id": 2, **asked, "user": "board"},
            {"id": 3, **asked, "user": "ann", "groups": ["board"]},
            {"id": 4, **asked, "groups": []},
            {"id": 5, **asked, "groups": None},
        ],
    )
    told = [("Walnut" in json.dumps(one)) for one in answers]
    assert told == [False, False, True, False, False]
    assert {key: value for key, value in answers[0].items() if key not in {"id", "latency_s"}} == {
        key: value for key, value in answers[1].items() if key not in {"id", "latency_s"}
    }


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ({"id": 1, "question": ""}, "'question'"),
        ({"id": 1, "question": " \n"}, "'question'"),
        ({"id": 1, "question": "x" * 8001}, "8,001 characters"),
        ({"id": 1, "question": "x", "as_of": "yesterday"}, "'as_of'"),
        ({"id": 1, "question": "x", "as_of": "2026-02-30"}, "'as_of'"),
        ({"id": 1, "question": "x", "groups": "board"}, "'groups'"),
        ({"id": 1, "question": "x", "history": [{"role": "user"}]}, "'history.0.text'"),
        ({"id": 1, "question": "x", "history": [{"role": "u", "text": "t"}]}, "'history.0.role'"),
        ({"id": 1, "question": 5}, "'question'"),
        ({"id": [1], "question": "x"}, "'id'"),
    ],
)
def test_an_error_names_the_line_and_the_field(line, named):
    from bots.cli.lines import AskIn, BadLine, read_line

    read = read_line(json.dumps(line).encode(), 12, AskIn)
    assert isinstance(read, BadLine)
    assert "line 12" in read.message
    assert named in read.message


def test_blank_lines_marks_and_line_ends_of_other_systems_are_read(bulk):
    line = json.dumps({"id": "ü", "question": "Are backups kept?"}, ensure_ascii=False).encode()
    _, answers, _ = bulk("ask", [b"\xef\xbb\xbf" + line + b"\r", b"", b"  ", line])
    assert [one["id"] for one in answers] == ["ü", "ü"]


def test_searches_give_ranked_passages_with_reasons(bulk):
    code, answers, _ = bulk(
        "search",
        [
            {"id": "s", "query": "backups of the ledger", "k": 2, "as_of": "2026-05-01"},
            {"id": "h", "query": "and visitors?", "history": [{"role": "user", "text": "badges"}]},
            {"id": "m", "query": "Operation Walnut"},
            {"id": "g", "query": "Operation Walnut", "groups": ["board"]},
            {"id": "bad", "query": "x", "k": 0},
        ],
    )
    assert code == 1
    assert [hit["rank"] for hit in answers[0]["results"]] == [1, 2]
    best = answers[0]["results"][0]
    assert best["source"] == "policies/backup.md"
    assert best["reasons"]
    assert len(answers[1]["results"]) == 10
    assert "merger" not in json.dumps(answers[2]).casefold()
    assert answers[3]["results"][0]["source"] == "board/merger.md"
    assert answers[4]["kind"] == "error"
    assert "line 5" in answers[4]["error"]
    assert "kind" not in answers[0]


def test_a_stopped_batch_leaves_the_old_file_and_no_half_one(annexa, tmp_path, monkeypatch):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "question": "x"}\n', encoding="utf-8")
    out.write_text("old", encoding="utf-8")

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.advisor.Advisor.ask", stop)
    assert annexa("ask", "--batch", source, "--out", out).code == 130
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_an_unforeseen_error_stays_with_its_line(bulk, monkeypatch):
    from assistant.advisor import Advisor

    answered = Advisor.ask

    def ask(self, question, **rest):
        if question == "break":
            raise RuntimeError("a wall fell")
        return answered(self, question, **rest)

    monkeypatch.setattr(Advisor, "ask", ask)
    code, answers, _ = bulk(
        "ask", [{"id": 1, "question": "break"}, {"id": 2, "question": "Are backups kept?"}]
    )
    assert code == 1
    assert answers[0]["kind"] == "error"
    assert "a wall fell" in answers[0]["answer"]
    assert answers[1]["kind"] != "error"


def test_batch_options_exclude_what_belongs_to_a_line(annexa, tmp_path):
    files = ("--batch", tmp_path / "in", "--out", tmp_path / "out")
    assert annexa("ask", *files[:2]).code == 2
    assert annexa("ask", "why?", *files).code == 2
    assert annexa("ask", *files, "--as-of", "2026-01-01").code == 2
    assert annexa("ask", *files, "--user", "b").code == 2
    assert annexa("ask", *files).code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_shipped_schemas_are_those_of_the_code(name):
    shipped = (SCHEMA_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(name), "run: make schemas"
    Draft202012Validator.check_schema(json.loads(shipped))


def test_the_schemas_accept_and_refuse_as_the_reader_does():
    good = {"id": "a", "question": "x", "user": "u", "groups": ["g"], "as_of": "2026-01-01"}
    assert _schema("ask-in").is_valid(good)
    assert not _schema("ask-in").is_valid({**good, "extra": 1})
    assert not _schema("ask-in").is_valid({"question": "x"})
    assert not _schema("search-in").is_valid({"id": 1, "query": "x", "k": 0})
