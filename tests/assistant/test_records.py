"""What records answer exactly: the SoA, registers, and what documents say of themselves."""

from __future__ import annotations

from datetime import date

import pytest
from hand_made import TODAY, document, row

from assistant.answering.document_facts import DocumentFacts
from assistant.answering.entries import Entries, Entry
from assistant.answering.phrases import name_of
from assistant.answering.soa_rows import SoaRows, wants_row
from assistant.answering.understanding import understand
from assistant.domain.answer import Answer
from knowledge.passages import Origin, Reader


@pytest.fixture
def soa_rows(small):
    return SoaRows(small)


@pytest.fixture
def entries(small):
    return Entries(small)


@pytest.fixture
def documents(small):
    return DocumentFacts(small)


def _rows(answer: Answer | None) -> list[str]:
    """Give the keys of the rows that an answer cites."""
    assert answer is not None
    return [made.row for made in answer.citations if made.row]


# The Statement of Applicability -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Which controls are excluded?", ["A.7.4", "A.7.6"]),
        ("Which controls are not applicable?", ["A.7.4", "A.7.6"]),
        ("Welche Maßnahmen sind ausgeschlossen?", ["A.7.4", "A.7.6"]),
        ("Which controls are planned?", ["A.5.7"]),
        ("Which controls are partly implemented?", ["A.8.8"]),
        ("Which controls are not implemented?", ["A.8.11"]),
        ("Which controls are not fully implemented?", ["A.5.7", "A.8.8", "A.8.11"]),
        ("Which controls are implemented?", ["A.5.1", "A.6.3", "A.8.13"]),
        ("Which controls are overdue?", ["A.8.8"]),
        (
            "List all applicable controls in the SoA",
            ["A.5.1", "A.5.7", "A.6.3", "A.8.8", "A.8.11", "A.8.13"],
        ),
    ],
)
def test_a_list_of_controls_holds_exactly_the_rows_in_that_state(soa_rows, text, rows):
    answer = soa_rows.about_soa(understand(text))
    assert _rows(answer) == rows
    assert all(row in answer.text for row in rows)


def test_counts_are_those_of_the_sheet(soa_rows):
    answer = soa_rows.about_soa(understand("How many controls are excluded?"))
    assert "6 applicable" in answer.text
    assert "2 excluded" in answer.text
    for part in ("3 implemented", "1 partly", "1 planned", "1 not implemented"):
        assert part in answer.text


def test_an_excluded_control_is_listed_with_its_reason_and_never_with_an_invented_one(soa_rows):
    answer = soa_rows.about_soa(understand("List the excluded controls as a table"))
    lines = [line for line in answer.text.splitlines() if line.startswith("| A.")]
    assert "The landlord watches the building" in lines[0]
    assert "none recorded" in lines[1]


@pytest.mark.parametrize("text", ["Which version of the SoA is in force?", "Who approved the SoA?"])
def test_the_soa_says_its_own_version_and_approval(soa_rows, text):
    answer = soa_rows.about_soa(understand(text))
    for part in ("3.1", "2026-04-01", "Kim Sato"):
        assert part in answer.text
    assert [made.source for made in answer.citations] == ["soa.csv"]


@pytest.mark.parametrize(
    ("control", "said", "unsaid"),
    [
        (
            "A.8.8",
            [
                "partly implemented",
                "R-3: known holes",
                "Lee Moreau",
                "2026-11-01",
                "22 days",
                "SCAN-9",
            ],
            ["R-4", "LMS-4"],
        ),
        ("A.7.4", ["not applicable", "The landlord watches the building"], ["Implemented"]),
        ("A.7.6", ["not applicable", "No reason for the exclusion is recorded"], ["landlord"]),
        ("A.8.11", ["not implemented", "o target date is recorded"], ["2026-11-01"]),
        ("A.5.7", ["planned", "2027-02-01"], ["past", "overdue"]),
    ],
)
def test_a_row_says_what_is_recorded_of_its_control_and_of_no_other(
    soa_rows, control, said, unsaid
):
    answer = soa_rows.row_answer(control, understand(f"What is recorded for {control}?"))
    assert _rows(answer) == [control]
    for part in said:
        assert part in answer.text
    for part in unsaid:
        assert part not in answer.text


def test_missing_evidence_is_named_when_it_is_asked_for(soa_rows):
    answer = soa_rows.row_answer("A.8.11", understand("What evidence is there for A.8.11?"))
    assert "Evidence: none" in answer.text


def test_a_control_without_a_row_has_no_answer_from_the_soa(soa_rows):
    assert soa_rows.row_answer("A.8.24", understand("Is A.8.24 applicable?")) is None


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("Is threat intelligence implemented?", "A.5.7"),
        ("Who is responsible for data masking?", "A.8.11"),
        ("Status of security awareness, education and training?", "A.6.3"),
        ("Is the archive locked?", None),
        ("Is data kept?", None),
    ],
)
def test_a_control_is_found_by_its_title_where_the_question_speaks_of_it(soa_rows, text, control):
    found = soa_rows.topic_row(understand(text))
    assert (found.control_id if found else None) == control


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Is A.8.8 implemented?", True),
        ("Why is A.7.4 excluded?", True),
        ("What does our SoA say on A.8.8?", True),
        ("Explain A.8.8", False),
    ],
)
def test_asking_for_a_control_is_told_from_asking_what_is_recorded_of_it(text, wanted):
    assert wants_row(understand(text)) is wanted


def test_without_a_readable_soa_nothing_is_said_of_it(small_library):
    (small_library.workspace / "access.yaml").write_text(
        'rules:\n  - {path: "soa.csv", read: [isms]}\n', encoding="utf-8"
    )
    try:
        soa_rows = SoaRows(small_library.view(Reader(id="ana"), today=TODAY))
    finally:
        (small_library.workspace / "access.yaml").unlink()
    question = understand("Which controls are excluded in the SoA?")
    assert soa_rows.soa is None
    assert soa_rows.about_soa(question) is None
    assert soa_rows.row_answer("A.8.8", question) is None
    assert soa_rows.topic_row(understand("Is threat intelligence implemented?")) is None


# Registers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "said", "unsaid"),
    [
        ("INC-7", ["Badge printer offline", "2026-11-20, 3 days overdue"], ["Wrong parcel"]),
        ("inc-8", ["Wrong parcel", "Closed"], ["overdue", "Badge"]),
        ("INC-9", ["2026-12-03, in 10 days"], ["overdue"]),
        ("INC-10", ["Lamp in the archive", "today"], ["overdue"]),
    ],
)
def test_an_entry_is_found_by_its_key_with_how_its_date_stands_today(entries, key, said, unsaid):
    question = understand(f"Tell me about {key}")
    rows = entries.keyed_rows(question)
    answer = entries.register_answer(question, rows)
    assert _rows(answer) == [key.upper()]
    for part in said:
        assert part in answer.text
    for part in unsaid:
        assert part not in answer.text


@pytest.mark.parametrize("text", ["Tell me about INC-99", "What is A.8.8?", "Which keys exist?"])
def test_a_key_that_no_register_has_finds_nothing(entries, text):
    assert entries.keyed_rows(understand(text)) == ()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Which incidents are overdue?", ["INC-7"]),
        ("Which incidents are open?", ["INC-7", "INC-9", "INC-10"]),
    ],
)
def test_open_and_overdue_entries_are_listed_from_the_register_spoken_of(entries, text, rows):
    assert _rows(entries.overdue(understand(text))) == rows


def test_a_register_that_the_question_does_not_name_is_not_listed(entries):
    assert entries.overdue(understand("Which suppliers are overdue?")) is None


REGISTER = document("log.csv", origin=Origin.REGISTER)


@pytest.mark.parametrize(
    ("text", "closed", "late"),
    [
        ("ID: X-1 | Status: Open | Due date: 2026-11-22", False, True),
        ("ID: X-1 | Status: Open | Due date: 2026-11-23", False, False),
        ("ID: X-1 | Status: Closed | Due date: 2026-11-22", True, False),
        ("ID: X-1 | Status: Done, filed | Due date: 2020-01-01", True, False),
        ("ID: X-1 | Status: Erledigt | Fällig am: 2020-01-01", True, False),
        ("ID: X-1 | Status: Offen | Fällig am: 2020-01-01", False, True),
        ("ID: X-1 | Status: Not done | Deadline: 2026-01-01", False, True),
        ("ID: X-1 | Status: Open | Raised: 2020-01-01", False, False),
        ("ID: X-1 | Status: Open | Due date: 2026-02-30", False, False),
        ("ID: X-1 | Due date: 2020-01-01", False, True),
        ("ID: X-1 | Status: Open | Due date: 22/11/2026", False, True),
        ("ID: X-1 | Status: Open | Due date: 22.11.2026", False, True),
        ("ID: X-1 | Due date: 22 November 2026 | Closed: 20/11/2026", True, False),
        ("ID: X-1 | Due date: 22/11/2026 | Closed: not yet", False, True),
    ],
)
def test_an_entry_is_late_when_its_due_day_has_passed_and_it_is_not_closed(text, closed, late):
    entry = Entry.of(row(REGISTER, 0, "X-1", text))
    assert (entry.closed, entry.late(date(2026, 11, 23))) == (closed, late)


def test_an_entry_reads_its_columns_by_their_roles():
    text = "No: X-1 | Finding: Door open: again | Progress: in work | Due date: 2026-12-01"
    entry = Entry.of(row(REGISTER, 0, "X-1", text))
    assert entry.key == "X-1"
    assert entry.title == "Door open: again"
    assert entry.state == "in work"
    assert entry.dates() == (("Due date", date(2026, 12, 1)),)


# What documents say of themselves -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Who owns the key policy?", ["Lee Moreau"]),
        ("Who is the owner of KEY-01?", ["Lee Moreau"]),
        ("Who approved KEY-01?", ["Kim Sato", "2026-01-15"]),
        ("Which version of KEY-01 is current?", ["version 2.0"]),
        ("When is the next review of KEY-01?", ["2026-10-15", "39 days past"]),
        ("Who owns VIS-01?", ["names no owner"]),
        ("Who approved the visitor policy?", ["does not say who"]),
        ("Is VIS-01 approved?", ["draft"]),
    ],
)
def test_a_documents_own_facts_are_told_and_missing_ones_are_not_invented(documents, text, said):
    answer = documents.document_facts(understand(text))
    assert answer is not None
    first = answer.text.splitlines()[0]
    for part in said:
        assert part in first


def test_the_version_in_force_leads_and_the_retired_one_is_named_as_such(documents):
    answer = documents.document_facts(understand("Who owns the key policy?"))
    assert answer.citations[0].source == "key-policy.md"
    assert "v1.0, retired" in answer.text


@pytest.mark.parametrize(
    "text", ["Who owns the printer policy?", "Who hands out keys?", "When do visitors leave?"]
)
def test_a_document_that_does_not_exist_has_no_facts(documents, text):
    assert documents.document_facts(understand(text)) is None


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Which documents are drafts?", {"visitor-policy.md"}),
        ("Which documents are retired?", {"old-key-policy.md"}),
        ("Which policies are past their review?", {"key-policy.md"}),
        ("Which documents have no owner?", {"visitor-policy.md", "old-key-policy.md", "soa.csv"}),
    ],
)
def test_documents_are_listed_by_how_they_stand(documents, text, sources):
    answer = documents.document_list(understand(text))
    assert answer is not None
    assert {made.source for made in answer.citations} == sources


@pytest.mark.parametrize("text", ["Which documents must visitors sign?", "Who keeps the keys?"])
def test_a_question_about_what_documents_say_is_no_list_of_documents(documents, text):
    assert documents.document_list(understand(text)) is None


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"title": "Key Policy", "identifier": "KEY-01", "version": "2"}, "Key Policy (KEY-01) v2"),
        (
            {"title": "Key Policy", "identifier": "KEY-01", "version": "v2"},
            "Key Policy (KEY-01) v2",
        ),
        ({"title": "KEY-01 Key Policy", "identifier": "KEY-01"}, "KEY-01 Key Policy"),
        ({"title": "Key Policy", "version": "n/a"}, "Key Policy"),
    ],
)
def test_a_document_is_named_by_title_identifier_and_version(facts, name):
    assert name_of(document("k.md", **facts)) == name
