"""HJ 212 as pretend devices send it, read by the service's own decoder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from device_sim.district import District
from device_sim.encoder import Dispatch, Report
from device_sim.errors import ScenarioError
from device_sim.hj212 import spoken
from device_sim.scenario import Scenario
from device_sim.settings import load_scenario
from ingest.codecs import hj212 as codec
from ingest.model import Delivery
from ingest.walk import Walk
from tests.support.district import CONFIG, T0, a_district, catalog_of, shipped_scenario

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STATION = "out-03"


def a_report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "station": STATION,
        "kind": "outfall",
        "period": "1h",
        "began": T0 - HOUR,
        "due": T0,
        "values": {"cod": 40.1, "temp": 18.25},
        "seq": 4711,
        "marks": {"cod": "M"},
    }
    return Report(**(fields | changes))


def speaking(*ways: str, **changes: Any) -> District:
    """The shipped district, in which one outfall speaks so."""
    changes = {"speaks": {STATION: ways}} | changes
    return a_district(scenario=Scenario.model_validate(shipped_scenario().model_dump() | changes))


@pytest.mark.parametrize("period", ["5m", "10m", "1h", "1d"])
@pytest.mark.parametrize("checksum", ["hj212", "modbus"])
def test_frame_is_what_the_service_reads(period: str, checksum: str) -> None:
    """Values, marks and the start of the period: the report comes out as it went in, through the whole walk."""
    known = catalog_of()
    station = known.by_id[STATION]
    minutes = period if period not in {"1h", "1d"} else "10m"
    device = {"checksum": checksum, "minutes": minutes, "codes": {"X01": "cod"}}
    entry = station.model_dump() | {"hj212": device}
    catalog = type(known).model_validate(
        known.model_dump() | {"stations": [entry], "outfalls": [], "water_sources": []}
    )
    report = a_report(period=period)
    dispatch = spoken(catalog.by_id[STATION], catalog).over_mqtt(report)
    length = {"5m": 5 * MINUTE, "10m": 10 * MINUTE, "1h": HOUR, "1d": 24 * HOUR}[period]
    outcome = Walk(catalog=catalog).take(Delivery(dispatch.topic, dispatch.payload, T0 + 24 * HOUR, 1))
    found = {one.parameter: (one.value, one.reason, one.instant, one.period) for one in outcome.readings}
    instant = report.began + length
    assert found == {"cod": (40.1, "mark_maintenance", instant, period), "temp": (18.25, "", instant, period)}
    assert b"X01-Avg=40.1" in dispatch.payload


def test_frame_is_in_the_stations_own_time_and_exchange() -> None:
    """Local time of its zone; QN is when the report is due, told apart by its number."""
    known = catalog_of()
    frame = spoken(known.by_id[STATION], known).frame(a_report()).decode()
    assert "DataTime=20261123091700;" in frame
    assert "QN=20261123101700711;" in frame


def test_station_speaks_each_way_it_is_told_to() -> None:
    """The same frame over MQTT and TCP, beside the JSON of the others; history is a frame for each report."""
    district = speaking("json", "hj212", "hj212_tcp")
    own = [one for one in district.live(T0, T0 + HOUR) if f"/{STATION}" in one.topic]
    topics = [one.topic for one in own]
    over = [f"clearwarn/v1/outfall/{STATION}/reading", f"clearwarn/v1/outfall/{STATION}/hj212", f"hj212-tcp/{STATION}"]
    assert topics == over * (len(topics) // 3)
    assert own[1].payload == own[2].payload
    assert len({payload for topic, payload in district.backfill(6) if topic == over[1]}) == 6 * 6 + 6
    assert district.over_tcp == (STATION,)
    assert all(not topic.endswith("hj212") for topic in _topics(a_district().live(T0, T0 + HOUR)))


def _topics(dispatches: Any) -> list[str]:
    found: list[Dispatch] = [*dispatches]
    return [one.topic for one in found]


def test_marked_device_marks_all_it_says_or_one_value() -> None:
    """While the fault lasts; in JSON as in HJ 212."""
    fault = {"kind": "marked", "station": STATION, "mark": "M", "begins": "0s", "ends": "30m"}
    alone = {"kind": "marked", "station": "out-01", "parameter": "cod", "mark": "C", "begins": "0s"}
    reports = [*speaking("hj212", faults=[fault, alone]).reports(T0, T0 + HOUR)]
    of: Mapping[datetime, Report] = {one.due: one for one in reports if one.station == STATION and one.period == "10m"}
    assert all(set(one.marks) == set(one.values) for due, one in of.items() if due < T0 + 30 * MINUTE)
    assert all(not one.marks for due, one in of.items() if due >= T0 + 30 * MINUTE)
    assert {due < T0 + 30 * MINUTE for due in of} == {True, False}
    assert {name for one in reports if one.station == "out-01" for name in one.marks} == {"cod"}


@pytest.mark.parametrize(
    ("station", "changes", "named"),
    [
        (STATION, {"mn": None}, "mn"),
        (STATION, {"zone": None}, "zone"),
        (STATION, {"hj212": {"units": {"w01018": "ug/L"}}}, "units"),
        ("air-01", {"mn": "350521A0000000000000AA01", "zone": "Asia/Shanghai"}, ""),
    ],
)
def test_station_that_cannot_speak_hj212_is_named(station: str, changes: dict[str, Any], named: str) -> None:
    """With what it lacks; an air station speaks with its own codes."""
    known = catalog_of()
    entry = type(known.by_id[station]).model_validate(known.by_id[station].model_dump() | changes)
    if not named:
        assert spoken(entry, known).codes["temp"] == "a01001"
        return
    with pytest.raises(ScenarioError, match=named):
        spoken(entry, known)


def test_scenario_that_names_no_station_is_refused() -> None:
    """Whoever is to speak must be there."""
    with pytest.raises(ScenarioError, match="nobody"):
        speaking("hj212", speaks={"nobody": ("hj212",)})


def test_shipped_outfall_exceeds_for_two_hours_and_is_maintained() -> None:
    """As `simulator-outfall.yaml` says, from a full hour on."""
    start = T0.replace(minute=0)
    district = a_district(start=start, scenario=load_scenario(CONFIG / "simulator-outfall.yaml"))
    hours = [one for one in district.reports(start, start + 8 * HOUR) if (one.station, one.period) == (STATION, "1h")]
    assert [one.values["cod"] > 50 for one in hours] == [False, True, True, False, True, True, False, False]
    assert [one.marks.get("cod", "") for one in hours] == ["", "", "", "", "M", "M", "", ""]
    assert all(codec.decode(payload) for _, topic, payload in district.live(start, start + HOUR) if "tcp" in topic)
