"""Reading a finding: what it says was required, what was seen, and what it leaves open. Pure.

The text is data. Whatever in it sounds like an order is kept as text and followed by nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.domain.plan import Finding, Grade
from assistant.planning.patterns import Pattern, fitting, ranked, unit_of
from knowledge.controls import Reference, references, register
from knowledge.instructions import instructions_in
from knowledge.keywords import query_languages
from knowledge.text import fold, sentences


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts that a finding states about what was seen, each in its own words."""

    sample: str = ""
    population: str = ""
    where: str = ""
    when: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Name what is not stated."""
        wanted = {
            "the sample (how many were looked at, how many failed)": self.sample,
            f"the population (how many there are in all{_beyond(self.sample)})": self.population,
            "the place (system, site, team)": self.where,
            "the time (period or dates)": self.when,
        }
        return tuple(name for name, value in wanted.items() if not value)


def _beyond(sample: str) -> str:
    """Say that a sample was read, where its size might be taken for the population."""
    return f"; I read the sample: “{sample}”" if sample and _SAMPLED.search(sample) else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one finding says, understood as far as its words are certain."""

    ids: tuple[str, ...] = ()
    confirmed: bool = False
    """The finding names the requirement itself."""
    pattern: str = ""
    """Id of the kind of finding; empty: unknown."""
    related: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    note: str = ""
    seen: Seen = Seen()
    grade_in_text: Grade | None = None
    named_section: str = ""
    """Section of an own document that the finding names, such as "4.3"."""
    gap: str = ""
    """The sentence of the finding that says what was wrong."""
    notes: tuple[str, ...] = ()
    """What a person should know about the text."""
    language: str = "en"


_GRADE = re.compile(
    r"^\W*(?:\w+[-/]?\d*\W+)?(major|minor|ofi|observation|opportunity for improvement|haupt|neben|"
    r"hinweis)(?:\W|abweichung|$)|\bgrad(?:e|ing)\W+(major|minor)|\b(major|minor) (?:nc\b|"
    r"non-?conformit)|"
    r"\b(haupt|neben)abweichung|(?:[.;:!?]|^)\W*(?:a |an |graded(?: as)?:? |classified as |"
    r"category:? |severity:? |classification:? |einstufung:? )?(major|minor|ofi|"
    r"observation)\W*(?:$|\n)|"
    r"[(\[](major|minor|ofi|observation)[)\]]|\b(?:graded?|rated|classified)(?: as)?:? (?:an? )?"
    r"(major|minor|ofi|observation)\b",
    re.IGNORECASE,
)
_GRADES = {
    "major": Grade.MAJOR,
    "haupt": Grade.MAJOR,
    "minor": Grade.MINOR,
    "neben": Grade.MINOR,
    "ofi": Grade.OFI,
    "observation": Grade.OFI,
    "opportunity for improvement": Grade.OFI,
    "hinweis": Grade.OFI,
}
_NUMBER = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|none|no|all|both|half|"
    r"ein\w*|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|kein\w*)"
)
_SAMPLE = re.compile(
    rf"\b(?!(?:19|20)\d\d\b){_NUMBER}\s+(?:\w+\s+){{0,3}}?(?:of|out of|from|von|der|"
    rf"in)\s+(?:the |den |a sample of )?"
    rf"{_NUMBER}\b(?:\s+(?!was|were|had|have|and|is|are)\w+){{0,3}}|"
    rf"\b\d+\s*/\s*\d+\b(?:\s+\w+){{0,2}}|"
    rf"\bof (?:the )?{_NUMBER} (?:\w+ ){{0,3}}sampled,? {_NUMBER}\b(?: \w+)?|"
    rf"\bsampl\w+[^.;]{{0,40}}\b\d+(?: [\w-]+){{0,2}}|(?<!stage )\b\d+[^.;]{{0,40}}\bsampl\w+|"
    rf"\bstichprobe\w*[^.;]{{0,40}}\d+|"
    rf"(?<![-\w.]){_NUMBER} (?:\w+ ){{0,2}}(?:records?|accounts?|systems?|suppliers?|employees?|"
    rf"tickets?|changes?|"
    rf"rows?|users?|risks?|laptops?|devices?|contracts?|documents?|leavers?|joiners?|persons?|"
    rf"agencies|"
    rf"konten|systeme?n?|mitarbeiter\w*|lieferanten)\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März|Apr(?:il)?|May|Mai|June?|Juni|"
    r"July?|Juli|"
    r"Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Okt(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|"
    r"Dez(?:ember)?)"
)
_THINGS = (
    r"(?:records?|accounts?|systems?|suppliers?|employees?|tickets?|changes?|users?|risks?|"
    r"laptops?|"
    r"devices?|contracts?|documents?|leavers?|joiners?|assets?|servers?|incidents?|backups?|"
    r"reviews?|"
    r"files?|requests?|rights|logs?|datensätze\w*|konten|systeme?n?|lieferanten|änderung\w*|"
    r"mitarbeit\w*)"
)
_POPULATION = re.compile(
    rf"\b(?:of|out of|von) (?:a total of|all|in total|insgesamt) \d+(?: \w+){{0,3}}|"
    rf"\bpopulation\w*[^.;]{{0,30}}\d+|"
    rf"\b\d+ (?:\w+ ){{0,3}}(?:in total|in all|overall|insgesamt|in scope)|"
    rf"\btotal of \d+(?: \w+){{0,2}}|"
    rf"\b(?:none|not one|0|zero|all|keine?s?) of (?:the |its |our |"
    rf"die )?{_NUMBER}(?: [\w-]+){{0,2}}",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"\b(?:of|out of|from|von|aus) (?:the |our |den )?\d+ (?:[\w’'-]+ ){{0,2}}?{_THINGS}\b",
    re.IGNORECASE,
)
"""The M of "N of M things": all there are, where the text speaks of no sample."""
_SAMPLED = re.compile(r"\bsampl\w+|\bstichprobe\w*", re.IGNORECASE)
_WHERE = re.compile(
    r"\b(?:for|in|at|on|of) (?:the )?(?:systems?|applications?|sites?|offices?|plants?|"
    r"departments?|teams?|units?|"
    r"servers?|platforms?|locations?|databases?)\s+[\"'“]?[A-Z0-9][\w./-]*(?: [A-Z][\w./-]*)*|"
    r"\b(?:systems?|site|office|plant|department|team|unit|standort|abteilung|"
    r"system)\s+[\"'“]?[A-Z][\w./-]*|"
    r"\b[A-Z][\w-]+ (?:office|site|plant|warehouse|data cent(?:er|re)|department|team|factory|"
    r"server room)\b|"
    r"\b(?:in|at) (?:the )?(?:HR|IT|finance|sales|purchasing|production|warehouse|development|"
    r"reception|server room|"
    r"data cent(?:er|re)|register|risk register|asset register|training records?|"
    r"personnel files?)\b|\bof the ISMS\b|\btier-?\d\b|"
    r"\b(?:SoA|statement of applicability)\b",
)
_WHEN = re.compile(
    rf"\b(?:(?:from|between|in|of|von|zwischen|im) )?(?:early |mid-?|late |"
    rf"end of )?{_MONTH}\.?(?: \d{{4}})? ?"
    rf"(?:to|until|till|through|and|bis|und|[-–/]) ?{_MONTH}\b\.?(?: \d{{4}})?|"
    rf"\b(?:\d{{1,2}}\.? )?{_MONTH}\.? (?:\d{{1,2}},? )?(?:19|20)\d\d\b|"
    r"\b(?:Q[1-4]|H[12]|[1-4]\. Quartal)(?: (?:19|20)\d\d(?= ?(?:to|until|and|bis|und|"
    r"[-–/]) ?Q))?(?: ?(?:to|until|and|bis|und|[-–/]) ?(?:Q?[1-4]|H[12]))?"
    r"(?:[ /-](?:19|20)\d\d)?\b|"
    r"\b(?:(?:19|20)\d\d)[ /-]?(?:Q[1-4]|H[12])\b|"
    r"\b(?:first|second|third|fourth|last) (?:quarter|half)(?: (?:of )?(?:19|20)\d\d)?|"
    r"\b(?:from |between |von |zwischen )(?:19|20)\d\d (?:to|and|bis|und|[-–]) (?:19|20)\d\d|"
    r"\b(?:in|during|over|within|for|since|for more than|den|der|seit) (?:the )?(?:last |past |"
    r"letzten? )?\d+ "
    r"(?:days?|weeks?|months?|years?|tagen?|wochen?|monaten?|jahren?)\b|\bQ[1-4](?:\W+(?:and |"
    r"und )?Q?[1-4])*(?: \d{4})?|"
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:since|in|until|of|seit|im|"
    r"bis) (?:\d{1,2} )?(?:January|"
    r"February|March|April|May|June|July|August|September|October|November|December|Januar|"
    r"Februar|März|Mai|Juni|"
    r"Juli|Oktober|Dezember)(?: \d{4})?|\b\d{1,2} (?:January|February|March|April|May|June|July|"
    r"August|"
    r"September|October|November|December)(?: \d{4})?|\b(?:since|in|during) (?:19|20)\d\d\b|"
    r"\b\d+ (?:months?|years?|weeks?|days?|monaten?|jahren?|wochen?|tagen?)\b|\b(?:last|this|"
    r"previous) (?:quarter|month|year)|"
    r"\bduring the audit\b|\bam audittag\b",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:\bsections?|\bsect?\.|§+|\bclause|\babschnitt|\bparagraph|"
    r"\bchapter)\s*(\d{1,2}(?:\.\d{1,2})+)",
    re.I,
)
_EXCLUDES = re.compile(
    r"\b(SoA|statement of applicability|anwendbarkeit\w*)\b(?:[^.;]|\.(?=\d)){0,80}\b(exclu\w+|"
    r"not applicable|n/?a\b|ausge\w+|nicht "
    r"anwendbar)|\b(exclu\w+|not applicable|ausgeschlossen|nicht anwendbar)\b(?:[^.;]|"
    r"\.(?=\d)){0,80}\b(SoA|statement of applicability)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\b(not|no|none|without|missing|fail\w*|never|only|still|late|outside|exclud\w+|overdue|"
    r"expired|incomplete|"
    r"unencrypted|unlocked|nicht|kein\w*|ohne|fehl\w+|noch)\b",
    re.IGNORECASE,
)


def read(finding: Finding) -> Reading:
    """Read a finding; nothing is guessed that its words do not carry."""
    text = finding.text
    plain = fold(text)
    grade = grade_in(plain)
    notes = list(_notes(text))
    seen = see(text)
    base = Reading(
        seen=seen,
        grade_in_text=grade,
        named_section=_section(text),
        gap=_gap(text),
        language="de" if query_languages(plain) == ("de",) else "en",
    )
    named, note = _named(text)
    found: Reading
    if _EXCLUDES.search(text) and not any(not one.startswith("A.") for one in named):
        found = _with(base, ("6.1.3",), "soa", confirmed=False, related=named)
        # An exclusion that does not hold is never a finding on the excluded control itself.
        note = note or (
            "The finding is about an exclusion in the Statement of Applicability, so the "
            "requirement "
            "is 6.1.3 d (justification) and not the excluded control."
        )
    elif named:
        pattern = fitting(text, named)
        also = tuple(one for one in (pattern.units if pattern else ()) if one not in named)[:1]
        found = _with(base, named, pattern.id if pattern else "", confirmed=True, related=also)
    else:
        found = _from_words(base, text)
    return replace(found, notes=tuple(notes), note=note or found.note)


def grade_in(text: str) -> Grade | None:
    """Give the grade that whoever wrote the finding put into its text."""
    match = _GRADE.search(text)
    if not match:
        return None
    said = next(one for one in match.groups() if one)
    return _GRADES[said.casefold()]


def see(text: str) -> Seen:
    """Find sample, population, place and time in a text."""

    def first(pattern: re.Pattern[str]) -> str:
        match = pattern.search(text)
        return " ".join(match.group().split()) if match else ""

    whole = first(_POPULATION) or ("" if _SAMPLED.search(text) else first(_WHOLE))
    return Seen(first(_SAMPLE), whole, first(_WHERE), first(_WHEN))


def named_units(text: str) -> tuple[str, ...]:
    """Give the units of the edition of 2022 that a text names, in order."""
    return _named(text)[0]


def _named(text: str) -> tuple[tuple[str, ...], str]:
    """Give the requirements that the text names, and what to know about how it names them."""
    ids: list[str] = []
    note = ""
    for one in references(text):
        if one.kind == "control_2013":
            note = (
                f"{one.text.strip()} is an id of the edition of 2013; in 2022 it is "
                f"{', '.join(one.ids)}."
            )
            ids.extend(one.ids[:1] if len(one.ids) > 2 else one.ids)
        elif one.kind == "unknown":
            note = (
                f"{one.text.strip()} is in no edition of the standard; confirm which requirement is "
                "meant."
            )
        elif one.kind == "ambiguous":
            ids.extend(_settle(one, text))
        else:
            ids.extend(one.ids)
    return tuple(dict.fromkeys(ids)), note


def _settle(one: Reference, text: str) -> tuple[str, ...]:
    """Settle a number that both a control and a clause have, by what the finding speaks of."""
    controls = tuple(each for each in one.ids if each.startswith("A."))
    clauses = tuple(each for each in one.ids if not each.startswith("A."))
    for pattern, _ in ranked(text):
        wanted = {*pattern.units, *pattern.related}
        if set(controls) & wanted and not set(clauses) & wanted:
            return controls
        if set(clauses) & wanted and not set(controls) & wanted:
            return clauses
    return clauses


def _section(text: str) -> str:
    match = _SECTION.search(text)
    return match.group(1) if match else ""


def _from_words(base: Reading, text: str) -> Reading:
    """Take the requirement from the words where one kind of finding clearly fits best."""
    found = ranked(text)
    title = register().find_title(text) if len(text) < 80 else None
    if title is not None:
        return _with(base, (title.id,), f"unit:{title.id}", confirmed=False)
    if not found:
        return replace(base, candidates=())
    best, _ = found[0]
    weights = [_weight(one, score, text) for one, score in found]
    second = max(weights[1:], default=(0, 0))
    specific = weights[0][0] >= _CLEAR and weights[0] > second
    if specific:
        return _with(base, best.units, best.id, confirmed=False)
    units = tuple(dict.fromkeys(unit for one, _ in found[:4] for unit in one.units[:1]))
    return replace(base, candidates=units)


_CLEAR = 2
"""Weight from which the words of a finding name one kind of it and no other."""


def _weight(pattern: Pattern, score: int, text: str) -> tuple[int, int]:
    """Weigh how surely a finding is of a kind: what it is about, what is wrong, how often."""
    mentions = pattern.mentions(text)
    return score + (mentions >= _CLEAR and len(pattern.words) == 1), mentions


def _with(
    base: Reading,
    ids: tuple[str, ...],
    pattern: str,
    *,
    confirmed: bool,
    related: tuple[str, ...] = (),
) -> Reading:
    return replace(base, ids=ids, pattern=pattern, confirmed=confirmed, related=related)


def _gap(text: str) -> str:
    """Give the sentence that says what was wrong, verbatim."""
    said = sentences(text)
    said = [one for one in said if not instructions_in(one)]
    wrong = [one for one in said if _WRONG.search(one)]
    # The sentence with figures says more than the one that announces the finding.
    figures = [one for one in wrong if re.search(r"\d", one)]
    return (figures or wrong or said or [text])[0].strip()


def _notes(text: str) -> tuple[str, ...]:
    order = instructions_in(text) or _order(text)
    if order is None:
        return ()
    return (
        f"The finding contains words that read like an order (“{order}”). They are kept as text "
        f"and "
        "change nothing.",
    )


_ORDER = re.compile(
    r"\b(?:ignore (?:your|the|all|any) \w+|mark (?:it|this|the plan|the finding|"
    r"as)[\w ]{0,20}\b(?:effective|closed|accepted)|"
    r"close (?:it|this) (?:without|now)|set (?:the )?(?:grade|state|status) to \w+)",
    re.IGNORECASE,
)


def _order(text: str) -> str | None:
    match = _ORDER.search(text)
    return match.group() if match else None


def title_of(unit_id: str) -> str:
    """Give "A.5.18 Access rights"."""
    unit = unit_of(unit_id)
    return f"{unit_id} {unit.title}" if unit else unit_id
