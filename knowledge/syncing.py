"""One indexing run: a folder of files → a new generation of the library, or none at all.

The order makes a killed run harmless: files are read and split in memory; vectors are stored under
content keys, where an orphan hurts nobody; the search cache is written aside; then one SQL
transaction publishes everything. What a run leaves unfinished the next one does again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge import caches
from knowledge.catalog import Catalog, Changes, Entry, Failure, Snapshot
from knowledge.chunking import split
from knowledge.embedding import Embedder
from knowledge.errors import VectorsMissing, WorkspaceError
from knowledge.guidance.loader import guidance_documents
from knowledge.index import VectorStore, vector_key
from knowledge.keywords import ANALYSIS_VERSION, analyse
from knowledge.parsing import SUFFIXES, DocumentError, Parser
from knowledge.passages import (
    Document,
    Facts,
    Origin,
    ParsedDocument,
    Passage,
    is_persons_answer,
)
from knowledge.soa import looks_like_soa
from knowledge.soa.storing import take

READING = f"6.{ANALYSIS_VERSION}"
"""Grows when reading, splitting or analysing changes: everything is then read again."""
_EMBED_BATCH = 64
_OLD_FORMATS = frozenset(
    {".doc", ".xls", ".ppt", ".pptx", ".odt", ".ods", ".rtf", ".pages", ".numbers", ".msg", ".eml"}
)
_IGNORED = ("~$", ".")
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini", "access.yaml", "annexa.toml"})
_PASSING = frozenset({"timeout", "corrupt", "unreadable"})
"""Failures that may lie in the machine or in this program, and are tried again with every run."""
_MAX_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` files ("reading") or passages ("embedding")."""

    stage: str
    done: int
    total: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class PendingSoa:
    """A Statement of Applicability whose columns a person must confirm."""

    source: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a run did. `failures` lists every file that could not be read, old or new."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    failures: tuple[Failure, ...] = ()
    skipped: tuple[str, ...] = ()
    pending_soa: tuple[PendingSoa, ...] = ()
    soa: tuple[str, ...] = ()
    """How each Statement of Applicability was understood, a line a column."""
    passages: int = 0
    embedded: int = 0
    generation: int = 0
    notice: str | None = None


@dataclass(slots=True)
class _Plan:
    """What is to be done with the files of a folder."""

    read: list[tuple[str, str, str]] = field(default_factory=list)
    """(source, content hash, document id)."""
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    removed: dict[str, str] = field(default_factory=dict)
    """document id → source."""
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def forget(self, source: str, document_id: str) -> None:
        """Let a file that was moved and cannot be read be gone from its former place."""
        for moved in [one for one in self.renamed if one[1] == source]:
            self.renamed.remove(moved)
            self.removed[document_id] = moved[0]


def run(
    catalog: Catalog,
    folder: Path,
    chroma: Path,
    cache_root: Path,
    embedder: Embedder,
    progress: Callable[[Progress], None],
) -> SyncReport:
    """Bring the library in step with `folder`. The caller holds the workspace's writer lock."""
    snapshot = catalog.snapshot()
    decisions = catalog.decisions()
    plan = _plan(folder, snapshot, decisions)
    entries: list[Entry] = []
    pending: list[PendingSoa] = []
    with Parser() as parser:
        for at, (source, content_hash, document_id) in enumerate(plan.read):
            progress(Progress("reading", at, len(plan.read), source))
            try:
                parsed = parser.parse(folder / source, source)
            except DocumentError as error:
                plan.failures.append(
                    Failure(source, content_hash, READING, error.code, error.message)
                )
                plan.forget(source, document_id)
                continue
            decision = decisions.get(source)
            settled = decision[1] if decision and decision[0] == content_hash else None
            entries.append(_entry(document_id, source, content_hash, parsed, settled))
    if plan.read:
        progress(Progress("reading", len(plan.read), len(plan.read)))
    entries.extend(_guidance(snapshot))
    entries.extend(_answers(catalog, snapshot))
    failed = {one.source for one in plan.failures}
    removed = dict(plan.removed)
    for document in snapshot.documents:  # a file that became unreadable states nothing any more
        if document.source in failed:
            removed[document.id] = document.source
    kept_guidance = {document.source for document, _ in guidance_documents()}
    for document in snapshot.documents:
        if document.origin is Origin.GUIDANCE and document.source not in kept_guidance:
            removed[document.id] = document.source
    report = SyncReport(
        added=tuple(one for one in plan.added if one not in failed),
        changed=tuple(one for one in plan.changed if one not in failed),
        renamed=tuple(plan.renamed),
        removed=tuple(sorted(plan.removed.values())),
        unchanged=plan.unchanged,
        failures=tuple(sorted(plan.failures, key=lambda one: one.source)),
        skipped=tuple(plan.skipped),
    )
    changes = Changes(
        put=entries,
        remove=sorted(removed),
        failures=report.failures,
        state={"folder": str(folder), "embedder": embedder.fingerprint},
    )
    report = _publish(catalog, snapshot, changes, chroma, cache_root, embedder, progress, report)
    for source, stored in catalog.soas().items():
        if stored["pending"]:
            pending.append(PendingSoa(source, tuple(q["text"] for q in stored["questions"])))
    understood = tuple(
        line
        for entry in entries
        if entry.soa is not None
        for line in entry.soa.get("understood", ())
    )
    return replace(report, pending_soa=tuple(pending), soa=understood)


def load(
    catalog: Catalog,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    chroma: Path,
    cache_root: Path,
    embedder: Embedder,
    progress: Callable[[Progress], None],
    remove: Sequence[str] = (),
) -> SyncReport:
    """Publish documents that are already passages, such as what people answered, and take out those
    with the ids in `remove`. Changes nothing else."""
    entries = [
        Entry(
            document,
            READING,
            tuple(passages),
            tuple(_terms(passage, document.facts.language) for passage in passages),
        )
        for document, passages in documents
    ]
    changes = Changes(put=entries, remove=remove, state={"embedder": embedder.fingerprint})
    return _publish(
        catalog,
        catalog.snapshot(),
        changes,
        chroma,
        cache_root,
        embedder,
        progress,
        SyncReport(added=tuple(entry.document.source for entry in entries)),
    )


def list_files(folder: Path) -> Iterator[str]:
    """Yield the paths of the regular files below `folder`, relative, sorted, with slashes.

    Hidden files, lock files of office programs and links are passed over: a link could lead out of
    the folder that was named."""
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(
            one
            for one in folders
            if not one.startswith(".") and not (Path(root) / one / "annexa.db").exists()
        )
        for name in sorted(names):
            path = Path(root) / name
            if name.startswith(_IGNORED) or name.casefold() in _IGNORED_NAMES:
                continue
            if path.is_symlink() or not path.is_file():
                continue
            yield path.relative_to(folder).as_posix()


def _plan(
    folder: Path,
    snapshot: Snapshot,
    decisions: Mapping[str, tuple[str, Mapping[str, Any]]],
) -> _Plan:
    if not folder.is_dir():
        raise WorkspaceError(
            f"{folder} is not a folder. Nothing was changed. Name the folder with the documents."
        )
    plan = _Plan()
    known = {
        document.source: document
        for document in snapshot.documents
        if document.origin is not Origin.GUIDANCE and not is_persons_answer(document.source)
    }
    failed = {one.source: one for one in snapshot.failures}
    found: dict[str, str] = {}
    for source in list_files(folder):
        suffix = Path(source).suffix.casefold()
        if suffix in SUFFIXES:
            try:
                found[source] = _hash(folder / source)
            except OSError as error:
                plan.failures.append(Failure(source, "", READING, "unreadable", str(error)))
        elif suffix in _OLD_FORMATS:
            plan.failures.append(
                Failure(
                    source,
                    "",
                    READING,
                    "unsupported",
                    f"{suffix} files cannot be read; save it as DOCX, XLSX or PDF",
                )
            )
        else:
            plan.skipped.append(source)
    vanished = {
        document.content_hash: document
        for source, document in sorted(known.items())
        if source not in found
    }
    taken = {document.id for document in snapshot.documents}
    for source, content_hash in found.items():
        document = known.get(source)
        if document is not None:
            current = snapshot.readings[document.id] == _reading(source, content_hash, decisions)
            if document.content_hash == content_hash and current:
                plan.unchanged += 1
            else:
                plan.read.append((source, content_hash, document.id))
                if document.content_hash != content_hash:
                    plan.changed.append(source)
            continue
        failure = failed.get(source)
        lasting = failure is not None and failure.code not in _PASSING
        if (
            failure
            and lasting
            and (failure.content_hash, failure.reading) == (content_hash, READING)
        ):
            plan.failures.append(failure)
            continue
        moved = vanished.pop(content_hash, None)
        if moved is not None:
            plan.renamed.append((moved.source, source))
            plan.read.append((source, content_hash, moved.id))
        else:
            plan.added.append(source)
            document_id = _document_id(source, taken)
            taken.add(document_id)
            plan.read.append((source, content_hash, document_id))
    moved_ids = {document_id for _, _, document_id in plan.read}
    plan.removed = {
        document.id: source
        for source, document in known.items()
        if source not in found and document.id not in moved_ids
    }
    return plan


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    size = path.stat().st_size
    if size > _MAX_BYTES:  # refused by the parser; its size stands for its content
        return f"size:{size}"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _document_id(source: str, taken: set[str]) -> str:
    """Name a document after the path where it was first seen."""
    at = 0
    while True:
        document_id = hashlib.sha256(f"{source}\0{at}".encode()).hexdigest()[:16]
        if document_id not in taken:
            return document_id
        at += 1


def _reading(
    source: str, content_hash: str, decisions: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> str:
    """Name what a document's stored form depends on besides its content."""
    decision = decisions.get(source)
    if decision is None or decision[0] != content_hash:
        return READING
    return (
        f"{READING}+{hashlib.sha256(repr(sorted(decision[1].items())).encode()).hexdigest()[:12]}"
    )


def _entry(
    document_id: str,
    source: str,
    content_hash: str,
    parsed: ParsedDocument,
    settled: Mapping[str, Any] | None,
) -> Entry:
    decisions = {} if settled is None else {source: (content_hash, settled)}
    reading = _reading(source, content_hash, decisions)
    facts: Facts = parsed.facts
    origin = Origin.REGISTER if parsed.sheets else Origin.DOCUMENT
    soa: Mapping[str, Any] | None = None
    if parsed.sheets and looks_like_soa(parsed.sheets):
        taken = take(document_id, source, parsed, settled)
        facts, passages, soa = taken.facts, taken.passages, taken.stored
        origin = Origin.SOA
    else:
        passages = tuple(split(document_id, parsed, source))
    document = Document(
        id=document_id,
        source=source,
        origin=origin,
        facts=facts,
        content_hash=content_hash,
        read=parsed.read,
        notes=parsed.notes,
    )
    terms = tuple(_terms(passage, facts.language) for passage in passages)
    return Entry(document, reading, passages, terms, soa)


def _terms(passage: Passage, language: str) -> str:
    return "\n".join(analyse(passage.search_text, language))


def _guidance(snapshot: Snapshot) -> Iterator[Entry]:
    """Yield the built-in guidance that is new or changed since the last run."""
    stored = {document.source: document for document in snapshot.documents}
    for document, passages in guidance_documents():
        before = stored.get(document.source)
        if (
            before is not None
            and before.content_hash == document.content_hash
            and snapshot.readings[before.id] == READING
        ):
            continue
        yield Entry(
            document,
            READING,
            tuple(passages),
            tuple(_terms(passage, document.facts.language) for passage in passages),
        )


def _answers(catalog: Catalog, snapshot: Snapshot) -> Iterator[Entry]:
    """Yield what people answered, where it was analysed by an earlier version of this code."""
    for document in snapshot.documents:
        if is_persons_answer(document.source) and snapshot.readings[document.id] != READING:
            passages = catalog.passages_of(document.id, document.source)
            terms = tuple(_terms(passage, document.facts.language) for passage in passages)
            yield Entry(document, READING, passages, terms)


def _publish(
    catalog: Catalog,
    snapshot: Snapshot,
    changes: Changes,
    chroma: Path,
    cache_root: Path,
    embedder: Embedder,
    progress: Callable[[Progress], None],
    report: SyncReport,
) -> SyncReport:
    gone = {*changes.remove, *(entry.document.id for entry in changes.put)}
    rows = [row for row in catalog.all_terms() if row[1] not in gone]
    rows += [
        (passage.id, entry.document.id, terms, passage.search_text)
        for entry in changes.put
        for passage, terms in zip(entry.passages, entry.terms, strict=True)
    ]
    order = {passage.id: passage.ordinal for entry in changes.put for passage in entry.passages}
    rows.sort(key=lambda row: (row[1], order.get(row[0], -1)))  # stable: stored rows keep theirs
    same_rows = not changes.put and not changes.remove
    same_model = snapshot.state.get("embedder") == embedder.fingerprint
    clean = snapshot.state.get("vectors_clean") == str(snapshot.generation)
    try:
        previous = caches.read(cache_root, snapshot.generation) if snapshot.generation else None
    except VectorsMissing:
        previous = None
    whole = previous is not None and previous.vectors is not None and VectorStore.exists(chroma)
    same_failures = tuple(snapshot.failures) == tuple(changes.failures or ())
    if same_rows and same_model and clean and whole and same_failures:
        return replace(report, passages=len(rows), generation=snapshot.generation)
    keys = {vector_key(embedder.fingerprint, row[3]) for row in rows}
    # From here on vectors may be stored that no document needs if this run is stopped.
    catalog.set_state({"vectors_clean": ""})
    generation = snapshot.generation + 1
    known = previous if same_model and whole else None

    def store_and_write(store: VectorStore) -> int:
        embedded = _embed(store, rows, embedder, progress)
        progress(Progress("publishing", 0, 1))

        def fetch(wanted: Sequence[str]) -> NDArray[np.float32]:
            return store.get(wanted, embedder.dimension)

        caches.write(cache_root, generation, embedder.fingerprint, rows, fetch, known)
        return embedded

    embedded, store, notice = 0, None, None
    try:
        embedded, store = _with_store(chroma, embedder.fingerprint, store_and_write)
    except VectorsMissing as error:
        notice = f"{error}; searching by keywords only until the next run of `annexa index`"
        caches.write(cache_root, generation, embedder.fingerprint, rows, None, None)
    published = catalog.publish(changes)
    if published != generation:
        raise WorkspaceError(
            "another process changed the library during this run, against the lock. Run the "
            "command again."
        )
    if store is not None:
        try:
            store.keep_only(keys)
            catalog.set_state({"vectors_clean": str(generation)})
        except VectorsMissing:  # nothing is wrong for readers; the next run tidies
            pass
        finally:
            store.close()
    caches.tidy(cache_root, generation)
    progress(Progress("publishing", 1, 1))
    return replace(
        report, passages=len(rows), embedded=embedded, generation=generation, notice=notice
    )


def _with_store(
    chroma: Path, fingerprint: str, work: Callable[[VectorStore], int]
) -> tuple[int, VectorStore]:
    """Do `work` with the vector store; where that is damaged, with a new one in its place.

    Vectors can be made again, so a damaged store costs time and nothing else."""
    try:
        return _attempt(chroma, fingerprint, work)
    except VectorsMissing:
        if not VectorStore.exists(chroma):
            raise
    damaged = chroma.with_name(f"{chroma.name}-damaged")
    shutil.rmtree(damaged, ignore_errors=True)
    os.replace(chroma, damaged)
    try:
        done = _attempt(chroma, fingerprint, work)
    except VectorsMissing:  # it was not the store: put it back
        shutil.rmtree(chroma, ignore_errors=True)
        os.replace(damaged, chroma)
        raise
    shutil.rmtree(damaged, ignore_errors=True)
    return done


def _attempt(
    chroma: Path, fingerprint: str, work: Callable[[VectorStore], int]
) -> tuple[int, VectorStore]:
    store = VectorStore(chroma, fingerprint)
    try:
        return work(store), store
    except BaseException:
        store.close()
        raise


def _embed(
    store: VectorStore,
    rows: Sequence[tuple[str, str, str, str]],
    embedder: Embedder,
    progress: Callable[[Progress], None],
) -> int:
    """Store the vectors that are not there yet, a batch at a time, and give their number."""
    there = store.keys()
    texts = {vector_key(embedder.fingerprint, row[3]): row[3] for row in rows}
    wanted = [(key, text) for key, text in texts.items() if key not in there]
    # Texts of like length together keep the workers equally busy.
    wanted.sort(key=lambda one: len(one[1]))
    for start in range(0, len(wanted), _EMBED_BATCH):
        progress(Progress("embedding", start, len(wanted)))
        part = wanted[start : start + _EMBED_BATCH]
        vectors = embedder.embed_passages([text for _, text in part])
        store.put([key for key, _ in part], vectors)
    if wanted:
        progress(Progress("embedding", len(wanted), len(wanted)))
    return len(wanted)
