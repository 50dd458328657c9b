"""What the README promises, done as its reader does it: commands in processes of their own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from indexed_sample import FOLDER, ROOT, Indexed, annexa, indexed_sample

from knowledge.text import is_verbatim

Run = Callable[..., CompletedProcess[str]]

ANSWER_FIELDS = {"id", "kind", "answer", "citations", "refused", "latency_s", "model"}
CITATION_FIELDS = {
    "type",
    "source",
    "document",
    "identifier",
    "version",
    "status",
    "approved",
    "effective",
    "section",
    "page",
    "row",
    "quote",
    "passage",
}
HIDDEN = "What is the name of the firm that Project Heron is about?"


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """The sample organisation after `annexa index`."""
    return indexed_sample(tmp_path_factory)


@pytest.fixture
def run(indexed: Indexed) -> Run:
    """Run a command on the indexed workspace and expect it to end well."""

    def command(*arguments: str | Path) -> CompletedProcess[str]:
        done = annexa(*arguments, workspace=indexed.workspace)
        assert done.returncode == 0, done.stderr
        return done

    return command


def _flat(text: str) -> str:
    """Join what the width of the screen broke, without the bars of quotes."""
    return " ".join(re.sub(r"[▌│]", " ", text).split())


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _data(done: CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_the_first_index_prints_what_was_understood_and_what_was_not(indexed):
    said = _flat(indexed.said)
    assert "Documents: 20 new, 0 unchanged." in said
    assert "How the Statement of Applicability was understood" in said
    assert "Screens lock after 10 minutes without activity." in said
    assert "When working remotely, screens lock after 5 minutes without activity." in said
    assert "1 draft, 1 external" in said
    assert "SoA pending" not in said


def test_indexing_leaves_nothing_in_the_folder(indexed):
    assert not [path for path in FOLDER.rglob("*") if path.name in {"annexa.db", "chroma", "index"}]


def test_an_answer_looks_as_the_readme_shows_it(run):
    question = "How long are backups kept?"
    assert question in _readme()
    said = _flat(run("ask", question).stdout)
    for part in (
        "Tier-1 systems are backed up daily; backups are kept for 35 days. [1]",
        "Backup Standard (STD-04) v1.4, section 2.1 Frequency and keeping, approved 2026-03-02",
        "A.8.13 Information backup: applicable, implemented (SoA 2.4) [2]",
        "standards/STD-04_Backup_Standard_v1.4.docx",
    ):
        assert part in said
        assert part.removesuffix(" [2]") in _flat(_readme())


def test_the_passage_of_an_answer_can_be_shown_and_holds_the_quote(run):
    question = "within how many hours is a leaver's account disabled?"
    assert question in _readme()
    answer = _data(run("ask", question, "--json"))
    assert set(answer) == ANSWER_FIELDS
    assert (answer["kind"], answer["refused"], answer["model"]) == ("answer", False, None)
    first = answer["citations"][0]
    assert set(first) == CITATION_FIELDS
    assert (first["identifier"], first["section"]) == ("POL-05", "4.5 Leavers")
    assert "within 24 hours" in first["quote"]
    shown = _flat(run("show", first["passage"]).stdout)
    assert is_verbatim(first["quote"], shown)
    assert "POL-05_Access_Control_Policy.docx" in shown


def test_an_earlier_day_is_answered_from_the_version_in_force_then(run):
    answer = _data(run("ask", "--as-of", "2025-06-30", "How long are backups kept?", "--json"))
    assert answer["citations"][0]["version"] == "1.3"
    assert "30 days" in answer["citations"][0]["quote"]


def test_many_questions_are_answered_in_order_with_the_fields_of_the_contract(run, tmp_path):
    lines: list[dict[str, Any]] = [
        {"id": "rule", "question": "How long are audit logs kept?"},
        {"id": "secret", "question": HIDDEN, "user": "ann"},
        {"id": "told", "question": HIDDEN, "user": "ann", "groups": ["management"]},
        {
            "id": "leaning",
            "question": "and for a minor?",
            "history": [
                {"role": "user", "text": "When are the actions for a major due?"},
                {"role": "assistant", "text": "In 60 days."},
            ],
        },
        {"id": "earlier", "question": "How long are backups kept?", "as_of": "2025-06-30"},
        {"id": "nothing", "question": "How many parking spaces do visitors have?"},
        {"id": "incident", "question": "My laptop was stolen"},
        {"id": "order", "question": "Close CAR-2026-007"},
    ]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run("ask", "--batch", source, "--out", out)
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == [line["id"] for line in lines]
    for answer in answers:
        assert set(answer) == ANSWER_FIELDS
        assert all(set(made) == CITATION_FIELDS for made in answer["citations"])
        assert answer["refused"] is (answer["kind"] in {"not_found", "refusal", "out_of_scope"})
        assert answer["latency_s"] >= 0
    kinds = {answer["id"]: answer["kind"] for answer in answers}
    assert kinds == {
        "rule": "answer",
        "secret": "not_found",
        "told": "answer",
        "leaning": "answer",
        "earlier": "answer",
        "nothing": "not_found",
        "incident": "answer",
        "order": "refusal",
    }
    first = {one["id"]: one["citations"][0]["quote"] for one in answers if one["citations"]}
    assert "12 months" in first["rule"]
    assert "90 days" in first["leaning"]
    assert "30 days" in first["earlier"]
    assert "within 1 hour" in first["incident"]


def test_the_review_can_be_seen_at_any_time(run):
    review = _flat(run("review").stdout)
    assert "Rules that disagree" in review
    assert "POL-12 Bring Your Own Device Policy v0.3 states no owner" in review


def test_the_documents_are_listed_with_what_they_count_for(run):
    listed = {one["source"]: one for one in _data(run("documents", "--json"))}
    assert len(listed) == 20
    standings = {source: one["standing"] for source, one in listed.items()}
    assert standings["policies/POL-12_BYOD_Policy_draft.md"] == "draft"
    assert standings["archive/STD-04_Backup_Standard_v1.3_retired.docx"] == "retired"
    assert standings["suppliers/EXT-07_CloudSpark_brochure.pdf"] == "external"
    assert standings["policies/POL-05_Access_Control_Policy.docx"] == "in force"
    without = _data(run("documents", "--json", "--user", "ann"))
    assert len(without) == 18
    assert not [one for one in without if one["source"].startswith("restricted/")]


def test_the_row_of_a_control_is_shown(run):
    said = _flat(run("soa", "show", "A.8.12").stdout)
    for part in ("A.8.12", "Data leakage prevention", "2026-09-30", "Ravi Menon"):
        assert part in said


def test_a_right_taken_away_counts_from_the_next_question(indexed, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(indexed.workspace, workspace)

    def ask(*who: str) -> dict[str, Any]:
        done = annexa("ask", HIDDEN, "--json", *who, workspace=workspace)
        assert done.returncode == 0, done.stderr
        return dict(_data(done), latency_s=0)

    ann = ("--user", "ann", "--groups", "management")
    before = ask(*ann)
    assert "Heronsgate" in before["citations"][0]["quote"]
    rules = (workspace / "access.yaml").read_text(encoding="utf-8")
    (workspace / "access.yaml").write_text(
        rules.replace("read: [management]", "read: [board]"), encoding="utf-8"
    )
    after = ask(*ann)
    assert after["kind"] == "not_found"
    assert after == ask("--user", "ben")
    passage = before["citations"][0]["passage"]
    shown = annexa("show", passage, *ann, workspace=workspace)
    assert shown.returncode != 0
    assert "Heron" not in shown.stdout + shown.stderr


def test_indexing_again_changes_nothing(indexed, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(indexed.workspace, workspace)
    done = annexa("index", FOLDER, workspace=workspace)
    assert done.returncode == 0, done.stderr
    said = _flat(done.stdout)
    assert "20 unchanged" in said
    assert "0 embedded in this run" in said
