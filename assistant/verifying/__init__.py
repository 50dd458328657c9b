"""Checking a sentence of a language model against the passages that it cites. Pure, no model.

A sentence may be shown only if all of it stands in those passages: its numbers, dates, ids, roles
and names, what it binds them to, its modality and its conditions. `shown.py` keeps out what could
act on a screen, `facts.py` finds what has to be equal, `modality.py` how firmly something is said,
`wording.py` which words mean the same, `reading.py` takes a passage apart, `verifier.py` compares.
"""

from assistant.verifying.verifier import Verifier, verify

__all__ = ["Verifier", "verify"]
