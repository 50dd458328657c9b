"""What kind of thing a question seeks, and whether a text holds such a thing. Pure.

"How long" wants a period, "who" a person or a post, "which product" a name. A text on the right
subject without that kind of thing is near the answer and is not it. The same holds for the attribute
that is asked for: a rule on backups answers nothing about their size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from knowledge.text import sentences


class Kind(StrEnum):
    """A kind of thing that can be sought."""

    PERIOD = "period"
    FREQUENCY = "frequency"
    COUNT = "count"
    SIZE = "size"
    MONEY = "money"
    PERSON = "person"
    NAME = "name of a person"
    PRODUCT = "name of a product or firm"
    CONTACT = "contact"
    DATE = "date"
    WHEN = "point in time"
    CLOCK = "time of day"
    WHERE = "place"


_LOOSE = frozenset({Kind.PERSON, Kind.WHEN, Kind.WHERE})
"""Kinds that texts name in too many ways for patterns to tell."""

PARTICULAR = frozenset(
    {Kind.DATE, Kind.NAME, Kind.PRODUCT, Kind.CONTACT, Kind.CLOCK, Kind.MONEY, Kind.SIZE}
)
"""Kinds that differ from one organisation to the next: no general text can know them."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What an answer must hold: things of these kinds, and the attribute asked for."""

    kinds: frozenset[Kind] = frozenset()
    attribute: tuple[str, ...] = ()
    """Words of the noun asked for, its head last; empty where the question names none."""
    counted: str = ""
    """The noun after "how many"."""
    thing: tuple[str, ...] = ()
    """What it is sought of, where that is said in two or three words: "visitor logs"."""
    of: tuple[str, ...] = ()
    """What it is sought of after "for" or "of" at the end: a row about another thing is none."""
    until: bool = False
    """Whether the number is sought from which something happens: "how many … until"."""

    @property
    def strict(self) -> bool:
        """Tell whether a text without such a thing cannot be the answer."""
        return bool(self.kinds - _LOOSE)


_NUMERAL = (
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fourteen|"
    r"fifteen|twenty|thirty|sixty|ninety|half an?|ein(?:e[nmrs]?)?|zwei|drei|vier|fünf|sechs|"
    r"sieben|"
    r"acht|neun|zehn|zwölf)"
)
_TIME_UNIT = (
    r"(?:seconds?|minutes?|min|hours?|h|days?|weeks?|fortnights?|months?|quarters?|years?|"
    r"sekunden?|"
    r"minuten?|stunden?|tage?n?|wochen?|monate?n?|quartale?n?|jahre?n?|uur|dagen|dag|weken|maanden|"
    r"jaar)"
)
_PERIOD = re.compile(
    rf"\b{_NUMERAL}\)?[\s-]*(?:\(\w+\)\s*)?(?:(?:more|full|working|business|calendar|werk)[\s-]*)*"
    rf"{_TIME_UNIT}\b|\d\s?h\b|"
    r"\b(?:immediately|at once|without (?:undue )?delay|same day|promptly|end of the (?:last )?"
    r"(?:working )?day|last (?:working )?day|day of (?:departure|leaving)|indefinite(?:ly)?|"
    r"permanent(?:ly)?|as long as|until|unverzüglich|sofort|umgehend|daily|weekly|monthly|annually|"
    r"yearly|quarterly|hourly|täglich|wöchentlich|monatlich|jährlich|bis zum|onmiddellijk)\b|"
    r"\b\d{4}-\d\d-\d\d\b|\b(?:every|each|per|jede[nrsm]?|alle) (?:\w+ )?" + _TIME_UNIT + r"\b",
    re.IGNORECASE,
)
_FREQUENCY = re.compile(
    rf"\b(?:every|each|per|once|twice|times|{_NUMERAL} times?|jede[nrsm]?|alle|pro|elke?|per)\b"
    rf"(?: (?:a|an|in|other|second|third|{_NUMERAL}))* ?(?:{_TIME_UNIT}|time|working day|occasion|"
    r"change|start)\b|\b(?:daily|nightly|weekly|monthly|quarterly|half-yearly|semi-annual(?:ly)?|"
    r"biannual(?:ly)?|annual(?:ly)?|yearly|biennial(?:ly)?|hourly|continuous(?:ly)?|real[ -]time|"
    r"regular(?:ly)?|periodic(?:ally)?|at planned intervals|never|not required|before (?:each|"
    r"every)|"
    r"after (?:each|every|any)|täglich|wöchentlich|monatlich|vierteljährlich|halbjährlich|jährlich|"
    rf"regelmäßig|laufend|jaarlijks|maandelijks|dagelijks)\b|\b{_NUMERAL}\s?{_TIME_UNIT}\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d|\b(?!an?\b|ein)(?:{_NUMERAL}|none|no|every|all|both)\b", re.IGNORECASE)
_SIZE = re.compile(
    r"\d[\d.,]*\s*(?:%|percent|prozent|[kmgt]i?b\b|bytes?|bits?|bit\b|mbit|gbit|characters?|"
    r"zeichen|"
    r"digits?|letters?|words?|pages?|metres?|meters?|m\b|km\b|cm\b|kg\b|°|degrees?|people|staff|"
    r"employees|levels?)|\b(?:small|large|at least|at most|up to|no more than|maximum|"
    r"minimum) \w*\d",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|pence|free of charge|kostenlos|budget|"
    r"reimburse\w*|paid by|bears? the costs?)\b|\b\d[\d.,]*\s?(?:k|m|million|thousand)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\S+@\S+|https?://|\bwww\.|(?:\+|\b0)[\d][\d\s/()-]{5,}\d|#[\w-]{3,}|"
    r"\b(?:extension|ext\.?|durchwahl|toestel|phone|telephone|telefon|tel\.?|call|dial|hotline)"
    r"\D{0,20}\d{3,}",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt|dez)"
    r"[a-zä]*"
)
_DATE = re.compile(
    rf"\b(?:19|20)\d\d\b|\b\d\d?\.? {_MONTH}\b|\b{_MONTH} \d\d?\b|\b\d\d?[./]\d\d?[./]\d\d",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:when|before|after|once|as soon as|during|until|while|upon|on (?:the|a|approval|"
    r"suspicion|"
    r"entry|change|completion)|at the (?:end|start|latest|beginning)|within|prior to|first|last|"
    r"bei|vor|nach|sobald|wenn|während|innerhalb|am|spätestens)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.|o'clock|uhr|uur)\b|\b(?:midnight|noon|"
    r"nightly|at night|overnight|office hours|round the clock|24/7|nachts)\b",
    re.IGNORECASE,
)
_POST = re.compile(
    r"\b(?:officers?|managers?|management|leads?|leaders?|heads?|owners?|directors?|ceo|cto|coo|"
    r"cfo|"
    r"ciso|cio|iso|dpo|isb|teams?|boards?|committee|administrators?|admins?|custodians?|"
    r"supervisors?|"
    r"service desk|helpdesk|help desk|department|executives?|developers?|engineers?|reviewers?|"
    r"auditors?|staff|personnel|employees?|users?|contractors?|suppliers?|person|people|everyone|"
    r"everybody|nobody|no one|anyone|whoever|someone|members?|body|authority|authorities|provider|"
    r"company|function|human resources|hr|it|security|operations|landlord|customers?|by the|we|"
    r"leit(?:er\w*|ung)|beauftragte\w*|verantwortliche\w*|geschäftsführ\w*|abteilung|"
    r"mitarbeiter\w*|"
    r"beschäftigte\w*|vorgesetzte\w*|team|eigentümer\w*|manager\w*)\b|"
    r"\b[A-Z][a-zà-ÿ]+ [A-Z][a-zà-ÿ]+\b",
)
_ROLE_WORDS = frozenset(
    "Data Protection Officer Security Lead Chief Information Head Engineering Manager Board "
    "Director "
    "Team Service Desk Human Resources Executive Incident Risk System Owner Committee The Access "
    "Policy "
    "Standard Procedure Internal Audit Management Review Change Advisory Top Line Asset Facility "
    "Operations Department Emergency Privileged Remote Background".split()
)
_PROPER = re.compile(r"\b[A-Z][a-zà-ÿ]+ (?:[A-Z]\. |van |de |von |der )*[A-Z][a-zà-ÿ]+\b")

_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            Kind.PERIOD,
            r"\brecovery (?:time|point)\b|\b(?:rto|rpo)s?\b|"
            r"\bhow (?:long|soon|quick(?:ly)?|fast|late|old)\b(?! (?:is|are|must|should|does|do) "
            r"(?:\w+ ){0,4}(?:passwords?|pins?|keys?|pw|be\?*$))|\bwithin (?:what|which|how)\b|"
            r"\b(?:by|until) when\b|\bhow much (?:time|notice)\b|\bdeadline\b|\btime ?(?:limit|"
            r"out|frame)\b|"
            r"\b(?:retention|storage) (?:period|time)\b|\bhow many (?:seconds|minutes|hours|days|"
            r"weeks|"
            r"months|years|working days)\b|\bhow (?:far|long) (?:ahead|in advance)\b|\bbis wann\b|"
            r"\bwie (?:lange|schnell|bald)\b|\bin(?:nerhalb)? (?:welcher|wie vielen?)\b|\bfrist\b",
        ),
        (
            Kind.FREQUENCY,
            r"\bhow (?:often|frequently|regularly)\b|\bhow many times\b|\b(?:interval|frequency|"
            r"cycle)\b|"
            r"\bwie (?:oft|häufig)\b|\bwhat rhythm\b",
        ),
        (Kind.COUNT, r"\bhow many (?!times|seconds|minutes|hours|days|weeks|months|years|working)|"
                     r"(?<!phone )(?<!version )(?<!contact )\bnumber of\b|\bwie ?viele\b"),
        (Kind.SIZE, r"\bhow (?:big|large|high|heavy|tall|wide|far(?! (?:ahead|in))|deep|hot|"
                    r"cold)\b|"
                    r"\bhow much (?:data|space|storage|bandwidth)\b|\bwie (?:groß|hoch|weit)\b"),
        (
            Kind.MONEY,
            r"\b(?:what|how much) (?:does|do|did|is|are|was|were|may|can|will|"
            r"must) .*\b(?:costs?|pay|paid|"
            r"charged?|spend|spent|worth)\b|\b(?:price|fee|"
            r"salary|budget|reward|bonus|reimburse\w*|wage)s?\b|\b(?:the|a|what|any) fines?\b|"
            r"\bhow much (?:money|is|are|does|do "
            r"(?:i|we|they) (?:get|pay))\b|\bdo (?:i|we) get (?:money|paid)\b|\bwas kostet\b|"
            r"\bpreis\b|"
            r"\bgehalt\b|\bkosten\b",
        ),
        (
            Kind.NAME,
            r"\bnames? of (?:our|the|my)\b(?! (?:\w+ ){0,3}(?:tool|product|software|supplier|"
            r"vendor|"
            r"provider|company|firm|system|assistant|app|platform|body))|\bby name\b|"
            r"\bwie hei(?:ß|ss)t (?:unsere?|der|die)\b|\bwhat is (?:his|her|their) name\b",
        ),
        (
            Kind.CONTACT,
            r"\b(?:phone|telephone|mobile|extension|fax) ?(?:number|no\.?|nr\.?)?\b(?=.*\b(?:of|"
            r"for)\b)"
            r"(?<=number)|\b(?:phone|telephone|contact|hotline) (?:number|details)\b|"
            r"\be-?mail address\b|\btelefonnummer\b|\bdurchwahl\b|\burl\b|"
            r"\bweb ?(?:site )?address\b",
        ),
        (
            Kind.PRODUCT,
            r"\b(?:which|what)(?:'s| is| are)?(?: the| our)?(?: name of (?:the|"
            r"our))?(?: [\w-]+){0,3} "
            r"(?:product|tool|software|vendor|brand|model|make|client|provider|manufacturer|app|"
            r"application|platform|company|firm|supplier|insurer|scanner|antivirus|mdm|siem|"
            r"browser|"
            r"manager|assistant|certification body|auditor|landlord|bank)s?\b.*\b(?:do|does|did|"
            r"is|are|"
            r"was|has|have|runs?|uses?|delivers?|provides?|makes?|handles?|audits?|cleans?)\b|"
            r"\bname of (?:our|the) (?:\w+ ){0,3}(?:tool|product|software|supplier|vendor|provider|"
            r"company|firm|system|assistant|app|platform|body)\b|\b(?:which|what) (?:antivirus|"
            r"mdm|siem|"
            r"edr|vpn|firewall)s? (?:do|does|is|are)\b|\bwelche[nrs]? (?:\w+ )?(?:software|tool|"
            r"produkt|"
            r"anbieter|hersteller|firma|programm)\b",
        ),
        (Kind.CLOCK, r"(?<!within )\b(?:what|which) time\b(?! (?:limit|frame))|\bopening hours\b|"
                     r"\btime of day\b|"
                     r"\bum wie ?viel uhr\b"),
        (
            Kind.DATE,
            r"\bwhen (?:was|were|did|is the (?:next|last)|are the next|has|had)\b|\bsince when\b|"
            r"\bwhat date\b|\bwhich (?:date|year|month|day)\b|\buntil when (?:is|does|are)\b|"
            r"\bwhen'?s the (?:next|last)\b|\bwann (?:war|wurde|ist d(?:er|ie|as) (?:nächst|"
            r"letzt)\w+)\b",
        ),
    )
)  # fmt: skip
_UNTIL_ASKED = re.compile(
    r"\bhow many\b.{3,50}\b(?:until|till?|before)\b|\bafter how many\b|"
    r"\bwie ?viele\b.{3,50}\bbis\b|\bnach wie ?vielen\b",
    re.IGNORECASE,
)
_THRESHOLD = re.compile(
    rf"\b(?:after|from|more than|up to|at most|beyond|nach|ab|mehr als|höchstens)\b (?:the )?"
    rf"(?:\w+ )?(?:{_NUMERAL}|third|fourth|fifth|sixth|tenth)\b(?! (?:{_TIME_UNIT})\b)",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"(?:^\W*|[,;:.–-] ?|\b(?:and|but|know|me|to|by|of|with|from|out|then|und) )"
    r"(?:who|whom|whose|wer|wem|wen)\b",
    re.IGNORECASE,
)
_WHEN_ASKED = re.compile(r"\b(?:when|wann)\b(?!.*,)", re.IGNORECASE)
_WHERE_ASKED = re.compile(r"^\W*(?:and )?(?:where|wo|wohin)\b", re.IGNORECASE)

_STOPS = (
    r"of|for|in|on|at|to|by|from|with|under|after|before|until|do|does|did|is|are|was|were|be|"
    r"has|have|"
    r"had|can|could|may|might|must|shall|should|will|would|we|i|you|they|it|he|she|there|who|"
    r"that|which|"
    r"when|if|and|or|not|per|us|gets?|need|needs|counts?|applies|apply|goes|go|happens?|about|as"
)
_NOUN_ASKED = re.compile(
    rf"\b(?:what|which)(?:'s|’s|s)?(?: (?:is|are|was|were))?(?: (?:the|our|my|your|a|an|this|"
    rf"that|kind of|"
    rf"kinds of|sort of|type of))*((?: (?!(?:{_STOPS})\b)[a-z][\w-]*){{1,4}})",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"\b(?:how many|number of|wie ?viele)((?: (?!(?:{_STOPS}|muss|darf|hat|habe|haben|wir|"
    rf"ich)\b)[\w-]+){{1,4}})",
    re.IGNORECASE,
)
_NOUN_ALONE = re.compile(
    rf"^\W*(?:our |the )?((?:(?!(?:{_STOPS})\b)[a-z][\w-]* ?){{1,3}})\b(?:for|of|in)\b",
    re.IGNORECASE,
)
_FRAGMENT = 7
"""Words up to which a question without a verb is read as a noun and what it is of."""
_PLAIN_NOUNS = frozenset(
    "thing things rule rules policy policies procedure procedures way ways time times period "
    "periods "
    "number numbers length minimum maximum min max deadline limit interval frequency date day "
    "days name "
    "names kind kinds type types sort step steps case cases person people role reason reasons "
    "purpose "
    "difference meaning definition standard requirement requirements document documents section "
    "control "
    "controls clause measure measures exactly else happens next new current own right done now "
    "matter wrong correct best "
    "lowest highest longest shortest smallest biggest one ones hours minutes months years weeks "
    "regel "
    "regeln point situation scope status policy's long short good bad main".split()
)  # fmt: skip


def sought(text: str) -> Sought:
    """Find what kind of thing `text`, a question, seeks."""
    kinds = {kind for kind, pattern in _KINDS if pattern.search(text)}
    if Kind.NAME in kinds or Kind.PRODUCT in kinds:
        kinds.discard(Kind.COUNT)
    if not kinds & {Kind.NAME, Kind.PRODUCT} and _WHO.search(text):
        kinds.add(Kind.PERSON)
    if not kinds and _WHEN_ASKED.match(text.strip()):
        kinds.add(Kind.WHEN)
    if _WHERE_ASKED.search(text):
        kinds.add(Kind.WHERE)
    counted = _COUNTED.search(text)
    return Sought(
        frozenset(kinds),
        _attribute(text),
        _counted_noun(counted[1]) if counted and Kind.COUNT in kinds else "",
        thing=_thing(text),
        of=_of(text) if kinds or _attribute(text) else (),
        until=bool(_UNTIL_ASKED.search(text)),
    )


def _attribute(text: str) -> tuple[str, ...]:
    alone = _NOUN_ALONE.search(text) if len(text.split()) <= _FRAGMENT else None
    match = _NOUN_ASKED.search(text) or alone
    if match is None:
        return ()
    words = [word for word in match[1].casefold().split() if word not in _PLAIN_NOUNS]
    return tuple(words)


_PHRASE_WORD = rf"(?!(?:{_STOPS})\b)[a-zäöüß][\w-]*"
_PHRASE = rf"({_PHRASE_WORD}(?: {_PHRASE_WORD}){{1,2}})"
_DETERMINERS = r"(?:the |our |my |all |any |a |an |old |die |der |das |unsere |alle )*"
_THING = re.compile(
    rf"\bhow (?:long|often|frequently) (?:is|are|must|should|shall) {_DETERMINERS}{_PHRASE}"
    r" (?:be )?(?:kept|stored|retained|held|saved|archived|reviewed|tested|checked|changed|updated|"
    r"serviced|done|run|patched|cleaned|audited)\b|"
    r"\bhow (?:long|often|frequently) (?:do|must|should|shall|can|may) (?:we|i|you) (?:have to |need "
    rf"to )?(?:keep|store|retain|hold|save|archive|review|test|check|change|update|patch) "
    rf"{_DETERMINERS}{_PHRASE}\W*$",
    re.IGNORECASE,
)
_OF_END = re.compile(
    rf"\b(?:for|of) {_DETERMINERS}((?:(?!(?:{_STOPS})\b)[a-z][\w-]* ?){{1,3}})\W*$",
    re.IGNORECASE,
)


def _thing(text: str) -> tuple[str, ...]:
    match = _THING.search(text)
    phrase = (match[1] or match[2]) if match else ""
    return tuple(phrase.casefold().split())


def _of(text: str) -> tuple[str, ...]:
    match = _OF_END.search(text)
    return tuple(match[1].casefold().split()) if match else ()


def _counted_noun(phrase: str) -> str:
    """Give the head of a counted phrase: its last plural, so that "usb exceptions" counts "
    "exceptions."""
    words = phrase.casefold().split()
    return next((word for word in words[:3] if word.endswith("s")), words[0])


def holds(wanted: Sought, text: str, named: Callable[[str], bool] = lambda _word: False) -> bool:
    """Tell whether `text` holds a thing of every kind that is sought.

    `named` tells whether a word is part of the question itself: a name that the question says is
    no answer to it."""
    return all(_holds(kind, wanted, text, named) for kind in wanted.kinds)


def _holds(kind: Kind, wanted: Sought, text: str, named: Callable[[str], bool]) -> bool:
    match kind:
        case Kind.COUNT:
            return _counts(wanted.counted, text) or (wanted.until and bool(_THRESHOLD.search(text)))
        case Kind.NAME:
            return _names_person(text)
        case Kind.PRODUCT:
            return _names_thing(_about(wanted.attribute, text), named)
        case Kind.WHEN:
            return any(one.search(text) for one in (_WHEN, _PERIOD, _DATE, _FREQUENCY))
        case Kind.WHERE:
            return True
        case _:
            return bool(_PATTERNS[kind].search(text))


_PATTERNS = {
    Kind.PERIOD: _PERIOD,
    Kind.FREQUENCY: _FREQUENCY,
    Kind.SIZE: _SIZE,
    Kind.MONEY: _MONEY,
    Kind.PERSON: _POST,
    Kind.CONTACT: _CONTACT,
    Kind.DATE: _DATE,
    Kind.CLOCK: _CLOCK,
}


def says_contact(text: str) -> bool:
    """Tell whether a text holds a telephone number, an address or the like."""
    return bool(_CONTACT.search(text))


def _counts(noun: str, text: str) -> bool:
    """Tell whether `text` gives a number of `noun`, or counts up what there is of it."""
    stem = re.escape(noun.rstrip("s")[:8]) if noun else ""
    said = text.casefold()
    if not stem:
        return bool(_NUMBER.search(said))
    number = rf"(?:\d[\d.,]*|\b{_NUMERAL}\b(?<!\ba)(?<!\ban))"
    return bool(
        re.search(rf"{number}\W+(?:[\w-]+\W+){{0,3}}{stem}", said)
        or re.search(rf"{stem}\w*\W+(?:[\w-]+\W+){{0,4}}?[\w-]*\d", said)
        or re.search(r"\bfrom [a-z]*\d\b.{0,20}\bto [a-z]*\d", said)
        or re.search(rf"\b{stem}\w* (?:are|is|sind) (?!\w+ed\b)[^.]*(?:,| and | or | und )", said)
    )


def _names_person(text: str) -> bool:
    """Tell whether a text names a person: two capitalised words that are no role or title."""
    return any(
        not _ROLE_WORDS.intersection(match.group().split()) for match in _PROPER.finditer(text)
    )


_GENERIC = frozenset(
    "product tool software vendor brand model make provider manufacturer app application platform "
    "company firm supplier system".split()
)


def _about(attribute: tuple[str, ...], text: str) -> str:
    """Keep the sentences that speak of what is asked for, or all where none does."""
    telling = [word for word in attribute if word.rstrip("s") not in _GENERIC and len(word) > 2]
    stems = [word[:6] for word in telling[-1:]]
    kept = [one for one in sentences(text) if any(stem in one.casefold() for stem in stems)]
    return "\n".join(kept) or text


def _names_thing(text: str, named: Callable[[str], bool]) -> bool:
    """Tell whether a text holds a name that the question does not say: a word with a capital inside
    a sentence, or one of capitals, digits or mixed case."""
    for match in re.finditer(r"(?<![.!?:|>\n] )(?<!^)\b[A-Z][\w.-]*\b", text):
        word = match.group()
        if word not in _ROLE_WORDS and not named(word) and word not in {"IT", "ISMS", "ICT", "I"}:
            return True
    return False
