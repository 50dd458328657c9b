"""The JSON API: what the pages do, for programs. Its description is at /api/openapi.json."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.conversation import Conversation, QuestionState, Turn, TurnState
from assistant.replaying import recall
from bots.web.admission import ANSWER, ASK, ENTER, FOLLOW, HEALTH, READ
from bots.web.door import Door, Visitor, door_of
from bots.web.health import health
from bots.web.pages.chat import (
    begin,
    limit_questions,
    own_conversation,
    own_turn,
)
from bots.web.pages.library import document_data, shown_documents
from bots.web.pages.questions import answer_question, close_question, question_data
from bots.web.pages.statement import soa_data
from bots.web.showing import WITHHELD, standing_of
from bots.web.streaming import Broadcast, Busy
from bots.web.subjects import Subject
from bots.web.trouble import Trouble
from knowledge.passages import Citation
from knowledge.soa import row_data
from knowledge.view import View

router = APIRouter(prefix="/api")
open_router = APIRouter()
_LONGEST = 8_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskBody(_Body):
    """A question."""

    question: str = Field(min_length=1, max_length=_LONGEST, pattern=r"\S")
    conversation: str | None = Field(default=None, max_length=64)
    """One's own; without it a new one is begun."""
    key: str | None = Field(default=None, min_length=8, max_length=64)
    """The same key is the same question, however often it is sent."""
    as_of: date | None = None
    stream: bool = False


class CitationOut(_Body):
    """A quote, where it stands, and what its document counts for today."""

    type: str
    source: str
    document: str
    identifier: str | None
    version: str | None
    status: str | None
    standing: str | None
    """None: an approved text in force."""
    approved: date | None
    effective: date | None
    section: str | None
    page: int | None
    row: str | None
    quote: str
    passage: str


class TurnOut(_Body):
    """A question and its answer."""

    id: str
    conversation: str
    state: Literal["asked", "answered", "erased"]
    question: str | None
    asked_at: datetime
    as_of: date | None
    kind: str | None
    answer: str | None
    withheld: bool
    """True where a source may no longer be read, and so the answer neither."""
    citations: list[CitationOut]
    notices: list[str]
    model: str | None
    by: str | None


class ConversationOut(_Body):
    """A conversation of one's own."""

    id: str
    title: str | None
    door: str
    started_at: datetime
    changed_at: datetime
    turns: int


class ConversationWhole(ConversationOut):
    """A conversation with its turns."""

    items: list[TurnOut]


class TitleBody(_Body):
    """Another title."""

    title: str = Field(min_length=1, max_length=120, pattern=r"\S")


class FeedbackBody(_Body):
    """A thumb on an answer."""

    good: bool
    reason: str | None = Field(default=None, max_length=2_000)


class PersonBody(_Body):
    """A question to a person."""

    text: str = Field(min_length=1, max_length=_LONGEST, pattern=r"\S")
    named: bool = False


class AnswerBody(_Body):
    """A person's answer."""

    text: str = Field(min_length=1, max_length=_LONGEST)
    source: str = Field(min_length=1, max_length=_LONGEST)
    expires: date
    read: list[str] | None = None


class CloseBody(_Body):
    """Why a question is closed."""

    because: str = Field(min_length=1, max_length=_LONGEST)


@router.post("/chat", summary="Ask a question", response_model=TurnOut)
async def chat(request: Request, body: AskBody, who: Visitor = ASK) -> Any:
    """Keep a question and answer it: as one object, or with `stream` as server-sent events.

    Events are `status`, `text` (the Markdown so far) and at the end `turn` or `error`."""
    door = door_of(request)
    limit_questions(door, who.subject)
    key = body.key or secrets.token_hex(16)
    turn = await door.do(
        lambda: begin(door, who.subject, body.conversation or "", key, body.question, body.as_of)
    )
    cast = _begun(door, turn, who.subject) if turn.state is TurnState.ASKED else None
    if body.stream:
        return StreamingResponse(_events(door, who, turn, cast), media_type="text/event-stream")
    if cast is not None:
        async for _ in cast.follow():
            pass
        if cast.said[-1].what != "done":
            raise _not_answered(cast)
    return await door.do(lambda: turn_out(door, own_turn(door, turn.id, who.subject), who.subject))


@router.get("/conversations", summary="List one's own conversations")
async def conversations(request: Request, who: Visitor = ASK) -> list[ConversationOut]:
    """List one's own conversations, the last changed first."""
    door = door_of(request)
    found = await door.do(lambda: door.advisor.conversations(reader=who.subject.reader))
    return [_conversation(one) for one in found]


@router.get("/conversations/{conversation}", summary="Read a conversation")
async def conversation(
    request: Request, conversation: str, who: Visitor = ASK
) -> ConversationWhole:
    """Read one of one's own conversations with all turns."""
    door = door_of(request)

    def read() -> ConversationWhole:
        known, turns = own_conversation(door, conversation, who.subject)
        return ConversationWhole(
            **_conversation(known).model_dump(),
            items=[turn_out(door, one, who.subject) for one in turns],
        )

    return await door.do(read)


@router.patch("/conversations/{conversation}", summary="Rename a conversation")
async def rename(
    request: Request, conversation: str, body: TitleBody, who: Visitor = ASK
) -> ConversationOut:
    """Give a conversation another title."""
    door = door_of(request)

    def change() -> ConversationOut:
        known, _ = own_conversation(door, conversation, who.subject)
        title = " ".join(body.title.split())
        reader = who.subject.reader
        return _conversation(door.advisor.records.rename(known.id, reader, title, door.now()))

    return await door.do(change)


@router.delete("/conversations/{conversation}", summary="Erase a conversation", status_code=204)
async def erase(request: Request, conversation: str, who: Visitor = ASK) -> Response:
    """Erase the texts of one of one's own conversations."""
    door = door_of(request)

    def remove() -> None:
        known, _ = own_conversation(door, conversation, who.subject)
        door.advisor.records.erase_conversation(known.id, who.subject.reader, door.now())

    await door.do(remove)
    return Response(status_code=204)


@router.get("/turns/{turn}", summary="Read a turn")
async def one_turn(request: Request, turn: str, who: Visitor = ASK) -> TurnOut:
    """Read one of one's own turns."""
    door = door_of(request)
    return await door.do(lambda: turn_out(door, own_turn(door, turn, who.subject), who.subject))


@router.post("/turns/{turn}/feedback", summary="Judge an answer", status_code=204)
async def feedback(request: Request, turn: str, body: FeedbackBody, who: Visitor = ASK) -> Response:
    """Keep a thumb on one of one's own answers."""
    door = door_of(request)

    def rate() -> None:
        found = own_turn(door, turn, who.subject)
        door.advisor.rate(found.id, body.good, body.reason, reader=who.subject.reader)

    await door.do(rate)
    return Response(status_code=204)


@router.post("/turns/{turn}/person", summary="Ask a person", status_code=201)
async def ask_a_person(
    request: Request, turn: str, body: PersonBody, who: Visitor = ASK
) -> dict[str, Any]:
    """Pass a question on to a responsible person."""
    door = door_of(request)

    def put() -> dict[str, Any]:
        found = own_turn(door, turn, who.subject)
        return question_data(
            door.referring.ask(
                body.text,
                who.subject.reader,
                door.now(),
                door="web",
                turn=found.id,
                named=body.named,
            )
        )

    return await door.do(put)


@router.get("/documents", summary="List documents")
async def documents(request: Request, who: Visitor = READ) -> list[dict[str, Any]]:
    """List the documents that the reader may see."""
    door = door_of(request)
    found = await door.do(lambda: shown_documents(door, door.view(who.subject)))
    return [
        {
            "id": one.id,
            "title": one.title,
            "identifier": one.identifier,
            "version": one.version,
            "standing": one.standing,
            "owner": one.owner,
            "next_review": one.review,
            "overdue": one.late,
            "access": one.access,
            "source": one.source,
            "origin": one.origin,
        }
        for one in found
    ]


@router.get("/documents/{document}", summary="Read a document")
async def document(request: Request, document: str, who: Visitor = READ) -> dict[str, Any]:
    """Read a document's facts and passages."""
    door = door_of(request)
    data = await door.do(lambda: document_data(door, document, who.subject))
    return {
        "id": data["document"].id,
        "title": data["document"].facts.title,
        "standing": data["standing"],
        "facts": dict(data["facts"]),
        "passages": [
            {
                "id": one.id,
                "section": one.locator.section,
                "page": one.locator.page,
                "row": one.locator.row,
                "text": one.text,
            }
            for one in data["passages"]
        ],
    }


@router.get("/search", summary="Search the library")
async def search(
    request: Request, q: str, k: int = 10, who: Visitor = READ
) -> list[dict[str, Any]]:
    """Find passages for a query, best first."""
    door = door_of(request)
    if not q.strip() or len(q) > _LONGEST or not 1 <= k <= 100:
        raise Trouble(422, "A search has words and asks for 1 to 100 passages.")
    hits = await door.do(lambda: door.view(who.subject).search(q, k))
    return [
        {
            "rank": rank,
            "score": one.score,
            "passage": one.passage.id,
            "source": one.document.source,
            "document": one.document.facts.title,
            "standing": one.standing.value,
            "section": one.passage.locator.section,
            "page": one.passage.locator.page,
            "row": one.passage.locator.row,
            "text": one.passage.text,
            "reasons": list(one.reasons),
        }
        for rank, one in enumerate(hits, 1)
    ]


@router.get("/soa", summary="Read the Statement of Applicability")
async def statement(
    request: Request, applicable: str = "", status: str = "", who: Visitor = READ
) -> dict[str, Any]:
    """Read the rows that count today, with what the linter says of each."""
    door = door_of(request)
    data = await door.do(lambda: soa_data(door, who.subject, "", applicable, status, False))
    return {
        "source": data["document"].source if data["document"] else None,
        "rows": [
            row_data(one["row"])
            | {
                "defects": [
                    {"code": d.code, "severity": d.severity.value, "what": d.what, "do": d.do}
                    for d in one["defects"]
                ]
            }
            for one in data["rows"]
        ],
    }


@router.get("/questions", summary="List questions to people")
async def questions(
    request: Request, state: str = "", who: Visitor = FOLLOW
) -> list[dict[str, Any]]:
    """List all questions for leads, and to others their own."""
    door = door_of(request)
    wanted = QuestionState(state) if state in set(QuestionState) else None
    found = await door.do(lambda: door.referring.queue(who.subject.reader, wanted))
    return [question_data(one) for one in found]


@router.post("/questions/{question}/answer", summary="Answer a question")
async def answer(
    request: Request, question: str, body: AnswerBody, who: Visitor = ANSWER
) -> dict[str, Any]:
    """Record an answer in one's own name."""
    door = door_of(request)
    read = tuple(body.read) if body.read is not None else None
    done = await door.do(
        lambda: answer_question(
            door, who.subject, question, body.text, body.source, body.expires, read
        )
    )
    return question_data(done)


@router.post("/questions/{question}/close", summary="Close a question")
async def close(
    request: Request, question: str, body: CloseBody, who: Visitor = ANSWER
) -> dict[str, Any]:
    """Close a question without an answer, or withdraw the one it has."""
    door = door_of(request)
    done = await door.do(lambda: close_question(door, who.subject, question, body.because))
    return question_data(done)


@router.get("/openapi.json", include_in_schema=False)
async def described(request: Request, _: Visitor = ENTER) -> dict[str, Any]:
    """Describe this API."""
    schema: dict[str, Any] = request.app.openapi()
    return schema


@open_router.get("/healthz", include_in_schema=False)
async def alive() -> PlainTextResponse:
    """Say that this process answers."""
    return PlainTextResponse("ok\n")


@open_router.get("/readyz", include_in_schema=False)
async def ready(request: Request) -> PlainTextResponse:
    """Say whether questions can be answered; why not stands in the settings, for admins."""
    door = door_of(request)
    is_ready = (await door.do(lambda: health(door))).ready
    return PlainTextResponse("ready\n" if is_ready else "not ready\n", 200 if is_ready else 503)


@open_router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, _: Visitor = HEALTH) -> PlainTextResponse:
    """Give counters in Prometheus' text form, to an admin's token."""
    door = door_of(request)
    now = await door.do(lambda: health(door))
    gauges = [
        ("annexa_ready", "Whether questions can be answered.", float(now.ready)),
        ("annexa_answers_waiting", "Answers under way or waiting.", float(now.working)),
        ("annexa_library_generation", "Run of the library.", float(now.generation)),
        ("annexa_library_documents", "Documents in the library.", float(now.documents)),
        ("annexa_library_failures", "Files that could not be read.", float(now.failures)),
        ("annexa_memory_peak_bytes", "Peak memory of this process.", now.memory_mb * 1024 * 1024),
        *(
            (f"annexa_answers_{end}_total", f"Answers that ended as {end}.", float(number))
            for end, number in door.casts.counts.items()
        ),
    ]
    return PlainTextResponse(
        door.metrics.text(gauges), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


def turn_out(door: Door, turn: Turn, subject: Subject) -> TurnOut:
    """Give a turn as its reader may see it today."""
    view = door.view(subject)
    recalled = recall(turn, view)
    answer = recalled.turn.answer
    return TurnOut(
        id=turn.id,
        conversation=turn.conversation,
        state=turn.state.value,
        question=turn.question,
        asked_at=turn.asked_at,
        as_of=turn.as_of,
        kind=answer.kind.value if answer else None,
        answer=answer.text if answer else (WITHHELD if recalled.withheld else None),
        withheld=recalled.withheld,
        citations=[_citation(one, view) for one in answer.citations] if answer else [],
        notices=list(answer.notices) if answer else [],
        model=answer.model if answer else None,
        by=turn.by,
    )


def _citation(one: Citation, view: View) -> CitationOut:
    return CitationOut(
        type=one.type.value,
        standing=standing_of(one, view),
        **{
            name: getattr(one, name)
            for name in CitationOut.model_fields
            if name not in {"type", "standing"}
        },
    )


def _conversation(one: Conversation) -> ConversationOut:
    return ConversationOut(
        id=one.id,
        title=one.title,
        door=one.door,
        started_at=one.started_at,
        changed_at=one.changed_at,
        turns=one.turns,
    )


def _begun(door: Door, turn: Turn, subject: Subject) -> Broadcast:
    try:
        return door.answer(turn, subject)
    except Busy:
        raise Trouble(
            429,
            "Many people are asking at this moment.",
            kept=f"The question is kept as turn {turn.id}.",
            next="Wait a little and send it again with the same key.",
            wait=5.0,
        ) from None


def _not_answered(cast: Broadcast) -> Trouble:
    stopped = cast.said[-1].what == "stopped"
    return Trouble(
        409 if stopped else 503,
        "The answer was stopped." if stopped else "The question could not be answered.",
        kept=f"The question is kept as turn {cast.turn}.",
        next="Send it again with the same key.",
    )


async def _events(
    door: Door, who: Visitor, turn: Turn, cast: Broadcast | None
) -> AsyncIterator[str]:
    if cast is not None:
        async for heard in cast.follow():
            if heard is None:
                yield ": still here\n\n"
            elif heard.what in {"status", "text"}:
                data = json.dumps({"text": heard.text})
                yield f"event: {heard.what}\ndata: {data}\n\n"
        if cast.said[-1].what != "done":
            trouble = _not_answered(cast)
            said = {"what": trouble.what, "kept": trouble.kept, "next": trouble.next}
            yield f"event: error\ndata: {json.dumps(said)}\n\n"
            return
    try:
        done = await door.do(
            lambda: turn_out(door, own_turn(door, turn.id, who.subject), who.subject)
        )
    except Trouble as trouble:
        yield f"event: error\ndata: {json.dumps({'what': trouble.what})}\n\n"
        return
    yield f"event: turn\ndata: {done.model_dump_json()}\n\n"
