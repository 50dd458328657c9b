"""Weak words in causes, actions and checks: each with the reason and a way on. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.planning.patterns import mechanisms_in
from knowledge.keywords import analyse


@dataclass(frozen=True, slots=True)
class Smell:
    """What is weak about some words, and what to ask instead."""

    code: str
    message: str
    clause: str = "10.2 b"
    personal: bool = False
    """Whether it blames a person: no plan with such a cause is ever accepted."""


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


_PERSONS = (
    r"\b(they|he|she|people|someone|somebody|everyone|(the |our |an? )?(\w+ )?(admins?|"
    r"administrators?|"
    r"colleagues?|engineers?|developers?|employees?|persons?|guys?|intern|users?|staff))"
)


_CAUSES: tuple[tuple[re.Pattern[str], Smell], ...] = (
    (
        _pattern(
            r"\bhuman error|\bhuman factor|\b(forgot|forgets?|forgotten|forgetting|forgetful\w*)\b|"
            r"\boversight\b|negligen\w+|careless\w*|inattent\w+|\boverlook\w*|"
            r"\b(made|by|a|his|her|their|the)( \w+)? (mistake|error)\b|\bmistakes? (by|of)\b|"
            r"\bindividual (error|failure|mistake)|\bwas (on leave|on holiday|sick|absent|away)|"
            r"\b(on|during) (sick leave|vacation|holiday|parental leave)|"
            r"not (pay\w*|paid) attention|did(n't| not) (care|bother|think of|remember)|lazy|"
            r"laziness|"
            r"\b(employee|admin\w*|person|colleague|he|she|staff|reviewer|owner|"
            r"manager)\b[\w ]{0,20}"
            r"\b(failed|neglected|missed|ignored)\b|"
            r"menschliche\w* (fehler|versagen)|vergessen|vergaß|unachtsam\w*|nachlässig\w*|"
            r"\bversehen\w*|übersehen|erreur humaine|oubli\w*|error humano|olvid\w+|"
            r"\b(in|out of) (a |such a |too much of a |great )?(hurry|rush|haste)\b|\bhast(e|"
            r"ily|y)\b|"
            r"\bhurr(y|ied|ying)\b|\brush(ed|ing)\b|\bhectic\b|\bstress(ed|ful)?\b|"
            r"\bslipp?(ed)? (through|up|by|\w+ mind)\b|\ba slip\b|\bslip-?ups?\b|\bsloppy|"
            r"sloppiness|"
            r"\bdistract\w+|\b(lack|want) of (attention|care|focus|concentration|discipline)|"
            r"\b(mixed|messed|screwed) up\b|\bmis-?(read|click\w*|typed?|understood|judged)\b|"
            r"\btypo\b|"
            r"\bfell through the cracks\b|\bescaped (our|his|her|their|the) \w*( ?attention|"
            r" notice)|"
            rf"{_PERSONS}( (just|simply|probably|often|sometimes))? (were|was|are|is|got|felt) "
            r"(just |simply |too |so |very |really |a bit )?(busy|tired|new|sure|under|stressed|"
            r"confused|"
            r"unsure|lazy|young|inexperienced|overworked|swamped|snowed)\b|"
            rf"{_PERSONS}( (just|simply|probably|often|sometimes))? (did(n.?t| not)|does(n.?t|"
            rf" not)|"
            r"do(n.?t| not)|skipp?\w*|thought|assumed|believed|misse[sd]|disregarded)\b(?! know)|"
            r"in (der )?(eile|hektik)|\bhektik|\bhektisch\w*|\bgestresst|\bstress\b|"
            r"\bhatten? es eilig|"
            r"nicht (daran |dran )(gedacht|denken)|unter(gegangen|gehen)|durchgerutscht|verpennt|"
            r"verschlafen|schlamp\w+|flüchtigkeit\w*|unaufmerksam\w*|nicht aufgepasst"
        ),
        Smell(
            "human_error",
            "this names what a person did, not why it could happen. Why could one person's slip "
            "lead "
            "to this, and which check should have caught it?",
            personal=True,
        ),
    ),
    (
        _pattern(
            r"\bauditors?\b[\w ]{0,20}\b(misread|misunderst\w+|wrong|mistaken|did not understand|"
            r"erred|"
            r"misinterpret\w*)|\bfinding is (wrong|unjustified|not (correct|justified|valid))|"
            r"\bwe (disagree|do not agree)"
        ),
        Smell(
            "auditor_wrong",
            "this disputes the finding. Dispute it formally with facts; a plan is not the place.",
            "17021-1 9.8",
        ),
    ),
    (
        _pattern(
            r"\b(lack|shortage|missing|insufficient|not enough|no|little|too little) (of )?(time|"
            r"budget|resources?|staff\w*|"
            r"personnel|people|money|capacity)\b|\bworkload\b|\b(too|so|very) busy|"
            r"\bwere busy|\bbeing busy|under (\w+ )?pressure|short of time|ran out of time|"
            r"\b(so |too )much (else )?(to do|going on|work)\b|\b(time|deadline)s? (was|were|is) "
            r"(short|tight)|tight deadlines?|\bzu viel (zu tun|arbeit|los)|keine ressourcen|"
            r"unter druck|"
            r"time pressure|cost pressure|busy (season|period)|"
            r"\bbudgets? (was|is|were) (cut|tight|reduced|limited)|overload\w*|"
            r"understaff\w*|time constraints?|keine zeit|zeitmangel|personalmangel|"
            r"ressourcenmangel|"
            r"arbeitsbelastung|überlast\w*"
        ),
        Smell(
            "no_resources",
            "time and means are given by decisions. Which decision gave this a lower priority, "
            "and who "
            "accepted the risk?",
        ),
    ),
    (
        _pattern(
            r"\b(lack|absence|insufficient|missing|inadequate|need\w*|more|no|not enough) (of )?"
            r"(\w+ )?(training|awareness|knowledge|schulung\w*)\b|not (properly |adequately |"
            r"sufficiently )?"
            r"trained|unaware|not aware|\bdid(n.?t| not) (really )?know\b|\bnot knowing\b|"
            r"\b(nobody|no one) knew\b|\bignoran\w+|\bwussten? (es |das |davon )?nicht\w*|"
            r"\bunwissen\w*|"
            r"nicht (gewusst|bekannt)|fehlende\w* (schulung|kenntnis|bewusstsein)\w*|"
            r"nicht geschult|"
            r"schulung (fehlt|nötig)"
        ),
        Smell(
            "training_reflex",
            "did they know the rule? If so, training cannot be the fix. If not, why does the way "
            "of "
            "giving the task not make sure that they do?",
        ),
    ),
    (
        _pattern(
            r"\bone-?\s?(off|time)\b|\b(isolated|single|exceptional|unique|individual) (case|event|"
            r"incident|occurrence|exception|instance)|\bjust (this )?once\b|"
            r"\bonly (this )?once\b(?! a)|"
            r"\b(bad|pure) luck\b|\bunlucky\b|\bcoinciden\w+|\bunfortunate(ly)?\b|"
            r"\bthings? happens?\b|"
            r"\b(these things|mistakes|shit) happens?\b|\bnever happened before|\bblip\b|"
            r"\ba fluke\b|"
            r"\beinzelfall\w*|\beinmalig\w*|\bausrutscher|\bpech\b|\bzufall\w*|\bkommt (mal )?vor\b"
        ),
        Smell(
            "one_off",
            "that it was rare or bad luck says nothing about what let it happen. Which condition "
            "made it possible, and which check would show the next case?",
        ),
    ),
    (
        _pattern(
            r"\b(suppliers?|vendors?|providers?|third.?part(y|ies)|contractors?|customers?|agency|"
            r"dienstleister|lieferant\w*|anbieter)\b[\w ]{0,15}\b(did not|didn't|does not|failed|"
            r"forgot|"
            r"never|has not|hat nicht|didn’t|was late|is late|caused)"
        ),
        Smell(
            "blames_outside",
            "the supplier is outside your control. Which of your own controls (A.5.20 terms, "
            "A.5.22 "
            "reviews) should have prevented or shown it?",
            "A.5.20, A.5.22",
        ),
    ),
    (
        _pattern(
            r"\b(the )?(system|tool|software|application|platform)s?\b[\w ]{0,20}\b(does not|"
            r"doesn't|do not|"
            r"cannot|can't|could not|did not) (support|allow|provide|offer|permit|have)|"
            r"technical(ly)? "
            r"(limitation|impossible|not possible)|not supported by|unterstützt (das |dies )?nicht"
        ),
        Smell(
            "tool_blamed",
            "who chose and accepted the tool as it is, and what compensates for what it cannot do?",
        ),
    ),
    (
        _pattern(
            r"\b(there (was|is|were|are) |we (have|had) )?(no|missing|lack of( an?)?|"
            r"absence of( an?)?|"
            r"without( an?)?) (formal |written |documented |defined |clear )*(polic(y|ies)|"
            r"procedures?|"
            r"process(es)?|documents?|documentation|guidelines?|instructions?|rules?|"
            r"work instruction)\b|"
            r"\b(procedure|policy|process|document\w*) (was|is|were|are) (missing|not (available|"
            r"in place|"
            r"documented|defined|there))|not documented|kein\w* (prozess|verfahren|richtlinie|"
            r"dokument\w*|"
            r"regelung)|nicht dokumentiert"
        ),
        Smell(
            "missing_document",
            "a missing document is a symptom. Why did the ISMS not see the need for it? Is it "
            "missing, "
            "unknown, or not followed?",
        ),
    ),
)
_SHORTEST = 4
"""Words below which nothing that names no mechanism can be a condition of the system."""
_RESTATED = 0.5
"""Share of a cause's words that may stand in the finding before it says the same again."""


def cause_smells(cause: str, finding: str) -> tuple[Smell, ...]:
    """Give what is weak about a cause, the gravest first.

    A condition of the system that is named beside the weak words redeems all of them but blame."""
    mechanisms = mechanisms_in(cause)
    found = []
    for pattern, smell in _CAUSES:
        if not pattern.search(cause):
            continue
        rest = pattern.sub(" ", cause)
        if mechanisms and mechanisms_in(rest) and smell.code != "auditor_wrong":
            continue
        if smell.code == "missing_document" and any(
            one.id in {"procedure", "change_gap"} for one in mechanisms
        ):
            continue
        found.append(smell)
    if not found and not mechanisms and len(cause.split()) < _SHORTEST:
        found.append(
            Smell(
                "no_condition",
                "this is too short to be a condition that can be changed. What exactly was so, and what "
                "would have been different without it?",
            )
        )
    if not found and not mechanisms and restates(cause, finding):
        found.append(
            Smell(
                "restates_finding",
                "this says again what was found. Why was it like that? Which condition, had it "
                "been "
                "different, would have prevented it?",
            )
        )
    return tuple(found)


def excuses(text: str) -> bool:
    """Tell whether a text only gives a reason that is none: a slip, haste, means, others, bad luck."""
    return any(one.code in _EXCUSES for one in cause_smells(text, ""))


_EXCUSES = frozenset(
    "human_error one_off no_resources training_reflex auditor_wrong blames_outside tool_blamed".split()
)


def blames(text: str) -> bool:
    """Tell whether a cause blames a person and names no condition of the system."""
    return any(one.personal for one in cause_smells(text, ""))


def restates(text: str, other: str) -> bool:
    """Tell whether a text mostly repeats the words of another."""
    words, there = set(analyse(text, "en")), set(analyse(other, "en"))
    words = {one for one in words if not one.isdigit()}
    return len(words) >= 2 and len(words & there) / len(words) >= _RESTATED


_VAGUE_DATE = _pattern(
    r"\b(ongoing|asap|as soon as (possible|feasible)|continuous(ly)?|when possible|tbd|"
    r"in due course|"
    r"soon|at the earliest|laufend|fortlaufend|baldmöglichst|so bald wie möglich|zeitnah)\b"
)
_REMINDER = _pattern(
    r"\bremind(ed|er|ers|ing|s)?\b|\b(be|being) (more )?careful|more careful|pay (more |"
    r"closer )?attention|"
    r"raise awareness|\bemail (to|was sent to) (all )?(staff|employees|everyone)|erinner\w*|"
    r"sensibilisier\w*|\bpass(en|t|e)?\b[^.;]{0,25}\bauf\b|\baufpassen|auf\w* aufmerksam\w*"
)
_AUTOMATIC = _pattern(r"automat\w*|system|escalat\w*|alert|trigger\w*|workflow|ticket")
_POLICY = _pattern(
    r"^\W*(we (will )?|to )?(update|revise|amend|adapt|rewrite|review|change|write|create|publish|"
    r"aktualisier\w*|überarbeit\w*)\w*\W+(the |our |a |an )?([\w-]+ ){0,4}(polic(y|ies)|"
    r"procedures?|documents?|guidelines?|richtlinie\w*|"
    r"verfahren\w*|SoA|statement of applicability)\b|^\W*(SoA|policy|procedure) (was |is |"
    r"will be )?(corrected|updated|revised)"
)
_TRAINING = _pattern(
    r"\btrain(ing|ings|ed|s)?\b|\bbrief(ing|ed)?\b|schul\w+|unterweis\w+|e-?learning|awareness"
)
_MEASURED = _pattern(
    r"\bpass\w*|\bscore\w*|\btest\w*|\bexam\w*|\bquiz|\bexercise\w*|%|per ?cent|simulat\w*|"
    r"mark\b|prüfung|übung"
)
_TEAM = _pattern(
    r"^\W*(the )?((it|hr|ict|security|compliance|legal|operations?|development|dev|isms|"
    r"infrastructure|"
    r"service desk|support|admin\w*|quality|finance|facility|project|sales|purchasing|management|"
    r"all|every\w*|"
    r"system|relevant|responsible|each|business)[ -]*)*(team|teams|department|departments|"
    r"dept\.?|unit|units|"
    r"staff|employees|everyone|everybody|all|managers|owners|admins|administrators|colleagues|"
    r"group|it|hr|"
    r"management|abteilung|alle|mitarbeit\w*)\W*$"
)
_ROLE_WORDS = frozenset(
    "engineering research analytics ceo cto coo cfo ciso cio dpo iso isms it hr head chief lead "
    "leader manager officer director "
    "of the "
    "and & security information compliance operations operational data protection quality risk "
    "system "
    "service desk owner administrator admin engineer internal auditor audit responsible deputy "
    "senior "
    "infrastructure development product project platform facility office network backup asset "
    "supplier "
    "purchasing procurement legal finance people human resources business continuity specialist "
    "coordinator architect developer cloud devops team supervisor business vice president vp "
    "managing "
    "leiter leiterin beauftragte beauftragter für vendor access identity software training "
    "learning "
    "change incident response physical site plant production sales marketing customer support "
    "success "
    "governance grc privacy application database marketing general executive member board".split()
)
_EFFECT_EMPTY = _pattern(
    r"\bno (further|more|new|repeat\w*|other|additional|similar) \w*|\bno repeat|no recurrence|"
    r"does not (re)?occur|"
    r"\b(document|policy|procedure|soa|training|plan)s? (is|are|was|were|has been|"
    r"have been)? ?(published|updated|completed|held|"
    r"corrected|approved|in place)|keine (weiteren|erneuten)|will be (checked|reviewed|verified)"
)
_FIGURE = _pattern(
    r"\d|\b(zero|none|all|every|each|half|two|three|four|five|six|ten|twelve)\b|\b(null|alle|"
    r"jede\w*|zwei|drei)\b"
)
_BACKDATE = _pattern(
    r"back-?dat\w+|\bdated? (it |them )?back|retroactiv\w+|retrospectiv\w+ (sign|complet|creat|"
    r"document|record)\w*|"
    r"back-?fill\w*|rückdatier\w*|zurückdatier\w*|antedat\w+|"
    r"nachträglich (erstell|ausgefüll|ausfüll|dokumentier|unterschr)\w*|"
    r"\b(fill|filled|complet\w+|creat\w+|sign|signed|writ\w+|produc\w+|mak\w+) (in |out |"
    r"up )?(the |all )?"
    r"(missing|missed|past|old) (records?|minutes|quarters?|logs?|protocols?|signatures?|"
    r"approvals?)"
)
_DENIED = _pattern(
    r"\b(not|never|cannot|can't|no|without|instead of|nicht|kein\w*|rather than|refuse\w*|"
    r"forbid\w*|won't|must not)\b"
)
_HARMFUL = _pattern(
    r"\b(disabl\w+|turn\w* off|switch\w* off|deactivat\w+|bypass\w*|suspend\w*|remov\w+|drop\w*|"
    r"stop\w*|relax\w*|weaken\w*)"
    r"( \w+){0,3} (mfa|multi.?factor\w*|two.?factor\w*|logging|logs?|monitoring|encryption|"
    r"firewall\w*|anti-?virus|"
    r"malware protection|backups?|approvals?|segregation|access reviews?|alerts?|password rules?|"
    r"controls?)\b|"
    r"\bdelet\w+( \w+){0,3} (logs?|records?|evidence|audit trails?|tickets?|mails?)\b|"
    r"\b(share|sharing|shared use of)( \w+){0,2} (passwords?|credentials?|accounts?)\b|"
    r"\bgive (everyone|all|everybody)( \w+){0,3} (admin\w*|access)|"
    r"\b(read|monitor|record|track)\w*( all| the)? (private|personal|employees'?|staff) (mails?|"
    r"messages?|calls?|screens?|devices?|locations?)|"
    r"\bkeep( \w+){0,4} (forever|indefinitely)|\bwithout (telling|informing|consent|notif\w+)|"
    r"\b(dismiss|fire|fine|punish|warn)\w* the (employee|person|admin\w*|colleague)"
)
_OWNED_UP = _pattern(
    r"risk (is |was )?accept\w*|compensat\w*|risk owner|agreed with (the )?(works council|dpo|"
    r"data protection)|"
    r"instead|replaced by|after the (consent|agreement)|leaver|former|unneeded|not needed|unused|"
    r"expired"
)


def action_smells(what: str, owner: str = "", when: str = "") -> tuple[Smell, ...]:
    """Give what is weak about an action, its owner and its date as they were said."""
    found: list[Smell] = []
    if _REMINDER.search(what) and not _AUTOMATIC.search(_REMINDER.sub(" ", what)):
        found.append(
            Smell(
                "reminder",
                "reminding people is the weakest measure. What makes the slip impossible, or who "
                "checks it?",
                "10.2 c",
            )
        )
    if _POLICY.search(what) and len(what.split()) < 16 and not _AUTOMATIC.search(what):
        found.append(
            Smell(
                "policy_only",
                "changing a document alone changes no work. What will be done differently, and "
                "what "
                "enforces it?",
                "10.2 c",
            )
        )
    if _VAGUE_DATE.search(f"{what} {when}"):
        found.append(Smell("vague_date", "an action ends on a day; this has none.", "6.2 j, 10.2"))
    if (
        _TRAINING.search(what)
        and not _MEASURED.search(what)
        and not re.search(r"trained auditor", what)
    ):
        found.append(
            Smell(
                "training_unmeasured",
                "training needs a measure (a test passed, an exercise done), and rarely removes a "
                "cause alone.",
                "7.2 c",
            )
        )
    if owner and is_team(owner):
        found.append(
            Smell("owner_team", f"'{owner}' is no person: name a role and a person.", "5.3")
        )
    elif owner and names_no_person(owner):
        found.append(Smell("owner_unnamed", f"'{owner}' is a role: name the person too.", "5.3"))
    return tuple(found)


def is_team(owner: str) -> bool:
    """Tell whether an owner is a team, "IT" or everybody."""
    return bool(_TEAM.match(owner))


def names_no_person(owner: str) -> bool:
    """Tell whether an owner is only a role."""
    words = re.findall(r"[^\W\d_]+|&", owner.casefold())
    return bool(words) and all(word in _ROLE_WORDS for word in words)


def strength(what: str) -> int:
    """Rate an action from 1, it removes the possibility, to 6, it reminds."""
    if re.search(
        r"impossible|block\w*|prevent\w* technically|refus\w+|remov\w+ the possibility|input limit|"
        r"cannot (be )?|mandatory field|gate\b|enforc\w*|verhinder\w*|sperr\w*",
        what,
        re.I,
    ):
        return 1
    if _AUTOMATIC.search(what) or re.search(
        r"generat\w+|integrat\w+|script\w*|configur\w*|connect\w*", what, re.I
    ):
        return 2
    if re.search(
        r"check\w*|review\w*|compar\w+|reconcil\w*|audit\w*|report\w*|metric\w*|measur\w*|"
        r"monitor\w*|deputy|"
        r"owner|assign\w*|approv\w*|kennzahl|prüf\w*|bericht\w*",
        what,
        re.I,
    ):
        return 3
    if re.search(
        r"checklist\w*|template\w*|procedure\w*|calendar\w*|agenda|profile|handover|programme",
        what,
        re.I,
    ):
        return 4
    if _TRAINING.search(what):
        return 5
    return 6 if _REMINDER.search(what) else 4


def backdates(text: str) -> str | None:
    """Give the words that would make up records of the past, unless the text rules it out."""
    for match in _BACKDATE.finditer(text):
        around = text[max(0, match.start() - 40) : match.end()]
        if not _DENIED.search(around):
            return match.group()
    return None


def harms(text: str) -> str | None:
    """Give the words that would weaken another control or break law without owning up to it."""
    match = _HARMFUL.search(text)
    if match is None or _OWNED_UP.search(text):
        return None
    before = text[max(0, match.start() - 30) : match.start()]
    return None if _DENIED.search(before) else match.group()


def effect_smells(text: str) -> tuple[Smell, ...]:
    """Give what is weak about a criterion of effectiveness."""
    if _EFFECT_EMPTY.search(text) and not re.search(
        r"\d+ ?%|\bof \d+|\d+ (of|out of)|\b0\b|sample", text
    ):
        return (
            Smell(
                "effect_empty",
                "that nothing was found again, or that a document is there, proves nothing. Which "
                "figure, from which sample, over which time?",
                "10.2 d",
            ),
        )
    if text.strip() and not _FIGURE.search(text):
        return (
            Smell(
                "effect_unmeasurable",
                "the criterion has no figure: give a measure and a threshold.",
                "10.2 d",
            ),
        )
    return ()
