"""The shipped rule over our own hours of outfalls: what a device sends, in, transitions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest

from alerts.engine import Engine
from alerts.model import Change
from alerts.rules.files import load_rules
from tests.support.bundles import bundled
from tests.support.outfalls import DAY, a_network, sent
from tests.support.rules import CONFIG, ASample, a_place

RULES = [rule for rule in load_rules(CONFIG / "rules") if rule.entry == "outfall-limit"]
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=10)
Row = Mapping[str, float | None]
Speaking = Callable[..., list[ASample]]


def hourly(*rows: Row, flag: int = 1) -> list[ASample]:
    """A device that works its hours out itself."""
    return [one for n, row in enumerate(rows, 1) for one in sent(n * HOUR, row, period="1h", flag=flag)]


def finer(*rows: Row, flag: int = 1) -> list[ASample]:
    """One that sends six ten-minute values an hour."""
    found = (sent((n * 6 + m) * MINUTES, row, flag=flag) for n, row in enumerate(rows) for m in range(1, 7))
    return [one for message in found for one in message]


def judged(samples: Iterable[ASample]) -> list[tuple[float, Change, str | None]]:
    """Hours since midnight, what changes, and the level; readings in order of instant, finer ones first."""
    network, place = a_network(), a_place("out", kind="outfall", role="", interval_seconds=600.0)
    engine = Engine(rules=RULES, places=[place])
    engine.advance(DAY)
    found = []
    for _, together in groupby(sorted(samples, key=lambda one: (one.instant, one.period)), key=lambda one: one.instant):
        delivery = list(together)
        now = delivery[0].received_at
        indices, _ = network.feed(bundled(delivery), now)
        found += engine.feed([*delivery, *indices], now)
    assert {one.parameter for one in found} <= {"cod_of_limit"}
    return [((one.instant - DAY) / HOUR, one.change, one.level and one.level.value) for one in found]


@pytest.mark.parametrize("speaks", [hourly, finer])
def test_hours_above_the_permit_warn_however_the_device_speaks(speaks: Speaking) -> None:
    """Of its own or worked out here: above, twice as high, exactly the limit."""
    rows = [{"cod": cod, "flow": 10.0} for cod in (40.0, 60.0, 120.0, 50.0)]
    assert judged(speaks(*rows)) == [
        (2, Change.RAISED, "yellow"),
        (3, Change.UPGRADED, "orange"),
        (4, Change.CLEARED, None),
    ]


def test_own_valid_hour_decides_where_both_are_sent() -> None:
    """Ten-minute values say nothing beside a valid hour of the device's own; beside a marked one they do."""
    row = {"cod": 60.0, "flow": 10.0}
    low, high = {"cod": 45.0, "flow": 10.0}, {"cod": 55.0, "flow": 10.0}
    assert judged([*finer(row, row), *hourly(low, low)]) == []
    assert judged([*finer(low, low), *hourly(high, high)]) == [(1, Change.RAISED, "yellow")]
    marked = hourly(low, low, flag=4)
    assert judged([*finer(row, row), *marked]) == [(1, Change.RAISED, "yellow")]


@pytest.mark.parametrize("speaks", [hourly, finer])
def test_no_discharge_is_no_exceedance_and_ends_one(speaks: Speaking) -> None:
    still, high = {"cod": 400.0, "flow": 0.05}, {"cod": 60.0, "flow": 10.0}
    assert judged(speaks(still, still)) == []
    assert judged(speaks(high, still)) == [(1, Change.RAISED, "yellow"), (2, Change.CLEARED, None)]


@pytest.mark.parametrize("speaks", [hourly, finer])
def test_maintenance_neither_raises_nor_lifts(speaks: Speaking) -> None:
    """Values marked so do not count: the hour is not valid, and what stands stands until a valid hour is within."""
    high, low = {"cod": 60.0, "flow": 10.0}, {"cod": 20.0, "flow": 10.0}
    marked = [one for one in speaks(high, {"cod": 1.0}, {"cod": 900.0}, low) if 1 < (one.instant - DAY) / HOUR <= 3]
    sound = [one for one in speaks(high, low, low, low) if not 1 < (one.instant - DAY) / HOUR <= 3]
    found = judged([*sound, *[replace(one, flag=4) for one in marked]])
    assert found == [(1, Change.RAISED, "yellow"), (4, Change.CLEARED, None)]
