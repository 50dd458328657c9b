"""The Statement of Applicability as nouns: its header, its rows, and what a reading of it found."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple

from knowledge.controls import canonical


class Edition(StrEnum):
    """Edition of ISO/IEC 27001 whose Annex A an id belongs to."""

    E2022 = "2022"
    E2013 = "2013"


class Source(StrEnum):
    """Where a control comes from. `UNKNOWN` is an Annex A number that neither edition has."""

    ANNEX_A = "annex_a"
    CUSTOM = "custom"
    UNKNOWN = "unknown"


class Applicability(StrEnum):
    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


class Implementation(StrEnum):
    IMPLEMENTED = "implemented"
    PARTIAL = "partial"
    PLANNED = "planned"
    NOT_IMPLEMENTED = "not_implemented"
    NOT_APPLICABLE = "not_applicable"


class Reason(StrEnum):
    """Why a control was chosen, where a sheet keeps one column to mark for each reason."""

    LEGAL = "legal"
    CONTRACT = "contract"
    BUSINESS = "business"
    RISK = "risk"


class Field(StrEnum):
    """What a column can hold. The last seven are read and then folded into other fields."""

    CONTROL_ID = "control_id"
    TITLE = "title"
    DESCRIPTION = "description"
    THEME = "theme"
    APPLICABLE = "applicable"
    JUSTIFICATION_INCLUSION = "justification_inclusion"
    JUSTIFICATION_EXCLUSION = "justification_exclusion"
    IMPLEMENTATION_STATUS = "implementation_status"
    IMPLEMENTATION_NOTE = "implementation_note"
    POLICY_REFS = "policy_refs"
    EVIDENCE_REFS = "evidence_refs"
    OWNER = "owner"
    TARGET_DATE = "target_date"
    LAST_REVIEW = "last_review"
    NEXT_REVIEW = "next_review"
    RISK_REFS = "risk_refs"
    OBLIGATION_REFS = "obligation_refs"
    MATURITY = "maturity"
    OLD_2013_IDS = "old_2013_ids"
    JUSTIFICATION = "justification"
    APPLICABLE_MARK = "applicable_mark"
    EXCLUDED_MARK = "excluded_mark"
    REASON_LEGAL = "reason_legal"
    REASON_CONTRACT = "reason_contract"
    REASON_BUSINESS = "reason_business"
    REASON_RISK = "reason_risk"


class Place(NamedTuple):
    """A row of a sheet, counted from 1 as a spreadsheet shows it."""

    sheet: str
    row: int


class Skipped(NamedTuple):
    """A row that is not a control, and why it was passed over."""

    sheet: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class SoaHeader:
    """What the workbook says of itself above the table, below it or on a cover sheet."""

    title: str | None = None
    identifier: str | None = None
    organisation: str | None = None
    scope: str | None = None
    version: str | None = None
    date: dt.date | None = None
    approved: dt.date | None = None
    approver: str | None = None
    author: str | None = None
    edition: Edition | None = None
    """As stated in words; `SoaReading.edition` is what the ids say."""
    classification: str | None = None
    next_review: dt.date | None = None
    found_in: tuple[tuple[str, str], ...] = ()
    """(field, "sheet!row") pairs: where each was read."""


@dataclass(frozen=True, slots=True)
class SoaRow:
    """One control as the organisation decided on it.

    `cells` repeats the whole row as (header, text) in the sheet's order, so that it can be quoted;
    every other field is the same row understood. What a sheet does not say stays None or empty.
    """

    control_id: str
    """ "A.8.24"; 2013 ids keep their three parts; own controls keep what was written."""
    title: str
    applicable: Applicability
    implementation_status: Implementation | None = None
    id_as_written: str = ""
    edition: Edition | None = Edition.E2022
    source: Source = Source.ANNEX_A
    targets: tuple[str, ...] = ()
    """2022 controls that a 2013 control went into."""
    old_2013_ids: tuple[str, ...] = ()
    theme: str | None = None
    justification_inclusion: str | None = None
    justification_exclusion: str | None = None
    reasons: tuple[Reason, ...] = ()
    implementation_note: str | None = None
    policy_refs: tuple[str, ...] = ()
    evidence_refs: tuple[str, ...] = ()
    owner: str | None = None
    target_date: dt.date | None = None
    last_review: dt.date | None = None
    next_review: dt.date | None = None
    risk_refs: tuple[str, ...] = ()
    obligation_refs: tuple[str, ...] = ()
    maturity: int | None = None
    """0 to 5."""
    extras: tuple[tuple[str, str], ...] = ()
    """(header, text) of the columns that no field fits."""
    cells: tuple[tuple[str, str], ...] = ()
    sheet: str = ""
    row: int = 0
    hidden: bool = False

    @property
    def place(self) -> Place:
        """Say where the row stands."""
        return Place(self.sheet, self.row)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column was taken for. `column` counts from 0; `field` None keeps it as an extra."""

    sheet: str
    column: int
    header: str
    field: Field | None
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can settle before the SoA is taken."""

    code: str
    text: str
    rows: tuple[Place, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """A person's answers to questions, used by a second reading of the same sheets."""

    columns: Mapping[tuple[str, int], Field | None] = field(default_factory=dict)
    """(sheet, column from 0) → field, or None to keep the column as an extra."""
    ids: Mapping[Place, str] = field(default_factory=dict)
    """Row → control id; an empty id leaves the row out."""
    applicable: Mapping[str, Applicability] = field(default_factory=dict)
    """Cell text as written → its meaning in the applicability column."""
    status: Mapping[str, Implementation] = field(default_factory=dict)
    """Cell text, or "#RRGGBB" for a colour → its meaning in the status column."""
    sheets: frozenset[str] | None = None
    """Names of the sheets to read; None lets the shape decide."""


@dataclass(frozen=True, slots=True)
class SoaCounts:
    """How many rows stand where; the four implementation counts are among the applicable ones."""

    rows: int
    applicable: int
    excluded: int
    undecided: int
    implemented: int
    partial: int
    planned: int
    not_implemented: int


@dataclass(frozen=True, slots=True)
class Soa:
    """A Statement of Applicability as taken: one version, from one file."""

    header: SoaHeader
    rows: tuple[SoaRow, ...]
    source: str
    """Path of the file relative to the indexed folder."""
    version: str | None = None

    def row(self, control_id: str) -> SoaRow | None:
        """Return the first row of a control, however its id is written, or None."""
        wanted = {control_id.strip(), canonical(control_id)}
        return next((row for row in self.rows if row.control_id in wanted), None)

    def where(
        self,
        *,
        status: Implementation | None = None,
        applicable: Applicability | None = None,
    ) -> tuple[SoaRow, ...]:
        """Return the rows that have the given status and applicability, in the sheet's order."""
        return tuple(
            row
            for row in self.rows
            if (status is None or row.implementation_status == status)
            and (applicable is None or row.applicable == applicable)
        )

    def counts(self) -> SoaCounts:
        """Count the rows by applicability and, among the applicable, by implementation."""
        decided = Counter(row.applicable for row in self.rows)
        status = Counter(
            row.implementation_status for row in self.where(applicable=Applicability.YES)
        )
        return SoaCounts(
            rows=len(self.rows),
            applicable=decided[Applicability.YES],
            excluded=decided[Applicability.NO],
            undecided=decided[Applicability.UNDECIDED],
            implemented=status[Implementation.IMPLEMENTED],
            partial=status[Implementation.PARTIAL],
            planned=status[Implementation.PLANNED],
            not_implemented=status[Implementation.NOT_IMPLEMENTED],
        )


@dataclass(frozen=True, slots=True)
class SoaReading:
    """What was understood of a workbook, and what stands in the way of taking it."""

    mapping: tuple[ColumnMapping, ...] = ()
    header: SoaHeader = field(default_factory=SoaHeader)
    rows: tuple[SoaRow, ...] = ()
    questions: tuple[Question, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """Things done on purpose that a person may want to check, but need not settle."""
    edition: Edition | None = None
    """The edition that the ids belong to; None if they are mixed or there are none."""

    @property
    def sample(self) -> tuple[SoaRow, ...]:
        """Return the first five rows, to be shown before anything is written."""
        return self.rows[:5]

    @property
    def unambiguous(self) -> bool:
        """Tell whether the reading may be taken without asking a person."""
        return bool(self.rows) and not self.questions

    @property
    def n_matched(self) -> int:
        """Count the rows taken as controls."""
        return len(self.rows)

    @property
    def n_skipped(self) -> int:
        """Count the rows passed over with a reason."""
        return len(self.skipped)

    @property
    def n_read(self) -> int:
        """Count the rows looked at below the headers: matched and skipped."""
        return self.n_matched + self.n_skipped

    def soa(self, source: str, version: str | None = None) -> Soa:
        """Return the stored form; `version` defaults to what the header says."""
        return Soa(self.header, self.rows, source, version or self.header.version)


def render_row(row: SoaRow) -> str:
    """Return the row as it is quoted: ``Header: cell | Header: cell``, empty cells left out."""
    return " | ".join(f"{header}: {text}" if header else text for header, text in row.cells if text)


def row_data(row: SoaRow) -> dict[str, Any]:
    """Return the row as JSON-ready data; `row_from_data` gives the same row back."""
    data: dict[str, Any] = {}
    for each in fields(row):
        value = getattr(row, each.name)
        if isinstance(value, dt.date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = [list(item) if isinstance(item, tuple) else item for item in value]
        data[each.name] = value
    return data


def row_from_data(data: Mapping[str, Any]) -> SoaRow:
    """Return the row that `row_data` wrote down."""
    values: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, list):
            values[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        else:
            values[name] = value
    values["applicable"] = Applicability(values["applicable"])
    values["source"] = Source(values["source"])
    values["reasons"] = tuple(Reason(each) for each in values["reasons"])
    if values["implementation_status"] is not None:
        values["implementation_status"] = Implementation(values["implementation_status"])
    if values["edition"] is not None:
        values["edition"] = Edition(values["edition"])
    for name in ("target_date", "last_review", "next_review"):
        if values[name] is not None:
            values[name] = dt.date.fromisoformat(values[name])
    return SoaRow(**values)
