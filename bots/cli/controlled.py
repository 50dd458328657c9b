"""`annexa compare` and `annexa impact`: what changed between versions, and what that touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.kept import kept
from bots.cli.options import READS, WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.controlling.impact import Impact
    from knowledge.controlling.comparing import Comparison, RuleChange
    from knowledge.passages import Citation, Document
    from knowledge.view import View

_SHOWN = 200
_STYLES = {"value changed": "red", "reworded": "yellow", "removed": "red", "added": "green",
           "moved": "dim"}  # fmt: skip


@click.command(short_help="Compare two versions rule by rule.")
@click.argument("before")
@click.argument("after", required=False)
@options(*WORKS, *READS)
@invoked
def compare(run: Invocation, *, before: str, after: str | None) -> int:
    """Compare two documents rule by rule: by path, or by identifier with a version ("STD-04 1.3").

    With one name, the version in force is compared with the one before it."""
    from knowledge.controlling.comparing import compare as compare_rules

    with kept(run) as here:
        view = here.view()
        old, new = _pair(view, before, after)
        found = compare_rules(view, old, new)
        if run.as_json:
            screen.data(comparison_data(found))
        else:
            _show_comparison(found)
    return 0


def _pair(view: View, before: str, after: str | None) -> tuple[Document, Document]:
    if after is not None:
        return document_named(view, before), document_named(view, after)
    from knowledge.standing import series_of, version_key

    named = document_named(view, before)
    series = series_of(view.documents)
    versions = sorted(
        (one for one in view.documents if series[one.id] == series[named.id]),
        key=lambda one: version_key(one.facts.version),
    )
    if len(versions) < 2:
        raise click.ClickException(
            f"there is only one version of {named.facts.title} in the library. Name two documents."
        )
    counting = [o for o in versions if view.standing(o.id) == "in force"] or versions[-1:]
    new = counting[-1]
    earlier = versions[: versions.index(new)]
    if not earlier:
        raise click.ClickException(f"no version before {new.source} is in the library.")
    return earlier[-1], new


def document_named(view: View, name: str) -> Document:
    """Give a readable document by path, or by identifier or title and perhaps a version.

    Raises ClickException where there is none, or several and none is in force."""
    wanted = " ".join(name.split()).casefold()
    for one in view.documents:
        if one.source.casefold() == wanted:
            return one
    found = []
    for one in view.documents:
        for label in (one.facts.identifier, one.facts.title):
            if not label:
                continue
            version = (one.facts.version or "").casefold()
            forms = {label.casefold(), f"{label.casefold()} {version}",
                     f"{label.casefold()} v{version}"}  # fmt: skip
            if wanted in forms:
                found.append(one)
                break
    in_force = [one for one in found if view.standing(one.id) == "in force"]
    if len(found) == 1 or len(in_force) == 1:
        return (in_force or found)[0]
    if found:
        raise click.UsageError(
            f"{name!r} is several documents: {', '.join(one.source for one in found)}. Name a path."
        )
    raise click.UsageError(f"there is no document {screen.plain(name)!r} that may be read here.")


def _show_comparison(found: Comparison) -> None:
    screen.say(f"{_name(found.before)} → {_name(found.after)}", style="bold")
    if not found.changes:
        screen.say("Every rule is the same.")
    order = list(_STYLES)  # other values weigh most, whatever stands first
    for change in sorted(found.changes, key=lambda one: order.index(one.kind)):
        show_change(change)
    screen.say()
    counts = {kind: sum(1 for c in found.changes if c.kind == kind) for kind in _STYLES}
    screen.say(
        ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
        + f"{', ' if found.changes else ''}{found.unchanged} unchanged."
    )


def show_change(change: RuleChange) -> None:
    """Print one change with both texts and their places."""
    from rich.text import Text

    at = change.after or change.before
    screen.say()
    head = Text(change.kind.value, style=f"bold {_STYLES[change.kind]}")
    if change.values:
        head.append(f"  {screen.plain(change.values[0])} → {screen.plain(change.values[1])}")
    head.append(f"  {screen.plain(at.section or '') if at else ''}", style="dim")
    screen.show(head)
    if change.words:
        line = Text()
        for sign, word in change.words:
            style = {"-": "red strike", "+": "green"}.get(sign, "")
            line.append(screen.plain(word), style=style).append(" ")
        screen.indented(line, 2)
    elif change.kind.value == "moved" and change.before:
        screen.indented(f"“{_short(change.before)}” from {change.before.section or '–'}", 2)
    elif at is not None:
        screen.indented(f"“{_short(at)}”", 2, "italic")


def _name(document: Document) -> str:
    facts = document.facts
    return " ".join(
        part
        for part in (facts.identifier, facts.title, facts.version and f"v{facts.version}")
        if part
    )


def _short(citation: Citation) -> str:
    quote = " ".join(citation.quote.split())
    return quote if len(quote) <= _SHOWN else quote[:_SHOWN].rsplit(" ", 1)[0] + " …"


def comparison_data(found: Comparison) -> dict[str, Any]:
    """Give a comparison as data."""
    return {
        "before": found.before.source,
        "after": found.after.source,
        "unchanged": found.unchanged,
        "changes": [_change_data(one) for one in found.changes],
    }


def _change_data(one: RuleChange) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "before": _place_data(one.before),
        "after": _place_data(one.after),
        "values": list(one.values) if one.values else None,
    }


def _place_data(at: Citation | None) -> dict[str, Any] | None:
    if at is None:
        return None
    return {"source": at.source, "section": at.section, "page": at.page, "row": at.row,
            "quote": at.quote, "passage": at.passage, "version": at.version}  # fmt: skip


@click.command(short_help="What changed documents touch.")
@click.argument("document", required=False)
@options(*WORKS)
@invoked
def impact(run: Invocation, *, document: str | None) -> int:
    """List the rows of the SoA, the answers and the plans whose quoted text has changed or gone.

    DOCUMENT, a path or an identifier, narrows it to one document and its versions."""
    from assistant.controlling.impact import impact as touched
    from assistant.controlling.impact import quoted_in_answers, quoted_in_plans
    from assistant.planning.store import PlanStore

    owners_only(run, "impact")
    with kept(run) as here:
        view = here.view()
        meant = document_named(view, document) if document else None
        quoters = [
            lambda: quoted_in_answers(here.records),
            lambda: quoted_in_plans(one.case.plan for one in PlanStore(here.records).all()),
        ]
        found = touched(view, quoters, document=meant)
        if run.as_json:
            screen.data(_impact_data(found))
        else:
            _show_impact(found)
    return 0


def _show_impact(found: Impact) -> None:
    if found.rows:
        screen.heading("Rows of the Statement of Applicability to look at")
    for touched in found.rows:
        screen.say(f"{touched.row.control_id} {touched.row.title}", style="bold")
        screen.indented(f"{touched.document}: {touched.why}", 2)
        for change in touched.changes[:3]:
            at = change.after or change.before
            values = f" ({change.values[0]} → {change.values[1]})" if change.values else ""
            if at is not None:
                screen.indented(f"{change.kind.value}{values}: “{_short(at)}”", 4, "dim")
        if len(touched.changes) > 3:
            screen.indented(f"and {len(touched.changes) - 3} more (annexa compare)", 4, "dim")
    if found.quotes:
        screen.heading("What quoted text that does not stand any more")
    for quote in found.quotes:
        quoting = quote.quoting
        when = f" of {quoting.day}" if quoting.day else ""
        name = quoting.id[:8] if quoting.kind == "answer" else quoting.id
        screen.say(f"{quoting.kind} {name}{when}: {quoting.title}", style="bold")  # fmt: skip
        was = quote.was
        version = f" v{was.version}" if was.version else ""
        screen.indented(f"{was.source}{version} · {was.section or was.row or ''}", 2, "dim")
        screen.indented(f"was: “{_short(was)}”", 2, "red")
        if quote.now is not None:
            screen.indented(f"now: “{_short(quote.now)}”", 2, "green")
        else:
            screen.indented(f"now: {quote.state.value}", 2, "red")
    screen.say()
    screen.say(
        f"{screen.count(len(found.rows), 'row')} and {screen.count(len(found.quotes), 'quote')} "
        f"touched; {screen.count(found.checked, 'quote')} checked, "
        f"{screen.count(len(found.comparisons), 'document')} compared with the version before."
    )


def _impact_data(found: Impact) -> dict[str, Any]:
    return {
        "rows": [
            {
                "control": one.row.control_id,
                "title": one.row.title,
                "sheet": one.row.sheet,
                "row": one.row.row,
                "document": one.document,
                "why": one.why,
                "changes": [_change_data(change) for change in one.changes],
            }
            for one in found.rows
        ],
        "quotes": [
            {
                "kind": one.quoting.kind,
                "id": one.quoting.id,
                "title": one.quoting.title,
                "day": one.quoting.day,
                "state": one.state.value,
                "was": _place_data(one.was),
                "now": _place_data(one.now),
            }
            for one in found.quotes
        ],
        "checked": found.checked,
        "compared": [[one.before.source, one.after.source] for one in found.comparisons],
    }
