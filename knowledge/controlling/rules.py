"""Which sentences of the documents in force state rules for which control.

A control that a heading names, by id or by title, has a *section of its own*. A control that only
sentences elsewhere speak of is treated *in passing*. A list of ids names controls and states nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.citing import cite
from knowledge.controls import Control, control_ids, references, register
from knowledge.disagreement import spoken
from knowledge.keywords import analyse, built_in_vocabulary, question_words
from knowledge.passages import Citation, Document, Origin, Passage, Standing

if TYPE_CHECKING:
    from knowledge.view import View

_FEWEST_WORDS = 4
_GENERIC = frozenset(
    "inform secur polici standard procedur guidelin control process rule use other associ relat "
    "ensur and the for with manag iso annex section chapter requir".split()
)
"""Stems of titles that say nothing of the subject, as long as two others remain."""
_VAGUE = frozenset("respons test chang project complianc document screen".split())
"""Stems that alone could be about anything: "Tests", "Responsibilities"."""
_NEUTRAL = frozenset(
    "restor recoveri recov plan organis organiz compani corpor general overview principl measur "
    "concept program strategi topic specif regul".split()
)
"""Stems that widen a heading without making it one about something else."""
_ENOUGH = 0.6
"""Share of a title's subject that a heading must have to be about the control."""
_NEAREST = 5
_NEAR = 0.5
_SURELY_NEAR = 0.6
"""Cosine with the control's title from which a passage may speak of it in other words."""
UNOWNED = ""
"""Stands for no control, in the place of an id."""
_WIDER = 3
"""More words than this beside a title's subject make a heading one about something else."""
_KIND_OF_TEXT = frozenset("policy policies standard procedure procedures guideline process".split())
_VERB = re.compile(
    r"\b(?:must|shall|should|will|may|can|cannot|is|are|be|has|have|does|do|need|needs|ensures?"
    r"|requires?|required|maintains?|defines?|approves?|reviews?|reports?|keeps?|uses?|follows?"
    r"|applies|apply|provides?|records?|tests?|checks?|monitors?|informs?|assigns?|determines?"
    r"|establish\w*|implement\w*|manag\w+|receives?|sign|signs|covers?|includes?|never|always|only"
    r"|muss|müssen|darf|dürfen|soll|sollen|sollte|ist|sind|wird|werden|hat|haben|kann|können)\b"
    r"|\b\w+(?:ed|en)\b",
    re.IGNORECASE,
)
_DUTY = re.compile(
    r"\b(?:must|shall|has to|have to|is to|are to|required to|is required|are required|prohibited"
    r"|not permitted|may only|never|muss|müssen|darf|dürfen|ist zu|sind zu|verpflichtet|verboten)\b"
    r"|\b(?:is|are|wird|werden)\b(?:\s+\w+){0,3}?\s+\w+(?:ed|en|t)\b",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"^\s*(?:if|where|when|should|unless|in case|sofern|falls|wenn|soweit)\b"
    r"|\bnot applicable\b|\bdoes not apply\b|\bno (?:outsourced|external)\b|\bnicht anwendbar\b"
    r"|\bexcluded\b|\bif (?:any|applicable)\b"
    r"|\bnot (?:be )?(?:outsourced|performed|used|in use|carried out|operated|developed)\b"
    r"|\bnicht (?:ausgelagert|eingesetzt|genutzt|durchgeführt|entwickelt)\b",
    re.IGNORECASE,
)
_ABOUT_ITSELF = re.compile(
    r"\b(?:this|the present|diese[rs]?) (?:policy|document|standard|procedure|richtlinie|dokument)\b"
    r"[^.]{0,60}\b(?:establish|implement|appl|define|cover|describe|set out|gilt|regelt)\w*",
    re.IGNORECASE,
)
_LISTING_HEADING = re.compile(
    r"\b(?:legal|regulatory|normative) (?:basis|references?|framework)|\breferences?\b|\brelated\b"
    r"|\bmapping\b|\bannex a coverage\b|\brechtsgrundlage\w*|\bverweise\b|\bnormen\b"
    r"|\blegal/regulatory\b|\bpurpose\b|\bzweck\b|\bdocument (?:control|history)\b|\bhistory\b"
    r"|\b(?:änderungs)?historie\b",
    re.IGNORECASE,
)


class Depth(StrEnum):
    """How deep the documents treat a control, weakest first."""

    NOWHERE = "nowhere"
    NAMED = "named only"
    PASSING = "in passing"
    OWN = "own section"


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence that states something for a control, and where."""

    control: str
    depth: Depth
    at: Citation
    by_id: bool = False
    """Whether the sentence, its heading or the document's own header names the control by id."""
    duty: bool = False
    """Whether it states what must be or is done, without an if."""

    @property
    def weight(self) -> float:
        """Say how much it counts: a sentence in passing is a third of one in an own section."""
        return {Depth.OWN: 1.0, Depth.PASSING: 1.0 if self.by_id else 0.34}.get(self.depth, 0.0)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A control with the words of its titles, as alternatives each."""

    id: str
    titles: tuple[tuple[frozenset[str], ...], ...]
    """Title → word → tokens any of which may stand for it."""


def stated_rules(view: View) -> dict[str, tuple[Stated, ...]]:
    """Give what the documents in force state for each control, in the order of documents.

    The key `UNOWNED` has the duties that belong to no control of Annex A."""
    found: dict[str, list[Stated]] = defaultdict(list)
    for document in in_force(view):
        claimed = tuple(one for c in document.facts.controls for one in control_ids(c) or (c,))
        titled = _headed(document.facts.title)
        whole = frozenset(claimed) if len(claimed) <= 2 else frozenset()
        near = {} if whole else _passages_near(view, document, claimed)
        seen: set[str] = set()
        for passage in view.passages_of(document.id):
            meant = whole | near.get(passage.id, frozenset())
            for one in _of_passage(document, passage, meant, titled, seen):
                found[one.control].append(one)
    for control in register().controls:
        if all(one.depth is Depth.NAMED for one in found.get(control.id, ())):
            found[control.id] += _near(view, control)
    return {control: tuple(stated) for control, stated in found.items() if stated}


def _near(view: View, control: Control) -> Iterator[Stated]:
    """Yield sentences near a control's meaning, where no words of its title stand together."""
    keys = frozenset(t for t in analyse(control.title) if t not in _GENERIC and len(t) > 2)
    nearest = _NEAR if len(keys) > 1 or len(control.title.split()) > 1 else _SURELY_NEAR
    hits = view.search(
        control.title,
        _NEAREST,
        origins=frozenset({Origin.DOCUMENT}),
        standings=frozenset({Standing.IN_FORCE}),
    )
    for hit in hits:
        if hit.cosine is None or hit.cosine < nearest:
            continue
        for sentence in spoken(hit.passage):
            tokens = frozenset(analyse(sentence))
            german = any(
                _in_german(frozenset({k}), tokens, hit.document.facts.language) for k in keys
            )
            if not (keys & tokens or german) or not is_rule(sentence, frozenset(), in_own=False):
                continue
            at = cite(hit.document, hit.passage, sentence)
            yield Stated(control.id, Depth.PASSING, at, duty=bool(_DUTY.search(sentence)))


def _passages_near(
    view: View, document: Document, claimed: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Give the passages that carry out each control which the document's own header claims."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in claimed:
        control = register().control(one)
        if control is None:
            continue
        for hit in view.search(
            control.title, _NEAREST, documents=frozenset({document.id}), fold=False
        ):
            if hit.cosine is not None and hit.cosine >= _NEAR:
                found[hit.passage.id].add(control.id)
    return {passage: frozenset(controls) for passage, controls in found.items()}


def in_force(view: View) -> tuple[Document, ...]:
    """Give the organisation's own texts that are in force, by path."""
    documents = [
        document
        for document in view.of_origin(Origin.DOCUMENT)
        if view.standing(document.id) is Standing.IN_FORCE
    ]
    return tuple(sorted(documents, key=lambda one: one.source))


def names_controls(view: View, document: Document) -> bool:
    """Tell whether a document names a control, or a clause that it serves instead."""
    return bool(document.facts.controls) or any(
        passage.controls or any(map(_names, (*passage.locator.heading_path, passage.text)))
        for passage in view.passages_of(document.id)
    )


def _names(text: str) -> bool:
    return any(one.kind in ("control", "control_2013", "clause") for one in references(text))


def _of_passage(
    document: Document,
    passage: Passage,
    whole: frozenset[str],
    titled: frozenset[str],
    seen: set[str],
) -> Iterator[Stated]:
    own, by_id = own_controls(passage.locator.heading_path)
    deep = own if own else whole | titled
    listing = any(_LISTING_HEADING.search(h) for h in passage.locator.heading_path[-1:])
    for sentence in spoken(passage):
        if sentence in seen:  # an overlap of passages
            continue
        seen.add(sentence)
        cited = frozenset(control_ids(sentence))
        if not is_rule(sentence, cited, in_own=bool(deep)) or (listing and not own):
            for control in sorted(cited):
                yield Stated(control, Depth.NAMED, cite(document, passage, sentence), by_id=True)
            continue
        at = cite(document, passage, sentence)
        duty = bool(_DUTY.search(sentence)) and not _CONDITIONAL.search(sentence)
        for control in sorted(deep):
            named = control in by_id or control in cited or control in whole
            yield Stated(control, Depth.OWN, at, named, duty)
        beside = (cited | _topics(sentence, document.facts.language)) - deep
        for control in sorted(beside):
            yield Stated(control, Depth.PASSING, at, control in cited, duty)
        if not deep and not beside and duty:
            yield Stated(UNOWNED, Depth.NOWHERE, at, duty=True)


def own_controls(headings: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Give the controls that a section is about, and those of them that a heading names by id.

    The deepest heading that names one decides; a title counts only where no heading has an id."""
    for heading in reversed(headings):
        if found := _ids_in_heading(heading):
            return found, found
    for heading in reversed(headings):
        if found := _headed(heading):
            return found, frozenset()
    return frozenset(), frozenset()


@lru_cache(maxsize=4096)
def _ids_in_heading(heading: str) -> frozenset[str]:
    """Read the ids of a heading; a bare number at its start is the section's own."""
    bare = re.sub(r"^\s*\d+(?:\.\d+)*\.?\s+", "", heading)
    named = [one for one in references(bare) if one.kind in ("control", "control_2013")]
    ids = frozenset(i for one in named for i in one.ids)
    return ids if len(ids) <= 4 else frozenset()


@lru_cache(maxsize=4096)
def _headed(heading: str) -> frozenset[str]:
    """Give the controls whose subject a heading names in words."""
    bare = re.sub(r"\([^)]*\)|^\s*\d+(?:\.\d+)*\.?\s+", " ", heading)
    tokens = [t for t in dict.fromkeys(analyse(bare)) if len(t) > 2]
    if not tokens or len(tokens) > 10:
        return frozenset()
    best: dict[str, float] = dict.fromkeys(_beginning(bare), 1.0)
    for subject in _subjects():
        for words in subject.titles:
            if not _core_in(words, subject, frozenset(tokens), bare):
                continue
            core = [word for word in words if not word <= _GENERIC]
            if not core or (len(core) == 1 and core[0] <= _VAGUE):
                core = list(words)
            hit = [word for word in core if word & set(tokens)]
            besides = [
                t for t in tokens if t not in _GENERIC | _NEUTRAL and not any(t in w for w in words)
            ]
            share = len(hit) / len(core)
            allowed = 0 if len(core) == 1 else min(_WIDER, len(hit))
            if share >= _ENOUGH and len(besides) <= allowed:
                score = share - 0.1 * len(besides)
                best[subject.id] = max(best.get(subject.id, 0.0), score)
    top = max(best.values(), default=0.0)
    return frozenset(one for one, score in best.items() if score >= top - 0.01)


def _core_in(
    words: Sequence[frozenset[str]], subject: _Subject, tokens: frozenset[str], text: str
) -> bool:
    """Tell whether a text has the heart of a title: "screens" is not "screening", and "security
    management" is not about projects."""
    if len(words) == 1:
        control = register().control(subject.id)
        title = control.title.casefold() if control else ""
        return title in text.casefold()
    core = [word for word in words if not word <= _GENERIC]
    return any(word & tokens for word in core) if core else all(word & tokens for word in words)


def _beginning(heading: str) -> list[str]:
    """Give the one control whose title begins with a heading: "Acceptable Use Policy"."""
    words = [w for w in re.findall(r"[a-z]+", heading.casefold()) if w not in _KIND_OF_TEXT]
    if len(words) < 2 or all(t in _GENERIC for t in analyse(" ".join(words))):
        return []
    found = [
        control.id
        for control in register().controls
        if re.findall(r"[a-z]+", control.title.casefold())[: len(words)] == words
    ]
    return found if len(found) == 1 else []


def is_rule(sentence: str, cited: frozenset[str], *, in_own: bool) -> bool:
    """Tell whether a sentence states something, rather than naming a control or a document."""
    row = " | " in sentence
    text = _longest_cell(sentence) if row else sentence
    words = re.findall(r"[^\W\d_]{2,}", text)
    if len(words) < _FEWEST_WORDS or _ABOUT_ITSELF.search(sentence):
        return False
    if cited and _only_titles(text, cited):
        return False
    if _VERB.search(text):
        return not (row and not in_own)
    return in_own and not row


def _longest_cell(row: str) -> str:
    return max((cell.partition(": ")[2] or cell for cell in row.split(" | ")), key=len)


def _only_titles(text: str, cited: frozenset[str]) -> bool:
    """Tell whether hardly anything is left of a text without the names of the controls it cites."""
    known = {
        token
        for one in cited
        if (control := register().control(one)) is not None
        for title in (control.title, *control.title_variants)
        for token in analyse(title)
    }
    left = [t for t in analyse(text) if t not in known and len(t) > 3 and not re.search(r"\d", t)]
    return len(left) < _FEWEST_WORDS


@lru_cache(maxsize=1)
def _subjects() -> tuple[_Subject, ...]:
    return tuple(_subject(control) for control in register().controls)


def _subject(control: Control) -> _Subject:
    titles = []
    for title in (control.title, *control.title_variants):
        tokens = list(dict.fromkeys(t for t in analyse(title) if len(t) > 2))
        kept = [t for t in tokens if t not in _GENERIC]
        words = kept if len(kept) >= 2 else tokens
        titles.append(tuple(frozenset({word}) for word in words))
    return _Subject(control.id, tuple(titles))


@lru_cache(maxsize=1)
def _german() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Map the stems of titles to their German meanings in the built-in vocabulary."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for control in register().controls:
        words, meanings = question_words(control.title, built_in_vocabulary())
        for forms in words:
            alike = tuple(tuple(one) for one in meanings.get(forms, ()) if len(one) == 1)
            for form in forms:
                found[form] = alike
    return found


def _topics(sentence: str, language: str) -> frozenset[str]:
    """Give the controls whose whole subject a sentence speaks of."""
    tokens = frozenset(analyse(sentence, language if language in ("en", "de") else "en"))
    found = set()
    for subject in _subjects():
        for words in subject.titles:
            if not _core_in(words, subject, tokens, sentence) and language != "de":
                continue
            hit = sum(1 for word in words if word & tokens or _in_german(word, tokens, language))
            if len(words) >= 2 and hit >= max(2, round(0.75 * len(words))):
                found.add(subject.id)
    return frozenset(found)


def _in_german(word: frozenset[str], tokens: frozenset[str], language: str) -> bool:
    return language == "de" and any(
        token in tokens for stem in word for meaning in _german().get(stem, ()) for token in meaning
    )
