"""Read HTML: what a person sees of it, with its headings, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PreformattedString

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.facts import find_facts
from knowledge.parsing.limits import Limits
from knowledge.parsing.markdown import bold_heading, markup_table, may_head
from knowledge.parsing.plain import decode
from knowledge.parsing.sections import typed_number
from knowledge.parsing.tables import GridCell
from knowledge.passages import Block, BlockKind, ParsedDocument

_NEVER_TEXT = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "embed"}
    | {"canvas", "audio", "video", "head", "img", "map", "select", "datalist", "button", "input"}
)
_NAVIGATION = frozenset(["nav", "menu"])
_NAVIGATION_ROLES = frozenset(["navigation", "search", "dialog", "alertdialog", "menu"])
_NAVIGATION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|breadcrumbs?|cookies?|sidebar|skip|menu|pagination|toc)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_PAGE_ROLES = frozenset(["contentinfo", "banner"])
_ABOUT_THE_PAGE = re.compile(
    r"page-?metadata|page-?attachments?|byline|last-modified|edit-?section|mw-editsection|"
    r"printfooter|catlinks",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "aside", "header", "footer", "blockquote", "pre"}
    | {"figure", "figcaption", "address", "details", "summary", "fieldset", "form", "center"}
    | {"body", "html", "ul", "ol", "dl", "li", "dt", "dd", "table", "hr"}
    | {"h1", "h2", "h3", "h4", "h5", "h6"}
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|"
    r"opacity\s*:\s*0(?![.\d]*[1-9])|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_MAX_DEPTH = 200
_MAX_SPAN = 50


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read an HTML file. Raises `DocumentError` if it has more blocks than allowed."""
    soup = BeautifulSoup(decode(data, html=True), "lxml")
    metadata = _metadata(soup)
    reading = _Reading(limit=limits.blocks)
    try:
        for part in _page_parts(soup):
            reading.page_part(part)
        reading.walk(_content(soup), depth=0)
    except OverflowError as error:
        raise DocumentError(source, "too_large", "has too many paragraphs; split it") from error
    reading.flush()
    notes = []
    if reading.hidden:
        plural = "s" if reading.hidden > 1 else ""
        notes.append(f"{reading.hidden} hidden text{plural} left out")
    comments = sum(1 for c in soup.find_all(string=lambda t: type(t) is Comment) if c.strip())
    if comments:
        notes.append(f"{comments} comment{'s' if comments > 1 else ''} left out")
    blocks = tuple(reading.blocks)
    facts = find_facts(
        source,
        blocks,
        metadata=metadata,
        header_lines=[*_page_title(soup), *reading.page_header],
        footer_lines=reading.page_footer,
    )
    return ParsedDocument(facts=facts, blocks=blocks, notes=tuple(notes))


def read_fragment(html: str, *, first_table: int = 0) -> list[Block]:
    """Read a piece of HTML that stands in another format; tables are counted from `first_table`."""
    soup = BeautifulSoup(html, "lxml")
    reading = _Reading(tables=first_table)
    if soup.body:
        reading.walk(soup.body, depth=0)
    reading.flush()
    return reading.blocks


def _metadata(soup: BeautifulSoup) -> dict[str, object]:
    found: dict[str, object] = {}
    for meta in soup.find_all("meta"):
        name = str(meta.get("name") or meta.get("property") or meta.get("itemprop") or "")
        content = str(meta.get("content") or "").strip()
        name = re.sub(r"^(?:dc|dcterms|og|article)[.:]", "", name, flags=re.IGNORECASE)
        if name and content and len(content) <= 500:
            found.setdefault(name, content)
    has_heading = soup.find("h1") is not None
    if soup.title and soup.title.string and not has_heading:
        found.setdefault("title", " ".join(soup.title.string.split()))
    html = soup.find("html")
    if isinstance(html, Tag) and html.get("lang"):
        found.setdefault("language", str(html["lang"]))
    return found


@dataclass
class _Reading:
    limit: int = 100_000
    tables: int = 0
    blocks: list[Block] = field(default_factory=list)
    hidden: int = 0
    page_header: list[str] = field(default_factory=list)
    page_footer: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    """Inline text that waits for the end of its block."""
    bold: bool = True
    numbers: list[str | None] = field(default_factory=list)
    """Number of the open item in each list around, None in an unordered one."""
    fresh_item: bool = False

    def walk(self, tag: Tag, *, depth: int) -> None:
        """Read the children of `tag` in order."""
        if depth > _MAX_DEPTH:
            self._inline(tag.get_text(" "), bold=False)
            return
        for child in tag.children:
            if isinstance(child, NavigableString):
                if not isinstance(child, PreformattedString):
                    self._inline(str(child), bold=_in_bold(child, tag))
            elif isinstance(child, Tag):
                self._element(child, depth)

    def _element(self, tag: Tag, depth: int) -> None:
        name = tag.name.lower()
        if name in _NEVER_TEXT or _is_navigation(tag):
            return
        if _is_hidden(tag):
            self.hidden += bool(tag.get_text(strip=True))
            return
        if name == "br":
            self.text.append("\n")
        elif name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._heading(tag, int(name[1]), depth)
        elif name in ("ul", "ol"):
            self._list(tag, depth, ordered=name == "ol")
        elif name == "dl":
            self._definitions(tag, depth)
        elif name == "table":
            self._table(tag, depth)
        elif name == "pre":
            self.flush()
            if tag.get_text().strip():
                self._add(Block(BlockKind.PARAGRAPH, tag.get_text().strip("\n")))
        elif _is_about_the_page(tag):
            self.flush()
        elif name in _BLOCKS:
            self.flush()
            self.walk(tag, depth=depth + 1)
            self.flush()
        else:
            self.walk(tag, depth=depth + 1)

    def page_part(self, tag: Tag) -> None:
        """Keep the lines of a page's header or footer, which may state facts."""
        lines = [line.strip() for line in tag.get_text("\n").splitlines() if line.strip()]
        above = tag.name == "header" or tag.get("role") == "banner"
        (self.page_header if above else self.page_footer).extend(lines[:20])

    def _inline(self, text: str, *, bold: bool) -> None:
        if text.strip():
            self.bold = self.bold and bold
        self.text.append(re.sub(r"\s+", " ", text))

    def flush(self) -> None:
        """End the open block, if it has text."""
        lines = [" ".join(line.split()) for line in "".join(self.text).split("\n")]
        text = "\n".join(line for line in lines if line)
        bold, self.text, self.bold = self.bold, [], True
        if not text:
            return
        found = typed_number(text)
        dotted = found[0] if found and "." in found[0] else None
        if self.numbers:
            level = len(self.numbers)
            number = (dotted or self._item_number()) if self.fresh_item else None
            self.fresh_item = False
            self._add(Block(BlockKind.LIST_ITEM, text, level=level, number=number))
        elif bold and may_head(text, self.blocks):
            self._add(bold_heading(text, self.blocks))
        else:
            self._add(Block(BlockKind.PARAGRAPH, text, number=dotted))

    def _add(self, block: Block) -> None:
        if len(self.blocks) >= self.limit:
            raise OverflowError
        self.blocks.append(block)

    def _heading(self, tag: Tag, level: int, depth: int) -> None:
        self.flush()
        reading = _Reading(limit=self.limit)
        reading.walk(tag, depth=depth + 1)
        self.hidden += reading.hidden
        text = " ".join("".join(reading.text).split())
        text = " ".join([*(b.text for b in reading.blocks), text]).strip()
        if text:
            found = typed_number(text)
            number = found[0] if found else None
            self._add(Block(BlockKind.HEADING, text, level=level, number=number))

    def _list(self, tag: Tag, depth: int, *, ordered: bool) -> None:
        self.flush()
        count = _integer(tag.get("start"), 1) - 1
        style = str(tag.get("type") or "1")
        for child in tag.children:
            if not isinstance(child, Tag):
                continue
            if child.name != "li":
                self._element(child, depth + 1)
                continue
            if _is_hidden(child):
                self.hidden += bool(child.get_text(strip=True))
                continue
            count = _integer(child.get("value"), count + 1)
            self.numbers.append(_counter(count, style) if ordered else None)
            self.fresh_item = True
            self.walk(child, depth=depth + 1)
            self.flush()
            self.numbers.pop()
        self.fresh_item = False

    def _item_number(self) -> str | None:
        numbers: list[str] = []
        for number in reversed(self.numbers):
            if number is None:
                break
            numbers.append(number)
        return ".".join(reversed(numbers)) or None

    def _definitions(self, tag: Tag, depth: int) -> None:
        """Read a definition list: each term with its definition is one item "Term: definition"."""
        self.flush()
        term = ""
        for child in tag.find_all(["dt", "dd"]):
            if child.find_parent("dl") is not tag:
                continue
            if _is_hidden(child):
                self.hidden += 1
                continue
            text = self._own_text(child, depth)
            if child.name == "dt":
                term = text
            elif text:
                said = f"{term.rstrip(':')}: {text}" if term else text
                self._add(Block(BlockKind.LIST_ITEM, said, level=1))

    def _own_text(self, tag: Tag, depth: int) -> str:
        reading = _Reading(limit=self.limit)
        reading.walk(tag, depth=depth + 1)
        reading.flush()
        self.hidden += reading.hidden
        return "\n".join(block.text for block in reading.blocks)

    def _table(self, tag: Tag, depth: int) -> None:
        self.flush()
        rows, header_rows = self._grid(tag, depth)
        if tag.caption and tag.caption.get_text(strip=True):
            self._add(Block(BlockKind.PARAGRAPH, " ".join(tag.caption.get_text(" ").split())))
        if tag.get("role") in ("presentation", "none") or (rows and max(map(len, rows)) == 1):
            for row in rows:
                for cell in row:
                    if cell.text:
                        self._add(Block(BlockKind.PARAGRAPH, cell.text))
            return
        for block in markup_table(rows, self.tables, header_rows=header_rows):
            self._add(block)
        self.tables += 1

    def _grid(self, tag: Tag, depth: int) -> tuple[list[list[GridCell]], int]:
        """Lay the cells out in a grid; a cell that spans rows holds for each of them."""
        rows: list[list[GridCell]] = []
        header_rows = 0
        below: dict[int, tuple[int, GridCell]] = {}
        for tr in _rows_of(tag):
            if _is_hidden(tr):
                self.hidden += bool(tr.get_text(strip=True))
                continue
            cells = [c for c in tr.find_all(["th", "td"], recursive=False) if not _is_hidden(c)]
            row: list[GridCell] = []
            for cell in cells:
                _carry_down(below, row)
                span = min(max(1, _integer(cell.get("colspan"), 1)), _MAX_SPAN)
                down = min(max(1, _integer(cell.get("rowspan"), 1)), 1000) - 1
                column = len(row)
                found = GridCell(self._own_text(cell, depth), strong=cell.name == "th", span=span)
                row.extend([found, *[GridCell()] * (span - 1)])
                if down:
                    below.update({at: (down, row[at]) for at in range(column, column + span)})
            _carry_down(below, row)
            if cells and all(c.name == "th" for c in cells) and header_rows == len(rows):
                header_rows += 1
            rows.append(row)
        width = max((len(row) for row in rows), default=0)
        return [row + [GridCell()] * (width - len(row)) for row in rows], header_rows


def _carry_down(below: dict[int, tuple[int, GridCell]], row: list[GridCell]) -> None:
    """Fill the next places of a row that cells of the rows above reach into."""
    while below.get(len(row), (0, GridCell()))[0] > 0:
        left, cell = below[len(row)]
        below[len(row)] = (left - 1, cell)
        row.append(cell)


def _rows_of(table: Tag) -> Iterator[Tag]:
    for tr in table.find_all("tr"):
        if tr.find_parent("table") is table:
            yield tr


def _content(soup: BeautifulSoup) -> Tag:
    """Return the part of a page that is the document: its main part, its one article, or all."""
    for found in (soup.select("main"), soup.select("[role=main]")):
        if len(found) == 1:
            return found[0]
    articles = soup.find_all("article")
    return articles[0] if len(articles) == 1 else soup.body or soup


def _page_parts(soup: BeautifulSoup) -> list[Tag]:
    inside = ["article", "main", "section"]
    found = [t for t in soup.find_all(["header", "footer"]) if t.find_parent(inside) is None]
    named = [t for t in soup.find_all(role=list(_PAGE_ROLES)) if t.name not in ("header", "footer")]
    return [*found, *named]


def _page_title(soup: BeautifulSoup) -> list[str]:
    text = soup.title.get_text() if soup.title else ""
    return [" ".join(text.split())] if text.strip() else []


def _is_navigation(tag: Tag) -> bool:
    """Tell whether an element is a way around the site rather than a part of the document."""
    if tag.name in _NAVIGATION or tag.get("role") in _NAVIGATION_ROLES:
        return True
    if tag.name not in ("aside", "div", "ul", "ol", "section", "header", "p"):
        return False
    classes = tag.get("class")
    named = " ".join([*(classes if isinstance(classes, list) else []), str(tag.get("id") or "")])
    if _NAVIGATION_CLASS.search(named):
        return True
    links = tag.find_all("a", limit=200)
    if len(links) < 3 or tag.name not in ("aside", "div", "ul"):
        return False
    linked = sum(len(link.get_text(strip=True)) for link in links)
    return linked >= 0.9 * len(tag.get_text(strip=True)) and linked < 30 * len(links)


def _is_about_the_page(tag: Tag) -> bool:
    """Tell whether an element speaks of the page: its footer, who made it, what hangs on it."""
    if tag.name == "footer" and tag.find_parent(["article", "main", "section"]) is None:
        return True
    if tag.get("role") in _PAGE_ROLES:
        return True
    if tag.name not in ("div", "section", "p"):
        return False
    classes = tag.get("class")
    names = [*(classes if isinstance(classes, list) else []), str(tag.get("id") or "")]
    if any(_ABOUT_THE_PAGE.fullmatch(name) for name in names):
        return True
    heading = tag.find(["h2", "h3"])
    return (
        isinstance(heading, Tag)
        and heading.get("id") in ("attachments", "comments")
        and tag.find(["h1", "table"]) is None
    )


def _is_hidden(tag: Tag) -> bool:
    if tag.has_attr("hidden") or str(tag.get("aria-hidden", "")).lower() == "true":
        return True
    return bool(_HIDDEN_STYLE.search(str(tag.get("style") or "")))


def _in_bold(text: NavigableString, tag: Tag) -> bool:
    for parent in (tag, *tag.parents):
        if parent.name in ("b", "strong"):
            return True
        if parent.name in _BLOCKS:
            return False
    return False


def _integer(value: object, default: int) -> int:
    text = str(value or "").strip()
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else default


def _counter(number: int, style: str) -> str:
    if style in ("a", "A") and 1 <= number <= 26:
        letter = chr(ord("a") + number - 1)
        return letter if style == "a" else letter.upper()
    if style in ("i", "I") and 1 <= number <= 30:
        roman = (
            "x" * (number // 10)
            + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[number % 10]
        )
        return roman if style == "i" else roman.upper()
    return str(number)
