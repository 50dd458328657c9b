"""`annexa interview` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from bots.cli.app import run
from bots.cli.interview_schemas import SCHEMAS, schema_text

SCHEMA_FOLDER = Path(__file__).parents[2] / "bots" / "schemas"
SCRIPT = {
    "id": "I-1",
    "units": ["A.8.13"],
    "respondent": {"name": "Ivo", "role": "admin", "groups": ["everyone"]},
    "turns": ["Nightly. To S3.", "Never restored."],
}


@pytest.fixture
def script(tmp_path):
    def write(**changes):
        path = tmp_path / "script.yaml"
        path.write_text(yaml.safe_dump({**SCRIPT, **changes}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def annexa(tmp_path, capsys):
    def call(*arguments, code=0):
        place = ("--workspace", str(tmp_path / "ws"), "--today", "2026-11-23")
        assert run([*map(str, arguments), *place]) == code
        return capsys.readouterr()

    (tmp_path / "ws").mkdir()
    return call


def test_a_script_gives_the_same_bytes_each_time(annexa, script):
    path = script()
    first = annexa("interview", "run", "--script", path, "--json").out
    assert annexa("interview", "run", "--script", path, "--json").out == first
    found = json.loads(first)
    assert found["units"][0]["verdict"] == "partial"
    Draft202012Validator(json.loads(schema_text("interview-out"))).validate(found)


def test_bare_words_in_a_script_are_what_was_said(annexa, tmp_path):
    path = tmp_path / "bare.yaml"
    path.write_text(
        "id: 7\nunits: [9.2.1, 4.1]\nrespondent: {name: A}\nturns: [No, Yes, 2026-03-01]\n",
        encoding="utf-8",
    )
    found = json.loads(annexa("interview", "run", "--script", path, "--json").out)
    assert [one["unit"] for one in found["units"]][:2] == ["9.2.1", "4.1"]
    said = [one["text"] for one in found["transcript"] if one["role"] == "respondent"]
    assert said == ["No", "Yes", "2026-03-01"]


def test_an_unknown_field_is_refused_with_its_line(annexa, script):
    error = annexa("interview", "run", "--script", script(colour="red"), code=2).err
    assert "colour" in error
    assert "line" in error


def test_an_unknown_unit_is_refused(annexa, script):
    assert "A.9.9" in annexa("interview", "run", "--script", script(units=["A.9.9"]), code=2).err


def test_pausing_in_a_script_leaves_the_unit_open(annexa, script):
    path = script(turns=["Nightly."], events=[{"after": 1, "do": "pause"}])
    found = json.loads(annexa("interview", "run", "--script", path, "--json").out)
    assert found["paused"] is True
    assert found["units"][0]["verdict"] == "not_assessed"
    assert found["units"][0]["claims"]


def test_an_upload_in_a_script_is_evidence_that_was_seen(annexa, script):
    path = script(
        turns=["Restored 4 of 4 on 19 August 2026."], events=[{"after": 1, "do": "upload"}]
    )
    found = json.loads(annexa("interview", "run", "--script", path, "--json").out)
    assert found["units"][0]["evidence"][0]["seen"] is True


def test_an_assessment_goes_from_setting_up_to_its_report(annexa, tmp_path):
    annexa("interview", "setup", "--user", "Lea", "--units", "9.2.1,A.8.13", "--respondent", "Dana")
    annexa("interview", "start", "Dana", "--say", "We have no internal audit.", "--key", "k")
    annexa("interview", "start", "Dana", "--say", "We have no internal audit.", "--key", "k")
    annexa("interview", "decide", "9.2.1", "gap", "--user", "Lea")
    found = json.loads(annexa("interview", "status", "--json").out)
    assert found["interviews"][0]["replies"] == 1
    assert found["units"][0]["verdict"] == "gap"
    annexa("interview", "report", "--out", tmp_path / "out")
    assert sorted(one.suffix for one in (tmp_path / "out").iterdir()) == [
        ".docx",
        ".html",
        ".json",
        ".xlsx",
    ]
    assert "9.2.1 Internal audit" in annexa("interview", "report", "--finding", "9.2.1").out


def test_evidence_from_a_file_is_read_dated_and_held_to_its_coverage(annexa, tmp_path):
    annexa("interview", "setup", "--user", "Lea", "--units", "A.8.13", "--respondent", "Dana")
    path = tmp_path / "restore_test.txt"
    path.write_text(
        "Restore test record\n\n14 April 2026: 2 of 5 systems restored.\n", encoding="utf-8"
    )
    out = " ".join(
        annexa("interview", "evidence", "A.8.13", "--user", "Lea", "--file", path).out.split()
    )
    assert "2026-04-14" in out
    assert "2 of 5 systems" in out


def test_practice_for_an_audit_keeps_nothing(annexa):
    out = annexa(
        "interview", "mock", "A.8.13", "--say", "Nightly, ticket OPS-881 of 19 August 2026."
    ).out
    assert "Nothing of this was kept" in out
    assert json.loads(annexa("interview", "status", "--json").out) == {"assessments": []}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_shipped_schemas_of_scripts_are_those_of_the_code(name):
    assert (SCHEMA_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8") == schema_text(name)
