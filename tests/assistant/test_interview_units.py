"""What is asked: all 123 units, in questions that fit them and that can be understood when heard."""

from __future__ import annotations

import re
from datetime import date

import pytest

from assistant.domain.interview import Opened, Respondent, fold
from assistant.interviewing import conversation
from assistant.interviewing.asking import wordings
from assistant.interviewing.matching import content
from knowledge.demands import LONGEST_QUESTION, chosen, unit, units

TODAY = date(2026, 11, 23)
ALL = list(units().values())
CLOSED = re.compile(r"^(?:do|does|did|is|are|have|has|can|will|would) ", re.IGNORECASE)


def _words(demand):
    return content(" ".join([demand.text, demand.ask, *demand.evidence, *demand.cues]))


def test_there_are_thirty_clause_units_and_ninety_three_controls():
    assert sum(one.is_clause for one in ALL) == 30
    assert sum(not one.is_clause for one in ALL) == 93


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_a_unit_has_an_opening_probes_and_demands_that_fit(one):
    assert one.opening
    assert one.probes
    assert one.core
    assert all(demand.id.startswith(f"{one.id}-") for demand in one.demands)
    own = {word for demand in one.demands for word in _words(demand)}
    titled = set(content(f"{one.title} {one.plainly}"))
    asked = " ".join([one.opening, *one.probes])
    assert len(set(content(asked)) & (own | titled)) >= 2, asked


def test_no_two_units_are_asked_about_in_the_same_words():
    asked = [one.opening for one in ALL] + [each.ask for one in ALL for each in one.demands]
    assert len(set(asked)) == len(asked)
    assert all(len(one.split()) >= 4 for one in asked)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_questions_are_short_and_open(one):
    assert not CLOSED.match(one.opening), one.opening
    for demand in one.demands:
        assert not CLOSED.match(demand.ask), demand.ask
        for way in wordings(one, demand):
            assert len(way.split()) <= LONGEST_QUESTION, way
            assert way.count("?") <= 2


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_a_respondent_who_says_little_is_asked_at_most_four_more_questions(one):
    state = fold(conversation.begin(Opened("G", Respondent("R"), (one.id,)), today=TODAY))
    for number in range(12):
        if state.ended or state.unit(one.id).settled:
            break
        for event in conversation.answer(state, "We take care of that.", f"{number}", today=TODAY):
            from assistant.domain.interview import apply

            state = apply(state, event)
    assert state.unit(one.id).followups <= 4
    assert len(set(state.questions)) == len(state.questions)
    verdict = state.unit(one.id).proposal
    assert verdict is not None
    assert verdict.verdict.value in {"gap", "partial", "not_assessed"}


def test_every_control_that_may_be_excluded_has_a_question_of_fact():
    for one in ALL:
        assert (one.exclusion == "conditional") <= (one.exclusion_test is not None), one.id
        assert one.exclusion_test is None or len(one.exclusion_test.split()) <= LONGEST_QUESTION


def test_names_stand_for_units_clauses_and_themes():
    assert chosen("9.2") == ("9.2.1", "9.2.2")
    assert len(chosen("A.7")) == 14
    assert len(chosen("all")) == 123
    assert chosen("A.9.1") == ()
    assert unit("a8.13") is unit("A.8.13")
    assert unit("8.13") is None


def test_what_is_implied_lies_in_the_same_unit():
    for one in ALL:
        ids = {demand.id for demand in one.demands}
        for demand in one.demands:
            assert set(demand.implies) <= ids
