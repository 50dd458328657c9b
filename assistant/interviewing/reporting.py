"""From an assessment's records to its report, and the report to a file."""

from __future__ import annotations

import json
from datetime import date

from assistant.interviewing.assessing import Assessments
from assistant.interviewing.report import Report, data, make

FORMATS = ("html", "docx", "xlsx", "json")


def report_of(assessments: Assessments, name: str, today: date) -> Report:
    """Put together the report of an assessment. Raises UnknownRecord."""
    state = assessments.assessment(name)
    previous = state.setup.previous if state.setup else None
    return make(
        name,
        state,
        [one.state for one in assessments.sittings(name)],
        assessments.results(name),
        today,
        before=assessments.results(previous) if previous else (),
        times=assessments.times(name),
    )


def written(report: Report, kind: str) -> bytes:
    """Give the report as the bytes of a file: html, docx, xlsx or json."""
    match kind:
        case "html":
            from assistant.interviewing.report_html import html  # noqa: PLC0415  slow imports

            return html(report).encode("utf-8")
        case "docx":
            from assistant.interviewing.report_docx import docx  # noqa: PLC0415

            return docx(report)
        case "xlsx":
            from assistant.interviewing.report_xlsx import xlsx  # noqa: PLC0415

            return xlsx(report)
        case "json":
            return (json.dumps(data(report), ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    raise ValueError(kind)
