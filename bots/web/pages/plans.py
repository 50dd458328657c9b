"""The register of corrective action plans, and one plan. Read only: plans are worked elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from assistant.planning.house_rules import read_house_rules
from assistant.planning.register import (
    RegisterEntry,
    dated,
    due_soon,
    effectiveness_pending,
    entry_of,
    is_open,
    overdue,
    repeats,
)
from assistant.planning.rendering import NAMES, field_text
from assistant.planning.store import PlanStore
from assistant.store import UnknownRecord
from bots.web.admission import PLAN, PLANS
from bots.web.door import Door, Visitor, door_of
from bots.web.subjects import Action
from bots.web.trouble import not_there

router = APIRouter(include_in_schema=False)
VIEWS = {
    "": "Open",
    "overdue": "Overdue",
    "soon": "Due within 30 days",
    "effectiveness": "Effectiveness pending",
    "repeats": "Repeats",
    "all": "All",
}


@router.get("/plans")
async def plans(request: Request, who: Visitor = PLANS, view: str = "") -> Response:
    """Show the register in one of its views."""
    door = door_of(request)
    chosen = view if view in VIEWS else ""
    found = await door.do(lambda: _chosen(door, chosen))
    return door.page(
        request,
        "plans.html",
        who,
        entries=found,
        view=chosen,
        views=VIEWS,
        opens=who.subject.may(Action.PLAN),
    )


@router.get("/plans/{plan}")
async def plan(request: Request, plan: str, who: Visitor = PLAN) -> Response:
    """Show a plan field by field, with its history."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        try:
            case = PlanStore(door.advisor.records).get(plan).case
        except UnknownRecord:
            raise not_there() from None
        fields = [(name, field_text(case.plan, one, case)) for one, name in NAMES.items()]
        return {
            "plan": case.plan,
            "state": case.shown_state(door.advisor.settings.today),
            "approval": case.approval,
            "fields": [(name, text) for name, text in fields if text],
        }

    return door.page(request, "plan.html", who, **await door.do(read))


def register(door: Door) -> tuple[RegisterEntry, ...]:
    """Give the whole register on the day: plans that are worked here and imported entries."""
    settings = door.advisor.settings
    rules, store = read_house_rules(settings.workspace), PlanStore(door.advisor.records)
    own = [entry_of(one.case, rules, settings.today) for one in store.all()]
    taken = {one.finding_id for one in own} | {one.id for one in own}
    imported = [dated(one, rules, settings.today) for one in store.entries() if one.id not in taken]
    return (*own, *imported)


def _chosen(door: Door, view: str) -> list[RegisterEntry]:
    found, today = register(door), door.advisor.settings.today
    if view == "overdue":
        return list(overdue(found))
    if view == "soon":
        return list(due_soon(found, today))
    if view == "effectiveness":
        return list(effectiveness_pending(found))
    if view == "repeats":
        return list(repeats(found))
    return list(found) if view == "all" else [one for one in found if is_open(one)]
