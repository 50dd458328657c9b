from datetime import date

import pytest

from knowledge.parsing.dates import find_dates, find_month
from knowledge.parsing.facts import find_facts
from knowledge.parsing.marks import language_of, status_of
from knowledge.passages import Block, BlockKind, Facts, Status


def heading(text: str, level: int = 1, number: str | None = None) -> Block:
    return Block(BlockKind.HEADING, text, level=level, number=number)


def line(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def row(*cells: str, header: tuple[str, ...] = (), table: int = 0) -> Block:
    text = " | ".join(cells)
    return Block(BlockKind.TABLE_ROW, text, table=table, header=header, cells=cells)


def facts_of(*lines: str, source: str = "policy.md", **printed: object) -> Facts:
    blocks = [heading("Some policy"), *map(line, lines)]
    return find_facts(source, blocks, **printed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Document ID", "POL-05"),
        ("Doc. No.", "ISMS-POL-001"),
        ("Document Ref", "QMS.7.3"),
        ("Dokumenten-Nr.", "RL-07"),
        ("Dokumentennummer", "IS-RL-2024-07"),
        ("Référence", "PSSI-03"),
    ],
)
def test_the_identifier_is_found_under_many_labels(label: str, value: str) -> None:
    assert facts_of(f"{label}: {value}").identifier == value


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Approved", Status.APPROVED),
        ("In force", Status.APPROVED),
        ("Freigegeben", Status.APPROVED),
        ("gültig", Status.APPROVED),
        ("ungültig", Status.RETIRED),
        ("Draft v0.3", Status.DRAFT),
        ("To be approved", Status.DRAFT),
        ("Not yet approved", Status.DRAFT),
        ("Entwurf", Status.DRAFT),
        ("Superseded by STD-04 v1.4", Status.RETIRED),
        ("Zurückgezogen", Status.RETIRED),
        ("External document", Status.EXTERNAL),
        ("Blue", Status.UNKNOWN),
    ],
)
def test_a_status_is_read_in_the_words_people_use(said: str, status: Status) -> None:
    assert status_of(said) is status
    assert facts_of(f"Status: {said}").status is status


def test_a_status_is_never_guessed_from_absence() -> None:
    assert facts_of("Version: 2.0", "Owner: CISO").status is Status.UNKNOWN


def test_an_approval_with_a_date_is_evidence_of_approval() -> None:
    facts = facts_of("Approved by the Executive Board on 2 March 2026.")
    assert (facts.status, facts.approver) == (Status.APPROVED, "the Executive Board")
    assert facts.approved == date(2026, 3, 2)


def test_a_pending_approval_is_no_approval() -> None:
    facts = facts_of("Approved by: pending", "Approval date: TBD")
    assert (facts.status, facts.approver, facts.approved) == (Status.UNKNOWN, None, None)


@pytest.mark.parametrize("empty", ["[OWNER_ROLE]", "TBD", "-", "n/a", "<owner>", "{{ owner }}"])
def test_a_placeholder_is_not_a_fact(empty: str) -> None:
    assert facts_of(f"Owner: {empty}").owner is None


def test_a_role_with_a_name_is_kept_as_written() -> None:
    assert facts_of("Owner: CEO (Ines Falk)").owner == "CEO (Ines Falk)"


def test_several_facts_share_a_line() -> None:
    facts = facts_of("Document ID: POL-09  Version: 1.4  Status: Draft | Owner: Head of IT")
    assert (facts.identifier, facts.version, facts.owner) == ("POL-09", "1.4", "Head of IT")
    assert facts.status is Status.DRAFT


@pytest.mark.parametrize(
    ("written", "read"),
    [("v3.1", "3.1"), ("2.0 (final)", "2.0"), ("Rev. B", "B"), ("Version 4", "4")],
)
def test_a_version_loses_its_ornaments(written: str, read: str) -> None:
    assert facts_of(f"Version: {written}").version == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("2 March 2026", date(2026, 3, 2)),
        ("March 2nd, 2026", date(2026, 3, 2)),
        ("02.03.2026", date(2026, 3, 2)),
        ("2. März 2026", date(2026, 3, 2)),
        ("2 de marzo de 2026", date(2026, 3, 2)),
        ("25/03/2026", date(2026, 3, 25)),
        ("03/25/2026", date(2026, 3, 25)),
        ("02-Mar-2026", date(2026, 3, 2)),
    ],
)
def test_dates_are_read_as_they_are_written(text: str, expected: date) -> None:
    assert [found for found, _, _ in find_dates(f"on {text}, at noon")] == [expected]


@pytest.mark.parametrize("text", ["02/03/2026", "10.1.2.3", "2026-13-40", "version 1.2.3"])
def test_what_is_ambiguous_or_no_date_is_not_read(text: str) -> None:
    assert find_dates(text) == ()


def test_another_date_of_the_document_tells_how_slashes_are_meant() -> None:
    facts = facts_of("Approved on: 02/03/2026", "Next review: 25/12/2026")
    assert facts.approved == date(2026, 3, 2)


def test_german_control_tables_are_read() -> None:
    rows = [
        ("Version", "2.0"),
        ("Verantwortlich", "ISB"),
        ("Freigegeben durch", "Geschäftsführung am 02.03.2026"),
        ("Gültig ab", "15.03.2026"),
        ("Nächste Überprüfung", "02.03.2027"),
        ("Klassifizierung", "Intern"),
        ("Ersetzt", "RL-07 v1.4"),
    ]
    facts = find_facts("x.docx", [heading("Richtlinie"), *(row(*cells) for cells in rows)])
    assert (facts.version, facts.owner, facts.classification) == ("2.0", "ISB", "Intern")
    assert (facts.approver, facts.approved) == ("Geschäftsführung", date(2026, 3, 2))
    assert (facts.effective, facts.next_review) == (date(2026, 3, 15), date(2027, 3, 2))
    assert facts.supersedes == ("RL-07 v1.4",)


def test_a_table_that_reads_across_is_a_control_table_too() -> None:
    header = ("Document ID", "Version", "Owner")
    facts = find_facts("x.docx", [heading("P"), row("POL-2", "1.1", "CISO", header=header)])
    assert (facts.identifier, facts.version, facts.owner) == ("POL-2", "1.1", "CISO")


def test_the_history_gives_the_latest_version_only_if_nothing_else_does() -> None:
    header = ("Version", "Date", "Author", "Change")
    history = [
        row("1.10", "2026-01-05", "AB", "Second", header=header),
        row("1.9", "2024-01-05", "AB", "First", header=header),
    ]
    alone = find_facts("x.docx", [heading("P"), *history])
    assert (alone.version, alone.effective) == ("1.10", date(2026, 1, 5))
    told = find_facts("x.docx", [heading("P"), line("Version: 2.0"), *history])
    assert (told.version, told.effective, told.status) == ("2.0", None, Status.UNKNOWN)


def test_front_matter_is_trusted_more_than_the_page_and_the_file_name() -> None:
    facts = facts_of(
        "Version: 2.0",
        source="POL-05_v1.0.md",
        metadata={"version": 3.1},
        header_lines=["POL-05 | Version 2.5 | Internal"],
    )
    assert (facts.version, dict(facts.found_in)["version"]) == ("3.1", "front matter")
    assert (facts.identifier, dict(facts.found_in)["identifier"]) == ("POL-05", "header")
    assert facts.classification == "Internal"


def test_the_file_name_speaks_when_nothing_else_does() -> None:
    facts = facts_of("Text.", source="old/STD-04_Backup_Standard_v1.3_RETIRED.docx")
    assert (facts.identifier, facts.version) == ("STD-04", "1.3")
    assert (facts.status, dict(facts.found_in)["status"]) == (Status.RETIRED, "file name")


def test_a_subject_in_a_file_name_is_no_status() -> None:
    assert facts_of("Text.", source="Supplier_Draft_Review_Guide.md").status is Status.UNKNOWN


def test_a_mark_of_retirement_outranks_an_older_approval() -> None:
    facts = facts_of("RETIRED - replaced by STD-04 v1.4", "Status: Approved")
    assert facts.status is Status.RETIRED


def test_standards_are_not_taken_for_identifiers() -> None:
    facts = find_facts("x.pdf", [heading("ISO-27001 handbook")], header_lines=["TLS-1 | AES-256"])
    assert facts.identifier is None


def test_the_header_of_a_document_claims_its_controls() -> None:
    assert facts_of("Annex A controls: A.5.15, 5.16").controls == ("A.5.15", "A.5.16")


def test_rules_in_the_body_are_not_document_facts() -> None:
    blocks = [
        heading("Asset policy"),
        heading("1 Labels", 2, "1"),
        line("Status: retired or active"),
    ]
    assert find_facts("x.md", blocks).status is Status.UNKNOWN


def test_the_title_does_not_repeat_the_identifier() -> None:
    facts = find_facts("x.md", [heading("POL-05 Access Control Policy v3.1")])
    assert (facts.title, facts.identifier) == ("Access Control Policy", "POL-05")


def test_a_generic_first_heading_is_no_title() -> None:
    facts = find_facts("docs/backup-standard.md", [heading("Table of contents")])
    assert facts.title == "Backup standard"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The keys of the vault must be kept by the owner and not be shared.", "en"),
        (
            "Die Schlüssel sind von dem Verantwortlichen zu verwahren und werden nicht geteilt.",
            "de",
        ),
        ("Les clés doivent être conservées par le responsable et ne sont pas partagées.", "fr"),
        ("Las claves se guardan por el responsable y no se comparten con los demás.", "es"),
        ("Firewall VLAN EDR", "en"),
    ],
)
def test_the_language_is_told_by_its_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_organisations_name_above_the_title_does_not_end_the_opening() -> None:
    blocks = [line("Example Works GmbH"), heading("Passwords"), line("Document ID: POL-31")]
    assert find_facts("p.docx", blocks).identifier == "POL-31"


def test_a_control_table_counts_at_the_end_of_the_last_section_too() -> None:
    blocks = [
        heading("Remote work"),
        heading("4 Privacy", number="4"),
        line("Screens are shielded."),
        row("Fassung", "2.2"),
        row("Gültig ab", "01.07.2025"),
        row("Freigegeben von", "Dr. Ada Berg"),
        row("Eigentümer", "Personalabteilung"),
    ]
    facts = find_facts("p.md", blocks)
    assert (facts.version, facts.owner, facts.approver) == (
        "2.2",
        "Personalabteilung",
        "Dr. Ada Berg",
    )
    assert (facts.effective, facts.status) == (date(2025, 7, 1), Status.APPROVED)


def test_a_list_of_documents_in_the_text_states_no_fact_of_this_one() -> None:
    header = ("Document ID", "Version", "Owner")
    blocks = [
        heading("Overview"),
        heading("2 Documents", number="2"),
        row("POL-01", "1.0", "CISO", header=header),
        row("POL-02", "2.0", "HR", header=header),
    ]
    facts = find_facts("overview.docx", blocks)
    assert (facts.identifier, facts.version, facts.owner) == (None, None, None)


def test_a_related_document_in_a_table_of_one_row_is_another_document() -> None:
    header = ("Document ID", "Title", "Approved by")
    blocks = [
        heading("Overview"),
        heading("2 Related", number="2"),
        row("POL-02", "Access", "CISO", header=header),
    ]
    facts = find_facts("overview.docx", blocks)
    assert (facts.identifier, facts.approver) == (None, None)


def test_one_row_of_values_under_labels_is_read_wherever_it_stands() -> None:
    header = ("Version", "Approved by", "Approved on")
    blocks = [
        heading("Overview"),
        heading("2 Rules", number="2"),
        line("Doors are locked."),
        row("2.0", "CISO", "2026-03-02", header=header),
    ]
    facts = find_facts("overview.docx", blocks)
    assert (facts.version, facts.approver, facts.approved) == ("2.0", "CISO", date(2026, 3, 2))


@pytest.mark.parametrize(
    "said",
    [
        "RL-06, Version 1.1, gültig ab 1. Oktober 2025, Freigabe: ISMS-Board am 18.09.2025",
        "RL-06 · Version 1.1 · gültig ab 01.10.2025 · Freigabe: ISMS-Board am 18.09.2025",
    ],
)
def test_facts_side_by_side_on_one_line_are_all_read(said: str) -> None:
    facts = find_facts("p.docx", [heading("Klassifizierung"), line(said)])
    assert (facts.identifier, facts.version, facts.approver) == ("RL-06", "1.1", "ISMS-Board")
    assert (facts.effective, facts.approved) == (date(2025, 10, 1), date(2025, 9, 18))


def test_a_row_of_signatures_names_approver_and_day() -> None:
    blocks = [
        heading("Suppliers"),
        heading("2 Rating", number="2"),
        line("Suppliers are rated."),
        row("Erstellt", "M. Gruber", "Einkauf", "02.03.2025", table=1),
        row("Freigegeben", "K. Berg", "CEO", "10.03.2025", table=1),
    ]
    facts = find_facts("p.docx", blocks)
    assert (facts.approver, facts.approved) == ("K. Berg, CEO", date(2025, 3, 10))


def test_an_approval_that_closes_the_text_counts() -> None:
    blocks = [
        heading("Passwords"),
        heading("1 Length", number="1"),
        line("Passwords have 14 characters."),
        line("Freigegeben durch die Geschäftsführung am 22.04.2025"),
    ]
    facts = find_facts("p.docx", blocks)
    assert (facts.approver, facts.approved) == ("Geschäftsführung", date(2025, 4, 22))


def test_the_version_of_the_successor_is_not_the_versions_own() -> None:
    facts = facts_of("UNGÜLTIG – ersetzt durch Rev. C", "Revision: Rev. B")
    assert (facts.version, facts.status) == ("B", Status.RETIRED)


@pytest.mark.parametrize(
    ("source", "said", "status"),
    [
        ("policies/Archiv/pol.docx", "Status: freigegeben", Status.RETIRED),
        ("02 Entwürfe/pol.docx", "Version: 3", Status.DRAFT),
        ("02 Entwürfe/pol.docx", "Status: approved", Status.APPROVED),
        ("06 Extern/paper.pdf", "Backups are kept for 7 days.", Status.EXTERNAL),
        ("policies/archive rules/pol.docx", "Status: approved", Status.APPROVED),
    ],
)
def test_a_folder_named_for_a_status_gives_it(source: str, said: str, status: Status) -> None:
    assert facts_of(said, source=source).status is status


def test_a_status_in_the_brackets_of_a_title_counts() -> None:
    blocks = [heading("Example Cloud: whitepaper (vendor document)"), line("We encrypt.")]
    assert find_facts("w.txt", blocks).status is Status.EXTERNAL


def test_an_id_written_with_a_space_is_read_where_ids_stand() -> None:
    facts = facts_of("We use TLS 1.2.", header_lines=["QMH 7.3", "Ausgabe 5"])
    assert (facts.identifier, facts.version) == ("QMH 7.3", "5")
    assert facts_of("We use it.", header_lines=["TLS 1.2"]).identifier is None


def test_the_next_review_may_stand_in_a_sentence_of_the_last_section() -> None:
    blocks = [
        heading("Policy"),
        heading("5 Review", number="5"),
        line("It is reviewed yearly. Nächste Überprüfung: 31.01.2027."),
    ]
    assert find_facts("p.docx", blocks).next_review == date(2027, 1, 31)


def test_a_status_that_is_also_a_label_is_read_as_the_value() -> None:
    blocks = [heading("Record"), row("Identifier", "CERT-01"), row("Status", "Approved")]
    assert find_facts("r.pdf", blocks).status is Status.APPROVED


def test_a_wikis_space_and_the_id_are_no_part_of_the_title() -> None:
    blocks = [
        heading("ISMS : RL-12 Kryptografie"),
        row("Dokument-ID", "RL-12"),
        row("Version", "1"),
    ]
    assert find_facts("p.html", blocks).title == "Kryptografie"


def test_a_register_with_hardly_a_sentence_is_german_by_its_umlauts() -> None:
    row_text = "Maßnahme: DLP einführen | Zuständig: Leitung IT | Status: in Arbeit"
    assert language_of("\n".join([row_text] * 3)) == "de"
    assert language_of("The owner of the Müller site reports to the board for Köln.") == "en"


def test_two_labels_in_one_cell_have_two_values() -> None:
    blocks = [
        heading("Records"),
        row("Version / status", "2.0 / Approved"),
        row("Approved by / date", "CEO / 2025-05-02"),
    ]
    facts = find_facts("r.docx", blocks)
    assert (facts.version, facts.status) == ("2.0", Status.APPROVED)
    assert (facts.approver, facts.approved) == ("CEO", date(2025, 5, 2))


def test_columns_of_signatures_name_approver_and_day() -> None:
    header = ("Prepared by", "Reviewed by", "Approved by")
    blocks = [
        heading("Records"),
        row("A. Smith", "B. Jones", "C. Brown", header=header),
        row("2025-01-02", "2025-01-05", "2025-01-09", header=header),
    ]
    facts = find_facts("r.docx", blocks)
    assert (facts.approver, facts.approved) == ("C. Brown", date(2025, 1, 9))


def test_the_words_of_hospitals_are_understood() -> None:
    facts = facts_of(
        "Ratified by: Governance Committee", "Date Ratified: 14 March 2025", "Policy Lead: Matron"
    )
    assert (facts.approver, facts.owner) == ("Governance Committee", "Matron")
    assert facts.approved == date(2025, 3, 14)


def test_a_status_behind_the_version_counts() -> None:
    assert facts_of("Version: 1.4 (draft)").status is Status.DRAFT


@pytest.mark.parametrize("said", ["Approved: Board, 10 May 2025", "Freigegeben: Board 10.05.2025"])
def test_who_stands_next_to_an_approvals_day_approved(said: str) -> None:
    facts = facts_of(said)
    assert (facts.approver, facts.approved) == ("Board", date(2025, 5, 10))


def test_approved_yes_names_nobody() -> None:
    assert facts_of("Approved: Yes, 10 May 2025").approver is None


def test_brackets_that_name_the_subject_are_no_status() -> None:
    assert find_facts("a.docx", [heading("Audits (external)")]).status is Status.UNKNOWN


def test_dutch_control_tables_are_read() -> None:
    facts = find_facts(
        "huisregels.docx",
        [
            heading("Huisregels"),
            row("Documentnummer", "HR-NL-05"),
            row("Revisie", "2"),
            row("Eigenaar", "Terminalmanager"),
            row("Goedgekeurd door", "Directie"),
            row("Datum goedkeuring", "3 juni 2026"),
            row("Ingangsdatum", "1 juli 2026"),
        ],
    )
    assert (facts.identifier, facts.version, facts.owner) == ("HR-NL-05", "2", "Terminalmanager")
    assert (facts.approved, facts.effective) == (date(2026, 6, 3), date(2026, 7, 1))


def test_a_review_due_in_a_month_is_due_on_its_last_day() -> None:
    assert facts_of("Next review due: June 2028").next_review == date(2028, 6, 30)
    assert facts_of("Review by: 02/2028").next_review == date(2028, 2, 29)


def test_a_rule_in_force_from_a_month_begins_on_the_first() -> None:
    assert facts_of("Effective from: March 2026").effective == date(2026, 3, 1)


def test_no_day_is_made_up_for_an_approval_in_a_month() -> None:
    facts = facts_of("Approved on: March 2026")
    assert (facts.approved, facts.status) == (None, Status.APPROVED)


def test_a_review_due_in_a_quarter_is_due_on_its_last_day() -> None:
    assert facts_of("Next review: Q3 2026").next_review == date(2026, 9, 30)
    assert facts_of("Nächste Überprüfung: 4. Quartal 2026").next_review == date(2026, 12, 31)


def test_a_year_of_two_digits_is_read_where_a_date_is_expected() -> None:
    facts = facts_of("Approved: 31/03/26, Jane Doe (COO)", "Next review: 30-Apr-27")
    assert (facts.approved, facts.approver) == (date(2026, 3, 31), "Jane Doe (COO)")
    assert facts.next_review == date(2027, 4, 30)


@pytest.mark.parametrize("text", ["12 March 2026", "2026", "in the spring of 2026", "13/2026"])
def test_only_a_month_with_its_year_is_a_month(text: str) -> None:
    assert find_month(text) is None


def test_a_date_written_out_tells_how_the_same_date_in_figures_is_meant() -> None:
    facts = facts_of(
        "Date of approval: 12 February 2026", "Effective: 03/04/2026", "Revised: 12/02/2026"
    )
    assert facts.effective == date(2026, 4, 3)


def test_a_date_in_the_text_tells_how_slashes_are_meant() -> None:
    facts = find_facts(
        "policy.md",
        [
            heading("Access policy"),
            line("Approved: 05/11/2025"),
            heading("1 Rules", 2, "1"),
            line("The exception for the old consoles ends on 31/03/2027."),
        ],
    )
    assert facts.approved == date(2025, 11, 5)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en-IE", date(2025, 11, 5)), ("en_GB", date(2025, 11, 5)), ("en-US", None), ("en", None)],
)
def test_the_stated_region_tells_how_slashes_are_meant(
    language: str, expected: date | None
) -> None:
    facts = find_facts(
        "policy.html",
        [heading("Access policy"), line("Approved: 05/11/2025")],
        metadata={"language": language},
    )
    assert facts.approved == expected
