"""Indices through the whole service: what devices send becomes indices in the store and on the broker."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiomqtt
import pytest

from ingest.model import Flag, Kind
from ingest.settings import load_catalog
from ingest.topics import Leaf, index_of
from ingest.topics import of as topic_of
from tests.support.air_reference import area_hours, differences, hours_of, indices
from tests.support.air_windows import HOUR, NAMES, SHANGHAI, Standing, a_message
from tests.support.mosquitto import Broker, mosquitto
from tests.support.publishing import Published, Publisher
from tests.support.service import a_configuration, serving

HOURS = 50
PATIENCE = 20.0  # s


class Sent(NamedTuple):
    """One message: a station's hour."""

    station: str
    end: datetime
    values: dict[str, float]

    def published(self) -> Published:
        start = (self.end - HOUR).isoformat()
        body = {"station": self.station, "time": start, "period": "1h", "values": self.values}
        return Published(topic_of(Kind.AIR, self.station, Leaf.READING), json.dumps(body).encode())


def _values(place: int, number: int) -> dict[str, float]:
    """Of an hour; each station's own, some lacking. Of CO tenths, and no jump that would be doubted."""
    level = 40 + (number + 3 * place) % 20
    drawn = {name: level / 50 if name == "co" else float(level + at) for at, name in enumerate(NAMES)}
    return {name: value for at, (name, value) in enumerate(drawn.items()) if (number + at * 3 + place) % 11}


def _stored(data: Path) -> Standing:
    """The store's indices as they stand."""
    columns = "subject, name, period, instant, value, have"
    query = f"SELECT {columns} FROM indices JOIN index_series ON id = series WHERE flag = ?"
    with sqlite3.connect(f"file:{data / 'readings.db'}?mode=ro", uri=True) as store:
        return {
            (subject, name, period, datetime.fromtimestamp(instant / 1e6, UTC)): (value, have)
            for subject, name, period, instant, value, have in store.execute(query, (Flag.PASS,))
        }


def _wanted(sent: list[Sent], area: str) -> Standing:
    first, newest = min(each.end for each in sent), max(each.end for each in sent)
    stations = sorted({each.station for each in sent})
    hours = {
        station: hours_of(
            [
                r
                for each in sent
                if each.station == station
                for r in a_message(each.end, {**each.values}, station=station)
            ],
            newest,
        )
        for station in stations
    }
    found = indices(area, area_hours([*hours.values()], -(-len(stations) * 3 // 4)), first, newest, SHANGHAI)
    for station in stations:
        found |= indices(station, hours[station], first, newest, SHANGHAI)
    return found


async def _told(broker: Broker, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The newest hour's AQI that a client is told of these subjects: an older word may be retained for some seconds."""
    found: dict[str, Any] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE), aiomqtt.Client(broker.host, broker.port) as client:
            for subject in wanted:
                await client.subscribe(index_of(subject), qos=1)
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                hour = json.loads(message.payload)["hour"]
                found[message.topic.value.rpartition("/")[2]] = (datetime.fromisoformat(hour["time"]), hour["aqi"])
                if found == wanted:
                    break
    return found


def _has_received(count: int, told: dict[str, int]) -> bool:
    return told["received"] >= count


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_indices_survive_kills_and_are_what_the_readings_give(tmp_path: Path) -> None:
    """Killed twice on the way, some hours late; afterwards store and broker hold what all readings together give."""
    data = tmp_path / "data"
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with mosquitto(tmp_path) as broker, ExitStack() as stack:
        config = a_configuration(tmp_path / "config", broker)
        air = [station for station in load_catalog(config).stations if station.kind is Kind.AIR]
        sent = [
            Sent(station.id, newest - (HOURS - number) * HOUR, _values(place, number))
            for number in range(1, HOURS + 1)
            for place, station in enumerate(air)
        ]
        late = sent[30:60] + sent[200:210]
        order = [each for each in sent if each not in late] + late
        wanted, subjects = _wanted(sent, air[0].area), [*(station.id for station in air), air[0].area]
        publisher = stack.enter_context(closing(Publisher(broker.port)))
        for end in (len(order) // 3, 2 * len(order) // 3, len(order)):
            with serving(config, data) as service:
                service.ready()
                publisher.send([each.published() for each in order[len(publisher.sent) : end]])
                count = sum(len(each.values) for each in order[:end])
                service.until("/api/intake", partial(_has_received, count))
                if end < len(order):
                    service.kill()
                    continue
                service.until("/api/intake", lambda told: told["waiting"] == 0)
                hours = {subject: wanted.get((subject, "aqi", "1h", newest), (None,))[0] for subject in subjects}
                expected = {subject: (newest, aqi) for subject, aqi in hours.items()}
                assert asyncio.run(_told(broker, expected)) == expected
                assert service.stop() == 0
    assert differences(_stored(data), wanted) == []
