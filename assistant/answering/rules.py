"""Finding the words that answer a question: passages, then the sentence in them.

Nothing is written here that a document does not say. Two engines find passages; a cross-encoder
judges whether a text answers the question; the kind of answer that the question wants (a number, a
person, a permission) decides among sentences of like relevance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.answering.sought import Sought, holds, sought
from assistant.answering.understanding import Question
from knowledge.instructions import instructions_in
from knowledge.keywords import analyse_query
from knowledge.passages import Origin, Passage, Standing
from knowledge.text import sentences
from knowledge.view import Concept, Hit, View

OWN_ANSWERS = 0.0
"""Strength from which a text of the organisation answers."""
SHOWN_BESIDE = 1.0
"""Strength from which a text is shown beside the one that answers."""
FOREIGN_ALLOWANCE = 0.5
"""Taken off for a question in another language than English, which the models judge too low."""

_HIGHEST = 8.0
_LOWEST = -10.0
"""Bounds within which a logit counts."""
_LOWEST_SLICE = -8.0
"""The same for a slice of a passage."""
_JUDGED = 6
_JUDGED_GUIDANCE = 4
_JUDGED_OTHER = 3
"""How many hits are judged: judging costs some 30 ms a text, and the answer is among the first."""
_MOST_SLICES = 12
_JUDGED_SLICES = 4
"""How many slices of a passage are judged, those nearest in meaning."""
_SHORT = 40
"""Words up to which the first block of a numbered section is taken for its rule."""
_EXPLAINED = 2.5
"""By how much an explanation may fit a question better than the rule that it explains."""
_MOST_WORDS = 70
_CLASSES = ("Internal", "Confidential", "Restricted", "Secret", "Vertraulich", "Geheim")
"""Names of classes that need not stand on a document to be the organisation's."""
_FRESH = 4.0
"""For words that speak of what a follow-up puts in."""
_SPOKEN = 0.4
"""Share of an attribute from which a row is taken to speak of it."""

_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|daily|weekly|monthly|quarterly|"
    r"yearly|annual(ly)?|every|each|immediately|at once|once|twice|without delay|täglich|"
    r"wöchentlich|monatlich|jährlich|quartal\w*|jede[rsnm]?|sofort|unverzüglich|stunden|tage[n]?|"
    r"monate[n]?|jahre[n]?|minuten)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(minute|hour|day|week|month|quarter|year|daily|weekly|monthly|quarterly|yearly|annual|"
    r"characters?|percent|%|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|zeichen)\w*",
    re.IGNORECASE,
)
NEGATES = re.compile(r"\b(not|no|never|none|nicht|kein\w*|nie)\b", re.IGNORECASE)
_TABLE_ROW = re.compile(r"[^|:\n]{1,60}: [^|\n]+ \| [^|:\n]{1,60}: ")
_FRAMES = re.compile(
    r"^\W*[\d.]*\s*(why this|to whom|(?:purpose|aim|introduction|background|scope|terms|definitions|"
    r"related documents|references|document (?:control|history)|version history|revision history|"
    r"change history|history|exceptions|zweck|ziel|einleitung|geltungsbereich|begriffe|"
    r"mitgeltende|dokumentenlenkung|änderungshistorie|ausnahmen)"
    r"(?=(?:\s*(?:&|/|and|und|of|to)\s.*|\s+(?:dokumente|unterlagen))?\W*$))",
    re.IGNORECASE,
)
_FACTS = re.compile(
    r"\b(version|revision|status|owner|approved|approval date|classification|next review|fassung|"
    r"eigentümer|gültig ab|freigabe|klassifizierung)\b[^:\n]{0,20}:",
    re.IGNORECASE,
)
_CONTROL_TABLE = 3
"""Facts of a document from which a text without a heading is its control table."""
_ENUMERATION = re.compile(r"\w[^.;:]*, [^.;:]*(,|\band\b|\bor\b|\bund\b|\boder\b) ?\w|\n.*\n")
MODAL = re.compile(
    r"\b(must|shall|may|required|requires?|prohibited|forbidden|allowed|permitted|not|never|only|"
    r"blocked|need|needs|has to|have to|should|cannot|muss|müssen|darf|dürfen|verboten|erlaubt|"
    r"nicht|nur|erforderlich|gesperrt|untersagt)\b",
    re.IGNORECASE,
)
PROHIBITS = re.compile(
    r"\b(must not|may not|shall not|not allowed|not permitted|prohibited|forbidden|blocked|banned|"
    r"never|cannot|is not|are not|only)\b",
    re.IGNORECASE,
)


class Relevance(Protocol):
    """Judges how well texts answer a question."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give a logit per text; above 0 it probably answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its relevance and, once chosen, the words that answer."""

    hit: Hit
    relevance: float
    quote: str
    coverage: float
    """Share of the question's words that the passage holds, rare words counting more."""
    fit: float = 0.0
    """Whether the quote has the shape of the answer asked for."""
    framing: bool = False
    """Purpose, scope, history and the like, where they are not what is asked for."""
    openness: float = 1.0
    """1 where it is asked what may or should be done, less where a certain fact is sought."""
    lacking: bool = False
    """Whether the quote holds no such thing."""
    unsaid: float = 0.0
    """Share of the attribute asked for ("recovery time", "brand") that the passage never speaks of."""

    @property
    def strength(self) -> float:
        """How surely this answers; from 0 on it does.

        The weights of the organisation's texts were fitted, those of the guidance set by hand: see
        ADR 0006."""
        judged = max(min(self.relevance, _HIGHEST), _LOWEST)
        cosine = self.hit.cosine if self.hit.cosine is not None else 0.5
        missed = 3.4 * self.lacking + 4.5 * self.unsaid
        if self.hit.document.origin is Origin.GUIDANCE:
            nearness = 0.22 * judged + 9.0 * (cosine - 0.55) + 2.0 * (self.coverage - 0.5)
            return nearness + 0.8 - 3.4 * self.lacking
        nearness = 0.23 * judged + 6.9 * (cosine - 0.55) + 0.5 * (self.coverage - 0.5)
        order = 2.6 * (min(self.hit.score, 1.0) - 1.0)
        return nearness + order + 2.4 * self.openness - missed - 0.9 * self.framing

    @property
    def passage(self) -> Passage:
        """The passage found."""
        return self.hit.passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that speaks to a question, best first: the organisation's rules, guidance, the rest."""

    own: tuple[Found, ...]
    guidance: tuple[Found, ...]
    other: tuple[Found, ...]
    """Drafts, retired and superseded versions, external texts: never a rule."""


class Evidencer:
    """Gathers the evidence for one question."""

    def __init__(self, view: View, relevance: Callable[[], Relevance]) -> None:
        """Search in `view`; `relevance` gives the judging model when it is needed."""
        self._view = view
        self._relevance = relevance

    def gather(self, question: Question) -> Evidence:
        """Search and judge the organisation's documents in force, the guidance, and the rest."""
        view, text = self._view, question.text
        in_force = frozenset({Standing.IN_FORCE})
        own_origins = frozenset({Origin.DOCUMENT, Origin.REGISTER})
        own = view.search(text, 12, origins=own_origins, standings=in_force)
        if named := frozenset(one.id for one in view.named(text)):
            # A document that is asked about by its identifier is looked through first.
            first = view.search(text, 4, documents=named, standings=in_force)
            seen = {hit.passage.id for hit in first}
            own = (*first, *(hit for hit in own if hit.passage.id not in seen))
        guidance = view.search(text, 8, origins=frozenset({Origin.GUIDANCE}))
        other = view.search(text, 6, origins=own_origins, standings=frozenset(Standing) - in_force)
        return Evidence(
            own=self.judge(question, own[:_JUDGED]),
            guidance=self.judge(question, guidance[:_JUDGED_GUIDANCE]),
            other=self.judge(question, other[:_JUDGED_OTHER]),
        )

    def judge(self, question: Question, hits: Sequence[Hit]) -> tuple[Found, ...]:
        """Order `hits` by how well they answer and choose the words that do."""
        if not hits:
            return ()
        concepts = self._view.concepts(question.text)
        wanted = self.sought(question)
        attribute = _attribute(concepts, wanted)
        before = [
            Found(
                hit,
                _HIGHEST,
                "",
                _coverage(concepts, hit.passage),
                framing=_framing(question, hit.passage),
                openness=0.0 if wanted.kinds else 0.5 if attribute else 1.0,
                unsaid=1.0 - _coverage(attribute, hit.passage) if attribute else 0.0,
            )
            for hit in hits
        ]
        floor = OWN_ANSWERS - (FOREIGN_ALLOWANCE if question.language != "en" else 0.0)
        # What stays below the floor however it is judged is not going to be shown.
        hopeful = [one for one in before if one.strength >= floor]
        found = [replace(one, relevance=_LOWEST) for one in before if one.strength < floor]
        texts = [_in_context(question, one.hit) for one in hopeful]
        scores = self._scores(question.text, texts) if texts else ()
        for judged, score in zip(hopeful, scores, strict=True):
            one = replace(judged, relevance=float(score))
            if one.strength >= floor:
                quote = self.quote(question, one.passage)
                fit = self._fits(question, wanted, quote) + _titled(concepts, one.passage)
                lacking = bool(wanted.kinds) and not self._holds(question, wanted, quote)
                if lacking and question.fresh and NEGATES.search(quote):
                    lacking = not self.speaks(question.fresh, question, quote)
                another = self._of_another_thing(question, wanted, one, quote)
                unsaid = max(one.unsaid, another)
                one = replace(one, quote=quote, fit=fit, lacking=lacking, unsaid=unsaid)
            found.append(one)
        return tuple(sorted(found, key=lambda one: -self._rank(one)))

    def _of_another_thing(
        self, question: Question, wanted: Sought, found: Found, quote: str
    ) -> float:
        """Give the share of what the thing is sought of that the quote and its place leave unsaid.

        A period of audit logs is none of visitor logs, and a row about one system none of another."""
        words = wanted.thing
        row = found.passage.locator.row or _TABLE_ROW.match(quote)
        if not words and (row or wanted.attribute):
            words = wanted.of
        if not words or found.hit.document.origin is Origin.GUIDANCE:
            return 0.0
        place = " ".join((found.hit.document.facts.title, *found.passage.locator.heading_path[-1:]))
        tokens = frozenset(analyse_query(f"{place} {quote}"))
        concepts = _of_words(words, self._view.concepts(question.text))
        whole = sum(one.weight for one in concepts)
        held = sum(one.weight * one.share_in(tokens) for one in concepts)
        return 1.0 - held / whole if whole else 0.0

    def speaks(
        self, words: Sequence[str], question: Question, text: str, *, plainly: bool = False
    ) -> bool:
        """Tell whether `text` speaks of all of `words`, which stand in the question.

        `plainly` leaves out what may only stand for them."""
        tokens = frozenset(analyse_query(text))
        concepts = _of_words(words, self._view.concepts(question.text))
        least = 1.0 if plainly else 0.01
        return all(one.share_in(tokens) >= least for one in concepts)

    def sought(self, question: Question) -> Sought:
        """Find what kind of thing the question seeks; a question on the standard seeks an
        explanation."""
        return Sought() if question.standard else sought(question.text)

    def silent(self, question: Question, passages: Sequence[Passage]) -> bool:
        """Tell whether rows asked for by their key hold nothing of the kind sought of them."""
        wanted = self.sought(question)
        if wanted.strict:
            return not any(self._holds(question, wanted, one.text) for one in passages)
        attribute = _attribute(self._view.concepts(question.text), wanted)
        return bool(attribute) and all(_coverage(attribute, one) < _SPOKEN for one in passages)

    def _holds(self, question: Question, wanted: Sought, text: str) -> bool:
        said = set(analyse_query(question.text)) | self._classes

        def named(word: str) -> bool:
            return said.issuperset(analyse_query(word))

        return holds(wanted, text, named)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The names of the organisation's classes: those that its documents carry, and the usual."""
        carried = {document.facts.classification or "" for document in self._view.documents}
        return tuple(sorted({*carried, *_CLASSES} - {""}))

    @cached_property
    def _classes(self) -> frozenset[str]:
        """Words of those names: capitals that name no product."""
        return frozenset(token for one in self.class_names for token in analyse_query(one))

    def _fits(self, question: Question, wanted: Sought, text: str) -> float:
        """Score whether `text` has the shape of the answer that is asked for."""
        score = 2.5 if wanted.kinds and self._holds(question, wanted, text) else 0.0
        if "permission" in question.asks:
            score += 1.5 if MODAL.search(text) else 0.0
        if "list" in question.asks:
            score += 1.5 if _ENUMERATION.search(text) else 0.0
        return score

    def _rank(self, found: Found) -> float:
        """Order by strength, shape and the search's own order; a text that only points to another
        document for the rule comes after that document."""
        elsewhere = [
            document
            for document in self._view.named(found.quote)
            if document.id != found.passage.document
        ]
        aside = (0.7 if elsewhere else 0.0) + (1.6 if found.framing else 0.0)
        return found.strength + 0.5 * found.fit - aside

    def quote(self, question: Question, passage: Passage) -> str:
        """Choose the words of `passage` that answer, a verbatim slice of at most 70 words.

        A short block is quoted whole, so that an exception stays with its rule."""
        if passage.locator.row:
            return passage.text
        # What looks like an instruction to an assistant is never repeated to a person.
        slices = [
            (start, end)
            for start, end in _slices(passage)[:_MOST_SLICES]
            if not instructions_in(passage.text[start:end])
        ]
        if len(slices) <= 1:
            return passage.text[slices[0][0] : slices[0][1]] if slices else ""
        candidates = [passage.text[start:end] for start, end in slices]
        wanted = self.sought(question)
        heading = " ".join(passage.locator.heading_path[-1:])
        meaning = self._view.similarities(question.text, candidates)
        bonus = np.array(
            [
                self._fits(question, wanted, one)
                - 0.15 * min(at, 6)
                + _FRESH * bool(question.fresh and self.speaks(question.fresh, question, one))
                for at, one in enumerate(candidates)
            ],
            dtype=np.float32,
        )
        scores = 6.0 * meaning + bonus
        likely = sorted({0, *np.argsort(-scores, kind="stable")[:_JUDGED_SLICES].tolist()})
        judged = self._scores(question.text, [f"{heading}: {candidates[at]}" for at in likely])
        scores += 0.25 * _LOWEST_SLICE
        scores[likely] += 0.25 * (np.clip(judged, _LOWEST_SLICE, _HIGHEST) - _LOWEST_SLICE)
        best = int(np.argmax(scores))
        # The rule of a section stands first and what follows explains it.
        numbered = bool(re.match(r"[\dA-Z]+\.?\d", passage.locator.section or ""))
        states = is_rule(candidates[0]) or (numbered and len(candidates[0].split()) <= _SHORT)
        if best and states:
            together = passage.text[slices[0][0] : slices[best][1]]
            if len(together.split()) <= _MOST_WORDS and not instructions_in(together):
                return together
            holding = not wanted.kinds or self._holds(question, wanted, candidates[0])
            if holding and scores[0] >= scores[best] - _EXPLAINED:
                return candidates[0]
        return candidates[best]

    def _scores(self, asked: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Judge the texts against the question and against its paraphrase; the better counts."""
        scores = self._relevance().score(asked, texts)
        if other := self._view.paraphrase(asked):
            scores = np.maximum(scores, self._relevance().score(other, texts))
        return scores


def _in_context(question: Question, hit: Hit) -> str:
    """Give a passage with its headings above it, and its title where the question speaks of it."""
    title = hit.document.facts.title
    spoken = set(analyse_query(title)) & set(analyse_query(question.text))
    path = [title if spoken else "", *hit.passage.locator.heading_path[-2:]]
    headings = " > ".join(dict.fromkeys(part for part in path if part))
    return f"{headings}: {hit.passage.text[:1500]}"


def is_rule(text: str) -> bool:
    """Tell whether a text has the shape of a rule: a modal word or a number of something."""
    return bool(MODAL.search(text) or (_NUMBER.search(text) and _DURATION.search(text)))


def _slices(passage: Passage) -> list[tuple[int, int]]:
    """Cut a passage into what can be quoted, as (start, end): short blocks whole, long ones and
    those in which an order to an assistant hides by sentences.

    Headings and lone lead-ins are joined to what they lead in."""
    spans = [(span.start, span.end) for span in passage.spans] or [(0, len(passage.text))]
    out: list[tuple[int, int]] = []
    for start, end in spans:
        block = passage.text[start:end]
        if not block.strip():
            continue
        if len(block.split()) <= _MOST_WORDS and not instructions_in(block):
            out.append((start, end))
            continue
        at = start
        for sentence in sentences(block):
            at = passage.text.index(sentence, at)
            out.append((at, at + len(sentence)))
            at += len(sentence)
    joined: list[tuple[int, int]] = []
    for start, end in out:
        if joined and passage.text[joined[-1][0] : joined[-1][1]].rstrip().endswith(":"):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _attribute(concepts: Sequence[Concept], wanted: Sought) -> tuple[Concept, ...]:
    """Give the words of a question that name the attribute asked for."""
    return _of_words(wanted.attribute, concepts)


def _of_words(words: Sequence[str], concepts: Sequence[Concept]) -> tuple[Concept, ...]:
    tokens = {token for word in words for token in analyse_query(word)}
    return tuple(one for one in concepts if tokens.intersection(one.forms))


def _titled(concepts: Sequence[Concept], passage: Passage) -> float:
    """Score a passage whose own heading is what the question asks about."""
    heading = frozenset(analyse_query(" ".join(passage.locator.heading_path[-1:])))
    words = {word for word in heading if not word[0].isdigit()}
    if not words or len(words) > 4:
        return 0.0
    held = {form for concept in concepts for form in concept.forms}
    # A heading that leaves much of the question unsaid is only near to it.
    return 2.0 * min(1.0, len(words) / len(concepts)) if words <= held else 0.0


def frames(passage: Passage) -> str:
    """Give the word that says that a passage frames its document: "purpose", "scope", "history"."""
    match = _FRAMES.search(" ".join(passage.locator.heading_path[-1:]))
    return match[1].casefold() if match else ""


def _framing(question: Question, passage: Passage) -> bool:
    if not passage.locator.heading_path and len(_FACTS.findall(passage.text)) >= _CONTROL_TABLE:
        return True
    word = frames(passage)
    return bool(word) and word.removesuffix("s") not in question.text.casefold()


def _coverage(concepts: Sequence[Concept], passage: Passage) -> float:
    """Give the share of the question's meaning that a passage speaks of, rare words first."""
    whole = sum(concept.weight for concept in concepts)
    if not whole:
        return 0.0
    tokens = frozenset(analyse_query(passage.search_text))
    return sum(one.weight * one.share_in(tokens) for one in concepts) / whole
