"""Let a reader tell that another page is done, so that long documents may take their time."""

from __future__ import annotations

from collections.abc import Callable


def _ignore(page: int) -> None:
    """Do nothing: outside of a reading process nobody waits."""


_tell: Callable[[int], None] = _ignore


def report_to(tell: Callable[[int], None]) -> None:
    """Send the reports of this process to `tell`."""
    global _tell  # noqa: PLW0603 - one reading process reads one file at a time
    _tell = tell


def page_done(page: int) -> None:
    """Tell that `page`, counted from 1, was read."""
    _tell(page)
