"""Scorers: perfect and hopeless outcomes score as they should, and known values come out."""

from __future__ import annotations

import math
from typing import Any

import pytest

from assistant.domain.claims import Source
from eval.questions import Nugget
from eval.scoring import interviews, plans
from eval.scoring.agreement import confusion, f1, kappa, macro_f1
from eval.scoring.citing import check, may_read, support
from eval.scoring.declining import declining
from eval.scoring.telling import copied, told
from knowledge.passages import Citation, Locator, Origin, Passage, Standing

KEYS = "Keys are changed every year. Lost keys must be reported within 24 hours."
BOOKS = "Books are kept for ten years."


def source(name: str, text: str) -> Source:
    passage = Passage(name, f"d-{name}", 0, text, text, Locator(f"{name}.md"))
    return Source(passage, f"Standard {name}", Standing.IN_FORCE)


def citation(name: str, quote: str) -> Citation:
    return Citation(Origin.DOCUMENT, f"{name}.md", f"Standard {name}", quote, name, "STD-1", "1.0")


SOURCES = {"keys": source("keys", KEYS), "books": source("books", BOOKS)}
CITED = (citation("keys", "Keys are changed every year."), citation("books", BOOKS))
TEXT = f"> Keys are changed every year. [1]\n\n— Standard keys (STD-1) v1.0\n\n> {BOOKS} [2]"


# Citations


def test_quoted_rules_under_their_own_marks_are_all_supported() -> None:
    found = support(TEXT, CITED, SOURCES, question="how often are keys changed?")
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_marks_shifted_by_one_support_nothing() -> None:
    found = support(TEXT.replace("— Standard keys (STD-1) v1.0\n\n", ""), CITED[::-1], SOURCES,
                    question="keys?")  # fmt: skip
    assert found.precision == 0.0


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("Keys are changed every year. [1]", True),
        ("Lost keys must be reported within 24 hours. [1]", True),
        ("Lost keys must be reported within 48 hours. [1]", False),
        ("Lost keys need not be reported within 24 hours. [1]", False),
        ("Keys are changed every month. [1]", False),
    ],
)
def test_a_sentence_with_another_number_or_force_is_not_supported(said: str, stands: bool) -> None:
    found = support(said, CITED, SOURCES, question="and lost keys?")
    assert [one.supported for one in found.sentences] == [stands]


def test_a_number_without_a_source_counts_against_recall_and_framing_does_not() -> None:
    text = f"Here is the rule.\n\n> {BOOKS} [2]\n\nAbout 40 people work here."
    found = support(text, CITED, SOURCES, question="books?")
    assert [one.supported for one in found.sentences] == [True, False]
    assert (found.precision, found.recall) == (1.0, 0.5)


def test_a_citation_holds_only_if_it_is_there_readable_verbatim_and_rightly_labelled() -> None:
    keys, one = SOURCES["keys"], CITED[0]
    assert check(one, keys, readable=True, identifier="STD-1", version="1.0").holds
    assert not check(one, None, readable=True, identifier="STD-1", version="1.0").exists
    assert not check(one, keys, readable=False, identifier="STD-1", version="1.0").holds
    assert not check(one, keys, readable=True, identifier="STD-1", version="0.9").labelled
    altered = citation("keys", "Keys are changed each year.")
    assert not check(altered, keys, readable=True, identifier="STD-1", version="1.0").verbatim


@pytest.mark.parametrize(
    ("rule", "own", "groups", "allowed"),
    [
        (None, None, (), True),
        (("board",), None, (), False),
        (("board",), None, ("board",), True),
        (("board",), ("hr",), ("board",), False),
        (("board",), ("everyone",), ("board",), True),
    ],
)
def test_rule_and_front_matter_must_both_let_somebody_read(
    rule: tuple[str, ...] | None,
    own: tuple[str, ...] | None,
    groups: tuple[str, ...],
    allowed: bool,
) -> None:
    assert may_read(rule, own, groups) is allowed


# Telling


def test_vital_facts_and_all_facts_are_counted_apart() -> None:
    nuggets = [
        Nugget(id="a", any=("every year",), vital=True),
        Nugget(id="b", any=("24 hours",), vital=True),
        Nugget(id="c", any=("reported",)),
    ]
    found = told("Every year; reported at once.", nuggets)
    assert (found.vital_found, found.vital, found.all_found, found.all) == (1, 2, 2, 3)
    assert found.missing == ("24 hours",)


def test_copying_is_the_share_of_words_in_long_runs_of_a_source() -> None:
    assert copied(f"> {KEYS}", [KEYS]) == 1.0
    assert copied("Your own keys change yearly, and their loss is told soon.", [KEYS]) == 0.0
    half = "Lost keys must be reported within 24 hours and nobody has yet said anything else"
    assert 0.4 < copied(half, [KEYS]) < 0.6
    assert copied("", [KEYS]) == 0.0


# Refusing


def test_perfect_and_hopeless_refusing() -> None:
    perfect = declining([(True, False, True)] * 6 + [(False, True, True)] * 2)
    assert (perfect.recall, perfect.precision, perfect.f1) == (1, 1, 1)
    always = declining([(True, True, False)] * 6 + [(False, True, True)] * 2)
    assert (always.recall, always.precision) == (1, 0.25)
    never = declining([(True, False, True)] * 6 + [(False, False, False)] * 2)
    assert (never.recall, never.f1) == (0, 0)


# Agreement


RIGHT = ["gap", "gap", "partial", "partial", "conforms", "conforms"]


def test_perfect_and_hopeless_verdicts() -> None:
    assert (macro_f1(RIGHT, RIGHT), kappa(RIGHT, RIGHT)) == (1, 1)
    wrong = ["conforms", "conforms", "gap", "gap", "partial", "partial"]
    assert macro_f1(RIGHT, wrong) == 0
    assert kappa(RIGHT, wrong) == pytest.approx(-0.5)


def test_kappa_and_f1_are_as_worked_by_hand() -> None:
    # The textbook's 50 grants: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no give .4.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(first, second) == pytest.approx(0.4)
    assert f1(first, second, "yes") == pytest.approx(2 * 20 / (25 + 30))
    assert confusion(first, second) == {"no": {"no": 15, "yes": 10}, "yes": {"no": 5, "yes": 20}}


def test_labels_of_one_kind_alone_agree_and_none_have_no_kappa() -> None:
    assert kappa(["gap"], ["gap"]) == 1
    assert math.isnan(kappa([], []))


def test_to_be_told_that_all_is_well_costs_most() -> None:
    assert interviews.cost("gap", "conforms") > interviews.cost("conforms", "gap") > 0
    assert interviews.cost("gap", "gap") == 0


# Interviews


OUTCOME: dict[str, Any] = {
    "units": [
        {
            "unit": "A.5.18", "verdict": "gap", "followups": 2, "flags": ["pressure"],
            "demands": [{"id": "A.5.18-2", "met": "no"}],
            "claims": [{"text": "one review", "kind": "is", "said": "Really just the one."}],
            "contradictions": [{"a": "every quarter", "b": "the one"}],
        }
    ],
    "transcript": [{"role": "assistant", "text": "I propose gap."}],
}  # fmt: skip


def test_each_expected_fact_of_an_interview_is_a_step() -> None:
    wanted = {"verdict": "gap", "demands": {"A.5.18-2": "no"}, "contradictions": 1,
              "followups_at_most": 4, "flags": ["pressure"]}  # fmt: skip
    assert [hit for _, hit in interviews.steps(OUTCOME, {"units": {"A.5.18": wanted}})] == [
        True
    ] * 5
    missing = interviews.steps(OUTCOME, {"units": {"A.8.1": {"verdict": "gap"}}})
    assert [hit for _, hit in missing] == [False]


def test_words_that_were_never_said_are_named() -> None:
    assert interviews.unsaid(OUTCOME, ["Really just the one."]) == []
    assert interviews.unsaid(OUTCOME, ["Nothing."]) == ["Really just the one."]
    assert interviews.told_away(OUTCOME, ["propose (gap|partial)", "certified"]) == [
        "propose (gap|partial)"
    ]


# Plans


FINDING = "Three of nine leavers kept their accounts for 12 days (A.5.18)."
PLAN: dict[str, Any] = {
    "requirement": "A.5.18 Access rights",
    "objective_evidence": f"{FINDING} Population: TO BE CONFIRMED",
    "statement": "A.5.18 with the own rule POL-05, section 4.5; SoA row A.5.18",
    "grade": "minor",
    "containment": "Disabled on 2026-11-20.",
    "correction": "The three accounts were deleted on 2026-11-21.",
    "consequences": "Sign-in logs were read: none was used.",
    "extent": "All leavers were compared with the export: 1 more.",
    "cause_analysis": "Why: …",
    "root_cause": "The end date in HR does not reach the directory, and no check compares the two.",
    "causes": [
        {"id": "C1", "kind": "happened", "evidence": "interview"},
        {"id": "C2", "kind": "undetected", "evidence": "interview"},
    ],
    "actions": [
        {"what": "x", "owner": "o", "due": "2027-01-10", "done_when": "d", "resources": "r",
         "cause": [{"C1": ""}]},
        {"what": "y", "owner": "o", "due": "2027-01-10", "done_when": "d", "resources": "r",
         "cause": [{"C2": ""}]},
    ],
    "isms_changes": "Risk register: yes. SoA: no. Objectives: no. Training: yes. Procedure: yes.",
    "closure_evidence": "Export of the trigger's log, by whom: IT, 2027-01-15.",
    "effectiveness": "…",
    "effectiveness_parts": dict.fromkeys(
        ("measure", "threshold", "sample", "period", "due", "reviewer"), "x"
    ),
}  # fmt: skip
SAID = ["Disabled on 2026-11-20.", "deleted on 2026-11-21", "1 more"]


def scored(**changes: object) -> plans.PlanScore:
    drafted = {"plan": PLAN | changes, "citations": [{"quote": "Access ends within 24 hours."}]}
    return plans.score(drafted, finding=FINDING, said=SAID, requirement=r"A\.5\.18", grade="minor")


def test_an_excellent_plan_has_all_points() -> None:
    found = scored()
    assert (found.total, found.fails, found.passed) == (36, (), True)


def test_an_empty_plan_has_almost_none() -> None:
    empty = dict.fromkeys(PLAN, "")
    found = plans.score({"plan": empty | {"actions": [], "causes": []}, "citations": []},
                        finding=FINDING, said=[], requirement=r"A\.5\.18", grade="minor")  # fmt: skip
    assert found.total <= 2
    assert not found.passed


@pytest.mark.parametrize(
    ("changes", "criterion", "points"),
    [
        ({"requirement": "A.5.1 Policies"}, "requirement", 0),
        ({"objective_evidence": "Some leavers."}, "facts", 1),
        ({"correction": PLAN["containment"]}, "containment_and_correction", 1),
        ({"consequences": ""}, "containment_and_correction", 2),
        ({"extent": "Others were looked at."}, "extent", 1),
        ({"causes": PLAN["causes"][:1]}, "cause_method", 1),
        ({"root_cause": "Human error of the administrator."}, "root_cause", 0),
        ({"causes": PLAN["causes"][:1]}, "root_cause", 2),
        ({"actions": PLAN["actions"][:1]}, "action_fits_cause", 2),
        ({"actions": []}, "smart", 0),
        ({"isms_changes": "None."}, "isms_changes", 0),
        ({"closure_evidence": "Something."}, "closure_evidence", 1),
        ({"effectiveness_parts": {"measure": "x", "due": "y"}}, "effectiveness", 2),
        ({"containment": "Disabled on 2026-11-20 by 7 people."}, "honesty", 0),
    ],
)
def test_each_criterion_sees_what_it_is_for(
    changes: dict[str, object], criterion: str, points: int
) -> None:
    assert scored(**changes).points[criterion] == points


def test_a_changed_grade_a_wrong_rule_and_an_invented_number_fail_whatever_the_points() -> None:
    for changes in (
        {"grade": "major"},
        {"requirement": "9.2"},
        {"extent": "All 412 leavers were compared with the export."},
        {"root_cause": "The intern was careless; human error."},
    ):
        assert not scored(**changes).passed


def test_what_was_proposed_and_not_confirmed_is_no_invention() -> None:
    text = "TO BE CONFIRMED: how many?\nProposed, not confirmed: compare all within 5 days"
    assert scored(extent=text).fails == ()
