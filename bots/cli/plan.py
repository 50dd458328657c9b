"""`annexa plan`: corrective action plans, from a finding to its effective end."""

from __future__ import annotations

import click

from bots.cli import plan_draft


@click.group(short_help="Corrective action plans: draft, check, approve, work, close.")
def plan() -> None:
    """Draft, check, approve, work and close corrective action plans.

    Begin with `annexa plan new`, or give a finding and answers as files to `annexa plan draft`.
    """


for command in (plan_draft.draft,):
    plan.add_command(command)
