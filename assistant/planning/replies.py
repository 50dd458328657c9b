"""Understanding what a person replied: unknown, a refusal-worthy wish, dates, owners, actions. Pure.

Nothing is completed here: a name, a date or a figure is either in the words or it stays open.
"""

from __future__ import annotations

import re
from datetime import date

from assistant.domain.plan import Grade
from assistant.planning.smells import backdates
from knowledge.parsing.dates import find_dates

_UNKNOWN = re.compile(
    r"^\W*(i |we )?(do not|don'?t|don’t|dont|really don't) (yet )?know\b.{0,40}$|^\W*(no idea|"
    r"unknown|not (yet )?(known|decided|"
    r"clear)|tbd|tbc|to be (confirmed|decided|determined|defined)|n/?a|open|\?+|not sure|unsure|"
    r"no|none yet|skip|later|"
    r"(das )?(weiß|weiss) ich nicht|keine ahnung|(noch )?(unbekannt|offen|unklar)|je ne sais pas|"
    r"no lo sé)\W*$",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(yes|yep|yeah|correct|right|ok(ay)?|agreed|fine|sure|confirmed|that'?s (right|correct|"
    r"it)|exactly|ja|genau|"
    r"richtig|stimmt|oui|sí)\b",
    re.IGNORECASE,
)


def is_unknown(reply: str) -> bool:
    """Tell whether a reply says that the person does not know."""
    return not reply.strip() or bool(_UNKNOWN.match(reply.strip()))


def is_yes(reply: str) -> bool:
    """Tell whether a reply agrees."""
    return bool(_YES.match(reply))


def wish_refused(reply: str) -> str | None:
    """Give what is said to a wish that no plan may fulfil, or None."""
    if backdates(reply):
        return _FALSE_RECORD
    return next((answer for pattern, answer in _WISHES if pattern.search(reply)), None)


_ORDER = (
    r"(?:^|[.;!?:]\s*|\b(?:please|just|simply|bitte|can you|could you|let'?s|you (?:can|should)) )"
)
_WISHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            rf"{_ORDER}(?:write|say|state|note|put|enter|record|add|pretend|"
            rf"claim)\b[^.;]{{0,40}}\b(?:auditor|cb|"
            r"certification body|management|ceo|coo|board|he|she|they|"
            r"boss)\b[^.;]{0,25}\b(?:accept\w*|approv\w*|"
            rf"agree\w*|closed|verified|signed)|{_ORDER}mark\b[^.;]{{0,30}}\b(?:effective|closed|"
            rf"approved|accepted|verified)\b|"
            rf"{_ORDER}(?:schreib\w*|trag\w*)\b[^.;]{{0,50}}\b(?:akzeptiert|freigegeben|genehmigt)",
            re.I,
        ),
        "I don't write down an acceptance or approval that I have not seen. It is a fact with a "
        "name, a "
        "date and a document: tell me who accepted what, when and where it is recorded, and it "
        "is entered "
        "as your statement when the plan has come that far. The field stays open.",
    ),
    (
        re.compile(
            r"\b(?:lower|down-?grade|change|reduce|turn|make|set|call)\b[^.;]{0,30}\b(?:grade|"
            r"major|it|this|finding)\b"
            r"[^.;]{0,20}\b(?:minor|ofi|observation)\b|\bshould (?:only )?be (?:a |an )?(?:minor|"
            r"ofi|observation)\b|"
            r"\bherabstuf\w*|\bherunterstuf\w*|\bdown-?grade\w*\b",
            re.I,
        ),
        "The grade stays as whoever raised the finding gave it; I never change it. If you hold "
        "it to be "
        "wrong, appeal with facts: sample and population, what worked, the effect, and what you "
        "ask for. "
        "I can help to set out such an appeal; the plan goes on meanwhile.",
    ),
)
_FALSE_RECORD = (
    "I don't help to date records back: it would be a false record, and a graver finding than "
    "the gap "
    "itself. What was missed stays missed. An honest note says so: what was not done, for which "
    "time, "
    "when it was noticed, and what was done instead today."
)


def grade_said(reply: str) -> Grade | None:
    """Give the grade that a person names."""
    if match := re.search(r"\b(major|minor|ofi|observation|haupt|neben)", reply, re.I):
        word = match.group(1).casefold()
        if word in {"major", "haupt"}:
            return Grade.MAJOR
        return Grade.MINOR if word in {"minor", "neben"} else Grade.OFI
    return None


def days(text: str) -> tuple[date, ...]:
    """Give every day that a text names."""
    return tuple(found for found, _, _ in find_dates(text, day_first=True))


def is_bare(reply: str) -> bool:
    """Tell whether a reply is a mere yes or no, which answers no open question."""
    return len(reply.split()) <= 3 and (
        is_yes(reply) or bool(re.match(r"\W*(no|nein|done)\W*$", reply, re.I))
    )
