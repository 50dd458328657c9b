"""A sentence that says nearly the same as its source: what was put in, left out or exchanged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from assistant.domain.claims import Reason
from assistant.verifying.modality import NOT_A_DENIAL
from assistant.verifying.wording import Lexis, Word, is_distinguishing, words

NEAR = 0.6
"""Likeness of two sentences from which their differences can be read off."""

_TOKEN = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_DENIALS = frozenset(
    "not no never nobody none neither nor cannot can't mustn't don't doesn't isn't aren't "
    "won't nothing "
    "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts weder".split()
)
_SOFT = frozenset(
    "without outside except unless instead blocked prohibited forbidden banned excluded avoid "
    "avoided only other "
    "different ohne außer verboten untersagt gesperrt unzulässig nur anders disabled than off "
    "allowed permitted "
    "may alone fewer unaltered unchanged voluntary optional".split()
)
_OPPOSED = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("before prior until vor bis within", "after following nach later from since"),
        (
            "least minimum higher more above over longer newer mindestens",
            "most maximum lower less below under shorter older höchstens",
        ),
        ("earliest earlier", "latest later"),
        ("latest later", "earliest earlier"),
        ("inside internal intern", "outside external extern"),
        ("open opened", "closed"),
        ("first", "last"),
        ("major", "minor"),
        ("manual manually hand", "automatic automatically"),
        ("always", "never sometimes"),
        ("everyone everybody all every each alle", "nobody none some few niemand"),
        ("enabled enable", "disabled disable"),
        ("raise raised increase increased", "lower lowered decrease decreased reduce reduced"),
        ("optional voluntary", "mandatory required compulsory"),
        ("remote remotely", "office onsite"),
        ("rest", "transit"),
        ("encrypted", "unencrypted decrypted"),
        ("approved", "rejected refused draft"),
        ("private", "company"),
        ("with mit", "without ohne"),
        ("full unrestricted unlimited", "restricted limited partial"),
        ("partially partly partial", "fully completely"),
    )
)

_NUMBERS = frozenset("thirty sixty ninety hundred fourteen".split())
_EXCLUDING = frozenset("without ohne".split())
_STRONG = frozenset("must shall muss müssen required".split())
_MILD = frozenset("may can could should might darf dürfen kann können sollte sollten soll".split())


@lru_cache(maxsize=8_192)
def _tokens(text: str) -> tuple[str, ...]:
    plain = NOT_A_DENIAL.sub("within", text)
    return tuple(match.group().casefold() for match in _TOKEN.finditer(plain))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The words of a source that a sentence is near to, with what stands around them."""

    words: tuple[str, ...]
    around: tuple[str, ...]


_AROUND = 6
_NONE = Stretch((), ())


def likeness(one: str, other: str) -> tuple[float, Stretch]:
    """Tell how alike a sentence is to a stretch of another, in 0..1, and give the stretch."""
    mine, theirs = _tokens(one), _tokens(other)
    if len(mine) < 3 or not theirs or len(set(mine) & set(theirs)) < 0.5 * len(set(mine)):
        return 0.0, _NONE
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return 0.0, _NONE
    before = blocks[0].a + 1 if blocks[0].a else 0
    last = blocks[-1]
    behind = len(mine) - last.a - last.size
    start = max(0, blocks[0].b - before)
    end = last.b + last.size + (behind + 1 if behind else 0)
    stretch = theirs[start:end]
    matched = sum(block.size for block in blocks)
    return 2 * matched / (len(mine) + len(stretch)), Stretch(
        stretch, theirs[max(0, start - _AROUND) : end + _AROUND]
    )


def exchanged(
    claimed: str,
    sentence: str,
    source: Stretch,
    language: str,
    known: Sequence[Lexis],
    passage: Lexis,
) -> Reason | None:
    """Give what a near copy changes of the stretch `theirs`, or None.

    Words in `known` (the question, the headings) may stand for others."""
    mine, theirs = _tokens(claimed), source.words
    put_in: list[str] = []
    left_out: list[str] = []
    swaps: list[tuple[Sequence[str], Sequence[str]]] = []
    for tag, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        put_in.extend(mine[a:b])
        left_out.extend(theirs[c:d])
        if tag == "replace":
            swaps.append((mine[a:b], theirs[c:d]))
    if reason := _turned(put_in, left_out, mine, source.around):
        return reason
    whole = (sentence, " ".join(theirs))
    for ours, stood in swaps:
        if set(ours) & _STRONG and set(stood) & _MILD and not set(stood) & _STRONG:
            return Reason("modality", "Do not say it more firmly than the passage.")
        if reason := _swapped(ours, stood, whole, language, known, passage):
            return reason
    return None


def _denials(said: Sequence[str]) -> int:
    return sum(word in _DENIALS for word in said)


def _turned(
    put_in: Sequence[str], left_out: Sequence[str], mine: Sequence[str], around: Sequence[str]
) -> Reason | None:
    added, dropped = set(put_in) - set(left_out), set(left_out) - set(put_in)
    more = _denials(put_in) - _denials(left_out)
    # A denial beside the stretch may be the same one, said in another order.
    wider = _denials(mine) - _denials(around)
    softly = added & _SOFT if more < 0 else (set(around) - set(mine)) & _SOFT
    if more % 2 and wider % 2 and not softly:
        return Reason("negation", "Keep the passage's negation: it says the opposite of this.")
    for one, other in _OPPOSED:
        for here, there in ((one, other), (other, one)):
            if more % 2 and here & _EXCLUDING:
                continue  # "not without" is "with"
            if added & here and dropped & there and not added & there and not dropped & here:
                said, stands = min(added & here), min(dropped & there)
                return Reason("opposite", f"The passage says “{stands}”, not “{said}”.")
    return None


def _swapped(
    ours: Sequence[str],
    stood: Sequence[str],
    whole: tuple[str, str],
    language: str,
    known: Sequence[Lexis],
    passage: Lexis,
) -> Reason | None:
    said = _full(" ".join(ours), language)
    stands = _full(" ".join(stood), language)
    if not said or not stands or len(said) > 2 or len(stands) > 2 or len(ours) > len(stood) + 2:
        return None
    source_side = Lexis.of((stem for word in stands for stem in word.stems), language)
    claim_side = Lexis.of((stem for word in said for stem in word.stems), language)
    strange = [
        word
        for word in said
        if not source_side.holds(word)
        and (is_distinguishing(word) or not any(one.says(word) for one in known))
    ]
    lost = [word for word in stands if not claim_side.holds(word)]
    if not strange or not lost:
        return None
    claim = Lexis.of((s for w in words(whole[0], language) for s in w.stems), language)
    source = Lexis.of((s for w in words(whole[1], language) for s in w.stems), language)
    stays = all(
        claim.says(word) and not _oftener(word, (whole[1], whole[0]), language) for word in lost
    )
    strays = all(source.says(word) for word in strange)
    single = len(ours) == len(stood) == 1
    if stays and not strays:
        return None
    if strays and not stays and single and not _oftener(strange[0], whole, language):
        return None  # the source says it too, of something else: the binding of facts decides
    if not single and all(passage.says(word) for word in strange):
        return None
    if any(word.said.isdigit() or word.said in _NUMBERS for word in strange):
        return None
    if stays:
        # Said in another order; the same count of each word tells it from an exchange.
        counts = [
            sum(word.stems == other.stems for other in words(text, language))
            for text in whole
            for word in (*strange, *lost)
        ]
        half = len(counts) // 2
        if counts[:half] == counts[half:]:
            return None
    return Reason("subject", f"The passage says “{lost[0].said}”, not “{strange[0].said}”.")


def _oftener(word: Word, whole: tuple[str, str], language: str) -> bool:
    mine, theirs = (
        sum(word.stems == other.stems for other in words(text, language)) for text in whole
    )
    return mine > theirs


def _full(text: str, language: str) -> list[Word]:
    return [word for word in words(text, language) if not word.generic]
