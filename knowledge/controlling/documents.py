"""The register of documents under control: version, status, owner, next review, and what is overdue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from knowledge.controlling.entries import register_entries
from knowledge.passages import Document, Origin, Standing
from knowledge.registers import row_from_text
from knowledge.soa.linting.surroundings import Entry, RegisterKind
from knowledge.soa.values import day_in_text
from knowledge.standing import begins, version_key

if TYPE_CHECKING:
    from knowledge.view import View

_SAME_TITLE = 92
_SHORTENED = 70
_COLUMNS = {
    "version": r"version|rev|ausgabe|fassung",
    "owner": r"owner|responsible|verantwortlich|eigentümer",
    "next_review": r"next review|review due|nächste (?:prüfung|überprüfung)",
}


@dataclass(frozen=True, slots=True)
class Controlled:
    """A document as it stands under control."""

    source: str
    title: str
    identifier: str | None
    version: str | None
    standing: Standing
    status: str
    owner: str | None
    approved: date | None
    effective: date | None
    next_review: date | None
    days_left: int | None
    """Until the next review; negative where it is overdue."""
    replaced_by: str | None
    registered: str | None
    """Key of its row in the organisation's own register of documents."""
    disagreements: tuple[str, ...]
    """Where that row says something else than the document."""

    @property
    def overdue(self) -> bool:
        """Tell whether its review is overdue."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class DocumentRegister:
    """All documents of the organisation, and rows of its register that no document answers."""

    day: date
    documents: tuple[Controlled, ...]
    without_document: tuple[str, ...]
    """Rows of the register of documents whose document is not in the library."""

    @property
    def overdue(self) -> tuple[Controlled, ...]:
        """Give the documents in force whose review is overdue, the latest first."""
        late = [one for one in self.documents if one.overdue]
        return tuple(sorted(late, key=lambda one: one.days_left or 0))


def document_register(view: View) -> DocumentRegister:
    """Give the documents under control on the view's day, those in force first."""
    rows = [entry for entry in register_entries(view) if entry.kind is RegisterKind.DOCUMENT]
    own = [
        one
        for one in view.documents
        if one.origin in (Origin.DOCUMENT, Origin.SOA)
        and view.standing(one.id) is not Standing.EXTERNAL
    ]
    matched = _matched(own, rows)
    documents = [_controlled(view, one, matched.get(one.id)) for one in own]
    used = {row.key for row in matched.values()}
    order = list(Standing)
    documents.sort(
        key=lambda one: (order.index(one.standing), one.identifier or "~", one.title, one.source)
    )
    missing = tuple(f"{row.key} {_title(row)}".strip() for row in rows if row.key not in used)
    return DocumentRegister(view.day, tuple(documents), missing)


def _matched(documents: Sequence[Document], rows: Sequence[Entry]) -> dict[str, Entry]:
    """Map documents to their rows of the register: by identifier, title, and title in short."""
    found: dict[str, Entry] = {}
    for fits in (_same_identifier, _same_title, _title_in_short):
        for document in documents:
            free = [row for row in rows if row.key not in {one.key for one in found.values()}]
            if document.id not in found:
                row = next((one for one in free if fits(document, one)), None)
                if row is not None:
                    found[document.id] = row
    return found


def _same_identifier(document: Document, row: Entry) -> bool:
    identifier = _plain(document.facts.identifier or "")
    return bool(identifier) and _plain(row.key) == identifier


def _same_title(document: Document, row: Entry) -> bool:
    title = document.facts.title.casefold()
    return fuzz.token_sort_ratio(_title(row).casefold(), title) >= _SAME_TITLE


def _title_in_short(document: Document, row: Entry) -> bool:
    short, title = _title(row).casefold(), document.facts.title.casefold()
    whole = len(short.split()) >= 2 and fuzz.token_set_ratio(short, title) == 100
    return whole and fuzz.token_sort_ratio(short, title) >= _SHORTENED


def _plain(identifier: str) -> str:
    return re.sub(r"[-_\s]+", "-", identifier.casefold().strip())


def _title(row: Entry) -> str:
    return row_from_text(row.text).value("title") or ""


def _controlled(view: View, document: Document, row: Entry | None) -> Controlled:
    facts = document.facts
    said = _said(row) if row else {}
    planned = facts.next_review or day_in_text(said.get("next_review", ""))
    in_force = view.standing(document.id) is Standing.IN_FORCE
    successor = view.successor(document.id)
    return Controlled(
        source=document.source,
        title=facts.title,
        identifier=facts.identifier or (row.key if row else None),
        version=facts.version or said.get("version"),
        standing=view.standing(document.id),
        status=facts.status.value,
        owner=facts.owner or said.get("owner"),
        approved=facts.approved,
        effective=begins(document),
        next_review=planned,
        days_left=(planned - view.day).days if planned and in_force else None,
        replaced_by=successor.source if successor else None,
        registered=row.key if row else None,
        disagreements=tuple(_disagreements(document, said)),
    )


def _said(row: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, text in row_from_text(row.text).cells:
        for name, words in _COLUMNS.items():
            if re.search(rf"^(?:{words})", header.strip(), re.IGNORECASE):
                found.setdefault(name, text)
    return found


def _disagreements(document: Document, said: dict[str, str]) -> list[str]:
    facts, found = document.facts, []
    version = said.get("version")
    if version and facts.version and version_key(version) != version_key(facts.version):
        found.append(f"the register says version {version}, the document {facts.version}")
    planned = day_in_text(said.get("next_review", ""))
    if planned and facts.next_review and planned != facts.next_review:
        found.append(f"the register says next review {planned}, the document {facts.next_review}")
    return found
