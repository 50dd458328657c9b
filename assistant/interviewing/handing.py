"""Handing over: questions to colleagues, requests for evidence, and who brings it by when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from assistant.domain.interview import (
    Asked,
    ClaimKind,
    Delegated,
    Delegation,
    EvidenceRequest,
    Flagged,
    Met,
    Requested,
    UnitState,
)
from assistant.interviewing import asking, dating, phrases, speech
from assistant.interviewing.asking import Question
from assistant.interviewing.claims import LINK, Context
from assistant.interviewing.judging import UNKNOWNS, fitting
from assistant.interviewing.matching import matches
from assistant.interviewing.turn import DUE, Turn
from assistant.interviewing.understanding import Reading
from knowledge.demands import Demand, Unit

_LONGEST_NAME = 12
"""Words of a reply that does nothing but name somebody or a day."""


def fits(asked: Asked, reply: str, today: date) -> bool:
    """Tell whether a reply answers a side question."""
    words = len(reply.split())
    if asked.style == "due":
        return words <= _LONGEST_NAME and dating.due_day(reply, today) is not None
    return words <= 2 * _LONGEST_NAME and (
        speech.supplier(reply) is not None or speech.delegate(reply) is not None or _myself(reply)
    )


def _myself(reply: str) -> bool:
    return bool(speech._OFFERS.search(reply)) and len(reply.split()) <= 8


def side_answer(turn: Turn, asked: Asked, reading: Reading, reply: str) -> bool:
    """Take the answer to "by when?", "who can supply it?" or "who would know?"."""
    own = turn.own(turn.state.current or "")
    if asked.style == "due":
        due = dating.due_day(reading.text, turn.today)
        if due is None or len(reading.text.split()) > _LONGEST_NAME:
            return False
        for one in own.delegations:
            if one.due is None or one is own.delegations[-1]:
                turn.add(Delegated(own.id, replace(one, due=due)))
        return True
    if asked.style == "who_knows":
        person = speech.delegate(reading.text) or speech.supplier(reading.text)
        if person is None:
            return False
        _delegate(turn, own.id, Delegation(person, None, turn.today + DUE, asked.question))
        return True
    return names_supplier(turn, own, reading)


def names_supplier(turn: Turn, own: UnitState, reading: Reading) -> bool:
    """A reply that names who brings what was requested: "Fine, Pavel from IT"."""
    if not own.requests or len(reading.text.split()) > 2 * _LONGEST_NAME or reading.evidence:
        return False
    person = speech.supplier(reading.text)
    if person is None and _myself(reading.text):
        person = turn.state.respondent.name or "the respondent"
    if person is None:
        return False
    due = dating.due_day(reading.text, turn.today)
    for one in own.requests:
        if one.source in {None, "", turn.state.respondent.name}:
            turn.add(Requested(own.id, replace(one, source=person, due=due or one.due)))
    turn.say(f"Noted: {person}.")
    return True


def ask_for_supplier(turn: Turn, unit: Unit) -> None:
    """After a request for a verdict, ask who can bring what would bear it."""
    own = turn.own(unit)
    if not own.requests:
        demand = next((one for one in unit.core if not fitting(one, own.evidence)), unit.core[0])
        turn.add(
            Requested(
                unit.id, EvidenceRequest(demand.evidence[0], None, turn.today + DUE, demand.id)
            )
        )
    item = turn.own(unit).requests[0].item
    text = asking.fresh(
        turn.state, f"Who can supply this: {item}?", f"From whom may I expect {item}?"
    )
    turn.ask(Question(text, None, "supply"), unit, followup=False)


def request_mentioned(turn: Turn, unit: Unit, reading: Reading) -> None:
    """What is said to exist becomes a request, from whoever holds it."""
    for one in reading.mentioned:
        demand = unit.demand(one.demand or "")
        if demand is None or _denies(reading, demand.id):
            continue
        own = turn.own(unit)
        old = next((request for request in own.requests if request.demand == demand.id), None)
        if fitting(demand, own.evidence):
            continue
        if old is not None and old.source is not None and old.source != turn.state.respondent.name:
            continue
        if old is not None and one.source is None:
            continue
        item = f"{demand.evidence[0]} (“{one.words}”)" if old is None else old.item
        source = one.source or turn.state.respondent.name or None
        due = (
            dating.due_day(reading.text, turn.today)
            if reading.speech.does(speech.Act.OFFERS_EVIDENCE)
            else None
        )
        turn.add(
            Requested(unit.id, EvidenceRequest(item, source, due or turn.today + DUE, demand.id))
        )


def request_offered(turn: Turn, unit: Unit, reading: Reading) -> None:
    """What is offered is requested for every demand that the reply speaks to."""
    if not reading.speech.does(speech.Act.OFFERS_EVIDENCE):
        return
    due = dating.due_day(reading.text, turn.today) or turn.today + DUE
    source = turn.state.respondent.name or None
    for name in dict.fromkeys(one for claim in reading.claims for one in claim.demands):
        own, demand = turn.own(unit), unit.demand(name)
        if demand is None or fitting(demand, own.evidence) or _denies(reading, name):
            continue
        if not any(one.demand == name for one in own.requests):
            turn.add(Requested(unit.id, EvidenceRequest(demand.evidence[0], source, due, name)))


def _denies(reading: Reading, demand: str) -> bool:
    return any(one.kind is ClaimKind.DENIED and demand in one.demands for one in reading.claims)


def hand_over(turn: Turn, unit: Unit, context: Context, reading: Reading) -> None:
    """Send a unit, or the part of it that a reply points away, to a colleague."""
    person = reading.speech.person
    demand = _pointed_at(turn, unit, context, reading)
    if person is None:
        text = asking.fresh(
            turn.state,
            "Who would know?",
            f"Who would know about {unit.title.lower()}?",
            f"Whom may I ask about {unit.id}?",
        )
        turn.ask(Question(text, demand.id if demand else None, "who_knows"), unit, followup=True)
        return
    due = dating.due_day(reading.text, turn.today)
    question = demand.ask if demand else unit.opening
    _delegate(
        turn,
        unit.id,
        Delegation(person, demand.id if demand else None, due or turn.today + DUE, question),
    )
    turn.say(phrases.delegated(person, question, due))
    if due is not None:
        _go_on(turn, unit)
        return
    text = asking.fresh(
        turn.state,
        "By when?",
        f"By when may {person} answer?",
        f"Which day suits {person} for {unit.id}?",
        f"Until when for {demand.id if demand else unit.id}?",
    )
    turn.ask(Question(text, None, "due"), unit, followup=False)


def pass_on(turn: Turn, unit: Unit, reading: Reading) -> None:
    """After a summary, send the open demand that a reply points away to whoever it names."""
    person = reading.speech.person
    demand = _pointed_at(turn, unit, Context(unit, None, "end"), reading)
    if person is None or demand is None:
        return
    due = dating.due_day(reading.text, turn.today) or turn.today + DUE
    _delegate(turn, unit.id, Delegation(person, demand.id, due, demand.ask))


def _go_on(turn: Turn, unit: Unit) -> None:
    if turn.own(unit).delegation(None) is not None:
        turn.open_next()
    else:
        turn.go_on(unit)


def _delegate(turn: Turn, unit_id: str, delegation: Delegation) -> None:
    turn.add(Delegated(unit_id, delegation), Flagged(unit_id, "delegated"))


_PART_OF = re.compile(
    r"\b(?:the|our|der|die|das|den) (?P<what>[\w -]{3,40}?)[ -](?:part|bit|side|piece|question|teil|"
    r"frage)\b",
    re.IGNORECASE,
)


def _pointed_at(turn: Turn, unit: Unit, context: Context, reading: Reading) -> Demand | None:
    """Say which demand is pointed away; None: the whole unit."""
    met = {one.id: one.met for one in turn.interim(unit)}
    if named := _PART_OF.search(reading.text):
        best = max(matches(unit, named["what"]), key=lambda one: one.strength)
        if best.strength > LINK:
            return unit.demand(best.demand)
    if not any(one in {Met.YES, Met.PARTLY, Met.NO} for one in met.values()):
        return None
    ranked = sorted(matches(unit, reading.text), key=lambda one: -one.strength)
    for one in ranked:
        if (one.cues or one.words > LINK) and met[one.demand] is not Met.YES:
            return unit.demand(one.demand)
    if context.demand and met.get(context.demand) is not Met.YES:
        return unit.demand(context.demand)
    return next((one for one in unit.demands if met[one.id] is Met.UNKNOWN), unit.core[0])


def nobody_knows(turn: Turn, unit: Unit, context: Context) -> bool:
    """After "I don't know" twice with nothing known, ask who would know."""
    own = turn.own(unit)
    known = any(one.met is not Met.UNKNOWN for one in turn.interim(unit))
    if own.unknowns < UNKNOWNS or known or "who_knows" in own.styles:
        return False
    turn.settle(unit)
    turn.said.clear()
    turn.say("Noted as not known.")
    text = asking.fresh(
        turn.state,
        "Who would know?",
        f"Who would know about {unit.title.lower()}?",
        f"Whom may I ask about {unit.id}?",
    )
    turn.ask(Question(text, None, "who_knows"), unit, followup=False)
    return True
