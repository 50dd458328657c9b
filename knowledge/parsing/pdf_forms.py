"""What people have filled into the form fields of a PDF page, as characters where it is shown.

The values stand in annotations and not in the page's text, so that a filled-in form would
otherwise be read as its empty template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psexceptions import PSException
from pdfminer.psparser import PSLiteral
from pdfminer.utils import decode_text

Char = dict[str, Any]

_HIDDEN: Final = 1 << 1 | 1 << 5
"""Annotation flags Hidden and NoView."""
_PASSWORD: Final = 1 << 13
_PUSH_BUTTON: Final = 1 << 16
_MOST_FIELDS: Final = 2_000
_MOST_CHARACTERS: Final = 4_000
_DEEPEST: Final = 12
_WIDTH: Final = 0.5
"""Of the font size: the usual width of a character."""
_LEADING: Final = 1.15
_USUAL_SIZE: Final = 10.0
_TICKED: Final = "☑"
_UNTICKED: Final = "☐"


def form_characters(page: Any, chars: list[Char]) -> list[Char]:
    """Return the characters of the page's filled fields; `chars` are those printed on it.

    A value stands on the line of the print beside it, such as its label.
    """
    found: list[Char] = []
    try:
        annotations = page.annots[:_MOST_FIELDS]
    except (KeyError, TypeError, ValueError, AttributeError, PSException):
        return []  # a damaged annotation costs the form's values, not the page
    for annotation in annotations:
        field = annotation.get("data") or {}
        text = _shown(field)
        if text:
            found.extend(_placed(text, annotation, chars, page.page_number))
    return found


def _shown(field: Mapping[str, Any]) -> str:
    """Return what a field shows; empty for other annotations and for what nobody sees."""
    if _name(field.get("Subtype")) != "Widget" or _number(field.get("F")) & _HIDDEN:
        return ""
    kind = _name(_inherited(field, "FT"))
    flags = _number(_inherited(field, "Ff"))
    if kind == "Btn":
        if flags & _PUSH_BUTTON:
            return ""
        return _UNTICKED if _name(resolve1(field.get("AS"))) in ("", "Off") else _TICKED
    if kind not in ("Tx", "Ch") or flags & _PASSWORD:
        return ""
    return _text(_inherited(field, "V"))[:_MOST_CHARACTERS].strip()


def _inherited(field: Mapping[str, Any], key: str) -> Any:
    """Return an entry of a field or of the group that it belongs to."""
    here: Any = field
    for _ in range(_DEEPEST):
        if not isinstance(here, Mapping):
            return None
        if key in here:
            return resolve1(here[key])
        here = resolve1(here.get("Parent"))
    return None


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_text(resolve1(one)) for one in value)))
    if isinstance(value, bytes):
        return decode_text(value)
    return value if isinstance(value, str) else ""


def _name(value: Any) -> str:
    if isinstance(value, PDFObjRef):
        value = resolve1(value)
    if isinstance(value, PSLiteral):
        value = value.name
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def _number(value: Any) -> int:
    value = resolve1(value)
    return value if isinstance(value, int) else 0


def _placed(text: str, box: Mapping[str, Any], chars: list[Char], page: int) -> Iterator[Char]:
    lines = text.splitlines()
    printed = [char for char in chars if box["top"] <= _baseline(char) <= box["bottom"]]
    height = box["bottom"] - box["top"]
    if printed:
        beside = min(printed, key=lambda char: abs(char["x1"] - box["x0"]))
        size, first = float(beside["size"]), _baseline(beside)
    else:
        size = min(_USUAL_SIZE, max(4.0, 0.7 * height))
        first = box["bottom"] - 0.3 * height if len(lines) == 1 else box["top"] + size
    room = max(1.0, box["x1"] - box["x0"] - 4)
    for number, line in enumerate(lines):
        width = min(_WIDTH * size, room / max(1, len(line)))
        top = first + number * _LEADING * size - 0.8 * size
        for at, letter in enumerate(line):
            x0 = box["x0"] + 2 + at * width
            yield _char(letter, x0, width, top, size, page)


def _baseline(char: Char) -> float:
    return float(char["top"] + 0.8 * char["size"])


def _char(letter: str, x0: float, width: float, top: float, size: float, page: int) -> Char:
    return {
        "object_type": "char",
        "page_number": page,
        "text": letter,
        "x0": x0,
        "x1": x0 + width,
        "top": top,
        "bottom": top + size,
        "size": size,
        "fontname": "form field",
        "upright": True,
        "matrix": (1, 0, 0, 1, 0, 0),
        "tag": None,
        "non_stroking_color": (0,),
    }
