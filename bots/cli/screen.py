"""Text on a terminal: safe, readable at 80 columns, and without colour where nobody sees it."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_WIDEST = 100
"""Long lines are hard to read, however wide the terminal."""


def plain(text: object) -> str:
    """Take out what could steer a terminal or reorder letters; documents are strangers' texts."""
    return "".join(
        letter
        for letter in str(text)
        if letter in "\n\t"
        or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
        # Joiners belong to words in some scripts and to emoji.
        or letter in "\u200c\u200d"
    )


@lru_cache(maxsize=2)
def console(*, error: bool = False) -> Console:
    """Give the console of standard output or of standard error."""
    from rich.console import Console

    found = Console(stderr=error, highlight=False, markup=False, emoji=False)
    found.width = min(found.width, _WIDEST)
    return found


def show(*parts: RenderableType) -> None:
    """Print to standard output."""
    console().print(*parts)


def say(text: str = "", style: str | None = None) -> None:
    """Print a line of text to standard output, made safe and wrapped between words."""
    console().print(plain(text), style=style)


def indented(text: object, by: int, style: str = "") -> None:
    """Print text wrapped behind an indent, without trailing space."""
    from rich.text import Text

    out = console()
    whole = text if isinstance(text, Text) else words(text, style)
    for line in whole.wrap(out, max(20, out.width - by)):
        line.rstrip()
        out.print(Text(" " * by) + line if line.plain else "")


def note(text: str) -> None:
    """Print a line for the person at the keyboard to standard error, beside the data."""
    console(error=True).print(plain(text), style="dim")


def words(text: object, style: str = "") -> Text:
    """Give safe text for a cell or a line."""
    from rich.text import Text

    return Text(plain(text), style=style)


def heading(text: str) -> None:
    """Print a heading with a line's space above it."""
    say()
    say(text, style="bold")


def rule(title: str) -> None:
    """Print a line across with a title in it."""
    from rich.rule import Rule

    console().print(Rule(words(title, style="bold"), align="left"))


def facts(pairs: Iterable[tuple[str, object | None]]) -> RenderableType:
    """Give names and values in two columns; what is unknown is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None and value != "":
            grid.add_row(name, words(value))
    return grid


def table(*headers: str) -> Table:
    """Give an empty table that folds rather than cuts."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    for header in headers:
        made.add_column(header, overflow="fold")
    return made


def data(value: object) -> None:
    """Print data as JSON."""
    encoding = (sys.stdout.encoding or "").casefold().replace("-", "")
    text = json.dumps(
        value, ensure_ascii=not encoding.startswith("utf"), indent=2, default=_jsonable
    )
    click.echo(text)


def _jsonable(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def count(number: int, one: str, many: str | None = None) -> str:
    """Say a number with its noun: "1 file", "2 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
