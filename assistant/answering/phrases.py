"""The answer's own words around its quotes, in the languages that a question may come in."""

from __future__ import annotations

from datetime import date

from knowledge.passages import Document, Standing
from knowledge.view import View

_PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "not_found": "I find no document that you may read that says so.",
        "ask_person": "If it matters, ask the person who owns the subject or your compliance lead.",
        "nearest": "The nearest that I find, which does not answer it: {places}.",
        "entry_silent": "The entry {key} says nothing of that. What it does say:",
        "in_organisation": "In your organisation:",
        "in_general": "In general (Annexa guidance, not your organisation's rule):",
        "guidance": "Annexa guidance on the standard:",
        "also": "Also applies:",
        "soa": "Statement of Applicability",
        "conflict": "Your documents disagree:",
        "conflict_current": "Both are in force, so neither overrules the other; where both fit, "
        "keep to the stricter one and tell the owners ({owners}).",
        "conflict_newer": "Both are in force; {newer} was approved later ({date}).",
        "draft": "{document} is only a draft and not a rule yet.",
        "retired": "{document} is retired and no longer a rule.",
        "superseded": "{document} was superseded{by} and is no longer a rule.",
        "not_yet": "{document} is not in force before {date}.",
        "external": "{document} is an outside text and not a rule of your organisation.",
        "status_unknown": "The document does not state its status.",
        "not_in_force": "Not a rule in force:",
        "kept": "Its text is kept for reference [{number}].",
        "original": "Wording in the original language:",
        "restricts": "",
        "section": "section",
        "page": "page",
        "in_force_since": "in force since",
        "approved": "approved",
        "applicable": "applicable",
        "excluded": "not applicable (excluded)",
        "undecided": "applicability undecided",
        "no_status": "no status recorded",
        "implemented": "implemented",
        "partial": "partly implemented",
        "planned": "planned",
        "not_implemented": "not implemented",
        "not_applicable": "not applicable",
        "excluded_because": "Excluded because",
        "why": "Why",
        "no_reason": "No reason for the exclusion is recorded.",
        "owner": "Owner",
        "documents": "Documents",
        "evidence": "Evidence",
        "no_evidence": "Evidence: none is recorded.",
        "note": "Note",
        "no_target": "no target date is recorded",
        "target": "target date {date}",
        "late": "which is {days} past",
        "a_day": "1 day",
        "days": "{number} days",
        "your_documents": "What your documents say:",
        "no_row": "The SoA has no row for {control}.",
        "open_entries": "Open in the registers:",
        "about": "What the control is about (Annexa guidance):",
        "no_owner": "no owner named",
        "taken_over": " by {document}",
    },
    "de": {
        "not_found": "Ich finde kein Dokument, das Sie lesen dürfen und das dies sagt.",
        "ask_person": "Wenn es wichtig ist, fragen Sie die zuständige Person oder Ihre "
        "Compliance-Leitung.",
        "nearest": "Am nächsten kommt, ohne die Frage zu beantworten: {places}.",
        "entry_silent": "Der Eintrag {key} sagt dazu nichts. Was er sagt:",
        "in_organisation": "In Ihrer Organisation:",
        "in_general": "Allgemein (Annexa-Leitfaden, keine Regel Ihrer Organisation):",
        "guidance": "Annexa-Leitfaden zur Norm:",
        "also": "Außerdem gilt:",
        "soa": "Erklärung zur Anwendbarkeit (SoA)",
        "conflict": "Ihre Dokumente widersprechen sich:",
        "conflict_current": "Beide sind in Kraft, keines geht dem anderen vor; wo beide "
        "passen, gilt "
        "vorsorglich das strengere. Bitte den Verantwortlichen melden ({owners}).",
        "conflict_newer": "Beide sind in Kraft; {newer} wurde später freigegeben ({date}).",
        "draft": "{document} ist nur ein Entwurf und noch keine Regel.",
        "retired": "{document} ist zurückgezogen und keine Regel mehr.",
        "superseded": "{document} wurde abgelöst{by} und ist keine Regel mehr.",
        "not_yet": "{document} gilt erst ab {date}.",
        "external": "{document} ist ein Text von außen und keine Regel Ihrer Organisation.",
        "status_unknown": "Das Dokument nennt seinen Status nicht.",
        "not_in_force": "Keine geltende Regel:",
        "kept": "Ihr Text ist zum Nachlesen da [{number}].",
        "original": "Wortlaut in der Originalsprache:",
        "restricts": "Das ist nach der Regel nicht frei erlaubt; maßgeblich ist ihr Wortlaut:",
        "section": "Abschnitt",
        "page": "Seite",
        "in_force_since": "in Kraft seit",
        "approved": "freigegeben am",
        "applicable": "anwendbar",
        "excluded": "nicht anwendbar (ausgeschlossen)",
        "undecided": "Anwendbarkeit nicht entschieden",
        "no_status": "kein Stand eingetragen",
        "implemented": "umgesetzt",
        "partial": "teilweise umgesetzt",
        "planned": "geplant",
        "not_implemented": "nicht umgesetzt",
        "not_applicable": "nicht anwendbar",
        "excluded_because": "Grund des Ausschlusses",
        "why": "Begründung",
        "no_reason": "Für den Ausschluss ist kein Grund eingetragen.",
        "owner": "Verantwortlich",
        "documents": "Dokumente",
        "evidence": "Nachweise",
        "no_evidence": "Nachweise: keine eingetragen.",
        "note": "Bemerkung",
        "no_target": "kein Zieltermin eingetragen",
        "target": "Zieltermin {date}",
        "late": "seit {days} überschritten",
        "a_day": "einem Tag",
        "days": "{number} Tagen",
        "your_documents": "Was Ihre Dokumente sagen:",
        "no_row": "Die SoA hat keine Zeile für {control}.",
        "open_entries": "Offen in den Registern:",
        "about": "Worum es bei der Maßnahme geht (Annexa-Leitfaden):",
        "no_owner": "keine verantwortliche Person genannt",
        "taken_over": " durch {document}",
    },
}


def phrase(name: str, language: str, **values: object) -> str:
    """Give a phrase in `language`, in English where there is no translation."""
    text = _PHRASES.get(language, _PHRASES["en"])[name]
    return text.format(**values) if values else text


_STANDINGS_DE = {
    Standing.IN_FORCE: "in Kraft",
    Standing.DRAFT: "Entwurf",
    Standing.RETIRED: "zurückgezogen",
    Standing.SUPERSEDED: "abgelöst",
    Standing.NOT_YET: "noch nicht in Kraft",
    Standing.EXTERNAL: "Text von außen",
}


def standing_name(standing: Standing, language: str) -> str:
    """Name a document's standing in `language`."""
    return _STANDINGS_DE.get(standing, standing.value) if language == "de" else standing.value


def day(value: date) -> str:
    """Write a day as everybody reads it the same way: 2026-03-02."""
    return value.isoformat()


def name_of(document: Document) -> str:
    """Name a document as a person knows it: title, identifier and version."""
    facts = document.facts
    name = facts.title
    if facts.identifier and facts.identifier not in name:
        name += f" ({facts.identifier})"
    if facts.version and facts.version.casefold() not in {"n/a", "-"}:
        name += f" v{facts.version.removeprefix('v')}"
    return name


def not_a_rule(view: View, document: Document, language: str) -> str:
    """Say why a document that is not in force states no rule on the view's day."""
    name, standing = name_of(document), view.standing(document.id)
    if standing is Standing.SUPERSEDED:
        successor = view.successor(document.id)
        word = "durch" if language == "de" else "by"
        by = f" {word} {name_of(successor)}" if successor else ""
        return phrase("superseded", language, document=name, by=by)
    if standing is Standing.NOT_YET:
        start = document.facts.effective or document.facts.approved
        return phrase("not_yet", language, document=name, date=day(start) if start else "?")
    return phrase(standing.value, language, document=name)
