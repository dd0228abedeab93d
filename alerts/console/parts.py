"""What the routes work with: handed to each of them once, when the console is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from jinja2 import Environment

from alerts.console.events import Listeners
from alerts.console.ports import Desk
from alerts.console.staff import Staff
from alerts.ports import Clock, Observations

Metrics = Callable[[], Awaitable[str]]
Ready = Callable[[], tuple[bool, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`ready` says whether the service can do its work, and what is wrong with which part of it.

    `metrics` is the service in figures, as Prometheus reads them.
    """

    desk: Desk
    observations: Observations
    clock: Clock
    staff: Staff
    ready: Ready
    metrics: Metrics
    zone: tzinfo
    templates: Environment
    closing: asyncio.Event
    listeners: Listeners
