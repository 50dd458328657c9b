"""The Statement of Applicability: its versions, approvals and waivers of defects."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables; versions are only ever added."""
    op.create_table(
        "soa_versions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("file_hash", sa.String),
        sa.Column("parent", sa.Integer, sa.ForeignKey("soa_versions.number")),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("read", sa.JSON),
    )
    op.create_table(
        "soa_approvals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, sa.ForeignKey("soa_versions.number"), nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("voided_at", sa.String),
        sa.Column("voided_because", sa.Text),
    )
    op.create_table(
        "soa_waivers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("controls", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("withdrawn_at", sa.String),
        sa.Column("withdrawn_by", sa.String),
    )
