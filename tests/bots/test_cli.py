"""The command line as a person uses it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bots.cli import screen

HEAVY = ("numpy", "chromadb", "sqlalchemy", "onnxruntime", "langchain", "pydantic", "rich", "yaml")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from bots.cli.app import run; run(['--help']); run(['index', '--help']);"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_root()
    )
    assert "LOADED []" in done.stdout


def _root() -> Path:
    return Path(__file__).parents[2]


def test_a_closed_pipe_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "bots.cli", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=_root(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_common_options_may_stand_before_or_after_the_command(annexa):
    from bots.cli.app import run

    annexa.capture.readouterr()
    place = str(annexa.workspace)
    assert run(["--workspace", place, "--json", "documents"]) == 0
    before = annexa.capture.readouterr().out
    assert run(["documents", "--json", "--workspace", place]) == 0
    assert annexa.capture.readouterr().out == before
    assert len(json.loads(before)) == 3


def test_the_last_word_on_a_common_option_counts(annexa):
    data = json.loads(
        annexa("--today", "2020-01-01", "status", "--json", "--today", "2026-01-02").out
    )
    assert data["today"] == "2026-01-02"


def test_a_reader_without_the_group_gets_nothing_of_a_restricted_document(annexa):
    owner = annexa("search", "Operation Walnut", "--json").out
    insider = annexa("search", "Operation Walnut", "--json", "--user", "b", "--groups", "board").out
    outsider = annexa("search", "Operation Walnut", "--json", "--user", "b", "--groups", "it").out
    assert "board/merger.md" in owner
    assert "board/merger.md" in insider
    assert "merger" not in outsider.casefold()
    assert len(json.loads(annexa("documents", "--json", "--user", "b").out)) == 2
    assert "merger" not in annexa("review", "--user", "b").out.casefold()


def test_a_hidden_passage_and_a_missing_one_look_the_same(annexa):
    hidden = json.loads(annexa("search", "Operation Walnut", "--json").out)["results"][0]["passage"]
    shown = annexa("show", hidden, "--user", "b")
    missing = annexa("show", "0" * len(hidden), "--user", "b")
    assert shown.code == missing.code == 1
    assert shown.err.replace(hidden, "ID") == missing.err.replace("0" * len(hidden), "ID")
    assert annexa("show", hidden).code == 0


def test_groups_without_a_user_are_refused(annexa):
    outcome = annexa("search", "backups", "--groups", "board")
    assert outcome.code == 2
    assert "--user" in outcome.err


def test_a_day_is_a_whole_date(annexa):
    assert annexa("search", "backups", "--as-of", "2026-2-1").code == 2
    assert annexa("search", "backups", "--as-of", "20260201").code == 2
    assert annexa("search", "backups", "--as-of", "2026-02-01").code == 0


def test_drafts_are_marked_in_lists_and_searches(annexa):
    assert re.search(r"Visitor Policy · 0\.4 · draft", annexa("documents").out)
    assert re.search(r"Visitor Policy · draft", annexa("search", "striped badge").out)
    drafts = json.loads(annexa("documents", "--json", "--status", "draft").out)
    assert [one["source"] for one in drafts] == ["policies/visitors.md"]
    assert drafts[0]["standing"] == "draft"


def test_an_answer_names_its_sources_and_their_passages_can_be_shown(annexa):
    outcome = annexa("ask", "How long are backups of the ledger kept?")
    assert outcome.code == 0
    assert "47 days" in outcome.out
    assert "Backup Policy · POL-20 · version 2.0" in outcome.out
    assert "approved 2026-01-10" in outcome.out
    passage = re.search(r"annexa show (\w+)", outcome.out)
    assert passage is not None
    shown = annexa("show", passage[1])
    assert shown.code == 0
    assert "Head of IT" in shown.out
    assert "47 days" in shown.out


def test_text_fits_80_columns_and_has_no_colour_outside_a_terminal(annexa):
    for command in (["ask", "How long are backups kept?"], ["documents"], ["review"], ["status"]):
        out = annexa(*command).out
        assert "\x1b" not in out
        assert max(len(line.rstrip()) for line in out.splitlines()) <= 80


def test_json_of_an_answer_is_the_line_of_a_batch(annexa):
    data = json.loads(annexa("ask", "How long are backups kept?", "--json").out)
    assert list(data) == ["id", "kind", "answer", "citations", "refused", "latency_s", "model"]
    assert data["id"] is None


def test_a_question_has_a_limit_and_is_not_empty(annexa):
    assert "8,000" in annexa("ask", "why " * 2001).err
    assert annexa("ask", "why " * 2001).code == 2
    assert annexa("ask", "  ").code == 2
    assert annexa("ask").code == 2


def test_history_is_taken_from_a_file_and_checked(annexa, tmp_path):
    good = tmp_path / "good.json"
    good.write_text('[{"role": "user", "text": "How long are backups kept?"}]', encoding="utf-8")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"role": "boss", "text": "hi"}\n', encoding="utf-8")
    assert annexa("ask", "and why?", "--history", good).code == 0
    outcome = annexa("ask", "and why?", "--history", bad)
    assert outcome.code == 2
    assert "role" in outcome.err


def test_init_explains_its_files_and_overwrites_nothing(annexa, tmp_path):
    from bots.cli.app import run
    from knowledge.access import Access

    place = tmp_path / "new"
    assert run(["init", "--workspace", str(place)]) == 0
    assert Access.read(place / "access.yaml") == Access()
    (place / "access.yaml").write_text("rules: []  # mine", encoding="utf-8")
    assert run(["init", "--workspace", str(place)]) == 3
    assert "mine" in (place / "access.yaml").read_text(encoding="utf-8")
    assert run(["status", "--workspace", str(place)]) == 0


def test_the_templates_comments_are_valid_when_uncommented():
    import tomllib

    import yaml

    from bots.cli import workspace

    toml = re.sub(r"^# (\w+ = )", r"\1", workspace._TOML, flags=re.MULTILINE)
    assert set(tomllib.loads(toml)) == {"organisation", "folder", "embedder"}
    text = workspace._ACCESS.replace("rules: []", "rules:").replace("status: {}", "status:")
    rules = yaml.safe_load(re.sub(r"^#(  )", r"\1", text, flags=re.MULTILINE))
    assert len(rules["rules"]) == 2
    assert set(rules["status"].values()) == {"external"}


def test_indexing_again_changes_nothing_and_reports_what_did(own_annexa):
    first = json.loads(own_annexa("index", own_annexa.folder, "--json").out)
    assert (first["unchanged"], first["added"], first["embedded"]) == (3, [], 0)
    policy = own_annexa.folder / "policies" / "backup.md"
    policy.write_text(policy.read_text(encoding="utf-8").replace("47", "48"), encoding="utf-8")
    (own_annexa.folder / "policies" / "visitors.md").rename(own_annexa.folder / "guests.md")
    second = json.loads(own_annexa("index", "--json", own_annexa.folder).out)
    assert second["changed"] == ["policies/backup.md"]
    assert second["renamed"] == [{"from": "policies/visitors.md", "to": "guests.md"}]
    assert second["skipped"] == ["notes.xyz"]


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_goes_on(own_annexa):
    (own_annexa.folder / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    outcome = own_annexa("index", own_annexa.folder)
    assert outcome.code == 1
    assert "broken.pdf" in outcome.out
    assert "3 unchanged" in outcome.out
    assert "broken.pdf" in own_annexa("review").out
    assert "broken.pdf" not in own_annexa("review", "--user", "b").out


def test_index_makes_the_workspace_and_says_so(annexa, tmp_path):
    from bots.cli.app import run

    (tmp_path / "docs").mkdir()
    annexa.capture.readouterr()
    assert run(["index", str(tmp_path / "docs"), "--workspace", str(tmp_path / "made")]) == 0
    said = annexa.capture.readouterr()
    assert "Made the workspace" in said.err
    assert "Review of 2026-06-01" in said.out
    assert (tmp_path / "made" / "access.yaml").is_file()


def test_a_missing_folder_or_workspace_is_said_in_one_line(annexa, tmp_path):
    from bots.cli.app import run

    annexa.capture.readouterr()
    assert run(["ask", "why?", "--workspace", str(tmp_path / "none")]) == 3
    said = annexa.capture.readouterr()
    assert said.err.startswith("annexa: there is no workspace")
    assert len(said.err.splitlines()) == 1
    assert annexa("index", tmp_path / "none").code == 2


def test_broken_access_rules_close_the_library(own_annexa):
    (own_annexa.workspace / "access.yaml").write_text("rules: [{path: x}]", encoding="utf-8")
    for command in (["ask", "How long?"], ["search", "backups"], ["documents"], ["doctor"]):
        outcome = own_annexa(*command)
        assert outcome.code == 3
        assert "access.yaml" in outcome.err + outcome.out
        assert "47 days" not in outcome.out


def test_a_broken_settings_file_is_named(own_annexa):
    (own_annexa.workspace / "annexa.toml").write_text("colour = 1", encoding="utf-8")
    outcome = own_annexa("status")
    assert outcome.code == 3
    assert "annexa.toml" in outcome.err
    assert "colour" in outcome.err


def test_an_interrupted_run_says_what_is_kept(own_annexa, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("knowledge.library.Library.sync", stop)
    outcome = own_annexa("index", own_annexa.folder)
    assert outcome.code == 130
    assert "as it was before" in outcome.err
    assert "Traceback" not in outcome.err


def test_an_unforeseen_error_is_one_line_and_debug_shows_more(annexa, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("walls\nfell")

    monkeypatch.setattr("assistant.advisor.Advisor.view", fail)
    outcome = annexa("documents")
    assert outcome.code == 1
    assert outcome.err.splitlines()[0].startswith("annexa: ")
    assert len(outcome.err.splitlines()) == 1
    assert "Traceback" in annexa("documents", "--debug").err


def test_doctor_finds_a_working_installation(annexa):
    checks = {one["name"]: one for one in json.loads(annexa("doctor", "--json").out)}
    assert checks["embedding models"]["state"] == "ok"
    assert checks["vector store"]["state"] == "ok"
    assert checks["library"]["state"] == "ok"
    assert not [one for one in checks.values() if one["state"] == "fail"]


def test_owners_commands_take_no_reader(annexa):
    assert annexa("index", annexa.folder, "--user", "b").code == 2
    assert annexa("--user", "b", "doctor").code == 2


@pytest.mark.parametrize("trick", ["\x1b[31mred", "a\u202egnp.exe", "bell\x07", "csi\x9b2J"])
def test_documents_cannot_steer_the_terminal(trick):
    shown = screen.plain(trick)
    assert shown.isprintable()


def test_markup_in_a_document_is_text(own_annexa):
    page = own_annexa.folder / "odd.md"
    page.write_text(
        "# Odd [red]Title[/red]\n\nThe zebra rule is [bold]seven[/bold] :smile:.\n", "utf-8"
    )
    own_annexa("index", own_annexa.folder)
    out = own_annexa("search", "zebra rule", "-k", "1").out
    assert "[red]Title[/red]" in out
    assert ":smile:" in out


SOA = """Control;Control title;Applicable;Justification;Implementation status
A.5.1;Policies for information security;Yes;Basis of all rules;Implemented
A.5.15;Access control;Yes;Risk R-1;Implemented
A.5.18;Access rights;Yes;Risk R-1;Planned
A.8.13;Information backup;No;Nothing to back up;
A.8.24;Use of cryptography;perhaps;To be settled;
"""


def test_an_unclear_soa_waits_until_a_person_has_agreed(own_annexa):
    (own_annexa.folder / "soa.csv").write_text(SOA, encoding="utf-8")
    indexed = own_annexa("index", own_annexa.folder)
    assert "annexa soa import soa.csv" in indexed.out
    assert own_annexa("soa", "show").code == 1
    asked = own_annexa("soa", "import", "soa.csv")
    assert asked.code == 2
    assert "perhaps" in asked.err
    assert "--yes" in asked.err
    assert own_annexa("soa", "show").code == 1
    meaning = ("--applicable", "perhaps=yes", "--map", "Implementation status=-")
    taken = own_annexa("soa", "import", "soa.csv", "--yes", *meaning)
    assert taken.code == 0, taken.err
    rows = json.loads(own_annexa("soa", "show", "--json").out)["rows"]
    assert {row["control_id"]: row["applicable"] for row in rows} == {
        "A.5.1": "yes",
        "A.5.15": "yes",
        "A.5.18": "yes",
        "A.8.13": "no",
        "A.8.24": "yes",
    }
    assert {row["implementation_status"] for row in rows if row["applicable"] == "yes"} == {None}
    assert "Nothing to back up" in own_annexa("soa", "show", "8.13").out
    assert "annexa soa import" not in own_annexa("index", own_annexa.folder).out


def test_soa_import_says_what_it_does_not_know(own_annexa):
    (own_annexa.folder / "soa.csv").write_text(SOA, encoding="utf-8")
    own_annexa("index", own_annexa.folder)
    outcome = own_annexa("soa", "import", "soa.csv", "--map", "Nope=title")
    assert outcome.code == 2
    assert "Justification" in outcome.err
    assert "owner" in own_annexa("soa", "import", "soa.csv", "--map", "Control=colour").err
    assert own_annexa("soa", "import", "elsewhere.csv").code == 2
