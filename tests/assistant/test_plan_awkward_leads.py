"""Leads who excuse, evade, ramble or mix: their words are kept and become no content."""

from __future__ import annotations

from datetime import date

import pytest
from plans_made import PLANNER, drafted

from assistant.domain.plan import Field, Finding, Grade, Source
from assistant.planning.planner import draft_data
from assistant.planning.reading import grade_in, see
from assistant.planning.replies import misses
from assistant.planning.smells import cause_smells

FINDING = Finding(
    "F-1",
    "Leavers' accounts not removed in time, 3 of 25 sampled.",
    Source.INTERNAL,
    date(2026, 11, 20),
    Grade.MINOR,
)
HURRY = "People forgot, it was human error. They were in a hurry."


def _drafted(**facts: str) -> dict:
    return draft_data(drafted(FINDING, facts), PLANNER, lambda one: {})


@pytest.mark.parametrize(
    "cause",
    [
        "They were in a hurry",
        "It slipped through",
        "We were busy",
        "We ran out of time",
        "The admin didn't know the rule",
        "It was a one-off",
        "Ravi mixed up the tickets",
        "There was a lack of attention",
        "Die Kollegin hatte es eilig",
        "Es war ein Einzelfall",
    ],
)
def test_a_slip_haste_or_bad_luck_is_no_cause_in_any_wording(cause) -> None:
    assert cause_smells(cause, "")


@pytest.mark.parametrize(
    "cause",
    [
        "the pipeline has no gate, so a hurried engineer can deploy without approval",
        "HR sends the leaver list only once a week by mail, and everybody was stressed",
        "they did not get the list because HR sends it weekly by mail",
    ],
)
def test_a_condition_beside_weak_words_stays_a_cause(cause) -> None:
    assert not cause_smells(cause, "")


def test_an_excuse_becomes_content_of_no_field() -> None:
    fields = ("correction", "risk", "cause_analysis", "root_cause", "actions")
    data = _drafted(**dict.fromkeys(fields, HURRY))
    assert "hurry" not in str([data["plan"][one] for one in fields])
    assert {one["field"] for one in data["said_not_accepted"]} == set(fields)
    assert "human_error" in {one["code"] for one in data["lint"]}
    assert "fail" not in {one["severity"] for one in data["lint"]}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Field.CORRECTION, "The admin is new."),
        (Field.CORRECTION, "Wie gesagt, das passt schon."),
        (Field.RISK, "It's no big deal."),
        (Field.EXTENT, "We're working on it."),
        (Field.ACTIONS, "That is how it has always been."),
        (Field.ROOT_CAUSE, "As I already said."),
    ],
)
def test_words_that_do_not_answer_are_asked_about_again(field, said) -> None:
    assert misses(said, field)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Field.CORRECTION, "Jens Falk disabled the three accounts on 2026-11-21, INC-88."),
        (Field.CORRECTION, "Jens Falk hat die Konten am 21.11.2026 gesperrt."),
        (Field.CONTAINMENT, "Access was cut within the hour by the service desk."),
        (Field.CONTAINMENT, "None needed because nobody signed in."),
        (Field.RISK, "Somebody who left could read customer data."),
        (Field.ACTIONS, "Monthly reconciliation by the ISMS lead"),
        (Field.EXTENT, "All 80 leavers, none more."),
    ],
)
def test_words_that_answer_are_taken(field, said) -> None:
    assert misses(said, field) is None


def test_chatter_around_an_action_becomes_no_action() -> None:
    data = _drafted(
        root_cause="Honestly, I told them. HR sends the leaver list only once a week by mail.",
        actions="Look, I am tired of this. But Jens Falk (IT Manager) will connect the HR system to "
        "the directory by 2027-01-31.",
    )
    taken = [one for one in data["plan"]["actions"] if "Proposed" not in one["what"]]
    assert [one["owner"] for one in taken] == ["Jens Falk (IT Manager)"]
    assert "told them" not in data["plan"]["root_cause"]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("We sampled 12 records from July to September 2026.", "from July to September 2026"),
        ("Q1 2026 to Q3 2026: no review.", "Q1 2026 to Q3 2026"),
        ("Two laptops unencrypted in H1 2026.", "H1 2026"),
        ("Vier Konten, Januar bis März 2026.", "Januar bis März 2026"),
    ],
)
def test_months_quarters_and_ranges_are_read(text, when) -> None:
    assert see(text).when == when


def test_a_sample_is_read_and_not_taken_for_the_population() -> None:
    seen = see("During the stage 2 audit we sampled 12 change records.")
    assert seen.sample == "sampled 12 change records"
    assert "sampled 12 change records" in seen.missing[0]
    assert see("3 of 25 suppliers were not reviewed.").population == "of 25 suppliers"


def test_a_grade_in_the_text_is_offered_and_set_by_a_person_only() -> None:
    assert grade_in("Four had no approval. Minor.") is Grade.MINOR
    finding = Finding("F-1", "Minor NC: 3 of 25 accounts.", Source.INTERNAL, date(2026, 11, 20))
    assert drafted(finding, {}).plan.grade is None
    assert drafted(finding, {"grade": "yes"}).plan.grade is Grade.MINOR
