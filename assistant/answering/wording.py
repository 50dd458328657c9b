"""Words of titles that say too little to be known by."""

from __future__ import annotations

from knowledge.keywords import analyse_query

WEAK_TITLE = frozenset(
    token
    for word in "use of the information security and management policy policies".split()
    for token in analyse_query(word)
)
