"""Checks of a Statement of Applicability: forty kinds of defect, each with code, row and reason."""

from knowledge.soa.linting.checks import Waived, Waiver, lint, waive
from knowledge.soa.linting.model import KINDS, Basis, Confidence, Defect, Kind, Severity, Spot
from knowledge.soa.linting.surroundings import (
    NOTHING,
    Entry,
    KnownDocument,
    RegisterKind,
    Rule,
    ScopeFact,
    Surroundings,
)

__all__ = [
    "KINDS",
    "NOTHING",
    "Basis",
    "Confidence",
    "Defect",
    "Entry",
    "Kind",
    "KnownDocument",
    "RegisterKind",
    "Rule",
    "ScopeFact",
    "Severity",
    "Spot",
    "Surroundings",
    "Waived",
    "Waiver",
    "lint",
    "waive",
]
