"""`annexa plan list`, `import`, `export` and `reminders`: the register of corrective actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options
from bots.cli.planners import Desk, opened

if TYPE_CHECKING:
    from assistant.planning.register import RegisterEntry

_FILE = click.Path(path_type=Path, dir_okay=False)
VIEWS = (
    "all",
    "open",
    "overdue",
    "due",
    "pending",
    "repeats",
    "ageing",
    "clauses",
    "themes",
    "causes",
    "closing",
)


@click.command("list", short_help="Show the register, or a view of it.")
@click.argument("view", type=click.Choice(VIEWS), default="all")
@options(*WORKS)
@invoked
def list_(run: Invocation, view: str) -> None:
    """Show the register of plans and imported entries.

    VIEW is all, open (by grade), overdue, due (in 30 days), pending (effectiveness), repeats, ageing,
    clauses, themes, causes, or closing (mean days to close by grade).
    """
    with opened(run, records=True) as desk:
        entries = desk.entries()
        found = _view(entries, view, desk)
    if isinstance(found, Mapping):
        if run.as_json:
            screen.data(found)
        else:
            _show_counts(found, view)
        return
    if run.as_json:
        screen.data([asdict(one) for one in found])
    else:
        _show_entries(found)


def _view(
    entries: Sequence[RegisterEntry], view: str, desk: Desk
) -> Sequence[RegisterEntry] | Mapping[str, float]:
    from assistant.planning import register

    match view:
        case "overdue":
            return register.overdue(entries)
        case "due":
            return register.due_soon(entries, desk.today)
        case "pending":
            return register.effectiveness_pending(entries)
        case "repeats":
            return register.repeats(entries)
        case "open":
            return dict(register.open_by_grade(entries))
        case "ageing":
            return dict(register.ageing(entries))
        case "closing":
            return dict(register.mean_days_to_close(entries))
        case "clauses" | "themes" | "causes":
            return dict(register.grouped(entries, view.removesuffix("s")))
        case _:
            return entries


_COUNTED = {
    "open": "Open by grade",
    "ageing": "Open by days since the finding",
    "closing": "Mean days from finding to closure",
    "clauses": "Open by requirement",
    "themes": "Open by theme",
    "causes": "Open by root cause category",
}


def _show_counts(found: Mapping[str, float], view: str) -> None:
    screen.say(_COUNTED[view], style="bold")
    if not found:
        screen.say("  nothing")
    for name, number in found.items():
        screen.say(f"  {name}: {number}")


def _show_entries(entries: Sequence[RegisterEntry]) -> None:
    if not entries:
        screen.say("Nothing.")
        return
    table = screen.table("Plan", "Grade", "Requirement and title", "State", "Owner", "Next date")
    for one in entries:
        table.add_row(
            screen.words(one.id),
            screen.words(one.grade or "?"),
            screen.words(f"{one.requirement} {one.title}".strip()),
            screen.words(one.state),
            screen.words(one.owner or "?"),
            screen.words(_next(one), "red" if one.days_overdue else ""),
        )
    screen.show(table)


def _next(entry: RegisterEntry) -> str:
    from assistant.planning.register import next_day

    day = next_day(entry)
    if day is None:
        return "none set"
    late = f", {entry.days_overdue} days late" if entry.days_overdue else ""
    escalated = ", escalated" if entry.escalated else ""
    return f"{day.isoformat()}{late}{escalated}"


@click.command("import", short_help="Take in a register that exists already.")
@click.argument("file", type=_FILE)
@click.option("--as", "person", metavar="PERSON", required=True, help="Who takes it in, by name.")
@click.option("--accept", is_flag=True, help="Take it in as shown; without it nothing is kept.")
@options(*WORKS)
@invoked
def import_(run: Invocation, file: Path, person: str, accept: bool) -> None:
    """Read a CSV or XLSX register and show what each column was taken for.

    Imported entries keep their own words and states; a plan is begun for one with `annexa plan new`.
    """
    from assistant.planning.importing import read_register
    from knowledge.parsing import DocumentError

    try:
        found = read_register(file)
    except (DocumentError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not run.as_json:
        for header, name in found.columns:
            screen.say(f"  {header} → {name}")
        for header in found.unused:
            screen.say(f"  {header}: not used", style="dim")
        for line in found.skipped:
            screen.say(f"  {line}", style="yellow")
        _show_entries(found.entries)
    new = changed = 0
    if accept:
        with opened(run, records=True) as desk:
            at = datetime.combine(desk.today, datetime.now(UTC).time(), tzinfo=UTC)
            new, changed = desk.plans.take_entries(found.entries, file.name, by=person, at=at)
    if run.as_json:
        screen.data({"columns": dict(found.columns), "unused": found.unused, "skipped": found.skipped,
                     "entries": [asdict(one) for one in found.entries],
                     "new": new, "changed": changed})  # fmt: skip
        return
    screen.say(
        f"{new} new, {changed} changed."
        if accept
        else "Nothing was kept; add --accept to take it in."
    )


@click.command(short_help="Write plans as DOCX, XLSX, Markdown, JSON or CSV.")
@click.argument("plan_ids", metavar="PLAN...", nargs=-1)
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False), required=True
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(["docx", "xlsx", "md", "json", "csv"]),
    multiple=True,
    help="[default: docx, xlsx, md, json]",
)
@click.option("--audit", metavar="NAME", help="All plans of this audit, in one document.")
@click.option(
    "--template", metavar="FILE.docx", type=_FILE, help="The organisation's own Word template."
)
@options(*WORKS)
@invoked
def export(
    run: Invocation,
    plan_ids: tuple[str, ...],
    out: Path,
    formats: tuple[str, ...],
    audit: str | None,
    template: Path | None,
) -> None:
    """Write plans with a manifest of hashes and sources. Without PLAN and --audit: all of them."""
    from assistant.export.bundle import export_plans
    from assistant.export.document import TemplateError
    from assistant.planning.register import entry_of

    with opened(run, records=True) as desk:
        cases = [desk.plans.get(one).case for one in plan_ids] or list(desk.register())
        if audit is not None:
            cases = [
                one
                for one in cases
                if audit.casefold() in (one.plan.finding.audit or "").casefold()
            ]
        if not cases:
            raise click.ClickException("there is no such plan. `annexa plan list` shows all.")
        own = template or (
            desk.settings.workspace / desk.rules.template if desk.rules.template else None
        )
        try:
            written = export_plans(
                out,
                cases,
                [entry_of(one, desk.rules, desk.today) for one in cases],
                [desk.lint(one) for one in cases],
                formats=formats or ("docx", "xlsx", "md", "json"),
                today=desk.today,
                organisation=desk.settings.organisation,
                template=own,
                audit=audit,
            )
        except TemplateError as error:
            raise click.ClickException(str(error)) from error
    if run.as_json:
        screen.data([str(one) for one in written])
        return
    for one in written:
        screen.say(str(one))


@click.command(short_help="Say who has to be reminded of what.")
@click.option(
    "--days",
    type=click.IntRange(0, 365),
    default=14,
    show_default=True,
    help="How far ahead to look.",
)
@options(*WORKS)
@invoked
def reminders(run: Invocation, days: int) -> None:
    """List what is due or late, with the person to tell; nothing is sent."""
    from assistant.planning import register

    with opened(run, records=True) as desk:
        found = register.reminders(desk.register(), desk.rules, desk.today, days)
    if run.as_json:
        screen.data([asdict(one) for one in found])
        return
    if not found:
        screen.say(f"Nothing is due in the next {days} days.")
    for one in found:
        when = f"{-one.days} days late" if one.days < 0 else f"in {one.days} days"
        due = one.due.isoformat() if one.due else "no date"
        screen.say(
            f"{one.plan}  {due} ({when}){'  escalate to management' if one.escalate else ''}",
            style="red" if one.days < 0 else None,
        )
        screen.indented(f"{one.to or 'owner not named'}: {one.about}", 2)
