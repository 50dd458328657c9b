"""The twelve criteria of a corrective action plan, as far as code can judge them. Pure.

Each is 0 (absent or wrong) to 3 (excellent). What the drafter could not know and asked about, marked
"TO BE CONFIRMED", earns the same as the fact. Code sees form, ids, numbers and names; whether a cause
is the true one, a person judges.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CRITERIA = (
    "requirement", "facts", "containment_and_correction", "extent", "cause_method", "root_cause",
    "action_fits_cause", "smart", "isms_changes", "closure_evidence", "effectiveness", "honesty",
)  # fmt: skip
_MAJOR_AT_LEAST_2 = ("containment_and_correction", "extent", "root_cause", "action_fits_cause",
                     "effectiveness")  # fmt: skip
_MINOR_NOT_0 = ("requirement", "containment_and_correction", "extent", "root_cause",
                "action_fits_cause", "smart", "effectiveness")  # fmt: skip
_OPEN = "TO BE CONFIRMED"
_DATE = r"\d{4}-\d{2}-\d{2}"
_NUMBER = re.compile(r"(?<![\w.\-])\d+(?:[.,]\d+)?(?![\w\-])")
_BLAME = re.compile(
    r"\b(human error|carelessness|negligen\w+|forgot|inattentive|did not pay attention|"
    r"mistake (?:of|by) (?:the|an?) \w+|employee (?:was|did))\b",
    re.IGNORECASE,
)
_CHANGES = ("risk", "SoA|applicability", "objective", "training|awareness|competence",
            "polic|procedure|document")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanScore:
    """Points by criterion, and what makes a plan fail whatever its points."""

    points: Mapping[str, int]
    fails: tuple[str, ...]
    grade: str

    @property
    def total(self) -> int:
        """Points of 36."""
        return sum(self.points.values())

    @property
    def passed(self) -> bool:
        """Tell whether a certification body could be sent it, as far as code can judge."""
        points = self.points
        if self.fails:
            return False
        if self.grade == "major":
            enough = self.total >= 28 and min(points.values()) > 0
            return enough and all(points[one] >= 2 for one in _MAJOR_AT_LEAST_2)
        return self.total >= 22 and all(points[one] > 0 for one in _MINOR_NOT_0)


def score(
    drafted: Mapping[str, Any],
    *,
    finding: str,
    said: Sequence[str],
    requirement: str,
    grade: str | None,
) -> PlanScore:
    """Score the output of `annexa plan draft --json`.

    `finding` is the text as raised, `said` what the lead answered, `requirement` the right id or
    a pattern of ids, `grade` what a person set."""
    plan = drafted["plan"]
    right = re.search(rf"\b(?:{requirement})(?![\d.]*\d)", _text(plan, "requirement")) is not None
    invented = invented_numbers(drafted, finding, said)
    points = {
        "requirement": _requirement(plan, right=right),
        "facts": _facts(plan, finding, invented),
        "containment_and_correction": _containment(plan),
        "extent": _extent(plan),
        "cause_method": _cause_method(plan),
        "root_cause": _root_cause(plan),
        "action_fits_cause": _fits(plan),
        "smart": _smart(plan),
        "isms_changes": min(3, _named(_text(plan, "isms_changes"), _CHANGES)),
        "closure_evidence": _closure(plan),
        "effectiveness": _effectiveness(plan),
        "honesty": 0 if invented else 3 if drafted["citations"] else 2,
    }
    fails = [f"a number that nobody gave: {one}" for one in invented]
    if not right:
        fails.append("wrong requirement")
    if points["root_cause"] == 0 and _text(plan, "root_cause"):
        fails.append("the root cause is a person's fault")
    given = _text(plan, "grade").casefold()
    if grade and grade not in given:
        fails.append("the grade was changed")
    return PlanScore(points, tuple(fails), grade or "minor")


def invented_numbers(
    drafted: Mapping[str, Any], finding: str, said: Sequence[str]
) -> tuple[str, ...]:
    """Name numbers in statements of fact that neither finding, lead nor a cited text gave."""
    plan = drafted["plan"]
    given = " ".join((finding, *said, *(str(one["quote"]) for one in drafted["citations"])))
    known = set(_NUMBER.findall(given))
    stated = " ".join(
        re.sub(rf"(?:Proposed, not confirmed|{_OPEN}).*?(?=\n\n|\Z)", "", text, flags=re.DOTALL)
        for text in (
            _text(plan, one)
            for one in ("objective_evidence", "containment", "correction", "extent")
        )
    )
    return tuple(dict.fromkeys(one for one in _NUMBER.findall(stated) if one not in known))


def _text(plan: Mapping[str, Any], field: str) -> str:
    value = plan.get(field)
    return value if isinstance(value, str) else ""


def _or_open(text: str, pattern: str) -> bool:
    return _OPEN in text or re.search(pattern, text, re.IGNORECASE) is not None


def _named(text: str, patterns: Sequence[str]) -> int:
    return sum(re.search(one, text, re.IGNORECASE) is not None for one in patterns)


def _requirement(plan: Mapping[str, Any], *, right: bool) -> int:
    if not right:
        return 0
    around = f"{_text(plan, 'statement')} {plan.get('links')}"
    return 3 if re.search(r"\bSoA\b|own rule|section", around) else 2


def _facts(plan: Mapping[str, Any], finding: str, invented: Sequence[str]) -> int:
    text = _text(plan, "objective_evidence")
    if not text or invented:
        return 0
    kept = all(number in text for number in _NUMBER.findall(finding))
    return (3 if _or_open(text, r"population|out of|\bof \d+") else 2) if kept else 1


def _containment(plan: Mapping[str, Any]) -> int:
    first, second = _text(plan, "containment"), _text(plan, "correction")
    if not first or not second:
        return 0
    if first == second:
        return 1
    if not (_or_open(first, _DATE) and _or_open(second, _DATE)):
        return 1
    return 3 if _text(plan, "consequences") else 2


def _extent(plan: Mapping[str, Any]) -> int:
    text = _text(plan, "extent")
    if not text:
        return 0
    if not _or_open(text, r"compar|check|list|report|export|system|site|team|review"):
        return 1
    return 3 if _or_open(text, r"\d") else 2


def _cause_method(plan: Mapping[str, Any]) -> int:
    causes = plan.get("causes") or []
    if not _text(plan, "cause_analysis") and not causes:
        return 0
    if len(causes) < 2:
        return 1
    return 3 if all(one.get("evidence") for one in causes) else 2


def _root_cause(plan: Mapping[str, Any]) -> int:
    text = _text(plan, "root_cause")
    if not text or _BLAME.search(text):
        return 0
    kinds = {one.get("kind") for one in plan.get("causes") or []}
    return 3 if {"happened", "undetected"} <= kinds else 2


def _fits(plan: Mapping[str, Any]) -> int:
    causes = {one["id"] for one in plan.get("causes") or []}
    named = [str(one.get("cause") or "") for one in plan.get("actions") or []]
    if not named:
        return 0
    covered = {one for one in causes if any(re.search(rf"\b{one}\b", text) for text in named)}
    if not covered:
        return 1
    orphan = any(not any(re.search(rf"\b{one}\b", text) for one in causes) for text in named)
    return 3 if covered == causes and not orphan else 2


def _smart(plan: Mapping[str, Any]) -> int:
    actions = plan.get("actions") or []
    if not actions:
        return 0
    if not all(one.get("owner") and one.get("due") for one in actions):
        return 1
    return 3 if all(one.get("done_when") and one.get("resources") for one in actions) else 2


def _closure(plan: Mapping[str, Any]) -> int:
    text = _text(plan, "closure_evidence")
    if not text:
        return 0
    if not re.search(r"record|export|report|list|log|minutes|ticket|screenshot", text, re.I):
        return 1
    return 3 if _or_open(text, rf"{_DATE}|by whom|owner|provides") else 2


def _effectiveness(plan: Mapping[str, Any]) -> int:
    parts = plan.get("effectiveness_parts") or {}
    held = [name for name in ("measure", "threshold", "sample", "period", "due", "reviewer")
            if parts.get(name)]  # fmt: skip
    if not held:
        return 1 if _text(plan, "effectiveness") else 0
    return 3 if len(held) == 6 else 2 if {"measure", "due"} <= set(held) else 1
