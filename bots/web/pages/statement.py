"""The Statement of Applicability: its rows with filters, one row with its defects and documents."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from assistant.controlling.checking import Checked, check
from assistant.soa_store import SoaStore
from bots.web.admission import READ
from bots.web.door import Door, Visitor, door_of
from bots.web.subjects import Subject
from bots.web.trouble import not_there
from knowledge.passages import Origin
from knowledge.soa import Applicability, Implementation, Soa, SoaRow
from knowledge.view import View

router = APIRouter(include_in_schema=False)
_REMEMBERED = 32
_WORDS = {Applicability.YES: "applicable", Applicability.NO: "excluded"}
_MARKS = {
    Implementation.IMPLEMENTED: "good",
    Implementation.PARTIAL: "wait",
    Implementation.PLANNED: "wait",
    Implementation.NOT_IMPLEMENTED: "bad",
}


@router.get("/soa")
async def statement(
    request: Request,
    who: Visitor = READ,
    q: str = "",
    applicable: str = "",
    status: str = "",
    defects: str = "",
) -> Response:
    """Show the rows of the statement that counts today."""
    door = door_of(request)
    data = await door.do(lambda: soa_data(door, who.subject, q, applicable, status, bool(defects)))
    return door.page(
        request,
        "soa.html",
        who,
        **data,
        q=q,
        applicable=applicable,
        status=status,
        defects=bool(defects),
        decisions=[one.value for one in Applicability],
        statuses=[one.value for one in Implementation],
    )


@router.get("/soa/{control}")
async def row(request: Request, control: str, who: Visitor = READ) -> Response:
    """Show one row: all its cells, what is wrong with it, and the documents that speak of it."""
    door = door_of(request)

    def read() -> dict[str, Any]:
        data = soa_data(door, who.subject, "", "", "", False)
        chosen = [one for one in data["rows"] if one["id"].casefold() == control.casefold()]
        if not chosen:
            raise not_there()
        view = door.view(who.subject)
        row: SoaRow = chosen[0]["row"]
        documents = [
            one
            for one in view.documents
            if one.origin is Origin.DOCUMENT and row.control_id in one.facts.controls
        ]
        return {**chosen[0], "documents": documents, "document": data["document"]}

    template = "_soa_row.html" if request.headers.get("x-fragment") == "1" else "soa_row.html"
    return door.page(request, template, who, **await door.do(read))


def soa_data(
    door: Door, subject: Subject, query: str, applicable: str, status: str, defects: bool
) -> dict[str, Any]:
    """Give the rows of the statement that counts today, and what the linter says of them."""
    view = door.view(subject)
    found, document = view.soa(), view.soa_document()
    if found is None or document is None:
        return {"rows": [], "document": None, "counts": None, "whole": [], "total": 0}
    checked = _checked(door, view, found)
    by_control: dict[str, list[Any]] = {}
    whole = []
    for defect in checked.open:
        for control in defect.controls:
            by_control.setdefault(control, []).append(defect)
        if not defect.controls:
            whole.append(defect)
    words = query.casefold().split()
    rows = []
    for one in found.rows:
        wrong = by_control.get(one.control_id, [])
        stands = one.implementation_status.value if one.implementation_status else ""
        said = f"{one.control_id} {one.title} {one.owner or ''}".casefold()
        if (
            (applicable and one.applicable.value != applicable)
            or (status and stands != status)
            or (defects and not wrong)
            or not all(word in said for word in words)
        ):
            continue
        rows.append(
            {
                "id": one.control_id,
                "row": one,
                "decided": _WORDS.get(one.applicable, "undecided"),
                "stands": stands.replace("_", " "),
                "mark": _MARKS.get(one.implementation_status, "plain")
                if one.implementation_status
                else "plain",
                "why": one.justification_inclusion or one.justification_exclusion,
                "defects": wrong,
                "worst": next((d.severity.value for d in wrong), None),
            }
        )
    return {
        "rows": rows,
        "total": len(found.rows),
        "document": document,
        "counts": found.counts(),
        "whole": whole,
    }


def _checked(door: Door, view: View, found: Soa) -> Checked:
    """Check the statement once for everybody who may read the same, until something changes.

    All that decides what the check sees is in the key: a right taken away counts at once."""
    waivers = SoaStore(door.advisor.records).waivers()
    access, reader = door.advisor.library.access(), view.reader
    key = (view.generation, access, reader.owner, reader.groups, view.today, waivers)
    known = door.statements.get(key)
    if known is None:
        known = check(found, today=view.today, view=view, waivers=waivers)
        if len(door.statements) >= _REMEMBERED:
            door.statements.clear()
        door.statements[key] = known
    return known
