"""Corrective action plans: every revision of a plan, and the conversations that draft them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables; revisions are only ever added."""
    op.create_table(
        "plans",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("finding", sa.String, nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.UniqueConstraint("year", "number"),
    )
    op.create_table(
        "plan_revisions",
        sa.Column("plan", sa.String, sa.ForeignKey("plans.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("plan", "key"),
    )
    op.create_table(
        "plan_talks",
        sa.Column("plan", sa.String, sa.ForeignKey("plans.id"), primary_key=True),
        sa.Column("turns", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "plan_entries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER plan_revisions_refuse_{action.lower()} BEFORE {action} ON "
            "plan_revisions BEGIN SELECT RAISE(ABORT, 'a revision of a plan is never changed'); END"
        )
