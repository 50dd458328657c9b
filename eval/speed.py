"""`python -m eval speed`: how fast indexing, searching and asking are, and what memory they take.

Every step runs in a fresh process, one after the other; every ratio is between steps of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.settings import bench_folder
from eval import speed_corpus
from eval.beir import BeirError
from eval.speed_corpus import Corpus
from eval.speed_steps import DAY

Results = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: passages, questions and repetitions."""

    corpus: int
    real: int
    synthetic: tuple[int, ...]
    searches: int
    asks: int
    starts: int


FULL = Scale(5_000, 1_000, (10_000, 100_000), searches=60, asks=24, starts=5)
QUICK = Scale(300, 500, (1_000, 3_000), searches=12, asks=6, starts=3)


class StepError(Exception):
    """A step's process ended with an error; the message is its last output."""


def measure(
    scale: Scale,
    data: Path | None,
    embedder: str,
    work: Path,
    report: Callable[[str], None] = lambda _line: None,
) -> Results:
    """Run every step below the folder `work`; `report` is told what is going on.

    Raises StepError, or BeirError if `data` holds no benchmark."""
    began = time.perf_counter()
    machine = _machine()
    report("making the files")
    corpus = speed_corpus.make(work / "files", scale.corpus, scale.searches, data)
    names = [name for name, _ in corpus.files]
    whole = work / "whole"

    def step(name: str, **arguments: Any) -> Results:
        about, before = arguments.pop("about"), _load()
        report(f"{name}: {about}")
        result = _run(name, {**arguments, "embedder": embedder})
        report("  " + ", ".join(f"{key} {value:.6g}" for key, value in _numbers(result)))
        return {**result, "load_before": before}

    results: Results = {
        "machine": machine,
        "embedder": embedder,
        "corpus": {
            "kind": corpus.kind,
            "files": len(names),
            "bytes": corpus.bytes,
            "passages": corpus.passages,
        },
    }
    about = f"{len(names)} files, {corpus.passages} passages and the guidance"
    results["index"] = step("index", about=about, folder=corpus.folder, workspace=whole)
    results["bare"] = step("bare", about="the same texts, the model alone", workspace=whole)
    results["resync"] = step(
        "resync", about="the unchanged folder", folder=corpus.folder, workspace=whole
    )
    report("cold starts of `annexa ask`")
    results["cold_start"] = _cold_starts(whole, scale.starts)
    results["langchain"] = step(
        "langchain",
        about="the same files, the plain recipe",
        folder=corpus.folder,
        store=work / "langchain",
        names=names,
        questions=corpus.questions,
    )
    results["sizes"] = _sizes(scale, corpus, results, work, step)
    results["machine"]["load_after"] = _load()
    results["took_s"] = time.perf_counter() - began
    results["targets"] = _targets(results)
    return results


def _sizes(
    scale: Scale,
    corpus: Corpus,
    results: Results,
    work: Path,
    step: Callable[..., Results],
) -> list[Results]:
    guidance = results["index"]["passages"] - corpus.passages
    whole = work / "whole"
    few = corpus.first(scale.real - guidance, work / "few-files")
    sizes = [
        {
            "kind": "real",
            "workspace": work / "few",
            "fill": step(
                "known", about="a part of the files", folder=few, workspace=work / "few",
                indexed=whole,
            ),
        },
        {"kind": "real", "workspace": whole, "fill": results["index"]},
    ]  # fmt: skip
    empty = work / "empty"
    empty.mkdir()
    for size in scale.synthetic:
        workspace = work / f"synthetic-{size}"
        about = f"{size} synthetic passages"
        fill = step(
            "made_up", about=about, folder=empty, workspace=workspace, indexed=whole, passages=size
        )
        sizes.append({"kind": "synthetic", "workspace": workspace, "fill": fill})
    measured = []
    for one in sizes:
        workspace, passages = one["workspace"], one["fill"]["passages"]
        found = {
            name: step(
                name,
                about=f"{passages} passages, {one['kind']}",
                workspace=workspace,
                questions=corpus.questions[:count],
            )
            for name, count in (("search", scale.searches), ("ask", scale.asks))
        }
        measured.append(
            {
                "passages": passages,
                "kind": one["kind"],
                "fill_s": one["fill"]["s"],
                "fill_peak_mb": one["fill"]["peak_mb"],
                **found,
            }
        )
    return measured


def _run(name: str, arguments: Mapping[str, Any]) -> Results:
    """Run one step in a fresh process and read what it printed."""
    done = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", "eval.speed_steps", name],
        input=json.dumps(arguments, default=str),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise StepError(f"the step {name!r} failed: {last[0]}")
    result: Results = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _numbers(result: Results) -> list[tuple[str, float]]:
    return [(key, value) for key, value in result.items() if isinstance(value, int | float)]


def _cold_starts(workspace: Path, count: int) -> Results:
    """Time whole `annexa ask` commands, from starting Python to its exit."""
    command = [sys.executable, "-m", "bots.cli", "ask", speed_corpus.QUESTIONS[0]]
    command += ["--workspace", str(workspace), "--today", DAY.isoformat()]
    before, times = _load(), []
    for _ in range(count):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        times.append(time.perf_counter() - began)
        if done.returncode != 0:
            raise StepError(f"`annexa ask` failed: {done.stderr.strip()[-300:]}")
    return {
        "median_s": statistics.median(times),
        "slowest_s": max(times),
        "runs": count,
        "load_before": before,
    }


def _targets(results: Results) -> list[Results]:
    index, bare = results["index"], results["bare"]
    rate = index["embedded"] / index["s"]
    bare_rate = bare["texts"] / (bare["s"] - bare["open_s"])
    resync = results["resync"]["s"] / index["s"]
    cold = results["cold_start"]["median_s"]
    return [
        _target("index rate / bare embedder's rate", rate / bare_rate, "at least 0.85", 0.85, 1),
        # Another process that wants the cores spoils the first ratio sooner than this one.
        _target("the same in processor time", bare["cpu_s"] / index["cpu_s"], "", None, 1),
        _target("re-sync / first index", resync, "under 0.02", 0.02, -1),
        _target("cold start of `annexa ask`, s", cold, "under 3", 3.0, -1),
    ]


def _target(name: str, value: float, text: str, bound: float | None, direction: int) -> Results:
    met = None if bound is None else value >= bound if direction > 0 else value < bound
    return {"name": name, "value": value, "target": text, "met": met}


def _machine() -> Results:
    return {
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _proc("cpuinfo", "model name") or platform.processor() or platform.machine(),
        "memory_mb": int((_proc("meminfo", "MemTotal") or "0 kB").split()[0]) // 1024 or None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "niceness": os.nice(0),
        "load_before": _load(),
    }


def _load() -> list[float]:
    """Give how many processes wanted a core over the last 1, 5 and 15 minutes."""
    return [round(one, 2) for one in os.getloadavg()]


def _proc(file: str, name: str) -> str | None:
    path = Path("/proc") / file
    if not path.is_file():
        return None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return None


# The command ---------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m eval speed`."""
    parser.add_argument(
        "--data", type=Path, help="folder of benchmarks (default: what ANNEXA_BENCH names)"
    )
    parser.add_argument("--quick", action="store_true", help="a few hundred passages, for trying")
    parser.add_argument("--passages", type=int, help="index about so many passages")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--out", type=Path, help="write the JSON there too")
    parser.add_argument("--work", type=Path, help="work in this new folder and keep it")
    parser.add_argument("--embedder", default="embedded", help="the embedding model's name")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; return the exit code."""
    scale = QUICK if arguments.quick else FULL
    if arguments.passages:
        scale = Scale(
            arguments.passages, scale.real, scale.synthetic, scale.searches, scale.asks,
            scale.starts,
        )  # fmt: skip
    data = arguments.data or bench_folder()

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if data is None:
        report(
            "ANNEXA_BENCH names no folder of benchmarks: the sample organisation, multiplied, "
            "stands in for real passages."
        )
    try:
        if arguments.work:
            arguments.work.mkdir(parents=True)
            results = measure(scale, data, arguments.embedder, arguments.work.resolve(), report)
        else:
            with tempfile.TemporaryDirectory(prefix="annexa-speed-") as folder:
                results = measure(scale, data, arguments.embedder, Path(folder).resolve(), report)
    except (BeirError, StepError, OSError) as error:
        print(f"eval speed: {error}", file=sys.stderr)
        return 2
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2) if arguments.json else table(results))
    return 0


def table(results: Results) -> str:
    """Lay the results out for a terminal."""
    machine, corpus = results["machine"], results["corpus"]
    index, bare, plain = results["index"], results["bare"], results["langchain"]
    loads = f"{machine['load_before'][0]} before, {machine['load_after'][0]} after"
    lines = [
        f"{machine['processor']}, {machine['cores_usable']} cores, {machine['memory_mb']} MB; "
        f"load {loads}; Python {machine['python']}",
        f"{corpus['files']} files, {corpus['bytes'] / 1e6:.1f} MB ({corpus['kind']}); embedder "
        f"{results['embedder']}; the whole run took {results['took_s'] / 60:.1f} min",
        "",
    ]
    lines += _aligned(
        [
            ["indexing", "passages", "s", "CPU s", "in the model, s", "passages/s", "peak MB"],
            _index_row("annexa", index, index["embedded"]),
            _index_row("embedder alone", bare, bare["texts"], bare["s"] - bare["open_s"]),
            _index_row("re-sync, unchanged", results["resync"], None),
            _index_row("LangChain recipe", plain, plain["chunks"]),
        ]
    )
    lines += ["", "milliseconds at that many passages (peak MB of a process that does only that)"]
    rows = [
        ["passages", "", "search median", "p95", "MB", "ask median", "p95", "MB", "indexing MB"]
    ]
    for one in results["sizes"]:
        row = [f"{one['passages']:,}", one["kind"]]
        for name in ("search", "ask"):
            found = one[name]
            row += [f"{found[key]:.0f}" for key in ("median_ms", "p95_ms", "peak_mb")]
        rows.append([*row, f"{one['fill_peak_mb']:.0f}"])
    searched = plain["search"]
    rows.append(
        [f"{plain['chunks']:,}", "LangChain"]
        + [f"{searched[key]:.0f}" for key in ("median_ms", "p95_ms", "peak_mb")]
        + ["", "", "", f"{plain['peak_mb']:.0f}"]
    )
    lines += [*_aligned(rows), ""]
    lines += _aligned(
        [["target", "", "measured", ""]]
        + [
            [one["name"], one["target"], f"{one['value']:.3f}", _MET[one["met"]]]
            for one in results["targets"]
        ]
    )
    return "\n".join(lines)


_MET = {True: "met", False: "MISSED", None: ""}


def _index_row(
    name: str, step: Results, texts: int | None, seconds: float | None = None
) -> list[str]:
    took = seconds or step["s"]
    model = step.get("embedding_s")
    return [
        name,
        "" if texts is None else f"{texts:,}",
        f"{took:.1f}",
        f"{step['cpu_s']:.1f}",
        "" if model is None else f"{model:.1f}",
        "" if texts is None else f"{texts / took:.1f}",
        f"{step['peak_mb']:.0f}",
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines
