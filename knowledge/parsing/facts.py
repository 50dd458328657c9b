"""Find what a document says of itself as a controlled document.

Sources in order of trust: front matter, the document-control table or "Key: value" lines, page
headers and footers, the file name, the first heading. The first source that speaks on a field wins;
nothing is guessed. One mark outranks the order: a document marked as retired anywhere is retired,
since such a mark is made after the table that still says "approved".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath

from knowledge.controls import control_ids
from knowledge.parsing.dates import day_first_in, find_dates, find_month, with_long_years
from knowledge.parsing.labels import (
    PLACEHOLDER,
    cell_pairs,
    field_of,
    history_column,
    is_control_table,
    is_empty,
    is_version_history,
    labels_in,
    line_pairs,
    names_a_field,
    pairs_of,
    says_control,
    signatures,
)
from knowledge.parsing.marks import (
    CLASSIFICATION,
    ID_SHAPE,
    NOT_AN_IDENTIFIER,
    STATUS_PATTERNS,
    VERSION_VALUE,
    banner,
    find_identifier,
    language_named,
    language_of,
    status_of,
    version_in,
)
from knowledge.passages import Block, BlockKind, Facts, Status
from knowledge.text import sentences

FRONT_MATTER = "front matter"
CONTROL_TABLE = "control table"
HEADER = "header"
FOOTER = "footer"
FILE_NAME = "file name"
FIRST_HEADING = "first heading"


@dataclass
class _Claims:
    """What has been said so far; the first source to speak on a field keeps it."""

    day_first: bool | None = None
    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    statuses: list[tuple[Status, str]] = field(default_factory=list)

    def say(self, name: str, value: object, place: str) -> None:
        if value not in (None, "", ()) and name not in self.values:
            self.values[name] = value
            self.places[name] = place

    def mark(self, status: Status, place: str) -> None:
        if status is not Status.UNKNOWN:
            self.statuses.append((status, place))

    def state(self, name: str, value: str, place: str) -> None:
        """Record a labelled value, read the way its field is read."""
        value = _clean(value)
        if name == "other" or not value or PLACEHOLDER.match(value):
            return
        if name != "status" and is_empty(value):
            return
        if name in _DATE_FIELDS or name in ("approver", "status"):
            value = with_long_years(value)
        dates = [d for d, _, _ in find_dates(value, day_first=self.day_first)]
        if name in _DATE_FIELDS:
            self._state_date(name, value, dates, place)
        elif name == "status":
            self._state_status(value, dates, place)
        elif name == "approver":
            self._state_approver(value, dates, place)
        elif name == "version":
            match = VERSION_VALUE.match(value)
            self.say("version", match.group("number") if match else None, place)
            if match and len(value.split()) <= 4:
                self.mark(_short_status(value[match.end() :]), place)  # "1.4 (draft)"
        elif name == "identifier":
            self.say("identifier", _labelled_identifier(value), place)
        elif name == "supersedes":
            self.say("supersedes", _superseded(value), place)
        elif name == "superseded_by":
            self.mark(Status.RETIRED, place)
        elif name == "controls":
            self.say("controls", control_ids(f"controls {value}"), place)
        elif name == "language":
            self.say("language", language_named(value), place)
        else:
            self.say(name, value, place)

    def _state_date(self, name: str, value: str, dates: list[date], place: str) -> None:
        if dates:
            self.say(name, dates[0], place)
            if name == "approved":
                self.say("approval evidence", Status.APPROVED, place)
            if name == "retired":
                self.mark(Status.RETIRED, place)
        elif month := find_month(value):
            self._state_month(name, month, place)
        if name == "approved":
            by = re.search(r"\b(?:by|durch|von|par|por)\s+(.+)", value)
            named = _without_dates(by.group(1) if by else value, self.day_first)
            if (by and dates) or _PERSON.match(named) or (dates and _BODY.fullmatch(named)):
                self.say("approver", named, place)

    def _state_month(self, name: str, month: tuple[date, date], place: str) -> None:
        """Record a date without a day: a rule begins on the first, a review is due by the last.

        No day is made up for an approval; that there was one still counts.
        """
        if name == "effective":
            self.say(name, month[0], place)
        elif name == "next_review":
            self.say(name, month[1], place)
        elif name == "approved":
            self.say("approval evidence", Status.APPROVED, place)
        elif name == "retired":
            self.mark(Status.RETIRED, place)

    def _state_status(self, value: str, dates: list[date], place: str) -> None:
        status = status_of(value)
        self.mark(status, place)
        if dates and status is Status.APPROVED:
            self.say("approved", dates[0], place)
        if dates and status is Status.RETIRED:
            self.say("retired", dates[0], place)

    def _state_approver(self, value: str, dates: list[date], place: str) -> None:
        name = _without_dates(value, self.day_first)
        if name and not is_empty(name) and status_of(name) is not Status.DRAFT:
            self.say("approver", name, place)
        if dates:
            self.say("approved", dates[0], place)
            self.say("approval evidence", Status.APPROVED, place)


_DATE_FIELDS = frozenset({"approved", "effective", "retired", "next_review", "issued"})
_PERSON = re.compile(
    r"(?:(?:Dr|Prof|Mag|Ing|Mr|Mrs|Ms)\.\s*)*(?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ][a-zß-ÿ-]+)\s+"
    r"[A-ZÀ-Þ][a-zß-ÿ-]+(?:,?\s*\([^)]*\)|,\s*[^\d,]{2,40})?$"
)
"""A first name or initial and a last name, with or without a role."""
_BODY = re.compile(
    r"(?!(?:yes|ja|ok|final|oui|si|no|nein)\b)[A-ZÀ-Þ][^\W\d][^\d;]{1,50}", re.IGNORECASE
)
"""Who may approve, next to a date: "Board", "Pflegedirektion"."""


def _clean(value: str) -> str:
    value = re.sub(r"\s+", " ", value.replace("**", "").replace("__", ""))
    value = value.strip(" \t|·•;,–—*")
    return (
        value[:-1].rstrip()
        if value.endswith(".") and not re.search(r"\w\.\w*\.$", value)
        else value
    )


def _without_dates(value: str, day_first: bool | None) -> str:
    """Return the name in "the CEO on 2 March 2026" or "2026-03-02, CEO"."""
    dates = find_dates(value, day_first=day_first)
    if dates:
        _, start, end = dates[0]
        value = value[:start] if value[:start].strip(" ,;(") else value[end:]
    value = re.sub(r"[\s,;(–—-]*\b(?:on|am|le|el|dated?|vom|date)\b[\s,:)(]*$", "", value)
    value = re.sub(r"^(?:die|der|das|den|dem)\s+(?=[A-ZÀ-Þ])", "", value.strip())
    return value.strip(" ,;:–—-(")


def _labelled_identifier(value: str) -> str | None:
    shaped = find_identifier(value) or _spaced_identifier(value)
    if shaped:
        return shaped
    first = value.split(maxsplit=1)[0].strip(",;()")
    return first if re.search(r"\d", first) and len(first) <= 30 else None


_SPACED_IDENTIFIER = re.compile(r"[A-ZÄÖÜ]{2,6} \d{1,3}(?:[.-]\d{1,3}){0,3}(?![\w-]|\.\d)")
"""An id written with a space, such as the "QMH 7.3" of quality manuals."""


def _spaced_identifier(text: str) -> str | None:
    """Return the spaced id that `text` starts with; only where an id is expected."""
    match = _SPACED_IDENTIFIER.match(text.strip())
    return match.group() if match and not NOT_AN_IDENTIFIER.match(match.group()) else None


def _superseded(value: str) -> tuple[str, ...]:
    parts = re.split(r"\s*[;,]\s*|\s+(?:and|und|et|y|sowie)\s+", value)
    return tuple(p.strip(" .") for p in parts if p.strip(" .") and not is_empty(p))


# The places in a document where facts stand.

_GENERIC_HEADING = re.compile(
    r"^(?:tl;?\s?dr|(?:table of )?contents?|inhalt(?:sverzeichnis)?|document control|introduction|"
    r"einleitung|purpose|zweck|scope|geltungsbereich|summary|overview|abstract|approvals?|"
    r"revision history|version history|change history|document (?:history|information|details))$",
    re.IGNORECASE,
)


def find_facts(
    source: str,
    blocks: Sequence[Block],
    *,
    metadata: Mapping[str, object] | None = None,
    header_lines: Sequence[str] = (),
    footer_lines: Sequence[str] = (),
) -> Facts:
    """Collect the facts of a document from everything that states them.

    `source` is its path; `metadata` is front matter or what a file's format calls so; header and
    footer lines are those printed on its pages. `Facts.found_in` names the place of each fact.
    """
    text = "\n".join(block.text for block in blocks)
    start = list(_control_region(blocks))
    shown = [*(b.text for b in start), *header_lines, *footer_lines]
    claims = _Claims(day_first=_day_first(shown, text, metadata or {}))
    _from_metadata(claims, metadata or {})
    _from_region(claims, start)
    for line in header_lines:
        _from_line(claims, line, HEADER)
    for line in footer_lines:
        _from_line(claims, line, FOOTER)
    _from_file_name(claims, source)
    _from_history(claims, blocks)
    _from_review_sentence(claims, blocks)
    _title(claims, source, blocks)
    _from_folders(claims, source)
    claims.say("language", language_of(text), "")
    return _facts(claims)


def _day_first(shown: Sequence[str], text: str, metadata: Mapping[str, object]) -> bool | None:
    """Tell the order of dates in figures: where the document speaks of itself, else in its text."""
    stated = str(metadata.get("language") or metadata.get("lang") or "")
    language = language_of(text)
    if stated.casefold().startswith(language):
        language = stated
    settled = day_first_in(map(with_long_years, shown), language)
    return day_first_in([*shown, text], language) if settled is None else settled


def _from_metadata(claims: _Claims, metadata: Mapping[str, object]) -> None:
    for key, raw in metadata.items():
        name = field_of(str(key))
        if name is None:
            continue
        if isinstance(raw, list | tuple):
            value = ", ".join(str(v) for v in raw)
        elif isinstance(raw, datetime):
            value = raw.date().isoformat()
        else:
            value = "" if raw is None else str(raw)
        claims.state(name, value, FRONT_MATTER)


_CLOSING_BLOCKS = 8
_IDENTIFYING = frozenset({"version", "identifier", "approver", "approved", "effective"})


def _control_region(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks where a document speaks of itself.

    These are its opening below the title, its control sections, tables of such facts wherever
    they stand, and the lines that close it.
    """
    title_at = _title_place(blocks)
    control_tables = _control_tables(blocks)
    closing = _closing_lines(blocks)
    late: list[Block] = []
    opening, inside = True, False
    since = 0
    for index, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            inside = says_control(block.text)
            if index == title_at:
                since = 0
                continue
            first_section = bool(block.number) or since > 0 or index > title_at + 3
            opening = opening and not (first_section and not inside and index > 0)
            continue
        since += 1
        if inside or (opening and since <= 25):
            yield block
        elif (block.sheet, block.table) in control_tables or index in closing:
            late.append(block)
    yield from late


def _title_place(blocks: Sequence[Block]) -> int:
    """Return where the title stands, below a line or two such as the organisation's name; else 0."""
    for index, block in enumerate(blocks[:6]):
        if block.kind is BlockKind.HEADING and not block.sheet:
            titled = not block.number and not _GENERIC_HEADING.match(" ".join(block.text.split()))
            return index if titled else 0
    return 0


def _control_tables(blocks: Sequence[Block]) -> set[tuple[str | None, int | None]]:
    """Find the tables whose rows are label and value of the document's own facts."""
    rows: dict[tuple[str | None, int | None], list[Block]] = {}
    for block in blocks:
        if block.kind is BlockKind.TABLE_ROW and block.sheet is None:
            rows.setdefault((block.sheet, block.table), []).append(block)
    return {place for place, table in rows.items() if is_control_table(table)}


def _closing_lines(blocks: Sequence[Block]) -> set[int]:
    """Find the lines at a document's end that state its facts, such as "Approved by …"."""
    found: set[int] = set()
    stating: list[int] = []
    for index in range(len(blocks) - 1, max(-1, len(blocks) - 1 - _CLOSING_BLOCKS), -1):
        block = blocks[index]
        if block.kind is not BlockKind.PARAGRAPH or len(block.text) > 300:
            break
        if _APPROVED_BY.match(block.text) and find_dates(block.text, day_first=True):
            found.add(index)
        elif len(_SEGMENTS.split(block.text)) > 1 or len(_COMMAS.split(block.text)) > 2:
            fields = {name for name, _ in pairs_of(block)} | _bare_fields(block.text)
            if len(fields - {"other"}) >= 2:
                found.add(index)
        elif pairs_of(block):
            stating.append(index)
    fields = {name for index in stating for name, _ in pairs_of(blocks[index])}
    return found | set(stating) if len(fields & _IDENTIFYING) >= 2 else found


def _bare_fields(line: str) -> set[str]:
    parts = [part for piece in _SEGMENTS.split(line) for part in _COMMAS.split(piece)]
    found = {name for part in parts for name, p in _DATED_PATTERNS if p.match(part)}
    if any(_closing_identifier(part) for part in parts):
        found.add("identifier")
    if any(version_in(part) for part in parts):
        found.add("version")
    return found


def _from_region(claims: _Claims, region: Sequence[Block]) -> None:
    tables: dict[tuple[str | None, int | None], list[Block]] = {}
    for block in region:
        if block.kind is BlockKind.TABLE_ROW:
            tables.setdefault((block.sheet, block.table), []).append(block)
    for rows in tables.values():
        for name, value in signatures(rows):
            claims.state(name, value, CONTROL_TABLE)
    for block in region:
        if block.kind is BlockKind.TABLE_ROW:
            rows = tables[(block.sheet, block.table)]
            if block.sheet is None and not is_version_history(block.header):
                _from_row(claims, block, rows)
            continue
        for line in block.text.splitlines():
            if labels_in(line) and not _SIDE_BY_SIDE.search(line):
                for name, value in line_pairs(line):
                    claims.state(name, value, CONTROL_TABLE)
                matches = labels_in(line)
                _from_bare(claims, line[: matches[0].start()], CONTROL_TABLE)
            else:
                _from_line(claims, line, CONTROL_TABLE)


def _states_a_fact(header: Sequence[str]) -> bool:
    """Tell whether what was taken for a header is a label with its value."""
    named = [field_of(label) for label in header if label.strip()]
    return len(header) >= 2 and bool(named) and named[0] is not None and not all(named)


def _from_row(claims: _Claims, block: Block, rows: Sequence[Block]) -> None:
    """Read a row of a control table; a row among many under a wide header is a record."""
    keyed = len(block.cells) == 1 or (len(block.cells) >= 2 and names_a_field(block.cells[0]))
    if not keyed and len(rows) > 1:
        return
    if block is rows[0] and _states_a_fact(block.header):
        for name, value in cell_pairs(block.header):
            claims.state(name, value, CONTROL_TABLE)
    for name, value in pairs_of(block):
        claims.state(name, value, CONTROL_TABLE)


_APPROVED_BY = re.compile(
    r"^\W*(?:this \w+ (?:was|has been|is) )?(?:approved|authori[sz]ed|ratified|adopted|released|"
    r"genehmigt|freigegeben|beschlossen|approuvée?|aprobado)\s+(?:by|durch|von|par|por)\s+(?P<who>.+)",
    re.IGNORECASE,
)
_DATED = (
    (
        "effective",
        r"effective|valid from|in force (?:from|since)|gültig (?:ab|seit)|in kraft (?:ab|"
        r"seit)|wirksam ab|applies from|en vigueur|vigente desde",
    ),
    (
        "next_review",
        r"next review|review due|due for review|nächste (?:über)?prüfung|"
        r"prochaine révision|próxima revisión",
    ),
    ("approved", r"approved|approval date|freigegeben|genehmigt|freigabe|beschlossen"),
    ("retired", r"retired|withdrawn|superseded|zurückgezogen|abgelöst|außer kraft"),
)
_DATED_PATTERNS = tuple(
    (name, re.compile(rf"^\W*(?:{words})\b(?P<rest>.*)", re.IGNORECASE)) for name, words in _DATED
)
_REPLACES = re.compile(
    r"\b(?:supersedes|replaces|ersetzt|remplace|sustituye)\s+(?!by\b|durch\b)(?P<what>[^.]*(?:\.\d[^.]*)*)",
    re.IGNORECASE,
)
_COMMAS = re.compile(r",\s+(?!(?:19|20)\d\d\b)")
_SIDE_BY_SIDE = re.compile(r"\s[|·•]\s|\t")
_REPLACED_BY = re.compile(
    r"\b(?:(?:replaced|superseded|succeeded) by|(?:ersetzt|abgelöst) durch|remplacée? par|"
    r"sustituid[oa] por)\b",
    re.IGNORECASE,
)
_SEGMENTS = re.compile(r"\s*(?:\||·|•|\t|;|\s[–—-]\s|\s{3,})\s*")


def _from_line(claims: _Claims, line: str, place: str) -> None:
    """Read a printed header or footer: labelled values, and bare ones between separators."""
    matches = labels_in(line)
    for name, value in line_pairs(line):
        claims.state(name, _SEGMENTS.split(value.strip())[0], place)
    bare = line[: matches[0].start()] if matches else line
    tail = _SEGMENTS.split(line[matches[-1].end() :].strip())[1:] if matches else []
    _from_bare(claims, bare, place)
    for segment in tail:
        _from_bare(claims, segment, place)


def _from_bare(claims: _Claims, line: str, place: str) -> None:
    """Read facts that stand without labels: "POL-05 · v3.1 · Approved by the CEO on 2 May 2026"."""
    claims.mark(banner(line), place)
    if len(line) > 240:
        return
    line = _REPLACED_BY.split(line)[0]
    replaces = _REPLACES.search(line)
    if replaces and (find_identifier(replaces["what"]) or version_in(replaces["what"])):
        claims.say("supersedes", _superseded(_clean(replaces["what"])), place)
    segments = [s for s in _SEGMENTS.split(line.strip()) if s]
    for segment in segments:
        for sentence in sentences(segment):
            _from_segment(claims, sentence, place)
            parts = _COMMAS.split(sentence)
            if len(parts) > 1 and not _APPROVED_BY.match(sentence) and max(map(len, parts)) <= 60:
                for part in parts:
                    _from_part(claims, part, place)
    strong = place in (HEADER, FOOTER) or len(segments) > 1
    if strong or (len(line.split()) <= 6 and ":" not in line):
        whole = segments[0] if segments else ""
        if not replaces:
            identifier = find_identifier(line if strong else whole)
            spaced = next(filter(None, map(_spaced_identifier, segments)), None)
            claims.say("identifier", identifier or (spaced if strong else None), place)
            claims.say("version", version_in(line), place)


def _from_part(claims: _Claims, part: str, place: str) -> None:
    """Read a piece between commas: "ISMS-RL-006", "Version 1.1", "gültig ab 01.10.2025"."""
    _from_segment(claims, part, place)
    if len(part.split()) <= 3:
        claims.say("identifier", _closing_identifier(part), place)
        claims.say("version", version_in(part), place)


def _closing_identifier(part: str) -> str | None:
    """Return the id that a short piece is or ends with: "Form F-12"."""
    found = find_identifier(part) if len(part.split()) <= 3 else None
    return found if found and part.strip(" .").endswith(found) else None


def _from_segment(claims: _Claims, segment: str, place: str) -> None:
    approved = _APPROVED_BY.match(segment)
    if approved:
        claims.state("approver", approved.group("who"), place)
        return
    for name, pattern in _DATED_PATTERNS:
        match = pattern.match(segment)
        dates = find_dates(match.group("rest"), day_first=claims.day_first) if match else ()
        if match and dates and dates[0][1] <= 30:
            claims.state(name, match.group("rest"), place)
            return
    classed = CLASSIFICATION.match(segment)
    if classed:
        claims.say("classification", classed.group("class"), place)
    elif len(segment.split()) <= 3:
        claims.mark(_short_status(segment), place)


def _short_status(segment: str) -> Status:
    """Read a segment that consists of a status and nothing else."""
    for status, pattern in STATUS_PATTERNS:
        if pattern.fullmatch(segment.strip(" \t.,:;()[]!*-–")):
            return status
    return Status.UNKNOWN


_FILE_STATUS = {
    "retired withdrawn superseded obsolete archived deprecated old zurückgezogen abgelöst ungültig "
    "veraltet archiviert archiv überholt": Status.RETIRED,
    "draft entwurf wip brouillon borrador": Status.DRAFT,
    "approved final freigegeben genehmigt signed": Status.APPROVED,
    "external extern vendor supplier thirdparty": Status.EXTERNAL,
}


def _from_file_name(claims: _Claims, source: str) -> None:
    stem = PurePosixPath(source.replace("\\", "/")).stem
    spaced = re.sub(r"[_\s]+", " ", stem)
    head = re.match(rf"(?:{ID_SHAPE})(?=[\s_-]|$)", spaced)
    if head and not NOT_AN_IDENTIFIER.match(head.group()):
        claims.say("identifier", head.group(), FILE_NAME)
    spread = re.sub(r"(?<=[a-zA-Z])-(?=[vV]\d)|-(?=[A-Za-z])", " ", spaced)
    claims.say("identifier", _spaced_identifier(spaced), FILE_NAME)
    claims.say("version", version_in(spread), FILE_NAME)
    words = set(re.findall(r"[^\W\d_]+", spaced.casefold()))
    for names, status in _FILE_STATUS.items():
        marks = words & set(names.split())
        if marks and _marks_status(spaced, marks, status):
            claims.mark(status, FILE_NAME)


_FOLDER_STATUS = (
    (
        Status.RETIRED,
        r"archived?|archives|archive[ds]? (?:documents|versions)|old|old versions|obsolete|"
        r"superseded|retired|withdrawn|archiv|alt|alte (?:versionen|fassungen|dokumente|stände)|"
        r"veraltet|ungültig|abgelöst|außer kraft|historie",
    ),
    (Status.DRAFT, r"drafts?|entwürfe?|entwurf|in bearbeitung|work in progress|wip"),
    (
        Status.EXTERNAL,
        r"extern|external|externe dokumente|external documents|fremddokumente|third[- ]party"
        r"(?: documents)?|vendor documents|supplier documents|lieferantendokumente",
    ),
)
_FOLDER_PATTERNS = tuple(
    (status, re.compile(rf"[\d\W_]*(?:{words})[\d\W_]*", re.IGNORECASE))
    for status, words in _FOLDER_STATUS
)


def _from_folders(claims: _Claims, source: str) -> None:
    """Take a status from a folder that is named for one.

    Filing a document away comes after whatever it says of itself; for drafts and external texts
    the folder counts only where the document is silent.
    """
    for folder in PurePosixPath(source.replace("\\", "/")).parts[:-1]:
        for status, pattern in _FOLDER_PATTERNS:
            if pattern.fullmatch(folder) and (status is Status.RETIRED or not claims.statuses):
                claims.mark(status, FILE_NAME)


def _marks_status(stem: str, marks: set[str], status: Status) -> bool:
    """Tell whether the word marks the file rather than naming its subject ("supplier policy")."""
    last = stem.casefold().rstrip(" )]0123456789.v-")
    if status in (Status.RETIRED, Status.DRAFT, Status.APPROVED) and any(
        m.upper() in stem or last.endswith(m) or stem.casefold().startswith(m) for m in marks
    ):
        return True
    return any(last.endswith(m) or m.upper() in stem for m in marks & {"external", "extern"})


def _from_history(claims: _Claims, blocks: Sequence[Block]) -> None:
    """Take version and date of the latest row of a version history if nothing else gave them."""
    latest: tuple[tuple[int, ...], date | None, str] | None = None
    for block in blocks:
        if block.kind is not BlockKind.TABLE_ROW or not is_version_history(block.header):
            continue
        version, when = _history_row(block, claims.day_first)
        if version is None:
            continue
        order = tuple(int(n) for n in re.findall(r"\d+", version)) or (ord(version[0]),)
        if latest is None or (order, when or date.min) > (latest[0], latest[1] or date.min):
            latest = (order, when, version)
    if latest is None:
        return
    known = claims.values.get("version")
    claims.say("version", latest[2], CONTROL_TABLE)
    if known in (None, latest[2]):
        claims.say("issued", latest[1], CONTROL_TABLE)


def _history_row(block: Block, day_first: bool | None) -> tuple[str | None, date | None]:
    version: str | None = None
    when: date | None = None
    for label, cell in zip(block.header, block.cells, strict=False):
        column = history_column(label)
        match = VERSION_VALUE.match(cell)
        if column == "version" and version is None and match:
            version = match.group("number")
        if column == "date" and when is None:
            dates = find_dates(cell, day_first=day_first)
            when = dates[0][0] if dates else None
    return version, when


_REVIEW_SENTENCE = re.compile(
    r"(?:^|[.;]\s+)(?P<label>(?:the )?next (?:scheduled )?review(?: date| is due(?: on| by)?| due)?|"
    r"nächste (?:planmäßige )?(?:über)?prüfung|nächste revision|wiedervorlage)\s*(?::|–|-|am|on|is)?"
    r"\s*(?P<rest>[^.;]{0,3}\S.{0,40})",
    re.IGNORECASE,
)


def _from_review_sentence(claims: _Claims, blocks: Sequence[Block]) -> None:
    """Take the next review from a sentence anywhere in the text; nothing else is called so."""
    for block in blocks:
        if block.kind in (BlockKind.HEADING, BlockKind.TABLE_ROW):
            continue
        for match in _REVIEW_SENTENCE.finditer(block.text):
            dates = find_dates(match["rest"], day_first=claims.day_first)
            if dates and dates[0][1] <= 12:
                claims.say("next_review", dates[0][0], CONTROL_TABLE)
                return


def _title(claims: _Claims, source: str, blocks: Sequence[Block]) -> None:
    early = [b for b in blocks[:12] if b.kind is BlockKind.HEADING and not b.sheet]
    first = min(early, key=lambda b: b.level, default=None)
    if first is not None:
        text = " ".join(first.text.split())
        if not first.number and not _GENERIC_HEADING.match(text) and len(text) <= 160:
            claims.say("identifier", _leading_identifier(text), FIRST_HEADING)
            claims.say("title", text, FIRST_HEADING)
            _status_in_title(claims, text)
    claims.say("title", _title_from_file_name(source, claims), FILE_NAME)
    identifier = str(claims.values.get("identifier") or "")
    claims.values["title"] = _bare_title(str(claims.values["title"]), identifier)


def _status_in_title(claims: _Claims, text: str) -> None:
    """Read a status that closes a title in brackets: "Whitepaper (vendor document)"."""
    match = re.search(r"[(\[](?P<said>[^()\[\]]{3,40})[)\]]\s*$", text)
    status = _short_status(match["said"]) if match else Status.UNKNOWN
    if match and status is Status.EXTERNAL and len(match["said"].split()) < 2:
        return  # "Audits (external)" names the subject
    claims.mark(status, FIRST_HEADING)


def _leading_identifier(text: str) -> str | None:
    """Return the id that opens or closes a title: "POL-05 Access control", "Backups (STD-04)"."""
    for pattern in (
        rf"\W*(?P<id>{ID_SHAPE})(?![\w-]|\.\d)",
        rf".*[\s(\[|–—](?P<id>{ID_SHAPE})[\s)\]]*$",
    ):
        match = re.match(pattern, text)
        if match and not NOT_AN_IDENTIFIER.match(match["id"]):
            return match["id"]
    return None


def _bare_title(text: str, identifier: str) -> str:
    bare = text
    if identifier:
        # A wiki puts the name of its space in front.
        bare = re.sub(rf"^[^:]{{1,40}}\s:\s(?={re.escape(identifier)}\b)", "", bare)
        bare = re.sub(rf"^\W*{re.escape(identifier)}[\s:–—|._-]*", "", bare)
        bare = re.sub(rf"\s*[(\[–—|-]*\s*{re.escape(identifier)}[)\]]?\s*$", "", bare)
    bare = re.sub(
        r"\s*[,(\[–—|-]*\s*\b(?:v|version)\.?\s?\d+(?:\.\d+)*[)\]]?\s*$", "", bare, flags=re.I
    )
    return bare.strip() or text


def _title_from_file_name(source: str, claims: _Claims) -> str:
    stem = PurePosixPath(source.replace("\\", "/")).stem
    words = re.sub(r"[_\s]+|(?<=[^\W\d])-(?=[^\W\d])", " ", stem).strip()
    identifier = str(claims.values.get("identifier") or "")
    marks = (
        r"(?:retired|draft|final|approved|superseded|withdrawn|obsolete|archived|entwurf|"
        r"freigegeben)"
    )
    words = re.sub(rf"[\s(\[-]+{marks}[)\]]?$", "", words, flags=re.I)
    bare = _bare_title(words, identifier)
    return (bare[:1].upper() + bare[1:]) if bare else stem


def _facts(claims: _Claims) -> Facts:
    status, status_place = _status(claims)
    values = claims.values
    if "approved" not in values and "effective" not in values and "issued" in values:
        claims.say("effective", values["issued"], claims.places["issued"])
    known = {
        name: values[name]
        for name in Facts.__dataclass_fields__
        if name in values and name not in ("status", "found_in")
    }
    places = {n: claims.places[n] for n in known if claims.places[n]}
    if status is not Status.UNKNOWN:
        places["status"] = status_place
    order = list(Facts.__dataclass_fields__)
    found_in = tuple(sorted(places.items(), key=lambda item: order.index(item[0])))
    return Facts(**known, status=status, found_in=found_in)  # type: ignore[arg-type]


def _status(claims: _Claims) -> tuple[Status, str]:
    for status, place in claims.statuses:
        if status is Status.RETIRED:
            return status, place
    if claims.statuses:
        return claims.statuses[0]
    if "approval evidence" in claims.values:
        return Status.APPROVED, claims.places["approval evidence"]
    if "approver" in claims.values and "effective" in claims.values:
        return Status.APPROVED, claims.places["approver"]
    return Status.UNKNOWN, ""
