"""The engine against the naive reference: the same episodes for any order, the same transitions in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.model import Level, Place, Transition
from alerts.moments import from_micros
from tests.support.drawn_rules import (
    AREA,
    KINDS,
    LIMITED,
    NESTED,
    area_rules,
    area_streams,
    cases,
    disorders,
    messages,
)
from tests.support.reference import Span, Told, absences, episodes, stages, transitions
from tests.support.rules import T0, ASample, a_place, a_rule, an_engine, fed


def engine_of(rule: dict[str, Any], places: Sequence[Place]) -> Engine:
    return an_engine(a_rule(**rule), places=places)


def spans(engine: Engine, subject: str = "s1") -> list[Span]:
    ranks = list(Level)
    return [
        Span(from_micros(one.onset), None if one.ended is None else from_micros(one.ended), ranks[one.highest])
        for one in engine.episodes("r1", subject)
    ]


def as_told(found: Sequence[Transition]) -> list[Told]:
    return [Told(one.change, one.level, one.instant, one.onset) for one in found]


def arrived(samples: Sequence[ASample], now: datetime | None = None) -> list[tuple[datetime, ASample]]:
    return [(now or sample.received_at, sample) for sample in samples]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=120)
def test_engine_in_order_says_what_the_reference_says(kind: str, data: st.DataObject) -> None:
    """Each change of level at its instant, with its onset; and the same episodes."""
    rule, stream = data.draw(cases(kind))
    engine = engine_of(rule, LIMITED)
    found = as_told(fed(engine, stream))
    path = stages(rule, LIMITED, arrived(stream))
    assert found == transitions(path)
    assert spans(engine) == episodes(path)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60)
def test_engine_in_disorder_finds_the_reference_episodes(kind: str, data: st.DataObject) -> None:
    """Shuffled, repeated and corrected, all at once or one by one."""
    rule, stream = data.draw(cases(kind))
    engine = engine_of(rule, LIMITED)
    mixed = data.draw(disorders(stream))
    now = max(sample.received_at for sample in mixed)
    if data.draw(st.booleans()):
        engine.feed(mixed, now)
    else:
        for sample in mixed:
            engine.feed([sample], now)
    assert spans(engine) == episodes(stages(rule, LIMITED, arrived(mixed, now)))


@given(rule=area_rules(), stream=area_streams(gaps=False))
@settings(max_examples=150)
def test_area_in_order_says_what_the_reference_says(rule: dict[str, Any], stream: list[ASample]) -> None:
    engine = engine_of(rule, AREA)
    found = as_told(fed(engine, stream))
    path = stages(rule, AREA, arrived(stream))
    assert found == transitions(path)
    assert spans(engine, "north") == episodes(path)


@given(rule=area_rules(), stream=area_streams(), data=st.data())
@settings(max_examples=150)
def test_area_in_disorder_finds_the_reference_episodes(
    rule: dict[str, Any], stream: list[ASample], data: st.DataObject
) -> None:
    engine = engine_of(rule, AREA)
    mixed = data.draw(disorders(stream))
    now = max(sample.received_at for sample in mixed)
    for sample in mixed:
        engine.feed([sample], now)
    assert spans(engine, "north") == episodes(stages(rule, AREA, arrived(mixed, now)))


@given(
    given_rule=st.fixed_dictionaries(
        {"kind": st.just("absence"), "type": st.just("device"), "select": st.just({"kind": "source"})},
        optional={
            "after_intervals": st.sampled_from([1, 1.5, 3, 6]),
            "at_least": st.sampled_from(["5m", "10m", "20m"]),
            "accept": st.sampled_from(NESTED),
        },
    ),
    arrivals=messages(),
    quiet=st.integers(0, 60),
)
@settings(max_examples=300)
def test_absence_is_what_the_reference_says(given_rule: dict[str, Any], arrivals: list[ASample], quiet: int) -> None:
    places = [a_place("s1"), a_place("s2")]
    engine = engine_of(given_rule, places)
    end = (arrivals[-1].received_at if arrivals else T0) + timedelta(minutes=quiet)
    found = [*fed(engine, arrivals), *engine.advance(end)]
    for place in places:
        expected = absences(given_rule, place, start=T0, arrivals=arrived(arrivals), end=end)
        own = [one for one in found if one.subject == place.id]
        assert [(one.change, one.level, one.instant) for one in own] == [
            (one.change, one.level, one.instant) for one in expected
        ]
