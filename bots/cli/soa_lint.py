"""`annexa soa lint` and `annexa soa waive`: what is wrong with a statement, and what may stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.kept import Kept, kept, now
from bots.cli.options import READS, WORKS, Invocation, invoked, options, owners_only
from bots.cli.soa_files import parsed_file, place_of

if TYPE_CHECKING:
    from assistant.controlling.checking import Checked
    from knowledge.passages import Sheet
    from knowledge.soa import Soa
    from knowledge.soa.linting import Defect, Waiver

_SHOWN_ROWS = 8
_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command(short_help="Check an SoA for forty kinds of defect.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--code", "codes", multiple=True, metavar="S09", help="Only defects of this kind.")
@click.option("--control", metavar="ID", help="Only defects of this control.")
@click.option("--alone", is_flag=True, help="Do not compare with policies and registers.")
@click.option("--waived", is_flag=True, help="Show what was waived, too.")
@click.option(
    "--review-months",
    type=click.IntRange(1, 120),
    default=12,
    show_default=True,
    help="How old evidence and reviews may be.",
)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info")),
    help="End with 1 if a defect is as bad as this or worse.",
)
@options(*WORKS, *READS)
@invoked
def lint(
    run: Invocation,
    *,
    file: Path | None,
    codes: tuple[str, ...],
    control: str | None,
    alone: bool,
    waived: bool,
    review_months: int,
    fail_on: str | None,
) -> int:
    """Check the Statement of Applicability in force, or the one in FILE.

    Every defect says whether the standard demands what is missing or practice recommends it. Nothing
    is repaired. A FILE need not lie in the indexed folder."""
    if file is not None:
        owners_only(run, "soa lint FILE")
    with kept(run) as here:
        checked = _checked(here, file, alone=alone, review_months=review_months)
        chosen = [one for one in checked.open if _wanted(one, codes, control)]
        if run.as_json:
            screen.data(_data(checked, chosen))
        else:
            _show(checked, chosen, waived=waived)
    order = list(_STYLES)
    bad = [one for one in chosen if fail_on and order.index(one.severity) <= order.index(fail_on)]
    return 1 if bad else 0


def _checked(here: Kept, file: Path | None, *, alone: bool, review_months: int) -> Checked:
    from assistant.controlling.checking import check
    from assistant.soa_store import SoaStore

    soa, sheets = _statement(here, file)
    return check(
        soa,
        today=here.settings.today,
        view=None if alone else here.view(),
        sheets=sheets,
        waivers=SoaStore(here.records).waivers(),
        review_months=review_months,
    )


def _statement(here: Kept, file: Path | None) -> tuple[Soa, Sequence[Sheet]]:
    """Give the statement to check and, where its file is at hand, the workbook itself."""
    from knowledge.soa import read_soa
    from knowledge.soa.storing import answers_of

    if file is None:
        view = here.view()
        soa, document = view.soa(), view.soa_document()
        if soa is not None and document is not None:
            if not here.reader.owner:
                return soa, ()
            found = place_of(here.library, document.source)
            if found is None:
                return soa, ()
            parsed, digest = parsed_file(found, document.source)
            return soa, parsed.sheets if digest == document.content_hash else ()
        file = _pending(here)
    path = place_of(here.library, file)
    if path is None:
        raise click.UsageError(f"{file} is not a file here or in the indexed folder.")
    parsed, digest = parsed_file(path, path.name)
    reading = read_soa(parsed.sheets)
    for source, (known, decision) in here.library.soa_decisions().items():
        if known == digest and source:
            reading = read_soa(parsed.sheets, answers_of(decision))
    if not reading.rows:
        raise click.ClickException(
            f"no Statement of Applicability was found in {file}: "
            + (" ".join(one.text for one in reading.questions) or "no table has its shape.")
        )
    for question in reading.questions:
        screen.note(f"? {question.text}")
    return reading.soa(file.as_posix()), parsed.sheets


def _pending(here: Kept) -> Path:
    """Give the one statement that waits for a person, where the owner asks; defects are mostly why.

    Raises ClickException where there is none, or more than one."""
    from knowledge.passages import Origin

    found = [
        document.source
        for document in here.view().of_origin(Origin.SOA)
        if (here.library.soa_reading(document.id) or {}).get("pending")
    ]
    if here.reader.owner and len(found) == 1:
        screen.note(f"None is in force; {found[0]} is pending and was checked.")
        return Path(found[0])
    raise click.ClickException(
        "there is no Statement of Applicability in force that may be read here. To check another "
        "one, name its file: `annexa soa lint FILE`."
    )


def _wanted(one: Defect, codes: Sequence[str], control: str | None) -> bool:
    from knowledge.controls import canonical

    if codes and one.code not in {code.upper() for code in codes}:
        return False
    return control is None or bool({control, canonical(control)} & set(one.controls))


def _show(checked: Checked, chosen: Sequence[Defect], *, waived: bool) -> None:
    screen.say(f"{checked.source} · {screen.count(checked.rows, 'row')}", style="bold")
    if not checked.compared:
        screen.say("Not compared with policies and registers.", style="dim")
    if not chosen:
        screen.say("No defects.")
    for one in chosen:
        _show_defect(one)
    counts = Counter(one.severity.value for one in chosen)
    screen.say()
    screen.say(
        ", ".join(
            screen.count(counts[name], name) if name != "info" else f"{counts[name]} to ask about"
            for name in _STYLES
        )
        + f"; {len(checked.found.waived)} waived."
    )
    if waived:
        for one, waiver in checked.found.waived:
            screen.say()
            screen.say(f"waived {one.code} · {one.what}", style="dim")
            screen.indented(f"by {waiver.by} on {waiver.on}: {waiver.reason}", 2, "dim")
    for lapsed in checked.found.lapsed:
        _show_lapsed(lapsed)
    if chosen:
        screen.say('To let one stay: annexa soa waive ID --by NAME --why "…"', style="dim")


def _show_lapsed(waiver: Waiver) -> None:
    where = f" for {', '.join(waiver.controls[:3])}" if waiver.controls else ""
    screen.indented(
        f"The waiver of {waiver.code}{where} by {waiver.by} ({waiver.on}) fits nothing any more: "
        "what it rested on is mended or changed.",
        2,
        "dim",
    )


def _show_defect(one: Defect) -> None:
    from rich.text import Text

    kind = one.kind
    head = Text()
    head.append(f"{one.code} ", style=f"bold {_STYLES[one.severity]}")
    head.append(screen.plain(kind.name), style="bold")
    head.append(f"  {kind.basis.value}, {kind.clause}", style="dim")
    if one.confidence != "certain":
        head.append(f" · {one.confidence.value}", style="dim")
    head.append(f" · {one.fingerprint}", style="dim")
    screen.say()
    screen.show(head)
    screen.indented(one.what, 2)
    place = _places(one)
    if one.quote:
        screen.indented(f"“{one.quote}”" + (f"  {place}" if place else ""), 4, "italic")
    elif place:
        screen.indented(place, 4, "italic")
    for spot in one.spots[:2]:
        quote = " ".join(spot.quote.split())
        shown = quote if len(quote) <= 200 else quote[:200].rsplit(" ", 1)[0] + " …"
        at = " · ".join(str(p) for p in (spot.source, spot.section, spot.row) if p)
        screen.indented(f"{at}: “{shown}”", 4, "dim")
    screen.indented(one.why, 2, "dim")
    screen.indented(f"→ {one.do}", 2, "cyan")


def _places(one: Defect) -> str:
    if not one.rows:
        return ""
    numbers = [str(place.row) for place in one.rows]
    more = f" and {len(numbers) - _SHOWN_ROWS} more" if len(numbers) > _SHOWN_ROWS else ""
    name = "row" if len(numbers) == 1 else "rows"
    return f"{one.rows[0].sheet}, {name} {', '.join(numbers[:_SHOWN_ROWS])}{more}"


def _data(checked: Checked, chosen: Sequence[Defect]) -> dict[str, Any]:
    return {
        "source": checked.source,
        "day": checked.day,
        "rows": checked.rows,
        "compared": checked.compared,
        "defects": [defect_data(one) for one in chosen],
        "waived": [
            {"defect": defect_data(one), "by": waiver.by, "on": waiver.on, "reason": waiver.reason}
            for one, waiver in checked.found.waived
        ],
        "lapsed": [
            {"code": one.code, "controls": list(one.controls), "by": one.by, "on": one.on}
            for one in checked.found.lapsed
        ],
    }


def defect_data(one: Defect) -> dict[str, Any]:
    """Give a defect as data."""
    return {
        "id": one.fingerprint,
        "code": one.code,
        "name": one.kind.name,
        "severity": one.severity.value,
        "basis": one.kind.basis.value,
        "clause": one.kind.clause,
        "confidence": one.confidence.value,
        "controls": list(one.controls),
        "rows": [{"sheet": place.sheet, "row": place.row} for place in one.rows],
        "quote": one.quote,
        "what": one.what,
        "why": one.why,
        "do": one.do,
        "spots": [
            {"source": s.source, "section": s.section, "row": s.row, "quote": s.quote}
            for s in one.spots
        ],
    }


@click.command(short_help="Let a defect stay, with your name and reason.")
@click.argument("identifiers", nargs=-1, required=True, metavar="ID...")
@click.option("--by", required=True, metavar="NAME", help="Who answers for it.")
@click.option("--why", metavar="TEXT", help="Why it may stay.")
@click.option("--withdraw", is_flag=True, help="Take the waiver back.")
@click.option("--alone", is_flag=True, help="Do not compare with policies and registers.")
@options(*WORKS)
@invoked
def waive(
    run: Invocation,
    *,
    identifiers: tuple[str, ...],
    by: str,
    why: str | None,
    withdraw: bool,
    alone: bool,
) -> int:
    """Waive defects by the ids that `annexa soa lint` prints.

    A waiver holds as long as what the defect rests on stays the same."""
    from assistant.soa_store import SoaStore

    owners_only(run, "soa waive")
    if not withdraw and not (why and why.strip()):
        raise click.UsageError('say why it may stay: --why "…".')
    if not by.strip():
        raise click.UsageError("--by needs the name of a person.")
    with kept(run) as here:
        store = SoaStore(here.records)
        if withdraw:
            done = sum(store.withdraw(one, by.strip(), now()) for one in identifiers)
            screen.say(f"{screen.count(done, 'waiver')} taken back.")
            return 0 if done else 1
        checked = _checked(here, None, alone=alone, review_months=12)
        found = [one for one in checked.open if one.fingerprint in identifiers]
        missing = set(identifiers) - {one.fingerprint for one in found}
        if missing:
            raise click.ClickException(
                f"no open defect has the id {', '.join(sorted(missing))}. `annexa soa lint` prints "
                "the ids. Nothing was waived."
            )
        store.waive(found, (why or "").strip(), by.strip(), here.settings.today, now())
        for one in found:
            screen.say(f"Waived {one.code}: {one.what}")
    return 0
