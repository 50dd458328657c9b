"""The reading process: takes files on standard input, gives documents on standard output.

A frame is a length of eight bytes and then so many bytes. A request is a JSON frame and a frame
with the file's bytes; the answer is one or more JSON frames: ``{"page": n}`` while it goes on,
then ``{"error": …}`` or ``{"document": true}`` followed by the document's own frame. The process
opens no file of the organisation; it cannot write files, start processes or use the network.
"""

from __future__ import annotations

import contextlib
import gc
import json
import mimetypes
import os
import site
import struct
import sys
import sysconfig
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from knowledge.parsing import formats, progress, wire
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import MIB, Limits

_LENGTH: Final = struct.Struct("!Q")
_FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.startfile",
    "pty.",
    "ftplib.",
    "http.",
    "smtplib.",
    "urllib.",
    "webbrowser.",
    "winreg.",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
    "os.truncate",
    "shutil.",
)
_OPEN_FILES: Final = 32


def main() -> int:
    """Serve requests until standard input ends."""
    # The pipes are kept for frames; whatever a library prints goes nowhere.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    os.close(quiet)
    warnings.simplefilter("ignore")
    limits = Limits(**json.loads(_read_frame(requests) or b"{}"))
    restrict(limits)
    _write_frame(answers, b'{"ready":true}')
    while (header := _read_frame(requests)) is not None:
        data = _read_frame(requests)
        if data is None:
            break
        if not _serve(json.loads(header)["source"], data, limits, answers):
            return 1
        del data
        gc.collect()
    return 0


def _serve(source: str, data: bytes, limits: Limits, answers: BinaryIO) -> bool:
    """Answer one request; False if this process should not read another file."""

    def tell(page: int) -> None:
        _write_frame(answers, b'{"page":%d}' % page)

    _limit_cpu(limits)
    progress.report_to(tell)
    try:
        encoded = _read(source, data, limits)
    except DocumentError as error:
        _write_error(answers, error.code, error.message)
        return True
    except MemoryError:
        _write_error(
            answers, "too_large", "needs too much memory to be read; split it or save it again"
        )
        return False
    except RecursionError:
        _write_error(answers, "bomb", "is nested too deeply to be read")
        return False
    except Exception as error:  # noqa: BLE001 - any reader's failure is this file's failure
        _write_error(
            answers,
            "corrupt",
            f"could not be read ({type(error).__name__}); save it again and replace the file",
        )
        return False
    _write_frame(answers, b'{"document":true}')
    _write_frame(answers, encoded)
    return True


def _read(source: str, data: bytes, limits: Limits) -> bytes:
    document = formats.read(data, source, limits)
    if len(document.blocks) > limits.blocks:
        raise _too_much(source, f"has more than {limits.blocks} paragraphs and rows")
    encoded = wire.encode(document)
    if len(encoded) > limits.output_bytes:
        raise _too_much(source, f"has more than {limits.output_bytes // MIB} MB of text")
    return encoded


def _too_much(source: str, what: str) -> DocumentError:
    return DocumentError(source, "too_large", f"{what}; split it into several files")


def _write_error(answers: BinaryIO, code: str, message: str) -> None:
    error = {"error": {"code": code, "message": message[:500]}}
    _write_frame(answers, json.dumps(error).encode())


def _read_frame(stream: BinaryIO) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def _write_frame(stream: BinaryIO, body: bytes) -> None:
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def restrict(limits: Limits) -> None:
    """Give up everything that reading a file does not need. There is no way back.

    Memory, CPU time, open files and file sizes are limited where the system can (Linux, macOS);
    network, processes and other files are refused by an audit hook everywhere.
    """
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not on Windows

        _set_limit(resource.RLIMIT_AS, limits.memory_bytes)
        _set_limit(resource.RLIMIT_FSIZE, 0)
        _set_limit(resource.RLIMIT_CORE, 0)
        _set_limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    mimetypes.init(files=())  # otherwise openpyxl asks the system's own list, a file elsewhere
    sys.addaudithook(_guard(_readable_folders()))


def _set_limit(which: int, value: int) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (value, value))


def _limit_cpu(limits: Limits) -> None:
    """Let this file use so many seconds more than the earlier ones have used."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        until = int(time.process_time() + limits.total_seconds) + 2
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _readable_folders() -> tuple[str, ...]:
    """Folders of Python and its packages: lazy imports and font tables are read from them."""
    folders = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *sys.path}
    folders.add(str(Path(__file__).resolve().parents[1]))
    folders.update(site.getsitepackages())
    found = {os.path.realpath(folder) for folder in folders if folder}
    return tuple(folder + os.sep for folder in found if folder != os.sep)


def _guard(folders: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str | bytes):
                return
            writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND)
            if writing or not os.path.realpath(os.fsdecode(path)).startswith(folders):
                raise PermissionError("a reader may not open this file")
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"a reader may not use {event}")

    return hook


if __name__ == "__main__":
    sys.exit(main())
