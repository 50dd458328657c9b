"""Journeys in a real browser, with every request and every complaint of the browser noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assistant.advisor import Advisor
from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import Piece, Trace
from bots.web.door import Door
from bots.web.store import OWNER_ID
from bots.web.subjects import Role
from knowledge.passages import OWNER, Citation, Origin
from tests.support.payloads import payloads
from tests.support.web_house import FLAGS, chromium, served

_NAMELESS = """() => [...document.querySelectorAll(
  'input:not([type=hidden]), select, textarea, button, a')].filter((one) => !(
    one.labels?.length || one.textContent.trim() || one.getAttribute('aria-label')
  )).map((one) => one.outerHTML)"""
QUESTION = "How long are backups kept?"
pytestmark = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed here")


@dataclass
class Open:
    """A browser at the door, and what it asked for and complained of."""

    address: str
    door: Door
    browser: Browser
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def context(self, person: str = OWNER_ID, *roles: Role, **how: Any) -> BrowserContext:
        now = datetime.now(UTC)
        if roles:
            self.door.store.know(person, person.title(), frozenset(roles), frozenset(), now)
        context = self.browser.new_context(**how)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(f"{self.address}/enter/{self.door.store.make_link(person, now, 5)}")
        page.close()
        context.on("request", lambda request: self.requests.append(request.url))
        return context

    def page(self, context: BrowserContext, path: str = "/") -> Page:
        page = context.new_page()
        page.on("console", lambda said: self.note(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda box: (self.complaints.append(box.message), box.dismiss()))
        page.goto(self.address + path)
        return page

    def note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def strangers(self) -> list[str]:
        return [one for one in self.requests if not one.startswith(self.address)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        found = player.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def opened(advisor: Advisor, browser: Browser) -> Iterator[Open]:
    with served(advisor) as (address, door):
        found = Open(address, door, browser)
        yield found
        for context in list(browser.contexts):
            context.close()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_a_lead_asks_and_opens_the_source_beside_the_answer(opened: Open) -> None:
    page = opened.page(opened.context())
    ask(page, QUESTION)
    page.locator(".turn .by").wait_for()
    assert page.url.startswith(f"{opened.address}/c/")
    page.locator("a.cite").first.click()
    panel = page.get_by_role("complementary", name="Source")
    panel.locator("mark").wait_for()
    assert panel.locator("mark").inner_text() == "Backups of the ledger are kept for 47 days."
    assert "In force" in panel.inner_text()
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert page.evaluate("document.activeElement.className") == "cite"
    ask(page, "Who tests a restore?")
    page.locator(".turn .by").nth(1).wait_for()
    page.reload()
    assert page.locator(".turn .by").count() == 2
    assert opened.complaints == []
    assert opened.strangers() == []


def test_a_reload_in_mid_answer_loses_nothing(
    opened: Open, advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real, times = threading.Event(), advisor.take_turn, []

    def take(conversation: str, question: str, **how: Any) -> Any:
        times.append(question)
        how["listen"](Piece("The first half, and "))
        assert go.wait(30)
        return real(conversation, question, **how)

    monkeypatch.setattr(advisor, "take_turn", take)
    page = opened.page(opened.context())
    ask(page, QUESTION)
    page.get_by_text("The first half").wait_for()
    page.reload()
    page.get_by_text("The first half").wait_for()
    page.context.set_offline(True)
    page.context.set_offline(False)
    go.set()
    page.locator(".turn .by").wait_for()
    assert "47 days" in page.locator(".turn").inner_text()
    assert len(times) == 1


def test_an_answer_is_stopped_and_asked_for_again(
    opened: Open, advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, real = threading.Event(), advisor.take_turn

    def take(conversation: str, question: str, **how: Any) -> Any:
        while not stopped.wait(0.05):
            how["listen"](Piece("on "))
        return real(conversation, question, **how)

    monkeypatch.setattr(advisor, "take_turn", take)
    page = opened.page(opened.context())
    ask(page, QUESTION)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("It is kept").wait_for()
    stopped.set()
    page.get_by_role("button", name="Answer now").click()
    page.locator(".turn .by").wait_for()


def test_everything_works_without_a_script(opened: Open) -> None:
    page = opened.page(opened.context(java_script_enabled=False))
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".turn .by").wait_for()
    page.locator("a.cite").first.click()
    assert page.locator("mark").inner_text() == "Backups of the ledger are kept for 47 days."
    page.get_by_role("link", name="Back to the answer").click()
    page.get_by_text("Was this right?").click()
    page.get_by_role("button", name="It was right").click()
    assert page.get_by_text("Judged good").is_visible()


def test_staff_do_not_reach_what_leads_see(opened: Open) -> None:
    page = opened.page(opened.context("one", Role.STAFF))
    menu = page.get_by_role("navigation", name="Main")
    assert menu.get_by_role("link", name="Audit").count() == 0
    for path in ("/audit", "/plans", "/metrics"):
        response = page.goto(opened.address + path)
        assert response is not None
        assert response.status == 403


def test_a_good_file_and_a_hostile_one_are_sent(opened: Open, tmp_path: Path) -> None:
    good, bad = tmp_path / "trays.md", tmp_path / "<img src=x onerror=alert(1)>.exe"
    good.write_text("# Trays\n\nTrays are green.\n")
    bad.write_bytes(b"MZ")
    page = opened.page(opened.context(), "/library/uploads/all")
    page.get_by_label("Files, up to").set_input_files([good, bad])
    page.get_by_role("button", name="Send").click()
    page.get_by_text("waits for a lead").wait_for()
    assert page.get_by_text("could not be read").is_visible()
    assert opened.complaints == []


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(opened: Open, width: int) -> None:
    context = opened.context(viewport={"width": width, "height": 740})
    page = opened.page(context)
    ask(page, QUESTION)
    page.locator(".turn .by").wait_for()
    paths = [
        "/library",
        "/library/uploads/all",
        "/soa",
        "/questions",
        "/plans",
        "/audit",
        "/settings",
    ]
    for path in [page.url.removeprefix(opened.address), *paths]:
        page.goto(opened.address + path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


def test_a_keyboard_alone_asks_and_reads(opened: Open) -> None:
    page = opened.page(opened.context(), "/library")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.goto(opened.address)
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator("a.cite").first.wait_for()
    page.locator("a.cite").first.focus()
    page.keyboard.press("Enter")
    page.locator("#panel mark").wait_for()
    assert page.evaluate("document.activeElement.id") == "panel"


def test_every_field_and_button_has_a_name(opened: Open) -> None:
    page = opened.page(opened.context())
    ask(page, QUESTION)
    page.locator(".turn .by").wait_for()
    for path in (page.url.removeprefix(opened.address), "/library", "/soa", "/settings"):
        page.goto(opened.address + path)
        nameless = page.evaluate(_NAMELESS)
        assert nameless == [], path


def test_nothing_that_is_shown_acts_or_fetches(opened: Open, advisor: Advisor) -> None:
    chosen = tuple(payloads())[::7]
    chosen = chosen[: len(chosen) // 8 * 8]
    now = datetime.now(UTC)
    advisor.records.start("poisoned", OWNER, "web", chosen[0], now)
    for number in range(0, len(chosen), 8):
        said = chosen[number : number + 8]
        turn = advisor.records.begin(f"t{number}", "poisoned", f"k{number}", said[0], None, now)
        cited = Citation(Origin.DOCUMENT, said[1], said[2], said[3], "p", section=said[-1])
        answer = Answer(Kind.CONFLICT, "\n\n".join(said), (cited,), said, None, said[-1])
        trace = Trace(1, advisor.settings.today, None, None, (), True, "answer")
        advisor.records.finish(turn.id, answer, trace, now)
    page = opened.page(opened.context(), "/c/poisoned")
    page.wait_for_load_state("networkidle")
    page.locator("a.cite").first.click()
    page.locator("#panel .source").wait_for()
    form = page.locator("form[data-replace]").first  # a turn built by our script from the tree
    form.evaluate("(form) => { form.closest('details').open = true; }")
    form.get_by_role("button", name="It was not").click()
    page.get_by_text("Judged bad").first.wait_for()
    for path in ("/turns/t8/sources/1", "/library", "/questions"):
        page.goto(opened.address + path)
        page.wait_for_load_state("networkidle")
    assert opened.strangers() == []
    assert opened.complaints == []
