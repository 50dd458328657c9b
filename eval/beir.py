"""Retrieval benchmarks in BEIR form: a corpus, queries, and which passages answer them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BeirError(Exception):
    """A benchmark's files cannot be read; the message names file and line."""


@dataclass(frozen=True, slots=True)
class CorpusPassage:
    """One line of a corpus. It is one passage and is never split again."""

    id: str
    title: str
    text: str
    read: tuple[str, ...] | None = None
    """Groups that may read it; None: everyone."""

    @property
    def full(self) -> str:
        """Title above text, as both engines see it."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Query:
    id: str
    text: str
    """What is searched: of a conversation, its last three turns of the user."""
    groups: tuple[str, ...] = ()
    """Groups of whoever asks, besides everyone."""


@dataclass(frozen=True, slots=True)
class BeirSet:
    """A benchmark. `relevant` holds grades above 0 by query and passage."""

    name: str
    corpus_file: Path
    queries: tuple[Query, ...]
    relevant: Mapping[str, Mapping[str, int]]


_TURNS = 3
"""Turns of a conversation that make a query: earlier ones name the subject, older ones another."""


def find(folder: Path) -> list[Path]:
    """List the benchmarks in `folder`: itself, or its sub-folders that are one."""
    if _is_set(folder):
        return [folder]
    found = sorted(path for path in folder.iterdir() if _is_set(path)) if folder.is_dir() else []
    if not found:
        raise BeirError(
            f"{folder} holds no benchmark: expected corpus.jsonl, queries.jsonl and qrels.tsv "
            "there or in its sub-folders"
        )
    return found


def read(folder: Path) -> BeirSet:
    """Read the queries and judgements of one benchmark; `read_corpus` reads its passages."""
    queries = tuple(
        query for line, data in _lines(folder / "queries.jsonl") if (query := _query(line, data))
    )
    return BeirSet(folder.name, find_corpus(folder), queries, _judgements(_qrels_file(folder)))


def read_corpus(path: Path) -> tuple[CorpusPassage, ...]:
    """Read a corpus file, one passage a line."""
    passages: dict[str, CorpusPassage] = {}
    for line, data in _lines(path):
        passage = CorpusPassage(
            _text(line, data, "_id"),
            _text(line, data, "title", ""),
            _text(line, data, "text"),
            _groups(line, data, "read") if "read" in data else None,
        )
        if passage.id in passages:
            raise BeirError(f"{line}: the passage {passage.id!r} stands there twice")
        passages[passage.id] = passage
    return tuple(passages.values())


def _is_set(folder: Path) -> bool:
    return (folder / "corpus.jsonl").is_file() and (folder / "queries.jsonl").is_file()


def find_corpus(folder: Path) -> Path:
    """Find the corpus: the file itself, or the one that its only line names."""
    path = folder / "corpus.jsonl"
    with path.open(encoding="utf-8") as stream:
        first = stream.readline().strip()
        if not first or first.startswith("{") or stream.readline().strip():
            return path.resolve()
    target = (folder / first).resolve()
    if not target.is_file():
        raise BeirError(f"{path}:1: names the corpus {first!r}, which is not there")
    return target


def _qrels_file(folder: Path) -> Path:
    names = ["qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv"]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise BeirError(f"{folder} has no judgements: expected one of {', '.join(names)}")


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (file:line, object) of a file with a JSON object a line."""
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                place = f"{path}:{number}"
                if not line.strip():
                    continue
                try:
                    data = json.loads(line)
                except json.JSONDecodeError as error:
                    raise BeirError(f"{place}: is not JSON ({error.msg})") from error
                if not isinstance(data, dict):
                    raise BeirError(f"{place}: expected an object")
                yield place, data
    except (OSError, UnicodeDecodeError) as error:
        raise BeirError(f"{path} cannot be read: {error}") from error


def _text(place: str, data: dict[str, Any], field: str, default: str | None = None) -> str:
    value = data.get(field, default)
    if not isinstance(value, str):
        raise BeirError(f"{place}: the field {field!r} must be a text")
    return value


def _query(place: str, data: dict[str, Any]) -> Query | None:
    """Read a query; one without words, such as an empty conversation, is left out."""
    text = _text(place, data, "text")
    history = data.get("history") or []
    try:
        turns = [(str(role), str(said)) for role, said in history]
    except (TypeError, ValueError) as error:
        raise BeirError(f"{place}: 'history' must be a list of [role, text]") from error
    if turns:
        said = [words for role, words in turns if role == "user"]
        # Some sets repeat the conversation's last turn as the text, be it the user's or not.
        if text.strip() and turns[-1][1] != text:
            said.append(text)
        text = "\n".join(said[-_TURNS:])
    groups = _groups(place, data, "groups")
    return Query(_text(place, data, "_id"), text, groups) if text.strip() else None


def _groups(place: str, data: dict[str, Any], field: str) -> tuple[str, ...]:
    value = data.get(field, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BeirError(f"{place}: the field {field!r} must be a list of groups")
    return tuple(value)


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    relevant: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and not fields[-1].strip().lstrip("-").isdigit()):
            continue
        try:
            query, passage, grade = fields
            if int(grade) > 0:
                relevant.setdefault(query, {})[passage] = int(grade)
        except ValueError as error:
            raise BeirError(
                f"{path}:{number}: expected query, passage and a whole grade, parted by tabs"
            ) from error
    return relevant
