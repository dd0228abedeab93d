"""Puts the console together. Opens nothing: the caller serves it, and sets `closing` when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from alerts.console.events import Listeners
from alerts.console.failures import answer_failures
from alerts.console.guard import Guard
from alerts.console.pages import api, cases, duty, stations, warnings
from alerts.console.parts import Metrics, Parts, Ready
from alerts.console.ports import Desk
from alerts.console.rendering import environment
from alerts.console.staff import Staff
from alerts.ports import Clock, Observations

_STATIC = Path(__file__).with_name("static")


def build_console(
    *,
    desk: Desk,
    observations: Observations,
    clock: Clock,
    people: Sequence[tuple[str, str, str]],
    ready: Ready,
    metrics: Metrics,
    allowed_hosts: Iterable[str] = (),
    zone: tzinfo | None = None,
    closing: asyncio.Event | None = None,
    most_listeners: int = 64,
) -> FastAPI:
    """The console as an ASGI application.

    Args:
        desk: Where warnings are read and answered.
        observations: What intake knows of stations and readings.
        clock: The service's clock: ages are worked out from it, never from the wall.
        people: (id, Chinese name, English name) of everybody who may act.
        ready: Whether the service can do its work, and what is wrong with which part.
        metrics: The service in figures, in Prometheus's text format.
        allowed_hosts: Host names beside localhost under which the console may be asked for.
        zone: The zone of every time shown; Asia/Shanghai by default.
        closing: Set it before the server stops: open event streams then end, and shutting down need not wait for them.
        most_listeners: How many pages may be kept fresh at once.
    """
    parts = Parts(
        desk=desk,
        observations=observations,
        clock=clock,
        staff=Staff(people),
        ready=ready,
        metrics=metrics,
        zone=zone or ZoneInfo("Asia/Shanghai"),
        templates=environment(),
        closing=closing or asyncio.Event(),
        listeners=Listeners(most=most_listeners),
    )
    # FastAPI's own documentation pages load scripts from a CDN; the schema itself stays.
    app = FastAPI(title="Clearwarn", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.add_middleware(Guard, allowed_hosts=tuple(allowed_hosts))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    for noun in (duty, warnings, cases, stations, api):
        app.include_router(noun.routes(parts))
    answer_failures(app, parts)
    return app
