"""Understanding what a person replied: unknown, a refusal-worthy wish, dates, owners, actions. Pure.

Nothing is completed here: a name, a date or a figure is either in the words or it stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.domain.plan import Action, Cause, CauseKind, Effectiveness, Grade
from assistant.planning.patterns import mechanisms_in
from assistant.planning.smells import backdates, is_team
from knowledge.keywords import analyse
from knowledge.parsing.dates import find_dates
from knowledge.text import sentences

_UNKNOWN = re.compile(
    r"^\W*(i |we )?(do not|don'?t|don’t|dont|really don't) (yet )?know\b.{0,40}$|^\W*(no idea|unknown|not (yet )?(known|decided|"
    r"clear)|tbd|tbc|to be (confirmed|decided|determined|defined)|n/?a|open|\?+|not sure|unsure|no|none yet|skip|later|"
    r"(das )?(weiß|weiss) ich nicht|keine ahnung|(noch )?(unbekannt|offen|unklar)|je ne sais pas|no lo sé)\W*$",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(yes|yep|yeah|correct|right|ok(ay)?|agreed|fine|sure|confirmed|that'?s (right|correct|it)|exactly|ja|genau|"
    r"richtig|stimmt|oui|sí)\b",
    re.IGNORECASE,
)


def is_unknown(reply: str) -> bool:
    """Tell whether a reply says that the person does not know."""
    return not reply.strip() or bool(_UNKNOWN.match(reply.strip()))


def is_yes(reply: str) -> bool:
    """Tell whether a reply agrees."""
    return bool(_YES.match(reply))


def wish_refused(reply: str) -> str | None:
    """Give what is said to a wish that no plan may fulfil, or None."""
    if backdates(reply):
        return _FALSE_RECORD
    return next((answer for pattern, answer in _WISHES if pattern.search(reply)), None)


_ORDER = r"(?:^|[.;!?:]\s*|\b(?:please|just|simply|bitte|can you|could you|let'?s|you (?:can|should)) )"
_WISHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            rf"{_ORDER}(?:write|say|state|note|put|enter|record|add|pretend|claim)\b[^.;]{{0,40}}\b(?:auditor|cb|"
            r"certification body|management|ceo|coo|board|he|she|they|boss)\b[^.;]{0,25}\b(?:accept\w*|approv\w*|"
            rf"agree\w*|closed|verified|signed)|{_ORDER}mark\b[^.;]{{0,30}}\b(?:effective|closed|approved|accepted|verified)\b|"
            rf"{_ORDER}(?:schreib\w*|trag\w*)\b[^.;]{{0,50}}\b(?:akzeptiert|freigegeben|genehmigt)",
            re.I,
        ),
        "I don't write down an acceptance or approval that I have not seen. It is a fact with a name, a "
        "date and a document: tell me who accepted what, when and where it is recorded, and it is entered "
        "as your statement when the plan has come that far. The field stays open.",
    ),
    (
        re.compile(
            r"\b(?:lower|down-?grade|change|reduce|turn|make|set|call)\b[^.;]{0,30}\b(?:grade|major|it|this|finding)\b"
            r"[^.;]{0,20}\b(?:minor|ofi|observation)\b|\bshould (?:only )?be (?:a |an )?(?:minor|ofi|observation)\b|"
            r"\bherabstuf\w*|\bherunterstuf\w*|\bdown-?grade\w*\b",
            re.I,
        ),
        "The grade stays as whoever raised the finding gave it; I never change it. If you hold it to be "
        "wrong, appeal with facts: sample and population, what worked, the effect, and what you ask for. "
        "I can help to set out such an appeal; the plan goes on meanwhile.",
    ),
)
_FALSE_RECORD = (
    "I don't help to date records back: it would be a false record, and a graver finding than the gap "
    "itself. What was missed stays missed. An honest note says so: what was not done, for which time, "
    "when it was noticed, and what was done instead today."
)


def grade_said(reply: str) -> Grade | None:
    """Give the grade that a person names."""
    if match := re.search(r"\b(major|minor|ofi|observation|haupt|neben)", reply, re.I):
        word = match.group(1).casefold()
        if word in {"major", "haupt"}:
            return Grade.MAJOR
        return Grade.MINOR if word in {"minor", "neben"} else Grade.OFI
    return None


def days(text: str) -> tuple[date, ...]:
    """Give every day that a text names."""
    return tuple(found for found, _, _ in find_dates(text, day_first=True))


_PLACE = re.compile(
    r"\b(ticket|log\w*|report|export|register|record\w*|minutes|screenshot|[A-Z]{2,}-\d+|file|mail|protocol|v\d[\d.]*|protokoll|"
    r"nachweis|evidence|list)\b",
    re.IGNORECASE,
)
_NAME = (
    r"[A-ZÀ-ÞŠŽČĆĐŁ][\w'’.-]+(?: (?:van|von|de|der|da|di|la|le|el|bin|al|dos|du|den|ter))*"
    r"(?: [A-ZÀ-ÞŠŽČĆĐŁ][\w'’-]+)+"
)
_OWNER_WORDS = (
    re.compile(
        r"\b(?:(?:action )?(?:owner|responsible|responsibility|accountable|verantwortlich\w*|zuständig\w*)\s*(?:person)?"
        r"\s*(?:[:=]|is\b|are\b|will be\b)|(?:owned by|assigned to|done by|carried out by)\b)\s*(?:the )?"
        r"(?P<owner>[^;,.\n()–—]+(?:\([^)]*\))?(?:, (?:the )?[A-ZÀ-Þ][\w' -]+(?=[;,.\n]|$))?)",
        re.I,
    ),
    re.compile(rf"(?P<owner>{_NAME}\s*\([^)\d]{{2,60}}\))"),
    re.compile(rf"(?P<owner>\b[A-Z][\w/&-]*(?: [\w/&-]+){{0,4}} \({_NAME}\))"),
    re.compile(rf"\b(?:by|von|durch|to) (?:the |our |den |die )?(?P<owner>{_NAME}(?:,? (?:the |our )?[A-Z][\w/&-]+(?: [A-Z][\w/&-]+)*)?)"),
    re.compile(
        rf"^(?P<owner>{_NAME}(?:, [\w /&-]{{2,40}},)?)[,:]? (?:will|to|shall|is|has|sets?|build\w*|makes?|introduc\w*|connect\w*|"
        r"create\w*|defin\w*|implement\w*|add\w*|configur\w*|prepar\w*|write\w*|run\w*|report\w*|train\w*|updat\w*|assign\w*|"
        r"establish\w*|automat\w*|put\w*|let\w*|enabl\w*|roll\w*|extend\w*|agree\w*|chang\w*|review\w*|wird|richtet)\b"
    ),
    re.compile(
        rf"(?:[-–—(,;:] ?|\|\s*)(?P<owner>{_NAME}(?:, (?:[A-Z][\w/&-]+ ?){{1,4}})?)(?=\s*(?:[,;.)|]|$|-|–|—))"
    ),
    re.compile(
        r"[-–—(,;:|]\s*(?:the )?(?P<owner>(?:(?:head|director|manager|lead|owner|officer) of [\w &/-]{2,30}|"
        r"(?:[\w&/]+ ){0,3}(?:manager|lead|officer|director|head|administrator|auditor|owner|CISO|CEO|CTO|COO|CIO|DPO|ISO|team|"
        r"department|engineer)|CISO|CEO|CTO|COO|CIO|DPO|IT|HR))(?=\s*(?:[,;)|.]|$|by\b|until\b))",
        re.I,
    ),
)
_MONTHS_AND_DAYS = re.compile(
    r"^(January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|"
    r"Wednesday|Thursday|Friday|Q[1-4])\b"
)


def owner_in(text: str) -> str:
    """Give the owner that a text names, in its words; empty where it names none."""
    for pattern in _OWNER_WORDS:
        for match in pattern.finditer(text):
            owner = re.split(
                r"\s+(?:by|until|due|before|bis|on)\s+(?=\d|the end|end|Q\d)|\s*\|\s*", match["owner"]
            )[0]
            owner = owner.strip(" ,;:.-–—")
            if owner and not _MONTHS_AND_DAYS.match(owner) and len(owner) <= 80:
                if is_unknown(owner) or re.search(r"\b(not|nobody|unknown|tbd|tbc)\b", owner, re.I):
                    return ""
                return owner
    return ""


_DONE = re.compile(
    r"(?:\bdone[- ]when\b|\bdone if\b|\bdone once\b|\bcomplete[d]? when\b|\bfinished when\b|\berledigt,? wenn\b|\bacceptance( criteri\w+)?\b|"
    r"\bdefinition of done\b)\s*[:=]?\s*(?P<done>[^;\n]+?)(?=\s*(?:[;\n|]|\.\s|\.$|$|\b(?:owner|due|resources?|budget|cause|status)\s*[:=]))",
    re.I,
)
_MEANS = re.compile(
    r"\b(?:resources?|budget|effort|means|aufwand|needs)\s*(?:[:=]|is\b|are\b|of\b|needed:?|(?=\d))\s*(?P<means>[^;\n]+?)"
    r"(?=\s*(?:[;\n|]|\.\s|\.$|$|\b(?:owner|due|done[- ]when|cause|status)\s*[:=]))",
    re.I,
)
_CAUSE_IDS = re.compile(r"\bC\d+\b")
_ITEM_START = re.compile(
    r"(?:^|\n|(?<=[.;:)\s]))\s*\(?(?:A(?:ction )?)?\d{1,2}[.):]\s+(?=\S)|(?:^|\n)\s*[-*•–]\s+(?=\S)"
)
_GOES_ON = re.compile(
    r"^\W*(done[- ]when|done if|done once|complete[d]? when|owner|responsible|due|deadline|until|by \d|resources?|budget|effort|evidence|"
    r"this |it |that |both |all of |cause|status|verantwortlich|frist|erledigt)\b",
    re.IGNORECASE,
)


def actions_in(reply: str, first: int = 1) -> tuple[Action, ...]:
    """Read the actions that a person names, each with whatever it says of owner, date and end."""
    items = _items(reply.replace("done_when", "done when"))
    actions: list[Action] = []
    for item in items:
        found = days(_without_done(item))
        action = Action(
            id=f"A{first + len(actions)}",
            what=_what(item),
            causes=tuple(dict.fromkeys(_CAUSE_IDS.findall(item))),
            done_when=_group(_DONE, item, "done"),
            owner=owner_in(_without_done(item)) ,
            due=found[-1] if found else None,
            resources=_group(_MEANS, item, "means"),
        )
        actions.append(action)
    return tuple(actions)


def _items(reply: str) -> list[str]:
    """Cut a reply into actions: numbered or listed items, else sentences that begin something new."""
    text = reply.strip()
    starts = [match.start() for match in _ITEM_START.finditer(text)]
    if len(starts) >= 2 or (starts and starts[0] == 0 and "\n" in text):
        if starts[0] > 0 and len(text[: starts[0]].split()) < 8:
            text = text[starts[0] :]
        parts = [_ITEM_START.sub("", one, count=1) for one in _cut(text)]
        return [one.strip(" \n;") for one in parts if one.strip()]
    lines = [one.strip() for one in text.split("\n") if one.strip()]
    if len(lines) > 1:
        return _joined(lines)
    pieces: list[str] = []
    for sentence in sentences(text):
        pieces.extend(re.split(r";\s+(?=[^\d\W])", sentence))
    return _joined([one.strip(" ;") for one in pieces if one.strip(" ;")])


def _cut(text: str) -> list[str]:
    starts = [match.start() for match in _ITEM_START.finditer(text)]
    if not starts or starts[0] != 0:
        starts = [0, *starts]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _joined(pieces: Sequence[str]) -> list[str]:
    """Join what goes on about an action to the piece that began it."""
    out: list[str] = []
    for piece in pieces:
        short = len(piece.split()) <= 4 and (bool(days(piece)) or bool(owner_in(piece)))
        if out and (_GOES_ON.match(piece) or short):
            out[-1] = f"{out[-1]}; {piece}"
        else:
            out.append(piece)
    return out


def _what(item: str) -> str:
    """Give the action without what is kept in fields of its own; never empty."""
    what = re.split(
        r"(?i)(?:[;|.(]|,|\s[-–—])\s*(?:(?:done[- ]when|done if|done once|complete[d]? when|erledigt)\b|(?:action )?(?:owner|responsible|"
        r"due|deadline|resources?|budget|effort|causes?|status|verantwortlich\w*|frist)\s*(?:[:=]|is\b|\d))",
        item,
    )[0]
    what = re.split(rf"\s[-–—|]\s(?={_NAME}|\d)", what)[0]
    what = re.sub(r"(?i)^what\s*[:=]\s*", "", what).strip(" ;,.|")
    return what or item.strip()


def _without_done(item: str) -> str:
    """Leave the definition of done out: its dates and names are not the action's."""
    return _DONE.sub(" ", item)


def _group(pattern: re.Pattern[str], text: str, name: str) -> str:
    match = pattern.search(text)
    return match[name].strip(" .,;").rstrip(")") if match else ""


_CAUSE_MARK = re.compile(
    r"(?:^|\n|(?<=[.;]\s)|(?<=[.;]))\s*(?:\(?\d{1,2}[.)]\s+|[-*•–]\s+|C\d+\s*[:.)]\s*|"
    r"(?:why\s*\d?|root cause|cause|ursache)\s*\d*\s*[:?]\s*)",
    re.IGNORECASE,
)
_UNDETECTED = re.compile(
    r"\bnot (been )?(detected|noticed|seen|discovered|found)|undetected|unnoticed|unseen|non-?detection|nobody (noticed|saw|sees|checks?|"
    r"checked|compares?|compared|measures?|looks?|looked|tracks?|monitors?|reviews?|reconciles?|verifies)|no one (noticed|checks?|compares?|sees|measures?)|"
    r"no (check|control|metric|measure|report|kpi|monitoring|reconcil\w+|plausibility|dashboard|alert|cross.?check)|not (measured|monitored|checked|"
    r"reconciled|tracked|reported|tested by|compared)|completion is not|approval checks?|unentdeckt|nicht (bemerkt|entdeckt|"
    r"gemessen|geprüft|überwacht)|niemand (prüft|bemerkt|kontrolliert)|kein\w* (kontrolle|prüfung|kennzahl|abgleich|bericht)|"
    r"(review|agenda|report\w*)\b[\w ]{0,30}\bdo(es)? not (test|check|show|cover|list)|has no measure|had no measure",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"\b(system|management|organi[sz]ation|isms|change process|governance)\b[\w ]{0,20}\b(allow\w*|permit\w*|accept\w*)|\bwhy (was it )?allowed|"
    r"\ballowed because|no (isms )?impact (check|assessment)|decision|nobody (owns|owned) the|was accepted|never decided|"
    r"\bzugelassen\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?i)^\W*(?:(?:why )?(?:it )?(?:happened|occurr\w+)|(?:why )?(?:it was )?(?:not |un)(?:detected|noticed)|detection|occurrence|"
    r"(?:why )?(?:the system )?allowed(?: it)?|non-?detection|system|root cause|because)\s*[:–—-]\s*"
)


def causes_in(reply: str, kind: CauseKind | None = None, first: int = 1) -> tuple[Cause, ...]:
    """Read the causes that a person names. `kind` is what was asked; None sorts them by their words."""
    causes: list[Cause] = []
    for piece in _cause_pieces(reply):
        label = _LABEL.match(piece)
        text = _LABEL.sub("", piece).strip(" ;,.")
        if len(text.split()) < 2 or is_unknown(text):
            continue
        found = kind or _kind_of(f"{label.group() if label else ''} {text}")
        causes.append(
            Cause(
                id=f"C{first + len(causes)}",
                kind=found,
                text=text,
                evidence=evidence_in(text),
                category=next((one.category for one in mechanisms_in(text)), ""),
            )
        )
    return tuple(causes)


def _cause_pieces(reply: str) -> list[str]:
    text = reply.strip()
    marked = [one.strip() for one in _CAUSE_MARK.split(text) if one.strip()]
    pieces: list[str] = []
    for one in marked:
        for sentence in _sentences(one):
            pieces.extend(_by_kind(sentence))
    return [one for one in pieces if one.strip()]


def _by_kind(sentence: str) -> list[str]:
    """Cut a sentence where it turns from why it happened to why nobody noticed; not elsewhere, since
    the links of one condition belong together."""
    parts = re.split(
        r";\s+|,? and (?=(?:nobody|no one|no check|completion|it was not|not detected))|"
        r"(?i:\.?\s+(?=not detected:|why not detected:|undetected:|happened:))",
        sentence,
    )
    out: list[str] = []
    kind: CauseKind | None = None
    for part in parts:
        found = _kind_of(part)
        plain = not _UNDETECTED.search(part) and not _ALLOWED.search(part) and not _LABEL.match(part)
        if out and (found is kind or (plain and _LABEL.match(out[-1]))):
            out[-1] = f"{out[-1]}; {part}"
        else:
            out.append(part)
            kind = found
    return out


def _sentences(text: str) -> list[str]:
    """Cut into sentences, also behind a unit ("within 24 h. Nobody compares")."""
    cut = re.split(r"(?<=\d [a-zA-Z])\.\s+(?=[A-Z])", text)
    return [sentence for part in cut for sentence in sentences(part)]


def _kind_of(text: str) -> CauseKind:
    if _UNDETECTED.search(text):
        return CauseKind.UNDETECTED
    if _ALLOWED.search(text):
        return CauseKind.ALLOWED
    return CauseKind.HAPPENED


_SHOWN = re.compile(
    r"\b(?:evidence|shown by|as shown in|see|according to|seen in|per|confirmed (?:by|in|with)|nachweis|belegt durch|siehe|interview\w* with)\b"
    r"\s*[:=]?\s*(?P<shown>[^;.\n]{3,120})|\((?P<bracket>[^)]*(?:ticket|minutes|log|export|register|interview|report|record|"
    r"[A-Z]{2,}-\d+)[^)]*)\)",
    re.I,
)


def evidence_in(text: str) -> str:
    """Give what a person says shows a cause."""
    match = _SHOWN.search(text)
    return (match["shown"] or match["bracket"] or "").strip() if match else ""


_METHOD = re.compile(
    r"\b(5|five|3|three|4|four)[ -]?why\w*|\bwhy[- ]chain|\bfishbone|\bishikawa|\btimeline|\bfault tree|\bchange analysis|\bpareto|"
    r"\bbarrier analysis|\bworkshop|\b8d\b|\bursachenbaum",
    re.IGNORECASE,
)


def method_in(text: str) -> str:
    """Give the method of analysis that a text names."""
    match = _METHOD.search(text)
    return match.group() if match else ""


_THRESHOLD = re.compile(
    r"(?:at least|at most|no more than|not more than|less than|fewer than|under|below|above|over|>=|<=|≥|≤|<|>|=|mindestens|höchstens|maximal)?\s*"
    r"\b\d+(?:[.,]\d+)?\s*(?:%|per ?cent|prozent)|\b(?:zero|0)\b (?:\w+ )?\w+|\b\d+ (?:of|out of|/|von) \d+\b|\b\d+/\d+\b|"
    r"(?:at least|at most|no more than|less than|fewer than|within|≥|≤|<|>|innerhalb|mindestens|höchstens) \d+[\w ]{0,20}|\ball \w+(?: \w+){0,4}|\bevery \w+",
    re.IGNORECASE,
)
_SAMPLE = re.compile(
    r"\bsampl\w+ (?:of |size )?[^,;.]{1,50}|\b(?:all|every|each) (?:\w+ ){0,3}\w+|\b\d+ (?:\w+ ){0,2}(?:records?|leavers?|accounts?|systems?|reviews?|"
    r"suppliers?|tickets?|changes?|risks?|restores?|tests?|cases?|items?|joiners?|devices?|people|employees)|\brandom\w*[^,;.]{0,40}|\bstichprobe\w*[^,;.]{0,40}",
    re.IGNORECASE,
)
_SIZED_SAMPLE = re.compile(
    r"\bsampl\w+ of (?:at least )?\w+(?: \w+)?|\b\w+ sampled\b|\bstichprobe\w* von \w+", re.IGNORECASE
)
_PERIOD = re.compile(
    r"\b(?:for|over|during|in|within|across|the)? ?(?:next |following |last )?(?:\d+|one|two|three|four|six|twelve|zwei|drei|sechs|a|an|each) "
    r"(?:consecutive |full |monthly |quarterly |weekly |further )*(?:days?|weeks?|months?|quarters?|years?|cycles?|rounds?|periods?|samples?|reviews?|"
    r"releases?|reports?|tagen?|wochen?|monaten?|quartale?n?)(?: in a row| in succession)?|\bnext (?:quarter|round|cycle|year|period|two \w+)|\bQ[1-4]\b[^,;.]{0,20}",
    re.IGNORECASE,
)
_RUN = re.compile(
    r"\b(?:\w+ )?(?:consecutive|next|following) (?:\w+ )?(?:days?|weeks?|months?|monthly samples?|quarters?|years?|cycles?|rounds?|"
    r"periods?|samples?|reviews?|releases?|round)\b|\b\w+ \w+ in a row\b|\bnext \w+ round\b",
    re.IGNORECASE,
)
_REVIEWER = re.compile(
    rf"\b(?:by|reviewer|reviewed by|judged by|checked by|verified by|verifier|durch|von|prüfer\w*)\s*(?:[:=]|is)?\s*(?:the |our |an? |den |die )?"
    rf"(?P<who>{_NAME}(?:\s*\([^)]*\))?|(?:[\w&/]+ ){{0,4}}\({_NAME}\)|(?:[Ii]nternal|[Ee]xternal|[Ll]ead|[Cc]hief|[Hh]ead|ISMS|IT|HR|[Cc]ompliance|"
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
    sized = bool(threshold) and bool(re.search(r"\d|zero|none|all|every|no ", threshold.group(), re.I)) if threshold else False
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


def link(actions: Iterable[Action], causes: Sequence[Cause]) -> tuple[Action, ...]:
    """Tie each action to the causes that it speaks to: named ones, else by what it does."""
    known = {one.id for one in causes}
    out = []
    for action in actions:
        named = tuple(one for one in action.causes if one in known)
        out.append(replace(action, causes=named or _answered(action, causes)))
    return tuple(out)


_CHECKS = re.compile(
    r"report\w*|metric\w*|measur\w*|monitor\w*|reconcil\w*|compar\w*|check\w*|alert\w*|audit\w*|dashboard|kpi|review\w*|sample|verif\w*|"
    r"prüf\w*|kennzahl\w*|abgleich\w*|bericht\w*|agenda",
    re.IGNORECASE,
)


def _answered(action: Action, causes: Sequence[Cause]) -> tuple[str, ...]:
    if not causes:
        return ()
    words = set(analyse(action.what, "en"))
    checks = bool(_CHECKS.search(action.what))
    remedies = {one.id for one in mechanisms_in(action.what)}
    scored: list[tuple[float, str]] = []
    for cause in causes:
        there = set(analyse(cause.text, "en"))
        shared = len(words & there) / (1 + min(len(words), len(there)))
        fits = (cause.kind is CauseKind.UNDETECTED) == checks
        same = bool(remedies & {one.id for one in mechanisms_in(cause.text)})
        scored.append((shared + (0.25 if fits else 0.0) + (0.15 if same else 0.0), cause.id))
    best = max(score for score, _ in scored)
    if best < 0.2:
        return ()
    return tuple(cause for score, cause in scored if score >= best - 0.04 or score >= 0.5)


def team_or_nobody(owner: str) -> bool:
    """Tell whether an owner still has to be named."""
    return not owner or is_team(owner)


_SOMEBODY = re.compile(
    rf"{_NAME}|\b(?:CISO|CEO|CTO|COO|CIO|DPO|ISO|[Aa]dministrators?|[Mm]anager|[Ll]ead|[Oo]fficer|[Oo]wner|[Ss]ervice [Dd]esk|"
    r"[Ii]nternal [Aa]udit\w*|IT [A-Z]\w+)\b"
)


def names_somebody(text: str) -> bool:
    """Tell whether a text says who."""
    return bool(_SOMEBODY.search(text))


def is_bare(reply: str) -> bool:
    """Tell whether a reply is a mere yes or no, which answers no open question."""
    return len(reply.split()) <= 3 and (is_yes(reply) or bool(re.match(r"\W*(no|nein|done)\W*$", reply, re.I)))


def places_evidence(text: str) -> bool:
    """Tell whether a text says where something is recorded."""
    return bool(_PLACE.search(text))
