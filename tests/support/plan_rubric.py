"""Grading a drafted plan by the twelve criteria of the rubric, as far as code can judge.

A blank that is marked with a question earns what the fact would have earned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OPEN = "TO BE CONFIRMED"
_NUMBER = re.compile(r"\d")


def grade_plan(data: Mapping[str, Any]) -> dict[int, int]:
    """Give the points of the twelve criteria for the output of `annexa plan draft`."""
    plan, lint = data["plan"], {one["code"] for one in data["lint"] if one["severity"] != "warning"}
    return {
        1: _requirement(plan),
        2: _facts(plan),
        3: _putting_right(plan, lint),
        4: _extent(plan),
        5: _method(plan),
        6: _root_cause(plan, lint),
        7: _fits(plan, lint),
        8: _smart(plan),
        9: _changes(plan),
        10: _evidence(plan),
        11: _effect(plan, lint),
        12: _honest(data),
    }


def passes(points: Mapping[int, int], grade: str) -> bool:
    """Tell whether a plan could be sent."""
    total = sum(points.values())
    if grade == "major":
        return (
            total >= 28
            and min(points.values()) > 0
            and min(points[n] for n in (3, 4, 6, 7, 11)) >= 2
        )
    return total >= 22 and min(points[n] for n in (1, 3, 4, 6, 7, 8, 11)) > 0


def _marked(text: str) -> bool:
    """Tell whether a text asks for what is missing with a real question."""
    return f"{OPEN}: " in text and "?" in text


def _requirement(plan: Mapping[str, Any]) -> int:
    text = plan["requirement"]
    if not re.search(r"\bA\.\d|\b\d{1,2}\.\d", text):
        return 1 if _marked(text) else 0
    own = "Own rule:" in text or "rule of your own" in text
    return 2 + (("SoA" in text or "Related:" in text) and (own or "Related:" in text))


def _facts(plan: Mapping[str, Any]) -> int:
    text = plan["objective_evidence"]
    return 3 if (_NUMBER.search(text) and "As raised" in text) or _marked(text) else 1


def _putting_right(plan: Mapping[str, Any], lint: set[str]) -> int:
    if "correction_mixed" in lint:
        return 1
    points = 1
    points += bool(re.search(r"\d{4}-\d\d-\d\d", plan["correction"])) or _marked(plan["correction"])
    points += len(plan["consequences"]) > 30
    return points


def _extent(plan: Mapping[str, Any]) -> int:
    text = plan["extent"]
    if _marked(text):
        return 3
    numbers = len(_NUMBER.findall(text)) >= 2
    potential = bool(re.search(r"could|potential|also|not on the list", text))
    return 1 + numbers + (numbers and potential)


def _method(plan: Mapping[str, Any]) -> int:
    text = plan["cause_analysis"]
    named = bool(re.search(r"why|fishbone|timeline", text, re.I))
    shown = bool(re.search(r"minutes|ticket|note|evidence|record|interview", text)) or _marked(text)
    return (1 if text else 0) + named + (named and shown)


def _root_cause(plan: Mapping[str, Any], lint: set[str]) -> int:
    if lint & {"human_error", "restates_finding"} and not _marked(plan["root_cause"]):
        return 0
    kinds = {one["kind"] for one in plan["causes"]}
    if _marked(plan["root_cause"]) and "Why was it not noticed" in plan["root_cause"]:
        return 3
    return 2 + ({"happened", "undetected"} <= kinds)


def _fits(plan: Mapping[str, Any], lint: set[str]) -> int:
    if plan["actions"][0]["what"].startswith(OPEN):
        return 3  # nothing is known: a marked question
    causes = {one["id"] for one in plan["causes"]}
    answered = {each.split(":")[0] for one in plan["actions"] for each in one["cause"]}
    if not plan["actions"]:
        return 0
    return 1 + (causes <= answered) + (OPEN not in answered and "actions_weak" not in lint)


def _smart(plan: Mapping[str, Any]) -> int:
    actions = plan["actions"]
    if not actions:
        return 0
    whole = all(one["owner"] and one["due"] and one["done_when"] for one in actions)
    return 1 + whole + all(one["resources"] for one in actions)


def _changes(plan: Mapping[str, Any]) -> int:
    named = sum(
        bool(re.search(word, plan["isms_changes"], re.I))
        for word in ("risk", "soa", "polic", "objectiv", "train")
    )
    return 0 if not named else 1 if named < 3 else 2 if named < 5 else 3


def _evidence(plan: Mapping[str, Any]) -> int:
    text = plan["closure_evidence"]
    specific = len(text.split()) > 10
    return (
        1
        + specific
        + (specific and (_marked(text) or bool(re.search(r"\bby \d{4}|from [A-Z]", text))))
    )


def _effect(plan: Mapping[str, Any], lint: set[str]) -> int:
    if lint & {"effect_empty", "effect_unmeasurable", "reviewer_is_owner", "effect_too_early"}:
        return 1
    text = plan["effectiveness"]
    measured = bool(re.search(r"threshold|\d+ ?%|\b0 |\bzero|\d+ of \d+", text, re.I))
    whole = _marked(text) or bool(re.search(r"\d{4}-\d\d-\d\d", text))
    return 1 + measured + (measured and whole)


def _honest(data: Mapping[str, Any]) -> int:
    return 3 if data["plan"]["drafted_by"] == "assistant" and data["to_be_confirmed"] else 1
