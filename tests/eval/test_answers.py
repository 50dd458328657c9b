"""Judging answers: each sign catches what it is for, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.domain.answer import Answer, Kind
from eval.answers import DEFAULT_FILES, Case, cites, judge, lead_of, misquotes, read_cases
from knowledge.passages import Citation, Origin

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


def case(**fields: object) -> Case:
    return Case.model_validate({"id": "1", "kind": "rule", "question": "how often?", **fields})


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
    text = "I do not know. Every month?"
    assert judge(wanted, Answer(Kind.NOT_FOUND, text)) == [
        "kind not_found, expected answer",
        "lacks /year/",
        "says /month/",
        "does not lead with /year/",
        "does not cite STD-1 3.1",
    ]
    assert judge(wanted, Answer(Kind.ANSWER, f"> {RULE} [1]", (citation(),))) == []


def test_the_lead_is_the_first_quote_and_else_the_first_paragraph() -> None:
    assert lead_of("**Your documents disagree:**\n\n> one [1]\n\n> two [2]") == "> one [1]"
    assert lead_of("\nNothing says so.\n\nAsk somebody.") == "Nothing says so."


def test_a_forbidden_word_counts_in_every_field_unless_the_asker_said_it() -> None:
    shown = Answer(Kind.ANSWER, "Nothing.", (citation(document="Project Lark"),))
    assert judge(case(), shown, ["lark"]) == ["shows 'lark'"]
    assert judge(case(question="what is Lark?"), shown, ["lark"]) == []
    assert judge(case(groups=["board"]), shown, ["lark"]) == []


def test_an_altered_quote_is_found_in_the_citation_and_in_the_text() -> None:
    answer = Answer(Kind.ANSWER, "> Keys are changed every week. [1]", (citation(),))
    assert list(misquotes(answer, {"p1": RULE})) == [
        "quoted line stands in no cited passage: '> Keys are changed every week.'".replace("> ", "")
    ]
    assert list(misquotes(Answer(Kind.ANSWER, "", (citation(),)), {"p1": "Other words."})) == [
        f"not verbatim: {RULE!r}"
    ]


def test_the_cases_that_come_with_the_project_can_be_read() -> None:
    files = [read_cases(path) for path in DEFAULT_FILES]
    ids = [one.id for file in files for one in file.cases]
    assert len(ids) == len(set(ids)) > 250


def test_a_mistake_in_a_file_of_cases_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("questions:\n- {id: Q1, kind: rule, question: how, expcet: answer}\n")
    with pytest.raises(ValueError, match=r"cases\.yaml: question Q1: expcet"):
        read_cases(path)
