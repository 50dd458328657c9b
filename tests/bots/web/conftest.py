"""A small organisation behind the web door, indexed once with hashed words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
from openpyxl import Workbook

from assistant.advisor import Advisor, open_advisor
from assistant.settings import Settings
from assistant.store import Records
from bots.web.config import WebConfig
from knowledge.controls import register
from knowledge.embedding import open_cross_encoder
from knowledge.library import Library
from tests.bots.conftest import WordEmbedder
from tests.support.web_house import House, house

TODAY = date(2026, 6, 1)
TRICK = "Rules <img src=x onerror=alert(1)> & \u202eevil"
DOCUMENTS = {
    "policies/backup.md": """\
---
title: Backup Policy
identifier: POL-20
version: "2.0"
status: approved
approved: 2026-01-10
next_review: 2026-02-01
owner: Head of IT
---
# Backup Policy

## 1 Keeping

Backups of the ledger are kept for 47 days.

## 2 Restore tests

A restore is tested every quarter by the head of IT.
""",
    "policies/backup_old.md": """\
---
title: Backup Policy
identifier: POL-20
version: "1.0"
status: retired
approved: 2024-01-10
---
# Backup Policy

## 1 Keeping

Backups of the ledger were kept for 12 days.
""",
    "board/merger.md": """\
---
title: Merger Memo
identifier: MEM-01
version: "1.0"
status: approved
approved: 2026-02-01
---
# Merger Memo

## 1 Name

The merger carries the name Operation Walnut.
""",
    "trick.md": f"""\
---
title: "{TRICK}"
identifier: TRK-1
version: "1.0"
status: approved
approved: 2026-01-10
---
# {TRICK}

## 1 Wearing <script>alert(1)</script>

Striped badges are worn <img src=http://evil.test/x.png onerror=alert(1)> by visitors; see
[the list](javascript:alert(1)) and ![picture](http://evil.test/y.png).
""",
}
ACCESS = 'rules:\n  - {path: "board/**", read: [board]}\n'
EXCLUDED = "A.7.4"


@pytest.fixture(scope="session")
def _organisation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("web")
    folder, workspace = place / "documents", place / "workspace"
    for name, text in DOCUMENTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "SoA"
    sheet.append(["Control", "Title", "Applicable", "Status", "Justification", "Owner"])
    for control in register().controls:
        excluded = control.id == EXCLUDED
        sheet.append(
            [
                control.id,
                control.title,
                "No" if excluded else "Yes",
                "" if excluded else "Implemented",
                "No premises of our own" if excluded else "Risk R-01",
                "" if excluded else "CISO",
            ]
        )
    book.save(folder / "soa.xlsx")
    library = Library.open(workspace, WordEmbedder(), create=True)
    (workspace / "access.yaml").write_text(ACCESS, encoding="utf-8")
    library.sync(folder)
    library.close()
    Records.open(workspace).close()  # made once, copied for every test
    return place


@pytest.fixture
def organisation(_organisation: Path, tmp_path: Path) -> Path:
    """A copy that a test may change: `documents` and `workspace`."""
    place = tmp_path / "organisation"
    shutil.copytree(_organisation, place)
    return place


_encoder = lru_cache(maxsize=1)(open_cross_encoder)


@contextmanager
def opened_at(workspace: Path) -> Iterator[Advisor]:
    """Open the advisor on a copied workspace; its encoder is loaded once for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.advisor.open_cross_encoder", _encoder)
        found = open_advisor(Settings(workspace=workspace, today=TODAY), embedder=WordEmbedder())
        try:
            yield found
        finally:
            found.close()


@pytest.fixture(scope="module")
def shared_advisor(
    _organisation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Advisor]:
    """One advisor for a whole file, for tests that do not get into each other's way."""
    place = tmp_path_factory.mktemp("shared") / "organisation"
    shutil.copytree(_organisation, place)
    with opened_at(place / "workspace") as found:
        yield found


@pytest.fixture
def advisor(organisation: Path) -> Iterator[Advisor]:
    with opened_at(organisation / "workspace") as found:
        yield found


@pytest.fixture
def with_folder(advisor: Advisor, organisation: Path) -> Path:
    """The documents' folder, where the advisor's library knows the copy as its own."""
    folder = organisation / "documents"
    (folder / "added.md").write_text("# Added\n\nSo that the run has something to keep.\n")
    advisor.library.sync(folder)
    return folder


@pytest.fixture
def at_home(advisor: Advisor) -> Iterator[House]:
    """The door, in this process."""
    with house(advisor) as opened:
        yield opened


@pytest.fixture
def home_with(advisor: Advisor) -> Iterator[Callable[[WebConfig], House]]:
    """The door with other settings."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(house(advisor, config))
