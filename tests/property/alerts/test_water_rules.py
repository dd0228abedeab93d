"""Laws of `arrival` and `change`, for any stream; arrivals also told by an oracle that reads the whole history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import Place
from alerts.moments import from_micros
from alerts.rules import Rule
from alerts.travel import Reach
from tests.support.drawn_rules import NUMBERS, disorders, streams
from tests.support.rules import STEP, T0, ASample, a_place, a_rule, an_engine, fed, told

REACH = Reach(intake="in", distance_km=3.6, slow=0.8, fast=2.0)  # half an hour to an hour and a quarter
MEMORY = 512  # every stream whole
NEARNESS = {"orange": {"within": "24h"}, "red": {"within": "15m"}}
PLACES = {"on the way": a_place(reach=REACH), "of unknown way": a_place()}


def arrival(**given: Any) -> Rule:
    settings: dict[str, Any] = {"kind": "arrival", "limit": 1.0, "levels": NEARNESS, "memory": MEMORY, "unit": "mg/L"}
    return a_rule(**{**settings, **given})


def change(**given: Any) -> Rule:
    """Learns two hours."""
    settings: dict[str, Any] = {
        "kind": "change",
        "over": "30m",
        "recent": 2,
        "at_least": 2,
        "learn": 2,
        "floors": {"nh3_n": 0.1},
        "levels": {"yellow": {"raise": 3, "lift": 2, "samples": 2}},
        "memory": MEMORY,
    }
    return a_rule(**{**settings, **given})


ARRIVALS = st.fixed_dictionaries(
    {"samples": st.integers(1, 3), "lift_samples": st.integers(1, 3)},
    optional={"accept": st.just(["pass", "unchecked", "suspect"]), "direction": st.sampled_from(["above", "below"])},
).map(lambda given: arrival(**given))
CHANGES = st.fixed_dictionaries(
    {"recent": st.integers(1, 4), "direction": st.sampled_from(["rise", "fall", "either"])},
).map(lambda given: change(**given))
RULES = st.one_of(ARRIVALS, CHANGES)
WHERE = st.sampled_from(list(PLACES.values()))


@given(rule=RULES, place=WHERE, stream=streams(), data=st.data())
def test_episodes_do_not_depend_on_order_or_duplication(
    rule: Rule, place: Place, stream: list[ASample], data: st.DataObject
) -> None:
    """Late, repeated and corrected: the same as the last word on each instant, in order."""
    arrived = data.draw(disorders(stream))
    final = {sample.instant: sample for sample in arrived}
    straight, mixed = (an_engine(rule, places=[place]) for _ in range(2))
    fed(straight, [final[instant] for instant in sorted(final)])
    mixed.feed(arrived, max(sample.received_at for sample in arrived))
    if mixed.too_old == 0:
        assert mixed.episodes("r1", "s1") == straight.episodes("r1", "s1") or _value_unchanged(arrived)


def _value_unchanged(arrived: list[ASample]) -> bool:
    """A correction that changes only the flag is none (`alerts.memory`): then the first flag stands."""
    seen: dict[datetime, ASample] = {}
    for sample in arrived:
        before = seen.get(sample.instant)
        if before is not None and before.value == sample.value and before.flag != sample.flag:
            return True
        seen[sample.instant] = sample
    return False


@given(rule=RULES, place=WHERE, stream=streams())
def test_repeating_a_stream_says_nothing_new(rule: Rule, place: Place, stream: list[ASample]) -> None:
    engine = an_engine(rule, places=[place])
    fed(engine, stream)
    assert engine.feed(stream, stream[-1].received_at) == []


@given(rule=RULES, place=WHERE, stream=streams(), data=st.data())
def test_a_restart_anywhere_changes_nothing(
    rule: Rule, place: Place, stream: list[ASample], data: st.DataObject
) -> None:
    """Snapshot as JSON, another engine, and on."""
    cut = data.draw(st.integers(0, len(stream)))
    straight, first, second = (an_engine(rule, places=[place]) for _ in range(3))
    said = fed(straight, stream)
    before = fed(first, stream[:cut])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    assert told(before + fed(second, stream[cut:])) == told(said)


@given(rule=RULES, place=WHERE, value=st.sampled_from(NUMBERS), count=st.integers(1, 80))
def test_constant_value_never_clears_and_is_no_change(rule: Rule, place: Place, value: float, count: int) -> None:
    """It raises what it raises, and never lifts it; what is constant has not changed."""
    stream = [ASample(instant=T0 + STEP * n, received_at=T0 + STEP * n, value=value) for n in range(count)]
    found = told(fed(an_engine(rule, places=[place]), stream))
    assert all(what in {"raised", "upgraded"} for what, _, _ in found)
    assert rule.kind == "arrival" or found == []


def oracle(stream: list[ASample], reach: Reach | None, *, samples: int, lift_samples: int) -> list[str | None]:
    """The level after each sample, by a look over all of them: limit 1.0, from above, passed flags alone."""
    levels: list[str | None] = []
    front = tail = None
    run: list[datetime] = []
    good = 0
    for sample in stream:
        counts = sample.flag < 3 and sample.value is not None
        if counts and sample.value is not None and sample.value > 1.0:
            run, good = [*run, sample.instant], 0
            if front is None and len(run) >= samples:
                front = run[0]
            tail = sample.instant if front else None
        elif counts:
            run, good = [], good + 1
            way = timedelta(microseconds=reach.latest) if reach else timedelta(0)
            if front and tail and good >= lift_samples and sample.instant >= tail + way:
                front = tail = None
        near = bool(front and reach and front + timedelta(microseconds=reach.earliest) - sample.instant <= 3 * STEP)
        red = levels and levels[-1] == "red" and front is not None
        levels.append(("red" if (near and counts) or red else "orange") if front else None)
    return levels


@pytest.mark.parametrize("reach", [REACH, None], ids=["on the way", "of unknown way"])
def test_arrivals_are_those_of_the_oracle(reach: Reach | None) -> None:
    """Raised when confirmed, red once a quarter of an hour away, lifted when the slowest of it has passed."""

    @settings(max_examples=150)
    @given(
        values=st.lists(st.sampled_from([0.2, 0.2, 0.2, 1.0, 1.4]), min_size=1, max_size=60),
        samples=st.integers(1, 3),
        lift_samples=st.integers(1, 3),
        data=st.data(),
    )
    def same(values: list[float], samples: int, lift_samples: int, data: st.DataObject) -> None:
        flags = data.draw(st.lists(st.sampled_from([1, 1, 1, 2, 4]), min_size=len(values), max_size=len(values)))
        stream = [
            ASample(instant=T0 + STEP * n, received_at=T0 + STEP * n, value=value, flag=flag)
            for n, (value, flag) in enumerate(zip(values, flags, strict=True))
        ]
        rule = arrival(samples=samples, lift_samples=lift_samples, max_gap="12h")
        engine = an_engine(rule, places=[a_place(reach=reach)])
        standing: str | None = None
        seen: list[str | None] = []
        for sample in stream:
            for transition in engine.feed([sample], sample.received_at):
                standing = transition.level.value if transition.level else None
            seen.append(standing)
        assert seen == oracle(stream, reach, samples=samples, lift_samples=lift_samples)

    same()


@given(
    front=st.integers(0, 10**9),
    reach=st.builds(
        lambda km, slow, more: Reach(intake="in", distance_km=km, slow=slow, fast=slow * more),
        st.floats(0.01, 500),
        st.floats(0.01, 5),
        st.floats(1, 10),
    ),
)
def test_earliest_is_never_after_latest(front: int, reach: Reach) -> None:
    """And the sentence says both, as the clock on the wall at the intake will show them."""
    assert 0 < reach.earliest <= reach.latest
    said = reach.forecast(front)
    for travel in (reach.earliest, reach.latest):
        assert f"{from_micros(front + travel).astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}" in said
    assert "UTC+8" in said
