"""The one error of reading a file."""

from __future__ import annotations

from typing import Final

CODES: Final = frozenset(
    {
        "unsupported",  # a kind of file that is not read, or content that belies the suffix
        "empty",  # nothing to read
        "scanned",  # pictures of text only
        "encrypted",
        "too_large",
        "bomb",  # unpacks or expands far beyond its size
        "unsafe",  # not a plain file inside the folder, or an archive with unsafe names
        "corrupt",
        "timeout",
    }
)


class DocumentError(Exception):
    """A file that was not read: which one, why (`code`, one of `CODES`), and what to do."""

    def __init__(self, source: str, code: str, message: str) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source
        self.code = code if code in CODES else "corrupt"
        self.message = message
