"""Numbered changes of the workspace database, run by Alembic from `knowledge.catalog`."""

HEAD = "0001"
