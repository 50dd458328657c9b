"""The statement's versions on the command line: history, diff, edit, approve, export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.kept import Kept, kept, now
from bots.cli.options import READS, WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.soa_store import SoaStore, Version
    from knowledge.soa.differing import Difference, RowChange

_HOW = {
    "indexed": "read with the folder",
    "imported": "imported",
    "accepted": "rows accepted",
    "edited": "edited",
}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_FORMATS = ("xlsx", "csv", "json")
_HASH = 12


def opened(here: Kept) -> SoaStore:
    """Give the store with all files recorded that were read since."""
    from assistant.controlling.statement import catch_up
    from assistant.soa_store import SoaStore
    from knowledge.passages import OWNER

    store = SoaStore(here.records)
    whole = here.library.view(OWNER, today=here.settings.today)
    catch_up(here.library, whole, store, now())
    return store


@click.command(short_help="List the versions of the SoA.")
@options(*WORKS, *READS)
@invoked
def history(run: Invocation) -> int:
    """List the versions of the Statement of Applicability, and say which one counts."""
    from assistant.controlling.statement import readable, standing

    with kept(run) as here:
        store = opened(here)
        versions = readable(here.library, store, here.reader)
        state = standing(here.library, here.view(), store)
        answering = state.recorded.number if state.recorded else None
        if run.as_json:
            screen.data(
                {
                    "answers_come_from": state.answering.source if state.answering else None,
                    "said": state.said,
                    "versions": [_version_data(one, answering) for one in versions],
                }
            )
            return 0
        for one in versions:
            _show_version(one, answering=one.number == answering)
        if changed := [one for one in store.unlike() if one in {v.number for v in versions}]:
            screen.say()
            numbers = ", ".join(map(str, changed))
            screen.say(f"Changed outside Annexa after it was recorded: {numbers}.", style="red")
        screen.say()
        screen.say(state.said if versions else "No version yet. Index a folder that holds one.")
    return 0


def _show_version(one: Version, *, answering: bool) -> None:
    head = f"{one.number}  {one.at.date()}  {_HOW[one.how]} by {one.by}"
    screen.say(head + ("  ← answers" if answering else ""), style="bold" if answering else "")
    screen.indented(f"{one.source} · {one.hash[:_HASH]}", 3, "dim")
    if one.note:
        screen.indented(f"“{one.note}”", 3)
    approval = one.approval
    if approval is not None:
        label = f" as version {approval.label}" if approval.label else ""
        ended = "" if approval.holds else f" (ended: {approval.voided_because})"
        screen.indented(f"approved by {approval.by} on {approval.day}{label}{ended}", 3, "green")


def _version_data(one: Version, answering: int | None) -> dict[str, Any]:
    approval = one.approval
    return {
        "number": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "how": one.how.value,
        "source": one.source,
        "file_hash": one.file_hash,
        "parent": one.parent,
        "hash": one.hash,
        "note": one.note,
        "answers": one.number == answering,
        "approval": None
        if approval is None
        else {
            "by": approval.by,
            "day": approval.day,
            "label": approval.label,
            "holds": approval.holds,
            "ended_because": approval.voided_because,
        },
    }


@click.command(short_help="Show what differs between versions.")
@click.argument("older", required=False, type=int)
@click.argument("newer", required=False, type=int)
@click.option("--control", metavar="ID", help="Only this control.")
@options(*WORKS, *READS)
@invoked
def diff(run: Invocation, *, older: int | None, newer: int | None, control: str | None) -> int:
    """Show what differs between two versions: the last two, or OLDER and NEWER by number."""
    from assistant.controlling.statement import content, readable
    from knowledge.soa.differing import difference

    with kept(run) as here:
        store = opened(here)
        versions = readable(here.library, store, here.reader)
        if len(versions) < 2 and (older is None or newer is None):
            raise click.ClickException("there are no two versions to compare yet.")
        newer = newer if newer is not None else versions[-1].number
        older = older if older is not None else _before(versions, newer)
        found = difference(
            content(here.library, store, older, here.reader),
            content(here.library, store, newer, here.reader),
        )
        rows = [one for one in found.rows if control is None or _is(one, control)]
        if run.as_json:
            screen.data({"older": older, "newer": newer, **difference_data(found, rows)})
        else:
            screen.say(f"From version {older} to {newer}", style="bold")
            show_difference(found, rows)
    return 0


def _before(versions: Sequence[Version], newer: int) -> int:
    earlier = [one.number for one in versions if one.number < newer]
    if not earlier:
        raise click.ClickException(f"there is no version before {newer} that may be read here.")
    return earlier[-1]


def _is(change: RowChange, control: str) -> bool:
    from knowledge.controls import canonical

    return change.control in {control, canonical(control)}


def show_difference(
    found: Difference, rows: Sequence[RowChange] | None = None, *, error: bool = False
) -> None:
    """Print a difference list, row by row."""
    chosen = found.rows if rows is None else rows
    out = screen.console(error=error)
    if not chosen and not found.header:
        out.print(screen.words("Nothing differs."))
        return
    for one in found.header if rows is None or rows == list(found.rows) else ():
        line = screen.words(f"  {one.field}: ")
        line.append(screen.plain(one.before or "–"), style="red strike")
        line.append(f" → {screen.plain(one.after or '–')}", style="green")
        out.print(line)
    for change in chosen:
        sign = _SIGNS[change.kind]
        out.print(screen.words(f"{sign} {change.control} {change.title}", style="bold"))
        for one in change.fields:
            line = screen.words(f"    {one.field.replace('_', ' ')}: ")
            line.append(screen.plain(one.before or "–"), style="red strike")
            line.append(f" → {screen.plain(one.after or '–')}", style="green")
            out.print(line)
    counted = {kind: sum(1 for c in chosen if c.kind == kind) for kind in _SIGNS}
    out.print(
        screen.words(
            f"{counted['changed']} changed, {counted['added']} added, {counted['removed']} removed.",
            style="dim",
        )
    )


def difference_data(found: Difference, rows: Sequence[RowChange] | None = None) -> dict[str, Any]:
    """Give a difference list as data."""
    return {
        "header": [
            {"field": one.field, "before": one.before, "after": one.after} for one in found.header
        ],
        "rows": [
            {
                "control": one.control,
                "title": one.title,
                "kind": one.kind.value,
                "fields": [
                    {"field": f.field, "before": f.before, "after": f.after} for f in one.fields
                ],
            }
            for one in (found.rows if rows is None else rows)
        ],
    }


@click.command(short_help="Change one row, with who and why.")
@click.argument("control")
@click.option(
    "--set", "pairs", multiple=True, required=True, metavar="FIELD=TEXT",
    help="A field and what it shall say; nothing after = takes it away. May be repeated.",
)  # fmt: skip
@click.option("--by", required=True, metavar="NAME", help="Who changes it.")
@click.option("--why", required=True, metavar="TEXT", help="Why it changes.")
@options(*WORKS)
@invoked
def edit(run: Invocation, *, control: str, pairs: tuple[str, ...], by: str, why: str) -> int:
    """Change one CONTROL's row in a new version. The file in the folder stays as it is.

    The new version counts once it is exported into the folder and indexed."""
    from assistant.controlling.statement import edit as change
    from assistant.controlling.statement import standing
    from knowledge.soa.editing import EDITABLE, NotUnderstood, field_named

    owners_only(run, "soa edit")
    _named(by, why)
    changes = {}
    for one in pairs:
        name, equals, text = one.partition("=")
        field = field_named(name) if equals else None
        if field is None:
            known = ", ".join(sorted(each.value for each in EDITABLE))
            raise click.UsageError(f"--set is written FIELD=TEXT; not {one!r}. Fields: {known}.")
        changes[field] = text
    with kept(run) as here:
        store = opened(here)
        try:
            version, changed = change(
                store, control, changes, by=by.strip(), why=why.strip(), at=now()
            )
        except NotUnderstood as error:
            raise click.UsageError(f"{error}. Nothing was changed.") from error
        except LookupError as error:
            raise click.ClickException(f"{error.args[0]}. Nothing was changed.") from error
        state = standing(here.library, here.view(), store)
        if run.as_json:
            screen.data({"version": version.number, "hash": version.hash, "said": state.said,
                         **difference_data(changed)})  # fmt: skip
        else:
            screen.say(f"Version {version.number}, edited by {version.by}", style="bold")
            show_difference(changed)
            screen.say()
            screen.say(state.said)
    return 0


def _named(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise click.UsageError("--by needs the name of a person and --why a reason.")


@click.command(short_help="Approve exactly what is shown.")
@click.argument("number", required=False, type=int)
@click.option("--by", required=True, metavar="NAME", help="The person who approves.")
@click.option("--as", "label", metavar="VERSION", help='What it is called, such as "2.5".')
@click.option("--hash", "shown", metavar="HASH", help="The content that was looked at.")
@options(*WORKS)
@invoked
def approve(
    run: Invocation, *, number: int | None, by: str, label: str | None, shown: str | None
) -> int:
    """Approve the last version. Without --hash it shows what would be approved, and its hash.

    The approval is for that content alone and ends when another version follows."""
    from assistant.controlling.checking import check
    from assistant.controlling.statement import approve as sign
    from assistant.controlling.statement import standing
    from knowledge.soa.differing import difference

    owners_only(run, "soa approve")
    if not by.strip():
        raise click.UsageError("--by needs the name of a person.")
    with kept(run) as here:
        store = opened(here)
        versions = store.versions()
        if not versions:
            raise click.ClickException("there is no version to approve yet.")
        number = number if number is not None else versions[-1].number
        version, soa = store.version(number), store.content(number)
        if shown is None:
            view = here.view()
            answering = view.soa()
            checked = check(soa, today=here.settings.today, view=view, waivers=store.waivers())
            errors = sum(1 for one in checked.open if one.severity == "error")
            if answering is not None:
                show_difference(difference(answering, soa))
            screen.say()
            screen.say(
                f"Version {number}: {screen.count(len(soa.rows), 'row')}, "
                f"{screen.count(errors, 'error')} and "
                f"{len(checked.open) - errors} other findings open (annexa soa lint)."
            )
            screen.say(f"Its content is {version.hash[:_HASH]}. Nothing was approved. To approve:")
            screen.say(f'  annexa soa approve {number} --by "{by}" --hash {version.hash[:_HASH]}')
            return 0
        approval = sign(
            store, number, shown, by=by.strip(), label=label, day=here.settings.today, at=now()
        )
        state = standing(here.library, here.view(), store)
        if run.as_json:
            screen.data({"version": number, "hash": approval.hash, "by": approval.by,
                         "day": approval.day, "label": approval.label, "said": state.said})  # fmt: skip
        else:
            screen.say(f"Version {number} approved by {approval.by} on {approval.day}.")
            screen.say(state.said)
            if version.by == approval.by:
                screen.say(f"{version.by} made this version, too: let somebody else approve it.",
                           style="yellow")  # fmt: skip
    return 0


@click.command(short_help="Write the SoA as XLSX, CSV or JSON.")
@click.argument("number", required=False, type=int)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--format", "kind", type=click.Choice(_FORMATS), help="[default: by the file's end]")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@options(*WORKS, *READS)
@invoked
def export(run: Invocation, *, number: int | None, out: Path, kind: str | None, force: bool) -> int:
    """Write a version, the last one without NUMBER. Read again, it says exactly the same."""
    from assistant.controlling.statement import content, readable, to_export
    from knowledge.soa.exporting import to_csv, to_json, to_xlsx

    kind = kind or out.suffix.removeprefix(".").casefold()
    if kind not in _FORMATS:
        raise click.UsageError(f"--out ends with .{', .'.join(_FORMATS)}, or --format says which.")
    if out.exists() and not force:
        raise click.UsageError(f"{out} is there already. Name another file, or add --force.")
    with kept(run) as here:
        store = opened(here)
        versions = readable(here.library, store, here.reader)
        if not versions:
            raise click.ClickException("there is no version to export that may be read here.")
        number = number if number is not None else versions[-1].number
        content(here.library, store, number, here.reader)
        soa = to_export(store, number)
        version = store.version(number)
        data = (
            to_xlsx(soa)
            if kind == "xlsx"
            else ("\ufeff" + to_csv(soa)).encode()
            if kind == "csv"
            else to_json(soa).encode()
        )
        out.write_bytes(data)
        held = version.approval is not None and version.approval.holds
        if run.as_json:
            screen.data({"version": number, "file": str(out), "rows": len(soa.rows),
                         "approved": held})  # fmt: skip
        else:
            screen.say(f"Version {number} with {screen.count(len(soa.rows), 'row')} → {out}")
            if not held:
                screen.note("It is not approved, and the file names no approval of it.")
    return 0
