"""The rows of the organisation's registers, understood as far as checks need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from knowledge.controls import control_ids
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.registers import Row, row_from_text
from knowledge.soa.linting.model import Spot
from knowledge.soa.linting.surroundings import Entry, RegisterKind
from knowledge.soa.linting.words import says_accepted
from knowledge.soa.values import day_in_text

if TYPE_CHECKING:
    from knowledge.view import View

_KINDS: tuple[tuple[RegisterKind, str], ...] = (
    (RegisterKind.TREATMENT, r"treatment|\brtp\b|risikobehandlung|massnahmenplan|maßnahmenplan"),
    (RegisterKind.FINDING, r"finding|nonconform|non-conform|corrective|\bcapas?\b|\bcars?\b|audit"
     r"|abweichung|korrektur|feststellung"),
    (RegisterKind.RISK, r"risk|risiko"),
    (RegisterKind.INCIDENT, r"incident|vorfall|vorfälle"),
    (RegisterKind.SUPPLIER, r"supplier|vendor|lieferant|dienstleister|third.part"),
    (RegisterKind.OBLIGATION, r"legal|compliance|contract|obligation|requirement|recht|vertrag"
     r"|gesetz|stakeholder"),
    (RegisterKind.DOCUMENT, r"document|dokument"),
    (RegisterKind.PERSON, r"employee|staff|personnel|people|directory|leaver|joiner|mitarbeiter"
     r"|personal\b"),
    (RegisterKind.ASSET, r"asset|inventory|software|hardware|inventar|werte|systems?\b"),
)  # fmt: skip
_CLOSED = re.compile(
    r"^(?:closed|done|complete[d]?|resolved|implemented|finished|verified|effective|cancelled"
    r"|withdrawn|rejected|obsolete|retired|geschlossen|erledigt|abgeschlossen|umgesetzt|behoben)\b",
    re.IGNORECASE,
)
_STILL_OPEN = re.compile(
    r"\bpending\b|\bopen\b|in progress|\bawait|\bpartly\b|\bpartially\b|ausstehend|\boffen\b", re.I
)
"""An action that was carried out still waits for its effect to be seen."""
_LEFT = re.compile(
    r"\b(?:left|leaver|inactive|terminated|former|departed|resigned|ausgeschieden|ehemalig\w*)\b",
    re.IGNORECASE,
)
_MAJOR = re.compile(r"\bmajor\b|\bcritical nonconform|\bhauptabweichung\b|\bschwerwiegend", re.I)
_CONTROL_COLUMN = re.compile(r"control|annex|maßnahme|massnahme|\bsoa\b", re.IGNORECASE)
_NOT_IDS = re.compile(r"existing|current|description|owner|bestehend|compensat|effect", re.I)
_FOREIGN = re.compile(r"(?<![\w.-])(?!A[.\s-]?\d)[A-Z]{1,6}[-.]?\d{1,3}(?:\.\d{1,3})?(?![\w-])")
_NAMES = re.compile(r"^(?:name|person|employee|full name|mitarbeiter(?:in)?|display name)$", re.I)


def register_entries(view: View) -> Iterator[Entry]:
    """Yield the rows of the registers in force that may be read."""
    for document in view.of_origin(Origin.REGISTER):
        if view.standing(document.id) is not Standing.IN_FORCE:
            continue
        passages = view.passages_of(document.id)
        kind = register_kind(document)
        for passage in passages:
            if " | " in passage.text:
                yield _entry(kind, document, passage, view.day)


def register_kind(document: Document) -> RegisterKind:
    """Tell by file name and title what a register's rows are about."""
    name = re.sub(r"[_\-./]+", " ", document.source.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    said = f"{name} {document.facts.title}".casefold()
    return next(
        (kind for kind, words in _KINDS if re.search(words, said, re.IGNORECASE)),
        RegisterKind.OTHER,
    )


def _entry(kind: RegisterKind, document: Document, passage: Passage, day: date) -> Entry:
    row = row_from_text(passage.text, passage.locator.row)
    state = row.value("state") or ""
    due = row.value("due")
    closed_on = row.value("closed")
    return Entry(
        kind=kind,
        key=passage.locator.row or row.value("title") or f"row {passage.ordinal + 1}",
        text=passage.text,
        spot=Spot(document.source, passage.text, passage.locator.section, passage.locator.row,
                  document.facts.title),
        controls=passage.controls or control_ids(passage.text),
        foreign_controls=_foreign(row),
        closed=_is_closed(state.strip(), closed_on),
        major=bool(_MAJOR.search(" ".join(filter(None, (row.value("grade"), state, _type(row)))))),
        due=day_in_text(due.split(" ")[0]) if due else None,
        accepted=kind in (RegisterKind.RISK, RegisterKind.TREATMENT)
        and says_accepted(" ".join(text for _, text in row.cells)),
        left=kind is RegisterKind.PERSON and (bool(_LEFT.search(state)) or _is_past(row, day)),
        name=next((text for header, text in row.cells if _NAMES.match(header.strip())), None),
    )  # fmt: skip


def _is_closed(state: str, closed_on: str | None) -> bool:
    """Tell whether a row is done with; a state in words counts before a day."""
    if _STILL_OPEN.search(state):
        return False
    if state:
        return bool(_CLOSED.search(state))
    return closed_on is not None and day_in_text(closed_on.split(" ")[0]) is not None


def _type(row: Row) -> str:
    return " ".join(
        text
        for header, text in row.cells
        if re.search(r"type|class|grad|severity|art\b", header, re.I)
    )


def _foreign(row: Row) -> tuple[str, ...]:
    """Give the ids in a column of controls that are none of Annex A's."""
    found: list[str] = []
    for header, text in row.cells:
        if _CONTROL_COLUMN.search(header) and not _NOT_IDS.search(header) and len(text) <= 80:
            found += _FOREIGN.findall(text)
    return tuple(dict.fromkeys(found))


def _is_past(row: Row, day: date) -> bool:
    """Tell whether a person's last day is over."""
    for header, text in row.cells:
        if re.search(r"\b(?:end|last|leaving|exit|austritt|left)\b", header, re.IGNORECASE):
            last = day_in_text(text)
            return last is not None and last < day
    return False
