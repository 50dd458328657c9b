"""The records: conversations, turns, calls, feedback, questions to people, the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables, and the triggers that keep the audit chain append-only."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("changed_at", sa.String, nullable=False),
        sa.Column("erased_at", sa.String),
    )
    op.create_index("conversations_by_owner", "conversations", ["owner"])
    op.create_table(
        "turns",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("conversation", sa.String, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("asked_at", sa.String, nullable=False),
        sa.Column("question", sa.Text),
        sa.Column("as_of", sa.String),
        sa.Column("answered_at", sa.String),
        sa.Column("answer", sa.Text),
        sa.Column("trace", sa.Text),
        sa.Column("by", sa.String),
        sa.Column("salt", sa.String),
        sa.UniqueConstraint("conversation", "key"),
        sa.UniqueConstraint("conversation", "ordinal"),
    )
    op.create_table(
        "calls",
        sa.Column("turn", sa.String, sa.ForeignKey("turns.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("host", sa.String),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("passages", sa.JSON, nullable=False),
        sa.Column("sent_characters", sa.Integer, nullable=False),
        sa.Column("prompt_tokens", sa.Integer),
        sa.Column("reply_tokens", sa.Integer),
        sa.Column("problem", sa.String),
    )
    op.create_index("calls_by_time", "calls", ["at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("turn", sa.String, sa.ForeignKey("turns.id"), nullable=False),
        sa.Column("by", sa.String),
        sa.Column("good", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_index("feedback_by_turn", "feedback", ["turn"])
    op.create_table(
        "person_questions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("asked_at", sa.String, nullable=False),
        sa.Column("asked_by", sa.String),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("conversation", sa.String, sa.ForeignKey("conversations.id")),
        sa.Column("turn", sa.String, sa.ForeignKey("turns.id"), unique=True),
        sa.Column("closed_because", sa.Text),
        sa.Column("salt", sa.String),
    )
    op.create_table(
        "person_answers",
        sa.Column(
            "question", sa.Integer, sa.ForeignKey("person_questions.number"), primary_key=True
        ),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("expires", sa.String, nullable=False),
        sa.Column("read", sa.JSON),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("conversation", sa.String, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("turn", sa.String, sa.ForeignKey("turns.id"), nullable=False),
        sa.Column("question", sa.Integer, sa.ForeignKey("person_questions.number"), nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("delivered_at", sa.String),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("audit_by_subject", "audit", ["subject", "action"])
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{action.lower()} BEFORE {action} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END"
        )
    # Also stops INSERT OR REPLACE, which would delete a row without asking the trigger above.
    op.execute(
        "CREATE TRIGGER audit_has_no_gaps BEFORE INSERT ON audit "
        "WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit) "
        "BEGIN SELECT RAISE(ABORT, 'the audit chain has no gaps'); END"
    )
