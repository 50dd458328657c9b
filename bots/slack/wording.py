"""What the Slack door says of itself, in the languages that answers come in."""

from __future__ import annotations

from knowledge.keywords import query_languages

_WORDS = {
    "en": {
        "searching": "is reading the policies…",
        "checking": "is checking what it found…",
        "privately": "I have answered you in a direct message.",
        "asked_in": "You asked in {place}:",
        "asked": "You asked:",
        "moved": "(The answer to this went to whoever asked.)",
        "sources": "Sources",
        "ask_person": "Ask a person",
        "helpful": "Helpful",
        "not_helpful": "Not helpful",
        "from_person": "*An answer to the question that you passed on:* {question}",
        "sorry": "**I could not answer this.** Your question is kept under the number `{number}`. "
        "Ask again later; if it goes on, tell whoever runs this assistant.",
        "empty": "Ask me about your organisation's policies, its Statement of Applicability or "
        "ISO 27001: mention me with a question, or write to me here.",
        "welcome": "Gladly. Ask me anything else about your policies.",
        "limited": "Your groups could not be looked up just now, so only documents that are open to "
        "everyone were used. Ask again later if something is missing.",
        "by_rules": "Put together by rules from quotes",
        "by_model": "Worded by {model}, checked against the sources",
        "not_readable": "This passage cannot be shown.",
        "continued": "(continued)",
    },
    "de": {
        "searching": "liest die Richtlinien…",
        "checking": "prüft, was es gefunden hat…",
        "privately": "Ich habe Ihnen in einer Direktnachricht geantwortet.",
        "asked_in": "Sie haben in {place} gefragt:",
        "asked": "Sie haben gefragt:",
        "moved": "(Die Antwort darauf ging an die Person, die gefragt hat.)",
        "sources": "Quellen",
        "ask_person": "Eine Person fragen",
        "helpful": "Hilfreich",
        "not_helpful": "Nicht hilfreich",
        "from_person": "*Eine Antwort auf die Frage, die Sie weitergegeben haben:* {question}",
        "sorry": "**Das konnte ich nicht beantworten.** Ihre Frage ist unter der Nummer `{number}` "
        "verwahrt. Fragen Sie später noch einmal; bleibt es dabei, sagen Sie es denen, die diesen "
        "Assistenten betreiben.",
        "empty": "Fragen Sie mich nach den Richtlinien Ihrer Organisation, der Erklärung zur "
        "Anwendbarkeit oder ISO 27001: Erwähnen Sie mich mit einer Frage, oder schreiben Sie mir.",
        "welcome": "Gern. Fragen Sie mich jederzeit zu Ihren Richtlinien.",
        "limited": "Ihre Gruppen konnten gerade nicht nachgesehen werden, darum wurden nur Dokumente "
        "verwendet, die allen offenstehen. Fragen Sie später noch einmal, wenn etwas fehlt.",
        "by_rules": "Nach Regeln aus Zitaten zusammengestellt",
        "by_model": "Formuliert von {model}, an den Quellen geprüft",
        "not_readable": "Diese Stelle kann nicht gezeigt werden.",
        "continued": "(Fortsetzung)",
    },
}


def language_of(question: str) -> str:
    """Give the language in which the door speaks to whoever asked so: "de" or "en"."""
    return "de" if query_languages(question) == ("de",) else "en"


def say(language: str, what: str, **facts: str) -> str:
    """Give a sentence of the door."""
    return _WORDS.get(language, _WORDS["en"])[what].format(**facts)
