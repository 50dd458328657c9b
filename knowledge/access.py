"""Who may read which source: `access.yaml` in the workspace.

Read anew for every question, so that a right taken away is gone with the next one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

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


class _Loader(yaml.SafeLoader):
    """YAML in which a key may not be given twice: the first rules would be dropped unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _glob(written: str) -> str:
    """Bring a pattern into the form of sources: a rule that matches nothing would open a folder.

    A folder's name with a slash behind it means all that is in it; a slash in front means nothing;
    accents are composed, whichever way a disk or an editor writes them."""
    path = unicodedata.normalize("NFC", written.strip().replace("\\", "/"))
    path = path.removeprefix("./").lstrip("/")
    return f"{path}**" if path.endswith("/") else path


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
        elif glob[position] == "[" and (end := glob.find("]", position + 2)) > 0:
            inside = glob[position + 1 : end].replace("\\", "\\\\")
            negated = inside.startswith("!")
            out += f"[{'^' if negated else ''}{inside[negated:]}]"
            position = end + 1
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
            raise AccessError(
                f"{path.name} cannot be read ({error}). Mend it and ask again."
            ) from error
        return cls.parse(text, name=path.name)

    @classmethod
    def parse(cls, text: str, name: str = "access.yaml") -> Access:
        """Understand the text of an `access.yaml`."""
        try:
            raw = yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}" if mark else "somewhere"
            problem = getattr(error, "problem", None) or "this is not YAML"
            raise AccessError(f"{name}, {where}: {problem}. Mend it and ask again.") from error
        try:
            file = _File.model_validate(raw if raw is not None else {})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the file"
            raise AccessError(f"{name}: {field}: {first['msg']}. Mend it and ask again.") from error
        rules = tuple((_glob(rule.path), rule.read) for rule in file.rules)
        return cls(rules, tuple((_glob(path), status) for path, status in file.status.items()))

    def groups(self, source: str) -> tuple[str, ...] | None:
        """Give the groups that may read `source` by rule; None means everyone."""
        path = unicodedata.normalize("NFC", source)
        matching = [rule for rule in self.rules if _pattern(rule[0]).match(path)]
        if not matching:
            return None
        longest = max(len(glob) for glob, _ in matching)
        # Two rules of the same length that both match: only groups named by each of them.
        deciding = [set(read) for glob, read in matching if len(glob) == longest]
        narrowing = [groups for groups in deciding if EVERYONE not in groups]
        return tuple(sorted(set.intersection(*narrowing))) if narrowing else None

    def status(self, source: str) -> Status | None:
        """Give the status stated here for `source`, by exact path or the longest glob."""
        path = unicodedata.normalize("NFC", source)
        matching = [
            (len(glob), status) for glob, status in self.statuses if _pattern(glob).match(path)
        ]
        return max(matching)[1] if matching else None

    def may_read(self, reader: Reader, document: Document) -> bool:
        """Tell whether `reader` may read `document`: rule and front matter must both allow it."""
        if document.origin is Origin.GUIDANCE:
            return True
        return reader.in_any(self.groups(document.source)) and reader.in_any(document.read)
