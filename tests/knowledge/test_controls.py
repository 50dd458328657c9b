import pytest

from knowledge.controls import (
    Clause,
    Control,
    canonical,
    control_ids,
    framework_references,
    references,
    register,
)


def named(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(r.kind, r.ids) for r in references(text)]


def test_the_register_holds_93_controls_and_30_clause_units() -> None:
    themes = [c.theme for c in register().controls]
    assert [themes.count(t) for t in dict.fromkeys(themes)] == [37, 8, 14, 34]
    assert len(register().clauses) == 30


def test_every_2013_control_has_a_target_and_only_one_has_two() -> None:
    olds = {old for c in register().controls for old in c.from_2013}
    assert len(olds) == 114
    assert [o for o in olds if len(register().targets_2013(o)) > 1] == ["A.18.2.3"]


def test_exactly_the_eleven_new_controls_come_from_nowhere() -> None:
    assert all(c.new_in_2022 == (not c.from_2013) for c in register().controls)
    assert sum(c.new_in_2022 for c in register().controls) == 11


@pytest.mark.parametrize("written", ["A.8.24", "A 8.24", "A8.24", "8.24", "Annex A 8.24", "a.8.24"])
def test_a_control_is_found_however_its_id_is_written(written: str) -> None:
    control = register().control(written)
    assert control is not None
    assert control.title == "Use of cryptography"
    assert named(f"What does {written} ask for?") == [("control", ("A.8.24",))]


def test_a_padded_id_is_the_same_id() -> None:
    assert canonical("A.5.01") == "A.5.1"


@pytest.mark.parametrize("number", ["8.2", "5.1", "6.1", "7.4", "6.3"])
def test_a_bare_number_of_both_a_clause_and_a_control_is_ambiguous(number: str) -> None:
    (reference,) = references(f"What about {number}?")
    assert reference.kind == "ambiguous"
    assert reference.ids[0] == f"A.{number}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clause 8.2", ("clause", ("8.2",))),
        ("control 8.2", ("control", ("A.8.2",))),
        ("8.2 the clause", ("clause", ("8.2",))),
        ("the 8.2 control", ("control", ("A.8.2",))),
        ("Maßnahme 8.2", ("control", ("A.8.2",))),
        ("clause 9.2", ("clause", ("9.2.1", "9.2.2"))),
        ("see 9.2.2", ("clause", ("9.2.2",))),
        ("see 6.1.3 d", ("clause", ("6.1.3",))),
        ("A.9.2.3", ("control_2013", ("A.8.2",))),
        ("A.18.2.3", ("control_2013", ("A.5.36", "A.8.8"))),
        ("A.5.38", ("unknown", ())),
        ("clause 11.2", ("unknown", ())),
    ],
)
def test_the_word_next_to_a_number_decides(text: str, expected: object) -> None:
    assert named(text) == [expected]


def test_a_list_shares_the_word_before_it() -> None:
    assert control_ids("controls 5.1, 5.2 and 8.3") == ("A.5.1", "A.5.2", "A.8.3")
    assert named("clauses 8.2 and 8.3") == [("clause", ("8.2",)), ("clause", ("8.3",))]


@pytest.mark.parametrize("text", ["A.5.19 to A.5.23", "A.5.19–A.5.23", "A.5.19 - 5.23"])
def test_a_range_names_all_its_controls(text: str) -> None:
    assert control_ids(text) == ("A.5.19", "A.5.20", "A.5.21", "A.5.22", "A.5.23")


def test_clauses_4_to_10_are_all_units() -> None:
    (reference,) = references("conforms to clauses 4 to 10")
    assert len(reference.ids) == 30


@pytest.mark.parametrize(
    "text",
    [
        "upgrade to v8.2",
        "version 5.1 of the tool",
        "TLS 1.2 or 1.3",
        "as section 4.3 says",
        "see §4.3",
        "POL-05 4.3",
        "host 10.1.2.3",
        "on 02.03.2026",
        "8.24 % of hosts",
        "after 8.5 hours",
        "EUR 8.24",
        "8.24 EUR",
        "PCI DSS 8.2",
        "PCI DSS requirement 8.3.6",
        "CC6.7",
        "CVSS 7.8",
        "Windows Server 8.1",
        "5.10 Laptops must be locked.",
        "Open at 8.30 Uhr",
        "ORP.4.A9 (Identification)",
        "A 24 hour limit",
    ],
)
def test_other_numbers_are_no_references(text: str) -> None:
    assert references(text) == ()


def test_a_line_that_opens_with_id_and_title_of_a_control_is_a_reference() -> None:
    assert control_ids("5.18 Access rights") == ("A.5.18",)


def test_a_reference_says_where_it_stands() -> None:
    text = "Backups (A.8.13) are tested."
    (reference,) = references(text)
    assert text[reference.start : reference.end] == reference.text == "A.8.13"


@pytest.mark.parametrize(
    ("text", "framework", "ref"),
    [
        ("NIST CSF PR.AA-05", "nist_csf_2_0", "PR.AA-05"),
        ("CC6.7", "soc2_tsc", "CC6.7"),
        ("SOC 2 A1.2", "soc2_tsc", "A1.2"),
        ("GDPR article 32", "gdpr", "Art. 32"),
        ("Art. 32(1)(a)", "gdpr", "Art. 32(1)(a)"),
        ("Art. 32 Abs. 1 lit. b DSGVO", "gdpr", "Art. 32(1)(b)"),
        ("PCI DSS 4.0.1 requirement 8.3.6", "pci_dss_4_0_1", "8.3.6"),
    ],
)
def test_requirements_of_other_frameworks_lead_to_controls(
    text: str, framework: str, ref: str
) -> None:
    (found,) = framework_references(text)
    assert (found.framework, found.ref) == (framework, ref)
    assert found.controls


def test_an_article_of_another_law_is_no_gdpr_article() -> None:
    assert framework_references("Article 5 of the NIS Directive") == ()


def test_titles_are_found_in_either_spelling_and_with_a_slip() -> None:
    found = register().find_title("Labeling of information")
    assert isinstance(found, Control)
    assert found.id == "A.5.13"
    slip = register().find_title("Informaton backup")
    assert isinstance(slip, Control)
    clause = register().find_title("Management review")
    assert isinstance(clause, Clause)
    assert register().find_title("Blueberry pancakes") is None


def test_an_unlisted_requirement_falls_back_to_its_whole() -> None:
    assert register().by_mapping("pci_dss_4_0_1", "8.3.6.99")
    assert register().by_mapping("gdpr", "Art. 999") == ()
