"""The lines of bulk files, as `docs/formats.md` defines them: read strictly, written exactly.

The JSON Schemas in `bots/schemas/` are made from these models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from assistant.domain.answer import Answer, Kind, Message
from knowledge.passages import Citation, Reader
from knowledge.view import Hit

LONGEST_QUESTION = 8_000
"""Characters; a longer text is a document and not a question."""
Id = StrictStr | StrictInt


def _day(value: object) -> object:
    if value is None or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_day)]
Asked = Annotated[
    StrictStr, StringConstraints(min_length=1, max_length=LONGEST_QUESTION, pattern=r"\S")
]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Line):
    """What was said before the question."""

    role: Literal["user", "assistant"]
    text: StrictStr

    def message(self) -> Message:
        """Give the turn as the advisor takes it."""
        return Message(self.role, self.text)


class _Asking(_Line):
    id: Id
    groups: list[StrictStr] | None = None
    """Without groups the line reads as everyone."""
    history: list[Turn] | None = None
    as_of: Day | None = None

    def messages(self) -> tuple[Message, ...]:
        """Give the conversation before the question."""
        return tuple(turn.message() for turn in self.history or ())


class AskIn(_Asking):
    """A line of `annexa ask --batch`."""

    question: Asked
    user: StrictStr | None = None

    def reader(self) -> Reader:
        """Say who asks: never the owner, and a name alone is in no group."""
        return Reader(id=self.user, groups=frozenset(self.groups or ()))


class SearchIn(_Asking):
    """A line of `annexa search --batch`."""

    query: Asked
    k: Annotated[StrictInt, Field(ge=1, le=1_000)] | None = None
    """10 where it is not said."""

    def reader(self) -> Reader:
        """Say who searches: everyone, or someone in these groups."""
        return Reader(groups=frozenset(self.groups or ()))


class CitationOut(_Line):
    """A quote and where it stands."""

    type: Literal["document", "soa", "register", "guidance"]
    source: str
    document: str
    identifier: str | None
    version: str | None
    status: str | None
    approved: date | None
    effective: date | None
    section: str | None
    page: Annotated[int, Field(ge=1)] | None
    row: str | None
    quote: str
    passage: str

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        """Write a citation down."""
        return cls.model_validate(
            {name: getattr(citation, name) for name in cls.model_fields}
            | {"type": citation.type.value}
        )


class AskOut(_Line):
    """An answer to a line of `annexa ask --batch`."""

    id: Id | None
    kind: Literal["answer", "conflict", "clarify", "not_found", "refusal", "out_of_scope", "error"]
    answer: str
    citations: list[CitationOut]
    refused: bool
    latency_s: float
    model: str | None

    @classmethod
    def of(cls, asked: Id | None, answer: Answer, latency_s: float) -> AskOut:
        """Write an answer down; what is to be known about it stands below its text."""
        return cls(
            id=asked,
            kind=answer.kind.value,
            answer="\n\n".join([answer.text, *answer.notices]),
            citations=[CitationOut.of(one) for one in answer.citations],
            refused=answer.refused,
            latency_s=round(latency_s, 4),
            model=answer.model,
        )

    @classmethod
    def failed(cls, asked: Id | None, message: str, latency_s: float = 0.0) -> AskOut:
        """Write down why there is no answer."""
        return cls.of(asked, Answer(Kind.ERROR, message), latency_s)


class ResultOut(_Line):
    """A found passage."""

    rank: int
    score: float
    passage: str
    source: str
    document: str
    section: str | None
    page: int | None
    row: str | None
    text: str
    reasons: list[str]

    @classmethod
    def of(cls, rank: int, hit: Hit) -> ResultOut:
        """Write a hit down; `rank` counts from 1."""
        place = hit.passage.locator
        return cls(
            rank=rank,
            score=hit.score,
            passage=hit.passage.id,
            source=place.source,
            document=hit.document.facts.title,
            section=place.section,
            page=place.page,
            row=place.row,
            text=hit.passage.text,
            reasons=list(hit.reasons),
        )


class SearchOut(_Line):
    """What was found for a line of `annexa search --batch`. A bad line carries `error`."""

    id: Id | None
    results: list[ResultOut]
    latency_s: float
    kind: Literal["error"] | None = None
    error: str | None = None

    @classmethod
    def of(cls, asked: Id | None, hits: Sequence[Hit], latency_s: float) -> SearchOut:
        """Write hits down, best first."""
        return cls(
            id=asked,
            results=[ResultOut.of(rank, hit) for rank, hit in enumerate(hits, 1)],
            latency_s=round(latency_s, 4),
        )

    @classmethod
    def failed(cls, asked: Id | None, message: str, latency_s: float = 0.0) -> SearchOut:
        """Write down why nothing was searched."""
        return cls(id=asked, results=[], latency_s=latency_s, kind="error", error=message)

    def data(self) -> dict[str, Any]:
        """Give the line as JSON data; the fields of an error only where there is one."""
        return self.model_dump(mode="json", exclude_none=False, exclude=self._unused())

    def _unused(self) -> set[str] | None:
        return {"kind", "error"} if self.kind is None else None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used: its id where it has one, and what is wrong with it."""

    id: Id | None
    message: str


Read = TypeVar("Read", bound=BaseModel)


def read_line(raw: bytes, number: int, kind: type[Read]) -> Read | BadLine:
    """Read line `number` (from 1) of a bulk file."""
    try:
        value = json.loads(raw.decode("utf-8"))
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        return BadLine(None, f"line {number}: this is not UTF-8 text.")
    except (ValueError, RecursionError):
        return BadLine(None, f"line {number}: this is not JSON.")
    if not isinstance(value, dict):
        return BadLine(None, f"line {number}: this is not a JSON object.")
    said = value.get("id")
    known = said if isinstance(said, str | int) and not isinstance(said, bool) else None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        return BadLine(known, f"line {number}: {explain(error, kind)}")


def explain(error: ValidationError, kind: type[BaseModel]) -> str:
    """Say in one sentence which field is wrong and how."""
    wrong = error.errors(include_url=False)
    # A field that is not known explains one that is missing: it is the same one, misspelt.
    first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
    place = [part for part in first["loc"] if part not in ("str", "int")]
    field = ".".join(str(part) for part in place) or "the line"
    match first["type"]:
        case "extra_forbidden":
            known = ", ".join(kind.model_fields)
            return f"unknown field {field!r}; known are {known}."
        case "missing":
            return f"field {field!r} is missing."
        case "string_too_long":
            length = len(str(first["input"]))
            return f"field {field!r} has {length:,} characters; {LONGEST_QUESTION:,} is the limit."
        case "string_too_short" | "string_pattern_mismatch":
            return f"field {field!r} is empty."
        case _:
            message = first["msg"].removeprefix("Value error, ")
            return f"field {field!r}: {message}."


SCHEMAS: Mapping[str, type[BaseModel]] = {
    "ask-in": AskIn,
    "ask-out": AskOut,
    "search-in": SearchIn,
    "search-out": SearchOut,
}


def schema_text(name: str) -> str:
    """Give the JSON Schema of a kind of line as it is kept in `bots/schemas/`."""
    model = SCHEMAS[name]
    mode: Literal["validation", "serialization"] = (
        "validation" if name.endswith("-in") else "serialization"
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(mode=mode),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write the schemas into `folder`; `make schemas` does so after a change of the models."""
    for name in SCHEMAS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")
