"""The interview's core: (state, reply, what the documents say) → events, the last of them a question.

Pure: no clock, no files, no randomness. Doors hand in replies and render what was asked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from assistant.domain.interview import (
    Asked,
    Claim,
    Claimed,
    ClaimKind,
    Confirmed,
    Contradicted,
    Corrected,
    DidNotKnow,
    Disagreed,
    Ended,
    Event,
    Evidence,
    Flagged,
    InterviewState,
    Met,
    Opened,
    Parked,
    Proposed,
    Replied,
    Resumed,
    Shown,
    Skipped,
    UnitState,
    Verdict,
    fold,
)
from assistant.interviewing import (
    applicability,
    asking,
    contradicting,
    dating,
    handing,
    language,
    pasted,
    pausing,
    phrases,
    routing,
)
from assistant.interviewing.asking import Question
from assistant.interviewing.claims import Context
from assistant.interviewing.judging import judge
from assistant.interviewing.known import NOTHING, Known
from assistant.interviewing.matching import content
from assistant.interviewing.secrets import mask
from assistant.interviewing.speech import Act
from assistant.interviewing.turn import Turn
from assistant.interviewing.understanding import ClaimReader, Reading, read
from knowledge.demands import Demand, Unit

TIRED = 3
"""Very short replies in a row after which the respondent is offered to stop."""
_SHORT_ECHO = 15
"""Words up to which an answer may be no more than the example said again."""
_SIDE = frozenset({"supply", "due", "who_knows"})
"""Questions beside the unit's own: whatever does not answer them answers what comes next."""


def begin(opened: Opened, known: Known = NOTHING, *, today: date) -> tuple[Event, ...]:
    """Open an interview: say what it is and ask the first question."""
    turn = Turn(fold(()), known, today)
    turn.add(opened)
    turn.say(phrases.WELCOME)
    turn.open_next()
    return tuple(turn.events)


def answer(
    state: InterviewState,
    reply: str,
    key: str,
    known: Known = NOTHING,
    *,
    today: date,
    claim_reader: ClaimReader | None = None,
) -> tuple[Event, ...]:
    """Take one reply. A reply with a key that was taken before changes nothing."""
    if key in state.keys or state.ended:
        return ()
    turn = Turn(state, known, today)
    unit, context = _context(turn, reply)
    reading = read(reply, context, state.replies + 1, today, claim_reader)
    withheld = reading.speech.does(Act.WRONGDOING)
    turn.add(Replied(phrases.WITHHELD if withheld else reading.text, key))
    if state.paused:
        if reading.speech.does(Act.RESUME) or not reading.says_something:
            pausing.resume_with(turn, ())
            return tuple(turn.events)
        turn.add(Resumed())
    _warnings(turn, unit, reading)
    if _sensitive(turn, unit, reading):
        return tuple(turn.events)
    if state.asked is not None and state.asked.style in _SIDE:
        if handing.side_answer(turn, state.asked, reading, reply):
            _next(turn, unit)
            return tuple(turn.events)
        if not reading.says_something and not reading.speech.acts and reading.answer is None:
            turn.say("Noted; nobody is named for it.")
            _next(turn, unit)
            return tuple(turn.events)
        unit = _leave(turn, unit, context)
    if pasted.pasted(turn, unit, reading):
        _again(turn, unit, context)
        return tuple(turn.events)
    if context.style == "end":
        unit, reading = routing.home_of_a_remark(turn, unit, reading, claim_reader)
    unit, context, reading = routing.route(turn, unit, context, reading, claim_reader)
    _take(turn, unit, context, reading)
    return tuple(turn.events)


def _context(turn: Turn, reply: str) -> tuple[Unit, Context]:
    """Say what a reply answers: the question asked, or what comes next after a side question."""
    asked = turn.state.asked
    unit = turn.unit(turn.state.current or "") or turn.unit(turn.state.plan[0])
    assert unit is not None  # noqa: S101  plans hold known units only
    if asked is None or asked.style == "end":
        return unit, Context(unit, None, "end")
    if asked.style in _SIDE:
        masked, _ = mask(reply)
        following = _following(turn, unit)
        if following is None or handing.fits(asked, masked, turn.today):
            return unit, Context(unit, None, asked.style, asked.question)
        return following[0], Context(following[0], following[1].demand, following[1].style)
    if asked.demand is None and asked.style == "open":
        return unit, Context(
            unit, asking.opening_demand(unit).id, "open", asked.question, guessed=True
        )
    return unit, Context(unit, asked.demand, asked.style, asked.question)


def _following(turn: Turn, unit: Unit) -> tuple[Unit, Question] | None:
    """Say what would be asked next, without asking it."""
    trial = Turn(turn.state, turn.known, turn.today)
    if turn.own(unit).settled or turn.own(unit).delegation(None):
        trial.open_next()
    else:
        trial.go_on(unit)
    asked = trial.state.asked
    following = turn.unit(asked.unit) if asked and asked.unit else None
    if asked is None or following is None:
        return None
    return following, Question(asked.question, asked.demand, asked.style)


def _leave(turn: Turn, unit: Unit, context: Context) -> Unit:
    """After a side question without an answer, go to what comes next."""
    own = turn.own(unit)
    if context.unit.id != unit.id and not own.settled and own.delegation(None) is None:
        turn.settle(unit)
    return context.unit


def _next(turn: Turn, unit: Unit) -> None:
    if turn.own(unit).settled or turn.own(unit).delegation(None):
        turn.open_next()
    else:
        turn.go_on(unit)


def _warnings(turn: Turn, unit: Unit, reading: Reading) -> None:
    if reading.secrets:
        turn.add(Flagged(unit.id, "secret_masked"), Flagged(unit.id, "security_event_suggested"))
        turn.say(phrases.EXPOSED)
    if reading.steering:
        turn.add(Flagged(unit.id, "injection"))
        turn.say(phrases.STEERING)


def _sensitive(turn: Turn, unit: Unit, reading: Reading) -> bool:
    """A live incident or wrongdoing stops the unit at once; nothing is probed."""
    incident = reading.speech.does(Act.INCIDENT)
    if not incident and not reading.speech.does(Act.WRONGDOING):
        return False
    turn.add(Flagged(unit.id, "sensitive"))
    turn.add(Flagged(unit.id, "live_incident" if incident else "whistleblowing"))
    turn.say(phrases.INCIDENT if incident else phrases.WRONGDOING)
    turn.settle(unit)
    turn.open_next()
    return True


def _take(turn: Turn, unit: Unit, context: Context, reading: Reading) -> None:
    """Record what a reply says, then handle what it does, the gravest first."""
    said = reading.speech
    if context.style == "end" or (turn.own(unit).settled and not turn.own(unit).skipped):
        _after_the_summary(turn, unit, reading)
        return
    if _confirms_summary(turn, unit, context, reading):
        return
    if _is_echo(turn, unit, context, reading):
        return
    if context.style == "exclusion" and applicability.tested(turn, unit, reading):
        return
    if said.does(Act.NOT_APPLICABLE) and applicability.claimed(turn, unit, reading):
        return
    if said.does(Act.HELP) and not reading.says_something:
        _help(turn, unit, context)
        return
    handed = said.does(Act.DELEGATE)
    if not (handed and said.person and _only_points(reading)):
        record(turn, unit, reading, context)
    _remarks(turn, reading)
    if said.does(Act.STOP):
        pausing.pause_with(turn, "stopped by the respondent")
        return
    if said.does(Act.SKIP) and not reading.says_something:
        turn.add(Skipped(unit.id))
        turn.say(f"{unit.id} is skipped and counts neither way.")
        turn.open_next()
        return
    if handed:
        handing.hand_over(turn, unit, context, reading)
        return
    if reading.does_not_know:
        turn.add(DidNotKnow(unit.id))
        if handing.nobody_knows(turn, unit, context):
            return
        turn.say("Noted as not known.")
    if said.does(Act.PRESSURE):
        _decline(turn, unit)
    if said.does(Act.AUTHORITY) and not reading.says_something:
        turn.say(phrases.AUTHORITY)
        _again(turn, unit, context)
        return
    if not reading.says_something and not reading.claims and said.does(Act.OFF_TOPIC):
        _again(turn, unit, context)
        return
    if turn.state.short >= TIRED and turn.state.short % TIRED == 0:
        turn.say(phrases.SHORT_ANSWERS)
    turn.go_on(unit, reading.text, passes_on=reading.passes_on)


def _only_points(reading: Reading) -> bool:
    """Tell whether a delegation is all that a reply holds."""
    return not reading.evidence and len(reading.text.split()) <= 16


def _confirms_summary(turn: Turn, unit: Unit, context: Context, reading: Reading) -> bool:
    """A bare yes to an opening that followed a summary confirms the summary."""
    last = turn.state.last_settled
    if context.style != "open" or last is None or last.confirmed or turn.own(unit).claims:
        return False
    if reading.speech.does(Act.PRESSURE) and not reading.says_something:
        _press_settled(turn, last)
        return True
    if reading.speech.does(Act.DISAGREE) and not reading.evidence:
        turn.add(Disagreed(last.id, reading.text))
        turn.say(phrases.DISAGREED)
        _again(turn, unit, context)
        return True
    if handing.names_supplier(turn, last, reading):
        _again(turn, unit, context)
        return True
    if reading.bare and reading.answer == "yes":
        _confirm(turn, last.id)
        _again(turn, unit, context)
        return True
    settled = turn.unit(last.id)
    if settled is not None and _corrects(unit, settled, reading):
        _correct(turn, settled, reading)
        _again(turn, unit, context)
        return True
    return False


def _corrects(unit: Unit, settled: Unit, reading: Reading) -> bool:
    """Tell whether a reply to the next opening limits the summary before it: "No, except for …".

    Openings are open questions, so that "no, X is not in there" can only go against the summary."""
    against = (
        reading.answer == "no" or reading.speech.does(Act.CORRECT) or _NOT_QUITE.match(reading.text)
    )
    if not against or reading.bare:
        return False
    here, there = routing.weight(unit, reading.text), routing.weight(settled, reading.text)
    if there > here:
        return True
    limited = any(language.limits(one.said) for one in reading.claims)
    return here == 0 and (limited or bool(_NOT_QUITE.match(reading.text)))


_NOT_QUITE = re.compile(
    r"^\W*(?:(?:well|hm+|sorry|actually|naja|also)\W+)*(?:not (?:quite|exactly|entirely|really)|"
    r"almost|nearly|one (?:thing|correction)|nicht ganz|fast|beinahe|nicht so ganz)\b",
    re.IGNORECASE,
)


def _correct(turn: Turn, unit: Unit, reading: Reading) -> None:
    """Add to a settled unit what limits it, weigh it anew, and say the verdict as it is now."""
    before = turn.own(unit).proposal
    bound = _bound(turn, unit, reading)
    record(turn, unit, bound, Context(unit, None, "end"))
    if bound.speech.does(Act.DELEGATE) and bound.speech.person:
        handing.pass_on(turn, unit, bound)
    turn.said.clear()
    turn.settle(unit)
    after = turn.own(unit).proposal
    if after is not None:
        turn.said.clear()
        turn.say(phrases.corrected(unit.id, before, after))


def _bound(turn: Turn, unit: Unit, reading: Reading) -> Reading:
    """Tie what limits a summary, and names no demand, to what the summary took as met."""
    taken = {Met.YES, Met.PARTLY}
    met = [one.id for one in turn.interim(unit) if one.met in taken]
    done = [one.id for one in unit.demands if one.id in met and one.shows == "operation"]
    whole = tuple(done or met)
    against = {ClaimKind.DENIED, ClaimKind.PLANNED}

    def tied(one: Claim) -> Claim:
        if one.kind is ClaimKind.UNKNOWN and one.demands:
            return replace(one, part=True)
        if _BUT.match(one.said) and one.kind is ClaimKind.IS and not reading.evidence:
            return replace(one, demands=one.demands or whole, part=True)
        if one.demands or not (one.kind in against or one.part or one.hedged):
            return one
        part = one.part or one.kind is ClaimKind.DENIED
        return replace(one, demands=whole, part=part, loose=True)

    return replace(reading, claims=tuple(tied(one) for one in reading.claims))


def _again_named(turn: Turn, unit: Unit, evidence: Evidence) -> Evidence:
    """A thing named a second time keeps its date and what it was tied to."""
    old = next((one for one in turn.own(unit).evidence if one.ref == evidence.ref), None)
    if old is None:
        return evidence
    return replace(
        evidence,
        date=evidence.date or old.date,
        seen=evidence.seen or old.seen,
        demands=tuple(dict.fromkeys((*old.demands, *evidence.demands))),
    )


def _widened(turn: Turn, unit: Unit, claim: Claim) -> Claim:
    """What is left out, said without naming a demand, limits every practice taken as met so far."""
    if not claim.loose or not language.limits(claim.said):
        return claim
    met = {one.id: one.met for one in turn.interim(unit)}
    done = [one.id for one in unit.demands if one.shows == "operation"]
    limited = [one for one in done if met[one] in {Met.YES, Met.PARTLY}]
    if claim.kind is ClaimKind.DENIED and limited:
        return replace(claim, demands=tuple(limited))  # what was asked about was not spoken of
    return replace(claim, demands=tuple(dict.fromkeys((*claim.demands, *limited))))


_BUT = re.compile(
    r"^\W*(?:but|although|though|however|only|except|yet|still|aber|allerdings|jedoch|nur|wobei|"
    r"obwohl|außer)\b",
    re.IGNORECASE,
)


def _confirm(turn: Turn, unit_id: str) -> None:
    """A summary that was agreed to registers what it names; the same verdict is surer then."""
    unit = turn.unit(unit_id)
    own = turn.own(unit_id)
    if unit is not None and own.proposal is not None and own.proposal.verdict is Verdict.CONFORMS:
        turn.add(Proposed(unit_id, judge(unit, replace(own, confirmed=True), turn.today)))
    turn.add(Confirmed(unit_id))


def _after_the_summary(turn: Turn, unit: Unit, reading: Reading) -> None:
    """Take what is said once everything is settled: a correction, a view, a supplier, a yes."""
    own = turn.own(unit)
    said = reading.speech
    if said.does(Act.PRESSURE) and not reading.says_something:
        _press_settled(turn, own)
        return
    disagrees = said.does(Act.DISAGREE) or (reading.bare and reading.answer == "no")
    if handing.names_supplier(turn, own, reading):
        pass
    elif disagrees and not reading.evidence:
        turn.add(Disagreed(unit.id, reading.text))
        turn.say(phrases.DISAGREED)
    elif reading.bare and reading.answer == "yes":
        _confirm(turn, unit.id)
    elif (
        reading.says_something
        or (said.does(Act.DELEGATE) and said.person)
        or any(one.demands for one in reading.claims)
    ):
        _correct(turn, unit, reading)
    _remarks(turn, reading)
    if said.does(Act.AUTHORITY):
        turn.say(phrases.AUTHORITY)
    turn.say("Thank you; that is all from my side.")
    _close(turn, "all units done")


def _close(turn: Turn, reason: str) -> None:
    turn.add(Asked(" ".join(turn.said), "", None, None, "end"))
    turn.said.clear()
    if all(
        turn.state.unit(one).settled or turn.state.unit(one).delegations for one in turn.state.plan
    ):
        return
    turn.add(Ended(reason))


def _remarks(turn: Turn, reading: Reading) -> None:
    if reading.speech.aside:
        turn.add(Parked(reading.speech.aside))
        turn.say(phrases.PARKED)
    if reading.speech.does(Act.EMOTION):
        turn.say(phrases.EMOTION)


def record(turn: Turn, unit: Unit, reading: Reading, context: Context) -> None:
    """Keep claims and evidence, and see what they contradict."""
    if context.style == "contradiction":
        _reconcile(turn, unit, reading, context.demand)
    if reading.speech.does(Act.CORRECT) or (reading.speech.does(Act.DISAGREE) and reading.evidence):
        _take_back(turn, unit, reading)
    for claim in reading.claims:
        turn.add(Claimed(unit.id, _widened(turn, unit, claim)))
    for evidence in reading.evidence:
        turn.add(Shown(unit.id, _again_named(turn, unit, _looked_up(evidence, turn.known))))
    handing.request_mentioned(turn, unit, reading)
    handing.request_offered(turn, unit, reading)
    if reading.speech.does(Act.REFUSES_EVIDENCE):
        turn.add(Flagged(unit.id, "evidence_refused"))
    if reading.passes_on or any(_speaks_of_certificate(one.said) for one in reading.claims):
        turn.say(
            phrases.PROVIDER
            if any(_speaks_of_certificate(one.said) for one in reading.claims)
            else ""
        )
    if context.style != "contradiction":
        for clash in contradicting.found(
            turn.own(unit), reading.claims, turn.known.unit(unit.id), turn.today
        ):
            turn.add(Contradicted(unit.id, clash))


def _speaks_of_certificate(text: str) -> bool:
    return "certified" in text.casefold() or "zertifiziert" in text.casefold()


def _looked_up(evidence: Evidence, known: Known) -> Evidence:
    """Find what was named in the library: then it counts as seen, with its own date."""
    thing = known.thing(evidence.ref)
    if thing is None:
        return evidence
    return Evidence(
        ref=evidence.ref,
        kind=thing.kind,
        date=evidence.date or thing.date,
        seen=True,
        demands=evidence.demands,
        by=evidence.by,
        note=f"{thing.title} {thing.version}".strip(),
    )


def _take_back(turn: Turn, unit: Unit, reading: Reading) -> None:
    """A respondent who corrects a denial takes it back for what is now said to be so."""
    now = {name for one in reading.claims if one.kind is ClaimKind.IS for name in one.demands}
    for claim in turn.own(unit).claims:
        if claim.kind is ClaimKind.DENIED and now & set(claim.demands):
            turn.add(Corrected(unit.id, claim.id, ClaimKind.UNKNOWN))


def _reconcile(turn: Turn, unit: Unit, reading: Reading, demand: str | None) -> None:
    """An answer to "which is right?" says how the earlier claim was meant."""
    own = turn.own(unit)
    gives_way = reading.answer == "yes" or any(
        one.kind in {ClaimKind.SHOULD, ClaimKind.DENIED} or one.once for one in reading.claims
    )
    if not gives_way:
        return
    first = [one.a for one in own.contradictions if one.demand == demand and one.where == "answers"]
    for claim in own.claims:
        rhythm = demand in claim.demands and claim.period is not None
        quoted = any(claim.said.strip() in one for one in first)
        if claim.kind is ClaimKind.IS and (rhythm or quoted):
            turn.add(Corrected(unit.id, claim.id, ClaimKind.SHOULD))


def _is_echo(turn: Turn, unit: Unit, context: Context, reading: Reading) -> bool:
    """An answer that repeats the example is asked to be shown."""
    own = turn.own(unit)
    if "again" not in own.styles[-1:] or not reading.says_something or reading.evidence:
        return False
    demand = _demand(unit, context)
    if not _repeats(reading.text, demand.evidence[0], turn.today):
        return False
    record(turn, unit, reading, context)
    question = asking.fresh(
        turn.state,
        "Could you show or describe the last time it was done: date, and one thing that came of it?",
        f"Which concrete case can you show me, with its date ({demand.evidence[-1]})?",
    )
    turn.add(Flagged(unit.id, "echoed_example"))
    turn.say("Thanks. That is the example I gave.")
    turn.ask(Question(question, demand.id, "show_me"), unit, followup=True)
    return True


def _repeats(reply: str, example: str, today: date) -> bool:
    """A short answer in the example's words, without a day or figure of its own."""
    if (
        len(reply.split()) > _SHORT_ECHO
        or dating.days(reply, today)
        or any(map(str.isdigit, reply))
    ):
        return False
    return bool(set(content(reply)) & set(content(example)))


def _demand(unit: Unit, context: Context) -> Demand:
    return unit.demand(context.demand or "") or unit.core[0]


def _help(turn: Turn, unit: Unit, context: Context) -> None:
    demand = _demand(unit, context)
    turn.add(Flagged(unit.id, "help_given"))
    turn.say(phrases.help_with(unit, demand))
    text = asking.fresh(
        turn.state,
        "How is that done at your place?",
        f"How do you deal with that ({unit.title})?",
        *asking.wordings(unit, demand),
    )
    turn.ask(Question(text, demand.id, "again"), unit, followup=False)


def _again(turn: Turn, unit: Unit, context: Context) -> None:
    """Come back to the question in other words; it counts as no follow-up."""
    demand = _demand(unit, context)
    text = asking.fresh(turn.state, *asking.wordings(unit, demand))
    style = context.style if context.style in {"open", "exclusion"} else "again"
    turn.ask(Question(text, demand.id, style), unit, followup=False)


def _decline(turn: Turn, unit: Unit) -> None:
    turn.add(Flagged(unit.id, "pressure"))
    missing = [f": {one.text[0].lower()}{one.text[1:]}" for one in unit.core]
    turn.say(phrases.pressure(missing))


def _press_settled(turn: Turn, own: UnitState) -> None:
    turn.add(Flagged(own.id, "pressure"))
    unit = turn.unit(own.id)
    proposal = own.proposal
    if unit is None or proposal is None:
        return
    turn.say(phrases.pressure(proposal.missing))
    handing.ask_for_supplier(turn, unit)
