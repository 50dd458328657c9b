"""What a question asks for, alone and in a conversation."""

from __future__ import annotations

import pytest

from assistant.answering.understanding import content_words, is_bare, reworded, understand
from assistant.domain.answer import Message


def _after(*turns: str) -> tuple[Message, ...]:
    """Make a conversation of turns said by the user and the assistant in turn."""
    return tuple(Message("assistant" if at % 2 else "user", text) for at, text in enumerate(turns))


BADGES = ("How long do we keep badge records?", "Two years.")


@pytest.mark.parametrize(
    "turn",
    [
        "and for contractors?",
        "what about contractors",
        "How about contractors?",
        "Same for contractors?",
        "Does that hold for contractors too?",
        "why?",
        "contractors?",
        "So they go in the bin after that?",
        "und für Externe?",
        "in a table please",
    ],
)
def test_a_turn_that_leans_on_the_one_before_takes_it_in(turn):
    question = understand(turn, _after(*BADGES))
    assert question.followed == (BADGES[0],)
    assert question.raw == turn
    assert turn in question.text
    assert {"badge", "records"} <= set(question.content)


@pytest.mark.parametrize(
    "turn",
    [
        "Which regions may hold customer data?",
        "Who locks the archive room in the evening?",
        "How long must a visitor wear the badge on site?",
        "Is A.5.30 implemented in the archive?",
    ],
)
def test_a_turn_that_stands_alone_takes_nothing_in(turn):
    question = understand(turn, _after(*BADGES))
    assert question.followed == ()
    assert question.text == turn


def test_a_turn_of_few_words_asks_for_what_the_one_before_asked_for():
    assert "quantity" in understand("and for contractors?", _after(*BADGES)).asks


def test_a_turn_that_asks_for_something_else_asks_for_that():
    turn = "And who signs for the records?"
    assert "who" in understand(turn, _after(*BADGES)).asks


@pytest.mark.parametrize(
    ("turn", "fresh"),
    [
        ("and tractors?", ("tractors",)),
        ("what about for the divers", ("divers",)),
        ("and how often do we oil them?", ("oil",)),
        ("why?", ()),
        ("put that in a table", ()),
    ],
)
def test_a_follow_up_puts_in_a_noun(turn, fresh):
    assert understand(turn, _after("how long are ropes kept?")).fresh == fresh


@pytest.mark.parametrize("turn", ["the clause, I mean", "I mean the clause", "the clause please"])
def test_the_asker_may_settle_a_number_afterwards(turn):
    assert understand(turn, _after("what is 8.2")).meant == "clause"


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("What does the standard say on logging?", True),
        ("does the standard require fences", True),
        ("where is the standard operating procedure", False),
    ],
)
def test_the_standard_that_says_something_is_the_international_one(text, standard):
    assert understand(text).standard is standard


def test_a_requirement_may_be_typed_in_small_letters():
    assert [one.framework for one in understand("pci req 8").frameworks] == ["pci_dss_4_0_1"]


def test_a_leaning_turn_without_a_conversation_stays_as_it_is():
    question = understand("and for contractors?")
    assert question.text == "and for contractors?"
    assert question.followed == ()


def test_a_chain_of_leaning_turns_reaches_back_to_the_one_that_stands_alone():
    question = understand(
        "and for guests?",
        _after("How long do badges last?", "A year.", "and for interns?", "Same."),
    )
    assert question.followed == ("How long do badges last?", "and for interns?")


def test_what_the_assistant_said_is_not_taken_for_a_question():
    question = understand("why?", _after("May I use my printer?", "Never use forty printers."))
    assert "forty" not in question.text


def test_white_space_in_a_turn_does_not_matter():
    assert understand("  How\n long\tdo badges last? ").text == "How long do badges last?"


@pytest.mark.parametrize(
    ("turn", "controls"),
    [
        ("and A.8.9?", ("A.8.9",)),
        ("who owns it?", ("A.8.8",)),
        ("what evidence is there for that?", ("A.8.8",)),
    ],
)
def test_a_pronoun_means_the_control_last_spoken_of_and_a_new_id_replaces_it(turn, controls):
    assert understand(turn, _after("Is A.8.8 done?", "Partly.")).controls == controls


def test_an_id_that_only_the_assistant_named_can_be_meant():
    question = understand("Is it implemented?", _after("Tell me about logging.", "See A.8.15."))
    assert question.controls == ("A.8.15",)


# What kind of answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Who signs visitor passes?", {"who"}),
        ("Wer verwahrt die Schlüssel?", {"who"}),
        ("How long is the archive kept?", {"quantity"}),
        ("What is the maximum size of an attachment?", {"quantity", "define"}),
        ("Wie oft wird die Alarmanlage geprüft?", {"quantity"}),
        ("By when must the landlord be told?", {"quantity", "when"}),
        ("Wann läuft der Mietvertrag ab?", {"when"}),
        ("Why do guards change their rounds?", {"why"}),
        ("Which rooms have an alarm?", {"list"}),
        ("Compare the old and the new key rules", {"compare"}),
        ("What is a clean desk?", {"define"}),
        ("May I prop the fire door open?", {"permission"}),
        ("Am I allowed to lend my badge?", {"permission"}),
        ("Are visitors permitted to take photos?", {"permission"}),
        ("Darf ich Besucher allein lassen?", {"permission"}),
        ("Tell me about badges", set()),
    ],
)
def test_the_kind_of_answer_wanted_is_read_from_the_words(text, asks):
    assert understand(text).asks == asks


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("How long do we keep badge records?", True),
        ("Is our archive locked?", True),
        ("Wie lange bewahren wir Ausweise auf?", True),
        ("What does a risk owner do?", False),
        ("What is the purpose of Annex A?", False),
    ],
)
def test_speaking_of_ones_own_organisation_is_noticed(text, own):
    assert understand(text).own is own


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("Does ISO 27001 ask for a visitor log?", True),
        ("What happens at a surveillance audit?", True),
        ("Is a nonconformity the end of the certificate?", True),
        ("What does our password standard say?", False),
        ("Who keeps the visitor log?", False),
    ],
)
def test_speaking_of_the_standard_is_noticed(text, standard):
    assert understand(text).standard is standard


def test_a_table_is_given_where_the_turn_asks_for_one():
    assert understand("List the excluded controls as a table").table
    assert not understand("List the excluded controls").table


# Languages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie lange wird ein Ausweis aufbewahrt?", "de"),
        ("Darf ich den Schlüssel verleihen?", "de"),
        ("How long is a badge kept?", "en"),
        ("badges", "en"),
        ("A.8.24", "en"),
    ],
)
def test_the_language_of_the_question_is_told(text, language):
    assert understand(text).language == language


def test_a_short_turn_without_a_language_of_its_own_keeps_the_one_before():
    assert (
        understand("Laptops?", _after("Wie lange gelten die Ausweise?", "Ein Jahr.")).language
        == "de"
    )


# Ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "controls", "clauses"),
    [
        ("Is A.8.24 applicable?", ("A.8.24",), ()),
        ("is 8.24 applicable", ("A.8.24",), ()),
        ("A5.15", ("A.5.15",), ()),
        ("Annex A 5.7 status?", ("A.5.7",), ()),
        ("A.8.12 and A.8.13", ("A.8.12", "A.8.13"), ()),
        ("clause 7.4", (), ("7.4",)),
        ("control 7.4", ("A.7.4",), ()),
        ("What does 6.1.3 say?", (), ("6.1.3",)),
        ("where did A.12.4.1 go", ("A.8.15",), ()),
        ("section 4.2 of the key policy", (), ()),
        ("Is TLS 1.2 allowed?", (), ()),
        ("What is in A.8.99?", (), ()),
    ],
)
def test_the_ids_in_a_question_are_read(text, controls, clauses):
    question = understand(text)
    assert (question.controls, question.clauses) == (controls, clauses)
    assert question.ambiguous == ()


def test_a_2013_id_is_kept_as_such():
    assert [one.kind for one in understand("A.12.4.1?").references] == ["control_2013"]


def test_a_number_that_is_a_clause_and_a_control_is_ambiguous():
    question = understand("What is 7.4?")
    assert [one.text for one in question.ambiguous] == ["7.4"]
    assert question.controls == question.clauses == ()


@pytest.mark.parametrize(
    ("turn", "controls", "clauses"),
    [
        ("I meant the control", ("A.7.4",), ()),
        ("I mean the clause", (), ("7.4",)),
        ("Ich meine das Kapitel", (), ("7.4",)),
    ],
)
def test_the_asker_settles_what_an_ambiguous_number_means(turn, controls, clauses):
    question = understand(turn, _after("What is 7.4?", "It can mean two things."))
    assert (question.controls, question.clauses) == (controls, clauses)
    assert question.ambiguous == ()
    assert question.meant


@pytest.mark.parametrize(
    ("text", "framework", "ref"),
    [
        ("Which controls relate to GDPR Art. 32?", "gdpr", "Art. 32"),
        ("SOC 2 CC6.1", "soc2_tsc", "CC6.1"),
        ("what helps with NIST PR.AA-01", "nist_csf_2_0", "PR.AA-01"),
        ("PCI DSS 8.3.6", "pci_dss_4_0_1", "8.3.6"),
    ],
)
def test_requirements_of_other_frameworks_are_read_and_are_no_controls(text, framework, ref):
    question = understand(text)
    assert [(one.framework, one.ref) for one in question.frameworks] == [(framework, ref)]
    assert question.controls == question.clauses == ()


# Too little to go on ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "policy",
        "the control",
        "is it implemented?",
        "show me the document",
        "audit",
        "who owns it?",
        "what is the status?",
        "die Richtlinie",
        "hello",
        "?",
    ],
)
def test_a_question_that_names_nothing_is_bare(text):
    assert is_bare(understand(text))


@pytest.mark.parametrize(
    "text", ["badges", "A.8.24", "is logging implemented?", "GDPR Art. 32", "key policy"]
)
def test_a_question_that_names_something_is_not_bare(text):
    assert not is_bare(understand(text))


def test_a_bare_turn_in_a_conversation_is_not_bare():
    assert not is_bare(understand("who owns it?", _after("Is A.8.8 done?", "Partly.")))


def test_content_words_come_once_in_order_and_without_the_empty_ones():
    assert content_words("The badge, and the Badge of a visitor") == ("badge", "visitor")


def test_a_reworded_question_keeps_its_ids_where_the_new_text_names_none():
    question = reworded(understand("Is A.8.8 done?"), "technical vulnerabilities")
    assert question.text == "technical vulnerabilities"
    assert question.controls == ("A.8.8",)
