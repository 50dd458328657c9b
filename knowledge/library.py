"""The library: the one object about documents that the rest of Annexa talks to.

library = Library.open(workspace)
library.sync(folder)
view = library.view(reader, today=date.today())
view.search("how long are backups kept")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from knowledge import caches
from knowledge.access import Access
from knowledge.caches import SearchCache
from knowledge.catalog import Catalog, Snapshot
from knowledge.embedding import Embedder, open_embedder
from knowledge.errors import VectorsMissing, WorkspaceError
from knowledge.index import VectorStore
from knowledge.passages import Document, Passage, Reader
from knowledge.view import View

if TYPE_CHECKING:
    from knowledge.syncing import Progress, SyncReport

_LOCK_WAIT_S = 600.0


def _silent(_: Progress) -> None:
    """Progress nobody watches."""


class _Remembering:
    """An embedder that keeps the last queries: one question is searched for several times."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._query = lru_cache(maxsize=64)(embedder.embed_query)

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        return self._embedder.embed_passages(texts, progress)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._query(text)


@dataclass(slots=True)
class _Loaded:
    """What is in memory of one generation."""

    snapshot: Snapshot
    cache: SearchCache | None
    notice: str | None


class Library:
    """Documents of one workspace: synchronised from a folder, seen through views."""

    def __init__(self, workspace: Path, embedder: Callable[[], Embedder]) -> None:
        """Open the library of an existing workspace folder; use `Library.open`."""
        self.workspace = workspace
        self._make_embedder = embedder
        self._embedder: Embedder | None = None
        self._catalog = Catalog(workspace / "annexa.db")
        self._loaded: _Loaded | None = None

    @classmethod
    def open(
        cls, workspace: Path, embedder: Embedder | str = "embedded", *, create: bool = False
    ) -> Library:
        """Open the library in `workspace`. Raises WorkspaceError if it is not there.

        An embedder's name is opened only when something must be embedded."""
        if create:
            workspace.mkdir(parents=True, exist_ok=True)
        if not workspace.is_dir():
            raise WorkspaceError(
                f"there is no workspace at {workspace}. Run `annexa init` or name one with "
                "--workspace."
            )
        if isinstance(embedder, str):
            name = embedder
            return cls(workspace, lambda: open_embedder(name))
        return cls(workspace, lambda: embedder)

    def close(self) -> None:
        """Let go of the workspace's files."""
        self._loaded = None
        self._catalog.close()

    def embedder(self) -> Embedder:
        """Give the embedding model, loading it the first time."""
        if self._embedder is None:
            self._embedder = _Remembering(self._make_embedder())
        return self._embedder

    def sync(self, folder: Path, *, progress: Callable[[Progress], None] = _silent) -> SyncReport:
        """Bring the library in step with `folder`: new, changed, renamed and deleted files.

        The folder is only read. Raises WorkspaceError if another run does not finish in time."""
        from knowledge import syncing  # noqa: PLC0415  a question need not wait for the readers

        with self._writer_lock():
            report = syncing.run(
                self._catalog,
                folder.resolve(),
                self._chroma,
                self._caches,
                self.embedder(),
                progress,
            )
        self._loaded = None
        return report

    def load(
        self,
        documents: Sequence[tuple[Document, Sequence[Passage]]],
        *,
        remove: Sequence[str] = (),
        progress: Callable[[Progress], None] = _silent,
    ) -> SyncReport:
        """Publish documents that are already split into passages, beside what is there, and take
        out the documents with the ids in `remove`."""
        from knowledge import syncing  # noqa: PLC0415

        with self._writer_lock():
            report = syncing.load(
                self._catalog,
                documents,
                self._chroma,
                self._caches,
                self.embedder(),
                progress,
                remove,
            )
        self._loaded = None
        return report

    def view(self, reader: Reader, *, today: date, as_of: date | None = None) -> View:
        """Give the library as `reader` may see it now.

        `access.yaml` and the generation are read anew, so that a right taken away or a new run
        counts from the next view on. Raises AccessError if the rules cannot be understood."""
        loaded = self._current()
        return View.make(
            loaded.snapshot,
            self.access(),
            reader,
            today,
            as_of,
            self._catalog,
            loaded.cache,
            self.embedder,
            loaded.notice,
        )

    def access(self) -> Access:
        """Read the workspace's access rules."""
        return Access.read(self.workspace / "access.yaml")

    def generation(self) -> int:
        """Give the number of the last published run."""
        return self._catalog.generation()

    def snapshot(self) -> Snapshot:
        """Give the catalogue as it is now, for the workspace's owner."""
        return self._current().snapshot

    def documents(self) -> tuple[Document, ...]:
        """Give all documents for the workspace's owner, without loading what searches need."""
        return self._catalog.snapshot().documents

    def soa_reading(self, document_id: str) -> Mapping[str, Any] | None:
        """Give what is stored of a document as a Statement of Applicability, pending or not."""
        return self._catalog.soa(document_id)

    def soa_decisions(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
        """Give what people settled about SoA files: source → (content hash, decision)."""
        return self._catalog.decisions()

    def settle_soa(
        self, source: str, content_hash: str, decision: Mapping[str, Any], by: str, on: date
    ) -> None:
        """Keep how a person wants an SoA file to be read; the next `sync` reads it so."""
        with self._writer_lock():
            self._catalog.decide(source, content_hash, decision, by, on.isoformat())

    @property
    def _chroma(self) -> Path:
        return self.workspace / "chroma"

    @property
    def _caches(self) -> Path:
        return self.workspace / "index"

    @contextmanager
    def _writer_lock(self) -> Iterator[None]:
        lock = FileLock(self.workspace / "writer.lock", timeout=_LOCK_WAIT_S)
        try:
            lock.acquire()
        except Timeout as error:
            raise WorkspaceError(
                "another Annexa process is indexing this workspace and has not finished. Nothing "
                "was changed. Wait for it, or end it and run the command again."
            ) from error
        except OSError as error:
            raise WorkspaceError(
                f"the workspace {self.workspace} cannot be written ({error.strerror}). Nothing was "
                "changed."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _current(self) -> _Loaded:
        generation = self._catalog.generation()
        loaded = self._loaded
        if (
            loaded is not None
            and loaded.snapshot.generation == generation
            and self._has_vectors(loaded)
        ):
            return loaded
        fresh = self._load(self._catalog.snapshot())
        if self._catalog.generation() != fresh.snapshot.generation:  # a run ended meanwhile
            fresh = self._load(self._catalog.snapshot())
        self._loaded = fresh
        return fresh

    def _has_vectors(self, loaded: _Loaded) -> bool:
        """Tell whether the vectors in memory still have their store behind them."""
        without = loaded.cache is None or loaded.cache.vectors is None
        return without or VectorStore.exists(self._chroma)

    def _load(self, snapshot: Snapshot) -> _Loaded:
        if snapshot.generation == 0:
            return _Loaded(snapshot, None, None)
        try:
            cache = caches.read(self._caches, snapshot.generation)
        except VectorsMissing:
            cache = caches.keywords_only(snapshot.generation, list(self._catalog.all_terms()))
        notice = None
        if cache.vectors is None or not VectorStore.exists(self._chroma):
            cache = caches.without_vectors(cache)
            notice = (
                "The vector store is missing, so this was searched by keywords only. "
                "Run `annexa index` to rebuild it."
            )
        elif cache.fingerprint != self.embedder().fingerprint:
            cache = caches.without_vectors(cache)
            notice = (
                "The embedding model was changed, so this was searched by keywords only. "
                "Run `annexa index` to embed the library again."
            )
        return _Loaded(snapshot, cache, notice)
