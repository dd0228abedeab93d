"""Targets of the plan: where the year stands against each, and what is left of it. Of the sea nothing is measured."""

from __future__ import annotations

from typing import assert_never

from alerts.air.model import Span
from alerts.standards.targets import GoodDays, HeavyDays, Pm25Mean, Target, allowed_days
from grafana import palette, question, variables
from grafana.boards import exceedances, indices, water
from grafana.boards.board import Board
from grafana.layout import Drawn, evenly
from grafana.panels import curves, figure, shown_as
from grafana.site import Site, plain
from ingest.model import Kind

_YEAR = 365
_DAY = "1d"


def board(site: Site) -> Board:
    """Air, sources and outfalls in the year so far, area by area or of all; each day below."""
    air = bool(site.stations(Kind.AIR))
    first = [drawn for target in site.targets.targets for drawn in _of(site, target)] if air else []
    others = [*_sources(site), *exceedances.year(site)]
    return Board(
        key="targets",
        variables=[variables.area(site)],
        marked=question.AREA,
        span="now/y",
        refresh="15m",
        shelves=[
            *evenly(6, first, across=4),
            *evenly(6, others, across=4),
            *evenly(9, [_days(site), _means(site)] if air else []),
        ],
    )


def _sources(site: Site) -> list[Drawn]:
    """Days on which the intakes kept the class wanted, by the groups that have a target each."""
    found: list[Drawn] = []
    for key, group in site.water.compliance.groups.items():
        intakes = [one.intake for one in site.catalog.water_sources if one.setting == key and one.intake]
        if intakes:
            name = plain(group.zh if site.language.value == "zh" else group.en)
            title = site.text("targets.sources", name=name, target=f"{float(group.target):g}")
            found.append(water.compliance(site, title, intakes, span=Span.DAY, target=float(group.target) / 100))
    return found


def _of(site: Site, target: Target) -> list[Drawn]:
    match target:
        case GoodDays():
            return [_share(site, target), _left(site, target)]
        case Pm25Mean():
            return [_mean(site, target)]
        case HeavyDays():
            return [_heavy(site, target)]
        case _:
            assert_never(target)


def _given(site: Site, index: str) -> tuple[str, ...]:
    return question.IN_RANGE, *indices.of(index, indices.air_areas(site), _DAY)


def _counted(site: Site, condition: str) -> str:
    """How many days are so: 0 where there are days and none is, nothing where there are none."""
    given = _given(site, "aqi")
    so = question.latest(indices.INDEX, 'count("value") AS "days"', *given, condition, by="")
    none = question.latest(indices.INDEX, 'count("value") * 0 AS "days"', *given, by="")
    return f"({so}), ({none})"


def _share(site: Site, target: GoodDays) -> Drawn:
    good = site.air.evaluation.good_up_to
    given = _given(site, "aqi")
    kept = question.latest(indices.INDEX, '"value" * 0 + 1 AS "good"', *given, f'"value" <= {good}', by="")
    missed = question.latest(indices.INDEX, '"value" * 0 AS "good"', *given, f'"value" > {good}', by="")
    return figure(
        site,
        site.text("targets.good", name=site.name(target.name), target=target.above),
        f'SELECT mean("good") AS "share" FROM ({kept}), ({missed})',  # noqa: S608  # our own words
        unit="percentunit",
        decimals=1,
        colours=[(None, palette.FAILED), (float(target.above) / 100, palette.CALM)],
    )


def _left(site: Site, target: GoodDays) -> Drawn:
    """Of the days that may be worse than good in a whole year."""
    allowed, good = allowed_days(_YEAR, target.above), site.air.evaluation.good_up_to
    worse = _counted(site, f'"value" > {good}')
    return figure(
        site,
        site.text("targets.left", allowed=allowed),
        f'SELECT {allowed} - sum("days") AS "left" FROM {worse}',  # noqa: S608  # our own words
        colours=[(None, palette.FAILED), (0, palette.DOUBTFUL), (1, palette.CALM)],
    )


def _mean(site: Site, target: Pm25Mean) -> Drawn:
    asks = question.latest(indices.INDEX, 'mean("value") AS "mean"', *_given(site, "pm2_5_24h"), by="")
    return figure(
        site,
        site.text("targets.pm2_5", name=site.name(target.name), target=target.below),
        asks,
        unit=site.unit("pm2_5"),
        decimals=1,
        colours=[(None, palette.CALM), (float(target.below), palette.FAILED)],
    )


def _heavy(site: Site, target: HeavyDays) -> Drawn:
    heavy = _counted(site, f'"value" > {site.air.evaluation.heavy_above}')
    return figure(
        site,
        site.text("targets.heavy", name=site.name(target.name), target=target.at_most),
        f'SELECT sum("days") AS "days" FROM {heavy}',  # noqa: S608  # our own words
        colours=[(None, palette.CALM), (target.at_most + 1, palette.FAILED)],
    )


def _days(site: Site) -> Drawn:
    return _daily(site, "aqi", site.text("targets.days"), "none")


def _means(site: Site) -> Drawn:
    return _daily(site, "pm2_5_24h", site.text("targets.means"), site.unit("pm2_5"))


def _daily(site: Site, index: str, title: str, unit: str) -> Drawn:
    ids = indices.air_areas(site)
    asks = question.curve(indices.INDEX, 'last("value") AS "value"', *indices.of(index, ids, _DAY), every="1d")
    names = {id_: site.subjects[id_] for id_ in ids}
    return curves(site, title, [shown_as(asks)], unit=unit, decimals=0, names=names, interval="1d", zero=True)
