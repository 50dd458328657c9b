"""The words of a sentence that bring something in, and which words mean the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from knowledge.keywords import analyse, built_in_vocabulary


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    text = resources.files("assistant.verifying").joinpath("words.yaml").read_text(encoding="utf-8")
    # CSafeLoader is SafeLoader in C, ten times as fast, and absent from some builds of PyYAML.
    loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return loaded


@lru_cache(maxsize=2)
def _kinds(name: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(analyse(line)) for line in _lists()[name])


def parties() -> tuple[frozenset[str], ...]:
    """Give those of whom rules speak; a sentence about one is not a sentence about another."""
    return _kinds("parties")


def grades() -> tuple[frozenset[str], ...]:
    """Give words that tell grades apart: what holds for one does not hold for another."""
    return _kinds("grades")


_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A content word: as written, where, and its stems."""

    said: str
    start: int
    stems: tuple[str, ...]
    generic: bool


_LONGEST_WORD = 64
"""No word of a language is longer, and stemming takes the square of the length."""


@lru_cache(maxsize=100_000)
def _stems(word: str, language: str) -> tuple[str, ...]:
    if len(word) > _LONGEST_WORD:
        return (word[:_LONGEST_WORD].casefold(),)
    stems = tuple(analyse(word, language))
    if language == "en" and (plain := _IRREGULAR.get(word.casefold())):
        stems = (*stems, *(one for one in analyse(plain, language) if one not in stems))
    return tuple(stem for stem in stems if not any(c.isdigit() for c in stem))


_IRREGULAR = {
    form: plain
    for plain, *forms in (
        line.split()
        for line in (
            "begin began begun|break broke broken|bring brought|build built|buy bought|"
            "choose chose chosen|draw drew drawn|drive drove driven|fall fell fallen|find found|"
            "forbid forbade forbidden|give gave given|go went gone|grow grew grown|hide hid hidden|"
            "hold held|keep kept|know knew known|lead led|leave left|lend lent|lose lost|make made|"
            "meet met|override overrode overridden|pay paid|rise rose risen|run ran|see saw seen|"
            "seek sought|sell sold|send sent|show showed shown|speak spoke spoken|spend spent|"
            "steal stole stolen|take took taken|teach taught|tell told|throw threw thrown|"
            "understand understood|wear wore worn|withdraw withdrew withdrawn|write wrote written"
        ).split("|")
    )
    for form in forms
}
"""Past form → plain verb, where no ending tells it."""


@lru_cache(maxsize=4)
def _generic(language: str) -> frozenset[str]:
    said = _lists().get(f"generic_{language}", "").split()
    return frozenset(stem for word in said for stem in analyse(word, language))


@lru_cache(maxsize=4)
def _groups(language: str) -> dict[str, frozenset[int]]:
    lines = _lists().get(f"groups_{language}", ())
    found: dict[str, set[int]] = {}
    for at, line in enumerate(lines):
        for word in line.split():
            for stem in analyse(word, language):
                found.setdefault(stem, set()).add(at)
    return {stem: frozenset(groups) for stem, groups in found.items()}


_DUTIES = frozenset({"documented", "dokumentiert"})


@lru_cache(maxsize=8_192)
def words(text: str, language: str) -> tuple[Word, ...]:
    """Give the content words of `text` in order."""
    generic = _generic(language)
    found = []
    for match in _WORD.finditer(text):
        said = match.group()
        stems = _stems(re.sub(r"['’]s?$", "", said), language)
        if stems:
            # "documented" is a duty where "the document" only reports.
            bare = said.casefold() not in _DUTIES and all(stem in generic for stem in stems)
            found.append(Word(said, match.start(), stems, bare))
    return tuple(found)


def stems_of(text: str, language: str) -> frozenset[str]:
    """Give the stems of the content words of `text`."""
    return frozenset(stem for word in words(text, language) for stem in word.stems)


@dataclass(frozen=True, slots=True)
class Lexis:
    """The stems of a text with all that they may also mean."""

    stems: frozenset[str]
    groups: frozenset[int]
    language: str

    @classmethod
    def of(cls, stems: Iterable[str], language: str) -> Lexis:
        known = _groups(language)
        held = frozenset(stems)
        return cls(held, frozenset(g for stem in held for g in known.get(stem, ())), language)

    def holds(self, word: Word) -> bool:
        """Tell whether the text says `word` or what means the same."""
        return any(self._holds(stem) for stem in word.stems)

    def says(self, word: Word) -> bool:
        """Tell whether the text says `word` itself."""
        return any(stem in self.stems for stem in word.stems)

    def _holds(self, stem: str) -> bool:
        if stem in self.stems:
            return True
        if not self.groups.isdisjoint(_groups(self.language).get(stem, ())):
            return True
        return any(_akin(stem, other, self.language) for other in self.stems)


@lru_cache(maxsize=200_000)
def _akin(one: str, other: str, language: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 5:
        return False
    if language == "de" and shorter in longer:
        return True
    common = 0
    for a, b in zip(shorter, longer, strict=False):
        if a != b:
            break
        common += 1
    return common >= 5 and common >= 0.6 * len(longer) and common >= len(shorter) - 2


@lru_cache(maxsize=2)
def _related(translated: bool) -> dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]:
    vocabulary = built_in_vocabulary()
    source = vocabulary.translations if translated else vocabulary.related
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for said, meanings in source.items():
        for meant in meanings:
            for stem in said:
                found.setdefault(stem, []).append((said, meant))
    return {stem: tuple(pairs) for stem, pairs in found.items()}


def known_by_vocabulary(
    word: Word, spoken: frozenset[str], held: frozenset[str], *, translated: bool = False
) -> bool:
    """Tell whether the vocabulary knows a phrase with `word` in `spoken` that means one in "
    "`held`."""
    related = _related(translated)
    return any(
        spoken.issuperset(said) and held.issuperset(meant)
        for stem in word.stems
        for said, meant in related.get(stem, ())
    )


def is_distinguishing(word: Word) -> bool:
    """Tell whether `word` names a party or a grade, which no heading can stand in for."""
    return any(not group.isdisjoint(word.stems) for group in (*parties(), *grades()))


# Roles -----------------------------------------------------------------------------------------

_EXPANDED = {
    "ceo": "chief executive officer", "cfo": "chief financial officer",
    "coo": "chief operating officer", "cto": "chief technology officer",
    "cio": "chief information officer", "ciso": "chief information security officer",
    "cso": "chief security officer", "cro": "chief risk officer", "cpo": "chief privacy officer",
    "dpo": "data protection officer", "cmo": "chief marketing officer",
    "cco": "chief compliance officer", "isb": "information security officer",
    "dsb": "data protection officer", "hr": "human resources",
}  # fmt: skip
_GERMAN_ROLES = (
    ("datenschutzbeauftragte", "data protection officer"),
    ("informationssicherheitsbeauftragte", "information security officer"),
)
_HEADS = (
    "officer manager lead leader head director owner administrator admin auditor board "
    "committee team department "
    "desk engineer custodian supervisor coordinator president chair chairman counsel council "
    "representative "
    "developer analyst architect approver reviewer management leadership executive controller "
    "secretary founder "
    "delegate deputy steward"
).split()
_HEAD = re.compile(
    rf"(?<![\w-])((?:{'|'.join(_HEADS)})s?)(?![\w-])"
    r"(?:(?<=head|lead|hair)\s+of\s+(?:the\s+)?([A-Za-z]+(?-i:[ ][A-Z][a-z]+)*))?",
    re.IGNORECASE,
)
_ACRONYM_ROLE = re.compile(rf"(?<!\w)({'|'.join(_EXPANDED)})s?(?!\w)", re.I)
_GERMAN_ROLE = re.compile(
    r"(?<![\w-])([\w-]*(?:beauftragte[rnsm]?|leiter(?:in|s|n)?|leitung|verantwortliche[rnsm]?|eigentümer\w{0,3}|"
    r"inhaber\w{0,3}|vorstand\w{0,2}|geschäftsführ\w+|vorgesetzte[rnsm]?|beirat|ausschuss|abteilung))(?![\w-])",
    re.I,
)
_NOT_A_MODIFIER = frozenset(
    "the a an its their his her our your this that each every any all no one of by to from "
    "with for and or is are "
    "was be must shall may can should will has have not only as at in on who which than "
    "whether if when where "
    "responsible relevant respective appropriate same new other inform informs tell tells "
    "told notify notifies "
    "contact ask asks approve approves approved need needs require requires via through under "
    "between before "
    "after within also then both either neither nor designated named accountable competent "
    "own someone "
    "informed notified report reports reported give gives given gets get owned managed "
    "decided decides decide "
    "s there per says said sees see but because so into does do did".split()
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role that a text names: what it is, of what, and where."""

    head: str
    modifiers: tuple[str, ...]
    said: str
    start: int


@lru_cache(maxsize=4_096)
def roles(text: str) -> tuple[Role, ...]:
    """Find the roles that `text` names."""
    found: list[Role] = []
    for match in _ACRONYM_ROLE.finditer(text):
        if match[1].isupper():
            *modifiers, head = _EXPANDED[match[1].casefold()].split()
            found.append(Role(head, tuple(modifiers), match.group(), match.start()))
    for match in _HEAD.finditer(text):
        head = match[1].casefold()
        head = head[:-1] if head.endswith("s") and head[:-1] in _HEADS else head
        before = re.findall(r"[\w-]+|[^\w\s]", text[max(0, match.start() - 60) : match.start()])
        modifiers = []
        for word in reversed(before):
            if (
                not re.match(r"[^\W\d]", word)
                or word.casefold() in _NOT_A_MODIFIER
                or len(modifiers) == 4
            ):
                break
            modifiers.insert(0, word.casefold())
        if match[2]:
            modifiers = [*match[2].casefold().split()]
        if head in ("lead", "head", "team", "chair", "leader") and _is_a_verb(
            match, modifiers, text
        ):
            continue
        found.append(Role(head, tuple(modifiers), match.group(), match.start()))
    for match in _GERMAN_ROLE.finditer(text):
        word = match[1].casefold()
        for german, english in _GERMAN_ROLES:
            if word.startswith(german):
                *before_head, head = english.split()
                found.append(Role(head, tuple(before_head), match.group(), match.start()))
                break
        else:
            found.append(
                Role(
                    re.sub(r"(?:innen|in|e[rnsm]?|s|n)$", "", word),
                    (),
                    match.group(),
                    match.start(),
                )
            )
    return tuple(found)


def _is_a_verb(match: re.Match[str], modifiers: list[str], text: str) -> bool:
    """Tell "Rules lead to" and "the head stays free" from "the Security Lead"."""
    capital = match[1][:1].isupper()
    return (
        not capital and not match[2] and (not modifiers or match[1].casefold().startswith("lead"))
    )


def same_role(claimed: Role, sources: Iterable[Role]) -> bool:
    """Tell whether one of `sources` is the role that is claimed, or a fuller name of it."""
    for source in sources:
        if not _same_head(claimed.head, source.head):
            continue
        if not claimed.modifiers:
            return True
        nearest = claimed.modifiers[-1] if claimed.modifiers else ""
        if source.modifiers and (
            set(source.modifiers) <= set(claimed.modifiers)
            or (nearest in source.modifiers and _nested(claimed.modifiers, source.modifiers))
        ):
            return True
    return False


_MANAGING = frozenset({"manager", "lead", "leader", "head"})


def _same_head(one: str, other: str) -> bool:
    return one == other or {one, other} <= {"admin", "administrator"}


def _nested(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    # Words of a verb before the name do no harm: "tells incident manager".
    return bool(set(one) & set(other)) and one[-1] == other[-1]


# Names -----------------------------------------------------------------------------------------

_NAME = re.compile(r"(?<![\w-])[A-ZÀ-ÞĀ-Ž][\w]*(?:[-/&.][\w]+)*(?![\w])")
_SHOUTED = re.compile(r"^[A-Z]{2,}s?$|^[A-Z]\w*[A-Z]\w*$")
_PLAIN_CAPITALS = frozenset(
    "I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April "
    "May June July "
    "August September October November December IT ISMS OK Annex Yes No English German".split()
)


_OPENS = re.compile(r"[.!?:;|]\s*[\"“„'(]*$")


@lru_cache(maxsize=4_096)
def names(text: str, language: str) -> tuple[tuple[str, int], ...]:
    """Find the names of `text`: capitalised words inside a sentence, acronyms, CamelCase.

    In German every noun has a capital, so only acronyms and CamelCase count there.
    """
    found = []
    for match in _NAME.finditer(text):
        word = match.group()
        before = text[max(0, match.start() - 5) : match.start()]
        opens = bool(_OPENS.search(before)) or (match.start() <= 5 and not before.strip(" \"“„'("))
        if word in _PLAIN_CAPITALS:
            continue
        if _SHOUTED.match(word) or (language != "de" and not opens):
            found.append((word, match.start()))
    return tuple(found)
