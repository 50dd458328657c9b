"""The report as one HTML page that needs nothing else: styles and pictures inside, no scripts."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from assistant.domain.assessment import UnitResult
from assistant.interviewing.report import LIMITS, Report
from assistant.interviewing.report_pictures import heat_map, radar
from assistant.interviewing.report_scores import Score
from knowledge.demands import units

_STYLE = """
:root { --ink:#1f2937; --soft:#6b7280; --line:#e5e7eb; --paper:#ffffff; --tint:#f6f7f9; }
* { box-sizing: border-box; }
body { font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink);
  background: var(--tint); margin: 0; }
main { max-width: 68rem; margin: 2rem auto; background: var(--paper); padding: 2.5rem 3rem;
  border: 1px solid var(--line); }
h1 { font-size: 1.9rem; margin: 0 0 .2rem; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .7rem;
  border-bottom: 2px solid var(--line);
  padding-bottom: .3rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); } ul { margin: .3rem 0; padding-left: 1.2rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .9rem; }
  th, td { text-align: left; vertical-align: top;
  padding: .4rem .55rem; border-bottom: 1px solid var(--line); } th { color: var(--soft);
  font-weight: 600; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.v { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem;
  color: #fff; white-space: nowrap; }
.conforms { background:#2e7d5b; } .partial { background:#a8761b; } .gap { background:#b9423a; }
.not_applicable { background:#6d7687; } .not_assessed { background:#8b93a1; }
.pair { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
  .pair img { max-width: 100%; height: auto; flex: 1 1 22rem;
  min-width: 0; }
blockquote { margin: .3rem 0; padding-left: .8rem; border-left: 3px solid var(--line);
  color: #374151; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 1rem 0; }
  dt { color: var(--soft); } dd { margin: 0; }
.unit { border-top: 1px solid var(--line); padding: .8rem 0; break-inside: avoid; }
@media print { body { background: #fff; } main { border: 0; margin: 0; padding: 0; max-width: none;
  } h2 { break-after: avoid; } }
"""


def html(report: Report) -> str:
    """Write the report as HTML."""
    title = f"Gap assessment {report.name}"
    parts = [
        _cover(report, title),
        _section("Summary", _list(report.summary())),
        _section("Scores", _scores(report.groups, report.overall)),
        _section("Heat map and radar", _pictures(report)),
        _section("Controls by attribute", _attributes(report)),
        _section("First gaps", _gaps(report)),
        _section("Roadmap", _roadmap(report)),
        _section("Readiness", _readiness(report)),
        _section("Evidence requests", _requests(report)),
        _section("Conflicts and open questions", _conflicts(report)),
        _section("What moved", _changes(report)) if report.changes else "",
        _section("Annex: every unit", "".join(_unit(one) for one in report.results)),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _cover(report: Report, title: str) -> str:
    setup = report.setup
    people = ", ".join(
        f"{name}{f' ({role})' if role else ''}" for name, role, _ in report.respondents
    )
    since, until = report.period
    pairs = [
        ("Organisation", setup.organisation or "not named"),
        ("Scope", setup.scope or "not stated"),
        ("Criteria", setup.edition),
        ("Purpose", setup.purpose),
        ("Interviews", f"{since} to {until}" if since else "none yet"),
        ("Report of", report.on.isoformat()),
        ("Assessor", setup.lead),
        ("Respondents", people or "none yet"),
        ("Coverage", f"{report.overall.assessed} of {report.overall.applicable} applicable units"),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<h1>{escape(title)}</h1><dl>{rows}</dl><p class="soft">{escape(LIMITS)}</p>'


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in lines)
    return f"<ul>{items}</ul>" if items else '<p class="soft">None.</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells that begin with "<" are markup made here."""
    listed = list(rows)
    body = "".join("<tr>" + "".join(_cell(one) for one in row) + "</tr>" for row in listed)
    if not body:
        return '<p class="soft">None.</p>'
    return (
        f"<table><thead><tr>{''.join(_title(one, at, listed) for at, one in enumerate(head))}"
        f"</tr></thead><tbody>{body}</tbody></table>"
    )


def _title(text: str, column: int, rows: Sequence[Sequence[str]]) -> str:
    """Write a column's title above its numbers or its words."""
    numbers = all(_is_number(row[column]) or not row[column] for row in rows)
    return f"<th{' class=n' if numbers else ''}>{escape(text)}</th>"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _cell(text: str) -> str:
    if text.startswith('<span class="v '):
        return f"<td>{text}</td>"
    numeric = text.replace(".", "", 1).isdigit()
    return f"<td{' class=n' if numeric else ''}>{escape(text)}</td>"


def _verdict(value: str) -> str:
    return f'<span class="v {escape(value)}">{escape(value.replace("_", " "))}</span>'


def _scores(groups: Sequence[Score], overall: Score) -> str:
    head = ("", "conforms", "partial", "gap", "not applicable", "not assessed", "score", "maturity")
    rows = [
        (
            one.name,
            *(
                str(one.counts[name])
                for name in ("conforms", "partial", "gap", "not_applicable", "not_assessed")
            ),
            one.shown,
            "" if one.maturity is None else f"{one.maturity}",
        )
        for one in (*groups, overall)
    ]
    note = (
        '<p class="soft">Score: conforms 1, partial 0.5, gap 0, divided by the '
        "assessed applicable units. "
        "Below 60 % coverage there is no percentage. A maturity level is no measure of conformity.</p>"
    )
    return _table(head, rows) + note


def _pictures(report: Report) -> str:
    def image(data: bytes, words: str) -> str:
        return (
            f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(data).decode()}'
            '">'
        )

    return (
        f'<div class="pair">{image(heat_map(report.groups), "Heat map: units by verdict")}'
        f"{image(radar(report.groups), 'Radar: score by clause or theme')}</div>"
    )


def _attributes(report: Report) -> str:
    parts = []
    for name, found in report.attributes.items():
        rows = [
            (
                one.name,
                str(one.counts["conforms"]),
                str(one.counts["partial"]),
                str(one.counts["gap"]),
                one.shown,
            )
            for one in found
        ]
        parts.append(
            f"<h3>{escape(name.replace('_', ' ').capitalize())}</h3>"
            + _table(("", "conforms", "partial", "gap", "score"), rows)
        )
    return "".join(parts) or '<p class="soft">No control was part of the assessment.</p>'


def _gaps(report: Report) -> str:
    rows = [
        (
            one.unit,
            one.title,
            _verdict(one.verdict),
            f"{one.severity} {one.severity_weight} × exposure {one.exposure} × dependency "
            f"{one.dependency:g}",
            f"{one.rank:g}",
            one.effort,
            one.exposure_because + "".join(f"; {name} waits on it" for name in one.waiting),
        )
        for one in report.gaps[:15]
    ]
    return _table(("Unit", "Title", "Verdict", "Factors", "Rank", "Effort", "Why"), rows)


def _roadmap(report: Report) -> str:
    rows = [
        (
            str(one.number),
            ", ".join(one.units),
            one.action,
            one.owner,
            one.effort,
            ", ".join(map(str, one.depends_on)) or "–",
            one.earliest.isoformat(),
            "yes" if one.quick_win else "",
        )
        for one in report.roadmap
    ]
    note = (
        '<p class="soft">Effort: S up to 2 days, M 10, L 40, XL more. Owners are '
        "roles; people are named in the plan.</p>"
    )
    return (
        _table(
            (
                "#",
                "Units",
                "Action",
                "Owner role",
                "Effort",
                "After",
                "Earliest start",
                "Quick win",
            ),
            rows,
        )
        + note
    )


def _readiness(report: Report) -> str:
    parts = [
        f"<h3>{escape(one.stage)}: {escape(one.state)}</h3>" + _list(one.blocking)
        for one in report.readiness
    ]
    return "".join(parts) + '<p class="soft">No promise to pass: a certification body decides.</p>'


def _requests(report: Report) -> str:
    return _table(
        ("Item", "For", "From", "By", "Status"),
        [(one.item, one.unit, one.source, one.due, one.status) for one in report.requests],
    )


def _conflicts(report: Report) -> str:
    conflicts = [
        f"{one.unit}: {one.conflict.a} / {one.conflict.b}. Ask both: {one.routed}"
        for one in report.conflicts
        if one.conflict
    ]
    delegated = [
        f"{unit}: with {to}{f', due {due}' if due else ''}" for unit, to, due in report.delegated
    ]
    return (
        "<h3>Answers that conflict</h3>"
        + _list(conflicts)
        + "<h3>With a colleague</h3>"
        + _list(delegated)
        + "<h3>Parking lot</h3>" + _list(report.parking_lot)
    )  # fmt: skip


def _changes(report: Report) -> str:
    return _table(
        ("Unit", "Before", "Now"),
        [(one.unit, _verdict(one.before), _verdict(one.now)) for one in report.changes],
    )


def _unit(one: UnitResult) -> str:
    judged = one.proposed
    decided = (
        f"<p>Decided by {escape(one.decided.by)}; proposed was "
        f"{escape(judged.verdict.value.replace('_', ' '))}. "
        f"{escape(one.decided.reason)}</p>"
        if one.decided
        else ""
    )
    facts = [f"basis {judged.basis}", f"confidence {judged.confidence}"]
    if judged.severity:
        facts.append(f"{judged.severity.value} candidate")
    if judged.maturity is not None:
        facts.append(f"maturity {judged.maturity}")
    quotes = "".join(
        f"<blockquote>“{escape(said.strip())}” <span class=soft>{escape(name)}</span></blockquote>"
        for name, said in one.quotes
    )
    evidence = _list(
        f"{item.ref} ({item.kind.value}{', ' + item.date.isoformat() if item.date else ', no date'}"
        f"{', seen' if item.seen else ', registered'}) {item.note}".strip()
        for item in one.evidence
    )
    missing = f"<p>Open:</p>{_list(judged.missing)}" if judged.missing and one.quotes else ""
    return (
        f'<div class="unit" id="{escape(one.unit)}"><h3>{escape(one.unit)} '
        f"{escape(units()[one.unit].title)} "
        f"{_verdict(one.verdict.value)}</h3><p>{escape(judged.reason)}</p>{decided}"
        + (
            f'<p class="soft">{escape(", ".join(facts))}</p>{quotes}'
            if one.quotes or one.evidence
            else ""
        )
        + (f"<p>Evidence:</p>{evidence}" if one.evidence else "")
        + missing
        + "</div>"
    )
