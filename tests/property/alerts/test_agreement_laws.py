"""Laws of a second parameter that agrees: any order ends the same, one sample is enough, its silence does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.model import Change
from alerts.moments import from_micros
from alerts.rules import Rule
from alerts.travel import Reach
from tests.support.rules import STEP, T0, ASample, a_place, a_rule, an_engine, fed, told

WITHIN = timedelta(minutes=10)
AGREES = {"with": ["second", "restless"], "within": "10m"}
PLACE = a_place(reach=Reach(intake="in", distance_km=3.6, slow=0.8, fast=2.0))
SECOND = a_rule(id="second", select={"parameter": "codmn", "period": "5m"}, levels={"red": {"raise": 6, "samples": 2}})
RESTLESS = a_rule(
    id="restless",
    kind="rate",
    over="15m",
    select={"parameter": "cond", "period": "5m"},
    levels={"yellow": {"raise": 50, "samples": 2, "lift_samples": 2}},
)


def threshold(**given: Any) -> Rule:
    return a_rule(agrees=AGREES, levels={"orange": {"raise": 1.0, **given}})


def arrival(**given: Any) -> Rule:
    return a_rule(kind="arrival", limit=1.0, agrees=AGREES, levels={"orange": {"within": "24h"}}, **given)


COUNTS = st.fixed_dictionaries({"samples": st.integers(1, 4), "lift_samples": st.integers(1, 3)})
RULES = st.one_of(COUNTS.map(lambda given: threshold(**given)), COUNTS.map(lambda given: arrival(**given)))
NUMBERS = {"nh3_n": [0.2, 0.2, 1.0, 1.4], "codmn": [3.0, 3.0, 6.0, 7.0], "cond": [200.0, 200.0, 300.0]}
FLAGS = st.sampled_from([1, 1, 1, 1, 2, 3, 4])


def a_sample(parameter: str, step: int, value: float, flag: int = 1) -> ASample:
    instant = T0 + STEP * step
    return ASample(parameter=parameter, instant=instant, received_at=instant, value=value, flag=flag)


@st.composite
def streams(draw: st.DrawFn) -> list[ASample]:
    """Three parameters, each with gaps of its own, in order of instant; within an instant in any."""
    found: list[ASample] = []
    for step in range(draw(st.integers(1, 24))):
        spoken = draw(st.lists(st.sampled_from(list(NUMBERS)), unique=True))
        found += [a_sample(one, step, draw(st.sampled_from(NUMBERS[one])), draw(FLAGS)) for one in spoken]
    return found or [a_sample("nh3_n", 0, 0.2)]


def engine_of(rule: Rule) -> Engine:
    return an_engine(rule, SECOND, RESTLESS, places=[PLACE])


@st.composite
def disorders(draw: st.DrawFn, stream: list[ASample]) -> list[ASample]:
    """Shuffled and repeated; where it is wrong first, put right in the end."""
    wrong = draw(st.lists(st.sampled_from(stream), max_size=5, unique_by=lambda one: (one.parameter, one.instant)))
    first = [replace(one, value=draw(st.sampled_from(NUMBERS[one.parameter]))) for one in wrong]
    again = draw(st.lists(st.sampled_from(stream), max_size=5))
    return [*draw(st.permutations(first)), *draw(st.permutations([*stream, *again])), *wrong]


@given(rule=RULES, stream=streams(), data=st.data())
def test_any_order_repetition_and_correction_ends_in_the_same_episodes(
    rule: Rule, stream: list[ASample], data: st.DataObject
) -> None:
    """One by one in another order, or in parts; whichever of the two parameters comes first."""
    straight, mixed = engine_of(rule), engine_of(rule)
    fed(straight, stream)
    arriving = data.draw(disorders(stream))
    now = max(one.received_at for one in stream)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(arriving)))) | {0, len(arriving)})
    for begin, end in pairwise(cuts):
        mixed.feed([replace(one, received_at=now) for one in arriving[begin:end]], now)
    assert mixed.episodes("r1", "s1") == straight.episodes("r1", "s1")
    one_by_one = engine_of(rule)
    found = [each.id for one in arriving for each in one_by_one.feed([replace(one, received_at=now)], now)]
    assert [each.id for each in engine_of(rule).feed([replace(one, received_at=now) for one in arriving], now)] == found


@given(rule=RULES, stream=streams(), cut=st.integers(0, 72))
def test_a_restart_anywhere_changes_nothing(rule: Rule, stream: list[ASample], cut: int) -> None:
    """Snapshot as JSON, another engine, and on."""
    straight, first = engine_of(rule), engine_of(rule)
    expected = told(fed(straight, stream))
    before = fed(first, stream[:cut])
    second = Engine(rules=[rule, SECOND, RESTLESS], places=[PLACE])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    assert told(before + fed(second, stream[cut:])) == expected


@given(rule=RULES, stream=streams(), cut=st.integers(0, 72))
def test_recall_gives_the_episodes_of_the_whole_and_tells_nothing_twice(
    rule: Rule, stream: list[ASample], cut: int
) -> None:
    whole, engine = engine_of(rule), engine_of(rule)
    before = {one.id for one in fed(whole, stream[:cut])}
    engine.lack_past()
    now = stream[max(0, min(cut, len(stream)) - 1)].received_at
    found = engine.recall(["s1"], stream[:cut], now, until=now, judged=True)
    assert {one.id for one in found} <= before
    assert [one.id for one in fed(engine, stream[cut:])] == [one.id for one in fed(whole, stream[cut:])]
    assert engine.episodes("r1", "s1") == whole.episodes("r1", "s1")


@given(rule=RULES, stream=streams())
def test_without_a_second_parameter_it_is_the_rule_without_agreement(rule: Rule, stream: list[ASample]) -> None:
    """Its silence neither raises nor lifts; nor do good values of it."""
    alone = [one for one in stream if one.parameter == "nh3_n"]
    good = [replace(one, value=3.0) for one in stream if one.parameter == "codmn"]
    plain = rule.model_copy(update={"agrees": None})
    expected = told(fed(an_engine(plain, places=[PLACE]), alone))
    assert told(fed(engine_of(rule), alone)) == expected
    both = sorted([*alone, *good], key=lambda one: one.instant)
    assert told(fed(engine_of(rule), both)) == expected


@given(rule=RULES, stream=streams(), cut=st.integers(0, 72))
def test_a_second_parameter_that_falls_silent_lifts_nothing(rule: Rule, stream: list[ASample], cut: int) -> None:
    """Nothing is withdrawn, and what is lifted is lifted by good samples of the first."""
    rest = [one for one in stream[cut:] if one.parameter == "nh3_n"]
    engine = engine_of(rule)
    found = fed(engine, [*stream[:cut], *rest])
    assert all(one.change is not Change.BASIS_WITHDRAWN for one in found)
    lifts = [one for one in found if one.rule == "r1" and one.change is Change.CLEARED]
    good = {one.instant for one in stream if one.parameter == "nh3_n" and one.value is not None and one.value <= 1.0}
    assert all(one.instant in good for one in lifts)


def oracle(stream: Sequence[ASample], samples: int, lift_samples: int) -> list[tuple[float, float | None]]:
    """Episodes of a threshold as (raised, ended) in steps: only codmn agrees."""
    good = [one for one in stream if one.flag < 3]
    seconds = [one.instant for one in good if one.parameter == "codmn" and one.value is not None and one.value > 6]
    found: list[tuple[float, float | None]] = []
    run = calm = 0
    last = None
    for one in (one for one in good if one.parameter == "nh3_n"):
        step = (one.instant - T0) / STEP
        raised = bool(found) and found[-1][1] is None
        exceeds = one.value is not None and one.value > 1.0
        if raised:
            gap = last is not None and one.instant - last > 3 * STEP
            calm = 0 if exceeds else (1 if gap else calm + 1)
            if calm >= lift_samples:
                found[-1] = (found[-1][0], step)
                run = calm = 0
        else:
            run = run + 1 if exceeds else 0
            if exceeds and (run >= samples or any(abs(at - one.instant) <= WITHIN for at in seconds)):
                found.append((step, None))
                run = calm = 0
        last = one.instant
    return found


@pytest.mark.parametrize("samples", [2, 3])
@given(stream=streams(), lift_samples=st.integers(1, 3))
def test_episodes_are_those_of_the_oracle(samples: int, stream: list[ASample], lift_samples: int) -> None:
    quiet = [one for one in stream if one.parameter != "cond"] or [a_sample("nh3_n", 0, 0.2)]
    engine = engine_of(threshold(samples=samples, lift_samples=lift_samples))
    fed(engine, quiet)
    episodes = [
        ((from_micros(one.raised) - T0) / STEP, None if one.ended is None else (from_micros(one.ended) - T0) / STEP)
        for one in engine.episodes("r1", "s1")
    ]
    assert episodes == oracle(quiet, samples, lift_samples)
