"""Putting actions and the check of their effect into a plan. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.domain.plan import (
    Action,
    Effectiveness,
    Entry,
    Field,
    Plan,
    same_person,
)
from assistant.planning import drafting
from assistant.planning.filling import lacks
from assistant.planning.patterns import Pattern
from assistant.planning.replies import days, is_excuse, is_yes, may_be_deed
from assistant.planning.said_actions import (
    actions_in,
    link,
    owner_in,
    team_or_nobody,
)
from assistant.planning.said_checks import effectiveness_in
from assistant.planning.smells import effect_smells


def propose_actions(plan: Plan, pattern: Pattern | None) -> Plan:
    """Propose an action for each known cause that none answers yet."""
    known = [one.id for one in plan.causes if not one.proposed]
    if not known:
        return plan
    answered = {cause for one in plan.actions if not one.proposed for cause in one.causes}
    return drafting.remedies_for(plan, pattern, [one for one in known if one not in answered])


_LEFT = re.compile(
    r"\b(has |have |had |who )?(left|quit|resigned)\b( the (company|organi[sz]ation|firm)| us)?|"
    r"no longer (works|with us|employed|here)|"
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
        plan = replace(plan, actions=(*taken, *accepted))
        return _renewed(_details(plan, rest) if len(rest.split()) > 2 else plan)
    if taken and _speaks_of(plan, said):
        return _renewed(_details(plan, said))
    if not taken and proposals and (chosen := _chosen(said, proposals)):
        plan = replace(plan, actions=tuple(replace(one, proposed=False) for one in chosen))
        plan = _details(plan, said)
    else:
        read = [
            replace(_without_leaver(one, said), id=f"A{number}")
            for number, one in enumerate(
                (one for one in actions_in(said) if _is_action(one)), len(taken) + 1
            )
        ]
        known = [one for one in plan.causes if not one.proposed]
        linked = link(read, known)
        plan = replace(plan, actions=(*taken, *linked))
    return _renewed(propose_actions(plan, pattern))


def _is_action(read: Action) -> bool:
    """Leave out what a person says beside the actions: reasons, moods, how things are."""
    if is_excuse(read.what):
        return False
    return may_be_deed(read.what) or bool(read.due or read.done_when)


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
    sentence = next(
        (one for one in re.split(r"(?<=[.;\n])", said) if action.owner and action.owner in one), ""
    )
    if (
        action.owner
        and _LEFT.search(sentence)
        and re.search(r"owner|own(s|ed)|responsible", sentence, re.I)
    ):
        return replace(action, owner="")
    return action


def _speaks_of(plan: Plan, said: str) -> bool:
    """Tell whether a reply gives details of actions that are there, rather than new ones."""
    if re.search(r"\bA\d+\b", said):
        return True
    lacking = [
        one
        for one in plan.actions
        if not one.proposed and (not one.owner or one.due is None or not one.done_when)
    ]
    short = len(said.split()) <= 30
    return (
        bool(lacking)
        and short
        and bool(owner_in(said) or days(said) or re.search(r"\bdone when\b", said, re.I))
    )


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
        kept = one.owner
        if owner and _LEFT.search(part):
            kept = "" if same_person(one.owner, owner) else one.owner
            owner = ""
        out.append(
            replace(
                one,
                owner=kept or owner,
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
    return plan.with_entry(
        Field.EFFECTIVENESS, Entry(text=read.text, open=open_, proposed=proposed)
    )
