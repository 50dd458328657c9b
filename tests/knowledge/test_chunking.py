from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.chunking import MAX_WORDS, split
from knowledge.passages import Block, BlockKind, Facts, ParsedDocument, Passage
from knowledge.text import is_verbatim

SENTENCE = "Backups of all systems are taken every night and tested by the owner each quarter. "


def heading(text: str, level: int = 2, number: str | None = None) -> Block:
    return Block(BlockKind.HEADING, text, level=level, number=number)


def paragraph(text: str, number: str | None = None, page: int | None = None) -> Block:
    return Block(BlockKind.PARAGRAPH, text, number=number, page=page)


def item(text: str, level: int = 1) -> Block:
    return Block(BlockKind.LIST_ITEM, text, level=level)


def row(
    *cells: str, header: tuple[str, ...], sheet: str | None = None, key: str | None = None
) -> Block:
    text = " | ".join(f"{name}: {cell}" for name, cell in zip(header, cells, strict=True))
    return Block(
        BlockKind.TABLE_ROW, text, table=0, header=header, cells=cells, sheet=sheet, row=key
    )


def passages(*blocks: Block, title: str = "Backup Standard") -> list[Passage]:
    return split("doc", ParsedDocument(Facts(title), blocks), "std/backup.md")


def test_a_numbered_paragraph_is_a_passage_of_its_own() -> None:
    found = passages(
        heading("4 Backups", number="4"),
        paragraph("4.1 Backups are taken daily.", number="4.1"),
        paragraph("4.2 Restores are tested.", number="4.2"),
        paragraph("Each test is recorded."),
    )
    assert [(p.locator.section, p.text) for p in found] == [
        ("4.1", "4.1 Backups are taken daily."),
        ("4.2", "4.2 Restores are tested.\n\nEach test is recorded."),
    ]
    assert {p.locator.heading_path for p in found} == {("4 Backups",)}


def test_a_computed_number_stands_in_the_section_and_not_in_the_text() -> None:
    (found,) = passages(heading("Access reviews", number="4.3"), paragraph("Rights are reviewed."))
    assert found.locator.section == "4.3 Access reviews"
    assert found.text == "Rights are reviewed."


def test_short_sections_are_never_merged() -> None:
    found = passages(heading("Scope"), paragraph("All."), heading("Roles"), paragraph("CISO."))
    assert [p.locator.section for p in found] == ["Scope", "Roles"]


def test_paragraphs_of_one_section_share_a_passage_with_a_span_each() -> None:
    (found,) = passages(heading("Scope"), paragraph("One.", page=3), paragraph("Two.", page=4))
    assert found.text == "One.\n\nTwo."
    assert [(found.text[s.start : s.end], s.page, s.section) for s in found.spans] == [
        ("One.", 3, "Scope"),
        ("Two.", 4, "Scope"),
    ]
    assert found.locator.page == 3


def test_the_title_is_no_section_and_leads_the_search_text_once() -> None:
    (found,) = passages(
        heading("Backup Standard", level=1), heading("Scope"), paragraph("All systems.")
    )
    assert found.locator.heading_path == ("Scope",)
    assert found.search_text == "Backup Standard > Scope\nAll systems."


def test_a_list_stays_with_the_sentence_that_introduces_it() -> None:
    found = passages(
        heading("Rules"),
        paragraph(SENTENCE * 8),
        paragraph("Owners must:"),
        *[item(f"{SENTENCE}Item {n}.") for n in range(12)],
    )
    with_lead = [p for p in found if "Owners must:" in p.text]
    assert "Item 0." in with_lead[0].text
    later = next(p for p in found if "Item 11." in p.text)
    assert "Owners must:" not in later.text
    assert "\nOwners must:\n" in later.search_text


def test_long_text_is_cut_at_sentences_and_stays_verbatim() -> None:
    text = "".join(f"{SENTENCE}Number {n} is last. " for n in range(60)).strip()
    found = passages(heading("Rules"), paragraph(text))
    assert len(found) > 4
    assert all(len(p.text.split()) <= MAX_WORDS and is_verbatim(p.text, text) for p in found)
    assert all(p.text.endswith(".") for p in found)
    assert " ".join(p.text for p in found) == text


def test_a_word_without_end_is_cut_too() -> None:
    found = passages(paragraph("x" * 20_000))
    assert "".join(p.text for p in found) == "x" * 20_000


def test_a_register_row_is_a_passage_with_its_key() -> None:
    header = ("Risk ID", "Risk", "Owner")
    found = passages(
        row("R-1", "Fire", "COO", header=header, sheet="Risks", key="R-1"),
        row("R-2", "Theft", "CISO", header=header, sheet="Risks", key="R-2"),
    )
    assert [(p.locator.row, p.text) for p in found] == [
        ("R-1", "Risk ID: R-1 | Risk: Fire | Owner: COO"),
        ("R-2", "Risk ID: R-2 | Risk: Theft | Owner: CISO"),
    ]


def test_a_table_with_ids_in_a_text_document_is_a_register() -> None:
    header = ("ID", "Finding", "Owner")
    found = passages(
        heading("Open findings"),
        row("NC-1", "No test", "CISO", header=header),
        row("NC-2", "No log", "CTO", header=header),
    )
    assert [p.locator.row for p in found] == ["NC-1", "NC-2"]


def test_rows_of_a_prose_table_share_a_passage() -> None:
    header = ("Class", "Meaning", "Example")
    (found,) = passages(
        heading("Classes"),
        row("Public", "For all", "Website", header=header),
        row("Internal", "For staff", "Intranet", header=header),
    )
    assert found.locator.row is None
    assert found.text.count("Class: ") == 2


def test_document_control_lines_are_one_passage() -> None:
    found = passages(paragraph("Version: 2.0"), paragraph("Owner: CISO"), paragraph("All staff."))
    assert [p.locator.heading_path for p in found] == [("Document control",), ()]


def test_headings_alone_make_no_passage_unless_there_is_nothing_else() -> None:
    assert len(passages(heading("Scope"), heading("Roles"), paragraph("CISO."))) == 1
    assert len(passages(heading("Scope"), heading("Roles"))) == 1


def test_a_heading_that_is_itself_the_rule_is_not_lost() -> None:
    found = passages(heading("4.1 Laptops must be encrypted", number="4.1"), heading("5 Roles"))
    assert [p.text for p in found] == ["4.1 Laptops must be encrypted"]


def test_controls_are_taken_from_text_heading_and_row() -> None:
    (found,) = passages(
        heading("A.8.13 Information backup"), paragraph("See A.8.14 and A.12.3.1, not v8.2.")
    )
    assert found.controls == ("A.8.13", "A.8.14")


def test_the_same_text_twice_has_two_ids() -> None:
    found = passages(
        heading("Roles"), paragraph("n/a"), heading("Scope"), heading("Roles"), paragraph("n/a")
    )
    assert len({p.id for p in found}) == 2
    assert all(len(p.id) == 20 for p in found)


WORDS = st.lists(
    st.sampled_from(["key", "log", "user", "must", "be", "backup", "owner", "test", "access"]),
    min_size=3,
    max_size=40,
)
SECTIONS = st.lists(st.lists(WORDS, min_size=1, max_size=9), min_size=2, max_size=5)


def document(sections: list[list[list[str]]]) -> ParsedDocument:
    blocks: list[Block] = []
    for number, paragraphs in enumerate(sections, start=1):
        blocks.append(heading(f"{number} Part", number=str(number)))
        blocks.extend(
            paragraph(f"{' '.join(words)} {number}-{at}.") for at, words in enumerate(paragraphs)
        )
    return ParsedDocument(Facts("Title"), tuple(blocks))


@settings(max_examples=60, deadline=None)
@given(SECTIONS, st.data())
def test_a_changed_word_leaves_all_other_sections_alone(
    sections: list[list[list[str]]], data: st.DataObject
) -> None:
    before = split("doc", document(sections), "s")
    section = data.draw(st.integers(0, len(sections) - 1))
    at = data.draw(st.integers(0, len(sections[section]) - 1))
    changed = [list(paragraphs) for paragraphs in sections]
    changed[section][at] = ["changed", *sections[section][at][1:]]
    after = split("doc", document(changed), "s")
    label = f"{section + 1} Part"
    kept = [p.id for p in before if p.locator.section != label]
    assert [p.id for p in after if p.locator.section != label] == kept
    assert [p.id for p in split("doc", document(sections), "s")] == [p.id for p in before]


@settings(max_examples=60, deadline=None)
@given(SECTIONS)
def test_nothing_is_lost_and_nothing_too_long(sections: list[list[list[str]]]) -> None:
    parsed = document(sections)
    found = split("doc", parsed, "s")
    said = [
        word for b in parsed.blocks if b.kind is not BlockKind.HEADING for word in b.text.split()
    ]
    assert [word for p in found for word in p.text.split()] == said
    assert all(len(p.text.split()) <= MAX_WORDS for p in found)
    assert all(p.text[s.start : s.end] for p in found for s in p.spans)


def test_a_change_within_a_long_section_stays_near_its_place() -> None:
    texts = [
        f"Rule {n} of the {word} team. {SENTENCE}"
        for n, word in enumerate("abcdefghijklmnopqrstuvwxyz")
    ]
    blocks = [heading("Rules"), *map(paragraph, texts)]
    before = passages(*blocks)
    unaffected = 0
    for at in range(1, len(blocks)):
        edited = list(blocks)
        edited[at] = replace(edited[at], text=edited[at].text.replace("every night", "each night"))
        after = {p.id for p in passages(*edited)}
        unaffected += sum(p.id in after for p in before)
    assert unaffected == (len(before) - 1) * (len(blocks) - 1)


def test_a_control_table_at_the_end_belongs_to_no_section() -> None:
    cells = [("Version", "2.2"), ("Gültig ab", "01.07.2025"), ("Freigegeben von", "Dr. Berg")]
    cells.append(("Eigentümer", "Personal"))
    table = [
        Block(BlockKind.TABLE_ROW, f"{key}: {value}", table=1, cells=(key, value))
        for key, value in cells
    ]
    blocks = (
        Block(BlockKind.HEADING, "Remote work", level=1),
        Block(BlockKind.HEADING, "4 Privacy", level=2, number="4"),
        Block(BlockKind.PARAGRAPH, "Screens are shielded."),
        *table,
    )
    parsed = ParsedDocument(facts=Facts(title="Remote work"), blocks=blocks)
    rule, control = split("d", parsed, "p.md")
    assert rule.text == "Screens are shielded."
    assert control.locator.heading_path == ("Document control",)


def test_the_organisations_name_above_the_title_is_no_passage_of_its_own() -> None:
    found = passages(
        paragraph("Example Terminals Ltd"),
        heading("Backup Standard", 1),
        paragraph("Version: 1.4"),
        paragraph("Owner: Head of IT"),
        heading("1 Aim", number="1"),
        paragraph("Data can be brought back."),
    )
    assert [passage.text for passage in found] == [
        "Example Terminals Ltd\n\nVersion: 1.4\n\nOwner: Head of IT",
        "Data can be brought back.",
    ]


def test_a_sentence_above_the_title_stays_a_passage() -> None:
    found = passages(
        paragraph("All staff must read this."),
        heading("Backup Standard", 1),
        paragraph("Version: 1.4"),
        paragraph("Owner: Head of IT"),
    )
    assert found[0].text == "All staff must read this."
