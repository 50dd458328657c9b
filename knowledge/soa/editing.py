"""Changing one row of a statement by what a person types, with the meanings that an import knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from knowledge.passages import Cell
from knowledge.soa import values
from knowledge.soa.columns import with_cells
from knowledge.soa.headers import proposals
from knowledge.soa.model import Applicability, Field, Implementation, Soa, SoaRow

_TEXTS = frozenset(
    {
        Field.TITLE, Field.THEME, Field.JUSTIFICATION_INCLUSION, Field.JUSTIFICATION_EXCLUSION,
        Field.IMPLEMENTATION_NOTE, Field.OWNER,
    }
)  # fmt: skip
_LISTS = frozenset({Field.POLICY_REFS, Field.EVIDENCE_REFS, Field.OBLIGATION_REFS})
_DAYS = frozenset({Field.TARGET_DATE, Field.LAST_REVIEW, Field.NEXT_REVIEW})
EDITABLE: tuple[Field, ...] = (
    Field.TITLE, Field.THEME, Field.APPLICABLE, Field.JUSTIFICATION_INCLUSION,
    Field.JUSTIFICATION_EXCLUSION, Field.IMPLEMENTATION_STATUS, Field.IMPLEMENTATION_NOTE,
    Field.POLICY_REFS, Field.EVIDENCE_REFS, Field.OWNER, Field.TARGET_DATE, Field.LAST_REVIEW,
    Field.NEXT_REVIEW, Field.RISK_REFS, Field.OBLIGATION_REFS, Field.MATURITY,
)  # fmt: skip


class NotUnderstood(ValueError):  # noqa: N818  a person can say it again
    """What was typed has no meaning for the field."""


def field_named(name: str) -> Field | None:
    """Give the field that a person names: by its own name or by a header that imports know."""
    plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
    found = next((one for one in EDITABLE if one.value == plain), None)
    if found is None:
        found = next((p.field for p in proposals(name) if p.field in EDITABLE), None)
    return found


def edited(soa: Soa, control: str, changes: Mapping[Field, str]) -> Soa:
    """Give the statement with one row changed. An empty text takes a value away.

    Raises NotUnderstood for a text without a meaning, LookupError where there is no such row."""
    row = soa.row(control)
    if row is None:
        raise LookupError(f"the statement has no row for {control!r}")
    new = row
    for field, text in changes.items():
        new = _changed(new, field, text.strip())
    return replace(soa, rows=tuple(with_cells(new) if one is row else one for one in soa.rows))


def _changed(row: SoaRow, field: Field, text: str) -> SoaRow:
    if field is Field.APPLICABLE:
        return replace(row, applicable=_applicable(text))
    if field is Field.IMPLEMENTATION_STATUS:
        return replace(row, implementation_status=_status(text))
    if field is Field.MATURITY:
        return replace(row, maturity=_maturity(text))
    if field is Field.RISK_REFS:
        return replace(row, risk_refs=values.risk_references(text) if text else ())
    value: object
    if field in _DAYS:
        value = _day(text)
    elif field in _LISTS:
        value = values.references(text)
    elif field in _TEXTS:
        value = None if values.is_nothing(text) and field is not Field.TITLE else text
    else:
        raise NotUnderstood(f"{field.value} cannot be edited")
    return replace(row, **{field.value: value})  # type: ignore[arg-type]


def _applicable(text: str) -> Applicability:
    meaning = values.applicability(text).meaning
    if meaning is None:
        raise NotUnderstood(f"“{text}” is not yes, no or undecided")
    return meaning


def _status(text: str) -> Implementation | None:
    if not text:
        return None
    meaning = values.status(Cell(text.replace("_", " "))).meaning
    if meaning is None:
        raise NotUnderstood(
            f"“{text}” is none of implemented, partial, planned, not implemented, not applicable"
        )
    return meaning


def _maturity(text: str) -> int | None:
    if not text:
        return None
    level = values.maturity(Cell(text))
    if level is None:
        raise NotUnderstood(f"“{text}” is no level from 0 to 5")
    return level


def _day(text: str) -> date | None:
    if not text:
        return None
    day = values.day_in_text(text)
    if day is None:
        raise NotUnderstood(f"“{text}” is no day; write YYYY-MM-DD")
    return day
