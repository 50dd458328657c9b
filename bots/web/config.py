"""What a workspace settles for its web door: `web.toml`, beside `annexa.toml`.

Without the file there is nothing to settle: the door listens on this machine alone and is entered with
a one-time link.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bots.web.subjects import RESERVED, Role
from knowledge.errors import WorkspaceError

FILE = "web.toml"
Words = tuple[str, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Oidc(_Part):
    """`[oidc]`: the provider that says who a person is."""

    issuer: str
    client_id: str
    client_secret_file: Path
    """A file with the secret alone, so that it stands in no settings and no list of processes."""
    name: str = "your organisation"
    """How the button names the provider."""
    id_claim: str = "sub"
    """Claim whose value is a person's id here, and in `--user`."""
    groups_claim: str = "groups"
    """Claim of the ID token with the names of a person's groups."""
    scopes: str = "openid profile email"
    """What is asked of the provider; some give groups for a scope of its own."""

    @field_validator("issuer")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise ValueError("must be an https address")
        return value.rstrip("/")

    def secret(self) -> str:
        """Read the client's secret. Raises WorkspaceError."""
        try:
            return self.client_secret_file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WorkspaceError(
                f"{FILE}: client_secret_file {self.client_secret_file} cannot be read. Nobody was "
                "let in. Put the client's secret there, readable by this process alone."
            ) from error


class WebConfig(_Part):
    """Everything in `web.toml`."""

    public_url: str | None = None
    """Where people reach the door, such as https://annexa.example; cookies are bound to it."""
    uploads: str = "uploads"
    """Folder, inside the documents' folder, into which approved uploads are filed."""
    workers: int = Field(default=4, ge=1, le=64)
    """How many answers are made at once."""
    waiting: int = Field(default=200, ge=1)
    """How many more may wait; whoever comes then is asked to come again."""
    idle_minutes: int = Field(default=30, ge=1)
    absolute_hours: int = Field(default=12, ge=1)
    questions_per_minute: int = Field(default=20, ge=1)
    requests_per_minute: int = Field(default=600, ge=10)
    upload_megabytes: int = Field(default=25, ge=1)
    roles: dict[Role, Annotated[Words, Field()]] = {}
    """Role → groups of the provider whose people have it. Everyone is staff."""
    oidc: Oidc | None = None

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must be an address without a path, such as https://annexa.example")
        return value.rstrip("/")

    @field_validator("uploads")
    @classmethod
    def _a_folder_inside(cls, value: str) -> str:
        parts = value.replace("\\", "/").strip("/").split("/")
        if not all(part and not part.startswith(".") for part in parts):
            raise ValueError("must be a folder inside the documents' folder, such as uploads")
        return "/".join(parts)

    @property
    def secure(self) -> bool:
        """Tell whether people come over https."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    def roles_of(self, groups: frozenset[str], leads: tuple[str, ...]) -> frozenset[Role]:
        """Give the roles of a person in these groups; `leads` are the workspace's leading groups."""
        found = {Role.STAFF}
        for role, names in self.roles.items():
            if role is not Role.OWNER and not groups.isdisjoint(names):
                found.add(role)
        if not groups.isdisjoint(leads):
            found.add(Role.LEAD)
        return frozenset(found)


def read_config(workspace: Path) -> WebConfig:
    """Read `web.toml`. Raises WorkspaceError naming the setting; a broken file opens nothing."""
    path = workspace / FILE
    try:
        return WebConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return WebConfig()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{FILE} cannot be read: {error}. Mend it and start again.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        said = first["msg"].removeprefix("Value error, ")
        raise WorkspaceError(f"{FILE}: {where}: {said}. Mend it and start again.") from error


def own_groups(claimed: object) -> frozenset[str]:
    """Give the groups that a provider claims; names that Annexa keeps for roles are no groups."""
    names = [claimed] if isinstance(claimed, str) else claimed
    if not isinstance(names, list | tuple):
        return frozenset()
    return frozenset(
        one for one in names if isinstance(one, str) and one and not one.startswith(RESERVED)
    )
