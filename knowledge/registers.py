"""Find the table in a grid of cells and read its rows as records with keys and roles.

Risk registers, supplier lists and corrective-action logs differ in their columns but not in their
shape: title rows, a header, one record a row, and now and then a theme heading or a total between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.passages import Block

_ROLE_NAMES: dict[str, str] = {
    "id": "id; no; nr; number; ref; reference; key; identifier; risk id; risk no; risk ref; "
    "risk number; control id; control no; control ref; control reference; control number; "
    "annex a control; iso control; clause; supplier id; vendor id; asset id; asset tag; "
    "incident id; "
    "incident no; ticket; ticket id; finding id; finding no; car; car id; car no; capa id; nc id; "
    "nc no; action id; action no; issue id; case id; case no; record id; doc id; document id; "
    "change id; requirement id; objective id; exception id; ifd nr; lfd nr; kennung; risiko id; "
    "risiko nr; maßnahmen nr; maßnahmen id; maßnahme nr; lieferanten nr; lieferanten id; "
    "vorfall nr; "
    "vorfall id; ticket nr; feststellung nr; abweichung nr; kennzeichen; dokument nr; "
    "dokumentennummer; inventarnummer; inventar nr; #; n°; référence; código; row",
    "title": "title; name; control; control title; control name; risk; risk title; risk name; "
    "asset; asset name; supplier; supplier name; vendor; vendor name; system; subject; topic; "
    "headline; short description; objective; finding title; incident; incident title; activity; "
    "process; processing activity; requirement; titel; bezeichnung; maßnahme; risiko; lieferant; "
    "betreff; thema; ziel; name des lieferanten; titre; nom; título; nombre",
    "owner": "owner; risk owner; control owner; action owner; asset owner; process owner; "
    "system owner; responsible; responsible person; responsibility; accountable; assigned to; "
    "person in charge; in charge; answerable; answerable person; looked after by; contact person; "
    "our contact; internal contact; eigenaar; risico eigenaar; verantwoordelijke; "
    "verantwoordelijk; behandelaar; "
    "assignee; lead; person responsible; contract owner; relationship owner; verantwortlich; "
    "verantwortlicher; verantwortliche; verantwortliche person; zuständig; zuständigkeit; "
    "zuständiger; eigentümer; eigner; risikoeigner; risikoeigentümer; bearbeiter; responsable; "
    "propriétaire; propietario",
    "due": "due; due date; due by; target; target date; deadline; planned date; planned end; "
    "completion due; target completion; target completion date; planned completion; "
    "remediation deadline; remediation due; implementation date; to be done by; by when; "
    "next review; "
    "next review date; review due; next check; next audit; next assessment; next evaluation; "
    "check due; re assessment due; streefdatum; vervaldatum; deadline datum; volgende beoordeling; "
    "gereed voor; nächste prüfung; nächste bewertung; fällig; "
    "fällig am; fälligkeit; fälligkeitsdatum; frist; termin; "
    "zieltermin; zieldatum; umsetzung bis; zu erledigen bis; bis wann; échéance; date limite; "
    "fecha límite; vencimiento",
    "closed": "closed; closed on; date closed; closure date; closed date; close date; completed; "
    "completed on; completion date; date completed; implemented; implemented on; "
    "date implemented; actual completion; actual completion date; done; done on; resolved; "
    "resolved on; resolution date; actual end; geschlossen; geschlossen am; abgeschlossen; "
    "abgeschlossen am; erledigt; erledigt am; umgesetzt; umgesetzt am; abschlussdatum; "
    "datum abschluss; clôturé le; cerrado; fecha de cierre",
    "state": "status; state; current status; implementation status; action status; progress; "
    "stage; "
    "risk status; umsetzungsstatus; bearbeitungsstand; bearbeitungsstatus; stand; statut; état; "
    "estado",
    "grade": "severity; grade; grading; criticality; priority; rating; risk level; risk rating; "
    "risk score; score; level; impact; classification; category of finding; finding grade; "
    "residual risk; residual risk level; inherent risk level; risk class; urgency; schweregrad; "
    "kritikalität; priorität; einstufung; bewertung; risikostufe; risikowert; risikoklasse; "
    "risikobewertung; gewichtung; gravité; criticité; priorité; gravedad; criticidad; prioridad",
    "description": "description; details; detail; finding; finding nonconformity; nonconformity; "
    "non conformity; observation; issue; risk description; control description; action; "
    "corrective action; summary; text; scenario; statement; what happened; beschreibung; "
    "feststellung; abweichung; sachverhalt; risikobeschreibung; maßnahmenbeschreibung; "
    "korrekturmaßnahme; erläuterung; constat; descripción; hallazgo",
}


def _fold(header: str) -> str:
    text = re.sub(r"\([^)]*\)", " ", header.casefold())
    return " ".join(re.sub(r"[^\w#°]+", " ", text.replace("_", " ")).split())


_ROLE_OF = {_fold(name): role for role, names in _ROLE_NAMES.items() for name in names.split(";")}
_PARTS = (
    ("due", r"due|deadline|fällig\w*|frist|zieltermin|zieldatum"),
    (
        "closed",
        r"closed|closure|completed|completion|implemented on|erledigt|umgesetzt|abgeschlossen",
    ),
    ("owner", r"owner|responsible|verantwortlich\w*|zuständig\w*|eigentümer\w*|eigenaar"),
    ("owner", r"owner of (?:the |this )?\w+|in charge of (?:the |this )?\w+"),
    ("state", r"status|state"),
    ("grade", r"severity|criticality|priority|rating|schweregrad|kritikalität|priorität"),
    ("id", r"id|no|nr|ref|kennung"),
    ("description", r"description|beschreibung"),
    ("title", r"title|name|titel|bezeichnung"),
)
_PART_PATTERNS = tuple((role, re.compile(rf"(?:^|\s)(?:{words})$")) for role, words in _PARTS)


def role_of(header: str) -> str | None:
    """Return the role of a column by its header: id, title, owner, due, closed, state, grade or
    description; None for any other column."""
    folded = _fold(header)
    if folded in _ROLE_OF:
        return _ROLE_OF[folded]
    return next((role for role, pattern in _PART_PATTERNS if pattern.search(folded)), None)


_KEY = re.compile(
    r"(?:Annex\s+)?A[.\s-]?\d{1,2}(?:\.\d{1,2}){1,2}|\d{1,2}(?:\.\d{1,2}){1,3}"
    r"|"
    r"[A-ZÄÖÜ][A-Za-zÄÖÜäöü]{0,11}(?:[-_./ ]?[A-Z0-9]{1,8}){0,4}"
    r"[-_./ #]?\d{1,6}(?:[-./]\d{1,6}){0,3}[a-z]?"
    r"|#\d{1,6}"
)
_PLAIN_NUMBER = re.compile(r"\d{1,6}\.?")
_TOTAL = re.compile(
    r"^(?:grand |sub ?)?(?:totals?|sums?|count|average|mean|summe|gesamt(?:summe)?|zwischensumme|"
    r"anzahl|durchschnitt|total général|suma)\b",
    re.IGNORECASE,
)
_DATE_OR_NUMBER = re.compile(r"[-+]?[\d.,\s]+%?|\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_SEARCHED_ROWS = 40


def row_key(value: str, *, any_token: bool = False) -> str | None:
    """Return `value` as the key of a row if it is shaped like one (A.8.12, R-14, CAR-2026-007).

    `any_token` also takes bare numbers and other short words without spaces, for a column that
    is headed as an id.
    """
    text = " ".join(value.split())
    if len(text) <= 32 and _KEY.fullmatch(text) and re.search(r"\d", text):
        return text
    if any_token and (_PLAIN_NUMBER.fullmatch(text) or re.fullmatch(r"\S{1,24}", text)):
        return text.rstrip(".") or None
    return None


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its key, its cells by header, and the cells whose column has a known role."""

    key: str | None
    cells: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...] = ()

    def value(self, role: str) -> str | None:
        """Return the cell of a role ("owner"), or None if the record has none."""
        return next((value for name, value in self.roles if name == role), None)


@dataclass(frozen=True, slots=True)
class Table:
    """Where a table stands in a grid. Row indexes count from 0."""

    header_row: int
    """First row of the header."""
    first_row: int
    """First row below the header."""
    header: tuple[str, ...]
    key_column: int | None
    titles: tuple[str, ...] = ()
    """The rows above the header, their cells joined."""


def find_table(rows: Sequence[Sequence[str]]) -> Table | None:
    """Find the header of the first table in a grid of texts, below title rows and notes.

    None if nothing looks like a header with rows under it.
    """
    best: tuple[float, int] | None = None
    for index in range(min(len(rows) - 1, _SEARCHED_ROWS)):
        score = _header_score(rows, index)
        if score is not None and (best is None or score > best[0]):
            best = (score, index)
    if best is None:
        return None
    top = best[1]
    header, first = _whole_header(rows, top)
    titles = tuple(_joined(row) for row in rows[:top] if any(cell.strip() for cell in row))
    body = [row for row in rows[first:] if sum(bool(cell.strip()) for cell in row) > 1]
    return Table(top, first, header, key_column(header, body), titles)


def _joined(row: Sequence[str]) -> str:
    cells = [" ".join(cell.split()) for cell in row if cell.strip()]
    if len(cells) == 2:
        return f"{cells[0].rstrip(':')}: {cells[1]}"
    return " | ".join(cells)


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _header_score(rows: Sequence[Sequence[str]], index: int) -> float | None:
    """Rate a row as a header; None if it cannot be one."""
    cells = _filled(rows[index])
    if len(cells) < 2 or len({_fold(c) for c in cells}) < len(cells) * 0.7:
        return None
    if any(len(cell) > 120 for cell in cells):
        return None
    data_like = sum(_DATE_OR_NUMBER.fullmatch(c.strip()) is not None for c in cells)
    if data_like * 3 > len(cells):
        return None
    below = [_filled(row) for row in rows[index + 1 : index + 6] if _filled(row)]
    if not below:
        return None
    known = sum(role_of(cell) is not None for cell in cells)
    keyed = any(row_key(cell) for cell in cells)
    wide = max(len(row) for row in below)
    fits = min(len(cells), wide) / max(len(cells), wide)
    looks = 1.0 if sum(map(len, cells)) / len(cells) <= 40 else 0.0
    return known * 2 + min(len(cells), 6) * 0.5 + fits * 2 + looks - keyed * 3 - index * 0.3


def _whole_header(rows: Sequence[Sequence[str]], top: int) -> tuple[tuple[str, ...], int]:
    """Join a header that runs over two rows ("Impact" above "Financial | Legal")."""
    header = [" ".join(cell.split()) for cell in rows[top]]
    following = rows[top + 1] if top + 1 < len(rows) else []
    blanks = [i for i, cell in enumerate(header) if not cell]
    filled_below = {i for i, cell in enumerate(following) if cell.strip()}
    two = (
        bool(blanks)
        and bool(filled_below)
        and not any(row_key(following[i]) for i in filled_below)
        and not any(_DATE_OR_NUMBER.fullmatch(following[i].strip()) for i in filled_below)
        and all(len(following[i]) <= 40 for i in filled_below)
        and len([i for i in blanks if i in filled_below]) * 2 > len(blanks)
        and 0 not in filled_below - set(blanks)
    )
    if not two:
        return tuple(header), top + 1
    width = max(len(header), len(following))
    names: list[str] = []
    group = ""
    for i in range(width):
        upper = header[i] if i < len(header) else ""
        lower = " ".join(following[i].split()) if i < len(following) else ""
        group = upper or (group if lower else "")
        names.append(" / ".join(part for part in (group if lower else upper, lower) if part))
    return tuple(names), top + 2


def key_column(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the column that holds the rows' keys: one headed as an id, or an early one of ids."""
    if not rows:
        return None
    candidates: list[tuple[float, int]] = []
    for column in range(min(len(header), max(len(row) for row in rows))):
        values = [row[column] for row in rows if column < len(row) and row[column].strip()]
        if len(values) * 2 < len(rows):
            continue
        headed = role_of(header[column]) == "id"
        shaped = sum(row_key(value) is not None for value in values) / len(values)
        plain = sum(_PLAIN_NUMBER.fullmatch(v.strip()) is not None for v in values) / len(values)
        unique = len(set(values)) / len(values)
        if unique < 0.7:
            continue
        if headed and (shaped >= 0.5 or plain >= 0.8 or _short(values)):
            candidates.append((2 + shaped - plain * 0.9 - column * 0.01, column))
        elif column < 2 and shaped >= 0.8 and plain < 0.5 and unique > 0.9:
            candidates.append((1.5 + shaped - column * 0.01, column))
    return max(candidates)[1] if candidates else None


def _short(values: Sequence[str]) -> bool:
    return all(re.fullmatch(r"\s*\S{1,24}\s*", value) for value in values)


def is_theme(row: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a row is a heading between records: one cell of text in a wide table."""
    filled = _filled(row)
    return len(filled) == 1 and len(header) >= 3 and not _TOTAL.match(filled[0].strip())


def is_total(row: Sequence[str]) -> bool:
    """Tell whether a row sums up the records above it."""
    filled = _filled(row)
    return bool(filled) and _TOTAL.match(filled[0].strip()) is not None


def is_header_again(row: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a row repeats the header, as sheets printed on many pages do."""
    return [_fold(c) for c in _filled(row)] == [_fold(c) for c in _filled(header)]


def starts_table(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Tell whether a row after a gap is the header of another table."""
    cells = _filled(rows[index])
    if len(cells) < 3 or any(row_key(cell) for cell in cells):
        return False
    return sum(role_of(cell) is not None for cell in cells) >= 2 and index + 1 < len(rows)


def record(header: Sequence[str], cells: Sequence[str], key: int | None = None) -> Row:
    """Read one row under its header; `key` is the key column."""
    pairs = tuple(
        (header[i] if i < len(header) else "", cell) for i, cell in enumerate(cells) if cell.strip()
    )
    roles: dict[str, str] = {}
    for name, cell in pairs:
        role = role_of(name) if name else None
        if role:
            roles.setdefault(role, cell)
    value = cells[key] if key is not None and key < len(cells) else ""
    return Row(
        row_key(value, any_token=True) if value.strip() else None, pairs, tuple(roles.items())
    )


def record_of(block: Block) -> Row:
    """Read a table row block as a record."""
    found = record(block.header, block.cells)
    return Row(block.row, found.cells, found.roles)


def row_from_text(text: str, key: str | None = None) -> Row:
    """Read a record back from a row's text, ``Header: cell | Header: cell``."""
    names: list[str] = []
    cells: list[str] = []
    for part in text.split(" | "):
        name, colon, value = part.partition(": ")
        names.append(name if colon else "")
        cells.append(value if colon else part)
    found = record(names, cells)
    return Row(key, found.cells, found.roles)


def keys_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str | None] | None:
    """Return the key of each row of a table, or None if it is prose in a table, not records."""
    column = key_column(header, rows)
    if column is None:
        return None
    return [record(header, row, column).key for row in rows]
