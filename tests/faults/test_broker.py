"""Between the service and its broker: cut, refused, half-open, a black hole; and the broker itself started again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.figures import Size
from tests.faults.rig import Rig, a_rig
from tests.faults.table import Row
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.mosquitto import mosquitto
from tests.support.service import Running

_BURST = 6  # instants of all stations
_SOON = "5s"  # the shortest keep-alive there is: a dead connection is seen within twice of it
_PERSISTENT = "persistence true\npersistence_location {folder}/\nuser root\n"


def _cut(proxy: FaultProxy, rig: Rig, service: Running) -> None:
    """In the middle of a burst, and again in that of the next connection."""
    for _ in range(3):
        before = rig.books.logged()
        with rig.publisher.sending(rig.stream.take(_BURST)):
            rig.until(lambda: rig.books.logged() > before, service)  # noqa: B023  # asked in this turn
            proxy.cut()


def _refused(proxy: FaultProxy, rig: Rig, service: Running) -> None:
    """Nobody there for some attempts, while the devices go on."""
    proxy.refuse()
    rig.publisher.send(rig.stream.take(_BURST))
    service.until("/readyz", lambda answer: "broker" in answer["reasons"])
    proxy.open()


def _half_open(proxy: FaultProxy, rig: Rig, service: Running) -> None:
    """The connection carries nothing any more, and neither end is told."""
    proxy.half_open()
    rig.publisher.send(rig.stream.take(_BURST))


def _black_hole(proxy: FaultProxy, rig: Rig, service: Running) -> None:
    """The next connections do not either: one attempt at least ends unanswered."""
    proxy.black_hole()
    rig.publisher.send(rig.stream.take(_BURST))
    service.until("/readyz", lambda answer: "broker" in answer["reasons"])
    proxy.open()


def _slow(proxy: FaultProxy, rig: Rig, service: Running) -> None:
    """A modem's line, and then a long one."""
    proxy.slow(100_000)
    rig.publisher.send(rig.stream.take(_BURST))
    rig.recovered(service)
    proxy.delay(0.5)
    rig.publisher.send(rig.stream.take(_BURST))


FAULTS: dict[str, tuple[int, Callable[[FaultProxy, Rig, Running], None]]] = {
    "connection to the broker cut": (30, _cut),
    "connection to the broker refused": (31, _refused),
    "connection to the broker half-open": (32, _half_open),
    "connection to the broker in a black hole": (33, _black_hole),
    "connection to the broker slow": (34, _slow),
}
_QUICK = ("connection to the broker cut",)


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FAULTS)
def test_connection_to_the_broker(name: str, tmp_path: Path, rows: list[Row], size: Size) -> None:
    """Whatever becomes of the connection, what was sent arrives once."""
    if size is Size.QUICK and name not in _QUICK:
        pytest.skip("with --full-faults")
    order, fault = FAULTS[name]
    with (
        mosquitto(tmp_path) as broker,
        fault_proxy(broker.port) as proxy,
        a_rig(tmp_path, rows, broker=broker, through=proxy, keepalive=_SOON) as rig,
    ):
        with rig.serving() as service:
            service.ready()
            rig.publisher.send(rig.stream.take(_BURST))
            fault(proxy, rig, service)
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account(name, order=order, recovery=recovery)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_broker_started_again(tmp_path: Path, rows: list[Row]) -> None:
    """It saves its queue when it is stopped; the devices repeat what it had not acknowledged."""
    kept = tmp_path / "kept"
    kept.mkdir()
    kept.chmod(0o777)
    extra = _PERSISTENT.format(folder=kept)
    with ExitStack() as first:
        broker = first.enter_context(mosquitto(tmp_path, extra=extra))
        with a_rig(tmp_path, rows, broker=broker) as rig, rig.serving() as service:
            service.ready()
            with rig.publisher.sending(rig.stream.take(10 * _BURST)):
                rig.until(lambda: rig.books.logged() > 0, service)
                first.close()
                with mosquitto(tmp_path, extra=extra, port=broker.port):
                    recovery = rig.recovered(service)
                    assert service.stop() == 0
                    rig.account("broker started again", order=35, recovery=recovery)
