"""`clearwarn demo`: broker, devices, service and console in one process, for people who want to see it.

The clock starts a day behind and runs at 60 x until it reaches now. Everything else is the real thing: TCP, MQTT, disk.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from amqtt.broker import Broker
from rich.console import Console
from rich.text import Text

from device_sim import feed
from device_sim.broker import Broker as BrokerUrl
from device_sim.district import District
from device_sim.errors import ScenarioError
from device_sim.publisher import Publisher
from device_sim.settings import load_scenario
from ingest.account import Account
from ingest.adapters.clock import DemoClock
from ingest.app import Service
from ingest.configuration import Configuration

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_STATUS_EVERY = 10.0  # seconds between two lines of status
_BACKFILL_HOURS = 48
_MQTT_PORT = 1883
_LEVEL_STYLE = {
    "red": "bold white on red",
    "orange": "bold black on dark_orange",
    "yellow": "black on yellow",
    "blue": "white on blue",
}


class Demo:
    """One demonstration."""

    def __init__(
        self, *, configuration: Configuration, data: Path | None, console_port: int | None, quiet: bool
    ) -> None:
        self._configuration = configuration
        self._data = data
        self._console_port = console_port
        self._quiet = quiet
        self._screen = Console(stderr=True, highlight=False)

    async def run(self, duration: timedelta | None) -> Mapping[str, Any]:
        """Until interrupted, or for `duration`; what came of it."""
        async with AsyncExitStack() as stack:
            folder = self._data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearwarn-")))
            mqtt_port = await stack.enter_async_context(_broker())
            console = _first_free(self._console_port or self._configuration.service.console.port)
            stack.callback(console.close)
            clock = DemoClock()
            service = Service(
                configuration=self._adapted(folder, mqtt_port, console, self._configuration),
                clock=clock,
                console_socket=console,
                reread=lambda: self._adapted(
                    folder, mqtt_port, console, Configuration.load(self._configuration.folder)
                ),
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, service.reload)
            self._welcome(folder, mqtt_port, console)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(service.run(), name="service")
                around = [
                    group.create_task(self._devices(service, clock, mqtt_port), name="devices"),
                    group.create_task(self._status(service, clock), name="status"),
                ]
                await self._asked_to_end(running, duration)
                for task in around:
                    task.cancel()
                await asyncio.wait(around)
                service.stop()
            account = _plain(running.result())
            self._farewell(account)
            return account

    @staticmethod
    def _adapted(folder: Path, mqtt_port: int, console: socket.socket, configuration: Configuration) -> Configuration:
        """That configuration on this demonstration's ports and folder."""
        service = configuration.service
        return configuration.with_service(
            data=folder,
            broker=service.broker.model_copy(update={"host": "127.0.0.1", "port": mqtt_port}),
            console=service.console.model_copy(update={"url": _link(console)}),
        )

    async def _asked_to_end(self, running: asyncio.Task[Account], duration: timedelta | None) -> None:
        """Returns at SIGINT or SIGTERM, after `duration`, or when the service ended by itself."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, asked.set)
        asking = asyncio.create_task(asked.wait(), name="asked-to-end")
        try:
            patience = duration.total_seconds() if duration else None
            await asyncio.wait([asking, running], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asking.cancel()

    async def _devices(self, service: Service, clock: DemoClock, mqtt_port: int) -> None:
        """The pretend district, from its history on."""
        await service.listening()
        scenario = load_scenario(self._configuration.folder / "simulator.yaml")
        district = District(catalog=self._configuration.catalog, scenario=scenario, start=clock.now())
        if district.over_tcp:
            raise ScenarioError(f"{', '.join(district.over_tcp)}: the demonstration takes HJ 212 over MQTT only")
        broker = BrokerUrl(host="127.0.0.1", port=mqtt_port)
        async with Publisher(broker=broker, client_id="clearwarn-demo-devices") as publisher:
            await feed.run(district=district, clock=clock, publish=publisher.publish, backfill_hours=_BACKFILL_HOURS)

    async def _status(self, service: Service, clock: DemoClock) -> None:
        """A line now and then, and one for each warning that changes."""
        told: dict[str, str] = {}
        await service.started.wait()
        while True:
            account = await service.account()
            for view in account.warnings:
                warning = view.warning
                now = f"{warning.level} {warning.state}"
                if told.get(warning.id) != now:
                    told[warning.id] = now
                    place = view.place
                    where = f"{place.zh} {place.en}" if place else warning.subject
                    line = Text(
                        f" {warning.level.upper()} ", style=_LEVEL_STYLE.get(warning.level, "bold white on blue")
                    )
                    line.append(f" {warning.state}  ", style="bold")
                    line.append(f"{view.rule_name[0]} {view.rule_name[1]}  ·  {where}  ·  ", style="default")
                    line.append(warning.evidence.inequality, style="dim")
                    self._say(line)
            ledger = account.ledger
            self._say(
                Text.assemble(
                    (f"{_local(clock.now())}", "cyan"),
                    f"  received 收 {ledger.received}  stored 存 {ledger.stored}  duplicate 重 {ledger.duplicate}"
                    f"  quarantined 隔 {ledger.quarantined}  waiting 待 {account.waiting}"
                    f"  notifications 通知 {account.notifications}",
                )
            )
            await asyncio.sleep(_STATUS_EVERY)

    def _welcome(self, folder: Path, mqtt_port: int, console: socket.socket) -> None:
        self._say(Text("Clearwarn 清警  ·  demo 演示", style="bold green"))
        self._say(Text.assemble("  console 控制台  ", (_link(console), "bold underline")))
        self._say(Text(f"  MQTT           mqtt://127.0.0.1:{mqtt_port}   topics clearwarn/v1/#"))
        self._say(Text(f"  data 数据      {folder}"))
        self._say(Text("  clock 时钟     starts 24 h ago, 60 x until now 自一天前起以 60 倍速追至现在"))
        self._say(Text("  Ctrl-C stops 停止", style="dim"))

    def _farewell(self, account: Mapping[str, Any]) -> None:
        counts = "  ".join(f"{name} {count}" for name, count in account.items() if isinstance(count, int))
        self._say(Text(f"stopped 已停止: {counts}  warnings {len(account['warnings'])}", style="bold"))

    def _say(self, line: Text) -> None:
        if not self._quiet:
            self._screen.print(line, soft_wrap=True)


@asynccontextmanager
async def _broker() -> AsyncIterator[int]:
    """An MQTT broker on loopback, on 1883 or the next free port."""
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # it logs each hang-up as an error
    logging.getLogger("asyncio").addFilter(_not_amqtts)  # for good: what amqtt leaves open ends with the loop, after us
    chosen = _first_free(_MQTT_PORT)
    port = int(chosen.getsockname()[1])
    chosen.close()
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}", "max_connections": 100}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield port
    finally:
        await broker.shutdown()


def _not_amqtts(record: logging.LogRecord) -> bool:
    """Amqtt raises into the event loop when a client hangs up on it, as ours does when falling back to 3.1.1."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        if "amqtt" in trace.tb_frame.f_code.co_filename:
            return False
        trace = trace.tb_next
    return True


def _first_free(port: int) -> socket.socket:
    """A listening socket on loopback at that port or the next that is free. Raises `OSError` where none is."""
    for candidate in range(port, min(port + 100, 65_536)):
        try:
            return socket.create_server(("127.0.0.1", candidate))
        except OSError:
            continue
    message = f"no free port on 127.0.0.1 between {port} and {port + 99}"
    raise OSError(message)


def _link(console: socket.socket) -> str:
    return f"http://127.0.0.1:{console.getsockname()[1]}"


def _local(moment: datetime) -> str:
    return moment.astimezone(_SHANGHAI).strftime("%m-%d %H:%M:%S")


def _plain(account: Account) -> dict[str, Any]:
    """As `--json` prints it."""
    return {
        "received": account.ledger.received,
        "stored": account.ledger.stored,
        "duplicate": account.ledger.duplicate,
        "quarantined": account.ledger.quarantined,
        "waiting": account.waiting,
        "warnings": [
            {
                "id": view.warning.id,
                "kind": view.warning.kind,
                "type": view.warning.type.value,
                "level": view.warning.level.value,
                "state": view.warning.state.value,
                "area" if view.warning.subject_is_area else "station": view.warning.subject,
                "raised_at": view.warning.raised_at.isoformat(),
            }
            for view in account.warnings
        ],
        "notifications": account.notifications,
    }
