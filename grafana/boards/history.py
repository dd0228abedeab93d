"""The table of what was done about warnings, for several dashboards."""

from __future__ import annotations

from alerts.chronicle import Record
from grafana import question, tables
from grafana.layout import Drawn
from grafana.site import Site
from grafana.tables import Column


def history(site: Site, title: str, given: str) -> Drawn:
    """The newest first; a row leads to the warning's page."""
    language = site.language.value
    what = f'"rank", "{language}" AS "what", "{question.why(language)}" AS "why", "person", "answered_after", "url"'
    asks = question.rows("warning", what, question.REAL, given, f"\"record\" != '{Record.TRANSITION.value}'", most=300)
    return tables.table(
        site,
        title,
        [asks],
        [
            Column(field="Time", heading=site.text("column.when"), unit=tables.MOMENT, width=170),
            tables.level_column(site),
            Column(field="what", heading=site.text("column.what"), link="url"),
            Column(field="why", heading=site.text("column.why")),
            Column(field="person", heading=site.text("column.person"), width=120),
            Column(field="answered_after", heading=site.text("column.answered"), unit="dtdurations", width=110),
        ],
        sort=(site.text("column.when"), True),
    )  # fmt: skip
