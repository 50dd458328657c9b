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
    Entry,
    Field,
    Grade,
    Plan,
    Source,
    same_person,
)
from assistant.planning import drafting
from assistant.planning.lint import unjudged_changes
from assistant.planning.organisation import Background
from assistant.planning.patterns import Pattern, fitting, pattern_by_id
from assistant.planning.reading import Reading, named_units, see
from assistant.planning.replies import days, grade_said, is_yes
from assistant.planning.said_actions import (
    names_somebody,
    owner_in,
)
from assistant.planning.said_causes import evidence_in, method_in, places_evidence
from assistant.planning.smells import effect_smells
from knowledge.controls import references


def grade(plan: Plan, said: str) -> Plan:
    """Enter the grade that a person names."""
    found = grade_said(said)
    offered = plan.entry(Field.GRADE).proposed
    if found is None and offered and is_yes(said):
        found = Grade(offered[0])
    return plan if found is None else graded(plan, found)


def graded(plan: Plan, grade: Grade) -> Plan:
    """Enter the grade; what was read in the text is then settled."""
    plan = plan.with_entry(Field.GRADE, Entry())
    return replace(plan, finding=replace(plan.finding, grade=grade))


_SOURCES = (
    (
        Source.CERTIFICATION_BODY,
        r"certification (body|audit)|\bCB\b|surveillance|stage [12]|recertif|zertifizier",
    ),
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
        return (
            plan,
            reading,
            f"{', '.join(unknown)} is no clause or control of the edition of 2022. Which is meant?",
        )
    named = named_units(said) or _bare_units(said)
    if not named and need.confirmed:
        return _own_rule(plan, said), reading, ""
    if not named and not (need.ids and is_yes(said)):
        if need.ids and re.search(r"\b(policy|procedure|standard|section|§)", said, re.I):
            return _own_rule(plan, said), reading, ""
        return (
            plan,
            reading,
            "I did not find a clause or control in that. Please name it by its number, such as "
            "A.5.18 or 9.2.",
        )
    ids = named or need.ids
    if not set(ids) & set(need.ids):
        pattern = fitting(plan.finding.text, ids)
        reading = replace(
            reading, ids=ids, pattern=pattern.id if pattern else "", confirmed=True, note=""
        )
    elif ids[0] != need.ids[0] or reading.note == "":
        kept = tuple(
            dict.fromkeys(
                (*ids[:1], *(one for one in need.ids if one in ids or one[:4] == ids[0][:4]))
            )
        )
        reading = replace(reading, ids=kept, confirmed=True)
    reading = replace(reading, confirmed=True, note="")
    also = tuple(one for one in ids if one not in reading.ids)
    reading = replace(reading, related=tuple(dict.fromkeys((*also, *reading.related))))
    fresh = drafting.requirement(reading, found)
    own = need.own_rule or fresh.own_rule
    rule = replace(
        fresh,
        own_rule=own,
        open=tuple(one for one in fresh.open if not own or "rule of your own" not in one),
    )
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
    match = re.match(
        r"\W*(?:it is |it's |clause |control |annex a )?(\d{1,2}\.\d{1,2}(?:\.\d)?)\b", said, re.I
    )
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
        text = " ".join(
            one for one in entry.proposed if not one.startswith(("Note:", "The finding says only"))
        )
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
    r"\b(\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d\d|(on|since|at) (the )?(same|"
    r"audit) day|immediately|today|"
    r"yesterday|same day|within \w+ (hours?|minutes?|days?)|(january|february|march|april|may|"
    r"june|july|august|september|"
    r"october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember)\b)",
    re.IGNORECASE,
)
_NONE_NEEDED = re.compile(
    r"\b(none|not|nothing|no)\b[^.;]{0,40}\b(needed|necessary|required|applicable|harm)\b|"
    r"\bbecause\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\d|\b(none|zero|all|every|both|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"kein\w*|alle)\b",
    re.IGNORECASE,
)
_POTENTIAL = re.compile(
    r"\b(potential\w*|could|other|similar|elsewhere|also|further|contractors?|suppliers?|outside|"
    r"not on|everywhere|all \w+|"
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
        if not _TIME.search(text) and not days(text):
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
        if not re.search(
            r"incident|event|log|notif|customer|none|vorfall|meld|record|checked", text, re.I
        ):
            wanted.append("Is it an incident, and must anybody be told?")
    elif field is Field.CLOSURE_EVIDENCE:
        if not _TIME.search(text) and not days(text):
            wanted.append("By when is each record there?")
        if not names_somebody(text):
            wanted.append("Who provides each record?")
    elif field is Field.ISMS_CHANGES:
        if open_ := unjudged_changes(text):
            wanted.append(f"Not judged yet: {', '.join(open_)}.")
    elif field is Field.EFFECTIVENESS:
        wanted.extend(_effect_lacks(plan))
    elif field is Field.OBJECTIVE_EVIDENCE:
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
