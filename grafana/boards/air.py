"""Air: how the district's air is, stations side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grafana import limits, palette, question, variables
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
    if there:
        yield from evenly(4, [_now(site, one) for one in there])
    watched = [one for one in there if limits.watching(site, Kind.AIR, one, area=True)]
    together = [_together(site)] if {"pm2_5", "o3"} <= set(there) else []
    if wide := [*(_moving(site, one) for one in watched), *together]:
        yield from evenly(9, wide, across=min(2, len(wide)))
    newest = [_newest(site, one, names) for one in ("pm2_5", "o3") if one in there]
    if newest:
        yield from evenly(8, newest)
    if there:
        yield from evenly(8, [station_curve(site, one, names) for one in there], across=min(2, len(there)))


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


def _together(site: Site) -> Drawn:
    asks = [
        shown_as(
            question.curve(
                Kind.AIR, mean(one), question.AREA, question.REAL, HOURLY, question.accepted(one), every="1h", by=""
            ),
            "$col",
        )
        for one in ("pm2_5", "o3")
    ]
    names = {one: site.parameter(one) for one in ("pm2_5", "o3")}
    return curves(site, site.text("air.both"), asks, unit=site.unit("o3"), decimals=0, names=names, zero=True)


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
