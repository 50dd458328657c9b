"""Comparing two versions of a document, section by section and sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from assistant.answering.draft import Draft
from assistant.answering.phrases import day, name_of
from assistant.answering.places import version_asked
from assistant.answering.rules import frames, is_rule
from assistant.answering.understanding import Question
from assistant.domain.answer import Answer
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.standing import begins, series_of, version_key
from knowledge.text import fold, sentences
from knowledge.view import View

_MOST = 12
_SAME_RULE = 70
"""Likeness from which two sentences are taken for the same rule, of 100 and 8 for the section."""
_VERSION = re.compile(r"\bv?(\d+(?:\.\d+)+)\b")
_VERSION_CELL = re.compile(
    r"\s*(?:version|vers\.?|ver\.?|revision|rev\.?|issue|edition|release|fassung|ausgabe|stand|v|"
    r"versie)(?: (?:no|nr)\.?)?: *v?(\d+(?:\.\d+)*)\s*\|\s*\S",
    re.IGNORECASE,
)
_CHANGE_WORDS = re.compile(
    r"\b(compare|comparison|differ\w*|versus|vs\.?|changed|changes|change log|what('s|"
    r" is) new|new in|"
    r"old (one|version)|previous(ly)?|earlier version|last version|vergleich\w*|unterschied\w*|"
    r"geändert)\b",
    re.IGNORECASE,
)


def compare_versions(
    view: View, question: Question, documents: Sequence[Document]
) -> Answer | None:
    """Answer what differs between two versions of one of `documents`, if that is asked."""
    if not _CHANGE_WORDS.search(question.text):
        return None
    pair = _pair(view, question, documents)
    if pair is None:
        return None
    old, new = pair
    draft = Draft(view, question.language)
    draft.say(f"**{name_of(old)} compared with {name_of(new)}**")
    draft.say()
    for document in (old, new):
        draft.say(f"- v{document.facts.version or '?'}: {_standing(view, document)}")
    draft.say()
    rows = _differences(view, old, new)
    if not rows:
        draft.say("I find no sentence that differs.")
        return draft.finish()
    draft.say(f"| Section | v{old.facts.version or 'old'} | v{new.facts.version or 'new'} |")
    draft.say("|---|---|---|")
    for section, before, after in rows[:_MOST]:
        draft.say(f"| {section} | {_cell(draft, before)} | {_cell(draft, after)} |")
    if len(rows) > _MOST:
        draft.say()
        draft.say(f"{len(rows) - _MOST} further differences are not shown.")
    return draft.finish()


def change_recorded(view: View, question: Question, documents: Sequence[Document]) -> Answer | None:
    """Quote what a document's own change table records of the version that is asked about."""
    version = version_asked(question)
    if version is None or not _CHANGE_WORDS.search(question.text):
        return None
    ordered = sorted(documents, key=lambda one: view.standing(one.id) is not Standing.IN_FORCE)
    for document in ordered:
        for passage in view.passages_of(document.id):
            for line in passage.text.split("\n"):
                cell = _VERSION_CELL.match(line)
                if cell and version_key(cell[1]) == version_key(version):
                    draft = Draft(view, question.language)
                    draft.quote(passage, line.strip(), lead=True)
                    return draft.finish()
    return None


def _pair(
    view: View, question: Question, documents: Sequence[Document]
) -> tuple[Document, Document] | None:
    """Choose the two versions: those named, else the one in force and the one before it."""
    series = series_of([one for one in view.documents if one.origin is not Origin.GUIDANCE])
    keys = {series[one.id] for one in documents if one.id in series}
    for key in sorted(keys):
        members = sorted(
            (one for one in view.documents if series.get(one.id) == key),
            key=lambda one: version_key(one.facts.version),
        )
        if len(members) < 2:
            continue
        said = {version_key(match[1]) for match in _VERSION.finditer(question.text)}
        named = [one for one in members if version_key(one.facts.version) in said]
        if len(named) >= 2:
            return named[0], named[-1]
        current = next(
            (one for one in reversed(members) if view.standing(one.id) is Standing.IN_FORCE),
            members[-1],
        )
        other = named[0] if named and named[0] is not current else None
        before = [one for one in members if one is not current]
        return _ordered(other or before[-1], current)
    return None


def _ordered(one: Document, other: Document) -> tuple[Document, Document]:
    first, second = sorted((one, other), key=lambda d: version_key(d.facts.version))
    return first, second


def _standing(view: View, document: Document) -> str:
    text = view.standing(document.id).value
    start = begins(document)
    if start:
        text += f", from {day(start)}"
    if document.facts.retired:
        text += f" to {day(document.facts.retired)}"
    return text


Place = tuple[Passage, str]


def _differences(
    view: View, old: Document, new: Document
) -> list[tuple[str, Place | None, Place | None]]:
    """Pair the sentences that say the same thing differently; rules with numbers first."""
    before, after = _sentences(view, old), _sentences(view, new)
    same = {fold(one[1]) for one in before} & {fold(one[1]) for one in after}
    left = [one for one in before if fold(one[1]) not in same]
    right = [one for one in after if fold(one[1]) not in same]
    pairs = sorted(
        (
            (_similar(one, other), at, to)
            for at, one in enumerate(left)
            for to, other in enumerate(right)
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    rows: list[tuple[str, Place | None, Place | None]] = []
    paired: tuple[set[int], set[int]] = (set(), set())
    for score, at, to in pairs:
        if score < _SAME_RULE or at in paired[0] or to in paired[1]:
            continue
        paired[0].add(at)
        paired[1].add(to)
        rows.append((_section(right[to][0]), left[at], right[to]))
    rows.sort(key=lambda row: not (row[2] and is_rule(row[2][1])))
    gone = [one for at, one in enumerate(left) if at not in paired[0] and _states(one)]
    came = [one for to, one in enumerate(right) if to not in paired[1] and _states(one)]
    rows += [(_section(one[0]), None, one) for one in came]
    rows += [(_section(one[0]), one, None) for one in gone]
    return rows


def _states(place: Place) -> bool:
    """Tell whether a sentence states a rule: by its shape, or as the first of its section."""
    passage, sentence = place
    return is_rule(sentence) or bool(_number(passage) and passage.text.startswith(sentence))


def _similar(one: Place, other: Place) -> float:
    same_section = _number(one[0]) and _number(one[0]) == _number(other[0])
    alike = max(
        fuzz.token_sort_ratio(one[1], other[1]), 0.9 * fuzz.token_set_ratio(one[1], other[1])
    )
    return float(alike) + (8 if same_section else 0)


def _sentences(view: View, document: Document) -> list[Place]:
    found = []
    for passage in view.passages_of(document.id):
        if frames(passage):
            continue
        found += [(passage, one) for one in sentences(passage.text) if 3 < len(one.split()) <= 60]
    return found


def _number(passage: Passage) -> str:
    match = re.match(r"[\dA-Z]+(?:\.\d+)*", passage.locator.section or "")
    return match.group() if match else ""


def _section(passage: Passage) -> str:
    return (passage.locator.section or "").replace("|", "/")


def _cell(draft: Draft, place: Place | None) -> str:
    if place is None:
        return "–"
    passage, sentence = place
    return f"{sentence.replace('|', '/').replace(chr(10), ' ')} [{draft.cite(passage, sentence)}]"
