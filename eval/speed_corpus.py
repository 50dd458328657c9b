"""What the speed measurement works on: files that go through the whole product, and questions.

Real files come from a benchmark folder: a whole ISMS as files, and the passages of rule books
joined into Markdown documents. Without one, the sample organisation is written again and again under
other titles. Synthetic documents are sentences of the real ones, drawn with a fixed seed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import knowledge
from eval import beir
from knowledge.chunking import split
from knowledge.parsing import SUFFIXES, Parser
from knowledge.passages import (
    BlockKind,
    Document,
    Facts,
    Locator,
    Origin,
    ParsedDocument,
    Passage,
    Span,
    Status,
)
from knowledge.text import sentences

SEED = 20260101
PER_DOCUMENT = 40
"""Passages of a document that is joined or made up."""
SAMPLE = Path(knowledge.__file__).parent / "sample"

QUESTIONS = (
    "How long are backups kept?",
    "Who approves a new supplier?",
    "What must I do when I lose my laptop?",
    "Is A.8.24 applicable and why?",
    "What does clause 8.2 ask for?",
    "May I use my own phone for work?",
    "How often are access rights reviewed?",
    "How long must a pw be?",
    "When was the information security policy approved?",
    "Which risks are still open?",
    "Wie lange werden Protokolle aufbewahrt?",
    "What is the maximum speed of a forklift in the warehouse?",
)
"""Questions of the product's kind; the last one has no answer in most libraries."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files in `folder`, in the order in which they were made, with their numbers of passages."""

    folder: Path
    kind: str
    """What they are, for the report."""
    files: tuple[tuple[str, int], ...]
    questions: tuple[str, ...]

    @property
    def passages(self) -> int:
        return sum(count for _, count in self.files)

    @property
    def bytes(self) -> int:
        return sum((self.folder / name).stat().st_size for name, _ in self.files)

    def first(self, passages: int, folder: Path) -> Path:
        """Copy the first files that make so many passages into `folder`."""
        for name, count in self.files:
            if passages <= 0:
                break
            passages -= count
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / name, target)
        return folder


def make(folder: Path, passages: int, questions: int, data: Path | None) -> Corpus:
    """Write files of about so many passages into `folder`; `data` is a folder of benchmarks.

    Files are read and split once here, only to count. Raises BeirError if `data` holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    if data is None:
        made, kind = _sample_again(folder), "the sample organisation, multiplied"
        asked: Sequence[str] = ()
    else:
        made = _real_files(folder, data)
        kind = "real passages"
        asked = _bench_questions(data, questions)
    files: list[tuple[str, int]] = []
    with Parser() as parser:
        for name in made:
            parsed = parser.parse(folder / name, name)
            files.append((name, len(split("counted", parsed, name))))
            if sum(count for _, count in files) >= passages:
                break
    return Corpus(folder, kind, tuple(files), (*QUESTIONS, *asked)[: max(questions, 1)])


def _real_files(folder: Path, data: Path) -> Iterator[str]:
    organisation = data / "cenedril_org"
    rule_books = data / "obliqa_dev"
    if not organisation.is_dir() and not rule_books.is_dir():
        raise beir.BeirError(f"{data} holds neither cenedril_org nor obliqa_dev")
    for path in sorted(organisation.rglob("*")):
        if path.is_file() and path.suffix.casefold() in SUFFIXES and path.name != "README.md":
            name = path.relative_to(data).as_posix()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
            yield name
    if rule_books.is_dir():
        texts = [one.text for one in beir.read_corpus(beir.find_corpus(rule_books))]
        for start in range(0, len(texts), PER_DOCUMENT):
            number = start // PER_DOCUMENT + 1
            name = f"rule-books/part-{number:04d}.md"
            _write(
                folder / name,
                f"RB-{number:04d}",
                f"Rule book, part {number}",
                map(_as_markdown, texts[start : start + PER_DOCUMENT]),
            )
            yield name


def _as_markdown(text: str) -> str:
    """Write a short line without a full stop as the heading that it was in its rule book."""
    heading = len(text) <= 80 and "\n" not in text and text.strip()[-1:] not in ".;:,"
    return f"## {text}" if heading else text


def _sample_again(folder: Path) -> Iterator[str]:
    """Write the sample organisation's texts again for site after site, without end."""
    with Parser() as parser:
        parsed = [
            parser.parse(path, path.relative_to(SAMPLE).as_posix())
            for path in sorted(SAMPLE.rglob("*"))
            if path.is_file() and path.suffix.casefold() in SUFFIXES
        ]
    site = 0
    while True:
        site += 1
        for at, document in enumerate(parsed, 1):
            name = f"site-{site:03d}/document-{at:02d}.md"
            title = f"{document.facts.title}, site {site}"
            _write(folder / name, f"S{site:03d}-{at:02d}", title, _texts_of(document))
            yield name


def _texts_of(document: ParsedDocument) -> Iterator[str]:
    for block in document.blocks:
        if block.kind is BlockKind.HEADING:
            yield f"{'#' * min(block.level + 1, 6)} {block.text}"
        else:
            yield f"- {block.text}" if block.kind is BlockKind.LIST_ITEM else block.text


def _write(path: Path, identifier: str, title: str, texts: Iterator[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    front = {"id": identifier, "title": title, "status": "approved", "approved": "2026-01-15"}
    lines = [f"{name}: {json.dumps(value)}" for name, value in front.items()]
    path.write_text("\n".join(["---", *lines, "---", "", f"# {title}", ""]), encoding="utf-8")
    with path.open("a", encoding="utf-8") as stream:
        for text in texts:
            stream.write(f"\n{text}\n")


def _bench_questions(data: Path, count: int) -> list[str]:
    """Draw questions from the benchmarks about the same texts, taking turns."""
    sets = [
        [query.text for query in beir.read(data / name).queries]
        for name in ("cen_en_paraphrase", "obliqa_dev")
        if (data / name).is_dir()
    ]
    random = np.random.default_rng(SEED)
    drawn = [[one[at] for at in random.permutation(len(one))[:count]] for one in sets]
    return [text for turn in zip(*drawn, strict=False) for text in turn]


def synthetic(
    texts: Sequence[str], passages: int
) -> Iterator[tuple[Document, tuple[Passage, ...]]]:
    """Make up documents of `PER_DOCUMENT` passages from the sentences of `texts`."""
    pool = [one for text in texts for one in sentences(text) if 20 <= len(one) <= 300]
    random = np.random.default_rng(SEED)
    for first in range(0, passages, PER_DOCUMENT):
        number = first // PER_DOCUMENT + 1
        source = f"synthetic/document-{number:05d}.md"
        owner = Document(
            id=hashlib.sha256(source.encode()).hexdigest()[:16],
            source=source,
            origin=Origin.DOCUMENT,
            facts=Facts(
                title=f"Synthetic document {number}",
                identifier=f"SYN-{number:05d}",
                status=Status.APPROVED,
            ),
            content_hash=hashlib.sha256(f"{SEED}{source}".encode()).hexdigest(),
        )
        size = min(PER_DOCUMENT, passages - first)
        chosen = random.integers(len(pool), size=(size, 4))
        yield (
            owner,
            tuple(
                _synthetic_passage(owner, at, " ".join(pool[one] for one in row[: 1 + at % 4]))
                for at, row in enumerate(chosen)
            ),
        )


def _synthetic_passage(owner: Document, ordinal: int, text: str) -> Passage:
    section = f"{ordinal // 4 + 1} Section {ordinal // 4 + 1}"
    return Passage(
        id=hashlib.sha256(f"{owner.id}{ordinal}".encode()).hexdigest()[:16],
        document=owner.id,
        ordinal=ordinal,
        text=text,
        search_text=f"{owner.facts.title}\n{section}\n{text}",
        locator=Locator(owner.source, (section,), section),
        spans=(Span(0, len(text), section),),
    )
