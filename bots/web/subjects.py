"""Who stands at the web door, and what they may do: one table, asked by every route. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.passages import OWNER, Reader

RESERVED = "annexa:"
"""Beginning of the names of groups that stand for roles; nobody else can give them."""
LEADS = f"{RESERVED}lead"


class Role(StrEnum):
    """What a person is here. Everyone who signs in is staff."""

    STAFF = "staff"
    LEAD = "lead"
    AUDITOR = "auditor"
    """Reads, and changes nothing."""
    ADMIN = "admin"
    """Sees to people, tokens and health; reads no more than other staff."""
    OWNER = "owner"
    """Holds the workspace's files, and so reads everything; enters with a link from the terminal."""


class Action(StrEnum):
    """What can be done at the door."""

    ENTER = "enter"
    """Be signed in: the frame of the pages, signing out."""
    READ = "read"
    """The library, the Statement of Applicability, passages."""
    ASK = "ask"
    """Put questions, keep conversations, judge answers, ask a person."""
    FOLLOW = "follow"
    """See questions to people: one's own, or all of them for leads."""
    ANSWER = "answer"
    """Answer and close questions to people."""
    UPLOAD = "upload"
    DECIDE = "decide"
    """Approve or refuse uploads; see what could not be read."""
    PLANS = "plans"
    """The register of plans: names, states and dates."""
    PLAN = "plan"
    """A plan's text, which may quote what only its drafter could read."""
    AUDIT = "audit"
    """The audit log, and how any answer came about."""
    TOKENS = "tokens"
    """Make and withdraw tokens of one's own."""
    PEOPLE = "people"
    HEALTH = "health"


_STAFF = {
    Action.ENTER,
    Action.READ,
    Action.ASK,
    Action.FOLLOW,
    Action.UPLOAD,
    Action.TOKENS,
}
ALLOWED: dict[Role, frozenset[Action]] = {
    Role.STAFF: frozenset(_STAFF),
    Role.LEAD: frozenset(_STAFF | {Action.ANSWER, Action.DECIDE, Action.PLANS, Action.AUDIT}),
    Role.AUDITOR: frozenset({Action.ENTER, Action.READ, Action.PLANS, Action.AUDIT}),
    Role.ADMIN: frozenset(_STAFF | {Action.PEOPLE, Action.HEALTH}),
    Role.OWNER: frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A person who is signed in."""

    id: str
    name: str
    roles: frozenset[Role]
    groups: frozenset[str] = frozenset()

    @property
    def reader(self) -> Reader:
        """Say who this is to the library; only the workspace's owner reads everything."""
        if Role.OWNER in self.roles:
            return OWNER
        groups = self.groups | {f"{RESERVED}{role}" for role in self.roles}
        return Reader(id=self.id, groups=groups)

    def may(self, action: Action) -> bool:
        """Tell whether a role of this person allows `action`. An auditor only reads, whatever else."""
        if Role.AUDITOR in self.roles and action not in ALLOWED[Role.AUDITOR]:
            return False
        return any(action in ALLOWED[role] for role in self.roles)


class Forbidden(Exception):  # noqa: N818  what happened, for a person to be told
    """The person is known, and none of their roles allows this."""


class Foreign(Exception):  # noqa: N818  what happened, for a person to be told
    """There is no such thing for this person; another's looks the same."""


def authorize(subject: Subject, action: Action, owned_by: str | None = None) -> None:
    """Let `subject` do `action`, on a thing of `owned_by` where it has an owner.

    Raises Forbidden where the role is missing, Foreign where the thing is somebody else's."""
    if not subject.may(action):
        raise Forbidden(action)
    if owned_by is not None and owned_by != subject.id:
        raise Foreign


def name_of(roles: frozenset[Role]) -> str:
    """Name the roles for a person to read, the widest first."""
    order = (Role.OWNER, Role.ADMIN, Role.LEAD, Role.AUDITOR, Role.STAFF)
    return ", ".join(role.value for role in order if role in roles)
