"""Who may do what: every route with every credential, sessions, tokens, forms from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from assistant.advisor import Advisor
from bots.web.app import assemble
from bots.web.config import WebConfig, own_groups
from bots.web.limits import Limits
from bots.web.subjects import Role
from tests.support.harmless import harm_in
from tests.support.web_house import BASE, ROLES, House, Visit, house

S, L, A, D, O = ROLES  # noqa: E741  staff, lead, auditor, admin, owner
EVERYONE = {S, L, A, D, O}
ASKERS = {S, L, D, O}
READS_LOG = {L, A, O}
LEADS = {L, O}
OPEN = "open"


@dataclass(frozen=True)
class Rule:
    """Who may use a route; `body` is what a request needs to be meant."""

    roles: Any
    body: tuple[tuple[str, Any], ...] = ()
    own: bool = False
    """True where the id in the address must be one's own."""


def form(**fields: str) -> tuple[tuple[str, Any], ...]:
    return tuple(fields.items())


TABLE: dict[tuple[str, str], Rule] = {
    ("GET", "/enter"): Rule(OPEN),
    ("GET", "/enter/{secret}"): Rule(OPEN),
    ("GET", "/sign-in"): Rule(OPEN),
    ("GET", "/sign-in/done"): Rule(OPEN),
    ("GET", "/healthz"): Rule(OPEN),
    ("GET", "/readyz"): Rule(OPEN),
    ("GET", "/static"): Rule(OPEN),
    ("POST", "/sign-out"): Rule(EVERYONE),
    ("GET", "/"): Rule(EVERYONE),
    ("GET", "/settings"): Rule(EVERYONE),
    ("GET", "/api/openapi.json"): Rule(EVERYONE),
    ("POST", "/chat"): Rule(ASKERS, form(question="How long are backups kept?", key="k" * 12)),
    ("GET", "/c/{conversation}"): Rule(ASKERS, own=True),
    ("POST", "/c/{conversation}/rename"): Rule(ASKERS, form(title="New"), own=True),
    ("POST", "/c/{conversation}/delete"): Rule(ASKERS, own=True),
    ("GET", "/c/{conversation}/export"): Rule(ASKERS, own=True),
    ("GET", "/turns/{turn}"): Rule(ASKERS, own=True),
    ("GET", "/turns/{turn}/stream"): Rule(ASKERS, own=True),
    ("GET", "/turns/{turn}/sources/{number}"): Rule(ASKERS, own=True),
    ("GET", "/turns/{turn}/copy"): Rule(ASKERS, own=True),
    ("POST", "/turns/{turn}/answer"): Rule(ASKERS, own=True),
    ("POST", "/turns/{turn}/stop"): Rule(ASKERS, own=True),
    ("POST", "/turns/{turn}/feedback"): Rule(ASKERS, form(good="1"), own=True),
    ("POST", "/turns/{turn}/person"): Rule(ASKERS, form(text="Who knows?"), own=True),
    ("GET", "/library"): Rule(EVERYONE),
    ("GET", "/library/{document}"): Rule(EVERYONE),
    ("GET", "/library/uploads/all"): Rule(ASKERS),
    ("POST", "/library/uploads"): Rule(ASKERS),
    ("POST", "/library/uploads/{upload}/approve"): Rule(LEADS, form(content="0" * 64)),
    ("POST", "/library/uploads/{upload}/refuse"): Rule(LEADS, form(reason="No")),
    ("GET", "/soa"): Rule(EVERYONE),
    ("GET", "/soa/{control}"): Rule(EVERYONE),
    ("GET", "/questions"): Rule(ASKERS),
    ("POST", "/questions/{question}/answer"): Rule(
        LEADS, form(text="Yes.", source="The board", expires="2027-01-01")
    ),
    ("POST", "/questions/{question}/close"): Rule(LEADS, form(because="Old")),
    ("GET", "/plans"): Rule(READS_LOG),
    ("GET", "/plans/{plan}"): Rule({O}),
    ("GET", "/audit"): Rule(READS_LOG),
    ("GET", "/audit/export"): Rule(READS_LOG),
    ("GET", "/audit/turns/{turn}"): Rule(READS_LOG),
    ("POST", "/settings/tokens"): Rule(ASKERS, form(label="x", days="5")),
    ("POST", "/settings/tokens/{token}/withdraw"): Rule(ASKERS, own=True),
    ("POST", "/settings/people/suspend"): Rule({D, O}, form(person="victim", suspended="0")),
    ("GET", "/metrics"): Rule({D, O}),
    ("POST", "/api/chat"): Rule(ASKERS, form(question="How long are backups kept?")),
    ("GET", "/api/conversations"): Rule(ASKERS),
    ("GET", "/api/conversations/{conversation}"): Rule(ASKERS, own=True),
    ("PATCH", "/api/conversations/{conversation}"): Rule(ASKERS, form(title="New"), own=True),
    ("DELETE", "/api/conversations/{conversation}"): Rule(ASKERS, own=True),
    ("GET", "/api/turns/{turn}"): Rule(ASKERS, own=True),
    ("POST", "/api/turns/{turn}/feedback"): Rule(ASKERS, (("good", True),), own=True),
    ("POST", "/api/turns/{turn}/person"): Rule(ASKERS, form(text="Who?"), own=True),
    ("GET", "/api/documents"): Rule(EVERYONE),
    ("GET", "/api/documents/{document}"): Rule(EVERYONE),
    ("GET", "/api/search"): Rule(EVERYONE),
    ("GET", "/api/soa"): Rule(EVERYONE),
    ("GET", "/api/questions"): Rule(ASKERS),
    ("POST", "/api/questions/{question}/answer"): Rule(
        LEADS, form(text="Yes.", source="The board", expires="2027-01-01")
    ),
    ("POST", "/api/questions/{question}/close"): Rule(LEADS, form(because="Old")),
}
KEPT = {"/sign-out", "/settings/people/suspend"}
"""Routes that end or change the credential that a test still needs."""


def routes_of(place: Any) -> Iterable[tuple[str, str]]:
    for route in place.routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from routes_of(inner)
        else:
            for method in getattr(route, "methods", None) or {"GET"}:
                if method != "HEAD":
                    yield method, route.path


@dataclass
class Victim:
    """Things that belong to somebody else."""

    conversation: str
    turn: str
    question: str
    upload: str
    token: str
    document: str


@pytest.fixture(scope="module")
def victim(at_home: House) -> Victim:
    who = at_home.visit("victim", S)
    conversation, turn = who.ask("How long are backups kept?", key="victims-key")
    assert who.post(f"/turns/{turn}/person", {"text": "Who knows?"}).status_code == 303
    who.post("/library/uploads", files={"files": ("notes.md", b"# Notes\n\nSomething.\n")})
    _, token = at_home.door.store.make_token("victim", "theirs", 5, at_home.clock())
    board = next(
        one.id
        for one in at_home.door.advisor.library.documents()
        if one.source == "board/merger.md"
    )
    return Victim(conversation, turn, "Q-1", at_home.door.store.uploads()[0].id, token.id, board)


def address(path: str, victim: Victim) -> str:
    filled = path
    for name in ("conversation", "turn", "question", "upload", "token", "document"):
        filled = filled.replace(f"{{{name}}}", getattr(victim, name))
    for name, value in {
        "number": "1",
        "secret": "nothing",
        "control": "A.8.13",
        "plan": "CAP-2026-001",
    }.items():
        filled = filled.replace(f"{{{name}}}", value)
    return f"{filled}?q=backup" if path == "/api/search" else filled


def send(who: Visit, method: str, path: str, rule: Rule, victim: Victim) -> Any:
    body = dict(rule.body)
    if path == "/library/uploads":
        return who.send(method, path, files={"files": ("a.md", b"# A\n\nB.\n")})
    if path.startswith("/api/") and method in {"POST", "PATCH"}:
        return who.send(method, address(path, victim), json=body)
    if method in {"POST", "PATCH", "DELETE"}:
        return who.send(method, address(path, victim), data={"csrf": who.csrf} | body)
    return who.get(address(path, victim))


def kept_out(response: Any) -> bool:
    to_the_door = response.status_code == 303 and response.headers.get("location") == "/enter"
    return response.status_code == 401 or to_the_door


@pytest.fixture(scope="module")
def at_home(shared_advisor: Advisor) -> Iterator[House]:
    """One door for all: tests take people of their own, and time only goes forward."""
    generous = WebConfig(questions_per_minute=10_000, requests_per_minute=100_000)
    with house(shared_advisor, generous) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _fresh(at_home: House) -> None:
    at_home.door.limits = Limits()
    at_home.door.store.suspend("lead", False)


def test_every_route_is_listed_here(at_home: House) -> None:
    assert set(routes_of(assemble(at_home.door))) == set(TABLE)


def test_the_description_of_the_api_names_every_route_of_it(at_home: House) -> None:
    described = assemble(at_home.door).openapi()["paths"]
    there = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert there == {key for key in TABLE if key[1].startswith("/api/")} - {
        ("GET", "/api/openapi.json")
    }


@pytest.mark.parametrize("by", ["session", "token"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_routes_and_nothing_of_somebody_elses(
    at_home: House, victim: Victim, role: Role, by: str
) -> None:
    person = "owner" if role is O else f"one-{role}"
    who = at_home.visit(person, role)
    if by == "token":
        who = at_home.token(person)
    wrong = []
    for (method, path), rule in TABLE.items():
        if rule.roles == OPEN or path in KEPT:
            continue
        response = send(who, method, path, rule, victim)
        code = response.status_code
        if role not in rule.roles:
            fits = code == 403
        elif rule.own:
            fits = code == 404
        elif "{document}" in path:
            fits = code == (200 if role is O else 404)
        elif "{plan}" in path:
            fits = code == 404
        elif path == "/settings/tokens" and by == "token":
            fits = code == 403
        else:
            fits = code < 400 or code == 409
            fits = fits and not kept_out(response)
        if not fits:
            wrong.append((method, path, code))
    assert wrong == []
    mine = at_home.door.advisor.records.conversation(victim.conversation, _reader("victim"))
    assert mine is not None
    assert mine.title == "How long are backups kept?"


def _reader(person: str) -> Any:
    from knowledge.passages import Reader

    return Reader(id=person)


def no_credential(home: House) -> dict[str, str]:
    return {}


def wrong_cookie(home: House) -> dict[str, str]:
    return {"cookie": "annexa=" + "x" * 43}


def wrong_token(home: House) -> dict[str, str]:
    return {"authorization": "Bearer annexa_" + "x" * 43}


def another_scheme(home: House) -> dict[str, str]:
    return {"authorization": "Basic " + home.token("lead").secret}


def token_in_another_header(home: House) -> dict[str, str]:
    return {"x-api-key": home.token("lead").secret}


def token_in_a_cookie(home: House) -> dict[str, str]:
    return {"cookie": f"annexa={home.token('lead').secret}"}


def session_as_a_token(home: House) -> dict[str, str]:
    return {"authorization": f"Bearer {home.visit('lead').secret}"}


def good_cookie_with_a_wrong_token(home: House) -> dict[str, str]:
    return home.visit("lead").headers | wrong_token(home)


def digest_as_the_secret(home: House) -> dict[str, str]:
    from bots.web.store import digest

    return {"cookie": f"annexa={digest(home.visit('lead').secret)}"}


def ended_session(home: House) -> dict[str, str]:
    who = home.visit("lead")
    assert who.post("/sign-out").status_code == 303
    return who.headers


def idle_session(home: House) -> dict[str, str]:
    who = home.visit("lead")
    home.clock.advance(minutes=31)
    return who.headers


def old_session(home: House) -> dict[str, str]:
    who = home.visit("lead")
    for _ in range(30):
        home.clock.advance(minutes=25)
        who.get("/settings")
    return who.headers


def expired_token(home: House) -> dict[str, str]:
    who = home.token("lead", days=1)
    home.clock.advance(days=1, seconds=1)
    return who.headers


def withdrawn_token(home: House) -> dict[str, str]:
    who = home.token("lead")
    token = home.door.store.tokens("lead")[0]
    assert home.door.store.withdraw_token(token.id, "lead", home.clock())
    return who.headers


def suspended_session(home: House) -> dict[str, str]:
    who = home.visit("lead")
    home.door.store.suspend("lead", True)
    return who.headers


def suspended_token(home: House) -> dict[str, str]:
    who = home.token("lead")
    home.door.store.suspend("lead", True)
    return who.headers


def new_session_of_a_suspended_person(home: House) -> dict[str, str]:
    home.door.store.suspend("lead", True)
    return home.visit("lead").headers


REFUSED = (
    no_credential,
    wrong_cookie,
    wrong_token,
    another_scheme,
    token_in_another_header,
    token_in_a_cookie,
    session_as_a_token,
    good_cookie_with_a_wrong_token,
    digest_as_the_secret,
    ended_session,
    idle_session,
    old_session,
    expired_token,
    withdrawn_token,
    suspended_session,
    suspended_token,
    new_session_of_a_suspended_person,
)


@pytest.mark.parametrize("credential", REFUSED, ids=lambda one: one.__name__)
def test_a_credential_that_does_not_count_opens_no_route(
    at_home: House,
    victim: Victim,
    credential: Callable[[House], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_home.know("lead", L)
    who = Visit(at_home.client, credential(at_home), "", "")
    monkeypatch.setattr(at_home.door.limits, "wait", lambda *_: 0.0)
    opened = [
        (method, path, response.status_code)
        for (method, path), rule in TABLE.items()
        if rule.roles != OPEN and not kept_out(response := send(who, method, path, rule, victim))
    ]
    assert opened == []


CHANGES = [key for key, rule in TABLE.items() if key[0] != "GET" and rule.roles != OPEN]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://127.0.0.1"},
        {"origin": ""},
        {"x-annexa-csrf": "wrong"},
        {"x-annexa-csrf": ""},
    ],
    ids=lambda one: "=".join(*one.items()),
)
def test_a_change_from_elsewhere_or_without_its_mark_is_refused(
    at_home: House, victim: Victim, headers: dict[str, str]
) -> None:
    who = at_home.visit("owner", O)
    taken = []
    for method, path in CHANGES:
        rule = TABLE[method, path]
        response = who.send(
            method,
            address(path, victim),
            headers=headers,
            **(
                {"json": dict(rule.body)}
                if path.startswith("/api/")
                else {"data": {"csrf": who.csrf} | dict(rule.body)}
            ),
        )
        if response.status_code != 403:
            taken.append((method, path, response.status_code))
    assert taken == []


def test_a_form_needs_its_own_sessions_mark(at_home: House) -> None:
    one, other = at_home.visit("one", S), at_home.visit("other", S)
    response = at_home.client.post(
        "/chat",
        data={"question": "Hello?", "csrf": other.csrf},
        headers=one.headers | {"origin": BASE},
    )
    assert response.status_code == 403


def test_json_with_a_cookie_needs_the_header(at_home: House) -> None:
    who = at_home.visit("one", S)
    response = at_home.client.post(
        "/api/chat", json={"question": "Hello?"}, headers=who.headers | {"origin": BASE}
    )
    assert response.status_code == 403
    response = at_home.client.post(
        "/api/chat",
        content=b'{"question": "Hello?"}',
        headers=who.headers | {"origin": BASE, "content-type": "text/plain"},
    )
    assert response.status_code == 403


def test_a_role_taken_away_counts_at_once_for_session_and_token(at_home: House) -> None:
    who = at_home.visit("lead", L)
    token = at_home.token("lead")
    assert who.get("/audit").status_code == token.get("/audit").status_code == 200
    at_home.know("lead", S)
    assert who.get("/audit").status_code == token.get("/audit").status_code == 403


def test_a_group_taken_away_counts_at_once(at_home: House, victim: Victim) -> None:
    who = at_home.visit("one", S, groups=("board",))
    assert who.get(f"/library/{victim.document}").status_code == 200
    at_home.know("one", S)
    assert who.get(f"/library/{victim.document}").status_code == 404


def test_a_foreign_thing_looks_like_none(at_home: House, victim: Victim) -> None:
    who = at_home.visit("one", S)
    foreign = who.get(f"/c/{victim.conversation}")
    none = who.get("/c/0000")
    assert foreign.status_code == none.status_code == 404
    assert re.sub(r"\w{43}", "", foreign.text) == re.sub(r"\w{43}", "", none.text)


def test_a_link_signs_in_once(at_home: House) -> None:
    secret = at_home.door.store.make_link("owner", at_home.clock(), 5)
    first = at_home.client.get(f"/enter/{secret}", follow_redirects=False)
    again = at_home.client.get(f"/enter/{secret}", follow_redirects=False)
    assert first.status_code == 303
    assert "httponly" in first.headers["set-cookie"].casefold()
    assert "samesite=lax" in first.headers["set-cookie"].casefold()
    assert again.status_code == 403
    assert "set-cookie" not in again.headers
    at_home.client.cookies.clear()


def test_an_old_link_signs_nobody_in(at_home: House) -> None:
    secret = at_home.door.store.make_link("owner", at_home.clock(), 5)
    at_home.clock.advance(minutes=6)
    response = at_home.client.get(f"/enter/{secret}", follow_redirects=False)
    assert response.status_code == 403


def test_signing_in_gives_a_new_session_and_ends_the_one_that_came(at_home: House) -> None:
    planted = at_home.visit("owner", O)
    secret = at_home.door.store.make_link("owner", at_home.clock(), 5)
    response = at_home.client.get(
        f"/enter/{secret}", headers=planted.headers, follow_redirects=False
    )
    assert planted.secret not in response.headers["set-cookie"]
    assert kept_out(planted.get("/settings"))
    at_home.client.cookies.clear()


def test_another_name_for_this_machine_is_refused(at_home: House) -> None:
    who = at_home.visit("owner", O)
    response = who.get("/settings", host="evil.test")
    assert response.status_code == 421


def test_secrets_are_kept_as_digests_only(at_home: House) -> None:
    session, token = at_home.visit("owner", O), at_home.token("owner")
    link = at_home.door.store.make_link("owner", at_home.clock(), 5)
    workspace = at_home.door.advisor.settings.workspace
    held = b"".join(one.read_bytes() for one in workspace.glob("web.db*"))
    assert not [one for one in (session.secret, token.secret, link) if one.encode() in held]


def test_every_answer_carries_the_policy_and_no_cache(at_home: House) -> None:
    who = at_home.visit("owner", O)
    for path in ("/", "/nothing", "/static/annexa.css", "/healthz", "/api/soa", "/enter"):
        headers = who.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_pages_hold_no_script_or_style_of_their_own(at_home: House, victim: Victim) -> None:
    who = at_home.visit("owner", O)
    for (method, path), rule in TABLE.items():
        if method == "GET" and rule.roles != OPEN and not path.startswith("/api"):
            assert harm_in(who.get(address(path, victim)).text) == []


def test_too_much_is_refused_before_it_is_read(at_home: House) -> None:
    who = at_home.visit("owner", O)
    assert who.post("/chat", {"question": "x" * 200_000}).status_code == 413
    many = who.send("POST", "/api/chat", json={"question": "x" * 9_000})
    assert many.status_code == 422


def test_whoever_asks_too_fast_is_asked_to_wait(home_with: Callable[[WebConfig], House]) -> None:
    home = home_with(WebConfig(questions_per_minute=2))
    who = home.visit("one", S)
    codes = [who.post("/chat", {"question": "Hello?"}).status_code for _ in range(3)]
    assert codes == [303, 303, 429]
    assert home.visit("other", S).post("/chat", {"question": "Hello?"}).status_code == 303


def test_guessing_tokens_is_slowed_down(at_home: House) -> None:
    codes = [
        at_home.client.get("/api/soa", headers={"authorization": f"Bearer annexa_{n}"}).status_code
        for n in range(40)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429


def test_names_kept_for_roles_are_no_groups_of_a_provider() -> None:
    assert own_groups(["board", "annexa:lead", "", 7]) == {"board"}
    assert own_groups("board") == {"board"}
    assert own_groups({"annexa:lead": 1}) == frozenset()


def test_an_auditor_with_another_role_still_only_reads(at_home: House) -> None:
    who = at_home.visit("both", A, L)
    assert who.get("/audit").status_code == 200
    assert who.post("/chat", {"question": "Hello?"}).status_code == 403
