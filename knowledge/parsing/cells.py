"""A spreadsheet's cell as a person sees it."""

from __future__ import annotations

import re
from datetime import date

from knowledge.passages import Cell, CellValue


def shown(cell: Cell) -> str:
    """Return a cell's value as the sheet shows it, as far as its number format is simple."""
    return _shown(cell.value, cell.number_format or "")


def _shown(value: CellValue, code: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, int | float):
        return _shown_number(value, code)
    return "\n".join(" ".join(line.split()) for line in value.splitlines() if line.strip())


def _shown_number(value: float, code: str) -> str:
    percent = re.search(r"0(?:\.(0+))?%", code)
    if percent:
        return f"{value * 100:.{len(percent.group(1) or '')}f}%"
    fixed = re.fullmatch(r"(?:#,##)?0\.(0+)(?:_.*|;.*)?", code)
    if fixed:
        comma = "," if code.startswith("#,##") else ""
        return f"{value:{comma}.{len(fixed.group(1))}f}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
