"""Read plain text: encodings, wrapped lines, and headings that are only typed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from charset_normalizer import from_bytes

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.facts import find_facts
from knowledge.parsing.labels import pairs_of
from knowledge.parsing.limits import Limits
from knowledge.parsing.sections import (
    bullet_length,
    depth,
    has_list_label,
    is_title_like,
    typed_number,
)
from knowledge.passages import Block, BlockKind, ParsedDocument

_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_UNDERLINE = re.compile(r"\s*([=\-~*_^#])\1{2,}\s*$")
_RULE = re.compile(r"\s*([=\-~*_#.])(?:\s?\1){2,}\s*$")
_ENDS = re.compile(r"[.!?:;…][\"”’)\]]*$")
_QUESTION = re.compile(r"\?[\"”’)]*(?:\s*/\s*[^.?!]{1,60})?$")
_QUESTION_CHARACTERS = 160


def decode(data: bytes, *, html: bool = False) -> str:
    """Decode a text file: by its BOM, as UTF-8, as declared, else as likeliest in the West."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _plain(data.decode(name, errors="replace"))
    names = ["utf-8"]
    declared = _DECLARED.search(data[:4096]) if html else None
    if declared:
        names.append(declared.group(1).decode("ascii", "replace"))
    for name in names:
        try:
            return _plain(data.decode(name))
        except (UnicodeDecodeError, LookupError):
            continue
    return _plain(_guess(data))


def _guess(data: bytes) -> str:
    """Decode text that is no UTF-8: Windows-1252, unless the bytes look like another encoding."""
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        best = from_bytes(data[:200_000]).best()
        return data.decode(best.encoding if best else "latin-1", errors="replace")
    letters = sum(c.isalpha() for c in western if ord(c) > 127)
    signs = sum(
        not c.isalpha() and c not in "–—‘’“”„•…€§°·£©®«»²³½µ×¶\xa0" for c in western if ord(c) > 127
    )
    if signs > letters:
        best = from_bytes(data[:200_000]).best()
        if best is not None:
            return data.decode(best.encoding, errors="replace")
    return western


def _plain(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def read(data: bytes, source: str, limits: Limits) -> ParsedDocument:
    """Read a text file. Raises `DocumentError` if it has more blocks than allowed."""
    lines = [line.rstrip().replace("\f", "") for line in decode(data).expandtabs(4).split("\n")]
    blocks = tuple(_blocks(lines))
    if len(blocks) > limits.blocks:
        raise DocumentError(source, "too_large", "has too many paragraphs; split the document")
    return ParsedDocument(facts=find_facts(source, blocks), blocks=blocks)


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    wrapped = _is_wrapped(lines)
    spaced = _is_spaced(lines)
    index = 0
    any_heading = False
    while index < len(lines):
        line = lines[index].strip()
        if not line or _RULE.match(line):
            index += 1
            continue
        heading = _heading(lines, index, any_heading=any_heading, spaced=spaced, wrapped=wrapped)
        if heading:
            any_heading = True
            yield heading
            index += 2 if _underlined(lines, index) else 1
            continue
        block, index = _text(lines, index, wrapped=wrapped)
        yield block


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Tell whether paragraphs are broken into lines of about one width."""
    filled = [len(line) for line in lines if line.strip()]
    if not filled or sum(width > 120 for width in filled) * 50 > len(filled):
        return False
    return any(
        len(line) > 40 and below.strip() and not _ENDS.search(line)
        for line, below in pairwise(lines)
    )


def _is_spaced(lines: Sequence[str]) -> bool:
    """Tell whether blank lines separate the paragraphs."""
    filled = sum(1 for line in lines if line.strip())
    return (len(lines) - filled) * 5 >= filled


def _underlined(lines: Sequence[str], index: int) -> bool:
    following = lines[index + 1] if index + 1 < len(lines) else ""
    line = lines[index].strip()
    return bool(_UNDERLINE.match(following)) and len(line) <= 120 and bool(line)


def _heading(
    lines: Sequence[str], index: int, *, any_heading: bool, spaced: bool, wrapped: bool
) -> Block | None:
    line = lines[index].strip()
    before = lines[index - 1].strip() if index else ""
    after = _next_text(lines, index)
    adjacent = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if bullet_length(line) and not line.startswith("#"):
        return None
    if _underlined(lines, index):
        level = 1 if lines[index + 1].strip()[0] in "=#*" else 2
        return _headed(line, level)
    marked = re.match(r"(#{1,6})\s+(\S.*)", line)
    if marked:
        return _headed(marked.group(2).rstrip("# "), len(marked.group(1)))
    goes_on = adjacent[:1].islower() and not has_list_label(adjacent)
    if not after or goes_on or pairs_of(Block(BlockKind.PARAGRAPH, line)):
        return None
    alone = not before and not adjacent
    starts = not before or not spaced
    if _is_question(line, after) and (starts or _ENDS.search(before)):
        return Block(BlockKind.HEADING, line, level=3)
    found = typed_number(line)
    if found and is_title_like(found[1]):
        heads = _heads(found[0], line, after, adjacent) or (
            starts and spaced and _among_titles(lines, index, found[0])
        )
        return _headed(line, depth(found[0])) if heads else None
    if not is_title_like(line.replace(" vs. ", " vs ")) or not starts:
        return None
    letters = [c for c in line if c.isalpha()]
    if len(letters) >= 3 and line.isupper():
        return Block(BlockKind.HEADING, line, level=1 if not any_heading else 2)
    if index == _first(lines) and (alone or _is_sentence(after)):
        return Block(BlockKind.HEADING, line, level=1)
    if alone and spaced and len(line.split()) <= 10 and _is_sentence(after):
        return Block(BlockKind.HEADING, line, level=2)
    if spaced or wrapped or not (_ENDS.search(before) or is_title_like(before)):
        return None
    if _leads_questions(line, after) or is_title_like(after):
        return Block(BlockKind.HEADING, line, level=2)
    return Block(BlockKind.HEADING, line, level=3) if len(after.split()) >= 20 else None


def _next_text(lines: Sequence[str], index: int) -> str:
    """Return the next line with text after `index`, without its outer white space."""
    for at in range(index + 1, len(lines)):
        if lines[at].strip():
            return lines[at].strip()
    return ""


def _heads(number: str, line: str, after: str, adjacent: str) -> bool:
    """Tell whether a short numbered line is a heading: something of its own stands under it."""
    if adjacent[:1].islower():
        return False
    below = typed_number(after)
    if below is not None:
        return below[0].startswith(f"{number}.") or (line.isupper() and not after.isupper())
    return not has_list_label(after) or "." in number or line.isupper()


def _among_titles(lines: Sequence[str], index: int, number: str) -> bool:
    """Tell whether a numbered title stands among others that something stands under.

    So "2. Deadlines" above "a) …" is a section like its neighbours, and not an item of a list.
    """
    titles = 0
    for at, raw in enumerate(lines):
        found = typed_number(raw.strip())
        if at == index or not found or depth(found[0]) != depth(number):
            continue
        if not is_title_like(found[1]) or (at and lines[at - 1].strip()):
            return False
        titles += 1
    return titles >= 2 and not _is_rule(lines[index])


def _is_rule(line: str) -> bool:
    return len(line.split()) > 8


def _headed(text: str, level: int) -> Block:
    found = typed_number(text)
    return Block(BlockKind.HEADING, text, level=level, number=found[0] if found else None)


def _first(lines: Sequence[str]) -> int:
    return next((i for i, line in enumerate(lines) if line.strip()), 0)


def _is_sentence(text: str) -> bool:
    return len(text.split()) > 10 or bool(_ENDS.search(text))


def _is_question(line: str, after: str) -> bool:
    """Tell whether a line is a question of an FAQ that the text after it answers."""
    if len(line) > _QUESTION_CHARACTERS or not _QUESTION.search(line):
        return False
    return not _QUESTION.search(after) and re.search(r"[.!?]\s+[A-ZÀ-ÞĀ-Ž]", line) is None


def _leads_questions(line: str, after: str) -> bool:
    """Tell whether a line is the title of a group of questions."""
    return len(line.split()) <= 12 and bool(_QUESTION.search(after)) and len(after) < 160


def _text(lines: Sequence[str], index: int, *, wrapped: bool) -> tuple[Block, int]:
    """Take the paragraph or list item that starts at `index`, with its wrapped lines joined."""
    raw = lines[index]
    line = raw.strip()
    bullet = bullet_length(line)
    found = typed_number(line)
    label = has_list_label(line)
    indent = len(raw) - len(raw.lstrip())
    parts, index = [line[bullet:]], index + 1
    states = bool(pairs_of(Block(BlockKind.PARAGRAPH, line)))
    while index < len(lines) and _continues(
        lines, index, parts[-1], wrapped=wrapped, item=bullet > 0, states=states
    ):
        following = lines[index].strip()
        if parts[-1].endswith("\u00ad"):
            parts[-1] = parts[-1][:-1] + following
        else:
            parts.append(following)
        index += 1
    text = " ".join(" ".join(parts).split())
    if bullet or (label and not (found and "." in found[0])):
        level = 1 + min(indent // 2, 4) // 2
        return Block(BlockKind.LIST_ITEM, text, level=level), index
    number = found[0] if found and "." in found[0] else None
    return Block(BlockKind.PARAGRAPH, text, number=number), index


def _continues(
    lines: Sequence[str], index: int, text: str, *, wrapped: bool, item: bool, states: bool
) -> bool:
    line = lines[index].strip()
    if not line or _RULE.match(line) or bullet_length(line) or has_list_label(line):
        return False
    found = typed_number(line)
    if found and "." in found[0] and _ENDS.search(text):
        return False
    if pairs_of(Block(BlockKind.PARAGRAPH, line)):
        return False
    if states and not lines[index].startswith("  "):
        return False
    if not wrapped:
        return line[:1].islower() and not _ENDS.search(text)
    above = lines[index - 1].rstrip()
    broken = len(above) >= 60 or (len(above) >= 35 and not _ENDS.search(above))
    return broken or line[:1].islower() or (item and lines[index].startswith("  "))
