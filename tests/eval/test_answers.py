"""Judging answers: each sign catches what it is for, and nothing else."""

from __future__ import annotations

import pytest

from assistant.domain.answer import Answer, Kind
from assistant.domain.claims import Source
from eval.judging import TAXONOMY, cites, judge, lead_of, misquotes
from eval.questions import DEFAULT_FILES, Case, read_cases
from eval.records import Fault
from knowledge.passages import Citation, Locator, Origin, Passage, Standing

RULE = "Keys are changed every year."


def citation(**changes: object) -> Citation:
    fields: dict[str, object] = {
        "type": Origin.DOCUMENT,
        "source": "keys.md",
        "document": "Key Standard",
        "quote": RULE,
        "passage": "p1",
        "identifier": "STD-1",
        "version": "1.4",
        "section": "3.1 Rotation",
    }
    return Citation(**(fields | changes))  # type: ignore[arg-type]


def source(text: str) -> Source:
    passage = Passage("p1", "d1", 0, text, text, Locator("keys.md"))
    return Source(passage, "Key Standard", Standing.IN_FORCE)


def case(**fields: object) -> Case:
    return Case.model_validate({"id": "1", "kind": "rule", "question": "how often?", **fields})


def codes(faults: list[Fault]) -> list[str]:
    return [one.code for one in faults]


@pytest.mark.parametrize(
    "wanted", ["STD-1", "STD-1 3", "STD-1 3.1", "STD-1 1.4", "X 9 | STD-1 3.1"]
)
def test_a_citation_is_named_by_section_version_or_an_alternative(wanted: str) -> None:
    assert cites([citation()], wanted)


@pytest.mark.parametrize("wanted", ["STD-1 3.10", "STD-1 1", "STD-2", "SoA", "R-1"])
def test_another_section_document_or_record_is_not_the_one_wanted(wanted: str) -> None:
    assert not cites([citation()], wanted)


def test_rows_are_named_by_their_keys() -> None:
    row = citation(type=Origin.SOA, identifier=None, section=None, row="A.8.24", version="2.0")
    assert cites([row], "SoA A.8.24")
    assert cites([row], "SoA 2.0")
    assert not cites([row], "SoA A.8.2")


def test_every_sign_that_is_missing_is_named() -> None:
    wanted = case(
        expect="answer",
        regex={"all": ["year"], "none": ["month"]},
        lead="year",
        cite=["STD-1 3.1"],
    )
    found = judge(wanted, Answer(Kind.NOT_FOUND, "I do not know. Every month?"))
    assert codes(found) == ["over_refusal", "lacks", "says", "wrong_lead", "wrong_source"]
    assert set(codes(found)) <= TAXONOMY.keys()
    assert judge(wanted, Answer(Kind.ANSWER, f"> {RULE} [1]", (citation(),))) == []


def test_a_nugget_is_found_by_any_of_its_patterns_and_only_a_vital_one_is_missed() -> None:
    wanted = case(
        nuggets=[
            {"id": "how often", "any": ["annual", "every year"], "vital": True},
            {"id": "by whom", "any": "owner"},
        ]
    )
    assert judge(wanted, Answer(Kind.ANSWER, RULE)) == []
    assert codes(judge(wanted, Answer(Kind.ANSWER, "By the owner."))) == ["lacks"]


def test_an_answer_to_what_nothing_answers_is_told_from_one_that_says_so() -> None:
    wanted = case(kind="unknown", expect=["not_found", "answer"], regex={"all": ["nothing"]})
    assert judge(wanted, Answer(Kind.NOT_FOUND, "There is nothing.")) == []
    assert codes(judge(wanted, Answer(Kind.ANSWER, "Every week."))) == ["answered_nothing"]


@pytest.mark.parametrize(
    ("fields", "answerable"),
    [
        ({}, True),
        ({"kind": "unknown", "expect": ["not_found", "answer"]}, False),
        ({"expect": ["refusal"]}, False),
        ({"expect": ["refusal", "answer"]}, True),
        ({"kind": "unknown", "answerable": True}, True),
    ],
)
def test_what_can_be_answered_is_told_by_kind_and_expectation(
    fields: dict[str, object], answerable: bool
) -> None:
    assert case(**fields).can_be_answered is answerable


def test_the_lead_is_the_first_quote_and_else_the_first_paragraph() -> None:
    assert lead_of("**Your documents disagree:**\n\n> one [1]\n\n> two [2]") == "> one [1]"
    assert lead_of("\nNothing says so.\n\nAsk somebody.") == "Nothing says so."


def test_a_forbidden_word_counts_in_every_field_unless_the_asker_said_it() -> None:
    shown = Answer(Kind.ANSWER, "Nothing.", (citation(document="Project Lark"),))
    assert codes(judge(case(), shown, ["lark"])) == ["shown"]
    assert judge(case(question="what is Lark?"), shown, ["lark"]) == []
    assert judge(case(groups=["board"]), shown, ["lark"]) == []


def test_an_altered_quote_is_found_in_the_citation_and_in_the_text() -> None:
    answer = Answer(Kind.ANSWER, "> Keys are changed every week. [1]", (citation(),))
    assert codes(list(misquotes(answer, {"p1": source(RULE)}))) == ["misquote"]
    other = {"p1": source("Other words.")}
    assert codes(list(misquotes(Answer(Kind.ANSWER, "", (citation(),)), other))) == ["misquote"]
    assert codes(list(misquotes(Answer(Kind.ANSWER, "", (citation(),)), {}))) == ["no_passage"]


def test_the_cases_that_come_with_the_project_are_as_promised() -> None:
    cases = [one for path in DEFAULT_FILES for one in read_cases(path).cases]
    units = {one.unit for one in cases if one.unit}
    assert len({one.id for one in cases}) == len(cases) >= 300
    assert sum(not one.can_be_answered for one in cases) >= len(cases) / 4
    assert sum(one.startswith("A.") for one in units) == 93
    assert sum(one[0].isdigit() for one in units) == 30
    told = [one for one in cases if one.can_be_answered and one.expect == ("answer",)]
    assert all(one.cite or one.told for one in told)
