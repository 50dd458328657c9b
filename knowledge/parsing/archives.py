"""Look at an Office archive's directory before anything in it is unpacked.

A DOCX or XLSX file is a zip archive, so a kilobyte may unpack to gigabytes. The directory tells
the sizes; reading a part is bounded as well, since a directory can lie.
"""

from __future__ import annotations

import io
import stat
import zipfile
from typing import Final

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import MIB, Limits

_RATIO_FROM: Final = 4 * MIB
_NESTED: Final = (".zip", ".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".gz", ".7z", ".rar", ".jar")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DIRECTORY_END: Final = b"PK\x05\x06"
_LOCAL_HEADER: Final = 30


def open_archive(data: bytes, source: str, limits: Limits) -> zipfile.ZipFile:
    """Open the zip archive in `data` after checking its directory. Raises `DocumentError`."""
    if data.startswith(_OLE):
        _refuse_ole(data, source)
    if not data.startswith(b"PK\x03\x04"):
        raise DocumentError(
            source, "unsupported", "is not an Office file although its name says so"
        )
    _check_entry_count(data, source, limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError):
        raise _damaged(source) from None
    entries = archive.infolist()
    _check_names(entries, source)
    _check_sizes(entries, len(data), source, limits)
    return archive


def read_part(archive: zipfile.ZipFile, name: str, source: str, limits: Limits) -> bytes:
    """Unpack one part, at most `limits.part_bytes` of it. Raises `KeyError` if it is missing."""
    try:
        with archive.open(name) as part:
            content = part.read(limits.part_bytes + 1)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError) as error:
        raise _damaged(source) from error
    except Exception as error:
        if type(error).__name__ == "error" and type(error).__module__ == "zlib":
            raise _damaged(source) from error
        raise
    if len(content) > limits.part_bytes:
        raise DocumentError(
            source,
            "too_large",
            f"holds a part of more than {limits.part_bytes // MIB} MB; split the document",
        )
    return content


def _damaged(source: str) -> DocumentError:
    return DocumentError(
        source, "corrupt", "is damaged and cannot be unpacked; save it again and replace the file"
    )


def _refuse_ole(data: bytes, source: str) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise DocumentError(
            source, "encrypted", "is protected with a password; save a copy without one"
        )
    raise DocumentError(
        source, "unsupported", "is in the old binary Office format; save it as DOCX or XLSX"
    )


def _check_entry_count(data: bytes, source: str, limits: Limits) -> None:
    """Refuse a directory with too many entries before `zipfile` builds an object for each."""
    if data.count(b"PK\x01\x02") > limits.archive_entries:
        raise DocumentError(
            source, "bomb", f"holds more than {limits.archive_entries} parts and is not unpacked"
        )
    if _DIRECTORY_END not in data[-66_000:]:
        raise _damaged(source)


def _check_names(entries: list[zipfile.ZipInfo], source: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or ":" in parts[0] or "\x00" in name:
            raise DocumentError(source, "unsafe", "holds parts whose names point outside of it")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DocumentError(source, "unsafe", "holds symbolic links")
        if entry.flag_bits & 0x1:
            raise DocumentError(
                source, "encrypted", "holds encrypted parts; save a copy without a password"
            )
        if name.lower() in seen:
            raise DocumentError(source, "unsafe", "holds two parts of the same name")
        seen.add(name.lower())
        if name.lower().endswith(_NESTED) and "embeddings" not in parts:
            raise DocumentError(source, "bomb", "holds another archive and is not unpacked")


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int, source: str, limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        raise DocumentError(
            source, "bomb", f"unpacks to {unpacked // MIB} MB, more than a document needs"
        )
    if unpacked > _RATIO_FROM and unpacked > limits.ratio * packed:
        raise DocumentError(
            source, "bomb", f"unpacks to {unpacked // max(1, packed)} times its size"
        )
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DocumentError(source, "bomb", "holds parts that overlap each other")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
