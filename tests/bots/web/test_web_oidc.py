"""Signing in with a provider of one's organisation, and all that must not sign anybody in."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bots.web.config import Oidc, WebConfig
from bots.web.subjects import Role
from tests.support.web_house import BASE, House

with warnings.catch_warnings(record=True):  # it speaks of its own future, whatever the filters
    import oidc_provider_mock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def home(home_with: Callable[[WebConfig], House], provider: str, tmp_path: Path) -> House:
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    return home_with(
        WebConfig(
            public_url=BASE,
            roles={Role.LEAD: ("isms",), Role.AUDITOR: ("audit",)},
            oidc=Oidc(issuer=provider, client_id="annexa", client_secret_file=secret),
        )
    )


def known(provider: str, person: str, **claims: Any) -> None:
    httpx.put(f"{provider}/users/{person}", json=claims).raise_for_status()


def begin(home: House) -> str:
    response = home.client.get("/sign-in", follow_redirects=False)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def at_the_provider(address: str, person: str) -> str:
    """Log in there, and give where the provider sends one back to."""
    response = httpx.post(address, data={"sub": person}, follow_redirects=False)
    return str(response.headers["location"])


def come_back(home: House, address: str) -> Any:
    parts = urlsplit(address)
    return home.client.get(f"{parts.path}?{parts.query}", follow_redirects=False)


def signed_in(response: Any) -> bool:
    return "annexa=" in response.headers.get("set-cookie", "").replace("annexa-sign-in", "")


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["isms"], {Role.STAFF, Role.LEAD}),
        (["audit", "sales"], {Role.STAFF, Role.AUDITOR}),
        (["unknown"], {Role.STAFF}),
        (["annexa:lead"], {Role.STAFF}),
        (None, {Role.STAFF}),
    ],
)
def test_a_person_signs_in_with_the_roles_of_their_groups(
    home: House, provider: str, groups: list[str] | None, roles: set[Role]
) -> None:
    claims = {} if groups is None else {"groups": groups}
    known(provider, "dana", name="Dana", **claims)
    response = come_back(home, at_the_provider(begin(home), "dana"))
    assert response.status_code == 303, response.text
    assert signed_in(response)
    (person,) = home.door.store.people()
    assert person.id == "dana"
    assert person.roles == roles
    assert "annexa:lead" not in person.groups


def test_the_log_in_asks_for_pkce_state_and_nonce(home: House) -> None:
    asked = parse_qs(urlsplit(begin(home)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 43
    assert len(asked["nonce"][0]) >= 43
    assert asked["redirect_uri"] == [f"{BASE}/sign-in/done"]


def test_a_log_in_begun_in_another_browser_signs_nobody_in(home: House, provider: str) -> None:
    known(provider, "mallory", name="Mallory")
    back = at_the_provider(begin(home), "mallory")
    home.client.cookies.clear()
    begin(home)  # the victim's own
    response = come_back(home, back)
    assert response.status_code == 403
    assert not signed_in(response)


def test_a_code_counts_once(home: House, provider: str) -> None:
    known(provider, "dana", name="Dana")
    back = at_the_provider(begin(home), "dana")
    assert signed_in(come_back(home, back))
    home.client.cookies.clear()
    assert come_back(home, back).status_code == 403


@pytest.mark.parametrize("query", ["", "state=x", "code=x", "state=x&code=y", "error=denied"])
def test_coming_back_with_nothing_begun_signs_nobody_in(home: House, query: str) -> None:
    response = home.client.get(f"/sign-in/done?{query}", follow_redirects=False)
    assert response.status_code == 403


def test_a_wrong_code_signs_nobody_in(home: House) -> None:
    state = parse_qs(urlsplit(begin(home)).query)["state"][0]
    response = home.client.get(f"/sign-in/done?state={state}&code=wrong", follow_redirects=False)
    assert response.status_code == 403
    assert not signed_in(response)


def test_nobody_signs_in_under_the_owners_name(home: House, provider: str) -> None:
    known(provider, "owner", name="Owner")
    assert come_back(home, at_the_provider(begin(home), "owner")).status_code == 403
    assert home.door.store.people() == ()
