"""Air: how the district's air is, stations side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grafana import limits, palette, question, variables
from grafana.boards import forecasts, indices
from grafana.boards.board import Board
from grafana.layout import Drawn, Shelf, evenly
from grafana.panels import curves, figure, ranking, shown_as
from grafana.site import Site
from ingest.influxql import identifier
from ingest.model import Kind

POLLUTANTS = ("pm2_5", "pm10", "o3", "no2", "so2", "co")
HOURLY = "\"period\" = '1h'"


def board(site: Site) -> Board:
    """Pollutants now; PM2.5 and ozone together; the moving mean against the rule's levels; each station."""
    return Board(
        key="air",
        variables=[variables.area(site, [Kind.AIR])],
        marked=question.AREA,
        span="now-3d",
        shelves=list(_shelves(site)),
    )


def measured(site: Site) -> list[str]:
    """Pollutants that any air station has."""
    has = set(site.measured(Kind.AIR))
    return [name for name in POLLUTANTS if name in has]


def mean(parameter: str, name: str = "") -> str:
    """The mean of accepted values, called `name` or as the parameter is."""
    return f"mean({identifier(parameter)}) AS {identifier(name or parameter)}"


def _shelves(site: Site) -> Iterator[Shelf]:
    there = measured(site)
    names = {one.id: site.name(one.name) for one in site.stations(Kind.AIR)}
    first = [
        indices.worst(site, "aqi", site.text("index.aqi")),
        indices.worst(site, "aqi", site.text("index.level"), indices.levels(site)),
        indices.primary(site, "aqi", site.text("index.primary")),
        indices.worst(site, "aqi_24h", site.text("index.aqi_24h")),
        indices.worst(site, "aqi_24h", site.text("index.level_24h"), indices.levels(site)),
    ]
    yield Shelf(5, [(panel, width) for panel, width in zip(first, (4, 6, 5, 4, 5), strict=True)])
    yield from evenly(4, [_now(site, one) for one in there])
    yield from evenly(9, list(_watched(site, there)), across=2)
    ahead = forecasts.pollutants(site)
    yield Shelf(7, [(forecasts.issues(site), 12), *((panel, 12 // len(ahead)) for panel in ahead)])
    yield from evenly(8, list(indices.by_station(site, "aqi", "AQI")))
    newest = [_newest(site, one, names) for one in ("pm2_5", "o3") if one in there]
    yield from evenly(8, newest)
    yield from evenly(8, [station_curve(site, one, names) for one in there], across=2)


def _watched(site: Site, there: Sequence[str]) -> Iterator[Drawn]:
    """What rules over areas compare, with their levels; PM2.5 and ozone side by side."""
    for parameter in there:
        if limits.watching(site, Kind.AIR, parameter, area=True):
            yield _moving(site, parameter)
    for index in indices.watched(site):
        rules = [rule for rule in limits.over_areas(site) if rule.parameter == index]
        said = limits.said(site, rules)
        yield indices.area_curve(site, index, site.text("index.watched", index=site.index(index), limits=said), rules)
    pairs = {"pm2_5_24h": site.index("pm2_5_24h"), "o3_8h": site.index("o3_8h")}
    yield indices.together(site, pairs, site.text("air.both"), site.unit("o3"))


def _given(parameter: str) -> tuple[str, ...]:
    return question.AREA, question.REAL, HOURLY, question.accepted(parameter)


def _now(site: Site, parameter: str) -> Drawn:
    newest = f"last({identifier(parameter)}) AS {identifier(parameter)}"
    of = question.latest(Kind.AIR, newest, question.IN_RANGE, *_given(parameter))
    asks = f"SELECT {mean(parameter, 'newest')} FROM ({of})"  # noqa: S608  # names are quoted
    return figure(
        site,
        site.text("air.now", parameter=site.called(parameter)),
        asks,
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        colours=[(None, palette.SERIES)],
    )


def _moving(site: Site, parameter: str) -> Drawn:
    """What the rule compares: the mean over 24 hours of the area's hourly mean."""
    rules = limits.watching(site, Kind.AIR, parameter, area=True)
    what = f"moving_average(mean({identifier(parameter)}), 24) AS {identifier(parameter)}"
    asks = question.curve(Kind.AIR, what, *_given(parameter), every="1h", by="", fill="none")
    return curves(
        site,
        site.text("air.mean24", parameter=site.called(parameter), limits=limits.said(site, rules)),
        [shown_as(asks, "$col")],
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        rules=rules,
        names={parameter: site.parameter(parameter)},
        zero=True,
    )


def _newest(site: Site, parameter: str, names: Mapping[str, str]) -> Drawn:
    asks = question.latest(
        Kind.AIR,
        f"last({identifier(parameter)}) AS {identifier(parameter)}",
        question.IN_RANGE,
        question.AREA,
        question.REAL,
        HOURLY,
        question.accepted(parameter),
    )
    return ranking(
        site,
        site.text("air.newest", parameter=site.parameter(parameter)),
        [shown_as(asks)],
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        names=names,
    )


def station_curve(site: Site, parameter: str, names: Mapping[str, str]) -> Drawn:
    """Every station's accepted hours."""
    asks = question.curve(Kind.AIR, mean(parameter), question.AREA, question.REAL, HOURLY, question.accepted(parameter))
    return curves(
        site,
        site.text("air.stations", parameter=site.parameter(parameter)),
        [shown_as(asks)],
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        names=names,
        zero=True,
    )
