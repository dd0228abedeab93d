"""What the readings of an hour, and the hours of a day, amount to.

Means are weighted by flow wherever flow is measured throughout (HJ 212-2017 annex D: C = sum of G over sum of D), plain
elsewhere. While the flow is below the floor nothing is discharged: such a stretch has no concentration that could
exceed anything, and counts as known. Where flow is not measured, water is taken to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.outfall.model import Day, Hour
from alerts.standards.amounts import half_even
from alerts.standards.discharge import DischargeLimit, DischargeMethod
from alerts.windows import MILLION

_SECONDS_AN_HOUR = 3600


def own_hour(value: int | None, flow: int | None, method: DischargeMethod) -> Hour | None:
    """An hour that the device worked out itself; None where there is neither."""
    if flow is not None and flow < method.flow_floor:
        return Hour(None, flow, 60, idle=True)
    return None if value is None else Hour(value, flow, 60, idle=False)


def hour_of(values: Mapping[int, int], flows: Mapping[int, int], *, width: int, method: DischargeMethod) -> Hour | None:
    """From stretches of `width` minutes, by their number; None with too few minutes of them."""
    idle = {slot for slot, flow in flows.items() if flow < method.flow_floor}
    running = {slot: value for slot, value in values.items() if slot not in idle}
    minutes = (len(running) + len(idle)) * width
    if minutes < method.minutes_an_hour:
        return None
    if not running:
        return Hour(None, _mean(flows.values()), minutes, idle=True)
    if all(slot in flows for slot in running):
        weights = [flows[slot] for slot in running]
        return Hour(_weighted(list(running.values()), weights), _mean(flows.values()), minutes, idle=False)
    return Hour(_mean(running.values()), _mean(flows.values()) if flows else None, minutes, idle=False)


def day_of(hours: Sequence[Hour], method: DischargeMethod) -> Day | None:
    """From the hours that count; None with too few of them."""
    if len(hours) < method.hours_a_day:
        return None
    running = [hour for hour in hours if hour.value is not None]
    values = [hour.value for hour in running if hour.value is not None]
    flows = [hour.flow for hour in running if hour.flow is not None]
    if not running:
        return Day(None, 0, len(hours), idle=True)
    if len(flows) < len(running):
        return Day(_mean(values), None, len(hours), idle=False)
    # mg/L x L/s is mg/s: kg are a millionth of it, times the seconds
    grams = sum(value * flow for value, flow in zip(values, flows, strict=True)) * _SECONDS_AN_HOUR
    return Day(_weighted(values, flows), half_even(grams, MILLION * MILLION), len(hours), idle=False)


def share_of(value: int | None, limit: int) -> float:
    """How much of its limit a mean is; nothing where nothing was discharged. Exactly the limit is exactly 1."""
    return 0.0 if value is None else value / limit


def limit_of_hour(limit: DischargeLimit, temperature: int | None, method: DischargeMethod) -> int | None:
    """The ordinary limit where the temperature is not known: it is the stricter one."""
    return limit.of_hour(cold=is_cold(temperature, method))


def limit_of_day(limit: DischargeLimit, temperature: int | None, method: DischargeMethod) -> int | None:
    """As of an hour, by the day's mean temperature."""
    return limit.of_day(cold=is_cold(temperature, method))


def is_cold(temperature: int | None, method: DischargeMethod) -> bool:
    """At or below (GB 18918-2002 table 1, note)."""
    return temperature is not None and temperature <= method.cold_at


def plain_mean(values: Iterable[int | None]) -> int | None:
    """Of those that are there, unweighted: of temperature and of flow itself."""
    known = [value for value in values if value is not None]
    return _mean(known) if known else None


def _mean(values: Iterable[int]) -> int:
    values = list(values)
    return half_even(sum(values), len(values))


def _weighted(values: Sequence[int], weights: Sequence[int]) -> int:
    """Weighted by flow; plain where no water ran in any of them."""
    total = sum(weights)
    if total <= 0:
        return _mean(values)
    return half_even(sum(value * weight for value, weight in zip(values, weights, strict=True)), total)
