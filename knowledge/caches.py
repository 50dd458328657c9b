"""What a search needs in memory, made from the catalogue and the vector store at the end of a run.

One folder per generation, written aside and renamed, so that a process that reads an older
generation keeps its files and one that reads the new one finds them complete. Everything here can be
deleted: it is made again from SQL and Chroma.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import VectorsMissing
from knowledge.index import vector_key
from knowledge.keywords import IndexUnusable, KeywordIndex

FORMAT = "1"


@dataclass(frozen=True, slots=True)
class SearchCache:
    """All passages of one generation as rows.

    `vectors` has the shape (passages, dimension) and is memory-mapped; it is None where there are
    no vectors, and then only keywords can be searched."""

    generation: int
    fingerprint: str
    passages: tuple[str, ...]
    documents: tuple[str, ...]
    document_of: NDArray[np.int32]
    keywords: KeywordIndex
    vectors: NDArray[np.float32] | None


def folder_of(root: Path, generation: int) -> Path:
    """Name the folder of a generation below the workspace's `index` folder."""
    return root / f"generation-{generation:08d}"


def write(
    root: Path,
    generation: int,
    fingerprint: str,
    rows: Sequence[tuple[str, str, str, str]],
    fetch: Callable[[Sequence[str]], NDArray[np.float32]] | None,
    previous: SearchCache | None,
) -> None:
    """Write the cache of `generation` from (passage, document, terms, search text) rows.

    `fetch` gives vectors by key; vectors that the previous cache of the same model holds are taken
    from there. With `fetch` None the cache is without vectors."""
    root.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=root))
    try:
        documents = sorted({row[1] for row in rows})
        number = {document: at for at, document in enumerate(documents)}
        KeywordIndex.build([row[2].split("\n") if row[2] else [] for row in rows]).save(
            aside / "keywords"
        )
        np.save(
            aside / "document_of.npy", np.array([number[row[1]] for row in rows], dtype=np.int32)
        )
        keys = [vector_key(fingerprint, row[3]) for row in rows]
        if fetch is not None:
            np.save(aside / "vectors.npy", _vectors(keys, fetch, root, fingerprint, previous))
        (aside / "rows.json").write_text(
            json.dumps(
                {
                    "format": FORMAT,
                    "generation": generation,
                    "fingerprint": fingerprint,
                    "passages": [row[0] for row in rows],
                    "documents": documents,
                    "keys": keys if fetch is not None else [],
                }
            )
        )
        target = folder_of(root, generation)
        if target.exists():  # left by a run that was stopped before it could publish
            shutil.rmtree(target)
        os.replace(aside, target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _vectors(
    keys: Sequence[str],
    fetch: Callable[[Sequence[str]], NDArray[np.float32]],
    root: Path,
    fingerprint: str,
    previous: SearchCache | None,
) -> NDArray[np.float32]:
    known: dict[str, int] = {}
    if previous is not None and previous.vectors is not None:
        stored = json.loads((folder_of(root, previous.generation) / "rows.json").read_text())
        if stored["fingerprint"] == fingerprint:
            known = {key: row for row, key in enumerate(stored["keys"])}
    new = sorted({key for key in keys if key not in known})
    fetched = fetch(new)
    at = {key: row for row, key in enumerate(new)}
    dimension = fetched.shape[1]
    out = np.empty((len(keys), dimension), dtype=np.float32)
    for row, key in enumerate(keys):
        if key in known and previous is not None and previous.vectors is not None:
            out[row] = previous.vectors[known[key]]
        else:
            out[row] = fetched[at[key]]
    return out


def read(root: Path, generation: int) -> SearchCache:
    """Read the cache of `generation`. Raises VectorsMissing if it is not there or not whole."""
    folder = folder_of(root, generation)
    try:
        stored = json.loads((folder / "rows.json").read_text())
        if stored["format"] != FORMAT:
            raise VectorsMissing("the search cache was written by another version")
        vectors_file = folder / "vectors.npy"
        return SearchCache(
            generation=generation,
            fingerprint=stored["fingerprint"],
            passages=tuple(stored["passages"]),
            documents=tuple(stored["documents"]),
            document_of=np.load(folder / "document_of.npy", allow_pickle=False),
            keywords=KeywordIndex.load(folder / "keywords"),
            vectors=np.load(vectors_file, mmap_mode="r", allow_pickle=False)
            if vectors_file.exists()
            else None,
        )
    except (OSError, ValueError, KeyError, IndexUnusable) as error:
        raise VectorsMissing(f"the search cache is not whole ({error})") from error


def tidy(root: Path, keep: int) -> None:
    """Delete the caches of other generations and whatever a stopped run left behind.

    The generation before `keep` stays: another process may just be opening it."""
    if not root.is_dir():
        return
    kept = {folder_of(root, keep).name, folder_of(root, keep - 1).name}
    for folder in root.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def keywords_only(generation: int, rows: Sequence[tuple[str, str, str, str]]) -> SearchCache:
    """Make a cache in memory from the catalogue alone, for when the files are gone."""
    documents = sorted({row[1] for row in rows})
    number = {document: at for at, document in enumerate(documents)}
    return SearchCache(
        generation=generation,
        fingerprint="",
        passages=tuple(row[0] for row in rows),
        documents=tuple(documents),
        document_of=np.array([number[row[1]] for row in rows], dtype=np.int32),
        keywords=KeywordIndex.build([row[2].split("\n") if row[2] else [] for row in rows]),
        vectors=None,
    )


def without_vectors(cache: SearchCache) -> SearchCache:
    """Give the same cache for searching by keywords only."""
    return replace(cache, vectors=None)
