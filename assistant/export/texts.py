"""Plans as Markdown, the register as CSV, and the manifest of an export. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assistant.domain.cases import Case
from assistant.export.content import PlanPage
from assistant.planning.register import COLUMNS, HEADERS, RegisterEntry


def markdown(page: PlanPage) -> str:
    """Write a plan as Markdown; texts of people and documents cannot become markup."""
    lines = [f"# {_plain(page.id)} {_plain(page.title)}", ""]
    lines += ["| | |", "|---|---|"]
    lines += [f"| {_plain(name)} | {_cell(value)} |" for name, value in page.facts]
    lines += ["", "## 1 Finding as raised", ""]
    lines += [f"> {_plain(line)}" for line in page.finding.split("\n")]
    for number, part in enumerate(page.parts, 2):
        lines += ["", f"## {number} {part.title}", ""]
        if part.title == "Corrective actions" and page.actions:
            lines += [
                "| No. | Action | Done when | Cause | Owner | Due | Resources | Status |",
                "|---|---|---|---|---|---|---|---|",
            ]
            lines += [
                "| "
                + " | ".join(
                    _cell(one_)
                    for one_ in (
                        one.id,
                        one.what,
                        one.done_when,
                        one.cause,
                        one.owner,
                        one.due,
                        one.resources,
                        one.status,
                    )
                )
                + " |"
                for one in page.actions
            ]
        for name, text in part.fields:
            lines += [f"**{_plain(name)}**", ""]
            for line in text.split("\n"):
                lines += [_plain(line), ""]
    for title, found in (
        ("Open points of the check by rules", page.warnings),
        ("Sources", page.sources),
        ("History", page.history),
    ):
        if found:
            lines += ["", f"## {title}", "", *(f"- {_plain(line)}" for line in found)]
    lines += ["", f"Content SHA-256 `{page.content_hash}`", ""]
    return "\n".join(lines)


_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _cell(text: str) -> str:
    return "<br>".join(_plain(line) for line in text.split("\n"))


_STARTS_FORMULA = re.compile(r"^[\s]*[=+\-@]|^[\t\r]")


def register_csv(entries: Sequence[RegisterEntry]) -> str:
    """Write the register as CSV; a cell that a spreadsheet would run is written as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADERS)
    for one in entries:
        writer.writerow([_csv_cell(getattr(one, name)) for name in COLUMNS])
    return out.getvalue()


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and _STARTS_FORMULA.match(text) else text


def manifest(
    files: Mapping[str, bytes], cases: Sequence[Case], *, made_on: date, audit: str | None = None
) -> str:
    """Write what an export holds: files with hashes, plans with content hashes, and their sources."""
    data: dict[str, Any] = {
        "format": "annexa-plan-export/1",
        "made_on": made_on.isoformat(),
        "audit": audit,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        ],
        "plans": [
            {
                "id": case.plan.id,
                "finding": case.plan.finding.id,
                "state": case.state.value,
                "version": case.version,
                "content_sha256": case.plan.content_hash,
                "approved_sha256": case.approval.content_hash if case.approval else None,
                "sources": [
                    {
                        "type": one.type.value,
                        "source": one.source,
                        "document": one.document,
                        "identifier": one.identifier,
                        "version": one.version,
                        "section": one.section,
                        "page": one.page,
                        "row": one.row,
                        "quote_sha256": hashlib.sha256(one.quote.encode("utf-8")).hexdigest(),
                    }
                    for one in case.plan.citations
                ],
            }
            for case in cases
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
