"""Use cases of controlled documents: the statement's versions, checking it, and what changes touch."""
