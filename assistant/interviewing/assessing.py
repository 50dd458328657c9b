"""Assessments at work: set up, interview, delegate, decide, and all that is kept of it.

The one object that doors talk to about interviews. Time, people and the library are handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from assistant.domain import assessment as assessments
from assistant.domain import interview as interviews
from assistant.domain.assessment import (
    Added,
    AssessmentState,
    Decided,
    Invited,
    Rated,
    SetUp,
    UnitResult,
)
from assistant.domain.interview import (
    Delegated,
    Event,
    Evidence,
    InterviewState,
    Opened,
    Respondent,
    Verdict,
)
from assistant.interviewing import conversation, pausing
from assistant.interviewing.known import NOTHING, Known
from assistant.interviewing.merging import results
from assistant.interviewing.store import InterviewStore
from assistant.interviewing.understanding import ClaimReader
from assistant.store import NotAgreed, UnknownRecord
from knowledge.demands import units

ReadFirst = Callable[[Respondent, tuple[str, ...]], Known]
"""Reads what the documents that a respondent may see say about units."""
Value = TypeVar("Value")


def _nothing(_: Respondent, __: tuple[str, ...]) -> Known:
    return NOTHING


@dataclass(frozen=True, slots=True)
class Sitting:
    """One interview as it stands."""

    stream: str
    state: InterviewState
    count: int
    """Events so far."""

    @property
    def says(self) -> str:
        """Give what the assistant said last."""
        return self.state.asked.text if self.state.asked else ""


class Assessments:
    """Assessments and interviews of one workspace."""

    def __init__(
        self,
        store: InterviewStore,
        *,
        today: date,
        now: Callable[[], datetime],
        read_first: ReadFirst = _nothing,
        claim_reader: ClaimReader | None = None,
    ) -> None:
        """Work on `store`; `read_first` reads documents before questions are asked."""
        self._store = store
        self._today = today
        self._now = now
        self._read_first = read_first
        self._claim_reader = claim_reader
        self._known: dict[str, Known] = {}

    # Setting up -----------------------------------------------------------------------------------

    def set_up(self, setup: SetUp, by: str) -> str:
        """Set an assessment up and give its id. Raises NotAgreed for units that do not exist."""
        unknown = [one for one in setup.units if one not in units()]
        if unknown or not setup.units:
            raise NotAgreed(
                f"no clause units or controls: {', '.join(unknown) or '(none named)'}. Nothing was "
                "set up."
            )
        taken = [one for one in self._store.streams() if "/" not in one]
        name = f"G-{len(taken) + 1}"
        self._store.append(name, [setup], after=0, by=by, at=self._now())
        return name

    def all(self) -> tuple[str, ...]:
        """Give the ids of all assessments, the first one first."""
        return tuple(one for one in self._store.streams() if "/" not in one)

    def assessment(self, name: str) -> AssessmentState:
        """Give an assessment. Raises UnknownRecord."""
        events = self._store.assessment(name)
        if not events:
            raise UnknownRecord(
                f"there is no assessment {name!r}. `annexa interview status` lists them."
            )
        return assessments.fold(events)

    def latest(self) -> str:
        """Give the assessment that was set up last. Raises UnknownRecord."""
        found = self.all()
        if not found:
            raise UnknownRecord(
                "no assessment was set up yet. Begin with `annexa interview setup`."
            )
        return found[-1]

    def invite(
        self,
        name: str,
        respondent: Respondent,
        wanted: Sequence[str],
        by: str,
        *,
        demands: tuple[tuple[str, str], ...] = (),
        because: str = "",
        due: date | None = None,
    ) -> str:
        """Give a respondent an interview about units of an assessment, and its id."""
        state = self.assessment(name)
        setup = state.setup
        assert setup is not None  # noqa: S101  the first event of every assessment
        chosen = tuple(dict.fromkeys(wanted)) or setup.units
        stream = f"{name}/{_slug(respondent.name)}"
        taken = {one.interview for one in state.invited}
        number = 2
        while stream in taken:
            stream = f"{name}/{_slug(respondent.name)}-{number}"
            number += 1
        invited = Invited(stream, respondent, chosen, demands, because, due)
        self._add_to_assessment(name, [invited], by)
        return stream

    # The conversation -----------------------------------------------------------------------------

    def sitting(self, stream: str) -> Sitting:
        """Give an interview as it stands; one that was not begun yet has no events."""
        events = self._store.interview(stream)
        return Sitting(stream, interviews.fold(events), len(events))

    def sittings(self, name: str) -> tuple[Sitting, ...]:
        """Give the interviews of an assessment in the order of inviting."""
        return tuple(self.sitting(one.interview) for one in self.assessment(name).invited)

    def begin(self, stream: str) -> Sitting:
        """Begin an interview, or give it as it stands if it was begun."""
        there = self.sitting(stream)
        if there.count:
            return there
        invited = self._invited(stream)
        setup = self.assessment(stream.split("/", maxsplit=1)[0]).setup
        opened = Opened(
            stream.split("/", maxsplit=1)[0],
            invited.respondent,
            invited.units,
            setup.depth if setup else "standard",
            invited.demands,
        )
        events = conversation.begin(
            opened, self.known(stream, invited.respondent, invited.units), today=self._today
        )
        return self._keep(there, events)

    def answer(self, stream: str, reply: str, key: str) -> Sitting:
        """Take one reply. The same key again changes nothing; what was acknowledged is on the disk.

        Raises NotAgreed where the interview went on elsewhere meanwhile."""
        there = self._begun(stream)
        events = conversation.answer(
            there.state,
            reply,
            key,
            self.known(stream, there.state.respondent, there.state.plan),
            today=self._today,
            claim_reader=self._claim_reader,
        )
        after = self._keep(there, events)
        self._pass_on(after, events)
        return after

    def pause(self, stream: str) -> Sitting:
        """Pause an interview, as a door does when somebody leaves."""
        there = self._begun(stream)
        return self._keep(there, pausing.pause(there.state, today=self._today))

    def resume(self, stream: str) -> Sitting:
        """Take an interview up again at the question where it was left, with what changed since."""
        there = self._begun(stream)
        known = self.known(stream, there.state.respondent, there.state.plan)
        changed = _changed(there.state, known)
        events = pausing.resume(there.state, known, today=self._today, changed=changed)
        return self._keep(there, events)

    def delegate(
        self, stream: str, unit: str, to: Respondent, by: str, due: date | None = None
    ) -> str:
        """Hand one unit of an interview to a colleague, who gets it alone."""
        there = self._begun(stream)
        delegation = interviews.Delegation(to.name, None, due, units()[unit].opening)
        self._keep(there, (Delegated(unit, delegation),))
        name = stream.split("/", maxsplit=1)[0]
        return self.invite(
            name, to, (unit,), by, because=f"delegated by {there.state.respondent.name}", due=due
        )

    def show(self, stream: str, unit: str, evidence: Evidence) -> Sitting:
        """Add evidence from a respondent, outside the flow of questions."""
        there = self._begun(stream)
        return self._keep(there, (interviews.Shown(unit, evidence),))

    # The assessor ---------------------------------------------------------------------------------

    def results(self, name: str) -> tuple[UnitResult, ...]:
        """Give every unit with its proposal, conflicts and decision."""
        state = self.assessment(name)
        return results(state, [one.state for one in self.sittings(name)], self._today)

    def times(self, name: str) -> tuple[datetime, ...]:
        """Give when people spoke in the interviews of an assessment."""
        return tuple(
            when
            for one in self.assessment(name).invited
            for when, _ in self._store.times(one.interview)
        )

    def decide(
        self, name: str, unit: str, verdict: Verdict, by: str, reason: str = ""
    ) -> UnitResult:
        """Set a verdict as the assessor. Raises NotAgreed for anybody else, for "not applicable" on a
        clause, and for another verdict than the proposed one without a reason."""
        state = self.assessment(name)
        lead = state.setup.lead if state.setup else ""
        if _slug(by) != _slug(lead):
            raise NotAgreed(
                f"{by} is not the assessor of {name}; {lead} is, and only the assessor decides. "
                "Nothing was changed."
            )
        result = next((one for one in self.results(name) if one.unit == unit), None)
        if result is None:
            raise UnknownRecord(f"{unit} is no part of {name}. Nothing was changed.")
        if verdict is Verdict.NOT_APPLICABLE and units()[unit].is_clause:
            raise NotAgreed(
                f"{unit} is a clause, and clauses 4 to 10 are never not applicable. Nothing was "
                "changed."
            )
        proposed = result.proposed.verdict
        if verdict is not proposed and not reason.strip():
            raise NotAgreed(
                f"{unit} was proposed as {proposed.value}; another verdict needs a reason. Nothing "
                "was changed. Give one with --reason."
            )
        decided = Decided(unit, verdict, proposed, by, reason.strip())
        self._add_to_assessment(name, [decided], by)
        return replace(result, decided=decided)

    def add_evidence(self, name: str, unit: str, evidence: Evidence, by: str) -> UnitResult:
        """Add evidence to a unit as the assessor; its proposal is weighed anew."""
        if unit not in units():
            raise UnknownRecord(f"{unit} is no clause unit or control. Nothing was changed.")
        self._add_to_assessment(name, [Added(unit, evidence, by)], by)
        return next(one for one in self.results(name) if one.unit == unit)

    def rate(self, name: str, unit: str, exposure: int, because: str, by: str) -> None:
        """Say how exposed a unit is, 1 to 3. Raises NotAgreed for another number."""
        if exposure not in {1, 2, 3}:
            raise NotAgreed("exposure is 1, 2 or 3. Nothing was changed.")
        self._add_to_assessment(name, [Rated(unit, exposure, because, by)], by)

    # Inside ---------------------------------------------------------------------------------------

    def known(self, stream: str, respondent: Respondent, plan: tuple[str, ...]) -> Known:
        """Give what the documents say, read once for each interview of this run."""
        if stream not in self._known:
            self._known[stream] = self._read_first(respondent, plan)
        return self._known[stream]

    def _keep(self, there: Sitting, events: Sequence[Event]) -> Sitting:
        by = there.state.respondent.name or next(
            (one.respondent.name for one in events if isinstance(one, Opened)), "assistant"
        )
        self._store.append(there.stream, events, after=there.count, by=by, at=self._now())
        state = there.state
        for event in events:
            state = interviews.apply(state, event)
        return Sitting(there.stream, state, there.count + len(events))

    def _begun(self, stream: str) -> Sitting:
        there = self.sitting(stream)
        if not there.count:
            raise UnknownRecord(
                f"the interview {stream!r} was not begun. Start it with `annexa interview start`."
            )
        return there

    def _invited(self, stream: str) -> Invited:
        name = stream.split("/", maxsplit=1)[0]
        found = next(
            (one for one in self.assessment(name).invited if one.interview == stream), None
        )
        if found is None:
            raise UnknownRecord(
                f"nobody was invited as {stream!r}. `annexa interview status` lists the interviews."
            )
        return found

    def _pass_on(self, there: Sitting, events: Sequence[Event]) -> None:
        """Open an interview for whoever a question was delegated to, with that part alone."""
        name = there.stream.split("/")[0]
        for event in events:
            if not isinstance(event, Delegated):
                continue
            one = event.delegation
            invited = self.assessment(name).invited
            if any(
                event.unit in other.units and _slug(other.respondent.name) == _slug(one.to)
                for other in invited
            ):
                continue
            part = ((event.unit, one.demand),) if one.demand else ()
            self.invite(
                name,
                Respondent(one.to),
                (event.unit,),
                there.state.respondent.name,
                demands=part,
                because=f"delegated by {there.state.respondent.name}",
                due=one.due,
            )

    def _add_to_assessment(self, name: str, events: Sequence[assessments.Event], by: str) -> None:
        """Add to an assessment behind whatever is there: such events do not depend on one another."""
        for _ in range(_TRIES):
            count = len(self._store.assessment(name))
            try:
                self._store.append(name, events, after=count, by=by, at=self._now())
            except NotAgreed:
                continue
            return
        self._store.append(
            name, events, after=len(self._store.assessment(name)), by=by, at=self._now()
        )


_TRIES = 5


def _changed(state: InterviewState, known: Known) -> tuple[str, ...]:
    """Say which documents that were quoted before say something else now."""
    said = " ".join(line.text for line in state.transcript if line.role == "assistant")
    found = []
    for name in state.plan:
        for rule in known.unit(name).rules:
            if rule.ref and rule.ref in said and rule.quote not in said:
                found.append(f"{rule.label} now says “{rule.quote}”")
    return tuple(found)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "someone"
