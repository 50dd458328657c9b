"""Sayings that turn a passage round without a number, a name or a denial to tell it by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.domain.claims import Reason

_I = re.IGNORECASE
_ARTICLE = r"(?:the|an?|its|their|our|this|that|any|all|each|every)"
_BY = re.compile(
    rf"\b([a-z]{{3,}}(?:ed|en|wn|ne|ade))\s+(?:\w+ly\s+)?by\s+(?:{_ARTICLE}\s+)?"
    r"((?:[\w-]+\s+){0,2}?[\w-]+)(?=\s+(?:and|or|in|on|at|with|within|before|after|when|if|for|to|as|"
    r"who|which|that|is|are|must|may)\b|[.,;:!?)]|$)",
    _I,
)
_SET_APART = r"(?:other than|except(?: for)?|rather than|instead of|anyone but|apart from)"
_EXCLUDED = re.compile(rf"\b{_SET_APART}\s+(?:{_ARTICLE}\s+)?((?:[\w-]+\s+)?[\w-]+)", _I)
_ALLOWS = re.compile(
    r"\b(?:may|can|could|allowed|permitted|free to|optional|darf|dürfen|kann|können|erlaubt|gestattet|"
    r"zulässig)\b",
    _I,
)
_ALLOWS_IN_SOURCE = re.compile(_ALLOWS.pattern + r"|\b(?:permits?|allows?|lets?|unless)\b", _I)
_DENIES = re.compile(
    r"\b(?:no|not|never|nobody|nothing|none|only|without|unless|cannot|nicht|kein\w*|nie|nur|ohne|"
    r"niemand)\b|n['’]t\b",
    _I,
)
_BARS = re.compile(
    r"\b(?:block(?:s|ed)?|prohibit(?:s|ed)?|forbid(?:s|den)?|bann?(?:ed|s)?|disabled)\b", _I
)
_NONE_OF = re.compile(
    r"\b(?:no|without(?: any)?)\s+((?:[\w-]+\s+){0,2}?)([a-z]{4,}?)(?:s|es)?\b(?=\s*(?:[.,;:)]|to\b|"
    r"of\b|and\b|or\b|for\b|in\b|that\b|is\b|are\b|$))",
    _I,
)
_HOLDS = r"\b(?:has|have|had|gives?|provides?|contains?|is|are|there (?:is|are)|includes?)\s+"
_PLACES = (
    re.compile(r"\b(?:in|within|inside|part of|belongs? to)\s+(?:the\s+)?([a-z]{4,})\b", _I),
    re.compile(r"\b(?:outside(?:\s+of)?|out\s+of|excluded\s+from)\s+(?:the\s+)?([a-z]{4,})\b", _I),
)
_SWITCH = r"\b(?:switch|turn|power)\w*\s+(?:[\w-]+\s+){0,3}?"
_SWITCHES = (re.compile(_SWITCH + r"on\b", _I), re.compile(_SWITCH + r"off\b|\bshut\w*\s", _I))
_GRADE = re.compile(r"\b(major|minor)(?:s|-\w+)?\b", _I)
_APPENDED = re.compile(r"\b([A-Z]+[-\w]*\d)\s+\(([a-z]{4,})\)")


def opposed(claim: str, passages: Sequence[str]) -> Reason | None:
    """Give why a claim turns round what the cited passages say, or None."""
    source = " ".join(" ".join(passages).split())
    for check in (_doer, _left_out, _let, _existing, _placed, _switched, _appended, _graded):
        for reason in check(claim, source):
            return reason
    return None


def _doer(claim: str, source: str) -> Iterator[Reason]:
    """Hold who does it against who does it in the passage: "approved by"."""
    doers = [(one[1].casefold(), _words(one[2]), one[2]) for one in _BY.finditer(source)]
    for match in _BY.finditer(claim):
        verb, who = match[1].casefold(), _words(match[2])
        known = [one for one in doers if one[0] == verb]
        if known and not any(who & words for _, words, _ in known):
            yield Reason("subject", f"The passage says “{verb} by {known[0][2]}”.")


def _left_out(claim: str, source: str) -> Iterator[Reason]:
    """Find somebody whom the passage sets apart: "by someone other than the owner"."""
    if re.search(rf"\b{_SET_APART}\b", claim, _I) or _DENIES.search(claim):
        return
    for match in _EXCLUDED.finditer(source):
        who = match[1].casefold()
        elsewhere = source[: match.start()] + source[match.end() :]
        if " " in who and who in claim.casefold() and who not in elsewhere.casefold():
            yield Reason("negation", f"The passage says “{match.group()}”.")


def _let(claim: str, source: str) -> Iterator[Reason]:
    """Find leave that is given where the passage only bars."""
    given = _ALLOWS.search(claim) and not _DENIES.search(claim) and not _BARS.search(claim)
    if given and _BARS.search(source) and not _ALLOWS_IN_SOURCE.search(source):
        yield Reason("modality", "The passage allows nothing of this; say what it blocks.")


def _existing(claim: str, source: str) -> Iterator[Reason]:
    """Find a thing that is there, of which the passage says that there is none."""
    if _DENIES.search(claim):
        return
    for match in _NONE_OF.finditer(source):
        noun = match[2].casefold()
        others = source[: match.start()] + source[match.end() :]
        if re.search(rf"\b{noun}(?:s|es)?\b", others, _I):
            continue
        if re.search(rf"{_HOLDS}(?:[\w-]+\s+){{0,3}}?{noun}(?:s|es)?\b", claim, _I):
            yield Reason("negation", f"The passage says “{match.group().strip()}”.")


def _placed(claim: str, source: str) -> Iterator[Reason]:
    """Tell inside from outside: "in the scope"."""
    said = [{one[1].casefold() for one in place.finditer(claim)} for place in _PLACES]
    held = [{one[1].casefold() for one in place.finditer(source)} for place in _PLACES]
    if _DENIES.search(claim):
        return
    for here, there in ((0, 1), (1, 0)):
        for what in said[here] - said[there]:
            if what in held[there] and what not in held[here]:
                yield Reason("opposite", f"The passage places it otherwise to “{what}”.")


def _switched(claim: str, source: str) -> Iterator[Reason]:
    on, off = _SWITCHES
    for here, there in ((on, off), (off, on)):
        turned = here.search(claim)
        if turned is None or there.search(claim) or _DENIES.search(claim[: turned.end()]):
            continue
        if there.search(source) and not here.search(source):
            yield Reason("opposite", f"The passage says “{_found(there, source)}”.")


def _appended(claim: str, source: str) -> Iterator[Reason]:
    """Keep a word in brackets with the id that it stands behind: "SEV1 (highest)"."""
    for match in _APPENDED.finditer(source):
        if not re.search(rf"\b{match[2]}\b", claim, _I):
            continue
        ids = re.findall(rf"\b{re.match('[A-Za-z]+', match[1])[0]}[-\w]*\d\b", claim)  # type: ignore[index]
        if ids and match[1] not in ids:
            yield Reason("binding", f"The passage says “{match.group()}”.")


def _graded(claim: str, source: str) -> Iterator[Reason]:
    """Keep the grade of a finding, whose name is the same in every language."""
    said, held = ({one.casefold() for one in _GRADE.findall(text)} for text in (claim, source))
    for grade in said - held:
        if held:
            yield Reason("opposite", f"The passage speaks of another grade than “{grade}”.")


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group().strip() if match else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(one.casefold().rstrip("s") for one in re.findall(r"[\w-]{3,}", text))
