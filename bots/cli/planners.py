"""Opening what the commands on plans need: the planner, the day, the house rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bots.cli import screen
from bots.cli.options import Invocation

if TYPE_CHECKING:
    from assistant.planning.house_rules import HouseRules
    from assistant.planning.planner import Planner
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """What one command on plans works with."""

    planner: Planner
    settings: Settings

    @property
    def today(self) -> date:
        """The day that rules use."""
        return self.settings.today

    @property
    def rules(self) -> HouseRules:
        """What the organisation settled for its plans."""
        return self.planner.rules


@contextmanager
def opened(run: Invocation) -> Iterator[Desk]:
    """Open the planner for one command; without an index it drafts from the guidance alone."""
    from assistant.planning.house_rules import read_house_rules
    from assistant.planning.planner import Planner
    from knowledge.errors import LibraryError

    settings = run.settings()
    rules = read_house_rules(settings.workspace)
    try:
        from assistant.advisor import open_advisor

        advisor = open_advisor(settings)
    except LibraryError as error:
        screen.note(f"Drafting without your documents: {error}")
        yield Desk(Planner(rules, None), settings)
        return
    try:
        yield Desk(Planner(rules, advisor.view(run.reader()), advisor.relevance), settings)
    finally:
        advisor.close()
