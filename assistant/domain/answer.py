"""An answer as a person gets it: what kind it is, what it says, and what it stands on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.passages import Citation


class Kind(StrEnum):
    """How a question ended."""

    ANSWER = "answer"
    CONFLICT = "conflict"
    """Documents in force disagree; both are shown."""
    CLARIFY = "clarify"
    """The question can mean several things; the answer asks which."""
    NOT_FOUND = "not_found"
    """Nothing that the asker may read says so."""
    REFUSAL = "refusal"
    """Asked for something the assistant does not do, such as changing a record or a quote."""
    OUT_OF_SCOPE = "out_of_scope"
    ERROR = "error"


REFUSED = frozenset({Kind.NOT_FOUND, Kind.REFUSAL, Kind.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True)
class Message:
    """A turn that came before the question."""

    role: str
    """"user" or "assistant"."""
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown, in Markdown; ``[1]`` in the text points to ``citations[0]``."""

    kind: Kind
    text: str
    citations: tuple[Citation, ...] = ()
    notices: tuple[str, ...] = ()
    """What to know about how it came about, such as "searched by keywords only"."""
    model: str | None = None
    """The language model whose words are shown; None: put together by rules."""
    proposal: str | None = None
    """A question to a person that was suggested; nothing is sent before the asker confirms it."""

    @property
    def refused(self) -> bool:
        """Tell whether the question was not answered on purpose."""
        return self.kind in REFUSED
