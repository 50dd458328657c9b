"""What the suites of scripts share: read the cases, play each over a workspace, sum up."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from eval.asking import DAY, watched
from eval.files import FileError
from eval.provenance import head

Case = TypeVar("Case")
Result = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `plans` and `interviews` take."""
    parser.add_argument("--cases", type=Path, action="append", metavar="FILE")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="an organisation's documents")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="an indexed workspace")
    parser.add_argument("--today", type=date.fromisoformat, default=DAY, metavar="YYYY-MM-DD")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write JSONL and summary there")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run_suite(
    name: str,
    arguments: argparse.Namespace,
    default: Path,
    read: Callable[[Path], Sequence[Case]],
    play: Callable[[Case, Path, date], Result],
    sum_up: Callable[[Sequence[Result]], Result],
) -> int:
    """Play every case; return the exit code. `play` gives a result whatever goes wrong."""
    paths = tuple(arguments.cases or (default,))
    try:
        cases = [case for path in paths for case in read(path)]
        with watched(arguments.workspace, arguments.today, data=arguments.data) as advisor:
            about = head(advisor, paths, "rules", arguments.today)
            place = advisor.settings.workspace
            results = [play(case, place, arguments.today) for case in cases]
    except (FileError, OSError) as error:
        print(f"eval {name}: {error}", file=sys.stderr)
        return 2
    summary = {"suite": name, "head": about.model_dump(mode="json"), "all": sum_up(results),
               "passed": {one["id"]: int(one["passed"]) for one in results}}  # fmt: skip
    if arguments.out:
        write(arguments.out, name, summary, results)
    print(json.dumps(summary if arguments.json else summary["all"], ensure_ascii=False, indent=1))
    for one in results if not arguments.json else ():
        if not one["passed"]:
            wrong = [step["what"] for step in one.get("steps", []) if not step["right"]]
            print(f"FAIL {one['id']}: {'; '.join([*one['fails'], *wrong]) or 'too few points'}")
    return 0


def write(folder: Path, name: str, summary: Result, results: Sequence[Result]) -> None:
    """Write `NAME.json` and `NAME.jsonl` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    lines = (json.dumps({"suite": name, **one}, ensure_ascii=False, default=str) for one in results)
    (folder / f"{name}.jsonl").write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
