"""Builders for tests of water sources: a monitor of a river, its readings, and its class worked out a second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import groupby
from typing import Any

from alerts.air.model import IndexValue
from alerts.standards.water import Body
from alerts.standards.water_files import load_water_standards
from alerts.water.model import WaterMonitor
from alerts.water.network import WaterNetwork
from tests.support.bundles import bundled
from tests.support.rules import CONFIG, ASample

BEIJING = timezone(timedelta(hours=8))
DAY = datetime(2026, 3, 31, 16, tzinfo=UTC)  # midnight there: 1 April begins
STANDARDS = load_water_standards(CONFIG / "standards")
STANDARD = STANDARDS.surface
ITEMS = ("ph", "do", "codmn", "nh3_n", "tp")
GOOD = {"ph": 7.3, "do": 8.0, "codmn": 1.8, "nh3_n": 0.1, "tp": 0.01}  # class I


def a_monitor(**given: Any) -> WaterMonitor:
    """Hourly values of a river in a secondary zone: class III is to be kept."""
    settings: dict[str, Any] = {
        "station": "src",
        "zone": BEIJING,
        "interval_seconds": 3600.0,
        "lateness": timedelta(hours=72),
        "body": Body.RIVER,
        "target": STANDARD.classes.index("III"),
        "items": ITEMS,
    }
    return WaterMonitor(**{**settings, **given})


def a_network(**given: Any) -> WaterNetwork:
    return WaterNetwork(monitors=[a_monitor(**given)], standard=STANDARD, method=STANDARDS.compliance)


def sent(at: timedelta, values: Mapping[str, float | None], *, period: str = "1h", flag: int = 1) -> list[ASample]:
    """One message: what was measured up to that time of 1 April there."""
    instant = DAY + at
    return [
        ASample(
            station="src",
            parameter=name,
            period=period,
            instant=instant,
            value=value,
            flag=9 if value is None else flag,
            received_at=instant + timedelta(seconds=5),
        )
        for name, value in values.items()
    ]


def hours(values: Iterable[Mapping[str, float | None]], **given: Any) -> list[ASample]:
    """A message an hour, from the first hour of the day on."""
    return [one for number, each in enumerate(values, start=1) for one in sent(timedelta(hours=number), each, **given)]


def fed(network: WaterNetwork, samples: Sequence[ASample]) -> list[IndexValue]:
    """Each instant's readings as a delivery of their own."""
    found: list[IndexValue] = []
    for _, group in groupby(samples, key=lambda one: one.instant):
        delivery = list(group)
        found += network.feed(bundled(delivery), delivery[-1].received_at)
    return found


def last_words(found: Iterable[IndexValue]) -> dict[tuple[str, str, datetime], tuple[float, str, str]]:
    """What stands in the end: value, the items that made it so, what was missing."""
    said = {(one.parameter, one.period, one.instant): one for one in found}
    return {key: (one.value, one.primary, one.missing) for key, one in said.items() if one.value is not None}


def reference_day(samples: Iterable[ASample]) -> dict[str, tuple[float, str, str]]:
    """1 April from hourly readings, the plain way; each hour's newest word counts."""
    midnight = DAY + timedelta(days=1)
    cells = {
        (one.parameter, one.instant): one.value
        for one in samples
        if DAY < one.instant <= midnight and one.flag in {1, 2} and one.value is not None
    }
    means: dict[str, float] = {}
    for item in ITEMS:
        values = [Fraction(repr(value)) for (name, _), value in cells.items() if name == item]
        if len(values) >= 18:  # three quarters of 24
            means[item] = float(round(sum(values, Fraction(0)) / len(values), 6))
    if not means:
        return {}
    report = STANDARD.judge(means, body=Body.RIVER, target=2, source=True)
    assert report.rank is not None
    missing = "+".join(item for item in ITEMS if item not in means)
    found: dict[str, tuple[float, str, str]] = {"water_class": (report.rank + 1.0, "+".join(report.decisive), missing)}
    if report.exceeded or not missing:
        exceeded = "+".join(one.key for one in report.exceeded)
        found["water_compliant"] = (0.0 if exceeded else 1.0, exceeded, missing)
    return found
