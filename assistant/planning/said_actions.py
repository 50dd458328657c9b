"""Reading actions, their owners and their dates out of what a person said. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.domain.plan import Action, Cause, CauseKind
from assistant.planning.patterns import mechanisms_in
from assistant.planning.replies import days, is_unknown
from assistant.planning.smells import is_team
from knowledge.keywords import analyse
from knowledge.text import sentences

PERSON_NAME = (
    r"[A-ZÀ-ÞŠŽČĆĐŁ][\w'’.-]+(?: (?:van|von|de|der|da|di|la|le|el|bin|al|dos|du|den|ter))*"
    r"(?: [A-ZÀ-ÞŠŽČĆĐŁ][\w'’-]+)+"
)


_OWNER_WORDS = (
    re.compile(
        r"\b(?:(?:action )?(?:owner|responsible|responsibility|accountable|verantwortlich\w*|"
        r"zuständig\w*)\s*(?:person)?"
        r"\s*(?:[:=]|is\b|are\b|will be\b)|(?:owned by|assigned to|done by|"
        r"carried out by)\b)\s*(?:the )?"
        r"(?P<owner>[^;,.\n()–—]+(?:\([^)]*\))?(?:, (?:the )?[A-ZÀ-Þ][\w' -]+(?=[;,.\n]|$))?)",
        re.I,
    ),
    re.compile(rf"(?P<owner>{PERSON_NAME}\s*\([^)\d]{{2,60}}\))"),
    re.compile(rf"(?P<owner>\b[A-Z][\w/&-]*(?: [\w/&-]+){{0,4}} \({PERSON_NAME}\))"),
    re.compile(
        rf"\b(?:by|von|durch|to) (?:the |our |den |die )?(?P<owner>{PERSON_NAME}(?:,? (?:the |"
        rf"our )?[A-Z][\w/&-]+(?: [A-Z][\w/&-]+)*)?)"
    ),
    re.compile(
        rf"^(?P<owner>{PERSON_NAME}(?:, [\w /&-]{{2,40}},)?)[,:]? (?:will|to|shall|is|has|sets?|"
        rf"build\w*|makes?|introduc\w*|connect\w*|"
        r"create\w*|defin\w*|implement\w*|add\w*|configur\w*|prepar\w*|write\w*|run\w*|report\w*|"
        r"train\w*|updat\w*|assign\w*|"
        r"establish\w*|automat\w*|put\w*|let\w*|enabl\w*|roll\w*|extend\w*|agree\w*|chang\w*|"
        r"review\w*|wird|richtet)\b"
    ),
    re.compile(
        rf"(?:[-–—(,;:] ?|\|\s*)(?P<owner>{PERSON_NAME}(?:, (?:(?!by\b|until\b|due\b)[^\W\d_][\w/&-]*"
        rf" ?){{1,4}})?)(?=\s*(?:[,;.)|]|$|-|–|—))"
    ),
    re.compile(
        r"[-–—(,;:|]\s*(?:the )?(?P<owner>(?:(?:head|director|manager|lead|owner|"
        r"officer) of [\w &/-]{2,30}|"
        r"(?:[\w&/]+ ){0,3}(?:manager|lead|officer|director|head|administrator|auditor|owner|"
        r"CISO|CEO|CTO|COO|CIO|DPO|ISO|team|"
        r"department|engineer)|CISO|CEO|CTO|COO|CIO|DPO|IT|HR))(?=\s*(?:[,;)|.]|$|by\b|until\b))",
        re.I,
    ),
)


_MONTHS_AND_DAYS = re.compile(
    r"^(January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|"
    r"Wednesday|Thursday|Friday|Q[1-4])\b"
)


def owner_in(text: str) -> str:
    """Give the owner that a text names, in its words; empty where it names none."""
    for pattern in _OWNER_WORDS:
        for match in pattern.finditer(text):
            owner = re.split(
                r"\s+(?:by|until|due|before|bis|on)\s+(?=\d|the end|end|Q\d)|\s*\|\s*",
                match["owner"],
            )[0]
            owner = re.sub(r"^(?:But|And|So|Then|Also|Und|Aber|Dann) ", "", owner.strip(" ,;:.-–—"))
            if owner and not _MONTHS_AND_DAYS.match(owner) and len(owner) <= 80:
                if is_unknown(owner) or re.search(r"\b(not|nobody|unknown|tbd|tbc)\b", owner, re.I):
                    return ""
                return owner
    return ""


_DONE = re.compile(
    r"(?:\bdone[- ]when\b|\bdone if\b|\bdone once\b|\bcomplete[d]? when\b|\bfinished when\b|"
    r"\berledigt,? wenn\b|\bacceptance( criteri\w+)?\b|"
    r"\bdefinition of done\b)\s*[:=]?\s*(?P<done>[^;\n]+?)(?=\s*(?:[;\n|]|\.\s|\.$|$|\b(?:owner|"
    r"due|resources?|budget|cause|status)\s*[:=]))",
    re.I,
)


_MEANS = re.compile(
    r"\b(?:resources?|budget|effort|means|aufwand|needs)\s*(?:[:=]|is\b|are\b|of\b|needed:?|"
    r"(?=\d))\s*(?P<means>[^;\n]+?)"
    r"(?=\s*(?:[;\n|]|\.\s|\.$|$|\b(?:owner|due|done[- ]when|cause|status)\s*[:=]))",
    re.I,
)


_CAUSE_IDS = re.compile(r"\bC\d+\b")


_ITEM_START = re.compile(
    r"(?:^|\n|(?<=[.;:)\s]))\s*\(?(?:A(?:ction )?)?\d{1,2}[.):]\s+(?=\S)|(?:^|\n)\s*[-*•–]\s+(?=\S)"
)


_GOES_ON = re.compile(
    r"^\W*(done[- ]when|done if|done once|complete[d]? when|owner|responsible|due|deadline|until|"
    r"by \d|resources?|budget|effort|evidence|"
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
            owner=owner_in(_without_done(item)),
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
        r"(?i)(?:[;|.(]|,|\s[-–—])\s*(?:(?:done[- ]when|done if|done once|complete[d]? when|"
        r"erledigt)\b|(?:action )?(?:owner|responsible|"
        r"due|deadline|resources?|budget|effort|causes?|status|verantwortlich\w*|"
        r"frist)\s*(?:[:=]|is\b|\d))",
        item,
    )[0]
    what = re.split(rf"\s[-–—|]\s(?={PERSON_NAME}|\d)", what)[0]
    what = re.sub(r"(?i)^what\s*[:=]\s*", "", what).strip(" ;,.|")
    return what or item.strip()


def _without_done(item: str) -> str:
    """Leave the definition of done out: its dates and names are not the action's."""
    return _DONE.sub(" ", item)


def _group(pattern: re.Pattern[str], text: str, name: str) -> str:
    match = pattern.search(text)
    return match[name].strip(" .,;").rstrip(")") if match else ""


def link(actions: Sequence[Action], causes: Sequence[Cause]) -> tuple[Action, ...]:
    """Tie each action to the causes that it speaks to: named ones, else by what it does.

    A cause that no action comes first for goes to the one that speaks of it most, if any does."""
    known = {one.id for one in causes}
    scores = {one.id: [_fit(one, cause) for cause in causes] for one in actions}
    linked: list[Action] = []
    for action in actions:
        named = tuple(one for one in action.causes if one in known)
        linked.append(replace(action, causes=named or _best(scores[action.id], causes)))
    for place, cause in enumerate(causes):
        if any(cause.id in one.causes for one in linked):
            continue
        best = max(linked, key=lambda one: scores[one.id][place].total, default=None)
        if best is not None and scores[best.id][place].spoken:
            more = replace(best, causes=(*best.causes, cause.id))
            linked = [more if one.id == best.id else one for one in linked]
    return tuple(linked)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well an action answers a cause."""

    spoken: float
    """How far its words are the cause's, or those of a remedy for it."""
    kind: bool
    """Whether a check answers what was not noticed, and a change what happened."""

    @property
    def total(self) -> float:
        return self.spoken + (0.25 if self.kind else 0.0)


def _fit(action: Action, cause: Cause) -> _Fit:
    words = set(analyse(action.what, "en"))
    there = set(analyse(cause.text, "en"))
    mechanisms = mechanisms_in(cause.text)
    remedies = {word for one in mechanisms for word in analyse(one.what, "en")}
    shared = len(words & there) / (1 + min(len(words), len(there)))
    remedied = 0.5 * len(words & remedies) / (1 + len(words))
    same = bool({one.id for one in mechanisms_in(action.what)} & {one.id for one in mechanisms})
    checks = bool(_CHECKS.search(action.what))
    fits = (cause.kind is CauseKind.UNDETECTED) == checks
    return _Fit(shared + remedied + (0.15 if same else 0.0), fits)


def _best(scores: Sequence[_Fit], causes: Sequence[Cause]) -> tuple[str, ...]:
    best = max((one.total for one in scores), default=0.0)
    if best < 0.2:
        return ()
    near = [one.total >= best - 0.04 or one.total >= 0.5 for one in scores]
    return tuple(cause.id for cause, keep in zip(causes, near, strict=True) if keep)


_CHECKS = re.compile(
    r"report\w*|metric\w*|measur\w*|monitor\w*|reconcil\w*|compar\w*|check\w*|alert\w*|audit\w*|"
    r"dashboard|kpi|sample|verif\w*|"
    r"prüf\w*|kennzahl\w*|abgleich\w*|bericht\w*|agenda",
    re.IGNORECASE,
)


def team_or_nobody(owner: str) -> bool:
    """Tell whether an owner still has to be named."""
    return not owner or is_team(owner)


_SOMEBODY = re.compile(
    rf"{PERSON_NAME}|\b(?:CISO|CEO|CTO|COO|CIO|DPO|ISO|[Aa]dministrators?|[Mm]anager|[Ll]ead|"
    rf"[Oo]fficer|[Oo]wner|[Ss]ervice [Dd]esk|"
    r"[Ii]nternal [Aa]udit\w*|IT [A-Z]\w+)\b"
)


def names_somebody(text: str) -> bool:
    """Tell whether a text says who."""
    return bool(_SOMEBODY.search(text))
