"""What the documents say about each unit, read before anything is asked.

The core takes these frozen facts and never a library: `documents.read_first` makes them from a view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from assistant.domain.interview import EvidenceKind


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """A sentence of a document in force that sets what an answer is compared with."""

    label: str
    """What a person calls it: "Backup Standard STD-04 v1.4, section 4.3"."""
    quote: str
    demand: str
    period: float | None
    """Seconds between two times, where it sets a frequency."""
    ref: str
    date: date | None
    source: str


@dataclass(frozen=True, slots=True)
class SoaFact:
    """The row of a control in the Statement of Applicability in force."""

    version: str
    row: str
    """Where it stands: "A.7.6, row 61"."""
    applicable: str
    """yes, no or undecided."""
    reason: str
    """Of the exclusion, as written; may be empty."""
    status: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class IndexedThing:
    """A document or register row that can be found by an id that people name."""

    title: str
    version: str
    date: date | None
    kind: EvidenceKind


@dataclass(frozen=True, slots=True)
class UnitKnown:
    rules: tuple[DocumentRule, ...] = ()
    soa: SoaFact | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Everything read before the first question; empty where nothing is indexed."""

    units: Mapping[str, UnitKnown] = field(default_factory=dict)
    things: Mapping[str, IndexedThing] = field(default_factory=dict)
    """By id in small letters."""
    has_soa: bool = False
    soa_version: str = ""

    def unit(self, unit_id: str) -> UnitKnown:
        """Give what is known about a unit."""
        return self.units.get(unit_id, UnitKnown())

    def thing(self, ref: str) -> IndexedThing | None:
        """Find what an id, with or without a version behind it, names."""
        name = ref.casefold().replace("_", "-")
        return self.things.get(name) or self.things.get(name.rsplit(" ", 1)[0])


NOTHING = Known()
