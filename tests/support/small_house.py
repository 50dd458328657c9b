"""A small organisation with its own advisor, light parts and whatever model a test puts there."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hand_made import TODAY, HashEmbedder, document, passages
from numpy.typing import NDArray

from assistant.advisor import Advisor, open_advisor
from assistant.llm import ModelLine
from assistant.settings import read_settings
from knowledge.library import Library
from knowledge.passages import Document, Origin, Passage, Reader

READER = Reader(id="ana", groups=frozenset({"staff"}))
KEYS = document("keys.md", title="Key Policy", identifier="KEY-01", version="2.0")
LOST = "A lost key must be reported to the caretaker within 24 hours."
HANDED = "Keys are handed out by the caretaker and by nobody else."
BACKUP = document("backup.md", title="Backup Policy", identifier="BCK-01", version="1.3")
KEPT = "Backups are kept for 35 days."
TESTED = "Restoring from a backup is tested every quarter by the operations team."
CLOSED = document("board/memo.md", title="Walnut Memo", identifier="MEM-01", read=("board",))
GUIDE = document("guidance:A.8.13", title="Annexa guidance: A.8.13", origin=Origin.GUIDANCE)

House = Sequence[tuple[Document, Sequence[Passage]]]
HOUSE: House = (
    (KEYS, passages(KEYS, ("1 Handing out", HANDED), ("2 Loss", LOST))),
    (BACKUP, passages(BACKUP, ("1 Retention", KEPT), ("2 Tests", TESTED))),
    (CLOSED, passages(CLOSED, "Operation Walnut buys the rival. Keys of the vault stay there.")),
    (GUIDE, passages(GUIDE, "Keep copies of data and try to restore them.")),
)
TEXTS = {one.id: one.text for _, texts in HOUSE for one in texts}


class SharedWords(HashEmbedder):
    """Gives texts near vectors where they share words, and some nearness to all."""

    def __init__(self) -> None:
        super().__init__("shared-words-1", 256)

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = np.zeros(self.dimension, dtype=np.float64)
        words = re.findall(r"\w+", text.casefold())
        for word in words:
            total[1 + hashlib.sha256(word.encode()).digest()[0] % (self.dimension - 1)] += 1.0
        total[0] = 0.6 * np.linalg.norm(total) + 0.01
        return (total / np.linalg.norm(total)).astype(np.float32)


class WordsShared:
    """Judges a text by the words that it shares with the question."""

    def score(self, question: str, texts: Sequence[str]) -> Any:
        asked = set(re.findall(r"\w{4,}", question.casefold()))
        shared = [len(asked & set(re.findall(r"\w{4,}", one.casefold()))) for one in texts]
        return np.array([4.0 * one - 4.0 for one in shared], dtype=np.float32)


def build(workspace: Path, house: House = HOUSE) -> None:
    """Publish the house's documents into a new workspace."""
    library = Library.open(workspace, SharedWords(), create=True)
    try:
        library.load(house)
    finally:
        library.close()


def advisor_of(
    workspace: Path,
    environment: Mapping[str, str] | None = None,
    *,
    like: Path | None = None,
    lines: Sequence[ModelLine] | None = None,
) -> Advisor:
    """Open the advisor as a door does, on a copy of the workspace `like` if one is given."""
    if like is not None:
        shutil.copytree(like, workspace, dirs_exist_ok=True)
    settings = read_settings(workspace=workspace, today=TODAY, environment=environment or {})
    made = open_advisor(settings, embedder=SharedWords(), lines=lines)
    made.relevance = WordsShared  # type: ignore[method-assign, assignment]
    return made


def handle_in(words: str) -> Callable[[str], str]:
    """Find in what a model reads the handle of the passage that holds `words`."""

    def find(read: str) -> str:
        found = re.findall(rf'<passage id="(p\d+)"[^>]*>\n[^<]*?{re.escape(words)}', read)
        return found[-1] if found else "p1"

    return find


def state_of(workspace: Path) -> dict[str, str]:
    """Tell what a workspace holds besides conversations, the queue and the audit log."""
    found = {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(workspace.rglob("*"))
        if path.is_file() and not path.name.startswith(("records.db", "annexa.db", "audit.key"))
    }
    with sqlite3.connect(f"file:{workspace / 'annexa.db'}?mode=ro", uri=True) as library:
        for name in ("documents", "passages", "failures", "soa_decisions", "state"):
            rows = library.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()  # noqa: S608
            found[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found
