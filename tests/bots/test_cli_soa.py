"""The statement on the command line: checked, kept in versions, approved, handed back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.controls import register

SOA = (
    "Statement of Applicability;;;;;\nVersion;1.0;;;;\nApproved by;Ada Park;;;;\n"
    "Approved on;2026-02-01;;;;\n;;;;;\n"
    "Control;Control title;Applicable;Justification;Implementation status;Owner;Room\n"
)


def _soa(**changes: tuple[str, str, str]) -> str:
    lines = []
    for control in register().controls:
        applies, why, owner = changes.get(
            control.id.replace(".", "_"), ("Yes", f"Because of {control.title}", "Ada Park")
        )
        status = "Implemented" if applies == "Yes" else "N/A"
        lines.append(
            f"{control.id};{control.title};{applies};{why};{status};{owner};R-{len(lines)}"
        )
    return SOA + "\n".join(lines) + "\n"


@pytest.fixture
def house(own_annexa):
    (own_annexa.folder / "soa.csv").write_text(
        _soa(A_8_30=("No", "n/a", ""), A_5_7=("Yes", "Risk", "IT team")), encoding="utf-8"
    )
    assert own_annexa("index", own_annexa.folder).code == 0
    return own_annexa


def _data(outcome):
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_lint_names_code_row_and_cell(house):
    found = _data(house("soa", "lint", "--json"))["defects"]
    (one,) = [defect for defect in found if defect["code"] == "S10"]
    assert one["controls"] == ["A.8.30"]
    assert one["quote"] == "Justification: n/a"
    assert one["basis"] == "required"
    said = house("soa", "lint", "--code", "S22").out
    assert "IT team" in said
    assert "recommended" in said


def test_lint_ends_with_1_only_if_asked(house):
    assert house("soa", "lint").code == 0
    assert house("soa", "lint", "--fail-on", "error").code == 1
    assert house("soa", "lint", "--code", "S22", "--fail-on", "error").code == 0


def test_a_waived_defect_is_gone_and_comes_back(house):
    found = _data(house("soa", "lint", "--code", "S10", "--json"))["defects"]
    name = found[0]["id"]
    assert house("soa", "waive", name, "--by", "Cleo").code == 2
    assert house("soa", "waive", name, "--by", "Cleo", "--why", "agreed").code == 0
    again = _data(house("soa", "lint", "--json"))
    assert "S10" not in {one["code"] for one in again["defects"]}
    assert again["waived"][0]["by"] == "Cleo"
    assert house("soa", "waive", name, "--by", "Cleo", "--withdraw").code == 0
    assert _data(house("soa", "lint", "--code", "S10", "--json"))["defects"]


def test_lint_checks_a_file_that_is_not_indexed(house, tmp_path: Path):
    path = tmp_path / "other.csv"
    path.write_text(_soa(A_6_1=("TBD", "", "Ada Park")), encoding="utf-8")
    found = _data(house("soa", "lint", path, "--json"))
    assert "S08" in {one["code"] for one in found["defects"]}
    assert house("soa", "lint", path, "--user", "ana").code == 2


def test_lint_checks_a_statement_that_waits_for_a_person(own_annexa):
    twice = _soa() + "A.5.7;Threat intelligence;No;n/a;N/A;Ada Park;R-9\n"
    (own_annexa.folder / "soa.csv").write_text(twice, encoding="utf-8")
    own_annexa("index", own_annexa.folder)
    found = _data(own_annexa("soa", "lint", "--json"))["defects"]
    assert {"S02", "S05", "S10"} <= {one["code"] for one in found}
    assert own_annexa("soa", "lint", "--user", "ana").code == 1


def test_an_edit_needs_a_name_and_a_reason_and_does_not_answer(house):
    wanted = ("soa", "edit", "A.5.7", "--set", "owner=Ben Ito")
    assert house(*wanted).code == 2
    done = house(*wanted, "--by", "Cleo", "--why", "a person, not a team")
    assert done.code == 0, done.err
    assert "does not count yet" in done.out
    assert "IT team" in house("soa", "show", "A.5.7").out
    assert "does not count yet" in house("soa", "show").out
    assert "a person, not a team" in house("soa", "history").out


def test_an_edit_that_cannot_be_meant_changes_nothing(house):
    by = ("--by", "Cleo", "--why", "x")
    assert house("soa", "edit", "A.5.7", "--set", "target date=soon", *by).code == 2
    assert house("soa", "edit", "A.9.9", "--set", "owner=Ben", *by).code == 1
    assert "owner" in house("soa", "edit", "A.5.7", "--set", "colour=red", *by).err
    assert len(_data(house("soa", "history", "--json"))["versions"]) == 1


def test_from_edit_to_answer(house):
    house("soa", "edit", "A.5.7", "--set", "owner=Ben Ito", "--by", "Cleo", "--why", "left")
    shown = house("soa", "approve", "--by", "Dan Roth").out
    assert "Nothing was approved" in shown
    digest = _data(house("soa", "history", "--json"))["versions"][-1]["hash"]
    assert digest[:12] in shown
    refused = house("soa", "approve", "--by", "Dan Roth", "--hash", "0" * 12)
    assert refused.code == 1
    assert "not what version 2 says" in refused.err
    approve = ("soa", "approve", "--by", "Dan Roth", "--as", "1.1", "--hash", digest[:12])
    assert house(*approve).code == 0
    out = house.folder / "soa-1.1.xlsx"
    assert house("soa", "export", "--out", out).code == 0
    assert house("soa", "export", "--out", out).code == 2
    assert house("index", house.folder).code == 0
    state = _data(house("soa", "history", "--json"))
    assert state["answers_come_from"] == "soa-1.1.xlsx"
    assert "Dan Roth" in state["said"]
    row = _data(house("soa", "show", "A.5.7", "--json"))
    assert row["rows"][0]["owner"] == "Ben Ito"
    assert row["rows"][0]["extras"] == [["Room", "R-6"]]
    assert row["header"]["approver"] == "Dan Roth"
    changed = _data(house("soa", "diff", "1", "3", "--json"))["rows"]
    assert [(one["control"], [f["field"] for f in one["fields"]]) for one in changed] == [
        ("A.5.7", ["owner"])
    ]


def test_rows_of_another_file_are_accepted_one_by_one(house, tmp_path: Path):
    path = tmp_path / "draft.csv"
    path.write_text(
        _soa(A_5_7=("Yes", "Risk", "Ben Ito"), A_8_30=("Yes", "We use a partner", "Eve Lim")),
        encoding="utf-8",
    )
    assert house("soa", "import", path, "--yes").code == 2
    done = house("soa", "import", path, "--accept", "A.5.7", "--by", "Cleo", "--yes")
    assert done.code == 0, done.err
    assert "1 row taken" in done.out
    changed = _data(house("soa", "diff", "--json"))["rows"]
    assert [one["control"] for one in changed] == ["A.5.7"]


def test_a_reader_without_the_right_sees_no_version(house):
    rules = (house.workspace / "access.yaml").read_text("utf-8")
    (house.workspace / "access.yaml").write_text(
        rules + '  - {path: "soa.csv", read: [board]}\n', encoding="utf-8"
    )
    house("soa", "history")
    assert _data(house("soa", "history", "--json", "--user", "ana"))["versions"] == []
    seen = house("soa", "history", "--json", "--user", "bo", "--groups", "board")
    assert len(_data(seen)["versions"]) == 1
    assert house("soa", "export", "--out", "x.csv", "--user", "ana").code == 1


def test_a_lost_row_is_reported_with_the_run(own_annexa):
    text = "\n".join(line for line in _soa().split("\n") if not line.startswith("A.5.8;"))
    (own_annexa.folder / "soa.csv").write_text(text, encoding="utf-8")
    said = own_annexa("index", own_annexa.folder).out
    assert "1 of 93 controls have no row: A.5.8" in " ".join(said.split())


def test_coverage_names_sentences_and_draws(house, tmp_path: Path):
    picture = tmp_path / "map.svg"
    found = _data(house("coverage", "--json", "--map", picture))
    assert len(found["controls"]) == 93
    assert picture.read_text("utf-8").startswith("<?xml")
    assert "47 days" in house("coverage", "A.8.13").out
    assert house("coverage", "--map", "map.bmp").code == 2
    assert house("coverage", "A.8.99").code == 1


def test_the_register_shows_owner_and_what_is_overdue(house):
    found = _data(house("documents", "--register", "--json"))
    policy = next(one for one in found["documents"] if one["identifier"] == "POL-20")
    assert policy["owner"] == "Head of IT"
    assert "No review is overdue" in house("documents", "--overdue").out
    assert house("documents", "--register", "--status", "draft").code == 2


def test_versions_of_a_policy_are_compared_and_touch_rows(house):
    policy = (house.folder / "policies" / "backup.md").read_text("utf-8")
    newer = policy.replace('"2.0"', '"3.0"').replace("47 days", "60 days")
    newer = newer.replace("2026-01-10", "2026-05-10")
    (house.folder / "policies" / "backup3.md").write_text(newer, encoding="utf-8")
    house("index", house.folder)
    found = _data(house("compare", "POL-20", "--json"))
    assert [one["values"] for one in found["changes"]] == [["47 days", "60 days"]]
    assert "47 days" in house("compare", "POL-20 2.0", "POL-20 3.0").out
    assert house("compare", "POL-99").code == 2
    assert _data(house("impact", "--json"))["compared"] == [
        ["policies/backup.md", "policies/backup3.md"]
    ]
    assert house("impact", "--user", "ana").code == 2
