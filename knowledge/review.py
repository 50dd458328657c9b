"""One page of what was understood of an organisation's documents and what was not.

Computed from a view and nothing else, so that nobody learns of a text they may not read. Every item
says what is wrong and where, why it matters, and what to do about it.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from knowledge.catalog import Failure
from knowledge.citing import cite
from knowledge.disagreement import Disagreement, disagreements, spoken
from knowledge.instructions import instructions_in
from knowledge.passages import Citation, Document, Origin, Passage, Standing, Status
from knowledge.standing import begins, series_of, version_key

if TYPE_CHECKING:
    from knowledge.view import View

_SOON_DAYS = 30
_CITING = (Origin.DOCUMENT, Origin.SOA, Origin.REGISTER)
_SAID_SO = re.compile(
    r"supersed|replac|retire|withdrawn|\bdraft|no longer|former|previous|earlier version|obsolete|"
    r"history|archive|not (?:yet )?(?:in force|approved)|ersetz|entwurf|zurückgezogen|außer kraft|"
    r"frühere|vorherige|änderungshistorie",
    re.IGNORECASE,
)
"""Words of a text that knows that what it names is not in force."""
_IDENTIFIER = re.compile(
    r"(?P<prefix>[A-Za-zÄÖÜ]{2,10}(?:[-_][A-Za-zÄÖÜ]{2,10})*)(?P<joint>[-_ ]?)(?P<digits>\d{1,5})"
)
_VERSION_AFTER = re.compile(
    r"\s*[,(]?\s*(?:v|ver\.?|version|fassung|stand)\.?\s*(?P<version>\d+(?:\.\d+)*)", re.IGNORECASE
)
_ALIKE = 0.85
_MANY = 4
"""More things than this with one fault are one item."""
_SKETCH = 256
_SHINGLE = 5


class Topic(StrEnum):
    """What an item is about, most pressing first."""

    UNREADABLE = "unreadable"
    DISAGREEMENT = "disagreement"
    OVERDUE = "overdue"
    STALE_REFERENCE = "stale reference"
    INSTRUCTIONS = "instructions"
    FACTS_MISSING = "facts missing"
    DUE_SOON = "due soon"
    UNKNOWN_REFERENCE = "unknown reference"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a person should look at."""

    topic: Topic
    what: str
    why: str
    do: str
    source: str | None = None
    section: str | None = None
    at: tuple[Citation, ...] = ()
    """The places, quoted verbatim."""
    missing: tuple[str, ...] = ()
    """Facts that were not found: "owner", "version", "date", "status"."""
    days: int | None = None
    """Days until a review is due; negative where it is overdue."""
    values: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """All files meant, where one item speaks of many."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was understood, in numbers, and what was not, item by item."""

    day: date
    documents: int
    """Documents of the organisation; the built-in guidance is not counted."""
    passages: int
    origins: Mapping[str, int]
    standings: Mapping[str, int]
    complete: int
    """Documents in force whose owner, version, date and status are all known."""
    items: tuple[Item, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """Items by topic, of those that there are."""
    notice: str | None = None

    def about(self, topic: Topic) -> tuple[Item, ...]:
        """Give the items of one topic."""
        return tuple(item for item in self.items if item.topic is topic)


def review(view: View, failures: Sequence[Failure] = (), *, skipped: Sequence[str] = ()) -> Review:
    """Look through the readable documents of `view` as they stand on its day.

    `failures` and `skipped` are shown to the workspace's owner only: who may read a file cannot be
    judged while nobody knows what it says of itself."""
    own = [document for document in view.documents if document.origin is not Origin.GUIDANCE]
    own.sort(key=lambda one: one.source)
    passages = {document.id: view.passages_of(document.id) for document in own}
    library = _Library(view, tuple(own), passages)
    items = [
        *(_unreadable(failures) if view.reader.owner else ()),
        *_disagreements(disagreements(view)),
        *_reviews_due(library),
        *_gathered(_references(library)),
        *_instructions(library),
        *_missing_facts(library),
        *_duplicates(library),
        *(_skipped(skipped) if view.reader.owner else ()),
    ]
    order = {topic: at for at, topic in enumerate(Topic)}
    items.sort(key=lambda item: order[item.topic])  # stable: each part has its own order
    counted = Counter(item.topic.value for item in items)
    return Review(
        day=view.day,
        documents=len(own),
        passages=sum(len(one) for one in passages.values()),
        origins=dict(sorted(Counter(one.origin.value for one in own).items())),
        standings=dict(sorted(Counter(view.standing(one.id).value for one in own).items())),
        complete=sum(
            1 for one in library.in_force if one.origin is Origin.DOCUMENT and not _missing(one)
        ),
        items=tuple(items),
        counts={topic.value: counted[topic.value] for topic in Topic if counted[topic.value]},
        notice=view.notice,
    )


@dataclass(frozen=True, slots=True)
class _Library:
    """The organisation's own documents of a view with their passages."""

    view: View
    documents: tuple[Document, ...]
    passages: Mapping[str, tuple[Passage, ...]]

    @property
    def in_force(self) -> tuple[Document, ...]:
        return tuple(
            one for one in self.documents if self.view.standing(one.id) is Standing.IN_FORCE
        )


def name_of(document: Document) -> str:
    """Name a document as a person would: identifier, title and version."""
    facts = document.facts
    identifier = facts.identifier or ""
    parts = [identifier if identifier.casefold() not in facts.title.casefold() else "", facts.title]
    version = f"v{facts.version}" if facts.version and facts.version[:1].isdigit() else ""
    return " ".join(part for part in (*parts, version) if part)


# Files -------------------------------------------------------------------------------------------


def _unreadable(failures: Sequence[Failure]) -> Iterator[Item]:
    by_message: dict[str, list[str]] = defaultdict(list)
    for failure in failures:
        by_message[failure.message].append(failure.source)
    for message, sources in sorted(by_message.items(), key=lambda pair: sorted(pair[1])):
        for group in _few(sorted(sources)):
            yield Item(
                topic=Topic.UNREADABLE,
                what=f"{_named(group, 'files')} could not be read: {message}",
                why="What is in it can neither be found nor quoted.",
                do="Mend the file as the message says, then index again.",
                source=group[0],
                sources=group,
            )


def _skipped(skipped: Sequence[str]) -> Iterator[Item]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for source in skipped:
        by_kind[source.rsplit("/", 1)[-1].rpartition(".")[2].casefold()].append(source)
    for _, sources in sorted(by_kind.items()):
        for group in _few(sorted(sources)):
            yield Item(
                topic=Topic.SKIPPED,
                what=f"{_named(group, 'files')}: of a kind that Annexa does not read",
                why="If rules are in it, they are not in any answer.",
                do="Save it as DOCX, PDF, Markdown or XLSX if it matters.",
                source=group[0],
                sources=group,
            )


def _few(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield names one by one while they are few, and all together where they would fill a page."""
    if len(names) > _MANY:
        yield tuple(names)
    else:
        yield from ((name,) for name in names)


def _named(names: Sequence[str], kind: str) -> str:
    if len(names) == 1:
        return names[0]
    return f"{len(names)} {kind} ({', '.join(names[:3])}, …)"


# Facts -------------------------------------------------------------------------------------------


def _missing(document: Document) -> tuple[str, ...]:
    facts = document.facts
    found = {
        "owner": facts.owner,
        "version": facts.version,
        "date": begins(document),
        "status": None if facts.status is Status.UNKNOWN else facts.status,
    }
    if facts.status is Status.DRAFT:  # a draft has not been approved on any day yet
        del found["date"]
    return tuple(name for name, value in found.items() if not value)


_WHY_MISSING = {
    "owner": "nobody is answerable for it",
    "version": "nobody can tell which text was approved",
    "date": "its age and its start cannot be told",
    "status": "a draft could pass for a rule",
}


def _missing_facts(library: _Library) -> Iterator[Item]:
    alike: dict[tuple[str, ...], list[Document]] = defaultdict(list)
    for document in library.documents:
        standing = library.view.standing(document.id)
        states_rules = standing not in (Standing.EXTERNAL, Standing.RETIRED, Standing.SUPERSEDED)
        if document.origin is Origin.DOCUMENT and states_rules and (missing := _missing(document)):
            alike[missing].append(document)
    for missing, documents in alike.items():
        why = "; ".join(_WHY_MISSING[one] for one in missing)
        names = {document.source: name_of(document) for document in documents}
        for group in _few(list(names)):
            said = _named([names[source] for source in group], "documents")
            yield Item(
                topic=Topic.FACTS_MISSING,
                what=f"{said} {'states' if len(group) == 1 else 'state'} no "
                f"{_listed(missing, 'or')}",
                why=f"{why[0].upper()}{why[1:]}.",
                do="Add it to the document control table or front matter; access.yaml can state a "
                "status too.",
                source=group[0],
                missing=missing,
                sources=group,
            )


def _listed(words: Sequence[str], joint: str) -> str:
    return f" {joint} ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _reviews_due(library: _Library) -> Iterator[Item]:
    due: list[tuple[int, Document, date]] = []
    for document in library.in_force:
        planned = document.facts.next_review
        if planned is not None:
            days = (planned - library.view.day).days
            if days <= _SOON_DAYS:
                due.append((days, document, planned))
    for days, document, planned in sorted(due, key=lambda one: (one[0], one[1].source)):
        late = days < 0
        when = f"{-days} days overdue" if late else f"due in {days} days" if days else "due today"
        yield Item(
            topic=Topic.OVERDUE if late else Topic.DUE_SOON,
            what=f"{name_of(document)}: the review planned for {planned.isoformat()} is {when}",
            why="An auditor asks whether documented information is reviewed as planned."
            if late
            else "There is still time to keep the date.",
            do=f"Ask {document.facts.owner} to review it."
            if document.facts.owner
            else "Name an owner and have it reviewed.",
            source=document.source,
            days=days,
        )


# Rules -------------------------------------------------------------------------------------------


def _disagreements(found: Sequence[Disagreement]) -> Iterator[Item]:
    for one in found:
        if one.a_at is None or one.b_at is None:
            continue
        a, b = _place(one.a_at), _place(one.b_at)
        yield Item(
            topic=Topic.DISAGREEMENT,
            what=f"{a} says {one.values[0]}, {b} says {one.values[1]} "
            f"({' '.join(one.subject).lower()})",
            why="Both are in force, so whoever follows one may break the other.",
            do="Decide which holds, or say in both when each applies.",
            source=one.a_at.source,
            section=one.a_at.section,
            at=(one.a_at, one.b_at),
            values=one.values,
        )


def _place(citation: Citation) -> str:
    name = citation.identifier or citation.document
    return f"{name}, section {citation.section}" if citation.section else name


@dataclass(frozen=True, slots=True)
class _Spot:
    """A sentence of a document in its passage."""

    document: Document
    passage: Passage
    sentence: str

    def cite(self) -> Citation:
        return cite(self.document, self.passage, self.sentence)


def _references(library: _Library) -> Iterator[_Reference]:
    """Find what documents in force name that is not in force, or not there at all."""
    by_identifier: dict[str, list[Document]] = defaultdict(list)
    by_title: dict[str, list[Document]] = defaultdict(list)
    for document in library.documents:
        if document.facts.identifier:
            by_identifier[_folded(document.facts.identifier)].append(document)
        by_title[_folded_title(document.facts.title)].append(document)
    shapes = _shapes(library)
    rows = {
        passage.locator.row.casefold()
        for one in library.passages.values()
        for passage in one
        if passage.locator.row
    }
    titles = {
        title: found
        for title, found in by_title.items()
        if len(title.split()) >= 2
        and len(title) >= 10
        and all(library.view.standing(one.id) in _NOT_IN_FORCE for one in found)
        # "Backup Standard" inside the title of a text that counts is no reference to the old one.
        and not any(title in other for other in by_title if other != title)
    }
    titled = (
        re.compile(r"\b(" + "|".join(map(re.escape, sorted(titles))) + r")\b") if titles else None
    )
    seen: set[tuple[str, str]] = set()
    for document in library.in_force:
        if document.origin not in _CITING:
            continue
        mine = _folded(document.facts.identifier or "")
        for passage in library.passages[document.id]:
            for sentence in spoken(passage):
                if _SAID_SO.search(sentence) or _SAID_SO.search(passage.locator.section or ""):
                    continue
                spot = _Spot(document, passage, sentence)
                for match in _IDENTIFIER.finditer(sentence):
                    if _inside_a_word(sentence, match):
                        continue
                    said = _folded(match.group())
                    if said == mine or (document.id, said) in seen:
                        continue
                    known = by_identifier.get(said)
                    reference = (
                        _stale(library, spot, match, known)
                        if known
                        else _unknown(spot, match, shapes, rows)
                    )
                    if reference is not None:
                        seen.add((document.id, said))
                        yield reference
                if titled is None:
                    continue
                for named in titled.finditer(_folded_title(sentence)):
                    meant = titles[named.group(1)]
                    key = (document.id, named.group(1))
                    ids = {_folded(one.facts.identifier or "") for one in meant}
                    if (
                        key in seen
                        or mine in ids - {""}
                        or any((document.id, i) in seen for i in ids)
                    ):
                        continue
                    seen.add(key)
                    yield _outdated(library, spot, meant[0], None)


_NOT_IN_FORCE = frozenset({Standing.DRAFT, Standing.RETIRED, Standing.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class _Reference:
    """A text in force that names `target`, which does not count."""

    topic: Topic
    target: str
    state: str
    do: str
    at: Citation


_WHY_REFERENCE = {
    Topic.STALE_REFERENCE: "Readers follow a text that states no rule today.",
    Topic.UNKNOWN_REFERENCE: "What it says is missing from every answer, or it does not exist.",
}


def _gathered(found: Iterable[_Reference]) -> Iterator[Item]:
    """Make one item of all places that name the same thing."""
    groups: dict[tuple[Topic, str], list[_Reference]] = defaultdict(list)
    for one in found:
        groups[one.topic, one.target].append(one)
    for (topic, target), group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        first = group[0]
        more = len(group) - 1
        others = f" and {more} more document{'s' if more > 1 else ''}" if more else ""
        yield Item(
            topic=topic,
            what=f"{_place(first.at)}{others} {'refer' if more else 'refers'} to {target}, "
            f"{first.state}",
            why=_WHY_REFERENCE[topic],
            do=first.do,
            source=first.at.source,
            section=first.at.section,
            at=tuple(one.at for one in group),
        )


def _stale(
    library: _Library, spot: _Spot, match: re.Match[str], known: Sequence[Document]
) -> _Reference | None:
    standing = library.view.standing
    current = [one for one in known if standing(one.id) not in _NOT_IN_FORCE]
    version = _VERSION_AFTER.match(spot.sentence, match.end())
    if version is None:
        return None if current else _outdated(library, spot, known[0], None)
    wanted = version_key(version["version"])
    if any(version_key(one.facts.version) == wanted for one in current):
        return None
    if current and all(one.facts.version is None for one in current):
        return None
    exact = next((one for one in known if version_key(one.facts.version) == wanted), None)
    return _outdated(library, spot, exact or (current or known)[0], version["version"])


_STATES = {
    Standing.DRAFT: "which is only a draft",
    Standing.RETIRED: "which is retired",
    Standing.SUPERSEDED: "which is superseded",
}


def _outdated(library: _Library, spot: _Spot, meant: Document, version: str | None) -> _Reference:
    standing = library.view.standing(meant.id)
    successor = library.view.successor(meant.id)
    state = _STATES.get(standing, f"but the version in force is {meant.facts.version}")
    if standing in _STATES and successor is not None:
        state += f" (now {name_of(successor)})"
    name = meant.facts.identifier or meant.facts.title
    return _Reference(
        topic=Topic.STALE_REFERENCE,
        target=f"{name} v{version}" if version else name_of(meant),
        state=state,
        do="Approve the draft, or take the reference out."
        if standing is Standing.DRAFT
        else "Refer to the version in force, or to the document without a version.",
        at=spot.cite(),
    )


Shape = tuple[str, str, int]


def _shapes(library: _Library) -> frozenset[Shape]:
    """Give the forms of the organisation's own document identifiers: ("pol", "-", 2)."""
    found: set[Shape] = set()
    for document in library.documents:
        identifier = document.facts.identifier
        if document.origin is Origin.DOCUMENT and identifier:
            match = _IDENTIFIER.fullmatch(identifier)
            if match:
                found.add(_shape(match))
    return frozenset(found)


def _shape(match: re.Match[str]) -> Shape:
    return match["prefix"].casefold(), match["joint"], len(match["digits"])


def _unknown(
    spot: _Spot, match: re.Match[str], shapes: frozenset[Shape], rows: set[str]
) -> _Reference | None:
    if _shape(match) not in shapes or match.group().casefold() in rows:
        return None
    return _Reference(
        topic=Topic.UNKNOWN_REFERENCE,
        target=match.group().upper(),
        state="which is not in the library",
        do="Add the document to the folder, or correct the reference.",
        at=spot.cite(),
    )


def _inside_a_word(sentence: str, match: re.Match[str]) -> bool:
    before = sentence[match.start() - 1 : match.start()]
    after = sentence[match.end() : match.end() + 2]
    return bool(re.match(r"[\w.\-/@]", before)) or bool(re.match(r"[\w\-/@]|\.\w", after))


def _folded(identifier: str) -> str:
    return re.sub(r"[-_\s]+", "-", identifier.casefold().strip())


def _folded_title(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


# Texts -------------------------------------------------------------------------------------------


def _instructions(library: _Library) -> Iterator[Item]:
    """Find texts that speak to an assistant, one item a document."""
    for document in library.documents:
        found = [
            cite(document, passage, sentence)
            for passage in library.passages[document.id]
            for sentence in spoken(passage)
            if instructions_in(sentence)
        ]
        if not found:
            continue
        yield Item(
            topic=Topic.INSTRUCTIONS,
            what=f"{name_of(document)} contains text that looks like instructions to an assistant; "
            "treated as data",
            why="It may be meant to steer answers. Annexa quotes it and never obeys it.",
            do="Ask where the file came from before you rely on it.",
            source=document.source,
            section=found[0].section,
            at=tuple(found[:5]),
        )


def _duplicates(library: _Library) -> Iterator[Item]:
    """Find texts that are nearly the same and are not versions of one document."""
    documents = [one for one in library.documents if one.origin is Origin.DOCUMENT]
    series = series_of(documents)
    sketches = {one.id: _sketch(library.passages[one.id]) for one in documents}
    holders: dict[int, list[int]] = defaultdict(list)
    shared: Counter[tuple[int, int]] = Counter()
    for at, document in enumerate(documents):
        for value in sketches[document.id]:
            shared.update((other, at) for other in holders[value])
            holders[value].append(at)
    for (one, other), common in sorted(shared.items()):
        a, b = documents[one], documents[other]
        mine, theirs = sketches[a.id], sketches[b.id]
        alike = common / len(mine | theirs)
        versions = series[a.id] == series[b.id] and a.facts.version != b.facts.version
        if alike < _ALIKE or versions or min(len(mine), len(theirs)) < 10:
            continue
        yield Item(
            topic=Topic.DUPLICATE,
            what=f"{a.source} and {b.source} say nearly the same",
            why="When one is changed, the other goes on stating the old rule.",
            do="Keep one and retire or delete the other.",
            source=a.source,
        )


def _sketch(passages: Sequence[Passage]) -> frozenset[int]:
    """Give the smallest hashes of the runs of five words, which estimate how alike texts are."""
    words = re.findall(r"\w+", " ".join(passage.text for passage in passages).casefold())
    hashes = {
        zlib.crc32(" ".join(words[at : at + _SHINGLE]).encode())
        for at in range(len(words) - _SHINGLE + 1)
    }
    return frozenset(sorted(hashes)[:_SKETCH])
