"""What warnings need from outside. `ingest/app.py` supplies it; nothing here knows of MQTT or a store.

Each Protocol says who calls, what may block and what may be raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from alerts.model import Heard, Place, Sample, Transition


class Clock(Protocol):
    """The service's clock: the system's, the replayed stream's or the demo's."""

    def now(self) -> datetime:
        """Aware UTC. Never blocks."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when `now()` has reached `moment`, or earlier on a clock that jumped: callers look again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A stored value, for a curve beside a warning."""

    instant: datetime
    value: float | None
    flag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationState:
    """What a duty officer sees of a station: when it was last heard, and its newest values."""

    place: Place
    last_instant: datetime | None
    last_received: datetime | None
    values: Mapping[str, tuple[float | None, int]]  # parameter -> (value, flag)
    silent: bool


class Observations(Protocol):
    """What the console may look at of intake. Reads only; may wait for a database, never longer than its timeout."""

    async def history(self, station: str, parameter: str, start: datetime, end: datetime) -> Sequence[Point]:
        """In order of instant, `start` <= instant <= `end`. Raises `OSError` where the store cannot be reached."""
        ...

    def stations(self) -> Sequence[StationState]:
        """Every station of the catalogue, heard or not. From memory."""
        ...

    def intake(self) -> Mapping[str, int | float | str]:
        """The ledger's totals and the state of broker and store, from memory: received, stored, duplicate, ..."""
        ...

    def parameter(self, name: str) -> tuple[str, str, str, int]:
        """(zh, en, unit, decimals) of a parameter; its own name where the catalogue does not know it."""
        ...


class Engine(Protocol):
    """The rules at work, as the runner drives them: `alerts.engine`."""

    def hear(self, heard: Iterable[Heard], now: datetime) -> Sequence[Transition]: ...
    def feed(self, samples: Iterable[Sample], now: datetime) -> Sequence[Transition]: ...
    def advance(self, now: datetime) -> Sequence[Transition]: ...
    def wake_at(self) -> datetime | None: ...
    def snapshot(self) -> dict[str, Any]: ...
    def restore(self, state: Mapping[str, Any]) -> None: ...
    def listen_from(self, now: datetime) -> None: ...
    def lack_past(self) -> None: ...
    def recall(
        self, stations: Iterable[str], past: Iterable[Sample], now: datetime, *, until: datetime, judged: bool
    ) -> Sequence[Transition]: ...
    @property
    def depth(self) -> int: ...
    @property
    def reach(self) -> timedelta: ...
    @property
    def unjudged(self) -> Mapping[str, int]: ...
    def faults(self) -> Sequence[tuple[str, str, Exception]]: ...
