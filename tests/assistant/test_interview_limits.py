"""Hedges, limits, corrections and pointers to others never leave a verdict that is too good."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from assistant.domain.interview import ClaimKind, fold
from assistant.interviewing import language
from assistant.interviewing.script import Script, outcome, play

TODAY = date(2026, 11, 23)
FILES = sorted((Path(__file__).parent / "interviews").glob("*.yaml"))
LIMITS = (
    "No, the developer laptops aren't in there yet. That's planned for Q1.",
    "Not quite, the Dublin site isn't covered yet.",
    "Almost, except for the old file server.",
    "No, that's only the head office so far.",
    "Not entirely: apart from the contractors.",
    "Well, not quite. It only covers the production systems.",
    "Nicht ganz, das Werk in Linz ist noch nicht dabei.",
    "Nein, bisher nur die Zentrale.",
    "Fast, bis auf die Außenstelle.",
    "The contractors are not part of that, by the way.",
    "Stimmt, nur die Mandanten in Wien fehlen noch.",
    "Yes, although the Dublin office does its own thing.",
    "Yes. Well, it's really just the file servers we test.",
    "Right, but the tape library has no copies.",
    "Hm, I'm not sure the restore was complete.",
)
CONFORMING = {
    "A.8.13": "Nightly backups of all servers, rule BCK-STD-02 v1.1 of 4 March 2026. Last restore test "
    "on 12 October 2026, ticket OPS-771, 3 of 3 restored.",
}


def run(unit, *turns):
    script = Script.model_validate(
        {
            "id": "limits",
            "units": [unit],
            "respondent": {"name": "Femi", "role": "engineer", "groups": ["everyone"]},
            "turns": list(turns),
            "if_asked_more": "That is all I can say.",
        }
    )
    return outcome(fold(play(script, today=TODAY)), TODAY).units[0]


@cache
def _strong():
    """Give the scripts of one unit that rightly come to conforms."""
    found = []
    for path in FILES:
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        expected = case["expect"]["units"]
        if len(case["script"]["units"]) == 1 and not case["expect"].get("soa"):
            ((name, one),) = expected.items()
            if one["verdict"] == "conforms":
                found.append((path.stem, name, tuple(case["script"]["turns"])))
    return tuple(found)


def _summed_up(name, turns):
    """Give the turns up to the summary of a conforming unit."""
    for count in range(1, len(turns) + 1):
        if run(name, *turns[:count]).verdict == "conforms":
            return turns[:count]
    return turns


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_after_the_summary_takes_conforms_away(limit):
    found = run("A.8.13", CONFORMING["A.8.13"], limit)
    assert found.verdict == "partial"
    assert any("part" in one for one in found.missing)


@pytest.mark.parametrize("limit", LIMITS[:8:3])
def test_no_strong_conversation_conforms_once_it_is_limited(limit):
    wrong = [
        stem
        for stem, name, turns in _strong()
        if run(name, *_summed_up(name, turns), limit).verdict == "conforms"
    ]
    assert wrong == []


def test_the_reply_to_a_correction_names_the_new_verdict_and_what_it_leaves_out():
    script = Script.model_validate(
        {
            "id": "limits",
            "units": ["A.8.13"],
            "respondent": {"name": "Femi", "role": "engineer", "groups": ["everyone"]},
            "turns": [CONFORMING["A.8.13"], "Not quite, the finance database isn't included yet."],
        }
    )
    state = fold(play(script, today=TODAY))
    said = state.transcript[-1].text
    assert "weighed anew: A.8.13 is now **partial**" in said
    assert "finance database" in said


@pytest.mark.parametrize(
    "hedge", ["mostly", "usually", "or so", "should be", "I think", "normally", "in der Regel"]
)
def test_a_hedge_is_heard(hedge):
    read = language.clause(f"Restores are tested each quarter, {hedge}")
    assert read.hedged


def test_a_qualifier_of_its_own_weakens_the_sentence_before_it():
    found = run(
        "A.8.13", "Backups run every night at 2. Well, mostly.", "Restores too, ticket A-1."
    )
    assert found.verdict != "conforms"


def test_a_record_named_in_answer_to_a_hedged_claim_does_not_show_time_limits():
    found = run(
        "A.8.8",
        "We scan everything every week, and criticals get fixed in two weeks or so. Well, mostly.",
        "The last scan? Should be last Monday. I can show you, ticket VUL-882.",
    )
    met = {one.id: one.met for one in found.demands}
    assert found.verdict == "partial"
    assert met["A.8.8-2"] != "yes"
    assert met["A.8.8-3"] != "yes"


def test_a_record_that_nobody_has_seen_gives_no_high_confidence():
    found = run("A.8.13", CONFORMING["A.8.13"])
    assert (found.verdict, found.confidence) == ("conforms", "medium")


def test_a_summary_that_is_agreed_to_registers_what_it_names():
    found = run("A.8.13", CONFORMING["A.8.13"], "Yes, that's right.")
    assert (found.verdict, found.confidence) == ("conforms", "high")


def test_pointing_to_a_colleague_after_the_summary_hands_the_open_demand_over():
    found = run(
        "A.8.13",
        CONFORMING["A.8.13"],
        "Not quite, the finance database isn't included yet.",
        "I don't know about restore tests there, ask Priya from security.",
    )
    assert (found.delegated_to or "").startswith("Priya")
    assert found.verdict == "partial"


def test_a_plan_after_a_limit_stays_a_plan():
    found = run("A.8.13", CONFORMING["A.8.13"], LIMITS[0])
    assert [one.kind for one in found.claims if "planned" in one.text] == [ClaimKind.PLANNED.value]


def test_a_core_demand_that_is_only_hedged_gets_a_question_of_its_own():
    found = run("A.8.8", "We scan weekly, ticket VUL-1 of 2 November 2026. Fixed in time, mostly.")
    assert found.followups >= 2


def test_a_record_named_again_keeps_its_date():
    found = run("A.8.8", "We scan monthly, ticket SCAN-41 of 2 November 2026.", "All in SCAN-41.")
    assert [str(one.date) for one in found.evidence] == ["2026-11-02"]


@pytest.mark.parametrize(
    "reply",
    [
        "I think we tested a restore of the backups on 12 October 2026, ticket OPS-771 or so.",
        "Backups run mostly at night. Restore test on 12 October 2026, ticket OPS-771.",
        "Restore test on 12 October 2026, ticket OPS-771, but just one server, the rest we never tried.",
        "Backup for everything bar the NAS. Restore test 12 October 2026, ticket OPS-771.",
        "About 80 percent of the servers have backups. Restore test 12 October 2026, ticket OPS-771.",
        "Etwa die Hälfte der Server wird gesichert. Backup-Restore-Test am 12. Oktober 2026, OPS-771.",
        "Backup covers one site. The other site follows next year. Restore test 12 October 2026, OPS-7.",
    ],
)
def test_partial_coverage_beside_a_dated_record_does_not_conform(reply):
    assert run("A.8.13", reply, "Yes.").verdict != "conforms"


@pytest.mark.parametrize(
    "reply",
    [
        "Yes, that's fair.",
        "No, that's fine.",
        "No, nothing wrong, all good.",
        "No, you got it right.",
    ],
)
def test_agreement_leaves_a_well_shown_unit_conforming(reply):
    assert run("A.8.13", CONFORMING["A.8.13"], reply).verdict == "conforms"
