"""Air station: one station's pollutants, a panel each."""

from __future__ import annotations

from grafana import question, variables
from grafana.boards import indices
from grafana.boards.air import HOURLY, mean, measured
from grafana.boards.board import Board
from grafana.layout import Drawn, evenly
from grafana.panels import curves, shown_as
from grafana.site import Site
from ingest.model import Kind


def board(site: Site) -> Board:
    """What is accepted, hour by hour."""
    others = [name for name in site.measured(Kind.AIR) if name not in measured(site)]
    drawn = [_one(site, name) for name in (*measured(site), *others)]
    return Board(
        key="air_station",
        variables=[variables.station(site, Kind.AIR)],
        marked=question.STATION,
        span="now-7d",
        shelves=[*evenly(8, _indices(site)), *evenly(7, drawn, across=3)],
    )


def _indices(site: Site) -> list[Drawn]:
    """The AQI of each hour and of the last 24, and the index of each pollutant."""
    aqi = {name: site.index(name) for name in ("aqi", "aqi_24h")}
    each = {f"iaqi_{name}": site.called(name) for name in measured(site)}
    return [
        indices.of_station(site, site.text("index.station_aqi"), aqi),
        indices.of_station(site, site.text("index.station_iaqi"), each),
    ]


def _one(site: Site, parameter: str) -> Drawn:
    asks = question.curve(
        Kind.AIR, mean(parameter), question.STATION, question.REAL, HOURLY, question.accepted(parameter), by=""
    )
    return curves(
        site,
        site.parameter(parameter),
        [shown_as(asks, "$col")],
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        names={parameter: site.parameter(parameter)},
    )
