"""One reply → claims tied to the words that say them, evidence, and what else was done with it.

`ClaimReader` is the one seam where a language model may later read claims into the same schema;
`checked` keeps only claims whose words stand in the reply. `read_claims` is the reader by rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assistant.domain.interview import Claim, ClaimKind, Evidence, EvidenceKind
from assistant.interviewing import dating, language, mentions, speech
from assistant.interviewing.claims import FILLER, LINK, Context, ExtractedClaim, read_claims
from assistant.interviewing.language import Clause
from assistant.interviewing.matching import content, matches
from assistant.interviewing.secrets import mask
from knowledge.demands import Unit
from knowledge.instructions import instructions_in
from knowledge.text import is_verbatim


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


_PASSES_ON = re.compile(
    r"\b(?:(?:our|the|an?|unser\w*|der|die)\s+)?(?P<who>IT|HR|it department|it team|"
    r"(?:\w+ )?(?:provider|supplier|vendor|"
    r"hoster|partner|msp|landlord|agency|data ?cent(?:er|re)|contractor)|aws|azure|"
    r"microsoft|google|dienstleister|"
    r"anbieter|vermieter)\s+(?:does|do|handles?|takes? care of|looks? after|"
    r"manages?|covers?|is responsible for|"
    r"macht|erledigt|kümmert sich)\b(?:\s+(?:it|that|this|all|everything|das|alles|um|for us|darum))?"
    r"|\b(?:handled|done|managed|covered|run|operated) (?:entirely |completely |"
    r"fully )?by (?:our |the |an? )?(?P<by>IT|"
    r"(?:\w+ )?(?:provider|supplier|vendor|hoster|partner|msp|landlord|agency|"
    r"contractor)|aws|azure|microsoft|google)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|on|at|im|auf)\s+(?:our |the |a |unser\w* |der |die )?(?P<place>wiki|"
    r"intranet|sharepoint|confluence|jira|"
    r"drive|folder|share|vault|system|tool|portal|git(?:hub|lab)?|teams|slack|"
    r"onedrive|dropbox|notion|excel|"
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
        and not [one for one in pieces if not one.answer and not FILLER.match(one.text)],
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


def _claim(one: ExtractedClaim, number: int, at: int, unit: Unit, today: date) -> Claim:
    clause = language.clause(one.said)
    found = {match.demand: match for match in matches(unit, one.said)}
    loose = not any(
        found[name].cues or found[name].words > LINK for name in one.demands if name in found
    )
    return Claim(
        id=f"{number}.{at}",
        text=one.text,
        kind=ClaimKind(one.kind),
        said=one.said,
        demands=one.demands,
        hedged=one.hedged,
        vague=_is_vague(one.said, clause, today, loose=loose),
        part=one.part,
        loose=loose,
        period=dating.period(one.said),
        when=dating.last_day(one.said, today),
        once=clause.once,
    )


def _is_vague(said: str, clause: Clause, today: date, *, loose: bool) -> bool:
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
    return clause.vague or (loose and len(content(said)) < 3)


def _evidence(
    text: str, claims: Sequence[Claim], context: Context, today: date
) -> tuple[Evidence, ...]:
    """Register what a reply names by id, address or version, and tie it to demands."""
    found = []
    for one in mentions.mentions(language.plain(text), today):
        about = _subject_before(one, text, context.unit)
        tied = about or _tied(one, claims, context)
        tied = tuple(name for name in tied if _fits(one, name, claims, context.unit))
        found.append(
            Evidence(
                ref=one.ref or one.words, kind=one.kind, date=one.day, seen=False, demands=tied
            )
        )
    return tuple(found)


def _subject_before(one: mentions.Mention, text: str, unit: Unit) -> tuple[str, ...]:
    """A thing named without a subject of its own goes with the subject just named before it.

    "The last scan? I can show you, ticket VUL-882" is about the scan, whatever was asked."""
    pieces = [piece.text for piece in language.clauses(text)]
    at = next((at for at, piece in enumerate(pieces) if one.words in piece), None)
    if at is None or _cued(unit, pieces[at]):
        return ()
    for piece in reversed(pieces[:at]):
        if piece.rstrip().endswith("?") and (found := _cued(unit, piece)):
            return found
    return ()


def _cued(unit: Unit, text: str) -> tuple[str, ...]:
    return tuple(one.demand for one in matches(unit, text) if one.cues)


def _fits(one: mentions.Mention, demand: str, claims: Sequence[Claim], unit: Unit) -> bool:
    """A record of something done shows no rule, unless the demand takes records or it is named so."""
    wanted = unit.demand(demand)
    if wanted is None or wanted.shows == "operation" or one.kind is not EvidenceKind.RECORD:
        return True
    if any(mentions.kind_of_item(item) is EvidenceKind.RECORD for item in wanted.evidence):
        return True
    naming = next((claim for claim in claims if one.words in claim.said), None)
    return naming is not None and demand in _cued(unit, naming.said)


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
    r"\b(?:for|on) (?:all|every|each|the) (?:remaining |other |further |next "
    r")?(?:controls?|units?|clauses?|questions?)\b"
    r".{0,40}\b(?:record|mark|rate|set|put|enter|answer|assume)\b|"
    r"\b(?:record|mark|rate|set|treat|count|report) (?:all|every|each|any|the "
    r"(?:remaining|other|rest))\b.{0,40}\b"
    r"(?:conform\w*|complian\w*|passed|implemented|met)\b|"
    r"\b(?:alle|sämtliche) (?:weiteren |übrigen )?(?:kontrollen|maßnahmen|controls|"
    r"fragen)\b.{0,40}\b(?:konform|erfüllt)\b",
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
