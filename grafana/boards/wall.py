"""Duty wall: what needs me now."""

from __future__ import annotations

from alerts.model import Level
from grafana import maps, palette, question, tables, variables
from grafana.boards.board import Board
from grafana.layout import Drawn, Shelf
from grafana.panels import figure, named
from grafana.site import Site
from grafana.tables import Column

_QUIET = (None, palette.CALM)


def board(site: Site) -> Board:
    """First row from three metres: how many at each level, how many unanswered and since when, who is silent."""
    graver = [
        figure(
            site,
            site.text("wall.open", level=site.level(level)),
            question.count_open(level.value, question.SCOPE),
            colours=[_QUIET, (1, palette.LEVELS[level])],
        )
        for level in reversed(Level)
    ]
    unanswered = figure(
        site, site.text("wall.unanswered"), question.unanswered(question.SCOPE), colours=[_QUIET, (1, palette.FAILED)]
    )
    oldest = figure(
        site,
        site.text("wall.oldest"),
        question.oldest_unanswered(question.SCOPE),
        unit=tables.AGO,
        colours=[(None, palette.FAILED)],
        nothing=site.text("none.open"),
    )
    silent = figure(
        site,
        site.text("wall.silent"),
        f'SELECT sum("silent") AS "silent" FROM ({question.latest("station", _SILENT, question.SCOPE)})',  # noqa: S608  # our own words
        colours=[_QUIET, (1, palette.DOUBTFUL)],
    )
    first = [*((panel, 3) for panel in graver), (unanswered, 4), (oldest, 4), (silent, 4)]
    return Board(
        key="wall",
        variables=[variables.area(site), variables.kind(site)],
        marked=question.SCOPE,
        span="now-7d",
        refresh="30s",
        shelves=[
            Shelf(5, first),
            Shelf(10, [(open_warnings(site), 15), (maps.stations(site, site.text("wall.map"), question.SCOPE), 9)]),
            Shelf(11, [(freshness(site), 24)]),
        ],
    )


_SILENT = 'last("silent") AS "silent"'


def open_warnings(site: Site, given: str = question.SCOPE) -> Drawn:
    """The gravest first; a row leads to its page in the console, where people act."""
    words = {state.value: word for state, word in site.words.states.items()}
    return tables.table(
        site,
        site.text("wall.table"),
        [question.open_now(given, site.language.value)],
        [
            tables.level_column(site),
            Column(field="what", heading=site.text("column.what"), link="url"),
            Column(field="why", heading=site.text("column.why")),
            Column(field="raised", heading=site.text("column.raised"), unit=tables.AGO, width=120),
            Column(field="state", heading=site.text("column.state"), width=130, mappings=tables.codes(words)),
            Column(
                field="unanswered",
                heading=site.text("column.answer"),
                width=90,
                mappings=tables.codes({0: site.text("answer.given"), 1: site.text("answer.open")}),
            ),
        ],
        sort=(site.text("column.level"), True),
    )  # fmt: skip


def freshness(site: Site) -> Drawn:
    """The longest silence first."""
    what = 'last("silent") AS "silent", "heard" / 1000 AS "heard", "rank", "url"'
    asks = question.latest("station", what, question.SCOPE, by='"kind", "station"')
    lines = {0: site.text("line.up"), 1: site.text("line.silent")}
    return tables.table(
        site,
        site.text("wall.fresh"),
        [asks],
        [
            Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site), link="url"),
            Column(field="kind", heading=site.text("column.kind"), mappings=tables.codes(kinds(site))),
            Column(field="silent", heading=site.text("column.silent"), mappings=named(
                {str(code): word for code, word in lines.items()}, {"0": palette.CALM, "1": palette.DOUBTFUL}
            ), coloured=True),
            Column(field="heard", heading=site.text("column.heard"), unit=tables.AGO),
            tables.level_column(site),
        ],
        sort=(site.text("column.heard"), False),
    )  # fmt: skip


def kinds(site: Site) -> dict[str, str]:
    """Words for the kinds of stations."""
    return {kind: site.text(f"kind.{kind}") for kind in ("air", "source", "outfall")}
