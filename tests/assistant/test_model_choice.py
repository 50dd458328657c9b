"""Which model is meant, what it may read, and when it is left alone."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.llm import (
    Breaker,
    ModelLine,
    ModelProblem,
    ModelSpec,
    ProblemKind,
    may_read,
    model_lines,
    spec_of,
)
from assistant.settings import DESTINATIONS, Providers, Settings, read_settings
from knowledge.passages import Document, Facts, Origin


def settings(**given: Any) -> Settings:
    return Settings(workspace=Path("."), today=date(2026, 1, 5), **given)


def of(name: str, **environment: str) -> ModelSpec:
    return spec_of(name, read_settings(workspace="nowhere", environment=environment))


# Which model -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "provider", "model", "host"),
    [
        ("openai:gpt-5", "openai", "gpt-5", "api.openai.com"),
        ("gpt-5-mini", "openai", "gpt-5-mini", "api.openai.com"),
        ("o4-mini", "openai", "o4-mini", "api.openai.com"),
        ("anthropic:claude-sonnet-5", "anthropic", "claude-sonnet-5", "api.anthropic.com"),
        ("claude-sonnet-5", "anthropic", "claude-sonnet-5", "api.anthropic.com"),
        ("ollama:qwen3:8b", "ollama", "qwen3:8b", "127.0.0.1:11434"),
        (" OpenAI:gpt-5 ", "openai", "gpt-5", "api.openai.com"),
    ],
)
def test_a_name_says_provider_model_and_host(name, provider, model, host):
    spec = of(name)
    assert (spec.provider, spec.model, spec.host) == (provider, model, host)
    assert spec.name == name.strip()


@pytest.mark.parametrize(
    "name", ["llama3", "mistralai:large", "openai:", ":x", "openai: ", "a:b:c"]
)
def test_a_name_that_cannot_be_used_says_how_to_write_one(name):
    with pytest.raises(ModelProblem, match=r"PROVIDER:NAME.*OPENAI_BASE_URL") as told:
        of(name)
    assert told.value.kind is ProblemKind.SETTING


@pytest.mark.parametrize(
    ("name", "environment", "local"),
    [
        ("ollama:qwen3", {}, True),
        ("ollama:qwen3", {"OLLAMA_HOST": "0.0.0.0"}, True),  # noqa: S104
        ("ollama:qwen3", {"OLLAMA_HOST": "gpu.example:11434"}, False),
        ("ollama:gpt-oss:120b-cloud", {}, False),
        ("ollama:qwen3:cloud", {}, False),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}, True),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://localhost:8000/v1"}, True),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://[::1]:8000/v1"}, True),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://localhost.example/v1"}, False),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://10.0.0.5:8000/v1"}, False),
        ("openai:qwen3", {"OPENAI_BASE_URL": "http://127.0.0.1@evil.example/v1"}, False),
        ("openai:gpt-5", {}, False),
        ("claude-x", {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}, False),
    ],
)
def test_local_is_only_what_stays_on_this_machine(name, environment, local):
    assert of(name, **environment).local is local


def test_a_host_is_told_without_the_password_in_its_address():
    spec = of("openai:m", OPENAI_BASE_URL="https://user:secret@models.example:8443/v1")
    assert spec.host == "models.example:8443"


def test_the_first_model_is_asked_before_the_second_and_leaves_it_time():
    first, second = model_lines(settings(model="openai:a", fallback_model="ollama:b"))
    assert (first.spec.name, second.spec.name) == ("openai:a", "ollama:b")
    assert first.kept_s == pytest.approx(10.0)
    assert second.kept_s == 0


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"fallback_model": "ollama:b"}, ["ollama:b"]),
        ({"model": "ollama:b", "fallback_model": "ollama:b"}, ["ollama:b"]),
    ],
)
def test_a_line_is_made_for_each_model_that_is_configured(given, names):
    assert [one.spec.name for one in model_lines(settings(**given))] == names


# What it may read --------------------------------------------------------------------------------

CLOUD = ModelSpec("openai:m", "openai", "m", "api.openai.com", local=False)
LOCAL = ModelSpec("ollama:m", "ollama", "m", "127.0.0.1:11434", local=True)
TABLE = {"restricted": ("local",), "secret": ("none",), "internal": ("openai",), "*": ("any",)}


@pytest.mark.parametrize(
    ("label", "cloud", "local"),
    [
        ("Public", True, True),
        (None, True, True),
        ("", True, True),
        ("Restricted", False, True),
        ("  RESTRICTED ", False, True),
        ("Restricted (HR only)", False, True),
        ("Acme – Restricted", False, True),
        ("TLP:AMBER/Restricted", False, True),
        ("Unrestricted", True, True),
        ("Secret", False, False),
        ("Restricted, Secret", False, False),
        ("Internal", True, False),
        ("Internal / Restricted", False, False),
        ("*", True, True),
    ],
)
def test_a_classification_decides_who_may_read(label, cloud, local):
    assert may_read(CLOUD, label, TABLE) is cloud
    assert may_read(LOCAL, label, TABLE) is local


def test_without_a_table_every_configured_model_may_read():
    assert may_read(CLOUD, "Restricted", None)


def test_without_a_star_what_no_key_names_may_be_read():
    assert may_read(CLOUD, "Public", {"restricted": ("local",)})


def test_a_star_is_for_all_that_no_key_names():
    table = {"public": ("any",), "*": ("local",)}
    assert may_read(CLOUD, "Public", table)
    assert not may_read(CLOUD, "Vertraulich", table)
    assert not may_read(CLOUD, None, table)


def test_a_label_that_is_a_key_itself_is_not_read_in_parts():
    table = {"not restricted": ("any",), "restricted": ("local",)}
    assert may_read(CLOUD, "Not restricted", table)


def test_none_beats_what_stands_beside_it():
    assert not may_read(LOCAL, "x", {"x": ("none", "any")})


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12).map(lambda one: " ".join(one.casefold().split())),
        st.lists(st.sampled_from(DESTINATIONS), min_size=1).map(tuple),
    ),
    st.text(max_size=20),
)
def test_a_label_that_holds_a_forbidden_word_is_never_more_open_than_the_word(table, more):
    table = {**table, "geheim": ("none",)}
    label = f"{more} geheim"
    if " ".join(label.casefold().split()) not in table or not more.strip():
        assert not may_read(CLOUD, label, table)


def document(origin: Origin, classification: str | None) -> Document:
    return Document("d", "d.md", origin, Facts("D", classification=classification), "hash")


def test_annexas_own_guidance_may_go_to_any_model():
    line = ModelLine(CLOUD, settings(privacy={"*": ("none",)}))
    assert line.may_read(document(Origin.GUIDANCE, None))
    assert not line.may_read(document(Origin.DOCUMENT, None))
    assert not line.may_read(document(Origin.SOA, "Internal"))


# When it is left alone ---------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.admit()
        breaker.failed()


def test_four_failures_in_a_row_are_borne(breaker):
    fail(breaker, 4)
    assert breaker.admit() == 0


def test_the_fifth_failure_in_a_row_begins_a_rest_of_thirty_seconds(breaker, clock):
    fail(breaker, 5)
    assert breaker.admit() == 30
    clock.now += 29
    assert breaker.admit() == 1


def test_a_success_in_between_counts_anew(breaker):
    fail(breaker, 4)
    breaker.succeeded()
    fail(breaker, 4)
    assert breaker.admit() == 0


def test_after_the_rest_one_call_alone_tries(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    assert breaker.admit() == 0
    assert breaker.admit() > 0


def test_a_probe_that_fails_begins_another_rest(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    breaker.admit()
    breaker.failed()
    assert breaker.admit() == 30


def test_a_probe_that_succeeds_lets_all_in(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    breaker.admit()
    breaker.succeeded()
    assert [breaker.admit() for _ in range(3)] == [0, 0, 0]


def test_a_probe_that_never_reports_does_not_close_for_ever(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    breaker.admit()
    clock.now += 30
    assert breaker.admit() == 0


def test_a_pause_that_was_asked_for_is_kept_five_minutes_at_most(breaker, clock):
    breaker.hold(20)
    assert breaker.admit() == 20
    breaker.hold(5)
    assert breaker.admit() == 20
    breaker.hold(86_400)
    assert breaker.admit() == 300
    clock.now += 300
    assert breaker.admit() == 0


def test_of_many_threads_one_is_the_probe(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    admitted: list[float] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        admitted.append(breaker.admit())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(admitted)[:2] == [0, 30]


def test_keys_are_not_shown_with_the_settings():
    given = read_settings(
        workspace="nowhere",
        environment={"OPENAI_API_KEY": "sk-secret", "ANTHROPIC_API_KEY": "sk-other"},
    )
    assert "sk-" not in repr(given)
    assert "sk-" not in given.model_dump_json()
    assert given.providers.openai_key is not None
    assert Providers().openai_key is None
