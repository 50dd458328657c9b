"""What the organisation's own documents, records and the guidance say about a finding.

Everything comes from one reader's `View`, so nothing is quoted that the reader may not see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.answering.rules import OWN_ANSWERS, Evidencer, Found, Relevance, is_rule
from assistant.answering.understanding import understand
from assistant.domain.plan import Finding
from assistant.planning.house_rules import Limit
from assistant.planning.limits import limits_in
from assistant.planning.lint_causes import Similar
from assistant.planning.patterns import Pattern, pattern_by_id, unit_of
from assistant.planning.reading import Reading, named_units
from knowledge.citing import cite
from knowledge.instructions import instructions_in
from knowledge.keywords import analyse
from knowledge.parsing.dates import find_dates
from knowledge.passages import Citation, Document, Origin, Passage, Standing
from knowledge.registers import Row, row_from_text
from knowledge.soa import Applicability, Implementation
from knowledge.text import is_verbatim, sentences
from knowledge.view import View

_OWN_RULE = 0.6
"""Strength from which a text of the organisation is taken for the rule that was broken."""


_SHARED = 2
"""Words that a rule and a finding must have in common before the one is the other's."""
_SHARE = 0.34
"""Share of a rule's words that the finding must speak of."""
_SAYS_NOTHING = frozenset(
    word
    for each in "minor major finding nonconformity day week month quarter year hour time last time "
    "missing found find record records done rule rules policy procedure ask say show made use "
    "used need person people information security company system systems keep kept sample sampled "
    "evidence number case cases plan control clause iso isms requirement requirements audit auditor "
    "reach accordance process every one two three four five six each yearly quarterly monthly".split()
    for word in analyse(each, "en")
)
"""Words that every finding and every rule may hold."""


def _spoken(text: str) -> frozenset[str]:
    """Give the words of a text that say what it is about."""
    return frozenset(
        one for one in analyse(text, "en") if one not in _SAYS_NOTHING and not one[0].isdigit()
    )


def _nearest(text: str, subject: frozenset[str]) -> tuple[float, str]:
    """Give the sentence of a text that states a rule on the subject, with the share it speaks of it."""
    found: tuple[float, str] = (0.0, "")
    for sentence in sentences(text):
        words = _spoken(sentence)
        shared = len(words & subject)
        share = shared / len(words) if words else 0.0
        good = shared >= _SHARED and share >= _SHARE and is_rule(sentence)
        if good and share > found[0] and not instructions_in(sentence):
            found = (share, sentence)
    return found


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a text with their citation."""

    text: str
    place: str
    """ "Access Control Policy v3.1, section 4.5 Leavers"."""
    citation: Citation


@dataclass(frozen=True, slots=True)
class Background:
    """All that was found about a finding before the first question."""

    own_rule: Quote | None = None
    soa: Quote | None = None
    soa_says: str = ""
    excluded: frozenset[str] = frozenset()
    implemented: frozenset[str] = frozenset()
    soa_owner: str = ""
    limits: tuple[Limit, ...] = ()
    limit_quotes: tuple[Quote, ...] = ()
    approver: Quote | None = None
    expiry: date | None = None
    expiry_quote: Quote | None = None
    similar: tuple[Similar, ...] = ()
    similar_quotes: tuple[Quote, ...] = ()
    clues: tuple[Quote, ...] = ()
    """Rules of the organisation that bear on the causes; quoted where a why stops too early."""
    guidance: tuple[Quote, ...] = ()
    section_missing: str = ""
    """A section that the finding names and that no readable document has."""


def look_up(
    view: View, relevance: Callable[[], Relevance], finding: Finding, reading: Reading
) -> Background:
    """Gather what the reader's library says about a finding."""
    pattern = pattern_by_id(reading.pattern) if reading.pattern else None
    finder = _Finder(view, relevance)
    rule, missing = finder.own_rule(finding, reading, pattern)
    limits, limit_quotes, approver = finder.procedure()
    expiry, expiry_quote = finder.expiry()
    similar, similar_quotes = finder.similar(finding, reading, pattern)
    found = Background(
        own_rule=rule,
        limits=limits,
        limit_quotes=limit_quotes,
        approver=approver,
        expiry=expiry,
        expiry_quote=expiry_quote,
        similar=similar,
        similar_quotes=similar_quotes,
        clues=finder.clues(pattern, rule),
        guidance=finder.guidance(reading),
        section_missing=missing,
    )
    return _with_soa(found, view, reading)


def _with_soa(found: Background, view: View, reading: Reading) -> Background:
    soa = view.soa()
    if soa is None:
        return found
    rows = {one: soa.row(one) for one in (*reading.ids, *reading.related) if one.startswith("A.")}
    excluded = frozenset(
        one for one, row in rows.items() if row and row.applicable is Applicability.NO
    )
    done = frozenset(
        one
        for one, row in rows.items()
        if row and row.implementation_status is Implementation.IMPLEMENTED
    )
    first = next((one for one, row in rows.items() if row), None)
    row = rows.get(first) if first else None
    if first is None or row is None:
        return replace(found, excluded=excluded, implemented=done)
    document = view.soa_document()
    passage = next(
        (one for one in view.rows(first) if document and one.document == document.id), None
    )
    quote = _quote(view, passage, passage.text) if passage else None
    status = (
        row.implementation_status.value.replace("_", " ")
        if row.implementation_status
        else "not stated"
    )
    applies = {Applicability.YES: "applicable", Applicability.NO: "excluded"}.get(
        row.applicable, "undecided"
    )
    says = f"{first} is {applies}" + (
        f", status {status}" if row.applicable is Applicability.YES else ""
    )
    if soa.version:
        says = f"SoA v{soa.version.lstrip('vV')}: {says}"
    return replace(
        found,
        soa=quote,
        soa_says=says,
        excluded=excluded,
        implemented=done,
        soa_owner=row.owner or "",
    )


class _Finder:
    def __init__(self, view: View, relevance: Callable[[], Relevance]) -> None:
        self._view = view
        self._evidence = Evidencer(view, relevance)
        self._in_force = frozenset({Standing.IN_FORCE})
        self._own = frozenset({Origin.DOCUMENT})

    def own_rule(
        self, finding: Finding, reading: Reading, pattern: Pattern | None
    ) -> tuple[Quote | None, str]:
        """Find the organisation's own rule that was broken: a named section first."""
        missing = ""
        if reading.named_section:
            named = self._section(finding.text, reading.named_section)
            if named is not None:
                return named, ""
            missing = reading.named_section
        subject = pattern.subject if pattern else ""
        if not subject and not reading.ids:
            return None, missing
        about = f"{subject} {finding.text}"
        asked = (f"What do our rules say about {subject or 'this'}? {reading.gap}", reading.gap)
        found = self._best(asked, about)
        return (self._quoted(found) if found else None), missing

    def _section(self, text: str, number: str) -> Quote | None:
        """Find a section by its number in the document that the finding speaks of."""
        words = set(analyse(text, "en"))
        best: tuple[float, Passage] | None = None
        named = {one.id for one in self._view.named(text)}
        for document in self._view.of_origin(Origin.DOCUMENT):
            if self._view.standing(document.id) is not Standing.IN_FORCE:
                continue
            title = set(analyse(document.facts.title, "en"))
            share = len(words & title) / len(title) if title else 0.0
            if document.id not in named and share < 0.5:
                continue
            score = 2.0 if document.id in named else share
            for passage in self._view.passages_of(document.id):
                section = passage.locator.section or ""
                here = re.match(rf"\W*{re.escape(number)}(?![\d.]*\d)", section)
                if here and (best is None or score > best[0]):
                    best = (score, passage)
        if best is None:
            return None
        passage = best[1]
        said = [one for one in sentences(passage.text) if is_rule(one) and not instructions_in(one)]
        overlap = [(len(set(analyse(one, "en")) & words), -at, one) for at, one in enumerate(said)]
        chosen = max(overlap)[2] if overlap else sentences(passage.text)[:1][0]
        return _quote(self._view, passage, chosen)

    def _best(self, asked: Sequence[str], about: str, floor: float = _OWN_RULE) -> Found | None:
        """Find the rule that answers one of some questions and speaks of what they are about.

        A rule on another subject would be a wrong requirement, so that both must hold."""
        subject = _spoken(about)
        best: tuple[float, Found] | None = None
        for question in asked:
            hits = self._view.search(question, 6, origins=self._own, standings=self._in_force)
            for one in self._evidence.judge(understand(question), hits):
                if one.strength < floor or one.framing:
                    continue
                share, quote = _nearest(one.quote, subject)
                if quote and (best is None or one.strength + 4.0 * share > best[0]):
                    best = (one.strength + 4.0 * share, replace(one, quote=quote))
        return best[1] if best else None

    def _quoted(self, found: Found) -> Quote | None:
        return _quote(self._view, found.passage, found.quote)

    def clues(self, pattern: Pattern | None, rule: Quote | None) -> tuple[Quote, ...]:
        """Find rules that bear on the causes of such findings."""
        if pattern is None:
            return ()
        out: list[Quote] = []
        for questions in pattern.causes.values():
            for question in questions[:1]:
                about = f"{pattern.subject} {pattern.title} {question}"
                found = self._best((question,), about, floor=max(OWN_ANSWERS, 0.5))
                quote = self._quoted(found) if found else None
                if quote and (rule is None or quote.text != rule.text):
                    out.append(quote)
        unique = {one.text: one for one in out}
        return tuple(unique.values())[:2]

    def procedure(self) -> tuple[tuple[Limit, ...], tuple[Quote, ...], Quote | None]:
        """Read the time limits and the approver from the organisation's procedure for findings."""
        limits: list[Limit] = []
        quotes: list[Quote] = []
        approver: Quote | None = None
        for document in self._procedures():
            for passage in self._view.passages_of(document.id):
                for sentence in sentences(passage.text):
                    read = tuple(limits_in(sentence))
                    if approver is None and _APPROVES.search(sentence):
                        approver = _quote(self._view, passage, sentence)
                    fresh = [one for one in read if not any(_same(one, known) for known in limits)]
                    quote = _quote(self._view, passage, sentence) if fresh else None
                    if quote is None:
                        continue
                    quotes.append(quote)
                    limits.extend(
                        replace(one, origin=f"own procedure: {quote.place}") for one in fresh
                    )
        return tuple(limits), tuple(quotes), approver

    def _procedures(self) -> tuple[Document, ...]:
        hits = self._view.search(
            "corrective action procedure: plan due after a nonconformity finding, time limit for "
            "actions",
            8,
            origins=self._own,
            standings=self._in_force,
        )
        named = [one.document for one in hits if _NC_TITLE.search(one.document.facts.title)]
        return tuple({one.id: one for one in named}.values())[:1]

    def expiry(self) -> tuple[date | None, Quote | None]:
        """Find the last day of the certificate."""
        hits = self._view.search(
            "ISO 27001 certificate valid until, expiry date of the certificate",
            6,
            origins=self._own,
            standings=self._in_force,
        )
        found: list[tuple[date, Passage, str]] = []
        for hit in hits:
            if not re.search(r"certific|zertifik", hit.passage.search_text, re.I):
                continue
            for sentence in sentences(hit.passage.text):
                if match := _VALID.search(sentence):
                    for day, start, _ in find_dates(sentence, day_first=True):
                        if start >= match.start():
                            found.append((day, hit.passage, sentence))
        if not found:
            return None, None
        day, passage, sentence = max(found, key=lambda one: one[0])
        return day, _quote(self._view, passage, sentence)

    def similar(
        self, finding: Finding, reading: Reading, pattern: Pattern | None
    ) -> tuple[tuple[Similar, ...], tuple[Quote, ...]]:
        """Find entries of registers of findings that this one resembles."""
        asked = f"{pattern.title if pattern else ''} {reading.gap}".strip()
        hits = self._view.search(asked, 12, origins=frozenset({Origin.REGISTER}))
        similar: list[Similar] = []
        quotes: list[Quote] = []
        for hit in hits:
            if not _FINDINGS.search(
                f"{hit.document.facts.title} {hit.document.source} {hit.passage.text}"
            ):
                continue
            row = row_from_text(hit.passage.text, hit.passage.locator.row)
            if row.key is None or row.key == finding.id:
                continue
            same = self._same_requirement(hit.passage, reading, pattern)
            if not same:
                continue
            quote = _quote(self._view, hit.passage, hit.passage.text)
            if quote is None:
                continue
            similar.append(Similar(row.key, _title(row), row.value("state") or ""))
            quotes.append(quote)
        return tuple(similar[:3]), tuple(quotes[:3])

    @staticmethod
    def _same_requirement(passage: Passage, reading: Reading, pattern: Pattern | None) -> bool:
        named = {*passage.controls, *named_units(passage.text)}
        if named:
            return bool(named & set(reading.ids))
        return pattern is not None and pattern.score(passage.text) >= 2

    def guidance(self, reading: Reading) -> tuple[Quote, ...]:
        """Quote the built-in guidance on corrective action and on the requirement."""
        out: list[Quote] = []
        wanted = [
            "guidance:G18",
            "guidance:G19",
            "guidance:G20",
            *(f"guidance:{one}" for one in reading.ids[:1]),
        ]
        by_source = {one.source: one for one in self._view.of_origin(Origin.GUIDANCE)}
        for source in wanted:
            document = by_source.get(source)
            passages = self._view.passages_of(document.id) if document else ()
            if not passages:
                continue
            lines = [one for one in passages[0].text.split("\n") if one.strip()]
            if lines and (quote := _quote(self._view, passages[0], lines[0])):
                out.append(quote)
        return tuple(out)


def _title(row: Row) -> str:
    """Give what an entry of a register is about; a column headed "Title" says it best."""
    named = next(
        (cell for name, cell in row.cells if re.match(r"\W*(title|finding|titel)", name, re.I)),
        None,
    )
    return named or row.value("description") or row.value("title") or ""


_APPROVES = re.compile(
    r"\bplans? for (a )?majors?\b[^.]{0,40}\bapproved\b|"
    r"\bcorrective action plans?\b[^.]{0,40}\bapproved by\b|"
    r"\bmaßnahmenpl\w+[^.]{0,60}\b(freigegeben|genehmigt)",
    re.IGNORECASE,
)
_NC_TITLE = re.compile(
    r"non-?conformit|corrective|\bCAPA\b|findings|improvement|abweichung|korrektur|"
    r"internal audit|feststellung",
    re.IGNORECASE,
)
_VALID = re.compile(
    r"\b(valid (until|to|through|from)|expir\w+|gültig (bis|von)|läuft ab|ablauf\w*|valid:)",
    re.IGNORECASE,
)
_FINDINGS = re.compile(
    r"\bCAPA?R?-|corrective|non-?conformit|\bfindings?\b|\bNC[-\s]?\d|feststellung|abweichung",
    re.IGNORECASE,
)


def _same(one: Limit, other: Limit) -> bool:
    return one.kind == other.kind and one.grade == other.grade


def _quote(view: View, passage: Passage | None, text: str) -> Quote | None:
    """Cite words of a passage; None where they may not be read or are not there."""
    if passage is None or not text.strip() or not is_verbatim(text, passage.text):
        return None
    document = view.document(passage.document)
    if document is None:
        return None
    citation = cite(document, passage, text)
    return Quote(" ".join(text.split()), place_of(citation), citation)


def place_of(citation: Citation) -> str:
    """Say where a citation stands, for a person."""
    name = citation.document
    if citation.identifier and citation.identifier not in name:
        name = f"{citation.identifier} {name}"
    version = citation.version
    if version and citation.type is not Origin.GUIDANCE:
        name += f" v{version.lstrip('vV')}"
    parts = [name]
    if citation.row:
        parts.append(f"row {citation.row}")
    elif citation.section and citation.type is not Origin.GUIDANCE:
        parts.append(f"section {citation.section}")
    if citation.page:
        parts.append(f"page {citation.page}")
    return ", ".join(parts)


def cited(quotes: Sequence[Quote | None]) -> tuple[Citation, ...]:
    """Give the citations of quotes, once each."""
    found = {(one.citation.passage, one.citation.quote): one.citation for one in quotes if one}
    return tuple(found.values())


def describe_unit(unit_id: str) -> str:
    """Give the title of a unit, or the id alone."""
    unit = unit_of(unit_id)
    return f"{unit_id} {unit.title}" if unit else unit_id
