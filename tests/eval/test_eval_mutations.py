"""Breaking the product on purpose: each break is caught by a figure that drops.

Runs on the sample organisation, which is indexed once for the whole test run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from indexed_sample import indexed_sample

from assistant.domain.answer import Answer, Kind
from eval import answers, gate, summing
from eval.asking import DAY, Watched, ask, open_watched
from eval.questions import DEFAULT_FILES, Case, CaseFile, read_cases
from eval.records import AnswerLine
from knowledge import view as view_module
from knowledge.citing import cite
from knowledge.passages import OWNER, Reader, Standing
from knowledge.standing import Judgement

SAMPLE, _, GUIDANCE, _ = (read_cases(path) for path in DEFAULT_FILES)


@pytest.fixture(scope="module")
def advisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    from assistant.settings import read_settings

    workspace = indexed_sample(tmp_path_factory).workspace
    opened = open_watched(read_settings(workspace=workspace, today=DAY, environment={}), lines=())
    yield opened
    opened.close()


def part(file: CaseFile, *ids: str) -> CaseFile:
    return replace(file, cases=tuple(one for one in file.cases if one.id in ids))


def of_kind(file: CaseFile, kind: str) -> CaseFile:
    return replace(file, cases=tuple(one for one in file.cases if one.kind == kind))


def measured(advisor: Watched, file: CaseFile) -> tuple[dict[str, Any], set[str]]:
    lines = answers.measure(advisor, [file])
    return summing.figures(lines), {fault.code for one in lines for fault in one.faults}


BACKUPS = replace(
    SAMPLE, cases=tuple(one for one in SAMPLE.cases if "STD-04" in " ".join(one.cite))
)


def test_a_rights_filter_that_is_off_is_caught(
    advisor: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    rights = of_kind(SAMPLE, "rights")
    before, faults = measured(advisor, rights)
    assert not faults & {"shown", "unreadable"}
    monkeypatch.setattr(Reader, "in_any", lambda _self, _groups: True)
    after, faults = measured(advisor, rights)
    assert after["passed"]["mean"] < before["passed"]["mean"]
    assert faults & {"shown", "unreadable", "twin"}


class Shifted(Watched):
    """Numbers its citations one too far."""

    def ask(self, question: str, **options: Any) -> Answer:
        answer = super().ask(question, **options)
        return replace(answer, citations=(*answer.citations[1:], *answer.citations[:1]))


def test_citations_shifted_by_one_are_caught(advisor: Watched) -> None:
    before, _ = measured(advisor, BACKUPS)
    shifted = Shifted(advisor.library, advisor.settings, ())
    after, _ = measured(shifted, BACKUPS)
    assert after["supported"]["mean"] < before["supported"]["mean"] - 0.3


def test_a_newest_version_that_is_ignored_is_caught(
    advisor: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = measured(advisor, BACKUPS)
    judge = view_module.judge

    def older_first(*given: Any) -> Mapping[str, Judgement]:
        found = dict(judge(*given))
        for old, one in list(found.items()):
            if one.successor is not None:
                found[old] = Judgement(Standing.IN_FORCE)
                found[one.successor] = Judgement(Standing.SUPERSEDED, old)
        return found

    monkeypatch.setattr(view_module, "judge", older_first)
    after, _ = measured(advisor, BACKUPS)
    assert after["passed"]["mean"] < before["passed"]["mean"] - 0.2


class Oracle(Watched):
    """Answers with the first guidance passage that a case names as its source."""

    case: Case

    def ask(self, question: str, **options: Any) -> Answer:
        view = self.view(OWNER)
        source = self.case.cite[0].split(" | ")[0]
        document = next(one for one in view.documents if one.source == source)
        passage = view.passages_of(document.id)[0]
        quote = passage.text.splitlines()[0]
        return Answer(Kind.ANSWER, f"> {quote} [1]", (cite(document, passage, quote),))


def asked(advisor: Watched, file: CaseFile, case: Case) -> AnswerLine:
    if isinstance(advisor, Oracle):
        advisor.case = case
    return ask(advisor, file, case)


class Hopeless(Watched):
    """Says the same to everything."""

    def ask(self, question: str, **options: Any) -> Answer:
        return Answer(Kind.ANSWER, "Every 7 days, as ISO demands.")


def test_a_perfect_and_a_hopeless_system_score_as_they_should(advisor: Watched) -> None:
    controls = of_kind(GUIDANCE, "control")
    perfect = Oracle(advisor.library, advisor.settings, ())
    best = summing.figures([asked(perfect, controls, one) for one in controls.cases])
    names = ("passed", "vital", "sources", "supported", "valid")
    assert {name: best[name]["mean"] for name in names} == dict.fromkeys(names, 1.0)
    hopeless = Hopeless(advisor.library, advisor.settings, ())
    some = replace(GUIDANCE, cases=GUIDANCE.cases[::4])
    worst = summing.figures([asked(hopeless, some, one) for one in some.cases])
    assert [worst[one]["mean"] for one in ("sources", "recall")] == [0, 0]
    assert max(worst[one]["mean"] for one in ("passed", "vital", "refusal")) < 0.1


class Crashing(Watched):
    """Never comes to an answer."""

    def ask(self, question: str, **options: Any) -> Answer:
        raise RuntimeError("the disk is gone")


def test_a_crash_is_a_wrong_answer_and_does_not_end_the_run(advisor: Watched) -> None:
    broken = Crashing(advisor.library, advisor.settings, ())
    lines = answers.measure(broken, [replace(SAMPLE, cases=SAMPLE.cases[:3])])
    assert [[fault.code for fault in one.faults] for one in lines] == [["crashed"]] * 3


def test_nothing_has_become_worse_than_the_baseline(advisor: Watched) -> None:
    found, lines = gate.failures(advisor)
    assert len(lines) >= 30
    assert found == []
