"""Audit preparation: each item by rule, with its source, owner and weight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from assistant.planning.preparation import Weight, prepare
from assistant.planning.register import RegisterEntry
from assistant.soa_store import Approval, How, Version

TODAY = date(2026, 11, 25)
AT = datetime(2026, 11, 1, tzinfo=UTC)
ENTRY = RegisterEntry(
    "CAP-1", "F-1", "internal audit", date(2026, 9, 1), "9.2.1", "No audit", "major", "", "in_progress",
    "Theo Brandt", action_due=date(2026, 10, 31), days_overdue=25,
)  # fmt: skip
VERSION = Version(2, AT, "Mara Lindqvist", How.EDITED, "soa.xlsx", None, 1, "h", None)


def test_a_late_major_is_named_with_owner_and_source() -> None:
    (item,) = prepare(None, [ENTRY], TODAY)
    assert (item.code, item.weight, item.owner) == (
        "plan_overdue",
        Weight.REQUIREMENT,
        "Theo Brandt",
    )
    assert "certificate" in item.what


def test_what_is_implemented_without_a_review_date_is_named() -> None:
    pending = replace(ENTRY, state="implemented, effectiveness pending", days_overdue=0)
    assert [one.code for one in prepare(None, [pending], TODAY)] == ["effectiveness_open"]


def test_a_change_of_the_statement_without_approval_is_named() -> None:
    (item,) = prepare(None, [], TODAY, [VERSION])
    assert item.code == "soa_changed_unapproved"
    assert "once" in item.what


def test_an_approved_change_is_not_named() -> None:
    approval = Approval(2, "h", "Theo Brandt", TODAY, AT)
    assert prepare(None, [], TODAY, [replace(VERSION, approval=approval)]) == ()
