"""How much one file may cost."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading one file. Sizes in bytes, times in seconds."""

    file_bytes: int = 64 * MIB
    wall_seconds: float = 9.0
    """From handing the file over to having the result."""
    page_seconds: float = 0.15
    """More wall time for each page that was read, so that a long document may take longer than a
    slow page; see `total_seconds`."""
    total_seconds: float = 120.0
    """What wall time never exceeds, whatever the number of pages."""
    memory_bytes: int = 512 * MIB
    """Address space of the reading process."""
    output_bytes: int = 32 * MIB
    blocks: int = 100_000
    cells: int = 500_000
    """Cells of all sheets of a workbook or CSV file that hold a value."""
    pages: int = 1_000
    archive_entries: int = 2_000
    unpacked_bytes: int = 200 * MIB
    part_bytes: int = 48 * MIB
    """One XML part of a DOCX file, which is held in memory as a tree."""
    ratio: int = 100
    """Unpacked to packed size, counted for archives that unpack to more than 4 MiB."""
    files_per_process: int = 200
    """After so many files a reading process is replaced."""
