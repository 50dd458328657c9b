"""Language models over HTTP: the real client talks to a scripted server that fails on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain.tools import tool
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, SecretStr

from assistant.domain.conversation import Call
from assistant.llm import (
    ModelLine,
    ModelProblem,
    Patience,
    ProblemKind,
    local_ollama,
    model_lines,
    probe,
    problem_of,
)
from assistant.settings import Providers, Settings
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

ROOT = Path(__file__).parents[2]
KEY = "sk-of-the-test"
QUESTION = "Who keeps the key of the server room?"
SAID = [{"text": "The key is kept by the owner of the asset.", "passages": ["p1"]}]
REPLY = calls("Reply", {"found": True, "statements": SAID})


class Reply(BaseModel):
    """End with the reply."""

    found: bool
    statements: list[dict[str, Any]]


@tool
def search(query: str) -> str:
    """Search the rules."""
    return f"p1 says something about {query}"


def settings(url: str, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "workspace": Path("."),
        "today": date(2026, 1, 5),
        "model": "openai:scripted",
        "model_seconds": 2.0,
        "connect_seconds": 0.3,
        "silence_seconds": 0.5,
        "providers": Providers(openai_url=url, openai_key=SecretStr(KEY), anthropic_url=url),
    }
    return Settings(**{**given, **more})


@dataclass
class Ran:
    """How a run of an agent ended."""

    reply: Any = None
    problem: ModelProblem | None = None
    calls: list[Call] = field(default_factory=list)
    seconds: float = 0.0
    streamed: str = ""


class Pauses:
    """A sleep that is told and not done."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.told.append(seconds)


def run(
    line: ModelLine, *, seconds: float = 2.0, sleep: Callable[[float], None] | None = None
) -> Ran:
    """Let an agent with one tool answer, as the advisor does: streamed, with a structured end."""
    ran = Ran()
    model = line.open()
    began = time.monotonic()
    patience = Patience(
        line, began + seconds, lambda: ("p1", "p2"), ran.calls.append, sleep=sleep or Pauses()
    )
    graph = create_agent(
        model,
        [search],
        system_prompt="Reply from passages.",
        middleware=[patience],
        response_format=ToolStrategy(Reply),
    )
    try:
        for mode, data in graph.stream(
            {"messages": [HumanMessage(QUESTION)]},
            {"recursion_limit": 12},
            stream_mode=["messages", "updates", "values"],
        ):
            if mode == "values":
                ran.reply = data.get("structured_response") or data["messages"][-1].text
            elif mode == "messages":
                pieces = getattr(data[0], "tool_call_chunks", None) or ()
                ran.streamed += "".join(one.get("args") or "" for one in pieces)
    except Exception as error:  # noqa: BLE001  as the agent does
        ran.problem = problem_of(error)
    ran.seconds = time.monotonic() - began
    return ran


@contextmanager
def opened(url: str, **more: Any) -> Iterator[ModelLine]:
    line = model_lines(settings(url, **more))[0]
    try:
        yield line
    finally:
        line.close()


@contextmanager
def served(*script: Step, **more: Any) -> Iterator[tuple[ModelLine, ScriptedServer]]:
    with ScriptedServer(list(script)) as server, opened(server.base_url, **more) as line:
        yield line, server


# What works --------------------------------------------------------------------------------------


def test_an_agent_looks_something_up_and_ends_with_its_reply_streamed():
    with served(calls("search", {"query": "key"}), REPLY) as (line, server):
        ran = run(line)
    assert ran.reply == Reply(found=True, statements=SAID)
    assert json.dumps({"query": "key"}) in ran.streamed
    assert [one.stream for one in server.requests] == [True, True]
    assert set(server.requests[0].tools) == {"search", "Reply"}


def test_a_call_records_what_was_sent_where_and_what_came_back():
    with served(REPLY) as (line, server):
        ran = run(line)
    (call,) = ran.calls
    assert call.model == "openai:scripted"
    assert call.host == server.base_url.split("/")[2]
    assert call.passages == ("p1", "p2")
    assert call.sent_characters == len("Reply from passages.") + len(QUESTION)
    assert (call.prompt_tokens, call.problem) == (100, None)
    assert call.reply_tokens is not None
    assert call.at.tzinfo is UTC


def test_the_key_goes_to_the_provider_and_is_kept_nowhere():
    with served(REPLY) as (line, server):
        ran = run(line)
    assert "authorization" not in server.requests[0].headers
    assert KEY not in repr(ran.calls) + repr(line.settings) + repr(line.spec)


def test_a_model_that_does_not_stream_is_read_as_a_whole():
    with served(says("Ready.")) as (line, server):
        assert line.open().invoke("Say ready.").text == "Ready."
        assert not server.requests[0].stream


# Every way to fail -------------------------------------------------------------------------------

EXPECTED = {
    "unauthorized": ProblemKind.KEY_REJECTED,
    "forbidden": ProblemKind.NOT_ALLOWED,
    "unknown_model": ProblemKind.MODEL_UNKNOWN,
    "too_long": ProblemKind.CONTEXT_TOO_LONG,
    "bad_request": ProblemKind.REQUEST_REFUSED,
    "rate_limited": ProblemKind.RATE_LIMITED,
    "rate_limited_seconds": ProblemKind.RATE_LIMITED,
    "rate_limited_date": ProblemKind.RATE_LIMITED,
    "quota": ProblemKind.QUOTA,
    "server_error": ProblemKind.SERVER,
    "bad_gateway": ProblemKind.SERVER,
    "unavailable": ProblemKind.SERVER,
    "overloaded": ProblemKind.SERVER,
    "hang_before_first_byte": ProblemKind.TIMEOUT,
    "hang_in_stream": ProblemKind.TIMEOUT,
    "slow_drip": ProblemKind.TIMEOUT,
    "reset_before_headers": ProblemKind.INTERRUPTED,
    "reset_in_stream": ProblemKind.INTERRUPTED,
    "reset_in_arguments": ProblemKind.INTERRUPTED,
    "ends_in_stream": ProblemKind.INTERRUPTED,
    "error_in_stream": ProblemKind.INTERRUPTED,
    "empty_body": ProblemKind.EMPTY,
    "empty_choices": ProblemKind.EMPTY,
    "null_content": ProblemKind.EMPTY,
    "truncated_json": ProblemKind.MALFORMED,
    "html": ProblemKind.MALFORMED,
    "not_utf8": ProblemKind.MALFORMED,
    "length": ProblemKind.TRUNCATED,
    "content_filter": ProblemKind.FILTERED,
    "wrong_schema": ProblemKind.LOOP,
    "broken_arguments": ProblemKind.LOOP,
    "unknown_tool": ProblemKind.LOOP,
    "loop": ProblemKind.LOOP,
    "same_call_id": ProblemKind.LOOP,
    "huge_arguments": ProblemKind.TOO_LARGE,
    "huge_text": ProblemKind.TOO_LARGE,
    "duplicated_chunks": ProblemKind.MALFORMED,
    "redirect": ProblemKind.REDIRECTED,
    "compressed_bomb": ProblemKind.MALFORMED,
}
HARMLESS = {"wrong_content_type", "other_language"}


def test_every_fault_is_expected_to_end_somehow():
    assert set(EXPECTED) | HARMLESS == set(FAULTS)


@cache
def spoiled(name: str) -> Ran:
    """Run into a fault, once for all tests that look at how it ended."""
    with served(fault(name, REPLY)) as (line, _):
        return run(line)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_fault_is_told_by_its_kind_and_in_time(name):
    ran = spoiled(name)
    assert ran.problem is not None, ran.reply
    assert ran.problem.kind is EXPECTED[name]
    assert ran.seconds < 2.0 + 0.5
    assert [one.problem for one in ran.calls][-1] in {EXPECTED[name].value, None}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_told_of_a_fault_holds_no_key_question_or_reply(name):
    problem = spoiled(name).problem
    assert problem is not None
    shown = f"{problem} {problem!r} {problem.__cause__} {problem.args}"
    for secret in (KEY, "sk-abc", QUESTION, "kept by the owner"):
        assert secret not in shown


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_a_reply_that_is_only_odd_is_taken(name):
    ran = spoiled(name)
    assert ran.problem is None
    assert ran.calls[-1].problem is None


def test_a_port_where_nobody_listens_is_unreachable():
    with opened(closed_url()) as line:
        ran = run(line)
    assert ran.problem is not None
    assert ran.problem.kind is ProblemKind.UNREACHABLE
    assert ran.seconds < 1.0


def test_a_connection_that_is_never_made_is_given_up():
    with hanging_url() as url, opened(url) as line:
        ran = run(line)
    assert ran.problem is not None
    assert ran.problem.kind is ProblemKind.UNREACHABLE
    assert ran.seconds < 2.5


@pytest.mark.parametrize("at", [0, 1, 60, 250, 400, 700])
def test_a_reset_at_any_byte_is_an_interruption(at):
    with served(fault("reset_in_stream", REPLY, at=at)) as (line, _):
        ran = run(line)
    assert ran.problem is not None
    assert ran.problem.kind is ProblemKind.INTERRUPTED


def test_a_redirect_is_not_followed_to_another_host():
    with ScriptedServer([REPLY]) as other:
        to = f"{other.base_url}/chat/completions"
        with served(fault("redirect", to=to)) as (line, _):
            ran = run(line)
        assert other.requests == []
    assert ran.problem is not None
    assert ran.problem.kind is ProblemKind.REDIRECTED


# Patience ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["server_error", "reset_in_stream", "empty_body", "truncated_json", "rate_limited"]
)
def test_a_fault_that_passes_is_tried_again(name):
    with served(fault(name, REPLY), REPLY) as (line, server):
        ran = run(line)
    assert ran.reply == Reply(found=True, statements=SAID)
    assert [one.problem for one in ran.calls] == [EXPECTED[name].value, None]
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", ["unauthorized", "forbidden", "unknown_model", "quota", "length"])
def test_a_fault_that_stays_is_not_tried_again(name):
    with served(fault(name, REPLY), REPLY) as (line, server):
        run(line)
    assert len(server.requests) == 1


def test_a_call_is_tried_three_times_at_most_with_growing_pauses():
    pauses = Pauses()
    with served(fault("server_error")) as (line, server):
        run(line, seconds=60, sleep=pauses)
    assert len(server.requests) == 3
    first, second = pauses.told
    assert 0.2 <= first <= 0.6 < second + 0.2 <= 1.4


def test_the_pause_that_a_provider_asks_for_is_kept():
    pauses = Pauses()
    with served(fault("rate_limited_seconds", wait=7), REPLY) as (line, _):
        ran = run(line, seconds=30, sleep=pauses)
    assert ran.problem is None
    assert pauses.told == [7.0]


@pytest.mark.parametrize("name", ["rate_limited_seconds", "rate_limited_date"])
def test_a_pause_longer_than_the_turn_is_not_waited_for_and_kept_by_later_turns(name):
    pauses = Pauses()
    with served(fault(name, wait=40), REPLY) as (line, server):
        first, second = run(line, sleep=pauses), run(line, sleep=pauses)
    assert first.problem is not None
    assert first.problem.retry_after_s == pytest.approx(40, abs=2)
    assert second.problem is not None
    assert second.problem.kind is ProblemKind.RESTING
    assert pauses.told == []
    assert len(server.requests) == 1


def test_nothing_is_sent_after_the_deadline():
    with served(REPLY) as (line, server):
        ran = run(line, seconds=0)
    assert ran.problem is not None
    assert ran.problem.kind is ProblemKind.TIMEOUT
    assert server.requests == []


def test_no_try_is_begun_that_could_not_end_in_time():
    with served(fault("server_error")) as (line, server):
        run(line, seconds=0.9)
    assert len(server.requests) == 1


def test_a_stream_that_drips_is_cut_at_the_deadline():
    with served(fault("slow_drip", REPLY, pause_s=0.1)) as (line, _):
        ran = run(line, seconds=1.0)
    assert ran.seconds < 1.4
    assert [one.problem for one in ran.calls] == ["timeout"]


def test_a_silent_model_leaves_time_for_the_next_one():
    with served(fault("hang_before_first_byte"), silence_seconds=10) as (line, _):
        line.kept_s = 0.8
        ran = run(line, seconds=2.0)
    assert ran.problem is not None
    assert ran.seconds < 1.5


def test_a_model_that_has_begun_gets_the_whole_turn_though_another_waits():
    with served(fault("slow_drip", REPLY, pause_s=0.12, piece=24)) as (line, _):
        line.kept_s = 1.6
        ran = run(line, seconds=3.0)
    assert ran.problem is None


def test_a_call_under_way_is_known_to_a_turn_that_ends_before_it():
    seen: list[tuple[Call, ...]] = []
    with (
        ScriptedServer(lambda _: (seen.append(patience.unfinished()), REPLY)[1]) as server,
        opened(server.base_url) as line,
    ):
        patience = Patience(line, time.monotonic() + 2, lambda: ("p9",), lambda _: None)
        graph = create_agent(
            line.open(), [], middleware=[patience], response_format=ToolStrategy(Reply)
        )
        graph.invoke({"messages": [HumanMessage(QUESTION)]})
    ((call,),) = seen
    assert (call.passages, call.problem) == (("p9",), "timeout")
    assert patience.unfinished() == ()


def test_five_failures_in_a_row_spare_the_provider():
    with served(fault("unauthorized")) as (line, server):
        ended = [run(line).problem for _ in range(7)]
    assert len(server.requests) == 5
    assert [one.kind for one in ended if one][-2:] == [ProblemKind.RESTING] * 2


@pytest.mark.parametrize("name", ["length", "content_filter", "too_long", "huge_text"])
def test_a_question_that_a_model_cannot_answer_does_not_open_the_breaker(name):
    with served(fault(name, REPLY)) as (line, server):
        for _ in range(6):
            run(line)
    assert len(server.requests) == 6


# Other borders -----------------------------------------------------------------------------------


def _in_another_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


_ASK = """
import logging
from assistant.llm import model_lines
from assistant.settings import read_settings
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("httpcore2").setLevel(logging.DEBUG)
line = model_lines(read_settings())[0]
print("said", "".join(piece.text for piece in line.open().stream("A question about keys")))
line.close()
"""


@pytest.fixture(scope="module")
def surrounded() -> tuple[str, list[Request], list[Request]]:
    """What a process wrote, and what reached its model and what reached everybody else, where the
    environment asks for tracing, debug logs, a gateway and a proxy."""
    with ScriptedServer([says("Ready.")]) as server, ScriptedServer([says("Mine.")]) as elsewhere:
        place = elsewhere.base_url.removesuffix("/v1")
        output = _in_another_process(
            _ASK,
            ANNEXA_MODEL="openai:scripted",
            OPENAI_BASE_URL=server.base_url,
            OPENAI_LOG="debug",
            LANGCHAIN_TRACING="true",
            LANGCHAIN_TRACING_V2="true",
            LANGSMITH_TRACING="true",
            LANGSMITH_API_KEY="ls-key",
            LANGSMITH_GATEWAY=elsewhere.base_url,
            LANGSMITH_ENDPOINT=elsewhere.base_url,
            HTTP_PROXY=place,
            http_proxy=place,
            ALL_PROXY=place,
        )
    return output, server.requests, elsewhere.requests


def test_a_model_on_this_machine_is_reached_past_tracing_gateway_and_proxy(surrounded):
    output, asked, others = surrounded
    assert "said Ready." in output
    assert (len(asked), others) == (1, [])


def test_debug_logs_hold_no_question(surrounded):
    assert "A question about keys" not in surrounded[0]


def test_nothing_of_langchain_is_imported_before_a_model_is_opened():
    output = _in_another_process(
        "import sys, assistant.llm, assistant.advisor\n"
        "print([n for n in sys.modules if n.startswith(('langchain', 'langgraph', 'openai'))])"
    )
    assert output.strip() == "[]"


def test_a_provider_whose_package_is_missing_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for name in ("openai", "anthropic", "ollama"):
        line = model_lines(settings("http://127.0.0.1:9/v1", model=f"{name}:m"))[0]
        with pytest.raises(ModelProblem, match=rf"pip install 'annexa\[{name}\]'") as told:
            line.open()
        assert told.value.kind is ProblemKind.PACKAGE_MISSING


def test_openai_without_a_key_says_which_variable_to_set():
    line = model_lines(settings("https://api.openai.com/v1", providers=Providers()))[0]
    with pytest.raises(ModelProblem, match="OPENAI_API_KEY") as told:
        line.open()
    assert told.value.kind is ProblemKind.KEY_MISSING


def test_a_server_of_ones_own_needs_no_key():
    with ScriptedServer([says("Ready.")]) as server:
        place = Providers(openai_url=server.base_url)
        with opened(server.base_url, providers=place) as line:
            assert line.open().invoke("Hello").text == "Ready."


# Doctor ------------------------------------------------------------------------------------------


def _able(request: Request) -> Step:
    if request.tools:
        return calls("Colour", {"name": "red", "shades": ["ruby", "rose"], "warm": True})
    return says("one, two, three, four, five", piece=5)


def test_a_probe_finds_what_a_model_can_do():
    with ScriptedServer(_able) as server, opened(server.base_url) as line:
        found = probe(line.open(), seconds=5)
    assert (found.reachable, found.streaming, found.tools, found.structured) == (True,) * 4
    assert found.sufficient
    assert found.problem is None


def test_a_probe_finds_a_model_without_tools():
    with served(says("one, two, three", piece=100)) as (line, _):
        found = probe(line.open(), seconds=5)
    assert (found.reachable, found.streaming, found.tools) == (True, False, False)
    assert not found.sufficient


def test_a_probe_tells_what_is_wrong():
    with served(fault("unauthorized")) as (line, _):
        found = probe(line.open(), seconds=5)
    assert not found.reachable
    assert found.problem is not None
    assert found.problem.kind is ProblemKind.KEY_REJECTED


def test_a_probe_of_a_hanging_model_ends():
    with served(fault("hang_before_first_byte"), silence_seconds=10) as (line, _):
        began = time.monotonic()
        found = probe(line.open(), seconds=0.5)
    assert time.monotonic() - began < 1.5
    assert found.problem is not None
    assert found.problem.kind is ProblemKind.TIMEOUT


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9"])
def test_no_ollama_is_found_where_none_runs(url):
    assert local_ollama(url) is None


def test_a_server_that_is_no_ollama_is_not_taken_for_one():
    with ScriptedServer([]) as server:
        assert local_ollama(server.base_url) is None


# What an error means, without a connection -------------------------------------------------------


class _Response:
    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _Limited(Exception):  # noqa: N818
    status_code = 429

    def __init__(self, **headers: str) -> None:
        super().__init__("slow down")
        self.response = _Response(**headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after": "Mon, 05 Jan 2026 10:00:30 GMT"}, 30.0),
        ({"retry_after": "Mon, 05 Jan 2026 09:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers, expected):
    now = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert problem_of(_Limited(**headers), now=now).retry_after_s == expected


def test_a_fault_of_this_program_is_not_blamed_on_the_model():
    problem = problem_of(TypeError("unsupported operand with a secret in it"))
    assert problem.kind is ProblemKind.OTHER
    assert "secret" not in str(problem)
    assert "TypeError" in str(problem)


def test_errors_that_cause_each_other_in_a_circle_are_understood():
    one, other = ValueError("a"), ValueError("b")
    one.__cause__, other.__cause__ = other, one
    assert problem_of(one).kind is ProblemKind.OTHER


def test_a_problem_inside_another_error_is_given_as_it_was():
    problem = ModelProblem(ProblemKind.TOO_LARGE)
    outer = RuntimeError("wrapped")
    outer.__cause__ = problem
    assert problem_of(outer) is problem


def test_every_kind_of_problem_has_words_for_a_person():
    said = [str(ModelProblem(kind)) for kind in ProblemKind]
    assert len(set(said)) == len(said)
    assert all(one.endswith(".") and one[0].isupper() for one in said)
