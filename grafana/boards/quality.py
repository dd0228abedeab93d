"""Data quality: whether the data is true, accurate and complete, as far as flags and the ledger say."""

from __future__ import annotations

from alerts.index_names import SKEW as CLOCKS
from grafana import limits, palette, question, tables, variables
from grafana.boards import completeness
from grafana.boards.board import Board
from grafana.boards.remarks import reasons, remarks
from grafana.boards.station import remarked
from grafana.layout import Drawn, Shelf
from grafana.panels import bars, curves, figure, shown_as
from grafana.site import Site
from grafana.tables import Column
from ingest.quality import SKEW

_LATE = 3600  # s: an hour's mean that comes after the next one [engineering default]
_FATES = ("received", "stored", "duplicate", "quarantined", "waiting")


def board(site: Site) -> Board:
    """How complete, late and wrong of clock; what was remarked, refused, repeated; station by station; the ledger."""
    doubtful = [(None, palette.CALM), (1, palette.DOUBTFUL)]
    late = [(None, palette.CALM), (_LATE, palette.DOUBTFUL)]
    ahead = [(None, palette.DOUBTFUL), (-SKEW.total_seconds(), palette.CALM)]
    clocks = limits.of_clocks(site)
    skew = site.text("quality.skew", index=site.index(CLOCKS), limits=limits.said(site, clocks))
    found = question.count_remarks(question.AREA, remarked())
    refused = _of("ledger", 'sum("quarantined") AS "count"')
    first = [
        completeness.mean(site),
        completeness.worst_of(site, "lateness", 'max("lateness")', site.text("quality.latest"), late),
        completeness.worst_of(site, "skew", 'min("skew")', site.text("quality.ahead"), ahead),
        figure(site, site.text("quality.remarks"), found, colours=doubtful),
        figure(site, site.text("quality.quarantined"), refused, colours=doubtful),
        figure(site, site.text("quality.duplicate"), _of("ledger", 'sum("duplicate") AS "count"')),
    ]
    return Board(
        key="quality",
        variables=[variables.area(site)],
        marked=question.AREA,
        span="now-7d",
        refresh="5m",
        shelves=[
            Shelf(4, [(panel, 4) for panel in first]),
            Shelf(9, [(completeness.over_time(site, site.subjects), 14), (completeness.by_station(site), 10)]),
            Shelf(8, [
                (completeness.times(site, "lateness", 'max("lateness")', site.text("quality.lateness")), 12),
                (completeness.times(site, "skew", 'min("skew")', skew, clocks), 12),
            ]),
            Shelf(9, [(_by(site, "reason"), 12), (_by(site, "station"), 12)]),
            Shelf(9, [(_received(site), 24)]),
            Shelf(11, [(_ledger(site), 10), (remarks(site, question.AREA), 14)]),
        ],
    )  # fmt: skip


def _of(measurement: str, what: str, *given: str) -> str:
    return question.latest(measurement, what, question.IN_RANGE, question.AREA, *given, by="")


def _by(site: Site, tag: str) -> Drawn:
    asks = question.curve(
        "quality", 'count("flag") AS "count"', question.AREA, remarked(), every="6h", by=f'"{tag}"', fill="none"
    )
    title, names = site.text("quality.reasons"), reasons(site)
    if tag == "station":
        title, names = site.text("quality.stations"), dict(site.subjects)
    return bars(curves(site, title, [shown_as(asks, f"$tag_{tag}")], decimals=0, interval="6h", names=names))


def _received(site: Site) -> Drawn:
    asks = question.curve("ledger", 'mean("received") AS "received"', question.AREA)
    return curves(
        site,
        site.text("quality.received"),
        [shown_as(asks)],
        decimals=0,
        names=site.subjects,
        zero=True,
        most=completeness.BY_STATION,
    )


def _ledger(site: Site) -> Drawn:
    what = ", ".join(f'sum("{fate}") AS "{fate}"' for fate in _FATES)
    asks = question.latest("ledger", what, question.IN_RANGE, question.AREA)
    columns = [Column(field=fate, heading=site.text(f"column.{fate}"), width=90) for fate in _FATES]
    station = Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site))
    sort = (site.text("column.quarantined"), True)
    return tables.table(site, site.text("quality.ledger"), [asks], [station, *columns], sort=sort)
