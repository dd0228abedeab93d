"""The table of quality remarks, for several dashboards."""

from __future__ import annotations

from grafana import palette, question, tables
from grafana.layout import Drawn
from grafana.panels import named
from grafana.site import Site
from grafana.tables import Column

FLAGS = ("1", "2", "3", "4", "9")
REASONS = ("flat_line", "spike", "range", "future", "no_value", "corrected")
COLOURS = {"1": palette.QUIET, "2": palette.QUIET, "3": palette.DOUBTFUL, "4": palette.FAILED, "9": palette.UNKNOWN}


def remarks(site: Site, given: str) -> Drawn:
    """The newest first: which reading, how it was flagged and why."""
    what = '"value", "flag", "station", "parameter", "period", "reason"'  # tags as columns: a limit is then one of all
    asks = question.rows("quality", what, given, most=100)
    parameters = {name: site.name(known.name) for name, known in site.catalog.parameters.items()}
    return tables.table(
        site,
        site.text("station.remarks"),
        [asks],
        [
            Column(field="Time", heading=site.text("column.when"), unit=tables.MOMENT, width=160),
            Column(field="station", heading=site.text("column.station"), mappings=tables.subjects(site)),
            Column(field="parameter", heading=site.text("column.parameter"), mappings=tables.codes(parameters)),
            Column(field="period", heading=site.text("column.period"), width=70),
            Column(field="value", heading=site.text("column.value"), decimals=3, width=90),
            Column(
                field="flag",
                heading=site.text("column.flag"),
                mappings=named({flag: site.text(f"flag.{flag}") for flag in FLAGS}, COLOURS),
                coloured=True,
                width=80,
            ),
            Column(field="reason", heading=site.text("column.reason"), mappings=tables.codes(reasons(site))),
        ],
        sort=(site.text("column.when"), True),
    )


def reasons(site: Site) -> dict[str, str]:
    """Words for the commonest reasons; any other keeps its code."""
    return {reason: site.text(f"reason.{reason}") for reason in REASONS}
