"""Read the sheets of an XLSX file as grids, one cell at a time and within limits.

The sheet parts are streamed rather than loaded: a file of 4 KB can name a cell in the last row of
the last column, and a library that fills the rows up to it would fill the memory with it.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring, iterparse  # type: ignore[import-untyped]
from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from knowledge.parsing.archives import open_archive, read_part
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import Limits
from knowledge.passages import Cell, CellValue, Sheet

_ROW_GAP: Final = 1_000
_COLUMN_GAP: Final = 100
_TEXT_CHARACTERS: Final = 32_767
_SHEETS: Final = 200
_EMPTY: Final = Cell()


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets, the document properties, and what a person should know about the reading."""

    sheets: tuple[Sheet, ...]
    properties: dict[str, object]
    notes: tuple[str, ...]
    header_lines: tuple[str, ...] = ()
    footer_lines: tuple[str, ...] = ()


@dataclass(slots=True)
class _Style:
    number_format: str | None = None
    fill: str | None = None


@dataclass
class _Counts:
    cells: int = 0
    errors: int = 0
    unsaved: int = 0
    far: int = 0
    comments: int = 0
    hidden_rows: int = 0


@dataclass
class _Grid:
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_workbook(data: bytes, source: str, limits: Limits) -> Workbook:
    """Read an XLSX file. Raises `DocumentError` if it is damaged, locked, hostile or too large."""
    archive = open_archive(data, source, limits)
    try:
        with archive:
            return _Reading(archive, source, limits).workbook()
    except DefusedXmlException as error:
        raise DocumentError(source, "bomb", "holds XML entities and is not unpacked") from error
    except (
        ParseError,
        KeyError,
        IndexError,
        ValueError,
        OverflowError,
        zipfile.BadZipFile,
    ) as error:
        raise DocumentError(
            source, "corrupt", "is damaged; open it, save it again and replace the file"
        ) from error


class _Reading:
    """One workbook while it is read."""

    def __init__(self, archive: zipfile.ZipFile, source: str, limits: Limits) -> None:
        self.archive, self.source, self.limits = archive, source, limits
        self.counts = _Counts()
        self.names = {name.lstrip("/"): name for name in archive.namelist()}
        self.epoch: datetime = CALENDAR_WINDOWS_1900
        self.styles: list[_Style] = []
        self.strings: list[str] = []

    def workbook(self) -> Workbook:
        book_path = self._book_path()
        book = self._xml(book_path)
        targets = self._relations(book_path)
        properties = book.find("{*}workbookPr")
        if properties is not None and properties.get("date1904") in ("1", "true"):
            self.epoch = CALENDAR_MAC_1904
        theme = self._theme(next((t for kind, t in targets.values() if kind == "theme"), None))
        self.styles = self._styles(
            next((t for k, t in targets.values() if k == "styles"), None), theme
        )
        self.strings = self._strings(
            next((t for k, t in targets.values() if k == "sharedStrings"), None)
        )
        sheets: list[Sheet] = []
        printed: list[tuple[str, str]] = []
        for entry in list(book.iterfind("{*}sheets/{*}sheet"))[:_SHEETS]:
            kind, path = targets.get(_relation_id(entry), ("", ""))
            if kind != "worksheet" or path not in self.names:
                continue
            grid = _Grid()
            self._sheet(path, grid, printed)
            hidden = entry.get("state") in ("hidden", "veryHidden")
            sheets.append(Sheet(entry.get("name", ""), self._rows(grid), hidden=hidden))
        headers = tuple(dict.fromkeys(t for kind, t in printed if kind == "header"))
        footers = tuple(dict.fromkeys(t for kind, t in printed if kind == "footer"))
        return Workbook(tuple(sheets), self._properties(), self._notes(), headers, footers)

    def _xml(self, path: str) -> Element:
        content = read_part(self.archive, self.names[path], self.source, self.limits)
        root: Element = fromstring(content, forbid_dtd=True)
        return root

    def _book_path(self) -> str:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target
        return "xl/workbook.xml"

    def _relations(self, path: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(path)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.names:
            return {}
        found: dict[str, tuple[str, str]] = {}
        for relation in self._xml(rels).iterfind("{*}Relationship"):
            if relation.get("TargetMode") == "External":
                continue
            target = relation.get("Target", "")
            full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(full))
        return found

    def _theme(self, path: str | None) -> list[str]:
        if path is None or path not in self.names:
            return []
        scheme = self._xml(path).find(".//{*}clrScheme")
        colours: list[str] = []
        for slot in scheme if scheme is not None else ():
            shown = next(iter(slot), None)
            value = (shown.get("lastClr") or shown.get("val") or "") if shown is not None else ""
            colours.append(value if re.fullmatch(r"[0-9A-Fa-f]{6}", value) else "")
        # Sheets count light before dark, themes dark before light.
        return [*colours[1::-1], *colours[3:1:-1], *colours[4:]]

    def _styles(self, path: str | None, theme: list[str]) -> list[_Style]:
        if path is None or path not in self.names:
            return []
        root = self._xml(path)
        formats = {int(k): str(v) for k, v in BUILTIN_FORMATS.items()}
        for entry in root.iterfind("{*}numFmts/{*}numFmt"):
            formats[_integer(entry.get("numFmtId"))] = entry.get("formatCode", "")
        fills = [_fill(fill, theme) for fill in root.iterfind("{*}fills/{*}fill")]
        styles: list[_Style] = []
        for entry in root.iterfind("{*}cellXfs/{*}xf"):
            code = formats.get(_integer(entry.get("numFmtId")))
            at = _integer(entry.get("fillId"))
            fill = fills[at] if at < len(fills) else None
            styles.append(_Style(None if code == "General" else code, fill))
        return styles

    def _strings(self, path: str | None) -> list[str]:
        if path is None or path not in self.names:
            return []
        strings: list[str] = []
        total = 0
        for element in self._stream(path):
            if _local(element) == "si":
                text = _rich_text(element)
                total += len(text)
                if total > self.limits.part_bytes:
                    raise self._too_large()
                strings.append(text)
                element.clear()
        return strings

    def _stream(self, path: str) -> Iterator[Element]:
        """Yield the elements of a part as they end; the part is read within the limits."""
        content = read_part(self.archive, self.names[path], self.source, self.limits)
        for _, element in iterparse(io.BytesIO(content), events=("end",), forbid_dtd=True):
            yield element

    def _sheet(self, path: str, grid: _Grid, printed: list[tuple[str, str]]) -> None:
        row_number, column = 0, 0
        content = read_part(self.archive, self.names[path], self.source, self.limits)
        events = iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True)
        for event, element in events:
            name = _local(element)
            if event == "start":
                if name == "row":
                    row_number = _integer(element.get("r")) or row_number + 1
                    column = 0
                    if element.get("hidden") in ("1", "true"):
                        grid.hidden_rows.add(row_number)
                continue
            if name == "c":
                row_number, column = _position(element.get("r"), row_number, column + 1)
                self._cell(element, (row_number, column), grid)
                element.clear()
            elif name == "row":
                element.clear()
            elif name == "col" and element.get("hidden") in ("1", "true"):
                span = (_integer(element.get("min")), _integer(element.get("max")))
                grid.hidden_columns.append(span)
            elif name == "mergeCell" and len(grid.merges) < self.limits.cells:
                span4 = _area(element.get("ref", ""))
                if span4 is not None:
                    grid.merges.append(span4)
            elif name in ("oddHeader", "oddFooter", "firstHeader", "firstFooter"):
                kind = "header" if "Header" in name else "footer"
                printed.extend((kind, text) for text in _printed(element.text or ""))

    def _cell(self, element: Element, place: tuple[int, int], grid: _Grid) -> None:
        at = _integer(element.get("s"))
        style = self.styles[at] if at < len(self.styles) else _Style()
        value = self._value(element, style)
        if value is None and style.fill is None:
            return
        self.counts.cells += 1
        if self.counts.cells > self.limits.cells:
            raise self._too_large()
        grid.cells[place] = Cell(value, style.number_format, style.fill)

    def _value(self, element: Element, style: _Style) -> CellValue:
        kind = element.get("t", "n")
        raw = element.findtext("{*}v")
        if kind == "inlineStr":
            inline = element.find("{*}is")
            return _text(_rich_text(inline)) if inline is not None else None
        if not raw:
            self.counts.unsaved += element.find("{*}f") is not None
            return None
        if kind == "s":
            at = _integer(raw)
            return _text(self.strings[at]) if at < len(self.strings) else None
        if kind == "b":
            return raw.strip() == "1"
        if kind == "e":
            self.counts.errors += 1
            return raw
        if kind == "str":
            return _text(raw)
        if kind == "d":
            return _iso(raw)
        return self._number(raw, style)

    def _number(self, raw: str, style: _Style) -> CellValue:
        try:
            number = float(raw)
        except ValueError:
            return _text(raw)
        if style.number_format and is_date_format(style.number_format):
            return _moment(number, self.epoch)
        if number.is_integer() and abs(number) < 1e15 and not re.search(r"[.eE]", raw):
            return int(number)
        return number

    def _rows(self, grid: _Grid) -> tuple[tuple[Cell, ...], ...]:
        """Lay the cells out from A1 to the last one that belongs to the rest of the sheet."""
        valued = [place for place, cell in grid.cells.items() if cell.value is not None]
        if not valued:
            return ()
        last_row = _before_gap(sorted({row for row, _ in valued}), _ROW_GAP)
        last_column = _before_gap(
            sorted({col for row, col in valued if row <= last_row}), _COLUMN_GAP
        )
        self.counts.far += sum(row > last_row or col > last_column for row, col in valued)
        if last_row * last_column > 4 * self.limits.cells:
            raise self._too_large()
        merged = _merged(grid.merges, last_row, last_column)
        hidden_columns = {
            column
            for low, high in grid.hidden_columns
            for column in range(max(1, low), min(high, last_column) + 1)
        }
        rows: list[tuple[Cell, ...]] = []
        for row in range(1, last_row + 1):
            row_hidden = row in grid.hidden_rows
            self.counts.hidden_rows += row_hidden
            cells: list[Cell] = []
            for column in range(1, last_column + 1):
                cell = grid.cells.get((row, column), _EMPTY)
                hidden = row_hidden or column in hidden_columns
                in_merge = (row, column) in merged
                if hidden or in_merge:
                    cell = replace(cell, hidden=hidden, merged=in_merge)
                cells.append(cell)
            rows.append(tuple(cells))
        return tuple(rows)

    def _properties(self) -> dict[str, object]:
        found: dict[str, object] = {}
        if "docProps/core.xml" in self.names:
            core = self._xml("docProps/core.xml")
            for name in ("title", "version", "language", "contentStatus", "identifier"):
                text = (core.findtext(f"{{*}}{name}") or "").strip()
                if text:
                    found["status" if name == "contentStatus" else name] = text
        if "docProps/custom.xml" in self.names:
            for entry in self._xml("docProps/custom.xml"):
                value = next((child.text for child in entry), None)
                if entry.get("name") and value:
                    found.setdefault(entry.get("name", ""), value.strip())
        return found

    def _notes(self) -> tuple[str, ...]:
        counts = self.counts
        said = (
            (counts.errors, "formula error"),
            (counts.unsaved, "formula without a stored result"),
            (counts.far, "cell far outside the table left out"),
        )
        notes = [f"{n} {text if n == 1 else _plural(text)}" for n, text in said if n]
        comments = sum("comments" in posixpath.basename(name).lower() for name in self.names)
        if comments:
            notes.append("cell comments left out")
        return tuple(notes)

    def _too_large(self) -> DocumentError:
        return DocumentError(
            self.source,
            "too_large",
            f"has more than {self.limits.cells:,} filled cells; split the workbook",
        )


def _plural(text: str) -> str:
    first, space, rest = text.partition(" ")
    if first == "formula" and rest.startswith("error"):
        return "formula errors"
    return f"{first}s{space}{rest}"


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _relation_id(entry: Element) -> str:
    return next((v for k, v in entry.attrib.items() if k.endswith("}id") or k == "r:id"), "")


def _integer(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else 0


def _rich_text(element: Element) -> str:
    """Join the runs of a text, without the reading aids of East Asian names."""
    parts: list[str] = []
    for child in element:
        if _local(child) == "t":
            parts.append(child.text or "")
        elif _local(child) == "r":
            parts.append(child.findtext("{*}t") or "")
    return "".join(parts)


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _text(text: str) -> str | None:
    """Return the text of a cell without its control signs; None for an empty one."""
    plain = _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text[:_TEXT_CHARACTERS])
    plain = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ud800-\udfff]", "", plain).replace("\r\n", "\n")
    return plain if plain.strip() else None


def _iso(raw: str) -> CellValue:
    try:
        read = datetime.fromisoformat(raw)
    except ValueError:
        return _text(raw)
    return read.date() if read.time() == time() else read.strftime("%Y-%m-%d %H:%M")


def _moment(number: float, epoch: datetime) -> CellValue:
    """Read a serial number as the date that the sheet shows; with a time of day as text."""
    try:
        read: Any = from_excel(number, epoch=epoch)
    except (ValueError, OverflowError, TypeError):
        return number
    if isinstance(read, datetime):
        rounded = read + timedelta(seconds=30)
        if rounded.time().replace(second=0, microsecond=0) == time():
            return rounded.date()
        return rounded.strftime("%Y-%m-%d %H:%M")
    if isinstance(read, date):
        return read
    if isinstance(read, time):
        return read.strftime("%H:%M")
    return number


def _position(ref: str | None, row: int, column: int) -> tuple[int, int]:
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", ref or "")
    if not match:
        return row, column
    return int(match.group(2)), _column_number(match.group(1))


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _area(ref: str) -> tuple[int, int, int, int] | None:
    first, colon, last = ref.partition(":")
    if not colon:
        return None
    top, left = _position(first, 0, 0)
    bottom, right = _position(last, 0, 0)
    return (top, left, bottom, right) if 0 < top <= bottom and 0 < left <= right else None


def _merged(
    areas: list[tuple[int, int, int, int]], last_row: int, last_column: int
) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for top, left, bottom, right in areas:
        for row in range(top, min(bottom, last_row) + 1):
            for column in range(left, min(right, last_column) + 1):
                found.add((row, column))
    return found


def _before_gap(used: list[int], gap: int) -> int:
    """Return the last used index before a gap so wide that what follows is a stray cell."""
    last = used[0]
    for index in used[1:]:
        if index - last > gap:
            break
        last = index
    return last


def _fill(fill: Element, theme: list[str]) -> str | None:
    pattern = fill.find("{*}patternFill")
    if pattern is None or pattern.get("patternType") in (None, "none"):
        return None
    colour = pattern.find("{*}fgColor")
    if colour is None:
        return None
    found = _colour(colour, theme)
    return None if found in (None, "FFFFFF") else found


def _colour(colour: Element, theme: list[str]) -> str | None:
    rgb = colour.get("rgb", "")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})?[0-9A-Fa-f]{6}", rgb):
        base = rgb[-6:]
    elif colour.get("theme") is not None:
        at = _integer(colour.get("theme"))
        base = theme[at] if at < len(theme) else ""
    elif colour.get("indexed") is not None:
        at = _integer(colour.get("indexed"))
        base = str(COLOR_INDEX[at])[-6:] if at < len(COLOR_INDEX) else ""
    else:
        return None
    if not base:
        return None
    try:
        tint = float(colour.get("tint", "0"))
    except ValueError:
        tint = 0.0
    return _tinted(base, tint).upper()


def _tinted(rgb: str, tint: float) -> str:
    """Lighten (tint above 0) or darken a colour, channel by channel, near enough to tell it."""
    channels = [int(rgb[i : i + 2], 16) for i in (0, 2, 4)]
    if tint > 0:
        channels = [round(c + (255 - c) * min(tint, 1)) for c in channels]
    elif tint < 0:
        channels = [round(c * (1 + max(tint, -1))) for c in channels]
    return "".join(f"{c:02X}" for c in channels)


def _printed(code: str) -> list[str]:
    """Return the texts of a printed header or footer without its codes ("&LPOL-05&C&P")."""
    code = re.sub(r'&"[^"]*"|&\d+|&K[0-9A-F]{6}|&[PNDTGAFZBIUESXY]', " ", code)
    parts = re.split(r"&[LCR]", code)
    return [text for part in parts if (text := " ".join(part.replace("&&", "&").split()))]
