# ruff: noqa: T201
"""Honest sentences and dangerous mutations of true ones, to measure the checking of claims.

`python tests/support/claims_measured.py` prints the figures and what was judged wrongly.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.domain.claims import Claim, Source, Supported
from assistant.verifying import Verifier
from knowledge.chunking import split
from knowledge.parsing import Limits, formats
from knowledge.passages import Standing
from knowledge.quantities import Kind, quantities
from knowledge.text import sentences

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "knowledge" / "sample"
HONEST = ROOT / "tests" / "assistant" / "claims.yaml"


@dataclass(frozen=True)
class Case:
    """A sentence with the passages that it cites; `kind` is "honest" or the mutation."""

    kind: str
    text: str
    cited: tuple[str, ...]
    question: str = ""


@lru_cache(maxsize=1)
def library() -> dict[str, Source]:
    """Read the sample's passages, by id."""
    found: dict[str, Source] = {}
    for path in sorted(SAMPLE.rglob("*")):
        if not path.is_file() or path.name == "access.yaml":
            continue
        source = path.relative_to(SAMPLE).as_posix()
        parsed = formats.read(path.read_bytes(), source, Limits())
        for passage in split(source, parsed, source):
            found[passage.id] = Source(
                passage, parsed.facts.title, Standing.IN_FORCE, parsed.facts.language
            )
    return found


_NICKNAMES = {"PRO-03": "incident-management", "SoA": "Statement_of", "CERT-01": "Certificate"}


def passage_id(name: str) -> str:
    """Find the passage that `name` means, such as "POL-05 4.3" or "STD-04 v1.4 2.1"."""
    identifier, _, place = name.partition(" ")
    version = ""
    if place.startswith("v"):
        version, _, place = place.partition(" ")
    wanted = _NICKNAMES.get(identifier, identifier)
    for one in library().values():
        where = one.passage.locator
        if wanted not in where.source or version not in where.source:
            continue
        heading = where.heading_path[-1] if where.heading_path else ""
        if place in (where.row, heading) or heading.startswith(f"{place} "):
            return one.passage.id
    raise KeyError(name)


def honest() -> list[Case]:
    """Read the honest sentences."""
    cases = []
    for name, listed in yaml.safe_load(HONEST.read_text(encoding="utf-8")).items():
        cited = tuple(passage_id(part.strip()) for part in name.split(" + "))
        for one in listed:
            question, text = one if isinstance(one, list) else ("", one)
            cases.append(Case("honest", text, cited, question))
    return cases


def true_sentences() -> list[Case]:
    """Give sentences that passages say themselves, and the honest ones in English."""
    cases = []
    for one in library().values():
        if "restricted" in one.passage.locator.source or one.passage.locator.row:
            continue
        for sentence in sentences(one.passage.text):
            plain = "|" not in sentence and "\n" not in sentence and ":" not in sentence
            if plain and 5 <= len(sentence.split()) <= 40 and sentence[0].isupper():
                cases.append(Case("true", sentence, (one.passage.id,)))
    return cases


_OTHER = {
    "hours": "days", "hour": "day", "days": "weeks", "months": "weeks", "minutes": "hours",
    "years": "months", "year": "quarter", "quarter": "year", "characters": "words", "daily": "weekly",
    "weekly": "monthly", "quarterly": "yearly", "annually": "monthly", "day": "month",
}  # fmt: skip
_ROLES = (
    "Security Lead", "IT Manager", "Head of Engineering", "COO", "CEO", "Data Protection Officer",
    "incident manager", "system owner", "action owner", "service desk", "Line managers", "DPO",
)  # fmt: skip
_SUBJECTS = (
    ("Customers", "Suppliers"), ("customers", "suppliers"), ("Passwords", "Certificates"),
    ("Backups", "Invoices"), ("Screens", "Doors"), ("suppliers", "customers"),
    ("Audit logs", "Contracts"), ("staff", "visitors"), ("Keys", "Visitors"),
    ("Privileged access", "Standard access"), ("standard access", "privileged access"),
    ("Critical suppliers", "Important suppliers"), ("Applications", "Contracts"),
    ("contractors", "visitors"), ("Private devices", "Company devices"), ("laptops", "servers"),
    ("at rest", "in transit"), ("in transit", "at rest"), ("major", "minor"), ("Remote", "Office"),
    ("employees", "candidates"), ("Confidential", "Public"), ("Restricted", "Internal"),
)  # fmt: skip
_AUX = re.compile(r"\b(is|are|must|may|can|should|has been|have been|does|do)\b(?!\s+not)")


def mutations(seed: int = 7) -> list[Case]:
    """Make dangerous sentences out of true ones, each false by one change."""
    pick = random.Random(seed)  # noqa: S311 - the same mutations every time
    found: list[Case] = []
    stock = [one for one in honest() if _english(one)] + true_sentences()
    for case in stock:
        for text, kind in _changed(case.text, pick):
            if case.kind == "honest" and kind in ("modality", "condition"):
                continue  # the honest sentence may have left a condition out, or made a rule firm
            if text != case.text and not _still_true(case, text):
                found.append(Case(kind, text, case.cited, case.question))
    found.extend(_foreign(pick))
    found.extend(_rows(pick))
    quotes = [one for one in found if one.kind == "quote"]
    found = [one for one in found if one.kind != "quote"] + pick.sample(quotes, 60)
    unique = {(case.text, case.cited): case for case in found}
    return list(unique.values())


def _english(case: Case) -> bool:
    return not re.search(r"[äöüß]|\b(?:der|die|das|ist|wird|werden)\b", case.text)


def _still_true(case: Case, text: str) -> bool:
    return any(text in library()[one].passage.text for one in case.cited)


def _changed(text: str, pick: random.Random) -> Iterator[tuple[str, str]]:
    for one in quantities(text):
        if one.kind in (Kind.COUNT, Kind.TIME, Kind.PERIOD):
            before, after = text[: one.start], text[one.end :]
            if digits := re.search(r"\d+", one.text):
                other = str(int(digits.group()) + pick.choice((1, 2, 5, 10, 30)))
                yield before + one.text.replace(digits.group(), other) + after, "number"
            for word, other in _OTHER.items():
                if re.search(rf"\b{word}\b", one.text):
                    yield before + re.sub(rf"\b{word}\b", other, one.text) + after, "unit"
                    break
    for said, other in (
        ("within", "after"), ("at least", "at most"), ("at most", "at least"), ("or higher", "or lower"),
        ("before", "after"), ("minimum", "maximum"), ("no later than", "no earlier than"),
        ("at the latest", "at the earliest"), ("until", "from"),
    ):  # fmt: skip
        if re.search(rf"\b{said}\b", text):
            yield re.sub(rf"\b{said}\b", other, text, count=1), "comparator"
    for role in _ROLES:
        if re.search(rf"\b{role}\b", text):
            yield (
                re.sub(
                    rf"\b{role}\b",
                    pick.choice(
                        [
                            r
                            for r in _ROLES
                            if r != role and {r, role} != {"DPO", "Data Protection Officer"}
                        ]
                    ),
                    text,
                    count=1,
                ),
                "role",
            )
            yield (
                re.sub(
                    rf"\b{role}\b",
                    pick.choice(("CFO", "Head of Finance", "HR Director")),
                    text,
                    count=1,
                ),
                "role",
            )
    denied = re.search(r"\b(?:no|nobody|not|never|only|whether|or|neither)\b", text, re.I)
    if not denied and (match := _AUX.search(text)):
        word = match.group()
        negated = word.replace(" been", " not been") if " been" in word else f"{word} not"
        yield text[: match.start()] + negated + text[match.end() :], "negation"
    if re.search(r"\b(?:is|are|must|may|can|do|does|has|have) not\b", text):
        changed = re.sub(r"\b(is|are|must|may|can|has|have) not\b", r"\1", text, count=1)
        if (
            changed != text
            and "not" not in changed.split()
            and not re.search(r"\b(?:no|nor|nobody)\b", changed)
        ):
            yield changed, "negation"
    if re.match(r"Nobody\b", text):
        yield re.sub(r"^Nobody", "Everybody", text), "negation"
    if re.search(r"\bno exceptions\b", text):
        yield text.replace("no exceptions", "exceptions", 1), "negation"
    for said in ("may", "can", "should"):
        if re.search(rf"\b{said}\b(?! not)", text) and not re.search(
            r"\b(?:only|nobody|no)\b", text, re.I
        ):
            yield re.sub(rf"\b{said}\b", "must", text, count=1), "modality"
    for day in re.finditer(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text):
        shifted = f"{day[1]}-{day[2]}-{int(day[3]) % 27 + 1:02}"
        yield text.replace(day.group(), shifted), "date"
        yield text.replace(day.group(), f"{int(day[1]) + 1}-{day[2]}-{day[3]}"), "date"
    for day in re.finditer(
        r"\b(\d{1,2}) (January|February|March|June|August|September|December) (20\d\d)", text
    ):
        yield text.replace(day.group(), f"{day[1]} July {day[3]}"), "date"
    for one in re.finditer(r"\bA\.(\d)\.(\d+)\b", text):
        yield text.replace(one.group(), f"A.{one[1]}.{int(one[2]) + 7}", 1), "id"
    for one in re.finditer(r"\b(POL|STD|PRO|RET)-(\d\d)\b", text):
        yield text.replace(one.group(), f"{one[1]}-{int(one[2]) + 20:02}", 1), "id"
    for said, other in (
        ("AES-256", "AES-128"),
        ("TLS 1.2", "TLS 1.1"),
        ("SEV1", "SEV3"),
        ("version 1.4", "version 1.5"),
        ("eu-west-1", "eu-central-1"),
        ("NGC-40417", "NGC-40471"),
        ("AWS", "Azure"),
        ("Leeds", "London"),
        ("Mara Lindqvist", "Theo Brandt"),
        ("27001:2022", "27001:2013"),
    ):
        if said in text:
            yield text.replace(said, other), "name" if said.isalpha() else "id"
    for pattern in (
        r",? (?:unless|except|only if|only when|when enrolled|if the Security Lead)\b[^.;]*",
        r"; exceptions [^.]*",
        r"^(?:For|When|If) [^,]{4,60}, ",
    ):
        changed = re.sub(pattern, "", text, count=1)
        if changed != text and len(changed.split()) > 4 and "blocked" not in changed:
            yield changed[0].upper() + changed[1:], "condition"
    for said, other in _SUBJECTS:
        if re.search(rf"\b{said}\b", text):
            yield re.sub(rf"\b{said}\b", other, text, count=1), "subject"
    spoken = text.rstrip(".").split()
    if len(spoken) >= 7:
        at = pick.randrange(2, len(spoken) - 1)
        altered = [*spoken[:at], "indeed", *spoken[at + 1 :]]
        yield f'The text says "{" ".join(altered[1:])}".', "quote"


def _foreign(pick: random.Random) -> Iterator[Case]:
    stock = true_sentences()
    for case in pick.sample(stock, min(120, len(stock))):
        other = pick.choice([one for one in stock if one.cited != case.cited])
        own = library()[other.cited[0]].passage.text
        if case.text.rstrip(".") not in own:
            yield Case("foreign", case.text, other.cited)


def _rows(pick: random.Random) -> Iterator[Case]:
    rows = [
        one
        for one in library().values()
        if one.passage.locator.source.endswith("xlsx") and one.passage.locator.row
    ]
    told = []
    for one in rows:
        cells = dict(part.split(": ", 1) for part in one.passage.text.split(" | ") if ": " in part)
        told.append((one, cells))
    for one, cells in told:
        other, others = pick.choice(told)
        key = one.passage.locator.row
        if others.get("Owner") != cells.get("Owner") and "Owner" in others:
            yield Case(
                "row",
                f"The owner of {key} is the {others['Owner'].split(' (')[0]}.",
                (one.passage.id, other.passage.id),
            )
        status = cells.get("Implementation status", "")
        if status in ("Partial", "Not implemented", "Not applicable", "Planned"):
            yield Case("row", f"{key} is implemented.", (one.passage.id,))
            yield Case("row", f"Control {key} is fully implemented.", (one.passage.id,))
        elif status == "Implemented":
            yield Case("row", f"{key} is not implemented.", (one.passage.id,))
            yield Case("row", f"{key} is partially implemented.", (one.passage.id,))
        evidence = re.search(r"\d{4}-\d\d-\d\d", cells.get("Evidence", ""))
        if evidence and evidence.group() != cells.get("Last review"):
            yield Case(
                "row", f"The last review of {key} was on {evidence.group()}.", (one.passage.id,)
            )


@dataclass(frozen=True)
class Figures:
    """How many of how many were judged rightly, by kind, and which were not."""

    right: Counter[str]
    total: Counter[str]
    wrong: tuple[tuple[Case, str], ...]

    def share(self, *kinds: str) -> float:
        chosen = kinds or tuple(self.total)
        return sum(self.right[one] for one in chosen) / sum(self.total[one] for one in chosen)


def measure(cases: list[Case]) -> Figures:
    """Check every case and count."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong: list[tuple[Case, str]] = []
    verifiers: dict[str, Verifier] = {}
    for case in cases:
        verifier = verifiers.setdefault(case.question, Verifier(library(), question=case.question))
        checked = verifier.check(Claim(case.text, case.cited))
        total[case.kind] += 1
        accepted = isinstance(checked, Supported)
        if accepted == (case.kind in ("honest", "true")):
            right[case.kind] += 1
        else:
            why = (
                "accepted"
                if accepted
                else "; ".join(f"{r.code}: {r.message}" for r in checked.reasons)
            )
            wrong.append((case, why))
    return Figures(right, total, tuple(wrong))


if __name__ == "__main__":
    for chosen in (honest(), true_sentences(), mutations()):
        figures = measure(chosen)
        for kind in sorted(figures.total):
            print(f"{kind:12}{figures.right[kind]:5} of {figures.total[kind]}")
        print(f"{'all':12}{figures.share():.3f}")
        if "-v" in sys.argv:
            for case, why in figures.wrong:
                print(f"  [{case.kind}] {case.text}\n      {why}")
