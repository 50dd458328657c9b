"""Which control a row is about: ids as people and spreadsheets write them, and titles.

A spreadsheet turns 5.10 into the number 5.1 and 5.1 into the fifth of January. Such a cell has
several candidates; `settle` chooses among them by title and order, or leaves the choice open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz import fuzz, process

from knowledge.controls import register
from knowledge.passages import Cell
from knowledge.soa.values import cell_text, day_in_text, fold_key, month_number

SAME_TITLE = 85.0
"""Similarity of 100 from which two titles are the same in other spelling."""
OTHER_TITLE = 60.0
"""Similarity below which a title is not that of its control."""


@dataclass(frozen=True, slots=True)
class Written:
    """What an id cell says: candidates of the edition of 2022, likeliest first, ids of 2013."""

    text: str
    candidates: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    unknown: str | None = None
    """An Annex A number that neither edition has, such as A.5.38."""
    rest: str = ""
    """What follows the id in the same cell; often the title."""
    lossy: bool = False
    """True if the cell may no longer say what was typed: a number or a date."""
    typed: bool = False
    """True for a text that only looks like a number."""

    @property
    def is_id(self) -> bool:
        """Tell whether the cell names a control of Annex A, known or not."""
        return bool(self.candidates or self.old or self.unknown)


@cache
def _places() -> dict[str, int]:
    return {control.id: place for place, control in enumerate(register().controls)}


@cache
def _ids_2013() -> frozenset[str]:
    return frozenset(old for control in register().controls for old in control.from_2013)


@cache
def _titles() -> dict[str, str]:
    return {
        title_key(title): control.id
        for control in register().controls
        for title in (*control.title_variants, control.title)
    }


def place_of(control_id: str) -> int | None:
    """Return the control's place among the 93, from 0, or None."""
    return _places().get(control_id)


@lru_cache(maxsize=8192)
def title_key(text: str) -> str:
    """Fold a title: case, punctuation, British and American spelling do not count."""
    key = fold_key(text.replace("&", " and "))
    key = re.sub(r"\b(\w{3,})is(e|ed|es|ing|ation|ational)\b", r"\1iz\2", key)
    return re.sub(r"labell", "label", key)


def is_title(text: str) -> bool:
    """Tell whether the text is exactly a control's title, spelling aside."""
    return title_key(text) in _titles()


@lru_cache(maxsize=4096)
def best_title(text: str) -> tuple[str | None, float]:
    """Return the control whose title is most like the text, and the similarity of 100."""
    best: tuple[str | None, float] = (None, 0.0)
    for form in _title_forms(text):
        exact = _titles().get(form)
        if exact is not None:
            return exact, 100.0
        match = process.extractOne(form, _titles().keys(), scorer=fuzz.token_sort_ratio)
        if match and match[1] > best[1]:
            best = (_titles()[match[0]], match[1])
    return best


@lru_cache(maxsize=4096)
def title_likeness(text: str, control_id: str) -> float:
    """Return how like the text is to the title of one control, of 100."""
    place = place_of(control_id)
    if place is None:
        return 0.0
    control = register().controls[place]
    titles = [title_key(title) for title in (control.title, *control.title_variants)]
    return max(
        (fuzz.token_sort_ratio(form, title) for form in _title_forms(text) for title in titles),
        default=0.0,
    )


def _title_forms(text: str) -> list[str]:
    forms = [text, text.split("\n", 1)[0], re.split(r"\s[-–—:]\s|:\s", text, maxsplit=1)[0]]
    return [key for key in dict.fromkeys(title_key(form[:200]) for form in forms) if len(key) > 3]


_PREFIX = (
    r"(?:ISO(?:/IEC)?\s*2700[12](?::\s*20\d\d)?[\s,:\-–]*)?"
    r"(?:(?:Annexe?|Anhang|Anexo)(?:\s*A)?|Control|Ctrl)?[\s.\-_]*(?P<a>A)?[\s.\-_]*"
)
_ID = re.compile(
    _PREFIX + r"(?P<x>0?[5-9]|1[0-8])\s?[.,\-_]\s?(?P<y>\d{1,2})(?:\s?[.,\-_]\s?(?P<z>\d{1,2}))?"
    r"(?![\d%])\.?",
    re.IGNORECASE,
)
_MORE = re.compile(r"\bA?[.\s]?(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?(?![\d.])", re.IGNORECASE)
_DAY_AND_MONTH = re.compile(
    r"(\d{1,2})[.\s\-]*\s*([^\W\d_]{3,10})\.?|([^\W\d_]{3,10})\.?[\s\-]*(\d{1,2})"
)


def written_id(cell: Cell) -> Written:
    """Read an id cell, whatever a spreadsheet made of it."""
    text = cell_text(cell)
    value = cell.value
    if isinstance(value, bool) or value is None:
        return Written(text)
    if isinstance(value, date):
        return _from_date(text, value)
    if isinstance(value, float | int):
        return _from_number(text, value)
    return _from_text(text)


def _known(pairs: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    ids = (f"A.{x}.{y}" for x, y in pairs)
    return tuple(dict.fromkeys(each for each in ids if each in _places()))


def _from_number(text: str, value: float) -> Written:
    digits = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", repr(float(value)))
    if not digits or float(value).is_integer():
        return Written(text)
    return Written(text, _decimals(digits[1], digits[2]), lossy=True)


def _decimals(x: str, y: str) -> tuple[str, ...]:
    """Return what a number may have been: its trailing zero is lost, its leading one is not."""
    readings = [(int(x), int(y))]
    if len(y) == 1:
        readings.append((int(x), int(y) * 10))
    return _known(readings)


def _from_date(text: str, day: date) -> Written:
    """Read what a date may have been: 5.1 and 5/1 as day and month, 5.13 as month and year, 9.2.3
    as a whole day."""
    old = f"A.{day.day}.{day.month}.{day.year - 2000}"
    if old in _ids_2013():
        return Written(text, old=(old,), lossy=True)
    readings = [(day.day, day.month), (day.month, day.day)]
    if day.day == 1:
        readings.append((day.month, day.year % 100))
    return Written(text, _known(readings), lossy=True)


def _from_text(text: str) -> Written:
    as_date = day_in_text(text)
    if as_date is not None:
        return _from_date(text, as_date)
    match = _ID.match(text)
    if not match:
        return _from_day_name(text)
    rest = text[match.end() :]
    if rest and not match["a"] and not re.match(r"[\s:;()\-–—/|]", rest):
        return Written(text)
    x, y, z = int(match["x"]), int(match["y"]), match["z"]
    more_2022, more_2013 = _more_ids(rest)
    title = re.sub(r"^[\s:;()\-–—/|.]+", "", _MORE.sub("", rest)).strip(" ()[]\n")
    if z is not None:
        old = f"A.{x}.{y}.{int(z)}"
        if old in _ids_2013():
            return Written(text, more_2022, (old, *more_2013), rest=title)
        return Written(text, unknown=old, rest=title)
    if re.fullmatch(r"0?\d+[.,]\d", match[0].strip()) and not match["a"] and not rest:
        return Written(text, _decimals(match["x"], match["y"]), lossy=True, typed=True)
    known = _known([(x, y)])
    if not known:
        return Written(text, old=more_2013, unknown=f"A.{x}.{y}", rest=title)
    return Written(text, known, more_2013, rest=title)


def _more_ids(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [(m[1], m[2], m[3]) for m in _MORE.finditer(text)]
    new = _known([(int(x), int(y)) for x, y, z in found if z is None])
    old = (f"A.{int(x)}.{int(y)}.{int(z)}" for x, y, z in found if z is not None)
    return new, tuple(each for each in old if each in _ids_2013())


def _from_day_name(text: str) -> Written:
    match = _DAY_AND_MONTH.fullmatch(text)
    if not match:
        return Written(text)
    month = month_number(match[2] or match[3])
    number = int(match[1] or match[4])
    if month is None:
        return Written(text)
    readings = [(number, month), (month, number)]
    return Written(text, _known(readings), lossy=True)


def old_ids(text: str) -> tuple[str, ...]:
    """Return the 2013 ids in a text, each once."""
    return tuple(dict.fromkeys(_more_ids(text)[1]))


def own_id(text: str) -> str | None:
    """Return the id of an own or foreign control ("C-01", "CLD.6.3.1"), or None for other text."""
    text = text.strip()
    looks_like_one = re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[.\-_/ ]+[A-Za-z0-9]+){0,5}", text)
    if looks_like_one and len(text) <= 24 and re.search(r"\d", text):
        return text
    return None


@dataclass(frozen=True, slots=True)
class Settled:
    """The choice for one row. `doubt` says why it must be asked; `how` what decided it."""

    control_id: str | None
    how: str = ""
    doubt: str | None = None


def settle(written: Sequence[Written], titles: Sequence[str]) -> list[Settled]:
    """Choose one id for every row by what is written, its title, and its neighbours' order.

    Order counts only where the certain ids of the sheet rise throughout; a title counts where it
    fits one candidate clearly better than the others. If both speak and differ, a person decides.
    """
    written = _as_typed(written)
    before, after = _bounds(written)
    return [
        _settle_row(each, title, before[row], after[row])
        for row, (each, title) in enumerate(zip(written, titles, strict=True))
    ]


def _as_typed(written: Sequence[Written]) -> Sequence[Written]:
    """Take texts for what they say if any text of the sheet has kept its trailing zero."""
    kept = (each for each in written if re.fullmatch(r"\D*\d+[.,]\d0\.?", each.text))
    if all(each.lossy for each in kept):
        return written
    return [
        replace(each, candidates=each.candidates[:1]) if each.typed else each for each in written
    ]


def _bounds(written: Sequence[Written]) -> tuple[list[int], list[int]]:
    """Return for each row the places of the certain ids around it; nothing fits if disordered."""
    certain = [
        place_of(each.candidates[0]) if len(each.candidates) == 1 else None for each in written
    ]
    places = [place for place in certain if place is not None]
    ordered = len(places) > 1 and all(a < b for a, b in pairwise(places))
    lowest, highest = (-1, len(_places())) if ordered else (-1, -1)
    before, after = [], [highest] * len(written)
    for place in certain:
        before.append(lowest)
        if ordered and place is not None:
            lowest = place
    for row in range(len(written) - 1, -1, -1):
        after[row] = highest
        place = certain[row]
        if ordered and place is not None:
            highest = place
    return before, after


def _settle_row(written: Written, title: str, before: int, after: int) -> Settled:
    candidates = written.candidates
    if len(candidates) < 2:
        return Settled(candidates[0] if candidates else None, "as written")
    by_order = [each for each in candidates if before < (place_of(each) or 0) < after]
    ordered = by_order[0] if len(by_order) == 1 else None
    titled = _by_title(candidates, title)
    if titled and ordered and titled != ordered:
        return Settled(candidates[0], doubt=f"its title says {titled}, its place says {ordered}")
    if titled:
        return Settled(titled, "title and order" if ordered else "title")
    other, likeness = best_title(title)
    if other and other not in candidates and likeness >= SAME_TITLE:
        return Settled(candidates[0], doubt=f"its title is that of {other}")
    if ordered:
        return Settled(ordered, "order")
    return Settled(candidates[0], doubt=f"it may be {' or '.join(candidates)}")


def _by_title(candidates: Sequence[str], title: str) -> str | None:
    if not title:
        return None
    scored = sorted(((title_likeness(title, each), each) for each in candidates), reverse=True)
    (best, chosen), (second, _) = scored[0], scored[1]
    return chosen if best >= 70 and best - second >= 15 else None
