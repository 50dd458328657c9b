"""Putting the web door together: `create_app(door)`."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from assistant.advisor import Advisor
from assistant.store import NotAgreed, UnknownRecord
from bots.web import api
from bots.web.admission import identify
from bots.web.config import WebConfig
from bots.web.door import HERE, Door, Visitor, absolute, idle, wants_tree
from bots.web.guard import Guard, TooLarge
from bots.web.pages import (
    audit,
    chat,
    entry,
    library,
    plans,
    questions,
    settings,
    statement,
)
from bots.web.store import WebStore
from bots.web.streaming import Busy
from bots.web.subjects import Forbidden, Foreign
from bots.web.trouble import SignInFirst, Trouble, not_allowed, not_there
from knowledge.errors import LibraryError

_log = logging.getLogger("annexa.web")
_SILENT: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI can report to elsewhere, or be told to by variables meant for other programs; not here."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def open_door(advisor: Advisor, config: WebConfig, *, hosts: frozenset[str] | None) -> Door:
    """Open the door on an advisor's workspace. Raises WorkspaceError."""
    store = WebStore(advisor.settings.workspace, idle=idle(config), absolute=absolute(config))
    return Door(advisor, store, config, hosts=hosts)


def create_app(door: Door) -> Guard:
    """Give the guarded application; closing the door and its advisor is the caller's."""
    return Guard(
        assemble(door),
        hosts=lambda: door.hosts,
        secure=door.config.secure,
        upload_bytes=(door.config.upload_megabytes * 4 + 1) * 1024 * 1024,
        count=door.metrics.count,
    )


def assemble(door: Door) -> FastAPI:
    """Put the routes of a door together, without what stands before them."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await door.do(lambda: door.advisor.records)  # opened once, before threads share it
        await door.do(door.referring.reconcile)
        yield

    app = FastAPI(
        title="Annexa",
        summary="Questions about an organisation's ISO 27001 documents, answered with sources.",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        telemetry=_SILENT,
    )
    app.state.door = door
    for page in (entry, chat, library, statement, questions, plans, audit, settings):
        app.include_router(page.router)
    app.include_router(api.router)
    app.include_router(api.open_router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _explain(app, door)
    return app


def _explain(app: FastAPI, door: Door) -> None:
    """Turn whatever goes wrong into what happened, what was kept, and what to do."""

    def told(request: Request, trouble: Trouble) -> Response:
        headers = {"retry-after": str(max(1, round(trouble.wait)))} if trouble.wait else {}
        response: Response
        if _is_api(request):
            said = {"what": trouble.what, "kept": trouble.kept, "next": trouble.next}
            response = JSONResponse({"error": said}, status_code=trouble.status)
        else:
            template = "_trouble.html" if wants_tree(request) else "trouble.html"
            response = door.page(
                request,
                template,
                _whoever(request, door),
                code=trouble.status,
                trouble=trouble,
            )
        response.headers.update(headers)
        return response

    @app.exception_handler(Trouble)
    async def _trouble(request: Request, error: Trouble) -> Response:
        return told(request, error)

    @app.exception_handler(SignInFirst)
    async def _sign_in(request: Request, _: SignInFirst) -> Response:
        if _is_api(request) or wants_tree(request) or request.method != "GET":
            return told(
                request,
                Trouble(401, "You are not signed in, or no longer.", next="Sign in and try again."),
            )
        return RedirectResponse("/enter", status_code=303)

    @app.exception_handler(Forbidden)
    async def _forbidden(request: Request, _: Forbidden) -> Response:
        return told(request, not_allowed())

    @app.exception_handler(Foreign)
    async def _foreign(request: Request, _: Foreign) -> Response:
        return told(request, not_there())

    @app.exception_handler(UnknownRecord)
    async def _unknown(request: Request, _: UnknownRecord) -> Response:
        return told(request, not_there())

    @app.exception_handler(NotAgreed)
    async def _not_agreed(request: Request, error: NotAgreed) -> Response:
        what = str(error).replace("Nothing was changed.", "").replace("  ", " ").strip()
        return told(request, Trouble(409, what[:1].upper() + what[1:]))

    @app.exception_handler(LibraryError)
    async def _library(request: Request, error: LibraryError) -> Response:
        _log.warning("the workspace could not be used: %s", type(error).__name__)
        return told(
            request,
            Trouble(
                503,
                "The workspace cannot be used at this moment.",
                next="Whoever runs Annexa finds the reason with `annexa doctor` and in Settings.",
            ),
        )

    @app.exception_handler(Busy)
    async def _busy(request: Request, _: Busy) -> Response:
        return told(
            request,
            Trouble(429, "Too much is going on at this moment.", next="Try again.", wait=5.0),
        )

    @app.exception_handler(TooLarge)
    async def _too_large(request: Request, _: TooLarge) -> Response:
        return told(request, Trouble(413, "More was sent than is taken here.", next="Send less."))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"])
        return told(request, Trouble(422, f"{where}: {first['msg']}.", next="Mend it and send it."))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return told(request, not_there())
        return told(request, Trouble(error.status_code, f"{error.detail}."))

    @app.exception_handler(Exception)
    async def _unforeseen(request: Request, error: Exception) -> Response:
        number = secrets.token_hex(4)
        _log.error("unforeseen %s: %s", number, type(error).__name__, exc_info=error)
        return told(
            request,
            Trouble(
                500,
                f"Something happened that Annexa did not foresee (number {number}).",
                kept="What you saw confirmed before is kept.",
                next="Try again; if it happens again, report the number.",
            ),
        )


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.url.path == "/metrics"


def _whoever(request: Request, door: Door) -> Visitor | None:
    try:
        return identify(request, door)
    except (SignInFirst, Trouble):
        return None
