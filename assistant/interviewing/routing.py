"""Where a reply belongs when people run ahead or come back: by its own words, never by force."""

from __future__ import annotations

from assistant.domain.interview import Claimed, Met, Shown
from assistant.interviewing import asking
from assistant.interviewing.claims import Context
from assistant.interviewing.matching import cue_weight, matches
from assistant.interviewing.speech import Act
from assistant.interviewing.turn import Turn
from assistant.interviewing.understanding import ClaimReader, Reading, read
from knowledge.demands import Unit

_OPEN_FIRST = 0.6
"""How much a unit that is still open is preferred to one that is settled."""


def route(
    turn: Turn,
    unit: Unit,
    context: Context,
    reading: Reading,
    claim_reader: ClaimReader | None,
) -> tuple[Unit, Context, Reading]:
    """Give the unit that a reply is about, with the reply read in its light.

    Only a reply that says nothing about the unit at hand, and speaks plainly of another one of the
    plan, is moved. What belongs to a settled unit is added there, and the question stays."""
    if context.style in {"exclusion", "contradiction", "end"} or _only_acts(reading):
        return unit, context, reading
    text = reading.speech.rest
    here = weight(unit, text)
    if here > 0.5:
        return unit, context, reading
    best, other = max(
        ((weight(one, text), one) for one in _others(turn, unit)),
        key=lambda pair: pair[0] + (0 if turn.own(pair[1]).settled else _OPEN_FIRST),
        default=(0.0, unit),
    )
    if best < 1.0 + here or (reading.bare and reading.answer):
        return unit, context, reading
    there = Context(other, asking.opening_demand(other).id, guessed=True)
    again = read(reading.text, there, turn.state.replies, turn.today, claim_reader)
    if turn.own(other).settled:
        last = turn.state.last_settled
        at_once = last is not None and last.id == other.id and not turn.own(unit).claims
        if best < (1.0 if at_once and here == 0 else 2.0):
            return unit, context, reading
        return _add_behind(turn, unit, context, other, again, reading)
    if context.style == "open" and not turn.own(unit).claims and best < 2.0:
        return unit, context, reading
    _close_for_now(turn, unit)
    return other, there, again


def home_of_a_remark(
    turn: Turn, unit: Unit, reading: Reading, claim_reader: ClaimReader | None
) -> tuple[Unit, Reading]:
    """Find the unit that a remark after the last summary is about, by its own words."""
    text = reading.speech.rest
    best = max(_others(turn, unit), key=lambda one: weight(one, text), default=unit)
    if weight(best, text) < 1.0 + weight(unit, text):
        return unit, reading
    again = Context(best, asking.opening_demand(best).id, "end", guessed=True)
    return best, read(reading.text, again, turn.state.replies, turn.today, claim_reader)


def weight(unit: Unit, text: str) -> float:
    """Say how surely a text is about a unit: its cues, rare ones for more than common ones."""
    cues = {cue for one in matches(unit, text) for cue in (*one.cues, *one.negations)}
    return sum(cue_weight(cue) for cue in cues)


def _others(turn: Turn, unit: Unit) -> list[Unit]:
    found = [turn.unit(one) for one in turn.state.plan if one != unit.id]
    return [one for one in found if one is not None]


def _only_acts(reading: Reading) -> bool:
    acts = {
        Act.HELP,
        Act.DELEGATE,
        Act.STOP,
        Act.SKIP,
        Act.NOT_APPLICABLE,
        Act.AUTHORITY,
        Act.PRESSURE,
    }
    return not reading.says_something or bool(acts & set(reading.speech.acts) - {Act.STOP})


def _add_behind(
    turn: Turn, unit: Unit, context: Context, other: Unit, again: Reading, reading: Reading
) -> tuple[Unit, Context, Reading]:
    """Add to a settled unit what was said late, and weigh it anew."""
    for claim in again.claims:
        turn.add(Claimed(other.id, claim))
    for evidence in again.evidence:
        turn.add(Shown(other.id, evidence))
    turn.settle(other)
    turn.say(f"I have added that to {other.id}.")
    nothing = Reading(
        text=reading.text, secrets=0, steering=None, speech=reading.speech, answer=None, bare=False,
        claims=(), evidence=(), mentioned=(), passes_on=False,
    )  # fmt: skip
    return unit, context, nothing


def _close_for_now(turn: Turn, unit: Unit) -> None:
    """The respondent has gone on to another unit: settle this one on what is known."""
    own = turn.own(unit)
    if own.settled or not any(one.met is not Met.UNKNOWN for one in turn.interim(unit)):
        return
    turn.settle(unit)
