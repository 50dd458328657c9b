"""What the texts say to a question: the organisation's rules first, guidance beside or instead.

Which of the found texts leads, what is shown beside it, and when nothing is said to answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.control_answers import ControlAnswers
from assistant.answering.draft import Draft
from assistant.answering.phrases import name_of, not_a_rule, phrase
from assistant.answering.rules import (
    FOREIGN_ALLOWANCE,
    NEGATES,
    OWN_ANSWERS,
    PROHIBITS,
    SHOWN_BESIDE,
    Evidence,
    Evidencer,
    Found,
    is_rule,
)
from assistant.answering.sought import PARTICULAR
from assistant.answering.sought import Kind as Sort
from assistant.answering.understanding import (
    Question,
    content_words,
    reworded,
    understand,
)
from assistant.domain.answer import Answer, Kind
from knowledge.embedding import common_words
from knowledge.passages import Origin, Standing
from knowledge.text import sentences
from knowledge.view import View

FRAMING_SURPLUS = 2.0
"""Asked on top of a passage that frames its document, since scopes and purposes name everything."""
GUIDANCE_ANSWERS = 0.0
"""Strength from which guidance answers a question that is not about the organisation's facts."""
GUIDANCE_BESIDE_NOTHING = 2.0
"""The same beside "nothing says so"."""
SHOWN_APART = 1.5
"""Strength from which a text that is no rule is named beside one."""
GENERAL_BESIDE = 3.5
_MARGIN = 1.5
_MARGIN_OF_FACTS = 4.0
"""By how much guidance must be nearer than an own text that holds the kind of thing sought."""
_MOSTLY = 0.6

_ORG_FACT = re.compile(
    r"\b(how (often|long|many|much|soon|fast)|which|what|who|when|where)\b.{0,40}\b(do|did|"
    r"does|have|"
    r"are|were|can) (we|our|us)\b|\bdo we (have|use|do|keep|allow|offer|run|own|hold|store|"
    r"provide)\b|"
    r"\b(is|are|what('s| is| are)|who is|who are|when is|where is) (our|my)\b|\bour (current|"
    r"own)\b|"
    r"\b(what|who|when|where|which|how)\b.{0,30}\b(of|in|for|to) our\b|"
    r"\b(who|which \w+(?: \w+)?) \w+ (?:us|our)\b|\bhave we\b|\bdid we\b|\bhaben wir\b|\bunser\w*\b",
    re.IGNORECASE,
)
HAPPENED = re.compile(
    r"\b(did|have|has|had|was|were)\b.{0,60}\b(say|said|find|found|report(ed)?|conclude[d]?|"
    r"decide[d]?|"
    r"mention(ed)?|discuss(ed)?|agree[d]?|raise[d]?|happen(ed)?|cause|complain(ed)?|test(ed)?|"
    r"audited|fail(ed)?|promise[d]?|write|wrote|cost)\b|\blast (year|month|week|time|quarter)\b|"
    r"\byesterday\b|\bdid (we|you|they|anyone|somebody) ever\b|\bhave we ever\b|"
    r"\bin (19|20)\d\d\b.{0,20}\bwas\b",
    re.IGNORECASE,
)
"""Questions what happened: a rule about the subject is no report of it."""


class Texts:
    """Answers from texts over one view."""

    def __init__(self, view: View, evidencer: Evidencer, controls: ControlAnswers) -> None:
        """Quote from `view`; `controls` joins the SoA rows of what a rule carries out."""
        self._view = view
        self._evidencer = evidencer
        self._controls = controls

    def answer(self, question: Question) -> Answer:
        evidence = self._evidencer.gather(question)
        happened = bool(HAPPENED.search(question.text)) and self._view.as_of is None
        own = [one for one in evidence.own if self._answers(question, one, happened)]
        if question.fresh:
            told = [one for one in own if self._speaks_of_fresh(question, one)]
            own = told or self._ruled_out(question)
        named = bool(_RECORD_ID.search(question.text))
        wanted = self._evidencer.sought(question)
        guidance = [
            one
            for one in evidence.guidance
            if one.strength >= GUIDANCE_ANSWERS
            and not happened
            and not named
            and (question.standard or one.unsaid <= _MOSTLY)
            and (question.standard or not _UNIT_ASKED.search(question.text))
            and not (one.lacking and wanted.strict)
            and not wanted.kinds & PARTICULAR
        ]
        asks_own = bool(_ORG_FACT.search(question.text)) and (
            not question.standard
            or bool(
                re.search(
                    r"\bour (own )?(isms|certificat\w*|scope)\b|^\W*(who|which \w+( \w+)?) \w+ us\b",
                    question.text,
                    re.IGNORECASE,
                )
            )
        )
        if own and not self._guidance_leads(question, own[0], guidance, asks_own):
            return self._own_answer(question, own, guidance, evidence)
        personal = "permission" in question.asks and not question.standard
        # The organisation has a text on just this that is no rule on the day: say that, not theory.
        asks_own |= bool(
            evidence.other
            and not question.standard
            and evidence.other[0].hit.standing is not Standing.EXTERNAL
            and evidence.other[0].strength >= (guidance[0].strength if guidance else 0.0)
        )
        strong = guidance and guidance[0].strength >= GUIDANCE_BESIDE_NOTHING
        asks_own |= self._of_another(question)
        asks_own |= bool(wanted.attribute) and bool(_OF_A_THING.search(question.text))
        figure = "quantity" in question.asks and not question.standard
        counted = Sort.COUNT in wanted.kinds  # a number in words, as what is counted shows
        asks_own |= (
            figure
            and not counted
            and bool(guidance)
            and not re.search(r"\d", _IDS.sub("", guidance[0].quote))
        )
        if guidance and not asks_own and (strong or not personal):
            return self._guidance_answer(question, guidance, own, evidence)
        return self._nothing(question, evidence, guidance)

    def _answers(self, question: Question, found: Found, happened: bool) -> bool:
        """Tell whether a text of the organisation answers, and has the kind of answer asked for."""
        needed = OWN_ANSWERS
        if happened and found.hit.document.origin is not Origin.REGISTER:
            # What happened stands in records; a rule about the subject is no report of it.
            if not re.search(r"\b(19|20)\d\d\b", found.quote):
                return False
            needed += 2.0
        if self._of_another(question) or not self._named_things(question, found):
            return False
        if question.language != "en":
            needed -= FOREIGN_ALLOWANCE
        if found.framing:
            needed += FRAMING_SURPLUS
        if found.strength < needed or not found.quote:
            return False
        if found.lacking and self._evidencer.sought(question).strict:
            return False
        unit = _UNIT_ASKED.search(question.text)
        return not (
            unit
            and "quantity" in question.asks
            and unit[1].casefold() not in found.quote.casefold()
        )

    def _ruled_out(self, question: Question) -> list[Found]:
        """Find what says that the rule asked about does not reach the thing that a follow-up puts in.

        "How long are backups kept?" – "and laptops?" – "Laptops are not backed up"."""
        plain = reworded(
            question, " ".join((*question.fresh, *content_words(" ".join(question.followed))))
        )
        hits = self._view.search(
            plain.text,
            6,
            origins=frozenset({Origin.DOCUMENT, Origin.REGISTER}),
            standings=frozenset({Standing.IN_FORCE}),
        )
        return [
            one
            for one in self._evidencer.judge(plain, hits)
            if one.strength >= OWN_ANSWERS
            and NEGATES.search(one.quote)
            and self._evidencer.speaks(question.fresh, question, one.quote, plainly=True)
        ]

    def _speaks_of_fresh(self, question: Question, found: Found) -> bool:
        place = " ".join((found.hit.document.facts.title, *found.passage.locator.heading_path[-1:]))
        return self._evidencer.speaks(question.fresh, question, f"{place} {found.quote}")

    def _of_another(self, question: Question) -> bool:
        """Tell whether the question is about somebody whom no document of the library names."""
        match = _SUBJECT.search(question.text) or _PLACE_NAMED.search(question.text)
        if match is None:
            return False
        if match.re is _PLACE_NAMED and match[1].casefold() in common_words():
            return False
        return any(
            not concept.spoken and len(match[1]) > 3 for concept in self._view.concepts(match[1])
        )

    def _named_things(self, question: Question, found: Found) -> bool:
        """Ask that a record id in the question stands in the text, where no record has that id."""
        ids = [
            match.group()
            for match in _RECORD_ID.finditer(question.text)
            if not self._view.named(match.group())
        ]
        return all(one.casefold() in found.passage.text.casefold() for one in ids)

    def _guidance_leads(
        self, question: Question, own: Found, guidance: Sequence[Found], asks_own: bool
    ) -> bool:
        if not guidance or asks_own:
            return False
        if question.standard:
            return guidance[0].strength >= own.strength - 2.0
        if "permission" in question.asks and own.strength >= SHOWN_BESIDE:
            return False
        holding = (
            bool(self._evidencer.sought(question).kinds)
            and not own.lacking
            and own.unsaid <= _MOSTLY
        )
        margin = _MARGIN_OF_FACTS if holding else _MARGIN
        return guidance[0].strength > own.strength + margin

    def _own_answer(
        self,
        question: Question,
        own: Sequence[Found],
        guidance: Sequence[Found],
        evidence: Evidence,
    ) -> Answer:
        conflict = self._conflict(question, own) if len(own) > 1 else None
        draft = Draft(self._view, question.language)
        if conflict is not None:
            self._say_conflict(draft, question, *conflict)
            self._controls.say_soa(draft, question, conflict[0])
            self._say_not_in_force(draft, question, evidence)
            return draft.finish(Kind.CONFLICT)
        lead = own[0]
        if question.language == "de" and lead.hit.document.facts.language == "en":
            restricts = "permission" in question.asks and PROHIBITS.search(lead.quote)
            draft.say(f"**{phrase('restricts' if restricts else 'original', 'de')}**")
            draft.say()
        draft.quote(lead.passage, lead.quote, lead=True)
        self._controls.say_soa(draft, question, lead)
        others = self._others(question, lead, own[1:])
        if others:
            draft.say(phrase("also", question.language))
            draft.say()
            for one in others:
                draft.quote(one.passage, one.quote)
        self._say_not_in_force(draft, question, evidence)
        if (
            guidance
            and guidance[0].strength >= GENERAL_BESIDE
            and "permission" not in question.asks
        ):
            first = sentences(guidance[0].passage.text.split("\n")[0])[0]
            draft.say(
                f"{phrase('in_general', question.language)} {first} "
                f"[{draft.cite(guidance[0].passage, first)}]"
            )
        return draft.finish()

    def _others(self, question: Question, lead: Found, rest: Sequence[Found]) -> list[Found]:
        """Choose what else applies: near in strength, and other words than the lead's."""
        floor = max(SHOWN_BESIDE, lead.strength - 3.0)
        chosen = []
        for one in rest:
            if one.strength < floor or one.quote == lead.quote:
                continue
            if one.passage.id == lead.passage.id:
                continue
            if not is_rule(one.quote) and "why" not in question.asks and one.strength < 2.5:
                continue
            chosen.append(one)
        supporting = self._supporting(question, lead, {one.passage.id for one in (lead, *chosen)})
        return [*supporting, *chosen[:2]][:3]

    def _supporting(self, question: Question, lead: Found, there: set[str]) -> list[Found]:
        """Follow a term that the lead leaves to another document: what a class covers, say.

        A rule about "Restricted" information answers nobody who does not know what is Restricted."""
        classes = [name for name in self._evidencer.class_names if name in lead.quote]
        if not classes:
            return []
        subject = " ".join(word for word in question.content if word not in _EVERYDAY_VERBS)
        asked = understand(f"Which class is {subject}? {' or '.join(classes)}?")
        hits = self._view.search(
            asked.text,
            4,
            origins=frozenset({Origin.DOCUMENT}),
            standings=frozenset({Standing.IN_FORCE}),
        )
        return [
            one
            for one in self._evidencer.judge(asked, hits)
            if one.passage.id not in there
            and one.passage.document != lead.passage.document
            and any(word in one.quote for word in classes)
            and _share(question, one.quote) > 0
            and one.strength >= OWN_ANSWERS
        ][:1]

    def _conflict(self, question: Question, own: Sequence[Found]) -> tuple[Found, Found] | None:
        """Find two texts in force that answer and give different figures for the same subject."""
        from knowledge.disagreement import disagree  # noqa: PLC0415  its patterns take 0.1 s

        lead = own[0]
        for other in own[1:4]:
            if other.strength < max(SHOWN_BESIDE, lead.strength - 3.0):
                continue
            if other.passage.document == lead.passage.document:
                continue
            for one in sentences(lead.quote):
                for two in sentences(other.quote):
                    if disagree(one, two) is not None:
                        return lead, other
        return None

    def _say_conflict(self, draft: Draft, question: Question, one: Found, other: Found) -> None:
        draft.say(f"**{phrase('conflict', question.language)}**")
        draft.say()
        for found in (one, other):
            draft.quote(found.passage, found.quote)
        owners = [
            f"{name_of(found.hit.document)}: "
            + (found.hit.document.facts.owner or phrase("no_owner", question.language))
            for found in (one, other)
        ]
        draft.say(phrase("conflict_current", question.language, owners="; ".join(owners)))
        dated = sorted(
            (found.hit.document for found in (one, other) if found.hit.document.facts.approved),
            key=lambda document: str(document.facts.approved),
        )
        if len(dated) == 2 and dated[0].facts.approved != dated[1].facts.approved:
            newest = dated[1]
            draft.say(
                phrase(
                    "conflict_newer",
                    question.language,
                    newer=name_of(newest),
                    date=newest.facts.approved,
                )
            )
        draft.say()

    def _say_not_in_force(self, draft: Draft, question: Question, evidence: Evidence) -> None:
        """Name drafts and retired or outside texts that speak to the question, as such."""
        told: set[str] = set()
        for one in evidence.other[:2]:
            document = one.hit.document
            if one.strength < SHOWN_APART or one.framing or document.id in told:
                continue
            if one.hit.standing is Standing.EXTERNAL and not question.standard:
                continue
            told.add(document.id)
            self._say_apart(draft, question, one)

    def _say_apart(self, draft: Draft, question: Question, found: Found) -> None:
        document = found.hit.document
        standing = found.hit.standing
        draft.say(not_a_rule(self._view, document, question.language))
        if standing in (Standing.DRAFT, Standing.EXTERNAL) and found.quote:
            draft.quote(found.passage, found.quote)
        else:  # an old figure beside the rule would only be mistaken for one
            words = found.quote or found.passage.text
            draft.say(phrase("kept", question.language, number=draft.cite(found.passage, words)))
            draft.say()

    def _guidance_answer(
        self,
        question: Question,
        guidance: Sequence[Found],
        own: Sequence[Found],
        evidence: Evidence,
    ) -> Answer:
        draft = Draft(self._view, question.language)
        lead = guidance[0]
        self._say_guidance(draft, question, lead)
        second = next(
            (
                one
                for one in guidance[1:3]
                if one.quote
                and one.strength >= lead.strength - 0.8
                and one.passage.document != lead.passage.document
                and one.hit.document.source[9:10] in "FGS"
            ),
            None,
        )
        if second is not None:
            draft.say(
                f"- {second.quote.replace(chr(10), ' ')} [{draft.cite(second.passage, second.quote)}]"
            )
            draft.say()
        beside = [one for one in own if one.strength >= SHOWN_BESIDE and is_rule(one.quote)]
        if beside:
            draft.say(f"**{phrase('in_organisation', question.language)}**")
            draft.say()
            for one in beside[:2]:
                draft.quote(one.passage, one.quote)
        for one in evidence.other[:2]:
            if one.strength >= SHOWN_BESIDE:
                self._say_apart(draft, question, one)
        return draft.finish()

    def _say_guidance(self, draft: Draft, question: Question, lead: Found) -> None:
        """Say a guidance passage: the direct answer first, then its other facts."""
        draft.say(f"*{phrase('guidance', question.language)}*")
        draft.say()
        lines = [line for line in lead.passage.text.split("\n") if line.strip()]
        number = draft.cite(lead.passage, lead.passage.text)
        draft.say(f"**{lines[0]}** [{number}]")
        draft.say()
        for line in lines[1:]:
            draft.say(f"- {line}")
        draft.say()

    def _nothing(self, question: Question, evidence: Evidence, guidance: Sequence[Found]) -> Answer:
        """Say honestly that nothing says so; name a draft or an outside text as such."""
        draft = Draft(self._view, question.language)
        draft.say(f"**{phrase('not_found', question.language)}**")
        draft.say()
        told: set[str] = set()
        for one in evidence.other:
            floor = OWN_ANSWERS if one.openness < 1.0 else SHOWN_BESIDE
            if one.strength >= floor and one.hit.document.id not in told:
                told.add(one.hit.document.id)
                self._say_apart(draft, question, one)
        if guidance and guidance[0].strength >= GUIDANCE_BESIDE_NOTHING:
            first = sentences(guidance[0].passage.text.split("\n")[0])[0]
            draft.say(
                f"{phrase('in_general', question.language)} {first} "
                f"[{draft.cite(guidance[0].passage, first)}]"
            )
            draft.say()
        draft.say(phrase("ask_person", question.language))
        return draft.finish(Kind.NOT_FOUND)


_SUBJECT = re.compile(
    r"\b(?:does|has|did|is|was)\s+(?!the\b|our\b|my\b|your\b|this\b|that\b|there\b|it\b|a\b|"
    r"an\b|any)"
    r"([A-Za-z]{4,})\b(?=.*\b(?:its|their|his|her|keep|use|have|do|offer|store|require|allow|"
    r"say)\b)",
    re.IGNORECASE,
)
_OF_A_THING = re.compile(r"\bthe [\w-]+(?: [\w-]+)? (?:of|for) (?:the|our)\b", re.IGNORECASE)
_PLACE_NAMED = re.compile(
    r"\b(?:(?:at|by|bei)(?= \w+\W*$)|according to|laut) ([A-Za-z]{5,})\b", re.IGNORECASE
)
_RECORD_ID = re.compile(r"\b(?!ISO|IEC|AES|TLS|SHA|RSA|PCI|CSF|SOC|MD|TS)[A-Z]{1,6}-\d[\d-]*\b")
_IDS = re.compile(r"\bA?\.?\d+\.\d+(?:\.\d+)?\b|\b(19|20)\d\d\b|\b27\d{3}\b")
_UNIT_ASKED = re.compile(
    r"\bin (hour|day|minute|month|year|week|character|percent|euro)s?\b", re.IGNORECASE
)
_EVERYDAY_VERBS = frozenset(
    "put paste upload send use take keep share copy give enter store move open read write".split()
)


def _share(question: Question, text: str) -> float:
    """Give the share of the question's own words that stand in `text`."""
    words = [word for word in question.content if word not in _EVERYDAY_VERBS]
    held = text.casefold()
    return sum(word in held for word in words) / max(len(words), 1)
