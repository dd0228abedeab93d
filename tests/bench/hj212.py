"""HJ 212 frames of 20 parameters, checksum included: decoded alone, and walked into readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from time import process_time
from typing import TypeVar

from ingest import collector
from ingest.catalog import Catalog
from ingest.codecs.hj212 import decode
from ingest.codecs.hj212_crc import checksum
from ingest.codecs.hj212_frame import Frame, encode
from ingest.codecs.report import Report
from ingest.model import Delivery
from ingest.walk import Walk
from tests.bench.figures import Figure, Size
from tests.support.hj212 import MN
from tests.support.ingest import NOW, a_catalog, a_parameter, a_station

PARAMETERS = 20
_FRAMES = {Size.FULL: 60_000, Size.QUICK: 3_000}
_BEGAN = datetime(2026, 11, 1)  # noqa: DTZ001  # a device writes local time
_Item = TypeVar("_Item")
_TOPIC = f"clearwarn/v1/tcp/{MN}/hj212"


def measure(size: Size) -> Iterator[Figure]:
    """CPU time of one core."""
    collector.spare()  # as the service does
    plain = [*frames(_FRAMES[size], "{code}-Rtd={value},{code}-Flag=N")]
    yield _a_second("decode, value and mark", _seconds(decode, plain), plain, aim="> 30 000")
    spread = [*frames(_FRAMES[size], "{code}-Avg={value},{code}-Max={value}")]
    yield _a_second("decode, mean and greatest", _seconds(decode, spread), spread, aim="> 15 000")
    yield _a_second("of it checksum", _seconds(checksum, [frame[6:-6] for frame in plain]), plain)
    walk = Walk(catalog=_catalog())
    deliveries = [Delivery(_TOPIC, frame, NOW, at + 1) for at, frame in enumerate(plain)]
    yield _a_second("walked into readings", _seconds(walk.take, deliveries), deliveries)


def frames(count: int, factor: str) -> Iterator[bytes]:
    """No two alike; a report each minute."""
    for number in range(count):
        time = f"{_BEGAN + timedelta(minutes=number):%Y%m%d%H%M%S}"
        factors = (
            factor.format(code=f"w{21000 + at}", value=f"{number % 97 + at / 7:.2f}") for at in range(PARAMETERS)
        )
        content = ";".join([f"DataTime={time}", *factors])
        frame = encode(Frame("32", "2011", MN, content, f"{time}000", "123456", 5))
        report = decode(frame)
        assert isinstance(report, Report), "a sound frame"
        assert len(report.moments[0].values) == PARAMETERS
        yield frame


def _seconds(step: Callable[[_Item], object], items: Sequence[_Item]) -> float:
    began = process_time()
    for item in items:
        step(item)
    return process_time() - began


def _a_second(name: str, seconds: float, items: Sequence[object], aim: str = "") -> Figure:
    return Figure(
        group=f"HJ 212, frames of {PARAMETERS} parameters", name=name, value=len(items) / seconds, unit="1/s", aim=aim
    )


def _catalog() -> Catalog:
    parameters = {f"p{at}": a_parameter(unit="mg/L", hj212=f"w{21000 + at}") for at in range(PARAMETERS)}
    station = a_station(id="out-1", kind="outfall", parameters=(*parameters,), zone="Asia/Shanghai", mn=MN)
    return a_catalog(station, **parameters)
