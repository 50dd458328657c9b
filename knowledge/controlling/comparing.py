"""Two versions of a document, rule by rule: what stayed, moved, changed, came and went."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from knowledge.citing import cite
from knowledge.controlling.rules import is_rule
from knowledge.disagreement import disagree, spoken
from knowledge.passages import Citation, Document
from knowledge.quantities import quantities
from knowledge.text import fold

if TYPE_CHECKING:
    from knowledge.view import View

_ALIKE = 62.0
"""Likeness of 100 from which two sentences are one rule reworded."""
_ALIKE_HERE = 50.0
"""The same within one section."""
_SHORT = 3


class Kind(StrEnum):
    """What happened to a rule, the weightiest first."""

    VALUE = "value changed"
    CHANGED = "reworded"
    REMOVED = "removed"
    ADDED = "added"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule before and after; None where there is none."""

    kind: Kind
    before: Citation | None
    after: Citation | None
    values: tuple[str, str] | None = None
    """Quantities that differ, as written."""
    words: tuple[tuple[str, str], ...] = ()
    """(sign, word) pairs of a word by word comparison: "-" gone, "+" new, " " kept."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two documents, in the order of the newer one."""

    before: Document
    after: Document
    changes: tuple[RuleChange, ...]
    unchanged: int

    def of(self, *kinds: Kind) -> tuple[RuleChange, ...]:
        """Give the changes of some kinds."""
        return tuple(one for one in self.changes if one.kind in kinds)


@dataclass(frozen=True, slots=True)
class _Rule:
    text: str
    folded: str
    at: Citation
    section: str


def compare(view: View, before: Document, after: Document) -> Comparison:
    """Compare two readable documents rule by rule."""
    old, new = _rules(view, before), _rules(view, after)
    pairs, old_left, new_left = _same(old, new)
    changes: list[tuple[int, RuleChange]] = [
        (at, RuleChange(Kind.MOVED, old[was].at, new[at].at))
        for was, at in pairs
        if _bare(old[was].section) != _bare(new[at].section)
    ]
    reworded: list[tuple[int, int]] = []
    for was, at, values in _other_values(old, new, old_left, new_left):
        reworded.append((was, at))
        changes.append((at, _change(old[was], new[at], values)))
    old_left = [was for was in old_left if was not in {pair[0] for pair in reworded}]
    new_left = [at for at in new_left if at not in {pair[1] for pair in reworded}]
    for was, at in _reworded(old, new, old_left, new_left):
        reworded.append((was, at))
        changes.append((at, _change(old[was], new[at], None)))
    gone = [was for was in old_left if was not in {pair[0] for pair in reworded}]
    came = [at for at in new_left if at not in {pair[1] for pair in reworded}]
    changes += [(at, RuleChange(Kind.ADDED, None, new[at].at)) for at in came]
    changes += [
        (_near(was, pairs, len(new)), RuleChange(Kind.REMOVED, old[was].at, None)) for was in gone
    ]
    changes.sort(key=lambda pair: pair[0])
    moved = sum(1 for _, one in changes if one.kind is Kind.MOVED)
    return Comparison(before, after, tuple(one for _, one in changes), len(pairs) - moved)


def _rules(view: View, document: Document) -> list[_Rule]:
    found: list[_Rule] = []
    seen: set[tuple[str, str]] = set()
    for passage in view.passages_of(document.id):
        for sentence in spoken(passage):
            if len(sentence.split()) < _SHORT and not is_rule(sentence, frozenset(), in_own=True):
                continue
            at = cite(document, passage, sentence)
            key = (fold(sentence).casefold(), at.section or "")
            if key not in seen:
                seen.add(key)
                found.append(_Rule(sentence, key[0], at, key[1]))
    return found


def _bare(section: str) -> str:
    """Take the number off a section: a rule that only got another number did not move."""
    return re.sub(r"^\s*[\d.]+\s*", "", section).casefold()


def _same(
    old: Sequence[_Rule], new: Sequence[_Rule]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pair equal rules, first within a section and then anywhere."""
    pairs: list[tuple[int, int]] = []
    old_left, new_left = list(range(len(old))), list(range(len(new)))
    for by_section in (True, False):
        waiting: dict[tuple[str, str], list[int]] = {}
        for at in new_left:
            key = (new[at].folded, _bare(new[at].section) if by_section else "")
            waiting.setdefault(key, []).append(at)
        for was in list(old_left):
            key = (old[was].folded, _bare(old[was].section) if by_section else "")
            if waiting.get(key):
                at = waiting[key].pop(0)
                pairs.append((was, at))
                old_left.remove(was)
                new_left.remove(at)
    return pairs, old_left, new_left


def _other_values(
    old: Sequence[_Rule], new: Sequence[_Rule], old_left: Sequence[int], new_left: Sequence[int]
) -> list[tuple[int, int, tuple[str, str]]]:
    """Pair rules that set another value for the same thing, however they are worded."""
    old_left = [was for was in old_left if quantities(old[was].text)]
    new_left = [at for at in new_left if quantities(new[at].text)]
    rated = []
    for was in old_left:
        for at in new_left:
            found = disagree(
                old[was].text,
                new[at].text,
                headings_a=(old[was].section,),
                headings_b=(new[at].section,),
            )
            if found is not None:
                rated.append((found.score, was, at, found.values))
    pairs: list[tuple[int, int, tuple[str, str]]] = []
    for _, was, at, values in sorted(rated, key=lambda one: (-one[0], one[1], one[2])):
        if all(was != pair[0] and at != pair[1] for pair in pairs):
            pairs.append((was, at, values))
    return pairs


def _reworded(
    old: Sequence[_Rule], new: Sequence[_Rule], old_left: Sequence[int], new_left: Sequence[int]
) -> list[tuple[int, int]]:
    """Pair what is left by likeness, the most alike first."""
    rated = []
    for was in old_left:
        for at in new_left:
            score = fuzz.token_sort_ratio(old[was].folded, new[at].folded)
            here = _bare(old[was].section) == _bare(new[at].section)
            if score >= (_ALIKE_HERE if here else _ALIKE):
                rated.append((score + 10 * here, was, at))
    pairs: list[tuple[int, int]] = []
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, was, at in sorted(rated, key=lambda one: (-one[0], one[1], one[2])):
        if was not in taken_old and at not in taken_new:
            pairs.append((was, at))
            taken_old.add(was)
            taken_new.add(at)
    return pairs


def _change(old: _Rule, new: _Rule, known: tuple[str, str] | None) -> RuleChange:
    before = [q.text for q in quantities(old.text)]
    after = [q.text for q in quantities(new.text)]
    gone = [text for text in before if text not in after]
    came = [text for text in after if text not in before]
    found = (", ".join(gone) or "–", ", ".join(came) or "–") if gone or came else None
    values = known or found
    return RuleChange(
        Kind.VALUE if values else Kind.CHANGED, old.at, new.at, values, _words(old.text, new.text)
    )


def _words(old: str, new: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (line[0], line[2:]) for line in difflib.ndiff(old.split(), new.split()) if line[0] in "+- "
    )


def _near(was: int, pairs: Sequence[tuple[int, int]], length: int) -> int:
    """Place a rule that is gone behind the last one before it that stayed."""
    before = [(old, new) for old, new in pairs if old < was]
    return max(before)[1] if before else min(0, length)
