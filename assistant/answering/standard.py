"""Look-ups in the built-in guidance: controls, clauses, editions and crosswalks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.draft import Draft
from assistant.answering.understanding import Question
from assistant.domain.answer import Answer, Kind
from knowledge.controls import Clause, Control, register
from knowledge.keywords import analyse_query
from knowledge.passages import Document, Origin, Passage
from knowledge.text import sentences
from knowledge.view import View

FRAMEWORKS = {
    "nist_csf_2_0": "NIST CSF 2.0",
    "soc2_tsc": "SOC 2 (Trust Services Criteria)",
    "gdpr": "GDPR",
    "pci_dss_4_0_1": "PCI DSS 4.0.1",
}
_FRAMEWORK_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("nist_csf_2_0", re.compile(r"\b(nist|csf)\b", re.IGNORECASE)),
    ("soc2_tsc", re.compile(r"\b(soc ?2|tsc|trust services?)\b", re.IGNORECASE)),
    ("gdpr", re.compile(r"\b(gdpr|dsgvo|art(icle|\.)? ?\d+)\b", re.IGNORECASE)),
    ("pci_dss_4_0_1", re.compile(r"\bpci\b", re.IGNORECASE)),
)
_MAPPING = re.compile(
    r"\b(map\w*|crosswalk|correspond\w*|equivalent|relate[sd]?|overlap\w*|counterpart|"
    r"match\w*|help|"
    r"cover\w*|satisf\w*|support\w*|in|to|zuordn\w*|entspricht|entsprechung)\b",
    re.IGNORECASE,
)
_WHICH_CONTROLS = re.compile(
    r"\b(which|what|list|welche)\b.{0,25}\b(controls?|maßnahmen)\b.{0,30}\b(deal|treat|cover|about|"
    r"for|concern|address|relate|apply|help|on|regarding|handle|betreffen|zu|für)\w*\b|"
    r"\bcontrols? (about|for|on|regarding|dealing with|covering)\b",
    re.IGNORECASE,
)
_CAPABILITY = re.compile(r"[_\s]+")


class Standard:
    """Answers about the standard's own structure, from our own words."""

    def __init__(self, view: View) -> None:
        """Cite the guidance that `view` holds."""
        self._view = view
        self._documents = {
            document.source: document for document in view.of_origin(Origin.GUIDANCE)
        }

    def crosswalk(self, question: Question) -> Answer | None:
        """Say what overlaps between a control and another framework, in either direction."""
        named = [name for name, pattern in _FRAMEWORK_WORDS if pattern.search(question.text)]
        if question.controls and named and _MAPPING.search(question.text):
            return self._from_controls(question, named)
        if question.frameworks and not question.controls:
            return self._to_controls(question)
        return None

    def _from_controls(self, question: Question, named: Sequence[str]) -> Answer:
        draft = Draft(self._view)
        self._say_edition(draft, question)
        for control_id in question.controls[:5]:
            control = register().control(control_id)
            if control is None:
                continue
            for name in named:
                refs = [one for one in control.mappings if one.framework == name]
                mark = self._cite(draft, control.id, FRAMEWORKS[name].split(" (")[0])
                if refs:
                    listed = ", ".join(f"{one.ref} ({one.confidence} confidence)" for one in refs)
                    draft.say(
                        f"**{control.id} {control.title} overlaps with {FRAMEWORKS[name]}: "
                        f"{listed}**{mark}."
                    )
                else:
                    draft.say(
                        f"**No overlap of {control.id} {control.title} with {FRAMEWORKS[name]} is "
                        f"recorded**{mark}."
                    )
        draft.say()
        draft.say("An overlap is not equivalence: fulfilling one does not satisfy the other.")
        return draft.finish()

    def _to_controls(self, question: Question) -> Answer | None:
        draft = Draft(self._view)
        said = False
        for reference in question.frameworks[:3]:
            pairs = register().by_mapping(reference.framework, reference.ref)
            if not pairs:
                continue
            said = True
            label = FRAMEWORKS[reference.framework].split(" (")[0]
            draft.say(f"**Controls that overlap with {label} {reference.ref}:**")
            draft.say()
            seen: set[str] = set()
            for control, mapping in pairs:
                if control.id in seen:
                    continue
                seen.add(control.id)
                refs = ", ".join(dict.fromkeys(m.ref for c, m in pairs if c.id == control.id))
                mark = self._cite(draft, control.id, label)
                draft.say(
                    f"- {control.id} {control.title}: {refs} ({mapping.confidence} confidence){mark}"
                )
            draft.say()
        if not said:
            return None
        draft.say(
            "An overlap is not equivalence: these controls help, they do not satisfy it alone."
        )
        return draft.finish()

    def moved(self, question: Question) -> Answer | None:
        """Say where a control of the 2013 edition went."""
        old = [one for one in question.references if one.kind == "control_2013" and one.ids]
        if not old:
            return None
        draft = Draft(self._view)
        self._say_edition(draft, question)
        for control_id in question.controls:
            self.say_control(draft, control_id, brief=True)
        return draft.finish()

    def _say_edition(self, draft: Draft, question: Question) -> None:
        for reference in question.references:
            if reference.kind != "control_2013" or not reference.ids:
                continue
            number = re.sub(r"^[^\d]*", "", reference.text)
            targets = " and ".join(
                f"{one} {control.title}"
                for one in reference.ids
                if (control := register().control(one))
            )
            marks = "".join(self._cite(draft, one, number) for one in reference.ids)
            draft.say(
                f"**A.{number} is an id of the 2013 edition; in the 2022 edition it went into "
                f"{targets}**{marks}."
            )
            draft.say()

    def say_edition(self, draft: Draft, question: Question) -> None:
        """Say which 2013 ids the question uses and what they are today."""
        self._say_edition(draft, question)

    def unknown_ids(self, question: Question) -> Answer | None:
        """Say that an id stands in no edition."""
        unknown = [one for one in question.references if one.kind == "unknown"]
        if not unknown or question.controls or question.clauses:
            return None
        draft = Draft(self._view)
        names = ", ".join(one.text for one in unknown)
        draft.say(
            f"**{names} is not an id of ISO/IEC 27001:2022 or of its 2013 edition.** Annex A of 2022 "
            "runs from A.5.1 to A.5.37, A.6.1 to A.6.8, A.7.1 to A.7.14 and A.8.1 to A.8.34."
        )
        return draft.finish(Kind.NOT_FOUND)

    def both(self, question: Question) -> Answer:
        """Answer a number that is a clause and a control with both, asking which is meant."""
        draft = Draft(self._view)
        for reference in question.ambiguous[:2]:
            draft.say(f"**{reference.text} can mean two things:**")
            draft.say()
            for one in reference.ids:
                unit = register().control(one) if one.startswith("A.") else register().clause(one)
                if unit is None:
                    continue
                kind = "control" if isinstance(unit, Control) else "clause"
                quote = self._first(unit.id)
                said = quote[1].removeprefix("Clause ") if quote else ""
                text = f": {said.removeprefix(f'{unit.id} {unit.title}: ')}" if quote else ""
                mark = f" [{draft.cite(*quote)}]" if quote else ""
                draft.say(f"- the {kind} **{unit.id} {unit.title}**{text}{mark}")
            draft.say()
        draft.say("Which one do you mean?")
        return draft.finish(Kind.CLARIFY)

    def say_control(self, draft: Draft, control_id: str, *, brief: bool = False) -> None:
        """Say what a control is about, from the guidance."""
        control = register().control(control_id)
        quote = self._first(control_id)
        if control is None or quote is None:
            return
        passage, first = quote
        if brief:
            shown = first.removeprefix(f"{control.id} {control.title}: ")
            draft.say(f"- **{control.id} {control.title}**: {shown} [{draft.cite(passage, first)}]")
            return
        draft.say(f"**{control.id} {control.title}**")
        draft.say()
        draft.say(f"{passage.text.replace(chr(10), ' ')} [{draft.cite(passage, passage.text)}]")

    def clause_answer(self, question: Question) -> Answer | None:
        """Say what the clauses that a question names are about."""
        units = [unit for one in question.clauses if (unit := register().clause(one))]
        if not units:
            return None
        draft = Draft(self._view)
        if len(units) > 6:
            self._say_main_clauses(draft, units)
            return draft.finish()
        for unit in units:
            quote = self._whole(unit.id)
            if quote is None:
                continue
            draft.say(f"**Clause {unit.id} {unit.title}**")
            draft.say()
            said = quote.text.replace("\n", " ").removeprefix(f"Clause {unit.id} {unit.title}: ")
            draft.say(f"{said} [{draft.cite(quote, quote.text)}]")
            draft.say()
        return draft.finish() if draft.cited else None

    def _say_main_clauses(self, draft: Draft, units: Sequence[Clause]) -> None:
        groups: dict[str, list[Clause]] = {}
        for unit in units:
            groups.setdefault(unit.id.split(".")[0], []).append(unit)
        for number, members in groups.items():
            mark = ""
            if quote := self._first(members[0].id):
                mark = f" [{draft.cite(*quote)}]"
            titles = "; ".join(f"{unit.id} {unit.title}" for unit in members)
            draft.say(f"- **Clause {number}**: {titles}{mark}")

    def controls_about(self, question: Question) -> Answer | None:
        """List the controls that deal with a subject: by their attributes, titles and guidance."""
        if not _WHICH_CONTROLS.search(question.text):
            return None
        words = {w for word in question.content for w in analyse_query(word)}
        words -= set(
            analyse_query("control annex deal treat cover concern address relate handle iso")
        )
        chosen: dict[str, Control] = {}
        for control in register().controls:
            capabilities = {
                token
                for capability in control.attributes.get("operational_capabilities", ())
                for token in analyse_query(_CAPABILITY.sub(" ", capability))
            } - set(analyse_query("security management and information system"))
            title = set(analyse_query(control.title))
            if (
                words & (title - set(analyse_query("information security management")))
                or words & capabilities
            ):
                chosen[control.id] = control
        if not chosen or len(chosen) > 20:
            return None
        draft = Draft(self._view)
        draft.say(f"**{len(chosen)} control{'s' if len(chosen) != 1 else ''} of Annex A:**")
        draft.say()
        for control in chosen.values():
            self.say_control(draft, control.id, brief=True)
        return draft.finish()

    def _document(self, unit_id: str) -> Document | None:
        return self._documents.get(f"guidance:{unit_id}")

    def summary(self, unit_id: str) -> Passage | None:
        """Give the guidance's own words on a clause or control."""
        return self._whole(unit_id)

    def _whole(self, unit_id: str) -> Passage | None:
        document = self._document(unit_id)
        passages = self._view.passages_of(document.id) if document else ()
        return passages[0] if passages else None

    def _first(self, unit_id: str) -> tuple[Passage, str] | None:
        """Give the sentence that says what a unit is about: its first after the naming line."""
        passage = self._whole(unit_id)
        if passage is None:
            return None
        lines = [line for line in passage.text.split("\n") if line.strip()]
        for line in lines:
            parts = sentences(line)
            if parts:
                return passage, parts[0]
        return None

    def _cite(self, draft: Draft, unit_id: str, holding: str) -> str:
        """Cite the line of a unit's guidance that holds these words."""
        document = self._document(unit_id)
        for passage in self._view.passages_of(document.id) if document else ():
            for line in passage.text.split("\n"):
                if holding.casefold() in line.casefold():
                    return f" [{draft.cite(passage, line.strip())}]"
        quote = self._first(unit_id)
        return f" [{draft.cite(*quote)}]" if quote else ""
