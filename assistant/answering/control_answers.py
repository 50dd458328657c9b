"""Answers about one control or a few: the SoA's rows, then the rules that carry them out."""

from __future__ import annotations

import re

from assistant.answering.draft import Draft
from assistant.answering.entries import Entries
from assistant.answering.phrases import phrase
from assistant.answering.rules import (
    Evidencer,
    Found,
)
from assistant.answering.soa_rows import SoaRows
from assistant.answering.standard import Standard
from assistant.answering.understanding import (
    Question,
    reworded,
)
from assistant.domain.answer import Answer
from knowledge.controls import register
from knowledge.passages import Origin, Standing
from knowledge.view import View

_SHOWN_IN_FULL = 3
"""How many controls are told with all that is recorded; more are listed."""


class ControlAnswers:
    """Answers about controls over one view."""

    def __init__(
        self,
        view: View,
        evidencer: Evidencer,
        soa_rows: SoaRows,
        entries: Entries,
        standard: Standard,
    ) -> None:
        """Join what the SoA, the registers, the rules and the guidance in `view` say."""
        self._view = view
        self._evidencer = evidencer
        self._soa_rows = soa_rows
        self._entries = entries
        self._standard = standard

    def row_or_text(self, question: Question, control_id: str) -> Answer | None:
        """Prefer a rule that answers plainly; else say what the SoA records of the subject."""
        plain = re.search(
            r"\b(status|implemented|applicable|excluded|exclude|in place|target|done|finished|"
            r"ready|"
            r"evidence|proof|owns?|owner|soa|responsible|accountable|looks after|in charge|"
            r"justif\w+|"
            r"leave out|left out|in scope|progress)\b",
            question.text,
            re.IGNORECASE,
        )
        return self._soa_rows.row_answer(control_id, question) if plain else None

    def answer(self, question: Question) -> Answer | None:
        """Say what the SoA records of the named controls, then the rules that carry them out."""
        draft = Draft(self._view, question.language)
        self._standard.say_edition(draft, question)
        controls = question.controls or tuple(
            one for ref in question.references for one in ref.ids if one.startswith("A.")
        )
        said = False
        if len(controls) > _SHOWN_IN_FULL and self._soa_rows.soa is not None:
            return self._soa_rows.rows_listed(draft, controls)
        for control_id in controls:
            row = self._soa_rows.soa.row(control_id) if self._soa_rows.soa else None
            if row is not None:
                self._soa_rows.say_row(draft, row, question, lead=True)
                said = True
            else:
                if self._soa_rows.soa is not None and register().control(control_id):
                    draft.say(phrase("no_row", question.language, control=control_id))
                    draft.say()
                self._standard.say_control(draft, control_id, brief=bool(said))
                said = said or bool(draft.cited)
            draft.say()
        if len(controls) == 1 and said:
            if entries := self._entries.entries_about(controls[0]):
                draft.say(phrase("open_entries", question.language))
                for entry in entries[:3]:
                    self._entries.say_entry(draft, entry)
                draft.say()
            self._say_rules_of(draft, question, controls[0])
        if "define" in question.asks and len(controls) == 1 and self._soa_rows.soa is not None:
            draft.say()
            draft.say(phrase("about", question.language))
            self._standard.say_control(draft, controls[0], brief=True)
        return draft.finish() if said else None

    def _say_rules_of(self, draft: Draft, question: Question, control_id: str) -> None:
        """Quote the rules in force of the documents that treat a control."""
        control = register().control(control_id)
        if control is None:
            return
        row = self._soa_rows.soa.row(control_id) if self._soa_rows.soa else None
        referred = self._view.named(" ".join(row.policy_refs)) if row else ()
        treating = frozenset(
            document.id
            for document in self._view.of_origin(Origin.DOCUMENT)
            if self._view.standing(document.id) is Standing.IN_FORCE
            and (control_id in document.facts.controls or document in referred)
        )
        asked = reworded(question, control.title)
        hits = (
            self._view.search(control.title, 4, documents=treating)
            if treating
            else tuple(
                hit
                for hit in self._view.search(
                    f"{control_id} {control.title}",
                    6,
                    origins=frozenset({Origin.DOCUMENT}),
                    standings=frozenset({Standing.IN_FORCE}),
                )
                if control_id in hit.passage.controls
            )
        )
        found = [one for one in self._evidencer.judge(asked, hits) if one.quote and not one.framing]
        found.sort(key=lambda one: not re.search(r"\d", one.quote) or len(one.quote.split()) > 40)
        if found:
            draft.say(phrase("your_documents", question.language))
            draft.say()
            for one in found[:2]:
                draft.quote(one.passage, one.quote)

    def say_soa(self, draft: Draft, question: Question, lead: Found) -> None:
        """Join the SoA row of the control that the rule carries out."""
        soa = self._soa_rows.soa
        if soa is None:
            return
        control_id = self._control_of(lead)
        row = soa.row(control_id) if control_id else None
        if row is not None:
            self._soa_rows.say_row(draft, row, question, lead=False)
            draft.say()

    def _control_of(self, found: Found) -> str | None:
        """Find the control that a rule carries out, among those its document claims."""
        # A control that a rule's text only mentions is not the one that it carries out.
        own = found.hit.document.facts.controls
        claimed = tuple(one for one in found.passage.controls if one in own) or own
        claimed = claimed or found.passage.controls
        if len(claimed) == 1:
            return claimed[0]
        if not claimed:
            return None
        sources = {
            document.id: document.source.removeprefix("guidance:")
            for document in self._view.of_origin(Origin.GUIDANCE)
            if document.source.removeprefix("guidance:") in claimed
        }
        place = " ".join(found.passage.locator.heading_path[-1:])
        hits = self._view.search(f"{place} {found.quote}"[:400], 1, documents=frozenset(sources))
        return sources[hits[0].document.id] if hits else None
