""" "Not applicable": only for controls, only by the Statement of Applicability, only after a test."""

from __future__ import annotations

import re

from assistant.domain.interview import InterviewState
from assistant.interviewing import asking
from assistant.interviewing.asking import Question
from assistant.interviewing.known import Known, SoaFact
from knowledge.demands import Unit

_TRIVIAL = re.compile(
    r"^\W*(?:n/?a|none|no|-|not (?:applicable|relevant|needed|required|necessary|"
    r"used|in (?:use|scope))|"
    r"does not apply|excluded|out of scope|irrelevant|entfällt|nicht (?:anwendbar|"
    r"relevant|erforderlich|"
    r"zutreffend|nötig)|tbd|\?+|no (?:budget|time|resources)|not yet|too small|later|planned)\W*$",
    re.IGNORECASE,
)
_NONE_OF_OURS = re.compile(
    r"\b(?:fully|entirely|completely|all|everyone|everybody|everything|only|purely) "
    r"(?:\w+ )?(?:remote|from home|"
    r"hosted|in the cloud|saas|outsourced)\b|\bno (?:office|premises|rooms?|code|"
    r"developers?|equipment|servers?)\b|"
    r"\b(?:works?|working) from home\b|\bnothing of (?:our|the) own\b|\bkeine? "
    r"(?:büro|räume|eigene\w*)\b",
    re.IGNORECASE,
)


def is_trivial(reason: str) -> bool:
    """Tell whether a reason for an exclusion says nothing: empty, "N/A", "not relevant"."""
    return not reason.strip() or bool(_TRIVIAL.match(reason.strip()))


def to_test(unit: Unit, state: InterviewState, known: Known) -> Question | None:
    """Give the question that tests an exclusion which the SoA states, before anything else is asked."""
    fact = known.unit(unit.id).soa
    if unit.is_clause or fact is None or fact.applicable != "no":
        return None
    return Question(test_question(unit, state), None, "exclusion", _stated(unit, fact))


def _stated(unit: Unit, fact: SoaFact) -> str:
    reason = f"with the reason “{fact.reason}”" if fact.reason.strip() else "without a reason"
    version = f" {fact.version}" if fact.version else ""
    return (
        f"The SoA{version} ({fact.row}) excludes {unit.title[0].lower()}{unit.title[1:]} {reason}."
    )


def test_question(unit: Unit, state: InterviewState) -> str:
    """Give a question of fact whose "no" would confirm an exclusion."""
    general = (
        "Is anything of this kind done, used or kept in scope, by you or for you: "
        f"{unit.title.lower()}?"
    )
    return asking.fresh(
        state,
        *filter(
            None,
            [
                unit.exclusion_test,
                general,
                f"What in your scope could fall under {unit.title.lower()}?",
            ],
        ),
    )


def confirms(text: str, answer: str | None) -> bool:
    """Tell whether an answer to a test question says that there is nothing of the kind."""
    return answer == "no" or bool(_NONE_OF_OURS.search(text))


def quoted(fact: SoaFact | None, answer: str) -> str:
    """Give the reason of an exclusion that held, with the row and the answer."""
    if fact is None:
        return (
            f"No SoA yet; the respondent says: “{answer.strip()}” Provisional, to be "
            "decided in the SoA."
        )
    version = f" {fact.version}" if fact.version else ""
    return (
        f"SoA{version}, {fact.row}: “{fact.reason}”; confirmed in the interview: “{answer.strip()}”"
    )
