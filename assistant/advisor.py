"""The advisor: the one object that every door talks to, and the place where it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.answering import Answering, day_asked
from assistant.domain.answer import Answer, Message
from assistant.settings import Settings
from knowledge.embedding import CrossEncoder, Embedder, open_cross_encoder
from knowledge.library import Library
from knowledge.passages import Reader
from knowledge.view import View

_TRIES = 3
"""How often a question is asked anew when the library changes while it is answered."""


class Advisor:
    """Answers questions over one workspace's library."""

    def __init__(self, library: Library, settings: Settings) -> None:
        """Put an advisor on `library`; use `open_advisor`."""
        self.library = library
        self.settings = settings
        self._relevance: CrossEncoder | None = None

    def ask(
        self,
        question: str,
        *,
        reader: Reader,
        history: Sequence[Message] = (),
        as_of: date | None = None,
    ) -> Answer:
        """Answer `question` from what `reader` may read. The rules of the day decide.

        `as_of` asks for the rules in force on an earlier day; a question can name one as well."""
        as_of = as_of or day_asked(question, self.settings.today)
        for _ in range(_TRIES):
            view = self.view(reader, as_of=as_of)
            answer = Answering(view, self.relevance).answer(question, history)
            if self.library.generation() == view.generation:
                break  # else a run was published meanwhile: its texts and facts must not mix
        return answer

    def view(self, reader: Reader, *, as_of: date | None = None) -> View:
        """Give the library as `reader` may see it on the advisor's day."""
        return self.library.view(reader, today=self.settings.today, as_of=as_of)

    def relevance(self) -> CrossEncoder:
        """Give the model that judges whether a text answers a question, loading it once."""
        if self._relevance is None:
            self._relevance = open_cross_encoder()
        return self._relevance

    def close(self) -> None:
        """Let go of the workspace."""
        self.library.close()


def open_advisor(settings: Settings, *, embedder: Embedder | None = None) -> Advisor:
    """Open the advisor on the workspace in `settings`; the composition root of every door."""
    library = Library.open(settings.workspace, embedder or settings.embedder)
    return Advisor(library, settings)
