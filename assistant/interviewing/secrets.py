"""Secrets in a reply: found and masked before anything is kept, shown, searched or logged."""

from __future__ import annotations

import re

MASK = "[masked secret]"

_I = re.IGNORECASE
_KNOWN = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|"
    r"\b(?:hvs|hvb|s)\.[A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{8,}|\bgithub_pat_\w{8,}|"
    r"\bglpat-[\w-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{8,}|\bsk-[A-Za-z0-9_-]{8,}|\bsk_(?:live|test)_\w{8,}|"
    r"\bxox[abprs]-[\w-]{8,}|\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?|\bAIza[\w-]{16,}|"
    r"\b(?:ya29|SG)\.[\w-]{8,}(?:\.[\w-]+)?|\bnpm_[A-Za-z0-9]{8,}|\bdop_v1_\w{8,}|"
    r"\b[a-z][a-z0-9+]*://[^\s:/@]+:[^\s@/]+@",
    re.DOTALL,
)
_SAID = re.compile(
    r"\b(?P<what>pass ?words?|pass ?phrase|passcode|pass ?wort|kennwort|pin(?: code)?|pwd|pw|token|"
    r"secrets?|api[ -]?keys?|(?:private|access|secret|master|root|admin|encryption|"
    r"license|licence) key|"
    r"door code|alarm code|access code|unlock code|code|zugangscode|türcode|"
    r"geheimnis|schlüssel|credentials?|"
    r"login|recovery key|otp|seed)\b"
    r"(?P<between>(?:\s+(?:for|to|of|on|at|in|für|zum|von|am)\s+(?:\S+\s+){0,4}?\S+?)?"
    r"\s*(?:\b(?:is|are|was|be|lautet|ist|heißt|sind|reads)\b\s*(?:still|now|just|"
    r"simply|always|currently|noch|jetzt)?|[:=])\s*)"
    r"(?P<value>\"[^\"]{3,80}\"|'[^']{3,80}'|“[^”]{3,80}”|„[^“]{3,80}“|[^\s,;]{3,80})",
    _I,
)
_PAIR = re.compile(
    r"\b(?P<user>[\w.@-]{2,40})\s*/\s*(?P<value>(?=\S*\d)(?=\S*[A-Za-z])(?=\S*[^\w\s/.-])\S{6,})"
)
_CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_RANDOM = re.compile(
    r"(?<![\w/.:@-])(?=[\w+/=]*[a-z])(?=[\w+/=]*[A-Z])(?=[\w+/=]*\d)[A-Za-z0-9+/=_]{20,}(?![\w./-])"
)


def mask(text: str) -> tuple[str, int]:
    """Replace secrets and payment data by a mark; give the text and how many there were."""
    count = 0

    def hide(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return MASK

    def hide_value(match: re.Match[str]) -> str:
        nonlocal count
        raw = match["value"]
        value = raw.rstrip(".!?)")
        if raw.startswith(MASK.split(maxsplit=1)[0]) or not _is_secret(match["what"], value):
            return match.group()
        count += 1
        return match.group().removesuffix(raw) + MASK + raw[len(value) :]

    def hide_pair(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"{match['user']} / {MASK}"

    def hide_card(match: re.Match[str]) -> str:
        nonlocal count
        if not _luhn(re.sub(r"\D", "", match.group())):
            return match.group()
        count += 1
        return MASK

    text = _KNOWN.sub(hide, text)
    text = _SAID.sub(hide_value, text)
    text = _PAIR.sub(hide_pair, text)
    text = _RANDOM.sub(hide, text)
    text = _IBAN.sub(hide, text)
    return _CARD.sub(hide_card, text), count


def _is_secret(what: str, value: str) -> bool:
    """Tell a value from a sentence that goes on: "is stored in the vault" tells no secret."""
    if value[:1] in "\"'“„":
        return " " not in value.strip("\"'“”„") or "phrase" in what.casefold()
    name = what.casefold()
    if re.search(r"pin|code|pw|pwd", name) and re.fullmatch(r"[\d#*-]{3,10}", value):
        return True
    has_digit = any(one.isdigit() for one in value)
    has_letter = any(one.isalpha() for one in value)
    has_symbol = bool(re.search(r"[^\w\s]", value.strip("-.")))
    if re.fullmatch(r"\d+(?:[.,]\d+)?(?:%|st|nd|rd|th|h|d)?", value) or re.fullmatch(
        r"[A-Z]{2,8}-\d{1,4}", value
    ):
        return False  # "tokens are 6 digits", "keys are AES-256", a ticket's number
    if re.search(r"https?://", value):
        return False
    return (has_digit and has_letter and len(value) >= 5) or (
        has_letter
        and has_symbol
        and len(value) >= 6
        and not re.fullmatch(r"[a-zA-Z]+(?:[-'’/][a-zA-Z]+)+", value)
    )


def _luhn(digits: str) -> bool:
    total = 0
    for at, one in enumerate(reversed(digits)):
        number = int(one) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return 13 <= len(digits) <= 19 and total % 10 == 0
