"""Quantities in a sentence: durations, intervals, counts, percentages, money, sizes, bits.

English and German, in digits and in words. Only a number with a unit is a quantity: identifiers,
versions, section numbers, dates and algorithm names ("AES-256") never are. Pure functions of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a quantity measures; values are in the base unit named here."""

    TIME = "time"
    """Seconds."""
    PERIOD = "period"
    """Seconds between two times: "every quarter", "twice a year"."""
    COUNT = "count"
    """Things, named by `unit`."""
    LENGTH = "length"
    """Metres."""
    PERCENT = "percent"
    MONEY = "money"
    """The currency named by `unit`."""
    SIZE = "size"
    """Bytes."""
    BITS = "bits"


class Bound(StrEnum):
    EXACT = "exact"
    LOWEST = "lowest"
    """At least so much (for a period: at most so much between two times counts as HIGHEST)."""
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: `sentence[start:end] == text`.

    `low` is the lower end of a range ("10 to 14 days"), whose upper end is `value`."""

    value: float
    kind: Kind
    text: str
    start: int
    end: int
    unit: str = ""
    """What is counted, or the currency; and the unit as written for the rest, in English."""
    bound: Bound = Bound.EXACT
    role: str = ""
    """How a duration is used: "within", "for", "after", "window" (the last 30 days), or ""; "name"
    for a period that names a thing ("the annual return")."""
    low: float | None = None


# Numbers ---------------------------------------------------------------------------------------

_EN_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DE_ONES = (
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
    "sechzehn siebzehn achtzehn neunzehn"
)
_DE_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"


def _number_words() -> dict[str, float]:
    words: dict[str, float] = {"hundred": 100, "a hundred": 100, "one hundred": 100, "hundert": 100}
    for said_ones, said_tens, joined in (
        (_EN_ONES, _EN_TENS, lambda ten, one: (f"{ten}-{one}", f"{ten} {one}")),
        (_DE_ONES, _DE_TENS, lambda ten, one: (f"{one}und{ten}",)),
    ):
        ones, tens = said_ones.split(), said_tens.split()
        words.update({word: float(at) for at, word in enumerate(ones, 1)})
        words.update({word: 10.0 * at for at, word in enumerate(tens, 2)})
        for at, ten in enumerate(tens, 2):
            for unit, one in enumerate(ones[:9], 1):
                words.update(dict.fromkeys(joined(ten, one), 10.0 * at + unit))
    words.update(dict.fromkeys(("eine", "einen", "einem", "einer", "eines"), 1.0))
    words.update({"half a": 0.5, "half an": 0.5, "half": 0.5, "anderthalb": 1.5})
    words.update(dict.fromkeys(("halbe", "halben", "halbes", "halb"), 0.5))
    return words


_WORDS = _number_words()
_WORD = "|".join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))
_DIGITS = r"\d+(?:[.,]\d+)*"
_NUMBER = rf"(?:{_DIGITS}|(?:{_WORD})(?![\w-]*-(?:{_WORD})))"
_STARTS = r"(?<![\w.\-/#§:,+])"
"""Nothing stuck to the number's front: not "POL-05", "v1.3", "4.3", "2026-03", "#12"."""
_IN_WORDS = r"(?:\s*\([^()]{1,20}\))?"
"""A number said twice: "thirty (30) days"."""


def _value(text: str) -> float | None:
    folded = " ".join(text.casefold().split())
    if folded in _WORDS:
        return _WORDS[folded]
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", folded):
        return float(folded.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}(,\d+)?|\d{1,3}\.\d{3},\d+", folded):
        return float(folded.replace(".", "").replace(",", "."))
    try:
        return float(folded.replace(",", "."))
    except ValueError:
        return None


# Time ------------------------------------------------------------------------------------------

_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_UNITS: tuple[tuple[str, str, float], ...] = (
    (r"seconds?|secs?|Sekunden?", "second", 1.0),
    (r"minutes?|mins?|Minuten?", "minute", 60.0),
    (r"(?:business|working|office|staffed)[ -]hours?", "business hour", 3 * 3600.0),
    (r"hours?|hrs?|h|Stunden?|Std", "hour", 3600.0),
    (
        r"(?:business|working|work|banking)[ -]days?|"
        r"(?:Werk|Arbeits|Geschäfts|Bankarbeits)tag(?:en|es|e|s)?",
        "business day",
        1.4 * _DAY,
    ),
    (r"(?:calendar[ -])?days?|(?:Kalender)?tag(?:en|es|e|s)?", "day", _DAY),
    (r"(?:calendar[ -])?weeks?|Wochen?", "week", 7 * _DAY),
    (r"fortnights?", "fortnight", 14 * _DAY),
    (r"(?:calendar[ -])?months?|(?:Kalender)?monat(?:en|es|e|s)?", "month", _YEAR / 12),
    (r"(?:calendar[ -])?quarters?|Quartal(?:en|es|e|s)?", "quarter", _YEAR / 4),
    (
        r"(?:calendar |financial |fiscal )?years?|yrs?|(?:Kalender)?jahr(?:en|es|e|s)?",
        "year",
        _YEAR,
    ),
)
_UNIT = "(?:" + "|".join(pattern for pattern, _, _ in _UNITS) + r")(?![\w])"
_UNIT_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), name, seconds) for pattern, name, seconds in _UNITS
)
_I = re.IGNORECASE


def _time_unit(text: str) -> tuple[str, float]:
    for pattern, name, seconds in _UNIT_PATTERNS:
        if pattern.fullmatch(text):
            return name, seconds
    raise AssertionError(text)


_ADVERBS: tuple[tuple[str, str, float], ...] = (
    (r"hourly|stündlich\w{0,2}", "hour", 3600.0),
    (r"daily|(?:arbeits)?täglich\w{0,2}", "day", _DAY),
    (r"weekly|wöchentlich\w{0,2}", "week", 7 * _DAY),
    (r"fortnightly|zweiwöchentlich\w{0,2}|vierzehntägig\w{0,2}", "fortnight", 14 * _DAY),
    (r"quarterly|vierteljährlich\w{0,2}|quartalsweise\w?", "quarter", _YEAR / 4),
    (
        r"(?:half|semi|bi)[- ]?(?:yearly|annual(?:ly)?)|six[- ]monthly|halbjährlich\w{0,2}",
        "half-year",
        _YEAR / 2,
    ),
    (r"monthly|monatlich\w{0,2}", "month", _YEAR / 12),
    (r"biennial(?:ly)?|zweijährlich\w{0,2}", "two years", 2 * _YEAR),
    (r"annual(?:ly)?|yearly|jährlich\w{0,2}|alljährlich\w{0,2}", "year", _YEAR),
)
_NAMES = re.compile(
    r"\s+(?!(?:and|or|by|in|at|of|for|to|with|on|if|as|unless|from|und|oder|durch|vom?|im|am|bei)\b)"
    r"[^\W\d_]{3,}"
)
_TIMES = {
    "once": 1.0, "twice": 2.0, "thrice": 3.0,
    "einmal": 1.0, "zweimal": 2.0, "dreimal": 3.0, "viermal": 4.0,
}  # fmt: skip
_EVERY = re.compile(
    rf"(?<!\w)(?:every|each|alle|jede[nrsm]?)\s+"
    rf"(?:(?P<other>other|second|zweite[nrs]?)\s+)?(?:(?P<n>{_NUMBER}){_IN_WORDS}[\s-]+)?(?P<unit>{_UNIT})",
    _I,
)
_PER = re.compile(
    rf"(?<!\w)(?P<times>once|twice|thrice|einmal|zweimal|dreimal|viermal|{_NUMBER}{_IN_WORDS}\s+(?:times|mal))\s+"
    rf"(?:in\s+(?:every|each|a|an|one)|an?|per|each|every|within\s+(?:a|one|every)|im|pro|je|in)\s+"
    rf"(?:(?:calendar|einem|einer|rolling)\s+)?(?:(?P<n>{_NUMBER}){_IN_WORDS}[\s-]+)?(?P<unit>{_UNIT})",
    _I,
)
_INTERVAL = re.compile(
    rf"(?<!\w)(?:intervals?|abständen|abstand)\s+(?:of|von)\s+"
    rf"(?:(?:at\s+most|up\s+to|no\s+more\s+than|not\s+more\s+than|höchstens|maximal)\s+)?"
    rf"(?P<n>{_NUMBER}){_IN_WORDS}[\s-]+(?P<unit>{_UNIT})",
    _I,
)
_CYCLE = re.compile(
    rf"{_STARTS}(?P<n>{_NUMBER})[\s-]+(?P<unit>{_UNIT})\s+(?:intervals?|cycles?|basis|rhythm)", _I
)
_DURATION = re.compile(
    rf"{_STARTS}(?:(?P<low>{_NUMBER})\s*(?:-|–|to|or|bis|oder)\s*)?(?P<n>{_NUMBER}){_IN_WORDS}"
    rf"[\s-]*(?P<unit>{_UNIT})",
    _I,
)
_ONE = re.compile(
    rf"(?<!\w)(?:within|after|for|inside|in)\s+(?P<say>(?:an?|the\s+same|one)\s+(?P<unit>{_UNIT}))"
    rf"|(?<!\w)(?:on\s+)?(?:the\s+)?(?P<same>same\s+(?P<sunit>(?:business\s+|working\s+)?day))(?!\w)",
    _I,
)
_RATE = re.compile(rf"\s*(?:an?|per|each|every|/|am|pro|in\s+der)\s*{_UNIT}", _I)
_BACKWARD = re.compile(
    r"\b(?:the|in|over|during|de[nrm]|die)\s+"
    r"(?:last|past|previous|preceding|first|letzten?|vergangenen|vorherigen|ersten?)\s+$",
    _I,
)

# Other units -----------------------------------------------------------------------------------

_SCALE = {
    "b": 1.0, "byte": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15,
}  # fmt: skip
_PERCENT = re.compile(rf"{_STARTS}(?P<n>{_NUMBER})\s*(?:%|percent\b|per\s+cent\b|Prozent\b)", _I)
_BITS = re.compile(rf"{_STARTS}(?P<n>{_DIGITS})[\s-]*bits?\b", _I)
_SIZE = re.compile(rf"{_STARTS}(?P<n>{_DIGITS})\s*(?P<unit>[KMGTP]i?B|bytes?|Byte)\b")
_LENGTH = re.compile(
    rf"{_STARTS}(?P<n>{_DIGITS})\s*(?P<unit>mm|cm|km|m|(?:milli|centi|kilo)?met(?:re|er)s?|"
    rf"(?:Zenti|Kilo)?metern?)(?![\w/²³])"
)
_METRES = (
    ("km", 1e3), ("kilo", 1e3), ("cm", 0.01), ("centi", 0.01), ("zenti", 0.01), ("mm", 0.001),
    ("milli", 0.001), ("m", 1.0),
)  # fmt: skip
_CURRENCY = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
    "dollar": "USD", "dollars": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP",
    "chf": "CHF", "franken": "CHF", "francs": "CHF",
}  # fmt: skip
_MANY = {"k": 1e3, "thousand": 1e3, "tausend": 1e3, "m": 1e6, "million": 1e6, "millionen": 1e6,
         "bn": 1e9, "billion": 1e9, "milliarden": 1e9}  # fmt: skip
_MONEY = re.compile(
    rf"(?<!\w)(?P<before>[€$£]|EUR|USD|GBP|CHF)\s?(?P<n>{_DIGITS})(?:\s?(?P<many>k|m|bn|thousand|million|billion)\b)?"
    rf"|{_STARTS}(?P<n2>{_NUMBER})\s?(?:(?P<many2>thousand|million|billion|tausend|Millionen|Milliarden)\s+)?"
    rf"(?P<after>€|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|Franken|francs)\b)",
    _I,
)
_COUNT = re.compile(
    rf"{_STARTS}(?:(?P<low>{_NUMBER})\s*(?:-|–|to|or|bis|oder)\s*)?(?P<n>{_NUMBER}){_IN_WORDS}"
    rf"(?:[ -](?P<words>[^\W\d_][\w-]*(?: [^\W\d_][\w-]*){{0,2}}))",
    _I,
)
_NOT_COUNTED = (
    "to or and of in on at for by from with without than per as is are was were be has have the a "
    "an this these those that which who must may shall should will can not no after before during "
    "times within if when under over above below und oder von im am bis mit ohne nach vor "
    "sind ist wird werden der die das den dem des mal"
)
_IRREGULAR = "people persons copies children criteria media staff men women data"
_NAMED_BY_NUMBER = re.compile(
    r"(?:(?P<list>\b(?i:section|clause|chapter|annex|appendix|article|art\.?|version|step|level|tier|phase|"
    r"class|page|table|figure|part|sev|severity|priority|stage|type|no\.?|nr\.?|number|items?|"
    r"controls?|requirements?|iso|iec|isms|abschnitt|kapitel|anhang|artikel|stufe|phase|seite|"
    r"tabelle|teil|ziffer|absatz|abs\.?|rule|form|port|room|floor|day|week|month|quarter|year))"
    r"|\b[A-ZÄÖÜ][\w&.-]*)\s*$"
)
_SENTENCE_START = re.compile(r"^\W*\w+\s*$")
_GERMAN_PLURAL = re.compile(r"(?:en|er|e|n|s)$")


_OFTEN = "every each alle jede jeder jedes jeden jedem hour minute day week month year"
_SAID = re.compile(r"[^\W\d_]+")
_TRIGGERS = frozenset(
    [
        *(part for word in _WORDS for part in re.split(r"[\s-]", word)),
        *_OFTEN.split(),
        *_TIMES,
    ]
)
"""Words without one of which, and without a digit, a sentence has no quantity."""
_PARTS = re.compile(
    r"und(?:zwanzig|[a-zü]{3,5}[ßz]ig)|(?:annual|yearly|quarterly|monthly|weekly|daily|hourly)|"
    r"fortnightly|biennial|jährlich|monatlich|täglich|wöchentlich|stündlich|quartalsweise|tägig"
)


def quantities(sentence: str) -> tuple[Quantity, ...]:
    """Find the quantities of a sentence, in order, none inside another."""
    plain = sentence.lower()
    if not (
        re.search(r"\d", plain)
        or not _TRIGGERS.isdisjoint(_SAID.findall(plain))
        or _PARTS.search(plain)
    ):
        return ()
    taken: list[Quantity] = []
    for needs, find in _FINDERS:
        if not needs.search(plain):
            continue
        for one in find(sentence):
            if all(one.end <= other.start or one.start >= other.end for other in taken):
                taken.append(one)
    return tuple(sorted(taken, key=lambda one: one.start))


def _made(
    sentence: str,
    start: int,
    end: int,
    value: float,
    kind: Kind,
    unit: str,
    low: float | None = None,
) -> Quantity:
    return Quantity(
        value=value,
        kind=kind,
        text=sentence[start:end],
        start=start,
        end=end,
        unit=unit,
        bound=_bound(sentence, start, end, kind),
        role=_role(sentence, start, end) if kind is Kind.TIME else "",
        low=low,
    )


def _periods(sentence: str) -> Iterator[Quantity]:
    for pattern in (_PER, _EVERY, _INTERVAL, _CYCLE):
        for match in pattern.finditer(sentence):
            groups = match.groupdict()
            name, seconds = _time_unit(groups["unit"])
            number = _value(groups["n"]) if groups.get("n") else 2.0 if groups.get("other") else 1.0
            times = 1.0
            if said := groups.get("times"):
                word = said.casefold()
                times = _TIMES.get(word) or _value(re.split(r"[\s(]", word)[0]) or 0.0
            if number and times:
                yield _made(sentence, *match.span(), number * seconds / times, Kind.PERIOD, name)
    for words, name, seconds in _ADVERBS:
        for match in re.finditer(rf"(?<![\w-])(?:{words})(?!\w)", sentence, _I):
            made = _made(sentence, *match.span(), seconds, Kind.PERIOD, name)
            yield replace(made, role="name") if _NAMES.match(sentence, match.end()) else made


def _durations(sentence: str) -> Iterator[Quantity]:
    for match in _DURATION.finditer(sentence):
        if _RATE.match(sentence, match.end()):  # "24 hours a day" is a service time
            continue
        name, seconds = _time_unit(match["unit"])
        value = _value(match["n"])
        low = _value(match["low"]) if match["low"] else None
        if value is not None:
            yield _made(
                sentence,
                *match.span(),
                value * seconds,
                Kind.TIME,
                name,
                None if low is None else low * seconds,
            )
    for match in _ONE.finditer(sentence):
        group = "say" if match["say"] else "same"
        name, seconds = _time_unit(match["unit"] or match["sunit"])
        value = _DAY if group == "same" else seconds
        yield _made(sentence, *match.span(group), value, Kind.TIME, name)


def _percents(sentence: str) -> Iterator[Quantity]:
    for match in _PERCENT.finditer(sentence):
        if (value := _value(match["n"])) is not None:
            yield _made(sentence, *match.span(), value, Kind.PERCENT, "percent")


def _bits(sentence: str) -> Iterator[Quantity]:
    for match in _BITS.finditer(sentence):
        if (value := _value(match["n"])) is not None:
            yield _made(sentence, *match.span(), value, Kind.BITS, "bit")


def _sizes(sentence: str) -> Iterator[Quantity]:
    for match in _SIZE.finditer(sentence):
        unit = match["unit"].casefold()
        factor = 1.0 if unit.startswith("byte") else _SCALE[unit[0]]
        if (value := _value(match["n"])) is not None:
            yield _made(sentence, *match.span(), value * factor, Kind.SIZE, match["unit"])


def _lengths(sentence: str) -> Iterator[Quantity]:
    for match in _LENGTH.finditer(sentence):
        unit = match["unit"].casefold()
        factor = next(factor for start, factor in _METRES if unit.startswith(start))
        if (value := _value(match["n"])) is not None:
            yield _made(sentence, *match.span(), value * factor, Kind.LENGTH, match["unit"])


def _money(sentence: str) -> Iterator[Quantity]:
    for match in _MONEY.finditer(sentence):
        value = _value(match["n"] or match["n2"])
        currency = _CURRENCY[(match["before"] or match["after"]).casefold()]
        many = (match["many"] or match["many2"] or "").casefold()
        if value is not None:
            yield _made(sentence, *match.span(), value * _MANY.get(many, 1.0), Kind.MONEY, currency)


def _counts(sentence: str) -> Iterator[Quantity]:
    for match in _COUNT.finditer(sentence):
        before = sentence[: match.start()]
        named = _NAMED_BY_NUMBER.search(before)
        if named and (named["list"] or not _SENTENCE_START.match(before)):
            continue
        value = _value(match["n"])
        if value is None or value <= 1 or value != int(value) or "." in match["n"]:
            continue
        if match["n"].isdigit() and 1900 <= value <= 2100:
            continue
        found = _counted(match["words"])
        if found is None:
            continue
        noun, length = found
        low = _value(match["low"]) if match["low"] else None
        yield _made(
            sentence, match.start(), match.start("words") + length, value, Kind.COUNT, noun, low
        )


def _counted(words: str) -> tuple[str, int] | None:
    """Find the thing counted among the words after a number: its name, and where it ends."""
    not_counted, irregular = _NOT_COUNTED.split(), _IRREGULAR.split()
    at = 0
    for word in words.split(" "):
        at += len(word)
        folded = word.casefold()
        if folded in not_counted or re.fullmatch(_UNIT, word, _I):
            return None
        english = folded.endswith("s") and not folded.endswith(("ss", "us", "is"))
        german = word[:1].isupper() and bool(_GERMAN_PLURAL.search(folded))
        if english or german or folded in irregular:
            return folded, at
        at += 1
    return None


_ANY_UNIT = (
    r"sec|sek|min|hour|hr|\dh|stund|std|day|tag|week|woch|fortn|month|monat|quart|year|yr|jahr"
)
_FINDERS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[Quantity]]], ...] = (
    (
        re.compile(
            rf"(?:every|each|alle|jede|once|twice|thrice|mal|times|interval|abst|cycle|basis|"
            rf"rhythm).*?(?:{_ANY_UNIT})|(?:{_ANY_UNIT}).*?(?:interval|cycle|basis|rhythm)|"
            r"ly\b|annual|biennial|lich|weise|tägig",
            re.DOTALL,
        ),
        _periods,
    ),
    (re.compile(r"[€$£]|eur|usd|gbp|chf|dollar|pound|franken|francs"), _money),
    (re.compile(r"%|cent|prozent"), _percents),
    (re.compile(r"bit"), _bits),
    (re.compile(r"\d\s*(?:[kmgtp]i?b|byte)"), _sizes),
    (re.compile(_ANY_UNIT), _durations),
    (re.compile(r"\d\s*(?:mm|cm|km|m|milli|centi|kilo|zenti)"), _lengths),
    (re.compile(r""), _counts),
)
"""Each kind's finder, with what a sentence must hold to be worth its while."""

# Bounds and roles --------------------------------------------------------------------------------

_AT_LEAST = re.compile(
    r"(?:at\s+least|no\s+less\s+than|not\s+less\s+than|minimum(?:\s+\w+){0,3}|no\s+fewer\s+than|"
    r"more\s+than|longer\s+than|not\s+before|mindestens|wenigstens|min\.|≥|>=?)\W*(?:\w+\s+){0,2}$",
    _I,
)
_AT_MOST = re.compile(
    r"(?:at\s+most|no\s+more\s+than|not\s+more\s+than|(?:not|never)\s+exceed(?:ing)?|no\s+longer\s+than|"
    r"no\s+later\s+than|not\s+later\s+than|up\s+to|maximum(?:\s+\w+){0,3}|max\.?|within|less\s+than|"
    r"fewer\s+than|under|latest|höchstens|maximal|spätestens|innerhalb|binnen|bis\s+zu|≤|<=?)\W*(?:\w+\s+){0,2}$",
    _I,
)
_OR_MORE = re.compile(
    r"\W{0,2}\s*(?:or|oder)\s+(?:more|longer|higher|mehr|länger)|\s+(?:as\s+a\s+)?minimum\b", _I
)
_OR_LESS = re.compile(
    r"\W{0,2}\s*(?:or|oder)\s+(?:less|fewer|shorter|weniger|kürzer)|\s+(?:at\s+(?:the\s+)?most|at\s+the\s+latest|maximum\b)",
    _I,
)
_ROLES = (
    ("within", re.compile(
        r"(?:within|in|inside|by|latest|than|innerhalb|binnen|spätestens)\W*(?:\w+\s+){0,2}$", _I
    )),
    ("for", re.compile(r"(?:for|für|during|über)\W*(?:\w+\s+){0,3}$", _I)),
    ("after", re.compile(r"(?:after|nach|beyond|exceeds?|longer\s+than)\W*(?:\w+\s+){0,2}$", _I)),
)  # fmt: skip
_OFFSET = re.compile(r"\s+(?:after|from|of|before|prior\s+to|following|nach|ab|vor)\b", _I)


def _bound(sentence: str, start: int, end: int, kind: Kind) -> Bound:
    before, after = sentence[max(0, start - 60) : start], sentence[end : end + 25]
    least = _AT_LEAST.search(before) or _OR_MORE.match(after)
    most = _AT_MOST.search(before) or _OR_LESS.match(after)
    if kind is Kind.PERIOD:  # at least every year: a year between two times at most
        return Bound.HIGHEST if least or most else Bound.EXACT
    if least and not most:
        return Bound.LOWEST
    return Bound.HIGHEST if most and not least else Bound.EXACT


def _role(sentence: str, start: int, end: int) -> str:
    before = sentence[max(0, start - 50) : start]
    if _BACKWARD.search(before):
        return "window"
    found = [(match.start(), name) for name, pattern in _ROLES if (match := pattern.search(before))]
    if found:
        return max(found)[1]
    return "within" if _OFFSET.match(sentence, end) else ""
