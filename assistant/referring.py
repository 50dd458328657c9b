"""Asking a person: a question goes to a queue, and a lead's answer becomes an entry of the library.

The record comes first and the library follows: `reconcile` brings the library in step with what is
recorded, so that a process that ends between the two loses nothing. An entry is a document like any
other. It has an owner and a date, and from the day after it expires it states no rule.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import HumanAnswer, PersonQuestion, QuestionState
from assistant.store import NotAgreed, Records, UnknownRecord, actor_of
from knowledge.access import Access
from knowledge.chunking import split
from knowledge.citing import cite
from knowledge.library import Library
from knowledge.parsing.marks import language_of
from knowledge.passages import (
    EVERYONE,
    Block,
    BlockKind,
    Document,
    Facts,
    Origin,
    ParsedDocument,
    Passage,
    Reader,
    Status,
    is_persons_answer,
)

LONGEST = 8_000
"""Characters of a question, an answer or its source."""
_TITLE = 80
"""Characters of a conversation's title."""
_WORDS = {
    "en": (
        "This rests on: {source}",
        "Answered by {by} on {day}",
        "To be used until {expires}.",
    ),
    "de": (
        "Das beruht auf: {source}",
        "Beantwortet von {by} am {day}",
        "Zu verwenden bis {expires}.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Ids of questions whose answers were published or taken out of the library."""

    published: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Referring:
    """The queue of questions to people in one workspace."""

    records: Records
    library: Library
    leads: frozenset[str] = frozenset()
    """Groups whose people may answer, beside the workspace's owner."""

    def may_answer(self, reader: Reader) -> bool:
        """Tell whether `reader` may see all questions, answer them and close them."""
        return reader.owner or not self.leads.isdisjoint(reader.groups)

    def ask(
        self,
        text: str,
        reader: Reader,
        at: datetime,
        *,
        door: str,
        turn: str | None = None,
        place: str | None = None,
        named: bool = False,
    ) -> PersonQuestion:
        """Put a question into the queue, without the asker's name unless they want it.

        With `turn` the answer goes back to that turn's conversation; a turn is passed on once.
        Without, `place` is the id of a conversation that is begun for the answer to come to. Raises
        UnknownRecord for a turn that the reader may not see, NotAgreed for no text."""
        text = _said(text, "a question")
        who = "owner" if reader.owner else reader.id
        if turn is not None and self.records.turn(turn, reader) is None:
            raise UnknownRecord(f"there is no turn {turn!r} here. Nothing was changed.")
        begun = None
        if turn is None and place is not None and who is not None:
            title = " ".join(text.split())[:_TITLE]
            begun = self.records.start(place, reader, door, title, at).id
        question = self.records.put_question(
            text,
            at,
            asked_by=who if named else None,
            door=door,
            conversation=begun,
            turn=turn,
            actor=actor_of(reader) if who is not None else "somebody",
        )
        return self._as_seen_by(question, reader)

    def queue(
        self, reader: Reader, state: QuestionState | None = None
    ) -> tuple[PersonQuestion, ...]:
        """Give all questions to whoever may answer them, and to others their own."""
        return tuple(
            self._as_seen_by(question, reader)
            for question in self.records.questions(state)
            if self.may_answer(reader) or self._is_own(question, reader)
        )

    def question(self, question_id: str, reader: Reader) -> PersonQuestion | None:
        """Give a question that the reader may see; None for a foreign or unknown one."""
        question = self.records.question(question_id)
        if question is None or not (self.may_answer(reader) or self._is_own(question, reader)):
            return None
        return self._as_seen_by(question, reader)

    def answer(
        self,
        question_id: str,
        human: HumanAnswer,
        reader: Reader,
        at: datetime,
        *,
        turn_id: str,
    ) -> PersonQuestion:
        """Record a lead's answer, bring it back to where it was asked, and publish it.

        Whom it is open to is what the lead chose, and never more than the restricted documents that
        its source names. Raises NotAgreed where that leaves nobody, or something is missing."""
        question = self._for_lead(question_id, reader)
        human = self._checked(human, reader)
        document, passages = entry(question, human, len(self.records.answers(question.id)) + 1)
        said = _shown(question, human, document, passages)
        done = self.records.answer_question(
            question.id, human, said, turn_id, at, actor=actor_of(reader)
        )
        self.reconcile()
        return self._as_seen_by(done, reader)

    def close(self, question_id: str, because: str, reader: Reader, at: datetime) -> PersonQuestion:
        """Close a question, with the reason; an answer that it has leaves the library."""
        question = self._for_lead(question_id, reader)
        done = self.records.close_question(
            question.id, _said(because, "a reason"), at, actor=actor_of(reader)
        )
        self.reconcile()
        return self._as_seen_by(done, reader)

    def reconcile(self) -> Reconciled:
        """Publish what is recorded and missing, and take out what was withdrawn."""
        documents = self.library.documents()
        there = {one.source: one for one in documents if is_persons_answer(one.source)}
        wanted = self._wanted(documents)
        put = [one for one in wanted if there.get(one[0].source) != one[0]]
        kept = {document.source for document, _ in wanted}
        gone = [document for source, document in there.items() if source not in kept]
        if not put and not gone:
            return Reconciled()
        self.library.load(put, remove=[document.id for document in gone])
        return Reconciled(
            tuple(_question_of(document) for document, _ in put),
            tuple(_question_of(document) for document in gone),
        )

    def _wanted(self, documents: Sequence[Document]) -> list[tuple[Document, tuple[Passage, ...]]]:
        """Give the entries as they should stand in the library by today's rights."""
        found = []
        access: Access | None = None
        for question in self.records.questions(QuestionState.ANSWERED):
            if question.answer is None or question.text is None:
                continue
            access = access or self.library.access()
            bound, _ = _bounds(question.answer.source, documents, access)
            read = narrowed(question.answer.read, bound)
            human = replace(question.answer, read=read)
            found.append(entry(question, human, len(self.records.answers(question.id))))
        return found

    def _checked(self, human: HumanAnswer, reader: Reader) -> HumanAnswer:
        """Check an answer before it is recorded."""
        human = replace(
            human,
            text=_said(human.text, "an answer"),
            source=_said(human.source, "what the answer rests on"),
            by=_said(human.by, "the name of the person who answers"),
            read=_groups(human.read),
        )
        if human.expires < human.at.date():
            raise NotAgreed(
                f"the answer would have expired on {human.expires}. Nothing was changed. Name a "
                "later day."
            )
        access = self.library.access()
        bound, named = _bounds(human.source, self.library.documents(), access)
        # A document that the lead may not read narrows the entry too, but is not spoken of.
        if narrowed(human.read, bound) == () and all(access.may_read(reader, one) for one in named):
            raise NotAgreed(
                f"what it rests on may be read by {_listed(bound)}, none of whom you named. Nothing "
                f"was changed. Name some of them with --read."
                if bound
                else "what it rests on may be read by nobody in common, so the answer could be read "
                "by nobody. Nothing was changed."
            )
        return human

    def _for_lead(self, question_id: str, reader: Reader) -> PersonQuestion:
        question = self.question(question_id, reader)
        stored = None if question is None else self.records.question(question.id)
        if stored is None:
            raise UnknownRecord(f"there is no question {question_id!r} here. Nothing was changed.")
        if not self.may_answer(reader):
            groups = f", or somebody in {_listed(tuple(sorted(self.leads)))}" if self.leads else ""
            raise NotAgreed(
                f"only the workspace's owner{groups} may answer and close questions. Nothing was "
                "changed."
            )
        return stored

    def _is_own(self, question: PersonQuestion, reader: Reader) -> bool:
        if reader.owner:
            return True
        if reader.id is None:
            return False
        known, owner = self.records.question_owner(question.id)
        return question.asked_by == reader.id or (known and owner == reader.id)

    def _as_seen_by(self, question: PersonQuestion, reader: Reader) -> PersonQuestion:
        """Leave out where a question came from, unless the asker is named or asks for it."""
        known, owner = self.records.question_owner(question.id)
        mine = (reader.owner and known and owner is None) or (
            reader.id is not None and known and owner == reader.id
        )
        if mine or question.asked_by is not None:
            return question
        return replace(question, conversation=None, turn=None)


def entry(
    question: PersonQuestion, human: HumanAnswer, version: int
) -> tuple[Document, tuple[Passage, ...]]:
    """Make the library's entry of an answered question; the same answer makes the same entry."""
    title = " ".join((question.text or question.id).split())
    language = language_of(f"{title}\n{human.text}")
    day = human.at.date()
    rests_on, answered_by, _ = _words(language, human)
    facts = Facts(
        title=title,
        identifier=question.id,
        version=str(version),
        status=Status.APPROVED,
        owner=human.by,
        approver=human.by,
        approved=day,
        effective=day,
        # The first day on which it counts no longer.
        retired=human.expires + timedelta(days=1) if human.expires < date.max else None,
        next_review=human.expires,
        language=language,
    )
    source = f"answer:{question.id}"
    document_id = hashlib.sha256(source.encode()).hexdigest()[:16]
    blocks = (
        Block(BlockKind.HEADING, title, level=1),
        Block(
            BlockKind.HEADING, answered_by, level=2
        ),  # so that whoever cites it says who and when
        *(
            Block(BlockKind.PARAGRAPH, part.strip())
            for part in re.split(r"\n\s*\n", human.text)
            if part.strip()
        ),
        Block(BlockKind.PARAGRAPH, rests_on),
    )
    passages = tuple(split(document_id, ParsedDocument(facts, blocks), source))
    digest = hashlib.sha256()
    for text in (title, human.text, human.source, human.by, str(version)):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    document = Document(
        id=document_id,
        source=source,
        origin=Origin.DOCUMENT,
        facts=facts,
        content_hash=digest.hexdigest(),
        read=human.read,
    )
    return document, passages


def narrowed(
    chosen: tuple[str, ...] | None, bound: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Give the groups of `chosen` that are in `bound` as well; None is everyone, () the owner."""
    if bound is None:
        return chosen
    if chosen is None:
        return bound
    return tuple(sorted(set(chosen) & set(bound)))


def _bounds(
    source: str, documents: Sequence[Document], access: Access
) -> tuple[tuple[str, ...] | None, tuple[Document, ...]]:
    """Give the groups that may read every restricted document that `source` names, and these."""
    bound: tuple[str, ...] | None = None
    restricted = []
    for document in documents:
        if document.origin is Origin.GUIDANCE or is_persons_answer(document.source):
            continue
        groups = narrowed(_open_to(access.groups(document.source)), _open_to(document.read))
        if groups is not None and _names(source, document):
            bound = narrowed(bound, groups)
            restricted.append(document)
    return bound, tuple(restricted)


def _open_to(groups: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if groups is None or EVERYONE in groups else groups


def _names(text: str, document: Document) -> bool:
    """Tell whether `text` names a document by its path, file name, identifier or title."""
    folded = text.casefold()
    path = document.source.casefold()
    names = {path, path.rsplit("/", 1)[-1], (document.facts.identifier or "").casefold()}
    title = " ".join(document.facts.title.casefold().split())
    if " " in title or folded.strip() == title:  # one word alone is too often just a word
        names.add(title)
    return any(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", " ".join(folded.split()))
        for name in names
        if name
    )


def _groups(read: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if read is None or EVERYONE in read:
        return None
    groups = tuple(sorted({one.strip() for one in read if one.strip()}))
    if not groups:
        raise NotAgreed("an answer that nobody may read helps nobody. Nothing was changed.")
    return groups


def _said(text: str, what: str) -> str:
    """Check that a person wrote something, and not a book."""
    text = text.strip()
    if not text:
        raise NotAgreed(f"{what} is missing. Nothing was changed.")
    if len(text) > LONGEST:
        raise NotAgreed(
            f"{what} has {len(text):,} characters; {LONGEST:,} is the limit. Nothing was changed. "
            "Put long texts into a document and index it."
        )
    return text


def _shown(
    question: PersonQuestion,
    human: HumanAnswer,
    document: Document,
    passages: Sequence[Passage],
) -> Answer:
    """Give the answer as it comes back to whoever asked."""
    rests_on, answered_by, until = _words(document.facts.language, human)
    first = passages[0]
    return Answer(
        Kind.ANSWER,
        "\n\n".join([f"{human.text} [1]", rests_on, f"{answered_by}. {until}"]),
        citations=(cite(document, first, first.text),),
    )


def _words(language: str, human: HumanAnswer) -> list[str]:
    """Say what an answer rests on, who gave it when, and how long it may be used."""
    facts = {
        "source": human.source,
        "by": human.by,
        "day": human.at.date(),
        "expires": human.expires,
    }
    return [one.format(**facts) for one in _WORDS["de" if language == "de" else "en"]]


def _question_of(document: Document) -> str:
    return document.source.removeprefix("answer:")


def _listed(groups: tuple[str, ...] | None) -> str:
    return ", ".join(groups or ())
