"""Keyword search: words as both sides see them, and exact BM25 over what a reader may see.

Every statistic (number of passages, document frequency, average length, the nearest spelling)
counts allowed passages only, so a passage that the reader may not see cannot move a score, an order
or a suggestion. Scores are exact: every passage that holds a word of the question is scored.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import threading
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

K1 = 0.9
B = 0.6

ANALYSIS_VERSION = 2
"""Raise when `analyse` changes: an index of other tokens must be built again."""
_FORMAT = "annexa keywords 1"
_FILE = "keywords.bin"


class IndexUnusable(Exception):  # noqa: N818  (a state that the caller rebuilds from, not a fault)
    """A stored keyword index is missing, foreign or of another version: build it again."""


# Words ---------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[^\W_]+(?:[./\-\u2010\u2011][^\W_]+)*")
_RUN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_HYPHENS = re.compile(r"[\u2010\u2011]")

_ALGORITHMS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "sv": "swedish",
}

_ENGLISH = """
a about after again all also am an and any are as at be been before being both but by can could
did do does doing done down during each either else etc ever few for from had has have having he
her here hers him his how i if in into is it its itself just let many may me might more most much
must my no nor not of off on once only or other our ours out over own please s same shall she
should so some such t than that the their theirs them then there these they this those through to
too under until up upon us very was we were what when where whether which while who whom whose why
will with within would you your yours
"""
_GERMAN = """
aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist
bitte da dabei damit danach dann darf darfst das dass dein deine dem den denn der deren des dessen
die dies diese diesem diesen dieser dieses doch dort du durch durfen ein eine einem einen einer
eines er es etwa etwas euch fur gegen gibt haben hat hatte hier ich ihm ihn ihnen ihr ihre ihrem
ihren ihrer im in indem ins ist ja jede jedem jeden jeder jedes jene kann kannst kein keine keinem
keinen keiner konnen man mein meine meinem meinen meiner mich mir mit muss mussen musst nach nicht
noch nun nur ob oder ohne sehr sein seine seinem seinen seiner sich sie sind so solche soll sollen
sollte sondern sonst uber um und uns unser unsere unserem unseren unserer unter viel vom von vor
wahrend war waren warum was wegen weil welche welchem welchen welcher welches wenn wer werde
werden wie wieder will wir wird wo wurde wurden zu zum zur zwischen
"""
_STOP_WORDS = {"en": frozenset(_ENGLISH.split()), "de": frozenset(_GERMAN.split())}
"""Function words without accents, as `_letters` gives them."""
_NO_WORDS: frozenset[str] = frozenset()

_local = threading.local()


def analyse(text: str, language: str = "en") -> list[str]:
    """Turn `text` into the tokens that are indexed and searched, in order.

    Letters lose case and accents. A token with a digit in it ("A.8.24", "POL-05", "TLS1.2") is kept
    whole and also gives its parts; a hyphenated word gives its parts and the joined word, so that
    "e-mail" and "email" meet; single letters are joined ("n/a", "U.S."). Other words are stemmed by
    the `language` of the text.
    """
    return [token for word in _words(text, language) for token in _tokens(word, language)]


def analyse_query(text: str) -> list[str]:
    """Turn a question into tokens for passages in English and German, whichever it is in.

    Where the question's own words tell the language, only its stems are given; a few words that
    could be either give both.
    """
    return list(_analysed(text))


@lru_cache(maxsize=16_384)
def _analysed(text: str) -> tuple[str, ...]:
    # Titles and found passages are compared with every question again.
    return tuple(token for word in _query_words(text) for token in word.forms)


def query_languages(text: str) -> tuple[str, ...]:
    """Tell which languages `text` may be in, by its function words: ("en",), ("de",) or both."""
    words = [_letters(match.group()) for match in _TOKEN.finditer(_clean(text))]
    german_only = _STOP_WORDS["de"] - _STOP_WORDS["en"]
    english_only = _STOP_WORDS["en"] - _STOP_WORDS["de"]
    german = sum(word in german_only for word in words) + len(re.findall("[äöüß]", text.lower()))
    english = sum(word in english_only for word in words)
    if german == english:
        return ("en", "de")
    return ("de",) if german > english else ("en",)


def _clean(text: str) -> str:
    return _HYPHENS.sub("-", unicodedata.normalize("NFKC", text).replace("\u00ad", ""))


@lru_cache(maxsize=200_000)
def _letters(word: str) -> str:
    """Fold case and accents: "Passwörter" → "passworter", "Größe" → "grosse"."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _words(text: str, language: str) -> list[str]:
    """Split `text` into words as written, without the language's function words.

    An acronym in capitals within other text is never a function word: "IT", "US", "WHO".
    """
    stop = _STOP_WORDS.get(language, _NO_WORDS)
    clean = _clean(text)
    shouting = clean.upper() == clean
    return [
        word
        for word in _TOKEN.findall(clean)
        if _letters(word) not in stop or (len(word) > 1 and word.isupper() and not shouting)
    ]


@lru_cache(maxsize=200_000)
def _tokens(word: str, language: str) -> tuple[str, ...]:
    letters = _letters(word)
    runs = _RUN.findall(letters)
    if any(character.isdigit() for character in letters):
        return _unique([letters, *(_part(run, language) for run in runs if len(runs) > 1)])
    if len(runs) == 1:
        return (_stem(runs[0], language),)
    if all(len(run) == 1 for run in runs):
        return ("".join(runs),)
    joined = ["".join(runs)] if "-" in letters and len(runs) <= 3 else []
    return _unique([_stem(run, language) for run in [*runs, *joined] if len(run) > 1])


def _part(run: str, language: str) -> str:
    if run[0].isdigit():
        return run if "." in run else run.lstrip("0") or "0"
    return _stem(run, language)


_BRITISH = (
    (re.compile(r"([a-z]{3,})is(e|ed|es|er|ers|ing|ation|ations|ational)$"), r"\1iz\2"),
    (re.compile(r"([a-z]{2,}l)ys(e|ed|es|er|ers|ing)$"), r"\1yz\2"),
    (re.compile(r"([a-z]{3,})our(s|ed|ing|al|ally|able|ite)?$"), r"\1or\2"),
    (re.compile(r"^(licen|defen|offen|preten)c(e|es|ed|ing)$"), r"\1s\2"),
    (re.compile(r"^(cent|theat|met)re(s)?$"), r"\1er\2"),
    (re.compile(r"^programme(s)?$"), r"program\1"),
    (re.compile(r"([a-z]{2,}[aeiou]l)l(ed|ing|er|ers)$"), r"\1\2"),
)
"""One spelling for British and American English: a rule is asked about in either."""


@lru_cache(maxsize=200_000)
def _stem(word: str, language: str) -> str:
    algorithm = _ALGORITHMS.get(language[:2].lower())
    if algorithm is None:
        return word
    if algorithm == "english":
        for pattern, replacement in _BRITISH:
            word = pattern.sub(replacement, word)
    stemmers: dict[str, Any] = _local.__dict__.setdefault("stemmers", {})
    if algorithm not in stemmers:
        import snowballstemmer  # noqa: PLC0415

        # A stemmer keeps the word it works on, so threads must not share one.
        stemmers[algorithm] = snowballstemmer.stemmer(algorithm)
    return str(stemmers[algorithm].stemWord(word))


def _unique(tokens: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokens))


_LONGEST_WORD = 64


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question: folded, and its tokens in every language that it may be in."""

    letters: str
    forms: tuple[str, ...]


def _query_words(text: str) -> list[_Word]:
    languages = query_languages(text)
    kept = [set(_words(text, language)) for language in languages]
    found = []
    for word in _TOKEN.findall(_clean(text)):
        # No word of a language is longer; a pasted key would be taken apart letter by letter.
        if len(word) <= _LONGEST_WORD and all(word in words for words in kept):
            forms = _unique(token for each in languages for token in _tokens(word, each))
            if forms:
                found.append(_Word(_letters(word), forms))
    return found


# Everyday words ------------------------------------------------------------------------------

FIELD_WEIGHT = 0.5
"""Weight of a policy's word for an everyday word that was said."""
EVERYDAY_WEIGHT = 0.25
"""Weight of an everyday word where the policy's word was said."""
TRANSLATION_WEIGHT = 0.8
"""Weight of an English term for a German word."""

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everyday words and the field's terms: phrases, as tokens, with what each may also mean."""

    related: Mapping[Phrase, Mapping[Phrase, float]]
    """Within the language, weighed for passages that never say the phrase itself."""
    translations: Mapping[Phrase, Mapping[Phrase, float]]
    """From German to English and back."""


@lru_cache(maxsize=1)
def built_in_vocabulary() -> Vocabulary:
    """Read the vocabulary that comes with the guidance."""
    source = resources.files("knowledge.guidance").joinpath("vocabulary.yaml")
    return parse_vocabulary(source.read_text(encoding="utf-8"))


def parse_vocabulary(text: str) -> Vocabulary:
    """Read a vocabulary: `groups` of {field, everyday} phrases and `german` words → English."""
    import yaml  # noqa: PLC0415

    # CSafeLoader is SafeLoader in C, ten times as fast, and absent from some builds of PyYAML.
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    related: dict[Phrase, dict[Phrase, float]] = {}
    translations: dict[Phrase, dict[Phrase, float]] = {}
    for group in data["groups"]:
        field = [tuple(analyse(phrase)) for phrase in group["field"]]
        for said in (tuple(analyse(phrase)) for phrase in group["everyday"]):
            for term in field:
                _relate(related, said, term, FIELD_WEIGHT)
                _relate(related, term, said, EVERYDAY_WEIGHT)
    for word, english in data["german"].items():
        german = tuple(analyse(word, "de"))
        for term in (tuple(analyse(phrase)) for phrase in english):
            _relate(translations, german, term, TRANSLATION_WEIGHT)
            _relate(translations, term, german, EVERYDAY_WEIGHT)
    return Vocabulary(related, translations)


def _relate(
    meanings: dict[Phrase, dict[Phrase, float]], said: Phrase, meant: Phrase, weight: float
) -> None:
    if said and meant and said != meant:
        found = meanings.setdefault(said, {})
        found[meant] = max(weight, found.get(meant, 0.0))


def expand(
    tokens: Sequence[str],
    vocabulary: Vocabulary,
    held: Callable[[Phrase], int] = lambda _phrase: 0,
) -> dict[str, float]:
    """Weigh the tokens of a question and of what its everyday words mean in the field.

    A token that was said weighs what it was said often; a word of a related phrase weighs less, and
    never adds to a word that was said. `held` counts the passages that hold all tokens of a phrase:
    the more the organisation itself uses the word that was said, the less it needs another.
    """
    weights: dict[str, float] = {token: float(count) for token, count in Counter(tokens).items()}
    for phrase in _phrases(tokens, vocabulary.related):
        need = 1 / math.sqrt(1 + held(phrase))
        _weigh(weights, vocabulary.related[phrase], need)
    for phrase in _phrases(tokens, vocabulary.translations):
        # German rules do not answer for English ones, so a translation is needed all the same.
        _weigh(weights, vocabulary.translations[phrase], 1.0)
    return weights


def _weigh(weights: dict[str, float], meanings: Mapping[Phrase, float], need: float) -> None:
    for meant, weight in meanings.items():
        for token in meant:
            weights[token] = max(weight * need, weights.get(token, 0.0))


def _phrases(
    tokens: Sequence[str], meanings: Mapping[Phrase, Mapping[Phrase, float]]
) -> list[Phrase]:
    """Find the phrases said, in any order: "lock my screen" says "screen lock".

    A phrase inside a longer one that was said too is left out: "mobile phone" is not also "mobile".
    """
    said = set(tokens)
    found = [phrase for phrase in meanings if said.issuperset(phrase)]
    return sorted(
        phrase for phrase in found if not any(set(phrase) < set(other) for other in found)
    )


def question_words(
    question: str, vocabulary: Vocabulary
) -> tuple[tuple[tuple[str, ...], ...], dict[tuple[str, ...], list[Phrase]]]:
    """Give the words of a question as their forms, and for each what it may mean in the field.

    A word that belongs to a phrase of the vocabulary means what the phrase means."""
    words = tuple(word.forms for word in _query_words(question))
    said = [token for forms in words for token in forms]
    meanings: dict[tuple[str, ...], list[Phrase]] = {}
    for source in (vocabulary.related, vocabulary.translations):
        for phrase in _phrases(said, source):
            for forms in words:
                if set(forms) & set(phrase):
                    meanings.setdefault(forms, []).extend(source[phrase])
    return words, meanings


# The index -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question was read for the keyword engine."""

    weights: Mapping[str, float]
    corrected: tuple[tuple[str, str], ...] = ()
    """(as typed, the indexed word it was taken for)"""
    related: tuple[str, ...] = ()
    """Tokens that were not said but are meant by everyday words of the question."""


COMPOUND_WEIGHT = 0.4
PART_WEIGHT = 0.7
CORRECTION_WEIGHT = 0.8
_MOST_COMPOUNDS = 30


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """Postings of a list of passages; row i is the i-th passage.

    Term t's passages are `rows[starts[t]:starts[t + 1]]`, ascending, with `counts` beside them.
    """

    terms: tuple[str, ...]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    numbers: Mapping[str, int]

    @classmethod
    def build(cls, token_lists: Iterable[Sequence[str]]) -> KeywordIndex:
        """Index passages given as tokens (see `analyse`)."""
        numbers: dict[str, int] = {}
        lengths: list[int] = []
        flat: list[int] = []
        for tokens in token_lists:
            lengths.append(len(tokens))
            flat.extend(numbers.setdefault(token, len(numbers)) for token in tokens)
        terms = tuple(sorted(numbers))
        rank = np.empty(len(terms), dtype=np.int64)
        rank[[numbers[term] for term in terms]] = np.arange(len(terms))
        token_rows = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
        token_terms = rank[np.array(flat, dtype=np.int64)]
        pairs, counts = np.unique(
            token_terms * max(len(lengths), 1) + token_rows, return_counts=True
        )
        pair_terms, pair_rows = np.divmod(pairs, max(len(lengths), 1))
        return cls(
            terms=terms,
            starts=np.searchsorted(pair_terms, np.arange(len(terms) + 1)).astype(np.int64),
            rows=pair_rows.astype(np.int32),
            counts=counts.astype(np.int32),
            lengths=np.array(lengths, dtype=np.int32),
            numbers={term: number for number, term in enumerate(terms)},
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def save(self, folder: Path) -> None:
        """Store the index in `folder` as one file that replaces an earlier one in one step."""
        folder.mkdir(parents=True, exist_ok=True)
        terms = np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8)
        parts = {"terms": terms, **{name: getattr(self, name) for name in _ARRAYS}}
        header = json.dumps(
            {
                "format": _FORMAT,
                "analysis": ANALYSIS_VERSION,
                "arrays": [[n, array.dtype.str, array.size] for n, array in parts.items()],
            }
        ).encode()
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f"{_FILE}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(len(header).to_bytes(8, "little") + header)
                for array in parts.values():
                    stream.write(b"\0" * (-stream.tell() % 8))
                    stream.write(np.ascontiguousarray(array).data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(name, folder / _FILE)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, folder: Path) -> KeywordIndex:
        """Map a stored index into memory; raise IndexUnusable where it must be built again."""
        path = folder / _FILE
        try:
            raw = np.memmap(path, dtype=np.uint8, mode="r")
            end = 8 + int.from_bytes(raw[:8].tobytes(), "little")
            header = json.loads(raw[8:end].tobytes())
            if (header["format"], header["analysis"]) != (_FORMAT, ANALYSIS_VERSION):
                raise IndexUnusable(f"{path} was written by another version")
            arrays: dict[str, NDArray[Any]] = {}
            for name, kind, size in header["arrays"]:
                end += -end % 8
                length = size * np.dtype(kind).itemsize
                if end + length > raw.size:
                    raise IndexUnusable(f"{path} is cut off")
                arrays[name] = raw[end : end + length].view(kind)
                end += length
            text = arrays.pop("terms").tobytes().decode()
            terms = tuple(text.split("\n")) if text else ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexUnusable(f"{path} cannot be read: {error}") from error
        numbers = dict(zip(terms, range(len(terms)), strict=True))
        return cls(terms=terms, numbers=numbers, **arrays)

    def document_frequency(self, token: str, allowed: Mask | None = None) -> int:
        """Count the allowed passages that hold `token`; None allows all."""
        rows, _ = self._postings(token)
        return len(rows) if allowed is None else int(np.count_nonzero(allowed[rows]))

    def search(
        self,
        tokens: Sequence[str] | Mapping[str, float],
        allowed: Mask | None = None,
        k: int = 200,
        *,
        k1: float = K1,
        b: float = B,
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Return the best `k` allowed rows that hold a token, and their scores, best first.

        A token given twice counts twice; equal scores stand in the order of rows.
        """
        weights = tokens if isinstance(tokens, Mapping) else Counter(tokens)
        lengths = self.lengths if allowed is None else self.lengths[allowed]
        scores = np.zeros(len(self.lengths))
        if len(lengths) == 0 or (average := float(lengths.mean())) == 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        saturation = k1 * (1 - b + b / average * self.lengths)
        for token, weight in sorted(weights.items()):
            rows, counts = self._postings(token)
            if allowed is not None:
                kept = allowed[rows]
                rows, counts = rows[kept], counts[kept]
            if len(rows) == 0 or weight <= 0:
                continue
            rarity = np.log1p((len(lengths) - len(rows) + 0.5) / (len(rows) + 0.5))
            scores[rows] += (weight * rarity * (k1 + 1)) * (counts / (counts + saturation[rows]))
        hits = np.flatnonzero(scores)
        if len(hits) > k:
            limit = np.partition(scores[hits], len(hits) - k)[len(hits) - k]
            hits = hits[scores[hits] >= limit]
        order = np.argsort(-scores[hits], kind="stable")[:k]
        return hits[order], scores[hits[order]]

    def correct(self, token: str, allowed: Mask | None = None) -> tuple[str, ...]:
        """Return the indexed words nearest to a `token` that no allowed passage holds.

        One slip is forgiven from 4 letters on, two from 8; the first letter must be right. Ids and
        numbers are never "corrected": POL-99 is not POL-09. Empty where nothing is near.
        """
        slips = 0 if len(token) < 4 else 1 if len(token) < 8 else 2
        if not slips or not token.isalpha() or self.document_frequency(token, allowed):
            return ()
        from rapidfuzz import process  # noqa: PLC0415
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        first, last = self._starting_with(token[0])
        lengths = range(len(token) - slips, len(token) + slips + 1)
        candidates = [t for t in self.terms[first:last] if len(t) in lengths and t.isalpha()]
        near = sorted(
            (distance, -held, term)
            for term, distance, _ in process.extract(
                token, candidates, scorer=OSA.distance, score_cutoff=slips, limit=None
            )
            if (held := self.document_frequency(term, allowed))
        )
        return tuple(term for distance, _, term in near[:3] if distance == near[0][0])

    def compounds(self, token: str, allowed: Mask | None = None) -> tuple[str, ...]:
        """Return indexed words that begin with `token`: "passwort" → "passwortlange"."""
        if len(token) < 5:
            return ()
        first, last = self._starting_with(token)
        longer = [term for term in self.terms[first:last] if len(term) >= len(token) + 3]
        held = [(-self.document_frequency(term, allowed), term) for term in longer]
        return tuple(term for count, term in sorted(held) if count)[:_MOST_COMPOUNDS]

    def parts(self, token: str, allowed: Mask | None = None) -> tuple[str, ...]:
        """Split a compound into words that allowed passages hold: "passwortrichtlini" → both.

        Where no split explains the whole word, the longest held word that it begins or ends with is
        given, from 5 letters on.
        """

        def held(word: str) -> str | None:
            stem = _stem(word, "de")
            return stem if self.document_frequency(stem, allowed) else None

        def first_part(word: str) -> str | None:
            shorter = [word.removesuffix(joint) for joint in ("", "s", "es", "n", "en")]
            return next(
                (found for part in shorter if len(part) >= 4 and (found := held(part))), None
            )

        cuts = range(len(token) - 4, 3, -1)
        for cut in cuts:
            head, tail = first_part(token[:cut]), held(token[cut:])
            if head and tail:
                return (head, tail)
        for cut in cuts:
            if cut >= 5 and (head := first_part(token[:cut])):
                return (head,)
            if cut >= 5 and (tail := held(token[len(token) - cut :])):
                return (tail,)
        return ()

    def read(
        self,
        question: str,
        vocabulary: Vocabulary | None = None,
        allowed: Mask | None = None,
        is_word: Callable[[str], bool] = lambda _word: False,
    ) -> Reading:
        """Read a question as weighted tokens: its words, what they mean in the field, and the
        likely words behind those that no allowed passage holds.

        `is_word` knows correct words: one that no passage holds is then not taken for a slip.
        """
        words = _query_words(question)
        said = [token for word in words for token in word.forms]
        german = query_languages(question) == ("de",)
        weights = {token: float(count) for token, count in Counter(said).items()}
        explained: set[str] = set()
        if vocabulary is not None:
            weights = expand(said, vocabulary, lambda phrase: self._held(phrase, allowed))
            for meanings in (vocabulary.related, vocabulary.translations):
                explained.update(token for phrase in _phrases(said, meanings) for token in phrase)
        related = tuple(
            token
            for token in weights
            if token not in set(said) and self.document_frequency(token, allowed)
        )
        corrected: list[tuple[str, str]] = []

        def add(tokens: Iterable[str], weight: float) -> None:
            for token in tokens:
                weights[token] = max(weight, weights.get(token, 0.0))

        for word in words:
            known = any(self.document_frequency(form, allowed) for form in word.forms)
            if german or not known:
                for form in word.forms:
                    add(self.compounds(form, allowed), COMPOUND_WEIGHT)
            if known or explained.intersection(word.forms):
                continue
            parts = [part for form in word.forms for part in self.parts(form, allowed)]
            add(parts, PART_WEIGHT)
            if parts or is_word(word.letters) or any(map(is_word, word.forms)):
                continue
            for form in word.forms:
                near = self.correct(form, allowed)
                add(near, CORRECTION_WEIGHT)
                corrected.extend((word.letters, token) for token in near)
        return Reading(weights, tuple(dict.fromkeys(corrected)), related)

    def _held(self, phrase: Phrase, allowed: Mask | None) -> int:
        """Count the allowed passages that hold every token of `phrase`."""
        rows = reduce(np.intersect1d, [self._postings(token)[0] for token in phrase])
        return len(rows) if allowed is None else int(np.count_nonzero(allowed[rows]))

    def _postings(self, token: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        number = self.numbers.get(token)
        if number is None:
            return self.rows[:0], self.counts[:0]
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.rows[part], self.counts[part]

    def _starting_with(self, prefix: str) -> tuple[int, int]:
        return bisect_left(self.terms, prefix), bisect_left(self.terms, prefix + "\U0010ffff")


_ARRAYS = ("starts", "rows", "counts", "lengths")
