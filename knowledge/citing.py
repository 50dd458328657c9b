"""Citing: a quote with everything that a person needs to check it."""

from __future__ import annotations

from knowledge.passages import Citation, Document, Passage, Status
from knowledge.text import fold


def cite(document: Document, passage: Passage, quote: str) -> Citation:
    """Cite `quote`, placing it in the very block of the passage that holds it."""
    section, page = passage.locator.section, passage.locator.page
    wanted = fold(quote)
    for span in passage.spans:
        if wanted in fold(passage.text[span.start : span.end]):
            section, page = span.section or section, span.page or page
            break
    facts = document.facts
    return Citation(
        type=document.origin,
        source=document.source,
        document=facts.title,
        quote=quote.strip(),
        passage=passage.id,
        identifier=facts.identifier,
        version=facts.version,
        status=None if facts.status is Status.UNKNOWN else facts.status.value,
        approved=facts.approved,
        effective=facts.effective,
        section=section,
        page=page,
        row=passage.locator.row,
    )
