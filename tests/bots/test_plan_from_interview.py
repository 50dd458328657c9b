"""A gap of an assessment becomes a plan in one step."""

from __future__ import annotations

import json

import pytest

from bots.cli.app import run


@pytest.fixture
def annexa(tmp_path, capsys):
    def call(*arguments, code=0):
        place = ("--workspace", str(tmp_path / "ws"), "--today", "2026-11-23")
        assert run([*arguments, *place]) == code
        return capsys.readouterr()

    (tmp_path / "ws").mkdir()
    call("interview", "setup", "--user", "Lea", "--units", "9.2.1", "--respondent", "Dana")
    call("interview", "start", "Dana", "--say", "We have no internal audit.", "--key", "k")
    return call


def test_a_gap_of_the_last_assessment_becomes_a_finding_without_a_grade(annexa):
    annexa("plan", "new", "--from-interview", "9.2.1", "--as", "Lea")
    plan = json.loads(annexa("plan", "show", "CAP-2026-001", "--json").out)
    assert "9.2.1 Internal audit" in plan["finding_text"]
    assert plan["grade"].startswith("TO BE CONFIRMED")
    assert plan["requirement"].startswith("9.2.1")


def test_a_unit_that_was_not_assessed_is_refused_with_those_that_were(annexa):
    said = annexa("plan", "new", "--from-interview", "A.8.8", "--as", "Lea", code=2)
    assert "it has 9.2.1" in " ".join(said.err.split())
