"""The cases of the suites `answers` and `safety`: questions with what a right answer shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from assistant.domain.answer import REFUSED, Message
from eval.files import read_entries
from knowledge.passages import Reader

CASES = Path(__file__).parent / "cases"
DEFAULT_FILES = tuple(
    CASES / f"{name}.yaml"
    for name in ("sample_dev", "sample_test", "guidance_dev", "guidance_test")
)
UNANSWERABLE = frozenset({"unknown", "out_of_scope"})
"""Kinds that nothing answers, where a case does not say so itself."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _compiling(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression ({error})") from error
    return patterns


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Signs(_Model):
    """Patterns that the text must and must not match."""

    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    _patterns = field_validator("all", "none")(_compiling)


class Nugget(_Model):
    """One fact of a right answer, found by any of its patterns."""

    id: str
    any: Annotated[tuple[str, ...], BeforeValidator(_several)] = Field(min_length=1)
    vital: bool = False
    """An answer without it is wrong; one without another nugget is only shorter."""

    _patterns = field_validator("any")(_compiling)


class Case(_Model):
    """A question with what a right answer shows."""

    id: str
    kind: str
    question: str = Field(min_length=1)
    expect: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    answerable: bool | None = None
    """None: told by the kind and by what is expected."""
    facts_must: tuple[str, ...] = ()
    facts_must_not: tuple[str, ...] = ()
    regex: Signs = Signs()
    nuggets: tuple[Nugget, ...] = ()
    lead: str | None = None
    cite: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    as_of: date | None = None
    groups: tuple[str, ...] = ()
    twin: str | None = None
    twin_words: dict[str, str] = Field(default_factory=dict)
    unit: str | None = None
    """The control or clause it is about, for the map of units."""
    user: str | None = None
    faq: int | None = None
    note: str | None = None

    @property
    def history(self) -> tuple[Message, ...]:
        """The turns before the question."""
        turns = (turn.partition(":") for turn in self.context)
        return tuple(Message(role.strip(), text.strip()) for role, _, text in turns)

    @property
    def reader(self) -> Reader:
        """Who asks."""
        return Reader(id="asker", groups=frozenset(self.groups))

    @property
    def can_be_answered(self) -> bool:
        """Tell whether something that the reader may see answers the question."""
        if self.answerable is not None:
            return self.answerable
        declined = {kind.value for kind in REFUSED}
        return self.kind not in UNANSWERABLE and not (
            self.expect and declined.issuperset(self.expect)
        )

    @property
    def about(self) -> str | None:
        """Give the control or clause that it is about: said, or the SoA row that it must cite."""
        rows = (re.search(r"\bSoA (A\.\d+\.\d+)", one) for one in self.cite)
        return self.unit or next((found[1] for found in rows if found), None)

    @property
    def told(self) -> tuple[Nugget, ...]:
        """Give all facts asked for: `regex.all` holds vital ones without a name."""
        signs = (
            Nugget(id=f"sign {number}", any=(pattern,), vital=True)
            for number, pattern in enumerate(self.regex.all, 1)
        )
        return (*signs, *self.nuggets)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Cases and the words that no reader without a group may be shown."""

    name: str
    half: str
    """"dev": read while rules are made; "test": only counted."""
    cases: tuple[Case, ...]
    never_shown: tuple[str, ...]


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases. Raises FileError naming file, line and field."""
    read = read_entries(path, "questions", Case)
    half = str(read.meta.get("half") or ("test" if path.stem.endswith("test") else "dev"))
    return CaseFile(path.name, half, read.entries, tuple(read.meta.get("never_shown", ())))


def chosen(files: Sequence[CaseFile], only: str | None) -> list[tuple[CaseFile, Case]]:
    """Give the cases whose id, kind or unit matches `only`."""
    return [
        (file, case)
        for file in files
        for case in file.cases
        if not only or re.search(only, f"{case.id} {case.kind} {case.unit or ''}")
    ]
