"""The class of each source monitor's water, what decides it, and how much of the time the class wanted is kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations

from grafana_foundation_sdk.models.dashboard import ValueMapping

from alerts.air.model import Span
from alerts.water.model import CLASS, COMPLIANT
from grafana import palette, question, tables
from grafana.boards import indices
from grafana.layout import Drawn
from grafana.panels import figure, named, shown_as
from grafana.site import Site
from grafana.tables import Column
from grafana.timelines import timeline
from ingest.influxql import literal
from ingest.model import Flag, Kind

MONTH = "now/M"
_TOGETHER = 3  # items that decide a class at once and are called by name: of all that may, there are thousands
_NEWEST = 'last("value") AS "value", "primary"'


def first(site: Site) -> list[Drawn]:
    """The worst class and what decides it; how many do not keep theirs; this month's compliance."""
    newest = question.latest(indices.INDEX, _NEWEST, question.IN_RANGE, *_given(site, CLASS))
    kept = question.latest(indices.INDEX, 'last("value") AS "value"', question.IN_RANGE, *_given(site, COMPLIANT))
    worst = f'SELECT max("value") AS "value", "primary" FROM ({newest})'  # noqa: S608  # our own words
    return [
        figure(site, site.text("water.worst"), f'SELECT "value" FROM ({worst})', mappings=classes(site)),  # noqa: S608  # our own words
        figure(site, site.text("water.decisive"), f'SELECT "primary" FROM ({worst})', mappings=items(site)),  # noqa: S608  # our own words
        figure(
            site,
            site.text("water.failing"),
            question.how_many(kept, "value", "< 1"),
            colours=[(None, palette.CALM), (1, palette.FAILED)],
        ),
        compliance(site, site.text("water.month"), [one.id for one in site.stations(Kind.SOURCE)], since=MONTH),
    ]


def compliance(
    site: Site, title: str, ids: Sequence[str], *, since: str = "", span: Span = Span.HOUR, target: float = 1
) -> Drawn:
    """The share of hours or days in which these kept the class wanted where they stand; `target` from 0 to 1."""
    given = _of(COMPLIANT, span, question.among(ids))
    judged = question.latest(indices.INDEX, '"value"', question.IN_RANGE, *given, by="")
    return figure(
        site,
        title,
        f'SELECT mean("value") AS "kept" FROM ({judged})',  # noqa: S608  # our own words
        unit="percentunit",
        decimals=1,
        colours=[(None, palette.FAILED), (target, palette.CALM)],
        since=since,
    )


def now(site: Site) -> Drawn:
    """A row for each monitor, the worst first."""
    what = 'last("value") AS "value", "primary", "missing"'
    asks = question.latest(indices.INDEX, what, question.IN_RANGE, *_given(site, CLASS))
    ways = {one.id: site.way(one.id) for one in site.stations(Kind.SOURCE)}
    columns = [
        Column(field="station", heading=site.text("column.station"), mappings=named({
            id_: f"{site.subjects[id_]} {way}".rstrip() for id_, way in ways.items()
        })),
        Column(field="value", heading=site.text("water.column"), mappings=classes(site), coloured=True, width=100),
        Column(field="primary", heading=site.text("water.decisive"), mappings=items(site)),
        Column(field="missing", heading=site.text("water.missing"), mappings=items(site)),
    ]  # fmt: skip
    return tables.table(site, site.text("water.now"), [asks], columns, sort=(site.text("water.column"), True))


def month(site: Site) -> Drawn:
    """How each monitor did this month."""
    given = _of(COMPLIANT, Span.HOUR, question.among(one.id for one in site.stations(Kind.SOURCE)))
    what = 'mean("value") AS "kept", count("value") AS "hours"'
    columns = [
        Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site)),
        Column(
            field="kept",
            heading=site.text("water.kept"),
            unit="percentunit",
            decimals=1,
            thresholds=[(None, palette.FAILED), (1, palette.CALM)],
            coloured=True,
            width=130,
        ),
        Column(field="hours", heading=site.text("water.hours"), width=110),
    ]
    asks = question.latest(indices.INDEX, what, question.IN_RANGE, *given)
    sort = (site.text("water.kept"), False)
    return tables.table(site, site.text("water.month_by"), [asks], columns, sort=sort, since=MONTH)


def over_time(site: Site) -> Drawn:
    """A band for each monitor, from the uppermost down to the intake."""
    asks = question.curve(indices.INDEX, 'max("value") AS "value"', *_given(site, CLASS))
    names = {one.id: site.subjects[one.id] for one in site.stations(Kind.SOURCE)}
    return timeline(site, site.text("water.classes"), [shown_as(asks)], classes(site), names=names, interval="1h")


def classes(site: Site) -> list[ValueMapping]:
    """By name; what is worse than class III, which drinking water is taken from, stands out [engineering default]."""
    standard = site.water.surface
    drinkable = standard.classes.index("III")
    texts = {str(rank + 1): site.water_class(rank) for rank in range(len(standard.classes) + 1)}
    shades = [palette.CALM] * (drinkable + 1) + [palette.DOUBTFUL] + [palette.FAILED] * len(standard.classes)
    return named(texts, dict(zip(texts, shades, strict=False)))


def items(site: Site) -> list[ValueMapping]:
    """What decides, by name, in the order of the standard's table; more than a few at once keep their codes."""
    standard, measured = site.water.surface, set(site.measured(Kind.SOURCE))
    codes = {name: site.called(name) for name in (*standard.items, *standard.supplementary) if name in measured}
    sets = chain.from_iterable(combinations(codes, count) for count in range(2, _TOGETHER + 1))
    several = {"+".join(one): "、".join(codes[name] for name in one) for one in sets}
    return named({"": site.text("water.none"), **codes, **several})


def _of(index: str, span: Span, which: str) -> tuple[str, ...]:
    named_ = f'"index" = {literal(index)} AND "period" = {literal(span)}'
    return named_, f'"flag" <= {Flag.UNCHECKED.value}', which, question.AREA, question.REAL


def _given(site: Site, index: str) -> tuple[str, ...]:
    return _of(index, Span.HOUR, question.among(one.id for one in site.stations(Kind.SOURCE)))
