"""What of a model's sentence may reach a screen: plain words, and nothing that can act."""

from __future__ import annotations

import re
import unicodedata

from assistant.domain.claims import Reason
from knowledge.text import sentences

LONGEST = 500
"""Characters of a claim."""
_MOST_SENTENCES = 2

_MARKERS = re.compile(
    r"\s*(?:\[\^?p?\d{1,3}(?:\s*[,;–-]\s*p?\d{1,3})*\]|\(p\d{1,3}(?:\s*,\s*p\d{1,3})*\)|【[^】]{0,40}】)"
)
"""Footnotes that a model writes itself: code attaches the citations."""
_EMPHASIS = re.compile(r"\*+|`+|~{2,}|(?<![\w])_+(?=\S)|(?<=\S)_+(?![\w])")
_LEADS = re.compile(r"^\s*(?:#{1,6}\s+|>\s+|[-•+]\s+|\d{1,2}[.)]\s+(?=[A-Z]))+")
_TLD = (
    r"(?:com|net|org|io|dev|app|info|biz|co|uk|de|eu|ch|at|fr|nl|it|es|us|ai|cloud|xyz|site|online|"
    r"link|click|top|ru|cn|me|tv|example|local|internal|onion)"
)
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?![\w@])")
_FENCE = re.compile(r"```|~~~")
_ACTIVE = (
    (re.compile(r"!\[|\]\s*\(|\]\s*\[|\]\s*:|\[\["), "links or images"),
    (re.compile(r"<\s*[a-z/!?@#%]|&(?:#\w+|[a-z]{2,10});", re.IGNORECASE), "HTML"),
    (
        re.compile(
            r"\b[a-z][a-z0-9+.-]{1,20}:/{1,2}|(?<!\w)/{2}\w|\bwww\.|"
            r"\b(?:javascript|data|mailto|tel|file|vbscript|sms|about|slack):\S",
            re.IGNORECASE,
        ),
        "web addresses",
    ),
    (
        re.compile(
            rf"(?<![\w@.-])(?:[\w-]+\.)+{_TLD}(?![\w.-]*\w)|"
            rf"(?<![\w.-])(?:[\w-]+\.)+[a-z]{{2,}}/\w|(?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}[:/]",
            re.IGNORECASE,
        ),
        "web addresses",
    ),
    (re.compile(r"(?<![\w.+-])@\s?\w|<!"), "mentions"),
)
_INVISIBLE_ALLOWED = "\u00ad"


def shown(text: str) -> str | Reason:
    """Give `text` free of harmless marks, or the reason why it may not be shown."""
    if len(text) > 4 * LONGEST:
        return Reason("length", f"Say it in at most {LONGEST} characters.")
    if _FENCE.search(text):
        return Reason("markup", "Write plain words without code.")
    plain = text.replace(_INVISIBLE_ALLOWED, "").strip()
    if any(_acts(character) for character in plain):
        return Reason("characters", "Write one line of visible characters only.")
    previous = None
    while plain != previous:  # what is taken out may uncover another mark
        previous = plain
        plain = _LEADS.sub("", _EMPHASIS.sub("", _MARKERS.sub("", plain))).strip()
    plain = re.sub(r"\s+", " ", plain)
    plain = re.sub(r"\s+([.,;!?])", r"\1", plain)
    for form in (plain, unicodedata.normalize("NFKC", plain)):
        if said := _active(form):
            return Reason("markup", f"Write plain words without {said}.")
    return _sized(plain)


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")


def _active(text: str) -> str | None:
    without_addresses = _ADDRESS.sub("an address", text)
    for pattern, named in _ACTIVE:
        if pattern.search(without_addresses):
            return named
    return None


def _sized(plain: str) -> str | Reason:
    if not re.search(r"[^\W\d_]{2}", plain):
        return Reason("empty", "Write a sentence.")
    if len(plain) > LONGEST:
        return Reason("length", f"Say it in at most {LONGEST} characters.")
    if len(sentences(plain)) > _MOST_SENTENCES:
        return Reason("length", "Write one or two sentences in a statement.")
    return plain


def addresses(text: str) -> tuple[str, ...]:
    """Give the e-mail addresses in `text`."""
    return tuple(match.group().rstrip(".").casefold() for match in _ADDRESS.finditer(text))
