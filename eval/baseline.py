"""The committed results that a new run is compared with, case by case."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.statistics import Paired, holm, paired

FOLDER = Path(__file__).parent / "baseline"
SUITES = ("answers", "retrieval", "safety", "plans", "interviews", "speed")
HARD = frozenset({"shown", "unreadable", "no_passage", "misquote", "twin"})
"""Faults of which one new case is a regression, whatever the statistics say."""

Summary = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against the baseline."""

    paired: Paired | None
    """None: nothing to compare."""
    p: float | None
    """Corrected for several comparisons by Holm's method."""
    note: str | None = None
    """Why it may not be compared."""


def load(suite: str, folder: Path = FOLDER) -> Summary | None:
    """Read a suite's committed summary; None where there is none."""
    path = folder / f"{suite}.json"
    if not path.is_file():
        return None
    found: Summary = json.loads(path.read_text(encoding="utf-8"))
    return found


def accept(suite: str, summary: Summary, folder: Path = FOLDER) -> None:
    """Make a summary the baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, sort_keys=False) + "\n"
    (folder / f"{suite}.json").write_text(text, encoding="utf-8")


def compare(new: Mapping[str, Summary], old: Mapping[str, Summary]) -> dict[str, Comparison]:
    """Compare suites that both have; figures of different columns are not compared."""
    found: dict[str, Comparison] = {}
    for suite in new.keys() & old.keys():
        note = _apart(new[suite], old[suite])
        if note is None and "passed" in new[suite] and "passed" in old[suite]:
            found[suite] = Comparison(paired(old[suite]["passed"], new[suite]["passed"]), None)
        else:
            found[suite] = Comparison(None, None, note or "no case-by-case results")
    corrected = holm({name: one.paired.p for name, one in found.items() if one.paired})
    return {
        name: Comparison(one.paired, corrected.get(name), one.note) for name, one in found.items()
    }


def _apart(new: Summary, old: Summary) -> str | None:
    columns = [one.get("head", {}).get("column") for one in (new, old)]
    if columns[0] != columns[1]:
        return f"the baseline is of {columns[1]}, this run of {columns[0]}: not one column"
    return None


def regressions(
    new: Mapping[str, int], old: Mapping[str, int], faults: Mapping[str, Sequence[str]]
) -> list[str]:
    """Name what has become worse beyond chance, and every new hard fault.

    `new` and `old` tell which cases passed, `faults` the codes of each case of the new run."""
    found = [
        f"{case}: {code}"
        for case, codes in sorted(faults.items())
        for code in codes
        if code in HARD and old.get(case, 1)
    ]
    result = paired({one: float(hit) for one, hit in old.items()},
                    {one: float(hit) for one, hit in new.items()})  # fmt: skip
    if result.worse > result.better and result.p < 0.05:
        lost = [one for one in sorted(new.keys() & old.keys()) if old[one] and not new[one]]
        found.append(
            f"{result.worse} of {result.cases} cases are lost and {result.better} won "
            f"(McNemar p = {result.p:.3f}): {', '.join(lost)}"
        )
    return found
