import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from openpyxl.styles import PatternFill

from knowledge.chunking import split
from knowledge.parsing import html, markdown, plain, sheet
from knowledge.parsing.errors import DocumentError
from knowledge.parsing.limits import Limits
from knowledge.passages import BlockKind, ParsedDocument, Status

H, P, LI, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def md(text: str) -> ParsedDocument:
    return markdown.read(text.encode(), "doc.md", Limits())


def web(text: str) -> ParsedDocument:
    return html.read(text.encode(), "doc.html", Limits())


def txt(text: str | bytes) -> ParsedDocument:
    data = text if isinstance(text, bytes) else text.encode()
    return plain.read(data, "doc.txt", Limits())


def csv(text: str | bytes, name: str = "register.csv") -> ParsedDocument:
    data = text if isinstance(text, bytes) else text.encode()
    return sheet.read(data, name, Limits())


def xlsx(book: Workbook) -> ParsedDocument:
    buffer = io.BytesIO()
    book.save(buffer)
    return sheet.read(buffer.getvalue(), "register.xlsx", Limits())


def shape(parsed: ParsedDocument) -> list[tuple[BlockKind, str, str | None]]:
    return [(b.kind, b.text, b.number) for b in parsed.blocks]


# Markdown


def test_front_matter_gives_facts_and_rights_and_is_no_text() -> None:
    parsed = md(
        "---\ntitle: Keys\nstatus: approved\napproved: 2026-03-02\nread: [board]\n---\nHi.\n"
    )
    assert (parsed.facts.title, parsed.facts.status) == ("Keys", Status.APPROVED)
    assert (parsed.facts.approved, parsed.read) == (date(2026, 3, 2), ("board",))
    assert shape(parsed) == [(P, "Hi.", None)]


def test_rights_may_be_one_word() -> None:
    assert md("---\nread: board, hr\n---\nHi.\n").read == ("board", "hr")


@pytest.mark.parametrize(
    "matter", ["title: [unclosed", "a: &x [1]\nb: *x", "x: !!python/object/apply:os.system [ls]"]
)
def test_broken_front_matter_is_noted_and_the_text_is_read(matter: str) -> None:
    parsed = md(f"---\n{matter}\n---\n# Title\n\nText.\n")
    assert any("front matter" in note for note in parsed.notes)
    assert [b.text for b in parsed.blocks if b.kind is P][-1] == "Text."


def test_emphasis_links_images_and_comments_leave_only_text() -> None:
    parsed = md("See **the** [policy](http://x.y) ![logo](a.png) `now`.<!-- secret -->\n")
    assert [b.text for b in parsed.blocks] == ["See the policy now."]
    assert parsed.notes == ("1 comment left out",)


def test_numbered_headings_and_paragraphs_have_their_numbers() -> None:
    parsed = md("## 4 Access\n\n4.1 Rights are given.\n\n**4.2** Rights are reviewed.\n")
    assert shape(parsed) == [
        (H, "4 Access", "4"),
        (P, "4.1 Rights are given.", "4.1"),
        (P, "4.2 Rights are reviewed.", "4.2"),
    ]


def test_nested_ordered_lists_have_computed_numbers_and_depths() -> None:
    parsed = md("3. One\n4. Two\n   1. Deep\n\n- Dot\n")
    assert [(b.text, b.number, b.level) for b in parsed.blocks] == [
        ("One", "3", 1),
        ("Two", "4", 1),
        ("Deep", "4.1", 2),
        ("Dot", None, 1),
    ]


def test_a_bold_line_is_a_heading_and_a_bold_formula_is_not() -> None:
    parsed = md("# T\n\n**Roles and duties**\n\nThe score is:\n\n**Score = A × B**\n")
    assert [b.kind for b in parsed.blocks] == [H, H, P, P]


def test_table_rows_carry_their_header() -> None:
    parsed = md("| Class | Rule |\n|---|---|\n| **Secret** | Lock `it` |\n")
    (row,) = parsed.blocks
    assert (row.text, row.cells) == ("Class: Secret | Rule: Lock it", ("Secret", "Lock it"))


def test_a_control_table_without_a_header_is_keys_and_values() -> None:
    parsed = md("| Document ID | POL-5 |\n|---|---|\n| Version | 2 |\n| Owner | CISO |\n\nText.\n")
    assert [b.text for b in parsed.blocks[:3]] == [
        "Document ID: POL-5",
        "Version: 2",
        "Owner: CISO",
    ]
    assert (parsed.facts.identifier, parsed.facts.version) == ("POL-5", "2")


# HTML


def test_what_a_reader_does_not_see_is_left_out() -> None:
    parsed = web(
        "<body><nav>Menu</nav><script>x</script><p>Seen.</p><p style='display: none'>No.</p>"
        "<p hidden>No.</p><span aria-hidden='true'>No.</span><!-- No. --></body>"
    )
    assert [b.text for b in parsed.blocks] == ["Seen."]
    assert parsed.notes == ("3 hidden texts left out", "1 comment left out")


def test_the_site_around_the_document_is_left_out() -> None:
    parsed = web(
        "<header><a>Home</a></header><aside><h3>In this area</h3></aside>"
        "<main><h1>Incident procedure</h1><p>Call us.</p></main><footer>v2.0 | Internal</footer>"
    )
    assert [b.text for b in parsed.blocks] == ["Incident procedure", "Call us."]
    assert (parsed.facts.title, parsed.facts.version) == ("Incident procedure", "2.0")


def test_ordered_lists_count_from_their_start() -> None:
    parsed = web("<ol start=4><li>Rights<ol><li>Given</li><li>Reviewed</li></ol></li></ol>")
    assert [(b.text, b.number) for b in parsed.blocks] == [
        ("Rights", "4"),
        ("Given", "4.1"),
        ("Reviewed", "4.2"),
    ]


def test_spanning_cells_hold_for_every_row_and_headers_join() -> None:
    parsed = web(
        "<table><tr><th rowspan=2>Class</th><th colspan=2>Kept</th></tr>"
        "<tr><th>Min</th><th>Max</th></tr><tr><td rowspan=2>HR</td><td>1</td><td>2</td></tr>"
        "<tr><td>3</td><td>4</td></tr></table>"
    )
    assert [b.text for b in parsed.blocks] == [
        "Class: HR | Kept / Min: 1 | Kept / Max: 2",
        "Class: HR | Kept / Min: 3 | Kept / Max: 4",
    ]


def test_definition_lists_and_meta_give_facts() -> None:
    parsed = web(
        "<head><meta name='version' content='2.0'><title>PRO-03 Incidents | Intranet</title></head>"
        "<h1>Incidents</h1><dl><dt>Owner</dt><dd>CISO</dd></dl><p>Call.</p>"
    )
    assert (parsed.facts.version, parsed.facts.owner) == ("2.0", "CISO")
    assert parsed.facts.identifier == "PRO-03"


def test_deeply_nested_html_is_read() -> None:
    assert web("<div>" * 3000 + "Deep." + "</div>" * 3000).blocks


# Plain text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_german_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    text = "Die Schlüssel für Türen müssen „sicher“ verwahrt werden – überall."
    assert txt(text.encode(encoding)).blocks[0].text == text


def test_wrapped_lines_are_joined_and_paragraphs_kept_apart() -> None:
    parsed = txt(
        "Backups of all systems are taken every night and kept for\n"
        "thirty days in a second place.\n\nRestores are tested.\n"
    )
    assert [b.text for b in parsed.blocks] == [
        "Backups of all systems are taken every night and kept for thirty days in a second place.",
        "Restores are tested.",
    ]


def test_underlines_capitals_and_numbers_make_headings() -> None:
    parsed = txt(
        "Backup standard\n===============\n\n1. PURPOSE\nWhy we do it is said here.\n\n"
        "2. Rules\n2.1 Backups are daily.\n2.2 Laptops must be encrypted\n2.3 Keys are kept.\n"
    )
    assert shape(parsed)[:2] == [
        (H, "Backup standard", None),
        (H, "1. PURPOSE", "1"),
    ]
    assert shape(parsed)[3:] == [
        (H, "2. Rules", "2"),
        (P, "2.1 Backups are daily.", "2.1"),
        (P, "2.2 Laptops must be encrypted", "2.2"),
        (P, "2.3 Keys are kept.", "2.3"),
    ]


def test_questions_of_an_faq_are_headings_of_their_answers() -> None:
    answer = "It is valid for three years if the yearly surveillance audits are passed. " * 3
    parsed = txt(
        f"Certificates\nHow long is it valid?\n{answer}\nWho may audit?\n{answer}\n"
        f"Costs & Resources\nWhat does it cost?\n{answer}\n"
    )
    assert [b.text for b in parsed.blocks if b.kind is H] == [
        "Certificates",
        "How long is it valid?",
        "Who may audit?",
        "Costs & Resources",
        "What does it cost?",
    ]


def test_typed_lists_are_lists() -> None:
    parsed = txt("Owners must:\n- lock the door\n* close the\n  window\n1) go home\n")
    assert [(b.kind, b.text) for b in parsed.blocks] == [
        (P, "Owners must:"),
        (LI, "lock the door"),
        (LI, "close the window"),
        (LI, "1) go home"),
    ]


# CSV


@pytest.mark.parametrize(
    "data",
    [
        b"ID;Risk;Owner\nR-1;Br\xe4nde, gro\xdf;COO\n",
        "\ufeffID;Risk;Owner\nR-1;Brände, groß;COO\n".encode(),
        'sep=,\nID,Risk,Owner\nR-1,"Brände, groß",COO\n'.encode(),
        "ID\tRisk\tOwner\nR-1\tBrände, groß\tCOO\n".encode(),
    ],
)
def test_any_delimiter_and_encoding_gives_the_same_row(data: bytes) -> None:
    (row,) = csv(data).blocks
    assert (row.text, row.row) == ("ID: R-1 | Risk: Brände, groß | Owner: COO", "R-1")


def test_title_rows_above_a_header_are_facts() -> None:
    parsed = csv("Risk register,,\nVersion:,1.2,\nOwner:,CISO,\n,,\nID,Risk,Due date\nR-1,Fire,x\n")
    assert (parsed.facts.version, parsed.facts.owner) == ("1.2", "CISO")
    assert [b.row for b in parsed.blocks if b.kind is ROW] == ["R-1"]


def test_theme_rows_become_headings_and_totals_have_no_key() -> None:
    parsed = csv("ID,Control,State\nPhysical,,\nA.7.1,Perimeter,ok\nA.7.2,Entry,ok\nTotal,2,\n")
    assert [(b.kind, b.row) for b in parsed.blocks] == [
        (H, None),
        (ROW, "A.7.1"),
        (ROW, "A.7.2"),
        (ROW, None),
    ]


def test_a_file_of_registers_lists_no_versions_of_itself() -> None:
    parsed = csv("Doc ID,Title,Owner,Version,Effective Date\nPOL-1,Keys,CISO,3.0,2026-01-01\n")
    assert (parsed.facts.version, parsed.facts.effective) == (None, None)


# Workbooks


def test_a_workbook_keeps_types_colours_hiding_and_merges() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "SoA"
    page.append(["ID", "Applicable", "Reviewed", "Share"])
    page.append([5.1, True, datetime(2026, 3, 2), 0.8])  # noqa: DTZ001 - sheets have no zone
    page["A2"].number_format = "0.00"
    page["D2"].number_format = "0%"
    page["B2"].fill = PatternFill("solid", fgColor="FF00B050")
    page.append(["A.5.2", "no", None, None])
    page.merge_cells("C3:D3")
    page.row_dimensions[3].hidden = True
    book.create_sheet("Lists").sheet_state = "hidden"
    parsed = xlsx(book)
    rows = parsed.sheets[0].rows
    assert [c.value for c in rows[1]] == [5.1, True, date(2026, 3, 2), 0.8]
    assert (rows[1][0].number_format, rows[1][1].fill) == ("0.00", "00B050")
    assert (rows[2][0].hidden, rows[2][2].merged, rows[1][2].merged) == (True, True, False)
    assert [s.hidden for s in parsed.sheets] == [False, True]
    assert [b.text for b in parsed.blocks] == [
        "SoA",
        "ID: 5.10 | Applicable: TRUE | Reviewed: 2026-03-02 | Share: 80%",
    ]
    assert "hidden sheets left out: Lists" in parsed.notes
    assert "1 hidden row left out of SoA" in parsed.notes


def test_rows_of_two_tables_on_one_sheet_have_their_own_headers() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for cells in (
        ["Open actions"],
        ["ID", "Action", "Owner"],
        ["CA-1", "Fix", "CISO"],
        [],
        ["Ref", "Supplier", "Status"],
        ["SUP-1", "Cloud", "Active"],
    ):
        page.append(cells)
    rows = [b for b in xlsx(book).blocks if b.kind is ROW]
    assert [b.text for b in rows] == [
        "ID: CA-1 | Action: Fix | Owner: CISO",
        "Ref: SUP-1 | Supplier: Cloud | Status: Active",
    ]
    assert rows[0].table != rows[1].table


def test_a_register_row_becomes_a_passage_with_its_sheet_above() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "Risks"
    page.append(["Risk ID", "Risk", "Owner"])
    page.append(["R-14", "Fire", "COO"])
    (passage,) = split("d", xlsx(book), "register.xlsx")
    assert (passage.locator.row, passage.locator.section) == ("R-14", "Risks")


def test_formula_errors_and_unsaved_formulas_are_noted() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["ID", "Score", "Owner"])
    page.append(["R-1", "=1+1", "COO"])
    page["B3"], page["B3"].data_type = "#REF!", "e"
    assert set(xlsx(book).notes) == {"1 formula error", "1 formula without a stored result"}


def test_a_cell_at_the_end_of_the_sheet_costs_nothing() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["ID", "Risk", "Owner"])
    page.append(["R-1", "Fire", "COO"])
    page["XFD1048576"] = "far"
    parsed = xlsx(book)
    assert len(parsed.sheets[0].rows) == 2
    assert parsed.notes == ("1 cell far outside the table left out",)


def test_a_workbook_with_entities_is_refused() -> None:
    book = Workbook()
    buffer = io.BytesIO()
    book.save(buffer)
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                doctype = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                head, tail = content.split(b"<workbook", 1)
                content = head + doctype + b"<workbook" + tail
            new.writestr(name, content)
    with pytest.raises(DocumentError) as caught:
        sheet.read(changed.getvalue(), "x.xlsx", Limits())
    assert caught.value.code == "bomb"


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        sheet.read(b"a,b\n" * 60, "x.csv", Limits(cells=100))
    assert caught.value.code == "too_large"


def test_a_numbered_title_above_a_lettered_list_is_a_section_among_sections() -> None:
    document = txt(
        "Patching\n========\n\n1. Scope\nAll servers are in scope.\n\n"
        "2. Deadlines\n   a) critical: 7 days\n   b) high: 30 days\n\n"
        "3. Exceptions\nThe officer approves exceptions.\n\n4. Rollback\nTake a snapshot.\n"
    )
    numbers = [block.number for block in document.blocks if block.kind is H]
    assert numbers == [None, "1", "2", "3", "4"]


def test_labels_and_values_side_by_side_are_pairs() -> None:
    document = web(
        "<h1>Keys</h1><table><tr><th>Owner</th><td>M. Leitner</td><th>Status</th><td>Approved</td>"
        "</tr><tr><th>Version</th><td>1.3</td><th>Site</th><td>Linz</td></tr></table>"
    )
    assert [block.text for block in document.blocks if block.kind is ROW] == [
        "Owner: M. Leitner",
        "Status: Approved",
        "Version: 1.3",
        "Site: Linz",
    ]


def test_what_a_wiki_says_of_its_page_is_no_text_of_it() -> None:
    document = web(
        '<div class="page-metadata">Created by Ada</div><h1>Keys</h1><p>Keys are kept safe.</p>'
        '<div class="pageSection"><h2 id="attachments">Attachments:</h2><a href="a">a.png</a></div>'
        '<div role="contentinfo">Document generated by a wiki</div>'
    )
    assert [block.text for block in document.blocks] == ["Keys", "Keys are kept safe."]


def test_points_on_lines_of_their_own_are_items() -> None:
    document = md(
        "# Zutritt\n\n## § 1 Grundsatz\n(1) Nur mit Ausweis.\n(2) Besucher (nie allein).\n"
    )
    assert [(block.kind, block.text) for block in document.blocks[2:]] == [
        (LI, "(1) Nur mit Ausweis."),
        (LI, "(2) Besucher (nie allein)."),
    ]
