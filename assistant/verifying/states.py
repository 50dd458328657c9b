"""The state of a row of a register: implemented, planned, open, not applicable."""

from __future__ import annotations

import re

_I = re.IGNORECASE
_STATES = tuple(
    (name, re.compile(pattern, _I))
    for name, pattern in (
        (
            "not implemented",
            r"\b(?:not|never)\s+(?:yet\s+)?(?:been\s+)?(?:fully\s+)?implemented\b|\bunimplemented\b|"
            r"\bnicht\s+umgesetzt\b",
        ),
        ("not partial", r"\bnot\s+(?:partially|partly)\b(?:\s+implemented)?"),
        ("not applicable", r"\bnot\s+applicable\b|\binapplicable\b|\bn/a\b|\bnicht\s+anwendbar\b"),
        (
            "partial",
            r"\bpartial(?:ly)?(?:\s+implemented)?\b|\bpartly(?:\s+implemented)?\b|\bteilweise(?:\s+umgesetzt)?\b",
        ),
        (
            "in progress",
            r"\bin\s+progress\b|\bongoing\b|\bunder\s+way\b|\bin\s+(?:Arbeit|Umsetzung)\b",
        ),
        ("planned", r"\bplanned\b|\bgeplant\b"),
        ("implemented", r"\b(?:fully\s+)?implemented\b|\b(?:vollständig\s+)?umgesetzt\b"),
        ("applicable", r"\bapplicable\b|\banwendbar\b"),
        ("overdue", r"\boverdue\b|\büberfällig\b"),
        ("active", r"\b(?:is|are|still|remains?)\s+(?:still\s+)?active\b|^\W*active\b|\baktiv\b"),
        ("expired", r"\bexpired\b|\babgelaufen\b"),
        ("pending", r"\bpending\b|\bausstehend\b"),
        ("rejected", r"\brejected\b|\babgelehnt\b"),
        ("closed", r"\bclosed\b|\bgeschlossen\b"),
        ("open", r"\b(?:is|are|still|remains?)\s+open\b|^\W*open\b|\boffen\b"),
    )
)
_HEADER = re.compile(r"status|\bstate\b|stand\b|umsetzung|implementation|applicab|anwendbar", _I)
_YES, _NO = re.compile(r"^(?:yes|y|ja|j|true|x|✓)$", _I), re.compile(r"^(?:no|n|nein|false)$", _I)


def states_of(text: str) -> frozenset[str]:
    """Give the states that a clause says of something."""
    found = set()
    rest = text
    for name, pattern in _STATES:
        if pattern.search(rest):
            found.add(name)
            rest = pattern.sub(" ", rest)
    return frozenset(found)


def states_of_row(text: str) -> frozenset[str]:
    """Give the states in a row's cells ``Header: cell | Header: cell``; none without such a column."""
    found: set[str] = set()
    for part in text.split(" | "):
        header, _, cell = part.partition(": ")
        if not _HEADER.search(header) or len(header) > 40:
            continue
        if re.search(r"applicab|anwendbar", header, _I) and (_YES.match(cell) or _NO.match(cell)):
            found.add("applicable" if _YES.match(cell) else "not applicable")
        elif cell.strip() and len(cell) <= 40:
            found |= states_of(cell) or {f"“{cell.strip()}”"}
    return frozenset(found)


def answers_of_row(text: str) -> tuple[tuple[str, bool], ...]:
    """Give the cells of a row that only say yes or no: (header, whether yes)."""
    found = []
    for part in text.split(" | "):
        header, _, cell = part.partition(": ")
        if _YES.match(cell.strip()) or _NO.match(cell.strip()):
            found.append((header, bool(_YES.match(cell.strip()))))
    return tuple(found)
