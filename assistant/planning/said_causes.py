"""Reading causes, and what shows them, out of what a person said. Pure."""

from __future__ import annotations

import re

from assistant.domain.plan import Cause, CauseKind
from assistant.planning.patterns import mechanisms_in
from assistant.planning.replies import is_unknown
from knowledge.text import sentences

_PLACE = re.compile(
    r"\b(ticket|log\w*|report|export|register|record\w*|minutes|screenshot|[A-Z]{2,}-\d+|file|"
    r"mail|protocol|v\d[\d.]*|protokoll|"
    r"nachweis|evidence|list)\b",
    re.IGNORECASE,
)


_CAUSE_MARK = re.compile(
    r"(?:^|\n|(?<=[.;]\s)|(?<=[.;]))\s*(?:\(?\d{1,2}[.)]\s+|[-*•–]\s+|C\d+\s*[:.)]\s*|"
    r"(?:why\s*\d?|root cause|cause|ursache)\s*\d*\s*[:?]\s*)",
    re.IGNORECASE,
)


_UNDETECTED = re.compile(
    r"\bnot (been )?(detected|noticed|seen|discovered|found)|undetected|unnoticed|unseen|"
    r"non-?detection|nobody (noticed|saw|sees|checks?|"
    r"checked|compares?|compared|measures?|looks?|looked|tracks?|monitors?|reviews?|reconciles?|"
    r"verifies|noted|follows?|tests?|counts?)|"
    r"no.?one (noticed|checks?|checked|compares?|compared|sees|saw|"
    r"measures?|monitors?|tracks?|reviews?|looks?|looked|reconciles?|verifies|follows?|tests?)|"
    r"no (check|control|metric|measure|report|kpi|monitoring|reconcil\w+|plausibility|dashboard|"
    r"alert|cross.?check)|not (measured|monitored|checked|"
    r"reconciled|tracked|reported|tested by|compared)|completion is not|approval checks?|"
    r"unentdeckt|nicht (bemerkt|entdeckt|"
    r"gemessen|geprüft|überwacht)|niemand (prüft|bemerkt|kontrolliert)|kein\w* (kontrolle|"
    r"prüfung|kennzahl|abgleich|bericht)|"
    r"(review|agenda|report\w*)\b[\w ]{0,30}\bdo(es)? not (test|check|show|cover|list)|"
    r"has no measure|had no measure",
    re.IGNORECASE,
)


_ALLOWED = re.compile(
    r"\b(system|management|organi[sz]ation|isms|change process|"
    r"governance)\b[\w ]{0,20}\b(allow\w*|permit\w*|accept\w*)|\bwhy (was it )?allowed|"
    r"\ballowed because|no (isms )?impact (check|assessment)|decision|nobody (owns|owned) the|"
    r"was accepted|never decided|"
    r"\bzugelassen\b",
    re.IGNORECASE,
)


_LABEL = re.compile(
    r"(?i)^\W*(?:(?:why )?(?:it )?(?:happened|occurr\w+)|(?:why )?(?:it was )?(?:not |"
    r"un)(?:detected|noticed)|detection|occurrence|"
    r"(?:why )?(?:the system )?allowed(?: it)?|non-?detection|system|root cause|"
    r"because)\s*[:–—-]\s*"
)


_LEAD_IN = re.compile(
    r"(?i)^\s*(?:(?:and|also|secondly|und|besides)\s+(?=nobody|no one|there|it|completion|niemand)|"
    r"(?:it was )?not (?:detected|noticed) (?:as|because|since)\s+|nicht (?:bemerkt|entdeckt), weil\s+)"
)


def causes_in(reply: str, kind: CauseKind | None = None, first: int = 1) -> tuple[Cause, ...]:
    """Read the causes that a person names. `kind` is what was asked; None sorts them by their words."""
    causes: list[Cause] = []
    for piece in _cause_pieces(reply):
        text = _LEAD_IN.sub("", _LABEL.sub("", piece)).strip(" ;,.")
        if len(text.split()) < 2 or is_unknown(text):
            continue
        found = kind or _kind_of(piece)
        causes.append(
            Cause(
                id=f"C{first + len(causes)}",
                kind=found,
                text=text,
                evidence=evidence_in(text),
                category=next((one.category for one in mechanisms_in(text)), ""),
            )
        )
    return tuple(causes)


def _cause_pieces(reply: str) -> list[str]:
    text = reply.strip()
    marked = [one.strip() for one in _CAUSE_MARK.split(text) if one.strip()]
    pieces: list[str] = []
    for one in marked:
        for sentence in _sentences(one):
            pieces.extend(_by_kind(sentence))
    return [one for one in pieces if one.strip()]


def _by_kind(sentence: str) -> list[str]:
    """Cut a sentence where it turns from why it happened to why nobody noticed; not elsewhere, since
    the links of one condition belong together."""
    parts = re.split(
        r";\s+|,? and (?=(?:nobody|no one|no check|completion|it was not|not detected))|"
        r"(?i:\.?\s+(?=not detected:|why not detected:|undetected:|happened:))",
        sentence,
    )
    out: list[str] = []
    kind: CauseKind | None = None
    for part in parts:
        found = _kind_of(part)
        plain = (
            not _UNDETECTED.search(part) and not _ALLOWED.search(part) and not _LABEL.match(part)
        )
        if out and (found is kind or (plain and _LABEL.match(out[-1]))):
            out[-1] = f"{out[-1]}; {part}"
        else:
            out.append(part)
            kind = found
    return out


def _sentences(text: str) -> list[str]:
    """Cut into sentences, also behind a unit ("within 24 h. Nobody compares")."""
    cut = re.split(r"(?<=\d [a-zA-Z])\.\s+(?=[A-Z])", text)
    return [sentence for part in cut for sentence in sentences(part)]


def _kind_of(text: str) -> CauseKind:
    if _UNDETECTED.search(text):
        return CauseKind.UNDETECTED
    if _ALLOWED.search(text):
        return CauseKind.ALLOWED
    return CauseKind.HAPPENED


_SHOWN = re.compile(
    r"\b(?:evidence|shown by|as shown in|see|according to|seen in|per|confirmed (?:by|in|with)|"
    r"nachweis|belegt durch|siehe|interview\w* with)\b"
    r"\s*[:=]?\s*(?P<shown>[^;.\n]{3,120})|\((?P<bracket>[^)]*(?:ticket|minutes|log|export|"
    r"register|interview|report|record|"
    r"[A-Z]{2,}-\d+)[^)]*)\)",
    re.I,
)


def evidence_in(text: str) -> str:
    """Give what a person says shows a cause."""
    match = _SHOWN.search(text)
    return (match["shown"] or match["bracket"] or "").strip() if match else ""


_METHOD = re.compile(
    r"\b(5|five|3|three|4|four)[ -]?why\w*|\bwhy[- ]chain|\bfishbone|\bishikawa|\btimeline|"
    r"\bfault tree|\bchange analysis|\bpareto|"
    r"\bbarrier analysis|\bworkshop|\b8d\b|\bursachenbaum",
    re.IGNORECASE,
)


def method_in(text: str) -> str:
    """Give the method of analysis that a text names."""
    match = _METHOD.search(text)
    return match.group() if match else ""


def places_evidence(text: str) -> bool:
    """Tell whether a text says where something is recorded."""
    return bool(_PLACE.search(text))
