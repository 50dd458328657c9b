"""What will hurt in an audit, listed by rule: each item with its source, its owner and its weight.

Rules only: a requirement of the standard, a rule of the organisation's own, and mere guidance are kept
apart. What a reader may not see is not counted, and the list says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.planning.organisation import place_of
from assistant.planning.register import (
    RegisterEntry,
    effectiveness_pending,
    is_open,
    overdue,
    repeats,
)
from assistant.soa_store import How, Version
from knowledge.citing import cite
from knowledge.controls import references
from knowledge.parsing.dates import find_dates
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.registers import row_from_text
from knowledge.soa import Applicability
from knowledge.view import View

YEAR = 365
"""Days after which evidence and planned reviews count as stale where no own rule says otherwise."""


class Weight(StrEnum):
    """Whose rule an item rests on."""

    REQUIREMENT = "requirement"
    OWN_RULE = "own rule"
    GUIDANCE = "guidance"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that an auditor may hold against the organisation."""

    code: str
    weight: Weight
    what: str
    source: str
    """Where it stands: a document, a row, a plan."""
    owner: str
    """As the source names it; "not named" where it names nobody."""
    clause: str
    due: date | None = None


_UNNAMED = "not named"


def prepare(
    view: View | None,
    entries: Sequence[RegisterEntry],
    today: date,
    versions: Sequence[Version] = (),
) -> tuple[Item, ...]:
    """List what will hurt in an audit on a day; `versions` are those of the statement, if kept."""
    found = [*_plans(entries, today), *_unapproved(versions)]
    if view is not None:
        found += [
            *_documents(view, today),
            *_soa(view, today),
            *_internal_audits(view, today),
            *_management_review(view, today),
            *_registers(view, entries, today),
        ]
    order = {weight: place for place, weight in enumerate(Weight)}
    return tuple(sorted(found, key=lambda one: (order[one.weight], one.code, one.due or date.max)))


def _plans(entries: Sequence[RegisterEntry], today: date) -> Iterator[Item]:
    for one in overdue(entries):
        late = f"{one.id} “{one.title}” is {one.days_overdue} days late ({one.state})"
        grade = " A major that is late can cost the certificate." if one.grade == "major" else ""
        yield Item(
            "plan_overdue",
            Weight.REQUIREMENT,
            f"{late}.{grade}",
            f"register, {one.id}",
            one.owner or _UNNAMED,
            "10.2",
            one.action_due or one.plan_due,
        )
    for one in effectiveness_pending(entries):
        if one.effectiveness_due is None:
            what = f"{one.id} “{one.title}” is implemented, and no day is set to judge its effect."
        elif one.effectiveness_due < today:
            continue
        else:
            what = (
                f"{one.id} “{one.title}”: its effect is judged on "
                f"{one.effectiveness_due.isoformat()}; "
                "be ready to show data."
            )
        yield Item(
            "effectiveness_open",
            Weight.REQUIREMENT if one.effectiveness_due is None else Weight.GUIDANCE,
            what,
            f"register, {one.id}",
            one.owner or _UNNAMED,
            "10.2 d",
            one.effectiveness_due,
        )
    for one in repeats(entries):
        if is_open(one):
            yield Item(
                "repeat",
                Weight.GUIDANCE,
                f"{one.id} repeats {one.repeat_of}: expect the question why the first action "
                f"failed.",
                f"register, {one.id}",
                one.owner or _UNNAMED,
                "10.2 d",
            )


def _unapproved(versions: Sequence[Version]) -> Iterator[Item]:
    """Name changes of the statement that came after its last approval."""
    approved = [one.number for one in versions if one.approval and one.approval.holds]
    last = max(approved, default=0)
    later = [one for one in versions if one.number > last and one.how is not How.INDEXED]
    if later:
        newest = later[-1]
        what = f"The statement was changed {len(later)} times since its last approval"
        yield Item(
            "soa_changed_unapproved",
            Weight.REQUIREMENT,
            f"{what if len(later) > 1 else what.replace('1 times', 'once')}; the newest by {newest.by} "
            f"on {newest.at.date().isoformat()}.",
            f"statement, version {newest.number}",
            newest.by,
            "6.1.3 d, 7.5.2 c",
        )


def _documents(view: View, today: date) -> Iterator[Item]:
    for one in view.of_origin(Origin.DOCUMENT):
        facts = one.facts
        if view.standing(one.id) is not Standing.IN_FORCE:
            continue
        if facts.next_review and facts.next_review < today:
            yield Item(
                "review_past",
                Weight.OWN_RULE,
                f"{_name(one)} was to be reviewed by {facts.next_review.isoformat()}.",
                one.source,
                facts.owner or _UNNAMED,
                "7.5.2, 7.5.3",
                facts.next_review,
            )
        elif facts.identifier and not facts.approved and not facts.effective:
            yield Item(
                "approval_unseen",
                Weight.GUIDANCE,
                f"{_name(one)} does not say when it was approved.",
                one.source,
                facts.owner or _UNNAMED,
                "7.5.2 c",
            )


def _soa(view: View, today: date) -> Iterator[Item]:
    soa, document = view.soa(), view.soa_document()
    if soa is None or document is None:
        yield Item(
            "soa_missing",
            Weight.REQUIREMENT,
            "I find no Statement of Applicability in force that you may read.",
            "library",
            _UNNAMED,
            "6.1.3 d",
        )
        return
    owner = document.facts.owner or soa.header.approver or _UNNAMED
    if not (soa.header.approved or document.facts.approved):
        yield Item(
            "soa_unapproved",
            Weight.REQUIREMENT,
            f"{_name(document)} names no approval of its rows.",
            document.source,
            owner,
            "6.1.3 d, 7.5.2 c",
        )
    for row in soa.rows:
        where = f"{document.source}, row {row.control_id}"
        who = row.owner or owner
        if row.applicable is Applicability.YES and row.implementation_status is None:
            yield Item(
                "soa_no_status", Weight.REQUIREMENT,
                f"{row.control_id} has no implementation status.", where, who, "6.1.3 d",
            )  # fmt: skip
        if row.applicable is Applicability.NO and not row.justification_exclusion:
            yield Item(
                "soa_no_reason", Weight.REQUIREMENT,
                f"{row.control_id} is excluded without a reason.", where, who, "6.1.3 d",
            )  # fmt: skip
        if row.target_date and row.target_date < today and _is_open(row.implementation_status):
            yield Item(
                "soa_target_past", Weight.OWN_RULE,
                f"{row.control_id} was to be implemented by {row.target_date.isoformat()}.",
                where, who, "6.1.3 e, 8.3", row.target_date,
            )  # fmt: skip
        if row.next_review and row.next_review < today:
            yield Item(
                "soa_review_past", Weight.OWN_RULE,
                f"{row.control_id} was to be reviewed by {row.next_review.isoformat()}.",
                where, who, "6.1.3 d", row.next_review,
            )  # fmt: skip
        if row.owner and _LEFT.search(row.owner):
            yield Item(
                "owner_left", Weight.OWN_RULE,
                f"{row.control_id} has an owner who has left: {row.owner}.", where, who, "5.3",
            )  # fmt: skip
        evidence = [
            day for ref in row.evidence_refs for day, _, _ in find_dates(ref) if day <= today
        ]
        seen = max((*evidence, *((row.last_review,) if row.last_review else ())), default=None)
        if seen and (today - seen).days > YEAR:
            yield Item(
                "evidence_stale", Weight.GUIDANCE,
                f"{row.control_id}: the newest evidence or review is of {seen.isoformat()}.",
                where, who, "9.1", seen,
            )  # fmt: skip


_LEFT = re.compile(r"\b(left|former|ex-|resigned|ausgeschieden)\b", re.IGNORECASE)


def _is_open(status: object) -> bool:
    return str(status) not in {"implemented", "Implementation.IMPLEMENTED"}


_AUDIT = re.compile(
    r"\binternal audit|\binterne\w* audit|\bauditprogramm|\baudit (programme|program|report|plan)",
    re.I,
)
_REVIEW = re.compile(r"\bmanagement review|managementbewertung", re.I)
_PROCEDURE = re.compile(r"\b(procedure|policy|standard|verfahren|richtlinie|template)\b", re.I)


def _internal_audits(view: View, today: date) -> Iterator[Item]:
    """Look for audits of the last year, and for clauses that none of them names."""
    records = [
        one
        for one in view.of_origin(Origin.DOCUMENT)
        if _AUDIT.search(one.facts.title)
        and not _PROCEDURE.search(one.facts.title)
        and not re.search(r"extern|certification|surveillance", one.facts.title, re.I)
    ]
    recent = [one for one in records if (day := _day(one)) and 0 <= (today - day).days <= YEAR]
    if not recent:
        last = max((day for one in records if (day := _day(one))), default=None)
        when = f"; the newest that I find is of {last.isoformat()}" if last else ""
        yield Item(
            "audit_missing",
            Weight.REQUIREMENT,
            f"I find no record of an internal audit of the last 12 months that you may read{when}.",
            "library",
            _UNNAMED,
            "9.2.1, 9.2.2",
            last,
        )
        return
    named: set[str] = set()
    for one in recent:
        for passage in view.passages_of(one.id):
            named |= {
                unit.split(".")[0]
                for ref in references(passage.text)
                for unit in ref.ids
                if not unit.startswith("A.")
            }
            named |= {
                "A" for ref in references(passage.text) for unit in ref.ids if unit.startswith("A.")
            }
    holes = [one for one in ("4", "5", "6", "7", "8", "9", "10", "A") if one not in named]
    if holes:
        words = ", ".join("Annex A" if one == "A" else f"clause {one}" for one in holes)
        yield Item(
            "audit_coverage",
            Weight.REQUIREMENT,
            f"The internal audits of the last 12 months do not name {words}.",
            "; ".join(one.source for one in recent),
            recent[0].facts.owner or _UNNAMED,
            "9.2.2",
        )


_INPUTS: tuple[tuple[str, str], ...] = (
    (
        "status of earlier actions (a)",
        r"(status of|follow.?up|previous|earlier) [\w ]{0,30}actions?|maßnahmen aus|offene maßnahmen",
    ),
    (
        "changes of issues (b)",
        r"(external|internal) (and (external|internal) )?issues|context|changes? (in|of|to) |änderungen",
    ),
    ("needs of interested parties (c)", r"interested part|stakeholder|interessierte"),
    (
        "nonconformities and corrective actions (d 1)",
        r"non-?conformit|corrective action|abweichung|korrektur",
    ),
    ("monitoring results (d 2)", r"monitoring|measur|KPI|metric|kennzahl|messung"),
    (
        "audit results (d 3)",
        r"audit (result|report|finding)|internal audit|auditergebnis|interne\w* audit",
    ),
    ("objectives (d 4)", r"objective|ziel"),
    ("feedback of interested parties (e)", r"feedback|complaint|rückmeldung|beschwerde"),
    ("risk assessment and treatment plan (f)", r"risk (assessment|treatment|register)|risiko"),
    ("opportunities for improvement (g)", r"improvement|verbesserung"),
)


def _management_review(view: View, today: date) -> Iterator[Item]:
    """Look for the last management review, and for the inputs that its minutes do not name."""
    found = [
        one
        for one in view.of_origin(Origin.DOCUMENT)
        if _REVIEW.search(one.facts.title) and not _PROCEDURE.search(one.facts.title)
    ]
    dated = sorted((day, one.source, one) for one in found if (day := _day(one)) and day <= today)
    if not dated or (today - dated[-1][0]).days > YEAR:
        when = f"; the newest is of {dated[-1][0].isoformat()}" if dated else ""
        yield Item(
            "review_missing",
            Weight.REQUIREMENT,
            f"I find no management review of the last 12 months that you may read{when}.",
            "library",
            _UNNAMED,
            "9.3.1",
            dated[-1][0] if dated else None,
        )
        return
    day, source, document = dated[-1]
    text = "\n".join(one.text for one in view.passages_of(document.id))
    missing = [name for name, words in _INPUTS if not re.search(words, text, re.IGNORECASE)]
    if missing:
        yield Item(
            "review_inputs",
            Weight.REQUIREMENT,
            f"The management review of {day.isoformat()} does not name: {'; '.join(missing)}.",
            source,
            document.facts.owner or _UNNAMED,
            "9.3.2",
        )


_CLOSED = re.compile(
    r"\b(closed|done|completed|implemented|erledigt|geschlossen|accepted|effective)\b", re.I
)


def _registers(view: View, entries: Sequence[RegisterEntry], today: date) -> Iterator[Item]:
    """Look for rows of registers that are past their date and not closed."""
    known = {one.id for one in entries}
    for document in view.of_origin(Origin.REGISTER):
        for passage in view.passages_of(document.id):
            row = row_from_text(passage.text, passage.locator.row)
            if row.key is None or row.key in known:
                continue
            closed = row.value("closed") or ""
            if find_dates(closed) or _CLOSED.search(row.value("state") or ""):
                continue
            days = [
                day
                for name, cell in row.roles
                if name == "due"
                for day, _, _ in find_dates(cell, day_first=True)
            ]
            if days and max(days) < today:
                yield _late_row(passage, document, row.key, row.value("owner"), max(days))


def _late_row(passage: Passage, document: Document, key: str, owner: str | None, due: date) -> Item:
    return Item(
        "row_overdue",
        Weight.OWN_RULE,
        f"{key} was due on {due.isoformat()} and is not closed.",
        place_of(cite(document, passage, passage.text)),
        owner or _UNNAMED,
        "8.1, 10.2" if re.search(r"CAR|CAPA|NC", key) else "8.1",
        due,
    )


def _day(document: Document) -> date | None:
    facts = document.facts
    if facts.approved or facts.effective:
        return facts.approved or facts.effective
    found = find_dates(f"{facts.title} {document.source}", day_first=True)
    return found[0][0] if found else None


def _name(document: Document) -> str:
    facts = document.facts
    name = (
        facts.title
        if not facts.identifier or facts.identifier in facts.title
        else f"{facts.identifier} {facts.title}"
    )
    return f"{name} v{facts.version.lstrip('vV')}" if facts.version else name
