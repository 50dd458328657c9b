"""What may be asked, in which order and in which words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.domain.plan import CauseKind, Field, Grade, Plan, Source, to_be_confirmed
from assistant.planning.drafting import changes_text, check_text
from assistant.planning.filling import lacks
from assistant.planning.organisation import Background, Quote
from assistant.planning.patterns import Pattern
from assistant.planning.reading import title_of


class _Turn(Protocol):
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A question that may be asked, and when it is needed."""

    key: str
    field: Field
    needed: Callable[[Plan, Background], bool]
    text: Callable[[Plan, Pattern | None, Background], str]
    after: str = ""
    """Key of the question that must have been put before."""


DEEPER = "What lies behind it, and what shows that?"
"""Asked again after a cause that stops too early."""


def push_back(said: str, why: str, clue_: Quote | None) -> str:
    """Say why a cause is not one yet, with a rule of the organisation that may bear on it."""
    short = " ".join(said.split())
    short = short if len(short) <= 120 else short[:119] + "…"
    text = f"“{short}” is where the why stops too early: {why}"
    if clue_ is not None:
        text += f"\nYour {clue_.place} says: “{clue_.text}” Does the cause lie there?"
    return text


def clue(found: Background, turns: Sequence[_Turn]) -> Quote | None:
    """Give a rule of the organisation that bears on the causes and was not quoted yet."""
    said = "\n".join(one.text for one in turns)
    pool = (*found.clues, *((found.own_rule,) if found.own_rule else ()))
    return next((one for one in pool if f"says: “{one.text}”" not in said), None)


def closing(plan: Plan) -> str:
    """Say how the draft stands at the end of the conversation."""
    open_ = [field.value for field in to_be_confirmed(plan)]
    return (
        "The draft stands. "
        + (f"To be confirmed: {', '.join(open_)}. " if open_ else "")
        + "Nothing is approved or sent; a named person does that when the plan is proposed."
    )


def _unknown(field: Field) -> Callable[[Plan, Background], bool]:
    return lambda plan, found: not plan.entry(field).filled


def _requirement_open(plan: Plan, found: Background) -> bool:
    return not plan.requirement.ids or not plan.requirement.confirmed


def _ask_requirement(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    need = plan.requirement
    if need.ids:
        return (
            f"Is {title_of(need.ids[0])} the requirement that was not fulfilled? Say yes, or "
            f"name the "
            "clause or control, with the section of your own rules if one was broken."
        )
    some = "; ".join(title_of(one) for one in need.candidates)
    hint = f" The words may mean: {some}." if some else ""
    return (
        "The finding does not say clearly which requirement was not fulfilled, and I don't "
        "guess. Which "
        f"clause or control is it?{hint}"
    )


def _own_rule_needed(plan: Plan, found: Background) -> bool:
    """Ask for the own rule where the open questions of the requirement do."""
    need = plan.requirement
    return bool(need.ids) and not need.own_rule and any("own" in one for one in need.open)


def _ask_own_rule(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    about = pattern.subject if pattern else "this"
    if found.section_missing:
        return (
            f"I find no document of yours with a section {found.section_missing} on {about}. Which "
            "document is meant, and what does the section say?"
        )
    return (
        f"Which rule of your own (document and section) covers {about}? I find none that says it."
    )


def _ask_evidence(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    missing = [
        re.sub(r"^What is |\?$", "", one) for one in plan.entry(Field.OBJECTIVE_EVIDENCE).open
    ]
    return (
        "What exactly was seen? The finding does not state "
        + "; ".join(missing)
        + ". Say what you know."
    )


def _evidence_open(plan: Plan, found: Background) -> bool:
    return bool(plan.entry(Field.OBJECTIVE_EVIDENCE).open)


def _ask_risk(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = f" I would write: “{pattern.risk}” (yes takes it over)." if pattern else ""
    return (
        "What could happen because of it, or did happen, and which risk in your register is "
        f"it?{hint}"
    )


def _containment_needed(plan: Plan, found: Background) -> bool:
    return _unknown(Field.CONTAINMENT)(plan, found)


def _ask_containment(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = f" What usually helps: {_small(pattern.containment)}" if pattern else ""
    return (
        "What was done at once to limit harm (containment): by whom, when, and recorded where? "
        "If nothing "
        f"was needed, why not?{hint}"
    )


def _ask_correction(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = f" It should come to this: {_small(pattern.correction)}" if pattern else ""
    never = f" {pattern.never}" if pattern and pattern.never else ""
    return (
        "How was the case itself put right (correction, not yet the cause): by whom, on which "
        "day, and "
        f"what shows it?{hint}{never}"
    )


def _ask_consequences(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hints = (
        " ".join(pattern.consequences) if pattern else "Is it an incident? Must anybody be told?"
    )
    return (
        f"Did it have consequences that must be dealt with? {hints} “None” is fine with who checked "
        "it and how."
    )


def _ask_extent(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    if pattern is None:
        return "Where else could it be, since when, where was looked, how many, with which result?"
    extent = pattern.extent
    return (
        f"Where else, and since when (extent)? Look at {extent.count}; places: "
        f"{', '.join(extent.places)}; "
        f"potential cases: {extent.potential}. How many were looked at, how many were affected?"
    )


def _ask_more(field: Field) -> Callable[[Plan, Pattern | None, Background], str]:
    def text(plan: Plan, pattern: Pattern | None, found: Background) -> str:
        missing = lacks(plan, field, pattern)
        return f"About the {field.value.replace('_', ' ')}, I still need: {' '.join(missing)}"

    return text


def _more_needed(field: Field) -> Callable[[Plan, Background], bool]:
    def needed(plan: Plan, found: Background) -> bool:
        return plan.entry(field).filled and bool(plan.entry(field).open)

    return needed


def _ask_why(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hints = " ".join(pattern.causes.get(CauseKind.HAPPENED, ())) if pattern else ""
    method = (
        "For a major name the method (five whys, fishbone, timeline), who took part, and what "
        "shows each link."
        if plan.grade is Grade.MAJOR
        else "A short chain of whys will do, with what shows each link."
    )
    return f"Now the causes. Why did it happen, and why that? {method} {hints}".strip()


def _ask_root(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    known = [one for one in plan.causes if not one.proposed]
    have = "".join(f"\n- {one.id}: {one.text}" for one in known)
    start = f"So far I understand as causes:{have}\n" if have else ""
    return (
        f"{start}Which conditions that you can change are the root cause: why did it happen, and "
        f"why did "
        "nobody notice? A person's slip or a missing paper is not yet one."
    )


def _ask_unseen(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hints = " ".join(pattern.causes.get(CauseKind.UNDETECTED, ())) if pattern else ""
    return f"Why was it not noticed before the audit? Which check was missing or failed? {hints}".strip()


def _ask_allowed(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hints = " ".join(pattern.causes.get(CauseKind.ALLOWED, ())) if pattern else ""
    return f"It is a major: why did the management system allow it? {hints}".strip()


def _no_kind(*kinds: CauseKind) -> Callable[[Plan, Background], bool]:
    def needed(plan: Plan, found: Background) -> bool:
        return not any(one.kind in kinds and not one.proposed for one in plan.causes)

    return needed


def _allowed_needed(plan: Plan, found: Background) -> bool:
    return plan.grade is Grade.MAJOR and _no_kind(CauseKind.ALLOWED)(plan, found)


def _ask_actions(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    proposals = [one for one in plan.actions if one.proposed]
    causes = {one.id: one for one in plan.causes}
    lines = []
    for one in proposals:
        names = "; ".join(f"{each} {causes[each].text}" for each in one.causes if each in causes)
        lines.append(f"- {one.id}: {one.what}; done when {one.done_when} (for {names})")
    listed = "\n".join(lines)
    sure = all(
        not causes[each].proposed for one in proposals for each in one.causes if each in causes
    )
    lead = (
        "These would remove the causes, the strongest first:"
        if sure
        else "Should one of the possibilities prove to be the cause, this would remove it:"
    )
    start = f"{lead}\n{listed}\n" if listed else ""
    return (
        f"{start}What will you do about each cause: what, done when, who owns it (role and "
        f"person), by which "
        "day, with which resources? (“yes” takes the proposals over; owners and dates are yours "
        "to give.)"
    )


def _actions_open(plan: Plan, found: Background) -> bool:
    return not any(not one.proposed for one in plan.actions)


def _smart_open(plan: Plan, found: Background) -> bool:
    taken = [one for one in plan.actions if not one.proposed]
    return any(not one.owner or one.due is None or not one.done_when for one in taken)


def _ask_smart(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    wanted = []
    for one in plan.actions:
        if one.proposed:
            continue
        missing = [
            name
            for name, value in (
                ("owner (role and person)", one.owner),
                ("day", one.due),
                ("done when", one.done_when),
            )
            if not value
        ]
        if missing:
            wanted.append(f"{one.id} “{one.what[:80]}”: {', '.join(missing)}")
    return "Still open for the actions, one line each if you like: " + "; ".join(wanted) + "?"


def _uncovered(plan: Plan, found: Background) -> bool:
    return bool(_bare(plan)) and any(not one.proposed for one in plan.actions)


def _bare(plan: Plan) -> list[str]:
    answered = {cause for one in plan.actions if not one.proposed for cause in one.causes}
    return [one.id for one in plan.causes if not one.proposed and one.id not in answered]


def _ask_uncovered(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    bare = _bare(plan)
    causes = {one.id: one.text for one in plan.causes}
    proposals = "; ".join(
        f"{one.id}: {one.what}"
        for one in plan.actions
        if one.proposed and set(one.causes) & set(bare)
    )
    named = "; ".join(f"{one} “{causes[one]}”" for one in bare)
    hint = f" I would propose {proposals} (yes takes it over)." if proposals else ""
    return f"No action removes {named} yet. What will, who owns it, by when?{hint}"


def _ask_changes(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = f" My proposal: {changes_text(pattern)}." if pattern else ""
    soa = f" {plan.requirement.soa}." if plan.requirement.soa else ""
    return (
        "Does the ISMS itself have to change: risk assessment, SoA, policy, objectives, "
        "training? Yes or no "
        f"with a reason for each.{soa}{hint}"
    )


def _ask_closure(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = (
        f" I would ask for: {'; '.join(pattern.evidence)} (yes takes the list over)."
        if pattern
        else ""
    )
    return (
        "Which records will show at closure that it is done: what, from whom, by when, kept "
        f"where?{hint}"
    )


def _ask_effect(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    hint = f" My proposal: {check_text(pattern)} (yes takes it over)." if pattern else ""
    return (
        "How will you see later that the causes are gone: which measure, threshold, sample and "
        "period, on "
        f"which day after the last action, judged by whom who owns no action?{hint}"
    )


def _effect_open(plan: Plan, found: Background) -> bool:
    return not plan.effectiveness.text


def _effect_more(plan: Plan, found: Background) -> bool:
    return bool(plan.effectiveness.text) and bool(lacks(plan, Field.EFFECTIVENESS, None))


def _ask_limits(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    when = (
        f" I read that the certificate is valid to {found.expiry.isoformat()}."
        if found.expiry
        else ""
    )
    return (
        "By which day does the certification body want your answer, and the evidence, and when "
        "does the "
        f"certificate end? I don't assume a number of days.{when}"
    )


def _is_cb(plan: Plan, found: Background) -> bool:
    return plan.finding.source is Source.CERTIFICATION_BODY and plan.finding.due is None


def _ask_grade(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    if offered := plan.entry(Field.GRADE).proposed:
        return (
            f"I read the grade “{offered[0]}” in the finding's text. Is that the grade that whoever "
            "raised it gave (yes, or name it)? I never set it."
        )
    return (
        "Which grade did whoever raised the finding give it: major, minor or an observation? I never "
        "set it."
    )


def _ask_source(plan: Plan, pattern: Pattern | None, found: Background) -> str:
    return "On which day was the finding raised, in which audit, and by whom?"


def _always(plan: Plan, found: Background) -> bool:
    return True


AGENDA: tuple[Step, ...] = (
    Step("grade", Field.GRADE, lambda plan, found: plan.grade is None, _ask_grade),
    Step("source", Field.SOURCE, lambda plan, found: plan.finding.audit_date is None, _ask_source),
    Step("requirement", Field.REQUIREMENT, _requirement_open, _ask_requirement),
    Step(
        "own_rule",
        Field.REQUIREMENT,
        _own_rule_needed,
        _ask_own_rule,
    ),
    Step("evidence", Field.OBJECTIVE_EVIDENCE, _evidence_open, _ask_evidence),
    Step("containment", Field.CONTAINMENT, _containment_needed, _ask_containment),
    Step(
        "containment/more",
        Field.CONTAINMENT,
        _more_needed(Field.CONTAINMENT),
        _ask_more(Field.CONTAINMENT),
        "containment",
    ),
    Step("correction", Field.CORRECTION, _unknown(Field.CORRECTION), _ask_correction),
    Step(
        "correction/more",
        Field.CORRECTION,
        _more_needed(Field.CORRECTION),
        _ask_more(Field.CORRECTION),
        "correction",
    ),
    Step("consequences", Field.CONSEQUENCES, _unknown(Field.CONSEQUENCES), _ask_consequences),
    Step("risk", Field.RISK, _unknown(Field.RISK), _ask_risk),
    Step("extent", Field.EXTENT, _unknown(Field.EXTENT), _ask_extent),
    Step(
        "extent/more", Field.EXTENT, _more_needed(Field.EXTENT), _ask_more(Field.EXTENT), "extent"
    ),
    Step("why", Field.CAUSE_ANALYSIS, _always, _ask_why),
    Step("root", Field.ROOT_CAUSE, _always, _ask_root, "why"),
    Step("unseen", Field.ROOT_CAUSE, _no_kind(CauseKind.UNDETECTED), _ask_unseen, "root"),
    Step("allowed", Field.ROOT_CAUSE, _allowed_needed, _ask_allowed, "root"),
    Step("actions", Field.ACTIONS, _actions_open, _ask_actions, "root"),
    Step("actions/uncovered", Field.ACTIONS, _uncovered, _ask_uncovered, "actions"),
    Step("actions/smart", Field.ACTIONS, _smart_open, _ask_smart, "actions"),
    Step("isms_changes", Field.ISMS_CHANGES, _unknown(Field.ISMS_CHANGES), _ask_changes),
    Step(
        "closure_evidence", Field.CLOSURE_EVIDENCE, _unknown(Field.CLOSURE_EVIDENCE), _ask_closure
    ),
    Step("effectiveness", Field.EFFECTIVENESS, _effect_open, _ask_effect),
    Step(
        "effectiveness/more",
        Field.EFFECTIVENESS,
        _effect_more,
        _ask_more(Field.EFFECTIVENESS),
        "effectiveness",
    ),
    Step("limits", Field.CB_ACCEPTANCE, _is_cb, _ask_limits),
)
"""What was seen, what was done at once, where else, since when, why, why unseen, what now."""


def _small(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
