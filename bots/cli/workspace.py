"""`annexa init`, `annexa index` and `annexa status`: the workspace and what is in it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.documents import kinds_of
from bots.cli.kept import reconcile
from bots.cli.options import READS, WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.settings import Settings
    from knowledge.library import Library
    from knowledge.syncing import Progress, SyncReport

_TOML = """\
# Settings of this workspace. A variable of the environment beats this file, and an option of a
# command beats both; docs/settings.md lists them all. Take away the # to use a line.

# Name of the organisation, as it is shown.
# organisation = "Example Ltd"

# Folder with the organisation's documents, so that `annexa index` needs no FOLDER. A relative path
# starts here, in the workspace.
# folder = "/path/to/documents"

# Embedding model. "embedded" comes with Annexa; after a change run `annexa index` again.
# embedder = "embedded"
"""
_ACCESS = """\
# Who may read which documents. Paths are relative to the indexed folder; * stays within a folder
# and ** crosses folders. The longest matching pattern decides; what no pattern matches is open to
# everyone. `read:` in a document's front matter narrows this and never widens it.
# A change counts from the next question on. Take away the # to use a line.

rules: []
#  - {path: "hr/**", read: [hr, management]}
#  - {path: "hr/handbook/**", read: [everyone]}

# The status of files that cannot say it themselves: approved, draft, retired or external.
status: {}
#  suppliers/brochure.pdf: external
"""


@click.command(short_help="Make a workspace.")
@options(*WORKS)
@invoked
def init(run: Invocation) -> int:
    """Make the workspace: a folder with annexa.toml and access.yaml, both explained inside.

    Nothing that is already there is overwritten.
    """
    owners_only(run, "init")
    from assistant.settings import SettingsError

    place = run.settings().workspace
    there = [name for name in ("annexa.toml", "access.yaml") if (place / name).exists()]
    if there:
        raise SettingsError(
            f"{place} already has {' and '.join(there)}. Nothing was changed. Edit what is there, "
            "or name another folder with --workspace."
        )
    make(place)
    if run.as_json:
        screen.data({"workspace": str(place)})
    else:
        screen.say(f"Made the workspace {place} with annexa.toml and access.yaml.")
        screen.say("Next: annexa index FOLDER")
    return 0


def make(place: Path, access: str = _ACCESS) -> None:
    """Make a workspace folder; a file that is already there stays as it is."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in (("annexa.toml", _TOML), ("access.yaml", access)):
        path = place / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")


@click.command(short_help="Read a folder of documents.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@options(*WORKS)
@invoked
def index(run: Invocation, folder: Path | None) -> int:
    """Read the documents in FOLDER: what is new, changed, renamed or gone since the last time.

    The folder is only read. Without FOLDER the one of the last run is read again.
    """
    owners_only(run, "index")
    settings = run.settings()
    if not settings.workspace.is_dir() or not (settings.workspace / "access.yaml").exists():
        _refuse_what_is_no_folder(folder)
        new = not settings.workspace.is_dir()
        make(settings.workspace)
        if new:
            screen.note(f"Made the workspace {settings.workspace}.")
    with run.advisor() as advisor:
        library = advisor.library
        before = library.snapshot()
        place = _folder(folder, settings, before.state.get("folder"))
        _warn_of_another_folder(before.state.get("folder"), place)
        report = sync(library, place)
        reconcile(library)
        review = None
        if before.generation == 0:
            from bots.cli.documents import review_of

            review = review_of(library, advisor.view(run.reader()), report.skipped)
        if run.as_json:
            screen.data(report_data(report))
        else:
            show_report(report)
            if review is not None:
                from bots.cli.documents import show_review

                show_review(review)
    return 1 if report.failures else 0


def _refuse_what_is_no_folder(folder: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        raise click.UsageError(f"{folder} is not a folder. Name the folder with the documents.")


def _folder(given: Path | None, settings: Settings, last: str | None) -> Path:
    if given is not None:
        _refuse_what_is_no_folder(given)
        return given
    if settings.folder is not None:
        return settings.workspace / settings.folder.expanduser()
    if last is not None:
        return Path(last)
    raise click.UsageError("name the folder with the documents: annexa index FOLDER")


def _warn_of_another_folder(last: str | None, folder: Path) -> None:
    if last is not None and Path(last) != folder.resolve():
        screen.note(
            f"This workspace held the documents of {last}; they are replaced by those of "
            f"{folder.resolve()}. access.yaml stays as it is: see whether its rules still fit."
        )


def sync(library: Library, folder: Path) -> SyncReport:
    """Bring the library in step with `folder` and show how far it is; says what an end leaves."""
    try:
        with _watched() as progress:
            return library.sync(folder, progress=progress)
    except KeyboardInterrupt:
        screen.note(
            "Stopped. The library is as it was before this run. What was already embedded is kept, "
            "so the next `annexa index` goes on from there."
        )
        raise


_STAGES = {
    "reading": "Reading files",
    "embedding": "Embedding passages",
    "publishing": "Publishing",
}


@contextmanager
def _watched() -> Iterator[Callable[[Progress], None]]:
    """Give a progress function: a bar on a terminal, a line a stage elsewhere; standard error."""
    if sys.stderr.isatty():
        with _bars() as progress:
            yield progress
        return
    told: dict[str, int] = {}

    def tell(now: Progress) -> None:
        share = 100 * now.done // now.total if now.total else 100
        quarter = share // 25
        if told.get(now.stage, -1) < quarter and now.stage != "publishing":
            told[now.stage] = quarter
            name = _STAGES.get(now.stage, now.stage)
            click.echo(f"{name}: {now.done} of {now.total}", err=True)

    yield tell


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description:<18}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[source]}", markup=False),
        console=screen.console(error=True),
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(now: Progress) -> None:
            if now.stage not in tasks:
                name = _STAGES.get(now.stage, now.stage)
                tasks[now.stage] = bars.add_task(name, total=now.total, source="")
            shown = screen.plain(now.source or "")[-28:]
            bars.update(tasks[now.stage], completed=now.done, total=now.total, source=shown)

        yield tell


def show_report(report: SyncReport) -> None:
    """Print what a run did."""
    parts = [
        f"{len(found)} {name}"
        for found, name in (
            (report.added, "new"),
            (report.changed, "changed"),
            (report.renamed, "renamed"),
            (report.removed, "removed"),
        )
        if found
    ]
    parts.append(f"{report.unchanged} unchanged")
    screen.say(f"Documents: {', '.join(parts)}.", style="bold")
    screen.say(
        f"{screen.count(report.passages, 'passage')} in the library, {report.embedded:,} embedded "
        "in this run."
    )
    _list("Changed", report.changed)
    _list("Renamed", [f"{old} → {new}" for old, new in report.renamed])
    _list("Removed", report.removed)
    _list("Not read", [f"{one.source}: {one.message}" for one in report.failures], style="red")
    _list("Passed over (not a kind of file that is read)", report.skipped)
    _list("How the Statement of Applicability was understood", _by_sheet(report.soa))
    for pending in report.pending_soa:
        screen.heading(f"SoA pending: {pending.source}")
        for question in pending.questions:
            screen.indented(f"? {question}", 2)
        screen.say(f"Run `annexa soa import {_quoted(pending.source)}`.", style="yellow")
    if report.notice:
        screen.say()
        screen.say(report.notice, style="yellow")


def _by_sheet(lines: tuple[str, ...]) -> list[str]:
    """Join the lines of one sheet, a line a column, into one; notes stay lines of their own."""
    columns: dict[str, list[str]] = {}
    for line in lines:
        place, _, column = line.partition(": column ")
        columns.setdefault(place, []).extend([column] if column else [])
    return [f"{place}: {'; '.join(said)}" if said else place for place, said in columns.items()]


def _quoted(source: str) -> str:
    return f'"{source}"' if " " in source else source


def _list(title: str, items: tuple[str, ...] | list[str], style: str | None = None) -> None:
    if not items:
        return
    screen.heading(title)
    for item in items[:40]:
        screen.indented(item, 2, style or "")
    if len(items) > 40:
        screen.say(f"  … and {len(items) - 40} more; `--json` lists all.")


def report_data(report: SyncReport) -> dict[str, Any]:
    """Give a run's report as data."""
    data = asdict(report)
    data["renamed"] = [{"from": old, "to": new} for old, new in report.renamed]
    data["failures"] = [
        {"source": one.source, "code": one.code, "message": one.message} for one in report.failures
    ]
    return data


@click.command(short_help="Say what is in the workspace.")
@options(*WORKS, *READS)
@invoked
def status(run: Invocation) -> int:
    """Say what is in the workspace and whether it can be searched."""
    with run.advisor() as advisor:
        reader = run.reader()
        view = advisor.view(reader)
        origins = Counter(document.origin.value for document in view.documents)
        standings = Counter(
            view.standing(document.id).value
            for document in view.documents
            if document.origin.value != "guidance"
        )
        soa = view.soa_document()
        data: dict[str, Any] = {
            "workspace": str(advisor.settings.workspace),
            "today": advisor.settings.today,
            "documents": dict(origins),
            "standings": dict(standings),
            "soa": None if soa is None else soa.source,
            "notice": view.notice,
        }
        if reader.owner:
            snapshot = advisor.library.snapshot()
            data |= {
                "folder": snapshot.state.get("folder"),
                "generation": snapshot.generation,
                "embedder": advisor.settings.embedder,
                "embedded_with": snapshot.state.get("embedder"),
                "model": advisor.settings.model,
                "failures": [
                    {"source": one.source, "message": one.message} for one in snapshot.failures
                ],
                "pending_soa": pending_soas(advisor.library),
                "access_rules": len(advisor.library.access().rules),
            }
    if run.as_json:
        screen.data(data)
    else:
        _show_status(data)
    return 0


def pending_soas(library: Library) -> list[str]:
    """Give the sources of Statements of Applicability that a person must confirm."""
    found = []
    for document in library.snapshot().documents:
        stored = library.soa_reading(document.id)
        if stored is not None and stored.get("pending"):
            found.append(document.source)
    return sorted(found)


def _show_status(data: dict[str, Any]) -> None:
    owner = "generation" in data
    if owner and data["generation"] == 0:
        screen.say(f"The workspace {data['workspace']} is empty. Run `annexa index FOLDER`.")
        return
    screen.show(
        screen.facts(
            [
                ("workspace", data["workspace"]),
                ("documents of", data.get("folder")),
                ("today", data["today"]),
                ("sources", kinds_of(data["documents"])),
                ("standing", _counted(data["standings"])),
                ("SoA in force", data["soa"] or "none"),
                ("embedding model", data.get("embedder")),
                ("language model", (data["model"] or "none") if owner else None),
                ("access rules", data.get("access_rules")),
                ("run number", data.get("generation")),
            ]
        )
    )
    _list(
        "Not read",
        [f"{one['source']}: {one['message']}" for one in data.get("failures", [])],
        style="red",
    )
    for source in data.get("pending_soa", []):
        screen.say(f"SoA pending: run `annexa soa import {_quoted(source)}`.", style="yellow")
    if data["notice"]:
        screen.say(data["notice"], style="yellow")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "none"
