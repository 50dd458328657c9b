"""Reading a criterion of effectiveness out of what a person said. Pure."""

from __future__ import annotations

import re

from assistant.domain.plan import Effectiveness
from assistant.planning.replies import days
from assistant.planning.said_actions import PERSON_NAME, owner_in
from knowledge.text import sentences

_THRESHOLD = re.compile(
    r"(?:at least|at most|no more than|not more than|less than|fewer than|under|below|above|over|"
    r">=|<=|≥|≤|<|>|=|mindestens|höchstens|maximal)?\s*"
    r"\b\d+(?:[.,]\d+)?\s*(?:%|per ?cent|prozent)|\b(?:zero|0)\b (?:\w+ )?\w+|\b\d+ (?:of|out of|"
    r"/|von) \d+\b|\b\d+/\d+\b|"
    r"(?:at least|at most|no more than|less than|fewer than|within|≥|≤|<|>|innerhalb|mindestens|"
    r"höchstens) \d+[\w ]{0,20}|\ball \w+(?: \w+){0,4}|\bevery \w+",
    re.IGNORECASE,
)


_SAMPLE = re.compile(
    r"\bsampl\w+ (?:of |size )?[^,;.]{1,50}|\b(?:all|every|each) (?:\w+ ){0,3}\w+|"
    r"\b\d+ (?:\w+ ){0,2}(?:records?|leavers?|accounts?|systems?|reviews?|"
    r"suppliers?|tickets?|changes?|risks?|restores?|tests?|cases?|items?|joiners?|devices?|"
    r"people|employees)|\brandom\w*[^,;.]{0,40}|\bstichprobe\w*[^,;.]{0,40}",
    re.IGNORECASE,
)


_SIZED_SAMPLE = re.compile(
    r"\bsampl\w+ of (?:at least )?\w+(?: \w+)?|\b\w+ sampled\b|\bstichprobe\w* von \w+",
    re.IGNORECASE,
)


_PERIOD = re.compile(
    r"\b(?:for|over|during|in|within|across|the)? ?(?:next |following |last )?(?:\d+|one|two|"
    r"three|four|six|twelve|zwei|drei|sechs|a|an|each) "
    r"(?:consecutive |full |monthly |quarterly |weekly |further )*(?:days?|weeks?|months?|"
    r"quarters?|years?|cycles?|rounds?|periods?|samples?|reviews?|"
    r"releases?|reports?|tagen?|wochen?|monaten?|quartale?n?)(?: in a row| in succession)?|"
    r"\bnext (?:quarter|round|cycle|year|period|two \w+)|\bQ[1-4]\b[^,;.]{0,20}",
    re.IGNORECASE,
)


_RUN = re.compile(
    r"\b(?:\w+ )?(?:consecutive|next|following) (?:\w+ )?(?:days?|weeks?|months?|"
    r"monthly samples?|quarters?|years?|cycles?|rounds?|"
    r"periods?|samples?|reviews?|releases?|round)\b|\b\w+ \w+ in a row\b|\bnext \w+ round\b",
    re.IGNORECASE,
)


_REVIEWER = re.compile(
    rf"\b(?:by|reviewer|reviewed by|judged by|checked by|verified by|verifier|durch|von|"
    rf"prüfer\w*)\s*(?:[:=]|is)?\s*(?:the |our |an? |den |die )?"
    rf"(?P<who>{PERSON_NAME}(?:\s*\([^)]*\))?|(?:[\w&/]+ ){{0,4}}\({PERSON_NAME}\)|"
    rf"(?:[Ii]nternal|[Ee]xternal|[Ll]ead|[Cc]hief|[Hh]ead|ISMS|IT|HR|[Cc]ompliance|"
    rf"[Ss]ecurity|[Qq]uality|[Rr]isk)(?: [\w&/]+){{0,3}})",
)


def effectiveness_in(reply: str) -> Effectiveness:
    """Read a criterion: measure, threshold, sample, period, date and reviewer, as far as said."""
    reviewer = _REVIEWER.search(reply)
    found = days(reply)
    who = reviewer["who"].strip() if reviewer else ""
    who = re.split(r"\s+(?:on|at|in|by|until|and)\s", who)[0]
    if not who:
        who = owner_in(reply)
    threshold = _THRESHOLD.search(reply)
    sample = _SIZED_SAMPLE.search(reply) or _SAMPLE.search(reply)
    period = _RUN.search(reply) or _PERIOD.search(reply)
    sized = (
        bool(threshold) and bool(re.search(r"\d|zero|none|all|every|no ", threshold.group(), re.I))
        if threshold
        else False
    )
    return Effectiveness(
        measure=_measure(reply) if reply.strip() and sized else "",
        threshold=threshold.group().strip() if threshold and sized else "",
        sample=sample.group().strip() if sample else "",
        period=period.group().strip() if period else "",
        due=found[-1] if found else None,
        reviewer=who,
        text=reply.strip(),
    )


def _measure(reply: str) -> str:
    said = sentences(reply)
    return next((one for one in said if _THRESHOLD.search(one)), said[0]).strip()
