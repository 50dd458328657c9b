"""`annexa soa`: the Statement of Applicability, shown, taken, checked and kept in versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options
from bots.cli.soa_import import import_
from bots.cli.soa_lint import lint, waive
from bots.cli.soa_versions import approve, diff, edit, export, history

if TYPE_CHECKING:
    from datetime import date

    from rich.text import Text

    from assistant.advisor import Advisor
    from knowledge.soa import Soa, SoaRow

_APPLICABLE = ("yes", "no", "undecided")
_STATUS = ("implemented", "partial", "planned", "not_implemented", "not_applicable")


@click.group(short_help="The Statement of Applicability.")
def soa() -> None:
    """Show the Statement of Applicability, check it, and keep its versions.

    Answers come from the file in the indexed folder. Versions that are edited or accepted here count
    once they are exported into the folder and indexed."""


for _command in (import_, lint, waive, history, diff, edit, approve, export):
    soa.add_command(_command)


@soa.command(short_help="Show the SoA or one control's row.")
@click.argument("control", required=False)
@click.option("--applicable", type=click.Choice(_APPLICABLE), help="Only rows decided so.")
@click.option("--status", type=click.Choice(_STATUS), help="Only rows with this status.")
@click.option("--as-of", type=DAY, help="The SoA in force on this day.")
@options(*WORKS, *READS)
@invoked
def show(
    run: Invocation,
    *,
    control: str | None,
    applicable: str | None,
    status: str | None,
    as_of: date | None,
) -> int:
    """Show the rows of the Statement of Applicability in force, or the row of one CONTROL."""
    with run.advisor() as advisor:
        view = advisor.view(run.reader(), as_of=as_of)
        found = view.soa()
        document = view.soa_document()
        if found is None or document is None:
            raise click.ClickException(
                "there is no Statement of Applicability in force that may be read here. If one is "
                "pending, `annexa status` names it."
            )
        rows = _chosen(found, control, applicable, status)
        if run.as_json:
            _print_data(found, rows)
        elif control is not None:
            for row in rows:
                _show_row(found, row)
        else:
            _show_rows(found, rows, document.facts.title)
        if not run.as_json and run.user is None:
            _say_what_counts(run, advisor)
    return 0


def _say_what_counts(run: Invocation, advisor: Advisor) -> None:
    """Say so where a version made here says something else than the file that answers."""
    from assistant.controlling.statement import standing
    from assistant.soa_store import SoaStore
    from assistant.store import FILE

    if not (advisor.settings.workspace / FILE).exists():
        return
    state = standing(advisor.library, advisor.view(run.reader()), SoaStore(advisor.records))
    if state.ahead:
        screen.say()
        screen.say(state.said, style="yellow")


def _chosen(
    found: Soa, control: str | None, applicable: str | None, status: str | None
) -> list[SoaRow]:
    if control is not None:
        wanted = _control_ids(control)
        rows = [row for row in found.rows if wanted & _ids_of(row)]
        if not rows:
            raise click.ClickException(
                f"the Statement of Applicability has no row for {screen.plain(control)!r}."
            )
        return rows
    return [
        row
        for row in found.rows
        if (applicable is None or row.applicable.value == applicable)
        and (
            status is None
            or (row.implementation_status and row.implementation_status.value == status)
        )
    ]


def _control_ids(text: str) -> set[str]:
    """Give the ids that a person may mean by "a8.24", "8.24" or a 2013 number."""
    from knowledge.controls import references

    said = text.strip()
    ids = {said.casefold(), f"a.{said.casefold().removeprefix('a').lstrip('. ')}"}
    for reference in references(said):
        ids |= {one.casefold() for one in reference.ids}
    return ids


def _ids_of(row: SoaRow) -> set[str]:
    return {one.casefold() for one in (row.control_id, row.id_as_written, *row.old_2013_ids) if one}


def _print_data(found: Soa, rows: Sequence[SoaRow]) -> None:
    from dataclasses import asdict

    from knowledge.soa import row_data

    screen.data(
        {
            "source": found.source,
            "version": found.version,
            "header": asdict(found.header),
            "counts": asdict(found.counts()),
            "rows": [row_data(row) for row in rows],
        }
    )


def _show_rows(found: Soa, rows: Sequence[SoaRow], title: str) -> None:
    version = f" · version {found.version}" if found.version else ""
    screen.say(f"{title}{version}", style="bold")
    screen.say(found.source, style="dim")
    if not rows:
        screen.say("No row is like that.")
        return
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(screen.words(row.control_id), _line(row))
    screen.show(grid)
    screen.say()
    counts = found.counts()
    screen.say(
        f"{screen.count(counts.rows, 'row')} in all: {counts.applicable} applicable, "
        f"{counts.excluded} excluded, {counts.undecided} undecided; of the applicable "
        f"{counts.implemented} implemented, {counts.partial} partial, {counts.planned} planned, "
        f"{counts.not_implemented} not implemented."
    )


def _line(row: SoaRow) -> Text:
    """Give a row's title, what was decided, where it stands, and who owns it."""
    from knowledge.soa import Applicability, Implementation

    line = screen.words(row.title)
    status = row.implementation_status
    if row.applicable is Applicability.YES:
        if status is not None:
            style = "" if status is Implementation.IMPLEMENTED else "yellow"
            line.append(f" · {status.value.replace('_', ' ')}", style=style)
    else:
        decided = "excluded" if row.applicable is Applicability.NO else "undecided"
        line.append(f" · {decided}", style="yellow")
    if row.target_date:
        line.append(f" · due {row.target_date}")
    if row.owner:
        line.append(f" · {screen.plain(row.owner)}", style="dim")
    return line


def _show_row(found: Soa, row: SoaRow) -> None:
    screen.heading(f"{row.control_id} {row.title}")
    screen.show(
        screen.facts((header or "–", text) for header, text in row.cells if text),
    )
    screen.say(f"{found.source}, sheet {row.sheet}, row {row.row}", style="dim")
