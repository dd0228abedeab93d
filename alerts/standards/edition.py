"""One edition of HJ 633: concentrations to IAQI, AQI to level. Exact integers throughout, no rounding but the law's.

Answers for the tables. What a report needs and when it may be published is `report`'s.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from alerts.standards.amounts import rounded_mean
from alerts.standards.pollutants import Indicator, Pollutant

REMEMBERED = 4096  # amounts a column


class Colour(StrEnum):
    """Colours of AQI levels 1 to 6 (HJ 633 table of levels). Orange and red here are not the warning colours."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    PURPLE = "purple"
    MAROON = "maroon"


@dataclass(frozen=True, slots=True, kw_only=True)
class AqiLevel:
    """A row of the table of levels (2012: table 2; 2026: table 1). `hi` is None where it is open."""

    level: int
    zh: str
    en: str
    lo: int
    hi: int | None
    colour: Colour
    colour_zh: str
    rgb: tuple[int, int, int]


class Column:
    """One column of the table of breakpoints (2012: table 1; 2026: table 3), amounts in millionths.

    Above its last breakpoint the IAQI is `beyond`; None: not computed, `fallback` speaks in its place.
    """

    __slots__ = ("_ends", "_segments", "beyond", "fallback", "iaqi")

    def __init__(
        self, breakpoints: Iterable[tuple[int, int]], *, beyond: int | None, fallback: Indicator | None = None
    ) -> None:
        points = list(breakpoints)  # (amount, IAQI), rising, from (0, 0)
        self._ends = [amount for amount, _ in points[1:]]
        self._segments = [(low, high - low, index, above - index) for (low, index), (high, above) in pairwise(points)]
        self.beyond = beyond
        self.fallback = fallback
        self.iaqi = lru_cache(REMEMBERED)(self._iaqi)  # reported amounts are few, and come again all the time

    def _iaqi(self, amount: int) -> int | None:
        """Formula (1), rounded up to an integer (2012: 6.2; 2026: 4.2.6). Below zero as zero."""
        if amount <= 0:
            return self._segments[0][2]
        place = bisect_left(self._ends, amount)
        if place == len(self._ends):
            return self.beyond
        low, width, index, rise = self._segments[place]
        return index - (low - amount) * rise // width


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edition:
    """HJ 633 as of one year. `name` is `hj633-2012` or `hj633-2026`; in force from `first` to `last`, both included."""

    name: str
    standard: str
    title_zh: str
    first: date
    last: date | None
    columns: Mapping[Indicator, Column]
    decimals: Mapping[Pollutant, int]  # of a concentration, before its IAQI
    steps: Mapping[Pollutant, int]  # the same as an amount
    levels: tuple[AqiLevel, ...]
    least: int  # the range of the AQI
    most: int
    daily: tuple[Indicator, ...]  # what a daily report needs; O3 values are the day's largest
    hourly: tuple[Indicator, ...]  # what an hourly report needs; 24 h and 8 h values are those up to that hour
    hourly_needs: frozenset[Indicator]  # with what speaks in their place above their range
    primary_above: int
    non_attainment_above: int | None  # the 2026 edition has no such thing
    sensitive: Mapping[Pollutant, tuple[str, ...]]  # groups to advise when that pollutant's IAQI is above 100

    def reported(self, pollutant: Pollutant, total: int, count: int = 1) -> int:
        """A mean concentration as it is reported and judged: GB/T 8170, whole ug/m3, CO tenths of mg/m3 (2026: 4.2.2).

        HJ 633-2012 does not state it; it is applied there alike. Below zero is reported as zero (engineering default:
        an analyser's zero drifts). `total` is the sum of `count` amounts in millionths, and so is what is returned.
        """
        step = self.steps[pollutant]
        if count == 1 and total % step == 0:
            return max(0, total)
        return max(0, rounded_mean(total, count, step))

    def iaqi(self, indicator: Indicator, amount: int) -> int | None:
        """The IAQI of a concentration in millionths of its unit, taken as it is: round it before with `reported`.

        None where the edition does not compute one (2012: SO2 1 h and O3 8 h above 800 ug/m3).
        """
        return self.columns[indicator].iaqi(amount)

    def level(self, aqi: int) -> AqiLevel:
        """Level, name and colour of an AQI."""
        return next(level for level in self.levels if level.hi is None or aqi <= level.hi)
