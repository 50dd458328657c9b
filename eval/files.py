"""Reading YAML that people write: an error names the file, the line and the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Entry = TypeVar("Entry", bound=BaseModel)


class FileError(ValueError):
    """A file that a person wrote cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Entries(Generic[Entry]):
    """The list of a file, read strictly, and what else it says of itself."""

    entries: tuple[Entry, ...]
    meta: dict[str, Any]


def read_entries(path: Path, key: str, kind: type[Entry]) -> Entries[Entry]:
    """Read the list `key` of a file; beside it only `meta` may stand. Raises FileError."""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path.name}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise FileError(f"{path.name}{place}: is not YAML ({_problem(error)})") from error
    if not isinstance(content, dict) or not isinstance(content.get(key), list):
        raise FileError(f"{path.name}: has no list `{key}`; eval/README.md shows the form")
    unknown = sorted(set(content) - {key, "meta"})
    if unknown:
        line = _line(root, (unknown[0],))
        raise FileError(
            f"{path.name}:{line}: unknown field {unknown[0]!r}; known are {key} and meta"
        )
    entries = tuple(
        _entry(path, root, key, place, raw, kind) for place, raw in enumerate(content[key])
    )
    _once(path, root, key, entries)
    return Entries(entries, content.get("meta") or {})


def _entry(
    path: Path, root: yaml.Node | None, key: str, place: int, raw: object, kind: type[Entry]
) -> Entry:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        # An unknown field explains a missing one: it is the same one, misspelt.
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        where = [part for part in first["loc"] if isinstance(part, str | int)]
        name = raw.get("id", place + 1) if isinstance(raw, dict) else place + 1
        field = ".".join(map(str, where)) or "the entry"
        said = (
            f"unknown field; known are {', '.join(kind.model_fields)}"
            if first["type"] == "extra_forbidden" and len(where) == 1
            else "unknown field"
            if first["type"] == "extra_forbidden"
            else first["msg"].removeprefix("Value error, ")
        )
        line = _line(root, (key, place, *where))
        raise FileError(f"{path.name}:{line}: {key} {name}: {field}: {said}") from error


def _once(path: Path, root: yaml.Node | None, key: str, entries: Sequence[BaseModel]) -> None:
    seen: set[object] = set()
    for place, entry in enumerate(entries):
        name = getattr(entry, "id", None)
        if name in seen:
            line = _line(root, (key, place, "id"))
            raise FileError(f"{path.name}:{line}: {key} {name}: id: is there twice")
        seen.add(name)


def _line(root: yaml.Node | None, where: Sequence[str | int]) -> int:
    """Give the line, from 1, of the deepest part of `where` that the file has."""
    node, line = root, 1 if root is None else root.start_mark.line + 1
    for part in where:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == part:
                    found, line = value, name.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            found = node.value[int(part)]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error)
