"""Asking one case and writing down what came, with everything that was found about it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import resources
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from assistant.advisor import Advisor
from assistant.conversing import Asked, Considered, Listen
from assistant.domain.answer import Answer, Kind
from assistant.domain.claims import Source
from assistant.domain.conversation import Piece, Status, Trace
from assistant.llm import ModelLine, model_lines
from assistant.settings import Settings, read_settings
from eval.judging import cites, differs_from_twin, judge, misquotes
from eval.questions import Case, CaseFile
from eval.records import AnswerLine, CitationLine, Fault, SentenceLine
from eval.scoring import citing, telling
from knowledge.embedding import Embedder
from knowledge.library import Library
from knowledge.passages import Document, Passage, Reader

DAY = date(2026, 11, 23)
"""The day of the cases that come with the project."""


class Watched(Advisor):
    """An advisor that keeps how its last answer came about, and nothing in the workspace."""

    trace: Trace | None = None

    def _consider(
        self, asked: Asked, reader: Reader, as_of: date | None, listen: Listen
    ) -> Considered:
        considered = super()._consider(asked, reader, as_of, listen)
        self.trace = considered.trace
        return considered


@contextmanager
def watched(
    workspace: Path | None,
    today: date,
    *,
    data: Path | None = None,
    model: str | None = None,
    lines: Sequence[ModelLine] | None = None,
    embedder: Embedder | None = None,
) -> Iterator[Watched]:
    """Open a workspace, or index `data` (default: the sample organisation) in a temporary one.

    `model` names a language model of the settings; None or "none": rules answer alone."""
    with TemporaryDirectory(prefix="annexa-eval-") as made:
        place = workspace or Path(made)
        settings = read_settings(workspace=place, today=today, environment=None if model else {})
        chosen = model if model and model != "none" else None
        settings = settings.model_copy(update={"model": chosen, "fallback_model": None})
        advisor = open_watched(settings, lines=lines, embedder=embedder)
        try:
            if workspace is None:
                folder = data or Path(str(resources.files("knowledge") / "sample"))
                if (folder / "access.yaml").is_file():
                    copy(folder / "access.yaml", place / "access.yaml")
                advisor.library.sync(folder)
            yield advisor
        finally:
            advisor.close()


def open_watched(
    settings: Settings,
    *,
    lines: Sequence[ModelLine] | None = None,
    embedder: Embedder | None = None,
) -> Watched:
    """Open a watched advisor on the workspace of `settings`."""
    library = Library.open(settings.workspace, embedder or settings.embedder)
    return Watched(library, settings, model_lines(settings) if lines is None else lines)


def ask(
    advisor: Watched, file: CaseFile, case: Case, *, reader: Reader | None = None
) -> AnswerLine:
    """Ask and judge one case. Whatever goes wrong is written down as a wrong answer.

    `reader` stands in for the case's own."""
    asks = reader or case.reader
    first: list[float] = []
    begun = time.perf_counter()

    def listen(heard: Status | Piece) -> None:
        if isinstance(heard, Piece) and not first:
            first.append(time.perf_counter() - begun)

    try:
        answer = advisor.ask(
            case.question, reader=asks, history=case.history, as_of=case.as_of, listen=listen
        )
        spent = time.perf_counter() - begun
        return _line(advisor, file, case, asks, answer, first[0] if first else None, spent)
    except Exception as error:  # noqa: BLE001  a crash is a wrong answer and must not end the run
        spent = time.perf_counter() - begun
        answer = Answer(Kind.ERROR, f"({type(error).__name__}: {error})")
        fault = Fault(code="crashed", detail=f"{type(error).__name__}: {str(error)[:200]}")
        return _written(
            file, case, asks, answer, (fault,), (), (), citing.Support(()), None, (None, spent),
            advisor.library.generation(),
        )  # fmt: skip


def _line(
    advisor: Watched,
    file: CaseFile,
    case: Case,
    reader: Reader,
    answer: Answer,
    first_s: float | None,
    spent: float,
) -> AnswerLine:
    trace = advisor.trace
    everything = advisor.view(Reader(owner=True), as_of=case.as_of)
    found = {one.passage: everything.passage(one.passage) for one in answer.citations}
    sources: dict[str, Source] = {}
    checked = []
    for citation in answer.citations:
        passage = found[citation.passage]
        document = everything.document(passage.document) if passage else None
        if passage is None or document is None:
            checked.append(
                citing.check(citation, None, readable=False, identifier=None, version=None)
            )
            continue
        sources[passage.id] = _source(passage, document, everything.standing(document.id))
        facts = document.facts
        checked.append(
            citing.check(
                citation,
                sources[passage.id],
                readable=reader.owner or _readable(advisor, document, reader),
                identifier=facts.identifier,
                version=facts.version,
            )
        )
    faults = judge(case, answer, file.never_shown) + list(misquotes(answer, sources))
    for citation, one in zip(answer.citations, checked, strict=True):
        if one.exists and not one.readable:
            faults.append(Fault(code="unreadable", detail=f"cites {citation.source}"))
        if one.exists and not one.labelled:
            faults.append(
                Fault(code="mislabelled", detail=f"{citation.document} {citation.version}")
            )
    if case.twin is not None:
        other = advisor.ask(case.twin, reader=reader, history=case.history, as_of=case.as_of)
        if differs_from_twin(answer, other, case.twin_words):
            faults.append(Fault(code="twin", detail=f"differs from the answer to {case.twin!r}"))
    stated = (
        citing.Support(())
        if answer.refused
        else citing.support(answer.text, answer.citations, sources, question=case.question)
    )
    texts = tuple(source.passage.text for source in sources.values())
    return _written(
        file, case, reader, answer, tuple(faults), tuple(checked), texts, stated, trace,
        (first_s, spent), everything.generation,
    )  # fmt: skip


def _source(passage: Passage, document: Document, standing: object) -> Source:
    return Source(passage, document.facts.title, standing, document.facts.language)  # type: ignore[arg-type]


def _readable(advisor: Advisor, document: Document, reader: Reader) -> bool:
    if document.source.startswith("guidance:"):
        return True
    rule = advisor.library.access().groups(document.source)
    return citing.may_read(rule, document.read, reader.groups)


def _written(
    file: CaseFile,
    case: Case,
    reader: Reader,
    answer: Answer,
    faults: tuple[Fault, ...],
    checked: tuple[citing.Checked, ...],
    texts: tuple[str, ...],
    stated: citing.Support,
    trace: Trace | None,
    seconds: tuple[float | None, float],
    generation: int,
) -> AnswerLine:
    facts = telling.told(answer.text, case.told)
    calls = trace.calls if trace else ()
    return AnswerLine(
        id=case.id,
        file=file.name,
        half=file.half,
        kind=case.kind,
        unit=case.about,
        question=case.question,
        answerable=case.can_be_answered,
        expected=case.expect,
        groups=("(owner)",) if reader.owner else tuple(sorted(reader.groups)),
        as_of=case.as_of,
        answer_kind=answer.kind.value,
        text=answer.text,
        notices=answer.notices,
        model=answer.model,
        prompts=trace.prompts if trace else (),
        generation=generation,
        citations=tuple(
            CitationLine(
                type=one.type.value, source=one.source, document=one.document,
                identifier=one.identifier, version=one.version, status=one.status,
                section=one.section, page=one.page, row=one.row, passage=one.passage,
                quote=one.quote, exists=found.exists, readable=found.readable,
                verbatim=found.verbatim, labelled=found.labelled,
            )
            for one, found in zip(answer.citations, checked, strict=False)
        ),
        sentences=tuple(
            SentenceLine(text=one.text, marks=one.marks, supported=one.supported)
            for one in stated.sentences
        ),
        faults=faults,
        vital_found=facts.vital_found,
        vital=facts.vital,
        all_found=facts.all_found,
        all=facts.all,
        sources_found=sum(cites(answer.citations, one) for one in case.cite),
        sources=len(case.cite),
        words=len(telling.words(answer.text)),
        copied=round(telling.copied(answer.text, texts), 4),
        first_s=None if seconds[0] is None else round(seconds[0], 4),
        total_s=round(seconds[1], 4),
        prompt_tokens=_total([one.prompt_tokens for one in calls]),
        reply_tokens=_total([one.reply_tokens for one in calls]),
        calls=len(calls),
    )  # fmt: skip


def _total(counts: Sequence[int | None]) -> int | None:
    """Add tokens up; None where a call did not tell."""
    return None if any(one is None for one in counts) else sum(one or 0 for one in counts)
