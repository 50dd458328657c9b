"""Taking findings out of audit reports, and entries out of registers that exist already.

Files are read by the library's parser in a process of its own; nothing in them is obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.domain.plan import Finding, Grade, Source
from assistant.planning.patterns import mechanisms_in
from assistant.planning.reading import grade_in
from assistant.planning.register import RegisterEntry
from knowledge.parsing import parse_file
from knowledge.parsing.dates import find_dates
from knowledge.passages import Block, BlockKind, Cell, ParsedDocument, Sheet
from knowledge.registers import find_table

# Findings of an audit report

_MARK = re.compile(
    r"^\W*(?:(?P<label>(?:major|minor)?\s*(?:nc|non-?conformit(?:y|ies)|finding|observation|ofi|"
    r"opportunity for improvement|"
    r"feststellung|(?:haupt|neben)?abweichung|hinweis|empfehlung|car|ncr)\b)\W*(?:no\.?|nr\.?|"
    r"number|id|ref)?\W*)"
    r"(?P<id>[A-Z]{0,4}[-/ ]?\d[\w./-]*)?",
    re.IGNORECASE,
)
_ID = re.compile(
    r"^\W*(?P<id>(?:NC|NCR|CAR|F|OBS|OFI|MAJ|MIN|FI|A)[-_ ]?\d[\w./-]*)\b[\s:.)–-]*", re.IGNORECASE
)
_FIELDS = (
    (
        "id",
        r"id|no\.?|nr\.?|number|ref(erence)?|finding (id|no\.?|number)|nc (id|no\.?)|"
        r"feststellung nr\.?|#",
    ),
    (
        "text",
        r"finding|description|non-?conformity|statement|observation|details?|text|"
        r"objective evidence|what was found|"
        r"feststellung|beschreibung|abweichung|finding / nonconformity",
    ),
    (
        "grade",
        r"grade|grading|category|class(ification)?|type|severity|einstufung|kategorie|major/minor",
    ),
    (
        "requirement",
        r"requirement|clause|control|standard (clause|reference)|reference|annex a|"
        r"norm(abschnitt)?|anforderung",
    ),
    ("date", r"date|raised|date raised|audit date|datum"),
    ("auditor", r"auditor|raised by|auditor name"),
    ("due", r"due|due date|response due|deadline|frist"),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A finding that was found in a report, for a person to look at before it is used."""

    finding: Finding
    place: str
    """Where it stands: "page 4", "row 7"."""


def read_report(path: Path, source: Source, *, audit_date: date | None = None) -> tuple[Taken, ...]:
    """Read the findings of an audit report (DOCX, PDF, XLSX, CSV, text). Raises DocumentError."""
    parsed = parse_file(path, path.name)
    audit = parsed.facts.title
    tabled = [one for sheet in parsed.sheets for one in _of_sheet(sheet, source, audit, audit_date)]
    tabled = tabled or list(_of_tables(parsed, source, audit, audit_date))
    return tuple(tabled) or tuple(_of_blocks(parsed.blocks, source, audit, audit_date))


def read_pasted(text: str, source: Source, *, audit_date: date | None = None) -> tuple[Taken, ...]:
    """Read the findings of a pasted text: one, or several that are marked as such."""
    blocks = [
        Block(BlockKind.PARAGRAPH, part.strip())
        for part in re.split(r"\n\s*\n|\n(?=\W*(?:NC|F|CAR|Finding|Minor|Major|OFI)[-# ]?\d)", text)
        if part.strip()
    ]
    found = tuple(_of_blocks(blocks, source, None, audit_date))
    if found:
        return found
    return (Taken(Finding("F-1", text.strip(), source, audit_date), "pasted text"),)


def _of_blocks(
    blocks: Sequence[Block], source: Source, audit: str | None, audit_date: date | None
) -> Iterator[Taken]:
    """Begin a finding at each mark ("NC-3", "Minor nonconformity 2") and end it at the next heading."""
    current: list[str] = []
    place = ""
    known = ""
    number = 0

    def close() -> Iterator[Taken]:
        nonlocal number
        text = "\n".join(current).strip()
        if text and len(text.split()) >= 5:
            number += 1
            yield Taken(
                Finding(
                    known or f"F-{number}",
                    text,
                    source,
                    audit_date,
                    grade_in(" ".join(text.split())),
                    audit=audit,
                ),
                place,
            )

    for block in blocks:
        mark = _mark(block.text)
        if mark is not None:
            yield from close()
            known, current = mark, [block.text]
            place = f"page {block.page}" if block.page else "text"
        elif current and block.kind is BlockKind.HEADING and not _continues(block.text):
            yield from close()
            current = []
        elif current:
            current.append(block.text)
    yield from close()


def _mark(text: str) -> str | None:
    """Give the id of the finding that a block begins, empty where it has none; None: it begins none."""
    if match := _ID.match(text):
        return match["id"].strip(".:-")
    match = _MARK.match(text)
    if match is None:
        return None
    if match["id"]:
        return match["id"].strip(" .:-")
    graded = re.match(r"\W*(major|minor|haupt|neben|ofi)", text, re.IGNORECASE)
    return "" if graded and len(text.split()) > 5 else None


def _continues(heading: str) -> bool:
    """Tell whether a heading belongs to the finding above it."""
    return bool(
        re.match(
            r"\W*(requirement|evidence|statement|grade|objective|clause|risk|description|"
            r"anforderung|nachweis)",
            heading,
            re.I,
        )
    )


def _of_tables(
    parsed: ParsedDocument, source: Source, audit: str | None, audit_date: date | None
) -> Iterator[Taken]:
    tables: dict[int, list[Block]] = {}
    for block in parsed.blocks:
        if block.kind is BlockKind.TABLE_ROW and block.table is not None and block.header:
            tables.setdefault(block.table, []).append(block)
    for rows in tables.values():
        columns = _columns(rows[0].header)
        if "text" in columns:
            for place, row in enumerate(rows, 1):
                yield from _taken(
                    row.cells, columns, source, audit, audit_date, f"table row {place}"
                )


def _of_sheet(
    sheet: Sheet, source: Source, audit: str | None, audit_date: date | None
) -> Iterator[Taken]:
    grid = [[_written(cell) for cell in row] for row in sheet.rows]
    table = find_table(grid)
    if table is None:
        return
    columns = _columns(table.header)
    if "text" not in columns:
        return
    for place, row in enumerate(grid[table.first_row :], table.first_row + 1):
        yield from _taken(row, columns, source, audit, audit_date, f"{sheet.name}, row {place}")


def _taken(
    cells: Sequence[str],
    columns: dict[str, int],
    source: Source,
    audit: str | None,
    audit_date: date | None,
    place: str,
) -> Iterator[Taken]:
    def cell(name: str) -> str:
        column = columns.get(name)
        return cells[column].strip() if column is not None and column < len(cells) else ""

    text = cell("text")
    if len(text.split()) < 4:
        return
    need = cell("requirement")
    whole = f"{need}: {text}" if need and need not in text else text
    raised = _day(cell("date")) or audit_date
    yield Taken(
        Finding(
            id=cell("id") or place.rsplit(" ", 1)[-1],
            text=whole,
            source=source,
            audit_date=raised,
            grade=_grade(cell("grade")) or grade_in(text),
            auditor=cell("auditor") or None,
            audit=audit,
            due=_day(cell("due")),
        ),
        place,
    )


def _columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, words in _FIELDS:
        for place, title in enumerate(header):
            if (
                name not in found
                and place not in found.values()
                and re.fullmatch(rf"\W*(?:{words})\W*", title.strip(), re.I)
            ):
                found[name] = place
    return found


def _grade(text: str) -> Grade | None:
    lowered = text.casefold()
    if re.search(r"major|haupt", lowered):
        return Grade.MAJOR
    if re.search(r"minor|neben", lowered):
        return Grade.MINOR
    return Grade.OFI if re.search(r"ofi|observation|improvement|hinweis", lowered) else None


def _written(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _day(text: str) -> date | None:
    found = find_dates(text, day_first=True)
    return found[0][0] if found else None


# Registers that exist already

_COLUMN_WORDS: tuple[tuple[str, str], ...] = (
    ("id", r"(car|capa?|cap|action)?\W*(id|no\.?|nr\.?|number|ref(erence)?)|kennung"),
    ("finding_id", r"finding (id|no\.?|ref)|nc (id|no\.?)"),
    (
        "requirement",
        r"requirement|clause|control|standard (clause|reference)|iso (clause|control)|"
        r"annex a( control)?|norm\w*",
    ),
    (
        "title",
        r"title|finding|finding / nonconformity|finding nonconformity|non-?conformity|"
        r"description|titel|feststellung|issue",
    ),
    ("grade", r"grade|grading|class\w*|severity|category|type|einstufung"),
    ("source", r"source|origin|quelle|audit"),
    ("date", r"raised|date raised|date|opened|date opened|audit date|datum|festgestellt am"),
    ("state", r"state|status|stand"),
    ("owner", r"owner|action owner|responsible( person)?|assigned to|verantwortlich\w*"),
    ("risk", r"risk|risk ref(erence)?|effect|impact|risiko"),
    ("plan_due", r"plan due|response due|plan( due)? date|cap due"),
    ("action_due", r"due|due date|action due|target( date)?|deadline|fällig\w*( am)?|frist"),
    ("implemented_on", r"implemented( on)?|implementation date|completed( on)?|umgesetzt( am)?"),
    (
        "effectiveness_due",
        r"effectiveness (due|date|review date|review due)|wirksamkeit\w* (am|bis|fällig)",
    ),
    ("effectiveness_result", r"effectiveness( check| result| review)?|wirksamkeit\w*"),
    ("closed_on", r"closed( on)?|closure date|date closed|geschlossen( am)?"),
    ("repeat_of", r"repeat( of)?|recurrence( of)?|wiederholung( von)?"),
    ("root_cause_category", r"root cause( category)?|cause( category)?|ursache\w*"),
    ("cb_status", r"cb status|certification body status"),
)
_DAYS = frozenset(
    {"date", "plan_due", "action_due", "implemented_on", "effectiveness_due", "closed_on"}
)


@dataclass(frozen=True, slots=True)
class Register:
    """A register as read: its entries, which column was taken for what, and what was left out."""

    entries: tuple[RegisterEntry, ...]
    columns: tuple[tuple[str, str], ...]
    """(header, column of the register) pairs."""
    unused: tuple[str, ...]
    """Headers that no column fits."""
    skipped: tuple[str, ...]
    """Rows that were left out, and why."""


def read_register(path: Path) -> Register:
    """Read a CSV or XLSX register. Raises DocumentError; ValueError where it holds no table."""
    parsed = parse_file(path, path.name)
    for sheet in parsed.sheets:
        grid = [[_written(cell) for cell in row] for row in sheet.rows]
        table = find_table(grid)
        if table is None:
            continue
        columns = _register_columns(table.header)
        if "id" in columns and ({"title", "requirement"} & set(columns)):
            return _register(grid[table.first_row :], table.header, columns, path.name)
    raise ValueError(
        f"{path.name} holds no table with an id and a title or requirement. Nothing was taken. "
        f"Name "
        "the columns, such as ID, Title, Requirement, Grade, Raised, Owner, Due, State."
    )


def _register_columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, words in _COLUMN_WORDS:
        for place, title in enumerate(header):
            folded = " ".join(re.sub(r"[_()/]+", " ", title).split())
            if (
                place not in found.values()
                and name not in found
                and re.fullmatch(rf"(?:{words})(?: immediate)?", folded, re.I)
            ):
                found[name] = place
    return found


def _register(
    rows: Iterable[Sequence[str]], header: Sequence[str], columns: dict[str, int], source: str
) -> Register:
    entries: dict[str, RegisterEntry] = {}
    skipped: list[str] = []
    for number, row in enumerate(rows, 1):
        values = {name: row[place].strip() for name, place in columns.items() if place < len(row)}
        key = values.get("id", "")
        if not key:
            if any(cell.strip() for cell in row):
                skipped.append(f"row {number}: it has no id")
            continue
        if key in entries:
            skipped.append(f"row {number}: {key} stands there twice; the first is kept")
            continue
        entries[key] = _entry(values, source)
    taken = tuple((header[place], name) for name, place in columns.items())
    unused = tuple(
        title
        for place, title in enumerate(header)
        if place not in columns.values() and title.strip()
    )
    return Register(tuple(entries.values()), taken, unused, tuple(skipped))


def _category(cause: str) -> str:
    """Give where a cause sits; a category that stands there stays."""
    if len(cause.split()) <= 3:
        return cause
    return next((one.category for one in mechanisms_in(cause)), "other")


def _entry(values: dict[str, str], source: str) -> RegisterEntry:
    days = {name: _day(values.get(name, "")) for name in _DAYS}
    grade = _grade(values.get("grade", ""))
    return RegisterEntry(
        id=values["id"],
        finding_id=values.get("finding_id", values["id"]),
        source=values.get("source", ""),
        raised=days["date"],
        requirement=values.get("requirement", ""),
        title=values.get("title", ""),
        grade=grade.value if grade else "",
        risk=values.get("risk", ""),
        state=values.get("state", ""),
        owner=values.get("owner", ""),
        plan_due=days["plan_due"],
        action_due=days["action_due"],
        implemented_on=days["implemented_on"],
        effectiveness_due=days["effectiveness_due"],
        effectiveness_result=values.get("effectiveness_result", ""),
        repeat_of=values.get("repeat_of", ""),
        cb_status=values.get("cb_status", ""),
        root_cause_category=_category(values.get("root_cause_category", "")),
        closed_on=days["closed_on"],
        imported_from=source,
    )
