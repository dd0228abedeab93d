"""GB 3095: concentration limits by date, class of zone and statistic, and how much valid data a statistic needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum


class Statistic(StrEnum):
    """What a limit is for (GB 3095 tables 1 and 2)."""

    ANNUAL = "annual"
    QUARTER = "quarter"
    H24 = "h24"
    MDA8 = "mda8"  # the largest 8 h mean of a natural day
    H1 = "h1"


class ZoneClass(IntEnum):
    """GB 3095-2026 4.1: class 1 is nature under special protection, class 2 where people live and work."""

    ONE = 1
    TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbientLimits:
    """The limits of one time: GB 3095-2012, or GB 3095-2026 in transition or final. Amounts in millionths."""

    standard: str
    phase: str  # `all` where the standard has no phases
    first: date
    last: date | None
    limits: Mapping[tuple[str, Statistic], tuple[int, int]]

    def of(self, pollutant: str, statistic: Statistic, zone: ZoneClass = ZoneClass.TWO) -> int | None:
        """The limit in millionths of ug/m3 (CO: of mg/m3); None where there is none. Within it is `<=`."""
        found = self.limits.get((pollutant, statistic))
        return None if found is None else found[zone - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """How much valid data a statistic needs (GB 3095-2026 table 4, clause 6.4; MDA8: HJ 663-2013 [not verified])."""

    minutes_an_hour: int
    hours_a_day: int
    hours_of_eight: int
    days_a_year: int
    days_a_month: int
    days_in_february: int
    mda8_first_label: int  # the first 8 h mean of a day is labelled by this hour, its end
    mda8_means: int
    fewer_when_above_limit: bool
    hours_for_largest: int  # of a day, for its largest hour of O3 [engineering default]

    def mda8(self, means: int, largest: int, limit: int) -> bool:
        """Whether a day's largest 8 h mean stands: enough valid ones, or (reported) above the limit with fewer."""
        return means >= self.mda8_means or (means > 0 and self.fewer_when_above_limit and largest > limit)
