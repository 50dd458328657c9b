"""Settings of one run, from environment variables and `annexa.toml` in the workspace.

The only module that reads environment variables. A variable beats the file; an option of a command
beats both.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

DEFAULT_WORKSPACE = "./annexa-workspace"
PROVIDERS = ("anthropic", "ollama", "openai")
"""Providers of language models; each is an extra of the same name."""
DESTINATIONS = ("any", "local", "none", *PROVIDERS)
"""What `[privacy]` may allow for a classification."""

VARIABLES: Mapping[str, str] = {
    "ANNEXA_WORKSPACE": "folder that holds what Annexa makes; default ./annexa-workspace",
    "ANNEXA_TODAY": "the day that rules use (YYYY-MM-DD); default the system's day",
    "ANNEXA_EMBEDDER": "embedding model: embedded (default), embedded:minilm, embedded:bge, "
    "embedded:both, or sentence-transformers:NAME_OR_PATH",
    "ANNEXA_MODEL": "language model, PROVIDER:NAME; unset or none: none",
    "ANNEXA_FALLBACK_MODEL": "language model that is asked when the first fails",
    "ANNEXA_MODEL_SECONDS": "longest time for a whole answer with a model; default 25, at most 30",
    "ANNEXA_BENCH": "folder of benchmarks, for `make bench` and tests; without it they do without",
    "OPENAI_API_KEY": "key for openai: models",
    "OPENAI_BASE_URL": "where openai: models are, for any server that speaks OpenAI's API",
    "ANTHROPIC_API_KEY": "key for anthropic: models",
    "ANTHROPIC_BASE_URL": "where anthropic: models are, for a gateway that speaks Anthropic's API",
    "SLACK_BOT_TOKEN": "bot token of the Slack app, xoxb-…",
    "SLACK_APP_TOKEN": "app-level token for Socket Mode, xapp-…",
    "SLACK_SIGNING_SECRET": "signing secret of the Slack app, for HTTP instead of Socket Mode",
    "SLACK_API_URL": "where Slack's Web API is; default https://slack.com/api/",
    "OLLAMA_HOST": "where Ollama listens; default 127.0.0.1:11434",
}

_OF_OTHERS = (
    "LANGCHAIN_HANDLER LANGCHAIN_TRACING LANGCHAIN_TRACING_V2 LANGSMITH_TRACING "
    "LANGSMITH_TRACING_V2 LANGSMITH_GATEWAY LANGSMITH_OTEL_ENABLED OTEL_ENABLED OPENAI_LOG "
    "ANTHROPIC_LOG"
).split()
"""Variables by which a library would send or log what people ask, or reroute it."""


class SettingsError(Exception):
    """A setting cannot be used; the text says which and how to mend it."""


def _several(value: object) -> object:
    """Take one word for a list of one."""
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_several)]


class _Model(BaseModel):
    """`[model]` of `annexa.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    primary: str | None = None
    fallback: str | None = None
    seconds: float | None = None
    steps: int | None = None
    reply_tokens: int | None = None
    connect_seconds: float | None = None
    silence_seconds: float | None = None


class _People(BaseModel):
    """`[people]` of `annexa.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    leads: Words = ()


class _Slack(BaseModel):
    """`[slack]` of `annexa.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    groups: dict[str, Words] = {}


class _File(BaseModel):
    """`annexa.toml` in a workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    embedder: str | None = None
    organisation: str | None = None
    folder: str | None = None
    model: _Model = _Model()
    people: _People = _People()
    slack: _Slack = _Slack()
    privacy: dict[str, Words] | None = None


class Providers(BaseModel):
    """Where the providers of language models are, and the keys for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    openai_url: str = "https://api.openai.com/v1"
    openai_key: SecretStr | None = None
    anthropic_url: str = "https://api.anthropic.com"
    anthropic_key: SecretStr | None = None
    ollama_url: str = "http://127.0.0.1:11434"


class Slack(BaseModel):
    """What the Slack door needs; without tokens there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    api_url: str = "https://slack.com/api/"
    groups: Mapping[str, tuple[str, ...]] = {}
    """Group of `access.yaml` → ids of the Slack user groups whose members are in it."""


class Settings(BaseModel):
    """Everything that a run needs to know from outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Path
    today: date
    embedder: str = "embedded"
    model: str | None = None
    fallback_model: str | None = None
    model_seconds: float = Field(default=25.0, gt=0, le=30)
    """For a whole answer, from the question on."""
    model_steps: int = Field(default=6, ge=1, le=20)
    """Calls to a model in one run of it."""
    reply_tokens: int = Field(default=4_000, ge=200)
    """Longest reply of one call, thinking included."""
    connect_seconds: float = Field(default=5.0, gt=0, le=30)
    silence_seconds: float = Field(default=12.0, gt=0, le=30)
    """How long a model may send nothing before it counts as hanging."""
    privacy: Mapping[str, tuple[str, ...]] | None = None
    """Classification, case-folded, or "*" → where its documents may go; None: to any model."""
    leads: tuple[str, ...] = ()
    """Groups that answer questions which were passed on to a person."""
    providers: Providers = Providers()
    slack: Slack = Slack()
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

    @field_validator("privacy")
    @classmethod
    def _known_destinations(
        cls, value: Mapping[str, tuple[str, ...]] | None
    ) -> Mapping[str, tuple[str, ...]] | None:
        folded: dict[str, tuple[str, ...]] = {}
        for name, places in (value or {}).items():
            unknown = [one for one in places if one not in DESTINATIONS]
            if unknown or not places:
                said = repr(unknown[0]) if unknown else "an empty list"
                raise ValueError(f"{name}: {said} is none of {', '.join(DESTINATIONS)}")
            key = " ".join(name.casefold().split())
            if key in folded:
                raise ValueError(f"{name}: is there twice")
            folded[key] = places
        return None if value is None else folded


_FROM = {
    "embedder": ("ANNEXA_EMBEDDER", "embedder"),
    "model": ("ANNEXA_MODEL", "primary"),
    "fallback_model": ("ANNEXA_FALLBACK_MODEL", "fallback"),
    "model_seconds": ("ANNEXA_MODEL_SECONDS", "seconds"),
    "model_steps": ("", "steps"),
    "reply_tokens": ("", "reply_tokens"),
    "connect_seconds": ("", "connect_seconds"),
    "silence_seconds": ("", "silence_seconds"),
}
"""Setting → (variable, key in the file)."""


def read_settings(
    *,
    workspace: str | Path | None = None,
    today: str | date | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings. Raises SettingsError naming the variable or the line of the file."""
    given = os.environ if environment is None else environment
    place = Path(workspace or given.get("ANNEXA_WORKSPACE") or DEFAULT_WORKSPACE).expanduser()
    path = place / "annexa.toml"
    text, file = _read_file(path)
    day = today or given.get("ANNEXA_TODAY") or date.today()  # noqa: DTZ011  a person's day
    in_file = {**file.model_dump(include={"embedder"}), **file.model.model_dump()}
    chosen: dict[str, Any] = {}
    for setting, (variable, key) in _FROM.items():
        value = given.get(variable) or in_file[key]
        if value is not None and not (setting.endswith("model") and value == "none"):
            chosen[setting] = value
    try:
        return Settings(
            workspace=place,
            today=date.fromisoformat(day) if isinstance(day, str) else day,
            privacy=file.privacy,
            leads=file.people.leads,
            providers=_providers(given),
            slack=_slack(given, file.slack),
            organisation=file.organisation,
            folder=Path(file.folder) if file.folder else None,
            **chosen,
        )
    except ValidationError as error:
        first = error.errors()[0]
        setting = str(first["loc"][0]) if first["loc"] else ""
        where = _where(setting, given, path.name, text)
        raise SettingsError(f"{where}: {_said(first['msg'])}") from error
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"the day must be written YYYY-MM-DD, not {day!r}") from error


def bench_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """Give the folder of benchmarks that ANNEXA_BENCH names, or None."""
    named = (os.environ if environment is None else environment).get("ANNEXA_BENCH")
    return Path(named).expanduser() if named else None


def forbid_tracing() -> None:
    """Take back the variables by which libraries would trace, log or reroute what people ask.

    They may be set for other programs on this machine; this process must not follow them."""
    for name in _OF_OTHERS:
        os.environ.pop(name, None)


def _slack(given: Mapping[str, str], file: _Slack) -> Slack:
    """Find the tokens of the Slack app, by the names that Slack's own tools use."""
    kinds = (
        ("bot_token", "SLACK_BOT_TOKEN", "xoxb-"),
        ("app_token", "SLACK_APP_TOKEN", "xapp-"),
        ("signing_secret", "SLACK_SIGNING_SECRET", ""),
    )
    found: dict[str, SecretStr] = {}
    for name, variable, start in kinds:
        value = given.get(variable, "").strip()
        if value and not value.startswith(start):
            raise SettingsError(
                f"{variable}: must begin with {start}; docs/slack.md shows where it is"
            )
        if value:
            found[name] = SecretStr(value)
    for group, ids in file.groups.items():
        wrong = [one for one in ids if not re.fullmatch(r"S[A-Z0-9]{2,}", one)]
        if wrong:
            raise SettingsError(
                f"annexa.toml: [slack] groups: {group}: {wrong[0]!r} is no id of a user group, such "
                "as S0614TZR7; a name could be taken by anybody"
            )
    url = _url(given, Slack().api_url, "SLACK_API_URL").rstrip("/") + "/"
    return Slack(api_url=url, groups=file.groups, **found)


def _providers(given: Mapping[str, str]) -> Providers:
    """Find the providers' addresses and keys, by the names that their own programs use."""

    def key(name: str) -> SecretStr | None:
        value = given.get(name, "").strip()
        return SecretStr(value) if value else None

    default = Providers()
    return Providers(
        openai_url=_url(given, default.openai_url, "OPENAI_BASE_URL", "OPENAI_API_BASE"),
        openai_key=key("OPENAI_API_KEY"),
        anthropic_url=_url(given, default.anthropic_url, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"),
        anthropic_key=key("ANTHROPIC_API_KEY"),
        ollama_url=_ollama_url(given.get("OLLAMA_HOST", "")),
    )


def _url(given: Mapping[str, str], default: str, *names: str) -> str:
    for name in names:
        value = given.get(name, "").strip()
        if value:
            return _checked(value, name)
    return default


def _checked(value: str, name: str) -> str:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"{name}: must be an address such as https://host/v1")
    return value.rstrip("/")


def _ollama_url(value: str) -> str:
    """Understand OLLAMA_HOST as Ollama does: scheme and port may be missing."""
    value = value.strip().rstrip("/")
    if not value:
        return Providers().ollama_url
    if value.startswith(":"):
        value = f"127.0.0.1{value}"
    known_scheme = "://" in value
    url = _checked(value if known_scheme else f"http://{value}", "OLLAMA_HOST")
    parts = urlsplit(url)
    host = parts.netloc
    if parts.port is None and not known_scheme:
        host += ":11434"
    # What Ollama listens on everywhere is reached here.
    host = re.sub(r"^(0\.0\.0\.0|\[::\])(?=:|$)", "127.0.0.1", host)
    return f"{parts.scheme}://{host}{parts.path}"


def _where(setting: str, given: Mapping[str, str], file: str, text: str) -> str:
    """Name the variable, or the line of the file, that a setting came from."""
    variable, key = _FROM.get(setting, ("", setting))
    if variable and given.get(variable):
        return f"{variable} ({setting})"
    if setting == "privacy":
        key = r"\[privacy\]"
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"\s*{key}\s*(=|$|#)", line):
            return f"{file} line {number} ({setting})"
    return f"{file}: {setting}" if text else setting


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _read_file(path: Path) -> tuple[str, _File]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, _File.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        return "", _File()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"{path.name}: {'.'.join(map(str, first['loc']))}: {_said(first['msg'])}"
        ) from error
