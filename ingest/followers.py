"""What follows to the store beside the readings: the ledger, what happened to warnings, how everything is now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Protocol

from ingest.ledger_writer import LedgerWriter
from ingest.metrics import Family
from ingest.ports import Clock, LedgerBooks, ReadingStore, Warned
from ingest.pulse import Gravest, Pulse
from ingest.standing import Heard
from ingest.warning_writer import WarningWriter


class Alerting(Warned, Gravest, Protocol):
    """What they need of `alerts.runner.Alerting`."""


class Followers:
    """Each loop on its own; `write` is one last round of all."""

    def __init__(
        self,
        *,
        books: LedgerBooks,
        alerting: Alerting,
        store: ReadingStore,
        clock: Clock,
        figures: Callable[[], Awaitable[Sequence[Family]]],
        stations: Callable[[], Iterable[Heard]],
        console: Callable[[], str],
    ) -> None:
        self._ledger = LedgerWriter(books=books, store=store)
        self._warnings = WarningWriter(warned=alerting, store=store)
        self._pulse = Pulse(
            figures=figures, stations=stations, warned=alerting, console=console, store=store, clock=clock
        )

    def loops(self) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
        """By the names of their tasks."""
        return {"ledger": self._ledger.run, "warnings": self._warnings.run, "pulse": self._pulse.run}

    async def write(self) -> None:
        """All there is to write now."""
        for one in (self._ledger, self._warnings, self._pulse):
            await one.write()
