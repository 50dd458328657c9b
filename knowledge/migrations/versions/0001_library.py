"""The library: documents, passages, the Statement of Applicability, failures, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "documents",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False, unique=True),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("reading", sa.String, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("read", sa.JSON),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("soa", sa.JSON),
    )
    op.create_table(
        "passages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column(
            "document_id",
            sa.String,
            sa.ForeignKey("documents.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("locator", sa.JSON, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("controls", sa.JSON, nullable=False),
        sa.Column("row_key", sa.String),
    )
    op.create_index("passages_by_document", "passages", ["document_id", "ordinal"])
    op.create_index("passages_by_row", "passages", ["row_key"])
    op.create_table(
        "failures",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("reading", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "soa_decisions",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("decision", sa.JSON, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("decided_on", sa.String, nullable=False),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
