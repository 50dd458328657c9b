"""Refusing what nothing answers, and answering the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Declining:
    """Counts over questions. Right is a refusal, or a correction, of what nothing answers."""

    refused_rightly: int
    unanswerable: int
    over_refused: int
    """Answerable questions that were refused."""
    answerable: int

    @property
    def recall(self) -> float:
        """Share of what nothing answers that was handled rightly."""
        return self.refused_rightly / self.unanswerable if self.unanswerable else 0.0

    @property
    def precision(self) -> float:
        """Share of refusals that were right."""
        given = self.refused_rightly + self.over_refused
        return self.refused_rightly / given if given else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def declining(outcomes: Iterable[tuple[bool, bool, bool]]) -> Declining:
    """Count (answerable, refused, passed) of each question."""
    rows = list(outcomes)
    return Declining(
        refused_rightly=sum(passed for answerable, _, passed in rows if not answerable),
        unanswerable=sum(not answerable for answerable, _, _ in rows),
        over_refused=sum(refused for answerable, refused, _ in rows if answerable),
        answerable=sum(answerable for answerable, _, _ in rows),
    )
