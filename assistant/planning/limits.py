"""Reading time limits from the sentences of an organisation's own procedure. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.domain.plan import Grade
from assistant.planning.house_rules import Limit

_LENGTH = re.compile(
    r"(?P<number>\d{1,3}|five|ten|fourteen|fifteen|thirty|sixty|ninety|fünf|zehn|vierzehn|"
    r"dreißig|sechzig|neunzig)"
    r"[ -](?P<unit>(?:working|business|calendar|arbeits|werk)?[ -]?(?:days?|tage?n?)|weeks?|"
    r"wochen?|months?|monate?n?)",
    re.IGNORECASE,
)


_WRITTEN = {
    "five": 5, "ten": 10, "fourteen": 14, "fifteen": 15, "thirty": 30, "sixty": 60, "ninety": 90,
    "fünf": 5, "zehn": 10, "vierzehn": 14, "dreißig": 30, "sechzig": 60, "neunzig": 90,
}  # fmt: skip


_KIND = (
    ("effectiveness", re.compile(r"\beffectiveness|wirksamkeit", re.I)),
    ("containment", re.compile(r"\bcontain\w*|\bimmediate (action|measure)|sofortmaßnahme", re.I)),
    ("plan", re.compile(r"\b(corrective action )?plans?\b|maßnahmenplan", re.I)),
    ("action", re.compile(r"\b(corrective )?(actions?|measures?)\b|\bmaßnahmen?\b", re.I)),
)


_DUE = re.compile(
    r"\b(due|within|no later|at the latest|reviewed|judged|assessed|submitted|completed|"
    r"implemented|innerhalb|spätestens|binnen|after)\b",
    re.I,
)


_GRADE_WORDS = {
    "major": Grade.MAJOR,
    "haupt": Grade.MAJOR,
    "minor": Grade.MINOR,
    "neben": Grade.MINOR,
}


def limits_in(sentence: str) -> Iterable[Limit]:
    """Read time limits from a sentence of a procedure: "Actions for a major are due in 60 days"."""
    kind = next((name for name, words in _KIND if words.search(sentence)), None)
    if kind is None or not _DUE.search(sentence):
        return
    grades = [
        (one.start(), _GRADE_WORDS[one.group().casefold()])
        for one in re.finditer(r"\b(major|minor|haupt|neben)", sentence, re.I)
    ]
    after = " after implementation" if kind == "effectiveness" else ""
    for match in _LENGTH.finditer(sentence):
        number = match["number"].casefold()
        amount = _WRITTEN.get(number) or int(number)
        unit = match["unit"].casefold()
        working = bool(re.match(r"working|business|arbeits|werk", unit))
        plain = (
            "weeks"
            if unit.startswith(("week", "woche"))
            else "months"
            if unit.startswith("mon")
            else "days"
        )
        before = [grade for start, grade in grades if start < match.start()]
        grade = before[-1] if before else None
        yield Limit(
            kind,
            grade,
            f"{amount} {'working ' if working and plain == 'days' else ''}{plain}{after}",
            "",
        )
