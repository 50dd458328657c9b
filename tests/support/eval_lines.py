"""Results of a run, made by hand."""

from __future__ import annotations

from datetime import date

from eval.records import AnswerLine, CitationLine, Fault, Head, SentenceLine

HEAD = Head(
    made=date(2026, 11, 23), column="rules", models=(), prompts=(("advisor", "ab"),),
    embedder="minilm", generation=3, index="cd", code="ef", commit="0123456789ab",
    cases=(("x.yaml", "12"),), machine="a machine",
)  # fmt: skip
CITED = CitationLine(
    type="document", source="k.md", document="Keys", identifier="STD-1", version="1", status=None,
    section="3", page=None, row=None, passage="p", quote="Every year.", exists=True, readable=True,
    verbatim=True, labelled=True,
)  # fmt: skip


def line(number: int, *codes: str, half: str = "dev", answerable: bool = True) -> AnswerLine:
    return AnswerLine(
        id=f"Q{number}", file="x.yaml", half=half, kind="rule", unit="A.8.24",
        question=f"how <often> {number}?", answerable=answerable, expected=("answer",), groups=(),
        as_of=None, answer_kind="answer" if answerable else "not_found", text="> Every year. [1]",
        notices=(), model=None, prompts=(), generation=3, citations=(CITED,),
        sentences=(SentenceLine(text="Every year.", marks=(1,), supported=not codes),),
        faults=tuple(Fault(code=one, detail=f"{one} of {number}") for one in codes),
        vital_found=0 if codes else 1, vital=1, all_found=0 if codes else 1, all=1,
        sources_found=1, sources=1, words=2, copied=1.0, first_s=0.1, total_s=0.1,
        prompt_tokens=0, reply_tokens=0, calls=0,
    )  # fmt: skip


PERFECT = [line(number) for number in range(1, 9)] + [
    line(9, half="test"), line(10, answerable=False), line(11, answerable=False, half="test"),
]  # fmt: skip
