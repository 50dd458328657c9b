"""Read DOCX files.

The document is read as it stands today: pending tracked changes count as not made (deleted text is
still the rule, inserted text is not yet), and comments and hidden text are left out; a note tells
so. Tables of contents are left out because they repeat the headings.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from knowledge.parsing import facts, sections
from knowledge.parsing.archives import open_archive, read_part
from knowledge.parsing.docx_styles import (
    Element,
    Label,
    Numbering,
    Styles,
    W,
    child,
    number,
    switched_on,
    value,
)
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import Limits
from knowledge.parsing.sections import Draft
from knowledge.parsing.tables import GridCell, side_lines, table_blocks
from knowledge.passages import BlockKind, ParsedDocument

_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_STRICT: Final = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
_GENERIC_TITLE: Final = re.compile(
    r"(?:word document|document|untitled|title|titel|template|vorlage|dokument\d*|document\d*|"
    r"microsoft word.*|.*\.(?:docx?|dotx?))$",
    re.IGNORECASE,
)
_CONTENTS: Final = re.compile(
    r"(?:table of )?contents$|inhalt(?:sverzeichnis)?$|inhoud(?:sopgave)?$|sommaire$|"
    r"table des matières$|índice$|indice$|innehåll(?:sförteckning)?$",
    re.IGNORECASE,
)
_GENERATED_FIELDS: Final = ("TOC", "INDEX", "TOA")
_TRANSPARENT: Final = frozenset(
    W + name
    for name in (
        "hyperlink", "smartTag", "fldSimple", "dir", "bdo", "customXml", "sdtContent",
        "del", "moveFrom", "ruby", "rubyBase",
    )
)  # fmt: skip
_PENDING: Final = frozenset({W + "ins", W + "moveTo"})
_SYMBOLS: Final = {
    "F0FE": "☒", "F0FD": "☒", "F0A8": "☐", "F06F": "☐", "F0FC": "✓", "F0B7": "•",
    "F0E0": "→", "F0B3": "≥", "F0A3": "≤",
}  # fmt: skip
_UNSEEN: Final = dict.fromkeys(
    (*range(9), *range(11, 32), 0x7F, 0x00AD, 0xFEFF, *range(0xE0000, 0xE0080))
)
_PLAIN_TABLE_STYLES: Final = frozenset(
    {"", "table grid", "normal table", "table normal", "tabellenraster", "grid table light"}
)
_DEEPEST: Final = 60
_TITLE_SIZE: Final = 1.4
_LARGE: Final = 1.15
"""Times the usual font size."""


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read the DOCX file in `data`. Raises `DocumentError`."""
    package = _Package(data, source, limits)
    document = package.part(package.main)
    if document is None or child(document, "body") is None:
        raise DocumentError(source, "corrupt", "has no text part; save it again as DOCX")
    story = _Story(package, source, limits)
    story.read_body(document)
    drafts = _without_contents_heading(story.drafts)
    _promote_large(drafts, story.body_size)
    sections.promote_headings(drafts)
    blocks = [draft.block() for draft in drafts]
    headers, footers = story.headers_and_footers()
    if not blocks:
        raise _nothing_read(source, package)
    metadata = package.metadata()
    if story.title:
        # What the reader sees wins over a property that may come from a copied template.
        metadata["title"] = story.title
    return ParsedDocument(
        facts=facts.find_facts(
            source, blocks, metadata=metadata, header_lines=headers, footer_lines=footers
        ),
        blocks=tuple(blocks),
        notes=tuple(story.notes()),
    )


def _nothing_read(source: str, package: _Package) -> DocumentError:
    if any("/media/" in name for name in package.names):
        return DocumentError(
            source, "scanned", "holds pictures but no text; run OCR and save the text"
        )
    return DocumentError(source, "empty", "holds no text")


def _without_contents_heading(drafts: list[Draft]) -> list[Draft]:
    """Drop a "Contents" heading whose table of contents was left out."""
    return [
        draft
        for at, draft in enumerate(drafts)
        if not (
            _CONTENTS.match(draft.text)
            and draft.row is None
            and (at + 1 == len(drafts) or drafts[at + 1].kind is BlockKind.HEADING)
        )
    ]


def _promote_large(drafts: list[Draft], body_size: float) -> None:
    """Where no style names a heading, let short lines in larger print be headings."""
    titles = [draft for draft in drafts if draft.kind is BlockKind.HEADING]
    if len(titles) > 1 or any(draft.number for draft in titles):
        return
    large = [
        draft
        for draft in drafts
        if draft.kind is BlockKind.PARAGRAPH
        and not draft.fixed
        and draft.size >= _LARGE * body_size
        and sections.is_title_like(draft.text)
    ]
    sizes = sorted({draft.size for draft in large}, reverse=True)
    for draft in large:
        draft.kind = BlockKind.HEADING
        draft.level = sections.depth(draft.number) if draft.number else sizes.index(draft.size) + 1


class _Package:
    """The parts of the archive, unpacked and parsed one by one."""

    def __init__(self, data: bytes, source: str, limits: Limits) -> None:
        self._archive: zipfile.ZipFile = open_archive(data, source, limits)
        self._source = source
        self._limits = limits
        self.names = frozenset(self._archive.namelist())
        self.main = next(
            (part for kind, part in self.relations("") if kind == "officeDocument"),
            "word/document.xml",
        )

    def part(self, name: str | None) -> Element | None:
        """Parse a part; None if it is missing."""
        if name is None or name not in self.names:
            return None
        xml = read_part(self._archive, name, self._source, self._limits)
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise self._with_entities()
        if xml.count(b"<w:p>") + xml.count(b"<w:p ") + xml.count(b"<w:p/>") > self._most_marks:
            raise DocumentError(
                self._source,
                "too_large",
                f"has more than {self._limits.blocks} paragraphs; split it into several files",
            )
        for strict, transitional in _STRICT:
            xml = xml.replace(strict, transitional)
        # A parser of its own for each part: a parser keeps names of everything it has seen.
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(xml, parser)
        except etree.XMLSyntaxError as error:
            raise DocumentError(
                self._source,
                "corrupt",
                f"is damaged ({name} is not well-formed); save it again and replace the file",
            ) from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise self._with_entities()
        return root

    @property
    def _most_marks(self) -> int:
        return self._limits.blocks * 4

    def _with_entities(self) -> DocumentError:
        return DocumentError(
            self._source, "bomb", "declares XML entities, which no Office program writes"
        )

    def relations(self, part: str) -> Iterator[tuple[str, str]]:
        """Give (kind, part name) of what `part` refers to inside the package."""
        for kind, target, _ in self._relations(part):
            yield kind, target

    def related(self, kind: str) -> Iterator[Element]:
        """Give the parsed parts of a kind that the main part refers to."""
        for found, name in self.relations(self.main):
            if found == kind:
                root = self.part(name)
                if root is not None:
                    yield root

    def by_id(self, relation_id: str) -> str | None:
        """Give the part that the main part refers to by `relation_id`."""
        return next(
            (name for _, name, found in self._relations(self.main) if found == relation_id), None
        )

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        folder, name = posixpath.split(part)
        root = self.part(posixpath.join(folder, "_rels", f"{name}.rels"))
        for relation in root if root is not None else ():
            if relation.get("TargetMode") == "External":
                continue
            target = relation.get("Target") or ""
            full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = (relation.get("Type") or "").rsplit("/", 1)[-1]
            yield kind, posixpath.normpath(full), relation.get("Id") or ""

    def metadata(self) -> dict[str, str]:
        """Give core and custom properties by lower-case name."""
        found: dict[str, str] = {}
        for kind, name in self.relations(""):
            if kind == "core-properties":
                found |= _core(self.part(name))
            elif kind == "custom-properties":
                found |= _custom(self.part(name))
        if _GENERIC_TITLE.match(found.get("title", "")):
            del found["title"]
        for name in ("author", "comments"):
            if "python-docx" in found.get(name, ""):
                del found[name]
        return found


def _core(root: Element | None) -> dict[str, str]:
    # `revision` and the dates are left out: they count and date savings, not approvals.
    names = {
        "title": "title",
        "subject": "subject",
        "creator": "author",
        "description": "comments",
        "keywords": "keywords",
        "category": "category",
        "contentStatus": "status",
        "version": "version",
        "language": "language",
    }
    found: dict[str, str] = {}
    for element in root if root is not None else ():
        name = etree.QName(element).localname
        text = (element.text or "").strip()
        if text and name in names:
            found[names[name]] = text
    return found


def _custom(root: Element | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root if root is not None else ():
        text = "".join(element.itertext()).strip()
        name = (element.get("name") or "").strip().lower()
        if name and text and not name.startswith("_"):
            found[name] = text
    return found


@dataclass(slots=True)
class _Field:
    """A complex field that is open: its instruction, and whether its result has begun."""

    instruction: str = ""
    result: bool = False

    @property
    def generated(self) -> bool:
        words = self.instruction.split()
        return bool(words) and words[0].upper() in _GENERATED_FIELDS


@dataclass(slots=True)
class _Paragraph:
    """The visible text of one paragraph and what hangs on it."""

    parts: list[str] = field(default_factory=list)
    plain: bool = False
    """Whether some of the text is not bold."""
    seen: bool = False
    half_points: int = 0
    """Size of the largest visible text."""
    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """(kind, id) of footnotes and endnotes."""

    def text(self) -> str:
        lines = "".join(self.parts).translate(_UNSEEN).split("\n")
        return "\n".join(" ".join(line.split()) for line in lines).strip()


class _Story:
    """Walks the body, a header or a footer in reading order and collects drafts.

    In headers and footers tabs put things side by side (`tabs_break`): each is a line of its own.
    """

    def __init__(
        self, package: _Package, source: str, limits: Limits, *, tabs_break: bool = False
    ) -> None:
        self._package = package
        self._source = source
        self._limits = limits
        self._styles = Styles(next(package.related("styles"), None))
        self._numbering = Numbering(next(package.related("numbering"), None), self._styles)
        self._notes = {
            kind: _notes_by_id(next(package.related(f"{kind}s"), None))
            for kind in ("footnote", "endnote")
        }
        self._fields: list[_Field] = []
        self._carried: list[str] = []
        self._tables = 0
        self._counts: Counter[str] = Counter()
        self._document: Element | None = None
        self._tabs_break = tabs_break
        self.drafts: list[Draft] = []
        self.title: str | None = None

    def read_body(self, document: Element) -> None:
        """Read the main text."""
        self._document = document
        body = child(document, "body")
        if body is not None:
            self._read_blocks(body, 0)

    def notes(self) -> list[str]:
        """Say what was left out on purpose."""
        comments = sum(
            1 for root in self._package.related("comments") for _ in root.iterfind(W + "comment")
        )
        embedded = sum("/embeddings/" in name for name in self._package.names)
        found = (
            (self._counts["changes"], "tracked change", "pending: read as if rejected"),
            (comments, "comment", "left out"),
            (self._counts["hidden"], "piece", "of hidden text left out"),
            (embedded + self._counts["chunks"], "embedded file", "not read"),
        )
        return [
            f"{count} {what}{'' if count == 1 else 's'} {fate}"
            for count, what, fate in found
            if count
        ]

    def headers_and_footers(self) -> tuple[list[str], list[str]]:
        """Give the lines of all headers and all footers, each line once."""
        found: dict[str, list[str]] = {"header": [], "footer": []}
        for kind, lines in found.items():
            for part in self._referenced(kind):
                reader = _Story(self._package, self._source, self._limits, tabs_break=True)
                reader._read_blocks(part, 0)
                lines.extend(
                    line for draft in reader.drafts for line in _lines(draft) if line not in lines
                )
        return found["header"], found["footer"]

    def _referenced(self, kind: str) -> Iterator[Element]:
        """Give the header or footer parts that some section of the document uses."""
        seen: set[str] = set()
        references = (
            self._document.iter(f"{W}{kind}Reference") if self._document is not None else ()
        )
        for reference in references:
            name = self._package.by_id(reference.get(_R + "id") or "")
            if name is not None and name not in seen:
                seen.add(name)
                part = self._package.part(name)
                if part is not None:
                    yield part

    def _read_blocks(self, parent: Element, depth: int) -> None:
        if depth > _DEEPEST:
            raise DocumentError(self._source, "bomb", "is nested too deeply to be read")
        for element in parent:
            tag = element.tag
            if tag == W + "p":
                self._read_paragraph(element, depth)
            elif tag == W + "tbl":
                self._read_table(element, depth)
            elif tag == W + "sdt":
                if not self._is_contents(element):
                    content = child(element, "sdtContent")
                    if content is not None:
                        self._read_blocks(content, depth + 1)
            elif tag in {W + "customXml", W + "del", W + "moveFrom", W + "txbxContent"}:
                self._read_blocks(element, depth + 1)
            elif tag in _PENDING:
                self._counts["changes"] += 1
            elif tag == W + "altChunk":
                self._counts["chunks"] += 1
            elif tag == _MC + "AlternateContent":
                branch = _branch(element)
                if branch is not None:
                    self._read_blocks(branch, depth + 1)
        if len(self.drafts) > self._limits.blocks:
            raise DocumentError(
                self._source,
                "too_large",
                f"has more than {self._limits.blocks} paragraphs; split it into several files",
            )

    @staticmethod
    def _is_contents(element: Element) -> bool:
        gallery = value(child(element, "sdtPr", "docPartObj", "docPartGallery")) or ""
        return "table of contents" in gallery.lower()

    def _read_paragraph(self, element: Element, depth: int) -> None:
        properties = child(element, "pPr")
        style_id = value(child(properties, "pStyle")) or self._styles.default
        level = self._styles.heading_level(style_id, properties)
        if level is not None:
            # A heading ends whatever field a damaged document has left open.
            self._fields.clear()
        paragraph = self._paragraph(element, style_id)
        text = paragraph.text()
        mark = child(properties, "rPr")
        if child(mark, "ins") is not None or child(mark, "moveTo") is not None:
            # The break after this paragraph is pending: its text belongs to the next one.
            self._counts["changes"] += 1
            self._carried.extend([text] if text else [])
            self._read_attached(paragraph, depth)
            return
        if self._carried:
            text = " ".join([*self._carried, text]).strip()
            self._carried.clear()
        if child(mark, "del") is not None:
            self._counts["changes"] += 1
        if not self._styles.name(style_id).startswith(("toc ", "table of figures")):
            self._add(text, properties, style_id, level, paragraph)
        self._read_attached(paragraph, depth)

    def _add(
        self,
        text: str,
        properties: Element | None,
        style_id: str | None,
        level: int | None,
        paragraph: _Paragraph,
    ) -> None:
        if not text or (self._fields and any(field.generated for field in self._fields)):
            return
        label = self._numbering.label(properties, style_id)
        bold = paragraph.seen and not paragraph.plain
        size = paragraph.half_points / 2
        if self._styles.is_title(style_id) or (label is None and self._is_set_as_title(text, size)):
            self.title = self.title or text
            self.drafts.append(Draft(BlockKind.HEADING, text, level=1, fixed=True))
        elif level is not None:
            printed = label.printed if label else ""
            typed = sections.typed_number(text)
            number = printed or (typed[0] if typed else None)
            self.drafts.append(
                Draft(BlockKind.HEADING, text, level=level, number=number, fixed=True)
            )
        elif label is not None:
            self.drafts.append(self._listed(text, label, style_id, bold=bold))
        else:
            draft = _typed(text, bold=bold, depth=self._styles.list_depth(style_id))
            draft.size = size
            self.drafts.append(draft)

    def _is_set_as_title(self, text: str, size: float) -> bool:
        """Tell whether the first line of a document is set so large that it is its title."""
        return (
            not self.drafts
            and not self._tabs_break
            and size >= _TITLE_SIZE * self.body_size
            and sections.is_title_like(text)
        )

    @property
    def body_size(self) -> float:
        """The usual font size in points."""
        return self._styles.half_points(self._styles.default) / 2

    def _listed(self, text: str, label: Label, style_id: str | None, *, bold: bool) -> Draft:
        if label.is_section:
            return Draft(BlockKind.PARAGRAPH, text, number=label.printed, bold=bold)
        depth = max(label.depth, self._styles.list_depth(style_id) or 1)
        return Draft(BlockKind.LIST_ITEM, text, level=depth, fixed=True)

    def _read_attached(self, paragraph: _Paragraph, depth: int) -> None:
        """Read text boxes and notes that are anchored in a paragraph, after it."""
        for box in paragraph.boxes:
            fields, self._fields = self._fields, []
            self._read_blocks(box, depth + 1)
            self._fields = fields
        for kind, note_id in paragraph.notes:
            note = self._notes[kind].pop(note_id, None)
            if note is not None:
                self._read_blocks(note, depth + 1)

    def _paragraph(
        self, element: Element, style_id: str | None, shaded: bool = False
    ) -> _Paragraph:
        paragraph = _Paragraph()
        properties = child(element, "pPr")
        shaded = (
            shaded
            or _is_shaded(child(properties, "shd"))
            or _is_shaded(self._styles.paragraph_property(style_id, "shd"))
            or any(ancestor.tag.endswith("}txbxContent") for ancestor in element.iterancestors())
        )
        self._collect(element, paragraph, style_id, shaded)
        return paragraph

    def _collect(
        self, parent: Element, paragraph: _Paragraph, style_id: str | None, shaded: bool
    ) -> None:
        """Add the text below `parent` in order. Depth is bounded by the XML parser."""
        for element in parent:
            tag = element.tag
            if tag == W + "r":
                self._collect_run(element, paragraph, style_id, shaded)
            elif tag in _TRANSPARENT:
                if tag in {W + "del", W + "moveFrom"}:
                    self._counts["changes"] += 1
                self._collect(element, paragraph, style_id, shaded)
            elif tag == W + "sdt":
                content = child(element, "sdtContent")
                if content is not None and not self._is_contents(element):
                    self._collect(content, paragraph, style_id, shaded)
            elif tag in _PENDING:
                self._counts["changes"] += 1
            elif tag == _MC + "AlternateContent":
                branch = _branch(element)
                if branch is not None:
                    self._collect(branch, paragraph, style_id, shaded)
            elif tag in {_M + "oMath", _M + "oMathPara"}:
                paragraph.parts.extend(text.text or "" for text in element.iter(_M + "t"))

    def _collect_run(
        self, run: Element, paragraph: _Paragraph, style_id: str | None, shaded: bool
    ) -> None:
        properties = child(run, "rPr")
        text: list[str] = []
        for element in run:
            self._collect_piece(element, text, paragraph)
        said = "".join(text)
        if not said.strip():
            paragraph.parts.append(said)
            return
        if any(field.generated for field in self._fields if field.result):
            return
        if self._is_hidden(properties, style_id, shaded):
            self._counts["hidden"] += 1
            return
        paragraph.parts.append(said)
        paragraph.seen = True
        size = number(value(child(properties, "sz"))) or self._styles.half_points(
            value(child(properties, "rStyle")) or style_id
        )
        paragraph.half_points = max(paragraph.half_points, size)
        paragraph.plain = paragraph.plain or not self._is_bold(properties, style_id)

    def _collect_piece(self, element: Element, text: list[str], paragraph: _Paragraph) -> None:
        """Add one element of a run: text, a break, a field mark, a note or a box."""
        tag = element.tag
        if tag == W + "fldChar":
            self._mark_field(element, text)
        elif tag == W + "instrText":
            if self._fields:
                self._fields[-1].instruction += element.text or ""
        elif self._fields and not self._fields[-1].result:
            return
        elif tag in {W + "t", W + "delText"}:
            text.append(element.text or "")
        elif tag in {W + "tab", W + "ptab"}:
            so_far = "".join([*paragraph.parts, *text]).rstrip()
            text.append("\n" if self._tabs_break and not so_far.endswith(":") else "\t")
        elif tag in {W + "br", W + "cr"}:
            text.append("\n" if element.get(W + "type") in {None, "textWrapping"} else " ")
        elif tag == W + "noBreakHyphen":
            text.append("-")
        elif tag == W + "sym":
            text.append(_SYMBOLS.get((element.get(W + "char") or "").upper(), ""))
        elif tag in {W + "footnoteReference", W + "endnoteReference"}:
            kind = etree.QName(tag).localname.removesuffix("Reference")
            paragraph.notes.append((kind, element.get(W + "id") or ""))
        elif tag == _MC + "AlternateContent":
            branch = _branch(element)
            if branch is not None:
                paragraph.boxes.extend(_outermost_boxes(branch))
        elif tag in {W + "drawing", W + "pict", W + "object"}:
            paragraph.boxes.extend(_outermost_boxes(element))

    def _mark_field(self, element: Element, text: list[str]) -> None:
        kind = element.get(W + "fldCharType")
        if kind == "begin":
            self._fields.append(_Field())
            box = child(element, "ffData", "checkBox")
            if box is not None:
                checked = switched_on(child(box, "checked"))
                if checked is None:
                    checked = switched_on(child(box, "default"))
                text.append("☒" if checked else "☐")
        elif kind == "separate" and self._fields:
            self._fields[-1].result = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _run_property(
        self, properties: Element | None, style_id: str | None, name: str
    ) -> Element | None:
        found = child(properties, name)
        if found is None:
            found = self._styles.run_property(value(child(properties, "rStyle")), name)
        return self._styles.run_property(style_id, name) if found is None else found

    def _is_bold(self, properties: Element | None, style_id: str | None) -> bool:
        return bool(switched_on(self._run_property(properties, style_id, "b")))

    def _is_hidden(self, properties: Element | None, style_id: str | None, shaded: bool) -> bool:
        """Tell whether a person sees nothing of a run: hidden, tiny, or white on white."""
        if switched_on(self._run_property(properties, style_id, "vanish")):
            return True
        half_points = number(value(self._run_property(properties, style_id, "sz")))
        if half_points is not None and half_points < 4:
            return True
        colour = (value(self._run_property(properties, style_id, "color")) or "").upper()
        return (
            colour == "FFFFFF"
            and not shaded
            and not _is_shaded(self._run_property(properties, style_id, "shd"))
            and (value(child(properties, "highlight")) or "none") in {"none", "white"}
        )

    def _read_table(self, table: Element, depth: int) -> None:
        if depth > _DEEPEST:
            raise DocumentError(self._source, "bomb", "is nested too deeply to be read")
        rows = list(_rows(table))
        if self._is_layout(rows):
            for row in rows:
                for cell in _cells(row):
                    self._read_blocks(cell, depth + 1)
            return
        grid = _Grid(self, _table_style(table, self._styles))
        for row in rows:
            grid.add(row)
        self._tables += 1
        for block in table_blocks(
            grid.rows, table=self._tables, header_rows=grid.header_rows or None
        ):
            self.drafts.append(Draft(block.kind, block.text, fixed=True, row=block))
        for nested in grid.nested:
            self._read_table(nested, depth + 1)
        for paragraph in grid.attached:
            self._read_attached(paragraph, depth)

    def _is_layout(self, rows: list[Element]) -> bool:
        """Tell whether a table only places text: one column, or headings in its cells."""
        if all(len(list(_cells(row))) <= 1 for row in rows):
            return True
        return any(
            self._styles.heading_level(
                value(child(paragraph, "pPr", "pStyle")) or self._styles.default,
                child(paragraph, "pPr"),
            )
            is not None
            for row in rows
            for cell in _cells(row)
            for paragraph in cell.iterfind(W + "p")
        )


class _Grid:
    """Lays the cells of one table out as a person sees them."""

    def __init__(self, story: _Story, style: str) -> None:
        self._story = story
        self._styled = style not in _PLAIN_TABLE_STYLES
        self._above: dict[int, GridCell] = {}
        self.rows: list[list[GridCell]] = []
        self.header_rows = 0
        self.nested: list[Element] = []
        self.attached: list[_Paragraph] = []

    def add(self, row: Element) -> None:
        """Add a row, unless it is only proposed by a tracked change."""
        properties = child(row, "trPr")
        if child(properties, "ins") is not None:
            self._story._counts["changes"] += 1
            return
        if switched_on(child(properties, "tblHeader")) and self.header_rows == len(self.rows):
            self.header_rows += 1
        before = number(value(child(properties, "gridBefore"))) or 0
        cells: list[GridCell] = [GridCell()] * min(before, 64)
        for element in _cells(row):
            self._add_cell(element, cells)
        self.rows.append(cells)

    def _add_cell(self, element: Element, cells: list[GridCell]) -> None:
        properties = child(element, "tcPr")
        span = max(1, min(number(value(child(properties, "gridSpan"))) or 1, 64))
        merge = child(properties, "vMerge")
        at = len(cells)
        if merge is not None and value(merge) != "restart" and at in self._above:
            cell = self._above[at]
        else:
            cell = self._read_cell(element, _is_shaded(child(properties, "shd")), span)
        if merge is not None:
            self._above[at] = cell
        else:
            self._above.pop(at, None)
        cells.append(cell)
        cells.extend([GridCell()] * (span - 1))

    def _read_cell(self, element: Element, shaded: bool, span: int) -> GridCell:
        story = self._story
        texts: list[str] = []
        bold: list[bool] = []
        for paragraph_element in _cell_paragraphs(element):
            properties = child(paragraph_element, "pPr")
            style_id = value(child(properties, "pStyle")) or story._styles.default
            paragraph = story._paragraph(paragraph_element, style_id, shaded or self._styled)
            text = paragraph.text()
            if text:
                story._numbering.label(properties, style_id)
                texts.append(text)
                bold.append(not paragraph.plain)
            if paragraph.boxes or paragraph.notes:
                self.attached.append(paragraph)
        self.nested.extend(_cell_tables(element))
        return GridCell("\n".join(texts), strong=shaded or (bool(bold) and all(bold)), span=span)


def _typed(text: str, *, bold: bool, depth: int | None) -> Draft:
    """Make a draft of a paragraph outside of Word's lists by what was typed before it."""
    found = sections.typed_number(text)
    if found is not None and not (sections.depth(found[0]) == 1 and depth):
        return Draft(BlockKind.PARAGRAPH, text, number=found[0], bold=bold)
    bullet = sections.bullet_length(text)
    if bullet or depth or sections.has_list_label(text):
        return Draft(BlockKind.LIST_ITEM, text[bullet:].strip(), level=depth or 1, fixed=True)
    return Draft(BlockKind.PARAGRAPH, text, bold=bold)


def _lines(draft: Draft) -> Iterator[str]:
    """Give the lines of a header or footer; a tab separates lines unless a key stands before."""
    if draft.row is not None:
        yield from side_lines(draft.row)
        return
    yield from (line.strip() for line in draft.text.split("\n") if line.strip())


def _branch(alternatives: Element) -> Element | None:
    """Choose one of two descriptions of the same thing, the newer one first."""
    chosen = alternatives.find(_MC + "Choice")
    return alternatives.find(_MC + "Fallback") if chosen is None else chosen


def _outermost_boxes(element: Element) -> list[Element]:
    found: list[Element] = []
    for candidate in element.iter(W + "txbxContent"):
        if not any(box in found for box in candidate.iterancestors(W + "txbxContent")):
            found.append(candidate)
    return found


def _rows(table: Element) -> Iterator[Element]:
    yield from _unwrapped(table, W + "tr")


def _cells(row: Element) -> Iterator[Element]:
    yield from _unwrapped(row, W + "tc")


def _cell_paragraphs(cell: Element) -> Iterator[Element]:
    yield from _unwrapped(cell, W + "p")


def _cell_tables(cell: Element) -> Iterator[Element]:
    yield from _unwrapped(cell, W + "tbl")


def _unwrapped(parent: Element, tag: str) -> Iterator[Element]:
    """Give children with `tag`, also those inside content controls and custom XML."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in {W + "sdt", W + "sdtContent", W + "customXml"}:
            yield from _unwrapped(element, tag)


def _table_style(table: Element, styles: Styles) -> str:
    return styles.name(value(child(table, "tblPr", "tblStyle")))


def _is_shaded(shading: Element | None) -> bool:
    if shading is None:
        return False
    fill = (shading.get(W + "fill") or "auto").upper()
    return fill not in {"AUTO", "FFFFFF"} or shading.get(W + "val") in {"solid"}


def _notes_by_id(root: Element | None) -> dict[str, Element]:
    return {
        note.get(W + "id") or "": note
        for note in (root if root is not None else ())
        if note.get(W + "type") in {None, "normal"}
    }
