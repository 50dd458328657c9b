"""How the door and what stands behind it are. No text of a person or a document."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass

from bots.web.door import Door
from knowledge.errors import LibraryError


@dataclass(frozen=True, slots=True)
class Health:
    """What an operator wants to know at a glance."""

    ready: bool
    why: str
    """Why it is not ready, or what a person should know; empty: nothing."""
    generation: int
    documents: int
    failures: int
    models: tuple[str, ...]
    embedder: str
    working: int
    """Answers under way or waiting."""
    memory_mb: float


def health(door: Door) -> Health:
    """Look at the library, the pool and this process."""
    advisor = door.advisor
    why, generation, documents, failures = "", 0, 0, 0
    try:
        snapshot = advisor.library.snapshot()
        generation = snapshot.generation
        documents, failures = len(snapshot.documents), len(snapshot.failures)
        advisor.library.access()
        if generation == 0:
            why = "Nothing is indexed yet. Run `annexa index FOLDER`."
    except LibraryError as error:
        why = str(error)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Health(
        ready=not why,
        why=why,
        generation=generation,
        documents=documents,
        failures=failures,
        models=advisor.models,
        embedder=advisor.settings.embedder,
        working=door.workers.depth,
        memory_mb=peak / (1024 * 1024 if sys.platform == "darwin" else 1024),
    )
