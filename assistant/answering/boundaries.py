"""What is not a question to the library: attacks, orders, incidents, other people's jobs.

Instructions in a question are text to be read, never orders. Each rule looks for a kind of speech,
not for a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from assistant.answering.understanding import Question, content_words
from knowledge.instructions import instructions_in


class Boundary(Enum):
    """Why a turn is not simply looked up."""

    INSTRUCTIONS = "instructions"
    """Tries to change what the assistant is or whom it serves."""
    ALTERED_QUOTE = "altered quote"
    """Wants a document quoted otherwise than it is."""
    INCIDENT = "incident"
    """Something has happened and may still be going on."""
    CHANGE = "change"
    """Orders a change of a record."""
    ERRAND = "errand"
    """Orders something outside: a booking, a mail, a call."""
    VERBATIM_STANDARD = "verbatim standard"
    LEGAL_ADVICE = "legal advice"
    SECRET = "secret"  # noqa: S105  a kind of question, not a password
    OTHER_TASK = "other task"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A boundary that a turn crosses, with the words that show it."""

    boundary: Boundary
    words: str
    rest: str = ""
    """What is left to look up when the words are taken out."""


_PLAYS = r"(?<!may )(?<!can )(?<!must )(?<!should )\b(?:act as|pretend (?:to be|you(?:'re| are)?))"
_WITH_POWER = (
    r"\b[^.!?]{0,40}\b(?:auditor|officer|c[a-z]{1,2}o|admin\w*|owner|manager|lead|leader|head|"
    r"director|boss|approver|developer|root|system|somebody|someone|ai|model|bot|assistant with|"
    r"hacker|attacker|uncensored|unrestricted|unfiltered|no (?:\w+ )?(?:rules|filters?|limits?|"
    r"restrictions?|polic\w+))\b"
)
"""A role that would lend its rights, or take the limits away."""
_ROLE_PLAY = re.compile(_PLAYS + r"\b", re.IGNORECASE)
_INSTRUCTIONS = re.compile(
    r"(ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(instruction|rule|prompt|guideline|"
    r"polic(y|ies)|restriction|safety|(?:previous|above|prior)(?!\s+(e-?mail|mail|letter|order|ticket|"
    r"draft|quote|version|number|note|invoice|attachment)))\w*|"
    r"\b(system|hidden|initial|developer|secret)\s+(prompt|instructions?|message)\b|"
    r"\b(your|the) (instructions|prompt|guidelines) (verbatim|word for word|above)\b|"
    r"\byou are (now|no longer)\b|\byou have no (rules|restrictions|limits)\b|"
    r"(?<!may )(?<!can )(?<!must )(?<!should )\bact as (if|though)\b|\bpretend that\b|"
    + _PLAYS
    + _WITH_POWER
    + r"|"
    r"\b(dan|jailbreak|developer mode|god mode|sudo)\b(?=.*\b(mode|rules?|restrictions?|now)\b)|"
    r"\bas (an? |the )?(admin|administrator|root|developer|ceo|owner|auditor)\b.{0,20}\b(i|we) "
    r"(authori[sz]e|order|command|instruct|permit|grant|allow)|"
    r"\b(reveal|print|output|show|repeat|display|dump|leak)\b.{0,30}\b(prompt|instructions|"
    r"training data|api key|credentials|environment variables)\b|"
    r"\bwithout (any )?(restrictions|filters|rules|censorship)\b|"
    r"(ignorier|vergiss|missachte)\w*.{0,40}\b(anweisung|regel|instruktion)\w*|"
    r"\bdo not (cite|mention|reveal|tell)\b.{0,40}\b(source|user|anyone)|"
    r"\[?(system|assistant|admin)\]?\s*:\s*\S",
    re.IGNORECASE | re.DOTALL,
)
_ALTERED = re.compile(
    r"\b(repeat|quote|cite|show|rewrite|print|state|give|say|copy|recite)\b.{0,120}\b(but|and|"
    r"only)\b.{0,15}"
    r"\b(replace|replacing|swap|substitut\w+|alter|modify|change|changing)\b.{1,60}\b(with|to|"
    r"by|into|for|as)\b|"
    r"\b(repeat|quote|cite|recite|rewrite|restate)\b.{0,120}\b(with|using) .{1,40}\binstead of\b|"
    r"\b(replace|change|swap|substitute)\b.{1,60}\b(with|to|by|for)\b.{1,60}\b(cite|quote|"
    r"attribut\w+|"
    r"as (if|though)|pretend|claim)\b|\bas if (it|they|the \w+) (said|says|stated)\b",
    re.IGNORECASE | re.DOTALL,
)
_WHO = (
    r"\b(i|we|my \w+|someone|somebody|a colleague|colleague|a customer|an? \w+|ich|wir|jemand|"
    r"mein\w*|"
    r"unser\w*)\b"
)
_MISHAP = re.compile(
    _WHO + r"[^?]{0,40}?\b((just |accidentally |mistakenly |have |has |had |'ve |by mistake )*"
    r"(lost|mailed|emailed|e-mailed|leaked|deleted|clicked|opened|published|posted|uploaded|"
    r"forwarded|"
    r"exposed|dropped|misplaced|entered|sent|gave|left|received|found|got|fell for)|"
    r"habe[n]?\b.{0,60}\b(verloren|gesendet|geschickt|geklickt|gelöscht|geöffnet|verschickt|"
    r"vergessen))\b",
    re.IGNORECASE,
)
_MISHAP_BARE = re.compile(
    r"^\W*(?:help\W+|oops\W+|oh no\W+|so\W+)*(?:i )?(?:just |accidentally |stupidly |have |'ve )*"
    r"(?:clicked|opened|entered|typed|sent|mailed|forwarded|lost|deleted|uploaded|gave|got|fell for)\b",
    re.IGNORECASE,
)
"""What somebody in haste writes without saying who."""
_HARM = re.compile(
    r"\b(wrong (person|recipient|address|supplier|customer|client|people|company|email|mail|list|"
    r"attachment|channel|one)|phish\w*|suspicious|strange (mail|e-?mail|link|call|attachment)|"
    r"malware|"
    r"virus|ransom\w*|trojan|laptop|phone|notebook|tablet|badge|key ?card|usb stick|password|login|"
    r"credentials|payroll|customer data|personal data|client data|customers?' data|datenpanne|link|"
    r"falsche[nrs]?|anhang|backup tape|hard (disk|drive))\b",
    re.IGNORECASE,
)
_STRUCK = re.compile(
    r"\b(was|were|is|are|got|get|been|being|has been|have been|wurden?|worden|ist|"
    r"sind)\b[^?]{0,30}\b"
    r"(hacked|phished|breached|compromised|infected|stolen|hit by ransomware|hit by malware|"
    r"on fire|"
    r"broken into|burgled|flooded|gehackt|gestohlen|geklaut|angegriffen|infiziert)\b|"
    r"\b(hat|haben|has|have)\b[^?]{0,40}\b(gestohlen|geklaut|gehackt|stolen|hacked)\b|"
    r"\bransom (note|demand)\b|\b(screen|pop-?up|message|note|mail|caller|hackers?|attackers?)\b"
    r"[^?]{0,40}\b(pay|wants?|demands?|asks? for)\b[^?]{0,30}\b(bitcoins?|btc|crypto\w*|ransom)\b|"
    r"\bunder attack\b|\b(stranger|intruder|"
    r"unknown person) (is )?(in|at|inside)\b|"
    r"\b(laptop|phone|notebook|tablet|badge|key ?card|usb stick|handy)\b[^?]{0,12}\b(is |are |"
    r"ist )?"
    r"(gone|missing|weg|stolen|lost)\b|^\W*(help\W+)?(i )?lost (my|the|our) \w+|"
    r"\b(our|all|my|unsere|alle) (files?|servers?|shares?|computers?|dateien|rechner)\b[^?]{0,20}\b"
    r"(encrypted|verschlüsselt|locked)\b|\b(server|computer|"
    r"rechner)\b[^?]{0,15}\bwurden? verschlüsselt\b",
    re.IGNORECASE,
)
_EXTORTED = re.compile(
    r"\b(screen|pop-?up|caller|hackers?|attackers?)\b[^?]{0,40}\b(pay|wants?|demands?|asks? for)\b"
    r"[^?]{0,30}\b(bitcoins?|btc|crypto\w*|ransom)\b",
    re.IGNORECASE,
)
"""A demand that is being made: also a question about it wants help first."""
_ASKS_A_RULE = re.compile(
    r"^\W*(tell|show|explain|list|name|describe|give|quote|remind|the (policy|standard|rule)|"
    r"what (happens|if|should|do|must|is|are)|how|when|who|which|where|may|can|could|must|should|"
    r"is|are|do|does|did|why|was|wie|wer|wann)\b|\?\s*$|\bif (i|we|someone|a|an|my|our)\b|"
    r"\baccording to\b|[;,] (when|how|who|what|where)\b|\bnonconformit\w+|\bis that (allowed|ok)\b|"
    r"\b(policy|rule|procedure) (for|on|about)\b",
    re.IGNORECASE,
)
_HELP_NOW = re.compile(
    r"\b(what (do|should|must) (i|we) do( now)?|what now|help|now what|was (soll|muss|tun))\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"^\W*(please |kindly |can you |could you |would you |pls |hey |go ahead and |just |bitte )*"
    r"(mark|close|reopen|approve|sign( off)?|delete|remove|set|change|update|edit|accept|reject|"
    r"grade|downgrade|upgrade|assign|add|extend|move|record|register|waive|archive|publish|"
    r"cancel|complete|verify|tick|enter|reset|grant|revoke|disable|enable|give (me|him|her|"
    r"them) access|"
    r"schließe?|genehmige?|lösche?|setze?|markiere?|ändere?|entferne?|"
    r"aktualisiere?)\b(?!.{0,40}\b(mean|means)\b)",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(cars?|capas?|ncs?|findings?|nonconformit\w+|actions?|plans?|risks?|controls?|soa|rows?|"
    r"polic\w+|procedures?|standards?|documents?|access|accounts?|passwords?|entr\w+|register|"
    r"status|"
    r"drafts?|groups?|rights|permissions?|folders?|dokumente?|plan|maßnahmen?|owners?|"
    r"verdicts?|audits?|exceptions?|evidence|version|it|this|that|them|these|"
    r"[A-Z]{1,8}-\d[\d-]*|a\.\d+\.\d+)\b",
    re.IGNORECASE,
)
_ASKED_OF_PEOPLE = re.compile(
    r"^\W*(can|should|may|must|do|does|could|would|is|are|who|"
    r"when) (?!you\b)[^.!]{0,60}\b(ignore|override|"
    r"bypass|skip|disregard|act as|message|show)\b[^.!]*\?\s*$",
    re.IGNORECASE,
)
"""A question whether people may pass over a rule, which is no instruction to the assistant."""
_ABOUT_CHANGES = re.compile(
    r"\b(when|who|within|how|what|where|why|which)\b|^\W*(change log|complete this|"
    r"records? of|register of|set of|list of|approve exceptions)\b",
    re.IGNORECASE,
)
_ERRAND = re.compile(
    r"^\W*(please |kindly |can you |could you |would you |pls |hey )*"
    r"(book|schedule|order|buy|call|phone|ring|email|e-mail|mail|send|invite|notify|message|"
    r"contact|"
    r"pay|hire|fire|arrange|reserve|post|tweet|submit|fax|remind|install|reboot|restart)\b"
    r"(?!\s+(retention|security|of|with|rules?|polic\w+|forwarding|encryption|addresses|"
    r"servers?)\b)",
    re.IGNORECASE,
)
_VERBATIM = re.compile(
    r"\b(word[- ]for[- ]word|verbatim|exact (text|wording|words)|full text|original (text|wording)|"
    r"literal(ly)?|wortlaut|wörtlich|wort für wort)\b",
    re.IGNORECASE,
)
_OF_STANDARD = re.compile(
    r"\b(clauses?|standard|iso|iec|27001|27002|annex a|norm|control a?\.?\d)\b", re.IGNORECASE
)
_LEGAL = re.compile(
    r"\blegal (advice|opinion)\b|\b(can|may|could|should|shall|must) (we|i|they|"
    r"you) (be )?(sue|sued|"
    r"fire|dismiss|terminate|prosecute|press charges|prosecuted|liable)\b|\bis (it|this|that) "
    r"(il)?legal\b|\bare we liable\b|\b(rechtsberatung|rechtlich beraten|kündigen wir)\b|"
    r"\b(sue|lawsuit|prosecute)\b.{0,40}\b(employee|supplier|vendor|him|her|them|us|me)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(what('s| is| are) (?!an?\b)(?!mfa\b)|tell me|give me|show me|send me|need|know|"
    r"wie (lautet|ist)|was ist|"
    r"share)\b.{0,40}?\b(wi-?fi|wlan|admin|root|guest|door|alarm|safe|vpn|database|db|server|"
    r"router|master|service|account|login|user'?s?|his|her|their|'s)?\s*"
    r"\b(password|passwort|passcode|pin|pin code|door code|access code|alarm code|api key|"
    r"private key|secret key|token|credentials|login)\b"
    r"(?!.{0,20}\b(polic|rule|length|requirement|standard|manager|manage|procedure|complexity|"
    r"management|rotation|change|reset|vault|richtlinie)\w*)\s*(of|for|to|from|in|at|from|zum|für|"
    r"des|der)?\b",
    re.IGNORECASE,
)
_SECRET_RULES = re.compile(
    r"\b(polic|rule|length|long|requirement|require|how often|change|minimum|must|allowed|may i|"
    r"can i|share my|manager|rotat|complex|characters|stored?|kept)\w*",
    re.IGNORECASE,
)
_OTHER_TASK = re.compile(
    r"^\W*(please |kindly |can you |could you |would you |pls |hey |help me )*"
    r"(write|compose|draw|paint|sing|translate|code|program|solve|calculate|compute|play|recommend|"
    r"tell me (a|about the) (joke|story|weather)|make (me )?a (poem|joke|song|picture|cake)|cook|"
    r"do my|generate|summari[sz]e the news|debug|refactor)\b",
    re.IGNORECASE,
)
_OUR_WORK = re.compile(
    r"\b(polic\w+|procedure|risk|control|soa|statement of applicability|audit|isms|finding|"
    r"corrective action|security|incident|evidence|compliance|iso|27001|supplier|standard|"
    r"nonconformit\w+|controls|policies|justification|management review|questionnaire|"
    r"awareness|gap|plan|clause)\b",
    re.IGNORECASE,
)
_EVERYDAY = re.compile(
    r"\b(weather|recipe|joke|poem|song|football|soccer|movie|film|restaurant|homework|horoscope|"
    r"lottery|stock price|bitcoin|capital of|president of|wetter|rezept|witz|gedicht|hausaufgaben|"
    r"world cup|birthday|vacation ideas|python|javascript|sql query|sorting)\b",
    re.IGNORECASE,
)


def crossing(question: Question) -> Crossing | None:
    """Find the boundary that a turn crosses, the gravest first."""
    said = question.raw
    if match := _ALTERED.search(said):
        return Crossing(Boundary.ALTERED_QUOTE, match.group(), said)
    if (words := _instruction(said)) and not _ASKED_OF_PEOPLE.search(said):
        return Crossing(Boundary.INSTRUCTIONS, words, _without_instructions(said))
    if _is_incident(said):
        return Crossing(Boundary.INCIDENT, said)
    if _VERBATIM.search(said) and _OF_STANDARD.search(said):
        return Crossing(Boundary.VERBATIM_STANDARD, said)
    if match := _LEGAL.search(said):
        return Crossing(Boundary.LEGAL_ADVICE, match.group())
    if (match := _SECRET.search(said)) and not _SECRET_RULES.search(said):
        return Crossing(Boundary.SECRET, match.group())
    if (match := _CHANGE.search(said)) and _is_order(said, match):
        return Crossing(Boundary.CHANGE, match.group())
    if (match := _ERRAND.search(said)) and not said.endswith("?"):
        return Crossing(Boundary.ERRAND, match.group())
    match = _OTHER_TASK.search(said) or _ROLE_PLAY.search(said)
    if match and not _OUR_WORK.search(said):
        return Crossing(Boundary.OTHER_TASK, match.group())
    asks_rule = "permission" in question.asks
    if (
        _EVERYDAY.search(said)
        and not asks_rule
        and not _OUR_WORK.search(said)
        and not question.references
    ):
        return Crossing(Boundary.OTHER_TASK, said)
    return None


def _instruction(said: str) -> str:
    """Give the words that would instruct the assistant, "" if there are none."""
    match = _INSTRUCTIONS.search(said)
    return match.group() if match else instructions_in(said) or ""


def _is_incident(said: str) -> bool:
    """Tell whether something is reported to have happened, rather than a rule asked for."""
    mishap = _MISHAP.search(said) or _MISHAP_BARE.search(said)
    if not (_STRUCK.search(said) or (mishap and _HARM.search(said))):
        return False
    if _EXTORTED.search(said):
        return True
    return not _ASKS_A_RULE.search(said) or bool(_HELP_NOW.search(said))


def _is_order(said: str, match: re.Match[str]) -> bool:
    """Tell whether a turn orders a change of a record, and does not ask how one is made."""
    rest = said[match.start() :]
    if _ABOUT_CHANGES.search(rest):
        return False
    polite = re.match(
        r"^\W*(please|kindly|can you|could you|would you|pls|bitte)\b", said, re.IGNORECASE
    )
    if said.endswith("?") and not polite:
        return False
    return bool(_RECORD.search(rest))


def _without_instructions(said: str) -> str:
    """Give the sentences of a turn that are no instructions to the assistant, if they ask."""
    parts = re.split(r"(?<=[.!?;\n])\s+|\s+(?:and then|then)\s+", said)
    kept = [part for part in parts if not _instruction(part)]
    rest = " ".join(kept).strip()
    return rest if len(content_words(rest)) >= 2 and "?" in rest else ""
