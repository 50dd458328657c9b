"""What cells mean: yes and no, statuses, marks, dates and references, in four languages.

Every function answers None for a text it does not know, so that the reading can ask.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Generic, TypeVar

from knowledge.parsing.cells import shown
from knowledge.passages import Cell
from knowledge.soa.model import Applicability, Implementation


def cell_text(cell: Cell) -> str:
    """Return what a person reads in the cell; dates as YYYY-MM-DD, percentages with their sign."""
    return shown(cell)


@lru_cache(maxsize=8192)
def fold_key(text: str) -> str:
    """Fold a short text for a look-up: case, accents, punctuation and spaces do not count."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe")).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\s._\-–—/\\:!,;'’‘\"“”()\[\]]+", " ", bare).strip()


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(fold_key(each) for each in words.split("|"))


_TICKS = frozenset("✓✔☑✅🗸")
_CROSSES = frozenset("✗✘✖❌🗙")
_BALLS = {"○": 0, "◯": 0, "◔": 25, "◑": 50, "◐": 50, "◕": 75, "●": 100, "⬤": 100}

_OPEN = _vocabulary(
    "tbd|tba|tbc|?|??|to be decided|to be determined|to be confirmed|to be defined|open|pending"
    "|undecided|offen|zu klären|noch offen|à définir|à déterminer|por definir|pendiente"
)
_YES = _vocabulary(
    "yes|y|true|1|applicable|applies|included|include|in|in scope|selected|relevant|adopted"
    "|ja|j|wahr|anwendbar|zutreffend|ausgewählt|enthalten|relevant"
    "|oui|vrai|s'applique|inclus|retenu|sí|verdadero|aplica|aplicable|incluido|seleccionado"
    "|sim|applicabile|inclusa|van toepassing"
)
_NO = _vocabulary(
    "no|n|false|0|n/a|na|not applicable|does not apply|excluded|exclude|out|out of scope"
    "|not included|not selected|not relevant|not in scope"
    "|nein|falsch|nicht anwendbar|nicht zutreffend|ausgeschlossen|entfällt|nicht relevant"
    "|non|faux|non applicable|exclu|exclue|ne s'applique pas|falso|no aplica|no aplicable|excluido"
    "|não|inapplicable|nee|niet van toepassing"
)
_STATUS: dict[Implementation, frozenset[str]] = {
    Implementation.IMPLEMENTED: _vocabulary(
        "implemented|fully implemented|implemented and effective|complete|completed|done|in place"
        "|fully in place|operational|in operation|in use|yes|y|true|established|existing|live"
        "|compliant|fully compliant|implementation complete"
        "|ja|wahr|umgesetzt|vollständig umgesetzt|implementiert|vollständig implementiert|erledigt"
        "|erfüllt|eingeführt|abgeschlossen|geïmplementeerd|ingevoerd"
        "|oui|vrai|mis en œuvre|mise en œuvre|en place|implémenté|implémentée|réalisé|conforme"
        "|sí|verdadero|implementado|implementada|implantado|implantada|completado|cumple"
    ),
    Implementation.PARTIAL: _vocabulary(
        "partial|partially|partly|partially implemented|partly implemented|partial implementation"
        "|in progress|in-progress|ongoing|on-going|wip|work in progress|in implementation"
        "|being implemented|under implementation|implementation in progress|started|underway"
        "|partially in place|partially compliant|partly compliant|partially complete"
        "|teilweise|teilweise umgesetzt|teilweise implementiert|teilweise erfüllt|in Umsetzung"
        "|in Arbeit|in Bearbeitung|laufend|begonnen"
        "|partiel|partielle|partiellement|partiellement mis en œuvre"
        "|partiellement mise en œuvre|en cours|en cours de mise en œuvre"
        "|parcial|parcialmente|parcialmente implementado|parcialmente implementada|en curso"
        "|en progreso|en proceso"
    ),
    Implementation.PLANNED: _vocabulary(
        "planned|plan|to do|todo|roadmap|on roadmap|scheduled|to be implemented|planned for"
        "|implementation planned|not yet started but planned"
        "|geplant|vorgesehen|in Planung|planifié|planifiée|prévu|prévue|planificado|planificada"
        "|previsto|prevista|gepland"
    ),
    Implementation.NOT_IMPLEMENTED: _vocabulary(
        "no|n|false|not implemented|none|not in place|missing|absent|not done|not yet implemented"
        "|not compliant|non-compliant|noncompliant|unimplemented"
        "|nein|falsch|nicht umgesetzt|nicht implementiert|nicht erfüllt|fehlt|keine"
        "|non|faux|non mis en œuvre|non mise en œuvre|non implémenté|non conforme|pas en place"
        "|falso|no implementado|no implementada|no implantado|no cumple"
    ),
    Implementation.NOT_APPLICABLE: _vocabulary(
        "n/a|na|not applicable|excluded|out of scope|nicht anwendbar|entfällt|nicht zutreffend"
        "|non applicable|no aplica|no aplicable|sans objet"
    ),
}
_NOT_STARTED = _vocabulary(
    "not started|not yet started|nicht begonnen|noch nicht begonnen|non commencé|no iniciado"
)
_DEGREES: tuple[tuple[Implementation, re.Pattern[str]], ...] = tuple(
    (meaning, re.compile(rf"(?:{words}) (?=\w)"))
    for meaning, words in (
        (
            Implementation.PARTIAL,
            "partly|partially|in part|half|mostly|largely|mainly|not fully|not completely|teilweise"
            "|zum teil|grosstenteils|weitgehend|uberwiegend|nicht vollstandig|partiellement"
            "|en partie|parcialmente|en parte|deels|gedeeltelijk",
        ),
        (
            Implementation.NOT_IMPLEMENTED,
            "not yet|not|still not|noch nicht|nicht|pas encore|non|aun no|todavia no|no|nog niet"
            "|niet",
        ),
        (
            Implementation.IMPLEMENTED,
            "fully|completely|entirely|now|already|vollstandig|voll|ganz|entierement|totalement"
            "|totalmente|completamente|volledig",
        ),
    )
)
"""Words before a status that say how much of it is reached: "partly in place"."""
_NOTHING = _vocabulary("|-|–|—|n/a|na|none|nil|keine|aucun|aucune|ninguno|ninguna|k.A.|/")
_DOUBT = re.compile(
    r"\b(except|but|partly|partial\w*|not yet|pending|planned|until|however|au(ss|ß)er|teilweise"
    r"|noch nicht|geplant|sauf|mais|partiel\w*|excepto|pero|parcial\w*|salvo)\b",
    re.IGNORECASE,
)
_HEAD = re.compile(r"\s*(?:[:;,(\[\n=]|\s[-–—]|[-–—]\s|\.\s)\s*")
COLOUR_WORDS = _vocabulary(
    "green|amber|yellow|orange|red|blue|grey|gray|white|black|grün|gelb|rot|blau|grau|weiss"
    "|vert|verte|jaune|rouge|bleu|verde|amarillo|rojo|azul|naranja"
)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Understood(Generic[T]):
    """A meaning, and what else the cell said."""

    meaning: T | None
    rest: str = ""


def is_nothing(text: str) -> bool:
    """Tell whether the text only says that nothing is there."""
    return not text.strip() or fold_key(text) in _NOTHING


def is_open(text: str) -> bool:
    """Tell whether the text says that a decision is still to come, or nothing at all."""
    bare = text.strip()
    return not bare or not fold_key(bare) or fold_key(bare) in _OPEN


def is_tick(text: str) -> bool:
    """Tell whether the text is a tick, which unlike X never means no."""
    return bool(_symbol(text)) and _symbol(text) in _TICKS


def is_mark(text: str) -> bool:
    """Tell whether the text only marks a cell: X, a tick, yes, 1."""
    return fold_key(text) in {
        "x",
        "xx",
        "yes",
        "y",
        "ja",
        "oui",
        "si",
        "1",
        "true",
        "•",
    } or is_tick(text)


def _symbol(text: str) -> str:
    return text.replace("\ufe0f", "").replace("\ufe0e", "").strip()


def applicability(text: str) -> Understood[Applicability]:
    """Read an applicability cell; an open or empty one is undecided, an unknown one None."""
    symbol = _symbol(text)
    if is_open(text):
        return Understood(Applicability.UNDECIDED)
    if symbol in _TICKS or symbol in {"●", "⬤"} or symbol.casefold() == "x":
        return Understood(Applicability.YES)
    if symbol in _CROSSES or symbol in {"○", "◯"}:
        return Understood(Applicability.NO)
    whole = _applicability_word(fold_key(text))
    if whole is not None:
        return Understood(whole)
    head, rest = _split_head(text)
    if rest and not _DOUBT.search(rest):
        return Understood(_applicability_word(fold_key(head)), rest)
    return Understood(None)


def _applicability_word(key: str) -> Applicability | None:
    if key in _YES:
        return Applicability.YES
    return Applicability.NO if key in _NO else None


def status(cell: Cell, *, dated: bool = False) -> Understood[Implementation]:
    """Read a status cell. `dated` says that the row has a target date, which makes "not started"
    planned. A number counts only as a percentage; other scales are asked about."""
    text = cell_text(cell)
    percent = percentage(cell)
    if percent is not None:
        return Understood(_from_percent(percent))
    symbol = _symbol(text)
    if symbol in _TICKS:
        return Understood(Implementation.IMPLEMENTED)
    if symbol in _CROSSES:
        return Understood(Implementation.NOT_IMPLEMENTED)
    if symbol in _BALLS:
        return Understood(_from_percent(_BALLS[symbol]))
    whole = _status_word(fold_key(text), dated)
    if whole is not None:
        return Understood(whole)
    head, rest = _split_head(text)
    if rest and not _DOUBT.search(rest):
        return Understood(_status_word(fold_key(head), dated), rest)
    return Understood(None)


def status_word(text: str) -> Implementation | None:
    """Read a status from words alone, as in a legend."""
    return _status_word(fold_key(text), dated=False)


def _status_word(key: str, dated: bool) -> Implementation | None:
    if key in _NOT_STARTED:
        return Implementation.PLANNED if dated else Implementation.NOT_IMPLEMENTED
    known = next((each for each, words in _STATUS.items() if key in words), None)
    return known or _degree(key)


def _degree(key: str) -> Implementation | None:
    """Read "partly", "not yet" or "fully" before a word for what is implemented."""
    reached = _STATUS[Implementation.IMPLEMENTED] - _YES
    for meaning, words in _DEGREES:
        match = words.match(key)
        if match and key[match.end() :] in reached:
            return meaning
    return None


def _split_head(text: str) -> tuple[str, str]:
    parts = _HEAD.split(text, maxsplit=1)
    return (parts[0], parts[1].strip(" )]")) if len(parts) == 2 else (text, "")


def percentage(cell: Cell) -> float | None:
    """Return the percentage in the cell from 0 to 100, if it is written as one."""
    value = cell.value
    if isinstance(value, float | int) and not isinstance(value, bool):
        shown_as_percent = bool(cell.number_format and "%" in cell.number_format)
        return value * 100 if shown_as_percent and 0 <= value <= 1 else None
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d{1,3}(?:[.,]\d+)?)\s*(?:%|percent|prozent)\s*", value, re.I)
        if match and float(match[1].replace(",", ".")) <= 100:
            return float(match[1].replace(",", "."))
    return None


def _from_percent(percent: float) -> Implementation:
    if percent <= 0:
        return Implementation.NOT_IMPLEMENTED
    return Implementation.IMPLEMENTED if percent >= 100 else Implementation.PARTIAL


def maturity(cell: Cell) -> int | None:
    """Return a maturity level from 0 to 5 ("3", "3 - defined", "L3", "3/5"), or None."""
    match = re.fullmatch(
        r"(?:level|stufe|niveau|nivel|l)?\s*([0-5])(?:\.0+)?\s*(?:/\s*5|[-–:(].*|)",
        cell_text(cell).strip(),
        re.IGNORECASE | re.DOTALL,
    )
    return int(match[1]) if match and percentage(cell) is None else None


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene",
            "feb february februar fevrier fevr febrero",
            "mar march marz mrz maerz mars marzo",
            "apr april avril avr abril abr",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet juil julio",
            "aug august aout agosto ago",
            "sep sept september septembre septiembre",
            "oct october okt oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dez dezember decembre diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?([^\W\d_]+)\.?[\s,-]+(?:de\s+)?(\d{4})"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def month_number(name: str) -> int | None:
    """Return the month that a name or its abbreviation means, in four languages."""
    return _MONTHS.get(fold_key(name))


def day(cell: Cell, *, day_first: bool | None = None) -> date | None:
    """Return the date in the cell. "03/04/2026" is read only if `day_first` settles it."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return day_in_text(value, day_first=day_first) if isinstance(value, str) else None


def day_in_text(text: str, *, day_first: bool | None = None) -> date | None:
    """Return the date that the whole text is, or None."""
    text = text.strip()
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DOTTED.fullmatch(text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if match := _SLASHED.fullmatch(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if day_first is None:
            day_first = True if first > 12 or first == second else False if second > 12 else None
        if day_first is None:
            return None
        return _date(year, second, first) if day_first else _date(year, first, second)
    if (match := _DAY_FIRST.fullmatch(text)) and (month := month_number(match[2])):
        return _date(int(match[3]), month, int(match[1]))
    if (match := _MONTH_FIRST.fullmatch(text)) and (month := month_number(match[1])):
        return _date(int(match[3]), month, int(match[2]))
    return None


def slashed_order(texts: list[str]) -> bool | None:
    """Tell from a column's dates whether the day comes first; None if they do not settle it."""
    pairs = [(int(m[1]), int(m[2])) for t in texts if (m := _SLASHED.fullmatch(t.strip()))]
    day_first = any(first > 12 for first, _ in pairs)
    month_first = any(second > 12 for _, second in pairs)
    return day_first if day_first != month_first else None


def _date(year: int, month: int, day_of_month: int) -> date | None:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


_REGISTER_ID = re.compile(r"\b[A-Z]{1,8}(?:[-_ ]?\d{2,4})?[-_ ]?\d{1,5}\b")


def references(text: str) -> tuple[str, ...]:
    """Split a cell of references; commas part them only where each part has a number."""
    found: list[str] = []
    for line in re.split(r"[\n;|•]+", text):
        parts = [part.strip() for part in line.split(",")]
        numbered = len(parts) > 1 and all(re.search(r"\d", part) for part in parts)
        found.extend(parts if numbered else [line.strip()])
    return tuple(dict.fromkeys(each for each in found if not is_nothing(each)))


def risk_references(text: str) -> tuple[str, ...]:
    """Return the ids of risks in the text, or its parts where none looks like an id."""
    found = tuple(dict.fromkeys(_REGISTER_ID.findall(text)))
    return found or references(text)
