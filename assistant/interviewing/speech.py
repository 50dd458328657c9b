"""What a reply does besides answering: asks for help, stops, delegates, presses, strays.

Each rule looks for a kind of speech and never for a subject. English and German.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.interviewing.language import plain

_I = re.IGNORECASE


class Act(StrEnum):
    """What a respondent does with a reply, besides what the words claim."""

    INCIDENT = "incident"
    WRONGDOING = "wrongdoing"
    STOP = "stop"
    RESUME = "resume"
    SKIP = "skip"
    HELP = "help"
    AUTHORITY = "authority"
    """Doubts the asker, or asks whether they are certified or will pass."""
    PRESSURE = "pressure"
    DELEGATE = "delegate"
    NOT_APPLICABLE = "not_applicable"
    DISAGREE = "disagree"
    CORRECT = "correct"
    """Takes back what was said before."""
    REFUSES_EVIDENCE = "refuses_evidence"
    OFFERS_EVIDENCE = "offers_evidence"
    EMOTION = "emotion"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Speech:
    """The acts in a reply, and what is left of it to understand."""

    acts: tuple[Act, ...]
    rest: str
    """The reply without the sentences that only do something."""
    person: str | None = None
    """Whom a delegation or a supply of evidence names: "Dana (procurement)"."""
    aside: str | None = None
    """What strayed from the subject, verbatim."""

    def does(self, act: Act) -> bool:
        """Tell whether the reply does this."""
        return act in self.acts


_STOP = re.compile(
    r"\b(?:(?:i|we) (?:need|have|must|want|'?d like|would like|got|gotta|should)(?: to)? "
    r"(?:(?:stop|leave|go|run|break|pause|quit|finish)(?= (?:here|now|for (?:today|"
    r"now)|soon)|\W*(?:$|[,;.]))|"
    r"end (?:here|this))|let'?s (?:stop|pause|break|go on|continue|carry on|pick "
    r"(?:this|it) up|finish)"
    r"(?:\b.{0,30}\b(?:tomorrow|later|another (?:time|day)|next week|here|monday|after lunch|there))?"
    r"(?=\W*(?:$|[.!,]))|(?:stop|pause) (?:here|now|please|for (?:today|now))|^\W*(?:stop|pause)\W*$|"
    r"(?:continue|go on|carry on|resume) (?:later|tomorrow|another (?:time|day)|next week)|"
    r"(?:i am|i'?m) (?:out of time|being called|late for|needed elsewhere)|my next meeting|"
    r"another meeting (?:starts|now)|that'?s (?:all|enough) for (?:today|now)|call it a day)\b|"
    r"\b(?:ich muss (?:jetzt |leider )?(?:los|weg|aufhören|gehen|in (?:ein|eine|einen|den|die|das))|"
    r"machen wir (?:morgen|später|nächste woche) weiter|(?:morgen|später) weiter|"
    r"(?:kurze )?pause bitte|hören wir auf|für heute (?:reicht|genug))\b",
    _I,
)
_RESUME = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|hi|hello|good morning|i'?m back|back again|hallo|guten morgen|so)\W+)*"
    r"(?:resume|continue|carry on|go on|let'?s (?:go on|continue|resume)|weiter(?:machen)?|"
    r"i'?m back|we can (?:go on|continue)|fortsetzen)\b[^?]{0,40}$",
    _I,
)
_SKIP = re.compile(
    r"^\W*(?:(?:can we|could we|let'?s|please|i'?d rather|rather|können wir|bitte)\s+)*"
    r"(?:skip|move on|next question|next one|next please|überspringen|weiter zur nächsten|"
    r"nächste frage)\b[^?]{0,40}\??\W*$|\b(?:skip (?:this|that|it|the question)|let'?s move on)\b",
    _I,
)
_HELP = re.compile(
    r"\b(?:(?:i )?(?:don'?t|do not|didn'?t|did not) (?:quite |really )?(?:get|understand|follow|see) "
    r"(?:what|the question|that question|your question|you|it|this)|what (?:exactly )?(?:do you|does "
    r"(?:that|this|it)) mean|what is (?:meant|that supposed)|can you (?:explain|"
    r"rephrase|give (?:me )?an?)|could you "
    r"(?:explain|rephrase|clarify|give)|(?:give|have) (?:me |us )?an example|an "
    r"example\s*\?|for example\s*\?|"
    r"such as\s*\?|like what\s*\?|what (?:would|do you|kind of thing|sort of "
    r"thing)[^?]{0,40}(?:count|expect|want|"
    r"looking for|like to (?:hear|see))|what are you (?:asking|after|looking)|in "
    r"plain (?:english|words)|"
    r"meaning what|what'?s (?:an?|the) [\w -]{2,30}\?|never heard (?:of )?(?:that|this) (?:word|term)|"
    r"i'?m not sure what you (?:mean|want)|"
    r"was (?:meinen sie|meinst du|heißt das|bedeutet das|ist damit gemeint)|"
    r"verstehe (?:ich nicht|die frage nicht|nicht)|können sie (?:das )?(?:erklären|ein beispiel)|"
    r"zum beispiel\s*\?|haben sie ein beispiel)",
    _I,
)
_AUTHORITY = re.compile(
    r"\b(?:who are you to|are you (?:an?|the|our|really) (?:auditor|certif\w+|human|"
    r"robot|machine|bot)|"
    r"(?:are|were|is|will) (?:we|the company|our company|it) (?:be |get |now |already |then )*"
    r"(?:certified|compliant|through)\b[^.]*\?|(?:do|did|will|would|have) we "
    r"(?:pass|fail|passed|failed|"
    r"get (?:the|our|a) certificate)|who gave you the right|what gives you|by what authority|"
    r"sind wir (?:jetzt |nun |damit )*(?:zertifiziert|konform)|bestehen wir|wer sind sie)(?!\w)",
    _I,
)
_PRESSURE = re.compile(
    r"\b(?:just|simply|can(?:'?t)? you (?:just |not )?|could(?:n'?t)? you (?:just "
    r")?|please|why (?:don'?t|not) "
    r"(?:you )?(?:just )?|you (?:should|could|can|may|have to|must)(?: just)?|"
    r"let'?s (?:just )?|do us a favou?r and|"
    r"better|go ahead and)\s*(?:put|mark|tick|write|record|enter|note|say|give|set|"
    r"call|make|rate|score|count|pass|"
    r"approve|close)\b.{0,45}?\b(?:conform\w*|complian\w*|complies|green|"
    r"pass(?:ed)?|ok(?:ay)?|full (?:marks|score)|"
    r"done|implemented|yes|fine|box)\b|"
    r"^\W*(?:put|mark|tick|record|write|set|rate)\b.{0,30}\b(?:conform\w*|compliant|"
    r"green|passed|the box)\b|"
    r"\b(?:it|this|that|we|everything|they) (?:all )?(?:has|have|needs?|must|ought|"
    r"got) to be (?:green|conform\w*|"
    r"compliant)|\bmy (?:boss|manager|ceo|director) (?:wants|expects|needs|"
    r"insists).{0,40}\b(?:green|conform\w*|pass|"
    r"compliant)|\bjust pass us\b|\bwe(?:'ve| have)? (?:always )?pass(?:ed)? (?:it "
    r")?every (?:year|time|audit)|"
    r"(?:auditor|certification body) (?:never|always) (?:complained|accepted|minded)|"
    r"\bi(?:'?ll| will) (?:complain|escalate|report you)|"
    r"(?:schreiben|tragen|setzen|machen) sie (?:doch |das |es |hier |bitte |mal )*(?:einfach )?"
    r"(?:konform|grün|erfüllt|ein haken|als erfüllt)|einfach (?:konform|grün|"
    r"abhaken|erfüllt|als \w+ eintragen)",
    _I,
)
_NOT_APPLICABLE = re.compile(
    r"\b(?:not applicable|n\.?/a\.?|does(?: not|n'?t) (?:really )?apply|do(?: not|n'?t) apply|"
    r"is(?: not|n'?t) (?:applicable|relevant)(?: (?:to|for) us)?|not relevant (?:to|for) us|"
    r"(?:we are|we'?re|our company is|the company is) (?:far |much |simply |just |"
    r"really |way )?too small|"
    r"(?:we|they) (?:do not|don'?t) need (?:that|this|it|one)|out of (?:our )?scope|"
    r"(?:is|was|been) excluded|nicht anwendbar|nicht zutreffend|trifft (?:auf uns |"
    r"für uns |bei uns )?nicht zu|"
    r"nicht relevant|betrifft uns nicht|(?:dafür )?(?:sind wir )?zu klein|brauchen wir nicht)(?!\w)",
    _I,
)
_DISAGREE = re.compile(
    r"\b(?:i (?:disagree|do not agree|don'?t agree|can'?t agree|object)|(?:that|this)(?:'s| is| was) "
    r"(?:wrong|not (?:right|true|fair|correct|what i said)|unfair|too (?:harsh|"
    r"strict)|incorrect|nonsense)|"
    r"you(?:'ve| have)? (?:got|misunderstood|misread)(?: (?:that|it|this|me))?(?: "
    r"wrong)?|not what i (?:said|meant)|"
    r"i see (?:that|it) (?:differently|otherwise)|we (?:do|clearly|certainly) conform|"
    r"stimmt (?:so )?nicht|das ist (?:falsch|unfair|nicht richtig)|sehe ich anders|"
    r"bin ich nicht einverstanden)\b",
    _I,
)
_CORRECT = re.compile(
    r"\b(?:i (?:was wrong|mixed (?:it|that|this|things|them) up|misspoke|made a "
    r"mistake|confused (?:it|that|this|them)|"
    r"said (?:that|it) wrong|take (?:it|that) back|have to correct|need to correct|"
    r"must correct|forgot|overlooked)|"
    r"correction\b|let me correct|to correct (?:myself|that|what i said)|what i "
    r"said (?:before |earlier |was )*(?:is |was )?"
    r"(?:wrong|not (?:right|correct))|i(?:'ve| have) (?:now )?(?:found|checked|looked it up)|"
    r"(?:das war|da habe ich mich) (?:falsch|geirrt|vertan|versprochen)|ich (?:habe "
    r"mich (?:geirrt|vertan|versprochen)|korrigiere))",
    _I,
)
_REFUSES = re.compile(
    r"\b(?:(?:can'?t|cannot|can not|won'?t|will not|may not|am not allowed to|not "
    r"allowed to|not going to|"
    r"not permitted to|would rather not|prefer not to|unable to) (?:really |just "
    r")?(?:show|share|give|send|disclose|"
    r"provide|hand|let you see|upload|export)|(?:is|are|that'?s|strictly|it'?s) "
    r"(?:strictly )?confidential|"
    r"(?:under|behind) (?:an? )?nda|none of your business|you(?:'ll| will| have to) "
    r"(?:just )?(?:have to )?"
    r"(?:take my word|trust (?:me|us))|take my word|trust me|"
    r"(?:darf|kann|werde) (?:ich|wir) (?:ihnen |dir )?(?:\w+ )?nicht (?:zeigen|"
    r"geben|schicken|herausgeben)|vertraulich)\b",
    _I,
)
_OFFERS = re.compile(
    r"\b(?:(?:i|we|he|she|they|[A-Z]\w+) ?(?:can|could|will|'ll|would|may|shall) "
    r"(?:easily |also |gladly |happily )?"
    r"(?:send|share|show|provide|export|upload|forward|mail|attach|give|get|dig|"
    r"pull)|happy to (?:share|send|show)|"
    r"(?:attached|enclosed) (?:is|are)|(?:kann|können|werde) (?:ich|wir) (?:\w+ "
    r"){0,4}?(?:schicken|zeigen|senden|hochladen))\b",
    _I,
)
_INCIDENT_WORDS = (
    r"(?:breach\w*|hack\w*|ransom\w*|attack(?:er|ers|ed)?|intrud\w+|intrusion|"
    r"malware|leak(?:ed|ing)?|stolen|"
    r"compromised|phish\w+|encrypted files|data (?:is|are) (?:gone|out)|"
    r"exfiltrat\w+|angegriffen|gehackt|datenleck|"
    r"verschlüsselt|trojaner|unauthori[sz]ed access)"
)
_NOW = (
    r"(?:right now|at this (?:very )?moment|at the moment|as we speak|still "
    r"(?:going on|ongoing|inside|in there|"
    r"active|happening|running)|ongoing|just (?:now|discovered|found out|noticed|"
    r"been|got|happened|learned)|"
    r"this (?:very )?(?:morning|minute|hour)|an hour ago|minutes ago|is happening|"
    r"are (?:being|under)|in this moment|"
    r"gerade (?:eben|jetzt)?|aktuell|momentan|im moment|seit heute|heute (?:früh|morgen))"
)
_INCIDENT = re.compile(
    rf"\b{_NOW}\b[^.!?]{{0,80}}\b{_INCIDENT_WORDS}\b|\b{_INCIDENT_WORDS}\b[^.!?]{{0,80}}\b{_NOW}\b|"
    rf"\bwe (?:are|'re) (?:being |under |currently )+(?:attack\w*|hacked|blackmailed)\b|"
    rf"\bsomeone (?:is|seems to be) (?:in|inside) our (?:system|network|servers?)",
    _I,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:if|when|whenever|in case|suppose|would|wenn|falls|exercise|drill|"
    r"simulat\w+|tabletop|übung)\b",
    _I,
)
_WRONGDOING = re.compile(
    r"\b(?:told|asked|ordered|forced|instructed|pressured|made) (?:me|us|him|her|"
    r"them|everyone) (?:not )?(?:to )?"
    r"(?:hide|delete|fake|forge|back-?date|lie|falsify|conceal|cover|destroy|keep (?:it |this )?quiet|"
    r"say nothing|not (?:report|tell)|report|tell)\b|"
    r"\b(?:we|i|he|she|they|management|the boss|my boss) (?:just |simply |always |"
    r"then |later |have |had )*"
    r"(?:fake|faked|forge|forged|back-?dated?|falsif(?:y|ied)|fabricat(?:e|ed)|made "
    r"up|manipulat(?:e|ed)|"
    r"covered up|bribed?)\b|\b(?:swept|brushed) under\b|"
    r"\b(?:gefälscht|zurückdatiert|vertuscht|rückdatiert|manipuliert)\b",
    _I,
)
_EMOTION = re.compile(
    r"\b(?:ridiculous|waste of (?:my )?time|stupid|sick of|fed up|annoying|"
    r"bureaucra\w+|pointless|nonsense|"
    r"(?:his|her|their) fault|blame|useless|quatsch|unsinn|zeitverschwendung|nervt)\b",
    _I,
)
_ASIDE = re.compile(
    r"^\W*(?:by the way|btw|off[- ]topic|on another (?:note|subject)|apropos|übrigens|another thing|"
    r"unrelated|quick question)\b",
    _I,
)
_ASKS_US = re.compile(
    r"\b(?:can|could|would|do|did|are|have) you\b|\byou(?:r)?\b.*\?$|\bkönnen sie\b|"
    r"\bhaben sie\b|\bkennst du\b|"
    r"\b(?:any|some) (?:tips?|ideas?|recommendations?)\b|\bwhat(?:'s| is) (?:the|"
    r"your)\b|\bshould (?:we|i)\b|"
    r"\bhow much\b|\bwho (?:won|is playing)\b",
    _I,
)

_ROLE = (
    r"(?:the |our |my |der |die |unser\w* |mein\w* )?(?:[A-Z]{2,5}(?: (?:manager|"
    r"lead|team|department|admin\w*|officer|support|people))?\b|(?:head|chief|"
    r"director|manager|owner|lead|team|"
    r"department|office|officer|admin\w*|boss|colleagues?|supplier|vendor|lawyer|"
    r"people)\b(?: of [\w ]{2,25}?)?|"
    r"(?:\w+ )?(?:manager|lead|team|officer|department|owner|admin\w*|director|"
    r"colleagues?|engineer|lawyer|"
    r"procurement|legal|finance|purchasing|operations|facility|facilities|personnel|"
    r"leitung|abteilung|kolleg\w+)\b)"
)
_NAME = r"(?:(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.? )?[A-ZÄÖÜ][a-zäöüßé'’-]+(?: [A-ZÄÖÜ][a-zäöüßé'’-]+)?"
_WHO = rf"(?P<who>{_NAME}|{_ROLE})"
_FROM = (
    r"(?:,?\s+(?:in|from|of|at|aus|vom|von|im|in der|over in|our|the)\s+(?:the |our "
    r"|der |dem )?(?P<dept>[A-Z]{2,5}\b|[A-Za-zÄÖÜäöü]+(?: (?:team|department|"
    r"management|security|resources))?))?"
)
_DELEGATE = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i:\b(?:that'?s|that is|this is|it'?s|that would be|that'?d be) (?:really |"
        r"more |rather )?(?:a (?:question|matter|topic|job|thing) )?(?:for|with|one "
        rf"for)) {_WHO}{_FROM}",
        r"(?i:\b(?:that'?s|that is|this is|that would be|that'?d be|it'?s)) "
        rf"(?P<who>{_NAME})(?:'s| ?'s)? ?(?i:(?:area|job|thing|business|department|"
        r"responsibility|topic|field|part))",
        r"(?i:\b(?:you(?:'d| would|'ll| should| could| can| may| will)?(?: have to| "
        r"need to| better| want to)?|please|just|better|best|maybe|i'd|let me|could you|"
        r"can you)? ?\b(?<!we )(?<!We )(?<!they )(?<!They )(?<!also )(?<!always )(?<!I "
        r")(?:ask|talk to|speak to|speak with|check with|contact|turn to|go "
        r"to|try|refer to)) (?!(?:you|me|us|the|them|him|her|a|an|for|how|what|why|"
        r"everyone|around|that|this|it)\b (?!\w+ (?:team|manager|lead|department|"
        rf"officer)))(?!someone)(?!somebody){_WHO}{_FROM}",
        rf"{_WHO}{_FROM} (?i:(?:would|will|should|might|may|can|could) (?:be able to |"
        r"probably |certainly |surely )?(?:know|tell you|answer|say more|explain)|knows|"
        r"is the (?:one|person|right)|is (?:responsible|in charge|the owner)(?: for| "
        r"of)? (?:that|this|it)|would be the (?:one|person|right)|has (?:all )?the "
        r"(?:details|answers)|can answer)",
        r"(?i:\b(?:fragen sie|frag|da müssen sie|da müsste man|das weiß|das macht|dafür "
        r"ist|zuständig ist|das kann|da fragen sie (?:besser|am besten)?)) "
        rf"(?:(?i:besser|am besten|bitte|mal) )?{_WHO}{_FROM}",
    )
)
_APPOSITION = re.compile(rf",?\s+(?P<name>(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.? {_NAME}|{_NAME})\W*$")
_NOT_MINE = re.compile(
    r"\b(?:not my (?:area|job|department|responsibility|business|field|topic)|"
    r"i(?:'m| am) not (?:the right|"
    r"responsible|in charge)|not (?:in )?my hands|nicht mein(?:e|en)? (?:bereich|aufgabe|thema)|"
    r"bin ich nicht zuständig)\b",
    _I,
)
_SUPPLIER = (
    re.compile(
        r"^\W*(?i:(?:ok(?:ay)?|fine|yes|sure|alright|all right|well|gut|ja|gern|in "
        r"ordnung|agreed)\W+)*(?:(?i:that'?s|that would be|it'?s|ask|note|put down|from|"
        rf"talk to|get it from)\s+)?(?P<who>{_NAME}){_FROM}(?: (?i:can|will|could|has|"
        r"does|sends?|would|may|hat|kann|schickt)[^.]*)?\W*$"
    ),
    re.compile(
        rf"(?P<who>{_NAME}|HR|IT|(?i:the|our) \w+){_FROM} (?i:can (?:send|share|provide|"
        r"export|show)|will (?:send|share|provide|export|show)|could (?:send|share)|has "
        r"(?:it|them|that|the \w+|a \w+|all)|keeps? (?:it|them|that|the|a)|kann (?:es|"
        r"das|die) (?:schicken|zeigen)|hat (?:die|das|eine))"
    ),
    re.compile(rf"(?i:\b(?:from|with|by|at|bei|von)) (?P<who>{_NAME}|HR|IT){_FROM}\W*$"),
)
_NOT_NAMES = frozenset(
    "yes no well fine ok okay sure right hmm the we they it there our my this that "
    "these those i he she you "
    "and but so or if in on at by for with since after before when where what who "
    "how usually normally never "
    "always not none nobody nothing also only just maybe perhaps every each all "
    "some most many both last next "
    "yesterday today tomorrow once twice then now here please thanks thank sorry "
    "good great backup backups "
    "policy access security responsibility management ticket tickets minutes "
    "report audit review reviews list "
    "everyone everybody someone people staff developers admins employees suppliers "
    "customers users contract "
    "january february march april may june july august september october november "
    "december monday tuesday "
    "wednesday thursday friday saturday sunday ja nein gut genau klar wir die der "
    "das es ein eine ich sie "
    "welcome hello hi board training climate growth reduce nein aws azure google "
    "microsoft slack teams jira "
    "github gitlab confluence sharepoint vault okta intune each anyone nope "
    "granting restore restores".split()
)


def read(reply: str) -> Speech:
    """Find what a reply does, the gravest first, and what is left to understand."""
    text = plain(reply).strip()
    acts: list[Act] = []
    if _INCIDENT.search(text) and not _HYPOTHETICAL.search(text):
        acts.append(Act.INCIDENT)
    if _WRONGDOING.search(text):
        acts.append(Act.WRONGDOING)
    kept: list[str] = []
    asides: list[str] = []
    for sentence in _pieces(text):
        found = _of_sentence(sentence)
        acts.extend(one for one in found if one not in acts)
        if Act.OFF_TOPIC in found:
            asides.append(sentence)
        elif not {Act.STOP, Act.SKIP, Act.HELP, Act.AUTHORITY, Act.PRESSURE, Act.RESUME} & set(
            found
        ):
            kept.append(sentence)
    if Act.HELP in acts and kept and all(len(one.split()) <= 4 for one in kept):
        kept = []
    speech = Speech(tuple(acts), " ".join(kept), aside=" ".join(asides) or None)
    if person := delegate(text):
        return replace(speech, acts=(*speech.acts, Act.DELEGATE), person=person)
    if _NOT_MINE.search(text):
        return replace(speech, acts=(*speech.acts, Act.DELEGATE))
    return speech


def _of_sentence(sentence: str) -> list[Act]:
    found = [
        act
        for act, pattern in (
            (Act.STOP, _STOP),
            (Act.RESUME, _RESUME),
            (Act.SKIP, _SKIP),
            (Act.HELP, _HELP),
            (Act.AUTHORITY, _AUTHORITY),
            (Act.PRESSURE, _PRESSURE),
            (Act.NOT_APPLICABLE, _NOT_APPLICABLE),
            (Act.DISAGREE, _DISAGREE),
            (Act.CORRECT, _CORRECT),
            (Act.REFUSES_EVIDENCE, _REFUSES),
            (Act.OFFERS_EVIDENCE, _OFFERS),
            (Act.EMOTION, _EMOTION),
        )
        if pattern.search(sentence)
    ]
    asks = sentence.rstrip().endswith("?")
    strays = _ASIDE.search(sentence) or (asks and _ASKS_US.search(sentence))
    if strays and not {Act.HELP, Act.AUTHORITY, Act.PRESSURE, Act.SKIP, Act.STOP} & set(found):
        found.append(Act.OFF_TOPIC)
    return found


def _pieces(text: str) -> list[str]:
    """Split at the ends of sentences, question marks too, whatever follows."""
    return [one for one in re.split(r"(?<=[.!?])\s+(?=\S)", text) if one.strip()] or [text]


def delegate(text: str) -> str | None:
    """Give the person or role that a reply points to, as "Dana (procurement)"."""
    for pattern in _DELEGATE:
        for match in pattern.finditer(text):
            if person := _person(match):
                return person
    return None


def supplier(text: str) -> str | None:
    """Give the person who a reply says can supply something, as "Pavel (IT)"."""
    for pattern in _SUPPLIER:
        if (match := pattern.search(text)) and (person := _person(match)):
            return person
    return None


def _person(match: re.Match[str]) -> str | None:
    who = match["who"].strip()
    head = who.split()[0].strip(".'").casefold()
    if (
        head in _NOT_NAMES
        and who[:2] != "IT"
        and not re.match(r"(?i:the|our|my|der|die|unser\w*|mein\w*) \w+", who)
    ):
        return None
    who = re.sub(r"^(?i:our|my|the|der|die|unser\w*|mein\w*) ", "", who)
    if who.casefold() in _NOT_NAMES and who != "IT":
        return None
    dept = match.groupdict().get("dept")
    if dept and (
        dept == "it" or dept.casefold() in {"the", "that", "this", "all", "any", "there", "and"}
    ):
        dept = None
    after = _APPOSITION.match(match.string, match.end())
    if after and not dept and who[:1].islower():
        return f"{after['name']} ({who})"
    return f"{who} ({dept})" if dept else who
