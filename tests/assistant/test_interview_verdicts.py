"""Verdicts by rule: what claims and evidence make of a unit, and what they never make of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assistant.domain.interview import (
    Claim,
    ClaimKind,
    Evidence,
    EvidenceKind,
    Met,
    Opened,
    Respondent,
    UnitState,
    Verdict,
    apply,
    fold,
)
from assistant.interviewing import conversation
from assistant.interviewing.judging import demand_states, judge
from assistant.interviewing.known import DocumentRule, Known, SoaFact, UnitKnown
from knowledge.demands import units

TODAY = date(2026, 11, 23)
BACKUP = units()["A.8.13"]
SCOPE = units()["4.3"]


def says(demand, text="We copy 4 servers each night", kind=ClaimKind.IS, **more):
    return Claim("1.1", text, kind, text, (demand,), **more)


def shows(*demands, kind=EvidenceKind.RECORD, day=TODAY):
    return Evidence("OPS-1", kind, day, True, demands)


def own(claims=(), evidence=(), **more):
    return UnitState("A.8.13", asked=True, answered=True, claims=claims, evidence=evidence, **more)


def test_all_demands_met_with_a_dated_record_conform():
    found = judge(BACKUP, own(evidence=(shows("A.8.13-1", "A.8.13-2"),)), TODAY)
    assert (found.verdict, found.confidence, found.maturity) == (Verdict.CONFORMS, "high", 3)


def test_a_claim_without_evidence_is_partial_and_at_most_level_two():
    found = judge(BACKUP, own((says("A.8.13-1"), says("A.8.13-2"))), TODAY)
    assert (found.verdict, found.basis) == (Verdict.PARTIAL, "claim")
    assert found.maturity is not None
    assert found.maturity <= 2


def test_a_document_alone_shows_no_operation():
    paper = shows("A.8.13-1", "A.8.13-2", kind=EvidenceKind.DOCUMENT)
    assert judge(BACKUP, own(evidence=(paper,)), TODAY).verdict is Verdict.PARTIAL


def test_a_document_is_enough_where_the_document_is_the_demand():
    paper = shows(*(one.id for one in SCOPE.demands), kind=EvidenceKind.DOCUMENT)
    assert judge(SCOPE, own(evidence=(paper,)), TODAY).verdict is Verdict.CONFORMS


@pytest.mark.parametrize(("days", "verdict"), [(365, Verdict.CONFORMS), (366, Verdict.PARTIAL)])
def test_evidence_ages_after_twelve_months(days, verdict):
    old = shows("A.8.13-1", "A.8.13-2", day=TODAY - timedelta(days=days))
    assert judge(BACKUP, own(evidence=(old,)), TODAY).verdict is verdict


def test_evidence_without_a_date_does_not_conform():
    undated = shows("A.8.13-1", "A.8.13-2", day=None)
    assert judge(BACKUP, own(evidence=(undated,)), TODAY).verdict is Verdict.PARTIAL


def test_a_plan_is_no_practice():
    planned = says("A.8.13-1", "We will copy them next year", ClaimKind.PLANNED)
    assert judge(BACKUP, own((planned,)), TODAY).verdict is Verdict.GAP


def test_what_covers_a_part_is_partly_met():
    part = says("A.8.13-1", "2 of 5 servers are copied", part=True)
    states = {
        one.id: one.met for one in demand_states(BACKUP, own((part,), (shows("A.8.13-1"),)), TODAY)
    }
    assert states["A.8.13-1"] is Met.PARTLY


def test_a_restore_shows_that_there_are_copies():
    states = {
        one.id: one.met for one in demand_states(BACKUP, own(evidence=(shows("A.8.13-2"),)), TODAY)
    }
    assert states["A.8.13-1"] is Met.YES


def test_a_denied_core_is_a_gap_whatever_else_is_said():
    denied = says("A.8.13-1", "We have no backups", ClaimKind.DENIED)
    found = judge(BACKUP, own((denied, says("A.8.13-2"))), TODAY)
    assert found.verdict is Verdict.GAP
    assert found.maturity is not None
    assert found.maturity <= 1


def test_silence_is_a_gap_only_after_the_follow_ups():
    assert judge(BACKUP, own(followups=3), TODAY).verdict is Verdict.NOT_ASSESSED
    assert judge(BACKUP, own(followups=4), TODAY).verdict is Verdict.GAP


def test_a_missing_element_of_a_clause_is_a_candidate_for_a_major():
    audit = units()["9.2.1"]
    denied = Claim("1.1", "No", ClaimKind.DENIED, "No", ("9.2.1-1",))
    found = judge(audit, UnitState("9.2.1", asked=True, claims=(denied,)), TODAY)
    assert found.severity is not None
    assert found.severity.value == "major"


def _talk(unit, *replies, known=Known()):  # noqa: B008  frozen
    state = fold(conversation.begin(Opened("G", Respondent("R"), (unit,)), known, today=TODAY))
    for number, reply in enumerate(replies):
        for event in conversation.answer(state, reply, f"{number}", known, today=TODAY):
            state = apply(state, event)
    return state


@pytest.mark.parametrize("unit", [one.id for one in units().values() if one.is_clause])
def test_a_clause_is_never_not_applicable(unit):
    state = _talk(unit, "Not applicable, that is not relevant to us.", "As I said, not applicable.")
    proposal = state.unit(unit).proposal
    assert proposal is None or proposal.verdict is not Verdict.NOT_APPLICABLE


def test_an_exclusion_with_a_reason_holds_after_a_question_of_fact():
    soa = SoaFact("v2.4", "row A.7.6", "no", "no secure areas in scope", "")
    known = Known({"A.7.6": UnitKnown(soa=soa)}, has_soa=True)
    proposal = _talk("A.7.6", "No, only open offices.", known=known).unit("A.7.6").proposal
    assert proposal is not None
    assert proposal.verdict is Verdict.NOT_APPLICABLE
    assert "no secure areas in scope" in proposal.reason
    assert "v2.4" in proposal.reason


def test_an_exclusion_without_a_reason_does_not_hold():
    soa = SoaFact("v2.4", "row A.7.6", "no", "n/a", "")
    known = Known({"A.7.6": UnitKnown(soa=soa)}, has_soa=True)
    state = _talk("A.7.6", "No, only open offices.", known=known)
    proposal = state.unit("A.7.6").proposal
    assert proposal is not None
    assert proposal.verdict is Verdict.NOT_ASSESSED
    assert "exclusion_without_reason:A.7.6" in state.unit("6.1.3").flags


def test_what_the_soa_calls_applicable_is_not_argued_away():
    soa = SoaFact("v1", "row A.8.13", "yes", "", "implemented", "Kim")
    known = Known({"A.8.13": UnitKnown(soa=soa)}, has_soa=True)
    state = _talk("A.8.13", "Not applicable, everything is in the cloud.", known=known)
    assert state.unit("A.8.13").exclusion == "proposed"
    assert "Kim" in state.transcript[-1].text


def test_documents_are_quoted_before_the_question_and_held_against_the_answer():
    rule = DocumentRule(
        "Backup Standard STD-04 v1.4, section 4.3", "A restore test is done each quarter.",
        "A.8.13-2", 7_889_400.0, "STD-04", TODAY, "std04.md",
    )  # fmt: skip
    known = Known({"A.8.13": UnitKnown((rule,))})
    state = _talk("A.8.13", "The last restore test was in January.", known=known)
    assert (
        "STD-04 v1.4, section 4.3 says: “A restore test is done each quarter.”"
        in state.transcript[0].text
    )
    clash = state.unit("A.8.13").contradictions[0]
    assert clash.where == "document"
    assert "January" in clash.b


def test_a_reply_sent_again_changes_nothing():
    state = _talk("A.8.13", "Nightly.")
    assert conversation.answer(state, "Nightly.", "0", today=TODAY) == ()


def test_a_sensitive_disclosure_is_not_kept_and_not_probed():
    state = _talk("A.8.13", "My boss told me to delete the backup logs.")
    assert "boss" not in str(state)
    assert state.unit("A.8.13").flags == ("sensitive", "whistleblowing")
    assert state.unit("A.8.13").followups == 0
