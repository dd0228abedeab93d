"""Another configuration for the running service: checked whole, then taken whole, or refused and nothing changes.

It is a restart without stopping: in its place among the deliveries a checkpoint is written, and what the new rules and
the new catalogue make of that checkpoint goes on. A crash at any moment comes to the same by the same way.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from alerts.arrangement import Arrangement
from alerts.book import Book
from alerts.derivation import Derivation, restored
from alerts.engine import Engine
from alerts.errors import AlertsError, ConfigurationError
from alerts.moments import ZONE
from alerts.notify.channel import Notifier
from alerts.notify.opening import open_notifiers
from alerts.runner import Alerting
from alerts.standards import measured_on
from alerts.views import Standing
from ingest.adapters.alerting import air_network, outfall_network, places, water_network
from ingest.adapters.mqtt import MqttSource
from ingest.configuration import Configuration
from ingest.errors import IngestError, OrderRefusedError
from ingest.fleet import Fleet
from ingest.pipeline import Pipeline
from ingest.plan import Plan, compare
from ingest.ports import Checkpoint
from ingest.walk import Walk

_log = logging.getLogger(__name__)


def arranged(configuration: Configuration) -> Arrangement:
    """What of it the alerting works by."""
    known = places(configuration.catalog)
    by_id = {place.id: place for place in known}
    rules = {rule.id: rule for rule in configuration.rules}
    return Arrangement(
        engine=Engine(
            rules=configuration.rules,
            places=known,
            edition_of=lambda instant: configuration.air.edition_on(measured_on(instant, ZONE)).name,
        ),
        derivation=derivation(configuration),
        book=Book(rules=rules, places=by_id, procedures=configuration.procedures),
        people=configuration.people,
        console_url=configuration.service.console.link,
        places=by_id,
        rule_names={rule.id: (rule.name.zh, rule.name.en) for rule in configuration.rules},
        parameters={code: (one.name.zh, one.name.en) for code, one in configuration.catalog.parameters.items()},
        retry=configuration.notify.retry,
    )


class Reloading:
    """Takes what runs; `reread` reads the configuration anew, `taken` is told of each that is in force."""

    def __init__(
        self,
        *,
        present: Configuration,
        reread: Callable[[], Configuration],
        alerting: Alerting,
        pipeline: Pipeline,
        source: MqttSource,
        fleet: Fleet,
        subscriptions: Callable[[Configuration], Sequence[str]],
        taken: Callable[[Configuration], None],
        asked: asyncio.Event,
    ) -> None:
        self._present = present
        self._reread = reread
        self._alerting = alerting
        self._pipeline = pipeline
        self._source = source
        self._fleet = fleet
        self._subscriptions = subscriptions
        self._taken = taken
        self._one_at_a_time = asyncio.Lock()
        self._asked = asked
        self._channels: AsyncExitStack | None = None  # those in use, once a reload has opened any
        self._former: list[tuple[AsyncExitStack, frozenset[str]]] = []  # of before, and what they were sending

    async def reload(self) -> Plan:
        """What has changed. Raises `ConfigurationError` with every problem, `OrderRefusedError` with the plan."""
        async with self._one_at_a_time:
            future = await asyncio.to_thread(self._reread)
            plan = await asyncio.to_thread(compare, self._present, future)
            if plan.restart:
                message = f"needs a restart: {'; '.join(plan.restart)}"
                raise OrderRefusedError(message, plan.plain())
            async with AsyncExitStack() as opened:
                notifiers = await opened.enter_async_context(open_notifiers(future.notify, future.people, os.environ))
                plan = await self._changed(future, notifiers)
                await self._keep(opened.pop_all())
            return plan

    async def _changed(self, future: Configuration, notifiers: Mapping[str, Notifier]) -> Plan:
        arrangement = await asyncio.to_thread(arranged, future)
        plans: list[Plan] = []

        def permit(standing: Sequence[Standing]) -> None:
            plan = compare(self._present, future, standing)
            if plan.orphans:
                ids = ", ".join(one.warning for one in plan.orphans)
                message = f"these warnings stand and nothing would watch them any more: {ids}"
                raise OrderRefusedError(message, plan.plain())
            plans.append(plan)

        async def act(checkpoint: Checkpoint) -> Walk:
            walk = await asyncio.to_thread(_restored, future, arrangement, checkpoint)
            await self._source.resubscribe(self._subscriptions(future))
            try:
                await self._alerting.rearrange(arrangement, notifiers=notifiers, permit=permit)
            except (AlertsError, IngestError):
                await self._source.resubscribe(self._subscriptions(self._present))
                raise
            # from here on nothing can fail: it is taken whole
            self._fleet.keep({station.id: station.parameters for station in future.catalog.stations})
            self._present = future
            self._taken(future)
            return walk

        await self._pipeline.turn(act)
        return plans[-1]

    async def _keep(self, opened: AsyncExitStack) -> None:
        """Channels of before the last reload are closed, unless something is still being sent through them."""
        sending = self._alerting.sending
        done = [one for one in self._former if not one[1] & sending]
        self._former = [one for one in self._former if one[1] & sending]
        if self._channels is not None:
            self._former.append((self._channels, sending))
        self._channels = opened
        for channels, _ in done:
            await channels.aclose()

    async def close(self) -> None:
        """Closes what was opened."""
        async with AsyncExitStack() as stack:
            for channels in (*(channels for channels, _ in self._former), self._channels):
                if channels is not None:
                    stack.push_async_callback(channels.aclose)
        self._former, self._channels = [], None

    async def order(self, _asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the control socket has it. Raises `OrderRefusedError`."""
        try:
            return (await self.reload()).plain()
        except ConfigurationError as error:
            problems = [str(problem) for problem in error.problems]
            raise OrderRefusedError("the configuration is not sound", {"problems": problems}) from error
        except OrderRefusedError:
            raise
        except (AlertsError, IngestError, OSError, TimeoutError) as error:
            raise OrderRefusedError(str(error) or type(error).__name__) from error

    async def run(self) -> None:
        """At each SIGHUP (`asked`); the log says what came of it. Forever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                plan = await self.order({})
            except OrderRefusedError as refused:
                _log.error("reload refused, all stays as it is: %s", refused)
                for problem in refused.facts.get("problems", ()):
                    _log.error("reload: %s", problem)
            else:
                _log.info("reloaded: %d changes", len(plan["changes"]))


def derivation(configuration: Configuration) -> Derivation:
    """The windows of air stations, of outfalls and of the monitors of water sources."""
    return Derivation(
        air=air_network(configuration.catalog, configuration.air),
        outfalls=outfall_network(configuration.catalog, configuration.discharge),
        water=water_network(configuration.catalog, configuration.water),
    )


def _restored(future: Configuration, arrangement: Arrangement, checkpoint: Checkpoint) -> Walk:
    """As after a restart; on a thread, as many series take a moment."""
    restored(arrangement.engine, arrangement.derivation, checkpoint.rules)
    walk = Walk(catalog=future.catalog)
    walk.restore(checkpoint.walk)
    return walk
