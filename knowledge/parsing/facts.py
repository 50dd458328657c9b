"""Find what a document says of itself as a controlled document.

Sources in order of trust: front matter, the document-control table or "Key: value" lines, page
headers and footers, the file name, the first heading. The first source that speaks on a field wins;
nothing is guessed. One mark outranks the order: a document marked as retired anywhere is retired,
since such a mark is made after the table that still says "approved".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath

from knowledge.controls import control_ids
from knowledge.passages import Block, BlockKind, Facts, Status
from knowledge.text import sentences

FRONT_MATTER = "front matter"
CONTROL_TABLE = "control table"
HEADER = "header"
FOOTER = "footer"
FILE_NAME = "file name"
FIRST_HEADING = "first heading"

_LABELS: dict[str, str] = {
    "title": "title; document title; policy title; document name; policy name; titel; "
    "dokumenttitel; dokumententitel; dokumentenname; titre; título; titulo",
    "identifier": "document id; document no; document number; document ref; document reference; "
    "document code; document identifier; doc id; doc no; doc number; doc ref; policy id; policy no; "
    "policy number; policy ref; policy reference; procedure no; procedure number; standard no; "
    "reference; reference no; reference number; ref; ref no; identifier; id; dokumentennummer; "
    "dokumentnummer; dokumenten nr; dokument nr; dok nr; dokumenten id; dokument id; dok id; "
    "dokumentenkennung; kennung; richtliniennummer; référence; référence du document; "
    "numéro du document; código; código del documento; código de documento; codice documento; "
    "documentnummer",
    "version": "version; version no; version number; version nr; current version; document version; "
    "policy version; revision; revision no; revision number; rev; rev no; issue; issue no; "
    "issue number; versionsnummer; fassung; revisionsstand; ausgabe; version du document; révision; "
    "versión; revisión; versione; versie",
    "status": "status; document status; policy status; state; document state; lifecycle status; "
    "dokumentstatus; dokumentenstatus; bearbeitungsstatus; statut; statut du document; estado; "
    "stato",
    "owner": "owner; document owner; policy owner; procedure owner; standard owner; process owner; "
    "owned by; content owner; responsible; responsible person; document responsible; "
    "responsible owner; accountable; maintained by; verantwortlich; verantwortlicher; "
    "verantwortliche; dokumentenverantwortlicher; dokumentverantwortlicher; "
    "dokumentenverantwortliche; dokumentenverantwortung; dokumenteneigner; dokumenteneigentümer; "
    "eigentümer; eigner; richtlinienverantwortlicher; propriétaire; propriétaire du document; "
    "responsable; propietario; propietario del documento; responsabile; eigenaar",
    "approver": "approver; approved by; approval by; approval; approving authority; "
    "approval authority; authorised by; authorized by; signed off by; released by; ratified by; "
    "genehmigt durch; genehmigt von; genehmiger; freigegeben durch; freigegeben von; freigeber; "
    "freigabe durch; freigabe; approuvé par; approbation; approbateur; aprobado por; aprobador; "
    "approvato da; goedgekeurd door",
    "classification": "classification; document classification; information classification; "
    "security classification; classification level; confidentiality; confidentiality level; "
    "sensitivity; sensitivity label; protective marking; klassifizierung; klassifikation; "
    "vertraulichkeit; vertraulichkeitsstufe; vertraulichkeitsklasse; schutzklasse; einstufung; "
    "confidentialité; clasificación; classificazione",
    "approved": "approved; approved on; approved at; approval date; date approved; "
    "date of approval; approved date; sign off date; ratified; ratified on; freigabedatum; "
    "genehmigungsdatum; genehmigt am; genehmigt; freigegeben am; freigegeben; datum der freigabe; "
    "beschlossen am; date d'approbation; approuvé le; fecha de aprobación; aprobado el; "
    "data di approvazione",
    "effective": "effective; effective date; effective from; effective as of; effective since; "
    "date effective; valid from; valid since; in force from; in force since; applies from; "
    "applicable from; date of effect; commencement date; gültig ab; gültig seit; gültig von; "
    "in kraft ab; in kraft seit; in kraft; inkrafttreten; datum des inkrafttretens; wirksam ab; "
    "wirksam seit; geltungsbeginn; gültigkeit ab; entrée en vigueur; date d'entrée en vigueur; "
    "date d'effet; en vigueur depuis; fecha de entrada en vigor; entrada en vigor; vigente desde; "
    "in vigore dal; ingangsdatum",
    "issued": "issue date; date of issue; issued; issued on; published; published on; "
    "publication date; date published; release date; released; released on; ausgabedatum; "
    "veröffentlicht am; veröffentlichungsdatum; date de publication; fecha de publicación; "
    "fecha de emisión",
    "retired": "retired; retired on; retirement date; date retired; withdrawn; withdrawn on; "
    "withdrawal date; superseded on; superseded; archived on; obsolete since; expired on; "
    "no longer valid since; zurückgezogen am; außer kraft am; außer kraft seit; außerkraftsetzung; "
    "abgelöst am; archiviert am; retiré le; retirado el",
    "next_review": "next review; next review date; next review due; date of next review; "
    "review due; review due date; due for review; next scheduled review; next revision; review by; "
    "nächste überprüfung; nächste prüfung; nächste revision; nächstes review; nächster review; "
    "überprüfung bis; überprüfung fällig; nächste überarbeitung; wiedervorlage; "
    "prochaine révision; prochaine revue; próxima revisión; prossima revisione",
    "supersedes": "supersedes; supersedes version; replaces; replaces version; supersedes document; "
    "ersetzt; ersetzt version; löst ab; ersetzte version; remplace; sustituye; sustituye a; "
    "reemplaza; sostituisce; vervangt",
    "superseded_by": "superseded by; replaced by; ersetzt durch; abgelöst durch; remplacé par; "
    "sustituido por",
    "language": "language; lang; sprache; langue; idioma; lingua; taal",
    "controls": "annex a controls; annex a control; annex a; annex a references; controls; "
    "iso controls; iso 27001 controls; iso/iec 27001 controls; iso 27001 references; "
    "iso 27001 reference; iso 27001 control; iso 27001:2022 controls; iso/iec 27001:2022 controls; "
    "control references; control reference; related controls; relevant controls; "
    "applicable controls; controls covered; anhang a; annex a maßnahmen; maßnahmen; normbezug; "
    "referenz iso 27001; iso 27001 bezug; mesures; mesures de l'annexe a; controles",
    "other": "author; authors; prepared by; written by; created by; reviewed by; reviewer; "
    "date; datum; stand; last review; last reviewed; last updated; review date; reviewed; "
    "review cycle; review frequency; distribution; audience; scope; department; organisation; "
    "organization; company; page; document type; type; change history; verfasser; autor; ersteller; "
    "erstellt von; geprüft von; letzte überprüfung; letzte änderung; verteiler; geltungsbereich; "
    "unternehmen; seite; dokumenttyp; auteur; rédigé par; fecha; contact; approvals; signature; "
    "unterschrift; created; creation date; erstellt am; prüfzyklus; überprüfungszyklus",
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


_PLACEHOLDER = re.compile(r"^\s*(?:\[[^\]]*\]|<[^>]*>|\{\{?[^}]*\}\}?)\s*$")


def _is_empty(value: str) -> bool:
    return bool(_EMPTY.match(value) or _PLACEHOLDER.match(value))


# Dates.

_MONTH_NAMES = (
    "january januar janvier enero gennaio januari jan janv ene gen jän jänner",
    "february februar février febrero febbraio februari feb févr fevrier",
    "march märz mars marzo maart mar mär mrz",
    "april avril abril aprile apr avr abr",
    "may mai mayo maggio mei mag",
    "june juni juin junio giugno jun giu",
    "july juli juillet julio luglio jul juil lug",
    "august août agosto augustus aug aout ago",
    "september septembre septiembre settembre sep sept set",
    "october oktober octobre octubre ottobre oct okt ott",
    "november novembre noviembre nov",
    "december dezember décembre diciembre dicembre dec dez déc dic",
)
_MONTHS = {name: n for n, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?<![\d.])(?:"
    r"(?P<iso>(?:19|20)\d\d)[-/.](?P<iso_m>\d{1,2})[-/.](?P<iso_d>\d{1,2})"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.|º|er)?\s*(?:of\s+|de\s+|[-/])?\s*(?P<m1>{_MONTH})\.?,?\s*"
    r"(?:de\s+|del\s+|[-/])?\s*(?P<y1>(?:19|20)\d\d)"
    rf"|(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>(?:19|20)\d\d)"
    r"|(?P<d3>\d{1,2})\s?\.\s?(?P<m3>\d{1,2})\s?\.\s?(?P<y3>(?:19|20)\d\d|\d\d(?!\d))"
    r"|(?P<p4>\d{1,2})(?P<s4>[/-])(?P<q4>\d{1,2})(?P=s4)(?P<y4>(?:19|20)\d\d)"
    r")(?!\d|[.,]\d)",
    re.IGNORECASE,
)


def find_dates(text: str, *, day_first: bool | None = None) -> tuple[tuple[date, int, int], ...]:
    """Return (date, start, end) for every date in `text`.

    02/03/2026 counts only if one part is above 12, both are equal, or `day_first` says how to
    read it.
    """
    found: list[tuple[date, int, int]] = []
    for match in _DATE.finditer(text):
        read = _date(match, day_first)
        if read is not None:
            found.append((read, match.start(), match.end()))
    return tuple(found)


def _date(match: re.Match[str], day_first: bool | None) -> date | None:
    part = match.groupdict()
    if part["iso"]:
        return _valid(part["iso"], part["iso_m"], part["iso_d"])
    if part["m1"]:
        return _valid(part["y1"], str(_MONTHS[part["m1"].lower()]), part["d1"])
    if part["m2"]:
        return _valid(part["y2"], str(_MONTHS[part["m2"].lower()]), part["d2"])
    if part["m3"]:
        year = part["y3"] if len(part["y3"]) == 4 else f"20{part['y3']}"
        return _valid(year, part["m3"], part["d3"])
    first, second = int(part["p4"]), int(part["q4"])
    if first > 12 or first == second or (day_first is True and second <= 12):
        return _valid(part["y4"], part["q4"], part["p4"])
    if second > 12 or day_first is False:
        return _valid(part["y4"], part["p4"], part["q4"])
    return None


def _valid(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _day_first(texts: Iterable[str], language: str) -> bool | None:
    """Tell how the document writes 02/03/2026, from its other dates or its language."""
    seen: set[bool] = set()
    for text in texts:
        for match in _DATE.finditer(text):
            if match.group("p4"):
                first, second = int(match.group("p4")), int(match.group("q4"))
                if (first > 12) != (second > 12):
                    seen.add(first > 12)
    if len(seen) == 1:
        return seen.pop()
    return True if language != "en" and not seen else None


# Status.

_NOT_YET = (
    r"not (?:yet )?(?:approved|published|released|in force)|(?:to be|awaiting|pending|for|under|in)"
    r"(?: \w+)? (?:approval|review|approved|consultation)|(?:zur|in|unter) (?:\w+ )?(?:prüfung|"
    r"freigabe|abstimmung|bearbeitung|review)|noch nicht|unapproved|ausstehend|pending"
)
_STATUS_WORDS: tuple[tuple[Status, str], ...] = (
    (
        Status.RETIRED,
        r"retired|withdrawn|superseded|obsolete|archived|deprecated|revoked|expired|cancell?ed|"
        r"no longer (?:valid|in force)|zurückgezogen|abgelöst|außer kraft(?: gesetzt)?|ungültig|"
        r"veraltet|archiviert|aufgehoben|ersetzt durch|retirée?|obsolète|abrogée?|retirad[oa]|"
        r"obsolet[oa]|derogad[oa]|ritirato|vervallen",
    ),
    (
        Status.DRAFT,
        rf"{_NOT_YET}|draft|entwurf|work in progress|wip|proposed|proposal|preliminary|vorläufig|"
        r"arbeitsfassung|vorabfassung|brouillon|projet|borrador|bozza|concept",
    ),
    (
        Status.EXTERNAL,
        r"external(?: document)?|supplier(?: document)?|third[- ]party(?: document)?|vendor"
        r"(?: document)?|extern(?:es dokument)?|lieferantendokument|fremddokument|externe|externo",
    ),
    (
        Status.APPROVED,
        r"approved|published|in force|final|effective|released|active|current|valid|issued|"
        r"authori[sz]ed|ratified|adopted|freigegeben|genehmigt|gültig|in kraft|verabschiedet|"
        r"veröffentlicht|beschlossen|wirksam|approuvée?|en vigueur|aprobad[oa]|vigente|publicad[oa]|"
        r"approvat[oa]|in vigore|goedgekeurd|definitief",
    ),
)
_STATUS = tuple(
    (status, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE))
    for status, words in _STATUS_WORDS
)


def status_of(text: str) -> Status:
    """Read a status value ("Approved", "Entwurf v0.3", "Withdrawn on 1 May"); UNKNOWN if unclear."""
    for status, pattern in _STATUS:
        if pattern.search(text):
            return status
    return Status.UNKNOWN


_BANNER = re.compile(
    r"^\W*(?:this (?:document|policy|procedure|standard|version|guideline|text) (?:is|was|has been)|"
    r"dieses? (?:dokument|richtlinie|version|fassung|verfahren) (?:ist|wurde))\s+(?:a |an |ein |eine )?"
    r"(?P<said>[^.]{3,60})",
    re.IGNORECASE,
)
_SHOUT = re.compile(
    r"^\W*(?P<said>DRAFT|RETIRED|SUPERSEDED|WITHDRAWN|OBSOLETE|ARCHIVED|ENTWURF|ZURÜCKGEZOGEN|"
    r"ABGELÖST|UNGÜLTIG|BROUILLON|BORRADOR|EXTERNAL DOCUMENT|NOT APPROVED|"
    r"(?:Draft|Retired|Superseded|Withdrawn|Obsolete|Archived|Entwurf|Zurückgezogen|Abgelöst)"
    r"(?=\W*$|\s*[:–—,;.(-]|\s+(?:version|for review|for approval|by|on|document|copy|since|durch|am)\b))"
    r"(?!\w)"
)


def _banner(line: str) -> Status:
    """Read a line that marks the whole document, such as "RETIRED - replaced by STD-04 v1.4"."""
    match = _SHOUT.match(line) or (_BANNER.match(line) if len(line) < 160 else None)
    if not match or len(line.split()) > 24:
        return Status.UNKNOWN
    status = status_of(match.group("said"))
    return status if status in (Status.DRAFT, Status.RETIRED) else Status.UNKNOWN


# Identifiers and versions.

_ID_SHAPE = (
    r"[A-ZÄÖÜ]{2,8}(?:[-_.][A-ZÄÖÜ]{1,8}){0,3}(?:[-_.]?\d{1,4})(?:[-.]\d{1,4}){0,3}"
    r"|[A-Z]{1,4}-\d{2,4}(?:-\d{1,4})*"
)
_IDENTIFIER = re.compile(rf"(?<![\w.-])(?:{_ID_SHAPE})(?![\w-]|\.\d)")
_NOT_AN_IDENTIFIER = re.compile(
    r"(?:ISO|IEC|EN|DIN|NIST|SP|BSI|TLS|SSL|SHA|AES|RSA|CVE|CWE|RFC|UTF|SOC|NIS|PCI|CSF|COVID|GDPR|"
    r"MD|WPA|FIPS|ITIL|OWASP|HTTP|IPV|FIDO|USB|VER|REV|PAGE|STAND|VERSION|SEITE|V|TLP|COBIT|EU|FY|"
    r"Q|KW|CET|UTC|ANNEX)[-_. ]?\d",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?<![\w.])(?:version|fassung|versión|versione|versie|ver\.?|v\.?|issue|ausgabe)\s*[:.]?\s*"
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?)(?![\w]|\.\d)"
    r"|(?<![\w.])(?:rev(?:ision)?\.?)\s*[:.]?\s*(?P<revision>[A-Z](?!\w)|\d{1,3}(?:\.\d{1,3})*)(?![\w])",
    re.IGNORECASE,
)
_VERSION_VALUE = re.compile(
    r"^\W*(?:version|ver\.?|v\.?|rev(?:ision)?\.?|issue)?\s*[:.]?\s*"
    r"(?P<number>\d{1,4}(?:\.\d{1,3}){0,3}[a-z]?|[A-Z])(?![\w]|\.\d)",
    re.IGNORECASE,
)


def find_identifier(text: str) -> str | None:
    """Return the first thing in `text` that is shaped like a document id (POL-05, QMS.7.3)."""
    for match in _IDENTIFIER.finditer(text):
        if not _NOT_AN_IDENTIFIER.match(match.group()):
            return match.group()
    return None


def _version_in(text: str) -> str | None:
    match = _VERSION.search(text)
    return (match.group("number") or match.group("revision")) if match else None


_CLASSES = re.compile(
    r"^\W*(?:(?:classification|klassifizierung)\s*[:–-]?\s*)?(?P<class>(?:strictly |highly |company |"
    r"streng |nur für )?(?:public|internal(?: use)?(?: only)?|confidential|restricted|secret|"
    r"öffentlich|intern(?:en gebrauch)?|vertraulich|geheim|tlp[: ]?(?:clear|white|green|amber"
    r"(?:\+strict)?|red)|confidentiel|interne|confidencial|interno))\W*$",
    re.IGNORECASE,
)

# Collecting what the sources say.


@dataclass
class _Claims:
    """What has been said so far; the first source to speak on a field keeps it."""

    day_first: bool | None = None
    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    statuses: list[tuple[Status, str]] = field(default_factory=list)

    def say(self, name: str, value: object, place: str) -> None:
        if value not in (None, "", ()) and name not in self.values:
            self.values[name] = value
            self.places[name] = place

    def mark(self, status: Status, place: str) -> None:
        if status is not Status.UNKNOWN:
            self.statuses.append((status, place))

    def state(self, name: str, value: str, place: str) -> None:
        """Record a labelled value, read the way its field is read."""
        value = _clean(value)
        if name == "other" or not value or _PLACEHOLDER.match(value):
            return
        if name != "status" and _is_empty(value):
            return
        dates = [d for d, _, _ in find_dates(value, day_first=self.day_first)]
        if name in ("approved", "effective", "retired", "next_review", "issued"):
            self._state_date(name, value, dates, place)
        elif name == "status":
            self._state_status(value, dates, place)
        elif name == "approver":
            self._state_approver(value, dates, place)
        elif name == "version":
            match = _VERSION_VALUE.match(value)
            self.say("version", match.group("number") if match else None, place)
        elif name == "identifier":
            self.say("identifier", _labelled_identifier(value), place)
        elif name == "supersedes":
            self.say("supersedes", _superseded(value), place)
        elif name == "superseded_by":
            self.mark(Status.RETIRED, place)
        elif name == "controls":
            self.say("controls", control_ids(f"controls {value}"), place)
        elif name == "language":
            self.say("language", _language_named(value), place)
        else:
            self.say(name, value, place)

    def _state_date(self, name: str, value: str, dates: list[date], place: str) -> None:
        if dates:
            self.say(name, dates[0], place)
            if name == "approved":
                self.say("approval evidence", Status.APPROVED, place)
            if name == "retired":
                self.mark(Status.RETIRED, place)
        if name == "approved":
            by = re.search(r"\b(?:by|durch|von|par|por)\s+(.+)", value)
            if by and dates:
                self.say("approver", _without_dates(by.group(1), self.day_first), place)

    def _state_status(self, value: str, dates: list[date], place: str) -> None:
        status = status_of(value)
        self.mark(status, place)
        if dates and status is Status.APPROVED:
            self.say("approved", dates[0], place)
        if dates and status is Status.RETIRED:
            self.say("retired", dates[0], place)

    def _state_approver(self, value: str, dates: list[date], place: str) -> None:
        name = _without_dates(value, self.day_first)
        if name and not _is_empty(name) and status_of(name) is not Status.DRAFT:
            self.say("approver", name, place)
        if dates:
            self.say("approved", dates[0], place)
            self.say("approval evidence", Status.APPROVED, place)


def _clean(value: str) -> str:
    value = re.sub(r"\s+", " ", value.replace("**", "").replace("__", ""))
    value = value.strip(" \t|·•;,–—*")
    return (
        value[:-1].rstrip()
        if value.endswith(".") and not re.search(r"\w\.\w*\.$", value)
        else value
    )


def _without_dates(value: str, day_first: bool | None) -> str:
    """Return the name in "the CEO on 2 March 2026" or "2026-03-02, CEO"."""
    dates = find_dates(value, day_first=day_first)
    if dates:
        _, start, end = dates[0]
        value = value[:start] if value[:start].strip(" ,;(") else value[end:]
    value = re.sub(r"[\s,;(–—-]*\b(?:on|am|le|el|dated?|vom|date)\b[\s,:)(]*$", "", value)
    return value.strip(" ,;:–—-(")


def _labelled_identifier(value: str) -> str | None:
    shaped = find_identifier(value)
    if shaped:
        return shaped
    first = value.split()[0].strip(",;()")
    return first if re.search(r"\d", first) and len(first) <= 30 else None


def _superseded(value: str) -> tuple[str, ...]:
    parts = re.split(r"\s*[;,]\s*|\s+(?:and|und|et|y|sowie)\s+", value)
    return tuple(p.strip(" .") for p in parts if p.strip(" .") and not _is_empty(p))


_LANGUAGES = {
    "en": "en english englisch anglais inglés",
    "de": "de german deutsch allemand alemán",
    "fr": "fr french französisch français francés",
    "es": "es spanish spanisch español espagnol",
    "it": "it italian italienisch italiano",
    "nl": "nl dutch niederländisch nederlands",
}


def _language_named(value: str) -> str | None:
    first = re.split(r"[\s,;_/-]", value.casefold())[0]
    return next((code for code, names in _LANGUAGES.items() if first in names.split()), None)


_STOP_WORDS = {
    "en": "the of and to in is are for be by that with as on this must shall or not from it at all",
    "de": "der die das und ist sind für von den dem des mit nicht werden wird eine ein auf zu oder im",
    "fr": "le la les des et est sont pour dans une un du que qui par sur avec pas doit être aux ou",
    "es": "el la los las de y es son para en una un del que por con no se deben debe o su al",
    "it": "il la gli le di e è sono per in una un del che con non si della dei deve o al",
    "nl": "de het een en is zijn voor van in op met niet worden wordt dat door aan of bij moet",
}
_STOPS = {code: frozenset(words.split()) for code, words in _STOP_WORDS.items()}


def language_of(text: str) -> str:
    """Return the language of `text` by its stop words; English if the text is too short to tell."""
    words = re.findall(r"[^\W\d_]+", text[:8_000].casefold())
    counted = Counter(words)
    counts = {code: sum(counted[word] for word in stops) for code, stops in _STOPS.items()}
    best = max(counts, key=lambda code: counts[code])
    enough = counts[best] >= 4 and counts[best] * 12 >= len(words)
    return best if enough and counts[best] > 1.3 * counts["en"] else "en"


# The places in a document where facts stand.

_CONTROL_HEADING = re.compile(
    r"document (?:control|information|details|management|history|properties|data)|"
    r"(?:version|revision|change) (?:history|control|log|record)|(?:policy|control) information|"
    r"approvals?(?: and (?:review|ownership))?$|ownership(?: and (?:approval|review))?|"
    r"(?:review|approval) and (?:approval|review)|dokumentenlenkung|dokumentlenkung|"
    r"dokumenteninformation|dokumenteigenschaften|dokumentensteuerung|änderungshistorie|"
    r"versionshistorie|änderungsverzeichnis|freigabe$|contrôle (?:du|des) documents?|"
    r"historique|control (?:del documento|documental|de cambios)|historial",
    re.IGNORECASE,
)
_GENERIC_HEADING = re.compile(
    r"^(?:tl;?\s?dr|(?:table of )?contents?|inhalt(?:sverzeichnis)?|document control|introduction|"
    r"einleitung|purpose|zweck|scope|geltungsbereich|summary|overview|abstract|approvals?|"
    r"revision history|version history|change history|document (?:history|information|details))$",
    re.IGNORECASE,
)


def pairs_of(block: Block) -> tuple[tuple[str, str], ...]:
    """Return the (field, value) pairs that one block states under known labels."""
    if block.kind is BlockKind.TABLE_ROW:
        return tuple(_row_pairs(block))
    return tuple(pair for line in block.text.splitlines() for pair in _line_pairs(line))


def _labels(line: str) -> list[re.Match[str]]:
    if len(line) > _LONGEST_LINE or not _COLON.search(line):
        return []
    return list((_NEXT_LABEL if _LABEL.match(line) else _LABEL).finditer(line))


def _line_pairs(line: str) -> Iterator[tuple[str, str]]:
    matches = _labels(line)
    ends = [match.start() for match in matches[1:]] + [len(line)]
    for match, end in zip(matches, ends, strict=bool(matches)):
        value = line[match.end() : end]
        name = field_of(match.group("label"))
        if name and (len(value) <= 200):
            yield name, value


def _row_pairs(block: Block) -> Iterator[tuple[str, str]]:
    cells = block.cells
    if not cells:
        yield from _line_pairs(block.text)
        return
    if len(cells) >= 2 and field_of(cells[0]) and not all(field_of(c) for c in cells if c.strip()):
        yield from _in_pairs(cells)
        return
    if len(block.header) == len(cells):
        for label, cell in zip(block.header, cells, strict=True):
            name = field_of(label)
            if name:
                yield name, cell


def _in_pairs(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    for label, value in zip(cells[::2], cells[1::2], strict=False):
        name = field_of(label)
        if name:
            yield name, value


def is_document_control(blocks: Sequence[Block]) -> bool:
    """Tell whether these blocks are a document-control table or its lines.

    They are if most of them state facts, and at least two facts together.
    """
    pairs = [pairs_of(block) for block in blocks]
    fields = {name for found in pairs for name, _ in found if name != "other"}
    stating = sum(bool(found) for found in pairs)
    return len(fields) >= 2 and stating * 2 > len(blocks)


def is_version_history(header: Sequence[str]) -> bool:
    """Tell whether a table with this header lists a document's versions, not many documents."""
    columns = {_history_column(label) for label in header}
    lists_documents = any(field_of(label) in ("title", "identifier") for label in header)
    return (
        {"version", "date"} <= columns
        and bool({"author", "change"} & columns)
        and not lists_documents
        and len(header) <= 7
    )


_HISTORY_WORDS = (
    ("version", r"version|revision|rev|issue|fassung|ausgabe|nr|versión|révision"),
    ("date", r"date|datum|fecha|approved|freigegeben|genehmigt|stand"),
    (
        "author",
        r"author|editor|by|autor|verfasser|bearbeiter|ersteller|von|durch|auteur|name|owner",
    ),
    (
        "change",
        r"changes?|descriptions?|reason|summary|änderung(?:en)?|beschreibung|grund|comments?|"
        r"bemerkung(?:en)?|notes?|modifications?|cambios?|details",
    ),
)


def _history_column(label: str) -> str | None:
    for name, words in _HISTORY_WORDS:
        if re.search(rf"(?<!\w)(?:{words})(?!\w)", label, re.IGNORECASE):
            return name
    return None


def find_facts(
    source: str,
    blocks: Sequence[Block],
    *,
    metadata: Mapping[str, object] | None = None,
    header_lines: Sequence[str] = (),
    footer_lines: Sequence[str] = (),
) -> Facts:
    """Collect the facts of a document from everything that states them.

    `source` is its path; `metadata` is front matter or what a file's format calls so; header and
    footer lines are those printed on its pages. `Facts.found_in` names the place of each fact.
    """
    text = "\n".join(block.text for block in blocks)
    start = list(_control_region(blocks))
    shown = [*(b.text for b in start), *header_lines, *footer_lines]
    claims = _Claims(day_first=_day_first(shown, language_of(text)))
    _from_metadata(claims, metadata or {})
    _from_region(claims, start)
    for line in header_lines:
        _from_line(claims, line, HEADER)
    for line in footer_lines:
        _from_line(claims, line, FOOTER)
    _from_file_name(claims, source)
    _from_history(claims, blocks)
    _title(claims, source, blocks)
    claims.say("language", language_of(text), "")
    return _facts(claims)


def _from_metadata(claims: _Claims, metadata: Mapping[str, object]) -> None:
    for key, raw in metadata.items():
        name = field_of(str(key))
        if name is None:
            continue
        if isinstance(raw, list | tuple):
            value = ", ".join(str(v) for v in raw)
        elif isinstance(raw, datetime):
            value = raw.date().isoformat()
        else:
            value = "" if raw is None else str(raw)
        claims.state(name, value, FRONT_MATTER)


def _control_region(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks where a document speaks of itself: its start and its control sections."""
    opening, inside = True, False
    since = 0
    for index, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            inside = _CONTROL_HEADING.search(block.text) is not None
            first_section = bool(block.number) or since > 0 or index > 3
            opening = opening and not (first_section and not inside and index > 0)
            continue
        since += 1
        if inside or (opening and since <= 25):
            yield block


def _from_region(claims: _Claims, region: Sequence[Block]) -> None:
    tables: dict[tuple[str | None, int | None], list[Block]] = {}
    for block in region:
        if block.kind is BlockKind.TABLE_ROW:
            tables.setdefault((block.sheet, block.table), []).append(block)
    for block in region:
        if block.kind is BlockKind.TABLE_ROW:
            rows = tables[(block.sheet, block.table)]
            if block.sheet is None and not is_version_history(block.header):
                _from_row(claims, block, rows)
            continue
        pairs = pairs_of(block)
        for name, value in pairs:
            claims.state(name, value, CONTROL_TABLE)
        for line in block.text.splitlines():
            if not _LABEL.search(line):
                _from_bare(claims, line, CONTROL_TABLE)


def _from_row(claims: _Claims, block: Block, rows: Sequence[Block]) -> None:
    """Read a row of a control table; a row among many under a wide header is a record."""
    keyed = len(block.cells) == 1 or (len(block.cells) >= 2 and field_of(block.cells[0]))
    if not keyed and len(rows) > 1:
        return
    if block is rows[0] and len(block.header) >= 2 and field_of(block.header[0]):
        if not all(field_of(label) for label in block.header if label.strip()):
            for name, value in _in_pairs(block.header):
                claims.state(name, value, CONTROL_TABLE)
    for name, value in pairs_of(block):
        claims.state(name, value, CONTROL_TABLE)


_APPROVED_BY = re.compile(
    r"^\W*(?:this \w+ (?:was|has been|is) )?(?:approved|authori[sz]ed|ratified|adopted|released|"
    r"genehmigt|freigegeben|beschlossen|approuvée?|aprobado)\s+(?:by|durch|von|par|por)\s+(?P<who>.+)",
    re.IGNORECASE,
)
_DATED = (
    (
        "effective",
        r"effective|valid from|in force (?:from|since)|gültig (?:ab|seit)|in kraft (?:ab|"
        r"seit)|wirksam ab|applies from|en vigueur|vigente desde",
    ),
    (
        "next_review",
        r"next review|review due|due for review|nächste (?:über)?prüfung|"
        r"prochaine révision|próxima revisión",
    ),
    ("approved", r"approved|approval date|freigegeben|genehmigt|freigabe|beschlossen"),
    ("retired", r"retired|withdrawn|superseded|zurückgezogen|abgelöst|außer kraft"),
)
_DATED_PATTERNS = tuple(
    (name, re.compile(rf"^\W*(?:{words})\b(?P<rest>.*)", re.IGNORECASE)) for name, words in _DATED
)
_REPLACES = re.compile(
    r"\b(?:supersedes|replaces|ersetzt|remplace|sustituye)\s+(?!by\b|durch\b)(?P<what>[^.]*(?:\.\d[^.]*)*)",
    re.IGNORECASE,
)
_SEGMENTS = re.compile(r"\s*(?:\||·|•|\t|;|\s[–—-]\s|\s{3,})\s*")


def _from_line(claims: _Claims, line: str, place: str) -> None:
    """Read a printed header or footer: labelled values, and bare ones between separators."""
    matches = _labels(line)
    for name, value in _line_pairs(line):
        claims.state(name, _SEGMENTS.split(value.strip())[0], place)
    bare = line[: matches[0].start()] if matches else line
    tail = _SEGMENTS.split(line[matches[-1].end() :].strip())[1:] if matches else []
    _from_bare(claims, bare, place)
    for segment in tail:
        _from_bare(claims, segment, place)


def _from_bare(claims: _Claims, line: str, place: str) -> None:
    """Read facts that stand without a label: "POL-05 · v3.1 · Approved by the CEO on 2 May 2026"."""
    claims.mark(_banner(line), place)
    if len(line) > 240:
        return
    replaces = _REPLACES.search(line)
    if replaces and (find_identifier(replaces["what"]) or _version_in(replaces["what"])):
        claims.say("supersedes", _superseded(_clean(replaces["what"])), place)
    segments = [s for s in _SEGMENTS.split(line.strip()) if s]
    for segment in segments:
        for sentence in sentences(segment):
            _from_segment(claims, sentence, place)
    strong = place in (HEADER, FOOTER) or len(segments) > 1
    if strong or (len(line.split()) <= 6 and ":" not in line):
        whole = segments[0] if segments else ""
        if not replaces:
            claims.say("identifier", find_identifier(line if strong else whole), place)
            claims.say("version", _version_in(line), place)


def _from_segment(claims: _Claims, segment: str, place: str) -> None:
    approved = _APPROVED_BY.match(segment)
    if approved:
        claims.state("approver", approved.group("who"), place)
        return
    for name, pattern in _DATED_PATTERNS:
        match = pattern.match(segment)
        dates = find_dates(match.group("rest"), day_first=claims.day_first) if match else ()
        if match and dates and dates[0][1] <= 30:
            claims.state(name, match.group("rest"), place)
            return
    classed = _CLASSES.match(segment)
    if classed:
        claims.say("classification", classed.group("class"), place)
    elif len(segment.split()) <= 3 and status_of(segment) is not Status.UNKNOWN:
        if re.fullmatch(r"\W*[^\W\d_]+(?:\s[^\W\d_]+){0,2}\W*", segment):
            claims.mark(_short_status(segment), place)


def _short_status(segment: str) -> Status:
    """Read a segment that consists of a status and nothing else."""
    for status, pattern in _STATUS:
        if pattern.fullmatch(segment.strip(" \t.,:;()[]!*")):
            return status
    return Status.UNKNOWN


_FILE_STATUS = {
    "retired withdrawn superseded obsolete archived deprecated old zurückgezogen abgelöst ungültig "
    "veraltet archiviert archiv": Status.RETIRED,
    "draft entwurf wip brouillon borrador": Status.DRAFT,
    "approved final freigegeben genehmigt signed": Status.APPROVED,
    "external extern vendor supplier thirdparty": Status.EXTERNAL,
}


def _from_file_name(claims: _Claims, source: str) -> None:
    stem = PurePosixPath(source.replace("\\", "/")).stem
    spaced = re.sub(r"[_\s]+", " ", stem)
    head = re.match(rf"(?:{_ID_SHAPE})(?=[\s_-]|$)", spaced)
    if head and not _NOT_AN_IDENTIFIER.match(head.group()):
        claims.say("identifier", head.group(), FILE_NAME)
    spread = re.sub(r"(?<=[a-zA-Z])-(?=[vV]\d)|-(?=[A-Za-z])", " ", spaced)
    claims.say("version", _version_in(spread), FILE_NAME)
    words = set(re.findall(r"[^\W\d_]+", spaced.casefold()))
    for names, status in _FILE_STATUS.items():
        marks = words & set(names.split())
        if marks and _marks_status(spaced, marks, status):
            claims.mark(status, FILE_NAME)


def _marks_status(stem: str, marks: set[str], status: Status) -> bool:
    """Tell whether the word marks the file rather than naming its subject ("supplier policy")."""
    last = stem.casefold().rstrip(" )]0123456789.v-")
    if status in (Status.RETIRED, Status.DRAFT, Status.APPROVED) and any(
        m.upper() in stem or last.endswith(m) or stem.casefold().startswith(m) for m in marks
    ):
        return True
    return any(last.endswith(m) or m.upper() in stem for m in marks & {"external", "extern"})


def _from_history(claims: _Claims, blocks: Sequence[Block]) -> None:
    """Take version and date of the latest row of a version history if nothing else gave them."""
    latest: tuple[tuple[int, ...], date | None, str] | None = None
    for block in blocks:
        if block.kind is not BlockKind.TABLE_ROW or not is_version_history(block.header):
            continue
        version, when = _history_row(block, claims.day_first)
        if version is None:
            continue
        order = tuple(int(n) for n in re.findall(r"\d+", version)) or (ord(version[0]),)
        if latest is None or (order, when or date.min) > (latest[0], latest[1] or date.min):
            latest = (order, when, version)
    if latest is None:
        return
    known = claims.values.get("version")
    claims.say("version", latest[2], CONTROL_TABLE)
    if known in (None, latest[2]):
        claims.say("issued", latest[1], CONTROL_TABLE)


def _history_row(block: Block, day_first: bool | None) -> tuple[str | None, date | None]:
    version: str | None = None
    when: date | None = None
    for label, cell in zip(block.header, block.cells, strict=False):
        column = _history_column(label)
        match = _VERSION_VALUE.match(cell)
        if column == "version" and version is None and match:
            version = match.group("number")
        if column == "date" and when is None:
            dates = find_dates(cell, day_first=day_first)
            when = dates[0][0] if dates else None
    return version, when


def _title(claims: _Claims, source: str, blocks: Sequence[Block]) -> None:
    early = [b for b in blocks[:12] if b.kind is BlockKind.HEADING and not b.sheet]
    first = min(early, key=lambda b: b.level, default=None)
    if first is not None:
        text = " ".join(first.text.split())
        if not first.number and not _GENERIC_HEADING.match(text) and len(text) <= 160:
            claims.say("identifier", _leading_identifier(text), FIRST_HEADING)
            identifier = claims.values.get("identifier")
            claims.say("title", _bare_title(text, str(identifier or "")), FIRST_HEADING)
    claims.say("title", _title_from_file_name(source, claims), FILE_NAME)


def _leading_identifier(text: str) -> str | None:
    """Return the id that opens or closes a title: "POL-05 Access control", "Backups (STD-04)"."""
    for pattern in (
        rf"\W*(?P<id>{_ID_SHAPE})(?![\w-]|\.\d)",
        rf".*[\s(\[|–—](?P<id>{_ID_SHAPE})[\s)\]]*$",
    ):
        match = re.match(pattern, text)
        if match and not _NOT_AN_IDENTIFIER.match(match["id"]):
            return match["id"]
    return None


def _bare_title(text: str, identifier: str) -> str:
    bare = text
    if identifier:
        bare = re.sub(rf"^\W*{re.escape(identifier)}[\s:–—|._-]*", "", bare)
        bare = re.sub(rf"\s*[(\[–—|-]*\s*{re.escape(identifier)}[)\]]?\s*$", "", bare)
    bare = re.sub(
        r"\s*[,(\[–—|-]*\s*\b(?:v|version)\.?\s?\d+(?:\.\d+)*[)\]]?\s*$", "", bare, flags=re.I
    )
    return bare.strip() or text


def _title_from_file_name(source: str, claims: _Claims) -> str:
    stem = PurePosixPath(source.replace("\\", "/")).stem
    words = re.sub(r"[_\s]+|(?<=[^\W\d])-(?=[^\W\d])", " ", stem).strip()
    identifier = str(claims.values.get("identifier") or "")
    marks = r"(?:retired|draft|final|approved|superseded|withdrawn|obsolete|archived|entwurf|freigegeben)"
    words = re.sub(rf"[\s(\[-]+{marks}[)\]]?$", "", words, flags=re.I)
    bare = _bare_title(words, identifier)
    return (bare[:1].upper() + bare[1:]) if bare else stem


def _facts(claims: _Claims) -> Facts:
    status, status_place = _status(claims)
    values = claims.values
    if "approved" not in values and "effective" not in values and "issued" in values:
        claims.say("effective", values["issued"], claims.places["issued"])
    known = {
        name: values[name]
        for name in Facts.__dataclass_fields__
        if name in values and name not in ("status", "found_in")
    }
    places = {n: claims.places[n] for n in known if claims.places[n]}
    if status is not Status.UNKNOWN:
        places["status"] = status_place
    order = list(Facts.__dataclass_fields__)
    found_in = tuple(sorted(places.items(), key=lambda item: order.index(item[0])))
    return Facts(**known, status=status, found_in=found_in)  # type: ignore[arg-type]


def _status(claims: _Claims) -> tuple[Status, str]:
    for status, place in claims.statuses:
        if status is Status.RETIRED:
            return status, place
    if claims.statuses:
        return claims.statuses[0]
    if "approval evidence" in claims.values:
        return Status.APPROVED, claims.places["approval evidence"]
    return Status.UNKNOWN, ""
