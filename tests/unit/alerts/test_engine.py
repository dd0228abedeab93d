"""Absence, routing, snapshot and restore."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest

from alerts.engine import Engine
from alerts.evaluation import Series
from alerts.model import Quality, Transition
from alerts.rules.files import load_rules
from alerts.surroundings import Surroundings
from tests.support.rules import CONFIG, T0, ASample, a_place, a_rule, a_transition, an_engine, at, fed, series, told


def a_silence(**given: object) -> Engine:
    return an_engine(a_rule(kind="absence", type="device", select={}, **given))


def test_absence_is_raised_at_its_deadline_and_cleared_by_a_current_reading() -> None:
    engine = a_silence()
    fed(engine, series([0.2]))
    assert engine.wake_at() == at(15)
    assert engine.advance(at(14)) == []
    assert told(engine.advance(at(20))) == [("raised", "yellow", 15)]
    assert engine.wake_at() is None
    assert told(fed(engine, series([0.2], start=at(30)))) == [("cleared", None, 30)]
    assert engine.wake_at() == at(45)


def test_absence_of_a_station_never_heard_counts_from_the_start() -> None:
    engine = a_silence()
    assert told(engine.advance(at(15))) == [("raised", "yellow", 15)]


def test_absence_is_not_ended_by_old_readings_nor_moved_by_future_ones() -> None:
    engine = a_silence()
    engine.advance(at(20))
    assert engine.feed([ASample(instant=at(1), received_at=at(30))], at(30)) == []
    assert engine.feed([ASample(instant=at(9999), received_at=at(30))], at(30)) == []


def test_absence_is_not_fooled_by_failed_readings() -> None:
    engine = a_silence()
    found = fed(engine, series([0.2] * 5, flag=Quality.FAIL))
    assert told(found) == [("raised", "yellow", 15)]


def test_absence_of_one_parameter_is_not_hidden_by_another() -> None:
    rule = a_rule(kind="absence", type="device", select={"parameter": "codmn"})
    assert told(fed(an_engine(rule), series([0.2] * 5))) == [("raised", "yellow", 15)]


def test_absence_backfill_at_the_start_is_no_silence() -> None:
    """History that comes in on the first day is old, not late: the station has the full patience from the start."""
    engine = a_silence()
    assert engine.feed([ASample(instant=at(-600), received_at=at(1))], at(1)) == []
    assert engine.wake_at() == at(15)


def test_listen_from_forgives_the_time_in_which_nobody_listened() -> None:
    engine = a_silence()
    fed(engine, series([0.2]))
    engine.listen_from(at(600))
    assert engine.advance(at(601)) == []
    assert told(engine.advance(at(620))) == [("raised", "yellow", 615)]


def test_deadlines_come_in_order() -> None:
    rule = a_rule(kind="absence", type="device", select={})
    engine = an_engine(rule, places=[a_place(f"s{n}", interval_seconds=60.0 * n) for n in (9, 5, 7, 4)])
    found = engine.advance(at(60))
    assert [one.subject for one in found] == ["s4", "s5", "s7", "s9"]


def test_series_without_a_rule_cost_nothing_and_change_nothing() -> None:
    engine = an_engine()
    assert fed(engine, [ASample(parameter="ph"), ASample(station="stranger"), ASample(period="1h")]) == []


def test_snapshot_survives_json_and_the_engine_goes_on_as_though_nothing_had_been() -> None:
    rules = load_rules(CONFIG / "rules")
    places = [a_place("s1"), a_place("s2", role="intake")]
    values = [0.2, 1.2, 1.3, 0.3, 0.2, 2.4, 2.5, 0.1] * 12
    before = [*series(values), *series(values, station="s2", parameter="cond")]
    after = [*series(values, start=at(500)), *series(values, station="s2", parameter="cond", start=at(500))]
    straight, first = an_engine(*rules, places=places), an_engine(*rules, places=places)
    fed(straight, before)
    fed(first, before)
    second = Engine(rules=rules, places=places)
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    assert orjson.dumps(second.snapshot(), default=tuple) == orjson.dumps(first.snapshot(), default=tuple)
    assert [one.id for one in fed(second, after)] == [one.id for one in fed(straight, after)]
    late = ASample(instant=at(902), value=9.0, received_at=at(990))
    assert [one.id for one in second.feed([late], at(990))] == [one.id for one in straight.feed([late], at(990))]


def test_snapshot_of_an_area_keeps_its_stations() -> None:
    rule = a_rule(select={"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}, coverage=1.0)
    places = [a_place("s1"), a_place("s2")]
    first = an_engine(rule, places=places)
    fed(first, series([2.0]))
    second = Engine(rules=[rule], places=places)
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    assert told(fed(second, series([2.0], station="s2"))) == [("raised", "orange", 0)]


def test_restore_drops_what_is_no_more() -> None:
    first = an_engine(a_rule(), a_rule(id="gone"), places=[a_place("s1"), a_place("s2")])
    fed(first, [*series([1.5]), *series([1.5], station="s2")])
    second = Engine(rules=[a_rule()], places=[a_place("s1")])
    second.restore(first.snapshot())
    assert list(second.watched()) == [("r1", "s1")]
    third = Engine(rules=[a_rule(), a_rule(id="gone")], places=[a_place("s1"), a_place("s2")])
    third.restore(second.snapshot())
    assert told(fed(third, series([1.5], start=at(5), station="s2"))) == [("raised", "orange", 5)] * 2


def test_announced_is_remembered_over_a_restart() -> None:
    first = an_engine()
    fed(first, series([1.5]))
    second = Engine(rules=[a_rule()], places=[a_place()])
    second.restore(first.snapshot())
    assert told(fed(second, series([1.5, 0.1], start=at(5)))) == [("cleared", None, 10)]


def test_episodes_of_what_is_not_watched_are_an_error() -> None:
    with pytest.raises(KeyError):
        an_engine().episodes("r1", "nowhere")


def test_feed_advances_first_so_that_order_is_kept() -> None:
    """A silence that fell due before these samples is told before them."""
    rule = a_rule(kind="absence", type="device", select={})
    engine = an_engine(rule)
    found = engine.feed([ASample(instant=T0 + timedelta(hours=1), received_at=at(61))], at(61))
    assert told(found) == [("raised", "yellow", 15), ("cleared", None, 60)]


def test_engine_goes_on_where_a_rule_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in one series: the others are judged, what was found is told, and the fault is handed on once."""
    engine = an_engine(a_rule(), places=[a_place("s1"), a_place("s2")])
    taken = Series.take

    def take(self: Series, instant: int, value: float, code: int, *more: object) -> bool:
        if "s1" in more:
            raise ZeroDivisionError
        return taken(self, instant, value, code, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Series, "take", take)
    samples = [ASample(station=station, value=1.2) for station in ("s2", "s1")]
    found = engine.feed([*samples, ASample(station="s2", instant=at(5), value=0.2)], at(5))
    assert [(one.subject, one.change.value) for one in found] == [("s2", "raised"), ("s2", "cleared")]
    assert engine.unjudged["fault"] == 1
    assert [(fault.station, fault.parameter, type(fault.error)) for fault in engine.faults()] == [
        ("s1", "nh3_n", ZeroDivisionError)
    ]
    assert engine.faults() == []


def test_engine_settles_the_others_where_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what waits until all of a delivery are in, as forecasts do."""

    class Waiting:
        def settle(self, now: datetime) -> list[Transition]:  # noqa: ARG002  the signature of what waits
            return [a_transition()]

    class Broken:
        def settle(self, now: datetime) -> list[Transition]:
            raise ZeroDivisionError(now)

    engine = an_engine()
    monkeypatch.setattr(Surroundings, "unsettled", True)
    monkeypatch.setattr(Surroundings, "due", lambda _: [Waiting(), Broken(), Waiting()])
    assert len(engine.feed([], at(1))) == 2
    assert engine.unjudged["fault"] == 1
