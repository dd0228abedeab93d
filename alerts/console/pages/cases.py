"""The cases of outfalls: days above what they may discharge."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from alerts.console.pages.documents import CaseDocument
from alerts.console.parts import Parts
from alerts.console.rendering import page, voice
from alerts.console.views.cases import case_table

SHOWN = 200
Station = Annotated[str | None, Query(max_length=100)]


def routes(parts: Parts) -> APIRouter:
    """`/cases` and `/api/cases`, of all outfalls or of one station."""
    router = APIRouter()

    @router.get("/cases")
    async def cases(request: Request, station: Station = None) -> Response:
        speaker = voice(parts, request)
        found = await parts.desk.cases(station=station, limit=SHOWN)
        table = case_table(found, station=station, observations=parts.observations, voice=speaker)
        return page(parts, request, "cases.html", speaker, table=table, shortened=len(found) >= SHOWN)

    @router.get("/api/cases")
    async def documents(
        station: Station = None, limit: Annotated[int, Query(ge=1, le=1000)] = SHOWN
    ) -> list[CaseDocument]:
        return [CaseDocument.of(view) for view in await parts.desk.cases(station=station, limit=limit)]

    return router
