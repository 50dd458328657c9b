"""Running the conversation from a script, for evaluation and for whoever prepares answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.domain.plan import Field
from assistant.planning.conversation import Talk, reply

MOST_TURNS = 60
"""Turns after which a conversation that does not end is a fault of this program."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a scripted lead says."""

    facts: Mapping[Field, str]
    """Said whenever the field is asked about."""
    unknown: frozenset[Field]
    """Answered with "I don't know"."""
    replies: Sequence[tuple[re.Pattern[str], str]]
    """(regular expression over the question, what is said) pairs."""
    otherwise: str = "I don't know"

    def to(self, field: Field, question: str, asked_before: int) -> str:
        """Give the reply to a question.

        A fact answers the first question about its field. Where the field is asked about again, a
        reply that fits the very question comes before the fact."""
        fitting = next((say for when, say in self.replies if when.search(question)), None)
        if field in self.unknown and not (asked_before and fitting):
            return "I don't know"
        fact = self.facts.get(field)
        if fact is not None and not (asked_before and fitting):
            return fact
        return fitting if fitting is not None else self.otherwise


def play(talk: Talk, answers: Answers, *, by: str, at: datetime) -> Talk:
    """Hold the conversation to its end with scripted answers."""
    asked: dict[Field, int] = {}
    for _ in range(MOST_TURNS):
        if talk.question is None:
            return talk
        field = talk.question.field
        # The remark belongs to what a person reads; a reply may be meant for it.
        text = "\n".join(filter(None, (_own_words(talk), talk.question.text)))
        said = answers.to(field, text, asked.get(field, 0))
        asked[field] = asked.get(field, 0) + 1
        talk = reply(talk, said, by=by, at=at)
    raise RuntimeError(f"the conversation did not end after {MOST_TURNS} turns")


def _own_words(talk: Talk) -> str:
    """Leave the read-back of the first turn out: it repeats the finding and asks nothing."""
    return talk.remark if talk.turns else ""
