"""Days for tests of a year's evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from alerts.standards import DayAmounts, YearEvaluation, evaluate
from tests.support.air import HJ2012, STANDARDS, amounts

CLEAN = {"pm2_5_24h": 15, "pm10_24h": 30, "so2_24h": 8, "no2_24h": 20, "co_24h": 0.6, "o3_8h": 90, "o3_1h": 100}


def a_day(on: date, **concentrations: float | None) -> DayAmounts:
    """Clean air but for what is said; None takes a value away."""
    given = amounts(**CLEAN | concentrations)
    return DayAmounts(on, {indicator: amount for indicator, amount in given.items() if amount is not None})


def days(year: int, count: int, *, start: int = 0, **concentrations: float | None) -> Iterator[DayAmounts]:
    """So many days in a row, from that day of the year (0: 1 January)."""
    for number in range(start, start + count):
        yield a_day(date(year, 1, 1) + timedelta(days=number), **concentrations)


def a_year(year: int, *, bad: int = 0, length: int | None = None, **concentrations: float | None) -> YearEvaluation:
    """So many days over AQI 100, then good ones up to the year's length or a shorter one; by the 2012 edition."""
    whole = (date(year + 1, 1, 1) - date(year, 1, 1)).days if length is None else length
    given = [*days(year, bad, o3_8h=170.0), *days(year, whole - bad, start=bad, **concentrations)]
    return evaluate(given, STANDARDS, edition=HJ2012)
