"""`annexa doctor` on language models: what they can do, where they are, what may go there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.scripted_server import (
    Request,
    ScriptedServer,
    Step,
    calls,
    closed_url,
    fault,
    says,
)


def _able(request: Request) -> Step:
    if request.tools:
        return calls("Colour", {"name": "red", "shades": ["ruby"], "warm": True})
    return says("one, two, three, four, five", piece=5)


@pytest.fixture
def examined(own_annexa, monkeypatch) -> Any:
    """Run doctor with variables set; gives the checks by name and the exit code."""

    def run(**variables: str) -> tuple[dict[str, dict[str, str]], int]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        outcome = own_annexa("doctor", "--json")
        return {one["name"]: one for one in json.loads(outcome.out)}, outcome.code

    monkeypatch.setenv("OLLAMA_HOST", closed_url().removesuffix("/v1"))
    return run


def _files(own_annexa: Any, text: str) -> None:
    (own_annexa.workspace / "annexa.toml").write_text(text, encoding="utf-8")


def test_without_a_model_doctor_says_that_quotes_serve(examined):
    checks, code = examined()
    assert checks["language model"]["state"] == "ok"
    assert "put together from quotes" in checks["language model"]["found"]
    assert code == 0


def test_an_ollama_that_runs_is_named_with_how_to_use_it(examined, monkeypatch):
    monkeypatch.setattr("assistant.llm.local_ollama", lambda _: ("qwen3:8b", "llama3"))
    checks, _ = examined()
    assert "qwen3:8b, llama3" in checks["language model"]["found"]
    assert "ANNEXA_MODEL=ollama:qwen3:8b" in checks["language model"]["do"]


def test_a_model_that_works_is_told_with_its_host_and_what_it_can_do(examined):
    with ScriptedServer(_able) as server:
        checks, code = examined(ANNEXA_MODEL="openai:m", OPENAI_BASE_URL=server.base_url)
        host = server.base_url.split("/")[2]
    found = checks["language model"]["found"]
    assert host in found
    assert "uses tools" in found
    assert "stays on this machine" in checks["privacy of the model"]["found"]
    assert code == 0


def test_the_requests_of_doctor_hold_nothing_of_the_organisation(examined):
    with ScriptedServer(_able) as server:
        examined(ANNEXA_MODEL="openai:m", OPENAI_BASE_URL=server.base_url)
    assert len(server.requests) == 2
    assert "ledger" not in "".join(one.text for one in server.requests)


def test_a_model_without_tools_does_not_do(examined):
    with ScriptedServer([says("one, two")]) as server:
        checks, code = examined(ANNEXA_MODEL="openai:m", OPENAI_BASE_URL=server.base_url)
    assert checks["language model"]["state"] == "fail"
    assert "does not use the tools" in checks["language model"]["found"]
    assert code == 3


@pytest.mark.parametrize(
    ("name", "said"), [("unauthorized", "rejected the key"), ("unknown_model", "no model of this")]
)
def test_what_is_wrong_with_a_model_is_told(examined, name, said):
    with ScriptedServer([fault(name)]) as server:
        checks, code = examined(ANNEXA_MODEL="openai:m", OPENAI_BASE_URL=server.base_url)
    assert said in checks["language model"]["found"]
    assert "sk-" not in checks["language model"]["found"]
    assert code == 3


def test_a_name_that_is_no_model_is_told_with_how_to_write_one(examined):
    checks, code = examined(ANNEXA_MODEL="llama")
    assert "PROVIDER:NAME" in checks["language model"]["found"]
    assert code == 3


def test_the_second_model_is_tried_too(examined):
    checks, _ = examined(
        ANNEXA_MODEL="openai:m", ANNEXA_FALLBACK_MODEL="ollama:m", OPENAI_BASE_URL=closed_url()
    )
    assert "cannot be reached" in checks["language model"]["found"]
    assert checks["second language model"]["state"] == "fail"


def test_what_may_go_to_a_model_is_counted_by_classification(examined, own_annexa):
    _files(own_annexa, '[privacy]\n"*" = ["local"]\n')
    checks, _ = examined(ANNEXA_MODEL="openai:m", OPENAI_BASE_URL="http://models.example./v1")
    found = checks["privacy of the model"]["found"]
    assert "leaves this machine for models.example." in found
    assert "may read no document" in found
    assert "kept from it: without a classification" in found
