"""What a check of a Statement of Applicability finds: defects, with code, row, quote and reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from knowledge.soa.model import Place


class Severity(StrEnum):
    """How bad a defect is, worst first."""

    ERROR = "error"
    """It breaks 6.1.3 d, or makes the statement untrue."""
    WARNING = "warning"
    INFO = "info"
    """A question worth asking; it may well be right."""


class Basis(StrEnum):
    """Whether the standard demands what is missing, or good practice recommends it."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"


class Confidence(StrEnum):
    """How sure a check can be from what it sees."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the forty kinds of defect."""

    code: str
    name: str
    severity: Severity
    basis: Basis
    clause: str
    """The requirement that it breaks or touches, by number."""


def _kinds() -> Mapping[str, Kind]:
    lines = """
S01|Annex A control missing|error|required|6.1.3 c and d
S02|Control listed twice|error|required|6.1.3 d
S03|Unknown control id|error|required|6.1.3 d
S04|Control id of the 2013 edition|error|required|6.1.3 c
S05|Number of Annex A rows is not 93|error|required|6.1.3 c and d
S06|Number of rows in a theme is wrong|error|required|6.1.3 c and d
S07|Title belongs to another control|error|required|6.1.3 d
S08|Applicability not decided|error|required|6.1.3 d
S09|Included without a reason|error|required|6.1.3 d
S10|Excluded without a reason|error|required|6.1.3 d
S11|Exclusion is really a gap|error|required|6.1.3 d
S12|Reason for exclusion is contradicted|error|required|6.1.3 d
S13|Excluded control is a rule in force|error|required|6.1.3 d
S14|Excluded control is needed|error|required|6.1.3 b and d
S15|Implementation status missing|error|required|6.1.3 d
S16|Applicability and status contradict|error|required|6.1.3 d
S17|Implemented without policy or evidence|warning|recommended|8.1
S18|Evidence is old|warning|recommended|9.1
S19|Implemented in spite of an open finding|error|required|6.1.3 d
S20|Unfinished control without plan|warning|recommended|6.1.3 e
S21|Target date is past|warning|recommended|6.1.3 e
S22|No person answers for it|warning|recommended|5.3
S23|One owner for most rows|info|recommended|5.3
S24|Review overdue|warning|recommended|7.5.2
S25|No policy for a control that needs one|warning|recommended|5.2
S26|Reference is missing, retired or newer|warning|recommended|7.5.3
S27|Policy and statement contradict|warning|recommended|6.1.3 d
S28|Same reason for many rows|warning|recommended|6.1.3 d
S29|Everything applicable and implemented|info|recommended|6.1.3 d
S30|Many exclusions|info|recommended|6.1.3 d
S31|Rarely excluded control is excluded|warning|recommended|6.1.3 d
S32|Related controls are decided differently|warning|recommended|6.1.3 d
S33|Control of the treatment plan is not listed|error|required|6.1.3 b and d
S34|Edition not stated|warning|recommended|7.5.2
S35|Scope differs|error|required|4.3
S36|Approval is missing or weak|warning|recommended|7.5.2
S37|Included for a risk that is not there|warning|recommended|6.1.3 b
S38|Secret or personal data in the text|warning|recommended|7.5.3
S39|Spreadsheet hides or breaks cells|warning|recommended|7.5.3
S40|Residual risk not accepted|warning|required|6.1.3 f
"""
    found = {}
    for line in lines.strip().splitlines():
        code, name, severity, basis, clause = line.split("|")
        found[code] = Kind(code, name, Severity(severity), Basis(basis), clause)
    return found


KINDS: Mapping[str, Kind] = _kinds()


@dataclass(frozen=True, slots=True)
class Spot:
    """A place outside the statement that a defect rests on, quoted verbatim."""

    source: str
    quote: str
    section: str | None = None
    row: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong, where, why it matters, and what to ask or do."""

    code: str
    what: str
    do: str
    """The question to ask or the fix to make."""
    why: str
    controls: tuple[str, ...] = ()
    rows: tuple[Place, ...] = ()
    quote: str = ""
    """The cell as ``Header: text``; the text alone where no header is known."""
    severity: Severity = Severity.ERROR
    confidence: Confidence = Confidence.CERTAIN
    spots: tuple[Spot, ...] = ()

    @property
    def kind(self) -> Kind:
        """Say which of the forty it is."""
        return KINDS[self.code]

    @property
    def fingerprint(self) -> str:
        """Identify the defect by what it rests on, so that a waiver ends when that changes.

        The header of the quoted cell is left out: a column may get another name."""
        said = self.quote.partition(": ")[2] or self.quote
        basis = "\0".join((self.code, *self.controls, said, *(s.quote for s in self.spots)))
        return hashlib.sha256(basis.encode()).hexdigest()[:12]


def defect(
    code: str,
    what: str,
    do: str,
    why: str,
    *,
    controls: tuple[str, ...] = (),
    rows: tuple[Place, ...] = (),
    quote: str = "",
    severity: Severity | None = None,
    confidence: Confidence = Confidence.CERTAIN,
    spots: tuple[Spot, ...] = (),
) -> Defect:
    """Make a defect with the severity of its kind unless another is given."""
    return Defect(
        code=code,
        what=what,
        do=do,
        why=why,
        controls=controls,
        rows=rows,
        quote=quote,
        severity=severity or KINDS[code].severity,
        confidence=confidence,
        spots=spots,
    )
