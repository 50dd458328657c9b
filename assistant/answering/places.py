"""A place that a question names: a section of a document, or a version of it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from assistant.answering.understanding import Question
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.standing import version_key
from knowledge.view import View

_SECTION = re.compile(
    r"(?:\b(?:sections?|sec\.?|point|item|paragraph|abschnitt|ziffer|punkt|kapitel)\s*|§\s*)"
    r"(?P<named>\d{1,2}(?:\.\d{1,2}){0,3})\b|"
    r"\b[A-Za-z]{2,8}[-_ ]\d{1,4}\s+(?P<bare>\d{1,2}(?:\.\d{1,2}){1,3})\b",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"\b(?:version|vers\.?|v\.?|rev(?:ision)?\.?)\s?(\d+(?:\.\d+)+|\d+)\b", re.IGNORECASE
)


_DAY_ASKED = re.compile(
    r"\b(?:as of|as at|valid (?:on|in)|in force (?:on|in)|back in|at the time of|"
    r"(?:zum )?stand(?: vom)?|"
    r"was .{3,60} (?:on|in))\s+"
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})|"
    r"(?:(?P<day>\d{1,2})\.?\s+)?(?P<month>[A-Za-zä]{3,9})\s+(?P<year>\d{4})|"
    r"(?P<only>20\d\d))\b",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb",
            "mar mär",
            "apr",
            "may mai",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct okt",
            "nov",
            "dec dez",
        ),
        1,
    )
    for name in names.split()
}


def day_asked(text: str, today: date) -> date | None:
    """Give the past day whose rules a question asks about: "as of 1 June 2025", "back in 2024".

    Of a month or a year its last day counts."""
    match = _DAY_ASKED.search(text)
    if match is None:
        return None
    try:
        if match["iso"]:
            day = date.fromisoformat(match["iso"])
        elif match["only"]:
            day = date(int(match["only"]), 12, 31)
        else:
            month = _MONTHS.get(match["month"][:3].casefold())
            if month is None:
                return None
            year = int(match["year"])
            last = calendar.monthrange(year, month)[1]
            day = date(year, month, int(match["day"] or last))
    except ValueError:
        return None
    return day if day < today else None


def section_asked(question: Question) -> str | None:
    """Give the section number that a question names, such as "4.5"."""
    match = _SECTION.search(question.text)
    return (match["named"] or match["bare"]) if match else None


def version_asked(question: Question) -> str | None:
    """Give the version that a question names, such as "1.3"."""
    match = _VERSION.search(question.text)
    return match[1] if match else None


def in_version(
    view: View, question: Question, documents: Sequence[Document]
) -> tuple[Document, ...]:
    """Choose among `documents`, or else all, those of the version that the question names.

    Without a version: the ones in force, then the rest."""
    version = version_asked(question)
    if version is None:
        return tuple(
            sorted(documents, key=lambda one: view.standing(one.id) is not Standing.IN_FORCE)
        )
    among = documents or tuple(one for one in view.documents if one.origin is Origin.DOCUMENT)
    return tuple(
        one
        for one in among
        if one.facts.version and version_key(one.facts.version) == version_key(version)
    )


def passages_at(view: View, document: Document, section: str) -> tuple[Passage, ...]:
    """Give the passages of a section, with its subsections, in reading order."""

    def numbered(passage: Passage) -> bool:
        match = re.match(r"[§\s]*([\d.]+)", passage.locator.section or "")
        number = match[1].rstrip(".") if match else ""
        return number == section or number.startswith(section + ".")

    return tuple(one for one in view.passages_of(document.id) if numbered(one))
