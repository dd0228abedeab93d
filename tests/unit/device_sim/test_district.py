"""The order, seam and numbering of what the district sends."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from device_sim.district import District
from device_sim.errors import ScenarioError
from device_sim.scaling import scaled
from device_sim.scenario import Scenario
from tests.support.district import T0, a_district, catalog_of, shipped_scenario

HOUR = timedelta(hours=1)


def test_backfill_and_live_meet_without_gap_or_overlap() -> None:
    """History up to and with T0, live after it: each report once, numbered without a gap for every station."""
    start = T0.replace(minute=0)
    district = a_district(start=start)
    readings = [r for _, payload in district.backfill(3) for r in json.loads(payload)["readings"]]
    readings += [json.loads(payload) for _, _, payload in district.live(start, start + 2 * HOUR)]
    by_station: dict[str, list[int]] = {}
    for reading in readings:
        by_station.setdefault(reading["station"], []).append(reading["seq"])
    for station, numbers in by_station.items():
        if station != "out-07":  # silent for a while on purpose
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), station


def test_live_is_in_order_and_due_when_the_period_has_ended() -> None:
    """`time` is the start of the period, with an offset; due is its end."""
    before = T0
    lengths = {"5m": timedelta(minutes=5), "10m": timedelta(minutes=10), "1h": HOUR}
    for due, topic, payload in a_district().live(T0, T0 + 3 * HOUR):
        body = json.loads(payload)
        assert due >= before
        before = due
        began = datetime.fromisoformat(body["time"])
        assert began.utcoffset() == 8 * HOUR
        assert began + lengths[body["period"]] == due
        assert topic.split("/")[3] == body["station"]


def test_live_in_pieces_equals_live_at_once() -> None:
    """Asking for ten minutes at a time gives the same messages."""
    district = a_district()
    whole = list(district.live(T0, T0 + HOUR))
    step = timedelta(minutes=10)
    pieces = [d for n in range(6) for d in district.live(T0 + n * step, T0 + (n + 1) * step)]
    assert pieces == whole


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"faults": [{"kind": "silent", "station": "nobody", "begins": "0s"}]}, "nobody"),
        ({"signals": {"air": {"phlogiston": {"base": 1}}}}, "phlogiston"),
        (
            {
                "episodes": [
                    {"kind": "haze", "area": "x", "begins": "0s", "full": "1h", "eases": "2h", "ends": "3h", "adds": {}}
                ]
            },
            "'x'",
        ),
    ],
)
def test_scenario_that_names_what_is_not_there_is_refused(change: dict[str, object], named: str) -> None:
    """The message says what is not in the catalogue."""
    scenario = Scenario.model_validate(shipped_scenario().model_dump(mode="json") | _iso_free(change))
    with pytest.raises(ScenarioError, match=named):
        District(catalog=catalog_of(), scenario=scenario, start=T0)


def _iso_free(change: dict[str, object]) -> dict[str, object]:
    keep: dict[str, object] = {"backfill_block": "2h", "episodes": [], "faults": []}
    return keep | change


def test_drift_spike_and_skew_change_what_is_said() -> None:
    """Each of them does to the value or the time what its name says, and only while it lasts."""
    at = {"station": "src-in-01", "begins": "0s", "ends": "1h"}
    faulty = Scenario.model_validate(
        shipped_scenario().model_dump(mode="json")
        | _iso_free(
            {
                "faults": [
                    {"kind": "drift", "parameter": "ph", "per_day": 24.0, **at},
                    {"kind": "spike", "parameter": "turb", "factor": 20, **at},
                    {"kind": "skew", "by": "36h", **at},
                ]
            }
        )
    )
    sound = Scenario.model_validate(shipped_scenario().model_dump(mode="json") | _iso_free({}))

    def said(scenario: Scenario) -> list[tuple[datetime, float, float]]:
        found = a_district(scenario=scenario).reports(T0, T0 + 2 * HOUR)
        return [(r.began, r.values["ph"], r.values["turb"]) for r in found if r.station == "src-in-01"]

    pairs = list(zip(said(sound), said(faulty), strict=True))
    during, after = pairs[:11], pairs[12:]
    assert all(wrong[0] - right[0] == 36 * HOUR for right, wrong in during)
    assert all(wrong[2] == pytest.approx(right[2] * 20, abs=0.02) for right, wrong in during)
    assert during[-1][1][1] - during[-1][0][1] > 0.7
    assert all(right == wrong for right, wrong in after)


def test_scaled_district_has_so_many_stations_of_every_kind() -> None:
    """Copies have ids of their own, and guard no intake."""
    catalog = scaled(catalog_of(), 100)
    assert len(catalog.by_id) == 100
    assert catalog.problems() == []
    assert sum(1 for s in catalog.stations if s.role == "intake") == 1
    assert {s.kind.value for s in catalog.stations[50:]} == {"air", "source", "outfall"}
