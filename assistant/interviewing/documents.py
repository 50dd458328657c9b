"""Reading the documents before anybody is asked: rules that answers are held against, the SoA, ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from assistant.domain.interview import EvidenceKind
from assistant.interviewing.known import DocumentRule, IndexedThing, Known, SoaFact, UnitKnown
from assistant.interviewing.matching import matches
from assistant.interviewing.mentions import kind_of_item
from knowledge.citing import cite
from knowledge.demands import Unit, units
from knowledge.demands import unit as unit_of
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.quantities import Kind, quantities
from knowledge.soa import Soa
from knowledge.text import sentences
from knowledge.view import View

_NEAR = 6
"""Passages looked at for each unit."""
_LONGEST = 45
"""Words of a sentence that is still quoted whole."""
_ABOUT = 1.0
"""How surely a sentence must speak of a demand to be quoted for it."""
_SHARE = 0.8
"""How close it must come to the unit that it speaks of most."""
_DEMANDS = re.compile(
    r"\b(?:must|shall|is|are|has to|have to|takes? place|happens?|at least|muss|müssen|wird|werden|"
    r"erfolgt|findet|mindestens)\b",
    re.IGNORECASE,
)


def read_first(view: View, plan: Iterable[str]) -> Known:
    """Read what the documents that a reader may see say about the units of a plan."""
    soa, document = view.soa(), view.soa_document()
    version = (document.facts.version or soa.version or "") if document and soa else ""
    label = f"v{version}" if version and version[0].isdigit() else version
    found = {
        unit.id: UnitKnown(
            rules=tuple(_rules(view, unit)),
            soa=_row(soa, label, unit.id) if soa and not unit.is_clause else None,
        )
        for name in plan
        if (unit := unit_of(name)) is not None
    }
    return Known(units=found, things=_things(view), has_soa=soa is not None, soa_version=label)


def _row(soa: Soa, version: str, control: str) -> SoaFact | None:
    row = soa.row(control)
    if row is None:
        return None
    return SoaFact(
        version=version,
        row=f"row {row.control_id}",
        applicable=row.applicable.value,
        reason=row.justification_exclusion or "",
        status=row.implementation_status.value if row.implementation_status else "",
        owner=row.owner or "",
    )


def _rules(view: View, unit: Unit) -> Iterator[DocumentRule]:
    """Give sentences in force that set how often something of the unit is done, best first."""
    asked = f"{unit.title}. {' '.join(one.text for one in unit.demands)}"
    hits = view.search(
        asked,
        _NEAR,
        origins=frozenset({Origin.DOCUMENT}),
        standings=frozenset({Standing.IN_FORCE}),
    )
    told: dict[str, tuple[float, DocumentRule]] = {}
    for hit in hits:
        for sentence in _quotable(hit.passage):
            rule = _rule(unit, sentence, hit.document, hit.passage)
            if rule is None:
                continue
            strength, made = rule
            if made.demand not in told or strength > told[made.demand][0]:
                told[made.demand] = (strength, made)
    order = {one.id: at for at, one in enumerate(unit.demands)}
    yield from (
        rule for _, rule in sorted(told.values(), key=lambda one: (-one[0], order[one[1].demand]))
    )


def _quotable(passage: Passage) -> Iterator[str]:
    for sentence in sentences(passage.text):
        if "|" not in sentence and 5 <= len(sentence.split()) <= _LONGEST:
            yield sentence


def _rule(
    unit: Unit, sentence: str, document: Document, passage: Passage
) -> tuple[float, DocumentRule] | None:
    periods = [one.value for one in quantities(sentence) if one.kind is Kind.PERIOD]
    if not periods or not _DEMANDS.search(sentence):
        return None
    best = max(matches(unit, sentence), key=lambda one: one.strength)
    if not best.cues or best.strength < _ABOUT or best.strength < _SHARE * _best_anywhere(sentence):
        return None
    place = cite(document, passage, sentence)
    facts = document.facts
    name = " ".join(filter(None, [facts.title, _unless_in(facts.identifier, facts.title)]))
    version = f" v{facts.version}" if facts.version and facts.version[0].isdigit() else ""
    section = f", section {place.section}" if place.section else ""
    return best.strength, DocumentRule(
        label=f"{name}{version}{section}",
        quote=" ".join(sentence.split()),
        demand=best.demand,
        period=min(periods),
        ref=facts.identifier or facts.title,
        date=facts.effective or facts.approved,
        source=document.source,
    )


@lru_cache(maxsize=4_096)
def _best_anywhere(sentence: str) -> float:
    """Say how surely a sentence speaks of whatever unit it speaks of most."""
    return max(
        one.strength
        for unit in units().values()
        for one in matches(unit, sentence)
        if one.cues or one.words
    )


def _unless_in(identifier: str | None, title: str) -> str | None:
    return None if identifier is None or identifier in title else identifier


def _things(view: View) -> dict[str, IndexedThing]:
    """Give what people can name: documents by id, version and file name, register rows by key."""
    found: dict[str, IndexedThing] = {}
    for document in view.documents:
        if document.origin is Origin.GUIDANCE:
            continue
        facts = document.facts
        stem = document.source.rsplit("/", 1)[-1]
        kind = _kind(document, stem)
        thing = IndexedThing(
            facts.title, f"v{facts.version}" if facts.version else "", _day(document), kind
        )
        names = [facts.identifier, stem, stem.rsplit(".", 1)[0], facts.title]
        for name in filter(None, names):
            key = name.casefold().replace("_", "-")
            known = found.get(key)
            if known is None or view.standing(document.id) is Standing.IN_FORCE:
                found[key] = thing
        if document.origin is Origin.REGISTER:
            for passage in view.passages_of(document.id):
                key_of_row = passage.locator.row
                if key_of_row:
                    found.setdefault(
                        key_of_row.casefold().replace("_", "-"),
                        IndexedThing(
                            f"{facts.title}, row {passage.locator.row}",
                            "",
                            None,
                            EvidenceKind.RECORD,
                        ),
                    )
    return found


def _kind(document: Document, stem: str) -> EvidenceKind:
    if document.origin is Origin.REGISTER:
        return EvidenceKind.RECORD
    return kind_of_item(f"{document.facts.title} {stem.replace('_', ' ').replace('-', ' ')}")


def _day(document: Document) -> date | None:
    facts = document.facts
    return facts.effective or facts.approved
