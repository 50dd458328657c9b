"""Opening what the commands on interviews need: the records, the day, the documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from bots.cli.options import Invocation

if TYPE_CHECKING:
    from assistant.domain.interview import Respondent
    from assistant.interviewing.assessing import Assessments
    from assistant.interviewing.known import Known
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Room:
    """What one command on interviews works with."""

    assessments: Assessments
    settings: Settings
    by: str
    """Who is at the keyboard."""

    @property
    def today(self) -> date:
        """The day that rules use."""
        return self.settings.today

    def chosen(self, name: str | None) -> str:
        """Give the assessment that is meant: the named one, else the one set up last."""
        return name if name is not None else self.assessments.latest()

    def interview(self, name: str | None, assessment: str | None = None) -> str:
        """Find an interview by its id, or by the respondent's name in the assessment."""
        if name and "/" in name:
            return name
        home = self.chosen(assessment)
        invited = self.assessments.assessment(home).invited
        wanted = (name or self.by).casefold()
        found = [one.interview for one in invited if one.respondent.name.casefold() == wanted]
        if not found:
            found = [one.interview for one in invited if wanted in one.interview.casefold()]
        if not found:
            known = ", ".join(one.interview for one in invited) or "nobody yet"
            raise click.UsageError(
                f"{home} has no interview with {name or self.by!r}; invited: {known}."
            )
        unfinished = [one for one in found if not self.assessments.sitting(one).state.ended]
        return (unfinished or found)[0]


@contextmanager
def opened(run: Invocation) -> Iterator[Room]:
    """Open the room for one command. Documents are read when the first question needs them."""
    from assistant.interviewing.assessing import Assessments
    from assistant.interviewing.store import InterviewStore
    from assistant.store import Records

    settings = run.settings()
    with ExitStack() as stack:
        records = Records.open(settings.workspace)
        stack.callback(records.close)
        assessments = Assessments(
            InterviewStore(records),
            today=settings.today,
            now=lambda: datetime.now(UTC),
            read_first=lambda who, plan: documents_of(run, who, plan),
        )
        yield Room(assessments, settings, run.user or "lead")


def documents_of(run: Invocation, respondent: Respondent, plan: tuple[str, ...]) -> Known:
    """Read what the respondent's documents say; nothing where no folder was indexed."""
    from assistant.interviewing.documents import read_first
    from assistant.interviewing.known import NOTHING
    from knowledge.passages import Origin, Reader

    if not (run.settings().workspace / "annexa.db").is_file():
        return NOTHING
    reader = Reader(id=respondent.name, groups=frozenset(respondent.groups))
    with run.advisor() as advisor:
        view = advisor.view(reader)
        if all(one.origin is Origin.GUIDANCE for one in view.documents):
            return NOTHING
        return read_first(view, plan)
