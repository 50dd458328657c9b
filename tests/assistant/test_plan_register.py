"""The register: columns, views, what is due, and registers that exist already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from plans_made import AT, LEAD, OWNER, whole_case

from assistant.domain import casework
from assistant.domain.plan import Source
from assistant.planning.house_rules import HouseRules, read_house_rules
from assistant.planning.importing import read_pasted, read_register, read_report
from assistant.planning.register import (
    HEADERS,
    ageing,
    dated,
    due_soon,
    effectiveness_pending,
    entry_of,
    grouped,
    mean_days_to_close,
    open_by_grade,
    overdue,
    reminders,
    repeats,
)
from assistant.settings import SettingsError

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "registers" / "corrective-actions.csv"
TODAY = date(2026, 11, 23)
RULES = HouseRules()


def approved():
    case = casework.propose(whole_case(), by=OWNER, at=AT, problems=())
    return casework.approve(case, by=LEAD, at=AT, shown=case.plan.content_hash, problems=())


@pytest.fixture(scope="module")
def entries():
    return [dated(one, RULES, TODAY) for one in read_register(SAMPLE).entries]


def test_the_columns_are_those_of_the_register() -> None:
    assert HEADERS[:12] == (
        "id", "finding_id", "source", "date", "requirement", "title", "grade", "risk", "state", "owner",
        "containment_date", "plan_due",
    )  # fmt: skip


def test_a_plan_is_a_line_of_the_register() -> None:
    entry = entry_of(approved(), RULES, date(2027, 1, 20))
    assert (entry.id, entry.requirement, entry.grade, entry.state) == (
        "CAP-2026-001",
        "A.5.18",
        "minor",
        "approved",
    )
    assert (entry.action_due, entry.days_overdue, entry.days_open) == (date(2027, 1, 15), 5, 80)


def test_an_extension_moves_the_date_and_is_counted() -> None:
    case = casework.request_extension(
        approved(), by=OWNER, at=AT, target="A1", new=date(2027, 3, 1), reason="late tool"
    )
    case = casework.grant_extension(case, by=LEAD, at=AT, target="A1")
    entry = entry_of(case, RULES, date(2027, 1, 20))
    assert (entry.days_overdue, entry.extensions) == (0, 1)


def test_a_major_that_is_late_is_escalated(entries) -> None:
    assert [(one.id, one.escalated) for one in overdue(entries)] == [("CAR-2026-007", True)]


def test_the_views_count_what_is_open(entries) -> None:
    assert open_by_grade(entries) == {"major": 1, "minor": 2}
    assert [one.id for one in due_soon(entries, TODAY)] == ["CAR-2026-009", "CAR-2026-004"]
    assert [one.id for one in effectiveness_pending(entries)] == ["CAR-2026-004"]
    assert ageing(entries) == {"0-30": 1, "31-60": 0, "61-90": 1, ">90": 1}
    assert grouped(entries, "clause") == {"7.2": 1, "9.2": 1, "A.5.18": 1}


def test_mean_days_to_close_and_repeats(entries) -> None:
    closed = replace(
        entries[0],
        state="closed",
        closed_on=date(2026, 6, 10),
        raised=date(2026, 5, 11),
        repeat_of="CAR-1",
    )
    assert mean_days_to_close([closed]) == {"minor": 30.0}
    assert repeats([closed, *entries]) == (closed,)


def test_a_register_with_other_headers_is_understood(tmp_path) -> None:
    file = tmp_path / "capa.csv"
    file.write_text(
        "ID,Source,Date Raised,Finding / Nonconformity,Root Cause,Owner,Due Date,Status,Closure Date\n"
        "CAPA-1,Internal audit,2026-02-10,Three accounts without approval,"
        "Onboarding checklist did not enforce the approval gate,HR Lead,2026-05-15,In progress,\n"
        "CAPA-1,Internal audit,2026-02-10,Twice,,HR Lead,2026-05-15,Open,\n",
        encoding="utf-8",
    )
    found = read_register(file)
    assert found.entries[0].title == "Three accounts without approval"
    assert found.entries[0].root_cause_category == "rule not enforced"
    assert "twice" in found.skipped[0]


def test_a_file_without_a_register_says_what_to_do(tmp_path) -> None:
    file = tmp_path / "no.csv"
    file.write_text("Colour,Taste\nred,sweet\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Name the columns"):
        read_register(file)


def test_several_findings_of_a_pasted_report_are_told_apart() -> None:
    found = read_pasted(
        "NC-1 (minor) 7.5.3: two obsolete versions of the procedure on the intranet.\n\n"
        "NC-2 Major A.8.13: none of 9 systems was restore tested in 18 months.",
        Source.CERTIFICATION_BODY,
    )
    assert [(one.finding.id, one.finding.grade.value) for one in found] == [
        ("NC-1", "minor"),
        ("NC-2", "major"),
    ]


def test_the_findings_of_a_workbook_or_table_are_taken_in(tmp_path) -> None:
    file = tmp_path / "report.csv"
    file.write_text(
        "No,Clause,Finding,Grade,Date\n"
        "3,A.8.13,None of 9 systems was restore tested in 18 months,Major,2026-10-06\n"
        "4,7.2,2 of 4 risk owners have no evidence of competence,Minor,2026-10-06\n",
        encoding="utf-8",
    )
    found = [one.finding for one in read_report(file, Source.CERTIFICATION_BODY)]
    assert [(one.id, one.grade.value, one.audit_date) for one in found] == [
        ("3", "major", date(2026, 10, 6)),
        ("4", "minor", date(2026, 10, 6)),
    ]
    assert found[0].text.startswith("A.8.13")


def test_the_findings_of_a_document_begin_at_their_marks(tmp_path) -> None:
    file = tmp_path / "report.md"
    file.write_text(
        "# Audit report\n\n## Summary\n\nThe audit went well.\n\n## NC-07 Minor nonconformity\n\n"
        "For 2 of 9 suppliers no review was found in 2026.\n\nRequirement: A.5.22\n\n"
        "## Closing meeting\n\nThanks.\n",
        encoding="utf-8",
    )
    found = [one.finding for one in read_report(file, Source.INTERNAL)]
    assert [one.id for one in found] == ["NC-07"]
    assert "A.5.22" in found[0].text
    assert "Thanks" not in found[0].text


def test_reminders_name_whom_to_tell_and_what_is_late() -> None:
    found = reminders([approved()], RULES, date(2027, 1, 20))
    assert [(one.to, one.days) for one in found] == [
        ("Ravi Menon (IT Manager)", -5),
        ("Ravi Menon (IT Manager)", 11),
    ]


def test_house_rules_that_cannot_be_read_say_where(tmp_path) -> None:
    (tmp_path / "plans.yaml").write_text(
        "sources: {internal: {plan: {minor: soon}}}\n", encoding="utf-8"
    )
    with pytest.raises(
        SettingsError, match=r"plans\.yaml: sources\.internal\.plan: 'soon' is no limit"
    ):
        read_house_rules(tmp_path)
