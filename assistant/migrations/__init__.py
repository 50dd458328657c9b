"""Numbered changes of the records' database, run by Alembic from `assistant.store`."""

HEAD = "0007"
