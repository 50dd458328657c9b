"""Files that people write: what is wrong is named by file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.files import FileError, read_entries
from eval.interviews import InterviewCase
from eval.plans import PlanCase
from eval.questions import CASES, Case, read_cases


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "cases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_cases(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "questions:\n- id: Q1\n  kind: rule\n  question: how\n  expcet: answer\n",
            "cases.yaml:5: questions Q1: expcet: unknown field; known are id, kind",
        ),
        ("questions:\n- id: Q1\n  kind: rule\n", "cases.yaml:2: questions Q1: question: "),
        (
            "questions:\n- {id: Q, kind: k, question: q}\n- {id: Q, kind: k, question: r}\n",
            "cases.yaml:3: questions Q: id: is there twice",
        ),
        (
            "questions:\n- id: Q\n  kind: k\n  question: q\n  regex:\n    all:\n    - '('\n",
            "cases.yaml:6: questions Q: regex.all: '(' is no regular expression",
        ),
        (
            "questions:\n- id: Q\n  kind: k\n  question: q\n"
            "  nuggets:\n  - {id: a, any: x, vitl: true}\n",
            "cases.yaml:6: questions Q: nuggets.0.vitl: unknown field",
        ),
        ("questions: []\nquestion: []\n", "cases.yaml:2: unknown field 'question'"),
        ("questions: nothing\n", "cases.yaml: has no list `questions`"),
        ("questions:\n- [\n", "cases.yaml:3: is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"gone\.yaml: cannot be read"):
        read_entries(tmp_path / "gone.yaml", "questions", Case)


def test_the_scripts_that_come_with_the_project_can_be_read() -> None:
    assert read_entries(CASES / "plans.yaml", "findings", PlanCase).entries
    assert read_entries(CASES / "interviews.yaml", "interviews", InterviewCase).entries
