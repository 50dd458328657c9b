"""Who answers, by when, with what proof, and how fresh. S17, S18, S20 to S24, S36 to S38, S40."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from knowledge.soa import values
from knowledge.soa.linting.case import OPEN, Case, ids, listed, months_before, places
from knowledge.soa.linting.model import Confidence, Defect, defect
from knowledge.soa.linting.surroundings import RegisterKind
from knowledge.soa.linting.words import (
    days_in,
    is_team,
    names_a_risk,
    personal,
    quoted,
    risk_ids,
    says_accepted,
    says_when,
    secret,
)
from knowledge.soa.model import Field, Implementation, Reason, SoaRow

_MOST_OF_ONE = 0.6
_LATE_DAYS = 31


def upkeep(case: Case) -> Iterator[Defect]:
    """Yield what is missing for the statement to be lived by."""
    yield from _proof(case)
    yield from _unfinished(case)
    yield from _acceptance(case)
    yield from _owners(case)
    yield from _reviews(case)
    yield from _approval(case)
    yield from _risks(case)
    yield from _told(case)


def _implemented(case: Case) -> list[SoaRow]:
    return [row for row in case.included if row.implementation_status is Implementation.IMPLEMENTED]


def _proof(case: Case) -> Iterator[Defect]:
    if case.uses("evidence_refs") or case.uses("policy_refs"):
        bare = [row for row in _implemented(case) if not row.evidence_refs and not row.policy_refs]
        if bare:
            yield defect(
                "S17",
                f"Implemented, but with neither policy nor evidence: {listed(list(ids(bare)))}.",
                "What can you show that it is in place?",
                "Not demanded in the statement; an auditor will ask for it row by row.",
                controls=ids(bare),
                rows=places(bare),
                quote=quoted(bare[0], None, Field.EVIDENCE_REFS, Field.POLICY_REFS),
            )
    oldest = months_before(case.today, case.review_months)
    for row in _implemented(case):
        days = [day for ref in row.evidence_refs for day in days_in(ref) if day <= case.today]
        if days and max(days) < oldest:
            yield defect(
                "S18",
                f"{row.control_id} {row.title}: the newest evidence is of {max(days)}, older than "
                f"{case.review_months} months.",
                "Is there newer evidence? If not, when was the control last seen working?",
                "Evidence older than the review cycle does not show that it still works.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, row.evidence_refs[0], Field.EVIDENCE_REFS),
            )


def _unfinished(case: Case) -> Iterator[Defect]:
    planned = {
        control
        for entry in case.around.of(RegisterKind.TREATMENT, RegisterKind.FINDING)
        if not entry.closed
        for control in entry.controls
    }
    for row in case.included:
        if row.implementation_status not in OPEN or row.implementation_status is None:
            continue
        state = row.implementation_status.value.replace("_", " ")
        dated = row.target_date is not None or says_when(row.implementation_note or "")
        missing = [] if dated else ["target date"]
        missing += [] if row.owner else ["owner"]
        if missing and row.control_id not in planned:
            yield defect(
                "S20",
                f"{row.control_id} {row.title} is {state} and has no {' and no '.join(missing)}.",
                "Who will finish it, and by when? Point to the risk treatment plan.",
                "What is necessary and not yet there belongs into the risk treatment plan.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, None, Field.IMPLEMENTATION_STATUS),
            )
        if row.target_date is not None and row.target_date < case.today:
            yield defect(
                "S21",
                f"{row.control_id} {row.title} is {state}, and its target date {row.target_date} "
                "is past.",
                "Is it done by now? If not, agree a new date and say why.",
                "A date that has passed in silence shows that the plan is not followed.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, row.target_date.isoformat(), Field.TARGET_DATE),
            )


def _acceptance(case: Case) -> Iterator[Defect]:
    accepted = {
        key
        for entry in case.around.of(RegisterKind.RISK, RegisterKind.TREATMENT)
        if entry.accepted
        for key in (entry.key, *entry.controls)
    }
    open_rows = [
        row
        for row in case.included
        if row.implementation_status in (Implementation.PLANNED, Implementation.NOT_IMPLEMENTED)
        and not says_accepted(" ".join(text for _, text in row.cells))
        and accepted.isdisjoint({row.control_id, *_risk_ids(row)})
    ]
    if open_rows:
        yield defect(
            "S40",
            f"Not in place yet, and no risk owner is named as having accepted what remains: "
            f"{listed(list(ids(open_rows)))}.",
            "Who accepted the residual risk, and when?",
            "Risk owners approve the treatment plan and accept the residual risks.",
            controls=ids(open_rows),
            rows=places(open_rows),
            quote=quoted(open_rows[0], None, Field.IMPLEMENTATION_STATUS),
            confidence=Confidence.POSSIBLE,
        )


def _owners(case: Case) -> Iterator[Defect]:
    if not case.uses("owner"):
        return
    bare = [row for row in case.included if not row.owner]
    if bare:
        yield defect(
            "S22",
            f"No owner: {listed(list(ids(bare)))}.",
            "Who answers for it?",
            "Not demanded in the statement, but responsibilities must be assigned.",
            controls=ids(bare),
            rows=places(bare),
            quote=quoted(bare[0], None, Field.OWNER),
        )
    owned: dict[str, list[SoaRow]] = defaultdict(list)
    for row in case.included:
        if row.owner:
            owned[values.fold_key(row.owner)].append(row)
    gone = {
        values.fold_key(entry.name): entry
        for entry in case.around.of(RegisterKind.PERSON)
        if entry.left and entry.name
    }
    for key, rows in owned.items():
        owner = rows[0].owner or ""
        if is_team(owner):
            yield defect(
                "S22",
                f"“{owner}” owns {listed(list(ids(rows)))}: a group, so nobody is asked.",
                "Which person or role answers for it?",
                "Where a group is responsible, nobody is.",
                controls=ids(rows),
                rows=places(rows),
                quote=quoted(rows[0], owner, Field.OWNER),
            )
        left = next((entry for name, entry in gone.items() if name and name in key), None)
        if left is not None:
            yield defect(
                "S22",
                f"“{owner}” owns {listed(list(ids(rows)))} and has left.",
                "Who took over?",
                "A control whose owner is gone has none.",
                controls=ids(rows),
                rows=places(rows),
                quote=quoted(rows[0], owner, Field.OWNER),
                spots=(left.spot,),
            )
    counted = Counter({key: len(rows) for key, rows in owned.items()})
    total = sum(counted.values())
    for key, number in counted.items():
        if total >= 10 and number > _MOST_OF_ONE * total:
            rows = owned[key]
            yield defect(
                "S23",
                f"“{rows[0].owner}” owns {number} of {total} controls.",
                "Does that person run all of them? Name those who do.",
                "It may be right in a small firm; often it only names who keeps the list.",
                controls=ids(rows),
                rows=places(rows),
                quote=quoted(rows[0], rows[0].owner, Field.OWNER),
                confidence=Confidence.POSSIBLE,
            )


def _reviews(case: Case) -> Iterator[Defect]:
    why = "Not demanded row by row; documented information is kept up to date."
    do = "Review the row, and note the day."
    if case.uses("last_review"):
        bare = [row for row in case.rows if row.last_review is None]
        if bare:
            yield defect("S24", f"No day of review: {listed(list(ids(bare)))}.", do, why,
                         controls=ids(bare), rows=places(bare),
                         quote=quoted(bare[0], None, Field.LAST_REVIEW))  # fmt: skip
    oldest = months_before(case.today, case.review_months)
    for name, field, late in (
        ("last_review", Field.LAST_REVIEW, oldest),
        ("next_review", Field.NEXT_REVIEW, case.today),
    ):
        by_day: dict[date, list[SoaRow]] = defaultdict(list)
        for row in case.rows:
            day = getattr(row, name)
            if day is not None and day < late:
                by_day[day].append(row)
        for day, rows in sorted(by_day.items()):
            what = "Last reviewed" if name == "last_review" else "Review was due"
            yield defect("S24", f"{what} on {day}: {listed(list(ids(rows)))}.", do, why,
                         controls=ids(rows), rows=places(rows),
                         quote=quoted(rows[0], day.isoformat(), field))  # fmt: skip
    planned = case.header.next_review
    if planned is not None and planned < case.today:
        yield defect("S24", f"The statement's own review was due on {planned}.", do, why,
                     quote=f"next review: {planned}")  # fmt: skip


def _approval(case: Case) -> Iterator[Defect]:
    header = case.header
    why = "Documented information is approved for suitability before it is used."
    if not header.approver:
        yield defect(
            "S36",
            "Nobody is named who approved the statement.",
            "Who approved it, and when? Risk owners or management usually do.",
            why,
        )
    elif header.author and values.fold_key(header.author) == values.fold_key(header.approver):
        yield defect(
            "S36",
            f"“{header.approver}” wrote the statement and approved it alone.",
            "Have somebody else approve it.",
            why,
            quote=f"author: {header.author} | approver: {header.approver}",
        )
    approved, dated = header.approved, header.date
    if header.approver and approved is None:
        yield defect(
            "S36",
            f"“{header.approver}” is named as approver, but no day of approval is.",
            "When was it approved?",
            why,
            quote=f"approver: {header.approver}",
            confidence=Confidence.LIKELY,
        )
    if approved is not None and approved > case.today:
        yield defect(
            "S36",
            f"The day of approval, {approved}, is still to come.",
            "Is it approved? Correct the day, or treat the statement as a draft.",
            why,
            quote=f"approved: {approved}",
        )
    elif approved is not None and dated is not None and (approved - dated).days > _LATE_DAYS:
        yield defect(
            "S36",
            f"It is dated {dated} and was approved on {approved}.",
            "Was it used before it was approved?",
            why,
            quote=f"date: {dated} | approved: {approved}",
            confidence=Confidence.POSSIBLE,
        )


def _risk_ids(row: SoaRow) -> tuple[str, ...]:
    return (*row.risk_refs, *risk_ids(row.justification_inclusion or ""))


def _risks(case: Case) -> Iterator[Defect]:
    known = {_key(entry.key): entry for entry in case.around.of(RegisterKind.RISK)}
    prefixes = {_prefix(entry.key) for entry in known.values()}
    without: list[SoaRow] = []
    for row in case.included:
        text = row.justification_inclusion or ""
        found = _risk_ids(row)
        if not found and (Reason.RISK in row.reasons or names_a_risk(text)):
            without.append(row)
        for one in found:
            if _prefix(one) not in prefixes:
                continue  # it numbers something else, such as an assessment
            entry = known.get(_key(one))
            if entry is not None and not entry.closed:
                continue
            state = "is closed" if entry else "is not in the risk register"
            yield defect(
                "S37",
                f"{row.control_id} {row.title} is included because of {one}, which {state}.",
                "Which risk does it treat today? If none, is there another reason?",
                "Controls follow from the treatment of risks that exist.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, one, Field.RISK_REFS, Field.JUSTIFICATION_INCLUSION),
                confidence=Confidence.LIKELY,
                spots=(entry.spot,) if entry else (),
            )
    if without:
        yield defect(
            "S37",
            f"Included because of a risk, but which one is not said: {listed(list(ids(without)))}.",
            "Name the risk by its number in the risk register.",
            "Controls follow from the treatment of risks that can be named.",
            controls=ids(without),
            rows=places(without),
            quote=quoted(
                without[0],
                without[0].justification_inclusion,
                Field.JUSTIFICATION_INCLUSION,
                Field.JUSTIFICATION,
            ),
            confidence=Confidence.LIKELY,
        )


def _key(risk: str) -> str:
    digits = "".join(letter for letter in risk if letter.isdigit())
    letters = "".join(letter for letter in risk.casefold() if letter.isalpha())
    return f"{letters}{int(digits) if digits else ''}"


def _prefix(risk: str) -> str:
    return "".join(letter for letter in risk.casefold() if letter.isalpha())


def _told(case: Case) -> Iterator[Defect]:
    """Find what customers who are given the statement should not read; never repeat a secret."""
    for row in case.rows:
        for text in (
            row.justification_inclusion,
            row.justification_exclusion,
            row.implementation_note,
        ):
            if not text:
                continue
            kind, words = secret(text), personal(text)
            if not kind and not words:
                continue
            yield defect(
                "S38",
                f"{row.control_id} {row.title}: the text seems to hold "
                + (f"{kind}." if kind else f"personal data: “{words}”."),
                "Take it out" + (", and change the secret." if kind else "."),
                "Statements are given to customers and auditors.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote="(not repeated here)" if kind else quoted(row, text),
                confidence=Confidence.LIKELY,
            )
