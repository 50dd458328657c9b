"""What kind of thing a question seeks, and whether a text holds such a thing."""

from __future__ import annotations

import pytest

from assistant.answering.sought import Kind, holds, sought


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("how long are drawings kept", {Kind.PERIOD}),
        ("wie schnell muss ich das melden", {Kind.PERIOD}),
        ("how often are cranes inspected", {Kind.FREQUENCY}),
        ("how many forklifts do we own", {Kind.COUNT}),
        ("what does the alarm system cost", {Kind.MONEY}),
        ("is it fine to work from a library", set()),
        ("what is the phone number of the gatehouse", {Kind.CONTACT}),
        ("which scanner do we use", {Kind.PRODUCT}),
        ("what is the name of our plant doctor", {Kind.NAME}),
        ("when was the kiln last tested", {Kind.DATE}),
        ("what time do the gates open", {Kind.CLOCK}),
        ("who opens the vault", {Kind.PERSON}),
        ("do we blame people who report a mistake", set()),
    ],
)
def test_a_question_seeks_a_kind_of_thing(question: str, kinds: set[Kind]) -> None:
    assert sought(question).kinds == kinds


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("how long are visitor books kept", ("visitor", "books")),
        ("how long do we have to keep the dive logs", ("dive", "logs")),
        ("how often are the fire doors tested", ("fire", "doors")),
        ("how long are cookies kept", ()),
        ("may I keep the old keys", ()),
    ],
)
def test_a_thing_of_two_words_is_what_a_period_is_sought_of(question, thing) -> None:
    assert sought(question).thing == thing


def test_a_number_until_something_happens_is_a_threshold() -> None:
    wanted = sought("how many bad tries till the gate stays shut")
    assert holds(wanted, "The gate stays shut after 5 failed attempts.")
    assert not holds(wanted, "The gate opens after 5 minutes.")


@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("what colour are the helmets", ("colour",)),
        ("recovery point for the ledger", ("recovery",)),
        ("what is the purpose of the fence", ()),
        ("may I take photos", ()),
    ],
)
def test_the_noun_asked_for_is_the_attribute(question: str, attribute: tuple[str, ...]) -> None:
    assert sought(question).attribute == attribute


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("how long are drawings kept", "Drawings are kept for ten years.", True),
        ("how long are drawings kept", "Drawings are kept in the archive.", False),
        (
            "how often are cranes inspected",
            "Cranes are inspected every spring and every year.",
            True,
        ),
        ("how many keys are there", "There are four keys to the vault.", True),
        ("how many keys are there", "Keys are changed every year.", False),
        ("how many levels are there", "Severity runs from SEV1 to SEV4.", True),
        ("what does the fence cost", "The fence is two metres high.", False),
        ("which scanner do we use", "The scanner is run every week.", False),
        ("which scanner do we use", "Every week the scanner Lynceus is run.", True),
        ("what is the phone number of the gate", "Call the gate at 020 7946 0000.", True),
        ("when was the kiln last tested", "The kiln is tested by the foreman.", False),
    ],
)
def test_a_text_holds_the_kind_or_does_not(question: str, text: str, held: bool) -> None:
    assert holds(sought(question), text) is held


def test_a_name_that_the_question_says_is_no_answer_to_it() -> None:
    wanted = sought("which scanner do we use")
    assert not holds(wanted, "Every week the Lynceus is run.", lambda word: word == "Lynceus")
