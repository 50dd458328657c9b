"""The report of an assessment as data: everything that its documents show, and what changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from assistant.domain.assessment import AssessmentState, SetUp, UnitResult
from assistant.domain.interview import InterviewState, Met, Verdict
from assistant.interviewing.report_ranking import Gap, Readiness, Step, gaps, readiness, roadmap
from assistant.interviewing.report_scores import Score, by_attribute, by_group, majors, score
from knowledge.demands import units

LIMITS = (
    "Based on interviews and on the evidence listed. It is not an audit, it works by sampling, and it "
    "promises no certificate. Proposed verdicts come from fixed rules; the assessor decides."
)


@dataclass(frozen=True, slots=True)
class Requested:
    """One line of the evidence request list."""

    item: str
    unit: str
    source: str
    due: str
    status: str


@dataclass(frozen=True, slots=True)
class Change:
    """How a unit moved since the assessment before."""

    unit: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Report:
    """One assessment on one day."""

    name: str
    setup: SetUp
    on: date
    results: tuple[UnitResult, ...]
    respondents: tuple[tuple[str, str, int], ...]
    """(name, role, replies)."""
    overall: Score
    groups: tuple[Score, ...]
    attributes: Mapping[str, tuple[Score, ...]]
    gaps: tuple[Gap, ...]
    roadmap: tuple[Step, ...]
    readiness: tuple[Readiness, Readiness]
    requests: tuple[Requested, ...]
    delegated: tuple[tuple[str, str, str], ...]
    """(unit, to whom, due)."""
    parking_lot: tuple[str, ...]
    changes: tuple[Change, ...]
    period: tuple[date | None, date | None] = (None, None)

    @property
    def conflicts(self) -> tuple[UnitResult, ...]:
        """Give the units whose verdict is withheld."""
        return tuple(one for one in self.results if one.conflict is not None)

    def summary(self) -> tuple[str, ...]:
        """Say in ten lines at most what counts."""
        counts = self.overall.counts
        lines = [
            f"{self.overall.assessed} of {self.overall.applicable} applicable units were assessed: "
            f"{counts['conforms']} conform, {counts['partial']} partly, {counts['gap']} are gaps.",
            f"Candidates for a major finding: {len(majors(self.results))}.",
            f"Not assessed: {counts['not_assessed']}; not applicable: {counts['not_applicable']}. "
            "Neither counts for or against.",
            f"Score: {self.overall.shown}; major candidates: {len(majors(self.results))}.",
        ]
        lines += [f"{one.stage}: {one.state}." for one in self.readiness]
        if self.gaps:
            lines.append(
                "First: " + ", ".join(f"{one.unit} {one.title}" for one in self.gaps[:3]) + "."
            )
        if self.conflicts:
            lines.append(f"Verdicts withheld since answers conflict: {len(self.conflicts)}.")
        if self.requests:
            lines.append(f"Evidence requested: {len(self.requests)} items.")
        if self.changes:
            lines.append(f"{len(self.changes)} units moved since {self.setup.previous}.")
        return tuple(lines[:10])


def make(
    name: str,
    assessment: AssessmentState,
    interviews: Sequence[InterviewState],
    results: tuple[UnitResult, ...],
    on: date,
    *,
    before: Sequence[UnitResult] = (),
    times: Sequence[datetime] = (),
) -> Report:
    """Put the report of an assessment together. `before` are the results of the earlier one."""
    setup = assessment.setup
    assert setup is not None  # noqa: S101  the first event of every assessment
    found = gaps(results, assessment)
    days = sorted(one.date() for one in times)
    return Report(
        name=name,
        setup=setup,
        on=on,
        results=results,
        respondents=tuple(
            (one.respondent.name, one.respondent.role, one.replies)
            for one in interviews
            if one.respondent.name
        ),
        overall=score("All units", results),
        groups=by_group(results),
        attributes=by_attribute(results),
        gaps=found,
        roadmap=roadmap(found, on),
        readiness=readiness(results),
        requests=tuple(_requests(interviews, results)),
        delegated=tuple(
            (own.id, one.to, one.due.isoformat() if one.due else "")
            for state in interviews
            for own in state.units
            for one in own.delegations
        ),
        parking_lot=tuple(text for one in interviews for text in one.parking_lot),
        changes=_changes(before, results),
        period=(days[0], days[-1]) if days else (None, None),
    )


def _requests(
    interviews: Sequence[InterviewState], results: Sequence[UnitResult]
) -> list[Requested]:
    met = {demand.id: demand.met for result in results for demand in result.proposed.demands}
    found: dict[tuple[str, str], Requested] = {}
    for state in interviews:
        for own in state.units:
            for one in own.requests:
                done = met.get(one.demand or "") is Met.YES
                found[own.id, one.item] = Requested(
                    one.item,
                    own.id,
                    one.source or "to be named",
                    one.due.isoformat() if one.due else "",
                    "seen or registered" if done else "open",
                )
    return list(found.values())


def _changes(before: Sequence[UnitResult], now: Sequence[UnitResult]) -> tuple[Change, ...]:
    earlier = {one.unit: one.verdict.value for one in before}
    return tuple(
        Change(one.unit, earlier[one.unit], one.verdict.value)
        for one in now
        if one.unit in earlier and earlier[one.unit] != one.verdict.value
    )


def data(report: Report) -> dict[str, Any]:
    """Give the report as JSON holds it. `hash` is of all verdicts and what led to them."""
    known = units()
    listed = [_unit_data(one, known[one.unit].title) for one in report.results]
    body = json.dumps(listed, sort_keys=True, ensure_ascii=False).encode()
    return {
        "assessment": report.name,
        "organisation": report.setup.organisation,
        "scope": report.setup.scope,
        "edition": report.setup.edition,
        "purpose": report.setup.purpose,
        "assessor": report.setup.lead,
        "date": report.on.isoformat(),
        "from": _iso(report.period[0]),
        "to": _iso(report.period[1]),
        "limits": LIMITS,
        "respondents": [
            {"name": name, "role": role, "replies": replies}
            for name, role, replies in report.respondents
        ],
        "summary": list(report.summary()),
        "overall": _score_data(report.overall),
        "groups": [_score_data(one) for one in report.groups],
        "attributes": {
            name: [_score_data(one) for one in found] for name, found in report.attributes.items()
        },
        "gaps": [asdict(one) for one in report.gaps],
        "roadmap": [
            {**asdict(one), "earliest": one.earliest.isoformat()} for one in report.roadmap
        ],
        "readiness": [asdict(one) for one in report.readiness],
        "evidence_requests": [asdict(one) for one in report.requests],
        "delegated": [{"unit": unit, "to": to, "due": due} for unit, to, due in report.delegated],
        "conflicts": [
            {"unit": one.unit, "a": one.conflict.a, "b": one.conflict.b, "ask": one.routed}
            for one in report.conflicts
            if one.conflict
        ],
        "parking_lot": list(report.parking_lot),
        "changes": [asdict(one) for one in report.changes],
        "units": listed,
        "hash": hashlib.sha256(body).hexdigest(),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _score_data(one: Score) -> dict[str, Any]:
    return {
        "name": one.name,
        "counts": dict(one.counts),
        "assessed": one.assessed,
        "applicable": one.applicable,
        "score": None if one.share is None else round(one.share, 4),
        "shown": one.shown,
        "maturity": one.maturity,
    }


def _unit_data(one: UnitResult, title: str) -> dict[str, Any]:
    judged = one.proposed
    return {
        "unit": one.unit,
        "title": title,
        "verdict": one.verdict.value,
        "proposed": judged.verdict.value,
        "decided_by": one.decided.by if one.decided else None,
        "decision_reason": one.decided.reason if one.decided else None,
        "basis": judged.basis,
        "confidence": judged.confidence,
        "reason": judged.reason,
        "severity_candidate": judged.severity.value if judged.severity else None,
        "maturity": judged.maturity if one.verdict is not Verdict.NOT_ASSESSED else None,
        "demands": [{"id": each.id, "met": each.met.value} for each in judged.demands],
        "missing": list(judged.missing),
        "respondents": list(one.respondents),
        "quotes": [{"by": name, "said": words} for name, words in one.quotes],
        "evidence": [
            {
                "ref": each.ref,
                "kind": each.kind.value,
                "date": each.date.isoformat() if each.date else None,
                "seen": each.seen,
                "note": each.note,
            }
            for each in one.evidence
        ],
    }


def finding_of(report: Report, unit: str) -> str:
    """Give the text of a finding from a gap, for a corrective action plan or an improvement.

    A gap before certification is no nonconformity by itself; an internal audit may raise it as one."""
    result = next(one for one in report.results if one.unit == unit)
    title = units()[unit].title
    said = "; ".join(f"{name}: “{words.strip()}”" for name, words in result.quotes[:4])
    lines = [
        f"{unit} {title}: {result.verdict.value.replace('_', ' ')} in assessment {report.name} "
        f"of {report.on.isoformat()}.",
        result.proposed.reason,
    ]
    lines.extend(f"Open: {one}." for one in result.proposed.missing)
    if said:
        lines.append(f"Said in the interview: {said}.")
    return "\n".join(lines)
