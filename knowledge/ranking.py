"""Two engines' hits → one order with reasons.

Scores of the two engines have no common scale, so each engine's first 200 are stretched to 0..1 and
mixed. How much each engine knows depends on the kind of query. A statement (a control's text, an
outcome of another framework) means the same as the passage it looks for but seldom in its words. A
long question quotes the words of the rule it asks about. A short question or a title lies between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hits = tuple[NDArray[np.int64], NDArray[np.floating]]
"""Rows and their scores, best first."""

DEPTH = 200


@dataclass(frozen=True, slots=True)
class Weights:
    """Share of the dense engine in a hit's score; the keyword engine has the rest."""

    dense: float

    @property
    def keyword(self) -> float:
        return 1.0 - self.dense


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row's place in the common order and what each engine said of it. Ranks count from 1."""

    row: int
    score: float
    dense_score: float | None = None
    dense_rank: int | None = None
    keyword_score: float | None = None
    keyword_rank: int | None = None


STATEMENT = Weights(dense=0.75)
SHORT = Weights(dense=0.55)
"""For titles, keywords and short questions."""
LONG_QUESTION = Weights(dense=0.4)

_ASKING = re.compile(
    r"^\W*(who|whom|whose|what|when|where|which|why|how|is|are|am|was|were|do|does|did|can|could|"
    r"may|might|must|shall|should|will|would|has|have|had|please|describe|explain|list|outline|show|"
    r"tell|give|find|compare|clarify|"
    r"wer|wen|wem|wessen|was|wann|wo|woher|wohin|welche[rsmn]?|warum|wieso|weshalb|wie|ist|sind|"
    r"darf|dürfen|kann|können|muss|müssen|soll|sollen|gibt|haben|hat|wird|werden|bitte|nenne|zeige|"
    r"erkläre)\b",
    re.IGNORECASE,
)
_LONGEST_TITLE = 6
"""Words up to which a query that asks nothing is a title or a few keywords."""
_LONGEST_SHORT_QUESTION = 15


def weights_for(query: str) -> Weights:
    """Choose the mix for a query by its kind: a statement, a long question, or anything short."""
    words = len(query.split())
    if "?" in query or _ASKING.match(query):
        return SHORT if words <= _LONGEST_SHORT_QUESTION else LONG_QUESTION
    return SHORT if words <= _LONGEST_TITLE else STATEMENT


def fuse(dense: Hits, keyword: Hits, weights: Weights) -> list[Ranked]:
    """Mix the first 200 hits of both engines into one order; equal scores stand by row."""
    dense_seen = _placed(dense)
    keyword_seen = _placed(keyword)
    ranked = []
    for row in dense_seen.keys() | keyword_seen.keys():
        d, w = dense_seen.get(row), keyword_seen.get(row)
        score = (weights.dense * d[1] if d else 0.0) + (weights.keyword * w[1] if w else 0.0)
        ranked.append(
            Ranked(
                row=row,
                score=score,
                dense_score=d[2] if d else None,
                dense_rank=d[0] if d else None,
                keyword_score=w[2] if w else None,
                keyword_rank=w[0] if w else None,
            )
        )
    return sorted(ranked, key=lambda hit: (-hit.score, hit.row))


def _placed(hits: Hits) -> dict[int, tuple[int, float, float]]:
    """Give each row's (rank, score stretched to 0..1, score) in an engine's first 200."""
    rows, scores = hits[0][:DEPTH], np.asarray(hits[1][:DEPTH], dtype=np.float64)
    if len(rows) == 0:
        return {}
    low, high = float(scores.min()), float(scores.max())
    stretched = (scores - low) / (high - low) if high > low else np.ones_like(scores)
    return {
        int(row): (rank, float(share), float(score))
        for rank, (row, share, score) in enumerate(zip(rows, stretched, scores, strict=True), 1)
    }
