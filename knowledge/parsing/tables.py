"""A grid of cells as table row blocks, for the formats that say little about their tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.parsing.labels import field_of
from knowledge.passages import Block, BlockKind

_CONTROL_KEYS: Final = re.compile(
    r"(?:document|doc\.?|policy|dokument\w*|dok\.?)?[\s-]*"
    r"(?:version|revision|rev\.?|issue|edition|owner|author|approver|approved|approval|status|state|"
    r"date|dated|title|name|id|identifier|number|no\.?|nr\.?|reference|ref\.?|code|classification|"
    r"confidentiality|effective|valid|review\w*|next review|last review|supersedes|replaces|"
    r"language|scope|distribution|department|prepared|released?|issued|type|controls?|"
    r"eigentümer\w*|verantwortlich\w*|verfasser\w*|autor\w*|freigabe\w*|freigegeben|genehmigt\w*|"
    r"stand|datum|titel|kennung|nummer|klassifizierung|einstufung|vertraulichkeit|gültig\w*|"
    r"in kraft|überprüfung|nächste\w*|ersetzt|sprache|geltungsbereich|ausgabe|fassung|"
    r"bearbeiter\w*)"
    r"(?:\b|$)",
    re.IGNORECASE,
)
_VALUE_NAMES: Final = frozenset(
    {
        "value", "values", "description", "details", "meaning", "definition", "date", "content",
        "information", "explanation", "wert", "werte", "beschreibung", "bedeutung", "datum",
        "inhalt", "angabe", "angaben", "erläuterung",
    }
)  # fmt: skip
"""What a column of values may be called in the header of a two-column table."""
_VALUE: Final = re.compile(r"\d|@")
_KEY_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell as a person sees it. A spanned or merged-away place holds an empty cell."""

    text: str = ""
    strong: bool = False
    """Bold or on a coloured ground."""
    span: int = 1


Row = Sequence[GridCell]


def table_blocks(
    rows: Sequence[Row],
    *,
    table: int,
    page: int | None = None,
    header_rows: int | None = None,
    header: tuple[str, ...] = (),
) -> list[Block]:
    """Give a block for each data row of a table.

    `header_rows` is how many rows are headers (None: the file does not say); `header` is
    that of a table which this one continues. Control tables of keys and values give a block
    ``key: value`` for each pair, with ``cells=(key, value)`` and no header.
    """
    rows = [row for row in rows if any(cell.text for cell in row)]
    if not rows:
        return []
    if header:
        body = rows[1:] if _same_header(rows[0], header) else rows
        return _data_blocks(body, header, table, page)
    if header_rows is None:
        pairs = _pairs(rows)
        if pairs is not None:
            return [
                *_title_blocks(rows, page),
                *(_pair_block(key, value, table, page) for key, value in pairs),
            ]
        header_rows = 1 if len(rows) > 1 and _columns(rows) > 1 else 0
        while header_rows and header_rows < len(rows) - 1 and _spans(rows[header_rows - 1]):
            header_rows += 1
    return [
        *_title_blocks(rows[:header_rows], page),
        *_data_blocks(rows[header_rows:], header_of(rows[:header_rows]), table, page),
    ]


def side_lines(block: Block) -> list[str]:
    """Give the lines of a table row in a page header, where nothing is a column's name.

    A pair of key and value is one line, every other cell a line of its own.
    """
    if not block.header and block.text != row_text((), block.cells):
        return [block.text]
    return [_flat(cell) for cell in (*block.header, *block.cells) if cell]


def pair_blocks(rows: Sequence[Row], *, table: int, page: int | None = None) -> list[Block]:
    """Give a block ``key: value`` for each row of a table that is known to have two columns."""
    return [
        _pair_block(row[0].text, row[1].text, table, page)
        for row in rows
        if row[0].text or row[1].text
    ]


def looks_headed(rows: Sequence[Row]) -> bool:
    """Tell whether the first row looks different from the rest or names columns.

    For tables without lines, where a row above the others may just as well be data.
    """
    first, rest = rows[0], rows[1:]
    if not rest or any(not cell.text for cell in first):
        return False
    if all(cell.strong for cell in first):
        return not all(cell.strong for row in rest for cell in row if cell.text)
    return len(first) > 2 and all(
        len(cell.text) <= _KEY_CHARACTERS
        and cell.text[0].isupper()
        and not any(character.isdigit() for character in cell.text)
        for cell in first
    )


def header_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Join the header rows of a table to one header: "Impact / Low"."""
    names: list[list[str]] = []
    for row in rows:
        if _spans_all(row):
            continue
        expanded = _expanded(row)
        names.extend([] for _ in range(len(expanded) - len(names)))
        for at, text in enumerate(expanded):
            if text and text not in names[at]:
                names[at].append(text)
    return tuple(" / ".join(parts) for parts in names)


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """Give a row as ``Header: cell | Header: cell``, without its empty cells."""
    parts = []
    for at, cell in enumerate(cells):
        name = _flat(header[at]) if at < len(header) else ""
        text = _flat(cell)
        if text:
            parts.append(f"{name.rstrip(':')}: {text}" if name else text)
    return " | ".join(parts)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _columns(rows: Sequence[Row]) -> int:
    return max(len(row) for row in rows)


def _spans_all(row: Row) -> bool:
    """Tell whether one cell fills the whole row, as a title in a table does."""
    return len(row) > 1 and row[0].span >= len(row)


def _spans(row: Row) -> bool:
    """Tell whether a header row has a cell over several columns, so that another row follows."""
    return any(cell.span > 1 for cell in row)


def _expanded(row: Row) -> list[str]:
    """Repeat the text of a spanning header cell over the columns that it spans."""
    texts = [cell.text for cell in row]
    for at, cell in enumerate(row):
        for over in range(at + 1, min(at + cell.span, len(row))):
            texts[over] = cell.text
    return texts


def _same_header(row: Row, header: tuple[str, ...]) -> bool:
    return [_flat(text) for text in _expanded(row)] == [_flat(text) for text in header]


def _title_blocks(rows: Sequence[Row], page: int | None) -> list[Block]:
    return [
        Block(BlockKind.PARAGRAPH, row[0].text, page=page)
        for row in rows
        if _spans_all(row) and row[0].text
    ]


def _data_blocks(
    rows: Sequence[Row], header: tuple[str, ...], table: int, page: int | None
) -> list[Block]:
    blocks = []
    for row in rows:
        cells = tuple(cell.text for cell in row)
        names = () if _spans_all(row) else header
        text = row_text(names, cells)
        if text:
            blocks.append(
                Block(BlockKind.TABLE_ROW, text, page=page, table=table, header=names, cells=cells)
            )
    return blocks


def _pair_block(key: str, value: str, table: int, page: int | None) -> Block:
    text = f"{_flat(key).rstrip(':')}: {_flat(value)}" if value else _flat(key)
    return Block(BlockKind.TABLE_ROW, text, page=page, table=table, cells=(key, value))


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str]] | None:
    """Read a table of keys and values, in two columns or in two pairs of columns."""
    columns = _columns(rows)
    if columns not in {2, 4, 6} or any(len(row) != columns for row in rows):
        return None
    body = [row for row in rows if not _spans_all(row)]
    firsts = range(0, columns, 2)
    if not body or not all(_keys_stand_in(body, at, columns) for at in firsts):
        return None
    return [
        (row[at].text, row[at + 1].text)
        for row in body
        for at in firsts
        if row[at].text or row[at + 1].text
    ]


def _keys_stand_in(rows: Sequence[Row], at: int, columns: int) -> bool:
    keys = [row[at] for row in rows if row[at].text]
    values = [row[at + 1] for row in rows if row[at].text]
    if not keys or any(len(key.text) > _KEY_CHARACTERS for key in keys):
        return False
    known = sum(
        _CONTROL_KEYS.match(key.text) is not None or field_of(key.text) is not None for key in keys
    )
    named = known * 2 >= len(keys) and (known >= 2 or len(keys) == 1)
    if columns == 2 and len(keys) > 1 and _looks_like_header(keys[0], values[0], values[1:]):
        return _states_facts(keys, values)
    if all(key.text.endswith(":") for key in keys):
        return True
    contrast = all(key.strong for key in keys) and not any(value.strong for value in values)
    if columns > 2 and contrast and len(keys) > 1:
        return True
    if _CONTROL_KEYS.fullmatch(values[0].text) is not None and not contrast:
        return False
    if columns > 2:
        return named
    return named or contrast or (len(keys) == 1 and _VALUE.search(values[0].text) is not None)


def _states_facts(keys: Sequence[GridCell], values: Sequence[GridCell]) -> bool:
    """Tell whether every key is the label of a document's fact, below a first row in colour.

    Some templates shade the row with the document's number; it is a pair like the others.
    """
    distinct = {field_of(key.text) for key in keys}
    value_names = values[0].text.casefold().strip(":") in _VALUE_NAMES
    return None not in distinct and len(distinct) > 2 and not value_names


def _looks_like_header(key: GridCell, value: GridCell, below: Sequence[GridCell]) -> bool:
    """Tell whether a first row is a header: both cells strong, or both name a column."""
    if value.strong and key.strong and not all(cell.strong for cell in below):
        return True
    return value.text.casefold().strip(":") in _VALUE_NAMES
