"""What else the organisation's documents say that a statement must agree with. Plain facts.

The checks never search: whoever calls them gathers these facts from what the reader may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.passages import Standing
from knowledge.soa.linting.model import Spot


class RegisterKind(StrEnum):
    """What the rows of a register are about."""

    RISK = "risk"
    TREATMENT = "treatment"
    FINDING = "finding"
    INCIDENT = "incident"
    ASSET = "asset"
    SUPPLIER = "supplier"
    OBLIGATION = "obligation"
    PERSON = "person"
    DOCUMENT = "document"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document of the organisation as a reference may mean it."""

    source: str
    title: str
    identifier: str | None
    version: str | None
    standing: Standing
    begins: date | None = None
    states_rules: bool = True
    """False for registers and the statement itself."""
    names_controls: bool = True
    """Whether its text names a control by id."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence of a document in force that states a duty for a control that it or its heading
    names by id."""

    control: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a register, understood as far as a check needs it."""

    kind: RegisterKind
    key: str
    text: str
    spot: Spot
    controls: tuple[str, ...] = ()
    foreign_controls: tuple[str, ...] = ()
    """Ids in the column of controls that are none of Annex A's."""
    closed: bool = False
    major: bool = False
    due: date | None = None
    accepted: bool = False
    """It says that a residual risk was accepted."""
    left: bool = False
    """A person who is no longer there."""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeFact:
    """What a scope document or a certificate says of the scope."""

    identifier: str | None
    version: str | None
    statements: tuple[Spot, ...]
    certificate: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that is known besides the statement. Empty tuples mean: not known, never: not there."""

    documents: tuple[KnownDocument, ...] = ()
    rules: tuple[Rule, ...] = ()
    entries: tuple[Entry, ...] = ()
    scopes: tuple[ScopeFact, ...] = ()

    def of(self, *kinds: RegisterKind) -> tuple[Entry, ...]:
        """Give the rows of registers of these kinds."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    def rules_for(self, control: str) -> tuple[Rule, ...]:
        """Give the rules in force that name a control."""
        return tuple(rule for rule in self.rules if rule.control == control)


NOTHING = Surroundings()
