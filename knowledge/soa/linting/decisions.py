"""What was decided and why. S08 to S11, S15, S16, S28 to S32."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from knowledge.soa import values
from knowledge.soa.linting.case import Case, control_of, ids, listed, places
from knowledge.soa.linting.model import Confidence, Defect, Severity, defect
from knowledge.soa.linting.words import gap_words, no_reason, quoted, trivial_reason
from knowledge.soa.model import Applicability, Field, Implementation, SoaRow

_PASTED = 0.3
_MANY_EXCLUSIONS = 15
_INCLUSION = (Field.JUSTIFICATION_INCLUSION, Field.JUSTIFICATION)
_EXCLUSION = (Field.JUSTIFICATION_EXCLUSION, Field.JUSTIFICATION)
_NEEDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("A.8.25", ("A.8.28", "A.8.29", "A.8.27", "A.8.31"), "secure coding, testing and design are "
     "steps of a development life cycle"),
    ("A.5.19", ("A.5.20", "A.5.21", "A.5.22", "A.5.23"), "agreements, monitoring and cloud services "
     "presuppose rules for suppliers"),
    ("A.8.4", ("A.8.28",), "whoever writes code has source code to protect"),
    ("A.5.24", ("A.5.25", "A.5.26", "A.5.27", "A.5.28"), "incidents are handled as they were "
     "planned for"),
    ("A.5.12", ("A.5.13",), "labels show a classification"),
    ("A.5.15", ("A.5.16", "A.5.18", "A.8.2", "A.8.3"), "rights follow from rules of access"),
    ("A.8.15", ("A.8.16",), "monitoring needs logs"),
    ("A.8.20", ("A.8.21", "A.8.22"), "services and segments are parts of a secured network"),
    ("A.5.9", ("A.5.10", "A.5.11"), "assets can be used and returned only if they are known"),
)  # fmt: skip
_DEVELOPS = re.compile(r"\bdevelop(?:er|ers|ment)\b|\bentwickl\w+|\bprogramm\w+ supplier", re.I)
_NO_DEVELOPMENT = re.compile(
    r"\bno\b[^.;]{0,30}develop|\bnot? [^.;]{0,20}develop|keine?[^.;]{0,20}entwickl", re.I
)


def decisions(case: Case) -> Iterator[Defect]:
    """Yield what is wrong with the decisions and their reasons."""
    for row in case.rows:
        yield from _decision(row)
    yield from _reasons(case)
    yield from _statuses(case)
    yield from _pasted(case)
    yield from _whole(case)
    yield from _rare(case)
    yield from _groups(case)


def _decision(row: SoaRow) -> Iterator[Defect]:
    status, named = row.implementation_status, f"{row.control_id} {row.title}".strip()
    if row.applicable is Applicability.UNDECIDED:
        yield defect(
            "S08",
            f"{named}: nothing says whether it applies.",
            "Does it apply? Decide, and give the reason.",
            "Each control is either necessary or left out with a reason.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, None, Field.APPLICABLE, Field.APPLICABLE_MARK),
        )
    contradicts = (
        row.applicable is Applicability.NO
        and status in (Implementation.IMPLEMENTED, Implementation.PARTIAL)
    ) or (row.applicable is Applicability.YES and status is Implementation.NOT_APPLICABLE)
    if contradicts and status is not None:
        decided = "applies" if row.applicable is Applicability.YES else "is excluded"
        yield defect(
            "S16",
            f"{named} {decided}, but its status is {status.value.replace('_', ' ')}.",
            "Which is true? An excluded control that is in place should be included.",
            "The statement says two things about one control.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, None, Field.IMPLEMENTATION_STATUS),
        )


def _reasons(case: Case) -> Iterator[Defect]:
    blank = [
        row
        for row in case.included
        if not row.justification_inclusion
        and not (row.reasons or row.risk_refs or row.obligation_refs)
    ]
    if blank:
        yield defect(
            "S09",
            f"{_these(blank)} included without a reason.",
            "Name the risk, law, contract or business need that makes it necessary.",
            "The reasons for including controls are demanded.",
            controls=ids(blank),
            rows=places(blank),
            quote=quoted(blank[0], None, *_INCLUSION),
        )
    trivial: dict[str, list[SoaRow]] = defaultdict(list)
    for row in case.included:
        text = row.justification_inclusion
        if text and trivial_reason(text) and not (row.risk_refs or row.obligation_refs):
            trivial[values.fold_key(text)].append(row)
    for rows in trivial.values():
        text = rows[0].justification_inclusion or ""
        yield defect(
            "S09",
            f"{_these(rows)} included for a reason that would fit any organisation: “{text}”.",
            "Why here? Name the risk, law, contract or business need.",
            "A reason should let a reader follow the decision; this one only repeats it.",
            controls=ids(rows),
            rows=places(rows),
            quote=quoted(rows[0], text, *_INCLUSION),
            severity=Severity.WARNING,
        )
    for row in case.excluded:
        yield from _exclusion(row)


def _exclusion(row: SoaRow) -> Iterator[Defect]:
    named, text = f"{row.control_id} {row.title}".strip(), row.justification_exclusion
    if no_reason(text):
        yield defect(
            "S10",
            f"{named} is excluded without a reason.",
            "Why is it not needed? A fact is wanted, such as “all sites are rented rooms in …”.",
            "The reasons for excluding controls of Annex A are demanded.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, text, *_EXCLUSION),
        )
    elif text and (words := gap_words(text)):
        yield defect(
            "S11",
            f"{named} is excluded, but the reason says “{words}”: that is a gap, not a reason.",
            "If the control is needed, include it as planned or not implemented, with a plan.",
            "Only what is not needed may be left out; what is missing belongs into the risk "
            "treatment plan.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, text, *_EXCLUSION),
            confidence=Confidence.LIKELY,
        )


def _these(rows: list[SoaRow]) -> str:
    if len(rows) == 1:
        return f"{rows[0].control_id} {rows[0].title} is"
    return f"{len(rows)} controls ({listed(list(ids(rows)))}) are"


def _statuses(case: Case) -> Iterator[Defect]:
    blank = [row for row in case.included if row.implementation_status is None]
    if blank:
        yield defect(
            "S15",
            f"For {listed([row.control_id for row in blank])} nothing says whether it is "
            "implemented.",
            "Is it implemented? “No” is allowed if it is true and planned for.",
            "Whether the necessary controls are implemented is demanded.",
            controls=ids(blank),
            rows=places(blank),
            quote=quoted(blank[0], None, Field.IMPLEMENTATION_STATUS),
        )


def _pasted(case: Case) -> Iterator[Defect]:
    same: dict[str, list[SoaRow]] = defaultdict(list)
    for row in case.rows:
        text = row.justification_inclusion or row.justification_exclusion
        if text:
            same[values.fold_key(text)].append(row)
    for rows in same.values():
        if len(rows) > max(_PASTED * len(case.rows), 3):
            text = rows[0].justification_inclusion or rows[0].justification_exclusion or ""
            yield defect(
                "S28",
                f"{len(rows)} of {len(case.rows)} rows give the same reason: “{text[:120]}”.",
                "Give each control its own reason, or say why one covers them all.",
                "A pasted reason hides why each control was chosen.",
                controls=ids(rows),
                rows=places(rows),
                quote=quoted(rows[0], text, *_INCLUSION),
            )


def _whole(case: Case) -> Iterator[Defect]:
    annex = case.annex
    all_in = all(row.applicable is Applicability.YES for row in annex)
    done = all(row.implementation_status is Implementation.IMPLEMENTED for row in annex)
    if len(annex) >= 90 and all_in and done:
        yield defect(
            "S29",
            f"All {len(annex)} controls apply and all are implemented.",
            "Is every one of them in place? Check the ones that nobody can show.",
            "It may be true; an auditor will ask, since few organisations need and finish all.",
            confidence=Confidence.POSSIBLE,
        )
    excluded = [row for row in annex if row.applicable is Applicability.NO]
    if len(excluded) > _MANY_EXCLUSIONS:
        yield defect(
            "S30",
            f"{len(excluded)} controls are excluded: {listed(list(ids(excluded)))}.",
            "Is each of them really not needed? Fully remote firms may leave out much of A.7.",
            "It may be right; an auditor will look at each.",
            controls=ids(excluded),
            rows=places(excluded),
            confidence=Confidence.POSSIBLE,
        )


def _rare(case: Case) -> Iterator[Defect]:
    for row in case.excluded:
        control = control_of(row)
        if control is None or control.exclusion.plausibility != "rare":
            continue
        yield defect(
            "S31",
            f"{row.control_id} {control.title} is excluded, which is rare: "
            f"{control.exclusion.note}.",
            "What makes it unnecessary here? If nothing does, include it.",
            "Hardly any organisation can do without it, so the reason will be tested.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, row.justification_exclusion, *_EXCLUSION),
            confidence=Confidence.LIKELY,
        )


def _groups(case: Case) -> Iterator[Defect]:
    for base, needing, why in _NEEDS:
        if case.decided(base) is not Applicability.NO:
            continue
        there = [one for one in needing if case.decided(one) is Applicability.YES]
        row = case.soa.row(base)
        if there and row is not None:
            yield defect(
                "S32",
                f"{base} is excluded while {', '.join(there)} {'is' if len(there) == 1 else 'are'} "
                f"included: {why}.",
                f"Include {base} too, or say what takes its place.",
                "Decisions on related controls should agree.",
                controls=(base, *there),
                rows=places([row, *(r for r in case.rows if r.control_id in there)]),
                quote=quoted(row, row.justification_exclusion, *_EXCLUSION),
                confidence=Confidence.LIKELY,
            )
    yield from _outsourced(case)


def _outsourced(case: Case) -> Iterator[Defect]:
    row, suppliers = case.soa.row("A.8.30"), case.soa.row("A.5.19")
    if row is None or suppliers is None or row.applicable is not Applicability.NO:
        return
    texts = (suppliers.justification_inclusion, suppliers.implementation_note)
    text = next((t for t in texts if t and _DEVELOPS.search(t) and not _NO_DEVELOPMENT.search(t)),
                None)  # fmt: skip
    if text:
        yield defect(
            "S32",
            f"A.8.30 is excluded, but A.5.19 speaks of developers among the suppliers: “{text}”.",
            "Do suppliers develop for you? Then include A.8.30.",
            "Decisions on related controls should agree.",
            controls=("A.8.30", "A.5.19"),
            rows=places([row, suppliers]),
            quote=quoted(row, row.justification_exclusion, *_EXCLUSION),
            confidence=Confidence.LIKELY,
        )
