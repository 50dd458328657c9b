"""What a column's header may mean: the names of the fields in four languages.

A header only proposes; "Reference" may be the control's id or a document, so its cells decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from knowledge.soa import values
from knowledge.soa.model import Field

_SYNONYMS: tuple[tuple[Field, str], ...] = (
    (
        Field.CONTROL_ID,
        "control id|control ref|control reference|ref|id|no|nr|#|number|annex a ref|annex a control"
        "|annex a reference|annex a|annex a id|annex a no|iso control|iso 27001 control|iso 27001"
        "|iso 27001 2022|iso iec 27001 2022|iso iec 27001 2022 control|iso 27001 2022 control"
        "|iso 27001 ref|iso 27001 reference|clause|control number|control no|control nr"
        "|control code|control identifier|reference|section|27001 id|control|code|identifier|item"
        "|annex a clause|control clause|iso reference|iso ref|standard reference|control #"
        "|Maßnahme Nr|Maßnahmen Nr|Maßnahmennummer|Nr Maßnahme|Referenz|Control Nr|Kennung|Ziffer"
        "|Nummer|Anhang A|Maßnahmen-ID|Kapitel|Abschnitt"
        "|référence|n° contrôle|n°|numéro|n° mesure|n° de la mesure|numéro de mesure"
        "|id de control|id control|número|n° control|código|referencia|numero de control",
    ),
    (
        Field.TITLE,
        "control|control title|control name|name|title|annex a control title|annex a control name"
        "|annex a control|control description|iso 27001 control|iso control|security control"
        "|controls description|description|iso 27001 2022 control|iso iec 27001 2022 control"
        "|safeguard|measure|control heading|requirement|annex a"
        "|Maßnahme|Titel|Bezeichnung|Maßnahmentitel|Name der Maßnahme|Control Titel|Beschreibung"
        "|mesure|titre|intitulé|nom de la mesure|mesure de sécurité|contrôle"
        "|título del control|título|nombre del control|nombre|control de seguridad|medida",
    ),
    (
        Field.DESCRIPTION,
        "control description|control text|requirement|control objective|objective|purpose"
        "|description|description of control|control requirement|control statement|guidance"
        "|Beschreibung|Anforderung|Maßnahmenziel|Ziel|description de la mesure|exigence|objectif"
        "|descripción|requisito|objetivo",
    ),
    (
        Field.THEME,
        "theme|category|domain|group|control group|annex a theme|control category|type|section"
        "|control theme|control domain|control type|area|chapter|clause"
        "|Themenbereich|Thema|Kategorie|Bereich|Kapitel|thème|catégorie|domaine"
        "|tema|categoría|dominio",
    ),
    (
        Field.APPLICABLE,
        "applicable|applicability|appl|applicable y n|in scope|included|include|selected"
        "|included excluded|yes no|y n|status of applicability|control applicable|relevant|adopted"
        "|applicability status|applicable yes no|is applicable|control applicability|status"
        "|applicability decision|control selected|is the control applicable|selection|inclusion"
        "|applicable to organisation|applicable to organization|control status|decision|soa"
        "|anwendbar|anwendbar ja nein|Anwendbarkeit|ausgewählt|zutreffend|relevant ja nein"
        "|applicable oui non|applicabilité|retenu|retenue|sélectionné"
        "|aplica|aplicable|aplicabilidad|aplica sí no|aplica si no",
    ),
    (
        Field.JUSTIFICATION_INCLUSION,
        "justification for inclusion|reason for inclusion|inclusion reason|reason for selection"
        "|rationale for inclusion|why included|inclusion justification|justification inclusion"
        "|justification for selection|reason for applicability|justification for applicability"
        "|reason for including|justification if applicable|reason if applicable|inclusion rationale"
        "|selection reason|basis for inclusion|inclusion"
        "|Begründung Auswahl|Begründung der Auswahl|Begründung für Auswahl|Auswahlgrund"
        "|Begründung für die Auswahl|Grund der Auswahl|Begründung Aufnahme|Begründung für Aufnahme"
        "|Begründung der Anwendbarkeit|Begründung für die Aufnahme|Begründung Einschluss"
        "|Begründung für Einschluss|justification de l'inclusion|justification inclusion"
        "|raison de l'inclusion|motif d'inclusion|justification de la sélection"
        "|justificación de inclusión|justificación de la inclusión|motivo de inclusión"
        "|razón de inclusión",
    ),
    (
        Field.JUSTIFICATION_EXCLUSION,
        "justification for exclusion|exclusion reason|reason for exclusion|exclusion justification"
        "|rationale for exclusion|reason not applicable|justification exclusion"
        "|reason for excluding"
        "|justification if not applicable|reason if not applicable|exclusion rationale"
        "|justification for non applicability|reason for non applicability|why excluded|exclusion"
        "|justification for excluding|if not applicable why|basis for exclusion|exclusions"
        "|Begründung Ausschluss|Begründung für Ausschluss|Begründung des Ausschlusses"
        "|Ausschlussgrund"
        "|Begründung für den Ausschluss|Begründung Nichtanwendbarkeit|Begründung der Abwahl"
        "|Begründung Abwahl|Abwahlgrund|Grund für Ausschluss"
        "|justification de l'exclusion|raison de l'exclusion|motif d'exclusion"
        "|justificación de exclusión|justificación de la exclusión|motivo de exclusión"
        "|razón de exclusión",
    ),
    (
        Field.JUSTIFICATION,
        "justification|rationale|reason|reason justification|comments justification|basis"
        "|justification comments|justification for inclusion exclusion|justification reason"
        "|reason for inclusion exclusion|justification for inclusion or exclusion"
        "|reasons for inclusion or exclusion|justification for applicability or exclusion"
        "|inclusion exclusion justification|justification of applicability"
        "|justification for applicability non applicability|rationale for inclusion exclusion"
        "|justification implementation|reason for inclusion or exclusion|reasoning"
        "|justification and comments|reason for decision|justification for decision"
        "|why|why or why not|why why not|why yes or no|warum"
        "|Begründung|Begründung Auswahl Ausschluss|Begründung der Entscheidung"
        "|Begründung für Auswahl oder Ausschluss|Begründung für Aufnahme Ausschluss|Grund"
        "|Begründung für Auswahl Ausschluss|Begründung für Auswahl bzw Ausschluss"
        "|justificatif|motif|raison|justification inclusion exclusion"
        "|justificación|justificación inclusión exclusión|motivo|razón",
    ),
    (
        Field.REASON_LEGAL,
        "lr|legal|legal requirement|regulatory|legal regulatory|law|statutory"
        "|legal requirements|gesetzlich|gesetz|légal|legal requirement lr",
    ),
    (
        Field.REASON_CONTRACT,
        "co|contract|contractual|contractual obligation"
        "|contractual requirement|vertrag|vertraglich|contrat|contractuel|contrato",
    ),
    (
        Field.REASON_BUSINESS,
        "br|bp|br bp|business requirement|best practice|business"
        "|business requirement best practice|business need|adopted best practice|geschäftlich"
        "|business requirements adopted best practices|business requirements best practices",
    ),
    (
        Field.REASON_RISK,
        "rra|ra|risk assessment|risk|result of risk assessment"
        "|results of risk assessment|risk assessment result|risiko|risikoanalyse|risque|riesgo",
    ),
    (
        Field.IMPLEMENTATION_STATUS,
        "implementation status|status|implemented|implemented y n|current status|control status"
        "|state|state of play|where we are|progress|implementation|implementation level"
        "|compliance status|implementation state"
        "|status of implementation|implemented yes no|is implemented|implementation progress"
        "|control implementation status|compliance|level of implementation|implementation complete"
        "|degree of implementation|% complete|percent complete|% implemented|completion|in place"
        "|control implemented|is the control implemented|implementation %"
        "|Umsetzungsstatus|Umsetzung|Status der Umsetzung|umgesetzt|umgesetzt ja nein|Stand"
        "|Umsetzungsgrad|Umsetzungsstand|implementiert|Implementierungsstatus|Erfüllungsgrad"
        "|état|statut|état de mise en œuvre|statut de mise en œuvre|mise en œuvre|mis en œuvre"
        "|état d'avancement|avancement"
        "|estado|estado de implementación|implementado|estado de implantación|implantado|avance",
    ),
    (
        Field.IMPLEMENTATION_NOTE,
        "implementation description|how implemented|method of implementation|implementation details"
        "|description of implementation|control implementation|overview of implementation"
        "|current controls|remarks|comments|notes|implementation|implementation note"
        "|implementation notes|how it is implemented|implementation summary|how is it implemented"
        "|implementation method|details of implementation|implementation evidence|comment|remark"
        "|remarks overview of implementation|existing controls|note|implementation comments"
        "|how the control is implemented|how is the control implemented|implementation approach"
        "|Bemerkung|Bemerkungen|Umsetzungsbeschreibung|Beschreibung der Umsetzung|Kommentar"
        "|Anmerkung|Anmerkungen|Art der Umsetzung|Umsetzung|Umsetzungshinweise|Hinweise|Kommentare"
        "|description de la mise en œuvre|remarques|commentaires|modalités de mise en œuvre"
        "|comentarios|observaciones|descripción de la implementación",
    ),
    (
        Field.POLICY_REFS,
        "policy|policies|policy reference|related documents|document|doc|doc ref"
        "|documented information|reference document|procedure|policy procedure"
        "|supporting documents|documents|policy reference document|documentation|policy document"
        "|related policy|related policies|policy or procedure|reference|references|ref|related doc"
        "|supporting documentation|relevant documents|relevant policy|policies and procedures"
        "|document reference|policy ref|linked documents|linked policies|applicable policy"
        "|related documentation|reference documents|procedures|where described|described in"
        "|where documented|documented in|where defined|defined in|governing document|governed by"
        "|covered by|where covered|beschrieben in|dokumentiert in|geregelt in"
        "|Dokument|Dokumente|Richtlinie|Richtlinien|mitgeltende Dokumente|Referenzdokument|Verweis"
        "|Dokumentenverweis|Regelung|Verweise|zugehörige Dokumente|Dokumentation|Referenz"
        "|documents associés|politique|procédure|documentation associée|référence documentaire"
        "|documento|política|procedimiento|documentos relacionados|documentación|referencia",
    ),
    (
        Field.EVIDENCE_REFS,
        "evidence|evidence reference|evidence location|evidence document|proof|records"
        "|link to evidence|artefacts|artifacts|evidence of implementation|implementation evidence"
        "|evidence link|evidence ref|audit evidence|evidences|record|implementation evidence"
        "|supporting evidence|evidence records|implementation or evidence"
        "|Nachweis|Nachweise|Umsetzungsnachweis|Aufzeichnungen|Evidenz"
        "|preuve|preuves|éléments de preuve|enregistrements|evidencia|evidencias|registros",
    ),
    (
        Field.OWNER,
        "owner|control owner|responsible|responsibility|accountable|assigned to|control responsible"
        "|responsible person|responsible party|owner role|responsible owner|control owner role"
        "|responsible role|person responsible|answerable|answerable person|in charge"
        "|person in charge|looked after by|control lead|accountable person|custodian|steward|who"
        "|eigenaar|verantwoordelijke|verantwoordelijk|Ansprechpartner|wer"
        "|Verantwortlicher|Verantwortlich|Verantwortliche|Verantwortung|zuständig|Zuständigkeit"
        "|Maßnahmenverantwortlicher|Control Owner|Eigentümer|Verantwortliche Person"
        "|responsable|propriétaire|pilote|propietario|dueño|responsable del control",
    ),
    (
        Field.TARGET_DATE,
        "target date|due date|due|planned date|completion date|implementation date|deadline"
        "|target completion date|planned implementation date|planned completion|target"
        "|date of implementation|implementation target date|planned for|target implementation date"
        "|finished by|finish by|to be finished by|done by|to be done by|ready by|complete by"
        "|completed by|by when|planned by|planned end|expected by|expected completion|streefdatum"
        "|bis wann|erledigt bis|fertig bis"
        "|Zieldatum|Termin|Zieltermin|geplant bis|Frist|Fälligkeit|Fertigstellung|umzusetzen bis"
        "|date cible|échéance|date prévue|fecha objetivo|fecha límite|fecha prevista",
    ),
    (
        Field.LAST_REVIEW,
        "last review|last reviewed|review date|reviewed on|last assessed|date of last review"
        "|last updated|date|last review date|date reviewed|last assessment|last audit"
        "|last reviewed on|date last reviewed|last checked"
        "|letzte Prüfung|letzte Überprüfung|geprüft am|zuletzt geprüft|Stand vom"
        "|dernière revue|date de revue|date de dernière revue|última revisión|fecha de revisión"
        "|fecha de última revisión",
    ),
    (
        Field.NEXT_REVIEW,
        "next review|next review date|review due|next assessment|date of next review"
        "|nächste Prüfung|nächste Überprüfung|prochaine revue|próxima revisión",
    ),
    (
        Field.RISK_REFS,
        "risk|risk id|risk ref|risk reference|linked risks|risk register ref|risks treated|risks"
        "|related risks|risk ids|risk references|associated risks|risk register reference"
        "|risks addressed|related risk|linked risk|associated risk|risk no|risk register id"
        "|Risiko|Risiken|Risiko ID|Risikobezug|Risikoreferenz|zugehörige Risiken"
        "|risque|risques|risques associés|réf risque|riesgo|riesgos|riesgos asociados",
    ),
    (
        Field.OBLIGATION_REFS,
        "obligation|obligations|legal|legal requirement|legal requirements|contractual"
        "|legal reference|law|regulation|contract|contracts|legal or contractual requirement"
        "|legal and contractual requirements|regulatory requirement|regulatory"
        "|contractual obligation"
        "|legal basis|compliance obligations|contractual requirement|legal regulatory contractual"
        "|Rechtsgrundlage|rechtliche Anforderung|gesetzliche Anforderung|vertragliche Anforderung"
        "|gesetzliche Anforderungen|vertragliche Anforderungen|exigence légale|requisito legal",
    ),
    (
        Field.MATURITY,
        "maturity|maturity level|score|level|cmmi|rating|current maturity|maturity score"
        "|maturity rating|cmm|capability level|Reifegrad|maturité|niveau de maturité|madurez"
        "|nivel de madurez",
    ),
    (
        Field.OLD_2013_IDS,
        "iso 27001 2013|2013 ref|old ref|previous control|2013 control|iso iec 27001 2013|2013"
        "|2013 id"
        "|old reference|old id|old control|old control id|previous id|2013 ids|2013 reference"
        "|iso 27001 2013 ref|iso 27001 2013 control|2013 controls|old 2013 id|previous reference"
        "|annex a 2013|2013 annex a|mapping 2013|alte Nummer|alte Referenz|Referenz 2013"
        "|Zuordnung 2013|ancienne référence|referencia 2013|referencia anterior",
    ),
)
_NOT_OURS: tuple[tuple[str, str], ...] = (
    (
        r"risk (owner|eigentum\w*|verantwortlich\w*)|risiko ?(eigentum|eigner|verantwort)\w*"
        r"|proprietaire du risque|propietario del riesgo|dueno del riesgo",
        "a risk's owner is not the control's owner",
    ),
    (
        r"(residual|inherent|net|gross) .*risk|risk (level|score|rating|treatment|description|value"
        r"|category|title|name)",
        "it describes a risk, not the control",
    ),
    (
        r"asset owner|document owner|process owner|policy owner|evidence owner",
        "it is the owner of something else",
    ),
    (
        r"target maturity|(target|desired|required|planned) (level|score|maturity)|maturity target"
        r"|previous (status|score|maturity)|last year",
        "it is a target or an earlier state, not the present one",
    ),
    (
        r"nist|csf|soc ?2|gdpr|dsgvo|pci|cis|hipaa|nis ?2|dora|tisax|27017|27018|27701|bsi|cobit"
        r"|iso (iec )?27002|27002|grundschutz|c5",
        "it refers to another framework",
    ),
    (
        r"audit (finding|result|date|note|question)s?|finding|findings|non ?conformit\w*|auditor",
        "it belongs to an audit",
    ),
    (
        r"review(ed)? by|approved by|approver|author|last changed by|updated by",
        "it names who reviewed or wrote, not the owner",
    ),
    (
        r"(date|datum|fecha) .*(approv|freigabe|added|creat)\w*|approval date|date approved",
        "it is a date of another kind",
    ),
)
_WHOLE = frozenset({Field.CONTROL_ID, Field.TITLE, Field.THEME, Field.DESCRIPTION, Field.MATURITY})
"""Fields whose words are too common to count inside a longer header."""
_NEGATED = re.compile(
    r"\b(not|non|nicht|no|ne) (applicab\w*|anwendbar\w*|aplica\w*|included|selected|relevant)"
    r"|\bexcluded?\b|\bout of scope\b|\bausgeschlossen\b|\bexclue?s?\b|\bexcluid[oa]s?\b"
    r"|\bexclusion\b|\bausschluss\b"
)
_REASONED = re.compile(r"justif\w*|reason\w*|rationale|begrundung|grund|motiv?\w*|why|basis|razon")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A field that a header could mean; 1.0 is the whole header, less a part of it."""

    field: Field
    confidence: float
    synonym: str


def header_key(text: str) -> str:
    """Fold a header: case, accents, punctuation, line breaks and plurals do not count."""
    key = values.fold_key(re.sub(r"[?*†|&+=]+", " ", text))
    return " ".join(_singular(word) for word in key.split())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word


@cache
def _lookup() -> dict[str, tuple[Field, ...]]:
    table: dict[str, list[Field]] = {}
    for each, synonyms in _SYNONYMS:
        for synonym in synonyms.split("|"):
            known = table.setdefault(header_key(synonym), [])
            if each not in known:
                known.append(each)
    return {key: tuple(found) for key, found in table.items() if key}


def is_synonym(header: str) -> bool:
    """Tell whether the whole header is a known name of a field."""
    return header_key(header) in _lookup()


def not_ours(header: str) -> str | None:
    """Say why a header is none of our fields although its words look like one."""
    key = header_key(header)
    for pattern, why in _NOT_OURS:
        if re.search(rf"\b(?:{pattern})\b", key):
            return why
    return None


@lru_cache(maxsize=4096)
def proposals(header: str) -> tuple[Proposal, ...]:
    """Return the fields that a header may mean, the longest match first."""
    key = header_key(header)
    if not key:
        return ()
    found = [Proposal(each, 1.0, key) for each in _lookup().get(key, ())]
    if _NEGATED.search(key) and not _REASONED.search(key) and not _either_way(key):
        return (*found, Proposal(Field.EXCLUDED_MARK, 0.8, key))
    if found:
        return tuple(found)
    if both := _both_ways(key):
        return (both,)
    return () if not_ours(header) else _contained(key)


def _either_way(key: str) -> bool:
    """Tell whether a header names both decisions: "Applicable / Not applicable"."""
    return bool(re.search(r"\b(inclu\w+|applicab\w+|anwendbar|in scope)\b", _NEGATED.sub("", key)))


def _contained(key: str) -> tuple[Proposal, ...]:
    """Return the fields whose synonyms stand inside a longer header."""
    inside = sorted(
        (
            (len(synonym), synonym)
            for synonym in _lookup()
            if len(synonym) >= 4 and f" {synonym} " in f" {key} "
        ),
        reverse=True,
    )
    found: list[Proposal] = []
    for length, synonym in inside:
        for each in _lookup()[synonym]:
            too_little = each in _WHOLE and length < 0.6 * len(key)
            if not too_little and all(each != known.field for known in found):
                found.append(Proposal(each, round(0.5 + 0.4 * length / len(key), 2), synonym))
    return tuple(found)


def _both_ways(key: str) -> Proposal | None:
    """Recognise one column of reasons for either decision."""
    inclusion = re.search(r"inclu\w+|select\w+|auswahl|aufnahme|applicab\w+", key)
    exclusion = re.search(
        r"exclu\w+|ausschlu\w+|abwahl|(?:non|not|de) ?(?:applicab|select)\w+", key
    )
    reasoned = re.search(r"justif\w+|reason\w*|rationale|begrundung|grund|motif|motivo|why", key)
    if inclusion and exclusion and reasoned and "if not applicable" not in key:
        return Proposal(Field.JUSTIFICATION, 0.9, key)
    return None
