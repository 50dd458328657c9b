"""From a question to an answer without a language model: quotes put together by rules.

The order of the steps is the order of precedence: what must not be answered, what records answer
exactly, what the standard's own structure answers, then what the texts say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.answering import boundaries
from assistant.answering.boundaries import Boundary
from assistant.answering.comparing import change_recorded, compare_versions
from assistant.answering.control_answers import ControlAnswers
from assistant.answering.declining import Declining
from assistant.answering.document_facts import DocumentFacts
from assistant.answering.draft import Draft
from assistant.answering.entries import Entries
from assistant.answering.phrases import not_a_rule, phrase
from assistant.answering.places import in_version, passages_at, section_asked, version_asked
from assistant.answering.rules import (
    OWN_ANSWERS,
    Evidencer,
    Relevance,
)
from assistant.answering.soa_rows import SoaRows, wants_row
from assistant.answering.standard import Standard
from assistant.answering.texts import HAPPENED, Texts
from assistant.answering.understanding import (
    NOUNS_WITH_KINDS,
    Question,
    is_bare,
    understand,
)
from assistant.domain.answer import Answer, Kind, Message
from knowledge.passages import Document, Standing
from knowledge.view import View

_SECTION_PASSAGES = 6

_NORMATIVE = re.compile(
    r"\b(can|may|could|must|should|do|does|shall) (we|i|you|one|it|an? \w+|the \w+) (\w+ )?"
    r"(exclude|leave out|implement|need|have to|apply|skip|omit|justify)\b|"
    r"\bhow (do|can|should|to)\b|\ballowed to\b",
    re.IGNORECASE,
)


class Answering:
    """Answers questions over one view."""

    def __init__(self, view: View, relevance: Callable[[], Relevance]) -> None:
        """Answer from `view`; `relevance` gives the judging model when it is needed."""
        self._view = view
        self._evidencer = Evidencer(view, relevance)
        self._soa_rows = SoaRows(view)
        self._entries = Entries(view)
        self._documents = DocumentFacts(view)
        self._standard = Standard(view)
        self._controls = ControlAnswers(
            view, self._evidencer, self._soa_rows, self._entries, self._standard
        )
        self._texts = Texts(view, self._evidencer, self._controls)
        self._declining = Declining(
            view, self._evidencer, self._entries, self._documents, self._standard
        )

    def answer(self, question: str, history: Sequence[Message] = ()) -> Answer:
        """Answer `question` in the light of the conversation before it."""
        answer = self._answer(understand(question, history))
        if self._view.notice:
            answer = replace(answer, notices=(*answer.notices, self._view.notice))
        return answer

    def _answer(self, question: Question) -> Answer:
        crossing = boundaries.crossing(question)
        if crossing is not None and crossing.rest and crossing.boundary is Boundary.INSTRUCTIONS:
            rest = self._answer(understand(crossing.rest))
            note = "I left out the instructions in your message: they change nothing here.\n\n"
            return replace(rest, text=note + rest.text)
        if crossing is not None:
            return self._declining.answer(question, crossing)
        if is_bare(question):
            return self._documents.document_list(question) or self._clarify(question)
        return (
            self._from_records(question)
            or self._from_standard(question)
            or self._texts.answer(question)
        )

    # Questions without a subject ----------------------------------------------------------------

    def _clarify(self, question: Question) -> Answer:
        draft = Draft(self._view, question.language)
        word = next((one for one in question.content if one in NOUNS_WITH_KINDS), "")
        if re.search(r"\bcontrols?\b|\bmaßnahme\b", question.text, re.IGNORECASE):
            draft.say("**Which control do you mean?** Give its id (such as A.8.13) or its title.")
            return draft.finish(Kind.CLARIFY)
        options = self._kinds_of(word.removesuffix("s")) if word else []
        if options:
            draft.say(f"**Which {word} do you mean?** I know of: {', '.join(options)}.")
        elif word:
            draft.say(f"**Which {word} do you mean?** Name its subject, title or number.")
        else:
            draft.say(
                "**What do you mean?** Please name it: a rule, a document, a control or an "
                "entry of a "
                "register."
            )
        return draft.finish(Kind.CLARIFY)

    def _kinds_of(self, noun: str) -> list[str]:
        """Find what stands before a noun in readable headings: "access review", "
        ""post-incident …"."""
        found: dict[str, int] = {}
        pattern = re.compile(rf"\b([a-z][a-z-]{{2,}}) {re.escape(noun)}s?\b", re.IGNORECASE)
        for hit in self._view.search(noun, 40, fold=False):
            for match in pattern.finditer(hit.passage.search_text):
                before = match[1].lower()
                if before not in _NO_KIND:
                    name = f"{before} {noun}"
                    found[name] = found.get(name, 0) + 1
        ranked = sorted(found, key=lambda name: (-found[name], name))
        return ranked[:5]

    # Records ------------------------------------------------------------------------------------

    def _from_records(self, question: Question) -> Answer | None:
        happened = bool(HAPPENED.search(question.text))
        documents = self._documents.named_documents(question)
        if answer := compare_versions(self._view, question, documents):
            return answer
        if answer := change_recorded(self._view, question, documents):
            return answer
        if rows := self._entries.keyed_rows(question):
            answer = self._entries.register_answer(question, rows)
            if self._evidencer.silent(question, rows):
                # The entry is shown, but it must not pass for the answer.
                said = phrase("entry_silent", question.language, key=rows[0].locator.row)
                text = f"**{said}**\n\n{answer.text}"
                answer = replace(answer, kind=Kind.NOT_FOUND, text=text)
            return answer
        if answer := self._at_place(question, documents):
            return answer
        if answer := self._unknown_document(question):
            return answer
        about_entries = re.search(r"\b(findings?|entries|register)\b", question.text, re.IGNORECASE)
        if (about_entries or not question.standard) and (
            answer := self._entries.register_query(question)
        ):
            return answer
        if happened:
            return None
        if not _NORMATIVE.search(question.text) and (answer := self._soa_rows.about_soa(question)):
            return answer
        if question.ambiguous and wants_row(question) and self._soa_rows.soa:
            control = next((one for one in question.ambiguous[0].ids if one.startswith("A.")), None)
            if control and re.search(
                r"\b(implement\w*|applicable|exclu\w+|in the soa)\b", question.text, re.IGNORECASE
            ):
                return self._controls.answer(replace(question, meant="control"))
        if answer := self._standard.crosswalk(question):
            return answer
        if question.controls and (wants_row(question) or _is_id_only(question)):
            return self._controls.answer(question)
        if re.search(r"\bsoa\b|statement of applicability", question.text, re.IGNORECASE) and (
            row := self._soa_rows.topic_row(question)
        ):
            return self._soa_rows.row_answer(row.control_id, question)
        if answer := self._documents.document_facts(question):
            return answer
        if answer := self._documents.document_list(question):
            return answer
        if answer := self._entries.overdue(question):
            return answer
        if question.asks & {"who", "when", "why"} or re.search(
            r"\b(status|implemented|applicable|excluded?|in place|target|evidence|proof|done|"
            r"finished|"
            r"ready|soa|responsible|justif\w+|left out|leave out|in scope|progress)\b",
            question.text,
            re.IGNORECASE,
        ):
            row = self._soa_rows.topic_row(question)
            if row is not None and wants_row(question):
                return self._controls.row_or_text(question, row.control_id)
        return None

    def _at_place(self, question: Question, documents: Sequence[Document]) -> Answer | None:
        """Read out the section that a question names, or answer from the version it names."""
        section = section_asked(question)
        if section and documents:
            for document in in_version(self._view, question, documents):
                passages = passages_at(self._view, document, section)
                if passages:
                    draft = Draft(self._view, question.language)
                    self._note_standing(draft, question, document)
                    for passage in passages[:_SECTION_PASSAGES]:
                        draft.quote(passage, passage.text)
                    return draft.finish()
        if version_asked(question) is None or question.standard:
            return None
        versions = in_version(self._view, question, documents)
        named = frozenset(one.id for one in versions)
        if not named or all(self._view.standing(one) is Standing.IN_FORCE for one in named):
            return None
        hits = self._view.search(question.text, 4, documents=named)
        found = [
            one
            for one in self._evidencer.judge(question, hits)
            if one.quote and not one.framing and one.strength >= OWN_ANSWERS
        ]
        if not found:
            return None
        draft = Draft(self._view, question.language)
        self._note_standing(draft, question, found[0].hit.document)
        draft.quote(found[0].passage, found[0].quote)
        return draft.finish()

    def _note_standing(self, draft: Draft, question: Question, document: Document) -> None:
        standing = self._view.standing(document.id)
        if standing is not Standing.IN_FORCE:
            draft.say(f"**{not_a_rule(self._view, document, question.language)}**")
            draft.say()

    def _unknown_document(self, question: Question) -> Answer | None:
        """Say that there is no document of this identifier, if it is shaped like the library's."""
        known = {
            match[1].casefold()
            for document in self._view.documents
            if document.facts.identifier
            and (match := re.match(r"([A-Za-z]{2,8}-)\d", document.facts.identifier))
        }
        for match in re.finditer(r"\b([A-Za-z]{2,8}-)\d[\w.-]*", question.text):
            if match[1].casefold() not in known or self._view.rows(match.group()):
                continue
            if not self._view.named(match.group()):
                draft = Draft(self._view, question.language)
                draft.say(
                    f"**I find no document {match.group().upper()} that you may read.** "
                    "`annexa documents` lists those that there are."
                )
                return draft.finish(Kind.NOT_FOUND)
        return None

    # The standard -------------------------------------------------------------------------------

    def _from_standard(self, question: Question) -> Answer | None:
        standard = self._standard
        if answer := standard.unknown_ids(question):
            return answer
        if HAPPENED.search(question.text):
            return None
        if question.ambiguous:
            return standard.both(question)
        if answer := standard.moved(question):
            return answer
        if question.controls and "define" in question.asks:
            return self._controls.answer(question)
        few = 0 < len(question.clauses) <= 6
        if few and (question.asks & {"define"} or _is_id_only(question) or question.meant):
            return standard.clause_answer(question)
        return standard.controls_about(question)


_NO_KIND = frozenset(
    "the this that each every any our your its their such and for with from next last one all "
    "under after before during without which what who does was were has have had is are be been "
    "can may must shall should will not also into about than then when where other same new old "
    "annexa clause control regular first second".split()
)


def _is_id_only(question: Question) -> bool:
    """Tell whether a question is little more than an id."""
    words = [word for word in question.content if not re.match(r"^a?\.?\d", word)]
    return not [
        word for word in words if word not in {"control", "clause", "annex", "iso", "27001"}
    ]
