"""The air windows beyond one process: the past read back, a checkpoint, another configuration."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.air.model import AirStation
from alerts.air.network import AirNetwork
from alerts.derivation import restored
from alerts.engine import Engine
from ingest.model import Reading
from tests.support.air_windows import (
    HOUR,
    MINUTE,
    START,
    a_message,
    an_air_network,
    an_air_station,
    an_area,
    fed,
    said_of,
    standing,
)
from tests.support.bundles import bundled
from tests.support.outfalls import a_derivation

ONE = {"pm2_5": 40.0}
BEFORE = Path(__file__).parents[2] / "golden" / "air" / "checkpoint_before_chunks.json.gz"


def test_past_read_back_fills_the_windows() -> None:
    """What was heard of an instant since stands."""
    network = an_air_network()
    said = fed(network, [a_message(START + 21 * HOUR, {"pm2_5": 64.0})])
    past = [reading for n in range(1, 22) for reading in a_message(START + n * HOUR, ONE)]
    found = network.recall(["air-1"], past, START + 21 * HOUR)
    newest = [one for one in found if one.instant == START + 21 * HOUR]
    assert said_of(newest, "pm2_5_24h") == [(41.0, 21, 24)]
    wanted = fed(an_air_network(), [a_message(START + n * HOUR, ONE) for n in range(1, 21)])
    assert {key: one for key, one in standing([*said, *found]).items() if key[3] < START + 21 * HOUR} == {
        key: one for key, one in standing(wanted).items() if key[3] < START + 21 * HOUR
    }


def reloaded(network: AirNetwork, *stations: AirStation, coverage: str = "0.75") -> AirNetwork:
    """Another configuration that goes on with the windows of one."""
    other = an_air_network(*stations, areas=[an_area(coverage)])
    other.restore(json.loads(json.dumps(network.snapshot(), default=tuple)))
    return other


def test_stations_that_stay_keep_their_windows_over_a_reload() -> None:
    """One is new, one is gone; the area is the mean of those it has now, from here on and where something changes."""
    network = an_air_network(an_air_station(), an_air_station(id="air-2"), areas=[an_area()])
    for n in range(1, 24):
        fed(network, [a_message(START + n * HOUR, ONE), a_message(START + n * HOUR, {"pm2_5": 80.0}, station="air-2")])
    network = reloaded(network, an_air_station(), an_air_station(id="air-3"), coverage="0.5")
    said = fed(network, [a_message(START + 24 * HOUR, ONE), a_message(START + 25 * HOUR, ONE)])
    assert said_of([one for one in said if one.station == "air-1"], "pm2_5_24h", "1d") == [(40.0, 24, 24)]
    area = [one for one in said if (one.station, one.parameter) == ("bay", "pm2_5")]
    assert [(one.instant, one.value, one.have, one.of) for one in area] == [(START + 24 * HOUR, 40.0, 1, 2)]
    late = fed(network, [a_message(START + 3 * HOUR, {"pm2_5": 41.0}, received_at=START + 25 * HOUR)])
    assert [one.value for one in late if (one.station, one.parameter) == ("bay", "pm2_5")] == [41.0]


def test_longer_lateness_holds_from_a_reload_on() -> None:
    """An hour from before what was kept then finds its place."""
    network = an_air_network(an_air_station(lateness=5 * HOUR))
    fed(network, [a_message(START + 200 * HOUR, ONE)])
    network = reloaded(network, an_air_station(lateness=150 * HOUR))
    late = a_message(START + 60 * HOUR, {"pm2_5": 50.0}, received_at=START + 200 * HOUR)
    assert {one.instant for one in network.feed(bundled(late), START + 200 * HOUR)} == {START + 60 * HOUR}
    again = a_message(START + 60 * HOUR, {"pm2_5": None}, received_at=START + 200 * HOUR)
    assert {one.value for one in network.feed(bundled(again), START + 200 * HOUR)} == {None}


def test_another_zone_has_other_days_from_a_reload_on() -> None:
    """The hours stay; months, which are sums of days, begin anew."""
    network = an_air_network()
    fed(network, [a_message(START + n * HOUR, ONE) for n in range(1, 30)])
    network = reloaded(network, an_air_station(zone=ZoneInfo("Asia/Tokyo")))
    said = fed(network, [a_message(START + n * HOUR, ONE) for n in range(30, 50)])
    assert [one.instant for one in said if (one.parameter, one.period) == ("pm2_5_24h", "1d")] == [START + 47 * HOUR]


def test_checkpoint_of_before_there_were_windows_is_taken() -> None:
    """They begin empty."""
    engine, derivation = Engine(rules=[], places=[]), a_derivation()
    restored(engine, derivation, engine.snapshot())
    assert derivation.bulletin("air-1") is None


def _days_of_minutes() -> list[list[Reading]]:
    """Two days and a half, with gaps; every tenth message comes four hours late, and once a value above 2147 ug/m3."""
    messages = []
    for number in range(1, 60 * 12 + 1):
        instant = START + number * 5 * MINUTE
        if number % 11 in {3, 4} and number % 7 < 3:
            continue
        level = number * number % 173
        values = {"pm2_5": 30 + level / 10, "co": 0.8 + level / 1000, "o3": 60.0 if number % 40 < 35 else 2500.5}
        messages.append(a_message(instant, values, period="5m"))
        if number % 3:
            messages.append(a_message(instant + level * MINUTE / 60, {"no2": 20 + level / 7}, period="instant"))
    late = [index for index in range(len(messages)) if index % 10 == 6]
    for index in reversed(late):
        messages.insert(index + 60, messages.pop(index))
    clock = START
    found = []
    for message in messages:
        clock = max(clock, message[0].instant)
        found.append([reading._replace(received_at=clock) for reading in message])
    return found


def test_checkpoint_of_the_shape_before_goes_on_as_it_would_have() -> None:
    """Hours and months in full, minutes in one piece, as steps of one width; corrections find what they replace."""
    messages = _days_of_minutes()
    whole, again = an_air_network(), an_air_network()
    fed(whole, messages)
    again.restore(json.loads(gzip.decompress(BEFORE.read_bytes())))
    newest = messages[-1][0].received_at
    corrected = [
        [reading._replace(value=33.3, received_at=newest) for reading in message] for message in messages[::17]
    ]
    later = [a_message(newest + n * HOUR) for n in range(1, 200)]
    said = fed(whole, [*corrected, *later])
    assert said
    assert fed(again, [*corrected, *later]) == said
    assert json.dumps(again.snapshot(), default=tuple) == json.dumps(whole.snapshot(), default=tuple)
