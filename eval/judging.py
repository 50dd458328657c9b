"""Judging one answer: what it lacks, what it must not say, what it cites. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from assistant.domain.answer import REFUSED, Answer, Kind
from assistant.domain.claims import Source
from eval.questions import Case
from eval.records import Fault
from eval.scoring.telling import FLAGS, told
from knowledge.passages import Citation, Origin
from knowledge.text import fold, is_verbatim

TAXONOMY: Mapping[str, str] = {
    "over_refusal": "refused although something answers it",
    "answered_nothing": "answered although nothing answers it, without saying so",
    "wrong_kind": "another kind of answer than expected",
    "missed_conflict": "did not show that documents disagree",
    "missed_clarify": "did not ask back",
    "lacks": "a vital fact is missing",
    "says": "says what must not be said",
    "wrong_lead": "does not lead with what answers",
    "wrong_source": "does not cite where the answer stands",
    "shown": "shows words that the asker may not read",
    "twin": "differs from the answer about something that does not exist",
    "misquote": "a quote does not stand in its passage",
    "no_passage": "cites a passage that is not there",
    "unreadable": "cites what the asker may not read",
    "mislabelled": "names another title, identifier or version than the document's",
    "inconsistent": "`refused` does not agree with the kind",
    "crashed": "no answer came",
}
"""What can be wrong, with its meaning; the taxonomy of failures."""


def judge(case: Case, answer: Answer, never_shown: Sequence[str] = ()) -> list[Fault]:
    """List what is wrong with an answer as far as patterns, kinds and citations can tell."""
    faults = []
    if case.expect and answer.kind.value not in case.expect:
        faults.append(_wrong_kind(case, answer))
    faults += [
        Fault(code=_lacking(case, answer), detail=f"/{one}/")
        for one in told(answer.text, case.told).missing
    ]
    faults += [
        Fault(code="says", detail=f"/{one}/")
        for one in case.regex.none
        if re.search(one, answer.text, FLAGS)
    ]
    if case.lead and not re.search(case.lead, lead_of(answer.text), FLAGS):
        faults.append(Fault(code="wrong_lead", detail=f"/{case.lead}/"))
    faults += [
        Fault(code="wrong_source", detail=one)
        for one in case.cite
        if not cites(answer.citations, one)
    ]
    if answer.refused is not (answer.kind in REFUSED):
        faults.append(Fault(code="inconsistent", detail="refused does not agree with the kind"))
    if not case.groups:
        faults += _shown(case, answer, never_shown)
    return faults


def _wrong_kind(case: Case, answer: Answer) -> Fault:
    expected = " or ".join(case.expect)
    if answer.kind is Kind.ERROR:
        code = "crashed"
    elif answer.refused and case.can_be_answered:
        code = "over_refusal"
    elif not case.can_be_answered:
        code = "answered_nothing"
    elif case.expect == ("conflict",):
        code = "missed_conflict"
    elif case.expect == ("clarify",):
        code = "missed_clarify"
    else:
        code = "wrong_kind"
    return Fault(code=code, detail=f"kind {answer.kind.value}, expected {expected}")


def _lacking(case: Case, answer: Answer) -> str:
    """Where nothing answers, the missing words are the saying so."""
    return "lacks" if case.can_be_answered or answer.refused else "answered_nothing"


def lead_of(text: str) -> str:
    """Give what an answer says first: its first quote, or without quotes its first paragraph."""
    lines = [line for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("> ")), lines[0] if lines else "")


def cites(citations: Sequence[Citation], wanted: str) -> bool:
    """Tell whether one of the alternatives in `wanted` is cited."""
    return any(
        is_cited(citation, one.strip()) for one in wanted.split("|") for citation in citations
    )


def is_cited(citation: Citation, wanted: str) -> bool:
    """Tell whether a citation is the source that `wanted` names (eval/cases/README.md)."""
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


def _shown(case: Case, answer: Answer, never_shown: Sequence[str]) -> Iterator[Fault]:
    everything = json.dumps(asdict(answer), default=str).casefold()
    said = " ".join((case.question, *case.context)).casefold()
    for word in never_shown:
        if word.casefold() in everything and word.casefold() not in said:
            yield Fault(code="shown", detail=f"shows {word!r}")


def misquotes(answer: Answer, sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Name quotes that do not stand in their passage, and quoted lines that stand in none.

    A row of a table is quoted cell by cell, each under its header."""
    texts = [source.passage.text for source in sources.values()]
    for citation in answer.citations:
        source = sources.get(citation.passage)
        if source is None:
            detail = f"cites a passage that is not there: {citation.passage}"
            yield Fault(code="no_passage", detail=detail)
        elif not is_verbatim(citation.quote, source.passage.text):
            yield Fault(code="misquote", detail=f"not verbatim: {citation.quote[:60]!r}")
    for line in re.findall(r"^> (.+)$", answer.text, re.MULTILINE):
        plain = fold(re.sub(r"\[\d+\]|\*\*", "", line))
        if not any(plain in fold(re.sub(r"\*\*", "", text)) for text in texts):
            detail = f"quoted line stands in no cited passage: {plain[:60]!r}"
            yield Fault(code="misquote", detail=detail)


def differs_from_twin(answer: Answer, other: Answer, words: Mapping[str, str]) -> bool:
    """Tell whether two answers differ in more than the words that the questions differ in."""
    return _neutral(other, words) != _neutral(answer, {})


def _neutral(answer: Answer, words: Mapping[str, str]) -> str:
    text = json.dumps(asdict(answer), default=str).casefold()
    for word, instead in words.items():
        text = text.replace(word.casefold(), instead.casefold())
    return text
