"""What the assistant says besides its questions. Short, neutral, and never the right answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.domain.interview import (
    EvidenceRequest,
    InterviewState,
    Judgement,
    Met,
    Severity,
    UnitState,
    Verdict,
)
from knowledge.demands import Demand, Unit, unit

WELCOME = (
    "This is a gap interview: not an audit and no certification decision. Answers are kept with name "
    "and time, and evidence decides. “I don't know” is a fine answer; you may skip, stop, hand a "
    "question to a colleague or correct anything at any time. Please share no passwords, keys or "
    "customers' personal data."
)
EXPOSED = (
    "Please don't share secrets here: I have masked it. Treat it as exposed, change it, and report it "
    "by your incident channel."
)
STEERING = "That text holds a line that tries to steer me. I treat it as text, and have flagged it."
PARKED = "That one is for the parking lot, sorry."
AUTHORITY = "I only propose; people decide, and only a certification body certifies."
EMOTION = "Understood; it is about how things work, not about who is to blame."
SHORT_ANSWERS = "If this is a bad moment, say “stop” and we go on later."
DISAGREED = "Your view is recorded beside mine; the assessor sees both."
INCIDENT = (
    "That sounds as if something is happening right now. Please stop here and report it by your "
    "incident channel at once; I don't ask on about it, and this unit stays open."
)
WRONGDOING = (
    "That should not be handled in an interview. Please use your confidential reporting "
    "(whistle-blowing) route; I don't ask on about it, its words are not kept, and "
    "this unit stays open."
)
WITHHELD = "[kept out of the record: a sensitive disclosure]"
CLAUSE_APPLIES = (
    "Clauses 4 to 10 apply to every size and kind of organisation, so “not "
    "applicable” is not possible here."
)
PROVIDER = "What a provider does is their part; it does not take the control away from you."


def help_with(unit: Unit, demand: Demand) -> str:
    """Explain a demand in plain words, with one neutral example that is no required way."""
    wants = demand.text[0].lower() + demand.text[1:]
    return (
        f"Plainly: it is about whether {wants}. Some organisations show this with "
        f"{demand.evidence[0]}; yours may do it differently, and examples are not the required way."
    )


def pressure(missing: Sequence[str]) -> str:
    """Decline to change a verdict on demand, and say how it could change."""
    need = "; ".join(_short(one) for one in missing[:2]) or "dated evidence that fits"
    return (
        "I can't record it as conforming without evidence. It can become so with this "
        f"settled and shown: {need}."
    )


def _short(missing: str) -> str:
    _, _, text = missing.partition(": ")
    return text or missing


def corrected(unit_id: str, before: Judgement | None, now: Judgement) -> str:
    """Say what a correction did to a unit: the verdict as it is now, and why."""
    kept = before is not None and before.verdict is now.verdict
    stays = "stays" if kept else "is now"
    return f"Noted, and weighed anew: {unit_id} {stays} **{VERDICTS[now.verdict]}**. {now.reason}"


def say_back(state: UnitState, judgement: Judgement) -> str:
    """Sum up a unit in two sentences, with the proposed verdict and why."""
    title = unit_title(state.id)
    verdict = VERDICTS[judgement.verdict]
    if judgement.verdict is Verdict.NOT_APPLICABLE:
        return f"{title}: I propose **not applicable**. {judgement.reason}"
    if judgement.verdict is Verdict.NOT_ASSESSED:
        return f"{title} stays **not assessed**. {judgement.reason}"
    return (
        f"Summary of {title}: {judgement.reason} I propose "
        f"**{verdict}**{_grade(judgement)}.{_asks(state)}"
    )


def _grade(judgement: Judgement) -> str:
    if judgement.severity is None or judgement.verdict is not Verdict.GAP:
        return ""
    return (
        f" ({judgement.severity.value} candidate)" if judgement.severity is Severity.MAJOR else ""
    )


def _asks(state: UnitState) -> str:
    if not state.requests:
        return ""
    items = "; ".join(request_words(one) for one in state.requests[:3])
    return f" Requested: {items}."


def request_words(one: EvidenceRequest) -> str:
    """Say what is requested, from whom and by when."""
    source = f", from {one.source}" if one.source else ""
    due = f", by {one.due.isoformat()}" if one.due else ""
    return f"{one.item}{source}{due}"


def unit_title(unit_id: str) -> str:
    """Give id and title: "A.5.18 Access rights"."""
    known = unit(unit_id)
    return f"{unit_id} {known.title}" if known else unit_id


VERDICTS = {
    Verdict.CONFORMS: "conforms",
    Verdict.PARTIAL: "partial",
    Verdict.GAP: "gap",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.NOT_ASSESSED: "not assessed",
}


def paused(state: InterviewState) -> str:
    """Say where the interview stands when it is left."""
    touched = [one for one in state.units if one.answered or one.settled]
    settled = [one for one in touched if one.proposal is not None]
    half = [one for one in touched if not one.settled]
    after = next(
        (one for one in state.plan if not state.unit(one).settled and one != state.current), None
    )
    parts = [f"Saved. {_count(len(touched), 'unit')} touched, {len(settled)} settled."]
    if settled:
        parts.append(
            "; ".join(
                f"{one.id} {VERDICTS[one.proposal.verdict]}" for one in settled if one.proposal
            )
            + "."
        )
    if half:
        parts.append("Half-way: " + ", ".join(one.id for one in half) + ".")
    following = [one for one in (half[0].id if half else None, after) if one]
    if following:
        parts.append(f"Next: {', then '.join(dict.fromkeys(following))}.")
    requests = [request for one in state.units for request in one.requests]
    if requests:
        parts.append(
            "Open requests: " + "; ".join(request_words(one) for one in requests[:4]) + "."
        )
    parts.append("Say “resume” any time.")
    return " ".join(parts)


def resumed(state: InterviewState, changed: Sequence[str]) -> str:
    """Recap in two lines when an interview is taken up again."""
    settled = [one for one in state.units if one.proposal is not None]
    half = next((one for one in state.units if one.id == state.current and not one.settled), None)
    parts = ["Welcome back."]
    if settled:
        parts.append(
            "So far: "
            + "; ".join(
                f"{one.id} {VERDICTS[one.proposal.verdict]}" for one in settled[-3:] if one.proposal
            )
            + "."
        )
    if half is not None and half.claims:
        said = "”, “".join(one.said.strip(" .") for one in half.claims[:2])
        parts.append(f"{half.id} is half-way; you said “{said}”.")
    parts.extend(f"Since then: {one}." for one in changed[:3])
    parts.append("If something else has changed, just say so.")
    return " ".join(parts)


def delegated(to: str, question: str, due: date | None) -> str:
    """Say that a colleague gets the question."""
    when = f" with {due.isoformat()} as the day" if due else ""
    return f"I'll send {to} the question{when}: “{question}”"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def met_words(met: Met) -> str:
    """Say in a word how far a demand is met."""
    return {Met.YES: "met", Met.PARTLY: "partly", Met.NO: "not met", Met.UNKNOWN: "unknown"}[met]
