"""Opening what the commands on plans need: the planner, the day, the house rules, the records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import Invocation, owners_only

if TYPE_CHECKING:
    from assistant.domain.cases import Case, Problem
    from assistant.domain.plan import Finding
    from assistant.planning.house_rules import HouseRules
    from assistant.planning.organisation import Background
    from assistant.planning.planner import LookUp, Planner
    from assistant.planning.reading import Reading
    from assistant.planning.register import RegisterEntry
    from assistant.planning.store import PlanStore
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """What one command on plans works with."""

    planner: Planner
    settings: Settings
    store: PlanStore | None = None

    @property
    def today(self) -> date:
        """The day that rules use."""
        return self.settings.today

    @property
    def rules(self) -> HouseRules:
        """What the organisation settled for its plans."""
        return self.planner.rules

    @property
    def plans(self) -> PlanStore:
        """The plans that are kept."""
        if self.store is None:
            raise click.UsageError("this command keeps no plans.")
        return self.store

    def register(self) -> tuple[Case, ...]:
        """Give every plan that is kept."""
        return tuple(one.case for one in self.plans.all())

    def entries(self) -> tuple[RegisterEntry, ...]:
        """Give the whole register on the day: plans that are worked here and imported entries."""
        from assistant.planning.register import dated, entry_of

        own = [entry_of(case, self.rules, self.today) for case in self.register()]
        taken = {one.finding_id for one in own} | {one.id for one in own}
        imported = [
            dated(one, self.rules, self.today)
            for one in self.plans.entries()
            if one.id not in taken
        ]
        return (*own, *imported)

    def background(self, case: Case) -> Background:
        """Give what the library said about a finding when it was drafted, else what it says now."""
        talk = self.plans.talk(case.plan.id)
        return talk.found if talk else self.planner.background(case.plan.finding)

    def lint(self, case: Case) -> tuple[Problem, ...]:
        """List what is wrong with a plan, held against the whole register."""
        return self.planner.lint(case, self.register(), self.background(case))


@contextmanager
def opened(run: Invocation, *, records: bool = False) -> Iterator[Desk]:
    """Open the planner for one command; without an index it drafts from the guidance alone.

    `records` opens the plans too. They quote what their drafter could read, so they are the owner's."""
    from assistant.planning.house_rules import read_house_rules
    from assistant.planning.planner import Planner

    if records:
        owners_only(run, "plan")
    settings = run.settings()
    rules = read_house_rules(settings.workspace)
    with ExitStack() as stack:
        store = _store(settings, stack) if records else None
        yield Desk(Planner(rules, _look_up(settings, run, stack)), settings, store)


def _look_up(settings: Settings, run: Invocation, stack: ExitStack) -> LookUp:
    """Open the library when something is looked up, and not before: it takes its time."""

    def look(finding: Finding, reading: Reading) -> Background:
        from assistant.advisor import open_advisor
        from assistant.planning.organisation import Background, look_up
        from knowledge.errors import LibraryError

        try:
            advisor = open_advisor(settings)
        except LibraryError as error:
            screen.note(f"Without your documents: {error}")
            return Background()
        stack.callback(advisor.close)
        return look_up(advisor.view(run.reader()), advisor.relevance, finding, reading)

    return look


def _store(settings: Settings, stack: ExitStack) -> PlanStore:
    from assistant.planning.store import PlanStore
    from assistant.store import Records

    records = Records.open(settings.workspace)
    stack.callback(records.close)
    return PlanStore(records)
