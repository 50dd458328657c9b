"""Documents, passages and an embedder made by hand, for tests of the library.

Imported by tests and by the child processes that tests start.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.parsing import Limits, formats
from knowledge.passages import (
    Document,
    Facts,
    Locator,
    Origin,
    ParsedDocument,
    Passage,
    Span,
    Status,
)

TODAY = date(2026, 11, 23)


class HashEmbedder:
    """Give every text a unit vector from the hashes of its words; equal texts have equal vectors.

    `delay_s` makes a batch slow; `calls` keeps what it was asked for."""

    def __init__(self, name: str = "hash-1", dimension: int = 16, delay_s: float = 0.0) -> None:
        self._name = name
        self._dimension = dimension
        self._delay_s = delay_s
        self.calls: list[tuple[str, ...]] = []

    @property
    def fingerprint(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        self.calls.append(tuple(texts))
        time.sleep(self._delay_s)
        return np.stack([self._vector(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._vector(text)

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = np.zeros(self._dimension, dtype=np.float64)
        for word in re.findall(r"\w+", text.casefold()) or [""]:
            digest = hashlib.sha256(f"{self._name}\0{word}".encode()).digest()
            total += np.frombuffer(digest, dtype=np.uint8)[: self._dimension] - 127.5
        return (total / np.linalg.norm(total)).astype(np.float32)


def document(source: str, **facts: Any) -> Document:
    """Make a document; keywords are its facts, and `origin`, `read`, `id` its own fields."""
    origin = facts.pop("origin", Origin.DOCUMENT)
    read = facts.pop("read", None)
    own = facts.pop("id", hashlib.sha256(source.encode()).hexdigest()[:16])
    values: dict[str, Any] = {"title": source.rsplit("/", 1)[-1], "status": Status.APPROVED}
    values.update(facts)
    return Document(
        id=own,
        source=source,
        origin=origin,
        facts=Facts(**values),
        content_hash=hashlib.sha256(f"{source}{facts}".encode()).hexdigest(),
        read=read,
    )


def passages(owner: Document, *texts: str | tuple[str, str]) -> list[Passage]:
    """Make the passages of a document; a text may be given as (section, text)."""
    made = []
    for ordinal, given in enumerate(texts):
        section, text = given if isinstance(given, tuple) else (None, given)
        name = f"{owner.id}\0{ordinal}\0{text}"
        made.append(
            Passage(
                id=hashlib.sha256(name.encode()).hexdigest()[:16],
                document=owner.id,
                ordinal=ordinal,
                text=text,
                search_text=f"{owner.facts.title}\n{section or ''}\n{text}",
                locator=Locator(
                    source=owner.source,
                    section=section,
                    heading_path=(section,) if section else (),
                ),
                spans=(Span(0, len(text), section),),
            )
        )
    return made


def row(
    owner: Document, ordinal: int, key: str, text: str, controls: tuple[str, ...] = ()
) -> Passage:
    """Make a row of a register."""
    made = passages(owner, text)[0]
    name = f"{owner.id}\0{ordinal}\0{key}\0{text}"
    return replace(
        made,
        id=hashlib.sha256(name.encode()).hexdigest()[:16],
        ordinal=ordinal,
        locator=replace(made.locator, row=key),
        controls=controls,
    )


class InProcessParser:
    """Reads files in this process: as `knowledge.parsing.Parser` does, without its safety."""

    def __enter__(self) -> InProcessParser:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def parse(self, path: Path, source: str) -> ParsedDocument:
        return formats.read(path.read_bytes(), source, Limits())


def few_guidance_documents() -> tuple[tuple[Document, tuple[Passage, ...]], ...]:
    """Stand in for the built-in guidance, which takes long to index."""
    made = []
    for name, text in (
        ("A.8.13", "A.8.13 Information backup: keep copies and try to restore them."),
        ("A.5.15", "A.5.15 Access control: decide who may use what."),
    ):
        owner = document(f"guidance:{name}", title=name, origin=Origin.GUIDANCE)
        made.append((owner, tuple(passages(owner, text))))
    return tuple(made)
