"""The shipped pollution-weather rule over a real winter month, against sums done by hand from the file."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest

from alerts.engine import Engine
from alerts.model import Change, Level, Place, Transition
from alerts.rules import Rule
from alerts.rules.files import load_rules
from tests.support.recorded import recorded
from tests.support.rules import CONFIG, ASample, a_place

RULE = "air-pm2_5-heavy"
HOUR = timedelta(hours=1)
STATIONS = 12
Hours = Mapping[datetime, Mapping[str, float]]


@pytest.fixture(scope="module")
def december() -> Hours:
    """PM2.5 in ug/m3 by the end of the hour and station; empty cells are left out."""
    hours: dict[datetime, dict[str, float]] = defaultdict(dict)
    with gzip.open(recorded("air_beijing12_hourly_20151101_20170228.csv.gz"), "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["time"].startswith("2016-12") and row["pm2_5_ugm3"]:
                instant = datetime.fromisoformat(row["time"]).astimezone(UTC) + HOUR
                hours[instant][row["station"]] = float(row["pm2_5_ugm3"])
    return hours


@pytest.fixture(scope="module")
def told(december: Hours) -> list[Transition]:
    """What the engine says of the month, fed hour by hour."""
    names = sorted({name for values in december.values() for name in values})
    assert len(names) == STATIONS
    engine = Engine(rules=[shipped()], places=[beijing(name) for name in names])
    found: list[Transition] = []
    for instant in sorted(december):
        now = instant + timedelta(minutes=1)
        found += engine.feed([heard(name, instant, value, now) for name, value in december[instant].items()], now)
    return found


def shipped() -> Rule:
    return next(rule for rule in load_rules(CONFIG / "rules") if rule.id == RULE)


def beijing(name: str) -> Place:
    return a_place(name, kind="air", area="beijing", role="", interval_seconds=3600.0)


def heard(name: str, instant: datetime, value: float, now: datetime) -> ASample:
    return ASample(station=name, parameter="pm2_5", period="1h", instant=instant, value=value, received_at=now)


def rolling(hours: Hours) -> dict[datetime, Fraction]:
    """The district's 24 h mean: hours with 9 of the 12 stations, windows with 20 such hours."""
    district = {
        instant: sum(map(Fraction, values.values()), Fraction(0)) / len(values)
        for instant, values in hours.items()
        if 4 * len(values) >= 3 * STATIONS
    }
    means = {}
    for instant in sorted(district):
        window = [district[at] for at in (instant - n * HOUR for n in range(24)) if at in district]
        if len(window) >= 20:
            means[instant] = sum(window, Fraction(0)) / len(window)
    return means


def held(means: Mapping[datetime, Fraction], limit: int) -> dict[datetime, timedelta | None]:
    """For how long the mean has been above the limit, at each hour; None where it is not."""
    since: datetime | None = None
    found: dict[datetime, timedelta | None] = {}
    for instant, mean in means.items():
        since = (since or instant) if mean > limit else None
        found[instant] = instant - since if since else None
    return found


def by_hand(means: Mapping[datetime, Fraction]) -> dict[datetime, Level | None]:
    """The level at each hour, as `config/rules/air.yaml` has it in words."""
    above_150, above_115 = held(means, 150), held(means, 115)
    day, standing = 24 * HOUR, False
    found: dict[datetime, Level | None] = {}
    for instant, mean in means.items():
        long_150, long_115 = above_150[instant], above_115[instant]
        standing = mean > 150 or (standing and mean > 115)
        yellow = standing or (long_115 is not None and long_115 >= day)
        orange = (long_150 is not None and long_150 >= day) or (long_115 is not None and long_115 >= 2 * day)
        red = long_150 is not None and long_150 >= 2 * day and mean > 250
        found[instant] = Level.RED if red else Level.ORANGE if orange else Level.YELLOW if yellow else None
    return found


def test_december_2016_has_no_gap_that_a_dwell_would_see(december: Hours) -> None:
    """What the sums by hand leave out does not occur."""
    assert all(later - earlier <= 3 * HOUR for earlier, later in pairwise(rolling(december)))


def test_december_2016_level_is_right_at_every_hour(december: Hours, told: list[Transition]) -> None:
    expected = by_hand(rolling(december))
    changes = {one.instant: one.level for one in told}
    assert len(changes) == len(told)
    level: Level | None = None
    found = {}
    for instant in expected:
        level = changes.get(instant, level)
        found[instant] = level
    assert found == expected
    assert set(changes) <= set(expected)
    assert Level.RED in expected.values()


def test_december_2016_episodes_begin_and_end_when_the_sums_say(december: Hours, told: list[Transition]) -> None:
    """What the mean above 150 began has that hour as its onset; what 24 h above 115 began, the first of them."""
    means = rolling(december)
    levels = by_hand(means)
    before: Level | None = None
    expected: list[tuple[Change, datetime, datetime]] = []
    for instant, level in levels.items():
        if level and not before:
            onset = instant if means[instant] > 150 else instant - 24 * HOUR
            expected.append((Change.RAISED, instant, onset))
        if before and not level:
            expected.append((Change.CLEARED, instant, expected[-1][2]))
        before = level
    ends = [one for one in told if one.change in {Change.RAISED, Change.CLEARED}]
    assert [(one.change, one.instant, one.onset) for one in ends] == expected
    assert len(expected) >= 2


def test_december_2016_sentences_carry_the_mean_that_decided(december: Hours, told: list[Transition]) -> None:
    means = rolling(december)
    for one in told:
        assert one.evidence.inequality.startswith(f"24h mean of pm2_5 {float(means[one.instant]):.6g} ")
