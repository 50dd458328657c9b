"""Of what and with what figures were made: digests of index, prompts, cases and program."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import resources
from pathlib import Path

from assistant.advisor import Advisor
from eval.records import Column, Head
from prompts import load

ROOT = Path(__file__).parents[1]
PARTS = ("assistant", "knowledge", "prompts")
"""What the figures of a suite depend on, besides the cases."""


def head(advisor: Advisor, cases: Sequence[Path], column: Column, made: date) -> Head:
    """Describe a run over the library of `advisor`."""
    return Head(
        made=made,
        column=column,
        models=advisor.models,
        prompts=tuple((name, load(name).digest) for name in _prompts()),
        embedder=advisor.library.embedder().fingerprint,
        generation=advisor.library.generation(),
        index=index_digest(advisor),
        code=code_digest(),
        commit=_commit(),
        cases=tuple((path.name, file_digest(path)) for path in cases),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    )


def index_digest(advisor: Advisor) -> str:
    """Digest sources, contents and embedding model; equal for equal folders."""
    documents = sorted(f"{one.source}\0{one.content_hash}" for one in advisor.library.documents())
    return _digest([advisor.library.embedder().fingerprint, *documents])


def code_digest() -> str:
    """Digest the program's own files: where they are not of a commit, this tells them apart."""
    files = sorted(
        path
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.suffix in {".py", ".yaml", ".md"} and "sample" not in path.parts
    )
    return _digest(f"{path.relative_to(ROOT).as_posix()}\0{file_digest(path)}" for path in files)


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _prompts() -> list[str]:
    folder = resources.files("prompts")
    return sorted(one.name[:-3] for one in folder.iterdir() if one.name.endswith(".md"))


def _commit() -> str | None:
    """Name the commit where the program lies in a repository; None: it is installed, or no git."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _digest(parts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode())
        whole.update(b"\n")
    return whole.hexdigest()
