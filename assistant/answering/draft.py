"""Putting an answer together: every quote is checked against its passage and numbered once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.answering.phrases import day, name_of, phrase, standing_name
from assistant.domain.answer import Answer, Kind
from knowledge.citing import cite
from knowledge.passages import Citation, Passage, Standing
from knowledge.text import fold, is_verbatim
from knowledge.view import View


class QuoteError(Exception):
    """A quote that does not stand in its passage: a fault of this program, never shown."""


_LINKS = re.compile(r"(?<!\\)\[(?=[^\]]{0,4000}\]\()|(?<!\\)^\[(?=[^\]]{1,400}\]:)", re.MULTILINE)
_TAGS = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")


def inert(text: str) -> str:
    """Keep the words of documents from being links, images or tags where Markdown is shown."""
    return _TAGS.sub(r"\\<", _LINKS.sub(r"\\[", text))


@dataclass(slots=True)
class Draft:
    """An answer being written."""

    view: View
    language: str = "en"
    """Of the answer's own words."""
    _lines: list[str] = field(default_factory=list)
    _citations: list[Citation] = field(default_factory=list)

    def say(self, line: str = "") -> None:
        """Add a line; what a document brings into it is shown and never acts."""
        self._lines.append(inert(line))

    def cite(self, passage: Passage, quote: str) -> int:
        """Cite `quote` from `passage` and give its number.

        The right to read is asked again here: a passage that is no longer there is not cited."""
        if not is_verbatim(quote, passage.text):
            raise QuoteError(f"{passage.id}: {quote!r}")
        document = self.view.document(passage.document)
        if document is None:
            raise QuoteError(f"{passage.id}: its document may not be read")
        citation = cite(document, passage, quote)
        for at, there in enumerate(self._citations):
            if there.passage == citation.passage and fold(there.quote) == fold(quote):
                return at + 1
        self._citations.append(citation)
        return len(self._citations)

    def quote(self, passage: Passage, quote: str, *, lead: bool = False) -> None:
        """Write a quote with its document, version, place and date; `lead` sets it in bold."""
        number = self.cite(passage, quote)
        shown = " ".join(quote.split())
        self.say(f"> {'**' + shown + '**' if lead else shown} [{number}]")
        self.say()
        self.say(f"— {self.place(self._citations[number - 1])}")
        self.say()

    def citation(self, number: int) -> Citation:
        """Give the citation that has this number in the text."""
        return self._citations[number - 1]

    def place(self, citation: Citation) -> str:
        """Say where a citation stands: document, version, section, page, day, standing."""
        passage = self.view.passage(citation.passage)
        document = self.view.document(passage.document) if passage else None
        if document is None:
            raise QuoteError(f"{citation.passage}: its document may not be read")
        parts = [name_of(document)]
        if citation.section:
            parts.append(f"{self._word('section')} {citation.section}")
        if citation.page:
            parts.append(f"{self._word('page')} {citation.page}")
        if citation.effective and citation.effective != citation.approved:
            parts.append(f"{self._word('in_force_since')} {day(citation.effective)}")
        elif citation.approved:
            parts.append(f"{self._word('approved')} {day(citation.approved)}")
        standing = self.view.standing(document.id)
        if standing is not Standing.IN_FORCE:
            parts.append(f"**{standing_name(standing, self.language)}**")
        return ", ".join(parts)

    def _word(self, name: str) -> str:
        return phrase(name, self.language)

    @property
    def cited(self) -> frozenset[str]:
        """Ids of the passages cited so far."""
        return frozenset(one.passage for one in self._citations)

    def finish(self, kind: Kind = Kind.ANSWER) -> Answer:
        """Give the answer as it stands."""
        text = "\n".join(self._lines).strip()
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return Answer(kind=kind, text=text, citations=tuple(self._citations))
