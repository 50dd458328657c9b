"""Assessments with many respondents, kept as events; the assessor decides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assistant.domain.assessment import SetUp
from assistant.domain.interview import Evidence, EvidenceKind, Respondent, Verdict, fold
from assistant.interviewing import mock
from assistant.interviewing.assessing import Assessments
from assistant.interviewing.known import NOTHING, DocumentRule, Known, UnitKnown
from assistant.interviewing.store import InterviewStore
from assistant.store import NotAgreed, Records, UnknownRecord

TODAY = date(2026, 11, 23)
SUPPORT = Path(__file__).parent.parent / "support"
ROOT = SUPPORT.parent.parent
UNITS = ("A.8.13", "A.5.18", "9.2.1")


@pytest.fixture
def records(tmp_path):
    found = Records.open(tmp_path)
    yield found
    found.close()


@pytest.fixture
def store(records):
    return InterviewStore(records)


@pytest.fixture
def desk(store):
    return Assessments(store, today=TODAY, now=lambda: datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
def name(desk):
    return desk.set_up(SetUp("Tarn Ltd", "all", UNITS, "Lea"), "Lea")


def _begun(desk, name, person, *units):
    stream = desk.invite(name, Respondent(person), units, "Lea")
    desk.begin(stream)
    return stream


def _result(desk, name, unit):
    return next(one for one in desk.results(name) if one.unit == unit)


def test_what_is_kept_is_what_was_said(desk, name, store, records):
    stream = _begun(desk, name, "Dana", "A.8.13")
    after = desk.answer(stream, "Nightly, ticket OPS-881 of 19 August 2026.", "k1")
    assert fold(store.interview(stream)) == after.state
    assert records.verify().ok


def test_the_same_key_is_one_reply(desk, name):
    stream = _begun(desk, name, "Dana", "A.8.13")
    first = desk.answer(stream, "Nightly.", "k1")
    assert desk.answer(stream, "Nightly.", "k1").count == first.count


def test_two_who_answer_the_same_interview_cannot_overwrite_each_other(desk, name, store):
    stream = _begun(desk, name, "Dana", "A.8.13")
    seen = desk.sitting(stream)
    desk.answer(stream, "Nightly.", "k1")
    with pytest.raises(NotAgreed, match="went on elsewhere"):
        store.append(
            stream, store.interview(stream)[:1], after=seen.count, by="x", at=datetime.now(UTC)
        )


def test_two_respondents_at_once_do_not_block_each_other(desk, name):
    streams = [_begun(desk, name, person, "A.8.13", "A.5.18") for person in ("Dana", "Eli")]
    problems: list[Exception] = []

    def talk(stream):
        try:
            for number in range(6):
                desk.answer(stream, f"Done by Tom, ticket OPS-{number}.", f"k{number}")
        except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
            problems.append(error)

    threads = [threading.Thread(target=talk, args=(one,)) for one in streams]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert problems == []
    assert [desk.sitting(one).state.replies for one in streams] == [6, 6]


def test_answers_that_conflict_withhold_the_verdict_and_route_one_question(desk, name):
    dana = _begun(desk, name, "Dana", "A.8.13")
    desk.answer(dana, "We test the restore every month, the last one was on 3 November.", "1")
    eli = _begun(desk, name, "Eli", "A.8.13")
    desk.answer(eli, "Backups run nightly, but we never restored one.", "1")
    result = _result(desk, name, "A.8.13")
    assert result.conflict is not None
    assert result.proposed.verdict is Verdict.NOT_ASSESSED
    assert "restore" in result.routed
    assert "Eli" not in str(desk.sitting(dana).state)


def test_evidence_ends_a_conflict(desk, name):
    test_answers_that_conflict_withhold_the_verdict_and_route_one_question(desk, name)
    shown = Evidence("OPS-900", EvidenceKind.RECORD, TODAY, True, ("A.8.13-2",))
    result = desk.add_evidence(name, "A.8.13", shown, "Lea")
    assert result.conflict is None
    assert result.proposed.verdict is Verdict.PARTIAL


def test_only_the_assessor_decides_and_an_override_keeps_proposal_and_reason(desk, name):
    stream = _begun(desk, name, "Dana", "9.2.1")
    desk.answer(stream, "Never audited.", "1")
    with pytest.raises(NotAgreed, match="only the assessor"):
        desk.decide(name, "9.2.1", Verdict.GAP, "Dana")
    with pytest.raises(NotAgreed, match="needs a reason"):
        desk.decide(name, "9.2.1", Verdict.PARTIAL, "Lea")
    desk.decide(name, "9.2.1", Verdict.PARTIAL, "Lea", "The group audited us in May.")
    result = _result(desk, name, "9.2.1")
    assert result.verdict is Verdict.PARTIAL
    assert result.proposed.verdict is Verdict.GAP
    assert result.decided is not None
    assert result.decided.reason == "The group audited us in May."


def test_no_decision_makes_a_clause_not_applicable(desk, name):
    with pytest.raises(NotAgreed, match="never not applicable"):
        desk.decide(name, "9.2.1", Verdict.NOT_APPLICABLE, "Lea", "too small")


def test_a_delegated_part_goes_to_a_colleague_who_sees_only_that(desk, name):
    stream = _begun(desk, name, "Dana", "A.5.18")
    desk.answer(stream, "Rights are granted by approved ticket.", "1")
    desk.answer(stream, "The reviews? That's for Tom in IT.", "2")
    desk.answer(stream, "Friday", "3")
    tom = desk.assessment(name).invited[-1]
    assert tom.respondent.name == "Tom (IT)"
    assert tom.units == ("A.5.18",)
    begun = desk.begin(tom.interview)
    assert "Dana" not in begun.says
    after = desk.answer(tom.interview, "Quarterly, last on 1 October 2026, list ACC-231.", "1")
    assert after.state.unit("A.5.18").proposal is not None


def test_a_paused_interview_goes_on_at_the_same_point_with_what_changed(store, name):
    def known(version, quote):
        rule = DocumentRule(
            f"Backup Policy POL-20 {version}", quote, "A.8.13-2", 7.9e6, "POL-20", TODAY, "b.md"
        )
        return Known({"A.8.13": UnitKnown((rule,))})

    now = lambda: datetime(2026, 11, 23, tzinfo=UTC)  # noqa: E731
    before = Assessments(
        store,
        today=TODAY,
        now=now,
        read_first=lambda *_: known("v4", "Restores are tested each quarter."),
    )
    stream = _begun(before, name, "Dana", "A.8.13")
    before.answer(stream, "Tom does the restores. Let us stop here.", "1")
    after = Assessments(
        store,
        today=TODAY,
        now=now,
        read_first=lambda *_: known("v4.1", "Restores are tested each month."),
    )
    resumed = after.resume(stream)
    assert "Restores are tested each month." in resumed.says
    assert "Tom does the restores" in resumed.says
    assert resumed.state.current == "A.8.13"
    assert len(set(resumed.state.questions)) == len(resumed.state.questions)


def test_unknown_units_and_assessments_are_refused(desk):
    with pytest.raises(NotAgreed, match=r"A\.9\.9"):
        desk.set_up(SetUp("T", "", ("A.9.9",), "Lea"), "Lea")
    with pytest.raises(UnknownRecord):
        desk.assessment("G-7")


def test_a_mock_audit_keeps_nothing_and_marks_three_things(store):
    practice = mock.begin(("A.8.13",), "Dana", NOTHING, TODAY)
    practice = mock.answer(practice, "Nightly; restored on 19 August 2026, ticket OPS-881, 4 of 4.")
    marks = mock.marks(practice)[0]
    assert (marks.evidence, marks.consistency) == (3, 5)
    assert marks.answer >= 4
    assert store.streams() == ()


def _kills(tmp_path, number):
    return json.loads(
        subprocess.run(
            [sys.executable, str(SUPPORT / "interview_trials.py"), str(tmp_path), str(number), "11"],
            cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_twenty_kills_lose_no_acknowledged_answer_and_double_none(tmp_path):
    found = _kills(tmp_path, 20)
    assert found["problems"] == []
    assert found["replies"] > 0


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_two_hundred_kills_lose_no_acknowledged_answer_and_double_none(tmp_path):
    assert _kills(tmp_path, 200)["problems"] == []
