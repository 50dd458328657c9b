"""Assessments and their interviews: lists of events that only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; events are only ever added, each with the next number of its stream."""
    op.create_table(
        "interview_events",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER interview_events_refuse_{action.lower()} BEFORE {action} "
            "ON interview_events "
            "BEGIN SELECT RAISE(ABORT, 'events of interviews are append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER interview_events_have_no_gaps BEFORE INSERT ON interview_events "
        "WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM interview_events "
        "WHERE stream = NEW.stream) "
        "BEGIN SELECT RAISE(ABORT, 'events of interviews have no gaps'); END"
    )
