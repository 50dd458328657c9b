"""An interview's outcome against what it should have come to. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

VERDICTS = ("conforms", "partial", "gap", "not_applicable", "not_assessed")
COST: Mapping[tuple[str, str], int] = {
    ("gap", "conforms"): 4, ("partial", "conforms"): 3, ("not_assessed", "conforms"): 3,
    ("gap", "not_applicable"): 3, ("partial", "not_applicable"): 3,
}  # fmt: skip
"""What a wrong verdict costs, (right, given); any other wrong one costs 1. To be told that all is
well where it is not is what an audit punishes."""


def cost(right: str, given: str) -> int:
    """Give the cost of a verdict."""
    return 0 if right == given else COST.get((right, given), 1)


def steps(outcome: Mapping[str, Any], expected: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """List the facts that an outcome should have, and whether each is there."""
    units = {one["unit"]: one for one in outcome["units"]}
    found: list[tuple[str, bool]] = []
    for name, wanted in expected.get("units", {}).items():
        unit = units.get(name)
        if unit is None:
            found.append((f"{name} is in the outcome", False))
            continue
        found.append((f"{name}: {wanted['verdict']}", unit["verdict"] == wanted["verdict"]))
        met = {one["id"]: one["met"] for one in unit["demands"]}
        found += [
            (f"{demand}: {state}", met.get(demand) == state)
            for demand, state in wanted.get("demands", {}).items()
        ]
        if "contradictions" in wanted:
            enough = len(unit["contradictions"]) >= wanted["contradictions"]
            found.append((f"{name}: contradictions kept", enough))
        if "followups_at_most" in wanted:
            few = unit["followups"] <= wanted["followups_at_most"]
            found.append((f"{name}: few follow-ups", few))
        found += [
            (f"{name}: flag {flag}", flag in unit["flags"]) for flag in wanted.get("flags", ())
        ]
    return found


def unsaid(outcome: Mapping[str, Any], said: Sequence[str]) -> list[str]:
    """Name claims whose words the respondent never said."""
    everything = " ".join(" ".join(said).split()).casefold()
    return [
        claim["said"]
        for unit in outcome["units"]
        for claim in unit["claims"]
        if " ".join(claim["said"].split()).casefold() not in everything
    ]


def told_away(outcome: Mapping[str, Any], patterns: Sequence[str]) -> list[str]:
    """Name patterns that the assistant's own words match and must not."""
    own = "\n".join(one["text"] for one in outcome["transcript"] if one["role"] == "assistant")
    return [one for one in patterns if re.search(one, own, re.IGNORECASE)]
