"""Writing an export: files that appear whole, then the manifest that names them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.domain.cases import Case, Problem
from assistant.export.content import page_of
from assistant.export.document import word_document
from assistant.export.texts import manifest, markdown, register_csv
from assistant.export.workbook import plans_workbook
from assistant.planning.register import RegisterEntry
from assistant.planning.rendering import plan_data

FORMATS = ("docx", "xlsx", "md", "json", "csv")


def export_plans(
    folder: Path,
    cases: Sequence[Case],
    entries: Sequence[RegisterEntry],
    problems: Sequence[Sequence[Problem]],
    *,
    formats: Sequence[str],
    today: date,
    organisation: str | None,
    template: Path | None = None,
    audit: str | None = None,
) -> tuple[Path, ...]:
    """Write plans in the wanted formats with a manifest, one name for all.

    Raises TemplateError before anything is written, OSError where the folder cannot be written."""
    pages = [page_of(case, today, found) for case, found in zip(cases, problems, strict=True)]
    name = _name(audit) if audit else (cases[0].plan.id if len(cases) == 1 else "plans")
    title = f"Corrective action plans: {audit}" if audit else "Corrective action plans"
    if len(cases) == 1:
        title = f"Corrective action plan {name}"
    files: dict[str, bytes] = {}
    for kind in formats:
        match kind:
            case "docx":
                files[f"{name}.docx"] = word_document(
                    pages, title=title, organisation=organisation, template=template
                )
            case "xlsx":
                files[f"{name}.xlsx"] = plans_workbook(pages, entries)
            case "md":
                files[f"{name}.md"] = "\n---\n\n".join(map(markdown, pages)).encode("utf-8")
            case "json":
                data = [
                    plan_data(one.plan, one) | {"state": one.state.value, "version": one.version}
                    for one in cases
                ]
                files[f"{name}.json"] = (
                    json.dumps(data, ensure_ascii=False, indent=2) + "\n"
                ).encode("utf-8")
            case "csv":
                files[f"{name}.csv"] = register_csv(entries).encode("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    listed = manifest(files, cases, made_on=today, audit=audit)
    written = [_write(folder / one, content) for one, content in files.items()]
    written.append(_write(folder / f"{name}.manifest.json", listed.encode("utf-8")))
    return tuple(written)


def _name(audit: str) -> str:
    return re.sub(r"[^\w.-]+", "-", audit).strip("-.")[:80] or "audit"


def _write(path: Path, content: bytes) -> Path:
    """Write a file that takes its name only when it is whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
