"""Sentences end where people end them."""

from __future__ import annotations

import pytest

from knowledge.text import sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Sie gilt ab dem 1. Mai 2026. Danach nicht.", 2),
        ("Bis zum 15. Dezember wird geprüft.", 1),
        ("The rule is in section 2. May it be changed? No.", 3),
        ("Es sind rund 1,2 Mio. Euro.", 1),
        ("Logs are kept for 90 days. Backups too.", 2),
    ],
)
def test_a_german_day_does_not_end_a_sentence(text: str, parts: int) -> None:
    assert len(sentences(text)) == parts
