"""Killed at any moment, a run leaves the library as it was or as it was to be, and the next run
ends in the same state as one that nobody disturbed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parent.parent / "support"
ROOT = SUPPORT.parent.parent
STEPS = 26
"""Moments just before or after something was written; a little more than a run has."""


class Trials:
    """The warm process that forks a run for every request."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "indexing_trials.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": f"{SUPPORT}:{ROOT}", "PATH": ""},
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        plain = {k: str(v) if isinstance(v, Path) else v for k, v in request.items()}
        self._process.stdin.write(json.dumps(plain) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def index(self, workspace: Path, folder: Path, **how: Any) -> dict[str, Any]:
        return self.ask(do="index", workspace=workspace, folder=folder, **how)

    def state(self, workspace: Path) -> dict[str, Any]:
        answer = self.ask(do="state", workspace=workspace)
        assert answer["exit"] == 0
        state: dict[str, Any] = answer["said"]
        return state

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(30) == 0


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    started = Trials()
    yield started
    started.close()


def _write(folder: Path, name: str, *rules: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# {path.stem} rules", ""]
    for at, rule in enumerate(rules, 1):
        lines += [f"## {at} Part", "", rule, ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _before(folder: Path) -> Path:
    """Write a small folder with one file that cannot be read."""
    for at in range(8):
        _write(folder, f"policies/p{at}.md", *(f"Rule {at}.{part} holds." for part in range(3)))
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 not a document")
    return folder


def _after(folder: Path) -> Path:
    """Write the same folder as it is later: changed, new, renamed, deleted, mended, broken."""
    _before(folder)
    _write(folder, "policies/p0.md", "Rule 0.0 holds.", "Rule 0.1 is new.", "Rule 0.2 holds.")
    _write(folder, "policies/p1.md", "All else.")
    for at in range(3):
        _write(folder, f"new/n{at}.md", f"New rule {at}.", "And another.")
    (folder / "policies/p2.md").rename(folder / "moved.md")
    (folder / "policies/p3.md").unlink()
    (folder / "policies/p4.md").write_bytes(b"")
    (folder / "broken.docx").unlink()
    return folder


class Scenario:
    """A folder to index from nothing or from an earlier state, and how it should end."""

    def __init__(self, root: Path, trials: Trials, *, from_nothing: bool) -> None:
        self.trials = trials
        self.folder = _after(root / "after")
        self.start = root / "start"
        self.start.mkdir()
        if not from_nothing:
            # One path for both, as a folder of an organisation has.
            current = root / "current"
            shutil.copytree(_before(root / "before"), current)
            assert trials.index(self.start, current)["exit"] == 0
            shutil.rmtree(current)
            shutil.copytree(self.folder, current)
            self.folder = current
            self.old = trials.state(self.start)["sql"]
        else:
            self.old = None
        undisturbed = root / "undisturbed"
        shutil.copytree(self.start, undisturbed)
        self.seconds = trials.index(undisturbed, self.folder, delay_s=DELAY_S)["seconds"]
        self.new = trials.state(undisturbed)
        assert self.new["keys"]

    def kill_and_finish(self, workspace: Path, rng: random.Random, kills: int) -> None:
        """Kill runs at random moments, then let one finish and compare."""
        shutil.copytree(self.start, workspace)
        for _ in range(kills):
            if rng.random() < 0.5:
                how: dict[str, Any] = {"kill_after_s": rng.uniform(0, self.seconds)}
            else:
                how = {"kill_at_step": rng.randrange(STEPS)}
            answer = self.trials.index(workspace, self.folder, delay_s=DELAY_S, **how)
            assert answer["exit"] in (0, -9), how
        answer = self.trials.index(workspace, self.folder)
        assert answer["exit"] == 0
        state = self.trials.state(workspace)
        assert state["left over"] == []
        for part, value in self.new.items():
            assert state[part] == value, part
        again = self.trials.index(workspace, self.folder)
        assert again["said"] == {"generation": answer["said"]["generation"], "embedded": 0}
        shutil.rmtree(workspace)


DELAY_S = 0.03


@pytest.fixture(scope="module")
def from_nothing(tmp_path_factory: pytest.TempPathFactory, trials: Trials) -> Scenario:
    return Scenario(tmp_path_factory.mktemp("first"), trials, from_nothing=True)


@pytest.fixture(scope="module")
def from_before(tmp_path_factory: pytest.TempPathFactory, trials: Trials) -> Scenario:
    return Scenario(tmp_path_factory.mktemp("later"), trials, from_nothing=False)


@pytest.mark.parametrize("seed", range(2))
def test_a_first_run_killed_five_times_ends_like_an_undisturbed_one(
    from_nothing: Scenario, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311
    from_nothing.kill_and_finish(tmp_path / "workspace", rng, kills=5)


@pytest.mark.parametrize("seed", range(2))
def test_a_later_run_killed_five_times_ends_like_an_undisturbed_one(
    from_before: Scenario, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(10 + seed)  # noqa: S311
    from_before.kill_and_finish(tmp_path / "workspace", rng, kills=5)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100))
def test_two_hundred_kills_lose_nothing(
    from_nothing: Scenario, from_before: Scenario, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(1000 + seed)  # noqa: S311
    for scenario in (from_nothing, from_before):
        scenario.kill_and_finish(tmp_path / "workspace", rng, kills=1)


@pytest.mark.parametrize("step", [3, 7, 8, 9, 10, 12, 14])
def test_readers_see_the_state_before_a_killed_run_or_after_it(
    from_before: Scenario, tmp_path: Path, step: int
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(from_before.start, workspace)
    from_before.trials.index(workspace, from_before.folder, kill_at_step=step)
    stored = from_before.trials.ask(do="stored", workspace=workspace)["said"]
    assert stored in (from_before.old, from_before.new["sql"])
