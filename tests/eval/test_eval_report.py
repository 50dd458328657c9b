"""The page, the baseline and the tables: they say what was measured, and mix nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from eval_lines import HEAD, PERFECT, line

from eval import baseline, quality, report, summing
from eval.records import AnswerLine, in_one_column, read_lines, write_lines


def page(lines: list[AnswerLine]) -> str:
    return report.page({"answers": summing.summary(HEAD, lines)}, lines, {}, {})


def test_a_perfect_run_has_full_figures() -> None:
    figures = summing.figures(PERFECT)
    ones = ("passed", "vital", "all", "sources", "supported", "recall", "valid", "refusal")
    assert {name: figures[name]["mean"] for name in ones} == dict.fromkeys(ones, 1.0)
    assert [figures[one]["mean"] for one in ("over_refusal", "unsupported", "forbidden")] == [0] * 3


def test_a_hopeless_run_has_none() -> None:
    lines = [line(number, "lacks", "says") for number in range(8)] + [
        line(9, "answered_nothing", answerable=False)
    ]
    figures = summing.figures(lines)
    assert [figures[one]["mean"] for one in ("passed", "vital", "supported", "refusal")] == [0] * 4


def test_an_interval_admits_doubt_even_of_a_full_score() -> None:
    assert summing.figures(PERFECT)["passed"]["low"] < 0.85


def test_lines_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", PERFECT)
    assert read_lines(tmp_path / "a.jsonl") == PERFECT


def test_a_changed_line_is_refused_by_number_and_field(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, PERFECT[:2])
    path.write_text(path.read_text().replace('"id": "Q2"', '"id": "Q2", "score": 1'))
    with pytest.raises(ValueError, match=r"a\.jsonl:2: score"):
        read_lines(path)


def test_columns_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="live and rules cannot stand in one column"):
        in_one_column(["rules", "live", "rules"])
    new = summing.summary(HEAD.model_copy(update={"column": "live"}), PERFECT)
    other: dict[str, Any] = {"suite": "safety", "head": {"column": "rules"}, "all": {}}
    with pytest.raises(ValueError, match="cannot stand in one column"):
        report.page({"answers": new, "safety": other}, [], {}, {})
    old = summing.summary(HEAD, PERFECT)
    compared = baseline.compare({"answers": new}, {"answers": old})["answers"]
    assert compared.paired is None
    assert "not one column" in (compared.note or "")


def test_the_page_stands_alone() -> None:
    html = page(PERFECT)
    assert not re.search(r"<script|<link|src=|https?://|@import|url\(", html)
    assert html.count('class="cell') >= 93
    assert "What this does not show" in html
    assert "0123456789ab" in html


def test_the_page_shows_the_worst_first_escaped_and_never_the_half_that_is_only_counted() -> None:
    lines = [*PERFECT, line(20, "wrong_source"), line(21, "shown"), line(22, "lacks", half="test")]
    html = page(lines)
    assert html.index("Q21") < html.index("Q20")
    assert "how &lt;often&gt; 21?" in html
    assert "Q22" not in html
    assert [one.id for one in report.worst(lines)] == ["Q21", "Q20"]


def test_the_baseline_is_compared_case_by_case(tmp_path: Path) -> None:
    old = summing.summary(HEAD, [line(n) for n in range(30)])
    new = summing.summary(HEAD, [line(n, *(["lacks"] if n < 9 else [])) for n in range(30)])
    baseline.accept("answers", old, tmp_path)
    loaded = baseline.load("answers", tmp_path)
    assert loaded is not None
    found = baseline.compare({"answers": new}, {"answers": loaded})["answers"]
    assert found.paired is not None
    assert (found.paired.worse, found.paired.better, found.paired.real) == (9, 0, True)


def test_the_gate_names_a_real_loss_and_every_new_hard_fault_but_no_chance() -> None:
    old = {str(n): 1 for n in range(40)} | {"known": 0}
    assert baseline.regressions(old, old, {}) == []
    assert baseline.regressions(old | {"1": 0, "2": 0}, old, {}) == []
    lost = baseline.regressions(old | {str(n): 0 for n in range(7)}, old, {})
    assert len(lost) == 1
    assert lost[0].startswith("7 of 41 cases are lost")
    assert baseline.regressions(old | {"1": 0}, old, {"1": ["shown"]}) == ["1: shown"]
    assert baseline.regressions(old, old, {"known": ["misquote"], "2": ["lacks"]}) == []


def test_tables_go_between_the_marks_and_nowhere_else() -> None:
    document = f"before\n{quality.BEGIN}\nold\n{quality.END}\nafter\n"
    assert quality.between(document, "new") == document.replace("old", "new")
    with pytest.raises(quality.MarksMissing):
        quality.between("no marks", "new")


def test_the_documents_say_what_the_committed_results_say() -> None:
    for path, text in quality.documents(quality.committed()).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} differs from eval/baseline: run `python -m eval accept`"
        )


def test_the_committed_results_are_of_rules_alone_and_hold_no_answers() -> None:
    for suite, found in quality.committed().items():
        assert found.get("head", {}).get("column", "rules") == "rules", suite
        assert "text" not in found
