"""A statement that a language model proposes, and what code found when it checked it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.passages import Passage, Standing


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model's reply and the passages that it says it stands on."""

    text: str
    passages: tuple[str, ...]
    """Ids of passages, in the order given."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that was retrieved in this turn for this reader, with what is known about it."""

    passage: Passage
    title: str
    standing: Standing
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a claim was not accepted, for the model's second try and for the trace."""

    code: str
    """Such as "number", "modality", "unknown_passage"."""
    message: str
    """One plain sentence that says what to change."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A claim that stands, as it may be shown."""

    claim: Claim
    text: str
    """The sentence, free of markup."""
    quotes: tuple[tuple[str, str], ...]
    """(passage id, verbatim words of it that bear the sentence), in the order of the claim."""
    translated: bool = False
    """True where the sentence is in another language than its source: only numbers, ids and dates
    were compared, so the quote must be shown with it."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A claim that may not be shown."""

    claim: Claim
    reasons: tuple[Reason, ...]
