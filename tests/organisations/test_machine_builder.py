"""A whole organisation with other habits than the sample's, from its files to cited answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import machine_builder
import pytest
from hand_made import HashEmbedder

from assistant.advisor import Advisor, open_advisor
from assistant.domain.answer import Answer, Kind
from assistant.settings import read_settings
from knowledge.controls import register
from knowledge.passages import OWNER, PUBLIC, Document, Reader, Standing, Status
from knowledge.soa import Applicability, Implementation
from knowledge.syncing import SyncReport
from knowledge.view import View

TODAY = date(2026, 11, 24)
CRISIS_TEAM = Reader(id="eder", groups=frozenset({"krisenstab"}))


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Advisor, SyncReport]]:
    root = tmp_path_factory.mktemp("organisation")
    machine_builder.build(root / "Dokumente")
    workspace = root / "workspace"
    workspace.mkdir()
    (workspace / "access.yaml").write_text(
        f'rules:\n  - {{path: "{machine_builder.RESTRICTED}", read: [krisenstab]}}\n'
    )
    settings = read_settings(workspace=workspace, today=TODAY, environment={})
    advisor = open_advisor(settings, embedder=HashEmbedder("organisation", 32))
    report = advisor.library.sync(root / "Dokumente")
    yield advisor, report
    advisor.close()


@pytest.fixture(scope="module")
def advisor(indexed: tuple[Advisor, SyncReport]) -> Advisor:
    return indexed[0]


@pytest.fixture(scope="module")
def view(advisor: Advisor) -> View:
    return advisor.view(OWNER)


def named(view: View, part: str) -> Document:
    (found,) = [document for document in view.documents if part in document.source]
    return found


@pytest.mark.parametrize(
    ("part", "title", "identifier", "version", "owner", "approver", "approved", "effective"),
    [
        ("Leitlinie.docx", "Leitlinie zur Informationssicherheit", "ISMS-LL-001", "4.1", None,
         "Dr. Karin Berg (Geschäftsführung)", date(2026, 1, 15), date(2026, 2, 1)),
        ("Zugriffssteuerung.docx", "Richtlinie Zugriffssteuerung", "ISMS-RL-004", "C",
         "Leitung IT", "Dr. Karin Berg", date(2026, 2, 20), date(2026, 3, 1)),
        ("Rev_B", "Richtlinie Zugriffssteuerung", "ISMS-RL-004", "B", "Leitung IT",
         "Dr. Karin Berg", date(2024, 1, 10), date(2024, 2, 1)),
        ("Passwortrichtlinie", "Passwortrichtlinie", None, "D", "Leitung IT", "Geschäftsführung",
         date(2025, 4, 22), date(2025, 5, 1)),
        ("Acceptable", "Acceptable Use of IT Equipment", "ISMS-RL-007", "2", None,
         "T. Eder (CISO)", date(2026, 3, 12), None),
        ("Klassifizierung", "Klassifizierung von Informationen", "ISMS-RL-006", "1.1", None,
         "ISMS-Board", date(2025, 9, 18), date(2025, 10, 1)),
        ("Arbeiten.md", "Mobiles Arbeiten und Homeoffice", "ISMS-RL-009", "2.2",
         "Personalabteilung", "Dr. Karin Berg", None, date(2025, 7, 1)),
        ("Kryptografie", "Kryptografie", "ISMS-RL-012", "1.3", "Markus Leitner", "ISMS-Board",
         None, date(2026, 2, 10)),
        ("KI-Nutzung", "Nutzung generativer KI", "ISMS-RL-014", "1.0", None, None,
         date(2026, 11, 10), date(2027, 3, 1)),
        ("Patchmanagement", "Patchmanagement", "SOP-IT-07", "E", "Leitung IT-Betrieb", "CIO",
         date(2025, 9, 1), date(2025, 9, 15)),
        ("QMH 7.3", "Lieferantenbewertung", "QMH 7.3", "5", None, "K. Berg", date(2025, 3, 10),
         None),
    ],
)  # fmt: skip
def test_the_facts_of_a_document_are_those_that_a_careful_person_reads(
    view: View,
    part: str,
    title: str,
    identifier: str | None,
    version: str,
    owner: str | None,
    approver: str | None,
    approved: date | None,
    effective: date | None,
) -> None:
    facts = named(view, part).facts
    assert (facts.title, facts.identifier, facts.version) == (title, identifier, version)
    assert (facts.owner, facts.approver) == (owner, approver)
    assert (facts.approved, facts.effective) == (approved, effective)


@pytest.mark.parametrize(
    ("part", "standing"),
    [
        ("Zugriffssteuerung.docx", Standing.IN_FORCE),
        ("Rev_B", Standing.RETIRED),
        ("Entwürfe", Standing.DRAFT),
        ("Arbeiten.md", Standing.IN_FORCE),
        ("KI-Nutzung", Standing.NOT_YET),
        ("NetShield", Standing.EXTERNAL),
        ("SoA 2026", Standing.IN_FORCE),
        ("SoA 2024", Standing.RETIRED),
    ],
)
def test_a_document_stands_where_its_marks_and_its_folder_put_it(
    view: View, part: str, standing: Standing
) -> None:
    assert view.standing(named(view, part).id) is standing


def test_the_version_of_a_former_day_is_in_force_on_that_day(advisor: Advisor) -> None:
    then = advisor.view(OWNER, as_of=date(2024, 6, 1))
    assert then.standing(named(then, "Rev_B").id) is Standing.IN_FORCE
    assert then.standing(named(then, "Zugriffssteuerung.docx").id) is Standing.NOT_YET


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(
    indexed: tuple[Advisor, SyncReport],
) -> None:
    report = indexed[1]
    assert {(one.source, one.code) for one in report.failures} == {
        ("03 Verfahren/Angebot.docx", "bomb"),
        ("03 Verfahren/Störung defekt.docx", "corrupt"),
        ("03 Verfahren/alt.doc", "unsupported"),
        ("03 Verfahren/leer.docx", "empty"),
    }
    assert report.skipped == ()
    assert report.pending_soa == ()


def test_the_statement_on_theme_sheets_has_its_93_controls_under_their_true_ids(
    view: View,
) -> None:
    soa = view.soa()
    assert soa is not None
    assert soa.version == "3.0"
    assert (len(soa.rows), soa.counts().excluded, soa.counts().partial) == (93, 1, 1)
    assert {row.control_id for row in soa.rows} == {one.id for one in register().controls}
    assert [row.control_id for row in soa.where(applicable=Applicability.NO)] == ["A.8.30"]
    assert [row.control_id for row in soa.where(status=Implementation.PARTIAL)] == ["A.8.12"]


def test_sections_that_word_counts_and_pages_are_cited(view: View) -> None:
    access = view.passages_of(named(view, "Zugriffssteuerung.docx").id)
    by_text = {passage.text: passage.locator.section for passage in access}
    assert by_text["Passwörter müssen mindestens 12 Zeichen lang sein."] == "2.1"
    (usb,) = [
        passage
        for passage in view.passages_of(named(view, "Acceptable").id)
        if "USB" in passage.text
    ]
    assert (usb.locator.section, usb.locator.page) == ("2. Removable media", 1)


def test_pending_changes_are_not_yet_the_rule(view: View) -> None:
    document = named(view, "Klassifizierung")
    texts = [passage.text for passage in view.passages_of(document.id)]
    assert "Vertrauliche Unterlagen werden nach 6 Jahren vernichtet." in texts
    assert document.notes == (
        "2 tracked changes pending: read as if rejected",
        "1 comment left out",
    )


def test_register_rows_carry_their_keys(view: View) -> None:
    rows = {
        passage.locator.row
        for part in ("Risikoregister", "Maßnahmenplan")
        for passage in view.passages_of(named(view, part).id)
    }
    assert {"R-AT-01", "R-DE-02", "R-AT-04", "M-2026-01", "M-2026-02", "M-2026-03"} <= rows


def ask(advisor: Advisor, question: str, reader: Reader = PUBLIC) -> Answer:
    return advisor.ask(question, reader=reader)


@pytest.mark.parametrize(
    ("question", "source", "quote"),
    [
        ("Wann werden gesperrte Konten gelöscht?", "Zugriffssteuerung.docx", "nach 90 Tagen"),
        ("Darf ich im Ausland mobil arbeiten?", "Arbeiten.md", "aus dem Ausland ist untersagt"),
        ("Nach wie vielen Fehlversuchen wird das Konto gesperrt?", "Passwort", "5 Fehlversuchen"),
        ("Wie oft werden privilegierte Konten überprüft?", "RL-004_Z", "vierteljährlich"),
        ("Are USB sticks allowed?", "Acceptable", "USB sticks are blocked"),
        ("Can I forward company mail to an external mailbox?", "Acceptable", "forwarding"),
        ("Wie oft werden A-Lieferanten bewertet?", "QMH 7.3", "jährlich"),
        ("Ist A.8.30 anwendbar?", "SoA 2026", "keine Software extern"),
        ("Was ist Risiko R-AT-04?", "Risikoregister", "Veraltete Steuerungen"),
        ("Wer ist für M-2026-02 zuständig?", "Maßnahmenplan", "Leitung IT-Betrieb"),
    ],
)
def test_an_answer_cites_the_document_that_says_so(
    advisor: Advisor, question: str, source: str, quote: str
) -> None:
    answer = ask(advisor, question)
    assert answer.kind in (Kind.ANSWER, Kind.CONFLICT)
    assert any(source in one.source and quote in one.quote for one in answer.citations)


def test_two_rules_on_one_number_are_shown_as_a_conflict(advisor: Advisor) -> None:
    answer = ask(advisor, "Wie lang muss ein Passwort mindestens sein?")
    assert answer.kind is Kind.CONFLICT
    assert "12 Zeichen" in answer.text
    assert "14 Zeichen" in answer.text
    assert "4 characters" not in answer.text


def test_the_restricted_report_is_for_its_group_alone(advisor: Advisor) -> None:
    question = "Wie viele Server wurden in Graz verschlüsselt?"
    assert "14 Server" in ask(advisor, question, CRISIS_TEAM).text
    answer = ask(advisor, question)
    assert "14 Server" not in answer.text
    assert not any("Vertraulich/" in one.source for one in answer.citations)


def test_what_nothing_says_is_not_found(advisor: Advisor) -> None:
    assert ask(advisor, "Wie viele Urlaubstage habe ich?").kind is Kind.NOT_FOUND


def test_a_retired_status_of_the_folder_is_a_fact(view: View) -> None:
    assert named(view, "SoA 2024").facts.status is Status.RETIRED
