"""What holds for the whole house, whoever builds in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("assistant", "bots", "eval", "knowledge", "prompts")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".cfg", ""}
NOT_OURS = {"__pycache__", "build", "dist", "reports"}


def _files() -> Iterator[Path]:
    """Yield the texts of the tree that are ours: no environment, cache or workspace."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        strange = any(
            part.startswith(".") and part not in {".ci", ".importlinter"} for part in parts
        )
        if strange or not NOT_OURS.isdisjoint(parts) or parts[0].startswith("annexa-workspace"):
            continue
        if path.is_file() and path.suffix in TEXT_SUFFIXES:
            yield path


def _modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_environment_variables_are_read_in_one_place():
    # The parser's process is started with a clean environment, which is built from this one.
    allowed = {ROOT / "assistant" / "settings.py", ROOT / "knowledge" / "parsing" / "sandbox.py"}
    found = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            reads = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            if reads and path not in allowed:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_nothing_names_this_machine_or_a_registry():
    unwanted = re.compile(
        "|".join(
            ["pypi" + r"\.org", "python" + "hosted", r"(?<![\w.])/" + r"work/", "index" + "-url"]
        )
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _files()
        for match in unwanted.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_no_module_is_called_after_nothing():
    names = {path.stem for path in _modules()}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "manager", "common", "misc"})


def test_nothing_is_unpickled_or_sent_home():
    found = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            unwanted = {"pickle", "marshal", "shelve", "requests", "httpx", "urllib.request"}
            found += [f"{path.relative_to(ROOT)}: {one}" for one in names if one in unwanted]
    assert found == []


def test_constraints_pin_every_package_by_hash_and_name_no_address():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"^([\w.-]+)==\S+(.*?)(?=^\w|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) > 50
    assert [name for name, rest in blocks if "--hash=sha256:" not in rest] == []
    assert "://" not in text
    assert "torch" not in {name for name, _ in blocks}


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def _commands(group: click.Group, prefix: str = "annexa") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def test_every_command_and_option_is_documented():
    from bots.cli.app import annexa

    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = []
    for name, command in _commands(annexa):
        if name not in text:
            missing.append(name)
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                missing += [f"{name} {one}" for one in parameter.opts if one not in text]
    assert missing == []


def test_every_variable_is_documented():
    from assistant.settings import VARIABLES

    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []


def test_every_link_in_the_documentation_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)} → {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert dead == []


def test_every_make_target_in_the_readme_exists():
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a wheel built from this tree."""
    out = tmp_path_factory.mktemp("wheel")
    pytest.importorskip("hatchling", reason="installed by `make test`")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(out.glob("*.whl"))) as archive:
        return archive.namelist()


def test_the_wheel_has_what_a_run_needs(wheel):
    needed = [
        "bots/schemas/ask-in.schema.json",
        "knowledge/guidance/controls.yaml",
        "knowledge/migrations/versions/0001_library.py",
        "knowledge/sample/access.yaml",
        "knowledge/sample/registers/Statement_of_Applicability_v2.4.xlsx",
        *(f"{package}/py.typed" for package in PACKAGES),
    ]
    assert [name for name in needed if name not in wheel] == []
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_wheel_has_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in wheel if "__pycache__" in name or name.endswith(".db")]
