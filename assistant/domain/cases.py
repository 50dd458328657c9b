"""A plan's case: its state, who may act, and everything that happened to it. Pure nouns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from assistant.domain.plan import (
    Field,
    Plan,
)


class State(StrEnum):
    """How far a plan has come."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SUBMITTED_TO_CB = "submitted_to_cb"
    CB_ACCEPTED = "cb_accepted"
    CB_RETURNED = "cb_returned"
    IN_PROGRESS = "in_progress"
    IMPLEMENTED = "implemented"
    VERIFIED = "verified"
    EFFECTIVE = "effective"
    WITHDRAWN = "withdrawn"


CLOSED = frozenset({State.EFFECTIVE, State.WITHDRAWN})


class Role(StrEnum):
    """What a person may do besides owning actions."""

    ISMS_LEAD = "isms_lead"
    TOP_MANAGEMENT = "top_management"
    """Top management or its delegate."""
    CERTIFICATION_BODY = "certification_body"


@dataclass(frozen=True, slots=True)
class Person:
    """A named person who acts."""

    name: str
    roles: frozenset[Role] = frozenset()


class Refused(Exception):  # noqa: N818  a refusal, not a fault
    """A step that the rules do not allow; the text says which rule and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a plan, in which field, and why it matters."""

    code: str
    field: Field
    severity: str
    """ "fail": automatic fail; "error": must be mended before it is proposed; "warning"."""
    message: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A step in the history of a plan. Nothing is ever taken out."""

    at: datetime
    by: str
    what: str
    """ "proposed", "approval voided", "extension granted" …"""
    before: State
    after: State
    reason: str = ""
    content_hash: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """A named person's approval of exactly this content."""

    by: str
    role: Role
    at: datetime
    content_hash: str
    overrides: tuple[tuple[str, str], ...] = ()
    """(code of a problem, why it was accepted all the same) pairs."""
    self_approved: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What was done on an action."""

    action: str
    status: str
    """ "started" or "done"."""
    by: str
    at: datetime
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """A request for a later date. The old date stays."""

    target: str
    """Id of an action, or "effectiveness"."""
    old: date
    new: date
    reason: str
    requested_by: str
    requested_at: datetime
    granted_by: str = ""
    granted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a verifier found."""

    by: str
    at: datetime
    opened: str
    """The evidence that was opened, or the data that was looked at."""
    result: str


@dataclass(frozen=True, slots=True)
class Case:
    """A plan and everything that happened to it."""

    plan: Plan
    state: State = State.DRAFT
    version: int = 1
    changed_by: str = ""
    """Whoever last changed the content."""
    events: tuple[Event, ...] = ()
    approval: Approval | None = None
    cb_decision: Judgement | None = None
    progress: tuple[Progress, ...] = ()
    extensions: tuple[Extension, ...] = ()
    verification: Judgement | None = None
    effect: Judgement | None = None
    implemented_on: date | None = None
    disputed: str = ""
    """Why the finding is disputed; empty: it is not."""

    def status_of(self, action: str) -> str:
        """Give an action's status: "open", "started" or "done"."""
        return next((one.status for one in reversed(self.progress) if one.action == action), "open")

    def due_of(self, target: str) -> date | None:
        """Give the date that counts for an action or for "effectiveness": extended or as planned."""
        granted = [one for one in self.extensions if one.target == target and one.granted_at]
        if granted:
            return granted[-1].new
        if target == "effectiveness":
            return self.plan.effectiveness.due
        return next((one.due for one in self.plan.actions if one.id == target), None)

    def shown_state(self, today: date) -> str:
        """Give the state in the words of the register."""
        due = self.due_of("effectiveness")
        if self.state is State.VERIFIED and (due is None or today < due):
            return "implemented, effectiveness pending"
        return self.state.value
