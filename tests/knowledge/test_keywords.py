import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import keywords
from knowledge.keywords import (
    IndexUnusable,
    KeywordIndex,
    analyse,
    analyse_query,
    built_in_vocabulary,
    expand,
    parse_vocabulary,
    query_languages,
)


def index(*texts, language="en"):
    return KeywordIndex.build([analyse(text, language) for text in texts])


def mask(length, *rows):
    allowed = np.zeros(length, dtype=np.bool_)
    allowed[list(rows)] = True
    return allowed


# Words


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("A.8.24", "a.8.24"),
        ("POL-05", "pol-05"),
        ("TLS1.2", "tls1.2"),
        ("R-14", "r-14"),
        ("CAR-2026-007", "car-2026-007"),
        ("27001", "27001"),
    ],
)
def test_an_id_is_kept_whole(written, token):
    assert token in analyse(f"See {written}, approved.")


def test_an_id_gives_its_parts_too():
    assert analyse("CAR-2026-007") == ["car-2026-007", "car", "2026", "7"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("policies", "policy"),
        ("organisations", "organization"),
        ("unauthorised", "unauthorized"),
        ("e-mail", "email"),
        ("Wi\u2011Fi", "wifi"),
        ("behaviour", "behavior"),
        ("licence", "license"),
        ("cafés", "cafe"),
    ],
)
def test_two_spellings_of_a_word_meet(one, other):
    assert set(analyse(one)) & set(analyse(other))


@pytest.mark.parametrize(
    "spelling", ["Passwörter", "Passwoerter", "PASSWÖRTER", "Passwo\u0308rter"]
)
def test_umlauts_may_be_written_in_any_way(spelling):
    assert analyse(spelling, "de") == analyse("Passwort", "de")


def test_sharp_s_is_double_s():
    assert analyse("Maßnahmen", "de") == analyse("Massnahmen", "de")


def test_function_words_are_left_out_but_an_acronym_in_capitals_is_not():
    assert analyse("Who is in the IT team?") == ["it", "team"]


def test_a_questions_language_is_told_by_its_function_words():
    assert query_languages("how long are backups kept") == ("en",)
    assert query_languages("wie lange werden Sicherungen aufbewahrt") == ("de",)
    assert query_languages("backup retention") == ("en", "de")


def test_words_of_unknown_language_get_stems_of_both():
    assert {"richtlinien", "richtlini"} & set(analyse_query("Richtlinien"))
    assert set(analyse("Richtlinien", "de")) <= set(analyse_query("Richtlinien"))
    assert set(analyse("policies")) <= set(analyse_query("policies"))


def test_a_language_without_a_stemmer_is_searched_by_whole_words():
    assert analyse("zásady", "cs") == ["zasady"]


# Scores


def test_scores_are_bm25_of_the_allowed_passages():
    texts = [["a", "b"], ["a", "a", "c"], ["b"], ["a", "d", "d", "d"]]
    allowed = mask(4, 0, 1, 3)
    rows, scores = KeywordIndex.build(texts).search(["a", "d"], allowed, k1=1.5, b=0.75)
    kept = {row: texts[row] for row in (0, 1, 3)}
    average = sum(map(len, kept.values())) / len(kept)
    expected = {}
    for row, tokens in kept.items():
        for token in ("a", "d"):
            held = sum(token in other for other in kept.values())
            count = tokens.count(token)
            norm = 1.5 * (1 - 0.75 + 0.75 * len(tokens) / average)
            idf = np.log(1 + (len(kept) - held + 0.5) / (held + 0.5))
            expected[row] = expected.get(row, 0.0) + idf * count * 2.5 / (count + norm)
    assert dict(zip(rows.tolist(), scores.tolist(), strict=True)) == pytest.approx(expected)
    assert list(scores) == sorted(scores, reverse=True)


WORDS = st.lists(st.sampled_from("abcdef"), max_size=8)


@given(st.lists(st.tuples(WORDS, st.booleans()), max_size=12), WORDS, st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_a_hidden_passage_leaves_no_trace_in_order_or_score(passages, query, k):
    everything = KeywordIndex.build([tokens for tokens, _ in passages])
    allowed = np.array([open_ for _, open_ in passages], dtype=np.bool_)
    visible = KeywordIndex.build([tokens for tokens, open_ in passages if open_])
    rows, scores = everything.search(query, allowed, k)
    expected_rows, expected_scores = visible.search(query, None, k)
    assert np.array_equal(rows, np.flatnonzero(allowed)[expected_rows])
    assert np.array_equal(scores, expected_scores)


def test_equal_scores_stand_in_the_order_of_rows_also_at_the_cut():
    rows, _ = KeywordIndex.build([["a"]] * 50).search(["a"], k=7)
    assert rows.tolist() == list(range(7))


def test_a_passage_without_a_word_of_the_question_is_no_hit():
    assert index("backup", "visitor").search(analyse_query("backup"))[0].tolist() == [0]


@pytest.mark.parametrize("allowed", [None, np.zeros(0, dtype=np.bool_)])
def test_an_empty_index_finds_nothing(allowed):
    assert len(KeywordIndex.build([]).search(["a"], allowed)[0]) == 0


# Reading a question


def test_a_typing_error_is_read_as_the_nearest_word():
    reading = index("Passwords expire", "Backups are kept").read("pasword lenght")
    assert ("pasword", "password") in reading.corrected
    assert "password" in reading.weights


def test_a_word_that_passages_hold_is_not_corrected():
    assert index("bask", "back").read("back").corrected == ()


def test_a_real_word_that_no_passage_holds_is_no_typing_error():
    assert index("internet").read("internal", is_word={"internal"}.__contains__).corrected == ()


def test_an_id_is_never_corrected():
    assert index("POL-09 applies").correct("pol-99") == ()


def test_a_correction_cannot_name_a_word_of_a_hidden_passage():
    found = index("password", "passport")
    assert found.correct("passwort", mask(2, 0)) == ("password",)
    assert "password" not in found.correct("passwort", mask(2, 1))


def test_a_german_compound_is_found_by_its_first_word_and_its_parts_by_the_compound():
    found = index("Die Passwortlänge beträgt 14 Zeichen", "Das Passwort ist geheim", language="de")
    assert "passwortlang" in found.read("Was gilt für ein Passwort?").weights
    assert "passwort" in found.read("Wo steht die Passwortrichtlinie?").weights


def test_a_compound_of_a_hidden_passage_is_not_searched():
    found = index("Passwortlänge", "Passwort", language="de")
    assert "passwortlang" not in found.read("Wie ist das Passwort?", None, mask(2, 1)).weights


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("can i use a usb stick", "Removable media must be encrypted."),
        ("what happens to a leaver's account", "On termination of employment access ends."),
        ("do I need 2fa", "Multi-factor authentication is required for remote access."),
        ("how long must a pw be", "A password has 14 characters."),
        ("may I wfh", "Remote working needs a locked room."),
        ("can I ask chatgpt", "Only an approved AI tool may be used."),
        ("forward to my gmail", "Business mail is not sent to a private e-mail account."),
        ("vendor check", "Every supplier is assessed."),
        ("we got hacked", "Each information security incident is reported at once."),
        ("Darf ich mein Passwort weitergeben?", "A password is never disclosed."),
        ("Wer prüft Lieferanten?", "Each supplier is assessed by procurement."),
        ("Wie lange werden Datensicherungen aufbewahrt?", "Backups are kept for 35 days."),
        ("Wann wird der Bildschirm gesperrt?", "The screen locks after ten minutes."),
    ],
)
def test_everyday_words_find_the_rule(question, rule):
    others = ["The canteen opens at noon.", "Parking spaces are shared.", "Fire doors stay shut."]
    found = index(*others, rule)
    rows, _ = found.search(found.read(question, built_in_vocabulary()).weights)
    assert rows[:1].tolist() == [3]


def test_the_organisations_own_use_of_an_everyday_word_weakens_its_translation():
    vocabulary = parse_vocabulary("groups: [{field: [supplier], everyday: [vendor]}]\ngerman: {}")
    rare = expand(["vendor"], vocabulary, lambda _phrase: 0)
    common = expand(["vendor"], vocabulary, lambda _phrase: 99)
    assert rare["supplier"] == pytest.approx(keywords.FIELD_WEIGHT)
    assert common["supplier"] == pytest.approx(keywords.FIELD_WEIGHT / 10)
    assert rare["vendor"] == common["vendor"] == 1.0


def test_a_hidden_passages_use_of_a_word_changes_nothing():
    vocabulary = built_in_vocabulary()
    found = index("Every supplier is assessed", "vendor", "vendor")
    alone = index("Every supplier is assessed")
    reading = found.read("vendor check", vocabulary, mask(3, 0))
    assert reading == alone.read("vendor check", vocabulary)


def test_a_phrase_may_stand_in_any_order_and_hides_shorter_ones_in_it():
    vocabulary = parse_vocabulary(
        "groups:\n"
        "- {field: [inactivity], everyday: [screen lock]}\n"
        "- {field: [door], everyday: [lock]}\n"
        "german: {}"
    )
    weights = expand(analyse_query("how do I lock my screen"), vocabulary)
    assert set(weights) == {"lock", "screen", *analyse("inactivity")}


def test_every_phrase_of_the_vocabulary_has_a_word_that_is_searched():
    import yaml

    source = Path(keywords.__file__).parent / "guidance" / "vocabulary.yaml"
    data = yaml.safe_load(source.read_text(encoding="utf-8"))
    phrases = [p for group in data["groups"] for p in group["field"] + group["everyday"]]
    assert [phrase for phrase in phrases if not analyse(phrase)] == []
    assert [word for word in data["german"] if not analyse(word, "de")] == []
    assert len(data["groups"]) >= 120
    assert len(data["german"]) >= 200


# The stored index


def test_a_stored_index_answers_as_before(tmp_path):
    built = index("Passwords expire", "Backups are kept", "Größe 14 A.8.24")
    built.save(tmp_path)
    loaded = KeywordIndex.load(tmp_path)
    assert loaded.terms == built.terms
    for query in (["password"], ["a.8.24", "backup"]):
        assert np.array_equal(loaded.search(query)[1], built.search(query)[1])


def test_saving_replaces_the_index_and_leaves_nothing_else(tmp_path):
    index("one").save(tmp_path)
    mapped = KeywordIndex.load(tmp_path)
    index("two", "three").save(tmp_path)
    assert len(KeywordIndex.load(tmp_path)) == 2
    assert mapped.document_frequency("one") == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failed_save_keeps_the_earlier_index(tmp_path, monkeypatch):
    index("one").save(tmp_path)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index("two").save(tmp_path)
    assert KeywordIndex.load(tmp_path).terms == ("one",)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_empty_index_can_be_stored(tmp_path):
    index().save(tmp_path)
    assert len(KeywordIndex.load(tmp_path)) == 0


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "foreign", "old"])
def test_an_index_that_cannot_be_trusted_is_to_be_built_again(tmp_path, monkeypatch, damage):
    index("Passwords expire", "Backups are kept").save(tmp_path)
    (path,) = tmp_path.iterdir()
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-8])
    elif damage == "foreign":
        path.write_bytes(b"\x89PNG" * 100)
    else:
        monkeypatch.setattr(keywords, "ANALYSIS_VERSION", 0)
    with pytest.raises(IndexUnusable):
        KeywordIndex.load(tmp_path)
