"""Whole conversations with people of many kinds, and what an auditor would make of them.

T1 to T3 are the reference conversations; the others have other voices, languages and traps."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from assistant.domain.interview import fold
from assistant.interviewing.known import NOTHING, Known, SoaFact, UnitKnown
from assistant.interviewing.script import Script, outcome, play

TODAY = date(2026, 11, 23)
FILES = sorted((Path(__file__).parent / "interviews").glob("*.yaml"))
EXCLUSION = "no designated secure areas in scope; hosting at AWS; covered by A.5.23; risk R-31"
WITH_SOA = Known(
    units={
        "A.8.30": UnitKnown(soa=SoaFact("v2.4", "row A.8.30", "no", "not applicable", "")),
        "A.7.6": UnitKnown(soa=SoaFact("v2.4", "row A.7.6", "no", EXCLUSION, "")),
    },
    has_soa=True,
    soa_version="v2.4",
)


@cache
def _case(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _outcome(case):
    return outcome(_state(case), TODAY)


def _state(case):
    known = WITH_SOA if case["expect"].get("soa") else NOTHING
    return fold(play(Script.model_validate(case["script"]), known, today=TODAY))


@cache
def _played(path: Path):
    return _state(_case(path))


def _some(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_conversation_comes_to_what_an_auditor_expects(path):
    case = _case(path)
    found = outcome(_played(path), TODAY)
    units = {unit.unit: unit for unit in found.units}
    for name, expected in case["expect"]["units"].items():
        unit = units[name]
        assert unit.verdict in _some(expected["verdict"]), (name, unit.reason)
        assert unit.followups <= expected.get("followups_at_most", 4), name
        assert (unit.maturity or 0) <= expected.get("maturity_at_most", 5), name
        for field in ("basis", "confidence"):
            assert getattr(unit, field) == expected.get(field, getattr(unit, field)), name
        assert unit.severity_candidate == expected.get("severity", unit.severity_candidate), name
        met = {one.id: one.met for one in unit.demands}
        for demand, wanted in expected.get("demands", {}).items():
            assert met[demand] in _some(wanted), (demand, met[demand])
        for ref in expected.get("evidence", []):
            assert any(one.ref.startswith(ref) for one in unit.evidence), (name, ref)
        assert set(expected.get("flags", [])) <= set(unit.flags), name
        assert set(expected.get("requested_from", [])) <= {
            one.from_ for one in unit.evidence_requests
        }, name
        assert len(unit.contradictions) >= expected.get("contradictions", 0), name
        assert (unit.delegated_to or "").startswith(expected.get("delegated_to", "")), name
        assert expected.get("reason", "") in unit.reason, name
        for words in expected.get("missing", []):
            assert any(words in one for one in unit.missing), (name, words, unit.missing)
        practised = {one.text for one in unit.claims if one.kind == "is"}
        assert not practised & set(expected.get("not_said_to_be", [])), name
        assert sum(one.kind == "planned" for one in unit.claims) >= expected.get("planned", 0), name
    for secret in case["expect"].get("never", []):
        assert secret not in str(found.data())
    assert len(found.parking_lot) == case["expect"].get("parked", len(found.parking_lot))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_question_is_asked_twice_in_the_same_words(path):
    state = _played(path)
    assert len(set(state.questions)) == len(state.questions)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_claim_is_tied_to_words_that_were_said(path):
    found = outcome(_played(path), TODAY)
    said = " ".join(line.text for line in found.transcript if line.role == "respondent")
    for unit in found.units:
        for claim in unit.claims:
            assert claim.said.strip() in said.replace("’", "'")


def test_the_same_script_gives_the_same_outcome_ten_times():
    cases = [_case(path) for path in FILES[:4]]
    first = [_outcome(case).model_dump_json() for case in cases]
    for _ in range(9):
        assert [_outcome(case).model_dump_json() for case in cases] == first


def test_the_state_of_every_prefix_is_the_fold_of_its_events():
    from assistant.domain.interview import InterviewState, apply

    events = play(Script.model_validate(_case(FILES[0])["script"]), today=TODAY)
    state = InterviewState()
    for count, event in enumerate(events, 1):
        state = apply(state, event)
        assert state == fold(events[:count])
