"""Whatever a provider does, a person gets a checked answer or the rules' answer, in time.

The real client of langchain-openai talks to a scripted server, below a whole turn of the advisor.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from small_house import (
    HANDED,
    KEYS,
    LOST,
    READER,
    TEXTS,
    advisor_of,
    build,
    handle_in,
)

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import Call, Piece, Status, Turn, TurnState
from knowledge.text import fold
from tests.support.scripted_server import (
    FAULTS,
    Request,
    ScriptedServer,
    Step,
    calls,
    closed_url,
    fault,
    hanging_url,
    says,
)

KEY = "sk-canary-5f1d7c"
ASKED = "when must a lost key be reported, blue canary 4471?"
CANARIES = (KEY, "blue canary", "sk-abc123", "within 24 hours")
SECONDS = 4.0
TOML = "[model]\nconnect_seconds = 0.5\nsilence_seconds = 1.0\n"
CONNECTION = {"closed_port": closed_url, "no_connection": hanging_url}
"""Faults of the connection itself; what gives the address of each."""
ANSWERS_ALL_THE_SAME = frozenset(
    {"duplicated_chunks", "not_utf8", "slow_drip", "wrong_content_type"}
)
"""Odd replies that can be read, so that the model may have answered."""
ALL = sorted((*FAULTS, *CONNECTION))
WORKERS = 8
SOAK_ROUNDS = 50


@dataclass(frozen=True)
class Played:
    """A turn and all that could be seen of it."""

    turn: Turn
    kept: Turn
    """The same turn, as it is read from the records."""
    rules: Answer
    """What rules alone answer."""
    streamed: str
    told: tuple[str, ...]
    seconds: float
    egress: tuple[Call, ...]
    whole: bool
    """Whether the audit chain is."""
    records: bytes
    requests: tuple[Request, ...]

    @property
    def answer(self) -> Answer:
        assert self.turn.answer is not None
        return self.turn.answer


class _Heard(logging.Handler):
    """Keeps every line that anything logs, at any level and in any thread."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[list[str]]:
    root, heard = logging.getLogger(), _Heard()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard.lines
    finally:
        root.removeHandler(heard)
        root.setLevel(before)


def said(*statements: str, **more: object) -> Callable[[Request], Step]:
    """Reply with statements, each under the handle of the passage that holds its first words."""

    def step(request: Request) -> Step:
        read = "\n".join(str(one.get("content")) for one in request.messages)
        made = [
            {"text": one, "passages": [handle_in(SOURCES.get(one, one))(read)]}
            for one in statements
        ]
        return calls("Reply", {"found": bool(made), "statements": made, **more})

    return step


SOURCES = {
    "Ein verlorener Schlüssel muss innerhalb von 24 Stunden dem Hausmeister gemeldet werden.": LOST
}
GOOD = said(LOST, HANDED)


def spoiled(name: str) -> Callable[[Request], Step]:
    """Make each reply of the first model go wrong; the second answers."""

    def step(request: Request) -> Step:
        good = GOOD(request)
        if request.body.get("model") == "second":
            return good
        options = {"pause_s": 0.01} if name == "slow_drip" else {}
        return fault(name, good, **options)

    return step


def play(
    workspace: Path,
    like: Path,
    script: Callable[[Request], Step],
    *,
    question: str = ASKED,
    url: str | None = None,
    seconds: float = SECONDS,
    second: bool = False,
    streaming: bool = True,
) -> Played:
    """Take a turn with a scripted provider, as a door does, and look at all that it left."""
    environment = {"ANNEXA_MODEL": "openai:first", "ANNEXA_MODEL_SECONDS": str(seconds)}
    environment |= {"OPENAI_API_KEY": KEY}
    if second:
        environment["ANNEXA_FALLBACK_MODEL"] = "openai:second"
    streamed: list[str] = []
    told: list[str] = []

    def listen(heard: Piece | Status) -> None:
        if isinstance(heard, Piece):
            streamed.append(heard.text)
        else:
            told.append(heard.what)

    with ScriptedServer(script) as server:
        environment["OPENAI_BASE_URL"] = url or server.base_url
        advisor = advisor_of(workspace, environment, like=like)
        try:
            for line in advisor._conversing.lines:
                line.open().disable_streaming = not streaming
            rules = by_rules(like, question)
            place = advisor.start(reader=READER, door="cli", title="trial")
            begun = time.monotonic()
            turn = advisor.take_turn(place.id, question, reader=READER, key="k1", listen=listen)
            took = time.monotonic() - begun
            (kept,) = advisor.turns(place.id, reader=READER)
            egress = tuple(one.call for one in advisor.records.egress(turn.id))
            whole = advisor.records.verify().ok
        finally:
            for line in advisor._conversing.lines:
                line.close()
            advisor.close()
        assert not server.wrong, server.wrong
        files = sorted(workspace.glob("records.db*"))
        return Played(
            turn, kept, rules, "".join(streamed).strip(), tuple(told), took, egress, whole,
            b"".join(one.read_bytes() for one in files), tuple(server.requests),
        )  # fmt: skip


@cache
def by_rules(house: Path, question: str) -> Answer:
    """Give what rules alone answer; the same in every copy of a house."""
    plain = advisor_of(house)
    try:
        return plain.ask(question, reader=READER)
    finally:
        plain.close()


class Stage:
    """Plays turns in threads, each once, and keeps what came of them."""

    def __init__(self, place: Path) -> None:
        self.like = place / "house"
        build(self.like)
        (self.like / "annexa.toml").write_text(TOML, encoding="utf-8")
        self._place, self._number, self._lock = place, 0, threading.Lock()
        self.pool = ThreadPoolExecutor(WORKERS)
        self._played: dict[tuple[str, bool], Future[Played]] = {}

    def start(self, name: str, *, second: bool = False, streaming: bool = True) -> Future[Played]:
        return self.pool.submit(self._play, name, second, streaming)

    def _play(self, name: str, second: bool, streaming: bool) -> Played:
        how = {"second": second, "streaming": streaming}
        if name == "closed_port":
            return play(self.room(), self.like, GOOD, url=closed_url(), **how)
        if name == "no_connection":
            with hanging_url() as url:
                return play(self.room(), self.like, GOOD, url=url, **how)
        return play(self.room(), self.like, spoiled(name), **how)

    def room(self) -> Path:
        with self._lock:
            self._number += 1
            return self._place / f"w{self._number}"

    def begin(self, names: list[str]) -> None:
        """Start all turns of the file; a test then waits for its own."""
        for name in names:
            self._played[name, False] = self.start(name)
        for name in names:
            if name not in CONNECTION:
                self._played[name, True] = self.start(name, second=True)

    def of(self, name: str, *, second: bool = False) -> Played:
        return self._played[name, second].result(timeout=120)


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Stage, list[str]]]:
    """Play every fault that a test of this run looks at."""
    wanted = {
        item.callspec.params["name"]
        for item in request.session.items
        if getattr(item, "callspec", None) and item.fspath == request.node.fspath
        and "name" in item.callspec.params
    }  # fmt: skip
    made = Stage(tmp_path_factory.mktemp("failures"))
    with listening() as logged, made.pool:
        made.begin(sorted(wanted))
        yield made, logged


@pytest.fixture
def played(stage: tuple[Stage, list[str]], name: str) -> Played:
    return stage[0].of(name)


def checked(one: Played) -> None:
    """Assert that nothing is said but what was checked, or what rules say."""
    answer = one.answer
    assert answer.text
    for citation in answer.citations:
        assert fold(citation.quote) in fold(TEXTS[citation.passage])
    if answer.model is None:
        assert answer.text == one.rules.text
        assert answer.citations == one.rules.citations
        assert answer.notices, "it is not said why the model did not answer"
        return
    stated = re.findall(r"^(?:\*\*|- )(.+?)(?:\*\*)?((?: ?\[\d+\])*)$", answer.text, re.MULTILINE)
    assert stated
    for text, marks in stated:
        assert text in {LOST, HANDED}, text
        assert marks.strip(), f"not cited: {text}"
    numbers = {int(number) for number in re.findall(r"(?<!\\)\[(\d+)\]", answer.text)}
    assert numbers == set(range(1, len(answer.citations) + 1))


every = pytest.mark.parametrize("name", ALL)


def test_there_are_many_kinds_of_failure():
    assert len(ALL) >= 30


@every
def test_a_turn_ends_in_time(played: Played) -> None:
    assert played.seconds < 30
    assert played.turn.trace is not None
    assert played.turn.trace.seconds < SECONDS + 10


@every
def test_a_person_gets_a_checked_answer_or_that_of_the_rules(played: Played) -> None:
    checked(played)


@every
def test_what_was_streamed_is_what_is_kept(played: Played) -> None:
    assert played.streamed == played.answer.text == (played.kept.answer or played.rules).text


@every
def test_the_turn_is_in_the_records(played: Played) -> None:
    assert played.kept == played.turn
    assert played.turn.state is TurnState.ANSWERED
    assert played.whole


@every
def test_what_left_the_machine_is_in_the_records(played: Played) -> None:
    assert played.egress
    assert all(one.host == "127.0.0.1" or "127.0.0.1:" in str(one.host) for one in played.egress)
    assert all(set(one.passages) <= TEXTS.keys() for one in played.egress)
    assert any(TEXTS[id_] == LOST for one in played.egress for id_ in one.passages)
    if played.requests:  # a call that is not made any more is not in the record
        assert len(played.egress) >= len(played.requests)


@every
def test_nothing_foreign_was_sent(played: Played) -> None:
    assert not any("Walnut" in one.text or KEY in one.text for one in played.requests)


@every
def test_notes_are_plain(played: Played) -> None:
    for note in played.answer.notices:
        assert not [one for one in CANARIES if one in note]
        assert not re.search(r"Traceback|Error\b|Exception|\{|\}|https?:", note), note
        assert note.endswith(".")
    assert KEY.encode() not in played.records
    assert b"sk-abc123" not in played.records


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_second_model_answers_where_there_is_one(
    stage: tuple[Stage, list[str]], name: str
) -> None:
    one = stage[0].of(name, second=True)
    checked(one)
    assert one.streamed == one.answer.text
    if name == "other_language":  # it answered, only not so that it could be checked
        assert one.answer.model is None
        return
    assert one.answer.model is not None
    if one.answer.model == "openai:second":
        assert "openai:first" in one.answer.notices[0]
    else:  # what the first had said until then stands, or all that it said could be read
        assert name in ANSWERS_ALL_THE_SAME or "stopped before" in one.answer.notices[-1]


def test_logs_hold_no_key_no_question_and_no_answer(stage: tuple[Stage, list[str]]) -> None:
    for future in stage[0]._played.values():
        future.result(timeout=120)
    leaks = [line for line in stage[1] if any(canary in line for canary in CANARIES)]
    assert not leaks, leaks[:3]


# What works --------------------------------------------------------------------------------------

Happy = Callable[..., Played]


@pytest.fixture
def happy(stage: tuple[Stage, list[str]]) -> Happy:
    """Take a turn in which each request gets the next step."""

    def run(*steps: Callable[[Request], Step] | Step, **how: object) -> Played:
        def script(request: Request) -> Step:
            step = steps[min(request.number, len(steps)) - 1]
            return step(request) if callable(step) else step

        one = play(stage[0].room(), stage[0].like, script, seconds=25.0, **how)  # type: ignore[arg-type]
        assert one.kept == one.turn
        assert one.whole
        assert one.streamed == one.answer.text
        return one

    return run


@pytest.mark.parametrize("streaming", [True, False])
def test_a_look_up_and_then_a_reply(happy: Happy, streaming: bool) -> None:
    one = happy(calls("search", {"query": "who hands out keys"}), GOOD, streaming=streaming)
    checked(one)
    assert one.answer.model == "openai:first"
    assert one.told == ("search",)
    assert [request.stream for request in one.requests] == [streaming, streaming]
    assert one.answer.text.startswith(f"**{LOST}** [1]")
    assert HANDED in one.answer.text


def test_a_wrong_sentence_is_corrected_in_one_round(happy: Happy) -> None:
    wrong = "A lost key must be reported to the caretaker within 48 hours."
    SOURCES[wrong] = LOST
    one = happy(said(wrong), GOOD)
    checked(one)
    assert "48" not in one.streamed
    assert "48 hours" in one.requests[-1].text
    assert LOST in one.streamed


def test_a_sentence_that_is_repeated_when_another_is_corrected_is_shown_once(happy: Happy) -> None:
    wrong = "A lost key must be reported to the guard within 48 hours."
    SOURCES[wrong] = LOST
    one = happy(said(LOST, HANDED, wrong), said(LOST, HANDED))
    checked(one)
    assert one.answer.text.count(LOST) == 1
    assert one.answer.text.count(HANDED) == 1


def test_a_model_proposes_a_question_and_sends_none(happy: Happy) -> None:
    one = happy(
        calls("propose_question", {"question": "Who may enter the vault?"}), said(), question=ASKED
    )
    assert one.answer.proposal == "Who may enter the vault?"


def test_a_model_asks_back(happy: Happy) -> None:
    one = happy(calls("Reply", {"found": False, "clarify": "Do you mean a door key or a car key?"}))
    assert one.answer.kind is Kind.CLARIFY
    assert one.answer.text == "**Do you mean a door key or a car key?**"


def test_a_german_question_gets_a_german_answer_and_the_original_quote(happy: Happy) -> None:
    german = next(one for one in SOURCES if one.startswith("Ein verlorener"))
    one = happy(said(german), question="Wann muss ich einen verlorenen Schlüssel melden?")
    assert f"**{german}** [1]" in one.answer.text
    assert f"“{LOST}” [1]" in one.answer.text


def test_text_with_ids_in_place_of_the_tool_is_understood(happy: Happy) -> None:
    def text(request: Request) -> Step:
        read = "\n".join(str(one.get("content")) for one in request.messages)
        return says(f"{LOST} [{handle_in(LOST)(read)}]")

    one = happy(text)
    checked(one)
    assert one.answer.model == "openai:first"


def test_a_followed_up_question_tells_the_model_what_was_said(
    stage: tuple[Stage, list[str]],
) -> None:
    seen: list[str] = []

    def script(request: Request) -> Step:
        seen.append(request.text)
        return GOOD(request)

    with ScriptedServer(script) as server:
        environment = {"ANNEXA_MODEL": "openai:first", "OPENAI_BASE_URL": server.base_url}
        advisor = advisor_of(stage[0].room(), environment, like=stage[0].like)
        place = advisor.start(reader=READER, door="cli", title="trial")
        advisor.take_turn(place.id, "when must a lost key be reported?", reader=READER)
        advisor.take_turn(place.id, "and who hands out keys?", reader=READER)
        for line in advisor._conversing.lines:
            line.close()
        advisor.close()
    assert "The conversation so far" not in seen[0]
    assert "when must a lost key be reported?" in seen[-1]
    assert "Key Policy 2.0" in seen[-1] or KEYS.facts.title in seen[-1]


def test_a_turn_sent_again_with_its_key_asks_no_model(stage: tuple[Stage, list[str]]) -> None:
    with ScriptedServer(GOOD) as server:
        environment = {"ANNEXA_MODEL": "openai:first", "OPENAI_BASE_URL": server.base_url}
        advisor = advisor_of(stage[0].room(), environment, like=stage[0].like)
        place = advisor.start(reader=READER, door="cli", title="trial")
        first = advisor.take_turn(place.id, ASKED, reader=READER, key="same")
        asked = len(server.requests)
        again = advisor.take_turn(place.id, ASKED, reader=READER, key="same")
        for line in advisor._conversing.lines:
            line.close()
        advisor.close()
        assert again == first
        assert len(server.requests) == asked


# Again and again ---------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.parametrize("kind", ALL)
def test_each_failure_fifty_times(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    made = Stage(tmp_path_factory.mktemp("soak"))
    with listening() as logged, made.pool:
        rounds = [made.start(kind, streaming=number % 2 == 0) for number in range(SOAK_ROUNDS)]
        for future in rounds:
            one = future.result(timeout=600)
            checked(one)
            assert one.seconds < 30
            assert one.streamed == one.answer.text
            assert one.kept == one.turn
            assert one.whole
            assert one.egress
            assert KEY.encode() not in one.records
    assert not [line for line in logged if any(canary in line for canary in CANARIES)]
