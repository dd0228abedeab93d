"""What each mischief does to a message."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from device_sim import encoder
from device_sim.encoder import Dispatch
from device_sim.errors import ScenarioError
from device_sim.mischief import Mischief, parse, through
from tests.support.district import T0, a_district

HOUR = timedelta(hours=1)


def sound() -> list[Dispatch]:
    return list(a_district().live(T0, T0 + HOUR))


def suffered(mischief: Mischief, share: float = 1.0) -> list[Dispatch]:
    return list(through(sound(), {mischief: share}, seed=1))


def body(dispatch: Dispatch) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(dispatch.payload)
    return read


def test_duplicate_sends_each_twice() -> None:
    """The same bytes, twice."""
    assert sorted(d.payload for d in suffered(Mischief.DUPLICATE)) == sorted([d.payload for d in sound()] * 2)


@pytest.mark.parametrize("mischief", [Mischief.SHUFFLED, Mischief.DELAYED])
def test_late_ones_are_all_there_in_another_order(mischief: Mischief) -> None:
    """Nothing is lost or changed; the due times stay in order, the measured times do not."""
    found = suffered(mischief)
    assert sorted(d.payload for d in found) == sorted(d.payload for d in sound())
    assert [d.due for d in found] == sorted(d.due for d in found)
    assert [d.payload for d in found] != [d.payload for d in sound()]


def test_broken_json_cannot_be_read() -> None:
    """Cut off somewhere."""
    for dispatch in suffered(Mischief.BROKEN_JSON):
        with pytest.raises(json.JSONDecodeError):
            json.loads(dispatch.payload)


def test_wrong_station_is_not_the_topics() -> None:
    """An impostor."""
    for dispatch in suffered(Mischief.WRONG_STATION):
        assert body(dispatch)["station"] != dispatch.topic.split("/")[3]


def test_unknown_parameter_comes_beside_the_known() -> None:
    """One more, the others as they were."""
    for before, after in zip(sound(), suffered(Mischief.UNKNOWN_PARAMETER), strict=True):
        assert set(body(after)["values"]) - set(body(before)["values"]) == {"unobtainium"}


def test_spike_and_skew_touch_one_thing() -> None:
    """One value times twenty; the time a day and a half on."""
    for before, after in zip(sound(), suffered(Mischief.SPIKE), strict=True):
        values = body(before)["values"]
        changed = [name for name, value in body(after)["values"].items() if value != values[name]]
        assert len(changed) == 1
    for before, after in zip(sound(), suffered(Mischief.CLOCK_SKEW), strict=True):
        assert body(after)["time"] > body(before)["time"]
        assert body(after)["values"] == body(before)["values"]


@pytest.mark.parametrize("mischief", Mischief)
def test_forecast_has_no_readings_to_damage(mischief: Mischief) -> None:
    """It may come twice, late or cut off; what is done to values, station and time of a reading passes it by."""
    issued = encoder.forecast("xilan", T0, {T0.date(): {"o3": 80}})
    found = list(through([issued], {mischief: 1.0}, seed=1))
    if mischief in {Mischief.DUPLICATE, Mischief.SHUFFLED, Mischief.DELAYED, Mischief.BROKEN_JSON}:
        assert found != [issued]
    else:
        assert [body(one) for one in found] == [body(issued)]


def test_no_mischief_changes_nothing() -> None:
    """Neither with no faults nor with a share of none."""
    assert list(through(sound(), {}, seed=1)) == sound()
    assert suffered(Mischief.DUPLICATE, 0.0) == sound()


def test_faults_are_parsed_and_wrong_ones_named() -> None:
    """`--faults` says what there is when asked for something else."""
    assert parse(["duplicate", "delayed=0.5,spike=0"]) == {
        Mischief.DUPLICATE: 0.01,
        Mischief.DELAYED: 0.5,
        Mischief.SPIKE: 0.0,
    }
    assert set(parse(["all=0.1"])) == set(Mischief)
    for wrong in ("gremlins", "spike=much", "spike=2", "spike=nan"):
        with pytest.raises(ScenarioError, match=wrong.split("=", maxsplit=1)[0]):
            parse([wrong])
