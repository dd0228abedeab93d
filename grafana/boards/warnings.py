"""Warnings: what happened, and how long until somebody answered."""

from __future__ import annotations

import re

from alerts.chronicle import Record
from alerts.model import WarningType
from grafana import palette, question, tables, variables
from grafana.boards.board import Board
from grafana.boards.history import history
from grafana.layout import Drawn, Shelf
from grafana.panels import bars, curves, figure, shown_as
from grafana.site import Site
from grafana.timelines import timeline

_BIRTHS = '"act" =~ /^(proposed|issued)$/'


def board(site: Site) -> Board:
    """Figures of the range; how each warning and each rule stood over time; the history."""
    acts = _of(Record.ACT)
    doubtful: list[tuple[float | None, str]] = [(None, palette.CALM), (1, palette.FAILED)]
    first = [
        figure(site, site.text("warnings.issued"), _one('count("raised") AS "count"', acts, _BIRTHS)),
        figure(site, site.text("warnings.answer"), _one('mean("answered_after") AS "s"', acts), unit="dtdurations"),
        figure(site, site.text("warnings.slowest"), _one('max("answered_after") AS "s"', acts), unit="dtdurations"),
        figure(site, site.text("wall.unanswered"), question.unanswered(), colours=doubtful),
    ]
    return Board(
        key="warnings",
        variables=[variables.area(site)],
        marked=question.AREA,
        span="now-7d",
        shelves=[
            Shelf(4, [(panel, 6) for panel in first]),
            Shelf(11, [(_standing(site), 24)]),
            Shelf(10, [(_conditions(site), 15), (_each_day(site), 9)]),
            Shelf(12, [(history(site, site.text("warnings.history"), question.AREA), 24)]),
        ],
    )


def _of(record: Record) -> str:
    return f"\"record\" = '{record.value}'"


def _one(what: str, *given: str) -> str:
    of = question.where(question.IN_RANGE, question.REAL, question.AREA, *given)
    return f'SELECT {what} FROM "warning" WHERE {of}'  # noqa: S608  # our own words


def _standing(site: Site) -> Drawn:
    """The rank of what was open, and nothing where nothing was."""
    what, given = 'last("open") * last("rank") AS "rank"', (_of(Record.ACT), question.REAL, question.AREA)
    return _timeline(site, "warnings.timeline", question.curve("warning", what, *given, by=_BY, fill="previous"))


def _conditions(site: Site) -> Drawn:
    what, given = 'last("rank") AS "rank"', (_of(Record.TRANSITION), question.AREA)
    return _timeline(site, "warnings.rules", question.curve("warning", what, *given, by=_BY, fill="previous"))


def _timeline(site: Site, key: str, asks: str) -> Drawn:
    bands = tables.levels(site, calm=palette.QUIET)
    return timeline(site, site.text(key), [shown_as(asks, _PAIR)], bands, renamed=_names(site))


_BY = '"rule", "station"'
_PAIR = "$tag_rule @ $tag_station"


def _names(site: Site) -> list[tuple[str, str]]:
    """Rule by rule and subject by subject: all their pairs would be a hundred thousand for a large network."""
    entries = {rule.entry: site.name(rule.name) for rule in site.rules}
    alone = [(rf"^{re.escape(entry)} @ ", f"{_literal(name)} · ") for entry, name in entries.items()]
    several = [(rf"^{re.escape(entry)}\.(\S+) @ ", f"{_literal(name)} $1 · ") for entry, name in entries.items()]
    return [*alone, *several, *((f"· {re.escape(id_)}$", f"· {_literal(name)}") for id_, name in site.subjects.items())]


def _literal(name: str) -> str:
    return name.replace("$", "$$")


def _each_day(site: Site) -> Drawn:
    asks = [
        shown_as(
            question.curve(
                "warning",
                'count("raised") AS "count"',
                _of(Record.ACT),
                _BIRTHS,
                f"\"type\" = '{kind.value}'",
                question.REAL,
                question.AREA,
                every="1d",
                by="",
                fill="none",
            ),
            site.words.types[kind],
        )
        for kind in WarningType
    ]
    return bars(curves(site, site.text("warnings.per_day"), asks, decimals=0, interval="1d"))
