"""The chat without a script, its streams, and what a lost line, a stop or a crash leaves behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from assistant.advisor import Advisor, NotKept
from assistant.conversing import deaf
from assistant.domain.answer import Answer, Kind
from assistant.domain.conversation import Piece, TurnState
from assistant.store import RecordsError
from bots.web.config import WebConfig
from bots.web.streaming import Busy
from bots.web.subjects import Role
from knowledge.passages import OWNER
from tests.support.web_house import BASE, House, Visit

QUESTION = "How long are backups kept?"


@pytest.fixture
def who(at_home: House) -> Visit:
    return at_home.visit("owner", Role.OWNER)


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_question_is_answered_with_its_source_without_a_script(who: Visit) -> None:
    conversation, turn = who.ask(QUESTION)
    page = who.get(f"/c/{conversation}").text
    assert "47 days" in page
    assert f'href="/turns/{turn}/sources/1"' in page


def test_a_source_shows_the_quoted_words_marked(who: Visit) -> None:
    _, turn = who.ask(QUESTION)
    page = who.get(f"/turns/{turn}/sources/1").text
    assert "<mark>Backups of the ledger are kept for 47 days.</mark>" in page
    assert "In force" in page
    assert who.get(f"/turns/{turn}/sources/99").status_code == 404


def test_the_same_key_is_the_same_turn(who: Visit) -> None:
    first = who.ask(QUESTION, key="the-same-key")
    assert who.ask(QUESTION, key="the-same-key") == first
    assert len(who.get("/api/conversations").json()) == 1


def test_a_conversation_goes_on(who: Visit) -> None:
    conversation, _ = who.ask(QUESTION)
    assert who.ask("And who tests a restore?", conversation=conversation)[0] == conversation
    assert who.get(f"/c/{conversation}").text.count("<article") == 2


def test_a_stream_after_the_end_tells_the_end(who: Visit) -> None:
    _, turn = who.ask(QUESTION)
    found = events(who.get(f"/turns/{turn}/stream").text)
    assert [name for name, _ in found] == ["end"]
    assert "47 days" in json.dumps(found[0][1]["tree"])


def test_the_api_answers_plain_and_as_a_stream(who: Visit) -> None:
    plain = who.send("POST", "/api/chat", json={"question": QUESTION}).json()
    assert plain["kind"] == "answer"
    assert plain["citations"][0]["quote"] == "Backups of the ledger are kept for 47 days."
    body = {"question": QUESTION, "stream": True, "key": "streamed-key"}
    found = events(who.send("POST", "/api/chat", json=body).text)
    assert found[-1][0] == "turn"
    assert found[-1][1]["answer"] == plain["answer"]
    assert "text" in {name for name, _ in found}
    again = who.send("POST", "/api/chat", json=body | {"stream": False}).json()
    assert again["id"] == found[-1][1]["id"]


def test_the_same_question_gets_the_same_answer_as_from_the_advisor(
    who: Visit, advisor: Advisor
) -> None:
    expected = advisor.ask(QUESTION, reader=OWNER)
    said = who.send("POST", "/api/chat", json={"question": QUESTION}).json()
    assert (said["answer"], said["kind"]) == (expected.text, expected.kind.value)


def test_a_restricted_document_answers_only_its_readers(at_home: House) -> None:
    inside, outside = (
        at_home.visit("one", Role.STAFF, groups=("board",)),
        at_home.visit("other", Role.STAFF),
    )
    question = {"question": "What is the name of the merger?"}
    assert "Walnut" in inside.send("POST", "/api/chat", json=question).text
    assert "Walnut" not in outside.send("POST", "/api/chat", json=question).text


def test_an_answer_is_withheld_once_its_source_may_not_be_read(at_home: House) -> None:
    inside = at_home.visit("one", Role.STAFF, groups=("board",))
    conversation, turn = inside.ask("What is the name of the merger?")
    at_home.know("one", Role.STAFF)
    for path in (
        f"/c/{conversation}",
        f"/api/turns/{turn}",
        f"/turns/{turn}/copy",
        f"/c/{conversation}/export",
        f"/turns/{turn}/stream",
    ):
        assert "Walnut" not in inside.get(path).text
    assert inside.get(f"/turns/{turn}/sources/1").status_code == 404


class Held:
    """An advisor's answer that waits for a sign half-way."""

    def __init__(self, advisor: Advisor, patch: pytest.MonkeyPatch) -> None:
        self.go, self.begun, self.times = threading.Event(), threading.Event(), 0
        real = advisor.take_turn

        def take(conversation: str, question: str, **how: Any) -> Any:
            self.times += 1
            how["listen"](Piece("Half of "))
            self.begun.set()
            assert self.go.wait(20)
            how["listen"](Piece("it."))
            return real(conversation, question, **how | {"listen": deaf})

        patch.setattr(advisor, "take_turn", take)


@pytest.fixture
def held(advisor: Advisor, monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(advisor, monkeypatch)


def begin(who: Visit, key: str = "held-back-key") -> Any:
    data = {"csrf": who.csrf, "question": QUESTION, "key": key, "conversation": ""}
    return who.post("/chat", data, headers={"x-fragment": "1"})


def test_a_page_that_comes_in_mid_answer_hears_it_from_the_start(who: Visit, held: Held) -> None:
    begun = begin(who).json()
    assert held.begun.wait(10)
    page = who.get(f"/c/{begun['conversation']}").text
    assert f'data-stream="/turns/{begun["turn"]}/stream"' in page
    assert 'http-equiv="refresh"' in page  # for a browser without script
    held.go.set()
    found = events(who.get(f"/turns/{begun['turn']}/stream").text)
    texts = [data["tree"] for name, data in found if name == "text"]
    assert "Half of it." in json.dumps(texts[-1])
    assert found[-1][0] == "end"
    assert "47 days" in json.dumps(found[-1][1])


def test_a_stream_goes_on_after_the_number_that_was_heard_last(who: Visit, held: Held) -> None:
    begun = begin(who).json()
    held.go.set()
    first = who.get(f"/turns/{begun['turn']}/stream").text
    last = (
        max(int(line[4:]) for line in first.splitlines() if line.startswith("id: "))
        if ("id: " in first)
        else 99
    )
    again = who.get(f"/turns/{begun['turn']}/stream", **{"last-event-id": str(last)})
    assert [name for name, _ in events(again.text)] == ["end"]


def test_a_question_sent_twice_at_once_is_answered_once(who: Visit, held: Held) -> None:
    assert begin(who).json()["turn"] == begin(who).json()["turn"]
    held.go.set()
    who.get(f"/turns/{begin(who).json()['turn']}/stream")
    assert held.times == 1


def test_a_stopped_answer_leaves_the_question_to_be_answered_later(
    who: Visit, held: Held, advisor: Advisor
) -> None:
    begun = begin(who).json()
    assert held.begun.wait(10)
    assert who.post(f"/turns/{begun['turn']}/stop").status_code == 303
    held.go.set()
    who.get(f"/turns/{begun['turn']}/stream")
    turn = advisor.records.turn(begun["turn"], OWNER)
    assert turn is not None
    assert turn.state is TurnState.ASKED
    assert "Answer now" in who.get(f"/c/{begun['conversation']}").text
    assert who.post(f"/turns/{begun['turn']}/answer").status_code == 303
    assert "47 days" in who.get(f"/c/{begun['conversation']}").text


def test_a_turn_left_by_a_process_that_ended_can_be_answered(
    at_home: House, who: Visit, advisor: Advisor
) -> None:
    advisor.records.start("left", OWNER, "web", "Left", at_home.clock())
    advisor.records.begin("left1", "left", "a-key", QUESTION, None, at_home.clock())
    assert "It is kept." in who.get("/c/left").text
    assert who.post("/turns/left1/answer").status_code == 303
    assert "47 days" in who.get("/c/left").text


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("secret inside"),
        NotKept(Answer(Kind.ANSWER, "x"), RecordsError("the disk is full. Nothing was changed.")),
    ],
    ids=["unforeseen", "not kept"],
)
def test_an_answer_that_fails_leaves_the_question_and_says_so(
    who: Visit, advisor: Advisor, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(advisor, "take_turn", fail)
    conversation, _ = who.ask(QUESTION)
    page = who.get(f"/c/{conversation}").text
    assert "It is kept." in page
    assert "secret inside" not in page
    said = who.send("POST", "/api/chat", json={"question": QUESTION})
    assert said.status_code == 503
    assert "kept as turn" in said.json()["error"]["kept"]


def test_when_all_are_busy_the_question_is_kept_and_the_person_told(
    at_home: House, who: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise Busy

    monkeypatch.setattr(at_home.door.casts, "begin", busy)
    response = who.post("/chat", {"question": QUESTION})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1
    assert "kept in the conversation" in response.text
    assert len(who.get("/api/conversations").json()) == 1


def test_the_pool_takes_no_more_than_it_may(
    home_with: Callable[[WebConfig], House], held: Held
) -> None:
    home = home_with(WebConfig(workers=1, waiting=1))
    who = home.visit("owner", Role.OWNER)
    codes = [begin(who, f"key-number-{n}").status_code for n in range(3)]
    held.go.set()
    assert codes == [200, 200, 429]


def test_conversations_are_found_renamed_exported_and_erased(who: Visit) -> None:
    conversation, turn = who.ask(QUESTION)
    who.ask("What do visitors wear?")
    assert who.post(f"/c/{conversation}/rename", {"title": "Ledger <copies>"}).status_code == 303
    found = who.get("/?q=ledger").text
    assert "Ledger &lt;copies&gt;" in found
    assert "What do visitors wear?" not in found
    export = who.get(f"/c/{conversation}/export")
    assert "attachment" in export.headers["content-disposition"]
    assert "47 days" in export.text
    assert who.post(f"/c/{conversation}/delete").status_code == 303
    assert who.get(f"/c/{conversation}").status_code == 404
    assert who.get(f"/turns/{turn}").status_code == 404


def test_an_answer_is_copied_with_its_sources(who: Visit) -> None:
    _, turn = who.ask(QUESTION)
    text = who.get(f"/turns/{turn}/copy").text
    assert "[1] Backup Policy" in text
    assert "“Backups of the ledger are kept for 47 days.” (policies/backup.md)" in text


def test_a_thumb_is_kept_with_its_reason(who: Visit, advisor: Advisor) -> None:
    _, turn = who.ask(QUESTION)
    who.post(f"/turns/{turn}/feedback", {"good": "0", "reason": "Too short"})
    (judged,) = advisor.records.judgements(turn)
    assert (judged.good, judged.reason) == (False, "Too short")


def test_a_person_answers_and_the_answer_comes_back(at_home: House) -> None:
    asker, lead = at_home.visit("one", Role.STAFF), at_home.visit("lead", Role.LEAD)
    conversation, turn = asker.ask("Is the canteen open on Sundays?")
    asker.post(f"/turns/{turn}/person", {"text": "Is the canteen open on Sundays?"})
    assert "Q-1" in lead.get("/questions").text
    assert conversation not in lead.get("/questions").text  # asked without a name
    answer = {"text": "Only in May.", "source": "The canteen's plan", "expires": "2027-01-01"}
    assert lead.post("/questions/Q-1/answer", answer).status_code == 303
    page = asker.get(f"/c/{conversation}").text
    assert "Only in May." in page
    assert "Answered by Lead" in page
    assert at_home.door.advisor.records.deliveries("web") == ()


def test_a_streamed_form_needs_our_own_page(who: Visit) -> None:
    response = who.client.post(
        "/chat",
        data={"question": QUESTION},
        headers=who.headers | {"origin": BASE, "x-fragment": "1"},
    )
    assert response.status_code == 403
    assert "Reload the page" in response.text
