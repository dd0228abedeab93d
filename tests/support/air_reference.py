"""Indices worked out naively: all readings in one heap, every window looked up anew. For differential tests.

Nothing of `alerts.air` is used but the names; the law's tables are `alerts.standards`', which has tests of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction

from alerts.standards import Edition, Indicator, Pollutant, Report, daily, hourly
from ingest.model import Reading
from tests.support.air import STANDARDS
from tests.support.air_windows import HOUR, MINUTE, NAMES, Standing

MILLION = 10**6
WIDTHS = {"1m": 1, "5m": 5, "10m": 10}
# pollutant -> end of the hour -> (mean in millionths, not rounded; minutes, 0: the device's own)
Hours = dict[str, dict[datetime, tuple[Fraction, int]]]


def hours_of(readings: Iterable[Reading], newest: datetime) -> Hours:
    """Of one station; the last word on each reading counts, the hour must be over."""
    last = {(r.parameter, r.period, r.instant): r for r in readings}
    good = [r for r in last.values() if r.flag in {1, 2} and r.value is not None and r.parameter in NAMES]
    found: Hours = {name: {} for name in NAMES}
    for r in good:
        if r.period == "1h" and r.instant.minute == 0 and r.instant <= newest:
            found[r.parameter][r.instant] = (Fraction(_exact(r.value)), 0)
    for period, width in WIDTHS.items():
        for name in NAMES:
            by_hour: dict[datetime, dict[int, int]] = {}
            for r in good:
                if (r.parameter, r.period) == (name, period):
                    end = _hour_end(r.instant)
                    by_hour.setdefault(end, {})[_slot(r.instant, end, width)] = _exact(r.value)
            for end, slots in by_hour.items():
                if end <= newest and end not in found[name] and len(slots) * width >= 45:
                    found[name][end] = (Fraction(sum(slots.values()), len(slots)), len(slots) * width)
    return found


def area_hours(stations: Sequence[Hours], needed: int) -> Hours:
    """Means over stations, of each the hour as it is given out; the count takes the place of the minutes."""
    found: Hours = {name: {} for name in NAMES}
    for name in NAMES:
        for end in {end for hours in stations for end in hours[name]}:
            values = [round(hours[name][end][0]) for hours in stations if end in hours[name]]
            if len(values) >= needed:
                found[name][end] = (Fraction(sum(values), len(values)), len(values))
    return found


def indices(subject: str, hours: Hours, first: datetime, last: datetime, zone: tzinfo) -> Standing:
    """Everything that is valid for the hours that end from `first` to `last`, and the days in between."""
    found: Standing = {}
    end = first
    while end <= last:
        _hour(found, subject, hours, end, zone)
        day = _day(end, zone)
        if end == _midnight(day + timedelta(days=1), zone):
            _whole_day(found, subject, hours, day, zone)
        end += HOUR
    return found


def _hour(found: Standing, subject: str, hours: Hours, end: datetime, zone: tzinfo) -> None:
    day = _day(end, zone)
    edition = STANDARDS.edition_on(day)
    have: dict[Indicator, tuple[int, int]] = {}
    for name in NAMES:
        if end in hours[name]:
            mean, parts = hours[name][end]
            have[Indicator(f"{name}_1h")] = (_reported(edition, name, [mean]), parts or 1)
            if parts:
                found[subject, name, "1h", end] = (round(mean) / MILLION, parts)
    last = _statistics(hours, [end - n * HOUR for n in range(24)], day, edition)
    eight = _eight(hours, end, edition)
    of_hour: dict[Indicator, tuple[int, int]] = {
        one: amount for one, amount in last.items() if one not in {Indicator.O3_8H, Indicator.O3_1H}
    }
    of_hour.update(have)
    if eight is not None:
        of_hour[Indicator.O3_8H] = eight
        found[subject, "o3_8h", "1h", end] = (eight[0] / MILLION, eight[1])
    report = hourly(edition, {indicator: amount for indicator, (amount, _) in of_hour.items()})
    _judged(found, (subject, "1h", end), "aqi", report)
    for indicator, index in report.iaqi.items():
        name = "iaqi_o3_8h" if indicator is Indicator.O3_8H else f"iaqi_{indicator.rpartition('_')[0]}"
        found[subject, name, "1h", end] = (index, of_hour[indicator][1])
    for indicator, (amount, count) in last.items():
        name = "o3_8h_24h" if indicator is Indicator.O3_8H else indicator.value
        if indicator is not Indicator.O3_1H:
            found[subject, name, "1h", end] = (amount / MILLION, count)
    report = daily(edition, {indicator: amount for indicator, (amount, _) in last.items()})
    _judged(found, (subject, "1h", end), "aqi_24h", report)
    for name, indicator in (("aqi_24h_pm2_5", Indicator.PM2_5_24H), ("aqi_24h_o3", Indicator.O3_8H)):
        if indicator in report.iaqi:
            found[subject, name, "1h", end] = (report.iaqi[indicator], last[indicator][1])


def _whole_day(found: Standing, subject: str, hours: Hours, day: date, zone: tzinfo) -> None:
    begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    edition = STANDARDS.edition_on(day)
    ends = [begin + n * HOUR for n in range(1, (end - begin) // HOUR + 1)]
    whole = _statistics(hours, ends[::-1], day, edition)
    names = {Indicator.O3_8H: "o3_8h_max", Indicator.O3_1H: "o3_1h_max"}
    for indicator, (amount, count) in whole.items():
        found[subject, names.get(indicator, indicator.value), "1d", end] = (amount / MILLION, count)
    report = daily(edition, {indicator: amount for indicator, (amount, _) in whole.items()})
    _judged(found, (subject, "1d", end), "aqi", report)
    for indicator, index in report.iaqi.items():
        ozone = indicator in names
        name = f"iaqi_{indicator.value if ozone else indicator.rpartition('_')[0]}"
        found[subject, name, "1d", end] = (index, whole[indicator][1])


def _judged(found: Standing, of: tuple[str, str, datetime], name: str, report: Report) -> None:
    if report.aqi is not None:
        found[of[0], name, of[1], of[2]] = (report.aqi, 6 - len(report.missing))


def _statistics(
    hours: Hours, ends: Sequence[datetime], day: date, edition: Edition
) -> dict[Indicator, tuple[int, int]]:
    """Of the hours that end then, newest first: (amount, of how many)."""
    found: dict[Indicator, tuple[int, int]] = {}
    for name in NAMES:
        there = [hours[name][end][0] for end in ends if end in hours[name]]
        if name == "o3" and there:
            found[Indicator.O3_1H] = (_reported(edition, name, [max(there)]), len(there))
        if name != "o3" and len(there) >= 20:
            found[Indicator(f"{name}_24h")] = (_reported(edition, name, there), len(there))
    within = ends[: len(ends) - 7]  # 8 h means that do not reach back behind the first hour
    means = [mean for mean in (_eight(hours, end, edition) for end in within) if mean is not None]
    largest = max((amount for amount, _ in means), default=0)
    if STANDARDS.mda8_valid(len(means), largest, day):
        found[Indicator.O3_8H] = (largest, len(means))
    return found


def _eight(hours: Hours, end: datetime, edition: Edition) -> tuple[int, int] | None:
    there = [hours["o3"][end - n * HOUR][0] for n in range(8) if end - n * HOUR in hours["o3"]]
    return (_reported(edition, "o3", there), len(there)) if len(there) >= 6 else None


def _reported(edition: Edition, name: str, values: Sequence[Fraction]) -> int:
    """The mean, half to even, to the edition's decimals; Python's own rounding of fractions. In millionths."""
    step = 10 ** (6 - edition.decimals[Pollutant(name)])
    mean: int = round(sum(values, Fraction(0)) / (len(values) * step)) * step
    return max(0, mean)


def _exact(value: float | None) -> int:
    return int(Decimal(str(value)).scaleb(6))


def _hour_end(instant: datetime) -> datetime:
    whole = instant.replace(minute=0, second=0, microsecond=0)
    return whole if whole == instant else whole + HOUR


def _slot(instant: datetime, end: datetime, width: int) -> int:
    return math.ceil((instant - (end - HOUR)) / (width * MINUTE))


def _day(end: datetime, zone: tzinfo) -> date:
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def differences(found: Standing, wanted: Standing) -> list[str]:
    """What is not as it should be, some lines of it: for a test's message."""
    keys = [key for key in {**wanted, **found} if found.get(key) != wanted.get(key)]
    return [f"{key}: {found.get(key)}, wanted {wanted.get(key)}" for key in sorted(keys, key=str)[:20]]
