"""What all routes of the web door share: the advisor, the door's own file, workers, templates."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from assistant.advisor import Advisor
from assistant.controlling.checking import Checked
from assistant.domain.conversation import Turn
from assistant.referring import Referring
from bots.web.config import WebConfig
from bots.web.limits import Limits
from bots.web.metrics import Metrics
from bots.web.rendering import plain, tree
from bots.web.store import WebStore
from bots.web.streaming import Broadcast, Broadcasts, Workers
from bots.web.subjects import LEADS, Action, Subject
from knowledge.view import View

HERE = Path(__file__).parent
MENU = (
    ("/", "Chat", Action.ASK),
    ("/library", "Library", Action.READ),
    ("/soa", "Applicability", Action.READ),
    ("/questions", "Questions", Action.FOLLOW),
    ("/plans", "Plans", Action.PLANS),
    ("/audit", "Audit", Action.AUDIT),
    ("/settings", "Settings", Action.ENTER),
)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the door with their credential."""

    subject: Subject
    csrf: str = ""
    """Token that a form must carry; empty with a bearer token, which no browser sends unasked."""
    by_token: bool = False


@dataclass(slots=True)
class Door:
    """Everything that a route needs."""

    advisor: Advisor
    store: WebStore
    config: WebConfig
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    hosts: frozenset[str] | None = None
    """Names by which the door may be called; None: any."""
    workers: Workers = field(init=False)
    casts: Broadcasts = field(init=False)
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    templates: Environment = field(init=False)
    statements: dict[Hashable, Checked] = field(default_factory=dict)
    """What the check of the statement found, by all that it depends on."""

    def __post_init__(self) -> None:
        """Open the pool and the templates."""
        self.workers = Workers(self.config.workers, self.config.waiting)
        self.casts = Broadcasts(self.workers)
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )

    async def do(self, work: Callable[[], Result]) -> Result:
        """Do short synchronous work without holding up the others."""
        return await self.workers.run(work)

    def view(self, subject: Subject) -> View:
        """Give the library as a person may see it today."""
        return self.advisor.view(subject.reader)

    @property
    def referring(self) -> Referring:
        """Give the queue of questions to people; leads of this door may answer, too."""
        advisor = self.advisor
        leads = frozenset(advisor.settings.leads) | {LEADS}
        return Referring(advisor.records, advisor.library, leads)

    def answer(self, turn: Turn, subject: Subject) -> Broadcast:
        """Have a turn that is in the records answered. Raises Busy."""
        advisor, question = self.advisor, turn.question or ""
        return self.casts.begin(
            turn.id,
            subject.id,
            lambda listen: advisor.take_turn(
                turn.conversation,
                question,
                reader=subject.reader,
                key=turn.key,
                as_of=turn.as_of,
                listen=listen,
            ),
        )

    def page(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None,
        *,
        code: int = 200,
        **context: Any,
    ) -> Response:
        """Render a page; a script that asks for a fragment gets the tree of it."""
        markup = self.render(template, visitor, path=request.url.path, **context)
        if wants_tree(request):
            return JSONResponse({"tree": tree(markup)}, status_code=code)
        return HTMLResponse(markup, status_code=code)

    def render(self, template: str, visitor: Visitor | None, **context: Any) -> str:
        """Render a template for somebody."""
        shared: Mapping[str, Any] = {
            "visitor": visitor,
            "csrf": visitor.csrf if visitor else "",
            "organisation": self.advisor.settings.organisation,
            "today": self.advisor.settings.today,
            "menu": [
                (address, name)
                for address, name, action in MENU
                if visitor is not None and visitor.subject.may(action)
            ],
            "Action": Action,
        }
        return self.templates.get_template(template).render(**(dict(shared) | context))

    def close(self) -> None:
        """Finish what is under way."""
        self.workers.close()


def _shown(value: Any) -> Any:
    """Take steering letters out of every text that a template prints; None prints nothing."""
    if value is None:
        return ""
    return plain(value) if type(value) is str else value


def door_of(request: Request) -> Door:
    """Give the door that a request came to."""
    door: Door = request.app.state.door
    return door


def wants_tree(request: Request) -> bool:
    """Tell whether our own script asks for a fragment."""
    return request.headers.get("x-fragment") == "1"


def idle(config: WebConfig) -> timedelta:
    """Give how long a session may rest."""
    return timedelta(minutes=config.idle_minutes)


def absolute(config: WebConfig) -> timedelta:
    """Give how long a session lasts at most."""
    return timedelta(hours=config.absolute_hours)
