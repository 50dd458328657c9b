"""Looking back at an answer with the rights of today.

An old answer repeats what its sources said. Whoever may not read a source any more may not read the
answer either, and gets the ids of what it stood on and nothing else of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.domain.answer import Answer
from assistant.domain.conversation import Check, PassageUse, Trace, Turn
from knowledge.passages import Citation
from knowledge.view import View


class Since(StrEnum):
    """What became of a passage since it was used."""

    SAME = "unchanged"
    MOVED = "unchanged, in a document that changed"
    """The passage is as it was; its document was changed elsewhere."""
    REPLACED = "no longer in the document"
    GONE = "no longer in the library"
    HIDDEN = "not to be read here"
    """Gone, or the reader may not read it: the two look the same."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage as it was used, and as the reader finds it today."""

    use: PassageUse
    since: Since
    now_hash: str | None = None
    """Today's content hash of the document."""
    now_version: str | None = None


@dataclass(frozen=True, slots=True)
class Recalled:
    """A turn as its reader may see it today."""

    turn: Turn
    withheld: bool
    """True where the answer was taken out, since a source may no longer be read."""


def recall(turn: Turn, view: View) -> Recalled:
    """Give a turn without its answer where the view's reader may not read a source of it."""
    if turn.answer is None or may_read(turn.answer, view):
        return Recalled(turn, withheld=False)
    trace = None if turn.trace is None else replace(turn.trace, checks=(), notes=())
    return Recalled(replace(turn, answer=None, trace=trace), withheld=True)


def may_read(answer: Answer, view: View) -> bool:
    """Tell whether the view's reader may read every source of an answer."""
    if view.reader.owner:
        return True
    sources = {document.source for document in view.documents}
    return all(_readable(citation, view, sources) for citation in answer.citations)


def seen(trace: Trace, view: View) -> tuple[Seen, ...]:
    """Say of every passage of a trace what became of it, as far as the view's reader may know."""
    by_source = {document.source: document for document in view.documents}
    found = []
    for use in trace.passages:
        passage = view.passage(use.id)
        document = view.document(passage.document) if passage else by_source.get(use.source)
        if document is None:
            hidden = PassageUse(use.id, "", "", None, "", "", use.cited)
            found.append(Seen(use, Since.GONE) if view.reader.owner else Seen(hidden, Since.HIDDEN))
            continue
        since = Since.REPLACED
        if passage is not None:
            same = document.content_hash == use.content_hash
            since = Since.SAME if same else Since.MOVED
        found.append(Seen(use, since, document.content_hash, document.facts.version))
    return tuple(found)


def checks(trace: Trace, view: View) -> tuple[Check, ...]:
    """Give what was checked; a statement on a passage that may not be read has no words left."""
    readable = {one.use.id for one in seen(trace, view) if one.since is not Since.HIDDEN}
    known = {one.id for one in trace.passages}
    return tuple(
        check
        if view.reader.owner or all(one in readable for one in check.passages if one in known)
        else replace(check, statement="")
        for check in trace.checks
    )


def _readable(citation: Citation, view: View, sources: set[str]) -> bool:
    return view.passage(citation.passage) is not None or citation.source in sources
