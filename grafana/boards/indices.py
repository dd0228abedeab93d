"""Indices on panels: measurement `index`, of stations and areas, in the standard's levels, names and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from grafana_foundation_sdk.models.dashboard import ValueMapping

from alerts.rules import Rule
from grafana import limits, palette, question
from grafana.layout import Drawn
from grafana.panels import curves, figure, named, ranged, ranking, shown_as
from grafana.site import Site
from ingest.influxql import literal
from ingest.model import Flag, Kind

INDEX = "index"
_VALUE = 'last("value") AS "value"'


def of(index: str, ids: Sequence[str], period: str = "1h") -> tuple[str, ...]:
    """One index of these stations or areas, as far as it is valid."""
    which = f'"index" = {literal(index)} AND "period" = {literal(period)}'
    return which, f'"flag" <= {Flag.UNCHECKED.value}', question.among(ids), question.AREA, question.REAL


def air_areas(site: Site) -> list[str]:
    """Areas that have air stations, and so indices of their own."""
    return list(dict.fromkeys(station.area for station in site.stations(Kind.AIR)))


def worst(site: Site, index: str, title: str, mappings: Sequence[ValueMapping] = ()) -> Drawn:
    """The newest value of the area that is worst off."""
    asks = f'SELECT max("value") AS "value" FROM ({_newest(site, index)})'  # noqa: S608  # our own words
    return figure(site, title, asks, colours=steps(site), mappings=mappings)


def primary(site: Site, index: str, title: str) -> Drawn:
    """Its primary pollutant, by name."""
    worst_off = f'SELECT max("value") AS "value", "primary" FROM ({_newest(site, index)})'  # noqa: S608  # our own words
    codes = {
        name: site.called(name)
        for name in ("pm2_5", "pm10", "o3", "no2", "so2", "co")
        if name in site.catalog.parameters
    }
    several = {"+".join(pair): "、".join(codes[one] for one in pair) for pair in combinations(codes, 2)}
    words = named({"": site.text("index.no_primary"), **codes, **several})
    return figure(site, title, f'SELECT "primary" FROM ({worst_off})', mappings=words)  # noqa: S608  # our own words


def _newest(site: Site, index: str) -> str:
    given = (question.IN_RANGE, *of(index, air_areas(site)))
    return question.latest(INDEX, f'{_VALUE}, "primary"', *given)


def watched(site: Site) -> list[str]:
    """Indices of areas that rules compare."""
    found = [rule.parameter for rule in limits.over_areas(site) if rule.parameter not in site.catalog.parameters]
    return list(dict.fromkeys(found))


def area_curve(site: Site, index: str, title: str, rules: Sequence[Rule]) -> Drawn:
    """An index of the areas, against the rules over it."""
    ids = air_areas(site)
    asks = question.curve(INDEX, _VALUE, *of(index, ids), every="1h")
    return curves(site, title, [shown_as(asks)], decimals=0, rules=rules, names=_names(site, ids), zero=True)


def together(site: Site, pairs: Mapping[str, str], title: str, unit: str) -> Drawn:
    """Several indices of the areas on one panel: their mean over the areas chosen."""
    asks = [
        shown_as(
            question.curve(INDEX, f'mean("value") AS "{name}"', *of(name, air_areas(site)), every="1h", by=""), "$col"
        )
        for name in pairs
    ]
    return curves(site, title, asks, unit=unit, decimals=0, names=pairs, zero=True)


def by_station(site: Site, index: str, title: str) -> tuple[Drawn, Drawn]:
    """Stations side by side: the newest value of each, and each over time."""
    ids = [station.id for station in site.stations(Kind.AIR)]
    newest = question.latest(INDEX, _VALUE, question.IN_RANGE, *of(index, ids))
    over_time = question.curve(INDEX, _VALUE, *of(index, ids), every="1h")
    names = _names(site, ids)
    bars = ranking(
        site, site.text("index.newest", index=title), [shown_as(newest)], names=names, thresholds=steps(site)
    )
    lines = curves(
        site, site.text("index.stations", index=title), [shown_as(over_time)], decimals=0, names=names, zero=True
    )
    return bars, lines


def of_station(site: Site, title: str, names: Mapping[str, str]) -> Drawn:
    """Several indices of the station that is chosen."""
    asks = [
        shown_as(
            question.curve(
                INDEX,
                f'last("value") AS "{name}"',
                f'"index" = {literal(name)} AND "period" = \'1h\'',
                f'"flag" <= {Flag.UNCHECKED.value}',
                question.STATION,
                question.REAL,
                every="1h",
                by="",
            ),
            "$col",
        )
        for name in names
    ]
    return curves(site, title, asks, decimals=0, names=names, zero=True)


def steps(site: Site) -> list[tuple[float | None, str]]:
    """The levels' colours; below the first there is nothing."""
    return [(None, palette.UNKNOWN), *((level.lo, _hex(level.rgb)) for level in site.aqi_levels)]


def levels(site: Site) -> list[ValueMapping]:
    """The levels by name: a colour alone says nothing to many."""
    return ranged(
        [
            (level.lo, level.hi, level.zh if site.language.value == "zh" else level.en, _hex(level.rgb))
            for level in site.aqi_levels
        ]
    )


def _names(site: Site, ids: Sequence[str]) -> dict[str, str]:
    return {id_: site.subjects[id_] for id_ in ids}


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)
