"""Asking a person: who may answer, and how an answer becomes an entry of the library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hand_made import HashEmbedder, InProcessParser, few_guidance_documents
from turns_made import AT, DAY, answer, human, trace

from assistant.domain.conversation import QuestionState
from assistant.referring import Referring, narrowed
from assistant.replaying import Since, checks, recall, seen
from assistant.store import NotAgreed, Records, UnknownRecord
from knowledge import syncing
from knowledge.library import Library
from knowledge.passages import OWNER, PUBLIC, Reader, Standing

ANA, BEN = Reader("ana", frozenset({"it"})), Reader("ben")
LEAD = Reader("bo", frozenset({"leads"}))
MANAGER = Reader("mia", frozenset({"management"}))
ACCESS = """\
rules:
  - {path: "board/**", read: [board, management]}
"""
RESTRICTED = (
    "---\ntitle: Merger Memo\nidentifier: MEM-01\nread: [management]\n---\n\nIt is Walnut.\n"
)
BACKUP = "---\ntitle: Backup Policy\nidentifier: POL-20\n---\n\nBackups are kept for 47 days.\n"


def _few(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(syncing, "Parser", InProcessParser)
    patch.setattr(syncing, "guidance_documents", few_guidance_documents)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder and its workspace, indexed once."""
    place = tmp_path_factory.mktemp("organisation")
    for name, text in {"board/merger.md": RESTRICTED, "backup.md": BACKUP}.items():
        path = place / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    library = Library.open(place / "workspace", HashEmbedder(), create=True)
    (library.workspace / "access.yaml").write_text(ACCESS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        _few(patch)
        library.sync(place / "documents")
    library.close()
    Records.open(place / "workspace").close()
    return place


@pytest.fixture
def folder(indexed: Path, tmp_path: Path) -> Path:
    shutil.copytree(indexed, tmp_path / "copy")
    return tmp_path / "copy" / "documents"


@pytest.fixture
def desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Referring]:
    _few(monkeypatch)
    library = Library.open(folder.parent / "workspace", HashEmbedder())
    records = Records.open(library.workspace)
    yield Referring(records, library, frozenset({"leads"}))
    records.close()
    library.close()


def _asked(desk: Referring, reader: Reader = ANA, text: str = "How long are visitor logs kept?"):
    """Ask in a conversation of the reader's own."""
    desk.records.start("c", reader, "cli", "t", AT)
    desk.records.begin("t", "c", "k", text, None, AT)
    desk.records.finish("t", answer(), trace(), AT)
    return desk.ask(text, reader, AT, door="cli", turn="t")


def _entry(desk: Referring, reader: Reader = OWNER, day: date = DAY):
    view = desk.library.view(reader, today=day)
    return next((one for one in view.documents if one.source == "answer:Q-1"), None)


def test_an_answer_becomes_a_dated_entry_with_owner_and_expiry(desk):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    facts = _entry(desk).facts
    assert (facts.title, facts.identifier) == ("How long are visitor logs kept?", "Q-1")
    assert (facts.owner, facts.approved, facts.effective) == ("Bo Lead", DAY, DAY)
    assert (facts.next_review, facts.retired) == (date(2026, 12, 31), date(2027, 1, 1))
    view = desk.library.view(ANA, today=DAY)
    [hit] = [one for one in view.search("visitor logs kept") if one.document.source == "answer:Q-1"]
    assert "90 days" in hit.passage.text
    assert "decision of the board" in hit.passage.text


def test_an_entry_states_a_rule_until_it_expires_and_not_after(desk):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    last = date(2026, 12, 31)
    for day, standing in (
        (DAY - timedelta(1), Standing.NOT_YET),
        (DAY, Standing.IN_FORCE),
        (last, Standing.IN_FORCE),
        (last + timedelta(1), Standing.RETIRED),
    ):
        view = desk.library.view(OWNER, today=day)
        assert view.standing(_entry(desk).id) is standing, day


def test_the_answer_goes_back_to_where_it_was_asked_and_cites_its_entry(desk):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    back = desk.records.turn("h", ANA)
    assert back.by == "Bo Lead"
    view = desk.library.view(ANA, today=DAY)
    passage = view.passage(back.answer.citations[0].passage)
    assert passage.text == back.answer.citations[0].quote
    assert [one.turn for one in desk.records.deliveries("cli")] == ["h"]


def test_an_entry_survives_indexing_and_leaves_when_withdrawn(desk, folder):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    (folder / "backup.md").unlink()
    report = desk.library.sync(folder)
    assert report.removed == ("backup.md",)
    assert _entry(desk) is not None
    desk.close("Q-1", "the board changed its mind", LEAD, AT)
    assert _entry(desk) is None
    desk.library.sync(folder)
    assert _entry(desk) is None


def test_an_entry_is_analysed_anew_when_the_reading_changes(desk, folder, monkeypatch):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    monkeypatch.setattr(syncing, "READING", "another")
    desk.library.sync(folder)
    assert set(desk.library.snapshot().readings.values()) == {"another"}
    assert _entry(desk) is not None


def test_what_a_killed_process_recorded_is_published_later(desk):
    _asked(desk)
    question = desk.records.answer_question("Q-1", human(), answer(), "h", AT)
    assert question.state is QuestionState.ANSWERED
    assert _entry(desk) is None
    assert desk.reconcile().published == ("Q-1",)
    assert _entry(desk) is not None
    generation = desk.library.generation()
    assert desk.reconcile().published == ()
    assert desk.library.generation() == generation


def test_what_a_killed_process_withdrew_is_taken_out_later(desk):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h")
    desk.records.close_question("Q-1", "wrong", AT)
    assert desk.reconcile().withdrawn == ("Q-1",)
    assert _entry(desk) is None


def test_another_answer_replaces_the_entry(desk):
    _asked(desk)
    desk.answer("Q-1", human(), LEAD, AT, turn_id="h1")
    desk.answer("Q-1", human("For 60 days."), LEAD, AT, turn_id="h2")
    document = _entry(desk)
    texts = [one.text for one in desk.library.view(OWNER, today=DAY).passages_of(document.id)]
    assert document.facts.version == "2"
    assert "60 days" in texts[0]
    assert "90 days" not in "".join(texts)


def test_a_long_answer_is_split_and_found(desk):
    _asked(desk)
    text = "\n\n".join(
        f"Part {at} of the rule says that lamp {at} shines at night." for at in range(90)
    )
    desk.answer("Q-1", human(text), LEAD, AT, turn_id="h")
    view = desk.library.view(OWNER, today=DAY)
    assert len(view.passages_of(_entry(desk).id)) > 3


# Who may


@pytest.mark.parametrize("reader", [ANA, BEN, MANAGER, PUBLIC, Reader(None, frozenset({"it"}))])
def test_only_leads_and_the_owner_answer_and_close(desk, reader):
    _asked(desk)
    for refused in (
        lambda: desk.answer("Q-1", human(), reader, AT, turn_id="h"),
        lambda: desk.close("Q-1", "no", reader, AT),
    ):
        with pytest.raises((NotAgreed, UnknownRecord)):
            refused()
    assert desk.records.question("Q-1").state is QuestionState.OPEN


def test_a_foreign_question_looks_like_an_unknown_one(desk):
    _asked(desk)
    assert desk.question("Q-1", BEN) is desk.question("Q-2", BEN) is None
    assert desk.queue(BEN) == ()
    assert [one.id for one in desk.queue(ANA)] == [one.id for one in desk.queue(LEAD)] == ["Q-1"]
    said = []
    for which in ("Q-1", "Q-2"):
        with pytest.raises(UnknownRecord) as caught:
            desk.close(which, "no", BEN, AT)
        said.append(str(caught.value).replace(which, "X"))
    assert said[0] == said[1]


def test_the_asker_is_named_only_where_they_agreed(desk):
    _asked(desk)
    for reader in (LEAD, OWNER):
        seen_by = desk.question("Q-1", reader)
        assert (seen_by.asked_by, seen_by.conversation, seen_by.turn) == (None, None, None)
    assert desk.question("Q-1", ANA).turn == "t"
    assert desk.ask("And who keeps them?", ANA, AT, door="cli", named=True).asked_by == "ana"
    assert {one.actor for one in desk.records.entries("Q-1")} == {"somebody"}


def test_a_foreign_turn_cannot_be_passed_on(desk):
    _asked(desk)
    with pytest.raises(UnknownRecord):
        desk.ask("What was it?", BEN, AT, door="cli", turn="t")


# Whom the entry is open to


@pytest.mark.parametrize(
    "source", ["MEM-01", "see board/merger.md, page 1", "the Merger  Memo of May", "merger.md"]
)
def test_an_entry_is_never_open_to_more_than_the_document_that_it_names(desk, source):
    _asked(desk)
    desk.answer("Q-1", human(source=source), OWNER, AT, turn_id="h")
    assert _entry(desk).read == ("management",)
    assert _entry(desk, ANA) is None
    assert _entry(desk, MANAGER) is not None


def test_groups_that_may_not_read_the_source_are_refused(desk):
    _asked(desk)
    with pytest.raises(NotAgreed, match="management"):
        desk.answer("Q-1", human(source="MEM-01", read=("it",)), OWNER, AT, turn_id="h")


def test_a_lead_learns_nothing_of_a_document_that_they_may_not_read(desk):
    _asked(desk)
    done = desk.answer("Q-1", human(source="MEM-01", read=("it",)), LEAD, AT, turn_id="h")
    assert done.answer.read == ("it",)
    assert _entry(desk).read == ()
    assert _entry(desk, ANA) is _entry(desk, MANAGER) is None


def test_an_open_document_narrows_nothing(desk):
    _asked(desk)
    desk.answer("Q-1", human(source="POL-20 and a word on mergers"), LEAD, AT, turn_id="h")
    assert _entry(desk).read is None
    assert _entry(desk, PUBLIC) is not None


def test_the_lead_chooses_who_reads_the_entry(desk):
    _asked(desk)
    desk.answer("Q-1", human(read=("it", "")), LEAD, AT, turn_id="h")
    assert _entry(desk, ANA) is not None
    assert _entry(desk, BEN) is None


def test_a_right_taken_from_the_source_narrows_the_entry(desk):
    _asked(desk)
    desk.answer("Q-1", human(source="POL-20"), LEAD, AT, turn_id="h")
    access = f"{ACCESS}  - {{path: backup.md, read: [board]}}\n"
    (desk.library.workspace / "access.yaml").write_text(access, encoding="utf-8")
    assert desk.reconcile().published == ("Q-1",)
    assert _entry(desk, ANA) is None


LACKING = (
    {"text": " "},
    {"source": ""},
    {"by": "\n"},
    {"expires": DAY - timedelta(1)},
    {"read": ("",)},
    {"text": "x" * 8001},
)


@pytest.mark.parametrize("changes", LACKING)
def test_an_answer_that_lacks_something_is_refused(desk, changes):
    _asked(desk)
    with pytest.raises(NotAgreed, match="Nothing was changed"):
        desk.answer("Q-1", replace(human(), **changes), LEAD, AT, turn_id="h")
    assert desk.records.question("Q-1").state is QuestionState.OPEN


def test_narrowing_is_an_intersection_in_which_none_is_everyone():
    assert narrowed(None, None) is None
    assert narrowed(("a",), None) == narrowed(None, ("a",)) == ("a",)
    assert narrowed(("a", "b"), ("b", "c")) == ("b",)
    assert narrowed(("a",), ("b",)) == ()


# Looking back with the rights of today


def _turn_on(desk: Referring, source: str):
    """An answered turn of the owner's that cites the first passage of `source`."""
    view = desk.library.view(OWNER, today=DAY)
    document = next(one for one in view.documents if one.source == source)
    passage = view.passages_of(document.id)[0]
    desk.records.start("c9", OWNER, "cli", "t", AT)
    desk.records.begin("t9", "c9", "k", "What?", None, AT)
    return desk.records.finish(
        "t9",
        answer("It is Walnut. [1]", source=source, passage=passage.id),
        trace(
            "It is Walnut.", source=source, passage=passage.id, content_hash=document.content_hash
        ),
        AT,
    )


def test_an_answer_on_a_source_that_may_not_be_read_is_withheld(desk):
    turn = _turn_on(desk, "board/merger.md")
    for reader, withheld in ((OWNER, False), (MANAGER, False), (ANA, True), (PUBLIC, True)):
        view = desk.library.view(reader, today=DAY)
        recalled = recall(turn, view)
        assert recalled.withheld is withheld
        assert ("Walnut" in repr(recalled.turn)) is not withheld
        [passage] = seen(turn.trace, view)
        assert passage.since is (Since.HIDDEN if withheld else Since.SAME)
        assert (passage.use.source == "") is withheld
        assert ("Walnut" in repr(checks(turn.trace, view))) is not withheld


def test_an_answer_on_a_source_that_is_gone_is_withheld_from_all_but_the_owner(desk, folder):
    turn = _turn_on(desk, "backup.md")
    (folder / "backup.md").unlink()
    desk.library.sync(folder)
    assert recall(turn, desk.library.view(ANA, today=DAY)).withheld
    owner = desk.library.view(OWNER, today=DAY)
    assert not recall(turn, owner).withheld
    assert [one.since for one in seen(turn.trace, owner)] == [Since.GONE]


def test_a_source_that_changed_is_told(desk, folder):
    turn = _turn_on(desk, "backup.md")
    (folder / "backup.md").write_text(f"{BACKUP}\n## 2 More\n\nAnd tested.\n", encoding="utf-8")
    desk.library.sync(folder)
    [one] = seen(turn.trace, desk.library.view(ANA, today=DAY))
    assert one.since in {Since.MOVED, Since.REPLACED}
    assert one.now_hash != one.use.content_hash
    assert not recall(turn, desk.library.view(ANA, today=DAY)).withheld
