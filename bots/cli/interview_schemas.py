"""The JSON Schemas of scripted interviews, as they are kept in `bots/schemas/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from assistant.interviewing.script import Outcome, Script

SCHEMAS: Mapping[str, type[BaseModel]] = {"interview-script": Script, "interview-out": Outcome}


def schema_text(name: str) -> str:
    """Give a schema as text."""
    mode: Literal["validation", "serialization"] = (
        "serialization" if name.endswith("-out") else "validation"
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SCHEMAS[name].model_json_schema(mode=mode, by_alias=True),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write the schemas into `folder`; to be run after a change of the models."""
    for name in SCHEMAS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")
