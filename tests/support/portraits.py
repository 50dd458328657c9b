"""Screenshots of every page, at two widths and in both themes.

    python tests/support/portraits.py WORKSPACE OUT [--today YYYY-MM-DD]

WORKSPACE is indexed already (`annexa demo` makes one); a copy is used, and nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Page, sync_playwright

from assistant.advisor import open_advisor
from assistant.settings import read_settings
from bots.web.store import OWNER_ID
from tests.support.web_house import FLAGS, chromium, served

QUESTION = "How long are backups kept?"
SECOND = "Who approves a new supplier?"
SIZES = {"wide": (1360, 860), "narrow": (390, 844)}
PAGES = {
    "start": "/",
    "library": "/library",
    "uploads": "/library/uploads/all",
    "soa": "/soa",
    "questions": "/questions",
    "plans": "/plans",
    "audit": "/audit",
    "settings": "/settings",
}


def main() -> None:
    """Take the pictures."""
    given = argparse.ArgumentParser()
    given.add_argument("workspace", type=Path)
    given.add_argument("out", type=Path)
    given.add_argument("--today", default="2026-11-23")
    chosen = given.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "workspace"
        shutil.copytree(chosen.workspace, copy)
        advisor = open_advisor(read_settings(workspace=copy, today=chosen.today))
        try:
            _take(advisor, chosen.out)
        finally:
            advisor.close()


def _take(advisor: object, out: Path) -> None:
    with served(advisor) as (address, door), sync_playwright() as player:  # type: ignore[arg-type]
        browser = player.chromium.launch(executable_path=chromium(), args=FLAGS)
        conversation = None
        for theme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=theme,  # type: ignore[arg-type]
                )
                page = context.new_page()
                link = door.store.make_link(OWNER_ID, datetime.now(UTC), 5)
                page.goto(f"{address}/enter/{link}")
                if conversation is None:
                    conversation = _converse(page)
                for name, path in PAGES.items():
                    page.goto(f"{address}{path}")
                    page.screenshot(path=out / f"{name}-{size}-{theme}.png")
                page.goto(f"{address}{conversation}")
                page.screenshot(path=out / f"chat-{size}-{theme}.png")
                page.locator("a.cite").first.click()
                page.locator("#panel .source").wait_for()
                page.screenshot(path=out / f"source-{size}-{theme}.png")
                page.goto(f"{address}/library")
                page.goto(address + str(page.locator(".list a").first.get_attribute("href")))
                page.screenshot(path=out / f"document-{size}-{theme}.png")
                page.goto(f"{address}/audit?subject=")
                if link := page.locator(".list a").first.get_attribute("href"):
                    page.goto(f"{address}{link}")
                    page.screenshot(path=out / f"replay-{size}-{theme}.png")
                context.close()
        browser.close()


def _converse(page: Page) -> str:
    """Ask two questions and pass one on; give the conversation's path."""
    for number, question in enumerate((QUESTION, SECOND), 1):
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator(".turn .by").nth(number - 1).wait_for(timeout=60_000)
    path = page.evaluate("location.pathname")
    page.locator(".turn").last.get_by_text("Ask a person").click()
    page.get_by_role("button", name="Pass it on").last.click()
    page.wait_for_url("**/questions*")
    return str(path)


if __name__ == "__main__":
    main()
