"""Evidence from outside the conversation: looked up or read; its date and kind are checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.domain.interview import Evidence, EvidenceKind
from assistant.interviewing import dating
from assistant.interviewing.known import Known
from assistant.interviewing.matching import matches
from assistant.interviewing.mentions import kind_of_item
from knowledge.demands import unit as unit_of
from knowledge.instructions import instructions_in
from knowledge.parsing import DocumentError, Limits, parse_file
from knowledge.passages import ParsedDocument

_READ = 20_000
"""Characters of a file that are looked at; evidence is registered and never copied."""
_COVERAGE = re.compile(r"\b(\d{1,4}) (?:out )?of (?:the |our )?(\d{1,4}) [a-z]+", re.IGNORECASE)


def uploaded(
    path: Path,
    unit: str,
    today: date,
    *,
    by: str,
    day: date | None = None,
    kind: str | None = None,
    demands: Sequence[str] = (),
) -> Evidence:
    """Read a file and say what it can show. A file that cannot be read is registered unseen."""
    try:
        parsed = parse_file(path, path.name, limits=Limits())
    except DocumentError as error:
        return Evidence(
            ref=path.name,
            kind=EvidenceKind(kind) if kind else EvidenceKind.RECORD,
            date=day,
            seen=False,
            demands=tuple(demands) or _fitting(unit, path.stem),
            by=by,
            note=f"could not be read: {error}",
        )
    text = "\n".join(block.text for block in parsed.blocks)[:_READ]
    found = day or _day(parsed, path.name, text, today)
    notes = []
    if found is None:
        notes.append("No date was found in it; give one with --date.")
    elif (today - found).days > 365:
        notes.append("It is older than twelve months.")
    if (match := _COVERAGE.search(text)) and match[1] != match[2]:
        notes.append(f"It says “{match.group()}”.")
    if words := instructions_in(text):
        notes.append(f"It holds a line that tries to steer (“{words[:60]}”); treated as text.")
    title = parsed.facts.title or path.stem
    return Evidence(
        ref=path.name,
        kind=EvidenceKind(kind) if kind else _kind(f"{title} {path.stem}"),
        date=found,
        seen=True,
        demands=tuple(demands)
        or _fitting(unit, f"{title} {path.stem.replace('_', ' ')} {text[:2000]}"),
        by=by,
        note=" ".join(notes),
    )


def registered(
    ref: str,
    unit: str,
    known: Known,
    *,
    by: str,
    day: date | None = None,
    kind: str | None = None,
    demands: Sequence[str] = (),
) -> Evidence:
    """Register a link, an id or a document of the library, which then counts as seen."""
    thing = known.thing(ref)
    link = bool(re.match(r"https?://|www\.", ref))
    guessed = EvidenceKind.LINK if link else thing.kind if thing else _kind(ref)
    return Evidence(
        ref=ref,
        kind=EvidenceKind(kind) if kind else guessed,
        date=day or (thing.date if thing else None),
        seen=thing is not None,
        demands=tuple(demands) or _fitting(unit, thing.title if thing else ref),
        by=by,
        note=f"{thing.title} {thing.version}".strip() if thing else "",
    )


def _kind(text: str) -> EvidenceKind:
    return kind_of_item(text.replace("_", " ").replace("-", " "))


def _day(parsed: ParsedDocument, name: str, text: str, today: date) -> date | None:
    facts = parsed.facts
    if facts.effective or facts.approved:
        return facts.effective or facts.approved
    return dating.last_day(name.replace("_", " "), today) or dating.last_day(text[:4000], today)


def _fitting(unit: str, text: str) -> tuple[str, ...]:
    """Guess which demands a thing shows by its name and words; all of the unit where nothing tells."""
    known = unit_of(unit)
    if known is None:
        return ()
    found = matches(known, text)
    best = max((one.strength for one in found), default=0.0)
    if best < 0.5:
        return tuple(one.id for one in known.demands)
    return tuple(one.demand for one in found if one.strength >= 0.6 * best)
