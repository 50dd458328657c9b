"""What findings of a kind need looked at, and where causes sit: data, read once and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.plan import CauseKind
from knowledge.controls import Clause, Control, register


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Extent(_Data):
    """Where else to look."""

    count: str
    places: tuple[str, ...]
    potential: str


class Remedy(_Data):
    """A measure that removes causes of certain kinds."""

    removes: tuple[str, ...]
    """Ids of mechanisms."""
    what: str
    done_when: str
    resources: str


class Check(_Data):
    """A proposal for how to see that the causes are gone."""

    measure: str
    threshold: str
    sample: str
    period: str


class Pattern(_Data):
    """A kind of finding."""

    id: str
    units: tuple[str, ...]
    """The requirement that is meant by such a finding, and its parts."""
    related: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Regular expressions; the first says what it is about, the others what is wrong."""
    subject: str
    title: str
    harm: bool = False
    """Whether harm may be going on, so that containment is asked for whatever the grade."""
    risk: str
    containment: str
    correction: str
    never: str = ""
    """What must not be done about it."""
    consequences: tuple[str, ...]
    extent: Extent
    causes: Mapping[CauseKind, tuple[str, ...]]
    """Questions that lead to causes, by kind."""
    actions: tuple[Remedy, ...]
    evidence: tuple[str, ...]
    effectiveness: Check
    changes: Mapping[str, str]
    """What a plan of this kind does to risk, soa, policy, objectives and training."""

    def score(self, text: str) -> int:
        """Count how many of the expressions find something; 0 where the first does not."""
        found = [bool(re.search(one, text, re.IGNORECASE)) for one in self.words]
        return sum(found) if found and found[0] else 0

    def mentions(self, text: str) -> int:
        """Count how often the text speaks of the subject."""
        return len(re.findall(self.words[0], text, re.IGNORECASE)) if self.words else 0


class Mechanism(_Data):
    """Where a cause can sit, how it is recognised, and the measure of last resort."""

    id: str
    category: str
    words: tuple[str, ...]
    strength: int = Field(ge=1, le=6)
    what: str
    done_when: str
    resources: str

    def found_in(self, text: str) -> bool:
        """Tell whether the text speaks of it."""
        return any(re.search(one, text, re.IGNORECASE) for one in self.words)


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """Give all kinds of findings in a fixed order."""
    files = sorted(
        (one for one in resources.files(__name__).iterdir() if one.name.endswith(".yaml")),
        key=lambda one: one.name,
    )
    return tuple(
        Pattern.model_validate(raw) for file in files for raw in _read(file.read_text("utf-8"))
    )


@lru_cache(maxsize=1)
def mechanisms() -> tuple[Mechanism, ...]:
    """Give the places where causes sit."""
    text = resources.files("assistant.planning").joinpath("mechanisms.yaml").read_text("utf-8")
    return tuple(Mechanism.model_validate(raw) for raw in _read(text))


def _read(text: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: list[dict[str, Any]] = yaml.load(text, loader)  # noqa: S506  a safe loader
    return loaded


def mechanisms_in(text: str) -> tuple[Mechanism, ...]:
    """Give the mechanisms that a cause speaks of; none: it names no condition of the system."""
    return tuple(one for one in mechanisms() if one.found_in(text))


def pattern_by_id(pattern_id: str) -> Pattern | None:
    """Give a kind of finding by its id, also one made for a unit ("unit:A.5.7")."""
    if pattern_id.startswith("unit:"):
        return pattern_of_unit(pattern_id.removeprefix("unit:"))
    return next((one for one in patterns() if one.id == pattern_id), None)


def ranked(text: str) -> tuple[tuple[Pattern, int], ...]:
    """Give the kinds of finding that the words may mean, best first."""
    scored = [(one, one.score(text)) for one in patterns()]
    found = [(one, score) for one, score in scored if score]
    return tuple(sorted(found, key=lambda pair: (-pair[1], -pair[0].mentions(text))))


def fitting(text: str, ids: Iterable[str]) -> Pattern | None:
    """Give the kind of finding that fits both words and requirement; made for the unit if none."""
    named = tuple(ids)
    if not named:
        return None
    scored = [
        (one.score(text), one.units[0] == named[0], bool(set(one.units) & set(named)), one)
        for one in patterns()
        if set(named[:2]) & {*one.units, *one.related} and one.score(text)
    ]
    scored += [
        (0, True, True, one) for one in patterns() if named[0] in one.units and not one.score(text)
    ]
    # A pattern whose own requirement is named beats one that is only related to it.
    best = max(scored, key=lambda item: (item[2], item[0], item[1]), default=None)
    if best is not None and (best[2] or best[0] >= min(2, len(best[3].words))):
        return best[3]
    return pattern_of_unit(named[0])


def pattern_of_unit(unit_id: str) -> Pattern | None:
    """Make a kind of finding from what the register knows of a control or clause."""
    known = register()
    unit = known.control(unit_id) if unit_id.startswith("A.") else known.clause(unit_id)
    if unit is None:
        return None
    about = _subject(unit)
    return Pattern(
        id=f"unit:{unit.id}",
        units=(unit.id,),
        subject=f"the duties under {unit.id} ({about})",
        title=f"{unit.id} {unit.title}: not fulfilled",
        harm=unit.id.startswith("A."),
        risk=f"What {unit.id} is meant to reach is not reached: {_small(_aim(unit))}",
        containment="Limit the harm that can still happen for what was found, and note who did it "
        "and when.",
        correction=f"Put right what was found, so that {unit.id} is fulfilled there.",
        never="Records of the past are not made up afterwards.",
        consequences=(
            "Did anything happen because of it that has to be handled as an event?",
            "Does anybody (customer, authority, management) rely on a statement that was not true?",
        ),
        extent=Extent(
            count=f"all places that {unit.id} covers, with the result for each",
            places=(
                "other systems, teams and sites",
                "earlier periods",
                "suppliers who do the same",
            ),
            potential="places that are not on any list of those who should do it",
        ),
        causes={
            CauseKind.HAPPENED: (
                *[one for one in _probes(unit) if one.endswith("?")][:1],
                "Which condition made it possible, and would have prevented it and similar cases "
                "had it been different?",
            ),
            CauseKind.UNDETECTED: ("Who checks that it works, against what, and how often?",),
            CauseKind.ALLOWED: ("Who owns it, and which decision or change led to this state?",),
        },
        actions=(),
        evidence=tuple(one[:1].upper() + one[1:] for one in unit_evidence(unit)[:4]),
        effectiveness=Check(
            measure=f"cases in which the requirement on {about} is not met",
            threshold="0, or a share that the owner justifies",
            sample="all cases of the period, or 25 drawn at random",
            period="at least two full cycles of the process after the last action",
        ),
        changes={
            "risk": "check - does the finding change a risk or its score",
            "soa": f"yes - the status of {unit.id} is checked"
            if unit.id.startswith("A.")
            else "check",
            "policy": "check - does the rule say who does what and when",
            "objectives": "consider",
            "training": "only for those whose task changes",
        },
    )


def unit_of(unit_id: str) -> Control | Clause | None:
    """Give a control or clause unit of the edition of 2022 by its id."""
    known = register()
    return known.control(unit_id) if unit_id.startswith("A.") else known.clause(unit_id)


def _subject(unit: Control | Clause) -> str:
    title = unit.title if isinstance(unit, Control) else unit.title.replace(" - ", ", ")
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _aim(unit: Control | Clause) -> str:
    return unit.intent if isinstance(unit, Control) else f"{unit.must_show[0]}."


def _small(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _probes(unit: Control | Clause) -> tuple[str, ...]:
    return unit.interview.probes if isinstance(unit, Control) else unit.probes


def unit_evidence(unit: Control | Clause) -> tuple[str, ...]:
    """Give the evidence that fits a unit."""
    return unit.interview.evidence if isinstance(unit, Control) else unit.evidence


def rule_in_own_words(unit_id: str) -> str:
    """Say what a control or clause asks for."""
    unit = unit_of(unit_id)
    if unit is None:
        return ""
    if isinstance(unit, Control):
        return f"{unit.id} {unit.title}: {_small(unit.intent)}"
    asked = "; ".join(unit.must_show[:4])
    return f"{unit.id} {unit.title}: {asked}."
