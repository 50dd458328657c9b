"""A sentence that turns its passage round is found, and honest ones near it are not."""

from __future__ import annotations

import pytest

from assistant.verifying.opposing import opposed

BADGES = (
    "A lost badge is replaced on a ticket approved by the Facility Lead. The ban covers visitors, as "
    "well as drivers when they wait in the hall; entry is blocked for them."
)
CHECK = "The seal is checked 30 days after the repair by someone other than the machine owner."
LIMITS = "The deadlines of section 4 have no exceptions. The hall has no designated safe areas."
SCOPE = "Partner tools are outside the scope, as are the buildings of the landlord."
RUNS = "Ranks run from R1 (highest) to R5. Leave the pump switched on and touch nothing."

WRONG = [
    (BADGES, "A lost badge is replaced on a ticket approved by the guard."),
    (BADGES, "Drivers may wait in the hall."),
    (BADGES, "Fahrer dürfen in der Halle warten."),
    (CHECK, "The seal is checked 30 days after the repair by the machine owner."),
    (LIMITS, "The deadlines have exceptions for late entries."),
    (LIMITS, "The hall has two safe areas."),
    (SCOPE, "The buildings of the landlord are in the scope."),
    (RUNS, "R5 is the highest rank."),
    (RUNS, "Switch the pump off and touch nothing."),
    ("Plans for majors are signed by the COO.", "Pläne für Minor-Abweichungen zeichnet der COO."),
]
RIGHT = [
    (BADGES, "A ticket approved by the Facility Lead replaces a lost badge."),
    (BADGES, "Drivers may not wait in the hall."),
    (BADGES, "Fahrer dürfen nicht in der Halle warten."),
    (CHECK, "Someone other than the machine owner checks the seal."),
    (CHECK, "The machine owner does not check the seal."),
    (LIMITS, "The deadlines have no exceptions."),
    (LIMITS, "There are no safe areas in the hall."),
    (SCOPE, "The landlord's buildings are outside the scope."),
    (SCOPE, "The landlord's buildings are not in the scope."),
    (RUNS, "R1 is the highest rank."),
    (RUNS, "The pump stays switched on."),
    (RUNS, "Do not switch the pump off."),
    ("Keys may be fetched at the desk; the lift is blocked at night.", "You may fetch keys."),
]


@pytest.mark.parametrize(("passage", "claim"), WRONG)
def test_a_sentence_that_turns_its_passage_round_is_found(passage: str, claim: str) -> None:
    assert opposed(claim, [passage]) is not None


@pytest.mark.parametrize(("passage", "claim"), RIGHT)
def test_an_honest_sentence_is_let_through(passage: str, claim: str) -> None:
    reason = opposed(claim, [passage])
    assert reason is None, reason
