"""How firmly something is said: duty, advice, permission, prohibition, negation, plan."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Force(StrEnum):
    """What a clause does with what it speaks of."""

    STATES = "states"
    """Describes, which a rule does as well as a report."""
    OBLIGES = "obliges"
    ADVISES = "advises"
    PERMITS = "permits"
    FORBIDS = "forbids"
    SPARES = "spares"
    """Says that it need not be."""
    DENIES = "denies"
    PLANS = "plans"
    DONE = "done"
    """Says that it has been carried out."""


_I = re.IGNORECASE
_NOT = r"(?:\s+\w+){0,2}?\s+(?:not|never)\b"
_PATTERNS = tuple(
    (force, re.compile(pattern, _I))
    for force, pattern in (
        (
            Force.PERMITS,
            r"\bnot\s+(?:\w+\s+)?(?:prohibited|forbidden|blocked|banned|disallowed)\b|"
            r"\bnicht\s+(?:\w+\s+)?(?:verboten|untersagt|unzulässig)\b",
        ),
        (
            Force.SPARES,
            r"\b(?:need|needs)\s+not\b|\bneedn['’]t\b|\b(?:do|does|did)(?:\s+not|n['’]t)\s+(?:\w+\s+)?"
            r"(?:have|need|require)\b|\b(?:is|are|be)(?:\s+not|n['’]t)\s+(?:\w+\s+)?(?:required|needed|necessary|"
            r"mandatory|obligatory|compulsory|demanded|asked\s+for)\b|\bno\s+(?:need|requirement|obligation|"
            r"duty)\b|\b(?:not|nothing|nobody|no\s+one|no)\b[^.;,]{0,30}\b(?:required|necessary|needed|mandatory)\b|"
            r"\b(?:muss|müssen|musst|braucht|brauchen)\b(?:\s+\S+){0,6}?\s+(?:nicht|kein\w*)\b|"
            r"\bnicht\s+(?:\w+\s+)?(?:erforderlich|nötig|notwendig|vorgeschrieben|verpflichtend|verlangt|gefordert)\b|"
            r"\b(?:kein\w*)\b[^.;,]{0,40}\b(?:erforderlich|nötig|notwendig|vorgeschrieben|müssen|muss)\b|"
            r"\b(?:nobody|no\s+one|none)\s+(?:needs|has\s+to)\b|\boptional\b|\bvoluntary\b|\bfreiwillig\w*",
        ),
        (
            Force.FORBIDS,
            rf"\b(?:must|may|shall|can|could|might){_NOT}|\b(?:can|must|shall)n['’]t\b|\bcannot\b|"
            r"\b(?:must|may|can|shall)\s+(?:under\s+no\s+circumstances|in\s+no\s+case)\b|"
            r"\bprohibit\w*|\bforbid\w*|\bforbidden\b|\bbann?(?:s|ed)?\b|\bdisallow\w*|\bblocked\b|"
            r"\b(?:is|are|be|been)(?:\s+not|n['’]t)\s+(?:\w+\s+)?(?:allowed|permitted|acceptable|admitted|tolerated)\b|"
            r"\b(?:not|never|no|nobody|no\s+one|neither)\b[^.;,]{0,60}\b(?:may|can|allowed|permitted)\b|\bimpermissible\b|"
            r"\bnot\s+(?:allowed|permitted)\b|\boff[- ]limits\b|"
            r"\b(?:darf|dürfen|darfst|kann|können)\b(?:\s+\S+){0,8}?\s+(?:nicht|kein\w*|nie|niemals|keinesfalls)\b|"
            r"\b(?:niemand|kein\w*)\b[^.;,]{0,60}\b(?:darf|dürfen)\b|\b(?:darf|dürfen)\s+(?:niemand|kein\w*)|"
            r"\bverboten\b|\buntersagt\b|\bunzulässig\w*|"
            r"\bnicht\s+(?:\w+\s+)?(?:erlaubt|gestattet|zulässig|zugelassen)\b",
        ),
        (
            Force.DENIES,
            rf"\bshould{_NOT}|\bshouldn['’]t\b|\bsoll(?:te)?n?\b(?:\s+\S+){{0,6}}?\s+(?:nicht|kein\w*)\b",
        ),
        (
            Force.OBLIGES,
            r"\bmust\b|\bshall\b|\brequire(?:s|d)?\b|\bmandatory\b|\bobligatory\b|\bcompulsory\b|\bobliged\b|"
            r"\b(?:has|have|having|had)\s+to\b|\bneeds?\b|\bobligation\b|\bneeded\b|\bnecessary\b|\bdemand(?:s|ed)?\b|"
            r"\bmuss\b|\bmüssen\b|\bmusst\b|\bmüsst\b|\bverpflichte\w*|\berforderlich\b|\bvorgeschrieben\b|\bPflicht\b|"
            r"\bverlang(?:t|en)\b|\bnotwendig\b|\bzwingend\b|\b(?:ist|sind)\s+(?:\S+\s+){0,8}?zu\s+\w+en\b",
        ),
        (
            Force.ADVISES,
            r"\bshould\b|\brecommend\w*|\bought\b|\badvis(?:e|es|ed|able)\b|\bencouraged?\b|\bpreferabl[ey]\b|"
            r"\bideally\b|\bsollte[nst]?\b|\bsoll\b|\bsollen\b|\bempf(?:iehl|ohlen|ehl)\w*|\bmöglichst\b",
        ),
        (
            Force.PERMITS,
            r"\bmay\b|\bmight\b|\bcan\b|\bcould\b|\ballow(?:s|ed)?\b|\bpermit(?:s|ted)?\b|\bpossible\b|\bentitled\b|"
            r"\bfree\s+to\b|\bacceptable\b|\bdarf\b|\bdürfen\b|\bdarfst\b|\bkann\b|\bkannst\b|\bkönnen\b|\berlaubt\b|\bzulässig\b|"
            r"\bgestattet\b|\bmöglich\b|\bkönnte\w*",
        ),
        (
            Force.PLANS,
            r"\bplan(?:s|ned|ning)?\s+to\b|\b(?:is|are|was)\s+(?:\w+\s+)?planned\b|:\s*planned\b|\bintend(?:s|ed)?\b|\bgoing\s+to\b|"
            r"\bpropos(?:e|es|ed|al)\b|\bwould\b|\bscheduled\b|\bnot\s+yet\b|\bin\s+progress\b|\bunder\s+way\b|\bdraft\b|"
            r"\bupcoming\b|\bforeseen\b|\bin\s+future\b|\bgeplant\w*|\bvorgesehen\b|\bbeabsichtig\w*|"
            r"\bkünftig\b|\bnoch\s+nicht\b|\bwürden?\b|\bEntwurf\w*|\bvorgeschlagen\b",
        ),
        (
            Force.DONE,
            r"\b(?:has|have)\s+(?:already\s+)?been\b|\balready\b|\b(?:is|are)\s+(?:now\s+|fully\s+)?"
            r"(?:in\s+place|completed?|finished|established|implemented|introduced)\b|"
            r"\b(?:wurde|wurden|ist|sind)\s+(?:\S+\s+){0,4}?(?:bereits|eingeführt|umgesetzt|abgeschlossen)\b",
        ),
        (
            Force.DENIES,
            r"\bnot\b|n['’]t\b|\bno\b|\bnever\b|\bnone\b|\bnobody\b|\bnothing\b|\bneither\b|\bnor\b|\bno-one\b|"
            r"\bnicht\b|\bkein\w*|\bnie\b|\bniemals\b|\bniemand\w*|\bkeinesfalls\b|\bnichts\b|\bweder\b",
        ),
    )
)
_WEAK_DENIAL = re.compile(
    r"\bwithout\b|\boutside\b|\bexclud\w*|\bexcept\w*|\bapart\s+from\b|\binstead\b|\brather\s+than\b|\bother\s+than\b|"
    r"\blacks?\b|\bmissing\b|\bunlabel\w*|\bonly\b|\bfree\s+of\b|\bavoid\w*|\bfails?\b|\bcannot\b|\bun(?:til|less)\b|"
    r"\bsolely\b|\bexclusively\b|\bdifferent\b|\brefrain\w*|\bstays?\s+out\b|\bout\s+of\s+(?:scope|bounds)\b|\bdisabled\b|\bremoved\b|"
    r"\bno\s+longer\b|\bunaltered\b|"
    r"\bohne\b|\baußer\w*|\bausgenommen\b|\bausgeschlossen\w*|\bstatt\b|\bfehl\w*|\bnur\b|\bausschließlich\b|\bander\w*|\bvermeid\w*|\bvermieden\b|\bgesperrt\b|\bblockiert\b|\bdeaktiviert\b",
    _I,
)
NOT_A_DENIAL = re.compile(
    r"\bno\s+(?:later|more|less|fewer|longer|shorter|matter)\s+than\b|\bnot\s+(?:later|more|less|longer|shorter|exceed\w*)\b(?:\s+than)?|"
    r"\bnot\s+only\b|\bno\s+matter\b|\bwhether\s+or\s+not\b|\bnicht\s+(?:mehr|länger|später)\s+als\b|"
    r"\bno\.\s*\d|\bnicht\s+nur\b|\b(?:shall|must|may|does|do|can)\s+not\s+exceed\b|\bnever\s+exceed\w*",
    _I,
)


@lru_cache(maxsize=8_192)
def forces(text: str) -> frozenset[Force]:
    """Give how firmly a clause speaks; a clause without a sign states."""
    rest = NOT_A_DENIAL.sub(lambda match: " " * len(match.group()), text)
    found: set[Force] = set()
    for force, pattern in _PATTERNS:
        if pattern.search(rest):
            found.add(force)
            rest = pattern.sub(lambda match: " " * len(match.group()), rest)
    return frozenset(found) if found else frozenset({Force.STATES})


@lru_cache(maxsize=8_192)
def denies_softly(text: str) -> frozenset[str]:
    """Give the words that shut something out without a negation ("outside", "only")."""
    return frozenset(match.group().casefold() for match in _WEAK_DENIAL.finditer(text))


_DENIAL = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|nicht|kein\w*|nie|niemals|niemand\w*)\b|n['’]t\b",
    _I,
)


@lru_cache(maxsize=8_192)
def _denials(text: str) -> int:
    return len(_DENIAL.findall(NOT_A_DENIAL.sub(" ", text)))


_NEGATIVE = frozenset({Force.FORBIDS, Force.DENIES, Force.SPARES})


def contradicts(claimed: str, source: str) -> bool:
    """Tell whether the clause `claimed` says more than, or the opposite of, the clause `source`."""
    said, stands = forces(claimed), forces(source)
    if said & _NEGATIVE or stands & _NEGATIVE:
        if _polarity_differs(claimed, source, said, stands):
            return True
        said, stands = said - _NEGATIVE, stands - _NEGATIVE
        if not said or not stands:
            return False
    if Force.OBLIGES in said:
        return not stands & {Force.OBLIGES, Force.STATES, Force.DONE}
    if Force.ADVISES in said:
        return not stands & {Force.ADVISES, Force.OBLIGES, Force.STATES, Force.DONE}
    if Force.PLANS in said:
        return False
    if Force.PERMITS in said:
        return Force.OBLIGES in stands and Force.PERMITS not in stands and _offers(claimed)
    if stands & {Force.ADVISES, Force.PERMITS} and not stands & {Force.OBLIGES}:
        return not _says_ability(source)
    return Force.PLANS in stands


_OFFER = re.compile(
    r"\bmay\b|\ballowed\b|\bpermitted\b|\boptional\b|\bdarf\b|\bdürfen\b|\berlaubt\b", _I
)
_ABILITY = re.compile(r"\b(?:can|could|possible|kann|können|möglich)\b", _I)
_PERMISSION = re.compile(
    r"\bmay\b|\ballow|\bpermit|\bshould\b|\brecommend|\bdarf\b|\bdürfen\b|\bsoll", _I
)


def _offers(text: str) -> bool:
    return bool(_OFFER.search(text))


def _says_ability(text: str) -> bool:
    return bool(_ABILITY.search(text)) and not _PERMISSION.search(text)


_ONLY = frozenset({"only", "solely", "exclusively", "nur", "ausschließlich"})
_ELSE = re.compile(
    r"\b(?:other|another|else|without|outside|unless|except|any|before|until|ander\w*|ohne|außer|bevor)\b",
    _I,
)
"""Words without which "only" in a source does not make a prohibition."""
_NARROWS = re.compile(
    r"\b(?<!you )(?<!they )(?<!if )(?:only|solely|exclusively|merely|nur|ausschließlich|"
    r"lediglich)\b(?!\s+(?:if\s+)?once\b)",
    _I,
)
_NARROW = re.compile(
    r"\b(?:only|solely|exclusively|alone|limited|limit|unless|except\w*|until|nobody|no\s+one|none|not|no|never|cannot|"
    r"must\s+not|other\s+than|restricted|nur|ausschließlich|allein|lediglich|kein\w*|nicht|außer|erst|niemand)\b",
    _I,
)
_WITHOUT = re.compile(r"\b(?:without|ohne)\b", _I)
_LACKS = re.compile(
    r"\b(?:without|ohne|no|not|never|free\s+of|lack\w*|cannot|nicht|kein\w*|fehl\w*|in\w*activ\w*|idle|missing)\b",
    _I,
)
_DESPITE = re.compile(
    r"\b(?:even\s+(?:if|when|though|without)|regardless|irrespective|despite|in\s+spite|whether\s+or\s+not|no\s+matter|"
    r"auch\s+wenn|selbst\s+wenn|trotz|unabhängig|ungeachtet)\b",
    _I,
)
_CONCEDES = re.compile(
    rf"{_DESPITE.pattern}|\b(?:even|including|whatever|whether|all|any|every|alike|no\s+difference|as\s+well\s+as|auch|alle\w*)\b",
    _I,
)


_ALL = re.compile(
    r"\b(?:all|every|everyone|everybody|always|alle|allen|aller|jede[rnms]?|immer)\b"
    r"(?!\s+(?:other|second|two|three|four|five|six|\d|year|quarter|month|week|"
    r"day|hour|jahr|quartal|monat|woche|tag|\w+\s+(?:year|month|day|week)s?))",
    _I,
)
_ANY = re.compile(
    r"\b(?:all|every\w*|each|any\w*|always|both|no|nobody|none|never|whoever|whatever|whenever|wherever|whole|at\s+all\s+times|"
    r"alle\w*|jede\w*|immer|jederzeit|kein\w*|niemand|nie)\b",
    _I,
)


def widens(claimed: str, source: str) -> str | None:
    """Give the word by which a claim narrows or widens what its source says, or None."""
    if (match := _NARROWS.search(claimed)) and not _NARROW.search(source):
        return match.group()
    positive = not _DENIAL.search(claimed) and Force.FORBIDS not in forces(claimed)
    if positive and (match := _WITHOUT.search(claimed)) and not _LACKS.search(source):
        return match.group()
    if (match := _ALL.search(claimed)) and not _ANY.search(source):
        return match.group()
    if (match := _DESPITE.search(claimed)) and not _CONCEDES.search(source):
        return match.group()
    return None


_OTHERS = frozenset({"other than", "different", "until", "unless"})
"""Words that shut nothing out of a sentence that says that something is so."""


def _polarity_differs(
    claimed: str, source: str, said: frozenset[Force], stands: frozenset[Force]
) -> bool:
    if not said & _NEGATIVE:
        return not denies_softly(claimed) - denies_softly(source) - _OTHERS - _ONLY
    if not stands & _NEGATIVE:
        softly = denies_softly(source) - denies_softly(claimed)
        return not (softly if _ELSE.search(claimed) else softly - _ONLY)
    if Force.SPARES in said:
        return Force.SPARES not in stands
    if Force.FORBIDS in said:
        return not stands & {Force.FORBIDS, Force.DENIES}
    return (
        (_denials(claimed) - _denials(source)) % 2 == 1
        and Force.FORBIDS not in said | stands
        and denies_softly(claimed) == denies_softly(source)
        and 2 * len(claimed.split()) > len(source.split())
    )


_EXCEPTION = re.compile(
    r"\b(?:unless|except(?:ing)?(?!ion)|only\s+(?:if|when|after|with|where|once|under|for|in|by|on)|"
    r"not\s+before|provided\s+that|as\s+long\s+as|"
    r"apart\s+from|with\s+the\s+exception|es\s+sei\s+denn|außer|ausgenommen|nur\s+(?:wenn|nach|mit|falls|für|bei)|"
    r"sofern|vorausgesetzt|mit\s+Ausnahme|soweit\s+nicht|erst\s+nach)\b",
    _I,
)
_PERMISSION_IF = re.compile(
    r"\b(?:if|when|where|once|provided|subject\s+to|with\s+(?:the\s+)?(?:\w+\s+){0,2}(?:approval|consent|permission)|after|"
    r"wenn|falls|sobald|mit\s+(?:\w+\s+){0,2}(?:Zustimmung|Genehmigung|Freigabe)|nach)\b",
    _I,
)
_TRACE = re.compile(
    r"\b(?:unless|except\w*|only|if|when|where|once|until|before|after|provided|subject\s+to|with|without|as\s+long|"
    r"apart\s+from|other\s+than|needs?|requires?|approv\w*|permission|consent|on\s+condition|under|"
    r"es\s+sei\s+denn|außer|ausgenommen|ausnahm\w*|nur|wenn|falls|sofern|sobald|erst|mit|ohne|nach|bevor|genehmig\w*|zustimm\w*)\b",
    _I,
)


def condition_of(sentence: str) -> str | None:
    """Give the words of the condition that turns the rule of `sentence` round, or None."""
    match = _EXCEPTION.search(sentence)
    if match is None and Force.PERMITS in forces(sentence) and _PERMISSIVE.search(sentence):
        match = _PERMISSION_IF.search(sentence)
    if match is None:
        return None
    return re.split(r"[,;.|]", sentence[match.start() :])[0]


_PERMISSIVE = re.compile(
    r"\bmay\b|\ballowed\b|\bpermitted\b|\bdarf\b|\bdürfen\b|\berlaubt\b|\bgestattet\b", _I
)


def hints_at_a_condition(text: str) -> bool:
    """Tell whether `text` shows any trace of a condition or an exception."""
    return bool(_TRACE.search(text))


_OPENING = re.compile(
    r"^\W*(?:(?:For|If|When|Where|Während|Wenn|Falls|Bei|Für)\s+([^,]{3,80}),|"
    r"For\s+([\w-]+(?:\s[\w-]+)?)\s(?=the\s|a\s))"
)


def opening_condition(sentence: str) -> str | None:
    """Give the words of a condition that opens `sentence`: "When working remotely, …"."""
    match = _OPENING.match(sentence)
    return (match[1] or match[2]) if match else None
