"""A turn with a language model: it proposes sentences, code shows those that it could check.

The rules answer first, always. Where they decide (a boundary, a conflict, a question back) theirs is
the answer. Otherwise the model may say it better, or say more; each of its sentences is shown once
every word that matters was found in the passages that it names. Whatever goes wrong with the model,
the rules' answer is there.
"""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.agent import Agent, Event, Finished, LookingUp, Opened, Proposed
from assistant.answering import boundaries
from assistant.answering.draft import Draft, inert
from assistant.answering.phrases import not_a_rule, phrase
from assistant.answering.understanding import understand
from assistant.desk import Desk
from assistant.domain.answer import Answer, Kind, Message
from assistant.domain.claims import Claim, Reason, Supported, Unsupported
from assistant.domain.conversation import Call, Check, PassageUse, Piece, Status, Trace
from assistant.llm import ModelLine, ModelProblem, Patience, ProblemKind, problem_of
from assistant.verifying import Verifier
from knowledge.instructions import instructions_in
from knowledge.keywords import query_languages
from knowledge.passages import Citation, Document, Origin, Passage, Standing
from knowledge.text import fold
from knowledge.view import View
from prompts import Prompt, load

RULES_STAND = frozenset({Kind.REFUSAL, Kind.CONFLICT, Kind.CLARIFY, Kind.OUT_OF_SCOPE, Kind.ERROR})
"""Kinds of answer that a model is not asked to better: rules decide them."""
RECORDS = frozenset({Origin.SOA, Origin.REGISTER})
_NEAREST = 2
_ROWS_JOINED = 2
_VERBATIM_TURNS = 6
"""Turns of a conversation that a model reads in full; earlier ones as one line each."""
_OLD_TURNS = 40
_LONGEST_TURN = 1_500
_REPAIRS_NEED_S = 3.0
_LANGUAGES = {"en": "English", "de": "German"}
_MARKDOWN = re.compile(r"([\\`*\[\]<>])")
_WORD = re.compile(r"(?<![\w-])[^\W\d_]*[^\W\d_A-ZÄÖÜ][^\W\d_]*(?![\w-])")
"""A word that is no acronym, no id and no code."""
_FIGURES = re.compile(r"\d[\d.,]*|\b[A-Z]{2,}[-_][A-Z\d]+\b")
_QUESTION_BACK = re.compile(r"[^\n<>\[\]`|@]{8,240}\?")

Listen = Callable[[Status | Piece], None]


def deaf(_: Status | Piece) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Past:
    """A turn before this one, as far as its reader may still read what it stands on."""

    question: str
    answer: str
    sources: tuple[str, ...] = ()
    """Where the answer came from, as shown: "Access Policy v3.2 section 4.2"."""
    passages: tuple[str, ...] = ()
    """Ids of the passages that it cites."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that a turn depends on besides the library."""

    text: str
    history: tuple[Message, ...] = ()
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """An answer and how it came about."""

    answer: Answer
    trace: Trace


@dataclass(slots=True)
class Conversing:
    """Answers with language models, the first that can be used."""

    lines: Sequence[ModelLine]
    seconds: float
    """For the whole turn, from the question to the answer."""
    steps: int
    clock: Callable[[], float]
    now: Callable[[], datetime]

    def answer(
        self,
        asked: Asked,
        rules: Answer,
        view: View,
        fresh: Callable[[], View],
        listen: Listen = deaf,
        *,
        begun: float | None = None,
    ) -> Considered:
        """Better `rules`, the answer by rules over `view`; `fresh` gives the view of this moment.

        `begun` is when the question came, on the room's clock."""
        begun = self.clock() if begun is None else begun
        turn = _Turn(self, asked, rules, view, fresh, listen, begun)
        return turn.run()


@dataclass(slots=True)
class _Turn:
    """One question on its way to an answer."""

    room: Conversing
    asked: Asked
    rules: Answer
    view: View
    fresh: Callable[[], View]
    listen: Listen
    begun: float
    checks: list[Check] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    prompts: dict[str, str] = field(default_factory=dict)
    desks: list[Desk] = field(default_factory=list)
    patiences: list[Patience] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def until(self) -> float:
        """When the turn's time is over."""
        return self.begun + self.room.seconds

    def run(self) -> Considered:
        answer = self._decided() or self._by_model()
        if answer.model is None:
            self.listen(Piece(answer.text))
        answer = replace(answer, notices=(*answer.notices, *self.notes))
        return Considered(answer, self._trace(answer, self.room.clock() - self.begun))

    def _decided(self) -> Answer | None:
        """Give the rules' answer where no model is asked."""
        if self.rules.kind in RULES_STAND or not self.room.lines:
            return self.rules
        question = understand(self.asked.text, self.asked.history)
        ordered = instructions_in(self.asked.text) is not None
        return self.rules if ordered or boundaries.crossing(question) is not None else None

    def _by_model(self) -> Answer:
        for line in self._suited():
            desk = Desk(self.view, line.may_read)
            self.desks.append(desk)
            page = _Page(self.view, self._language, self.listen)
            try:
                return self._with(line, desk, page)
            except Exception as error:  # noqa: BLE001  nobody is left without an answer
                self.notes.append(f"{line.spec.name}: {problem_of(error)}")
                if page.shown:
                    return self._broken_off(page, line.spec.name)
        if self.notes:
            self.notes.append(
                "No language model could be used, so this answer is put together from quotes."
            )
        return self.rules

    def _suited(self) -> list[ModelLine]:
        """Order the models: first those that may read what the rules found, then the others."""
        found = [self.view.passage(one.passage) for one in self.rules.citations]
        documents = [self.view.document(one.document) for one in found if one]

        def withheld(line: ModelLine) -> int:
            return sum(one is not None and not line.may_read(one) for one in documents)

        lines = sorted(self.room.lines, key=lambda line: withheld(line) > 0)
        able = [line for line in lines if not withheld(line)]
        if able != lines:
            names = ", ".join(line.spec.name for line in lines if line not in able)
            self.notes.append(
                f"Kept from {names} by the privacy setting: documents of this answer."
            )
        return able

    def _with(self, line: ModelLine, desk: Desk, page: _Page) -> Answer:
        patience = Patience(line, self.until, lambda: tuple(desk.sources), self.calls.append)
        self.patiences.append(patience)
        agent = Agent(
            line.open(),
            desk,
            self._render("advisor", language=self._language_name),
            patience,
            self.room.steps,
        )
        verifier = Verifier(desk.sources, question=self.asked.text)
        reading = _Answering(self, verifier, page, round=0)
        reading.take(self._in_time(agent.answer(self._question(desk))))
        if reading.failed and reading.found and self.until - self.room.clock() > _REPAIRS_NEED_S:
            repaired = _Answering(self, verifier, page, round=1)
            try:
                repaired.take(self._in_time(agent.correct(self._reasons(reading.failed))))
            except Exception as error:  # noqa: BLE001  what was accepted before stays
                self.notes.append(f"{line.spec.name}: {problem_of(error)}")
        return self._conclude(line.spec.name, reading, desk, page)

    def _conclude(self, model: str, reading: _Answering, desk: Desk, page: _Page) -> Answer:
        if page.shown:
            page.join_rows(self.rules.citations)
            return self._with_proposal(page.finish(Kind.ANSWER, model), desk)
        if reading.found:
            if reading.failed:
                self.notes.append(
                    "What the language model wrote could not be found in its sources and was left "
                    "out; this answer is put together from quotes."
                )
            return self._with_proposal(self.rules, desk)
        if reading.clarify is not None:
            page.ask(reading.clarify)
            return page.finish(Kind.CLARIFY, model)
        if self.rules.kind is Kind.NOT_FOUND or self._from_records():
            return self._with_proposal(self.rules, desk)
        page.nothing_says_so(self.rules.citations)
        return self._with_proposal(page.finish(Kind.NOT_FOUND, model), desk)

    def _from_records(self) -> bool:
        """Tell whether the rules' answer rests on a record, which a model cannot deny."""
        return any(one.type in RECORDS for one in self.rules.citations[:1])

    def _with_proposal(self, answer: Answer, desk: Desk) -> Answer:
        return replace(answer, proposal=desk.proposals[0]) if desk.proposals else answer

    def _broken_off(self, page: _Page, model: str) -> Answer:
        """End an answer whose model failed after some of it was shown."""
        self.notes.append(
            "The language model stopped before it had finished. What is shown was checked; the "
            "quotes below it were put together by rules."
        )
        page.add_quotes(self.rules.citations)
        return page.finish(Kind.ANSWER, model)

    # What the model reads -----------------------------------------------------------------------

    @property
    def _language(self) -> str:
        known = query_languages(self.asked.text)
        return known[0] if len(known) == 1 else "en"

    @property
    def _language_name(self) -> str:
        known = query_languages(self.asked.text)
        return _LANGUAGES[known[0]] if len(known) == 1 else "the language of the question"

    def _render(self, name: str, **values: str) -> str:
        prompt: Prompt = load(name)
        self.prompts[name] = prompt.digest
        return prompt.render(**values)

    def _question(self, desk: Desk) -> str:
        as_of = self.view.as_of
        return self._render(
            "question",
            today=self.view.today.isoformat(),
            as_of=f" The question is about the rules in force on {as_of}." if as_of else "",
            conversation=_conversation([one for one in self.asked.past if self._may_go(one, desk)]),
            passages=desk.hand_out(self._evidence()),
            question=self.asked.text.replace("</question", "‹/question"),
        )

    def _may_go(self, past: Past, desk: Desk) -> bool:
        """Tell whether a turn before this one may be sent to the model at the desk."""
        found = [self.view.passage(one) for one in past.passages]
        documents = [self.view.document(one.document) if one else None for one in found]
        return all(one is not None and desk.allowed(one) for one in documents)

    def _evidence(self) -> Iterator[Passage]:
        """Give what the rules cite, then what a search finds."""
        seen: set[str] = set()
        cited = (self.view.passage(one.passage) for one in self.rules.citations[:8])
        words = understand(self.asked.text, self.asked.history).text
        for one in (*cited, *(hit.passage for hit in self.view.search(words, 8))):
            if one is not None and one.id not in seen:
                seen.add(one.id)
                yield one

    def _reasons(self, failed: Sequence[Unsupported]) -> str:
        lines = [
            f"- {one.claim.text[:400]!r}: {' '.join(reason.message for reason in one.reasons)}"
            for one in failed
        ]
        return self._render("repair", reasons="\n".join(lines))

    def _in_time(self, events: Iterator[Event]) -> Iterator[Event]:
        """Hand on events until the turn's time is over. Raises ModelProblem then.

        The model works in a thread of its own, since a call that hangs cannot be taken back; such a
        thread ends by the client's own time-outs, and nobody listens to it any more."""
        arrived: queue.Queue[Event | BaseException | None] = queue.Queue()
        given_up = threading.Event()

        def work() -> None:
            try:
                for event in events:
                    arrived.put(event)
                    if given_up.is_set():
                        return
                arrived.put(None)
            except BaseException as error:  # noqa: BLE001  raised again where it is awaited
                arrived.put(error)

        threading.Thread(target=work, name="language-model", daemon=True).start()
        try:
            while True:
                try:
                    item = arrived.get(timeout=max(0.0, self.until - self.room.clock()))
                except queue.Empty:
                    raise ModelProblem(
                        ProblemKind.TIMEOUT,
                        f"gave no whole answer within {self.room.seconds:.0f} s.",
                    ) from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            given_up.set()

    # What is kept -------------------------------------------------------------------------------

    def _trace(self, answer: Answer, seconds: float) -> Trace:
        reader = self.view.reader
        return Trace(
            generation=self.view.generation,
            today=self.view.today,
            as_of=self.view.as_of,
            reader=reader.id,
            groups=tuple(sorted(reader.groups)),
            owner=reader.owner,
            by_rules=self.rules.kind.value,
            model=answer.model,
            prompts=tuple(sorted(self.prompts.items())),
            passages=tuple(self._uses(answer)),
            checks=tuple(self.checks),
            calls=(*self.calls, *(call for one in self.patiences for call in one.unfinished())),
            notes=tuple(self.notes),
            seconds=round(seconds, 3),
        )

    def _uses(self, answer: Answer) -> Iterator[PassageUse]:
        cited = dict.fromkeys(one.passage for one in answer.citations)
        given = dict.fromkeys(id_ for desk in self.desks for id_ in desk.sources)
        for id_ in {**cited, **given}:
            passage = self.view.passage(id_)
            document = self.view.document(passage.document) if passage else None
            if document is not None:
                yield PassageUse(
                    id=id_,
                    source=document.source,
                    document=document.id,
                    version=document.facts.version,
                    content_hash=document.content_hash,
                    standing=self.view.standing(document.id).value,
                    cited=id_ in cited,
                    read=document.read,
                )


@dataclass(slots=True)
class _Answering:
    """Takes a model's events, checks its sentences, and puts those that stand on the page."""

    turn: _Turn
    verifier: Verifier
    page: _Page
    round: int
    found: bool = False
    clarify: str | None = None
    failed: list[Unsupported] = field(default_factory=list)

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case LookingUp(tool):
                    self.turn.listen(Status(tool))
                case Opened(found):
                    self.found = found
                case Proposed(claim):
                    if self.found:
                        self._check(claim)
                case Finished(found, clarify):
                    self.found = found
                    if clarify is not None and not found:
                        self.clarify = _question_back(clarify, self.turn.asked)

    def _check(self, claim: Claim) -> None:
        outcome = self.verifier.check(claim)
        if isinstance(outcome, Supported):
            outcome = (
                _says_nothing(outcome)
                or self._other_language(outcome)
                or self._rights_gone(outcome)
                or outcome
            )
        self.turn.checks.append(
            Check(
                statement=claim.text[:600],
                passages=claim.passages,
                accepted=isinstance(outcome, Supported),
                round=self.round,
                reasons=()
                if isinstance(outcome, Supported)
                else tuple(one.code for one in outcome.reasons),
            )
        )
        if isinstance(outcome, Supported):
            self.page.add(outcome)
        else:
            self.failed.append(outcome)

    def _other_language(self, outcome: Supported) -> Unsupported | None:
        asked, said = query_languages(self.turn.asked.text), query_languages(outcome.text)
        if len(asked) == 1 and len(said) == 1 and asked != said:
            message = f"Write in {_LANGUAGES[asked[0]]}, the language of the question."
            return Unsupported(outcome.claim, (Reason("language", message),))
        return None

    def _rights_gone(self, outcome: Supported) -> Unsupported | None:
        """Ask for the right to read once more, at the moment before the words leave."""
        now = self.turn.fresh()
        if all(now.passage(id_) is not None for id_, _ in outcome.quotes):
            return None
        message = "A passage it stands on may not be read any more."
        return Unsupported(outcome.claim, (Reason("unknown_passage", message),))


@dataclass(slots=True)
class _Page:
    """The answer as it comes into being, piece by piece; no piece is ever taken back."""

    view: View
    language: str
    listen: Listen
    shown: int = 0
    _draft: Draft = field(init=False)
    _text: list[str] = field(default_factory=list)
    _stated: set[str] = field(default_factory=set)
    _general: bool | None = None

    def __post_init__(self) -> None:
        self._draft = Draft(self.view)

    def add(self, one: Supported) -> None:
        """Show a sentence with its sources; code says what they are and what they count for."""
        plain = fold(one.text).casefold().rstrip(".!")
        if plain in self._stated:
            return  # told once more in a second reply
        self._stated.add(plain)
        cited: list[tuple[Passage, Document, str, int]] = []
        for id_, quote in one.quotes:
            passage = self.view.passage(id_)
            document = self.view.document(passage.document) if passage else None
            if passage is not None and document is not None:
                cited.append((passage, document, quote, self._draft.cite(passage, quote)))
        if not cited:
            return
        general = all(document.origin is Origin.GUIDANCE for _, document, _, _ in cited)
        text = self._heading(general)
        words = _MARKDOWN.sub(r"\\\1", one.text)
        marks = "".join(f"[{number}]" for number in dict.fromkeys(n for *_, n in cited))
        if self.shown == 0:
            text += (
                f"**{words}** {marks}\n\n— {self._draft.place(self._draft.citation(cited[0][3]))}\n"
            )
        else:
            text += f"- {words} {marks}\n"
        if one.translated:
            text += "".join(f"\n> “{' '.join(quote.split())}” [{n}]\n" for _, _, quote, n in cited)
        for document in dict.fromkeys(document for _, document, _, _ in cited):
            if self.view.standing(document.id) is not Standing.IN_FORCE:
                text += f"\n**{not_a_rule(self.view, document, self.language)}**\n"
        self._say(text)
        self.shown += 1
        self._general = general

    def _heading(self, general: bool) -> str:
        if general is self._general or (self._general is None and not general):
            return "\n" if self.shown == 1 else ""
        return f"\n{phrase('in_general' if general else 'in_organisation', self.language)}\n\n"

    def join_rows(self, citations: Sequence[Citation]) -> None:
        """Add the rows of the Statement of Applicability that the rules found beside it."""
        rows = [one for one in citations if one.type is Origin.SOA]
        new = [one for one in rows if one.passage not in self._draft.cited][:_ROWS_JOINED]
        if new:
            self._say(f"\n{phrase('soa', self.language)}:\n")
            self._quotes(new)

    def add_quotes(self, citations: Sequence[Citation]) -> None:
        """Add quotes that the rules chose and that are not shown yet."""
        new = [one for one in citations if one.passage not in self._draft.cited][:3]
        self._say("\n")
        self._quotes(new)

    def nothing_says_so(self, citations: Sequence[Citation]) -> None:
        """Say that nothing answers, and show what is nearest."""
        self._say(f"**{phrase('not_found', self.language)}**\n")
        near = citations[:_NEAREST]
        if near:
            places = "; ".join(self._draft.place(one) for one in near)
            self._say(f"\n{phrase('nearest', self.language, places=places)}\n")
            self._quotes(near)
        self._say(f"\n{phrase('ask_person', self.language)}")

    def ask(self, question: str) -> None:
        """Ask the person back."""
        words = _MARKDOWN.sub(r"\\\1", question)
        self._say(f"**{words}**")

    def _quotes(self, citations: Sequence[Citation]) -> None:
        for one in citations:
            passage = self.view.passage(one.passage)
            if passage is not None:
                number = self._draft.cite(passage, one.quote)
                place = self._draft.place(self._draft.citation(number))
                self._say(f"\n> {' '.join(one.quote.split())} [{number}]\n\n— {place}\n")

    def _say(self, text: str) -> None:
        text = inert(text)
        self._text.append(text)
        self.listen(Piece(text))

    def finish(self, kind: Kind, model: str) -> Answer:
        """Give the answer as it was shown."""
        drafted = self._draft.finish(kind)
        return replace(drafted, text="".join(self._text).strip(), model=model)


def _says_nothing(outcome: Supported) -> Unsupported | None:
    """Send back an id or a code by itself: it stands in its passage, and says nothing of it."""
    if _WORD.search(outcome.text):
        return None
    message = "Write a sentence, not only an id or a code."
    return Unsupported(outcome.claim, (Reason("empty", message),))


def _question_back(words: str, asked: Asked) -> str | None:
    """Give a model's question back to the person if it is one and brings in nothing of its own."""
    plain = " ".join(words.split())
    if not _QUESTION_BACK.fullmatch(plain) or re.search(r"https?:|www\.", plain, re.IGNORECASE):
        return None
    if instructions_in(plain):
        return None
    said = " ".join((asked.text, *(one.question + " " + one.answer for one in asked.past)))
    # Numbers and codes that nobody spoke of are statements, and unchecked ones.
    brought = set(_FIGURES.findall(plain)) - set(_FIGURES.findall(said))
    return None if brought else plain


def _conversation(past: Sequence[Past]) -> str:
    """Tell a conversation: the last turns as they were, the ones before as a line with sources."""
    if not past:
        return ""
    old, recent = past[:-_VERBATIM_TURNS][-_OLD_TURNS:], past[-_VERBATIM_TURNS:]
    lines = ["", "The conversation so far, for what the question refers to (data, no source):"]
    for one in old:
        sources = f" (from {'; '.join(one.sources)})" if one.sources else ""
        first = " ".join(one.answer.split())[:160]
        lines.append(f"- asked: {one.question[:200]!r}; answered: {first!r}{sources}")
    for one in recent:
        lines.append(f"Person: {one.question[:_LONGEST_TURN]}")
        sources = f" (from {'; '.join(one.sources)})" if one.sources else ""
        lines.append(f"Annexa: {one.answer[:_LONGEST_TURN]}{sources}")
    return "\n".join(lines).replace("<question", "‹question").replace("<passage", "‹passage") + "\n"
