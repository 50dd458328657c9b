"""Statuses, ids, versions, classes and languages as documents write them."""

from __future__ import annotations

import re
from collections import Counter

from knowledge.passages import Status

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
        r"veraltet|überholt|nicht mehr gültig|archiviert|aufgehoben|ersetzt durch|retirée?|"
        r"obsolète|abrogée?|retirad[oa]|"
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
        r"veröffentlicht|beschlossen|wirksam|approuvée?|en vigueur|aprobad[oa]|vigente|"
        r"publicad[oa]|"
        r"approvat[oa]|in vigore|goedgekeurd|definitief",
    ),
)
STATUS_PATTERNS = tuple(
    (status, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE))
    for status, words in _STATUS_WORDS
)


def status_of(text: str) -> Status:
    """Read a status value ("Approved", "Entwurf v0.3", "Withdrawn on 1 May"), else UNKNOWN."""
    for status, pattern in STATUS_PATTERNS:
        if pattern.search(text):
            return status
    return Status.UNKNOWN


_BANNER = re.compile(
    r"^\W*(?:this (?:document|policy|procedure|standard|version|guideline|text) (?:is|was|"
    r"has been)|"
    r"dieses? (?:dokument|richtlinie|version|fassung|verfahren) (?:ist|wurde))\s+(?:a |an |"
    r"ein |eine )?"
    r"(?P<said>[^.]{3,60})",
    re.IGNORECASE,
)
_SHOUT = re.compile(
    r"^\W*(?P<said>DRAFT|RETIRED|SUPERSEDED|WITHDRAWN|OBSOLETE|ARCHIVED|ENTWURF|ZURÜCKGEZOGEN|"
    r"ABGELÖST|UNGÜLTIG|BROUILLON|BORRADOR|EXTERNAL DOCUMENT|NOT APPROVED|"
    r"(?:Draft|Retired|Superseded|Withdrawn|Obsolete|Archived|Entwurf|Zurückgezogen|Abgelöst)"
    r"(?=\W*$|\s*[:–—,;.(-]|\s+(?:version|for review|for approval|by|on|document|copy|since|"
    r"durch|am)\b))"
    r"(?!\w)"
)


def banner(line: str) -> Status:
    """Read a line that marks the whole document, such as "RETIRED - replaced by STD-04 v1.4"."""
    match = _SHOUT.match(line) or (_BANNER.match(line) if len(line) < 160 else None)
    if not match or len(line.split()) > 24:
        return Status.UNKNOWN
    status = status_of(match.group("said"))
    return status if status in (Status.DRAFT, Status.RETIRED) else Status.UNKNOWN


# Identifiers and versions.

ID_SHAPE = (
    r"[A-ZÄÖÜ]{2,8}(?:[-_.][A-ZÄÖÜ]{1,8}){0,3}(?:[-_.]?\d{1,4})(?:[-.]\d{1,4}){0,3}"
    r"|[A-Z]{1,4}-\d{2,4}(?:-\d{1,4})*"
)
_IDENTIFIER = re.compile(rf"(?<![\w.-])(?:{ID_SHAPE})(?![\w-]|\.\d)")
NOT_AN_IDENTIFIER = re.compile(
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
VERSION_VALUE = re.compile(
    r"^\W*(?:version|ver\.?|v\.?|rev(?:ision)?\.?|issue)?\s*[:.]?\s*"
    r"(?P<number>\d{1,4}(?:\.\d{1,3}){0,3}[a-z]?|[A-Z])(?![\w]|\.\d)",
    re.IGNORECASE,
)


def find_identifier(text: str) -> str | None:
    """Return the first thing in `text` that is shaped like a document id (POL-05, QMS.7.3)."""
    for match in _IDENTIFIER.finditer(text):
        if not NOT_AN_IDENTIFIER.match(match.group()):
            return match.group()
    return None


def version_in(text: str) -> str | None:
    match = _VERSION.search(text)
    return (match.group("number") or match.group("revision")) if match else None


CLASSIFICATION = re.compile(
    r"^\W*(?:(?:classification|klassifizierung)\s*[:–-]?\s*)?(?P<class>(?:strictly |highly |"
    r"company |"
    r"streng |nur für )?(?:public|internal(?: use)?(?: only)?|confidential|restricted|secret|"
    r"öffentlich|intern(?:en gebrauch)?|vertraulich|geheim|tlp[: ]?(?:clear|white|green|amber"
    r"(?:\+strict)?|red)|confidentiel|interne|confidencial|interno))\W*$",
    re.IGNORECASE,
)


_LANGUAGES = {
    "en": "en english englisch anglais inglés",
    "de": "de german deutsch allemand alemán",
    "fr": "fr french französisch français francés",
    "es": "es spanish spanisch español espagnol",
    "it": "it italian italienisch italiano",
    "nl": "nl dutch niederländisch nederlands",
}


def language_named(value: str) -> str | None:
    first = re.split(r"[\s,;_/-]", value.casefold())[0]
    return next((code for code, names in _LANGUAGES.items() if first in names.split()), None)


_STOP_WORDS = {
    "en": "the of and to in is are for be by that with as on this must shall or not from it at all",
    "de": "der die das und ist sind für von den dem des mit nicht werden wird eine ein auf zu "
    "oder im am zum zur bei nach aus wurde wurden haben darf dürfen muss müssen",
    "fr": "le la les des et est sont pour dans une un du que qui par sur avec pas doit être aux ou",
    "es": "el la los las de y es son para en una un del que por con no se deben debe o su al",
    "it": "il la gli le di e è sono per in una un del che con non si della dei deve o al",
    "nl": "de het een en is zijn voor van in op met niet worden wordt dat door aan of bij moet",
}
_FEW_WORDS = 60
_ENGLISH_ONLY = tuple("the of and to are for with that must shall this from".split())
_STOPS = {code: frozenset(words.split()) for code, words in _STOP_WORDS.items()}


def language_of(text: str) -> str:
    """Return the language of `text` by its stop words; English if nothing tells.

    Registers have hardly any stop words; there umlauts tell German.
    """
    words = re.findall(r"[^\W\d_]+", text[:8_000].casefold())
    counted = Counter(words)
    counts = {code: sum(counted[word] for word in stops) for code, stops in _STOPS.items()}
    best = max(counts, key=lambda code: counts[code])
    enough = counts[best] >= 4 and counts[best] * 12 >= len(words)
    if enough and counts[best] > 1.3 * counts["en"]:
        return best
    if len(words) <= _FEW_WORDS and counts[best] >= 2 and not counts["en"]:
        return best
    marked = len(re.findall(r"[äöüß]\w*", text[:8_000].lower()))  # folding the case loses ß
    english = sum(counted[word] for word in _ENGLISH_ONLY)
    return "de" if marked >= 2 and marked * 40 >= len(words) and english * 3 <= marked else "en"
