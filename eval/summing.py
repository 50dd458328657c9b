"""The figures of a run: rates with their intervals, from the lines of the suite. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from eval.metrics import Estimate, wilson
from eval.records import AnswerLine, Head
from eval.scoring.agreement import confusion
from eval.scoring.declining import declining
from eval.statistics import cluster_bootstrap

Figure = dict[str, Any]
HEADLINE = ("passed", "vital", "supported", "valid", "refusal", "over_refusal")
"""Names of the figures that a report opens with, in their order."""
NAMES = {
    "passed": "questions answered rightly",
    "vital": "vital facts told",
    "all": "facts told, vital or not",
    "sources": "right sources cited",
    "supported": "cited sentences that their sources bear (citation precision)",
    "recall": "stating sentences that cite what bears them (citation recall)",
    "unsupported": "stating sentences that no source bears",
    "valid": "citations that exist, may be read, are verbatim and rightly labelled",
    "refusal": "questions that nothing answers, handled rightly",
    "over_refusal": "answerable questions refused (less is better)",
    "forbidden": "answers that say or show what they must not (less is better)",
    "conflict": "disagreements between documents shown",
    "clarify": "questions asked back where one was expected",
    "copied": "share of verbatim copy",
    "words": "words in an answer",
}
LOWER_IS_BETTER = frozenset({"over_refusal", "forbidden", "unsupported", "words", "copied"})


def summary(head: Head, lines: Sequence[AnswerLine]) -> Figure:
    """Sum a run up: all cases, then by half, file, kind, and unit; and what went wrong."""
    return {
        "suite": "answers",
        "head": head.model_dump(mode="json"),
        "all": figures(lines),
        "halves": _groups(lines, lambda one: one.half),
        "files": _groups(lines, lambda one: one.file),
        "kinds": _groups(lines, lambda one: one.kind),
        "units": {
            unit: {"n": len(rows), "passed": sum(one.passed for one in rows)}
            for unit, rows in _by(lines, lambda one: one.unit or "").items()
            if unit
        },
        "faults": dict(
            Counter(code for one in lines for code in {fault.code for fault in one.faults})
        ),
        "answer_kinds": confusion(
            [_meant(one) for one in lines], [one.answer_kind for one in lines]
        ),
        "speed": speed(lines),
        "passed": {_key(one): int(one.passed) for one in lines},
    }


def figures(lines: Sequence[AnswerLine]) -> Figure:
    """Give every figure of some cases as {mean, low, high, n}; those without cases are left out."""
    answered = [one for one in lines if one.sentences]
    lists: dict[str, Estimate | None] = {
        "passed": _rate([one.passed for one in lines]),
        "vital": _pooled(lines, lambda one: one.vital_found, lambda one: one.vital),
        "all": _pooled(lines, lambda one: one.all_found, lambda one: one.all),
        "sources": _pooled(lines, lambda one: one.sources_found, lambda one: one.sources),
        "supported": _pooled(
            answered,
            lambda one: sum(s.supported for s in one.sentences if s.marks),
            lambda one: sum(bool(s.marks) for s in one.sentences),
        ),
        "recall": _pooled(
            answered,
            lambda one: sum(s.supported and bool(s.marks) for s in one.sentences),
            lambda one: len(one.sentences),
        ),
        "unsupported": _pooled(
            answered,
            lambda one: sum(not s.supported for s in one.sentences),
            lambda one: len(one.sentences),
        ),
        "valid": _pooled(
            lines,
            lambda one: sum(
                c.exists and c.readable and c.verbatim and c.labelled for c in one.citations
            ),
            lambda one: len(one.citations),
        ),
        "refusal": _rate([one.passed for one in lines if not one.answerable]),
        "over_refusal": _rate([one.answer_kind in _REFUSED for one in lines if one.answerable]),
        "forbidden": _rate([any(f.code in {"says", "shown"} for f in one.faults) for one in lines]),
        "conflict": _rate([one.passed for one in lines if "conflict" in one.expected]),
        "clarify": _rate([one.passed for one in lines if one.expected == ("clarify",)]),
        "copied": _mean(answered, lambda one: one.copied),
        "words": _mean(answered, lambda one: one.words),
    }
    counts = _counts(lines)
    found: Figure = {
        name: {"mean": one.mean, "low": one.low, "high": one.high, "n": counts[name]}
        for name, one in lists.items()
        if one is not None
    }
    both = declining((one.answerable, one.answer_kind in _REFUSED, one.passed) for one in lines)
    found["refusal_f1"] = {"mean": both.f1, "low": None, "high": None, "n": len(lines)}
    return found


_REFUSED = frozenset({"not_found", "refusal", "out_of_scope"})


def _counts(lines: Sequence[AnswerLine]) -> Counter[str]:
    """Count what each figure is a share of."""
    answered = [one for one in lines if one.sentences]
    return Counter(
        {
            "passed": len(lines),
            "vital": sum(one.vital for one in lines),
            "all": sum(one.all for one in lines),
            "sources": sum(one.sources for one in lines),
            "supported": sum(bool(s.marks) for one in answered for s in one.sentences),
            "recall": sum(len(one.sentences) for one in answered),
            "unsupported": sum(len(one.sentences) for one in answered),
            "valid": sum(len(one.citations) for one in lines),
            "refusal": sum(not one.answerable for one in lines),
            "over_refusal": sum(one.answerable for one in lines),
            "forbidden": len(lines),
            "conflict": sum("conflict" in one.expected for one in lines),
            "clarify": sum(one.expected == ("clarify",) for one in lines),
            "copied": len(answered),
            "words": len(answered),
        }
    )


def speed(lines: Sequence[AnswerLine]) -> Figure:
    """Give medians and 95th percentiles of seconds, and the tokens of an answer."""
    tokens = [
        (one.prompt_tokens or 0) + (one.reply_tokens or 0)
        for one in lines
        if one.prompt_tokens is not None and one.reply_tokens is not None
    ]
    return {
        "first_s": _spread([one.first_s for one in lines if one.first_s is not None]),
        "total_s": _spread([one.total_s for one in lines]),
        "tokens": _spread([float(one) for one in tokens]),
        "calls": sum(one.calls for one in lines),
    }


def _spread(values: Sequence[float]) -> Figure:
    if not values:
        return {"median": None, "p95": None}
    return {
        "median": round(float(np.median(values)), 4),
        "p95": round(float(np.quantile(values, 0.95)), 4),
    }


def _key(line: AnswerLine) -> str:
    return f"{line.file}:{line.id}"


def _meant(line: AnswerLine) -> str:
    """Give the kind that was expected: the given one where it is among several."""
    if not line.expected or line.answer_kind in line.expected:
        return line.answer_kind
    return line.expected[0]


def _rate(hits: Sequence[bool]) -> Estimate | None:
    return wilson(sum(hits), len(hits)) if hits else None


def _pooled(
    lines: Sequence[AnswerLine],
    found: Callable[[AnswerLine], int],
    of: Callable[[AnswerLine], int],
) -> Estimate | None:
    """Estimate a share of many things in few answers: whole documents are drawn, so that the
    things of one answer do not count as if they were independent."""
    rows = [(found(one), of(one), one.cluster) for one in lines if of(one)]
    if not rows:
        return None
    values = [hit for hits, count, _ in rows for hit in [1.0] * hits + [0.0] * (count - hits)]
    clusters = [cluster for _, count, cluster in rows for _ in range(count)]
    estimate = cluster_bootstrap(values, clusters)
    if estimate.low == estimate.high:
        # Drawing equal things again shows no doubt; that so many documents showed none does.
        documents = len(set(clusters))
        bounds = wilson(round(estimate.mean * documents), documents)
        return Estimate(estimate.mean, bounds.low, bounds.high)
    return estimate


def _mean(lines: Sequence[AnswerLine], of: Callable[[AnswerLine], float]) -> Estimate | None:
    if not lines:
        return None
    return cluster_bootstrap([of(one) for one in lines], [one.cluster for one in lines])


def _by(
    lines: Iterable[AnswerLine], of: Callable[[AnswerLine], str]
) -> dict[str, list[AnswerLine]]:
    groups: dict[str, list[AnswerLine]] = {}
    for one in lines:
        groups.setdefault(of(one), []).append(one)
    return dict(sorted(groups.items()))


def _groups(lines: Sequence[AnswerLine], of: Callable[[AnswerLine], str]) -> dict[str, Figure]:
    return {name: figures(rows) for name, rows in _by(lines, of).items()}
