"""What is not a question to the library: attacks, orders, incidents, other people's jobs.

Instructions in a question are text to be read, never orders. Each rule looks for a kind of speech,
not for a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from assistant.answering.understanding import Question, content_words


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


_INSTRUCTIONS = re.compile(
    r"(ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(instruction|rule|prompt|guideline|"
    r"polic(y|ies)|restriction|safety|previous|above|prior)\w*|"
    r"\b(system|hidden|initial|developer|secret)\s+(prompt|instructions?|message)\b|"
    r"\b(your|the) (instructions|prompt|guidelines) (verbatim|word for word|above)\b|"
    r"\byou are (now|no longer)\b|\bact as (if|an?|the|though)\b|\bpretend (to be|you|that)\b|"
    r"\b(dan|jailbreak|developer mode|god mode|sudo)\b(?=.*\b(mode|rules?|restrictions?|now)\b)|"
    r"\bas (an? )?(admin|administrator|root|developer|ceo|owner|auditor)\b.{0,20}\b(i|we) "
    r"(authori[sz]e|order|command|instruct|permit|grant|allow)|"
    r"\b(reveal|print|output|show|repeat|display|dump|leak)\b.{0,30}\b(prompt|instructions|"
    r"configuration|training data|api key|credentials|environment variables)\b|"
    r"\bwithout (any )?(restrictions|filters|rules|censorship)\b|"
    r"ignorier\w*.{0,40}\b(anweisung|regel|instruktion)\w*|"
    r"\bdo not (cite|mention|reveal|tell)\b.{0,40}\b(source|user|anyone)|"
    r"\[?(system|assistant|admin)\]?\s*:\s*\S",
    re.IGNORECASE | re.DOTALL,
)
_ALTERED = re.compile(
    r"\b(repeat|quote|cite|show|rewrite|print|state|give|say|copy|recite)\b.{0,120}\b(but|and|with|"
    r"except)\b.{0,40}\b(replace|replacing|change|changing|swap|substitut\w+|instead of|alter\w*|"
    r"modif\w+|leave out|omit|without)\b|"
    r"\b(replace|change|swap|substitute)\b.{1,60}\b(with|to|by|for)\b.{1,60}\b(cite|quote|attribut\w+|"
    r"as (if|though)|pretend|claim)\b|\bas if (it|they|the \w+) (said|says|stated)\b",
    re.IGNORECASE | re.DOTALL,
)
_HAPPENED = re.compile(
    r"\b(i|we|my|our|someone|somebody|a colleague|colleague|an? \w+|the \w+|ich|wir|jemand|mein\w*)\b"
    r"[^?]{0,40}?\b("
    r"(just |accidentally |mistakenly |have |has |had |'ve |by mistake )*"
    r"(lost|mailed|emailed|e-mailed|leaked|deleted|clicked|opened|published|posted|"
    r"uploaded|forwarded|exposed|dropped|misplaced|entered)|"
    r"(just |accidentally |mistakenly |have |by mistake )*sent|got|"
    r"(was|were|got|been|is|are|being) (\w+ )?(stolen|hacked|phished|breached|encrypted|locked out|"
    r"compromised|attacked|lost|leaked|infected|broken into)|"
    r"(is|are) (missing|gone|acting (strange|weird)\w*|on fire|burning|flooded|under water)|"
    r"(stole|broke into|got into|found|received|fell for)|"
    r"habe[n]?\b.{0,60}\b(verloren|gesendet|geschickt|geklickt|gelöscht|geöffnet|verschickt)|"
    r"(wurde|ist)\b.{0,40}\b(gestohlen|gehackt|verschlüsselt|weg))\b",
    re.IGNORECASE,
)
_HARM = re.compile(
    r"\b(wrong (person|recipient|address|supplier|customer|client|people|company|email|mail|list|"
    r"attachment|channel|one)|phish\w*|suspicious|malware|virus|ransom\w*|trojan|laptop|phone|"
    r"notebook|tablet|device|badge|key ?card|usb|stick|password|credentials|account|payroll|"
    r"customer data|personal data|client data|data|files?|database|"
    r"data ?cent(er|re)|network|system|building|office|fire|smoke|link|attachment|server|backup|"
    r"breach|leak|intruder|stranger|ransom note|e-?mail|mail|datenpanne|falsche[nrs]?|anhang)\b",
    re.IGNORECASE,
)
_ASKS_A_RULE = re.compile(
    r"^\W*(what (happens|if|should|do|must|is|are)|how|when|who|which|where|may|can|could|must|should|"
    r"is|are|do|does|did|why|was|wie|wer|wann)\b|\?\s*$|\bif (i|we|someone|a|an|my|our)\b|"
    r"\b(policy|rule|procedure) (for|on|about)\b",
    re.IGNORECASE,
)
_HELP_NOW = re.compile(
    r"\b(what (do|should|must) (i|we) do( now)?|what now|help|now what|was (soll|muss|tun))\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"^\W*(please |kindly |can you |could you |would you |pls |hey |go ahead and |just )*"
    r"(mark|close|reopen|approve|sign( off)?|delete|remove|set|change|update|edit|accept|reject|"
    r"grade|downgrade|upgrade|assign|add|extend|move|record|register|waive|confirm|archive|publish|"
    r"cancel|complete|verify|tick|enter|reset|grant|revoke|disable|enable|give (me|him|her|them) "
    r"access)\b(?!.{0,40}\b(mean|means)\b)",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(cars?|capas?|ncs?|findings?|nonconformit\w+|actions?|plans?|risks?|controls?|soa|rows?|"
    r"polic\w+|procedures?|standards?|documents?|access|accounts?|passwords?|entr\w+|register|status|"
    r"owners?|verdicts?|audits?|exceptions?|evidence|version|it|this|that|them|these|"
    r"[A-Z]{1,8}-\d[\d-]*|a\.\d+\.\d+)\b",
    re.IGNORECASE,
)
_ERRAND = re.compile(
    r"^\W*(please |kindly |can you |could you |would you |pls |hey )*"
    r"(book|schedule|order|buy|call|phone|ring|email|e-mail|mail|send|invite|notify|message|contact|"
    r"pay|hire|fire|arrange|reserve|post|tweet|submit|fax|remind|install|reboot|restart)\b",
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
    r"\blegal (advice|opinion)\b|\b(can|may|could|should|shall|must) (we|i|they|you) (be )?(sue|sued|"
    r"fire|dismiss|terminate|prosecute|press charges|prosecuted|liable)\b|\bis (it|this|that) "
    r"(il)?legal\b|\bare we liable\b|\b(rechtsberatung|rechtlich beraten|kündigen wir)\b|"
    r"\b(sue|lawsuit|prosecute)\b.{0,40}\b(employee|supplier|vendor|him|her|them|us|me)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(what('s| is| are)|tell me|give me|show me|send me|need|know|wie (lautet|ist)|was ist|"
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
    r"nonconformity|justification|management review|questionnaire|awareness|gap|plan|clause)\b",
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
    if match := _INSTRUCTIONS.search(said):
        rest = _without_instructions(said)
        return Crossing(Boundary.INSTRUCTIONS, match.group(), rest)
    if _is_incident(said):
        return Crossing(Boundary.INCIDENT, said)
    if _VERBATIM.search(said) and _OF_STANDARD.search(said):
        return Crossing(Boundary.VERBATIM_STANDARD, said)
    if match := _LEGAL.search(said):
        return Crossing(Boundary.LEGAL_ADVICE, match.group())
    if (match := _SECRET.search(said)) and not _SECRET_RULES.search(said):
        return Crossing(Boundary.SECRET, match.group())
    if (match := _CHANGE.search(said)) and _RECORD.search(said[match.end() :]):
        return Crossing(Boundary.CHANGE, match.group())
    if (match := _ERRAND.search(said)) and not said.endswith("?"):
        return Crossing(Boundary.ERRAND, match.group())
    if (match := _OTHER_TASK.search(said)) and not _OUR_WORK.search(said):
        return Crossing(Boundary.OTHER_TASK, match.group())
    if _EVERYDAY.search(said) and not _OUR_WORK.search(said) and not question.references:
        return Crossing(Boundary.OTHER_TASK, said)
    return None


def _is_incident(said: str) -> bool:
    """Tell whether something is reported to have happened, rather than a rule asked for."""
    if not (_HAPPENED.search(said) and _HARM.search(said)):
        return False
    return not _ASKS_A_RULE.search(said) or bool(_HELP_NOW.search(said))


def _without_instructions(said: str) -> str:
    """Give the sentences of a turn that are no instructions to the assistant, if they ask."""
    parts = re.split(r"(?<=[.!?;\n])\s+|\s+(?:and then|then)\s+", said)
    kept = [part for part in parts if not _INSTRUCTIONS.search(part)]
    rest = " ".join(kept).strip()
    return rest if len(content_words(rest)) >= 2 and "?" in rest else ""
