"""Texts of strangers as HTML that can do nothing: no script, no image, no address of elsewhere.

Three walls, one behind the other. The Markdown reader knows no HTML, no links and no images; what it
writes is cleaned against a list of tags; only then our own citation links are put in, by number. A
page's script never parses HTML: it gets a tree of allowed nodes (`tree`) and builds them one by one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup

from knowledge.passages import Citation
from knowledge.text import fold

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private letters around a citation's number; they are taken out of every text beforehand."""
_NUMBER = re.compile(r"\[(\d{1,3})\](?!\()")
_TAGS = frozenset(
    "p ul ol li strong em s code pre blockquote h3 h4 h5 h6 table thead tbody tr th td br hr".split()
)
_VOID = frozenset({"br", "hr", "input"})
_KEPT = frozenset("\n\t\u200c\u200d")
Node = str | list[object]


def plain(text: object) -> str:
    """Take out letters that steer or reorder what a person sees."""
    return "".join(
        letter
        for letter in str(text)
        if letter in _KEPT or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co"}
    )


def answer_html(text: str, citations: Sequence[Citation] | None, turn: str) -> Markup:
    """Render an answer; ``[n]`` becomes a link to its nth source, and vanishes where there is none.

    While the sources are not known yet (None), the number alone is shown."""
    rendered = _markdown().render(plain(text))
    safe = nh3.clean(
        rendered,
        tags=set(_TAGS),
        attributes={"ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes=set(),
        link_rel=None,
    )
    return Markup(  # noqa: S704  cleaned above; every part that is put in is escaped
        re.sub(rf"{_OPEN}(\d+){_CLOSE}", lambda match: _cite(int(match[1]), citations, turn), safe)
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    return value if tag == "ol" and name == "start" and value.isdigit() else None


def _cite(number: int, citations: Sequence[Citation] | None, turn: str) -> str:
    if citations is None:
        return f'<span class="cite">{number}</span>'
    if not 1 <= number <= len(citations):
        return ""
    label = f"Source {number}: {place(citations[number - 1])}"
    address = f"/turns/{turn}/sources/{number}"
    return (
        f'<a class="cite" href="{html.escape(address)}" data-panel="source" '
        f'aria-label="{html.escape(label)}" title="{html.escape(label)}">{number}</a>'
    )


def place(citation: Citation) -> str:
    """Say in one line where a citation stands."""
    parts = (
        citation.document,
        citation.section,
        f"page {citation.page}" if citation.page else None,
        f"row {citation.row}" if citation.row else None,
    )
    return plain(", ".join(part for part in parts if part))


def marked(text: str, quote: str) -> Markup:
    """Render a passage with the quoted words marked, wherever lines were broken in between."""
    text = plain(text)
    words = fold(plain(quote)).split()
    if words:
        loose = r"[\s\u00ad]*(?:[-\u2010]\s*\n\s*)?"
        pattern = r"\s+".join(
            loose.join(map(re.escape, word)) if len(words) < 80 else re.escape(word)
            for word in words
        )
        found = re.search(pattern, text)
        if found is None:
            found = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
        if found is not None:
            before, within, after = (
                html.escape(one)
                for one in (text[: found.start()], found.group(), text[found.end() :])
            )
            return Markup(f"{before}<mark>{within}</mark>{after}")  # noqa: S704  escaped above
    return Markup(html.escape(text))  # noqa: S704  escaped


def tree(markup: str) -> list[Node]:
    """Give our own HTML as nested lists: text, or [tag, attributes, children]."""
    builder = _Tree()
    builder.feed(markup)
    builder.close()
    return builder.root


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Node] = []
        self._stack: list[tuple[str, list[Any]]] = [("", self.root)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        children: list[object] = []
        given = {name: value or "" for name, value in attrs}
        self._stack[-1][1].append([tag, given, children])
        if tag not in _VOID:
            self._stack.append((tag, children))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and len(self._stack) > 1 and self._stack[-1][0] == tag:
            self._stack.pop()

    def handle_data(self, data: str) -> None:
        self._stack[-1][1].append(data)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 40})
    reader.enable(["table", "strikethrough"])
    reader.disable(["link", "image", "autolink", "reference", "html_inline", "html_block"])
    reader.inline.ruler.before("emphasis", "citation", _citation)
    for token in ("heading_open", "heading_close"):
        reader.add_render_rule(token, _heading)
    return reader


def _citation(state: StateInline, silent: bool) -> bool:
    found = _NUMBER.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = f"{_OPEN}{found[1]}{_CLOSE}"
    state.pos = found.end()
    return True


def _heading(_: Any, tokens: Sequence[Token], index: int, __: Any, ___: Any) -> str:
    """Set an answer's headings below those of the page."""
    level = min(6, int(tokens[index].tag[1]) + 2)
    return f"</h{level}>\n" if tokens[index].nesting < 0 else f"<h{level}>"
