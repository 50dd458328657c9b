"""Killed at any moment while it saves, a plan loses no step that was acknowledged and doubles none."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.planning.store import PlanStore
from assistant.store import Records

SUPPORT = Path(__file__).parent.parent / "support"
ROOT = SUPPORT.parent.parent


@pytest.fixture(scope="module")
def writers() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "plan_saves.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{SUPPORT}:{ROOT}", "PATH": ""},
    )
    yield process
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def _kill_and_check(writers: subprocess.Popen[str], workspace: Path, kills: int) -> None:
    assert writers.stdin
    assert writers.stdout
    workspace.mkdir()
    dice = random.Random(kills)  # noqa: S311
    for _ in range(kills):
        writers.stdin.write(f"{workspace} {dice.uniform(0.05, 0.4):.3f}\n")
        writers.stdin.flush()
        assert writers.stdout.readline().strip() == "killed"
    records = Records.open(workspace)
    try:
        store = PlanStore(records)
        plans = store.all()
        noted = workspace / "acknowledged"
        acknowledged = [int(one) for one in noted.read_text().split()] if noted.exists() else []
        assert len(plans) <= 1
        if acknowledged:
            revisions = [one.revision for one in store.revisions(plans[0].case.plan.id)]
            assert revisions == list(range(1, len(revisions) + 1))
            assert set(acknowledged) <= set(revisions)
            assert len(acknowledged) == len(set(acknowledged))
            texts = [one.case.plan.entries for one in store.revisions(plans[0].case.plan.id)]
            assert len(set(texts)) == len(texts)
        assert records.verify().ok
    finally:
        records.close()


def test_twenty_kills_lose_nothing_acknowledged_and_double_nothing(writers, tmp_path) -> None:
    _kill_and_check(writers, tmp_path / "workspace", 20)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_acknowledged_and_double_nothing(writers, tmp_path) -> None:
    _kill_and_check(writers, tmp_path / "workspace", 200)
