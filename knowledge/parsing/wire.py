"""A `ParsedDocument` as JSON, the only thing that passes from a reading process to the parent.

The parent does not trust what it receives: `decode` raises `ValueError` for anything that is not
exactly such a document.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from knowledge.passages import (
    Block,
    BlockKind,
    Cell,
    CellValue,
    Facts,
    ParsedDocument,
    Sheet,
    Status,
)

_FACT_TEXTS = (
    "identifier",
    "version",
    "owner",
    "approver",
    "classification",
)
_FACT_DATES = ("approved", "effective", "retired", "next_review")
_BLOCK_TEXTS = ("number", "row", "sheet")
_BLOCK_NUMBERS = ("page", "table")
_BLOCK_TUPLES = ("header", "cells")


def encode(document: ParsedDocument) -> bytes:
    """Give `document` as UTF-8 JSON without line breaks."""
    return json.dumps(
        {
            "facts": _facts_out(document.facts),
            "blocks": [_block_out(block) for block in document.blocks],
            "read": document.read,
            "notes": document.notes,
            "sheets": [
                {
                    "name": sheet.name,
                    "hidden": sheet.hidden,
                    "rows": [[_cell_out(cell) for cell in row] for row in sheet.rows],
                }
                for sheet in document.sheets
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "replace")


def decode(raw: bytes) -> ParsedDocument:
    """Read what `encode` wrote. Raises `ValueError` for anything else."""
    try:
        data = json.loads(raw)
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        return ParsedDocument(
            facts=_facts_in(data["facts"]),
            blocks=tuple(_block_in(block, shared) for block in data["blocks"]),
            read=None if data["read"] is None else _texts(data["read"]),
            notes=_texts(data["notes"]),
            sheets=tuple(
                Sheet(
                    _text(sheet["name"]),
                    tuple(tuple(_cell_in(cell) for cell in row) for row in sheet["rows"]),
                    _flag(sheet["hidden"]),
                )
                for sheet in data["sheets"]
            ),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a parsed document: {error!r}") from None


def _facts_out(facts: Facts) -> dict[str, Any]:
    out: dict[str, Any] = {name: getattr(facts, name) for name in _FACT_TEXTS}
    for name in _FACT_DATES:
        value = getattr(facts, name)
        out[name] = None if value is None else value.isoformat()
    return out | {
        "title": facts.title,
        "status": facts.status.value,
        "supersedes": facts.supersedes,
        "language": facts.language,
        "controls": facts.controls,
        "found_in": facts.found_in,
    }


def _facts_in(data: dict[str, Any]) -> Facts:
    return Facts(
        title=_text(data["title"]),
        status=Status(data["status"]),
        supersedes=_texts(data["supersedes"]),
        language=_text(data["language"]),
        controls=_texts(data["controls"]),
        found_in=tuple((_text(field), _text(place)) for field, place in data["found_in"]),
        **{name: _maybe(_text, data[name]) for name in _FACT_TEXTS},
        **{name: _maybe(_date, data[name]) for name in _FACT_DATES},
    )


def _block_out(block: Block) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": block.kind.value, "text": block.text}
    for name in ("level", *_BLOCK_TEXTS, *_BLOCK_NUMBERS, *_BLOCK_TUPLES):
        value = getattr(block, name)
        if value is not None and value not in (0, ()):
            out[name] = value
    if block.table == 0:
        out["table"] = 0
    return out


def _block_in(data: dict[str, Any], shared: dict[tuple[str, ...], tuple[str, ...]]) -> Block:
    header = _texts(data.get("header", ()))
    return Block(
        kind=BlockKind(data["kind"]),
        text=_text(data["text"]),
        level=_number(data.get("level", 0)),
        header=shared.setdefault(header, header),
        cells=_texts(data.get("cells", ())),
        **{name: _maybe(_text, data.get(name)) for name in _BLOCK_TEXTS},
        **{name: _maybe(_number, data.get(name)) for name in _BLOCK_NUMBERS},
    )


def _cell_out(cell: Cell) -> Any:
    value: Any = cell.value
    extra: dict[str, Any] = {}
    if isinstance(value, datetime):
        value, extra["t"] = value.isoformat(), "datetime"
    elif isinstance(value, date):
        value, extra["t"] = value.isoformat(), "date"
    if cell.number_format is not None:
        extra["f"] = cell.number_format
    if cell.fill is not None:
        extra["c"] = cell.fill
    if cell.hidden:
        extra["h"] = True
    if cell.merged:
        extra["m"] = True
    return {"v": value, **extra} if extra else value


def _cell_in(data: Any) -> Cell:
    if not isinstance(data, dict):
        return Cell(_scalar(data))
    value = data["v"]
    kind = data.get("t")
    return Cell(
        value=(
            datetime.fromisoformat(_text(value))
            if kind == "datetime"
            else _date(value)
            if kind == "date"
            else _scalar(value)
        ),
        number_format=_maybe(_text, data.get("f")),
        fill=_maybe(_text, data.get("c")),
        hidden=_flag(data.get("h", False)),
        merged=_flag(data.get("m", False)),
    )


def _maybe(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("list of texts expected")
    return tuple(_text(item) for item in value)


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("number expected")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("flag expected")
    return value


def _date(value: Any) -> date:
    return date.fromisoformat(_text(value))


def _scalar(value: Any) -> CellValue:
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError("cell value expected")
