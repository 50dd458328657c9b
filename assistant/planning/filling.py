"""Putting a person's words into the fields of a plan. Pure.

Words are kept as they were said. What they leave out becomes an open question; a proposal becomes
content only where the person takes it over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from assistant.domain.plan import (
    Action,
    Cause,
    CauseKind,
    Effectiveness,
    Entry,
    Field,
    Grade,
    Plan,
    Source,
    same_person,
)
from assistant.planning import drafting
from assistant.planning.organisation import Background
from assistant.planning.patterns import Pattern, fitting, mechanisms_in, pattern_by_id
from assistant.planning.reading import Reading, named_units
from assistant.planning.replies import (
    actions_in,
    causes_in,
    days,
    effectiveness_in,
    evidence_in,
    grade_said,
    is_yes,
    link,
    method_in,
    names_somebody,
    owner_in,
    places_evidence,
    team_or_nobody,
)
from assistant.planning.smells import cause_smells, effect_smells, restates
from knowledge.controls import references


def grade(plan: Plan, said: str) -> Plan:
    """Enter the grade that a person names."""
    found = grade_said(said)
    return plan if found is None else replace(plan, finding=replace(plan.finding, grade=found))


_SOURCES = (
    (Source.CERTIFICATION_BODY, r"certification (body|audit)|\bCB\b|surveillance|stage [12]|recertif|zertifizier"),
    (Source.INTERNAL, r"internal|intern\w*"),
    (Source.CUSTOMER, r"customer|client|kunde\w*"),
    (Source.REGULATOR, r"regulator|authority|behörde|aufsicht"),
    (Source.INCIDENT, r"incident|vorfall"),
)


def source(plan: Plan, said: str) -> Plan:
    """Enter day, audit and auditor as far as a person names them; a date is needed, else it stays."""
    found = days(said)
    finding = replace(plan.finding, audit_date=found[0] if found else plan.finding.audit_date)
    if not finding.audit:
        finding = replace(finding, audit=" ".join(said.split()))
    if who := owner_in(said):
        finding = replace(finding, auditor=finding.auditor or who)
    return replace(plan, finding=finding)


def requirement(
    plan: Plan, reading: Reading, found: Background, said: str
) -> tuple[Plan, Reading, str]:
    """Enter the requirement that a person names or confirms, or their own rule.

    Gives the plan, the reading that follows from it, and what is wrong with the reply."""
    need = plan.requirement
    unknown = [one.text.strip() for one in references(said) if one.kind == "unknown"]
    if unknown:
        return plan, reading, f"{', '.join(unknown)} is no clause or control of the edition of 2022. Which is meant?"
    named = named_units(said) or _bare_units(said)
    if not named and need.confirmed:
        return _own_rule(plan, said), reading, ""
    if not named and not (need.ids and is_yes(said)):
        if need.ids and re.search(r"\b(policy|procedure|standard|section|§)", said, re.I):
            return _own_rule(plan, said), reading, ""
        return plan, reading, "I did not find a clause or control in that. Please name it by its number, such as A.5.18 or 9.2."
    ids = named or need.ids
    if not set(ids) & set(need.ids):
        pattern = fitting(plan.finding.text, ids)
        reading = replace(reading, ids=ids, pattern=pattern.id if pattern else "", confirmed=True, note="")
    elif ids[0] != need.ids[0] or reading.note == "":
        kept = tuple(dict.fromkeys((*ids[:1], *(one for one in need.ids if one in ids or one[:4] == ids[0][:4]))))
        reading = replace(reading, ids=kept, confirmed=True)
    reading = replace(reading, confirmed=True, note="")
    also = tuple(one for one in ids if one not in reading.ids)
    reading = replace(reading, related=tuple(dict.fromkeys((*also, *reading.related))))
    fresh = drafting.requirement(reading, found)
    own = need.own_rule or fresh.own_rule
    rule = replace(fresh, own_rule=own, open=tuple(one for one in fresh.open if not own or "rule of your own" not in one))
    if not rule.own_rule and re.search(r"\b(polic|procedure|standard|section|§|rule)", said, re.I):
        rule = replace(rule, own_rule=f"As said: “{_own_part(said)}”", open=())
    pattern = pattern_by_id(reading.pattern) if reading.pattern else None
    plan = replace(plan, requirement=rule, title=pattern.title if pattern else plan.title)
    plan = plan.with_entry(Field.STATEMENT, drafting.statement(plan, reading))
    return drafting.with_proposals(plan, pattern), reading, ""


def _own_part(said: str) -> str:
    """Give the part of a reply that speaks of the own rule."""
    text = " ".join(said.split())
    match = re.search(r"\b(?:own|our)\b.*$", text, re.IGNORECASE)
    return match.group() if match else text


def _bare_units(said: str) -> tuple[str, ...]:
    """Take a lone number that answers the question, such as "9.2" or "8.13"."""
    match = re.match(r"\W*(?:it is |it's |clause |control |annex a )?(\d{1,2}\.\d{1,2}(?:\.\d)?)\b", said, re.I)
    return named_units(f"clause {match[1]}") or named_units(f"A.{match[1]}") if match else ()


def _own_rule(plan: Plan, said: str) -> Plan:
    if plan.requirement.own_rule and not plan.requirement.own_rule.startswith("As said"):
        return plan  # a quote of the document says more than its name
    need = replace(
        plan.requirement,
        own_rule=f"As said: “{_own_part(said)}”",
        open=tuple(one for one in plan.requirement.open if "own" not in one),
    )
    return replace(plan, requirement=need)


def words(plan: Plan, field: Field, said: str, pattern: Pattern | None) -> Plan:
    """Enter a field in a person's words; a plain yes takes the proposal over."""
    entry = plan.entry(field)
    text = said
    if is_yes(said) and len(said.split()) <= 4 and entry.proposed:
        text = " ".join(one for one in entry.proposed if not one.startswith(("Note:", "The finding says only")))
        text = f"{text} (taken over from the assistant's proposal)"
    if entry.filled and text not in entry.text:
        text = f"{entry.text}\n{text}"
    kept = tuple(one for one in entry.proposed if one.startswith("Note:"))
    filled = Entry(text=text, said=(*entry.said, len(plan.said) - 1), proposed=kept)
    plan = plan.with_entry(field, filled)
    return plan.with_entry(field, replace(filled, open=lacks(plan, field, pattern)))


def statement_again(plan: Plan, reading: Reading, field: Field) -> Plan:
    """Write the statement anew when more evidence is known."""
    if field is Field.OBJECTIVE_EVIDENCE:
        return plan.with_entry(Field.STATEMENT, drafting.statement(plan, reading))
    return plan


_TIME = re.compile(
    r"\b(\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d\d|(on|since|at) (the )?(same|audit) day|immediately|today|"
    r"yesterday|same day|within \w+ (hours?|minutes?|days?)|(january|february|march|april|may|june|july|august|september|"
    r"october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember)\b)",
    re.IGNORECASE,
)
_NONE_NEEDED = re.compile(r"\b(none|not|nothing|no)\b[^.;]{0,40}\b(needed|necessary|required|applicable|harm)\b|\bbecause\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\d|\b(none|zero|all|every|both|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|kein\w*|alle)\b", re.IGNORECASE
)
_POTENTIAL = re.compile(
    r"\b(potential\w*|could|other|similar|elsewhere|also|further|contractors?|suppliers?|outside|not on|everywhere|all \w+|"
    r"andere|weitere)\b",
    re.IGNORECASE,
)


def lacks(plan: Plan, field: Field, pattern: Pattern | None) -> tuple[str, ...]:
    """Give what a filled field does not say yet, as questions."""
    text = plan.entry(field).text
    wanted: list[str] = []
    if field in {Field.CONTAINMENT, Field.CORRECTION}:
        if _NONE_NEEDED.search(text) and field is Field.CONTAINMENT:
            return ()
        if not _TIME.search(text):
            wanted.append("When was it done (day and time)?")
        if not names_somebody(text):
            wanted.append("Who did it (role and person)?")
        if not places_evidence(text):
            wanted.append("What shows it, and where is it kept?")
    elif field is Field.EXTENT:
        if not _COUNTED.search(text):
            wanted.append("How many were looked at, and how many were affected?")
        if not _POTENTIAL.search(text):
            places = f" ({pattern.extent.potential})" if pattern else ""
            wanted.append(f"Are there potential cases elsewhere{places}?")
    elif field is Field.CONSEQUENCES:
        if not re.search(r"incident|event|log|notif|customer|none|vorfall|meld|record|checked", text, re.I):
            wanted.append("Is it an incident, and must anybody be told?")
    elif field is Field.CLOSURE_EVIDENCE:
        if not _TIME.search(text) and not days(text):
            wanted.append("By when is each record there?")
        if not names_somebody(text):
            wanted.append("Who provides each record?")
    elif field is Field.ISMS_CHANGES:
        from assistant.planning.lint import unjudged_changes

        if open_ := unjudged_changes(text):
            wanted.append(f"Not judged yet: {', '.join(open_)}.")
    elif field is Field.EFFECTIVENESS:
        wanted.extend(_effect_lacks(plan))
    elif field is Field.OBJECTIVE_EVIDENCE:
        from assistant.planning.reading import see

        wanted.extend(f"What is {one}?" for one in see(f"{plan.finding.text} {text}").missing)
    elif field is Field.CAUSE_ANALYSIS and plan.grade is Grade.MAJOR:
        if not method_in(text):
            wanted.append("Which method was used, and who took part?")
        if not evidence_in(text) and not places_evidence(text):
            wanted.append("What shows each link of the chain?")
    return tuple(wanted)


def _effect_lacks(plan: Plan) -> Iterable[str]:
    check = plan.effectiveness
    if effect_smells(check.text) or not check.threshold:
        yield "Which measure and threshold, in figures?"
    if not check.sample:
        yield "Which sample?"
    if not check.period:
        yield "Over which period?"
    if check.due is None:
        yield "On which day is it judged (after the last action)?"
    if not check.reviewer:
        yield "By whom, who owns none of the actions?"
    elif any(same_person(check.reviewer, one) for one in plan.owners):
        yield f"{check.reviewer} owns an action: who else judges it?"


def causes(
    plan: Plan, said: str, kind: CauseKind | None, finding: str, *, chain: bool
) -> tuple[Plan, tuple[str, ...]]:
    """Take the causes that are conditions of the system; give the plan and those that are not."""
    known = [one for one in plan.causes if not one.proposed]
    read = causes_in(said, kind)
    weak = tuple(one.text for one in read if cause_smells(one.text, finding))
    good = [one for one in read if one.text not in weak and not (kind is None and _restated(one, finding))]
    if chain:
        good = [one for one in good if mechanisms_in(one.text)]
    fresh = [one for one in good if not any(restates(one.text, other.text) for other in known)]
    if not chain and kind is None:
        # The root cause in a person's words replaces what was read out of the chain for the same kind.
        kinds = {one.kind for one in good}
        known = [one for one in known if one.kind not in kinds]
        fresh = good
    merged = [replace(one, id=f"C{place}") for place, one in enumerate((*known, *fresh), 1)][:6]
    plan = replace(plan, causes=tuple(merged) or tuple(one for one in plan.causes if one.proposed))
    plan = _chain(plan, said, weak) if chain else _proved(plan)
    return _root_entry(plan), weak


def _restated(cause: Cause, finding: str) -> bool:
    return not mechanisms_in(cause.text) and restates(cause.text, finding)


def _chain(plan: Plan, said: str, weak: tuple[str, ...]) -> Plan:
    """Keep the chain of whys, without what blames a person: that stays with who said it."""
    entry = plan.entry(Field.CAUSE_ANALYSIS)
    text = said
    for one in weak:
        text = text.replace(one, "")
    text = re.sub(r"^[\s;,.:-]+|[\s;,:-]+$", "", text)
    if len(text.split()) < 3:
        return plan
    text = f"{entry.text}\n{text}" if entry.filled else text
    plan = plan.with_entry(Field.CAUSE_ANALYSIS, Entry(text=text, said=(*entry.said, len(plan.said) - 1)))
    open_ = lacks(plan, Field.CAUSE_ANALYSIS, None)
    return plan.with_entry(Field.CAUSE_ANALYSIS, replace(plan.entry(Field.CAUSE_ANALYSIS), open=open_))


def _proved(plan: Plan) -> Plan:
    """Where the chain was left open, the causes themselves are the short form of the analysis."""
    entry = plan.entry(Field.CAUSE_ANALYSIS)
    known = [one for one in plan.causes if not one.proposed]
    if entry.filled or not known or plan.grade is Grade.MAJOR:
        return plan
    steps = "; ".join(f"why {_asked[one.kind]}? {one.text}" for one in known)
    return plan.with_entry(
        Field.CAUSE_ANALYSIS, Entry(text=f"Why chain, short form: {steps}.", open=_unshown(known))
    )


_asked = {
    CauseKind.HAPPENED: "did it happen",
    CauseKind.UNDETECTED: "was it not noticed",
    CauseKind.ALLOWED: "was it allowed",
}


def _unshown(known: list[Cause]) -> tuple[str, ...]:
    bare = [one.id for one in known if not one.evidence]
    return (f"What shows {', '.join(bare)} (record, interview)?",) if bare else ()


def _root_entry(plan: Plan) -> Plan:
    known = [one for one in plan.causes if not one.proposed]
    if not known:
        return plan
    kinds = {one.kind for one in known}
    old = plan.entry(Field.ROOT_CAUSE).open
    open_: list[str] = []
    if CauseKind.HAPPENED not in kinds and CauseKind.ALLOWED not in kinds:
        open_ += [one for one in old if one.startswith("Why did it happen")] or ["Why did it happen?"]
    if CauseKind.UNDETECTED not in kinds:
        open_ += [one for one in old if one.startswith("Why was it not noticed")] or ["Why was it not noticed?"]
    if plan.grade is Grade.MAJOR and CauseKind.ALLOWED not in kinds:
        open_ += [one for one in old if one.startswith("Why was it allowed")] or ["Why did the system allow it?"]
    return plan.with_entry(Field.ROOT_CAUSE, Entry(open=tuple(open_)))


def propose_actions(plan: Plan, pattern: Pattern | None) -> Plan:
    """Propose an action for each known cause that none answers yet."""
    known = [one.id for one in plan.causes if not one.proposed]
    if not known:
        return plan
    answered = {cause for one in plan.actions if not one.proposed for cause in one.causes}
    return drafting.remedies_for(plan, pattern, [one for one in known if one not in answered])


_LEFT = re.compile(
    r"\b(has |have |had |who )?(left|quit|resigned)\b( the (company|organi[sz]ation|firm)| us)?|no longer (works|with us|employed|here)|"
    r"\bhat (uns|das unternehmen) verlassen|ausgeschieden",
    re.IGNORECASE,
)


def actions(plan: Plan, said: str, pattern: Pattern | None) -> Plan:
    """Enter actions, or what was missing about them."""
    proposals = [one for one in plan.actions if one.proposed]
    taken = [one for one in plan.actions if not one.proposed]
    if is_yes(said) and proposals:
        rest = re.sub(r"^\W*\w+\W*", "", said, count=1)
        accepted = [replace(one, proposed=False) for one in proposals]
        plan = replace(plan, actions=tuple((*taken, *accepted)))
        return _renewed(_details(plan, rest) if len(rest.split()) > 2 else plan)
    if taken and _speaks_of(plan, said):
        return _renewed(_details(plan, said))
    if not taken and proposals and (chosen := _chosen(said, proposals)):
        plan = replace(plan, actions=tuple(replace(one, proposed=False) for one in chosen))
        plan = _details(plan, said)
    else:
        read = [_without_leaver(one, said) for one in actions_in(said, first=len(taken) + 1)]
        known = [one for one in plan.causes if not one.proposed]
        linked = link(read, known)
        plan = replace(plan, actions=(*taken, *linked))
    return _renewed(propose_actions(plan, pattern))


def _renewed(plan: Plan) -> Plan:
    """Say what the actions still lack."""
    open_: list[str] = []
    for one in plan.actions:
        if one.proposed:
            continue
        if team_or_nobody(one.owner):
            open_.append(f"Who owns {one.id} (role and person)?")
        if one.due is None:
            open_.append(f"By which day is {one.id} done?")
        if not one.done_when:
            open_.append(f"How is it seen that {one.id} is done?")
        if not one.resources:
            open_.append(f"Which resources does {one.id} need?")
    return plan.with_entry(Field.ACTIONS, Entry(open=tuple(open_)))


def _without_leaver(action: Action, said: str) -> Action:
    """Take an owner out who has left; somebody else must be named."""
    sentence = next((one for one in re.split(r"(?<=[.;\n])", said) if action.owner and action.owner in one), "")
    if action.owner and _LEFT.search(sentence) and re.search(r"owner|own(s|ed)|responsible", sentence, re.I):
        return replace(action, owner="")
    return action


def _speaks_of(plan: Plan, said: str) -> bool:
    """Tell whether a reply gives details of actions that are there, rather than new ones."""
    if re.search(r"\bA\d+\b", said):
        return True
    lacking = [one for one in plan.actions if not one.proposed and (not one.owner or one.due is None or not one.done_when)]
    short = len(said.split()) <= 30
    return bool(lacking) and short and bool(owner_in(said) or days(said) or re.search(r"\bdone when\b", said, re.I))


def _details(plan: Plan, said: str) -> Plan:
    """Enter owner, day and end of actions: by their ids, else for all that lack them."""
    parts = re.split(r"(?=\bA\d+\b)", said)
    by_id = {match.group(): part for part in parts if (match := re.match(r"A\d+", part))}
    out = []
    for one in plan.actions:
        part = by_id.get(one.id, "" if by_id else said)
        if one.proposed or not part:
            out.append(one)
            continue
        read = actions_in(re.sub(r"^A\d+\W*", "", part))
        found = days(part)
        ends = next((each.done_when for each in read if each.done_when), "")
        means = next((each.resources for each in read if each.resources), "")
        owner = owner_in(re.sub(r"^A\d+\s*[:.)-]?\s*", ": ", part))
        if owner and _LEFT.search(part):
            owner = ""
            one = replace(one, owner="" if same_person(one.owner, owner_in(part)) else one.owner)
        out.append(
            replace(
                one,
                owner=one.owner or owner,
                due=one.due or (found[-1] if found else None),
                done_when=one.done_when or ends,
                resources=one.resources or means,
            )
        )
    return replace(plan, actions=tuple(out))


def _chosen(said: str, proposals: list[Action]) -> list[Action]:
    """Take the proposals that a person names by id ("A1 yes, A2 no")."""
    if not re.search(r"\bA\d+\b", said):
        return []
    out = []
    for one in proposals:
        part = re.search(rf"\b{one.id}\b(?P<rest>[^A]*)", said)
        if part and not re.match(r"\W*(no|not|nein|without|drop)\b", part["rest"], re.I):
            out.append(one)
    return out


def effectiveness(plan: Plan, said: str, pattern: Pattern | None) -> Plan:
    """Enter the check of effectiveness; a yes takes the proposed measure over, never day or person."""
    old = plan.effectiveness
    read = effectiveness_in(said)
    if is_yes(said) and pattern is not None and not old.text:
        check = pattern.effectiveness
        read = Effectiveness(
            measure=check.measure,
            threshold=check.threshold,
            sample=check.sample,
            period=check.period,
            due=read.due,
            reviewer=read.reviewer,
            text=f"{drafting.check_text(pattern)} (taken over from the assistant's proposal)",
        )
    else:
        joined = f"{old.text}\n{read.text}".strip()
        read = Effectiveness(
            measure=old.measure or read.measure,
            threshold=old.threshold or read.threshold,
            sample=old.sample or read.sample,
            period=old.period or read.period,
            due=read.due or old.due,
            reviewer=read.reviewer or old.reviewer,
            text=joined,
        )
    plan = replace(plan, effectiveness=read)
    open_ = lacks(plan, Field.EFFECTIVENESS, pattern)
    proposed: tuple[str, ...] = ()
    if pattern is not None and (effect_smells(read.text) or not read.threshold):
        proposed = (drafting.check_text(pattern),)
    return plan.with_entry(Field.EFFECTIVENESS, Entry(text=read.text, open=open_, proposed=proposed))


def limits(plan: Plan, said: str) -> Plan:
    """Enter the day that the certification body set and the end of the certificate, as said."""
    due: date | None = plan.finding.due
    expiry = plan.expiry
    for clause in re.split(r"[;.]\s|, (?=\w)| and ", said):
        found = days(clause)
        if not found:
            continue
        if re.search(r"certificate|expir|valid|zertifikat|gültig", clause, re.I):
            expiry = found[-1] if expiry is None else min(expiry, found[-1])
        elif due is None:
            due = found[0]
    plan = replace(plan, finding=replace(plan.finding, due=due), expiry=expiry)
    if expiry is not None and not plan.expiry_said:
        plan = replace(plan, expiry_said="as said in the conversation")
    return plan
