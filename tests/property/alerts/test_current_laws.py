"""Laws of arrivals where the velocity is measured: the same readings, the same episodes, whatever their order."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from alerts.current import Current
from alerts.engine import Engine
from alerts.travel import Reach
from tests.support.rules import STEP, T0, ASample, a_place, a_rule, an_engine, fed, told

REACH = Reach(intake="in", distance_km=3.6, slow=0.8, fast=2.0, gauge="g", stale=20 * 60_000_000)
RULE = a_rule(
    kind="arrival",
    limit=1.0,
    unit="mg/L",
    levels={"orange": {"within": "24h"}, "red": {"within": "15m"}},
    memory=512,
)


def engine() -> Engine:
    return an_engine(RULE, places=[a_place(reach=REACH), a_place("g", role="intake")])


@st.composite
def measured(draw: st.DrawFn) -> list[ASample]:
    """Up to 60 instants of both, some of them missing, doubtful or out of the range."""
    found = []
    for number in range(draw(st.integers(1, 60))):
        instant = T0 + STEP * number
        for station, parameter, values in (("s1", "nh3_n", (0.2, 1.4)), ("g", "velocity", (0.9, 1.2, 1.9, 3.0))):
            value = draw(st.sampled_from((*values, None)))
            flag = draw(st.sampled_from((1, 1, 1, 3)))
            found.append(
                ASample(
                    station=station,
                    parameter=parameter,
                    instant=instant,
                    value=value,
                    flag=flag,
                    received_at=instant + timedelta(seconds=1),
                )
            )
    return found


@given(stream=measured(), data=st.data())
def test_any_order_and_repetition_gives_the_same_episodes(stream: list[ASample], data: st.DataObject) -> None:
    straight, mixed = engine(), engine()
    fed(straight, stream)
    now = stream[-1].received_at
    for sample in [*data.draw(st.permutations(stream)), *stream[:5]]:
        mixed.feed([sample], now)
    assert mixed.episodes("r1", "s1") == straight.episodes("r1", "s1")


@given(stream=measured(), data=st.data())
def test_restart_anywhere_changes_nothing(stream: list[ASample], data: st.DataObject) -> None:
    """Snapshot as JSON, another engine, and on; late velocities among what comes then."""
    cut = data.draw(st.integers(0, len(stream)))
    held = data.draw(st.sets(st.integers(0, len(stream) - 1), max_size=10))
    now = stream[-1].received_at
    late = [one for number, one in enumerate(stream) if number in held]
    stream = [one for number, one in enumerate(stream) if number not in held]
    straight, first, second = engine(), engine(), engine()
    said = [*fed(straight, stream), *straight.feed(late, now)]
    before = fed(first, stream[:cut])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    after = [*fed(second, stream[cut:]), *second.feed(late, now)]
    assert told(before + after) == told(said)
    assert [one.evidence for one in before + after] == [one.evidence for one in said]


@given(
    values=st.lists(st.tuples(st.integers(0, 500), st.floats(0.1, 5)), max_size=30),
    since=st.integers(0, 400),
    more=st.integers(0, 100),
)
def test_way_is_never_wider_than_what_is_configured(values: list[tuple[int, float]], since: int, more: int) -> None:
    """And the earliest never after the latest, nor does either turn back as time goes on."""
    current = Current(keep=10**9)
    for instant, value in values:
        current.put(instant, value)
    reach = Reach(intake="in", distance_km=1.0, slow=0.5, fast=2.0, gauge="g", stale=100)
    ways = [current.way(reach, since, since + further) for further in range(more + 1)]
    for way in ways:
        assert reach.earliest <= way.earliest <= way.latest <= reach.latest
    for way, later in pairwise(ways):
        assert later.earliest <= way.earliest
        assert later.latest >= way.latest
