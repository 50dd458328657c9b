"""Finding the words that answer a question: passages, then the sentence in them.

Nothing is written here that a document does not say. Two engines find passages; a cross-encoder
judges whether a text answers the question; the kind of answer that the question wants (a number, a
person, a permission) decides among sentences of like relevance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.answering.understanding import Question
from knowledge.keywords import analyse_query
from knowledge.passages import Origin, Passage, Standing
from knowledge.text import sentences
from knowledge.view import Hit, View

ANSWERS = 0.0
"""Relevance from which a text answers by itself; the cross-encoder's logit."""
MAY_ANSWER = -4.0
"""Relevance from which a text may answer if it holds the question's words."""
RELATED = -6.0

_JUDGED = 6
_MOST_WORDS = 70

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
_PERSON = re.compile(
    r"\b(officer|manager|lead|head|owner|director|ceo|cto|coo|cfo|ciso|iso|dpo|team|board|committee|"
    r"administrator|custodian|supervisor|service desk|by the|leiter\w*|beauftragte\w*|"
    r"verantwortliche\w*|geschäftsführ\w*)\b|\b[A-Z][a-zà-ÿ]+ [A-Z][a-zà-ÿ]+\b"
)
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
        guidance = view.search(text, 8, origins=frozenset({Origin.GUIDANCE}))
        other = view.search(
            text, 6, origins=own_origins, standings=frozenset(Standing) - in_force
        )
        return Evidence(
            own=self.judge(question, own),
            guidance=self.judge(question, guidance),
            other=self.judge(question, other[:4]),
        )

    def judge(self, question: Question, hits: Sequence[Hit]) -> tuple[Found, ...]:
        """Order `hits` by how well they answer and choose the words that do."""
        hits = list(hits[: _JUDGED + 2])
        if not hits:
            return ()
        asked = asking(question)
        texts = [_in_context(hit.passage) for hit in hits]
        scores = self._relevance().score(asked, texts)
        words = frozenset(analyse_query(asked))
        found = []
        for hit, score in zip(hits, scores, strict=True):
            cover = _coverage(words, hit.passage)
            found.append(Found(hit, float(score), "", cover))
        found.sort(key=lambda one: -(one.relevance + 4.0 * one.hit.score + 2.0 * one.coverage))
        chosen = [
            Found(one.hit, one.relevance, self.quote(question, one.hit.passage), one.coverage)
            if at < _JUDGED
            else one
            for at, one in enumerate(found)
        ]
        return tuple(one for one in chosen if one.quote)

    def quote(self, question: Question, passage: Passage) -> str:
        """Choose the words of `passage` that answer, a verbatim slice of at most 70 words.

        A short block is quoted whole, so that an exception stays with its rule."""
        if passage.locator.row:
            return passage.text
        candidates = _slices(passage)
        if len(candidates) <= 1:
            return candidates[0] if candidates else ""
        heading = " ".join(passage.locator.heading_path[-1:])
        scores = self._relevance().score(
            asking(question), [f"{heading}: {one}" for one in candidates]
        )
        bonus = np.array([_fits(question, one) for one in candidates], dtype=np.float32)
        return candidates[int(np.argmax(scores + bonus))]


def asking(question: Question) -> str:
    """Give the question as the judging model should read it."""
    return question.text


def _in_context(passage: Passage) -> str:
    heading = " > ".join(passage.locator.heading_path[-2:])
    return f"{heading}: {passage.text[:1500]}" if heading else passage.text[:1500]


def _slices(passage: Passage) -> list[str]:
    """Cut a passage into what can be quoted: short blocks whole, long ones by sentences."""
    blocks = [passage.text[span.start : span.end].strip() for span in passage.spans] or [
        passage.text.strip()
    ]
    out: list[str] = []
    for block in blocks:
        if len(block.split()) <= _MOST_WORDS:
            if block:
                out.append(block)
            continue
        parts = sentences(block)
        out.extend(parts)
    return out


def _fits(question: Question, text: str) -> float:
    """Score whether `text` has the shape of the answer that is asked for."""
    score = 0.0
    if "quantity" in question.asks:
        score += 1.5 if _NUMBER.search(text) else 0.0
        score += 1.0 if _DURATION.search(text) else 0.0
    if "who" in question.asks:
        score += 1.5 if _PERSON.search(text) else 0.0
    if "when" in question.asks:
        score += 1.0 if _NUMBER.search(text) else 0.0
    if "permission" in question.asks:
        score += 1.5 if MODAL.search(text) else 0.0
    return score


def _coverage(words: frozenset[str], passage: Passage) -> float:
    if not words:
        return 0.0
    there = frozenset(analyse_query(passage.search_text))
    return len(words & there) / len(words)
