"""What styles and lists of a DOCX file say: heading levels, looks, printed numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING_NAME: Final = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|"
    r"nadpis|címsor|naslov|antraštė|virsraksts)\s*([1-9])",
    re.IGNORECASE,
)
_TITLE_NAMES: Final = frozenset({"title", "titel", "titre du document"})
_LIST_NAME: Final = re.compile(r"list (?:bullet|number|continue)(?: ([2-5]))?$", re.IGNORECASE)
_SECTION_LABEL: Final = re.compile(r"(?:[A-Z]|\d+)(?:\.\d+)+$|\D*§ ?\d|(?:Article|Artikel) ")
_BODY_LEVEL: Final = 9
_CHAIN: Final = 20


def child(element: Element | None, *names: str) -> Element | None:
    """Follow `names` down from `element`; None where one is missing."""
    for name in names:
        if element is None:
            return None
        element = element.find(W + name)
    return element


def value(element: Element | None, name: str = "val") -> str | None:
    """Give the attribute `name` of `element`, if both are there."""
    return None if element is None else element.get(W + name)


def switched_on(element: Element | None) -> bool | None:
    """Read a toggle such as ``w:b``; None where it is not given."""
    if element is None:
        return None
    return element.get(W + "val", "1") not in {"0", "false", "off"}


def number(text: str | None) -> int | None:
    """Read a whole number, None for anything else."""
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,9}", text) else None


@dataclass(frozen=True, slots=True)
class Style:
    """One style; `None` is "as in the style it is based on"."""

    name: str
    based_on: str | None
    paragraph: Element | None
    run: Element | None


class Styles:
    """The styles of a document and what they inherit."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, Style] = {}
        self.default: str | None = None
        defaults = child(root, "docDefaults", "rPrDefault", "rPr", "sz")
        self._default_half_points = number(value(defaults)) or 20
        for element in root.iterfind(W + "style") if root is not None else ():
            style_id = element.get(W + "styleId")
            if style_id is None:
                continue
            self._styles[style_id] = Style(
                name=value(child(element, "name")) or style_id,
                based_on=value(child(element, "basedOn")),
                paragraph=child(element, "pPr"),
                run=child(element, "rPr"),
            )
            if element.get(W + "type") == "paragraph" and element.get(W + "default") in {
                "1",
                "true",
            }:
                self.default = style_id

    def name(self, style_id: str | None) -> str:
        """Give a style's name, in lower case."""
        style = self._styles.get(style_id or "")
        return (style.name if style else style_id or "").lower()

    def chain(self, style_id: str | None) -> Iterator[Style]:
        """Give a style and what it is based on, nearest first."""
        for _ in range(_CHAIN):
            style = self._styles.get(style_id or "")
            if style is None:
                return
            yield style
            style_id = style.based_on

    def paragraph_property(self, style_id: str | None, *names: str) -> Element | None:
        """Find the nearest definition of a paragraph property along the chain."""
        for style in self.chain(style_id):
            found = child(style.paragraph, *names)
            if found is not None:
                return found
        return None

    def run_property(self, style_id: str | None, name: str) -> Element | None:
        """Find the nearest definition of a run property along the chain."""
        for style in self.chain(style_id):
            found = child(style.run, name)
            if found is not None:
                return found
        return None

    def half_points(self, style_id: str | None) -> int:
        """Give the font size of a style in half points."""
        found = number(value(self.run_property(style_id, "sz")))
        return found or self._default_half_points

    def heading_level(self, style_id: str | None, direct: Element | None) -> int | None:
        """Give the heading level of a paragraph: its own outline level, then its style's."""
        own = number(value(child(direct, "outlineLvl")))
        if own is not None:
            return own + 1 if own < _BODY_LEVEL else None
        for style in self.chain(style_id):
            match = _HEADING_NAME.match(style.name)
            if match:
                return int(match[1])
            level = number(value(child(style.paragraph, "outlineLvl")))
            if level is not None:
                return level + 1 if level < _BODY_LEVEL else None
        return None

    def is_title(self, style_id: str | None) -> bool:
        """Tell whether the style is that of the document's title."""
        return any(style.name.lower() in _TITLE_NAMES for style in self.chain(style_id))

    def list_depth(self, style_id: str | None) -> int | None:
        """Give the depth that a list style such as "List Bullet 2" states by its name."""
        for style in self.chain(style_id):
            match = _LIST_NAME.match(style.name)
            if match:
                return int(match[1] or 1)
        return None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list definition."""

    format: str = "decimal"
    text: str = ""
    start: int = 1
    legal: bool = False
    restart: int | None = None
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What Word prints before a paragraph."""

    printed: str
    """Without a final dot; empty for bullets."""
    level: int
    """From 0."""
    is_section: bool
    """True for "4.3" and "§ 4", and for "4" where "4.1" follows on the next level."""
    depth: int
    """Depth as a list item, from 1, below the levels that are sections."""


@dataclass(slots=True)
class _Definition:
    levels: dict[int, Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    style_link: str | None = None


class Numbering:
    """Counts the numbered paragraphs of a document in reading order, as Word does."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._definitions: dict[str, _Definition] = {}
        self._lists: dict[str, tuple[str, dict[int, int], dict[int, Level]]] = {}
        self._started: set[tuple[str, int]] = set()
        if root is None:
            return
        links: dict[str, str] = {}
        for element in root.iterfind(W + "abstractNum"):
            key = element.get(W + "abstractNumId") or ""
            definition = _Definition(style_link=value(child(element, "numStyleLink")))
            for level in element.iterfind(W + "lvl"):
                definition.levels[number(level.get(W + "ilvl")) or 0] = _level(level)
            self._definitions[key] = definition
            link = value(child(element, "styleLink"))
            if link:
                links[link] = key
        for element in root.iterfind(W + "num"):
            self._read_list(element, links)

    def label(self, direct: Element | None, style_id: str | None) -> Label | None:
        """Count a paragraph and give its label; None for a paragraph outside of lists."""
        list_id, at = self._place(direct, style_id)
        if list_id is None or list_id not in self._lists:
            return None
        key, starts, overrides = self._lists[list_id]
        definition = self._definitions[key]
        levels = definition.levels | overrides
        level = levels.get(at, Level(format="bullet"))
        self._count(definition.counts, levels, at, list_id, starts)
        sections = _section_levels(levels)
        if level.format in {"bullet", "none"} or not level.text:
            printed = ""
        else:
            printed = _printed(level, levels, definition.counts)
        return Label(
            printed=printed,
            level=at,
            is_section=bool(printed) and at in sections,
            depth=max(1, at + 1 - sum(other < at for other in sections)),
        )

    def _read_list(self, element: Element, links: dict[str, str]) -> None:
        list_id = element.get(W + "numId") or ""
        key = value(child(element, "abstractNumId")) or ""
        definition = self._definitions.get(key)
        if definition is not None and definition.style_link in links:
            key = links[definition.style_link or ""]
        if key not in self._definitions:
            return
        starts: dict[int, int] = {}
        overrides: dict[int, Level] = {}
        for override in element.iterfind(W + "lvlOverride"):
            at = number(override.get(W + "ilvl")) or 0
            start = number(value(child(override, "startOverride")))
            if start is not None:
                starts[at] = start
            level = child(override, "lvl")
            if level is not None:
                overrides[at] = _level(level)
        self._lists[list_id] = (key, starts, overrides)

    def _place(self, direct: Element | None, style_id: str | None) -> tuple[str | None, int]:
        """Find the list and level of a paragraph: its own, or its style's."""
        own = child(direct, "numPr")
        list_id = value(child(own, "numId"))
        at = number(value(child(own, "ilvl")))
        if list_id is None:
            list_id = value(self._styles.paragraph_property(style_id, "numPr", "numId"))
            if at is None:
                at = number(value(self._styles.paragraph_property(style_id, "numPr", "ilvl")))
            if at is None and list_id in self._lists:
                at = self._level_of_style(list_id or "", style_id)
        if list_id is None or list_id == "0":
            return None, 0
        return list_id, max(0, min(at or 0, 8))

    def _level_of_style(self, list_id: str, style_id: str | None) -> int | None:
        definition = self._definitions[self._lists[list_id][0]]
        for at, level in definition.levels.items():
            if level.style is not None and level.style == style_id:
                return at
        return None

    def _count(
        self,
        counts: dict[int, int],
        levels: dict[int, Level],
        at: int,
        list_id: str,
        starts: dict[int, int],
    ) -> None:
        for above in range(at):
            counts.setdefault(above, levels.get(above, Level()).start)
        if at in starts and (list_id, at) not in self._started:
            counts[at] = starts[at]
        elif at in counts:
            counts[at] += 1
        else:
            counts[at] = levels.get(at, Level()).start
        self._started.add((list_id, at))
        for deeper in [other for other in counts if other > at]:
            restart = levels.get(deeper, Level()).restart
            if restart is None or (restart != 0 and at < restart):
                del counts[deeper]


def _level(element: Element) -> Level:
    form = child(element, "numFmt")
    return Level(
        format=value(form) or "decimal",
        text=value(child(element, "lvlText")) or "",
        start=_or(number(value(child(element, "start"))), 1),
        legal=bool(switched_on(child(element, "isLgl"))),
        restart=number(value(child(element, "lvlRestart"))),
        style=value(child(element, "pStyle")),
    )


def _or(found: int | None, default: int) -> int:
    return default if found is None else found


def _section_levels(levels: dict[int, Level]) -> set[int]:
    """Find the levels whose labels are section numbers: "%1.%2", and what these build on."""
    found: set[int] = set()
    for at, level in levels.items():
        parts = re.findall(r"%([1-9])", level.text)
        if level.format == "bullet" or not parts:
            continue
        if len(parts) > 1 or _SECTION_LABEL.match(level.text.replace(f"%{at + 1}", "1")):
            found.add(at)
            found.update(int(part) - 1 for part in parts)
    return found


def _printed(level: Level, levels: dict[int, Level], counts: dict[int, int]) -> str:
    def part(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        form = "decimal" if level.legal else levels.get(at, Level()).format
        return format_count(counts.get(at, levels.get(at, Level()).start), form)

    text = re.sub(r"%([1-9])", part, level.text).strip()
    return text.rstrip(".").strip() or text


_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def format_count(count: int, form: str) -> str:
    """Write a counter as Word does: 3 as "3", "03", "c", "C", "iii" or "III"."""
    if form in {"lowerLetter", "upperLetter"} and 0 < count <= 26 * 20:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in {"lowerRoman", "upperRoman"} and 0 < count < 4000:
        out = ""
        for worth, sign in _ROMAN:
            out += sign * (count // worth)
            count %= worth
        return out.upper() if form == "upperRoman" else out
    if form == "decimalZero":
        return f"{count:02d}"
    if form == "none":
        return ""
    return str(count)
