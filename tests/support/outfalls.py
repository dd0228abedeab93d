"""Builders for tests of outfalls: a monitor with a permit, its readings, and the whole worked out a second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import groupby
from typing import Any

from alerts.air.model import IndexValue
from alerts.derivation import Derivation
from alerts.outfall.model import Case, OutfallMonitor
from alerts.outfall.network import OutfallNetwork
from alerts.standards.amounts import exact
from alerts.standards.discharge import DischargeLimit, DischargeMethod
from alerts.standards.discharge_files import load_discharge_standards
from alerts.standards.water_files import load_water_standards
from alerts.water.network import WaterNetwork
from tests.support.air_windows import an_air_network
from tests.support.bundles import bundled
from tests.support.rules import CONFIG, ASample

BEIJING = timezone(timedelta(hours=8))
DAY = datetime(2026, 3, 31, 16, tzinfo=UTC)  # midnight there: 1 April begins
METHOD = load_discharge_standards(CONFIG / "standards").method
LIMITS = {
    "cod": DischargeLimit(None, exact(50), None, "permit 1"),
    "nh3_n": DischargeLimit(None, exact(5), exact(8), "permit 1"),
}


def a_monitor(**given: Any) -> OutfallMonitor:
    """Ten-minute values of COD and ammonia, under a permit."""
    settings: dict[str, Any] = {
        "station": "out",
        "outfall": "XL-1",
        "zone": BEIJING,
        "interval_seconds": 600.0,
        "lateness": timedelta(hours=72),
        "limits": LIMITS,
    }
    return OutfallMonitor(**{**settings, **given})


def a_network(method: DischargeMethod = METHOD, **given: Any) -> OutfallNetwork:
    return OutfallNetwork(monitors=[a_monitor(**given)], method=method)


def a_derivation(**given: Any) -> Derivation:
    """Windows of one air station and of one outfall."""
    standards = load_water_standards(CONFIG / "standards")
    water = WaterNetwork(monitors=[], standard=standards.surface, method=standards.compliance)
    return Derivation(air=an_air_network(), outfalls=a_network(**given), water=water)


def sent(at: timedelta, values: Mapping[str, float | None], *, period: str = "10m", flag: int = 1) -> list[ASample]:
    """One message: what was measured up to that time of 1 April there."""
    instant = DAY + at
    received_at = instant + timedelta(seconds=5)
    return [
        ASample(
            station="out",
            parameter=name,
            period=period,
            instant=instant,
            value=value,
            flag=9 if value is None else flag,
            received_at=received_at,
        )
        for name, value in values.items()
    ]


def hours(values: Iterable[Mapping[str, float | None] | None], **given: Any) -> list[ASample]:
    """A message an hour, from the first hour of the day on; None for none."""
    found: list[ASample] = []
    for number, each in enumerate(values, start=1):
        if each is not None:
            found += sent(timedelta(hours=number), each, period="1h", **given)
    return found


def fed(network: OutfallNetwork, samples: Iterable[ASample]) -> tuple[list[IndexValue], list[Case]]:
    """Each instant's readings as a delivery of their own."""
    indices: list[IndexValue] = []
    cases: list[Case] = []
    for _, delivery in groupby(samples, key=lambda sample: sample.instant):
        together = list(delivery)
        found, opened = network.feed(bundled(together), together[0].received_at)
        indices += found
        cases += opened
    return indices, cases


def last_words(indices: Iterable[IndexValue]) -> dict[tuple[str, str, datetime], float]:
    """What stands in the end, by name, period and instant; what was withdrawn is not there."""
    said = {(one.parameter, one.period, one.instant): one.value for one in indices}
    return {key: value for key, value in said.items() if value is not None}


def reference_day(samples: Iterable[ASample], limits: Mapping[str, DischargeLimit] = LIMITS) -> dict[str, float]:
    """The figures of 1 April by the text of the rules, in fractions, from hourly readings alone."""
    accepted = {
        (one.parameter, one.instant): Fraction(str(one.value))
        for one in samples
        if one.flag < 3 and one.value is not None and one.period == "1h"
    }
    instants = [DAY + timedelta(hours=number) for number in range(1, 25)]
    temperatures = [accepted["temp", at] for at in instants if ("temp", at) in accepted]
    cold = bool(temperatures) and sum(temperatures) / len(temperatures) <= 12
    found: dict[str, float] = {}
    for name, limit in limits.items():
        idle = [at for at in instants if accepted.get(("flow", at), Fraction(1)) < Fraction("0.1")]
        running = [at for at in instants if at not in idle and (name, at) in accepted]
        if len(idle) + len(running) < METHOD.hours_a_day:
            continue
        wanted = limit.cold_day if cold and limit.cold_day is not None else limit.day
        assert wanted is not None, "each has one for the day"
        if not running:
            found |= {f"{name}_load": 0.0, f"{name}_of_limit": 0.0}
            continue
        weighted = all(("flow", at) in accepted for at in running)
        weights = [accepted["flow", at] if weighted else Fraction(1) for at in running]
        mean = sum(accepted[name, at] * weight for at, weight in zip(running, weights, strict=True)) / sum(weights)
        found[f"{name}_mean"] = float(mean)
        found[f"{name}_of_limit"] = float(mean * 1_000_000 / wanted)
        if weighted:
            found[f"{name}_load"] = float(mean * sum(weights) * 3600 / 1_000_000)
    return found
