"""Records as a page shows them: turns with their sources, passages, documents. It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from assistant.domain.answer import Kind
from assistant.domain.conversation import Conversation, Turn, TurnState
from assistant.replaying import recall
from bots.web.rendering import answer_html, marked, place, plain
from knowledge.passages import EVERYONE, Citation, Document, Origin, Standing, Status
from knowledge.view import View

WITHHELD = "This answer stands on sources that you may not read any more, or that are gone."
DOING = {
    "waiting": "Waiting for a free moment…",
    "search": "Searching your documents…",
    "read_passage": "Reading a passage…",
    "control_or_clause": "Looking up the standard…",
    "soa_row": "Looking at the Statement of Applicability…",
    "crosswalk": "Looking up other frameworks…",
    "list_documents": "Looking through the documents…",
    "propose_question": "Preparing a question to a person…",
    "checking": "Checking every statement…",
}
_KINDS = {
    Kind.CONFLICT: "Your documents disagree",
    Kind.CLARIFY: "A question back",
    Kind.NOT_FOUND: "Nothing that you may read says so",
    Kind.REFUSAL: "Not done here",
    Kind.OUT_OF_SCOPE: "Outside of what is answered here",
    Kind.ERROR: "Not answered",
}
_NUMBERED = re.compile(r"^\s*(?:[A-Z]?\d+(?:\.\d+)*\.?|[A-Z]\.\d+)\s+")
_FOLLOW_UPS = 3


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A source below an answer."""

    number: int
    title: str
    place: str
    standing: str | None
    """What it counts for where it is no approved text in force; shown boldly."""
    address: str


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn as a page shows it."""

    id: str
    key: str
    ordinal: int
    question: str | None
    asked_at: str
    state: str
    """ "answered", "live", "asked", "withheld" or "erased"."""
    html: Markup
    heading: str | None
    by: str
    notices: tuple[str, ...]
    sources: tuple[ShownSource, ...]
    follow_ups: tuple[str, ...]
    person: str | None
    """A question to a person that is offered."""
    good: bool | None
    as_of: str | None


def show_turn(turn: Turn, view: View, *, live: bool, good: bool | None, last: bool) -> ShownTurn:
    """Show a turn as the view's reader may see it today."""
    recalled = recall(turn, view)
    answer = recalled.turn.answer
    state = {
        TurnState.ASKED: "live" if live else "asked",
        TurnState.ANSWERED: "withheld" if recalled.withheld else "answered",
        TurnState.ERASED: "erased",
    }[turn.state]
    citations = answer.citations if answer else ()
    by = "Put together by rules from your documents"
    if turn.by:
        by = f"Answered by {turn.by}"
    elif answer and answer.model:
        by = f"Written by {answer.model}; every sentence checked against its source"
    offered = answer is not None and (answer.proposal or answer.kind is Kind.NOT_FOUND)
    return ShownTurn(
        id=turn.id,
        key=turn.key,
        ordinal=turn.ordinal,
        question=turn.question,
        asked_at=f"{turn.asked_at:%Y-%m-%d %H:%M} UTC",
        state=state,
        html=answer_html(answer.text, citations, turn.id) if answer else Markup(""),
        heading=_KINDS.get(answer.kind) if answer else None,
        by=by,
        notices=answer.notices if answer else (),
        sources=tuple(
            ShownSource(
                number,
                one.document,
                _below_title(one),
                standing_of(one, view),
                f"/turns/{turn.id}/sources/{number}",
            )
            for number, one in enumerate(citations, 1)
        ),
        follow_ups=follow_ups(citations, view) if last and answer else (),
        person=((answer.proposal if answer else None) or turn.question) if offered else None,
        good=good,
        as_of=turn.as_of.isoformat() if turn.as_of else None,
    )


def _below_title(citation: Citation) -> str:
    parts = (
        citation.identifier if (citation.identifier or "") not in citation.document else None,
        f"version {citation.version}" if citation.version else None,
        citation.section,
        f"page {citation.page}" if citation.page else None,
        f"row {citation.row}" if citation.row else None,
    )
    return " · ".join(part for part in parts if part)


def standing_of(citation: Citation, view: View) -> str | None:
    """Say what a source counts for today where it is not an approved text in force."""
    passage = view.passage(citation.passage)
    if passage is None:
        return "no longer in the library" if citation.type is not Origin.GUIDANCE else None
    standing = view.standing(passage.document)
    if standing is not Standing.IN_FORCE:
        return f"not in force: {standing.value}" if standing not in _APART else standing.value
    if citation.status and citation.status not in {Status.APPROVED, Status.UNKNOWN}:
        return citation.status
    return None


_APART = frozenset({Standing.EXTERNAL, Standing.NOT_YET})


def follow_ups(citations: Sequence[Citation], view: View) -> tuple[str, ...]:
    """Suggest questions that the material answers: the sections next to those that were cited."""
    found: dict[str, None] = {}
    cited = {one.passage for one in citations}
    for citation in citations:
        passage = view.passage(citation.passage)
        if passage is None or citation.type is not Origin.DOCUMENT:
            continue
        for near in view.around(passage, 2):
            heading = _NUMBERED.sub("", near.locator.section or "").strip()
            if near.id in cited or not 3 < len(heading) < 60 or near.locator.row:
                continue
            if heading.casefold() in {citation.document.casefold(), "purpose", "scope"}:
                continue
            if heading == _NUMBERED.sub("", passage.locator.section or "").strip():
                continue
            found[f"What does the {plain(citation.document)} say about {heading}?"] = None
    return tuple(found)[:_FOLLOW_UPS]


def show_source(citation: Citation, number: int, view: View) -> dict[str, Any]:
    """Show a cited passage with the quoted words marked, and the passages around it."""
    passage = view.passage(citation.passage)
    document = view.document(passage.document) if passage else None
    around = []
    if passage is not None:
        around = [
            {
                "html": marked(one.text, citation.quote if one.id == passage.id else ""),
                "cited": one.id == passage.id,
                "section": one.locator.section,
            }
            for one in view.around(passage, 0 if passage.locator.row else 1)
        ]
    successor = view.successor(document.id) if document else None
    return {
        "number": number,
        "citation": citation,
        "place": place(citation),
        "standing": standing_of(citation, view),
        "around": around,
        "document_id": document.id if document else None,
        "successor": successor,
        "guidance": citation.type is Origin.GUIDANCE,
    }


def access_text(rule: tuple[str, ...] | None, document: Document | None = None) -> str:
    """Say who may read a source."""
    groups = None if rule is None or EVERYONE in rule else set(rule)
    own = document.read if document else None
    if own is not None and EVERYONE not in own:
        groups = set(own) if groups is None else groups & set(own)
    if groups is None:
        return "everyone"
    return ", ".join(sorted(groups)) or "the workspace's owner"


def conversation_groups(
    found: Sequence[Conversation], now: str
) -> list[tuple[str, list[Conversation]]]:
    """Group conversations by when they were changed: today, this month, and before."""
    groups: dict[str, list[Conversation]] = {}
    for one in found:
        day = one.changed_at.date().isoformat()
        name = "Today" if day == now else ("This month" if day[:7] == now[:7] else "Earlier")
        groups.setdefault(name, []).append(one)
    return list(groups.items())


def as_text(turn: Turn, view: View) -> str:
    """Give an answer with its sources as text, to be copied."""
    recalled = recall(turn, view)
    answer = recalled.turn.answer
    if answer is None:
        return f"{turn.question}\n\n({WITHHELD if recalled.withheld else 'not answered yet'})\n"
    lines = [answer.text]
    if answer.citations:
        lines += ["", "Sources"]
    for number, one in enumerate(answer.citations, 1):
        version = f" v{one.version}" if one.version else ""
        standing = standing_of(one, view)
        said = f" [{standing}]" if standing else ""
        quote = " ".join(one.quote.split())
        lines.append(f"[{number}] {place(one)}{version}{said}: “{quote}” ({one.source})")
    return plain("\n".join([*lines, *answer.notices])) + "\n"


def as_markdown(conversation: Conversation, turns: Sequence[Turn], view: View) -> str:
    """Give a conversation as a Markdown file."""
    lines = [f"# {conversation.title or 'Conversation'}", ""]
    for turn in turns:
        lines += [f"## {turn.ordinal}. {turn.question or '(erased)'}", ""]
        lines += [f"*{turn.asked_at:%Y-%m-%d %H:%M} UTC · turn {turn.id}*", ""]
        if turn.question is not None:
            lines += [as_text(turn, view)]
    return plain("\n".join(lines)) + "\n"
