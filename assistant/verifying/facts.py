"""What has to be equal in a sentence and in its source: numbers, dates, ids, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from assistant.verifying.shown import addresses
from knowledge.controls import references
from knowledge.parsing.dates import find_dates
from knowledge.quantities import Kind as Measure
from knowledge.quantities import Quantity, quantities


class Kind(StrEnum):
    """What a fact is; values of one kind can be compared."""

    TIME = "time"
    PERIOD = "period"
    COUNT = "count"
    MEASURE = "measure"
    DATE = "date"
    MONTH = "month"
    CONTROL = "control"
    ID = "id"
    NUMBER = "number"
    CONTACT = "contact"


class Direction(StrEnum):
    """On which side of a value the rule lies."""

    NONE = ""
    LEAST = "at least"
    MOST = "at most"
    DUE = "due in"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Fact:
    """A checked item: `text[start:end]` of the text it was found in."""

    kind: Kind
    value: str
    """Equal for equal facts, whatever way they are written."""
    said: str
    start: int
    end: int
    direction: Direction = Direction.NONE
    unit: str = ""


_MONTHS = "jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez"
_MONTH_NUMBERS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7,
    "aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_MONTH_OF_YEAR = re.compile(rf"\b({_MONTHS})[a-zä]*\.?,?\s+((?:19|20)\d\d)\b", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?<![\w.#@/-])(?=[\w./-]*\d)(?=[\w./-]*[^\W\d_])[^\W_]+(?:[-_./][^\W_]+)*(?![\w])"
)
_VERSION = re.compile(r"\b(?:v|ver\.?|version|fassung|rev(?:ision)?\.?)\s?(\d+(?:\.\d+)*)", re.I)
_NUMBER = re.compile(r"(?<![\w])\d+(?:[.,:]\d+)*(?![^\W\d_])")
_PHONE = re.compile(r"(?<![\w.])\+?\d[\d\s()/-]{6,}\d(?!\w)")
_NUMBER_WORDS = {
    word: str(at)
    for words in (
        "two three four five six seven eight nine ten eleven twelve",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for at, word in enumerate(words.split(), 2)
}
_NUMBER_WORD = re.compile(
    rf"(?<![\w-])({'|'.join(_NUMBER_WORDS)}|twice|zweimal|thrice|dreimal)(?![\w-])", re.I
)
_REPEATED = {"twice": "2", "zweimal": "2", "thrice": "3", "dreimal": "3"}
_ORDINARY = re.compile(r"^(?:\d+(?:st|nd|rd|th|s)|[a-z]+/\d+|24/7)$", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def facts(text: str) -> tuple[Fact, ...]:
    """Find the facts of `text` in order, none inside another."""
    taken: list[Fact] = []
    for found in _found(text):
        if all(found.end <= one.start or found.start >= one.end for one in taken):
            taken.append(found)
    return tuple(sorted(taken, key=lambda one: one.start))


def _found(text: str) -> Iterator[Fact]:
    for address in addresses(text):
        start = text.casefold().find(address)
        if start >= 0:
            yield Fact(Kind.CONTACT, address, address, start, start + len(address))
    if not re.search(r"\d", text):
        yield from _measured(text)
        yield from _number_words(text)
        return
    for day, start, end in find_dates(text):
        yield _placed(text, Kind.DATE, day.isoformat(), start, end)
    for match in _MONTH_OF_YEAR.finditer(text):
        month = _MONTH_NUMBERS[match[1].casefold()[:3]]
        yield _placed(text, Kind.MONTH, f"{match[2]}-{month:02}", *match.span())
    yield from _control_ids(text)
    for match in _VERSION.finditer(text):
        yield Fact(Kind.ID, _dotted(match[1]), match.group(), *match.span())
    yield from _measured(text)
    for match in _IDENTIFIER.finditer(text):
        value = identifier(match.group())
        if not _ORDINARY.match(match.group()):
            yield _sided(text, value, match)
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) >= 8:
            yield Fact(Kind.CONTACT, digits, match.group(), *match.span())
    for match in _NUMBER.finditer(text):
        value = _dotted(match.group())
        side = direction(text, *match.span())
        yield Fact(Kind.NUMBER, value, match.group(), *match.span(), side)
    yield from _number_words(text)


def _number_words(text: str) -> Iterator[Fact]:
    for match in _NUMBER_WORD.finditer(text):
        word = match[1].casefold()
        value = _NUMBER_WORDS.get(word) or _REPEATED[word]
        yield Fact(Kind.NUMBER, value, match.group(), *match.span())


def _sided(text: str, value: str, match: re.Match[str]) -> Fact:
    side = direction(text, *match.span())
    return Fact(Kind.ID, value, match.group(), *match.span(), side)


def identifier(text: str) -> str:
    """Write an id the same way whatever its case and hyphens: "Pol 05" is "pol05"."""
    folded = re.sub(r"[^\w.]", "", text.casefold()).replace("_", "")
    return re.sub(r"^v(?=\d)", "", folded).strip(".")


def _dotted(number: str) -> str:
    return number.replace(",", "").strip(".:")


_CLAUSE = re.compile(r"\b(?:sub-?)?(?:clauses?|Klauseln?|Normabschnitte?s?)\s*$", re.IGNORECASE)


def _control_ids(text: str) -> Iterator[Fact]:
    for one in references(text):
        numbers = re.findall(r"\d+(?:\.\d+)+|\d+", one.text)
        marked = bool(re.match(r"(?:annex|anhang|a\b|a[\s.\-]?\d)", one.text, re.IGNORECASE))
        if one.kind == "ambiguous" and not marked:
            value = "|".join(numbers)
        elif one.kind == "clause" or (not marked and _CLAUSE.search(text[: one.start][-20:])):
            value = "clause " + "|".join(numbers)
        else:
            value = "A." + "|".join(numbers)
        yield Fact(Kind.CONTROL, value, one.text, one.start, one.end)


_MEASURES = {Measure.TIME: Kind.TIME, Measure.PERIOD: Kind.PERIOD, Measure.COUNT: Kind.COUNT}


def _measured(text: str) -> Iterator[Fact]:
    for one in quantities(text):
        kind = _MEASURES.get(one.kind, Kind.MEASURE)
        yield Fact(
            kind, _value(one), one.text, one.start, one.end, direction(text, one.start, one.end),
            one.unit,
        )  # fmt: skip


def _value(one: Quantity) -> str:
    low = "" if one.low is None else f"{one.low:g}-"
    name = ""
    if one.kind in (Measure.MONEY, Measure.PERCENT, Measure.SIZE, Measure.BITS, Measure.LENGTH):
        name = f" {one.kind}" + (f" {one.unit}" if one.kind is Measure.MONEY else "")
    if one.kind in (Measure.TIME, Measure.PERIOD) and "business" in one.unit:
        name = " business"
    return f"{low}{one.value:g}{name}" if one.value < 1e6 else f"{low}{one.value:.6g}{name}"


def _placed(text: str, kind: Kind, value: str, start: int, end: int) -> Fact:
    return Fact(kind, value, text[start:end], start, end, _day_direction(text, start))


_I = re.IGNORECASE
_LEAST = re.compile(
    r"(?<!\w)(?:at\s+least|at\s+the\s+earliest|(?:no|not)\s+earlier\s+than|not\s+before|no\s+less\s+than|not\s+less\s+than|no\s+fewer\s+than|not?\s+shorter\s+than|"
    r"minim(?:um|al)(?:\s+\w+){0,4}|more\s+than|longer\s+than|greater\s+than|exceed\w*|over|above|larger\s+than|higher\s+than|über|"
    r"mindest\w*(?:\s+\w+){0,2}|wenigstens|mehr\s+als|länger\s+als|min\.|≥|>=?)\W*(?:\w+\s+){0,2}$",
    _I,
)
_MOST = re.compile(
    r"(?<!\w)(?:at\s+(?:the\s+)?most|no\s+more\s+than|not\s+more\s+than|(?:not|never)\s+exceed\w*(?:\s+\w+){0,2}|"
    r"no\s+longer\s+than|not\s+longer\s+than|no\s+later\s+than|not\s+later\s+than|up\s+to|"
    r"maxim(?:um|al)(?:\s+\w+){0,4}|max\.?|within|inside|less\s+than|fewer\s+than|shorter\s+than|smaller\s+than|lower\s+than|below|under|unter|kürzer\s+als|latest(?:\s+\w+)?|"
    r"höchstens|spätestens|innerhalb|binnen|"
    r"bis\s+zu|längstens|nicht\s+(?:mehr|länger)\s+als|weniger\s+als|≤|<=?)\W*(?:\w+\s+){0,2}$",
    _I,
)
_IN = re.compile(
    r"(?:\b(?:in|by|has|have|hat|haben)\s+(?:the\s+|next\s+)?|"
    r"\b(?:due|limit\w*|deadline|frist\w*|time|target|objective|aim|ziel|fällig)\W*(?:\w+\s+){0,5})$",
    _I,
)
_LATER = re.compile(r"(?:after|following|nach)\s+(?:(?!\bby\b)\w+\s+){0,2}$", _I)
_OR_MORE = re.compile(
    r"\W{0,2}\s*(?:(?:is|are|ist|as)\s+)?(?:(?:the|a|das)\s+)?minimum\b|"
    r"\W{0,2}\s*(?:or|oder)\s+(?:more|longer|higher|newer|later|above|mehr|länger|höher)|"
    r"[\s-]+(?:as\s+an?\s+)?minimum\b|\s+at\s+the\s+earliest|[^.;,|]{0,25}\b(?:at\s+least|as\s+a\s+minimum|mindestens)\b",
    _I,
)
_OR_LESS = re.compile(
    r"\W{0,2}\s*(?:(?:is|are|ist|as)\s+)?(?:(?:the|a|das)\s+)?maximum\b|"
    r"\W{0,2}\s*(?:or|oder)\s+(?:lower|older|below|earlier|less|fewer|shorter|sooner|weniger|kürzer)|"
    r"\s+(?:at\s+(?:the\s+)?most|at\s+the\s+latest|maximum\b|limit\b|deadline\b)|-?\s*(?:limit|deadline)\b",
    _I,
)


def direction(text: str, start: int, end: int) -> Direction:
    """Tell on which side of the value at `text[start:end]` the rule lies."""
    if "-" in text[start:end] and not re.search(r"\b(?:after|nach)\b", text[:start]):
        # "the 24-hour rule" leaves open on which side
        return Direction.DUE
    before = re.split(r"[.;|]\s", text[max(0, start - 60) : start])[-1]
    after = text[end : end + 45]
    least = _LEAST.search(before) or _OR_MORE.match(after)
    most = _MOST.search(before) or _OR_LESS.match(after)
    if _LATER.search(before):
        return Direction.AFTER
    if most and least:
        # "no more than" holds "more than"; the longer one starts first.
        both = [m.start() for m in (_LEAST.search(before), _MOST.search(before)) if m]
        if len(both) == 2 and both[0] != both[1]:
            return (
                Direction.MOST if both[1] < both[0] or both[1] > both[0] + 12 else Direction.LEAST
            )
        return Direction.MOST if _MOST.search(before) else Direction.LEAST
    if least:
        return Direction.LEAST
    if most:
        return Direction.MOST
    if _IN.search(before):
        return Direction.DUE
    return Direction.NONE


_DAY_BEFORE = re.compile(
    r"(?:before|until|till|by|vor(?:\s+dem)?|bis(?:\s+zum)?|to)\s+(?:the\s+)?$", _I
)
_DAY_AFTER = re.compile(
    r"(?:after|from|since|starting|as\s+of|nach(?:\s+dem)?|seit(?:\s+dem)?|ab(?:\s+dem)?|vom)\s+(?:the\s+)?$",
    _I,
)


def _day_direction(text: str, start: int) -> Direction:
    before = text[max(0, start - 30) : start]
    if _DAY_BEFORE.search(before):
        return Direction.MOST
    return Direction.LEAST if _DAY_AFTER.search(before) else Direction.NONE


_COMPATIBLE = frozenset(
    frozenset(pair)
    for pair in (
        (Direction.MOST, Direction.DUE),
        (Direction.DUE, Direction.NONE),
        (Direction.NONE, Direction.AFTER),
    )
)


def agrees(claimed: Fact, source: Fact) -> bool:
    """Tell whether the two facts of equal value lie on the same side of it."""
    said, stands = claimed.direction, source.direction
    if claimed.kind in (Kind.DATE, Kind.MONTH):
        return said is stands or Direction.NONE in (said, stands)
    if claimed.kind in (Kind.ID, Kind.NUMBER):
        return {said, stands} != {Direction.LEAST, Direction.MOST}
    if claimed.kind is Kind.PERIOD or said is stands:
        return True
    return frozenset((said, stands)) in _COMPATIBLE
