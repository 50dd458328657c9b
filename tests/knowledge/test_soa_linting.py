"""Forty kinds of defect, each planted in a clean statement and found; a clean one stays silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from knowledge.controls import register
from knowledge.passages import Cell, CellValue, Sheet, Standing
from knowledge.soa import Answers, Soa, read_soa
from knowledge.soa.linting import (
    KINDS,
    NOTHING,
    Defect,
    Entry,
    KnownDocument,
    RegisterKind,
    Rule,
    ScopeFact,
    Severity,
    Spot,
    Surroundings,
    Waiver,
    lint,
    waive,
)

TODAY = date(2026, 11, 23)
CONTROLS = register().controls
IDS = [control.id for control in CONTROLS]
HEADER = ("Control ID", "Control title", "Theme", "Applicable", "Reason for inclusion",
          "Reason for exclusion", "Risk ID", "Implementation status", "Policy", "Evidence", "Owner",
          "Due date", "Last review", "Next review", "Remarks")  # fmt: skip
COLUMN = {name: at for at, name in enumerate(HEADER)}
OWNERS = ("Ada Park (IT Manager)", "Ben Ito (HR Manager)", "Cleo Ward (COO)", "Dan Roth (CISO)")
Row = list[CellValue]
TITLE_BLOCK: list[Row] = [
    ["Statement of Applicability"],
    ["Organisation", "Wren Logistics Ltd"],
    ["Scope", "Hosting and support of the Wren freight portal from the offices in Hull"],
    ["Version", "3.1"],
    ["Approved on", date(2026, 9, 1)],
    ["Approved by", "Cleo Ward (COO)"],
    ["Standard", "ISO/IEC 27001:2022"],
    [],
]


def clean_rows() -> list[Row]:
    rows: list[Row] = []
    for number, control in enumerate(CONTROLS):
        rows.append(
            [control.id, control.title, control.theme, "Yes",
             f"Without it, {control.title.lower()} would be left to chance in our freight portal",
             None, f"R-{number % 12 + 1:02}", "Implemented", f"POL-{number % 9 + 1:02}",
             f"EV-{number:03} record of 2026-0{number % 8 + 1}-12", OWNERS[number % 4], None,
             date(2026, 8, 20), date(2027, 8, 20), None]
        )  # fmt: skip
    change(rows, "A.8.30", **{
        "Applicable": "No", "Reason for inclusion": None, "Risk ID": None,
        "Reason for exclusion": "All code is written by our own engineers; no supplier writes any",
        "Implementation status": "N/A", "Policy": None, "Evidence": None})  # fmt: skip
    change(rows, "A.8.23", **{
        "Implementation status": "Planned", "Due date": date(2027, 3, 1),
        "Evidence": None, "Remarks": "Residual risk accepted by Cleo Ward on 2026-08-30"})  # fmt: skip
    return rows


def change(rows: list[Row], control: str, **cells: CellValue) -> None:
    for row in rows:
        if row[0] == control:
            for name, value in cells.items():
                row[COLUMN[name]] = value


def workbook(
    rows: Sequence[Row], block: Sequence[Row] | None = None, more: Sequence[Sheet] = ()
) -> list[Sheet]:
    grid = [*(TITLE_BLOCK if block is None else block), list(HEADER), *rows]
    cells = tuple(
        tuple(value if isinstance(value, Cell) else Cell(value) for value in row) for row in grid
    )
    return [Sheet("SoA", cells), *more]


def statement(rows: Sequence[Row], block: Sequence[Row] | None = None) -> Soa:
    return read_soa(workbook(rows, block), Answers()).soa("soa.xlsx")


def entry(kind: RegisterKind, key: str, text: str, *controls: str, **facts: object) -> Entry:
    return Entry(kind, key, text, Spot(f"{kind}.csv", text, row=key), controls, **facts)  # type: ignore[arg-type]


RISKS = tuple(
    entry(RegisterKind.RISK, f"R-{n:02}", f"ID: R-{n:02} | Status: Open") for n in range(1, 13)
)
POLICIES = tuple(
    KnownDocument(f"pol{n}.md", f"Topic Policy {n}", f"POL-{n:02}", "1.0", Standing.IN_FORCE,
                  date(2026, 2, 1))
    for n in range(1, 10)
)  # fmt: skip
SCOPE = ScopeFact(
    "SCOPE-01",
    "2.0",
    (
        Spot(
            "scope.md",
            "The ISMS covers hosting and support of the Wren freight portal from the offices in "
            "Hull.",
        ),
    ),
)
AROUND = Surroundings(documents=POLICIES, entries=RISKS, scopes=(SCOPE,))


def around(*entries: Entry, **facts: object) -> Surroundings:
    return replace(AROUND, entries=(*RISKS, *entries), **facts)  # type: ignore[arg-type]


def found(
    rows: Sequence[Row],
    *,
    surroundings: Surroundings = AROUND,
    block: Sequence[Row] | None = None,
    more: Sequence[Sheet] = (),
) -> tuple[Defect, ...]:
    sheets = workbook(rows, block, more)
    return lint(
        read_soa(sheets).soa("soa.xlsx"), today=TODAY, surroundings=surroundings, sheets=sheets
    )


def without(control: str) -> Callable[[list[Row]], None]:
    def plant(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if row[0] != control]

    return plant


def setting(control: str, **cells: CellValue) -> Callable[[list[Row]], None]:
    return lambda rows: change(rows, control, **cells)


def excluding(control: str, why: CellValue) -> Callable[[list[Row]], None]:
    return setting(control, **{"Applicable": "No", "Reason for inclusion": None, "Risk ID": None,
                               "Reason for exclusion": why, "Implementation status": "N/A",
                               "Policy": None, "Evidence": None})  # fmt: skip


def all_of(*plants: Callable[[list[Row]], None]) -> Callable[[list[Row]], None]:
    def plant(rows: list[Row]) -> None:
        for one in plants:
            one(rows)

    return plant


def everywhere(**cells: CellValue) -> Callable[[list[Row]], None]:
    return all_of(*(setting(i, **cells) for i in IDS if i != "A.8.30"))


def shifted(rows: list[Row]) -> None:
    titles = [row[1] for row in rows]
    for at in range(40, 50):
        rows[at][1] = titles[at + 1]


def as_2013(rows: list[Row]) -> None:
    old = [(o, c.title) for c in CONTROLS for o in c.from_2013]
    unique = dict(sorted(old, key=lambda pair: tuple(map(int, pair[0][2:].split(".")))))
    rows[:] = [[o, t, None, "Yes", f"Risk of {o} R-01", None, "R-01", "Implemented", "POL-01",
                "EV 2026-08-01", OWNERS[n % 4], None, date(2026, 8, 20), date(2027, 8, 20), None]
               for n, (o, t) in enumerate(unique.items())]  # fmt: skip


DEV = entry(RegisterKind.ASSET, "AST-9", "ID: AST-9 | Name: GitLab code repositories")
SUPPLIER = entry(RegisterKind.SUPPLIER, "SUP-1", "ID: SUP-1 | Supplier: Amazon Web Services")
NO_CODE = "We have no software development"
RULE = Rule("A.8.30", Spot("dev.md", "Outsourced developers must sign the coding rules (A.8.30)."))
MAJOR = entry(RegisterKind.FINDING, "NC-4", "ID: NC-4 | Control: A.5.18", "A.5.18", major=True)
LATE = entry(RegisterKind.TREATMENT, "RTP-3", "ID: RTP-3 | Control: A.8.9", "A.8.9",
             due=date(2026, 6, 1))  # fmt: skip

PLANTED: list[tuple[str, Callable[[list[Row]], None], dict[str, object], tuple[str, ...]]] = [
    # code, change of the rows, what surrounds them, controls named
    ("S01", without("A.5.7"), {}, ("A.5.7",)),
    ("S02", lambda rows: rows.append([*rows[3]]), {}, ("A.5.4",)),
    ("S02", lambda rows: rows.insert(9, ["5.9", *rows[8][1:]]), {}, ("A.5.9",)),
    ("S03", lambda rows: rows.append(["A.5.38", "Zero trust", *rows[3][2:]]), {}, ("A.5.38",)),
    ("S04", lambda rows: rows.append(["A.9.2.3", "Management of privileged access rights",
                                      *rows[3][2:]]), {}, ("A.9.2.3",)),
    ("S04", as_2013, {}, ()),
    ("S05", without("A.8.34"), {}, ("A.8.34",)),
    ("S05", lambda rows: rows.append([*rows[7]]), {}, ("A.5.8",)),
    ("S06", without("A.6.3"), {}, ("A.6.3",)),
    ("S07", setting("A.5.9", **{"Control title": "Return of assets"}), {}, ("A.5.9",)),
    ("S07", shifted, {}, ()),
    ("S08", setting("A.5.5", Applicable="TBD"), {}, ("A.5.5",)),
    ("S08", setting("A.5.5", Applicable=None), {}, ("A.5.5",)),
    ("S09", setting("A.5.6", **{"Reason for inclusion": None, "Risk ID": None}), {}, ("A.5.6",)),
    ("S09", setting("A.5.6", **{"Reason for inclusion": "Best practice", "Risk ID": None}), {},
     ("A.5.6",)),
    ("S10", excluding("A.7.12", "not applicable"), {}, ("A.7.12",)),
    ("S10", excluding("A.7.12", None), {}, ("A.7.12",)),
    ("S11", excluding("A.8.11", "No budget for masking tools this year"), {}, ("A.8.11",)),
    ("S11", excluding("A.8.11", "Noch nicht umgesetzt"), {}, ("A.8.11",)),
    ("S12", excluding("A.8.28", NO_CODE), {"surroundings": around(DEV)}, ("A.8.28",)),
    ("S12", excluding("A.5.21", "We have no suppliers"), {"surroundings": around(SUPPLIER)},
     ("A.5.21",)),
    ("S12", excluding("A.5.23", "No cloud services are used"),
     {"surroundings": around(SUPPLIER)}, ("A.5.23",)),
    ("S13", lambda rows: None, {"surroundings": around(rules=(RULE,))}, ("A.8.30",)),
    ("S14", excluding("A.7.12", "All cabling is the landlord's"),
     {"surroundings": around(entry(RegisterKind.TREATMENT, "RTP-1", "RTP-1 A.7.12", "A.7.12"))},
     ("A.7.12",)),
    ("S15", setting("A.6.1", **{"Implementation status": None}), {}, ("A.6.1",)),
    ("S16", setting("A.8.30", **{"Implementation status": "Implemented"}), {}, ("A.8.30",)),
    ("S16", setting("A.6.1", **{"Implementation status": "N/A"}), {}, ("A.6.1",)),
    ("S17", setting("A.6.2", Policy=None, Evidence=None), {}, ("A.6.2",)),
    ("S18", setting("A.6.4", Evidence="EV-1 minutes of 2024-03-01"), {}, ("A.6.4",)),
    ("S19", lambda rows: None, {"surroundings": around(MAJOR)}, ("A.5.18",)),
    ("S19", lambda rows: None, {"surroundings": around(LATE)}, ("A.8.9",)),
    ("S20", setting("A.7.4", **{"Implementation status": "Partially implemented"}), {}, ("A.7.4",)),
    ("S21", setting("A.8.23", **{"Due date": date(2026, 3, 1)}), {}, ("A.8.23",)),
    ("S22", setting("A.5.2", Owner=None), {}, ("A.5.2",)),
    ("S22", setting("A.5.2", Owner="IT team"), {}, ("A.5.2",)),
    ("S22", lambda rows: None, {"surroundings": around(entry(
        RegisterKind.PERSON, "P-1", "Name: Dan Roth | Status: left", name="Dan Roth", left=True))},
     ()),
    ("S23", everywhere(Owner="Ada Park (IT Manager)"), {}, ()),
    ("S24", setting("A.5.3", **{"Last review": date(2025, 1, 10)}), {}, ("A.5.3",)),
    ("S24", setting("A.5.3", **{"Next review": date(2026, 10, 10)}), {}, ("A.5.3",)),
    ("S25", setting("A.8.24", Policy=None), {}, ("A.8.24",)),
    ("S26", setting("A.5.3", Policy="POL-77"), {}, ("A.5.3",)),
    ("S26", lambda rows: None, {"surroundings": around(documents=(
        replace(POLICIES[0], standing=Standing.RETIRED), *POLICIES[1:]))}, ()),
    ("S26", lambda rows: None, {"surroundings": around(documents=(
        replace(POLICIES[0], begins=date(2026, 10, 1)), *POLICIES[1:]))}, ()),
    ("S27", setting("A.8.24", **{"Implementation status": "Not implemented", "Owner": "Ada Park"}),
     {"surroundings": around(rules=(Rule("A.8.24", Spot("c.md", "Disks must be encrypted.")),))},
     ("A.8.24",)),
    ("S28", everywhere(**{"Reason for inclusion": "Needed to protect the freight portal"}), {}, ()),
    ("S29", lambda rows: [change(rows, i, **{"Applicable": "Yes", "Implementation status":
     "Implemented", "Reason for exclusion": None}) for i in ("A.8.30", "A.8.23")] and None, {}, ()),
    ("S30", all_of(*(excluding(i, "All staff work from home and we rent no rooms at all")
                     for i in IDS if i.startswith("A.7")), excluding("A.8.22", "One flat network"),
                   ), {}, ()),
    ("S31", excluding("A.8.13", "Customers keep their own copies"), {}, ("A.8.13",)),
    ("S32", excluding("A.8.25", "We only configure what we buy"), {}, ("A.8.25",)),
    ("S33", lambda rows: None, {"surroundings": around(entry(
        RegisterKind.TREATMENT, "RTP-9", "RTP-9", foreign_controls=("OC-04",)))}, ("OC-04",)),
    ("S34", lambda rows: None, {"block": [r for r in TITLE_BLOCK if r[:1] != ["Standard"]]}, ()),
    ("S34", lambda rows: None, {"block": [["Standard", "ISO/IEC 27001:2013"] if r[:1] ==
                                          ["Standard"] else r for r in TITLE_BLOCK]}, ()),
    ("S35", lambda rows: None, {"block": [["Scope", "Payroll services for public bodies in Leeds"]
                                          if r[:1] == ["Scope"] else r for r in TITLE_BLOCK]}, ()),
    ("S35", lambda rows: None, {"block": [["Scope", "SCOPE-01 v1.0"] if r[:1] == ["Scope"] else r
                                          for r in TITLE_BLOCK]}, ()),
    ("S36", lambda rows: None, {"block": [r for r in TITLE_BLOCK if r[:1] != ["Approved by"]]}, ()),
    ("S36", lambda rows: None, {"block": [*TITLE_BLOCK[:-1], ["Author", "Cleo Ward (COO)"], []]},
     ()),
    ("S37", setting("A.5.3", **{"Risk ID": "R-99"}), {}, ("A.5.3",)),
    ("S37", setting("A.5.3", **{"Risk ID": None, "Reason for inclusion":
                                "Reduces the risk of fraud"}), {}, ("A.5.3",)),
    ("S38", setting("A.8.5", Remarks="admin password: Tr0ub4dor&3"), {}, ("A.8.5",)),
    ("S38", setting("A.6.4", **{"Reason for inclusion": "Leak in 2024 caused by Mark Stone"}), {},
     ("A.6.4",)),
    ("S39", setting("A.8.6", Evidence="#REF!"), {}, ("A.8.6",)),
    ("S39", setting("A.8.6", Remarks="=HYPERLINK(\"http://x\",\"y\")"), {}, ("A.8.6",)),
    ("S39", lambda rows: None, {"more": [Sheet("Old", ((Cell("draft"),),), hidden=True)]}, ()),
    ("S40", setting("A.8.23", Remarks=None), {}, ("A.8.23",)),
]  # fmt: skip


def test_every_kind_of_defect_is_planted():
    assert {code for code, *_ in PLANTED} == set(KINDS)
    assert len(KINDS) == 40


@cache
def planted(at: int) -> tuple[Defect, ...]:
    """Give what is found in a clean statement with one change."""
    _, plant, facts, _ = PLANTED[at]
    rows = clean_rows()
    plant(rows)
    return found(rows, **facts)  # type: ignore[arg-type]


EACH = pytest.mark.parametrize(
    "at", range(len(PLANTED)), ids=[f"{code}-{at}" for at, (code, *_) in enumerate(PLANTED)]
)


@EACH
def test_a_planted_defect_is_found_with_its_code_and_control(at: int):
    code, _, _, controls = PLANTED[at]
    same = [one for one in planted(at) if one.code == code]
    assert same
    assert any(set(controls) <= set(one.controls) for one in same)


def test_a_clean_statement_has_no_defects():
    assert [(one.code, one.what) for one in found(clean_rows())] == []


def test_a_clean_statement_alone_has_no_defects():
    assert [one.what for one in found(clean_rows(), surroundings=NOTHING)] == []


@EACH
def test_a_planted_defect_brings_few_others(at: int):
    code = PLANTED[at][0]
    others = {one.code for one in planted(at) if one.code != code}
    together = {"S01", "S03", "S05", "S06", "S02", "S07"}  # one lost or extra row is all of these
    caused = {
        "S04": together | {"S28", "S29", "S34", "S26"}, "S29": {"S09", "S17"},
        "S30": {"S29", "S31", "S32", "S28"},
        "S11": {"S31"}, "S12": {"S31", "S32"}, "S10": {"S31"}, "S14": {"S31"}, "S27": {"S40", "S20"},
        "S24": set(), "S16": {"S15"}, "S17": {"S25"}, "S13": set(), "S28": set(),
    }  # fmt: skip
    assert others <= together | caused.get(code, set()) | {"S31"}


def test_what_is_no_defect_stays_silent():
    rows = clean_rows()
    change(rows, "A.5.31", **{"Reason for inclusion": "Companies Act 2006, section 386"})
    change(rows, "A.5.23", Remarks="Run by the cloud provider; keys stay with us")
    change(rows, "A.8.23", **{"Implementation status": "Planned"})
    for row in rows:
        row[COLUMN["Evidence"]] = None  # no column of evidence is demanded
    rows.append(["OC-01", "Tamper seals on trailers", "own", "Yes", "Contract with Maersk, clause 9",
                 None, None, "Implemented", "POL-03", None, "Ada Park (IT Manager)", None,
                 date(2026, 8, 20), date(2027, 8, 20), None])  # fmt: skip
    assert [(one.code, one.what) for one in found(rows)] == []


def test_a_defect_says_what_is_demanded_and_what_is_recommended():
    rows = clean_rows()
    change(rows, "A.5.2", Owner=None)
    change(rows, "A.5.5", Applicable="TBD")
    kinds = {one.code: one.kind for one in found(rows)}
    assert kinds["S08"].basis == "required"
    assert kinds["S22"].basis == "recommended"


@pytest.mark.parametrize(
    ("control", "why"),
    [
        ("A.8.30", "No outsourced development is used or planned"),
        ("A.8.30", "Externe Entwicklung findet nicht statt und ist nicht geplant"),
        ("A.7.11", "The landlord runs all utilities under the lease of 2024"),
    ],
)
def test_a_sound_reason_for_exclusion_is_no_gap(control: str, why: str):
    rows = clean_rows()
    excluding(control, why)(rows)
    assert {one.code for one in found(rows)} <= {"S31"}


@pytest.mark.parametrize("owner", ["CISO", "Head of IT", "IT Manager", "IT Operations Lead", "DPO"])
def test_a_role_is_an_owner(owner: str):
    rows = clean_rows()
    change(rows, "A.5.2", Owner=owner)
    assert found(rows) == ()


@pytest.mark.parametrize(
    ("control", "cells"),
    [
        ("A.5.17", {"Remarks": "Passwords are kept in a vault; password: minimum 14 characters"}),
        ("A.8.5", {"Remarks": "MFA tokens are required; token: hardware"}),
        ("A.6.4", {"Remarks": "See the handbook, contact Mrs Robinson"}),
        ("A.5.5", {"Remarks": "Hotline of the authority +49 228 99 9582"}),
        ("A.7.4", {"Remarks": "+ monthly test"}),
        ("A.5.7", {"Reason for inclusion": "Threats change quickly; see assessment RA-2026-02"}),
        ("A.8.1", {"Evidence": "MDM report Oct 2026"}),
        ("A.8.3", {"Evidence": "Ticket 4711 (12/05/2026)"}),
    ],
)
def test_ordinary_cells_raise_no_alarm(control: str, cells: dict[str, CellValue]):
    rows = clean_rows()
    change(rows, control, **cells)
    assert [(one.code, one.what) for one in found(rows)] == []


def test_a_mailbox_of_a_function_is_no_personal_data():
    rows = clean_rows()
    change(rows, "A.6.8", Remarks="Report to security@wren.example")
    assert found(rows) == ()


def test_a_secret_is_never_repeated():
    rows = clean_rows()
    change(rows, "A.8.5", Remarks="admin password: Tr0ub4dor&3")
    defects = found(rows)
    assert "Tr0ub4dor" not in "".join(f"{one.what}{one.quote}{one.do}" for one in defects)


def test_a_waiver_holds_while_its_ground_is_the_same():
    rows = clean_rows()
    change(rows, "A.8.30", **{"Reason for exclusion": "n/a"})
    defects = found(rows)
    one = next(defect for defect in defects if defect.code == "S10")
    waiver = Waiver(one.code, one.fingerprint, one.controls, "in work", "Cleo Ward", TODAY)
    assert one not in waive(defects, [waiver]).open
    change(rows, "A.8.30", **{"Reason for exclusion": "not relevant"})
    again = waive(found(rows), [waiver])
    assert "S10" in {defect.code for defect in again.open}
    assert again.lapsed == (waiver,)


def test_many_rows_with_one_fault_are_one_defect():
    rows = clean_rows()
    for control in IDS[:20]:
        change(rows, control, **{"Implementation status": "Planned", "Due date": date(2026, 1, 5),
                                 "Remarks": "Residual risk accepted by Cleo Ward"})  # fmt: skip
    (one,) = [defect for defect in found(rows) if defect.code == "S21"]
    assert set(IDS[:20]) <= set(one.controls)
    assert len(one.rows) == 20


def test_the_worst_comes_first():
    rows = clean_rows()
    change(rows, "A.5.2", Owner=None)
    change(rows, "A.5.5", Applicable="TBD")
    assert [one.severity for one in found(rows)] == [Severity.ERROR, Severity.WARNING]
