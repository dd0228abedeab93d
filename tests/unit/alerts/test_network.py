"""Series as they come to be: shared by rules, restored rule by rule."""

from __future__ import annotations

import orjson

from alerts.engine import Engine
from alerts.rules import Rule
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, series, told


def restored(engine: Engine, *rules: Rule) -> Engine:
    fresh = Engine(rules=rules, places=[a_place()])
    fresh.restore(orjson.loads(orjson.dumps(engine.snapshot(), default=tuple)))
    return fresh


def test_rules_of_one_series_keep_the_longest_memory_of_them() -> None:
    engine = an_engine(a_rule(memory=4), a_rule(id="r2", memory=64), places=[a_place(lateness_seconds=0.0)])
    fed(engine, series([0.2] * 20))
    assert told(engine.feed([ASample(value=9.0)], at(100))) == [("discovered_late", "orange", 0)] * 2
    assert engine.too_old == 0


def test_what_stands_of_a_changed_rule_stands_and_its_neighbour_goes_on() -> None:
    first = an_engine(a_rule(), a_rule(id="r2"))
    fed(first, series([1.5]))
    changed = a_rule(id="r2", levels={"orange": {"raise": 1.2}})
    second = restored(first, a_rule(), changed)
    assert fed(second, series([1.5], start=at(5))) == []
    third = restored(second, a_rule(), changed)
    found = fed(third, series([0.1], start=at(10)))
    assert [(one.rule, one.change.value, one.onset) for one in found] == [
        ("r1", "cleared", at(0)),
        ("r2", "cleared", at(0)),
    ]


def test_rules_that_mean_different_marks_do_not_share() -> None:
    rules = [
        a_rule(id=f"r{n}", kind="quality", reasons=reason, samples=2, level="blue")
        for n, reason in enumerate(["flat_line", "spike"])
    ]
    found = fed(an_engine(*rules), series([7.0, 7.0], reason="spike"))
    assert [one.rule for one in found] == ["r1"]


def test_a_snapshot_not_asked_for_goes_out_as_it_came() -> None:
    first = an_engine()
    fed(first, series([1.5, 0.2]))
    second = restored(first, a_rule())
    second.advance(at(20))
    assert orjson.dumps(second.snapshot()["series"], default=tuple) == orjson.dumps(
        first.snapshot()["series"], default=tuple
    )


def test_a_correction_that_takes_a_quiet_value_away_may_raise() -> None:
    """Calm values are not nothing: without the one between them, two high ones are in a row."""
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "samples": 2}}))
    assert fed(engine, series([1.2, 0.2, 1.3])) == []
    assert told(engine.feed([ASample(instant=at(5), value=None, flag=9)], at(11))) == [("raised", "orange", 10)]
