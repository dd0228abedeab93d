"""InfluxDB away, slow, read-only, full of errors, refusing: warnings go out meanwhile, and all is stored in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bench.figures import Size
from tests.faults.rig import Rig, a_rig
from tests.faults.stream import PARAMETERS, SPECIAL, Point
from tests.faults.table import Row
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.http_faults import BROKEN, BUSY, READ_ONLY, UNAUTHORIZED, Answer, HttpFaults, http_faults
from tests.support.influx import influx
from tests.support.publishing import Published
from tests.support.service import Running

_BURST = 4  # instants of all stations
_TIMEOUT = 2  # s, the store's; `a_rig` sets it
_AWAY = {Size.FULL: 30_000, Size.QUICK: 12_000}  # messages: more than the broker's window and the writer's batch hold
_ONE_IN = 1000  # messages
_STATION = 7  # whose message it is
_SENT = {Size.FULL: 20_000, Size.QUICK: 4_000}


class Way(NamedTuple):
    """From the service to InfluxDB: a network, and something that speaks HTTP."""

    network: FaultProxy
    http: HttpFaults


Fault = Callable[[Way, Rig, Running], None]


@contextmanager
def _faulty(tmp_path: Path, rows: list[Row]) -> Iterator[tuple[Way, Rig]]:
    with (
        influx(tmp_path) as server,
        http_faults(server.url) as http,
        fault_proxy(http.port) as network,
        a_rig(tmp_path, rows, influx=server, store={"url": f"http://127.0.0.1:{network.port}"}) as rig,
    ):
        yield Way(network, http), rig


def _answers(answer: Answer) -> Fault:
    def fault(way: Way, rig: Rig, service: Running) -> None:
        before = way.http.seen
        way.http.answer = answer
        rig.publisher.send(rig.stream.take(_BURST))
        rig.until(lambda: way.http.seen >= before + 2, service)
        way.http.answer = None

    return fault


def _partial(way: Way, rig: Rig, service: Running) -> None:
    """Half of some writes is stored, and the rest of them refused in InfluxDB's words, wrongly."""
    way.http.partial = 3
    rig.publisher.send(rig.stream.take(_BURST))
    rig.until(lambda: way.http.partial == 0, service)


def _unanswered(way: Way, rig: Rig, service: Running) -> None:
    """Written, and the connection breaks before that is said."""
    way.http.unanswered = 2
    rig.publisher.send(rig.stream.take(_BURST))
    rig.until(lambda: way.http.unanswered == 0, service)


def _slow(way: Way, rig: Rig, service: Running) -> None:
    """At first only slow, then beyond every timeout: written each time, and never heard of."""
    way.http.delay = 0.3
    rig.publisher.send(rig.stream.take(_BURST))
    rig.recovered(service)
    before = way.http.seen
    way.http.delay = _TIMEOUT + 0.5
    rig.publisher.send(rig.stream.take(_BURST))
    rig.until(lambda: way.http.seen >= before + 2, service)
    way.http.delay = 0.0


def _cut(way: Way, rig: Rig, service: Running) -> None:
    """In the middle of writing, again and again; then nobody there for a while."""
    for _ in range(3):
        before = way.http.seen
        rig.publisher.send(rig.stream.take(_BURST))
        rig.until(lambda: way.http.seen > before, service)  # noqa: B023  # asked in this turn
        way.network.cut()
    way.network.refuse()
    rig.publisher.send(rig.stream.take(_BURST))
    service.until("/readyz", lambda answer: "store" in answer["reasons"])
    way.network.open()


def _black_hole(way: Way, rig: Rig, service: Running) -> None:
    """Connections are taken, and nothing comes back."""
    way.network.black_hole()
    rig.publisher.send(rig.stream.take(_BURST))
    service.until("/readyz", lambda answer: "store" in answer["reasons"])
    way.network.open()


FAULTS: dict[str, Fault] = {
    "500": _answers(BROKEN),
    "503 with Retry-After": _answers(BUSY),
    "401": _answers(UNAUTHORIZED),
    "read-only (403)": _answers(READ_ONLY),
    "half a write and 400": _partial,
    "written, answer lost": _unanswered,
    "cut": _cut,
    "slow beyond the timeout": _slow,
    "black hole": _black_hole,
}
_ONE_AFTER_ANOTHER = tuple(FAULTS)[:7]


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["all", *FAULTS])
def test_influx_fails(name: str, tmp_path: Path, rows: list[Row], size: Size) -> None:
    """While readings come; it costs time and nothing else."""
    if size is Size.QUICK and name != "all":
        pytest.skip("with --full-faults")
    names = _ONE_AFTER_ANOTHER if name == "all" else (name,)
    with _faulty(tmp_path, rows) as (way, rig):
        with rig.serving() as service:
            service.ready()
            took = []
            for one in names:
                FAULTS[one](way, rig, service)
                took.append(rig.recovered(service))
            assert service.stop() == 0
        note = ", ".join(names) if name == "all" else ""
        order = 40 if name == "all" else 41 + tuple(FAULTS).index(name)
        rig.account(f"InfluxDB: {name}", order=order, recovery=max(took), note=note)


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_influx_down_for_longer_than_every_buffer(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """What lags is on disk: killed and started again meanwhile, it is all there; and people are told meanwhile."""
    with influx(tmp_path) as server, a_rig(tmp_path, rows, influx=server) as rig:
        instants = _AWAY[size] // len(rig.stream.names)
        with rig.serving() as service:
            service.ready()
            rig.publisher.send(rig.stream.take(_BURST))
            rig.recovered(service)
            server.stop()
            rig.publisher.send(rig.stream.take(instants // 2))
            service.until("/readyz", lambda answer: "store" in answer["reasons"])
            service.kill()
        with rig.serving() as service:
            rig.publisher.send(rig.stream.take(instants // 2))
            wanted = rig.expected().keys
            rig.until(lambda: {request.key for request in rig.told.taken} == wanted, service)
            rig.until(lambda: rig.books.total().waiting > 0, service)
            server.start()
            recovery = rig.recovered(service)
            assert service.stop() == 0
        note = f"{_AWAY[size]} messages meanwhile, one kill"
        rig.account("InfluxDB down for longer than every buffer", order=55, recovery=recovery, note=note)


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_influx_refuses_one_in_a_thousand(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """InfluxDB's own refusal, of a field that is text already: those readings are in quarantine, the rest is stored."""
    with influx(tmp_path) as server, a_rig(tmp_path, rows, influx=server) as rig:
        for instant in rig.stream.span:  # of both weeks, where the span lies across two: types are kept by week
            server.write(f'source,station=elsewhere {SPECIAL}="text" {instant}')
        sent = 0
        with rig.serving() as service:
            service.ready()
            while sent < _SENT[size]:
                burst = rig.stream.take(_BURST)
                if sent % _ONE_IN == 0:
                    burst[_STATION] = _to_be_refused(rig, sent // len(rig.stream.names))
                rig.publisher.send(burst)
                sent += len(burst)
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account("InfluxDB refuses one in a thousand", order=56, recovery=recovery)


def _to_be_refused(rig: Rig, number: int) -> Published:
    """That instant's message with one field more; one point of InfluxDB's, so that all its fields are refused."""
    message = rig.stream.message(_STATION, number, **{SPECIAL: 0.07})
    instant = max(place.instant for place in rig.stream.readings if place.parameter == SPECIAL)
    rig.refused |= {Point(rig.stream.names[_STATION], parameter, instant) for parameter in (*PARAMETERS, SPECIAL)}
    return message
