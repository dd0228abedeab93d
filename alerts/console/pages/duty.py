"""The duty page, who is on duty, and the stream that keeps pages fresh."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from alerts.console.events import EventStream
from alerts.console.failures import IncompleteError
from alerts.console.parts import Parts
from alerts.console.rendering import page, remember_person, voice
from alerts.console.views.board import board

OPEN_LIMIT = 200
RECENT_LIMIT = 100


def routes(parts: Parts) -> APIRouter:
    """`/`, `/person`, `/events`."""
    router = APIRouter()

    @router.get("/")
    async def duty(request: Request) -> Response:
        speaker = voice(parts, request)
        opened = await parts.desk.warnings(open_only=True, limit=OPEN_LIMIT)
        recent = await parts.desk.warnings(limit=RECENT_LIMIT)
        shown = board(opened=opened, recent=recent, observations=parts.observations, staff=parts.staff, voice=speaker)
        return page(parts, request, "duty.html", speaker, board=shown, shortened=len(opened) >= OPEN_LIMIT)

    @router.post("/person")
    async def choose_person(person: Annotated[str, Form(max_length=100)]) -> Response:
        if person not in parts.staff:
            raise IncompleteError("person")
        response = RedirectResponse("/", status_code=303)
        remember_person(response, person)
        return response

    @router.get("/events")
    async def events() -> Response:
        if parts.listeners.full:
            return PlainTextResponse("too many pages listen\n", status_code=503, headers={"Retry-After": "30"})
        return EventStream(desk=parts.desk, listeners=parts.listeners, closing=parts.closing)

    return router
