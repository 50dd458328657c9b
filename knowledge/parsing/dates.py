"""Dates as people write them in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

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


_DAY_FIRST_REGION = re.compile(r"en[-_](?:gb|uk|ie|au|nz|za|in|mt|sg)\b", re.IGNORECASE)
"""English of countries that write the day first; en-US is often only an editor's default."""


def day_first_in(texts: Iterable[str], language: str) -> bool | None:
    """Tell how the document writes 02/03/2026, from its other dates or its language.

    A date in words that a date in figures repeats ("12 February 2026", "12/02/2026") settles it
    too. `language` may name a region, as in en-GB.
    """
    matches = [match for text in texts for match in _DATE.finditer(text)]
    figures = [match for match in matches if match["p4"]]
    seen = {
        int(one["p4"]) > 12 for one in figures if (int(one["p4"]) > 12) != (int(one["q4"]) > 12)
    }
    if not seen:
        seen = _orders_of_repeated(figures, {_date(one, None) for one in matches})
    if len(seen) == 1:
        return seen.pop()
    if seen:
        return None
    is_english = language.casefold().partition("-")[0].partition("_")[0] == "en"
    return True if not is_english or _DAY_FIRST_REGION.match(language) else None


def _orders_of_repeated(figures: list[re.Match[str]], certain: set[date | None]) -> set[bool]:
    """Return the orders in which a date in figures is one that the document also writes out."""
    return {
        day_first
        for one in figures
        if one["p4"] != one["q4"]
        for day_first in (True, False)
        if _date(one, day_first) in certain - {None}
    }


_SHORT_YEAR = re.compile(
    rf"(?<![\w/.-])(\d{{1,2}})([/-])(\d{{1,2}}|{_MONTH})\2(\d\d)(?![\w/-]|\.\d)", re.IGNORECASE
)


def with_long_years(text: str) -> str:
    """Write 31/03/27 and 31-Mar-27 as 31/03/2027; only for a value that is known to be a date."""
    return _SHORT_YEAR.sub(r"\1\2\3\g<2>20\4", text)


_QUARTER = re.compile(
    r"(?:Q|quarter |quartal |kwartaal |trimestre |T)(?P<n>[1-4])[\s/-]*(?P<year>20\d\d)"
    r"|(?P<year2>20\d\d)[\s/-]*Q(?P<n2>[1-4])|(?P<n3>[1-4])\. ?(?:quartal|kwartaal) (?P<year3>20\d\d)",
    re.IGNORECASE,
)
_MONTH_ONLY = re.compile(
    rf"(?:(?:in|by|from|since|as of|ab|seit|bis|im|vanaf|per|en|the)\s+)*"
    rf"(?:(?:the )?(?:end of|start of|beginning of)\s+|(?:ende|anfang|eind|begin)\s+)?"
    rf"(?:(?P<name>{_MONTH})\.?,?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d)"
    r"|(?P<number>0?[1-9]|1[0-2])[/.-](?P<year2>(?:19|20)\d\d)"
    r"|(?P<year3>(?:19|20)\d\d)-(?P<number3>0[1-9]|1[0-2]))\.?",
    re.IGNORECASE,
)


def find_month(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of the month or quarter that the whole text names, or None.

    "March 2026", "03/2026" and "Q2 2026" name one; "12 March 2026" and "2026" do not.
    """
    text = " ".join(text.split()).strip(" .,;()")
    if quarter := _QUARTER.fullmatch(text):
        number = int(quarter["n"] or quarter["n2"] or quarter["n3"])
        in_year = int(quarter["year"] or quarter["year2"] or quarter["year3"])
        after = date(in_year + number // 4, 3 * number % 12 + 1, 1)
        return date(in_year, 3 * number - 2, 1), after - timedelta(days=1)
    match = _MONTH_ONLY.fullmatch(text)
    if match is None:
        return None
    year = int(match["year"] or match["year2"] or match["year3"])
    month = (
        _MONTHS[match["name"].lower()]
        if match["name"]
        else int(match["number"] or match["number3"])
    )
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)
