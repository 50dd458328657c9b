"""The worked findings: a co-operative lead ends with a plan that passes; bad plans are caught."""

from __future__ import annotations

import json
from datetime import date

import pytest
from plan_rubric import grade_plan, passes
from plans_made import PLANNER, drafted, finding_of, worked

from assistant.domain.plan import Finding, Source
from assistant.planning.lint import lint
from assistant.planning.planner import draft_data

IDS = tuple(worked())


def _data(talk) -> dict:
    return draft_data(talk, PLANNER, lambda one: {"quote": one.quote})


@pytest.fixture(params=IDS)
def worked_id(request) -> str:
    return str(request.param)


@pytest.fixture
def good(worked_id):
    return _data(drafted(finding_of(worked_id), worked()[worked_id]["facts"]))


def test_a_co_operative_lead_ends_with_a_plan_that_could_be_sent(worked_id, good) -> None:
    points = grade_plan(good)
    assert passes(points, worked()[worked_id]["finding"]["grade"]), points
    assert sum(points.values()) >= 32, points


def test_the_requirement_is_the_one_of_the_reference(worked_id, good) -> None:
    expected = worked()[worked_id]["expect"]
    assert good["plan"]["requirement"].startswith(expected["requirement"])
    assert expected.get("related", "") in good["plan"]["requirement"]


def test_nothing_is_left_open_that_the_lead_said(worked_id, good) -> None:
    expected = worked()[worked_id]["expect"]["open"]
    assert set(good["to_be_confirmed"]) <= {*expected, "objective_evidence"}


def test_no_draft_holds_an_automatic_fail(worked_id, good) -> None:
    assert not [one for one in good["lint"] if one["severity"] == "fail"]
    assert not [one for one in good["lint"] if one["severity"] == "error"]


def test_every_owner_and_date_was_said_by_somebody(worked_id, good) -> None:
    said = "\n".join(worked()[worked_id]["facts"].values())
    for action in good["plan"]["actions"]:
        assert action["owner"] in said
        assert action["due"] in said
    for name in ("due", "reviewer"):
        assert good["plan"]["effectiveness_parts"][name] in said


def test_the_bad_plan_of_the_reference_is_caught_with_the_right_reason(worked_id) -> None:
    bad = {name: text for name, text in worked()[worked_id]["bad"].items() if name != "codes"}
    data = _data(drafted(finding_of(worked_id), bad))
    assert set(worked()[worked_id]["bad"]["codes"]) <= {one["code"] for one in data["lint"]}


def test_a_bad_plan_does_not_become_a_root_cause(worked_id) -> None:
    bad = {name: text for name, text in worked()[worked_id]["bad"].items() if name != "codes"}
    data = _data(drafted(finding_of(worked_id), bad))
    assert not [one for one in data["lint"] if one["severity"] == "fail"]
    if "root_cause" in bad and worked_id != "W3":
        assert bad["root_cause"].rstrip(".") not in data["plan"]["root_cause"]


def test_a_lead_who_knows_nothing_gets_questions_and_no_inventions(worked_id) -> None:
    data = _data(drafted(finding_of(worked_id), {}))
    plan = data["plan"]
    assert all(one["owner"] == "TO BE CONFIRMED" for one in plan["actions"])
    assert all(one["due"] == "TO BE CONFIRMED" for one in plan["actions"])
    assert plan["effectiveness_parts"]["reviewer"] == "TO BE CONFIRMED"
    assert {"root_cause", "actions", "extent", "effectiveness"} <= set(data["to_be_confirmed"])
    assert passes(grade_plan(data), worked()[worked_id]["finding"]["grade"])


def test_the_same_script_gives_the_same_draft(worked_id, good) -> None:
    again = _data(drafted(finding_of(worked_id), worked()[worked_id]["facts"]))
    assert json.dumps(again) == json.dumps(good)


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("Minor NC: leavers' accounts not removed in time, 3 of 25 sampled.", "A.5.18"),
        (
            "2 of 12 critical suppliers were not reviewed in 2025 although the policy asks yearly.",
            "A.5.22",
        ),
        (
            "In the server room of the Leeds office 4 visitors of May had no badge or escort.",
            "A.7.2",
        ),
        (
            "7 critical vulnerabilities on 3 servers were open for 94 days; the rule is 14 days.",
            "A.8.8",
        ),
        ("For 3 of 8 emergency changes in October no approval was recorded.", "A.8.32"),
        (
            "The management review minutes of March do not consider audit results as an input.",
            "9.3.2",
        ),
        ("12 of 40 employees sampled had not completed the security awareness training.", "A.6.3"),
        (
            "Logs of the firewall were not reviewed in Q3; no evidence of monitoring exists.",
            "A.8.15",
        ),
        (
            "Nebenabweichung: Bei 3 von 10 ausgeschiedenen Mitarbeitern waren die Konten noch "
            "aktiv.",
            "A.5.18",
        ),
        ("Control A.9.2.6 (2013): 2 of 9 leaver accounts active.", "A.5.18"),
    ],
)
def test_the_requirement_is_read_from_the_words(text, requirement) -> None:
    talk = drafted(Finding("F-1", text, Source.INTERNAL, date(2026, 11, 1)), {})
    assert talk.plan.requirement.ids[0] == requirement


@pytest.mark.parametrize(
    "text",
    [
        "Access management is not effective.",
        "Documentation could be better.",
        "Security at the site was found wanting in several respects.",
        "The process does not work.",
    ],
)
def test_a_vague_finding_is_asked_about_and_not_guessed(text) -> None:
    talk = drafted(Finding("F-1", text, Source.CERTIFICATION_BODY, date(2026, 11, 1)), {})
    assert not talk.plan.requirement.ids
    asked = [one.asks.value for one in talk.turns if one.asks]
    assert asked[:3] == ["grade", "requirement", "objective_evidence"]
    assert "required" in {one.code for one in lint(talk.plan)}
