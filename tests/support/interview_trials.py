"""Interviews killed in the middle of a reply, again and again; prints what was lost or doubled.

A child process answers and writes a line for every reply that was acknowledged. It is killed at a
random moment, and the next child goes on as a door would: it sends the reply that was not
acknowledged once more, with the same key."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.domain.assessment import SetUp
from assistant.domain.interview import Replied, Respondent, fold
from assistant.interviewing.assessing import Assessments
from assistant.interviewing.store import InterviewStore
from assistant.store import Records

TODAY = date(2026, 11, 23)
REPLIES = 24


def opened(workspace: Path) -> tuple[Records, Assessments]:
    records = Records.open(workspace)
    return records, Assessments(InterviewStore(records), today=TODAY, now=lambda: datetime.now(UTC))


def prepare(workspace: Path) -> str:
    from knowledge.demands import units

    records, assessments = opened(workspace)
    name = assessments.set_up(SetUp("Tarn", "all", tuple(units()), "Lea"), "Lea")
    stream = assessments.invite(name, Respondent("Dana"), tuple(units()), "Lea")
    assessments.begin(stream)
    records.close()
    return stream


def child(workspace: Path, stream: str, first: int, acknowledged: int) -> None:
    _, assessments = opened(workspace)
    for number in range(first, first + REPLIES):
        assessments.answer(stream, f"We do number {number}, ticket OPS-{number}.", f"k{number}")
        os.write(acknowledged, f"{number}\n".encode())
    os._exit(0)


def trial(workspace: Path, stream: str, first: int, chance: random.Random) -> int:
    """Kill one child and give the number of the last reply that was acknowledged."""
    ours, theirs = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(ours)
        try:
            child(workspace, stream, first, theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    time.sleep(chance.uniform(0.01, 0.25))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    with os.fdopen(ours, "rb") as told:
        lines = told.read().decode().split("\n")
    return max([first - 1, *(int(one) for one in lines[:-1])])


def main(workspace: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  trials, not secrets
    stream = prepare(workspace)
    last, problems = 0, list[str]()
    for kill in range(kills):
        last = trial(workspace, stream, last + 1, chance)
        records, _ = opened(workspace)
        events = InterviewStore(records).interview(stream)
        keys = [one.key for one in events if isinstance(one, Replied)]
        if len(keys) != len(set(keys)):
            problems.append(f"kill {kill}: a reply is there twice")
        missing = {f"k{number}" for number in range(1, last + 1)} - set(keys)
        if missing:
            problems.append(f"kill {kill}: acknowledged and lost: {sorted(missing)}")
        if fold(events).keys != tuple(keys):
            problems.append(f"kill {kill}: the state is not what the events say")
        if not records.verify().ok:
            problems.append(f"kill {kill}: the audit chain is broken")
        records.close()
    print(json.dumps({"kills": kills, "replies": last, "problems": problems}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
