"""Questions to people: one's own, and for leads all of them, to be answered or closed."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from assistant.domain.conversation import HumanAnswer, PersonQuestion, QuestionState
from bots.web.admission import ANSWER, FOLLOW, field
from bots.web.door import Door, Visitor, door_of
from bots.web.subjects import Action, Subject
from bots.web.trouble import Trouble, not_there

router = APIRouter(include_in_schema=False)
_LONGEST = 8_000


@router.get("/questions")
async def questions(request: Request, who: Visitor = FOLLOW, state: str = "") -> Response:
    """List the questions that the reader may see, those that wait first."""
    door = door_of(request)
    wanted = QuestionState(state) if state in set(QuestionState) else None
    found = await door.do(lambda: door.referring.queue(who.subject.reader, wanted))
    order = list(QuestionState)
    return door.page(
        request,
        "questions.html",
        who,
        questions=sorted(found, key=lambda one: order.index(one.state)),
        state=state,
        states=[one.value for one in QuestionState],
        until=door.advisor.settings.today + timedelta(days=180),
        answers=who.subject.may(Action.ANSWER),
    )


@router.post("/questions/{question}/answer")
async def answer(request: Request, question: str, who: Visitor = ANSWER) -> Response:
    """Record a person's answer; it returns to where it was asked and enters the library."""
    door = door_of(request)
    text = await field(request, "text", most=_LONGEST)
    source = await field(request, "source", most=_LONGEST)
    read = await field(request, "read", most=400, needed=False)
    until = await field(request, "expires", most=10)
    try:
        expires = date.fromisoformat(until)
    except ValueError:
        raise Trouble(422, "The last day is no day.", next="Write it YYYY-MM-DD.") from None
    groups = tuple(one.strip() for one in read.split(",") if one.strip()) or None
    await door.do(
        lambda: answer_question(door, who.subject, question, text, source, expires, groups)
    )
    return RedirectResponse(f"/questions#{question}", status_code=303)


@router.post("/questions/{question}/close")
async def close(request: Request, question: str, who: Visitor = ANSWER) -> Response:
    """Close a question, with the reason."""
    door = door_of(request)
    because = await field(request, "because", most=_LONGEST)
    await door.do(lambda: close_question(door, who.subject, question, because))
    return RedirectResponse(f"/questions#{question}", status_code=303)


def answer_question(
    door: Door,
    subject: Subject,
    question: str,
    text: str,
    source: str,
    expires: date,
    read: tuple[str, ...] | None,
) -> PersonQuestion:
    """Record an answer in the name of whoever is signed in. Raises Trouble, NotAgreed."""
    known = door.referring.question(question, subject.reader)
    if known is None:
        raise not_there()
    human = HumanAnswer(
        text=text, by=subject.name, at=door.now(), source=source, expires=expires, read=read
    )
    return door.referring.answer(
        known.id, human, subject.reader, door.now(), turn_id=secrets.token_hex(16)
    )


def close_question(door: Door, subject: Subject, question: str, because: str) -> PersonQuestion:
    """Close a question. Raises Trouble for one that is not there."""
    known = door.referring.question(question, subject.reader)
    if known is None:
        raise not_there()
    return door.referring.close(known.id, because, subject.reader, door.now())


def question_data(one: PersonQuestion) -> dict[str, Any]:
    """Give a question as data."""
    answered = one.answer
    return {
        "id": one.id,
        "text": one.text,
        "state": one.state.value,
        "asked_at": one.asked_at.isoformat(),
        "asked_by": one.asked_by,
        "closed_because": one.closed_because,
        "answer": None
        if answered is None
        else {
            "text": answered.text,
            "by": answered.by,
            "at": answered.at.isoformat(),
            "source": answered.source,
            "expires": answered.expires.isoformat(),
            "read": None if answered.read is None else list(answered.read),
        },
    }
