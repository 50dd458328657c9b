"""What a suite writes down: one line a case, and one head for the run. Read back as strictly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

Column = Literal["rules", "scripted", "replayed", "live"]
"""Whose words were measured: rules alone, a scripted model (tests), a replayed one, a live one.
Figures of different columns never stand in one."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Line):
    """One thing that is wrong with an outcome."""

    code: str
    """Of the taxonomy in eval/README.md."""
    detail: str


class CitationLine(_Line):
    """A citation as given, and what was found about it."""

    type: str
    source: str
    document: str
    identifier: str | None
    version: str | None
    status: str | None
    section: str | None
    page: int | None
    row: str | None
    passage: str
    quote: str
    exists: bool
    readable: bool
    verbatim: bool
    labelled: bool


class SentenceLine(_Line):
    """A sentence that states something, the citations under it, and whether they bear it."""

    text: str
    marks: tuple[int, ...]
    supported: bool


class AnswerLine(_Line):
    """One question of the suite `answers`."""

    suite: Literal["answers"] = "answers"
    id: str
    file: str
    half: str
    kind: str
    unit: str | None
    question: str
    answerable: bool
    expected: tuple[str, ...]
    groups: tuple[str, ...]
    as_of: date | None
    answer_kind: str
    text: str
    notices: tuple[str, ...]
    model: str | None
    prompts: tuple[tuple[str, str], ...]
    """(name, SHA-256) of every prompt that was used."""
    generation: int
    citations: tuple[CitationLine, ...]
    sentences: tuple[SentenceLine, ...]
    faults: tuple[Fault, ...]
    vital_found: int
    vital: int
    all_found: int
    all: int
    sources_found: int
    sources: int
    words: int
    copied: float
    first_s: float | None
    """Seconds to the first words that a person sees."""
    total_s: float
    prompt_tokens: int | None
    reply_tokens: int | None
    calls: int

    @property
    def passed(self) -> bool:
        """Tell whether nothing was found wrong."""
        return not self.faults

    @property
    def cluster(self) -> str:
        """Give the document that the question is about, for intervals."""
        return self.unit or f"{self.file}:{self.kind}"


class Head(_Line):
    """Of what and with what the figures were made."""

    made: date
    """The day that rules used, not the day of the run."""
    column: Column
    models: tuple[str, ...]
    prompts: tuple[tuple[str, str], ...]
    """(name, SHA-256) of all prompt files."""
    embedder: str
    generation: int
    index: str
    """SHA-256 over the sources and contents of all indexed documents, and the embedding model."""
    code: str
    """SHA-256 over the program's own files."""
    commit: str | None
    cases: tuple[tuple[str, str], ...]
    """(file, SHA-256) of every file of cases."""
    machine: str


def write_lines(path: Path, lines: Iterable[BaseModel]) -> None:
    """Write records as JSONL."""
    text = "".join(
        json.dumps(one.model_dump(mode="json"), ensure_ascii=False) + "\n" for one in lines
    )
    path.write_text(text, encoding="utf-8")


def read_lines(path: Path) -> list[AnswerLine]:
    """Read the results of the suite `answers` back. Raises ValueError naming line and field."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(AnswerLine.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise ValueError(f"{path.name}:{number}: {where}: {first['msg']}") from error
    return found


def in_one_column(columns: Sequence[Column]) -> Column:
    """Give the column of several results. Raises ValueError where they are not of one."""
    found = sorted(set(columns))
    if len(found) != 1:
        raise ValueError(
            f"figures of {' and '.join(found)} cannot stand in one column; run them apart"
        )
    return found[0]
