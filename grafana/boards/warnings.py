"""Warnings: what happened, and how long until somebody answered."""

from __future__ import annotations

from alerts.chronicle import Record
from alerts.model import WarningType
from grafana import palette, question, variables
from grafana.boards import conditions
from grafana.boards.board import Board
from grafana.boards.history import history
from grafana.layout import Drawn, Shelf
from grafana.panels import bars, curves, figure, shown_as
from grafana.site import Site

_BIRTHS = '"act" =~ /^(proposed|issued)$/'


def board(site: Site) -> Board:
    """Figures of the range; how each warning and each rule stood over time; the history."""
    acts = conditions.of(Record.ACT)
    doubtful: list[tuple[float | None, str]] = [(None, palette.CALM), (1, palette.FAILED)]
    first = [
        figure(site, site.text("warnings.issued"), _one('count("raised") AS "count"', acts, _BIRTHS)),
        figure(site, site.text("warnings.answer"), _one('mean("answered_after") AS "s"', acts), unit="dtdurations"),
        figure(site, site.text("warnings.slowest"), _one('max("answered_after") AS "s"', acts), unit="dtdurations"),
        figure(site, site.text("wall.unanswered"), question.unanswered(question.SCOPE), colours=doubtful),
    ]
    return Board(
        key="warnings",
        variables=[variables.area(site), variables.kind(site)],
        marked=question.SCOPE,
        span="now-7d",
        shelves=[
            Shelf(4, [(panel, 6) for panel in first]),
            Shelf(11, [(conditions.of_warnings(site, site.text("warnings.timeline"), question.SCOPE), 24)]),
            Shelf(
                10, [(conditions.of_rules(site, site.text("warnings.rules"), question.SCOPE), 15), (_each_day(site), 9)]
            ),
            Shelf(12, [(history(site, site.text("warnings.history"), question.SCOPE), 24)]),
        ],
    )


def _one(what: str, *given: str) -> str:
    of = question.where(question.IN_RANGE, question.REAL, question.SCOPE, *given)
    return f'SELECT {what} FROM "warning" WHERE {of}'  # noqa: S608  # our own words


def _each_day(site: Site) -> Drawn:
    asks = [
        shown_as(
            question.curve(
                "warning",
                'count("raised") AS "count"',
                conditions.of(Record.ACT),
                _BIRTHS,
                f"\"type\" = '{kind.value}'",
                question.REAL,
                question.SCOPE,
                every="1d",
                by="",
                fill="none",
            ),
            site.words.types[kind],
        )
        for kind in WarningType
    ]
    return bars(curves(site, site.text("warnings.per_day"), asks, decimals=0, interval="1d"))
