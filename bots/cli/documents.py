"""`annexa documents` and `annexa review`: what is in the library, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from datetime import date

    from rich.text import Text

    from knowledge.library import Library
    from knowledge.passages import Document
    from knowledge.review import Item, Review
    from knowledge.view import View

_STATUSES = ("approved", "draft", "retired", "external", "unknown")
_ORIGINS = ("document", "soa", "register", "guidance")


@click.command(short_help="List the documents.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only documents that say this.")
@click.option("--origin", type=click.Choice(_ORIGINS), help="Only this kind of source.")
@click.option("--register", is_flag=True, help="As a register: version, owner, next review.")
@click.option("--overdue", is_flag=True, help="Only documents in force whose review is overdue.")
@click.option("--as-of", type=DAY, help="Judge standings on this day.")
@options(*WORKS, *READS)
@invoked
def documents(
    run: Invocation,
    *,
    status: str | None,
    origin: str | None,
    register: bool,
    overdue: bool,
    as_of: date | None,
) -> int:
    """List the documents with what is known of each. The built-in guidance is listed on demand."""
    if (register or overdue) and (status or origin):
        raise click.UsageError("--register and --overdue stand without --status and --origin.")
    with run.advisor() as advisor:
        view = advisor.view(run.reader(), as_of=as_of)
        if register or overdue:
            from bots.cli.document_register import show_register

            show_register(view, overdue=overdue, as_json=run.as_json)
            return 0
        chosen = [
            document
            for document in view.documents
            if (status is None or document.facts.status.value == status)
            and (document.origin.value == origin if origin else document.origin.value != "guidance")
        ]
        chosen.sort(key=lambda one: (one.origin.value, one.source))
        if run.as_json:
            screen.data([document_data(view, one) for one in chosen])
        else:
            _show_documents(view, chosen)
    return 0


def document_data(view: View, document: Document) -> dict[str, Any]:
    """Give all that is known of a document as data."""
    facts = document.facts
    successor = view.successor(document.id)
    return {
        "id": document.id,
        "source": document.source,
        "origin": document.origin.value,
        "title": facts.title,
        "identifier": facts.identifier,
        "version": facts.version,
        "status": facts.status.value,
        "standing": view.standing(document.id).value,
        "replaced_by": successor.source if successor else None,
        "owner": facts.owner,
        "approver": facts.approver,
        "classification": facts.classification,
        "approved": facts.approved,
        "effective": facts.effective,
        "retired": facts.retired,
        "next_review": facts.next_review,
        "supersedes": list(facts.supersedes),
        "language": facts.language,
        "controls": list(facts.controls),
        "found_in": dict(facts.found_in),
        "notes": list(document.notes),
    }


def _show_documents(view: View, chosen: list[Document]) -> None:
    if not chosen:
        screen.say("No documents. Run `annexa index FOLDER`, or choose other filters.")
        return
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for document in chosen:
        grid.add_row(screen.words(document.facts.identifier or "–"), _line(view, document))
    screen.show(grid)
    screen.say()
    screen.say(screen.count(len(chosen), "document") + ".")


def _line(view: View, document: Document) -> Text:
    """Give a document's title, what is special about it, and its file."""
    from knowledge.passages import Standing

    facts, standing = document.facts, view.standing(document.id)
    line = screen.words(facts.title, style="bold")
    if facts.version:
        line.append(f" · {screen.plain(facts.version)}")
    if standing is not Standing.IN_FORCE:
        line.append(f" · {standing.value}", style="yellow")
    elif facts.next_review and facts.next_review < view.today:
        line.append(f" · review was due on {facts.next_review}", style="red")
    line.append(f"\n{screen.plain(document.source)}", style="dim")
    return line


@click.command(short_help="One page of what needs attention.")
@click.option("--all", "everything", is_flag=True, help="Show every item, however many.")
@click.option("--as-of", type=DAY, help="Judge standings on this day.")
@options(*WORKS, *READS)
@invoked
def review(run: Invocation, everything: bool, as_of: date | None) -> int:
    """Say on one page what was understood and what was not.

    Files that could not be read, rules that disagree, overdue reviews, drafts and retired texts
    that others still cite, documents without owner, version or date.
    """
    with run.advisor() as advisor:
        found = review_of(advisor.library, advisor.view(run.reader(), as_of=as_of))
        if run.as_json:
            from dataclasses import asdict

            screen.data(asdict(found))
        else:
            show_review(found, everything=everything)
    return 0


def kinds_of(origins: Mapping[str, int]) -> str:
    """Say how many sources there are of each kind."""
    return ", ".join(
        screen.count(number, *_KINDS.get(name, (name,))) for name, number in sorted(origins.items())
    )


def review_of(library: Library, view: View, skipped: Sequence[str] = ()) -> Review:
    """Review what the view's reader may see; failures are for the owner."""
    from knowledge.review import review as make

    failures = library.snapshot().failures if view.reader.owner else ()
    return make(view, failures, skipped=skipped)


_TITLES = {
    "unreadable": "Files that could not be read",
    "disagreement": "Rules that disagree",
    "overdue": "Reviews that are overdue",
    "stale reference": "References to texts that are not in force",
    "instructions": "Texts that try to instruct the assistant",
    "facts missing": "Documents that lack facts",
    "due soon": "Reviews that are due soon",
    "unknown reference": "References to documents that are not here",
    "duplicate": "Documents that say the same",
    "skipped": "Files that were passed over",
}
_SHOWN = 5
"""Items of one kind on the page."""
_QUOTED = 3
"""Places quoted for one item."""
_KINDS = {
    "document": ("document", "documents"),
    "register": ("register", "registers"),
    "guidance": ("piece of built-in guidance", "pieces of built-in guidance"),
    "soa": ("Statement of Applicability", "Statements of Applicability"),
}


def show_review(found: Review, *, everything: bool = False) -> None:
    """Print a review: numbers first, then what needs attention, most pressing first."""
    screen.heading(f"Review of {found.day}")
    kinds = kinds_of(found.origins)
    standings = ", ".join(f"{number} {name}" for name, number in found.standings.items())
    screen.say(
        f"{screen.count(found.documents, 'file')} ({kinds or 'none'}) with "
        f"{screen.count(found.passages, 'passage')}: {standings or 'none'}."
    )
    screen.say(
        f"{screen.count(found.complete, 'document')} in force with owner, version, date and status "
        "known."
    )
    if found.notice:
        screen.say(found.notice, style="yellow")
    if not found.items:
        screen.say("Nothing needs attention.")
    for topic, number in found.counts.items():
        items = [item for item in found.items if item.topic.value == topic]
        screen.heading(f"{_TITLES.get(topic, topic.capitalize())} ({number})")
        _show_items(items if everything else items[:_SHOWN])
        if not everything and number > _SHOWN:
            screen.say(f"  … and {number - _SHOWN} more: annexa review --all", style="dim")


def _show_items(items: Sequence[Item]) -> None:
    """Print items; what to do stands once below those that share it."""
    for at, item in enumerate(items):
        screen.indented(item.what, 2)
        for citation in item.at[:_QUOTED]:
            place = " · ".join(
                str(part)
                for part in (
                    citation.source,
                    citation.section or citation.row,
                    f"page {citation.page}" if citation.page else None,
                )
                if part
            )
            quote = " ".join(citation.quote.split())
            shown = quote if len(quote) <= 240 else quote[:240].rsplit(" ", 1)[0] + " …"
            screen.indented(f"“{shown}”", 4, "italic")
            screen.indented(place, 4, "dim")
        if len(item.at) > _QUOTED:
            screen.indented(f"… and {len(item.at) - _QUOTED} more places", 4, "dim")
        following = items[at + 1].do if at + 1 < len(items) else None
        if item.do != following:
            screen.indented(f"→ {item.do}", 2, "cyan")
