"""Plans and registers on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bots.cli import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.domain.cases import Case, Problem
    from assistant.domain.plan import Plan

_STYLES = {"fail": "bold red", "error": "red", "warning": "yellow"}


def show_plan(plan: Plan, case: Case | None) -> None:
    """Show a plan field by field."""
    from assistant.domain.plan import Field
    from assistant.planning import rendering

    screen.rule(f"{plan.id}  {plan.title}")
    for field in Field:
        if field is Field.ACTIONS and plan.actions:
            screen.heading(rendering.NAMES[field])
            _show_actions(plan, case)
            continue
        if field is Field.HISTORY:
            continue
        screen.heading(rendering.NAMES[field])
        screen.indented(rendering.field_text(plan, field, case), 2)
    if case is not None and case.events:
        screen.heading("History")
        for line in rendering.history_lines(case):
            screen.indented(line, 2)
    screen.say()
    screen.say(f"Content SHA-256 {plan.content_hash}", style="dim")


def _show_actions(plan: Plan, case: Case | None) -> None:
    from assistant.planning import rendering

    for one in rendering.actions_data(plan, case):
        screen.indented(f"{one['id']}  {one['what']}", 2, "bold")
        screen.indented(f"removes {'; '.join(one['cause'])}", 6)
        screen.indented(f"done when {one['done_when']}", 6)
        screen.indented(f"owner {one['owner']}; due {one['due']}; {one['status']}", 6)
        screen.indented(f"resources {one['resources']}", 6)


def show_problems(problems: Sequence[Problem]) -> None:
    """Show what is wrong with a plan, by field."""
    if not problems:
        screen.say("Nothing is wrong with it by the rules. An auditor may still ask.")
        return
    for one in problems:
        screen.say()
        screen.say(f"{one.severity}: {one.field.value} [{one.code}]", style=_STYLES[one.severity])
        screen.indented(f"{one.message} ({one.clause})", 2)
