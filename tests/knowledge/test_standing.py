"""What a document counts for on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hand_made import TODAY, document

from knowledge.passages import Document, Origin, Standing, Status
from knowledge.standing import judge, version_key

LAST_YEAR = date(2025, 3, 1)
THIS_YEAR = date(2026, 3, 1)
NEXT_YEAR = date(2027, 3, 1)


def _backup(version: str | None, source: str | None = None, **facts: Any) -> Document:
    values: dict[str, Any] = {"title": "Backup Standard", "identifier": "STD-04"}
    return document(source or f"{version}.md", version=version, **{**values, **facts})


def _standings(
    *documents: Document, today: date = TODAY, as_of: date | None = None
) -> dict[str, Standing]:
    judged = judge(documents, today, as_of)
    return {one.source: judged[one.id].standing for one in documents}


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        (Status.APPROVED, Standing.IN_FORCE),
        (Status.UNKNOWN, Standing.IN_FORCE),
        (Status.DRAFT, Standing.DRAFT),
        (Status.RETIRED, Standing.RETIRED),
        (Status.EXTERNAL, Standing.EXTERNAL),
    ],
)
def test_a_lone_document_counts_for_what_it_says(status: Status, standing: Standing) -> None:
    assert _standings(_backup("1.0", "a.md", status=status)) == {"a.md": standing}


def test_the_newest_version_supersedes_the_others_and_is_named() -> None:
    old, new = _backup("1.9", approved=LAST_YEAR), _backup("1.10", approved=THIS_YEAR)
    judged = judge([old, new], TODAY)
    assert judged[old.id].standing is Standing.SUPERSEDED
    assert judged[old.id].successor == new.id
    assert judged[new.id].standing is Standing.IN_FORCE


def test_versions_are_numbers_and_not_letters() -> None:
    assert version_key("v1.10") > version_key("1.9")
    assert version_key("Version 2") > version_key("1.99")
    assert version_key(None) < version_key("0.1")


@pytest.mark.parametrize("status", [Status.DRAFT, Status.EXTERNAL])
def test_a_newer_text_that_states_no_rule_supersedes_nothing(status: Status) -> None:
    found = _standings(_backup("1.0", "now.md"), _backup("2.0", "next.md", status=status))
    assert found["now.md"] is Standing.IN_FORCE


def test_a_version_that_begins_later_is_not_yet_in_force_and_supersedes_nothing() -> None:
    now, later = _backup("1.0", effective=LAST_YEAR), _backup("2.0", effective=NEXT_YEAR)
    assert _standings(now, later) == {"1.0.md": Standing.IN_FORCE, "2.0.md": Standing.NOT_YET}
    assert _standings(now, later, today=NEXT_YEAR) == {
        "1.0.md": Standing.SUPERSEDED,
        "2.0.md": Standing.IN_FORCE,
    }


def test_the_effective_day_counts_before_the_day_of_approval() -> None:
    one = _backup("1.0", "a.md", approved=LAST_YEAR, effective=NEXT_YEAR)
    assert _standings(one) == {"a.md": Standing.NOT_YET}


def test_an_earlier_day_asks_the_version_of_that_day() -> None:
    old = _backup("1.3", status=Status.RETIRED, effective=LAST_YEAR, retired=THIS_YEAR)
    new = _backup("1.4", effective=THIS_YEAR)
    assert _standings(old, new, as_of=date(2025, 6, 1)) == {
        "1.3.md": Standing.IN_FORCE,
        "1.4.md": Standing.NOT_YET,
    }
    assert _standings(old, new, as_of=THIS_YEAR) == {
        "1.3.md": Standing.RETIRED,
        "1.4.md": Standing.IN_FORCE,
    }


def test_a_retired_text_is_not_in_force_today_even_without_a_successor() -> None:
    assert _standings(_backup("1.0", "a.md", status=Status.RETIRED, retired=NEXT_YEAR)) == {
        "a.md": Standing.RETIRED
    }


def test_an_approved_text_ends_on_the_day_it_is_retired() -> None:
    one = _backup("1.0", "a.md", retired=THIS_YEAR)
    assert _standings(one, today=date(2026, 2, 28)) == {"a.md": Standing.IN_FORCE}
    assert _standings(one, today=THIS_YEAR) == {"a.md": Standing.RETIRED}


@pytest.mark.parametrize("mention", ["STD-04 v1.3", "v1.3", "Backup Standard 1.3"])
def test_a_version_that_is_named_as_superseded_is_superseded(mention: str) -> None:
    old = _backup("1.3", "old.md")
    new = _backup("1.4", "new.md", supersedes=(mention,))
    assert _standings(old, new)["old.md"] is Standing.SUPERSEDED


def test_a_document_may_supersede_one_of_another_name() -> None:
    old = document("it.md", title="IT Rules", identifier="IT-01", version="2.0")
    new = _backup("1.0", "new.md", supersedes=("IT-01",))
    judged = judge([old, new], TODAY)
    assert judged[old.id].standing is Standing.SUPERSEDED
    assert judged[old.id].successor == new.id


def test_a_draft_that_names_a_text_as_superseded_changes_nothing() -> None:
    new = _backup("1.4", "new.md", supersedes=("STD-04 v1.3",), status=Status.DRAFT)
    assert _standings(_backup("1.3", "old.md"), new)["old.md"] is Standing.IN_FORCE


def test_two_documents_of_one_identifier_but_other_titles_are_no_versions() -> None:
    a = document("a.md", title="Backup Standard", identifier="STD-04", version="1.0")
    b = document("b.md", title="Door Locks", identifier="STD-04", version="2.0")
    assert set(_standings(a, b).values()) == {Standing.IN_FORCE}


def test_texts_with_one_title_and_versions_are_a_series_without_an_identifier() -> None:
    old = document("old.md", title="Backup Standard", version="1.0")
    new = document("new.md", title="Backup standard", version="2.0")
    assert _standings(old, new)["old.md"] is Standing.SUPERSEDED


def test_registers_have_no_versions() -> None:
    facts: dict[str, Any] = {"title": "Risks", "origin": Origin.REGISTER}
    a = document("a.csv", version="1.0", **facts)
    b = document("b.csv", version="2.0", **facts)
    assert set(_standings(a, b).values()) == {Standing.IN_FORCE}


def test_the_guidance_is_always_in_force() -> None:
    one = document("guidance:A.8.13", origin=Origin.GUIDANCE, effective=NEXT_YEAR)
    assert set(_standings(one).values()) == {Standing.IN_FORCE}
