"""The service put together: adapters opened, tasks started, stopped in reverse. Nothing is decided here."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from fastapi import FastAPI

from alerts.console.app import build_console
from alerts.journal import MIGRATIONS as JOURNAL
from alerts.journal import Journal
from alerts.notifications import Channel
from alerts.notify.opening import open_notifiers
from alerts.runner import Alerting
from ingest import collector, topics
from ingest.account import Account
from ingest.adapters.alerting import Observed
from ingest.adapters.books import Books
from ingest.adapters.bulletins import Bulletins
from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.clock import ReplayClock
from ingest.adapters.control import ControlSocket, Order
from ingest.adapters.database import open_database
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.adapters.mqtt import MqttSource
from ingest.adapters.quarantine import Quota
from ingest.adapters.sole_use import sole_use
from ingest.catalog import Station
from ingest.condition import Condition
from ingest.configuration import Configuration
from ingest.errors import OrderRefusedError, StoppedError
from ingest.figures import Figures
from ingest.fleet import Fleet
from ingest.followers import Followers
from ingest.health import Health
from ingest.keeper import Keeper
from ingest.lines import loops, opened
from ingest.pipeline import Pipeline
from ingest.ports import Clock
from ingest.redriver import Redriver
from ingest.reloading import Reloading, arranged
from ingest.stamping import SetClock
from ingest.stopping import LastResort, asked, wind_down
from ingest.storage import gathering, storage
from ingest.walk import Walk
from ingest.warming import Warming
from ingest.web import Web, bound
from ingest.writer import StoreWriter

_log = logging.getLogger(__name__)


class Service:
    """One running Clearwarn. `run()` until `stop()`; `started` is set once everything runs."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        clock: Clock,
        reread: Callable[[], Configuration] | None = None,
        set_clock: SetClock | None = None,
        console_socket: socket.socket | None = None,
    ) -> None:
        self._configuration = configuration
        self._reread = reread or (lambda: configuration)
        self._clock = clock
        self._set_clock = set_clock
        self._socket = console_socket
        self._stop = asyncio.Event()
        self._reload_asked = asyncio.Event()
        self._last_resort = LastResort(within=configuration.service.stop_within)
        self.started = asyncio.Event()
        self.health = Health(now=clock.now)
        self.fleet = Fleet()
        self._stack = AsyncExitStack()

    def stop(self) -> None:
        """Asks `run()` to end. Twice is harmless."""
        if not self._stop.is_set():
            _log.info("stopping, within %s", self._configuration.service.stop_within)
            self._stop.set()
            self._last_resort.start()

    def reload(self) -> None:
        """Asks for the configuration to be read anew; the log says what came of it."""
        self._reload_asked.set()

    async def run(self) -> Account:
        """Opens, recovers, serves, winds down. Raises what makes it impossible to start or to go on."""
        self._stack.callback(self._last_resort.cancel)
        async with self._stack:
            await self._open()
            try:
                await self._pipeline.recover(self._unless_stopped)
            except StoppedError:
                return await self.account()
            if self._set_clock is None:  # a replayed clock stands where its stream left it
                self._alerting.listen_from(self._clock.now())
            self.health.recovered = True
            collector.spare()
            tasks: list[asyncio.Task[None]] = []
            async with asyncio.TaskGroup() as group:
                for name, loop in self._loops().items():
                    tasks.append(group.create_task(loop(), name=name))
                self.started.set()
                await asked(self._stop, tasks)
                await self._wind_down({task.get_name(): task for task in tasks})
            account = await self.account()
            _log.info("stopped; %d readings wait for the store", account.waiting)
            return account

    def _unless_stopped(self, _done: int, _all: int) -> None:
        if self._stop.is_set():
            raise StoppedError

    async def account(self) -> Account:
        """Where it stands now."""
        ledger = self._books.totals
        views = await self._alerting.warnings(limit=10_000)
        return Account(
            ledger=ledger,
            waiting=ledger.received - ledger.settled,
            warnings=tuple(views),
            notifications=sum(len(view.notifications) for view in views),
        )

    async def listening(self) -> None:
        """Returns when the broker has taken our subscriptions."""
        await self.started.wait()
        await self._source.connected.wait()

    async def _open(self) -> None:
        configuration, settings = self._configuration, self._configuration.service
        enter, folder = self._stack.enter_async_context, settings.data
        self._stack.enter_context(sole_use(folder))
        console = settings.console
        listening = self._stack.enter_context(self._socket or bound(console.host, console.port))
        self._web = Web(listening)
        batch, within = gathering(settings.store)
        log = SqliteIntakeLog(folder=folder / "intake", limits=settings.log.limits(), recent=batch + batch // 5)
        self._intake_log = await enter(log)
        quota = Quota(entries=settings.quarantine.entries, bytes=settings.quarantine.bytes)
        self._books = await enter(Books(path=folder / "books.db", quota=quota))
        self._store = await enter(storage(settings.store, folder))
        checkpoints = FileCheckpoints(path=folder / "checkpoint.json")
        self._stack.callback(checkpoints.close)
        self._alerting = await self._open_alerting(folder)
        self._bulletins = Bulletins(address=settings.broker.address(), indices=self._alerting)
        self._source = MqttSource(
            address=settings.broker.address(),
            subscriptions=self._subscriptions(configuration),
        )
        self._lines = opened(settings.hj212_tcp, self._stack, lambda: self._configuration.catalog.by_mn)
        self._writer = StoreWriter(
            log=self._intake_log,
            store=self._store,
            books=self._books,
            health=self.health,
            batch=batch,
            within=within,
        )
        self._pipeline = Pipeline(
            source=self._source,
            log=self._intake_log,
            walk=Walk(catalog=configuration.catalog),
            evaluator=self._alerting,
            fleet=self.fleet,
            books=self._books,
            checkpoints=checkpoints,
            clock=self._clock,
            health=self.health,
            stored_on=self._writer.wake,
            indices_on=self._bulletins.changed,
            set_clock=self._set_clock,
            checkpoint_every=settings.checkpoint_every,
        )
        self._keeper = Keeper(log=self._intake_log, books=self._books, checkpointing=self._pipeline, health=self.health)
        self._warming = Warming(
            store=self._store,
            pipeline=self._pipeline,
            stations=[
                *(station.id for station in sorted(configuration.catalog.stations, key=_by_area)),
                *configuration.catalog.area_names,  # whose forecasts
            ],
            evaluator=self._alerting,
            health=self.health,
        )
        self._condition = Condition(books=self._books, source=self._source, warming=self._warming, health=self.health)
        self._followers = Followers(
            books=self._books,
            alerting=self._alerting,
            store=self._store,
            clock=self._clock,
            figures=self._figures().families,
            stations=lambda: self._observed().stations(),
            console=lambda: self._configuration.service.console.link,
        )
        self._closing = asyncio.Event()
        self._web.show(self._console())
        self._reloading = Reloading(
            present=configuration,
            reread=self._reread,
            alerting=self._alerting,
            pipeline=self._pipeline,
            source=self._source,
            fleet=self.fleet,
            subscriptions=self._subscriptions,
            taken=self._take,
            asked=self._reload_asked,
        )
        self._stack.push_async_callback(self._reloading.close)
        await enter(ControlSocket(folder=folder, orders=self._orders()))

    async def _open_alerting(self, folder: Path) -> Alerting:
        configuration, arrangement = self._configuration, arranged(self._configuration)
        connection = open_database(folder / "state.db", JOURNAL)
        self._stack.callback(connection.close)
        notifiers = await self._stack.enter_async_context(
            open_notifiers(configuration.notify, configuration.people, os.environ)
        )
        alerting = Alerting(
            engine=arrangement.engine,
            derivation=arrangement.derivation,
            book=arrangement.book,
            journal=Journal(connection),
            people=arrangement.people,
            notifiers=notifiers,
            clock=self._clock,
            console_url=arrangement.console_url,
            places=arrangement.places,
            rule_names=arrangement.rule_names,
            parameters=arrangement.parameters,
            retry=arrangement.retry,
            only_channels=frozenset({Channel.LOG}) if self._set_clock else None,  # nobody is told of replayed time
        )
        return await self._stack.enter_async_context(alerting)

    def _subscriptions(self, _configuration: Configuration) -> list[str]:
        """The same for every configuration so far: what a station that is not in it sends is to be seen as well."""
        return [*topics.SUBSCRIPTIONS, *([topics.CLOCK] if self._set_clock else [])]

    def _take(self, configuration: Configuration) -> None:
        """From now on this one is in force."""
        self._configuration = configuration
        self._web.show(self._console())

    def _console(self) -> FastAPI:
        return build_console(
            desk=self._alerting,
            observations=self._observed(),
            clock=self._clock,
            people=self._configuration.people.persons,
            ready=self._condition.ready,
            metrics=self._figures().text,
            allowed_hosts=self._configuration.service.console.hosts,
            closing=self._closing,
        )

    def _observed(self) -> Observed:
        return Observed(
            catalog=self._configuration.catalog,
            fleet=self.fleet,
            store=self._store,
            clock=self._clock,
            intake=self._condition.intake,
        )

    def _figures(self) -> Figures:
        return Figures(
            books=self._books,
            log=self._intake_log,
            log_folder=self._configuration.service.data / "intake",
            rejected=self._pipeline.rejected,
            health=self.health,
            broker=lambda: self._source.state,
            lines=self._lines,
            alerting=self._alerting,
            evaluation=lambda: {**self._alerting.unjudged, "no_indices": self._pipeline.underived},
            bulletins=self._bulletins,
            clock=self._clock,
        )

    def _orders(self) -> Mapping[str, Order]:
        """What an administrator may ask of it while it runs."""
        redriver = Redriver(
            quarantine=self._books,
            log=self._intake_log,
            pipeline=self._pipeline,
            writer=self._writer,
            health=self.health,
        )
        return {"redrive": redriver.order, "reload": self._ordered_to_reload}

    async def _ordered_to_reload(self, asked: Mapping[str, object]) -> Mapping[str, object]:
        await self.started.wait()
        if self._stop.is_set():
            raise OrderRefusedError("it is stopping")
        return await self._reloading.order(asked)

    def _loops(self) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
        return {
            "broker": self._source.run,
            **loops(self._lines, self._pipeline),
            "log": self._pipeline.log_loop,
            "walk": self._pipeline.walk_loop,
            "timers": self._timers,
            "store": self._writer.run,
            "retention": self._keeper.run,
            **self._followers.loops(),
            "past": self._warming.run,
            "notifications": self._alerting.run,
            **({"indices": self._bulletins.run} if self._set_clock is None else {}),  # replayed time tells nobody
            "reload": self._reloading.run,
            "console": self._web.serve,
        }

    async def _timers(self) -> None:
        """Silence counts from when there is a time to count by: a replayed clock has none before it is told."""
        if isinstance(self._clock, ReplayClock):
            await self._clock.told.wait()
        await self._pipeline.timer_loop()

    async def _wind_down(self, tasks: Mapping[str, asyncio.Task[None]]) -> None:
        self._closing.set()
        self._web.stop()
        await wind_down(
            tasks,
            intake=self._pipeline,
            writer=self._writer,
            followers=self._followers,
            alerting=self._alerting,
            within=self._configuration.service.stop_within,
        )


def _by_area(station: Station) -> str:
    """Stations whose values make up one mean are read back together."""
    return station.area
