"""The lead's side of `annexa interview`: set up, invite, see where it stands, decide, add evidence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bots.cli import screen
from bots.cli.interviewers import opened
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.domain.assessment import UnitResult

_VERDICTS = ("conforms", "partial", "gap", "not_applicable", "not_assessed")
_ASSESSMENT = click.option("--assessment", "-a", metavar="ID", help="[default: the last one]")


@click.command(short_help="Set an assessment up.")
@click.option("--organisation", metavar="NAME", help="[default: that of annexa.toml]")
@click.option("--scope", metavar="TEXT", default="", help="What the ISMS covers.")
@click.option(
    "--units", metavar="LIST", default="all", help="Ids, clauses (9.2), themes (A.8) or all."
)
@click.option("--lead", metavar="NAME", help="The assessor, who decides. [default: --user]")
@click.option("--purpose", default="first certification", show_default=True)
@click.option("--depth", type=click.Choice(("quick", "standard", "full")), default="standard")
@click.option("--stage1", type=DAY, help="Date of the Stage 1 audit.")
@click.option("--stage2", type=DAY, help="Date of the Stage 2 audit.")
@click.option("--previous", metavar="ID", help="Compare with this earlier assessment.")
@click.option(
    "--respondent", "respondents", multiple=True, metavar="NAME:UNITS", help="Invite; repeatable."
)
@options(*WORKS, *READS)
@invoked
def setup(
    run: Invocation,
    *,
    organisation: str | None,
    scope: str,
    units: str,
    lead: str | None,
    purpose: str,
    depth: str,
    stage1: date | None,
    stage2: date | None,
    previous: str | None,
    respondents: tuple[str, ...],
) -> int:
    """Set an assessment up and invite respondents, each for some of its units."""
    from assistant.domain.assessment import SetUp
    from assistant.domain.interview import Respondent
    from assistant.interviewing.planning_units import quick_units

    with opened(run) as room:
        plan = read_units(units)
        if depth == "quick" and units == "all":
            plan = quick_units()
        if previous is not None:
            room.assessments.assessment(previous)
        made = room.assessments.set_up(
            SetUp(
                organisation=organisation or room.settings.organisation or "",
                scope=scope,
                units=plan,
                lead=lead or room.by,
                purpose=purpose,
                depth=depth,
                stage1=stage1,
                stage2=stage2,
                previous=previous,
            ),
            room.by,
        )
        invited = []
        for one in respondents:
            name, _, wanted = one.partition(":")
            invited.append(
                room.assessments.invite(
                    made, Respondent(name.strip()), read_units(wanted) if wanted else (), room.by
                )
            )
    if run.as_json:
        screen.data({"assessment": made, "units": list(plan), "interviews": invited})
        return 0
    screen.say(f"{made} is set up: {len(plan)} units, assessor {lead or room.by}.")
    for stream in invited:
        screen.say(f"  {stream}   annexa interview start {stream}")
    if not invited:
        screen.say("Invite people with `annexa interview invite NAME --units …`.")
    return 0


@click.command(short_help="Give somebody an interview.")
@click.argument("name")
@click.option("--units", metavar="LIST", default="", help="[default: all of the assessment]")
@click.option("--role", default="")
@click.option(
    "--member-of", "groups", metavar="A,B", default="", help="Groups whose documents count."
)
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def invite(
    run: Invocation, *, name: str, units: str, role: str, groups: str, assessment: str | None
) -> int:
    """Invite NAME to an assessment, for all its units or some."""
    from assistant.domain.interview import Respondent

    member = tuple(one.strip() for one in groups.split(",") if one.strip())
    with opened(run) as room:
        stream = room.assessments.invite(
            room.chosen(assessment),
            Respondent(name, role, member),
            read_units(units) if units else (),
            room.by,
        )
    screen.data({"interview": stream}) if run.as_json else screen.say(
        f"{stream}: annexa interview start {stream}"
    )
    return 0


@click.command(short_help="Hand a unit to a colleague.")
@click.argument("unit")
@click.argument("to")
@click.option("--from", "interview", metavar="INTERVIEW", help="Whose interview it leaves.")
@click.option("--due", type=DAY)
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def delegate(
    run: Invocation,
    *,
    unit: str,
    to: str,
    interview: str | None,
    due: date | None,
    assessment: str | None,
) -> int:
    """Hand UNIT to the colleague TO, who sees nothing but that unit."""
    from assistant.domain.interview import Respondent

    chosen = read_units(unit)[0]
    with opened(run) as room:
        stream = room.interview(interview, assessment)
        room.assessments.begin(stream)
        made = room.assessments.delegate(stream, chosen, Respondent(to), room.by, due)
    screen.data({"interview": made}) if run.as_json else screen.say(
        f"{chosen} is with {to}: annexa interview start {made}"
    )
    return 0


@click.command(short_help="Add evidence to a unit.")
@click.argument("unit")
@click.option("--ref", help="A link, a record's id, a document's id.")
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--date", "day", type=DAY, help="The day that it shows.")
@click.option("--kind", type=click.Choice(("document", "record", "link", "observation")))
@click.option(
    "--demand", "demands", multiple=True, metavar="ID", help="What it shows. [default: guessed]"
)
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def evidence(
    run: Invocation,
    *,
    unit: str,
    ref: str | None,
    path: Path | None,
    day: date | None,
    kind: str | None,
    demands: tuple[str, ...],
    assessment: str | None,
) -> int:
    """Register evidence for UNIT: a link, an id, a document in the library, or a file that is read."""
    from assistant.interviewing.uploads import registered, uploaded

    if (ref is None) == (path is None):
        raise click.UsageError("give either --ref or --file.")
    chosen = read_units(unit)[0]
    with opened(run) as room:
        name = room.chosen(assessment)
        if path is not None:
            item = uploaded(
                path, chosen, room.today, by=room.by, day=day, kind=kind, demands=demands
            )
        else:
            from assistant.domain.interview import Respondent
            from bots.cli.interviewers import documents_of

            known = documents_of(run, Respondent(room.by, "", tuple(run.groups or ())), ())
            item = registered(
                ref or "", chosen, known, by=room.by, day=day, kind=kind, demands=demands
            )
        result = room.assessments.add_evidence(name, chosen, item, room.by)
    if run.as_json:
        screen.data(_result_data(result))
        return 0
    dated = f", {item.date.isoformat()}" if item.date else ", without a date"
    screen.say(
        f"Registered for {chosen}: {item.ref} ({item.kind.value}{dated}). {item.note}".strip()
    )
    screen.say(
        f"{chosen} is now proposed as {result.proposed.verdict.value}: {result.proposed.reason}"
    )
    return 0


@click.command(short_help="Set a verdict as the assessor.")
@click.argument("unit")
@click.argument("verdict", type=click.Choice(_VERDICTS))
@click.option("--reason", default="", help="Needed where it differs from the proposal.")
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def decide(run: Invocation, *, unit: str, verdict: str, reason: str, assessment: str | None) -> int:
    """Set the VERDICT of UNIT. Only the assessor may; the proposal and the reason are kept."""
    from assistant.domain.interview import Verdict

    chosen = read_units(unit)[0]
    with opened(run) as room:
        result = room.assessments.decide(
            room.chosen(assessment), chosen, Verdict(verdict), room.by, reason
        )
    if run.as_json:
        screen.data(_result_data(result))
    else:
        screen.say(
            f"{chosen}: {verdict}, decided by {room.by}; proposed was {result.proposed.verdict.value}."
        )
    return 0


@click.command(short_help="Say how exposed a unit is.")
@click.argument("unit")
@click.argument("exposure", type=click.IntRange(1, 3))
@click.option("--because", required=True, help="Risk, incident, obligation or contract.")
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def rate(run: Invocation, *, unit: str, exposure: int, because: str, assessment: str | None) -> int:
    """Say how exposed UNIT is, from 1 to 3; the report ranks gaps by it."""
    chosen = read_units(unit)[0]
    with opened(run) as room:
        room.assessments.rate(room.chosen(assessment), chosen, exposure, because, room.by)
    screen.say(f"{chosen}: exposure {exposure}, {because}.")
    return 0


@click.command(short_help="Where an assessment stands.")
@_ASSESSMENT
@options(*WORKS, *READS)
@invoked
def status(run: Invocation, *, assessment: str | None) -> int:
    """Show the interviews and the verdicts of an assessment so far."""
    with opened(run) as room:
        if not room.assessments.all():
            screen.data({"assessments": []}) if run.as_json else screen.say(
                "No assessment yet. Begin with `annexa interview setup`."
            )
            return 0
        name = room.chosen(assessment)
        sittings = room.assessments.sittings(name)
        found = room.assessments.results(name)
    if run.as_json:
        screen.data(
            {
                "assessment": name,
                "interviews": [
                    {
                        "interview": one.stream,
                        "replies": one.state.replies,
                        "paused": one.state.paused,
                        "ended": one.state.ended,
                    }
                    for one in sittings
                ],
                "units": [_result_data(one) for one in found],
            }
        )
        return 0
    screen.heading(f"Assessment {name}")
    for one in sittings:
        done = sum(unit.settled for unit in one.state.units if unit.id in one.state.plan)
        where = (
            "ended"
            if one.state.ended
            else "paused"
            if one.state.paused
            else "open"
            if one.count
            else "not begun"
        )
        screen.say(
            f"  {one.stream}: {where}, {done} of {len(one.state.plan) or '?'} units, "
            f"{one.state.replies} replies"
        )
    for result in found:
        if (
            result.proposed.verdict.value == "not_assessed"
            and not result.conflict
            and not result.respondents
        ):
            continue
        screen.say(f"  {result.unit}: {_line(result)}")
    return 0


def _line(result: UnitResult) -> str:
    if result.decided:
        return f"{result.decided.verdict.value} (decided by {result.decided.by})"
    if result.conflict:
        return f"withheld, two answers conflict. Ask both: {result.routed}"
    return f"{result.proposed.verdict.value} proposed. {result.proposed.reason}"


def read_units(text: str) -> tuple[str, ...]:
    """Read a list of units. Raises UsageError naming what is none."""
    from knowledge.demands import chosen

    found: list[str] = []
    for name in filter(None, (one.strip() for one in text.replace(";", ",").split(","))):
        ids = chosen(name)
        if not ids:
            raise click.UsageError(f"{name!r} is no clause unit, control, clause or theme.")
        found.extend(ids)
    if not found:
        raise click.UsageError("name at least one unit, such as A.5.18, 9.2, A.8 or all.")
    return tuple(dict.fromkeys(found))


def _result_data(result: UnitResult) -> dict[str, object]:
    return {
        "unit": result.unit,
        "proposed": result.proposed.verdict.value,
        "verdict": result.verdict.value,
        "reason": result.proposed.reason,
        "decided": None
        if result.decided is None
        else {"by": result.decided.by, "reason": result.decided.reason},
        "conflict": None
        if result.conflict is None
        else {"a": result.conflict.a, "b": result.conflict.b, "ask": result.routed},
        "missing": list(result.proposed.missing),
    }
