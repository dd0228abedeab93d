"""The same for programs: JSON below `/api/`, and the addresses that watchdogs and Prometheus ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from alerts.console.answering import take
from alerts.console.pages.documents import Acknowledgement, StationDocument, WarningDocument, WarningFile
from alerts.console.parts import Parts
from alerts.console.views.dossier import Step


def routes(parts: Parts) -> APIRouter:
    """`/api/...`, `/healthz`, `/readyz`, `/metrics`."""
    router = APIRouter()

    @router.get("/api/warnings")
    async def warnings(
        *, open_only: bool = False, limit: Annotated[int, Query(ge=1, le=1000)] = 200
    ) -> list[WarningDocument]:
        return [WarningDocument.of(view) for view in await parts.desk.warnings(open_only=open_only, limit=limit)]

    @router.get("/api/warnings/{warning_id}")
    async def warning(warning_id: str) -> WarningFile:
        return WarningFile.of(await parts.desk.warning(warning_id))

    @router.post("/api/warnings/{warning_id}/acknowledge")
    async def acknowledge(warning_id: str, said: Acknowledgement) -> WarningFile:
        await take(parts, Step.ACKNOWLEDGE, warning_id, person=said.person, reason=said.reason)
        return WarningFile.of(await parts.desk.warning(warning_id))

    @router.get("/api/stations")
    async def stations() -> list[StationDocument]:
        return [StationDocument.of(state) for state in parts.observations.stations()]

    @router.get("/api/intake")
    async def intake() -> Response:
        return JSONResponse(dict(parts.observations.intake()))

    @router.get("/healthz")
    async def alive() -> Response:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def ready() -> Response:
        good, reasons = parts.ready()
        return JSONResponse({"ready": good, "reasons": dict(reasons)}, status_code=200 if good else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(await parts.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
