"""`python -m eval plans`: corrective action plans from scripted findings, scored by the rubric."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from eval.commands import CommandError, annexa, written
from eval.files import read_entries
from eval.metrics import wilson
from eval.questions import CASES
from eval.scoring import plans as scoring
from eval.scripted import run_suite

DEFAULT = CASES / "plans.yaml"
KEY = "findings"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Model):
    """As `--finding` takes it."""

    text: str
    source: Literal["internal", "certification_body", "customer", "regulator", "incident", "self"]
    audit_date: date
    grade: Literal["major", "minor", "ofi"] | None = None


class Reply(_Model):
    """A reply to a question that a pattern matches."""

    when: str
    say: str


class Answers(_Model):
    """As `--answers` takes it."""

    facts: dict[str, str] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    otherwise: str = "I don't know"


class PlanCase(_Model):
    """A finding, what the lead knows, and what a right plan shows."""

    id: str
    finding: Finding
    answers: Answers = Answers()
    requirement: str
    """Pattern of the right id, such as `A\\.5\\.18`."""
    at_least: int | None = None
    """Points of 36 that it should reach."""
    never: tuple[str, ...] = ()
    """Words that must not stand in the plan: an owner, a date, a number that nobody gave."""


def run_case(case: PlanCase, workspace: Path, today: date) -> dict[str, Any]:
    """Draft one plan and score it. A failure is a plan without points."""
    said = (*case.answers.facts.values(), *(one.say for one in case.answers.replies))
    with TemporaryDirectory(prefix="annexa-plan-") as folder:
        place = Path(folder)
        finding = {"id": case.id, **case.finding.model_dump(exclude_none=True)}
        answers = case.answers.model_dump(mode="json")
        try:
            drafted = annexa(
                "plan", "draft",
                "--finding", written(place / "finding.yaml", finding),
                "--answers", written(place / "answers.yaml", answers),
                workspace=workspace, today=today,
            )  # fmt: skip
        except CommandError as error:
            return {"id": case.id, "passed": False, "total": 0, "fails": [str(error)], "points": {}}
    grade = case.finding.grade
    score = scoring.score(
        drafted, finding=case.finding.text, said=said, requirement=case.requirement, grade=grade
    )
    whole = str(drafted["plan"])
    fails = [*score.fails, *(f"says {one!r}" for one in case.never if one in whole)]
    enough = case.at_least is None or score.total >= case.at_least
    return {
        "id": case.id,
        "passed": score.passed and not fails and enough,
        "total": score.total,
        "points": dict(score.points),
        "fails": fails,
        "citations": drafted["citations"],
        "to_be_confirmed": drafted["to_be_confirmed"],
    }


def figures(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum the suite up."""
    passed = wilson(sum(one["passed"] for one in results), len(results))
    scored = [one for one in results if one["points"]]
    return {
        "passed": {"mean": passed.mean, "low": passed.low, "high": passed.high, "n": len(results)},
        "points_of_36": mean(one["total"] for one in results) if results else None,
        "criteria": {
            name: mean(one["points"][name] for one in scored) if scored else None
            for name in scoring.CRITERIA
        },
        "automatic_fails": sum(bool(one["fails"]) for one in results),
    }


def run(arguments: argparse.Namespace) -> int:
    """Run the suite from the command line."""
    return run_suite(
        "plans", arguments, DEFAULT,
        lambda path: read_entries(path, KEY, PlanCase).entries, run_case, figures,
    )  # fmt: skip
