"""Calling Annexa as a person does, for suites whose contract is a command."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml


class CommandError(RuntimeError):
    """A command ended badly or gave no JSON; the text holds its last line."""


def annexa(*words: str, workspace: Path, today: date) -> dict[str, Any]:
    """Run `annexa WORDS --json` and give what it printed. Raises CommandError."""
    command = [sys.executable, "-m", "bots.cli", *words, "--json"]
    command += ["--workspace", str(workspace), "--today", today.isoformat()]
    done = subprocess.run(  # noqa: S603  our own program
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
    )
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise CommandError(f"annexa {' '.join(words[:2])}: {last}") from error
    if not isinstance(found, dict):
        raise CommandError(f"annexa {' '.join(words[:2])}: printed no object")
    return found


def written(path: Path, content: object) -> str:
    """Write a YAML file for a command and give its name."""
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(path)
