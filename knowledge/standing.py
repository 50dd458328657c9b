"""What a document counts for on a day, judged from the documents that a reader may see.

A *series* is the versions of one document: the same identifier, or the same title where one of them
has no identifier. Within a series the newest version that has begun is in force.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rapidfuzz import fuzz

from knowledge.passages import Document, Origin, Standing, Status

_NUMBER = re.compile(r"\d+")


def version_key(version: str | None) -> tuple[int, ...]:
    """Order versions by their numbers: "1.10" comes after "1.9"; unknown comes first."""
    return tuple(int(part) for part in _NUMBER.findall(version or "")) or (-1,)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A document's standing on the day and, where a later version took over, that version's id."""

    standing: Standing
    successor: str | None = None


def begins(document: Document) -> date | None:
    """Give the first day on which the document can count: effective, else approved."""
    return document.facts.effective or document.facts.approved


def series_of(documents: Sequence[Document]) -> dict[str, str]:
    """Map every document id to the key of its series."""
    keys: dict[str, str] = {}
    by_identifier: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        identifier = _identifier(document)
        if identifier:
            by_identifier[identifier].append(document)
    for identifier, group in by_identifier.items():
        heads: list[Document] = []
        for document in sorted(group, key=lambda one: one.source):
            title = _title(document)
            head = next((h for h in heads if fuzz.token_set_ratio(_title(h), title) >= 60), None)
            if head is None:
                heads.append(document)
                head = document
            keys[document.id] = f"{identifier}#{heads.index(head)}"
    titled = {_title(d): keys[d.id] for d in documents if d.id in keys and _title(d)}
    for document in documents:
        if document.id not in keys:
            title = _title(document)
            known = titled.get(title) if document.facts.version else None
            keys[document.id] = known or f"title:{title}#{document.facts.language}"
    return keys


def judge(
    documents: Sequence[Document], today: date, as_of: date | None = None
) -> Mapping[str, Judgement]:
    """Judge every document's standing on `as_of` (or `today`).

    Registers and the guidance have no versions of their own and are in force as they are read."""
    day = as_of or today
    keys = series_of(documents)
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[keys[document.id]].append(document)
    named = _named_as_superseded(documents, day)
    judged: dict[str, Judgement] = {}
    for group in groups.values():
        for document in group:
            judged[document.id] = _judge_one(document, group, day, as_of is not None, named)
    return judged


def _judge_one(
    document: Document,
    group: Sequence[Document],
    day: date,
    looking_back: bool,
    named: Mapping[str, str],
) -> Judgement:
    status = document.facts.status
    if document.origin is Origin.GUIDANCE:
        return Judgement(Standing.IN_FORCE)
    if status is Status.EXTERNAL:
        return Judgement(Standing.EXTERNAL)
    if status is Status.DRAFT:
        return Judgement(Standing.DRAFT)
    start = begins(document)
    if start and start > day:
        return Judgement(Standing.NOT_YET)
    later = [
        other
        for other in group
        if other is not document
        and other.facts.status in (Status.APPROVED, Status.UNKNOWN, Status.RETIRED)
        and _is_later(other, document)
        and not ((begun := begins(other)) and begun > day)
        and not (other.facts.status is Status.UNKNOWN and not other.facts.version)
    ]
    successor = max(later, key=_order).id if later else named.get(document.id)
    ended = document.facts.retired
    if status is Status.RETIRED:
        counted_then = looking_back and start and not successor and (not ended or day < ended)
        if counted_then and (ended or len(group) > 1):
            return Judgement(Standing.IN_FORCE)
        return Judgement(Standing.RETIRED, successor)
    if ended and ended <= day:
        return Judgement(Standing.RETIRED, successor)
    if successor and document.origin is not Origin.REGISTER:
        return Judgement(Standing.SUPERSEDED, successor)
    return Judgement(Standing.IN_FORCE)


def _order(document: Document) -> tuple[tuple[int, ...], date]:
    return version_key(document.facts.version), begins(document) or date.min


def _is_later(other: Document, document: Document) -> bool:
    mine, theirs = version_key(document.facts.version), version_key(other.facts.version)
    if mine != theirs:
        return theirs > mine
    begun, began = begins(other), begins(document)
    return bool(begun and began and begun > began)


def _named_as_superseded(documents: Sequence[Document], day: date) -> dict[str, str]:
    """Map documents that another one in force names as superseded to that other one."""
    named: dict[str, str] = {}
    for successor in documents:
        if successor.facts.status not in (Status.APPROVED, Status.UNKNOWN):
            continue
        begun = begins(successor)
        if begun and begun > day:
            continue
        for mention in successor.facts.supersedes:
            for document in documents:
                if document.id != successor.id and _mentions(mention, document, successor):
                    named[document.id] = successor.id
    return named


def _mentions(mention: str, document: Document, successor: Document) -> bool:
    """Tell whether "STD-04 v1.3" or "v1.3" means this document."""
    folded = mention.casefold()
    identifier = _identifier(document)
    rest = folded
    if identifier and re.search(rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", folded):
        rest = folded.replace(identifier, " ")
    elif len(_title(document)) > 5 and _title(document) in folded:
        rest = folded.replace(_title(document), " ")
    elif not (identifier and identifier == _identifier(successor)):
        return False
    versions = re.findall(r"\d+(?:\.\d+)*", rest)
    if versions:
        return any(version_key(v) == version_key(document.facts.version) for v in versions)
    return rest != folded and identifier != _identifier(successor)


def _identifier(document: Document) -> str:
    return (document.facts.identifier or "").casefold().strip()


def _title(document: Document) -> str:
    return _folded(document.facts.title)


@lru_cache(maxsize=20_000)
def _folded(title: str) -> str:
    """Reduce a title to its words; every question asks for those of all documents again."""
    return " ".join(re.findall(r"\w+", title.casefold()))
