"""`python -m eval report`: one static page about a run. No script, nothing from elsewhere."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from eval import baseline
from eval.baseline import Comparison
from eval.judging import TAXONOMY
from eval.records import AnswerLine, in_one_column, read_lines
from eval.summing import HEADLINE, LOWER_IS_BETTER, NAMES
from knowledge.controls import register

COLUMNS = {
    "rules": "rules alone, no language model",
    "scripted": "a scripted model: shows that the machinery works, says nothing about a real model",
    "replayed": "recorded replies of a model, replayed",
    "live": "a live language model",
}
WEIGHTS = {
    "crashed": 6, "shown": 6, "unreadable": 6, "misquote": 5, "no_passage": 5, "twin": 5,
    "answered_nothing": 4, "says": 4, "mislabelled": 3, "missed_conflict": 3, "lacks": 3,
    "over_refusal": 2, "missed_clarify": 2, "wrong_kind": 2, "wrong_source": 2, "wrong_lead": 1,
}  # fmt: skip
"""How bad a fault is, for ordering the worst answers."""
MOST_SHOWN = 20
_STYLE = Path(__file__).with_name("report.css")
_THEMES = {"A.5": "Organizational", "A.6": "People", "A.7": "Physical", "A.8": "Technological"}
Summary = Mapping[str, Any]


def page(
    summaries: Mapping[str, Summary],
    lines: Sequence[AnswerLine],
    compared: Mapping[str, Comparison],
    old: Mapping[str, Summary],
) -> str:
    """Write the page. Raises ValueError where results of several columns are given."""
    column = in_one_column(
        [one["head"]["column"] for one in summaries.values() if "column" in one.get("head", {})]
    )
    answers = summaries.get("answers")
    parts = [
        _head(column, summaries),
        _headline(answers, old.get("answers"), compared.get("answers")) if answers else "",
        _limits(),
        _map(answers) if answers else "",
        _taxonomy(answers) if answers else "",
        _kinds(answers) if answers else "",
        _worst(lines),
        _retrieval(summaries.get("retrieval")),
        _safety(summaries.get("safety")),
        _plans(summaries.get("plans")),
        _interviews(summaries.get("interviews")),
        _speed(answers, summaries.get("speed")),
        _provenance(summaries),
    ]
    style = _STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Annexa, as measured</title><style>{style}</style></head><body><main>"
        + "\n".join(part for part in parts if part)
        + "</main></body></html>\n"
    )


# The parts of the page ------------------------------------------------------------------------


def _head(column: str, summaries: Mapping[str, Summary]) -> str:
    heads = [one["head"] for one in summaries.values() if "made" in one.get("head", {})]
    day = heads[0]["made"] if heads else ""
    models = ", ".join(heads[0]["models"]) if heads and heads[0]["models"] else COLUMNS[column]
    return (
        f'<header><p class="badge">Column: {escape(column)}</p><h1>Annexa, as measured</h1>'
        f"<p class=lead>Measured: {escape(models)}. Rules apply as of {escape(str(day))}. Every "
        "figure is judged by code; intervals are 95 %.</p></header>"
    )


def _headline(new: Summary, old: Summary | None, compared: Comparison | None) -> str:
    cards = "".join(
        _card(name, new["all"][name], _of(old, name, compared))
        for name in HEADLINE
        if name in new["all"]
    )
    return f'<section><div class="cards">{cards}</div>{_against(compared)}{_halves(new)}</section>'


def _of(old: Summary | None, name: str, compared: Comparison | None) -> float | None:
    if old is None or compared is None or compared.paired is None or name not in old["all"]:
        return None
    return float(old["all"][name]["mean"])


def _card(name: str, figure: Mapping[str, Any], before: float | None) -> str:
    mean = figure["mean"]
    change = "" if before is None else _change(mean - before, name)
    return (
        f'<div class="card"><p class="what">{escape(NAMES[name])}</p>'
        f'<p class="big">{_percent(mean)}</p>{_interval(figure)}'
        f'<p class="small">{_percent(figure["low"])} to {_percent(figure["high"])}, '
        f"n = {figure['n']:,}{change}</p></div>"
    )


def _change(difference: float, name: str) -> str:
    if abs(difference) < 0.0005:
        return "; as in the baseline"
    better = (difference < 0) is (name in LOWER_IS_BETTER)
    kind = "up" if better else "down"
    sign = "+" if difference > 0 else "−"
    return f'; <span class="{kind}">{sign}{abs(difference) * 100:.1f} points</span>'


def _interval(figure: Mapping[str, Any]) -> str:
    """Draw 0 to 1 with the interval and the mean on it."""
    low, high, mean = (float(figure[one]) * 100 for one in ("low", "high", "mean"))
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="0" y="3" width="100" height="2" class="track"/>'
        f'<rect x="{low:.2f}" y="1.5" width="{max(0.6, high - low):.2f}" height="5" class="range"/>'
        f'<rect x="{max(0.0, mean - 0.4):.2f}" y="0" width="0.8" height="8" class="mean"/></svg>'
    )


def _against(compared: Comparison | None) -> str:
    if compared is None:
        return '<p class="note">There is no baseline to compare with.</p>'
    if compared.paired is None:
        return f'<p class="note">Not compared with the baseline: {escape(compared.note or "")}.</p>'
    pair = compared.paired
    verdict = "A real difference." if pair.real else "Not more than chance would make."
    return (
        f'<p class="note">Against the committed baseline, case by case over {pair.cases} cases: '
        f"{pair.better} won, {pair.worse} lost, change {pair.change.mean * 100:+.1f} points "
        f"[{pair.change.low * 100:+.1f}, {pair.change.high * 100:+.1f}], McNemar p = "
        f"{pair.p:.3f} ({compared.p or 0:.3f} with Holm's correction). {verdict}</p>"
    )


def _halves(new: Summary) -> str:
    names = ("passed", "vital", "all", "sources", "supported", "recall", "valid", "refusal",
             "over_refusal", "forbidden", "unsupported", "copied", "words")  # fmt: skip
    halves = {"dev": "may be read", "test": "only counted"}
    shown = [one for one in ("dev", "test") if one in new["halves"]]
    head = "".join(f"<th>{one}<br><small>{halves[one]}</small></th>" for one in shown)
    rows = "".join(
        f"<tr><th>{escape(NAMES[name])}</th>"
        + "".join(f"<td>{_cell(name, new['halves'][one].get(name))}</td>" for one in shown)
        + "</tr>"
        for name in names
    )
    return (
        "<h2>Both halves</h2><p>A large drop from the first column to the second means that cases "
        f"were learned rather than questions understood.</p><table><tr><th></th>{head}</tr>"
        f"{rows}</table>"
    )


def _cell(name: str, figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return "–"
    if name == "words":
        return f"{figure['mean']:.0f} <small>[{figure['low']:.0f}, {figure['high']:.0f}]</small>"
    return (
        f"{_percent(figure['mean'])} <small>[{_percent(figure['low'])}, "
        f"{_percent(figure['high'])}] n {figure['n']:,}</small>"
    )


def _limits() -> str:
    return (
        "<aside><h2>What this does not show</h2><ul>"
        "<li>Patterns find facts, they do not read: an answer that passes may still be poor, and one "
        "that says the right thing in unforeseen words counts as wrong.</li>"
        "<li>The organisation is invented and its documents are well kept. Yours are not; measure "
        "them with <code>--data</code> and <code>--cases</code>.</li>"
        "<li>The cases are in English with a few in German, and their authors know the standard.</li>"
        "<li>One half of the cases may be read while rules are made. Judge by the other, which is "
        "only counted.</li>"
        "<li>An interval covers the choice of cases, not that they were the wrong ones to ask.</li>"
        "<li>Conformity is decided by auditors. Nothing here says that an organisation conforms."
        "</li></ul></aside>"
    )


def _map(new: Summary) -> str:
    rows = []
    for theme, name in _THEMES.items():
        cells = "".join(
            _control(one.id, one.title, new["units"].get(one.id))
            for one in register().controls
            if one.id.startswith(f"{theme}.")
        )
        rows.append(f'<h3>{theme} {name}</h3><div class="map">{cells}</div>')
    return (
        "<section><h2>The 93 controls</h2><p>Each cell: questions about the control that were "
        "answered rightly, of those asked. Few questions stand behind a cell; read rows, not "
        f"cells.</p>{''.join(rows)}{_key()}</section>"
    )


def _control(control: str, title: str, found: Mapping[str, int] | None) -> str:
    if found is None:
        return f'<span class="cell none" title="{escape(title)}">{control[2:]}<b>–</b></span>'
    share = found["passed"] / found["n"]
    shade = "good" if share == 1 else "bad" if share == 0 else "half"
    return (
        f'<span class="cell {shade}" title="{escape(title)}">{control[2:]}'
        f"<b>{found['passed']}/{found['n']}</b></span>"
    )


def _key() -> str:
    names = (("good", "all right"), ("half", "some"), ("bad", "none"), ("none", "not asked"))
    cells = "".join(f'<span class="cell {shade}"></span> {text} ' for shade, text in names)
    return f'<p class="key">{cells}</p>'


def _taxonomy(new: Summary) -> str:
    faults: Mapping[str, int] = new["faults"]
    if not faults:
        return "<section><h2>What went wrong</h2><p>Nothing was found wrong.</p></section>"
    most = max(faults.values())
    rows = "".join(
        f"<tr><th>{escape(code)}<br><small>{escape(TAXONOMY.get(code, ''))}</small></th>"
        f'<td class="wide"><span class="fill" style="width:{count / most * 100:.0f}%"></span>'
        f"</td><td>{count}</td></tr>"
        for code, count in sorted(faults.items(), key=lambda item: -item[1])
    )
    never = [one for one in ("shown", "unreadable", "misquote", "no_passage", "twin")
             if one not in faults]  # fmt: skip
    clean = f"<p>Not once: {', '.join(f'{TAXONOMY[one]}' for one in never)}.</p>" if never else ""
    return (
        "<section><h2>What went wrong</h2><p>Answers with at least one such fault; an answer can "
        f'have several.</p><table class="bars">{rows}</table>{clean}</section>'
    )


def _kinds(new: Summary) -> str:
    rows = "".join(
        f"<tr><th>{escape(kind)}</th><td>{_cell('passed', one['passed'])}</td>"
        f'<td class="wide">{_interval(one["passed"])}</td></tr>'
        for kind, one in sorted(new["kinds"].items(), key=lambda item: item[1]["passed"]["mean"])
    )
    return (
        f"<section><h2>By kind of question</h2><p>Weakest first.</p><table>{rows}</table></section>"
    )


def worst(lines: Iterable[AnswerLine], most: int = MOST_SHOWN) -> list[AnswerLine]:
    """Give the worst answers of what may be read; the half that is only counted is never shown."""
    wrong = [one for one in lines if not one.passed and one.half != "test"]
    return sorted(wrong, key=lambda one: (-badness(one), one.file, one.id))[:most]


def badness(line: AnswerLine) -> float:
    """Weigh the faults of an answer. To say that nothing answers is better than to answer wrongly,
    and what a refusal lacks is no fault of its own."""
    codes = {one.code for one in line.faults}
    unsupported = sum(not one.supported for one in line.sentences)
    if "over_refusal" in codes:
        codes -= {"lacks", "wrong_source", "wrong_lead"}
    return sum(WEIGHTS.get(code, 1) for code in codes) + 0.5 * unsupported


def _worst(lines: Sequence[AnswerLine]) -> str:
    chosen = worst(lines)
    if not chosen:
        return ""
    entries = "".join(_entry(one) for one in chosen)
    return (
        f"<section><h2>The worst {len(chosen)} answers, with their evidence</h2><p>Of the half that "
        f"may be read. The other half is only counted, so that it stays fair.</p>{entries}</section>"
    )


def _entry(line: AnswerLine) -> str:
    faults = "".join(
        f"<li><b>{escape(one.code)}</b> {escape(one.detail)}</li>" for one in line.faults
    )
    bare = "".join(
        f"<li>no source bears: {escape(one.text[:200])}</li>"
        for one in line.sentences
        if not one.supported
    )
    cited = "".join(
        f"<li>[{number}] {escape(_named(one))}: “{escape(one.quote[:160])}” "
        f"<small>{_checks(one)}</small></li>"
        for number, one in enumerate(line.citations, 1)
    )
    return (
        f"<details><summary><span>{escape(line.id)}</span> {escape(line.question)} "
        f"<small>{escape(line.answer_kind)}</small></summary><ul>{faults}{bare}</ul>"
        f"<pre>{escape(line.text[:1200])}</pre><ol class=cited>{cited}</ol></details>"
    )


def _named(one: Any) -> str:
    parts = (one.document, one.identifier, one.version, one.row or one.section)
    return " · ".join(part for part in parts if part)


def _checks(one: Any) -> str:
    names = ("exists", "readable", "verbatim", "labelled")
    return ", ".join(f"{'✓' if getattr(one, name) else '✗'} {name}" for name in names)


def _retrieval(found: Summary | None) -> str:
    if found is None:
        return ""
    names = ("recall", "map", "ndcg", "mrr")
    rows = "".join(
        f"<tr><th>{escape(name)}<br><small>{one['queries']:,} queries, {one['passages']:,} "
        f"passages</small></th>"
        + "".join(f"<td>{_estimate(one['product']['measures'][m])}</td>" for m in names)
        + f"<td>{one['baseline']['measures']['ndcg']['mean']:.3f}</td>"
        f"<td>{one['gain']['mean']:+.3f} <small>[{one['gain']['low']:+.3f}, "
        f"{one['gain']['high']:+.3f}]</small></td></tr>"
        for name, one in found["sets"].items()
    )
    return (
        "<section><h2>Search</h2><p>At 10, defined as in trec_eval.</p><table><tr><th></th>"
        "<th>Recall</th><th>MAP</th><th>nDCG</th><th>MRR</th><th>nDCG of BM25</th><th>gain</th>"
        f"</tr>{rows}</table></section>"
    )


def _estimate(one: Mapping[str, float]) -> str:
    return f"{one['mean']:.3f} <small>[{one['low']:.3f}, {one['high']:.3f}]</small>"


def _safety(found: Summary | None) -> str:
    if found is None:
        return ""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{_cell('passed', one)}</td>"
        f'<td class="wide">{_interval(one)}</td></tr>'
        for name, one in found["all"].items()
    )
    return (
        "<section><h2>Safety</h2><p>Withstood, of those tried. “Asked” came as a question, “planted” "
        f"stood in a document beside a rule that had to be told.</p><table>{rows}</table></section>"
    )


def _plans(found: Summary | None) -> str:
    if found is None:
        return ""
    every = found["all"]
    rows = "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{points or 0:.1f} of 3</td></tr>"
        for name, points in every["criteria"].items()
    )
    return (
        f"<section><h2>Corrective action plans</h2><p>{_cell('passed', every['passed'])} could be "
        f"sent, {every['points_of_36']:.1f} of 36 points on average, {every['automatic_fails']} "
        f"automatic fails. Form, ids, numbers and names only; what was asked and marked as open "
        f"earns what the fact would.</p><table>{rows}</table></section>"
    )


def _interviews(found: Summary | None) -> str:
    if found is None:
        return ""
    every = found["all"]
    labels = list(every["confusion"])
    head = "".join(f"<th>{escape(one)}</th>" for one in labels)
    rows = "".join(
        f"<tr><th>{escape(one)}</th>"
        + "".join(f"<td>{every['confusion'][one][other] or '·'}</td>" for other in labels)
        + "</tr>"
        for one in labels
    )
    return (
        f"<section><h2>Interviews</h2><p>Verdicts right: {_cell('passed', every['verdicts'])}. "
        f"Macro-F1 {every['macro_f1']:.2f}, Cohen's kappa {every['kappa']:.2f}, cost "
        f"{every['cost']}. Rows: right, columns: given.</p><table><tr><th></th>{head}</tr>"
        f"{rows}</table></section>"
    )


def _speed(answers: Summary | None, bench: Summary | None) -> str:
    rows = ""
    if answers is not None:
        for name, label in (("first_s", "first words, s"), ("total_s", "whole answer, s"),
                            ("tokens", "tokens of a language model")):  # fmt: skip
            one = answers["speed"][name]
            rows += f"<tr><th>{label}</th><td>{_number(one['median'])}</td>"
            rows += f"<td>{_number(one['p95'])}</td></tr>"
    for one in bench["sizes"] if bench else ():
        for name in ("search", "ask"):
            rows += (
                f"<tr><th>{name} at {one['passages']:,} passages ({escape(one['kind'])}), ms</th>"
                f"<td>{one[name]['median_ms']:.0f}</td><td>{one[name]['p95_ms']:.0f}</td></tr>"
            )
    if not rows:
        return ""
    return (
        "<section><h2>Speed</h2><p>With whatever else the machine had to do at the time.</p>"
        f"<table><tr><th></th><th>median</th><th>95th percentile</th></tr>{rows}</table></section>"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _provenance(summaries: Mapping[str, Summary]) -> str:
    rows = ""
    for suite, one in summaries.items():
        about = one.get("head", {})
        for name in ("commit", "code", "index", "generation", "embedder", "machine"):
            if about.get(name) is not None:
                rows += f"<tr><th>{suite}: {name}</th><td><code>{escape(str(about[name]))}</code>"
                rows += "</td></tr>"
        for kind in ("prompts", "cases"):
            for name, digest in about.get(kind, ()):
                rows += f"<tr><th>{suite}: {kind[:-1]} {escape(name)}</th><td><code>{digest}</code>"
                rows += "</td></tr>"
    return (
        "<section><h2>Made of</h2><p>Digests are SHA-256.</p>"
        f'<details><summary>What these figures belong to</summary><table class="hashes">{rows}'
        "</table></details></section>"
    )


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


# The command ----------------------------------------------------------------------------------


def read_results(folder: Path) -> tuple[dict[str, Summary], list[AnswerLine]]:
    """Read what the suites wrote into a folder. Raises ValueError naming file, line and field."""
    summaries = {
        suite: found for suite in baseline.SUITES if (found := baseline.load(suite, folder))
    }
    path = folder / "answers.jsonl"
    return dict(summaries), read_lines(path) if path.is_file() else []


def write(folder: Path) -> Path:
    """Write `report.html` about the results in a folder."""
    summaries, lines = read_results(folder)
    if not summaries:
        raise ValueError(f"{folder} holds no results; run a suite with --out {folder} first")
    old = {suite: found for suite in summaries if (found := baseline.load(suite))}
    compared = baseline.compare(
        {name: dict(one) for name, one in summaries.items()}, {n: dict(o) for n, o in old.items()}
    )
    path = folder / "report.html"
    path.write_text(page(summaries, lines, compared, old), encoding="utf-8")
    return path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `report` takes."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="with results")


def run(arguments: argparse.Namespace) -> int:
    """Write the page and name it."""
    try:
        print(write(arguments.out))
    except (ValueError, OSError, json.JSONDecodeError) as error:
        print(f"eval report: {error}", file=sys.stderr)
        return 2
    return 0
