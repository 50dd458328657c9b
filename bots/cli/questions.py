"""`annexa ask`, `annexa search` and `annexa show`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bots.cli import batch, screen
from bots.cli.answers import Streamed, prefixed, show_grounds, show_what_next
from bots.cli.options import DAY, READS, WORKS, Invocation, invoked, options

if TYPE_CHECKING:
    from assistant.advisor import Advisor
    from assistant.conversing import Listen
    from assistant.domain.answer import Answer, Message
    from assistant.domain.conversation import Turn
    from bots.cli.lines import BadLine
    from knowledge.passages import Passage, Reader
    from knowledge.view import Hit, View

DEFAULT_K = 10
_SHOWN = 320
"""Characters of a quote or passage in a list; `annexa show` has all of it."""
_FILE = click.Path(path_type=Path)


@click.command(short_help="Answer a question, with sources.")
@click.argument("question", required=False)
@click.option("--as-of", type=DAY, help="Ask about the rules in force on this day.")
@click.option("--history", metavar="FILE", type=_FILE, help="Turns before the question, as JSON.")
@click.option("--batch", "source", metavar="IN.jsonl", type=_FILE, help="Answer many questions.")
@click.option("--out", metavar="OUT.jsonl", type=_FILE, help="Where the answers of a batch go.")
@options(*WORKS, *READS)
@invoked
def ask(
    run: Invocation,
    *,
    question: str | None,
    as_of: date | None,
    history: Path | None,
    source: Path | None,
    out: Path | None,
) -> int:
    """Answer QUESTION from the indexed documents and the built-in guidance, with sources.

    What nothing says is said to be unknown. Drafts, retired versions and external files are shown
    but never state a rule. Lines of a batch are defined in docs/formats.md.
    """
    files = _bulk(run, question, source, out, {"--as-of": as_of, "--history": history})
    if files is not None:
        return _ask_many(run, *files)
    asked = _one("QUESTION", question)
    messages = _read_history(history) if history else ()
    with run.advisor() as advisor:
        started = time.perf_counter()
        listen = _deaf if run.as_json else Streamed()
        turn, answer = _answered(advisor, asked, run.reader(), messages, as_of, listen)
        took = time.perf_counter() - started
        if run.as_json:
            from bots.cli.lines import AskOut

            screen.data(AskOut.of(None, answer, took).model_dump(mode="json"))
        else:
            show_grounds(answer, advisor.view(run.reader(), as_of=as_of))
            if turn is not None:
                show_what_next(turn)
    return 0


def _deaf(_: object) -> None:
    """Data is printed when it is whole."""


def _answered(
    advisor: Advisor,
    question: str,
    reader: Reader,
    history: Sequence[Message],
    as_of: date | None,
    listen: Listen,
) -> tuple[Turn | None, Answer]:
    """Answer a question and keep it as a turn, so that it can be replayed.

    What comes with its own history, or from a person without a name, is answered and not kept."""
    if history or not (reader.owner or reader.id):
        answer = advisor.ask(question, reader=reader, history=history, as_of=as_of, listen=listen)
        return None, answer
    from assistant.advisor import NotKept
    from assistant.store import RecordsError

    try:
        place = advisor.start(reader=reader, door="cli", title=question)
        turn = advisor.take_turn(place.id, question, reader=reader, as_of=as_of, listen=listen)
    except NotKept as error:
        notices = (*error.answer.notices, f"This was not kept: {error}")
        return None, replace(error.answer, notices=notices)
    except RecordsError as error:  # a full disk must not take the answer away
        answer = advisor.ask(question, reader=reader, as_of=as_of, listen=listen)
        return None, replace(answer, notices=(*answer.notices, f"This was not kept: {error}"))
    if turn.answer is None:
        raise click.ClickException(f"the turn {turn.id} was erased while it was answered.")
    return turn, turn.answer


@click.command(short_help="Find passages.")
@click.argument("query", required=False)
@click.option("-k", type=click.IntRange(1, 1_000), help="How many passages. [default: 10]")
@click.option("--as-of", type=DAY, help="Judge standings on this day.")
@click.option("--history", metavar="FILE", type=_FILE, help="Turns before the query, as JSON.")
@click.option("--batch", "source", metavar="IN.jsonl", type=_FILE, help="Run many searches.")
@click.option("--out", metavar="OUT.jsonl", type=_FILE, help="Where the results of a batch go.")
@options(*WORKS, *READS)
@invoked
def search(
    run: Invocation,
    *,
    query: str | None,
    k: int | None,
    as_of: date | None,
    history: Path | None,
    source: Path | None,
    out: Path | None,
) -> int:
    """Find the passages that fit QUERY best, and say why each is there."""
    given = {"-k": k, "--as-of": as_of, "--history": history}
    files = _bulk(run, query, source, out, given)
    if files is not None:
        return _search_many(run, *files)
    asked = _one("QUERY", query)
    messages = _read_history(history) if history else ()
    with run.advisor() as advisor:
        started = time.perf_counter()
        view = advisor.view(run.reader(), as_of=as_of)
        hits = view.search(_alone(asked, messages), k or DEFAULT_K)
        took = time.perf_counter() - started
        if run.as_json:
            from bots.cli.lines import SearchOut

            screen.data(SearchOut.of(None, hits, took).data())
        else:
            _show_hits(hits, view)
    return 0


@click.command(short_help="Show a passage where it stands.")
@click.argument("passage")
@click.option("--around", default=1, show_default=True, help="How many neighbours on each side.")
@options(*WORKS, *READS)
@invoked
def show(run: Invocation, passage: str, around: int) -> int:
    """Show PASSAGE (an id, as sources and searches give it) with what stands around it."""
    with run.advisor() as advisor:
        view = advisor.view(run.reader())
        found = _passage(view, passage)
        if run.as_json:
            screen.data(_passage_data(view, found, view.around(found, max(0, around))))
        else:
            _show_passage(view, found, view.around(found, max(0, around)))
    return 0


def show_source(view: View, passage: str) -> None:
    """Print a passage where it stands, with one neighbour on each side."""
    found = _passage(view, passage)
    _show_passage(view, found, view.around(found))


def _passage(view: View, passage: str) -> Passage:
    found = view.passage(passage.strip())
    if found is None:
        raise click.ClickException(
            f"there is no passage {screen.plain(passage)!r} that may be read here. Ids stand "
            "below answers and in `annexa search`."
        )
    return found


def _show_hits(hits: Sequence[Hit], view: View) -> None:
    from knowledge.passages import Standing

    if view.notice:
        screen.say(view.notice, style="yellow")
    if not hits:
        screen.say("Nothing was found.")
    for rank, hit in enumerate(hits, 1):
        place = hit.passage.locator
        head = screen.words(f"{rank}. ", style="cyan")
        head.append(screen.plain(hit.document.facts.title), style="bold")
        if hit.standing is not Standing.IN_FORCE:
            head.append(f" · {hit.standing.value}", style="bold yellow")
        for part in (place.section, prefixed("page ", place.page), prefixed("row ", place.row)):
            if part:
                head.append(f" · {screen.plain(part)}")
        screen.show(head)
        text = " ".join(hit.passage.text.split())
        shown = text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …"
        screen.indented(shown, 3)
        why = ", ".join(hit.reasons)
        more = f" · also in {screen.count(len(hit.same_as), 'passage')}" if hit.same_as else ""
        screen.indented(f"{hit.score:.3f} · {why}{more}", 3, "dim")
        screen.indented(f"annexa show {hit.passage.id}", 3, "dim")
        screen.say()


def _show_passage(view: View, found: Passage, near: Sequence[Passage]) -> None:
    document = view.document(found.document)
    if document is None:  # a passage that may be read stands in a document that may be read
        raise LookupError(found.document)
    screen.show(screen.words(document.facts.title, style="bold"))
    facts = document.facts
    screen.show(
        screen.facts(
            [
                ("source", document.source),
                ("identifier", facts.identifier),
                ("version", facts.version),
                ("status", facts.status.value),
                ("standing", view.standing(document.id).value),
                ("owner", facts.owner),
                ("approved by", facts.approver),
                ("classification", facts.classification),
                ("approved", facts.approved),
                ("in effect from", facts.effective),
                ("next review", facts.next_review),
                ("supersedes", ", ".join(facts.supersedes)),
                ("place", " › ".join(found.locator.heading_path)),
                ("page", found.locator.page),
                ("row", found.locator.row),
                ("controls", ", ".join(found.controls)),
            ]
        )
    )
    for one in near:
        screen.say()
        this = one.id == found.id
        screen.indented(one.text, 0 if this else 3, "" if this else "dim")


def _passage_data(view: View, found: Passage, near: Sequence[Passage]) -> dict[str, Any]:
    from bots.cli.documents import document_data

    document = view.document(found.document)
    if document is None:
        raise LookupError(found.document)
    return {
        "passage": found.id,
        "section": found.locator.section,
        "heading_path": list(found.locator.heading_path),
        "page": found.locator.page,
        "row": found.locator.row,
        "text": found.text,
        "controls": list(found.controls),
        "document": document_data(view, document),
        "around": [{"passage": one.id, "text": one.text} for one in near],
    }


def _alone(query: str, messages: Sequence[Message]) -> str:
    """Make a query of a conversation stand alone."""
    if not messages:
        return query
    from assistant.answering.understanding import understand

    return understand(query, messages).text


def _bulk(
    run: Invocation,
    one: str | None,
    source: Path | None,
    out: Path | None,
    given: Mapping[str, object | None],
) -> tuple[Path, Path] | None:
    """Tell whether many lines are meant, and which files. Raises UsageError for a mixture."""
    if source is None and out is None:
        return None
    if source is None or out is None:
        raise click.UsageError("--batch IN.jsonl and --out OUT.jsonl belong together.")
    if one is not None:
        raise click.UsageError("give either one question or --batch, not both.")
    for name, value in given.items():
        if value is not None:
            raise click.UsageError(f"{name} belongs to each line of a batch, not beside --batch.")
    if run.user is not None:
        raise click.UsageError("each line of a batch says who asks; leave --user away.")
    return source, out


def _one(name: str, text: str | None) -> str:
    from bots.cli.lines import LONGEST_QUESTION

    if text is None or not text.strip():
        raise click.UsageError(f"{name} is missing: write it in quotation marks, or use --batch.")
    if len(text) > LONGEST_QUESTION:
        raise click.UsageError(
            f"{name} has {len(text):,} characters; {LONGEST_QUESTION:,} is the limit. Put long "
            "texts into a document and index it."
        )
    return text


def _read_history(path: Path) -> tuple[Message, ...]:
    import json

    from pydantic import TypeAdapter, ValidationError

    from bots.cli.lines import Turn, explain

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}.") from error
    try:
        if text.lstrip().startswith("["):
            raw = json.loads(text)
        else:
            raw = [json.loads(line) for line in text.splitlines() if line.strip()]
        turns = TypeAdapter(list[Turn]).validate_python(raw)
    except ValidationError as error:
        raise click.UsageError(f"{path}: {explain(error, Turn)}") from error
    except ValueError as error:
        raise click.UsageError(
            f'{path} is not a JSON list of {{"role", "text"}} turns ({error}).'
        ) from error
    return tuple(turn.message() for turn in turns)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Runs one line's work, so that what it raises stays with its line."""

    number: int

    def call(self, work: Callable[[], Any]) -> tuple[Any, str | None, float]:
        """Give the result or what went wrong, and the seconds it took."""
        from assistant.settings import SettingsError
        from knowledge.embedding import ModelError
        from knowledge.errors import LibraryError

        started = time.perf_counter()
        result, problem = None, None
        try:
            result = work()
        except (LibraryError, ModelError, SettingsError) as error:
            problem = f"line {self.number}: {error}"
        except Exception as error:  # noqa: BLE001  lines are independent: the rest must go on
            problem = f"line {self.number}: unforeseen {type(error).__name__}: {error}"
        return result, problem, time.perf_counter() - started


def _ask_many(run: Invocation, source: Path, out: Path) -> int:
    from bots.cli.lines import AskIn, AskOut, BadLine, read_line

    with run.advisor() as advisor:
        _check(advisor)

        def respond(number: int, raw: bytes) -> tuple[dict[str, Any], str | None]:
            line = read_line(raw, number, AskIn)
            if isinstance(line, BadLine):
                return AskOut.failed(line.id, line.message).model_dump(mode="json"), _named(line)
            answer, problem, took = _Timed(number).call(
                lambda: advisor.ask(
                    line.question,
                    reader=line.reader(),
                    history=line.messages(),
                    as_of=line.as_of,
                )
            )
            if problem is not None:
                return AskOut.failed(line.id, problem, took).model_dump(mode="json"), problem
            return AskOut.of(line.id, answer, took).model_dump(mode="json"), None

        return batch.finish(batch.run(source, out, respond), out)


def _search_many(run: Invocation, source: Path, out: Path) -> int:
    from bots.cli.lines import BadLine, SearchIn, SearchOut, read_line

    with run.advisor() as advisor:
        _check(advisor)

        def respond(number: int, raw: bytes) -> tuple[dict[str, Any], str | None]:
            line = read_line(raw, number, SearchIn)
            if isinstance(line, BadLine):
                return SearchOut.failed(line.id, line.message).data(), _named(line)
            hits, problem, took = _Timed(number).call(
                lambda: advisor.view(line.reader(), as_of=line.as_of).search(
                    _alone(line.query, line.messages()), line.k or DEFAULT_K
                )
            )
            if problem is not None:
                return SearchOut.failed(line.id, problem, took).data(), problem
            return SearchOut.of(line.id, hits, took).data(), None

        return batch.finish(batch.run(source, out, respond), out)


def _check(advisor: Advisor) -> None:
    """Fail before the first line where every line would fail."""
    from knowledge.passages import PUBLIC

    advisor.view(PUBLIC)


def _named(line: BadLine) -> str:
    return line.message if line.id is None else f"{line.message} (id {line.id})"
