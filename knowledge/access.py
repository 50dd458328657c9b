"""Who may read which source: `access.yaml` in the workspace.

Read anew for every question, so that a right taken away is gone with the next one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import AccessError
from knowledge.passages import EVERYONE, Document, Origin, Reader, Status


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str = Field(min_length=1)
    read: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    rules: tuple[_Rule, ...] = ()
    status: dict[str, Status] = {}


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob on `/`-separated paths: `*` stays within a part, `**` crosses parts.

    Matching ignores case: on a case-insensitive disk `Restricted/` is `restricted/`, and a right
    must not hang on that."""
    out = ""
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position):
            out += "(?:[^/]+/)*"
            position += 3
        elif glob.startswith("**", position):
            out += ".*"
            position += 2
        elif glob[position] == "*":
            out += "[^/]*"
            position += 1
        elif glob[position] == "?":
            out += "[^/]"
            position += 1
        else:
            out += re.escape(glob[position])
            position += 1
    return re.compile(out + r"\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one `access.yaml`. The longest matching pattern decides; no match: everyone."""

    rules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    statuses: tuple[tuple[str, Status], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Access:
        """Read `path`; a missing file opens everything to everyone.

        Raises AccessError when the file is there and cannot be understood: a broken rule must
        close the library rather than open it."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError) as error:
            raise AccessError(f"{path.name} cannot be read ({error}). Mend it and ask again.") from error
        return cls.parse(text, name=path.name)

    @classmethod
    def parse(cls, text: str, name: str = "access.yaml") -> Access:
        """Understand the text of an `access.yaml`."""
        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}" if mark else "somewhere"
            raise AccessError(f"{name}, {where}: this is not YAML. Mend it and ask again.") from error
        try:
            file = _File.model_validate(raw if raw is not None else {})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the file"
            raise AccessError(f"{name}: {field}: {first['msg']}. Mend it and ask again.") from error
        rules = tuple((rule.path.strip().removeprefix("./"), rule.read) for rule in file.rules)
        return cls(rules, tuple(file.status.items()))

    def groups(self, source: str) -> tuple[str, ...] | None:
        """Give the groups that may read `source` by rule; None means everyone."""
        matching = [rule for rule in self.rules if _pattern(rule[0]).match(source)]
        if not matching:
            return None
        longest = max(len(glob) for glob, _ in matching)
        # Two rules of the same length that both match: only groups named by each of them.
        deciding = [set(read) for glob, read in matching if len(glob) == longest]
        shared = set.intersection(*deciding)
        return None if shared == {EVERYONE} else tuple(sorted(shared))

    def status(self, source: str) -> Status | None:
        """Give the status stated here for `source`, by exact path or the longest glob."""
        matching = [
            (len(glob), status) for glob, status in self.statuses if _pattern(glob).match(source)
        ]
        return max(matching)[1] if matching else None

    def may_read(self, reader: Reader, document: Document) -> bool:
        """Tell whether `reader` may read `document`: rule and front matter must both allow it."""
        if document.origin is Origin.GUIDANCE:
            return True
        return reader.in_any(self.groups(document.source)) and reader.in_any(document.read)
