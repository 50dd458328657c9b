"""Runs of indexing in processes that may be killed, started from one that is warm.

Reads one JSON request a line from standard input and answers with one line. Every run is a fork of
this process, which has imported everything and opened nothing, so that a run costs no start-up.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401  imported before forking
from hand_made import HashEmbedder, InProcessParser, few_guidance_documents

from knowledge import caches, keywords, syncing
from knowledge.catalog import Catalog
from knowledge.index import VectorStore
from knowledge.library import Library

STEPS: tuple[tuple[Any, str], ...] = (
    (VectorStore, "put"),
    (VectorStore, "keep_only"),
    (keywords.KeywordIndex, "save"),
    (caches, "write"),
    (caches, "tidy"),
    (Catalog, "publish"),
    (Catalog, "set_state"),
)
"""What a run does to the disk; a run can be told to die just before or after the n-th of these."""


def main() -> None:
    """Serve requests until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        answer = _in_child(partial(DOES[request["do"]], request), request.get("kill_after_s"))
        print(json.dumps(answer), flush=True)  # noqa: T201


def _in_child(work: Callable[[], Any], kill_after_s: float | None) -> dict[str, Any]:
    """Do `work` in a fork; kill it after a time; give what it said or that it was killed."""
    began = time.monotonic()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receive)
            result = json.dumps(work()).encode()
            with os.fdopen(send, "wb") as pipe:
                pipe.write(result)
            os._exit(0)
        except BaseException:  # noqa: BLE001  told to the test in full
            traceback.print_exc()
            os._exit(1)
    os.close(send)
    if kill_after_s is not None:
        while time.monotonic() < began + kill_after_s:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.002)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {
        "exit": status,
        "said": json.loads(said) if said and status == 0 else None,
        "seconds": time.monotonic() - began,
    }


def _index(request: Mapping[str, Any]) -> dict[str, Any]:
    syncing.Parser = InProcessParser  # type: ignore[attr-defined]
    syncing.guidance_documents = few_guidance_documents  # type: ignore[attr-defined]
    syncing._EMBED_BATCH = 4
    if (step := request.get("kill_at_step")) is not None:
        _die_at(step)
    embedder = HashEmbedder(delay_s=request.get("delay_s", 0.0))
    library = Library.open(Path(request["workspace"]), embedder, create=True)
    report = library.sync(Path(request["folder"]))
    library.close()
    return {"generation": report.generation, "embedded": report.embedded}


def _die_at(step: int) -> None:
    """Make this process kill itself before (even) or after (odd) the `step // 2`-th step."""
    done = 0

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **keywords: Any) -> Any:
            nonlocal done
            mine, done = done, done + 1
            if 2 * mine == step:
                os.kill(os.getpid(), signal.SIGKILL)
            result = call(*args, **keywords)
            if 2 * mine + 1 == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return wrapped

    for owner, name in STEPS:
        setattr(owner, name, dying(getattr(owner, name)))


def stored(workspace: Path) -> dict[str, Any]:
    """Give what SQL holds, without the generation."""
    catalog = Catalog(workspace / "annexa.db")
    snapshot = catalog.snapshot()
    found = {
        "documents": [_plain(one) for one in snapshot.documents],
        "readings": dict(snapshot.readings),
        "passages": [
            _plain(passage)
            for one in snapshot.documents
            for passage in catalog.passages_of(one.id, one.source)
        ],
        "terms": [list(one) for one in catalog.all_terms()],
        "failures": [_plain(one) for one in snapshot.failures],
    }
    catalog.close()
    return found


def state(workspace: Path) -> dict[str, Any]:
    """Give everything that a workspace holds: SQL, the search cache, the keys of the vectors."""
    catalog = Catalog(workspace / "annexa.db")
    generation = catalog.generation()
    catalog.close()
    root = workspace / "index"
    folder = caches.folder_of(root, generation)
    cache = caches.read(root, generation)
    store = VectorStore(workspace / "chroma", HashEmbedder().fingerprint)
    keys = sorted(store.keys())
    store.close()
    kept = {folder.name, caches.folder_of(root, generation - 1).name}
    return {
        "sql": stored(workspace),
        "cache": {
            "passages": list(cache.passages),
            "documents": list(cache.documents),
            "document_of": cache.document_of.tolist(),
            "terms": list(cache.keywords.terms),
            "counts": cache.keywords.counts.tolist(),
            "rows": cache.keywords.rows.tolist(),
            "vectors": hashlib.sha256((folder / "vectors.npy").read_bytes()).hexdigest(),
        },
        "keys": keys,
        "left over": sorted(one.name for one in root.iterdir() if one.name not in kept),
    }


def _plain(one: Any) -> Any:
    return json.loads(json.dumps(asdict(one), default=str))


DOES: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "index": _index,
    "state": lambda request: state(Path(request["workspace"])),
    "stored": lambda request: stored(Path(request["workspace"])),
}

if __name__ == "__main__":
    main()
