"""Read Markdown: front matter, headings, numbered paragraphs, nested lists, tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.facts import find_facts
from knowledge.parsing.limits import Limits
from knowledge.parsing.plain import decode
from knowledge.parsing.sections import depth, is_title_like, typed_number
from knowledge.parsing.tables import GridCell, table_blocks
from knowledge.passages import Block, BlockKind, ParsedDocument

_POINT = re.compile(r"\((?:\d{1,2}|[a-z])\)\s+\S|[a-h]\)\s+\S")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_FRONT_MATTER_CHARACTERS = 64_000
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)([^<>]*)>")
_UNSEEN = frozenset({"script", "style", "template", "noscript"})


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read a Markdown file. Raises `DocumentError` if it has more blocks than allowed."""
    text = decode(data)
    metadata, body, notes = _front_matter(text)
    reading = _Reading()
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    reading.read(tokens)
    if len(reading.blocks) > limits.blocks:
        raise DocumentError(source, "too_large", "has too many paragraphs; split the document")
    if reading.comments:
        count = reading.comments
        notes.append(f"{count} comment{'s' if count > 1 else ''} left out")
    blocks = tuple(reading.blocks)
    return ParsedDocument(
        facts=find_facts(source, blocks, metadata=metadata),
        blocks=blocks,
        read=_groups(metadata),
        notes=tuple(notes),
    )


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that refuses aliases, which front matter does not need and bombs do."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read in front matter")
        return super().compose_node(parent, index)


def _front_matter(text: str) -> tuple[Mapping[str, object], str, list[str]]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text, []
    raw, body = match.group(1), text[match.end() :]
    if len(raw) > _FRONT_MATTER_CHARACTERS:
        return {}, body, ["front matter not read: it is longer than 64,000 characters"]
    try:
        loaded = yaml.load(raw, _PlainLoader)  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        where = getattr(getattr(error, "problem_mark", None), "line", None)
        line = f" (line {where + 2})" if isinstance(where, int) else ""
        return {}, text if where is None else body, [f"front matter not read: not valid YAML{line}"]
    if not isinstance(loaded, dict):
        return {}, text, []
    return {str(key): value for key, value in loaded.items()}, body, []


def _groups(metadata: Mapping[str, object]) -> tuple[str, ...] | None:
    for key, value in metadata.items():
        if key.strip().casefold() != "read":
            continue
        items: Sequence[object] = (
            value if isinstance(value, list) else re.split(r"[,;]", str(value))
        )
        return tuple(str(item).strip() for item in items if item is not None and str(item).strip())
    return None


@dataclass
class _List:
    ordered: bool
    next_number: int
    number: str | None = None
    """Number of the item that is open."""


@dataclass
class _Reading:
    blocks: list[Block] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    comments: int = 0
    tables: int = 0
    quoted: int = 0
    fresh_item: bool = False
    """True until the first text of an open list item was taken."""
    rows: list[list[GridCell]] = field(default_factory=list)
    header_rows: int = 0

    def read(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            handler = getattr(self, f"_on_{token.type}", None)
            if handler:
                handler(token, tokens, index)

    def _on_heading_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        text = self._inline(tokens[index + 1])
        if text:
            found = typed_number(text)
            number = found[0] if found else None
            level = int(token.tag[1:])
            self.blocks.append(Block(BlockKind.HEADING, text, level=level, number=number))

    def _on_paragraph_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        inline = tokens[index + 1]
        text = self._inline(inline)
        if not text:
            return
        if self.lists and self.fresh_item:
            self.fresh_item = False
            self._item(text)
        elif self.lists:
            depth = len(self.lists)
            self.blocks.append(Block(BlockKind.LIST_ITEM, text, level=depth))
        elif not self.quoted and _is_bold(inline) and may_head(text, self.blocks):
            self.blocks.append(bold_heading(text, self.blocks))
        else:
            self._paragraph(text)

    def _paragraph(self, text: str) -> None:
        """Add a paragraph; numbered lines that the author broke on purpose stand alone."""
        for part in _numbered_parts(text):
            found = typed_number(part)
            number = found[0] if found and "." in found[0] else None
            if _POINT.match(part):
                self.blocks.append(Block(BlockKind.LIST_ITEM, part, level=1))
                continue
            self.blocks.append(Block(BlockKind.PARAGRAPH, part, number=number))

    def _item(self, text: str) -> None:
        current = self.lists[-1]
        number = _item_number(self.lists) if current.ordered else None
        found = typed_number(text)
        if found and "." in found[0]:
            number = found[0]
        self.blocks.append(Block(BlockKind.LIST_ITEM, text, level=len(self.lists), number=number))

    def _on_bullet_list_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.lists.append(_List(ordered=False, next_number=1))

    def _on_ordered_list_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        start = token.attrGet("start")
        self.lists.append(_List(ordered=True, next_number=int(start) if start is not None else 1))

    def _on_bullet_list_close(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.lists.pop()

    _on_ordered_list_close = _on_bullet_list_close

    def _on_list_item_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        current = self.lists[-1]
        current.number = str(current.next_number) if current.ordered else None
        current.next_number += 1
        self.fresh_item = True

    def _on_blockquote_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.quoted += 1

    def _on_blockquote_close(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.quoted -= 1

    def _on_fence(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        text = token.content.rstrip("\n")
        if text.strip():
            self.blocks.append(Block(BlockKind.PARAGRAPH, text))

    _on_code_block = _on_fence

    def _on_html_block(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        """Read HTML inside Markdown with the HTML reader's rules."""
        from knowledge.parsing.html import read_fragment  # noqa: PLC0415 - html is seldom needed

        self.comments += len(_COMMENT.findall(token.content))
        fragment = read_fragment(_COMMENT.sub("", token.content), first_table=self.tables)
        self.blocks.extend(fragment)
        self.tables = max([self.tables, *(b.table + 1 for b in fragment if b.table is not None)])

    def _on_table_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.rows, self.header_rows = [], 0

    def _on_tr_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.rows.append([])

    def _on_th_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.header_rows = 1
        self.rows[-1].append(GridCell(self._inline(tokens[index + 1]), strong=False))

    def _on_td_open(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        inline = tokens[index + 1]
        self.rows[-1].append(GridCell(self._inline(inline), strong=_is_bold(inline)))

    def _on_table_close(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        self.blocks.extend(markup_table(self.rows, self.tables))
        self.tables += 1

    def _inline(self, token: Token) -> str:
        text, comments = _inline_text(token.children or [])
        self.comments += comments
        lines = [" ".join(line.split()) for line in text.split("\n")]
        return "\n".join(line for line in lines if line)


_LOWEST_LEVEL = 7


def may_head(text: str, above: Sequence[Block]) -> bool:
    """Tell whether a bold line is a heading, and not a formula or what the line above announces."""
    announced = bool(above) and above[-1].text.rstrip().endswith(":")
    return is_title_like(text) and not announced and "=" not in text


def bold_heading(text: str, above: Sequence[Block]) -> Block:
    """Give a bold line as a heading, on the level that its number or its place asks for."""
    found = typed_number(text)
    number = found[0] if found else None
    headings = [block for block in above if block.kind is BlockKind.HEADING]
    level = _LOWEST_LEVEL if headings else 1
    for known in reversed(headings if number else []):
        if known.number and depth(known.number) <= depth(str(number)):
            level = known.level + depth(str(number)) - depth(known.number)
            break
    return Block(BlockKind.HEADING, text, level=level, number=number)


_NO_NAMES = frozenset(
    ["", "field", "item", "value", "key", "attribute", "property", "feld", "wert", "angabe"]
)


def markup_table(
    rows: Sequence[Sequence[GridCell]], table: int, *, header_rows: int = 0
) -> list[Block]:
    """Give the blocks of a Markdown or HTML table.

    Markdown has no tables without a header, so a first row that is empty, says "Field | Value", or
    is itself a key with its value is looked through.
    """
    if not rows:
        return []
    names = [cell.text.casefold().strip(" :") for cell in rows[0]]
    body = rows[1:] if all(name in _NO_NAMES for name in names) else rows
    if header_rows <= 1:
        pairs = table_blocks(body, table=table)
        if pairs and all(not block.header and len(block.cells) == 2 for block in pairs):
            return pairs
    return table_blocks(rows, table=table, header_rows=max(1, header_rows) if len(rows) > 1 else 0)


def _inline_text(children: Sequence[Token]) -> tuple[str, int]:
    """Return the text of a line without its marks and tags, and how many comments it hid."""
    parts: list[str] = []
    comments = 0
    unseen: str | None = None
    for child in children:
        tag = _TAG.match(child.content) if child.type == "html_inline" else None
        if unseen is not None:
            unseen = None if tag and tag.group(1) and tag.group(2).lower() == unseen else unseen
        elif tag is not None:
            name = tag.group(2).lower()
            unseen = name if name in _UNSEEN and not tag.group(1) else None
            parts.append("\n" if name in ("br", "p", "div") else "")
        elif child.type == "html_inline":
            comments += child.content.startswith("<!--")
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "softbreak":
            parts.append("\n" if _starts_numbered(child, children) else " ")
    return "".join(parts), comments


def _starts_numbered(child: Token, children: Sequence[Token]) -> bool:
    rest = "".join(c.content for c in children[children.index(child) + 1 :][:3])
    return _opens_a_point(rest)


def _opens_a_point(line: str) -> bool:
    """Tell whether a line opens with a section number ("4.3 …") or a label ("(2) …", "b) …")."""
    found = typed_number(line)
    return (found is not None and "." in found[0]) or _POINT.match(line) is not None


def _numbered_parts(text: str) -> list[str]:
    """Separate the lines that each open a point; other lines stay together."""
    parts: list[str] = []
    for line in text.split("\n"):
        if parts and not _opens_a_point(line):
            parts[-1] += "\n" + line
        else:
            parts.append(line)
    return parts


def _is_bold(inline: Token) -> bool:
    """Tell whether the whole of a line is bold."""
    children = [c for c in inline.children or [] if c.type != "text" or c.content.strip()]
    if (
        len(children) < 3
        or children[0].type != "strong_open"
        or children[-1].type != "strong_close"
    ):
        return False
    return sum(c.type == "strong_open" for c in children) == 1


def _item_number(lists: Sequence[_List]) -> str:
    """Compute what an ordered item is called: "2", or "2.1" inside another ordered list."""
    numbers: list[str] = []
    for one in reversed(lists):
        if not one.ordered or one.number is None:
            break
        numbers.append(one.number)
    return ".".join(reversed(numbers))
