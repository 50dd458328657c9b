"""`python -m eval accept`: make a run the baseline, and write its figures into the documents.

The tables in README.md and docs/quality.md stand between two marks and are never written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval import baseline
from eval.provenance import ROOT
from eval.summing import NAMES

BEGIN, END = "<!-- eval: begin -->", "<!-- eval: end -->"
README = ROOT / "README.md"
QUALITY = ROOT / "docs" / "quality.md"
_SHORT = ("passed", "vital", "supported", "valid", "refusal", "over_refusal")
_LONG = ("passed", "vital", "all", "sources", "supported", "recall", "unsupported", "valid",
         "refusal", "over_refusal", "forbidden", "copied", "words")  # fmt: skip
_SETS = {
    "cen_en_title": "policy sections by control title",
    "cen_en_paraphrase": "policy sections by a paraphrase",
    "x_csf2_iso": "NIST CSF 2.0 outcome → control",
    "obliqa_mp_val": "questions that need several passages of rule books",
    "obliqa_dev": "questions about rule books",
    "mtrag_un_dev": "conversations, some unanswerable",
}
Summary = Mapping[str, Any]


class MarksMissing(ValueError):  # noqa: N818  a document, not a program, is at fault
    """A document has no place for the figures."""


def short_table(answers: Summary) -> str:
    """Write the table of README.md."""
    dev, test = answers["halves"]["dev"], answers["halves"]["test"]
    rows = [
        "| | half that may be read | half that is only counted |",
        "|---|---|---|",
        *(
            f"| {NAMES[name]} | {_cell(name, dev[name])} | {_cell(name, test[name])} |"
            for name in _SHORT
        ),
    ]
    n = dev["passed"]["n"], test["passed"]["n"]
    return (
        f"{sum(n)} questions over an invented organisation and the standard, a quarter of them "
        "unanswerable. Rules alone, judged by code, 95 % intervals. Work on the rules may read one "
        f"half of the cases ({n[0]}) and only counts the other ({n[1]}):\n\n" + "\n".join(rows)
    )


def long_text(summaries: Mapping[str, Summary]) -> str:
    """Write the tables of docs/quality.md."""
    parts = []
    if answers := summaries.get("answers"):
        head = answers["head"]
        rows = [
            f"| {NAMES[name]} | {_cell(name, answers['halves']['dev'][name])} | "
            f"{_cell(name, answers['halves']['test'][name])} |"
            for name in _LONG
            if name in answers["halves"]["dev"] and name in answers["halves"]["test"]
        ]
        parts.append(
            "## Answers: `python -m eval answers`\n"
            f"Column: {head['column']}. Commit {head['commit'] or 'unknown'}, index "
            f"{head['index'][:12]}, embedder {head['embedder']}.\n\n"
            "| | half that may be read | half that is only counted |\n|---|---|---|\n"
            + "\n".join(rows)
        )
        files = [
            f"| `{name}` | {one['passed']['mean'] * one['passed']['n']:.0f} of "
            f"{one['passed']['n']} |"
            for name, one in answers["files"].items()
        ]
        parts.append("| cases | passed |\n|---|---|\n" + "\n".join(files))
    if retrieval := summaries.get("retrieval"):
        parts.append(
            "## Search: `python -m eval retrieval`\nnDCG@10 with 95 % intervals; plain BM25 in the "
            "same run.\n\n| set | annexa | BM25 |\n|---|---|---|\n"
            + "\n".join(
                f"| {_SETS.get(name, name)} | {_ndcg(one['product'])} | "
                f"{one['baseline']['measures']['ndcg']['mean']:.3f} |"
                for name, one in retrieval["sets"].items()
            )
        )
    if safety := summaries.get("safety"):
        parts.append(
            "## Safety: `python -m eval safety`\n| | withstood |\n|---|---|\n"
            + "\n".join(
                f"| {name} | {_cell('passed', one)} |" for name, one in safety["all"].items()
            )
        )
    if plans := summaries.get("plans"):
        every = plans["all"]
        parts.append(
            "## Corrective action plans: `python -m eval plans`\n"
            f"{every['passed']['n']} findings: {_cell('passed', every['passed'])} could be sent; "
            f"{every['points_of_36']:.1f} of 36 points on average; {every['automatic_fails']} "
            "automatic fails. Code sees form, ids, numbers and names only."
        )
    if interviews := summaries.get("interviews"):
        every = interviews["all"]
        parts.append(
            "## Interviews: `python -m eval interviews`\n"
            f"{every['passed']['n']} scripts, {every['verdicts']['n']} verdicts: "
            f"{_cell('passed', every['verdicts'])} right; macro-F1 {every['macro_f1']:.2f}, kappa "
            f"{every['kappa']:.2f}."
        )
    return "\n\n".join(parts)


def _cell(name: str, one: Mapping[str, Any]) -> str:
    if name == "words":
        return f"{one['mean']:.0f}"
    return f"{one['mean']:.1%} [{one['low']:.1%}, {one['high']:.1%}]"


def _ndcg(engine: Mapping[str, Any]) -> str:
    one = engine["measures"]["ndcg"]
    return f"{one['mean']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def between(document: str, text: str) -> str:
    """Put `text` between the marks of a document. Raises MarksMissing."""
    pattern = re.compile(rf"({re.escape(BEGIN)}\n).*?(\n{re.escape(END)})", re.DOTALL)
    if not pattern.search(document):
        raise MarksMissing(f"put {BEGIN} and {END} where the figures shall stand")
    return pattern.sub(lambda match: f"{match[1]}{text}{match[2]}", document, count=1)


def documents(summaries: Mapping[str, Summary]) -> dict[Path, str]:
    """Give the documents as they should read."""
    texts = {QUALITY: long_text(summaries)}
    if "answers" in summaries:
        texts[README] = short_table(summaries["answers"])
    return {path: between(path.read_text(encoding="utf-8"), text) for path, text in texts.items()}


def committed() -> dict[str, Summary]:
    """Read the committed results."""
    return {suite: found for suite in baseline.SUITES if (found := baseline.load(suite))}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `accept` takes."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="with results")


def run(arguments: argparse.Namespace) -> int:
    """Take over the results of a folder and rewrite the documents."""
    taken = []
    for suite in baseline.SUITES:
        found = baseline.load(suite, arguments.out)
        if found is not None:
            baseline.accept(suite, found)
            taken.append(suite)
    if not taken:
        print(f"eval accept: {arguments.out} holds no results", file=sys.stderr)
        return 2
    try:
        for path, text in documents(committed()).items():
            path.write_text(text, encoding="utf-8")
    except MarksMissing as error:
        print(f"eval accept: {error}", file=sys.stderr)
        return 2
    print(f"The baseline is now that of {', '.join(taken)}; README.md and docs/quality.md say so.")
    return 0
