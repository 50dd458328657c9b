"""What one reader may see on one day, and searching it.

Everything that answers a question works on a `View`. Statistics, ranking, folding and standings are
computed from the readable documents alone, so that a document without the right leaves no trace.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from knowledge import ranking
from knowledge.access import Access
from knowledge.caches import SearchCache
from knowledge.catalog import Catalog, Snapshot
from knowledge.controls import references, register
from knowledge.embedding import Embedder, common_words
from knowledge.keywords import (
    Reading,
    analyse_query,
    built_in_vocabulary,
    query_languages,
    question_words,
)
from knowledge.paraphrase import paraphrase
from knowledge.passages import Document, Origin, Passage, Reader, Standing
from knowledge.soa import Soa
from knowledge.soa.storing import load_soa
from knowledge.standing import Judgement, begins, judge, version_key

TOP = 200
"""How many passages each engine hands to the fusion."""
_DUPLICATE = 0.9
_ID = re.compile(r"\b[A-Z][A-Z0-9]{1,9}(?:[-_.][A-Z0-9]{1,10}){1,3}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage: why it is here, and what stands around it."""

    passage: Passage
    document: Document
    standing: Standing
    score: float
    reasons: tuple[str, ...]
    cosine: float | None = None
    keyword: float | None = None
    same_as: tuple[str, ...] = ()
    """Ids of passages that say the same and were folded into this one."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A word of a question with all that may stand for it, and how much it says.

    `weight` is its rarity among the readable passages, from 0; a word that no readable passage
    holds weighs most: what it stands for is probably not in the library."""

    forms: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    weight: float
    spoken: bool = True
    """Whether a document of the organisation holds a form of it, or a meaning in full."""

    def share_in(self, tokens: frozenset[str]) -> float:
        """Tell from 0 to 1 how surely a text with these tokens speaks of it."""
        if any(form in tokens for form in self.forms):
            return 1.0
        best = 0.0
        for meaning in self.meanings:
            held = sum(token in tokens for token in meaning) / len(meaning)
            best = max(best, 0.9 * held if held >= 0.5 else 0.0)
        return best


@dataclass(frozen=True, slots=True)
class View:
    """The library as one reader may see it. Made by `Library.view`; never kept across questions."""

    reader: Reader
    today: date
    as_of: date | None
    generation: int
    """The run whose state this view shows."""
    documents: tuple[Document, ...]
    judgements: Mapping[str, Judgement]
    notice: str | None
    """What a person must know about this search, such as "keywords only"."""
    _catalog: Catalog
    _cache: SearchCache | None
    _embedder: Callable[[], Embedder]
    _by_id: Mapping[str, Document]
    _sources: Mapping[str, str]

    @classmethod
    def make(
        cls,
        snapshot: Snapshot,
        access: Access,
        reader: Reader,
        today: date,
        as_of: date | None,
        catalog: Catalog,
        cache: SearchCache | None,
        embedder: Callable[[], Embedder],
        notice: str | None,
    ) -> View:
        """Keep only what `reader` may see and judge its standing on the day."""
        documents = tuple(
            _with_status(document, access)
            for document in snapshot.documents
            if access.may_read(reader, document)
        )
        return cls(
            reader=reader,
            today=today,
            as_of=as_of,
            generation=snapshot.generation,
            documents=documents,
            judgements=judge(documents, today, as_of),
            notice=notice,
            _catalog=catalog,
            _cache=cache,
            _embedder=embedder,
            _by_id={document.id: document for document in documents},
            _sources={document.id: document.source for document in documents},
        )

    @property
    def day(self) -> date:
        """The day whose rules are asked about."""
        return self.as_of or self.today

    def document(self, document_id: str) -> Document | None:
        """Give a readable document by id."""
        return self._by_id.get(document_id)

    def standing(self, document_id: str) -> Standing:
        """Give a readable document's standing on the day."""
        return self.judgements[document_id].standing

    def successor(self, document_id: str) -> Document | None:
        """Give the readable document that took over from this one."""
        successor = self.judgements[document_id].successor
        return self._by_id.get(successor) if successor else None

    def passage(self, passage_id: str) -> Passage | None:
        """Give a passage by id if it may be read."""
        return self._catalog.passages([passage_id], self._sources).get(passage_id)

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        """Give a readable document's passages in reading order."""
        document = self._by_id.get(document_id)
        return self._catalog.passages_of(document_id, document.source) if document else ()

    def around(self, passage: Passage, reach: int = 1) -> tuple[Passage, ...]:
        """Give the passage with its neighbours in the same document, in reading order."""
        return tuple(
            other
            for other in self.passages_of(passage.document)
            if abs(other.ordinal - passage.ordinal) <= reach
        )

    def rows(self, key: str) -> tuple[Passage, ...]:
        """Give the readable SoA and register rows with this key."""
        return self._catalog.rows_keyed(key, self._sources)

    def of_origin(self, origin: Origin) -> tuple[Document, ...]:
        """Give the readable documents of one origin."""
        return tuple(document for document in self.documents if document.origin is origin)

    def named(self, text: str) -> tuple[Document, ...]:
        """Give the documents whose identifiers stand in `text`, whatever their standing."""
        said = {match.group().casefold().replace("_", "-") for match in _ID.finditer(text)}
        return tuple(
            document
            for document in self.documents
            if document.facts.identifier
            and document.facts.identifier.casefold().replace("_", "-") in said
        )

    def soa_document(self) -> Document | None:
        """Give the document of the Statement of Applicability that counts on the day."""
        found = [
            document
            for document in self.of_origin(Origin.SOA)
            if self.standing(document.id) is Standing.IN_FORCE
            and not (self._catalog.soa(document.id) or {"pending": True})["pending"]
        ]
        return max(
            found,
            key=lambda one: (begins(one) or date.min, version_key(one.facts.version), one.source),
            default=None,
        )

    def soa(self) -> Soa | None:
        """Give the Statement of Applicability that counts on the day."""
        document = self.soa_document()
        stored = self._catalog.soa(document.id) if document else None
        return load_soa(stored) if stored else None

    def paraphrase(self, query: str) -> str | None:
        """Say `query` in policies' English; None where that changes nothing."""
        if self._cache is None:
            return None
        return _Search(self, self._cache, query, None, None, None).paraphrase

    def similarities(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the cosine of each text with `query`, said either way; zeros without vectors."""
        if self._cache is None or self._cache.vectors is None or not texts:
            return np.zeros(len(texts), dtype=np.float32)
        embedder = self._embedder()
        vectors = embedder.embed_passages(texts)
        scores = vectors @ embedder.embed_query(query)
        if other := self.paraphrase(query):
            scores = np.maximum(scores, vectors @ embedder.embed_query(other))
        return scores

    def concepts(self, query: str) -> tuple[Concept, ...]:
        """Give the words of `query` with their meanings in the field and their rarity."""
        if self._cache is None:
            return ()
        search = _Search(self, self._cache, query, None, None, None)
        return search.concepts()

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        origins: frozenset[Origin] | None = None,
        standings: frozenset[Standing] | None = None,
        documents: frozenset[str] | None = None,
        fold: bool = True,
    ) -> tuple[Hit, ...]:
        """Find the `k` best passages for `query`, best first.

        `origins`, `standings` and `documents` narrow the search before ranking; statistics count
        what is left. `fold` joins passages that say the same."""
        if self._cache is None or not query.strip() or k < 1:
            return ()
        search = _Search(self, self._cache, query, origins, standings, documents)
        return search.hits(k, fold)


def _with_status(document: Document, access: Access) -> Document:
    """Apply a status that `access.yaml` states for a file that cannot say it itself."""
    status = access.status(document.source)
    if status is None or status is document.facts.status:
        return document
    found = (
        *(pair for pair in document.facts.found_in if pair[0] != "status"),
        ("status", "access.yaml"),
    )
    return replace(document, facts=replace(document.facts, status=status, found_in=found))


class _Search:
    """One search over one view."""

    def __init__(
        self,
        view: View,
        cache: SearchCache,
        query: str,
        origins: frozenset[Origin] | None,
        standings: frozenset[Standing] | None,
        documents: frozenset[str] | None,
    ) -> None:
        self._view = view
        self._cache = cache
        self._query = query
        readable = np.array(
            [
                (document := view.document(one)) is not None
                and (origins is None or document.origin in origins)
                and (standings is None or view.standing(one) in standings)
                and (documents is None or one in documents)
                for one in cache.documents
            ],
            dtype=np.bool_,
        )
        self._allowed: NDArray[np.bool_] = (
            readable[cache.document_of] if readable.size else np.zeros(0, dtype=np.bool_)
        )

    @cached_property
    def _controls(self) -> tuple[str, ...]:
        ids: list[str] = []
        for reference in references(self._query):
            ids.extend(one for one in reference.ids if one.startswith("A."))
        return tuple(dict.fromkeys(ids))

    @cached_property
    def paraphrase(self) -> str | None:
        language = "de" if query_languages(self._query) == ("de",) else "en"
        spelled = self._spelled()
        said = paraphrase(spelled, language, self._says) or spelled
        if said == self._query or set(analyse_query(said)) == set(analyse_query(self._query)):
            return None  # the same words in another form are no second way of saying it
        return said

    def _spelled(self) -> str:
        """Give the query with its likely slips put right, for the models, which know no slips."""
        said = self._query
        for typed, taken in self._reading().corrected:
            near = [
                word
                for word in common_words()
                if word[0] == typed[0]
                and abs(len(word) - len(typed)) <= 2
                and taken in analyse_query(word)
            ]
            word = min(near, key=lambda one: (abs(len(one) - len(typed)), one), default=taken)
            said = re.sub(rf"\b{re.escape(typed)}\b", word, said, flags=re.IGNORECASE)
        return said

    def _says(self, phrase: str) -> bool:
        """Tell whether the organisation's documents hold every word of a phrase somewhere.

        An idiom with a small word ("sign off") is never held: its other word means something else."""
        keywords = self._cache.keywords
        tokens = analyse_query(phrase)
        if len(tokens) < len(phrase.split()):
            return False
        return all(keywords.document_frequency(token, self._own) for token in tokens)

    @cached_property
    def _own(self) -> NDArray[np.bool_]:
        """Rows of the organisation's own documents: the guidance knows every everyday word, and what
        others wrote does not show how this organisation speaks."""
        own = np.array(
            [
                (document := self._view.document(one)) is not None
                and document.origin is not Origin.GUIDANCE
                and self._view.standing(one) is not Standing.EXTERNAL
                for one in self._cache.documents
            ],
            dtype=np.bool_,
        )
        return self._allowed & own[self._cache.document_of] if own.size else self._allowed

    def hits(self, k: int, fold: bool) -> tuple[Hit, ...]:
        if not self._allowed.any():
            return ()
        reading = self._reading()
        keyword = self._cache.keywords.search(reading.weights, self._allowed, TOP)
        ranked = ranking.fuse(self._dense(), keyword, ranking.weights_for(self._query))
        named = self._exact_rows()
        found = {one.row for one in ranked}
        rows: list[tuple[int, ranking.Ranked | None, tuple[float, str] | None]] = [
            (one.row, one, named.get(one.row)) for one in ranked
        ]
        rows += [(row, None, exact) for row, exact in named.items() if row not in found]
        rows.sort(key=lambda item: (-_total(item[1], item[2]), item[0]))
        return self._collect(rows, k, fold, reading)

    def _reading(self) -> Reading:
        """Read the query for the keyword engine; a control named by its id adds its title."""
        titles = [
            control.title
            for one in self._controls
            if (control := register().control(one)) is not None
        ]
        return self._cache.keywords.read(
            " ".join([self._query, *titles]),
            built_in_vocabulary(),
            self._allowed,
            is_word=common_words().__contains__,
        )

    def concepts(self) -> tuple[Concept, ...]:
        words, meanings = question_words(self._query, built_in_vocabulary())
        keywords, allowed = self._cache.keywords, self._allowed
        total = int(allowed.sum())
        found = []
        for forms in words:
            held = [form for form in forms if keywords.document_frequency(form, allowed)]
            alike = list(forms)
            if not held:
                known = common_words()
                for form in forms:
                    if form not in known:
                        alike.extend(keywords.correct(form, allowed))
                    alike.extend(keywords.parts(form, allowed))
            count = max((keywords.document_frequency(form, allowed) for form in alike), default=0)
            meant = tuple(meanings.get(forms, ()))
            weight = math.log1p((total - count + 0.5) / (count + 0.5))
            spoken = any(keywords.document_frequency(form, self._own) for form in alike) or any(
                all(keywords.document_frequency(token, self._own) for token in meaning)
                for meaning in meant
            )
            found.append(Concept(tuple(alike), meant, weight, spoken))
        return tuple(found)

    def _dense(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        vectors = self._cache.vectors
        if vectors is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        embedder = self._view._embedder()
        titles = [
            control.title
            for one in self._controls[:3]
            if (control := register().control(one)) is not None
        ]
        said = [self._query, *titles, *filter(None, [self.paraphrase])]
        rows = np.flatnonzero(self._allowed)
        # Row by row, so that no row changes another's last digit; rows without the right are dropped
        # here. A product of a copy without them would take eight times as long.
        cosines = [np.vecdot(np.asarray(vectors), embedder.embed_query(one)) for one in said]
        scores = np.max(cosines, axis=0)[rows]
        near = np.arange(len(rows))
        if len(rows) > TOP:
            near = np.flatnonzero(scores >= np.partition(scores, -TOP)[-TOP])
        best = near[np.lexsort((rows[near], -scores[near]))][:TOP]
        return rows[best], scores[best].astype(np.float32)

    def _exact_rows(self) -> dict[int, tuple[float, str]]:
        """Rows that carry an id named in the query, with a bonus above any fused score."""
        view = self._view
        wanted: dict[str, tuple[float, str]] = {}
        for control in self._controls:
            for passage in view.rows(control):
                wanted[passage.id] = (2.0, f"row {control}")
        for match in _ID.finditer(self._query):
            for passage in view.rows(match.group()):
                wanted[passage.id] = (2.0, f"row {passage.locator.row}")
        named = {document.id: document for document in view.named(self._query)}
        found: dict[int, tuple[float, str]] = {}
        number = {document: at for at, document in enumerate(self._cache.documents)}
        for identifier, document in named.items():
            if identifier in number:
                label = f"document {document.facts.identifier}"
                for one in np.flatnonzero(self._cache.document_of == number[identifier]):
                    if self._allowed[one]:
                        found[int(one)] = (1.0, label)
        if wanted:
            for row, passage_id in enumerate(self._cache.passages):
                if passage_id in wanted and self._allowed[row]:
                    found[row] = wanted[passage_id]
        return found

    def _collect(
        self,
        rows: Sequence[tuple[int, ranking.Ranked | None, tuple[float, str] | None]],
        k: int,
        fold: bool,
        reading: Reading,
    ) -> tuple[Hit, ...]:
        view, cache = self._view, self._cache
        reach = rows[: max(3 * k, 30)]
        passages = view._catalog.passages(
            [cache.passages[row] for row, _, _ in reach],
            view._sources,
        )
        hits: list[Hit] = []
        words: list[frozenset[str]] = []
        for row, ranked, exact in reach:
            passage = passages.get(cache.passages[row])
            if passage is None:
                continue
            bag = frozenset(passage.text.casefold().split())
            twin = next((at for at, other in enumerate(words) if _alike(bag, other)), None)
            if fold and twin is not None and _same_place(hits[twin], passage, view):
                hits[twin] = replace(hits[twin], same_as=(*hits[twin].same_as, passage.id))
                continue
            if len(hits) == k:
                break
            document = view._by_id[passage.document]
            hits.append(
                Hit(
                    passage=passage,
                    document=document,
                    standing=view.standing(document.id),
                    score=round(_total(ranked, exact), 6),
                    reasons=tuple(_reasons(ranked, exact, passage, self._controls, reading)),
                    cosine=ranked.dense_score if ranked else None,
                    keyword=ranked.keyword_score if ranked else None,
                )
            )
            words.append(bag)
        return tuple(hits)


def _same_place(hit: Hit, passage: Passage, view: View) -> bool:
    """Rows of a register are never folded, nor versions of a rule with another standing."""
    if hit.passage.locator.row or passage.locator.row:
        return False
    return view.standing(hit.document.id) is view.standing(passage.document)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) >= _DUPLICATE


def _reasons(
    ranked: ranking.Ranked | None,
    exact: tuple[float, str] | None,
    passage: Passage,
    controls: Sequence[str],
    reading: Reading,
) -> list[str]:
    reasons: list[str] = []
    if exact:
        reasons.append(f"named: {exact[1]}")
    reasons.extend(f"mentions {one}" for one in controls if one in passage.controls)
    if ranked and ranked.keyword_rank is not None:
        reasons.append(f"keywords: rank {ranked.keyword_rank}, BM25 {ranked.keyword_score:.2f}")
    if ranked and ranked.dense_rank is not None:
        reasons.append(f"meaning: rank {ranked.dense_rank}, cosine {ranked.dense_score:.2f}")
    if ranked and ranked.keyword_rank is not None:
        text = passage.search_text.casefold()
        reasons.extend(
            f"read {typed!r} as {taken!r}" for typed, taken in reading.corrected if taken in text
        )
    return reasons


def _total(ranked: ranking.Ranked | None, exact: tuple[float, str] | None) -> float:
    return (ranked.score if ranked else 0.0) + (exact[0] if exact else 0.0)
