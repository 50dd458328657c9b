"""Settings: a variable beats the file, an argument beats both, and an error says what to mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.settings import (
    DEFAULT_WORKSPACE,
    VARIABLES,
    SettingsError,
    bench_folder,
    read_settings,
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in, with no variable set."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _write(place: Path, text: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / "annexa.toml").write_text(text, encoding="utf-8")
    return place


def test_without_anything_the_defaults_hold(place):
    settings = read_settings(environment={})
    assert settings.workspace == Path(DEFAULT_WORKSPACE)
    assert settings.today == date.today()  # noqa: DTZ011
    assert (settings.embedder, settings.model) == ("embedded", None)
    assert (settings.organisation, settings.folder) == (None, None)


@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, None, "annexa-workspace"),
        (None, "there", "there"),
        ("here", "there", "here"),
        ("here", None, "here"),
        (None, "", "annexa-workspace"),
    ],
)
def test_the_workspace_is_the_argument_else_the_variable(place, argument, variable, expected):
    given = {} if variable is None else {"ANNEXA_WORKSPACE": variable}
    assert read_settings(workspace=argument, environment=given).workspace == Path(expected)


def test_a_tilde_in_the_workspace_is_the_home_folder(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place))
    assert read_settings(workspace="~/isms", environment={}).workspace == place / "isms"


@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, "2026-02-03", date(2026, 2, 3)),
        ("2026-05-06", "2026-02-03", date(2026, 5, 6)),
        (date(2026, 5, 6), "2026-02-03", date(2026, 5, 6)),
    ],
)
def test_the_day_is_the_argument_else_the_variable(place, argument, variable, expected):
    read = read_settings(today=argument, environment={"ANNEXA_TODAY": variable})
    assert read.today == expected


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [
        (None, "", "embedded"),
        (None, 'embedder = "embedded:bge"', "embedded:bge"),
        ("embedded:minilm", 'embedder = "embedded:bge"', "embedded:minilm"),
        ("", 'embedder = "embedded:bge"', "embedded:bge"),
        ("sentence-transformers:some/model", "", "sentence-transformers:some/model"),
    ],
)
def test_the_embedder_is_the_variable_else_the_file(place, variable, file, expected):
    given = {} if variable is None else {"ANNEXA_EMBEDDER": variable}
    assert read_settings(workspace=_write(place, file), environment=given).embedder == expected


def test_the_file_of_the_chosen_workspace_is_read(place):
    _write(place / "one", 'organisation = "One Ltd"')
    _write(place / "two", 'organisation = "Two Ltd"\nfolder = "papers"')
    settings = read_settings(
        workspace=place / "two", environment={"ANNEXA_WORKSPACE": str(place / "one")}
    )
    assert settings.organisation == "Two Ltd"
    assert settings.folder == Path("papers")


@pytest.mark.parametrize(("given", "model"), [("", None), ("openai:small", "openai:small")])
def test_an_empty_model_is_no_model(place, given, model):
    assert read_settings(environment={"ANNEXA_MODEL": given}).model == model


def test_the_real_environment_counts_where_none_is_given(place, monkeypatch):
    monkeypatch.setenv("ANNEXA_TODAY", "2026-02-03")
    assert read_settings().today == date(2026, 2, 3)


def test_a_variable_of_another_name_is_ignored(place):
    assert read_settings(environment={"ANNEXA_TODDAY": "never"}).today == date.today()  # noqa: DTZ011


@pytest.mark.parametrize("day", ["23.11.2026", "2026-02-30", "tomorrow", "2026-1-1"])
def test_a_day_that_is_none_is_refused_with_the_form_to_use(place, day):
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        read_settings(environment={"ANNEXA_TODAY": day})


@pytest.mark.parametrize("name", ["openai:small", "bge", "Embedded"])
def test_an_unknown_embedder_is_refused_by_name_of_the_setting(place, name):
    with pytest.raises(SettingsError, match=r"embedder.*must be embedded"):
        read_settings(environment={"ANNEXA_EMBEDDER": name})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("embeder = 'x'", r"annexa\.toml: embeder"),
        ("organisation = 3", r"annexa\.toml: organisation"),
        ("this is not toml", r"annexa\.toml cannot be read: .*line 1"),
        ("embedder = 'bge'", r"embedder"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(place, text, said):
    with pytest.raises(SettingsError, match=said):
        read_settings(workspace=_write(place, text), environment={})


def test_a_file_in_another_encoding_is_refused(place):
    (place / "annexa.toml").write_bytes(b'organisation = "M\xfcller"')
    with pytest.raises(SettingsError, match=r"annexa\.toml cannot be read"):
        read_settings(workspace=place, environment={})


def test_settings_do_not_change(place):
    settings = read_settings(environment={})
    with pytest.raises(ValueError, match="frozen"):
        settings.model = "other"


@pytest.mark.parametrize(("given", "folder"), [({}, None), ({"ANNEXA_BENCH": "b"}, Path("b"))])
def test_the_folder_of_benchmarks_is_only_where_the_variable_says(given, folder):
    assert bench_folder(given) == folder


# Language models ---------------------------------------------------------------------------------

MODELS = """
organisation = "One Ltd"

[model]
primary = "openai:large"
fallback = "ollama:small"
seconds = 20
steps = 4
reply_tokens = 2000

[people]
leads = ["isms-leads", "ciso"]

[privacy]
Restricted = ["local"]
"Strictly  Confidential" = "none"
"*" = ["openai", "local"]
"""


def test_the_file_says_all_about_models(place):
    settings = read_settings(workspace=_write(place, MODELS), environment={})
    assert (settings.model, settings.fallback_model) == ("openai:large", "ollama:small")
    assert (settings.model_seconds, settings.model_steps, settings.reply_tokens) == (20, 4, 2000)
    assert settings.leads == ("isms-leads", "ciso")
    assert settings.privacy == {
        "restricted": ("local",),
        "strictly confidential": ("none",),
        "*": ("openai", "local"),
    }


def test_a_variable_beats_the_models_of_the_file(place):
    given = {
        "ANNEXA_MODEL": "anthropic:other",
        "ANNEXA_FALLBACK_MODEL": "openai:second",
        "ANNEXA_MODEL_SECONDS": "12.5",
    }
    settings = read_settings(workspace=_write(place, MODELS), environment=given)
    assert (settings.model, settings.fallback_model) == ("anthropic:other", "openai:second")
    assert settings.model_seconds == 12.5


def test_none_as_a_model_turns_the_one_of_the_file_off(place):
    given = {"ANNEXA_MODEL": "none", "ANNEXA_FALLBACK_MODEL": "none"}
    settings = read_settings(workspace=_write(place, MODELS), environment=given)
    assert (settings.model, settings.fallback_model) == (None, None)


def test_without_a_privacy_table_there_is_none(place):
    settings = read_settings(environment={})
    assert settings.privacy is None
    assert settings.leads == ()
    assert (settings.model_seconds, settings.model_steps) == (25, 6)


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("[model]\nseconds = 60", {}, r"annexa\.toml line 2 \(model_seconds\).*30"),
        ("", {"ANNEXA_MODEL_SECONDS": "60"}, r"ANNEXA_MODEL_SECONDS.*30"),
        ("", {"ANNEXA_MODEL_SECONDS": "soon"}, r"ANNEXA_MODEL_SECONDS.*number"),
        ("[model]\n\nsteps = 0", {}, r"line 3 \(model_steps\)"),
        ("[model]\nfirst = 'x'", {}, r"model\.first"),
        ("[privacy]\nSecret = ['nowhere']", {}, r"line 1 \(privacy\): Secret: 'nowhere'.*local"),
        ("[privacy]\nSecret = []", {}, r"Secret: an empty list"),
        ("[privacy]\nSecret = 'any'\nSECRET = 'none'", {}, r"SECRET: is there twice"),
        ("[privacy]\nSecret = 3", {}, r"privacy\.Secret"),
        ("[people]\nleads = 3", {}, r"people\.leads"),
        ("", {"OPENAI_BASE_URL": "models.example"}, r"OPENAI_BASE_URL: .*https://"),
        ("", {"ANTHROPIC_BASE_URL": "ftp://x"}, r"ANTHROPIC_BASE_URL"),
        ("", {"OLLAMA_HOST": "host:port:x"}, r"OLLAMA_HOST"),
    ],
)
def test_a_setting_of_a_model_that_cannot_be_used_is_told_with_its_place(place, text, given, said):
    with pytest.raises(SettingsError, match=said):
        read_settings(workspace=_write(place, text), environment=given)


def test_what_is_wrong_with_an_address_does_not_show_its_password(place):
    with pytest.raises(SettingsError) as told:
        read_settings(environment={"OPENAI_BASE_URL": "ftp://user:secret@host"})
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104
        (":8000", "http://127.0.0.1:8000"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://127.0.0.1:8000"),
        ("gpu.example", "http://gpu.example:11434"),
        ("gpu.example:8000/", "http://gpu.example:8000"),
        ("https://gpu.example/ollama", "https://gpu.example/ollama"),
    ],
)
def test_the_address_of_ollama_is_read_as_ollama_reads_it(place, value, url):
    assert read_settings(environment={"OLLAMA_HOST": value}).providers.ollama_url == url


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "https://api.openai.com/v1"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1/"}, "http://127.0.0.1:8000/v1"),
        ({"OPENAI_API_BASE": "http://old.example/v1"}, "http://old.example/v1"),
    ],
)
def test_the_address_of_openai_is_the_variables(place, given, url):
    assert read_settings(environment=given).providers.openai_url == url


def test_an_empty_key_is_no_key(place):
    assert read_settings(environment={"OPENAI_API_KEY": " "}).providers.openai_key is None
