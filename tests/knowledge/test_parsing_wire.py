"""What passes from a reading process to the parent."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parsing import wire
from knowledge.passages import Block, Cell, Facts, ParsedDocument, Sheet

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
FACTS = st.builds(
    Facts,
    title=TEXT,
    supersedes=TEXTS,
    controls=TEXTS,
    found_in=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
)
BLOCKS = st.builds(Block, header=TEXTS, cells=TEXTS)
VALUES = st.one_of(
    st.none(),
    TEXT,
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
)
CELLS = st.builds(Cell, value=VALUES)
SHEETS = st.builds(
    Sheet, name=TEXT, rows=st.lists(st.lists(CELLS, max_size=3).map(tuple), max_size=3).map(tuple)
)
DOCUMENTS = st.builds(
    ParsedDocument,
    facts=FACTS,
    blocks=st.lists(BLOCKS, max_size=3).map(tuple),
    read=st.none() | TEXTS,
    notes=TEXTS,
    sheets=st.lists(SHEETS, max_size=2).map(tuple),
)


@given(DOCUMENTS)
@settings(max_examples=60, deadline=None)
def test_a_document_arrives_as_it_was_sent(document: ParsedDocument) -> None:
    assert wire.decode(wire.encode(document)) == document


def test_days_and_moments_stay_apart() -> None:
    cells = (Cell(date(2026, 3, 1)), Cell(datetime(2026, 3, 1, 9, 30)))  # noqa: DTZ001
    document = ParsedDocument(Facts("T"), (), sheets=(Sheet("S", (cells,)),))
    found = wire.decode(wire.encode(document)).sheets[0].rows[0]
    assert [type(cell.value) for cell in found] == [date, datetime]


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b"{}", b'{"facts":1}', b"[" * 100_000,
     b'{"facts":{"title":1},"blocks":[],"read":null,"notes":[],"sheets":[]}'],
)  # fmt: skip
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wire.decode(raw)
