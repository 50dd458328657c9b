"""`annexa soa show` and `annexa soa import`: the Statement of Applicability."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from datetime import date

    from rich.text import Text

    from knowledge.library import Library
    from knowledge.passages import ParsedDocument
    from knowledge.soa import ColumnMapping, Soa, SoaReading, SoaRow

_APPLICABLE = ("yes", "no", "undecided")
_STATUS = ("implemented", "partial", "planned", "not_implemented", "not_applicable")
_NOTHING = "-"
_HEADER_ROWS = 40
"""Title rows above a header are rarely more."""


@click.group(short_help="The Statement of Applicability.")
def soa() -> None:
    """Show the Statement of Applicability, or say how it is to be read."""


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
    return 0


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


@soa.command("import", short_help="Say how an SoA is to be read.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="HEADER=FIELD",
    help=f"What a column means; FIELD {_NOTHING} keeps it as it is. May be repeated.",
)
@click.option(
    "--applicable",
    "applies",
    multiple=True,
    metavar="TEXT=MEANING",
    help=f"What a cell's text means for applicability: {', '.join(_APPLICABLE)}.",
)
@click.option(
    "--status",
    "states",
    multiple=True,
    metavar="TEXT=MEANING",
    help=f"What a cell's text or #colour means as a status: {', '.join(_STATUS)}.",
)
@click.option("--sheet", "sheets", multiple=True, metavar="NAME", help="Read only this sheet.")
@click.option("--yes", is_flag=True, help="Take it as shown, without asking.")
@options(*WORKS)
@invoked
def import_(
    run: Invocation,
    *,
    file: Path,
    mapped: tuple[str, ...],
    applies: tuple[str, ...],
    states: tuple[str, ...],
    sheets: tuple[str, ...],
    yes: bool,
) -> int:
    """Show how the Statement of Applicability in FILE is read, and take it once you agree.

    FILE lies in the indexed folder. Nothing is written before you agree.
    """
    owners_only(run, "soa import")
    with run.advisor() as advisor:
        library = advisor.library
        folder, source = _place(library, file)
        parsed, content_hash = _parsed(folder, source)
        decision: dict[str, Any] = {
            "applicable": _pairs("--applicable", applies, _APPLICABLE),
            "status": _pairs("--status", states, _STATUS),
            "sheets": list(sheets),
        }
        reading = _reading(parsed, decision)
        decision["columns"] = _columns(parsed, reading, mapped)
        reading = _reading(parsed, decision)
        if not reading.rows:
            raise click.ClickException(
                f"no Statement of Applicability was found in {source}: "
                + (" ".join(one.text for one in reading.questions) or "no table has its shape.")
            )
        _show_reading(source, reading)
        if not yes:
            _agree(source)
        decision["accepted"] = True
        today = advisor.settings.today
        library.settle_soa(source, content_hash, decision, "owner", today)
        from bots.cli.workspace import report_data, show_report, sync

        report = sync(library, folder)
        if run.as_json:
            screen.data(report_data(report))
        else:
            screen.say()
            show_report(report)
    return 1 if report.failures else 0


def _place(library: Library, file: Path) -> tuple[Path, str]:
    """Give the indexed folder and the file's path in it."""
    last = library.snapshot().state.get("folder")
    if last is None:
        raise click.UsageError("nothing is indexed yet. Run `annexa index FOLDER` first.")
    folder = Path(last)
    inside = (folder / file).resolve()
    here = file.resolve()
    for path in (inside, here):
        if path.is_file() and path.is_relative_to(folder):
            return folder, path.relative_to(folder).as_posix()
    raise click.UsageError(
        f"{file} is not a file in the indexed folder {folder}. Name it by its path in that folder."
    )


def _parsed(folder: Path, source: str) -> tuple[ParsedDocument, str]:
    import hashlib

    from knowledge.parsing import DocumentError, parse_file

    path = folder / source
    try:
        with path.open("rb") as stream:
            content_hash = hashlib.file_digest(stream, "sha256").hexdigest()
        parsed = parse_file(path, source)
    except DocumentError as error:
        raise click.ClickException(f"{source} {error.message}") from error
    if not parsed.sheets:
        raise click.ClickException(f"{source} is no workbook or CSV file, so it holds no SoA.")
    return parsed, content_hash


def _reading(parsed: ParsedDocument, decision: Mapping[str, Any]) -> SoaReading:
    from knowledge.soa import read_soa
    from knowledge.soa.storing import answers_of

    return read_soa(parsed.sheets, answers_of(decision))


def _pairs(option: str, said: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in said:
        text, equals, meaning = one.rpartition("=")
        meaning = meaning.strip().casefold().replace(" ", "_")
        if not equals or not text.strip() or meaning not in known:
            raise click.UsageError(
                f"{option} is written TEXT=MEANING with one of {', '.join(known)}; not {one!r}."
            )
        pairs[text.strip()] = meaning
    return pairs


def _columns(
    parsed: ParsedDocument, reading: SoaReading, mapped: Sequence[str]
) -> list[dict[str, Any]]:
    """Turn "Header=field" into columns. Raises UsageError naming what is known."""
    from knowledge.soa import Field

    fields = {field.value for field in Field}
    columns: list[dict[str, Any]] = []
    for one in mapped:
        header, equals, field = one.rpartition("=")
        field = field.strip().casefold().replace(" ", "_")
        if not equals or (field != _NOTHING and field not in fields):
            raise click.UsageError(
                f"--map is written HEADER=FIELD; not {one!r}. Fields: {', '.join(sorted(fields))}, "
                f"or {_NOTHING} to keep the column as it is."
            )
        matching = [
            (column.sheet, column.column)
            for column in reading.mapping
            if _same(column.header, header)
        ] or list(_headed(parsed, header))
        if not matching:
            known = ", ".join(f"“{column.header}”" for column in reading.mapping)
            raise click.UsageError(
                f"no column is headed {header!r}. Headers found: {known or 'none'}."
            )
        meaning = None if field == _NOTHING else field
        columns.extend(
            {"sheet": sheet, "column": number, "field": meaning} for sheet, number in matching
        )
    return columns


def _headed(parsed: ParsedDocument, header: str) -> Iterator[tuple[str, int]]:
    """Find a header in the first rows of sheets where no table was recognised."""
    for sheet in parsed.sheets:
        for row in sheet.rows[:_HEADER_ROWS]:
            for number, cell in enumerate(row):
                if isinstance(cell.value, str) and _same(cell.value, header):
                    yield sheet.name, number


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _show_reading(source: str, reading: SoaReading) -> None:
    """Print the mapping, sample rows and what is open; to standard error, beside the data."""
    out = screen.console(error=True)
    out.print(screen.words(f"How {source} is read", style="bold"))
    table = screen.table("Sheet", "Column", "Header", "Taken as", "Why")
    for column in reading.mapping:
        table.add_row(
            screen.words(column.sheet),
            screen.words(_letters(column)),
            screen.words(column.header),
            screen.words(column.field.value.replace("_", " ") if column.field else "kept as it is"),
            screen.words(column.why, style="dim"),
        )
    out.print(table)
    out.print(
        screen.words(
            f"{screen.count(reading.n_matched, 'control')} in "
            f"{screen.count(reading.n_read, 'row')}; the first ones:"
        )
    )
    sample = screen.table("Control", "Title", "Applies", "Status", "Why it applies or not")
    for row in reading.sample:
        status = row.implementation_status
        reason = row.justification_inclusion or row.justification_exclusion or "–"
        sample.add_row(
            screen.words(row.control_id),
            screen.words(row.title),
            screen.words(row.applicable.value),
            screen.words(status.value.replace("_", " ") if status else "–"),
            screen.words(reason),
        )
    out.print(sample)
    for note in reading.notes:
        out.print(screen.words(f"  {note}", style="dim"))
    for question in reading.questions:
        out.print(screen.words(f"  ? {question.text}", style="yellow"))
        if question.options:
            out.print(screen.words(f"    {' | '.join(question.options)}", style="dim"))


def _letters(column: ColumnMapping) -> str:
    letters, number = "", column.column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _agree(source: str) -> None:
    """Ask; where nobody can answer, say what to do. Raises UsageError or Abort."""
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"nothing was written. To take {source} as shown, run the command with --yes; to "
            'change it, add --map "HEADER=FIELD", --applicable or --status "TEXT=MEANING".'
        )
    if not click.confirm("Take the Statement of Applicability as shown?", err=True):
        raise click.ClickException("nothing was written.")
