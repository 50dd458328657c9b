"""Saves of plans in processes that are killed, forked from one that has imported everything.

Reads "WORKSPACE SECONDS" a line; forks a writer that saves step after step and writes down each one
that was acknowledged; kills it after SECONDS; answers "done".
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.domain.casework import begin, revise
from assistant.domain.plan import Entry, Field, Finding, Plan, Source
from assistant.planning.store import PlanStore
from assistant.store import NotAgreed, Records

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def write(workspace: Path) -> None:
    """Save without end; what the store said it kept goes into `acknowledged`."""
    acknowledged = (workspace / "acknowledged").open("a", encoding="ascii")
    store = PlanStore(Records.open(workspace))
    plan = Plan(
        "", Finding("F-1", "3 of 25 accounts still active", Source.INTERNAL, date(2026, 11, 1))
    )

    def make(plan_id: str):
        from dataclasses import replace

        return begin(replace(plan, id=plan_id), by="Mara Lindqvist", at=AT)

    kept = store.create(make, key="the-finding", by="Mara Lindqvist", at=AT)
    while True:
        number = kept.revision
        case = revise(
            kept.case,
            kept.case.plan.with_entry(Field.EXTENT, Entry(text=f"{number} systems checked")),
            by="Mara Lindqvist",
            at=AT,
        )
        for _ in range(2):  # every step is sent twice, as after a lost answer
            try:
                kept = store.save(
                    case, number, key=f"step-{number}", by="Mara Lindqvist", at=AT, action="edit"
                )
            except NotAgreed:
                os._exit(3)
        acknowledged.write(f"{kept.revision}\n")
        acknowledged.flush()
        os.fsync(acknowledged.fileno())


def main() -> None:
    for line in sys.stdin:
        place, seconds = line.rsplit(" ", 1)
        child = os.fork()
        if child == 0:
            try:
                write(Path(place))
            finally:
                os._exit(1)
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        how = "killed" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{how}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
