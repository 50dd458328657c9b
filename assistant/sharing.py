"""Answering where others listen: what each of them may read, and nothing that only some may.

The asker always gets the answer that their own rights give. It may be given in front of others where
it is the very answer that everybody's common rights give; otherwise it is for the asker alone.
"""

from __future__ import annotations

from assistant.advisor import Advisor
from assistant.answering import Answering, day_asked
from assistant.domain.answer import Answer, Kind, Message
from assistant.domain.conversation import Turn
from assistant.replaying import may_read
from knowledge.passages import Reader
from knowledge.view import View


def may_be_shared(
    advisor: Advisor, conversation: str, question: str, own: Reader, common: Reader
) -> bool:
    """Tell whether `question` has the same answer by rules for the asker and for all who listen.

    Nothing is kept. Raises UnknownRecord for a conversation that is not the asker's."""
    day = day_asked(question, advisor.settings.today)
    alone, together = advisor.view(own, as_of=day), advisor.view(common, as_of=day)
    if _ids(alone) == _ids(together):
        return True
    said = [
        Answering(view, advisor.relevance).answer(
            question, _messages(advisor.turns(conversation, reader=view.reader))
        )
        for view in (alone, together)
    ]
    return _substance(said[0]) == _substance(said[1])


def may_see(advisor: Advisor, turn: Turn, reader: Reader) -> bool:
    """Tell whether `reader` may see a turn's answer by the rights of this moment."""
    return turn.answer is None or may_read(turn.answer, advisor.view(reader))


def _ids(view: View) -> frozenset[str]:
    return frozenset(one.id for one in view.documents)


def _substance(answer: Answer) -> tuple[object, ...]:
    cited = tuple((one.passage, one.quote) for one in answer.citations)
    return answer.kind, answer.text, answer.notices, cited


def _messages(turns: tuple[Turn, ...]) -> tuple[Message, ...]:
    return tuple(
        message
        for turn in turns
        if turn.question is not None and turn.answer is not None
        if turn.answer.kind is not Kind.ERROR
        for message in (Message("user", turn.question), Message("assistant", turn.answer.text))
    )
