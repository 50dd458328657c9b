"""One reply → claims tied to the words that say them, evidence, and what else was done with it.

`ClaimReader` is the one seam where a language model may later read claims into the same schema;
`checked` keeps only claims whose words stand in the reply. `read_claims` is the reader by rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from assistant.domain.interview import Claim, ClaimKind, Evidence
from assistant.interviewing import dating, language, mentions, speech
from assistant.interviewing.language import Clause
from assistant.interviewing.matching import Match, content, matches
from assistant.interviewing.secrets import MASK, mask
from knowledge.demands import Unit
from knowledge.instructions import instructions_in
from knowledge.text import is_verbatim

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


class ClaimReader(Protocol):
    """Reads claims out of a reply. Rules do by default; a model may, into the same schema."""

    def __call__(self, reply: str, context: Context) -> Sequence[ExtractedClaim]: ...


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A thing that is said to exist, without anything to find it by."""

    words: str
    demand: str | None
    source: str | None
    """Who holds it, where that is said: "HR"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was understood of one reply."""

    text: str
    """The reply with secrets masked; nothing else of it is ever kept."""
    secrets: int
    steering: str | None
    """Words that try to steer the assistant; text, never an order."""
    speech: speech.Speech
    answer: str | None
    """ "yes" or "no" where the reply begins so."""
    bare: bool
    """The reply is nothing more than that."""
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    mentioned: tuple[Mentioned, ...]
    passes_on: bool
    """Says that a provider or another department does it."""

    @property
    def says_something(self) -> bool:
        """Tell whether there is anything of substance in it."""
        return bool(self.evidence) or any(one.kind is not ClaimKind.UNKNOWN for one in self.claims)

    @property
    def does_not_know(self) -> bool:
        """Tell whether all it says is that the respondent does not know."""
        return bool(self.claims) and not self.says_something


_CERTIFICATE = re.compile(
    r"\b(?:is|are|has|have|holds?|ist|sind|hat|got|with|being)\b.{0,40}\b(?:certified|certificates?|certification|"
    r"accredited|attested|attestation|zertifiziert|zertifikat|soc ?2|iso ?27001|tisax)\b|"
    r"\b(?:certified|zertifiziert)\b",
    re.IGNORECASE,
)
_OUTSIDER = re.compile(
    r"\b(?:provider|hoster|host|supplier|vendor|aws|amazon|azure|microsoft|google|cloud|data ?cent(?:er|re)|partner|"
    r"msp|agency|contractor|landlord|they|them|dienstleister|anbieter|lieferant|rechenzentrum|vermieter)\b",
    re.IGNORECASE,
)
_PASSES_ON = re.compile(
    r"\b(?:(?:our|the|an?|unser\w*|der|die)\s+)?(?P<who>IT|HR|it department|it team|(?:\w+ )?(?:provider|supplier|vendor|"
    r"hoster|partner|msp|landlord|agency|data ?cent(?:er|re)|contractor)|aws|azure|microsoft|google|dienstleister|"
    r"anbieter|vermieter)\s+(?:does|do|handles?|takes? care of|looks? after|manages?|covers?|is responsible for|"
    r"macht|erledigt|kümmert sich)\b(?:\s+(?:it|that|this|all|everything|das|alles|um|for us|darum))?"
    r"|\b(?:handled|done|managed|covered|run|operated) (?:entirely |completely |fully )?by (?:our |the |an? )?(?P<by>IT|"
    r"(?:\w+ )?(?:provider|supplier|vendor|hoster|partner|msp|landlord|agency|contractor)|aws|azure|microsoft|google)\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^\W*(?:hm+|um+|well|oh|ah|ok(?:ay)?|so|look|listen|thanks?|thank you|sorry|hello|hi|please|also|right|sure|"
    r"of course|naja|tja|hallo|danke|let me (?:see|think)|good|great|fine|no problem|honestly|to be honest|frankly|"
    r"good question|i see|understood|that (?:is|'s) all(?: i (?:know|have))?|nothing (?:else|more)(?: to add)?|"
    r"today|currently|as (?:i )?said(?: before)?|i already (?:said|told you)(?: that)?)\W*$",
    re.IGNORECASE,
)
_NOTHING_MORE = re.compile(
    r"\b(?:that(?:'s| is) (?:all|everything|it)(?: (?:i|we) (?:know|have|can (?:say|tell)))?(?=\W*$)|"
    r"nothing (?:else|more|further)(?: to (?:add|say))?(?=\W*$)|(?:nothing|not much) (?:else |more )?to (?:add|say|tell)|"
    r"that is the last (?:one|thing)|(?:can'?t|cannot) (?:add|say|tell you) (?:any ?(?:thing )?)?more|"
    r"no more to (?:add|say)|das ist alles|mehr (?:weiß ich|kann ich) (?:dazu )?nicht)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|on|at|im|auf)\s+(?:our |the |a |unser\w* |der |die )?(?P<place>wiki|intranet|sharepoint|confluence|jira|"
    r"drive|folder|share|vault|system|tool|portal|git(?:hub|lab)?|teams|slack|onedrive|dropbox|notion|excel|"
    r"spreadsheet|cabinet|ordner|laufwerk)\b",
    re.IGNORECASE,
)


def read(
    reply: str,
    context: Context,
    number: int,
    today: date,
    claim_reader: ClaimReader | None = None,
) -> Reading:
    """Understand a reply; `number` counts the interview's replies and makes ids."""
    text, secrets = mask(reply.strip())
    said = speech.read(text)
    steering = instructions_in(text) or _steers(text)
    rest = _without(said.rest, steering) if steering else said.rest
    extracted = tuple((claim_reader or read_claims)(rest, context))
    claims = tuple(
        _claim(one, number, at, context.unit, today)
        for at, one in enumerate(checked(extracted, text), 1)
    )
    found = _evidence(text if not steering else rest, claims, context, today)
    pieces = language.clauses(rest)
    answer = pieces[0].answer if pieces else None
    passes_on = any(_PASSES_ON.search(one.said) for one in claims)
    return Reading(
        text=text,
        secrets=secrets,
        steering=steering,
        speech=said,
        answer=answer,
        bare=answer is not None
        and not [one for one in pieces if not one.answer and not _FILLER.match(one.text)],
        claims=claims,
        evidence=found,
        mentioned=_mentioned(claims, found, context),
        passes_on=passes_on,
    )


def checked(extracted: Sequence[ExtractedClaim], reply: str) -> tuple[ExtractedClaim, ...]:
    """Keep the claims whose words stand in the reply and whose kind the words bear.

    Whoever read them: a plan is never taken for a practice, nor a wish for either."""
    kept = []
    for one in extracted:
        if not one.said.strip() or not is_verbatim(language.plain(one.said), language.plain(reply)):
            continue
        kind = language.kind_of(one.said).value
        if one.kind == "is" and kind in {"planned", "should", "unknown"}:
            one = one.model_copy(update={"kind": kind})  # noqa: PLW2901
        kept.append(one)
    return tuple(kept)


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
        if _FILLER.match(piece.text) and not piece.answer:
            continue
        if _NOTHING_MORE.search(piece.text):
            found.append(_made(piece, ClaimKind.UNKNOWN, ()))
            continue
        alone = not any(not one.answer and not _FILLER.match(one.text) for one in pieces)
        if piece.answer and not alone:
            if piece.answer == "no" and _no_stands_alone(pieces, at) and _asked(context):
                found.append(_made(piece, ClaimKind.DENIED, _asked(context)))
            continue
        demands, kind = _attribute(piece, context, before, subject, tells_a_case=case)
        if demands and demands != (context.demand,):
            before = demands
        found.append(_made(piece, kind, demands))
    return tuple(found)


def _no_stands_alone(pieces: Sequence[Clause], at: int) -> bool:
    """A "no" before a clause that is no denial itself answers the question: "No. Only an office." """
    following = [one for one in pieces[at + 1 :] if not one.answer]
    return bool(following) and following[0].kind is ClaimKind.IS


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
        return (), ClaimKind.UNKNOWN
    found = matches(context.unit, piece.text)
    if denied := tuple(one.demand for one in found if one.negations):
        if not language.protects(piece.text):
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
    if context.guessed and (piece.kind is ClaimKind.DENIED or not _has_a_footing(piece, found)):
        return (), piece.kind
    if context.demand and not (subject and subject != context.demand and _is_bare_day(piece.text)):
        return (context.demand,), piece.kind
    return (before if _goes_on(piece) else ()), piece.kind


def _practice(context: Context) -> str | None:
    """Give the demand of practice that a told case speaks to, where a rule was asked about."""
    asked = context.unit.demand(context.demand or "")
    if asked is None or asked.shows != "design":
        return None
    return next((one.id for one in context.unit.demands if one.shows == "operation"), None)


def _has_a_footing(piece: Clause, found: Sequence[Match]) -> bool:
    """Tell whether a statement on an opening names something, or shares a word with a demand."""
    return bool(re.search(r"\d", piece.text)) or any(one.words > _LINK for one in found)


_LINK = 0.2
"""Weight of shared words from which a clause has something to do with a demand."""
_EXCUSE = re.compile(
    r"^\W*(?:(?:there (?:is|was)|we have|i have|we had|because of|for lack of) )?(?:no|not enough|too little|keine?) "
    r"(?:time|money|budget|resources?|people|staff|capacity|zeit|geld|leute)\W*$",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(?:is|are|was|were|am|been|'re|'s|seems?|feels?|looks?|works?|runs?|sind|ist|läuft) (?:all |both |very |quite |"
    r"really |pretty |generally |always |absolutely |just |so |a |sehr |alle |ganz |ziemlich )*(?:reputable|good|fine|"
    r"safe|professional\w*|trustworthy|trusted|big|large|well[- ]known|careful|experienced|reliable|serious|great|ok(?:ay)?|"
    r"secure|well|smoothly|perfect(?:ly)?|excellent|competent|sensible|honest|under control|zuverlässig|seriös|gut|sicher|"
    r"problemlos)\b|"
    r"\b(?:we|i) (?:fully |completely |do )?(?:trust|rely on|believe in|know) (?:them|him|her|our|each other|everybody|everyone|"
    r"it|that)\b|\b(?:never|not once) (?:had|seen|been|was|were) (?:an?|any)\b|\bnothing (?:ever |bad )?(?:has )?happened\b|"
    r"\b(?:worked|known|been (?:working|dealing)) with (?:them|him|her|us)\b|\btake (?:it|this|that|security) (?:very )?"
    r"seriously\b|\bvertrauen (?:wir|darauf|ihnen)\b|\bnever (?:had )?(?:a )?(?:problem|issue|complaint)s?\b",
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
            r"\W*(?:it|that|this|they|those|these|the (?:last|one|latest|result|first|record|list)|one|ticket|see|"
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


def _claim(one: ExtractedClaim, number: int, at: int, unit: Unit, today: date) -> Claim:
    clause = language.clause(one.said)
    found = {match.demand: match for match in matches(unit, one.said)}
    loose = not any(
        found[name].cues or found[name].words > _LINK for name in one.demands if name in found
    )
    return Claim(
        id=f"{number}.{at}",
        text=one.text,
        kind=ClaimKind(one.kind),
        said=one.said,
        demands=one.demands,
        hedged=one.hedged,
        vague=_is_vague(one.said, clause, today),
        part=one.part,
        loose=loose,
        period=dating.period(one.said),
        when=dating.last_day(one.said, today),
        once=clause.once,
    )


def _is_vague(said: str, clause: Clause, today: date) -> bool:
    """A claim is vague until it names a day, a figure, a person, a tool, an id or enough particulars."""
    if mentions.mentions(said, today) or dating.days(said, today) or re.search(r"\d", said):
        return False
    if dating.period(said) and not clause.vague:
        return False
    if clause.answer or re.match(
        r"\W*(?:yes\W+)?(?:we|it|they|that) (?:do|does|is|are|have|has)(?: (?:that|it|this|so))?\W*$",
        said,
        re.I,
    ):
        return True
    if any(True for _ in dating.named_people(said)) or _PLACE.search(said):
        return False
    return clause.vague or len(content(said)) < 3


def _evidence(
    text: str, claims: Sequence[Claim], context: Context, today: date
) -> tuple[Evidence, ...]:
    """Register what a reply names by id, address or version, and tie it to demands."""
    found = []
    for one in mentions.mentions(language.plain(text), today):
        tied = _tied(one, claims, context)
        found.append(
            Evidence(
                ref=one.ref or one.words, kind=one.kind, date=one.day, seen=False, demands=tied
            )
        )
    return tuple(found)


def _tied(one: mentions.Mention, claims: Sequence[Claim], context: Context) -> tuple[str, ...]:
    """A thing shows what the clause says that names it, else what the whole reply is about."""
    for claim in claims:
        if one.words in claim.said and claim.demands:
            return claim.demands
    said = dict.fromkeys(d for claim in claims for d in claim.demands if claim.kind is ClaimKind.IS)
    if said:
        return tuple(said)
    return (context.demand,) if context.demand else ()


def _mentioned(
    claims: Sequence[Claim], evidence: Sequence[Evidence], context: Context
) -> tuple[Mentioned, ...]:
    found = []
    for claim in claims:
        if claim.kind not in {ClaimKind.IS, ClaimKind.SHOULD}:
            continue
        if any(one.ref.split(" v")[0] in claim.said for one in evidence):
            continue
        words = mentions.spoken_of(claim.said)
        if words is None:
            continue
        if place := _PLACE.search(claim.said):
            words = f"{words} ({place['place']})" if place["place"] not in words else words
        demand = claim.demands[0] if claim.demands else context.demand
        found.append(Mentioned(words, demand, speech.supplier(claim.said)))
    return tuple(found)


_STEERS = re.compile(
    r"\b(?:system|admin|assistant|instruction)\s*:\s*\w|"
    r"\b(?:for|on) (?:all|every|each|the) (?:remaining |other |further |next )?(?:controls?|units?|clauses?|questions?)\b"
    r".{0,40}\b(?:record|mark|rate|set|put|enter|answer|assume)\b|"
    r"\b(?:record|mark|rate|set|treat|count|report) (?:all|every|each|any|the (?:remaining|other|rest))\b.{0,40}\b"
    r"(?:conform\w*|complian\w*|passed|implemented|met)\b|"
    r"\b(?:alle|sämtliche) (?:weiteren |übrigen )?(?:kontrollen|maßnahmen|controls|fragen)\b.{0,40}\b(?:konform|erfüllt)\b",
    re.IGNORECASE,
)


def _steers(text: str) -> str | None:
    match = _STEERS.search(text)
    return match.group().strip() if match else None


def _without(text: str, words: str) -> str:
    """Take the steering words out with all that stands in quotation marks or after them around."""
    for quoted in re.finditer(r"[\"“„](.+?)(?:[\"”“]|$)", text, re.DOTALL):
        if words[:20] in quoted.group():
            return text.replace(quoted.group(), " ")
    kept = [
        one
        for one in re.split(r"(?<=[.!?])\s+|\n+", text)
        if words[:15] not in one and not _STEERS.search(one)
    ]
    return " ".join(kept)
