"""Asking in Slack, by every way there is, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_bot import Bot, bot_on, house
from slack_fake import BOT, Fault
from slack_messages import active_in

from bots.slack.socket_mode import connect
from knowledge.passages import Reader

LOST = "A lost key must be reported to the caretaker within 24 hours."
QUESTION = "When must a lost key be reported?"
Story = Callable[[Bot], Awaitable[None]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return house(tmp_path_factory.mktemp("slack") / "workspace")


@pytest.fixture
def play(made: Path, tmp_path: Path) -> Callable[..., None]:
    """Run a story with the bot on a copy of the workspace."""
    import shutil

    workspace = tmp_path / "workspace"
    shutil.copytree(made, workspace)

    def run(story: Story, **more: Any) -> None:
        async def whole() -> None:
            async with bot_on(workspace, **more) as bot:
                await story(bot)
                assert bot.slack.problems == []

        asyncio.run(whole())

    return run


def test_a_mention_is_answered_in_its_thread_with_its_source(play):
    async def story(bot: Bot) -> None:
        said = bot.mention("UANA", QUESTION, "C0PUBLIC")
        assert await bot.send(said) == 200
        (answer,) = await bot.answers(1)
        assert (answer.channel, answer.thread) == ("C0PUBLIC", said["ts"])
        assert LOST in answer.words
        assert "Key Policy KEY-01 v2.0" in bot.seen(answer)
        assert bot.slack.of("assistant.threads.setStatus")[0].params["status"]
        start = bot.slack.of("chat.startStream")[0].params
        assert (start["recipient_user_id"], start["recipient_team_id"]) == ("UANA", "T0HOME")

    play(story)


def test_a_direct_message_is_answered_with_the_rights_of_whoever_asks(play):
    async def story(bot: Bot) -> None:
        await bot.send(bot.message("ULEAD", "What is Operation Walnut?", "DULEAD"))
        (answer,) = await bot.answers(1)
        assert "buys the rival" in answer.words
        await bot.send(bot.message("UANA", "What is Operation Walnut?", "DUANA"))
        (none,) = await bot.answers(1, "DUANA")
        assert "I find no document" in none.words
        assert "Walnut Memo" not in none.words
        assert bot.slack.of("assistant.threads.setTitle")

    play(story)


def test_the_same_person_gets_the_same_answer_as_at_the_command_line(play):
    async def story(bot: Bot) -> None:
        reader = Reader(id="ulead@example.com", groups=frozenset({"board"}))
        talk = bot.advisor.start(reader=reader, door="cli")
        for number, question in enumerate((QUESTION, "What is Operation Walnut?"), 1):
            await bot.send(bot.message("ULEAD", question, "DULEAD"))
            await bot.answers(number)
            here = bot.advisor.take_turn(talk.id, question, reader=reader).answer
            there = bot.advisor.records.answered()
            kept = [one.answer for one in there if one.question == question]
            assert kept[0] == here

    play(story)


def test_a_reply_in_a_thread_needs_no_mention(play):
    async def story(bot: Bot) -> None:
        first = bot.mention("UANA", QUESTION, "C0PUBLIC")
        await bot.send(first)
        await bot.answers(1)
        await bot.send(bot.message("UANA", "How long are backups kept?", "C0PUBLIC", first["ts"]))
        answers = await bot.answers(2)
        assert [one.thread for one in answers] == [first["ts"]] * 2
        (talk,) = bot.advisor.conversations(reader=Reader(id="uana@example.com"))
        assert talk.turns == 2

    play(story)


def test_talk_among_people_is_left_alone(play):
    async def story(bot: Bot) -> None:
        first = bot.mention("UANA", QUESTION, "C0PUBLIC")
        await bot.send(first)
        await bot.answers(1)
        for event in (
            bot.message("UANA", "thanks a lot!", "C0PUBLIC", first["ts"]),
            bot.message(
                "UANA", "<@UBEN> did you know how long backups are kept?", "C0PUBLIC", first["ts"]
            ),
            bot.message("UBEN", "I did not. How long are backups kept?", "C0PUBLIC", first["ts"]),
            bot.message("UBEN", "How long are backups kept?", "C0PUBLIC"),
            {**bot.message("UANA", QUESTION, "DUANA"), "bot_id": "B1"},
            {**bot.message("UANA", "", "C0PUBLIC"), "subtype": "channel_join"},
            bot.message(BOT, "my own words", "DUANA"),
        ):
            assert await bot.send(event) == 200
        await bot.quiet()
        assert len(bot.slack.standing()) == 1

    play(story)


def test_a_command_is_answered_in_the_direct_messages(play):
    async def story(bot: Bot) -> None:
        _, shown = await bot.command("UANA", QUESTION)
        assert "direct message" in shown
        (answer,) = await bot.answers(1)
        assert answer.channel == "DUANA"
        assert LOST in answer.words
        await bot.send(bot.message("UANA", "How long are backups kept?", "DUANA", answer.ts))
        await bot.answers(2)
        (talk,) = bot.advisor.conversations(reader=Reader(id="uana@example.com"))
        assert talk.turns == 2
        _, hint = await bot.command("UANA", "help")
        assert "/annexa how long" in hint

    play(story)


def test_a_message_is_checked_against_the_policies_by_its_shortcut(play):
    async def story(bot: Bot) -> None:
        await bot.act(
            {
                "type": "message_action",
                "callback_id": "check_message",
                "user": {"id": "UANA"},
                "channel": {"id": "C0PUBLIC"},
                "message": {"text": f"<@UBEN> {QUESTION} &amp; why", "ts": "1.1"},
                "message_ts": "1.1",
                "response_url": "http://127.0.0.1:9/none",
            }
        )
        (answer,) = await bot.answers(1)
        assert answer.channel == "DUANA"
        assert "You asked: a colleague When must" in bot.seen(answer)

    play(story)


def test_the_agent_offers_questions_and_the_home_tab_lists_what_waits(play):
    async def story(bot: Bot) -> None:
        await bot.send(
            {"type": "app_home_opened", "user": "UANA", "channel": "DUANA", "tab": "messages"}
        )
        await bot.slack.until(lambda: bot.slack.of("assistant.threads.setSuggestedPrompts"))
        await bot.send(
            {
                "type": "assistant_thread_started",
                "assistant_thread": {"channel_id": "DUANA", "thread_ts": "5.1"},
            }
        )
        await bot.slack.until(
            lambda: len(bot.slack.of("assistant.threads.setSuggestedPrompts")) == 2
        )
        for user in ("UANA", "ULEAD"):
            await bot.send({"type": "app_home_opened", "user": user, "channel": "D", "tab": "home"})
        await bot.slack.until(lambda: len(bot.slack.of("views.publish")) == 2)
        shown = {
            one.params["user_id"]: json.dumps(one.params["view"])
            for one in bot.slack.of("views.publish")
        }
        assert "Waiting for an answer" in shown["ULEAD"]
        assert "Waiting for an answer" not in shown["UANA"]

    play(story)


def test_a_source_opens_for_those_who_may_read_it_and_for_nobody_else(play):
    async def story(bot: Bot) -> None:
        await bot.send(bot.message("ULEAD", "What is Operation Walnut?", "DULEAD"))
        (answer,) = await bot.answers(1)
        actions = next(one for one in answer.blocks if one["type"] == "actions")
        button = next(one for one in actions["elements"] if one["action_id"] == "open_source_1")
        for user in ("ULEAD", "UANA"):
            await bot.press(user, {**button, "block_id": "b"})
        await bot.slack.until(lambda: len(bot.slack.of("views.open")) == 2)
        lead, ana = (json.dumps(one.params["view"]) for one in bot.slack.of("views.open"))
        assert "buys the rival" in lead
        assert "Walnut" not in ana

    play(story)


def test_a_thumb_is_kept_and_a_reason_with_it_from_whoever_asked_alone(play):
    async def story(bot: Bot) -> None:
        await bot.send(bot.mention("UANA", QUESTION, "C0PUBLIC"))
        (answer,) = await bot.answers(1)
        thumbs = answer.blocks[-1]["elements"][0]["negative_button"]["value"]
        press = {
            "type": "feedback_buttons",
            "action_id": "answer_feedback",
            "value": thumbs,
            "block_id": "b",
        }
        where = {"channel": {"id": "C0PUBLIC"}, "message": {"ts": answer.ts}}
        await bot.press("UBEN", press, **where)
        await bot.slack.until(lambda: bot.slack.whispers)
        await bot.press("UANA", press, **where)
        view = (await bot.slack.until(lambda: bot.slack.of("views.open")))[0].params["view"]
        await bot.submit("UANA", view, reason={"value": "the form is dead"})
        turn = thumbs.partition(":")[2]
        (judged,) = bot.advisor.records.judgements(turn)
        assert (judged.good, judged.reason) == (False, "the form is dead")

    play(story)


def test_a_persons_answer_comes_back_to_the_thread(play):
    async def story(bot: Bot) -> None:
        said = bot.mention("UANA", "Who waters the plants on the roof?", "C0PUBLIC")
        await bot.send(said)
        (answer,) = await bot.answers(1)
        actions = next(one for one in answer.blocks if one["type"] == "actions")
        button = next(one for one in actions["elements"] if one["action_id"] == "open_person")
        await bot.press("UBEN", {**button, "block_id": "b"}, channel={"id": "C0PUBLIC"}, message={})
        await bot.press("UANA", {**button, "block_id": "b"})
        (opened,) = await bot.slack.until(lambda: bot.slack.of("views.open"))
        _, told = await bot.submit(
            "UANA", opened.params["view"], question={"value": "Who waters the plants?"}, named={}
        )
        assert "Q-1" in told
        await bot.press(
            "ULEAD", {"type": "button", "action_id": "open_answer", "value": "Q-1", "block_id": "b"}
        )
        await bot.slack.until(lambda: len(bot.slack.of("views.open")) == 2)
        window = bot.slack.of("views.open")[1].params["view"]
        _, refused = await bot.submit(
            "UANA",
            window,
            answer={"value": "Me."},
            source={"value": "x"},
            expires={"selected_date": "2027-01-01"},
        )
        assert "errors" in refused
        await bot.submit(
            "ULEAD",
            window,
            answer={"value": "The gardener <!channel> does."},
            source={"value": "decision of the board"},
            expires={"selected_date": "2027-11-01"},
        )
        _, back = await bot.answers(2)
        assert back.thread == said["ts"]
        assert "The gardener" in back.words
        assert active_in(back.words) == []
        await asyncio.sleep(0.1)
        assert bot.advisor.records.deliveries("slack") == ()

    play(story)


def test_an_edited_question_is_answered_anew_in_the_same_place(play):
    async def story(bot: Bot) -> None:
        said = bot.message("UANA", QUESTION, "DUANA")
        await bot.send(said)
        await bot.answers(1)
        edited = {
            **said,
            "text": "How long are backups kept?",
            "edited": {"ts": bot.slack.next_ts()},
        }
        change = {
            "type": "message",
            "subtype": "message_changed",
            "channel": "DUANA",
            "channel_type": "im",
            "message": edited,
            "previous_message": said,
            "event_ts": bot.slack.next_ts(),
        }
        await bot.send(change)
        await bot.slack.until(
            lambda: (
                "35 days" in bot.slack.standing()[0].words
                or "I find" in bot.slack.standing()[0].words
            )
        )
        await bot.quiet()
        (answer,) = bot.slack.standing()
        assert LOST not in answer.words

    play(story)


def test_a_deleted_question_takes_its_answer_with_it(play):
    async def story(bot: Bot) -> None:
        said = bot.message("UANA", QUESTION, "DUANA")
        await bot.send(said)
        await bot.answers(1)
        gone = {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "DUANA",
            "deleted_ts": said["ts"],
            "previous_message": said,
        }
        await bot.send(gone)
        await bot.slack.until(lambda: not bot.slack.standing())
        late = bot.message("UANA", QUESTION, "DUANA")
        await bot.send({**gone, "deleted_ts": late["ts"], "previous_message": late})
        await bot.send(late)
        await bot.quiet()
        assert bot.slack.standing() == []

    play(story)


def test_an_incident_is_told_first_what_to_do_now(play):
    async def story(bot: Bot) -> None:
        await bot.send(bot.message("UANA", "I mailed payroll to the wrong supplier", "DUANA"))
        (answer,) = await bot.answers(1)
        assert bot.seen(answer).startswith("**This sounds like an incident: report it now")

    play(story)


def test_a_stream_that_slack_ended_is_put_right_in_its_place(play):
    async def story(bot: Bot) -> None:
        bot.slack.fail("chat.stopStream", Fault(error="message_not_in_streaming_state"))
        await bot.send(bot.mention("UANA", QUESTION, "C0PUBLIC"))
        await bot.slack.until(lambda: bot.slack.of("chat.update"))
        await bot.quiet()
        (answer,) = bot.slack.standing()
        assert LOST in answer.words
        assert answer.metadata is not None

    play(story)


def test_without_streams_an_answer_is_posted_whole(play):
    async def story(bot: Bot) -> None:
        bot.slack.streams_known = False
        await bot.send(bot.mention("UANA", QUESTION, "C0PUBLIC"))
        (answer,) = await bot.answers(1)
        assert LOST in answer.words

    play(story)


def test_an_answer_whose_channel_is_gone_comes_as_a_direct_message(play):
    async def story(bot: Bot) -> None:
        for method in ("chat.startStream", "chat.postMessage"):
            bot.slack.fail(method, Fault(error="is_archived"))
        await bot.send(bot.mention("UANA", QUESTION, "C0PUBLIC"))
        (answer,) = await bot.answers(1)
        assert answer.channel == "DUANA"
        assert LOST in answer.words

    play(story)


def test_forged_and_old_requests_are_refused(play):
    async def story(bot: Bot) -> None:
        import time

        body = json.dumps(bot.envelope(bot.mention("UANA", QUESTION, "C0PUBLIC")))
        assert (await bot.post(body, "application/json", secret="other"))[0] == 401  # noqa: S106
        assert (await bot.post(body, "application/json", at=time.time() - 400))[0] == 401
        challenge = json.dumps({"type": "url_verification", "challenge": "c1"})
        assert "c1" in (await bot.post(challenge, "application/json"))[1]
        assert bot.door.inbox.counted() == {}

    play(story)


def test_socket_mode_answers_the_same_way_and_survives_lost_connections(play):
    async def story(bot: Bot) -> None:
        handler = await connect(bot.door, "xapp-1")
        try:
            event = bot.envelope(bot.mention("UANA", QUESTION, "C0PUBLIC"))
            await bot.slack.push("events_api", event, "e1", accepts_response_payload=False)
            await bot.slack.until(lambda: "e1" in bot.slack.acks)
            await bot.slack.push("events_api", event, "e2", retry_attempt=1, retry_reason="timeout")
            await bot.answers(1)
            await bot.slack.sockets[-1].send_json(
                {"type": "disconnect", "reason": "refresh_requested"}
            )
            await bot.slack.until(lambda: bot.slack.connections >= 2 and bot.slack.sockets)
            again = bot.envelope(bot.message("UANA", QUESTION, "DUANA"))
            while "e3" not in bot.slack.acks:
                await bot.slack.push("events_api", again, "e3")
                await asyncio.sleep(0.3)
            await bot.answers(1, "DUANA")
            command = {
                "command": "/annexa",
                "text": "help",
                "team_id": "T0HOME",
                "user_id": "UANA",
                "channel_id": "C1",
                "trigger_id": "1.9",
                "api_app_id": "A1",
            }
            await bot.slack.push("slash_commands", command, "e4", accepts_response_payload=True)
            await bot.slack.until(lambda: "e4" in bot.slack.acks)
            assert "/annexa" in bot.slack.acks["e4"]["payload"]["text"]
            assert len(bot.slack.standing()) == 2
        finally:
            await handler.close_async()

    play(story)
