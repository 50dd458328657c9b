"""Workbooks of many shapes are read right, or the right question is asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.controls import register
from knowledge.parsing.limits import Limits
from knowledge.parsing.sheet import read as parse_sheet
from knowledge.passages import Cell, CellValue, Sheet
from knowledge.soa import (
    Answers,
    Applicability,
    Edition,
    Field,
    Implementation,
    Place,
    Reason,
    Soa,
    SoaReading,
    Source,
    looks_like_soa,
    read_soa,
    render_row,
    row_data,
    row_from_data,
)

IDS = tuple(control.id for control in register().controls)
TITLES = {control.id: control.title for control in register().controls}
OLD_IDS = sorted(
    {old for control in register().controls for old in control.from_2013},
    key=lambda old: tuple(map(int, old[2:].split("."))),
)
PLAIN_HEADER = ("Control ID", "Control", "Applicable", "Justification", "Implementation status")

Value = CellValue | Cell


def sheet(rows: Iterable[Sequence[Value]], name: str = "Sheet1", *, hidden: bool = False) -> Sheet:
    def cell(value: Value) -> Cell:
        return value if isinstance(value, Cell) else Cell(value)

    return Sheet(name, tuple(tuple(map(cell, row)) for row in rows), hidden)


def plain(control_id: str) -> list[Value]:
    number = IDS.index(control_id) + 1
    return [control_id, TITLES[control_id], "Yes", f"Risk R-{number:02}", "Implemented"]


def plain_rows(
    change: Callable[[str, list[Value]], list[Value]] | None = None,
) -> list[list[Value]]:
    rows = [plain(control_id) for control_id in IDS]
    return [change(str(row[0]), row) for row in rows] if change else rows


def with_ids(write: Callable[[str], Value]) -> list[list[Value]]:
    return plain_rows(lambda control_id, row: [write(control_id), *row[1:]])


def read(rows: Iterable[Sequence[Value]], header: Sequence[str] = PLAIN_HEADER) -> SoaReading:
    return read_soa([sheet([header, *rows])])


def number(control_id: str) -> float:
    return float(control_id[2:])


def codes(reading: SoaReading) -> list[str]:
    return [question.code for question in reading.questions]


def ids(reading: SoaReading) -> tuple[str, ...]:
    return tuple(row.control_id for row in reading.rows)


def assert_clean(reading: SoaReading) -> None:
    assert reading.questions == ()
    assert ids(reading) == IDS
    assert reading.unambiguous


# ids


@pytest.mark.parametrize(
    "write",
    [
        lambda i: i,
        lambda i: i[2:],
        lambda i: i.replace("A.", "A"),
        lambda i: i.replace("A.", "A "),
        lambda i: f"{i[2:]}.",
        lambda i: f"A.{i[2]}.{int(i[4:]):02}",
        lambda i: f"ISO 27001 {i}",
        lambda i: f"Annex {i}",
        lambda i: f"Control {i[2:]}",
        lambda i: i[2:].replace(".", ","),
        lambda i: f"\u200b{i} ",
        lambda i: i.replace(".", "-"),
        lambda i: i.lower(),
    ],
    ids=["A.5.1", "5.1", "A5.1", "A 5.1", "5.1.", "A.5.01", "ISO", "Annex", "Control", "5,1",
         "invisible", "A-5-1", "a.5.1"],
)  # fmt: skip
def test_an_id_is_recognised_however_it_is_written(write: Callable[[str], str]) -> None:
    assert_clean(read(with_ids(write)))


def test_ids_kept_as_numbers_are_told_apart_by_title_and_order() -> None:
    reading = read(with_ids(number))
    assert_clean(reading)
    assert any("told apart by title and order" in note for note in reading.notes)


def test_numbers_in_a_csv_are_told_apart_like_numbers_in_a_workbook() -> None:
    assert_clean(read(with_ids(lambda i: f"{number(i):g}".replace(".", ","))))


def test_numbers_are_told_apart_by_order_where_the_titles_are_in_another_language() -> None:
    rows = plain_rows(lambda i, row: [number(i), f"Maßnahme zu Thema {i[-1]} im Betrieb", *row[2:]])
    assert_clean(read(rows, ("Nr.", "Maßnahme", "Anwendbar", "Begründung", "Umsetzungsstatus")))


def test_numbers_are_told_apart_by_title_where_the_rows_are_out_of_order() -> None:
    rows = sorted(with_ids(number), key=lambda row: str(row[1]))
    reading = read(rows)
    assert reading.questions == ()
    assert {row.control_id: row.title for row in reading.rows} == TITLES


def test_a_number_whose_title_and_place_disagree_is_asked_about() -> None:
    rows = with_ids(number)
    rows[0][1], rows[9][1] = rows[9][1], rows[0][1]
    reading = read(rows)
    assert codes(reading) == ["id_not_settled", "id_not_settled"]
    assert reading.questions[0].options == ("A.5.1", "A.5.10")
    assert not reading.unambiguous


def test_a_number_without_title_or_order_is_asked_about() -> None:
    rows = [[*row[:1], "", *row[2:]] for row in reversed(with_ids(number))]
    reading = read(rows)
    assert set(codes(reading)) >= {"id_not_settled"}


def test_numbers_with_a_leading_zero_keep_the_tens_apart() -> None:
    rows = with_ids(lambda i: float(f"{i[2]}.{int(i[4:]):02}"))
    assert_clean(read([[row[0], "", *row[2:]] for row in rows]))


def as_excel_date(control_id: str) -> Value:
    theme, part = map(int, control_id[2:].split("."))
    if part <= 12:
        return datetime(2026, part, theme)  # noqa: DTZ001 - a cell has no zone
    return f"{theme}.{part}"


def test_ids_that_became_dates_are_recovered() -> None:
    assert_clean(read(with_ids(as_excel_date)))


def test_ids_that_became_months_and_years_are_recovered() -> None:
    def american(control_id: str) -> Value:
        theme, part = map(int, control_id[2:].split("."))
        return date(2026, theme, part) if part <= 28 else date(1900 + part, theme, 1)

    assert_clean(read(with_ids(american)))


def test_ids_that_became_names_of_days_are_recovered() -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    def day_name(control_id: str) -> Value:
        theme, part = map(int, control_id[2:].split("."))
        return f"{theme:02}-{months[part - 1]}" if part <= 12 else f"{theme}.{part}"

    assert_clean(read(with_ids(day_name)))


def test_an_old_id_in_the_same_cell_is_kept_apart() -> None:
    reading = read(with_ids(lambda i: "A.8.13 (A.12.3.1)" if i == "A.8.13" else i))
    assert_clean(reading)
    row = next(row for row in reading.rows if row.control_id == "A.8.13")
    assert row.old_2013_ids == ("A.12.3.1",)
    assert row.id_as_written == "A.8.13 (A.12.3.1)"


def test_id_and_title_in_one_cell_are_parted() -> None:
    rows = plain_rows(lambda i, row: [f"{i} – {row[1]}", *row[2:]])
    reading = read(rows, ("Control", "Applicable?", "Justification", "Status"))
    assert_clean(reading)
    assert {row.control_id: row.title for row in reading.rows} == TITLES


def test_rows_without_ids_are_known_by_their_titles() -> None:
    rows = plain_rows(lambda _, row: [str(row[1]).replace("iz", "is").upper(), *row[2:]])
    assert_clean(read(rows, ("Control", "Applicable", "Justification", "Status")))


def test_a_column_of_row_numbers_is_not_taken_for_ids() -> None:
    rows = plain_rows(lambda i, row: [IDS.index(i) + 1, *row[1:]])
    assert_clean(read(rows, ("No.", "Control name", "Applicable", "Justification", "Status")))


def test_a_title_that_no_control_has_is_asked_about_where_there_are_no_ids() -> None:
    rows = [row[1:] for row in plain_rows()]
    rows.append(["Secure enclave handling for tokens", "Yes", "Contract", "Planned"])
    reading = read(rows, ("Control", "Applicable", "Justification", "Status"))
    assert codes(reading) == ["unknown_control"]
    assert ids(reading) == IDS


# defects that must not be taken in silence


def test_92_rows_are_read_and_the_lost_one_is_named() -> None:
    reading = read([row for row in plain_rows() if row[0] != "A.7.4"])
    assert reading.n_matched == 92
    assert any("A.7.4" in note for note in reading.notes)
    assert reading.unambiguous


def test_a_total_row_is_not_a_control() -> None:
    reading = read([*plain_rows(), ["Total", "93", "91", "", ""]])
    assert_clean(reading)
    assert [skip.reason for skip in reading.skipped] == ["total"]
    assert (reading.n_read, reading.n_matched, reading.n_skipped) == (94, 93, 1)


def test_a_duplicate_id_is_asked_about() -> None:
    reading = read([*plain_rows(), ["5.1", TITLES["A.5.1"], "No", "Twice", ""]])
    assert codes(reading) == ["duplicate_id"]
    assert reading.questions[0].rows == (Place("Sheet1", 2), Place("Sheet1", 95))


def test_shifted_titles_are_one_question_that_says_where_they_begin() -> None:
    titles = [str(row[1]) for row in plain_rows()]
    shifted = [*titles[:20], *titles[21:], "Spare"]
    rows = [[row[0], title, *row[2:]] for row, title in zip(plain_rows(), shifted, strict=True)]
    reading = read(rows)
    assert codes(reading) == ["id_title_disagree"]
    assert "row 22" in reading.questions[0].text
    assert "shifted by 1" in reading.questions[0].text


@pytest.mark.parametrize(("one", "other"), [(0, 9), (14, 17), (23, 25), (92, 3)])
def test_two_ids_that_changed_places_are_asked_about(one: int, other: int) -> None:
    rows = plain_rows()
    rows[one][0], rows[other][0] = rows[other][0], rows[one][0]
    assert set(codes(read(rows))) == {"id_title_disagree"}


def test_a_missing_id_is_taken_from_the_title_and_noted() -> None:
    for place in (0, 9, 92):
        rows = with_ids(number)
        rows[place][0] = None
        reading = read(rows)
        assert_clean(reading)
        assert any("id is missing" in note for note in reading.notes)


def test_a_treatment_plan_in_the_same_workbook_is_left_alone() -> None:
    plan = [["Control", "Action", "Owner", "Status", "Reason"]]
    plan += [[i, f"Do {i}", "Ops", "Planned", "R-1"] for i in IDS[10:30]]
    soa = sheet([["Statement of Applicability"], PLAIN_HEADER, *plain_rows()], "SoA")
    assert_clean(read_soa([sheet(plan, "Treatment"), soa]))


def test_an_id_that_no_edition_has_is_asked_about() -> None:
    reading = read([*plain_rows(), ["A.5.38", "Something of ours", "Yes", "Law", "Planned"]])
    assert codes(reading) == ["unknown_id"]
    assert reading.rows[-1].source is Source.UNKNOWN


def test_an_own_control_is_kept_as_one() -> None:
    reading = read([*plain_rows(), ["ACME-01", "Pressure test", "Yes", "Contract", "Planned"]])
    assert reading.questions == ()
    assert (reading.rows[-1].control_id, reading.rows[-1].source) == ("ACME-01", Source.CUSTOM)


def test_clauses_of_the_standard_are_not_controls() -> None:
    clauses = [[c.id, c.title, "Yes", "Required", "Implemented"] for c in register().clauses]
    reading = read([*clauses, *plain_rows()])
    assert_clean(reading)
    assert all("clause" in skip.reason for skip in reading.skipped)


def test_an_unknown_decision_is_asked_about_and_left_undecided() -> None:
    rows = plain_rows(lambda i, row: [*row[:2], "maybe", *row[3:]] if i == "A.7.6" else row)
    reading = read(rows)
    assert codes(reading) == ["unknown_applicable"]
    assert '"maybe"' in reading.questions[0].text
    assert reading.soa("x.xlsx").counts().undecided == 1


def test_an_unknown_status_is_asked_about() -> None:
    rows = plain_rows(lambda i, row: [*row[:4], "Phase B"] if i == "A.8.9" else row)
    assert codes(read(rows)) == ["unknown_status"]


def test_a_status_that_takes_itself_back_is_asked_about() -> None:
    doubtful = "Implemented, except laptops"
    rows = plain_rows(lambda i, row: [*row[:4], doubtful] if i == "A.8.1" else row)
    assert codes(read(rows)) == ["unknown_status"]


def test_open_decisions_stay_undecided_without_a_question() -> None:
    rows = plain_rows(lambda i, row: [*row[:2], "TBD" if i == "A.7.6" else "Yes", *row[3:]])
    reading = read(rows)
    assert reading.questions == ()
    assert reading.rows[IDS.index("A.7.6")].applicable is Applicability.UNDECIDED


def test_a_row_pushed_right_by_an_unquoted_comma_is_noted_and_not_trusted() -> None:
    header = (*PLAIN_HEADER, "How implemented", "Policy")
    rows: list[list[Value]] = [[*row, "as described", "POL-1", None] for row in plain_rows()]
    rows[3] = [*plain("A.5.4"), "mail in place", " laptops planned", "POL-1"]
    reading = read_soa([sheet([[*header, None], *rows])])
    assert reading.rows[3].policy_refs == ()
    assert ("Policy", "laptops planned") in reading.rows[3].cells
    assert any("row 5" in note and "comma" in note for note in reading.notes)


# editions


def old_rows() -> list[list[Value]]:
    rows: list[list[Value]] = []
    for number_of, old in enumerate(OLD_IDS):
        if not number_of or OLD_IDS[number_of - 1].split(".")[1] != old.split(".")[1]:
            rows.append([old.rsplit(".", 2)[0], "Security domain", "", "", ""])
        if old.endswith(".1"):
            rows.append([old.rsplit(".", 1)[0], "Group of controls", "", "", ""])
        rows.append([old, f"Old control number {number_of}", "Yes", "Risk", "Implemented"])
    return rows


def test_a_2013_edition_keeps_its_ids_and_names_their_targets() -> None:
    reading = read(old_rows())
    assert reading.questions == ()
    assert reading.edition is Edition.E2013
    assert len(reading.rows) == 114
    row = next(row for row in reading.rows if row.control_id == "A.9.2.3")
    assert row.targets == ("A.8.2",)
    assert {skip.reason for skip in reading.skipped} == {"heading"}


def test_2013_ids_that_became_days_are_recovered() -> None:
    def as_day(old: str) -> Value:
        x, y, z = map(int, old[2:].split("."))
        return date(2000 + z, y, x) if y <= 12 else old[2:]

    rows = [[as_day(old), f"Control {old}", "ja", "Gesetz", "umgesetzt"] for old in OLD_IDS]
    reading = read(rows, ("Nr.", "Maßnahme", "Anwendbar", "Begründung", "Status"))
    assert reading.questions == ()
    assert list(ids(reading)) == OLD_IDS


def test_mixed_editions_are_asked_about() -> None:
    reading = read([*plain_rows(), ["A.9.2.3", "Privileged access", "Yes", "Risk", "Planned"]])
    assert codes(reading) == ["mixed_editions"]
    assert reading.edition is None


def test_a_column_of_old_ids_does_not_mix_the_editions() -> None:
    header = ("Old ref", *PLAIN_HEADER)
    rows: list[list[Value]] = [
        [", ".join(control.from_2013) or "new", *plain(control.id)]
        for control in register().controls
    ]
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.rows[0].old_2013_ids == ("A.5.1.1", "A.5.1.2")


# layouts


def test_the_header_is_found_on_row_11_below_title_rows() -> None:
    top: list[list[Value]] = [
        ["Statement of Applicability – Brenner Anlagenbau GmbH"],
        [],
        ["Version", None, 3.1],
        ["Scope:", "Plant engineering in Graz (SCOPE-2)"],
        ["Approved by: Dr. Eva Lang, 12 March 2026"],
        ["Author", "P. Huber", None, "Classification", "Internal"],
        ["Standard: ISO/IEC 27001:2022"],
        [],
        ["Mark every control. Reasons must name a risk, a law, a contract or a business need."],
        [],
    ]
    reading = read_soa([sheet([*top, PLAIN_HEADER, *plain_rows()], "SoA")])
    assert_clean(reading)
    header = reading.header
    assert (header.organisation, header.version) == ("Brenner Anlagenbau GmbH", "3.1")
    assert header.scope == "Plant engineering in Graz (SCOPE-2)"
    assert (header.approver, header.approved) == ("Dr. Eva Lang", date(2026, 3, 12))
    assert (header.author, header.classification) == ("P. Huber", "Internal")
    assert header.edition is Edition.E2022


def test_title_lines_without_labels_give_the_header() -> None:
    top = [["Statement of Applicability for Hafen Energie GmbH"], ["Version 1.4 – 12.03.2026"]]
    header = read_soa([sheet([*top, PLAIN_HEADER, *plain_rows()])]).header
    assert (header.organisation, header.version) == ("Hafen Energie GmbH", "1.4")
    assert header.date == date(2026, 3, 12)


def test_a_cover_sheet_gives_the_header() -> None:
    cover = sheet(
        [
            ["Statement of Applicability"],
            ["Organisation", "Hollin Health"],
            ["Document ID", "ISMS-09"],
            ["Version", "Date", "Author", "Approved by"],
            ["1.0", date(2025, 1, 9), "A. Reed", "Board"],
            ["1.2", date(2026, 2, 1), "B. Shaw", "CEO (Mo Lee)"],
        ],
        "Cover",
    )
    header = read_soa([cover, sheet([PLAIN_HEADER, *plain_rows()], "Controls")]).header
    assert (header.organisation, header.identifier) == ("Hollin Health", "ISMS-09")
    assert (header.version, header.date, header.approver) == (
        "1.2",
        date(2026, 2, 1),
        "CEO (Mo Lee)",
    )


def test_approval_lines_below_the_table_give_the_header() -> None:
    rows = [*plain_rows(), [], ["Approved by:", "Lena Ode (CFO)"], ["Approval date", "2026-04-02"]]
    reading = read(rows)
    assert_clean(reading)
    assert reading.header.approver == "Lena Ode (CFO)"
    assert reading.header.approved == date(2026, 4, 2)


def test_one_sheet_for_each_theme_is_one_statement() -> None:
    themes = ("organizational", "people", "physical", "technological")
    sheets = [
        sheet(
            [["Note for reviewers"], PLAIN_HEADER]
            + [plain(c.id) for c in register().controls if c.theme == theme],
            theme.title(),
        )
        for theme in themes
    ]
    assert looks_like_soa(sheets)
    assert_clean(read_soa(sheets))


def test_theme_headings_blank_rows_and_repeated_headers_are_passed_over() -> None:
    rows: list[Sequence[Value]] = []
    for theme, name in (("5", "Organizational"), ("6", "People"), ("7", "Physical"),
                        ("8", "Technological")):  # fmt: skip
        rows += [[f"A.{theme} {name} controls"], PLAIN_HEADER]
        rows += [plain(i) for i in IDS if i.startswith(f"A.{theme}.")]
        rows.append([])
    reading = read_soa([sheet(rows)])
    assert_clean(reading)
    assert {skip.reason for skip in reading.skipped} >= {"heading", "header repeated", "empty row"}


def test_merged_theme_cells_count_for_all_their_rows() -> None:
    rows = [[Cell("Organisational" if i == 0 else None, merged=True), *plain(c)]
            for i, c in enumerate(IDS[:37])]  # fmt: skip
    rows += [[Cell("People"), *plain(c)] for c in IDS[37:]]
    reading = read(rows, ("Theme", *PLAIN_HEADER))
    assert_clean(reading)
    assert reading.rows[36].theme == "Organisational"
    assert any("merged" in note for note in reading.notes)


def test_line_breaks_dots_and_plurals_in_headers_do_not_matter() -> None:
    header = ("CONTROL\nID", "Controls", "Applicable?\n(Y/N)", "JUSTIFICATIONS:", "Impl. status")
    assert_clean(read(plain_rows(), header))


def test_a_header_in_two_rows_with_reason_columns_is_read() -> None:
    top = ("Control", "Title", "Current controls", "Reasons for selection", None, None, None,
           "Justification for exclusion")  # fmt: skip
    bottom = (None, None, None, "LR", "CO", "BR/BP", "RRA", None)
    rows: list[list[Value]] = [
        [i[2:], TITLES[i], "in use", "X", None, None, "x", None] for i in IDS
    ]
    rows[4] = ["5.5", TITLES["A.5.5"], "", None, None, None, None, "No authority is competent"]
    reading = read_soa([sheet([["Statement of Applicability"], top, bottom, *rows])])
    assert_clean(reading)
    assert reading.rows[0].reasons == (Reason.LEGAL, Reason.RISK)
    assert reading.rows[0].applicable is Applicability.YES
    assert reading.rows[4].applicable is Applicability.NO
    assert reading.rows[4].justification_exclusion == "No authority is competent"
    assert any("columns of reasons" in note for note in reading.notes)


def test_two_columns_to_mark_give_the_decision() -> None:
    top = ("Ref", "Control", "Applicable", None, "Justification")
    bottom = (None, None, "Yes", "No", None)
    rows = [[i, TITLES[i], None if i == "A.7.4" else "x", "x" if i == "A.7.4" else None, "Risk"]
            for i in IDS]  # fmt: skip
    reading = read_soa([sheet([top, bottom, *rows])])
    assert_clean(reading)
    assert [r.control_id for r in reading.rows if r.applicable is Applicability.NO] == ["A.7.4"]


def test_two_columns_of_reasons_are_kept_apart() -> None:
    header = ("Ref", "Control", "Applicable (Yes/No)", "Justification for inclusion",
              "Reason for exclusion (if not applicable)", "Status")  # fmt: skip
    rows: list[list[Value]] = [[i, TITLES[i], "Yes", "Risk", "N/A", "In place"] for i in IDS]
    rows[58] = ["A.7.14", TITLES["A.7.14"], "No", "", "Nothing is kept on site", "N/A"]
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.rows[0].justification_exclusion is None
    assert reading.rows[58].justification_exclusion == "Nothing is kept on site"
    assert reading.rows[58].implementation_status is Implementation.NOT_APPLICABLE


def test_one_column_of_reasons_is_set_by_the_decision() -> None:
    rows = plain_rows(lambda i, row: [*row[:2], "N", "No sites", "n/a"] if i == "A.7.1" else row)
    reading = read(rows)
    excluded = reading.rows[IDS.index("A.7.1")]
    assert (excluded.justification_exclusion, excluded.justification_inclusion) == (
        "No sites",
        None,
    )
    assert reading.rows[0].justification_inclusion == "Risk R-01"


def test_german_headers_and_values_are_read() -> None:
    header = ("Maßnahme Nr.", "Maßnahme", "Anwendbar (ja/nein)", "Begründung Auswahl",
              "Begründung Ausschluss", "Umsetzungsstatus", "Verantwortlicher", "Nachweis",
              "Zieldatum")  # fmt: skip
    rows: list[list[Value]] = [
        [i, f"Maßnahme {n}", "ja", f"Risiko {n}", "", "umgesetzt", "IT-Leitung", "Protokoll", ""]
        for n, i in enumerate(IDS)
    ]
    rows[1] = ["A.5.2", "Rollen", "nein", "", "Kein Bedarf", "entfällt", "", "", ""]
    rows[2] = ["A.5.3", "Trennung", "ja", "Gesetz", "", "teilweise umgesetzt", "ISB", "",
               "31.12.2026"]  # fmt: skip
    reading = read_soa([sheet([["Erklärung zur Anwendbarkeit"], header, *rows])])
    assert_clean(reading)
    assert reading.rows[1].applicable is Applicability.NO
    assert reading.rows[2].implementation_status is Implementation.PARTIAL
    assert (reading.rows[2].owner, reading.rows[2].target_date) == ("ISB", date(2026, 12, 31))


def test_french_and_spanish_headers_and_values_are_read() -> None:
    french = read(
        [[i, TITLES[i], "oui", "Risque", "en cours", "DSI"] for i in IDS],
        ("Référence", "Mesure", "Applicable (oui/non)", "Justificatif", "État", "Responsable"),
    )
    spanish = read(
        [[i, TITLES[i], "sí", "Riesgo", "implementado", "TI"] for i in IDS],
        ("ID de control", "Título del control", "Aplica", "Justificación", "Estado", "Responsable"),
    )
    assert_clean(french)
    assert_clean(spanish)
    assert french.rows[0].implementation_status is Implementation.PARTIAL
    assert spanish.rows[0].implementation_status is Implementation.IMPLEMENTED


def test_the_statement_is_found_in_the_second_sheet_among_others() -> None:
    junk = sheet([["Risk ID", "Risk", "Owner"], *[[f"R-{n}", "Fire", "Ops"] for n in range(40)]])
    lists = sheet([["Yes"], ["No"], ["Implemented"]], "Lists")
    soa = sheet([PLAIN_HEADER, *plain_rows()], "Annex A")
    reading = read_soa([junk, soa, lists])
    assert_clean(reading)
    assert reading.rows[0].sheet == "Annex A"


def test_two_sheets_with_the_same_controls_are_asked_about_unless_one_is_hidden() -> None:
    one, other = (sheet([PLAIN_HEADER, *plain_rows()], name) for name in ("SoA", "SoA old"))
    assert codes(read_soa([one, other])) == ["two_sheets"]
    hidden = read_soa([replace(other, hidden=True), one])
    assert_clean(hidden)
    assert hidden.rows[0].sheet == "SoA"
    assert_clean(read_soa([one, other], Answers(sheets=frozenset({"SoA old"}))))


def test_hidden_rows_are_read_and_noted() -> None:
    rows: list[list[Value]] = plain_rows()
    rows[5] = [Cell(value, hidden=True) for value in plain("A.5.6")]  # type: ignore[arg-type]
    reading = read(rows)
    assert_clean(reading)
    assert reading.rows[5].hidden
    assert any("row 7" in note and "hidden" in note for note in reading.notes)


# columns


def test_reference_is_a_document_where_another_column_holds_the_ids() -> None:
    reading = read([[*row, "POL-05 4.3, STD-02"] for row in plain_rows()],
                   (*PLAIN_HEADER, "Reference"))  # fmt: skip
    assert_clean(reading)
    assert reading.rows[0].policy_refs == ("POL-05 4.3", "STD-02")


def test_a_risk_owner_is_not_taken_for_the_owner() -> None:
    reading = read([[*row, "Jo Hart"] for row in plain_rows()], (*PLAIN_HEADER, "Risk owner"))
    assert_clean(reading)
    assert reading.rows[0].owner is None
    assert reading.rows[0].extras == (("Risk owner", "Jo Hart"),)


def test_unmapped_columns_are_kept_as_extras() -> None:
    reading = read([[*row, "PR.AA-01"] for row in plain_rows()], (*PLAIN_HEADER, "NIST CSF"))
    assert reading.rows[7].extras == (("NIST CSF", "PR.AA-01"),)


def test_two_columns_for_one_field_that_differ_are_asked_about() -> None:
    header = (*PLAIN_HEADER, "Current status")
    rows = [[*row, "Planned" if n == 3 else "Implemented"] for n, row in enumerate(plain_rows())]
    reading = read_soa([sheet([header, *rows])])
    assert codes(reading) == ["two_columns"]
    assert reading.questions[0].options == ("Implementation status", "Current status")
    settled = read_soa(
        [sheet([header, *rows])],
        Answers(columns={("Sheet1", 4): None, ("Sheet1", 5): Field.IMPLEMENTATION_STATUS}),
    )
    assert_clean(settled)
    assert settled.rows[3].implementation_status is Implementation.PLANNED


def test_two_columns_for_one_field_that_agree_are_not_asked_about() -> None:
    reading = read([[*row, "Done"] for row in plain_rows()], (*PLAIN_HEADER, "Current status"))
    assert_clean(reading)


def test_a_status_column_that_holds_decisions_is_the_decision() -> None:
    rows = [[i, TITLES[i], "Excluded" if i == "A.8.30" else "Applicable", "Risk"] for i in IDS]
    reading = read(rows, ("Control ID", "Control", "Status", "Justification"))
    assert_clean(reading)
    assert reading.soa("x").counts().excluded == 1


def test_without_a_decision_column_the_status_decides_and_that_is_noted() -> None:
    rows = [[i, "Not applicable" if i == "A.8.30" else "Implemented", "Risk", "POL-1"] for i in IDS]
    header = ("Control Reference", "Implementation Status", "Justification", "Related Documents")
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.soa("x").counts().excluded == 1
    assert any("no column says which controls apply" in note for note in reading.notes)


def test_a_column_of_yes_and_no_under_an_unknown_header_is_asked_about() -> None:
    header = ("ID", "Control", "Betrifft uns?", "Begründung", "Umsetzungsstatus")
    rows = plain_rows(lambda _, row: [*row[:2], "ja", "Gesetz", "umgesetzt"])
    reading = read(rows, header)
    assert codes(reading) == ["column_unclear"]
    told = read_soa([sheet([header, *rows])], Answers(columns={("Sheet1", 2): Field.APPLICABLE}))
    assert_clean(told)
    assert told.soa("x").counts().applicable == 93


def test_a_status_of_yes_and_no_without_a_decision_column_is_asked_about() -> None:
    rows = [[i, TITLES[i], "No" if i[2] == "7" else "Yes", "Risk"] for i in IDS]
    assert codes(read(rows, ("ID", "Control", "Status", "Justification"))) == ["column_unclear"]


def test_marks_under_not_applicable_exclude() -> None:
    header = ("ID", "Control", "Not applicable", "Justification", "Status")
    rows = plain_rows(lambda i, row: [*row[:2], "x" if i[2] == "7" else "", "Risk", "Done"])
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.soa("x").counts().excluded == 14
    assert any("not marked as excluded" in note for note in reading.notes)


def test_rows_that_continue_a_control_add_to_it() -> None:
    header = (*PLAIN_HEADER, "Evidence")
    rows: list[list[Value]] = []
    for i in IDS:
        rows.append([*(Cell(value, merged=True) for value in plain(i)), "Log A"])  # type: ignore[arg-type]
        rows.append([*(Cell(merged=True) for _ in PLAIN_HEADER), "Log B"])
    rows.append([None, None, None, None, None, "Log C"])
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.rows[0].evidence_refs == ("Log A", "Log B")
    assert reading.rows[-1].evidence_refs == ("Log A", "Log B", "Log C")
    assert reading.skipped[0].reason == "continues row 2"


def test_hidden_columns_are_never_quoted() -> None:
    header: list[Value] = [*PLAIN_HEADER, Cell("Internal remark", hidden=True)]
    rows = [[*row, Cell("do not tell the auditor", hidden=True)] for row in plain_rows()]
    reading = read_soa([sheet([header, *rows])])
    assert_clean(reading)
    assert "auditor" not in render_row(reading.rows[0])
    assert reading.rows[0].extras == ()
    assert any("hidden columns" in note for note in reading.notes)


# values


@pytest.mark.parametrize(
    ("yes", "no"),
    [("Y", "N"), ("✓", "✗"), ("✔️", "❌"), (1, 0), (True, False), ("1", "0"), ("TRUE", "FALSE"),
     ("Included", "Excluded"), ("In scope", "Out of scope"), ("Applicable", "N/A"),
     ("Yes - contract", "No (nothing on site)")],
)  # fmt: skip
def test_decisions_in_words_and_symbols_are_read(yes: Value, no: Value) -> None:
    rows = plain_rows(lambda i, row: [*row[:2], no if i[2] == "7" else yes, *row[3:]])
    reading = read(rows)
    assert_clean(reading)
    counts = reading.soa("x").counts()
    assert (counts.applicable, counts.excluded) == (79, 14)


def test_a_cross_among_ticks_is_asked_about() -> None:
    rows = plain_rows(lambda i, row: [*row[:2], "x" if i[2] == "7" else "✓", *row[3:]])
    assert codes(read(rows)) == ["unknown_applicable"]


def test_x_marks_what_applies_and_a_blank_with_a_reason_for_exclusion_does_not() -> None:
    header = ("ID", "Control", "Applicable", "Reason for inclusion", "Reason for exclusion")
    rows: list[list[Value]] = [[i, TITLES[i], "X", "Risk", None] for i in IDS]
    rows[0][2:] = [None, None, "No need"]
    rows[1][2:] = [None, None, None]
    decided = [row.applicable for row in read(rows, header).rows[:3]]
    assert decided == [Applicability.NO, Applicability.UNDECIDED, Applicability.YES]


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("Fully implemented", Implementation.IMPLEMENTED),
        ("100 %", Implementation.IMPLEMENTED),
        (Cell(0.5, "0%"), Implementation.PARTIAL),
        (Cell(1, "0%"), Implementation.IMPLEMENTED),
        (Cell(0.0, "0.0%"), Implementation.NOT_IMPLEMENTED),
        ("In progress (see plan)", Implementation.PARTIAL),
        ("◑", Implementation.PARTIAL),
        ("●", Implementation.IMPLEMENTED),
        ("✓", Implementation.IMPLEMENTED),
        ("❌", Implementation.NOT_IMPLEMENTED),
        ("Not implemented - see RTP-4", Implementation.NOT_IMPLEMENTED),
        ("Not started", Implementation.NOT_IMPLEMENTED),
        ("Roadmap", Implementation.PLANNED),
        ("n.a.", Implementation.NOT_APPLICABLE),
        ("", None),
        ("-", None),
    ],
)
def test_statuses_in_words_symbols_and_percentages_are_read(
    cell: Value, meaning: Implementation | None
) -> None:
    rows = plain_rows(lambda i, row: [*row[:4], cell] if i == "A.5.9" else row)
    reading = read(rows)
    assert_clean(reading)
    assert reading.rows[8].implementation_status is meaning


def test_not_started_with_a_target_date_is_planned() -> None:
    rows = [[*row[:4], "Not started", "2027-03-01"] for row in plain_rows()]
    reading = read(rows, (*PLAIN_HEADER, "Target date"))
    assert reading.rows[0].implementation_status is Implementation.PLANNED


def test_colours_alone_are_asked_about_unless_a_legend_explains_them() -> None:
    rows = plain_rows(lambda i, row: [*row[:4], Cell(fill="00B050" if i[2] == "5" else "FF0000")])
    asked = read(rows)
    assert codes(asked) == ["status_by_colour", "status_by_colour"]
    legend = [["Legend", Cell("Implemented", fill="00B050"), Cell(fill="FF0000"), "Planned"]]
    told = read_soa([sheet([*legend, [], PLAIN_HEADER, *rows])])
    assert_clean(told)
    assert told.soa("x").counts().implemented == 37
    answered = read_soa(
        [sheet([PLAIN_HEADER, *rows])],
        Answers(status={"#00B050": Implementation.IMPLEMENTED, "#FF0000": Implementation.PLANNED}),
    )
    assert_clean(answered)


def test_traffic_light_words_are_asked_about_unless_a_legend_explains_them() -> None:
    rows = plain_rows(lambda i, row: [*row[:4], "Green" if i[2] == "5" else "Amber"])
    assert codes(read(rows)) == ["unknown_status", "unknown_status"]
    legend = [["Green = implemented, Amber = partially implemented"], []]
    assert_clean(read_soa([sheet([*legend, PLAIN_HEADER, *rows])]))


def test_a_scale_of_numbers_without_a_meaning_is_asked_about() -> None:
    rows = plain_rows(lambda i, row: [*row[:4], int(i[-1]) % 4])
    assert set(codes(read(rows))) == {"unknown_status"}


def test_a_maturity_column_is_read_and_does_not_become_the_status() -> None:
    reading = read([[*row, 3] for row in plain_rows()], (*PLAIN_HEADER, "Maturity level"))
    assert_clean(reading)
    assert reading.rows[0].maturity == 3


def test_day_and_month_are_read_only_if_the_column_settles_their_order() -> None:
    header = (*PLAIN_HEADER, "Last review")
    rows = [[*row, "03/04/2026"] for row in plain_rows()]
    reading = read(rows, header)
    assert reading.rows[0].last_review is None
    assert any("Last review" in note for note in reading.notes)
    rows[5][5] = "25/04/2026"
    assert read(rows, header).rows[0].last_review == date(2026, 4, 3)


def test_a_quoted_row_is_verbatim_with_dates_as_iso_text_and_without_empty_cells() -> None:
    header = (*PLAIN_HEADER, "Owner", "Last review")
    rows = [[*row, None, datetime(2026, 3, 2)] for row in plain_rows()]  # noqa: DTZ001
    assert render_row(read(rows, header).rows[11]) == (
        "Control ID: A.5.12 | Control: Classification of information | Applicable: Yes | "
        "Justification: Risk R-12 | Implementation status: Implemented | Last review: 2026-03-02"
    )


# real files


def workbook_bytes(sheets: dict[str, list[Sequence[CellValue]]], merge: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
        if merge:
            page.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_real_workbook_with_numbers_for_ids_is_read() -> None:
    rows: list[Sequence[CellValue]] = [
        ["Statement of Applicability – Ostermann Logistik AG"],
        ["Version", 2.1],
        [],
        [*PLAIN_HEADER, "Last review"],
        *[
            [number(c.id), c.title, "Yes", "Law", "Implemented", date(2026, 3, 2)]
            for c in register().controls
        ],
    ]
    data = workbook_bytes({"Read me": [["How to use this file"]], "SoA": rows}, "A1:F1")
    parsed = parse_sheet(data, "soa.xlsx", Limits())
    reading = read_soa(parsed.sheets)
    assert_clean(reading)
    assert (reading.header.organisation, reading.header.version) == ("Ostermann Logistik AG", "2.1")
    assert reading.rows[0].last_review == date(2026, 3, 2)
    assert render_row(reading.rows[0]).endswith("Last review: 2026-03-02")


def test_a_csv_file_with_semicolons_and_decimal_commas_is_read() -> None:
    lines = ["Nr.;Maßnahme;Anwendbar;Begründung;Umsetzungsstatus"]
    lines += [
        f"{f'{number(i):g}'.replace('.', ',')};{TITLES[i]};ja;Gesetz, Vertrag;umgesetzt"
        for i in IDS
    ]
    parsed = parse_sheet("\r\n".join(lines).encode("cp1252"), "SoA.csv", Limits())
    reading = read_soa(parsed.sheets)
    assert_clean(reading)
    assert reading.rows[0].justification_inclusion == "Gesetz, Vertrag"


# what is not a statement


def checklist(*extra: str) -> list[Sequence[Value]]:
    header = ("Control", "Title", "Audit question", *extra)
    return [header, *[[i, TITLES[i], "How is it done?", *["Yes"] * len(extra)] for i in IDS]]


@pytest.mark.parametrize(
    "rows",
    [
        checklist("Status", "Finding", "Auditor"),
        checklist("Compliant?", "Evidence seen"),
        checklist("Applicable", "Result", "Finding"),
        [("Control", "Title"), *[(i, TITLES[i]) for i in IDS]],
        [("2022", "2013"), *[(c.id, ", ".join(c.from_2013)) for c in register().controls]],
        [("ID", "Risk ID", "Action", "Annex A Control", "Owner", "Due Date", "Status")]
        + [[f"RTP-{n}", f"R-{n}", "Do it", i, "Ops", "2026-05-01", "In progress"]
           for n, i in enumerate(IDS)],
        [("Risk ID", "Risk", "Likelihood", "Impact", "Controls", "Treatment", "Status")]
        + [[f"R-{n}", "Fire", 3, 4, f"{i}, A.5.1", "Mitigate", "Open"] for n, i in enumerate(IDS)],
        [("Asset ID", "Asset", "Owner", "Classification", "Status")]
        + [[f"AST-{n}", "Server", "Ops", "Internal", "Active"] for n in range(90)],
        [("CAR", "Grade", "Requirement", "Finding", "Root cause", "Action", "Status", "Due")]
        + [[f"CAR-{n}", "minor", i, "x", "y", "z", "Closed", "2026-01-01"]
           for n, i in enumerate(IDS)],
        [("CVE", "CVSS", "Severity", "Status", "Owner")]
        + [[f"CVE-2026-{n}", 5 + n % 34 / 10, "High", "Open", "Ops"] for n in range(90)],
        [("Role", "Required", "Yes/No"), *[["ISO", "Training", "Yes"] for _ in range(50)]],
        [],
    ],
    ids=["audit checklist", "compliance checklist", "audit plan", "list", "correspondence",
         "treatment plan", "risks", "assets", "corrective actions", "vulnerabilities",
         "competence", "empty"],
)  # fmt: skip
def test_other_registers_are_not_taken_for_a_statement(rows: list[Sequence[Value]]) -> None:
    sheets = [sheet(rows)]
    assert not looks_like_soa(sheets)
    assert codes(read_soa(sheets)) == ["no_table"]


def test_a_short_table_counts_only_if_it_calls_itself_a_statement() -> None:
    rows = [PLAIN_HEADER, *plain_rows()[:12]]
    assert not looks_like_soa([sheet(rows)])
    assert looks_like_soa([sheet([["Statement of Applicability (SoA)"], *rows])])


# the stored form


@pytest.fixture(scope="module")
def soa() -> Soa:
    status = {"A.5.7": "Planned", "A.8.12": "Partially", "A.8.11": "No"}
    rows = plain_rows(lambda i, row: [*row[:4], status.get(i, "Implemented")])
    rows[IDS.index("A.7.6")][2:] = ["No", "Nothing on site", "N/A"]
    return read(rows).soa("registers/soa.xlsx", "2.4")


def test_the_statement_counts_its_rows(soa: Soa) -> None:
    counts = soa.counts()
    assert (counts.rows, counts.applicable, counts.excluded, counts.undecided) == (93, 92, 1, 0)
    assert (counts.implemented, counts.partial, counts.planned, counts.not_implemented) == (
        89,
        1,
        1,
        1,
    )


def test_the_statement_finds_rows(soa: Soa) -> None:
    row = soa.row("A.8.12")
    assert row is not None
    assert row.title == "Data leakage prevention"
    assert soa.row("A.9.9") is None
    excluded = soa.where(applicable=Applicability.NO)
    assert [row.control_id for row in excluded] == ["A.7.6"]


def test_rows_survive_being_stored_as_json(soa: Soa) -> None:
    for row in soa.rows:
        assert row_from_data(json.loads(json.dumps(row_data(row)))) == row


# any statement that is written is read again


DECISIONS = {
    Applicability.YES: ("Yes", "y", "✓", "Applicable", "Ja", 1, True),
    Applicability.NO: ("No", "n", "✗", "Excluded", "nein", 0, False),
    Applicability.UNDECIDED: ("", "TBD", "?"),
}
STATUSES = {
    Implementation.IMPLEMENTED: ("Implemented", "done", "100%", "umgesetzt", Cell(1.0, "0%")),
    Implementation.PARTIAL: ("Partially implemented", "WIP", "40 %", "teilweise", Cell(0.4, "0%")),
    Implementation.PLANNED: ("Planned", "to do", "geplant"),
    Implementation.NOT_IMPLEMENTED: ("Not implemented", "0%", "none yet".replace(" yet", "")),
    Implementation.NOT_APPLICABLE: ("N/A", "not applicable"),
    None: ("", None),
}
ID_STYLES: tuple[Callable[[str], Value], ...] = (
    lambda i: i, lambda i: i[2:], lambda i: i.replace(".", "", 1), number, as_excel_date,
)  # fmt: skip
TEXT = st.text(
    st.characters(categories=["Lu", "Ll", "Nd", "Zs", "Po"], exclude_characters="=:;|•·"),
    min_size=6,
    max_size=40,
).filter(lambda text: sum(map(str.isalpha, text)) > 4)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_is_written_in_any_layout_is_read_again(data: st.DataObject) -> None:
    write_id = data.draw(st.sampled_from(ID_STYLES))
    columns = ["Ref.", "Control title", "Applicable", "Justification", "Status", "Owner"]
    order = data.draw(st.permutations(range(len(columns))))
    title_rows = data.draw(st.lists(TEXT, max_size=9))
    decided = [data.draw(st.sampled_from(list(Applicability))) for _ in range(12)]
    statuses = [data.draw(st.sampled_from(list(STATUSES))) for _ in range(12)]
    reasons = [data.draw(TEXT) for _ in range(4)]
    rows: list[list[Value]] = []
    for n, i in enumerate(IDS):
        decision = data.draw(st.sampled_from(DECISIONS[decided[n % 12]])) if n < 20 else \
            DECISIONS[decided[n % 12]][0]  # fmt: skip
        status = STATUSES[statuses[n % 12]][n % len(STATUSES[statuses[n % 12]])]
        whole: list[Value] = [write_id(i), TITLES[i], decision, reasons[n % 4], status, "Team"]
        rows.append([whole[column] for column in order])
    grid = [*[[text] for text in title_rows], [columns[c] for c in order], *rows]
    reading = read_soa([sheet(grid)])
    assert ids(reading) == IDS
    assert reading.questions == ()
    for n, row in enumerate(reading.rows):
        assert row.applicable is decided[n % 12]
        assert row.implementation_status is statuses[n % 12]
        assert row.owner == "Team"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.dates(),
                st.text(max_size=30), st.sampled_from([*IDS, *TITLES.values(), *PLAIN_HEADER]),
            ),
            max_size=7,
        ),
        max_size=40,
    )
)  # fmt: skip
def test_any_grid_is_read_without_an_error(grid: list[list[CellValue]]) -> None:
    sheets = [sheet(grid, "SoA")]
    reading = read_soa(sheets)
    assert reading.unambiguous <= looks_like_soa(sheets)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("Partly in place", Implementation.PARTIAL),
        ("mostly implemented", Implementation.PARTIAL),
        ("Not fully in place", Implementation.PARTIAL),
        ("Zum Teil umgesetzt", Implementation.PARTIAL),
        ("Deels ingevoerd", Implementation.PARTIAL),
        ("Completely done", Implementation.IMPLEMENTED),
        ("not yet in place", Implementation.NOT_IMPLEMENTED),
        ("noch nicht eingeführt", Implementation.NOT_IMPLEMENTED),
    ],
)
def test_a_degree_before_a_status_is_understood(said: str, meaning: Implementation) -> None:
    rows = plain_rows(lambda i, row: [*row[:4], said] if i == "A.8.9" else row)
    reading = read(rows)
    assert reading.questions == ()
    assert reading.rows[IDS.index("A.8.9")].implementation_status is meaning


def test_plain_words_for_headers_are_understood() -> None:
    header = ("Annex A ref.", "Title", "In scope? (Y/N)", "Why / why not", "State of play",
              "Finished by", "Answerable", "Where described", "Proof")  # fmt: skip
    rows: list[list[Value]] = [
        [i, TITLES[i], "Y", "Risk PR-01", "In place", "", "Head of IT", "ISP-100", "Log"]
        for i in IDS
    ]
    rows[3] = [IDS[3], TITLES[IDS[3]], "N", "No software is written", "", "", "", "", ""]
    rows[4] = [IDS[4], TITLES[IDS[4]], "Y", "Law", "Partly in place", "31/03/2027", "CISO",
               "ISS-250", ""]  # fmt: skip
    reading = read(rows, header)
    assert_clean(reading)
    assert reading.rows[3].justification_exclusion == "No software is written"
    assert reading.rows[4].target_date == date(2027, 3, 31)
    assert (reading.rows[4].owner, reading.rows[4].policy_refs) == ("CISO", ("ISS-250",))
    assert reading.rows[0].justification_inclusion == "Risk PR-01"
