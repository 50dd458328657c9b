"""Questions and searches in bulk: one output line for each input line, in the same order."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from bots.cli import screen

Respond = Callable[[int, bytes], tuple[dict[str, Any], str | None]]
"""(line number from 1, line) → what to write, and what went wrong if something did."""


def run(source: Path, target: Path, respond: Respond) -> list[str]:
    """Answer every line of `source` into `target` and give what went wrong, a line an item.

    `target` appears when everything is in it, so that half a file is never taken for a whole one.
    """
    lines = [
        (number, line)
        for number, line in enumerate(_content(source).split(b"\n"), 1)
        if line.strip()
    ]
    failures: list[str] = []
    with _written(target) as out, _progress(len(lines)) as advance:
        for number, line in lines:
            answer, problem = respond(number, line)
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            if problem is not None:
                failures.append(problem)
            advance()
    return failures


def finish(lines_failed: list[str], target: Path) -> int:
    """Tell how it went and give the exit code."""
    for problem in lines_failed[:20]:
        screen.note(problem)
    if len(lines_failed) > 20:
        screen.note(f"… and {len(lines_failed) - 20} more.")
    if lines_failed:
        screen.note(
            f"{screen.count(len(lines_failed), 'line')} failed; {target} says so where they stand."
        )
    return 1 if lines_failed else 0


def _content(source: Path) -> bytes:
    try:
        return source.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise click.UsageError(f"{source} cannot be read: {error.strerror}.") from error


@contextmanager
def _written(target: Path) -> Iterator[IO[str]]:
    """Open a file that takes its name only when it is whole; anything but a file is written to."""
    if target.is_dir():
        raise click.UsageError(f"{target} is a folder; name a file for --out.")
    if not target.parent.is_dir():
        raise click.UsageError(f"the folder {target.parent} is not there; make it first.")
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        return
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=screen.console(error=True)
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
