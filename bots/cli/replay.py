"""`annexa replay`: how an answer came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bots.cli import screen
from bots.cli.conversations import WITHHELD
from bots.cli.kept import Kept, kept
from bots.cli.options import READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.domain.conversation import Check, Trace, Turn
    from assistant.replaying import Seen


@click.command(short_help="Show how an answer came about.")
@click.argument("turn")
@options(*WORKS, *READS)
@invoked
def replay(run: Invocation, turn: str) -> int:
    """Show which model, prompts, passages, versions, rights and checks made the answer of TURN.

    People see their own turns, the workspace's owner all. A passage that may no longer be read is
    shown by its id alone. TURN may be the beginning of its id.
    """
    with kept(run) as here:
        found = here.turn(turn)
        data = _data(here, found)
    if run.as_json:
        screen.data(data)
    else:
        _show(data)
    return 0


def _data(here: Kept, turn: Turn) -> dict[str, Any]:
    from assistant.replaying import checks, recall, seen

    here.referring()
    view = here.view()
    recalled = recall(turn, view)
    answer, trace = recalled.turn.answer, recalled.turn.trace
    return {
        "turn": turn.id,
        "conversation": turn.conversation,
        "state": turn.state.value,
        "question": turn.question,
        "as_of": turn.as_of,
        "asked_at": turn.asked_at.isoformat(),
        "answered_at": turn.answered_at.isoformat() if turn.answered_at else None,
        "by": turn.by,
        "withheld": recalled.withheld,
        "kind": answer.kind.value if answer else None,
        "answer": answer.text if answer else None,
        "notices": list(answer.notices) if answer else [],
        "trace": None
        if trace is None
        else _trace(trace, seen(trace, view), checks(trace, view), here),
        "sent": [_call(one.call) for one in here.records.egress(turn.id)],
        "feedback": [
            {"by": one.by, "good": one.good, "reason": one.reason, "at": one.at.isoformat()}
            for one in here.records.judgements(turn.id)
            if here.reader.owner or one.by == here.reader.id
        ],
        "audit": [
            {"sequence": one.sequence, "action": one.action, "hash": one.hash}
            for one in here.records.entries(turn.id)
        ],
    }


def _trace(
    trace: Trace, passages: tuple[Seen, ...], found: tuple[Check, ...], here: Kept
) -> dict[str, Any]:
    return {
        "model": trace.model,
        "by_rules": trace.by_rules,
        "prompts": dict(trace.prompts),
        "generation": trace.generation,
        "generation_now": here.library.generation(),
        "today": trace.today,
        "reader": trace.reader,
        "groups": list(trace.groups),
        "owner": trace.owner,
        "seconds": trace.seconds,
        "notes": list(trace.notes),
        "passages": [_passage(one) for one in passages],
        "checks": [
            {
                "statement": one.statement,
                "passages": list(one.passages),
                "accepted": one.accepted,
                "round": one.round,
                "reasons": list(one.reasons),
            }
            for one in found
        ],
    }


def _passage(one: Seen) -> dict[str, Any]:
    from assistant.replaying import Since

    if one.since is Since.HIDDEN:
        return {"id": one.use.id, "now": one.since.value}
    use = one.use
    return {
        "id": use.id,
        "source": use.source,
        "document": use.document,
        "version": use.version,
        "version_now": one.now_version,
        "content_hash": use.content_hash,
        "content_hash_now": one.now_hash,
        "standing": use.standing,
        "cited": use.cited,
        "read": None if use.read is None else list(use.read),
        "now": one.since.value,
    }


def _call(call: Any) -> dict[str, Any]:
    return {
        "model": call.model,
        "host": call.host,
        "at": call.at.isoformat(),
        "seconds": call.seconds,
        "characters": call.sent_characters,
        "passages": list(call.passages),
        "prompt_tokens": call.prompt_tokens,
        "reply_tokens": call.reply_tokens,
        "problem": call.problem,
    }


def _show(data: dict[str, Any]) -> None:
    screen.say(data["question"] or "(erased)", style="bold")
    if data["withheld"]:
        screen.say(WITHHELD, style="yellow")
    elif data["answer"]:
        screen.indented(data["answer"], 2)
    trace = data["trace"] or {}
    who = "the workspace's owner" if trace.get("owner") else trace.get("reader")
    groups = ", ".join(trace.get("groups", ()))
    screen.say()
    screen.show(
        screen.facts(
            [
                ("turn", data["turn"]),
                ("state", data["state"]),
                ("asked", data["asked_at"]),
                ("answered", data["answered_at"]),
                ("answered by", data["by"]),
                ("kind", data["kind"]),
                ("model", trace.get("model") or ("none: by rules" if trace else None)),
                ("rules alone said", trace.get("by_rules")),
                ("day of the rules", data["as_of"] or trace.get("today")),
                ("read as", f"{who}, in {groups}" if who and groups else who),
                ("run of the library", _run(trace)),
                ("seconds", f"{trace['seconds']:.2f}" if trace else None),
            ]
        )
    )
    if trace.get("prompts"):
        screen.heading("Prompts")
        for name, digest in trace["prompts"].items():
            screen.indented(f"{name}  {digest}", 2)
    if trace.get("passages"):
        screen.heading("Passages")
        for one in trace["passages"]:
            _show_passage(one)
    if trace.get("checks"):
        screen.heading("Checks")
        for one in trace["checks"]:
            _show_check(one)
    if data["sent"]:
        screen.heading("Sent to models")
        for one in data["sent"]:
            _show_call(one)
    for note in trace.get("notes", ()):
        screen.say(note, style="yellow")
    for one in data["feedback"]:
        said = f": {one['reason']}" if one["reason"] else ""
        screen.say(f"Judged {'good' if one['good'] else 'bad'}{said}")
    if data["audit"]:
        screen.heading("Audit log")
        for one in data["audit"]:
            screen.indented(f"{one['sequence']}  {one['action']}  {one['hash']}", 2, "dim")


def _run(trace: dict[str, Any]) -> str | None:
    if not trace:
        return None
    then, today = trace["generation"], trace["generation_now"]
    return f"{then}" if then == today else f"{then}; today it is {today}"


def _show_passage(one: dict[str, Any]) -> None:
    if "source" not in one:
        screen.indented(f"{one['id']}  {one['now']}", 2, "yellow")
        return
    version = f" v{one['version']}" if one["version"] else ""
    cited = "cited" if one["cited"] else "not cited"
    screen.indented(f"{one['source']}{version} · {one['standing']} · {cited}", 2)
    screen.indented(f"{one['id']} · content {one['content_hash'][:16]}", 4, "dim")
    screen.indented(f"today: {one['now']}", 4, "dim" if "unchanged" in one["now"] else "yellow")


def _show_check(one: dict[str, Any]) -> None:
    mark = "✓" if one["accepted"] else f"✗ {', '.join(one['reasons'])}"
    again = " (second try)" if one["round"] else ""
    screen.indented(f"{mark}{again}  {one['statement'] or '(not to be read here)'}", 2)
    if one["passages"]:
        screen.indented(", ".join(one["passages"]), 4, "dim")


def _show_call(one: dict[str, Any]) -> None:
    tokens = (
        f", {one['prompt_tokens']} + {one['reply_tokens']} tokens" if one["prompt_tokens"] else ""
    )
    problem = f", {one['problem']}" if one["problem"] else ""
    screen.indented(
        f"{one['at']}  {one['model']} at {one['host'] or 'an unknown host'}: "
        f"{one['characters']:,} characters, {screen.count(len(one['passages']), 'passage')}{tokens}, "
        f"{one['seconds']:.1f} s{problem}",
        2,
    )
