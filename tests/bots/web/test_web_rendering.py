"""Whatever a document, a name or an answer says, a page only shows it."""

from __future__ import annotations

import json

import pytest

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import Trace
from bots.web.rendering import answer_html, marked, plain, tree
from bots.web.subjects import Role
from knowledge.passages import OWNER, Citation, Origin
from tests.support.harmless import harm_in, harm_in_tree
from tests.support.payloads import payloads
from tests.support.web_house import House

PAYLOADS = tuple(payloads())


def citation(text: str = "Backup Policy") -> Citation:
    return Citation(
        type=Origin.DOCUMENT,
        source="policies/backup.md",
        document=text,
        quote=text,
        passage="p1",
        identifier=text,
        version=text,
        status=text,
        section=text,
        row=text,
    )


def test_there_are_at_least_five_hundred_payloads() -> None:
    assert len(PAYLOADS) >= 500


@pytest.mark.parametrize("number", range(4))
def test_no_payload_acts_or_fetches_in_an_answer(number: int) -> None:
    cited = (citation(), citation())
    for payload in PAYLOADS[number::4]:
        shown = str(answer_html(payload, cited, "t1"))
        assert harm_in(shown) == [], payload
        assert harm_in_tree(tree(shown)) == [], payload
        assert "http://evil.test" not in [
            word for word in shown.split('"') if word.startswith("http")
        ]


def test_no_payload_acts_in_a_citations_label_or_a_passage() -> None:
    for payload in PAYLOADS:
        shown = str(answer_html("See [1].", (citation(payload),), "t1"))
        assert harm_in(shown) == [], payload
        assert shown.count("<a ") == 1, payload
        assert harm_in(str(marked(payload, payload[:30]))) == [], payload
        assert harm_in(str(marked(f"Before {payload} after", payload))) == [], payload


@pytest.fixture
def poisoned(at_home: House) -> tuple[House, str]:
    """A conversation whose title, questions, answers, sources and notices are payloads."""
    who = at_home.visit("owner", Role.OWNER)
    advisor = at_home.door.advisor
    reader = OWNER
    advisor.records.start("poisoned", reader, "web", PAYLOADS[0], at_home.clock())
    for number, payload in enumerate(PAYLOADS[::45]):
        turn = advisor.records.begin(
            f"turn{number}", "poisoned", f"key{number}", payload, None, at_home.clock()
        )
        answer = Answer(Kind.CONFLICT, payload, (citation(payload),), (payload,), payload, payload)
        trace = Trace(1, advisor.settings.today, None, None, (), True, "answer", notes=(payload,))
        advisor.records.finish(turn.id, answer, trace, at_home.clock())
        advisor.records.feedback(turn.id, reader, False, payload, at_home.clock())
        who.post(f"/turns/{turn.id}/person", {"text": payload, "named": "1"})
    at_home.know("mallory", Role.STAFF)
    at_home.door.store.know(
        PAYLOADS[5],
        PAYLOADS[9],
        frozenset({Role.STAFF}),
        frozenset({PAYLOADS[13]}),
        at_home.clock(),
    )
    for payload in PAYLOADS[::200]:
        who.post("/library/uploads", files={"files": (f"{payload[:60]}.md", payload.encode())})
        who.post("/settings/tokens", {"label": payload[:80], "days": "5"})
    return at_home, "poisoned"


def test_no_payload_acts_on_any_page_that_shows_it(poisoned: tuple[House, str]) -> None:
    home, conversation = poisoned
    who = home.visit("owner")
    pages = [
        "/",
        f"/c/{conversation}",
        "/questions",
        "/library",
        "/library/uploads/all",
        "/settings",
        "/audit",
        "/audit/turns/turn3",
        "/turns/turn3/sources/1",
        "/soa",
        *(
            f"/library/{one.id}"
            for one in home.door.advisor.library.documents()
            if one.origin is not Origin.GUIDANCE
        ),
    ]
    for page in pages:
        response = who.get(page)
        assert response.status_code == 200, page
        assert harm_in(response.text) == [], page
        fragment = who.get(page, **{"x-fragment": "1"})
        assert harm_in_tree(json.loads(fragment.text)["tree"]) == [], page
    for path in (f"/c/{conversation}/export", "/turns/turn3/copy", "/audit/export"):
        kind = who.get(path).headers["content-type"].split(";")[0]
        assert kind in {"text/markdown", "text/plain", "application/x-ndjson"}


def test_letters_that_reorder_or_steer_are_taken_out() -> None:
    assert plain("a\u202eb\x1b[31mc\u2066d\ue000e") == "ab[31mcde"
    assert plain("naïve\n\tकि\u200dया") == "naïve\n\tकि\u200dया"


def test_a_number_becomes_a_link_to_its_source_and_an_invented_one_vanishes() -> None:
    shown = str(answer_html("Kept for 47 days [1] [9].", (citation("A <b>"),), "t1"))
    assert shown.count("<a ") == 1
    assert 'href="/turns/t1/sources/1"' in shown
    assert "A &lt;b&gt;" in shown
    assert "9" not in shown


def test_a_number_in_code_or_with_a_backslash_is_no_source() -> None:
    shown = str(answer_html(r"See \[1\] and `[1]`.", (citation(),), "t1"))
    assert "<a " not in shown
    assert shown.count("[1]") == 2


def test_markdown_is_shown_as_such() -> None:
    shown = str(
        answer_html("# One\n\n**two**\n\n> three\n\n- four\n\n|a|b|\n|-|-|\n|c|d|", (), "t")
    )
    for part in (
        "<h3>One</h3>",
        "<strong>two</strong>",
        "<blockquote>",
        "<li>four</li>",
        "<td>c</td>",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Backups are kept for 47 days.", "kept for 47 days", "kept for 47 days"),
        ("Backups are\nkept  for 47 days.", "are kept for 47 days", "are\nkept  for 47 days"),
        ("Back-\nups are kept.", "Backups are kept", "Back-\nups are kept"),
        ("a < b & c", "< b &", "&lt; b &amp;"),
    ],
)
def test_quoted_words_are_marked_across_broken_lines(text: str, quote: str, found: str) -> None:
    assert f"<mark>{found}</mark>" in str(marked(text, quote))


def test_a_quote_that_is_not_there_marks_nothing() -> None:
    assert "<mark>" not in str(marked("Backups are kept.", "for ever"))


def test_the_tree_holds_what_the_markup_says() -> None:
    assert tree('<p class="x">a <b>b</b><br>c</p>') == [
        ["p", {"class": "x"}, ["a ", ["b", {}, ["b"]], ["br", {}, []], "c"]]
    ]
