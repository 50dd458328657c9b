"""Which reader reads which file."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import Limits
from knowledge.passages import ParsedDocument

Read = Callable[[bytes, str, Limits], ParsedDocument]

_READERS: Final = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".xlsx": "sheet",
    ".xlsm": "sheet",
    ".csv": "sheet",
    ".tsv": "sheet",
}
SUFFIXES: Final = frozenset(_READERS)
"""Suffixes of the files that can be read, in lower case."""

_OFFICE: Final = frozenset({".docx", ".xlsx", ".xlsm"})
_OFFICE_MAGIC: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_PDF_MAGIC: Final = b"%PDF-"
_BINARY_MAGIC: Final = (
    *_OFFICE_MAGIC,
    _PDF_MAGIC,
    b"\x7fELF",
    b"MZ",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"SQLite format 3\x00",
)
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def suffix_of(source: str) -> str:
    """Give the lower-case suffix of `source`. Raises `DocumentError` if no reader has it."""
    suffix = PurePosixPath(source).suffix.lower()
    if suffix not in _READERS:
        raise DocumentError(
            source,
            "unsupported",
            f"has the suffix {suffix or '(none)'!s}, which is not read; "
            f"these are: {' '.join(sorted(SUFFIXES))}",
        )
    return suffix


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read `data` with the reader of its suffix, in this process. Raises `DocumentError`."""
    suffix = suffix_of(source)
    check_content(data, source, suffix)
    module = importlib.import_module(f"knowledge.parsing.{_READERS[suffix]}")
    reader: Read = module.read
    return reader(data, source, limits)


def check_content(data: bytes, source: str, suffix: str) -> None:
    """Raise `DocumentError` if `data` is empty or clearly not what `suffix` promises."""
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise DocumentError(source, "empty", "is empty")
    if suffix in _OFFICE:
        fits = data.startswith(_OFFICE_MAGIC)
    elif suffix == ".pdf":
        fits = _PDF_MAGIC in data[:1024]
    else:
        fits = not data.startswith(_BINARY_MAGIC) and (
            data.startswith(_UTF16_MARKS) or b"\x00" not in data[:4096]
        )
    if not fits:
        raise DocumentError(
            source,
            "unsupported",
            f"does not hold what the suffix {suffix} promises; give it its true suffix",
        )
