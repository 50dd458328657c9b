"""`annexa soa import`: showing how a file is read, and taking it whole or row by row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only
from bots.cli.soa_files import parsed_file, place_of
from bots.cli.soa_versions import show_difference

if TYPE_CHECKING:
    from assistant.advisor import Advisor
    from assistant.soa_store import SoaStore
    from knowledge.library import Library
    from knowledge.passages import ParsedDocument
    from knowledge.soa import ColumnMapping, Soa, SoaReading

_APPLICABLE = ("yes", "no", "undecided")
_STATUS = ("implemented", "partial", "planned", "not_implemented", "not_applicable")
_NOTHING = "-"
_HEADER_ROWS = 40
"""Title rows above a header are rarely more."""


@click.command("import", short_help="Say how an SoA is to be read.")
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
@click.option(
    "--accept",
    multiple=True,
    metavar="ID",
    help="Take only this control's changes into a version here; may be repeated, or `all`.",
)
@click.option("--by", default="owner", show_default=True, metavar="NAME", help="Who takes it.")
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
    accept: tuple[str, ...],
    by: str,
    yes: bool,
) -> int:
    """Show how the Statement of Applicability in FILE is read, and take it once you agree.

    FILE lies in the indexed folder, and then answers; with --accept it may lie anywhere, and its
    changes make a version that you can export. Nothing is written before you agree.
    """
    owners_only(run, "soa import")
    with run.advisor() as advisor:
        library = advisor.library
        folder, source, path = _place(library, file, anywhere=bool(accept))
        parsed, content_hash = parsed_file(path, source)
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
        _show_changes(advisor, reading.soa(source), accept)
        if not yes:
            _agree(source)
        if accept:
            return _take_rows(run, advisor, reading.soa(source), accept, content_hash, by)
        decision["accepted"] = True
        today = advisor.settings.today
        library.settle_soa(source, content_hash, decision, "owner", today)
        from bots.cli.workspace import report_data, show_report, sync

        report = sync(library, folder)
        _record(advisor, reading.soa(source), content_hash, by)
        if run.as_json:
            screen.data(report_data(report))
        else:
            screen.say()
            show_report(report)
    return 1 if report.failures else 0


def _place(library: Library, file: Path, *, anywhere: bool) -> tuple[Path, str, Path]:
    """Give the indexed folder, the file's path in it or as said, and the file."""
    last = library.snapshot().state.get("folder")
    if last is None:
        raise click.UsageError("nothing is indexed yet. Run `annexa index FOLDER` first.")
    folder = Path(last)
    path = place_of(library, file)
    if path is not None and path.is_relative_to(folder):
        return folder, path.relative_to(folder).as_posix(), path
    if path is not None and anywhere:
        return folder, file.name, path
    raise click.UsageError(
        f"{file} is not a file in the indexed folder {folder}. Name it by its path in that folder, "
        "or take its changes with --accept."
    )


def _store(advisor: Advisor) -> SoaStore:
    """Give the store with all files recorded that were read since."""
    from datetime import UTC, datetime

    from assistant.controlling.statement import catch_up
    from assistant.soa_store import SoaStore
    from knowledge.passages import OWNER

    store = SoaStore(advisor.records)
    catch_up(advisor.library, advisor.view(OWNER), store, datetime.now(UTC))
    return store


def _show_changes(advisor: Advisor, soa: Soa, accept: Sequence[str]) -> None:
    """Print what differs from the last version, of the rows that are to be taken."""
    from knowledge.soa.differing import difference

    store = _store(advisor)
    versions = store.versions()
    if not versions:
        return
    last = versions[-1].number
    found = difference(store.content(last), soa)
    wanted = _accepted_ids(accept)
    rows = [one for one in found.rows if wanted is None or one.control in wanted]
    screen.note("")
    screen.note(f"Against version {last}:")
    show_difference(found, found.rows if wanted is None else rows, error=True)


def _accepted_ids(accept: Sequence[str]) -> set[str] | None:
    """Give the ids of the rows to take; None for all."""
    from knowledge.controls import canonical

    if not accept or "all" in accept:
        return None
    return {form for one in accept for form in (one.strip(), canonical(one))}


def _take_rows(
    run: Invocation, advisor: Advisor, soa: Soa, accept: Sequence[str], digest: str, by: str
) -> int:
    from datetime import UTC, datetime

    from assistant.controlling.statement import standing, take

    store = _store(advisor)
    wanted = _accepted_ids(accept)
    unknown = [] if wanted is None else [one for one in accept if soa.row(one) is None]
    if unknown:
        raise click.ClickException(
            f"the file has no row for {', '.join(unknown)}. Nothing was taken."
        )
    version, changes = take(
        store, soa, wanted, by=by, at=datetime.now(UTC), file_hash=digest, note=f"from {soa.source}"
    )
    state = standing(advisor.library, advisor.view(run.reader()), store)
    if run.as_json:
        screen.data({"version": version.number, "rows": len(changes.rows), "said": state.said})
    else:
        screen.say(f"Version {version.number}: {screen.count(len(changes.rows), 'row')} taken.")
        screen.say(state.said)
    return 0


def _record(advisor: Advisor, soa: Soa, digest: str, by: str) -> None:
    from datetime import UTC, datetime

    from assistant.controlling.statement import take
    from assistant.soa_store import SoaStore

    take(SoaStore(advisor.records), soa, None, by=by, at=datetime.now(UTC), file_hash=digest)


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
