"""Questions that registers answer exactly: by key, by state, by what stands in their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answering.draft import Draft
from assistant.answering.phrases import day
from assistant.answering.understanding import Question
from assistant.domain.answer import Answer
from knowledge.keywords import analyse_query
from knowledge.parsing.dates import day_first_in, find_dates
from knowledge.passages import Document, Origin, Passage
from knowledge.registers import role_of
from knowledge.view import View

_CLOSED = re.compile(
    r"^\s*(closed|done|complete[d]?|resolved|cancelled|abgeschlossen|erledigt|geschlossen|"
    r"verified)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"\b(not|open|no|pending|planned|nicht|nein|offen)\b", re.IGNORECASE)
_DUE = re.compile(
    r"\b(due|deadline|target|overdue|expires?|expiry|fällig\w*|frist|bis|next review|next test|"
    r"action.?due|plan.?due)\b",
    re.IGNORECASE,
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
_ACTIONS = re.compile(
    r"\b(actions?|measures?|tasks?|todos?|to-dos|items?|maßnahmen?|aufgaben?|feststellungen?|"
    r"findings?)\b",
    re.IGNORECASE,
)


class Entries:
    """Answers from registers over one view."""

    def __init__(self, view: View) -> None:
        """Look things up in `view`."""
        self._view = view
        self._day_first: dict[str, bool | None] = {}

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
            entry = self._entry(passage)
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
                entry = self._entry(passage)
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
                    rows.append((self._entry(passage), passage))
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
            and any(_DUE.search(header) for header, _ in self._entry(passage).cells)
            and not self._entry(passage).closed
        )

    def say_entry(self, draft: Draft, passage: Passage) -> None:
        """Write one register entry as a line."""
        mark = f" [{draft.cite(passage, passage.text)}]"
        draft.say(f"- {_headline(self._entry(passage), self._view.today)}{mark}")

    def _due_registers(self, question: Question) -> tuple[Document, ...]:
        """Find the registers with due dates and states, where actions are spoken of in general."""
        if not _ACTIONS.search(question.text):
            return ()
        return tuple(
            document
            for document in self._view.of_origin(Origin.REGISTER)
            if any(
                {"due", "state"} <= {role_of(header) for header, _ in self._entry(passage).cells}
                for passage in self._view.passages_of(document.id)[:5]
            )
        )

    def _entry(self, passage: Passage) -> Entry:
        """Read a row; how its register writes 03/04/2026 shows in the other rows."""
        document = passage.document
        if document not in self._day_first:
            texts = (one.text for one in self._view.passages_of(document))
            self._day_first[document] = day_first_in(texts, "en-GB")
        return Entry.of(passage, self._day_first[document])


@dataclass(frozen=True, slots=True)
class Entry:
    """A register row read by its columns' roles."""

    key: str
    title: str
    state: str
    cells: tuple[tuple[str, str], ...]
    ended: str = ""
    """The day of closing, where a column of its own holds it."""
    day_first: bool | None = None
    """How the register writes 03/04/2026; None where it does not show."""

    @classmethod
    def of(cls, passage: Passage, day_first: bool | None = None) -> Entry:
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
            ended=by_role.get("closed", ""),
            day_first=day_first,
        )

    @property
    def closed(self) -> bool:
        """Tell whether the state, or a day of closing, says that nothing is left to do."""
        if self.state:
            return bool(_CLOSED.match(self.state))
        return bool(re.search(r"\w", self.ended)) and not _NOT_YET.search(self.ended)

    def dates(self) -> tuple[tuple[str, date], ...]:
        """Give the due dates of the row as (header, day)."""
        found = []
        for header, cell in self.cells:
            spoken = header.replace("_", " ")
            if role_of(header) == "due" or _DUE.search(spoken):
                days = find_dates(cell, day_first=self.day_first)
                found += [(header, one) for one, _, _ in days[:1]]
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
