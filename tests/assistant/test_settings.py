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
