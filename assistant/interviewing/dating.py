"""Days that people name: exact, by month, by season, "two weeks ago"; and how late is late.

A day without a year is the last one before today; where only a month or season is named, its last
day counts, in the speaker's favour. English and German. Pure functions of text and today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.quantities import Kind, quantities

_I = re.IGNORECASE
_MONTHS = (
    "jan(?:uary|uar)?|jänner", "feb(?:ruary|ruar)?", "mar(?:ch)?|märz", "apr(?:il)?", "may|mai",
    "june?|juni", "july?|juli", "aug(?:ust)?", "sept?(?:ember)?", "oct(?:ober)?|okt(?:ober)?",
    "nov(?:ember)?", "dec(?:ember)?|dez(?:ember)?",
)  # fmt: skip
_MONTH = "(?:" + "|".join(_MONTHS) + r")\b\.?"
_DAYS = (
    "mon(?:day)?|montag", "tue(?:s|sday)?|dienstag", "wed(?:nesday)?|mittwoch",
    "thu(?:rs|rsday)?|donnerstag", "fri(?:day)?|freitag", "sat(?:urday)?|samstag",
    "sun(?:day)?|sonntag",
)  # fmt: skip
_WEEKDAY = r"\b(?:" + "|".join(_DAYS) + r")\b"
_NUMBER = (
    "a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|ein\\w*|zwei|drei|vier|fünf|"
    "sechs|acht|zehn|zwölf|einem|couple of|few|several|\\d{1,3}"
)
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "zwei": 2, "drei": 3, "vier": 4,
    "fünf": 5, "sechs": 6, "acht": 8, "zehn": 10, "zwölf": 12, "couple of": 2, "few": 3,
    "several": 4,
}  # fmt: skip
_SPANS = (
    ("day|tag", 1),
    ("week|woche", 7),
    ("month|monat", 30.4),
    ("quarter|quartal", 91.3),
    ("year|jahr", 365.25),
)
_SEASONS = {"spring": 5, "frühjahr": 5, "frühling": 5, "summer": 8, "sommer": 8, "autumn": 11,
            "fall": 11, "herbst": 11, "winter": 2}  # fmt: skip

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("iso", re.compile(r"\b(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b")),
    (
        "dmy",
        re.compile(
            rf"(?<!version )(?<!Version )\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|"
            rf"\.)?\s*(?:of\s+)?(?P<mon>{_MONTH})(?:,?\s+(?P<y>20\d\d))?(?!\w)",
            _I,
        ),
    ),
    (
        "mdy",
        re.compile(
            rf"\b(?P<mon>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|"
            r"th)?(?:,?\s+(?P<y>20\d\d))?\b(?!\d)",
            _I,
        ),
    ),
    ("num", re.compile(r"\b(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>(?:20)?\d\d)\b")),
    ("quarter", re.compile(r"\bQ(?P<q>[1-4])(?:\s*(?:of\s+)?/?(?P<y>20\d\d))?\b", _I)),
    (
        "ago",
        re.compile(
            rf"\b(?P<n>{_NUMBER})\s+(?P<u>day|tag|week|woche|month|monat|quarter|quartal|"
            r"year|jahr)\w*\s+(?:ago|back|before|old)\b"
            rf"|\bvor\s+(?P<n2>{_NUMBER})\s+(?P<u2>tag|woche|monat|quartal|jahr)\w*\b",
            _I,
        ),
    ),
    (
        "word",
        re.compile(
            r"\b(?P<w>today|this morning|yesterday|last night|(?:last|past|previous) "
            r"(?:week|month|quarter|year)|this (?:week|month|quarter|year)|"
            r"heute|gestern|vorgestern|letzte[nrs]? (?:woche|monat|quartal|jahr)|"
            r"diese[nrs]? (?:woche|monat|jahr))\b",
            _I,
        ),
    ),
    (
        "season",
        re.compile(
            r"\b(?:(?P<which>last|this|letzte[nrsm]?|diese[nrsm]?)\s+)?(?P<s>spring|"
            r"frühjahr|frühling|summer|sommer|autumn|herbst|winter)(?:\s+(?P<y>20\d\d))?\b"
            r"|\b(?:in|last|this) (?:the )?(?P<s2>fall)\b",
            _I,
        ),
    ),
    (
        "month",
        re.compile(
            r"\b(?:(?:in|since|of|from|last|the|this|early|late|mid|end of|im|seit|ende|"
            rf"anfang|mitte|on|was|were|und|and)[ -]+)?(?P<mon>{_MONTH})(?:\s+(?P<y>20\d\d))?"
            r"(?!\w)",
            _I,
        ),
    ),
    ("weekday", re.compile(rf"(?:(?P<last>last|letzten?)\s+)?{_WEEKDAY}", _I)),
    ("year", re.compile(r"\b(?:in|since|from|of|back in|seit)\s+(?P<y>20\d\d)\b", _I)),
)


_AHEAD = re.compile(
    r"\b(?:(?:slip\w*|mov\w+|postpon\w+|delay\w+|push\w*|shift\w*|planned|scheduled|due|verschoben)\s+"
    r"(?:\w+\s+){0,2}?(?:to|for|in|until|till|auf|im)|until|till|by|before|bis)\s+(?:the\s+)?$",
    _I,
)


@dataclass(frozen=True, slots=True)
class When:
    """A day that is named: `text[start:end]`; `exact` to the day."""

    day: date
    text: str
    start: int
    end: int
    exact: bool


def days(text: str, today: date) -> tuple[When, ...]:
    """Find the days that `text` names, in order, none inside another. None lies after today unless
    its year is written."""
    found: list[When] = []
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < one.end and match.end() > one.start for one in found):
                continue
            if name == "month" and (_is_a_verb(text, match) or _is_ahead(text, match)):
                continue
            day = _day(name, match, today)
            if day is not None:
                exact = name in {"iso", "dmy", "mdy", "num"} or (
                    name == "word"
                    and match["w"].lower() in {"today", "yesterday", "gestern", "heute"}
                )
                found.append(When(day, match.group(), match.start(), match.end(), exact))
    return tuple(sorted(found, key=lambda one: one.start))


def last_day(text: str, today: date) -> date | None:
    """Give the latest day up to today that `text` names."""
    return max((one.day for one in days(text, today) if one.day <= today), default=None)


def due_day(text: str, today: date) -> date | None:
    """Give the first day after today that `text` can mean: "Friday", "next week", "15 December"."""
    lowered = text.casefold()
    for at, pattern in enumerate(_DAYS):
        if re.search(rf"\b(?:{pattern})\b", lowered):
            ahead = (at - today.weekday()) % 7 or 7
            return today + timedelta(days=ahead)
    if match := re.search(
        rf"\b(?:in|within)\s+(?P<n>{_NUMBER})\s+(?P<u>day|tag|week|woche|month|monat)\w*", lowered
    ):
        return today + timedelta(days=round(_count(match["n"]) * _span(match["u"])))
    if re.search(r"\btomorrow\b|\bmorgen\b", lowered):
        return today + timedelta(days=1)
    if re.search(r"\bend of (?:the |this )?week\b|\bende der woche\b", lowered):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if re.search(r"\b(?:end of (?:the |this )?month|monatsende)\b", lowered):
        return _month_end(today.year, today.month)
    if re.search(r"\bnext month\b|\bnächsten monat\b", lowered):
        return _month_end(today.year + today.month // 12, today.month % 12 + 1)
    if re.search(r"\bnext week\b|\bnächste woche\b", lowered):
        return today + timedelta(days=11 - today.weekday())
    if re.search(r"\bend of (?:the |this )?year\b|\bjahresende\b", lowered):
        return date(today.year, 12, 31)
    for one in days(text, today):
        if one.day > today:
            return one.day
        if not re.search(r"20\d\d|ago|yesterday|last", one.text, _I):
            return date(one.day.year + 1, one.day.month, min(one.day.day, 28))
    return None


def period(text: str) -> float | None:
    """Give the seconds between two times where `text` claims a frequency ("every quarter")."""
    if re.search(r"\b(?:per|a|every) quarter\b|\beach quarter\b", text, _I):
        return 365.25 / 4 * 86_400
    if re.search(r"\b(?:nightly|every night|each night|jede nacht|nächtlich)\b", text, _I):
        return 86_400.0
    found = [one for one in quantities(text) if one.kind is Kind.PERIOD]
    return min((one.value for one in found), default=None)


def is_late(last: date, period_seconds: float, today: date) -> bool:
    """Tell whether `last` is clearly too long ago: more than one and a half times the period."""
    return (today - last).days * 86_400 > 1.5 * period_seconds


def _is_a_verb(text: str, match: re.Match[str]) -> bool:
    """ "may" and "mar" are months only with a small word before, a capital, or a year."""
    word = match["mon"].rstrip(".")
    if word.casefold() not in {"may", "mar", "march", "dec", "sept", "sep", "jan"}:
        return False
    if word.casefold() in {"march", "jan", "sept", "sep"}:
        return word[0].islower() and not match["y"]
    before = text[: match.start("mon")]
    said = re.search(r"\b(?:in|since|last|of|early|late|this|until|by|im|seit)\s+$", before, _I)
    return word[0].islower() or not (said or match["y"])


def _is_ahead(text: str, match: re.Match[str]) -> bool:
    """ "Slipped to January" and "until March" name what is still to come."""
    return not match["y"] and bool(_AHEAD.search(text[: match.start("mon")]))


def _day(name: str, match: re.Match[str], today: date) -> date | None:
    try:
        return _READERS[name](match, today)
    except (ValueError, KeyError):
        return None


def _full(match: re.Match[str], today: date) -> date:
    groups = match.groupdict()
    month = int(groups["m"]) if groups.get("m") else _month(groups["mon"])
    day = int(groups["d"])
    if groups.get("y"):
        year = int(groups["y"])
        return date(year if year > 99 else 2000 + year, month, day)
    found = date(today.year, month, day)
    return found if found <= today else date(today.year - 1, month, day)


def _by_month(match: re.Match[str], today: date) -> date:
    month = _month(match["mon"])
    if match["y"]:
        return _no_later(_month_end(int(match["y"]), month), today, int(match["y"]))
    if month == today.month:
        return today
    return _month_end(today.year if month < today.month else today.year - 1, month)


def _by_quarter(match: re.Match[str], today: date) -> date:
    month = 3 * int(match["q"])
    if match["y"]:
        return _no_later(_month_end(int(match["y"]), month), today, int(match["y"]))
    this = (today.month - 1) // 3 * 3 + 3
    if month == this:
        return today
    return _month_end(today.year if month < this else today.year - 1, month)


def _by_season(match: re.Match[str], today: date) -> date:
    month = _SEASONS[(match["s"] or match["s2"]).casefold()]
    if match["y"]:
        return _no_later(_month_end(int(match["y"]), month), today, int(match["y"]))
    if match["s"] and match["s"].casefold() in {"autumn", "herbst"} and today.month in {9, 10, 11}:
        return today
    end = _month_end(today.year, month)
    return end if end <= today else _month_end(today.year - 1, month)


def _by_word(match: re.Match[str], today: date) -> date:
    said = match["w"].casefold()
    if said.startswith(("today", "heute", "this", "diese")):
        return today
    if said.startswith(("yesterday", "gestern", "last night")):
        return today - timedelta(days=1)
    if said == "vorgestern":
        return today - timedelta(days=2)
    if said.endswith(("week", "woche")):
        return today - timedelta(days=7)
    if said.endswith(("month", "monat")):
        return today.replace(day=1) - timedelta(days=1)
    if said.endswith(("quarter", "quartal")):
        return date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
    return date(today.year - 1, 12, 31)


def _ago(match: re.Match[str], today: date) -> date:
    number, unit = match["n"] or match["n2"], match["u"] or match["u2"]
    return today - timedelta(days=round(_count(number) * _span(unit)))


def _by_weekday(match: re.Match[str], today: date) -> date:
    said = match.group().casefold()
    at = next(i for i, one in enumerate(_DAYS) if re.search(rf"\b(?:{one})\b", said))
    back = (today.weekday() - at) % 7 or 7
    return today - timedelta(days=back)


def _by_year(match: re.Match[str], today: date) -> date:
    year = int(match["y"])
    return _no_later(date(year, 12, 31), today, year)


_READERS = {
    "iso": _full, "dmy": _full, "mdy": _full, "num": _full, "quarter": _by_quarter, "ago": _ago,
    "word": _by_word, "season": _by_season, "month": _by_month, "weekday": _by_weekday,
    "year": _by_year,
}  # fmt: skip


def _no_later(day: date, today: date, year: int) -> date:
    return min(day, today) if year == today.year and day.month >= today.month else day


def _month(said: str) -> int:
    name = said.rstrip(".").casefold()
    return next(at for at, one in enumerate(_MONTHS, 1) if re.fullmatch(one, name))


def _month_end(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def _count(said: str) -> int:
    word = said.casefold()
    return int(word) if word.isdigit() else _COUNTS.get(word, 1)


def _span(unit: str) -> float:
    return next(length for names, length in _SPANS if re.match(names, unit.casefold()))


def named_people(text: str) -> Iterator[str]:
    """Yield what looks like a person's name: a capital inside a sentence, not a month or a day."""
    for match in re.finditer(
        r"(?<=[a-z,;:] )([A-ZÄÖÜ][a-zäöüßé]{2,})(?: ([A-ZÄÖÜ][a-zäöüßé]+))?", text
    ):
        if not re.fullmatch(_MONTH, match[1], _I) and not re.fullmatch(_WEEKDAY, match[1], _I):
            yield match.group()
