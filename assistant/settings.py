"""Settings of one run, from environment variables and `annexa.toml` in the workspace.

The only module that reads environment variables. A variable beats the file; an option of a command
beats both.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

DEFAULT_WORKSPACE = "./annexa-workspace"

VARIABLES: Mapping[str, str] = {
    "ANNEXA_WORKSPACE": "folder that holds what Annexa makes; default ./annexa-workspace",
    "ANNEXA_TODAY": "the day that rules use (YYYY-MM-DD); default the system's day",
    "ANNEXA_EMBEDDER": "embedding model: embedded (default), embedded:minilm, embedded:bge, "
    "embedded:both, or sentence-transformers:NAME_OR_PATH",
    "ANNEXA_MODEL": "language model; empty: none",
    "ANNEXA_BENCH": "folder of benchmarks, for `make bench` and tests; without it they do without",
}


class SettingsError(Exception):
    """A setting cannot be used; the text says which and how to mend it."""


class _File(BaseModel):
    """`annexa.toml` in a workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    embedder: str | None = None
    organisation: str | None = None
    folder: str | None = None


class Settings(BaseModel):
    """Everything that a run needs to know from outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Path
    today: date
    embedder: str = "embedded"
    model: str | None = None
    organisation: str | None = None
    folder: Path | None = None

    @field_validator("embedder")
    @classmethod
    def _known_embedder(cls, value: str) -> str:
        if value.split(":", 1)[0] not in {"embedded", "sentence-transformers"}:
            raise ValueError(
                "must be embedded, embedded:minilm, embedded:bge, embedded:both or "
                "sentence-transformers:NAME_OR_PATH"
            )
        return value


def read_settings(
    *,
    workspace: str | Path | None = None,
    today: str | date | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings. Raises SettingsError naming the variable or the line of the file."""
    given = os.environ if environment is None else environment
    place = Path(workspace or given.get("ANNEXA_WORKSPACE") or DEFAULT_WORKSPACE).expanduser()
    file = _read_file(place / "annexa.toml")
    day = today or given.get("ANNEXA_TODAY") or date.today()  # noqa: DTZ011  a person's day
    try:
        return Settings(
            workspace=place,
            today=date.fromisoformat(day) if isinstance(day, str) else day,
            embedder=given.get("ANNEXA_EMBEDDER") or file.embedder or "embedded",
            model=given.get("ANNEXA_MODEL") or None,
            organisation=file.organisation,
            folder=Path(file.folder) if file.folder else None,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise SettingsError(f"the day must be written YYYY-MM-DD, not {day!r}") from error


def bench_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """Give the folder of benchmarks that ANNEXA_BENCH names, or None."""
    named = (os.environ if environment is None else environment).get("ANNEXA_BENCH")
    return Path(named).expanduser() if named else None


def _read_file(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return _File()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
