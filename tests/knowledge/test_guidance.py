"""The built-in guidance: complete, dated, honest, and free of the errors that circulate."""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import date
from importlib import resources

import pytest
from pydantic import ValidationError

from knowledge.controls import register
from knowledge.guidance import loader
from knowledge.guidance.loader import Fact, Topic, guidance_documents, topics
from knowledge.passages import Origin, Status
from knowledge.text import fold, is_verbatim, sentences

TOPICS = topics()
TEXTS = {one.id: "\n".join(each.text for each in one.facts) for one in TOPICS}
PASSAGES = [passage for _, passages in guidance_documents() for passage in passages]

# What is wrong with statements that circulate about the standard, and what is right: number,
# patterns that no text may hold, patterns that the correcting topics must hold.
CORRECTIONS = [
    ("S1", [r"security practices meet the standard"], [r"scope", r"sample", r"at the time"]),
    ("S2", [r"demands? an accredited"], [r"CertSearch", r"does not demand accreditation"]),
    ("S3", [r"ISMS (is|consists of) (a set of )?policies,? procedures"], [r"management review"]),
    ("S4", [r"is mandatory for (all|every)"], [r"^No\b", r"local law"]),
    (
        "S5",
        [r"until (30 )?April 2024 to transition", r"(can|may) still transition"],
        [r"31 October 2025", r"30 April 2024", r"Both dates are past"],
    ),
    ("S6", [r"requires? a new certificate"], [r"Amendment 1:2024", r"climate", r"4\.1"]),
    ("S7", [r"management review can wait"], [r"management review", r"before Stage 2"]),
    ("S8", [r"takes (exactly )?\d+ months"], [r"no fixed time", r"not as a rule"]),
    ("S9", [r"Stage 1 (looks at|reviews) the control objectives"], [r"objectives were dropped"]),
    ("S10", [r"annually (during|throughout)"], [r"first and second year", r"calendar year"]),
    ("S11", [r"recertification (always )?repeats"], [r"significant changes", r"whole cycle"]),
    (
        "S12",
        [
            r"only accredited",
            r"national or international body",
            r"must be conducted by an accredit",
        ],
        [r"internal audits", r"1 January 2026", r"No international body"],
    ),
    ("S13", [r"four domains", r"serves as (implementation )?guidance"], [r"themes", r"27002"]),
    ("S14", [r"SoA only"], [r"implemented or not"]),
    (
        "S15",
        [r"must consider threats", r"threats and vulnerabilities are (required|demanded)"],
        [r"does not prescribe", r"risk owner", r"residual"],
    ),
    (
        "S16",
        [r"evidence of competence and training"],
        [r"objectives \(6\.2\)", r"\(8\.2\)", r"\(8\.3\)", r"9\.3\.3", r"audit programme"],
    ),
    ("S17", [r"scope must be justified"], [r"interfaces and dependencies"]),
    ("S18", [r"compares .{0,30}with the controls only"], [r"clauses 4 to 10", r"not required"]),
    ("S19", [r"audit checks the controls only"], [r"own requirements", r"effectively"]),
    (
        "S20",
        [r"organi[sz]ations must (conduct|carry out) (annual )?surveillance"],
        [r"certification body conducts"],
    ),
    ("S21", [r"[$€£]\s?\d", r"\d[\d,.]*\s?(USD|EUR|GBP|dollars|euros)"], [r"quotes"]),
    ("S22", [r"certification body (can|may) (plan|help implement)"], [r"impartial"]),
    (
        "S23",
        [r"27001 is prescriptive", r"SOC 2 certificate (is )?issued"],
        [r"does not prescribe controls", r"attestation", r"Type 1", r"points of focus 2022"],
    ),
    ("S24", [r"has five functions"], [r"26 February 2024", r"Govern", r"106 subcategories"]),
    ("S25", [r"PCI DSS is a (law|regulation)"], [r"4\.0\.1", r"31 December 2024", r"by contract"]),
    ("S26", [r"is control-based"], [r"risk-based management system"]),
    (
        "S27",
        [r"usually 30 to 90 days", r"won't be penali[sz]ed"],
        [r"no number of days", r"6 months after the last day of Stage 2"],
    ),
    ("S28", [r"(breach|gap) (of|in) a mandatory"], [r"ability of the", r"mandatory as such"]),
    ("S29", [r"minors? .{0,20}(only )?(need|require)s? mitigation"], [r"plan must be accepted"]),
    ("S30", [r"in both cases submit evidence"], [r"extent", r"effectiveness"]),
    ("S31", [r"[Cc]lause 8 requires supplier"], [r"6\.1\.2", r"A\.5\.19 to A\.5\.23", r"8\.1"]),
    ("S32", [r"clauses did not change"], [r"114 to 93", r"6\.3", r"9\.3\.2 c", r"4\.2 c"]),
    ("S33", [r"cannot be implemented alone"], [r"27701:2025", r"without ISO 27001"]),
    (
        "S34",
        [r"helps? inherit", r"inherited from the provider"],
        [r"shared responsib", r"A\.5\.23"],
    ),
    ("S35", [], [r"planned way", r"significant changes"]),
]

NEW_IN_2022 = ("5.7", "5.23", "5.30", "7.4", "8.9", "8.10", "8.11", "8.12", "8.16", "8.23", "8.28")

VENDORS = (
    r"trustnet|aws|amazon|azure|microsoft|google|gcp|vanta|drata|secureframe|onetrust|okta|slack|"
    r"chatgpt|openai|copilot|jira|servicenow|splunk|crowdstrike"
)


def test_all_48_questions_of_the_faq_are_topics() -> None:
    assert {one.id for one in TOPICS if one.id[0] == "F"} == {f"F{n:02}" for n in range(1, 49)}


def test_more_than_seventy_topics_stand_besides_the_faq() -> None:
    assert sum(one.id[0] != "F" for one in TOPICS) >= 70


def test_ids_of_topics_and_facts_are_unique_and_belong_together() -> None:
    fact_ids = [each.id for one in TOPICS for each in one.facts]
    assert len({one.id for one in TOPICS}) == len(TOPICS)
    assert len(set(fact_ids)) == len(fact_ids)
    assert all(each.id.startswith(f"{one.id}.") for one in TOPICS for each in one.facts)


def test_nobody_asks_two_topics_the_same() -> None:
    asked = Counter(fold(a).casefold() for one in TOPICS for a in (one.question, *one.asked_as))
    assert [text for text, count in asked.items() if count > 1] == []


def test_every_topic_is_also_asked_in_german() -> None:
    """English ways are written in small letters, German ones as a sentence."""
    few = [one.id for one in TOPICS if sum(a[0].isupper() for a in one.asked_as) < 2]
    assert few == []


def test_named_units_and_topics_exist() -> None:
    known = register()
    ids = {one.id for one in TOPICS}
    for one in TOPICS:
        assert all(known.clause(clause) for clause in one.clauses), one.id
        assert all(c == getattr(known.control(c), "id", None) for c in one.controls), one.id
        assert set(one.see_also) <= ids - {one.id}, one.id


def test_control_ids_in_the_texts_exist() -> None:
    known = register()
    for topic_id, text in TEXTS.items():
        for control_id in re.findall(r"\bA\.[5-8]\.\d{1,2}\b(?!\.\d)", text):
            assert known.control(control_id), (topic_id, control_id)


def test_a_title_after_a_control_id_is_its_own() -> None:
    known = register()
    for topic_id, text in TEXTS.items():
        for match in re.finditer(r"\b(A\.[5-8]\.\d{1,2}) (?=[A-Z][a-z])", text):
            control = known.control(match.group(1))
            assert control is not None
            assert text.startswith(control.title, match.end()), (topic_id, match.group(1))


def test_a_fact_is_a_short_text_of_whole_sentences() -> None:
    for one in TOPICS:
        for each in one.facts:
            assert re.fullmatch(r"[A-Z0-9\"“].*\.", each.text), each.id
            assert "\n" not in each.text, each.id
            assert len(sentences(each.text)) <= 3, each.id
            assert len(each.text.split()) <= 75, each.id


def test_the_lead_is_vital_and_does_not_lean_on_other_facts() -> None:
    leaning = re.compile(r"(It|This|That|These|They|Both|Such|He|She)\b(?! depends)")
    for one in TOPICS:
        assert one.lead.vital, one.id
        assert not leaning.match(one.lead.text), one.id
        assert len(sentences(one.lead.text)) == 1, one.id


def test_a_yes_or_no_question_is_answered_with_yes_or_no_first() -> None:
    closed = re.compile(r"(Is|Are|Can|May|Do|Does|Must|Should)\b")
    answer = re.compile(r"(Yes|No|Partly|Only|It depends)\b")
    unclear = [
        one.id
        for one in TOPICS
        if closed.match(one.question)
        and " or required" not in one.question
        and not answer.match(one.lead.text)
    ]
    assert unclear == []


def test_every_fact_is_sourced_and_was_true_when_it_was_reviewed() -> None:
    for one in TOPICS:
        for each in one.facts:
            assert each.source.strip(), each.id
            assert each.holds_on(each.reviewed_on) or each.valid_to is not None, each.id


def test_what_was_not_checked_says_so() -> None:
    honest = re.compile(
        r"not verified|differs|common|often|experience|practice|can also|many organi|as a rule|"
        r"some bodies|may have|\bask the certification body\b|clause numbers",
        re.IGNORECASE,
    )
    silent = [
        each.id
        for one in TOPICS
        for each in one.facts
        if each.certainty == "C" and not honest.search(each.text)
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("number", "wrong", "right"), CORRECTIONS, ids=[number for number, _, _ in CORRECTIONS]
)
def test_a_known_error_is_corrected(number: str, wrong: list[str], right: list[str]) -> None:
    correcting = "\n".join(TEXTS[one.id] for one in TOPICS if number in one.corrects)
    for pattern in wrong:
        for passage in PASSAGES:
            assert not re.search(pattern, passage.text), (passage.locator.source, pattern)
    for pattern in right:
        assert re.search(pattern, correcting, re.MULTILINE), pattern


def test_all_corrections_are_placed() -> None:
    placed = {number for one in TOPICS for number in one.corrects}
    assert placed == {f"S{n}" for n in range(1, 36)} == {number for number, _, _ in CORRECTIONS}


def test_no_text_holds_what_its_topic_says_is_wrong() -> None:
    for one in TOPICS:
        for wrong in one.not_said:
            assert not is_verbatim(wrong.casefold(), TEXTS[one.id].casefold()), (one.id, wrong)


def test_the_numbers_of_annex_a_are_right_wherever_they_stand() -> None:
    assert re.search(r"93 controls.*37.*8.*14.*34", TEXTS["F17"])
    wrong = re.compile(r"\b(9[0-24-9]|11[0-35-9]) (reference )?controls|\b(10|12|twelve) new")
    assert [p.locator.source for p in PASSAGES if wrong.search(p.text)] == []


def test_the_eleven_new_controls_are_listed_with_id_and_title() -> None:
    known = register()
    for number in NEW_IN_2022:
        control = known.control(number)
        assert control is not None
        assert control.new_in_2022
        assert f"A.{number} {control.title}" in TEXTS["F41"]
    assert sum(control.new_in_2022 for control in known.controls) == len(NEW_IN_2022)


def test_no_vendor_or_price_is_named_as_a_fact() -> None:
    named = re.compile(rf"\b({VENDORS})\b|[$€£]\s?\d", re.IGNORECASE)
    assert [p.locator.source for p in PASSAGES if named.search(p.text)] == []


def test_a_crosswalk_speaks_of_overlap_only() -> None:
    crosswalks = [
        p
        for p in PASSAGES
        if "overlaps with" in p.text and p.locator.source.startswith("guidance:A.")
    ]
    assert len(crosswalks) == 93
    for passage in crosswalks:
        assert not re.search(r"satisf|fulfil|equivalent|complies|compliant", passage.text)
        assert "not equality" in passage.text
        assert "confidence" in passage.text


def test_every_control_clause_and_topic_is_a_document_in_force() -> None:
    documents = {document.source: document for document, _ in guidance_documents()}
    known = register()
    wanted = [one.id for one in (*TOPICS, *known.controls, *known.clauses)]
    assert len(known.controls) == 93
    assert len(known.clauses) == 30
    assert list(documents) == [f"guidance:{unit}" for unit in wanted]
    for document in documents.values():
        assert document.origin is Origin.GUIDANCE
        assert document.facts.status is Status.APPROVED
        assert document.facts.title.startswith("Annexa guidance: ")
        assert document.facts.effective is not None


def test_ids_of_documents_and_passages_are_unique_and_do_not_change() -> None:
    before = guidance_documents()
    guidance_documents.cache_clear()
    assert guidance_documents() == before
    ids = [p.id for p in PASSAGES] + [document.id for document, _ in before]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{20}", one) for one in ids)


def test_the_first_passage_of_a_topic_opens_with_its_lead() -> None:
    passages = {p.locator.source: p for p in reversed(PASSAGES)}
    for one in TOPICS:
        first = passages[f"guidance:{one.id}"]
        assert first.text.startswith(one.lead.text)
        assert first.locator.section == one.heading
        assert first.search_text.startswith(one.heading)
        assert all(asked in first.search_text for asked in one.asked_as)


def test_spans_cut_a_passage_into_its_facts() -> None:
    by_text = {fold(each.text) for one in TOPICS for each in one.facts}
    for passage in PASSAGES:
        pieces = [passage.text[span.start : span.end] for span in passage.spans]
        assert "\n".join(pieces) == passage.text
        if passage.locator.source.startswith(("guidance:F", "guidance:G", "guidance:S")):
            assert {fold(piece) for piece in pieces} <= by_text


def test_a_unit_opens_with_its_name_and_a_line_that_can_be_quoted() -> None:
    for unit in (*register().controls, *register().clauses):
        first = next(p for p in PASSAGES if p.locator.source == f"guidance:{unit.id}")
        line = first.text.split("\n")[0]
        assert f"{unit.id} {unit.title}: " in line
        assert len(line.split()) <= 75
        assert first.locator.section == f"{unit.id} {unit.title}"


def test_a_long_topic_is_split_between_facts() -> None:
    long = _topic(words=90, facts=4)
    document, passages = loader._topic_document(long)
    assert [len(p.text.split()) for p in passages] == [180, 180]
    assert [p.ordinal for p in passages] == [0, 1]
    assert {p.document for p in passages} == {document.id}


def test_a_fact_that_has_ended_is_no_longer_quoted() -> None:
    one = _topic(words=5, facts=2)
    ended = one.facts[1].model_copy(update={"valid_to": "2024-12", "text": "It was so."})
    _, passages = loader._topic_document(one.model_copy(update={"facts": (one.lead, ended)}))
    assert "It was so." not in passages[0].text


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2024, 1, 31), False),
        (date(2024, 2, 1), True),
        (date(2025, 10, 31), True),
        (date(2025, 11, 1), False),
    ],
)
def test_months_and_days_bound_the_time_in_which_a_fact_holds(day: date, holds: bool) -> None:
    one = _fact("F01.1", "It holds.")
    assert (
        one.model_copy(update={"valid_from": "2024-02", "valid_to": "2025-10"}).holds_on(day)
        is holds
    )


def test_a_quote_leads_back_to_its_fact() -> None:
    lead = TOPICS[0].lead
    assert loader.fact(lead.text) is lead
    assert loader.fact(lead.text[10:60].strip()) is lead
    assert loader.fact("nothing of the kind stands here") is None
    assert loader.topic("F08") is not None
    assert loader.topic("F99") is None


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Fact.model_validate({**_fact("F01.1", "It holds.").model_dump(), "colour": "red"})


def test_a_broken_file_is_named_with_its_topic(tmp_path: object) -> None:
    file = resources.files("knowledge.guidance").joinpath("standards.yaml")
    broken = file.read_text(encoding="utf-8").replace("certainty: A", "certainty: Z", 1)
    with pytest.raises(loader.GuidanceError, match=r"(?s)bad\.yaml, topic S-.*certainty"):
        list(loader._read_topics(_Named("bad.yaml", broken)))  # type: ignore[arg-type]


def test_loading_takes_no_noticeable_time() -> None:
    topics.cache_clear()
    started = time.process_time()
    topics()
    assert time.process_time() - started < 0.5


class _Named:
    """A file that is only a name and a text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text

    def read_text(self, encoding: str) -> str:
        return self._text


def _fact(fact_id: str, text: str) -> Fact:
    return Fact(
        id=fact_id,
        text=text,
        source="a source",
        certainty="A",
        valid_from="2022-10",
        reviewed_on=date(2026, 11, 23),
        vital=True,
    )


def _topic(words: int, facts: int) -> Topic:
    return Topic(
        id="G999",
        group="test",
        question="How long?",
        kind="list",
        asked_as=tuple(f"way {n}" for n in range(8)),
        facts=tuple(
            _fact(f"G999.{n}", " ".join([f"Fact{n}", *["word"] * (words - 2), "end."]))
            for n in range(1, facts + 1)
        ),
    )
