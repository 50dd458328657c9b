"""The register of documents under control on a terminal: versions, owners, reviews, what is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bots.cli import screen

if TYPE_CHECKING:
    from knowledge.controlling.documents import Controlled
    from knowledge.view import View


def show_register(view: View, *, overdue: bool, as_json: bool) -> None:
    """Print the documents under control of a view, all of them or those that are overdue."""
    from knowledge.controlling.documents import document_register

    found = document_register(view)
    chosen = found.overdue if overdue else found.documents
    if as_json:
        screen.data(
            {
                "day": found.day,
                "documents": [{**asdict(one), "overdue": one.overdue} for one in chosen],
                "without_document": list(found.without_document),
            }
        )
        return
    if not chosen:
        screen.say("No review is overdue." if overdue else "No documents.")
    else:
        _show(chosen)
    if found.without_document and not overdue:
        screen.heading("In your register of documents, but not in the library")
        for row in found.without_document:
            screen.indented(row, 2)
    screen.say()
    screen.say(
        f"{screen.count(len(found.documents), 'document')}, {len(found.overdue)} overdue on "
        f"{found.day}."
    )


def _show(chosen: Sequence[Controlled]) -> None:
    grid = screen.table("Document", "Version", "Standing", "Owner", "Next review")
    for one in chosen:
        title = f"{one.identifier} {one.title}" if one.identifier else one.title
        remarks = "".join(f"\n! {remark}" for remark in one.disagreements)
        grid.add_row(
            screen.words(f"{title}\n{one.source}{remarks}"),
            screen.words(one.version or "–"),
            screen.words(one.standing.value),
            screen.words(one.owner or "–"),
            screen.words(_review(one), style="red" if one.overdue else ""),
        )
    screen.show(grid)


def _review(one: Controlled) -> str:
    if one.next_review is None:
        return "–"
    if one.days_left is None:
        return one.next_review.isoformat()
    late = f"{-one.days_left} days late" if one.overdue else f"in {one.days_left} days"
    return f"{one.next_review}\n{late}"
