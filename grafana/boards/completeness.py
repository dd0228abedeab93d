"""How complete and how punctual the data are, from the hourly summaries in `quality`, with the rules' lines on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.index_names import COMPLETENESS
from alerts.rules import Rule
from grafana import limits, question, tables
from grafana.layout import Drawn
from grafana.panels import curves, figure, shades, shown_as
from grafana.site import Site
from grafana.tables import Column
from ingest.model import Kind

QUALITY = "quality"
BY_STATION = 400  # points a line, where there is one for each station: a month in steps of two hours
_SUMMARIES = '"completeness" >= 0'  # of what stands in `quality`, summaries alone have it
_PERCENT = 'mean("completeness") * 100 AS "completeness"'
_COUNTS = ("pass", "suspect", "fail", "missing")


def mean(site: Site, *given: str, kind: Kind | None = None) -> Drawn:
    """Of all stations and hours of the range; coloured by the rules over completeness."""
    rules = limits.of_completeness(site, kind)
    return figure(
        site,
        site.text("quality.completeness"),
        question.latest(QUALITY, _PERCENT, question.IN_RANGE, question.AREA, _SUMMARIES, *given, by=""),
        unit="percent",
        decimals=1,
        colours=shades(limits.limits(rules)),
        about=limits.said(site, rules),
    )


def over_time(site: Site, names: Mapping[str, str], *given: str, kind: Kind | None = None) -> Drawn:
    """Hour by hour, a line for each station."""
    rules = limits.of_completeness(site, kind)
    asks = question.curve(QUALITY, _PERCENT, question.AREA, _SUMMARIES, *given)
    return curves(
        site,
        site.text("quality.complete", index=site.index(COMPLETENESS), limits=limits.said(site, rules)),
        [shown_as(asks)],
        unit="percent",
        decimals=0,
        rules=rules,
        names=names,
        zero=True,
        most=BY_STATION,
    )


def worst_of(site: Site, field: str, what: str, title: str, colours: Sequence[tuple[float | None, str]]) -> Drawn:
    """The longest lateness, or the largest error of a clock, of the range."""
    asks = question.latest(QUALITY, f'{what} AS "{field}"', question.IN_RANGE, question.AREA, _SUMMARIES, by="")
    return figure(site, title, asks, unit="s", colours=colours)


def times(site: Site, field: str, what: str, title: str, rules: Sequence[Rule] = ()) -> Drawn:
    """Lateness or skew, a line for each station; seconds."""
    asks = question.curve(QUALITY, f'{what} AS "{field}"', question.AREA, _SUMMARIES)
    return curves(site, title, [shown_as(asks)], unit="s", decimals=0, rules=rules, names=site.subjects)


def by_station(site: Site) -> Drawn:
    """The least complete first."""
    counted = ", ".join(f'sum("{one}") AS "{one}"' for one in _COUNTS)
    what = f'{_PERCENT}, max("lateness") AS "lateness", min("skew") AS "skew", {counted}'
    rules = limits.of_completeness(site)
    flags = {"pass": "1", "suspect": "3", "fail": "4", "missing": "9"}
    columns = [
        Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site)),
        Column(
            field="completeness",
            heading=site.text("column.completeness"),
            unit="percent",
            decimals=1,
            thresholds=shades(limits.limits(rules)),
            coloured=True,
            width=110,
        ),
        Column(field="lateness", heading=site.text("column.lateness"), unit="s", width=100),
        Column(field="skew", heading=site.text("column.skew"), unit="s", width=100),
        *(Column(field=one, heading=site.text(f"flag.{flags[one]}"), width=80) for one in _COUNTS),
    ]
    asks = question.latest(QUALITY, what, question.IN_RANGE, question.AREA, _SUMMARIES)
    sort = (site.text("column.completeness"), False)
    return tables.table(site, site.text("quality.by_station"), [asks], columns, sort=sort)
