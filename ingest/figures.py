"""The running service in figures: what `/metrics` tells. Reads, decides nothing.

No series a station: their number would grow with the catalogue and the ledger's table with every hour. Those are in
measurement `ledger` and in `clearwarn ledger`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ingest.adapters.books import Books
from ingest.adapters.bulletins import Bulletins
from ingest.adapters.hj212_line import Ended
from ingest.adapters.mqtt import LinkState
from ingest.errors import IngestError
from ingest.health import Health, Trouble
from ingest.metrics import Family, Metric, by, one, text
from ingest.ports import Clock, IntakeLog

_OPEN = 10_000  # warnings that are open at once are counted up to here


class Warned(Protocol):
    """What is asked of the alerting side."""

    async def warnings(self, *, open_only: bool = False, limit: int = 200) -> Sequence[Any]: ...
    async def notification_counts(self) -> Mapping[str, int]: ...
    async def overdue_since(self) -> datetime | None: ...
    @property
    def unavailable(self) -> tuple[type[Exception], ...]: ...


class Lines(Protocol):
    """What is asked of the connections of HJ 212 devices."""

    ended: Counter[Ended]

    @property
    def open(self) -> int: ...
    @property
    def pauses(self) -> int: ...


class Figures:
    """Collects at each call of `text`."""

    def __init__(
        self,
        *,
        books: Books,
        log: IntakeLog,
        log_folder: Path,
        rejected: Mapping[str, int],
        health: Health,
        broker: Callable[[], LinkState],
        lines: Lines | None,
        alerting: Warned,
        evaluation: Callable[[], Mapping[str, int]],
        bulletins: Bulletins,
        clock: Clock,
    ) -> None:
        self._books = books
        self._intake = log
        self._folder = log_folder
        self._rejected = rejected
        self._health = health
        self._broker = broker
        self._lines = lines
        self._alerting = alerting
        self._evaluation = evaluation
        self._bulletins = bulletins
        self._clock = clock

    async def text(self) -> str:
        """In Prometheus's format."""
        return text(await self.families())

    async def families(self) -> Sequence[Family]:
        """A part that cannot be read now is left out: `clearwarn_trouble` says of it."""
        families: list[Family] = [*self._state()]
        unreadable: tuple[type[Exception], ...] = (IngestError, OSError, *self._alerting.unavailable)
        for part in (self._ledger, self._quarantine, self._log, self._warnings):
            try:
                families += [family async for family in part()]
            except unreadable:
                continue
        return families

    def _state(self) -> Iterable[Family]:
        troubles, state = self._health.troubles, self._broker()
        yield Family(
            "clearwarn_trouble",
            Metric.GAUGE,
            "1 while that part is in trouble.",
            by("part", {part.value: int(part in troubles) for part in Trouble}),
        )
        yield Family(
            "clearwarn_broker_state",
            Metric.GAUGE,
            "1 for the state the connection to the broker is in.",
            by("state", {one_.value: int(one_ is state) for one_ in LinkState}),
        )
        yield from self._devices()
        yield Family(
            "clearwarn_rejected_readings_total",
            Metric.COUNTER,
            "Readings rejected by the walk since the start, by reason.",
            by("reason", dict(self._rejected)),
        )
        yield Family(
            "clearwarn_not_evaluated_readings",
            Metric.GAUGE,
            "Not evaluated by rules or windows: from the future, too old, or by a fault of ours (no_indices, fault).",
            by("why", self._evaluation()),
        )
        said = {"published": self._bulletins.published, "failed": self._bulletins.failed}
        about = "Newest indices of a station or area, published over MQTT, and attempts that failed."
        yield Family("clearwarn_index_bulletins_total", Metric.COUNTER, about, by("outcome", said))
        about = "Stations and areas whose newest indices the broker has not taken."
        yield Family("clearwarn_index_bulletins_waiting", Metric.GAUGE, about, one(self._bulletins.waiting))

    def _devices(self) -> Iterable[Family]:
        lines = self._lines
        if lines is None:
            return
        about = "TCP connections of HJ 212 devices."
        yield Family("clearwarn_hj212_connections", Metric.GAUGE, about, one(lines.open))
        yield Family(
            "clearwarn_hj212_connections_ended_total",
            Metric.COUNTER,
            "TCP connections of HJ 212 devices that ended, by the reason.",
            by("why", {why.value: lines.ended[why] for why in Ended}),
        )
        about = "Times that a device which sends more than it may was not read for a moment."
        yield Family("clearwarn_hj212_pauses_total", Metric.COUNTER, about, one(lines.pauses))

    async def _ledger(self) -> AsyncIterator[Family]:
        totals = self._books.totals
        fates = {"received": totals.received, "stored": totals.stored, "duplicate": totals.duplicate}
        yield Family(
            "clearwarn_readings_total",
            Metric.COUNTER,
            "The ledger: received = stored + duplicate + quarantined + waiting; a redrive takes from quarantined.",
            by("fate", {**fates, "quarantined": totals.quarantined}),
        )
        yield Family("clearwarn_readings_waiting", Metric.GAUGE, "Received and not settled yet.", one(totals.waiting))
        yield Family(
            "clearwarn_ledger_overdrawn_accounts",
            Metric.GAUGE,
            "Accounts that settled more than they received; anything but 0 is a fault.",
            one(await self._books.overdrawn()),
        )

    async def _quarantine(self) -> AsyncIterator[Family]:
        yield Family(
            "clearwarn_quarantined_readings",
            Metric.GAUGE,
            "Readings in quarantine, by reason.",
            by("reason", await self._books.quarantine_by_reason()),
        )

    async def _log(self) -> AsyncIterator[Family]:
        stored = await self._books.position("stored")
        oldest = await self._intake.read(stored, 1)
        behind = (self._clock.now() - oldest[0].received_at).total_seconds() if oldest else 0.0
        segments, size = await asyncio.to_thread(_measured, self._folder)
        last = self._intake.last
        yield Family("clearwarn_intake_log_position", Metric.GAUGE, "Newest delivery in the intake log.", one(last))
        yield Family("clearwarn_intake_log_bytes", Metric.GAUGE, "Size of the intake log on disk.", one(size))
        yield Family("clearwarn_intake_log_segments", Metric.GAUGE, "Files of the intake log.", one(segments))
        lag = max(0, last - stored)
        yield Family("clearwarn_store_lag_deliveries", Metric.GAUGE, "Deliveries the store has not taken.", one(lag))
        about = "Age of the oldest delivery the store has not taken; 0 when there is none."
        yield Family("clearwarn_store_lag_seconds", Metric.GAUGE, about, one(max(0.0, behind)))

    async def _warnings(self) -> AsyncIterator[Family]:
        views = await self._alerting.warnings(open_only=True, limit=_OPEN)
        levels = Counter(view.warning.level.value for view in views)
        yield Family(
            "clearwarn_open_warnings", Metric.GAUGE, "Warnings that need people, by level.", by("level", levels)
        )
        outbox = dict(await self._alerting.notification_counts())
        uncertain = outbox.pop("uncertain", 0)
        yield Family("clearwarn_notifications", Metric.GAUGE, "Notifications, by state.", by("state", outbox))
        due = await self._alerting.overdue_since()
        late = (self._clock.now() - due).total_seconds() if due else 0.0
        about = "How long the oldest notification in the outbox has been due; 0 when none is."
        yield Family("clearwarn_notifications_overdue_seconds", Metric.GAUGE, about, one(max(0.0, late)))
        about = "Notifications with an attempt of unknown outcome."
        yield Family("clearwarn_notifications_uncertain", Metric.GAUGE, about, one(uncertain))


def _measured(folder: Path) -> tuple[int, int]:
    """Segments and bytes, with what SQLite keeps beside them."""
    segments, size = 0, 0
    for path in folder.glob("*"):
        try:
            size += path.stat().st_size
        except FileNotFoundError:  # retention, or a checkpoint of SQLite's, was quicker
            continue
        segments += path.suffix == ".db"
    return segments, size
