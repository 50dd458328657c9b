"""Claims by rules: each clause of a reply is one claim of one kind, tied to the demands it speaks to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assistant.domain.interview import ClaimKind
from assistant.interviewing import dating, language, speech
from assistant.interviewing.language import Clause
from assistant.interviewing.matching import Match, matches
from assistant.interviewing.secrets import MASK
from knowledge.demands import Unit

ABOUT = 0.55
"""Strength of shared words from which a clause is taken to speak of a demand without a cue."""


class ExtractedClaim(BaseModel):
    """A claim as a reader gives it: nothing but what the words say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    kind: Literal["is", "planned", "should", "denied", "unknown"]
    said: str
    """Verbatim words of the reply."""
    demands: tuple[str, ...] = ()
    hedged: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reply answers."""

    unit: Unit
    demand: str | None = None
    """The demand that the question asked about; None: the unit as a whole."""
    style: str = "open"
    question: str = ""
    guessed: bool = False
    """The demand is what the unit's opening is mostly about: enough for a statement, never for a
    denial."""


_CERTIFICATE = re.compile(
    r"\b(?:is|are|has|have|holds?|ist|sind|hat|got|with|"
    r"being)\b.{0,40}\b(?:certified|certificates?|certification|"
    r"accredited|attested|attestation|zertifiziert|zertifikat|soc ?2|iso ?27001|tisax)\b|"
    r"\b(?:certified|zertifiziert)\b",
    re.IGNORECASE,
)


_OUTSIDER = re.compile(
    r"\b(?:provider|hoster|host|supplier|vendor|aws|amazon|azure|microsoft|google|"
    r"cloud|data ?cent(?:er|re)|partner|"
    r"msp|agency|contractor|landlord|they|them|dienstleister|anbieter|lieferant|"
    r"rechenzentrum|vermieter)\b",
    re.IGNORECASE,
)


FILLER = re.compile(
    r"^\W*(?:hm+|um+|well|oh|ah|ok(?:ay)?|so|look|listen|thanks?|thank you|sorry|"
    r"hello|hi|please|also|right|sure|"
    r"of course|naja|tja|hallo|danke|let me (?:see|think)|good|great|fine|no "
    r"problem|honestly|to be honest|frankly|"
    r"good question|i see|understood|that (?:is|'s) all(?: i (?:know|have))?|"
    r"nothing (?:else|more)(?: to add)?|nothing (?:is |was )?(?:wrong|to (?:add|correct|change))|"
    r"(?:all|looks|sounds) (?:good|fine|right)|no (?:changes|corrections|objections)|"
    r"das (?:stimmt|passt|ist (?:richtig|korrekt))|"
    r"(?:that|this)(?:'s| is) (?:right|correct|true|fair|fine|it)|exactly|"
    r"today|currently|as (?:i )?said(?: before)?|i already (?:said|told you)(?: that)?)\W*$",
    re.IGNORECASE,
)


_NOTHING_MORE = re.compile(
    r"\b(?:that(?:'s| is) (?:all|everything|it)(?: (?:i|we) (?:know|have|can (?:say|tell)))?(?=\W*$)|"
    r"nothing (?:else|more|further)(?: to (?:add|say))?(?=\W*$)|(?:nothing|not "
    r"much) (?:else |more )?to (?:add|say|tell)|"
    r"that is the last (?:one|thing)|(?:can'?t|cannot) (?:add|say|tell you) (?:any ?(?:thing )?)?more|"
    r"no more to (?:add|say)|das ist alles|mehr (?:weiß ich|kann ich) (?:dazu )?nicht)\b",
    re.IGNORECASE,
)


def read_claims(reply: str, context: Context) -> tuple[ExtractedClaim, ...]:
    """Read claims by rules: each clause is one claim of one kind."""
    found: list[ExtractedClaim] = []
    pieces = [one for one in language.clauses(reply) if MASK.split()[0] not in one.text]
    if context.guessed and any(one.answer == "no" for one in pieces):
        context = replace(context, demand=None)
    subject = _subject(pieces, context)
    case = bool(dating.days(reply, _ANY_DAY))
    before: tuple[str, ...] = ()
    for at, piece in enumerate(pieces):
        if FILLER.match(piece.text) and not piece.answer:
            continue
        if _NOTHING_MORE.search(piece.text):
            found.append(_made(piece, ClaimKind.UNKNOWN, ()))
            continue
        if _is_topic(piece):
            before = _spoken_of(context.unit, piece.text) or before
            continue
        if language.qualifies(piece.text) and found:
            found[-1] = found[-1].model_copy(update={"hedged": True})
            weaker = _made(piece, ClaimKind(found[-1].kind), found[-1].demands)
            found.append(weaker.model_copy(update={"hedged": True}))
            continue
        alone = not any(not one.answer and not FILLER.match(one.text) for one in pieces)
        if piece.answer and not alone:
            if piece.answer == "no" and _no_stands_alone(pieces, at) and _asked(context):
                found.append(_made(piece, ClaimKind.DENIED, _asked(context)))
            continue
        demands, kind = _attribute(piece, context, before, subject, tells_a_case=case)
        if demands and demands != (context.demand,):
            before = demands
        found.append(_made(piece, kind, demands))
    return tuple(found)


def _is_topic(piece: Clause) -> bool:
    """A short question of the respondent's names a subject and claims nothing: "The last scan?" """
    return piece.text.rstrip().endswith("?") and len(piece.text.split()) <= _SHORT_QUESTION


_SHORT_QUESTION = 6


def _spoken_of(unit: Unit, text: str) -> tuple[str, ...]:
    """Give the demands whose cues stand in a text, the strongest only."""
    found = [one for one in matches(unit, text) if one.cues]
    best = max((one.weight for one in found), default=0.0)
    return tuple(one.demand for one in found if one.weight >= best)


def _no_stands_alone(pieces: Sequence[Clause], at: int) -> bool:
    """A "no" before a clause that is no denial itself answers the question: "No. Only an office." """
    following = [one for one in pieces[at + 1 :] if not one.answer]
    return bool(following) and following[0].kind is ClaimKind.IS


def _any_asked(context: Context) -> tuple[str, ...]:
    return (context.demand,) if context.demand else ()


def _asked(context: Context) -> tuple[str, ...]:
    return (context.demand,) if context.demand and not context.guessed else ()


def _attribute(
    piece: Clause,
    context: Context,
    before: tuple[str, ...],
    subject: str | None,
    *,
    tells_a_case: bool = False,
) -> tuple[tuple[str, ...], ClaimKind]:
    """Find the demands that a clause speaks to, and what it says of them."""
    if piece.kind is ClaimKind.UNKNOWN:
        return _spoken_of(context.unit, piece.text), ClaimKind.UNKNOWN
    if speech.delegate(piece.text) and len(piece.text.split()) <= _LONGEST_POINTING:
        return (), ClaimKind.UNKNOWN
    found = matches(context.unit, piece.text)
    denied = tuple(one.demand for one in found if one.negations)
    if denied and not language.protects(piece.text):
        kind = piece.kind if piece.kind is ClaimKind.PLANNED else ClaimKind.DENIED
        return denied, kind
    if _CERTIFICATE.search(piece.text) and _is_about_a_provider(piece.text, context):
        return (), piece.kind
    best = max(one.weight for one in found)
    strong = tuple(one.demand for one in found if one.cues and one.weight >= 0.5 * best)
    if not strong:
        strong = _by_words(found)
    if strong and context.demand in strong and len(strong) > 1 and piece.kind is ClaimKind.DENIED:
        return (context.demand,), piece.kind
    if strong:
        return _narrowed(strong, found, piece), piece.kind
    if _EXCUSE.match(piece.text):
        return before, piece.kind
    if _OPINION.search(piece.text) and piece.kind is ClaimKind.IS:
        return (), piece.kind
    if piece.answer and not _asked(context):
        return (), piece.kind
    if before and context.demand not in before:
        if not _goes_on(piece):
            return (), piece.kind
        told = re.search(r"\d", piece.text) and _asked(context)  # "the last one was on …"
        return ((*before, *_asked(context)) if told else before), piece.kind
    if piece.kind is ClaimKind.DENIED and tells_a_case and (other := _practice(context)):
        return (other,), piece.kind
    if language.limits(piece.text) and (whole := before or _any_asked(context)):
        return whole, piece.kind  # what is left out limits what was said before
    if context.guessed and (piece.kind is ClaimKind.DENIED or not _has_a_footing(piece, found)):
        return (), piece.kind
    if context.demand and not (subject and subject != context.demand and _is_bare_day(piece.text)):
        return (_nearest(found, context.demand),), piece.kind
    return (before if _goes_on(piece) else ()), piece.kind


_LONGEST_POINTING = 9
"""Words up to which a clause that names somebody to ask says nothing else."""


def _nearest(found: Sequence[Match], asked: str) -> str:
    """Give the demand that was asked about, unless the words lie clearly nearer to another."""
    words = {one.demand: one.words for one in found}
    best = max(words, key=lambda name: words[name])
    return best if words[best] >= words.get(asked, 0.0) + _NEARER else asked


_NEARER = 0.15


def _practice(context: Context) -> str | None:
    """Give the demand of practice that a told case speaks to, where a rule was asked about."""
    asked = context.unit.demand(context.demand or "")
    if asked is None or asked.shows != "design":
        return None
    return next((one.id for one in context.unit.demands if one.shows == "operation"), None)


def _has_a_footing(piece: Clause, found: Sequence[Match]) -> bool:
    """Tell whether a statement on an opening names something, or shares a word with a demand."""
    return bool(re.search(r"\d", piece.text)) or any(one.words > LINK for one in found)


LINK = 0.2
"""Weight of shared words from which a clause has something to do with a demand."""


_EXCUSE = re.compile(
    r"^\W*(?:(?:there (?:is|was)|we have|i have|we had|because of|for lack of) "
    r")?(?:no|not enough|too little|keine?) "
    r"(?:time|money|budget|resources?|people|staff|capacity|zeit|geld|leute)\W*$",
    re.IGNORECASE,
)


_OPINION = re.compile(
    r"\b(?:is|are|was|were|am|been|'re|'s|seems?|feels?|looks?|works?|runs?|sind|"
    r"ist|läuft) (?:all |both |very |quite |"
    r"really |pretty |generally |always |absolutely |just |so |a |sehr |alle |ganz |"
    r"ziemlich )*(?:reputable|good|fine|"
    r"safe|professional\w*|trustworthy|trusted|big|large|well[- ]known|careful|"
    r"experienced|reliable|serious|great|ok(?:ay)?|"
    r"secure|well|smoothly|perfect(?:ly)?|excellent|competent|sensible|honest|under "
    r"control|zuverlässig|seriös|gut|sicher|"
    r"problemlos)\b|"
    r"\b(?:we|i) (?:fully |completely |do )?(?:trust|rely on|believe in|know) "
    r"(?:them|him|her|our|each other|everybody|everyone|"
    r"it|that)\b|\b(?:never|not once) (?:had|seen|been|was|were) (?:an?|any)\b|"
    r"\bnothing (?:ever |bad )?(?:has )?happened\b|"
    r"\b(?:worked|known|been (?:working|dealing)) with (?:them|him|her|us)\b|\btake "
    r"(?:it|this|that|security) (?:very )?"
    r"seriously\b|\bvertrauen (?:wir|darauf|ihnen)\b|\bnever (?:had )?(?:a "
    r")?(?:problem|issue|complaint)s?\b",
    re.IGNORECASE,
)


def _subject(pieces: Sequence[Clause], context: Context) -> str | None:
    """Say what a reply is about as a whole, where its cues tell."""
    for piece in pieces:
        ranked = sorted(matches(context.unit, piece.text), key=lambda one: -one.strength)
        if ranked and (ranked[0].negations or ranked[0].weight >= 1):
            return ranked[0].demand
    return None


_ANY_DAY = date(2000, 12, 31)


def _is_bare_day(text: str) -> bool:
    """Tell whether a clause is no more than a day or a figure; it goes with what follows."""
    for when in reversed(dating.days(text, _ANY_DAY)):
        text = text[: when.start] + text[when.end :]
    return not re.findall(r"[^\W\d_]{3,}", text)


def _narrowed(strong: tuple[str, ...], found: Sequence[Match], piece: Clause) -> tuple[str, ...]:
    """A denial is about what it speaks of most; a statement may be about several things."""
    if piece.kind is not ClaimKind.DENIED or len(strong) == 1:
        return strong
    best = max((one for one in found if one.demand in strong), key=lambda one: one.strength)
    return tuple(
        one.demand for one in found if one.demand in strong and one.strength >= best.strength
    )


def _by_words(found: Sequence[Match]) -> tuple[str, ...]:
    best = max((one.words for one in found), default=0.0)
    if best < ABOUT:
        return ()
    return tuple(one.demand for one in found if one.words >= max(ABOUT, 0.9 * best))


def _goes_on(piece: Clause) -> bool:
    """Tell whether a clause without a subject of its own goes on about what was said before."""
    return bool(
        re.match(
            r"\W*(?:it|that|this|they|those|these|the (?:last|one|latest|result|first|"
            r"record|list)|one|ticket|see|"
            r"last|dated|minutes|das|die letzte|der letzte|es|\d)",
            piece.text,
            re.IGNORECASE,
        )
    )


def _is_about_a_provider(text: str, context: Context) -> bool:
    return bool(_OUTSIDER.search(text)) and not any(
        one.cues and set(one.cues) - {"cloud", "provider"} for one in matches(context.unit, text)
    )


def _made(piece: Clause, kind: ClaimKind, demands: tuple[str, ...]) -> ExtractedClaim:
    text = re.sub(r"\s+", " ", piece.text).strip(" ,.;:–-")
    return ExtractedClaim(
        text=text,
        kind=kind.value,
        said=piece.text,
        demands=demands,
        hedged=piece.hedged,
        part=piece.part,
    )
