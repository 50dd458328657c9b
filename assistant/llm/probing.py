"""Trying out what a language model can do, for `annexa doctor`."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.llm.opening import Limits, within
from assistant.llm.problems import ModelProblem, problem_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_PROBE_S = 20.0
_OLLAMA_S = 0.5


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model was seen to do."""

    reachable: bool = False
    streaming: bool = False
    """It sends a reply in pieces."""
    tools: bool = False
    structured: bool = False
    """It fills in the fields of a form as they are described."""
    seconds: float = 0.0
    """Until the first reply was whole."""
    problem: ModelProblem | None = None

    @property
    def sufficient(self) -> bool:
        """Whether the advisor can work with it."""
        return self.reachable and self.tools and self.structured


def probe(
    model: BaseChatModel,
    *,
    seconds: float = _PROBE_S,
    clock: Callable[[], float] = time.monotonic,
) -> Capabilities:
    """Try a model with two short requests that hold nothing of the organisation."""
    began = clock()
    seen = Capabilities()
    try:
        with within(Limits(began + seconds, began + seconds, clock)):
            pieces = sum(bool(one.text) for one in model.stream("Count from one to five in words."))
            seen = replace(
                seen,
                reachable=True,
                streaming=pieces > 1,
                seconds=round(clock() - began, 2),
            )
            return _with_tools(model, seen)
    except Exception as error:  # noqa: BLE001  told apart by problem_of
        return replace(seen, problem=problem_of(error))


def _with_tools(model: BaseChatModel, seen: Capabilities) -> Capabilities:
    form = {
        "title": "Colour",
        "description": "Note a colour.",
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "shades": {"type": "array", "items": {"type": "string"}},
            "warm": {"type": "boolean"},
        },
        "required": ["name", "shades", "warm"],
    }
    bound = model.bind_tools([form], tool_choice="any")
    reply = bound.invoke("Note the colour red with two shades of it. Use the tool.")
    for call in reply.tool_calls:
        filled = call["args"]
        fits = (
            isinstance(filled.get("name"), str)
            and isinstance(filled.get("shades"), list)
            and all(isinstance(one, str) for one in filled["shades"])
            and isinstance(filled.get("warm"), bool)
        )
        return replace(seen, tools=True, structured=fits)
    return seen


def local_ollama(url: str) -> tuple[str, ...] | None:
    """List the models of the Ollama at `url`; None where none answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_OLLAMA_S)
    try:
        connection.request("GET", f"{parts.path}/api/tags")
        response = connection.getresponse()
        if response.status != http.client.OK:
            return None
        found = json.loads(response.read(1_000_000))
        return tuple(str(one["name"]) for one in found["models"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
