"""The steps of the speed measurement, each run in a process of its own.

`python -m eval.speed_steps STEP` reads one JSON object from standard input and prints one; a fresh
process has no warm cache and its peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.advisor import Advisor
from assistant.settings import Settings
from eval import speed_corpus
from knowledge import caches
from knowledge.catalog import Catalog
from knowledge.embedding import Embedder, open_embedder
from knowledge.index import vector_key
from knowledge.library import Library
from knowledge.passages import OWNER, Origin

DAY = date(2026, 11, 1)
"""The day that questions are asked on."""
CATALOGUE = "annexa.db"
CACHES = "index"


class Timed:
    """An embedder that counts texts and the seconds spent on them."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.seconds = 0.0
        self.texts = 0

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        began = time.perf_counter()
        vectors = self._embedder.embed_passages(texts, progress)
        self.seconds += time.perf_counter() - began
        self.texts += len(texts)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._embedder.embed_query(text)


class Replaying:
    """An embedder that takes known vectors from an indexed library, and seeded ones for the rest.

    It bears the model's fingerprint, so that what it indexed is searched with the real model."""

    def __init__(self, embedder: Embedder, indexed: Path) -> None:
        self._embedder = embedder
        generation = Catalog(indexed / CATALOGUE).generation()
        stored = caches.folder_of(indexed / CACHES, generation)
        keys = json.loads((stored / "rows.json").read_text())["keys"]
        self._row = {key: row for row, key in enumerate(keys)}
        self._vectors: NDArray[np.float32] = np.load(
            stored / "vectors.npy", mmap_mode="r", allow_pickle=False
        )
        self._random = np.random.default_rng(speed_corpus.SEED)

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        made = self._random.standard_normal((len(texts), self.dimension)).astype(np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        for at, text in enumerate(texts):
            row = self._row.get(vector_key(self.fingerprint, text))
            if row is not None:
                made[at] = self._vectors[row]
        return made

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._embedder.embed_query(text)


def index(folder: Path, workspace: Path, open_model: Callable[[], Embedder]) -> dict[str, Any]:
    """Index `folder` with the whole product, from opening the model to the published library."""
    began, cpu = time.perf_counter(), _cpu_s()
    timed = Timed(open_model())
    library = Library.open(workspace, timed, create=True)
    report = library.sync(folder)
    took = time.perf_counter() - began
    library.close()
    return {
        "s": took,
        "cpu_s": _cpu_s() - cpu,
        "embedding_s": timed.seconds,
        "files": len(report.added),
        "failures": len(report.failures),
        "passages": report.passages,
        "embedded": report.embedded,
        "peak_mb": _peak_mb(),
    }


def bare(workspace: Path, open_model: Callable[[], Embedder]) -> dict[str, Any]:
    """Embed the texts of an indexed library again, with the model and nothing else."""
    catalog = Catalog(workspace / CATALOGUE)
    texts = list(dict.fromkeys(row[3] for row in catalog.all_terms()))
    catalog.close()
    began, cpu = time.perf_counter(), _cpu_s()
    embedder = open_model()
    opened = time.perf_counter() - began
    embedder.embed_passages(texts)
    took = time.perf_counter() - began
    return {
        "s": took,
        "cpu_s": _cpu_s() - cpu,
        "open_s": opened,
        "texts": len(texts),
        "peak_mb": _peak_mb(),
    }


def resync(folder: Path, workspace: Path, open_model: Callable[[], Embedder]) -> dict[str, Any]:
    """Index an unchanged folder again, opening the model included."""
    began, cpu = time.perf_counter(), _cpu_s()
    library = Library.open(workspace, open_model())
    report = library.sync(folder)
    took = time.perf_counter() - began
    library.close()
    changed = len(report.added) + len(report.changed) + len(report.removed) + report.embedded
    return {
        "s": took,
        "cpu_s": _cpu_s() - cpu,
        "unchanged": report.unchanged,
        "touched": changed,
        "peak_mb": _peak_mb(),
    }


def known(
    folder: Path, workspace: Path, indexed: Path, open_model: Callable[[], Embedder]
) -> dict[str, Any]:
    """Index real files whose vectors another library holds already."""
    return _filled(Library.open(workspace, Replaying(open_model(), indexed), create=True), folder)


def made_up(
    folder: Path,
    workspace: Path,
    indexed: Path,
    passages: int,
    open_model: Callable[[], Embedder],
) -> dict[str, Any]:
    """Load synthetic documents beside the guidance until the library has so many passages.

    `folder` is an empty folder; sentences come from the organisation's documents in `indexed`."""
    library = Library.open(workspace, Replaying(open_model(), indexed), create=True)
    guidance = library.sync(folder).passages
    catalog = Catalog(indexed / CATALOGUE)
    own = {one.id for one in catalog.snapshot().documents if one.origin is not Origin.GUIDANCE}
    texts = [row[3] for row in catalog.all_terms() if row[1] in own]
    catalog.close()
    began = time.perf_counter()
    report = library.load(list(speed_corpus.synthetic(texts, max(passages - guidance, 1))))
    took = time.perf_counter() - began
    library.close()
    return {"s": took, "passages": report.passages, "peak_mb": _peak_mb()}


def _filled(library: Library, folder: Path) -> dict[str, Any]:
    began = time.perf_counter()
    report = library.sync(folder)
    took = time.perf_counter() - began
    library.close()
    return {"s": took, "passages": report.passages, "peak_mb": _peak_mb()}


def search(
    workspace: Path, questions: Sequence[str], open_model: Callable[[], Embedder]
) -> dict[str, Any]:
    """Search each question over a view of its own, as the commands do."""
    library = Library.open(workspace, open_model())

    def once(question: str) -> None:
        library.view(OWNER, today=DAY).search(question, 10)

    return _latencies(once, questions)


def ask(
    workspace: Path, questions: Sequence[str], open_model: Callable[[], Embedder]
) -> dict[str, Any]:
    """Ask each question, without a language model."""
    library = Library.open(workspace, open_model())
    advisor = Advisor(library, Settings(workspace=workspace, today=DAY))
    return _latencies(lambda question: advisor.ask(question, reader=OWNER), questions)


def langchain(
    folder: Path,
    store: Path,
    names: Sequence[str],
    questions: Sequence[str],
    open_model: Callable[[], Embedder],
) -> dict[str, Any]:
    """Index the same files with the plain LangChain recipe, and search them."""
    began, cpu = time.perf_counter(), _cpu_s()
    from eval import langchain_recipe  # noqa: PLC0415  its start is part of what it costs

    timed = Timed(open_model())
    made, chunks = langchain_recipe.index(folder, names, store, timed)
    took = time.perf_counter() - began
    spent = _cpu_s() - cpu
    searched = _latencies(lambda question: made.similarity_search(question, k=10), questions)
    return {
        "s": took,
        "cpu_s": spent,
        "embedding_s": timed.seconds,
        "chunks": chunks,
        "peak_mb": searched["peak_mb"],
        "search": searched,
    }


def _latencies(work: Callable[[str], object], questions: Sequence[str]) -> dict[str, Any]:
    """Time each question. The first, which loads everything, is told apart from the rest."""
    times = []
    for question in (questions[0], *questions):
        began = time.perf_counter()
        work(question)
        times.append((time.perf_counter() - began) * 1000)
    return {
        "first_ms": times[0],
        "median_ms": float(np.median(times[1:])),
        "p95_ms": float(np.quantile(times[1:], 0.95)),
        "questions": len(questions),
        "peak_mb": _peak_mb(),
    }


def _cpu_s() -> float:
    """Give the seconds of processor time of this process and the parsers that it started."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _peak_mb() -> float:
    """Give the peak resident memory of this process in MB; files mapped into memory count."""
    status = Path("/proc/self/status")
    if status.is_file():  # elsewhere the peak of the parent before the start may count too
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


STEPS: Mapping[str, Callable[..., dict[str, Any]]] = {
    one.__name__: one for one in (index, bare, resync, known, made_up, search, ask, langchain)
}
_PATHS = frozenset({"folder", "workspace", "indexed", "store"})


def main() -> None:
    """Do the step that is named on the command line with arguments from standard input."""
    given = json.load(sys.stdin)
    model = given.pop("embedder")
    arguments = {name: Path(value) if name in _PATHS else value for name, value in given.items()}
    result = STEPS[sys.argv[1]](**arguments, open_model=lambda: open_embedder(model))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
