"""Searching as whoever asks: what is kept from them is neither found nor missed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from hand_made import HashEmbedder, few_guidance_documents

from eval import beir, retrieval
from eval.beir import BeirError
from knowledge import syncing
from knowledge.passages import Reader

CORPUS = [
    {"_id": "open", "text": "Keys are changed every year."},
    {"_id": "board", "text": "Keys of the board are changed every month.", "read": ["board"]},
]


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> retrieval.RightsResult:
    return measure(tmp_path, monkeypatch)


def measure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> retrieval.RightsResult:
    monkeypatch.setattr(syncing, "guidance_documents", few_guidance_documents)
    write(folder, CORPUS, [])
    with closing(retrieval.LibraryEngine(HashEmbedder())) as engine:
        (found,) = retrieval.evaluate([beir.read(folder)], engine)
    assert found.rights is not None
    return found.rights


def write(folder: Path, corpus: list[dict[str, object]], groups: object) -> None:
    lines = "".join(json.dumps(one) + "\n" for one in corpus)
    (folder / "corpus.jsonl").write_text(lines)
    query = {"_id": "q", "text": "how often are keys changed", "groups": groups}
    (folder / "queries.jsonl").write_text(json.dumps(query) + "\n")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\topen\t1\nq\tboard\t1\n")


def test_what_may_not_be_read_is_neither_found_nor_missed(
    measured: retrieval.RightsResult,
) -> None:
    assert measured.leaks == 0
    assert measured.with_rights["recall"].mean == 1
    assert measured.without_rights["recall"].mean == 1


def test_a_filter_that_is_off_leaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "in_any", lambda _self, _groups: True)
    assert measure(tmp_path, monkeypatch).leaks == 1


def test_groups_that_are_no_list_are_named(tmp_path: Path) -> None:
    write(tmp_path, CORPUS, "board")
    with pytest.raises(BeirError, match=r"queries\.jsonl:1: the field 'groups'"):
        beir.read(tmp_path)
