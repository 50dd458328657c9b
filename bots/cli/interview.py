"""`annexa interview`: gap interviews, from setting up an assessment to its report."""

from __future__ import annotations

import click

from bots.cli import interview_run


@click.group(short_help="Gap interviews: ask, weigh, decide, report.")
def interview() -> None:
    """Set up an assessment, interview people, decide verdicts and print the report.

    Begin with `annexa interview setup`, or play a script with `annexa interview run`.
    """


for command in (interview_run.run,):
    interview.add_command(command)
