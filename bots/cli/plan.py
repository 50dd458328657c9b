"""`annexa plan`: corrective action plans, from a finding to its effective end."""

from __future__ import annotations

import click

from bots.cli import plan_draft, plan_register, plan_work


@click.group(short_help="Corrective action plans: draft, check, approve, work, close.")
def plan() -> None:
    """Draft, check, approve, work and close corrective action plans.

    Begin with `annexa plan new`, or give a finding and answers as files to `annexa plan draft`.
    """


for command in (
    plan_draft.draft,
    plan_draft.new,
    plan_draft.resume,
    plan_register.list_,
    plan_work.show,
    plan_work.lint,
    plan_work.edit,
    *plan_work.STEPS,
    plan_register.import_,
    plan_register.export,
    plan_register.reminders,
):
    plan.add_command(command)
