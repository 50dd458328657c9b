"""The first draft: what a finding, the organisation's texts and the kind of finding give by
themselves. Pure; everything that nobody said is a question or a proposal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from assistant.domain.plan import (
    Action,
    Cause,
    CauseKind,
    Entry,
    Field,
    Finding,
    Grade,
    Plan,
    Requirement,
    Source,
)
from assistant.planning.organisation import Background, cited
from assistant.planning.patterns import (
    Mechanism,
    Pattern,
    Remedy,
    mechanisms,
    mechanisms_in,
    pattern_by_id,
    rule_in_own_words,
    unit_of,
)
from assistant.planning.reading import Reading, title_of
from knowledge.instructions import instructions_in
from knowledge.text import sentences

PROPOSAL = "proposal of the assistant, not confirmed"


def first_draft(plan_id: str, finding: Finding, reading: Reading, found: Background) -> Plan:
    """Draft a plan from what is known before the first question."""
    pattern = pattern_by_id(reading.pattern) if reading.pattern else None
    plan = Plan(
        id=plan_id,
        finding=finding,
        title=pattern.title if pattern else "Finding to be placed",
        requirement=requirement(reading, found),
        citations=cited(
            (
                found.own_rule,
                found.soa,
                *found.limit_quotes,
                found.approver,
                found.expiry_quote,
                *found.similar_quotes,
                *found.guidance,
                *found.clues,
            )
        ),
        links=tuple(
            one
            for one in ((found.soa_says and f"SoA row {reading.ids[0]}"),)
            if one and reading.ids
        ),
        expiry=found.expiry,
        expiry_said=found.expiry_quote.place if found.expiry_quote else "",
    )
    if finding.grade is None and reading.grade_in_text is not None:
        # The auditor's word in the text is read and offered; a person enters the grade.
        plan = plan.with_entry(Field.GRADE, Entry(proposed=(reading.grade_in_text.value,)))
    plan = with_facts(plan, reading)
    return with_proposals(plan, pattern)


def requirement(reading: Reading, found: Background) -> Requirement:
    """Say what was not fulfilled, and what about it is not certain."""
    ids, note = reading.ids, reading.note
    related = reading.related
    if excluded := [one for one in ids if one in found.excluded]:
        # The control that the organisation excluded binds nobody; its exclusion must be justified.
        related = tuple(dict.fromkeys((*excluded, *related)))
        ids = ("6.1.3", *(one for one in ids if one not in excluded and one != "6.1.3"))
        note = (
            f"{', '.join(excluded)} is excluded in the Statement of Applicability, so the "
            f"finding is on "
            f"6.1.3 (justification of the exclusion). {note}"
        ).strip()
    pattern = pattern_by_id(reading.pattern) if reading.pattern else None
    if pattern:
        related = tuple(
            dict.fromkeys((*related, *(one for one in pattern.related if one not in ids)))
        )[:4]
    own = found.own_rule
    open_ = list(_open_about(reading, ids, found))
    return Requirement(
        ids=ids,
        confirmed=reading.confirmed and bool(ids) and not reading.note,
        rule=" ".join(rule_in_own_words(one) for one in ids[:2]),
        own_rule=f"{own.place}: “{own.text}”" if own else "",
        soa=found.soa_says,
        related=related,
        candidates=reading.candidates,
        note=note,
        open=tuple(open_),
    )


def _open_about(reading: Reading, ids: tuple[str, ...], found: Background) -> Iterable[str]:
    if not ids:
        some = ", ".join(title_of(one) for one in reading.candidates)
        yield "Which clause or control is meant?" + (f" Candidates: {some}." if some else "")
    elif not reading.confirmed:
        yield f"Is {title_of(ids[0])} the requirement? It was read from the finding's words."
    if found.section_missing and not found.own_rule and ids:
        yield f"Which own document has the section {found.section_missing} that the finding names?"
    elif not found.own_rule and ids and ids[0].startswith("A."):
        yield "Is there a rule of your own (document and section) that asks for it?"


def with_facts(plan: Plan, reading: Reading) -> Plan:
    """Enter what was seen, and the statement of nonconformity in one sentence."""
    seen = plan.finding.text.strip()
    facts = " ".join(one for one in sentences(seen) if not instructions_in(one)) or seen
    plan = plan.with_entry(
        Field.OBJECTIVE_EVIDENCE,
        Entry(
            text=f"As raised: “{' '.join(facts.split())}”" if _states_facts(reading) else "",
            open=tuple(f"What is {one}?" for one in reading.seen.missing),
            proposed=()
            if _states_facts(reading)
            else (f"The finding says only: “{' '.join(facts.split())}”",),
        ),
    )
    return plan.with_entry(Field.STATEMENT, statement(plan, reading))


_NUMBERED = re.compile(r"\b(?:A\.)?\d{1,2}\.\d{1,2}(?:\.\d{1,2})?\b")
_ACCOUNT = 14
"""Words from which a sentence without a figure tells what was seen."""
_HEADING = re.compile(
    r"^\W*(?:(?:nc|ncr|car|finding|minor|major|observation|ofi|non-?conformity|clause|control|"
    r"hauptabweichung|nebenabweichung|abweichung|[A-Z]{0,4}-?\d[\d.]*|A\.\d[\d.]*)[\s/()]*)+[:–-]\s+",
    re.IGNORECASE,
)


def _states_facts(reading: Reading) -> bool:
    seen = reading.seen
    counted = seen.sample or seen.population or seen.when
    # Besides the requirement's own number: a figure, a record, or a whole account of what was wrong.
    rest = _NUMBERED.sub(" ", reading.gap)
    return bool(counted or re.search(r"\d", rest) or len(rest.split()) >= _ACCOUNT)


def statement(plan: Plan, reading: Reading) -> Entry:
    """State the nonconformity: requirement, evidence, gap."""
    need = plan.requirement
    gap = " ".join(reading.gap.split()).rstrip(".")
    if not need.ids:
        return Entry(
            open=("Which requirement was not fulfilled? Then the statement can be written.",)
        )
    asked = " and ".join(title_of(one) for one in need.ids[:2])
    own = (
        f", together with the own rule in {need.own_rule.split(': “')[0]},"
        if ": “" in need.own_rule and not need.own_rule.startswith("As said")
        else ""
    )
    gap = _HEADING.sub("", gap)
    evidence = plan.entry(Field.OBJECTIVE_EVIDENCE)
    more = f" ({evidence.text.split(chr(10))[-1].rstrip('.')})" if chr(10) in evidence.text else ""
    are = "are" if len(need.ids[:2]) > 1 else "is"
    text = f"{asked}{own} {are} not fulfilled, as was seen: “{gap}”{more}."
    open_ = () if need.confirmed else ("The requirement is not confirmed yet.",)
    return Entry(
        text=text if evidence.filled else "",
        proposed=() if evidence.filled else (text,),
        open=open_,
    )


def with_proposals(plan: Plan, pattern: Pattern | None) -> Plan:
    """Put the questions and proposals of the kind of finding into the fields that are open."""
    grade = plan.grade
    blank: dict[Field, Entry] = {
        Field.RISK: Entry(
            open=("What could happen, or did happen? Which risk in the register is it?",)
        ),
        Field.CONTAINMENT: Entry(
            open=("What was done at once to limit harm, by whom, when? Or why was nothing needed?",)
        ),
        Field.CORRECTION: Entry(
            open=("How was the case itself put right, by whom, on which day, shown by what?",)
        ),
        Field.CONSEQUENCES: Entry(
            open=("Is anything else affected: an incident, a notification, past records?",)
        ),
        Field.EXTENT: Entry(
            open=("Where else was looked, how many were there, with which result?",)
        ),
        Field.CAUSE_ANALYSIS: Entry(
            open=(
                "Which method was used (five whys, fishbone, timeline), who took part, and what "
                "shows each link?"
                if grade is Grade.MAJOR
                else "Why did it happen, and why again, until a condition that can be changed?",
            )
        ),
        Field.ROOT_CAUSE: Entry(open=("Why did it happen?", "Why was it not noticed?")),
        Field.ACTIONS: Entry(
            open=(
                "What will be done about each cause: what, done when, who owns it (role and person), by "
                "which day, with which resources?",
            )
        ),
        Field.ISMS_CHANGES: Entry(
            open=(
                "Do risk assessment, SoA, policies, objectives or training have to change? Yes "
                "or no, why?",
            )
        ),
        Field.CLOSURE_EVIDENCE: Entry(
            open=("Which records will show it, from whom, by when, kept where?",)
        ),
        Field.EFFECTIVENESS: Entry(
            open=("Which measure, threshold, sample, period, date and reviewer?",)
        ),
    }
    if pattern is not None:
        blank |= _of_pattern(pattern, grade)
    for field, entry in blank.items():
        if not plan.entry(field).filled and not (field is Field.ACTIONS and plan.actions):
            plan = plan.with_entry(field, entry)
    return with_proposed_causes(plan, pattern) if pattern else plan


def _of_pattern(pattern: Pattern, grade: Grade | None) -> dict[Field, Entry]:
    never = (f"Note: {pattern.never}",) if pattern.never else ()
    causes = pattern.causes
    why = (
        *(f"Why did it happen: {one}" for one in causes.get(CauseKind.HAPPENED, ())),
        *(f"Why was it not noticed: {one}" for one in causes.get(CauseKind.UNDETECTED, ())),
    )
    if grade is Grade.MAJOR:
        why += tuple(f"Why was it allowed: {one}" for one in causes.get(CauseKind.ALLOWED, ()))
    extent = pattern.extent
    return {
        Field.RISK: Entry(
            proposed=(pattern.risk,), open=("Did it happen, and which risk in the register is it?",)
        ),
        Field.CONTAINMENT: Entry(
            proposed=(pattern.containment,),
            open=("What was done at once, by whom, at what time? Or why was nothing needed?",),
        ),
        Field.CORRECTION: Entry(
            proposed=(pattern.correction, *never),
            open=("Who put it right, on which day, and what shows it?",),
        ),
        Field.CONSEQUENCES: Entry(open=pattern.consequences),
        Field.EXTENT: Entry(
            open=(
                f"To count: {extent.count}. How many were looked at, with which result?",
                f"Where: {', '.join(extent.places)}?",
                f"Potential cases: {extent.potential}?",
            )
        ),
        Field.ROOT_CAUSE: Entry(open=why),
        Field.ISMS_CHANGES: Entry(
            proposed=(changes_text(pattern),),
            open=("Yes or no with a reason for each of the five?",),
        ),
        Field.CLOSURE_EVIDENCE: Entry(
            proposed=pattern.evidence, open=("Who provides each, by when, kept where?",)
        ),
        Field.EFFECTIVENESS: Entry(
            proposed=(check_text(pattern),),
            open=("On which day, and judged by whom, who owns none of the actions?",),
        ),
    }


def changes_text(pattern: Pattern) -> str:
    """Write the five judgements on ISMS changes of a kind of finding."""
    names = {
        "risk": "Risk assessment",
        "soa": "SoA",
        "policy": "Policy",
        "objectives": "Objectives",
        "training": "Training",
    }
    return "; ".join(
        f"{names[key]}: {said}" for key, said in pattern.changes.items() if key in names
    )


def check_text(pattern: Pattern) -> str:
    """Write the proposed check of effectiveness of a kind of finding."""
    check = pattern.effectiveness
    return (
        f"Measure: {check.measure}; threshold: {check.threshold}; sample: {check.sample}; "
        f"period: {check.period}"
    )


def with_proposed_causes(plan: Plan, pattern: Pattern) -> Plan:
    """Propose possibilities to examine with their actions, where no cause is known yet."""
    if any(not one.proposed for one in plan.causes):
        return plan
    causes: list[Cause] = []
    actions = [one for one in plan.actions if not one.proposed]
    for remedy in _remedies(pattern):
        mechanism = _mechanism(remedy.removes[0])
        late = mechanism.id in {"no_check", "not_measured", "wrong_measure", "escalation"}
        cause = Cause(
            id=f"C{len(causes) + 1}",
            kind=CauseKind.UNDETECTED if late else CauseKind.HAPPENED,
            text=f"Possibility to examine: {mechanism.category} in {pattern.subject}",
            category=mechanism.category,
            proposed=True,
        )
        causes.append(cause)
        actions.append(_proposed(remedy, f"A{len(actions) + 1}", (cause.id,)))
    return replace(plan, causes=tuple(causes), actions=tuple(actions))


def _remedies(pattern: Pattern) -> tuple[Remedy, ...]:
    if pattern.actions:
        return pattern.actions
    return tuple(
        _generic(_mechanism(one), pattern.subject) for one in ("responsibility", "no_check")
    )


def _proposed(remedy: Remedy, action_id: str, causes: tuple[str, ...]) -> Action:
    return Action(
        id=action_id,
        what=remedy.what,
        causes=causes,
        done_when=remedy.done_when,
        resources=remedy.resources,
        proposed=True,
    )


def _mechanism(mechanism_id: str) -> Mechanism:
    return next(one for one in mechanisms() if one.id == mechanism_id)


def _generic(mechanism: Mechanism, subject: str) -> Remedy:
    return Remedy(
        removes=(mechanism.id,),
        what=mechanism.what.format(subject=subject),
        done_when=mechanism.done_when,
        resources=mechanism.resources,
    )


def remedies_for(plan: Plan, pattern: Pattern | None, wanted: Iterable[str]) -> Plan:
    """Propose an action for each cause in `wanted`, the strongest that fits what the cause says."""
    kept = [one for one in plan.actions if not one.proposed]
    numbers = [int(one.id[1:]) for one in kept if one.id[1:].isdigit()]
    number = max(numbers, default=0)
    subject = pattern.subject if pattern else "this"
    made: dict[str, Action] = {}
    for cause_id in wanted:
        cause = next((one for one in plan.causes if one.id == cause_id), None)
        if cause is None:
            continue
        remedy = _remedy(cause, pattern, subject)
        if remedy.what in made:
            known = made[remedy.what]
            made[remedy.what] = replace(known, causes=(*known.causes, cause.id))
            continue
        number += 1
        made[remedy.what] = _proposed(remedy, f"A{number}", (cause.id,))
    return replace(plan, actions=(*kept, *made.values()))


def _remedy(cause: Cause, pattern: Pattern | None, subject: str) -> Remedy:
    found = [one.id for one in mechanisms_in(cause.text)]
    if cause.kind is CauseKind.UNDETECTED and not {"no_check", "not_measured"} & set(found):
        found.append("not_measured")
    if not found:
        found = ["no_trigger" if cause.kind is CauseKind.HAPPENED else "change_gap"]
    if pattern is not None:
        fitting = [
            (len(set(one.removes) & set(found)), -place, one)
            for place, one in enumerate(pattern.actions)
            if set(one.removes) & set(found)
        ]
        if fitting:
            return max(fitting, key=lambda item: item[:2])[2]
    strongest = min((_mechanism(one) for one in found), key=lambda one: one.strength)
    return _generic(strongest, subject)


def read_back(plan: Plan, reading: Reading, found: Background) -> str:
    """Read the finding back: requirement, own rule, evidence, gap, and what to know about it."""
    need = plan.requirement
    lines = [f"I read finding {plan.finding.id} as follows."]
    if need.ids:
        sure = "" if need.confirmed else " (read from its words; please confirm)"
        lines.append(f"- Requirement: {', '.join(title_of(one) for one in need.ids)}{sure}")
    else:
        some = ", ".join(title_of(one) for one in need.candidates)
        lines.append(
            "- Requirement: not clear from the text" + (f"; it may be {some}" if some else "")
        )
    if need.own_rule:
        lines.append(f"- Your own rule: {need.own_rule}")
    if need.soa:
        lines.append(f"- {need.soa}")
    lines.append(f"- Gap, in the finding's words: “{' '.join(reading.gap.split())}”")
    if reading.seen.missing:
        lines.append(f"- Not stated: {'; '.join(reading.seen.missing)}")
    lines.extend(f"- {one}" for one in (need.note, *reading.notes) if one)
    if plan.finding.source is Source.CERTIFICATION_BODY and found.expiry:
        lines.append(
            f"- Your certificate is valid to {found.expiry.isoformat()} ({plan.expiry_said})."
        )
    lines.extend(
        f"- Similar in your register: {one.id} “{one.title}” ({one.state or 'state unknown'})"
        for one in found.similar
    )
    return "\n".join(lines)


def is_known_unit(unit_id: str) -> bool:
    """Tell whether a requirement is in the catalogue."""
    return unit_of(unit_id) is not None
