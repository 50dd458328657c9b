"""A reading of the Statement of Applicability as the library keeps it: facts, passages, plain JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from knowledge.passages import Facts, Locator, ParsedDocument, Passage, Sheet, Span, Status
from knowledge.soa.model import (
    Answers,
    Applicability,
    Field,
    Implementation,
    Place,
    Soa,
    SoaHeader,
    SoaReading,
    SoaRow,
    render_row,
    row_data,
    row_from_data,
)
from knowledge.soa.reading import read_soa

_HEADER = TypeAdapter(SoaHeader)


@dataclass(frozen=True, slots=True)
class Taken:
    """A workbook taken as an SoA, or left pending with its questions in `stored`."""

    facts: Facts
    passages: tuple[Passage, ...]
    stored: Mapping[str, Any]
    pending: bool


def take(
    document_id: str, source: str, parsed: ParsedDocument, decision: Mapping[str, Any] | None
) -> Taken:
    """Read the SoA in `parsed` with what a person settled about it.

    A reading that leaves questions open is not taken: its rows must not answer anything before a
    person has confirmed them. A decision settles everything that it does not answer otherwise."""
    reading = read_soa(parsed.sheets, answers_of(decision)) if decision else read_soa(parsed.sheets)
    pending = not reading.unambiguous and not (decision and decision.get("accepted"))
    facts = _facts(parsed.facts, reading.header)
    passages = () if pending else tuple(_passages(document_id, source, parsed, facts, reading))
    return Taken(facts, passages, _stored(source, reading, pending), pending)


def load_soa(stored: Mapping[str, Any]) -> Soa | None:
    """Give the SoA that `take` wrote down; None while it is pending."""
    if stored["pending"]:
        return None
    return Soa(
        header=_HEADER.validate_python(stored["header"]),
        rows=tuple(row_from_data(row) for row in stored["rows"]),
        source=stored["source"],
        version=stored["version"],
    )


def answers_of(decision: Mapping[str, Any]) -> Answers:
    """Read a stored decision: plain JSON with the keys columns, ids, applicable, status, sheets."""
    return Answers(
        columns={
            (one["sheet"], int(one["column"])): Field(one["field"]) if one["field"] else None
            for one in decision.get("columns", ())
        },
        ids={Place(one["sheet"], int(one["row"])): one["id"] for one in decision.get("ids", ())},
        applicable={
            text: Applicability(value) for text, value in decision.get("applicable", {}).items()
        },
        status={text: Implementation(value) for text, value in decision.get("status", {}).items()},
        sheets=frozenset(decision["sheets"]) if decision.get("sheets") else None,
    )


def _stored(source: str, reading: SoaReading, pending: bool) -> dict[str, Any]:
    return {
        "pending": pending,
        "source": source,
        "version": reading.header.version,
        "header": _HEADER.dump_python(reading.header, mode="json"),
        "rows": [] if pending else [row_data(row) for row in reading.rows],
        "read": reading.n_read,
        "matched": reading.n_matched,
        "skipped": [list(one) for one in reading.skipped],
        "notes": list(reading.notes),
        "questions": [
            {"code": one.code, "text": one.text, "options": list(one.options)}
            for one in reading.questions
        ],
        "understood": [
            f"{source}, sheet {one.sheet}: column “{one.header}” is "
            + (one.field.value.replace("_", " ") if one.field else "kept as it is")
            for one in reading.mapping
        ]
        + [f"{source}: {note}" for note in reading.notes],
    }


def _facts(facts: Facts, header: SoaHeader) -> Facts:
    """Complete the document's facts by what the SoA's own header says."""
    found = dict(facts.found_in)
    said: dict[str, Any] = {}

    def add(name: str, value: str | date | None) -> None:
        if value is not None and getattr(facts, name) in (None, ""):
            said[name] = value
            found[name] = "header"

    if header.title and found.get("title") in (None, "file name"):
        said["title"] = header.title
    add("identifier", header.identifier)
    add("version", header.version)
    add("approved", header.approved)
    add("approver", header.approver)
    add("classification", header.classification)
    add("next_review", header.next_review)
    if facts.status is Status.UNKNOWN and header.approved and header.approver:
        said["status"] = Status.APPROVED
        found["status"] = "header"
    return replace(facts, **said, found_in=tuple(sorted(found.items())))


def _passages(
    document_id: str, source: str, parsed: ParsedDocument, facts: Facts, reading: SoaReading
) -> list[Passage]:
    passages: list[Passage] = []
    if head := _head(parsed.sheets, reading):
        passages.append(_passage(document_id, source, facts, 0, head, None, None))
    seen: dict[tuple[str, str], int] = {}
    for row in reading.rows:
        text = render_row(row)
        key = (row.control_id, text)
        seen[key] = seen.get(key, 0) + 1
        passages.append(_passage(document_id, source, facts, len(passages), text, row, seen[key]))
    return passages


def _passage(
    document_id: str,
    source: str,
    facts: Facts,
    ordinal: int,
    text: str,
    row: SoaRow | None,
    occurrence: int | None,
) -> Passage:
    key = row.control_id if row else None
    heading = (row.sheet,) if row and row.sheet else ()
    digest = hashlib.sha256(f"{document_id}\0{key}\0{text}\0{occurrence}".encode()).hexdigest()
    controls = (row.targets or (row.control_id,)) if row else ()
    return Passage(
        id=digest[:20],
        document=document_id,
        ordinal=ordinal,
        text=text,
        search_text=f"{facts.title}\n{text}",
        locator=Locator(source=source, heading_path=heading, section=None, page=None, row=key),
        spans=(Span(0, len(text)),),
        controls=tuple(controls),
    )


def _head(sheets: Sequence[Sheet], reading: SoaReading) -> str:
    """Give the rows that the header was read from, one a line, cells as they are."""
    wanted: list[tuple[str, int]] = []
    for _, place in reading.header.found_in:
        sheet, _, row = place.rpartition("!")
        digits = "".join(letter for letter in row if letter.isdigit())
        if digits and (sheet, int(digits)) not in wanted:
            wanted.append((sheet, int(digits)))
    by_name = {one.name: one for one in sheets}
    lines = []
    for name, number in sorted(wanted):
        found = by_name.get(name)
        if found is None or number > len(found.rows):
            continue
        cells = [
            cell.value.isoformat() if isinstance(cell.value, date) else str(cell.value).strip()
            for cell in found.rows[number - 1]
            if cell.value is not None and str(cell.value).strip()
        ]
        lines.append(" | ".join(cells))
    return "\n".join(lines)
