"""Documents under control: coverage, the register, versions compared rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hand_made import HashEmbedder, InProcessParser, few_guidance_documents

from knowledge import syncing
from knowledge.controlling.comparing import Kind, compare
from knowledge.controlling.coverage import Coverage, Covered, Flag, coverage, coverage_data
from knowledge.controlling.documents import document_register
from knowledge.controlling.entries import register_entries
from knowledge.controlling.heat_map import draw
from knowledge.controlling.rules import Depth, is_rule, own_controls
from knowledge.controlling.surroundings import surroundings
from knowledge.library import Library
from knowledge.passages import OWNER
from knowledge.soa.linting import lint
from knowledge.view import View

TODAY = date(2026, 11, 23)
HEAD = """\
---
title: {title}
identifier: {id}
version: "{version}"
status: {status}
approved: {approved}
next_review: {review}
owner: Head of IT
---
# {title}

"""


def text(title: str, name: str, body: str, **facts: str) -> str:
    known = {"version": "1.0", "status": "approved", "approved": "2026-01-10",
             "review": "2027-01-10"} | facts  # fmt: skip
    return HEAD.format(title=title, id=name, **known) + body


DOCUMENTS = {
    "access.md": text("Access Control Policy", "POL-05", """\
## 1 Legal basis

- A 5.15 — Access control
- A 5.18 — Access rights
- A 8.6 — Capacity management

## 2 Rights (A 5.18)

Access rights are granted by the system owner. They must be reviewed every quarter.
Leavers return all assets on their last day: the return of assets is confirmed by HR.

## 3 Contact with authorities

The Data Protection Officer keeps the list of authorities. The list is checked every year.

## 4 Screens

Screens lock after 10 minutes without activity.
""", review="2026-08-01"),
    "backup_v1.md": text("Backup Standard", "STD-04", """\
## 1 Keeping (A.8.13)

Backups are kept for 30 days. A restore test is done every year. Tapes are stored in the safe.
""", version="1.0", status="retired"),
    "backup_v2.md": text("Backup Standard", "STD-04", """\
## 1 Scope

Tapes are stored in the safe.

## 2 Keeping (A.8.13)

Tier-1 systems are backed up daily; backups are kept for 35 days. A restore test is done every
year. Copies must be encrypted.
""", version="2.0"),
    "development.md": text("Development Rules", "POL-09", """\
## 1 Outsourced development (A.8.30)

Outsourced developers must follow our coding rules.
"""),
    "house.md": text("House Rules", "POL-30", """\
## 5 Canteen

Food must not be left in the fridge over the weekend. Cups are washed by those who used them.
"""),
    "soa.csv": "Control ID,Control,Applicable,Justification,Status,Evidence\n"
    "A.5.15,Access control,Yes,R-01 misuse,Implemented,EV-1 report 2026-05-01\n"
    "A.5.18,Access rights,Yes,R-01 misuse,Implemented,EV-2 report 2024-05-01\n"
    "A.5.11,Return of assets,Yes,R-02 loss,Implemented,\n"
    "A.5.5,Contact with authorities,Yes,Law,Implemented,\n"
    "A.6.1,Screening,Yes,Law,Implemented,\n"
    "A.8.6,Capacity management,Yes,R-03 outage,Implemented,\n"
    "A.8.30,Outsourced development,No,None of our code is written outside,N/A,\n",
    "findings.csv": "Finding ID,Requirement,Grade,Title,Status,Due date\n"
    "NC-1,A.5.18,Major,Reviews missing,Open,2026-12-01\n"
    "NC-2,A.5.15,Major,Doors open,Closed,2026-02-01\n"
    "NC-3,A.5.15,Minor,Badge lost,\"implemented, effectiveness pending\",2026-12-01\n",
    "document-register.csv": "Doc ID,Title,Owner,Version,Next Review\n"
    "POL-05,Access Control Policy,Head of IT,1.1,2026-08-01\n"
    "POL-77,Visitor Policy,Head of HR,1.0,2026-08-01\n"
    "POL-78,Travel Policy,Head of HR,1.0,2026-08-01\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    place = tmp_path_factory.mktemp("controlled")
    for name, body in DOCUMENTS.items():
        (place / "documents" / name).parent.mkdir(exist_ok=True)
        (place / "documents" / name).write_text(body, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncing, "Parser", InProcessParser)
        patch.setattr(syncing, "guidance_documents", few_guidance_documents)
        library = Library.open(place / "workspace", HashEmbedder(), create=True)
        assert library.sync(place / "documents").failures == ()
    yield library.view(OWNER, today=TODAY)
    library.close()


@pytest.fixture(scope="module")
def found(view: View) -> Coverage:
    return coverage(view)


def of(found: Coverage, control: str) -> Covered:
    return next(one for one in found.controls if one.control == control)


@pytest.mark.parametrize("control", ["A.5.18", "A.8.13", "A.5.5", "A.5.15"])
def test_a_control_with_a_section_or_document_of_its_own_is_never_called_missing(
    found: Coverage, control: str
):
    assert of(found, control).depth is Depth.OWN
    assert Flag.UNDESCRIBED not in of(found, control).flags


def test_a_control_that_sentences_elsewhere_speak_of_is_treated_in_passing(found: Coverage):
    one = of(found, "A.5.11")
    assert one.depth is Depth.PASSING
    assert one.strength < of(found, "A.5.18").strength
    assert Flag.THIN in one.flags


def test_a_list_of_ids_states_nothing(found: Coverage):
    one = of(found, "A.8.6")
    assert one.depth is Depth.NAMED
    assert Flag.UNDESCRIBED in one.flags


def test_a_screen_is_no_screening(found: Coverage):
    assert of(found, "A.6.1").depth is Depth.NOWHERE


def test_rules_for_an_excluded_control_stand_out(found: Coverage):
    assert Flag.EXCLUDED_BUT_RULED in of(found, "A.8.30").flags


def test_rules_without_a_row_stand_out(found: Coverage):
    assert Flag.UNOWNED in of(found, "A.8.13").flags


def test_a_section_that_no_control_owns_is_listed(found: Coverage):
    assert [(one.source, one.section) for one in found.unowned] == [("house.md", "5 Canteen")]


def test_the_weakest_come_first(found: Coverage):
    order = [one.control for one in found.weakest_first]
    assert order.index("A.6.1") < order.index("A.8.6") < order.index("A.5.11")
    assert order.index("A.5.11") < order.index("A.5.18")


def test_evidence_has_an_age_and_old_evidence_stands_out(found: Coverage):
    one = of(found, "A.5.18")
    assert [e.age_days for e in one.evidence] == [936]
    assert Flag.OLD_EVIDENCE in one.flags
    assert Flag.OLD_EVIDENCE not in of(found, "A.5.15").flags


def test_open_findings_count_until_their_effect_was_seen(found: Coverage):
    assert [f.key for f in of(found, "A.5.18").findings] == ["NC-1"]
    assert [f.key for f in of(found, "A.5.15").findings] == ["NC-3"]


def test_every_sentence_of_the_data_has_its_place(found: Coverage):
    data = next(c for c in coverage_data(found)["controls"] if c["control"] == "A.5.18")
    first = next(s for s in data["stated"] if s["depth"] == "own section")
    assert first["section"] == "2 Rights (A 5.18)"
    assert first["quote"] == "Access rights are granted by the system owner."


@pytest.mark.parametrize("end", ["png", "svg"])
def test_the_heat_map_is_a_picture(found: Coverage, tmp_path: Path, end: str):
    path = tmp_path / f"map.{end}"
    draw(found, path)
    start = path.read_bytes()[:100]
    assert start.startswith(b"\x89PNG") if end == "png" else b"<?xml" in start


@pytest.mark.parametrize(
    ("headings", "controls"),
    [
        (["3. Access Control (A 5.15)"], {"A.5.15"}),
        (["6 Access rights (A.5.18)", "6.1 Provision"], {"A.5.18"}),
        (["3.2 Engagement with Special Interest Groups"], {"A.5.6"}),
        (["8.13 Canteen"], set()),
        (["5.3 Physical Access Controls (A 7.2)"], {"A.7.2"}),
        (["Acceptable Use Policy"], {"A.5.10"}),
        (["2 Information security"], set()),
        (["4 Screens"], set()),
        (["6 Logging"], {"A.8.15"}),
        (["Backup Policy"], {"A.8.13"}),
        (["2 Backup logs"], set()),
        (["Cryptography Standard"], {"A.8.24"}),
        (["3 Project risks"], set()),
        (["4 Tests"], set()),
        (["5 Responsibilities"], set()),
        (["7 Change Management"], {"A.8.32"}),
    ],
)
def test_headings_say_what_a_section_is_about(headings: list[str], controls: set[str]):
    assert own_controls(headings)[0] == controls


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Access rights must be reviewed every quarter.", True),
        ("A 5.15 — Access Control", False),
        ("Control: A.8.6 | Title: Capacity management | Covered by: IT Policy", False),
        ("This policy establishes the framework for access control.", False),
    ],
)
def test_only_what_states_something_is_a_rule(sentence: str, rule: bool):
    from knowledge.controls import control_ids

    assert is_rule(sentence, frozenset(control_ids(sentence)), in_own=False) is rule


def test_the_register_joins_documents_with_the_organisations_own(view: View):
    found = document_register(view)
    policy = next(one for one in found.documents if one.identifier == "POL-05")
    assert policy.days_left == (date(2026, 8, 1) - TODAY).days
    assert policy.disagreements == ("the register says version 1.1, the document 1.0",)
    assert [one.identifier for one in found.overdue] == ["POL-05"]
    assert found.without_document == ("POL-77 Visitor Policy", "POL-78 Travel Policy")


def test_versions_are_compared_rule_by_rule(view: View):
    by_source = {one.source: one for one in view.documents}
    found = compare(view, by_source["backup_v1.md"], by_source["backup_v2.md"])
    assert [one.values for one in found.of(Kind.VALUE)] == [("30 days", "35 days")]
    moved = found.of(Kind.MOVED)
    assert [one.before.quote for one in moved if one.before] == ["Tapes are stored in the safe."]
    assert [one.after.quote for one in found.of(Kind.ADDED) if one.after] == [
        "Copies must be encrypted."
    ]
    assert found.of(Kind.REMOVED) == ()
    assert found.unchanged == 1


def test_a_document_compared_with_itself_has_no_changes(view: View):
    one = next(d for d in view.documents if d.source == "access.md")
    assert compare(view, one, one).changes == ()


def test_rows_of_registers_know_their_controls_and_state(view: View):
    entries = {one.key: one for one in register_entries(view)}
    assert entries["NC-1"].major
    assert not entries["NC-1"].closed
    assert entries["NC-2"].closed
    assert entries["NC-1"].controls == ("A.5.18",)


def test_checks_compare_with_what_the_view_holds(view: View):
    soa = view.soa()
    assert soa is not None
    defects = lint(soa, today=TODAY, surroundings=surroundings(view))
    named = {(one.code, one.controls) for one in defects}
    assert ("S13", ("A.8.30",)) in named
    assert ("S19", ("A.5.18",)) in named
