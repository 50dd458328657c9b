"""Prompts: files with a digest, filled in completely, and exactly as they were reviewed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from prompts import PromptError, load

SNAPSHOTS = Path(__file__).parent / "snapshots"
VALUES = {
    "advisor": {"language": "English"},
    "question": {
        "today": "2026-11-23",
        "as_of": " The question is about the rules in force on 2025-06-01.",
        "conversation": "\nPerson: may I?\nAnnexa: You may.\n",
        "passages": '<passage id="p1">\nKeys stay here.\n</passage>',
        "question": "where do {{keys}} go?",
    },
    "repair": {"reasons": "- 'Keys go home.': No passage says so."},
}
NAMES = sorted(
    file.name.removesuffix(".md")
    for file in resources.files("prompts").iterdir()
    if file.name.endswith(".md")
)


@pytest.mark.parametrize("name", NAMES)
def test_a_rendered_prompt_is_what_was_reviewed(name: str) -> None:
    rendered = load(name).render(**VALUES[name])
    expected = (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")
    assert rendered == expected, f"after a review, keep the new text in {SNAPSHOTS.name}/{name}.txt"


def test_a_missing_or_unused_value_is_refused() -> None:
    with pytest.raises(PromptError, match="language"):
        load("advisor").render()
    with pytest.raises(PromptError, match="mood"):
        load("advisor").render(language="English", mood="good")


def test_a_value_cannot_bring_in_a_variable() -> None:
    assert "{{keys}}" in load("question").render(**VALUES["question"])


def test_the_digest_belongs_to_the_text() -> None:
    assert len({load(name).digest for name in NAMES}) == len(NAMES)


def test_an_unknown_prompt_is_named() -> None:
    with pytest.raises(PromptError, match="nothing_like_it"):
        load("nothing_like_it")
