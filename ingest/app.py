"""The service put together: adapters opened, tasks started, stopped in reverse. Nothing is decided here."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import assert_never

import uvicorn
from fastapi import FastAPI

from alerts.book import Book
from alerts.console.app import build_console
from alerts.engine import Engine
from alerts.journal import MIGRATIONS as JOURNAL
from alerts.journal import Journal
from alerts.model import Place
from alerts.notifications import Channel
from alerts.notify.opening import open_notifiers
from alerts.runner import Alerting
from alerts.views import WarningView
from ingest import collector, topics
from ingest.adapters.alerting import Observed, places
from ingest.adapters.books import Books
from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.clock import ReplayClock
from ingest.adapters.control import ControlSocket, Order
from ingest.adapters.database import open_database
from ingest.adapters.influx_store import InfluxStore
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.adapters.mqtt import LinkState, MqttSource
from ingest.adapters.quarantine import Quota
from ingest.adapters.sole_use import sole_use
from ingest.adapters.sqlite_store import SqliteStore
from ingest.catalog import Station
from ingest.configuration import Configuration
from ingest.figures import Figures
from ingest.fleet import Fleet
from ingest.health import Health, Trouble
from ingest.keeper import Keeper
from ingest.ledger import Entry
from ingest.ledger_writer import LedgerWriter
from ingest.pipeline import Pipeline, SetClock
from ingest.ports import Clock, ReadingStore
from ingest.redriver import Redriver
from ingest.series import REMEMBERED
from ingest.settings import InfluxSettings, SqliteSettings
from ingest.walk import Walk
from ingest.warming import Warming
from ingest.writer import BATCH, StoreWriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What came of a run: the ledger, every warning, how many notifications."""

    ledger: Entry
    waiting: int
    warnings: tuple[WarningView, ...]
    notifications: int


class Service:
    """One running Clearwarn. `run()` until `stop()`; `started` is set once everything runs."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        clock: Clock,
        set_clock: SetClock | None = None,
        console_socket: socket.socket | None = None,
    ) -> None:
        self._configuration = configuration
        self._clock = clock
        self._set_clock = set_clock
        self._socket = console_socket
        self._stop = asyncio.Event()
        self.started = asyncio.Event()
        self.health = Health(now=clock.now)
        self.fleet = Fleet()
        self._stack = AsyncExitStack()

    def stop(self) -> None:
        """Asks `run()` to end. Twice is harmless."""
        self._stop.set()

    async def run(self) -> Account:
        """Opens, recovers, serves, winds down. Raises what makes it impossible to start."""
        async with self._stack:
            await self._open()
            await self._pipeline.recover()
            if self._set_clock is None:  # a replayed clock stands where its stream left it
                self._alerting.listen_from(self._clock.now())
            self.health.recovered = True
            collector.spare()
            tasks: list[asyncio.Task[None]] = []
            async with asyncio.TaskGroup() as group:
                for name, loop in self._loops().items():
                    tasks.append(group.create_task(loop(), name=name))
                self.started.set()
                await self._stop.wait()
                await self._wind_down(tasks)
            return await self.account()

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
        self._listening = self._stack.enter_context(self._socket or self._bound())
        self._intake_log = await enter(SqliteIntakeLog(folder=folder / "intake", limits=settings.log.limits()))
        quota = Quota(entries=settings.quarantine.entries, bytes=settings.quarantine.bytes)
        self._books = await enter(Books(path=folder / "books.db", quota=quota))
        self._store = await enter(_store(settings.store, folder))
        checkpoints = FileCheckpoints(path=folder / "checkpoint.json")
        self._stack.callback(checkpoints.close)
        self._alerting = await self._open_alerting(places(configuration.catalog), folder)
        self._source = MqttSource(
            address=settings.broker.address(),
            subscriptions=[*topics.SUBSCRIPTIONS, *([topics.CLOCK] if self._set_clock else [])],
        )
        batch, within = _gathering(settings.store)
        self._writer = StoreWriter(
            log=self._intake_log,
            store=self._store,
            books=self._books,
            health=self.health,
            batch=batch,
            within=within,
        )
        self._ledger_writer = LedgerWriter(books=self._books, store=self._store)
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
            set_clock=self._set_clock,
            checkpoint_every=settings.checkpoint_every,
        )
        self._keeper = Keeper(log=self._intake_log, books=self._books, checkpointing=self._pipeline, health=self.health)
        self._warming = Warming(
            store=self._store,
            pipeline=self._pipeline,
            stations=[station.id for station in sorted(configuration.catalog.stations, key=_by_area)],
            most=max(self._engine.depth, REMEMBERED),
            reach=self._engine.reach,
            health=self.health,
        )
        self._closing = asyncio.Event()
        self._server = _server(self._console())
        await enter(ControlSocket(folder=folder, orders=self._orders()))

    async def _open_alerting(self, known: tuple[Place, ...], folder: Path) -> Alerting:
        configuration = self._configuration
        rules = {rule.id: rule for rule in configuration.rules}
        by_id = {place.id: place for place in known}
        connection = open_database(folder / "state.db", JOURNAL)
        self._stack.callback(connection.close)
        notifiers = await self._stack.enter_async_context(
            open_notifiers(configuration.notify, configuration.people, os.environ)
        )
        self._engine = Engine(rules=configuration.rules, places=known)
        alerting = Alerting(
            engine=self._engine,
            book=Book(rules=rules, places=by_id, procedures=configuration.procedures),
            journal=Journal(connection),
            people=configuration.people,
            notifiers=notifiers,
            clock=self._clock,
            console_url=configuration.service.console.link,
            places=by_id,
            rule_names={rule.id: (rule.name.zh, rule.name.en) for rule in configuration.rules},
            retry=configuration.notify.retry,
            only_channels=frozenset({Channel.LOG}) if self._set_clock else None,  # nobody is told of replayed time
        )
        return await self._stack.enter_async_context(alerting)

    def _console(self) -> FastAPI:
        return build_console(
            desk=self._alerting,
            observations=Observed(
                catalog=self._configuration.catalog,
                fleet=self.fleet,
                store=self._store,
                clock=self._clock,
                intake=self._intake,
            ),
            clock=self._clock,
            people=self._configuration.people.persons,
            ready=self._ready,
            metrics=self._figures().text,
            allowed_hosts=self._configuration.service.console.hosts,
            closing=self._closing,
        )

    def _figures(self) -> Figures:
        return Figures(
            books=self._books,
            log=self._intake_log,
            log_folder=self._configuration.service.data / "intake",
            rejected=self._pipeline.rejected,
            health=self.health,
            broker=lambda: self._source.state,
            alerting=self._alerting,
            evaluation=lambda: {"future_ignored": self._engine.future_ignored, "too_old": self._engine.too_old},
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
        return {"redrive": redriver.order}

    def _loops(self) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
        return {
            "broker": self._source.run,
            "log": self._pipeline.log_loop,
            "walk": self._pipeline.walk_loop,
            "timers": self._timers,
            "store": self._writer.run,
            "retention": self._keeper.run,
            "ledger": self._ledger_writer.run,
            "past": self._warming.run,
            "notifications": self._alerting.run,
            "console": self._serve_console,
        }

    async def _timers(self) -> None:
        """Silence counts from when there is a time to count by: a replayed clock has none before it is told."""
        if isinstance(self._clock, ReplayClock):
            await self._clock.told.wait()
        await self._pipeline.timer_loop()

    async def _serve_console(self) -> None:
        await self._server.serve(sockets=[self._listening])

    def _bound(self) -> socket.socket:
        console = self._configuration.service.console
        try:
            return socket.create_server((console.host, console.port))
        except OSError as error:
            raise OSError(error.errno, f"console: {error.strerror}") from error  # strerror has the address

    def _intake(self) -> Mapping[str, int | float | str]:
        totals = self._books.totals
        return {
            "received": totals.received,
            "stored": totals.stored,
            "duplicate": totals.duplicate,
            "quarantined": totals.quarantined,
            "waiting": totals.received - totals.settled,
            "broker": self._source.state.value,
            "store": "unavailable" if Trouble.STORE in self.health.troubles else "ok",
            "state": self.health.state,
            **({"rules": "warming"} if self._warming.said else {}),
        }

    def _ready(self) -> tuple[bool, Mapping[str, str]]:
        reasons = {part.value: trouble.message for part, trouble in self.health.troubles.items()}
        if self._source.state is not LinkState.CONNECTED:
            reasons["broker"] = self._source.last_error or self._source.state.value
        if not self.health.recovered:
            reasons["start-up"] = "walking the log"
        if warming := self._warming.said:
            reasons["rules"] = warming
        return not reasons, reasons

    async def _wind_down(self, tasks: list[asyncio.Task[None]]) -> None:
        """In reverse: nothing more comes in, what is in is finished, then the rest. Bounded as a whole."""
        by_name = {task.get_name(): task for task in tasks}
        self._closing.set()
        self._server.should_exit = True
        for name in ("broker", "log", "timers"):
            by_name[name].cancel()
        try:
            async with asyncio.timeout(self._configuration.service.stop_within.total_seconds()):
                await self._pipeline.finish()
                await self._writer.caught_up()
                await self._ledger_writer.write()
                await self._alerting.drain(within=5.0)
        except TimeoutError:
            _log.warning("stopped before everything was done; the intake log and the outbox keep the rest")
        for task in tasks:
            if task.get_name() != "console":
                task.cancel()


def _by_area(station: Station) -> str:
    """Stations whose values make up one mean are read back together."""
    return station.area


def _store(settings: SqliteSettings | InfluxSettings, folder: Path) -> AbstractAsyncContextManager[ReadingStore]:
    match settings:
        case SqliteSettings():
            return SqliteStore(path=folder / settings.file)
        case InfluxSettings():
            return InfluxStore(address=settings.address())
        case _:
            assert_never(settings)


def _gathering(settings: SqliteSettings | InfluxSettings) -> tuple[int, timedelta]:
    """How many deliveries make a batch, and how long fewer wait: a file takes small writes as gladly."""
    match settings:
        case SqliteSettings():
            return BATCH, timedelta(0)
        case InfluxSettings():
            return settings.batch, settings.batch_within
        case _:
            assert_never(settings)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: signals are the command's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: FastAPI) -> _Server:
    return _Server(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=3, ws="none")
    )
