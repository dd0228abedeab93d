"""Takes up again what is in quarantine: the order of `clearwarn quarantine redrive` to a running service.

Deliveries go to the intake log in order of their first arrival, a few at a time between those that arrive. From there
on a redrive is as durable as they are: killed at any point, it goes on at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.errors import LogUnavailableError, OrderRefusedError
from ingest.health import Health
from ingest.model import Delivery
from ingest.pipeline import Pipeline
from ingest.ports import IntakeLog, Quarantine
from ingest.redrive import Redrivable, Selection
from ingest.writer import StoreWriter

_AT_ONCE = 64  # deliveries read from quarantine and written to the log: 16 MiB at most
_RESULT_WITHIN = 30.0  # seconds; a store that is down must not keep the asker


class Redriver:
    """Carries out one order at a time."""

    def __init__(
        self, *, quarantine: Quarantine, log: IntakeLog, pipeline: Pipeline, writer: StoreWriter, health: Health
    ) -> None:
        self._quarantine = quarantine
        self._intake = log
        self._pipeline = pipeline
        self._writer = writer
        self._health = health

    async def order(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`station`, `reason`, `ids` choose, `dry_run` only counts. Raises `OrderRefusedError`.

        The answer: `entries` chosen, `deliveries` taken up, readings `stored`, `duplicate` and `refused` (by reason),
        `waiting` where the store has not taken all of it yet, `excerpts` and `lost`: entries and deliveries without
        their bytes.
        """
        if not self._health.recovered:
            raise OrderRefusedError("the service is still walking its log; ask again once /readyz says it is ready")
        selection = _selection(asked)
        try:
            chosen = await self._quarantine.chosen(selection)
            told = {"entries": chosen.entries, "deliveries": chosen.deliveries, "excerpts": chosen.excerpts}
            return told if asked.get("dry_run") else {**told, **await self._redrive(selection)}
        except LogUnavailableError as error:
            raise OrderRefusedError(str(error)) from error

    async def _redrive(self, selection: Selection) -> Mapping[str, Any]:
        until = self._intake.last  # what is refused meanwhile is for the next time
        taken, lost, after, first, last = 0, 0, 0, 0, 0
        while page := await self._quarantine.redrivable(selection, after=after, until=until, limit=_AT_ONCE):
            batch = await self._deliveries(page)
            if batch:
                last = await self._pipeline.redrive(batch)
                first = first or last - len(batch) + 1
            taken, lost, after = taken + len(batch), lost + len(page) - len(batch), page[-1].redrive.position
        settled = await self._settled(last)
        fates, refused = await self._quarantine.redriven(first, last)
        return {
            "deliveries": taken,
            "lost": lost,
            "stored": fates.stored,
            "duplicate": fates.duplicate,
            "refused": dict(refused),
            "waiting": not settled,
        }

    async def _deliveries(self, page: Sequence[Redrivable]) -> list[Delivery]:
        """With their bytes; where quarantine has an excerpt, those of the intake log, if it still has them."""
        found: list[Delivery] = []
        for topic, payload, redrive in page:
            first = Delivery(topic, payload, redrive.received_at) if payload is not None else None
            first = first or await self._intake.delivery(redrive.position)
            if first is not None:
                found.append(Delivery(first.topic, first.payload, redrive.received_at, 0, redrive))
        return found

    async def _settled(self, position: int) -> bool:
        try:
            async with asyncio.timeout(_RESULT_WITHIN):
                await self._writer.settled(position)
        except TimeoutError:
            return False
        return True


def _selection(asked: Mapping[str, Any]) -> Selection:
    station, reason, ids = asked.get("station"), asked.get("reason"), asked.get("ids")
    texts = all(text is None or isinstance(text, str) for text in (station, reason))
    numbers = ids is None or (isinstance(ids, list) and all(isinstance(number, int) for number in ids))
    if not texts or not numbers:
        raise OrderRefusedError("redrive: station and reason are texts, ids a list of numbers")
    return Selection(station=station, reason=reason, ids=ids)
