"""What an organisation settles for its plans: people and roles, time limits, self-approval, template.

Read from `plans.yaml` in the workspace; without it the defaults of practice hold and nobody has a
role. The time limits are a table per source, never a number in the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.domain.cases import Person, Role
from assistant.domain.plan import Field as PlanField
from assistant.domain.plan import Grade, Plan, Source, same_person
from assistant.settings import SettingsError

FILE = "plans.yaml"
KINDS = ("containment", "plan", "action", "effectiveness")
_LIMIT = re.compile(
    r"(?P<number>\d{1,3}) (?P<unit>working days|days|weeks|"
    r"months)(?P<after> after implementation)?|next audit"
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Model):
    """Time limits by kind and grade, such as "14 days", "5 working days" or "next audit"."""

    containment: Mapping[str, str] = Field(default_factory=dict)
    plan: Mapping[str, str] = Field(default_factory=dict)
    action: Mapping[str, str] = Field(default_factory=dict)
    effectiveness: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("containment", "plan", "action", "effectiveness")
    @classmethod
    def _readable(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for grade, limit in value.items():
            if grade not in {"major", "minor"}:
                raise ValueError(f"a limit is for major or minor, not {grade!r}")
            if not _LIMIT.fullmatch(limit):
                raise ValueError(
                    f"{limit!r} is no limit; write 14 days, 5 working days, 90 days after "
                    "implementation or next audit"
                )
        return value


class HouseRules(_Model):
    """`plans.yaml` in a workspace."""

    people: Mapping[str, tuple[Role, ...]] = Field(default_factory=dict)
    """Name of a person → what they may do besides owning actions."""
    self_approval: bool = False
    sources: Mapping[str, Limits] = Field(default_factory=dict)
    """Name of a source or certification body → its limits; "default" for all others."""
    escalate_after: Mapping[str, int] = Field(default_factory=dict)
    """Days overdue from which a plan of a grade is escalated."""
    template: str | None = None
    """Path of the organisation's own DOCX template, relative to the workspace."""

    def person(self, name: str) -> Person:
        """Give a person with the roles that are entered for them."""
        roles = {
            role
            for known, held in self.people.items()
            if known.casefold() == name.strip().casefold()
            for role in held
        }
        return Person(name.strip(), frozenset(roles))

    def holders(self, role: Role) -> tuple[str, ...]:
        """Give the people who have a role."""
        return tuple(name for name, held in self.people.items() if role in held)


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit and where it comes from."""

    kind: str
    """One of KINDS."""
    grade: Grade | None
    """None: for every grade."""
    said: str
    """ "14 days"."""
    origin: str
    """ "own procedure: PRO-09 …" or "default, confirm in your certification body's contract"."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggested date. It fills no field; a person accepts it or names another."""

    kind: str
    day: date
    why: str


def read_house_rules(workspace: Path) -> HouseRules:
    """Read `plans.yaml`. Raises SettingsError naming the place."""
    path = workspace / FILE
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return HouseRules()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{FILE} cannot be read: {' '.join(str(error).split())}") from error
    try:
        return HouseRules.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"{FILE}: {place}: {first['msg'].removeprefix('Value error, ')}"
        ) from error


def defaults() -> HouseRules:
    """Give the limits of practice that ship with the product."""
    text = resources.files("assistant.planning").joinpath("due_rules.yaml").read_text("utf-8")
    return HouseRules.model_validate(yaml.safe_load(text))


def limit_for(
    kind: str,
    plan: Plan,
    rules: HouseRules,
    own: tuple[Limit, ...] = (),
) -> Limit | None:
    """Give the limit that holds: of the source, else of the own procedure, else of practice."""
    read = plan.entry(PlanField.GRADE).proposed
    # A suggestion may rest on the grade that was read in the text; a field may not.
    grade = plan.grade or (Grade(read[0]) if read else None)
    if grade not in {Grade.MAJOR, Grade.MINOR}:
        return None
    for name, limits in rules.sources.items():
        said = getattr(limits, kind).get(grade.value)
        if said and name != "default" and _is_source(name, plan):
            return Limit(kind, grade, said, f"{name}, entered in {FILE}")
    for one in own:
        if one.kind == kind and one.grade in {None, grade}:
            return one
    for held, origin in (
        (rules, f"entered in {FILE}"),
        (defaults(), _DEFAULT[plan.finding.source is Source.CERTIFICATION_BODY]),
    ):
        if held.sources.get("default") and (
            said := getattr(held.sources["default"], kind).get(grade.value)
        ):
            return Limit(kind, grade, said, origin)
    return None


_DEFAULT = {
    True: "default, confirm in your certification body's contract",
    False: "default, confirm in your own procedure",
}


def _is_source(name: str, plan: Plan) -> bool:
    """Tell whether a row of the table is meant: by the kind of source or by the body's name."""
    finding = plan.finding
    said = " ".join(filter(None, (finding.audit, finding.auditor)))
    return name == finding.source.value or (name.casefold() in said.casefold() if said else False)


def suggest(plan: Plan, rules: HouseRules, own: tuple[Limit, ...] = ()) -> tuple[Suggested, ...]:
    """Suggest dates; the earlier of the limit, the source's own date and the expiry wins."""
    raised = plan.finding.audit_date
    if raised is None:
        return ()
    found: list[Suggested] = []
    last = max((one.due for one in plan.actions if one.due and not one.proposed), default=None)
    for kind in KINDS:
        limit = limit_for(kind, plan, rules, own)
        if limit is None:
            continue
        action = next((one.day for one in found if one.kind == "action"), None)
        start = (last or action or raised) if kind == "effectiveness" else raised
        day = _counted(limit.said, start)
        why = f"{limit.said} ({limit.origin})"
        if day is None:
            continue
        if kind == "plan" and plan.finding.due and plan.finding.due < day:
            day, why = plan.finding.due, "set by whoever raised the finding"
        if plan.expiry and plan.expiry < day:
            day, why = plan.expiry, f"the certificate or contract ends then, before {limit.said}"
        found.append(Suggested(kind, day, why))
    return tuple(found)


def _counted(limit: str, start: date) -> date | None:
    """Count a limit from a day; "next audit" names no day."""
    match = _LIMIT.fullmatch(limit)
    if match is None or match["number"] is None:
        return None
    number, unit = int(match["number"]), match["unit"]
    if unit == "working days":
        return _working_days(start, number)
    return start + timedelta(days=number * {"days": 1, "weeks": 7, "months": 30}[unit])


def _working_days(start: date, number: int) -> date:
    """Count Monday to Friday; holidays differ by place and are left to people."""
    day = start
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def known_person(rules: HouseRules, owner: str) -> str | None:
    """Give the entered person that an owner's description means."""
    return next((name for name in rules.people if same_person(name, owner)), None)
