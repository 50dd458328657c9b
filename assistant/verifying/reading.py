"""A passage taken apart for comparing: sentences and rows, their clauses, facts and words."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property

from assistant.domain.claims import Source
from assistant.verifying.facts import Fact, facts
from assistant.verifying.language import language_of
from assistant.verifying.wording import Lexis, stems_of
from knowledge.instructions import instructions_in
from knowledge.text import sentences

_ROW = re.compile(r"^[^|\n]{1,60}:\s[^|\n]*(?:\s\|\s[^|\n]{1,60}:\s?[^|\n]*)+$")
_VERB = (
    r"(?:is|are|was|were|be|must|may|shall|should|can|could|will|would|cannot|has|have|had|do|does|need|needs|not|never|"
    r"ist|sind|wird|werden|muss|müssen|darf|dürfen|soll|sollen|kann|können|hat|haben|nicht|kein\w*)"
)
_CUT = re.compile(
    rf"\s*(?:;|\||(?<=\w):(?=\s)|\s[–—-]\s)\s*|"
    rf",?\s+(?:but|while|whereas|sondern|aber|während|although|though|because|since|so\s+that|weil)\s+|"
    rf",\s+(?:and|or|und|oder)?\s*(?=[^,;.]*\b{_VERB}\b)|"
    rf"\s+(?:and|und|or|oder)\s+(?=(?:[\w'’-]+\s+){{0,3}}{_VERB}\b)|,\s+(?=(?:\S+\s+){{1,}})|"
    rf"\s+(?:and|und)\s+(?=(?:for|by|from|with|in|bei|für)\s+[^,;.]{{0,40}}\d)|"
    rf"\s+(?=(?:if|when|wenn|falls|unless|until|sofern)\s)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that says one thing."""

    text: str
    start: int
    """Within its sentence."""
    language: str

    @cached_property
    def lexis(self) -> Lexis:
        return Lexis.of(stems_of(self.text, self.language), self.language)


@dataclass(frozen=True)
class Unit:
    """A sentence or row: `passage.text[start:end] == text`."""

    text: str
    start: int
    end: int
    row: bool
    language: str
    context: str
    """Title, headings and a lead-in: words that hold for the unit too."""
    orders: bool = False
    """Reads like an instruction to an assistant."""

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        return facts(self.text)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        return clauses(self.text, self.language)

    @cached_property
    def lexis(self) -> Lexis:
        return Lexis.of(stems_of(self.text, self.language), self.language)

    @cached_property
    def around(self) -> Lexis:
        return Lexis.of(stems_of(self.context, self.language), self.language)

    def clause_at(self, place: int) -> Clause:
        """Give the clause in which `place` of the sentence lies."""
        return [one for one in self.clauses if one.start <= place][-1]


def clauses(text: str, language: str) -> tuple[Clause, ...]:
    """Split a sentence into clauses; a piece of one or two words stays with its neighbour."""
    cuts = [0]
    for match in _CUT.finditer(text):
        if match.start() > cuts[-1]:
            cuts.append(match.end())
    cuts.append(len(text))
    found: list[tuple[int, int]] = []
    for start, end in itertools.pairwise(cuts):
        if start >= end:
            continue
        if (
            found and len(text[start:end].split()) < 3 and "|" not in text[found[-1][1] - 3 : start]
        ) or (found and len(text[found[-1][0] : found[-1][1]].split()) < 3 and "|" not in text):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(
        Clause(text[start:end], start, language) for start, end in found or [(0, len(text))]
    )


@dataclass(frozen=True)
class Reading:
    """All that a passage gives to compare with."""

    source: Source
    language: str
    units: tuple[Unit, ...]
    context: str

    @cached_property
    def lexis(self) -> Lexis:
        """Words of the passage, its headings and its title."""
        text = f"{self.context}\n{self.source.passage.text}"
        return Lexis.of(stems_of(text, self.language), self.language)

    @cached_property
    def context_facts(self) -> tuple[Fact, ...]:
        return facts(self.context)


def read(source: Source) -> Reading:
    """Take the passage of `source` apart."""
    passage = source.passage
    language = language_of(passage.text) or source.language[:2].casefold() or "en"
    where = passage.locator
    place = re.sub(r"\.\w{2,5}$", "", where.source.rsplit("/", 1)[-1]).replace("_", " ")
    context = "\n".join(
        dict.fromkeys(
            part
            for part in (
                source.title,
                *where.heading_path,
                where.section or "",
                where.row or "",
                place,
                " ".join(passage.controls),
            )
            if part
        )
    )
    headings = "\n".join([source.title, *where.heading_path[-1:], where.row or ""])
    suspicious = instructions_in(passage.text) is not None
    units = _units(passage.text, language, headings, suspicious)
    if suspicious and not any(unit.orders for unit in units):
        # Only all together read like an order.
        units = tuple(
            Unit(u.text, u.start, u.end, u.row, u.language, u.context, orders=True) for u in units
        )
    return Reading(source, language, units, context)


def _units(text: str, language: str, headings: str, suspicious: bool) -> tuple[Unit, ...]:
    found: list[Unit] = []
    lead = ""
    at = 0
    for line in re.split(r"(?<=\n)", text):
        start_of_line = at
        at += len(line)
        if not line.strip():
            continue
        row = bool(_ROW.match(line.strip()))
        position = start_of_line
        for piece in [line.strip()] if row else sentences(line):
            start = text.index(piece, position)
            position = start + len(piece)
            orders = suspicious and instructions_in(piece) is not None
            context = f"{headings}\n{lead}" if lead else headings
            found.append(Unit(piece, start, position, row, language, context, orders))
            lead = (
                piece if piece.endswith(":") else ("" if piece.endswith(".") and not lead else lead)
            )
    return tuple(found)
