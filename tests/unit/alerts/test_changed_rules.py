"""Rules changed while the service runs (or before it starts again): what stands, stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from alerts.engine import Engine
from alerts.model import Place
from alerts.rules import Rule
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, series, told


def under(engine: Engine, *rules: Rule, places: Iterable[Place] | None = None) -> Engine:
    """The engine's state taken over by these rules."""
    after = Engine(rules=rules, places=tuple(places) if places is not None else (a_place(),))
    after.restore(orjson.loads(orjson.dumps(engine.snapshot(), default=tuple)))
    return after


def above(value: float, **given: Any) -> Rule:
    return a_rule(levels={"orange": {"raise": value, **given}})


def test_what_stands_stands_and_is_lifted_by_the_new_rule() -> None:
    """2 was above 1; 3 is asked for now: the next sample lifts, none before."""
    before = an_engine(above(1.0))
    assert told(fed(before, series([2.0]))) == [("raised", "orange", 0)]
    after = under(before, above(3.0))
    assert told(fed(after, series([2.0], start=at(5)))) == [("cleared", None, 0)]


def test_what_stands_waits_for_the_new_rules_own_dwell() -> None:
    before = an_engine(above(1.0))
    fed(before, series([2.0, 2.0]))
    after = under(before, above(3.0, lift_samples=3))
    assert told(fed(after, series([2.0, 2.0, 2.0], start=at(10)))) == [("cleared", None, 15)]


def test_what_stands_rises_by_the_new_rule() -> None:
    before = an_engine(a_rule(levels={"yellow": {"raise": 1.0}, "red": {"raise": 9.0}}))
    fed(before, series([2.0]))
    after = under(before, a_rule(levels={"yellow": {"raise": 1.0}, "red": {"raise": 1.5}}))
    assert told(fed(after, series([2.0], start=at(5)))) == [("upgraded", "red", 0)]


@pytest.mark.parametrize("value", [2.0, 0.1])
def test_a_level_that_is_no_more_goes_over_to_the_nearest(value: float) -> None:
    before = an_engine(a_rule(levels={"yellow": {"raise": 1.0}, "orange": {"raise": 1.5}}))
    fed(before, series([2.0]))
    after = under(before, a_rule(levels={"yellow": {"raise": 1.0}}))
    found = fed(after, series([value, 0.1], start=at(5)))
    assert [(one.change.value, one.level) for one in found][-1] == ("cleared", None)
    graver = under(before, a_rule(levels={"red": {"raise": 1.0}}))
    assert told(fed(graver, series([0.1], start=at(5)))) == [("cleared", None, 5)]


def test_a_rule_made_stricter_raises_with_the_onset_in_memory() -> None:
    before = an_engine(above(3.0))
    assert fed(before, series([2.0, 2.0, 2.0])) == []
    found = fed(under(before, above(1.0)), series([2.0], start=at(15)))
    assert [(one.change.value, one.onset) for one in found] == [("raised", at(0))]


def test_what_is_over_is_not_discovered_by_a_change() -> None:
    """The past is judged by the rule of its time."""
    before = an_engine(above(3.0))
    fed(before, series([2.0, 0.1, 2.0, 0.1]))
    after = under(before, above(1.0))
    assert fed(after, series([0.1], start=at(20))) == []
    late = ASample(instant=at(12), value=2.0, received_at=at(21))
    assert fed(after, [late]) == []


def test_a_new_rule_has_the_samples_of_its_neighbour() -> None:
    before = an_engine(above(3.0))
    fed(before, series([2.0, 2.0]))
    added = a_rule(id="r2", levels={"orange": {"raise": 1.0, "samples": 3}})
    assert [one.rule for one in fed(under(before, above(3.0), added), series([2.0], start=at(10)))] == ["r2"]


def test_a_mean_goes_on_over_what_stands() -> None:
    def mean(raise_: float) -> Rule:
        return a_rule(value={"mean": {"over": "15m", "at_least": 3}}, levels={"orange": {"raise": raise_}})

    before = an_engine(mean(1.0))
    assert told(fed(before, series([2.0, 2.0, 2.0]))) == [("raised", "orange", 10)]
    assert told(fed(under(before, mean(1.5)), series([2.0, 0.1], start=at(15)))) == [("cleared", None, 20)]


def test_what_is_late_says_nothing_about_what_stood_before_the_change() -> None:
    before = an_engine(above(1.0))
    fed(before, series([2.0, 2.0, 2.0]))
    after = under(before, above(1.5))
    assert fed(after, [ASample(instant=at(5), value=0.1, received_at=at(11))]) == []
    assert after.too_old == 1
    assert told(fed(after, [ASample(instant=at(10), value=0.1, received_at=at(12))])) == [("cleared", None, 10)]


def test_a_permit_limit_that_changes_is_a_rule_that_changes() -> None:
    """Raised above 0.7, at 1.0; of a limit of 2 that is nothing."""
    rule = a_rule(value={"of_limit": True}, levels={"orange": {"raise": 1.0}})
    before = Engine(rules=[rule], places=[a_place(limits=(("nh3_n", 0.7),))])
    before.advance(at(0))
    assert told(fed(before, series([1.0]))) == [("raised", "orange", 0)]
    after = under(before, rule, places=[a_place(limits=(("nh3_n", 2.0),))])
    assert told(fed(after, series([1.0], start=at(5)))) == [("cleared", None, 0)]


def test_marks_of_other_reasons_are_not_taken_over() -> None:
    def flat(reason: str) -> Rule:
        return a_rule(kind="quality", type="device", reasons=[reason], samples=2, level="blue")

    before = an_engine(flat("flat_line"))
    assert told(fed(before, series([2.0, 2.0], reason="flat_line"))) == [("raised", "blue", 5)]
    after = under(before, flat("spike"))
    assert fed(after, series([2.0, 2.0], start=at(10), reason="spike")) == []
    assert told(fed(after, series([2.0, 2.0], start=at(20)))) == [("cleared", None, 25)]


def test_an_area_goes_on_where_its_rule_and_its_stations_change() -> None:
    select = {"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}

    def mean(raise_: float) -> Rule:
        return a_rule(select=select, coverage=0.5, levels={"orange": {"raise": raise_}})

    before = an_engine(mean(1.0))
    assert told(fed(before, series([2.0]))) == [("raised", "orange", 0)]
    after = under(before, mean(1.5), places=[a_place(), a_place("s2")])
    both = [*series([2.0], start=at(5)), *series([0.1], start=at(5), station="s2")]
    assert told(fed(after, both)) == [("cleared", None, 5)]


def a_silence(minutes: int, **given: Any) -> Rule:
    return a_rule(kind="absence", type="device", after_intervals=minutes / 5, at_least="1m", select={}, **given)


def test_a_silence_that_stands_ends_by_the_new_patience() -> None:
    before = an_engine(a_silence(15))
    fed(before, series([0.2]))
    assert told(before.advance(at(15))) == [("raised", "yellow", 15)]
    after = under(before, a_silence(30))
    assert after.advance(at(20)) == []
    assert told(fed(after, series([0.2], start=at(25)))) == [("cleared", None, 25)]
    assert told(after.advance(at(55))) == [("raised", "yellow", 55)]


def test_a_station_added_is_listened_to_from_then_on() -> None:
    before = an_engine(a_silence(15))
    fed(before, series([0.2] * 100))
    after = under(before, a_silence(15), places=[a_place(), a_place("s2")])
    again = under(after, a_silence(15), places=[a_place(), a_place("s2")])
    for engine in (after, again):
        fed(engine, series([0.2] * 2, start=at(500)))
        found = engine.advance(at(511))
        assert [(one.subject, one.instant) for one in found] == [("s2", at(510.0 + 1 / 60))]
