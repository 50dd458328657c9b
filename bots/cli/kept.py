"""What commands about the records share: opening them, finding an id by its beginning, the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import click

from bots.cli.options import Invocation

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.domain.conversation import Conversation, Turn
    from assistant.referring import Referring
    from assistant.settings import Settings
    from assistant.store import Records
    from knowledge.library import Library
    from knowledge.passages import Reader
    from knowledge.view import View

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Kept:
    """The records of a workspace and the library beside them, for one reader."""

    records: Records
    library: Library
    settings: Settings
    reader: Reader

    def referring(self) -> Referring:
        """Give the queue of questions to people, with the library in step with it."""
        from assistant.referring import Referring

        referring = Referring(self.records, self.library, frozenset(self.settings.leads))
        referring.reconcile()
        return referring

    def view(self) -> View:
        """Give the library as the reader may see it today."""
        return self.library.view(self.reader, today=self.settings.today)

    def turn(self, beginning: str) -> Turn:
        """Find a turn by its id or the beginning of it. Raises ClickException."""
        found = self.records.turns_like(beginning.strip(), self.reader)
        return _one(found, beginning, "turn", "`annexa conversations show ID`")

    def conversation(self, beginning: str) -> Conversation:
        """Find one of the reader's conversations by its id or the beginning of it."""
        wanted = beginning.strip()
        own = self.records.conversations(self.reader)
        found = [one for one in own if one.id == wanted] or [
            one for one in own if wanted and one.id.startswith(wanted)
        ]
        return _one(found, beginning, "conversation", "`annexa conversations list`")


@contextmanager
def kept(run: Invocation) -> Iterator[Kept]:
    """Open the records for one command; what they refuse becomes one clean line."""
    from assistant.store import NotAgreed, Records, UnknownRecord
    from knowledge.library import Library

    settings = run.settings()
    library = Library.open(settings.workspace, settings.embedder)
    try:
        records = Records.open(settings.workspace)
        try:
            yield Kept(records, library, settings, run.reader())
        except (NotAgreed, UnknownRecord) as error:
            raise click.ClickException(str(error)) from error
        finally:
            records.close()
    finally:
        library.close()


def reconcile(library: Library) -> None:
    """Bring what people answered back into a library, after a run that may have made it anew."""
    from assistant.referring import Referring
    from assistant.store import FILE, Records

    if not (library.workspace / FILE).exists():
        return
    records = Records.open(library.workspace)
    try:
        Referring(records, library).reconcile()
    finally:
        records.close()


def now() -> datetime:
    """Give the time, for the records."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def new_id() -> str:
    """Give an id that nobody has."""
    return uuid4().hex


def _one(found: Sequence[Found], said: str, what: str, where: str) -> Found:
    from bots.cli import screen

    if not found:
        raise click.ClickException(
            f"there is no {what} {screen.plain(said)!r} here. {where} gives the ids."
        )
    if len(found) > 1:
        raise click.ClickException(
            f"several {what}s begin with {screen.plain(said)!r}. Write more of the id."
        )
    return found[0]
