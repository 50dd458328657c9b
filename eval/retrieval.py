"""`python -m eval retrieval`: how well a question finds the passages that answer it.

Each set is searched twice in one run: by the product's engine and by plain BM25 over lower-case
words, which every number should be read against.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.settings import bench_folder
from eval import beir, metrics
from eval.beir import BeirSet, CorpusPassage, Query
from eval.metrics import Estimate
from eval.scoring.citing import may_read
from knowledge.controls import control_ids
from knowledge.embedding import Embedder, ModelError, open_embedder
from knowledge.keywords import KeywordIndex
from knowledge.library import Library
from knowledge.passages import OWNER, Document, Facts, Locator, Origin, Passage, Reader

_DAY = date(2026, 1, 1)
"""Any day: a corpus has no dates."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage found, best first within a result."""

    id: str
    score: float


class SearchEngine(Protocol):
    """What is measured."""

    @property
    def name(self) -> str: ...

    def index(self, corpus: Sequence[CorpusPassage]) -> None:
        """Make `corpus` all that is searched; one entry is one passage."""
        ...

    def search(self, query: str, k: int) -> Sequence[Scored]: ...


class LibraryEngine:
    """The product itself: a library in a temporary workspace, searched through a view."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = f"annexa ({embedder.fingerprint})"
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Delete the temporary workspace."""
        if self._folder is not None:
            self._library.close()
            self._folder.cleanup()
            self._folder = None

    def index(self, corpus: Sequence[CorpusPassage]) -> None:
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="annexa-eval-")
        library = Library.open(Path(self._folder.name), self._embedder, create=True)
        by_rights: dict[tuple[str, ...] | None, list[CorpusPassage]] = {}
        for passage in corpus:
            by_rights.setdefault(passage.read, []).append(passage)
        library.load(
            [
                _document(f"corpus-{number}" if read else "corpus", read, passages)
                for number, (read, passages) in enumerate(by_rights.items())
            ]
        )
        self._library = library

    def search(self, query: str, k: int) -> Sequence[Scored]:
        return self.search_as(OWNER, query, k)

    def search_as(self, reader: Reader, query: str, k: int) -> Sequence[Scored]:
        """Search what `reader` may see."""
        view = self._library.view(reader, today=_DAY)
        return [Scored(hit.passage.id, hit.score) for hit in view.search(query, k, fold=False)]


def _document(
    name: str, read: tuple[str, ...] | None, passages: Sequence[CorpusPassage]
) -> tuple[Document, list[Passage]]:
    """Make one document of passages that the same groups may read."""
    document = Document(name, name, Origin.DOCUMENT, Facts(name), name, read=read)
    return document, [
        Passage(
            id=passage.id,
            document=document.id,
            ordinal=at,
            text=passage.text,
            search_text=passage.full,
            locator=Locator(name),
            controls=control_ids(passage.full),
        )
        for at, passage in enumerate(passages)
    ]


class PlainBm25:
    """The baseline: BM25 (k1 1.5, b .75) over lower-case words, without stems or stop words."""

    name = "plain BM25"

    def index(self, corpus: Sequence[CorpusPassage]) -> None:
        self._ids = [passage.id for passage in corpus]
        self._keywords = KeywordIndex.build(_plain_words(passage.full) for passage in corpus)

    def search(self, query: str, k: int) -> Sequence[Scored]:
        rows, scores = self._keywords.search(_plain_words(query), k=k, k1=1.5, b=0.75)
        return [
            Scored(self._ids[row], float(score)) for row, score in zip(rows, scores, strict=True)
        ]


class CachedEmbedder:
    """An embedder that keeps whole corpora on disk, keyed by model and texts."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        key = hashlib.sha256("\0".join([self.fingerprint, *texts]).encode()).hexdigest()
        path = self._folder / f"{key}.npy"
        if path.is_file():
            stored: NDArray[np.float32] = np.load(path, allow_pickle=False)
            return stored
        vectors = self._embedder.embed_passages(texts, progress)
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp.npy")
        np.save(unfinished, vectors)
        unfinished.replace(path)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._embedder.embed_query(text)


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What one engine did on one set; `measures` by name, times in seconds."""

    engine: str
    measures: dict[str, Estimate]
    found: Estimate
    """Share of queries with at least one relevant passage in the first k (Wilson interval)."""
    index_s: float
    search_median_s: float
    search_p95_s: float


@dataclass(frozen=True, slots=True)
class RightsResult:
    """The same queries by whoever asks, and by somebody who may read everything."""

    queries: int
    with_rights: dict[str, Estimate]
    """Against what the asker may read: what is kept from them cannot be missed."""
    without_rights: dict[str, Estimate]
    """Against everything that is relevant."""
    leaks: int
    """Passages found that the asker may not read."""


@dataclass(frozen=True, slots=True)
class SetResult:
    set: str
    passages: int
    queries: int
    k: int
    product: EngineResult
    baseline: EngineResult
    gain: Estimate
    """nDCG of the product less that of the baseline, query by query."""
    rights: RightsResult | None = None
    """With and without rights; None: everyone may read all of this set."""


@dataclass(frozen=True, slots=True)
class _Searched:
    result: EngineResult
    ndcg: list[float]
    rankings: dict[str, Sequence[Scored]]


def evaluate(
    sets: Iterable[BeirSet],
    product: SearchEngine,
    *,
    k: int = 10,
    sample: int | None = None,
    run: Path | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> list[SetResult]:
    """Measure `product` and plain BM25 on every set; `report` is told what is going on.

    `sample` bounds the queries per set (the same ones every time). `run` takes the product's
    rankings in TREC form. Sets that share a corpus share its index.
    """
    baseline = PlainBm25()
    indexed: Path | None = None
    corpus: tuple[CorpusPassage, ...] = ()
    index_s = [0.0, 0.0]
    results = []
    lines: list[str] = []
    for one in sorted(sets, key=lambda found: (str(found.corpus_file), found.name)):
        if one.corpus_file != indexed:
            corpus = beir.read_corpus(one.corpus_file)
            report(f"{one.name}: indexing {len(corpus)} passages")
            index_s = [_index_seconds(engine, corpus) for engine in (product, baseline)]
            indexed = one.corpus_file
        queries = _measurable(one, sample)
        report(f"{one.name}: searching {len(queries)} queries")
        ours = _search_all(product, one, queries, k, index_s[0])
        theirs = _search_all(baseline, one, queries, k, index_s[1])
        difference = [a - b for a, b in zip(ours.ndcg, theirs.ndcg, strict=True)]
        results.append(
            SetResult(
                set=one.name,
                passages=len(corpus),
                queries=len(queries),
                k=k,
                product=ours.result,
                baseline=theirs.result,
                gain=metrics.bootstrap(difference),
                rights=_rights(product, one, corpus, queries, k),
            )
        )
        lines.extend(_trec_lines(ours.rankings))
    if run is not None:
        run.write_text("".join(lines), encoding="utf-8")
    return sorted(results, key=lambda result: result.set)


def _rights(
    engine: SearchEngine,
    one: BeirSet,
    corpus: Sequence[CorpusPassage],
    queries: Sequence[Query],
    k: int,
) -> RightsResult | None:
    """Measure a set with rights as its askers; None where it has none, or the engine knows none."""
    if not isinstance(engine, LibraryEngine) or all(one.read is None for one in corpus):
        return None
    rights = {passage.id: passage.read for passage in corpus}
    inside: list[dict[str, float]] = []
    outside: list[dict[str, float]] = []
    leaks = 0
    for query in queries:
        asker = Reader(id="asker", groups=frozenset(query.groups))
        mine = [hit.id for hit in engine.search_as(asker, query.text, k)]
        leaks += sum(not may_read(None, rights[found], query.groups) for found in mine)
        relevant = one.relevant[query.id]
        open_to_me = {
            found: grade
            for found, grade in relevant.items()
            if may_read(None, rights.get(found), query.groups)
        }
        if open_to_me:
            inside.append(metrics.measure(mine, open_to_me, k))
        everything = [hit.id for hit in engine.search_as(OWNER, query.text, k)]
        outside.append(metrics.measure(everything, relevant, k))
    return RightsResult(len(queries), _means(inside), _means(outside), leaks)


def _means(rows: Sequence[dict[str, float]]) -> dict[str, Estimate]:
    return {name: metrics.bootstrap([row[name] for row in rows]) for name in metrics.MEASURES}


def _index_seconds(engine: SearchEngine, corpus: Sequence[CorpusPassage]) -> float:
    start = time.perf_counter()
    engine.index(corpus)
    return time.perf_counter() - start


def _measurable(one: BeirSet, sample: int | None) -> list[Query]:
    """Choose the queries that have an answer; of these `sample`, spread by a fixed seed."""
    queries = [query for query in one.queries if one.relevant.get(query.id)]
    if sample is None or len(queries) <= sample:
        return queries
    chosen = np.random.default_rng(20260101).choice(len(queries), sample, replace=False)
    return [queries[number] for number in sorted(chosen)]


def _search_all(
    engine: SearchEngine, one: BeirSet, queries: Sequence[Query], k: int, index_s: float
) -> _Searched:
    rankings: dict[str, Sequence[Scored]] = {}
    times = []
    for query in queries:
        start = time.perf_counter()
        rankings[query.id] = engine.search(query.text, k)
        times.append(time.perf_counter() - start)
    rows = [
        metrics.measure([hit.id for hit in rankings[query.id]], one.relevant[query.id], k)
        for query in queries
    ]
    result = EngineResult(
        engine=engine.name,
        measures=_means(rows),
        found=metrics.wilson(sum(row["mrr"] > 0 for row in rows), len(rows)),
        index_s=index_s,
        search_median_s=float(np.median(times)) if times else 0.0,
        search_p95_s=float(np.quantile(times, 0.95)) if times else 0.0,
    )
    return _Searched(result, [row["ndcg"] for row in rows], rankings)


def _trec_lines(rankings: dict[str, Sequence[Scored]]) -> Iterable[str]:
    """Write rankings as TREC runs. trec_eval orders by score and breaks ties its own way, so equal
    scores are set a hair apart."""
    for query, hits in rankings.items():
        last = np.float32(np.inf)
        for rank, hit in enumerate(hits, 1):
            last = min(np.float32(hit.score), np.nextafter(last, np.float32(-np.inf)))
            yield f"{query} Q0 {hit.id} {rank} {last:.9g} annexa\n"


def _plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


# The command ---------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m eval retrieval`."""
    parser.add_argument(
        "--data", type=Path,
        help="a BEIR folder, or a folder of them (default: what ANNEXA_BENCH names)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the summary there too")
    parser.add_argument("--run", type=Path, help="write the rankings there in TREC form")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--k", type=int, default=10, help="measure the first K (default 10)")
    parser.add_argument("--queries", type=int, help="at most so many queries of each set")
    parser.add_argument("--cache", type=Path, help="keep vectors of whole corpora in this folder")
    parser.add_argument("--embedder", default="embedded", help="the embedding model's name")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; return the exit code."""
    data = arguments.data or bench_folder()
    if data is None:
        print(
            "eval retrieval: ANNEXA_BENCH names no folder of benchmarks and --data is not given: "
            "nothing to search.", file=sys.stderr,
        )  # fmt: skip
        return 2
    try:
        sets = [beir.read(folder) for folder in beir.find(data)]
        embedder = open_embedder(arguments.embedder)
        if arguments.cache:
            embedder = CachedEmbedder(embedder, arguments.cache)
        with closing(LibraryEngine(embedder)) as engine:
            results = evaluate(
                sets,
                engine,
                k=arguments.k,
                sample=arguments.queries,
                run=arguments.run,
                report=lambda line: print(line, file=sys.stderr),
            )
    except (beir.BeirError, ModelError) as error:
        print(f"eval retrieval: {error}", file=sys.stderr)
        return 2
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(summary(results, embedder.fingerprint), indent=1) + "\n"
        (arguments.out / "retrieval.json").write_text(text, encoding="utf-8")
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print(table(results))
    return 0


def summary(results: Sequence[SetResult], embedder: str) -> dict[str, Any]:
    """Give the results as the other suites do."""
    return {
        "suite": "retrieval",
        "head": {"column": "rules", "embedder": embedder},
        "sets": {one.set: asdict(one) for one in results},
    }


def table(results: Sequence[SetResult]) -> str:
    """Lay the results out for a terminal: means with 95 % intervals."""
    k = results[0].k if results else 10
    head = ["set", "queries", "engine", *(f"{n}@{k}" for n in ("R", "MAP", "nDCG", "MRR")), "ms"]
    rows = [head]
    for result in results:
        for label, engine in (("annexa", result.product), ("BM25", result.baseline)):
            cells = [_cell(engine.measures[name]) for name in metrics.MEASURES]
            milliseconds = f"{engine.search_median_s * 1000:.1f}"
            rows.append([result.set, str(result.queries), label, *cells, milliseconds])
        rows.append(["", "", "gain", "", "", _cell(result.gain), "", ""])
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
