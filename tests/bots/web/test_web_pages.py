"""Library, uploads, the statement, audit, settings and what an operator reads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bots.web.config import WebConfig, read_config
from bots.web.serving import _check
from bots.web.store import WebStore
from bots.web.subjects import Role
from knowledge.errors import WorkspaceError
from tests.bots.web.conftest import EXCLUDED
from tests.support.web_house import House, Visit

GOOD = b"""\
---
title: Canteen Rules
status: approved
approved: 2026-05-01
---
# Canteen Rules

## 1 Trays

Trays are green on Fridays.
"""


@pytest.fixture
def lead(at_home: House) -> Visit:
    return at_home.visit("lead", Role.LEAD)


@pytest.fixture
def staff(at_home: House) -> Visit:
    return at_home.visit("one", Role.STAFF)


def send(who: Visit, name: str, content: bytes) -> int:
    response = who.post("/library/uploads", files={"files": (name, content)})
    return int(response.status_code)


def test_the_library_shows_version_standing_owner_review_and_access(lead: Visit) -> None:
    page = lead.get("/library").text
    for part in ("Backup Policy", "POL-20", "Head of IT", "2026-02-01 · overdue", "retired"):
        assert part in page
    assert "Merger Memo" not in page


def test_a_retired_document_says_boldly_that_it_is_not_in_force(
    at_home: House, lead: Visit
) -> None:
    old = next(
        one.id
        for one in at_home.door.advisor.library.documents()
        if one.source == "policies/backup_old.md"
    )
    page = lead.get(f"/library/{old}").text
    assert "<strong" in page.partition("Not in force: retired")[0][-60:]


def test_filters_narrow_the_library(lead: Visit) -> None:
    page = lead.get("/library?q=backup&standing=retired").text
    assert "1 of" in page


def test_an_upload_counts_for_nothing_until_a_lead_approves_it(
    at_home: House, with_folder: Path, staff: Visit, lead: Visit
) -> None:
    assert send(staff, "canteen.md", GOOD) == 303
    (upload,) = at_home.door.store.uploads()
    assert (upload.state, upload.title) == ("waiting", "Canteen Rules")
    assert "Canteen Rules" not in lead.get("/library").text
    assert (
        staff.post(f"/library/uploads/{upload.id}/approve", {"content": upload.content}).status_code
        == 403
    )
    wrong = lead.post(f"/library/uploads/{upload.id}/approve", {"content": "0" * 64})
    assert wrong.status_code == 409
    done = lead.post(f"/library/uploads/{upload.id}/approve", {"content": upload.content})
    assert done.status_code == 303
    assert (with_folder / "uploads" / "canteen.md").read_bytes() == GOOD
    assert "Canteen Rules" in staff.get("/library").text
    assert list((at_home.door.advisor.settings.workspace / "quarantine").iterdir()) == []


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"0" * 30_000_000)
    return held.getvalue()


def test_hostile_files_are_listed_with_the_reason_and_not_kept(
    at_home: House, staff: Visit
) -> None:
    for name, content in (
        ("bomb.docx", bomb()),
        ("run.exe", b"MZ"),
        ("empty.md", b""),
        ("broken.pdf", b"%PDF-1.7\nnothing"),
    ):
        assert send(staff, name, content) == 303
    page = staff.get("/library/uploads/all").text
    found = at_home.door.store.uploads()
    assert {one.state for one in found} == {"unreadable"}
    assert all(one.reason and one.name in page for one in found)
    assert list((at_home.door.advisor.settings.workspace / "quarantine").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.md",
        "..\\..\\evil.md",
        "/etc/evil.md",
        "C:\\evil.md",
        "a/../../evil.md",
        "....//evil.md",
    ],
)
def test_a_name_is_no_path(at_home: House, with_folder: Path, lead: Visit, name: str) -> None:
    before = set(with_folder.parent.parent.rglob("evil*"))
    send(lead, name, GOOD)
    (upload,) = at_home.door.store.uploads()
    assert "/" not in upload.name
    assert "\\" not in upload.name
    for folder in ("../..", "/etc", "policies/../..", "nowhere"):
        response = lead.post(
            f"/library/uploads/{upload.id}/approve", {"content": upload.content, "folder": folder}
        )
        assert response.status_code == 422
    assert set(with_folder.parent.parent.rglob("evil*")) == before


def test_a_file_that_is_there_is_not_replaced(
    at_home: House, with_folder: Path, lead: Visit
) -> None:
    before = (with_folder / "policies" / "backup.md").read_bytes()
    send(lead, "backup.md", GOOD)
    (upload,) = at_home.door.store.uploads()
    response = lead.post(
        f"/library/uploads/{upload.id}/approve", {"content": upload.content, "folder": "policies"}
    )
    assert response.status_code == 409
    assert (with_folder / "policies" / "backup.md").read_bytes() == before


def test_a_refused_upload_says_why_and_leaves(at_home: House, lead: Visit, staff: Visit) -> None:
    send(staff, "canteen.md", GOOD)
    (upload,) = at_home.door.store.uploads()
    lead.post(f"/library/uploads/{upload.id}/refuse", {"reason": "Not ours"})
    assert "Not ours" in staff.get("/library/uploads/all").text
    assert list((at_home.door.advisor.settings.workspace / "quarantine").iterdir()) == []


def test_staff_see_their_own_uploads_only(at_home: House, staff: Visit) -> None:
    send(at_home.visit("other", Role.STAFF), "theirs.md", GOOD)
    assert "theirs.md" not in staff.get("/library/uploads/all").text


def test_the_statement_is_filtered_and_a_row_opens(lead: Visit) -> None:
    assert "93 of 93 rows" in lead.get("/soa").text
    page = lead.get("/soa?applicable=no").text
    assert "1 of 93 rows" in page
    assert EXCLUDED in page
    assert "No premises of our own" in lead.get(f"/soa/{EXCLUDED}").text
    assert lead.get("/soa/A.99.1").status_code == 404


def test_the_statement_shows_what_the_linter_says(lead: Visit) -> None:
    rows = lead.get("/api/soa").json()["rows"]
    assert any(one["defects"] for one in rows)
    assert "remark" in lead.get("/soa").text


def test_the_statement_is_checked_once_until_something_changes(at_home: House, lead: Visit) -> None:
    for _ in range(2):
        lead.get("/soa")
    assert len(at_home.door.statements) == 1
    (at_home.door.advisor.settings.workspace / "access.yaml").write_text("rules: []\n")
    lead.get("/soa")
    assert len(at_home.door.statements) == 2


def test_an_auditor_sees_how_an_answer_came_about(at_home: House, staff: Visit) -> None:
    auditor = at_home.visit("auditor", Role.AUDITOR)
    _, turn = staff.ask("How long are backups kept?")
    page = auditor.get(f"/audit/turns/{turn}").text
    assert "How long are backups kept?" in page
    assert "policies/backup.md" in page
    assert "turn.answered" in auditor.get("/audit").text


def test_an_auditor_does_not_see_what_they_may_not_read(at_home: House) -> None:
    inside = at_home.visit("one", Role.STAFF, groups=("board",))
    auditor = at_home.visit("auditor", Role.AUDITOR)
    _, turn = inside.ask("What is the name of the merger?")
    page = auditor.get(f"/audit/turns/{turn}").text
    assert "Walnut" not in page
    assert "merger" not in page.casefold()


def test_a_token_is_shown_once_and_works(at_home: House, staff: Visit) -> None:
    page = staff.post("/settings/tokens", {"label": "Reports", "days": "7"}).text
    secret = page.partition('class="secret">')[2].partition("<")[0]
    assert secret.startswith("annexa_")
    assert secret not in staff.get("/settings").text
    answer = at_home.client.get("/api/soa", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def test_an_admin_locks_a_person_out_at_once(at_home: House, staff: Visit) -> None:
    admin = at_home.visit("admin", Role.ADMIN)
    assert staff.get("/settings").status_code == 200
    admin.post("/settings/people/suspend", {"person": "one", "suspended": "1"})
    assert staff.get("/settings").headers["location"] == "/enter"
    assert (
        admin.post("/settings/people/suspend", {"person": "admin", "suspended": "1"}).status_code
        == 409
    )


def test_the_metrics_count_routes_and_hold_no_words_of_people(at_home: House, staff: Visit) -> None:
    admin = at_home.visit("admin", Role.ADMIN)
    conversation, turn = staff.ask("Is the walrus canary fed?")
    text = admin.get("/metrics").text
    assert 'route="/chat",method="POST",status="303"' in text
    assert "annexa_answers_done_total 1" in text
    assert not [said for said in ("walrus", conversation, turn, '"one"') if said in text]


def test_the_door_is_ready_once_something_is_indexed(at_home: House) -> None:
    assert at_home.client.get("/healthz").status_code == 200
    assert at_home.client.get("/readyz").status_code == 200


def test_a_broken_access_file_opens_nothing_and_says_what_to_do(
    at_home: House, staff: Visit
) -> None:
    (at_home.door.advisor.settings.workspace / "access.yaml").write_text("rules: [")
    response = staff.get("/library")
    assert response.status_code == 503
    assert "annexa doctor" in response.text
    assert at_home.client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nonsense = 1", "nonsense"),
        ('uploads = "../x"', "uploads"),
        ('public_url = "ftp://x"', "public_url"),
        ('[roles]\nking = ["x"]', "roles"),
        ('[oidc]\nissuer = "http://x.test"\nclient_id = "a"\nclient_secret_file = "s"', "issuer"),
        ("workers = [", "web.toml"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(tmp_path: Path, text: str, names: str) -> None:
    (tmp_path / "web.toml").write_text(text)
    with pytest.raises(WorkspaceError, match=names):
        read_config(tmp_path)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104  they are refused
def test_beyond_this_machine_it_needs_a_provider_and_https(host: str) -> None:
    with pytest.raises(WorkspaceError, match="not served"):
        _check(WebConfig(), host)
    with pytest.raises(WorkspaceError, match="not served"):
        _check(WebConfig(public_url="http://annexa.test"), host)


def test_over_https_the_cookie_is_bound_to_the_host(
    home_with: Callable[[WebConfig], House],
) -> None:
    home = home_with(WebConfig(public_url="https://annexa.test"))
    secret = home.door.store.make_link("owner", home.clock(), 5)
    response = home.client.get(f"/enter/{secret}", follow_redirects=False)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-annexa=")
    assert "Secure" in cookie
    assert response.headers["strict-transport-security"]
    home.client.cookies.clear()


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    import sqlite3
    from datetime import timedelta

    database = sqlite3.connect(tmp_path / "web.db")
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    with pytest.raises(WorkspaceError, match="newer"):
        WebStore(tmp_path, idle=timedelta(1), absolute=timedelta(1))
