"""The past read back: rules that lack it, and what of it is news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts.engine import Engine
from alerts.model import Transition
from alerts.rules import Rule
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, series, told

LOW, HIGH = 0.2, 1.2


def an_engine_that_lacks_its_past(*rules: Rule, now: datetime, **of_places: Any) -> Engine:
    places = (a_place(**of_places), a_place("s2", **of_places))
    engine = Engine(rules=rules or (a_rule(),), places=places)
    engine.lack_past()
    engine.advance(now)
    return engine


def recalled(
    engine: Engine, past: Sequence[ASample], now: datetime, *, until: datetime | None = None, judged: bool = True
) -> list[Transition]:
    return engine.recall(["s1"], past, now, until=until or now, judged=judged)


def test_recall_fills_the_windows() -> None:
    """Three samples in a row are three, two of which came before: as though nothing had been lost."""
    rule = a_rule(levels={"orange": {"raise": 1.0, "samples": 3}})
    stream = series([LOW, LOW, HIGH, HIGH, HIGH])
    whole = fed(an_engine(rule), stream)
    engine = an_engine_that_lacks_its_past(rule, now=at(20))
    assert recalled(engine, stream[:4], at(20)) == []
    (raised,) = fed(engine, stream[4:])
    assert [raised.id] == [one.id for one in whole]


def test_recall_raises_no_old_alarm() -> None:
    """Neither as new nor as discovered late; whether it was judged in its time or not."""
    past = series([LOW, HIGH, HIGH, LOW, LOW])
    for judged in (True, False):
        engine = an_engine_that_lacks_its_past(now=at(25))
        assert recalled(engine, past, at(25), judged=judged) == []
        assert told(fed(engine, series([HIGH], start=at(25)))) == [("raised", "orange", 25)]


def test_recall_of_what_stands_is_known_where_it_was_judged() -> None:
    """Not raised again; its end is told, as that of any."""
    engine = an_engine_that_lacks_its_past(now=at(15))
    assert recalled(engine, series([LOW, HIGH, HIGH]), at(15)) == []
    assert told(fed(engine, series([HIGH, LOW], start=at(15)))) == [("cleared", None, 20)]


def test_recall_of_what_stands_is_news_where_nobody_judged() -> None:
    """True at start-up counts: it fires now, with its earlier onset."""
    engine = an_engine_that_lacks_its_past(now=at(15))
    (raised,) = recalled(engine, series([LOW, HIGH, HIGH]), at(15), judged=False)
    assert (raised.change.value, raised.instant, raised.onset) == ("raised", at(5), at(5))


def test_recall_after_it_cleared_meanwhile_tells_the_end() -> None:
    """The store answers late: the warning that stood is lifted by what came since."""
    engine = an_engine_that_lacks_its_past(now=at(15))
    assert fed(engine, series([LOW, LOW], start=at(15))) == []
    assert told(recalled(engine, series([LOW, HIGH, HIGH]), at(25), until=at(12))) == [("cleared", None, 15)]


def test_recall_joins_what_was_raised_meanwhile() -> None:
    """Raised from the first sample heard: the earlier onset is the same episode, and told once."""
    engine = an_engine_that_lacks_its_past(now=at(15))
    assert told(fed(engine, series([HIGH], start=at(15)))) == [("raised", "orange", 15)]
    assert recalled(engine, series([LOW, HIGH, HIGH]), at(20), until=at(12)) == []
    assert told(fed(engine, series([LOW], start=at(20)))) == [("cleared", None, 20)]


def test_recall_tells_a_rise_since() -> None:
    """A level above the one that stood then is news."""
    rule = a_rule(levels={"yellow": {"raise": 1.0}, "orange": {"raise": 2.0}})
    engine = an_engine_that_lacks_its_past(rule, now=at(10))
    assert told(fed(engine, series([3.0], start=at(10)))) == [("raised", "orange", 10)]
    again = an_engine_that_lacks_its_past(rule, now=at(10))
    past = series([LOW, HIGH, 3.0])
    assert told(recalled(again, past, at(11), until=at(7))) == [("upgraded", "orange", 10)]


def test_recall_does_not_overrule_what_was_heard() -> None:
    """The store may hold an older word on the same instant."""
    engine = an_engine_that_lacks_its_past(now=at(5))
    fed(engine, series([LOW], start=at(5)))
    assert recalled(engine, series([LOW, HIGH]), at(6), judged=False) == []


def test_recall_keeps_a_silence_from_being_invented() -> None:
    """The newest sign of life is known again: the silence is counted from it."""
    rule = a_rule(id="quiet", kind="absence")  # three intervals: 15 min
    engine = an_engine_that_lacks_its_past(rule, now=at(0))
    recalled(engine, series([LOW], start=at(10)), at(10))
    assert [one for one in engine.advance(at(20)) if one.subject == "s1"] == []
    assert [one.instant for one in engine.advance(at(25)) if one.subject == "s1"] == [at(25)]


def test_what_is_found_while_warming_up_says_so() -> None:
    """Until the station's own past is there; others wait for theirs."""
    engine = an_engine_that_lacks_its_past(now=at(0))
    (early,) = fed(engine, series([HIGH], start=at(0)))
    assert "warming up" in early.evidence.inequality
    recalled(engine, [], at(5))
    fed(engine, series([LOW], start=at(5)))
    (late,) = fed(engine, series([HIGH], start=at(10)))
    assert "warming up" not in late.evidence.inequality
    (other,) = fed(engine, series([HIGH], start=at(10), station="s2"))
    assert "warming up" in other.evidence.inequality


def test_recalled_samples_do_not_say_when_they_were_received() -> None:
    """No store need know it; nothing is made up."""
    rule = a_rule(levels={"orange": {"raise": 1.0, "samples": 2}})
    engine = an_engine_that_lacks_its_past(rule, now=at(0))
    recalled(engine, series([HIGH]), at(1))
    (raised,) = fed(engine, series([HIGH], start=at(5)))
    assert [sample.received_at is None for sample in raised.evidence.samples] == [True, False]


def test_recall_of_more_than_the_memory_keeps_the_newest() -> None:
    """And knows that there was more: what is older still is counted as too old."""
    engine = an_engine_that_lacks_its_past(a_rule(memory=4), now=at(100), lateness_seconds=0.0)
    recalled(engine, series([LOW] * 20), at(100))
    assert engine.depth == 5
    fed(engine, [ASample(instant=at(1), value=HIGH, received_at=at(101))])
    assert engine.too_old == 1


def test_area_mean_gets_the_past_of_its_stations() -> None:
    """Station after station: the area's values are those of the stream in order."""
    places = [a_place(name, area="north") for name in ("s1", "s2")]
    north = a_place("north", kind="source", is_area=True, area="north")
    select = {"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}
    rule = a_rule(select=select, coverage=0.75, levels={"orange": {"raise": 1.0, "samples": 3}})
    streams = [series([LOW, HIGH, HIGH, HIGH], station=name) for name in ("s1", "s2")]
    in_order = sorted((sample for stream in streams for sample in stream), key=lambda sample: sample.instant)
    whole = Engine(rules=(rule,), places=(*places, north))
    expected = [one.id for one in fed(whole, in_order)]
    engine = Engine(rules=(rule,), places=(*places, north))
    engine.lack_past()
    for name, stream in zip(("s1", "s2"), streams, strict=True):
        assert engine.recall([name], stream[:3], at(14), until=at(14), judged=True) == []
    assert [one.id for one in fed(engine, in_order[6:])] == expected != []
