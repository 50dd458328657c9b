"""Questions, answers and traces made by hand, and a process that records turns until it is killed."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import Call, Check, HumanAnswer, PassageUse, Trace
from assistant.store import Records
from knowledge.passages import OWNER, Citation, Origin

AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
DAY = AT.date()


def answer(text: str = "47 days. [1]", *, source: str = "backup.md", passage: str = "p1") -> Answer:
    """An answer with one citation."""
    citation = Citation(
        type=Origin.DOCUMENT,
        source=source,
        document="Backup Policy",
        quote=f"quote of {text}",
        passage=passage,
        approved=date(2026, 1, 10),
    )
    return Answer(Kind.ANSWER, text, (citation,), ("a notice",), "openai:some-model")


def trace(
    statement: str = "Backups are kept for 47 days.",
    *,
    source: str = "backup.md",
    passage: str = "p1",
    content_hash: str = "ab" * 32,
) -> Trace:
    """A trace of an answer by a model: one passage, one check, one call."""
    return Trace(
        generation=3,
        today=DAY,
        as_of=date(2026, 5, 1),
        reader="ana",
        groups=("it",),
        owner=False,
        by_rules="answer",
        model="openai:some-model",
        prompts=(("answering", "cd" * 32),),
        passages=(
            PassageUse(
                passage, source, "Backup Policy", "2.0", content_hash, "in force", True, ("it",)
            ),
        ),
        checks=(Check(statement, (passage,), False, 0, ("number",)),),
        calls=(
            Call(
                "openai:some-model",
                "127.0.0.1:9",
                AT,
                1.25,
                (passage,),
                4321,
                prompt_tokens=900,
                reply_tokens=80,
            ),
        ),
        notes=(f"a note on {statement}",),
        seconds=1.5,
    )


def human(text: str = "Visitor logs are kept for 90 days.", **changes: object) -> HumanAnswer:
    """What a lead answers."""
    values: dict[str, object] = {
        "text": text,
        "by": "Bo Lead",
        "at": AT,
        "source": "decision of the board",
        "expires": date(2026, 12, 31),
    }
    return HumanAnswer(**(values | changes))  # type: ignore[arg-type]


def record(workspace: Path, first: int, turns: int) -> None:
    """Record turns from number `first` on; say each that is asked and each that is answered."""
    records = Records.open(workspace)
    records.start("c", OWNER, "cli", "trial", AT)
    print("ready", flush=True)  # noqa: T201
    for at in range(first, first + turns):
        turn = records.begin(f"t{at}", "c", f"key{at}", f"question {at}?", None, AT)
        print(f"asked {at}", flush=True)  # noqa: T201
        records.finish(turn.id, answer(f"answer {at}"), trace(f"statement {at}"), AT)
        print(f"answered {at}", flush=True)  # noqa: T201
    records.close()


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
