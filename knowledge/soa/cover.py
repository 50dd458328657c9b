"""What a workbook says of itself: title rows, approval lines and cover sheets → `SoaHeader`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from knowledge.passages import Cell, Sheet
from knowledge.soa import values
from knowledge.soa.model import Edition, SoaHeader

_LABELS: tuple[tuple[str, str], ...] = (
    ("organisation", "organisation|organization|company|company name|organisation name|entity"
     "|organization name|client|legal entity|name of organisation|name of organization"
     "|Unternehmen|Firma|société|entreprise|organisme|empresa|organización"),
    ("scope", "scope|isms scope|scope of the isms|scope reference|scope statement"
     "|isms scope reference"
     "|scope of isms|scope of certification|scope document"
     "|Geltungsbereich|Anwendungsbereich|Geltungsbereich des ISMS|ISMS-Geltungsbereich"
     "|périmètre|domaine d'application|périmètre du SMSI|alcance|alcance del SGSI"),
    ("version", "version|soa version|document version|revision|rev|version no|version number|ver"
     "|versions-nr|Ausgabe|Dokumentversion|versión|issue|issue no"),
    ("date", "date|document date|issue date|date of issue|last updated|version date|effective date"
     "|last modified|updated|revision date|Datum|Stand|fecha|date du document|gültig ab"),
    ("approved", "approved on|approval date|date approved|date of approval|approved|approved date"
     "|freigegeben am|Freigabedatum|genehmigt am|Datum der Freigabe|approuvé le"
     "|date d'approbation|fecha de aprobación|aprobado el"),
    ("approver", "approved by|approver|approval|authorised by|authorized by|released by"
     "|freigegeben von|genehmigt von|Freigabe|freigegeben durch|genehmigt durch"
     "|approuvé par|approbateur|aprobado por"),
    ("author", "author|prepared by|created by|written by|authors|compiled by"
     "|Verfasser|Autor|erstellt von|erstellt durch|Ersteller|auteur|rédigé par|elaborado por"),
    ("edition", "standard|edition|standard edition|iso edition|framework|iso standard"
     "|standard version"
     "|Norm|norme|norma|estándar"),
    ("classification", "classification|document classification|confidentiality"
     "|security classification"
     "|information classification|confidentiality level|Klassifizierung|Vertraulichkeit|Einstufung"
     "|Vertraulichkeitsstufe|confidentialité|clasificación"),
    ("next_review", "next review|next review date|review due|next review due|nächste Prüfung"
     "|nächste Überprüfung|prochaine revue|próxima revisión"),
    ("identifier", "document id|document no|document number|doc id|doc no|document reference"
     "|doc ref"
     "|document code|Dokument-ID|Dokumentennummer|Dokumenten-ID|Dokument-Nr|référence du document"
     "|código del documento"),
)  # fmt: skip
_SOA_WORDS = re.compile(
    r"statement[\s_\-]+of[\s_\-]+applicability"
    r"|erkl(?:ä|ae)rung zur anwendbarkeit|anwendbarkeitserkl(?:ä|ae)rung"
    r"|d[ée]claration d.applicabilit[ée]|declaraci[óo]n de aplicabilidad"
    r"|dichiarazione di applicabilit[àa]|verklaring van toepasselijkheid"
    r"|(?<![a-z])soa(?![a-z])",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?:\bversion|\bver\.?|\brev(?:ision)?\.?|\bv)[\s:.]*(\d+(?:\.\d+)*)\b", re.I
)
_STANDARD = re.compile(r"27001(?:\s*[:\-–]\s*|\s+\(?)(20\d\d)")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{1,2}[/-]\d{1,2}[/-]\d{4}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?[^\W\d_]{3,10}\.?\s+(?:de\s+)?\d{4}"
    r"|[^\W\d_]{3,10}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
)
_APPROVED = re.compile(
    r"(?:approved|authorised|authorized|freigegeben|genehmigt)\s+(?:by|von|durch)\s+(?P<who>[^;"
    r"|\n]+)",
    re.IGNORECASE,
)
_DATED_FIELDS = frozenset({"date", "approved", "next_review"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A value found for a header field, and where."""

    field: str
    cell: Cell
    text: str
    place: str


@cache
def _labels() -> dict[str, str]:
    return {values.fold_key(label): name for name, labels in _LABELS for label in labels.split("|")}


def names_soa(text: str) -> bool:
    """Tell whether a text calls itself a Statement of Applicability."""
    return bool(_SOA_WORDS.search(text))


def read_header(parts: Sequence[tuple[Sheet, Sequence[int]]]) -> SoaHeader:
    """Read the header out of rows (from 0) of sheets; the earlier part wins."""
    header = SoaHeader()
    for sheet, rows in parts:
        for found in _labelled(sheet, rows):
            header = _with(header, found)
    for sheet, rows in parts:
        for number in rows:
            for cell in sheet.rows[number]:
                text = values.cell_text(cell)
                if isinstance(cell.value, str) and 5 < len(text) <= 300:
                    header = _from_prose(header, text, f"{sheet.name}!{number + 1}")
    return header


def _labelled(sheet: Sheet, rows: Sequence[int]) -> Iterator[_Found]:
    for number in rows:
        cells = sheet.rows[number]
        place = f"{sheet.name}!{number + 1}"
        filled = [(c, cell) for c, cell in enumerate(cells) if values.cell_text(cell)]
        labels = [(c, name) for c, cell in filled if (name := _label(cell))]
        if len(labels) >= 2 and len(labels) == len(filled):
            yield from _below(sheet, rows, number, labels)
            continue
        for at, (column, cell) in enumerate(filled):
            name = _label(cell)
            following = filled[at + 1][1] if at + 1 < len(filled) else None
            if name and following is not None and not _label(following):
                yield _Found(name, following, values.cell_text(following), place)
            elif not name and isinstance(cell.value, str):
                yield from _inline(values.cell_text(cell), f"{place}")
            del column


def _label(cell: Cell) -> str | None:
    if not isinstance(cell.value, str) or len(cell.value) > 40:
        return None
    return _labels().get(values.fold_key(cell.value))


def _below(
    sheet: Sheet, rows: Sequence[int], number: int, labels: Sequence[tuple[int, str]]
) -> Iterator[_Found]:
    """Read values under a row of labels; of a version history the highest version counts."""
    lines: list[int] = []
    for following in range(number + 1, len(sheet.rows)):
        if following not in rows or not any(map(values.cell_text, sheet.rows[following])):
            break
        lines.append(following)
    version_column = next((c for c, name in labels if name == "version"), None)
    if version_column is not None and len(lines) > 1:
        lines = [max(lines, key=lambda line: _numbers(_text(sheet, line, version_column)))]
    if len(lines) != 1:
        return
    for column, name in labels:
        text = _text(sheet, lines[0], column)
        if text:
            cell = sheet.rows[lines[0]][column]
            yield _Found(name, cell, text, f"{sheet.name}!{lines[0] + 1}")


def _text(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row]
    return values.cell_text(cells[column]) if column < len(cells) else ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def _inline(text: str, place: str) -> Iterator[_Found]:
    """Read "Label: value" out of a text, one or several to a cell."""
    for segment in re.split(r"[\n;|•·]+|\s{3,}", text):
        match = re.match(r"\s*([^:=]{3,40}?)\s*[:=]\s*(\S.*)", segment)
        name = _labels().get(values.fold_key(match[1])) if match else None
        if match and name:
            value = match[2].strip()
            yield _Found(name, Cell(value), value, place)


def _with(header: SoaHeader, found: _Found) -> SoaHeader:
    if values.is_nothing(found.text) or values.is_open(found.text):
        return header
    if found.field in ("approver", "approved"):
        return _with_approval(header, found)
    if found.field == "edition":
        match = re.search(r"\b(2013|2022)\b", found.text)
        return _set(header, "edition", Edition(match[1]) if match else None, found.place)
    if found.field in _DATED_FIELDS:
        return _set(header, found.field, _first_day(found.cell, found.text), found.place)
    if found.field == "version":
        number = re.match(r"\s*(?:v(?:ersion)?\.?\s*)?(\d[\w.\-]*)", found.text, re.IGNORECASE)
        return _set(header, "version", number[1] if number else found.text, found.place)
    return _set(header, found.field, found.text, found.place)


def _with_approval(header: SoaHeader, found: _Found) -> SoaHeader:
    """Part "Theo Brandt (COO), 2026-03-02" into a person and a day, whichever label it has."""
    header = _set(header, "approved", _first_day(found.cell, found.text), found.place)
    if isinstance(found.cell.value, date):
        return header
    who = re.sub(r"^(?:by|von|durch|par|por)\s+", "", _DATE.sub("", found.text), flags=re.I)
    who = re.sub(r"[\s,;:\-–]*(?:\b(?:on|am|le|el|dated)\b)?[\s,;:\-–]*$", "", who).strip(" ,;")
    return _set(header, "approver", who if re.search(r"[^\W\d_]{2}", who) else None, found.place)


def _first_day(cell: Cell, text: str) -> date | None:
    whole = values.day(cell)
    if whole is not None:
        return whole
    days = (values.day_in_text(match[0]) for match in _DATE.finditer(text))
    return next((each for each in days if each is not None), None)


def _set(header: SoaHeader, name: str, value: object, place: str) -> SoaHeader:
    if value is None or getattr(header, name) is not None:
        return header
    changed: dict[str, object] = {name: value, "found_in": (*header.found_in, (name, place))}
    return replace(header, **changed)  # type: ignore[arg-type]


def _from_prose(header: SoaHeader, text: str, place: str) -> SoaHeader:
    """Read what a title or a sentence says: the title, version, edition, approval."""
    standard = _STANDARD.search(text)
    if standard and standard[1] in ("2013", "2022"):
        header = _set(header, "edition", Edition(standard[1]), place)
    approved = _APPROVED.search(text)
    if approved:
        who = approved["who"]
        header = _with_approval(header, _Found("approver", Cell(who), who, place))
    starts = _VERSION.match(text)
    if starts and len(text) <= 60:
        header = _set(header, "version", starts[1], place)
        header = _set(header, "date", _first_day(Cell(text), text), place)
    if not names_soa(text):
        return header
    version = _VERSION.search(text)
    header = _set(header, "version", version[1] if version else None, place)
    if len(text) <= 160 and "." not in text.rstrip(".")[-40:].replace("v", "").strip("0123456789."):
        header = _set(header, "title", text.split("\n", 1)[0].strip(), place)
        header = _set(header, "organisation", _organisation(text), place)
    return header


def _organisation(title: str) -> str | None:
    """Return who a title such as "Statement of Applicability – Acme Ltd" is about."""
    parts = re.split(r"\s+[-–—|]\s+|\n|:\s+", title)
    if len(parts) < 2:
        match = re.search(
            r"\b(?:for|of|der|von|de)\s+([A-ZÄÖÜ][\w&.\- ]+)$", _SOA_WORDS.sub("", title)
        )
        return match[1].strip() if match else None
    others = [part.strip() for part in parts if not names_soa(part)]
    names = [part for part in others if _may_be_a_name(part)]
    return names[0] if len(names) == 1 else None


def _may_be_a_name(text: str) -> bool:
    return bool(
        re.match(r"[A-ZÄÖÜÀ-Þ0-9]", text)
        and not re.search(r"27001|annex|anhang|\bISMS\b|\bversion\b|\bv\d|^\d|\b20\d\d\b|draft"
         r"|entwurf"
                          r"|confidential|internal|vertraulich", text, re.IGNORECASE)
        and len(text) <= 60
    )  # fmt: skip


def cover_rows(sheets: Iterable[Sheet]) -> list[tuple[Sheet, range]]:
    """Return the small sheets that may be covers, with their first rows."""
    return [(sheet, range(min(len(sheet.rows), 60))) for sheet in sheets if len(sheet.rows) <= 200]
