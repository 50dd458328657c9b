"""The audit log, and how an answer came about. Read only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from assistant.audit import export_lines
from assistant.replaying import Since, checks, recall, seen
from bots.web.admission import AUDIT
from bots.web.door import Door, Visitor, door_of
from bots.web.rendering import answer_html
from bots.web.subjects import Role, Subject
from bots.web.trouble import not_there
from knowledge.passages import OWNER

router = APIRouter(include_in_schema=False)
_PAGE = 100


@router.get("/audit")
async def log(request: Request, who: Visitor = AUDIT, subject: str = "", page: int = 1) -> Response:
    """Show the log, the newest first, and whether it is whole."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        records = door.advisor.records
        entries = list(records.entries(subject.strip() or None))[::-1]
        at = max(1, page)
        return {
            "entries": entries[(at - 1) * _PAGE : at * _PAGE],
            "total": len(entries),
            "at": at,
            "more": len(entries) > at * _PAGE,
            "report": records.verify(),
        }

    return door.page(request, "audit.html", who, **await door.do(read), subject=subject)


@router.get("/audit/export")
async def export(request: Request, who: Visitor = AUDIT) -> Response:
    """Give the whole log as lines of JSON, to be checked elsewhere."""
    door = door_of(request)
    text = await door.do(
        lambda: "".join(f"{line}\n" for line in export_lines(door.advisor.records.entries()))
    )
    return PlainTextResponse(
        text,
        media_type="application/x-ndjson",
        headers={"content-disposition": 'attachment; filename="audit-log.jsonl"'},
    )


@router.get("/audit/turns/{turn}")
async def replay(request: Request, turn: str, who: Visitor = AUDIT) -> Response:
    """Show how an answer came about; its words only to whoever may read its sources today."""
    door = door_of(request)
    return door.page(
        request, "replay.html", who, **await door.do(lambda: replay_data(door, turn, who.subject))
    )


def replay_data(door: Door, turn_id: str, subject: Subject) -> dict[str, Any]:
    """Give the making of an answer with the rights of today. Raises Trouble.

    The words of another's question go with those of its answer: to leads and auditors only where
    every source may be read by them, too."""
    records = door.advisor.records
    found = records.turn(turn_id, OWNER)
    if found is None:
        raise not_there()
    view = door.view(subject)
    recalled = recall(found, view)
    answer, trace = recalled.turn.answer, recalled.turn.trace
    worded = answer is not None or Role.OWNER in subject.roles
    return {
        "turn": found,
        "question": found.question if worded else None,
        "html": answer_html(answer.text, (), found.id) if answer else None,
        "answer": answer,
        "withheld": recalled.withheld,
        "trace": trace,
        "passages": seen(trace, view) if trace else (),
        "hidden": Since.HIDDEN,
        "checks": checks(trace, view) if trace else (),
        "sent": records.egress(found.id),
        "log": records.entries(found.id),
        "generation": door.advisor.library.generation(),
    }
