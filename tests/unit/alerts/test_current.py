"""Velocities measured on the way to an intake: when they count, when the configured range does, and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.engine import Engine
from alerts.model import Transition
from alerts.travel import Reach
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, series

REACH = Reach(intake="in", distance_km=9.0, slow=0.5, fast=1.0, gauge="g")  # 2.5 h to 5 h
LEVELS = {"orange": {"within": "24h"}, "red": {"within": "2h"}}


def engine() -> Engine:
    rule = a_rule(kind="arrival", limit=1.0, unit="mg/L", levels=LEVELS)
    return an_engine(rule, places=[a_place(reach=REACH), a_place("g", role="intake")])


def velocities(values: Sequence[float | None], **given: Any) -> list[ASample]:
    return series(values, station="g", parameter="velocity", **given)


def told(samples: Iterable[ASample], engine: Engine) -> list[Transition]:
    """In order of receipt, each by itself."""
    found: list[Transition] = []
    for sample in sorted(samples, key=lambda one: one.received_at):
        found += engine.feed([sample], sample.received_at)
    return found


def raised_with(values: Sequence[float | None], **given: Any) -> str:
    """What the warning says that an exceedance from 00:10 on raises at 00:15."""
    first = told([*series([0.2, 0.2, *[1.4] * 2]), *velocities(values, **given)], engine())[0]
    return first.evidence.inequality.partition("; reaches ")[2]


def test_measured_velocity_narrows_the_arrival() -> None:
    """9 km at 0.91 m/s are 2 h 45 min, at 0.54 m/s 4 h 39 min."""
    assert raised_with([0.7] * 4) == (
        "in between 2026-04-01 10:54 and 2026-04-01 12:48 UTC+8 (9 km at 0.91 to 0.538 m/s from 0.7 m/s measured at g)"
    )


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ([], {}, "1 to 0.5 m/s as configured: none was measured at g for 1h"),
        ([3.0] * 4, {}, "1 to 0.5 m/s as configured: 3 m/s measured at g is not among them"),
        ([0.7, 0.7, 0.01], {}, "1 to 0.5 m/s as configured: 0.01 m/s measured at g is not among them"),
        ([0.7] * 4, {"flag": 3}, "1 to 0.5 m/s as configured: none was measured at g for 1h"),
        ([0.7], {"start": at(-60)}, "1 to 0.5 m/s as configured: none was measured at g for 1h"),
        ([0.7], {"start": at(-45)}, "0.91 to 0.538 m/s from 0.7 m/s measured at g"),
        ([0.9] * 4, {}, "1 to 0.692 m/s from 0.9 m/s measured at g"),
        ([0.6, 0.6, 0.7], {}, "0.91 to 0.5 m/s from 0.6 to 0.7 m/s measured at g"),
        ([0.7] * 4, {"period": "1d"}, "1 to 0.5 m/s as configured: none was measured at g for 1h"),
    ],
)
def test_configured_range_counts_where_nothing_plausible_is_measured(
    values: Sequence[float], given: dict[str, Any], said: str
) -> None:
    """And bounds what is; the warning says which it was."""
    assert raised_with(values, **given).endswith(f"(9 km at {said})")


def test_level_rises_earlier_when_the_water_runs_faster() -> None:
    """The fastest since the front passed counts: a stretch that was run fast is behind it."""
    spill = series([0.2, 0.2, *[1.4] * 30])
    slow, faster = (velocities([0.55] * 8 + [then] * 24) for then in (0.55, 0.77))
    reds = [
        next(one.instant for one in told([*spill, *measured], engine()) if one.level == "red")
        for measured in (slow, faster)
    ]
    assert reds == [at(100), at(45)]  # 3 h 30 min after 00:10, less two hours; and as soon as faster water was measured


def test_order_of_the_parameters_in_a_message_does_not_matter() -> None:
    """What is measured at an instant speaks for the time after it."""
    place = a_place(reach=replace(REACH, gauge="s1"))
    rule = a_rule(kind="arrival", limit=1.0, unit="mg/L", levels=LEVELS)
    spill, measured = series([0.2, *[1.4] * 30]), series([0.6, 0.9] * 15, parameter="velocity")
    said = []
    for first, second in ((spill, measured), (measured, spill)):
        hears = an_engine(rule, places=[place])
        said.append([one for pair in zip(first, second, strict=False) for one in hears.feed(pair, pair[0].received_at)])
    assert said[0] == said[1] != []


def test_late_measurement_is_news_to_what_is_under_way() -> None:
    """It makes the arrival earlier than the configured range did not: nothing; or takes back what that had raised."""
    hears = engine()
    found = told(series([0.2, 0.2, *[1.4] * 12]), hears)
    assert [one.level for one in found] == ["orange", "red"]  # at 00:40, by 1 m/s
    late = [replace(one, received_at=at(66)) for one in velocities([0.5] * 14)]
    told_late = hears.feed(late, at(66))
    assert [(one.change, one.level) for one in told_late] == [("downgraded", "orange")]


def test_other_rules_upstream_state_what_is_measured_too() -> None:
    hears = an_engine(a_rule(), places=[a_place(reach=REACH), a_place("g", role="intake")])
    [raised] = told([*velocities([0.7] * 4), *series([0.2, 0.2, 1.4])], hears)
    assert raised.evidence.inequality.endswith("from 0.7 m/s measured at g)")
