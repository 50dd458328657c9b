"""An answer on a terminal: its Markdown, what to know about it, and its numbered sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bots.cli import screen

if TYPE_CHECKING:
    from rich.console import RenderableType

    from assistant.domain.answer import Answer
    from assistant.domain.conversation import Piece, Status, Turn
    from knowledge.passages import Citation
    from knowledge.view import View

_SHOWN = 320
"""Characters of a quote in a list; `annexa show` has all of it."""
_DOING = {
    "search": "searching",
    "read_passage": "reading a passage",
    "control_or_clause": "looking up the standard",
    "soa_row": "looking at the Statement of Applicability",
    "crosswalk": "looking up other frameworks",
    "list_documents": "looking through the documents",
    "propose_question": "preparing a question",
}


class Streamed:
    """Prints an answer while it comes in; every piece is checked and final."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._doing: str | None = None

    def __call__(self, heard: Piece | Status) -> None:
        """Print a piece, or say on standard error what is being done."""
        from assistant.domain.conversation import Piece

        if isinstance(heard, Piece):
            self._doing = None
            show_text(heard.text)
        elif (doing := _DOING.get(heard.what, "thinking")) != self._doing:
            self._doing = doing
            screen.note(f"… {doing}")


def show_text(text: str) -> None:
    """Print Markdown."""
    from rich.markdown import Markdown

    screen.show(Markdown(screen.plain(text), hyperlinks=False))


def show_answer(answer: Answer, view: View) -> None:
    """Print an answer and its numbered sources."""
    show_text(answer.text)
    show_grounds(answer, view)


def show_grounds(answer: Answer, view: View) -> None:
    """Print what stands below an answer: notices and sources."""
    for notice in answer.notices:
        screen.say()
        screen.say(notice, style="yellow")
    if answer.citations:
        screen.heading("Sources")
        for number, citation in enumerate(answer.citations, 1):
            screen.show(_source(number, citation, view, answer.text))


def _source(number: int, citation: Citation, view: View, said: str) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    standing = _standing(citation, view)
    name = screen.words(citation.document, style="bold")
    for part in (citation.identifier, prefixed("version ", citation.version)):
        if part and part.casefold() not in citation.document.casefold():
            name.append(f" · {screen.plain(part)}")
    if standing:
        name.append(f" · {standing}", style="bold yellow")
    section = citation.section
    if section and section.partition(" ")[2] in citation.document:
        section = None  # the title says it already
    place = " · ".join(
        part
        for part in (
            section,
            prefixed("page ", citation.page),
            prefixed("row ", citation.row),
            prefixed("approved ", citation.approved),
            prefixed("in effect from ", citation.effective),
        )
        if part
    )
    lines: list[RenderableType] = [name]
    if place:
        lines.append(screen.words(place))
    if quote := _unsaid(citation.quote, said):
        lines.append(screen.words(f"“{quote}”", style="italic"))
    lines.append(screen.words(citation.source, style="dim"))
    lines.append(screen.words(f"annexa show {citation.passage}", style="dim"))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(screen.words(f"[{number}]", style="cyan"), Group(*lines))
    return grid


def _unsaid(quote: str, said: str) -> str | None:
    """Give a quote that the answer does not show already, cut where it is long."""
    flat = " ".join(quote.split())
    if flat in " ".join(said.replace("\n>", "\n").split()):
        return None
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN].rsplit(" ", 1)[0] + " …"


def _standing(citation: Citation, view: View) -> str | None:
    """Say what the source counts for where it is not an approved text in force."""
    from knowledge.passages import Standing

    passage = view.passage(citation.passage)
    if passage is not None:
        standing = view.standing(passage.document)
        if standing is not Standing.IN_FORCE:
            return standing.value
    if citation.status and citation.status not in {"approved", "unknown"}:
        return citation.status
    return None


def prefixed(prefix: str, value: object | None) -> str | None:
    """Put words before a value that is there."""
    return None if value is None or value == "" else f"{prefix}{value}"


def show_what_next(turn: Turn, *, in_chat: bool = False) -> None:
    """Print who answered, and what a person can do with the answer."""
    from assistant.domain.answer import Kind

    answer, short = turn.answer, turn.id[:8]
    if answer is None:
        return
    if answer.proposal or answer.kind is Kind.NOT_FOUND:
        asks = f": “{answer.proposal}”" if answer.proposal else ""
        how = "/person" if in_chat else f"annexa questions ask --turn {short}"
        screen.say()
        screen.say(f"A responsible person can be asked{asks} — {how}", style="cyan")
    who = f"by {answer.model}, checked" if answer.model else "put together by rules"
    screen.note(f"{who} · annexa replay {short}")
