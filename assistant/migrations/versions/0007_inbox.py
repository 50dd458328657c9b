"""What comes in at a door, what was posted for it, where conversations are, and who is who there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables; an event and a post have one row each, whatever is sent again."""
    op.create_table(
        "inbox_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("position", sa.String, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("received_at", sa.String, nullable=False),
        sa.Column("not_before", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("leased_until", sa.String),
        sa.Column("done_at", sa.String),
        sa.Column("outcome", sa.Text),
        sa.UniqueConstraint("door", "team", "event"),
    )
    op.create_index("inbox_open", "inbox_events", ["door", "state", "lane", "position"])
    op.create_index("inbox_keys", "inbox_events", ["door", "key"])
    op.create_table(
        "outbox_posts",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread", sa.String),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("visible", sa.Boolean, nullable=False),
        sa.Column("audience", sa.String),
        sa.Column("turn", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("sent_at", sa.String),
    )
    op.create_index("outbox_places", "outbox_posts", ["door", "channel", "thread"])
    op.create_table(
        "door_places",
        sa.Column("door", sa.String, primary_key=True),
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("thread", sa.String, primary_key=True),
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_index("door_places_of", "door_places", ["conversation", "at"])
    op.create_table(
        "door_people",
        sa.Column("door", sa.String, primary_key=True),
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("bound_at", sa.String, nullable=False),
        sa.UniqueConstraint("door", "team", "account"),
    )
