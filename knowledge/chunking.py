"""Turn a parsed document into passages that follow its own structure.

A numbered paragraph or a headed section is a passage; a long section is cut into several, a short
one is never merged with its neighbour. Where a long section is cut depends on the words around the
cut and not on how much stands before it, so that a change stays where it was made.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.controls import control_ids, register
from knowledge.parsing.labels import (
    is_control_table,
    is_document_control,
    is_version_history,
    pairs_of,
    says_control,
)
from knowledge.passages import Block, BlockKind, Locator, ParsedDocument, Passage, Span
from knowledge.registers import keys_of
from knowledge.text import fold, sentences

TARGET_WORDS = 180
MAX_WORDS = 220
"""About 256 tokens of English: what small embedding models read of a text."""
_CHARACTERS_PER_WORD = 7
_SMALLEST_SIDE = 45
_COVER_WORDS = 12
_CONTROL_LINE = 300
"""Characters that a line of document facts has at most."""

_NUMBER = re.compile(r"(?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3})*")
_SAYS_A_RULE = re.compile(
    r"\b(?:must|shall|may not|is|are|has to|have to|muss|müssen|soll|sollen|darf|dürfen|ist|sind)\b"
)
_DOTTED = re.compile(r"(?:[A-Z]|\d{1,3})(?:\.\d{1,3})+")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands: the headings above it and its own section label."""

    path: tuple[str, ...] = ()
    section: str | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block, or a part of one that is too long for a passage."""

    block: Block
    text: str
    lead: str | None = None
    """The sentence that introduces the list (or the cells that name the row) it continues."""
    start: int = 0
    """Where the text stands in the block's own."""

    @property
    def weight(self) -> int:
        return _weight(self.text)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Pieces of one section (or one row): what passages are cut from and never reach beyond."""

    place: _Place
    pieces: tuple[_Piece, ...]
    row: str | None = None


def split(document_id: str, parsed: ParsedDocument, source: str) -> list[Passage]:
    """Cut `parsed` into passages in reading order.

    Ids depend on the document's id, the headings above and the text, so an unchanged passage keeps
    its id wherever it moves within its section. Headings alone make no passage, unless the document
    has nothing else.
    """
    segments = list(_segments(parsed))
    if not segments and parsed.blocks:
        segments = [_Segment(_Place(), tuple(_Piece(b, b.text) for b in parsed.blocks if b.text))]
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    passages: list[Passage] = []
    for segment in segments:
        for pieces in _cut(segment.pieces):
            draft = _passage(document_id, parsed.facts.title, source, segment, pieces)
            key = (draft.locator.heading_path, draft.text)
            identifier = _id(document_id, *key, seen[key])
            seen[key] += 1
            passages.append(replace(draft, id=identifier, ordinal=len(passages)))
    return passages


def _id(document_id: str, path: Sequence[str], text: str, occurrence: int) -> str:
    digest = hashlib.sha256()
    for part in (document_id, *path, "", text, str(occurrence)):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:20]


# Sections: which blocks may share a passage.


def _segments(parsed: ParsedDocument) -> Iterator[_Segment]:
    title_heading = _title_heading(parsed)
    stack: list[tuple[int, str]] = []
    place = _Place()
    pending: list[Block] = []
    heading: Block | None = None
    """The heading right before, as long as nothing stands under it."""

    def flush() -> Iterator[_Segment]:
        if pending:
            yield _Segment(place, tuple(_with_leads(pending)))
            pending.clear()

    for run in _runs(parsed.blocks):
        first = run[0]
        if first.kind is BlockKind.HEADING:
            if first is not title_heading or not _is_cover(pending, place):
                yield from flush()
            if heading is not None:
                yield from _rule_segment(place, heading, first)
            heading = first
            if first is title_heading:
                stack, place, heading = [], _Place(), None
                continue
            level = first.level or 1
            stack = [(depth, label) for depth, label in stack if depth < level]
            stack.append((level, _label(first)))
            place = _Place(tuple(label for _, label in stack), stack[-1][1])
            continue
        heading = None
        if (keys := _record_keys(run)) is not None:
            yield from flush()
            yield from (_row_segment(place, b, k) for b, k in zip(run, keys, strict=True))
        elif _is_control_part(run, place):
            if _is_cover(pending, place):
                run[:0] = pending  # the organisation's name above a title answers nothing alone
                pending.clear()
            yield from flush()
            yield _Segment(_control_place(run, place), tuple(_Piece(b, b.text) for b in run))
        elif _starts_section(first):
            yield from flush()
            place = _Place(tuple(label for _, label in stack), first.number)
            pending.extend(run)
        else:
            pending.extend(run)
    yield from flush()
    if heading is not None:
        yield from _rule_segment(place, heading, None)


def _is_cover(blocks: Sequence[Block], place: _Place) -> bool:
    """Tell whether these are the few words that stand on a cover above the document's facts."""
    words = sum(len(block.text.split()) for block in blocks)
    plain = all(block.kind is BlockKind.PARAGRAPH for block in blocks)
    ended = any(block.text.rstrip().endswith((".", "!", "?", ":", ";")) for block in blocks)
    return not place.path and plain and not ended and 0 < words <= _COVER_WORDS


def _rule_segment(place: _Place, heading: Block, following: Block | None) -> Iterator[_Segment]:
    """Yield a heading as a passage if nothing stands under it and it is itself the rule."""
    if following is not None and (following.level or 1) > (heading.level or 1):
        return
    if _SAYS_A_RULE.search(heading.text) and len(heading.text.split()) >= 4:
        yield _Segment(place, (_Piece(heading, heading.text),))


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Yield blocks one by one, but the rows of one table together, and adjacent fact lines too."""
    run: list[Block] = []
    for block in blocks:
        if not block.text.strip():
            continue
        if run and not _same_run(run[-1], block):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _same_run(previous: Block, block: Block) -> bool:
    if block.kind is BlockKind.TABLE_ROW and previous.kind is BlockKind.TABLE_ROW:
        return (block.table, block.sheet) == (previous.table, previous.sheet)
    plain = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
    short = len(block.text) <= _CONTROL_LINE and len(previous.text) <= _CONTROL_LINE
    same = short and block.kind in plain and previous.kind in plain
    return same and bool(pairs_of(previous)) and bool(pairs_of(block))


def _record_keys(run: Sequence[Block]) -> list[str | None] | None:
    """Return the keys of a table's rows if they are records; None for prose and prose tables."""
    first = run[0]
    if first.kind is not BlockKind.TABLE_ROW:
        return None
    if first.sheet is not None or any(block.row is not None for block in run):
        return [block.row for block in run]
    if len(first.header) < 3 or is_version_history(first.header):
        return None
    return keys_of(first.header, [block.cells for block in run])


def _is_control_part(run: Sequence[Block], place: _Place) -> bool:
    if run[0].kind is BlockKind.TABLE_ROW and is_version_history(run[0].header):
        return True
    if run[0].kind is BlockKind.TABLE_ROW and run[0].sheet is None and is_control_table(run):
        return True
    in_its_place = not place.path or _says_control(place)
    return in_its_place and is_document_control(run)


def _control_place(run: Sequence[Block], place: _Place) -> _Place:
    """Give the place of a control table, which belongs to no section that it happens to close."""
    if _says_control(place):
        return place
    if place.path and is_control_table(run):
        return _Place(("Document control",))
    return _Place((*place.path, "Document control"), place.section)


def _says_control(place: _Place) -> bool:
    return any(says_control(label) for label in place.path)


def _starts_section(block: Block) -> bool:
    if block.number is None:
        return False
    if block.kind is BlockKind.PARAGRAPH:
        return _NUMBER.fullmatch(block.number) is not None
    return block.kind is BlockKind.LIST_ITEM and _DOTTED.fullmatch(block.number) is not None


def _label(heading: Block) -> str:
    """Return number and heading as a reader sees them, also where the number is computed."""
    text = " ".join(heading.text.split())
    if heading.number and not text.casefold().startswith(heading.number.casefold()):
        return f"{heading.number} {text}"
    return text


def _title_heading(parsed: ParsedDocument) -> Block | None:
    """Return the heading that is the document's title and so no section."""
    headings = [b for b in parsed.blocks if b.kind is BlockKind.HEADING]
    if not headings or headings[0].number or headings[0].sheet:
        return None
    first = headings[0]
    said, title = fold(first.text).casefold(), fold(parsed.facts.title).casefold()
    if said == title or (title in said and ("title", "first heading") in parsed.facts.found_in):
        return first
    deeper = all(h.level > first.level for h in headings[1:])
    return first if deeper and len(headings) > 1 else None


def _row_segment(place: _Place, block: Block, key: str | None) -> _Segment:
    return _Segment(place, tuple(_row_pieces(block)), row=key)


def _row_pieces(block: Block) -> Iterator[_Piece]:
    """Yield a row whole, or cell by cell groups with the naming cells kept for the search."""
    if _weight(block.text) <= MAX_WORDS:
        yield _Piece(block, block.text)
        return
    naming = " | ".join(block.text.split(" | ")[:2])
    lead = naming if _weight(naming) <= _SMALLEST_SIDE else None
    for start, text in _slices(block.text, _cell_ends(block.text)):
        yield _Piece(block, text, lead=lead if start else None, start=start)


def _cell_ends(text: str) -> list[tuple[int, int]]:
    ends = [m.span() for m in re.finditer(r" \| ", text)]
    return ends or _sentence_gaps(text)


def _with_leads(blocks: Sequence[Block]) -> Iterator[_Piece]:
    """Yield the pieces of a section; list items know the sentence that introduces them."""
    lead: str | None = None
    for block in blocks:
        if block.kind is BlockKind.PARAGRAPH:
            said = sentences(block.text)
            lead = said[-1] if said and said[-1].rstrip().endswith(":") else None
            lead = lead if lead and _weight(lead) <= _SMALLEST_SIDE else None
        own = lead if block.kind is BlockKind.LIST_ITEM else None
        if _weight(block.text) <= MAX_WORDS:
            yield _Piece(block, block.text, lead=own)
            continue
        for start, text in _slices(block.text, _sentence_gaps(block.text)):
            yield _Piece(block, text, lead=own, start=start)


# Sizes and cuts.


def _weight(text: str) -> int:
    """Measure a text in words of English; long compound words count as several."""
    return max(len(text.split()), len(text) // _CHARACTERS_PER_WORD)


def _sentence_gaps(text: str) -> list[tuple[int, int]]:
    gaps: list[tuple[int, int]] = []
    position = 0
    for sentence in sentences(text):
        start = text.index(sentence, position)
        if start > 0:
            gaps.append((position, start))
        position = start + len(sentence)
    return [gap for gap in gaps if gap[0] > 0]


def _slices(text: str, gaps: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """Cut `text` at some of `gaps` so that every slice fits; return (start, slice) pairs."""
    parts: list[str] = []
    start = 0
    for left, right in [*gaps, (len(text), len(text))]:
        parts.extend(_fitting(text[start:left]))
        start = right
    return _joined_slices(text, [part for part in parts if part])


def _fitting(text: str) -> Iterator[str]:
    """Yield `text`, cut between words where even one sentence is too long."""
    start = 0
    window = 2 * MAX_WORDS * _CHARACTERS_PER_WORD
    while _weight(ahead := text[start : start + window].strip()) > MAX_WORDS:
        end = _last_fitting_end(ahead)
        yield ahead[:end].strip()
        start = text.index(ahead, start) + end
    if ahead:
        yield ahead


def _last_fitting_end(text: str) -> int:
    """Return where a passage's worth of words ends, at a comma or semicolon if one is near."""
    limit = MAX_WORDS * _CHARACTERS_PER_WORD
    ends = [m.end() for m in re.finditer(r"\S+", text[: limit + 1]) if m.end() <= limit]
    ends = ends[:MAX_WORDS]
    if not ends:
        return limit
    marks = [end for end in ends if text[end - 1] in ";,|:" and end > ends[-1] // 2]
    return marks[-1] if marks else ends[-1]


def _joined_slices(text: str, parts: Sequence[str]) -> list[tuple[int, str]]:
    """Join neighbouring parts up to the target; each result is one verbatim slice of `text`."""
    places: list[tuple[int, int]] = []
    position = 0
    for part in parts:
        start = text.index(part, position)
        position = start + len(part)
        places.append((start, position))
    weights = [_weight(part) for part in parts]
    openings = [_opening(part) for part in parts]
    groups = _groups(weights, [1] * len(parts), openings)
    return [(places[a][0], text[places[a][0] : places[b - 1][1]]) for a, b in groups]


def _cut(pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, ...]]:
    weights = [piece.weight for piece in pieces]
    strengths = [_strength(pieces, index) for index in range(len(pieces))]
    openings = [_opening(piece.text) for piece in pieces]
    for start, end in _groups(weights, strengths, openings):
        yield tuple(pieces[start:end])


_KEEP_TOGETHER = 9


def _strength(pieces: Sequence[_Piece], index: int) -> int:
    """Rate how badly a cut before a piece would hurt: 0 not at all, 9 only in need."""
    if index == 0:
        return 0
    piece, previous = pieces[index], pieces[index - 1]
    kind, before = piece.block.kind, previous.block.kind
    if piece.start:
        return 3
    if kind is BlockKind.LIST_ITEM:
        if before is not BlockKind.LIST_ITEM:
            return _KEEP_TOGETHER
        return 1 + max(0, min(piece.block.level, 3) - 1) * 2
    if kind is BlockKind.TABLE_ROW:
        return 1 if before is BlockKind.TABLE_ROW else 2
    return _KEEP_TOGETHER if previous.text.rstrip().endswith(":") else 0


def _opening(text: str) -> str:
    """Return the first words, which alone decide where a long section is cut."""
    return " ".join(fold(text[:120]).casefold().split()[:4])


def _groups(
    weights: Sequence[int], strengths: Sequence[int], openings: Sequence[str]
) -> list[tuple[int, int]]:
    """Cut a row of pieces into ranges that fit; the best cut is found first, then each side's.

    Among equally good cuts a hash of the words behind them chooses: the same words give the same
    cut whatever is changed elsewhere in the section.
    """
    todo, done = [(0, len(weights))], []
    while todo:
        start, end = todo.pop()
        total = sum(weights[start:end])
        cut = None
        if total > TARGET_WORDS and end - start > 1:
            cut = _best_cut(start, end, weights, strengths, openings, needed=total > MAX_WORDS)
        if cut is None:
            done.append((start, end))
        else:
            todo.extend([(start, cut), (cut, end)])
    return sorted(done)


_MANY_PIECES = 200
"""From here on only the middle third is searched, so that like pieces do not cost the square."""


def _best_cut(
    start: int,
    end: int,
    weights: Sequence[int],
    strengths: Sequence[int],
    openings: Sequence[str],
    *,
    needed: bool,
) -> int | None:
    candidates: list[tuple[int, int, bytes, int]] = []
    aside = (end - start) // 3 if end - start > _MANY_PIECES else 0
    total, before = sum(weights[start:end]), sum(weights[start : start + aside])
    for index in range(start + aside + 1, end - aside):
        before += weights[index - 1]
        small = min(before, total - before) < _SMALLEST_SIDE
        if not needed and (small or strengths[index] > 1):
            continue
        chosen_by = hashlib.sha256(openings[index].encode("utf-8", "surrogatepass")).digest()
        rank = strengths[index] + (4 if small else 0)
        candidates.append((rank, strengths[index], chosen_by, index))
    return min(candidates)[3] if candidates else None


# From pieces to a passage.


def _passage(
    document_id: str, title: str, source: str, segment: _Segment, pieces: Sequence[_Piece]
) -> Passage:
    text, spans = _text(segment.place.section, pieces)
    place, first = segment.place, pieces[0]
    return Passage(
        id="",
        document=document_id,
        ordinal=0,
        text=text,
        search_text=_search_text(title, place.path, first.lead, text),
        locator=Locator(
            source=source,
            heading_path=place.path,
            section=place.section,
            page=first.block.page,
            row=segment.row,
        ),
        spans=spans,
        controls=_controls(place, segment.row, text),
    )


def _text(section: str | None, pieces: Sequence[_Piece]) -> tuple[str, tuple[Span, ...]]:
    text = ""
    spans: list[Span] = []
    previous: _Piece | None = None
    for piece in pieces:
        if previous is not None:
            text += _separator(previous, piece)
        start = len(text)
        text += piece.text
        own = piece.block.number if _starts_section(piece.block) else None
        spans.append(Span(start, len(text), own or section, piece.block.page))
        previous = piece
    return text, tuple(spans)


def _separator(previous: _Piece, piece: _Piece) -> str:
    if previous.block is piece.block:
        return piece.block.text[previous.start + len(previous.text) : piece.start]
    single = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
    return "\n" if piece.block.kind in single else "\n\n"


def _search_text(title: str, path: Sequence[str], lead: str | None, text: str) -> str:
    """Put title and headings above the text: the engines see what the passage is about."""
    heads: list[str] = []
    for head in (title, *path):
        if head and all(fold(head).casefold() != fold(known).casefold() for known in heads):
            heads.append(head)
    above = [" > ".join(heads)] if heads else []
    if lead and not text.startswith(lead):
        above.append(lead)
    return "\n".join([*above, text])


def _controls(place: _Place, row: str | None, text: str) -> tuple[str, ...]:
    named = list(control_ids(text))
    if place.path:
        named = [*control_ids(place.path[-1]), *named]
    keyed = register().control(row) if row else None
    if keyed:
        named.insert(0, keyed.id)
    return tuple(dict.fromkeys(named))
