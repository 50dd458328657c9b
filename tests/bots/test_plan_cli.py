"""Plans at the command line: from a script, through a whole life, out of the house."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bots.cli.plan_files import SCHEMAS, schema_text

ROOT = Path(__file__).parents[2]
PEOPLE = "people:\n  Theo Brandt: [top_management]\n  Mara Lindqvist: [isms_lead]\n"
FINDING = {
    "id": "F-1",
    "text": "Minor NC: for 3 of 12 suppliers no review was found for 2025, seen on 2026-05-11 in Leeds.",
    "source": "internal",
    "audit_date": "2026-05-11",
}
FACTS = yaml.safe_load("""
grade: minor
requirement: A.5.22, our Supplier Policy section 3
objective_evidence: 3 of 12 sampled, 40 suppliers in total, supplier register, May 2026
containment: >-
  None needed because no supplier had access in that time; checked by Ravi Menon on 2026-05-12.
correction: Ravi Menon reviewed the 3 suppliers on 2026-05-14, records REV-1 to REV-3.
consequences: None, incident log checked by Ravi Menon on 2026-05-14.
risk: A weakness of a supplier stays unseen; R-9.
extent: "All 40 suppliers checked: 2 more missing; 1 bought by card was not on the list."
cause_analysis: >-
  Why chain with purchasing on 2026-05-15, minutes W-1, why were tasks kept by hand per person.
root_cause: >-
  Review tasks are kept by hand per person and there is no deputy (see W-1). Nobody compares reviews
  with the register (see W-1).
actions:
  - what: Create review tasks from the supplier register
    owner: Ravi Menon (IT Manager)
    due: 2026-07-01
    done_when: tasks of 2026 exist
    resources: 2 days
  - what: Report overdue reviews monthly to the ISMS lead
    owner: Lena Fox (Purchasing Lead)
    due: 2026-07-15
    done_when: two reports were made
    resources: 1 day
isms_changes: "Risk: yes, R-9. SoA: yes, partly. Policy: no. Objectives: no. Training: no."
closure_evidence: >-
  Records REV-1 to REV-3 from Ravi Menon by 2026-05-20; reports from Lena Fox by 2026-09-01.
effectiveness: >-
  100 % of reviews on time in the next two quarters, sample of 5, judged on 2026-12-15 by Dana Reyes
  (Internal Audit).
""")
TALK = (
    "grade",
    "requirement", "objective_evidence", "containment", "correction", "consequences", "risk", "extent",
    "cause_analysis", "root_cause", "actions", "isms_changes", "closure_evidence", "effectiveness",
)  # fmt: skip


@pytest.fixture
def files(tmp_path):
    def write(finding=FINDING, **answers) -> tuple[Path, Path]:
        places = tmp_path / "finding.yaml", tmp_path / "answers.yaml"
        for place, data in zip(places, (finding, answers), strict=True):
            place.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return places

    return write


def draft(annexa, files, *more, **answers):
    finding, said = files(**answers)
    done = annexa("plan", "draft", "--finding", finding, "--answers", said, "--json", *more)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_draft_from_a_script_has_the_shape_of_the_contract(annexa, files) -> None:
    data = draft(annexa, files, facts=FACTS)
    assert {
        "plan",
        "to_be_confirmed",
        "suggested_due",
        "lint",
        "turns",
        "state",
        "citations",
    } <= set(data)
    assert data["state"] == "draft"
    assert set(data["plan"]["actions"][0]) >= {
        "what",
        "done_when",
        "owner",
        "due",
        "cause",
        "resources",
        "status",
    }
    assert data["plan"]["actions"][0]["owner"] == "Ravi Menon (IT Manager)"
    assert [one["code"] for one in data["lint"] if one["severity"] != "warning"] == []
    assert all(set(one) == {"asks", "text", "reply"} for one in data["turns"])
    assert {"source", "quote", "passage"} <= set(data["citations"][0])


def test_unknown_fields_and_replies_are_answered_as_the_script_says(annexa, files) -> None:
    data = draft(
        annexa, files,
        facts={"root_cause": "human error", "extent": "All 40 suppliers."},
        unknown=["extent"],
        replies=[
            {
                "when": "stops too early",
                "say": "Tasks are kept by hand per person. "
                "Nobody compares reviews with the register.",
            }
        ],
        otherwise="no idea",
    )  # fmt: skip
    replies = {one["asks"]: one["reply"] for one in data["turns"]}
    assert replies["extent"] == "I don't know"
    assert replies["consequences"] == "no idea"
    assert [one["text"] for one in data["plan"]["causes"]] == [
        "Tasks are kept by hand per person",
        "Nobody compares reviews with the register",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "id: F\ntext: x y\nsource: internal\nseverity: high\n",
            "line 4: unknown field 'severity'",
        ),
        ("id: F\nsource: internal\n", "field 'text' is missing"),
        ("id: F\ntext: x\nsource: elsewhere\n", "line 3: field 'source'"),
        (
            "id: F\ntext: x\nsource: internal\naudit_date: soon\n",
            "line 4: field 'audit_date': a day is written YYYY-MM-DD",
        ),
        ("id: [\n", "line 2: this is not YAML"),
    ],
)
def test_a_bad_file_is_named_by_line_and_field(annexa, tmp_path, text, said) -> None:
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    done = annexa("plan", "draft", "--finding", tmp_path / "f.yaml")
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_a_draft_quotes_nothing_that_the_reader_may_not_see(annexa, files) -> None:
    raised = FINDING | {
        "text": "Minor: the name of the merger Operation Walnut was on 2 of 3 whiteboards."
    }
    finding, said = files(raised)
    for reader, sees in ((("--user", "ben"), False), ((), True)):
        done = annexa("plan", "draft", "--finding", finding, "--answers", said, "--json", *reader)
        texts = json.dumps([one["source"] for one in json.loads(done.out)["citations"]])
        assert "board/merger.md" not in texts or sees


def test_the_schemas_are_those_of_the_models() -> None:
    for name in SCHEMAS:
        kept = (ROOT / "bots" / "schemas" / f"{name}.schema.json").read_text("utf-8")
        assert kept == schema_text(name)


@pytest.fixture
def worked(own_annexa, files):
    """A plan that was talked through to its end."""
    (own_annexa.workspace / "plans.yaml").write_text(PEOPLE, encoding="utf-8")
    finding, _ = files()
    done = own_annexa("plan", "new", "--finding", finding, "--as", "Lena Fox")
    assert done.code == 0, done.err

    def spoken(fact) -> str:
        if isinstance(fact, str):
            return fact
        return "\n".join("; ".join(f"{name}: {part}" for name, part in one.items()) for one in fact)

    said = [spoken(FACTS[name]) for name in TALK]
    for one in said:
        done = own_annexa("plan", "resume", "CAP-2026-001", "--as", "Lena Fox", "--say", one)
        assert done.code == 0, done.err
    return own_annexa


def content_hash(annexa) -> str:
    return str(json.loads(annexa("plan", "show", "CAP-2026-001", "--json").out)["content_hash"])


def test_a_plan_is_worked_to_its_effective_end(worked) -> None:
    lint = worked("plan", "lint", "CAP-2026-001", "--json")
    assert lint.code == 0, lint.out
    accepted = [f"--accept={code}=known" for code in {one["code"] for one in json.loads(lint.out)}]
    steps = [
        ("propose", "Lena Fox"),
        ("approve", "Mara Lindqvist", "--hash", content_hash(worked), *accepted),
        ("report", "Ravi Menon", "--action", "A1", "--status", "started"),
        ("start", "Ravi Menon"),
        ("report", "Ravi Menon", "--action", "A1", "--status", "done", "--evidence", "SD-1"),
        ("report", "Lena Fox", "--action", "A2", "--status", "done", "--evidence", "SD-2"),
        ("implemented", "Lena Fox"),
        ("verify", "Dana Reyes", "--opened", "SD-1, SD-2", "--result", "sound"),
    ]
    for name, person, *more in steps:
        done = worked("plan", name, "CAP-2026-001", "--as", person, *more)
        assert done.code == 0, (name, done.err)
    early = worked("plan", "effective", "CAP-2026-001", "--as", "Dana Reyes", "--data", "12 of 12")
    assert early.code == 1
    assert "not reached" in early.err
    done = worked(
        "plan",
        "effective",
        "CAP-2026-001",
        "--as",
        "Dana Reyes",
        "--data",
        "12 of 12",
        "--today",
        "2026-12-15",
    )
    assert done.code == 0, done.err
    assert json.loads(worked("plan", "show", "CAP-2026-001", "--json").out)["state"] == "effective"
    assert worked("audit", "verify").code == 0


def test_the_drafter_cannot_approve_and_a_change_voids(worked) -> None:
    worked("plan", "propose", "CAP-2026-001", "--as", "Lena Fox")
    own = worked(
        "plan", "approve", "CAP-2026-001", "--as", "Lena Fox", "--hash", content_hash(worked)
    )
    assert own.code == 1
    assert "Nothing was changed" in own.err
    done = worked(
        "plan", "edit", "CAP-2026-001", "actions.A1.due", "2026-07-20", "--as", "Mara Lindqvist"
    )
    assert done.code == 0, done.err
    assert json.loads(worked("plan", "show", "CAP-2026-001", "--json").out)["state"] == "draft"


def test_a_step_with_the_same_key_happens_once(worked) -> None:
    for _ in range(2):
        done = worked(
            "plan",
            "edit",
            "CAP-2026-001",
            "risk",
            "R-9 and R-10",
            "--as",
            "Lena Fox",
            "--key",
            "k1",
        )
        assert done.code == 0, done.err
    before = json.loads(worked("plan", "show", "CAP-2026-001", "--json").out)["revision"]
    worked(
        "plan", "edit", "CAP-2026-001", "risk", "R-9 and R-10", "--as", "Lena Fox", "--key", "k1"
    )
    assert json.loads(worked("plan", "show", "CAP-2026-001", "--json").out)["revision"] == before


def test_approval_and_closure_are_not_written_by_hand(worked) -> None:
    for field in ("approval", "cb_acceptance", "closure", "history"):
        done = worked("plan", "edit", "CAP-2026-001", field, "accepted", "--as", "Lena Fox")
        assert done.code == 1
        assert "not by hand" in done.err


def test_the_register_is_imported_listed_and_exported(worked, tmp_path) -> None:
    register = ROOT / "knowledge" / "sample" / "registers" / "corrective-actions.csv"
    looked = worked("plan", "import", register, "--as", "Mara Lindqvist")
    assert "Nothing was kept" in looked.out
    worked("plan", "import", register, "--as", "Mara Lindqvist", "--accept")
    listed = json.loads(worked("plan", "list", "--json").out)
    assert [one["id"] for one in listed] == [
        "CAP-2026-001",
        "CAR-2026-004",
        "CAR-2026-007",
        "CAR-2026-009",
    ]
    done = worked("plan", "export", "CAP-2026-001", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert {one.suffix for one in (tmp_path / "out").iterdir()} == {
        ".docx",
        ".xlsx",
        ".md",
        ".json",
    }


def test_reminders_and_audit_prep_say_what_is_late(worked) -> None:
    done = worked("audit-prep", "--json", "--today", "2027-06-01")
    codes = {one["code"] for one in json.loads(done.out)}
    assert {"audit_missing", "review_missing", "soa_missing"} <= codes
    assert worked("plan", "reminders").code == 0


def test_plans_that_are_kept_are_the_owner_s(worked) -> None:
    assert worked("plan", "list", "--user", "ben").code == 2
