"""What devices and brokers do to us: everything five times, a long queue at connect, one device that sends rubbish."""

from __future__ import annotations

from itertools import chain, islice, repeat
from pathlib import Path

import pytest

from tests.bench.figures import Size
from tests.faults.rig import a_rig
from tests.faults.stream import Stream
from tests.faults.table import Row
from tests.support.publishing import Published, Publisher

_BACKLOG = {Size.FULL: 100_000, Size.QUICK: 10_000}  # messages
_FLOOD = {Size.FULL: 50_000, Size.QUICK: 3_000}  # messages
_STATIONS = 500  # so that what a broker sends again, 10 000 messages, is 20 of a station


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_everything_five_times(tmp_path: Path, rows: list[Row]) -> None:
    """As from a device whose acknowledgements are lost: stored once, told once, and the other four are in the books."""
    with a_rig(tmp_path, rows) as rig:
        with rig.serving() as service:
            service.ready()
            for _ in range(3):
                rig.publisher.send(list(chain.from_iterable(repeat(rig.stream.take(4), 5))))
            recovery = rig.recovered(service)
            rig.until(lambda: rig.books.total().received == 5 * len(rig.stream.readings), service)
            assert service.stop() == 0
        rig.account("everything five times", order=60, recovery=recovery)
        assert rig.books.total().duplicate == 4 * len(rig.stream.readings)


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_backlog_at_connect(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """The broker has kept everything of an outage, and hands it over as fast as it can."""
    with a_rig(tmp_path, rows, stream=Stream(_STATIONS)) as rig:
        rig.introduced()
        rig.publisher.send(rig.stream.take(_BACKLOG[size] // _STATIONS))
        with rig.serving() as service:
            service.ready()
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account(f"backlog of {_BACKLOG[size]} at connect", order=61, recovery=recovery)


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_bad_messages_flood_from_one_device(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """The others are heard and told of; each bad one is counted, and only so many are kept whole."""
    with a_rig(tmp_path, rows, quarantine={"entries": 50, "bytes": 65_536}) as rig:
        culprit = rig.stream.names[1]
        kinds = (b"\xff\x00 noise", b'{"station": "somebody-else"}', b"", b'{"station": "' + culprit.encode() + b'"')
        rubbish = [Published(f"clearwarn/v1/source/{culprit}/reading", kind) for kind in kinds]
        flood = list(islice(chain.from_iterable(repeat(rubbish)), _FLOOD[size]))
        rig.bad = len(flood)
        device = Publisher(rig.broker.port, name="culprit")
        with rig.serving() as service:
            service.ready()
            with device.sending(flood):
                for _ in range(5):
                    rig.publisher.send(rig.stream.take(5))
            recovery = rig.recovered(service)
            assert service.stop() == 0
        device.close()
        rig.account("bad messages from one device", order=62, recovery=recovery)
        assert rig.books.kept_whole(culprit) <= 50
