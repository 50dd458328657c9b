"""A text that a reader may not see leaves no trace: not in results, orders, scores or reasons.

Every case asks one question as one reader under one set of rules, and compares the answer with that
of a library in which the texts without the right do not exist.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hand_made import TODAY, HashEmbedder, document, passages, row

from knowledge.access import Access
from knowledge.errors import AccessError
from knowledge.library import Library
from knowledge.passages import EVERYONE, OWNER, Document, Origin, Passage, Reader, Status
from knowledge.review import review
from knowledge.view import View

GROUPS = ("management", "hr", "it")
FOLDERS = ("policies", "restricted", "restricted/board", "hr", "hr/cases", "")
_WORDS = (
    "backup restore password screen lock review access leaver supplier incident report key rotate "
    "encrypt storage visitor badge laptop phone remote training awareness audit finding risk "
    "owner asset change release test network firewall log retention delete customer contract "
    "cloud region sicherung passwort zugriff lieferant vorfall schulung aufbewahrung"
)
WORDS = _WORDS.split()
CONTROLS = ("A.8.13", "A.5.15", "A.8.24", "A.6.3")
_SYLLABLES = "ba ke li mo nu ra se ti vo zu"
SYLLABLES = _SYLLABLES.split()

Texts = list[tuple[Document, list[Passage]]]


@dataclass(frozen=True)
class Case:
    """One reader under one set of rules over one library."""

    texts: Texts
    rules: dict[str, Any]
    reader: Reader
    canaries: dict[str, str]
    """Document source → a word that stands in no other document."""


def _canary(number: int) -> str:
    """Make a word of the number's digits, at least two letters from every other."""
    return "quex" + "".join(SYLLABLES[int(digit)] for digit in f"{number:03d}{number % 7}")


def _texts(rng: random.Random) -> tuple[Texts, dict[str, str]]:
    texts: Texts = []
    canaries: dict[str, str] = {}
    shared = [" ".join(rng.choices(WORDS, k=14)) for _ in range(4)]
    for number in range(22):
        folder = rng.choice(FOLDERS)
        name = f"{'secret-' if rng.random() < 0.2 else ''}doc{number}.md"
        source = f"{folder}/{name}" if folder else name
        canaries[source] = _canary(number)
        family = rng.randrange(8)
        facts: dict[str, Any] = {
            "title": f"{rng.choice(WORDS)} {rng.choice(WORDS)} {canaries[source]}",
            "status": rng.choice([Status.APPROVED] * 5 + list(Status)),
            "origin": rng.choice([Origin.DOCUMENT] * 4 + [Origin.SOA, Origin.REGISTER]),
            "read": rng.choice([None, None, None, None, ("management",), ("hr", "it")]),
        }
        if family < 5:  # versions of one document, one of which may be hidden
            facts |= {
                "title": f"Standard {family}",
                "identifier": f"STD-0{family}",
                "version": f"{rng.randrange(1, 4)}.{rng.randrange(3)}",
                "effective": TODAY - timedelta(days=rng.randrange(-60, 900)),
                "supersedes": (f"STD-0{family} v1.0",) if rng.random() < 0.2 else (),
            }
        owner = document(source, **facts)
        lines = [
            f"{' '.join(rng.choices(WORDS, k=rng.randrange(5, 25)))} {canaries[source]}"
            for _ in range(rng.randrange(1, 5))
        ]
        if rng.random() < 0.5:
            lines.append(rng.choice(shared))  # the same words in several documents
        if rng.random() < 0.3:
            lines.append(f"{rng.choice(WORDS)}s are kept for {rng.randrange(10, 90)} days.")
        if facts["origin"] is Origin.DOCUMENT:
            made = passages(owner, *lines)
        else:
            made = [
                row(owner, at, rng.choice([*CONTROLS, f"R-{at:02d}"]), line)
                for at, line in enumerate(lines)
            ]
        texts.append((owner, made))
    return texts, canaries


def _rules(rng: random.Random, texts: Texts) -> dict[str, Any]:
    patterns = ["restricted/**", "hr/*", "**/secret-*.md", "**/cases/**", "*", "restricted/board/*"]
    patterns += [owner.source for owner, _ in rng.sample(texts, 3)]
    rules = [
        {"path": one, "read": rng.choice([[EVERYONE], ["management"], ["hr"], ["it", "hr"], []])}
        for one in rng.sample(patterns, rng.randrange(5))
    ]
    status = {
        owner.source: rng.choice(["external", "draft", "approved"])
        for owner, _ in rng.sample(texts, rng.randrange(3))
    }
    return {"rules": rules, "status": status}


def _may_read(case: Case, owner: Document) -> bool:
    """Decide anew, without the product's code, whether the reader of a case may read a document."""
    if case.reader.owner:
        return True

    def matches(pattern: list[str], path: list[str]) -> bool:
        if not pattern:
            return not path
        if pattern[0] == "**":
            last = len(pattern) == 1
            starts = range(1 if last else 0, len(path) + 1)
            return any(matches(pattern[1:], path[start:]) for start in starts)
        if not path:
            return False
        head, star, tail = pattern[0].partition("*")
        fits = (
            path[0].startswith(head) and path[0].endswith(tail) and len(path[0]) >= len(head + tail)
            if star
            else path[0] == head
        )
        return fits and matches(pattern[1:], path[1:])

    def open_to(groups: set[str]) -> bool:
        return bool(groups & {EVERYONE, *case.reader.groups})

    matching = [
        rule
        for rule in case.rules["rules"]
        if matches(rule["path"].split("/"), owner.source.split("/"))
    ]
    longest = max((len(rule["path"]) for rule in matching), default=0)
    deciding = [rule for rule in matching if len(rule["path"]) == longest]
    by_rule = all(open_to(set(rule["read"])) for rule in deciding)
    return by_rule and (owner.read is None or open_to(set(owner.read)))


def _questions(rng: random.Random, case: Case, count: int) -> Iterator[str]:
    words = [*case.canaries.values(), *WORDS]
    for _ in range(count):
        kind = rng.randrange(6)
        if kind == 0:
            yield rng.choice(list(case.canaries.values()))
        elif kind == 1:  # a slip of the keyboard that only a readable text may put right
            word = rng.choice(words)
            at = rng.randrange(1, len(word) - 1)
            yield word[:at] + word[at + 1 :] + " " + rng.choice(WORDS)
        elif kind == 2:
            yield f"what does STD-0{rng.randrange(6)} say about {rng.choice(WORDS)}?"
        elif kind == 3:
            yield f"is {rng.choice(CONTROLS)} applicable, and R-0{rng.randrange(3)}?"
        elif kind == 4:
            yield " ".join(rng.choices(words, k=8))
        else:
            yield f"how long are {rng.choice(WORDS)}s kept?"


def _seen(view: View, question: str, turn: int) -> dict[str, Any]:
    """Give what a view lets a reader know about a question; the rarer ways in take turns."""
    seen: dict[str, Any] = {"hits": view.search(question, k=10)}
    if turn % 4 == 0:
        seen["unfolded"] = view.search(question, k=25, fold=False)
    elif turn % 4 == 1:
        origins = frozenset({Origin.REGISTER, Origin.SOA})
        seen["registers"] = view.search(question, k=5, origins=origins)
    elif turn % 4 == 2:
        seen["rows"] = [view.rows(key) for key in (*CONTROLS, "R-00", "R-01")]
    else:
        seen["named"] = view.named(question)
        seen["concepts"] = view.concepts(question)
        seen["paraphrase"] = view.paraphrase(question)
    return seen


def _known(view: View) -> dict[str, Any]:
    """Give all that a view lets a reader know without a question."""
    return {
        "documents": view.documents,
        "judgements": dict(view.judgements),
        "successors": [view.successor(one.id) for one in view.documents],
        "notice": view.notice,
        "soa": view.soa(),
        "review": asdict(review(view)),
    }


Open = Callable[[Texts, dict[str, Any]], Library]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    libraries: list[Library] = []

    def open_library(texts: Texts, rules: dict[str, Any]) -> Library:
        workspace = tmp_path / f"workspace-{len(libraries)}"
        library = Library.open(workspace, HashEmbedder(), create=True)
        libraries.append(library)
        _write_rules(library, rules)
        library.load(texts)
        return library

    yield open_library
    for library in libraries:
        library.close()


def _write_rules(library: Library, rules: dict[str, Any]) -> None:
    (library.workspace / "access.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")


def _compare(opened: Open, seed: int, readers: int, questions: int) -> int:
    """Ask one library as several readers; fail at the first difference; count the cases."""
    rng = random.Random(seed)  # noqa: S311  a seeded choice of cases, no secret
    texts, canaries = _texts(rng)
    library = opened(texts, {})
    cases = 0
    for _ in range(readers):
        reader = Reader("u", frozenset(rng.sample(GROUPS, rng.randrange(3))))
        case = Case(texts, _rules(rng, texts), OWNER if rng.random() < 0.05 else reader, canaries)
        _write_rules(library, case.rules)
        visible = [one for one in texts if _may_read(case, one[0])]
        hidden = [owner for owner, _ in texts if not _may_read(case, owner)]
        without = opened(visible, case.rules)
        full_view = library.view(case.reader, today=TODAY)
        bare_view = without.view(case.reader, today=TODAY)
        known = _known(full_view)
        assert known == _known(bare_view), f"seed {seed}, {case.reader}"
        _no_canary(repr(known), hidden, canaries, "")
        for question in _questions(rng, case, questions):
            seen = _seen(full_view, question, cases)
            expected = _seen(bare_view, question, cases)
            for part, value in seen.items():
                assert value == expected[part], f"seed {seed}, {case.reader}: {question!r}: {part}"
            _no_canary(repr(seen), hidden, canaries, question)
            cases += 1
    return cases


def _no_canary(said: str, hidden: list[Document], canaries: dict[str, str], question: str) -> None:
    for owner in hidden:
        assert owner.source not in said
        assert owner.id not in said
        if canaries[owner.source] not in question:
            assert canaries[owner.source] not in said


@pytest.mark.parametrize("seed", range(5))
def test_a_reader_sees_what_they_would_see_if_the_rest_did_not_exist(
    opened: Open, seed: int
) -> None:
    assert _compare(opened, seed, readers=4, questions=25) == 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
def test_ten_thousand_cases_leak_nothing(opened: Open, seed: int) -> None:
    assert _compare(opened, seed, readers=10, questions=25) == 250


def test_a_right_taken_away_counts_from_the_next_view_on(opened: Open) -> None:
    secret = document("hr/pay.md", title="Pay")
    library = opened([(secret, passages(secret, "Bonuses are paid in May."))], {})
    reader = Reader("u", frozenset({"it"}))
    assert library.view(reader, today=TODAY).search("bonuses")
    _write_rules(library, {"rules": [{"path": "hr/**", "read": ["hr"]}]})
    view = library.view(reader, today=TODAY)
    assert view.search("bonuses") == ()
    assert view.documents == ()
    assert library.view(Reader("v", frozenset({"hr"})), today=TODAY).search("bonuses")


def test_broken_rules_close_the_library(opened: Open) -> None:
    one = document("a.md")
    library = opened([(one, passages(one, "Doors are locked."))], {})
    (library.workspace / "access.yaml").write_text("rules: [path: }", encoding="utf-8")
    with pytest.raises(AccessError, match="line 1"):
        library.view(OWNER, today=TODAY)


def test_a_hidden_newer_version_does_not_supersede_a_visible_one(opened: Open) -> None:
    facts = {"title": "Backup Standard", "identifier": "STD-04", "approved": date(2026, 1, 1)}
    old, new = (
        document("old.md", version="1.3", **facts),
        document("new.md", version="1.4", read=("it",), **facts),
    )
    library = opened(
        [(old, passages(old, "Kept 30 days.")), (new, passages(new, "Kept 35 days."))], {}
    )
    assert library.view(Reader("u"), today=TODAY).standing(old.id).value == "in force"
    insider = library.view(Reader("u", frozenset({"it"})), today=TODAY)
    assert insider.standing(old.id).value == "superseded"


def test_front_matter_narrows_and_never_widens(opened: Open) -> None:
    rules = Access.parse("rules: [{path: 'hr/**', read: [hr]}]")
    widened = document("hr/a.md", read=(EVERYONE,))
    narrowed = document("open/b.md", read=("hr",))
    outsider, insider = Reader("u"), Reader("v", frozenset({"hr"}))
    assert not rules.may_read(outsider, widened)
    assert not rules.may_read(outsider, narrowed)
    assert rules.may_read(insider, widened)
    assert rules.may_read(insider, narrowed)
