"""Forecasts as intake sees them: an area speaks, once for each day and index. Pure.

To the walk an area is then a station that forecasts and measures these parameters: flags, duplicates, corrections,
quarantine, redrives, ledger and store are those of readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingest.catalog import Area, Catalog, Name, Parameter, Station
from ingest.model import Foretelling

AQI = "aqi"
POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
FARTHEST = 14  # days ahead
HIGHEST = 500  # of an index, HJ 633-2012 table 1, HJ 633-2026 4.1.1


def named(index: str, ahead: int) -> str:
    """The parameter that is this index so many days after the issue."""
    return f"{index}_d{ahead}"


def _parameter(index: str, ahead: int) -> Parameter:
    whose = index.removeprefix(f"i{AQI}_").upper() if index != AQI else ""
    name = Name(
        zh=f"第 {ahead} 天预报 {f'{whose} IAQI' if whose else 'AQI'}",
        en=f"{f'IAQI of {whose}' if whose else 'AQI'} forecast for day {ahead}",
    )
    return Parameter(name=name, unit="", decimals=0, low=0, high=HIGHEST)


PARAMETERS: Mapping[str, Parameter] = {
    named(index, ahead): _parameter(index, ahead)
    for index in (AQI, *(f"i{AQI}_{name}" for name in POLLUTANTS))
    for ahead in range(FARTHEST + 1)
}
_INTERVAL = timedelta(days=1)  # HJ 633-2026 5.2.3: daily
_LATENESS = timedelta(hours=72)


def speakers(catalog: Catalog) -> Mapping[str, Station]:
    """Whoever may speak, by id: the stations, and for forecasts the areas."""
    return {**{area.id: _forecasting(area) for area in catalog.areas}, **catalog.by_id}


def _forecasting(area: Area) -> Station:
    settings: dict[str, Any] = {
        "id": area.id,
        "kind": Foretelling.FORECAST,
        "name": area.name,
        "area": area.id,
        "lon": 0.0,
        "lat": 0.0,
        "parameters": tuple(PARAMETERS),
        "interval": _INTERVAL,
        "lateness": _LATENESS,
    }
    return Station.model_construct(**settings)
