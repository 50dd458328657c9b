"""The pictures of a report: a heat map of clauses and themes by verdict, and a radar of scores."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from assistant.domain.interview import Verdict
from assistant.interviewing.report_scores import Score

COLOURS = {
    Verdict.CONFORMS.value: "#2e7d5b",
    Verdict.PARTIAL.value: "#d9a441",
    Verdict.GAP.value: "#b9423a",
    Verdict.NOT_APPLICABLE.value: "#8a94a6",
    Verdict.NOT_ASSESSED.value: "#c9ced8",
}
_DARK = {Verdict.CONFORMS.value, Verdict.GAP.value, Verdict.NOT_APPLICABLE.value}
_INK = "#1f2937"
_DPI = 160


def heat_map(groups: Sequence[Score]) -> bytes:
    """Draw counts of units, clause or theme by verdict, as PNG; darker is more of the row."""
    figure, axes = _canvas(7.2, 0.46 * len(groups) + 1.0)
    names = [one.value for one in Verdict]
    for row, group in enumerate(groups):
        for column, verdict in enumerate(names):
            count = group.counts[verdict]
            share = count / group.total if group.total else 0.0
            axes.add_patch(
                _rectangle(column, row, COLOURS[verdict], 0.12 + 0.88 * share if count else 0.04)
            )
            axes.text(
                column + 0.5, row + 0.5, str(count) if count else "–", ha="center", va="center",
                fontsize=10, color="white" if share > 0.45 and verdict in _DARK else _INK,
            )  # fmt: skip
    axes.set_xlim(0, len(names))
    axes.set_ylim(len(groups), 0)
    axes.set_xticks([at + 0.5 for at in range(len(names))])
    axes.set_xticklabels([one.replace("_", " ") for one in names], fontsize=9, color=_INK)
    axes.xaxis.tick_top()
    axes.set_yticks([at + 0.5 for at in range(len(groups))])
    axes.set_yticklabels([one.name for one in groups], fontsize=9, color=_INK)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return _png(figure)


def radar(groups: Sequence[Score]) -> bytes:
    """Draw scores around a circle, as PNG. What lacks coverage is left open and marked so."""
    figure, axes = _canvas(6.4, 6.0, polar=True)
    count = max(len(groups), 3)
    angles = [2 * math.pi * at / count for at in range(len(groups))]
    shares = [one.share for one in groups]
    known = [
        (angle, share) for angle, share in zip(angles, shares, strict=True) if share is not None
    ]
    axes.set_theta_offset(math.pi / 2)
    axes.set_theta_direction(-1)
    if len(known) > 2:
        closed = [*known, known[0]]
        axes.fill([a for a, _ in closed], [s for _, s in closed], color="#33658a", alpha=0.22)
        axes.plot([a for a, _ in closed], [s for _, s in closed], color="#33658a", linewidth=1.8)
    axes.scatter([a for a, _ in known], [s for _, s in known], color="#33658a", s=28, zorder=3)
    open_ = [angle for angle, share in zip(angles, shares, strict=True) if share is None]
    axes.scatter(open_, [0.04] * len(open_), marker="x", color="#b9423a", s=36, zorder=3)
    axes.set_ylim(0, 1)
    axes.set_rlabel_position(180 / count)
    axes.set_yticks([0.25, 0.5, 0.75, 1.0])
    axes.set_yticklabels(["25 %", "50 %", "75 %", "100 %"], fontsize=7, color="#6b7280")
    axes.set_xticks(angles)
    axes.set_xticklabels(
        [one.name if one.share is not None else f"{one.name}\n(no score)" for one in groups],
        fontsize=8.5,
        color=_INK,
    )
    axes.tick_params(pad=12)
    axes.grid(color="#d1d5db", linewidth=0.7)
    axes.spines["polar"].set_color("#d1d5db")
    return _png(figure)


def _canvas(width: float, height: float, *, polar: bool = False) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415  half a second that only pictures need

    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.add_subplot(projection="polar" if polar else None)
    return figure, axes


def _rectangle(column: int, row: int, colour: str, alpha: float) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle(
        (column + 0.03, row + 0.06), 0.94, 0.88, facecolor=colour, alpha=alpha, linewidth=0
    )


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(
        out, format="png", bbox_inches="tight", facecolor="white", metadata={"Software": None}
    )
    return out.getvalue()
