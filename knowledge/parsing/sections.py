"""Numbers, list marks and headings that were typed rather than styled.

DOCX files without styles and all PDF files show their structure only by how the text looks. The
rules ask for evidence from the whole document (a sequence of numbers, the same look elsewhere)
and leave a paragraph a paragraph when in doubt, since a false heading hides text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.passages import Block, BlockKind

_NUMBER: Final = re.compile(
    r"(?P<sign>§\s?|(?:Article|Section|Clause|Chapter|Artikel|Abschnitt|Kapitel|Ziffer)\s)?"
    r"(?P<number>(?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3}){0,5}|[A-Z](?:\.\d{1,3})+)"
    r"(?P<mark>[.):]{0,2})[\s\u00a0]+(?P<rest>\S.*)",
    re.DOTALL,
)
_LABEL: Final = re.compile(
    r"(?:\((?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,4})\)|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])[\s\u00a0]+\S"
)
_BULLET: Final = re.compile(
    r"[•◦▪▫‣⁃·∙●○■□◆◇➢➤►▶✓✔☐☑☒❖\uf000-\uf0ff*–—-][\s\u00a0]+(?=\S)|o[ \u00a0\t]{1,4}(?=[A-ZÀ-Þ])"
)
_ENDS: Final = (".", ";", ":", ",", "!")
_ENDS_A_SENTENCE: Final = re.compile(r"[.!?]\s+[A-ZÀ-Þ]")
_SAYS_A_RULE: Final = re.compile(
    r"\b(?:must|shall|should|may not|is|are|will|has|have|muss|müssen|soll|sollen|darf|dürfen|ist|"
    r"sind|wird|werden)\b"
)
_TITLE_CHARACTERS: Final = 100
_TITLE_WORDS: Final = 14
_TITLE_WITHIN: Final = 4
"""Blocks from the start within which an only heading is the document's title."""


@dataclass(slots=True)
class Draft:
    """A block while its document is still being read."""

    kind: BlockKind
    text: str
    level: int = 0
    number: str | None = None
    page: int | None = None
    bold: bool = False
    size: float = 0.0
    """Font size in points, where known."""
    fixed: bool = False
    """True when the file itself says what this is, so that looks decide nothing."""
    row: Block | None = None
    """The finished block of a table row."""

    def block(self) -> Block:
        """Give the finished block."""
        if self.row is not None:
            return self.row
        return Block(self.kind, self.text, level=self.level, number=self.number, page=self.page)


def typed_number(text: str) -> tuple[str, str] | None:
    """Split "4.3 Review of rights" into "4.3" and "Review of rights"; None without a number.

    A bare number such as the 30 of "30 days" counts only before a capital letter.
    """
    match = _NUMBER.match(text)
    if match is None:
        return None
    number, rest = match["number"], match["rest"]
    bare = "." not in number and not match["mark"]
    starts_small = not re.match(r"[\"“„(\[]?[A-ZÀ-ÞĀ-Ž§]", rest)
    if match["sign"]:  # "Section 2.1 is the only rule" is a sentence
        return None if starts_small and not match["mark"] else (_signed(match), rest)
    if starts_small and (bare or not match["mark"]):
        return None
    if "." not in number and ")" in match["mark"]:
        return None
    return number, rest


def _signed(match: re.Match[str]) -> str:
    return f"{match['sign'].strip()} {match['number']}"


def depth(number: str) -> int:
    """Give how deep a section number is: 1 for "4" or "§ 4", 2 for "4.3" or "A.2"."""
    return number.count(".") + 1


def bullet_length(text: str) -> int:
    """Give how many characters of `text` are typed bullets and their spaces; 0 for none."""
    end = 0
    while match := _BULLET.match(text, end):
        end = match.end()
    return end


def has_list_label(text: str) -> bool:
    """Tell whether `text` starts like an item of a lettered or numbered list."""
    return _LABEL.match(text) is not None


def is_title_like(text: str) -> bool:
    """Tell whether `text` could be a heading by its words: short, no sentence."""
    text = text.strip()
    return (
        0 < len(text) <= _TITLE_CHARACTERS
        and len(text.split()) <= _TITLE_WORDS
        and not text.endswith(_ENDS)
        and _ENDS_A_SENTENCE.search(text) is None
        and any(character.isalpha() for character in text)
        and not text[0].islower()
    )


def is_next(number: str, last: str | None) -> bool:
    """Tell whether `number` may follow `last` among section numbers, small gaps allowed."""
    here = _parts(number)
    if last is None:
        return here[-1] <= 3 or len(here) > 1
    before = _parts(last)
    if here[0] != before[0] and (number[0].isalpha() or last[0].isalpha()):
        return True
    if len(here) > len(before) and here[: len(before)] == before:
        return all(part <= 2 for part in here[len(before) :])
    for at, (new, old) in enumerate(zip(here, before, strict=False)):
        if new != old:
            return 0 < new - old <= 3 and all(part <= 1 for part in here[at + 1 :])
    return False


def _parts(number: str) -> list[int]:
    bare = number.rsplit(" ", 1)[-1]
    return [
        int(part) if part.isdigit() else 1000 + ord(part[0]) for part in bare.split(".") if part
    ] or [0]


def promote_headings(drafts: Sequence[Draft]) -> None:
    """Turn paragraphs that only look like headings into headings, in place."""
    _promote_numbered(drafts)
    headings = [at for at, draft in enumerate(drafts) if draft.kind is BlockKind.HEADING]
    if not headings or (headings[-1] < _TITLE_WITHIN and len(headings) == 1):
        _promote_bold(drafts)
    _settle_steps(drafts)


def _promote_numbered(drafts: Sequence[Draft]) -> None:
    siblings: dict[str, list[int]] = defaultdict(list)
    for at, draft in enumerate(drafts):
        if draft.kind is BlockKind.PARAGRAPH and draft.number and not draft.fixed:
            siblings[draft.number.rpartition(".")[0]].append(at)
    for places in siblings.values():
        titles = [at for at in places if _titles(drafts, at)]
        usual = len(titles) >= 2 and len(titles) >= 0.6 * len(places)
        for at in titles:
            draft = drafts[at]
            if draft.bold or draft.text.isupper() or (usual and _leads(drafts, at)):
                draft.kind, draft.level = BlockKind.HEADING, depth(draft.number or "")


def _titles(drafts: Sequence[Draft], at: int) -> bool:
    found = typed_number(drafts[at].text)
    words = found[1] if found else drafts[at].text
    return is_title_like(words) and (drafts[at].bold or _SAYS_A_RULE.search(words) is None)


def _leads(drafts: Sequence[Draft], at: int) -> bool:
    """Tell whether something stands under the numbered line at `at`, as under a heading."""
    if at + 1 >= len(drafts):
        return False
    below, number = drafts[at + 1], drafts[at].number or ""
    if below.number is None:
        return below.kind is not BlockKind.HEADING
    return below.number.startswith(number + ".")


def _promote_bold(drafts: Sequence[Draft]) -> None:
    found = [
        at
        for at, draft in enumerate(drafts[:-1])
        if draft.kind is BlockKind.PARAGRAPH
        and draft.bold
        and not draft.fixed
        and is_title_like(draft.text)
        and not drafts[at + 1].bold
    ]
    titled = any(draft.kind is BlockKind.HEADING for draft in drafts)
    if len(found) >= 2:
        for at in found:
            drafts[at].kind, drafts[at].level = BlockKind.HEADING, 2 if titled else 1


def _settle_steps(drafts: Sequence[Draft]) -> None:
    """Make "1. Open the form" a list item: a number alone is a section only above "1.1"."""
    below: str | None = None
    for draft in reversed(drafts):
        number = draft.number
        if number is None:
            continue
        if "." in number:
            below = number
            continue
        if (
            draft.kind is BlockKind.PARAGRAPH
            and number.isdigit()
            and not (below or "").startswith(f"{number}.")
        ):
            draft.kind, draft.level, draft.number = BlockKind.LIST_ITEM, 1, None
        below = None
