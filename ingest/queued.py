"""What stands in the queue to the walk beside deliveries, each in its place among them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.ports import Checkpoint, StoredSeries
from ingest.walk import Walk


@dataclass(frozen=True, slots=True)
class Tick:
    """It is that late; `heeded` once the rules have heard so."""

    at: datetime
    heeded: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Past:
    """What the store has of these stations from before; `heeded` once walk and rules have taken it."""

    stations: Sequence[str]
    series: Sequence[StoredSeries]
    heeded: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Turn:
    """Something done in its place among the deliveries: `act` gives the walk to go on with, from a state on disk."""

    act: Callable[[Checkpoint], Awaitable[Walk]]
    done: asyncio.Future[None]
