"""`python -m eval SUITE`: each suite is a module with `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.settings import bench_folder
from eval import (
    answers,
    gate,
    interviews,
    plans,
    quality,
    report,
    retrieval,
    safety,
    scripted,
    speed,
)
from eval.baseline import SUITES

SUBCOMMANDS = {
    "retrieval": (retrieval.add_arguments, retrieval.run, "how well questions find passages"),
    "answers": (
        answers.add_arguments,
        answers.run,
        "how questions with known answers are answered",
    ),
    "plans": (scripted.add_arguments, plans.run, "corrective action plans from scripted findings"),
    "interviews": (scripted.add_arguments, interviews.run, "gap interviews from scripts"),
    "safety": (safety.add_arguments, safety.run, "attacks, and harmless texts that look like them"),
    "speed": (speed.add_arguments, speed.run, "how fast indexing, searching and asking are"),
    "gate": (gate.add_arguments, gate.run, "a small, fast part that fails on a regression"),
    "report": (report.add_arguments, report.run, "one page about results in a folder"),
    "accept": (quality.add_arguments, quality.run, "make results the baseline and document them"),
}
_SAMPLE = 300
"""Questions of each search set in `all`: some sets have thousands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one suite, or all of them, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (add_arguments, _, summary) in SUBCOMMANDS.items():
        add_arguments(commands.add_parser(name, help=summary, description=summary))
    everything = "all suites, then the page; with ANNEXA_BENCH in under half an hour on two cores"
    add_all(commands.add_parser("all", help=everything, description=everything))
    parsed = parser.parse_args(arguments)
    if parsed.command == "all":
        return run_all(parser, parsed)
    code: int = SUBCOMMANDS[parsed.command][1](parsed)
    return code


def add_all(parser: argparse.ArgumentParser) -> None:
    """Define what `all` takes."""
    parser.add_argument("--out", type=Path, default=Path("reports/eval"), metavar="FOLDER")
    parser.add_argument("--model", default="none", metavar="NAME", help="PROVIDER:NAME, or none")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="an organisation's documents")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="an indexed workspace")
    parser.add_argument("--only", action="append", choices=SUITES, help="these suites alone")


def run_all(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    """Run the suites one after the other. What cannot run says so, and the others go on."""
    shared = ["--out", str(chosen.out)]
    for name in ("data", "workspace"):
        if (value := getattr(chosen, name)) is not None:
            shared += [f"--{name}", str(value)]
    model = ["--model", chosen.model]
    steps = {
        "answers": ["answers", *shared, *model],
        "safety": ["safety", *shared, *model],
        "plans": ["plans", *shared],
        "interviews": ["interviews", *shared],
        "retrieval": ["retrieval", "--out", str(chosen.out), "--queries", str(_SAMPLE)],
        "speed": ["speed", "--quick", "--out", str(chosen.out / "speed.json")],
    }
    if bench_folder() is None:
        del steps["retrieval"]
        print("eval all: ANNEXA_BENCH is not set: no retrieval sets, no outside attacks.",
              file=sys.stderr)  # fmt: skip
    chosen.out.mkdir(parents=True, exist_ok=True)
    worst = 0
    for name, words in steps.items():
        if chosen.only and name not in chosen.only:
            continue
        begun = time.monotonic()
        parsed = parser.parse_args(words)
        code = SUBCOMMANDS[parsed.command][1](parsed)
        print(f"eval all: {name} took {time.monotonic() - begun:.0f} s", file=sys.stderr)
        worst = max(worst, code)
    return max(worst, report.run(parser.parse_args(["report", "--out", str(chosen.out)])))


if __name__ == "__main__":
    sys.exit(main())
