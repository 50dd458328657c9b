"""Rules that disagree: sentences that give different values for the same thing.

"Screens lock after 10 minutes without activity." against "When working remotely, screens lock after
5 minutes without activity." Precision comes before recall: a person who is shown false alarms stops
reading. Two statements are compared only if the smaller's subject is (nearly) contained in the
other's, so "customers are told within 48 hours" never meets "incident notice within 24 hours".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from knowledge.citing import cite
from knowledge.keywords import analyse, query_languages
from knowledge.passages import Citation, Document, Origin, Passage, Standing
from knowledge.quantities import Bound, Kind, Quantity, quantities
from knowledge.text import fold, sentences

if TYPE_CHECKING:
    from knowledge.view import View

__all__ = [
    "Disagreement",
    "Kind",
    "Quantity",
    "Statement",
    "cite",
    "disagree",
    "disagreements",
    "quantities",
    "same_subject",
    "statements",
]

_SAME = 0.7
"""Score of `same_subject` from which two statements are about one thing."""
_SURELY_SAME = 0.9
"""From which values that could both be kept ("at least 12" and "14") are shown as well."""
_LEAST_SHARED = 2.0
"""Full words that two subjects must share; what is counted or measured counts as one."""
_MEASURED = {Kind.COUNT: 1.0, Kind.BITS: 1.0, Kind.LENGTH: 1.0, Kind.SIZE: 1.0, Kind.PERCENT: 1.0}
"""How much a unit says of the subject: characters are a password's, days are anything's."""
_MOST_OF_A_KIND = 4
"""A sentence with more quantities than this is a list or a tariff, where each has its own case."""
_MOST_LOOKED_UP = 500
"""A word in more statements than this is too common to find partners by."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One quantity and what is said of it, as weighted stems: verb, objects, conditions."""

    sentence: str
    quantity: Quantity
    words: Mapping[str, float]
    """Stem → weight in 0..1: 1 for what the clause is about, less for general words and for what
    stands behind the quantity or in another clause."""
    ranks: frozenset[str] = frozenset()
    """Stems that tell deliberate grades apart: privileged, critical, major."""
    context: frozenset[str] = frozenset()
    """Stems of the headings above."""
    followed: frozenset[tuple[str, str]] = frozenset()
    """(stem, stem) of words that stand side by side: "backup logs"."""
    about_itself: bool = False
    """It speaks of the text it stands in: "this policy is reviewed every year"."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Stem → the word as written."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sentences with different values for one subject; both verbatim, with their places."""

    a: str
    b: str
    subject: tuple[str, ...]
    values: tuple[str, str]
    score: float
    a_at: Citation | None = None
    b_at: Citation | None = None


# Words -------------------------------------------------------------------------------------------

_SYNONYMS: Mapping[str, str] = {
    "retain": "keep keeps kept keeping retain retained retention store stored storage preserve "
    "preserved archive archived aufbewahren bewahren bewahrt aufbewahrt aufbewahrung aufzubewahren "
    "aufbewahrungsfrist gespeichert speichern archiviert",
    "delete": "delete deleted deletion erase erased erasure destroy destroyed destruction purge "
    "purged wipe wiped dispose disposed löschen gelöscht löschung vernichtet",
    "revoke": "revoke revoked revocation disable disabled deactivate deactivated deactivation "
    "disconnect disconnected withdraw withdrawn terminate terminated deprovision deprovisioned "
    "entzogen deaktiviert "
    "gesperrte entziehen",
    "notify": "notify notified notification notice inform informs informed tell told report "
    "reported reporting alert alerted communicate communicated melden gemeldet meldung "
    "benachrichtigt benachrichtigen informiert informieren",
    "leaver": "leaver leavers leaving departing departure offboarding offboarded "
    "ausscheiden ausscheidende austritt",
    "lock": "lock locks locked locking sperren sperrt gesperrt sperre sperrung",
    "screen": "screen screens workstation workstations bildschirm bildschirme bildschirmsperre",
    "inactivity": "inactivity inactive activity idle unattended inaktivität untätigkeit",
    "review": "review reviewed reviews reviewing recertify recertified recertification revalidated "
    "überprüfen überprüft überprüfung geprüft prüfen prüfung",
    "patch": "patch patches patched patching remediate remediated remediation fix fixed",
    "train": "train trained training trainings awareness geschult schulung schulungen unterweisung",
    "rotate": "rotate rotated rotation renew renewed change changed changes geändert ändern "
    "gewechselt wechseln rotiert",
    "backup": "backup backups sicherung sicherungen datensicherung datensicherungen",
    "password": "password passwords passphrase passphrases passcode passcodes passwort passwörter "
    "kennwort kennwörter",
    "supplier": "supplier suppliers vendor vendors provider providers lieferant lieferanten "
    "dienstleister",
    "customer": "customer customers client clients kunde kunden",
    "character": "character characters chars zeichen",
    "log": "log logs logging protokoll protokolle protokolldaten logdaten",
    "restore": "restore restores restored restoration wiederherstellung wiederherstellungstest",
    "incident": "incident incidents vorfall vorfälle sicherheitsvorfall sicherheitsvorfälle",
    "access": "access zugang zugänge zugriff zugriffe zugriffsrechte",
    "account": "account accounts konto konten benutzerkonto benutzerkonten",
    "attempt": "attempt attempts try tries fehlversuch fehlversuche versuch versuche",
    "session": "session sessions sitzung sitzungen",
    "person": "person persons people personen",
}
_GENERAL = (
    "employee employees staff user users person people personnel everyone all any every each "
    "company organisation organization business information security isms system systems data "
    "install installed deploy deployed rated right rights length size amount number file files "
    "media medium "
    "rule service services team relevant appropriate respective applicable applied "
    "mitarbeiter mitarbeitende beschäftigte nutzer benutzer personen unternehmen organisation "
    "informationen daten system systeme informationssicherheit"
)
"""Words that say little about a subject: they count for a part."""
_EMPTY = (
    "must required requires require requirement ensure ensures ensured least most minimum "
    "maximum latest later early earliest soon period periods time times duration interval "
    "intervals basis regular regularly frequency follow following accordance according "
    "accordingly include includes including perform performed performs conduct conducted carry "
    "carried out done take taken place make made apply applies need necessary set use uses used "
    "long hold held last lasts without with via per by than then its their werden wird muss "
    "müssen mindestens höchstens spätestens innerhalb binnen frist zeitraum regelmäßig erfolgen "
    "unverzüglich umgehend sofort immediately promptly "
    "erfolgt durchgeführt durchführen beträgt betragen haben hat dauer lang rotieren "
)
"""Words of rules and of doing that say nothing about a subject."""
_RANKS = (
    "privileged administrator administrators administrative admin admins root critical "
    "important standard normal ordinary major minor high medium low higher emergency temporary "
    "permanent external internal guest production development initial final full incremental "
    "differential daily weekly monthly quarterly yearly primary secondary mobile public "
    "restricted confidential strictly highly sensitive urgent severe moderate severity tier "
    "privilegierte privilegierten administratoren kritische kritischen wichtige wichtigen "
    "externe externen interne internen hohe hohen mittlere mittleren niedrige niedrigen "
    "dienstkonto dienstkonten servicekonto servicekonten technische technischen "
    "schwerwiegende vertrauliche vertraulichen streng vorläufige authority authorities "
    "regulator supervisory customer customers ceo board insurer police aufsichtsbehörde behörde "
    "behörden kunde kunden geschäftsführung vorstand "
)
"""Grades, and who is told: where only one of two rules names one, the difference is meant."""
_WORD = re.compile(r"[^\W_][\w'’./-]*[^\W_]|[^\W_]")
_CLAUSE = re.compile(r"[;:,|()–—]|\s-\s")
_JOINT = re.compile(r"[;:,|()–—]|\s-\s|\b(?:and|or|but|while|whereas|und|oder|aber|sowie)\b", re.I)
_ITSELF = re.compile(
    r"\b(?:this|the\s+present|diese[rs]?|die\s+vorliegende)\s+(?:\w+\s+){0,3}?"
    r"(?:policy|procedure|standard|document|plan|guideline|process|register|schedule|charter|"
    r"concept|handbook|manual|statement|report|richtlinie|leitlinie|verfahren\w*|dokument\w?|"
    r"konzept\w*|anweisung|regelung|plan)\b",
    re.I,
)
_ITEM_LABEL = re.compile(r"\(?(?:\d{1,2}|[a-zA-Z])[.)]\s")
_DOING = re.compile(r"(?:ed|en|ing|ly)$")
_ROW = re.compile(r"^[^|:]{1,60}: [^|]*(?: \| [^|:]{1,60}: [^|]*)+$", re.S)


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    """Give one stem for a word, the same for words of one meaning; "" for function words."""
    if word.lower().startswith("information"):  # its stem is that of "informed"
        return "information"
    tokens = analyse(word.lower(), language)
    return _meanings().get(tokens[0], tokens[0]) if tokens else ""


@lru_cache(maxsize=1)
def _meanings() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for meaning, words in _SYNONYMS.items():
        for word in words.split():
            for language in ("en", "de"):
                for token in analyse(word, language)[:1]:
                    found[token] = meaning
    return found


@lru_cache(maxsize=16)
def _stems(words: str) -> frozenset[str]:
    return frozenset(_stem(word, language) for word in words.split() for language in ("en", "de"))


def _weight(stem: str) -> float:
    if not stem or stem in _stems(_EMPTY):
        return 0.0
    return 0.35 if stem in _stems(_GENERAL) else 1.0


# Statements --------------------------------------------------------------------------------------


def statements(sentence: str, headings: Iterable[str] = ()) -> tuple[Statement, ...]:
    """Give what `sentence` states with a quantity; `headings` are those it stands under."""
    found = quantities(sentence)
    if not found or len(found) > _MOST_OF_A_KIND:
        return ()
    language = "de" if query_languages(sentence) == ("de",) else "en"
    context = frozenset(
        stem
        for heading in headings
        for word in _WORD.findall(heading)
        if _weight(stem := _stem(word, language)) == 1.0
    )
    row = bool(_ROW.match(sentence))
    return tuple(_statement(sentence, one, found, language, context, row=row) for one in found)


def _statement(
    sentence: str,
    quantity: Quantity,
    found: Sequence[Quantity],
    language: str,
    context: frozenset[str],
    *,
    row: bool,
) -> Statement:
    start, end = _row_reach(sentence, quantity) if row else _reach(sentence, quantity, found)
    words: dict[str, float] = {}
    shown: dict[str, str] = {}
    key_end = sentence.find(" | ") if row else -1
    own = _clause(sentence, quantity, start, end)
    followed: set[tuple[str, str]] = set()
    before = (-2, "")
    for match in _WORD.finditer(sentence):
        at = match.start()
        if any(one.start <= at < one.end for one in found):
            continue
        if _ITEM_LABEL.match(sentence) and at < 3:
            continue
        in_key = row and at < key_end
        if not (in_key or start <= at < end):
            continue
        if in_key and at < sentence.find(":"):  # the header of the key says nothing of the row
            continue
        stem = _stem(match.group(), language)
        weight = _weight(stem)
        if weight and not in_key:
            if not own[0] <= at < own[1]:
                weight *= 0.4
            elif at >= quantity.end:
                weight *= 0.7
        side_by_side = sentence[before[0] : at] == " " and at < quantity.start
        if side_by_side and weight == 1.0 and not _DOING.search(match.group()):
            followed.add((before[1], stem))
        before = (match.end(), stem if weight == 1.0 else "")
        if weight > words.get(stem, 0.0):
            words[stem] = weight
            shown.setdefault(stem, match.group())
    if quantity.kind is Kind.COUNT:  # words between the number and what is counted
        for match in _WORD.finditer(quantity.text):
            stem = _stem(match.group(), language)
            if _weight(stem) == 1.0 and match.group().isalpha() and stem != _counted(quantity):
                words.setdefault(stem, 1.0)
                shown.setdefault(stem, match.group())
    if "delete" in words and quantity.role == "after":  # deleted after 30 days: kept for 30 days
        words["retain"] = words.pop("delete")
        shown["retain"] = shown.pop("delete")
        quantity = replace(quantity, role="for")
    return Statement(
        sentence=sentence,
        quantity=quantity,
        followed=frozenset(followed),
        words=words,
        ranks=_ranks(words),
        context=context,
        about_itself=bool(_ITSELF.search(sentence)),
        shown=shown,
    )


def _ranks(words: Mapping[str, float]) -> frozenset[str]:
    """Pick the grades. "By an external company" behind the quantity says who, not of what."""
    doers = _stems("external internal externe externen interne internen")
    return frozenset(
        stem
        for stem, weight in words.items()
        if re.search(r"\d", stem) or (stem in _stems(_RANKS) and (weight == 1 or stem not in doers))
    )


def _counted(quantity: Quantity) -> str:
    """Name what a number counts, the same in both languages and numbers."""
    return _stem(quantity.unit, "en") or quantity.unit


def _reach(sentence: str, quantity: Quantity, found: Sequence[Quantity]) -> tuple[int, int]:
    """Find the part of a sentence that belongs to a quantity: up to the joint with the next."""
    start, end = 0, len(sentence)
    at = found.index(quantity)
    if at > 0:
        gap = sentence[found[at - 1].end : quantity.start]
        joint = _JOINT.search(gap)
        start = found[at - 1].end + (joint.end() if joint else 0)
        if joint is None:
            start = 0
    if at + 1 < len(found):
        gap = sentence[quantity.end : found[at + 1].start]
        joint = _JOINT.search(gap)
        end = quantity.end + (joint.start() if joint else len(gap))
    return start, end


def _says_little(words: str) -> bool:
    """Tell whether a clause such as "at the latest within" is about nothing by itself."""
    found = _WORD.findall(words)
    return len(found) < 2 or not any(
        _weight(_stem(word, "en")) and _weight(_stem(word, "de")) for word in found
    )


def _clause(sentence: str, quantity: Quantity, start: int, end: int) -> tuple[int, int]:
    """Narrow a reach to the quantity's own clause, unless that clause says too little by itself."""
    left = start
    for match in _CLAUSE.finditer(sentence, start, quantity.start):
        left = match.end()
    following = _CLAUSE.search(sentence, quantity.end, end)
    right = following.start() if following else end
    if _says_little(sentence[left : quantity.start]):
        left = start
    return left, right


def _row_reach(sentence: str, quantity: Quantity) -> tuple[int, int]:
    """Find the cell of a table row that holds a quantity, with its header."""
    left = sentence.rfind(" | ", 0, quantity.start)
    right = sentence.find(" | ", quantity.end)
    return (0 if left < 0 else left + 3), (len(sentence) if right < 0 else right)


# Comparing ---------------------------------------------------------------------------------------


def same_subject(a: Statement, b: Statement) -> float:
    """Tell how surely two statements are about the same thing, from 0 to 1.

    The weight that the narrower subject shares with the wider one, as a part of the narrower; 0
    where they share too little, or where only one of them names a grade."""
    if a.about_itself or b.about_itself or not _comparable(a.quantity, b.quantity):
        return 0.0
    common = a.words.keys() & b.words.keys()
    shared = sum(min(a.words[stem], b.words[stem]) for stem in common)
    measured = _MEASURED.get(a.quantity.kind, 0.0)
    full = sum(1 for stem in common if _weight(stem) == 1.0)
    same_words = a.words.keys() == b.words.keys() and len(common) >= 2
    if same_words and a.ranks == b.ranks:
        return 1.0
    if full == 0 or full + measured < _LEAST_SHARED or shared + measured < _LEAST_SHARED * _SAME:
        return 0.0
    if a.ranks != b.ranks or _other_head(a, b) or _other_head(b, a):
        return 0.0
    left_a = sum(weight for stem, weight in a.words.items() if stem not in common)
    left_b = sum(weight for stem, weight in b.words.items() if stem not in common)
    score = (shared + measured) / (shared + measured + min(left_a, left_b))
    thin = full + measured < 3 and max(left_a, left_b) > shared + measured
    if thin and not a.context & (b.context | b.words.keys()) and not b.context & a.words.keys():
        score *= 0.8
    return score


def _other_head(a: Statement, b: Statement) -> bool:
    """Tell whether a word of `b` only begins a name in `a`: "backups" and "backup logs"."""
    return any(
        first in b.words and then not in b.words and _weight(then) == 1.0
        for first, then in a.followed
    )


def _comparable(a: Quantity, b: Quantity) -> bool:
    if a.kind is not b.kind:
        return False
    if a.kind is Kind.COUNT:
        return _counted(a) == _counted(b)
    if a.kind is Kind.MONEY:
        return a.unit == b.unit
    if a.kind is Kind.TIME and a.role != b.role:
        return not (a.role and b.role)
    return a.role not in ("window", "name") or a.role != b.role


def _equal(a: float, b: float, *, exactly: bool) -> bool:
    # A quarter, 3 months, 90 days and 13 weeks are one rule in other words.
    return abs(a - b) <= (1e-6 if exactly else 0.05) * max(abs(a), abs(b))


def _agree(a: Quantity, b: Quantity) -> bool:
    """Tell whether the values are the same, or ranges that meet."""
    exactly = a.unit == b.unit
    if a.low is not None or b.low is not None:
        low_a, low_b = a.low or a.value, b.low or b.value
        return max(low_a, low_b) <= min(a.value, b.value)
    return _equal(a.value, b.value, exactly=exactly)


def _both_can_hold(a: Quantity, b: Quantity) -> bool:
    """Tell whether one value satisfies both, as "at least 12" and "14" do."""
    if a.bound is b.bound:
        return False
    if {a.bound, b.bound} == {Bound.LOWEST, Bound.HIGHEST}:
        low, high = (a, b) if a.bound is Bound.LOWEST else (b, a)
        return low.value <= high.value
    bounded, exact = (b, a) if a.bound is Bound.EXACT else (a, b)
    if bounded.bound is Bound.LOWEST:
        return exact.value >= bounded.value
    return exact.value <= bounded.value


def _conflict(a: Statement, b: Statement) -> float:
    """Give the score of a disagreement between two statements, 0 for none."""
    score = same_subject(a, b)
    if score < _SAME or _agree(a.quantity, b.quantity):
        return 0.0
    bounds = {a.quantity.bound, b.quantity.bound}
    if _both_can_hold(a.quantity, b.quantity) and (
        score < _SURELY_SAME or bounds == {Bound.LOWEST, Bound.HIGHEST}
    ):
        return 0.0
    return score


def _strongest(
    left: Sequence[Statement], right: Sequence[Statement]
) -> tuple[float, Statement, Statement] | None:
    """Find the surest conflict between two groups; None where one agrees with the other's rule."""
    best: tuple[float, Statement, Statement] | None = None
    for a in left:
        for b in right:
            score = same_subject(a, b)
            if score >= _SAME and _agree(a.quantity, b.quantity):
                return None
            if (conflict := _conflict(a, b)) and (best is None or conflict > best[0]):
                best = (conflict, a, b)
    return best


def disagree(
    a: str, b: str, *, headings_a: Iterable[str] = (), headings_b: Iterable[str] = ()
) -> Disagreement | None:
    """Tell whether two sentences give different values for the same thing."""
    if fold(a).casefold() == fold(b).casefold():
        return None
    found = _strongest(statements(a, headings_a), statements(b, headings_b))
    return None if found is None else _disagreement(*found)


def _disagreement(
    score: float,
    a: Statement,
    b: Statement,
    a_at: Citation | None = None,
    b_at: Citation | None = None,
) -> Disagreement:
    common = [stem for stem in a.words if stem in b.words]
    subject = [a.shown[stem] for stem in common]
    if a.quantity.kind is Kind.COUNT:
        subject.append(a.quantity.unit)
    return Disagreement(
        a=a.sentence,
        b=b.sentence,
        subject=tuple(dict.fromkeys(subject)),
        values=(a.quantity.text, b.quantity.text),
        score=round(score, 3),
        a_at=a_at,
        b_at=b_at,
    )


# A view ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """A statement with the document and passage that it stands in."""

    statement: Statement
    document: Document
    passage: Passage


def disagreements(view: View) -> tuple[Disagreement, ...]:
    """Find the rules in force that disagree, among the documents of `view`, surest first.

    Registers, the Statement of Applicability, the guidance and texts that state no rule today are
    left out. Two sentences of one document are compared only if their subjects are equal: within a
    text a difference is mostly meant."""
    placed = list(_in_force(view))
    by_document: dict[str, list[Statement]] = defaultdict(list)
    for one in placed:
        by_document[one.document.id].append(one.statement)
    found: dict[tuple[str, str], Disagreement] = {}
    for i, j in _partners([one.statement for one in placed]):
        a, b = placed[i], placed[j]
        score = _conflict(a.statement, b.statement)
        if not score or a.statement.sentence == b.statement.sentence:
            continue
        if a.document.id == b.document.id:
            if a.statement.words.keys() != b.statement.words.keys():
                continue
        elif _settled(a.statement, by_document[b.document.id]) or _settled(
            b.statement, by_document[a.document.id]
        ):
            continue
        first, second = sorted((fold(a.statement.sentence), fold(b.statement.sentence)))
        key = (first, second)  # copies of a document give the same pair again, either way round
        if key not in found or found[key].score < score:
            found[key] = _disagreement(
                score,
                a.statement,
                b.statement,
                cite(a.document, a.passage, a.statement.sentence),
                cite(b.document, b.passage, b.statement.sentence),
            )
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (
                -one.score,
                one.a_at.source if one.a_at else "",
                one.b_at.source if one.b_at else "",
                one.a,
                one.b,
            ),
        )
    )


def _settled(statement: Statement, others: Sequence[Statement]) -> bool:
    """Tell whether the other document also states this very rule: then the difference is meant."""
    return any(
        same_subject(statement, other) >= _SAME and _agree(statement.quantity, other.quantity)
        for other in others
    )


def _in_force(view: View) -> Iterator[_Placed]:
    documents = [
        document
        for document in view.of_origin(Origin.DOCUMENT)
        if view.standing(document.id) is Standing.IN_FORCE
    ]
    for document in sorted(documents, key=lambda one: one.source):
        seen: set[str] = set()
        for passage in view.passages_of(document.id):
            for sentence in spoken(passage):
                if sentence in seen:  # an overlap of passages
                    continue
                seen.add(sentence)
                for statement in statements(sentence, passage.locator.heading_path):
                    yield _Placed(statement, document, passage)


def spoken(passage: Passage) -> Iterator[str]:
    """Yield the sentences of a passage, block by block, so that none runs across two."""
    blocks = [passage.text[span.start : span.end] for span in passage.spans] or [passage.text]
    for block in blocks:
        for line in block.split("\n") if "|" not in block else [block]:
            yield from sentences(line)


def _partners(found: Sequence[Statement]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that share a rare enough word, a kind and a unit; each pair once."""
    index: dict[tuple[Kind, str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(found):
        unit = ""
        if one.quantity.kind is Kind.COUNT:
            unit = _counted(one.quantity)
        for stem in one.words:
            if _weight(stem) == 1.0:
                index[one.quantity.kind, unit, stem].append(at)
    seen: set[tuple[int, int]] = set()
    for members in index.values():
        if len(members) > _MOST_LOOKED_UP:
            continue
        seen.update(combinations(members, 2))
    yield from sorted(seen)
