"""The pulse: how service and stations are, for whoever looks at dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from alerts.model import Place
from alerts.ports import StationState
from ingest.adapters.clock import ReplayClock
from ingest.adapters.memory import MemoryStore
from ingest.metrics import Family, Metric, by
from ingest.pulse import Pulse
from ingest.standing import Heard
from tests.support.ingest import NOW, micros

FIGURES = [Family("clearwarn_notifications", Metric.GAUGE, "Notifications, by state.", by("state", {"queued": 2}))]
PLACE = Place(id="air-1", zh="一站", en="One", kind="air", lon=121.5, lat=28.5)


class Room:
    """Alerting and stations in one."""

    unavailable: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = ReplayClock()
        self.heard: list[Heard] = [_state(NOW), _state(None)]
        self.pulse = Pulse(
            figures=self._figures,
            stations=lambda: self.heard,
            warned=self,
            console=lambda: "http://desk/",
            store=self.store,
            clock=self.clock,
        )

    async def gravest(self) -> Mapping[str, int]:
        return {"air-1": 4, "somewhere": 1}

    async def _figures(self) -> list[Family]:
        return FIGURES

    def written(self, measurement: str) -> dict[int, dict[str, object]]:
        return {one.at: dict(one.fields) for one in self.store.points.values() if one.measurement == measurement}


def _state(last: datetime | None) -> StationState:
    return StationState(place=PLACE, last_instant=last, last_received=last, values={}, silent=last is None)


async def test_pulse_writes_figures_now_and_stations_by_the_hour() -> None:
    """A float a figure; of a station where it is, when it was heard, its gravest warning, its page in the console."""
    room = Room()
    room.clock.set(NOW)
    room.heard = [_state(NOW)]
    await room.pulse.write()
    assert room.written("service") == {micros(NOW): {"notifications_queued": 2.0}}
    assert room.written("station") == {
        micros(NOW.replace(minute=0)): {
            "rank": 4,
            "silent": 0,
            "url": "http://desk/stations/air-1",
            "zh": "一站 (air-1)",
            "en": "One (air-1)",
            "lat": 28.5,
            "lon": 121.5,
            "heard": micros(NOW),
            "received": micros(NOW),
        }
    }


async def test_pulse_leaves_open_what_was_never_heard() -> None:
    """No invented moment for a station that never spoke."""
    room = Room()
    room.clock.set(NOW)
    room.heard = [_state(None)]
    await room.pulse.write()
    (fields,) = room.written("station").values()
    assert ("heard" in fields, fields["silent"]) == (False, 1)


async def test_pulse_writes_only_stations_that_changed() -> None:
    """Within the hour an unchanged station is not written again; changed, the same point is."""
    room = Room()
    room.clock.set(NOW)
    room.heard = [_state(NOW)]
    await room.pulse.write()
    room.store.points.clear()
    await room.pulse.write()
    assert room.written("station") == {}
    room.heard = [_state(None)]
    await room.pulse.write()
    assert list(room.written("station")) == [micros(NOW.replace(minute=0))]


async def test_pulse_waits_for_a_replayed_clock_to_be_told() -> None:
    """Nothing is written at the beginning of time."""
    room = Room()
    await room.pulse.write()
    assert room.store.points == {}
    assert room.clock.now() == datetime(1970, 1, 1, tzinfo=UTC)
