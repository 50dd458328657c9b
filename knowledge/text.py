"""Text as both sides of a comparison see it: folding, sentences, and the words of a search."""

from __future__ import annotations

import re
import unicodedata

_SOFT_BREAK = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\s*\n\s*(?=[^\W\d_])")
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xE0000, 0xE0080)]
)
_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Fold `text` for a verbatim comparison: NFKC, words split at a line's end joined, white space
    single. Two texts are the same quote exactly if their folds are equal."""
    joined = _SOFT_BREAK.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))
    return _SPACE.sub(" ", joined).strip()


def is_verbatim(quote: str, source: str) -> bool:
    """Tell whether `quote` stands in `source`, comparing folded texts."""
    return fold(quote) in fold(source)


_ABBREVIATIONS = frozenset(
    "e.g i.e etc cf vs no nr art al approx dept ref fig sec ca mr ms mrs dr st inc ltd co corp jan "
    "feb mar apr jun jul aug sep sept oct nov dec z.b d.h u.a bzw ggf abs max min incl excl vgl inkl "
    "evtl lit ziff mio mrd tel prof".split()
)
_MONTH_NEXT = re.compile(
    r"(?:Jan(?:uar)?|Jänner|Feb(?:ruar)?|März?|Apr(?:il)?|Mai|Juni?|Juli?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Okt(?:ober)?|Nov(?:ember)?|Dez(?:ember)?)\b"
)
_SENTENCE_END = re.compile(
    r"([.!?…]+[)\"'”’\]]*)\s+(?=[\"'“‘(\[]?[A-ZÀ-ÞĀ-Ž0-9*])|(?<=:)\s*\n|\n{2,}"
)


def sentences(text: str) -> list[str]:
    """Split `text` into sentences; each is a verbatim slice of it, without outer white space."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end(1) if match.group(1) else match.start()
        before = text[start:end].rstrip(".!?…)\"'”’]")
        last = before.rsplit(None, 1)[-1].lstrip("([\"'").lower() if before.split() else ""
        if (
            match.group(1) == "."
            and (last in _ABBREVIATIONS or re.fullmatch(r"[a-z]|\d{1,3}(\.\d+)*", last))
            and not re.search(r"\d\s*$", text[end : match.end()])
        ):
            number_ends_sentence = (
                re.fullmatch(r"\d{1,4}", last)
                and len(before.split()) > 2
                and not (len(last) <= 2 and _MONTH_NEXT.match(text, match.end()))
            )
            if not number_ends_sentence:
                continue
        piece = text[start:end].strip()
        if piece:
            found.append(piece)
        start = match.end()
    rest = text[start:].strip()
    if rest:
        found.append(rest)
    return found
