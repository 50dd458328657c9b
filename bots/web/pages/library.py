"""The library: documents under control, each with its passages, and uploads that wait for a lead."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bots.web.admission import DECIDE, READ, UPLOAD, field, form_of
from bots.web.door import Door, Visitor, door_of
from bots.web.rendering import plain
from bots.web.showing import access_text
from bots.web.subjects import Action, Subject
from bots.web.trouble import Trouble, not_there
from bots.web.uploading import uploading
from knowledge.controlling.documents import document_register
from knowledge.passages import Origin, Standing
from knowledge.view import View

router = APIRouter(include_in_schema=False)
_MARKS = {
    Standing.IN_FORCE: "good",
    Standing.DRAFT: "wait",
    Standing.NOT_YET: "wait",
    Standing.SUPERSEDED: "bad",
    Standing.RETIRED: "bad",
    Standing.EXTERNAL: "plain",
}


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A line of the library."""

    id: str
    title: str
    identifier: str | None
    version: str | None
    standing: str
    mark: str
    owner: str | None
    review: str | None
    late: bool
    access: str
    source: str
    origin: str


@router.get("/library")
async def library(
    request: Request, who: Visitor = READ, q: str = "", standing: str = "", late: str = ""
) -> Response:
    """List the documents that the reader may see."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        view = door.view(who.subject)
        every = shown_documents(door, view)
        words = q.casefold().split()
        chosen = [
            one
            for one in every
            if (not standing or one.standing == standing)
            and (not late or one.late)
            and all(
                word in f"{one.title} {one.identifier} {one.source} {one.owner}".casefold()
                for word in words
            )
        ]
        failures = door.advisor.library.snapshot().failures
        decides = who.subject.may(Action.DECIDE) and who.subject.reader.owner
        return {
            "documents": chosen,
            "total": len(every),
            "late_total": sum(one.late for one in every),
            "failures": failures if decides else (),
            "waiting": _waiting(door, who.subject),
            "notice": view.notice,
        }

    data = await door.do(read)
    return door.page(
        request,
        "library.html",
        who,
        **data,
        q=q,
        standing=standing,
        late=bool(late),
        standings=[one.value for one in Standing],
    )


@router.get("/library/{document}")
async def document(request: Request, document: str, who: Visitor = READ) -> Response:
    """Show a document with its passages."""
    door = door_of(request)
    data = await door.do(lambda: document_data(door, document, who.subject))
    return door.page(request, "document.html", who, **data)


@router.get("/library/uploads/all")
async def uploads(request: Request, who: Visitor = UPLOAD) -> Response:
    """List one's own uploads, or all of them for leads."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        mine = None if who.subject.may(Action.DECIDE) else who.subject.id
        place = uploading(door)
        return {
            "uploads": door.store.uploads(mine),
            "folders": place.folders(who.subject) if who.subject.may(Action.DECIDE) else [],
            "megabytes": door.config.upload_megabytes,
        }

    return door.page(request, "uploads.html", who, **await door.do(read))


@router.post("/library/uploads")
async def upload(request: Request, who: Visitor = UPLOAD) -> Response:
    """Take files into the quarantine; each is read there, and what cannot be read is said."""
    door = door_of(request)
    wait = door.limits.wait("upload", who.subject.id, 30)
    if wait:
        raise Trouble(429, "That were many files at once.", next="Wait a minute.", wait=wait)
    form = await form_of(request)
    files = [one for one in form.getlist("files") if not isinstance(one, str) and one.filename]
    if not files:
        raise Trouble(422, "No file was chosen.", next="Choose one or more files.")
    place = uploading(door)
    for one in files:
        content, name = await one.read(), plain(one.filename)
        await door.do(partial(place.take, content, name, who.subject, door.now()))
    return RedirectResponse("/library/uploads/all", status_code=303)


@router.post("/library/uploads/{upload}/approve")
async def approve(request: Request, upload: str, who: Visitor = DECIDE) -> Response:
    """File an upload among the organisation's documents and read it into the library."""
    door = door_of(request)
    content = await field(request, "content", most=64)
    folder = await field(request, "folder", most=200, needed=False)
    place = uploading(door)
    future = door.workers.submit(
        lambda: place.approve(upload, content, folder, who.subject, door.now())
    )
    await _finished(future)
    return RedirectResponse("/library/uploads/all", status_code=303)


@router.post("/library/uploads/{upload}/refuse")
async def refuse(request: Request, upload: str, who: Visitor = DECIDE) -> Response:
    """Refuse an upload, with the reason; its bytes are deleted."""
    door = door_of(request)
    reason = await field(request, "reason", most=2_000)
    place = uploading(door)
    await door.do(lambda: place.refuse(upload, reason, who.subject, door.now()))
    return RedirectResponse("/library/uploads/all", status_code=303)


def shown_documents(door: Door, view: View) -> list[ShownDocument]:
    """Give the organisation's documents, those under control first."""
    register = {one.source: one for one in document_register(view).documents}
    access = door.advisor.library.access()
    shown = []
    for one in view.documents:
        if one.origin is Origin.GUIDANCE:
            continue
        controlled = register.get(one.source)
        facts, standing = one.facts, view.standing(one.id)
        late = controlled is not None and controlled.overdue
        review = facts.next_review.isoformat() if facts.next_review else None
        shown.append(
            ShownDocument(
                one.id,
                facts.title,
                facts.identifier,
                facts.version,
                standing.value,
                _MARKS[standing],
                facts.owner,
                review,
                late,
                access_text(access.groups(one.source), one),
                one.source,
                one.origin.value,
            )
        )
    order = [one.value for one in Standing]
    shown.sort(
        key=lambda one: (order.index(one.standing), one.identifier or "~", one.title, one.source)
    )
    return shown


def document_data(door: Door, document_id: str, subject: Subject) -> dict[str, Any]:
    """Give a document that the person may read, with its passages. Raises Trouble."""
    view = door.view(subject)
    found = view.document(document_id)
    if found is None:
        raise not_there()
    facts = found.facts
    access = door.advisor.library.access()
    successor = view.successor(found.id)
    standing = view.standing(found.id)
    return {
        "document": found,
        "standing": standing.value,
        "mark": _MARKS[standing],
        "in_force": standing is Standing.IN_FORCE,
        "successor": successor,
        "passages": view.passages_of(found.id),
        "facts": [
            (name, str(value))
            for name, value in (
                ("Identifier", facts.identifier),
                ("Version", facts.version),
                ("Says of itself", facts.status.value),
                ("Owner", facts.owner),
                ("Approved by", facts.approver),
                ("Classification", facts.classification),
                ("Approved", facts.approved),
                ("In effect from", facts.effective),
                ("Retired", facts.retired),
                ("Next review", facts.next_review),
                ("May be read by", access_text(access.groups(found.source), found)),
                ("File", found.source),
            )
            if value
        ],
    }


def _waiting(door: Door, subject: Subject) -> int:
    if not subject.may(Action.DECIDE):
        return 0
    return sum(one.state == "waiting" for one in door.store.uploads())


async def _finished(future: Any) -> None:
    await asyncio.wrap_future(future)
