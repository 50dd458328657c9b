"""Plans for tests: whole ones, and the worked findings with what a co-operative lead says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.domain.cases import Case, Person, Role
from assistant.domain.casework import begin
from assistant.domain.plan import (
    Action,
    Cause,
    CauseKind,
    Effectiveness,
    Entry,
    Field,
    Finding,
    Grade,
    Plan,
    Requirement,
    Source,
)
from assistant.planning.conversation import Talk
from assistant.planning.house_rules import HouseRules
from assistant.planning.planner import Planner
from assistant.planning.scripted import Answers, play

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LEAD = Person("Mara Lindqvist", frozenset({Role.ISMS_LEAD}))
CHIEF = Person("Theo Brandt", frozenset({Role.TOP_MANAGEMENT}))
OWNER = Person("Ravi Menon")
OTHER = Person("Dana Reyes")
DRAFTER = Person("Lena Fox")
PLANNER = Planner(HouseRules())


def whole_plan(grade: Grade = Grade.MINOR, source: Source = Source.INTERNAL) -> Plan:
    """Give a plan in which nothing is open and nothing is weak."""
    plan = Plan(
        id="CAP-2026-001",
        finding=Finding(
            "F-1",
            "For system FIN 2 of 4 quarterly reviews are missing.",
            source,
            date(2026, 11, 1),
            grade,
        ),
        title="Reviews of access rights not held",
        requirement=Requirement(ids=("A.5.18",), confirmed=True, rule="rights are reviewed"),
        causes=(
            Cause(
                "C1", CauseKind.HAPPENED, "review tasks are held per person, see CHG-77", "CHG-77"
            ),
            Cause(
                "C2", CauseKind.UNDETECTED, "completion is not measured, see report list", "list"
            ),
            Cause(
                "C3", CauseKind.ALLOWED, "the tool change had no impact check, see CHG-51", "CHG-51"
            ),
        ),
        actions=(
            Action(
                "A1",
                "Generate review tasks from the asset register and ask for it in changes",
                ("C1", "C3"),
                "tasks of the next quarter exist",
                "Ravi Menon (IT Manager)",
                date(2027, 1, 15),
                "4 days",
            ),
            Action(
                "A2",
                "Report completion monthly with escalation",
                ("C2",),
                "two reports were made",
                "Ravi Menon (IT Manager)",
                date(2027, 1, 31),
                "1 day",
            ),
        ),
        effectiveness=Effectiveness(
            "share of systems reviewed by day 15",
            "100 %",
            "sample of 3",
            "next two quarters",
            date(2027, 7, 20),
            "Dana Reyes (Internal Audit)",
            "100 % of systems reviewed by day 15 in the next two quarters, sample of 3",
        ),
    )
    texts = {
        Field.OBJECTIVE_EVIDENCE: "1 of 6 sampled systems, 14 in all, seen on 2026-11-01",
        Field.STATEMENT: "A.5.18 is not fulfilled: 2 of 4 reviews of FIN are missing.",
        Field.RISK: "Unneeded rights stay in FIN; risk R-014.",
        Field.CONTAINMENT: "Ravi Menon checked the logs on 2026-11-02, ticket SD-1.",
        Field.CORRECTION: "Lena Fox reviewed FIN on 2026-11-03, record REV-1.",
        Field.CONSEQUENCES: "None, logs checked by Ravi Menon on 2026-11-03.",
        Field.EXTENT: "All 14 systems of 4 quarters checked, 1 more missing; 2 were not on the list.",
        Field.CAUSE_ANALYSIS: "Five whys with Lena Fox on 2026-11-05, minutes W-1.",
        Field.ISMS_CHANGES: "Risk: yes. SoA: yes, partly. Policy: no. Objectives: no. Training: no.",
        Field.CLOSURE_EVIDENCE: "REV-1 from Lena Fox by 2026-11-10; reports from Mara Lindqvist.",
    }
    for field, text in texts.items():
        plan = plan.with_entry(field, Entry(text=text))
    return plan


def whole_case(grade: Grade = Grade.MINOR, source: Source = Source.INTERNAL) -> Case:
    """Give a draft that can be proposed."""
    return begin(whole_plan(grade, source), by=DRAFTER.name, at=AT)


@lru_cache(maxsize=1)
def worked() -> dict[str, dict[str, Any]]:
    """Give the worked findings by id."""
    text = (Path(__file__).parent / "worked_findings.yaml").read_text("utf-8")
    return {one["id"]: one for one in yaml.safe_load(text)}


def finding_of(worked_id: str) -> Finding:
    """Give a worked finding as it was raised."""
    raw = worked()[worked_id]["finding"]
    return Finding(
        worked_id, raw["text"], Source(raw["source"]), raw["audit_date"], Grade(raw["grade"])
    )


def drafted(finding: Finding, facts: dict[str, str], **how: Any) -> Talk:
    """Hold the conversation with a lead who says these facts and knows nothing else."""
    said = {Field(name): text for name, text in facts.items()}
    answers = Answers(said, frozenset(), how.get("replies", ()))
    return play(PLANNER.begin("CAP-1", finding), answers, by="Mara Lindqvist", at=AT)


def with_cause(plan: Plan, text: str) -> Plan:
    """Put a cause in place of why it happened."""
    first = replace(plan.causes[0], text=text)
    return replace(plan, causes=(first, *plan.causes[1:]))


def with_action(plan: Plan, **changes: Any) -> Plan:
    """Change the first action."""
    first = replace(plan.actions[0], **changes)
    return replace(plan, actions=(first, *plan.actions[1:]))
