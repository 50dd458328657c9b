"""`python -m eval gate`: a small, fast part of the cases that stands in the way of a regression.

It fails where the cases that the baseline passes are lost beyond chance, and for a single new case of
what must never happen: something shown or cited that the asker may not read, or an altered quote.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from eval import answers, baseline
from eval.asking import DAY, Watched, watched
from eval.files import FileError
from eval.questions import DEFAULT_FILES, CaseFile, read_cases
from eval.records import AnswerLine

MUST = frozenset({"rights", "injection", "as_of", "register"})
"""Kinds that are asked in full."""
EVERY = 12
"""Of the other cases, one in so many."""


def subset(files: Sequence[CaseFile]) -> list[CaseFile]:
    """Choose the cases: the same ones until cases are added."""
    return [
        CaseFile(
            file.name,
            file.half,
            tuple(
                case
                for place, case in enumerate(file.cases)
                if case.kind in MUST or place % EVERY == 0
            ),
            file.never_shown,
        )
        for file in files
        if file.half == "dev"
    ]


def failures(advisor: Watched) -> tuple[list[str], list[AnswerLine]]:
    """Ask the subset and name the regressions; none where there is no baseline yet."""
    lines = answers.measure(advisor, subset([read_cases(path) for path in DEFAULT_FILES]))
    old = baseline.load("answers")
    if old is None:
        return [], lines
    return (
        baseline.regressions(
            {f"{one.file}:{one.id}": int(one.passed) for one in lines},
            old["passed"],
            {f"{one.file}:{one.id}": [fault.code for fault in one.faults] for one in lines},
        ),
        lines,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `gate` takes."""
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="the sample, indexed")


def run(arguments: argparse.Namespace) -> int:
    """Run the gate; 1 where something became worse."""
    try:
        with watched(arguments.workspace, DAY) as advisor:
            found, lines = failures(advisor)
    except (FileError, OSError) as error:
        print(f"eval gate: {error}", file=sys.stderr)
        return 2
    passed = sum(one.passed for one in lines)
    print(f"{passed} of {len(lines)} cases passed; {len(found)} regressions")
    for one in found:
        print(f"REGRESSION {one}")
    return 1 if found else 0
