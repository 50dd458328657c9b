"""The words by which reasons, owners and dates are judged, in English and German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from knowledge.soa import values
from knowledge.soa.headers import proposals
from knowledge.soa.model import Field, SoaRow

_I = re.IGNORECASE


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(values.fold_key(each) for each in words.split("|"))


_TRIVIAL = _vocabulary(
    "yes|y|x|ok|required|requirement|iso|iso 27001|iso27001|iso iec 27001|best practice"
    "|best practices|good practice|needed|necessary|mandatory|standard|applicable|relevant"
    "|security|information security|business|business need|business requirement|compliance"
    "|required by iso|required by iso 27001|iso requirement|iso 27001 requirement|annex a"
    "|required by the standard|standard requirement|in scope|always|generally applicable|true"
    "|important|control is applicable|this control is applicable|baseline|good security"
    "|ja|erforderlich|notwendig|benötigt|anwendbar|zutreffend|norm|vorgabe|gute praxis"
    "|stand der technik|pflicht|oui|requis|nécessaire|sí|requerido|necesario|see policy|see above"
    "|siehe richtlinie|tbd|tba|todo|to be defined"
)
_NO_REASON = _vocabulary(
    "n/a|na|not relevant|not applicable|not required|not needed|none|no|excluded|exclude|x|out"
    "|out of scope|not in scope|does not apply|not used|irrelevant|not necessary|nein|keine"
    "|nicht relevant|nicht anwendbar|nicht zutreffend|nicht erforderlich|nicht benötigt|entfällt"
    "|ausgeschlossen|non applicable|sans objet|no aplica|tbd|tba|todo|to be defined"
)
_GAP = re.compile(
    r"\bno (?:budget|resources?|staff|money|time|capacity|funding)\b"
    r"|\b(?:lack|shortage) of (?:budget|resources?|staff|money|time|capacity|funding)\b"
    r"|\b(?:budget|resources?|funding) (?:constraints?|not available|not approved|missing)\b"
    r"|\btoo (?:small|expensive|costly|complex|young|early|much effort)\b"
    r"|\bnot (?:yet|at this (?:time|stage)|implemented|started|in place|a priority)\b"
    r"|(?<!or )(?<!nor )(?<!not )(?<!none )(?<!neither )\bplanned\b"
    r"|\bpostponed\b|\bdeferred\b|\bfuture (?:project|phase|work)\b|\bnext year\b"
    r"|\bwill be (?:implemented|done|introduced|addressed|considered|defined)\b|\bto be implemented\b"
    r"|\bin progress\b|\bunder (?:development|construction)\b|\bon (?:the|our) roadmap\b"
    r"|\bcannot afford\b|\bnobody (?:is )?(?:available|responsible)\b|\bworking on it\b"
    r"|\bkein(?:e|er)? (?:budget|geld|zeit|ressourcen|personal|mittel|kapazität(?:en)?)\b"
    r"|\bnoch (?:nicht|keine?)\b|(?<!oder )(?<!nicht )(?<!noch )\bgeplant\b"
    r"|\bzu (?:klein|teuer|aufwendig|aufwändig)\b"
    r"|\bin (?:planung|arbeit|umsetzung)\b|\bspäter\b",
    _I,
)
_SECRET = re.compile(
    r"(?:\b(?:passwords?|passwd|pwd|passcode|passphrase|kennwort|passwort|pin|api[ _-]?key|token"
    r"|secret|credentials?)\b\s*(?:is|are|=|:|lautet|ist)\s*[\"'“]?(?P<value>\S{4,}))"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bghp_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@",
    _I,
)
_NOT_SECRET = re.compile(
    r"^(?:stored|kept|managed|protected|encrypted|changed|rotated|reviewed|required|hashed|not|in|at"
    r"|of|used|enforced|never|always|set|checked|generated|held|the|a|an|and|long|12|14|16|policy"
    r"|verschlüsselt|gespeichert|geändert|nicht|im|in|aes|rsa|sha|tls|fido\d?|oauth\d?|minimum|min)\b",
    _I,
)
_LIKE_A_SECRET = re.compile(r"[!@#$%^&*?=~]|(?=.*\d)(?=.*[a-z])|^\d{4,}$", _I)
"""What people choose as secrets has digits or signs among its letters, or is a PIN."""
_PERSONAL = re.compile(
    r"(?<![\w.+-])(?!(?:info|security|infosec|privacy|dpo|ciso|datenschutz|support|abuse|incident\w*"
    r"|help\w*|service\w*|soc|csirt|cert|it|hr|legal|compliance|contact|office|report\w*|team)@)"
    r"[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|\b(?:mobile|private|home|handy|privat)\b[^.;]{0,15}\+?\d[\d ()/-]{6,}\d"
    r"|\b(?:was |were )?(?:fired|dismissed|sacked|blamed|disciplined)\b"
    r"|\b(?:caused by|fault of|mistake (?:of|by)|error (?:of|by)|leaked by|stolen by|because"
    r"|verursacht durch|fehler von|schuld von)\s+(?:(?:Mr|Mrs|Ms|Dr|Herrn?|Frau)\.?\s+)?"
    r"(?-i:[A-ZÄÖÜ][a-zäöüß]+(?: [A-ZÄÖÜ][a-zäöüß]+)+)"
    r"|\b(?:date of birth|born on|passport no|social security number|geboren am)\b",
    _I,
)
_TEAM = re.compile(
    r"^(?:the )?(?:(?:it|hr|legal|security|infosec|information security|development|dev|devops"
    r"|engineering|operations|ops|it operations|finance|facilities|facility|support|sales|marketing"
    r"|management|procurement|quality|compliance|risk|soc|noc|infrastructure|network|platform"
    r"|product|cloud|administration|admin)(?:\s*(?:&|and|/|,)\s*\w+)?)"
    r"(?:\s+(?:team|dept\.?|department|group|staff|unit|division|function|office))?$"
    r"|\b(?:team|department|dept|abteilung|bereich|gruppe|committee|board|all (?:staff|employees)"
    r"|everyone|everybody|alle mitarbeiter\w*|various|several|n/?a|tbd|external|vendor|supplier)$"
    r"|^(?:all|alle|team|it-abteilung|personalabteilung|fachbereiche?|service desk|helpdesk)$",
    _I,
)
_PERSON_INSIDE = re.compile(
    r"\(\s*[A-ZÄÖÜ][\w.'-]+ [A-ZÄÖÜ]|\b(?:head|lead|leader|manager|officer|director|chief|leiter"
    r"|leiterin|leitung|verantwortliche\w*|owner|cto|ciso|cio|ceo|coo|cfo|dpo|iso|isb|dsb)\b",
    _I,
)
_RISK_REASON = re.compile(
    r"\brisks? (?:assessment|analysis)\b(?! (?:process|method))"
    r"|\b(?:treat\w*|mitigat\w*|reduc\w*|result|because|due|based|identified|arising|address\w*)\b"
    r"[^.;]{0,40}\brisks?\b(?! (?:management|treatment|assessment process))"
    r"|\brisks? (?:of|that|from|identified|register)\b|\brisks?$|^risks?\b(?! (?:management|treatment))"
    r"|\brisiko(?:analyse|bewertung|beurteilung)?$|\brisiken\b|^risiko\b|\brisikobehandlung\b",
    _I,
)
_RISK_ID = re.compile(
    r"\b(?:R|RSK|RISK|RI|RR|RA|IR|RIS)[-_ ]?(?:\d{2,4}[-_ ])?\d{1,5}\b"
    r"|\brisiko[ -]?\d+\b|\brisk #?\d+\b",
    _I,
)
_ACCEPTED = re.compile(
    r"\baccept(?:ed|ance|s)?\b|\bakzeptiert\b|\bakzeptanz\b|\bgetragen\b|\brisikoübernahme\b"
    r"|\bakzept\w*\b|\baccepté\b|\baceptado\b",
    _I,
)
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b\d{4}-\d{2}-\d{2}\b",
        r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b",
        r"\b\d{1,2}/\d{1,2}/\d{4}\b",
        r"\b\d{1,2}(?:st|nd|rd|th|\.)? [^\W\d_]{3,10}\.? \d{4}\b",
        r"\b[^\W\d_]{3,10}\.? \d{1,2},? \d{4}\b",
    )
)
_MONTH = re.compile(
    r"\b(?P<month>[^\W\d_]{3,10})\.? (?P<year>20\d\d)\b|\b(?P<y>20\d\d)-(?P<m>0[1-9]|1[0-2])\b(?!-)"
)
_WHEN = re.compile(r"\bq[1-4]\b|\bh[12]\b|\b20\d\d\b", _I)


def trivial_reason(text: str) -> bool:
    """Tell whether a reason for inclusion says nothing of this organisation."""
    return values.fold_key(text) in _TRIVIAL


def no_reason(text: str | None) -> bool:
    """Tell whether a reason for exclusion only repeats that it is excluded."""
    return text is None or values.is_nothing(text) or values.fold_key(text) in _NO_REASON


def gap_words(text: str) -> str | None:
    """Give the words that make an exclusion a gap, or None."""
    found = _GAP.search(text)
    return found.group() if found else None


def secret(text: str) -> str | None:
    """Give the kind of secret that a text seems to hold; never the secret itself."""
    for found in _SECRET.finditer(text):
        value = found.group("value")
        if value is None:
            return "a key or token"
        if not _NOT_SECRET.match(value) and _LIKE_A_SECRET.search(value):
            return "a password or key"
    return None


def personal(text: str) -> str | None:
    """Give the words that seem to be personal data or a name in blame, or None."""
    found = _PERSONAL.search(text)
    return found.group() if found else None


def is_team(owner: str) -> bool:
    """Tell whether an owner is a group of people rather than a person or a role."""
    bare = owner.strip()
    return bool(_TEAM.search(bare)) and not _PERSON_INSIDE.search(bare)


def names_a_risk(text: str) -> bool:
    """Tell whether a reason for inclusion is a risk."""
    return bool(_RISK_REASON.search(text.strip().rstrip(".")))


def risk_ids(text: str) -> tuple[str, ...]:
    """Give the ids of risks in a text."""
    return tuple(dict.fromkeys(_RISK_ID.findall(text)))


def says_accepted(text: str) -> bool:
    """Tell whether a text speaks of an accepted risk."""
    return bool(_ACCEPTED.search(text))


def says_when(text: str) -> bool:
    """Tell whether a text names a day, a quarter or a year."""
    return bool(_WHEN.search(text))


def days_in(text: str) -> Iterator[date]:
    """Yield the days that a text names; a month alone counts as its last day but is never future."""
    rest = text
    for pattern in _DATES:
        for match in pattern.finditer(rest):
            found = values.day_in_text(match.group(), day_first=True)
            if found is not None:
                yield found
                rest = rest.replace(match.group(), " ")
    for match in _MONTH.finditer(rest):
        number = int(match["m"]) if match["m"] else values.month_number(match["month"])
        if number:
            yield date(int(match["y"] or match["year"]), number, 28)


def cell_of(row: SoaRow, *fields: Field) -> tuple[str, str] | None:
    """Give the cell (header, text) that holds one of the fields, by its header."""
    for wanted in fields:
        for header, text in row.cells:
            found = proposals(header)
            if found and any(one.field is wanted for one in found):
                return header, text
    return None


def quoted(row: SoaRow, value: str | None, *fields: Field) -> str:
    """Quote the cell that holds `value`, or else the cell headed as one of the fields."""
    if value:
        for header, text in row.cells:
            if value in text:
                return f"{header}: {text}" if header else text
    cell = cell_of(row, *fields)
    if cell is None:
        return value or ""
    header, text = cell
    return f"{header}: {text or '(blank)'}"
