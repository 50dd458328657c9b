"""Understanding what a person replied: unknown, a refusal-worthy wish, dates, owners, actions. Pure.

Nothing is completed here: a name, a date or a figure is either in the words or it stays open.
"""

from __future__ import annotations

import re
from datetime import date

from assistant.domain.plan import Field, Grade
from assistant.planning.smells import backdates, excuses
from knowledge.parsing.dates import find_dates
from knowledge.text import sentences

_UNKNOWN = re.compile(
    r"^\W*(i |we )?(do not|don'?t|don’t|dont|really don't) (yet )?know\b.{0,40}$|^\W*(no idea|"
    r"unknown|not (yet )?(known|decided|"
    r"clear)|tbd|tbc|to be (confirmed|decided|determined|defined)|n/?a|open|\?+|not sure|unsure|"
    r"no|none yet|skip|later|"
    r"(das )?(weiß|weiss) ich nicht|keine ahnung|(noch )?(unbekannt|offen|unklar)|je ne sais pas|"
    r"no lo sé)\W*$",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(yes|yep|yeah|correct|right|ok(ay)?|agreed|fine|sure|confirmed|that'?s (right|correct|"
    r"it)|exactly|ja|genau|"
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


_ORDER = (
    r"(?:^|[.;!?:]\s*|\b(?:please|just|simply|bitte|can you|could you|let'?s|you (?:can|should)) )"
)
_WISHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            rf"{_ORDER}(?:write|say|state|note|put|enter|record|add|pretend|"
            rf"claim)\b[^.;]{{0,40}}\b(?:auditor|cb|"
            r"certification body|management|ceo|coo|board|he|she|they|"
            r"boss)\b[^.;]{0,25}\b(?:accept\w*|approv\w*|"
            rf"agree\w*|closed|verified|signed)|{_ORDER}mark\b[^.;]{{0,30}}\b(?:effective|closed|"
            rf"approved|accepted|verified)\b|"
            rf"{_ORDER}(?:schreib\w*|trag\w*)\b[^.;]{{0,50}}\b(?:akzeptiert|freigegeben|genehmigt)",
            re.I,
        ),
        "I don't write down an acceptance or approval that I have not seen. It is a fact with a "
        "name, a "
        "date and a document: tell me who accepted what, when and where it is recorded, and it "
        "is entered "
        "as your statement when the plan has come that far. The field stays open.",
    ),
    (
        re.compile(
            r"\b(?:lower|down-?grade|change|reduce|turn|make|set|call)\b[^.;]{0,30}\b(?:grade|"
            r"major|it|this|finding)\b"
            r"[^.;]{0,20}\b(?:minor|ofi|observation)\b|\bshould (?:only )?be (?:a |an )?(?:minor|"
            r"ofi|observation)\b|"
            r"\bherabstuf\w*|\bherunterstuf\w*|\bdown-?grade\w*\b",
            re.I,
        ),
        "The grade stays as whoever raised the finding gave it; I never change it. If you hold "
        "it to be "
        "wrong, appeal with facts: sample and population, what worked, the effect, and what you "
        "ask for. "
        "I can help to set out such an appeal; the plan goes on meanwhile.",
    ),
)
_FALSE_RECORD = (
    "I don't help to date records back: it would be a false record, and a graver finding than "
    "the gap "
    "itself. What was missed stays missed. An honest note says so: what was not done, for which "
    "time, "
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


def is_bare(reply: str) -> bool:
    """Tell whether a reply is a mere yes or no, which answers no open question."""
    return len(reply.split()) <= 3 and (
        is_yes(reply) or bool(re.match(r"\W*(no|nein|done)\W*$", reply, re.I))
    )


_ACT = re.compile(
    r"\b(assess|review|check|verif|test|train|brief|updat|fix|repair|restor|patch|block|disabl|"
    r"enabl|"
    r"remov|revok|delet|add|creat|writ|wrote|written|set|build|built|introduc|automat|implement|"
    r"install|"
    r"configur|connect|link|assign|appoint|nam|defin|document|approv|sign|freez|froz|stopp?|"
    r"isolat|rotat|"
    r"chang|replac|mov|encrypt|back|scan|log|record|report|inform|notif|told|tell|escalat|audit|"
    r"compar|"
    r"reconcil|monitor|measur|schedul|plan|hold|held|hir|buy|bought|agree|sign|contract|clos|open|"
    r"collect|complet|correct|adjust|adapt|revis|publish|roll|rol|migrat|switch|lock|unlock|"
    r"turn|put|"
    r"put|make|made|do|did|done|give|gave|given|ask|requir|enforc|forc|mak|generat|includ|extend|"
    r"prepar|produc|run|ran|start|re-?scor|withdr[ae]w\w*|took|take|taken|kept|keep|sent|send|appl|"
    r"establish|put|let|develop|ensur|obtain|request|renew|remind|protect|filter|tick|decid|"
    r"merg|deploy|"
    r"wip|reset|recover|re-?issu|issu|label|mask|restrict|limit|reduc|integrat|provid|provision|"
    r"bring|"
    r"brought|catch|caught|rework|redo|redid|reassess|investigat|examin|analys|analyz|inspect|"
    r"count)"
    r"(e|es|s|ed|d|ing|ied|ies|y|ate|ated|ation|ted|ting|ped|ping|ned|ning|ged|ging|ify|ified|"
    r"ment|al)?\b|"
    r"\b(werden?|wurden?|haben?|hat|wird|wir)\b[^.;]{0,80}\b(ge\w{3,}(t|en)|\w{3,}iert|\w*(ab|"
    r"auf|aus|ein|um|"
    r"zurück|nach|ver|be|er|ent)\w{3,}(t|en))\b|"
    r"\b\w*(prüf|sperr|schul|einricht|eingericht|automatisier|dokumentier|lösch|entzog|entzieh|"
    r"nachhol|ergänz|erstell|freigeb|meld|benenn|festleg|kontrollier|abgleich|überwach|einführ)\w*",
    re.IGNORECASE,
)
_HARM = re.compile(
    r"\b(could|can|might|may|would|possib\w+|risk\w*|threat\w*|harm\w*|damag\w*|leak\w*|breach\w*|"
    r"los[st]\w*|outage\w*|attack\w*|abus\w*|misus\w*|expos\w+|unauthori[sz]ed|fraud\w*|fail\w*|"
    r"broken?|break\w*|interrupt\w*|downtime|stolen|steal\w*|intrud\w*|infect\w*|malware|ransom\w*|"
    r"fine[sd]?|penalt\w+|unseen|undetected|unnoticed|vulnerab\w+|access|wrong|weak\w*|"
    r"[A-Z]{1,5}-?\d+|"
    r"incident\w*|impact\w*|lead to|result in|könn\w+|kann|risik\w*|schad\w*|schäd\w+|ausfall\w*|"
    r"verlust\w*|angriff\w*|missbrauch\w*|unbefugt\w*)\b",
    re.IGNORECASE,
)
_DISMISSED = re.compile(
    r"\b(no (real |big |actual )?(risk|deal|problem|issue)\b(?! (was|were) found)|"
    r"not (a )?(big )?(deal|problem|issue|"
    r"serious|important)|harmless|not (that )?(bad|important)|kein (problem|risiko)|"
    r"halb so (wild|schlimm)|"
    r"nicht (so )?schlimm)\b",
    re.IGNORECASE,
)
_EVASIVE = re.compile(
    r"^\W*(well,? |look,? |honestly,? |na ja,? |naja,? )?(as (i|we) (just |already )?(said|"
    r"mentioned|told \w+)\b.{0,30}$|"
    r"(i|we)( have|'ve)? already (said|told|explained|answered)\b.{0,40}$|see (above|before|"
    r"earlier)\W*$|"
    r"same (as )?(above|before)\W*$|(that|it) (depends|is complicated|'s complicated)\b|"
    r"it'?s complicated\b|"
    r"why (do you|are you|does that|is that)\b|(please )?(just )?ask \w+\b.{0,40}$|trust (me|us)\b|"
    r"(we('re| are) (working|looking) (on|into) it|we(’|')?ll (look into it|see|sort it( out)?|"
    r"handle it)|"
    r"we will (look into it|see|sort it( out)?|handle it)|(it('s| is)|everything( is|"
    r"'s)?) (all )?(fine|under control|"
    r"ok(ay)?|sorted|taken care of|handled)( now)?)\W*$|(that('s| is) )?(not my (job|department|"
    r"area)|confidential)\b|"
    r"(the )?usual\b.{0,20}$|whatever\b.{0,40}$|wie (schon |bereits )?gesagt\b.{0,30}$|"
    r"siehe oben\W*$|"
    r"das (passt schon|läuft schon|wird schon)\b.{0,20}$|(ist )?alles (in ordnung|im griff|"
    r"erledigt|gut)\W*$|"
    r"wir (kümmern uns( darum)?|schauen( uns das)?( mal)?( an)?)\W*$|fragen sie \w+.{0,40}$)",
    re.IGNORECASE,
)
_WANTED = {
    Field.CONTAINMENT: "I asked what was done at once, or why nothing was needed",
    Field.CORRECTION: "I asked what was done, or will be, to put the case right, and by whom",
    Field.RISK: "I asked what could happen because of it, or did",
    Field.ACTIONS: "I asked what somebody will do to remove the cause",
    Field.EXTENT: "I asked where else it may be and how many were looked at",
    Field.CONSEQUENCES: "I asked what followed from it, or who checked that nothing did",
    Field.ISMS_CHANGES: "I asked what in the ISMS has to change, or why nothing has",
    Field.CLOSURE_EVIDENCE: "I asked which records will show that it is done",
    Field.EFFECTIVENESS: "I asked how it will be seen that the causes are gone",
    Field.OBJECTIVE_EVIDENCE: "I asked what was seen: how many, where, when",
    Field.CAUSE_ANALYSIS: "I asked why it happened, and why that",
    Field.ROOT_CAUSE: "I asked for a condition that you can change",
}
_JUDGED_ELSEWHERE = frozenset({Field.CAUSE_ANALYSIS, Field.ROOT_CAUSE})


def misses(reply: str, field: Field) -> str | None:
    """Give why a reply does not answer what was asked about a field, or None where it may.

    A reason is no deed and a state is no risk; doubtful words are taken."""
    if field not in _WANTED:
        return None
    if _EVASIVE.match(reply):
        return f"That does not say it. {_WANTED[field]}. A sentence will do, or “I don't know”."
    if field in _JUDGED_ELSEWHERE:
        return None
    pieces = [one for one in sentences(reply) if one.strip()] or [reply]
    told = [one for one in pieces if not is_excuse(one)]
    if not told:
        return f"“{_short(reply)}” gives a reason. {_WANTED[field]}."
    deeds = field in {Field.CORRECTION, Field.CONTAINMENT, Field.ACTIONS} and not is_yes(reply)
    if deeds and not any(may_be_deed(one) for one in told):
        return f"“{_short(reply)}” tells how things are or why. {_WANTED[field]}."
    if field is Field.RISK and not is_yes(reply):
        if any(_DISMISSED.search(one) for one in told) and not re.search(
            r"\b[A-Z]{1,5}-?\d", reply
        ):
            return f"“{_short(reply)}” judges the risk and does not name it. {_WANTED[field]}."
        if not any(_HARM.search(one) for one in told) and _STATE.search(reply):
            return f"“{_short(reply)}” names nothing that could happen. {_WANTED[field]}."
    return None


_STATE = re.compile(
    r"\b(is|are|was|were|am|had|has|have|because|since|always|never|ist|sind|war|waren|hatten?|"
    r"weil|immer)\b",
    re.IGNORECASE,
)
_NO_NEED = re.compile(
    r"\b(none|not|nothing|no|nichts|nicht|kein\w*)\b[^.;]{0,40}\b(needed|necessary|required|"
    r"applicable|harm|"
    r"nötig|erforderlich|notwendig)\b",
    re.IGNORECASE,
)


def may_be_deed(text: str) -> bool:
    """Tell whether words may name something done or to be done: a bare state or reason does not."""
    if _NO_NEED.search(text) or re.search(r"\bA\d+\b", text):
        return True
    because = re.split(r"\b(?:because|since|weil|denn)\b", text, maxsplit=1, flags=re.IGNORECASE)[0]
    if not because.strip():
        return False
    told = _ACT.search(because) or _DONE_BY.search(because) or days(because)
    return bool(told) or not _STATE.search(text)


_DONE_BY = re.compile(
    r"\b(was|were|been|be|is|are|wurden?|wird|werden)\b[^.;]{1,60}\b(by|durch|von|within|at once|"
    r"immediately|"
    r"sofort|cut|shut)\b",
    re.IGNORECASE,
)


def is_excuse(text: str) -> bool:
    """Tell whether a sentence gives only a reason that is none, and no deed with day or person."""
    if not excuses(text) or days(text):
        return False
    return not re.match(
        r"\W*(we|i|\w+ will|will|wir|ich)\b[^.;]{0,30}\b(will|shall|werden?|now|now have)\b",
        text,
        re.I,
    )


def _short(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= 90 else folded[:89] + "…"
