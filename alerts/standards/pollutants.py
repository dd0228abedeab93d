"""The six pollutants and the indicators judged of them: names only."""

from __future__ import annotations

from enum import StrEnum


class Pollutant(StrEnum):
    """In the order in which primary pollutants are named. All in ug/m3, CO in mg/m3."""

    PM2_5 = "pm2_5"
    PM10 = "pm10"
    SO2 = "so2"
    NO2 = "no2"
    CO = "co"
    O3 = "o3"


class Indicator(StrEnum):
    """A pollutant's statistic that has a column of breakpoints (HJ 633 table of IAQIs).

    Which window a 24 h or 8 h value comes from (a natural day, the last hours, a day's largest) the report says.
    """

    PM2_5_24H = "pm2_5_24h"
    PM2_5_1H = "pm2_5_1h"
    PM10_24H = "pm10_24h"
    PM10_1H = "pm10_1h"
    SO2_24H = "so2_24h"
    SO2_1H = "so2_1h"
    NO2_24H = "no2_24h"
    NO2_1H = "no2_1h"
    CO_24H = "co_24h"
    CO_1H = "co_1h"
    O3_8H = "o3_8h"
    O3_1H = "o3_1h"


POLLUTANT_OF = {indicator: Pollutant(indicator.value.rpartition("_")[0]) for indicator in Indicator}
