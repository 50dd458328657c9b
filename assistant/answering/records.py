"""Questions that records answer exactly: the Statement of Applicability, registers, "
"document facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answering.draft import Draft
from assistant.answering.phrases import day, name_of, phrase
from assistant.answering.understanding import Question
from assistant.domain.answer import Answer
from knowledge.keywords import analyse_query
from knowledge.passages import Document, Origin, Passage, Standing
from knowledge.registers import role_of
from knowledge.soa import Applicability, Implementation, Soa, SoaRow
from knowledge.view import View

_SOA = re.compile(
    r"\b(soa|statement of applicability|erklärung zur anwendbarkeit)\b", re.IGNORECASE
)
_STATUS_WORDS = re.compile(
    r"\b(status|state|applicable|applicability|implement\w*|owner|owns?|responsible|exclu\w+|"
    r"include[ds]?|justif\w+|evidence|target|due|done|finished|in place|planned|partial\w*|"
    r"required|"
    r"need|needed|why|who|when|reason|review\w*|open|still|left|outstanding|"
    r"progress|how far|where are we|stand|situation|in scope|"
    r"entry|say|says|proof|our|us|we|anwendbar|umgesetzt|ausgeschlossen|"
    r"verantwortlich|unser\w*)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b(how many|number of|count|wie viele|anzahl)\b", re.IGNORECASE)
_STATES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "not_fully",
        re.compile(
            r"\bnot (yet )?(fully|completely|entirely|all) (implemented|done|in place)|"
            r"\bincomplete\b|"
            r"\bunfinished\b|\bnot yet (implemented|done|in place)\b|\bstill open\b|"
            r"\boutstanding\b|"
            r"\bmissing\b|\bnicht vollständig\b",
            re.IGNORECASE,
        ),
    ),
    (
        "excluded",
        re.compile(
            r"\bexclu\w+|\bnot applicable\b|\bn/?a\b|\bleft out\b|\bout of scope\b|"
            r"\bausgeschlossen\w*|"
            r"\bnicht anwendbar\b",
            re.IGNORECASE,
        ),
    ),
    (
        "not_implemented",
        re.compile(r"\b(not|un)[ -]?implemented\b|\bnicht umgesetzt\b", re.IGNORECASE),
    ),
    (
        "partial",
        re.compile(
            r"\bpart(ial|ially|ly)\b( implemented)?|\bin progress\b|\bteilweise\b", re.IGNORECASE
        ),
    ),
    ("planned", re.compile(r"\bplanned\b( but not implemented)?|\bgeplant\b", re.IGNORECASE)),
    (
        "overdue",
        re.compile(
            r"\boverdue\b|\bpast (due|their|its)\b|\blate\b|\büberfällig\b|\bslipped\b|"
            r"\bmissed (their|its|the) (target|date|deadline)|\b(date|deadline)s? (has |have |"
            r"is |are )?"
            r"(passed|past|missed)\b",
            re.IGNORECASE,
        ),
    ),
    ("implemented", re.compile(r"\bimplemented\b|\bin place\b|\bumgesetzt\b", re.IGNORECASE)),
    ("applicable", re.compile(r"\bapplicable\b|\banwendbar\b", re.IGNORECASE)),
)
_LABEL = {
    Implementation.IMPLEMENTED: "implemented",
    Implementation.PARTIAL: "partly implemented",
    Implementation.PLANNED: "planned",
    Implementation.NOT_IMPLEMENTED: "not implemented",
    Implementation.NOT_APPLICABLE: "not applicable",
}
_CLOSED = re.compile(
    r"^\s*(closed|done|complete[d]?|resolved|cancelled|abgeschlossen|erledigt|geschlossen|"
    r"verified)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DUE = re.compile(
    r"\b(due|deadline|target|overdue|expires?|expiry|fällig\w*|frist|bis|next review|next test|"
    r"action.?due|plan.?due)\b",
    re.IGNORECASE,
)
_WEAK_TITLE = frozenset(
    token
    for word in "use of the information security and management policy policies".split()
    for token in analyse_query(word)
)
_ENTRY_STATES = (
    ("overdue", re.compile(r"\b(overdue|late|past due|überfällig\w*)\b")),
    ("open", re.compile(r"\b(open|pending|unresolved|outstanding|offen\w*)\b")),
    ("closed", re.compile(r"\b(closed|done|resolved|erledigt\w*|abgeschlossen\w*)\b")),
)
_THEORY = re.compile(
    r"^\W*(how (?!many\b)|who (may|can|must|should|has to)|can|may|must|should|do|does|why|"
    r"what (is|are) (an?|the)\b|what('s| is) (?!.*\b(open|overdue|closed)))",
    re.IGNORECASE,
)
"""A question about findings or risks in general, which no register answers."""
_ENTRIES = re.compile(
    r"\b(list|show|which|how many|any|entries|entry|register|log|on the hook|against|assigned|open|"
    r"overdue|pending|closed|unresolved|outstanding|offen\w*|überfällig\w*|liste|welche)\b",
    re.IGNORECASE,
)
_REGISTER_WORDS = frozenset(
    token
    for word in "register log list entry entries item items action actions corrective finding findings "
    "open overdue late pending closed status owner hook responsible show many count against about "
    "clause control due date nonconformity nonconformities CAR CAPA NC risk risks supplier "
    "suppliers "
    "incident incidents our have still".split()
    for token in analyse_query(word)
)
_TYPES = frozenset(
    token
    for word in "policy standard procedure schedule record plan brochure guideline directive register "
    "memo document richtlinie".split()
    for token in analyse_query(word)
)
_ABBREVIATED = re.compile(r"\b(infosec|isms|bcp|byod|hr)\b", re.IGNORECASE)
_SPELT = {
    "infosec": analyse_query("information security"),
    "isms": analyse_query("information security management system"),
    "bcp": analyse_query("business continuity plan"),
    "byod": analyse_query("bring your own device"),
    "hr": analyse_query("human resources"),
}
_ACTIONS = re.compile(
    r"\b(actions?|measures?|tasks?|todos?|to-dos|items?|maßnahmen?|aufgaben?|feststellungen?|"
    r"findings?)\b",
    re.IGNORECASE,
)
_DOCUMENT_ID = re.compile(r"\b[A-Za-z]{2,8}[-_ ]?\d{1,4}\b")
_LISTING = frozenset(
    "list everything anything show all any things items which what controls control soa "
    "target date "
    "dates deadline deadlines status rows row have has still".split()
)
_SUBJECT_SHARE = 0.6
"""Share of a question's subject that a row's title must say to be meant without its whole title."""
_ABOUT_ROWS = frozenset(
    "status state applicable applicability implemented implementation implement owner owns own "
    "responsible accountable looks look after charge excluded exclude exclusion included "
    "justification "
    "justified reason reasons evidence target date dates due done finished ready complete "
    "planned plan "
    "partly partial partially fully required needed need review reviewed last next soa statement "
    "control controls entry row record recorded scope apply applies place leave left out "
    "progress far "
    "stand situation open still outstanding current currently version prove proof have has got say "
    "says ours our decided".split()
)
_CONTROLS_WORD = re.compile(
    r"\b(controls?|annex a|anhang a)\b|\bmaßnahmen?\b(?=.*\b(anwendbar|umgesetzt|"
    r"ausgeschlossen)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Filter:
    """A choice among the rows of the SoA, with its name in the answer."""

    what: str
    fits: Callable[[SoaRow], bool]

    @property
    def narrows(self) -> bool:
        """Tell whether it chooses by something else than the state that is counted anyway."""
        return self.what.startswith(("organi", "people", "physical", "technolog", "owned by"))


_THEME = re.compile(
    r"\b(organi[sz]ational|people|physical|technological|technical)\b(?=.*\bcontrols?\b)",
    re.IGNORECASE,
)
_THEMES = {"orga": "A.5.", "peop": "A.6.", "phys": "A.7.", "tech": "A.8."}
_LACKING = re.compile(
    r"\b(without|no|lack(?:ing|s)?|missing|have no|has no)\s+(?:any\s+|an?\s+|recorded\s+)?"
    r"(evidence|owners?|target|dates?|justification|reasons?|polic(?:y|ies)|documents?)\b",
    re.IGNORECASE,
)
_LACKS: dict[str, tuple[str, Callable[[SoaRow], object]]] = {
    "evide": ("evidence", lambda row: row.evidence_refs),
    "owner": ("an owner", lambda row: row.owner),
    "targe": ("a target date", lambda row: row.target_date or _is_done(row)),
    "date": ("a target date", lambda row: row.target_date or _is_done(row)),
    "dates": ("a target date", lambda row: row.target_date or _is_done(row)),
    "justi": ("a justification", lambda row: row.justification_inclusion),
    "reaso": ("a justification", lambda row: row.justification_inclusion),
    "polic": ("a document", lambda row: row.policy_refs),
    "docum": ("a document", lambda row: row.policy_refs),
}
_OWNER_ROLES = frozenset(
    "head lead manager officer chief director team owner security information engineering "
    "operations "
    "human resources service desk data protection facility facilities legal finance left "
    "since group "
    "leiter leitung beauftragter the and for".split()
)


def _is_done(row: SoaRow) -> bool:
    return row.implementation_status is Implementation.IMPLEMENTED


class Records:
    """Answers from records over one view."""

    def __init__(self, view: View) -> None:
        """Look things up in `view`."""
        self._view = view
        self._soa = view.soa()

    @property
    def soa(self) -> Soa | None:
        """The Statement of Applicability that counts on the day."""
        return self._soa

    # The Statement of Applicability ----------------------------------------------------------

    def about_soa(self, question: Question) -> Answer | None:
        """Answer counts, lists, the SoA's own version and approval."""
        if self._soa is None:
            return None
        text = question.text
        states = _states(text)
        names_soa = bool(_SOA.search(text))
        rest = set(question.content) - _LISTING
        bare = bool(states) and not question.references and not rest - _state_words(text)
        speaks_of_controls = bool(_CONTROLS_WORD.search(text)) or names_soa or bare
        if names_soa and (referring := self._referring(question)):
            return referring
        chosen = self._filters(question, states)
        if not states and not names_soa and not question.own and all(one.narrows for one in chosen):
            chosen = tuple(one for one in chosen if one.what.startswith("owned"))
        if speaks_of_controls and chosen and _COUNT.search(text) and not question.controls:
            return self._counts(self._soa, chosen)
        if speaks_of_controls and chosen and (bare or not _single(question)):
            return self._list(self._soa, question, chosen)
        if names_soa and re.search(
            r"\b(version|approved?|approver|approves|signed|valid|in force|current|latest|dated?|"
            r"freigegeben|gültig)\b",
            text,
            re.IGNORECASE,
        ):
            return self._header(self._soa)
        return None

    def _referring(self, question: Question) -> Answer | None:
        """List the rows that refer to a document that the question names."""
        named = {match.group().casefold() for match in _DOCUMENT_ID.finditer(question.text)}
        if self._soa is None or not named:
            return None
        rows = [
            row
            for row in self._soa.rows
            if any(one in ref.casefold() for ref in row.policy_refs for one in named)
        ]
        if not rows:
            return None
        draft = Draft(self._view)
        what = ", ".join(sorted(one.upper() for one in named))
        draft.say(
            f"**{len(rows)} row{'s' if len(rows) != 1 else ''} of {self._name()} refer to {what}:**"
        )
        draft.say()
        for row in rows:
            mark = self._cite_row(draft, row)
            draft.say(f"- {row.control_id} {row.title}: {_status(row)}{mark}")
        return draft.finish()

    def _filters(self, question: Question, states: Sequence[str]) -> tuple[_Filter, ...]:
        """Read which rows are asked for: by state, theme, owner, or by what they lack."""
        text = question.text
        found: list[_Filter] = []
        if states:
            what = " or ".join(_spoken(state) for state in states)
            found.append(_Filter(what, lambda row: any(self._is(row, one) for one in states)))
        if theme := _THEME.search(text):
            number = _THEMES[theme[1].casefold()[:4]]
            found.append(
                _Filter(
                    f"{theme[1].casefold()} controls", lambda row: row.control_id.startswith(number)
                )
            )
        if lacking := _LACKING.search(text):
            name, value = _LACKS[lacking[2].casefold()[:5]]
            found.append(
                _Filter(
                    f"applicable without {name}",
                    lambda row: row.applicable is Applicability.YES and not value(row),
                )
            )
        if owners := self._owners(question):
            found.append(
                _Filter(f"owned by {', '.join(sorted(owners))}", lambda row: row.owner in owners)
            )
        return tuple(found)

    def _owners(self, question: Question) -> frozenset[str]:
        """Find the owners in the SoA whose names, not roles, the question says."""
        said = set(re.findall(r"[^\W\d_]{3,}", question.text.casefold()))
        return frozenset(
            row.owner
            for row in (self._soa.rows if self._soa else ())
            if row.owner
            and said & (set(re.findall(r"[^\W\d_]{3,}", row.owner.casefold())) - _OWNER_ROLES)
        )

    def _counts(self, soa: Soa, chosen: Sequence[_Filter]) -> Answer:
        narrowed = [one for one in chosen if one.narrows]
        rows = [row for row in soa.rows if all(one.fits(row) for one in narrowed)]
        counts = Soa(soa.header, tuple(rows), soa.source, soa.version).counts()
        among = "".join(f", {one.what}" for one in narrowed)
        draft = Draft(self._view)
        draft.say(
            f"**{counts.applicable} applicable, {counts.excluded} excluded** of {counts.rows} "
            f"controls in {self._name()}{among}{self._mark(draft)}."
        )
        draft.say()
        draft.say(
            f"Of the applicable ones: {counts.implemented} implemented, {counts.partial} partly "
            f"implemented, {counts.planned} planned, {counts.not_implemented} not implemented"
            + (f"; {counts.undecided} undecided" if counts.undecided else "")
            + "."
        )
        return draft.finish()

    def _list(self, soa: Soa, question: Question, chosen: Sequence[_Filter]) -> Answer:
        rows = [row for row in soa.rows if all(one.fits(row) for one in chosen)]
        draft = Draft(self._view)
        what = ", ".join(one.what for one in chosen)
        if not rows:
            draft.say(f"**None.** {self._name()} has no control that is {what}{self._mark(draft)}.")
            return draft.finish()
        number = len(rows)
        are = "control is" if number == 1 else "controls are"
        draft.say(f"**{number} {are} {what}** in {self._name()}{self._mark(draft)}:")
        draft.say()
        excluded = all(row.applicable is Applicability.NO for row in rows)
        reasons = "why" in question.asks or excluded or question.table
        if number > 30:
            draft.say(", ".join(row.control_id for row in rows))
            return draft.finish()
        if question.table:
            draft.say("| Control | Status | Recorded reason or note |")
            draft.say("|---|---|---|")
        for row in rows:
            mark = self._cite_row(draft, row)
            detail = _reason(row) if reasons else self._progress(row)
            if question.table:
                detail = (detail or "none recorded").replace("|", "/")
                draft.say(f"| {row.control_id} {row.title}{mark} | {_status(row)} | {detail} |")
            else:
                draft.say(
                    f"- {row.control_id} {row.title}: {_status(row)}"
                    + (f"; {detail}" if detail else "")
                    + mark
                )
        return draft.finish()

    def _is(self, row: SoaRow, state: str) -> bool:
        applicable = row.applicable is Applicability.YES
        match state:
            case "excluded":
                return row.applicable is Applicability.NO
            case "applicable":
                return applicable
            case "not_fully":
                return applicable and row.implementation_status is not Implementation.IMPLEMENTED
            case "overdue":
                return applicable and self._late(row)
            case _:
                return applicable and row.implementation_status == Implementation(state)

    def _late(self, row: SoaRow) -> bool:
        return bool(
            row.target_date
            and row.target_date < self._view.today
            and row.implementation_status is not Implementation.IMPLEMENTED
        )

    def _header(self, soa: Soa) -> Answer:
        header = soa.header
        draft = Draft(self._view)
        said = [f"Version {header.version}" if header.version else "The version is not stated"]
        if header.approved or header.approver:
            said.append(
                "approved"
                + (f" on {day(header.approved)}" if header.approved else "")
                + (f" by {header.approver}" if header.approver else "")
            )
        else:
            said.append("it does not say who approved it")
        if header.edition:
            said.append(f"for ISO/IEC 27001:{header.edition.value}")
        draft.say(f"**{', '.join(said)}**{self._mark(draft)}.")
        document = self._view.soa_document()
        if document is not None:
            draft.say()
            draft.say(f"This is the {phrase('soa', 'en')} in force: {document.source}.")
            older = [other for other in self._view.of_origin(Origin.SOA) if other.id != document.id]
            for other in older:
                draft.say(
                    f"Not in force: {other.source}"
                    + (f", version {other.facts.version}" if other.facts.version else "")
                )
        return draft.finish()

    def row_answer(self, control_id: str, question: Question) -> Answer | None:
        """Say what the SoA records of one control."""
        row = self._soa.row(control_id) if self._soa else None
        if row is None:
            return None
        draft = Draft(self._view)
        self.say_row(draft, row, question, lead=True)
        return draft.finish()

    def rows_listed(self, draft: Draft, controls: Sequence[str]) -> Answer:
        """List what the SoA records of many controls, a line each; none is left out."""
        found = 0
        lines = []
        for control_id in controls:
            row = self._soa.row(control_id) if self._soa else None
            if row is None:
                lines.append(f"- {control_id}: no row in {self._name()}")
                continue
            found += 1
            progress = self._progress(row)
            lines.append(
                f"- {row.control_id} {row.title}: {_status(row)}"
                + (f"; {progress}" if progress else "")
                + self._cite_row(draft, row)
            )
        draft.say(f"**{found} of {len(controls)} controls asked about stand in {self._name()}:**")
        draft.say()
        for line in lines:
            draft.say(line)
        return draft.finish()

    def say_row(self, draft: Draft, row: SoaRow, question: Question, *, lead: bool) -> None:
        """Write one SoA row as sentences with its citation."""
        name = f"{row.control_id} {row.title}"
        text = f"{name}: {_status(row)}"
        if lead:
            text = f"**{text}**"
        draft.say(f"{text} ({self._name()}){self._cite_row(draft, row)}.")
        details = []
        reason = _reason(row)
        if reason:
            word = "Excluded because" if row.applicable is Applicability.NO else "Why"
            details.append(f"{word}: {reason}")
        elif row.applicable is Applicability.NO:
            details.append("No reason for the exclusion is recorded.")
        if row.owner:
            details.append(f"Owner: {row.owner}")
        progress = self._progress(row)
        if progress:
            details.append(progress[0].upper() + progress[1:])
        if row.policy_refs:
            details.append(f"Documents: {', '.join(row.policy_refs)}")
        if row.evidence_refs:
            details.append(f"Evidence: {', '.join(row.evidence_refs)}")
        elif "evidence" in question.text.casefold():
            details.append("Evidence: none is recorded.")
        if row.implementation_note:
            details.append(f"Note: {row.implementation_note}")
        if not lead:
            details = details[:1] if reason and row.applicable is Applicability.NO else []
        for detail in details:
            draft.say(f"- {detail}")

    def _progress(self, row: SoaRow) -> str:
        if row.target_date is None:
            if row.implementation_status in (
                Implementation.PARTIAL,
                Implementation.PLANNED,
                Implementation.NOT_IMPLEMENTED,
            ):
                return "no target date is recorded"
            return ""
        text = f"target date {day(row.target_date)}"
        if self._late(row):
            days = (self._view.today - row.target_date).days
            text += f", which is {days} day{'s' if days != 1 else ''} past"
        return text

    def topic_row(self, question: Question) -> SoaRow | None:
        """Find the one SoA row whose title the question speaks of, if it is clear."""
        if self._soa is None:
            return None
        words = {w for word in question.content for w in analyse_query(word)}
        subject = {
            w for word in question.content if word not in _ABOUT_ROWS for w in analyse_query(word)
        } - _WEAK_TITLE
        titles = {
            row.control_id: set(analyse_query(row.title)) - _WEAK_TITLE for row in self._soa.rows
        }
        best: list[tuple[float, SoaRow]] = []
        for row in self._soa.rows:
            title = titles[row.control_id]
            shared = {one for one in title if any(_same_word(one, word) for word in words)}
            if not shared:
                continue
            share = len(shared) / len(title)
            alone = sum(shared <= other for other in titles.values()) == 1
            said = sum(any(_same_word(one, t) for t in title) for one in subject)
            told = bool(subject) and said / len(subject) >= _SUBJECT_SHARE
            if share >= 0.99 or (share >= 0.74 and len(shared) >= 3) or (alone and told):
                best.append((len(shared) + share, row))
        best.sort(key=lambda one: (-one[0], one[1].control_id))
        if not best or (len(best) > 1 and best[0][0] == best[1][0]):
            return None
        return best[0][1]

    def _cite_row(self, draft: Draft, row: SoaRow) -> str:
        document = self._view.soa_document()
        for passage in self._view.rows(row.control_id):
            if document is not None and passage.document == document.id:
                return f" [{draft.cite(passage, passage.text)}]"
        return ""

    def _mark(self, draft: Draft) -> str:
        """Cite the SoA's own header."""
        document = self._view.soa_document()
        if document is None:
            return ""
        passages = self._view.passages_of(document.id)
        head = next((one for one in passages if not one.locator.row), None)
        if head is None:
            return ""
        return f" [{draft.cite(head, head.text)}]"

    def _name(self) -> str:
        version = self._soa.header.version if self._soa else None
        return f"SoA {version}" if version else "the SoA"

    # Registers ---------------------------------------------------------------------------------

    def keyed_rows(self, question: Question) -> tuple[Passage, ...]:
        """Find the register rows whose key the question names."""
        found: list[Passage] = []
        for match in re.finditer(r"\b[A-Za-z]{1,10}(?:[-_.]\w{1,10}){1,3}\b", question.text):
            for passage in self._view.rows(match.group()):
                document = self._view.document(passage.document)
                if document and document.origin is not Origin.SOA and passage not in found:
                    found.append(passage)
        return tuple(found)

    def register_answer(self, question: Question, rows: Sequence[Passage]) -> Answer:
        """Say what a register records under a key, with how its dates stand today."""
        draft = Draft(self._view)
        for passage in rows:
            entry = Entry.of(passage)
            mark = f" [{draft.cite(passage, passage.text)}]"
            draft.say(f"**{_headline(entry, self._view.today)}**{mark}")
            draft.say()
            for header, cell in entry.cells:
                if cell != entry.key:
                    draft.say(f"- {header}: {cell}")
            draft.say()
        return draft.finish()

    def overdue(self, question: Question) -> Answer | None:
        """List the open or overdue entries of the register that the question speaks of."""
        text = question.text
        wants_late = re.search(r"\b(overdue|late|past due|überfällig\w*)\b", text, re.IGNORECASE)
        wants_open = re.search(r"\b(open|pending|unresolved|offen\w*)\b", text, re.IGNORECASE)
        if not (wants_late or wants_open):
            return None
        registers = self._registers(question) or self._due_registers(question)
        if not registers:
            return None
        draft = Draft(self._view)
        lines: list[str] = []
        for document in registers:
            for passage in self._view.passages_of(document.id):
                if not passage.locator.row:
                    continue
                entry = Entry.of(passage)
                if entry.closed or (wants_late and not entry.late(self._view.today)):
                    continue
                mark = f" [{draft.cite(passage, passage.text)}]"
                lines.append(f"- {_headline(entry, self._view.today)}{mark}")
        what = "overdue" if wants_late else "open"
        names = ", ".join(document.facts.title for document in registers)
        if not lines:
            head = self._view.passages_of(registers[0].id)
            mark = f" [{draft.cite(head[0], head[0].text)}]" if head else ""
            draft.say(f"**None is {what}** in {names}{mark}.")
            return draft.finish()
        draft.say(
            f"**{len(lines)} {'entry is' if len(lines) == 1 else 'entries are'} {what}** in {names}:"
        )
        draft.say()
        for line in lines:
            draft.say(line)
        return draft.finish()

    def _registers(self, question: Question) -> tuple[Document, ...]:
        """Find the registers that the question names by a word of their titles or keys."""
        words = {w for word in question.content for w in analyse_query(word)}
        synonyms = {
            "car": {"correct", "action"},
            "capa": {"correct", "action"},
            "nonconform": {"correct", "action"},
            "find": {"correct", "action"},
            "major": {"correct", "action"},
            "minor": {"correct", "action"},
            "nc": {"correct", "action"},
        }
        for word in tuple(words):
            words |= synonyms.get(word, set())
        weak = set(analyse_query("register log list open overdue late pending items entries due"))
        scored = []
        for document in self._view.of_origin(Origin.REGISTER):
            title = set(analyse_query(document.facts.title)) - weak
            shared = len(title & (words - weak))
            if shared:
                scored.append((shared / max(len(title), 1), document))
        if not scored:
            return ()
        best = max(score for score, _ in scored)
        return tuple(document for score, document in scored if score == best)

    def register_query(self, question: Question) -> Answer | None:
        """List the entries of the register that the question speaks of and whose cells it names.

        "findings against clause 7.2", "what is Theo on the hook for in the action list", "how many
        majors are open": words of the question that stand in the register's rows choose the rows."""
        registers = self._registers(question)
        if not registers or _THEORY.search(question.text) or not _ENTRIES.search(question.text):
            return None
        wanted = {w for word in question.content for w in analyse_query(word)} - _REGISTER_WORDS
        wanted |= {
            one.casefold() for one in re.findall(r"\b[Aa]?\.?\d+\.\d+(?:\.\d+)?\b", question.text)
        }
        text = question.text.casefold()
        state = next((name for name, words in _ENTRY_STATES if words.search(text)), None)
        rows: list[tuple[Entry, Passage]] = []
        for document in registers:
            wanted -= set(analyse_query(document.facts.title))
            for passage in self._view.passages_of(document.id):
                if passage.locator.row:
                    rows.append((Entry.of(passage), passage))
        held = [
            wanted & ({*analyse_query(passage.text)} | set(passage.text.casefold().split()))
            for _, passage in rows
        ]
        # A word that stands in most rows chooses none.
        telling = {
            word
            for words in held
            for word in words
            if 2 * sum(word in other for other in held) <= len(held) + 1
        }
        held = [words & telling for words in held]
        if not telling and state is None:
            return None
        chosen = [
            (entry, passage)
            for (entry, passage), words in zip(rows, held, strict=True)
            if words >= telling or (telling and words and len(words) >= len(telling) - 1)
        ]
        chosen = [(e, p) for e, p in chosen if state is None or e.is_in(state, self._view.today)]
        if len(chosen) > 15 or (not chosen and state is None):
            return None
        draft = Draft(self._view)
        names = ", ".join(document.facts.title for document in registers)
        if not chosen:
            head = self._view.passages_of(registers[0].id)
            mark = f" [{draft.cite(head[0], head[0].text)}]" if head else ""
            draft.say(f"**No entry** of {names} fits that{mark}.")
            return draft.finish()
        draft.say(f"**{len(chosen)} {'entry' if len(chosen) == 1 else 'entries'}** in {names}:")
        draft.say()
        for entry, passage in chosen:
            mark = f" [{draft.cite(passage, passage.text)}]"
            owner = next((c for h, c in entry.cells if role_of(h) == "owner"), "")
            told = f"; owner {owner}" if owner else ""
            draft.say(f"- {_headline(entry, self._view.today)}{told}{mark}")
        return draft.finish()

    def entries_about(self, control_id: str) -> tuple[Passage, ...]:
        """Find the open register entries that name a control."""
        return tuple(
            passage
            for document in self._view.of_origin(Origin.REGISTER)
            for passage in self._view.passages_of(document.id)
            if passage.locator.row
            and control_id in passage.controls
            and any(_DUE.search(header) for header, _ in Entry.of(passage).cells)
            and not Entry.of(passage).closed
        )

    def say_entry(self, draft: Draft, passage: Passage) -> None:
        """Write one register entry as a line."""
        mark = f" [{draft.cite(passage, passage.text)}]"
        draft.say(f"- {_headline(Entry.of(passage), self._view.today)}{mark}")

    def _due_registers(self, question: Question) -> tuple[Document, ...]:
        """Find the registers with due dates and states, where actions are spoken of in general."""
        if not _ACTIONS.search(question.text):
            return ()
        return tuple(
            document
            for document in self._view.of_origin(Origin.REGISTER)
            if any(
                {"due", "state"} <= {role_of(header) for header, _ in Entry.of(passage).cells}
                for passage in self._view.passages_of(document.id)[:5]
            )
        )

    # Document facts ------------------------------------------------------------------------------

    def named_documents(self, question: Question) -> tuple[Document, ...]:
        """Find the documents that the question names by identifier or by title."""
        named = [
            one
            for one in self._view.named(question.text)
            if one.origin in (Origin.DOCUMENT, Origin.REGISTER, Origin.SOA)
        ]
        if named:
            return tuple(named)
        words = set(analyse_query(" ".join(question.content)))
        spoken = {w for word in _ABBREVIATED.findall(question.text) for w in _SPELT[word.lower()]}
        words |= spoken
        scored = []
        for document in self._view.documents:
            if document.origin is Origin.GUIDANCE:
                continue
            title = set(analyse_query(document.facts.title))
            core = title - _WEAK_TITLE - _TYPES
            typed = bool(title & _TYPES & words)
            if title and title <= words and (len(title) >= 2 or typed):
                scored.append((len(title) + 1, document))
            elif core and core <= words and (typed or len(core) >= 2):
                scored.append((len(core), document))
        if not scored:
            return ()
        longest = max(length for length, _ in scored)
        return tuple(document for length, document in scored if length == longest)

    def document_facts(self, question: Question) -> Answer | None:
        """Answer who owns or approved a document, its version, status, dates and review."""
        wanted = _facts_wanted(question.text)
        if not wanted:
            return None
        documents = self.named_documents(question)
        if not documents:
            return None
        ordered = sorted(
            documents, key=lambda one: self._view.standing(one.id) is not Standing.IN_FORCE
        )
        draft = Draft(self._view)
        lead = ordered[0]
        lines = [line for name in wanted if (line := self._fact(lead, name))]
        if not lines:
            return None
        draft.say(
            f"**{name_of(lead)}: {'; '.join(lines)}.**{self._cite_facts(draft, lead, wanted)}"
        )
        for other in ordered[1:3]:
            standing = self._view.standing(other.id)
            draft.say()
            draft.say(f"Also in the library: {name_of(other)}, {standing.value}.")
        return draft.finish()

    def _fact(self, document: Document, name: str) -> str:
        facts = document.facts
        match name:
            case "owner":
                return f"owner {facts.owner}" if facts.owner else "it names no owner"
            case "approver":
                if facts.approver:
                    on = f" on {day(facts.approved)}" if facts.approved else ""
                    return f"approved by {facts.approver}{on}"
                if facts.approved:
                    return f"approved on {day(facts.approved)}; it does not say by whom"
                return "it does not say who approved it"
            case "approved":
                return f"approved on {day(facts.approved)}" if facts.approved else ""
            case "effective":
                return f"in force since {day(facts.effective)}" if facts.effective else ""
            case "version":
                return f"version {facts.version}" if facts.version else "it states no version"
            case "next_review":
                if not facts.next_review:
                    return "it states no next review"
                days = (self._view.today - facts.next_review).days
                late = f", {days} days past" if days > 0 else ""
                return f"next review {day(facts.next_review)}{late}"
            case "classification":
                return f"classified {facts.classification}" if facts.classification else ""
            case _:
                standing = self._view.standing(document.id)
                return f"{standing.value}" + (
                    "" if facts.status.value == "unknown" else f" (status: {facts.status.value})"
                )

    def _cite_facts(self, draft: Draft, document: Document, wanted: Sequence[str]) -> str:
        """Cite where the document says it; its first words where its pages' margins say it."""
        passages = self._view.passages_of(document.id)
        if not passages:
            return ""
        values = [
            value
            for value in (
                document.facts.owner,
                document.facts.approver,
                document.facts.version,
                document.facts.approved.isoformat() if document.facts.approved else None,
                document.facts.next_review.isoformat() if document.facts.next_review else None,
            )
            if value
        ]
        best = max(passages[:8], key=lambda one: (sum(v in one.text for v in values), -one.ordinal))
        return f" [{draft.cite(best, best.text)}]"

    def document_list(self, question: Question) -> Answer | None:
        """List documents by standing or by their reviews."""
        text = question.text
        if not re.search(
            r"\b(documents?|docs|policies|standards|procedures|dokumente|richtlinien)\b",
            text,
            re.IGNORECASE,
        ):
            return None
        if not re.search(r"\b(list|which|what|show|how many|welche|any)\b", text, re.IGNORECASE):
            return None
        documents = [
            one for one in self._view.documents if one.origin in (Origin.DOCUMENT, Origin.SOA)
        ]
        today = self._view.today
        if re.search(
            r"\b(overdue|past|late|out of date|outdated|need(s)? (a )?review|überfällig)\b",
            text,
            re.IGNORECASE,
        ):
            chosen = [
                one
                for one in documents
                if one.facts.next_review
                and one.facts.next_review < today
                and self._view.standing(one.id) is Standing.IN_FORCE
            ]
            what = "past their review date"
        elif re.search(r"\bdrafts?\b|\bentw[uü]rfe?\b", text, re.IGNORECASE):
            chosen = [one for one in documents if self._view.standing(one.id) is Standing.DRAFT]
            what = "drafts"
        elif re.search(r"\b(retired|withdrawn|superseded|obsolete|old)\b", text, re.IGNORECASE):
            chosen = [
                one
                for one in documents
                if self._view.standing(one.id) in (Standing.RETIRED, Standing.SUPERSEDED)
            ]
            what = "retired or superseded"
        elif re.search(r"\b(without|no|missing) (an )?owner", text, re.IGNORECASE):
            chosen = [one for one in documents if not one.facts.owner]
            what = "without a named owner"
        elif (
            re.search(
                r"\b(do we have|have we got|are there|exist|library|in force|"
                r"all (our )?(documents|policies)|haben wir)\b",
                text,
                re.IGNORECASE,
            )
            and len(
                set(question.content)
                - {
                    "documents",
                    "document",
                    "policies",
                    "list",
                    "library",
                    "force",
                    "exist",
                    "standards",
                    "procedures",
                    "dokumente",
                    "richtlinien",
                    "indexed",
                }
            )
            == 0
        ):
            chosen = [one for one in documents if self._view.standing(one.id) is Standing.IN_FORCE]
            what = "in force"
        else:
            return None
        draft = Draft(self._view)
        if not chosen:
            draft.say(f"**None** of the {len(documents)} documents that you may read: {what}.")
            return draft.finish()
        draft.say(f"**{len(chosen)} of {len(documents)} documents: {what}**")
        draft.say()
        for one in sorted(chosen, key=lambda d: d.facts.identifier or d.facts.title):
            passages = self._view.passages_of(one.id)
            mark = ""
            if passages:
                quote = passages[0].text
                mark = f" [{draft.cite(passages[0], quote)}]"
            review = f", next review {day(one.facts.next_review)}" if one.facts.next_review else ""
            draft.say(f"- {name_of(one)}{review}{mark}")
        return draft.finish()


@dataclass(frozen=True, slots=True)
class Entry:
    """A register row read by its columns' roles."""

    key: str
    title: str
    state: str
    cells: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, passage: Passage) -> Entry:
        """Read the ``Header: cell | …`` text of a row."""
        cells = []
        for part in passage.text.split(" | "):
            header, _, cell = part.partition(": ")
            if cell:
                cells.append((header.strip(), cell.strip()))
        by_role: dict[str, str] = {}
        for header, cell in cells:
            role = role_of(header)
            if role and (role not in by_role or header.casefold() == role):
                by_role[role] = cell
        return cls(
            key=passage.locator.row or "",
            title=by_role.get("title") or by_role.get("description") or "",
            state=by_role.get("state", ""),
            cells=tuple(cells),
        )

    @property
    def closed(self) -> bool:
        """Tell whether the state says that nothing is left to do."""
        return bool(_CLOSED.match(self.state))

    def dates(self) -> tuple[tuple[str, date], ...]:
        """Give the due dates of the row as (header, day)."""
        found = []
        for header, cell in self.cells:
            spoken = header.replace("_", " ")
            if (role_of(header) == "due" or _DUE.search(spoken)) and (match := _DATE.search(cell)):
                try:
                    found.append((header, date(*map(int, match.groups()))))
                except ValueError:
                    continue
        return tuple(found)

    def is_in(self, state: str, today: date) -> bool:
        """Tell whether the entry is open, closed or overdue."""
        if state == "overdue":
            return self.late(today)
        return self.closed is (state == "closed")

    def late(self, today: date) -> bool:
        """Tell whether a due date has passed and the entry is not closed."""
        return not self.closed and any(due < today for _, due in self.dates())


def _headline(entry: Entry, today: date) -> str:
    parts = [entry.key + (f" {entry.title}" if entry.title and entry.title != entry.key else "")]
    if entry.state:
        parts.append(entry.state)
    for header, due in entry.dates():
        label = header.replace("_", " ").lower()
        days = (today - due).days
        if entry.closed:
            continue
        if days > 0:
            parts.append(f"{label} {day(due)}, {days} day{'s' if days != 1 else ''} overdue")
        elif days == 0:
            parts.append(f"{label} today")
        else:
            parts.append(f"{label} {day(due)}, in {-days} day{'s' if days != -1 else ''}")
    return "; ".join(parts)


def _status(row: SoaRow) -> str:
    if row.applicable is Applicability.NO:
        return "not applicable (excluded)"
    if row.applicable is Applicability.UNDECIDED:
        return "applicability undecided"
    state = _LABEL.get(row.implementation_status) if row.implementation_status else None
    return f"applicable, {state}" if state else "applicable, no status recorded"


def _reason(row: SoaRow) -> str:
    if row.applicable is Applicability.NO:
        return row.justification_exclusion or ""
    return row.justification_inclusion or ""


def _spoken(state: str) -> str:
    return {
        "not_fully": "not fully implemented",
        "not_implemented": "not implemented",
        "partial": "partly implemented",
        "excluded": "excluded (not applicable)",
        "overdue": "past its target date",
    }.get(state, state)


def _states(text: str) -> list[str]:
    """Find the states of controls that a text names, the longer reading first."""
    found: list[str] = []
    rest = text
    for name, pattern in _STATES:
        if pattern.search(rest):
            found.append(name)
            rest = pattern.sub(" ", rest)
    return found


def _state_words(text: str) -> set[str]:
    """Give the words of `text` that name a state, in lower case."""
    found: set[str] = set()
    for _, pattern in _STATES:
        for match in pattern.finditer(text):
            found |= set(match.group().casefold().split())
    return found | {word.rstrip("ly") for word in found} | {"partly", "partially", "fully", "yet"}


def _same_word(one: str, other: str) -> bool:
    """Tell whether two stems are one word, also when shortened: "intel" and "intellig"."""
    return one == other or (
        min(len(one), len(other)) >= 5 and (one.startswith(other) or other.startswith(one))
    )


def _single(question: Question) -> bool:
    """Tell whether one control is meant: by its id, or "the control"."""
    if question.controls and not question.table and len(question.controls) == 1:
        return True
    return not re.search(
        r"\bcontrols\b|\bmaßnahmen\b|\bexclusions\b|\bwhat is excluded\b",
        question.text,
        re.IGNORECASE,
    )


def wants_row(question: Question) -> bool:
    """Tell whether a question about a control asks what the organisation recorded."""
    return bool(_STATUS_WORDS.search(question.text) or _SOA.search(question.text))


_FACTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "owner",
        re.compile(
            r"\bwho (owns|is the owner|maintains|is responsible for|looks after|is in charge of)\b|"
            r"\bowner of\b|\bowned by\b|\b(eigentümer|verantwortlich\w*|eigner|inhaber)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "approver",
        re.compile(
            r"\bwho (approved|signed|authori[sz]ed|released)\b|\bapproved by\b|\bapprover\b|"
            r"\bwer\b.*\b(freigegeben|genehmigt|unterschrieben|erlassen)\b|"
            r"\b(freigabe|genehmigung) (durch|von)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "approved",
        re.compile(
            r"\bwhen (was|were|did)\b.*\b(approved|published|released|signed)\b|\bapproval date\b",
            re.IGNORECASE,
        ),
    ),
    (
        "effective",
        re.compile(r"\b(effective|in force since|valid from|since when)\b", re.IGNORECASE),
    ),
    (
        "next_review",
        re.compile(
            r"\b(next review|due for review|review due|reviewed next|when\b.*\breview\w*|"
            r"review date)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "version",
        re.compile(
            r"\b(which|what|current|latest|newest) (is the )?(current |latest |newest )?version\b|"
            r"\bversion of\b|\bversion number\b",
            re.IGNORECASE,
        ),
    ),
    (
        "status",
        re.compile(
            r"\b(status of|still (valid|in force|current)|in force|binding|official|"
            r"legally valid|count(s)? as a rule|"
            r"is\b.*\b(a )?(draft|approved|retired|valid|current|superseded|withdrawn))\b",
            re.IGNORECASE,
        ),
    ),
    (
        "classification",
        re.compile(r"\bclassification of\b|\bhow is\b.*\bclassified\b", re.IGNORECASE),
    ),
)


def _facts_wanted(text: str) -> list[str]:
    return [name for name, pattern in _FACTS if pattern.search(text)]
