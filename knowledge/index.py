"""Vectors by content key, kept in an embedded Chroma. The only module that imports chromadb.

A key is a hash of the embedding model and the embedded text, so that a vector can be missing or
left over but never stale. Searching does not happen here: Chroma's filtered HNSW is approximate,
and what a reader may not see would change the order of what they may (see docs/decisions/0003).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import VectorsMissing

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_BATCH = 1000
_GRAPH: Any = {"space": "ip", "ef_construction": 4, "max_neighbors": 4}
"""Chroma's graph is never searched, so a poor one will do: a full one takes five times as long."""


def vector_key(fingerprint: str, text: str) -> str:
    """Name the vector of `text` under the model with this fingerprint."""
    return hashlib.sha256(f"{fingerprint}\0{text}".encode()).hexdigest()[:32]


@contextmanager
def _telling_damage() -> Iterator[None]:
    """Turn what Chroma raises, exceptions of many kinds without a common base, into one error."""
    try:
        yield
    except VectorsMissing:
        raise
    except Exception as error:
        raise VectorsMissing(f"the vector store cannot be used ({error})") from error


class VectorStore:
    """One collection of one model's vectors in the Chroma folder of a workspace."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Open or make the collection. Raises VectorsMissing if Chroma cannot be used."""
        self._name = "passages-" + hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
        with _telling_damage():
            self._client = _client(folder)
            # Never an embedding function out of stored configuration: vectors are always ours.
            self._collection: Collection = self._client.get_or_create_collection(
                self._name,
                embedding_function=None,
                configuration={"hnsw": _GRAPH},
            )

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether there is a store in `folder`, without importing Chroma."""
        return (folder / "chroma.sqlite3").is_file()

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()

    @_telling_damage()
    def keys(self) -> set[str]:
        """Give the keys of all stored vectors."""
        found: set[str] = set()
        for offset in itertools.count(0, 50_000):
            ids = self._collection.get(include=[], limit=50_000, offset=offset)["ids"]
            found.update(ids)
            if len(ids) < 50_000:
                return found
        raise AssertionError

    @_telling_damage()
    def put(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors of shape (len(keys), dimension); a key that is there is overwritten."""
        for part in _batches(range(len(keys))):
            rows = list(part)
            self._collection.upsert(
                ids=[keys[row] for row in rows],
                embeddings=vectors[rows[0] : rows[-1] + 1],
            )

    @_telling_damage()
    def get(self, keys: Sequence[str], dimension: int) -> NDArray[np.float32]:
        """Give the vectors of `keys` in that order. Raises VectorsMissing if one is not there."""
        rows = {key: row for row, key in enumerate(keys)}
        out = np.full((len(keys), dimension), np.nan, dtype=np.float32)
        for part in _batches(rows):
            answer: Any = self._collection.get(ids=list(part), include=["embeddings"])
            for key, vector in zip(answer["ids"], answer["embeddings"], strict=True):
                out[rows[key]] = vector
        if np.isnan(out).any():
            raise VectorsMissing("some vectors are missing")
        return out

    @_telling_damage()
    def keep_only(self, keys: set[str]) -> int:
        """Delete every vector whose key is not in `keys`, and other models' collections."""
        left_over = sorted(self.keys() - keys)
        for part in _batches(left_over):
            self._collection.delete(ids=list(part))
        for collection in self._client.list_collections():
            if collection.name != self._name:
                self._client.delete_collection(collection.name)
        return len(left_over)


def _client(folder: Path) -> Client:
    import chromadb  # noqa: PLC0415  takes a second, and only indexing needs it
    from chromadb.api.shared_system_client import SharedSystemClient  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    try:
        client = chromadb.PersistentClient(
            str(folder), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
    except Exception:
        # Chroma 1.5 keeps the half-opened store and would give it to the next one who asks.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise
    return cast("Client", client)  # its protocol does not name `close`


def _batches(items: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    iterator = iter(items)
    while part := tuple(itertools.islice(iterator, _BATCH)):
        yield part
