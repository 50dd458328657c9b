"""The report: counts before percentages, factors shown, pictures real, nobody's words a formula."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pytest
from docx import Document
from openpyxl import load_workbook

from assistant.domain.assessment import SetUp
from assistant.domain.interview import Respondent, Verdict
from assistant.interviewing.assessing import Assessments
from assistant.interviewing.report import data, finding_of
from assistant.interviewing.report_pictures import heat_map, radar
from assistant.interviewing.report_scores import Score
from assistant.interviewing.reporting import report_of, written
from assistant.interviewing.store import InterviewStore
from assistant.store import Records

TODAY = date(2026, 11, 23)
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    records = Records.open(tmp_path_factory.mktemp("report"))
    yield Assessments(
        InterviewStore(records), today=TODAY, now=lambda: datetime(2026, 11, 23, tzinfo=UTC)
    )
    records.close()


def _assessed(desk, previous=None, audit="Never audited, we have no internal audit."):
    plan = ("9.2.1", "9.3.1", "A.8.13", "A.5.18", "A.7.7")
    name = desk.set_up(SetUp("Tarn <Ltd>", "all", plan, "Lea", previous=previous), "Lea")
    stream = desk.invite(name, Respondent("Dana", "IT"), plan, "Lea")
    desk.begin(stream)
    said = (
        audit,
        "Last on 12 May 2026, CEO attended, minutes MR-2026-05; concluded suitable and effective.",
        "=HYPERLINK(1): restored 4 of 4 on 19 August 2026, ticket OPS-881.",
        "Rights are granted by approved ticket; there is no review.",
    )
    for number, text in enumerate(said):
        desk.answer(stream, text, f"{number}")
    return name


@pytest.fixture(scope="module")
def report(desk):
    return report_of(desk, _assessed(desk), TODAY)


def test_counts_and_coverage_stand_beside_every_percentage(report):
    assert report.overall.shown == "40 % (n=5 of 6 assessed)"
    assert "major candidates: 2" in " ".join(report.summary())


def test_below_sixty_percent_coverage_there_is_no_percentage():
    counts = {"conforms": 3, "partial": 0, "gap": 0, "not_applicable": 0, "not_assessed": 3}
    score = Score("x", counts, None)
    assert score.share is None
    assert score.shown == "no percentage (3 of 6 assessed)"


def test_what_is_not_applicable_or_not_assessed_is_out_of_the_sum():
    counts = {"conforms": 3, "partial": 2, "gap": 0, "not_applicable": 5, "not_assessed": 1}
    assert Score("x", counts, None).share == pytest.approx(0.8)


def test_gaps_are_ranked_by_factors_that_are_shown(desk, report):
    first = report.gaps[0]
    assert first.unit == "9.2.1"
    assert first.rank == first.severity_weight * first.exposure * first.dependency
    desk.rate(report.name, "A.5.18", 3, "bank contract clause 7", "Lea")
    again = report_of(desk, report.name, TODAY).gaps[0]
    assert (again.unit, again.exposure_because) == ("A.5.18", "bank contract clause 7")


def test_the_roadmap_never_starts_before_what_it_waits_on(report):
    by_number = {one.number: one for one in report.roadmap}
    for step in report.roadmap:
        for before in step.depends_on:
            assert by_number[before].earliest <= step.earliest
            assert before < step.number


def test_a_missing_internal_audit_blocks_both_stages(report):
    first, second = report.readiness
    assert (first.state, second.state) == ("not ready", "not ready")
    assert any(one.startswith("9.2.1") for one in first.blocking)


def test_readiness_cannot_be_told_of_what_was_not_asked(desk):
    name = desk.set_up(SetUp("T", "", ("A.8.13",), "Lea"), "Lea")
    assert [one.state for one in report_of(desk, name, TODAY).readiness] == ["cannot tell"] * 2


def test_the_page_is_self_contained_and_holds_pictures(report):
    page = written(report, "html").decode()
    assert page.count("data:image/png;base64,") == 2
    assert "<script" not in page
    assert "http" not in page.split("</style>")[1]
    assert "Tarn &lt;Ltd&gt;" in page
    assert "promises no certificate" in page


def test_the_word_document_holds_pictures_and_every_unit(report):
    document = Document(io.BytesIO(written(report, "docx")))
    assert len(document.inline_shapes) == 2
    text = "\n".join(one.text for one in document.paragraphs)
    assert all(one.unit in text for one in report.results)


def test_the_workbook_has_a_row_a_unit_and_no_formula(report):
    book = load_workbook(io.BytesIO(written(report, "xlsx")))
    assert book["Units"].max_row == len(report.results) + 1
    assert len(book["Pictures"]._images) == 2
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_the_same_answers_give_the_same_hash(desk, report):
    other = report_of(desk, _assessed(desk), TODAY)
    assert data(other)["hash"] == data(report)["hash"]
    assert json.loads(written(other, "json"))["hash"] == data(report)["hash"]


def test_a_second_assessment_shows_what_moved(desk, report):
    audited = "Last on 3 March 2026, report AU-2026-03, all clauses covered; it works in practice."
    later = report_of(desk, _assessed(desk, report.name, audited), TODAY)
    moved = {one.unit: (one.before, one.now) for one in later.changes}
    assert moved["9.2.1"] == (Verdict.GAP.value, Verdict.CONFORMS.value)


def test_a_gap_becomes_the_text_of_a_finding(report):
    text = finding_of(report, "9.2.1")
    assert text.startswith("9.2.1 Internal audit")
    assert "Never audited" in text


@pytest.mark.parametrize("draw", [heat_map, radar])
def test_pictures_are_drawn_for_one_group_and_for_all(report, draw):
    for groups in (report.groups[:1], report.groups):
        assert draw(groups).startswith(PNG)
