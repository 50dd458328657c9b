"""Putting an answer together: no quote that does not stand in its passage, no place that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hand_made import document, passages

from assistant.answering.draft import Draft, QuoteError
from assistant.domain.answer import Kind
from knowledge.passages import Origin, Reader, Span, Status

KEYS = document(
    "key-policy.md",
    title="Key Policy",
    identifier="KEY-01",
    version="2.0",
    approved=date(2026, 1, 15),
)
TEXT = "Keys are handed out by the care-\ntaker.  They are\u00a0returned on Fridays."


@pytest.fixture
def keys():
    return passages(KEYS, ("1 Handing out", TEXT))[0]


@pytest.fixture
def draft(view_of, keys):
    return Draft(view_of((KEYS, [keys])))


@pytest.mark.parametrize(
    "quote",
    [
        TEXT,
        "They are returned on Fridays.",
        "handed out by the caretaker.",
        "handed  out\nby the",
        "returned on Frid",
    ],
)
def test_a_quote_may_differ_in_white_space_and_split_words_only(draft, keys, quote):
    assert draft.cite(keys, quote) == 1
    assert draft.finish().citations[0].quote == quote


@pytest.mark.parametrize(
    "quote",
    [
        "They are returned on Mondays.",
        "they are returned on Fridays.",
        "Keys are returned on Fridays.",
        "Keys are handed out by the caretaker. … on Fridays.",
    ],
)
def test_a_quote_in_other_words_is_refused(draft, keys, quote):
    with pytest.raises(QuoteError, match=keys.id):
        draft.cite(keys, quote)
    assert draft.finish().citations == ()


def test_the_same_quote_keeps_its_number_and_another_gets_the_next(draft, keys):
    first = draft.cite(keys, "They are returned on Fridays.")
    assert draft.cite(keys, "handed out by the caretaker.") == 2
    assert draft.cite(keys, "They  are returned on Fridays.") == first == 1
    assert len(draft.finish().citations) == 2
    assert draft.cited == {keys.id}


def test_the_same_words_in_two_documents_are_two_citations(view_of):
    other = document("copy.md", title="Copy")
    one, two = passages(KEYS, "Lock up.")[0], passages(other, "Lock up.")[0]
    draft = Draft(view_of((KEYS, [one]), (other, [two])))
    assert [draft.cite(one, "Lock up."), draft.cite(two, "Lock up.")] == [1, 2]
    assert [made.source for made in draft.finish().citations] == ["key-policy.md", "copy.md"]


def test_a_citation_says_where_the_quote_stands_and_what_the_document_is(draft, keys):
    draft.cite(keys, "They are returned on Fridays.")
    (made,) = draft.finish().citations
    assert made.type is Origin.DOCUMENT
    assert (made.document, made.identifier, made.version) == ("Key Policy", "KEY-01", "2.0")
    assert (made.status, made.approved) == ("approved", date(2026, 1, 15))
    assert (made.section, made.passage) == ("1 Handing out", keys.id)


def test_a_place_is_told_in_the_language_of_the_answer(view_of, keys):
    german = Draft(view_of((KEYS, [keys])), "de")
    german.quote(keys, "They are returned on Fridays.")
    assert "Abschnitt 1 Handing out, freigegeben am 2026-01-15" in german.finish().text


def test_an_unknown_status_is_cited_as_none(view_of):
    plain = document("plain.md", status=Status.UNKNOWN)
    (only,) = passages(plain, "Lock up.")
    draft = Draft(view_of((plain, [only])))
    draft.cite(only, "Lock up.")
    assert draft.finish().citations[0].status is None


@pytest.mark.parametrize(
    ("quote", "section", "page"),
    [
        ("Keys are blue.", "1 Colours", 2),
        ("Keys are blue. Locks", "1 Colours", 2),
        ("Locks are green.", "2 Locks", 3),
    ],
)
def test_a_quote_is_placed_in_the_block_that_holds_it(view_of, quote, section, page):
    (whole,) = passages(KEYS, ("1 Colours", "Keys are blue. Locks are green."))
    whole = replace(
        whole,
        locator=replace(whole.locator, page=2),
        spans=(Span(0, 14, "1 Colours", 2), Span(15, 31, "2 Locks", 3)),
    )
    draft = Draft(view_of((KEYS, [whole])))
    draft.cite(whole, quote)
    (made,) = draft.finish().citations
    assert (made.section, made.page) == (section, page)


def test_a_passage_without_the_right_to_read_it_is_not_cited(view_of, keys):
    access = 'rules:\n  - {path: "key-policy.md", read: [hr]}\n'
    draft = Draft(view_of((KEYS, [keys]), access=access, reader=Reader(id="ana")))
    with pytest.raises(QuoteError, match="may not be read"):
        draft.cite(keys, "They are returned on Fridays.")


def test_an_answer_has_its_lines_in_order_and_never_two_empty_ones(draft):
    for line in ("", "One.", "", "", "", "Two.", ""):
        draft.say(line)
    answer = draft.finish(Kind.CLARIFY)
    assert answer.text == "One.\n\nTwo."
    assert answer.kind is Kind.CLARIFY


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        (Kind.ANSWER, False),
        (Kind.CONFLICT, False),
        (Kind.CLARIFY, False),
        (Kind.ERROR, False),
        (Kind.NOT_FOUND, True),
        (Kind.REFUSAL, True),
        (Kind.OUT_OF_SCOPE, True),
    ],
)
def test_an_answer_tells_whether_it_was_withheld_on_purpose(draft, kind, refused):
    assert draft.finish(kind).refused is refused
