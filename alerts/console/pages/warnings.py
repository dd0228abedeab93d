"""One warning's page, and the steps a person takes on it by form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.console.answering import REASON_LIMIT, take
from alerts.console.parts import Parts
from alerts.console.rendering import on_duty, page, remember_person, voice
from alerts.console.views.dossier import Step, dossier


def routes(parts: Parts) -> APIRouter:
    """`/warnings/{id}` and `/warnings/{id}/{step}`."""
    router = APIRouter()

    @router.get("/warnings/{warning_id}")
    async def warning(request: Request, warning_id: str) -> Response:
        speaker = voice(parts, request)
        view = await parts.desk.warning(warning_id)
        shown = dossier(view, observations=parts.observations, staff=parts.staff, voice=speaker)
        return page(parts, request, "warning.html", speaker, dossier=shown)

    @router.post("/warnings/{warning_id}/{step}")
    async def answer(
        request: Request,
        warning_id: str,
        *,
        step: Step,
        person: Annotated[str, Form(max_length=100)] = "",
        reason: Annotated[str, Form(max_length=REASON_LIMIT)] = "",
        back: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        acting = person or on_duty(parts, request)
        warning = await take(parts, step, warning_id, person=acting, reason=reason)
        response = RedirectResponse("/" if back == "duty" else f"/warnings/{warning.id}", status_code=303)
        if person:
            remember_person(response, person)
        return response

    return router
