"""`annexa coverage`: what the documents say on each control, with evidence and open findings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from datetime import date

    from rich.text import Text

    from knowledge.controlling.coverage import Coverage, Covered

_WEAKEST = 15
_SENTENCES = 6
_PER_LINE = 10


@click.command(short_help="What documents say on each control.")
@click.argument("control", required=False)
@click.option("--all", "everything", is_flag=True, help="Every control, in the order of Annex A.")
@click.option(
    "--map", "picture", type=click.Path(path_type=Path), help="Write a heat map: .png or .svg."
)
@click.option("--as-of", type=DAY, help="The documents in force on this day.")
@options(*WORKS, *READS)
@invoked
def coverage(
    run: Invocation,
    *,
    control: str | None,
    everything: bool,
    picture: Path | None,
    as_of: date | None,
) -> int:
    """Show how the documents in force treat the controls of Annex A and your own.

    Shown are the weakest controls, what is claimed and nowhere described, and rules that no row of
    the statement owns. Name a CONTROL to read its sentences."""
    from knowledge.controlling.coverage import coverage as measure
    from knowledge.controlling.coverage import coverage_data

    if picture is not None and picture.suffix.casefold() not in (".png", ".svg"):
        raise click.UsageError("--map needs a file that ends with .png or .svg.")
    with run.advisor() as advisor:
        found = measure(advisor.view(run.reader(), as_of=as_of))
    if picture is not None:
        from knowledge.controlling.heat_map import draw

        draw(found, picture)
        screen.note(f"Heat map written to {picture}.")
    if control is not None:
        chosen = _one(found, control)
        if run.as_json:
            data = coverage_data(found)
            screen.data(next(c for c in data["controls"] if c["control"] == chosen.control))
        else:
            _show_one(chosen)
    elif run.as_json:
        screen.data(coverage_data(found))
    else:
        _show(found, everything=everything)
    return 0


def _one(found: Coverage, control: str) -> Covered:
    from knowledge.controls import canonical

    wanted = {control.strip(), canonical(control)}
    chosen = next((one for one in found.controls if one.control in wanted), None)
    if chosen is None:
        raise click.ClickException(f"there is no control {screen.plain(control)!r}.")
    return chosen


def _show(found: Coverage, *, everything: bool) -> None:
    screen.say(
        f"Coverage on {found.day}"
        + (f" against {found.statement}" if found.statement else ", without a statement"),
        style="bold",
    )
    _show_map(found)
    chosen = found.controls if everything else found.weakest_first[:_WEAKEST]
    screen.heading("All controls" if everything else "The weakest")
    grid = screen.table("Control", "Treated", "Documents", "Stands out")
    for one in chosen:
        grid.add_row(
            screen.words(f"{one.control} {one.title}"),
            screen.words(f"{one.depth.value}\n{one.strength:.2f}"),
            screen.words(_documents(one)),
            screen.words("\n".join(_flags(one))),
        )
    screen.show(grid)
    _show_unowned(found)
    counts = Counter(one.depth.value for one in found.controls)
    screen.say()
    screen.say(", ".join(f"{counts[depth]} {depth}" for depth in counts) + ".")
    if found.notice:
        screen.note(found.notice)


def _documents(one: Covered) -> str:
    found = list(one.documents.items())
    shown = [f"{source.rsplit('/', 1)[-1]} ({count})" for source, count in found[:2]]
    return "\n".join([*shown, *([f"and {len(found) - 2} more"] if found[2:] else [])]) or "–"


def _flags(one: Covered) -> list[str]:
    """Name what stands out; that evidence is missing only where rows name any at all."""
    from knowledge.controlling.coverage import Flag

    return [flag.value for flag in one.flags if flag is not Flag.NO_EVIDENCE]


def _show_map(found: Coverage) -> None:
    """Print a control a cell, coloured and with a letter for those who see no colour."""
    from rich.text import Text

    from knowledge.controlling.heat_map import by_theme

    for theme, group in by_theme(found.controls):
        screen.say()
        screen.say(f"{theme.capitalize()} ({len(group)})", style="bold")
        for start in range(0, len(group), _PER_LINE):
            line = Text("  ")
            for one in group[start : start + _PER_LINE]:
                line.append_text(_cell(one))
                line.append(" ")
            screen.show(line)
    screen.say()
    screen.say("  ■ own section  ◪ in passing  □ named only  · nowhere  – excluded", style="dim")


def _cell(one: Covered) -> Text:
    from rich.text import Text

    from knowledge.controlling.coverage import Flag
    from knowledge.soa import Applicability

    marks = {"own section": ("■", "green"), "in passing": ("◪", "yellow"),
             "named only": ("□", "bright_red"), "nowhere": ("·", "red")}  # fmt: skip
    mark, style = marks[one.depth.value]
    excluded = one.row is not None and one.row.applicable is Applicability.NO
    if excluded and Flag.EXCLUDED_BUT_RULED not in one.flags:
        mark, style = "–", "dim"
    number = one.control.removeprefix("A.")
    return Text(f"{mark}{number[:5]:<5}", style=style)


def _show_unowned(found: Coverage) -> None:
    from knowledge.controlling.coverage import Flag

    alone = [
        one for one in found.controls if {Flag.UNOWNED, Flag.EXCLUDED_BUT_RULED} & set(one.flags)
    ]
    if alone:
        screen.heading("Rules in force that no row of the statement owns")
        for one in alone:
            screen.indented(f"{one.control} {one.title}: {', '.join(_flags(one))}", 2)
            first = next((s for s in one.stated if s.duty), one.stated[0])
            screen.indented(f"“{first.at.quote}”", 4, "italic")
            screen.indented(f"{first.at.source} · {first.at.section or ''}", 4, "dim")
    if found.unowned:
        screen.heading("Sections whose duties belong to no control of Annex A")
        for section in found.unowned[:8]:
            count = screen.count(section.duties, "sentence")
            screen.indented(f"{section.source} · {section.section or '–'} ({count})", 2)
        if len(found.unowned) > 8:
            screen.indented(f"and {len(found.unowned) - 8} more (--json)", 2, "dim")


def _show_one(one: Covered) -> None:
    screen.heading(f"{one.control} {one.title}")
    row = one.row
    status = row.implementation_status if row else None
    screen.show(
        screen.facts(
            [
                ("Statement", f"{row.sheet}, row {row.row}" if row else "no row"),
                ("Applicable", row.applicable.value if row else None),
                ("Status", status.value.replace("_", " ") if status else None),
                ("Treated", f"{one.depth.value} ({one.strength:.2f})"),
                ("Stands out", ", ".join(flag.value for flag in one.flags) or None),
            ]
        )
    )
    for name in one.documents:
        screen.say()
        screen.say(name, style="bold")
        stated = [s for s in one.stated if s.at.source == name and s.depth.value != "named only"]
        for sentence in stated[:_SENTENCES]:
            screen.indented(f"“{sentence.at.quote}”", 2, "italic")
            screen.indented(f"{sentence.at.section or ''} · {sentence.depth.value}", 4, "dim")
        if len(stated) > _SENTENCES:
            screen.indented(f"and {len(stated) - _SENTENCES} more (--json)", 2, "dim")
    if one.evidence:
        screen.heading("Evidence")
        for evidence in one.evidence:
            age = f" · {evidence.age_days} days old" if evidence.age_days is not None else ""
            screen.indented(f"{evidence.text}{age}", 2)
    if one.findings:
        screen.heading("Open findings")
        for finding in one.findings:
            screen.indented(f"{finding.key} · {finding.spot.source}", 2)
