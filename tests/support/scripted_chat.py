"""A chat model that says what a test wrote down, where a provider's client would stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from assistant.llm import ModelLine, ModelSpec
from assistant.settings import Settings

Step = tuple[str, dict[str, Any]] | str | Exception | Callable[[list[BaseMessage]], Any]
"""A tool call, a text, a failure, or what makes one of the messages that the model reads."""


class ScriptedChat(BaseChatModel):
    """Streams its script in small pieces and keeps what it was given to read."""

    script: list[Any]
    read: list[list[BaseMessage]]
    bound: list[Any]
    piece: int = 9
    """Characters of one chunk."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Any:
        self.bound.append((tools, tool_choice))
        return self

    def _generate(self, messages: Any, stop=None, run_manager=None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError("the product streams")

    def _stream(
        self, messages: list[BaseMessage], stop=None, run_manager=None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.read.append(list(messages))
        step = self.script.pop(0)
        while callable(step):
            step = step(messages)
        if isinstance(step, Exception):
            raise step
        fails = step[2] if isinstance(step, tuple) and len(step) == 3 else None
        id_ = f"m{len(self.read)}"
        if isinstance(step, str):
            chunks = [AIMessageChunk(content=step, id=id_)]
        else:
            name, text = step[0], json.dumps(step[1])
            chunks = [
                AIMessageChunk(
                    content="",
                    id=id_,
                    tool_call_chunks=[
                        ToolCallChunk(
                            name=name if start == 0 else None,
                            args=text[start : start + self.piece],
                            id=f"c{id_}" if start == 0 else None,
                            index=0,
                        )
                    ],
                )
                for start in range(0, len(text), self.piece)
            ]
        if fails is None:
            chunks[-1].chunk_position = "last"
        for chunk in chunks:
            made = ChatGenerationChunk(message=chunk)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=made)
            yield made
        if fails is not None:
            raise fails


def reply(*statements: tuple[str, Sequence[str]], found: bool = True, clarify: str | None = None):
    """Make the call that ends a turn."""
    said: dict[str, Any] = {
        "found": found,
        "statements": [{"text": text, "passages": list(ids)} for text, ids in statements],
    }
    if clarify is not None:
        said["clarify"] = clarify
    return ("Reply", said)


def line_of(
    *script: Step, workspace: Path, name: str = "openai:scripted", local: bool = False, **settings
) -> ModelLine:
    """Make a configured model that follows a script; `line.model.read` holds what it read."""
    from datetime import date

    given = Settings(workspace=workspace, today=date(2026, 11, 23), **settings)
    provider, _, model = name.partition(":")
    spec = ModelSpec(name, provider, model, "127.0.0.1" if local else "models.example", local)
    line = ModelLine(spec, given)
    line._model = ScriptedChat(script=list(script), read=[], bound=[])
    return line
