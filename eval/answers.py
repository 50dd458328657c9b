"""`python -m eval answers`: questions with known answers, asked and judged by code.

The cases' form stands in `cases/README.md`. The judgements are necessary signs, not verdicts: an
answer that passes may still be poor, so read them with `--show`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.llm import ModelProblem
from assistant.settings import SettingsError
from eval import provenance, summing
from eval.asking import DAY, Watched, ask, watched
from eval.files import FileError
from eval.questions import DEFAULT_FILES, CaseFile, chosen, read_cases
from eval.records import AnswerLine, Column, Head, write_lines
from knowledge.passages import Reader

SEPARATE = ("injection", "unknown")
"""Kinds in which one failure is too many."""


def measure(
    advisor: Watched,
    files: Sequence[CaseFile],
    *,
    only: str | None = None,
    reader: Reader | None = None,
    progress: bool = False,
) -> list[AnswerLine]:
    """Ask and judge every case that `only` matches."""
    cases = chosen(files, only)
    lines = []
    for number, (file, case) in enumerate(cases, 1):
        lines.append(ask(advisor, file, case, reader=reader))
        if progress and number % 50 == 0:
            print(f"answers: {number} of {len(cases)}", file=sys.stderr, flush=True)
    return lines


def column_of(advisor: Watched) -> Column:
    """Tell whose words a run of the command measures."""
    return "live" if advisor.models else "rules"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `answers` takes."""
    add_common(parser)
    parser.add_argument("--only", metavar="REGEX", help="ask only matching ids, kinds or units")
    parser.add_argument("--show", action="store_true", help="print every answer, not only failures")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Define what all suites of questions take."""
    parser.add_argument(
        "--cases", type=Path, action="append", metavar="FILE",
        help="cases to ask; may be given more than once; default: those of the project",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="an organisation's documents")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="an indexed workspace")
    parser.add_argument("--model", default="none", metavar="NAME", help="PROVIDER:NAME, or none")
    parser.add_argument(
        "--reader", metavar="GROUPS",
        help="ask everything as a reader in these groups (a,b), or as `owner`; "
        "default: what each case says",
    )  # fmt: skip
    parser.add_argument("--today", type=date.fromisoformat, default=DAY, metavar="YYYY-MM-DD")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write JSONL and summary there")


def reader_of(text: str | None) -> Reader | None:
    """Read `--reader`."""
    if text is None:
        return None
    if text == "owner":
        return Reader(owner=True)
    groups = frozenset(one.strip() for one in text.split(",") if one.strip())
    return Reader(id="asker", groups=groups)


def run(arguments: argparse.Namespace) -> int:
    """Ask every case and print what came out."""
    try:
        paths = tuple(arguments.cases or DEFAULT_FILES)
        files = [read_cases(path) for path in paths]
        with watched(
            arguments.workspace, arguments.today, data=arguments.data, model=arguments.model
        ) as advisor:
            head = provenance.head(advisor, paths, column_of(advisor), arguments.today)
            lines = measure(
                advisor, files, only=arguments.only, reader=reader_of(arguments.reader),
                progress=True,
            )  # fmt: skip
    except (FileError, SettingsError, ModelProblem, OSError) as error:
        print(f"eval answers: {error}", file=sys.stderr)
        return 2
    whole = summing.summary(head, lines)
    if arguments.out:
        write(arguments.out, head, lines)
    if arguments.json:
        print(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        show(lines, everything=arguments.show)
    return 0


def write(folder: Path, head: Head, lines: Sequence[AnswerLine]) -> None:
    """Write `answers.jsonl` and `answers.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "answers.jsonl", lines)
    text = json.dumps(summing.summary(head, lines), ensure_ascii=False, indent=1)
    (folder / "answers.json").write_text(text + "\n", encoding="utf-8")


def show(lines: Sequence[AnswerLine], *, everything: bool) -> None:
    """Print failures (or all), then the counts by kind. What is only counted is not shown."""
    for one in lines:
        if (one.passed and not everything) or one.half == "test":
            continue
        print(f"\n{'ok  ' if one.passed else 'FAIL'} {one.id} ({one.kind}): {one.question}")
        for fault in one.faults:
            print(f"     ! {fault.code}: {fault.detail}")
        cited = (
            " ".join(filter(None, (c.identifier or c.source, c.version, c.row or c.section)))
            for c in one.citations
        )
        print(f"     {one.answer_kind}; cites {', '.join(cited) or 'nothing'}")
        print("".join(f"     | {line}\n" for line in one.text.splitlines()), end="")
    counts: dict[str, tuple[int, int]] = {}
    for one in lines:
        passed, n = counts.get(one.kind, (0, 0))
        counts[one.kind] = (passed + one.passed, n + 1)
    print(f"\n{'kind':<18}{'n':>5}{'passed':>8}")
    for kind in sorted(counts, key=lambda one: (one in SEPARATE, one)):
        passed, n = counts[kind]
        print(f"{kind:<18}{n:>5}{passed:>8}{'  must be all' if kind in SEPARATE else ''}")
    for half in sorted({one.half for one in lines}):
        rows = [one for one in lines if one.half == half]
        print(f"{half + ' half':<18}{len(rows):>5}{sum(one.passed for one in rows):>8}")
    print(f"{'together':<18}{len(lines):>5}{sum(one.passed for one in lines):>8}")
