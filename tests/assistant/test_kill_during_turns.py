"""Killed at any moment of a turn, a process has lost no turn that it confirmed, and asking again
with the same key makes none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_house import HANDED, LOST, READER, build
from turns_made import AT, answer, trace
from turns_taken import PLACE, QUESTION, opened, take

from assistant.domain.conversation import TurnState
from assistant.store import Records
from knowledge.passages import OWNER

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
KILLS = 20


def _killed(workspace: Path, first: int, rng: random.Random) -> tuple[int, int]:
    """Record turns in a process of its own, kill it at some moment of a turn, and give the numbers
    of the last turns that it confirmed as asked and as answered; `first - 1` for none."""
    run = [sys.executable, str(SUPPORT / "turns_made.py"), str(workspace), str(first), "100000"]
    asked = answered = first - 1
    with subprocess.Popen(
        run,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{ROOT}:{SUPPORT}", "PATH": ""},
    ) as process:
        assert process.stdout
        stop_after = rng.randrange(12)
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) > stop_after:
                break
        time.sleep(rng.uniform(0, 0.01))
        process.kill()
        lines += process.stdout.readlines()
    for line in lines:
        what, _, number = line.rstrip("\n").partition(" ")
        if line.endswith("\n") and number:
            asked = int(number) if what == "asked" else asked
            answered = int(number) if what == "answered" else answered
    return asked, answered


def _kill_and_check(workspace: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    workspace.mkdir()
    first = 0
    for _ in range(kills):
        asked, answered = _killed(workspace, first, rng)
        records = Records.open(workspace)
        turns = {turn.key: turn for turn in records.turns("c", OWNER)}
        for at in range(first, asked + 1):
            assert turns[f"key{at}"].question == f"question {at}?"
        for at in range(first, answered + 1):
            assert turns[f"key{at}"].answer == answer(f"answer {at}")
            assert turns[f"key{at}"].trace == trace(f"statement {at}")
        # A turn is whole or not begun: its answer, trace and calls come together.
        for turn in turns.values():
            there = turn.state is TurnState.ANSWERED
            assert (turn.answer is not None, turn.trace is not None) == (there, there)
            assert len(records.egress(turn.id)) == int(there)
        # The client sends again what was not confirmed, with the same key.
        if records.conversation("c", OWNER) is not None:
            for at in range(max(answered, first), answered + 2):
                turn = records.begin(f"again{at}", "c", f"key{at}", f"question {at}?", None, AT)
                records.finish(turn.id, answer(f"answer {at}"), trace(f"statement {at}"), AT)
        turns_now = records.turns("c", OWNER)
        assert [turn.ordinal for turn in turns_now] == list(range(1, len(turns_now) + 1))
        assert sorted({turn.key for turn in turns_now}) == sorted(turn.key for turn in turns_now)
        assert all(turn.state is TurnState.ANSWERED for turn in turns_now)
        report = records.verify()
        assert report.ok, report
        records.close()
        first = len(turns_now)


def test_twenty_kills_lose_and_double_nothing(tmp_path):
    _kill_and_check(tmp_path / "workspace", KILLS, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills_lose_and_double_nothing(tmp_path, seed):
    _kill_and_check(tmp_path / "workspace", 20, seed=100 + seed)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture(scope="module")
def forks() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported all and forks another for each trial."""
    with subprocess.Popen(
        [sys.executable, str(SUPPORT / "turns_taken.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{ROOT}:{SUPPORT}", "PATH": ""},
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def _killed_in_a_turn(
    forks: subprocess.Popen[str], workspace: Path, first: int, rng: random.Random
) -> dict[int, str]:
    """Take whole turns in a process of its own, kill it at some moment, and give the ids of the
    turns that it acknowledged."""
    assert forks.stdin
    assert forks.stdout
    forks.stdin.write(f"{workspace} {first}\n")
    forks.stdin.flush()
    _, pid = forks.stdout.readline().split()
    stop_after = rng.randrange(1, 14)
    lines = [forks.stdout.readline() for _ in range(stop_after)]
    time.sleep(rng.uniform(0, 0.15))  # a turn takes about that long
    os.kill(int(pid), signal.SIGKILL)
    while (line := forks.stdout.readline()) and not line.endswith("ended\n"):
        lines.append(line)
    told = [line.split() for line in lines if line.startswith("kept ") and line.endswith("\n")]
    return {int(number): id_ for _, number, id_ in told}


def _kill_whole_turns(forks: subprocess.Popen[str], workspace: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    build(workspace)
    first, cut_off = 0, 0
    for _ in range(kills):
        acknowledged = _killed_in_a_turn(forks, workspace, first, rng)
        advisor = opened(workspace)
        kept = {turn.key: turn for turn in advisor.turns(PLACE, reader=READER)}
        for number, id_ in acknowledged.items():
            turn = kept[f"key{number}"]
            assert (turn.id, turn.state) == (id_, TurnState.ANSWERED)
            assert turn.question == QUESTION.format(number=number)
            assert turn.answer is not None
            assert LOST in turn.answer.text
            assert turn.answer.model == "openai:scripted"
            assert HANDED in turn.answer.text
            assert turn.trace is not None
            assert len(advisor.records.egress(id_)) == len(turn.trace.calls) == 2
        open_ = [turn for turn in kept.values() if turn.state is not TurnState.ANSWERED]
        assert len(open_) <= 1
        cut_off += len(open_)
        assert advisor.records.verify().ok
        # Whoever asked sends the last question again with its key, answered or not.
        last = max([first - 1, *(int(key.removeprefix("key")) for key in kept)])
        before = kept.get(f"key{last}")
        again = take(advisor, max(last, first))
        assert again.state is TurnState.ANSWERED
        if before is not None:
            assert again.id == before.id
            assert before.answer in {None, again.answer}
        now = advisor.turns(PLACE, reader=READER)
        assert [turn.ordinal for turn in now] == list(range(1, len(now) + 1))
        assert [turn.key for turn in now] == [f"key{number}" for number in range(len(now))]
        assert all(turn.state is TurnState.ANSWERED for turn in now)
        assert advisor.records.verify().ok
        advisor.close()
        first = len(now)
    assert cut_off, "no kill fell into a turn"


@needs_fork
def test_twenty_kills_of_whole_turns_with_a_model_lose_and_double_nothing(forks, tmp_path):
    _kill_whole_turns(forks, tmp_path / "workspace", KILLS, seed=3)


@needs_fork
@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills_of_whole_turns_lose_and_double_nothing(forks, tmp_path, seed):
    _kill_whole_turns(forks, tmp_path / "workspace", 20, seed=300 + seed)
