"""Answers on their way: made in a bounded pool of workers, heard by any number of listeners.

A turn is in the records before it is answered, and its answer before it is called done. What is kept
here is only what was said meanwhile; a page that comes late, or again, hears it from the start, and a
page that comes after the end reads the records.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from assistant.conversing import Listen
from assistant.domain.conversation import Piece, Status
from knowledge.errors import LibraryError

_log = logging.getLogger("annexa.web")
_KEEP_S = 60.0
"""How long what was said is remembered after the end."""
_HEARTBEAT_S = 15.0
Result = TypeVar("Result")


class Busy(Exception):  # noqa: N818  what happened, for a person to be told
    """Too many are waiting already."""


class Stopped(Exception):  # noqa: N818  what happened, for a person to be told
    """The person who asked does not want the answer any more."""


class Workers:
    """A bounded pool for everything that computes or reads the disk."""

    def __init__(self, workers: int, waiting: int) -> None:
        """Allow `workers` at once and `waiting` more."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="annexa")
        self._short = ThreadPoolExecutor(4, thread_name_prefix="annexa-page")
        self._room = threading.Semaphore(workers + waiting)
        self.depth = 0
        """Jobs that are under way or waiting."""
        self._count = threading.Lock()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Put long work into the pool. Raises Busy where it is full."""
        if not self._room.acquire(blocking=False):
            raise Busy
        self._add(1)
        try:
            future = self._pool.submit(work)
        except RuntimeError as error:  # it is being closed
            self._done()
            raise Busy from error
        future.add_done_callback(lambda _: self._done())
        return future

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do short work, such as reading a page's data, apart from the long one."""
        return await asyncio.get_running_loop().run_in_executor(self._short, work)

    def close(self) -> None:
        """Finish what is under way and drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._short.shutdown(wait=True, cancel_futures=True)

    def _done(self) -> None:
        self._add(-1)
        self._room.release()

    def _add(self, number: int) -> None:
        with self._count:
            self.depth += number


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that was said of a turn: a status, the text so far, or its end."""

    number: int
    """From 1, in order."""
    what: str
    """ "status", "text", "done", "stopped" or "failed"."""
    text: str = ""


@dataclass(slots=True)
class Broadcast:
    """All that was said of one turn so far. Written by one worker, read by many."""

    turn: str
    owner: str
    """Id of whoever asked; nobody else listens or stops it."""
    loop: asyncio.AbstractEventLoop
    said: list[Heard] = field(default_factory=list)
    ended: float | None = None
    stopping: bool = False
    _text: str = ""
    _waiting: set[asyncio.Event] = field(default_factory=set)

    def listen(self, heard: Status | Piece) -> None:
        """Hear the advisor. Raises Stopped where nobody wants the answer any more."""
        if self.stopping:
            raise Stopped
        if isinstance(heard, Piece):
            self._text += heard.text
            self.say("text", self._text)
        else:
            self.say("status", heard.what)

    def say(self, what: str, text: str = "") -> None:
        """Pass something on, from any thread."""
        self.said.append(Heard(len(self.said) + 1, what, text))
        if what in {"done", "stopped", "failed"}:
            self.ended = time.monotonic()
        self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def follow(self, after: int = 0) -> AsyncIterator[Heard | None]:
        """Give everything said after number `after` up to the end; None is a sign of life.

        A text that is out of date by the time it is read is left out: the next one holds it."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while True:
                event.clear()
                news = self.said[after:]
                for at, one in enumerate(news):
                    later = news[at + 1] if at + 1 < len(news) else None
                    if not (one.what == "text" and later is not None and later.what == "text"):
                        yield one
                after += len(news)
                if self.ended is not None and after >= len(self.said):
                    return
                try:
                    await asyncio.wait_for(event.wait(), _HEARTBEAT_S)
                except TimeoutError:
                    yield None
        finally:
            self._waiting.discard(event)


class Broadcasts:
    """The turns that are being answered."""

    def __init__(self, workers: Workers) -> None:
        """Answer in `workers`."""
        self._workers = workers
        self._known: dict[str, Broadcast] = {}
        self.counts: dict[str, int] = {"done": 0, "stopped": 0, "failed": 0}

    def of(self, turn: str) -> Broadcast | None:
        """Give what is said of a turn, while it is answered and shortly after."""
        return self._known.get(turn)

    def begin(self, turn: str, owner: str, answer: Callable[[Listen], object]) -> Broadcast:
        """Have a turn answered, once however often it is asked for. Raises Busy."""
        self._forget()
        known = self._known.get(turn)
        if known is not None and known.ended is None:
            return known
        cast = Broadcast(turn, owner, asyncio.get_running_loop())
        self._workers.submit(lambda: self._answer(cast, answer))
        self._known[turn] = cast
        cast.say("status", "waiting")
        return cast

    def stop(self, turn: str) -> None:
        """Have a turn's answer given up at the next word."""
        known = self._known.get(turn)
        if known is not None and known.ended is None:
            known.stopping = True

    def _answer(self, cast: Broadcast, answer: Callable[[Listen], object]) -> None:
        try:
            if cast.stopping:
                raise Stopped  # noqa: TRY301  before anything was begun
            cast.say("status", "search")
            answer(cast.listen)
            end, text = "done", ""
        except Stopped:
            end, text = "stopped", ""
        except LibraryError as error:
            end, text = "failed", str(error)
        except Exception:  # noqa: BLE001  whoever listens must hear an end
            _log.exception("a turn could not be answered")
            end, text = "failed", ""
        self.counts[end] += 1
        cast.say(end, text)

    def _forget(self) -> None:
        old = time.monotonic() - _KEEP_S
        for turn in [
            turn for turn, one in self._known.items() if one.ended is not None and one.ended < old
        ]:
            del self._known[turn]
