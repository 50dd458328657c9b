"""What a language model may look at in one turn: the reader's view, behind short handles.

The reader, the rights and the day come from the view; nothing a model says can widen them. A
passage that is handed out is remembered under a handle, so that only what was really retrieved can
be cited. Nothing here changes anything: the most it makes is a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import RLock

from assistant.answering.phrases import name_of
from assistant.domain.claims import Source
from knowledge.controls import (
    Clause,
    Control,
    canonical,
    framework_references,
    references,
    register,
)
from knowledge.instructions import instructions_in
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.text import fold, sentences
from knowledge.view import View

SEARCHED = 6
"""Passages that one search hands out."""
LONGEST = 2_400
"""Characters of one passage that a model is shown; longer ones are cut at a sentence."""
MOST_CHARACTERS = 60_000
"""Of passages in one turn: about 15,000 tokens."""
MOST_LOOKUPS = 12
_LONGEST_WORDS = 400
"""Characters of a model's own query; more is cut."""
_KINDS = {
    "documents": frozenset({Origin.DOCUMENT}),
    "registers": frozenset({Origin.REGISTER}),
    "soa": frozenset({Origin.SOA}),
    "guidance": frozenset({Origin.GUIDANCE}),
}
_TAG = re.compile(r"<(/?\s*(?:passage|question|document)s?\b)", re.IGNORECASE)
_ENOUGH = "No more look-ups in this turn. Reply with what you have."
_NOTHING = "Nothing found that this person may read."


@dataclass(slots=True)
class Desk:
    """The passages of one turn and the look-ups that add to them. Safe to use from threads."""

    view: View
    allowed: Callable[[Document], bool]
    """Whether a document's text may go to the model at hand."""
    sources: dict[str, Source] = field(default_factory=dict)
    """By passage id: all that was handed out."""
    proposals: list[str] = field(default_factory=list)
    """Questions to a person that the model suggests; the asker decides."""
    withheld: set[str] = field(default_factory=set)
    """Ids of documents that were kept from the model by the privacy setting."""
    _handles: dict[str, str] = field(default_factory=dict)
    _characters: int = 0
    _lookups: int = 0
    _lock: RLock = field(default_factory=RLock)

    # What a model is given ------------------------------------------------------------------

    def hand_out(self, passages: Iterable[Passage]) -> str:
        """Give passages as text with handles; what may not be read or sent is left out."""
        with self._lock:
            shown = [text for one in passages if (text := self._show(one))]
        return "\n".join(shown) or _NOTHING

    def resolve(self, handle: str) -> str:
        """Give the passage id behind a handle; anything else comes back as it is."""
        return self._handles.get(handle.strip().strip("[]").casefold(), handle)

    # The look-ups ---------------------------------------------------------------------------

    def search(self, query: str, kind: str = "all") -> str:
        """Find passages for `query`, in all that may be read or in one kind of text."""
        return self._look_up(
            lambda: (
                hit.passage
                for hit in self.view.search(
                    query[:_LONGEST_WORDS], SEARCHED, origins=_KINDS.get(kind)
                )
            )
        )

    def read(self, handle: str) -> str:
        """Give a passage with its neighbours."""
        passage = self.view.passage(self.resolve(handle))
        if passage is None:
            return f"There is no passage {handle[:40]!r} here. Use an id that you were given."
        return self._look_up(lambda: self.view.around(passage, 2))

    def unit(self, name: str) -> str:
        """Give the guidance on a control or clause, named by id or title, in any edition."""
        units = _units(name[:_LONGEST_WORDS])
        if not units:
            return f"No control or clause is called {name[:60]!r}. Search instead."
        return self._look_up(lambda: (p for one in units[:3] for p in self._guidance(one.id)))

    def soa(self, control: str) -> str:
        """Give the rows of the Statement of Applicability for a control."""
        document = self.view.soa_document()
        if document is None:
            return "There is no Statement of Applicability that this person may read."
        keys = [one.id for one in _units(control[:_LONGEST_WORDS])] or [canonical(control)]
        return self._look_up(
            lambda: (
                row
                for key in keys[:5]
                for row in self.view.rows(key)
                if row.document == document.id
            )
        )

    def crosswalk(self, reference: str) -> str:
        """Give the controls that overlap with a requirement of another framework."""
        wanted = reference[:_LONGEST_WORDS]
        ids = [one for found in framework_references(wanted) for one in found.controls]
        ids += [one.id for one in _units(wanted)]
        if not ids:
            return f"No mapping is recorded for {wanted[:60]!r}."
        return self._look_up(
            lambda: (p for one in dict.fromkeys(ids[:6]) for p in self._guidance(one))
        )

    def documents(self, about: str = "") -> str:
        """List the documents that may be read, with what is known of them."""
        if not self._may_look():
            return _ENOUGH
        words = set(fold(about).casefold().split())
        own = [one for one in self.view.documents if one.origin is not Origin.GUIDANCE]
        own.sort(key=lambda one: -len(words & set(_facts(self.view, one).casefold().split())))
        with self._lock:
            lines = [self._document_line(one) for one in own[:40]]
        return "\n".join(line for line in lines if line) or _NOTHING

    def propose(self, question: str) -> str:
        """Keep a question to a person as a proposal for the asker to confirm."""
        words = " ".join(question.split())[:_LONGEST_WORDS]
        with self._lock:
            if words and not self.proposals:
                self.proposals.append(words)
        return "Kept as a proposal; the asker decides whether it is sent. Now call Reply."

    # ------------------------------------------------------------------------------------------

    def _may_look(self) -> bool:
        with self._lock:
            self._lookups += 1
            return self._lookups <= MOST_LOOKUPS and self._characters < MOST_CHARACTERS

    def _look_up(self, found: Callable[[], Iterable[Passage]]) -> str:
        return self.hand_out(found()) if self._may_look() else _ENOUGH

    def _guidance(self, unit: str) -> tuple[Passage, ...]:
        for document in self.view.of_origin(Origin.GUIDANCE):
            if document.source == f"guidance:{unit}":
                return self.view.passages_of(document.id)
        return ()

    def _handle(self, passage: Passage, document: Document) -> str:
        for handle, known in self._handles.items():
            if known == passage.id:
                return handle
        handle = f"p{len(self._handles) + 1}"
        self._handles[handle] = passage.id
        self.sources[passage.id] = Source(
            passage,
            _facts(self.view, document),
            self.view.standing(document.id),
            document.facts.language,
        )
        return handle

    def _readable(self, document_id: str) -> Document | None:
        document = self.view.document(document_id)
        if document is not None and not self.allowed(document):
            self.withheld.add(document.id)
            return None
        return document

    def _show(self, passage: Passage) -> str | None:
        document = self._readable(passage.document)
        if document is None or self._characters >= MOST_CHARACTERS:
            return None
        text = _cut(_without_orders(passage.text))
        self._characters += len(text)
        place = passage.locator.section or " > ".join(passage.locator.heading_path)
        return (
            f'<passage id="{self._handle(passage, document)}" kind="{document.origin.value}" '
            f'document="{_attribute(_facts(self.view, document))}" place="{_attribute(place)}" '
            f'standing="{_standing(self.view.standing(document.id))}">\n{_data(text)}\n</passage>'
        )

    def _document_line(self, document: Document) -> str | None:
        if self._readable(document.id) is None:
            return None
        first = next(iter(self.view.passages_of(document.id)), None)
        if first is None:
            return None
        line = f"{_facts(self.view, document)}; {_standing(self.view.standing(document.id))}"
        self._characters += len(line)
        return f"[{self._handle(first, document)}] {_data(line)}"


def _units(name: str) -> list[Control | Clause]:
    """Find the controls and clauses that a text names, by id first and by title else."""
    known = register()
    ids = list(dict.fromkeys(one for found in references(name) for one in found.ids))
    found = [unit for one in ids if (unit := known.control(one) or known.clause(one))]
    if not found:
        plain = known.control(name) or known.clause(name) or known.find_title(name)
        found = [plain] if plain else list(known.clause_units(name))
    return found


def _facts(view: View, document: Document) -> str:
    """Say what is known about a document in one line."""
    facts = document.facts
    parts = [
        name_of(document),
        facts.owner and f"owner {facts.owner}",
        facts.approved and f"approved {facts.approved}",
        facts.effective and f"effective {facts.effective}",
        facts.next_review and f"next review {facts.next_review}",
        facts.classification,
    ]
    return ", ".join(part for part in parts if part)


def _standing(standing: Standing) -> str:
    if standing is Standing.IN_FORCE:
        return standing.value
    return f"{standing.value}: states no rule now"


def _without_orders(text: str) -> str:
    """Leave out sentences that speak to an assistant: they are no rule of anybody."""
    if instructions_in(text) is None:
        return text
    kept = [one for one in sentences(text) if instructions_in(one) is None]
    rest = " ".join(kept)
    return rest if instructions_in(rest) is None else ""


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    whole = ""
    for sentence in sentences(text):
        if len(whole) + len(sentence) > LONGEST:
            break
        whole += sentence + " "
    return (whole or text[:LONGEST]).strip() + " […]"


def _data(text: str) -> str:
    """Keep a text from closing the brackets that it stands in."""
    return _TAG.sub("‹\\1", text)


def _attribute(text: str) -> str:
    return _data(" ".join(text.split())).replace('"', "'")
