"""One station of any kind: everything it says, with flags, raw against accepted."""

from __future__ import annotations

from datetime import timedelta

from grafana import palette, question, tables, variables
from grafana.boards.board import Board
from grafana.boards.history import history
from grafana.boards.remarks import COLOURS, FLAGS, remarks
from grafana.influx_query import InfluxQuery
from grafana.layout import Drawn, Shelf
from grafana.panels import curves, figure, figures, millis, named, points, property_, shown_as
from grafana.site import Site
from grafana.timelines import timeline
from ingest.influxql import identifier
from ingest.model import Flag, Kind, Period

_VALUE = '"${parameter:raw}"'
_FLAG = '"${parameter:raw}_flag"'
_KINDS = ",".join(Kind)
GAP = timedelta(hours=3)  # three hourly values: what a rule calls silence [engineering default]


def board(site: Site) -> Board:
    """Its state; the chosen parameter; all parameters now; what was remarked; its warnings."""
    now = 'last("{0}") AS "{0}"'
    lines = {"0": site.text("line.up"), "1": site.text("line.silent")}
    first = [
        figure(
            site,
            site.text("station.rank"),
            question.latest("station", now.format("rank"), question.STATION),
            mappings=tables.levels(site),
        ),
        figure(
            site,
            site.text("station.line"),
            question.latest("station", now.format("silent"), question.STATION),
            mappings=named(lines, {"0": palette.CALM, "1": palette.DOUBTFUL}),
        ),
        figure(
            site,
            site.text("station.heard"),
            question.latest("station", 'last("heard") / 1000 AS "heard"', question.STATION),
            unit=tables.AGO,
        ),
        figure(site, site.text("station.doubtful"), _doubtful(), colours=[(None, palette.CALM), (1, palette.DOUBTFUL)]),
    ]
    return Board(
        key="station",
        variables=[variables.kind(site), variables.station_of_kind(site), variables.parameter(site)],
        marked=question.STATION,
        span="now-7d",
        shelves=[
            Shelf(4, [(panel, 6) for panel in first]),
            Shelf(10, [(_raw(site), 24)]),
            Shelf(9, [(_newest(site), 10), (_flags(site), 14)]),
            Shelf(9, [(remarks(site, question.STATION), 24)]),
            Shelf(9, [(history(site, site.text("station.warnings"), question.STATION), 24)]),
        ],
    )


def _doubtful() -> str:
    return question.count_remarks(question.STATION, remarked())


def remarked() -> str:
    """Remarks on readings, not the values before corrections."""
    return f'"flag" >= {Flag.SUSPECT.value}'


def _raw(site: Site) -> Drawn:
    """Accepted values as a line; every doubtful one where it is, as a dot of its own."""
    accepted, doubt = site.text("station.accepted"), site.text("station.doubt")
    given = (question.STATION, question.REAL)
    asks = [
        shown_as(
            question.curve(
                _KINDS, f"mean({_VALUE})", *given, f"{_FLAG} <= {Flag.UNCHECKED.value}", by='"period"', fill="none"
            ),
            f"{accepted} $tag_period",
        ),
        shown_as(
            question.curve(
                _KINDS, f"max({_VALUE})", *given, f"{_FLAG} >= {Flag.SUSPECT.value}", by='"period"', fill="none"
            ),
            f"{doubt} $tag_period",
        ),
    ]
    panel = curves(site, f"{site.text('station.raw')}：${{parameter:text}}", asks, interval="5m", decimals=3, gap=GAP)
    for period in Period:
        points(panel, f"{doubt} {period}", palette.FAILED)
        if period.length > GAP / 3:
            panel.override_by_name(f"{accepted} {period}", [property_("custom.insertNulls", millis(3 * period.length))])
    return panel


def _newest(site: Site) -> Drawn:
    """Every parameter's newest value with its name and unit; only the station's own kind answers."""
    asks = [
        InfluxQuery(query=question.latest(
            kind, _each(site, kind, "last({0}) AS {1}"), question.IN_RANGE, question.STATION, question.REAL, by=""
        ), result_format="table")
        for kind in Kind if site.measured(kind)
    ]  # fmt: skip
    return figures(site, site.text("station.all"), asks, _parameters(site))


def _flags(site: Site) -> Drawn:
    """The worst flag of each stretch, a band for each parameter."""
    asks = [
        shown_as(question.curve(
            kind, _each(site, kind, "max({2}) AS {1}"), question.STATION, question.REAL, by="", fill="none"
        ), "$col")
        for kind in Kind if site.measured(kind)
    ]  # fmt: skip
    names = {name: site.called(name) for name in _parameters(site)}
    words = named({flag: site.text(f"flag.{flag}") for flag in FLAGS}, COLOURS)
    return timeline(site, site.text("station.flags"), asks, words, names=names, interval="10m")


def _each(site: Site, kind: Kind, what: str) -> str:
    return ", ".join(
        what.format(identifier(name), identifier(name), identifier(f"{name}_flag")) for name in site.measured(kind)
    )


def _parameters(site: Site) -> list[str]:
    used = {name for kind in Kind for name in site.measured(kind)}
    return [name for name in site.catalog.parameters if name in used]
