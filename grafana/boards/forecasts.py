"""What is forecast of the areas' air: each area's newest issue, day by day, in the colours of the AQI's levels."""

from __future__ import annotations

from grafana import limits, question, tables
from grafana.boards import indices
from grafana.layout import Drawn
from grafana.panels import ranking, shown_as
from grafana.site import Site
from grafana.tables import Column
from ingest.influxql import identifier
from ingest.model import Foretelling

_DAYS = range(1, 6)  # HJ 633-2026 5.2.3 asks for three; most forecasts have five [engineering default]
_POLLUTANTS = ("pm2_5", "o3")


def issues(site: Site) -> Drawn:
    """A row for each area: when it was issued, and the AQI of each day after."""
    asks = _newest("aqi")
    days = [
        Column(field=_field("aqi", day), heading=site.text("forecast.day", day=day), thresholds=indices.steps(site),
               decimals=0, coloured=True, width=90)
        for day in _DAYS
    ]  # fmt: skip
    columns = [
        Column(field="station", heading=site.text("variable.area"), mappings=tables.subjects(site)),
        Column(field="Time", heading=site.text("column.issued"), unit=tables.MOMENT, width=160),
        *days,
    ]
    return tables.table(site, site.text("forecast.aqi"), [asks], columns, about=limits.of_forecasts(site))


def pollutants(site: Site) -> list[Drawn]:
    """PM2.5 and ozone beside each other, which call for different answers."""
    there = set(site.catalog.parameters)
    return [_days_of(site, one) for one in _POLLUTANTS if one in there]


def _days_of(site: Site, pollutant: str) -> Drawn:
    index, areas = f"iaqi_{pollutant}", indices.air_areas(site)
    names = {}
    for area in areas:
        for day in _DAYS:
            said = site.text("forecast.day", day=day)
            names[f"{area} {_field(index, day)}"] = said if len(areas) == 1 else f"{site.subjects[area]} · {said}"
    return ranking(
        site,
        site.text("forecast.of", parameter=site.called(pollutant)),
        [shown_as(_newest(index), "$tag_station $col")],
        names=names,
        thresholds=indices.steps(site),
    )


def _newest(index: str) -> str:
    """One issue whole: a day that only an older one covers is not mixed into it."""
    fields = ", ".join(identifier(_field(index, day)) for day in _DAYS)
    return question.rows(Foretelling.FORECAST, fields, question.AREA, question.REAL, by='"station"', most=1)


def _field(index: str, day: int) -> str:
    return f"{index}_d{day}"
