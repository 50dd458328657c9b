"""What a question asks for: its words, the ids it names, what kind of answer it wants. Pure.

Rules of general language only: nothing here knows a document, a question of a test, or an
organisation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.domain.answer import Message
from knowledge.controls import FrameworkReference, Reference, framework_references, references
from knowledge.keywords import query_languages

_LONGEST = 1_500
"""Characters of a turn that are looked at."""
_LONGEST_WORD = 60
_TURNS = 12
_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")

_EMPTY_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "they",
        "them",
        "there",
        "here",
        "i",
        "me",
        "my",
        "we",
        "us",
        "our",
        "you",
        "your",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "am",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "may",
        "might",
        "must",
        "shall",
        "should",
        "will",
        "would",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "from",
        "by",
        "with",
        "about",
        "and",
        "or",
        "but",
        "not",
        "no",
        "yes",
        "so",
        "then",
        "than",
        "as",
        "if",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "much",
        "many",
        "any",
        "some",
        "all",
        "please",
        "tell",
        "show",
        "give",
        "list",
        "me",
        "say",
        "says",
        "said",
        "get",
        "got",
        "want",
        "need",
        "know",
        "explain",
        "describe",
        "just",
        "also",
        "too",
        "ok",
        "okay",
        "hi",
        "hello",
        "thanks",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "einen",
        "einem",
        "einer",
        "ist",
        "sind",
        "war",
        "wird",
        "werden",
        "ich",
        "wir",
        "sie",
        "es",
        "du",
        "mein",
        "unser",
        "und",
        "oder",
        "aber",
        "nicht",
        "nein",
        "ja",
        "was",
        "wer",
        "wie",
        "wann",
        "wo",
        "warum",
        "welche",
        "welcher",
        "welches",
        "für",
        "von",
        "zu",
        "mit",
        "im",
        "in",
        "am",
        "an",
        "auf",
        "bei",
        "bitte",
        "denn",
        "darf",
        "kann",
        "muss",
        "soll",
        "haben",
        "hat",
    ]
)
_GENERIC_WORDS = frozenset(
    [
        "control",
        "controls",
        "policy",
        "policies",
        "document",
        "documents",
        "rule",
        "rules",
        "thing",
        "things",
        "item",
        "one",
        "review",
        "reviews",
        "status",
        "implemented",
        "implementation",
        "report",
        "plan",
        "finding",
        "risk",
        "owner",
        "procedure",
        "standard",
        "record",
        "evidence",
        "requirement",
        "clause",
        "audit",
        "result",
        "results",
        "date",
        "version",
        "section",
        "part",
        "maßnahme",
        "richtlinie",
        "dokument",
        "regel",
        "prüfung",
        "bericht",
        "plan",
    ]
)
NOUNS_WITH_KINDS = frozenset(
    "policy policies rule rules review reviews report reports plan plans finding findings "
    "risk risks "
    "procedure procedures standard standards record records evidence audit audits result results "
    "version versions document documents prüfung bericht richtlinie plan".split()
)
"""Nouns that come in kinds, so that asking which is a help."""
_STATE_WORDS = frozenset(
    "excluded included applicable implemented planned partial done finished open closed "
    "overdue late "
    "owns owner own approved approves responsible valid current required allowed ok compare "
    "difference change changed mean means due gehört verantwortlich gültig offen".split()
)
_LEADS_ON = re.compile(
    r"^(and|but|so|then|or|what about|how about|what if|why|no,?\s+i|i meant?|and what|also|same "
    r"for|und|aber|was ist mit|wie ist es|warum|wieso|put|make|turn|show (that|this|it|them)|"
    r"(can|could) you (put|make|show)|in a table|as a (table|list)|more|go on|details?|shorter)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(it|its|that|this|those|these|them|they|their|he|she|him|her|there|the same|the former|"
    r"the latter|dies|diese[rsn]?|dafür|davon|dazu)\b",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"\b(?:mean|meant|meine|meinte)\b.{0,20}?\b(control|clause|maßnahme|kapitel|klausel)\b|"
    r"\b(control|clause|maßnahme|kapitel|klausel)\b\W{0,3}(?:is what )?(?:i|ich) (?:mean\w*|meine|"
    r"meinte)\b|^\W*(?:the|die|das) (control|clause|maßnahme|kapitel|klausel)\W*(?:please|bitte)?\W*$",
    re.IGNORECASE,
)
_TABLE = re.compile(r"\b(in(to)?|as) a table\b|\btabelle\b|\btabular\b", re.IGNORECASE)
_OWN = re.compile(
    r"\b(we|our|ours|us|my|i|me|mine|company|here|staff|employees?|wir|unsere?[rnms]?|uns|ich|"
    r"mein[ers]?|firma)\b",
    re.IGNORECASE,
)
_STANDARD = re.compile(
    r"\biso\b|\biec\b|\b270\d\d\b|27701|\bthe (iso |international )?standard\b(?!\s+\w+s?\b)|"
    r"\bthe (iso |international )?standard (?=(says?|requires?|asks?|wants?|demands?|expects?|"
    r"mentions?|covers?|means?|tells?|prescribes?|allows?|lets?)\b)|"
    r"\bannex a\b|\bclauses?\b|\bcertif\w+|\baccredit\w+|\bauditors?\b|\bsurveillance audit|"
    r"\bstage [12]\b|\bnonconformit\w+|\bsoc ?2\b|\bnist\b|\bgdpr\b|\bpci\b|\bisms\b|\bnorm\b|"
    r"\bzertifizier\w+|\brecertification\b|\bstatement of applicability\b",
    re.IGNORECASE,
)
_PERMISSION = re.compile(
    r"\b(may|can|could|must|should|shall|am|are) (i|we|you|staff|employees|contractors|someone|"
    r"people)\b|\b(is|are) (it|they|\w+(?: \w+){0,4}) (allowed|ok|okay|permitted|forbidden|"
    r"prohibited|banned)\b|\bdo (i|we) (have|need) to\b|\b(allowed|permitted) to\b|"
    r"\b(darf|dürfen|muss|müssen|kann|können) (ich|wir|man|mitarbeiter\w*)\b|\berlaubt\b|"
    r"\bok(ay)? (to|if)\b",
    re.IGNORECASE,
)
_ASKS: dict[str, re.Pattern[str]] = {
    "who": re.compile(
        r"\b(who|whom|whose|wer|wem|wen|wessen|owner|owns|owned|responsible|accountable|approver|"
        r"verantwortlich)\b",
        re.IGNORECASE,
    ),
    "quantity": re.compile(
        r"\bhow (long|often|many|much|soon|fast|quickly|old|frequently|late|far|big|large)\b|"
        r"\b(within|after|in) (how|what|which)\b|\bhow\b.{0,20}\b(days|hours|minutes|months|years|"
        r"characters|times)\b|\bwhat (is|are) the (minimum|maximum|time|period|frequency|length|"
        r"deadline|limit|number|retention)\b|\b(min(imum)?|max(imum)?|deadline|retention|interval|"
        r"frequency|timeout|length|time limit)\b|\bby when\b|\bbis wann\b|"
        r"\bwie (lange|oft|viele|viel|schnell|häufig|lang)\b",
        re.IGNORECASE,
    ),
    "when": re.compile(r"\b(when|since when|by when|what date|which date|wann)\b", re.IGNORECASE),
    "why": re.compile(r"\b(why|reasons?|justification|warum|wieso|weshalb)\b", re.IGNORECASE),
    "list": re.compile(
        r"\b(list|which|enumerate|name all|what (are|kinds?|types?|\w+(?: \w+){0,2} (do|"
        r"are) (we|there)|"
        r"\w+ (do|are)))\b|\bwelche\b",
        re.IGNORECASE,
    ),
    "compare": re.compile(
        r"\b(compare|comparison|difference|differ|differs|versus|vs\.?|changed|changes between|"
        r"vergleich\w*|unterschied\w*)\b",
        re.IGNORECASE,
    ),
    "define": re.compile(
        r"^\W*(what('s| is| are| does| do)|define|explain|meaning of|was (ist|sind|bedeutet))\b",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question made to stand alone, with what it asks for."""

    raw: str
    """As typed."""
    text: str
    """Standing alone: with what it needs of the conversation before it."""
    language: str
    asks: frozenset[str]
    """Of "who", "quantity", "when", "why", "list", "compare", "define", "permission"."""
    references: tuple[Reference, ...] = ()
    frameworks: tuple[FrameworkReference, ...] = ()
    own: bool = False
    """Speaks of the asker's organisation."""
    standard: bool = False
    """Speaks of the standard, certification or a framework."""
    table: bool = False
    meant: str | None = None
    """"control" or "clause" where the asker settled an ambiguous number."""
    followed: tuple[str, ...] = field(default=())
    """Earlier user turns that were taken in."""
    fresh: tuple[str, ...] = field(default=())
    """The nouns that a short follow-up puts in: "laptops" of "and laptops?"."""

    @property
    def controls(self) -> tuple[str, ...]:
        """2022 ids of the controls named, without those that may be clauses."""
        kinds = {"control", "control_2013"} | ({"ambiguous"} if self.meant == "control" else set())
        return _ids(self.references, kinds, controls=True)

    @property
    def clauses(self) -> tuple[str, ...]:
        """Clause units named, without those that may be controls."""
        kinds = {"clause"} | ({"ambiguous"} if self.meant == "clause" else set())
        return _ids(self.references, kinds, controls=False)

    @property
    def ambiguous(self) -> tuple[Reference, ...]:
        """Numbers that are a clause and a control, and that nothing settles."""
        if self.meant:
            return ()
        return tuple(one for one in self.references if one.kind == "ambiguous")

    @property
    def content(self) -> tuple[str, ...]:
        """The words that say what it is about, in lower case."""
        return content_words(self.text)


def understand(question: str, history: Sequence[Message] = ()) -> Question:
    """Read `question` in the light of the conversation before it."""
    said = _within(unicodedata.normalize("NFKC", question))
    history = history[-_TURNS:]
    earlier = [_within(message.text) for message in history if message.role == "user"]
    followed: tuple[str, ...] = ()
    text = said
    meant = None
    before = ""
    if earlier and _depends(said):
        if match := _MEANS.search(said):
            word = (match[1] or match[2] or match[3]).lower()
            meant = "clause" if word in {"clause", "kapitel", "klausel"} else "control"
        followed = tuple(_chain(earlier))
        asks_anew = _asks(said) & {"who", "quantity", "when"} and len(content_words(said)) >= 2
        if asks_anew and not meant and not _TABLE.search(said):
            before = " ".join(content_words(" ".join(followed)))
            text = f"{said} ({before})"
        else:
            text = " ".join([*followed, "" if meant else said]).strip()
    found = references(said)
    if not found and meant:
        found = references(" ".join(followed)) or _recent_references(history)
    elif not found and followed:
        found = _recent_references(history)
    frameworks = _frameworks(said) or (_frameworks(text) if followed else ())
    return Question(
        raw=said,
        text=text,
        language=_language(said, earlier),
        asks=_asks(text) if followed and not meant else _asks(text or said),
        references=found,
        frameworks=frameworks,
        own=bool(_OWN.search(text)),
        standard=bool(_STANDARD.search(text)),
        table=bool(_TABLE.search(said)),
        meant=meant or _settled(said),
        followed=followed,
        fresh=_fresh(said, before) if followed and not meant and not _TABLE.search(said) else (),
    )


_ASKING = frozenset("often long many much soon fast".split())
_PUTS_IN = re.compile(
    r"^\W*(?:and|but|what about|how about|und|was ist mit|wie ist es mit)(?: (?:for|with|on|in|the|"
    r"our|my|für|bei|mit|die|der|das|den))*((?: [\w-]+){1,3})\W*$",
    re.IGNORECASE,
)


def _fresh(said: str, before: str) -> tuple[str, ...]:
    """Give the nouns that "and for contractors?" puts in, and what is asked anew of the same."""
    match = _PUTS_IN.match(said)
    if before:
        words = [word for word in content_words(said) if word not in _ASKING]
        return tuple(words) if len(words) == 1 else ()
    if match is None or _asks(said) - {"permission"}:
        return ()
    return tuple(word for word in content_words(match[1]) if word not in _GENERIC_WORDS)


def _frameworks(text: str) -> tuple[FrameworkReference, ...]:
    """Find requirements of other frameworks, also where somebody types "pci req 8"."""
    return framework_references(re.sub(r"\bpci\b", "PCI", text, flags=re.IGNORECASE))


def _within(text: str) -> str:
    """Fold white space and keep what a question can need: a pasted page is not searched whole."""
    words = [word[:_LONGEST_WORD] for word in text[: 4 * _LONGEST].split()]
    return " ".join(words)[:_LONGEST]


def content_words(text: str) -> tuple[str, ...]:
    """Give the words of `text` that carry meaning, in lower case, each once."""
    words = (match.group().lower() for match in _WORD.finditer(text))
    return tuple(dict.fromkeys(word for word in words if word not in _EMPTY_WORDS))


def is_bare(question: Question) -> bool:
    """Tell whether a question names nothing that it could be about."""
    if question.references or question.followed or question.frameworks:
        return False
    if all(word in _GENERIC_WORDS for word in question.content):
        return True
    return bool(_POINTS_BACK.search(question.text)) and all(
        word in _GENERIC_WORDS or word in _STATE_WORDS for word in question.content
    )


def reworded(question: Question, text: str) -> Question:
    """Give the question with another text and the same conversation."""
    return replace(question, text=text, references=references(text) or question.references)


def _depends(said: str) -> bool:
    """Tell whether a turn needs the one before it."""
    words = content_words(said)
    if _MEANS.search(said):
        return True
    if _LEADS_ON.search(said) and len(said.split()) <= 14:
        return True
    if references(said) and len(words) > 2 and not _POINTS_BACK.search(said):
        return False
    return (bool(_POINTS_BACK.search(said)) and len(words) <= 6) or len(words) <= 1


def _chain(earlier: Sequence[str]) -> list[str]:
    """Give the earlier turns that this one leans on: back to one that stands alone."""
    taken: list[str] = []
    for text in reversed(earlier[-4:]):
        taken.insert(0, " ".join(text.split()))
        if not _depends(text):
            break
    return taken


def _recent_references(history: Sequence[Message]) -> tuple[Reference, ...]:
    for message in reversed(history):
        if found := references(message.text):
            return found
    return ()


def _settled(said: str) -> str | None:
    """Find "the control 8.2" or "8.2 (the clause)" where the number alone is ambiguous."""
    match = re.search(r"\b(control|clause)\b", said, re.IGNORECASE)
    other = re.search(r"\bclause\b.*\bcontrol\b|\bcontrol\b.*\bclause\b", said, re.IGNORECASE)
    return match[1].lower() if match and not other else None


def _asks(text: str) -> frozenset[str]:
    found = {name for name, pattern in _ASKS.items() if pattern.search(text)}
    if _PERMISSION.search(text):
        found.add("permission")
    return frozenset(found)


def _language(said: str, earlier: Sequence[str]) -> str:
    languages = query_languages(said)
    if len(languages) == 1:
        return languages[0]
    if earlier and len(said.split()) < 5:
        before = query_languages(earlier[-1])
        if len(before) == 1:
            return before[0]
    return "en"


def _ids(found: Sequence[Reference], kinds: set[str], *, controls: bool) -> tuple[str, ...]:
    ids = (one for reference in found if reference.kind in kinds for one in reference.ids)
    return tuple(dict.fromkeys(one for one in ids if one.startswith("A.") is controls))
