"""A day of an outfall that speaks HJ 212 over TCP and MQTT at once, through the real service, in replayed time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.hj212 import a_frame
from tests.support.hj212_device import Device
from tests.support.mosquitto import free_port, mosquitto
from tests.support.service import PATIENCE, Running, a_configuration, clearwarn, serving

STATION, MN, OUTFALL = "out-03", "350521C0000000000000CC03", "XL-0003"  # as shipped: 50 mg/L of COD
DAY = datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=8)))
HOUR, EVERY = timedelta(hours=1), timedelta(minutes=10)
FRAMES, VALUES = 6, 3  # an hour, and in each of them
USUAL, HIGH = (
    42.0,
    190.0,
)  # mg/L of COD: two such hours lift the day's mean above 50, and none is a jump that intake doubts
_WAVES = (-1.5, 0.7, -0.2, 1.1, 0.4, -0.9, 1.6)  # seven of them: six values an hour never repeat the hour before


@dataclass(slots=True)
class Told:
    """What the device says of an hour."""

    cod: float = USUAL
    nh3_n: float = 3.0
    mark: str = "N"


def the_day() -> list[Told]:
    """Well; two hours far above the permit; four of maintenance, whose values would lift and raise; well again.

    One hour of the next day is there, so that the day is over.
    """
    exceeds, drained, flushed = Told(cod=HIGH), Told(cod=0.5, mark="M"), Told(cod=900.0, nh3_n=90.0, mark="M")
    return [*[Told()] * 8, *[exceeds] * 2, *[drained] * 2, *[flushed] * 2, *[Told()] * 10, Told()]


def measured(number: int, told: Told) -> tuple[float, float, float]:
    """Flow in L/s, COD and ammonia of the ten minutes of that number: never still."""
    wave = _WAVES[number % len(_WAVES)]
    return round(60 + 8 * wave, 4), round(told.cod + wave / 4, 4), round(told.nh3_n + wave / 50, 4)


def mean_of(hours: Sequence[int]) -> float:
    """COD of these hours, weighted by flow."""
    found = [measured(hour * FRAMES + n, the_day()[hour]) for hour in hours for n in range(FRAMES)]
    return sum(flow * cod for flow, cod, _ in found) / sum(flow for flow, _, _ in found)


def frames(hour: int, told: Told) -> list[bytes]:
    """Ten-minute reports of an hour of the day, flow among them."""
    found = []
    for number in range(FRAMES):
        begins = DAY + hour * HOUR + number * EVERY
        flow, cod, nh3_n = measured(hour * FRAMES + number, told)
        values = (("w00000", flow), ("w01018", cod), ("w21003", nh3_n))
        factors = ";".join(f"{code}-Avg={value:.4f},{code}-Flag={told.mark}" for code, value in values)
        data = f"DataTime={begins:%Y%m%d%H%M%S};{factors}"
        found.append(a_frame(data, MN=MN, CN="2051", QN=f"{begins + EVERY:%Y%m%d%H%M%S}000"))
    return found


@dataclass(slots=True)
class Story:
    """The device, both its ways, and the service that hears it."""

    service: Running
    config: Path
    data: Path
    publisher: paho.Client
    device: Device
    sent: int = field(default=0)

    def tell(self, hour: int, told: Told) -> None:
        """An hour at its end: all of it over TCP while all of it goes over MQTT. Returns once all is judged."""
        said = frames(hour, told)
        now = DAY + (hour + 1) * HOUR + timedelta(minutes=1)
        self._publish("clearwarn/v1/clock", json.dumps({"now": now.isoformat()}).encode())
        self._hear(said[:1])  # in order after the clock: what goes over TCP now is not of the future
        with ThreadPoolExecutor(1) as wires:
            over_tcp = wires.submit(self.device.send, said)
            for frame in said[1:]:
                self._publish(f"clearwarn/v1/outfall/{STATION}/hj212", frame)
            over_tcp.result()
        self.sent += (2 * FRAMES - 1) * VALUES
        self._settled()

    def _hear(self, said: Sequence[bytes]) -> None:
        for frame in said:
            self._publish(f"clearwarn/v1/outfall/{STATION}/hj212", frame)
        self.sent += len(said) * VALUES
        self._settled()

    def _settled(self) -> None:
        self.service.until("/api/intake", lambda now: now["received"] == self.sent and not now["waiting"])

    def _publish(self, topic: str, payload: bytes) -> None:
        self.publisher.publish(topic, payload, qos=1).wait_for_publish(PATIENCE)

    def warnings(self) -> list[Mapping[str, Any]]:
        """Of outfalls, however they stand."""
        return [one for one in self.service.get("/api/warnings?limit=1000") if one["type"] == "outfall"]

    def rows(self, file: str, query: str) -> list[tuple[Any, ...]]:
        """Of a database of the data folder, once the service has ended."""
        with closing(sqlite3.connect(self.data / file)) as opened:
            return [*opened.execute(query)]


@contextmanager
def a_story(tmp_path: Path) -> Iterator[Story]:
    port, data = free_port(), tmp_path / "data"
    with mosquitto(tmp_path) as broker, closing(Device(port)) as device:
        config = a_configuration(tmp_path / "config", broker, hj212_tcp={"port": port, "frames_a_minute": 100_000})
        publisher = paho.Client(CallbackAPIVersion.VERSION2, client_id="devices")
        publisher.connect(broker.host, broker.port)
        publisher.loop_start()
        try:
            with serving(config, data, "--clock", "replay") as service:
                service.ready()
                yield Story(service, config, data, publisher, device)
        finally:
            publisher.disconnect()
            publisher.loop_stop()


_HOURS = """
    SELECT instant / 1000000, value FROM indices JOIN index_series ON id = series
    WHERE subject = 'out-03' AND name = 'cod_of_limit' AND period = '1h' ORDER BY instant
"""
_DAYS = """
    SELECT name, value, have, parts FROM indices JOIN index_series ON id = series
    WHERE subject = 'out-03' AND period = '1d' ORDER BY name
"""
_READINGS = """
    SELECT parameter, reason, count(*), count(DISTINCT instant)
    FROM readings JOIN series ON id = series WHERE station = 'out-03' AND period = '10m'
    GROUP BY parameter, reason ORDER BY parameter, reason
"""


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_outfall_exceeds_goes_into_maintenance_and_comes_back(tmp_path: Path) -> None:
    """Store, indices, warning, case and ledger tell one and the same day, though every frame came twice."""
    states = []
    with a_story(tmp_path) as story:
        for hour, told in enumerate(the_day()):
            story.tell(hour, told)
            states.append([(one["parameter"], one["level"], one["state"]) for one in story.warnings()])
        (warning,) = story.warnings()
        (shown,) = story.service.get(f"/api/cases?station={STATION}")
        assert (shown["outfall"], shown["day"], shown["open"]) == (OUTFALL, "2026-11-20", True)
        assert set(story.device.answered.values()) == {"9014"}
        assert story.service.stop() == 0
        ledger = json.loads(clearwarn("ledger", "--json", "--data", str(story.data), config=story.config).stdout)

        # from the first whole hour on; maintenance neither lifts nor raises; lifted by the first hour that is well
        assert states[:8] == [[]] * 8
        assert states[8:14] == [[("cod_of_limit", "orange", "issued")]] * 6
        assert states[14:] == [[("cod_of_limit", "orange", "lifted")]] * 11
        assert datetime.fromisoformat(warning["onset"]) == DAY + 9 * HOUR

        each = len(states) * FRAMES
        assert ledger["balanced"]
        assert ledger["total"] == {
            "received": 2 * VALUES * each,
            "stored": VALUES * each,
            "duplicate": VALUES * each,
            "quarantined": 0,
            "waiting": 0,
        }
        well, kept = each - 4 * FRAMES, 4 * FRAMES
        assert story.rows("readings.db", _READINGS) == [
            (name, reason, count, count)
            for name in ("cod", "flow", "nh3_n")
            for reason, count in (("", well), ("mark_maintenance", kept))
        ]
        hours = {datetime.fromtimestamp(at, DAY.tzinfo): value for at, value in story.rows("readings.db", _HOURS)}
        valid = [number for number, told in enumerate(the_day()) if told.mark == "N"]
        shares = {DAY + (number + 1) * HOUR: pytest.approx(mean_of([number]) / 50) for number in valid}
        assert hours == shares
        mean, load = mean_of(valid[:-1]), 0.0
        for number in valid[:-1]:
            flows = [measured(number * FRAMES + n, the_day()[number])[0] for n in range(FRAMES)]
            load += mean_of([number]) * sum(flows) / FRAMES * 3600 / 1e6
        days = {name: (value, have, of) for name, value, have, of in story.rows("readings.db", _DAYS)}
        assert days["cod_mean"] == (pytest.approx(mean), 20, 24)
        assert days["cod_load"] == (pytest.approx(load), 20, 24)
        assert days["cod_of_limit"] == (pytest.approx(mean / 50), 20, 24)
        assert days["nh3_n_of_limit"] == (pytest.approx(3.0 / 5, rel=0.01), 20, 24)
        cases = 'SELECT outfall, parameter, day, event, "limit", hours, value / 1e6 FROM case_events'
        case = (OUTFALL, "cod", "2026-11-20", "opened", 50_000_000, 20, pytest.approx(mean))
        assert story.rows("state.db", cases) == [case]
        told_of = story.rows("state.db", "SELECT warning, act, person, channel FROM notifications")
        assert len(told_of) == len(set(told_of)) > 0
