"""Which units a quick interview asks about: the clauses, and controls that incidents hang on."""

from __future__ import annotations

from knowledge.demands import units

_FIRST_CONTROLS = (
    "A.5.15", "A.5.18", "A.5.19", "A.5.23", "A.5.24", "A.5.26", "A.6.3", "A.8.2", "A.8.5", "A.8.7",
    "A.8.8", "A.8.13", "A.8.15", "A.8.16", "A.8.32",
)  # fmt: skip
"""In the order of the standard; where risks are rated, the assessor chooses others."""


def quick_units() -> tuple[str, ...]:
    """Give the 30 clause units and fifteen controls."""
    return (*(one.id for one in units().values() if one.is_clause), *_FIRST_CONTROLS)
