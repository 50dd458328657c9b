"""What a changed document touches: quotes that no longer stand, and rows that rely on it.

Whatever quotes documents joins in through one seam: a `Quoter` names what quoted and the citations.
Answers and corrective action plans do so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz, process

from assistant.domain.plan import Plan
from assistant.store import Records
from knowledge.citing import cite
from knowledge.controlling.comparing import Comparison, Kind, RuleChange, compare
from knowledge.controlling.rules import is_rule, own_controls, stated_rules
from knowledge.controls import control_ids
from knowledge.disagreement import spoken
from knowledge.passages import Citation, Document, Origin, Standing
from knowledge.soa.model import SoaRow
from knowledge.standing import begins, series_of, version_key
from knowledge.text import fold, sentences
from knowledge.view import View

_ALIKE = 50.0


class State(StrEnum):
    """What became of a quote."""

    CHANGED = "changed"
    """Its document is there and says it otherwise, or no more."""
    GONE = "gone"
    """No version of its document counts any more."""


@dataclass(frozen=True, slots=True)
class Quoting:
    """Something that quotes documents: an answer, a plan, a verdict."""

    kind: str
    """"answer", "plan", "interview"."""
    id: str
    title: str
    day: str
    """When it quoted, as YYYY-MM-DD; empty where that is not recorded."""
    citations: tuple[Citation, ...]
    standings: Mapping[str, str]
    """Passage → its document's standing when it was quoted."""


Quoter = Callable[[], Iterable[Quoting]]
"""Gives everything of one kind that quotes documents."""


@dataclass(frozen=True, slots=True)
class TouchedQuote:
    """A quote that does not stand today, and what stands in its place."""

    quoting: Quoting
    was: Citation
    state: State
    now: Citation | None
    """The sentence most like it in the version in force."""


@dataclass(frozen=True, slots=True)
class TouchedRow:
    """A row of the statement that a change touches."""

    row: SoaRow
    why: str
    document: str
    """Path of the document in force."""
    changes: tuple[RuleChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """All that changes of documents touch."""

    quotes: tuple[TouchedQuote, ...]
    rows: tuple[TouchedRow, ...]
    comparisons: tuple[Comparison, ...]
    checked: int
    """Quotes that were looked at."""


def quoted_in_answers(records: Records) -> Iterator[Quoting]:
    """Yield the answers of everybody with what they cite; those about a day in the past aside."""
    for turn in records.answered():
        if turn.answer is None or turn.as_of is not None:
            continue
        uses = turn.trace.passages if turn.trace else ()
        yield Quoting(
            kind="answer",
            id=turn.id,
            title=turn.question or "",
            day=(turn.answered_at or turn.asked_at).date().isoformat(),
            citations=tuple(c for c in turn.answer.citations if c.type is not Origin.GUIDANCE),
            standings={use.id: use.standing for use in uses},
        )


def quoted_in_plans(plans: Iterable[Plan]) -> Iterator[Quoting]:
    """Yield corrective action plans with what they cite."""
    for plan in plans:
        yield Quoting(
            kind="plan",
            id=plan.id,
            title=plan.title or plan.finding.text,
            day="",
            citations=tuple(c for c in plan.citations if c.type is not Origin.GUIDANCE),
            standings={},
        )


def impact(view: View, quoters: Sequence[Quoter], *, document: Document | None = None) -> Impact:
    """Find what no longer stands: all of it, or what one document (any version of it) touches."""
    series = series_of(view.documents)
    meant = series.get(document.id) if document else None
    current = _Current(view, series)
    quotes: list[TouchedQuote] = []
    checked = 0
    for quoter in quoters:
        for quoting in quoter():
            for citation in quoting.citations:
                if meant and current.series_meant(citation) != meant:
                    continue
                checked += 1
                touched = current.look(quoting, citation)
                if touched is not None:
                    quotes.append(touched)
    comparisons = tuple(_comparisons(view, series, meant))
    return Impact(
        tuple(quotes), tuple(_rows(view, comparisons, meant, series)), comparisons, checked
    )


class _Current:
    """What the versions in force say today."""

    def __init__(self, view: View, series: Mapping[str, str]) -> None:
        self._view = view
        self._series = series
        self._by_source = {one.source: one for one in view.documents}
        self._by_identifier: dict[str, Document] = {
            one.facts.identifier.casefold(): one
            for one in view.documents
            if one.facts.identifier and view.standing(one.id) is Standing.IN_FORCE
        }
        self._sentences = lru_cache(maxsize=64)(self._read)

    def series_meant(self, citation: Citation) -> str | None:
        found = self._document(citation)
        return self._series.get(found.id) if found else None

    def look(self, quoting: Quoting, citation: Citation) -> TouchedQuote | None:
        """Give what became of a quote; None where it stands, or never counted."""
        if quoting.standings.get(citation.passage, Standing.IN_FORCE) != Standing.IN_FORCE:
            return None
        document = self._document(citation)
        counting = self._counting(document)
        if counting is None:
            return TouchedQuote(quoting, citation, State.GONE, None)
        texts = self._sentences(counting.id)
        wanted = fold(citation.quote)
        if any(wanted in whole for whole in texts.whole):
            return None
        return TouchedQuote(quoting, citation, State.CHANGED, self._nearest(counting, citation))

    def _document(self, citation: Citation) -> Document | None:
        found = self._by_source.get(citation.source)
        if found is None and citation.identifier:
            found = self._by_identifier.get(citation.identifier.casefold())
        return found

    def _counting(self, document: Document | None) -> Document | None:
        if document is None:
            return None
        if self._view.standing(document.id) is Standing.IN_FORCE:
            return document
        key = self._series[document.id]
        same = [
            one
            for one in self._view.documents
            if self._series[one.id] == key and self._view.standing(one.id) is Standing.IN_FORCE
        ]
        return same[0] if same else None

    def _read(self, document_id: str) -> _Texts:
        passages = self._view.passages_of(document_id)
        said = [(sentence, passage.id) for passage in passages for sentence in spoken(passage)]
        rows = {p.locator.row: p.text for p in passages if p.locator.row}
        return _Texts(tuple(fold(p.text) for p in passages), tuple(said), rows)

    def _nearest(self, document: Document, citation: Citation) -> Citation | None:
        texts = self._sentences(document.id)
        by_id = {p.id: p for p in self._view.passages_of(document.id)}
        if citation.row and citation.row in texts.rows:
            passage = next(p for p in by_id.values() if p.locator.row == citation.row)
            return cite(document, passage, passage.text)
        lost = next(
            (s for s in sentences(citation.quote) if not any(fold(s) in w for w in texts.whole)),
            citation.quote,
        )
        others = [pair for pair in texts.said if fold(pair[0]) not in fold(citation.quote)]
        best = process.extractOne(lost, [text for text, _ in others], scorer=fuzz.token_sort_ratio)
        if best is None or best[1] < _ALIKE:
            return None
        text, passage_id = others[best[2]]
        return cite(document, by_id[passage_id], text)


@dataclass(frozen=True, slots=True)
class _Texts:
    whole: tuple[str, ...]
    said: tuple[tuple[str, str], ...]
    rows: Mapping[str, str]


def _comparisons(view: View, series: Mapping[str, str], meant: str | None) -> Iterator[Comparison]:
    """Compare each document in force with the version before it, where that is in the library."""
    for document in view.of_origin(Origin.DOCUMENT):
        if view.standing(document.id) is not Standing.IN_FORCE:
            continue
        if meant and series[document.id] != meant:
            continue
        before = [
            one
            for one in view.of_origin(Origin.DOCUMENT)
            if one.id != document.id
            and series[one.id] == series[document.id]
            and view.standing(one.id) in (Standing.SUPERSEDED, Standing.RETIRED)
        ]
        if before:
            yield compare(view, max(before, key=lambda o: version_key(o.facts.version)), document)


def _rows(
    view: View,
    comparisons: Sequence[Comparison],
    meant: str | None,
    series: Mapping[str, str],
) -> Iterator[TouchedRow]:
    soa = view.soa()
    if soa is None:
        return
    dated = soa.header.approved or soa.header.date
    stated = stated_rules(view) if comparisons else {}
    seen: set[tuple[str, str]] = set()
    for comparison in comparisons:
        document = comparison.after
        begun = begins(document)
        for row in soa.rows:
            changes = _changes_for(row, comparison, stated)
            refers = _refers(row, document)
            reviewed = row.last_review or dated
            if (refers or changes) and not (begun and reviewed and reviewed > begun):
                why = "refers to it" if refers else "its rules changed"
                seen.add((row.control_id, document.source))
                yield TouchedRow(row, why, document.source, changes)
    for document in view.of_origin(Origin.DOCUMENT):
        begun = begins(document)
        counts = view.standing(document.id) is Standing.IN_FORCE
        if not counts or begun is None or (meant and series[document.id] != meant):
            continue
        for row in soa.rows:
            reviewed = row.last_review or dated
            newer = reviewed is not None and begun > reviewed
            if newer and (row.control_id, document.source) not in seen and _refers(row, document):
                why = f"refers to it, and was last reviewed on {reviewed}, before {begun}"
                yield TouchedRow(row, why, document.source)


def _refers(row: SoaRow, document: Document) -> bool:
    identifier, title = document.facts.identifier, document.facts.title.casefold()
    for ref in (*row.policy_refs, *row.evidence_refs):
        if identifier and identifier.casefold() in ref.casefold().replace(" ", "-"):
            return True
        if len(title.split()) > 1 and title in ref.casefold():
            return True
    return False


def _changes_for(
    row: SoaRow, comparison: Comparison, stated: Mapping[str, Sequence[object]]
) -> tuple[RuleChange, ...]:
    """Give the changed rules that are about the row's control, by heading, id or document."""
    claimed = {i for c in comparison.after.facts.controls for i in (control_ids(c) or (c,))}
    found = []
    for change in comparison.of(Kind.VALUE, Kind.CHANGED, Kind.REMOVED, Kind.ADDED):
        at = change.after or change.before
        if at is None or not is_rule(at.quote, frozenset(), in_own=True):
            continue
        own, _ = own_controls((at.section,) if at.section else ())
        about = own | set(control_ids(at.quote)) | (claimed if len(claimed) <= 2 else set())
        if row.control_id in about and row.control_id in stated:
            found.append(change)
    return tuple(found)
