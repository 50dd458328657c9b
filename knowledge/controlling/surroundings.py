"""A view's documents as the facts that checks of a Statement of Applicability compare with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.citing import cite
from knowledge.controlling.entries import register_entries
from knowledge.controlling.rules import Depth, names_controls, stated_rules
from knowledge.disagreement import spoken
from knowledge.passages import Citation, Document, Origin, Standing
from knowledge.soa.linting import KnownDocument, Rule, ScopeFact, Spot, Surroundings
from knowledge.standing import begins

if TYPE_CHECKING:
    from knowledge.view import View

_SCOPE = re.compile(r"\bscope\b|geltungsbereich|anwendungsbereich", re.IGNORECASE)
_ISMS_SCOPE = re.compile(
    r"\b(?:isms|certificat\w+)\b.*\bscope\b|\bscope\b.*\b(?:isms|certificat\w+)\b"
    r"|geltungsbereich des isms",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(r"\bcertificate\b|\bzertifikat\b", re.IGNORECASE)
_STATES_RULES = re.compile(
    r"polic|standard|procedure|guideline|process|instruction|rules|richtlinie|leitlinie|verfahren"
    r"|anweisung|regelung|konzept|politique|política",
    re.IGNORECASE,
)
_LEAST = 6


def surroundings(view: View) -> Surroundings:
    """Gather what a statement must agree with, from what the reader of `view` may see."""
    rules = [
        Rule(control, spot_of(one.at))
        for control, stated in stated_rules(view).items()
        for one in stated
        if one.duty and one.by_id and one.depth in (Depth.OWN, Depth.PASSING)
    ]
    return Surroundings(
        documents=tuple(_known(view, one) for one in _own(view)),
        rules=tuple(rules),
        entries=tuple(register_entries(view)),
        scopes=tuple(_scopes(view)),
    )


def spot_of(citation: Citation) -> Spot:
    """Give a citation as the place that a defect rests on."""
    return Spot(citation.source, citation.quote, citation.section, citation.row, citation.document)


def _own(view: View) -> list[Document]:
    own = [one for one in view.documents if one.origin is not Origin.GUIDANCE]
    return sorted(own, key=lambda one: one.source)


def _known(view: View, document: Document) -> KnownDocument:
    facts = document.facts
    rules = document.origin is Origin.DOCUMENT and bool(_STATES_RULES.search(facts.title))
    return KnownDocument(
        source=document.source,
        title=facts.title,
        identifier=facts.identifier,
        version=facts.version,
        standing=view.standing(document.id),
        begins=begins(document),
        states_rules=rules,
        names_controls=not rules or names_controls(view, document),
    )


def _scopes(view: View) -> list[ScopeFact]:
    """Find the documents that say what the ISMS or the certificate covers."""
    found: list[ScopeFact] = []
    for document in _own(view):
        if (
            document.origin is not Origin.DOCUMENT
            or view.standing(document.id) is not Standing.IN_FORCE
        ):
            continue
        title = document.facts.title
        certificate = bool(_CERTIFICATE.search(title))
        whole = bool(_SCOPE.search(title)) and not certificate
        statements = []
        for passage in view.passages_of(document.id):
            headed = any(_ISMS_SCOPE.search(h) for h in passage.locator.heading_path)
            for sentence in spoken(passage):
                about = whole or headed or (certificate and _SCOPE.search(sentence))
                if about and len(sentence.split()) >= _LEAST:
                    statements.append(spot_of(cite(document, passage, sentence)))
        if statements:
            facts = document.facts
            found.append(ScopeFact(facts.identifier, facts.version, tuple(statements), certificate))
    return found
