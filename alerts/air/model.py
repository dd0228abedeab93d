"""An index value on its way out: a sample as rules take it, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from alerts.standards import Pollutant, ZoneClass

POLLUTANTS = tuple(Pollutant)


class Span(StrEnum):
    """What stretch of time an index speaks for; as the periods of samples."""

    HOUR = "1h"
    DAY = "1d"
    MONTH = "1mo"
    QUARTER = "1q"
    YEAR = "1y"


class IndexValue(NamedTuple):
    """One value of one index. `station` may be an area; concentrations in ug/m3 (CO in mg/m3), indices without unit.

    A value that is not valid is not given out; one that was and is not any more is given out once more without a value
    (flag missing), so that nothing stale stands. `have` of the `of` parts it is made of were there (minutes of an hour,
    hours of a day or of the last hours, days of a month, pollutants of an AQI, stations of an area); `missing` says
    which were not. `revision` counts what was said of that instant and period.
    """

    station: str
    parameter: str
    period: str
    instant: datetime
    value: float | None
    flag: int
    reason: str
    received_at: datetime
    have: int
    of: int
    missing: str  # "3,7-9": which parts, counted from 1; of an AQI the pollutants, joined by "+"
    revision: int
    edition: str  # by which an IAQI or AQI was judged; empty for concentrations
    primary: str  # of an AQI: the primary pollutants, joined by "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class AirStation:
    """What the windows need to know of a station; without a zone of its own it is in the law's."""

    id: str
    area: str
    zone: tzinfo
    pollutants: frozenset[str]
    interval_seconds: float
    lateness: timedelta
    zone_class: ZoneClass = ZoneClass.TWO


@dataclass(frozen=True, slots=True, kw_only=True)
class AirArea:
    """An area whose index is the mean of its stations, where at least `coverage` of those that measure are valid."""

    id: str
    zone: tzinfo
    coverage: Decimal
    zone_class: ZoneClass = ZoneClass.TWO
