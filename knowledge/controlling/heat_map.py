"""Coverage as a picture: one cell a control, by theme, coloured by how well the documents treat it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from knowledge.controlling.coverage import Coverage, Covered, Flag
from knowledge.soa.model import Applicability

SHADES: tuple[tuple[float, str, str], ...] = (
    (0.5, "#1b7f5c", "section of its own"),
    (0.1, "#f2c14e", "in passing"),
    (0.01, "#f08a4b", "named only"),
    (0.0, "#d1495b", "nowhere"),
)
"""(least strength, colour, meaning), the best first; told apart without red and green, too."""
EXCLUDED = "#c9d1da"
_PER_LINE = 13
_THEMES = ("organizational", "people", "physical", "technological")
_INK = "#1f2d3d"


def shade(one: Covered) -> str:
    """Give a control's colour; an excluded control without rules is grey."""
    row = one.row
    excluded = row is not None and row.applicable is Applicability.NO
    if excluded and Flag.EXCLUDED_BUT_RULED not in one.flags:
        return EXCLUDED
    return next(colour for least, colour, _ in SHADES if one.strength >= least)


def marked(one: Covered) -> str:
    """Give the sign that a control has beside its colour: a claim without text, a finding."""
    if Flag.UNDESCRIBED in one.flags or Flag.EXCLUDED_BUT_RULED in one.flags:
        return "!"
    return "F" if Flag.FINDING in one.flags else ""


def draw(found: Coverage, path: Path) -> None:
    """Write the heat map to a file that ends with .png or .svg. Raises ValueError for another."""
    kind = path.suffix.casefold()
    if kind not in (".png", ".svg"):
        raise ValueError(f"a heat map is written as .png or .svg, not {kind or 'without an end'}")
    figure = _figure(found)
    out = io.BytesIO()
    if kind == ".png":
        FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call]
    else:
        FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
            out, metadata={"Date": None}
        )
    path.write_bytes(out.getvalue())


def by_theme(controls: Sequence[Covered]) -> list[tuple[str, list[Covered]]]:
    """Group controls by theme, the organisation's own last."""
    names = [*_THEMES, *sorted({c.theme for c in controls} - set(_THEMES))]
    grouped = [(name, [c for c in controls if c.theme == name]) for name in names]
    return [(name, group) for name, group in grouped if group]


def _figure(found: Coverage) -> Figure:
    groups = by_theme(found.controls)
    lines = sum(1 + -(-len(group) // _PER_LINE) for _, group in groups)
    figure = Figure(figsize=(12, 0.62 * lines + 1.9), dpi=130)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_xlim(0, _PER_LINE)
    axes.set_ylim(lines + 1.6, -1.4)
    axes.axis("off")
    axes.text(0, -0.85, "What the documents say on each control", fontsize=17, weight="bold",
              color=_INK)  # fmt: skip
    stated = f"{found.day.isoformat()} · statement: {found.statement or 'none'}"
    axes.text(0, -0.3, stated, fontsize=9.5, color="#5c6b7a")
    top = 0.0
    for name, group in groups:
        axes.text(0, top + 0.78, f"{name.capitalize()} ({len(group)})", fontsize=11, weight="bold",
                  color=_INK)  # fmt: skip
        top += 1
        for at, one in enumerate(group):
            line, column = divmod(at, _PER_LINE)
            _cell(axes, column, top + line, one)
        top += -(-len(group) // _PER_LINE)
    handles = [Patch(color=colour, label=label) for _, colour, label in SHADES]
    handles.append(Patch(color=EXCLUDED, label="excluded"))
    axes.legend(handles=handles, loc="lower left", ncol=5, frameon=False, fontsize=9.5,
                bbox_to_anchor=(0.0, 0.0))  # fmt: skip
    axes.text(_PER_LINE, lines + 1.25, "! claimed without text, or excluded with rules · F open finding",
              fontsize=9.5, ha="right", color=_INK)  # fmt: skip
    return figure


def _cell(axes: object, column: int, line: float, one: Covered) -> None:
    colour = shade(one)
    ink = _INK if colour in ("#f2c14e", EXCLUDED) else "white"
    box = Rectangle((column + 0.03, line + 0.06), 0.94, 0.88, color=colour)
    axes.add_patch(box)  # type: ignore[attr-defined]
    axes.text(  # type: ignore[attr-defined]
        column + 0.5, line + 0.5, one.control, fontsize=9.5, ha="center", va="center", color=ink,
        weight="bold",
    )  # fmt: skip
    if sign := marked(one):
        axes.text(  # type: ignore[attr-defined]
            column + 0.9, line + 0.28, sign, fontsize=9, ha="right", va="center", color=ink,
            weight="bold",
        )  # fmt: skip
