"""One run of `simulate`: the district's messages to a broker or to the screen, counted."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from device_sim import feed, mischief
from device_sim.broker import Broker
from device_sim.district import District
from device_sim.encoder import Dispatch, clock
from device_sim.hj212 import TCP
from device_sim.hj212_links import Links
from device_sim.mischief import Mischief
from device_sim.options import tell
from device_sim.pacing import PacedClock, Throttle, system_time
from device_sim.publisher import Publisher

SAID_EVERY = 500  # messages between two lines of progress on a terminal


@dataclass(slots=True)
class Totals:
    """What was done."""

    published: int = 0
    acknowledged: int = 0
    reconnects: int = 0
    simulated: datetime | None = None

    def say(self, *, as_json: bool) -> None:
        """To the person who started it, or to a program."""
        if as_json:
            until = self.simulated.isoformat() if self.simulated else None
            counts = {"published": self.published, "acknowledged": self.acknowledged, "reconnects": self.reconnects}
            click.echo(json.dumps({**counts, "simulated_until": until}))
            return
        click.echo(
            f"published {self.published}, acknowledged {self.acknowledged}, reconnected {self.reconnects} times",
            err=True,
        )


class Simulation:
    """Everything a run needs. `broker` None prints each message on a line of its own; `host` takes HJ 212 over TCP."""

    def __init__(
        self,
        *,
        district: District,
        broker: Broker | None,
        host: tuple[str, int] | None,
        client_id: str,
        totals: Totals,
        speed: float,
        until: datetime | None,
        rate: float | None,
        duration: timedelta | None,
        backfill: timedelta,
        mischief: Mapping[Mischief, float],
        clock: bool = False,
    ) -> None:
        self._district = district
        self._broker = broker
        self._host = host
        self._client_id = client_id
        self._totals = totals
        self._speed = speed
        self._until = until
        self._throttle = Throttle(rate)
        self._duration = duration
        self._backfill = backfill
        self._mischief = mischief
        self._clock = clock

    async def run(self) -> None:
        """Up to `until`, for `duration`, or until it is interrupted. Raises `BrokerError`, `HostError`."""
        if self._broker is None:
            await self._bounded(_shown)
            return
        async with AsyncExitStack() as stack:
            publisher = Publisher(broker=self._broker, client_id=self._client_id, tell=tell)
            await stack.enter_async_context(publisher)
            links = Links(host=self._host[0], port=self._host[1]) if self._host else None
            if links is not None:
                await stack.enter_async_context(links)

            async def send(topic: str, payload: bytes) -> None:
                before, _, station = topic.rpartition("/")
                if links is not None and before == TCP:
                    await links.send(station, payload)
                else:
                    await publisher.publish(topic, payload)

            try:
                await self._bounded(send)
                await publisher.settle()
            finally:
                self._totals.acknowledged = publisher.acknowledged + (links.answered if links is not None else 0)
                self._totals.reconnects = publisher.reconnects

    async def _bounded(self, send: feed.Publish) -> None:
        async def publish(topic: str, payload: bytes) -> None:
            await self._throttle.turn()
            await send(topic, payload)
            self._totals.published += 1
            if self._totals.published % SAID_EVERY == 0 and sys.stderr.isatty():
                click.echo(f"{self._totals.published} messages", err=True)

        try:
            async with asyncio.timeout(None if self._duration is None else self._duration.total_seconds()):
                await self._live(publish)
        except TimeoutError:
            return  # `duration` is over

    async def _live(self, publish: feed.Publish) -> None:
        district, seed = self._district, self._district.scenario.seed
        hours = self._backfill / timedelta(hours=1)
        history = (Dispatch(district.start, topic, payload) for topic, payload in district.backfill(hours))
        for dispatch in self._told(mischief.through(history, self._mischief, seed=seed)):
            await publish(dispatch.topic, dispatch.payload)
        fastest = math.isinf(self._speed)
        until = self._until or (system_time() if fastest else None)
        live = self._noted(self._told(mischief.through(feed.endless(district, until), self._mischief, seed=seed)))
        if fastest:
            for dispatch in live:
                await publish(dispatch.topic, dispatch.payload)
            return
        paced = PacedClock(start=district.start, speed=self._speed)
        await feed.follow(dispatches=live, clock=paced, publish=publish)

    def _told(self, dispatches: Iterator[Dispatch]) -> Iterator[Dispatch]:
        """Before what is due at a later time, what time it is: a clock that is replayed goes by that."""
        told: datetime | None = None
        for dispatch in dispatches:
            if self._clock and (told is None or dispatch.due > told):
                told = dispatch.due
                yield clock(told)
            yield dispatch

    def _noted(self, dispatches: Iterator[Dispatch]) -> Iterator[Dispatch]:
        for dispatch in dispatches:
            yield dispatch
            self._totals.simulated = dispatch.due


async def _shown(topic: str, payload: bytes) -> None:
    click.echo(f"{topic} {payload.decode(errors='replace').rstrip()}")
