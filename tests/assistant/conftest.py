"""Makes `tests/support` importable, and gives small libraries made by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

_SUPPORT = str(Path(__file__).parent.parent / "support")
if _SUPPORT not in sys.path:
    sys.path.insert(0, _SUPPORT)

from hand_made import TODAY, HashEmbedder, InProcessParser, few_guidance_documents  # noqa: E402

from knowledge import syncing  # noqa: E402
from knowledge.library import Library  # noqa: E402
from knowledge.passages import OWNER, Document, Passage  # noqa: E402
from knowledge.view import View  # noqa: E402

ViewOf = Callable[..., View]


@pytest.fixture
def view_of(tmp_path: Path) -> Iterator[ViewOf]:
    """Publish documents made by hand and see them as the owner; `access` is the rules' text."""
    libraries: list[Library] = []

    def make(
        *texts: tuple[Document, Sequence[Passage]], access: str = "", reader=OWNER, as_of=None
    ) -> View:
        library = Library.open(tmp_path / f"workspace{len(libraries)}", HashEmbedder(), create=True)
        libraries.append(library)
        (library.workspace / "access.yaml").write_text(access, encoding="utf-8")
        library.load(texts)
        return library.view(reader, today=TODAY, as_of=as_of)

    yield make
    for library in libraries:
        library.close()


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A few files with an SoA and a register, read and stored as ever but without models."""
    place = tmp_path_factory.mktemp("small")
    folder = place / "documents"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncing, "Parser", InProcessParser)
        patch.setattr(syncing, "guidance_documents", few_guidance_documents)
        library = Library.open(place / "workspace", HashEmbedder(), create=True)
        report = library.sync(folder)
    assert report.failures == ()
    yield library
    library.close()


@pytest.fixture
def small(small_library: Library) -> View:
    """The small library as its owner sees it."""
    return small_library.view(OWNER, today=TODAY)


SMALL = {
    "soa.csv": """\
Statement of Applicability;;;;;;;;
Version;3.1;;;;;;;
Approved on;2026-04-01;;;;;;;
Approved by;Kim Sato;;;;;;;
Control;Title;Applicable;Reason for inclusion;Reason for exclusion;Status;Owner;Target date;Evidence
A.5.1;Policies for information security;Yes;R-1: rules must be known;;Implemented;Kim Sato;;MIN-7
A.5.7;Threat intelligence;Yes;R-2: attackers change;;Planned;Lee Moreau;2027-02-01;
A.6.3;Information security awareness, education and training;Yes;Contract 12;;Implemented;Kim Sato;;LMS-4
A.7.4;Physical security monitoring;No;;The landlord watches the building;Not applicable;Kim Sato;;
A.7.6;Working in secure areas;No;;;Not applicable;Kim Sato;;
A.8.8;Management of technical vulnerabilities;Yes;R-3: known holes;;Partial;Lee Moreau;2026-11-01;SCAN-9
A.8.11;Data masking;Yes;R-4: test data;;Not implemented;Lee Moreau;;
A.8.13;Information backup;Yes;R-5: loss of the ledger;;Implemented;Lee Moreau;;RST-2
""",
    "registers/incidents.csv": """\
ID,Title,Status,Owner,Due date
INC-7,Badge printer offline,Open,Lee Moreau,2026-11-20
INC-8,Wrong parcel,Closed,Kim Sato,2026-10-01
INC-9,Door alarm silent,Open,Kim Sato,2026-12-03
INC-10,Lamp in the archive,Open,Lee Moreau,2026-11-23
""",
    "key-policy.md": """\
---
title: Key Policy
identifier: KEY-01
version: "2.0"
status: approved
approved: 2026-01-15
next_review: 2026-10-15
owner: Lee Moreau
approver: Kim Sato
classification: Internal
---
# Key Policy

## 1 Handing out

Keys are handed out by the caretaker and by nobody else.
""",
    "visitor-policy.md": """\
---
title: Visitor Policy
identifier: VIS-01
version: "0.2"
status: draft
---
# Visitor Policy

## 1 Badges

Visitors wear a striped badge.
""",
    "old-key-policy.md": """\
---
title: Key Policy
identifier: KEY-01
version: "1.0"
status: retired
approved: 2020-01-15
---
# Key Policy

## 1 Handing out

Keys are handed out by the guard.
""",
}
