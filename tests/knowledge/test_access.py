"""`access.yaml`: the longest matching pattern decides, and whatever is unclear closes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hand_made import document

from knowledge.access import Access
from knowledge.errors import AccessError
from knowledge.passages import EVERYONE, OWNER, PUBLIC, Origin, Reader, Status


def _rules(*rules: tuple[str, list[str]]) -> Access:
    listed = [{"path": path, "read": read} for path, read in rules]
    return Access.parse(yaml.safe_dump({"rules": listed}))


@pytest.mark.parametrize(
    ("pattern", "source", "matches"),
    [
        ("restricted/**", "restricted/a.md", True),
        ("restricted/**", "restricted/deep/a.md", True),
        ("restricted/**", "open/restricted/a.md", False),
        ("restricted/**", "restricted.md", False),
        ("restricted/**", "Restricted/A.md", True),
        ("restricted/*", "restricted/deep/a.md", False),
        ("restricted/", "restricted/a.md", True),
        ("/restricted/**", "restricted/a.md", True),
        ("./restricted/**", "restricted/a.md", True),
        ("**/pay.md", "pay.md", True),
        ("**/pay.md", "hr/2026/pay.md", True),
        ("**/hr/**", "a/hr/b/c.md", True),
        ("*.md", "a.md", True),
        ("*.md", "hr/a.md", False),
        ("pay?.md", "pay1.md", True),
        ("pay?.md", "pay/.md", False),
        ("a+b (1).md", "a+b (1).md", True),
        ("Gesch\u00e4ft/**", "Gescha\u0308ft/a.md", True),
    ],
)
def test_patterns_match_paths(pattern: str, source: str, matches: bool) -> None:
    access = _rules((pattern, ["hr"]))
    assert access.groups(source) == (("hr",) if matches else None)


def test_the_longest_matching_pattern_decides() -> None:
    access = _rules(("**", ["it"]), ("hr/**", ["hr"]), ("hr/public/**", [EVERYONE]))
    assert access.groups("a.md") == ("it",)
    assert access.groups("hr/a.md") == ("hr",)
    assert access.groups("hr/public/a.md") is None


def test_two_rules_of_one_length_must_both_allow() -> None:
    same = _rules(("hr/*.md", ["hr", "it"]), ("hr/p*md", ["hr"]), ("hr/pay*", [EVERYONE]))
    assert same.groups("hr/pay.md") == ("hr",)
    apart = _rules(("hr/*.md", ["it"]), ("hr/p*md", ["hr"]))
    assert apart.groups("hr/pay.md") == ()


def test_a_rule_without_groups_leaves_the_owner_only() -> None:
    access = _rules(("a.md", []))
    assert not access.may_read(PUBLIC, document("a.md"))
    assert not access.may_read(Reader("u", frozenset({"hr"})), document("a.md"))
    assert access.may_read(OWNER, document("a.md"))


def test_without_a_rule_everyone_reads() -> None:
    assert Access.read(Path("no/such/access.yaml")).may_read(PUBLIC, document("a.md"))
    assert Access.parse("").may_read(PUBLIC, document("a.md"))


def test_the_name_of_a_reader_gives_no_right() -> None:
    access = _rules(("a.md", ["mara"]))
    assert not access.may_read(Reader("mara"), document("a.md"))


def test_the_guidance_is_open_to_all() -> None:
    access = _rules(("**", []))
    assert access.may_read(PUBLIC, document("guidance:A.8.13", origin=Origin.GUIDANCE))


def test_a_status_is_stated_by_path_or_pattern() -> None:
    access = Access.parse("status: {'suppliers/**': external, suppliers/our.md: approved}")
    assert access.status("suppliers/x.pdf") is Status.EXTERNAL
    assert access.status("suppliers/our.md") is Status.APPROVED
    assert access.status("a.md") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: [{path: a.md, read: hr}]", "rules.0.read"),
        ("rules: [{path: a.md}]", "rules.0.read"),
        ("rules: [{path: '', read: [hr]}]", "rules.0.path"),
        ("rules: [{path: a.md, read: [hr], write: [hr]}]", "rules.0.write"),
        ("rule: []", "rule"),
        ("status: {a.md: secret}", "status.a.md"),
        ("- a", "the file"),
        ("rules:\n  - {path: a.md, read: [hr}\n", "line 2"),
        ("rules: [{path: a.md, read: [hr]}]\nrules: []", "twice"),
    ],
)
def test_a_file_that_cannot_be_understood_closes_the_library(text: str, says: str) -> None:
    with pytest.raises(AccessError, match=says):
        Access.parse(text)


def test_a_file_that_cannot_be_decoded_closes_the_library(tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_bytes(b"rules: \xff\xfe")
    with pytest.raises(AccessError, match=r"access\.yaml cannot be read"):
        Access.read(path)
