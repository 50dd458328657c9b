"""Questions that the Statement of Applicability answers exactly: counts, lists, rows, its version."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answering.draft import Draft
from assistant.answering.phrases import day, phrase
from assistant.answering.understanding import Question
from assistant.answering.wording import WEAK_TITLE
from assistant.domain.answer import Answer
from knowledge.keywords import analyse_query
from knowledge.passages import Origin
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
            r"\bmissed (their|its|the) (target|date|deadline)|\b(date|deadline)s?\b.{0,40}?\b"
            r"(passed|past|missed|gone by|gone past|elapsed|lapsed|run out|expired)\b|"
            r"\b(verstrichen|abgelaufen)\w*",
            re.IGNORECASE,
        ),
    ),
    ("implemented", re.compile(r"\bimplemented\b|\bin place\b|\bumgesetzt\b", re.IGNORECASE)),
    ("applicable", re.compile(r"\bapplicable\b|\banwendbar\b", re.IGNORECASE)),
)
_STATUS = {
    Implementation.IMPLEMENTED: "implemented",
    Implementation.PARTIAL: "partial",
    Implementation.PLANNED: "planned",
    Implementation.NOT_IMPLEMENTED: "not_implemented",
    Implementation.NOT_APPLICABLE: "not_applicable",
}
"""Names of the phrases for them."""
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
_OWNER_ROLES = frozenset(
    "head lead manager officer chief director team owner security information engineering "
    "operations "
    "human resources service desk data protection facility facilities legal finance left "
    "since group "
    "leiter leitung beauftragter the and for".split()
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


def _is_done(row: SoaRow) -> bool:
    return row.implementation_status is Implementation.IMPLEMENTED


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


class SoaRows:
    """Answers from the Statement of Applicability over one view."""

    def __init__(self, view: View) -> None:
        """Look things up in `view`."""
        self._view = view
        self._soa = view.soa()

    @property
    def soa(self) -> Soa | None:
        """The Statement of Applicability that counts on the day."""
        return self._soa

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
        draft = Draft(self._view, question.language)
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
        language = draft.language
        text = f"{row.control_id} {row.title}: {_status(row, language)}"
        if lead:
            text = f"**{text}**"
        draft.say(f"{text} ({self._name()}){self._cite_row(draft, row)}.")
        details = []
        reason = _reason(row)
        if reason:
            word = "excluded_because" if row.applicable is Applicability.NO else "why"
            details.append(f"{phrase(word, language)}: {reason}")
        elif row.applicable is Applicability.NO:
            details.append(phrase("no_reason", language))
        if row.owner:
            details.append(f"{phrase('owner', language)}: {row.owner}")
        progress = self._progress(row, language)
        if progress:
            details.append(progress[0].upper() + progress[1:])
        if row.policy_refs:
            details.append(f"{phrase('documents', language)}: {', '.join(row.policy_refs)}")
        if row.evidence_refs:
            details.append(f"{phrase('evidence', language)}: {', '.join(row.evidence_refs)}")
        elif re.search(r"\b(evidence|nachweise?)\b", question.text, re.IGNORECASE):
            details.append(phrase("no_evidence", language))
        if row.implementation_note:
            details.append(f"{phrase('note', language)}: {row.implementation_note}")
        if not lead:
            details = details[:1] if reason and row.applicable is Applicability.NO else []
        for detail in details:
            draft.say(f"- {detail}")

    def _progress(self, row: SoaRow, language: str = "en") -> str:
        if row.target_date is None:
            if row.implementation_status in (
                Implementation.PARTIAL,
                Implementation.PLANNED,
                Implementation.NOT_IMPLEMENTED,
            ):
                return phrase("no_target", language)
            return ""
        text = phrase("target", language, date=day(row.target_date))
        if self._late(row):
            days = (self._view.today - row.target_date).days
            spell = phrase("a_day" if days == 1 else "days", language, number=days)
            text += f", {phrase('late', language, days=spell)}"
        return text

    def topic_row(self, question: Question) -> SoaRow | None:
        """Find the one SoA row whose title the question speaks of, if it is clear."""
        if self._soa is None:
            return None
        words = {w for word in question.content for w in analyse_query(word)}
        subject = {
            w for word in question.content if word not in _ABOUT_ROWS for w in analyse_query(word)
        } - WEAK_TITLE
        titles = {
            row.control_id: set(analyse_query(row.title)) - WEAK_TITLE for row in self._soa.rows
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
            if subject and not said:
                continue  # "responsible" stands in a title too and is not what is asked about
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


def _status(row: SoaRow, language: str = "en") -> str:
    if row.applicable is Applicability.NO:
        return phrase("excluded", language)
    if row.applicable is Applicability.UNDECIDED:
        return phrase("undecided", language)
    state = _STATUS.get(row.implementation_status) if row.implementation_status else None
    return f"{phrase('applicable', language)}, {phrase(state or 'no_status', language)}"


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
