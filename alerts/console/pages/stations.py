"""The stations and each one's last two days."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.console.parts import Parts
from alerts.console.rendering import page, voice
from alerts.console.views.network import PAST, drawings, network, station_row
from alerts.ports import Point, StationState


def routes(parts: Parts) -> APIRouter:
    """`/stations` and `/stations/{id}`."""
    router = APIRouter()

    @router.get("/stations")
    async def stations(request: Request) -> Response:
        speaker = voice(parts, request)
        return page(parts, request, "stations.html", speaker, tables=network(parts.observations, speaker))

    @router.get("/stations/{station_id}")
    async def station(request: Request, station_id: str) -> Response:
        speaker = voice(parts, request)
        state = next((state for state in parts.observations.stations() if state.place.id == station_id), None)
        if state is None:
            raise HTTPException(status_code=404)
        histories: dict[str, Sequence[Point]] = {}
        reachable = True
        try:
            histories = await _histories(parts, state)
        except OSError:  # the page says so itself: what is known from memory is still worth showing
            reachable = False
        return page(
            parts,
            request,
            "station.html",
            speaker,
            row=station_row(state, parts.observations, speaker),
            drawings=drawings(state, histories, speaker.now, parts.observations, speaker),
            reachable=reachable,
        )

    return router


async def _histories(parts: Parts, state: StationState) -> dict[str, Sequence[Point]]:
    """One after the other: when the store is down, the first timeout is the only one waited for."""
    now = parts.clock.now()
    return {
        parameter: await parts.observations.history(state.place.id, parameter, now - PAST, now)
        for parameter in state.values
    }
