"""Dates as people write them in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

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


def day_first_in(texts: Iterable[str], language: str) -> bool | None:
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
