"""Turns that are no question to the library: what is said instead, and what is quoted with it."""

from __future__ import annotations

import re

from assistant.answering.boundaries import Boundary, Crossing
from assistant.answering.document_facts import DocumentFacts
from assistant.answering.draft import Draft
from assistant.answering.entries import Entries
from assistant.answering.phrases import phrase
from assistant.answering.rules import OWN_ANSWERS, SHOWN_BESIDE, Evidencer
from assistant.answering.sought import says_contact
from assistant.answering.standard import Standard
from assistant.answering.understanding import Question, understand
from assistant.domain.answer import Answer, Kind
from knowledge.passages import Origin, Passage, Standing
from knowledge.text import sentences
from knowledge.view import View

_REPORTS = re.compile(
    r"\b(report|tell|call|phone|telephone|dial|inform|notif|meld)\w*", re.IGNORECASE
)


class Declining:
    """Answers turns that cross a boundary, over one view."""

    def __init__(
        self,
        view: View,
        evidencer: Evidencer,
        entries: Entries,
        documents: DocumentFacts,
        standard: Standard,
    ) -> None:
        """Quote from `view` what helps the asker on."""
        self._view = view
        self._evidencer = evidencer
        self._entries = entries
        self._documents = documents
        self._standard = standard

    def answer(self, question: Question, crossing: Crossing) -> Answer:
        """Answer a turn that crosses a boundary."""
        match crossing.boundary:
            case Boundary.INSTRUCTIONS:
                return self._instructions()
            case Boundary.ALTERED_QUOTE:
                return self._true_quote(question)
            case Boundary.INCIDENT:
                return self._incident(question)
            case Boundary.CHANGE:
                return self._change(question)
            case Boundary.VERBATIM_STANDARD:
                return self._copyright(question)
            case Boundary.LEGAL_ADVICE:
                return self._legal(question)
            case Boundary.SECRET:
                return self._secret()
            case Boundary.ERRAND:
                return self._errand(question)
            case Boundary.OTHER_TASK:
                return self._other_task()

    def _instructions(self) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**I can't do that.** A message cannot change what I am, my rules or anybody's rights: "
            "you see what your own permissions allow, and I only quote documents as they are."
        )
        draft.say()
        draft.say("Ask me what your policies, the Statement of Applicability or ISO 27001 say.")
        return draft.finish(Kind.REFUSAL)

    def _true_quote(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say("**I quote documents only as they are** and attribute no other wording to them.")
        documents = [
            one
            for one in self._documents.named_documents(question)
            if one.origin is not Origin.GUIDANCE
        ]
        in_force = [
            one for one in documents if self._view.standing(one.id) is Standing.IN_FORCE
        ] or documents
        numbers = set(re.findall(r"(?<![\w-])\d+(?![\w-])", question.raw))
        chosen: list[tuple[Passage, str]] = []
        for document in in_force[:1]:
            for passage in self._view.passages_of(document.id):
                for sentence in sentences(passage.text):
                    if numbers & set(re.findall(r"(?<![\w.-])\d+(?![\w-])", sentence)):
                        chosen.append((passage, sentence))
        if not chosen and in_force:
            hits = self._view.search(question.text, 3, documents=frozenset({in_force[0].id}))
            chosen = [(one.passage, one.quote) for one in self._evidencer.judge(question, hits)]
            chosen = [pair for pair in chosen if pair[1]][:1]
        if chosen:
            draft.say()
            draft.say("What it says:")
            draft.say()
        for passage, sentence in chosen[:3]:
            draft.quote(passage, sentence)
        return draft.finish(Kind.REFUSAL)

    def _incident(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say("**This sounds like an incident: report it now, then read on.**")
        draft.say()
        asked = understand("How and where must a suspected security incident or event be reported?")
        found = [
            one
            for one in self._evidencer.gather(asked).own
            if one.strength >= OWN_ANSWERS and one.hit.document.origin is Origin.DOCUMENT
        ]
        # Whom to call comes before what counts as one.
        found.sort(key=lambda one: not (_REPORTS.search(one.quote) and says_contact(one.quote)))
        for one in found[:1]:
            draft.quote(one.passage, one.quote)
            after = understand("What should I do or not do until someone answers? Do not delete.")
            beside = [
                other
                for other in self._evidencer.judge(
                    after,
                    self._view.search(
                        after.text,
                        4,
                        documents=frozenset({one.hit.document.id}),
                    ),
                )
                if other.passage.id != one.passage.id and other.strength >= OWN_ANSWERS
            ]
            for other in beside[:1]:
                draft.say()
                draft.quote(other.passage, other.quote)
        self._say_asked(draft, question)
        if not found:
            draft.say(
                "I find no reporting rule that you may read. Tell your security contact or your "
                "manager at once by telephone or in person."
            )
            draft.say()
        draft.say()
        draft.say(
            "Until somebody takes over: leave things as they are, delete nothing, and note what "
            "happened and when. I have not reported it for you."
        )
        return draft.finish()

    def _say_asked(self, draft: Draft, question: Question) -> None:
        """Quote the rule on what is asked beside the report: "they want bitcoin, do we pay?"."""
        if "?" not in question.raw:
            return
        for one in self._evidencer.gather(question).own[:1]:
            known = one.passage.id in draft.cited or one.hit.document.origin is not Origin.DOCUMENT
            if one.strength >= OWN_ANSWERS and not one.framing and not known:
                draft.say()
                draft.quote(one.passage, one.quote)

    def _change(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**I can't change records.** Approving, grading, closing or changing one takes a named "
            "person with the right to do it, and closing takes evidence; a statement in a chat is "
            "not evidence."
        )
        rows = self._entries.keyed_rows(question)
        if rows:
            draft.say()
            draft.say("What is recorded now:")
            draft.say()
            for passage in rows[:2]:
                draft.say(f"> {passage.text} [{draft.cite(passage, passage.text)}]")
        return draft.finish(Kind.REFUSAL)

    def _copyright(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**I cannot give the text of the standard word for word: it is protected by "
            "copyright.** "
            "It can be bought from ISO or your national standards body. A summary in our own words:"
        )
        draft.say()
        for unit in (*question.clauses, *question.controls)[:2]:
            passage = self._standard.summary(unit)
            if passage is not None:
                draft.say(
                    f"{passage.text.replace(chr(10), ' ')} [{draft.cite(passage, passage.text)}]"
                )
                draft.say()
        return draft.finish(Kind.REFUSAL)

    def _legal(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**I can't give legal advice.** Please ask your HR and legal departments; that "
            "decision "
            "is theirs."
        )
        found = [
            one
            for one in self._evidencer.gather(
                understand("disciplinary process after a security breach by staff")
            ).own
            if one.strength >= SHOWN_BESIDE
        ]
        draft.say()
        for one in found[:1]:
            draft.say("What your documents say about breaches of rules:")
            draft.say()
            draft.quote(one.passage, one.quote)
        draft.say("In ISO 27001 the subject is A.6.4 Disciplinary process:")
        self._standard.say_control(draft, "A.6.4", brief=True)
        return draft.finish(Kind.OUT_OF_SCOPE)

    def _secret(self) -> Answer:
        draft = Draft(self._view)
        draft.say(f"**{phrase('not_found', 'en')}** Passwords, keys and codes are not given here.")
        draft.say()
        draft.say("Please ask your IT service desk.")
        return draft.finish(Kind.NOT_FOUND)

    def _errand(self, question: Question) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**I can't act outside this library**: I book, send and order nothing. I can tell you "
            "what your documents say."
        )
        evidence = self._evidencer.gather(question)
        found = [one for one in evidence.own if one.strength >= OWN_ANSWERS]
        if found:
            draft.say()
            draft.say("What is written about it:")
            draft.say()
            draft.quote(found[0].passage, found[0].quote)
        return draft.finish(Kind.OUT_OF_SCOPE)

    def _other_task(self) -> Answer:
        draft = Draft(self._view)
        draft.say(
            "**That is not something I do.** I answer questions about your organisation's policies "
            "and records and about ISO 27001."
        )
        return draft.finish(Kind.OUT_OF_SCOPE)
