"""Nobody sees in Slack what they may not read, whoever is in the channel and whatever changes."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_bot import Bot, bot_on, house
from slack_fake import BOT, Fault, Message
from slack_messages import active_in

CANARIES = {
    "Walnut buys": ("S0BOARD",),
    "buys the rival": ("S0BOARD",),
    "Walnut Memo": ("S0BOARD",),
    "Hazelnut": ("S0OPS",),
    "Operations Runbook": ("S0OPS",),
    "Pistachio": ("S0BOARD", "S0OPS"),
    "Cable Standard": ("S0BOARD", "S0OPS"),
}
"""Words of restricted documents → the user groups of which one must be somebody's own."""
WALNUT = "What is Operation Walnut?"
QUESTIONS = (
    WALNUT,
    "What is the pager codeword of the operators?",
    "Which mark does every backbone cable carry?",
    "When must a lost key be reported?",
    "Which documents are there?",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return house(tmp_path_factory.mktemp("audience") / "workspace")


@pytest.fixture
def play(made: Path, tmp_path: Path) -> Callable[..., None]:
    workspace = tmp_path / "workspace"
    shutil.copytree(made, workspace)

    def run(story: Callable[[Bot], Awaitable[None]], **more: Any) -> None:
        async def whole() -> None:
            async with bot_on(workspace, **more) as bot:
                await story(bot)
                assert bot.slack.problems == []

        asyncio.run(whole())

    return run


def may_read(bot: Bot, user: str, groups: tuple[str, ...]) -> bool:
    person = bot.slack.people[user]
    outside = person.get("is_restricted") or person.get("is_stranger") or person.get("is_bot")
    if outside or not person["is_email_confirmed"]:
        return False
    return any(user in bot.slack.groups[group] for group in groups)


def leaks_in(bot: Bot, message: Message) -> list[str]:
    """Say who could read in a message what they may not read."""
    channel = bot.slack.channels[message.channel]
    seers = set(message.seen_by)
    if not channel.private:
        seers |= {one for one, record in bot.slack.people.items() if not record.get("is_bot")}
    found = []
    for words, groups in CANARIES.items():
        if words in message.words:
            found += [
                f"{user} reads {words!r}" for user in seers if not may_read(bot, user, groups)
            ]
            if channel.ext_shared:
                found.append(f"strangers read {words!r}")
    return found


def test_an_answer_that_everybody_there_may_read_is_given_there(play):
    async def story(bot: Bot) -> None:
        await bot.send(bot.mention("ULEAD", WALNUT, "C0BOARD"))
        (answer,) = await bot.answers(1)
        assert answer.channel == "C0BOARD"
        assert "buys the rival" in answer.words

    play(story)


@pytest.mark.parametrize(
    "channel", ["C0PUBLIC", "C0OPEN", "C0MIXED", "C0GUEST", "C0SHARED", "C0BOTS"]
)
def test_an_answer_that_somebody_there_may_not_read_is_given_in_private(play, channel):
    async def story(bot: Bot) -> None:
        await bot.send(bot.mention("ULEAD", WALNUT, channel))
        (answer,) = await bot.answers(1)
        assert answer.channel == "DULEAD"
        assert "buys the rival" in answer.words
        (note,) = bot.slack.whispers
        assert (note.params["channel"], note.params["user"]) == (channel, "ULEAD")
        assert note.params["text"] == "I have answered you in a direct message."

    play(story)


def test_two_groups_share_what_each_of_them_may_read(play):
    async def story(bot: Bot) -> None:
        await bot.send(
            bot.mention("ULEAD", "Which mark does every backbone cable carry?", "C0MIXED")
        )
        (answer,) = await bot.answers(1)
        assert answer.channel == "C0MIXED"
        assert "Pistachio" in answer.words

    play(story)


@pytest.mark.parametrize("channel", ["C0PUBLIC", "C0GUEST", "C0SHARED"])
def test_what_is_open_to_everyone_is_answered_even_before_guests(play, channel):
    async def story(bot: Bot) -> None:
        await bot.send(bot.mention("ULEAD", "When must a lost key be reported?", channel))
        (answer,) = await bot.answers(1)
        assert answer.channel == channel

    play(story)


@pytest.mark.parametrize("user", ["UGUEST", "USTRANGER", "UNOMAIL", "UANA"])
def test_who_has_no_group_gets_what_everyone_may_read(play, user):
    async def story(bot: Bot) -> None:
        bot.slack.groups["S0BOARD"] += ["UGUEST", "USTRANGER", "UNOMAIL"]
        channel = bot.slack.direct(user)
        await bot.send(bot.message(user, WALNUT, channel))
        (answer,) = await bot.answers(1)
        assert "I find no document" in answer.words
        assert leaks_in(bot, answer) == []

    play(story)


@pytest.mark.parametrize("method", ["usergroups.list", "users.info"])
def test_rights_that_cannot_be_looked_up_count_as_none(play, method):
    async def story(bot: Bot) -> None:
        bot.slack.fail(method, *[Fault(200, "internal_error")] * 40)
        await bot.send(bot.message("ULEAD", WALNUT, "DULEAD"))
        (answer,) = await bot.answers(1)
        assert "I find no document" in answer.words
        assert "could not be looked up" in answer.words

    play(story)


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "users.list"])
def test_an_audience_that_cannot_be_looked_up_may_read_nothing_restricted(play, method):
    async def story(bot: Bot) -> None:
        bot.slack.fail(method, *[Fault(200, "internal_error")] * 40)
        await bot.send(bot.mention("ULEAD", WALNUT, "C0BOARD"))
        (answer,) = await bot.answers(1)
        assert answer.channel == "DULEAD"

    play(story)


def test_a_changed_address_does_not_make_another_person_of_anybody(play):
    async def story(bot: Bot) -> None:
        for number in (1, 2):
            await bot.send(bot.message("UANA", "When must a lost key be reported?", "DUANA"))
            await bot.answers(number)
            bot.slack.people["UANA"]["profile"]["email"] = "ulead@example.com"
        await bot.send(bot.message("UBEN", "When must a lost key be reported?", "DUBEN"))
        bot.slack.people["UOPS"]["profile"]["email"] = "uana@example.com"
        await bot.send(bot.message("UOPS", "What is the pager codeword of the operators?", "DUOPS"))
        answers = await bot.answers(4)
        bound = bot.door.inbox.bound("T0HOME")
        assert bound == {"UANA": "uana@example.com", "UBEN": "uben@example.com"}
        assert "Hazelnut" not in "".join(one.words for one in answers)

    play(story)


def test_who_joins_while_it_is_answered_sees_nothing_of_it(play):
    async def story(bot: Bot) -> None:
        original = bot.advisor.take_turn

        def joined(*given: Any, **named: Any) -> Any:
            if "UANA" not in bot.slack.channels["C0BOARD"].members:
                bot.slack.channels["C0BOARD"].members.append("UANA")
            return original(*given, **named)

        bot.advisor.take_turn = joined  # type: ignore[method-assign]
        await bot.send(bot.mention("ULEAD", WALNUT, "C0BOARD"))
        (answer,) = await bot.answers(1)
        assert answer.channel == "DULEAD"

    play(story)


def test_an_edited_question_whose_answer_not_everybody_may_read_leaves_the_channel(play):
    async def story(bot: Bot) -> None:
        said = bot.mention("ULEAD", "When must a lost key be reported?", "C0PUBLIC")
        await bot.send(said)
        await bot.answers(1)
        await bot.send(edited(bot, said, WALNUT))
        answers = await bot.answers(2)
        assert [one.channel for one in answers] == ["C0PUBLIC", "DULEAD"]
        assert "went to whoever asked" in answers[0].words

    play(story)


def test_nothing_in_a_document_can_notify_anybody_or_lead_anywhere(play):
    from hand_made import document, passages

    from knowledge.library import Library

    texts = (
        "Vault walnuts <!channel> <@UANA> are stored at https://evil.example/?q=x www.evil.example",
        "Vault walnuts [click](https://evil.example) ![x](http://evil.example/a) evil.example/a @here",
        "Vault walnuts <https://evil.example|ok> [a]: https://evil.example javascript:x &lt;!here&gt;",
    )

    async def story(bot: Bot) -> None:
        bad = document("evil.md", title="Walnut <!channel> https://evil.example", identifier="E-1")
        library: Library = bot.advisor.library
        await asyncio.to_thread(library.load, [(bad, passages(bad, *texts))])
        await bot.send(bot.message("UANA", "Where are vault walnuts stored?", "DUANA"))
        (answer,) = await bot.answers(1)
        assert "evil" in answer.words
        assert active_in(answer.words) == []
        for call in bot.slack.of("chat.postMessage"):
            assert call.params["unfurl_links"] in {False, "false", "0"}

    play(story)


def edited(bot: Bot, said: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": said["channel"],
        "channel_type": "im" if said["channel"].startswith("D") else "channel",
        "message": {**said, "text": f"<@{BOT}> {text}", "edited": {"ts": bot.slack.next_ts()}},
        "previous_message": said,
        "event_ts": bot.slack.next_ts(),
    }


def test_random_channels_members_guests_and_changes_show_nothing_to_whom_it_is_closed(
    play, request: pytest.FixtureRequest
):
    number = 5000 if request.config.getoption("--soak") else 100
    chance = random.Random(23)  # noqa: S311
    found: list[str] = []
    places: dict[str, int] = {}

    async def story(bot: Bot) -> None:
        slack = bot.slack
        people = ["UANA", "UBEN", "ULEAD", "UOPS", "UGUEST", "USTRANGER", "UNOMAIL"]
        for one in range(6):
            slack.person(f"UX{one}")
            people.append(f"UX{one}")
        rooms = [slack.channel(f"C1ROOM{one}", private=one % 4 != 0) for one in range(8)]

        def posted(message: Message) -> None:
            kind = "direct" if message.channel.startswith("D") else "channel"
            places[kind] = places.get(kind, 0) + 1
            found.extend(leaks_in(bot, message))

        slack.on_post = posted

        def change() -> None:
            room = slack.channels[chance.choice(rooms)]
            match chance.randrange(6):
                case 0:
                    room.private = not room.private
                case 1:
                    room.ext_shared = chance.random() < 0.2
                case 2:
                    group = slack.groups[chance.choice(["S0BOARD", "S0OPS"])]
                    who = chance.choice(people)
                    _ = group.remove(who) if who in group else group.append(who)
                case 3:
                    record = slack.people[chance.choice(people[7:])]
                    record["is_restricted"] = not record.get("is_restricted")
                case _:
                    members = [BOT, *chance.sample(people, chance.randrange(1, 4))]
                    if chance.random() < 0.4:
                        inside = list(set(slack.groups["S0BOARD"] + slack.groups["S0OPS"]))
                        members = [BOT, *inside[: chance.randrange(1, 4)]]
                    room.members = members

        original = bot.advisor.take_turn

        def unsettled(*given: Any, **named: Any) -> Any:
            if chance.random() < 0.2:
                change()
            return original(*given, **named)

        bot.advisor.take_turn = unsettled  # type: ignore[method-assign]
        for _ in range(12):
            change()
        said: dict[str, Any] | None = None
        for _ in range(number):
            if chance.random() < 0.5:
                change()
            if said is not None and chance.random() < 0.1:
                await bot.send(edited(bot, said, chance.choice(QUESTIONS)))
            else:
                room = slack.channels[chance.choice(rooms)]
                inside = [one for one in room.members if one != BOT]
                asker = chance.choice(inside or people)
                said = bot.mention(asker, chance.choice(QUESTIONS), room.id)
                await bot.send(said)
            await bot.quiet(30)
            assert found == []
        assert not any(set(CANARIES) & {one.params["text"]} for one in slack.whispers)

    play(story)
    assert places["channel"] > number / 10
    assert places["direct"] > number / 20
