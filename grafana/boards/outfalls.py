"""Outfalls: who discharges, and whether within the permit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from alerts.index_names import INDEX_NAMES, share_of_limit
from alerts.rules.threshold import ThresholdRule
from grafana import limits, palette, question, variables
from grafana.boards import completeness, exceedances, indices
from grafana.boards.air import HOURLY
from grafana.boards.board import Board
from grafana.influx_query import InfluxQuery
from grafana.layout import Drawn, Shelf, evenly
from grafana.panels import curves, figure, note, ranged, ranking, shown_as
from grafana.site import Site, plain
from grafana.timelines import timeline
from ingest.influxql import identifier
from ingest.model import Kind

_STILL = 0.05  # L/s: half of what the parameter's decimals show (engineering default); at or below, nothing flows
_KG_PER_DAY = 0.0864  # L/s times mg/L is mg/s; 86 400 s a day, 1e6 mg a kg


def board(site: Site) -> Board:
    """Who discharges, who is above; each parameter's share of the permit with the rule's levels; loads; days; files."""
    return Board(
        key="outfall",
        variables=[variables.area(site, [Kind.OUTFALL])],
        marked=question.AREA,
        span="now-7d",
        shelves=list(_shelves(site)),
    )


def _shelves(site: Site) -> Iterator[Shelf]:
    there = site.measured(Kind.OUTFALL)
    names = {one.id: site.name(one.name) for one in site.stations(Kind.OUTFALL)}
    limited = [name for name in there if share_of_limit(name) in INDEX_NAMES]
    yield from evenly(4, _first(site, question.among(names)))
    if limited:
        yield from evenly(8, [_newest(site, name, names) for name in limited], across=min(3, len(limited)))
    if "flow" in there:
        yield Shelf(9, [(_discharging(site, names), 24)])
    if limited:
        yield from evenly(9, [_share(site, name, names) for name in limited], across=min(3, len(limited)))
    if "flow" in there and limited:
        yield from evenly(8, [_load(site, name, names) for name in limited], across=min(3, len(limited)))
    yield Shelf(
        8,
        [
            (exceedances.days(site), 10),
            (completeness.over_time(site, names, question.among(names), kind=Kind.OUTFALL), 14),
        ],
    )
    yield Shelf(9, [(_files(site), 24)])


def _first(site: Site, ours: str) -> list[Drawn]:
    """Who discharges, who is above a limit now, on how many days, how many days kept theirs, and how much is known."""
    flows = question.latest(Kind.OUTFALL, 'last("flow") AS "flow"', question.IN_RANGE, question.AREA, question.REAL)
    return [
        figure(site, site.text("outfall.running"), question.how_many(flows, "flow", f"> {_STILL}")),
        *exceedances.figures(site),
        completeness.mean(site, ours, kind=Kind.OUTFALL),
    ]


def _hours(parameter: str, ids: Iterable[str], *, newest: bool = False) -> InfluxQuery:
    """Our own hours as shares of the limit: what the rules judge."""
    given = indices.of(share_of_limit(parameter), list(ids))
    value = f'last("value") AS {identifier(parameter)}'
    if newest:
        return shown_as(question.latest(indices.INDEX, value, question.IN_RANGE, *given))
    return shown_as(question.curve(indices.INDEX, value, *given, every="1h"))


def _rules(site: Site, parameter: str) -> list[ThresholdRule]:
    found = limits.watching(site, Kind.OUTFALL, share_of_limit(parameter))
    return [rule for rule in found if isinstance(rule, ThresholdRule)]


def _newest(site: Site, parameter: str, names: Mapping[str, str]) -> Drawn:
    found = limits.limits(_rules(site, parameter))
    return ranking(
        site,
        site.text("outfall.now", parameter=site.called(parameter)),
        [_hours(parameter, names, newest=True)],
        unit="percentunit",
        names=names,
        thresholds=[(None, palette.CALM), *((one.value, palette.LEVELS[one.level]) for one in found)],
        about=limits.said(site, _rules(site, parameter), share=True),
    )


def _share(site: Site, parameter: str, names: Mapping[str, str]) -> Drawn:
    rules = _rules(site, parameter)
    name = site.called(parameter)
    return curves(
        site,
        site.text("outfall.share", parameter=name, limits=limits.said(site, rules, share=True)),
        [_hours(parameter, names)],
        unit="percentunit",
        decimals=0,
        rules=rules,
        names=names,
        zero=True,
    )


def _discharging(site: Site, names: Mapping[str, str]) -> Drawn:
    """From the hour's largest flow."""
    asks = question.curve(Kind.OUTFALL, 'max("flow") AS "flow"', question.AREA, question.REAL, every="1h")
    off, on = site.text("outfall.off"), site.text("outfall.on")
    words = ranged([(None, _STILL, off, palette.UNKNOWN), (_STILL, None, on, palette.SERIES)])
    return timeline(site, site.text("outfall.flow"), [shown_as(asks)], words, names=names, interval="1h")


def _load(site: Site, parameter: str, names: Mapping[str, str]) -> Drawn:
    what = f'mean("flow") * mean({identifier(parameter)}) * {_KG_PER_DAY} AS {identifier(parameter)}'
    given = (question.AREA, question.REAL, HOURLY, question.accepted(parameter), question.accepted("flow"))
    return curves(
        site,
        site.text("outfall.load", parameter=site.called(parameter)),
        [shown_as(question.curve(Kind.OUTFALL, what, *given))],
        unit="none",
        names=names,
        zero=True,
        most=completeness.BY_STATION,
    )


def _files(site: Site) -> Drawn:
    """One outfall, one file: what the catalogue has of it."""
    lines = [site.text("outfall.file"), "|---|---|---|---|---|---|"]
    for one in site.catalog.outfalls:
        permit = one.permit
        allowed = {} if permit is None else {name: limit.hourly for name, limit in permit.limits.items()}
        cells = (
            one.code,
            site.name(one.name),
            site.name(one.receiving.water) if one.receiving else "",
            plain(one.responsible.name) if one.responsible else "",
            f"{permit.number} {permit.expires or ''}".rstrip() if permit else "",
            ", ".join(f"{site.called(name)} {limit:g}" for name, limit in allowed.items()),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return note(site.text("outfall.files"), "\n".join(lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
