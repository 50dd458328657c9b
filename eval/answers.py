"""`python -m eval answers`: questions with known answers, asked and judged without a language model.

The cases' format stands in `cases/README.md`. The judgements are necessary signs, not verdicts: an
answer that passes may still be poor, so read them with `--show`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.advisor import Advisor, open_advisor
from assistant.domain.answer import REFUSED, Answer, Message
from assistant.settings import read_settings
from knowledge.passages import Citation, Origin, Reader
from knowledge.text import fold, is_verbatim

DAY = date(2026, 11, 23)
CASES = Path(__file__).parent / "cases"
DEFAULT_FILES = (CASES / "sample_dev.yaml", CASES / "sample_test.yaml")
SEPARATE = ("injection", "unknown")
"""Kinds in which one failure is too many."""


class Signs(BaseModel):
    """Patterns that the text must and must not match."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @field_validator("all", "none")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            re.compile(pattern)
        return patterns


class Case(BaseModel):
    """A question with what a right answer shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    question: str
    expect: tuple[str, ...] = ()
    facts_must: tuple[str, ...] = ()
    facts_must_not: tuple[str, ...] = ()
    regex: Signs = Signs()
    lead: str | None = None
    cite: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    as_of: date | None = None
    groups: tuple[str, ...] = ()
    twin: str | None = None
    twin_words: dict[str, str] = Field(default_factory=dict)
    user: str | None = None
    faq: int | None = None
    note: str | None = None

    @field_validator("expect", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @property
    def history(self) -> tuple[Message, ...]:
        """The turns before the question."""
        turns = (turn.partition(":") for turn in self.context)
        return tuple(Message(role.strip(), text.strip()) for role, _, text in turns)

    @property
    def reader(self) -> Reader:
        """Who asks."""
        return Reader(id="asker", groups=frozenset(self.groups))


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Cases and the words that no reader without a group may be shown."""

    cases: tuple[Case, ...]
    never_shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one case ended."""

    id: str
    kind: str
    question: str
    answer_kind: str
    text: str
    cited: tuple[str, ...]
    faults: tuple[str, ...]
    latency_s: float

    @property
    def passed(self) -> bool:
        """Tell whether nothing was found wrong."""
        return not self.faults


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases. Raises ValueError naming the case and the field."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("questions"), list):
        problem = f"{path.name}: no list `questions`; see eval/cases/README.md"
        raise ValueError(problem)  # noqa: TRY004  a person's file, not a caller's type
    cases = []
    for place, raw in enumerate(content["questions"], start=1):
        try:
            cases.append(Case.model_validate(raw))
        except ValidationError as error:
            first = error.errors()[0]
            name = raw.get("id", place) if isinstance(raw, dict) else place
            where = ".".join(map(str, first["loc"]))
            raise ValueError(f"{path.name}: question {name}: {where}: {first['msg']}") from error
    never = (content.get("meta") or {}).get("never_shown", ())
    return CaseFile(tuple(cases), tuple(never))


def judge(case: Case, answer: Answer, never_shown: Sequence[str] = ()) -> list[str]:
    """List what is wrong with an answer as far as patterns, kinds and citations can tell."""
    faults = []
    if case.expect and answer.kind.value not in case.expect:
        faults.append(f"kind {answer.kind.value}, expected {' or '.join(case.expect)}")
    flags = re.IGNORECASE | re.DOTALL
    faults += [f"lacks /{one}/" for one in case.regex.all if not re.search(one, answer.text, flags)]
    faults += [f"says /{one}/" for one in case.regex.none if re.search(one, answer.text, flags)]
    if case.lead and not re.search(case.lead, lead_of(answer.text), flags):
        faults.append(f"does not lead with /{case.lead}/")
    faults += [f"does not cite {one}" for one in case.cite if not cites(answer.citations, one)]
    if answer.refused is not (answer.kind in REFUSED):
        faults.append("refused does not agree with the kind")
    if not case.groups:
        faults += _shown(case, answer, never_shown)
    return faults


def lead_of(text: str) -> str:
    """Give what an answer says first: its first quote, or without quotes its first paragraph."""
    lines = [line for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("> ")), lines[0] if lines else "")


def cites(citations: Sequence[Citation], wanted: str) -> bool:
    """Tell whether one of the alternatives in `wanted` is cited."""
    return any(
        _is_cited(citation, one.strip()) for one in wanted.split("|") for citation in citations
    )


def _is_cited(citation: Citation, wanted: str) -> bool:
    name, _, place = wanted.partition(" ")
    if name.startswith("guidance:"):
        return citation.source == name
    if name == "SoA":
        here = citation.type is Origin.SOA
        return here and place in {"", citation.row, citation.version}
    if citation.row == name:
        return True
    if citation.identifier != name.removesuffix("-old"):
        return False
    section = (citation.section or "").split(" ", 1)[0]
    return not place or place in {citation.version, section} or section.startswith(f"{place}.")


def _shown(case: Case, answer: Answer, never_shown: Sequence[str]) -> Iterator[str]:
    everything = json.dumps(asdict(answer), default=str).casefold()
    said = " ".join((case.question, *case.context)).casefold()
    for word in never_shown:
        if word.casefold() in everything and word.casefold() not in said:
            yield f"shows {word!r}"


def misquotes(answer: Answer, passages: dict[str, str]) -> Iterator[str]:
    """Name quotes that do not stand in their passage, and quoted lines that stand in none.

    A row of a table is quoted cell by cell, each under its header.
    """
    for citation in answer.citations:
        source = passages.get(citation.passage)
        if source is None:
            yield f"cites a passage that is not there: {citation.passage}"
        elif not is_verbatim(citation.quote, source):
            yield f"not verbatim: {citation.quote[:60]!r}"
    for line in re.findall(r"^> (.+)$", answer.text, re.MULTILINE):
        plain = fold(re.sub(r"\[\d+\]|\*\*", "", line))
        if not any(plain in fold(re.sub(r"\*\*", "", text)) for text in passages.values()):
            yield f"quoted line stands in no cited passage: {plain[:60]!r}"


def run_case(advisor: Advisor, case: Case, never_shown: Sequence[str] = ()) -> Verdict:
    """Ask and judge one case."""
    begun = time.perf_counter()
    answer = advisor.ask(case.question, reader=case.reader, history=case.history, as_of=case.as_of)
    spent = time.perf_counter() - begun
    view = advisor.view(case.reader, as_of=case.as_of)
    found = ((one.passage, view.passage(one.passage)) for one in answer.citations)
    passages = {passage_id: passage.text for passage_id, passage in found if passage}
    faults = judge(case, answer, never_shown) + list(misquotes(answer, passages))
    if case.twin is not None:
        other = advisor.ask(case.twin, reader=case.reader, history=case.history, as_of=case.as_of)
        if _neutral(other, case.twin_words) != _neutral(answer, {}):
            faults.append(f"differs from the answer to {case.twin!r}")
    cited = tuple(
        " ".join(filter(None, (one.identifier or one.source, one.version, one.row or one.section)))
        for one in answer.citations
    )
    return Verdict(
        case.id,
        case.kind,
        case.question,
        answer.kind.value,
        answer.text,
        cited,
        tuple(faults),
        round(spent, 3),
    )


def _neutral(answer: Answer, words: dict[str, str]) -> str:
    text = json.dumps(asdict(answer), default=str).casefold()
    for word, instead in words.items():
        text = text.replace(word.casefold(), instead.casefold())
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `answers` takes."""
    parser.add_argument(
        "--cases",
        type=Path,
        action="append",
        metavar="FILE",
        help="cases to ask; may be given more than once; default: the two sample files",
    )
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="an indexed workspace; default: the sample organisation in a temporary one",
    )
    parser.add_argument("--today", type=date.fromisoformat, default=DAY, metavar="YYYY-MM-DD")
    parser.add_argument("--only", metavar="REGEX", help="ask only the ids or kinds that match")
    parser.add_argument("--show", action="store_true", help="print every answer, not only failures")
    parser.add_argument("--json", action="store_true", help="print data")


def run(arguments: argparse.Namespace) -> int:
    """Ask every case and print what came out."""
    try:
        files = [read_cases(path) for path in arguments.cases or DEFAULT_FILES]
    except (OSError, ValueError, yaml.YAMLError) as error:
        print(error, file=sys.stderr)
        return 2
    with _advisor(arguments.workspace, arguments.today) as advisor:
        verdicts = [
            run_case(advisor, case, file.never_shown)
            for file in files
            for case in file.cases
            if not arguments.only or re.search(arguments.only, f"{case.id} {case.kind}")
        ]
    if arguments.json:
        print(json.dumps(_data(verdicts), ensure_ascii=False, indent=1))
    else:
        _print(verdicts, everything=arguments.show)
    return 0


@contextmanager
def _advisor(workspace: Path | None, today: date) -> Iterator[Advisor]:
    with tempfile.TemporaryDirectory(prefix="annexa-answers-") as made:
        place = workspace or Path(made)
        advisor = open_advisor(read_settings(workspace=place, today=today, environment={}))
        try:
            if workspace is None:
                folder = Path(str(resources.files("knowledge") / "sample"))
                shutil.copy(folder / "access.yaml", place / "access.yaml")
                advisor.library.sync(folder)
            yield advisor
        finally:
            advisor.close()


def _tally(verdicts: Sequence[Verdict]) -> dict[str, tuple[int, int]]:
    kinds = sorted({one.kind for one in verdicts}, key=lambda kind: (kind in SEPARATE, kind))
    return {
        kind: (
            sum(one.passed for one in verdicts if one.kind == kind),
            sum(one.kind == kind for one in verdicts),
        )
        for kind in kinds
    }


def _data(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "n": len(verdicts),
        "passed": sum(one.passed for one in verdicts),
        "by_kind": {
            kind: {"n": n, "passed": passed} for kind, (passed, n) in _tally(verdicts).items()
        },
        "cases": [asdict(one) | {"passed": one.passed} for one in verdicts],
    }


def _print(verdicts: Sequence[Verdict], *, everything: bool) -> None:
    for one in verdicts:
        if not everything and one.passed:
            continue
        print(f"\n{'ok  ' if one.passed else 'FAIL'} {one.id} ({one.kind}): {one.question}")
        for fault in one.faults:
            print(f"     ! {fault}")
        print(f"     {one.answer_kind}; cites {', '.join(one.cited) or 'nothing'}")
        print("".join(f"     | {line}\n" for line in one.text.splitlines()), end="")
    print(f"\n{'kind':<18}{'n':>5}{'passed':>8}")
    for kind, (passed, n) in _tally(verdicts).items():
        print(f"{kind:<18}{n:>5}{passed:>8}{'  must be all' if kind in SEPARATE else ''}")
    passed = sum(one.passed for one in verdicts)
    print(f"{'together':<18}{len(verdicts):>5}{passed:>8}")
