"""What differs between two versions of a statement, row by row and field by field, and taking it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from knowledge.soa.columns import extras_of
from knowledge.soa.model import Soa, SoaHeader, SoaRow, row_data

TITLE = "Statement of Applicability"
"""The title of a statement that gives itself none."""
_NOT_COMPARED = frozenset(
    {"cells", "sheet", "row", "hidden", "id_as_written", "targets", "extras", "source", "edition"}
)
"""Where and how a row was written is no decision."""
_COMPARED = tuple(f.name for f in fields(SoaRow) if f.name not in _NOT_COMPARED)
_HEADER = tuple(f.name for f in fields(SoaHeader) if f.name != "found_in")
_APPROVAL = frozenset({"approved", "approver", "version", "date", "next_review", "author", "title"})
"""Fields that approving and publishing set; they are no part of what is approved."""


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as people read it; empty where there is nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one control's row. `occurrence` counts rows of one id from 1."""

    control: str
    title: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...] = ()
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs; empty where two versions say the same."""

    rows: tuple[RowChange, ...] = ()
    header: tuple[FieldChange, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.rows or self.header)


def difference(before: Soa | None, after: Soa) -> Difference:
    """Compare two versions. Without a version before, every row is new.

    The header counts only where the new version states one: a CSV file has none to give."""
    old = _keyed(before.rows) if before else {}
    new = _keyed(after.rows)
    changes: list[RowChange] = []
    for key, row in new.items():
        known = old.get(key)
        if known is None:
            changes.append(RowChange(key[0], row.title, ChangeKind.ADDED, (), key[1]))
        elif changed := _fields(known, row):
            changes.append(RowChange(key[0], row.title, ChangeKind.CHANGED, changed, key[1]))
    changes += [
        RowChange(key[0], row.title, ChangeKind.REMOVED, (), key[1])
        for key, row in old.items()
        if key not in new
    ]
    return Difference(tuple(changes), _header(before.header if before else None, after.header))


def accepted(before: Soa | None, after: Soa, controls: Collection[str] | None) -> Soa:
    """Take the changes of the named controls (None: all, with the header) and leave the rest."""
    if controls is None or before is None:
        return (
            after
            if controls is None
            else replace(after, rows=tuple(row for row in after.rows if row.control_id in controls))
        )
    old, new = _keyed(before.rows), _keyed(after.rows)
    rows = [new.get(key) if key[0] in controls else row for key, row in old.items()]
    rows += [row for key, row in new.items() if key not in old and key[0] in controls]
    return replace(before, rows=tuple(row for row in rows if row is not None))


def content_hash(soa: Soa) -> str:
    """Hash what a statement says: scope, edition and rows, not where they stand in a file.

    Who approved it, when and as which version is left out, so that it can be added to a file of
    exactly what was approved."""
    said: dict[str, Any] = {
        "header": {
            name: _shown(getattr(soa.header, name)) for name in _HEADER if name not in _APPROVAL
        },
        "rows": [_said(row) for row in soa.rows],
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _said(row: SoaRow) -> dict[str, Any]:
    data = row_data(row)
    return {name: data[name] for name in _COMPARED} | {"extras": sorted(_extras(row).items())}


def _keyed(rows: Sequence[SoaRow]) -> dict[tuple[str, int], SoaRow]:
    found: dict[tuple[str, int], SoaRow] = {}
    for row in rows:
        number = 1
        while (row.control_id, number) in found:
            number += 1
        found[row.control_id, number] = row
    return found


def _fields(before: SoaRow, after: SoaRow) -> tuple[FieldChange, ...]:
    found = [
        FieldChange(name, _shown(getattr(before, name)), _shown(getattr(after, name)))
        for name in _COMPARED
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = _extras(before), _extras(after)
    found += [
        FieldChange(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys((*old, *new))
        if old.get(name, "") != new.get(name, "")
    ]
    return tuple(found)


def _extras(row: SoaRow) -> dict[str, str]:
    return {
        header if number == 1 else f"{header} ({number})": text
        for (header, number), text in extras_of(row)
    }


def _header(before: SoaHeader | None, after: SoaHeader) -> tuple[FieldChange, ...]:
    if all(getattr(after, name) is None for name in _HEADER):
        return ()
    found = []
    for name in _HEADER:
        old = _shown(getattr(before, name)) if before else ""
        new = _shown(getattr(after, name))
        if name == "title" and {old, new} <= {"", TITLE}:
            continue
        if old != new:
            found.append(FieldChange(name, old, new))
    return tuple(found)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(str(one) for one in value)
    return str(value)
