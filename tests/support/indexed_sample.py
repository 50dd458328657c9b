"""The sample organisation, indexed once for all tests of a run with the models of the product."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.settings import VARIABLES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "knowledge" / "sample"
TODAY = "2026-11-23"


@dataclass(frozen=True)
class Indexed:
    """A workspace and what `annexa index` printed."""

    workspace: Path
    said: str


def annexa(*arguments: str | Path, workspace: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, on the sample's day."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", "bots.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment
        | {"ANNEXA_TODAY": TODAY, "ANNEXA_WORKSPACE": str(workspace), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


_made: list[Indexed] = []


def indexed_sample(places: pytest.TempPathFactory) -> Indexed:
    """Give the indexed sample; tests only read it, or change a copy of the workspace."""
    if not _made:
        workspace = places.mktemp("sample") / "workspace"
        workspace.mkdir()
        shutil.copy(FOLDER / "access.yaml", workspace / "access.yaml")
        done = annexa("index", FOLDER, workspace=workspace)
        assert done.returncode == 0, done.stderr
        _made.append(Indexed(workspace, done.stdout))
    return _made[0]
