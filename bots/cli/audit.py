"""`annexa audit`: the chain of what was done, checked and written out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.conversations import write_new
from bots.cli.kept import kept
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.audit import Head


@click.group(short_help="Check the audit log.")
@options(*WORKS)
def audit() -> None:
    """Check the audit log: what was asked, answered, judged and erased, without any text.

    Note the head (`annexa audit head`) somewhere outside this machine now and then; only against a
    noted head does a log whose end was cut off show it.
    """


@audit.command(short_help="Check that nothing was changed.")
@click.option("--head", metavar="SEQ:HASH", help="A head that was noted earlier.")
@options(*WORKS)
@invoked
def verify(run: Invocation, head: str | None) -> int:
    """Check every entry, and that turns and answers are still what the log says of them.

    Ends with 0 if all is as it was written, otherwise with 1 and the first entry that is not.
    """
    owners_only(run, "audit verify")
    anchor = _anchor(head)
    with kept(run) as here:
        report = here.records.verify(anchor)
    if run.as_json:
        screen.data(
            {
                "ok": report.ok,
                "entries": report.count,
                "head": str(report.head),
                "bad": report.bad,
                "why": report.why,
                "unlike": list(report.unlike),
            }
        )
        return 0 if report.ok else 1
    if report.bad is not None:
        screen.say(f"Entry {report.bad} is not as it was written: {report.why}.", style="red")
        screen.say(f"The {screen.count(report.count, 'entry', 'entries')} before it are whole.")
    elif report.unlike:
        screen.say("The log is whole, but these records are not as it says:", style="red")
        for one in report.unlike:
            screen.indented(one, 2)
    else:
        screen.say(f"{screen.count(report.count, 'entry', 'entries')}, all as they were written.")
        click.echo(f"Head {report.head}")
    return 0 if report.ok else 1


@audit.command(short_help="Print the head, to be noted elsewhere.")
@options(*WORKS)
@invoked
def head(run: Invocation) -> int:
    """Print the number and hash of the last entry."""
    owners_only(run, "audit head")
    with kept(run) as here:
        last = here.records.head()
    if run.as_json:
        screen.data({"sequence": last.sequence, "hash": last.hash})
    else:
        click.echo(str(last))
    return 0


@audit.command(short_help="Write the log out.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to; an existing file is not overwritten. [default: print it]",
)
@options(*WORKS)
@invoked
def export(run: Invocation, out: Path | None) -> int:
    """Write the log as one JSON object a line."""
    owners_only(run, "audit export")
    from assistant.audit import export_lines

    with kept(run) as here:
        entries = here.records.entries()
    text = "".join(f"{line}\n" for line in export_lines(entries))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new(out, text)
        if run.as_json:
            screen.data({"out": str(out), "entries": len(entries)})
        else:
            screen.note(f"Wrote {screen.count(len(entries), 'entry', 'entries')} to {out}.")
    return 0


def _anchor(text: str | None) -> Head | None:
    from assistant.audit import Head

    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
