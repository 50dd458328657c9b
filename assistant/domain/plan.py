"""A corrective action plan: the finding it answers, its fields, causes and actions. Pure.

A plan is *content*: what people approve, bound to a hash. How far it has come, who approved it and
what was done is kept beside it, in `assistant.domain.casework`.

Whatever is unknown stays visibly open. Words of the assistant are proposals: they stand in
`Entry.proposed`, count for nothing, and become content only when a person takes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from knowledge.passages import Citation

TO_BE_CONFIRMED = "TO BE CONFIRMED"


class Field(StrEnum):
    """The fields of a plan, in the order in which they are written."""

    FINDING_ID = "finding_id"
    SOURCE = "source"
    REQUIREMENT = "requirement"
    OBJECTIVE_EVIDENCE = "objective_evidence"
    STATEMENT = "statement"
    GRADE = "grade"
    RISK = "risk"
    CONTAINMENT = "containment"
    CORRECTION = "correction"
    CONSEQUENCES = "consequences"
    EXTENT = "extent"
    CAUSE_ANALYSIS = "cause_analysis"
    ROOT_CAUSE = "root_cause"
    ACTIONS = "actions"
    ISMS_CHANGES = "isms_changes"
    CLOSURE_EVIDENCE = "closure_evidence"
    EFFECTIVENESS = "effectiveness"
    APPROVAL = "approval"
    CB_ACCEPTANCE = "cb_acceptance"
    CLOSURE = "closure"
    HISTORY = "history"


class Grade(StrEnum):
    """How grave a finding is. Only a person sets it."""

    MAJOR = "major"
    MINOR = "minor"
    OFI = "ofi"
    """An observation or opportunity for improvement: no plan is owed."""


class Source(StrEnum):
    """Where a finding comes from; it decides who waits for an answer."""

    INTERNAL = "internal"
    CERTIFICATION_BODY = "certification_body"
    CUSTOMER = "customer"
    REGULATOR = "regulator"
    INCIDENT = "incident"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding exactly as it was raised."""

    id: str
    text: str
    """Verbatim, whatever its language."""
    source: Source
    audit_date: date | None = None
    grade: Grade | None = None
    auditor: str | None = None
    audit: str | None = None
    """The audit or report that it belongs to, such as "Surveillance audit 2026"."""
    due: date | None = None
    """The day that whoever raised it set for the answer."""
    repeat_of: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said, word for word."""

    text: str
    by: str
    at: datetime
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A field in words: what is known, what is open, and what the assistant proposes."""

    text: str = ""
    open: tuple[str, ...] = ()
    """What has to be confirmed, as questions."""
    proposed: tuple[str, ...] = ()
    said: tuple[int, ...] = ()
    """Positions in `Plan.said`."""

    @property
    def filled(self) -> bool:
        """Tell whether something is known."""
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True)
class Requirement:
    """What was not fulfilled."""

    ids: tuple[str, ...] = ()
    """Clause units or controls of the edition of 2022, the one in question first."""
    confirmed: bool = False
    """Whether the finding or a person names it; else it was read from the finding's words."""
    rule: str = ""
    """The requirement in own words."""
    own_rule: str = ""
    """The organisation's own rule, with its document and section."""
    soa: str = ""
    """What the Statement of Applicability says of the control."""
    related: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Requirements that the words may mean, where none is certain."""
    note: str = ""
    """What to know about it: an id of an old edition, an excluded control."""
    open: tuple[str, ...] = ()


class CauseKind(StrEnum):
    """Which of the three questions a cause answers."""

    HAPPENED = "happened"
    UNDETECTED = "undetected"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Cause:
    """A condition of the system that can be changed."""

    id: str
    """ "C1"."""
    kind: CauseKind
    text: str
    evidence: str = ""
    category: str = ""
    """Where it sits, such as "responsibility" or "no check"."""
    proposed: bool = False
    """A possibility to look into, not a finding of the analysis."""


@dataclass(frozen=True, slots=True)
class Action:
    """A corrective action, tied to the causes it removes."""

    id: str
    """ "A1"."""
    what: str
    causes: tuple[str, ...] = ()
    done_when: str = ""
    owner: str = ""
    """Role and person, as a person named them."""
    due: date | None = None
    resources: str = ""
    proposed: bool = False
    """Suggested by the assistant and not yet taken by a person."""


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How it will be seen that the causes are gone."""

    measure: str = ""
    threshold: str = ""
    sample: str = ""
    period: str = ""
    due: date | None = None
    reviewer: str = ""
    text: str = ""
    """In the words of whoever said it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The content of a corrective action plan."""

    id: str
    finding: Finding
    title: str = ""
    requirement: Requirement = Requirement()
    entries: tuple[tuple[Field, Entry], ...] = ()
    causes: tuple[Cause, ...] = ()
    actions: tuple[Action, ...] = ()
    effectiveness: Effectiveness = Effectiveness()
    said: tuple[Said, ...] = ()
    citations: tuple[Citation, ...] = ()
    links: tuple[str, ...] = ()
    """Ids of what it hangs together with: SoA rows, risks, interviews, documents, other plans."""
    drafted_by: str = "assistant"
    expiry: date | None = None
    """Last day of the certificate or contract that limits the dates."""
    expiry_said: str = ""
    """Where that day was read or who said it."""
    reopened_from: str = ""
    """Hash of the causes that did not hold, where a plan was reopened."""

    def entry(self, field: Field) -> Entry:
        """Give the entry of a field; an empty one where nothing is known."""
        return next((entry for name, entry in self.entries if name is field), Entry())

    def with_entry(self, field: Field, entry: Entry) -> Plan:
        """Give the plan with another entry, the fields in their order."""
        kept = {name: one for name, one in self.entries if name is not field} | {field: entry}
        return replace(self, entries=tuple((name, kept[name]) for name in Field if name in kept))

    @property
    def grade(self) -> Grade | None:
        """The finding's grade."""
        return self.finding.grade

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything that is approved; the same content always gives the same hash."""
        return digest(asdict(self))

    @property
    def causes_hash(self) -> str:
        """SHA-256 of the causes alone."""
        return digest([asdict(one) for one in self.causes if not one.proposed])

    @property
    def owners(self) -> tuple[str, ...]:
        """Whoever owns an action, once each."""
        return tuple(dict.fromkeys(one.owner for one in self.actions if one.owner))


def digest(value: object) -> str:
    """Hash plain data: dictionaries, lists, texts, numbers and days."""
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_written
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be hashed")


_WRITTEN_BY_OTHERS = frozenset({Field.APPROVAL, Field.CB_ACCEPTANCE, Field.CLOSURE, Field.HISTORY})
"""Filled by what happens to the plan and not by its drafting."""


def required_fields(grade: Grade | None) -> frozenset[Field]:
    """Give the fields that a plan must fill before it is proposed. Without a grade: all of them."""
    fields = frozenset(Field) - _WRITTEN_BY_OTHERS
    if grade is Grade.MINOR:
        return fields - {Field.CONTAINMENT}
    if grade is Grade.OFI:
        return frozenset({Field.FINDING_ID, Field.SOURCE, Field.STATEMENT, Field.ACTIONS})
    return fields


def filled_fields(plan: Plan) -> frozenset[Field]:
    """Give the fields that hold something a person said or that a record proves."""
    finding, check = plan.finding, plan.effectiveness
    causes = [one for one in plan.causes if not one.proposed]
    actions = [one for one in plan.actions if not one.proposed]
    known = {
        Field.FINDING_ID: bool(finding.id),
        Field.SOURCE: True,
        Field.GRADE: finding.grade is not None,
        Field.REQUIREMENT: bool(plan.requirement.ids) and plan.requirement.confirmed,
        Field.ROOT_CAUSE: bool(causes),
        Field.ACTIONS: bool(actions)
        and all(one.owner and one.due and one.what and one.done_when for one in actions),
        Field.EFFECTIVENESS: bool(
            check.measure and check.threshold and check.period and check.due and check.reviewer
        ),
    }
    return frozenset(field for field in Field if known.get(field, plan.entry(field).filled))


def to_be_confirmed(plan: Plan) -> tuple[Field, ...]:
    """Give the fields in which something is still open, in their order."""
    required = required_fields(plan.grade) | {
        name for name, entry in plan.entries if entry.open or entry.proposed
    }
    filled = filled_fields(plan)
    waiting = {Field.APPROVAL, Field.CLOSURE}
    if plan.finding.source is Source.CERTIFICATION_BODY:
        waiting.add(Field.CB_ACCEPTANCE)
    return tuple(
        field
        for field in Field
        if field in waiting
        or (field in required and field not in filled)
        or plan.entry(field).open
        or (field is Field.REQUIREMENT and plan.requirement.open)
    )


def same_person(one: str, other: str) -> bool:
    """Tell whether two descriptions may mean one person: "IT Manager (Ravi Menon)", "Ravi Menon".

    In doubt they do: the duties of two persons must not fall together unseen."""
    first, second = _words(one), _words(other)
    return bool(first and second) and (first <= second or second <= first)


def _words(text: str) -> frozenset[str]:
    letters = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return frozenset(letters.split())


def owned_by(actions: Iterable[Action], person: str) -> tuple[Action, ...]:
    """Give the actions that a person may be the owner of."""
    return tuple(one for one in actions if one.owner and same_person(one.owner, person))
