"""`annexa interview`: gap interviews, from setting up an assessment to its report."""

from __future__ import annotations

import click

from bots.cli import interview_desk, interview_report, interview_run, interview_talk


@click.group(short_help="Gap interviews: ask, weigh, decide, report.")
def interview() -> None:
    """Set up an assessment, interview people, decide verdicts and print the report.

    Begin with `annexa interview setup`, or play a script with `annexa interview run`.
    """


for command in (
    interview_desk.setup,
    interview_desk.invite,
    interview_talk.start,
    interview_talk.resume,
    interview_desk.delegate,
    interview_desk.evidence,
    interview_desk.rate,
    interview_desk.status,
    interview_desk.decide,
    interview_report.report,
    interview_report.mock,
    interview_run.run,
):
    interview.add_command(command)
