"""Whether the statement agrees with what else is there. S12 to S14, S19, S25 to S27, S33, S35."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from knowledge.passages import Standing
from knowledge.soa.linting.case import Case, control_of, ids, listed, places
from knowledge.soa.linting.model import Confidence, Defect, Severity, Spot, defect
from knowledge.soa.linting.surroundings import Entry, KnownDocument, RegisterKind
from knowledge.soa.linting.words import quoted
from knowledge.soa.model import Field, Implementation, SoaRow
from knowledge.standing import version_key

_NEEDS_POLICY = frozenset(
    "A.5.1 A.5.10 A.5.12 A.5.14 A.5.15 A.5.19 A.5.24 A.5.37 A.6.7 A.8.13 A.8.24 A.8.25 A.8.32".split()
)
_SHOWN = 3
_SAME_SCOPE = 55.0
_NOT_COUNTING = {
    Standing.RETIRED: "is retired",
    Standing.SUPERSEDED: "is superseded",
    Standing.DRAFT: "is only a draft",
}
_EXCLUSION = (Field.JUSTIFICATION_EXCLUSION, Field.JUSTIFICATION)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What shows that excluded controls are needed after all."""

    controls: tuple[str, ...]
    denies: re.Pattern[str]
    """What the reason for exclusion claims not to have."""
    shows: re.Pattern[str]
    """Words of a register or scope that show it."""
    kinds: tuple[RegisterKind, ...]
    any_row: bool = False
    """Any row of such a register is enough."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SUBJECTS = (
    _Subject(
        ("A.8.4", "A.8.25", "A.8.26", "A.8.27", "A.8.28", "A.8.29", "A.8.31", "A.8.33"),
        _words(r"develop|software|source code|code|programm|entwickl|quellcode|test"),
        _words(
            r"\b(?:git|github|gitlab|bitbucket|azure devops|source code|code repositor\w+"
            r"|repositor(?:y|ies)|ci/cd|jenkins|build (?:server|pipeline|runner)s?|developers?"
            r"|in-house (?:software|development)|software (?:development|engineer\w*)"
            r"|entwickler\w*|quellcode\w*|softwareentwicklung|eigenentwicklung)\b"
        ),
        (RegisterKind.ASSET, RegisterKind.OTHER, RegisterKind.PERSON),
    ),
    _Subject(
        ("A.8.30",),
        _words(r"outsourc|external|develop|supplier|entwickl|extern"),
        _words(
            r"(?:software|web|app|application|product|custom)[\w -]{0,14}develop\w*"
            r"(?! (?:tool|platform|environment|kit|software|licen[cs]e)s?\b)"
            r"|outsourced develop\w*|development (?:partner|agency|contractor|services?)"
            r"|\bsoftwareentwicklung\b|\bentwicklungspartner\b|\bfreelance\w* develop\w*"
        ),
        (RegisterKind.SUPPLIER,),
    ),
    _Subject(
        ("A.5.19", "A.5.20", "A.5.21", "A.5.22"),
        _words(r"suppl|vendor|third part|provider|lieferant|dienstleister|outsourc"),
        _words(r"."),
        (RegisterKind.SUPPLIER,),
        any_row=True,
    ),
    _Subject(
        ("A.5.23",),
        _words(r"cloud|saas|hosted|online"),
        _words(
            r"\b(?:cloud\w*|saas|iaas|paas|aws|amazon web services|azure|gcp|google workspace"
            r"|microsoft 365|m365|office 365|salesforce|hetzner)\b"
        ),
        (RegisterKind.SUPPLIER, RegisterKind.ASSET),
    ),
    _Subject(
        ("A.6.7",),
        _words(r"remote|home|telework|mobile|office only|on[- ]site|fern|homeoffice"),
        _words(
            r"\b(?:remote work\w*|working from home|home ?office|telework\w*|vpn (?:gateway|client)s?"
            r"|remote staff|remote access)\b"
        ),
        (RegisterKind.ASSET, RegisterKind.RISK, RegisterKind.OTHER),
    ),
    _Subject(
        tuple(f"A.7.{n}" for n in range(1, 14)),
        _words(r"no (?:own )?(?:office|premises|site|building|data ?cent|server room|facilit)"
               r"|fully remote|kein\w* (?:büro|standort|gebäude|rechenzentrum|serverraum)"),
        _words(
            r"\b(?:office (?:in|at|building|network|printer)|head ?office|headquarters|server room"
            r"|data ?cent(?:re|er) (?:in|at|rack)|on-?premises|rack \w+|serverraum|standort"
            r"|büro|rechenzentrum)\b|\boffice\b(?! 365)"
        ),
        (RegisterKind.ASSET, RegisterKind.OTHER),
    ),
    _Subject(
        ("A.7.10",),
        _words(r"media|usb|removable|tape|datenträger|wechsel"),
        _words(
            r"\b(?:usb (?:stick|drive|key|media)s?|backup tapes?|removable (?:media|disk\w*)"
            r"|external (?:hard )?(?:disk|drive)s?|tapes?|lto|wechseldatenträger|datenträger)\b"
        ),
        (RegisterKind.ASSET, RegisterKind.OTHER),
    ),
    _Subject(
        ("A.5.34",),
        _words(r"personal|pii|privacy|data|personenbezogen|daten"),
        _words(
            r"\b(?:personal data|pii|customer (?:data|database)|payroll|employee (?:data|records?)"
            r"|personenbezogene\w*|kundendaten\w*|personalakten?)\b"
        ),
        (RegisterKind.ASSET, RegisterKind.OBLIGATION, RegisterKind.SUPPLIER),
    ),
)  # fmt: skip


def around(case: Case) -> Iterator[Defect]:
    """Yield where the statement and the rest of the documents disagree."""
    for row in case.excluded:
        yield from _contradicted(case, row)
        yield from _in_force(case, row)
        yield from _needed(case, row)
    for row in case.included:
        yield from _open_findings(case, row)
        yield from _stated_not_done(case, row)
    yield from _policies(case)
    yield from _references(case)
    yield from _plan(case)
    yield from _scope(case)


def _contradicted(case: Case, row: SoaRow) -> Iterator[Defect]:
    reason = row.justification_exclusion or ""
    for subject in _SUBJECTS:
        if row.control_id not in subject.controls or not subject.denies.search(reason):
            continue
        spots = [
            entry.spot
            for entry in case.around.of(*subject.kinds)
            if (subject.any_row or subject.shows.search(entry.text)) and not entry.closed
        ]
        scope = case.header.scope or ""
        if not subject.any_row and subject.shows.search(scope):
            spots.insert(0, Spot(case.soa.source, scope, "scope of the statement"))
        spots += [
            spot
            for fact in case.around.scopes
            for spot in fact.statements
            if not subject.any_row and subject.shows.search(spot.quote)
        ]
        if spots:
            yield defect(
                "S12",
                f"{row.control_id} {row.title} is excluded (“{reason}”), but {spots[0].source} "
                f"shows otherwise: “{spots[0].quote[:160]}”.",
                "Which is true? Include the control, or correct the other document.",
                "A reason must be true to justify an exclusion.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, reason, *_EXCLUSION),
                confidence=Confidence.LIKELY,
                spots=tuple(spots[:_SHOWN]),
            )


def _in_force(case: Case, row: SoaRow) -> Iterator[Defect]:
    rules = case.around.rules_for(row.control_id)
    if rules:
        yield defect(
            "S13",
            f"{row.control_id} {row.title} is excluded, but {rules[0].spot.source} states rules "
            f"for it: “{rules[0].spot.quote[:160]}”.",
            "Is the control in place? Then include it; else take the rule back.",
            "What is done is necessary to somebody, so the exclusion is not true.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, row.justification_exclusion, *_EXCLUSION),
            confidence=Confidence.LIKELY,
            spots=tuple(rule.spot for rule in rules[:_SHOWN]),
        )


def _needed(case: Case, row: SoaRow) -> Iterator[Defect]:
    kinds = (RegisterKind.RISK, RegisterKind.TREATMENT, RegisterKind.OBLIGATION)
    entries = [
        entry
        for entry in case.around.of(*kinds)
        if row.control_id in entry.controls and not entry.closed
    ]
    if entries:
        named = listed([entry.key for entry in entries], 4)
        yield defect(
            "S14",
            f"{row.control_id} {row.title} is excluded, but {named} "
            f"{'needs' if len(entries) == 1 else 'need'} it.",
            "Include the control, or treat the risk another way.",
            "A control that a risk or an obligation needs is necessary.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, row.justification_exclusion, *_EXCLUSION),
            spots=tuple(entry.spot for entry in entries[:_SHOWN]),
        )


def _open_findings(case: Case, row: SoaRow) -> Iterator[Defect]:
    if row.implementation_status is not Implementation.IMPLEMENTED:
        return
    found: list[tuple[Entry, str]] = []
    for entry in case.around.of(RegisterKind.FINDING, RegisterKind.TREATMENT):
        if entry.closed or row.control_id not in entry.controls:
            continue
        if entry.due is not None and entry.due < case.today:
            found.append((entry, f"was due on {entry.due}"))
        elif entry.kind is RegisterKind.FINDING and entry.major:
            found.append((entry, "is a major finding and open"))
    if found:
        entry, state = found[0]
        yield defect(
            "S19",
            f"{row.control_id} {row.title} is called implemented, but {entry.key} {state}.",
            "Is it partly implemented until that is closed?",
            "The statement must be true about what is implemented.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, None, Field.IMPLEMENTATION_STATUS),
            confidence=Confidence.LIKELY,
            spots=tuple(one.spot for one, _ in found[:_SHOWN]),
        )


def _stated_not_done(case: Case, row: SoaRow) -> Iterator[Defect]:
    if row.implementation_status is not Implementation.NOT_IMPLEMENTED:
        return
    rules = case.around.rules_for(row.control_id)
    if rules:
        yield defect(
            "S27",
            f"{row.control_id} {row.title} is not implemented, but {rules[0].spot.source} has it "
            f"in force: “{rules[0].spot.quote[:160]}”.",
            "Is the rule followed? Correct the status, or say in the policy from when it holds.",
            "A rule in force that nobody follows is a nonconformity waiting to be found.",
            controls=(row.control_id,),
            rows=(row.place,),
            quote=quoted(row, None, Field.IMPLEMENTATION_STATUS),
            confidence=Confidence.LIKELY,
            spots=tuple(rule.spot for rule in rules[:_SHOWN]),
        )


def _policies(case: Case) -> Iterator[Defect]:
    library = any(document.states_rules for document in case.around.documents)
    ruled = {rule.control for rule in case.around.rules}
    if case.uses("policy_refs") or library:
        bare = [
            row
            for row in case.included
            if row.control_id in _NEEDS_POLICY
            and not row.policy_refs
            and row.control_id not in ruled
            and not _titled(case, row)
        ]
        for row in bare:
            yield defect(
                "S25",
                f"{row.control_id} {row.title} is included, and no policy or procedure is named.",
                "Where are its rules written down?",
                "Not demanded in the statement; this control is about a written rule.",
                controls=(row.control_id,),
                rows=(row.place,),
                quote=quoted(row, None, Field.POLICY_REFS),
                confidence=Confidence.LIKELY,
            )
    rules = [
        one
        for one in case.around.documents
        if one.states_rules and one.standing is Standing.IN_FORCE
    ]
    silent = [one for one in rules if not one.names_controls]
    if silent and len(silent) < len(rules):
        yield defect(
            "S25",
            "Documents in force that name no control, while others do: "
            f"{listed([one.identifier or one.title for one in silent])}.",
            "Which controls do they serve? Name them in the document.",
            "Not demanded; without it nobody sees which rows a change touches.",
            confidence=Confidence.POSSIBLE,
            spots=tuple(Spot(one.source, one.title) for one in silent[:_SHOWN]),
        )


def _titled(case: Case, row: SoaRow) -> bool:
    """Tell whether a document's title says that it is about the control."""
    control = control_of(row)
    return control is not None and any(
        fuzz.token_set_ratio(document.title.casefold(), control.title.casefold()) >= 85
        for document in case.around.documents
        if document.states_rules and document.standing is Standing.IN_FORCE
    )


_ID = re.compile(r"\b(?P<prefix>[A-ZÄÖÜ]{2,6}(?:[-_][A-ZÄÖÜ]{2,6})?)[-_ ]?(?P<number>\d{1,4})\b")
_VERSION = re.compile(r"\b(?:v|version|ver\.?)\s?(?P<version>\d+(?:\.\d+)*)", re.IGNORECASE)


def _references(case: Case) -> Iterator[Defect]:
    by_id: dict[str, list[KnownDocument]] = {}
    for document in case.around.documents:
        if document.identifier:
            by_id.setdefault(_plain(document.identifier), []).append(document)
    registered = {_plain(entry.key) for entry in case.around.of(RegisterKind.DOCUMENT)}
    prefixes = {_prefix(one) for one in (*by_id, *registered)}
    bad: dict[tuple[str, str], list[SoaRow]] = {}
    for row in case.rows:
        for ref in (*row.policy_refs, *row.evidence_refs):
            for match in _ID.finditer(ref):
                key = _plain(match.group())
                if key in by_id:
                    state = _state(case, ref, by_id[key])
                elif key in registered or _prefix(key) not in prefixes or ref in row.evidence_refs:
                    continue
                else:
                    state = "is not in the library"
                if state:
                    bad.setdefault((match.group(), state), []).append(row)
    for (name, state), rows in bad.items():
        unique = list(dict.fromkeys(rows))
        yield defect(
            "S26",
            f"{name}, to which {listed(list(ids(unique)))} "
            f"{'refers' if len(unique) == 1 else 'refer'}, {state}.",
            "Refer to the document in force, or add it to the library."
            if "newer" not in state
            else "Does the row still fit the new version? Review it and approve again.",
            "A reader must find what the statement points to."
            if "newer" not in state
            else "The decision was taken on an older text.",
            controls=ids(unique),
            rows=places(unique),
            quote=quoted(unique[0], name, Field.POLICY_REFS, Field.EVIDENCE_REFS),
            confidence=Confidence.LIKELY,
        )


def _plain(identifier: str) -> str:
    return re.sub(r"[-_\s]+", "-", re.sub(r"(?<=[A-Za-z])(?=\d)", "-", identifier.casefold()))


def _prefix(key: str) -> str:
    return key.rstrip("0123456789-")


def _state(case: Case, ref: str, known: list[KnownDocument]) -> str | None:
    """Say what is wrong with the documents that a reference means; None for nothing."""
    counting = [one for one in known if one.standing not in _NOT_COUNTING]
    version = _VERSION.search(ref)
    if version is not None:
        wanted = version_key(version["version"])
        current = [one.version for one in counting if one.version]
        if current and all(version_key(one) != wanted for one in current):
            return f"is named in version {version['version']}, but {current[0]} is in force"
    if not counting:
        return _NOT_COUNTING[known[0].standing]
    dated = case.header.approved or case.header.date
    begun = max((one.begins for one in counting if one.begins), default=None)
    if dated and begun and dated < begun <= case.today:
        return f"is newer than the statement ({begun} after {dated})"
    return None


def _plan(case: Case) -> Iterator[Defect]:
    listed_ids = {row.control_id.casefold() for row in case.rows}
    listed_ids |= {row.id_as_written.casefold() for row in case.rows}
    for entry in case.around.of(RegisterKind.TREATMENT):
        missing = [one for one in entry.foreign_controls if one.casefold() not in listed_ids]
        if missing:
            yield defect(
                "S33",
                f"The treatment plan uses {listed(missing)} ({entry.key}), which the statement "
                "does not list.",
                "Add the control with its source, or use one that is listed.",
                "All controls that were found necessary are stated, wherever they come from.",
                controls=tuple(missing),
                quote=entry.spot.quote[:200],
                spots=(entry.spot,),
            )


_IDENTIFIER = re.compile(r"\b[A-Z]{2,8}[-_ ]\d{1,4}\b")


def _scope(case: Case) -> Iterator[Defect]:
    said = case.header.scope
    if not said:
        return
    for fact in case.around.scopes:
        yield from _scope_version(said, fact.identifier, fact.version, fact.statements)
    statements = [spot for fact in case.around.scopes for spot in fact.statements]
    bare = _VERSION.sub(" ", _IDENTIFIER.sub(" ", said)).strip(" ,;.-")
    if len(bare.split()) < 4 or not statements:
        return
    likeness = {spot: fuzz.token_set_ratio(bare.casefold(), spot.quote.casefold())
                for spot in statements}  # fmt: skip
    best = max(likeness, key=lambda spot: likeness[spot])
    if likeness[best] < _SAME_SCOPE:
        yield defect(
            "S35",
            f"The statement's scope is “{said[:160]}”; {best.source} says “{best.quote[:160]}”.",
            "Which scope holds? All three, document, statement and certificate, should agree.",
            "The statement is about the scope that was determined.",
            quote=f"scope: {said}",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            spots=(best,),
        )


def _scope_version(
    said: str, identifier: str | None, version: str | None, statements: tuple[Spot, ...]
) -> Iterator[Defect]:
    if not identifier or not version or _plain(identifier) not in _plain(said):
        return
    found = _VERSION.search(said[_after(said, identifier) :])
    if found and version_key(found["version"]) != version_key(version):
        yield defect(
            "S35",
            f"The statement names {identifier} in version {found['version']}; version {version} "
            "is in force.",
            "Did the scope change? Check every row against the new one.",
            "The statement is about the scope that holds today.",
            quote=f"scope: {said}",
            spots=statements[:1],
        )


def _after(text: str, identifier: str) -> int:
    at = text.casefold().find(identifier.casefold())
    return at + len(identifier) if at >= 0 else 0
