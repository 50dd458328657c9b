"""What each unit demands, and how one unit's answer bears on another: data for interviews.

A *unit* is one of the 30 clause units or 93 controls; it is made of *demands*. Every text is in our
own words. The data lie in `guidance/demands.yaml` and `guidance/interview.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from knowledge.controls import Control, canonical, control_order, register

LONGEST_QUESTION = 35
"""Words; a longer question is not understood when it is heard."""


class Demand(BaseModel):
    """One thing that a unit demands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    text: str
    core: bool
    """Without it the whole unit is a gap."""
    shows: Literal["design", "operation"]
    """Which kind of evidence settles it: a document (design) or a record (operation)."""
    ask: str
    evidence: tuple[str, ...] = Field(min_length=1)
    cues: tuple[str, ...] = Field(min_length=1)
    negations: tuple[str, ...] = Field(min_length=1)
    implies: tuple[str, ...] = ()
    """Demands that are shown as well by whoever shows this one."""


class AskedWhen(BaseModel):
    """A question that an answer calls for by naming a certain kind of thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    demand: str
    pattern: str
    """With a group "named", and "named2" for another order of words."""
    ask: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A clause unit or control as it is assessed."""

    id: str
    title: str
    group: str
    """Clause "4" to "10", or theme "A.5" to "A.8"."""
    opening: str
    probes: tuple[str, ...]
    plainly: str
    """What the unit wants, in plain words, for whoever asks for help."""
    demands: tuple[Demand, ...]
    document: str
    """Whether the standard itself asks for a document here: required, as_needed or none."""
    exclusion: str | None = None
    """None: never excluded (clauses); "rare" or "conditional" for controls."""
    exclusion_note: str = ""
    exclusion_test: str | None = None
    """A question of fact that tests an exclusion."""
    derives: tuple[str, ...] = ()
    """Units that are a gap as well, to be confirmed, where this one's core is missing."""
    linked: tuple[str, ...] = ()
    asked_when: tuple[AskedWhen, ...] = ()

    @property
    def is_clause(self) -> bool:
        """Tell whether the unit is of clauses 4 to 10, which nobody may exclude."""
        return self.exclusion is None

    @property
    def core(self) -> tuple[Demand, ...]:
        """Give the demands without which the unit is a gap."""
        return tuple(one for one in self.demands if one.core)

    def demand(self, demand_id: str) -> Demand | None:
        """Give a demand by id."""
        return next((one for one in self.demands if one.id == demand_id), None)


@lru_cache(maxsize=1)
def units() -> Mapping[str, Unit]:
    """Give the 123 units by id, clauses first, in the standard's order."""
    raw = _load("demands.yaml")
    bearing = _load("interview.yaml")
    implied: dict[str, list[str]] = bearing["implied"]
    demands = {
        str(unit): tuple(
            one.model_copy(update={"implies": tuple(implied.get(one.id, ()))})
            for one in TypeAdapter(list[Demand]).validate_python(listed)
        )
        for unit, listed in raw.items()
    }
    found: dict[str, Unit] = {}
    for clause in register().clauses:
        found[clause.id] = Unit(
            id=clause.id,
            title=clause.title,
            group=clause.id.split(".", 1)[0],
            opening=clause.opening,
            probes=clause.probes,
            plainly="; ".join(clause.must_show),
            demands=demands[clause.id],
            document=clause.documented_information.level,
            derives=_ids(bearing["derived"], clause.id),
            linked=_ids(bearing["linked"], clause.id),
            asked_when=tuple(
                one
                for one in TypeAdapter(list[AskedWhen]).validate_python(bearing["asked_when"])
                if one.unit == clause.id
            ),
        )
    for control in sorted(register().controls, key=lambda one: control_order(one.id)):
        found[control.id] = _control(control, demands[control.id], bearing)
    return found


def unit(unit_id: str) -> Unit | None:
    """Give a unit by id however it is written ("A.8.13", "8.13" is no control here)."""
    said = unit_id.strip()
    if said in units():
        return units()[said]
    return units().get(canonical(said)) if said[:1] in "Aa" else None


@lru_cache(maxsize=1)
def german_words() -> Mapping[str, str]:
    """Give German words and parts of words with the English words that cues are written in."""
    return {str(said): str(meant) for said, meant in _load("interview.yaml")["german"].items()}


def chosen(name: str) -> tuple[str, ...]:
    """Give the ids that a name stands for: a unit, a clause ("9.2"), a theme ("A.8") or "all"."""
    said = name.strip()
    if said.casefold() == "all":
        return tuple(units())
    if one := unit(said):
        return (one.id,)
    whole = said.upper() if said[:1] in "Aa" else said
    return tuple(one for one in units() if one.startswith(whole + "."))


def _control(control: Control, demands: tuple[Demand, ...], bearing: dict[str, Any]) -> Unit:
    return Unit(
        id=control.id,
        title=control.title,
        group=control.id.rsplit(".", 1)[0],
        opening=control.interview.opening,
        probes=control.interview.probes,
        plainly=control.intent,
        demands=demands,
        document="none",
        exclusion=control.exclusion.plausibility,
        exclusion_note=control.exclusion.note,
        exclusion_test=bearing["exclusion"].get(control.id),
        derives=_ids(bearing["derived"], control.id),
        linked=_ids(bearing["linked"], control.id),
    )


def _ids(table: Mapping[str, list[str]], unit_id: str) -> tuple[str, ...]:
    return tuple(table.get(unit_id, ()))


def _load(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("knowledge.guidance").joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - a safe loader either way
    return loaded
