"""Questions about documents as such: owner, approver, version, dates, and lists of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.draft import Draft
from assistant.answering.phrases import day, name_of
from assistant.answering.understanding import Question
from assistant.answering.wording import WEAK_TITLE
from assistant.domain.answer import Answer
from knowledge.keywords import analyse_query
from knowledge.passages import Document, Origin, Standing
from knowledge.view import View

_TYPES = frozenset(
    token
    for word in "policy standard procedure schedule record plan brochure guideline directive register "
    "memo document richtlinie".split()
    for token in analyse_query(word)
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_APPROVED_IN = re.compile(
    rf"\b(?:approved|signed off|freigegeben)\b.*\bin (?:(?P<month>{'|'.join(_MONTHS)})\w* )?"
    r"(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\b(infosec|isms|bcp|byod|hr)\b", re.IGNORECASE)
_SPELT = {
    "infosec": analyse_query("information security"),
    "isms": analyse_query("information security management system"),
    "bcp": analyse_query("business continuity plan"),
    "byod": analyse_query("bring your own device"),
    "hr": analyse_query("human resources"),
}
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


class DocumentFacts:
    """Answers about documents as controlled documents over one view."""

    def __init__(self, view: View) -> None:
        """Look things up in `view`."""
        self._view = view

    def named_documents(self, question: Question) -> tuple[Document, ...]:
        """Find the documents that the question names by identifier or by title."""
        named = [
            one
            for one in self._view.named(question.text)
            if one.origin in (Origin.DOCUMENT, Origin.REGISTER, Origin.SOA)
        ]
        if named:
            return tuple(named)
        # Word by word as well: a title of few words is read in both languages, a sentence in one.
        words = {token for word in question.content for token in analyse_query(word)}
        words |= set(analyse_query(" ".join(question.content)))
        spoken = {w for word in _ABBREVIATED.findall(question.text) for w in _SPELT[word.lower()]}
        words |= spoken
        scored = []
        for document in self._view.documents:
            if document.origin is Origin.GUIDANCE:
                continue
            title = set(analyse_query(document.facts.title))
            core = title - WEAK_TITLE - _TYPES
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
        elif period := _APPROVED_IN.search(text):
            stem = _month(period["month"], period["year"])
            chosen = [one for one in documents if str(one.facts.approved or "").startswith(stem)]
            what = f"approved in {stem}"
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


def _month(name: str | None, year: str) -> str:
    """Give how dates of a month, or of a year without one, begin: "2026-06"."""
    return f"{year}-{_MONTHS.index(name.casefold()) + 1:02}" if name else year


def _facts_wanted(text: str) -> list[str]:
    return [name for name, pattern in _FACTS if pattern.search(text)]
