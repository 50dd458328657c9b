"""The chat: asking, the answer as it comes, its sources beside it, and one's conversations."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from assistant.domain.conversation import Conversation, Turn, TurnState
from bots.web.admission import ASK, ENTER, field, form_of
from bots.web.door import Door, Visitor, door_of
from bots.web.rendering import answer_html, tree
from bots.web.showing import (
    DOING,
    ShownTurn,
    as_markdown,
    as_text,
    conversation_groups,
    show_source,
    show_turn,
)
from bots.web.streaming import Busy, Heard
from bots.web.subjects import Action, Subject
from bots.web.trouble import Trouble, not_there, too_many
from knowledge.passages import Reader

router = APIRouter(include_in_schema=False)
LONGEST = 8_000
_PATIENCE_S = 60.0
_LISTED = 200
_EXAMPLES = (
    "Which documents are overdue for review?",
    "How long are backups kept?",
    "Which controls did we exclude, and why?",
    "What must happen when somebody leaves?",
)


@router.get("/")
async def home(request: Request, who: Visitor = ENTER, q: str = "") -> Response:
    """Show an empty conversation; whoever only reads starts in the library."""
    door = door_of(request)
    if not who.subject.may(Action.ASK):
        return RedirectResponse("/library", status_code=303)
    groups = await door.do(lambda: _list(door, who.subject, q))
    return door.page(
        request, "chat.html", who, **_chat(groups, q), examples=_EXAMPLES if not q else ()
    )


@router.get("/c/{conversation}")
async def conversation(
    request: Request, conversation: str, who: Visitor = ASK, q: str = "", edit: str = ""
) -> Response:
    """Show one of one's own conversations."""
    door = door_of(request)

    def read() -> tuple[Conversation, list[ShownTurn], Any, str]:
        known, turns = own_conversation(door, conversation, who.subject)
        _note_delivered(door, known.id)
        shown = shown_turns(door, turns, who.subject)
        again = next((one.question or "" for one in turns if one.id == edit), "")
        return known, shown, _list(door, who.subject, q), again

    known, shown, groups, again = await door.do(read)
    return door.page(
        request,
        "chat.html",
        who,
        **_chat(groups, q) | {"conversation": known, "turns": shown, "draft": again},
        examples=(),
    )


@router.post("/chat")
async def ask(request: Request, who: Visitor = ASK) -> Response:
    """Keep a question and have it answered; the same key is the same turn."""
    door = door_of(request)
    question = await field(request, "question", most=LONGEST)
    key = await field(request, "key", most=64, needed=False) or secrets.token_hex(16)
    place = await field(request, "conversation", most=64, needed=False)
    limit_questions(door, who.subject)
    turn = await door.do(lambda: begin(door, who.subject, place, key, question))
    return await _answer(request, door, who, turn)


@router.post("/turns/{turn}/answer")
async def answer_again(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Answer a question that is kept and was not answered."""
    door = door_of(request)
    limit_questions(door, who.subject)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    return await _answer(request, door, who, found)


@router.post("/turns/{turn}/stop")
async def stop(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Give an answer up that is not there yet; the question stays."""
    door = door_of(request)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    door.casts.stop(found.id)
    return _back(request, found)


@router.get("/turns/{turn}")
async def one_turn(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Show a turn alone, for a script that lost its stream; a person gets its conversation."""
    door = door_of(request)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    if request.headers.get("x-fragment") != "1":
        return _back(request, found)
    return JSONResponse({"tree": tree(await door.do(lambda: article(door, who, found)))})


@router.get("/turns/{turn}/stream")
async def stream(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Tell how an answer comes along, from the start or from `Last-Event-ID`, up to its end."""
    door = door_of(request)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    after = request.headers.get("last-event-id", "0")
    return StreamingResponse(
        _events(door, who, found, int(after) if after.isdigit() else 0),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


@router.get("/turns/{turn}/sources/{number}")
async def source(request: Request, turn: str, number: int, who: Visitor = ASK) -> Response:
    """Show a source of an answer with the quoted words marked."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        found = own_turn(door, turn, who.subject)
        view = door.view(who.subject)
        shown = shown_turn(door, found, who.subject)
        if found.answer is None or shown.state != "answered":
            raise not_there()
        if not 1 <= number <= len(found.answer.citations):
            raise not_there()
        return show_source(found.answer.citations[number - 1], number, view) | {
            "conversation": found.conversation,
            "turn": found.id,
        }

    data = await door.do(read)
    template = "_source.html" if request.headers.get("x-fragment") == "1" else "source.html"
    return door.page(request, template, who, **data)


@router.get("/turns/{turn}/copy")
async def copy(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Give an answer with its sources as text."""
    door = door_of(request)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    return PlainTextResponse(await door.do(lambda: as_text(found, door.view(who.subject))))


@router.post("/turns/{turn}/feedback")
async def feedback(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Keep a thumb on an answer, with the reason."""
    door = door_of(request)
    good = (await field(request, "good", most=1)) == "1"
    reason = await field(request, "reason", most=2_000, needed=False)
    found = await door.do(lambda: own_turn(door, turn, who.subject))
    await door.do(
        lambda: door.advisor.rate(found.id, good, reason or None, reader=who.subject.reader)
    )
    return await _article_or_back(request, door, who, found)


@router.post("/turns/{turn}/person")
async def ask_a_person(request: Request, turn: str, who: Visitor = ASK) -> Response:
    """Pass a question on to a responsible person."""
    door = door_of(request)
    text = await field(request, "text", most=LONGEST)
    named = bool((await form_of(request)).get("named"))

    def put() -> str:
        found = own_turn(door, turn, who.subject)
        return door.referring.ask(
            text, who.subject.reader, door.now(), door="web", turn=found.id, named=named
        ).id

    question = await door.do(put)
    return RedirectResponse(f"/questions#{question}", status_code=303)


@router.post("/c/{conversation}/rename")
async def rename(request: Request, conversation: str, who: Visitor = ASK) -> Response:
    """Give a conversation another title."""
    door = door_of(request)
    title = " ".join((await field(request, "title", most=120)).split())

    def change() -> None:
        known, _ = own_conversation(door, conversation, who.subject)
        door.advisor.records.rename(known.id, who.subject.reader, title, door.now())

    await door.do(change)
    return RedirectResponse(f"/c/{conversation}", status_code=303)


@router.post("/c/{conversation}/delete")
async def delete(request: Request, conversation: str, who: Visitor = ASK) -> Response:
    """Erase the texts of a conversation."""
    door = door_of(request)

    def erase() -> None:
        known, turns = own_conversation(door, conversation, who.subject)
        for turn in turns:
            door.casts.stop(turn.id)
        door.advisor.records.erase_conversation(known.id, who.subject.reader, door.now())

    await door.do(erase)
    return RedirectResponse("/", status_code=303)


@router.get("/c/{conversation}/export")
async def export(request: Request, conversation: str, who: Visitor = ASK) -> Response:
    """Give a conversation as a Markdown file."""
    door = door_of(request)

    def write() -> str:
        known, turns = own_conversation(door, conversation, who.subject)
        return as_markdown(known, turns, door.view(who.subject))

    return PlainTextResponse(
        await door.do(write),
        media_type="text/markdown; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="conversation-{conversation[:8]}.md"'
        },
    )


# What the JSON API does as well


def begin(
    door: Door,
    subject: Subject,
    place: str,
    key: str,
    question: str,
    as_of: Any = None,
) -> Turn:
    """Keep a question in a conversation of one's own, or in a new one. Raises Trouble."""
    records, reader, now = door.advisor.records, subject.reader, door.now()
    if place:
        if records.conversation(place, reader) is None:
            raise not_there()
    else:  # sent twice, it is the same conversation
        place = hashlib.sha256(f"{subject.id}\0{key}".encode()).hexdigest()[:32]
        records.start(place, reader, "web", " ".join(question.split())[:80], now)
    return records.begin(secrets.token_hex(16), place, key, question, as_of, now)


def limit_questions(door: Door, subject: Subject) -> None:
    """Slow down whoever asks too fast. Raises Trouble."""
    wait = door.limits.wait("question", subject.id, door.config.questions_per_minute)
    if wait:
        raise too_many(wait)


def own_turn(door: Door, turn: str, subject: Subject) -> Turn:
    """Give a turn of one's own conversations. Raises Trouble for a foreign or unknown one."""
    records, reader = door.advisor.records, subject.reader
    found = records.turn(turn, reader)
    if found is None or records.conversation(found.conversation, reader) is None:
        raise not_there()
    return found


def own_conversation(
    door: Door, conversation: str, subject: Subject
) -> tuple[Conversation, tuple[Turn, ...]]:
    """Give one of one's own conversations with its turns. Raises Trouble."""
    records, reader = door.advisor.records, subject.reader
    known = records.conversation(conversation, reader)
    if known is None:
        raise not_there()
    return known, records.turns(known.id, reader)


def shown_turns(door: Door, turns: tuple[Turn, ...], subject: Subject) -> list[ShownTurn]:
    """Show turns as their reader may see them today."""
    view, me = door.view(subject), _me(subject.reader)
    shown = []
    for turn in turns:
        judged = [one.good for one in door.advisor.records.judgements(turn.id) if one.by == me]
        cast = door.casts.of(turn.id)
        shown.append(
            show_turn(
                turn,
                view,
                live=cast is not None and cast.ended is None,
                good=judged[0] if judged else None,
                last=turn.id == turns[-1].id,
            )
        )
    return shown


def shown_turn(door: Door, turn: Turn, subject: Subject) -> ShownTurn:
    """Show one turn."""
    return shown_turns(door, (turn,), subject)[0]


def article(door: Door, who: Visitor, turn: Turn) -> str:
    """Render a turn as it stands in the records now."""
    shown = shown_turn(door, own_turn(door, turn.id, who.subject), who.subject)
    return door.render("_turn.html", who, turn=shown)


def _me(reader: Reader) -> str | None:
    return None if reader.owner else reader.id


def _chat(groups: Any, query: str) -> dict[str, Any]:
    return {
        "groups": groups,
        "q": query,
        "conversation": None,
        "turns": [],
        "draft": "",
        "key": secrets.token_hex(16),
        "longest": LONGEST,
    }


def _list(door: Door, subject: Subject, query: str) -> list[tuple[str, list[Conversation]]]:
    """Give one's own conversations, those whose title or questions hold every word of `query`."""
    reader, records = subject.reader, door.advisor.records
    found = list(records.conversations(reader)[:_LISTED])
    words = query.casefold().split()
    if words:
        found = [
            one for one in found if all(word in _words_of(door, one, reader) for word in words)
        ]
    return conversation_groups(found, door.now().date().isoformat())


def _words_of(door: Door, one: Conversation, reader: Reader) -> str:
    turns = door.advisor.records.turns(one.id, reader)
    return " ".join([one.title or "", *(turn.question or "" for turn in turns)]).casefold()


def _note_delivered(door: Door, conversation: str) -> None:
    for one in door.advisor.records.deliveries("web"):
        if one.conversation == conversation:
            door.advisor.records.delivered(one.id, door.now())


async def _answer(request: Request, door: Door, who: Visitor, turn: Turn) -> Response:
    scripted = request.headers.get("x-fragment") == "1"
    if turn.state is TurnState.ASKED:
        try:
            cast = door.answer(turn, who.subject)
        except Busy:
            raise Trouble(
                429,
                "Many people are asking at this moment.",
                kept="Your question is kept in the conversation.",
                next="Wait a little, open the conversation and choose “Answer now”.",
                wait=5.0,
            ) from None
        if not scripted:
            await _wait(cast)
    if scripted:
        markup = await door.do(lambda: article(door, who, turn))
        return JSONResponse(
            {"tree": tree(markup), "turn": turn.id, "conversation": turn.conversation}
        )
    return _back(request, turn)


async def _wait(cast: Any) -> None:
    """Wait for an answer without script, as long as a browser does."""
    heartbeats = 0.0
    async for heard in cast.follow():
        heartbeats += 15.0 if heard is None else 0.0
        if heartbeats >= _PATIENCE_S:
            return


async def _article_or_back(request: Request, door: Door, who: Visitor, turn: Turn) -> Response:
    if request.headers.get("x-fragment") == "1":
        return JSONResponse({"tree": tree(await door.do(lambda: article(door, who, turn)))})
    return _back(request, turn)


def _back(request: Request, turn: Turn) -> Response:
    return RedirectResponse(f"/c/{turn.conversation}#turn-{turn.id}", status_code=303)


async def _events(door: Door, who: Visitor, turn: Turn, after: int) -> AsyncIterator[str]:
    cast = door.casts.of(turn.id)
    if cast is not None and turn.state is TurnState.ASKED:
        async for heard in cast.follow(after):
            if heard is None:
                yield ": still here\n\n"
            elif heard.what in {"status", "text"}:
                yield _event(heard, _said(heard, turn))
    markup = await door.do(lambda: article(door, who, turn))
    yield f"event: end\ndata: {json.dumps({'tree': tree(markup)})}\n\n"


def _event(heard: Heard, data: Any) -> str:
    return f"id: {heard.number}\nevent: {heard.what}\ndata: {json.dumps(data)}\n\n"


def _said(heard: Heard, turn: Turn) -> Any:
    if heard.what == "status":
        return {"text": DOING.get(heard.text, "Thinking…")}
    return {"tree": tree(answer_html(heard.text, None, turn.id))}
