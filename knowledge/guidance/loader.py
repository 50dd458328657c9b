"""The built-in guidance: topics read from YAML, and everything as citable documents.

A *topic* is a question that people ask about ISO 27001 with the facts that answer it, the first of
which answers by itself. Topics, Annex A controls and clause units become documents like those of
the organisation, so that they are found, quoted and cited in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from knowledge.controls import Clause, Control, Mapping, control_ids, register
from knowledge.errors import LibraryError
from knowledge.keywords import analyse
from knowledge.passages import Document, Facts, Locator, Origin, Passage, Span, Status
from knowledge.text import fold

UNITS_REVIEWED_ON = date(2026, 11, 23)
"""Day on which controls.yaml and clauses.yaml were last checked as a whole."""

WORDS_PER_PASSAGE = 200
"""A topic longer than this is split between two facts, so that a passage stays one thought."""

WORDS_PER_LINE = 60
"""What can be read in one quote."""

Kind = Literal["definition", "rule", "list", "date", "comparison", "howto", "number"]
Certainty = Literal["A", "B", "C"]


class GuidanceError(LibraryError):
    """The built-in guidance breaks its own schema; whoever edits it can act."""


def _as_text(value: object) -> object:
    """Let YAML's dates stand where a month ("2022-10") may stand too."""
    return value.isoformat() if isinstance(value, date) else value


Since = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^\d{4}-\d\d(-\d\d)?$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Fact(_Model):
    """One or two plain sentences that may be quoted by themselves, and what they rest on."""

    id: str = Field(pattern=r"^(F\d\d|G\d\d\d?|S-[A-Z0-9-]+)\.\d+$")
    text: str = Field(min_length=1)
    source: str = Field(min_length=1)
    certainty: Certainty
    """A certain, B very likely, C differs or not verified."""
    valid_from: Since
    """Day or month from which the statement holds."""
    valid_to: Since | None = None
    reviewed_on: date
    vital: bool = False
    """True if an answer without this fact would be incomplete."""

    def holds_on(self, day: date) -> bool:
        """Tell whether the fact holds on `day`; a month counts from its first to its last day."""
        written = day.isoformat()
        ended = self.valid_to is not None and written[: len(self.valid_to)] > self.valid_to
        return written[: len(self.valid_from)] >= self.valid_from and not ended


class Topic(_Model):
    """A question with the ways people ask it and the facts that answer it, the lead first."""

    id: str = Field(pattern=r"^(F\d\d|G\d\d\d?|S-[A-Z0-9-]+)$")
    group: str
    """Name of the file that the topic stands in."""
    question: str
    kind: Kind
    asked_as: tuple[str, ...] = Field(min_length=8, max_length=15)
    facts: tuple[Fact, ...] = Field(min_length=1)
    clauses: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    corrects: tuple[str, ...] = ()
    """Numbers of the known wrong statements about the standard that this topic puts right."""
    not_said: tuple[str, ...] = ()
    """Statements that would be wrong in an answer; for tests, never shown."""
    see_also: tuple[str, ...] = ()

    @property
    def lead(self) -> Fact:
        """The fact that answers the question by itself."""
        return self.facts[0]

    @property
    def asked_in_german(self) -> tuple[str, ...]:
        """The German ones of `asked_as`, which begin with a capital."""
        return tuple(one for one in self.asked_as if one[0].isupper())

    @property
    def heading(self) -> str:
        return f"{self.id} {self.question}"


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """Return all topics in a fixed order: by file, then as written; read once.

    Raises GuidanceError with the file and the topic if the data breaks the schema.
    """
    return tuple(topic for file in _topic_files() for topic in _read_topics(file))


def topic(topic_id: str) -> Topic | None:
    """Return the topic with this id, as in "F08" or "S-27701"."""
    return _by_id().get(topic_id)


def fact(quote: str) -> Fact | None:
    """Return the fact that `quote` is taken from, so that its source and date can be shown.

    A quote that is a part of exactly one fact finds it too.
    """
    wanted = fold(quote)
    found = _facts_by_text().get(wanted)
    if found or not wanted:
        return found
    holders = [one for text, one in _facts_by_text().items() if wanted in text]
    return holders[0] if len(holders) == 1 else None


@lru_cache(maxsize=1)
def _by_id() -> dict[str, Topic]:
    return {one.id: one for one in topics()}


@lru_cache(maxsize=1)
def _facts_by_text() -> dict[str, Fact]:
    return {fold(one.text): one for each in topics() for one in each.facts}


def _topic_files() -> Iterator[Traversable]:
    folder = resources.files("knowledge.guidance")
    yield from sorted(folder.joinpath("topics").iterdir(), key=lambda file: file.name)
    yield folder.joinpath("standards.yaml")


def _read_topics(file: Traversable) -> Iterator[Topic]:
    if not file.name.endswith(".yaml"):
        return
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe loader
        defaults, raw_topics = data.get("defaults", {}), data["topics"]
    except (yaml.YAMLError, AttributeError, KeyError) as error:
        raise GuidanceError(f"{file.name} is not a list of topics: {error}") from error
    for raw in raw_topics:
        try:
            yield _topic(raw, defaults, file.name.removesuffix(".yaml"))
        except (ValidationError, KeyError, TypeError) as error:
            name = raw.get("id", "?") if isinstance(raw, dict) else "?"
            raise GuidanceError(
                f"{file.name}, topic {name}: {error}\nCorrect it as guidance/README.md describes."
            ) from error


def _topic(raw: dict[str, Any], defaults: dict[str, Any], group: str) -> Topic:
    facts = [{**defaults, **one} for one in raw["facts"]]
    return Topic.model_validate({**raw, "facts": facts, "group": group})


# The guidance as documents.

GuidanceDocument = tuple[Document, tuple[Passage, ...]]

_FRAMEWORKS = {
    "nist_csf_2_0": "NIST CSF 2.0",
    "soc2_tsc": "SOC 2 (Trust Services Criteria 2017)",
    "gdpr": "the GDPR",
    "pci_dss_4_0_1": "PCI DSS 4.0.1",
}
_CONFIDENCE = {
    "high": "high confidence",
    "medium": "medium confidence",
    "low": "low confidence: related, unconfirmed",
}


@lru_cache(maxsize=1)
def guidance_documents() -> tuple[GuidanceDocument, ...]:
    """Return every topic, Annex A control and clause unit as a document with its passages."""
    known = register()
    return (
        *(_topic_document(one) for one in topics()),
        *(_control_document(one) for one in known.controls),
        *(_clause_document(one) for one in known.clauses),
    )


def _topic_document(one: Topic) -> GuidanceDocument:
    asked = "\n".join((one.question, *one.asked_as))
    stems = " ".join(analyse("\n".join(one.asked_in_german), "de"))
    reviewed = max(each.reviewed_on for each in one.facts)
    parts = tuple(
        _Part(
            lines=tuple(each.text for each in facts),
            found_by=asked,
            german_stems=stems,
            controls=one.controls,
        )
        for facts in _within_words([each for each in one.facts if each.holds_on(reviewed)])
    )
    return _document(one.id, one.question, one.question, reviewed, parts)


def _within_words(facts: Sequence[Fact]) -> Iterator[tuple[Fact, ...]]:
    """Group facts in order into runs of at most `WORDS_PER_PASSAGE` words, at least one each."""
    run: list[Fact] = []
    words = 0
    for one in facts:
        count = len(one.text.split())
        if run and words + count > WORDS_PER_PASSAGE:
            yield tuple(run)
            run, words = [], 0
        run.append(one)
        words += count
    yield tuple(run)


def _control_document(control: Control) -> GuidanceDocument:
    name = f"{control.id} {control.title}"
    about = (
        f"{name}: {_clause_of(control.intent)}",
        _origin(control),
        f"Auditors ask: {_run((control.interview.opening, *control.interview.probes))}",
        f"Evidence that fits {control.id}: {_list(control.interview.evidence)}.",
        f"A typical gap of {control.id}: {_sentence(control.interview.typical_gap)}",
        _exclusion(control),
    )
    parts = [_Part(lines=about, found_by=f"Annex A control {name}", controls=(control.id,))]
    overlaps = tuple(_overlaps(name, control.mappings))
    if overlaps:
        names = ", ".join(_FRAMEWORKS.values())
        parts.append(
            _Part(
                lines=(*overlaps, _NO_EQUALITY),
                found_by=f"{name}: crosswalk, mapping to other frameworks: {names}",
                controls=(control.id,),
                label="crosswalk",
            )
        )
    return _document(control.id, name, control.title, UNITS_REVIEWED_ON, tuple(parts))


_NO_EQUALITY = "An overlap is not equality: meeting the one never proves the other."


def _origin(control: Control) -> str:
    kind = f"{control.id} is one of the {control.theme} controls of ISO/IEC 27001:2022 Annex A"
    if control.new_in_2022:
        return f"{kind}, new in this edition."
    return f"{kind}; in the edition of 2013 it was {_list(control.from_2013)}."


def _exclusion(control: Control) -> str:
    note = control.exclusion.note.strip()
    if control.exclusion.plausibility == "conditional":
        return f"Excluding {control.id} is plausible only under this condition: {note}."
    return f"Excluding {control.id} is rarely plausible: {note}."


def _overlaps(name: str, mappings: Iterable[Mapping]) -> Iterator[str]:
    """Give one line a framework; the wording promises no more than an overlap."""
    grouped: dict[str, list[str]] = {}
    for one in mappings:
        grouped.setdefault(one.framework, []).append(f"{one.ref} ({_CONFIDENCE[one.confidence]})")
    for framework, refs in grouped.items():
        yield f"{name} overlaps with {_FRAMEWORKS[framework]}: {', '.join(refs)}."


def _clause_document(clause: Clause) -> GuidanceDocument:
    name = f"Clause {clause.id} {clause.title}"
    demands = (*_demands(clause), _documented(clause), *_changes(clause))
    checks = (
        f"Auditors ask about clause {clause.id}: {_run((clause.opening, *clause.probes))}",
        f"Evidence that fits clause {clause.id}: {_list(clause.evidence)}.",
        f"Typical nonconformities against clause {clause.id}: "
        f"{'; '.join(clause.typical_nonconformities)}.",
    )
    parts = (
        _Part(lines=demands, found_by=f"{name}: requirements"),
        _Part(
            lines=checks,
            found_by=f"{name}: audit questions, evidence, nonconformities",
            label="audit",
        ),
    )
    return _document(clause.id, name, clause.title, UNITS_REVIEWED_ON, parts)


def _demands(clause: Clause) -> Iterator[str]:
    """Say what must be shown in one line, or line by line where that would be too long to quote."""
    name = f"Clause {clause.id} {clause.title}"
    joined = f"{name}: {'; '.join(clause.must_show)}."
    if len(joined.split()) <= WORDS_PER_LINE:
        yield joined
        return
    first, *rest = clause.must_show
    yield f"{name}: {first}."
    yield from (_sentence(one) for one in rest)


def _documented(clause: Clause) -> str:
    note = clause.documented_information.note
    what = f" ({note})" if note else ""
    match clause.documented_information.level:
        case "required":
            return f"Clause {clause.id} requires documented information{what}."
        case "as_needed":
            return f"Clause {clause.id} leaves it to need how much is documented{what}."
        case _:
            return f"Clause {clause.id} itself asks for no document{what}."


def _changes(clause: Clause) -> Iterator[str]:
    if clause.new_2022:
        yield f"Clause {clause.id} is new in the edition of 2022."
    elif clause.changed_2022:
        yield f"Clause {clause.id} was changed in the edition of 2022."
    if clause.changed_amd1_2024:
        yield f"Amendment 1:2024 on climate change touches clause {clause.id}."


@dataclass(frozen=True, slots=True)
class _Part:
    """What one passage is made of: its lines, and what finds it besides them."""

    lines: tuple[str, ...]
    found_by: str
    german_stems: str = ""
    """The document is indexed as English, whose stems German questions would not meet."""
    controls: tuple[str, ...] = ()
    label: str = ""


def _document(
    unit: str, name: str, title: str, reviewed: date, parts: Sequence[_Part]
) -> GuidanceDocument:
    source = f"guidance:{unit}"
    document_id = _digest(source)[:20]
    passages = tuple(
        _passage(document_id, Locator(source, (name,), f"{unit} {title}"), ordinal, part)
        for ordinal, part in enumerate(parts)
    )
    content = "\x1f".join(
        text for one in passages for text in (one.text, one.search_text, *one.controls)
    )
    facts = Facts(
        title=f"Annexa guidance: {name}",
        version=reviewed.isoformat(),
        status=Status.APPROVED,
        effective=reviewed,
        controls=passages[0].controls,
    )
    document = Document(
        id=document_id,
        source=source,
        origin=Origin.GUIDANCE,
        facts=facts,
        content_hash=_digest(content),
    )
    return document, passages


def _passage(document_id: str, locator: Locator, ordinal: int, part: _Part) -> Passage:
    text = "\n".join(part.lines)
    section = locator.section or ""
    named = control_ids(text) if part.label != "crosswalk" else ()
    return Passage(
        id=_digest(f"{document_id}\x1f{part.label}\x1f{text}")[:20],
        document=document_id,
        ordinal=ordinal,
        text=text,
        search_text="\n".join(filter(None, (section, part.found_by, text, part.german_stems))),
        locator=locator,
        spans=tuple(_spans(part.lines, section)),
        controls=tuple(dict.fromkeys((*part.controls, *named))),
    )


def _spans(lines: Iterable[str], section: str) -> Iterator[Span]:
    start = 0
    for line in lines:
        yield Span(start=start, end=start + len(line), section=section)
        start += len(line) + 1


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def _clause_of(text: str) -> str:
    """Continue a sentence with `text`: its first letter small unless it opens an abbreviation."""
    whole = _sentence(text)
    return whole if whole[1:2].isupper() else whole[:1].lower() + whole[1:]


def _run(questions: Iterable[str]) -> str:
    return " ".join(_sentence(one) for one in questions)


def _list(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
