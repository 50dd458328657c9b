"""Documents that are pasted into a reply: kept as evidence where they fit, never obeyed."""

from __future__ import annotations

import re

from assistant.domain.interview import Evidence, EvidenceKind, Flagged, Shown
from assistant.interviewing import dating
from assistant.interviewing.matching import cue_weight, matches
from assistant.interviewing.mentions import kind_of_item
from assistant.interviewing.turn import Turn
from assistant.interviewing.understanding import Reading
from knowledge.demands import Unit, units
from knowledge.demands import unit as unit_of

_HERE = re.compile(
    r"^\W*(?:ok(?:ay)?\W+)?(?:here(?:'s| is| are| you (?:go|are):?)|attached (?:is|are)|"
    r"i(?: have|'ve)? (?:attached?|pasted?|uploaded?)|this is|find (?:below|attached)|"
    r"hier (?:ist|sind)|anbei)\s+(?:our|the|my|an?|a copy of (?:our|the)|"
    r"unser\w*|der|die|das)\s+(?P<what>[\w -]{3,60}?)\s*(?:[:\"“„\n(]|$)",
    re.IGNORECASE,
)


def pasted(turn: Turn, unit: Unit, reading: Reading) -> bool:
    """Keep a pasted text as evidence for the unit that its name fits; False where nothing is."""
    match = _HERE.match(reading.text)
    if match is None:
        return False
    what = " ".join(match["what"].split())
    longer = len(reading.text) - match.end()
    if longer < 12 and not reading.steering:
        return False
    home = _home(turn, unit, what)
    found = [one for one in matches(home, what) if one.cues or one.words > 0.3]
    best = max((one.strength for one in found), default=0.0)
    note = "pasted; holds a line that tries to steer" if reading.steering else "pasted"
    evidence = Evidence(
        ref=what,
        kind=EvidenceKind(kind_of_item(what)),
        date=dating.last_day(reading.speech.rest, turn.today),
        seen=True,
        demands=tuple(one.demand for one in found if one.strength >= best),
        by=turn.state.respondent.name,
        note=note,
    )
    turn.add(Shown(home.id, evidence))
    if reading.steering and home.id != unit.id:
        turn.add(Flagged(home.id, "injection"))
    turn.say(f"It is kept as evidence for {home.id}.")
    return True


def _home(turn: Turn, unit: Unit, what: str) -> Unit:
    """Say which unit a document's name fits: the one at hand, one of the plan, or any."""
    planned = [one for name in turn.state.plan if (one := unit_of(name))]
    home = max([unit, *planned], key=lambda one: _fit(one, what))
    anywhere = max(units().values(), key=lambda one: _fit(one, what))
    if _fit(anywhere, what) > max(_fit(home, what), 0.9):
        return anywhere
    return home if _fit(home, what) >= 1.0 else unit


def _fit(unit: Unit, what: str) -> float:
    """Weigh the cues that a name holds; two words of a cue say more than one."""
    cues = {cue for one in matches(unit, what) for cue in one.cues}
    return sum(cue_weight(cue) * len(cue.split()) for cue in cues)
