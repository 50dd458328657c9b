"""`python -m eval interviews`: gap interviews with scripted respondents, verdict by verdict."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from eval.commands import CommandError, annexa, written
from eval.files import read_entries
from eval.metrics import wilson
from eval.questions import CASES
from eval.scoring import interviews as scoring
from eval.scoring.agreement import confusion, kappa, macro_f1
from eval.scripted import run_suite

DEFAULT = CASES / "interviews.yaml"
KEY = "interviews"
Verdict = Literal["conforms", "partial", "gap", "not_applicable", "not_assessed"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Respondent(_Model):
    """Who answers."""

    name: str
    role: str = ""
    groups: tuple[str, ...] = ("everyone",)


class Event(_Model):
    """What happens beside the conversation, after so many turns."""

    after: int = Field(ge=0)
    do: Literal["pause", "resume", "upload", "delegate"]


class UnitExpected(_Model):
    """What should come out for one unit."""

    verdict: Verdict
    demands: dict[str, Literal["yes", "partly", "no", "unknown"]] = Field(default_factory=dict)
    contradictions: int | None = None
    followups_at_most: int | None = None
    flags: tuple[str, ...] = ()


class InterviewCase(_Model):
    """A script, and what it should come to."""

    id: str
    units: tuple[str, ...] = Field(min_length=1)
    respondent: Respondent
    turns: tuple[str, ...]
    if_asked_more: str | None = None
    events: tuple[Event, ...] = ()
    expect: dict[str, UnitExpected] = Field(min_length=1)
    never: tuple[str, ...] = ()
    """Patterns that the assistant's words must not match."""


def run_case(case: InterviewCase, workspace: Path, today: date) -> dict[str, Any]:
    """Play one script and compare. A failure counts every verdict as not assessed."""
    script = case.model_dump(mode="json", exclude={"expect", "never"}, exclude_none=True)
    right = {unit: one.verdict for unit, one in case.expect.items()}
    with TemporaryDirectory(prefix="annexa-interview-") as folder:
        try:
            outcome = annexa(
                "interview", "run", "--script", written(Path(folder) / "script.yaml", script),
                workspace=workspace, today=today,
            )  # fmt: skip
        except CommandError as error:
            given = dict.fromkeys(right, "error")
            return {"id": case.id, "passed": False, "right": right, "given": given,
                    "steps": [], "fails": [str(error)]}  # fmt: skip
    given = {one["unit"]: one["verdict"] for one in outcome["units"]}
    wanted = {
        unit: one.model_dump(exclude_none=True, exclude_defaults=True)
        for unit, one in case.expect.items()
    }
    steps = scoring.steps(outcome, {"units": wanted})
    said = (*case.turns, case.if_asked_more or "")
    fails = [f"never said: {one!r}" for one in scoring.unsaid(outcome, said)]
    fails += [f"says /{one}/" for one in scoring.told_away(outcome, case.never)]
    kept = sum(hit for _, hit in steps) >= 0.9 * len(steps)
    return {
        "id": case.id,
        "passed": kept and not fails,
        "right": right,
        "given": {unit: given.get(unit, "missing") for unit in right},
        "steps": [{"what": what, "right": hit} for what, hit in steps],
        "fails": fails,
    }


def figures(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum the suite up."""
    pairs = [(one["right"][unit], one["given"][unit]) for one in results for unit in one["right"]]
    right, given = [one for one, _ in pairs], [other for _, other in pairs]
    passed = wilson(sum(one["passed"] for one in results), len(results))
    hits = wilson(sum(one == other for one, other in pairs), len(pairs))
    return {
        "passed": {"mean": passed.mean, "low": passed.low, "high": passed.high, "n": len(results)},
        "verdicts": {"mean": hits.mean, "low": hits.low, "high": hits.high, "n": len(pairs)},
        "confusion": confusion(right, given),
        "macro_f1": macro_f1(right, given),
        "kappa": kappa(right, given),
        "cost": sum(scoring.cost(one, other) for one, other in pairs),
        "steps_right": sum(step["right"] for one in results for step in one["steps"]),
        "steps": sum(len(one["steps"]) for one in results),
    }


def run(arguments: argparse.Namespace) -> int:
    """Run the suite from the command line."""
    return run_suite(
        "interviews", arguments, DEFAULT,
        lambda path: read_entries(path, KEY, InterviewCase).entries, run_case, figures,
    )  # fmt: skip
