"""Comparing two versions of a document: each change once, in the words of both."""

from __future__ import annotations

from datetime import date

import pytest
from hand_made import document, passages

from assistant.answering.comparing import change_recorded, compare_versions
from assistant.answering.understanding import understand
from assistant.domain.answer import Answer, Kind
from knowledge.passages import Reader, Status
from knowledge.text import is_verbatim

ASKED = "What changed in the Key Policy?"


def _version(number: str, status: Status = Status.APPROVED, year: int = 2026, name: str = ""):
    return document(
        f"{name or 'keys'}-{number}.md",
        title="Key Policy",
        identifier="KEY-01",
        version=number,
        status=status,
        approved=date(year, 1, 15),
    )


OLD = (
    ("1 Handing out", "Keys are handed out by the guard. A receipt is signed."),
    ("2 Checks", "Keys are counted every month. Lost keys are reported within 3 days."),
    ("3 Lockers", "Lockers must be emptied on Fridays."),
)
NEW = (
    ("1 Handing out", "Keys are handed out by the caretaker. A receipt is signed."),
    ("2 Checks", "Keys are counted every week. Lost keys are reported within 3 days."),
    ("4 Copies", "Copies of keys must be approved by the landlord."),
)


@pytest.fixture
def compare(view_of):
    """Compare the versions given as (document, its texts), with a question."""

    def run(*versions, asked: str = ASKED, **view) -> Answer | None:
        texts = [(owner, passages(owner, *lines)) for owner, lines in versions]
        seen = view_of(*texts, **view)
        named = [one for one in seen.documents if one.facts.identifier == "KEY-01"]
        answer = compare_versions(seen, understand(asked), named)
        if answer is not None:
            for made in answer.citations:
                assert is_verbatim(made.quote, seen.passage(made.passage).text)
        return answer

    return run


def _table(answer: Answer | None) -> list[str]:
    assert answer is not None
    return [line for line in answer.text.splitlines() if line.startswith("|")][2:]


def test_the_retired_version_is_compared_with_the_one_in_force(compare):
    answer = compare((_version("1.0", Status.RETIRED, 2020), OLD), (_version("2.0"), NEW))
    assert answer.kind is Kind.ANSWER
    assert "v1.0: retired, from 2020-01-15" in answer.text
    assert "v2.0: in force, from 2026-01-15" in answer.text


def test_a_changed_sentence_stands_beside_what_it_was(compare):
    rows = _table(compare((_version("1.0", Status.RETIRED), OLD), (_version("2.0"), NEW)))
    (checks,) = [line for line in rows if "counted" in line]
    assert checks.index("every month") < checks.index("every week")
    (handed,) = [line for line in rows if "handed out" in line]
    assert handed.index("guard") < handed.index("caretaker")


def test_what_came_and_what_went_stands_alone(compare):
    rows = _table(compare((_version("1.0", Status.RETIRED), OLD), (_version("2.0"), NEW)))
    (came,) = [line for line in rows if "landlord" in line]
    (gone,) = [line for line in rows if "Lockers must" in line]
    assert came.split("|")[2].strip() == "–"
    assert gone.split("|")[3].strip() == "–"


def test_what_did_not_change_is_not_shown(compare):
    answer = compare((_version("1.0", Status.RETIRED), OLD), (_version("2.0"), NEW))
    assert "receipt" not in answer.text
    assert "within 3 days" not in answer.text


def test_versions_that_say_the_same_differ_in_nothing(compare):
    answer = compare((_version("1.0", Status.RETIRED), OLD), (_version("2.0"), OLD))
    assert _table(answer) == []
    assert answer.citations == ()


def test_every_quote_is_cited_from_its_own_version(compare):
    answer = compare((_version("1.0", Status.RETIRED), OLD), (_version("2.0"), NEW))
    for made in answer.citations:
        lines = OLD if made.version == "1.0" else NEW
        assert any(made.quote in text for _, text in lines)
        assert made.source == f"keys-{made.version}.md"


THREE = (
    (_version("1.0", Status.RETIRED, 2020), (("1 Checks", "Keys are counted every year."),)),
    (_version("2.0", Status.RETIRED, 2023), (("1 Checks", "Keys are counted every month."),)),
    (_version("3.0"), (("1 Checks", "Keys are counted every week."),)),
)


@pytest.mark.parametrize(
    ("asked", "versions"),
    [
        ("What changed in the Key Policy?", ("2.0", "3.0")),
        ("Compare version 1.0 and 2.0 of the Key Policy", ("1.0", "2.0")),
        ("Compare KEY-01 v3.0 with v1.0", ("1.0", "3.0")),
        ("How does the Key Policy differ from v1.0?", ("1.0", "3.0")),
        ("Unterschiede zwischen 1.0 und 3.0 von KEY-01", ("1.0", "3.0")),
    ],
)
def test_the_versions_named_are_compared_else_the_last_two_and_the_older_stands_first(
    compare, asked, versions
):
    answer = compare(*THREE, asked=asked)
    assert tuple(made.version for made in answer.citations) == versions


@pytest.mark.parametrize("asked", ["Who owns the Key Policy?", "How often are keys counted?"])
def test_nothing_is_compared_unless_it_is_asked_for(compare, asked):
    assert compare(*THREE, asked=asked) is None


def test_a_document_with_one_version_has_nothing_to_compare(compare):
    assert compare((_version("2.0"), NEW)) is None


def test_a_version_that_the_reader_may_not_see_is_not_compared(compare):
    access = 'rules:\n  - {path: "keys-1.0.md", read: [archive]}\n'
    old, new = (_version("1.0", Status.RETIRED), OLD), (_version("2.0"), NEW)
    assert compare(old, new, access=access, reader=Reader(id="ana")) is None
    assert compare(old, new, access=access, reader=Reader(id="ana", groups=frozenset({"archive"})))


def test_a_bar_in_a_sentence_does_not_break_the_table(compare):
    answer = compare(
        (_version("1.0", Status.RETIRED), (("1 Lamps", "The lamp must be red | green."),)),
        (_version("2.0"), (("1 Lamps", "The lamp must be blue | green."),)),
    )
    (line,) = _table(answer)
    assert line.count("|") == 4


@pytest.mark.parametrize(
    ("asked", "quote"),
    [
        (
            "what changed in version 2 of KEY-01",
            "Rev: 2 | Date: 3 May 2026 | Change: Lockers added",
        ),
        ("what changed in revision 1 of KEY-01", "Rev: 1 | Date: 1 May 2025 | Change: First issue"),
    ],
)
def test_what_a_change_table_records_of_a_version_is_quoted(view_of, asked, quote):
    only = _version("2")
    lines = (
        ("", "Revision: 2"),
        (
            "History",
            "Rev: 2 | Date: 3 May 2026 | Change: Lockers added\n"
            "Rev: 1 | Date: 1 May 2025 | Change: First issue",
        ),
    )
    answer = change_recorded(view_of((only, passages(only, *lines))), understand(asked), [only])
    assert answer is not None
    assert [made.quote for made in answer.citations] == [quote]


def test_a_version_that_no_change_table_records_has_no_change(view_of):
    only = _version("2")
    view = view_of((only, passages(only, ("", "Revision: 2"))))
    assert change_recorded(view, understand("what changed in version 2 of KEY-01"), [only]) is None
