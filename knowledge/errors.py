"""What can go wrong in the library, by who can act on it.

LibraryError
├── WorkspaceError     the workspace is missing, locked, full or of another version: the operator
├── AccessError        `access.yaml` does not say what it means: the operator
└── VectorsMissing     no usable vectors: searches fall back to keywords and say so

A file that cannot be read is a `parsing.DocumentError`; a model that cannot be used an
`embedding.ModelError`.
"""

from __future__ import annotations


class LibraryError(Exception):
    """Anything the library reports on purpose; its text is meant for a person."""


class WorkspaceError(LibraryError):
    """The workspace cannot be used as it is."""


class AccessError(LibraryError):
    """`access.yaml` cannot be understood; nobody but the owner reads anything until it can."""


class VectorsMissing(LibraryError):  # noqa: N818  a state that keyword search covers, not a fault
    """There are no vectors for the current passages."""
