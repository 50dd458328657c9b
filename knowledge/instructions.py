"""Text that speaks to an assistant instead of to a reader.

Whatever stands in a document is data, and nothing here decides what Annexa does: its defence is
that quotes are never obeyed. This finds such text so that a person can be told where it stands.
"""

from __future__ import annotations

import base64
import itertools
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator

_I = re.IGNORECASE
_MACHINE = (
    r"(?:ai|a\.i\.|artificial\s+intelligence|assistants?|chat-?bots?|bots?|llms?|language\s+models?|"
    r"copilot|gpt\w*|agents?|model|ki|assistent\w*|sprachmodell\w*)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directives?|directions?|commands?|"
    r"constraints?|restrictions?|guardrails?|safety|polic(?:y|ies)|programming|context|training)"
)
_NO_ROW = r"(?![^|\n]*\s\|\s[^|:\n]{1,60}:)"
"""Not in a row of a table, where "System" or "Model" is the name of a column."""
_PATTERNS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        # Setting earlier orders aside.
        rf"(?<!not )(?<!never )(?<!cannot )\b(?:ignore|disregard|forget|override|bypass|discard|"
        rf"overlook)\s+(?:\w+\s+){{0,3}}?(?:previous|prior|preceding|above|earlier|foregoing|all|any|"
        rf"your|these|those|everything|system)\b(?:\s+\w+){{0,3}}?\s+{_ORDERS}\b",
        r"(?<!not )\b(?:ignore|disregard|forget)\s+(?:everything|anything|all|what)\s+"
        r"(?:\w+\s+){0,3}?(?:above|before|told|said|previous(?:ly)?|prior|learned)\b",
        r"\b(?:ignorier(?:e|en\s+sie|t)|vergiss|vergessen\s+sie|missachte\w*)\s+(?:\w+\s+){0,3}?"
        r"(?:bisherige\w*|vorherige\w*|obige\w*|alle\w*|vorangehende\w*|frühere\w*|deine)\b"
        r"(?:\W+\w+){0,2}?\W+(?:anweisung\w*|vorgabe\w*|regel\w*|instruktion\w*|befehl\w*)",
        r"\b(?:ignore[zr]?|ignora(?:te)?|oublie[zr]?|olvida|dimentica(?:te)?|vergiss|vergessen\s+sie)\s+"
        r"(?:toutes?\s+les|todas?\s+las|tutte\s+le|las|les|le|alles)\s+"
        r"(?:instruc\w+|istruzion\w+|consignes|anteriores|was\s+wir|was\s+du)",
        # Speaking to the machine.
        rf"(?:^|[.!?\n\"'(\[*]\s*){_MACHINE}\s*:\s*\w{_NO_ROW}",
        rf"\b(?:note|message|instructions?|notice|attention|hint|hinweis|anweisung\w*)\s+"
        rf"(?:to|for|an|für)\s+(?:\w+\s+){{0,2}}?{_MACHINE}\b",
        rf"\b(?:if|when|since|as)\s+you\s+are\s+(?:an?\s+|the\s+)?(?:\w+\s+)?{_MACHINE}\b",
        rf"\b(?:dear|hey|hello)\s+{_MACHINE}\b",
        r"\bto\s+(?:any|all|the)\s+(?:ai|llm|language\s+model)s?\b",
        r"\b(?:ai|llm)\s+(?:assistants?|agents?|models?)\s+(?:reading|processing|integrating|should)\b",
        r"\b(?:decode|translate)\b.{0,80}\b(?:follow|execute|obey|do\s+exactly)\b",
        r"\bdo\s+(?:exactly\s+)?what\s+it\s+says\b",
        r"^\W*(?:important\s+)?system(?:hinweis|meldung)?\s*(?:note|message|update|override|alert)?\s*:"
        rf"\s*[a-zäöü]{_NO_ROW}",
        r"\b(?:new|updated|neue)\s+(?:instructions?|anweisung\w*)\s*:",
        r"\b(?:note|nota)\s+(?:système|d(?:el|i)\s+sistema)\s*:",
        # Changing what it is.
        r"\byou\s+are\s+(?:now|no\s+longer)\s+(?:an?\b|in\b|the\b|bound|restricted|free|operating)",
        r"\bfrom\s+now\s+on,?\s+(?:you|your|respond|answer|ignore)\b",
        r"\byou\s+(?:now\s+)?(?:have|are\s+(?:under|without|free\s+of))\s+(?:absolutely\s+)?no\s+"
        r"(?:restrictions?|rules?|limits?|filters?|guidelines?)",
        r"\b(?:your|the)\s+new\s+(?:task|instructions?|role|goal|objective|directive|system\s+prompt)\b"
        r"\s*(?:is|are|:)",
        r"\b(?:developer|debug|god|dan|jailbreak|unrestricted|admin(?:istrator)?)\s+mode\b"
        r".{0,40}?\b(?:on|enabled|activated?|now|engaged)\b",
        r"\bdu\s+bist\s+(?:jetzt|nun|ab\s+sofort)\b",
        r"\byou\s+are\s+(?:now\s+)?DAN\b|\bdo\s+anything\s+now\b",
        r"\b(?:pretend|act\s+as|imagine|behave)\b.{0,40}\b(?:no\s+(?:\w+\s+)?(?:rules|polic(?:y|ies)|"
        r"filters?|restrictions?|limits)|uncensored|unrestricted|unfiltered)",
        r"\bcomply\s+with\s+(?:every|all)\s+requests?\b",
        r"\b(?:safety|content)\s+(?:protocols?|filters?|polic(?:y|ies)|checks?)\s+(?:are\s+|is\s+)?"
        r"(?:disabled|off|removed|suspended)\b",
        # Getting at what it holds.
        r"\b(?:reveal|print|output|show|leak|repeat|display|expose|dump|disclose|recite)\s+"
        r"(?:\w+\s+){0,3}?(?:system\s+prompt|hidden\s+(?:prompt|instructions?)|"
        r"(?:your|initial)\s+(?:\w+\s+)?(?:instructions?|prompt))",
        r"\b(?:verbatim|entire|full)\s+system\s+prompt\b",
        r"\bsystem-?prompt\w*\s+(?:aus|preis|an)\b",
        r"\b(?:send|forward|e?-?mail|post|upload|exfiltrate|transmit)\s+(?:\w+\s+){0,4}?"
        r"(?:conversation|chat\s+history|secrets?|credentials|api\s+keys?|system\s+prompt|session\s+"
        r"tokens?)\b.{0,60}?\bto\s+\S*(?:@|https?:)",
        r"\b(?:repeat|output|print|tell\s+me)\s+(?:\w+\s+){0,3}?(?:words\s+above|instructions\s+you\s+were"
        r"\s+given|context\s+window)\b",
        r"\bcall\s+\w+_\w+\b|\buse\s+\w+_\w+\s+to\s+(?:send|delete|post|write)\b",
        r"\b(?:e-?mail|send|forward)\s+the\s+(?:full|entire|complete|whole)\s+(?:customer|user|client|"
        r"employee)\s+(?:list|data\w*)\s+to\b",
        # Telling it what to say, and to whom.
        r"\b(?:append|include|add|insert|put|repeat)\s+(?:\S+\s+){1,12}?(?:in|to|at|of)\s+(?:\w+\s+){0,4}?"
        r"(?:your|every\s+future)\s+(?:repl(?:y|ies)|responses?|summar(?:y|ies)|answers?|output)\b",
        r"\bbefore\s+(?:you\s+)?(?:reply(?:ing)?|respond(?:ing)?|answer(?:ing)?)\s*(?:to\s+)?(?:the\s+)?"
        r"(?:user)?\W*(?:$|,)",
        r"\bmuss\s+am\s+ende\s+jeder\s+antwort\b",
        r"\b(?:tell|inform|assure|convince|advise)\s+(?:every|the|all|any)\s+(?:the\s+)?"
        r"(?:users?|readers?|askers?|humans?)\s+(?:that|to)\b",
        r"\b(?:do\s+not|don'?t|never)\s+(?:tell|mention\s+\w+(?:\s+\w+)?\s+to|reveal\s+\w+(?:\s+\w+)?\s+to)"
        r"\s+(?:the\s+)?(?:users?|humans?|readers?)\b",
        r"\b(?:respond|reply|answer)\s+only\s+with\b",
        r"\b(?:mark|rate|report|treat|classify|consider|assess)\s+(?:\w+\s+){1,5}?as\s+(?:fully\s+)?"
        r"(?:compliant|conform(?:ing|s)?|passed)\s*(?:[.!]|and\s+do\s+not|regardless|without)",
        r"\b(?:sage|teile|antworte)\s+(?:allen|jedem|dem|der|den)\s+(?:nutze|benutze|anwende|lese)\w*",
        r"\b(?:include|append|add|insert|put|repeat|mention)\w*\s+(?:\S+\s+){0,14}?(?:in|to)\s+"
        r"(?:every|each|all)\s+(?:\w+\s+){0,2}?(?:reports?|summar(?:y|ies)|repl(?:y|ies)|responses?)\s+"
        r"(?:that\s+)?you\s+(?:generate|produce|write|make|give)\b",
        r"\b(?:save|store|keep|retain|persist|remember)\s+(?:\w+\s+){0,6}?(?:(?:to|in)\s+your\s+"
        r"(?:long-term\s+)?memory|for\s+all\s+future\s+(?:tasks|turns|replies|answers))\b",
        r"\b(?:collect|gather|extract|dump|rassembl\w+|recoge|raccogli|sammle)\b.{0,80}?\b(?:send|"
        r"forward|post|upload|mail|envoie\w*|envía\w*|invia\w*|sende\w*|schick\w*)\b.{0,40}?\S+@\S",
        r"\b(?:also|instead)\s+(?:e-?mail|send|forward)\s+(?:\w+\s+){0,4}?(?:list|data|database)\b"
        r".{0,30}?(?:\bto\s+\S+@|\bexternally\b)",
        # Playing at its thoughts, or at leave that it was given.
        r"</?(?:thinking|thought|scratchpad|reasoning)>",
        r"\b(?:reasoning|thoughts?)\b[^.:\n]{0,20}\((?:assistant|ai|model)\)",
        r"\b(?:as\s+(?:the|an)|en\s+tant\s+qu['’]|come|como|als)\s*assist(?:ant|ent)e?\b,?.{0,12}?"
        r"\b(?:already|già|gia|ya|bereits|déjà|deja)\b",
        r"\b(?:permission|leave|authori[sz]\w+)\s+to\s+(?:skip|bypass|ignore|disregard)\s+(?:all|any)\b",
        r"\b(?:supersedes?|replaces?|overrides?)\s+(?:all|any|every)\s+(?:\w+\s+){0,2}?(?:prior|previous|"
        r"earlier)\s+(?:ones|instructions?|directives?|messages?)\b",
        r"\byour\s+(?:rules|instructions|guidelines)\s+have\s+(?:now\s+)?changed\b",
        # The same in other languages.
        r"\b(?:deinen?|seine)\s+(?:richtlinien|regeln|system-?\w*|anweisungen|prompt\w*)\b",
        r"\b(?:ab\s+(?:jetzt|sofort)|von\s+nun\s+an)\s+(?:hast|gibst|bist|musst|sollst|darfst|kannst)\s+du\b"
        r"|\bab\s+(?:jetzt|sofort)\s+gibst\s+du\b",
        r"\b(?:vergiss|vergessen\s+sie)\s+alles\b",
        r"\b(?:tes|vos|tus|sus|le\s+tue|il\s+tuo|tu|votre|ton)\s+(?:instruc\w+|istruzion\w+|consignes|"
        r"prompt\w*)\s*(?:de|del|di|du)?\s*(?:syst[eè]me|sistema)?\b",
        r"\b(?:vous\s+êtes|tu\s+es|eres|est[aá]s|sei|du\s+bist)\b.{0,40}\b(?:sans|sin|senza|ohne)\s+"
        r"(?:restric\w+|restriz\w+|filtr\w+|einschr\w+)",
        r"\b(?:répond\w*|repond\w*|responder?|risponde\w*|antwort\w*)\s+(?:sans|sin|senza|ohne)\s+"
        r"(?:restric\w+|restriz\w+|filtr\w+|einschr\w+)",
        r"\b(?:ohne|sans|sin|senza)\s+(?:einschr\w+|restric\w+|restriz\w+)\s+(?:zu\s+)?antwort\w*",
        # The marks of a conversation's machinery.
        r"(?:#|-|=){2,}\s*end\s+of\s+(?:\w+\s+)?(?:input|document|prompt|context|instructions?)\s*"
        r"(?:#|-|=){2,}",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[/?INST\]|<</?SYS>>|</?system>",
        r"(?:^|\n)\s*(?:#{2,}|-{3,}|={3,}|\[)\s*(?:new\s+|begin\s+|end\s+(?:of\s+)?)?"
        r"(?:system|admin|developer)\s*(?:prompt|message|instructions?|override|note)?\s*"
        r"(?:#{2,}|-{3,}|={3,}|\]|:)",
    )
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\U000e0000-\U000e007f]")
_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Letters that no screen shows, used to hide orders from people."""


def instructions_in(text: str) -> str | None:
    """Give the words of `text` that read like an order to an assistant, or None.

    What is hidden in an encoding counts too, as the words that it hides."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).translate(_TAGS))
    for reading in (plain, *_decoded(plain)):
        for pattern in _PATTERNS:
            if match := pattern.search(reading):
                return match.group().strip(" \n.!?\"'([*")
    return None


_RUN = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,6}|<~[!-u]{20,}~>")
_BITS = re.compile(r"(?:\b[01]{8}\b\s?){8,}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PERCENT = re.compile(r"(?:%20|\+)[\w.]+(?:%20|\+)")
_SPACED = re.compile(r"(?<!\w)(?:\w ){3,}\w(?!\w)")
_MOST_RUNS = 8
_LONGEST_RUN = 4_000


def _decoded(text: str) -> Iterator[str]:
    """Give the readable texts that `text` holds in an encoding."""
    for match in itertools.islice(_RUN.finditer(text), _MOST_RUNS):
        yield from _of_run(match.group()[:_LONGEST_RUN])
    for match in itertools.islice(_BITS.finditer(text), _MOST_RUNS):
        said = "".join(chr(int(bits, 2)) for bits in match.group().split()[:_LONGEST_RUN])
        if _readable(said):
            yield said
    if _ESCAPE.search(text):
        yield _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _PERCENT.search(text):
        yield urllib.parse.unquote_plus(text[: 4 * _LONGEST_RUN])
    if _SPACED.search(text):
        yield _SPACED.sub(lambda match: match.group().replace(" ", ""), text)


def _of_run(run: str) -> Iterator[str]:
    """Decode one long run of letters in each way in which it can be read."""
    for decode in (bytes.fromhex, _base64, _base32, _ascii85, base64.b85decode):
        try:
            said = decode(run).decode("ascii")
        except ValueError:
            continue
        if _readable(said):
            yield said


def _base64(run: str) -> bytes:
    plain = run.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain[: len(plain) // 4 * 4], validate=True)


def _base32(run: str) -> bytes:
    plain = run.rstrip("=")
    return base64.b32decode(plain[: len(plain) // 8 * 8])


def _ascii85(run: str) -> bytes:
    return base64.a85decode(run, adobe=True)


def _readable(said: str) -> bool:
    """Tell words from noise."""
    letters = sum(one.isalpha() or one == " " for one in said)
    return len(said) >= 12 and " " in said and letters > 0.8 * len(said)
