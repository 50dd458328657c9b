"""Setting the Slack door up: settings, the command, and what `annexa doctor` says."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slack_bot import house, populated
from slack_fake import Fault, SlackFake
from small_house import advisor_of

from assistant.settings import VARIABLES, SettingsError, Slack, read_settings
from bots.slack.checking import check
from bots.slack.door import Door, SlackError
from bots.slack.http import application


@pytest.fixture
def slack() -> Iterator[SlackFake]:
    """A Slack in a thread of its own, for what brings its own event loop."""
    fake = populated(SlackFake())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(fake.start(), loop).result(10)
    yield fake
    asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def settings_of(tmp_path: Path, text: str = "", **environment: str) -> Slack:
    (tmp_path / "annexa.toml").write_text(text, encoding="utf-8")
    return read_settings(workspace=tmp_path, today="2026-11-23", environment=environment).slack


def test_tokens_come_from_the_environment_and_groups_from_the_file(tmp_path):
    text = '[slack]\ngroups = {board = "S01", ops = ["S02", "S03"]}\n'
    found = settings_of(tmp_path, text, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1")  # noqa: S106
    assert found.groups == {"board": ("S01",), "ops": ("S02", "S03")}
    assert "xoxb-1" not in repr(found)


@pytest.mark.parametrize(
    ("text", "environment", "named"),
    [
        ("", {"SLACK_BOT_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ("", {"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ('[slack]\ngroups = {board = "management"}', {}, "board"),
        ("", {"SLACK_API_URL": "slack.example"}, "SLACK_API_URL"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, environment, named):
    with pytest.raises(SettingsError, match=named):
        settings_of(tmp_path, text, **environment)


def test_the_command_says_which_token_is_missing(annexa):
    done = annexa("slack")
    assert done.code == 3
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN must be set" in done.err
    assert "SLACK_SIGNING_SECRET" in annexa("slack", "--port", "3000").err


def test_the_command_prints_the_manifest(annexa):
    made = json.loads(annexa("slack", "manifest", "--http", "https://a.example/slack/events").out)
    assert (
        made["settings"]["event_subscriptions"]["request_url"] == "https://a.example/slack/events"
    )


def test_the_door_says_why_it_cannot_be_opened(tmp_path, slack):
    advisor = advisor_of(house(tmp_path / "w"))
    for fault, said in (
        (Fault(error="invalid_auth"), "refuses the token"),
        (Fault(500, "internal_error"), "cannot be reached"),
    ):
        slack.fail("auth.test", *[fault] * 3)
        with pytest.raises(SlackError, match=said):
            asyncio.run(Door.open(advisor, token="xoxb-1", base_url=slack.base_url))  # noqa: S106
        slack.faults.clear()
    advisor.close()


def test_http_without_a_signing_secret_is_not_opened(tmp_path, slack):
    advisor = advisor_of(house(tmp_path / "w"))
    door = asyncio.run(Door.open(advisor, token="xoxb-1", base_url=slack.base_url))  # noqa: S106
    with pytest.raises(SlackError, match="SLACK_SIGNING_SECRET"):
        application(door)
    asyncio.run(door.close())
    advisor.close()


def test_doctor_finds_missing_scopes_unknown_groups_and_a_dead_token(
    tmp_path, slack, annexa, monkeypatch
):
    monkeypatch.setenv("SLACK_API_URL", slack.base_url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")

    def said() -> dict[str, str]:
        checks = json.loads(annexa("doctor", "--json").out)
        return next(one for one in checks if one["name"] == "Slack")

    assert said()["state"] == "fail"
    assert "usergroups:read" in said()["found"]
    slack.scopes = ""
    assert "nothing reaches it" in said()["found"]
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert said()["state"] == "warn"
    slack.revoked = True
    assert "token_revoked" in said()["found"]
    slack.revoked = False
    text = '[slack]\ngroups = {board = "S0GONE"}\n'
    found = check(
        settings_of(tmp_path, text, SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL=slack.base_url)  # noqa: S106
    )
    assert found.unknown == ("S0GONE",)


@pytest.mark.parametrize("over_http", [False, True])
def test_the_command_answers_until_it_is_stopped(tmp_path, slack, over_http):
    workspace = house(tmp_path / "w")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES} | {
        "SLACK_API_URL": slack.base_url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET" if over_http else "SLACK_APP_TOKEN": "xapp-1",
        "ANNEXA_WORKSPACE": str(workspace),
    }
    arguments = ["--port", str(port)] if over_http else []
    with (
        subprocess.Popen(
            [sys.executable, "-m", "bots.cli", "slack", *arguments],
            cwd=Path(__file__).parents[2],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        stopped(process),
    ):
        assert process.stderr is not None
        assert "answering in Slack" in process.stderr.readline()
        if over_http:
            _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        else:
            _until(lambda: bool(slack.sockets))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert process.returncode in {0, -signal.SIGTERM}
        assert "Traceback" not in said


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leave no process behind, whatever a test found."""
    try:
        yield
    finally:
        process.kill()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() < end
        time.sleep(0.05)
