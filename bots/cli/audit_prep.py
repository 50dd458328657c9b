"""`annexa audit-prep`: what will hurt in the next audit, by rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.options import READS, WORKS, Invocation, invoked, options
from bots.cli.planners import opened

if TYPE_CHECKING:
    from assistant.planning.preparation import Item
    from assistant.planning.register import RegisterEntry
    from assistant.soa_store import Version


@click.command("audit-prep", short_help="List what will hurt in an audit.")
@options(*WORKS, *READS)
@invoked
def audit_prep(run: Invocation) -> None:
    """List by rule what an auditor will find: overdue plans, stale evidence, rows without approval,
    documents past review, gaps in internal audits, missing inputs of the management review.

    Each item names its source and owner, and whether it rests on a requirement, an own rule or mere
    guidance. The owner sees the register of plans too; other readers see what their documents say.
    """
    from assistant.advisor import open_advisor
    from assistant.planning.preparation import prepare
    from assistant.soa_store import SoaStore
    from assistant.store import Records

    settings = run.settings()
    entries: tuple[RegisterEntry, ...] = ()
    versions: tuple[Version, ...] = ()
    if run.user is None:
        with opened(run, records=True) as desk:
            entries = desk.entries()
        records = Records.open(settings.workspace)
        try:
            versions = SoaStore(records).versions()
        finally:
            records.close()
    advisor = open_advisor(settings)
    try:
        found = prepare(advisor.view(run.reader()), entries, settings.today, versions)
    finally:
        advisor.close()
    if run.as_json:
        screen.data([asdict(one) for one in found])
        return
    _show(found)


_TITLES = {
    "requirement": "Against the standard",
    "own rule": "Against your own rules",
    "guidance": "Not a rule, but an auditor will ask",
}


_MOST = 6
"""Items of one kind that are shown; a list of ninety rows hides what matters."""


def _show(found: tuple[Item, ...]) -> None:
    if not found:
        screen.say("By these rules nothing stands out. It is no promise: an auditor samples.")
        return
    for weight, title in _TITLES.items():
        items = [one for one in found if one.weight.value == weight]
        if not items:
            continue
        screen.heading(f"{title} ({len(items)})")
        seen: Counter[str] = Counter()
        for one in items:
            seen[one.code] += 1
            if seen[one.code] > _MOST:
                continue
            screen.indented(one.what, 2)
            screen.indented(f"{one.clause} · owner: {one.owner} · {one.source}", 4, "dim")
        for code, number in seen.items():
            if number > _MOST:
                screen.indented(f"… and {number - _MOST} more like {code}; --json has all.", 2)
