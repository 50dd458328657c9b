"""Processes that take whole turns with a model that streams, until they are killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripted_chat import ScriptedChat, line_of, reply
from small_house import HANDED, LOST, READER, advisor_of, handle_in

from assistant.advisor import Advisor
from assistant.domain.conversation import Piece, Status

QUESTION = "when must a lost key be reported, for the {number}th time?"
PLACE = "c"


class Dripping(ScriptedChat):
    """Streams with pauses, so that a kill can fall between two pieces."""

    def _stream(self, *given: Any, **more: Any) -> Iterator[Any]:
        for piece in super()._stream(*given, **more):
            time.sleep(0.001)
            yield piece


def model() -> Dripping:
    """Make the model of one turn: it looks something up, then replies with two sentences."""

    def said(messages: list[Any]) -> Any:
        read = "\n".join(str(one.content) for one in messages)
        return reply((LOST, [handle_in(LOST)(read)]), (HANDED, [handle_in(HANDED)(read)]))

    return Dripping(script=[("search", {"query": "who hands out keys"}), said], read=[], bound=[])


def opened(workspace: Path) -> Advisor:
    """Open the advisor, with the conversation that all processes go on with."""
    advisor = advisor_of(workspace, lines=[line_of(workspace=workspace)])
    if advisor.records.conversation(PLACE, READER) is None:
        advisor.records.start(PLACE, READER, "cli", "trial", advisor._now())
    return advisor


def take(advisor: Advisor, number: int, listen: Any = lambda _: None) -> Any:
    """Take turn `number` with its key."""
    advisor._conversing.lines[0]._model = model()
    return advisor.take_turn(
        PLACE, QUESTION.format(number=number), reader=READER, key=f"key{number}", listen=listen
    )


def run(workspace: Path, first: int) -> None:
    """Take turns from number `first` on; say each that begins, each piece and each that is kept."""
    advisor = opened(workspace)
    print("ready", flush=True)  # noqa: T201
    for number in range(first, first + 100_000):
        print(f"begun {number}", flush=True)  # noqa: T201

        def listen(heard: Piece | Status) -> None:
            print("piece", flush=True)  # noqa: T201

        turn = take(advisor, number, listen)
        print(f"kept {number} {turn.id}", flush=True)  # noqa: T201


def serve() -> None:
    """Fork a process for each line "WORKSPACE FIRST" that comes in: importing takes long."""
    for line in sys.stdin:
        workspace, first = line.rsplit(" ", 1)
        child = os.fork()
        if child == 0:
            print(f"pid {os.getpid()}", flush=True)  # noqa: T201
            run(Path(workspace), int(first))
            return
        os.waitpid(child, 0)
        print("ended", flush=True)  # noqa: T201


if __name__ == "__main__":
    import langchain.agents  # noqa: F401  in every turn, so before the first

    serve()
