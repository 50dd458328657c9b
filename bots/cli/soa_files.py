"""Files with a statement in them: finding and reading them for the owner's commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from knowledge.library import Library
    from knowledge.passages import ParsedDocument


def place_of(library: Library, file: Path | str) -> Path | None:
    """Give a file by its path in the indexed folder or from here; None where there is none."""
    folder = library.snapshot().state.get("folder")
    candidates = [Path(folder) / file] if folder else []
    candidates.append(Path(file))
    return next((path.resolve() for path in candidates if path.is_file()), None)


def parsed_file(path: Path, source: str) -> tuple[ParsedDocument, str]:
    """Read a workbook or CSV file and hash it. Raises ClickException with what is wrong."""
    import hashlib

    from knowledge.parsing import DocumentError, parse_file

    try:
        with path.open("rb") as stream:
            content_hash = hashlib.file_digest(stream, "sha256").hexdigest()
        parsed = parse_file(path, source)
    except DocumentError as error:
        raise click.ClickException(f"{source} {error.message}") from error
    if not parsed.sheets:
        raise click.ClickException(f"{source} is no workbook or CSV file, so it holds no SoA.")
    return parsed, content_hash
