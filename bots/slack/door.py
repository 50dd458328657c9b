"""The door: Slack's events, commands, buttons and windows, and the workers behind them.

One `AsyncApp` serves Socket Mode and HTTP alike. A question is on disk before Slack hears that it came;
if it cannot be written down, Slack is told so and sends it again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from assistant.advisor import Advisor
from assistant.domain.conversation import HumanAnswer, QuestionState
from assistant.inbox import Arrival, Inbox
from assistant.store import NotAgreed, UnknownRecord
from bots.slack import rendering
from bots.slack.manifest import PROMPTS
from bots.slack.people import REMEMBER_S, Directory
from bots.slack.posting import Poster, ShutOut, understood, web_client
from bots.slack.reading import (
    Deleted,
    Edited,
    Question,
    arrival,
    read_command,
    read_event,
    read_shortcut,
)
from bots.slack.working import DOOR, LEASE, Workroom
from knowledge.errors import LibraryError
from knowledge.passages import Reader

WORKERS = 4
"""Questions that are worked at the same time."""
_POLL_S = 3.0
_KEEP = timedelta(days=2)
"""How long the key of an event is remembered after its work; Slack repeats for minutes."""
_DRAIN_S = 10.0
_PEOPLE_CHANGED = frozenset(
    "user_change team_join subteam_updated subteam_members_changed subteam_created".split()
)
_log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]


class SlackError(LibraryError):
    """The Slack door cannot be opened; the administrator can act."""


@dataclass(slots=True)
class Door:
    """Annexa in one Slack workspace."""

    advisor: Advisor
    bolt: AsyncApp
    inbox: Inbox
    directory: Directory
    room: Workroom
    client: AsyncWebClient
    team: str
    bot: str
    now: Callable[[], datetime]
    signed: bool
    """Whether requests over HTTP can be told from forged ones."""
    workers: int = WORKERS
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _side: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    async def open(
        cls,
        advisor: Advisor,
        *,
        token: str,
        signing_secret: str | None = None,
        base_url: str = "https://slack.com/api/",
        groups: Mapping[str, tuple[str, ...]] | None = None,
        workers: int = WORKERS,
        lease: timedelta = LEASE,
        remember_s: float = REMEMBER_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Door:
        """Find out who the assistant is in Slack and put the door together; `start` opens it.

        Raises SlackError where Slack refuses the token or cannot be reached."""
        reading = web_client(token, base_url)
        try:
            me = await reading.auth_test()
        except Exception as error:
            meant = understood(error)
            what = (
                f"Slack refuses the token ({meant}). Put the bot token of the app, xoxb-…, into "
                "SLACK_BOT_TOKEN"
                if isinstance(meant, ShutOut)
                else f"Slack cannot be reached ({meant}). Check the network and try again"
            )
            raise SlackError(f"{what}. Nothing was lost; docs/slack.md shows how.") from error
        team, bot, bot_id = str(me["team_id"]), str(me["user_id"]), str(me.get("bot_id") or "")
        inbox = await asyncio.to_thread(lambda: Inbox(advisor.records, DOOR))
        directory = Directory(reading, inbox, team, bot, groups or {}, now, remember_s)
        writing = web_client(token, base_url, writes=True)
        poster = Poster(writing, reading, inbox, bot, now)
        name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        core = ThreadPoolExecutor(max(1, workers), thread_name_prefix="annexa-slack")
        room = Workroom(advisor, inbox, directory, poster, reading, team, name, core, now, lease)
        bolt = AsyncApp(
            client=AsyncWebClient(base_url=base_url),
            logger=_framework_log(),
            signing_secret=signing_secret,
            authorize=_as(team, bot, bot_id, token),
            request_verification_enabled=signing_secret is not None,
        )
        door = cls(
            advisor,
            bolt,
            inbox,
            directory,
            room,
            reading,
            team,
            bot,
            now,
            signing_secret is not None,
            workers,
        )
        door._listen()
        return door

    async def start(self) -> None:
        """Work what waits, and what comes."""
        self._tasks = [
            asyncio.create_task(self.room.work(number)) for number in range(self.workers)
        ]
        self._tasks.append(asyncio.create_task(self._look_after()))

    async def close(self) -> None:
        """Finish what is being answered, for a short while, and stop."""
        self.room.closing = True
        self.room.woken.set()
        working, others = self._tasks[: self.workers], self._tasks[self.workers :]
        if working:
            await asyncio.wait(working, timeout=_DRAIN_S)
        await self._end([*working, *others, *self._side])
        self.room.core.shutdown(wait=True)

    async def receive(self, body: Body) -> bool:
        """Write an event down if it is one for us; False where it is not. Raises RecordsError."""
        meant = read_event(body, self.bot)
        if meant is None or (isinstance(meant, Question) and not await self._is_for_us(meant)):
            return False
        event = str(body.get("event_id") or meant_id(meant))
        new = await self._put(arrival(meant, event))
        if isinstance(meant, Question) and new and meant.how != "reply":
            self._aside(self.room.status(meant))
        if isinstance(meant, Edited):
            waiting = arrival(meant.question, event).body
            await asyncio.to_thread(self.inbox.rewrite, meant.question.key, ("question",), waiting)
        if isinstance(meant, Deleted):
            await asyncio.to_thread(self.inbox.rewrite, meant.key, ("question",), None)
        return True

    # What Slack sends -----------------------------------------------------------------------------

    def _listen(self) -> None:
        bolt = self.bolt
        bolt.use(self._write_down)
        bolt.event("app_home_opened")(self._home_opened)
        bolt.event("assistant_thread_started")(self._agent_opened)
        bolt.command("/annexa")(self._command)
        bolt.shortcut("check_message")(self._shortcut)
        bolt.action(_matching("open_source_"))(self._open_source)
        bolt.action("answer_feedback")(self._feedback)
        bolt.action("open_person")(self._open_person)
        bolt.action("open_answer")(self._open_answer)
        bolt.view("answer_reason")(self._reason)
        bolt.view("ask_person")(self._ask_person)
        bolt.view("answer_question")(self._answer_question)

    async def _write_down(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse | None:
        body: Body = req.body
        if body.get("type") != "event_callback":
            return await next()
        kind = (body.get("event") or {}).get("type")
        if kind in {"app_home_opened", "assistant_thread_started"}:
            return await next()
        if kind in _PEOPLE_CHANGED:
            self.directory.forget()
        try:
            await self.receive(body)
        except Exception:  # noqa: BLE001  whatever it is, Slack must send it again
            _log.exception("an event could not be written down; Slack will send it again")
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body="")

    async def _command(self, ack: Ack, body: Body) -> None:
        question = read_command(body)
        if not question.text or question.text.casefold() in {"help", "hilfe"}:
            await ack(
                "Write a question behind the command, such as `/annexa how long are backups kept?`"
            )
            return
        await self._put(arrival(question, f"command:{question.ts}"))
        await ack("I am looking it up. The answer comes as a direct message.")

    async def _shortcut(self, ack: Ack, body: Body) -> None:
        question = read_shortcut(body, self.bot)
        if question.text:
            await self._put(arrival(question, f"shortcut:{question.ts}"))
        await ack()

    async def _home_opened(self, event: Body) -> None:
        if event.get("tab") == "messages":
            await self._prompt(str(event["channel"]), None)
            return
        person = str(event["user"])
        await self._publish_home(person)

    async def _agent_opened(self, event: Body) -> None:
        thread = event["assistant_thread"]
        await self._prompt(str(thread["channel_id"]), str(thread["thread_ts"]))

    async def _open_source(self, ack: Ack, body: Body) -> None:
        await ack()
        reader = await self._reader(body)
        view = await asyncio.to_thread(self.advisor.view, reader)
        passage = await asyncio.to_thread(view.passage, str(body["actions"][0]["value"]))
        document = view.document(passage.document) if passage else None
        await self._show(body, rendering.passage_window(document, passage))

    async def _feedback(self, ack: Ack, body: Body) -> None:
        thumb, _, turn = str(body["actions"][0]["value"]).partition(":")
        reader = await self._reader(body)
        kept = await self._rate(turn, thumb == "up", None, reader)
        await ack()
        if not kept:
            await self._tell(body, "Only whoever asked can say whether an answer helped.")
        elif thumb == "down":
            await self._show(body, rendering.reason_window(turn))

    async def _reason(self, ack: Ack, body: Body) -> None:
        view = body["view"]
        reason = _given(view, "reason")
        await self._rate(str(view["private_metadata"]), False, reason, await self._reader(body))
        await ack()

    async def _open_person(self, ack: Ack, body: Body) -> None:
        await ack()
        reader = await self._reader(body)
        turn_id = str(body["actions"][0]["value"])
        turn = await asyncio.to_thread(self.advisor.records.turn, turn_id, reader)
        if turn is None or turn.question is None:
            await self._tell(body, "Only whoever asked can pass the question on.")
            return
        proposal = turn.answer.proposal if turn.answer else None
        await self._show(body, rendering.person_window(turn_id, proposal or turn.question))

    async def _ask_person(self, ack: Ack, body: Body) -> None:
        view = body["view"]
        text = _given(view, "question") or ""
        named = bool(_values(view, "named").get("selected_options"))
        ask = partial(
            self.advisor.ask_a_person,
            text,
            reader=await self._reader(body),
            door=DOOR,
            turn=str(view["private_metadata"]),
            named=named,
        )
        try:
            question = await asyncio.to_thread(ask)
        except (NotAgreed, UnknownRecord) as error:
            await ack(response_action="errors", errors={"question": str(error)})
            return
        said = (
            f"Your question is passed on as {question.id}"
            f"{' with your name' if named else ', without your name'}. The answer comes back to "
            "where you asked."
        )
        await ack(response_action="update", view=rendering.told_window("Passed on", said))

    async def _open_answer(self, ack: Ack, body: Body) -> None:
        await ack()
        reader = await self._reader(body)
        number = str(body["actions"][0]["value"])
        referring = self.advisor.referring
        question = await asyncio.to_thread(referring.question, number, reader)
        if question is None or not referring.may_answer(reader):
            await self._show(
                body, rendering.told_window("Not for you", "There is no such question.")
            )
            return
        window = rendering.answer_window(question, self._today())
        await self._show(body, window)

    async def _answer_question(self, ack: Ack, body: Body) -> None:
        view, person = body["view"], str(body["user"]["id"])
        reader = await self._reader(body)
        moment = self.now()
        groups = [one.strip() for one in (_given(view, "read") or "").split(",") if one.strip()]
        human = HumanAnswer(
            text=_given(view, "answer") or "",
            by=reader.id or person,
            at=datetime.combine(self._today(), time(moment.hour, moment.minute), tzinfo=UTC),
            source=_given(view, "source") or "",
            expires=date.fromisoformat(str(_values(view, "expires").get("selected_date"))),
            read=tuple(groups) or None,
        )
        answering = asyncio.create_task(
            asyncio.to_thread(
                partial(
                    self.advisor.referring.answer,
                    str(view["private_metadata"]),
                    human,
                    reader,
                    moment,
                    turn_id=uuid.uuid4().hex,
                )
            )
        )
        # Publishing the entry can take longer than a window waits.
        done, _ = await asyncio.wait([answering], timeout=2.0)
        if done and (error := answering.exception()) is not None:
            if not isinstance(error, (NotAgreed, UnknownRecord)):
                raise error
            await ack(response_action="errors", errors={"answer": str(error)[:300]})
            return
        await ack(response_action="clear")
        await answering
        await self._bring_back()
        await self._publish_home(person)

    # ------------------------------------------------------------------------------------------

    async def _is_for_us(self, question: Question) -> bool:
        """Tell whether a reply belongs to a thread where the person asked before."""
        if question.how != "reply":
            return True
        place = await asyncio.to_thread(
            self.inbox.place, question.team, question.channel, question.root, question.person
        )
        return place is not None

    async def _put(self, what: Arrival) -> bool:
        new = await asyncio.to_thread(self.inbox.put, what, self.now())
        self.room.woken.set()
        return new

    async def _reader(self, body: Body) -> Reader:
        user = body["user"]
        home = user.get("team_id")
        return (await self.directory.known(str(user["id"]), home)).reader

    async def _rate(self, turn: str, good: bool, reason: str | None, reader: Reader) -> bool:
        try:
            await asyncio.to_thread(partial(self.advisor.rate, turn, good, reason, reader=reader))
        except (UnknownRecord, NotAgreed):
            return False
        return True

    async def _show(self, body: Body, view: rendering.Block) -> None:
        await self.client.views_open(trigger_id=str(body["trigger_id"]), view=view)

    async def _tell(self, body: Body, words: str) -> None:
        channel = (body.get("channel") or {}).get("id")
        if channel:
            thread = (body.get("message") or {}).get("thread_ts")
            await self.room.poster.whisper(channel, str(body["user"]["id"]), thread, words)

    async def _prompt(self, channel: str, thread: str | None) -> None:
        await self.client.assistant_threads_setSuggestedPrompts(
            channel_id=channel,
            thread_ts=thread or "",
            title="Ask about your policies",
            prompts=[{"title": title, "message": message} for title, message in PROMPTS],
        )

    async def _publish_home(self, person: str) -> None:
        known = await self.directory.known(person)
        view = await asyncio.to_thread(self._home, known.reader)
        await self.client.views_publish(user_id=person, view=view)

    def _home(self, reader: Reader) -> rendering.Block:
        referring = self.advisor.referring
        every = referring.queue(reader)
        lead = referring.may_answer(reader)
        own = [
            one
            for one in every
            if not lead
            or one.asked_by == reader.id
            or self.advisor.records.question_owner(one.id) == (True, reader.id)
        ]
        waiting = [one for one in every if one.state is QuestionState.OPEN] if lead else None
        return rendering.home(list(reversed(own)), waiting, self._today())

    def _today(self) -> date:
        return self.advisor.settings.today

    async def _look_after(self) -> None:
        """Bring answers of people back, and forget what is long done."""
        while True:
            try:
                await self._bring_back()
                await asyncio.to_thread(self.inbox.forget, self.now() - _KEEP)
            except Exception as error:  # noqa: BLE001  looked after again in a moment
                _log.warning("the records could not be looked after: %s", error)
            await asyncio.sleep(_POLL_S)

    async def _bring_back(self) -> None:
        for one in await asyncio.to_thread(self.advisor.records.deliveries, DOOR):
            places = await asyncio.to_thread(self.inbox.places_of, one.conversation)
            lane = f"delivery/{one.id}"
            if places:
                lane = f"{places[0].team}/{places[0].channel}/{places[0].thread}"
            body = {"id": one.id, "conversation": one.conversation, "turn": one.turn}
            name = f"delivery:{one.id}"
            position = f"{one.made_at.timestamp():.6f}"
            await self._put(Arrival(self.team, name, "delivery", name, lane, position, body))

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside, keeping hold of it until it is done."""
        task = asyncio.create_task(work)
        self._side.add(task)
        task.add_done_callback(self._side.discard)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def meant_id(meant: Question | Edited | Deleted) -> str:
    """Name an event that came without an id by what it is about."""
    if isinstance(meant, Edited):
        return f"edited:{meant.question.key}:{meant.at}"
    return f"{type(meant).__name__.casefold()}:{meant.key}"


def _framework_log() -> logging.Logger:
    """Give a log that hears Bolt's errors, and not its advice about tokens that it finds itself."""
    log = logging.getLogger("bots.slack.bolt")
    log.setLevel(logging.ERROR)
    return log


def _as(team: str, bot: str, bot_id: str, token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Answer Bolt's question who we are from what was learnt at the start.

    Asked of Slack each time, a refusal would let Bolt acknowledge an event that nobody wrote down."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id or team,
            bot_user_id=bot,
            bot_id=bot_id,
            bot_token=token,
        )

    return authorize


def _matching(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(prefix)}\d+$")


def _values(view: Body, block: str) -> Body:
    found: Body = view["state"]["values"].get(block, {}).get("value", {})
    return found


def _given(view: Body, block: str) -> str | None:
    value = _values(view, block).get("value")
    return str(value) if value else None
