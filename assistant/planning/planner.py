"""The planner: what a door needs to draft, check and date plans in one workspace for one reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.domain.cases import Case, Problem
from assistant.domain.plan import Finding, Plan
from assistant.planning import conversation, rendering
from assistant.planning.conversation import Talk
from assistant.planning.house_rules import HouseRules, Suggested, suggest
from assistant.planning.lint import lint
from assistant.planning.lint_causes import Similar, Surroundings
from assistant.planning.organisation import Background
from assistant.planning.reading import Reading, read
from knowledge.passages import Citation

LookUp = Callable[[Finding, Reading], Background]
"""What the documents that one reader may see say about a finding."""


def nothing_indexed(finding: Finding, reading: Reading) -> Background:
    """Find nothing: the draft then stands on what the product knows by itself."""
    return Background()


@dataclass(frozen=True, slots=True)
class Planner:
    """Drafts and checks plans with what one reader may see."""

    rules: HouseRules
    look_up: LookUp = nothing_indexed

    def begin(self, plan_id: str, finding: Finding, register: Sequence[Case] = ()) -> Talk:
        """Read a finding and open the conversation about it."""
        reading = read(finding)
        found = self.background(finding, register)
        return conversation.begin(plan_id, finding, reading, found)

    def background(self, finding: Finding, register: Sequence[Case] = ()) -> Background:
        """Look up what documents and register say about a finding."""
        reading = read(finding)
        found = self.look_up(finding, reading)
        known = {one.id for one in found.similar}
        own = tuple(
            Similar(case.plan.id, case.plan.title, case.state.value)
            for case in register
            if set(case.plan.requirement.ids[:1]) & set(reading.ids[:1])
            and case.plan.finding.id not in {finding.id, *known}
        )
        return replace(found, similar=(*found.similar, *own))

    def surroundings(
        self, case: Case, register: Sequence[Case] = (), found: Background | None = None
    ) -> Surroundings:
        """Say what a plan is held against: register, SoA, causes of other open plans.

        `found` is what was looked up when it was drafted; without it the library is asked anew."""
        if found is None:
            others_ = [one for one in register if one.plan.id != case.plan.id]
            found = self.background(case.plan.finding, others_)
        others = tuple(
            (other.plan.id, cause.text)
            for other in register
            if other.plan.id != case.plan.id
            for cause in other.plan.causes
            if not cause.proposed
        )
        return Surroundings(
            similar=found.similar,
            excluded=found.excluded,
            said_implemented=found.implemented,
            others=others,
        )

    def lint(
        self, case: Case, register: Sequence[Case] = (), found: Background | None = None
    ) -> tuple[Problem, ...]:
        """List what is wrong with a plan."""
        return lint(case.plan, self.surroundings(case, register, found))

    def suggestions(self, plan: Plan, found: Background) -> tuple[Suggested, ...]:
        """Suggest dates for a plan; they fill no field."""
        return suggest(plan, self.rules, found.limits)


def draft_data(
    talk: Talk, planner: Planner, citation_data: Callable[[Citation], Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a conversation and its draft as the contract of `annexa plan draft` has it."""
    suggested = planner.suggestions(talk.plan, talk.found)
    return {
        "plan": rendering.plan_data(talk.plan),
        "to_be_confirmed": rendering.open_fields(talk.plan),
        "suggested_due": rendering.suggested_data(suggested),
        "suggested_due_reasons": {
            rendering.DUE_FIELDS[one.kind].value: one.why for one in suggested
        },
        "said_not_accepted": [
            {"field": field.value, "text": text} for field, text in dict.fromkeys(talk.unaccepted)
        ],
        "lint": rendering.problems_data(lint(talk.plan, talk.around)),
        "turns": [
            {"asks": one.asks.value if one.asks else None, "text": one.text, "reply": one.reply}
            for one in talk.turns
        ]
        + [{"asks": None, "text": conversation.spoken(talk), "reply": None}],
        "state": "draft",
        "citations": [dict(citation_data(one)) for one in talk.plan.citations],
    }
