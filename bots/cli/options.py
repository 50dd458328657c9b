"""Options that every command shares, before or after its name, and what they amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from assistant.advisor import Advisor
    from assistant.settings import Settings
    from knowledge.passages import Reader

Given = dict[str, Any]
"""What was said with common options, wherever they stood; the last word counts."""
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A day written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            self.fail(f"a day is written YYYY-MM-DD, not {text!r}.", param, ctx)
        return day


class Groups(click.ParamType[frozenset[str]]):
    """Names of groups with commas between them."""

    name = "A,B"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[str]:
        if isinstance(value, frozenset):
            return value
        return frozenset(one for part in str(value).split(",") if (one := part.strip()))


DAY = Day()


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and value is not False and parameter.name:
        context.ensure_object(dict)[parameter.name] = value


Option = Callable[[AnyFunction], AnyFunction]


def _option(*names: str, **settings: Any) -> Option[Any]:
    return click.option(*names, expose_value=False, callback=_remember, **settings)


WORKS: tuple[Option[Any], ...] = (
    _option(
        "--workspace",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Folder that holds what Annexa makes. [default: ./annexa-workspace]",
    ),
    _option("--today", type=DAY, help="The day that rules use. [default: the system's day]"),
    _option("--json", is_flag=True, default=None, help="Print data instead of text."),
    _option("--debug", is_flag=True, default=None, help="Show where an error came from."),
)
"""Options of every command."""
READS: tuple[Option[Any], ...] = (
    _option("--user", metavar="ID", help="Read as this person. [default: the owner, who may all]"),
    _option("--groups", type=Groups(), help="Groups that the person is in; needs --user."),
)
"""Options of the commands that show what a reader may see."""


def options(*chosen: Option[Any]) -> Callable[[AnyFunction], AnyFunction]:
    """Add options to a command, in that order in its help."""

    def add(function: AnyFunction) -> AnyFunction:
        for one in reversed(chosen):
            function = one(function)
        return function

    return add


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"annexa {version('annexa')}")
    except PackageNotFoundError:
        click.echo("annexa, not installed")
    context.exit()


VERSION: Option[Any] = click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and end.",
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the common options of one run amount to."""

    workspace: Path | None = None
    today: date | None = None
    user: str | None = None
    groups: frozenset[str] | None = None
    as_json: bool = False

    @classmethod
    def of(cls, context: click.Context) -> Invocation:
        """Gather what was said. Raises UsageError where it cannot be meant."""
        given = context.ensure_object(dict)
        if given.get("groups") is not None and not given.get("user"):
            raise click.UsageError("--groups needs --user ID: the owner reads everything.", context)
        return cls(
            workspace=given.get("workspace"),
            today=given.get("today"),
            user=given.get("user"),
            groups=given.get("groups"),
            as_json=bool(given.get("json")),
        )

    def settings(self) -> Settings:
        """Read the settings. Raises SettingsError."""
        from assistant.settings import read_settings

        return read_settings(workspace=self.workspace, today=self.today)

    def reader(self) -> Reader:
        """Say who reads: the owner, or the person named with --user."""
        from knowledge.passages import OWNER, Reader

        if self.user is None:
            return OWNER
        return Reader(id=self.user, groups=self.groups or frozenset())

    @contextmanager
    def advisor(self) -> Iterator[Advisor]:
        """Open the advisor for one command. Raises WorkspaceError, SettingsError or ModelError."""
        from assistant.advisor import open_advisor

        advisor = open_advisor(self.settings())
        try:
            yield advisor
        finally:
            advisor.close()


def invoked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the invocation to a command as its first argument."""
    from functools import update_wrapper

    @click.pass_context
    def call(context: click.Context, /, *arguments: Any, **named: Any) -> Any:
        return context.invoke(function, Invocation.of(context), *arguments, **named)

    return update_wrapper(call, function)


def owners_only(run: Invocation, command: str) -> None:
    """Refuse a reader where a command is the owner's. Raises UsageError."""
    if run.user is not None:
        raise click.UsageError(f"`annexa {command}` is the owner's command; leave --user away.")
