"""Leaving an interview and coming back: at the same question, in other words, with what changed."""

from __future__ import annotations

from datetime import date

from assistant.domain.interview import Asked, Ended, Event, InterviewState, Paused, Resumed, Verdict
from assistant.interviewing import asking, phrases
from assistant.interviewing.asking import Question
from assistant.interviewing.judging import judge
from assistant.interviewing.known import NOTHING, Known
from assistant.interviewing.turn import Turn


def pause_with(turn: Turn, reason: str) -> None:
    """Stop for now; everything said is kept, and the question will be asked again."""
    unit = turn.unit(turn.state.current or "")
    if unit is not None and turn.own(unit).answered and not turn.own(unit).settled:
        verdict = judge(unit, turn.own(unit), turn.today, final=False).verdict
        if verdict in {Verdict.CONFORMS, Verdict.GAP}:
            turn.settle(unit)
            turn.said.clear()
    turn.add(Paused(reason))
    turn.said.append(phrases.paused(turn.state))
    turn.add(Asked(" ".join(turn.said), "", None, None, "paused"))
    turn.said.clear()


def resume_with(turn: Turn, changed: tuple[str, ...]) -> None:
    """Recap and ask the half-answered question again, in other words."""
    turn.add(Resumed(changed))
    turn.say(phrases.resumed(turn.state, changed))
    unit = turn.unit(turn.state.current or "")
    if unit is None or turn.own(unit).settled or turn.own(unit).delegation(None):
        turn.open_next()
        return
    own = turn.own(unit)
    question = (
        asking.next_question(unit, turn.state, turn.interim(unit), "") if own.answered else None
    )
    if question is not None:
        turn.ask(question, unit, followup=True)
        return
    demand = unit.demand((own.asked_demands or ("",))[-1]) or unit.core[0]
    text = asking.fresh(turn.state, *asking.wordings(unit, demand))
    turn.ask(Question(text, None if not own.answered else demand.id, "open"), unit, followup=False)


def pause(state: InterviewState, known: Known = NOTHING, *, today: date) -> tuple[Event, ...]:
    """Pause without a reply, as a door does when somebody leaves."""
    turn = Turn(state, known, today)
    if state.paused or state.ended:
        return ()
    if all(state.unit(one).settled or state.unit(one).delegations for one in state.plan):
        turn.add(Ended("all units done"))
    else:
        pause_with(turn, "paused")
    return tuple(turn.events)


def resume(
    state: InterviewState,
    known: Known = NOTHING,
    *,
    today: date,
    changed: tuple[str, ...] = (),
) -> tuple[Event, ...]:
    """Take an interview up again; `changed` names what is new in the library."""
    turn = Turn(state, known, today)
    if state.paused:
        resume_with(turn, changed)
    return tuple(turn.events)


def finish(
    state: InterviewState,
    known: Known = NOTHING,
    *,
    today: date,
    reason: str = "the respondent left",
) -> tuple[Event, ...]:
    """End an interview: units that something was said about are settled on what is known."""
    turn = Turn(state, known, today)
    if state.ended or state.paused:
        return ()
    for own in state.units:
        unit = turn.unit(own.id)
        if unit is None or own.settled or own.delegation(None):
            continue
        if not own.claims and not own.asked:
            continue  # evidence that was attached before anybody was asked
        if own.id in state.plan:
            turn.settle(unit, stopped=True)
    turn.add(Ended(reason))
    return tuple(turn.events)
