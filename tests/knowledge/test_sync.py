"""A run brings the library in step with a folder: completely, and changing nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_made import TODAY, HashEmbedder, InProcessParser, few_guidance_documents

from knowledge import caches, syncing
from knowledge.catalog import Catalog
from knowledge.errors import WorkspaceError
from knowledge.index import VectorStore, vector_key
from knowledge.library import Library
from knowledge.passages import OWNER
from knowledge.syncing import SyncReport

SUPPORT = Path(__file__).parent.parent / "support"
RULES = {
    "policies/backup.md": "# Backup\n\n## 1 Copies\n\nCopies are made daily.\n\n## 2 Tests\n\n"
    "Restores are tested.\n",
    "policies/doors.md": "# Doors\n\n## 1 Locks\n\nDoors are locked at night.\n",
    "notes.txt": "Visitors sign in at the desk.\n",
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files in this process, and index two texts as the guidance."""
    monkeypatch.setattr(syncing, "Parser", InProcessParser)
    monkeypatch.setattr(syncing, "guidance_documents", few_guidance_documents)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in RULES.items():
        _write(tmp_path / "documents" / name, text)
    return tmp_path / "documents"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def library(workspace: Path) -> Iterator[Library]:
    opened = Library.open(workspace, HashEmbedder(), create=True)
    yield opened
    opened.close()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _ids(library: Library) -> dict[str, tuple[str, ...]]:
    """Give the ids of every document's passages, by source."""
    view = library.view(OWNER, today=TODAY)
    return {
        one.source: tuple(passage.id for passage in view.passages_of(one.id))
        for one in view.documents
    }


def _keys(workspace: Path, embedder: HashEmbedder) -> set[str]:
    """Give the keys of the vectors that Chroma holds."""
    store = VectorStore(workspace / "chroma", embedder.fingerprint)
    try:
        return store.keys()
    finally:
        store.close()


def _expected_keys(library: Library, embedder: HashEmbedder) -> set[str]:
    view = library.view(OWNER, today=TODAY)
    return {
        vector_key(embedder.fingerprint, passage.search_text)
        for one in view.documents
        for passage in view.passages_of(one.id)
    }


def test_a_first_run_reads_every_file(library: Library, folder: Path) -> None:
    report = library.sync(folder)
    assert report.added == tuple(sorted(RULES))
    assert (report.changed, report.removed, report.failures) == ((), (), ())
    assert report.embedded == report.passages
    hits = library.view(OWNER, today=TODAY).search("when are doors locked")
    assert hits[0].document.source == "policies/doors.md"


def test_running_again_changes_nothing(library: Library, folder: Path) -> None:
    first = library.sync(folder)
    before = _ids(library)
    again = library.sync(folder)
    assert again == SyncReport(
        unchanged=len(RULES), passages=first.passages, generation=first.generation
    )
    assert _ids(library) == before


def test_a_changed_paragraph_changes_its_own_passages_only(library: Library, folder: Path) -> None:
    library.sync(folder)
    before = _ids(library)
    changed = RULES["policies/backup.md"].replace("tested", "tested every quarter")
    _write(folder / "policies/backup.md", changed)
    report = library.sync(folder)
    after = _ids(library)
    assert report.changed == ("policies/backup.md",)
    assert (report.unchanged, report.embedded) == (2, 1)
    old, new = set(before.pop("policies/backup.md")), set(after.pop("policies/backup.md"))
    assert (len(old - new), len(new - old)) == (1, 1)
    assert after == before


def test_a_renamed_file_keeps_its_ids_and_embeds_nothing(library: Library, folder: Path) -> None:
    library.sync(folder)
    before = _ids(library)
    (folder / "policies/doors.md").rename(folder / "locks.md")
    report = library.sync(folder)
    assert report.renamed == (("policies/doors.md", "locks.md"),)
    assert (report.added, report.removed, report.embedded) == ((), (), 0)
    after = _ids(library)
    assert after["locks.md"] == before["policies/doors.md"]
    assert "policies/doors.md" not in after
    hit = library.view(OWNER, today=TODAY).search("doors locked night")[0]
    assert (hit.document.source, hit.passage.locator.source) == ("locks.md", "locks.md")


def test_a_deleted_files_passages_are_gone_from_every_store(
    library: Library, folder: Path, workspace: Path
) -> None:
    library.sync(folder)
    gone = _ids(library)["policies/doors.md"]
    (folder / "policies/doors.md").unlink()
    report = library.sync(folder)
    assert report.removed == ("policies/doors.md",)
    view = library.view(OWNER, today=TODAY)
    assert [view.passage(one) for one in gone] == [None] * len(gone)
    assert "policies/doors.md" not in {hit.document.source for hit in view.search("doors")}
    cache = caches.read(workspace / "index", report.generation)
    assert set(gone).isdisjoint(cache.passages)
    assert "door" not in cache.keywords.terms
    embedder = HashEmbedder()
    assert _keys(workspace, embedder) == _expected_keys(library, embedder)


def test_failures_are_listed_with_a_reason_while_the_others_go_on(
    library: Library, folder: Path
) -> None:
    _write(folder / "empty.md", "")
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "logo.png").write_bytes(b"\x89PNG")
    report = library.sync(folder)
    assert report.added == tuple(sorted(RULES))
    assert [(one.source, one.code) for one in report.failures] == [
        ("empty.md", "empty"),
        ("old.doc", "unsupported"),
    ]
    assert report.skipped == ("logo.png",)
    again = library.sync(folder)
    assert (again.failures, again.generation) == (report.failures, report.generation)
    assert library.snapshot().failures == report.failures


def test_a_file_that_becomes_unreadable_states_nothing_any_more(
    library: Library, folder: Path
) -> None:
    library.sync(folder)
    _write(folder / "policies/doors.md", "")
    report = library.sync(folder)
    assert [one.source for one in report.failures] == ["policies/doors.md"]
    assert report.changed == ()
    assert "policies/doors.md" not in _ids(library)
    _write(folder / "policies/doors.md", RULES["policies/doors.md"])
    mended = library.sync(folder)
    assert mended.failures == ()
    assert "policies/doors.md" in _ids(library)


def test_a_renamed_file_that_cannot_be_read_leaves_nothing_behind(
    library: Library, folder: Path
) -> None:
    library.sync(folder)
    (folder / "policies/doors.md").rename(folder / "doors.docx")
    report = library.sync(folder)
    assert [one.source for one in report.failures] == ["doors.docx"]
    assert report.renamed == ()
    assert report.removed == ("policies/doors.md",)
    assert "policies/doors.md" not in _ids(library)


def test_files_that_change_places_are_read_anew(library: Library, folder: Path) -> None:
    library.sync(folder)
    one, other = folder / "policies/backup.md", folder / "policies/doors.md"
    text = one.read_text(encoding="utf-8")
    _write(one, other.read_text(encoding="utf-8"))
    _write(other, text)
    library.sync(folder)
    hit = library.view(OWNER, today=TODAY).search("doors are locked at night")[0]
    assert hit.document.source == "policies/backup.md"


def test_links_out_of_the_folder_are_not_followed(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    _write(tmp_path / "elsewhere/secret.md", "# Secret\n\nA secret.\n")
    (folder / "link.md").symlink_to(tmp_path / "elsewhere/secret.md")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert library.sync(folder).added == tuple(sorted(RULES))


def test_a_folder_that_is_not_there_changes_nothing(library: Library, folder: Path) -> None:
    library.sync(folder)
    before = _ids(library)
    with pytest.raises(WorkspaceError, match="Nothing was changed"):
        library.sync(folder / "nowhere")
    assert _ids(library) == before


def test_another_model_searches_by_keywords_until_it_has_embedded(
    library: Library, folder: Path, workspace: Path
) -> None:
    library.sync(folder)
    before = _ids(library)
    other = HashEmbedder("hash-2", dimension=24)
    reopened = Library.open(workspace, other)
    view = reopened.view(OWNER, today=TODAY)
    assert "embedding model was changed" in (view.notice or "")
    assert [hit.cosine for hit in view.search("doors locked")] == [None]
    report = reopened.sync(folder)
    assert report.embedded == report.passages
    assert _ids(reopened) == before
    view = reopened.view(OWNER, today=TODAY)
    assert view.notice is None
    assert view.search("doors locked")[0].cosine is not None
    assert _keys(workspace, other) == _expected_keys(reopened, other)
    reopened.close()


def test_without_chroma_keywords_answer_and_the_next_run_rebuilds_the_same(
    library: Library, folder: Path, workspace: Path
) -> None:
    library.sync(folder)
    before = _ids(library)
    whole = library.view(OWNER, today=TODAY).search("doors locked at night")
    shutil.rmtree(workspace / "chroma")
    view = library.view(OWNER, today=TODAY)
    assert "vector store is missing" in (view.notice or "")
    assert view.search("doors locked")[0].document.source == "policies/doors.md"
    report = library.sync(folder)
    assert report.notice is None
    assert report.embedded == report.passages
    assert _ids(library) == before
    view = library.view(OWNER, today=TODAY)
    assert view.notice is None
    assert view.search("doors locked at night") == whole


def test_a_damaged_chroma_is_built_again(library: Library, folder: Path, workspace: Path) -> None:
    library.sync(folder)
    library.close()
    (workspace / "chroma/chroma.sqlite3").write_bytes(b"not a database" * 100)
    _write(folder / "new.md", "# New\n\nA new rule.\n")
    reopened = Library.open(workspace, HashEmbedder())
    report = reopened.sync(folder)
    assert report.added == ("new.md",)
    assert report.notice is None
    assert reopened.view(OWNER, today=TODAY).search("new rule")[0].cosine is not None
    reopened.close()


def test_without_its_cache_a_library_answers_from_sql(
    library: Library, folder: Path, workspace: Path
) -> None:
    library.sync(folder)
    shutil.rmtree(workspace / "index")
    reopened = Library.open(workspace, HashEmbedder())
    view = reopened.view(OWNER, today=TODAY)
    assert view.search("doors locked")[0].document.source == "policies/doors.md"
    assert "annexa index" in (view.notice or "")
    reopened.sync(folder)
    assert reopened.view(OWNER, today=TODAY).notice is None
    reopened.close()


def test_vectors_of_a_run_that_was_given_up_do_not_stay(
    library: Library, folder: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync(folder)
    embedder = HashEmbedder()
    before = _keys(workspace, embedder)
    _write(folder / "new.md", "# New\n\nA rule that will be taken back.\n")

    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "publish", stop)
        with pytest.raises(KeyboardInterrupt):
            library.sync(folder)
    (folder / "new.md").unlink()
    library.sync(folder)
    assert _keys(workspace, embedder) == before


def test_two_processes_index_and_ask_without_error_or_mixed_results(
    folder: Path, workspace: Path
) -> None:
    script = str(SUPPORT / "two_processes.py")
    root = str(SUPPORT.parent.parent)
    environment = {"PYTHONPATH": f"{SUPPORT}:{root}", "PATH": ""}
    arguments = [str(workspace), str(folder)]
    first = subprocess.run(
        [sys.executable, script, "index", *arguments, "1"],
        env=environment, check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert first.stderr == ""
    with subprocess.Popen(
        [sys.executable, script, "index", *arguments, "12"],
        env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as indexing:  # fmt: skip
        asking = subprocess.run(
            [sys.executable, script, "ask", *arguments, str(indexing.pid)],
            env=environment, check=False, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        out, errors = indexing.communicate(timeout=240)
    assert (indexing.returncode, errors) == (0, ""), errors
    assert (asking.returncode, asking.stderr) == (0, ""), asking.stderr
    seen = [int(one) for one in asking.stdout.split()]
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert int(out.split()[-1]) == 12
