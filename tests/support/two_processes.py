"""One process that changes a folder and indexes it again and again, or one that asks meanwhile.

Every state of the folder has a number, which stands in the facts and in the text of each document;
an answer in which two numbers meet, or that steps back, is stale or mixed."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

from hand_made import TODAY, HashEmbedder, InProcessParser, few_guidance_documents

from knowledge import syncing
from knowledge.library import Library
from knowledge.passages import OWNER

FILES = 5


def index(workspace: Path, folder: Path, states: int) -> None:
    """Write and index so many states of the folder."""
    library = Library.open(workspace, HashEmbedder(delay_s=0.01), create=True)
    for state in range(1, states + 1):
        for at in range(FILES):
            (folder / f"rule{at}.md").write_text(
                f"---\ntitle: Rule {at}\nversion: '{state}.0'\nstatus: approved\n---\n\n"
                f"# Rule {at}\n\nThe lamp number {at} shines in state {state}.\n",
                encoding="utf-8",
            )
        report = library.sync(folder)
        assert report.notice is None, report.notice
        assert report.failures == (), report.failures
        print(state)  # noqa: T201
    library.close()


def ask(workspace: Path, other: int) -> None:
    """Ask until the other process is gone, and say which state was seen."""
    library = Library.open(workspace, HashEmbedder())
    while True:
        running = _is_running(other)
        view = library.view(OWNER, today=TODAY)
        assert view.notice is None, view.notice
        hits = view.search("which lamp shines in which state", k=FILES, fold=False)
        found = {
            (re.findall(r"state (\d+)\.", hit.passage.text)[0], hit.document.facts.version)
            for hit in hits
            if "lamp" in hit.passage.text
        }
        assert len(found) <= 1, found
        for text, version in found:
            assert f"{text}.0" == version, found
            print(text)  # noqa: T201
        if not running:
            break
        time.sleep(0.005)
    library.close()


def _is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0]
    except OSError:
        return False


if __name__ == "__main__":
    syncing.Parser = InProcessParser  # type: ignore[attr-defined]
    syncing.guidance_documents = few_guidance_documents  # type: ignore[attr-defined]
    os.nice(1)
    if sys.argv[1] == "index":
        index(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    else:
        ask(Path(sys.argv[2]), int(sys.argv[4]))
