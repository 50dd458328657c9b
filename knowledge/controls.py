"""The register of Annex A controls and clauses, and the ids of them that a text names.

A *reference* is an id in running text. Editions and documents share the same numbers (8.2 is a
clause, a control, a section of somebody's policy and a software version), so each reference says
what it can be, and what stands next to a number decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml
from rapidfuzz import fuzz, process

Kind = Literal["control", "control_2013", "clause", "ambiguous", "unknown"]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A requirement of another framework that a control supports; never "equals"."""

    framework: str
    """``nist_csf_2_0``, ``soc2_tsc``, ``gdpr`` or ``pci_dss_4_0_1``."""
    ref: str
    confidence: str
    """``high``, ``medium`` or ``low``."""
    corroborated_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interview:
    opening: str
    probes: tuple[str, ...]
    evidence: tuple[str, ...]
    typical_gap: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How plausible it is to exclude the control, and what a reason has to say."""

    plausibility: str
    note: str


@dataclass(frozen=True, slots=True)
class Control:
    """An Annex A control of the 2022 edition; every explanation is in our own words."""

    id: str
    title: str
    theme: str
    new_in_2022: bool
    from_2013: tuple[str, ...]
    attributes: AnyMapping[str, tuple[str, ...]] = field(hash=False)
    intent: str
    interview: Interview
    exclusion: Exclusion
    mappings: tuple[Mapping, ...]
    title_variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentedInformation:
    """Whether a clause itself asks for a document: ``required``, ``as_needed`` or ``none``."""

    level: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """An assessable unit of clauses 4 to 10; every explanation is in our own words."""

    id: str
    title: str
    must_show: tuple[str, ...]
    documented_information: DocumentedInformation
    evidence: tuple[str, ...]
    typical_nonconformities: tuple[str, ...]
    opening: str
    probes: tuple[str, ...]
    changed_2022: bool = False
    new_2022: bool = False
    changed_amd1_2024: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """The 93 controls and 30 clause units with their look-ups."""

    controls: tuple[Control, ...]
    clauses: tuple[Clause, ...]
    mandatory_documents: tuple[tuple[str, str], ...]
    """(clause, what) pairs of the documented information that clauses 4 to 10 demand."""
    often_claimed_documents: tuple[str, ...]
    """Documents that many believe to be demanded and that are not."""
    _controls: AnyMapping[str, Control] = field(repr=False, hash=False)
    _clauses: AnyMapping[str, Clause] = field(repr=False, hash=False)
    _targets: AnyMapping[str, tuple[str, ...]] = field(repr=False, hash=False)
    _titles: AnyMapping[str, Control | Clause] = field(repr=False, hash=False)

    def control(self, control_id: str) -> Control | None:
        """Return the control for an id however it is written ("A.8.24", "8.24", "A8.24")."""
        return self._controls.get(canonical(control_id))

    def clause(self, clause_id: str) -> Clause | None:
        """Return the unit with exactly this id; 9.2 is not a unit, see `clause_units`."""
        return self._clauses.get(clause_id.strip())

    def clause_units(self, number: str) -> tuple[Clause, ...]:
        """Return the units that a clause number covers: "9.2" has two, "9.2.1" is one."""
        number = number.strip()
        return tuple(c for c in self.clauses if c.id == number or c.id.startswith(number + "."))

    def targets_2013(self, control_id: str) -> tuple[str, ...]:
        """Return the 2022 ids for a 2013 control, or for a 2013 group such as A.9.2."""
        return self._targets.get(canonical(control_id), ())

    def by_mapping(self, framework: str, ref: str) -> tuple[tuple[Control, Mapping], ...]:
        """Return the controls that support a requirement, best confidence first.

        A requirement includes its listed parts ("Art. 32" has "Art. 32(1)"); an unlisted one falls
        back to its nearest listed whole ("8.3.9" to "8.3").
        """
        pairs = [(c, m) for c in self.controls for m in c.mappings if m.framework == framework]
        found = [p for p in pairs if p[1].ref == ref or _is_part(p[1].ref, ref)]
        whole = _whole(ref)
        while not found and whole:
            found = [p for p in pairs if p[1].ref == whole]
            whole = _whole(whole)
        order = ("high", "medium", "low")
        return tuple(sorted(found, key=lambda p: order.index(p[1].confidence)))

    def find_title(self, text: str) -> Control | Clause | None:
        """Return the control or clause with this title, allowing for small differences.

        A control wins over a clause of the same title. None if nothing is clearly nearest.
        """
        wanted = _fold_title(text)
        if not wanted:
            return None
        if wanted in self._titles:
            return self._titles[wanted]
        near = process.extract(wanted, list(self._titles), scorer=fuzz.ratio, limit=2)
        best, score, _ = near[0]
        clear = (
            len(near) < 2
            or score - near[1][1] >= 3
            or (self._titles[near[1][0]] is self._titles[best])
        )
        return self._titles[best] if score >= 88 and clear else None


@dataclass(frozen=True, slots=True)
class Reference:
    """An id in a text: `text[start:end]` of the text it was found in.

    `ids` are 2022 control ids and/or clause unit ids: for ``control_2013`` the 2022 targets, for
    ``ambiguous`` the control and the clause units that share the number, for ``unknown`` (an id
    written as a control or clause that no edition has) nothing.
    """

    text: str
    start: int
    end: int
    kind: Kind
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameworkReference:
    """A requirement of another framework in a text, with the 2022 controls that support it."""

    text: str
    start: int
    end: int
    framework: str
    ref: str
    controls: tuple[str, ...]


_ID = re.compile(r"^\s*(?:Annex\s+)?A?[\s.\-]*(\d{1,2}(?:\.\d{1,2}){1,2})\.?\s*$", re.IGNORECASE)


def canonical(control_id: str) -> str:
    """Write a control id the usual way: "a 8.01" is "A.8.1". Other text comes back as it is."""
    match = _ID.match(control_id)
    return _with_a(match.group(1)) if match else control_id.strip()


def _with_a(number: str) -> str:
    return "A." + ".".join(str(int(part)) for part in number.split("."))


def control_order(control_id: str) -> tuple[int, ...]:
    """Sort key that puts A.5.9 before A.5.10."""
    return tuple(int(n) for n in re.findall(r"\d+", control_id))


_SPELLING = (("organisation", "organization"), ("isation", "ization"), ("labelling", "labeling"))


def _fold_title(text: str) -> str:
    folded = re.sub(r"[^\w]+", " ", text.casefold()).strip()
    for british, american in _SPELLING:
        folded = folded.replace(british, american)
    return folded


def _is_part(ref: str, whole: str) -> bool:
    return ref.startswith(whole) and ref[len(whole) : len(whole) + 1] in ("(", ".", "-")


def _whole(ref: str) -> str | None:
    shorter = re.sub(r"(\([^()]*\)|[.\-]\d+)$", "", ref)
    return shorter if shorter != ref else None


@lru_cache(maxsize=1)
def register() -> Register:
    """Load the register once; about 50 ms."""
    controls = tuple(_control(raw) for raw in _load("controls.yaml")["controls"])
    clause_file = _load("clauses.yaml")
    clauses = tuple(_clause(raw) for raw in clause_file["clauses"])
    meta = clause_file["meta"]
    titles: dict[str, Control | Clause] = {}
    units: tuple[Control | Clause, ...] = (*controls, *clauses)
    for unit in units:
        variants = unit.title_variants if isinstance(unit, Control) else ()
        for title in (unit.title, *variants, *_group_title(unit)):
            titles.setdefault(_fold_title(title), unit)
    return Register(
        controls=controls,
        clauses=clauses,
        mandatory_documents=tuple(
            (d["clause"], d["what"]) for d in meta["mandatory_documented_information"]
        ),
        often_claimed_documents=tuple(meta["not_mandatory_but_often_claimed"]),
        _controls={c.id: c for c in controls},
        _clauses={c.id: c for c in clauses},
        _targets=_targets(controls),
        _titles=titles,
    )


def _load(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("knowledge.guidance").joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - a safe loader either way
    return loaded


def _group_title(unit: Control | Clause) -> tuple[str, ...]:
    """Let the title of a clause with sub-parts ("Internal audit") lead to its first part."""
    head, dash, tail = unit.title.partition(" - ")
    return (head,) if dash and tail.casefold() == "general" else ()


def _control(raw: dict[str, Any]) -> Control:
    interview = raw["interview"]
    return Control(
        id=raw["id"],
        title=raw["title"],
        theme=raw["theme"],
        new_in_2022=raw["new_in_2022"],
        from_2013=tuple(raw["from_2013"]),
        attributes={name: tuple(values) for name, values in raw["attributes"].items()},
        intent=raw["intent"],
        interview=Interview(
            opening=interview["opening"],
            probes=tuple(interview["probes"]),
            evidence=tuple(interview["evidence"]),
            typical_gap=interview["typical_gap"],
        ),
        exclusion=Exclusion(raw["exclusion"]["plausibility"], raw["exclusion"].get("note", "")),
        mappings=tuple(
            Mapping(framework, m["ref"], m["confidence"], tuple(m["corroborated_by"]))
            for framework, entries in raw["mappings"].items()
            for m in entries
        ),
        title_variants=_variants(raw.get("title_variants")),
    )


def _variants(raw: object) -> tuple[str, ...]:
    if isinstance(raw, dict):
        return tuple(str(v) for v in raw.values())
    return tuple(str(v) for v in raw) if isinstance(raw, list) else ()


def _clause(raw: dict[str, Any]) -> Clause:
    documented = raw["documented_information"]
    return Clause(
        id=raw["id"],
        title=raw["title"],
        must_show=tuple(raw["must_show"]),
        documented_information=DocumentedInformation(documented["level"], documented.get("note")),
        evidence=tuple(raw["evidence"]),
        typical_nonconformities=tuple(raw["typical_nonconformities"]),
        opening=raw["opening"],
        probes=tuple(raw["probes"]),
        changed_2022=raw.get("changed_2022", False),
        new_2022=raw.get("new_2022", False),
        changed_amd1_2024=raw.get("changed_amd1_2024", False),
    )


def _targets(controls: Iterable[Control]) -> dict[str, tuple[str, ...]]:
    collected: dict[str, list[str]] = {}
    for control in controls:
        for old in control.from_2013:
            group = old.rsplit(".", 1)[0]
            for key in (old, group):
                known = collected.setdefault(key, [])
                if control.id not in known:
                    known.append(control.id)
    return {key: tuple(ids) for key, ids in collected.items()}


# How ids are written in running text.

_LETTER = r"(?:\s?\(?[a-j]\)|\s[b-hj]\b|\s[ab](?=[,;.]|\s*$|\s+(?:and|or|und)\b))"
_ITEM = re.compile(
    r"(?<![\w.,])"
    r"(?P<annex>(?:Annex|Anhang|Annexe|Anexo)\s+)?"
    r"(?P<a>[Aa](?:\s?[.\-]\s?)?|A\s)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,2})"
    rf"(?P<letter>{_LETTER})?"
    r"(?![\w]|[.,:]\d|%)",
)
_RANGE = re.compile(
    r"\s*(?:[-–—‑]|\bto\b|\bthrough\b|\bthru\b|\bbis\b|\bà\b|\ba\b)\s*", re.IGNORECASE
)
_AND = re.compile(
    r"\s*(?:,|;|/|\+|&|\band\b|\bor\b|\bund\b|\boder\b|\bsowie\b|\bbzw\.|\bet\b|\bou\b|\by\b|"
    r"\bas well as\b)\s*(?:(?:and|or|und|oder)\s+)?(?:controls?\s+|clauses?\s+)?",
    re.IGNORECASE,
)
_CONTROL_BEFORE = re.compile(
    r"(?:\bcontrols?|\bAnnex(?:\s+A)?|\bAnhang(?:\s+A)?|\bMa(?:ß|ss)nahmen?|\bmesures?|"
    r"\bcontroles?|\b27002(?::20\d\d)?)"
    r"(?:\s+(?:no|nr|number|id|ref|reference)s?\.?)?\s*[:(\"'“‘]*\s*$",
    re.IGNORECASE,
)
_CLAUSE_BEFORE = re.compile(
    r"(?:\bclauses?|\bsub-?clauses?|\bKlauseln?|\bNormabschnitte?s?|\bNormkapitel|\bcl\.)"
    r"\s*[:(\"'“‘]*\s*$",
    re.IGNORECASE,
)
_CONTROL_AFTER = re.compile(
    r"\s*[\"'”’)]*,?\s*(?:\(?(?:the|der|die)\s+)?(?:Annex\s+A\s+)?"
    r"(?:controls?\b|Ma(?:ß|ss)nahmen?\b|\(?in Annex A|\(?of Annex A)",
    re.IGNORECASE,
)
_CLAUSE_AFTER = re.compile(
    r"\s*[\"'”’)]*,?\s*(?:\(?(?:the|die)\s+)?(?:clauses?\b|Klauseln?\b)", re.IGNORECASE
)
_NORM_BEFORE = re.compile(
    r"\bISO(?:\s*/\s*IEC)?(?:\s*2700[12])?(?::\s?20\d\d)?,?(?:\s+(?:Annex A|Anhang A))?\s*$",
    re.IGNORECASE,
)
_FOREIGN_BEFORE = re.compile(
    r"(?:\bv|\bversions?|\bver\.?|\breleases?|\brev\.?|\brevisions?|\bsections?|\bsect?\.|§+|\bparas?\.?|"
    r"\bparagraphs?|\bpoints?|\bchapters?|\bAbschnitte?s?|\bAbs\.|\bZiffern?|\bZiff\.|\bKapitel|"
    r"\bPunkte?|\bNr\.?|\bNo\.?|\bnumber|\bfigures?|\bfig\.|\btables?|\bTabellen?|\bsteps?|"
    r"\blevels?|\bCVSS(?:\s*v?\d\.\d)?(?:\s+score)?|\bscores?|\bratings?|\brequirements?|\breqs?\.?|"
    r"\bPCI(?:[\s-]*DSS)?(?:\s*v?\d(?:\.\d){1,2})?|\bCSF|\bTSC|\bSOC\s*2|\bGDPR|\bDSGVO|"
    r"\bart(?:icles?|ikels?|\.)?|\brecitals?|\bappendix|\bpages?|\bS\.|\bat|\bum|\bpart|\bTeil|"
    r"\bitems?|\bquestions?|\brules?|\bEUR|\bUSD|\bGBP|\bCHF|[$€£]|[<>≤≥=~±×])\s*[:=(]*\s*$",
    re.IGNORECASE,
)
_DOCUMENT_BEFORE = re.compile(r"(?:[A-Z]{2,}[\w]*(?:[-_.]\w+)*[-_.]\d[\w.]*|\d)\s*,?\s*$")
_UNIT_AFTER = re.compile(
    r"\s*(?:%|‰|°|[$€£]|(?:percent|per cent|prozent|hours?|hrs?|h|days?|weeks?|months?|years?|"
    r"minutes?|mins?|seconds?|sec|stunden?|tagen?|tage|wochen?|monaten?|monate|jahren?|jahre|"
    r"minuten?|sekunden?|gb|tb|mb|kb|gib|tib|ghz|mhz|ms|km|m|kg|kw|kwh|eur|euros?|usd|gbp|chf|dollars?|"
    r"million(?:en)?|millions|mio|billion|mrd|bn|k|am|pm|a\.m|p\.m|uhr|o'clock|x|fte|times|"
    r"points?|von 10|out of|of 10|/\s?10)\b)",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"([\w/.\-]+)\s+$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOWER_NAMES = frozenset({"python", "java", "kernel", "firmware", "build", "openssl", "php"})
_CAPITALS_THAT_ARE_NO_PRODUCTS = _words(
    "iso iec isms soa the what is does which who when where why how do can are in on under per of "
    "from see and or for by with was ist gilt nach laut gemäß siehe ref refs reference annex "
    "about explain show tell compare define describe control controls clause clauses also both "
    "did has have must should if not yes no hat haben warum wie wo wann wer erkläre zeige"
)


@dataclass(frozen=True, slots=True)
class _Item:
    match: re.Match[str]
    number: str
    letter: bool
    marked: bool
    """Written with its A ("A.8.24", "Annex A 8.24")."""

    @property
    def start(self) -> int:
        return self.match.start()

    @property
    def end(self) -> int:
        return self.match.end()


@dataclass(frozen=True, slots=True)
class _Group:
    """Items joined by commas, "and" or a range sign; what stands before the first governs all."""

    items: tuple[_Item, ...]
    ranges: frozenset[int]
    """Indexes of items that are the end of a range begun by the item before."""


_NEAR = 60
"""Characters around a number in which a word can say what it is."""


def references(text: str) -> tuple[Reference, ...]:
    """Find the Annex A controls and clauses that `text` names, in order.

    Lists and ranges ("A.5.19 to A.5.23", "clauses 4.1 and 4.2") share the word before them; a
    range is one reference with all its ids. Versions, dates, amounts, sections of other documents
    and requirements of other frameworks are left alone.
    """
    found: list[Reference] = []
    for group in _groups(text):
        found.extend(_group_references(text, group))
    return tuple(found)


def _groups(text: str) -> Iterator[_Group]:
    items: list[_Item] = []
    ranges: set[int] = set()
    for item in _items(text):
        if items:
            between = text[items[-1].end : item.start]
            if _RANGE.fullmatch(between) and len(items) - 1 not in ranges:
                ranges.add(len(items))
            elif not _AND.fullmatch(between):
                yield _Group(tuple(items), frozenset(ranges))
                items, ranges = [], set()
        items.append(item)
    if items:
        yield _Group(tuple(items), frozenset(ranges))


def _items(text: str) -> Iterator[_Item]:
    position = 0
    while match := _ITEM.search(text, position):
        marked = match.group("a") is not None
        spaced_article = marked and match.group("a") in ("A ",) and not match.group("annex")
        plain_a = spaced_article and "." not in match.group("number")
        position = match.end()
        if plain_a:
            continue
        yield _Item(match, match.group("number"), match.group("letter") is not None, marked)


def _group_references(text: str, group: _Group) -> Iterator[Reference]:
    first = group.items[0]
    before = text[max(0, first.start - _NEAR) : first.start]
    after = text[group.items[-1].end : group.items[-1].end + _NEAR]
    says = _governing(before, after, first)
    foreign = not first.marked and says is None and _is_foreign(text, first, group.items[-1])
    index = 0
    while index < len(group.items):
        item = group.items[index]
        until = group.items[index + 1] if index + 1 in group.ranges else None
        index += 2 if until else 1
        if item.marked:
            says, foreign = "control", False
        if foreign:
            continue
        last = until or item
        if until is None and _UNIT_AFTER.match(text, item.end) and not item.marked:
            continue
        reading = _read(item.number, until.number if until else None, says, item.marked)
        if reading is None and until is not None:
            for single in (item, until):
                alone = _read(single.number, None, says, single.marked)
                if alone is not None:
                    yield _reference(text, single, single, alone)
            continue
        if reading is not None:
            yield _reference(text, item, last, reading)


def _reference(
    text: str, first: _Item, last: _Item, reading: tuple[Kind, tuple[str, ...]]
) -> Reference:
    start, end = first.start, last.end
    return Reference(text[start:end], start, end, *reading)


def _governing(before: str, after: str, first: _Item) -> Literal["control", "clause"] | None:
    if first.marked or _CONTROL_BEFORE.search(before):
        return "control"
    if _CLAUSE_BEFORE.search(before):
        return "clause"
    if "." not in first.number:
        return None
    if _CONTROL_AFTER.match(after):
        return "control"
    if _CLAUSE_AFTER.match(after):
        return "clause"
    return None


def _is_foreign(text: str, first: _Item, last: _Item) -> bool:
    """Tell whether a bare number is a version, an amount or a section of some document."""
    if "." not in first.number:
        return True
    before = text[max(0, first.start - _NEAR) : first.start]
    if _NORM_BEFORE.search(before):
        return False
    if _UNIT_AFTER.match(text, last.end) or _FOREIGN_BEFORE.search(before):
        return True
    if _DOCUMENT_BEFORE.search(before) or _follows_a_product(before):
        return True
    return _numbers_its_line(text, first)


def _follows_a_product(before: str) -> bool:
    match = _NAME_BEFORE.search(before)
    if not match:
        return False
    word = match.group(1).strip("./-")
    if word.lower() in _LOWER_NAMES:
        return True
    capital = any(c.isupper() for c in word)
    return capital and word.lower() not in _CAPITALS_THAT_ARE_NO_PRODUCTS


def _numbers_its_line(text: str, item: _Item) -> bool:
    """Tell whether the number numbers the paragraph it opens ("4.3 Privileged access is …").

    A line that goes on with the control's own title is a reference all the same.
    """
    line_start = text.rfind("\n", 0, item.start) + 1
    if text[line_start : item.start].strip(" \t#*"):
        return False
    rest = re.match(
        r"\.?[*\s:–-]+(?=[*\"“(\[]?[A-ZÀ-ÞĀ-Ž])(.+)", text[item.end : item.end + 2 * _NEAR]
    )
    if not rest:
        return False
    control = register().control(item.number)
    title = _fold_title(control.title) if control else ""
    return not (title and _fold_title(rest.group(1)).startswith(title))


def _read(
    number: str, until: str | None, says: Literal["control", "clause"] | None, marked: bool
) -> tuple[Kind, tuple[str, ...]] | None:
    if until is not None:
        return _read_range(number, until, says, marked)
    as_control = _as_control(number) if says != "clause" else None
    as_clause = _as_clause(number, whole=says == "clause") if says != "control" else None
    if as_control and as_control[0] == "control_2013" and says is None:
        as_control = None
    if as_control and as_clause:
        return ("ambiguous", (*as_control[1], *as_clause))
    if as_control:
        return as_control
    if as_clause:
        return ("clause", as_clause)
    if says is not None and "." in number and (marked or says == "clause"):
        return ("unknown", ())
    return None


def _as_control(number: str) -> tuple[Kind, tuple[str, ...]] | None:
    control = register().control(number)
    if control:
        return ("control", (control.id,))
    targets = register().targets_2013(number)
    return ("control_2013", targets) if targets and "." in number else None


def _as_clause(number: str, *, whole: bool) -> tuple[str, ...]:
    """Return the units of a clause number; a number without a dot only if it is called clause."""
    if "." not in number and not whole:
        return ()
    return tuple(clause.id for clause in register().clause_units(number))


def _read_range(
    number: str, until: str, says: Literal["control", "clause"] | None, marked: bool
) -> tuple[Kind, tuple[str, ...]] | None:
    low, high = control_order(number), control_order(until)
    if low >= high:
        return None
    control_ids = () if says == "clause" else _between(low, high)
    clause_ids = () if says == "control" else _clauses_between(low, high)
    if says is None and len(low) == 1:
        return None
    if control_ids and clause_ids:
        return ("ambiguous", (*control_ids, *clause_ids))
    if control_ids:
        return ("control", control_ids)
    if clause_ids:
        return ("clause", clause_ids)
    old = _between_2013(low, high) if says == "control" else ()
    return ("control_2013", old) if old else None


def _between(low: Sequence[int], high: Sequence[int]) -> tuple[str, ...]:
    """Return the controls from low to high, if both ends exist (a theme counts as its controls)."""
    known = register().controls
    if len(low) == 2 and len(high) == 2:
        ends = ("A." + ".".join(map(str, low)), "A." + ".".join(map(str, high)))
        if not all(register().control(end) for end in ends):
            return ()
    elif not (len(low) == 1 and len(high) == 1 and low[0] >= 5 and high[0] <= 8):
        return ()
    bounds = (tuple(low), tuple(high))
    width = len(bounds[0])
    return tuple(c.id for c in known if bounds[0] <= control_order(c.id)[:width] <= bounds[1])


def _clauses_between(low: Sequence[int], high: Sequence[int]) -> tuple[str, ...]:
    if low[0] < 4 or high[0] > 10:
        return ()
    ends = (".".join(map(str, low)), ".".join(map(str, high)))
    if not all(register().clause_units(end) for end in ends):
        return ()
    return tuple(
        c.id
        for c in register().clauses
        if tuple(low) <= control_order(c.id)[: len(low)]
        and control_order(c.id)[: len(high)] <= tuple(high)
    )


def _between_2013(low: Sequence[int], high: Sequence[int]) -> tuple[str, ...]:
    if len(low) != 3 or len(high) != 3:
        return ()
    olds = sorted({old for c in register().controls for old in c.from_2013}, key=control_order)
    inside = [o for o in olds if tuple(low) <= control_order(o) <= tuple(high)]
    return tuple(dict.fromkeys(t for old in inside for t in register().targets_2013(old)))


def control_ids(text: str) -> tuple[str, ...]:
    """Return the 2022 ids of the controls that `text` names for certain, in order, once each."""
    named = (r for r in references(text) if r.kind in ("control", "control_2013"))
    return tuple(dict.fromkeys(i for r in named for i in r.ids))


# Requirements of other frameworks.

_CSF = re.compile(r"(?<![\w.])(?:GV|ID|PR|DE|RS|RC)\.[A-Z]{2}(?:-\d{1,2})?(?![\w-])")
_SOC_COMMON = re.compile(r"(?<![\w.])CC\d\.\d{1,2}(?![\w.]\d|\w)")
_SOC_OTHER = re.compile(r"(?<![\w.])(?:A1|C1|PI1|P\d)\.\d{1,2}(?![\w.]\d|\w)")
_SOC_WORD = re.compile(r"\bSOC\s?2|\bTSC\b|\btrust (?:services? )?criteri", re.IGNORECASE)
_GDPR = re.compile(
    r"(?<!\w)(?:Art(?:icles?|ikels?|\.)?|Artículos?)\s*(?P<article>\d{1,2})"
    r"(?:\s*(?:\(\s*(?P<paragraph>\d{1,2})\s*\)|Abs(?:\.|atz)\s*(?P<absatz>\d{1,2})))?"
    r"(?:\s*(?:\(\s*(?P<point>[a-k])\s*\)|lit\.\s*(?P<lit>[a-k])\)?))?(?!\w)",
    re.IGNORECASE,
)
_GDPR_WORD = re.compile(
    r"\bGDPR|\bDSGVO|\bDS-GVO|\bRGPD|\bAVG\b|2016/679|General Data Protection|Datenschutz-Grund",
    re.IGNORECASE,
)
_OTHER_LAW = re.compile(r"\s*(?:of|der|des|de la)\s+(?:the\s+)?(?!GDPR|DS|RGPD|Regul|General)[A-Z]")
_PCI = re.compile(
    r"\bPCI(?:[\s-]*DSS)?(?:\s*v?4(?:\.0){1,2}(?:\.1)?)?(?:\s*[,:]?\s*(?:requirements?|reqs?\.?))?\s*"
    r"(?P<list>\d{1,2}(?:\.\d{1,2}){1,3}(?:(?:\s*,\s*|\s+and\s+|\s*/\s*)\d{1,2}(?:\.\d{1,2}){1,3})*)"
    r"(?![.\d])",
    re.IGNORECASE,
)
_PCI_REQUIREMENT = re.compile(
    r"\b(?:requirements?|reqs?\.?)\s+(?P<list>\d{1,2}(?:\.\d{1,2}){1,3})(?![.\d])", re.IGNORECASE
)
_PCI_WORD = re.compile(r"\bPCI\b")
_PCI_EDITIONS = frozenset({"4.0", "4.0.1", "3.2.1", "3.2"})


def framework_references(text: str) -> tuple[FrameworkReference, ...]:
    """Find requirements of NIST CSF 2.0, SOC 2, GDPR and PCI DSS 4.0.1 named in `text`.

    Articles count as GDPR only in a text that speaks of the GDPR or where the article is one that
    the register knows; availability, confidentiality and privacy criteria only next to SOC 2.
    """
    found = [*_plain(text, _CSF, "nist_csf_2_0"), *_plain(text, _SOC_COMMON, "soc2_tsc")]
    if _SOC_WORD.search(text):
        found.extend(_plain(text, _SOC_OTHER, "soc2_tsc"))
    found.extend(_gdpr(text))
    found.extend(_pci(text))
    unique = {(f.start, f.end): f for f in found}
    return tuple(sorted(unique.values(), key=lambda f: f.start))


def _framework_reference(
    text: str, start: int, end: int, framework: str, ref: str
) -> FrameworkReference:
    controls = tuple(dict.fromkeys(c.id for c, _ in register().by_mapping(framework, ref)))
    return FrameworkReference(text[start:end], start, end, framework, ref, controls)


def _plain(text: str, pattern: re.Pattern[str], framework: str) -> Iterator[FrameworkReference]:
    for match in pattern.finditer(text):
        yield _framework_reference(text, match.start(), match.end(), framework, match.group())


def _gdpr(text: str) -> Iterator[FrameworkReference]:
    spoken = _GDPR_WORD.search(text) is not None
    for match in _GDPR.finditer(text):
        paragraph = match.group("paragraph") or match.group("absatz")
        point = match.group("point") or match.group("lit")
        ref = f"Art. {match.group('article')}"
        ref += f"({paragraph})" if paragraph else ""
        ref += f"({point.lower()})" if point else ""
        reference = _framework_reference(text, match.start(), match.end(), "gdpr", ref)
        if spoken or (reference.controls and not _OTHER_LAW.match(text, match.end())):
            yield reference


_PCI_WHOLE = re.compile(r"\breq(?:uirement)?s?\.?\s*(\d{1,2})\b(?!\.\d)", re.IGNORECASE)
"""A whole PCI DSS requirement: "requirement 8"."""


def _pci(text: str) -> Iterator[FrameworkReference]:
    patterns = (_PCI, _PCI_REQUIREMENT) if _PCI_WORD.search(text) else ()
    if patterns:
        for whole in _PCI_WHOLE.finditer(text):
            yield _framework_reference(
                text, whole.start(1), whole.end(1), "pci_dss_4_0_1", whole.group(1)
            )
    for pattern in patterns:
        for match in pattern.finditer(text):
            offset = match.start("list")
            for number in re.finditer(r"\d{1,2}(?:\.\d{1,2}){1,3}", match.group("list")):
                if number.group() in _PCI_EDITIONS:
                    continue
                start, end = offset + number.start(), offset + number.end()
                yield _framework_reference(text, start, end, "pci_dss_4_0_1", number.group())
