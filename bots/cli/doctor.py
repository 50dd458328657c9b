"""`annexa doctor`: check what Annexa stands on, and say what to do about what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bots.cli import screen
from bots.cli.options import WORKS, Invocation, invoked, options, owners_only

if TYPE_CHECKING:
    from assistant.llm import Capabilities, ModelLine
    from assistant.settings import Settings
    from knowledge.passages import Document

_ROOM_MB = 500
"""Free space below which indexing is likely to fail."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    do: str = ""


@click.command(short_help="Check the installation and the workspace.")
@options(*WORKS)
@invoked
def doctor(run: Invocation) -> int:
    """Check Python, packages, models, stores and the workspace, and say what to do.

    Nothing is changed. Ends with 3 if something does not work.
    """
    owners_only(run, "doctor")
    checks = list(_all(run))
    if run.as_json:
        screen.data([asdict(one) for one in checks])
    else:
        _show(checks)
    return 3 if any(one.state == "fail" for one in checks) else 0


def _show(checks: list[Check]) -> None:
    from rich.table import Table

    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in checks:
        text = screen.words(one.found)
        if one.do:
            text.append(f"\n→ {screen.plain(one.do)}", style="cyan")
        grid.add_row(screen.words(one.state, styles[one.state]), screen.words(one.name), text)
    screen.show(grid)


def _all(run: Invocation) -> Iterator[Check]:
    yield _guarded("Python", _python)
    yield _guarded("SQLite", _sqlite)
    yield _guarded("packages", _packages)
    yield _guarded("embedding models", _models)
    yield _guarded("vector store", _chroma)
    settings: list[Settings] = []
    yield _guarded("settings", lambda: _settings(run, settings))
    if settings:
        yield from _language_models(settings[0])
        yield from _slack(settings[0])
        yield from _workspace(settings[0])


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """Run a check; one that breaks has found something."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001  a broken installation can raise anything
        return Check(name, "fail", f"{type(error).__name__}: {error}", "Install Annexa again.")


def _python() -> Check:
    major, minor, patch = sys.version_info[:3]
    version = f"{major}.{minor}.{patch}"
    if (major, minor) < (3, 11):
        return Check("Python", "fail", version, "Install Python 3.11 or newer.")
    return Check("Python", "ok", version)


def _sqlite() -> Check:
    import sqlite3

    if sqlite3.sqlite_version_info < (3, 35):
        return Check(
            "SQLite", "fail", sqlite3.sqlite_version, "Use a Python with SQLite 3.35 or newer."
        )
    return Check("SQLite", "ok", sqlite3.sqlite_version)


def _packages() -> Check:
    from importlib import metadata

    try:
        required = metadata.requires("annexa") or []
    except metadata.PackageNotFoundError:
        return Check(
            "packages",
            "warn",
            "Annexa runs from its source without being installed.",
            "Run `make test` once, or `pip install -e .`.",
        )
    wrong = [problem for one in required if (problem := _missing(one))]
    if wrong:
        return Check(
            "packages", "fail", "; ".join(wrong), "Install Annexa again with its packages."
        )
    return Check("packages", "ok", f"annexa {metadata.version('annexa')} with all it needs")


def _missing(requirement: str) -> str | None:
    """Say what is wrong with a required package; ranges are pip's to check, exact pins ours."""
    import re
    from importlib import metadata

    spec, _, marker = requirement.partition(";")
    match = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:==\s*([\w.]+))?", spec)
    if match is None or "extra" in marker:
        return None
    try:
        installed = metadata.version(match[1])
    except metadata.PackageNotFoundError:
        return f"{match[1]} is not installed"
    if match[2] and match[2] != installed:
        return f"{match[1]} is {installed}, not {match[2]}"
    return None


def _models() -> Check:
    from knowledge import embedding

    files = {one for one in vars(embedding).values() if isinstance(one, embedding.ModelFile)} | {
        model.file for model in (embedding.MINILM, embedding.BGE)
    }
    try:
        for file in sorted(files, key=lambda one: (one.package, one.path)):
            embedding.locate(file)
    except embedding.ModelError as error:
        return Check("embedding models", "fail", str(error), "Install the package named above.")
    return Check("embedding models", "ok", f"{len(files)} files as they were tested (SHA-256)")


def _chroma() -> Check:
    import tempfile
    from importlib.metadata import version

    import numpy as np

    from knowledge.errors import VectorsMissing
    from knowledge.index import VectorStore

    vector = np.array([[1.0, 0.0]], dtype=np.float32)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            store = VectorStore(Path(folder), "doctor")
            store.put(["one"], vector)
            kept = store.get(["one"], 2)
            store.close()
        except VectorsMissing as error:
            return Check(
                "vector store",
                "warn",
                str(error),
                "Searches use keywords only until it works. Install chromadb again.",
            )
    if not np.array_equal(kept, vector):
        return Check("vector store", "fail", "gives back other vectors", "Install chromadb again.")
    return Check("vector store", "ok", f"Chroma {version('chromadb')} keeps vectors")


def _settings(run: Invocation, found: list[Settings]) -> Check:
    from assistant.settings import SettingsError

    try:
        settings = run.settings()
    except SettingsError as error:
        return Check(
            "settings", "fail", str(error), "Mend it; docs/settings.md lists what is known."
        )
    found.append(settings)
    return Check("settings", "ok", f"day {settings.today}, embedding model {settings.embedder}")


def _language_models(settings: Settings) -> Iterator[Check]:
    from assistant.llm import ModelProblem, model_lines

    try:
        lines = model_lines(settings)
    except ModelProblem as problem:
        yield Check(
            "language model",
            "fail",
            str(problem),
            "Mend ANNEXA_MODEL or [model] in annexa.toml; docs/models.md shows how.",
        )
        return
    if not lines:
        yield _guarded("language model", lambda: _no_model(settings))
        return
    for which, line in zip(("", "second "), lines, strict=False):
        name = f"{which}language model"
        yield _guarded(name, partial(_model, name, line))
        name = f"privacy of the {which}model"
        yield _guarded(name, partial(_privacy, name, line, settings))


def _no_model(settings: Settings) -> Check:
    from assistant.llm import local_ollama

    running = local_ollama(settings.providers.ollama_url)
    found = "none is set; answers are put together from quotes"
    if running is None:
        return Check("language model", "ok", found)
    if not running:
        return Check("language model", "ok", f"{found}. Ollama is running, without a model")
    named = ", ".join(running[:5]) + (" …" if len(running) > 5 else "")
    return Check(
        "language model",
        "ok",
        f"{found}. Ollama is running with {named}",
        f"To use one: ANNEXA_MODEL=ollama:{running[0]}",
    )


def _model(name: str, line: ModelLine) -> Check:
    """Try a model out: two short requests that hold nothing of the organisation."""
    from assistant.llm import ModelProblem, probe

    spec = line.spec
    where = f"{spec.name} at {spec.host}"
    try:
        seen = probe(line.open())
    except ModelProblem as problem:
        return Check(name, "fail", f"{where}: {problem}", "docs/models.md shows how to set it up.")
    finally:
        line.close()
    if seen.problem is not None:
        return Check(
            name,
            "fail",
            f"{where}: {seen.problem}",
            "Answers are put together from quotes until it works.",
        )
    if not seen.sufficient:
        return Check(
            name,
            "fail",
            f"{where} answers, but {_lacking(seen)}",
            "Choose a model that can use tools.",
        )
    pieces = "in pieces" if seen.streaming else "not in pieces: answers appear all at once"
    slow = seen.seconds > line.settings.model_seconds / 3
    return Check(
        name,
        "warn" if slow else "ok",
        f"{where} answers in {seen.seconds:.1f} s, {pieces}; it uses tools and fills in forms",
        f"It may not be done within {line.settings.model_seconds:.0f} s; choose a faster one."
        if slow
        else "",
    )


def _lacking(seen: Capabilities) -> str:
    if not seen.tools:
        return "does not use the tools that it is given"
    return "does not fill in a form as it is described"


def _privacy(name: str, line: ModelLine, settings: Settings) -> Check:
    """Say what may leave the machine, by the classifications that the documents bear."""
    spec = line.spec
    place = "stays on this machine" if spec.local else f"leaves this machine for {spec.host}"
    documents = _documents(settings)
    sent = _by_classification(one for one in documents if line.may_read(one))
    kept = _by_classification(one for one in documents if not line.may_read(one))
    found = f"what {spec.name} reads {place}. It may read {sent or 'no document'}"
    if kept:
        found += f"; kept from it: {kept}"
    open_to_all = settings.privacy is None and not spec.local
    return Check(
        name,
        "ok",
        found,
        "To keep some of it here, set [privacy] in annexa.toml; docs/models.md shows how."
        if open_to_all
        else "",
    )


def _slack(settings: Settings) -> Iterator[Check]:
    """Look at the Slack app where there is one; without tokens there is nothing to check."""
    slack = settings.slack
    if slack.bot_token is None:
        if slack.app_token is not None or slack.signing_secret is not None:
            found = "SLACK_BOT_TOKEN is not set, but another of Slack's secrets is"
            yield Check("Slack", "fail", found, "docs/slack.md shows where the bot token is.")
        return
    yield _guarded("Slack", lambda: _slack_app(settings))


def _slack_app(settings: Settings) -> Check:
    from bots.slack.checking import check

    slack = settings.slack
    found = check(slack)
    where = f"in {found.team}"
    if found.problem:
        return Check("Slack", "fail", found.problem, "Check SLACK_BOT_TOKEN and the network.")
    if found.socket:
        return Check(
            "Slack", "fail", f"{where}, Socket Mode: {found.socket}", "Check SLACK_APP_TOKEN."
        )
    if found.missing:
        lacking = ", ".join(found.missing)
        return Check(
            "Slack",
            "fail",
            f"{where}, without the scopes {lacking}",
            "Update the app with `annexa slack manifest` and install it again.",
        )
    if found.unknown:
        unknown = ", ".join(found.unknown)
        do = "Mend [slack] groups in annexa.toml: their people read less than they may."
        return Check("Slack", "warn", f"{where}, without the user groups {unknown}", do)
    if slack.app_token is None and slack.signing_secret is None:
        do = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP."
        return Check("Slack", "fail", f"{where}, but nothing reaches it", do)
    groups = f"{screen.count(len(slack.groups), 'group')} of access.yaml from user groups"
    return Check(
        "Slack",
        "ok" if slack.groups else "warn",
        f"{where}, {groups}",
        ""
        if slack.groups
        else "Without [slack] groups in annexa.toml everybody reads only what is open to everyone.",
    )


def _documents(settings: Settings) -> list[Document]:
    from knowledge.library import Library
    from knowledge.passages import Origin

    if not (settings.workspace / "annexa.db").is_file():
        return []
    library = Library.open(settings.workspace, settings.embedder)
    try:
        every = library.snapshot().documents
        return [one for one in every if one.origin is not Origin.GUIDANCE]
    finally:
        library.close()


def _by_classification(documents: Iterator[Document]) -> str:
    from collections import Counter

    counted = Counter(one.facts.classification or "without a classification" for one in documents)
    return ", ".join(f"{name} ({number})" for name, number in sorted(counted.items()))


def _workspace(settings: Settings) -> Iterator[Check]:
    place = settings.workspace
    if not place.is_dir():
        yield Check("workspace", "warn", f"there is none at {place}", "Run `annexa init`.")
        return
    yield _guarded("workspace", lambda: _writable(place))
    yield _guarded("disk space", lambda: _room(place))
    yield _guarded("access.yaml", lambda: _access(place))
    yield _guarded("library", lambda: _library(settings))


def _writable(place: Path) -> Check:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(
            "workspace",
            "fail",
            f"{place} cannot be written ({error.strerror})",
            "Give yourself the right to write there, or name another with --workspace.",
        )
    return Check("workspace", "ok", str(place))


def _room(place: Path) -> Check:
    import shutil

    free = shutil.disk_usage(place).free // 1_000_000
    if free < _ROOM_MB:
        return Check("disk space", "warn", f"{free:,} MB free", "Make room before you index.")
    return Check("disk space", "ok", f"{free:,} MB free")


def _access(place: Path) -> Check:
    from knowledge.access import Access
    from knowledge.errors import AccessError

    path = place / "access.yaml"
    if not path.exists():
        return Check(
            "access.yaml",
            "warn",
            "is not there: everyone may read everything",
            "Run `annexa init` for a commented one.",
        )
    try:
        access = Access.read(path)
    except AccessError as error:
        return Check(
            "access.yaml", "fail", str(error), "Nobody can ask anything until it is mended."
        )
    return Check(
        "access.yaml",
        "ok",
        f"{screen.count(len(access.rules), 'rule')}, "
        f"{screen.count(len(access.statuses), 'status', 'statuses')}",
    )


def _library(settings: Settings) -> Check:
    from knowledge.errors import LibraryError
    from knowledge.library import Library
    from knowledge.passages import OWNER

    if not (settings.workspace / "annexa.db").is_file():
        return Check("library", "warn", "is empty", "Run `annexa index FOLDER`.")
    library = Library.open(settings.workspace, settings.embedder)
    try:
        snapshot = library.snapshot()
        notice = library.view(OWNER, today=settings.today).notice
    except LibraryError as error:
        return Check("library", "fail", str(error))
    finally:
        library.close()
    folder = snapshot.state.get("folder")
    if folder is None:
        return Check("library", "warn", "is empty", "Run `annexa index FOLDER`.")
    if not Path(folder).is_dir():
        return Check(
            "library",
            "warn",
            f"{screen.count(len(snapshot.documents), 'document')}; their folder {folder} is gone",
            "Answers go on; `annexa index FOLDER` needs the folder where it is now.",
        )
    if notice:
        return Check("library", "warn", notice)
    failed = len(snapshot.failures)
    return Check(
        "library",
        "warn" if failed else "ok",
        f"{screen.count(len(snapshot.documents), 'document')} of {folder}"
        + (f", {screen.count(failed, 'file')} not read" if failed else ""),
        "Run `annexa review` to see why." if failed else "",
    )
