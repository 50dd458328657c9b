import json
from contextlib import closing

import numpy as np
import pytest

from eval import beir, retrieval
from eval.__main__ import main
from eval.beir import BeirError
from eval.retrieval import LibraryEngine, Scored


def lines(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    one = tmp_path / "small"
    lines(
        one / "corpus.jsonl",
        {"_id": "p1", "title": "Backup", "text": "Backups are kept for 35 days."},
        {"_id": "p2", "title": "", "text": "Visitors sign in at the reception."},
        {"_id": "p3", "text": "Laptops are encrypted."},
    )
    lines(
        one / "queries.jsonl",
        {"_id": "q1", "text": "how long are backups kept?"},
        {"_id": "q2", "text": "who greets guests?"},
        {"_id": "q3", "text": "nobody judged this"},
    )
    (one / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp1\t1\nq2\tp2\t2\nq2\tp3\t0\n")
    return one


class Fixed:
    """An engine that answers every query with the passages in the corpus's order."""

    name = "fixed"

    def __init__(self):
        self.indexed = 0

    def index(self, corpus):
        self.indexed += 1
        self.ids = [passage.id for passage in corpus]

    def search(self, query, k):
        return [Scored(passage, 1.0) for passage in self.ids[:k]]


def test_a_set_is_read_with_its_grades_above_0(folder):
    one = beir.read(folder)
    assert [query.id for query in one.queries] == ["q1", "q2", "q3"]
    assert one.relevant == {"q1": {"p1": 1}, "q2": {"p2": 2}}
    assert beir.read_corpus(one.corpus_file)[0].full == "Backup\nBackups are kept for 35 days."


def test_a_corpus_may_be_another_sets_file(folder):
    other = folder.parent / "other"
    other.mkdir()
    (other / "corpus.jsonl").write_text("../small/corpus.jsonl\n")
    assert beir.read_corpus(beir.find_corpus(other)) == beir.read_corpus(folder / "corpus.jsonl")


def test_judgements_may_stand_where_beir_puts_them_and_without_a_header(folder):
    (folder / "qrels.tsv").unlink()
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("q1\tp1\t1\n")
    assert beir.read(folder).relevant == {"q1": {"p1": 1}}


def test_a_conversation_is_searched_by_its_last_three_turns_of_the_user(folder):
    said = [["user", "one"], ["agent", "x"], ["user", "two"], ["user", "three"], ["agent", "y"]]
    lines(
        folder / "queries.jsonl",
        {"_id": "new", "text": "four", "history": said},
        {"_id": "old", "text": "y", "history": said},
        {"_id": "none", "text": "", "history": []},
    )
    assert [(query.id, query.text) for query in beir.read(folder).queries] == [
        ("new", "two\nthree\nfour"),
        ("old", "one\ntwo\nthree"),
    ]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "p1", "text": "a"}\n{"_id": \n', r"corpus\.jsonl:2: is not JSON"),
        ("corpus.jsonl", '{"_id": "p1", "text": 3}\n', r"corpus\.jsonl:1: the field 'text'"),
        ("corpus.jsonl", '{"_id": "p", "text": "a"}\n' * 2, r"corpus\.jsonl:2: .*twice"),
        ("corpus.jsonl", "../gone/corpus.jsonl\n", r"corpus\.jsonl:1: names the corpus"),
        ("queries.jsonl", "[1]\n", r"queries\.jsonl:1: expected an object"),
        ("qrels.tsv", "q1\tp1\t1\nq1\tp1\n", r"qrels\.tsv:2: expected query"),
    ],
)
def test_an_error_names_file_and_line(folder, file, content, message):
    (folder / file).write_text(content)
    with pytest.raises(BeirError, match=message):
        beir.read_corpus(beir.read(folder).corpus_file)


def test_a_folder_of_sets_is_read_as_sets_and_another_is_refused(folder, tmp_path):
    assert beir.find(folder) == beir.find(tmp_path) == [folder]
    with pytest.raises(BeirError, match="holds no benchmark"):
        beir.find(tmp_path / "nowhere")


def test_queries_without_an_answer_are_not_measured(folder):
    (result,) = retrieval.evaluate([beir.read(folder)], Fixed())
    assert result.queries == 2
    assert result.product.measures["mrr"].mean == pytest.approx(0.75)


def test_sets_with_one_corpus_share_its_index(folder):
    engine = Fixed()
    retrieval.evaluate([beir.read(folder), beir.read(folder)], engine)
    assert engine.indexed == 1


def test_the_run_file_keeps_the_engines_order_also_among_equal_scores(folder, tmp_path):
    run = tmp_path / "out.trec"
    retrieval.evaluate([beir.read(folder)], Fixed(), run=run)
    rows = [line.split() for line in run.read_text().splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows[:3]] == [
        ("q1", "p1", "1"),
        ("q1", "p2", "2"),
        ("q1", "p3", "3"),
    ]
    scores = [np.float32(row[4]) for row in rows[:3]]
    assert scores[0] > scores[1] > scores[2]


class Letters:
    """An embedder of letter counts that counts its calls."""

    fingerprint = "letters"
    dimension = 26

    def __init__(self):
        self.embedded = 0

    def embed_passages(self, texts, progress=None):
        self.embedded += len(texts)
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text):
        counts = np.array([1 + text.lower().count(chr(97 + n)) for n in range(26)], np.float32)
        return counts / np.linalg.norm(counts)


def test_the_products_engines_are_measured_beside_the_baseline(folder):
    with closing(LibraryEngine(Letters())) as engine:
        (result,) = retrieval.evaluate([beir.read(folder)], engine)
    assert result.product.measures["ndcg"].mean > 0.5
    assert result.baseline.engine == "plain BM25"
    assert "gain" in retrieval.table([result])


def test_cached_vectors_are_not_computed_again_and_not_mixed_up(tmp_path):
    inner = Letters()
    cached = retrieval.CachedEmbedder(inner, tmp_path / "cache")
    first = cached.embed_passages(["a", "b"])
    assert np.array_equal(cached.embed_passages(["a", "b"]), first)
    assert inner.embedded == 2
    assert not np.array_equal(cached.embed_passages(["b", "a"]), first)


def test_the_command_prints_json(folder, capsys, monkeypatch):
    monkeypatch.setattr(retrieval, "open_embedder", lambda _name: Letters())
    assert main(["retrieval", "--data", str(folder), "--json", "--queries", "1"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["set"], result["passages"], result["queries"]) == ("small", 3, 1)
    assert set(result["product"]["measures"]) == {"recall", "map", "ndcg", "mrr"}


def test_the_command_ends_with_the_usage_code_on_bad_data(tmp_path, capsys):
    assert main(["retrieval", "--data", str(tmp_path)]) == 2
    assert "holds no benchmark" in capsys.readouterr().err
