"""Laws of a series: what is spared changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.evaluation import Series
from alerts.memory import SampleMemory
from alerts.model import Transition
from alerts.moments import from_micros, to_micros
from alerts.rules.rule import Calm, JudgedRule
from alerts.scheme import scheme, sharing
from tests.support.rules import STEP, T0, ASample, a_place, a_rule

PLACE = a_place(limits=(("nh3_n", 1.5),), lateness_seconds=0.0)  # the rules' memories are all there is
NEVER_CALM = Calm(float("inf"), float("-inf"))


@st.composite
def rules(draw: st.DrawFn) -> list[JudgedRule]:
    """Rules of all kinds over one series, with memories short enough to forget."""
    condition: dict[str, Any] = {
        "raise": 1.0,
        "lift": draw(st.sampled_from([0.5, 1.0])),
        "for": draw(st.sampled_from(["0s", "10m"])),
        "samples": draw(st.integers(1, 3)),
        "lift_samples": draw(st.integers(1, 3)),
    }
    kinds: dict[str, dict[str, Any]] = {
        "above": {"levels": {"orange": condition}},
        "below": {"direction": "below", "levels": {"yellow": {"raise": 0.4, "lift": 0.8}}},
        "share": {"value": {"of_limit": True}, "levels": {"orange": condition}},
        "mean": {"value": {"mean": {"over": "15m", "at_least": 2}}, "levels": {"orange": condition}},
        "rate": {"kind": "rate", "over": "15m", "levels": {"yellow": {"raise": 1}}},
        "flat": {"kind": "quality", "reasons": "flat_line", "samples": 2, "level": "blue"},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=3, unique=True))
    memory = draw(st.sampled_from([4, 8, 64]))
    made = [a_rule(id=name, memory=memory, **kinds[name]) for name in chosen]
    return [rule for rule in made if isinstance(rule, JudgedRule)]


@st.composite
def arrivals(draw: st.DrawFn) -> list[ASample]:
    """Samples in any order, late and corrected ones among them, mostly calm."""
    values = st.sampled_from([0.6, 0.6, 0.6, 0.7, 0.2, 1.0, 1.5, 1.6, 2.6, None])
    sample = st.builds(
        lambda place, late, value, flag, reason: ASample(
            instant=T0 + STEP * place,
            received_at=T0 + STEP * (place + late),
            value=value,
            flag=flag,
            reason=reason,
        ),
        st.integers(0, 50),
        st.sampled_from([0, 0, 0, 1, 6]),
        values,
        st.sampled_from([1, 1, 1, 2, 3, 4]),
        st.sampled_from(["", "", "", "flat_line", "spike"]),
    )
    return sorted(draw(st.lists(sample, max_size=80)), key=lambda one: one.received_at)


def fed(series: Series, samples: list[ASample]) -> list[Transition]:
    found: list[Transition] = []
    for sample in samples:
        value = float("nan") if sample.value is None else sample.value
        instant = to_micros(sample.instant)
        if series.take(instant, value, sample.flag, 1, sample.reason):
            found += series.announce(sample.received_at, instant)
    return found


@given(chosen=rules(), samples=arrivals())
def test_calm_samples_are_spared_and_nothing_else(chosen: list[JudgedRule], samples: list[ASample]) -> None:
    """Stepping every watch with every sample tells the same, in the same order, and is as blind to the old."""
    plan = scheme(chosen, PLACE, lambda rule, place: rule.ladder(round(place.interval_seconds * 1e6)))
    sparing = Series(scheme=plan, place=PLACE)
    thorough = Series(scheme=replace(plan, calm=NEVER_CALM), place=PLACE)
    assert fed(sparing, samples) == fed(thorough, samples)
    assert sparing.too_old == thorough.too_old
    assert [sparing.episodes(rule.id) for rule in chosen] == [thorough.episodes(rule.id) for rule in chosen]


@given(samples=st.dictionaries(st.integers(-(10**15), 10**15), st.floats(allow_nan=False), max_size=30), data=st.data())
def test_memory_keeps_rows_in_order_and_as_they_were(samples: dict[int, float], data: st.DataObject) -> None:
    memory = SampleMemory()
    for instant, value in data.draw(st.permutations(sorted(samples.items()))):
        assert memory.put(instant, value, 1, 2) is not None
    for instant, value in samples.items():
        assert memory.put(instant, value, 1, 2) is None
    twin = SampleMemory()
    twin.load(memory.dump())
    assert [(row.instant, row.value) for row in twin.rows(0, twin.held)] == sorted(samples.items())


@given(days=st.integers(-30_000, 60_000), rest=st.integers(0, 86_399_999_999))
def test_moments_come_back_to_the_microsecond(days: int, rest: int) -> None:
    moment = T0 + timedelta(days=days, microseconds=rest)
    assert from_micros(to_micros(moment)) == moment


@given(chosen=rules())
def test_sharing_keeps_every_rule_once(chosen: list[JudgedRule]) -> None:
    groups = sharing(chosen)
    assert sorted(rule.id for group in groups for rule in group) == sorted(rule.id for rule in chosen)
    assert len(groups) == 1  # one kind of mark among them
