"""The nouns of the library: documents, their facts, passages, citations and readers.

Everything here is frozen and pure. A *document* is a file of the organisation (or one unit of the
built-in guidance); it is read into *blocks*, which are grouped into *passages*, the smallest thing
that is found, quoted and cited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Origin(StrEnum):
    """Where a passage speaks from; also the `type` of a citation."""

    DOCUMENT = "document"
    SOA = "soa"
    REGISTER = "register"
    GUIDANCE = "guidance"


class Status(StrEnum):
    """What the document says of itself (or `access.yaml` says for it)."""

    APPROVED = "approved"
    DRAFT = "draft"
    RETIRED = "retired"
    EXTERNAL = "external"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """What a document counts for on a given day among the documents that a reader may see."""

    IN_FORCE = "in force"
    NOT_YET = "not yet in force"
    SUPERSEDED = "superseded"
    DRAFT = "draft"
    RETIRED = "retired"
    EXTERNAL = "external"


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item or table row, verbatim.

    `number` is the printed or computed section number without a final dot ("4.3", "A.2"), also
    when the text repeats it. `text` of a table row is ``Header: cell | Header: cell``.
    """

    kind: BlockKind
    text: str
    level: int = 0
    """Heading level from 1; depth of a list item from 1; 0 otherwise."""
    number: str | None = None
    page: int | None = None
    """Page from 1, where the format has pages."""
    table: int | None = None
    """Ordinal of the table that a row belongs to."""
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    row: str | None = None
    """Key of a register row, such as A.8.12 or R-14."""
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a document as a controlled document. Unknown stays None."""

    title: str
    identifier: str | None = None
    version: str | None = None
    status: Status = Status.UNKNOWN
    owner: str | None = None
    approver: str | None = None
    classification: str | None = None
    approved: date | None = None
    effective: date | None = None
    retired: date | None = None
    next_review: date | None = None
    supersedes: tuple[str, ...] = ()
    """As written: "STD-04 v1.3"."""
    language: str = "en"
    controls: tuple[str, ...] = ()
    """Control ids that the document's own header claims, such as ("A.5.15",)."""
    found_in: tuple[tuple[str, str], ...] = ()
    """(field, place) pairs: where each fact was read: "front matter", "control table", "header",
    "footer", "file name", "first heading", "access.yaml"."""


CellValue = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One spreadsheet cell: its typed value and what a person sees besides it."""

    value: CellValue = None
    number_format: str | None = None
    fill: str | None = None
    """Background as RRGGBB where set."""
    hidden: bool = False
    merged: bool = False
    """True for a cell that lies in a merged range (the value is in its top left cell)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as a grid; `rows[i][j]` is row i+1, column j+1. Hidden sheets are marked."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A file as read: facts, blocks in reading order, and what a person should be told."""

    facts: Facts
    blocks: tuple[Block, ...]
    read: tuple[str, ...] | None = None
    """Groups named by front matter; narrows access and never widens it."""
    notes: tuple[str, ...] = ()
    """Things done on purpose that a lead may want to know: "3 comments left out"."""
    sheets: tuple[Sheet, ...] = ()
    """The raw grids of a workbook or CSV file, for the Statement of Applicability."""


@dataclass(frozen=True, slots=True)
class Span:
    """A block inside a passage's text: `text[start:end]`, with its own place."""

    start: int
    end: int
    section: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a passage stands. `section` is number and heading as in the document."""

    source: str
    """Path relative to the indexed folder with forward slashes, ``guidance:ID``, or ``answer:Q-7``
    for what a person answered."""
    heading_path: tuple[str, ...] = ()
    section: str | None = None
    page: int | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A citable piece of one document.

    `text` is verbatim and is what may be quoted. `search_text` is what the two search engines see:
    title and heading path above the text, and for guidance the ways people ask for it.
    """

    id: str
    document: str
    ordinal: int
    text: str
    search_text: str
    locator: Locator
    spans: tuple[Span, ...] = ()
    controls: tuple[str, ...] = ()
    """Annex A controls named in the text by their ids in the edition of 2022 ("A.8.24");
    2013 ids are recorded under their 2022 targets."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the library. `id` is opaque and survives renaming."""

    id: str
    source: str
    origin: Origin
    facts: Facts
    content_hash: str
    read: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def is_persons_answer(source: str) -> bool:
    """Tell whether a source is what a person answered, which lies in no folder."""
    return re.fullmatch(r"answer:Q-\d+", source) is not None


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and everything a person needs to check it. Mirrors the batch contract."""

    type: Origin
    source: str
    document: str
    quote: str
    passage: str
    identifier: str | None = None
    version: str | None = None
    status: str | None = None
    approved: date | None = None
    effective: date | None = None
    section: str | None = None
    page: int | None = None
    row: str | None = None


EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. Always in `everyone`; only the workspace's owner reads everything."""

    id: str | None = None
    groups: frozenset[str] = field(default_factory=frozenset)
    owner: bool = False
    audience: tuple[frozenset[str], ...] = ()
    """Groups of everybody else who will see what is shown, person by person. What one of them may
    not read is not there for this reader either."""

    def in_any(self, groups: tuple[str, ...] | None) -> bool:
        """Tell whether a text open to `groups` (None: everyone) may be read."""
        if groups is None or EVERYONE in groups:
            return True
        own = self.owner or not self.groups.isdisjoint(groups)
        return own and all(not other.isdisjoint(groups) for other in self.audience)


OWNER = Reader(owner=True)
PUBLIC = Reader()
