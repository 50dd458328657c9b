"""Counts, scores, coverage and the views of a report: counts before percentages, always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.domain.assessment import UnitResult
from assistant.domain.interview import Severity, Verdict
from knowledge.controls import register
from knowledge.demands import units

ENOUGH = 0.6
"""Share of applicable units that must be assessed before a percentage may be shown."""
_WORTH = {Verdict.CONFORMS: 1.0, Verdict.PARTIAL: 0.5, Verdict.GAP: 0.0}
GROUPS: Mapping[str, str] = {
    "4": "4 Context", "5": "5 Leadership", "6": "6 Planning", "7": "7 Support", "8": "8 Operation",
    "9": "9 Evaluation", "10": "10 Improvement", "A.5": "A.5 Organisational", "A.6": "A.6 People",
    "A.7": "A.7 Physical", "A.8": "A.8 Technological",
}  # fmt: skip
_VIEWS = (
    "control_type",
    "security_properties",
    "cybersecurity_concepts",
    "operational_capabilities",
)


@dataclass(frozen=True, slots=True)
class Score:
    """One clause, theme or view: how many units stand where."""

    name: str
    counts: Mapping[str, int]
    """By verdict; all five are there."""
    maturity: float | None
    """Mean of the levels that were given; never a measure of conformity."""

    @property
    def total(self) -> int:
        """Count all units."""
        return sum(self.counts.values())

    @property
    def applicable(self) -> int:
        """Count the units that are not "not applicable"."""
        return self.total - self.counts[Verdict.NOT_APPLICABLE.value]

    @property
    def assessed(self) -> int:
        """Count the units with a verdict of substance."""
        return sum(self.counts[one.value] for one in _WORTH)

    @property
    def share(self) -> float | None:
        """Give the score from 0 to 1, or None below the coverage that it needs."""
        if not self.assessed or self.assessed < ENOUGH * self.applicable:
            return None
        return sum(worth * self.counts[one.value] for one, worth in _WORTH.items()) / self.assessed

    @property
    def shown(self) -> str:
        """Give the score with counts and coverage, as a person reads it."""
        cover = f"{self.assessed} of {self.applicable} assessed"
        if self.share is None:
            return f"no percentage ({cover})"
        return f"{round(100 * self.share)} % (n={cover})"


def score(name: str, results: Iterable[UnitResult]) -> Score:
    """Count verdicts of some units."""
    listed = list(results)
    found = Counter(one.verdict.value for one in listed)
    levels = [one.proposed.maturity for one in listed if one.proposed.maturity is not None]
    return Score(
        name,
        {one.value: found[one.value] for one in Verdict},
        round(sum(levels) / len(levels), 1) if levels else None,
    )


def by_group(results: Sequence[UnitResult]) -> tuple[Score, ...]:
    """Score each clause and theme that holds units of the assessment."""
    known = units()
    return tuple(
        score(title, inside)
        for group, title in GROUPS.items()
        if (inside := [one for one in results if known[one.unit].group == group])
    )


def by_attribute(results: Sequence[UnitResult]) -> Mapping[str, tuple[Score, ...]]:
    """Score the controls by their attributes, such as "corrective" or an operational capability."""
    verdicts = {one.unit: one for one in results}
    views: dict[str, tuple[Score, ...]] = {}
    for view in _VIEWS:
        values: dict[str, list[UnitResult]] = {}
        for control in register().controls:
            if control.id in verdicts:
                for value in control.attributes.get(view, ()):
                    values.setdefault(value, []).append(verdicts[control.id])
        views[view] = tuple(
            score(name.replace("_", " "), inside) for name, inside in sorted(values.items())
        )
    return {name: found for name, found in views.items() if found}


def majors(results: Iterable[UnitResult]) -> tuple[UnitResult, ...]:
    """Give the units that might be graded as major."""
    return tuple(
        one
        for one in results
        if one.proposed.severity is Severity.MAJOR and one.verdict in {Verdict.GAP, Verdict.PARTIAL}
    )
