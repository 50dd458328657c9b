"""Whatever fails between Slack and an answer: every question has exactly one, and none is lost."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_bot import Bot, bot_on, house, populated
from slack_fake import TEAM, Fault, SlackFake
from small_house import advisor_of

from assistant.settings import VARIABLES
from bots.slack.posting import metadata_of

ROOT = Path(__file__).parents[2]
WORDS = "lost key backups kept restored tested handed caretaker quarter reported days".split()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return house(tmp_path / "workspace")


def with_slack(story: Callable[[SlackFake], Awaitable[Any]]) -> Any:
    """Run a story with a Slack that ends with it, however it ends."""

    async def whole() -> Any:
        slack = populated(await SlackFake().start())
        try:
            return await story(slack)
        finally:
            await slack.stop()

    return asyncio.run(whole())


def number_of(request: pytest.FixtureRequest, few: int, many: int) -> int:
    return many if request.config.getoption("--soak") else few


def events_of(bot: Any, number: int, chance: random.Random) -> list[dict[str, Any]]:
    """Make questions of several people in channels and direct messages."""
    made = []
    for one in range(number):
        user = chance.choice(["UANA", "UBEN", "ULEAD"])
        text = f"When are {' '.join(chance.sample(WORDS, 3))}, case {one}?"
        if chance.random() < 0.5:
            made.append(bot.mention(user, text, "C0PUBLIC"))
        else:
            made.append(bot.message(user, text, f"D{user}"))
    return made


def assert_one_answer_each(slack: SlackFake, events: list[dict[str, Any]]) -> None:
    said = [(one.metadata or {})["event_payload"]["key"] for one in slack.standing()]
    keys = [f"{TEAM}/{one['channel']}/{one['ts']}" for one in events]
    assert sorted(said) == sorted(metadata_of(key, 0)["event_payload"]["key"] for key in keys)
    for one in slack.standing():
        assert not one.streaming
        assert any(word in one.words.casefold() for word in ("key", "backup", "find no"))
        assert one.metadata
    assert slack.problems == []


def trouble(slack: SlackFake, chance: random.Random, number: int) -> None:
    """Let some calls fail in all the ways in which calls to Slack fail."""
    for _ in range(number):
        method = chance.choice(
            ["chat.startStream", "chat.stopStream", "chat.postMessage", "chat.update", "users.info"]
        )
        slack.fail(
            method,
            chance.choice(
                [
                    Fault(429, "ratelimited", {"Retry-After": "0"}),
                    Fault(500, "internal_error"),
                    Fault(200, "internal_error"),
                    Fault(after=True),
                    Fault(200, "message_not_in_streaming_state")
                    if method == "chat.stopStream"
                    else Fault(503, "service_unavailable"),
                ]
            ),
        )


def test_every_event_has_one_answer_whatever_is_sent_twice_refused_or_broken_off(
    workspace: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(7)  # noqa: S311
    number = number_of(request, 50, 1000)

    async def story(slack: SlackFake) -> list[float]:
        advisor = advisor_of(workspace)
        waits: list[float] = []
        events: list[dict[str, Any]] = []
        sent: list[tuple[str, dict[str, Any]]] = []
        rounds = max(2, number // 100)
        trouble(slack, chance, number // 2)
        for part in range(rounds):
            async with bot_on(workspace, slack=slack, advisor=advisor, lease=1.0) as bot:
                new = events_of(bot, number // rounds, chance)
                events += new
                batch = [(f"Ev{one['channel']}{one['ts']}", one) for one in new]
                late = chance.sample(sent, min(5, len(sent)))  # again, long after it was answered
                batch += [one for one in batch if chance.random() < 0.4] + late
                chance.shuffle(batch)

                async def deliver(bot: Bot, event_id: str, event: dict[str, Any]) -> None:
                    begun = time.monotonic()
                    assert await bot.send(event, event_id) == 200
                    waits.append(time.monotonic() - begun)

                for start in range(0, len(batch), 10):
                    group = batch[start : start + 10]
                    await asyncio.gather(*(deliver(bot, *one) for one in group))
                sent += batch
                if part < rounds - 1:
                    await asyncio.sleep(chance.uniform(0.0, 1.0))
                    as_if_killed(bot)
                else:
                    await bot.quiet(60 + number)
        assert_one_answer_each(slack, events)
        advisor.close()
        return waits

    waits = sorted(with_slack(story))
    assert waits[int(len(waits) * 0.99) - 1] < 1.0


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(after=True),
        Fault(500, "internal_error"),
        Fault(429, "ratelimited", {"Retry-After": "0"}),
    ],
)
@pytest.mark.parametrize("method", ["chat.startStream", "chat.stopStream", "chat.postMessage"])
def test_a_call_that_breaks_off_before_or_after_the_work_leaves_one_answer(
    workspace: Path, method: str, fault: Fault, streams: bool
) -> None:
    if streams is (method == "chat.postMessage"):
        return  # is not called then

    async def story() -> None:
        async with bot_on(workspace) as bot:
            bot.slack.streams_known = streams
            bot.slack.fail(method, fault)
            await bot.send(bot.mention("UANA", "When must a lost key be reported?", "C0PUBLIC"))
            (answer,) = await bot.answers(1)
            assert "within 24 hours" in answer.words
            assert answer.metadata
            assert bot.slack.faults[method] == deque()

    asyncio.run(story())


def as_if_killed(bot: Bot) -> None:
    """End the door so that it gives nothing back and notes nothing more."""
    for task in [*bot.door._tasks, *bot.door._side]:
        task.cancel()
    bot.door.inbox.later = lambda *_, **__: None  # type: ignore[method-assign]
    bot.door.inbox.done = lambda *_, **__: True  # type: ignore[method-assign]


def test_a_killed_process_loses_nothing_and_says_nothing_twice(
    workspace: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(11)  # noqa: S311
    kills = number_of(request, 1, 25)
    per_life = number_of(request, 8, 12)

    async def story(slack: SlackFake) -> None:
        maker = Bot(slack, None, None, itertools.count(1))  # type: ignore[arg-type]
        events: list[dict[str, Any]] = []
        unheard: dict[str, dict[str, Any]] = {}
        for life in range(kills + 1):
            process = await start(workspace, slack.base_url)
            try:
                await slack.until(lambda: slack.sockets, 60)
                for event in events_of(maker, per_life, chance):
                    events.append(event)
                    unheard[f"env-{event['channel']}-{event['ts']}"] = maker.envelope(
                        event, f"Ev{event['channel']}{event['ts']}"
                    )
                for envelope, payload in list(unheard.items()):
                    if slack.sockets:
                        await slack.push("events_api", payload, envelope)
                if life < kills:
                    await asyncio.sleep(chance.uniform(0.05, 1.5))
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
                    await slack.until(lambda: not slack.sockets, 10)
                    # Slack sends again what nobody acknowledged, and now and then what somebody did.
                    for envelope in list(unheard):
                        if envelope in slack.acks and chance.random() < 0.8:
                            del unheard[envelope]
                else:
                    await slack.until(
                        lambda: (
                            {(one.channel, one.thread) for one in slack.standing()}
                            >= {(one["channel"], one["ts"]) for one in events}
                            and not any(one.streaming for one in slack.standing())
                        ),
                        40,
                    )
                    await asyncio.sleep(0.5)
            finally:
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
        assert_one_answer_each(slack, events)

    with_slack(story)


async def start(workspace: Path, base_url: str) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "tests" / "support" / "slack_process.py"),
        str(workspace),
        base_url,
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
    )


def test_an_event_that_cannot_be_written_down_is_not_acknowledged(workspace: Path) -> None:
    async def story() -> None:
        async with bot_on(workspace) as bot:

            def broken(*_: object) -> bool:
                raise OSError("the disk is full")

            put = bot.door.inbox.put
            bot.door.inbox.put = broken  # type: ignore[method-assign]
            event = bot.message("UANA", "When must a lost key be reported?", "DUANA")
            assert await bot.send(event, "Ev1") == 503
            bot.door.inbox.put = put  # type: ignore[method-assign]
            assert await bot.send(event, "Ev1") == 200
            assert len(await bot.answers(1)) == 1

    asyncio.run(story())


def test_a_revoked_token_keeps_every_question_until_there_is_a_new_one(workspace: Path) -> None:
    async def story(slack: SlackFake) -> None:
        advisor = advisor_of(workspace)
        async with bot_on(workspace, slack=slack, advisor=advisor) as bot:
            slack.revoked = True
            for one in range(3):
                event = bot.message("UANA", f"When must a lost key be reported, {one}?", "DUANA")
                assert await bot.send(event) == 200
            await slack.until(lambda: bot.door.room.shut_out == "token_revoked")
            assert slack.standing() == []
        slack.revoked = False
        async with bot_on(workspace, slack=slack, advisor=advisor) as bot:
            with advisor.records.writing() as connection:  # half a minute passes
                connection.exec_driver_sql("UPDATE inbox_events SET not_before = received_at")
            assert len(await bot.answers(3)) == 3
        advisor.close()

    with_slack(story)


def test_a_thread_is_worked_in_the_order_of_its_messages(workspace: Path) -> None:
    async def story(slack: SlackFake) -> None:
        advisor = advisor_of(workspace)
        async with bot_on(workspace, slack=slack, advisor=advisor, workers=0) as bot:
            root = bot.message("UANA", "When must a lost key be reported?", "DUANA")
            later = [
                bot.message("UANA", f"And for backups, {one}?", "DUANA", root["ts"])
                for one in range(4)
            ]
            for event in reversed([root, *later]):  # written down while nobody works
                assert await bot.send(event) == 200
        async with bot_on(workspace, slack=slack, advisor=advisor) as bot:
            await bot.answers(5)
        asked = sorted(advisor.records.answered(), key=lambda turn: turn.ordinal)
        assert [one.question for one in asked] == [one["text"] for one in [root, *later]]
        advisor.close()

    with_slack(story)


def test_who_asks_is_told_when_there_will_be_no_answer(workspace: Path) -> None:
    async def story() -> None:
        async with bot_on(workspace) as bot:
            (workspace / "access.yaml").write_text("rules: [", encoding="utf-8")
            bot.door.inbox.later = _at_once(bot)  # type: ignore[method-assign]
            await bot.send(bot.message("UANA", "When must a lost key be reported?", "DUANA"))
            (told,) = await bot.answers(1)
            assert "I could not answer this" in told.words
            assert bot.door.inbox.counted() == {"failed": 1}

    asyncio.run(story())


def _at_once(bot: Bot) -> Any:
    """Let what is to be tried later be tried at once."""
    later = bot.door.inbox.later

    def now(event: int, worker: str, _: Any, *, counts: bool) -> None:
        later(event, worker, bot.door.now(), counts=counts)

    return now


def test_what_was_written_leaves_the_inbox_with_its_answer(workspace: Path) -> None:
    async def story() -> None:
        async with bot_on(workspace) as bot:
            await bot.send(bot.message("UANA", "When must a lost key be reported?", "DUANA"))
            await bot.answers(1)
            with bot.advisor.records.reading() as connection:
                kept = connection.exec_driver_sql("SELECT body FROM inbox_events").scalars().all()
            assert kept == [None]
            assert await bot.send(bot.message("UBEN", "idle talk", "C0PUBLIC", "1.1")) == 200
            assert bot.door.inbox.counted() == {"done": 1}

    asyncio.run(story())
