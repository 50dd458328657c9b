import pytest

from knowledge.passages import Block, BlockKind
from knowledge.registers import (
    find_table,
    is_theme,
    is_total,
    keys_of,
    record,
    record_of,
    role_of,
    row_from_text,
    row_key,
)

RISKS = [
    ["Risk register v1.2, approved 2026-03-02", "", "", ""],
    ["Owner:", "CISO", "", ""],
    ["", "", "", ""],
    ["Risk ID", "Risk", "Risk owner", "Due date"],
    ["Technology", "", "", ""],
    ["R-14", "Ransomware", "Head of IT", "2026-06-30"],
    ["R-15", "Phishing", "CISO", "2026-05-01"],
    ["Total", "2", "", ""],
]


def test_the_header_is_found_below_title_rows() -> None:
    table = find_table(RISKS)
    assert table is not None
    assert (table.header_row, table.first_row, table.key_column) == (3, 4, 0)
    assert table.titles == ("Risk register v1.2, approved 2026-03-02", "Owner: CISO")


def test_theme_and_total_rows_are_told_from_records() -> None:
    header = RISKS[3]
    assert is_theme(RISKS[4], header)
    assert not is_theme(RISKS[5], header)
    assert is_total(RISKS[7])


def test_a_record_has_its_key_and_its_roles() -> None:
    found = record(RISKS[3], RISKS[5], 0)
    assert found.key == "R-14"
    assert (found.value("owner"), found.value("due")) == ("Head of IT", "2026-06-30")


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Control Ref.", "id"),
        ("Lfd. Nr.", "id"),
        ("#", "id"),
        ("Risk owner", "owner"),
        ("Verantwortlich", "owner"),
        ("Target date", "due"),
        ("Fällig am", "due"),
        ("Closure Date", "closed"),
        ("Erledigt am", "closed"),
        ("Status", "state"),
        ("Schweregrad", "grade"),
        ("Finding / Nonconformity", "description"),
        ("Supplier", "title"),
        ("Vendor contact", None),
        ("Owner of the risk", "owner"),
        ("Person in charge", "owner"),
        ("Next check", "due"),
        ("Streefdatum", "due"),
    ],
)
def test_columns_have_roles_by_their_names(header: str, role: str | None) -> None:
    assert role_of(header) == role


@pytest.mark.parametrize("key", ["A.8.12", "R-14", "CAR-2026-007", "SUP-001", "5.10", "#12"])
def test_ids_are_keys(key: str) -> None:
    assert row_key(key) == key


@pytest.mark.parametrize("text", ["Head of IT", "2 of 3 open", "Yes", ""])
def test_words_are_not_keys(text: str) -> None:
    assert row_key(text) is None


def test_a_header_over_two_lines_is_joined() -> None:
    rows = [
        ["ID", "Risk", "Impact", "", "Owner"],
        ["", "", "Financial", "Legal", ""],
        ["R-1", "Fire", "3", "2", "COO"],
    ]
    table = find_table(rows)
    assert table is not None
    assert table.header == ("ID", "Risk", "Impact / Financial", "Impact / Legal", "Owner")
    assert table.first_row == 2


def test_an_ordinal_before_the_ids_is_not_the_key() -> None:
    header = ["No.", "Control ID", "Applicable"]
    rows = [["1", "A.5.1", "yes"], ["2", "A.5.2", "no"], ["3", "A.5.3", "yes"]]
    assert keys_of(header, rows) == ["A.5.1", "A.5.2", "A.5.3"]


def test_a_prose_table_has_no_keys() -> None:
    header = ["Class", "Meaning", "Example"]
    rows = [["Public", "For everyone", "Website"], ["Internal", "For staff", "Intranet"]]
    assert keys_of(header, rows) is None


def test_a_record_is_read_back_from_its_text() -> None:
    found = row_from_text("ID: R-14 | Owner: CISO | Note: see: annex", "R-14")
    assert (found.key, found.value("owner")) == ("R-14", "CISO")
    assert ("Note", "see: annex") in found.cells


def test_a_block_is_read_as_a_record() -> None:
    block = Block(
        BlockKind.TABLE_ROW, "", header=("ID", "Status"), cells=("C-1", "Open"), row="C-1"
    )
    assert (record_of(block).key, record_of(block).value("state")) == ("C-1", "Open")
