"""Warnings as marks on every curve. Pure."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

from grafana import palette, question
from grafana.influx_query import SOURCE, Asking, InfluxQuery
from grafana.site import Site


def warnings(site: Site, given: str) -> AnnotationQuery:
    """What was done, in words that name the level; tagged with level and act."""
    query = InfluxQuery(
        query=question.events(site.language.value, given), ref_id="Anno", text_column="text", tags_column="level,act"
    )
    return (
        AnnotationQuery()
        .name(site.text("marks.warnings"))
        .datasource(SOURCE)
        .enable(True)
        .icon_color(palette.FAILED)
        .target(Asking(query))
    )
