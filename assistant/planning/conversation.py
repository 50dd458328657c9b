"""The drafting conversation: a pure core `(state, reply) -> (state, question)` that knows no door.

A person's words enter the plan verbatim; code asks, pushes back and refuses. The same replies in the
same order always give the same plan, so that a conversation can be left and taken up again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from assistant.domain.plan import CauseKind, Entry, Field, Finding, Grade, Plan, Said, Source
from assistant.planning import filling, filling_actions, filling_causes, questions
from assistant.planning.drafting import first_draft, read_back, with_proposed_causes
from assistant.planning.lint_causes import Surroundings
from assistant.planning.organisation import Background
from assistant.planning.patterns import Pattern, pattern_by_id
from assistant.planning.reading import Reading
from assistant.planning.replies import is_bare, is_unknown, misses, wish_refused
from assistant.planning.smells import backdates, cause_smells, harms


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked next: about which field, in which words. `key` tells questions of a field apart."""

    key: str
    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what was replied."""

    asks: Field | None
    text: str
    reply: str | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """A drafting conversation as far as it has come."""

    plan: Plan
    reading: Reading
    found: Background
    turns: tuple[Turn, ...] = ()
    done: tuple[str, ...] = ()
    """Keys of the questions that were settled or left open on purpose."""
    unaccepted: tuple[tuple[Field, str], ...] = ()
    """What was said and not taken into the plan, by field."""
    remark: str = ""
    """What is said before the next question: a refusal, a push-back."""
    question: Question | None = None

    @property
    def pattern(self) -> Pattern | None:
        """The kind of finding."""
        return pattern_by_id(self.reading.pattern) if self.reading.pattern else None

    @property
    def around(self) -> Surroundings:
        """What the draft is held against."""
        return Surroundings(
            similar=self.found.similar,
            excluded=self.found.excluded,
            said_implemented=self.found.implemented,
            unaccepted=self.unaccepted,
        )

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to ask."""
        return self.question is None


def begin(plan_id: str, finding: Finding, reading: Reading, found: Background) -> Talk:
    """Open the conversation: the draft stands from the first turn on."""
    plan = first_draft(plan_id, finding, reading, found)
    talk = Talk(plan, reading, found, remark=read_back(plan, reading, found))
    return _ask(talk)


def reply(talk: Talk, said: str, *, by: str, at: datetime) -> Talk:
    """Take a reply to the question that is open, and ask the next one."""
    asked = talk.question
    if asked is None:
        return talk
    said = said.strip()
    turn = Turn(asked.field, _spoken(talk), said, asked.key)
    earlier = {_folded(one.reply) for one in talk.turns if one.asks is asked.field and one.reply}
    talk = replace(talk, turns=(*talk.turns, turn), remark="")
    if is_unknown(said):
        return _ask(_leave(talk, asked))
    if _folded(said) in earlier or (is_bare(said) and not _takes_yes(talk, asked)):
        return _ask(_leave(talk, asked))  # said before: it was heard then
    talk = _remember(talk, asked, said, by, at)
    refusal = wish_refused(said)
    if refusal is not None:
        return _ask(_refuse(talk, asked, said, refusal))
    if (words := harms(said)) and asked.field is Field.ACTIONS:
        remark = (
            f"“{words}” would weaken another control or break law. If it has to be, say which risk "
            "that is, who accepts it and what compensates; else choose another way."
        )
        talk = replace(talk, unaccepted=(*talk.unaccepted, (asked.field, said)))
        return _ask(_push_back(talk, asked, remark))
    if (why := misses(said, asked.field)) is not None:
        return _ask(_refuse(talk, asked, said, why))
    return _ask(_take(talk, asked, said))


def _takes_yes(talk: Talk, asked: Question) -> bool:
    """Tell whether a mere yes says something here: it confirms a requirement or takes a proposal."""
    if asked.key in {"requirement", "actions", "actions/uncovered", "effectiveness"}:
        return True
    return bool(talk.plan.entry(asked.field).proposed) and not asked.key.endswith("/more")


def _spoken(talk: Talk) -> str:
    """Give everything that is said with the open question."""
    asked = talk.question.text if talk.question else ""
    return "\n\n".join(filter(None, (talk.remark, asked)))


def spoken(talk: Talk) -> str:
    """Give what the assistant says now: a remark, then the question or the end."""
    if talk.question is not None:
        return _spoken(talk)
    return "\n\n".join(filter(None, (talk.remark, questions.closing(talk.plan))))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _remember(talk: Talk, asked: Question, said: str, by: str, at: datetime) -> Talk:
    plan = replace(talk.plan, said=(*talk.plan.said, Said(said, by, at, asked.field)))
    return replace(talk, plan=plan)


def _leave(talk: Talk, asked: Question) -> Talk:
    """Leave a field open: it stays TO BE CONFIRMED with its questions."""
    done = (*talk.done, asked.key)
    if asked.key in _GIVEN_UP_WITH:
        done = (*done, *_GIVEN_UP_WITH[asked.key])
    return replace(talk, done=done)


_GIVEN_UP_WITH = {
    "containment": ("containment/more",),
    "correction": ("correction/more",),
    "extent": ("extent/more",),
    "effectiveness": (),
    "requirement": ("own_rule",),
}


def _refuse(talk: Talk, asked: Question, said: str, why: str) -> Talk:
    """Turn a wish down and ask again, once."""
    talk = replace(talk, unaccepted=(*talk.unaccepted, (asked.field, said)))
    return _push_back(talk, asked, why)


def _push_back(talk: Talk, asked: Question, why: str) -> Talk:
    times = sum(one == f"{asked.key}/pushed" for one in talk.done)
    done = (*talk.done, f"{asked.key}/pushed")
    if times >= 1:
        return replace(talk, done=(*done, asked.key), remark=why)
    return replace(talk, done=done, remark=why)


def _take(talk: Talk, asked: Question, said: str) -> Talk:
    """Put a reply where it belongs."""
    match asked.field:
        case Field.GRADE:
            return _done(replace(talk, plan=filling.grade(talk.plan, said)), asked)
        case Field.SOURCE:
            return _done(replace(talk, plan=filling.source(talk.plan, said)), asked)
        case Field.REQUIREMENT:
            return _requirement(talk, asked, said)
        case Field.CAUSE_ANALYSIS | Field.ROOT_CAUSE:
            return _causes(talk, asked, said)
        case Field.ACTIONS:
            return _done(
                replace(talk, plan=filling_actions.actions(talk.plan, said, talk.pattern)), asked
            )
        case Field.EFFECTIVENESS:
            return _done(
                replace(talk, plan=filling_actions.effectiveness(talk.plan, said, talk.pattern)),
                asked,
            )
        case Field.CB_ACCEPTANCE:
            return _done(replace(talk, plan=filling.limits(talk.plan, said)), asked)
        case _:
            plan = filling.words(talk.plan, asked.field, said, talk.pattern)
            plan = filling.statement_again(plan, talk.reading, asked.field)
            return _done(replace(talk, plan=plan), asked)


def _done(talk: Talk, asked: Question) -> Talk:
    return replace(talk, done=(*talk.done, asked.key))


def _requirement(talk: Talk, asked: Question, said: str) -> Talk:
    """Take the requirement that a person names; a kind of finding follows from it."""
    plan, reading, problem = filling.requirement(talk.plan, talk.reading, talk.found, said)
    talk = replace(talk, plan=plan, reading=reading)
    if problem:
        return _push_back(talk, asked, problem)
    return _done(talk, asked)


def _causes(talk: Talk, asked: Question, said: str) -> Talk:
    """Take causes that are conditions of the system, and push the others back with the reason."""
    finding = f"{talk.plan.finding.text} {talk.plan.entry(Field.STATEMENT).text}"
    kind = {"unseen": CauseKind.UNDETECTED, "allowed": CauseKind.ALLOWED}.get(asked.key)
    plan, weak = filling_causes.causes(
        talk.plan, said, kind, finding, chain=asked.field is Field.CAUSE_ANALYSIS
    )
    talk = replace(talk, plan=plan)
    if not weak:
        return _done(_settle_causes(talk), asked)
    refused = tuple((asked.field, one) for one in weak)
    talk = replace(talk, unaccepted=(*talk.unaccepted, *refused))
    smells = [smell for one in weak for smell in cause_smells(one, finding)]
    clue = questions.clue(talk.found, talk.turns)
    remark = questions.push_back(weak[0], smells[0].message if smells else "why was that so?", clue)
    talk = _settle_causes(talk)
    if kind is None and any(
        not one.proposed and one.kind is not CauseKind.UNDETECTED for one in talk.plan.causes
    ):
        return replace(_done(talk, asked), remark=remark)
    return _push_back(talk, asked, remark)


def _settle_causes(talk: Talk) -> Talk:
    """Propose actions for the causes that are known, in place of mere possibilities."""
    return replace(talk, plan=filling_actions.propose_actions(talk.plan, talk.pattern))


def _ask(talk: Talk) -> Talk:
    """Find the next question."""
    for step in questions.AGENDA:
        if step.key in talk.done or not step.needed(talk.plan, talk.found):
            continue
        if step.after and step.after not in talk.done:
            continue
        again = talk.remark and f"{step.key}/pushed" in talk.done
        brief = again and step.field in {Field.CAUSE_ANALYSIS, Field.ROOT_CAUSE}
        text = questions.DEEPER if brief else step.text(talk.plan, talk.pattern, talk.found)
        return replace(talk, question=Question(step.key, step.field, text))
    return replace(talk, question=None, plan=_last(talk))


def _last(talk: Talk) -> Plan:
    """Leave possibilities beside the plan where no cause became known."""
    pattern = talk.pattern
    return with_proposed_causes(talk.plan, pattern) if pattern else talk.plan


def is_open(entry: Entry) -> bool:
    """Tell whether a field still has questions."""
    return bool(entry.open) or not entry.filled


def owed(plan: Plan) -> bool:
    """Tell whether a plan is owed at all: an observation needs none."""
    return plan.grade is not Grade.OFI or plan.finding.source is not Source.CERTIFICATION_BODY


def false_record(said: str) -> bool:
    """Tell whether a reply asks for a record of the past."""
    return backdates(said) is not None
