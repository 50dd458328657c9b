"""A question said again in the words that policies use: everyday words → terms, German → English.

The models know general English; they do not know that a policy calls ChatGPT an AI tool. Saying the
question a second way is for judging only and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources

import yaml

_GERMAN_FRAME = {
    "darf ich": "may i", "darf man": "may one", "dürfen wir": "may we", "kann ich": "can i",
    "können wir": "can we", "muss ich": "must i", "müssen wir": "must we", "muss man": "must one",
    "wie lange": "how long", "wie oft": "how often", "wie viele": "how many",
    "wie viel": "how much", "wie lang": "how long", "wie schnell": "how fast", "wer": "who",
    "wen": "whom", "wem": "whom", "wann": "when", "wo": "where", "warum": "why", "wieso": "why",
    "welche": "which", "welcher": "which", "welches": "which", "was ist": "what is",
    "was sind": "what are", "was": "what", "wie": "how", "ist": "is", "sind": "are",
    "gibt es": "is there", "ich": "i", "wir": "we", "man": "one", "nicht": "not", "und": "and",
    "oder": "or", "für": "for", "mit": "with", "ohne": "without", "nach": "after", "vor": "before",
    "werden": "are", "wird": "is", "muss": "must", "darf": "may", "kann": "can", "soll": "should",
    "unsere": "our", "unser": "our", "unseren": "our", "mein": "my", "meine": "my", "meinen": "my",
    "ein": "a", "eine": "a", "einen": "a", "einem": "a", "einer": "a", "der": "the", "die": "the",
    "das": "the", "den": "the", "dem": "the", "des": "of the", "von": "of", "zu": "to",
    "auf": "on", "in": "in", "im": "in the", "bei": "at", "benutzen": "use", "verwenden": "use",
    "nutzen": "use", "alle": "all", "haben": "have", "hat": "has",
}  # fmt: skip


_SHORTEST_PART = 4
_SHORTEST_TAIL = 4
"""Letters of a compound's first and last part."""


@lru_cache(maxsize=1)
def _phrases() -> tuple[tuple[tuple[str, tuple[str, ...]], ...], dict[str, tuple[str, ...]]]:
    text = resources.files("knowledge.guidance").joinpath("vocabulary.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(text, Loader=loader)  # noqa: S506  a safe loader, in C where there is one
    everyday = {
        said.casefold(): tuple(group["field"])
        for group in data["groups"]
        for said in group["everyday"]
    }
    longest_first = sorted(everyday.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    german = {word.casefold(): tuple(english) for word, english in data["german"].items()}
    return tuple(longest_first), german


def paraphrase(question: str, language: str, known: Callable[[str], bool]) -> str | None:
    """Say `question` in policies' English; None if that changes nothing.

    `known` tells whether the library itself uses a phrase: such words are left as they are."""
    everyday, german = _phrases()
    said = question
    if language == "de":
        said = _in_english(said, german, known)
    for phrase, terms in everyday:
        pattern = _pattern(phrase)
        if pattern.search(said) and not known(phrase):
            said = pattern.sub(next((one for one in terms if known(one)), terms[0]), said)
    return said if said.casefold() != question.casefold() else None


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(phrase)}s?(?![\w-])", re.IGNORECASE)


def _in_english(
    question: str, german: dict[str, tuple[str, ...]], known: Callable[[str], bool]
) -> str:
    """Replace word for word what the vocabulary knows, longest phrases first.

    Of several translations the one that the library uses is taken; a word that it uses as it is
    ("USB-Stick") stays."""
    words = re.findall(r"[\w-]+|[^\w\s]", question)
    out: list[str] = []
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            phrase = " ".join(words[at : at + length]).casefold()
            frame = _GERMAN_FRAME.get(phrase)
            choices = (
                (frame,)
                if frame
                else german.get(phrase) or (length == 1 and _stemmed(phrase, german))
            )
            if choices:
                used = None if frame or not known(phrase) else phrase
                out.append(used or next((one for one in choices if known(one)), choices[0]))
                at += length
                break
        else:
            out.append(words[at])
            at += 1
    return " ".join(out)


def _stemmed(word: str, german: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    for ending in ("en", "es", "er", "em", "e", "n", "s"):
        if word.endswith(ending) and (found := german.get(word[: -len(ending)])):
            return found
    stems = (word, word.removesuffix("t"))
    for ending in ("en", "e", "n", "er", "s"):
        if found := next((german[one + ending] for one in stems if one + ending in german), None):
            return found
    return _compound(word, german)


def _compound(word: str, german: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Read a compound by its last part, and by its first where that is known as well.

    "Besucherprotokoll" is a visitor log, and "Arbeitslaptop" at least a laptop."""
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_TAIL + 1):
        tail = word[cut:]
        meant = german.get(tail) or ((tail,) if tail in _everyday_words() else None)
        if meant is None:
            continue
        head = word[:cut]
        heads = (german.get(head.removesuffix(joint)) for joint in ("", "s", "es", "n", "en"))
        before = next((one for one in heads if one), None)
        return tuple(f"{before[0]} {one}" for one in meant) if before else meant
    return None


@lru_cache(maxsize=1)
def _everyday_words() -> frozenset[str]:
    """Everyday words of one word, which German borrows in its compounds."""
    return frozenset(one for one, _ in _phrases()[0] if one.isalpha() and len(one) >= 5)
