"""What Slack documents about the size and form of messages, and what a person reads in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Params = dict[str, Any]
_BLOCKS = {
    "section",
    "context",
    "actions",
    "markdown",
    "header",
    "divider",
    "input",
    "context_actions",
}


def problems_of(method: str, p: Params) -> list[str]:
    """Say what Slack would refuse about a call."""
    found: list[str] = []
    if p.get("markdown_text") and (p.get("chunks") or p.get("blocks") or p.get("text")):
        found.append("markdown_text beside other content")
    if len(p.get("markdown_text") or "") > 12_000 or len(p.get("text") or "") > 4_000:
        found.append("text too long")
    for chunk in p.get("chunks") or []:
        if len(chunk.get("text", "")) > 12_000:
            found.append("chunk too long")
    if method in {"chat.postMessage", "chat.update"} and not (p.get("text") or p.get("blocks")):
        found.append("no text")
    found += _of_blocks(p.get("blocks") or [], 50)
    said = sum(
        len(one.get("text", "")) for one in p.get("blocks") or [] if one.get("type") == "markdown"
    )
    if said > 12_000:
        found.append("markdown blocks above 12,000 characters")
    if method.startswith("chat.") and len(json.dumps(p.get("blocks") or []).encode()) > 32_000:
        found.append("message too large")
    if view := p.get("view"):
        found += _of_view(view)
    if method in {"chat.postMessage"} and (p.get("unfurl_links") or p.get("unfurl_media")):
        found.append("unfurls")
    if method == "assistant.threads.setSuggestedPrompts" and not 1 <= len(p["prompts"]) <= 4:
        found.append("prompts")
    return found


def _of_view(view: Params) -> Iterator[str]:
    for name in ("title", "submit", "close"):
        if name in view and not 1 <= len(view[name]["text"]) <= 24:
            yield f"{name} of a window"
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        yield "metadata of a window"
    if view["type"] == "modal" and any(one["type"] == "input" for one in view["blocks"]) != (
        "submit" in view
    ):
        yield "submit of a window"
    yield from _of_blocks(view["blocks"], 100)


def _of_blocks(blocks: list[Params], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        kind = block.get("type")
        if kind not in _BLOCKS:
            yield f"block {kind}"
        if kind == "section" and not 1 <= len(block["text"]["text"]) <= 3_000:
            yield "text of a section"
        if kind == "markdown" and not 1 <= len(block["text"]) <= 12_000:
            yield "text of a markdown block"
        if kind == "header" and not 1 <= len(block["text"]["text"]) <= 150:
            yield "text of a header"
        if kind == "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield "elements of a context"
            if any(not 1 <= len(one["text"]) <= 2_000 for one in block["elements"]):
                yield "text of a context"
        if kind == "actions":
            if not 1 <= len(block["elements"]) <= 25:
                yield "elements of actions"
            names = [one["action_id"] for one in block["elements"]]
            if len(names) != len(set(names)):
                yield "the same action twice"
        if kind == "context_actions":
            if not 1 <= len(block["elements"]) <= 5:
                yield "elements of context actions"
            for one in block["elements"]:
                for which in ("positive_button", "negative_button"):
                    button = one[which]
                    if len(button["text"]["text"]) > 75 or len(button["value"]) > 2_000:
                        yield "a thumb"
        for button in [*block.get("elements", []), block.get("accessory")]:
            if button and button.get("type") == "button":
                if not 1 <= len(button["text"]["text"]) <= 75:
                    yield "text of a button"
                if len(button["value"]) > 2_000 or len(button["action_id"]) > 255:
                    yield "value of a button"
        if kind == "input" and len(block["label"]["text"]) > 2_000:
            yield "label of an input"


_ACTIVE = re.compile(
    r"<[!@#]|<https?:|<mailto:|\]\(|\]:\s*\S|\bhttps?://|\bwww\.\w|(?<!\w)@(?:here|channel|everyone)\b"
)


def active_in(text: str) -> list[str]:
    """Find what would notify somebody or lead somewhere if Slack showed a text."""
    return _ACTIVE.findall(text)


def preview(text: str, blocks: list[Params]) -> str:
    """Show a message or window as a person reads it, in plain text."""
    lines = [text.strip()] if text.strip() else []
    lines += [_shown(one) for one in blocks]
    return "\n".join(lines).replace("\u2060", "")


def _shown(block: Params) -> str:
    match block["type"]:
        case "markdown":
            return str(block["text"])
        case "divider":
            return "────"
        case "header":
            return f"## {block['text']['text']}"
        case "section":
            more = f"   [{block['accessory']['text']['text']}]" if block.get("accessory") else ""
            return f"{block['text']['text']}{more}"
        case "context":
            return "\n".join(
                f"  · {line}" for one in block["elements"] for line in one["text"].split("\n")
            )
        case "actions":
            return "  " + " ".join(f"[{one['text']['text']}]" for one in block["elements"])
        case "context_actions":
            thumbs = block["elements"][0]
            up, down = (thumbs[f"{one}_button"]["text"]["text"] for one in ("positive", "negative"))
            return f"  👍 {up}  👎 {down}"
        case "input":
            return f"{block['label']['text']}: ____"
        case other:
            return f"<{other}>"
