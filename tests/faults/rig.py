"""Everything a scenario needs, and the account that is asked of it at the end.

Real broker, real store, the real service as a process, a publisher that knows what it sent, a receiver that keeps
every request. What became of all that is read from the files and from the store, past the service.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.configuration import Configuration
from ingest.model import Delivery
from tests.faults.books import Books, influx_points
from tests.faults.expected import Expected, expected
from tests.faults.stream import Point, Stream
from tests.faults.table import Row
from tests.support.fault_proxy import FaultProxy
from tests.support.influx import BUCKET, Influx
from tests.support.mosquitto import Broker, mosquitto
from tests.support.publishing import Publisher
from tests.support.service import Running, a_configuration, serving
from tests.support.webhooks import Webhooks, webhooks

SECRET = {"CLEARWARN_WEBHOOK_SECRET": "of-the-matrix"}
PEOPLE = ("officer", "deputy")  # both are told of everything
PATIENCE = 120.0  # s, in which nothing more is stored or told
_LOOK = 0.03  # s between looks at files: there is nothing to be told by across processes


@dataclass(kw_only=True)
class Rig:
    """One scenario's. `bad` counts readings sent that belong in quarantine, `refused` what the store will not have."""

    config: Path
    data: Path
    stream: Stream
    broker: Broker
    told: Webhooks
    publisher: Publisher
    rows: list[Row]
    influx: Influx | None = None
    bad: int = 0
    refused: set[Point] = field(default_factory=set)

    @property
    def books(self) -> Books:
        """The data folder."""
        return Books(self.data)

    def serving(self, *options: str, module: str = "ingest", **plan: str) -> AbstractContextManager[Running]:
        """The service while the block lasts; `plan` goes to its environment."""
        return serving(self.config, self.data, *options, module=module, environment=SECRET | plan)

    def introduced(self) -> None:
        """Has the broker keep a session for the service: what it is not there for waits for it."""
        with self.serving() as service:
            service.ready()
            assert service.stop() == 0

    def expected(self, deliveries: Sequence[Delivery] | None = None) -> Expected:
        """By the pure core, from what was sent, or from what is said to have been received."""
        now = datetime.now(UTC)
        sent = [Delivery(topic, payload, now) for topic, payload in self.publisher.sent]
        return expected(Configuration.load(self.config), sent if deliveries is None else deliveries)

    def recovered(self, service: Running, wanted: Expected | None = None) -> float:
        """Waits until all that was sent is settled in the store and all news is told; how long that took, seconds."""
        began = time.monotonic()
        promised = wanted or self.expected()
        self._until(lambda: self._missing(promised), service)
        took = time.monotonic() - began
        service.until("/readyz", lambda _answer: True)  # with nothing left to do it may not yet hear a signal
        return took

    def killed_itself(self, service: Running) -> bool:
        """Waits for its end, or until nothing is left that it could do; whether it ended."""
        wanted = self.expected()
        self._until(lambda: "" if service.process.poll() is not None else self._missing(wanted), service)
        return service.process.poll() is not None

    def until(self, met: Callable[[], bool], service: Running) -> None:
        """Waits for something to be seen from outside."""
        self._until(lambda: "" if met() else "the condition was never met", service)

    def _until(self, missing: Callable[[], str], service: Running) -> None:
        until = time.monotonic() + PATIENCE
        said = before = "nothing can be read yet"
        while time.monotonic() < until:
            ended = service.process.poll() is not None  # asked first: what it did at last is looked at once more
            try:
                said = missing()
            except sqlite3.Error as error:
                said = str(error)  # not made yet, or at this moment in the making
            if not said:
                return
            if said != before:  # it moves, however busy the machine is
                until, before = time.monotonic() + PATIENCE, said
            if ended:
                break
            time.sleep(_LOOK)
        pytest.fail(f"{said}\n{service.log.read_text(errors='replace')[-3000:]}")

    def _missing(self, wanted: Expected) -> str:
        """What is not done yet; empty when all is."""
        ledger, outbox = self.books.total(), self.books.outbox()
        received, sent = ledger.received - ledger.duplicate, len(self.stream.readings) + self.bad
        if received < sent or ledger.waiting:
            return f"{received} of {sent} readings are received, {ledger.waiting} wait"
        untold = [key for key in wanted.keys if outbox.get(key) != "accepted"]
        waiting = [key for key, state in outbox.items() if state in {"queued", "sending"}]
        return f"{len(untold)} not told of {len(wanted.keys)}, {len(waiting)} on their way" if untold or waiting else ""

    def account(
        self, scenario: str, *, order: int, recovery: float = 0.0, note: str = "", wanted: Expected | None = None
    ) -> Row:
        """The row of a scenario whose service has ended, after the table has it: held against the promise."""
        promised = wanted or self.expected()
        points = influx_points(self.influx) if self.influx else self.books.points()
        kept, total = dict(points), self.books.total()
        owed = {place: value for place, value in self.stream.readings.items() if place not in self.refused}
        keys = Counter(request.key for request in self.told.taken)
        row = Row(
            order=order,
            scenario=scenario,
            sent=len(self.stream.readings) + self.bad,
            stored=len(kept),
            doubled=len(points) - len(kept) + total.stored - len(kept),
            lost=sum(kept.get(place) != value for place, value in owed.items()),
            quarantined=total.quarantined,
            expected=len(promised.warnings),
            raised=len(self.books.warnings()),
            told_twice=len({(r.news, r.key) for r in self.told.taken}) - len({r.news for r in self.told.taken}),
            repeats=keys.total() - len(keys),
            uncertain=len(self.books.uncertain()),
            recovery=recovery,
            note=note,
        )
        self.rows.append(row)
        self._judge(row, promised, kept, keys)
        return row

    def _judge(self, row: Row, wanted: Expected, kept: Mapping[Point, float | None], keys: Counter[str]) -> None:
        assert (row.lost, row.doubled, row.told_twice) == (0, 0, 0), row
        assert set(kept) <= set(self.stream.readings), "points that nobody sent"
        assert self.books.transitions() == wanted.transitions
        assert self.books.warnings() == wanted.warnings
        assert set(self.books.outbox()) == set(keys) == wanted.keys
        first: set[str] = set()
        for request in self.told.taken:
            if request.key in first:
                assert request.body["may_be_repeat"], "told again without a word of it"
            first.add(request.key)
        assert {key for key, count in keys.items() if count > 1} <= self.books.uncertain()
        self._balance(row)

    def _balance(self, row: Row) -> None:
        """`received = stored + duplicate + quarantined + waiting`, in every account, and nothing waits any more."""
        for account, ledger in self.books.ledger().items():
            assert ledger.waiting == 0, (account, ledger)
        total = self.books.total()
        assert total.received - total.duplicate == row.sent
        assert total.quarantined == self.bad + len(self.refused) == self.books.quarantined().total()


@contextmanager
def a_rig(  # each is another half of the world
    folder: Path,
    rows: list[Row],
    *,
    stream: Stream | None = None,
    influx: Influx | None = None,
    store: Mapping[str, Any] | None = None,
    broker: Broker | None = None,
    through: FaultProxy | None = None,
    keepalive: str = "30s",
    **service: Any,
) -> Iterator[Rig]:
    """All of it but the service, whose way to the broker leads `through` a proxy where there is one."""
    with ExitStack() as stack:
        around = broker or stack.enter_context(mosquitto(folder))
        told = stack.enter_context(webhooks())
        devices = stream or Stream()
        settings: dict[str, Any] = {"checkpoint_every": "1s", **service}
        if store is not None or influx is not None:
            settings["store"] = {"type": "influxdb", "bucket": BUCKET, "timeout": "2s", **(store or {})}
            if influx is not None:
                settings["store"] = {"url": influx.url, **settings["store"]}
        stations = devices.write(folder / "stations")
        config = a_configuration(folder / "config", around, stations=stations, **settings)
        _people(config, told)
        _way(config, keepalive, through)
        publisher = Publisher(around.port)
        stack.callback(publisher.close)
        yield Rig(
            config=config,
            data=folder / "data",
            stream=devices,
            broker=around,
            told=told,
            publisher=publisher,
            rows=rows,
            influx=influx,
        )


def _people(config: Path, told: Webhooks) -> None:
    """Two, each told by webhook of everything; tried again soon."""
    receivers = [
        {
            "id": name,
            "name": {"zh": name, "en": name},
            "role": "duty_officer",
            "language": "en",
            "channels": {"webhook": {"url": told.url(name), "secret_env": next(iter(SECRET))}},
        }
        for name in PEOPLE
    ]
    (config / "people.yaml").write_text(yaml.safe_dump({"receivers": receivers}), encoding="utf-8")
    retry = {"first_seconds": 0.2, "longest_seconds": 1, "give_up_after": 1000, "attempt_seconds": 30, "concurrency": 8}
    settings = {"retry": retry, "webhook": {"timeout_seconds": 10}}
    (config / "notify.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def _way(config: Path, keepalive: str, through: FaultProxy | None) -> None:
    """How the service reaches the broker."""
    file = config / "service.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["broker"]["keepalive"] = keepalive
    if through is not None:
        settings["broker"]["port"] = through.port
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
