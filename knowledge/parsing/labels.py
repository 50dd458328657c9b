"""The labels under which documents state their facts, and where a line or a table states them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.passages import Block, BlockKind

_LABELS: dict[str, str] = {
    "title": "title; document title; policy title; document name; policy name; titel; "
    "dokumenttitel; dokumententitel; dokumentenname; titre; título; titulo",
    "identifier": "doc; document; dokument; "
    "document id; document no; document number; document ref; document reference; "
    "document code; document identifier; doc id; doc no; doc number; doc ref; policy id; "
    "policy no; "
    "policy number; policy ref; policy reference; procedure no; procedure number; standard no; "
    "reference; reference no; reference number; ref; ref no; identifier; id; dokumentennummer; "
    "dokumentnummer; dokumenten nr; dokument nr; dok nr; dokumenten id; dokument id; dok id; "
    "dokumentenkennung; kennung; richtliniennummer; référence; référence du document; "
    "numéro du document; código; código del documento; código de documento; codice documento; "
    "documentnummer; documentcode; documentkenmerk; kenmerk",
    "version": "version; version no; version number; version nr; current version; "
    "document version; "
    "policy version; revision; revision no; revision number; rev; rev no; issue; issue no; "
    "revisionsstatus; revisionsnummer; dokumentversion; dokumentenversion; "
    "issue number; versionsnummer; fassung; revisionsstand; ausgabe; version du document; "
    "révision; "
    "versión; revisión; versione; versie; versienummer; revisie; revisienummer; uitgave",
    "status": "status; document status; policy status; state; document state; lifecycle status; "
    "dokumentstatus; dokumentenstatus; bearbeitungsstatus; statut; statut du document; estado; "
    "stato",
    "owner": "owner; document owner; policy owner; procedure owner; standard owner; process owner; "
    "owned by; content owner; responsible; responsible person; document responsible; "
    "responsible owner; accountable; maintained by; policy lead; document lead; accountable director; "
    "responsible director; verantwortlich; verantwortlicher; "
    "verantwortliche; verantwortliche stelle; prozesseigner; prozesseigentümer; "
    "prozessverantwortlicher; dokumentenverantwortlicher; dokumentverantwortlicher; "
    "dokumentenverantwortliche; dokumentenverantwortung; dokumenteneigner; dokumenteneigentümer; "
    "eigentümer; eigner; richtlinienverantwortlicher; propriétaire; propriétaire du document; "
    "responsable; propietario; propietario del documento; responsabile; eigenaar; "
    "documenteigenaar; proceseigenaar; verantwoordelijke; beheerder",
    "approver": "approver; approved by; approval by; approval; approving authority; "
    "approval authority; approving body; approving committee; approval body; "
    "approval committee; approved by committee; "
    "authorised by; authorized by; signed off by; released by; ratified by; "
    "genehmigt durch; genehmigt von; genehmiger; freigegeben durch; freigegeben von; freigeber; "
    "freigabe durch; freigabe; approuvé par; approbation; approbateur; aprobado por; aprobador; "
    "approvato da; goedgekeurd door; vastgesteld door; goedkeuring",
    "classification": "classification; document classification; information classification; "
    "security classification; classification level; confidentiality; confidentiality level; "
    "sensitivity; sensitivity label; protective marking; klassifizierung; klassifikation; "
    "vertraulichkeit; vertraulichkeitsstufe; vertraulichkeitsgrad; geheimhaltungsstufe; "
    "sicherheitsklasse; vertraulichkeitsklasse; schutzklasse; einstufung; "
    "confidentialité; clasificación; classificazione; classificatie; vertrouwelijkheid; rubricering",
    "approved": "approved; approved on; approved at; approval date; date approved; "
    "date of approval; approved date; date ratified; date of ratification; ratification date; "
    " sign off date; ratified; ratified on; freigabedatum; "
    "genehmigungsdatum; genehmigt am; freigabe am; genehmigt; freigegeben am; freigegeben; "
    "datum der freigabe; "
    "beschlossen am; date d'approbation; approuvé le; fecha de aprobación; aprobado el; "
    "data di approvazione; datum goedkeuring; goedkeuringsdatum; goedgekeurd op; vastgesteld op; "
    "datum vaststelling",
    "effective": "effective; effective date; eff date; "
    "effective from; effective as of; effective since; "
    "date effective; valid from; valid since; in force from; in force since; applies from; "
    "applicable from; date of effect; commencement date; gültig ab; gültig seit; gültig von; "
    "in kraft ab; in kraft seit; in kraft; inkrafttreten; datum des inkrafttretens; wirksam ab; "
    "wirksam seit; geltungsbeginn; gültigkeit ab; entrée en vigueur; date d'entrée en vigueur; "
    "date d'effet; en vigueur depuis; fecha de entrada en vigor; entrada en vigor; vigente desde; "
    "in vigore dal; ingangsdatum; datum van ingang; geldig vanaf; van kracht vanaf; "
    "van kracht sinds; van kracht per; in werking sinds",
    "issued": "issue date; date issued; date of issue; issued; issued on; published; published on; "
    "publication date; date published; release date; released; released on; ausgabedatum; "
    "veröffentlicht am; veröffentlichungsdatum; date de publication; fecha de publicación; "
    "fecha de emisión; uitgiftedatum; publicatiedatum; gepubliceerd op",
    "retired": "retired; retired on; retirement date; date retired; withdrawn; withdrawn on; "
    "withdrawal date; superseded on; superseded; archived on; obsolete since; expired on; "
    "no longer valid since; zurückgezogen am; außer kraft am; außer kraft seit; außerkraftsetzung; "
    "abgelöst am; archiviert am; retiré le; retirado el; vervallen op; ingetrokken op",
    "next_review": "next review; next review date; next review due; date of next review; "
    "valid until; valid to; expires; expires on; expiry date; expiration date; gültig bis; "
    "gültigkeit bis; überprüfungsdatum; überprüfung am; revision fällig; "
    "review due; review due date; due for review; next scheduled review; next revision; review by; "
    "nächste überprüfung; nächste prüfung; nächste revision; nächstes review; nächster review; "
    "überprüfung bis; überprüfung fällig; nächste überarbeitung; wiedervorlage; "
    "prochaine révision; prochaine revue; próxima revisión; prossima revisione; "
    "volgende herziening; volgende beoordeling; volgende evaluatie; herzien voor; "
    "herzieningsdatum; geldig tot; geldig tot en met",
    "supersedes": "supersedes; supersedes version; replaces; replaces version; "
    "supersedes document; "
    "ersetzt; ersetzt version; löst ab; ersetzte version; remplace; sustituye; sustituye a; "
    "reemplaza; sostituisce; vervangt",
    "superseded_by": "superseded by; replaced by; ersetzt durch; abgelöst durch; remplacé par; "
    "sustituido por; vervangen door",
    "language": "language; lang; sprache; langue; idioma; lingua; taal",
    "controls": "annex a controls; annex a control; annex a; annex a references; controls; "
    "control; iso control; normreferenz; iso referenz; "
    "iso controls; iso 27001 controls; iso/iec 27001 controls; iso 27001 references; "
    "iso 27001 reference; iso 27001 control; iso 27001:2022 controls; iso/iec 27001:2022 controls; "
    "control references; control reference; related controls; relevant controls; "
    "applicable controls; controls covered; anhang a; annex a maßnahmen; maßnahmen; normbezug; "
    "referenz iso 27001; iso 27001 bezug; mesures; mesures de l'annexe a; controles",
    "other": "sponsor; executive sponsor; originator; name of originator; "
    "author; authors; prepared by; written by; created by; reviewed by; reviewer; "
    "date; datum; stand; last review; last reviewed; last updated; review date; reviewed; "
    "review cycle; review frequency; distribution; audience; scope; department; organisation; "
    "organization; company; page; document type; type; change history; verfasser; autor; "
    "ersteller; "
    "erstellt von; erstellt durch; geprüft von; geprüft durch; geprüft am; prüfer; bearbeiter; "
    "herausgeber; dokumentenart; dokumententyp; dokumentart; geltung; erstellt; geprüft; "
    "letzte überprüfung; letzte änderung; verteiler; geltungsbereich; "
    "unternehmen; seite; dokumenttyp; auteur; rédigé par; fecha; contact; approvals; signature; "
    "unterschrift; opgesteld door; beoordeeld door; laatste herziening; laatste wijziging; "
    "verspreiding; toepassingsgebied; pagina; created; "
    "creation date; erstellt am; prüfzyklus; überprüfungszyklus",
}
"""Field → labels under which documents state it. ``other`` labels only end a value before them."""


def _fold_label(text: str) -> str:
    spaced = re.sub(r"[\s_\-‐‑–]+", " ", text.casefold())
    return re.sub(r"\s*\.(?=\s|$)", "", spaced).strip(" *:#\"'()[]").replace("’", "'")


_FIELD_OF = {
    _fold_label(label): name for name, labels in _LABELS.items() for label in labels.split(";")
}


def field_of(label: str) -> str | None:
    """Return the field that a label states ("Dokument-Nr." is "identifier"), or None."""
    return _FIELD_OF.get(_fold_label(label))


def _label_pattern(before: str) -> re.Pattern[str]:
    words = sorted((_flexible(label) for label in _FIELD_OF), key=len, reverse=True)
    return re.compile(
        rf"(?:{before})\s*[*_>#\-•]*\s*"
        rf"(?P<label>{'|'.join(words)})\s*(?:\*\*|__)?\s*(?:[:：=]|\s[–—]\s|\t)\s*(?:\*\*|__)?",
        re.IGNORECASE,
    )


_LONGEST_LINE = 1_000
_COLON = re.compile(r"[:：=\t]|\s[–—]\s")


def _flexible(label: str) -> str:
    return r"\.?[\s_\-‐‑]+".join(re.escape(word) for word in label.split()) + r"\.?"


_LABEL = _label_pattern(r"^|(?<=[|·•;,\t(.])|(?<=\s[–—-])|(?<=\s\s)")
_NEXT_LABEL = _label_pattern(r"^|(?<=[|·•;,\t(.])|(?<=\s)(?=(?-i:[*_A-ZÄÖÜ]))")
"""Where labels may stand in a line that opens with one: "Document ID: POL-09 Version: 1.4"."""
_EMPTY = re.compile(
    r"^[\s\-–—.?…_/*]*$|^\W*(?:tb[cdas]|n/?a|none|nil|keine?r?s?|entfällt|pending|open|offen|to be "
    r"(?:confirmed|determined|decided|defined|approved|added)|unknown|unbekannt|not yet\b.*|"
    r"noch nicht\b.*|awaiting\b.*|not applicable|nicht zutreffend|ausstehend|aucune?|ninguno|x{2,}|"
    r"yyyy.*|dd[./-]mm.*|insert\b.*|your\b.*|placeholder)\W*$",
    re.IGNORECASE,
)


PLACEHOLDER = re.compile(r"^\s*(?:\[[^\]]*\]|<[^>]*>|\{\{?[^}]*\}\}?)\s*$")


def is_empty(value: str) -> bool:
    return bool(_EMPTY.match(value) or PLACEHOLDER.match(value))


def pairs_of(block: Block) -> tuple[tuple[str, str], ...]:
    """Return the (field, value) pairs that one block states under known labels."""
    if block.kind is BlockKind.TABLE_ROW:
        return tuple(_row_pairs(block))
    return tuple(pair for line in block.text.splitlines() for pair in line_pairs(line))


def labels_in(line: str) -> list[re.Match[str]]:
    if len(line) > _LONGEST_LINE or not _COLON.search(line):
        return []
    return list((_NEXT_LABEL if _LABEL.match(line) else _LABEL).finditer(line))


def line_pairs(line: str) -> Iterator[tuple[str, str]]:
    matches = labels_in(line)
    ends = [match.start() for match in matches[1:]] + [len(line)]
    for match, end in zip(matches, ends, strict=bool(matches)):
        value = line[match.end() : end]
        name = field_of(match.group("label"))
        if name and (len(value) <= 200):
            yield name, value


def _row_pairs(block: Block) -> Iterator[tuple[str, str]]:
    cells = block.cells
    if not cells:
        yield from line_pairs(block.text)
        return
    if (
        field_of(cells[0]) in ("approved", "approver")
        and len(cells) > 2
        and not any(field_of(cell) for cell in cells[1:])
    ):  # a row of signatures: who, in which role, when
        yield "approver", ", ".join(cell for cell in cells[1:] if cell.strip())
        return
    pair = len(cells) == 2 and not block.header
    if (
        len(cells) >= 2
        and names_a_field(cells[0])
        and (pair or not all(field_of(c) for c in cells if c.strip()))
    ):
        yield from cell_pairs(cells)
        return
    if len(block.header) == len(cells):
        for label, cell in zip(block.header, cells, strict=True):
            name = field_of(label)
            if name:
                yield name, cell


def cell_pairs(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    for label, value in zip(cells[::2], cells[1::2], strict=False):
        name = field_of(label)
        if name:
            yield name, value
        elif "/" in label:
            yield from _slashed_pairs(label, value)


def _slashed_pairs(label: str, value: str) -> Iterator[tuple[str, str]]:
    """Read "Version / status: 2.0 / approved"."""
    labels, values = label.split("/"), re.split(r"\s+/\s+", value)
    if field_of(labels[0]) in ("approver", "approved"):
        yield "approver", ", ".join(values)
        return
    if len(labels) == len(values):
        for one, said in zip(labels, values, strict=True):
            if name := field_of(one):
                yield name, said


def names_a_field(label: str) -> bool:
    """Tell whether a label states a field, or several ("Version / status")."""
    return field_of(label) is not None or any(field_of(one) for one in label.split("/"))


def signatures(rows: Sequence[Block]) -> tuple[tuple[str, str], ...]:
    """Read a table with a column for each who prepared, reviewed and approved; else nothing."""
    header = [field_of(label) for label in rows[0].header] if rows else []
    if not header or len(rows) > 3 or not {*header} & {"approver", "approved"}:
        return ()
    if not {*header} <= {"approver", "approved", "other"}:
        return ()
    return tuple(
        ("approver", ", ".join(cell for row in rows for cell in row.cells[at : at + 1] if cell))
        for at, name in enumerate(header)
        if name in ("approver", "approved")
    )


def is_document_control(blocks: Sequence[Block]) -> bool:
    """Tell whether these blocks are a document-control table or its lines.

    They are if most of them state facts, and at least two facts together.
    """
    pairs = [pairs_of(block) for block in blocks]
    fields = {name for found in pairs for name, _ in found if name != "other"}
    stating = sum(bool(found) for found in pairs)
    return len(fields) >= 2 and stating * 2 > len(blocks)


_CONTROL_HEADING = re.compile(
    r"document (?:control|information|details|management|history|properties|data)|"
    r"(?:version|revision|change) (?:history|control|log|record)|(?:policy|control) information|"
    r"approvals?(?: and (?:review|ownership))?$|ownership(?: and (?:approval|review))?|"
    r"(?:review|approval) and (?:approval|review)|dokumentenlenkung|dokumentlenkung|"
    r"dokumenteninformation|dokumenteigenschaften|dokumentensteuerung|änderungshistorie|"
    r"versionshistorie|änderungsverzeichnis|freigabe$|contrôle (?:du|des) documents?|"
    r"historique|control (?:del documento|documental|de cambios)|historial|"
    r"document(?:beheer|gegevens|informatie|eigenschappen)|versiebeheer|revisiehistorie|"
    r"wijzigingshistorie",
    re.IGNORECASE,
)


def says_control(heading: str) -> bool:
    """Tell whether a heading opens a part in which a document states its own facts."""
    return _CONTROL_HEADING.search(heading) is not None


_MOST_CONTROL_ROWS = 25
_IDENTIFYING = frozenset({"version", "identifier", "approver", "approved", "effective"})


def is_control_table(rows: Sequence[Block]) -> bool:
    """Tell whether a table's rows are labels and values of the document's own facts.

    Unlike `is_document_control` it is sure enough to be asked of a table anywhere in the text: a
    list of many documents, with a label in each column, is none.
    """
    header = [field_of(label) for label in rows[0].header] if rows else []
    if signatures(rows):
        return True
    if len(rows) == 1 and all(header) and {"approver", "approved"} & {*header}:
        return not {"identifier", "title"} & {*header}  # else it lists another document
    fields: set[str] = set()
    keyed = 0
    for row in rows:
        labels = [name for cell in row.cells[::2] if (name := field_of(cell))]
        if len(row.cells) >= 2 and field_of(row.cells[0]):
            fields.update(labels)
            keyed += 1
    signed = bool(fields & {"approver", "approved"}) and "other" in fields and len(rows) <= 5
    enough = (len(fields - {"other"}) >= 3 or signed) and bool(fields & _IDENTIFYING)
    return enough and keyed * 2 > len(rows) and len(rows) <= _MOST_CONTROL_ROWS


def is_version_history(header: Sequence[str]) -> bool:
    """Tell whether a table with this header lists a document's versions, not many documents."""
    columns = {history_column(label) for label in header}
    lists_documents = any(field_of(label) in ("title", "identifier") for label in header)
    return (
        {"version", "date"} <= columns
        and bool({"author", "change"} & columns)
        and not lists_documents
        and len(header) <= 7
    )


_HISTORY_WORDS = (
    ("version", r"version|revision|rev|issue|fassung|ausgabe|nr|versión|révision|versie|revisie"),
    ("date", r"date|datum|fecha|approved|freigegeben|genehmigt|stand"),
    (
        "author",
        r"author|editor|by|autor|verfasser|bearbeiter|ersteller|von|durch|auteur|name|owner|door",
    ),
    (
        "change",
        r"changes?|descriptions?|reason|summary|änderung(?:en)?|beschreibung|grund|comments?|"
        r"bemerkung(?:en)?|notes?|modifications?|cambios?|details|amendments?|wijziging(?:en)?|"
        r"omschrijving",
    ),
)


def history_column(label: str) -> str | None:
    for name, words in _HISTORY_WORDS:
        if re.search(rf"(?<!\w)(?:{words})(?!\w)", label, re.IGNORECASE):
            return name
    return None
