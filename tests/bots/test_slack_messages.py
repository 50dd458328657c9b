"""Answers as Slack's messages: within its limits, harmless, whole, and as a person reads them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bot import Bot, bot_on, house
from slack_fake import SlackFake
from slack_messages import active_in, preview, problems_of

from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import PersonQuestion, Piece, QuestionState, Turn, TurnState
from bots.slack import rendering
from bots.slack.manifest import EVENTS, SCOPES, manifest
from bots.slack.reading import Deleted, Edited, Question, is_thanks, plain_words, read_event
from bots.slack.rendering import PART_BYTES, defuse, message_of, split
from knowledge.passages import Citation, Document, Facts, Locator, Origin, Passage

SNAPSHOTS = Path(__file__).parent / "slack_snapshots"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
USB = Citation(
    Origin.DOCUMENT,
    "policies/media.md",
    "Removable Media Policy",
    "Only on a company-issued encrypted stick.",
    "p1",
    identifier="POL-07",
    version="3.2",
    status="approved",
    effective=date(2026, 3, 1),
    section="4.2 Sticks",
    page=5,
)
ROW = Citation(Origin.SOA, "soa.xlsx", "Statement of Applicability", "A.7.10", "p2", row="A.7.10")


def turn(answer: Answer, **more: Any) -> Turn:
    made = Turn("t1", "c1", 1, "k1", TurnState.ANSWERED, AT, "May I use a stick?", answer=answer)
    return replace(made, **more)


LONG = "\n\n".join(
    f"Rule {one}: " + "every copy is kept apart & labelled. " * 12 for one in range(60)
)
ANSWERS: dict[str, rendering.Message] = {
    "answer": message_of(
        turn(
            Answer(
                Kind.ANSWER,
                "**Only on a company-issued encrypted stick.** [1]\n\n> Only on a company-issued "
                "encrypted stick. [1]\n\nA.7.10 is applicable and implemented. [2]",
                (USB, ROW),
            )
        ),
        "en",
    ),
    "answer_of_a_model": message_of(
        turn(Answer(Kind.ANSWER, "Only encrypted ones. [1]", (USB,), model="ollama:qwen3:8b")), "en"
    ),
    "conflict": message_of(
        turn(
            Answer(
                Kind.CONFLICT,
                "**Two documents disagree.**\n\n> 31 October 2025 [1]\n\n> April 2024 [2]",
                (USB, replace(USB, passage="p3", document="FAQ", identifier=None, page=None)),
            )
        ),
        "en",
    ),
    "clarify": message_of(turn(Answer(Kind.CLARIFY, "Which edition do you mean?")), "en"),
    "not_found": message_of(
        turn(Answer(Kind.NOT_FOUND, "**I find no document that you may read that says so.**")), "en"
    ),
    "refusal": message_of(turn(Answer(Kind.REFUSAL, "**I can't do that.**")), "en"),
    "out_of_scope": message_of(turn(Answer(Kind.OUT_OF_SCOPE, "I know your policies only.")), "en"),
    "with_a_notice": message_of(
        turn(Answer(Kind.ANSWER, "Yes. [1]", (USB,), ("Searched by keywords only.",))),
        "en",
        notices=("Your groups could not be looked up.",),
    ),
    "german": message_of(turn(Answer(Kind.ANSWER, "Nur verschlüsselt. [1]", (USB,))), "de"),
    "private": message_of(
        turn(Answer(Kind.ANSWER, "Yes. [1]", (USB,))),
        "en",
        above=rendering.asked_above("May I use <!channel> a *stick*?", "en", "C0PUBLIC"),
    ),
    "by_a_person": message_of(
        turn(Answer(Kind.ANSWER, "The gardener. [1]\n\nAnswered by Eva.", (USB,)), by="Eva"),
        "en",
        above=rendering.person_above("Who waters the plants?", "en"),
    ),
    "long": message_of(turn(Answer(Kind.ANSWER, LONG, (USB,) * 30)), "en"),
    "sorry": rendering.simple("**I could not answer this.**"),
}
DOCUMENT = Document(
    "d1", "policies/media.md", Origin.DOCUMENT, Facts("Removable Media Policy"), "h"
)
ASKED = PersonQuestion(
    "Q-7", "Who waters *the* <plants>?", QuestionState.OPEN, AT, None, "slack", None, None
)
WINDOWS: dict[str, dict[str, Any]] = {
    "passage": rendering.passage_window(
        DOCUMENT,
        Passage(
            "p1", "d1", 1, "Only <encrypted> sticks.\n" * 300, "", Locator("policies/media.md")
        ),
    ),
    "passage_hidden": rendering.passage_window(None, None),
    "reason": rendering.reason_window("t1"),
    "person": rendering.person_window("t1", "q" * 9_000),
    "answer_question": rendering.answer_window(ASKED, date(2028, 2, 29)),
    "home": rendering.home([ASKED], None, date(2026, 11, 25)),
    "home_of_a_lead": rendering.home([], [ASKED] * 40, date(2026, 11, 25)),
    "home_empty": rendering.home([], [], date(2026, 11, 25)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_kind_of_answer_keeps_to_slacks_limits_and_can_do_nothing(name):
    for part in ANSWERS[name].parts:
        call = {"text": part.text, "blocks": part.blocks}
        assert problems_of("chat.postMessage", call) == []
        own = json.dumps(part.blocks, ensure_ascii=False).replace("<#C0PUBLIC>", "")
        assert active_in(own) == []
        assert active_in(part.text) == []


@pytest.mark.parametrize("name", WINDOWS)
def test_every_window_keeps_to_slacks_limits(name):
    assert problems_of("views.open", {"view": WINDOWS[name]}) == []


def test_messages_and_windows_are_as_they_were_looked_at():
    """Remove the files and run twice to take new ones; then look at them."""
    texts, shown = {}, []
    for name, message in ANSWERS.items():
        parts = message.parts if name != "long" else message.parts[-1:]
        body = [preview("", part.blocks)[-1_500:] for part in parts]
        shown.append(f"=== {name} ===\n" + "\n---\n".join(body))
        blocks = [one.blocks for one in parts]
        texts[f"{name}.json"] = json.dumps(blocks, indent=1, ensure_ascii=False) + "\n"
    for name, one in WINDOWS.items():
        shown.append(f"=== {name} ===\n{preview('', one['blocks'])[:1_500]}")
    texts["previews.txt"] = "\n\n".join(shown) + "\n"
    SNAPSHOTS.mkdir(exist_ok=True)
    new = [name for name in texts if not (SNAPSHOTS / name).exists()]
    for name in new:
        (SNAPSHOTS / name).write_text(texts[name], encoding="utf-8")
    assert new == []
    for name, text in texts.items():
        assert (SNAPSHOTS / name).read_text(encoding="utf-8") == text


@given(st.text(alphabet="<>&!@#|[]():/.ab chanelhrevyow\n-*`_\\", max_size=120))
@settings(max_examples=400, deadline=None)
def test_no_text_can_mention_anybody_or_link_anywhere(text):
    assert active_in(defuse(text)) == []
    assert "<" not in defuse(text)


@given(st.text(alphabet="<>&!@hereps:/w.x](a)[ \n\\", max_size=80), st.integers(0, 80))
@settings(max_examples=400, deadline=None)
def test_a_text_that_comes_in_pieces_becomes_the_same_harmless_text(text, at):
    space = max(text.rfind(" ", 0, at), text.rfind("\n", 0, at), 0)
    assert defuse(text).startswith(defuse(text[:space]))


@given(st.text(alphabet="äb \n", max_size=400), st.integers(20, 60))
@settings(max_examples=200, deadline=None)
def test_splitting_loses_no_word(text, longest):
    pieces = split(text, longest)
    assert all(len(one.encode()) <= longest for one in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_hostile_source_name_stays_words():
    citation = replace(USB, document="<!channel> https://evil.example *x*", section="<@U1>")
    said = json.dumps(
        message_of(turn(Answer(Kind.ANSWER, "x [1]", (citation,))), "en").parts[0].blocks
    )
    assert active_in(said) == []


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("<@UBOT> may I?", "may I?"),
        ("ask <@U1> in <#C1|general> &lt;now&gt;", "ask a colleague in #general <now>"),
        (
            "see <https://a.example|the page> <mailto:x@a.example|x@a.example> <!here>",
            "see the page x@a.example",
        ),
    ],
)
def test_a_question_is_read_as_people_read_it(said, read):
    assert plain_words(said, "UBOT") == read


@pytest.mark.parametrize(
    ("words", "is_it"),
    [
        ("thanks!", True),
        ("Danke schön", True),
        ("ok, thank you 👍", True),
        ("ok, and sticks?", False),
        ("thanks, and for backups?", False),
    ],
)
def test_thanks_are_told_from_questions(words, is_it):
    assert is_thanks(words) is is_it


def test_events_are_told_apart():
    base = {"channel": "C1", "user": "U1", "ts": "1.2", "text": "x"}

    def of(event: dict[str, Any]) -> Any:
        return read_event({"team_id": "T1", "event": event}, "UBOT")

    assert isinstance(of({"type": "app_mention", **base}), Question)
    assert of({"type": "message", **base}) is None
    assert of({"type": "message", **base, "thread_ts": "1.1", "text": "<@UBOT> x"}) is None
    assert of({"type": "message", **base, "subtype": "channel_join"}) is None
    gone = {"ts": "1.2", "user": "USLACKBOT", "subtype": "tombstone", "text": "gone"}
    change = {"type": "message", "subtype": "message_changed", "channel": "C1"}
    assert isinstance(of({**change, "message": gone, "previous_message": base}), Deleted)
    other = {**base, "text": "y", "edited": {"ts": "1.9"}}
    assert isinstance(of({**change, "message": other, "previous_message": base}), Edited)
    assert of({**change, "message": {**base, "attachments": []}, "previous_message": base}) is None


def test_the_manifest_names_what_the_door_needs():
    over_socket, over_http = manifest(), manifest("https://annexa.example/slack/events")
    assert over_socket["settings"]["socket_mode_enabled"]
    assert "request_url" not in over_socket["settings"]["event_subscriptions"]
    assert over_http["settings"]["interactivity"]["request_url"].endswith("/slack/events")
    assert over_http["features"]["slash_commands"][0]["url"].endswith("/slack/events")
    page = (Path(__file__).parents[2] / "docs" / "slack.md").read_text(encoding="utf-8")
    assert [one for one in SCOPES if f"`{one}`" not in page] == []
    assert len(EVENTS) == len(set(EVENTS))


# While an answer comes in -----------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return house(tmp_path / "workspace")


def in_pieces(bot: Bot, text: str, at: Callable[[int], None] = lambda _: None) -> None:
    """Let the advisor say `text` piece by piece."""
    original = bot.advisor.take_turn

    def slowly(*given: Any, listen: Any, **named: Any) -> Turn:
        kept = original(*given, listen=lambda _: None, **named)
        for number, start in enumerate(range(0, len(text), 997)):
            listen(Piece(text[start : start + 997]))
            at(number)
            time.sleep(0.01)
        assert kept.answer is not None
        return replace(kept, answer=replace(kept.answer, text=text))

    bot.advisor.take_turn = slowly  # type: ignore[method-assign]


def words_of(messages: list[Any]) -> str:
    said = []
    for one in messages:
        marks = [block["text"] for block in one.blocks if block["type"] == "markdown"]
        said.append("\n".join(marks) if marks else one.text)
    return " ".join(" ".join(said).split())


def test_a_long_answer_rolls_over_into_more_messages_while_it_comes_in(made):
    async def story() -> None:
        async with bot_on(made) as bot:
            in_pieces(bot, LONG)
            await bot.send(bot.mention("UANA", "When must a lost key be reported?", "C0PUBLIC"))
            await bot.slack.until(lambda: len(bot.slack.of("chat.stopStream")) >= 4, 20)
            await bot.quiet()
            messages = bot.slack.standing()
            assert all(len(one.text.encode()) <= PART_BYTES for one in messages)
            assert words_of(messages) == " ".join(defuse(LONG).split())
            assert [bool(one.blocks) for one in messages] == [False] * (len(messages) - 1) + [True]
            assert bot.slack.of("chat.appendStream")
            assert bot.slack.problems == []

    asyncio.run(story())


@pytest.mark.parametrize("when", [0, 5, 20])
def test_a_stream_that_expires_on_the_way_loses_and_repeats_no_word(made, when):
    async def story() -> None:
        async with bot_on(made) as bot:

            def expire(number: int) -> None:
                if number == when:
                    time.sleep(0.2)
                    bot.slack.expire_streams()

            in_pieces(bot, LONG, expire)
            await bot.send(bot.mention("UANA", "How long are backups kept?", "C0PUBLIC"))
            await bot.slack.until(lambda: bot.slack.of("chat.update"), 20)
            await bot.quiet()
            assert words_of(bot.slack.standing()) == " ".join(defuse(LONG).split())
            assert bot.slack.problems == []

    asyncio.run(story())


def test_a_status_is_shown_within_two_seconds_however_long_the_answer_takes(made):
    async def story() -> None:
        async with bot_on(made) as bot:
            original = bot.advisor.take_turn

            def slow(*given: Any, **named: Any) -> Turn:
                time.sleep(0.6)
                return original(*given, **named)

            bot.advisor.take_turn = slow  # type: ignore[method-assign]
            begun = time.monotonic()
            for _ in range(4):
                await bot.send(bot.mention("UBEN", "How long are backups kept?", "C0PUBLIC"))
            await bot.slack.until(lambda: len(bot.slack.of("assistant.threads.setStatus")) >= 4)
            assert time.monotonic() - begun < 2
            await bot.quiet()

    asyncio.run(story())


def test_the_fake_refuses_what_slack_documents_as_too_large():
    fake = SlackFake()
    too_long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    assert (
        fake._answer("chat.postMessage", {"channel": "C", "text": "x", "blocks": [too_long]})["ok"]
        is False
    )
