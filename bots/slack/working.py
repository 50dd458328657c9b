"""Working what came in: one event at a time in each thread, each to exactly one answer.

A worker leases an event, answers it through the advisor, posts the answer and ends the event. Killed
anywhere in between, it leaves a lease that runs out; whoever takes over finds the turn and the post
under their keys and carries on from there.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from assistant.advisor import Advisor
from assistant.domain.conversation import Piece, Status, Turn
from assistant.inbox import Event, EventState, Inbox, Place, Post
from assistant.sharing import may_be_shared, may_see
from assistant.store import UnknownRecord
from bots.slack import rendering
from bots.slack.people import Audience, Directory, Known
from bots.slack.posting import Busy, Gone, Poster, ShutOut, Streamed, Unsure
from bots.slack.reading import Question, is_for_others, is_thanks, plain_words
from bots.slack.wording import language_of, say
from knowledge.passages import Reader

DOOR = "slack"
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 5
"""Unforeseen failures after which an event is given up, which the person is told."""
_IDLE_S = 0.25
_SHUT_OUT_S = 30.0
_TITLE = 60
_log = logging.getLogger(__name__)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where an answer will stand, and with whose eyes it is looked for."""

    reader: Reader
    channel: str
    thread: str | None
    audience: Audience | None
    """Those who see it; None: the person alone."""


@dataclass(slots=True)
class Workroom:
    """Everything that workers of one process share."""

    advisor: Advisor
    inbox: Inbox
    directory: Directory
    poster: Poster
    client: AsyncWebClient
    team: str
    name: str
    """Of this process, unlike any other's."""
    core: Executor
    """Where the advisor works; it is synchronous."""
    now: Callable[[], datetime]
    lease: timedelta = LEASE
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    shut_out: str | None = None
    """Why Slack refuses the token, while it does."""

    async def work(self, number: int) -> None:
        """Work events until the room closes."""
        worker = f"{self.name}/{number}"
        while not self.closing:
            try:
                event = await self._aside(partial(self.inbox.claim, worker, self.now(), self.lease))
            except Exception:  # noqa: BLE001  a worker that ends answers nobody
                _log.exception("the inbox could not be read; trying again")
                await asyncio.sleep(1.0)
                continue
            if event is None:
                self.woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), _IDLE_S)
                continue
            await self.handle(event, worker)

    async def handle(self, event: Event, worker: str) -> None:
        """Work one event and say in the inbox how it ended."""
        renewing = asyncio.create_task(self._renew(event, worker))
        try:
            outcome = await self._meant(event)
            self.shut_out = None
            await self._aside(partial(self.inbox.done, event.id, worker, self.now(), outcome))
        except asyncio.CancelledError:
            with suppress(Exception):
                self.inbox.later(event.id, worker, self.now(), counts=True)
            raise
        except Busy as error:
            await self._later(event, worker, error.seconds, counts=False)
        except ShutOut as error:
            self.shut_out = str(error)
            _log.error(
                "Slack refuses the token (%s); questions are kept. Give it a new one.", error
            )
            await self._later(event, worker, _SHUT_OUT_S, counts=True)
        except Unsure as error:
            _log.warning("Slack did not say whether it posted an answer (%s); looking", error)
            await self._later(event, worker, min(60.0, 2.0 ** (event.attempts - 2)), counts=True)
        except Gone as error:
            _log.warning("an answer has no place to go to: %s", error)
            await self._aside(
                partial(
                    self.inbox.done, event.id, worker, self.now(), str(error), EventState.FAILED
                )
            )
        except Exception as error:  # noqa: BLE001  tried again, then said
            _log.exception("event %s went wrong at attempt %s", event.id, event.attempts)
            if event.attempts < MOST_ATTEMPTS:
                await self._later(event, worker, 2.0 ** (event.attempts - 1), counts=True)
            else:
                await self._give_up(event, worker, type(error).__name__)
        finally:
            renewing.cancel()

    # What was meant ---------------------------------------------------------------------------

    async def _meant(self, event: Event) -> str:
        again = event.attempts > 1
        match event.kind:
            case "question":
                return await self._question(Question(**event.body), again)
            case "edited":
                question = Question(**event.body["question"])
                return await self._edited(question, str(event.body["at"]), again)
            case "deleted":
                return await self._deleted(event.key)
            case "delivery":
                return await self._delivery(event.body, again)
            case _:
                return "unknown"

    async def _question(self, question: Question, again: bool) -> str:
        if question.how == "reply":
            known_thread = await self._aside(
                partial(
                    self.inbox.place,
                    question.team,
                    question.channel,
                    question.root,
                    question.person,
                )
            )
            if known_thread is None or is_for_others(question.text, self.directory.bot):
                return "not for us"
            question = replace(question, text=plain_words(question.text, self.directory.bot))
            await self.status(question)
        if await self._aside(partial(self.inbox.seen, question.key, "deleted")):
            return "deleted"
        language = language_of(question.text)
        if is_thanks(question.text):
            what = "welcome" if question.text else "empty"
            return await self._say(question, say(language, what), again)
        return await self._answer(question, question.key, language, again)

    async def _edited(self, question: Question, at: str, again: bool) -> str:
        """Answer other words anew, in the place of the answer that is there."""
        before = await self._aside(partial(self.inbox.post, question.key))
        if before is None or not before.sent or not question.text:
            return "nothing to change"
        language = language_of(question.text)
        if not before.visible:
            return await self._answer(
                question,
                question.key,
                language,
                again,
                turn_key=f"{question.key}~{at}",
                over=before,
            )
        known = await self.directory.known(question.person, question.home)
        conversation = await self._core(partial(self._conversation, question, known.reader))
        stage = await self._stage(question, known, conversation)
        if stage.audience is None:  # not for everybody there any more
            for surplus in before.parts[1:]:
                await self.poster.take_away(before.channel, surplus)
            kept = await self._amend(before, parts=before.parts[:1])
            await self.poster.deliver(kept, rendering.simple(say(language, "moved")), again=False)
            return await self._answer(question, f"{question.key}~{at}", language, again)
        return await self._answer(
            question, question.key, language, again, turn_key=f"{question.key}~{at}", over=before
        )

    async def _deleted(self, key: str) -> str:
        """Take away what was answered to a message that is gone."""
        post = await self._aside(partial(self.inbox.post, key))
        if post is None:
            return "nothing to take away"
        for part in post.parts:
            await self.poster.take_away(post.channel, part)
        await self._amend(post, parts=(), sent=True)
        return "taken away"

    async def _delivery(self, body: Mapping[str, Any], again: bool) -> str:
        """Bring a person's answer to where the question was asked."""
        number, conversation, turn_id = body["id"], body["conversation"], body["turn"]
        places = await self._aside(partial(self.inbox.places_of, conversation))
        if not places:
            return "no place"
        place = places[0]
        key = f"delivery:{number}"
        turn, reader = await self._for_owner(place, turn_id)
        if turn is None or turn.answer is None:
            await self._aside(partial(self.advisor.records.delivered, number, self.now()))
            return "erased"
        language = language_of(turn.question or "")
        channel, thread, audience = place.channel, place.thread or None, None
        if not channel.startswith("D"):
            audience = await self.directory.audience(channel)
            common = audience.with_asker(reader)
            if not await self._core(partial(may_see, self.advisor, turn, common)):
                audience = None
                channel, thread = await self.poster.direct(place.person), None
        post = await self._reserve(key, place.person, channel, thread, audience)
        if not post.sent:
            if post.visible and audience is None:
                post = await self._withdraw(post, again)
            above = rendering.person_above(turn.question or "", language)
            message = rendering.message_of(turn, language, above=above)
            post = await self._deliver(post, message, again)
            await self._settle(post, place.team, conversation)
        await self._aside(partial(self.advisor.records.delivered, number, self.now()))
        return "delivered"

    # Answering ----------------------------------------------------------------------------------

    async def _answer(
        self,
        question: Question,
        key: str,
        language: str,
        again: bool,
        *,
        turn_key: str | None = None,
        over: Post | None = None,
    ) -> str:
        """Answer a question and post the answer under `key`, over an earlier one if there is one."""
        known = await self.directory.known(question.person, question.home)
        conversation = await self._core(partial(self._conversation, question, known.reader))
        await self._aside(
            partial(
                self.inbox.settle,
                Place(
                    question.team, question.channel, question.root, question.person, conversation
                ),
                self.now(),
            )
        )
        stage = await self._stage(question, known, conversation)
        post = over or await self._reserve(
            key, question.person, stage.channel, stage.thread, stage.audience
        )
        if post.sent and over is None:
            return "answered before"
        if stage.audience is not None and not post.visible:
            stage = _Stage(known.reader, post.channel, post.thread, None)  # private stays private
        elif post.visible and (
            stage.audience is None or (over is None and stage.audience.digest != post.audience)
        ):
            post = await self._withdraw(post, again)
            stage = _Stage(known.reader, post.channel, post.thread, None)
        seen_by = stage.audience
        stream: Streamed | None = None
        if not again and post.thread is not None and over is None:
            allowed = partial(self._may_begin, question, known, post, seen_by)
            stream = self.poster.stream(post, question.team, allowed)
        turn = await self._turn(question, turn_key or key, conversation, stage.reader, stream)
        post = await self._amend(stream.post if stream else post, turn=turn.id)
        post = await self._send(question, known, turn, post, seen_by, stream, language, again)
        await self._settle(post, question.team, conversation)
        if not question.private and not post.visible:
            await self.poster.whisper(
                question.channel, question.person, question.root, say(language, "privately")
            )
            await self.status(question, "")
        elif question.how == "message" and question.thread is None:
            await self._entitle(question)
        return "answered"

    async def _send(
        self,
        question: Question,
        known: Known,
        turn: Turn,
        post: Post,
        audience: Audience | None,
        stream: Streamed | None,
        language: str,
        again: bool,
    ) -> Post:
        """Bring the answer to its place; to the person alone where others may not see it now."""
        answer = turn.answer
        if answer is None:  # erased while it was worked
            return await self.poster.deliver(
                post, rendering.simple(say(language, "not_readable")), again=again
            )
        if stream is not None:
            below = rendering.below(turn, language, _notices(known, language))
            if await stream.finish(answer.text, below):
                return await self._amend(stream.post, sent=True)
            post = stream.post
        known = await self.directory.known(question.person, question.home)
        common = audience.with_asker(known.reader) if audience else known.reader
        readable = await self._core(partial(may_see, self.advisor, turn, common))
        if audience is not None and not (readable and await self._still(post, audience)):
            post = await self._withdraw(post, again)
            audience = None
            readable = await self._core(partial(may_see, self.advisor, turn, known.reader))
        if not readable:
            message = rendering.simple(say(language, "not_readable"))
        else:
            message = rendering.message_of(
                turn,
                language,
                above=self._above(question, post, language),
                notices=_notices(known, language),
            )
        return await self._deliver(post, message, again)

    def _above(self, question: Question, post: Post, language: str) -> list[rendering.Block]:
        """Repeat the question where the answer stands away from it."""
        if post.channel == question.channel and post.thread == question.root:
            return []
        place = None if question.how in {"command", "shortcut"} else question.channel
        return rendering.asked_above(question.text, language, place)

    async def _stage(self, question: Question, known: Known, conversation: str) -> _Stage:
        """Choose between an answer in front of everybody and one for the person alone."""
        own = known.reader
        if question.how in {"command", "shortcut"}:
            return _Stage(own, await self.poster.direct(question.person), None, None)
        if question.private:
            return _Stage(own, question.channel, question.root, None)
        audience = await self.directory.audience(question.channel)
        common = audience.with_asker(own)
        alike = await self._core(
            partial(may_be_shared, self.advisor, conversation, question.text, own, common)
        )
        if alike:
            return _Stage(common, question.channel, question.root, audience)
        try:
            return _Stage(own, await self.poster.direct(question.person), None, None)
        except Gone:  # nobody can be written to there: what everybody may read must do
            return _Stage(common, question.channel, question.root, audience)

    async def _turn(
        self,
        question: Question,
        key: str,
        conversation: str,
        reader: Reader,
        stream: Streamed | None,
    ) -> Turn:
        loop = asyncio.get_running_loop()

        def listen(heard: Piece | Status) -> None:
            if stream is not None:
                loop.call_soon_threadsafe(stream.hear, heard)

        showing = asyncio.create_task(stream.run()) if stream is not None else None
        try:
            turn = await self._core(
                partial(
                    self.advisor.take_turn,
                    conversation,
                    question.text,
                    reader=reader,
                    key=key,
                    listen=listen,
                )
            )
        finally:
            if stream is not None and showing is not None:
                stream.hear(None)
                await showing
        return turn

    def _conversation(self, question: Question, reader: Reader) -> str:
        """Give the person's conversation in the thread, begun where there is none."""
        records = self.advisor.records
        there = self.inbox.place(question.team, question.channel, question.root, question.person)
        if there is not None and records.conversation(there, reader) is not None:
            return there
        title = " ".join(question.text.split())[:_TITLE]
        for root in (question.root, question.ts):
            name = "\0".join(
                (question.team, question.channel, root, question.person, reader.id or "")
            )
            made = hashlib.sha256(name.encode()).hexdigest()[:32]
            with suppress(UnknownRecord):  # one that was erased stays so
                return records.start(made, reader, DOOR, title, self.now()).id
        raise UnknownRecord("the conversation of this message was erased.")

    async def _for_owner(self, place: Place, turn_id: str) -> tuple[Turn | None, Reader]:
        """Give a turn as the person whose conversation it is may see it now."""
        known = await self.directory.known(place.person)
        unbound = Reader(id=f"slack:{self.team}:{place.person}")
        for reader in (known.reader, unbound):
            with suppress(UnknownRecord):
                turns = await self._core(
                    partial(self.advisor.turns, place.conversation, reader=reader)
                )
                return next((one for one in turns if one.id == turn_id), None), reader
        return None, known.reader

    # Posting ------------------------------------------------------------------------------------

    async def _say(self, question: Question, words: str, again: bool) -> str:
        channel, thread = question.channel, question.root
        post = await self._reserve(question.key, question.person, channel, thread, None)
        if not post.sent:
            await self.poster.deliver(post, rendering.simple(words), again=again)
        return "told"

    async def _reserve(
        self, key: str, person: str, channel: str, thread: str | None, audience: Audience | None
    ) -> Post:
        return await self._aside(
            partial(
                self.inbox.reserve,
                key,
                self.now(),
                channel=channel,
                thread=thread,
                person=person,
                visible=audience is not None,
                audience=audience.digest if audience else None,
            )
        )

    async def _deliver(self, post: Post, message: rendering.Message, again: bool) -> Post:
        """Bring a message to its place, or to the person alone where there is no such place now."""
        try:
            return await self.poster.deliver(post, message, again=again)
        except Gone as error:
            if post.thread is None or post.channel.startswith("D"):
                raise
            _log.info("an answer goes to its person alone: %s", error)
            channel = await self.poster.direct(post.person)
            post = await self._amend(
                post, channel=channel, thread=None, visible=False, audience=None, parts=()
            )
            return await self.poster.deliver(post, message, again=again)

    async def _withdraw(self, post: Post, again: bool) -> Post:
        """Take a post out of everybody's sight and move it to the person's direct messages."""
        left = await self.poster.left_behind(post) if again else {}
        for ts in {*post.parts, *left.values()}:
            await self.poster.take_away(post.channel, ts)
        channel = await self.poster.direct(post.person)
        return await self._amend(
            post, channel=channel, thread=None, visible=False, audience=None, parts=()
        )

    async def _still(self, post: Post, audience: Audience | None) -> bool:
        """Tell whether those who would see a post are still those for whom it was made."""
        if audience is None:
            return True
        return (await self.directory.audience(post.channel)).digest == audience.digest

    async def _may_begin(
        self, question: Question, known: Known, post: Post, audience: Audience | None
    ) -> bool:
        """Tell whether the rights are those of a moment ago, before the first word is shown."""
        now = await self.directory.known(question.person, question.home)
        same = now.reader == known.reader and now.certain == known.certain
        return same and await self._still(post, audience)

    async def _settle(self, post: Post, team: str, conversation: str) -> None:
        """Let replies to an answer in the direct messages carry its conversation on."""
        if post.thread is None and post.parts:
            place = Place(team, post.channel, post.parts[0], post.person, conversation)
            await self._aside(partial(self.inbox.settle, place, self.now()))

    async def _give_up(self, event: Event, worker: str, why: str) -> None:
        """Tell the person that there will be no answer, once, and end the event."""
        try:
            body = event.body.get("question", event.body)
            if event.kind in {"question", "edited"} and event.body:
                question = Question(**body)
                words = say(language_of(question.text), "sorry", number=f"S-{event.id}")
                await self._apologise(question, words)
        except (Unsure, Busy, ShutOut):  # nobody was told yet: it does not end in silence
            await self._later(event, worker, 5.0, counts=True)
            return
        except Exception:  # noqa: BLE001  the event ends all the same
            _log.exception("nobody could be told that event %s was given up", event.id)
        await self._aside(
            partial(self.inbox.done, event.id, worker, self.now(), why, EventState.FAILED)
        )

    async def _apologise(self, question: Question, words: str) -> None:
        private = question.how in {"command", "shortcut"}
        channel = await self.poster.direct(question.person) if private else question.channel
        thread = None if private else question.root
        post = await self._reserve(question.key, question.person, channel, thread, None)
        if not post.sent:
            await self.poster.deliver(post, rendering.simple(words), again=True)

    async def status(self, question: Question, words: str | None = None) -> None:
        """Show what is being done, at best: an answer does not wait for it."""
        if question.how in {"command", "shortcut"}:
            return
        said = say(language_of(question.text), "searching") if words is None else words
        try:
            await self.client.assistant_threads_setStatus(
                channel_id=question.channel, thread_ts=question.root, status=said
            )
        except Exception as error:  # noqa: BLE001  only a courtesy
            _log.debug("no status was shown: %s", type(error).__name__)

    async def _entitle(self, question: Question) -> None:
        """Give a thread in the agent's view its title, at best."""
        title = rendering.cut(" ".join(question.text.split()), _TITLE)
        try:
            await self.client.assistant_threads_setTitle(
                channel_id=question.channel, thread_ts=question.root, title=title
            )
        except Exception as error:  # noqa: BLE001  only a courtesy
            _log.debug("no title was given: %s", type(error).__name__)

    # ------------------------------------------------------------------------------------------

    async def _amend(self, post: Post, **values: Any) -> Post:
        return await self._aside(partial(self.inbox.amend, post.key, self.now(), **values))

    async def _later(self, event: Event, worker: str, seconds: float, *, counts: bool) -> None:
        until = self.now() + timedelta(seconds=seconds)
        await self._aside(partial(self.inbox.later, event.id, worker, until, counts=counts))

    async def _renew(self, event: Event, worker: str) -> None:
        """Keep the lease while the event is worked."""
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            with suppress(Exception):
                until = self.now() + self.lease
                await self._aside(partial(self.inbox.renew, event.id, worker, until))

    async def _core(self, call: Callable[[], Value]) -> Value:
        """Run what the advisor does in its pool."""
        return await asyncio.get_running_loop().run_in_executor(self.core, call)

    async def _aside(self, call: Callable[[], Value]) -> Value:
        """Run a short look at the records beside the event loop."""
        return await asyncio.to_thread(call)


def _notices(known: Known, language: str) -> tuple[str, ...]:
    return () if known.certain else (say(language, "limited"),)
