"""Answers → Slack's messages. Pure; everything that comes from texts is made harmless here.

A message is Markdown blocks with, at its end, a line of sources, buttons and the thumbs. Nothing in an
answer can mention anybody or lead anywhere: angle brackets are escaped, and addresses and Markdown
links are broken by a character that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import PersonQuestion, Turn
from bots.slack.wording import say
from knowledge.passages import Citation, Document, Passage

Block = dict[str, Any]

PART_BYTES = 9_000
"""Of text in one message; Slack refuses messages not far above it."""
_CONTEXT = 1_900
_SECTION = 2_900
_BUTTONS = 8
"""Sources that get a button; more are listed without one."""
_NOTIFICATION = 150
_JOINER = "\u2060"
_SCHEME = re.compile(
    r"\b([a-z][a-z0-9+.-]{1,20}:)(?=//)|\b(mailto:|javascript:|data:|slack:)(?=\S)", re.IGNORECASE
)
_HOST = re.compile(r"\b(www)(?=\.)|(?<=[\w-])(?=\.[a-z]{2,24}[/?#]\S)", re.IGNORECASE)
_SHOUT = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_LINK = re.compile(r"\](?=[(\[:])")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer."""

    markdown: str
    below: tuple[Block, ...] = ()
    above: tuple[Block, ...] = ()

    @property
    def blocks(self) -> list[Block]:
        """Give all of it as blocks."""
        said = [{"type": "markdown", "text": self.markdown}] if self.markdown else []
        return [*self.above, *said, *self.below]

    @property
    def text(self) -> str:
        """Give what a notification shows."""
        plain = re.sub(r"[*`>\u2060]+", "", self.markdown.replace("&gt;", "")).strip()
        first = " ".join(plain.split())
        return (
            first if len(first) <= _NOTIFICATION else first[:_NOTIFICATION].rsplit(" ", 1)[0] + " …"
        )


@dataclass(frozen=True, slots=True)
class Message:
    """An answer as one message, or more where it is long."""

    parts: tuple[Part, ...]


def defuse(text: str) -> str:
    """Take from a text all by which Slack would notify people, link or load anything.

    Works word by word, so that a text that comes in pieces can be cut at any white space."""
    text = text.replace("\\<", "<").replace("\\>", ">")
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    lines = []
    for line in text.split("\n"):
        marks = re.match(r"(?:\s*>)*", line)
        quoted = marks.end() if marks else 0
        lines.append(line[:quoted] + line[quoted:].replace(">", "&gt;"))
    text = "\n".join(lines)
    text = _LINK.sub("]" + _JOINER, text)
    text = _SCHEME.sub(lambda m: m[0] + _JOINER, text)
    text = _HOST.sub(lambda m: m[0] + _JOINER, text)
    return _SHOUT.sub("@" + _JOINER, text)


def plain(text: str) -> str:
    """Make a text harmless where Slack reads its own mark-up."""
    return re.sub(
        r"([*_~`])", "\\1" + _JOINER, defuse(text.replace("\n", " ")).replace(">", "&gt;")
    )


def cut(text: str, longest: int) -> str:
    """Shorten a text at a word."""
    if len(text) <= longest:
        return text
    return text[: longest - 2].rsplit(None, 1)[0] + " …"


def split(markdown: str, longest: int = PART_BYTES) -> list[str]:
    """Cut a long text into pieces of at most `longest` bytes, between paragraphs where possible."""
    pieces: list[str] = []
    rest = markdown
    while len(rest.encode()) > longest:
        head = rest.encode()[:longest].decode(errors="ignore")
        for mark in ("\n\n", "\n", " "):
            at = head.rfind(mark)
            if at > len(head) // 3:
                break
        else:
            at = len(head)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def message_of(
    turn: Turn,
    language: str,
    *,
    above: Sequence[Block] = (),
    notices: Sequence[str] = (),
) -> Message:
    """Give a turn's answer as it is posted."""
    answer = turn.answer
    if answer is None:
        return Message((Part("", (), tuple(above)),))
    pieces = split(defuse(answer.text))
    last = len(pieces) - 1
    return Message(
        tuple(
            Part(
                piece,
                tuple(below(turn, language, notices)) if at == last else (),
                tuple(above) if at == 0 else (),
            )
            for at, piece in enumerate(pieces)
        )
    )


def below(turn: Turn, language: str, notices: Sequence[str] = ()) -> list[Block]:
    """Give what stands below an answer: what to know, sources, buttons, thumbs."""
    answer = turn.answer
    if answer is None:
        return []
    blocks: list[Block] = []
    know = [*answer.notices, *notices]
    if know:
        blocks.append(_context(cut(" ".join(plain(one) for one in know), _CONTEXT)))
    if answer.citations:
        blocks.append(_context(_sources(answer.citations)))
    blocks.append(_actions(turn, answer, language))
    if turn.by is None:
        how = (
            say(language, "by_model", model=answer.model)
            if answer.model
            else say(language, "by_rules")
        )
        blocks.append(_context(plain(how)))
        blocks.append(_thumbs(turn.id, language))
    return [one for one in blocks if one.get("elements")]


def asked_above(question: str, language: str, channel: str | None) -> list[Block]:
    """Repeat a question that was asked elsewhere, above its answer."""
    quoted = cut(plain(question), 600)
    asked = say(language, "asked_in", place=f"<#{channel}>") if channel else say(language, "asked")
    return [_context(f"{asked} {quoted}")]


def person_above(question: str, language: str) -> list[Block]:
    """Say that a person answers, and what."""
    return [_context(say(language, "from_person", question=cut(plain(question), 600)))]


def simple(markdown: str) -> Message:
    """Give the door's own words as a message."""
    return Message((Part(markdown),))


def source_line(citation: Citation) -> str:
    """Give a source in one line: what, which version, where, since when."""
    name = citation.document
    facts = [
        part
        for part in (
            citation.identifier
            if citation.identifier and citation.identifier not in name
            else None,
            f"v{citation.version}" if citation.version else None,
        )
        if part
    ]
    place = [
        part
        for part in (
            citation.section and f"§ {citation.section}",
            citation.page and f"p. {citation.page}",
            citation.row and f"row {citation.row}",
            citation.effective and f"effective {citation.effective}",
        )
        if part
    ]
    return cut(", ".join([" ".join([name, *facts]), *place]), 240)


# Windows


def passage_window(
    document: Document | None, passage: Passage | None, language: str = "en"
) -> Block:
    """Give the window that shows a passage; what may not be read looks like what is not there."""
    if document is None or passage is None:
        return _window("Source", [_plain_section(say(language, "not_readable"))])
    facts = document.facts
    known = [
        facts.identifier,
        facts.version and f"version {facts.version}",
        facts.status.value if facts.status.value != "unknown" else None,
        facts.effective and f"effective {facts.effective}",
        passage.locator.section,
        passage.locator.page and f"page {passage.locator.page}",
    ]
    head = _plain_section(cut(facts.title, 300))
    blocks = [
        head,
        _plain_context(cut(" · ".join(str(one) for one in known if one) or "—", _CONTEXT)),
    ]
    blocks += [_plain_section(piece) for piece in split(passage.text, _SECTION)[:60] if piece]
    blocks.append(_plain_context(cut(passage.locator.source, 300)))
    return _window("Source", blocks)


def reason_window(turn: str) -> Block:
    """Ask why an answer did not help."""
    return _window(
        "What went wrong?",
        [_input("reason", "What is wrong or missing?", multiline=True, most=2_000)],
        callback="answer_reason",
        submit="Send",
        metadata=turn,
    )


def person_window(turn: str, question: str) -> Block:
    """Let a person look over a question before it is passed on."""
    return _window(
        "Ask a person",
        [
            _input("question", "Your question", multiline=True, most=3_000, initial=question),
            {
                "type": "input",
                "block_id": "named",
                "optional": True,
                "label": {"type": "plain_text", "text": "Your name"},
                "element": {
                    "type": "checkboxes",
                    "action_id": "value",
                    "options": [
                        {
                            "text": {"type": "plain_text", "text": "Tell them that I asked"},
                            "value": "named",
                        }
                    ],
                },
            },
        ],
        callback="ask_person",
        submit="Send",
        metadata=turn,
    )


def answer_window(question: PersonQuestion, today: date) -> Block:
    """Let a lead answer a question that was passed on."""
    until = date(today.year + 1, today.month, min(today.day, 28))
    return _window(
        f"Answer {question.id}"[:24],
        [
            _plain_section(cut(question.text or "", _SECTION)),
            _input("answer", "Answer", multiline=True, most=3_000),
            _input("source", "What it rests on: a document, a record, a decision", most=500),
            {
                "type": "input",
                "block_id": "expires",
                "label": {"type": "plain_text", "text": "To be used until"},
                "element": {
                    "type": "datepicker",
                    "action_id": "value",
                    "initial_date": until.isoformat(),
                },
            },
            _input("read", "Groups that may read it, if not everyone", most=300, optional=True),
        ],
        callback="answer_question",
        submit="Answer",
        metadata=question.id,
    )


def told_window(title: str, text: str) -> Block:
    """Say something in a window."""
    return _window(title, [_plain_section(cut(text, _SECTION))])


def home(
    own: Sequence[PersonQuestion], queue: Sequence[PersonQuestion] | None, today: date
) -> Block:
    """Give the Home tab: a person's own questions and, for leads, what waits for an answer."""
    blocks: list[Block] = [
        _header("Ask about your policies"),
        _plain_section(
            "Mention me in a channel, write to me under Messages, or use /annexa. What you may not "
            "read is never shown to you, and a channel sees only what everybody in it may read."
        ),
        {"type": "divider"},
        _header("My questions to people"),
    ]
    blocks += [_question_line(one, today) for one in own[:20]] or [
        _plain_context("You have passed no question on.")
    ]
    if queue is not None:
        blocks += [{"type": "divider"}, _header("Waiting for an answer")]
        for one in queue[:20]:
            line = _question_line(one, today)
            line["accessory"] = _button("Answer", "open_answer", one.id)
            blocks.append(line)
        if not queue:
            blocks.append(_plain_context("Nothing waits."))
        elif len(queue) > 20:
            blocks.append(_plain_context(f"{len(queue) - 20} more: `annexa questions list`"))
    return {"type": "home", "blocks": blocks}


# Pieces


def _question_line(question: PersonQuestion, today: date) -> Block:
    days = max(0, (today - question.asked_at.date()).days)
    age = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    state = question.state.value
    text = (
        f"*{question.id}* · {state} · asked {age}\n{cut(plain(question.text or '(erased)'), 500)}"
    )
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _sources(citations: Sequence[Citation]) -> str:
    lines: list[str] = []
    for number, citation in enumerate(citations, 1):
        line = f"[{number}] {plain(source_line(citation))}"
        if sum(len(one) + 1 for one in lines) + len(line) > _CONTEXT - 20:
            lines.append(f"… {len(citations) - number + 1} more")
            break
        lines.append(line)
    return "\n".join(lines)


def _actions(turn: Turn, answer: Answer, language: str) -> Block:
    buttons = [
        _button(f"[{number}]", f"open_source_{number}", citation.passage)
        for number, citation in enumerate(answer.citations[:_BUTTONS], 1)
    ]
    if turn.by is None and answer.kind is not Kind.REFUSAL:
        buttons.append(_button(say(language, "ask_person"), "open_person", turn.id))
    return {"type": "actions", "elements": buttons}


def _thumbs(turn: str, language: str) -> Block:
    def thumb(what: str, value: str) -> Block:
        text = say(language, what)
        return {
            "text": {"type": "plain_text", "text": text},
            "accessibility_label": text,
            "value": f"{value}:{turn}",
        }

    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "answer_feedback",
                "positive_button": thumb("helpful", "up"),
                "negative_button": thumb("not_helpful", "down"),
            }
        ],
    }


def _context(mrkdwn: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}]}


def _plain_context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _plain_section(text: str) -> Block:
    shown = text.strip() or "—"
    return {"type": "section", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _button(text: str, action: str, value: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": text},
        "value": value,
    }


def _input(
    name: str,
    label: str,
    *,
    multiline: bool = False,
    most: int,
    initial: str = "",
    optional: bool = False,
) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": multiline,
        "max_length": most,
    }
    if initial:
        element["initial_value"] = initial[:most]
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }


def _window(
    title: str,
    blocks: list[Block],
    *,
    callback: str = "shown",
    submit: str | None = None,
    metadata: str = "",
) -> Block:
    window: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": title},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": blocks[:100],
        "private_metadata": metadata,
    }
    if submit:
        window["submit"] = {"type": "plain_text", "text": submit}
    return window
