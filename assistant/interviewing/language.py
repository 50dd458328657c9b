"""What a sentence does, whatever it is about: states, plans, wishes, denies, does not know.

English and German; general language only, nothing about any control. "Planned" is never "is", and
"should" is a rule and not a practice. Pure functions of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.domain.interview import ClaimKind
from knowledge.text import sentences

_I = re.IGNORECASE


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), _I)


_UNKNOWN = _words(
    r"\b(?:i|we) (?:really |honestly |just |simply )?(?:do not|don'?t|dont|would not|wouldn'?t|"
    r"can ?not|can'?t|could not|couldn'?t) (?:really |exactly |honestly |even )?"
    r"(?:know|tell|say|remember|recall|answer)\b",
    r"^\W*(?:i |we )?(?:do not|don'?t|dont) (?:know|remember|recall)\b",
    r"\bno (?:idea|clue)\b(?! (?:who|which|how) (?:is|are) )",
    r"\bnot sure\b(?! (?:that|everyone|all) )",
    r"\b(?:i'?m|i am|we are|we'?re) (?:not|un)[ -]?(?:certain|sure|aware of (?:it|that|any of))\b",
    r"\b(?:haven'?t|have not) (?:a|the|the faintest|the slightest) (?:clue|idea)\b",
    r"\bi(?:'d| would) have to (?:check|look|ask|find out)\b",
    r"\bi (?:have not|haven't|have never|never) (?:actually |yet )?(?:seen|saw) (?:it|them|that|one)\b",
    r"\b(?:you(?:'d| would| will|'ll)? have to|you should|better|please|just) ask (?:someone|somebody|"
    r"around)\b",
    r"^\W*(?:dunno|pass|hard to say|difficult to say|who knows|no comment|search me|good question)\b",
    r"\bweiß (?:ich|das) (?:nicht|leider nicht)|\b(?:ich|wir) (?:weiß|wissen|weiss) (?:das |es )?"
    r"(?:leider |ehrlich gesagt )?nicht\b|\bkeine ahnung\b|\bkann ich (?:so |ihnen |dir )?"
    r"(?:leider )?nicht sagen\b|\bnicht sicher\b|\bweiss ich nicht\b|\bmüsste ich "
    r"(?:nachsehen|fragen)",
)
_PLANNED = _words(
    r"\b(?:is|are|was|been|being|currently|already|still|all) (?:being )?(?:planned|"
    r"scheduled|budgeted|"
    r"earmarked|foreseen|pencilled in)\b(?! intervals?)",
    r"^\W*(?:planned|scheduled|in planning|on the roadmap|work in progress)\b(?! intervals?)",
    r"\bplanned for\b|\bscheduled for\b|\bdue (?:to (?:start|go live|begin)|in the (?:new|next))\b",
    r"\b(?:we|i|they|he|she|it|team|management) (?:are |am |is |have |had |also |still |now |"
    r"just )*(?:plan|plans|planning|intend|intends|intending|aim|aims|hope|hopes|hoping|want|wants|"
    r"going|expect|expects|mean|meant) to\b(?! know)",
    r"\b(?:are|am|is|'re|'m|'s) (?:currently |just |now |still |actually )?"
    r"(?:working on|rolling (?:it |this |that )?out|setting (?:it |this |that )?up|"
    r"introducing|preparing|drafting|evaluating|looking (?:into|at|for)|implementing|building|"
    r"writing|in the process of|about to|migrating)\b",
    r"\b(?:will|'ll|shall|won'?t)\b(?! (?:not )?(?:find|see|notice|be (?:able|told|informed)))"
    r"(?!.{0,30}\b(?:if|when|unless|whenever)\b)",
    r"\b(?:next|coming|following|later this) (?:week|month|quarter|year|spring|summer|autumn|fall|"
    r"winter|sprint|release|budget)\b",
    r"\bon (?:the|our|my) (?:roadmap|to-?do|list|backlog|agenda for)\b|\b(?:is|are|"
    r"still|already) in the pipeline\W*$",
    r"\b(?:in progress|under way|underway|in the works|in development|in preparation|half[- ]done|"
    r"work in progress|pilot(?:ing)?|rollout (?:is|has)|about to start)\b",
    r"\b(?:by|until|before) the end of (?:the|this|next)? ?(?:year|month|quarter|week)\b",
    r"\b(?:soon|shortly|eventually|some day|one day|in (?:the )?(?:near )?future|sooner or later)\b",
    r"\bas soon as (?:we|i|they|the)\b",
    r"\b(?:geplant|vorgesehen|in planung|in arbeit|in vorbereitung|in umsetzung|angedacht)\b"
    r"(?!en? abständ)",
    r"\b(?:planen|beabsichtigen|wollen|möchten|haben vor)\b",
    r"\b(?:wird|werden) (?:das |es |wir |noch |bald |demnächst |gerade )*(?:\w+ ){0,6}?"
    r"(?:einführen|umsetzen|umgesetzt|aufbauen|eingeführt|kommen|beginnen|starten|nachholen)\b",
    r"\b(?:nächste[nrsm]?|kommende[nrsm]?) (?:woche|monat|quartal|jahr|sommer|"
    r"winter|frühjahr|herbst)\b",
    r"\b(?:demnächst|künftig|bald|in kürze|zukünftig)\b",
)
_SHOULD = _words(
    r"\b(?:should|ought to|supposed to|meant to|expected to|required to|obliged to)\b",
    r"\b(?:policy|rule|standard|procedure|handbook|guideline|contract|document|it) "
    r"(?:\w+ ){0,3}?(?:says|states|demands|requires|prescribes|calls for|foresees)\b",
    r"\b(?:in theory|in principle|on paper|ideally|officially|formally|the (?:rule|"
    r"idea|plan|intention|"
    r"aim|target|goal|expectation) is)\b",
    r"\b(?:we|they|it|he|she|i|you|people|someone|somebody|everyone|one|team)(?:'d| "
    r"would)\b(?! (?:say|like|"
    r"rather|be happy))",
    r"\b(?:must|have to|has to|needs? to)\b(?! (?:say|admit|confess|check|ask|look|"
    r"stop|go|leave|run))",
    r"\b(?:sollte[nst]?|soll|sollen|müsste[n]?|eigentlich|theoretisch|laut (?:richtlinie|vorgabe)|"
    r"auf dem papier|im prinzip|muss|müssen)\b(?! (?:ich|wir) (?:zugeben|sagen|fragen))",
)
_HEDGE = _words(
    r"\b(?:i|we) (?:think|believe|guess|suppose|assume|reckon|imagine|hope|would say|'d say)\b",
    r"\b(?:probably|maybe|perhaps|possibly|presumably|apparently|supposedly|more or less|sort of|"
    r"kind of|somehow|roughly|as far as i know|afaik|if i remember|i'?m fairly sure|likely|"
    r"must have been|might|may have|could be|i am told|i was told|i hear[d]?|not entirely|"
    r"mostly|usually|normally|generally|typically|as a rule|in most cases|most of the time|"
    r"should (?:be|have|still)|or so|or thereabouts|give or take|pretty much|almost (?:all|always))\b",
    r"\b(?:glaube|denke|vermute|schätze|nehme an|wahrscheinlich|vermutlich|vielleicht|"
    r"möglicherweise|wohl|ungefähr|meines wissens|soweit ich weiß|dürfte|meistens|meist|"
    r"normalerweise|üblicherweise|in der regel|im großen und ganzen|oder so|fast (?:alle|immer)|"
    r"sollte[n]? (?:\w+ ){0,4}?sein)\b",
)
_VAGUE = _words(
    r"\b(?:usually|normally|generally|typically|often|sometimes|from time to time|now and then|"
    r"regularly|mostly|in general|when needed|if needed|as needed|when there is time|ad hoc|"
    r"case by case|every so often|occasionally|at times|more or less|informally|verbally|by word of "
    r"mouth|of course|somehow|always|basically|obviously|sure|certainly)\b",
    r"\b(?:meistens|normalerweise|üblicherweise|in der regel|manchmal|gelegentlich|ab und zu|"
    r"regelmäßig|oft|bei bedarf|immer|natürlich|irgendwie|grundsätzlich|mündlich)\b",
)
_PART = _words(
    r"(?<![\w.-])(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|half|some|most|many|a few|"
    r"several) (?:out )?of (?:the |our |all |these )?(?P<m>\d+\b(?!\.?\s*(?:jan|feb|"
    r"mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez|jän))|two|three|four|five|"
    r"six|seven|eight|"
    r"nine|ten|them|systems?|servers?|laptops?|devices?|people|staff|suppliers?|applications?|apps|"
    r"sites|teams|departments|contracts|rooms|services|users|employees)\b",
    r"\b(?:only|just) (?:for|the|in|on|at|some|those|our|new|critical|half|part|a few|partly|about)\b",
    r"\b(?:not|but not|except(?: for)?|apart from|excluding|other than) (?:all|every|the|for|everyone|"
    r"everything|everywhere)\b",
    r"\b(?:partly|partially|in part|mostly|for the most part|not everywhere|not completely|"
    r"not fully|halfway|incomplete|some (?:are|have|do)|most (?:are|have|do))\b",
    r"\b(?:teilweise|zum teil|nur (?:für|bei|die|der|im)|nicht alle|nicht überall|die meisten|"
    r"noch nicht (?:alle|überall)|außer)\b",
)
_LIMIT = _words(
    # What is left out of the whole: said of things, places or people, never of the practice itself.
    r"(?:n't|\bnot|\bnever) (?:yet |fully |all |really |currently |actually |even |been )*"
    r"(?:in (?:there|it|that|yet|scope)|in\W*$|on (?:it|there|board)|part of (?:it|that|this)|"
    r"covered|included|connected|enrolled|onboarded|integrated|migrated|rolled out|hooked up|"
    r"counted|scanned|backed up|monitored|touched by (?:it|that|this))\b",
    r"\b(?:except(?: for)?|excluding|apart from|other than|aside from|with the exception of|"
    r"save for|leaving out|minus)\s+(?!that\b|when\b|if\b)\w",
    r"\b(?:left out|still outside|is outside|are outside|still missing|not everywhere|"
    r"not all of (?:it|them)|not (?:every|all)\b(?! the time))",
    r"\b(?:so far|for now|until now|currently|at the moment|today|it'?s|that'?s|this is|they'?re|"
    r"but|that covers|it covers|covers|applies to|goes for) (?:\w+ )?(?:only|just)\b"
    r"(?! (?:once|one time))",
    r"\b(?:only|just) (?:\w+ ){1,5}?(?:so far|for now|at the moment|yet)\b",
    r"\bonly (?:covers?|applies|includes?|concerns?|goes for|counts for)\b",
    r"\b(?:noch )?nicht (?:mit )?(?:dabei|drin|enthalten|erfasst|abgedeckt|eingebunden|umfasst|"
    r"angebunden|einbezogen|berücksichtigt)\b",
    r"\b(?:außer|ausgenommen|abgesehen von|mit ausnahme|bis auf)\s+\w",
    r"\b(?:bisher|bislang|derzeit|aktuell|im moment|zurzeit|gilt|betrifft|erfasst|umfasst)\s+"
    r"(?:\w+ )?nur\b|\bnur (?:\w+ ){0,3}?(?:bisher|bislang|derzeit)\b|\bfehlen noch\b|"
    r"\bnicht alle[nrsm]?\b",
    # A share of the whole, or a few of many.
    r"\b[1-9]?\d ?(?:%|percent|per cent|prozent) (?:of (?:the|our|all|its)|der|aller|unserer)\b",
    r"\b(?:half|a third|two[- ]thirds|a quarter|three[- ]quarters|most|a handful|a couple) of "
    r"(?:the|our|all|them)\b|\b(?:die hälfte|ein drittel|zwei drittel|ein teil|ein großteil) "
    r"(?:der|aller|unserer|davon)\b",
    r"\b(?:only|just|nur) (?:one|two|three|a few|some|a handful of|a couple of|ein\w*|zwei|einige) "
    r"(?:\w+ )?(?:servers?|systems?|sites?|offices?|laptops?|devices?|machines?|app\w*|databases?|"
    r"teams?|suppliers?|services?|departments?|locations?|plants?|products?|standorte?|systeme?)\b",
    r"\b(?:everything|everyone|everybody|all|every \w+) bar (?:the|our|one|two)\b",
)
_REST = _words(
    r"\b(?:the (?:rest|others?|remaining|remainder)|(?:die|das|der|den) "
    r"(?:anderen?|übrigen?|restlichen?|rest))\b",
)
_BARE_QUALIFIER = re.compile(
    r"^\W*(?:(?:well|or|at least|hm+|so|naja|na ja|also|oder|zumindest)\W+)*"
    r"(?:mostly|usually|normally|generally|more or less|roughly|in most cases|most of the time|"
    r"for the most part|partly|in part|not always|almost always|pretty much|i (?:think|guess|hope|"
    r"believe)|or so|as far as i know|at least (?:in theory|on paper|it should)|"
    r"meistens|normalerweise|in der regel|größtenteils|teilweise|zum teil|mehr oder weniger|"
    r"glaube ich|denke ich|nicht immer|jedenfalls meistens)\W*$",
    _I,
)
_ONCE = _words(
    r"\b(?:once|(?:just|only) (?:the )?one|(?:the|a) (?:one|single) time|one time|a single|did one|"
    r"had one|made one|one was done|nur (?:ein(?:e|mal)?|das eine)|ein einziges|einmalig)\b"
    r"(?! (?:a|per|every|each|in) (?:day|week|month|quarter|year))(?!-)",
)
_NOT = _words(
    r"\b(?:no|not|never|none|nobody|no one|nothing|nowhere|neither|nor|without|cannot|lack(?:s|ing)?|"
    r"missing|absent|missed|skipped|forgot(?:ten)?|failed to|stopped doing|yet to|neglected|"
    r"hardly|barely|rarely)\b|n't\b|\b(?:dont|doesnt|isnt|arent|havent|"
    r"hasnt|wasnt|didnt|cant|wont)\b",
    r"\b(?:kein(?:e[nrsm]?)?|nicht|nie(?:mals)?|niemand\w*|nichts|ohne|fehlt|fehlen|weder|"
    r"vergessen|versäumt|kaum)\b",
)
_NOT_A_LACK = _words(
    # Denying a danger, a doubt or a limit is no denial of a practice.
    r"\b(?:no|not any|without|never|nor|none|not|keine?[nrsm]?|"
    r"ohne)\s+(?:\w+\s+){0,2}?(?:open|overdue|"
    r"outstanding|"
    r"exceptions?|findings?|incidents?|issues?|problems?|complaints?|deviations?|gaps?|errors?|"
    r"failures?|losses|loss|doubts?|surprises?|objections?|change(?:s)? (?:needed|necessary)|"
    r"missing|lost|breach(?:es)?|violations?|alarms?|difference|discrepanc\w+|reason to|longer|"
    r"delays?|downtime|damage|cameras?|trouble|anomal\w+|leaks?|infections?|critical\w*|high|"
    r"ausnahmen?|vorfälle?|probleme?|abweichungen?|fehler|beanstandungen?)\b",
    r"\b(?:nobody|no one|no (?:admin\w*|user|person|developer|employee|one person|single person|"
    r"customer data|production data|real data|guest)|niemand|none of them|cannot|can ?not|can'?t|"
    r"not (?:able|possible|allowed|permitted|visible|reachable|accessible)|"
    r"nicht (?:möglich|erlaubt|sichtbar|erreichbar))"
    r"(?:\s+\w+){0,4}?\s+(?:can|could|may|is able|has access|have access|alone|change|delete|alter|"
    r"reach|read|enter|see|bypass|approve|merge|push|deploy|leave|start|go|install|be (?:changed|"
    r"deleted|altered|read|reached|seen|merged|closed|released|switched|turned|bypassed)|get|"
    r"ändern|löschen|erreichen|kann|darf|to)\b",
    r"\bnone (?:left|open|found|remaining|overdue|outstanding|missing|came back|"
    r"since)\b|\bnothing (?:left|found|to correct|open)\b|"
    r"\bnot only\b|\bnot just\b|\bnicht nur\b|\bno later than\b|\bnot later than\b|\bnot more than\b|"
    r"\bno more than\b|\bno less than\b|\bwhy not\b|\bno matter\b|\bnot applicable\b|\bnot bad\b|"
    r"\bno longer than\b|\bno need\b|\bnot surprising\w*|\bnothing (?:was|is|were) (?:missing|open|"
    r"wrong|lost)\b|\bwithout (?:it|that|approval|a ticket|an? (?:approved|ticket|request))\b(?=.*"
    r"\b(?:no|never|nothing|cannot|nobody)\b)|\b(?:no|nothing|nobody).{1,30}\bwithout\b|"
    r"\bnot yet due\b|\bno matter\b|\bspätestens\b",
)
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|sure|of course|certainly|definitely|absolutely|indeed|right|correct|"
    r"exactly|true|ja|jawohl|genau|klar|natürlich|richtig|stimmt|ok(?:ay)?|fine|agreed|fair enough|"
    r"that(?:'s| is) (?:right|correct|true|fine|fair|it)|sounds (?:right|good|fair)|passt|"
    r"einverstanden)\b[\s,.!:;–-]*",
    _I,
)
_NO = re.compile(
    r"^\W*(?:(?:well|um|hm+|sorry|i'm afraid|actually|honestly|frankly|leider|also)\W+)*"
    r"(?:no|nope|nah|nein|never|none|not (?:really|at all|yet|so far|that i know(?: of)?)|nothing|"
    r"noch nicht|nie|niemals|nichts|unfortunately not|leider nicht|gar nicht|überhaupt nicht|"
    r"we don'?t|we do not|we haven'?t|we have not|we didn'?t|there (?:isn'?t|aren'?t|is none|is not|"
    r"are none|was none|wasn'?t)|doesn'?t exist)"
    r"(?:\W+(?:sorry|i'm afraid|leider|not yet|nothing|none|never|there (?:isn'?t|is none)|"
    r"we (?:don'?t|do not|haven'?t)))*\s*(?:[,.!;:–]\s*|$)",
    _I,
)
_NO_TAIL = re.compile(
    r"^(?:.{0,40}?)\b(?:yes|ja)$|^(?P<topic>.{2,60}?)\s*[:,-]?\s+(?:no|none|nein)$", _I
)
_YES_TAIL = re.compile(r"^(?P<topic>.{2,60}?)\s*[:,-]?\s+(?:yes|ja)$", _I)

_SPLIT = re.compile(
    r"\s*;\s*|\s+[–—-]\s+|\s*,?\s+\b(?:but|however|although|though|whereas|yet|except that|aber|"
    r"jedoch|allerdings|obwohl|während|sondern)\b\s*,?\s*",
    _I,
)
_COMMA = re.compile(
    r"\s*,\s+(?:and\s+|und\s+)?|\s+(?:and|und)\s+(?=(?:we|i|it|they|the|our|there|no|not|"
    r"nobody|never|nothing|wir|es|die|der|das|kein\w*|nie\w*)\b)",
    _I,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a reply that says one thing: verbatim words and what they do."""

    text: str
    kind: ClaimKind
    answer: str | None = None
    """"yes" or "no" where the clause is nothing more than that."""
    hedged: bool = False
    vague: bool = False
    part: bool = False
    once: bool = False


def plain(text: str) -> str:
    """Make apostrophes and dashes one kind, so that patterns need one."""
    return text.translate({0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x00A0: " ", 0x2011: "-"})


def clauses(text: str) -> tuple[Clause, ...]:
    """Split a reply into clauses of one kind each, in order."""
    found: list[Clause] = []
    for sentence in sentences(plain(text)):
        found.extend(_of_sentence(sentence))
    return tuple(found)


def _of_sentence(sentence: str) -> list[Clause]:
    rest, found = sentence.strip(), list[Clause]()
    if (match := _NO.match(rest)) and not protects(rest):
        found.append(Clause(match.group().strip(), ClaimKind.DENIED, "no"))
        rest = rest[match.end() :]
    elif match := _YES.match(rest):
        found.append(Clause(match.group().strip(), ClaimKind.IS, "yes"))
        rest = rest[match.end() :]
    for piece in _SPLIT.split(rest):
        found.extend(_of_piece(piece))
    return [one for one in found if re.search(r"\w", one.text)]


def _of_piece(piece: str) -> list[Clause]:
    """Part a piece at its commas where the parts are of different kinds."""
    parts: list[str] = []
    kinds: list[ClaimKind] = []
    at = 0
    cuts = [*_COMMA.finditer(piece), None]
    cut_before: re.Match[str] | None = None
    for cut in cuts:
        text = piece[at : cut.start() if cut else len(piece)]
        kind = kind_of(text)
        enough = len(text.split()) >= 2
        own = bool(cut_before and re.search(r"^\s*(?:and|und)\s", cut_before.group(), _I))
        if parts and (not enough or (kind is kinds[-1] and not own)):
            start = piece.rindex(parts[-1], 0, at) if parts[-1] in piece[:at] else 0
            parts[-1] = piece[start : at + len(text)]
        else:
            parts.append(text)
            kinds.append(kind)
        cut_before = cut
        if cut:
            at = cut.end()
    return [clause(one) for one in parts]


def clause(text: str) -> Clause:
    """Read one clause."""
    text = text.strip().strip('"“”')
    bare = text.rstrip(" .!?")
    kind = kind_of(text)
    if match := _YES_TAIL.match(bare):
        return Clause(text, ClaimKind.IS, None, vague=True)
    if (match := _NO_TAIL.match(bare)) and match["topic"]:
        return Clause(text, ClaimKind.DENIED)
    return Clause(
        text=text,
        kind=kind,
        hedged=bool(_HEDGE.search(text)),
        vague=bool(_VAGUE.search(text)),
        part=(bool(_PART.search(text)) and not _whole(text)) or limits(text),
        once=bool(_ONCE.search(text)),
    )


def kind_of(text: str) -> ClaimKind:
    """Say what a clause does. A denial beats a wish, a plan beats both."""
    if _UNKNOWN.search(text):
        return ClaimKind.UNKNOWN
    if _PLANNED.search(text):
        return ClaimKind.PLANNED
    if denies(text):
        return ClaimKind.DENIED
    if _SHOULD.search(text):
        return ClaimKind.SHOULD
    return ClaimKind.IS


def denies(text: str) -> bool:
    """Tell whether a clause denies that something is there or is done."""
    return bool(_NOT.search(text)) and (bool(_BLIND.search(text)) or not protects(text))


_BLIND = _words(
    r"\b(?:we|i|they|nobody|no one) (?:can ?not|can'?t|could not|couldn'?t|can|"
    r"could) (?:really |even )?(?:see|tell|say|check|"
    r"prove|verify|trace|measure|know|find out|show|rule out)\b(?: (?:whether|if|"
    r"who|what|which|how|that|it|them|this)\b|\W*$)",
    r"\bwir (?:können|sehen|wissen) (?:\w+ ){0,3}?nicht\b",
)
_SCOPED = _words(
    r"^\W*(?:at home|off[- ]site|on the road|outside (?:the )?(?:office|hours|"
    r"business)|elsewhere|at night|on weekends|"
    r"abroad|(?:for|with|in|at|on) (?:the |our |all )?(?:other|remaining|old(?:er)?|"
    r"new(?:er)?|external|temporary|second|"
    r"smaller|foreign|home|rest|contractors?|freelancers?|movers?|macs?|linux|"
    r"mobile|private|legacy|branch)\b|"
    r"(?:contractors?|freelancers?|movers?|externals?|macs?|older (?:ones|systems)|"
    r"the (?:rest|others)) (?:do|does|are|is|get|"
    r"have|has)\b|[\w ]{2,30} (?:is|are) not (?:yet )?(?:covered|included|in scope|"
    r"part of)\b|zu ?hause\b|im homeoffice\b|für (?:externe|alte|neue)\b)",
)


def limits(text: str) -> bool:
    """Tell whether a clause leaves something out of the whole: "the laptops aren't in there yet"."""
    if _REST.search(text) and kind_of(text) in {ClaimKind.DENIED, ClaimKind.PLANNED}:
        return True
    return bool(_LIMIT.search(text)) and not _whole(text)


def qualifies(text: str) -> bool:
    """Tell whether a clause does nothing but weaken what was said before it: "well, mostly"."""
    return bool(_BARE_QUALIFIER.match(text))


def is_scoped(text: str) -> bool:
    """Tell whether a denial holds for a part of what is covered: "at home nothing blocks it"."""
    return bool(_SCOPED.search(text)) or limits(text)


def protects(text: str) -> bool:
    """Tell whether all its denials deny a danger, a doubt or a limit."""
    rest = _NOT_A_LACK.sub(" ", text)
    return rest != text and not _NOT.search(rest)


def _whole(text: str) -> bool:
    """ "4 of 4" covers everything, and "31 of 40 done" tells of progress and not of coverage."""
    if re.search(
        r"\b\d+ (?:out )?of (?:the |our |all )?\d+ (?:\w+ ){0,3}?(?:done|closed|"
        r"completed|finished|fixed)\b",
        text,
    ):
        return True
    found = re.search(r"\b(\d+) (?:out )?of (?:the |our |all )?(\d+)\b", text)
    return bool(found) and found is not None and found[1] == found[2]


def is_german(text: str) -> bool:
    """Tell whether a reply is German, by its small words."""
    words = re.findall(r"[a-zäöüß]+", text.casefold())
    german = set(
        "der die das und ist nicht wir ich es ein eine einen für mit auf von zu im den dem wird "
        "werden haben hat sind noch aber auch nur kein keine bei nach oder wie alle "
        "jeder jedes".split()
    )
    english = set(
        "the and is not we i it a an for with on of to in are have has but also only".split()
    )
    return sum(w in german for w in words) > sum(w in english for w in words)
