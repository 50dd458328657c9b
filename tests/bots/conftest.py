"""A small organisation, indexed once, and the command line run inside the test's process."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.settings import VARIABLES
from bots.cli.app import run

_SUPPORT = str(Path(__file__).parent.parent / "support")
if _SUPPORT not in sys.path:
    sys.path.insert(0, _SUPPORT)

DOCUMENTS = {
    "policies/backup.md": """\
---
title: Backup Policy
identifier: POL-20
version: "2.0"
status: approved
approved: 2026-01-10
owner: Head of IT
---
# Backup Policy

## 1 Keeping

Backups of the ledger are kept for 47 days.
""",
    "policies/visitors.md": """\
---
title: Visitor Policy
identifier: POL-21
version: "0.4"
status: draft
---
# Visitor Policy

## 1 Badges

Visitors wear a striped badge at all times.
""",
    "board/merger.md": """\
---
title: Merger Memo
identifier: MEM-01
version: "1.0"
status: approved
approved: 2026-02-01
---
# Merger Memo

## 1 Name

The merger carries the name Operation Walnut.
""",
    "notes.xyz": "nothing to read",
}
ACCESS = 'rules:\n  - {path: "board/**", read: [board]}\n'


class WordEmbedder:
    """Texts as bags of hashed words: alike texts are near, and no model is loaded."""

    fingerprint = "words:64"
    dimension = 64

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in text.casefold().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1.0
        return vector / np.linalg.norm(vector)


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Annexa:
    """The command line on one workspace."""

    workspace: Path
    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Outcome:
        self.capture.readouterr()
        code = run([*map(str, arguments), "--workspace", str(self.workspace)])
        said = self.capture.readouterr()
        return Outcome(code, said.out, said.err)


def _prepared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("knowledge.library.open_embedder", lambda name: WordEmbedder())
    for name in VARIABLES:
        patch.delenv(name, raising=False)
    patch.setenv("ANNEXA_TODAY", "2026-06-01")


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    _prepared(monkeypatch)


@pytest.fixture(scope="session")
def _indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("organisation")
    for name, text in DOCUMENTS.items():
        path = place / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    workspace = place / "workspace"
    workspace.mkdir()
    (workspace / "access.yaml").write_text(ACCESS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        _prepared(patch)
        assert run(["index", str(place / "documents"), "--workspace", str(workspace)]) == 0
    return place


@pytest.fixture
def annexa(_indexed: Path, capsys: pytest.CaptureFixture[str]) -> Annexa:
    """The indexed organisation; tests only read it."""
    return Annexa(_indexed / "workspace", _indexed / "documents", capsys)


@pytest.fixture
def own_annexa(_indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Annexa:
    """A copy of the indexed organisation that a test may change."""
    # What other tests asked is kept in the shared workspace; a copy begins without it.
    kept = shutil.ignore_patterns("records.db*", "audit.key")
    shutil.copytree(_indexed, tmp_path / "copy", ignore=kept)
    return Annexa(tmp_path / "copy" / "workspace", tmp_path / "copy" / "documents", capsys)
