"""Which demands of a unit a clause speaks to, by cues, by negations and by shared words.

Words are compared by their stems; German is glossed with the English words that cues are written
in. Pure, and the same for the same words.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from knowledge.demands import Demand, Unit, german_words, units

_TOKEN = re.compile(r"[a-zäöüß0-9]+(?:['’][a-z]+)?", re.IGNORECASE)
_CONTRACTED = (
    ("can't", "can not"), ("cannot", "can not"), ("won't", "will not"), ("n't", " not"),
    ("'ve", " have"), ("'re", " are"), ("'ll", " will"), ("'m", " am"), ("'s", ""),
)  # fmt: skip
_SMALL = frozenset(
    "a an and any are as at be been but by do does done for from had has have he "
    "her his how i if in into is it its "
    "me my no not of on one or our ours own she so some such than that the their "
    "them then there these they this "
    "those to too up us use used was we were what when where which who whom whose "
    "why will with would you your can "
    "could may also all each more most other own really set get got make made take "
    "last here out over under need "
    "needed about after before until it's still yes just very well never nobody "
    "nothing none like same".split()
)
_STEMMER = snowballstemmer.stemmer("english")
_GAP = 2
"""How many words may stand between two words of a cue."""


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    irregular = _IRREGULAR.get(word)
    return irregular or str(_STEMMER.stemWord(word))


_IRREGULAR = {
    "went": "go", "gone": "go", "sent": "send", "kept": "keep", "taken": "take", "took": "take",
    "written": "write", "wrote": "write", "held": "hold", "given": "give", "gave": "give",
    "back-up": "backup", "ran": "run", "done": "do", "did": "do", "found": "find", "told": "tell",
    "left": "leave", "leaver": "leaver", "leavers": "leaver", "joiner": "joiner", "joiners": "joiner",
    "mover": "mover", "movers": "mover", "approval": "approv", "approvals": "approv",
    "removal": "remov", "renewal": "renew", "user": "user", "users": "user", "tester": "tester",
    "policies": "polici", "policy": "polici", "colour": "color", "recertification": "recertif",
    "recertified": "recertif", "analysis": "analys", "analysed": "analys", "analyzed": "analys",
    "analyse": "analys", "reviewer": "review", "boss": "boss", "auditor": "auditor",
}  # fmt: skip


def stems(text: str) -> tuple[str, ...]:
    """Give the stems of a text's words in order; German words in English."""
    plain = (
        text.casefold()
        .replace("’", "'")
        .replace("back-up", "backup")
        .replace("sign off", "sign-off")
    )
    for said, meant in _CONTRACTED:
        plain = plain.replace(said, meant)
    return tuple(_stem(one) for one in _TOKEN.findall(gloss(plain)))


def gloss(text: str) -> str:
    """Put English words in the place of German ones, part by part; other words stay."""
    if not re.search(
        r"[äöüß]|\b(?:der|die|das|und|ist|sind|wir|nicht|kein\w*|ein\w*|im|für|nie|jede\w*|haben|wird|"
        r"ich|es|mit|von|alle\w*|nur|noch|zuletzt)\b",
        text,
    ):
        return text
    return re.sub(r"[a-zäöüß-]{3,}", lambda match: _in_english(match.group()), text)


@lru_cache(maxsize=8_192)
def _in_english(word: str) -> str:
    table = german_words()
    if word in table:
        return table[word]
    rest, found = word, list[tuple[int, str]]()
    for part in sorted(table, key=lambda one: (-len(one), one)):
        if len(part) >= 5 and part in rest:
            found.append((rest.index(part), table[part]))
            rest = rest.replace(part, " " * len(part), 1)
    return " ".join(said for _, said in sorted(found)) if found else word


@dataclass(frozen=True, slots=True)
class Match:
    """How a clause speaks to one demand."""

    demand: str
    cues: tuple[str, ...]
    negations: tuple[str, ...]
    words: float
    """Weight of the words that the clause shares with the demand's own texts."""

    @property
    def strength(self) -> float:
        """Say how surely the clause is about the demand; from 1 on it is."""
        return 1.5 * len(self.negations) + self.weight + self.words

    @property
    def weight(self) -> float:
        """Weigh the cues that stand in the clause."""
        return sum(cue_weight(one) for one in self.cues)


@dataclass(frozen=True, slots=True)
class _Known:
    cues: tuple[tuple[str, tuple[str, ...]], ...]
    negations: tuple[tuple[str, tuple[str, ...]], ...]
    words: Mapping[str, float]


def matches(unit: Unit, text: str) -> tuple[Match, ...]:
    """Say how `text` speaks to each demand of a unit, in the unit's order."""
    said = stems(text)
    found = []
    for demand in unit.demands:
        known = _known()[demand.id]
        words = sum(known.words.get(one, 0.0) for one in set(said))
        found.append(
            Match(
                demand=demand.id,
                cues=tuple(cue for cue, parts in known.cues if _holds(said, parts, ordered=False)),
                negations=tuple(cue for cue, parts in known.negations if _denies(said, parts)),
                words=min(words, 1.5),
            )
        )
    return tuple(found)


COMMON = 3
"""A cue that more demands than this know says little about what a text is about."""


def cue_weight(cue: str) -> float:
    """Weigh a cue: one that many units know ("reviewed") says less than one that few know."""
    return 1.0 if _commonness()[cue] <= COMMON else 0.4


@lru_cache(maxsize=1)
def _commonness() -> Counter[str]:
    return Counter(
        cue
        for unit in units().values()
        for demand in unit.demands
        for cue in {*demand.cues, *demand.negations}
    )


def shared(one: str, other: str) -> float:
    """Give the share of the shorter text's content words that the other holds, 0 to 1."""
    first = {word for word in stems(one) if word not in _STEMMED_SMALL}
    second = {word for word in stems(other) if word not in _STEMMED_SMALL}
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def content(text: str) -> tuple[str, ...]:
    """Give the stems of a text that carry meaning."""
    return tuple(one for one in stems(text) if one not in _STEMMED_SMALL)


_STEMMED_SMALL = frozenset(_stem(one) for one in _SMALL)


@lru_cache(maxsize=1)
def _known() -> Mapping[str, _Known]:
    """Prepare every demand once: cues as stems, and words weighed by how few demands hold them."""
    everywhere: Counter[str] = Counter()
    own: dict[str, Counter[str]] = {}
    for unit in units().values():
        for demand in unit.demands:
            own[demand.id] = _own_words(demand)
            everywhere.update(set(own[demand.id]))
    total = len(own)
    prepared: dict[str, _Known] = {}
    for unit in units().values():
        inside: Counter[str] = Counter()
        for demand in unit.demands:
            inside.update(set(own[demand.id]))
        for demand in unit.demands:
            weights = {
                word: _weight(inside[word], everywhere[word], total, len(unit.demands))
                for word in own[demand.id]
            }
            prepared[demand.id] = _Known(
                cues=tuple((cue, stems(cue)) for cue in demand.cues),
                negations=tuple((cue, stems(cue)) for cue in demand.negations),
                words={word: weight for word, weight in weights.items() if weight > 0},
            )
    return prepared


def _own_words(demand: Demand) -> Counter[str]:
    texts = (demand.text, demand.ask, *demand.evidence)
    return Counter(one for text in texts for one in content(text) if len(one) > 2)


def _weight(inside: int, everywhere: int, total: int, demands: int) -> float:
    """A word that few demands hold says much; one that all demands of the unit hold, nothing apart."""
    rarity = math.log(total / everywhere) / math.log(total)
    return 0.45 * rarity / (1.0 if inside == 1 else 1.6 if inside < demands else 3.0)


def _holds(said: tuple[str, ...], parts: tuple[str, ...], *, ordered: bool) -> bool:
    """Tell whether the parts stand near one another in what was said."""
    if not parts:
        return False
    if len(parts) == 1:
        return any(_alike(one, parts[0]) for one in said)
    span = len(parts) + _GAP
    for at in range(len(said)):
        window = said[at : at + span]
        if ordered:
            if _alike(window[0], parts[0]) and _in_order(window, parts):
                return True
        elif all(any(_alike(one, part) for one in window) for part in parts):
            return True
    return False


def _in_order(window: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    at = 0
    for part in parts:
        while at < len(window) and not _alike(window[at], part):
            at += 1
        if at == len(window):
            return False
        at += 1
    return True


_DENIERS = frozenset(("no", "not", "never", "nobody", "nothing", "only"))
_ENOUGH = 3
"""Telling words of a negation that may stand in any order."""


def _denies(said: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Tell whether a negation stands in what was said; "no list" also as "do not have a list"."""
    if _holds(said, parts, ordered=True):
        return True
    telling = tuple(one for one in parts if one not in _STEMMED_SMALL and one not in _DENIERS)
    if len(telling) >= _ENOUGH and not _DENIERS & set(parts):
        return _holds(said, telling, ordered=False)
    if parts[:1] != ("no",) or len(parts) < 2:
        return False
    rest = parts[1:]
    for at, one in enumerate(said):
        if one in ("not", "never", "without", "no"):
            window = said[at + 1 : at + 4 + len(rest)]
            if window and _in_order(window, rest):
                return True
    return False


def _alike(said: str, part: str) -> bool:
    """Compare stems; a longer word may go on ("vulnerab" in "vulnerability")."""
    return said == part or (len(part) >= 6 and said.startswith(part))
