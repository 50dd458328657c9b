"""The files that plans are drafted from, as `docs/formats.md` defines them: read strictly.

The JSON Schemas in `bots/schemas/` are made from these models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import click
import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    StrictStr,
    StringConstraints,
    ValidationError,
    field_validator,
)

from assistant.domain.plan import Field, Finding, Grade, Source
from assistant.planning.scripted import Answers
from bots.cli.lines import Day

LONGEST_FINDING = 20_000
Read = TypeVar("Read", bound=BaseModel)
FieldName = Literal[
    "finding_id", "source", "requirement", "objective_evidence", "statement", "grade", "risk",
    "containment", "correction", "consequences", "extent", "cause_analysis", "root_cause", "actions",
    "isms_changes", "closure_evidence", "effectiveness", "approval", "cb_acceptance", "closure",
    "history",
]  # fmt: skip


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FindingIn(_File):
    """`FINDING.yaml`: a finding exactly as the auditor typed it."""

    id: Annotated[StrictStr, StringConstraints(min_length=1, max_length=80)]
    text: Annotated[
        StrictStr, StringConstraints(min_length=1, max_length=LONGEST_FINDING, pattern=r"\S")
    ]
    source: Literal["internal", "certification_body", "customer", "regulator", "incident", "self"]
    audit_date: Day | None = None
    grade: Literal["major", "minor", "ofi"] | None = None
    """Only a person sets it."""
    auditor: StrictStr | None = None
    audit: StrictStr | None = None
    """Name of the audit or of the certification body."""
    due: Day | None = None
    """The day that whoever raised it set for the answer."""
    repeat_of: StrictStr | None = None

    @field_validator("audit_date", "due", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return value.isoformat() if hasattr(value, "isoformat") else value

    @field_validator("id", mode="before")
    @classmethod
    def _id(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def finding(self) -> Finding:
        """Give the finding as the planner takes it."""
        return Finding(
            id=self.id,
            text=self.text,
            source=Source(self.source),
            audit_date=self.audit_date,
            grade=Grade(self.grade) if self.grade else None,
            auditor=self.auditor,
            audit=self.audit,
            due=self.due,
            repeat_of=self.repeat_of,
        )


class ReplyIn(_File):
    """A reply to questions of a kind."""

    when: StrictStr
    """Regular expression over the question; upper and lower case are alike."""
    say: StrictStr

    @field_validator("when")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression ({error})") from error
        return value


Fact = StrictStr | list[StrictStr | dict[str, Any]] | dict[str, Any]


class AnswersIn(_File):
    """`ANSWERS.yaml`: what a scripted lead says."""

    facts: dict[FieldName, Fact] = {}
    """By field: said whenever that field is asked about."""
    unknown: list[FieldName] = []
    """Fields that are answered with "I don't know"."""
    replies: list[ReplyIn] = []
    otherwise: StrictStr = "I don't know"

    def answers(self) -> Answers:
        """Give the answers as the conversation takes them."""
        return Answers(
            facts={Field(name): _said(fact) for name, fact in self.facts.items()},
            unknown=frozenset(Field(name) for name in self.unknown),
            replies=[(re.compile(one.when, re.IGNORECASE), one.say) for one in self.replies],
            otherwise=self.otherwise,
        )


def _said(fact: object) -> str:
    """Write a fact that is a list or a mapping as a person would say it, an item a line."""
    if isinstance(fact, Mapping):
        return "; ".join(f"{name}: {_said(value)}" for name, value in fact.items())
    if isinstance(fact, list):
        return "\n".join(_said(one) for one in fact)
    return fact.isoformat() if hasattr(fact, "isoformat") else str(fact)


SCHEMAS: Mapping[str, type[BaseModel]] = {"finding": FindingIn, "answers": AnswersIn}


def schema_text(name: str) -> str:
    """Give the JSON Schema of a file as it is kept in `bots/schemas/`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SCHEMAS[name].model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write the schemas into `folder`; to be run after a change of the models."""
    for name in SCHEMAS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")


class _Strings(yaml.SafeLoader):
    """Reads YAML with days kept as days and nothing turned into objects of other kinds."""


def read_file(path: Path, kind: type[Read]) -> Read:
    """Read a YAML file. Raises UsageError that names line and field."""
    try:
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 text.") from error
    try:
        node = yaml.compose(text, _Strings)
        value = yaml.load(text, _Strings)  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise click.UsageError(
            f"{path}, line {line}: this is not YAML ({error.problem})."
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise click.UsageError(
            f"{path}: this is not YAML ({' '.join(str(error).split())})."
        ) from error
    if not isinstance(value, dict):
        raise click.UsageError(f"{path}: this is not a list of fields (name: value).")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise click.UsageError(f"{path}, {_explain(error, kind, node)}") from error


def _explain(error: ValidationError, kind: type[BaseModel], node: yaml.Node | None) -> str:
    wrong = error.errors(include_url=False)
    first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
    place = [part for part in first["loc"] if part not in {"[key]", "str"}]
    line = _line(node, place)
    field = ".".join(str(part) for part in place)
    match first["type"]:
        case "extra_forbidden":
            what = f"unknown field {field!r}; known are {', '.join(kind.model_fields)}."
        case "missing":
            what = f"field {field!r} is missing."
        case _:
            what = f"field {field!r}: {first['msg'].removeprefix('Value error, ')}."
    return f"line {line}: {what}"


def _line(node: yaml.Node | None, place: list[Any]) -> int:
    """Give the line of a field, or of the nearest that is there."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
