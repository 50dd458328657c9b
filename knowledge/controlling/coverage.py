"""How well each control is covered: its row, the rules for it, evidence and its age, open findings.

Two things should stand out: controls that are claimed and nowhere described, and rules that no row
of the statement owns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from knowledge.controlling.entries import register_entries
from knowledge.controlling.rules import UNOWNED, Depth, Stated, stated_rules
from knowledge.controls import register
from knowledge.passages import Citation, Document
from knowledge.soa.linting.surroundings import Entry, RegisterKind
from knowledge.soa.linting.words import days_in
from knowledge.soa.model import Applicability, Implementation, Soa, SoaRow, Source

if TYPE_CHECKING:
    from knowledge.view import View

_OLD_DAYS = 365
_MOST_IN_PASSING = 3.0
"""However many sentences speak of a control in passing, they weigh less than a short section."""
_SECTION = 4.0
"""Sentences from which a section of its own counts as full."""
_FURNITURE = re.compile(
    r"\b(?:roles?|responsibilit|review|maintenance|purpose|scope|legal|definition|history|contact"
    r"|introduction|rollen|zuständigkeit|zweck|geltungsbereich|definition|historie|consequence)",
    re.IGNORECASE,
)


class Flag(StrEnum):
    """What makes a control stand out."""

    UNDESCRIBED = "claimed, nowhere described"
    THIN = "claimed, described only in passing"
    UNOWNED = "rules without a row"
    EXCLUDED_BUT_RULED = "excluded, but rules are in force"
    NO_EVIDENCE = "no evidence named"
    OLD_EVIDENCE = "evidence older than a year"
    FINDING = "open finding"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reference to evidence as the row has it, with the newest day that it names."""

    text: str
    day: date | None
    age_days: int | None


@dataclass(frozen=True, slots=True)
class Covered:
    """All that is there for one control."""

    control: str
    title: str
    theme: str
    row: SoaRow | None
    depth: Depth
    strength: float
    """0 (nowhere) to 1 (a full section of its own); in passing is at most 0.4."""
    stated: tuple[Stated, ...]
    evidence: tuple[Evidence, ...]
    findings: tuple[Entry, ...]
    flags: tuple[Flag, ...]

    @property
    def documents(self) -> Mapping[str, int]:
        """Give path → sentences of the documents that state rules for it, most first."""
        counted: dict[str, int] = defaultdict(int)
        for one in self.stated:
            if one.depth in (Depth.OWN, Depth.PASSING):
                counted[one.at.source] += 1
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def claimed(self) -> bool:
        """Tell whether the statement says that the control applies and is at least partly there."""
        return (
            self.row is not None
            and self.row.applicable is Applicability.YES
            and self.row.implementation_status
            not in (Implementation.PLANNED, Implementation.NOT_IMPLEMENTED)
        )


@dataclass(frozen=True, slots=True)
class Unowned:
    """A section whose duties belong to no control of Annex A."""

    source: str
    section: str | None
    duties: int
    first: Citation


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage on a day, for the controls of Annex A and the organisation's own."""

    day: date
    statement: str | None
    """Path of the Statement of Applicability that was compared; None: there is none."""
    controls: tuple[Covered, ...]
    unowned: tuple[Unowned, ...]
    notice: str | None = None

    @property
    def weakest_first(self) -> tuple[Covered, ...]:
        """Give the controls, the least covered first."""
        depths = list(Depth)
        return tuple(sorted(self.controls, key=lambda one: (depths.index(one.depth), one.strength)))

    def flagged(self, flag: Flag) -> tuple[Covered, ...]:
        """Give the controls that stand out for one reason."""
        return tuple(one for one in self.controls if flag in one.flags)


def coverage(view: View, soa: Soa | None = None) -> Coverage:
    """Measure coverage over a view; `soa` defaults to the statement that counts on its day."""
    statement = soa or view.soa()
    rules = stated_rules(view)
    rows: dict[str, SoaRow] = {}
    for row in statement.rows if statement else ():
        for one in row.targets or (row.control_id,):
            rows.setdefault(one, row)
    findings: dict[str, list[Entry]] = defaultdict(list)
    for entry in register_entries(view):
        if entry.kind in (RegisterKind.FINDING, RegisterKind.INCIDENT) and not entry.closed:
            for control in entry.controls:
                findings[control].append(entry)
    ordered = [(c.id, c.title, c.theme) for c in register().controls]
    ordered += [
        (row.control_id, row.title, row.theme or "own")
        for row in rows.values()
        if row.source is Source.CUSTOM
    ]
    controls = tuple(
        _covered(one, rows.get(one[0]), rules.get(one[0], ()), findings[one[0]], view.day,
                 stated_statement=statement is not None)
        for one in ordered
    )  # fmt: skip
    return Coverage(
        day=view.day,
        statement=statement.source if statement else None,
        controls=controls,
        unowned=_unowned(rules.get(UNOWNED, ())),
        notice=view.notice,
    )


def _covered(
    named: tuple[str, str, str],
    row: SoaRow | None,
    stated: Sequence[Stated],
    findings: Sequence[Entry],
    day: date,
    *,
    stated_statement: bool,
) -> Covered:
    control, title, theme = named
    depth = max((one.depth for one in stated), key=list(Depth).index, default=Depth.NOWHERE)
    evidence = tuple(_evidence(ref, day) for ref in row.evidence_refs) if row else ()
    found = Covered(
        control=control,
        title=title,
        theme=theme,
        row=row,
        depth=depth,
        strength=_strength(stated),
        stated=tuple(stated),
        evidence=evidence,
        findings=tuple(findings),
        flags=(),
    )
    flags = _flags(found, stated_statement=stated_statement)
    return Covered(
        control, title, theme, row, depth, found.strength, found.stated, evidence,
        found.findings, flags,
    )  # fmt: skip


def _strength(stated: Sequence[Stated]) -> float:
    own = sum(one.weight for one in stated if one.depth is Depth.OWN)
    passing = min(_MOST_IN_PASSING, sum(o.weight for o in stated if o.depth is Depth.PASSING))
    if own:
        return round(0.5 + 0.5 * min(1.0, own / _SECTION), 2)
    if passing:
        return round(0.1 + 0.3 * passing / _MOST_IN_PASSING, 2)
    return 0.05 if stated else 0.0


def _flags(one: Covered, *, stated_statement: bool) -> tuple[Flag, ...]:
    flags = []
    ruled = one.depth is Depth.OWN or any(s.by_id and s.duty for s in one.stated)
    if one.claimed and one.depth in (Depth.NOWHERE, Depth.NAMED):
        flags.append(Flag.UNDESCRIBED)
    elif one.claimed and one.depth is Depth.PASSING:
        flags.append(Flag.THIN)
    if stated_statement and one.row is None and ruled:
        flags.append(Flag.UNOWNED)
    if one.row is not None and one.row.applicable is Applicability.NO and ruled:
        flags.append(Flag.EXCLUDED_BUT_RULED)
    if one.claimed and not one.evidence:
        flags.append(Flag.NO_EVIDENCE)
    ages = [e.age_days for e in one.evidence if e.age_days is not None]
    if ages and min(ages) > _OLD_DAYS:
        flags.append(Flag.OLD_EVIDENCE)
    if one.findings:
        flags.append(Flag.FINDING)
    return tuple(flags)


def _evidence(text: str, day: date) -> Evidence:
    newest = max((one for one in days_in(text) if one <= day), default=None)
    return Evidence(text, newest, (day - newest).days if newest else None)


def _unowned(stated: Sequence[Stated]) -> tuple[Unowned, ...]:
    by_section: dict[tuple[str, str | None], list[Stated]] = defaultdict(list)
    for one in stated:
        if not _FURNITURE.search(one.at.section or ""):
            by_section[one.at.source, one.at.section].append(one)
    found = [
        Unowned(source, section, len(group), group[0].at)
        for (source, section), group in by_section.items()
        if len(group) > 1
    ]
    return tuple(sorted(found, key=lambda one: (-one.duties, one.source, one.section or "")))


def coverage_data(found: Coverage) -> dict[str, Any]:
    """Give the coverage as plain data for JSON."""
    return {
        "day": found.day.isoformat(),
        "statement": found.statement,
        "notice": found.notice,
        "controls": [_data(one) for one in found.controls],
        "unowned": [
            {
                "source": one.source,
                "section": one.section,
                "duties": one.duties,
                "first": one.first.quote,
            }
            for one in found.unowned
        ],
    }


def _data(one: Covered) -> dict[str, Any]:
    row = one.row
    return {
        "control": one.control,
        "title": one.title,
        "theme": one.theme,
        "applicable": row.applicable.value if row else None,
        "status": row.implementation_status.value if row and row.implementation_status else None,
        "row": {"sheet": row.sheet, "row": row.row} if row else None,
        "depth": one.depth.value,
        "strength": one.strength,
        "documents": dict(one.documents),
        "stated": [
            {
                "depth": s.depth.value,
                "source": s.at.source,
                "document": s.at.document,
                "section": s.at.section,
                "page": s.at.page,
                "quote": s.at.quote,
                "passage": s.at.passage,
            }
            for s in one.stated
        ],
        "evidence": [
            {"text": e.text, "day": e.day.isoformat() if e.day else None, "age_days": e.age_days}
            for e in one.evidence
        ],
        "findings": [{"key": f.key, "source": f.spot.source, "text": f.text} for f in one.findings],
        "flags": [flag.value for flag in one.flags],
    }


def document_named(documents: Sequence[Document], source: str) -> str:
    """Name a document by identifier or title."""
    found = next((one for one in documents if one.source == source), None)
    return (found.facts.identifier or found.facts.title) if found else source
