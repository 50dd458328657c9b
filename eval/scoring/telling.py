"""What an answer tells: its facts, its length, and how much of it is copied. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.questions import Nugget
from knowledge.text import fold

FLAGS = re.IGNORECASE | re.DOTALL
_RUN = 8
"""Words in a row that stand in a source for them to count as copied."""


@dataclass(frozen=True, slots=True)
class Told:
    """How many of the facts asked for are told."""

    vital_found: int
    vital: int
    all_found: int
    all: int
    missing: tuple[str, ...]
    """Patterns of vital facts that are not told."""


def told(text: str, nuggets: Sequence[Nugget]) -> Told:
    """Find the facts asked for in an answer's text."""
    found = [any(re.search(one, text, FLAGS) for one in nugget.any) for nugget in nuggets]
    vital = [hit for hit, nugget in zip(found, nuggets, strict=True) if nugget.vital]
    missing = tuple(
        "|".join(nugget.any)
        for hit, nugget in zip(found, nuggets, strict=True)
        if nugget.vital and not hit
    )
    return Told(sum(vital), len(vital), sum(found), len(found), missing)


def plain(markdown: str) -> str:
    """Take the marks of Markdown and of citations out of a text."""
    text = re.sub(r"\[\d+\]", "", markdown)
    return re.sub(r"^\s*(?:>|[-*•])\s+|\*\*|(?<!\w)\*|\*(?!\w)", "", text, flags=re.MULTILINE)


def words(text: str) -> list[str]:
    """Split a text into its words, folded."""
    return re.findall(r"\w+", fold(plain(text)).casefold())


def copied(text: str, sources: Iterable[str]) -> float:
    """Give the share of an answer's words that stand in a source eight in a row.

    An answer shorter than that counts as copied where all of it stands in a source."""
    said = words(text)
    if not said:
        return 0.0
    run = min(_RUN, len(said))
    known: set[tuple[str, ...]] = set()
    for source in sources:
        held = words(source)
        known.update(tuple(held[at : at + run]) for at in range(len(held) - run + 1))
    taken = [False] * len(said)
    for at in range(len(said) - run + 1):
        if tuple(said[at : at + run]) in known:
            taken[at : at + run] = [True] * run
    return sum(taken) / len(said)
