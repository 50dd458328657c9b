"""Things in a reply that could show something: ids, links, files, documents by name, mere mentions.

What carries an id, an address or a version can be found again and is registered; "HR has a list" is
only a mention, which becomes a request. Pure functions of text and today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from assistant.domain.interview import EvidenceKind
from assistant.interviewing.dating import When, days

_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that is named: `text[start:end]`. Without `ref` it cannot be found again by its name."""

    ref: str | None
    kind: EvidenceKind
    day: date | None
    words: str
    start: int
    end: int


_RECORD_WORDS = (
    r"tickets?|minutes|protokoll\w*|logs?|log files?|reports?|berichte?|lists?|"
    r"listen?|exports?|screenshots?|"
    r"certificates?|zertifikate?|forms?|formular\w*|sheets?|spreadsheets?|tables?|"
    r"emails?|e-mails?|mails?|"
    r"acceptance records?|records?|nachweise?|photos?|pictures?|entries|entry|"
    r"results?|slides|invoices?|"
    r"register|registers|chats?|messages?|boards?|dashboards?|exports?|checklists?|signatures?|"
    r"(?:work )?orders?|receipts?|scans?|confirmations?|bestätigung\w*|attendance|"
    r"changes?|requests?|calendar|cases?"
)
_DOCUMENT_WORDS = (
    r"polic(?:y|ies)|standards?|procedures?|plans?|papers?|concepts?|guidelines?|"
    r"contracts?|agreements?|manuals?|"
    r"handbooks?|runbooks?|playbooks?|rules?|richtlinien?|konzepte?|verträge?|"
    r"vertrag|handb[uü]ch\w*|scope statement|"
    r"statement of applicability|soa|templates?|matrix|diagrams?|descriptions?|"
    r"anweisung\w*|clauses?|wiki(?: pages?)?|"
    r"notebook|page|instructions?|specifications?|roadmaps?|strategy"
)
_ID = re.compile(
    r"(?<![\w/.@-])(?P<ref>[A-Z][A-Z0-9]{1,11}(?:[-_/][A-Z0-9]{1,12}){1,4}|[A-Z]{2,6}\d{3,12}|"
    r"(?:CVE|INC|CHG|REQ|RITM|TASK|PRB|CASE)-?\d{2,})(?P<v>,?\s+(?:v|version |"
    r"rev\.? ?)\d+(?:\.\d+)*)?(?![\w-])"
)
_NUMBERED = re.compile(
    r"\b(?P<what>ticket|run|build|job|change|case|incident|request|issue|invoice|order|audit|"
    r"report|record|entry|card|vorgang|"
    r"auftrag)(?:\s+(?:no\.?|nr\.?|number|id))?\s*[#:]?\s*(?P<n>#?\d{2,9})\b(?!\s*(?"
    r":%|days?|hours?|weeks?|months?|"
    r"people|times|of\s+(?:the\s+)?\d{1,3}\b(?!\.?\s*[A-Z])|\.\d))",
    _I,
)
_HASH = re.compile(r"(?<!\w)#\d{2,7}\b")
_LINK = re.compile(r"\bhttps?://[^\s<>\"')]+|\bwww\.[^\s<>\"')]+", _I)
_FILE = re.compile(
    r"(?<![\w/])(?P<ref>[\w()-]+(?:[_.][\w()-]+){0,6}?\.(?:pdf|docx?|xlsx?|csv|"
    r"pptx?|png|jpe?g|txt|md|zip|eml|msg|html))\b",
    _I,
)
_TITLED = re.compile(
    rf"(?P<ref>(?:[A-Z][\w-]*\s+){{0,4}}(?:[A-Z][\w-]*\s+)?(?:{_DOCUMENT_WORDS}))\s*,?\s*"
    r"\(?(?:v|version|rev\.?|revision|stand)\.?\s*(?P<v>\d+(?:\.\d+)*)\b",
    _I,
)
_LEAD = re.compile(r"^.*\b(?:in|is|our|the|an?|of|by|see|from|with|to|and|it)\s+", _I | re.DOTALL)
_NOT_EVIDENCE = re.compile(
    r"^(?:ISO|IEC|AES|TLS|SSL|RSA|SHA|RFC|NIST|BSI|CIS|PCI|GDPR|SOC|EU|UTF|CVSS|"
    r"TIER|SEV|USB|WPA|EC2|S3|IPV|COVID|"
    r"OAUTH|SAML|MD5|HTTP|HTTPS|A)[-_/ ]?\d*(?:[-_/][\d.]+)*$",
    _I,
)
_OWN_THING = re.compile(
    r"(?:\bcontrols?|\bclause|\brisks?|\bmeasures?|\bannex|\bsections?|\bobligation|"
    r"\bserver|\bregion|\bit is risk|"
    r"\bcontrol set|\brisiko)\s+(?:[A-Z]?[\w.-]+,?\s+(?:and\s+|und\s+)?){0,5}$",
    _I,
)
_RISK = re.compile(r"^R[-_]?\d+$")
_DOCUMENT_PREFIX = re.compile(
    r"^(?:POL|PO|STD|PRO|PROC|GL|GD|MAN|PLN|PLAN|RTP|SOA|CTX|SCP|SOP|WI|DOC|ISMS|"
    r"BCP|DRP|IRP|HB|STR|RL|VA|AA|CON|"
    r"AUP|AP|ORG|CONTR|MSA|DPA|NDA|SLA|AUDPROG|PROG|KPI)\b",
    _I,
)
_MENTION = re.compile(
    rf"\b(?P<words>(?:[\w'’-]+\s+){{0,3}}?(?:{_RECORD_WORDS}|"
    rf"{_DOCUMENT_WORDS}))\b(?!\s+(?:says|demands|requires|owner))",
    _I,
)
_ID_DAY = re.compile(r"(20\d\d)[-_/]?(0[1-9]|1[0-2])(?!\d(?!\d))(?:[-_/]?([0-3]\d))?(?!\d)")


def mentions(text: str, today: date) -> tuple[Mention, ...]:
    """Find what a reply names that can be found again, in order, none inside another."""
    found: list[Mention] = []

    def add(start: int, end: int, ref: str, kind: EvidenceKind) -> None:
        if any(start < one.end and end > one.start for one in found):
            return
        found.append(Mention(ref, kind, None, text[start:end], start, end))

    for match in _LINK.finditer(text):
        add(*match.span(), match.group().rstrip(".,;"), EvidenceKind.LINK)
    for match in _FILE.finditer(text):
        add(*match.span("ref"), match["ref"].strip(), _kind_near(text, match.start(), match["ref"]))
    for match in _ID.finditer(text):
        ref = match["ref"]
        if not re.search(r"\d", ref) or _NOT_EVIDENCE.match(ref) or _RISK.match(ref):
            continue
        if _OWN_THING.search(text[: match.start()]) and not _is_named_record(text, match.start()):
            continue
        said = ref + (" " + match["v"].strip(" ,") if match["v"] else "")
        kind = EvidenceKind.DOCUMENT if match["v"] else _kind_near(text, match.start(), ref)
        add(*match.span(), said, kind)
    for match in _NUMBERED.finditer(text):
        add(*match.span(), f"{match['what'].lower()} {match['n']}", EvidenceKind.RECORD)
    for match in _HASH.finditer(text):
        add(*match.span(), match.group(), EvidenceKind.RECORD)
    for match in _TITLED.finditer(text):
        raw = match["ref"]
        lead = _LEAD.match(raw)
        start = match.start("ref") + (lead.end() if lead else 0)
        title = " ".join(raw[lead.end() if lead else 0 :].split())
        add(start, match.end(), f"{title} v{match['v']}", EvidenceKind.DOCUMENT)
    found.sort(key=lambda one: one.start)
    named = days(text, today)
    return tuple(
        Mention(one.ref, one.kind, _day_of(one, found, named, text), one.words, one.start, one.end)
        for one in found
    )


def _is_named_record(text: str, at: int) -> bool:
    return bool(re.search(rf"\b(?:{_RECORD_WORDS})\s*(?:no\.?|nr\.?|number)?\s*$", text[:at], _I))


def _kind_near(text: str, at: int, ref: str) -> EvidenceKind:
    """Say what kind of thing an id names: by the words just before it, else by its prefix."""
    before = text[max(0, at - 40) : at]
    last = list(
        re.finditer(rf"\b(?:(?P<r>{_RECORD_WORDS})|(?P<d>{_DOCUMENT_WORDS}))\b", before, _I)
    )
    if last and len(before[last[-1].end() :].split()) <= 3:
        return EvidenceKind.RECORD if last[-1]["r"] else EvidenceKind.DOCUMENT
    if _DOCUMENT_PREFIX.match(ref):
        return EvidenceKind.DOCUMENT
    if re.search(rf"\b(?:{_DOCUMENT_WORDS})\b", ref.replace("_", " ").replace("-", " "), _I):
        return EvidenceKind.DOCUMENT
    return EvidenceKind.RECORD


_BESIDE = 25
"""Letters between a day and an id that belongs to it."""


def _day_of(one: Mention, found: list[Mention], whens: tuple[When, ...], text: str) -> date | None:
    """Give the day of a thing: in its own name, else the nearest one said without another between."""
    if match := _ID_DAY.search(one.ref or ""):
        year, month, day = int(match[1]), int(match[2]), match[3]
        try:
            if day:
                return date(year, month, int(day))
            inside = [
                w.day
                for w in sorted(whens, key=lambda one: not one.exact)
                if (w.day.year, w.day.month) == (year, month)
            ]
            if inside:
                return inside[0]
            beside = [  # "on 14 May 2026, report IA-2026-01": the first of the year, not January
                w.day
                for w in whens
                if w.exact
                and w.day.year == year
                and 0 <= one.start - w.end <= _BESIDE
                and not re.search(r"[.!?]\s", text[w.end : one.start])
            ]
            return beside[-1] if beside else date(year, month, 28)
        except ValueError:
            pass
    best: tuple[int, date] | None = None
    for when in whens:
        if when.start >= one.start and when.end <= one.end:
            return when.day
        low, high = min(when.end, one.end), max(when.start, one.start)
        blocked = any(
            other.start >= low and other.end <= high for other in found if other is not one
        )
        gap = high - low + (0 if when.start > one.end else 3)
        ends = len(re.findall(r"[.!?]\s", text[low:high]))
        gap += 40 * ends + (30 if ends and when.start > one.end else 0)
        gap -= 20 if when.exact else 0
        if not blocked and (best is None or gap < best[0]):
            best = (gap, when.day)
    return best[1] if best and best[0] <= 160 else None


def spoken_of(text: str) -> str | None:
    """Give the words for a thing that is said to exist without anything to find it by."""
    match = _MENTION.search(text)
    if match is None:
        return None
    words = re.sub(
        r"^(?:(?:the|a|an|our|my|is|in|we|have|has|had|there|that|this|and|with|of|on|"
        r"at|it|they|you|i|keep|keeps|"
        r"got|all|are|was|by|from|for|to|can|send|show|share|die|der|das|eine?n?|unser\w*)\s+)+",
        "",
        match["words"],
        flags=_I,
    )
    return " ".join(words.split()) or None


def kind_of_item(item: str) -> EvidenceKind:
    """Say what kind of thing a demand's evidence is, by its name."""
    if re.search(rf"\b(?:{_RECORD_WORDS})\b", item, _I) and not re.search(
        r"\b(?:policy|standard|procedure|plan)\b", item, _I
    ):
        return EvidenceKind.RECORD
    return (
        EvidenceKind.DOCUMENT
        if re.search(rf"\b(?:{_DOCUMENT_WORDS})\b", item, _I)
        else EvidenceKind.RECORD
    )
