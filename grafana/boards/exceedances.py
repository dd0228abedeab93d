"""Outfalls above their limits, from the shares of the limit that the service works out by the hour and the day."""

from __future__ import annotations

from alerts.air.model import Span
from grafana import palette, question, tables
from grafana.boards import indices
from grafana.layout import Drawn
from grafana.panels import figure
from grafana.site import Site
from grafana.tables import Column
from ingest.influxql import literal
from ingest.model import Flag, Kind

_OF_LIMIT = "_of_limit"  # how the indices end that are a share of the limit


def figures(site: Site) -> list[Drawn]:
    """How many are above now, were above by the day, and what share of the days kept their limit."""
    newest = 'last("value") AS "share"'
    now = question.latest(indices.INDEX, newest, question.IN_RANGE, *_judged(Span.HOUR), by='"station", "index"')
    days = question.latest(indices.INDEX, '"value" AS "share"', question.IN_RANGE, *_judged(Span.DAY), by="")
    colours = [(None, palette.CALM), (1, palette.FAILED)]
    return [
        figure(site, site.text("outfall.above"), question.how_many(now, "share", "> 1"), colours=colours),
        figure(site, site.text("outfall.days"), question.how_many(days, "share", "> 1"), colours=colours),
        _kept(site, site.text("outfall.kept")),
    ]


def year(site: Site) -> list[Drawn]:
    """The share of days within limits; the plan wants all of them (opening: key sources 100 %)."""
    if not site.stations(Kind.OUTFALL):
        return []
    return [_kept(site, site.text("targets.outfalls"))]


def _kept(site: Site, title: str) -> Drawn:
    days_ = question.latest(indices.INDEX, '"value" AS "share"', question.IN_RANGE, *_judged(Span.DAY), by="")
    return figure(
        site,
        title,
        question.share_of(days_, "share", "<= 1", "> 1"),
        unit="percentunit",
        decimals=1,
        colours=[(None, palette.FAILED), (1, palette.CALM)],
    )


def days(site: Site) -> Drawn:
    """Valid days above the limit, the newest first: each opens a case."""
    asks = question.rows(
        indices.INDEX, '"value", "have", "station", "index"', *_judged(Span.DAY), '"value" > 1', most=100
    )
    shares = {f"{name}{_OF_LIMIT}": site.called(name) for name in site.measured(Kind.OUTFALL)}
    return tables.table(
        site,
        site.text("outfall.exceeded"),
        [asks],
        [
            Column(field="Time", heading=site.text("column.until"), unit=tables.MOMENT, width=160),
            Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site)),
            Column(field="index", heading=site.text("column.parameter"), mappings=tables.codes(shares)),
            Column(field="value", heading=site.text("column.share"), unit="percentunit", decimals=0, width=110),
            Column(field="have", heading=site.text("column.hours"), width=80),
        ],
        sort=(site.text("column.until"), True),
    )


def _judged(span: Span) -> tuple[str, ...]:
    """As far as they are valid."""
    which = f'"index" =~ /{_OF_LIMIT}$/ AND "period" = {literal(span)}'
    return which, f'"flag" <= {Flag.UNCHECKED.value}', question.AREA, question.REAL
