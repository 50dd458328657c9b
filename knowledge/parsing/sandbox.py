"""Read files in a separate process that cannot take this one down.

A fresh interpreter (never a fork, which would inherit secrets and locks) gets the bytes of a file
through a pipe and gives JSON back. It is used for one file after another and replaced after a
failure. Whatever goes wrong in it becomes a `DocumentError` for the one file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from knowledge.parsing import wire
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.formats import suffix_of
from knowledge.parsing.limits import MIB, Limits
from knowledge.passages import ParsedDocument

_LENGTH: Final = struct.Struct("!Q")
_COPY_BYTES: Final = 1 << 16
_MESSAGE_BYTES: Final = 1 << 14
_START_SECONDS: Final = 60.0
_KEPT_ENVIRONMENT: Final = ("SYSTEMROOT", "TZ")


def parse_file(path: Path, source: str, *, limits: Limits = Limits()) -> ParsedDocument:  # noqa: B008
    """Read the one file at `path` in a process of its own. Raises `DocumentError`."""
    with Parser(limits) as parser:
        return parser.parse(path, source)


class Parser:
    """Reads files one after another; close it, or use it as a context manager.

    Use from one thread at a time. Several may live at once.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008
        self._limits = limits
        self._worker: _Worker | None = None

    def parse(self, path: Path, source: str) -> ParsedDocument:
        """Read the file at `path`, called `source` in everything that is said about it.

        Raises `DocumentError`; the next file can be read all the same.
        """
        suffix_of(source)
        with _open_plain_file(path, source, self._limits) as (file, size):
            worker = self._ready_worker(source)
            try:
                return worker.read(file, size, source)
            finally:
                if worker.spent:
                    self.close()

    def close(self) -> None:
        """End the reading process."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ready_worker(self, source: str) -> _Worker:
        if self._worker is not None and not self._worker.alive:
            self.close()
        if self._worker is None:
            self._worker = _Worker(self._limits)
            if not self._worker.alive:
                self.close()
                raise DocumentError(
                    source, "corrupt", "was not read: the reading process did not start; try again"
                )
        return self._worker


class _Worker:
    """One reading process and the pipes to it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._files = 0
        self._failed = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "knowledge.parsing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd=os.path.abspath(os.sep),
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("pipes were asked for")
        self._requests: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._answers: BinaryIO = self._process.stdout  # type: ignore[assignment]
        with _Deadline(self._process, _START_SECONDS), contextlib.suppress(_Broken):
            self._send(json.dumps(dataclasses.asdict(limits)).encode())
            if "ready" in self._message():
                return
        self._failed = True

    @property
    def alive(self) -> bool:
        """Whether another file may be handed to the process."""
        return not self._failed and self._process.poll() is None

    @property
    def spent(self) -> bool:
        """Whether the process should be replaced before the next file."""
        return self._failed or self._files >= self._limits.files_per_process

    def read(self, file: BinaryIO, size: int, source: str) -> ParsedDocument:
        """Hand the file over and wait for its document. Raises `DocumentError`."""
        self._files += 1
        with _Deadline(self._process, self._limits.wall_seconds) as deadline:
            try:
                self._send(json.dumps({"source": source}).encode())
                self._copy(file, size)
                message = self._result(deadline)
                if "error" in message:
                    return self._refuse(message["error"], source)
                return wire.decode(self._frame(self._limits.output_bytes))
            except (_Broken, ValueError, KeyError, TypeError):
                self._failed = True
                raise self._what_happened(deadline, source) from None

    def stop(self) -> None:
        """Kill the process and everything that it started."""
        _kill(self._process)
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()

    def _result(self, deadline: _Deadline) -> dict[str, Any]:
        while "page" in (message := self._message()):
            pages = int(message["page"])
            deadline.extend(
                min(
                    self._limits.wall_seconds + pages * self._limits.page_seconds,
                    self._limits.total_seconds,
                )
            )
        return message

    def _refuse(self, error: dict[str, Any], source: str) -> ParsedDocument:
        # A reader that failed in an unforeseen way has ended itself.
        self._failed = self._failed or error["code"] in {"corrupt", "too_large", "bomb"}
        raise DocumentError(source, str(error["code"]), str(error["message"]))

    def _what_happened(self, deadline: _Deadline, source: str) -> DocumentError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        if deadline.passed or self._process.returncode == -getattr(signal, "SIGXCPU", 24):
            return DocumentError(
                source,
                "timeout",
                f"took longer than {deadline.seconds:.0f} seconds to read; "
                "split it or save it again in a simpler form",
            )
        return DocumentError(
            source, "corrupt", "stopped the reading process; save it again and replace the file"
        )

    def _send(self, body: bytes) -> None:
        self._write(_LENGTH.pack(len(body)) + body)
        self._flush()

    def _copy(self, file: BinaryIO, size: int) -> None:
        """Pass the file on piece by piece, so that this process never holds it."""
        self._write(_LENGTH.pack(size))
        left = size
        while left:
            piece = file.read(min(_COPY_BYTES, left))
            if not piece:
                raise _Broken  # the file became shorter under our hands
            self._write(piece)
            left -= len(piece)
        self._flush()

    def _write(self, piece: bytes) -> None:
        try:
            self._requests.write(piece)
        except OSError:
            raise _Broken from None

    def _flush(self) -> None:
        try:
            self._requests.flush()
        except OSError:
            raise _Broken from None

    def _message(self) -> dict[str, Any]:
        message = json.loads(self._frame(_MESSAGE_BYTES))
        if not isinstance(message, dict):
            raise _Broken
        return message

    def _frame(self, most: int) -> bytes:
        head = self._answers.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise _Broken
        (length,) = _LENGTH.unpack(head)
        if length > most:
            raise _Broken
        body = self._answers.read(length)
        if len(body) < length:
            raise _Broken
        return body


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """The reading process ended or said something that it should not."""


class _Deadline:
    """Kills a process when its time is over, which ends every wait for its pipes."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._process = process
        self._started = time.monotonic()
        self._changed = threading.Condition()
        self._done = False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def extend(self, seconds: float) -> None:
        """Allow `seconds` from the start."""
        self.seconds = max(self.seconds, seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._done = True
            self._changed.notify()
        self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._done:
                left = self._started + self.seconds - time.monotonic()
                if left <= 0:
                    self.passed = True
                    _kill(self._process)
                    return
                self._changed.wait(left)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _environment() -> dict[str, str]:
    """Give the reading process nothing of ours: no keys, no proxies, no home."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    package_root = str(Path(__file__).resolve().parents[2])
    return kept | {
        "PYTHONPATH": package_root,
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Threads of number libraries would take address space from the limit.
        "MALLOC_ARENA_MAX": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


@contextlib.contextmanager
def _open_plain_file(path: Path, source: str, limits: Limits) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file that lies where it seems to lie. Raises `DocumentError`.

    Opening neither waits for a pipe nor follows a link that leads out of the indexed folder.
    """
    real = _inside(path, source)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(real, flags)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not allowed"
        raise DocumentError(source, "unsafe", f"cannot be opened: {reason}") from None
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise DocumentError(source, "unsafe", "is not a plain file")
    with open(descriptor, "rb", buffering=_COPY_BYTES) as file:
        if facts.st_size == 0:
            raise DocumentError(source, "empty", "is empty")
        if facts.st_size > limits.file_bytes:
            raise DocumentError(
                source,
                "too_large",
                f"has {facts.st_size // MIB} MB; files of up to {limits.file_bytes // MIB} MB "
                "are read",
            )
        yield file, facts.st_size


def _inside(path: Path, source: str) -> Path:
    """Resolve links and refuse a path that leaves the folder that `source` is relative to."""
    try:
        real = path.resolve(strict=True)
        names = PurePosixPath(source).parts
        folder = path.absolute()
        if folder.parts[-len(names) :] == names and ".." not in names:
            folder = Path(*folder.parts[: -len(names)])
        else:
            folder = folder.parent
        if real.is_relative_to(folder.resolve(strict=True)):
            return real
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its name is not allowed"
        raise DocumentError(source, "unsafe", f"cannot be opened: {reason}") from None
    raise DocumentError(source, "unsafe", "is a link that leads out of the indexed folder")
