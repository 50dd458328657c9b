"""What follows when somebody says "not applicable", or answers the test of an exclusion."""

from __future__ import annotations

from assistant.domain.interview import (
    ClaimKind,
    Contradicted,
    Contradiction,
    Excluded,
    Flagged,
)
from assistant.interviewing import asking, exclusions, phrases
from assistant.interviewing.asking import Question
from assistant.interviewing.claims import Context
from assistant.interviewing.turn import Turn
from assistant.interviewing.understanding import Reading
from knowledge.demands import Unit
from knowledge.demands import unit as unit_of

SOA_UNIT = "6.1.3"
SOA_DEMAND = "6.1.3-3"


def claimed(turn: Turn, unit: Unit, reading: Reading) -> bool:
    """Deal with "not applicable" by the SoA's rules; False where the reply is taken as it is."""
    own = turn.own(unit)
    if own.exclusion is not None:
        return False
    if unit.is_clause:
        _refuse(turn, unit, reading)
        return True
    fact = turn.known.unit(unit.id).soa
    if fact is not None and fact.applicable == "no":
        return False  # the test was asked already; the answer decides
    if fact is None and not turn.known.has_soa and unit.exclusion == "conditional":
        turn.add(Excluded(unit.id, "claimed", reading.text))
        turn.say("There is no SoA yet, so this needs one question of fact.")
        turn.ask(
            Question(exclusions.test_question(unit, turn.state), None, "exclusion"),
            unit,
            followup=True,
        )
        return True
    _propose(turn, unit, reading)
    return True


def _refuse(turn: Turn, unit: Unit, reading: Reading) -> None:
    turn.add(Excluded(unit.id, "refused", reading.text), Flagged(unit.id, "not_applicable_refused"))
    turn.say(phrases.CLAUSE_APPLIES)
    demand = unit.core[0]
    something = f"Has anything of this been done, even in a small way: {demand.evidence[0]}?"
    turn.ask(
        Question(
            asking.fresh(turn.state, something, *asking.wordings(unit, demand)), demand.id, "again"
        ),
        unit,
        followup=True,
    )


def _propose(turn: Turn, unit: Unit, reading: Reading) -> None:
    """The SoA says applicable, or there is none and the control is hardly ever excluded."""
    fact = turn.known.unit(unit.id).soa
    turn.add(Excluded(unit.id, "proposed", reading.text), Flagged(unit.id, "exclusion_proposed"))
    if fact is not None:
        version = f" {fact.version}" if fact.version else ""
        who = f" ({fact.owner})" if fact.owner else ""
        turn.say(
            f"The SoA{version} ({fact.row}) says applicable; I send your proposal to its owner{who}."
        )
    else:
        turn.say(
            "An exclusion is decided in the Statement of Applicability; I note your proposal for it."
        )
    text = asking.fresh(
        turn.state,
        "Why would it not apply: what about your scope, assets or suppliers makes "
        f"{unit.title.lower()} empty?",
        f"What is there in practice, whatever it is called: {unit.core[0].evidence[0]}?",
    )
    turn.ask(Question(text, unit.core[0].id, "exclusion_why"), unit, followup=True)


def tested(turn: Turn, unit: Unit, reading: Reading) -> bool:
    """Take the answer to a question of fact about an exclusion; False where it says nothing."""
    if not reading.says_something and reading.answer != "no":
        return False
    fact = turn.known.unit(unit.id).soa
    holds = exclusions.confirms(reading.text, reading.answer) or _denies_all(reading)
    if not holds:
        _wrong(turn, unit, reading)
        return False
    if fact is None:
        _settle(turn, unit, "provisional", exclusions.quoted(None, reading.text))
        turn.add(Flagged(unit.id, "provisional"), Flagged(SOA_UNIT, f"soa_proposal:{unit.id}"))
    elif exclusions.is_trivial(fact.reason):
        turn.add(Flagged(SOA_UNIT, f"exclusion_without_reason:{unit.id}"))
        _against_the_soa(
            turn,
            f"{fact.row}: excluded, reason “{fact.reason or '(none)'}”",
            "A reason is demanded for each exclusion.",
        )
        _settle(
            turn,
            unit,
            "unreasoned",
            f"The SoA gives no reason for the exclusion; the answer would be one: “{reading.text}”",
        )
        return True
    else:
        _settle(turn, unit, "kept", exclusions.quoted(fact, reading.text))
    return True


def _denies_all(reading: Reading) -> bool:
    kinds = [one.kind for one in reading.claims]
    return bool(kinds) and kinds[0] is ClaimKind.DENIED and ClaimKind.IS not in kinds


def _settle(turn: Turn, unit: Unit, outcome: str, reason: str) -> None:
    turn.add(Excluded(unit.id, outcome, reason))
    turn.settle(unit)
    turn.open_next()


def _wrong(turn: Turn, unit: Unit, reading: Reading) -> None:
    """The activity exists: the control is assessed, and the SoA has to be put right."""
    fact = turn.known.unit(unit.id).soa
    turn.add(Excluded(unit.id, "wrong", reading.text))
    turn.add(Flagged(unit.id, "exclusion_contradicted"))
    if fact is None:
        return
    version = f" {fact.version}" if fact.version else ""
    stated = f"SoA{version}, {fact.row}: excluded, “{fact.reason or '(no reason)'}”"
    turn.add(Contradicted(unit.id, Contradiction(stated, reading.text, "soa", None)))
    turn.add(
        Flagged(unit.id, "soa_proposal:include"), Flagged(SOA_UNIT, f"wrong_exclusion:{unit.id}")
    )
    _against_the_soa(turn, stated, reading.text)
    turn.say(
        "So the control is assessed by what is in place, and I propose to include it in the SoA."
    )


def _against_the_soa(turn: Turn, stated: str, said: str) -> None:
    """Give 6.1.3 d a reason not to conform; its verdict is weighed again if it was settled."""
    turn.add(Contradicted(SOA_UNIT, Contradiction(stated, said, "soa", SOA_DEMAND)))
    soa_unit = unit_of(SOA_UNIT)
    if soa_unit is not None and turn.own(SOA_UNIT).proposal is not None:
        kept = list(turn.said)
        turn.settle(soa_unit)
        turn.said[:] = kept


def context_of(unit: Unit) -> Context:
    """Give the context of a test question."""
    return Context(unit, None, "exclusion")
